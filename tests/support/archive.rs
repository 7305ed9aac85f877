//! Files of messages, as `chat` writes them: made by the program's own store.

use std::path::{Path, PathBuf};
use std::process::Command;

use roda::chat::archive::record::{Entry, StoredFrame};
use roda::chat::archive::{Request, RoomRequest};
use roda::chat::rooms::RoomNumber;
use roda::protocol::engine::event::{MessageId, NamedKey};
use roda::protocol::engine::frame_log::Position;
use roda::protocol::message::Name;
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;
use roda::store::archive::{Archive, FilePlace, Keeping, RoomKind, RoomPlace, Told};
use roda::store::people::People;

use super::place::Home;
use super::stored::{Claim, sealed};
use super::{DEADLINE, command};

/// When the first message is said, in milliseconds since 1970.
pub const START_MS: u64 = 1_795_000_000_000;

/// Somebody's signer; the number is their seed.
pub fn signer(number: u8) -> Signer {
    Signer::from_seed(&[number; 32])
}

/// A message that somebody says so many seconds after the start.
pub fn entry(who: &str, author: u8, second: u32, text: &str) -> Entry {
    let wall_ms = START_MS + u64::from(second) * 1000;
    let key = signer(author).key();
    let position = Position {
        clock: wall_ms << 16,
        short: key.short(),
        session: 7,
        sequence: second + 1,
    };
    let name = Name::parse(who).unwrap();
    Entry::said(
        MessageId { position, index: 0 },
        NamedKey { name, key },
        text,
    )
}

/// The frame in which a message is said.
pub fn frame(seal: &Seal, entry: &Entry, author: u8) -> StoredFrame {
    let signer = signer(author);
    let claim = Claim {
        key: signer.key(),
        name: entry.who.name.clone(),
        position: entry.id.position,
    };
    sealed(seal, &signer, claim, &entry.text)
}

/// A room that is archived.
pub fn place(room: &str, kind: RoomKind, seal: &Seal) -> RoomPlace {
    RoomPlace {
        tag: seal.room_tag(),
        name: room.into(),
        kind,
    }
}

/// Where a person's file is.
pub fn file_of(home: &Home) -> PathBuf {
    home.path().join("data/roda/archive.db")
}

/// Starts an archive of a room in a file, which tells `tell`.
pub fn start(
    path: &Path,
    place: RoomPlace,
    tell: impl Fn(Told) -> bool + Send + Sync + 'static,
) -> Archive {
    let people = path.with_file_name("people.db");
    let file = FilePlace {
        path: path.to_owned(),
        keeping: Keeping::default(),
    };
    let mut archive = Archive::start(move || People::at(&people), Some(file), tell).unwrap();
    archive.open_room(RoomNumber::FIRST, Some(place));
    archive
}

/// Asks the archive of a room for something.
pub fn ask(archive: &Archive, request: RoomRequest) {
    archive.ask(RoomNumber::FIRST, Request::Room(request));
}

/// Writes what was said in a room, with its frames, into a person's file.
pub fn write(home: &Home, room: &str, kind: RoomKind, seal: &Seal, said: &[(Entry, u8)]) {
    let archive = start(&file_of(home), place(room, kind, seal), |_| true);
    for (entry, author) in said {
        let frame = frame(seal, entry, *author);
        ask(&archive, RoomRequest::Remember(Box::new(entry.clone())));
        ask(&archive, RoomRequest::Keep(frame));
    }
    assert!(archive.close(DEADLINE));
}

/// `roda history …` of a person.
pub fn history(home: &Home, args: &[&str]) -> Command {
    let mut history = command(env!("CARGO_BIN_EXE_roda"));
    history.arg("history").args(args);
    history.env("XDG_CONFIG_HOME", home.path().join("settings"));
    history.env("XDG_DATA_HOME", home.path().join("data"));
    history.env("TZ", "UTC");
    history
}
