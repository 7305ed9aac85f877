//! What goes to the other side: our name and our lines, by the quiet rule or in frames. Owns the
//! lines that have not gone yet.

use std::collections::VecDeque;
use std::time::Duration;

use super::Dialect;
use crate::protocol::message::{Name, split_within};
use crate::protocol::wire::quiet::Outbox;
use crate::protocol::wire::{plain, raw, stream};

/// Lines held before no more are asked for, in bytes.
const PENDING_MAX_BYTES: usize = 256 << 10;

/// Bytes of frames handed out at once.
const SEND_MAX_BYTES: usize = 64 << 10;

/// Raw messages remembered for the other side, should it turn out to be one of us after all: at
/// the quiet rule's pace, those of half an hour.
const RAW_LENGTHS_MAX: usize = 65_536;

/// How we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// Not at all before a sign, or this time.
    Undecided { until: Duration },
    /// By the quiet rule.
    Quiet,
    /// In frames; the marker is due.
    Marking,
    /// In frames.
    Framed,
}

/// Whether we have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SendEnd {
    /// No.
    Open,
    /// Yes, and the other is to be told.
    Due,
    /// Yes, and the other has been told.
    Told,
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Outgoing {
    dialect: Dialect,
    name: Option<Name>,
    way: Framing,
    pending: VecDeque<String>,
    pending_bytes: usize,
    outbox: Outbox,
    is_name_queued: bool,
    raw_lengths: Vec<u16>,
    end: SendEnd,
    /// Empty lines that could not be sent since this was last taken.
    pub(super) empties_refused: usize,
}

impl Outgoing {
    pub(super) fn new(dialect: Dialect, name: Option<Name>, until: Duration) -> Self {
        Self {
            dialect,
            name,
            way: Framing::Undecided { until },
            pending: VecDeque::new(),
            pending_bytes: 0,
            outbox: Outbox::default(),
            is_name_queued: false,
            raw_lengths: Vec::new(),
            end: SendEnd::Open,
            empties_refused: 0,
        }
    }

    /// Takes a line; what does not fit one frame goes as several.
    pub(super) fn say(&mut self, mut line: String) {
        while line.len() > stream::PAYLOAD_MAX_BYTES {
            let (head, rest) = split_within(&line, stream::PAYLOAD_MAX_BYTES);
            let (head, rest) = (head.to_owned(), rest.to_owned());
            self.queue(head);
            line = rest;
        }
        self.queue(line);
    }

    fn queue(&mut self, line: String) {
        self.pending_bytes += line.len() + 1;
        self.pending.push_back(line);
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
        let is_introduced = match self.way {
            Framing::Undecided { .. } | Framing::Marking => false,
            Framing::Quiet => self.is_name_queued || self.introduction().is_none(),
            Framing::Framed => self.end != SendEnd::Due,
        };
        is_introduced && self.pending.is_empty() && self.outbox.is_empty()
    }

    pub(super) fn is_framed(&self) -> bool {
        matches!(self.way, Framing::Marking | Framing::Framed)
    }

    pub(super) fn on_time(&mut self, now: Duration) {
        if matches!(self.way, Framing::Undecided { until } if now >= until) {
            self.way = Framing::Quiet;
        }
    }

    /// The other is naive, unless it has shown already that it is not.
    pub(super) fn speak_quietly(&mut self) {
        if matches!(self.way, Framing::Undecided { .. }) {
            self.way = Framing::Quiet;
        }
    }

    /// The other is one of us: what was queued for a naive peer goes in frames instead.
    pub(super) fn speak_framed(&mut self) {
        if self.is_framed() {
            return;
        }
        self.way = Framing::Marking;
        // A name that was queued and has not gone is told in its own frame only.
        let is_name_unsent = self.is_name_queued && self.raw_lengths.is_empty();
        self.is_name_queued &= !is_name_unsent;
        for line in self
            .outbox
            .take_back()
            .into_iter()
            .skip(usize::from(is_name_unsent))
            .rev()
        {
            self.pending_bytes += line.len() + 1;
            self.pending.push_front(line);
        }
    }

    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        match self.way {
            Framing::Undecided { until } => Some(until),
            _ => self.outbox.next_time(now),
        }
    }

    /// Bytes to send now.
    pub(super) fn poll(
        &mut self,
        now: Duration,
        is_acknowledged: bool,
        knows_their_name: bool,
    ) -> Option<Vec<u8>> {
        match self.way {
            Framing::Undecided { .. } => None,
            Framing::Quiet => {
                let may_speak = knows_their_name || self.introduction().is_none();
                self.fill_outbox(may_speak);
                self.outbox
                    .poll(now, is_acknowledged)
                    .map(|piece| self.encode_raw(piece))
            }
            Framing::Marking | Framing::Framed => {
                self.poll_frames(knows_their_name || self.name.is_none())
            }
        }
    }

    /// The name that a naive peer is told before the first line.
    fn introduction(&self) -> Option<&Name> {
        self.name.as_ref().filter(|_| self.dialect == Dialect::Text)
    }

    fn fill_outbox(&mut self, may_speak: bool) {
        if !self.is_name_queued
            && let Some(name) = self.introduction()
        {
            let name = name.to_string();
            self.outbox.push(name);
            self.is_name_queued = true;
        }
        while may_speak && self.outbox.is_empty() {
            let Some(line) = self.take_pending() else {
                return;
            };
            let pieces = match self.dialect {
                Dialect::Text if line.is_empty() => {
                    self.empties_refused += 1;
                    continue;
                }
                Dialect::Text => raw::pieces(&line),
                Dialect::Json => plain::pieces(self.name.as_ref(), &line),
            };
            pieces.for_each(|piece| self.outbox.push(piece.into()));
        }
    }

    fn encode_raw(&mut self, piece: String) -> Vec<u8> {
        let bytes = match self.dialect {
            Dialect::Text => piece.into_bytes(),
            Dialect::Json => {
                let mut object = Vec::new();
                plain::encode(self.name.as_ref(), &piece, &mut object);
                object
            }
        };
        if self.raw_lengths.len() < RAW_LENGTHS_MAX {
            self.raw_lengths.extend(u16::try_from(bytes.len()));
        }
        bytes
    }

    fn poll_frames(&mut self, may_speak: bool) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        if self.way == Framing::Marking {
            self.way = Framing::Framed;
            stream::encode_marker(self.is_name_queued, &self.raw_lengths, &mut bytes);
            stream::encode_name(self.name.as_ref().map_or("", Name::as_str), &mut bytes);
            self.raw_lengths = Vec::new();
        }
        while may_speak && bytes.len() < SEND_MAX_BYTES {
            let Some(line) = self.take_pending() else {
                break;
            };
            stream::encode_line(&line, &mut bytes);
        }
        if self.end == SendEnd::Due && self.pending.is_empty() {
            self.end = SendEnd::Told;
            stream::encode_end(&mut bytes);
        }
        (!bytes.is_empty()).then_some(bytes)
    }

    fn take_pending(&mut self) -> Option<String> {
        let line = self.pending.pop_front()?;
        self.pending_bytes -= line.len() + 1;
        Some(line)
    }
}
