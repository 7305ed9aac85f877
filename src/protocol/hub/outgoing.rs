//! What the hub sends to one client: frames to one of ours, and one message at a time, by the
//! quiet rule, to a naive program. Both queues are bounded: a naive client's queue drops its
//! oldest chat, and a client of ours that does not read is disconnected.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use crate::protocol::wire::quiet::{Acknowledgement, Outbox};
use crate::protocol::wire::stream::{MARKER, encode_line};
use crate::protocol::wire::tr2::{Message, SERVER, operation};

/// Bytes that may wait for one client: half a second of a 20 Mbit/s link.
pub const BACKLOG_MAX_BYTES: usize = 1 << 20;

/// Bytes that may wait for all clients together. Above it, every client whose socket is full is
/// disconnected.
pub const BACKLOGS_MAX_BYTES: usize = 256 << 20;

/// Messages that may wait for a naive client: what it can be sent in about ten seconds.
pub const QUIET_QUEUE_MAX: usize = 256;

/// The frames of every message sent since the last time that all clients were written to. Each
/// message is framed once, however many clients it goes to: they share these bytes.
#[derive(Debug, Default)]
pub(super) struct Round(Vec<u8>);

impl Round {
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Frames a message, which [`Outgoing::queue`] then queues for each of its clients.
    pub(super) fn add(&mut self, text: &str, kind: MessageKind) -> QueuedMessage {
        let start = self.0.len();
        encode_line(text, &mut self.0);
        QueuedMessage {
            text: text.into(),
            framed: start..self.0.len(),
            kind,
        }
    }
}

/// Whether a message may be left out when a naive client's queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageKind {
    /// The text of a person: left out first.
    Chat,
    /// What the hub answers: left out last.
    Reply,
}

/// A message on its way to some clients.
#[derive(Clone, Debug)]
pub(super) struct QueuedMessage {
    text: Rc<str>,
    /// Where its frame stands in the round.
    framed: Range<usize>,
    kind: MessageKind,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    framing: Framing,
    /// Bytes that go before everything else: what the socket did not take, and the message that a
    /// naive client is to get now.
    backlog: Vec<u8>,
    is_blocked: bool,
}

#[derive(Debug)]
enum Framing {
    Naive(QuietQueue),
    Framed {
        /// Whether the marker that begins the frames was sent.
        is_marked: bool,
        /// The parts of the round that go to this client.
        ranges: Vec<Range<usize>>,
    },
}

impl Default for Framing {
    fn default() -> Self {
        Self::Naive(QuietQueue::default())
    }
}

impl Outgoing {
    /// From here on, the client gets frames.
    pub(super) fn begin_frames(&mut self) {
        self.framing = Framing::Framed {
            is_marked: false,
            ranges: Vec::new(),
        };
    }

    pub(super) fn is_framed(&self) -> bool {
        matches!(self.framing, Framing::Framed { .. })
    }

    pub(super) fn queue(&mut self, message: &QueuedMessage) {
        match &mut self.framing {
            Framing::Naive(quiet) => quiet.push(message.clone()),
            Framing::Framed { ranges, .. } => match ranges.last_mut() {
                Some(last) if last.end == message.framed.start => last.end = message.framed.end,
                _ => ranges.push(message.framed.clone()),
            },
        }
    }

    /// Drops the chat that waits for a naive client, because something more urgent follows.
    pub(super) fn drop_chat(&mut self) {
        if let Framing::Naive(quiet) = &mut self.framing {
            quiet
                .queue
                .retain(|message| message.kind != MessageKind::Chat);
            quiet.left_out = 0;
        }
    }

    /// Whether [`Outgoing::prepare`] depends on what the client's host has acknowledged.
    pub(super) fn needs_acknowledgement(&self) -> bool {
        match &self.framing {
            Framing::Naive(quiet) => {
                !self.is_blocked && self.backlog.is_empty() && !quiet.is_empty()
            }
            Framing::Framed { .. } => false,
        }
    }

    /// Moves a naive client's next message to the bytes to write, if it may go now. Returns how
    /// many messages were left out before it; the client, which is called `name`, gets a notice in
    /// their place.
    pub(super) fn prepare(
        &mut self,
        now: Duration,
        acknowledgement: Acknowledgement,
        name: &str,
    ) -> usize {
        let Framing::Naive(quiet) = &mut self.framing else {
            return 0;
        };
        if self.is_blocked {
            return 0;
        }
        let acknowledgement = match self.backlog.is_empty() {
            true => acknowledgement,
            false => Acknowledgement::Pending,
        };
        let (message, left_out) = quiet.poll(now, acknowledgement, name);
        let message = message.as_deref().unwrap_or_default();
        self.backlog.extend_from_slice(message.as_bytes());
        left_out
    }

    /// Whether [`Outgoing::parts`] has something to write.
    pub(super) fn has_bytes(&self) -> bool {
        let has_frames = match &self.framing {
            Framing::Naive(_) => false,
            Framing::Framed { is_marked, ranges } => !is_marked || !ranges.is_empty(),
        };
        !self.is_blocked && (has_frames || !self.backlog.is_empty())
    }

    /// The bytes to write now, in order; nothing while the socket takes none.
    pub(super) fn parts<'b>(&'b self, round: &'b Round) -> Vec<&'b [u8]> {
        if self.is_blocked {
            return Vec::new();
        }
        let backlog = (!self.backlog.is_empty()).then_some(self.backlog.as_slice());
        let (marker, ranges) = match &self.framing {
            Framing::Naive(_) => (None, &[][..]),
            Framing::Framed { is_marked, ranges } => {
                ((!is_marked).then_some(&MARKER[..]), ranges.as_slice())
            }
        };
        let framed = ranges.iter().filter_map(|range| round.0.get(range.clone()));
        backlog.into_iter().chain(marker).chain(framed).collect()
    }

    /// Takes away the first bytes of [`Outgoing::parts`], which the socket took, and keeps a copy
    /// of the others, because the round does not last.
    pub(super) fn on_written(&mut self, bytes: usize, round: &Round) {
        let from_backlog = bytes.min(self.backlog.len());
        self.backlog.drain(..from_backlog);
        if let Framing::Framed { is_marked, ranges } = &mut self.framing {
            let mut taken = bytes - from_backlog;
            let marker = (!std::mem::replace(is_marked, true)).then_some(&MARKER[..]);
            let framed = ranges.drain(..).filter_map(|range| round.0.get(range));
            for part in marker.into_iter().chain(framed) {
                let from_part = taken.min(part.len());
                taken -= from_part;
                let rest = part.get(from_part..).unwrap_or_default();
                self.backlog.extend_from_slice(rest);
            }
        }
        self.is_blocked = !self.backlog.is_empty();
    }

    /// Bytes that wait because the socket did not take them.
    pub(super) fn backlog_bytes(&self) -> usize {
        self.backlog.len()
    }

    /// The socket takes bytes again.
    pub(super) fn unblock(&mut self) {
        self.is_blocked = false;
    }

    /// Whether the socket did not take everything.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let is_queue_empty = match &self.framing {
            Framing::Naive(quiet) => quiet.queue.is_empty() && quiet.outbox.is_empty(),
            Framing::Framed { is_marked, ranges } => *is_marked && ranges.is_empty(),
        };
        is_queue_empty && self.backlog.is_empty()
    }

    /// When to write again, if nothing is queued before.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        match &self.framing {
            Framing::Naive(quiet) if !self.is_blocked => quiet.next_time(now),
            _ => None,
        }
    }
}

/// The messages for a naive client.
#[derive(Debug, Default)]
struct QuietQueue {
    queue: VecDeque<QueuedMessage>,
    outbox: Outbox<Rc<str>>,
    left_out: usize,
}

impl QuietQueue {
    fn push(&mut self, message: QueuedMessage) {
        if self.queue.len() >= QUIET_QUEUE_MAX {
            self.make_room();
        }
        self.queue.push_back(message);
    }

    /// Leaves out the oldest chat, half a queue at once, so that one notice stands for many
    /// messages. Replies are left out only if there is nothing else.
    fn make_room(&mut self) {
        let before = self.queue.len();
        let mut surplus = before - QUIET_QUEUE_MAX / 2;
        self.queue.retain(|message| {
            let is_left_out = message.kind == MessageKind::Chat && surplus > 0;
            surplus -= usize::from(is_left_out);
            !is_left_out
        });
        if self.queue.len() == before {
            self.queue.pop_front();
        }
        self.left_out += before - self.queue.len();
    }

    /// The next message, if it may go, or the notice that some were left out before it; and how
    /// many were left out.
    fn poll(
        &mut self,
        now: Duration,
        acknowledgement: Acknowledgement,
        name: &str,
    ) -> (Option<Rc<str>>, usize) {
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
                self.outbox.push(notice.write().into());
            } else if let Some(message) = self.queue.pop_front() {
                self.outbox.push(message.text);
            }
        }
        (self.outbox.poll(now, acknowledgement), left_out)
    }

    /// Whether [`QuietQueue::poll`] has nothing to return.
    fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.outbox.is_empty() && self.left_out == 0
    }

    fn next_time(&self, now: Duration) -> Option<Duration> {
        let waiting = (!self.queue.is_empty() || self.left_out > 0).then_some(now);
        self.outbox.next_time(now).or(waiting)
    }
}
