//! Every frame that can be made decodes to what was encoded; everything else is refused.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::beat::{ASKED_MAX, Digest, Link};
use super::bytes::Reader;
use super::durable::{
    COUNTS_BYTES, FRAGMENT_BYTES, FRAGMENTS_MAX, Fragment, Hello, MESSAGE_NAME_BYTES, MessageName,
    RECORD_HEAD_BYTES, REFERENCES_MAX, Record, Records, Reference,
};
use super::nack::{SPAN_MAX, Target};
use super::site::{SPEAKERS_MAX, Site};
use super::sync::{RUNS_MAX, SequenceRange};
use super::*;
use crate::protocol::wire::private::SessionKey;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Signer;

fn signer() -> Signer {
    Signer::from_seed(&[5; 32])
}

fn author() -> impl Strategy<Value = Author> {
    let numbers = (any::<u64>(), 1..u32::MAX, any::<u64>());
    let rest = (0..4_u8, any::<u8>(), "[a-zé]{1,16}");
    (numbers, rest).prop_map(|((session, sequence, clock), (flags, grtt, name))| Author {
        key: signer().key(),
        short: signer().key().short(),
        session,
        sequence,
        clock,
        flags,
        grtt,
        name: Name::parse(&name).unwrap(),
    })
}

fn tag() -> impl Strategy<Value = MemberTag> {
    (any::<u64>(), any::<u32>()).prop_map(|(short, session_low)| MemberTag { short, session_low })
}

fn ack() -> impl Strategy<Value = Ack> {
    (tag(), any::<u32>()).prop_map(|(of, through)| Ack { of, through })
}

fn reference() -> impl Strategy<Value = Reference> {
    (tag(), any::<u32>(), any::<u32>()).prop_map(|(member, sequence, hash)| Reference {
        member,
        sequence,
        hash,
    })
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<(u64, u64, u64)>().prop_map(|(from, cut, xor)| Digest { from, cut, xor })
}

fn beat() -> impl Strategy<Value = Beat> {
    let lists = (vec(ack(), 0..=ACKS_MAX), vec(tag(), 0..=ASKED_MAX));
    let link = prop_oneof![Just(Link::Wired), Just(Link::Unknown), Just(Link::Radio)];
    let numbers = (any::<u32>(), any::<u16>(), any::<u16>());
    (numbers, link, digest(), lists).prop_map(
        |((newest, tenths, mirror_port), link, digest, (acks, asked))| Beat {
            newest,
            interval: Duration::from_millis(100) * u32::from(tenths),
            mirror_port,
            link,
            digest,
            acks,
            asked,
        },
    )
}

fn runs() -> impl Strategy<Value = Vec<SequenceRange>> {
    let run = (any::<u64>(), any::<u64>(), 1..1000_u32, 1..1000_u32);
    let run = run.prop_map(|(short, session, first, count)| SequenceRange {
        short,
        session,
        first,
        count,
    });
    vec(run, 0..=RUNS_MAX)
}

fn sync() -> impl Strategy<Value = Sync> {
    prop_oneof![
        any::<(u64, u64, u64)>().prop_map(|(cookie, from, cut)| Sync::Ask { cookie, from, cut }),
        any::<u64>().prop_map(Sync::Cookie),
        (any::<(u64, u64, u8, u8)>(), runs()).prop_map(|((from, cut, part, parts), runs)| {
            Sync::Inventory {
                from,
                cut,
                part,
                parts,
                runs,
            }
        }),
        (any::<u64>(), runs()).prop_map(|(cookie, runs)| Sync::Want { cookie, runs }),
    ]
}

fn message_name() -> impl Strategy<Value = MessageName> {
    let numbers = (any::<u64>(), any::<u64>(), any::<u32>(), any::<u8>());
    numbers.prop_map(|(clock, session, sequence, index)| MessageName {
        clock,
        session,
        sequence,
        index,
    })
}

/// Closes a frame, opens it again, and compares.
fn survives(author: &Author, body: Body<'_>) {
    let seal = Seal::public(Some("turma-a"));
    let frame = Frame {
        author: author.clone(),
        body,
    };
    let mut datagram = Vec::new();
    let mut inside = Vec::new();
    let hash = seal.close(&frame, &signer(), &mut datagram);
    assert!(
        datagram.len() <= FRAME_MAX_BYTES,
        "{} bytes",
        datagram.len()
    );
    let opened = seal.open(&datagram, &mut inside).unwrap();
    assert_eq!((opened.frame, opened.hash), (frame, hash));
    assert!(
        std::str::from_utf8(&datagram).is_err(),
        "no plain receiver takes it for text"
    );
    let other = Seal::public(None);
    let other = other.open(&datagram, &mut inside);
    assert_eq!(other, Err(FrameFault::OtherRoom));
    for cut in [0, 1, HEADER_BYTES, datagram.len() - 1] {
        assert!(seal.open(&datagram[..cut], &mut inside).is_err());
    }
    let at = datagram.len() * 2 / 3;
    datagram[at] ^= 1;
    let opened = seal.open(&datagram, &mut inside);
    assert_eq!(opened, Err(FrameFault::BrokenSeal));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_durable_frame_is_read_as_it_was_made(
        author in author(),
        references in vec(reference(), 0..=REFERENCES_MAX),
        acks in vec(ack(), 0..=ACKS_MAX),
        texts in vec(".{0,60}", 1..4),
        replaces in option::of(1..u64::MAX),
        of in message_name(),
        guest_name in "[a-zé]{1,10}( [a-z]{1,5})?",
    ) {
        let mut records = Vec::new();
        let session_key = SessionKey([7; 32]);
        let hello = Hello {
            role: crate::protocol::wire::frame::durable::Role::Keeper,
            is_archived: texts.len() % 2 == 1,
            replaces,
            session_key,
        };
        Record::Hello(hello).append(&mut records);
        let (to, sealed) = (MemberTag::default(), &b"sealed"[..]);
        Record::Private { to, sealed }.append(&mut records);
        for text in texts.iter().filter(|text| text.len() <= 60) {
            Record::Said(text).append(&mut records);
        }
        for text in texts.iter().filter(|text| text.len() <= 60) {
            Record::Edited { of, text }.append(&mut records);
        }
        Record::Deleted(of).append(&mut records);
        for (guest, text) in (0..).zip(texts.iter().filter(|text| text.len() <= 60)) {
            let guest = u32::MAX - guest;
            Record::GuestSaid { guest, name: &guest_name, text }.append(&mut records);
        }
        Record::Leaving.append(&mut records);
        let records = Records::new(&records);
        let guests = records.iter().filter(|record| matches!(record, Record::GuestSaid { .. }));
        prop_assert_eq!(guests.count(), texts.iter().filter(|text| text.len() <= 60).count());
        let changes: Vec<Record<'_>> = records.iter().filter(Record::is_amendment).collect();
        prop_assert_eq!(changes.last(), Some(&Record::Deleted(of)));
        let is_of_it = |record: &&Record<'_>| match record {
            Record::Edited { of: it, .. } => *it == of,
            _ => false,
        };
        prop_assert_eq!(changes.iter().filter(is_of_it).count() + 1, changes.len());
        survives(&author, Body::Durable(Durable { fragment: None, references, acks, records }));
    }

    #[test]
    fn an_edit_without_a_whole_name_is_no_frame(
        of in message_name(),
        cut in 0..MESSAGE_NAME_BYTES,
    ) {
        for kind in [5_u16, 6] {
            let mut records = Vec::new();
            Record::Deleted(of).append(&mut records);
            records[..2].copy_from_slice(&(kind << 12 | cut as u16).to_be_bytes());
            let mut body = vec![0];
            body.extend_from_slice(&records[..RECORD_HEAD_BYTES + cut]);
            prop_assert_eq!(Durable::read(&mut Reader(&body), 0), None);
        }
    }

    #[test]
    fn what_a_guest_says_is_refused_under_a_name_that_is_none(
        guest in any::<u32>(),
        length in any::<u8>(),
        rest in vec(any::<u8>(), 0..80),
    ) {
        let mut bytes = guest.to_be_bytes().to_vec();
        bytes.push(length % 40);
        bytes.extend_from_slice(&rest);
        let head = (7_u16 << 12 | bytes.len() as u16).to_be_bytes();
        let body = [&[0][..], &head, &bytes].concat();
        let name_and_text = rest.split_at_checked(usize::from(length % 40));
        let name_and_text = name_and_text.and_then(|(name, text)| {
            Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(text).ok()?))
        });
        let is_name = |name: &str| Name::parse(name).is_ok_and(|it| it.as_str() == name);
        let sound = name_and_text.filter(|(name, _)| is_name(name));
        let read = Durable::read(&mut Reader(&body), 0);
        let read = read.and_then(|durable| durable.records.iter().next());
        let expected = sound.map(|(name, text)| Record::GuestSaid { guest, name, text });
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn a_fragment_is_read_as_it_was_made(
        author in author(),
        count in 2..=FRAGMENTS_MAX,
        number in any::<u16>(),
    ) {
        let number = number % count;
        let room = durable_max_bytes(FRAME_MAX_BYTES, author.name.as_str().len())
            - COUNTS_BYTES
            - FRAGMENT_BYTES;
        let text = "x".repeat(room - RECORD_HEAD_BYTES);
        let mut records = Vec::new();
        Record::Said(&text).append(&mut records);
        survives(&author, Body::Durable(Durable {
            fragment: Some(Fragment { number, count }),
            records: Records::new(&records),
            ..Durable::default()
        }));
    }

    #[test]
    fn beats_are_read_as_they_were_made(author in author(), beat in beat()) {
        survives(&author, Body::Beat(beat));
    }

    #[test]
    fn dialogues_are_read_as_they_were_made(author in author(), sync in sync()) {
        survives(&author, Body::Sync(sync));
    }

    #[test]
    fn what_is_said_about_a_site_is_read_as_it_was_made(
        author in author(),
        people in any::<u16>(),
        is_sending in any::<bool>(),
        acks in vec(ack(), 0..=ACKS_MAX),
        heard in vec(ack(), 0..=ACKS_MAX),
        speakers in vec(tag(), 0..=SPEAKERS_MAX),
        is_named in any::<bool>(),
    ) {
        let name = is_named.then(|| author.name.clone());
        survives(&author, Body::Site(Site { people, is_sending, name, acks, heard, speakers }));
    }

    #[test]
    fn a_status_is_read_as_it_was_made(
        author in author(),
        ack in ack(),
        heard in any::<u32>(),
        echo in any::<u32>(),
        held_us in any::<u32>(),
    ) {
        let held = Duration::from_micros(held_us.into());
        survives(&author, Body::Status(Status { ack, heard, echo, held }));
    }

    #[test]
    fn a_nack_names_exactly_what_is_missing(
        author in author(),
        of in tag(),
        mut missing in vec(1..5000_u32, 1..300),
    ) {
        missing.sort_unstable();
        missing.dedup();
        let mut targets = Vec::new();
        let mut rest = missing.as_slice();
        while let Some((target, left)) = Target::new(of, rest, Target::bytes(SPAN_MAX)) {
            targets.push(target);
            rest = left;
        }
        let named: Vec<u32> = targets.iter().flat_map(Target::sequences).collect();
        prop_assert_eq!(named, missing);
        targets.truncate(10);
        survives(&author, Body::Nack(Nack { targets }));
    }

    #[test]
    fn nothing_from_a_stranger_panics(bytes in vec(any::<u8>(), 0..FRAME_MAX_BYTES + 100)) {
        let _ = Seal::public(None).open(&bytes, &mut Vec::new());
        for kind in [
            Kind::Durable,
            Kind::Beat,
            Kind::Nack,
            Kind::Status,
            Kind::Sync,
            Kind::Site,
        ] {
            let _ = decode(kind, &bytes);
        }
    }
}

#[test]
fn a_round_trip_travels_in_one_byte() {
    for ms in [1, 2, 5, 25, 100, 250] {
        let grtt = Duration::from_millis(ms);
        let read = grtt_of(grtt_code(grtt));
        let ratio = read.as_secs_f64() / grtt.as_secs_f64();
        assert!((0.95..1.06).contains(&ratio), "{grtt:?} as {read:?}");
    }
}

#[test]
fn four_messages_of_two_hundred_bytes_fit_one_frame_and_five_a_long_one() {
    for (messages, frame_bytes) in [(4, FRAME_NARROW_BYTES), (5, FRAME_MAX_BYTES)] {
        let room = durable_max_bytes(frame_bytes, "ana".len()) - COUNTS_BYTES;
        assert!(room >= messages * (200 + RECORD_HEAD_BYTES), "{room}");
    }
}

#[test]
fn a_guest_has_no_name_that_could_be_another() {
    let read = |name: &str| {
        let length = 4 + 1 + name.len() + 2;
        let mut body = vec![0];
        body.extend((7_u16 << 12 | length as u16).to_be_bytes());
        body.extend([0, 0, 0, 3, name.len() as u8]);
        body.extend(name.bytes());
        body.extend(b"oi");
        Durable::read(&mut Reader(&body), 0).is_some()
    };
    for name in ["rui", "Zoë", "rui (by ana)", "\"", &"a".repeat(32)] {
        assert!(read(name), "{name}");
    }
    let long = "a".repeat(33);
    for name in [
        "",
        "  ",
        "~rui",
        "rui\n",
        "ru\u{202e}i",
        "Zoe\u{308}",
        &long,
    ] {
        assert!(!read(name), "{name:?}");
    }
}

#[test]
fn a_record_of_a_later_version_is_skipped_between_those_we_know() {
    for kind in 9..=15_u16 {
        let mut records = Vec::new();
        Record::Said("antes").append(&mut records);
        records.extend((kind << 12 | 5).to_be_bytes());
        records.extend([0xff; 5]);
        Record::Said("depois").append(&mut records);
        let body = [&[0][..], &records].concat();
        let durable = Durable::read(&mut Reader(&body), 0).unwrap();
        let read: Vec<Record<'_>> = durable.records.iter().collect();
        let expected = [
            Record::Said("antes"),
            Record::Unknown,
            Record::Said("depois"),
        ];
        assert_eq!(read, expected, "kind {kind}");
        assert_eq!(durable.messages(), 2);
    }
}

#[test]
fn what_we_do_not_know_is_not_ours() {
    let seal = Seal::public(None);
    let fault = |bytes: &[u8]| seal.open(bytes, &mut Vec::new()).unwrap_err();
    assert_eq!(fault(b""), FrameFault::NotFrame);
    let plain = br#"{"user":"ana","data":"oi"}"#;
    assert_eq!(fault(plain), FrameFault::NotFrame);
    let mut long = vec![0; FRAME_MAX_BYTES + 1];
    long[..4].copy_from_slice(&[0xf7, b'r', 2, 1]);
    assert_eq!(fault(&long), FrameFault::NotFrame, "too long");
    assert_eq!(fault(&long[..FRAME_MAX_BYTES]), FrameFault::OtherRoom);
    let mut frame = vec![0xf7, b'r', 1, 1];
    frame.extend_from_slice(&[0; 200]);
    assert_eq!(fault(&frame), FrameFault::OtherVersion);
    frame[2] = 2;
    frame[3] = 99;
    assert_eq!(fault(&frame), FrameFault::Unknown, "another type");
}
