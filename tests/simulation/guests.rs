//! Guests of members on networks that lose: everybody shows them with their hosts, latecomers and
//! archives included, and nobody's word about a guest is more than that.

use std::collections::BTreeMap;
use std::sync::Arc;

use roda::chat::amending::Which;
use roda::chat::command::Command;
use roda::chat::event::{Failure, Id, Ignored, Message, News};
use roda::chat::guests::{GUEST_TEXT_MAX_BYTES, GuestsCommand};
use roda::chat::transcript::Transcript;
use roda::protocol::engine::event::{GuestName, Manner};
use roda::protocol::message::Name;
use roda::protocol::wire::frame::beat::Beat;
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::{Ack, Author, Body, Frame, Key};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;
use roda::sim::World;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

fn guest(number: u32, name: &str) -> GuestName {
    let name = Name::parse(name).unwrap();
    GuestName { number, name }
}

/// Who said each message of the history, and which guest of theirs.
fn authors(circle: &Circle, number: usize) -> Vec<(Key, Option<GuestName>)> {
    let history = circle.world.node(number).unwrap().history(usize::MAX);
    let author = |manner: Manner| match manner {
        Manner::Guest(guest) => Some(guest),
        Manner::Said | Manner::Action => None,
    };
    history
        .into_iter()
        .map(|said| (said.who.key, author(said.manner)))
        .collect()
}

fn shown(circle: &Circle, number: usize) -> BTreeMap<Id, Message> {
    let mut transcript = Transcript::default();
    let told = circle.world.face(number).iter();
    told.for_each(|news| transcript.apply(news));
    let shown = transcript.messages();
    shown.map(|said| (said.id, said.clone())).collect()
}

/// Three guests of a host talk, and others between them; which message is whose.
fn talk(circle: &mut Circle, host: usize) -> BTreeMap<usize, Option<GuestName>> {
    let guests = [
        guest(1, "rui"),
        guest(2, "rui"),
        guest(3, "Ana Luz (by m1)"),
    ];
    let members = circle.world.size();
    let mut said = BTreeMap::new();
    for line in 0..40 {
        let (message, by) = match line % 4 {
            3 => (circle.world.say(line % members), None),
            which => {
                let long = "é".repeat(GUEST_TEXT_MAX_BYTES / 2 - 10);
                let text = if line % 8 == 0 { &*long } else { "oi" };
                let message = circle.world.say_as_guest(host, &guests[which], text);
                (message, Some(guests[which].clone()))
            }
        };
        said.insert(message, by);
        circle.world.run(SECOND / 5);
    }
    said
}

/// Everybody holds and shows each message as its guest's, of this host.
fn expect_guests(circle: &Circle, host: usize, said: &BTreeMap<usize, Option<GuestName>>) {
    let host = circle.world.node(host).unwrap().key();
    let ledger = circle.world.ledger();
    for number in 0..circle.world.size() {
        let Some(node) = circle.world.node(number) else {
            continue;
        };
        let held: BTreeMap<Id, _> = node
            .history(usize::MAX)
            .into_iter()
            .map(|said| (Id::Group(said.id), (said.who.key, said.manner)))
            .collect();
        for (message, by) in said {
            let (key, manner) = &held[&ledger.id(*message).unwrap()];
            let expected = match by {
                Some(guest) => Manner::Guest(guest.clone()),
                None => Manner::Said,
            };
            assert_eq!(*manner, expected, "{number}: {message}");
            assert!(by.is_none() || *key == host, "{number}: {message}");
        }
    }
}

#[test]
fn all_show_a_hosts_three_guests_alike_also_through_loss() {
    for seed in 0..4 {
        let mut circle = Circle::of(400 + seed, 5);
        (0..5).for_each(|number| circle.world.record_face(number));
        circle.world.set_faults(Faults::losing(0.2));
        let said = talk(&mut circle, 0);
        circle.settle(20 * SECOND);
        circle.expect_whole();
        circle.expect_one_history();
        expect_guests(&circle, 0, &said);
        let all: Vec<BTreeMap<Id, Message>> = (0..5).map(|at| shown(&circle, at)).collect();
        for (number, shown) in all.iter().enumerate() {
            for (message, by) in &said {
                let message = &shown[&circle.world.ledger().id(*message).unwrap()];
                assert_eq!(message.guest.as_deref(), by.as_ref(), "{number}");
                assert_eq!(message.is_own && by.is_some(), number == 0 && by.is_some());
                assert!(!message.is_mine() || by.is_none());
            }
        }
        // What is held for the delivery of the host's own lines covers the guests' as well.
        circle.settle(10 * SECOND);
        assert!(circle.world.node(0).unwrap().is_settled(Default::default()));
    }
}

#[test]
fn a_latecomer_hears_what_guests_said_before() {
    let mut circle = Circle::of(410, 4);
    circle.world.set_faults(Faults::losing(0.05));
    let said = talk(&mut circle, 1);
    circle.settle(10 * SECOND);
    let late = circle.world.join("nadia").unwrap();
    circle.world.record_face(late);
    circle.settle(20 * SECOND);
    circle.expect_whole();
    expect_guests(&circle, 1, &said);
    let shown = shown(&circle, late);
    for (message, by) in &said {
        let message = &shown[&circle.world.ledger().id(*message).unwrap()];
        assert_eq!(message.guest.as_deref(), by.as_ref());
    }
}

#[test]
fn an_archive_brings_guests_back_as_they_were() {
    let mut world = World::new(420, Faults::NONE);
    world.archive_all();
    let mut circle = Circle::met(world, 420, 3);
    let said = talk(&mut circle, 0);
    circle.settle(10 * SECOND);
    let before = authors(&circle, 2);
    assert_eq!(before.len(), said.len());
    let kept = circle.world.archive(2).unwrap().entries();
    let kept = kept.filter(|entry| matches!(entry.manner, Manner::Guest(_)));
    assert_eq!(kept.count(), 30);
    (0..3).for_each(|number| circle.world.leave(number));
    circle.world.run(3600 * SECOND);
    circle.world.start(2).unwrap();
    circle.world.run(20 * SECOND);
    assert_eq!(authors(&circle, 2), before);
    let told = circle.world.told(2).iter();
    let recent = told.filter_map(|news| match news {
        News::Recent(messages) => Some(messages),
        _ => None,
    });
    let recent: Vec<&Message> = recent.flatten().collect();
    let of_guests = recent.iter().filter(|message| message.guest.is_some());
    assert_eq!((recent.len(), of_guests.count()), (10, 7));
}

#[test]
fn a_host_withdraws_what_a_guest_said_and_changes_nothing_of_it() {
    let mut circle = Circle::of(430, 3);
    let mine = circle.world.say(0);
    circle.world.run(SECOND);
    let theirs = circle.world.say_as_guest(0, &guest(1, "rui"), "bobagem");
    circle.world.run(SECOND);
    let failures = |circle: &Circle, number| {
        let told = circle.world.told(number).iter();
        let failures = told.filter_map(|news| match news {
            News::Failed(failure) => Some(failure.clone()),
            _ => None,
        });
        failures.collect::<Vec<Failure>>()
    };
    // The last message of the host's own is meant, and not the guest's.
    let text = format!("{mine} melhor");
    let which = Which::Last;
    circle.world.ask(0, Command::Edit { which, text });
    circle.world.run(SECOND);
    assert!(circle.world.amend(0, theirs, Some("outra coisa")));
    assert_eq!(failures(&circle, 0), [Failure::GuestsMessage]);
    assert!(circle.world.amend(1, theirs, None));
    assert!(matches!(
        failures(&circle, 1)[..],
        [Failure::NotYourMessage(_)]
    ));
    assert!(circle.world.amend(0, theirs, None));
    circle.settle(10 * SECOND);
    circle.expect_one_history();
    for number in 0..3 {
        let history = circle.world.node(number).unwrap().history(usize::MAX);
        let texts: Vec<&str> = history.iter().map(|said| said.text.as_str()).collect();
        assert_eq!(texts, [format!("{mine} melhor").as_str(), ""], "{number}");
    }
}

#[test]
fn whoever_claims_guests_is_shown_with_all_of_them_and_pays_for_them() {
    let mut circle = Circle::of(440, 4);
    (0..4).for_each(|number| circle.world.record_face(number));
    let honest = circle.world.say(0);
    circle.world.run(SECOND);
    // m1 lets a thousand guests speak, who are called as everybody else is.
    let liar = circle.world.node(1).unwrap().key();
    for number in 0..1000 {
        let name = format!("m{}", number % 4);
        circle
            .world
            .say_as_guest(1, &guest(number, &name), "eu sou outro");
        circle.world.run(SECOND / 100);
    }
    circle.settle(20 * SECOND);
    circle.expect_whole();
    for number in [0, 2, 3] {
        let told = circle.world.face(number).iter();
        for news in told {
            if let News::Message(message) = news
                && message.guest.is_some()
            {
                assert_eq!(message.who.key, Some(liar));
                assert_eq!(&*message.who.name, "m1");
            }
            assert!(
                !matches!(news, News::Entered { .. } | News::Namesake(_)),
                "{news:?}"
            );
        }
        let size = circle.world.node(number).unwrap().roster().size();
        assert_eq!(size, 4, "no guest is a member");
        let is_there = number == 0 || circle.world.ledger().has(number, honest);
        assert!(is_there, "{number} lost what others said");
    }
}

#[test]
fn a_guest_is_ignored_alone_and_all_of_them_with_their_host() {
    let mut circle = Circle::of(445, 4);
    circle.world.record_face(0);
    let liar = circle.world.node(1).unwrap().key();
    for number in 0..8 {
        let name = format!("m{}", number % 4);
        circle.world.say_as_guest(1, &guest(number, &name), "oi");
    }
    circle.settle(5 * SECOND);
    let ignore = |name: &str| Command::Ignore(Some(name.into()));
    circle.world.ask(0, ignore("~m3"));
    let ignored = circle.world.told(0).iter().rev();
    let ignored = ignored.take_while(|news| matches!(news, News::Ignored { .. }));
    let ignored: Vec<&News> = ignored.collect();
    let [News::Ignored { who, is_kept }] = ignored[..] else {
        panic!("{ignored:?}");
    };
    let Ignored::GuestOf { name, host } = who else {
        panic!("{who:?}");
    };
    assert_eq!(
        (name.as_str(), host.key, is_kept),
        ("m3", Some(liar), &false)
    );
    let count = |circle: &Circle| {
        let guests = circle.world.face(0).iter();
        let guests = guests.filter(|news| matches!(news, News::Message(it) if it.guest.is_some()));
        guests.count()
    };
    let before = count(&circle);
    circle.world.ask(
        1,
        Command::SayAsGuest {
            guest: guest(7, "m3"),
            text: "não me leem".into(),
        },
    );
    circle.world.run(SECOND);
    assert_eq!(count(&circle), before);
    circle.world.ask(0, ignore("m1"));
    for name in ["m0", "m2", "zeca"] {
        circle.world.ask(
            1,
            Command::SayAsGuest {
                guest: guest(8, name),
                text: "nem isto".into(),
            },
        );
    }
    circle.world.run(SECOND);
    assert_eq!(count(&circle), before);
    circle.world.ask(0, Command::History(2000));
    circle.world.run(SECOND);
    assert_eq!(count(&circle), before, "the history hides them too");
}

#[test]
fn nothing_is_said_to_a_guest_alone_and_nothing_verified() {
    let mut circle = Circle::of(460, 3);
    circle.world.record_face(2);
    circle.world.say_as_guest(0, &guest(1, "rui"), "oi");
    circle.settle(5 * SECOND);
    for name in ["rui", "~rui"] {
        let (to, text) = (name.to_owned(), "segredo".to_owned());
        circle.world.ask(2, Command::SayTo { to, text });
        circle.world.ask(2, Command::Verify(name.into()));
        circle.world.ask(2, Command::Verified(name.into()));
    }
    let failures: Vec<&News> = circle
        .world
        .face(2)
        .iter()
        .filter(|news| matches!(news, News::Failed(Failure::GuestWithoutKey(_))))
        .collect();
    assert_eq!(failures.len(), 6);
    let kick = GuestsCommand::Kick("rui".into());
    circle.world.ask(2, Command::Guests(kick));
    let last = circle.world.face(2).last();
    assert_eq!(
        last,
        Some(&News::Failed(Failure::NoGuests)),
        "only the host can"
    );
}

#[test]
fn what_is_searched_from_a_guest_is_the_guests_and_from_the_host_the_hosts() {
    let mut circle = Circle::of(470, 2);
    circle.world.record_face(1);
    let mine = circle.world.say_with(0, "a prova");
    let theirs = circle.world.say_as_guest(0, &guest(1, "Rui"), "a prova");
    circle.settle(5 * SECOND);
    for (from, expected) in [
        ("m0", vec![mine]),
        ("rui", vec![theirs]),
        ("~rui", vec![theirs]),
        ("~m0", vec![]),
    ] {
        let before = circle.world.face(1).len();
        let query = roda::chat::archive::search::Query {
            words: "prova".into(),
            from: Some(from.into()),
            limit: 10,
            ..Default::default()
        };
        let purpose = roda::chat::finding::Purpose::Search;
        circle.world.ask(
            1,
            Command::Find {
                query: Box::new(query),
                purpose,
            },
        );
        let found = circle.world.face(1).iter().skip(before);
        let found = found.filter_map(|news| match news {
            News::Found(found) => Some(found.message.id),
            _ => None,
        });
        let ledger = circle.world.ledger();
        let expected: Vec<Id> = expected.iter().map(|at| ledger.id(*at).unwrap()).collect();
        assert_eq!(found.collect::<Vec<Id>>(), expected, "{from}");
    }
}

/// A frame of somebody who is no member of the simulator's.
fn sealed(circle: &Circle, sequence: u32, body: Body<'_>) -> Arc<[u8]> {
    let signer = Signer::from_seed(&[99; 32]);
    let key = signer.key();
    let now_ms = 1_790_000_000_000 + circle.world.now().as_millis() as u64;
    let author = Author {
        key,
        short: key.short(),
        session: 1_790_000_000 << 32 | 5,
        sequence,
        clock: now_ms << 16,
        flags: 0,
        grtt: 0,
        name: Name::parse("eva").unwrap(),
    };
    let mut datagram = Vec::new();
    Seal::public(None).close(&Frame { author, body }, &signer, &mut datagram);
    datagram.into()
}

#[test]
fn a_record_of_a_later_version_is_skipped_and_counted() {
    let mut circle = Circle::of(480, 3);
    let from = ([10, 77, 200, 1], 40_000).into();
    circle.world.admit(Signer::from_seed(&[99; 32]).key());
    (0..3).for_each(|number| circle.world.record_face(number));
    let tags: Vec<_> = (0..3)
        .map(|number| circle.world.node(number).unwrap().roster())
        .map(|roster| roster.get(roda::protocol::engine::roster::ME).unwrap().tag)
        .collect();
    // It has heard each of them, and so is here.
    let acks = tags.iter().map(|of| Ack {
        of: *of,
        through: 1,
    });
    let beat = Beat {
        acks: acks.collect(),
        newest: 2,
        ..Beat::default()
    };
    circle
        .world
        .inject(from, &sealed(&circle, 1, Body::Beat(beat)));
    circle.world.run(SECOND);
    let mut records = Vec::new();
    Record::Said("antes").append(&mut records);
    for kind in [9_u16, 15] {
        records.extend((kind << 12 | 3).to_be_bytes());
        records.extend([0xff; 3]);
    }
    Record::Said("depois").append(&mut records);
    let durable = Durable {
        records: Records::new(&records),
        ..Durable::default()
    };
    circle
        .world
        .inject(from, &sealed(&circle, 1, Body::Durable(durable)));
    circle.world.run(5 * SECOND);
    for number in 0..3 {
        let texts: Vec<&str> = circle
            .world
            .face(number)
            .iter()
            .filter_map(|news| match news {
                News::Message(message) => Some(message.text()),
                _ => None,
            })
            .collect();
        assert_eq!(texts, ["antes", "depois"], "{number}");
        let node = circle.world.node(number).unwrap();
        assert_eq!(node.unknown_records(), 2, "{number}");
    }
}
