//! Members whose clocks are wrong: without a battery, in another year, ahead of all others.

use roda::chat::event::News;

use crate::circle::{Circle, SECOND};

const YEAR_MS: i64 = 365 * 86_400_000;

/// How many lines a member was shown as those of guests.
fn guests(circle: &Circle, member: usize) -> usize {
    circle.count_told(member, |news| matches!(news, News::Guest(_)))
}

#[test]
fn who_is_years_behind_and_talks_at_once_is_heard_at_every_start() {
    for (seed, members, years) in [(1, 5, -20), (2, 2, -20), (3, 12, -1), (4, 5, -56)] {
        let mut circle = Circle::in_lobby(seed, members);
        circle.world.kill(0);
        circle.world.set_skew(0, years * YEAR_MS);
        for pause_s in [60, 20, 3] {
            circle.world.run(pause_s * SECOND);
            circle.world.start(0).unwrap();
            for _ in 0..3 {
                circle.world.say(0);
            }
            circle.world.run(3 * SECOND);
            circle.expect_whole();
            circle.world.say(0);
            circle.world.say(1);
            circle.world.run(3 * SECOND);
            circle.expect_whole();
            for member in 1..members {
                assert_eq!(guests(&circle, member), 0, "seed {seed}");
                let size = circle.world.node(member).unwrap().roster().size();
                assert_eq!(size, members, "seed {seed}");
            }
            circle.world.kill(0);
        }
    }
}
