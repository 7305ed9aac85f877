//! The threats as tests: what outsiders and members can try with a frame, and what happens then.

use super::super::frame::nack::Nack;
use super::super::frame::status::Status;
use super::super::frame::sync::Sync;
use super::super::frame::{Ack, Frame, MemberTag, beat::Beat};
use super::*;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::durable::{Record, Records};

pub(super) fn signer(byte: u8) -> Signer {
    Signer::from_seed(&[byte; 32])
}

fn author(signer: &Signer) -> Author {
    let key = signer.key();
    Author {
        key,
        short: key.short(),
        session: 7,
        sequence: 1,
        clock: 1_790_000_000_000 << 16,
        flags: 0,
        grtt: 80,
        name: Name::parse("ana").unwrap(),
    }
}

/// One frame of each type.
fn bodies<'d>(records: &'d [u8]) -> [Body<'d>; 5] {
    let of = MemberTag::of(1, 2);
    let ack = Ack { of, through: 3 };
    let durable = Durable {
        acks: vec![ack],
        records: Records::new(records),
        ..Durable::default()
    };
    let status = Status {
        ack,
        heard: 4,
        echo: 0,
        held: std::time::Duration::ZERO,
    };
    [
        Body::Durable(durable),
        Body::Beat(Beat::default()),
        Body::Nack(Nack::default()),
        Body::Status(status),
        Body::Sync(Sync::Cookie(5)),
    ]
}

fn records() -> Vec<u8> {
    let mut records = Vec::new();
    Record::Said("oi").append(&mut records);
    records
}

fn closed(seal: &Seal, body: Body<'_>) -> Vec<u8> {
    let (signer, mut datagram) = (signer(1), Vec::new());
    let author = author(&signer);
    seal.close(&Frame { author, body }, &signer, &mut datagram);
    datagram
}

/// Durable frames of ana's, closed as one batch: what they say and their datagrams.
pub(super) fn batch_of(seal: &Seal, count: u32) -> Vec<Vec<u8>> {
    let (signer, records) = (signer(1), records());
    let drafts = (1..=count).map(|sequence| {
        let [body, ..] = bodies(&records);
        let author = Author {
            sequence,
            ..author(&signer)
        };
        seal.draft(&Frame { author, body })
    });
    let closed = seal.close_batch(drafts.collect(), &signer);
    closed.map(|(datagram, _)| datagram).collect()
}

/// One datagram of each type.
pub(super) fn datagrams(seal: &Seal) -> [Vec<u8>; 5] {
    bodies(&records()).map(|body| closed(seal, body))
}

/// A frame in which a guest of ana's says something.
pub(super) fn guests_datagram(seal: &Seal) -> Vec<u8> {
    let mut records = Vec::new();
    let (guest, name, text) = (3, "rui", "oi");
    Record::GuestSaid { guest, name, text }.append(&mut records);
    let [body, ..] = bodies(&records);
    closed(seal, body)
}

fn fault(seal: &Seal, datagram: &[u8]) -> FrameFault {
    seal.open(datagram, &mut Vec::new()).unwrap_err()
}

#[test]
fn a_frame_is_opened_by_its_room_and_reopened_from_memory() {
    let (seal, mut inside) = (Seal::public(None), Vec::new());
    for (datagram, body) in datagrams(&seal).iter().zip(bodies(&records())) {
        let is_durable = body.kind() == Kind::Durable;
        let frame = seal.open(datagram, &mut inside).unwrap().frame;
        assert_eq!(frame.author, author(&signer(1)));
        assert_eq!(frame.body, body);
        assert_eq!(seal.reopen(datagram, &mut inside).is_some(), is_durable);
    }
}

#[test]
fn each_frame_of_a_run_is_opened_alone_and_in_any_order() {
    for count in 1..=signed_batch::BATCH_MAX_FRAMES as u32 {
        let datagrams = batch_of(&Seal::public(None), count);
        // A receiver that knows no other frame opens each one, and another one opens all in reverse
        // order.
        let hearer = Seal::public(None);
        for (index, datagram) in datagrams.iter().enumerate().rev() {
            for seal in [&Seal::public(None), &hearer] {
                let mut inside = Vec::new();
                let opened = seal.open(datagram, &mut inside).unwrap();
                assert_eq!(opened.frame.author.sequence as usize, index + 1);
                assert!(datagram.len() <= frame::FRAME_MAX_BYTES);
            }
        }
    }
}

#[test]
fn what_is_no_part_of_a_run_does_not_come_in_by_its_signature() {
    let (seal, records, eva) = (Seal::public(None), records(), signer(2));
    let datagrams = batch_of(&seal, 4);
    let (mut one, mut other) = (Vec::new(), Vec::new());
    seal.unseal(&datagrams[1], &mut one).unwrap();
    seal.unseal(&datagrams[2], &mut other).unwrap();
    assert!(
        seal.open(&datagrams[1], &mut Vec::new()).is_ok(),
        "so the root is known"
    );
    // The Merkle path and signature of a frame of ana's, behind something else that names her.
    let behind = 2 * 16 + signed_batch::LEAF_INDEX_BYTES + frame::SIGNATURE_BYTES;
    let path_of = |inside: &[u8]| inside[inside.len() - behind..].to_vec();
    let refused = |inside: &[u8]| {
        let datagram = seal.enclose(Kind::Durable as u8, inside, None);
        assert_eq!(fault(&seal, &datagram), FrameFault::Forged);
    };
    let [body, ..] = bodies(&records);
    let author = Author {
        sequence: 9,
        ..author(&signer(1))
    };
    let forged = seal.draft(&Frame { author, body });
    let forged = &forged.datagram[HEADER_BYTES..];
    refused(&[forged, &path_of(&one)].concat());
    // A frame of the batch in another's place, and with eva's signature over the same root.
    refused(&[&one[..one.len() - behind], &path_of(&other)].concat());
    let mut resigned = one.clone();
    let at = resigned.len() - frame::SIGNATURE_BYTES;
    resigned[at..].copy_from_slice(&eva.sign(&[0; 32]));
    refused(&resigned);
}

#[test]
fn a_forged_sender_is_found_out() {
    let (seal, eva) = (Seal::public(None), signer(2));
    for body in bodies(&records()) {
        let (kind, mut datagram) = (body.kind(), Vec::new());
        let author = author(&signer(1));
        // Eva has the room's key and signs, with her own key, a frame that names ana.
        seal.close(&Frame { author, body }, &eva, &mut datagram);
        let opened = seal.open(&datagram, &mut Vec::new()).map(|_| ());
        match kind {
            Kind::Nack => assert_eq!(opened, Ok(()), "nobody believes who has sent it"),
            _ => assert_eq!(opened, Err(FrameFault::Forged), "{kind:?}"),
        }
    }
}

#[test]
fn what_ana_has_signed_as_one_thing_is_no_other_thing() {
    let seal = Seal::public(None);
    let datagram = &datagrams(&seal)[3];
    let mut inside = Vec::new();
    seal.unseal(datagram, &mut inside).unwrap();
    // The same inside with the same signature, sealed by a member as another type.
    let stolen = &inside[..];
    for kind in [Kind::Durable, Kind::Beat, Kind::Nack, Kind::Sync] {
        let opened = fault(&seal, &seal.enclose(kind as u8, stolen, None));
        assert!(
            matches!(opened, FrameFault::Broken | FrameFault::Forged),
            "{kind:?}: {opened:?}"
        );
    }
    let again = seal.enclose(Kind::Status as u8, stolen, None);
    assert!(seal.open(&again, &mut Vec::new()).is_ok());
}

#[test]
fn what_ana_has_signed_in_one_room_is_not_said_in_another() {
    let (here, there) = (Seal::public(Some("a")), Seal::public(Some("b")));
    for datagram in batch_of(&here, 3).into_iter().chain(datagrams(&here)) {
        assert_eq!(fault(&there, &datagram), FrameFault::OtherRoom);
        let mut inside = Vec::new();
        let kind = here.unseal(&datagram, &mut inside).unwrap();
        // A member of both rooms seals it again for the other room.
        let moved = there.enclose(kind as u8, &inside[..], None);
        if kind.is_signed() {
            assert_eq!(fault(&there, &moved), FrameFault::Forged);
        }
    }
}

#[test]
fn a_changed_header_byte_is_noticed_at_every_place() {
    let seal = Seal::public(Some("turma-a"));
    for datagram in datagrams(&seal) {
        for place in 0..HEADER_BYTES {
            for change in 1..=255 {
                let mut changed = datagram.clone();
                changed[place] ^= change;
                let expected = match (place, seal.open(&changed, &mut Vec::new())) {
                    (_, Ok(_)) => panic!("byte {place} changed by {change:#x}"),
                    (0..2, Err(fault)) => fault == FrameFault::NotFrame,
                    (2, Err(fault)) => fault == FrameFault::OtherVersion,
                    (3, Err(fault)) => {
                        matches!(fault, FrameFault::Unknown | FrameFault::BrokenSeal)
                    }
                    (4..20, Err(fault)) => fault == FrameFault::OtherKey,
                    (_, Err(fault)) => fault == FrameFault::BrokenSeal,
                };
                assert!(expected, "byte {place} changed by {change:#x}");
            }
        }
    }
}

#[test]
fn a_frame_cut_at_any_length_is_refused() {
    let seal = Seal::public(Some("turma-a"));
    for datagram in datagrams(&seal) {
        for length in 0..datagram.len() {
            assert!(seal.open(&datagram[..length], &mut Vec::new()).is_err());
            // The same from the other end, with the header put back.
            let mut cut = datagram[..HEADER_BYTES].to_vec();
            cut.extend_from_slice(&datagram[length.max(HEADER_BYTES + 1)..]);
            assert!(seal.open(&cut, &mut Vec::new()).is_err());
        }
        let mut longer = datagram.clone();
        longer.push(0);
        assert_eq!(fault(&seal, &longer), FrameFault::BrokenSeal);
    }
}

#[test]
fn a_flipped_bit_is_noticed_at_every_place() {
    let seal = Seal::public(Some("turma-a"));
    let run = batch_of(&seal, 3).into_iter();
    for datagram in run.chain(datagrams(&seal)) {
        for bit in 0..datagram.len() * 8 {
            let mut changed = datagram.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(seal.open(&changed, &mut Vec::new()).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn a_bit_that_a_member_flips_inside_is_noticed_by_the_signature() {
    let seal = Seal::public(None);
    let run = batch_of(&seal, 5).into_iter();
    for datagram in run.chain(datagrams(&seal)) {
        let mut inside = Vec::new();
        let kind = seal.unseal(&datagram, &mut inside).unwrap();
        if !kind.is_signed() {
            continue;
        }
        let inside = &inside[..];
        for bit in 0..inside.len() * 8 {
            let mut changed = inside.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = seal.enclose(kind as u8, &changed, None);
            let fault = fault(&seal, &changed);
            let is_noticed = matches!(fault, FrameFault::Broken | FrameFault::Forged);
            assert!(is_noticed, "{kind:?}, bit {bit}: {fault:?}");
        }
    }
}

#[test]
fn one_frame_opens_under_one_key() {
    // The frame carries the room tag, which is derived from the key. If an attacker puts another
    // room's tag on their frame, the other room's key refuses it at the seal, whatever the cipher's
    // own tag is, and their own room refuses it at the room tag.
    let (here, there) = (Seal::public(Some("a")), Seal::public(Some("b")));
    for datagram in datagrams(&here) {
        assert_eq!(fault(&there, &datagram), FrameFault::OtherRoom);
        let mut moved = datagram.clone();
        moved[4..20].copy_from_slice(&there.room_tag);
        assert_eq!(fault(&here, &moved), FrameFault::OtherKey);
        assert_eq!(fault(&there, &moved), FrameFault::BrokenSeal);
    }
    // The seal also refuses a key that differs only in what the room tag does not show.
    let mut imposter = there.clone();
    imposter.room_tag = here.room_tag;
    let [datagram, ..] = datagrams(&here);
    assert_eq!(fault(&imposter, &datagram), FrameFault::BrokenSeal);
}

#[test]
fn who_seals_anothers_frame_anew_accuses_nobody() {
    let (seal, mut inside) = (Seal::public(None), Vec::new());
    let [datagram, ..] = datagrams(&seal);
    let hash = seal.open(&datagram, &mut inside).unwrap().hash;
    seal.unseal(&datagram, &mut inside).unwrap();
    let mut anew = frame::head(Kind::Durable as u8, &seal.room_tag);
    anew.extend_from_slice(&inside[..]);
    seal.seal_with(&[9; NONCE_BYTES], &mut anew);
    assert_ne!(anew, datagram);
    // Two frames with one sequence number and two hashes would look like an equivocating author.
    assert_eq!(seal.open(&anew, &mut inside).unwrap().hash, hash);
}

#[test]
fn a_nonce_repeats_only_for_the_same_frame() {
    let seal = Seal::public(None);
    let nonce = |datagram: &[u8]| datagram[NONCE_AT..HEADER_BYTES].to_vec();
    let mut nonces: Vec<_> = datagrams(&seal).iter().map(|d| nonce(d)).collect();
    for sequence in 2..1000 {
        let (signer, mut datagram) = (signer(1), Vec::new());
        let author = Author {
            sequence,
            ..author(&signer)
        };
        let body = Body::Nack(Nack::default());
        seal.close(&Frame { author, body }, &signer, &mut datagram);
        nonces.push(nonce(&datagram));
    }
    let count = nonces.len();
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!(nonces.len(), count);
    assert_eq!(datagrams(&seal), datagrams(&seal));
}

#[test]
fn a_sniffer_sees_no_name_and_no_word_and_no_key() {
    let seal = Seal::new(&RoomKey::from_file("turma-a", &[3; 32]));
    for datagram in datagrams(&seal) {
        let has = |words: &[u8]| datagram.windows(words.len()).any(|part| part == words);
        assert!(!has(b"ana") && !has(b"oi") && !has(b"turma"));
        assert!(!has(&signer(1).key().0[..8]));
    }
    let shown = format!("{seal:?}");
    assert!(shown.len() < 30, "{shown}");
}

#[test]
fn a_seal_can_move_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&Seal::public(None));
}
