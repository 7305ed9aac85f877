//! Where files go that somebody sent, and how much room there is.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};

/// The folder of ours in the person's folder of downloads.
const FOLDER: &str = "roda";

/// The person's folder of downloads where nothing names another.
const DOWNLOADS: &str = "Downloads";

/// The variable that names it, also inside the file.
const VARIABLE: &str = "XDG_DOWNLOAD_DIR";

/// The file that names it, in the folder of settings.
const FILE: &str = "user-dirs.dirs";

/// Most bytes that are read of that file.
const FILE_MAX_BYTES: u64 = 16 << 10;

/// Where files go if nobody says where: the folder `roda` among the person's downloads.
///
/// # Errors
/// A system without a folder of the person's own.
pub fn default_folder() -> io::Result<PathBuf> {
    let folders = choose_base_strategy().map_err(io::Error::other)?;
    let home = folders.home_dir();
    let named = std::env::var(VARIABLE).ok().filter(|it| !it.is_empty());
    let named = named.or_else(|| {
        let mut text = String::new();
        let file = File::open(folders.config_dir().join(FILE)).ok()?;
        file.take(FILE_MAX_BYTES).read_to_string(&mut text).ok()?;
        named_in(&text)
    });
    let downloads = named.and_then(|named| absolute(&named, home));
    Ok(downloads
        .unwrap_or_else(|| home.join(DOWNLOADS))
        .join(FOLDER))
}

/// The person's own folder.
#[must_use]
pub fn home() -> Option<PathBuf> {
    let folders = choose_base_strategy().ok()?;
    Some(folders.home_dir().to_owned())
}

/// The value of the variable in the file, which is written for a shell.
fn named_in(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim);
    let mut values = lines.filter_map(|line| line.strip_prefix(VARIABLE)?.strip_prefix('='));
    let value = values.next()?.trim().trim_matches('"');
    (!value.is_empty()).then(|| value.to_owned())
}

/// A path of the file, which may begin with `$HOME`. The home folder itself means none.
fn absolute(named: &str, home: &Path) -> Option<PathBuf> {
    let path = match named.strip_prefix("$HOME") {
        Some(rest) => home.join(rest.trim_start_matches('/')),
        None => PathBuf::from(named),
    };
    (path.is_absolute() && path != home).then_some(path)
}

/// Makes the folder, and returns its path without links.
///
/// # Errors
/// The system's.
pub(super) fn prepare(folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    fs::canonicalize(folder)
}

/// Bytes that this user may still write there; `None` where the system does not tell.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let free = nix::sys::statvfs::statvfs(folder).ok()?;
        let (blocks, bytes) = (free.blocks_available(), free.fragment_size());
        #[allow(clippy::useless_conversion, reason = "the types differ by system")]
        u64::from(blocks).checked_mul(u64::from(bytes))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Most bytes that are left free on a disk, for everybody else.
const RESERVE_MAX_BYTES: u64 = 256 << 20;

/// The part of a disk that is left free.
const RESERVE_PART: u64 = 32;

/// Bytes of the disk there that nothing of others fills.
pub(super) fn reserve_bytes(folder: &Path) -> u64 {
    let size = size_bytes(folder).unwrap_or(0);
    RESERVE_MAX_BYTES.min(size / RESERVE_PART)
}

/// Bytes of the whole disk; `None` where the system does not tell.
fn size_bytes(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let disk = nix::sys::statvfs::statvfs(folder).ok()?;
        let (blocks, bytes) = (disk.blocks(), disk.fragment_size());
        #[allow(clippy::useless_conversion, reason = "the types differ by system")]
        u64::from(blocks).checked_mul(u64::from(bytes))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Makes the names in a folder survive a loss of power.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_downloads_is_the_one_that_the_desktop_names() {
        let home = Path::new("/home/ana");
        let text =
            "# a comment\nXDG_DESKTOP_DIR=\"$HOME/Mesa\"\nXDG_DOWNLOAD_DIR=\"$HOME/Baixados\"\n";
        let named = named_in(text).unwrap();
        assert_eq!(absolute(&named, home), Some("/home/ana/Baixados".into()));
        assert_eq!(absolute("/data/in", home), Some("/data/in".into()));
        assert_eq!(absolute("$HOME/", home), None);
        assert_eq!(absolute("relative", home), None);
        assert_eq!(named_in("XDG_DOWNLOAD_DIR=\"\""), None);
    }
}
