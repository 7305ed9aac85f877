//! The reliable group, as one member runs it. This file only routes: each noun beside it owns its
//! state and tells when it wants to be looked at again.
//!
//! ```text
//! said      outbox → pace, window → (causes, reports) → a run of durable frames → holdings → sent
//! heard     frame → roster → (proof) → inbox → holdings → (causes) → shown
//! arrives   status → window, arrivals → pace
//! missing   inbox → NACK → repair of whoever holds it → sent
//! here      presence → beat → roster of the others
//! late      beat's digest → sync → inventory → pull or NACK
//! ```

pub mod arrivals;
mod catch_up;
pub mod clock;
pub mod config;
pub mod dedup;
mod deliver;
pub mod event;
pub mod frame_log;
mod freshness;
pub mod frontier;
pub mod inbox;
pub mod member;
pub mod mirror;
pub mod outbox;
pub mod pace;
pub mod presence;
pub mod private;
pub mod receipts;
mod receive;
pub mod repair;
pub mod replay_window;
pub mod reports;
pub mod roster;
mod send;
pub mod sequences;
pub mod sync;

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use self::arrivals::Arrivals;
use self::catch_up::CatchUp;
use self::clock::HybridClock;
use self::config::{
    NACK_INTERVAL_LARGE, NACK_INTERVAL_SMALL, REPORTERS, SMALL_GROUP, TEXT_MAX_BYTES,
};
use self::dedup::RecentDatagrams;
use self::event::{EngineEvent, NamedKey, SayError, Transmit};
use self::frame_log::{FrameLog, Position};
use self::frontier::Frontier;
use self::inbox::{Inbox, Timing};
use self::mirror::Mirror;
use self::outbox::Outbox;
use self::pace::{Pace, RoundTrip, Window};
use self::presence::Presence;
use self::private::Private;
use self::receipts::Receipts;
use self::repair::Repair;
use self::reports::Reports;
use self::roster::{Absence, Id, Roster};
use self::sync::Sync;
use crate::protocol::message::Name;
use crate::protocol::rng::Rng;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::{Hello, Record};
use crate::protocol::wire::frame::{Author, FRAME_MAX_BYTES, FRAME_NARROW_BYTES, Key};
use crate::protocol::wire::private::Secrets;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Signer;

/// What a member's own newest frame counts in the average of NACKs per frame.
const REPEATS_WEIGHT: f64 = 1.0 / 16.0;

/// What a member begins with.
#[derive(Debug)]
pub struct Setup {
    /// The person.
    pub signer: Signer,
    /// This session: the second of its start in the high half, 32 random bits in the low one.
    pub session: u64,
    /// The session of this person that ended without a farewell, if it is known.
    pub replaces: Option<u64>,
    /// The name to go by.
    pub name: Name,
    /// The room's seal.
    pub seal: Seal,
    /// The port that plain copies leave from, in the lobby.
    pub mirror_port: Option<u16>,
    /// What carries our multicast.
    pub link: Link,
    /// Where all chance comes from but what must be secret.
    pub seed: u64,
    /// Where secrets come from.
    pub secrets: Secrets,
}

/// One member of a room.
#[derive(Debug)]
pub struct Engine {
    me: Author,
    signer: Signer,
    private: Private,
    seal: Seal,
    recent: RecentDatagrams,
    replays: u64,
    link: Link,
    /// How long a frame may be on the narrowest of our links.
    frame_bytes: usize,
    started: Moment,
    rng: Rng,
    clock: HybridClock,
    roster: Roster,
    inboxes: BTreeMap<Id, Inbox>,
    frame_log: FrameLog,
    outbox: Outbox,
    frontier: Frontier,
    pace: Pace,
    window: Window,
    round_trip: RoundTrip,
    arrivals: Arrivals,
    receipts: Receipts,
    presence: Presence,
    reports: Reports,
    repair: Repair,
    repeats: Repeats,
    sync: Sync,
    catch_up: CatchUp,
    mirror: Option<Mirror>,
    newest: u32,
    /// Where the first piece of a long text stands whose last one is not made yet.
    first_fragment: Option<Position>,
    other_frames: u32,
    next_nack_at: Duration,
    /// Inboxes with something due, by when.
    due: BTreeMap<Id, Duration>,
    blocked: BTreeSet<Id>,
    newest_shown: u64,
    clock_differences_ms: Vec<i64>,
    wants_acks: bool,
    hears_itself: bool,
    was_bulk: bool,
    /// Whether somebody is here whom only IPv6 reaches.
    needs_v6: bool,
    sends: VecDeque<Transmit>,
    events: VecDeque<EngineEvent>,
}

/// How often others ask for what this member says, and how often it is therefore repeated unasked.
#[derive(Clone, Copy, Debug, Default)]
struct Repeats {
    nacks_per_frame: f64,
    nacks: u32,
}

impl Engine {
    /// A member that has just come: it says hello and asks what was said before.
    #[must_use]
    pub fn new(setup: Setup, now: Moment) -> Self {
        let key = setup.signer.key();
        let me = Author {
            key,
            short: key.short(),
            session: setup.session,
            sequence: 0,
            clock: 0,
            flags: 0,
            grtt: 0,
            name: setup.name,
        };
        let mut engine = Self {
            roster: Roster::new(&me),
            mirror: setup
                .mirror_port
                .map(|port| Mirror::new(me.name.clone(), port)),
            me,
            signer: setup.signer,
            private: Private::new(setup.secrets),
            seal: setup.seal,
            recent: RecentDatagrams::default(),
            replays: 0,
            link: setup.link,
            frame_bytes: FRAME_NARROW_BYTES,
            started: now,
            rng: Rng::new(setup.seed),
            clock: HybridClock::default(),
            inboxes: BTreeMap::new(),
            frame_log: FrameLog::default(),
            outbox: Outbox::default(),
            frontier: Frontier::default(),
            pace: Pace::default(),
            window: Window::default(),
            round_trip: RoundTrip::default(),
            arrivals: Arrivals::default(),
            receipts: Receipts::default(),
            presence: Presence::default(),
            reports: Reports::default(),
            repair: Repair::default(),
            repeats: Repeats::default(),
            sync: Sync::default(),
            catch_up: CatchUp::new(setup.seed),
            newest: 0,
            first_fragment: None,
            other_frames: 0,
            next_nack_at: Duration::ZERO,
            due: BTreeMap::new(),
            blocked: BTreeSet::new(),
            newest_shown: 0,
            clock_differences_ms: Vec::new(),
            wants_acks: false,
            hears_itself: false,
            was_bulk: false,
            needs_v6: false,
            sends: VecDeque::new(),
            events: VecDeque::new(),
        };
        engine.frame_log.set_horizon(engine.clock.now(now.wall_ms));
        let hello = Hello {
            replaces: setup.replaces,
            session_key: engine.private.session_key(),
        };
        engine.outbox.push(&Record::Hello(hello));
        engine.presence.begin(now.time, &mut engine.rng);
        engine
    }

    /// Takes in a datagram of the plain wire.
    pub fn hear_plain(&mut self, now: Moment, source: SocketAddr, datagram: &[u8]) {
        let mirror = self.mirror.as_mut();
        let event = mirror.and_then(|m| m.hear(now.time, source, datagram, &self.roster));
        self.events.extend(event);
    }

    /// Says a message of at most [`TEXT_MAX_BYTES`]. [`EngineEvent::Sent`] tells its id once it is
    /// in a frame.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say(&mut self, now: Moment, text: &str) -> Result<(), SayError> {
        SayError::check(text, TEXT_MAX_BYTES)?;
        if self.outbox.is_empty() {
            let here = self.roster.others().map(|(id, _)| id);
            // In a larger group, only some report.
            let expected = here.filter(|_| self.roster.size() <= REPORTERS + 1);
            self.window.begin_burst(self.newest + 1, now.time, expected);
        }
        if self.newest <= 1 {
            // Before its first word a joiner adopts the group's clock, and not after it.
            self.clock.follow(&mut self.clock_differences_ms);
        }
        self.outbox.say(text, self.records_room());
        if let Some(mirror) = &mut self.mirror {
            mirror.say(text);
        }
        Ok(())
    }

    /// Whether there is room for more to say.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.outbox.is_full()
    }

    /// Asks everybody to acknowledge at once, for this member would like to leave.
    pub fn request_acks(&mut self, now: Moment) {
        self.wants_acks = true;
        self.presence.beat_now(now.time);
    }

    /// Whether all that was said was sent, to members at least.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Whether all that was said was sent, and acknowledged by all who answer. Who was not heard
    /// since `since` does not answer.
    #[must_use]
    pub fn is_settled(&self, since: Duration) -> bool {
        let answers = |id: Id| {
            self.roster
                .get(id)
                .is_some_and(|member| member.is_live && member.heard() >= since)
        };
        let is_mirrored = self.mirror.as_ref().is_none_or(Mirror::is_empty);
        self.outbox.is_empty() && is_mirrored && !self.receipts.waiting().any(answers)
    }

    /// Who is here and has not all that was said.
    #[must_use]
    pub fn waiting(&self) -> Vec<NamedKey> {
        self.named_keys(self.receipts.waiting())
    }

    /// Says farewell; [`Engine::is_gone`] tells when it was said often enough.
    pub fn leave(&mut self) {
        self.outbox.push(&Record::Leaving);
        self.presence.leave();
    }

    /// Whether the farewell is said.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.outbox.is_empty() && self.presence.is_gone()
    }

    /// The machine slept, or has another interface: says hello to whoever is there now.
    pub fn announce(&mut self, now: Moment) {
        self.presence.begin(now.time, &mut self.rng);
    }

    /// What carries our multicast from now on, and the longest datagram that it carries whole.
    pub fn set_link(&mut self, link: Link, datagram_bytes: usize) {
        self.link = link;
        self.frame_bytes = datagram_bytes.clamp(FRAME_NARROW_BYTES, FRAME_MAX_BYTES);
    }

    /// Whether a frame of this member's own came back by the network.
    #[must_use]
    pub fn hears_itself(&self) -> bool {
        self.hears_itself
    }

    /// Who this member is.
    #[must_use]
    pub fn key(&self) -> Key {
        self.me.key
    }

    /// Who is here and was here.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// What was heard and sent lately.
    #[must_use]
    pub fn recent(&self) -> &RecentDatagrams {
        &self.recent
    }

    /// How many frames were dropped that had been heard before, or were of a session that is over.
    #[must_use]
    pub fn replays(&self) -> u64 {
        self.replays
    }

    /// What is held.
    #[must_use]
    pub fn frame_log(&self) -> &FrameLog {
        &self.frame_log
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<EngineEvent> {
        self.events.pop_front()
    }

    /// Does what time brings about.
    pub fn on_time(&mut self, now: Moment) {
        let time = now.time;
        while let Some(absence) = self.roster.look(time, &mut self.rng) {
            self.on_absence(now, absence);
        }
        self.ask_for_missing(now);
        self.retry_sync(now);
        while let Some(report) = self.reports.pop(time) {
            self.send_status(now, report);
        }
        while let Some(due) = self.presence.pop(time) {
            self.send_presence(now, due);
        }
        let told = self.receipts.look(time);
        self.tell_delivered(told);
        while let Some(event) = self
            .mirror
            .as_mut()
            .and_then(|m| m.look(time, &self.roster))
        {
            self.events.push_back(event);
        }
    }

    /// When [`Engine::on_time`] or [`Engine::poll_send`] has something to do, at the latest.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        let missing = self.due.values().min().copied();
        let sending = (!self.outbox.is_empty() || self.repair.next_time().is_some())
            .then(|| self.next_send(now));
        [
            missing,
            sending.flatten(),
            self.roster.next_time(),
            self.reports.next_time(),
            self.presence.next_time(),
            self.receipts.next_time(),
            self.sync.next_time(),
            self.mirror.as_ref().and_then(Mirror::next_time),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn on_absence(&mut self, now: Moment, absence: Absence) {
        match absence {
            Absence::Ask(id) => self.ask_for_member(now, id),
            Absence::Silent(id) => {
                let who = self.roster.named_key(id);
                self.events.extend(who.map(EngineEvent::Silent));
            }
            Absence::Gone(id) => self.on_left(id, false),
        }
    }

    /// A member is not here any more.
    fn on_left(&mut self, id: Id, with_farewell: bool) {
        if !self.roster.leave(id) {
            return;
        }
        self.window.forget(id);
        self.arrivals.forget(id);
        self.frame_log.release(self.window.needed_from());
        self.reports.forget(id);
        let told = self.receipts.forget(id);
        self.tell_delivered(told);
        // Other sessions of the same person are still here.
        if self.roster.sessions_of(id) == 0 {
            let who = self.roster.named_key(id);
            let told = who.map(|who| EngineEvent::Left { who, with_farewell });
            self.events.extend(told);
        }
    }

    fn tell_delivered(&mut self, told: Option<receipts::Delivered>) {
        let Some(told) = told else {
            return;
        };
        let waiting = self.named_keys(told.waiting.into_iter());
        self.events.push_back(EngineEvent::Delivered {
            first_sequence: told.first,
            last_sequence: told.last,
            has: told.has,
            of: told.of,
            waiting,
            was_told: told.was_told,
        });
    }

    fn named_keys(&self, ids: impl Iterator<Item = Id>) -> Vec<NamedKey> {
        ids.filter_map(|id| self.roster.named_key(id)).collect()
    }

    /// How the timers about a member's frames are set: by the round trip that their author
    /// measured, for who only listens measures none.
    fn timing(&self, author: Id) -> Timing {
        let told = self.roster.get(author).and_then(|member| member.grtt);
        Timing {
            grtt: told.unwrap_or(self.round_trip.estimate()),
            members: self.roster.size(),
        }
    }

    /// Notes when an inbox wants to be looked at.
    fn plan(&mut self, id: Id) {
        match self.inboxes.get(&id).and_then(Inbox::next_time) {
            Some(at) => self.due.insert(id, at),
            None => self.due.remove(&id),
        };
    }

    fn nack_interval(&self) -> Duration {
        match self.roster.size() {
            0..=SMALL_GROUP => NACK_INTERVAL_SMALL,
            _ => NACK_INTERVAL_LARGE,
        }
    }
}
