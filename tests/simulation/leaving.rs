//! How members leave, and what they ask for before: as a person does it, through the same value
//! that the program runs.

use std::time::Duration;

use roda::chat::command::{Command, Leave};
use roda::chat::event::{MemberState, News, Timing};
use roda::protocol::fingerprint::fingerprint;
use roda::protocol::rng::Rng;
use roda::sim::World;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND, said_farewell};

/// How long a member needs to leave; `None` if it does not.
fn time_to_leave(circle: &mut Circle, member: usize, leave: Leave) -> Option<Duration> {
    circle.world.ask(member, Command::Leave(leave));
    let step = SECOND / 100;
    (0..1000).map(|steps| steps * step).find(|_| {
        circle.world.run(step);
        circle.world.node(member).is_none()
    })
}

#[test]
fn the_end_of_the_input_waits_until_all_have_what_was_said() {
    for seed in 0..10 {
        let mut circle = Circle::of(seed, 4);
        circle.world.set_faults(Faults::losing(0.3));
        for _ in 0..20 {
            circle.world.say(0);
        }
        let took = time_to_leave(&mut circle, 0, Leave::EndOfInput).expect("it leaves");
        assert!(took <= 5 * SECOND, "seed {seed}: {took:?}");
        circle.settle(20 * SECOND);
        circle.expect_whole();
    }
}

#[test]
fn nobody_is_waited_for_for_ever() {
    // Somebody who hears nothing, and is still believed to be here.
    for (leave, most) in [
        (Leave::EndOfInput, 4 * SECOND),
        (Leave::Farewell, SECOND),
        (Leave::Signal, SECOND),
    ] {
        let mut circle = Circle::of(3, 3);
        circle.world.deafen(|from, to| from == 2 || to == 2);
        circle.world.say(0);
        let took = time_to_leave(&mut circle, 0, leave).expect("it leaves");
        assert!(took <= most, "{leave:?}: {took:?}");
    }
}

/// Whoever comes while somebody speaks knows who that is, also if the person leaves at once.
#[test]
fn who_speaks_and_leaves_at_once_is_known_to_a_newcomer() {
    for seed in 0..200 {
        let mut rng = Rng::new(seed);
        let mut within = |ms| rng.between(Duration::ZERO, Duration::from_millis(ms));
        let mut world = World::new(seed, Faults::NONE);
        world.in_lobby();
        world.join("ana").unwrap();
        world.run(within(1500));
        let bia = world.join("bia").unwrap();
        world.run(within(60));
        for speaker in [0, 0, bia, bia] {
            world.say(speaker);
            world.run(within(10));
        }
        world.ask(0, Command::Leave(Leave::Farewell));
        world.run(5 * SECOND);
        let told = world.told(bia).iter();
        let count = |is_it: fn(&News) -> bool| told.clone().filter(|news| is_it(news)).count();
        let entered = count(|news| matches!(news, News::Entered { .. }));
        // Nor is the copy of a line on the plain wire taken for a program's.
        let guests = count(|news| matches!(news, News::Guest(_)));
        let counts = (entered, count(said_farewell), guests);
        assert_eq!(counts, (1, 1, 0), "seed {seed}");
    }
}

#[test]
fn a_member_that_leaves_takes_no_more_lines() {
    let mut circle = Circle::of(5, 2);
    circle.world.ask(0, Command::Leave(Leave::EndOfInput));
    assert!(!circle.world.has_room(0));
    circle.world.run(10 * SECOND);
    assert!(circle.world.node(0).is_none());
    assert_eq!(circle.count_told(1, said_farewell), 1);
}

#[test]
fn history_answers_with_the_ids_that_all_members_know() {
    let mut circle = Circle::of(6, 3);
    circle.talk(30, SECOND / 5);
    circle.settle(10 * SECOND);
    let mut ids = Vec::new();
    for member in 0..3 {
        circle.world.ask(member, Command::History(10));
        let told = circle.world.told(member).iter();
        let history: Vec<_> = told
            .filter_map(|news| match news {
                News::Message(said) if said.timing == Timing::History => Some(said.id),
                _ => None,
            })
            .collect();
        assert_eq!(history.len(), 10, "m{member}");
        ids.push(history);
    }
    assert!(ids.iter().all(|history| *history == ids[0]));
}

#[test]
fn a_namesake_is_addressed_by_suffix_and_cuts_off_nobody_whose_the_name_is() {
    let mut circle = Circle::of(8, 3);
    let other = circle.world.join("m1").unwrap();
    circle.world.run(10 * SECOND);
    let (to, text) = ("m1".to_owned(), "segredo".to_owned());
    circle.world.ask(0, Command::SayTo { to, text });
    circle.settle(5 * SECOND);
    let read = |news: &News| matches!(news, News::Message(said) if said.text() == "segredo");
    assert_eq!(circle.count_told(1, read), 1, "she was there first");
    assert_eq!(circle.count_told(other, read), 0);
    let key = circle.world.node(other).unwrap().key();
    let (to, text) = (
        format!("m1#{}", &fingerprint(&key)[..4]),
        "segredo".to_owned(),
    );
    circle.world.ask(0, Command::SayTo { to, text });
    circle.settle(5 * SECOND);
    assert_eq!(circle.count_told(other, read), 1);
    assert_eq!(circle.count_told(1, read), 1);
    circle.world.ask(0, Command::Who(None));
    let members = |news: &News| match news {
        News::Members(members) => members.iter().filter(|m| &*m.person.name == "m1").count() == 2,
        _ => false,
    };
    assert_eq!(circle.count_told(0, members), 1);
    let is_first = |state: &MemberState| state.is_own;
    let first =
        |news: &News| matches!(news, News::Members(all) if all.first().is_some_and(is_first));
    assert_eq!(circle.count_told(0, first), 1);
}
