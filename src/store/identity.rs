//! Who this person is, and which of its sessions are running: 32 random bytes in the folder of
//! settings, and a locked file per session in the folder of state. A session whose file nobody
//! holds locked any more was killed; the next one says that it follows it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};

/// Length of an identity, in bytes.
const KEY_BYTES: usize = 32;

/// The name of our folders.
const FOLDER: &str = "roda";

/// Files of sessions that are looked at: more were not left by people.
const SESSIONS_MAX: usize = 256;

/// A person, and one of its sessions.
#[derive(Debug)]
pub struct Identity {
    /// The person.
    pub key: [u8; KEY_BYTES],
    /// A session of this person that ended without a farewell.
    pub replaces: Option<u64>,
    /// Why the identity lasts only as long as this session, if it does.
    pub is_passing: Option<io::Error>,
    session: Option<SessionFile>,
}

/// The mark of a running session.
#[derive(Debug)]
struct SessionFile {
    path: PathBuf,
    /// Locked as long as the session runs, whatever ends it.
    _lock: File,
}

impl Identity {
    /// The identity of this system's user, made at the first start, for a new session. Where no
    /// file can be kept, it lasts as long as the session.
    ///
    /// # Errors
    /// A system without chance.
    pub fn open(session: u64) -> io::Result<Self> {
        let strategy = choose_base_strategy().map_err(io::Error::other);
        let folders = strategy.map(|folders| {
            let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
            (folders.config_dir().join(FOLDER), state.join(FOLDER))
        });
        match folders.and_then(|(settings, state)| Self::open_in(&settings, &state, session)) {
            Ok(identity) => Ok(identity),
            Err(error) => Ok(Self {
                key: random()?,
                replaces: None,
                is_passing: Some(error),
                session: None,
            }),
        }
    }

    fn open_in(settings: &Path, state: &Path, session: u64) -> io::Result<Self> {
        let key = key_in(settings)?;
        // Without the mark of a session, everything works but the word of a killed one.
        let sessions = state.join("sessions");
        let replaces = take_killed(&sessions);
        Ok(Self {
            key,
            replaces,
            is_passing: None,
            session: SessionFile::make(&sessions, session).ok(),
        })
    }

    /// The session has said farewell.
    pub fn close(self) {
        if let Some(session) = self.session {
            let _ = fs::remove_file(session.path);
        }
    }
}

impl SessionFile {
    fn make(folder: &Path, session: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{session:016x}"));
        let lock = File::create(&path)?;
        lock.try_lock()?;
        Ok(Self { path, _lock: lock })
    }
}

/// The newest session that nobody runs any more; all such marks are removed.
fn take_killed(folder: &Path) -> Option<u64> {
    let entries = fs::read_dir(folder).ok()?.take(SESSIONS_MAX);
    let mut killed = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(|name| name.to_str());
        let session = name.and_then(|name| u64::from_str_radix(name, 16).ok());
        let is_free = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if is_free && fs::remove_file(&path).is_ok() {
            killed.extend(session);
        }
    }
    killed.into_iter().max()
}

/// The key in a folder, made if there is none.
fn key_in(folder: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let path = folder.join("id");
    match read_key(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        outcome => return outcome,
    }
    fs::create_dir_all(folder)?;
    let key: [u8; KEY_BYTES] = random()?;
    // Written beside its place and then moved there at once: a full disk or a crash leaves no
    // half of a key, and of two programs that start together, one is first.
    let fresh = folder.join(format!("id.{:016x}", u64::from_be_bytes(random()?)));
    let written = write_private(&fresh, &key).and_then(|()| fs::hard_link(&fresh, &path));
    let _ = fs::remove_file(&fresh);
    match written {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read_key(&path),
        Err(error) => Err(error),
    }
}

fn read_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    File::open(path)?.read_exact(&mut key)?;
    Ok(key)
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Bytes from the system's own chance.
///
/// # Errors
/// A system without chance.
pub fn random<const COUNT: usize>() -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path, session: u64) -> Identity {
        Identity::open_in(&folder.join("settings"), &folder.join("state"), session).unwrap()
    }

    #[test]
    fn a_person_stays_the_same_and_nobody_else_reads_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (open(folder.path(), 1), open(folder.path(), 2));
        assert_eq!(one.key, other.key);
        assert_ne!(one.key, [0; KEY_BYTES]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = fs::metadata(folder.path().join("settings/id")).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_killed_session_is_told_and_a_closed_or_running_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let running = open(folder.path(), 1);
        open(folder.path(), 2).close();
        drop(open(folder.path(), 3)); // as a killed process does, it leaves its mark
        assert_eq!(open(folder.path(), 4).replaces, Some(3));
        running.close();
    }

    #[test]
    fn a_broken_key_is_an_error_and_not_another_person() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), 1);
        fs::write(folder.path().join("settings/id"), b"short").unwrap();
        let state = folder.path().join("state");
        assert!(Identity::open_in(&folder.path().join("settings"), &state, 2).is_err());
    }
}
