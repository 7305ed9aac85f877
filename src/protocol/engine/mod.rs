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
mod group;
pub mod inbox;
mod me;
pub mod member;
pub mod mirror;
mod out;
pub mod outbox;
pub mod pace;
pub mod presence;
pub mod private;
pub mod receipts;
mod receive;
mod receiving;
pub mod repair;
pub mod replay_window;
pub mod reports;
pub mod roster;
mod send;
mod sending;
pub mod sequences;
pub mod sync;

use core::net::SocketAddr;
use std::time::Duration;

use self::catch_up::CatchUp;
use self::config::{
    NACK_INTERVAL_LARGE, NACK_INTERVAL_SMALL, REPORTERS, SMALL_GROUP, TEXT_MAX_BYTES,
};
use self::dedup::RecentDatagrams;
use self::event::{EngineEvent, NamedKey, SayError};
use self::frame_log::FrameLog;
use self::group::Group;
use self::inbox::{Inbox, Timing};
use self::me::Me;
use self::mirror::Mirror;
use self::out::Out;
use self::receiving::Receiving;
use self::roster::{Absence, Id, Roster};
use self::sending::Sending;
use crate::protocol::message::Name;
use crate::protocol::rng::Rng;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::{Hello, Record};
use crate::protocol::wire::frame::{FRAME_MAX_BYTES, FRAME_NARROW_BYTES, Key};
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
    me: Me,
    rng: Rng,
    group: Group,
    sending: Sending,
    receiving: Receiving,
    log: FrameLog,
    recent: RecentDatagrams,
    sync: CatchUp,
    mirror: Option<Mirror>,
    out: Out,
}

impl Engine {
    /// A member that has just come: it says hello and asks what was said before.
    #[must_use]
    pub fn new(setup: Setup, now: Moment) -> Self {
        let mirror = setup.mirror_port;
        let mirror = mirror.map(|port| Mirror::new(setup.name.clone(), port));
        let (seed, replaces) = (setup.seed, setup.replaces);
        let me = Me::new(setup, now);
        let mut engine = Self {
            rng: Rng::new(seed),
            group: Group::new(&me.author),
            sending: Sending::default(),
            receiving: Receiving::default(),
            log: FrameLog::default(),
            recent: RecentDatagrams::default(),
            sync: CatchUp::new(seed),
            mirror,
            out: Out::default(),
            me,
        };
        engine.log.set_horizon(engine.me.clock.now(now.wall_ms));
        let hello = Hello {
            replaces,
            session_key: engine.me.private.session_key(),
        };
        engine.sending.outbox.push(&Record::Hello(hello));
        engine.group.presence.begin(now.time, &mut engine.rng);
        engine
    }

    /// Takes in a datagram of the plain wire.
    pub fn hear_plain(&mut self, now: Moment, source: SocketAddr, datagram: &[u8]) {
        let mirror = self.mirror.as_mut();
        let event = mirror.and_then(|m| m.hear(now.time, source, datagram, &self.group.roster));
        event.into_iter().for_each(|event| self.out.tell(event));
    }

    /// Says a message of at most [`TEXT_MAX_BYTES`]. [`EngineEvent::Sent`] tells its id once it is
    /// in a frame.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say(&mut self, now: Moment, text: &str) -> Result<(), SayError> {
        SayError::check(text, TEXT_MAX_BYTES)?;
        if self.sending.outbox.is_empty() {
            let here = self.group.roster.others().map(|(id, _)| id);
            // In a larger group, only some report.
            let expected = here.filter(|_| self.group.roster.size() <= REPORTERS + 1);
            self.sending
                .window
                .begin_burst(self.sending.newest + 1, now.time, expected);
        }
        if self.sending.newest <= 1 {
            // Before its first word a joiner adopts the group's clock, and not after it.
            self.me.clock.follow(&mut self.me.clock_differences_ms);
        }
        self.sending.outbox.say(text, self.records_room());
        if let Some(mirror) = &mut self.mirror {
            mirror.say(text);
        }
        Ok(())
    }

    /// Whether there is room for more to say.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.sending.outbox.is_full()
    }

    /// Asks everybody to acknowledge at once, for this member would like to leave.
    pub fn request_acks(&mut self, now: Moment) {
        self.sending.wants_acks = true;
        self.group.presence.beat_now(now.time);
    }

    /// Whether all that was said was sent, to members at least.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.sending.outbox.is_empty()
    }

    /// Whether all that was said was sent, and acknowledged by all who answer. Who was not heard
    /// since `since` does not answer.
    #[must_use]
    pub fn is_settled(&self, since: Duration) -> bool {
        let answers = |id: Id| {
            self.group
                .roster
                .get(id)
                .is_some_and(|member| member.is_live && member.heard() >= since)
        };
        let is_mirrored = self.mirror.as_ref().is_none_or(Mirror::is_empty);
        self.sending.outbox.is_empty()
            && is_mirrored
            && !self.sending.receipts.waiting().any(answers)
    }

    /// Who is here and has not all that was said.
    #[must_use]
    pub fn waiting(&self) -> Vec<NamedKey> {
        self.named_keys(self.sending.receipts.waiting())
    }

    /// Says farewell; [`Engine::is_gone`] tells when it was said often enough.
    pub fn leave(&mut self) {
        self.sending.outbox.push(&Record::Leaving);
        self.group.presence.leave();
    }

    /// Whether the farewell is said.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.sending.outbox.is_empty() && self.group.presence.is_gone()
    }

    /// The machine slept, or has another interface: says hello to whoever is there now.
    pub fn announce(&mut self, now: Moment) {
        self.group.presence.begin(now.time, &mut self.rng);
    }

    /// What carries our multicast from now on, and the longest datagram that it carries whole.
    pub fn set_link(&mut self, link: Link, datagram_bytes: usize) {
        self.me.link = link;
        self.me.frame_bytes = datagram_bytes.clamp(FRAME_NARROW_BYTES, FRAME_MAX_BYTES);
    }

    /// Whether a frame of this member's own came back by the network.
    #[must_use]
    pub fn hears_itself(&self) -> bool {
        self.receiving.hears_itself
    }

    /// Who this member is.
    #[must_use]
    pub fn key(&self) -> Key {
        self.me.author.key
    }

    /// Who is here and was here.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.group.roster
    }

    /// What was heard and sent lately.
    #[must_use]
    pub fn recent(&self) -> &RecentDatagrams {
        &self.recent
    }

    /// How many frames were dropped that had been heard before, or were of a session that is over.
    #[must_use]
    pub fn replays(&self) -> u64 {
        self.receiving.replays
    }

    /// What is held.
    #[must_use]
    pub fn frame_log(&self) -> &FrameLog {
        &self.log
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<EngineEvent> {
        self.out.next_event()
    }

    /// Does what time brings about.
    pub fn on_time(&mut self, now: Moment) {
        let time = now.time;
        while let Some(absence) = self.group.roster.look(time, &mut self.rng) {
            self.on_absence(now, absence);
        }
        self.ask_for_missing(now);
        self.retry_sync(now);
        while let Some(report) = self.receiving.reports.pop(time) {
            self.send_status(now, report);
        }
        while let Some(due) = self.group.presence.pop(time) {
            self.send_presence(now, due);
        }
        let told = self.sending.receipts.look(time);
        self.tell_delivered(told);
        while let Some(event) = self
            .mirror
            .as_mut()
            .and_then(|m| m.look(time, &self.group.roster))
        {
            self.out.tell(event);
        }
    }

    /// When [`Engine::on_time`] or [`Engine::poll_send`] has something to do, at the latest.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        let missing = self.receiving.due.values().min().copied();
        let sending = (!self.sending.outbox.is_empty()
            || self.sending.repair.next_time().is_some())
        .then(|| self.next_send(now));
        [
            missing,
            sending.flatten(),
            self.group.roster.next_time(),
            self.receiving.reports.next_time(),
            self.group.presence.next_time(),
            self.sending.receipts.next_time(),
            self.sync.exchange.next_time(),
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
                let who = self.group.roster.named_key(id);
                self.out.tell_of(who, EngineEvent::Silent);
            }
            Absence::Gone(id) => self.on_left(id, false),
        }
    }

    /// A member is not here any more.
    fn on_left(&mut self, id: Id, with_farewell: bool) {
        if !self.group.roster.leave(id) {
            return;
        }
        self.sending.window.forget(id);
        self.sending.arrivals.forget(id);
        self.log.release(self.sending.window.needed_from());
        self.receiving.reports.forget(id);
        let told = self.sending.receipts.forget(id);
        self.tell_delivered(told);
        // Other sessions of the same person are still here.
        if self.group.roster.sessions_of(id) == 0 {
            let who = self.group.roster.named_key(id);
            self.out
                .tell_of(who, |who| EngineEvent::Left { who, with_farewell });
        }
    }

    fn tell_delivered(&mut self, told: Option<receipts::Delivered>) {
        let Some(told) = told else {
            return;
        };
        let waiting = self.named_keys(told.waiting.into_iter());
        self.out.tell(EngineEvent::Delivered {
            first_sequence: told.first,
            last_sequence: told.last,
            has: told.has,
            of: told.of,
            waiting,
            was_told: told.was_told,
        });
    }

    fn named_keys(&self, ids: impl Iterator<Item = Id>) -> Vec<NamedKey> {
        ids.filter_map(|id| self.group.roster.named_key(id))
            .collect()
    }

    /// How the timers about a member's frames are set: by the round trip that their author
    /// measured, for who only listens measures none.
    fn timing(&self, author: Id) -> Timing {
        let told = self.group.roster.get(author).and_then(|member| member.grtt);
        Timing {
            grtt: told.unwrap_or(self.group.round_trip.estimate()),
            members: self.group.roster.size(),
        }
    }

    /// Notes when an inbox wants to be looked at.
    fn plan(&mut self, id: Id) {
        match self.receiving.inboxes.get(&id).and_then(Inbox::next_time) {
            Some(at) => self.receiving.due.insert(id, at),
            None => self.receiving.due.remove(&id),
        };
    }

    fn nack_interval(&self) -> Duration {
        match self.group.roster.size() {
            0..=SMALL_GROUP => NACK_INTERVAL_SMALL,
            _ => NACK_INTERVAL_LARGE,
        }
    }
}
