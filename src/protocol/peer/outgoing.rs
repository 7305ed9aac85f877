//! What is sent to the peer: our name and our lines, by the quiet rule or in frames. Owns the lines
//! that were not sent yet.

use std::collections::VecDeque;
use std::time::Duration;

use super::Dialect;
use crate::protocol::message::{Name, split_within};
use crate::protocol::wire::quiet::{Acknowledgement, Outbox};
use crate::protocol::wire::{plain, raw, stream};

/// Bytes of lines that wait before no more are requested.
const PENDING_MAX_BYTES: usize = 256 << 10;

/// Bytes of frames that are handed out at once.
const SEND_MAX_BYTES: usize = 64 << 10;

/// Lengths of raw messages that are remembered, in case the peer shows later that it is a program
/// of ours: those of half an hour at the quiet rule's rate.
const RAW_LENGTHS_MAX: usize = 65_536;

/// How lines are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// Not at all, before a sign or this time.
    Undecided { until: Duration },
    /// By the quiet rule.
    Quiet,
    /// In frames; the marker is sent next.
    Marking,
    /// In frames.
    Framed,
}

/// Whether our lines have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SendEnd {
    /// No.
    Open,
    /// Yes, and the end frame is not sent yet.
    Due,
    /// Yes, and the end frame is sent.
    Sent,
}

/// What waits to be sent.
#[derive(Debug)]
enum Saying {
    Line(String),
    /// Goes as it is.
    Object(String),
}

impl Saying {
    /// What it counts for, in bytes: an empty line takes memory too.
    fn weight_bytes(&self) -> usize {
        let (Self::Line(text) | Self::Object(text)) = self;
        text.len() + 1
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Outgoing {
    dialect: Dialect,
    name: Option<Name>,
    framing: Framing,
    pending: VecDeque<Saying>,
    pending_bytes: usize,
    outbox: Outbox<Saying>,
    is_name_queued: bool,
    /// Whether the peer's name is known, or will not come.
    has_their_name: bool,
    raw_lengths: Vec<u16>,
    end: SendEnd,
    /// Empty lines that could not be sent, until the owner takes this count.
    pub(super) empties_refused: usize,
}

impl Outgoing {
    pub(super) fn new(dialect: Dialect, name: Option<Name>, until: Duration) -> Self {
        Self {
            dialect,
            name,
            framing: Framing::Undecided { until },
            pending: VecDeque::new(),
            pending_bytes: 0,
            outbox: Outbox::default(),
            is_name_queued: false,
            has_their_name: false,
            raw_lengths: Vec::new(),
            end: SendEnd::Open,
            empties_refused: 0,
        }
    }

    /// Queues a line. One that does not fit a frame goes as several.
    pub(super) fn say(&mut self, mut line: String) {
        while line.len() > stream::PAYLOAD_MAX_BYTES {
            let (head, rest) = split_within(&line, stream::PAYLOAD_MAX_BYTES);
            let (head, rest) = (head.to_owned(), rest.to_owned());
            self.queue(Saying::Line(head));
            line = rest;
        }
        self.queue(Saying::Line(line));
    }

    /// Queues an object. One that does not fit a frame goes as lines.
    pub(super) fn say_object(&mut self, object: String) {
        if object.len() > stream::PAYLOAD_MAX_BYTES {
            return self.say(object);
        }
        self.queue(Saying::Object(object));
    }

    fn queue(&mut self, saying: Saying) {
        self.pending_bytes += saying.weight_bytes();
        self.pending.push_back(saying);
    }

    pub(super) fn end(&mut self) {
        if self.end == SendEnd::Open {
            self.end = SendEnd::Due;
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.pending_bytes < PENDING_MAX_BYTES
    }

    pub(super) fn is_drained(&self) -> bool {
        let is_introduced = match self.framing {
            Framing::Undecided { .. } | Framing::Marking => false,
            Framing::Quiet => self.is_name_queued || self.introduction().is_none(),
            Framing::Framed => self.end != SendEnd::Due,
        };
        is_introduced && self.pending.is_empty() && self.outbox.is_empty()
    }

    pub(super) fn is_framed(&self) -> bool {
        matches!(self.framing, Framing::Marking | Framing::Framed)
    }

    pub(super) fn on_time(&mut self, now: Duration) {
        if matches!(self.framing, Framing::Undecided { until } if now >= until) {
            self.framing = Framing::Quiet;
        }
    }

    /// The peer is naive, unless it has shown already that it is not.
    pub(super) fn use_quiet_rule(&mut self) {
        if matches!(self.framing, Framing::Undecided { .. }) {
            self.framing = Framing::Quiet;
        }
    }

    /// The peer is a program of ours: what was queued for a naive one goes in frames instead.
    pub(super) fn use_frames(&mut self) {
        if self.is_framed() {
            return;
        }
        self.framing = Framing::Marking;
        // A name that was queued and not sent goes in its own frame only.
        let is_name_unsent = self.is_name_queued && self.raw_lengths.is_empty();
        self.is_name_queued &= !is_name_unsent;
        for saying in self
            .outbox
            .take_back()
            .into_iter()
            .skip(usize::from(is_name_unsent))
            .rev()
        {
            self.pending_bytes += saying.weight_bytes();
            self.pending.push_front(saying);
        }
    }

    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        match self.framing {
            Framing::Undecided { until } => Some(until),
            _ => self.outbox.next_time(now),
        }
    }

    /// The peer's name has come, or will not come: lines need not wait for it.
    pub(super) fn end_introduction(&mut self) {
        self.has_their_name = true;
    }

    /// The next bytes to send.
    pub(super) fn poll(
        &mut self,
        now: Duration,
        acknowledgement: Acknowledgement,
    ) -> Option<Vec<u8>> {
        match self.framing {
            Framing::Undecided { .. } => None,
            Framing::Quiet => {
                self.fill_outbox();
                self.outbox
                    .poll(now, acknowledgement)
                    .map(|saying| self.encode_raw(saying))
            }
            Framing::Marking | Framing::Framed => self.poll_frames(),
        }
    }

    /// The name that a naive peer gets before the first line.
    fn introduction(&self) -> Option<&Name> {
        self.name.as_ref().filter(|_| self.dialect == Dialect::Text)
    }

    fn fill_outbox(&mut self) {
        let may_send_lines = self.has_their_name || self.introduction().is_none();
        if !self.is_name_queued
            && let Some(name) = self.introduction()
        {
            let name = name.to_string();
            self.outbox.push(Saying::Line(name));
            self.is_name_queued = true;
        }
        while may_send_lines && self.outbox.is_empty() {
            let line = match self.take_pending() {
                None => return,
                Some(Saying::Line(line)) => line,
                Some(object) => {
                    self.outbox.push(object);
                    continue;
                }
            };
            let pieces = match self.dialect {
                Dialect::Text if line.is_empty() => {
                    self.empties_refused += 1;
                    continue;
                }
                Dialect::Text => raw::pieces(&line),
                Dialect::Json => plain::pieces(self.name.as_ref(), &line),
            };
            pieces.for_each(|piece| self.outbox.push(Saying::Line(piece.into())));
        }
    }

    fn encode_raw(&mut self, saying: Saying) -> Vec<u8> {
        let bytes = match (saying, self.dialect) {
            (Saying::Line(piece), Dialect::Json) => {
                let mut object = Vec::new();
                plain::encode(self.name.as_ref(), &piece, &mut object);
                object
            }
            (Saying::Line(text) | Saying::Object(text), _) => text.into_bytes(),
        };
        // A length that has no room in its two bytes stands as several.
        for piece in bytes.chunks(usize::from(u16::MAX)) {
            if self.raw_lengths.len() < RAW_LENGTHS_MAX {
                self.raw_lengths.extend(u16::try_from(piece.len()));
            }
        }
        bytes
    }

    fn poll_frames(&mut self) -> Option<Vec<u8>> {
        let may_send_lines = self.has_their_name || self.name.is_none();
        let mut bytes = Vec::new();
        if self.framing == Framing::Marking {
            self.framing = Framing::Framed;
            let before = stream::SentBefore {
                has_name: self.is_name_queued,
                lengths: &self.raw_lengths,
            };
            stream::encode_marker(before, &mut bytes);
            stream::encode_name(self.name.as_ref().map_or("", Name::as_str), &mut bytes);
            self.raw_lengths = Vec::new();
        }
        while may_send_lines && bytes.len() < SEND_MAX_BYTES {
            match self.take_pending() {
                None => break,
                Some(Saying::Line(line)) => stream::encode_line(&line, &mut bytes),
                Some(Saying::Object(object)) => stream::encode_object(&object, &mut bytes),
            }
        }
        if self.end == SendEnd::Due && self.pending.is_empty() {
            self.end = SendEnd::Sent;
            stream::encode_end(&mut bytes);
        }
        (!bytes.is_empty()).then_some(bytes)
    }

    fn take_pending(&mut self) -> Option<Saying> {
        let saying = self.pending.pop_front()?;
        self.pending_bytes -= saying.weight_bytes();
        Some(saying)
    }
}
