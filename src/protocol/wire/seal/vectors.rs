//! Makes the test vectors of `tests/vectors/seal.txt` again and compares them: every derived key,
//! every text form, one sealed frame of each type, and one of what a guest says.
//! `tests/vectors/check.py` checks the same file with independent implementations.

use std::fmt::Write;

use super::tests::{batch_of, datagrams, guests_datagram, signer};
use super::*;
use crate::protocol::wire::frame::Kind;
use crate::protocol::wire::seal::host::host_line;
use crate::protocol::wire::seal::invitation::Invitation;

const VECTORS: &str = include_str!("../../../../tests/vectors/seal.txt");

/// Appends a line of the file.
fn line(vectors: &mut String, name: &str, bytes: &[u8]) {
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let _ = writeln!(vectors, "{name} = {hex}");
}

fn made_again() -> String {
    let invitation = Invitation::new(std::array::from_fn(|n| n as u8));
    let passphrase = "correto cavalo bateria grampo janela vento";
    let rooms = [
        ("lobby", RoomKey::lobby()),
        ("public", RoomKey::public("turma-a")),
        ("key file", RoomKey::from_file("turma-a", &[3; 32])),
        ("invitation", RoomKey::from_invitation(&invitation)),
        ("hosted", RoomKey::hosted(&invitation, &signer(1).key())),
        (
            "passphrase",
            RoomKey::from_passphrase("turma-a", passphrase).unwrap(),
        ),
    ];
    let mut vectors = String::new();
    for (name, key) in &rooms {
        let seal = Seal::new(key);
        line(&mut vectors, &format!("{name}: room key"), &key.0);
        line(&mut vectors, &format!("{name}: room tag"), &seal.room_tag);
        let frame_key = key.derive("roda 2026 frame key");
        line(&mut vectors, &format!("{name}: frame key"), &*frame_key);
        let nonce_key = &*seal.nonce_key;
        line(&mut vectors, &format!("{name}: nonce key"), nonce_key);
    }
    let text = invitation.text();
    line(&mut vectors, "invitation: code", invitation.bytes());
    let _ = writeln!(vectors, "invitation: text = {}", &*text);
    let _ = writeln!(vectors, "passphrase: text = {passphrase}");
    let person = signer(1).key();
    line(&mut vectors, "person: seed", &[1; 32]);
    line(&mut vectors, "person: key", &person.0);
    line(
        &mut vectors,
        "person: short id",
        &person.short().to_be_bytes(),
    );
    let host = host_line(&invitation, &person);
    let _ = writeln!(vectors, "hosted: line = {}", &*host);
    let seal = Seal::new(&rooms[2].1).called(Some("turma-a"));
    line(&mut vectors, "turma-a: hint", &seal.hint);
    let mut inside = Vec::new();
    let kinds = [
        Kind::Durable,
        Kind::Beat,
        Kind::Nack,
        Kind::Status,
        Kind::Sync,
    ];
    for (datagram, kind) in datagrams(&seal).iter().zip(kinds) {
        let name = format!("{kind:?}").to_lowercase();
        line(&mut vectors, &format!("{name}: datagram"), datagram);
        seal.unseal(datagram, &mut inside).unwrap();
        line(&mut vectors, &format!("{name}: inside"), &inside);
    }
    let guests = guests_datagram(&seal);
    line(&mut vectors, "guest said: datagram", &guests);
    seal.unseal(&guests, &mut inside).unwrap();
    line(&mut vectors, "guest said: inside", &inside);
    for (number, datagram) in (1..).zip(batch_of(&seal, 3)) {
        line(&mut vectors, &format!("run {number}: datagram"), &datagram);
        seal.unseal(&datagram, &mut inside).unwrap();
        line(&mut vectors, &format!("run {number}: inside"), &inside);
    }
    vectors
}

#[test]
fn every_key_and_one_frame_of_each_type_are_what_they_were() {
    let expected = VECTORS.lines().filter(|line| !line.starts_with('#'));
    let made = made_again();
    for (made, expected) in made.lines().zip(expected.clone()) {
        assert_eq!(made, expected);
    }
    assert_eq!(made.lines().count(), expected.count(), "\n{made}");
}
