//! This member itself: its keys, its clock, and the frames that it makes.

use std::time::Duration;

use super::Setup;
use super::clock::{HybridClock, clock_ms};
use super::config::{CLOCK_AHEAD_MAX, STAMP_LEAD_MAX};
use super::private::Private;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::{COUNTS_BYTES, Hello, REFERENCES_MAX, Reference, Role};
use crate::protocol::wire::frame::{
    Author, Body, FRAME_MAX_BYTES, FRAME_NARROW_BYTES, Frame, MemberTag, durable_max_bytes,
    grtt_code,
};
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Signer;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Me {
    /// What every own frame begins with; sequence, clock, flags and GRTT are set for each.
    author: Author,
    pub(super) signer: Signer,
    pub(super) private: Private,
    pub(super) seal: Seal,
    pub(super) clock: HybridClock,
    /// The session of this person that ended without a farewell, if it is known.
    replaces: Option<u64>,
    role: Role,
    is_archived: bool,
    /// This member's clock when it said HELLO last.
    pub(super) hello_clock: u64,
    pub(super) started: Moment,
    /// Since when this member hears what the others send: its start, or the end of its last sleep.
    pub(super) listening_since: Duration,
    pub(super) link: Link,
    /// Longest frame that the narrowest own link carries.
    frame_bytes: usize,
    /// The newest own frame of those that are never repaired…
    newest_unrepaired: u32,
    /// …its clock in milliseconds since 1970, and when it was made.
    stamped: Option<(u64, Duration)>,
}

impl Me {
    pub(super) fn new(setup: Setup, now: Moment) -> Self {
        let key = setup.signer.key();
        Self {
            author: Author {
                key,
                short: key.short(),
                session: setup.session,
                sequence: 0,
                clock: 0,
                flags: 0,
                grtt: 0,
                name: setup.name,
            },
            signer: setup.signer,
            private: Private::new(setup.secrets),
            seal: setup.seal,
            clock: HybridClock::default(),
            replaces: setup.replaces,
            role: setup.role,
            is_archived: setup.is_archived,
            hello_clock: 0,
            started: now,
            listening_since: now.time,
            link: setup.link,
            frame_bytes: FRAME_NARROW_BYTES,
            newest_unrepaired: 0,
            stamped: None,
        }
    }

    /// The author of a frame made now, without sequence, clock and flags.
    pub(super) fn author(&self, grtt: Duration) -> Author {
        Author {
            grtt: grtt_code(grtt),
            ..self.author.clone()
        }
    }

    /// How other frames name this member.
    pub(super) fn tag(&self) -> MemberTag {
        self.author.tag()
    }

    /// The identity that every own frame states.
    pub(super) fn identity(&self) -> &Author {
        &self.author
    }

    /// Goes by another name in every frame from now on.
    pub(super) fn rename(&mut self, name: Name) {
        self.author.name = name;
    }

    /// What this session is.
    pub(super) fn role(&self) -> Role {
        self.role
    }

    pub(super) fn name_bytes(&self) -> usize {
        self.author.name.as_str().len()
    }

    /// The second in which this session started, since 1970.
    pub(super) fn started_s(&self) -> u64 {
        self.author.session >> 32
    }

    pub(super) fn set_link(&mut self, link: Link, datagram_bytes: usize) {
        self.link = link;
        self.frame_bytes = datagram_bytes.clamp(FRAME_NARROW_BYTES, FRAME_MAX_BYTES);
    }

    /// Longest frame that the narrowest own link carries, in bytes.
    pub(super) fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Bytes that references, acknowledgements and records share in a durable frame.
    pub(super) fn durable_room_bytes(&self) -> usize {
        durable_max_bytes(self.frame_bytes, self.name_bytes()) - COUNTS_BYTES
    }

    /// Bytes that records may take in any durable frame, whatever stands before them.
    pub(super) fn records_room_bytes(&self) -> usize {
        self.durable_room_bytes() - REFERENCES_MAX * Reference::BYTES
    }

    /// The hybrid clock now, without counting.
    pub(super) fn clock_now(&self, now: Moment) -> u64 {
        self.clock.now(now.wall_ms)
    }

    /// Whether a member whose clock works could have this clock now.
    pub(super) fn is_plausible(&self, clock: u64, now: Moment) -> bool {
        let ahead_ms = CLOCK_AHEAD_MAX.as_millis() as u64;
        clock_ms(clock) <= clock_ms(self.clock_now(now)) + ahead_ms
    }

    /// Adopts the group's clock, which is ahead of this one by some milliseconds, or behind.
    pub(super) fn follow(&mut self, difference_ms: i64) {
        self.clock.follow(difference_ms);
        self.stamped = None;
    }

    /// What a session begins with.
    pub(super) fn hello(&self) -> Hello {
        Hello {
            role: self.role,
            is_archived: self.is_archived,
            replaces: self.replaces,
            session_key: self.private.session_key(),
        }
    }

    /// How many frames this member has made that are never repaired.
    pub(super) fn unrepaired_frames(&self) -> u32 {
        self.newest_unrepaired
    }

    /// The clock of a frame that is never repaired. It never goes back, nor falls behind the time
    /// that passes, when the system's clock is corrected: the others would take the frame for a
    /// recording. It leads the corrected clock by less than what the others refuse.
    fn stamp(&mut self, now: Moment) -> u64 {
        let clock = self.clock_now(now);
        let passed = |(stamp_ms, at): (u64, Duration)| {
            stamp_ms.saturating_add(now.time.saturating_sub(at).as_millis() as u64)
        };
        let most_ms = clock_ms(clock).saturating_add(STAMP_LEAD_MAX.as_millis() as u64);
        let least_ms = self.stamped.map_or(0, passed).min(most_ms);
        let clock = clock.max(least_ms << 16);
        self.stamped = Some((clock_ms(clock), now.time));
        clock
    }

    /// Makes a frame that is never repaired.
    pub(super) fn make_unrepaired(
        &mut self,
        now: Moment,
        grtt: Duration,
        flags: u8,
        body: Body<'_>,
    ) -> Vec<u8> {
        self.newest_unrepaired += 1;
        let author = Author {
            sequence: self.newest_unrepaired,
            clock: self.stamp(now),
            flags,
            ..self.author(grtt)
        };
        let mut bytes = Vec::with_capacity(FRAME_MAX_BYTES);
        self.seal
            .close(&Frame { author, body }, &self.signer, &mut bytes);
        bytes
    }
}
