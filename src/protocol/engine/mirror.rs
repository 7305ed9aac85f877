//! The lobby's plain wire: members' lines are copied to it, and its programs are heard as guests.
//! Members' copies come back that way, too; they are recognised by the port that they leave from,
//! so that nothing is shown twice.

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::clock::clock_ms;
use super::config::{
    GUEST_LINES, GUEST_LINES_PER_S, GUESTS_MAX, MIRROR_DOUBT, MIRROR_FORMER, MIRROR_PER_S,
    MIRROR_QUEUE_MAX,
};
use super::event::EngineEvent;
use super::guests::{is_plain_name_of_guest, plain_name};
use super::host_budgets::HostBudgets;
use super::member::Member;
use super::roster::{ME, Roster};
use crate::protocol::message::{Name, is_farewell};
use crate::protocol::time::Moment;
use crate::protocol::wire::plain;

/// Most former names of this member whose copies are recognised.
const FORMER_MAX: usize = 8;

/// The copies that wait, and the guests.
#[derive(Debug)]
pub struct Mirror {
    name: Name,
    /// The names before it, under which copies may still come back.
    former: VecDeque<Name>,
    port: u16,
    queue: VecDeque<Arc<[u8]>>,
    next_at: Duration,
    unmirrored: usize,
    guests: BTreeSet<SocketAddr>,
    doubtful: VecDeque<Doubtful>,
    /// Lines that are taken in from each host.
    lines: HostBudgets,
}

/// A plain line whose source may yet turn out to be a member.
#[derive(Debug)]
struct Doubtful {
    until: Duration,
    line: PlainCopy,
}

/// A line of the plain wire.
#[derive(Clone, Debug)]
struct PlainCopy {
    source: SocketAddr,
    name: Option<String>,
    text: Option<String>,
    /// When it arrived, in milliseconds since 1970.
    wall_ms: u64,
}

impl Mirror {
    /// A mirror of the member of this name, whose plain copies leave from this port.
    #[must_use]
    pub fn new(name: Name, port: u16) -> Self {
        Self {
            name,
            former: VecDeque::new(),
            port,
            queue: VecDeque::new(),
            next_at: Duration::ZERO,
            unmirrored: 0,
            guests: BTreeSet::new(),
            doubtful: VecDeque::new(),
            lines: HostBudgets::new(GUEST_LINES_PER_S, GUEST_LINES),
        }
    }

    /// Copies messages under another name from now on.
    pub fn rename(&mut self, name: Name) {
        let before = std::mem::replace(&mut self.name, name);
        self.former.push_back(before);
        if self.former.len() > FORMER_MAX {
            self.former.pop_front();
        }
    }

    /// The port that the plain copies leave from.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Copies a message to the plain wire, where each of its lines is a message. Never the
    /// farewell, which would end every receiver there.
    pub fn say(&mut self, text: &str) {
        let name = self.name.clone();
        self.say_as(name.as_str(), text);
    }

    /// Copies what a guest of this member says; the name there tells whose guest it is.
    pub fn say_as_guest(&mut self, guest: &Name, text: &str) {
        self.say_as(&plain_name(guest, &self.name), text);
    }

    fn say_as(&mut self, user: &str, text: &str) {
        if is_farewell(text) {
            return;
        }
        let lines = text.split('\n').filter(|line| !line.trim().is_empty());
        for piece in lines.flat_map(|line| plain::pieces_as(Some(user), line)) {
            if self.queue.len() >= MIRROR_QUEUE_MAX {
                self.unmirrored += 1;
                return;
            }
            // A piece of a longer text may be the word by itself.
            if !is_farewell(piece) {
                let mut datagram = Vec::new();
                plain::encode_as(Some(user), piece, &mut datagram);
                self.queue.push_back(datagram.into());
            }
        }
    }

    /// The next copy that may leave.
    pub fn pop(&mut self, now: Duration) -> Option<Arc<[u8]>> {
        if now < self.next_at {
            return None;
        }
        let datagram = self.queue.pop_front()?;
        self.next_at = now + Duration::from_secs_f64(1.0 / MIRROR_PER_S);
        Some(datagram)
    }

    /// Takes in a datagram of the plain wire; returns a line as an event if one may be shown at
    /// once. Anything else on that port is ignored. Only the first line of a source is held back,
    /// until it is clear whether it is a member's.
    pub fn hear(
        &mut self,
        now: Moment,
        source: SocketAddr,
        datagram: &[u8],
        roster: &Roster,
    ) -> Option<EngineEvent> {
        let message = plain::decode(datagram).ok()?;
        let line = PlainCopy {
            source,
            name: message.user.map(Into::into),
            text: message.data.map(Into::into),
            wall_ms: now.wall_ms,
        };
        // A received farewell ends receivers of the plain wire, and no member.
        if line.text.as_deref().is_some_and(is_farewell) || self.is_members(now, &line, roster) {
            return None;
        }
        if !self.lines.may_spend(source.ip(), 1.0, now.time) {
            return None;
        }
        if self.guests.contains(&source) {
            return Some(line.into());
        }
        // Beyond the limit, the oldest line of the host with most is not held back any longer.
        let oldest = (self.doubtful.len() >= GUESTS_MAX).then(|| {
            let hosts = self.doubtful.iter().map(|doubtful| doubtful.line.source);
            let is_of_fullest = is_at(fullest_host(hosts));
            let oldest = self
                .doubtful
                .iter()
                .position(|d| is_of_fullest(d.line.source));
            self.settle(oldest.unwrap_or(0))
        });
        self.doubtful.push_back(Doubtful {
            until: now.time + MIRROR_DOUBT,
            line,
        });
        oldest.flatten()
    }

    /// The next event that is due: lines that were not copied, or a doubtful line whose source has
    /// not turned out to be a member in time.
    pub fn next_event(&mut self, now: Moment, roster: &Roster) -> Option<EngineEvent> {
        if self.queue.is_empty() && self.unmirrored > 0 {
            let lines = std::mem::take(&mut self.unmirrored);
            return Some(EngineEvent::Unmirrored { lines });
        }
        while self
            .doubtful
            .front()
            .is_some_and(|first| first.until <= now.time)
        {
            let is_members = |first: &Doubtful| self.is_members(now, &first.line, roster);
            if self.doubtful.front().is_some_and(is_members) {
                self.doubtful.pop_front();
            } else {
                return self.settle(0);
            }
        }
        None
    }

    /// Decides that the doubtful line at this place is a guest's.
    fn settle(&mut self, place: usize) -> Option<EngineEvent> {
        let line = self.doubtful.remove(place)?.line;
        if self.guests.len() >= GUESTS_MAX {
            // A host with many programs forgets its own, and no other host's.
            let is_of_fullest = is_at(fullest_host(self.guests.iter().copied()));
            let forgotten = self.guests.iter().find(|guest| is_of_fullest(**guest));
            if let Some(forgotten) = forgotten.copied() {
                self.guests.remove(&forgotten);
            }
        }
        self.guests.insert(line.source);
        // The other lines from there are a guest's, too.
        for doubtful in &mut self.doubtful {
            if doubtful.line.source == line.source {
                doubtful.until = Duration::ZERO;
            }
        }
        Some(line.into())
    }

    /// When something is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        let copy = (!self.queue.is_empty()).then_some(self.next_at);
        let report = (self.queue.is_empty() && self.unmirrored > 0).then_some(Duration::ZERO);
        let doubt = self.doubtful.front().map(|first| first.until);
        [copy, report, doubt].into_iter().flatten().min()
    }

    /// Whether no copy waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether a line is a copy of a member's, this one included. Copies of a member that has left
    /// may still be on their way.
    fn is_members(&self, now: Moment, line: &PlainCopy, roster: &Roster) -> bool {
        let port = line.source.port();
        let says = |name: &Name| {
            let is_it = |said: &str| said == name.as_str() || is_plain_name_of_guest(said, name);
            line.name.as_deref().is_some_and(is_it)
        };
        let is_own =
            |says: &dyn Fn(&Name) -> bool| says(&self.name) || self.former.iter().any(says);
        if port == self.port && is_own(&says) {
            return true;
        }
        let is_from = |address: SocketAddr| address.ip() == line.source.ip();
        let is_of = |member: &Member| {
            let is_from = member.address.is_some_and(is_from);
            // A member that has not beaten yet has not stated its port.
            match member.newest_beat {
                0 => (is_from || has_just_spoken(member, now)) && says(&member.name),
                // A host may have several addresses; then the name decides.
                _ => member.mirror_port == port && (is_from || says(&member.name)),
            }
        };
        let is_near = |member: &Member| {
            let is_here = member.is_live || now.time < member.heard() + MIRROR_FORMER;
            is_here || has_just_spoken(member, now)
        };
        let mut others = roster.everybody().filter(|(id, _)| *id != ME);
        others.any(|(_, member)| is_near(member) && is_of(member))
    }
}

/// Whether a member whose address is not known yet spoke lately, and at this site: its beat is on
/// its way, or it left before it sent one.
fn has_just_spoken(member: &Member, now: Moment) -> bool {
    let age_ms = now.wall_ms.saturating_sub(clock_ms(member.named_at));
    let is_unmet = member.address.is_none() && member.far_at.is_none();
    is_unmet && Duration::from_millis(age_ms) < MIRROR_FORMER
}

/// The host that most of these are at.
fn fullest_host(sources: impl Iterator<Item = SocketAddr>) -> Option<IpAddr> {
    let mut hosts: BTreeMap<IpAddr, usize> = BTreeMap::new();
    for source in sources {
        *hosts.entry(source.ip()).or_default() += 1;
    }
    let fullest = hosts.into_iter().max_by_key(|(_, count)| *count);
    fullest.map(|(host, _)| host)
}

fn is_at(host: Option<IpAddr>) -> impl Fn(SocketAddr) -> bool {
    move |source| host == Some(source.ip())
}

impl From<PlainCopy> for EngineEvent {
    fn from(line: PlainCopy) -> Self {
        Self::Guest {
            name: line.name,
            text: line.text,
            source: line.source,
            wall_ms: line.wall_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::config::BEAT_MIN;
    use crate::protocol::engine::member::BeatNews;
    use crate::protocol::wire::frame::beat::Link;
    use crate::protocol::wire::frame::{Author, Key};

    const BIAS_HOST: [u8; 4] = [10, 77, 0, 2];
    const BIAS_PORT: u16 = 40_002;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn author(text: &str, session: u64) -> Author {
        let key = Key([session as u8; 32]);
        Author {
            key,
            short: key.short(),
            session,
            sequence: 1,
            clock: 0,
            flags: 0,
            grtt: 0,
            name: name(text),
        }
    }

    /// A mirror of ana's, and a roster with her.
    fn ana() -> (Mirror, Roster) {
        (
            Mirror::new(name("ana"), 40_001),
            Roster::new(&author("ana", 1)),
        )
    }

    fn at(ms: u64) -> Moment {
        Moment {
            time: Duration::from_millis(ms),
            wall_ms: 1_790_000_000_000 + ms,
        }
    }

    fn says(user: &str, text: &str) -> Vec<u8> {
        let mut datagram = Vec::new();
        plain::encode(Some(&name(user)), text, &mut datagram);
        datagram
    }

    fn from(host: [u8; 4], port: u16) -> SocketAddr {
        (host, port).into()
    }

    /// Bia is heard at her address; with a beat, she states her port.
    fn bia_is_heard(roster: &mut Roster, now: Moment, beats: bool) -> super::super::roster::Id {
        let id = roster.meet(&author("bia", 2)).unwrap().id;
        if beats {
            let news = BeatNews {
                interval: BEAT_MIN,
                mirror_port: BIAS_PORT,
                link: Link::Wired,
                knows_history: false,
            };
            assert!(roster.beat(id, 1, news));
        }
        roster.hear(id, now.time);
        roster.locate(id, from(BIAS_HOST, 41_000));
        id
    }

    /// What is told by a time, with when each line arrived.
    fn told(mirror: &mut Mirror, now: Moment, roster: &Roster) -> Vec<(String, u64)> {
        let next = || match mirror.next_event(now, roster)? {
            EngineEvent::Guest { text, wall_ms, .. } => Some((text.unwrap(), wall_ms)),
            event => panic!("{event:?}"),
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_member_that_came_and_went_within_the_doubt_is_no_guest() {
        for (beats, leaves) in [(true, true), (true, false), (false, true)] {
            let (mut mirror, mut roster) = ana();
            let bia = from(BIAS_HOST, BIAS_PORT);
            assert_eq!(mirror.hear(at(0), bia, &says("bia", "oi"), &roster), None);
            let id = bia_is_heard(&mut roster, at(100), beats);
            if leaves {
                roster.close(id);
                roster.leave(id);
            }
            assert_eq!(told(&mut mirror, at(5000), &roster), []);
        }
    }

    #[test]
    fn who_speaks_and_goes_before_its_first_beat_is_no_guest_of_its_own_name() {
        let (mut mirror, mut roster) = ana();
        let mut bia = author("bia", 2);
        bia.clock = at(0).wall_ms << 16;
        roster.meet(&bia).unwrap();
        let copy = from(BIAS_HOST, BIAS_PORT);
        assert_eq!(mirror.hear(at(0), copy, &says("bia", "oi"), &roster), None);
        assert_eq!(told(&mut mirror, at(3000), &roster), []);
        // Another name from there, and the same name a minute later, are a program's.
        let gil = mirror.hear(at(3000), copy, &says("gil", "um"), &roster);
        assert_eq!(gil, None);
        assert_eq!(told(&mut mirror, at(5000), &roster).len(), 1);
        let later = from(BIAS_HOST, BIAS_PORT + 1);
        mirror.hear(at(61_000), later, &says("bia", "dois"), &roster);
        assert_eq!(told(&mut mirror, at(63_000), &roster).len(), 1);
    }

    #[test]
    fn copies_that_come_behind_the_farewell_are_no_guests_for_a_minute() {
        let (mut mirror, mut roster) = ana();
        let id = bia_is_heard(&mut roster, at(0), true);
        roster.close(id);
        roster.leave(id);
        let bia = from(BIAS_HOST, BIAS_PORT);
        assert_eq!(
            mirror.hear(at(59_000), bia, &says("bia", "fim"), &roster),
            None
        );
        assert_eq!(told(&mut mirror, at(70_000), &roster), []);
        // Later, another program may have got the port.
        assert_eq!(
            mirror.hear(at(80_000), bia, &says("gil", "oi"), &roster),
            None
        );
        let lines = told(&mut mirror, at(82_000), &roster);
        assert_eq!(lines, [("oi".into(), at(80_000).wall_ms)]);
    }

    #[test]
    fn only_the_first_line_of_a_guest_is_held_back_and_keeps_its_time() {
        let (mut mirror, roster) = ana();
        let gil = from([10, 77, 0, 9], 50_000);
        assert_eq!(mirror.hear(at(0), gil, &says("gil", "um"), &roster), None);
        assert_eq!(
            mirror.hear(at(1500), gil, &says("gil", "dois"), &roster),
            None
        );
        assert_eq!(told(&mut mirror, at(1999), &roster), []);
        let lines = told(&mut mirror, at(2000), &roster);
        let expected = [
            ("um".into(), at(0).wall_ms),
            ("dois".into(), at(1500).wall_ms),
        ];
        assert_eq!(lines, expected);
        assert!(
            mirror
                .hear(at(2001), gil, &says("gil", "três"), &roster)
                .is_some()
        );
    }

    #[test]
    fn copies_of_what_a_members_guest_says_are_no_guests() {
        let (mut mirror, mut roster) = ana();
        mirror.say_as_guest(&name("rui"), "oi\nsair\ntchau");
        let copies = (0..2).map(|second| mirror.pop(Duration::from_secs(second)).unwrap());
        let copies: Vec<Arc<[u8]>> = copies.collect();
        assert_eq!(&*copies[0], br#"{"user":"rui (by ana)","data":"oi"}"#);
        assert!(mirror.is_empty(), "the farewell is not copied");
        // Its own come back; of a member that is heard at another address, the name decides.
        let own = from([127, 0, 0, 1], 40_001);
        assert_eq!(mirror.hear(at(0), own, &copies[0], &roster), None);
        bia_is_heard(&mut roster, at(0), true);
        let says_gil = br#"{"user":"gil (by bia)","data":"oi"}"#;
        let other_address = from([10, 78, 0, 2], BIAS_PORT);
        assert_eq!(mirror.hear(at(0), other_address, says_gil, &roster), None);
        assert_eq!(told(&mut mirror, at(5000), &roster), []);
        // A program that only claims such a name is no member.
        let gil = from([10, 77, 0, 9], 50_000);
        assert_eq!(mirror.hear(at(5000), gil, says_gil, &roster), None);
        assert_eq!(told(&mut mirror, at(7000), &roster).len(), 1);
    }

    #[test]
    fn a_guest_on_a_members_host_and_under_its_name_is_heard() {
        let (mut mirror, mut roster) = ana();
        bia_is_heard(&mut roster, at(0), true);
        let beside = from(BIAS_HOST, 50_000);
        assert_eq!(
            mirror.hear(at(0), beside, &says("bia", "oi"), &roster),
            None
        );
        assert_eq!(told(&mut mirror, at(2000), &roster).len(), 1);
    }

    #[test]
    fn no_line_is_lost_when_more_sources_come_than_are_held_back() {
        let (mut mirror, roster) = ana();
        let mut lines = 0;
        for port in 0..300 {
            let guest = from([10, 77, 0, 9], 50_000 + port);
            lines += usize::from(
                mirror
                    .hear(at(0), guest, &says("gil", "oi"), &roster)
                    .is_some(),
            );
        }
        lines += told(&mut mirror, at(2000), &roster).len();
        assert_eq!(lines, 300);
    }

    #[test]
    fn a_host_that_floods_the_plain_wire_costs_no_guest_of_another_host_a_line() {
        let (mut mirror, roster) = ana();
        let gil = from([10, 77, 0, 9], 50_000);
        mirror.hear(at(0), gil, &says("gil", "um"), &roster);
        let mut lines = 0;
        for ms in 0..10_000_u64 {
            for port in [2 * ms, 2 * ms + 1] {
                let flood = from([10, 77, 0, 66], 1024 + port as u16);
                let told = mirror.hear(at(ms), flood, &says("eva", "x"), &roster);
                lines += usize::from(told.is_some());
            }
            lines += told(&mut mirror, at(ms), &roster).len();
        }
        assert!(lines <= 500 + 1000 + 1, "{lines}");
        assert!(mirror.guests.len() <= GUESTS_MAX && mirror.doubtful.len() <= GUESTS_MAX);
        // Gil is known still, and is not held back.
        let told = mirror.hear(at(10_000), gil, &says("gil", "dois"), &roster);
        assert!(told.is_some());
    }
}
