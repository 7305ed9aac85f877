//! A member without a person, which keeps what is said for those who are away.

use std::time::Duration;

use roda::chat::command::{Command, Leave};
use roda::chat::event::News;
use roda::sim::World;
use roda::sim::link::Faults;

use crate::archived::{HOUR, history};
use crate::circle::{Circle, SECOND};

/// What a member was told of people for whom its lines are kept.
fn kept_for(circle: &Circle, number: usize) -> Vec<usize> {
    let told = circle.world.told(number).iter();
    let kept = told.filter_map(|news| match news {
        News::Delivered(delivered) => Some(delivered.kept_for),
        _ => None,
    });
    kept.filter(|count| *count > 0).collect()
}

/// Ana, Bia and a keeper, who have met; Bia has spoken and is gone.
fn ana_alone_with_a_keeper(seed: u64, loss: f64) -> (Circle, usize) {
    let mut circle = Circle::met(World::new(seed, Faults::NONE), seed, 2);
    let keeper = circle.world.join_keeper("arquivo").unwrap();
    circle.world.run(15 * SECOND);
    circle.world.set_faults(Faults::losing(loss));
    circle.world.say(1);
    circle.world.run(10 * SECOND);
    circle.world.leave(1);
    circle.world.run(10 * SECOND);
    (circle, keeper)
}

#[test]
fn who_comes_an_hour_later_has_what_was_said_to_a_keeper_alone() {
    for (seed, loss) in [(20, 0.0), (21, 0.2), (22, 0.4)] {
        let (mut circle, keeper) = ana_alone_with_a_keeper(seed, loss);
        let said = circle.world.say(0);
        circle.world.run(5 * SECOND);
        assert_eq!(kept_for(&circle, 0), [1], "seed {seed}");
        let last = circle.world.say(0);
        circle.world.run(Duration::from_millis(20));
        circle.world.ask(0, Command::Leave(Leave::Farewell));
        circle.world.run(3600 * SECOND);
        assert!(circle.world.node(0).is_none() && circle.world.node(keeper).is_some());
        circle.world.start(1).unwrap();
        circle.world.run(20 * SECOND);
        let texts: Vec<String> = history(&circle, 1)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(texts.len(), 3, "seed {seed}: {texts:?}");
        assert!(circle.world.ledger().has(1, said) && circle.world.ledger().has(1, last));
        assert_eq!(circle.world.ledger().findings(), &[] as &[String]);
    }
}

#[test]
fn a_keeper_is_listed_apart_and_nobody_waits_for_it() {
    let (mut circle, keeper) = ana_alone_with_a_keeper(23, 0.0);
    let before = circle.world.told(0).len();
    circle.world.ask(0, Command::Who(None));
    let told = &circle.world.told(0)[before..];
    let members = told.iter().find_map(|news| match news {
        News::Members(members) => Some(members),
        _ => None,
    });
    let states = members.unwrap().iter();
    let states: Vec<_> = states.map(|it| (&*it.person.name, it.is_keeper)).collect();
    assert_eq!(states, [("m0", false), ("arquivo", true)]);
    // It hears nothing any more, and is still on the list.
    circle.world.deafen(move |_, to| to == keeper);
    circle.world.say(0);
    circle.world.run(8 * SECOND);
    let waits = |news: &News| matches!(news, News::Delivered(it) if !it.waiting.is_empty());
    assert_eq!(circle.count_told(0, waits), 0);
    assert_eq!(kept_for(&circle, 0), [0; 0], "nobody keeps it");
    circle.world.deafen(|_, _| false);
    circle.world.run(20 * SECOND);
    assert_eq!(kept_for(&circle, 0), [1]);
}

#[test]
fn what_an_archive_of_another_member_keeps_is_kept_and_the_lobby_says_nothing_of_it() {
    for is_lobby in [false, true] {
        let mut world = World::new(24, Faults::NONE);
        world.archive_all();
        if is_lobby {
            world.in_lobby();
        }
        let mut circle = Circle::met(world, 24, 3);
        circle.world.say(2);
        circle.world.run(5 * SECOND);
        circle.world.leave(2);
        circle.world.run(10 * SECOND);
        circle.world.say(0);
        circle.world.run(10 * SECOND);
        let expected: &[usize] = if is_lobby { &[] } else { &[1] };
        assert_eq!(kept_for(&circle, 0), expected);
    }
}

#[test]
fn a_keeper_that_loses_power_remembers_and_its_room_outlives_all_others() {
    let mut circle = Circle::met(World::new(25, Faults::NONE), 25, 3);
    let keeper = circle.world.join_keeper("arquivo").unwrap();
    circle.world.run(15 * SECOND);
    circle.world.set_faults(Faults::losing(0.1));
    for line in 0..200 {
        circle.world.say(line % 3);
        circle.world.run(SECOND / 10);
    }
    circle.world.run(30 * SECOND);
    let before = history(&circle, keeper);
    circle.world.kill(keeper);
    (0..3).for_each(|number| circle.world.kill(number));
    circle.world.run(HOUR);
    circle.world.start(keeper).unwrap();
    circle.world.run(20 * SECOND);
    let newcomer = circle.world.join("nadia").unwrap();
    circle.world.run(40 * SECOND);
    assert_eq!(
        (before.len(), history(&circle, keeper)),
        (200, before.clone())
    );
    assert_eq!(history(&circle, newcomer), before);
    assert_eq!(circle.world.ledger().findings(), &[] as &[String]);
    // One that lost its disk gets everything from the others.
    circle.world.kill(keeper);
    circle.world.give_archive(keeper);
    circle.world.start(keeper).unwrap();
    circle.world.run(40 * SECOND);
    assert_eq!(history(&circle, keeper), before);
    assert_eq!(circle.world.archive(keeper).unwrap().entries().count(), 200);
}
