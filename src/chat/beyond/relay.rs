//! A bridge: one room on this network and on a link to others. It is a member of both, here as a
//! [`Chat`] and there as a [`Node`] among the bridges of the other sites, and gives each of the two
//! the durable frames that the other one hears, as their authors sealed them.
//!
//! ```text
//! crosses       durable frames, each once, whoever lost them: each side repairs its own losses
//! stays         beats, NACKs, statuses, the dialogues of catching up
//! instead       a statement about this site each second, of one length for a site of any size
//! files         taken at one side, given at the other, once for all (`files`)
//! no loops      what a side holds already is not sent there again
//! after a gap   the bridges compare digests like members, and give each other what is missing
//! ```
//!
//! Several bridges at one site hear each other's statements on the link, and each other here. The
//! one that is here longest sends; the others hold what they hear. When it is not heard on the link
//! any more, the next one takes its place, and sends once more what came lately: who has it drops
//! it.

mod files;
mod others;
mod recent;

use core::net::SocketAddr;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use self::files::CarriedFiles;
use self::others::OtherBridges;
use self::recent::Recent;
use super::LinkState;
use crate::chat::Chat;
use crate::protocol::engine::Setup;
use crate::protocol::engine::beyond::PassedFrame;
use crate::protocol::engine::event::Transmit;
use crate::protocol::engine::frame_log::Position;
use crate::protocol::engine::relay::Spread;
use crate::protocol::engine::sites::LinkReport;
use crate::protocol::message::Name;
use crate::protocol::node::Node;
use crate::protocol::rate::TokenBucket;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::{FrameFault, MemberTag};

/// How often a bridge states who is at its site, and with that that it is there.
const STATED_EVERY: Duration = Duration::from_secs(1);

/// How long a bridge listens for others of its site before it sends. What is said meanwhile is sent
/// then.
const SETTLE: Duration = Duration::from_millis(2500);

/// Another bridge of this site of which nothing was heard for this long does not send any more.
const RIVAL_LOST: Duration = Duration::from_millis(3500);

/// How often a site's statement is passed on: two of the longest a second take 8 kbit/s.
const STATEMENT_EVERY: Duration = Duration::from_secs(2);

/// Frames per second that a bridge sends to its site, as fast as a member's own bulk arrives.
const HOME_PER_S: f64 = 30_000.0;

/// The same at once.
const HOME_BURST: f64 = 256.0;

/// The same of what was said longer ago, which a server has kept or another bridge has held: at
/// most 11 Mbit/s, so that what a site has missed does not fill its air.
const HISTORY_PER_S: f64 = 1000.0;

/// The same at once.
const HISTORY_BURST: f64 = 64.0;

/// Frames of the link that wait for that. Further ones wait with the node of the link, and what
/// could not wait there either is looked for in its log.
const WAITING_MAX: usize = 1024;

/// Frames of an archive that are given to the link's side in one turn.
const SEED_FRAMES: usize = 128;

/// So many frames under another key, and nobody with this one, show that it is the wrong one: one
/// member alone sends them within two of its beats. One room in 65,536 looks as if it had this
/// name.
const OTHER_KEY_FRAMES: u64 = 2;

/// Most rivals that are counted.
const TAGS_MAX: usize = 64;

/// What comes in.
#[derive(Clone, Copy, Debug)]
pub enum LinkInput<'a> {
    /// The link is there.
    Up,
    /// The link is gone.
    Down,
    /// A datagram for all bridges.
    Group {
        /// Which bridge sent it.
        from: SocketAddr,
        /// The datagram.
        bytes: &'a [u8],
    },
    /// A datagram for this bridge alone.
    Single {
        /// Which bridge sent it.
        from: SocketAddr,
        /// The datagram.
        bytes: &'a [u8],
    },
    /// Time has passed, or the room has moved.
    Time,
}

/// What goes out.
#[derive(Clone, Debug)]
pub enum LinkOutput {
    /// A datagram for the link.
    Publish(Transmit),
    /// This bridge sends, or is in standby.
    State(LinkState),
    /// So many frames could not wait.
    LeftOut(u64),
    /// Nothing more until something comes in, or until this time.
    Wake(Option<Duration>),
}

/// See the file's head.
#[derive(Debug)]
pub struct Relay {
    link: Node,
    is_up: bool,
    /// Whether its key is the wrong one.
    is_refused: bool,
    /// Whether anybody here has ever had this key: then it is the right one.
    is_shared: bool,
    /// When this bridge has heard who else is there, and may send.
    settled_at: Duration,
    state: LinkState,
    /// The state that was told last, while the link is there.
    told: Option<LinkState>,
    /// This session began here, as the other bridges order it.
    session: u64,
    state_at: Duration,
    /// When another bridge of this site was heard last on the link.
    rivals: BTreeMap<MemberTag, (u64, Duration)>,
    /// What was heard of the bridges of other sites.
    others: OtherBridges,
    /// What this bridge's site is called.
    site: Name,
    waiting: VecDeque<PassedFrame>,
    home_pace: TokenBucket,
    history_pace: TokenBucket,
    /// When the first of those that wait may leave.
    paced: Duration,
    /// How far the link's frames were looked through for those that could not wait; `None` if all
    /// could.
    behind: Option<Position>,
    to_link: Recent,
    to_home: Recent,
    /// How far the held frames of this side are with the other one; `None` if all are.
    seeded: Option<Position>,
    /// The files, if they are carried.
    files: Option<CarriedFiles>,
    /// Whether this side was given something since that was asked last.
    has_moved: bool,
    out: VecDeque<LinkOutput>,
}

impl Relay {
    /// A bridge between a room's member here, whose session is `session` and whose site is called
    /// `site`, and a link, on which it is the member of the setup.
    #[must_use]
    pub fn new(setup: Setup, session: u64, site: Name, now: Moment) -> Self {
        let mut link = Node::new(setup, now);
        link.become_link();
        Self {
            link,
            is_up: false,
            is_refused: false,
            is_shared: false,
            settled_at: Duration::ZERO,
            state: LinkState::Standby,
            told: None,
            session,
            state_at: now.time,
            rivals: BTreeMap::new(),
            others: OtherBridges::default(),
            site,
            waiting: VecDeque::new(),
            home_pace: TokenBucket::new(HOME_PER_S, HOME_BURST, now.time),
            history_pace: TokenBucket::new(HISTORY_PER_S, HISTORY_BURST, now.time),
            paced: now.time,
            behind: None,
            to_link: Recent::default(),
            to_home: Recent::default(),
            seeded: Some(Position::default()),
            files: None,
            has_moved: false,
            out: VecDeque::new(),
        }
    }

    /// Carries files too, of so many bytes in all.
    pub fn carry_files(&mut self, limit_bytes: u64) {
        let (me, seed) = (self.link.key(), self.session);
        self.files = Some(CarriedFiles::new(me, seed, limit_bytes));
    }

    /// Takes something in; `home` is this bridge's member here.
    pub fn handle(&mut self, now: Moment, home: &mut Chat, input: LinkInput<'_>) {
        match input {
            LinkInput::Up => {
                self.is_up = true;
                self.state_at = now.time;
                self.settled_at = now.time + SETTLE;
                self.link.announce(now);
            }
            LinkInput::Down => {
                self.is_up = false;
                self.told = None;
            }
            LinkInput::Group { from, bytes } => self.link.on_group_datagram(now, from, bytes),
            LinkInput::Single { from, bytes } => self.link.on_datagram(now, from, bytes),
            LinkInput::Time => self.link.on_time(now),
        }
        self.check_key(home);
        self.hear_statements(now, home);
        self.elect(now, home);
        // What is new is sent, also if it is held already.
        self.take_out(now, home);
        self.seed(now, home);
        self.take_in(now, home);
        self.state(now, home);
        self.move_files(now, home);
    }

    fn move_files(&mut self, now: Moment, home: &mut Chat) {
        // What the bridges say of each other is told by their statements.
        while let Some(event) = self.link.poll_event() {
            if let Some(files) = &mut self.files {
                files.hear(now, event, &mut self.link);
            }
        }
        if let Some(files) = &mut self.files {
            self.has_moved |= files.run(now, &mut self.link, home);
        }
    }

    /// The next thing to do. To be called again until it is [`LinkOutput::Wake`].
    pub fn poll(&mut self, now: Moment) -> LinkOutput {
        if let Some(output) = self.out.pop_front() {
            return output;
        }
        while let Some(transmit) = self.link.poll_send(now) {
            if self.is_up && !self.is_refused {
                return LinkOutput::Publish(transmit);
            }
        }
        LinkOutput::Wake(self.next_time(now.time))
    }

    /// Whether this side was given something since that was asked last: it has something to put
    /// out.
    pub fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    /// Whether this bridge is the one that sends.
    #[must_use]
    pub fn is_sending(&self) -> bool {
        self.state == LinkState::Sending
    }

    /// The member on the link.
    #[must_use]
    pub fn link(&self) -> &Node {
        &self.link
    }

    fn next_time(&self, now: Duration) -> Option<Duration> {
        let is_waiting = !self.waiting.is_empty() || self.behind.is_some();
        let times = [
            self.link.next_time(now),
            self.is_up.then_some(self.state_at),
            is_waiting.then_some(self.paced),
            // From the start while the archive is read, and then without a pause.
            self.seeded
                .map(|behind| match behind == Position::default() {
                    true => now + STATED_EVERY,
                    false => now,
                }),
            self.files.as_ref().map(|files| files.next_time(&self.link)),
        ];
        times.into_iter().flatten().min()
    }

    fn spread(&self) -> Spread {
        match self.state {
            LinkState::Sending => Spread::Send,
            _ => Spread::Hold,
        }
    }

    /// Passes on what the bridges of other sites state, and notes who of this site is on the link.
    /// A statement that was not made lately is passed on to nobody: the server holds it up, or
    /// repeats it.
    fn hear_statements(&mut self, now: Moment, home: &mut Chat) {
        // Those that another bridge has sent here come by the link as well.
        while home.node.poll_statement().is_some() {}
        while let Some(statement) = self.link.poll_statement() {
            let by = statement.by;
            if let Some(session) = home.node.bridge_here(by) {
                if self.rivals.len() < TAGS_MAX || self.rivals.contains_key(&by) {
                    self.rivals.insert(by, (session, now.time));
                }
                continue;
            }
            let clock_ms = home.node.clock_ms(now);
            let ahead_ms = self
                .others
                .hear(&statement, home.node.tag(), (now.time, clock_ms));
            let Some(ahead_ms) = ahead_ms.filter(|_| statement.site.is_sending) else {
                continue;
            };
            self.has_moved = true;
            home.node.take_statement(now, &statement, ahead_ms);
            let is_sending = self.state == LinkState::Sending;
            if is_sending && self.others.is_due(by, now.time, STATEMENT_EVERY) {
                home.node.spread(statement.bytes);
            }
        }
    }

    /// Refuses to carry the room while nobody here has had its key and others here use another one
    /// for a room of this name: it is the wrong one, and nobody is to wait for what never comes.
    fn check_key(&mut self, home: &Chat) {
        let faults = home.node.gate().faults();
        let others = faults.get(&FrameFault::OtherKey).copied().unwrap_or(0);
        self.is_shared |= home.node.roster().people().next().is_some();
        self.is_refused = !self.is_shared && others >= OTHER_KEY_FRAMES;
    }

    /// Decides whether this bridge sends: the one of this site that is here longest does.
    fn elect(&mut self, now: Moment, home: &mut Chat) {
        let is_heard = |at: Duration| now.time < at + RIVAL_LOST;
        self.rivals.retain(|_, (_, at)| is_heard(*at));
        let is_first = self.rivals.values().all(|(it, _)| self.session < *it);
        let is_settled = self.is_up && now.time >= self.settled_at;
        let state = match is_settled && is_first {
            true => LinkState::Sending,
            false => LinkState::Standby,
        };
        let shown = match self.is_refused {
            true => LinkState::WrongKey,
            false => state,
        };
        if is_settled && self.told != Some(shown) {
            self.told = Some(shown);
            self.out.push_back(LinkOutput::State(shown));
        }
        if std::mem::replace(&mut self.state, state) == state {
            return;
        }
        if state == LinkState::Sending {
            for bytes in self.to_link.since(now.time) {
                self.link.spread(bytes);
            }
            for bytes in self.to_home.since(now.time) {
                self.has_moved = true;
                home.node.spread(bytes);
            }
        }
    }

    /// Gives the link's side what this side held before, once that has been read.
    fn seed(&mut self, now: Moment, home: &mut Chat) {
        let Some(behind) = self.seeded.filter(|_| !home.node.is_loading()) else {
            return;
        };
        let held = home.node.held_after(behind, SEED_FRAMES);
        self.seeded = held.last().map(|(position, _)| *position);
        for (_, bytes) in held {
            self.link.take_passed(now, &bytes, Spread::Hold);
        }
    }

    /// Gives the link's side what was heard here.
    fn take_out(&mut self, now: Moment, home: &mut Chat) {
        while let Some(PassedFrame { bytes, is_new }) = home.node.poll_passed() {
            // What is older is given to those who show that they lack it.
            let spread = if is_new { self.spread() } else { Spread::Hold };
            if self.link.take_passed(now, &bytes, spread) && is_new {
                self.to_link.note(now.time, bytes);
            }
        }
        let left_out = home.node.take_left_out();
        if left_out > 0 {
            self.out.push_back(LinkOutput::LeftOut(left_out));
            self.seeded = Some(Position::default());
        }
    }

    /// Gives this side what was heard on the link, no faster than its people hear it.
    fn take_in(&mut self, now: Moment, home: &mut Chat) {
        self.look_behind();
        loop {
            while self.waiting.len() < WAITING_MAX
                && let Some(frame) = self.link.poll_passed()
            {
                self.waiting.push_back(frame);
            }
            self.paced = now.time;
            let Some(first) = self.waiting.front() else {
                return;
            };
            let is_new = first.is_new;
            if let Err(paced) = self.may_take_in(now.time, is_new, home) {
                self.paced = paced;
                return;
            }
            let Some(PassedFrame { bytes, .. }) = self.waiting.pop_front() else {
                return;
            };
            // What is here already costs nobody anything.
            if home.node.take_passed(now, &bytes, self.spread()) {
                self.has_moved = true;
                self.pace_of(is_new).spend(1.0);
                if is_new {
                    self.to_home.note(now.time, bytes);
                }
            }
        }
    }

    /// Looks for what could not wait, in the log of the link's side: some frames in a turn, once
    /// everything else is here.
    fn look_behind(&mut self) {
        if self.link.take_left_out() > 0 {
            self.behind = Some(Position::default());
        }
        if let Some(behind) = self.behind.filter(|_| self.waiting.is_empty()) {
            let held = self.link.held_after(behind, SEED_FRAMES);
            self.behind = held.last().map(|(position, _)| *position);
            let is_new = false;
            let held = held.into_iter();
            self.waiting
                .extend(held.map(|(_, bytes)| PassedFrame { bytes, is_new }));
        }
    }

    fn pace_of(&mut self, is_new: bool) -> &mut TokenBucket {
        match is_new {
            true => &mut self.home_pace,
            false => &mut self.history_pace,
        }
    }

    /// Whether the next frame may come in now; the error is the time from which on it may.
    fn may_take_in(
        &mut self,
        now: Duration,
        is_new: bool,
        home: &mut Chat,
    ) -> Result<(), Duration> {
        let sends = self.spread() == Spread::Send;
        let pace = self.pace_of(is_new);
        if pace.refill(now) < 1.0 {
            return Err(pace.available_at(1.0));
        }
        match sends && !home.node.may_pass(now) {
            true => Err(home.node.passes_at(now)),
            false => Ok(()),
        }
    }

    /// States who is at this site.
    fn state(&mut self, now: Moment, home: &mut Chat) {
        if self.is_up && now.time >= self.state_at {
            self.state_at = now.time + STATED_EVERY;
            let report = LinkReport {
                site: self.site.clone(),
                is_sending: self.state == LinkState::Sending,
                heard: self.others.heard(now.time),
            };
            let made = home.node.make_statement(now, report);
            self.others
                .made(made.sequence, (now.time, home.node.clock_ms(now)));
            self.link.spread(made.bytes);
        }
    }
}
