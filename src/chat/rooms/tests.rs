//! Frames go to their room, turns are fair, and what concerns the machine is told once.

use super::*;
use crate::chat::command::Leave;
use crate::protocol::engine::event::Destination;
use crate::protocol::message::Name;
use crate::protocol::rng::Rng;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::seal::Seal;
use crate::sim;
use std::collections::BTreeMap;

fn at(ms: u64) -> Moment {
    Moment {
        time: Duration::from_millis(ms),
        wall_ms: 1_790_000_000_000 + ms,
    }
}

fn config(member: u8, room: Option<&str>) -> Config {
    let name = Name::parse(&format!("m{member}")).unwrap();
    let session = 1_790_000_000 << 32 | u64::from(member);
    Config {
        setup: sim::member::setup(member, name, session, Seal::public(room)),
        room: room.map(str::to_owned),
        is_keyed: false,
        host: None,
        is_remembered: false,
        audience: crate::chat::Audience::default(),
    }
}

fn rooms(member: u8, names: &[Option<&str>]) -> Rooms {
    let mut rooms = Rooms::default();
    for name in names {
        rooms.join(config(member, *name), at(0)).unwrap();
    }
    rooms
}

/// All that is put out until the rooms are settled.
fn outputs(rooms: &mut Rooms, now: Moment) -> Vec<(RoomNumber, Output)> {
    let mut all = Vec::new();
    loop {
        match rooms.poll(now) {
            (_, Output::Wake(_)) => return all,
            output => all.push(output),
        }
    }
}

#[test]
fn a_settled_room_is_not_polled_and_wakes_with_the_first() {
    let mut rooms = rooms(1, &[None, Some("a"), Some("b")]);
    rooms.handle(at(0), Input::Time);
    outputs(&mut rooms, at(0));
    let all_settled = |rooms: &Rooms| {
        let mut states = rooms.rooms.iter().map(|room| room.state);
        states.all(|state| state != State::Open)
    };
    assert!(all_settled(&rooms));
    let (_, Output::Wake(Some(next))) = rooms.poll(at(0)) else {
        panic!("they wake again");
    };
    let own = rooms.rooms.iter().map(|room| match room.state {
        State::Settled(Some(at)) => at,
        other => panic!("{other:?}"),
    });
    assert_eq!(own.min(), Some(next));
    // Before that time nothing is due, and at it only the rooms whose time it is.
    rooms.handle(at(0), Input::Time);
    assert!(all_settled(&rooms));
    rooms.handle(
        Moment {
            time: next,
            ..at(0)
        },
        Input::Time,
    );
    assert!(!all_settled(&rooms));
}

#[test]
fn no_room_starves_another() {
    let mut rooms = rooms(1, &[None, Some("a")]);
    for number in [1, 2] {
        for line in 0..600 {
            let say = Command::Stats;
            let request = Input::Ask(RequestId(line), say);
            assert!(rooms.handle_in(at(0), RoomNumber(number), request));
        }
    }
    let all = outputs(&mut rooms, at(0));
    let mut run = (RoomNumber(0), 0);
    let mut open: BTreeMap<RoomNumber, usize> = BTreeMap::new();
    all.iter()
        .for_each(|(room, _)| *open.entry(*room).or_default() += 1);
    for (room, _) in &all {
        run = match run {
            (last, count) if last == *room => (last, count + 1),
            _ => (*room, 1),
        };
        let others_wait = open.iter().any(|(other, left)| other != room && *left > 0);
        assert!(!others_wait || run.1 <= TURN_OUTPUTS, "{run:?}");
        *open.get_mut(room).unwrap() -= 1;
    }
    assert!(all.len() >= 1200);
}

#[test]
fn a_look_at_the_interfaces_serves_all_rooms() {
    let mut rooms = rooms(1, &[None, Some("a"), Some("b")]);
    rooms.handle(at(0), Input::Time);
    let asks = |all: &[(RoomNumber, Output)]| {
        let rescan = Output::Network(NetworkAsk::Rescan);
        all.iter().filter(|(_, output)| *output == rescan).count()
    };
    assert_eq!(asks(&outputs(&mut rooms, at(0))), 1);
    let news = NetworkNews::Interfaces {
        joined: Vec::new(),
        lost: Vec::new(),
        in_use: Vec::new(),
        link: Link::Wired,
        datagram_bytes: 1400,
        link_bytes_per_s: None,
    };
    rooms.handle(at(1), Input::Network(news));
    let told = |all: Vec<(RoomNumber, Output)>| -> Vec<(u16, News)> {
        let told = all.into_iter().filter_map(|(room, output)| match output {
            Output::Tell(told) => {
                assert_eq!(told.room, room);
                Some((room.0, told.news))
            }
            _ => None,
        });
        told.collect()
    };
    let news = told(outputs(&mut rooms, at(1)));
    let ready = news
        .iter()
        .filter(|(_, news)| matches!(news, News::Ready(_)));
    assert_eq!(ready.count(), 3);
    let without = news.iter().filter(|(_, news)| *news == News::NoNetwork);
    assert_eq!(without.map(|(room, _)| *room).collect::<Vec<_>>(), [1]);
    // A room that is entered later is ready at once.
    rooms.join(config(1, Some("c")), at(2)).unwrap();
    let news = told(outputs(&mut rooms, at(2)));
    assert!(
        matches!(news.as_slice(), [(4, News::Ready(_)), ..]),
        "{news:?}"
    );
}

#[test]
fn the_number_of_a_room_that_was_left_is_given_to_no_other() {
    let mut rooms = rooms(1, &[None, Some("a")]);
    assert_eq!(rooms.called("a"), Some(RoomNumber(2)));
    assert_eq!(rooms.called("2"), Some(RoomNumber(2)));
    assert_eq!(rooms.called("lobby"), Some(RoomNumber(1)));
    let leave = |request| Input::Ask(RequestId(request), Command::Leave(Leave::Signal));
    assert!(rooms.handle_in(at(0), RoomNumber(2), leave(7)));
    assert_eq!(rooms.called("a"), None);
    assert_eq!(rooms.count(), 1);
    let mut ended = Vec::new();
    for ms in 0..2000 {
        rooms.handle(at(ms), Input::Time);
        let all = outputs(&mut rooms, at(ms)).into_iter();
        ended.extend(all.filter_map(|(room, output)| match output {
            Output::Ended(_) => Some((room, ms)),
            _ => None,
        }));
    }
    assert!(
        matches!(ended.as_slice(), [(RoomNumber(2), 0..=1000)]),
        "{ended:?}"
    );
    assert_eq!(rooms.take_left_by(), Some(RequestId(7)));
    assert_eq!(rooms.take_left_by(), None);
    assert_eq!(
        rooms.join(config(1, Some("a")), at(2000)),
        Ok(RoomNumber(3))
    );
    assert!(!rooms.handle_in(at(2000), RoomNumber(2), Input::Time));
}

#[test]
fn any_datagram_goes_to_its_room_or_is_counted() {
    // Whatever arrives, whole, cut or damaged: a room takes in only what bears its tag.
    let mut rng = Rng::new(12);
    let mut senders: Vec<Rooms> = [None, Some("a"), Some("b"), Some("strange")]
        .into_iter()
        .zip(2..)
        .map(|(name, member)| rooms(member, &[name]))
        .collect();
    let mut datagrams = Vec::new();
    for (number, sender) in senders.iter_mut().enumerate() {
        for ms in [0, 500, 1000] {
            let text = format!("de {number}");
            let say = Input::Ask(RequestId(1), Command::Say(text));
            sender.handle_in(at(ms), RoomNumber(1), say);
            sender.handle(at(ms), Input::Time);
            for (_, output) in outputs(sender, at(ms)) {
                if let Output::Send(transmit) = output
                    && transmit.to != Destination::Plain
                {
                    datagrams.push((number, transmit.bytes.to_vec()));
                }
            }
        }
    }
    assert!(datagrams.len() > 8, "{}", datagrams.len());
    let mut own = rooms(1, &[None, Some("a"), Some("b")]);
    let from = ([10, 0, 0, 9], 40_000).into();
    let mut heard = Vec::new();
    for round in 0..2000u64 {
        let (sender, whole) = &datagrams[rng.below(datagrams.len() as u64) as usize];
        let mut bytes = whole.clone();
        match rng.below(4) {
            0 => bytes.truncate(rng.below(bytes.len() as u64) as usize),
            1 => bytes[rng.below(whole.len() as u64) as usize] ^= 1 << rng.below(8),
            _ => {}
        }
        own.handle(
            at(1000 + round),
            Input::Frames {
                from,
                bytes: &bytes,
            },
        );
        own.handle(at(1000 + round), Input::Time);
        for (room, output) in outputs(&mut own, at(1000 + round)) {
            if let Output::Tell(told) = output
                && let News::Message(message) = told.news
            {
                heard.push((room, message.text().to_owned(), *sender));
            }
        }
    }
    assert!(own.strays() > 0);
    for (room, text, _) in &heard {
        assert_eq!(*text, format!("de {}", room.0 - 1));
    }
    let rooms: std::collections::BTreeSet<RoomNumber> = heard.iter().map(|it| it.0).collect();
    assert_eq!(rooms.len(), 3, "each room has heard its own: {heard:?}");
}
