//! What lies beyond this network: the frames that a bridge passes on, and what bridges state about
//! the sites that they stand for.

use core::net::IpAddr;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::far::{FAR_LISTED, FAR_MAX};
use super::roster::Id;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::site::{SPEAKERS_MAX, Site as SiteBody};
use crate::protocol::wire::frame::{ACKS_MAX, Ack, MemberTag};

/// Most frames that wait to be passed on: 10 MiB. What is left out is held in the log, and the
/// other side gets it by comparing digests.
const PASSED_MAX: usize = 8192;

/// The same of what was heard on a link: what is left out is looked for in the log.
const PASSED_OF_LINK_MAX: usize = 1024;

/// Most statements about sites that wait to be passed on: more than a bridge hears between two
/// turns.
const STATEMENTS_MAX: usize = 64;

/// Most sites that are known: bridges are as many as keys, and keys cost nothing.
const SITES_MAX: usize = 16;

/// A site of which nothing was heard for this long is out of reach.
const SITE_LOST: Duration = Duration::from_secs(20);

/// How often it is told that the number of people at a site has changed.
const COUNTED_EVERY: Duration = Duration::from_secs(5);

/// From this difference between the clocks of two sites on, that is told.
pub const CLOCKS_DIFFER: Duration = Duration::from_secs(60);

/// Below this one they agree again.
const CLOCKS_AGREE: Duration = Duration::from_secs(50);

/// How often it is told whether a site's clock differs.
const CLOCK_EVERY: Duration = Duration::from_secs(60);

/// Speakers of a statement that are the newest ones; the others take turns.
const SPEAKERS_NEWEST: usize = SPEAKERS_MAX / 2;

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
    /// The number of the statement among its frames that are never repaired.
    pub sequence: u32,
    /// The clock of its site, in milliseconds since 1970.
    pub clock_ms: u64,
    /// What it says.
    pub site: SiteBody,
    /// The datagram.
    pub bytes: Arc<[u8]>,
}

/// Another site, as its bridge states.
#[derive(Clone, Copy, Debug)]
struct Site {
    /// The bridge that stated it last.
    bridge: Id,
    /// Which address passed that on here, if one did.
    from: Option<IpAddr>,
    people: u16,
    heard: Duration,
    /// How many people were told last, and when.
    counted: (u16, Duration),
    /// The last of this member's frames that was reported as being with all people there.
    told: u32,
    /// By how much the site's clock is ahead, in milliseconds, if that is worth telling.
    ahead_ms: Option<i64>,
    /// Whether it was told last that it differs, and when.
    clock_told: (bool, Option<Duration>),
}

/// What a bridge states about its site, as it is taken in here.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeardSite {
    pub(super) bridge: Id,
    /// Which address passed that on here, if one did.
    pub(super) from: Option<IpAddr>,
    pub(super) people: u16,
    /// By how much its clock is ahead, in milliseconds.
    pub(super) ahead_ms: i64,
}

/// What is new about a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SiteChange {
    /// It is in reach.
    Reached,
    /// The number of people there is another one.
    Counted,
    /// Its clock differs, or agrees again.
    Clock,
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
    sites: BTreeMap<Name, Site>,
    /// The sites that have made room for others, until that is told.
    pushed_out: Vec<(Name, Id)>,
    /// Who spoke at this site lately, the newest at the end.
    speakers: VecDeque<(MemberTag, Duration)>,
    /// Whose turn it is among them.
    turn: usize,
    /// Whether this member is one of the bridges on a link, whose clocks may differ.
    pub(super) is_link: bool,
}

impl Beyond {
    pub(super) fn pass(&mut self, frame: PassedFrame) {
        let most = match self.is_link {
            true => PASSED_OF_LINK_MAX,
            false => PASSED_MAX,
        };
        match self.passed.len() < most {
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
        self.sites.retain(|_, site| site.bridge != id);
        self.acks
            .iter_mut()
            .for_each(|(_, known)| _ = known.remove(&id));
    }

    /// Takes in what a bridge states about its site, and reports what is new; `None` if there are
    /// too many sites.
    pub(super) fn hear_site(
        &mut self,
        name: &Name,
        heard: HeardSite,
        now: Duration,
    ) -> Option<Vec<SiteChange>> {
        let HeardSite {
            bridge,
            from,
            people,
            ..
        } = heard;
        let mut changes = Vec::new();
        if !self.sites.contains_key(name) {
            if self.sites.len() >= SITES_MAX && !self.make_room(from) {
                return None;
            }
            changes.push(SiteChange::Reached);
            let site = Site {
                bridge,
                from,
                people,
                heard: now,
                counted: (people, now),
                told: 0,
                ahead_ms: None,
                clock_told: (false, None),
            };
            self.sites.insert(name.clone(), site);
        }
        let site = self.sites.get_mut(name)?;
        (site.bridge, site.from) = (bridge, from);
        (site.people, site.heard) = (people, now);
        let (counted, at) = site.counted;
        if counted != people && now >= at + COUNTED_EVERY {
            site.counted = (people, now);
            changes.push(SiteChange::Counted);
        }
        let difference = Duration::from_millis(heard.ahead_ms.unsigned_abs());
        let least = match site.ahead_ms {
            Some(_) => CLOCKS_AGREE,
            None => CLOCKS_DIFFER,
        };
        site.ahead_ms = (difference >= least).then_some(heard.ahead_ms);
        let differs = site.ahead_ms.is_some();
        let (told, at) = site.clock_told;
        if told != differs && at.is_none_or(|at| now >= at + CLOCK_EVERY) {
            site.clock_told = (differs, Some(now));
            changes.push(SiteChange::Clock);
        }
        Some(changes)
    }

    /// Pushes out a site of the address that passed on most of them, for one that another address
    /// passes on; false if no address has that many more.
    fn make_room(&mut self, from: Option<IpAddr>) -> bool {
        let mut counts: BTreeMap<Option<IpAddr>, usize> = BTreeMap::new();
        for site in self.sites.values() {
            *counts.entry(site.from).or_default() += 1;
        }
        let own = counts.get(&from).copied().unwrap_or(0);
        let Some((most, count)) = counts.into_iter().max_by_key(|(_, count)| *count) else {
            return false;
        };
        let of_most = self.sites.iter().filter(|(_, site)| site.from == most);
        let stalest = of_most.min_by_key(|(_, site)| site.heard);
        let stalest = stalest.filter(|_| most.is_some() && count > own + 1);
        let Some(name) = stalest.map(|(name, _)| name.clone()) else {
            return false;
        };
        if let Some(site) = self.sites.remove(&name)
            && self.pushed_out.len() < SITES_MAX
        {
            self.pushed_out.push((name, site.bridge));
        }
        true
    }

    /// Forgets the sites that are out of reach, and returns them.
    pub(super) fn lose_sites(&mut self, now: Duration) -> Vec<(Name, Id)> {
        let is_lost = |site: &Site| now >= site.heard + SITE_LOST;
        let lost = self.sites.iter().filter(|(_, site)| is_lost(site));
        let mut lost: Vec<(Name, Id)> = lost.map(|(name, it)| (name.clone(), it.bridge)).collect();
        self.sites.retain(|_, site| !is_lost(site));
        lost.extend(std::mem::take(&mut self.pushed_out));
        lost
    }

    /// Whether it is news that all people at a site have this member's frames up to its newest.
    pub(super) fn deliver(&mut self, site: &Name, newest: u32) -> bool {
        let site = self.sites.get_mut(site);
        site.is_some_and(|site| newest > std::mem::replace(&mut site.told, newest))
    }

    /// The sites that are in reach: their names and bridges, how many people each has, and by how
    /// many milliseconds its clock is ahead, if that is worth telling.
    pub(super) fn sites(
        &self,
        now: Duration,
    ) -> impl Iterator<Item = (&Name, Id, usize, Option<i64>)> {
        let near = self.sites.iter();
        let near = near.filter(move |(_, site)| now < site.heard + SITE_LOST);
        near.map(|(name, it)| (name, it.bridge, usize::from(it.people), it.ahead_ms))
    }

    /// Notes that somebody at this site has spoken.
    pub(super) fn speaks(&mut self, tag: MemberTag, now: Duration) {
        if let Some((last, at)) = self.speakers.back_mut()
            && *last == tag
        {
            *at = now;
            return;
        }
        let is_over = |at: Duration| now >= at + FAR_LISTED;
        self.speakers.retain(|(it, at)| *it != tag && !is_over(*at));
        if self.speakers.len() >= FAR_MAX {
            self.speakers.pop_front();
        }
        self.speakers.push_back((tag, now));
    }

    /// Some of those who spoke at this site lately: the newest, and others in turns.
    pub(super) fn speakers(&mut self, now: Duration) -> Vec<MemberTag> {
        self.speakers.retain(|(_, at)| now < *at + FAR_LISTED);
        let newest = self.speakers.iter().rev().map(|(tag, _)| *tag);
        let mut shown: Vec<MemberTag> = newest.take(SPEAKERS_NEWEST).collect();
        let others = self.speakers.len().saturating_sub(SPEAKERS_NEWEST);
        for _ in 0..others.min(SPEAKERS_MAX - SPEAKERS_NEWEST) {
            self.turn = (self.turn + 1) % others;
            shown.extend(self.speakers.get(self.turn).map(|(tag, _)| *tag));
        }
        shown
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

    fn name(name: &str) -> Name {
        Name::parse(name).unwrap()
    }

    fn of(people: u16, ahead_ms: i64) -> HeardSite {
        HeardSite {
            bridge: Id(1),
            from: None,
            people,
            ahead_ms,
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
        let ship = name("ship");
        let reached = Some(vec![SiteChange::Reached]);
        assert_eq!(beyond.hear_site(&ship, of(412, 0), second), reached);
        assert_eq!(
            beyond.hear_site(&ship, of(412, 0), second * 2),
            Some(vec![])
        );
        let mut takes =
            |number| beyond.hear_site(&name(&format!("{number}")), of(9, 0), second * 3);
        let made_up = (2..500).filter(|number| takes(*number).is_some());
        assert_eq!(made_up.count(), SITES_MAX - 1);
        assert!(
            beyond
                .sites(second * 4)
                .any(|it| (it.0, it.2) == (&ship, 412))
        );
        assert!(beyond.deliver(&ship, 4) && !beyond.deliver(&ship, 4));
        assert_eq!(beyond.sites(second * 60).count(), 0);
        assert_eq!(beyond.lose_sites(second * 60).len(), SITES_MAX);
        assert_eq!(beyond.hear_site(&ship, of(4, 0), second * 60), reached);
    }

    #[test]
    fn people_who_come_are_counted_now_and_then_and_clocks_that_differ_are_told_once() {
        let mut beyond = Beyond::default();
        let (second, ship) = (Duration::from_secs(1), name("ship"));
        let mut changes = |at: u32, people, ahead_ms| {
            let changes = beyond.hear_site(&ship, of(people, ahead_ms), second * at);
            changes.unwrap_or_default()
        };
        assert_eq!(changes(1, 4, -59_000), [SiteChange::Reached]);
        assert_eq!(changes(2, 5, -61_000), [SiteChange::Clock]);
        assert_eq!(changes(3, 6, -55_000), []);
        assert_eq!(changes(6, 7, -55_000), [SiteChange::Counted]);
        assert_eq!(changes(7, 7, 0), [], "not twice in a minute");
        assert_eq!(changes(8, 7, -61_000), [], "it was told already");
        assert_eq!(changes(9, 7, 0), []);
        assert_eq!(changes(62, 7, 0), [SiteChange::Clock]);
    }

    #[test]
    fn an_address_that_makes_up_sites_leaves_room_for_those_of_another_one() {
        let mut beyond = Beyond::default();
        let second = Duration::from_secs(1);
        let from = |last: u8| HeardSite {
            from: Some(IpAddr::from([192, 0, 2, last])),
            ..of(9, 0)
        };
        for number in 0..SITES_MAX {
            let made_up = name(&format!("{number}"));
            assert!(beyond.hear_site(&made_up, from(66), second).is_some());
        }
        assert_eq!(beyond.hear_site(&name("more"), from(66), second), None);
        let reached = Some(vec![SiteChange::Reached]);
        assert_eq!(beyond.hear_site(&name("ship"), from(1), second), reached);
        assert_eq!(beyond.sites.len(), SITES_MAX);
        let again = (0..SITES_MAX).filter(|number| {
            let made_up = name(&format!("{number}"));
            beyond.hear_site(&made_up, from(66), second * 2).is_some()
        });
        assert_eq!(again.count(), SITES_MAX - 1);
        assert_eq!(beyond.lose_sites(second * 2).len(), 1);
        assert!(beyond.sites.contains_key(&name("ship")));
    }

    #[test]
    fn everybody_who_spoke_is_named_in_the_end() {
        let mut beyond = Beyond::default();
        let second = Duration::from_secs(1);
        (0..100).for_each(|short| beyond.speaks(tag(short), second));
        let mut named = std::collections::BTreeSet::new();
        for _ in 0..20 {
            let speakers = beyond.speakers(second * 2);
            assert!(speakers.len() == SPEAKERS_MAX && speakers[0] == tag(99));
            named.extend(speakers.iter().map(|tag| tag.short));
        }
        assert_eq!(named.len(), 100);
        assert_eq!(beyond.speakers(second * 4000), []);
        (0..3000).for_each(|short| beyond.speaks(tag(short), second));
        assert_eq!(beyond.speakers.len(), FAR_MAX);
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
