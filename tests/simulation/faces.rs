//! What faces receive: one that comes late, and one on a machine that was suspended.

use roda::chat::command::Command;
use roda::chat::event::{Id, News};
use roda::chat::transcript::Transcript;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

fn ids(transcript: &Transcript) -> Vec<Id> {
    transcript.messages().map(|said| said.id).collect()
}

#[test]
fn a_face_that_comes_late_shows_what_one_shows_that_was_always_there() {
    for seed in 0..10 {
        let mut circle = Circle::of(seed, 4);
        circle.world.set_faults(Faults::losing(0.2));
        circle.world.record_face(0);
        for line in 0..60 {
            circle.world.say(line % 4);
            circle.world.run(SECOND / 20);
            if line == 30 {
                circle.world.ask(0, Command::Snapshot);
            }
        }
        circle.settle(20 * SECOND);
        circle.expect_whole();
        let (mut always, mut comes_late) = (Transcript::default(), Transcript::default());
        let told = circle.world.face(0);
        told.iter().for_each(|news| always.apply(news));
        let is_snapshot = |news: &News| matches!(news, News::Snapshot(_));
        let from = told.iter().position(is_snapshot).unwrap();
        told[from..].iter().for_each(|news| comes_late.apply(news));
        assert_eq!(ids(&always), ids(&comes_late), "seed {seed}");
        assert_eq!(always.len(), 60);
    }
}

#[test]
fn a_machine_that_was_suspended_says_so_and_catches_up() {
    let mut circle = Circle::of(3, 4);
    circle.talk(10, SECOND / 5);
    circle.world.suspend(2, 90 * SECOND);
    for line in 0..20 {
        circle.world.say([0, 1, 3][line % 3]);
        circle.world.run(4 * SECOND);
    }
    circle.settle(60 * SECOND);
    circle.expect_whole();
    let slept = |news: &News| matches!(news, News::Slept);
    assert_eq!(circle.count_told(2, slept), 1);
    assert_eq!(circle.count_told(0, slept), 0);
}
