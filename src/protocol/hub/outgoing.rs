//! What goes to one client of the hub: to one of us in frames, to a naive program one message at a
//! time by the quiet rule. Both queues are bounded: of a naive client's, the oldest chat is left
//! out; one of us that does not read is too slow to stay.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use crate::protocol::wire::quiet::Outbox;
use crate::protocol::wire::stream::{MARKER, encode_line};
use crate::protocol::wire::tr2::{Message, SERVER, operation};

/// Bytes that may wait for one client: half a second of a 20 Mbit/s link.
pub const BACKLOG_MAX_BYTES: usize = 1 << 20;

/// Bytes that may wait for all clients together; then whoever needs more is too slow.
pub const BACKLOGS_MAX_BYTES: usize = 256 << 20;

/// Messages that may wait for a naive client: what it can be sent in about ten seconds.
pub const QUIET_QUEUE_MAX: usize = 256;

/// What carries the bytes: sockets, or a test.
pub trait Lines {
    /// Hands over bytes for a client; how many were taken. A client that is gone takes all.
    fn write(&mut self, client: u32, parts: &[&[u8]]) -> usize;
    /// Whether a client's host has acknowledged all that was taken.
    fn is_acknowledged(&mut self, client: u32) -> bool;
    /// A line did not take all: the hub is to be told when it takes more.
    fn watch(&mut self, client: u32);
}

/// All that is said to anybody between two writes, framed, each message once.
#[derive(Debug, Default)]
pub(super) struct Round(Vec<u8>);

impl Round {
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a message, to be said to whom it is for.
    pub(super) fn add(&mut self, text: &str, is_chat: bool) -> Saying {
        let start = self.0.len();
        encode_line(text, &mut self.0);
        Saying {
            text: text.into(),
            framed: start..self.0.len(),
            is_chat,
        }
    }
}

/// A message on its way to some clients.
#[derive(Clone, Debug)]
pub(super) struct Saying {
    text: Rc<str>,
    framed: Range<usize>,
    is_chat: bool,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    way: Framing,
    /// Bytes that were made and not taken.
    backlog: Vec<u8>,
    is_blocked: bool,
}

#[derive(Debug)]
enum Framing {
    Naive(Quiet),
    Framed(Framed),
}

/// What is said to one of us.
#[derive(Debug, Default)]
struct Framed {
    is_marked: bool,
    /// Which parts of the round are for this client.
    ranges: Vec<Range<usize>>,
}

impl Default for Framing {
    fn default() -> Self {
        Self::Naive(Quiet::default())
    }
}

/// The messages for a naive client.
#[derive(Debug, Default)]
struct Quiet {
    queue: VecDeque<Saying>,
    outbox: Outbox,
    left_out: usize,
}

impl Outgoing {
    /// From here on, frames.
    pub(super) fn begin_frames(&mut self) {
        self.way = Framing::Framed(Framed::default());
    }

    pub(super) fn is_framed(&self) -> bool {
        matches!(self.way, Framing::Framed(_))
    }

    pub(super) fn say(&mut self, saying: &Saying) {
        match &mut self.way {
            Framing::Naive(quiet) => quiet.push(saying.clone()),
            Framing::Framed(Framed { ranges, .. }) => match ranges.last_mut() {
                Some(last) if last.end == saying.framed.start => last.end = saying.framed.end,
                _ => ranges.push(saying.framed.clone()),
            },
        }
    }

    /// Forgets the chat that waits for a naive client: something more urgent follows.
    pub(super) fn hurry(&mut self) {
        if let Framing::Naive(quiet) = &mut self.way {
            quiet.queue.retain(|saying| !saying.is_chat);
            quiet.left_out = 0;
        }
    }

    /// Hands over what may go now; how many messages were left out, told to `name` at their place.
    /// What is not taken waits, and how much that is, is for the hub to judge.
    pub(super) fn write(
        &mut self,
        now: Duration,
        (client, name): (u32, &str),
        round: &Round,
        lines: &mut impl Lines,
    ) -> usize {
        match &mut self.way {
            Framing::Framed(Framed { is_marked, ranges }) => {
                let marker = (!std::mem::replace(is_marked, true)).then_some(&MARKER[..]);
                let ranges = ranges.drain(..).filter_map(|range| round.0.get(range));
                let parts: Vec<&[u8]> = marker.into_iter().chain(ranges).collect();
                self.is_blocked = hand_over(&mut self.backlog, &parts, self.is_blocked, |parts| {
                    lines.write(client, parts)
                });
            }
            Framing::Naive(quiet) if !self.is_blocked => {
                let is_acknowledged = self.backlog.is_empty() && lines.is_acknowledged(client);
                let (message, left_out) = quiet.poll(now, is_acknowledged, name);
                let message = message.unwrap_or_default();
                self.is_blocked =
                    hand_over(&mut self.backlog, &[message.as_bytes()], false, |parts| {
                        lines.write(client, parts)
                    });
                return left_out;
            }
            Framing::Naive(_) => {}
        }
        0
    }

    /// Bytes that wait because the line did not take them.
    pub(super) fn backlog_bytes(&self) -> usize {
        self.backlog.len()
    }

    /// The client's line takes bytes again.
    pub(super) fn resume(&mut self) {
        self.is_blocked = false;
    }

    /// Whether the line did not take all, and should be watched.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let is_said = match &self.way {
            Framing::Naive(quiet) => quiet.queue.is_empty() && quiet.outbox.is_empty(),
            Framing::Framed(Framed { is_marked, ranges }) => *is_marked && ranges.is_empty(),
        };
        is_said && self.backlog.is_empty()
    }

    /// When to write again, if nothing is said.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        match &self.way {
            Framing::Naive(quiet) if !self.is_blocked => quiet.next_time(now),
            _ => None,
        }
    }
}

/// Writes what waits and then the parts; what is not taken waits. Whether something does.
fn hand_over(
    backlog: &mut Vec<u8>,
    parts: &[&[u8]],
    is_blocked: bool,
    write: impl FnOnce(&[&[u8]]) -> usize,
) -> bool {
    let mut taken = 0;
    if !is_blocked {
        taken = match backlog.is_empty() {
            true if parts.iter().all(|part| part.is_empty()) => return false,
            true => write(parts),
            false => {
                let mut all: Vec<&[u8]> = vec![&*backlog];
                all.extend(parts);
                write(&all)
            }
        };
    }
    let from_backlog = taken.min(backlog.len());
    backlog.drain(..from_backlog);
    taken -= from_backlog;
    for part in parts {
        let from_part = taken.min(part.len());
        taken -= from_part;
        backlog.extend_from_slice(part.get(from_part..).unwrap_or_default());
    }
    !backlog.is_empty()
}

impl Quiet {
    fn push(&mut self, saying: Saying) {
        if self.queue.len() >= QUIET_QUEUE_MAX {
            self.make_room();
        }
        self.queue.push_back(saying);
    }

    /// Leaves out the oldest chat, half a queue at once: one notice is then said for many messages,
    /// and not one for each. Answers go only if there is nothing else.
    fn make_room(&mut self) {
        let before = self.queue.len();
        let mut surplus = before - QUIET_QUEUE_MAX / 2;
        self.queue.retain(|saying| {
            let goes = saying.is_chat && surplus > 0;
            surplus -= usize::from(goes);
            !goes
        });
        if self.queue.len() == before {
            self.queue.pop_front();
        }
        self.left_out += before - self.queue.len();
    }

    /// The next message, if it may go, or before it the notice of what was left out there.
    fn poll(
        &mut self,
        now: Duration,
        is_acknowledged: bool,
        name: &str,
    ) -> (Option<String>, usize) {
        let mut left_out = 0;
        if self.outbox.is_empty() {
            left_out = std::mem::take(&mut self.left_out);
            if left_out > 0 {
                let notice = format!("{left_out} messages were left out here: too many at once");
                let notice = Message {
                    from: SERVER,
                    to: name,
                    operation: operation::PRIVATE,
                    data: Some(&notice),
                };
                self.outbox.push(notice.write());
            } else if let Some(saying) = self.queue.pop_front() {
                self.outbox.push(saying.text.to_string());
            }
        }
        (self.outbox.poll(now, is_acknowledged), left_out)
    }

    fn next_time(&self, now: Duration) -> Option<Duration> {
        let waiting = (!self.queue.is_empty() || self.left_out > 0).then_some(now);
        self.outbox.next_time(now).or(waiting)
    }
}
