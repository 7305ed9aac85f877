//! What lies beyond this network: the frames that a bridge passes on, and what bridges state about
//! the sites that they stand for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::roster::Id;
use crate::protocol::wire::frame::{ACKS_MAX, Ack, MemberTag};

/// Most frames that wait to be passed on: 10 MiB. What is left out is held in the log, and the
/// other side gets it by comparing digests.
const PASSED_MAX: usize = 8192;

/// Most statements about sites that wait to be passed on: more than a bridge hears between two
/// turns.
const STATEMENTS_MAX: usize = 64;

/// Most sites that are known: bridges are as many as keys, and keys cost nothing.
const SITES_MAX: usize = 16;

/// A site of which nothing was heard for this long is out of reach.
const SITE_LOST: Duration = Duration::from_secs(20);

/// A durable frame that a bridge heard at its own side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedFrame {
    /// The datagram, as its author sealed it.
    pub bytes: Arc<[u8]>,
    /// Whether it was made now, by its author's clock: others are part of the history, which each
    /// side completes by itself.
    pub is_new: bool,
}

/// What a bridge stated about its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The bridge, by its session at its own site.
    pub by: MemberTag,
    /// The datagram.
    pub bytes: Arc<[u8]>,
}

/// Another site, as its bridge states.
#[derive(Clone, Copy, Debug)]
struct Site {
    people: u16,
    heard: Duration,
    /// The last of this member's frames that was reported as being with all people there.
    told: u32,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    passed: VecDeque<PassedFrame>,
    left_out: u64,
    statements: VecDeque<Statement>,
    /// Whether the frame that is taken in now comes from the other side.
    pub(super) is_taking: bool,
    /// How far the people of this site have the frames of the authors beyond who spoke last, who
    /// are at the end of the list.
    acks: Vec<(MemberTag, BTreeMap<Id, u32>)>,
    sites: BTreeMap<Id, Site>,
}

impl Beyond {
    pub(super) fn pass(&mut self, frame: PassedFrame) {
        match self.passed.len() < PASSED_MAX {
            true => self.passed.push_back(frame),
            false => self.left_out += 1,
        }
    }

    pub(super) fn next_passed(&mut self) -> Option<PassedFrame> {
        self.passed.pop_front()
    }

    /// How many frames were left out since this was asked last.
    pub(super) fn take_left_out(&mut self) -> u64 {
        std::mem::take(&mut self.left_out)
    }

    pub(super) fn state(&mut self, statement: Statement) {
        if self.statements.len() < STATEMENTS_MAX {
            self.statements.push_back(statement);
        }
    }

    pub(super) fn next_statement(&mut self) -> Option<Statement> {
        self.statements.pop_front()
    }

    /// Notes that somebody beyond has spoken, whose frames are acknowledged there from now on.
    pub(super) fn spoke(&mut self, author: MemberTag) {
        if self.acks.last().is_some_and(|(of, _)| *of == author) {
            return;
        }
        let known = self.acks.iter().position(|(of, _)| *of == author);
        let entry = known.map_or_else(|| (author, BTreeMap::new()), |at| self.acks.remove(at));
        if self.acks.len() >= ACKS_MAX {
            self.acks.remove(0);
        }
        self.acks.push(entry);
    }

    /// Notes how far a member of this site has the frames of somebody beyond.
    pub(super) fn acknowledge(&mut self, by: Id, ack: &Ack) {
        if let Some((_, known)) = self.acks.iter_mut().find(|(of, _)| *of == ack.of) {
            let through = known.entry(by).or_default();
            *through = (*through).max(ack.through);
        }
    }

    /// How far all of these members have the frames of those who spoke last.
    pub(super) fn acks(&self, people: &[Id]) -> Vec<Ack> {
        let acks = self.acks.iter().filter_map(|(of, known)| {
            let of_each = people.iter().map(|id| known.get(id).copied().unwrap_or(0));
            let through = of_each.min().filter(|through| *through > 0)?;
            Some(Ack { of: *of, through })
        });
        acks.collect()
    }

    /// Forgets a member that the roster has forgotten.
    pub(super) fn forget(&mut self, id: Id) {
        self.sites.remove(&id);
        self.acks
            .iter_mut()
            .for_each(|(_, known)| _ = known.remove(&id));
    }

    /// Takes in how many people are at a bridge's site. Returns whether its site was out of reach
    /// until now; `None` if there are too many sites.
    pub(super) fn hear_site(&mut self, id: Id, people: u16, now: Duration) -> Option<bool> {
        if !self.sites.contains_key(&id) && self.sites.len() >= SITES_MAX {
            let mut lost = self.sites.iter();
            let lost = lost.find(|(_, site)| now >= site.heard + SITE_LOST);
            let lost = lost.map(|(id, _)| *id)?;
            self.sites.remove(&lost);
        }
        let mut is_new = false;
        let site = self.sites.entry(id).or_insert_with(|| {
            is_new = true;
            Site {
                people,
                heard: now,
                told: 0,
            }
        });
        is_new |= now >= site.heard + SITE_LOST;
        (site.people, site.heard) = (people, now);
        Some(is_new)
    }

    /// Whether it is news that all people at a site have this member's frames up to its newest.
    pub(super) fn deliver(&mut self, id: Id, newest: u32) -> bool {
        let site = self.sites.get_mut(&id);
        site.is_some_and(|site| newest > std::mem::replace(&mut site.told, newest))
    }

    /// The sites that are in reach, by their bridges, and how many people each has.
    pub(super) fn sites(&self, now: Duration) -> impl Iterator<Item = (Id, usize)> {
        let near = self.sites.iter();
        let near = near.filter(move |(_, site)| now < site.heard + SITE_LOST);
        near.map(|(id, site)| (*id, usize::from(site.people)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::roster::ME;

    fn tag(short: u64) -> MemberTag {
        MemberTag {
            short,
            session_low: 1,
        }
    }

    #[test]
    fn a_site_has_what_all_of_its_people_have() {
        let mut beyond = Beyond::default();
        let (ana, bia) = (ME, Id(1));
        let ack = |through| Ack {
            of: tag(7),
            through,
        };
        beyond.acknowledge(ana, &ack(5));
        assert_eq!(beyond.acks(&[ana]), [], "nobody of that tag has spoken");
        beyond.spoke(tag(7));
        beyond.acknowledge(ana, &ack(5));
        assert_eq!(beyond.acks(&[ana, bia]), [], "Bia has nothing");
        beyond.acknowledge(bia, &ack(3));
        assert_eq!(beyond.acks(&[ana, bia]), [ack(3)]);
        beyond.acknowledge(bia, &ack(2));
        assert_eq!(beyond.acks(&[ana, bia]), [ack(3)], "an old word");
        (8..60).for_each(|short| beyond.spoke(tag(short)));
        assert_eq!(beyond.acks.len(), ACKS_MAX);
        assert_eq!(beyond.acks(&[ana, bia]), [], "it is not of those any more");
    }

    #[test]
    fn sites_that_are_made_up_push_out_none_that_is_there() {
        let mut beyond = Beyond::default();
        let second = Duration::from_secs(1);
        assert_eq!(beyond.hear_site(Id(1), 412, second), Some(true));
        assert_eq!(beyond.hear_site(Id(1), 412, second * 2), Some(false));
        let made_up = (2..500).filter(|id| beyond.hear_site(Id(*id), 9, second * 3).is_some());
        assert_eq!(made_up.count(), SITES_MAX - 1);
        assert!(beyond.sites(second * 4).any(|site| site == (Id(1), 412)));
        assert!(beyond.deliver(Id(1), 4) && !beyond.deliver(Id(1), 4));
        assert_eq!(beyond.sites(second * 60).count(), 0);
        assert_eq!(beyond.hear_site(Id(1), 4, second * 60), Some(true));
    }

    #[test]
    fn what_is_not_passed_on_in_time_is_counted() {
        let mut beyond = Beyond::default();
        for _ in 0..PASSED_MAX + 3 {
            beyond.pass(PassedFrame {
                bytes: Arc::default(),
                is_new: true,
            });
        }
        assert_eq!((beyond.take_left_out(), beyond.take_left_out()), (3, 0));
        assert_eq!(
            std::iter::from_fn(|| beyond.next_passed()).count(),
            PASSED_MAX
        );
    }
}
