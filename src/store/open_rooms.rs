//! Which rooms are open, so that they are open again at the next start: one file in the folder of
//! state, which only this user can read. A thread of its own writes it.
//!
//! ```text
//! [{"room": null}, {"room": "turma-a", "key_file": "/home/ana/turma.key"}]
//! ```

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::identity::{folders, random, write_private};
use super::secret;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::seal::room_key::ROOM_KEY_BYTES;

/// The file's name.
const FILE: &str = "rooms.json";

/// Longest wait at the end for what is still to be written.
const CLOSE_WAIT: Duration = Duration::from_millis(300);

/// Most rooms that are read: a program is in no more.
const ROOMS_MAX: usize = 16;

/// A room that was open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRoom {
    /// Its name; `None` is the lobby.
    pub name: Option<String>,
    /// Where its key is.
    pub key: OpenKey,
}

/// Where the key of a room is found again.
#[derive(Clone, PartialEq, Eq)]
pub enum OpenKey {
    /// In its name.
    Name,
    /// In a file with 32 bytes, a passphrase or an invitation.
    File(PathBuf),
    /// In a file with an invitation.
    InviteFile(PathBuf),
    /// It is this one, which the person wanted to be kept.
    Kept {
        /// The key.
        key: Zeroizing<[u8; ROOM_KEY_BYTES]>,
        /// The room's host, if its invitation names one.
        host: Option<Key>,
    },
}

impl std::fmt::Debug for OpenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Name => "Name",
            Self::File(_) => "File",
            Self::InviteFile(_) => "InviteFile",
            Self::Kept { .. } => "Kept",
        })
    }
}

/// A room as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Row {
    room: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Hex>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    host: Option<Hex>,
}

/// Digits of a key, which are overwritten when they are dropped.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Hex(Zeroizing<String>);

impl From<String> for Hex {
    fn from(digits: String) -> Self {
        Self(Zeroizing::new(digits))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The thread that writes the file.
#[derive(Debug)]
pub struct OpenRooms {
    tell: Sender<Vec<OpenRoom>>,
    is_done: Receiver<()>,
}

impl OpenRooms {
    /// Starts the thread, which writes this user's file.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start() -> io::Result<Self> {
        let (tell, told) = mpsc::channel::<Vec<OpenRoom>>();
        let (done, is_done) = mpsc::sync_channel::<()>(1);
        let work = move || {
            while let Ok(mut rooms) = told.recv() {
                // Only the newest counts.
                while let Ok(newer) = told.try_recv() {
                    rooms = newer;
                }
                // Without the file, the next start opens the rooms of the last one.
                let _ = path().and_then(|path| write(&path, &rooms));
            }
            drop(done);
        };
        thread::Builder::new().name("rooms".into()).spawn(work)?;
        Ok(Self { tell, is_done })
    }

    /// These rooms are open now.
    pub fn remember(&self, rooms: Vec<OpenRoom>) {
        let _ = self.tell.send(rooms);
    }

    /// Waits a moment for what is still to be written.
    pub fn close(self) {
        drop(self.tell);
        let _ = self.is_done.recv_timeout(CLOSE_WAIT);
    }
}

/// The rooms that were open last; none if that is not known.
///
/// # Errors
/// What the system says; `InvalidData` for a file that holds something else.
pub fn read() -> io::Result<Vec<OpenRoom>> {
    read_from(&path()?)
}

fn path() -> io::Result<PathBuf> {
    let (_, state) = folders()?;
    Ok(state.join(FILE))
}

fn read_from(path: &Path) -> io::Result<Vec<OpenRoom>> {
    let text = match secret::read_bytes_up_to(path, FILE_MAX_BYTES) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        outcome => outcome?,
    };
    // Its words may hold a part of a key.
    let rows = serde_json::from_slice(&text).map_err(|_| damaged("not a list of rooms"));
    let rows: Vec<Row> = rows?;
    rows.into_iter().take(ROOMS_MAX).map(room_of).collect()
}

/// Most bytes of the file: rooms of the longest names and paths.
const FILE_MAX_BYTES: u64 = 256 << 10;

fn room_of(row: Row) -> io::Result<OpenRoom> {
    let key = match (row.key_file, row.invite_file, row.key) {
        (None, None, None) => OpenKey::Name,
        (Some(path), None, None) => OpenKey::File(path),
        (None, Some(path), None) => OpenKey::InviteFile(path),
        (None, None, Some(key)) => OpenKey::Kept {
            key: unhex(&key.0).ok_or_else(|| damaged("no key"))?,
            host: match row.host {
                Some(host) => Some(Key(*unhex(&host.0).ok_or_else(|| damaged("no host"))?)),
                None => None,
            },
        },
        _ => return Err(damaged("several keys")),
    };
    let name = row.room;
    Ok(OpenRoom { name, key })
}

fn damaged(why: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

/// Writes the file in one step: a full disk or a crash leaves the old one.
fn write(path: &Path, rooms: &[OpenRoom]) -> io::Result<()> {
    let rows: Vec<Row> = rooms.iter().map(row_of).collect();
    let text = Zeroizing::new(serde_json::to_vec(&rows).map_err(io::Error::other)?);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let fresh = path.with_extension(format!("{:016x}", u64::from_be_bytes(random()?)));
    let written = write_private(&fresh, &text).and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    written
}

fn row_of(room: &OpenRoom) -> Row {
    let mut row = Row {
        room: room.name.clone(),
        key_file: None,
        invite_file: None,
        key: None,
        host: None,
    };
    match &room.key {
        OpenKey::Name => {}
        OpenKey::File(path) => row.key_file = Some(path.clone()),
        OpenKey::InviteFile(path) => row.invite_file = Some(path.clone()),
        OpenKey::Kept { key, host } => {
            row.key = Some(hex(&key[..]));
            row.host = host.map(|host| hex(&host.0));
        }
    }
    row
}

fn hex(bytes: &[u8]) -> Hex {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    Hex(text)
}

fn unhex(text: &str) -> Option<Zeroizing<[u8; ROOM_KEY_BYTES]>> {
    let mut bytes = Zeroizing::new([0; ROOM_KEY_BYTES]);
    let is_whole = text.len() == 2 * ROOM_KEY_BYTES;
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    is_whole.then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms() -> Vec<OpenRoom> {
        let room = |name: Option<&str>, key| OpenRoom {
            name: name.map(str::to_owned),
            key,
        };
        let kept = |host| OpenKey::Kept {
            key: Zeroizing::new([0xa7; 32]),
            host,
        };
        vec![
            room(None, OpenKey::Name),
            room(Some("turma-a"), OpenKey::File("/a b/c".into())),
            room(Some("x"), OpenKey::InviteFile("/i".into())),
            room(Some("y"), kept(None)),
            room(Some("z"), kept(Some(Key([0x11; 32])))),
        ]
    }

    #[test]
    fn open_rooms_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join(FILE);
        assert_eq!(read_from(&path).unwrap(), []);
        for open in [rooms(), rooms()[..1].to_vec()] {
            write(&path, &open).unwrap();
            assert_eq!(read_from(&path).unwrap(), open);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(!format!("{:?}", rooms()).contains("a7"));
    }

    #[test]
    fn a_file_that_holds_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for bad in [
            "",
            "{}",
            "[{\"room\":1}]",
            "[{\"room\":\"x\",\"key\":\"zz\"}]",
            &format!(
                "[{{\"room\":\"x\",\"key\":\"{}\",\"host\":\"1\"}}]",
                "ab".repeat(32)
            ),
            "[{\"room\":\"x\",\"key_file\":\"a\",\"invite_file\":\"b\"}]",
        ] {
            fs::write(&path, bad).unwrap();
            let kind = read_from(&path).unwrap_err().kind();
            assert_eq!(kind, ErrorKind::InvalidData, "{bad}");
        }
        let many = format!("[{}]", vec!["{\"room\":\"x\"}"; 100].join(","));
        fs::write(&path, many).unwrap();
        assert_eq!(read_from(&path).unwrap().len(), ROOMS_MAX);
    }
}
