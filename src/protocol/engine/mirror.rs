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
mod tests;
