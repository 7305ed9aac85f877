//! Who this person is, and which of its sessions are running: the 32 random bytes that the signing
//! key comes of in the folder of settings, and a locked file per session in the folder of state. A
//! session whose file nobody holds locked any more was killed; the next one says that it follows
//! it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use zeroize::Zeroizing;

use crate::protocol::wire::seal::signer::{SEED_BYTES, Signer};

/// What a signing key is made from; overwritten when it is dropped.
type Seed = Zeroizing<[u8; SEED_BYTES]>;

/// The name of our folders.
const FOLDER: &str = "roda";

/// Files of sessions that are looked at: more were not left by people.
const SESSIONS_MAX: usize = 256;

/// A person, and one of its sessions.
#[derive(Debug)]
pub struct Identity {
    /// The person.
    pub signer: Signer,
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
    /// A system without chance. `InvalidData` for a file that holds something else: whoever has
    /// lost his identity should know, and not become somebody else in front of his friends.
    pub fn open(session: u64) -> io::Result<Self> {
        let strategy = choose_base_strategy().map_err(io::Error::other);
        let folders = strategy.map(|folders| {
            let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
            (folders.config_dir().join(FOLDER), state.join(FOLDER))
        });
        match folders.and_then(|(settings, state)| Self::open_in(&settings, &state, session)) {
            Ok(identity) => Ok(identity),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(error),
            Err(error) => Ok(Self {
                signer: Signer::from_seed(&Seed::new(random()?)),
                replaces: None,
                is_passing: Some(error),
                session: None,
            }),
        }
    }

    fn open_in(settings: &Path, state: &Path, session: u64) -> io::Result<Self> {
        let seed = seed_in(settings)?;
        // Without the mark of a session, everything works but the word of a killed one.
        let sessions = state.join("sessions");
        let replaces = take_killed(&sessions);
        Ok(Self {
            signer: Signer::from_seed(&seed),
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

/// The seed in a folder, made if there is none.
fn seed_in(folder: &Path) -> io::Result<Seed> {
    let path = folder.join("id");
    match read_seed(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        outcome => return outcome,
    }
    fs::create_dir_all(folder)?;
    let seed = Seed::new(random()?);
    // Written beside its place and then moved there at once: a full disk or a crash leaves no
    // half of a seed, and of two programs that start together, one is first.
    let fresh = folder.join(format!("id.{:016x}", u64::from_be_bytes(random()?)));
    let written = write_private(&fresh, &*seed).and_then(|()| fs::hard_link(&fresh, &path));
    let _ = fs::remove_file(&fresh);
    match written {
        Ok(()) => Ok(seed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read_seed(&path),
        Err(error) => Err(error),
    }
}

fn read_seed(path: &Path) -> io::Result<Seed> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(SEED_BYTES + 1));
    let file = File::open(path)?;
    file.take(SEED_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    // Some systems leave zeros in a file that was being written when the power failed.
    let seed = bytes.first_chunk().filter(|seed| **seed != [0; SEED_BYTES]);
    let seed = seed.filter(|_| bytes.len() == SEED_BYTES);
    seed.copied().map(Seed::new).ok_or_else(|| {
        let path = path.display();
        let broken = format!(
            "{path} is broken: it must hold {SEED_BYTES} random bytes; put a copy of it back, or \
             remove it to be somebody new"
        );
        io::Error::new(ErrorKind::InvalidData, broken)
    })
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
        assert_eq!(one.signer.key(), other.signer.key());
        let elsewhere = tempfile::tempdir().unwrap();
        assert_ne!(one.signer.key(), open(elsewhere.path(), 1).signer.key());
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
    fn a_broken_file_is_an_error_that_names_it_and_not_another_person() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), 1);
        let (settings, state) = (folder.path().join("settings"), folder.path().join("state"));
        let file = settings.join("id");
        for broken in [
            &b""[..],
            b"short",
            &[7; 31],
            &[7; 33],
            &[0; 32],
            &[7; 100_000],
        ] {
            fs::write(&file, broken).unwrap();
            let error = Identity::open_in(&settings, &state, 2).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            let path = file.display().to_string();
            assert!(error.to_string().contains(&path), "{error}");
            assert_eq!(fs::read(&file).unwrap(), broken, "it is left as it is");
        }
    }

    #[test]
    fn the_bytes_of_a_file_written_before_frames_were_signed_are_a_person() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("settings");
        fs::create_dir_all(&settings).unwrap();
        fs::write(settings.join("id"), [7; SEED_BYTES]).unwrap();
        let person = open(folder.path(), 1).signer.key();
        assert_eq!(person, Signer::from_seed(&[7; SEED_BYTES]).key());
    }

    #[test]
    fn a_crash_half_way_leaves_nothing_that_is_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("settings");
        fs::create_dir_all(&settings).unwrap();
        // What was written when the machine stopped: a part of a seed beside its place.
        fs::write(settings.join("id.00112233445566ff"), [7; 11]).unwrap();
        let (one, other) = (open(folder.path(), 1), open(folder.path(), 2));
        assert_eq!(one.signer.key(), other.signer.key());
        assert_eq!(fs::read(settings.join("id")).unwrap().len(), SEED_BYTES);
    }
}
