//! A conference, as a value: who sends voice, camera and screen, what of that is played here, and
//! how whole encoded frames cross a network that loses some. Each part owns its state:
//!
//! ```text
//! frame      what passes between a room and its own page
//! command    what may be asked
//! event      what is told                     · telling (which persons that is about)
//! own        what this member sends           · picture_sender · sound_sender · parity (how
//!            much) · person_budgets (for each person)
//! speakers   who is heard                     · guest_voice (a guest of this member, bounded)
//! calls      what the others say they send    · selection (what of it is played)
//! playing    what is received                 · picture_receiver · sound_receiver · asking (when)
//! code       a picture's symbols              · fitness (whether multicast carries it)
//! probe      whether it carries a call        · relay (copies by unicast where it does not)
//! roles      who decides for all, and what    · ruling (what that does to what is sent and played)
//! room       where the room meets all this
//! ```
//!
//! Everybody sends one stream per source to the group of streams, however many receive it. A
//! picture is one signed unit, cut into symbols with parity; receivers ask for as many symbols more
//! as they lack. What is late is dropped. What is sent is said to all in a call, twice a second, so
//! that faces which play nothing know it too.

mod asking;
mod calls;
mod code;
pub mod command;
pub mod event;
mod fitness;
pub mod frame;
mod guest_voice;
mod own;
mod parity;
mod person_budgets;
mod picture_receiver;
mod picture_sender;
mod playing;
mod probe;
mod relay;
mod roles;
mod room;
mod ruling;
mod selection;
mod sound_receiver;
mod sound_sender;
mod speakers;
mod telling;

use std::collections::VecDeque;
use std::time::Duration;

use self::calls::{Calls, Remote};
pub use self::command::{Hand, MediaCommand, RelayWish, RuleCommand};
pub use self::event::{
    CallState, DecisionState, FIT_PERCENT, MediaEvent, MediaRefusal, RelayState, RolesState,
    Speaker, StreamState,
};
use self::fitness::{Complaints, Losses};
pub use self::frame::{Captured, Codec, FromPage, Played, Source, ToPage};
use self::own::{Feed, Own};
use self::playing::Playing;
use self::probe::Probe;
use self::relay::Relay;
use self::roles::Roles;
pub use self::roles::{Decision, Role};
use self::selection::{Candidate, Selection};
use self::telling::{Tale, Voice};
use super::command::RequestId;
use crate::protocol::engine::event::{GuestName, HeardCall, HeardPiece, NamedKey};
use crate::protocol::node::Node;
use crate::protocol::rng::Rng;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::call::{Call, Counted, Wants};

/// Most streams that a page may choose at once.
const CHOSEN_MAX: usize = 16;

/// How often it is said what this member sends.
const CALL_EVERY: Duration = Duration::from_millis(500);

/// How long two calls are apart at least, whatever happens.
const CALL_APART: Duration = Duration::from_millis(100);

/// How often it is said that nothing is sent any more: the word may be lost.
const LAST_CALLS: u8 = 3;

/// How often a newcomer asks what is sent: the question may be lost.
const QUESTIONS: u8 = 2;

/// The longest wait before that is answered.
const ANSWER_WITHIN: Duration = Duration::from_millis(40);

/// How often it is looked who speaks, and what is to be played.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// For how long a person is said to speak after the last word that was heard.
const SPEAKS_FOR: Duration = Duration::from_millis(900);

/// See the file's head.
#[derive(Debug)]
pub(super) struct Conference {
    me: Key,
    rng: Rng,
    own: Own,
    calls: Calls,
    selection: Selection,
    playing: Playing,
    roles: Roles,
    /// Who asked for the decisions of this member that are in no frame yet.
    undecided: VecDeque<RequestId>,
    hand: Hand,
    is_watching: bool,
    chosen: Vec<StreamId>,
    saying: Saying,
    losses: Losses,
    complaints: Complaints,
    probe: Probe,
    relay: Relay,
    /// Who was told to speak.
    speaking: Vec<Voice>,
    look_at: Option<Duration>,
    out: VecDeque<Out>,
}

/// When it is said what this member does.
#[derive(Debug, Default)]
struct Saying {
    due: Option<Duration>,
    said_at: Option<Duration>,
    last_calls: u8,
    questions: u8,
    /// How many of a hundred frames are lost here, to be said once.
    loses: u8,
    /// How much of a probe has come here, to be said once.
    counted: Option<Counted>,
}

/// What comes out.
#[derive(Debug)]
enum Out {
    Page(ToPage),
    Tell(Option<RequestId>, Tale),
}

impl Conference {
    /// Nothing is sent or played yet. Where a room is keyed, strangers cannot make frames.
    pub(super) fn new(me: Key, (is_keyed, host): (bool, Option<Key>), seed: u64) -> Self {
        Self {
            me,
            rng: Rng::new(seed ^ 0x6d_65_64_69_61), // other numbers than the engine's
            own: Own::new(is_keyed),
            calls: Calls::default(),
            selection: Selection::default(),
            playing: Playing::new(is_keyed),
            roles: Roles::new(host),
            undecided: VecDeque::new(),
            hand: Hand::Lowered,
            is_watching: false,
            chosen: Vec::new(),
            saying: Saying::default(),
            losses: Losses::default(),
            complaints: Complaints::default(),
            probe: Probe::default(),
            relay: Relay::default(),
            speaking: Vec::new(),
            look_at: None,
            out: VecDeque::new(),
        }
    }

    /// Whether this member neither sends nor receives anything here.
    pub(super) fn is_idle(&self) -> bool {
        self.own.is_empty() && !self.is_watching && self.probe.is_idle()
    }

    fn me(&self, node: &Node) -> NamedKey {
        NamedKey {
            name: node.name().clone(),
            key: self.me,
        }
    }

    fn tell(&mut self, request: Option<RequestId>, tale: Tale) {
        self.out.push_back(Out::Tell(request, tale));
    }

    fn tell_all(&mut self, tales: Vec<Tale>) {
        let tales = tales.into_iter().map(|tale| Out::Tell(None, tale));
        self.out.extend(tales);
    }

    fn play(&mut self, played: Vec<Played>) {
        let played = played.into_iter().map(|it| Out::Page(ToPage::Play(it)));
        self.out.extend(played);
    }

    /// Does what is asked.
    fn obey(&mut self, now: Moment, request: RequestId, command: MediaCommand, node: &mut Node) {
        let (request, me) = (Some(request), self.me(node));
        match command {
            MediaCommand::Begin(_) if self.is_muted(now, node) => {
                let tale = Tale::MutedForAll(self.roles.muted_by(&self.me).cloned());
                self.tell(request, tale);
            }
            MediaCommand::Begin(source) => {
                self.probe_if_first(now.time, node);
                let tale = match self.own.begin(now.time, Feed::own(source), None, node) {
                    Ok((own, bitrate)) => {
                        let began = Tale::Began(own.told(source, me));
                        self.out.push_back(Out::Page(bitrate));
                        began
                    }
                    Err(refusal) => Tale::Refused(refusal),
                };
                self.tell(request, tale);
            }
            MediaCommand::End(source) => {
                let tale = match self.own.end(Feed::own(source), node) {
                    Some(own) => Tale::Ended(own.told(source, me)),
                    None => Tale::Refused(MediaRefusal::NotBegun),
                };
                self.tell(request, tale);
                self.say_soon(now.time);
            }
            MediaCommand::EndGuest(guest) => {
                self.end_guests(now.time, |number| number != guest, node);
            }
            MediaCommand::Watch if !self.is_watching => {
                self.is_watching = true;
                self.saying.questions = QUESTIONS;
                self.say_at(now.time);
                self.tell_roles(None);
            }
            MediaCommand::Watch => {}
            MediaCommand::Unwatch => self.is_watching = false,
            MediaCommand::Choose(mut streams) => {
                streams.truncate(CHOSEN_MAX);
                self.chosen = streams;
            }
            MediaCommand::Hand(hand) => self.set_hand(now, request, hand, node),
            MediaCommand::Relay(wish) => self.set_relay(now, request, wish),
            MediaCommand::Roles => self.tell_roles(request),
            MediaCommand::List => self.tell(request, Tale::List(now.time)),
        }
        self.look_at = Some(now.time);
    }

    /// Takes in what the own page captured or wants.
    fn on_page(&mut self, now: Moment, from_page: FromPage, node: &mut Node) {
        match from_page {
            FromPage::Captured(captured) => {
                self.capture(now.time, (Feed::own(captured.source), captured), node);
            }
            FromPage::OfGuest { guest, captured } => {
                self.capture(now.time, (Feed::of_guest(guest), captured), node);
            }
            FromPage::KeyWanted(stream) => self.playing.want_key(now.time, stream),
        }
    }

    fn capture(&mut self, now: Duration, captured: (Feed, Captured), node: &mut Node) {
        let (is_news, to_page) = self.own.capture(now, captured, node);
        self.out.extend(to_page.map(Out::Page));
        if is_news {
            self.say_soon(now);
        }
    }

    /// Whether a symbol is of a stream that is played here.
    fn has(&self, stream: StreamId) -> bool {
        self.playing.has(stream) || self.probe.counts(stream)
    }

    /// Takes in a symbol.
    fn on_piece(&mut self, now: Duration, piece: HeardPiece, node: &Node) {
        let (stream, mut played) = (piece.stream, Vec::new());
        let out = (&mut self.rng, &mut played);
        let speaks = self.playing.hear(now, piece, node, out);
        if !played.is_empty() {
            self.calls.touch(now, stream);
        }
        if speaks {
            self.calls.speaks(now, stream);
        }
        self.play(played);
    }

    /// Takes in what somebody says that they do.
    fn on_call(&mut self, now: Duration, heard: HeardCall, node: &mut Node) {
        let sends = !self.own.is_empty();
        if heard.call.asks && (sends || self.hand == Hand::Raised) {
            let within = self.rng.between(Duration::ZERO, ANSWER_WITHIN);
            self.say_at(now + within);
        }
        self.hear_losses(now, &heard, node);
        for (called, stream) in heard.call.streams.iter().zip(&heard.streams) {
            if self.playing.has(*stream) {
                let announced = (called.number, called.newest);
                node.follow_stream(now, (&heard.who.key, heard.session), announced);
            }
            let newest = called.newest_unit;
            self.playing.announced(now, *stream, newest, &mut self.rng);
        }
        self.hear_probe(now, &heard, node);
        let tales = self.calls.hear(now, heard);
        // What begins is played at once: the picture is to be there within a second.
        if !tales.is_empty() {
            self.look_at = Some(now);
        }
        if !self.calls.is_empty() {
            self.look_at.get_or_insert(now + LOOK_EVERY);
        }
        self.tell_all(tales);
    }

    /// Takes in what somebody lacks.
    fn on_wants(&mut self, now: Duration, person: u64, wants: &Wants, node: &mut Node) {
        for want in &wants.wanted {
            if self.own.has(want.stream) {
                self.complaints.asks(now, person);
                let to_page = self.own.want(now, person, want, node);
                self.out.extend(to_page.map(Out::Page));
            } else {
                self.playing.other_asks(now, want, &mut self.rng);
            }
        }
    }

    fn say_soon(&mut self, now: Duration) {
        self.saying.last_calls = LAST_CALLS;
        self.say_at(now);
    }

    fn say_at(&mut self, at: Duration) {
        let apart = self.saying.said_at.map(|said| said + CALL_APART);
        let at = at.max(apart.unwrap_or(at));
        self.saying.due = Some(self.saying.due.map_or(at, |due| due.min(at)));
    }

    /// Does what is due. `is_ignored` says of whom nothing is played.
    fn on_time(
        &mut self,
        now: Moment,
        node: &mut Node,
        is_ignored: impl Fn(&Key, Option<&GuestName>) -> bool,
    ) {
        self.time_probe(now.time, node);
        if self.saying.due.is_some_and(|due| due <= now.time) {
            self.say(now, node);
        }
        let tales = self.calls.on_time(now.time);
        if !tales.is_empty() {
            self.look_at = Some(now.time);
        }
        self.tell_all(tales);
        if self.look_at.is_some_and(|at| at <= now.time) {
            self.look_at_roles(now, node);
            self.look_at_relay(now, node);
            self.look(now.time, node, is_ignored);
        }
        let (wants, played) = self.playing.on_time(now.time, &mut self.rng);
        self.play(played);
        self.ask_for(now, wants, node);
    }

    fn say(&mut self, now: Moment, node: &mut Node) {
        let mut called = self.own.called(now.time);
        called.extend(self.probe.called());
        let saying = &mut self.saying;
        let asks = saying.questions > 0;
        saying.questions = saying.questions.saturating_sub(1);
        let has_hand_up = self.hand == Hand::Raised;
        let does_any = has_hand_up || !called.is_empty();
        saying.said_at = Some(now.time);
        saying.due = match does_any {
            true => {
                saying.last_calls = LAST_CALLS;
                Some(now.time + CALL_EVERY)
            }
            false if saying.last_calls > 1 || saying.questions > 0 => {
                saying.last_calls = saying.last_calls.saturating_sub(1);
                Some(now.time + CALL_APART)
            }
            // A page that is silent now may go on.
            false => None,
        };
        let call = Call {
            has_hand_up,
            asks,
            loses: std::mem::take(&mut saying.loses),
            streams: Vec::new(),
            counted: saying.counted.take(),
        };
        node.tell_call(now, call, &called);
    }

    /// Looks who speaks, what is to be played, and how much may be sent.
    fn look(
        &mut self,
        now: Duration,
        node: &mut Node,
        is_ignored: impl Fn(&Key, Option<&GuestName>) -> bool,
    ) {
        self.select(now, node, &is_ignored);
        self.look_at_losses(now, node);
        let to_page = self.own.on_time(now, node.is_on_radio());
        self.out.extend(to_page.into_iter().map(Out::Page));
        self.tell_guests(now, node, &is_ignored);
        let speaking = self.who_speaks(now, node, is_ignored);
        if speaking != self.speaking {
            // The others hear at once that this person speaks.
            if self.own.speaks(now) {
                self.say_soon(now);
            }
            self.speaking.clone_from(&speaking);
            self.tell(None, Tale::Speaking(speaking));
        }
        let is_quiet = self.is_idle() && self.calls.is_empty() && self.speaking.is_empty();
        self.look_at = (!is_quiet).then_some(now + LOOK_EVERY);
    }

    /// Plays what is to be played from now on, and nothing else.
    fn select(
        &mut self,
        now: Duration,
        node: &mut Node,
        is_ignored: impl Fn(&Key, Option<&GuestName>) -> bool,
    ) {
        let before = std::mem::take(&mut self.selection);
        let is_admitted =
            |(_, it): &(_, &Remote)| self.is_admitted(it.key(), it.guest.as_ref(), &is_ignored);
        let streams = self.calls.streams().filter(is_admitted);
        let streams = streams.filter(|_| self.is_watching);
        let is_on_radio = node.is_on_radio();
        let on_air = is_on_radio.then(|| self.on_air(now));
        let is_on_air = |id: &StreamId| on_air.as_ref().is_none_or(|it| it.contains(id));
        let streams = streams.filter(|(id, _)| is_on_air(id));
        let candidates = streams.map(|(id, remote)| Candidate {
            id,
            remote,
            spoke_at: self.calls.spoke_at(remote),
            is_of_host: self.roles.host() == Some(remote.key()),
        });
        let candidates: Vec<Candidate<'_>> = candidates.collect();
        let mut selection = Selection::of(now, &candidates, &self.chosen, &before, is_on_radio);
        for id in before.streams().filter(|id| !selection.has(*id)) {
            node.unfollow_stream(id);
            self.playing.end(id);
            self.out.push_back(Out::Page(ToPage::Gone(id)));
        }
        let mut is_followed = |id: StreamId| {
            let remote = self.calls.get(id);
            remote.is_some_and(|remote| {
                if self.playing.has(id) {
                    return true;
                }
                let announced = (remote.called.number, remote.called.newest);
                let author = (remote.key(), remote.session);
                let has_room = node.follow_stream(now, author, announced);
                if has_room {
                    self.playing.begin(now, id, remote);
                }
                has_room
            })
        };
        selection.pictures.retain(|id| is_followed(*id));
        selection.voices.retain(|id| is_followed(*id));
        self.own.set_on_air(on_air);
        self.selection = selection;
        if self.selection != before {
            self.tell(None, Tale::Shown(self.selection.clone()));
        }
    }

    /// Queues what may leave; returns whether there was anything.
    fn pump(&mut self, now: Duration, node: &mut Node) -> bool {
        self.own.pump(now, node)
    }

    /// When [`Conference::on_time`] has something to do.
    pub(super) fn next_time(&self) -> Option<Duration> {
        let times = [
            self.saying.due,
            self.look_at,
            self.calls.next_time(),
            self.playing.next_time(),
            self.probe.next_time(),
        ];
        times.into_iter().flatten().min()
    }
}
