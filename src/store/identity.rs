//! Who this person is. The folder of settings holds the 32 random bytes that the signing key is
//! derived from.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use zeroize::Zeroizing;

use super::sessions::{Killed, SessionFile, Sessions};
use crate::protocol::wire::seal::signer::{SEED_BYTES, Signer};

/// The seed of a signing key. It is overwritten when it is dropped.
type Seed = Zeroizing<[u8; SEED_BYTES]>;

/// The name of an identity's file.
const FILE: &str = "id";

/// The name of our folders.
const FOLDER: &str = "roda";

/// Most old identities that are kept.
const KEPT_MAX: u32 = 1000;

/// Most bytes of an old identity's file that are kept: a sound one has [`SEED_BYTES`].
const KEPT_MAX_BYTES: u64 = 4096;

/// Which identity to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// The identity of this system's user.
    #[default]
    User,
    /// The identity in a file.
    File(PathBuf),
    /// A new identity for one session.
    Ephemeral,
}

/// A person, and one of their sessions.
#[derive(Debug)]
pub struct Identity {
    /// Signs for the person.
    pub signer: Signer,
    /// Earlier sessions of this person that ended without a farewell.
    pub killed: Killed,
    /// Why the identity lasts only for this session, if it does.
    pub is_passing: Option<io::Error>,
    sessions: Sessions,
    session: Option<SessionFile>,
}

impl Identity {
    /// Opens an identity for a new session, and creates it at the first start. If this user's
    /// identity cannot be kept, it lasts for the session only; a file that was named must be kept.
    ///
    /// # Errors
    /// A system without random bytes, or a named file that fails. `InvalidData` if the file holds
    /// something else: a person who lost their identity should learn it, instead of silently
    /// becoming somebody else in front of their friends.
    pub fn open(who: &Who, session: u64) -> io::Result<Self> {
        let opened = match who {
            Who::Ephemeral => return Self::passing(None),
            Who::File(file) => {
                let seed = seed_at(file)?;
                let name = format!("sessions-{:016x}", Signer::from_seed(&seed).key().short());
                let sessions = folders().map(|(_, state)| state.join(name));
                return Ok(Self::of(&seed, Sessions::in_folder(sessions.ok()), session));
            }
            Who::User => {
                folders().and_then(|(settings, state)| Self::open_in(&settings, &state, session))
            }
        };
        match opened {
            Err(error) if error.kind() != ErrorKind::InvalidData => Self::passing(Some(error)),
            outcome => outcome,
        }
    }

    /// Reads an identity without opening a session.
    ///
    /// # Errors
    /// A file that can be neither read nor created.
    pub fn signer(who: &Who) -> io::Result<Signer> {
        let seed = match who {
            Who::User => seed_at(&folders()?.0.join(FILE))?,
            Who::File(file) => seed_at(file)?,
            Who::Ephemeral => Seed::new(random()?),
        };
        Ok(Signer::from_seed(&seed))
    }

    /// Makes a new identity in the place of an old one, which is kept beside it: returns where, if
    /// there was one. Also a broken file is kept.
    ///
    /// # Errors
    /// A file that can be neither read nor written. The old identity is in place then.
    pub fn renew(who: &Who) -> io::Result<(Signer, Option<PathBuf>)> {
        let path = match who {
            Who::User => folders()?.0.join(FILE),
            Who::File(file) => file.clone(),
            Who::Ephemeral => return Ok((Signer::from_seed(&Seed::new(random()?)), None)),
        };
        let mut old = Zeroizing::new(Vec::with_capacity(KEPT_MAX_BYTES as usize));
        match File::open(&path) {
            Ok(file) => file.take(KEPT_MAX_BYTES).read_to_end(&mut old)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let seed = seed_at(&path)?;
                return Ok((Signer::from_seed(&seed), None));
            }
            Err(error) => return Err(error),
        };
        let kept = keep_aside(&path, &old)?;
        let seed = Seed::new(random()?);
        let fresh = beside(&path, &format!("{:016x}", u64::from_be_bytes(random()?)));
        let written = write_private(&fresh, &*seed).and_then(|()| fs::rename(&fresh, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&fresh);
            let _ = fs::remove_file(&kept);
            return Err(error);
        }
        Ok((Signer::from_seed(&seed), Some(kept)))
    }

    fn passing(why: Option<io::Error>) -> io::Result<Self> {
        Ok(Self {
            signer: Signer::from_seed(&Seed::new(random()?)),
            killed: Killed::default(),
            is_passing: why,
            sessions: Sessions::default(),
            session: None,
        })
    }

    fn open_in(settings: &Path, state: &Path, session: u64) -> io::Result<Self> {
        let seed = seed_at(&settings.join(FILE))?;
        let sessions = Sessions::in_folder(Some(state.join("sessions")));
        Ok(Self::of(&seed, sessions, session))
    }

    fn of(seed: &Seed, sessions: Sessions, session: u64) -> Self {
        Self {
            signer: Signer::from_seed(seed),
            killed: sessions.take_killed(),
            is_passing: None,
            session: sessions.begin(session, None),
            sessions,
        }
    }

    /// Where sessions in rooms that are entered later are marked.
    #[must_use]
    pub fn sessions(&self) -> Sessions {
        self.sessions.clone()
    }

    /// Ends the session after its farewell.
    pub fn close(self) {
        if let Some(session) = self.session {
            session.close();
        }
    }
}

/// The folders of this user's settings and state.
pub(super) fn folders() -> io::Result<(PathBuf, PathBuf)> {
    let folders = choose_base_strategy().map_err(io::Error::other)?;
    let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
    Ok((folders.config_dir().join(FOLDER), state.join(FOLDER)))
}

/// The path of a file with something behind its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

/// Writes a copy of an old identity beside its file, under the first name that is free.
fn keep_aside(path: &Path, old: &[u8]) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let kept = match number {
            1 => beside(path, "old"),
            _ => beside(path, &format!("old{number}")),
        };
        match write_private(&kept, old) {
            Ok(()) => return Ok(kept),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < KEPT_MAX => {
                number += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Reads the seed in a file, and creates it if there is none.
fn seed_at(path: &Path) -> io::Result<Seed> {
    match read_seed(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        outcome => return outcome,
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let seed = Seed::new(random()?);
    // A new seed is written to a temporary file and moved into place in one step: a full disk or a
    // crash leaves no half seed, and if two programs start together, one wins.
    let fresh = folder.join(format!("id.{:016x}", u64::from_be_bytes(random()?)));
    let written = write_private(&fresh, &*seed).and_then(|()| fs::hard_link(&fresh, path));
    let _ = fs::remove_file(&fresh);
    match written {
        Ok(()) => Ok(seed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read_seed(path),
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

/// Writes a new file that only this user can read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .inspect_err(|_| {
            // A part of it is of no use to anybody.
            let _ = fs::remove_file(path);
        })
}

/// Random bytes from the system.
///
/// # Errors
/// A system without random bytes.
pub fn random<const COUNT: usize>() -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::ROOM_TAG_BYTES;

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
        let killed = open(folder.path(), 4).killed;
        assert_eq!(killed.in_room(&[1; ROOM_TAG_BYTES]), Some(3));
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
    fn somebody_may_be_in_a_file_or_new() {
        let folder = tempfile::tempdir().unwrap();
        let file = Who::File(folder.path().join("keys").join("ana"));
        let ana = Identity::signer(&file).unwrap().key();
        assert_eq!(Identity::signer(&file).unwrap().key(), ana);
        let new = || Identity::open(&Who::Ephemeral, 1).unwrap().signer.key();
        assert_ne!(new(), new());
        assert!(Identity::signer(&Who::File(folder.path().to_owned())).is_err());
    }

    #[test]
    fn a_new_identity_keeps_the_old_one_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id");
        let who = Who::File(path.clone());
        let (first, old) = Identity::renew(&who).unwrap();
        assert_eq!(old, None, "there was none");
        let (second, old) = Identity::renew(&who).unwrap();
        let old = old.unwrap();
        assert_eq!(Identity::signer(&who).unwrap().key(), second.key());
        let kept = Identity::signer(&Who::File(old.clone())).unwrap();
        assert_eq!(kept.key(), first.key());
        fs::write(&path, b"broken").unwrap();
        let (third, older) = Identity::renew(&who).unwrap();
        let older = older.unwrap();
        assert!(older != old && third.key() != second.key());
        assert_eq!(fs::read(&older).unwrap(), b"broken");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&old).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_crash_half_way_leaves_nothing_that_is_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("settings");
        fs::create_dir_all(&settings).unwrap();
        // Written when the machine stopped: a part of a seed in a temporary file.
        fs::write(settings.join("id.00112233445566ff"), [7; 11]).unwrap();
        let (one, other) = (open(folder.path(), 1), open(folder.path(), 2));
        assert_eq!(one.signer.key(), other.signer.key());
        assert_eq!(fs::read(settings.join("id")).unwrap().len(), SEED_BYTES);
    }
}
