//! The bytes that come from the peer: raw text until a marker, frames after it. Owns the bytes that
//! are not a message yet.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Dialect, Role};
use crate::protocol::wire::json::Objects;
use crate::protocol::wire::quiet::{Inbox, SILENCE};
use crate::protocol::wire::stream::{
    BUSY, Deframer, Frame, MARKER, PAYLOAD_MAX_BYTES, TooLong, begun_marker_bytes,
};

/// How long an object that has begun may stay unfinished before it counts as mere text.
const OBJECT_SILENCE: Duration = Duration::from_secs(2);

/// What the bytes contain.
#[derive(Debug)]
pub(super) enum Received {
    /// The sign that the peer is a program of ours.
    Ours,
    /// A raw message.
    Raw(Vec<u8>),
    /// The listener talks to another, and has closed.
    Busy,
    /// A name frame.
    Name(Vec<u8>),
    /// A line frame.
    Line(Vec<u8>),
    /// An object frame.
    Object(Vec<u8>),
    /// The end frame, after which the peer sends nothing more.
    End,
    /// A frame over the limit.
    Broken(TooLong),
}

/// How the bytes are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// As text, by the quiet rule. A caller may receive a marker at any time.
    Raw,
    /// As text that waits for a marker, because the caller has made an offer.
    Held,
    /// As frames, of which the first is the *before* frame.
    FirstFrame,
    /// As frames.
    Framed,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Incoming {
    role: Role,
    dialect: Dialect,
    framing: Framing,
    inbox: Inbox,
    /// How many bytes of the inbox were searched, and contain no whole marker and no object's end.
    searched: usize,
    objects: Objects,
    /// Raw bytes that have become messages.
    raw_taken: usize,
    deframer: Deframer,
    received: VecDeque<Received>,
}

impl Incoming {
    pub(super) fn new(role: Role, dialect: Dialect) -> Self {
        Self {
            role,
            dialect,
            framing: Framing::Raw,
            inbox: Inbox::default(),
            searched: 0,
            objects: Objects::default(),
            raw_taken: 0,
            deframer: Deframer::default(),
            received: VecDeque::new(),
        }
    }

    /// The next of what the bytes contain.
    pub(super) fn poll(&mut self) -> Option<Received> {
        self.received.pop_front()
    }

    /// An offer came; returns whether it is a sign, which it is for a listener that has received no
    /// message.
    pub(super) fn on_offer(&mut self) -> bool {
        let is_sign =
            self.role == Role::Listener && self.framing == Framing::Raw && self.raw_taken == 0;
        if is_sign {
            self.framing = Framing::Held;
        }
        is_sign
    }

    pub(super) fn on_bytes(&mut self, now: Duration, bytes: &[u8]) {
        if matches!(self.framing, Framing::FirstFrame | Framing::Framed) {
            self.deframer.push(bytes);
            return self.take_frames();
        }
        self.inbox.push(now, bytes);
        if self.may_be_marked()
            && let Some(at) = self.find_marker()
        {
            return self.on_marker(now, at);
        }
        if self.framing == Framing::Held {
            if self.inbox.bytes().len() <= PAYLOAD_MAX_BYTES {
                return;
            }
            // A program of ours would have sent its marker by now.
            self.framing = Framing::Raw;
        }
        self.take_raw(bytes.len());
    }

    pub(super) fn on_time(&mut self, now: Duration) {
        if self.framing == Framing::Raw
            && let Some(message) = self.inbox.poll_silent(now, self.silence())
        {
            self.on_raw(message);
        }
    }

    pub(super) fn on_end(&mut self) {
        let rest = self.inbox.take_all();
        let is_busy = self.role == Role::Caller && self.raw_taken == 0;
        if is_busy && self.framing == Framing::Raw && rest == BUSY.as_bytes() {
            return self.received.push_back(Received::Busy);
        }
        self.on_raw(rest);
    }

    /// When a silence makes the bytes that wait a message.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.inbox
            .next_time(self.silence())
            .filter(|_| self.framing == Framing::Raw)
    }

    /// When the first byte of a message that is not complete came.
    pub(super) fn receiving_since(&self) -> Option<Duration> {
        self.inbox
            .begun_at()
            .filter(|_| self.framing == Framing::Raw)
    }

    fn silence(&self) -> Duration {
        match self.begins_object() {
            true => OBJECT_SILENCE,
            false => SILENCE,
        }
    }

    fn begins_object(&self) -> bool {
        self.dialect == Dialect::Json && self.inbox.bytes().starts_with(b"{")
    }

    fn may_be_marked(&self) -> bool {
        self.role == Role::Caller || self.framing == Framing::Held
    }

    fn begun_marker_bytes(&self) -> usize {
        if self.may_be_marked() {
            begun_marker_bytes(self.inbox.bytes())
        } else {
            0
        }
    }

    /// How many bytes may be all that a busy listener says: its end then follows.
    fn begun_busy_bytes(&self) -> usize {
        let waiting = self.inbox.bytes();
        let is_first = self.role == Role::Caller && self.raw_taken == 0;
        match is_first && waiting == BUSY.as_bytes() {
            true => waiting.len(),
            false => 0,
        }
    }

    fn find_marker(&self) -> Option<usize> {
        let from = self.searched.saturating_sub(MARKER.len());
        let unsearched = self.inbox.bytes().get(from..)?;
        Some(
            from + unsearched
                .windows(MARKER.len())
                .position(|window| window == MARKER)?,
        )
    }

    /// A marker is at this position of the raw bytes. The bytes before it wait for the first frame,
    /// which holds the lengths to split them by.
    fn on_marker(&mut self, now: Duration, at: usize) {
        let raw = self.inbox.split_to(at);
        self.inbox.split_to(MARKER.len());
        let frames = self.inbox.take_all();
        self.inbox.push(now, &raw);
        self.framing = Framing::FirstFrame;
        self.received.push_back(Received::Ours);
        self.deframer.push(&frames);
        self.take_frames();
    }

    fn take_frames(&mut self) {
        let mut deframer = std::mem::take(&mut self.deframer);
        loop {
            match deframer.poll() {
                Ok(None) => break,
                Ok(Some(Frame::Before { has_name, lengths }))
                    if self.framing == Framing::FirstFrame =>
                {
                    self.framing = Framing::Framed;
                    self.split_raw(usize::from(has_name), lengths);
                }
                Ok(Some(Frame::Name(name))) => self.received.push_back(Received::Name(name.into())),
                Ok(Some(Frame::Line(line))) => self.received.push_back(Received::Line(line.into())),
                Ok(Some(Frame::Object(object))) => {
                    self.received.push_back(Received::Object(object.into()));
                }
                Ok(Some(Frame::End)) => self.received.push_back(Received::End),
                Ok(Some(Frame::Before { .. } | Frame::Unknown)) => {}
                Err(too_long) => {
                    self.received.push_back(Received::Broken(too_long));
                    break;
                }
            }
        }
        self.deframer = deframer;
    }

    /// Splits the raw bytes that wait by the lengths of the peer's messages. The quiet rule may
    /// have taken some of them already. The first `names` of them are names and are skipped,
    /// because the name comes again in a frame.
    fn split_raw(&mut self, names: usize, lengths: &[u8]) {
        let mut end = 0;
        for (number, length) in lengths.chunks_exact(2).enumerate() {
            end += length
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            let message = self.inbox.split_to(end.saturating_sub(self.raw_taken));
            if number < names {
                self.raw_taken += message.len();
            } else {
                self.on_raw(message);
            }
        }
        let rest = self.inbox.take_all();
        self.on_raw(rest);
    }

    /// Takes the complete messages from the raw bytes that wait; one read has brought the last
    /// `read_bytes` of them.
    fn take_raw(&mut self, read_bytes: usize) {
        while self.skip_blanks_between_objects() {
            let Some(end) = self.find_object_end() else {
                break;
            };
            let object = self.inbox.split_to(end);
            self.on_raw(object);
        }
        if self.begins_object() && self.inbox.bytes().len() <= PAYLOAD_MAX_BYTES {
            return;
        }
        let held_bytes = self.begun_marker_bytes().max(self.begun_busy_bytes());
        if let Some(message) = self.inbox.poll_read(read_bytes, held_bytes) {
            self.on_raw(message);
        }
        self.searched = self.inbox.bytes().len();
    }

    /// Drops the blanks before an object; returns whether one has begun.
    fn skip_blanks_between_objects(&mut self) -> bool {
        if self.dialect == Dialect::Json {
            let bytes = self.inbox.bytes().iter();
            let blanks = bytes.take_while(|byte| byte.is_ascii_whitespace()).count();
            self.raw_taken += self.inbox.split_to(blanks).len();
        }
        self.begins_object()
    }

    /// Searches the new bytes for the end of the object that has begun.
    fn find_object_end(&mut self) -> Option<usize> {
        if !self.objects.is_open() {
            self.searched = 0;
        }
        let unsearched = self.inbox.bytes().get(self.searched..)?;
        let end = unsearched.iter().position(|byte| self.objects.take(*byte));
        match end {
            Some(last) => Some(self.searched + last + 1),
            None => {
                self.searched = self.inbox.bytes().len();
                None
            }
        }
    }

    fn on_raw(&mut self, message: Vec<u8>) {
        self.raw_taken += message.len();
        self.searched = 0;
        self.objects = Objects::default();
        if !message.is_empty() {
            self.received.push_back(Received::Raw(message));
        }
    }
}
