//! Rooms that outlive their members: what was said stays in archives, and comes from there.

use std::collections::BTreeSet;
use std::time::Duration;

use roda::chat::event::{Failure, Message, News};
use roda::protocol::engine::event::MessageId;
use roda::protocol::engine::stored::Forgotten;
use roda::sim::World;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

const HOUR: Duration = Duration::from_secs(3600);

/// Members who have met, each with an archive.
fn archived(seed: u64, members: usize) -> Circle {
    let mut world = World::new(seed, Faults::NONE);
    world.archive_all();
    Circle::met(world, seed, members)
}

/// All who are here leave, and it takes a while until anybody comes.
fn all_leave(circle: &mut Circle, pause: Duration) {
    for number in 0..circle.world.size() {
        circle.world.leave(number);
    }
    circle.world.run(5 * SECOND);
    for number in 0..circle.world.size() {
        assert!(
            circle.world.node(number).is_none(),
            "{number} is still here"
        );
    }
    circle.world.run(pause);
}

fn history(circle: &Circle, number: usize) -> Vec<(MessageId, String)> {
    let said = circle.world.node(number).unwrap().history(usize::MAX);
    said.into_iter().map(|said| (said.id, said.text)).collect()
}

fn recent(circle: &Circle, number: usize) -> Vec<&Message> {
    let told = circle.world.told(number).iter();
    let recent = told.filter_map(|news| match news {
        News::Recent(messages) => Some(messages),
        _ => None,
    });
    recent.flatten().collect()
}

/// Nobody is shown or counted who is not here.
fn expect_no_ghost(circle: &Circle, number: usize, here: usize) {
    let entered: Vec<&News> = circle
        .world
        .told(number)
        .iter()
        .filter(|news| matches!(news, News::Entered { .. } | News::Left { .. }))
        .collect();
    let size = circle.world.node(number).unwrap().roster().size();
    assert_eq!(size, here, "{number}: {entered:?}");
    let names: BTreeSet<String> = entered
        .iter()
        .filter_map(|news| match news {
            News::Entered { person, .. } => Some(person.name.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(names.len(), here - 1, "{number}: {entered:?}");
}

#[test]
fn all_leave_one_returns_and_a_newcomer_has_everything() {
    for (seed, loss) in [(1, 0.0), (2, 0.05), (3, 0.2)] {
        let mut circle = archived(seed, 5);
        circle.world.set_faults(Faults::losing(loss));
        circle.talk(300, SECOND / 10);
        circle.world.say_with(1, &"é".repeat(5000));
        circle.settle(60 * SECOND);
        circle.expect_whole();
        let before = history(&circle, 2);
        assert_eq!(before.len(), 301);
        all_leave(&mut circle, 20 * HOUR);
        circle.world.set_faults(Faults::losing(loss));
        circle.world.start(2).unwrap();
        circle.world.run(20 * SECOND);
        assert_eq!(history(&circle, 2), before, "seed {seed}");
        let shown: Vec<String> = recent(&circle, 2)
            .iter()
            .map(|message| message.text().to_owned())
            .collect();
        let last = before.iter().skip(291).map(|(_, text)| text.clone());
        assert_eq!(shown, last.collect::<Vec<_>>());
        assert_eq!(circle.world.ledger().late(2), 0, "shown again");
        expect_no_ghost(&circle, 2, 1);
        let newcomer = circle.world.join("nadia").unwrap();
        circle.world.run(30 * SECOND);
        assert_eq!(history(&circle, newcomer), before, "seed {seed}");
        assert_eq!(circle.world.ledger().late(newcomer), 301, "seed {seed}");
        expect_no_ghost(&circle, newcomer, 2);
        // What they say now goes on where the others left.
        circle.world.say(2);
        circle.world.say(newcomer);
        circle.settle(20 * SECOND);
        circle.expect_whole();
        circle.expect_one_history();
    }
}
