//! Previews of pictures that are offered.

use super::*;
use crate::protocol::wire::preview::{Pixels, Preview};

/// A disk whose pictures show one colour, the first byte of each.
fn disk(folder: &TempDir, make_preview: MakePreview) -> Disk {
    Disk::with(Config {
        folder: Some(folder.path().to_owned()),
        memory: Memory::None,
        make_preview: Some(make_preview),
        ..Config::default()
    })
}

fn of_first_byte(bytes: &[u8]) -> Option<Preview> {
    let first = *bytes.first()?;
    Preview::of_pixels(&Pixels {
        width: 1,
        pixels: vec![[first; 3]],
    })
}

#[test]
fn a_picture_is_offered_with_its_preview_and_anything_else_without() {
    let (from, into) = folders();
    let giver = disk(&from, of_first_byte);
    for (name, bytes, expected) in [
        ("a.png", &b"7 png"[..], of_first_byte(b"7")),
        ("a.txt", b"7 text", None),
        ("vazia.png", b"", None),
    ] {
        let path = from.path().join(name);
        fs::write(&path, bytes).unwrap();
        let hashed = giver.hash(&path).unwrap();
        assert_eq!(hashed.content.preview, expected, "{name}");
        assert_eq!(hashed.offer.preview, expected, "{name}");
        // What others make of it is as before.
        let taker = Disk::into(into.path());
        let saved = taker.take(&giver, &hashed.content).unwrap();
        assert_eq!(fs::read(saved).unwrap(), bytes);
    }
}

#[test]
fn a_decoder_that_gives_up_keeps_no_picture_from_being_offered() {
    let (from, _) = folders();
    let giver = disk(&from, |bytes| match bytes.first() {
        Some(b'!') => panic!("a strange picture"),
        _ => of_first_byte(bytes),
    });
    for (name, bytes) in [("strange.png", "!"), ("usual.png", "7")] {
        let path = from.path().join(name);
        fs::write(&path, bytes).unwrap();
        let hashed = giver.hash(&path).unwrap();
        assert_eq!(hashed.content.preview.is_some(), bytes == "7", "{name}");
    }
}

#[test]
fn many_pictures_at_once_are_all_offered() {
    let (from, _) = folders();
    let giver = disk(&from, of_first_byte);
    let mut tickets: Vec<u64> = (0..60).collect();
    for ticket in &tickets {
        let path = from.path().join(format!("{ticket}.png"));
        fs::write(&path, format!("{ticket}")).unwrap();
        giver.files.read(ToOffer {
            room: ROOM,
            ticket: *ticket,
            path,
            name: None,
            key: None,
        });
    }
    while !tickets.is_empty() {
        match giver.told.recv_timeout(WAIT).unwrap() {
            Told::Hashed {
                ticket,
                hashed: Ok(_),
            } => tickets.retain(|other| *other != ticket),
            other => panic!("{other:?}"),
        }
    }
}
