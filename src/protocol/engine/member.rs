//! One member, as the others know it: who it is, what it states about itself, and when it was
//! heard.

use core::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::clock_offset::ClockOffset;
use super::config::{ASK_AFTER_BEATS, ASK_INTERVAL, BEAT_MIN, GONE_AFTER_BEATS};
use super::event::NamedKey;
use super::former::Stated;
use super::group_clock::StatedClock;
use super::replay_window::ReplayWindow;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::{Hello, Role};
use crate::protocol::wire::frame::{Author, Key, MemberTag};
use crate::protocol::wire::private::SessionKey;

/// One member: a session of a person.
#[derive(Clone, Debug)]
pub struct Member {
    /// How other frames name it.
    pub tag: MemberTag,
    /// The person.
    pub key: Key,
    /// The session; its high half is the second of its start.
    pub session: u64,
    /// The name that the member claims.
    pub name: Name,
    /// The newest clock of a frame with that name.
    pub(super) named_at: u64,
    /// Whether it is here: it was heard itself, so that its address is known.
    pub is_live: bool,
    /// Whether it has not answered when asked for.
    pub is_silent: bool,
    /// Whether its session is over: it said farewell, or another one has replaced it.
    pub is_closed: bool,
    /// The bridge that its frames came from last, if it is at another site.
    pub(super) by: Option<SocketAddr>,
    /// When a frame of it came last from another site.
    pub(super) far_at: Option<Duration>,
    /// When it spoke there last, or was named here, if it is on the list of those beyond.
    pub(super) listed_at: Option<Duration>,
    /// The site at which it is, as a bridge states.
    pub(super) site: Option<Name>,
    /// The address that its own datagrams come from.
    pub address: Option<SocketAddr>,
    /// Whether it has shown that it receives at that address.
    pub is_address_proven: bool,
    /// The port that its plain copies leave from.
    pub mirror_port: u16,
    /// What carries its multicast.
    pub link: Link,
    /// The key that private messages to it are sealed to, once its HELLO is here.
    pub session_key: Option<SessionKey>,
    /// What it is, by its HELLO.
    pub role: Role,
    /// Whether what it hears is kept beyond its session, by its HELLO.
    pub is_archived: bool,
    /// Whether it knows what was said before it came.
    pub knows_history: bool,
    /// The round trip that it states; `None` for this member itself.
    pub grtt: Option<Duration>,
    /// Whether it has proven that it is there now, and no recording.
    pub(super) is_proven: bool,
    /// What its clock shows.
    pub(super) clock_offset: ClockOffset,
    /// What it showed when it was last heard, also if that is far ahead.
    pub(super) stated_clock: Option<StatedClock>,
    pub(super) heard: Duration,
    pub(super) interval: Duration,
    pub(super) newest_beat: u32,
    /// Its unrepaired frames that were heard.
    pub(super) replay_window: ReplayWindow,
    pub(super) asked: u32,
    pub(super) asked_since: Option<Duration>,
    pub(super) ask_at: Option<Duration>,
}

impl Member {
    /// The author of a frame, who is not known to be here.
    pub(super) fn of(author: &Author) -> Self {
        Self {
            tag: author.tag(),
            key: author.key,
            session: author.session,
            name: author.name.clone(),
            named_at: author.clock,
            is_live: false,
            is_silent: false,
            is_closed: false,
            by: None,
            far_at: None,
            listed_at: None,
            site: None,
            address: None,
            is_address_proven: false,
            mirror_port: 0,
            link: Link::Wired,
            session_key: None,
            role: Role::Person,
            is_archived: false,
            knows_history: false,
            grtt: None,
            is_proven: false,
            clock_offset: ClockOffset::default(),
            stated_clock: None,
            heard: Duration::ZERO,
            interval: BEAT_MIN,
            newest_beat: 0,
            replay_window: ReplayWindow::default(),
            asked: 0,
            asked_since: None,
            ask_at: None,
        }
    }

    /// The author of a frame, of whom stored frames state something.
    pub(super) fn again(author: &Author, stated: Stated) -> Self {
        Self {
            session_key: stated.session_key,
            role: stated.role,
            is_archived: stated.is_archived,
            is_closed: stated.is_closed,
            ..Self::of(author)
        }
    }

    /// Takes in what a stored frame states, as far as the member has not said so itself.
    pub(super) fn recall(&mut self, stated: Stated) {
        if self.session_key.is_none() && stated.session_key.is_some() {
            self.session_key = stated.session_key;
            self.role = stated.role;
            self.is_archived = stated.is_archived;
        }
        self.is_closed |= stated.is_closed && !self.is_live;
    }

    /// Takes in what its HELLO states.
    pub(super) fn hear_hello(&mut self, hello: &Hello) {
        self.session_key = Some(hello.session_key);
        self.role = hello.role;
        self.is_archived = hello.is_archived;
    }

    /// Whether it remembers for others, and is no person: a keeper, or a bridge.
    #[must_use]
    pub fn is_keeper(&self) -> bool {
        matches!(self.role, Role::Keeper | Role::Bridge)
    }

    /// Whether what it has outlives its session.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.is_archived || self.role == Role::Keeper
    }

    /// Takes in the name in one of its frames; the name that it had, if it has another one now. A
    /// frame that is older than one with the present name changes nothing.
    pub(super) fn follow_name(&mut self, author: &Author) -> Option<Name> {
        let is_later = author.clock > self.named_at;
        if is_later {
            self.named_at = author.clock;
        }
        let is_renamed = is_later && self.name != author.name;
        is_renamed.then(|| std::mem::replace(&mut self.name, author.name.clone()))
    }

    /// The person, and the name that the person claims.
    #[must_use]
    pub fn named_key(&self) -> NamedKey {
        NamedKey {
            name: self.name.clone(),
            key: self.key,
        }
    }

    /// The host that its own datagrams come from.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.map(|address| address.ip())
    }

    /// When it was last heard itself.
    #[must_use]
    pub fn heard(&self) -> Duration {
        self.heard
    }

    /// Whether it is not here, and spoke lately at another site.
    #[must_use]
    pub fn is_far(&self) -> bool {
        !self.is_live && !self.is_closed && self.far_at.is_some()
    }

    /// Whether it is on the list of those at other sites.
    #[must_use]
    pub fn is_listed_far(&self) -> bool {
        self.is_far() && self.listed_at.is_some()
    }

    /// The site at which it is, as a bridge states.
    #[must_use]
    pub fn site(&self) -> Option<&Name> {
        self.site.as_ref()
    }

    /// Whether it is no person, but carries the room to other networks.
    #[must_use]
    pub fn is_bridge(&self) -> bool {
        self.role == Role::Bridge
    }

    /// When to ask the group for it.
    pub(super) fn ask_due(&self) -> Duration {
        let silence = self.interval * ASK_AFTER_BEATS;
        self.ask_at.unwrap_or(self.heard + silence)
    }

    /// When it counts as silent: it was asked for and has not answered.
    pub(super) fn silent_due(&self) -> Option<Duration> {
        let asked = self.asked_since.filter(|_| !self.is_silent)?;
        Some(asked + ASK_INTERVAL)
    }

    /// When it counts as gone.
    pub(super) fn gone_due(&self) -> Option<Duration> {
        (self.asked >= 2).then(|| self.heard + self.interval * GONE_AFTER_BEATS)
    }

    /// When the first of these is due.
    pub(super) fn due(&self) -> Duration {
        let others = [self.silent_due(), self.gone_due()];
        others
            .into_iter()
            .flatten()
            .fold(self.ask_due(), Duration::min)
    }
}

/// What a beat states about its author.
#[derive(Clone, Copy, Debug)]
pub struct BeatNews {
    /// Until its next beat.
    pub interval: Duration,
    /// The port that its plain copies leave from.
    pub mirror_port: u16,
    /// What carries its multicast.
    pub link: Link,
    /// Whether it knows what was said before it came.
    pub knows_history: bool,
}
