//! Which sessions of a person are running. The folder of state holds a locked file for each: for
//! that of the rooms of a start, and for each of a room that was entered later. If nobody holds the
//! lock any more, that session was killed, and the next session in its room announces that it
//! replaces it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::protocol::wire::frame::ROOM_TAG_BYTES;

/// Most session files that are examined; no person leaves more behind.
const SESSIONS_MAX: usize = 256;

/// The tag of a room.
type RoomTag = [u8; ROOM_TAG_BYTES];

/// Sessions that were killed, the newest of each kind.
#[derive(Clone, Debug, Default)]
pub struct Killed {
    /// In the rooms of a start.
    at_start: Option<u64>,
    /// In rooms that were entered later, each with a session of its own.
    later: BTreeMap<RoomTag, u64>,
}

impl Killed {
    /// The one that may still be shown as present in a room.
    #[must_use]
    pub fn in_room(&self, tag: &RoomTag) -> Option<u64> {
        self.later.get(tag).copied().or(self.at_start)
    }
}

/// The folder in which running sessions are marked, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Sessions(Option<PathBuf>);

impl Sessions {
    /// Those that are marked in a folder.
    #[must_use]
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self(folder)
    }

    /// The sessions that were killed, which are taken off.
    #[must_use]
    pub fn take_killed(&self) -> Killed {
        self.0.as_deref().and_then(take_killed).unwrap_or_default()
    }

    /// Marks a session as running: that of the rooms of the start, or one of a room that is entered
    /// later. Without the folder everything works, except that a killed session is not announced as
    /// replaced.
    #[must_use]
    pub fn begin(&self, session: u64, room: Option<&RoomTag>) -> Option<SessionFile> {
        let folder = self.0.as_deref()?;
        SessionFile::make(folder, &name_of(session, room)).ok()
    }
}

/// The name of a session's file.
fn name_of(session: u64, room: Option<&RoomTag>) -> String {
    match room {
        None => format!("{session:016x}"),
        Some(tag) => format!("{session:016x}-{:032x}", u128::from_be_bytes(*tag)),
    }
}

/// Reads such a name.
fn session_of(name: &str) -> Option<(u64, Option<RoomTag>)> {
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    let Some((session, tag)) = name.split_once('-') else {
        return Some((number(name)?, None));
    };
    let tag = u128::from_str_radix(tag, 16).ok()?;
    Some((number(session)?, Some(tag.to_be_bytes())))
}

/// Marks a running session.
#[derive(Debug)]
pub struct SessionFile {
    path: PathBuf,
    /// Stays locked as long as the session runs, whatever ends it.
    _lock: File,
}

impl SessionFile {
    /// Ends the session after its farewell.
    pub fn close(self) {
        let _ = fs::remove_file(self.path);
    }

    fn make(folder: &Path, name: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(name);
        let lock = File::create(&path)?;
        lock.try_lock()?;
        Ok(Self { path, _lock: lock })
    }
}

/// Finds the newest sessions that were killed, and removes the files of all killed sessions.
fn take_killed(folder: &Path) -> Option<Killed> {
    let entries = fs::read_dir(folder).ok()?.take(SESSIONS_MAX);
    let mut killed = Killed::default();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(|name| name.to_str());
        let session = name.and_then(session_of);
        let is_free = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if !is_free || fs::remove_file(&path).is_err() {
            continue;
        }
        match session {
            Some((number, None)) => killed.at_start = killed.at_start.max(Some(number)),
            Some((number, Some(tag))) => {
                let newest = killed.later.entry(tag).or_default();
                *newest = number.max(*newest);
            }
            None => {}
        }
    }
    Some(killed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_was_entered_later_has_a_killed_session_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::in_folder(Some(folder.path().to_owned()));
        let tag = |tag| [tag; ROOM_TAG_BYTES];
        let begin = |session, room| sessions.begin(session, Some(&tag(room))).unwrap();
        let program = sessions.begin(5, None).unwrap();
        begin(6, 1).close();
        let (older, newer, other) = (begin(7, 2), begin(8, 2), begin(9, 3));
        let killed = sessions.take_killed();
        assert_eq!(killed.in_room(&tag(2)), None, "all of them run");
        // As a killed process does, they leave their marks.
        drop((program, older, newer));
        let killed = sessions.take_killed();
        let in_rooms = [1, 2, 3].map(|room| killed.in_room(&tag(room)));
        // Where no session of its own was killed, the one of the start may have been.
        assert_eq!(in_rooms, [Some(5), Some(8), Some(5)]);
        drop(other);
        // A program that another test is just starting holds the locks of this one until it runs.
        let taken = (0..100_000).find_map(|_| {
            std::thread::yield_now();
            sessions.take_killed().in_room(&tag(3))
        });
        assert_eq!(taken, Some(9));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
