//! The reliable group, as one member runs it. This file is the engine's surface, and only routes:
//! each part owns its state and its rules, and says when it is due next.
//!
//! ```text
//! me          keys, clock, and the frames that this member makes
//! group       roster (member, former, replay_window, clock_offset) · admission · presence ·
//!             round trip · beyond (other networks)
//! sending     outbox · pace · window (laggards) · arrivals · receipts · repair (repair_budget) ·
//!             unreliable (streams of compact frames) · unicast (copies of them) · offers
//! receiving   inbox per member (sequences, gaps), nack_budget · frontier · cause_waits ·
//!             reports · unproven · heard_nacks · recent (dedup) · streams (of others)
//! log         frame_log, with history · shares · digest_sums · journal
//! stored      frames of earlier sessions, which an archive kept
//! amendments  messages that were changed lately
//! sync        digests, inventories · exchange (pull_order) · answers · asked_in_vain
//! mirror      the lobby's plain copies and guests
//! out         datagrams and events, in order; reactions, what leaves because of others
//! ```
//!
//! Where a frame concerns several parts, these files route between them:
//!
//! ```text
//! acquaintance what is known of an author before a signature is checked
//! hear        a frame → roster → (freshness) → inbox → log → deliver
//! group_clock clocks that differ: ours is corrected, or theirs are refused
//! deliver     a frame in its turn, after its causes (causes) → event
//! saying      what this member's person says → outbox, and its copy → mirror; guests likewise
//! send        outbox → pace, window → a signed batch → log → out; beats; NACKs
//! naming      another name: its own, or of a member that is heard
//! relay       a bridge: what it passes on, and what it takes in of its other side
//! catch_up    digest → exchange → inventory → pull, or NACK
//! timers      whatever is due
//! ```

mod acquaintance;
mod admission;
pub mod amendments;
mod answers;
pub mod arrivals;
mod asked_in_vain;
pub mod beyond;
mod catch_up;
mod cause_waits;
mod causes;
mod challenges;
pub mod clock;
pub mod clock_offset;
pub mod config;
pub mod dedup;
mod deliver;
mod digest_sums;
pub mod event;
pub mod exchange;
mod fair_share;
mod far;
mod farewell;
mod former;
pub mod frame_log;
mod freshness;
pub mod frontier;
mod gaps;
mod group;
mod group_clock;
pub mod guests;
mod hear;
mod heard_nacks;
pub mod history;
pub(crate) mod host_budgets;
pub mod inbox;
mod journal;
mod kept;
mod laggards;
mod me;
pub mod media;
pub mod member;
pub mod mirror;
mod nack_budget;
mod nack_rate;
mod naming;
mod offers;
mod out;
pub mod outbox;
pub mod pace;
pub mod presence;
pub mod private;
mod pull_order;
mod reactions;
pub mod receipts;
mod receiving;
pub mod relay;
pub mod repair;
mod repair_budget;
pub mod replay_window;
pub mod reports;
mod roles;
pub mod roster;
mod saying;
mod send;
mod sending;
pub mod sequences;
mod setup;
mod shares;
pub mod sites;
pub mod stored;
pub mod streams;
mod sync;
mod timers;
mod unanswered_cookies;
pub mod unicast;
mod unproven;
pub mod unreliable;
pub mod window;

use core::net::SocketAddr;

use self::amendments::{Amendments, Candidate};
use self::dedup::RecentDatagrams;
use self::event::{Delivery, EngineEvent};
use self::frame_log::FrameLog;
use self::group::Group;
use self::history::HistoryWalk;
use self::me::Me;
use self::mirror::Mirror;
use self::out::Out;
use self::receiving::Receiving;
use self::roster::Roster;
use self::sending::Sending;
pub use self::setup::Setup;
use self::stored::Stored;
use self::sync::Sync;
use crate::protocol::rng::Rng;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::beat::Link;

/// One member of a room.
#[derive(Debug)]
pub struct Engine {
    me: Me,
    rng: Rng,
    group: Group,
    sending: Sending,
    receiving: Receiving,
    log: FrameLog,
    amendments: Amendments,
    sync: Sync,
    stored: Stored,
    mirror: Option<Mirror>,
    out: Out,
}

impl Engine {
    /// A member that has just come: it says hello and asks what was said before.
    #[must_use]
    pub fn new(setup: Setup, now: Moment) -> Self {
        let mirror_port = setup.mirror_port;
        let mirror = mirror_port.map(|port| Mirror::new(setup.name.clone(), port));
        let seed = setup.seed;
        let stored = Stored::of(&setup);
        let log = FrameLog::of(&setup);
        let me = Me::new(setup, now);
        let mut engine = Self {
            rng: Rng::new(seed),
            group: Group::new(me.identity()),
            sending: Sending::default(),
            receiving: Receiving::default(),
            log,
            amendments: Amendments::default(),
            sync: Sync::new(seed),
            stored,
            mirror,
            out: Out::default(),
            me,
        };
        engine.log.set_horizon(engine.me.clock_now(now));
        engine.say_hello(now);
        engine.announce(now);
        engine
    }

    /// Takes in a datagram of the plain wire.
    pub fn hear_plain(&mut self, now: Moment, source: SocketAddr, datagram: &[u8]) {
        if let Some(mirror) = &mut self.mirror
            && let Some(event) = mirror.hear(now, source, datagram, &self.group.roster)
        {
            self.out.tell(event);
        }
    }

    /// Whether there is room for more to say.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.sending.outbox.is_full()
    }

    /// Says hello: a session begins, or the machine slept, or has another interface.
    pub fn announce(&mut self, now: Moment) {
        self.me.listening_since = now.time;
        self.group.presence.begin(now.time, &mut self.rng);
    }

    /// What carries our multicast from now on, and the longest datagram that it carries whole.
    pub fn set_link(&mut self, link: Link, datagram_bytes: usize) {
        self.me.set_link(link, datagram_bytes);
    }

    /// Whether a frame of this member's own came back by the network.
    #[must_use]
    pub fn hears_itself(&self) -> bool {
        self.receiving.hears_itself
    }

    /// This member's person.
    #[must_use]
    pub fn key(&self) -> Key {
        self.me.identity().key
    }

    /// The members that are here and were here.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.group.roster
    }

    /// The datagrams received and sent lately.
    #[must_use]
    pub fn recent(&self) -> &RecentDatagrams {
        &self.receiving.recent
    }

    /// How many frames were dropped that had been heard before, or were of a session that is over.
    #[must_use]
    pub fn replays(&self) -> u64 {
        self.receiving.replays
    }

    /// How many records of unknown kinds were skipped.
    #[must_use]
    pub fn unknown_records(&self) -> u64 {
        self.receiving.unknown_records
    }

    /// Bytes of frames that were opened once more, because they had waited for something.
    #[must_use]
    pub fn reopened_bytes(&self) -> u64 {
        self.receiving.reopened_bytes
    }

    /// How many ranges of sequences the inboxes of all members hold.
    #[must_use]
    pub fn ranges(&self) -> usize {
        self.receiving.ranges()
    }

    /// The frames that are held.
    #[must_use]
    pub fn frame_log(&self) -> &FrameLog {
        &self.log
    }

    /// The newest messages that are held, at most `count`, in the order that all members agree on.
    #[must_use]
    pub fn history(&self, count: usize) -> Vec<Delivery> {
        self.log.messages(count, &self.me.seal, &self.group.roster)
    }

    /// Goes on with a walk through the held messages: opens at most so many frames more, and
    /// returns the messages in them, the newest first.
    pub fn walk_history(&self, walk: &mut HistoryWalk, frames: usize) -> Vec<Delivery> {
        let opening = (&self.me.seal, &self.group.roster);
        self.log.walk(walk, frames, opening)
    }

    /// Goes on with a walk until the newest held message, private ones included, that is looked
    /// for: opens at most so many frames more.
    pub fn find(
        &self,
        walk: &mut HistoryWalk,
        frames: usize,
        is_it: impl FnMut(&Candidate) -> bool,
    ) -> Option<Candidate> {
        let opening = (&self.me.seal, &self.group.roster);
        self.log.find(walk, frames, opening, is_it)
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<EngineEvent> {
        self.out.next_event()
    }
}
