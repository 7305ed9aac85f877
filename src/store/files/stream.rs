//! The content of an offer on the disk: one stream of bytes, which are those of its files, one
//! behind the other. Blocks of one length run over it, so that many small files share one.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::chat::transfer::offer::Attributes;

/// A file of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) path: PathBuf,
    /// Where it begins in the stream, in bytes.
    pub(super) start: u64,
    pub(super) size_bytes: u64,
}

/// Where the bytes of the stream lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// In the order of the stream; none is empty.
    pieces: Vec<Piece>,
    size_bytes: u64,
    block_bytes: u32,
}

/// The part of a piece that a block covers.
#[derive(Debug)]
pub(super) struct Cut<'a> {
    /// Which piece.
    pub(super) number: usize,
    pub(super) piece: &'a Piece,
    /// Where the part begins in the file.
    pub(super) offset: u64,
    /// Where it lies in the block.
    pub(super) range: Range<usize>,
}

impl Layout {
    pub(super) fn new(block_bytes: u32) -> Self {
        Self {
            block_bytes: block_bytes.max(1),
            ..Self::default()
        }
    }

    /// Adds a file behind the others.
    pub(super) fn push(&mut self, path: PathBuf, size_bytes: u64) {
        if size_bytes > 0 {
            let start = self.size_bytes;
            self.size_bytes = start.saturating_add(size_bytes);
            self.pieces.push(Piece {
                path,
                start,
                size_bytes,
            });
        }
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> u64 {
        self.size_bytes.div_ceil(self.block_bytes.into())
    }

    /// How many bytes a block has; 0 beyond the last one.
    pub(super) fn length(&self, block: u32) -> usize {
        let start = u64::from(block) * u64::from(self.block_bytes);
        let rest = self.size_bytes.saturating_sub(start);
        rest.min(self.block_bytes.into()) as usize
    }

    /// The parts of files that a block covers, in order.
    pub(super) fn cuts(&self, block: u32) -> impl Iterator<Item = Cut<'_>> {
        let start = u64::from(block) * u64::from(self.block_bytes);
        let end = start + self.length(block) as u64;
        let first = self
            .pieces
            .partition_point(|piece| piece.start + piece.size_bytes <= start);
        let pieces = self.pieces.iter().enumerate().skip(first);
        pieces
            .take_while(move |(_, piece)| piece.start < end)
            .map(move |(number, piece)| {
                let from = start.max(piece.start);
                let until = end.min(piece.start + piece.size_bytes);
                Cut {
                    number,
                    piece,
                    offset: from - piece.start,
                    range: (from - start) as usize..(until - start) as usize,
                }
            })
    }

    /// The same files in another folder.
    pub(super) fn moved(mut self, from: &Path, to: &Path) -> Self {
        for piece in &mut self.pieces {
            let moved = match piece.path.strip_prefix(from) {
                // Joining nothing would add a separator.
                Ok(rest) if rest.as_os_str().is_empty() => to.to_owned(),
                Ok(rest) => to.join(rest),
                Err(_) => continue,
            };
            piece.path = moved;
        }
        self
    }
}

/// What shows that a file is the one that was seen before: its size and its time, to the
/// nanosecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size_bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            size_bytes: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }

    /// When the file was changed, in nanoseconds since 1970.
    pub(super) fn modified_ns(&self) -> Option<i64> {
        let modified = self.modified?;
        match modified.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_nanos()).ok(),
            Err(before) => {
                let before = i64::try_from(before.duration().as_nanos());
                before.ok().map(|ns| -ns)
            }
        }
    }
}

/// Nanoseconds since 1970 when a file was last changed.
pub(super) fn modified_ns(metadata: &Metadata) -> Option<i64> {
    Stamp::of(metadata).modified_ns()
}

/// Milliseconds since 1970 when a file was last changed.
pub(super) fn modified_ms(metadata: &Metadata) -> i64 {
    let modified = metadata.modified().ok();
    modified.map_or(0, |modified| {
        match modified.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(0),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(0, |ms| -ms),
        }
    })
}

/// The time of a file that comes without one.
pub(super) const TIME_UNKNOWN: i64 = Attributes::UNKNOWN.modified_ms;

/// The time that a file was sent with, where the system has it.
pub(super) fn time_of(modified_ms: i64) -> Option<SystemTime> {
    if modified_ms == TIME_UNKNOWN {
        return None;
    }
    let distance = Duration::from_millis(modified_ms.unsigned_abs());
    match modified_ms < 0 {
        true => SystemTime::UNIX_EPOCH.checked_sub(distance),
        false => SystemTime::UNIX_EPOCH.checked_add(distance),
    }
}

/// The permission bits of a file, without those that lend its owner's rights.
pub(super) fn permissions_of(metadata: &Metadata) -> u16 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        (metadata.permissions().mode() & 0o777) as u16
    }
    #[cfg(not(unix))]
    {
        match metadata.permissions().readonly() {
            true => 0o444,
            false => 0o644,
        }
    }
}

/// Opens a file that is no link. A named pipe would wait for its other end: it is not waited for.
pub(super) fn open_read(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    follow_no_link(&mut options);
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(ErrorKind::InvalidInput.into()),
    }
}

/// Opens a file for reading and writing, and makes it where there is none: only this user can read
/// it.
pub(super) fn open_write(path: &Path) -> io::Result<File> {
    open_both(path, true)
}

/// The same for a file that must be there.
pub(super) fn open_existing(path: &Path) -> io::Result<File> {
    open_both(path, false)
}

fn open_both(path: &Path, creates: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(creates)
        .truncate(false);
    follow_no_link(&mut options);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        // An earlier session was killed after it gave the file its permissions.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            make_writable(path)?;
            options.open(path)
        }
        opened => opened,
    }
}

fn make_writable(path: &Path) -> io::Result<()> {
    let mut permissions = fs::symlink_metadata(path)?.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        permissions.set_mode(0o600);
    }
    #[cfg(not(unix))]
    permissions.set_readonly(false);
    fs::set_permissions(path, permissions)
}

fn follow_no_link(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// Reads at a place without moving there. Returns how much there was.
pub(super) fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<usize> {
    let wanted = bytes.len();
    while !bytes.is_empty() {
        match read_some_at(file, bytes, offset) {
            Ok(0) => break,
            Ok(read) => {
                bytes = bytes.get_mut(read..).unwrap_or_default();
                offset += read as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted - bytes.len())
}

#[cfg(unix)]
fn read_some_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_some_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    file.read(bytes)
}

/// Writes everything at a place.
pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
    }
    #[cfg(not(unix))]
    {
        use std::io::{Seek, SeekFrom, Write};
        let mut file = file;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_run_over_the_ends_of_files() {
        let mut layout = Layout::new(10);
        for (name, size) in [("a", 4), ("empty", 0), ("b", 3), ("c", 15)] {
            layout.push(name.into(), size);
        }
        assert_eq!((layout.size_bytes(), layout.blocks()), (22, 3));
        let cuts = |block| {
            let cuts = layout.cuts(block);
            let told = cuts.map(|cut| {
                let name = cut.piece.path.to_str().unwrap().to_owned();
                (name, cut.offset, cut.range)
            });
            told.collect::<Vec<_>>()
        };
        let expected = vec![
            ("a".to_owned(), 0, 0..4),
            ("b".to_owned(), 0, 4..7),
            ("c".to_owned(), 0, 7..10),
        ];
        assert_eq!(cuts(0), expected);
        assert_eq!(cuts(1), vec![("c".to_owned(), 3, 0..10)]);
        assert_eq!(cuts(2), vec![("c".to_owned(), 13, 0..2)]);
        assert_eq!((cuts(3).len(), layout.length(3)), (0, 0));
        assert_eq!(Layout::new(10).blocks(), 0);
    }

    #[test]
    fn times_before_1970_stay_what_they_are() {
        for ms in [0, 1500, -1, 1_700_000_000_123, -86_400_000] {
            let time = time_of(ms).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let file = File::create(folder.path().join("f")).unwrap();
            file.set_modified(time).unwrap();
            assert_eq!(modified_ms(&file.metadata().unwrap()), ms);
        }
    }
}
