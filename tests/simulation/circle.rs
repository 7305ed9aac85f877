//! A circle of members on a pretend network, and what is expected of it.

use roda::chat::event::{News, Person};
use std::time::Duration;

use roda::protocol::engine::event::{MessageId, Version};
use roda::sim::World;
use roda::sim::link::Faults;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Whether somebody left and said so.
pub(crate) fn said_farewell(news: &News) -> bool {
    matches!(
        news,
        News::Left {
            with_farewell: true,
            ..
        }
    )
}

/// Whether a person goes by a name.
pub(crate) fn is(who: &Person, name: &str) -> bool {
    *who.name == *name
}

/// A message as a member holds it.
type Form = (MessageId, Version, String);

/// Members who have met.
pub(crate) struct Circle {
    pub(crate) world: World,
    seed: u64,
}

impl Circle {
    /// Members in a room, who have been there for a while.
    pub(crate) fn of(seed: u64, members: usize) -> Self {
        Self::met(World::new(seed, Faults::NONE), seed, members)
    }

    /// Members in the lobby.
    pub(crate) fn in_lobby(seed: u64, members: usize) -> Self {
        let mut world = World::new(seed, Faults::NONE);
        world.in_lobby();
        Self::met(world, seed, members)
    }

    /// Members in a room, each of which checks all signatures itself.
    pub(crate) fn of_strict(seed: u64, members: usize) -> Self {
        let mut world = World::new(seed, Faults::NONE);
        world.share_no_verdicts();
        Self::met(world, seed, members)
    }

    /// The members of a world, once they know each other.
    pub(crate) fn met(mut world: World, seed: u64, members: usize) -> Self {
        for number in 0..members {
            world.join(&format!("m{number}")).unwrap();
            world.run(SECOND / 50);
        }
        // Two of the longest intervals between beats, after which everybody knows everybody.
        let interval = SECOND
            .mul_f64(members as f64 / 10.0)
            .clamp(5 * SECOND, 60 * SECOND);
        world.run(3 * interval);
        for number in 0..members {
            let size = world.node(number).unwrap().roster().size();
            assert_eq!(size, members, "seed {seed}: {number} has not met all");
        }
        world.take_traffic();
        Self { world, seed }
    }

    /// Lines by one member after another, with pauses.
    pub(crate) fn talk(&mut self, lines: usize, pause: Duration) {
        let members = self.world.size();
        for line in 0..lines {
            // 7 is prime to all sizes used, so that everybody has a turn.
            let speaker = line * 7 % members;
            if self.world.node(speaker).is_some() {
                self.world.say(speaker);
            }
            self.world.run(pause);
        }
    }

    /// The packets to the group while nobody says anything.
    pub(crate) fn idle_packets(&mut self, time: Duration) -> u64 {
        self.world.take_traffic();
        self.world.run(time);
        self.world.take_traffic().group_packets()
    }

    /// The faults stop, and there is time to mend.
    pub(crate) fn settle(&mut self, time: Duration) {
        self.world.set_faults(Faults::NONE);
        self.world.separate(|_| 0);
        self.world.run(time);
    }

    /// Everybody who was there has been shown everything, and never anything wrong.
    pub(crate) fn expect_whole(&self) {
        let (seed, ledger) = (self.seed, self.world.ledger());
        assert_eq!(ledger.findings(), &[] as &[String], "seed {seed}");
        let missing = ledger.missing();
        let origins = missing.iter().map(|(message, _)| ledger.origin(*message));
        let origins: Vec<_> = origins.collect();
        let told = missing.first().map(|(_, member)| self.world.told(*member));
        assert!(
            missing.is_empty(),
            "seed {seed}: not shown (message, member): {missing:?}, of {origins:?}, told {told:?}"
        );
    }

    /// All had a line within these times: half of the lines, and 99 of 100.
    pub(crate) fn expect_times(&self, median_max: Duration, most_max: Duration) {
        let times = self.world.ledger().times();
        let median = times[times.len() / 2];
        let most = times[(times.len() - 1) * 99 / 100];
        let members = self.world.size();
        assert!(
            median <= median_max && most <= most_max,
            "seed {}, {members} members: median {median:?}, 99 % {most:?}",
            self.seed
        );
    }

    /// Everybody who runs holds the same messages in the same order and in the same form.
    pub(crate) fn expect_one_history(&self) {
        let histories: Vec<(usize, Vec<Form>)> = (0..self.world.size())
            .filter_map(|number| Some((number, self.world.node(number)?)))
            .map(|(number, node)| (number, node.history(usize::MAX)))
            .map(|(number, said)| {
                let forms = said
                    .into_iter()
                    .map(|said| (said.id, said.version, said.text));
                (number, forms.collect())
            })
            .collect();
        let (first, expected) = &histories[0];
        for (number, history) in &histories {
            assert_eq!(
                history.len(),
                expected.len(),
                "seed {}: lines of {number} and of {first}",
                self.seed
            );
            assert!(history == expected, "seed {}: order of {number}", self.seed);
        }
    }

    /// How many events of a member are of some kind.
    pub(crate) fn count_told(&self, member: usize, is: impl Fn(&News) -> bool) -> usize {
        let told = self.world.told(member).iter();
        told.filter(|event| is(event)).count()
    }
}
