//! Whether multicast carries a call here, found out when one begins: this member sends a megabit in
//! a second to all who can count it, and they say how much has arrived. Wires carry all of it;
//! radio, and switches that hold multicast back, a part or nothing.
//!
//! ```text
//! 0 s     the call names the probe's stream; whoever hears that joins the group of streams
//! 0.6     frames leave, one each 10 ms
//! 1.6     the stream ends
//! 2.0     those who counted say how much came, at random times
//! 3.2     what half of them have at least is told
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use super::Conference;
use super::telling::Tale;
use crate::protocol::engine::event::HeardCall;
use crate::protocol::engine::media::OwnCalled;
use crate::protocol::engine::unreliable::{Piece, Priority};
use crate::protocol::node::Node;
use crate::protocol::rng::Rng;
use crate::protocol::wire::compact::{Channel, StreamId};
use crate::protocol::wire::frame::call::{Called, Counted};

/// Frames of a probe, their bytes, and how far they are apart: 1 Mbit/s for a second, with headers.
const FRAMES: u16 = 100;
const FRAME_BYTES: usize = 1160;
const APART: Duration = Duration::from_millis(10);

/// How long joining the group of streams may take.
const JOIN: Duration = Duration::from_millis(600);

/// How long those who count wait from the announcement on: until the last frame has come.
const COUNTED_AFTER: Duration = Duration::from_millis(2000);

/// Within how much time after that they all answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(800);

/// When it is judged.
const JUDGED_AFTER: Duration = Duration::from_millis(3200);

/// How long nobody tries again: the network is still the same.
const AGAIN_AFTER: Duration = Duration::from_secs(600);

/// Most probes that are counted at once, and how often those of one person: each joins a group.
const COUNTED_MAX: usize = 4;
const OF_ONE_EVERY: Duration = Duration::from_secs(60);

/// Most persons whose answers, or probes, are remembered.
const PERSONS_MAX: usize = 512;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Probe {
    sending: Option<Sending>,
    sent_at: Option<Duration>,
    counting: BTreeMap<StreamId, Duration>,
    /// When a probe of each person was counted last.
    counted: BTreeMap<u64, Duration>,
}

#[derive(Debug)]
struct Sending {
    stream: StreamId,
    began: Duration,
    sent: u16,
    is_closed: bool,
    /// How many frames have arrived at each person.
    arrived: BTreeMap<u64, u16>,
}

/// What came of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Probed {
    /// How many of a hundred frames have arrived at half of those who counted.
    pub(super) arrived_percent: u8,
    /// How many counted.
    pub(super) members: usize,
}

impl Probe {
    /// Whether nothing is sent or counted.
    pub(super) fn is_idle(&self) -> bool {
        self.sending.is_none() && self.counting.is_empty()
    }

    /// Whether a stream is a probe that is counted here.
    pub(super) fn counts(&self, stream: StreamId) -> bool {
        self.counting.contains_key(&stream)
    }

    /// Begins one, unless the network was tried lately.
    pub(super) fn begin(&mut self, now: Duration, node: &mut Node) {
        if self.sent_at.is_some_and(|at| now < at + AGAIN_AFTER) {
            return;
        }
        self.sending = node.open_stream(Channel::Probe).map(|stream| Sending {
            stream,
            began: now,
            sent: 0,
            is_closed: false,
            arrived: BTreeMap::new(),
        });
        self.sent_at = Some(now);
    }

    /// As the call announces it.
    pub(super) fn called(&self) -> Option<OwnCalled> {
        let sending = self.sending.as_ref().filter(|it| !it.is_closed)?;
        Some(OwnCalled {
            stream: sending.stream,
            codec: 0,
            speaks: false,
            newest_unit: 0,
            guest: None,
        })
    }

    /// Counts the probe of a person from now on, if there is room; `follow` begins to receive it.
    pub(super) fn hear(
        &mut self,
        now: Duration,
        (person, stream, called): (u64, StreamId, &Called),
        rng: &mut Rng,
        follow: impl FnOnce() -> bool,
    ) {
        if called.channel != Channel::Probe || self.counts(stream) {
            return;
        }
        self.counted.retain(|_, at| now < *at + OF_ONE_EVERY);
        let is_full = self.counting.len() >= COUNTED_MAX || self.counted.len() >= PERSONS_MAX;
        if is_full || self.counted.contains_key(&person) || !follow() {
            return;
        }
        self.counted.insert(person, now);
        let within = rng.between(Duration::ZERO, ANSWER_WITHIN);
        self.counting.insert(stream, now + COUNTED_AFTER + within);
    }

    /// A person says how much of a probe has arrived.
    pub(super) fn hear_count(&mut self, person: u64, counted: Counted) {
        if let Some(sending) = &mut self.sending
            && sending.stream == counted.stream
            && sending.arrived.len() < PERSONS_MAX
        {
            sending.arrived.entry(person).or_insert(counted.frames);
        }
    }

    /// What was counted, if it is time to say so.
    pub(super) fn take_count(&mut self, now: Duration, node: &mut Node) -> Option<Counted> {
        let mut counting = self.counting.iter();
        let (stream, _) = counting.find(|(_, due)| **due <= now)?;
        let stream = *stream;
        self.counting.remove(&stream);
        let received = node.stream_counts(stream).received;
        node.unfollow_stream(stream);
        let frames = u16::try_from(received).unwrap_or(u16::MAX);
        Some(Counted { stream, frames })
    }

    /// Sends what is due; what came of it, once that is known.
    pub(super) fn on_time(&mut self, now: Duration, node: &mut Node) -> Option<Probed> {
        let sending = self.sending.as_mut()?;
        while sending.sent < FRAMES && now >= sending.due() {
            let piece = Piece {
                frame: u32::from(sending.sent) + 1,
                piece: 0,
                originals: 1,
                flags: 0,
                bytes: vec![0; FRAME_BYTES.min(node.symbol_max_bytes())],
            };
            node.send_unreliable(sending.stream, Priority::Probe, now + JOIN, piece);
            sending.sent += 1;
        }
        if !sending.is_closed && now >= sending.began + COUNTED_AFTER {
            // Its number was known to all who count by then.
            sending.is_closed = true;
        }
        if now < sending.began + JUDGED_AFTER {
            return None;
        }
        node.close_stream(sending.stream);
        let mut arrived: Vec<u16> = sending.arrived.values().copied().collect();
        self.sending = None;
        arrived.sort_unstable();
        let members = arrived.len();
        // Half of them have as much or more: one of many can be wrong, or lie.
        let median = arrived.get(members.checked_sub(1)? / 2)?.min(&FRAMES);
        let arrived_percent = (u32::from(*median) * 100 / u32::from(FRAMES)) as u8;
        Some(Probed {
            arrived_percent,
            members,
        })
    }

    /// When something is due.
    pub(super) fn next_time(&self) -> Option<Duration> {
        let sending = self
            .sending
            .as_ref()
            .map(|sending| match sending.sent < FRAMES {
                true => sending.due(),
                false if !sending.is_closed => sending.began + COUNTED_AFTER,
                false => sending.began + JUDGED_AFTER,
            });
        self.counting.values().copied().chain(sending).min()
    }
}

impl Conference {
    /// Tries the network when a call begins: when nobody else sends anything yet.
    pub(super) fn probe_if_first(&mut self, now: Duration, node: &mut Node) {
        let is_first = self.own.is_empty() && self.calls.streams().next().is_none();
        if is_first && node.roster().size() > 1 {
            self.probe.begin(now, node);
            self.say_soon(now);
        }
    }

    /// Takes in what a call says of probes.
    pub(super) fn hear_probe(&mut self, now: Duration, heard: &HeardCall, node: &mut Node) {
        let person = heard.member.short;
        if let Some(counted) = heard.call.counted {
            self.probe.hear_count(person, counted);
        }
        for (called, stream) in heard.call.streams.iter().zip(&heard.streams) {
            let author = (&heard.who.key, heard.session);
            let follow = || node.follow_stream(now, author, (called.number, called.newest));
            let probe = (person, *stream, called);
            self.probe.hear(now, probe, &mut self.rng, follow);
        }
    }

    /// Sends and counts what is due.
    pub(super) fn time_probe(&mut self, now: Duration, node: &mut Node) {
        if let Some(counted) = self.probe.take_count(now, node) {
            self.saying.counted = Some(counted);
            self.say_at(now);
        }
        if let Some(probed) = self.probe.on_time(now, node) {
            self.tell(None, Tale::Probed(probed));
        }
    }
}

impl Sending {
    /// When the next frame leaves.
    fn due(&self) -> Duration {
        self.began + JOIN + APART * u32::from(self.sent)
    }
}
