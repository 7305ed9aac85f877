//! Programs in several rooms at once: nothing passes from one room to another, one is left while
//! the others go on, and an end says farewell in all.

use std::time::Duration;

use roda::chat::command::{Command, Leave};
use roda::chat::event::{Failure, News, Standing, Told};
use roda::chat::rooms::{ROOMS_MAX, RoomNumber};
use roda::protocol::message::Name;
use roda::protocol::wire::seal::room_key::RoomKey;
use roda::sim::link::Faults;
use roda::sim::rooms::{Door, RoomsWorld};

const SECOND: Duration = Duration::from_secs(1);

const FIRST: RoomNumber = RoomNumber(1);
const SECOND_ROOM: RoomNumber = RoomNumber(2);

fn public(name: &str) -> Door {
    Door {
        name: Some(name.to_owned()),
        key: None,
    }
}

fn keyed(name: &str, byte: u8) -> Door {
    Door {
        key: Some(RoomKey::from_file(name, &[byte; 32])),
        ..public(name)
    }
}

const LOBBY: Door = Door {
    name: None,
    key: None,
};

/// Ana and Bia in two rooms each, and Caio in the second one only.
fn three(seed: u64, faults: Faults) -> RoomsWorld {
    let mut world = RoomsWorld::new(seed, faults);
    for name in ["ana", "bia", "caio"] {
        world.add(Name::parse(name).unwrap());
    }
    for number in [0, 1] {
        assert_eq!(world.enter(number, &LOBBY), Ok(FIRST));
        assert_eq!(world.enter(number, &keyed("turma", 7)), Ok(SECOND_ROOM));
    }
    world.enter(2, &keyed("turma", 7)).unwrap();
    world.run(15 * SECOND);
    world
}

/// What others said to a program, by room.
fn heard(world: &RoomsWorld, number: usize) -> Vec<(RoomNumber, String)> {
    let told = world.told(number).iter();
    let heard = told.filter_map(|told| match &told.news {
        News::Message(message) if !message.is_own => Some((told.room, message.text().to_owned())),
        _ => None,
    });
    heard.collect()
}

fn count(world: &RoomsWorld, number: usize, is_it: impl Fn(&Told) -> bool) -> usize {
    world.told(number).iter().filter(|told| is_it(told)).count()
}

fn say(text: &str) -> Command {
    Command::Say(text.to_owned())
}

#[test]
fn what_is_said_in_a_room_is_heard_there_once_and_nowhere_else() {
    for (seed, loss) in [(1, 0.0), (2, 0.05), (3, 0.3)] {
        let mut world = three(seed, Faults::losing(loss));
        let mut expected = [Vec::new(), Vec::new()];
        for line in 0..50 {
            for room in [FIRST, SECOND_ROOM] {
                let text = format!("{room} {line}");
                assert!(world.ask(0, room, say(&text)));
                expected[usize::from(room.0) - 1].push((room, text));
            }
            world.run(Duration::from_millis(40));
        }
        world.run(30 * SECOND);
        let mut at_bia = heard(&world, 1);
        at_bia.sort_by_key(|(room, _)| *room);
        assert_eq!(at_bia, expected.concat(), "seed {seed}");
        // For Caio, the keyed room is the first one.
        let texts = |all: &[(RoomNumber, String)]| -> Vec<String> {
            all.iter().map(|(_, text)| text.clone()).collect()
        };
        assert_eq!(texts(&heard(&world, 2)), texts(&expected[1]), "seed {seed}");
        assert!(heard(&world, 0).is_empty(), "seed {seed}");
        if loss == 0.0 {
            let sent_to_all = world.rooms(0).unwrap().strays();
            assert_eq!(sent_to_all, 0, "both rooms of both are known to both");
        }
    }
}

#[test]
fn a_room_is_left_alone_and_the_others_go_on() {
    let mut world = three(4, Faults::losing(0.1));
    let left = |told: &Told| matches!(told.news, News::Left { .. });
    assert!(world.ask(0, SECOND_ROOM, Command::Leave(Leave::Farewell)));
    assert!(
        !world.ask(0, SECOND_ROOM, say("tarde demais")),
        "it is being left"
    );
    world.run(5 * SECOND);
    assert_eq!(world.ended(0).len(), 1);
    assert_eq!(world.ended(0)[0].0, SECOND_ROOM);
    assert_eq!(
        count(&world, 1, |told| left(told) && told.room == SECOND_ROOM),
        1
    );
    assert_eq!(count(&world, 1, |told| left(told) && told.room == FIRST), 0);
    assert_eq!(count(&world, 2, left), 1);
    world.ask(0, FIRST, say("ainda aqui"));
    world.ask(1, SECOND_ROOM, say("sem ana"));
    world.run(10 * SECOND);
    assert_eq!(heard(&world, 1), [(FIRST, "ainda aqui".to_owned())]);
    assert!(heard(&world, 0).is_empty());
    // It is entered again under a new number, with a session of its own.
    assert_eq!(world.enter(0, &keyed("turma", 7)), Ok(RoomNumber(3)));
    world.run(10 * SECOND);
    world.ask(1, SECOND_ROOM, say("de volta"));
    world.run(10 * SECOND);
    assert!(heard(&world, 0).contains(&(RoomNumber(3), "de volta".to_owned())));
    let strange = |told: &Told| matches!(told.news, News::Equivocation(_) | News::Namesake(_));
    assert_eq!(count(&world, 1, strange), 0);
}

#[test]
fn an_end_says_farewell_in_all_rooms_within_a_second() {
    let mut world = three(5, Faults::NONE);
    world.ask(0, FIRST, say("tchau aqui"));
    world.ask(0, SECOND_ROOM, say("tchau ali"));
    world.ask_all(0, Command::Leave(Leave::Farewell));
    world.run(SECOND);
    assert_eq!(world.ended(0).len(), 2);
    assert!(world.ended(0).iter().all(|(_, ended)| ended.is_delivered()));
    assert!(world.rooms(0).unwrap().is_empty());
    for room in [FIRST, SECOND_ROOM] {
        let with_farewell = |told: &Told| {
            let is_farewell = matches!(
                told.news,
                News::Left {
                    with_farewell: true,
                    ..
                }
            );
            is_farewell && told.room == room
        };
        assert_eq!(count(&world, 1, with_farewell), 1, "{room}");
    }
}

#[test]
fn people_are_known_across_rooms() {
    let mut world = three(6, Faults::NONE);
    world.ask(0, FIRST, Command::Verify("bia".into()));
    for _ in 0..2 {
        world.ask(0, FIRST, Command::Verified("bia".into()));
    }
    world.ask(0, FIRST, Command::Ignore(Some("bia".into())));
    world.run(SECOND);
    world.ask(0, SECOND_ROOM, Command::Who(None));
    let members = world
        .told(0)
        .iter()
        .rev()
        .find_map(|told| match &told.news {
            News::Members(members) if told.room == SECOND_ROOM => Some(members.clone()),
            _ => None,
        });
    let members = members.unwrap();
    let bia = members.iter().find(|it| &*it.person.name == "bia").unwrap();
    assert_eq!(bia.person.standing, Standing::Verified);
    assert!(bia.is_ignored);
    world.ask(1, SECOND_ROOM, say("não me vê"));
    world.run(3 * SECOND);
    assert!(heard(&world, 0).is_empty());
}

#[test]
fn a_room_of_one_name_and_another_key_is_told_where_it_matters() {
    let mut world = three(7, Faults::NONE);
    world.add(Name::parse("eva").unwrap());
    world.enter(3, &keyed("turma", 8)).unwrap();
    for _ in 0..20 {
        world.run(2 * SECOND);
        world.ask(3, FIRST, say("quem me ouve?"));
    }
    let is_told = |told: &Told| told.news == News::Failed(Failure::OtherKey);
    assert_eq!(
        count(&world, 0, |told| is_told(told) && told.room == SECOND_ROOM),
        1
    );
    assert_eq!(
        count(&world, 0, |told| is_told(told) && told.room == FIRST),
        0
    );
    assert!(heard(&world, 0).is_empty());
}

#[test]
fn frames_of_other_rooms_are_counted_and_rooms_are_bounded() {
    let mut world = three(8, Faults::NONE);
    world.add(Name::parse("eva").unwrap());
    world.enter(3, &public("outra")).unwrap();
    world.ask(3, FIRST, say("oi"));
    world.run(10 * SECOND);
    assert!(world.rooms(0).unwrap().strays() > 0);
    world.ask(0, SECOND_ROOM, Command::Stats);
    let is_counted = |told: &Told| match &told.news {
        News::Stats(stats) => stats.faults.iter().any(|(_, count)| *count > 0),
        _ => false,
    };
    assert_eq!(count(&world, 0, is_counted), 1);
    let twice = world.enter(0, &public("turma"));
    assert_eq!(twice, Err(Failure::AlreadyIn("turma".into())));
    assert_eq!(
        world.enter(0, &LOBBY),
        Err(Failure::AlreadyIn("lobby".into()))
    );
    for number in 2..ROOMS_MAX {
        world.enter(0, &public(&number.to_string())).unwrap();
    }
    let limit = ROOMS_MAX;
    let many = world.enter(0, &public("demais"));
    assert_eq!(many, Err(Failure::TooManyRooms { limit }));
    assert_eq!(world.rooms(0).unwrap().count(), ROOMS_MAX);
}

#[test]
fn what_concerns_the_machine_is_told_once() {
    let mut world = three(9, Faults::NONE);
    world.run(120 * SECOND);
    let ready = count(&world, 0, |told| matches!(told.news, News::Ready(_)));
    assert_eq!(ready, 2, "each room is ready");
    let about_all = count(&world, 0, |told| {
        matches!(
            told.news,
            News::Slept | News::NoNetwork | News::InterfaceJoined(_) | News::InterfaceLost(_)
        )
    });
    assert_eq!(about_all, 0);
}
