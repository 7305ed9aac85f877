//! Where the page's port and token stay until the person logs out, and the file that takes a
//! browser to the page. Only this user can read them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::identity::{folders, random, write_private};

/// Most bytes that are read of the file: a port, a blank and a token.
const FILE_MAX_BYTES: u64 = 256;

/// The folder of ours among the files that vanish when the person logs out.
const FOLDER: &str = "roda";

/// The port and the token of a person's page. Whoever holds this is the only program of theirs that
/// uses them.
#[derive(Debug)]
pub struct KeptPage {
    file: File,
    /// The port, if one was kept.
    pub port: Option<u16>,
    /// The token, as it was kept.
    pub token: Option<Zeroizing<String>>,
}

impl KeptPage {
    /// What was kept for the person whose key has this short id; `None` if another program of
    /// theirs uses it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(person: u64) -> io::Result<Option<Self>> {
        Self::open_in(&folder()?, person)
    }

    fn open_in(folder: &Path, person: u64) -> io::Result<Option<Self>> {
        fs::create_dir_all(folder)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private(&mut options);
        let mut file = options.open(folder.join(format!("page-{person:016x}")))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        let mut text = Zeroizing::new(String::with_capacity(FILE_MAX_BYTES as usize));
        // What is broken is written anew.
        let _ = (&mut file).take(FILE_MAX_BYTES).read_to_string(&mut text);
        let (port, token) = text.trim().split_once(' ').unwrap_or_default();
        Ok(Some(Self {
            port: port.parse().ok(),
            token: Some(token.to_owned().into()).filter(|_| !token.is_empty()),
            file,
        }))
    }

    /// Keeps a port and a token from now on.
    ///
    /// # Errors
    /// The system's.
    pub fn keep(&mut self, port: u16, token: &str) -> io::Result<()> {
        let text = Zeroizing::new(format!("{port} {token}\n"));
        self.file.seek(SeekFrom::Start(0))?;
        self.file.set_len(0)?;
        self.file.write_all(text.as_bytes())
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

/// A file that takes a browser to a link, which then stands in no list of processes. It is deleted
/// with this.
#[derive(Debug)]
pub struct Redirect {
    path: PathBuf,
}

impl Redirect {
    /// Writes the file.
    ///
    /// # Errors
    /// The system's.
    pub fn to(link: &str) -> io::Result<Self> {
        Self::make(&folder()?, link)
    }

    fn make(folder: &Path, link: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let number = u64::from_be_bytes(random()?);
        let path = folder.join(format!("open-{number:016x}.html"));
        let page = format!(
            "<!doctype html><meta charset=\"utf-8\"><title>roda</title>\
             <meta name=\"referrer\" content=\"no-referrer\">\
             <meta http-equiv=\"refresh\" content=\"0; url={link}\">\n"
        );
        write_private(&path, page.as_bytes())?;
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Redirect {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The folder of what lasts until the person logs out; where the system has none, that of the
/// state.
fn folder() -> io::Result<PathBuf> {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => Ok(PathBuf::from(folder).join(FOLDER)),
        None => Ok(folders()?.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_its_port_and_token_for_one_program_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let open = || KeptPage::open_in(folder.path(), 7).unwrap();
        let mut first = open().unwrap();
        assert_eq!((first.port, &first.token), (None, &None));
        first.keep(50_800, "abcdef").unwrap();
        first.keep(5080, "abc").unwrap();
        assert!(open().is_none(), "it is in use");
        let other = KeptPage::open_in(folder.path(), 8).unwrap().unwrap();
        assert_eq!(other.port, None);
        drop(first);
        let second = open().unwrap();
        assert_eq!(second.port, Some(5080));
        assert_eq!(second.token.as_deref().map(String::as_str), Some("abc"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = second.file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_broken_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("page-{:016x}", 7));
        for broken in [&b""[..], b"\xff\xff", b"x y", b"5080"] {
            fs::write(&path, broken).unwrap();
            let kept = KeptPage::open_in(folder.path(), 7).unwrap().unwrap();
            assert_eq!(kept.port, None, "{broken:?}");
        }
    }

    #[test]
    fn a_redirect_is_private_and_vanishes() {
        let folder = tempfile::tempdir().unwrap();
        let redirect = Redirect::make(folder.path(), "http://127.0.0.1:5080/#abc").unwrap();
        let path = redirect.path().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("url=http://127.0.0.1:5080/#abc\""), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        drop(redirect);
        assert!(!path.exists());
    }
}
