//! The lobby's plain wire: members' lines are copied to it, and its programs are heard as guests.
//! Members' copies come back that way, too; they are recognised by the port that they leave from,
//! so that nothing is shown twice.

use core::net::SocketAddr;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::config::{GUESTS_MAX, MIRROR_DOUBT, MIRROR_PER_S, MIRROR_QUEUE_MAX};
use super::event::EngineEvent;
use super::roster::Roster;
use crate::protocol::message::{Name, is_farewell};
use crate::protocol::wire::plain;

/// The copies that wait, and the guests.
#[derive(Debug)]
pub struct Mirror {
    name: Name,
    port: u16,
    queue: VecDeque<Arc<[u8]>>,
    next_at: Duration,
    unmirrored: usize,
    guests: BTreeSet<SocketAddr>,
    doubtful: VecDeque<Doubtful>,
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
}

impl Mirror {
    /// A mirror of the member of this name, whose plain copies leave from this port.
    #[must_use]
    pub fn new(name: Name, port: u16) -> Self {
        Self {
            name,
            port,
            queue: VecDeque::new(),
            next_at: Duration::ZERO,
            unmirrored: 0,
            guests: BTreeSet::new(),
            doubtful: VecDeque::new(),
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
        if is_farewell(text) {
            return;
        }
        let lines = text.split('\n').filter(|line| !line.trim().is_empty());
        for piece in lines.flat_map(|line| plain::pieces(Some(&self.name), line)) {
            if self.queue.len() >= MIRROR_QUEUE_MAX {
                self.unmirrored += 1;
                return;
            }
            // A piece of a longer text may be the word by itself.
            if !is_farewell(piece) {
                let mut datagram = Vec::new();
                plain::encode(Some(&self.name), piece, &mut datagram);
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

    /// Takes in a datagram of the plain wire; returns its line as an event if it may be shown at
    /// once. Anything else on that port is ignored.
    pub fn hear(
        &mut self,
        now: Duration,
        source: SocketAddr,
        datagram: &[u8],
        roster: &Roster,
    ) -> Option<EngineEvent> {
        let message = plain::decode(datagram).ok()?;
        let line = PlainCopy {
            source,
            name: message.user.map(Into::into),
            text: message.data.map(Into::into),
        };
        // A received farewell ends receivers of the plain wire, and no member.
        if line.text.as_deref().is_some_and(is_farewell) || self.is_members(&line, roster) {
            return None;
        }
        if self.guests.contains(&source) {
            return Some(line.into());
        }
        if self.doubtful.len() >= GUESTS_MAX {
            return self.settle();
        }
        self.doubtful.push_back(Doubtful {
            until: now + MIRROR_DOUBT,
            line,
        });
        None
    }

    /// The next event that is due: lines that were not copied, or a doubtful line whose source has
    /// not turned out to be a member in time.
    pub fn next_event(&mut self, now: Duration, roster: &Roster) -> Option<EngineEvent> {
        if self.queue.is_empty() && self.unmirrored > 0 {
            let lines = std::mem::take(&mut self.unmirrored);
            return Some(EngineEvent::Unmirrored { lines });
        }
        while self
            .doubtful
            .front()
            .is_some_and(|first| first.until <= now)
        {
            let is_members = |first: &Doubtful| self.is_members(&first.line, roster);
            if self.doubtful.front().is_some_and(is_members) {
                self.doubtful.pop_front();
            } else {
                return self.settle();
            }
        }
        None
    }

    /// Decides that the oldest doubtful line is a guest's.
    fn settle(&mut self) -> Option<EngineEvent> {
        let line = self.doubtful.pop_front()?.line;
        if self.guests.len() >= GUESTS_MAX {
            self.guests.pop_first();
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

    /// Whether a line is a copy of a member's, this one included.
    fn is_members(&self, line: &PlainCopy, roster: &Roster) -> bool {
        let port = line.source.port();
        let says = |name: &Name| line.name.as_deref() == Some(name.as_str());
        if port == self.port && says(&self.name) {
            return true;
        }
        // A host may have several addresses; then the name decides.
        let is_from = |address: SocketAddr| address.ip() == line.source.ip();
        roster.others().any(|(_, member)| {
            member.mirror_port == port
                && (member.address.is_some_and(is_from) || says(&member.name))
        })
    }
}

impl From<PlainCopy> for EngineEvent {
    fn from(line: PlainCopy) -> Self {
        Self::Guest {
            name: line.name,
            text: line.text,
            source: line.source,
        }
    }
}
