//! What is sent of one microphone: each packet carries the moment before again, and leaves once
//! more for those who lack both.

use std::collections::VecDeque;
use std::time::Duration;

use super::frame::Captured;
use crate::protocol::engine::unreliable::{Piece, Priority};
use crate::protocol::node::Node;
use crate::protocol::rate::TokenBucket;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::call::Want;
use crate::protocol::wire::media::{
    MOMENT_MAX_BYTES, MOMENTS_MAX, Signature, Sound, SoundMoment, UnitId,
};

/// How many packets are held for those who ask: half a second.
const HELD_PACKETS: usize = 25;

/// When a packet that has not left is late.
const LATE_AFTER: Duration = Duration::from_millis(150);

/// Each packet is sent again at most this often: several may ask for it at once.
const AGAIN_AFTER: Duration = Duration::from_millis(8);

/// Where a key keeps strangers out, one of so many packets is signed.
const SIGNED_OF: u32 = 5;

/// Packets that are sent again, as a part of all: where more are lost, a question is lost too.
const REPAIRS_MOST: f64 = 0.5;

/// A person speaks who is louder than this, in dB below the loudest (RFC 6464).
const SPEAKS_ABOVE_DB: u8 = 50;

/// For how long after that they are said to speak: the pause between two words.
const SPEAKS_FOR: Duration = Duration::from_millis(600);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct SoundSender {
    stream: StreamId,
    /// The number of the newest moment.
    newest: u32,
    packets: u32,
    moments: VecDeque<Moment>,
    sent: VecDeque<Sent>,
    spoke_at: Option<Duration>,
    repairs: TokenBucket,
}

#[derive(Debug)]
struct Moment {
    time: u32,
    frame: Vec<u8>,
}

#[derive(Debug)]
struct Sent {
    unit: u32,
    at: Duration,
    again_at: Duration,
    bytes: Vec<u8>,
}

/// How packets are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    /// Whether only those who have a key can make frames.
    pub(super) is_keyed: bool,
    /// Whether the air is narrow: packets of 40 ms, because each costs air by itself.
    pub(super) is_on_radio: bool,
}

impl SoundSender {
    pub(super) fn new(now: Duration, stream: StreamId) -> Self {
        Self {
            stream,
            newest: 0,
            packets: 0,
            moments: VecDeque::new(),
            sent: VecDeque::new(),
            spoke_at: None,
            repairs: TokenBucket::new(50.0 * REPAIRS_MOST, 25.0, now),
        }
    }

    /// The number of the newest moment.
    pub(super) fn newest(&self) -> u32 {
        self.newest
    }

    /// Whether somebody speaks.
    pub(super) fn speaks(&self, now: Duration) -> bool {
        self.spoke_at.is_some_and(|at| now < at + SPEAKS_FOR)
    }

    /// Takes in a moment of sound, and sends it.
    pub(super) fn capture(
        &mut self,
        now: Duration,
        captured: Captured,
        packing: Packing,
        node: &mut Node,
    ) {
        if captured.bytes.len() > MOMENT_MAX_BYTES {
            return;
        }
        if captured.quiet_db.is_some_and(|db| db < SPEAKS_ABOVE_DB) {
            self.spoke_at = Some(now);
        }
        let (fresh, codec) = (
            if packing.is_on_radio { 2 } else { 1 },
            captured.codec as u8,
        );
        self.newest += 1;
        self.moments.push_front(Moment {
            time: captured.rtp_time,
            frame: captured.bytes,
        });
        self.moments.truncate(MOMENTS_MAX);
        if !self.newest.is_multiple_of(fresh) {
            return;
        }
        self.packets += 1;
        let moments = self.moments.iter().take(2 * fresh as usize);
        let moments = moments.map(|moment| SoundMoment {
            time: moment.time,
            frame: &moment.frame,
        });
        let mut sound = Sound {
            speaks: self.speaks(now),
            codec,
            moments: moments.collect(),
        };
        let is_signed = !packing.is_keyed || self.packets % SIGNED_OF == 1;
        let id = UnitId {
            stream: self.stream,
            unit: self.newest,
        };
        let sign = |root: &[u8; 32]| -> Signature { node.sign_unit(root) };
        let mut bytes = sound.close(id, is_signed, sign);
        while bytes.len() > node.symbol_max_bytes() && sound.moments.len() > 1 {
            sound.moments.pop();
            bytes = sound.close(id, is_signed, sign);
        }
        self.send(now, bytes, node);
    }

    fn send(&mut self, now: Duration, bytes: Vec<u8>, node: &mut Node) {
        let sent = Sent {
            unit: self.newest,
            at: now,
            again_at: now + AGAIN_AFTER,
            bytes,
        };
        sent.send(self.stream, node);
        self.sent.push_back(sent);
        if self.sent.len() > HELD_PACKETS {
            self.sent.pop_front();
        }
    }

    /// Sends the packet again that has a moment which somebody lacks.
    pub(super) fn want(&mut self, now: Duration, want: &Want, node: &mut Node) {
        let stream = self.stream;
        let mut sent = self.sent.iter_mut();
        let Some(sent) = sent.find(|sent| sent.unit >= want.unit) else {
            return;
        };
        let is_due = now >= sent.again_at && sent.unit < want.unit + MOMENTS_MAX as u32;
        if is_due && self.repairs.try_spend(1.0, now) {
            sent.again_at = now + AGAIN_AFTER;
            sent.at = now;
            sent.send(stream, node);
        }
    }
}

impl Sent {
    fn send(&self, stream: StreamId, node: &mut Node) {
        let piece = Piece {
            frame: self.unit,
            piece: 0,
            originals: 1,
            flags: 0,
            bytes: self.bytes.clone(),
        };
        node.send_unreliable(stream, Priority::Sound, self.at + LATE_AFTER, piece);
    }
}
