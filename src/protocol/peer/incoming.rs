//! What comes from the other side: raw text until a marker, frames after it. Owns the bytes that
//! are not yet a message.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Dialect, Role};
use crate::protocol::wire::json::Objects;
use crate::protocol::wire::quiet::{Inbox, SILENCE};
use crate::protocol::wire::stream::{
    Deframer, Frame, MARKER, PAYLOAD_MAX_BYTES, TooLong, begun_marker_bytes,
};

/// How long an object that has begun may stay unfinished before it counts as mere text.
const OBJECT_SILENCE: Duration = Duration::from_secs(2);

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// The other has given the sign.
    Ours,
    /// A raw message.
    Raw(Vec<u8>),
    /// A name, in its frame.
    Name(Vec<u8>),
    /// A line, in its frame.
    Line(Vec<u8>),
    /// The frame after which nothing more is said.
    End,
    /// A frame over the limit.
    Broken(TooLong),
}

/// How we hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// Text, by the quiet rule. For a caller, a marker may come at any time.
    Raw,
    /// A caller has made its offer: everything waits for its marker.
    Held,
    /// Frames, of which the first is the *before* frame.
    FirstFrame,
    /// Frames.
    Framed,
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Incoming {
    role: Role,
    dialect: Dialect,
    way: Framing,
    inbox: Inbox,
    /// Bytes of the inbox that are known to hold no whole marker, and no end of an object.
    searched: usize,
    objects: Objects,
    /// Raw bytes that have become messages so far.
    raw_taken: usize,
    deframer: Deframer,
    heard: VecDeque<Heard>,
}

impl Incoming {
    pub(super) fn new(role: Role, dialect: Dialect) -> Self {
        Self {
            role,
            dialect,
            way: Framing::Raw,
            inbox: Inbox::default(),
            searched: 0,
            objects: Objects::default(),
            raw_taken: 0,
            deframer: Deframer::default(),
            heard: VecDeque::new(),
        }
    }

    /// The next thing heard.
    pub(super) fn poll(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// Whether an offer is a sign now: to a listener that has heard nothing.
    pub(super) fn on_offer(&mut self) -> bool {
        let is_sign =
            self.role == Role::Listener && self.way == Framing::Raw && self.raw_taken == 0;
        if is_sign {
            self.way = Framing::Held;
        }
        is_sign
    }

    pub(super) fn on_bytes(&mut self, now: Duration, bytes: &[u8]) {
        if matches!(self.way, Framing::FirstFrame | Framing::Framed) {
            self.deframer.push(bytes);
            return self.take_frames();
        }
        self.inbox.push(now, bytes);
        if self.may_be_marked()
            && let Some(at) = self.find_marker()
        {
            return self.on_marker(now, at);
        }
        if self.way == Framing::Held {
            if self.inbox.bytes().len() <= PAYLOAD_MAX_BYTES {
                return;
            }
            // One of us would have sent its marker long ago.
            self.way = Framing::Raw;
        }
        self.take_raw();
    }

    pub(super) fn on_time(&mut self, now: Duration) {
        if self.way == Framing::Raw
            && let Some(message) = self.inbox.poll_silent(now, self.silence())
        {
            self.on_raw(message);
        }
    }

    pub(super) fn on_end(&mut self) {
        let rest = self.inbox.take_all();
        self.on_raw(rest);
    }

    /// When a silence makes the waiting bytes a message.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.inbox
            .next_time(self.silence())
            .filter(|_| self.way == Framing::Raw)
    }

    /// Since when the bytes of a message that is not yet whole have been coming.
    pub(super) fn is_hearing_since(&self) -> Option<Duration> {
        self.inbox.begun_at().filter(|_| self.way == Framing::Raw)
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
        self.role == Role::Caller || self.way == Framing::Held
    }

    fn begun_marker_bytes(&self) -> usize {
        if self.may_be_marked() {
            begun_marker_bytes(self.inbox.bytes())
        } else {
            0
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

    /// A marker stands at this place of the raw bytes; what stands before it waits for the first
    /// frame, which tells how to split it.
    fn on_marker(&mut self, now: Duration, at: usize) {
        let raw = self.inbox.split_to(at);
        self.inbox.split_to(MARKER.len());
        let frames = self.inbox.take_all();
        self.inbox.push(now, &raw);
        self.way = Framing::FirstFrame;
        self.heard.push_back(Heard::Ours);
        self.deframer.push(&frames);
        self.take_frames();
    }

    fn take_frames(&mut self) {
        let mut deframer = std::mem::take(&mut self.deframer);
        loop {
            match deframer.poll() {
                Ok(None) => break,
                Ok(Some(Frame::Before { has_name, lengths }))
                    if self.way == Framing::FirstFrame =>
                {
                    self.way = Framing::Framed;
                    self.split_raw(has_name, lengths);
                }
                Ok(Some(Frame::Name(name))) => self.heard.push_back(Heard::Name(name.into())),
                Ok(Some(Frame::Line(line))) => self.heard.push_back(Heard::Line(line.into())),
                Ok(Some(Frame::End)) => self.heard.push_back(Heard::End),
                Ok(Some(Frame::Before { .. } | Frame::Unknown)) => {}
                Err(too_long) => {
                    self.heard.push_back(Heard::Broken(too_long));
                    break;
                }
            }
        }
        self.deframer = deframer;
    }

    /// Splits the raw bytes that wait where the other says that its messages ended. The quiet
    /// rule may have taken some already. The name comes again, in a frame of its own.
    fn split_raw(&mut self, has_name: bool, lengths: &[u8]) {
        let mut end = 0;
        for (number, length) in lengths.chunks_exact(2).enumerate() {
            end += length
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            let message = self.inbox.split_to(end.saturating_sub(self.raw_taken));
            if has_name && number == 0 {
                self.raw_taken += message.len();
            } else {
                self.on_raw(message);
            }
        }
        let rest = self.inbox.take_all();
        self.on_raw(rest);
    }

    /// Takes what is whole already of the raw bytes that wait.
    fn take_raw(&mut self) {
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
        let held_bytes = self.begun_marker_bytes();
        while let Some(message) = self.inbox.poll_full(held_bytes) {
            self.on_raw(message);
        }
        self.searched = self.inbox.bytes().len();
    }

    /// Whether an object has begun, once the blanks before it are gone.
    fn skip_blanks_between_objects(&mut self) -> bool {
        if self.dialect == Dialect::Json {
            let bytes = self.inbox.bytes().iter();
            let blanks = bytes.take_while(|byte| byte.is_ascii_whitespace()).count();
            self.raw_taken += self.inbox.split_to(blanks).len();
        }
        self.begins_object()
    }

    /// Goes on looking for the end of the object that has begun.
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
            self.heard.push_back(Heard::Raw(message));
        }
    }
}
