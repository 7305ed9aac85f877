//! Any bytes as a datagram, and any change to a valid one. They open or are refused, and never
//! cause a panic; only what was closed opens. Also invitations and passphrases of any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roda::protocol::message::Name;
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::{Author, Body, Frame};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::invitation::Invitation;
use roda::protocol::wire::seal::passphrase::Strength;
use roda::protocol::wire::seal::room_key::RoomKey;
use roda::protocol::wire::seal::signer::Signer;

/// A frame that leaves alone, and one of a batch.
fn sound(seal: &Seal, signer: &Signer) -> [Vec<u8>; 2] {
    let key = signer.key();
    let author = Author {
        key,
        short: key.short(),
        session: 7,
        sequence: 1,
        clock: 1_790_000_000_000 << 16,
        flags: 0,
        grtt: 80,
        name: Name::parse("ana").expect("a name"),
    };
    let mut records = Vec::new();
    Record::Said("oi").append(&mut records);
    let (guest, name, text) = (1, "rui", "oi");
    Record::GuestSaid { guest, name, text }.append(&mut records);
    let records = Records::new(&records);
    let body = Body::Durable(Durable {
        records,
        ..Durable::default()
    });
    let frame = Frame { author, body };
    let closed = |count| {
        let drafts = (0..count).map(|_| seal.draft(&frame)).collect();
        let last = seal.close_batch(drafts, signer).last();
        last.expect("at least one").0
    };
    [closed(1), closed(3)]
}

thread_local! {
    /// A room, and some frames in it.
    static ROOM: (Seal, [Vec<u8>; 2]) = {
        let seal = Seal::new(&RoomKey::from_file("turma-a", &[3; 32]));
        let datagrams = sound(&seal, &Signer::from_seed(&[2; 32]));
        (seal, datagrams)
    };
}

fuzz_target!(|bytes: &[u8]| {
    ROOM.with(|(seal, datagrams)| {
        let mut inside = Vec::new();
        assert!(
            seal.open(bytes, &mut inside).is_err(),
            "nobody guesses a key"
        );
        let _ = seal.reopen(bytes, &mut inside);
        // Each pair of bytes changes one place; a change to the same value does not count.
        for datagram in datagrams {
            let mut changed = datagram.clone();
            for pair in bytes.chunks_exact(2) {
                let at = usize::from(pair[0]) % changed.len();
                changed[at] ^= pair[1];
            }
            let is_same = changed == *datagram;
            assert_eq!(seal.open(&changed, &mut inside).is_ok(), is_same);
            // Everything after the header is fuzzed: length and ciphertext.
            changed.truncate(44);
            changed.extend_from_slice(bytes);
            assert!(seal.open(&changed, &mut inside).is_err());
        }
    });
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(invitation) = Invitation::parse(text) {
        let again = Invitation::parse(&invitation.text()).expect("we read what we write");
        assert!(again == invitation);
    }
    assert!(Strength::of(text).bits >= 0.0);
    let _ = RoomKey::public(text);
});
