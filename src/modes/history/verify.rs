//! Checking the file, and the seals and signatures of the frames that are kept for others.

use std::path::Path;

use zeroize::Zeroizing;

use super::{Archived, Outcome};
use crate::error::{Error, StoreError};
use crate::protocol::encoding;
use crate::protocol::engine::frame_log::Position;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::invitation::Invitation;
use crate::protocol::wire::seal::room_key::{ROOM_KEY_BYTES, RoomKey};
use crate::store::archive::{RoomKind, StoredRoom};
use crate::store::secret;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::text::{self, Lang};

/// What was found of a room's frames.
#[derive(Default)]
struct Counts {
    good: u64,
    bad: u64,
    /// Whole, but not opened.
    closed: u64,
}

/// Checks everything. Ends with 1 if anything is wrong.
pub(super) fn run(file: &Archived, key_file: Option<&Path>, lang: Lang) -> Result<Outcome, Error> {
    let key = match key_file {
        Some(path) => Some(secret::read_bytes(path).map_err(StoreError::secret(path))?),
        None => None,
    };
    let check = file.reader.check().map_err(file.failed())?;
    let screen = Screen::new(Form::Lines, Color::Never, lang);
    let mut out = String::new();
    for line in text::check_result(lang, &file.path, &check) {
        screen.text(&line, &mut out);
    }
    let mut is_sound = check.faults.is_empty();
    for room in &file.rooms {
        let seal = seal_of(room, key.as_deref());
        let counts = check_frames(file, room, seal.as_ref())?;
        is_sound &= counts.bad == 0;
        let Counts { good, bad, closed } = counts;
        let line = text::check_of_frames(lang, &room.name, good, bad, closed);
        screen.text(&line, &mut out);
    }
    screen::print(&out).map_err(Error::Output)?;
    Ok(match is_sound {
        true => Outcome::Done,
        false => Outcome::Incomplete,
    })
}

fn check_frames(file: &Archived, room: &StoredRoom, seal: Option<&Seal>) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    let mut inside = Vec::new();
    let look = |frame: Option<_>| {
        let Some(frame): Option<crate::chat::archive::record::StoredFrame> = frame else {
            counts.bad += 1;
            return;
        };
        let Some(seal) = seal else {
            counts.closed += 1;
            return;
        };
        let is_genuine = seal.open(&frame.bytes, &mut inside).is_ok_and(|opened| {
            let author = &opened.frame.author;
            author.key == frame.author && Position::of(author) == frame.position
        });
        match is_genuine {
            true => counts.good += 1,
            false => counts.bad += 1,
        }
    };
    let looked = file.reader.each_frame(room.number, look);
    looked.map_err(file.failed())?;
    Ok(counts)
}

/// The seal of a room, if its key is known.
fn seal_of(room: &StoredRoom, key: Option<&Vec<u8>>) -> Option<Seal> {
    let name = room.name.as_str();
    let is_its = |seal: &Seal| seal.room_tag() == room.tag;
    let seal = match room.kind {
        RoomKind::Lobby => Some(Seal::public(None)),
        RoomKind::Public => Some(Seal::public(Some(name))),
        RoomKind::Keyed => keys(name, key?)
            .map(|key| Seal::new(&key).called(Some(name)))
            .find(&is_its),
    };
    seal.filter(is_its)
}

/// What a key file may stand for: bytes, an invitation, a passphrase.
fn keys(room: &str, bytes: &[u8]) -> impl Iterator<Item = RoomKey> {
    let raw = <&[u8; ROOM_KEY_BYTES]>::try_from(bytes).ok();
    let text = encoding::text(bytes).ok();
    let text = text.map(|text| Zeroizing::new(text.trim().to_owned()));
    let invitation = text.as_ref().and_then(|text| {
        let code = text.rsplit(char::is_whitespace).next().unwrap_or(text);
        Invitation::parse(code).ok()
    });
    let of_file = raw.map(|bytes| RoomKey::from_file(room, bytes));
    let of_invitation = invitation.map(|it| RoomKey::from_invitation(&it));
    let quick = of_file.into_iter().chain(of_invitation);
    // A passphrase is slow to try: only if nothing else fits.
    let room = room.to_owned();
    let of_text = text.into_iter();
    quick.chain(of_text.filter_map(move |text| RoomKey::from_passphrase(&room, &text).ok()))
}
