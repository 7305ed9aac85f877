//! The loop of `chat`: it moves bytes, lines and time between the node and the world.

mod people;

use std::io;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::command::{self, Command};
use super::view::View;
use crate::cli::ChatSettings;
use crate::clock::{Clock, Throttle};
use crate::error::Error;
use crate::modes::Outcome;
use crate::net::group_sockets::{Changes, GroupSockets};
use crate::net::socket_poller::{Batch, Wire};
use crate::protocol::engine::config::TEXT_MAX_BYTES;
use crate::protocol::engine::event::{Destination, EngineEvent, Moment};
use crate::protocol::message::split_within;
use crate::protocol::node::Node;
use crate::protocol::wire::frame::beat::Link;
use crate::store::people::People;
use crate::terminal::console::ConsoleEvent;
use crate::terminal::signals::Signal;
use crate::text::{self, Lang};

/// How often to look at the interfaces.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// How often to join the groups again: switches without a querier forget members after about
/// 260 s.
const REJOIN_INTERVAL: Duration = Duration::from_secs(120);
/// After so long alone, it is said what could be the matter.
const ALONE_AFTER: Duration = Duration::from_secs(10);
/// A wall clock that runs so much ahead of ours tells that the machine slept.
const SLEPT_MS: u64 = 5000;
/// How long the end of the input waits for acknowledgements.
const END_WAIT: Duration = Duration::from_secs(3);
/// How long a farewell does.
const FAREWELL_WAIT: Duration = Duration::from_millis(400);
/// Who says nothing for so long, though asked, does not answer.
const ANSWER_WAIT: Duration = Duration::from_secs(1);
/// How often to ask again.
const ASK_INTERVAL: Duration = Duration::from_millis(250);
/// How long repeating the farewell may take.
const LEAVE_WAIT: Duration = Duration::from_millis(500);
/// Datagrams handed to the system at once.
const RUN_MAX: usize = 64;

/// All that the loop is told.
pub(super) enum Event {
    Console(ConsoleEvent),
    Signal(Signal),
    Heard(Batch),
    Deaf(io::Error),
}

/// How far this member has come with leaving.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    /// Sends what is still to be sent.
    Sending { wait: Duration },
    /// Waits for acknowledgements.
    Asking {
        since: Duration,
        until: Duration,
        again_at: Duration,
    },
    /// Repeats the farewell.
    Saying { until: Duration },
}

/// The loop's state.
pub(super) struct Driver<'s> {
    settings: &'s ChatSettings,
    lang: Lang,
    clock: Clock,
    node: Node,
    sockets: GroupSockets,
    pub(super) view: View,
    /// Where people are remembered, if they are.
    people: Option<People>,
    tickets: Sender<Batch>,
    leaving: Option<Leaving>,
    signal: Option<Signal>,
    look_at: Duration,
    rejoin_at: Duration,
    alone_at: Option<Duration>,
    /// Whether it was told that somebody has another key for this room.
    is_other_key_told: bool,
    wall_ahead_ms: Option<u64>,
    line_number: u64,
    refusals: Throttle,
}

impl<'s> Driver<'s> {
    pub(super) fn new(
        settings: &'s ChatSettings,
        lang: Lang,
        clock: Clock,
        node: Node,
        sockets: GroupSockets,
        (view, people): (View, Option<People>),
        tickets: Sender<Batch>,
    ) -> Self {
        Self {
            settings,
            lang,
            clock,
            node,
            sockets,
            view,
            people,
            tickets,
            leaving: None,
            signal: None,
            look_at: Duration::ZERO,
            rejoin_at: REJOIN_INTERVAL,
            alone_at: Some(ALONE_AFTER),
            is_other_key_told: false,
            wall_ahead_ms: None,
            line_number: 0,
            refusals: Throttle::default(),
        }
    }

    pub(super) fn run(&mut self, events: &Receiver<Event>) -> Result<Outcome, Error> {
        self.look_at_interfaces(true)?;
        self.greet_person()?;
        loop {
            let now = self.clock.now();
            if let Some(signal) = self.view.console.on_time(now.time)
                && let Some(end) = self.on_signal(signal)
            {
                return Ok(end);
            }
            if let Some(cause) = self.view.console.output_failure() {
                return Err(Error::Output(cause));
            }
            self.keep_up(now)?;
            self.read_lines(now)?;
            self.node.on_time(now);
            self.send(now)?;
            self.tell()?;
            if let Some(end) = self.leave(now)? {
                self.view.console.flush();
                return Ok(end);
            }
            if let Some(event) = self.next_event(events)?
                && let Some(end) = self.handle(event)?
            {
                return Ok(end);
            }
        }
    }

    fn greet_person(&mut self) -> Result<(), Error> {
        let (lang, name) = (self.lang, &self.settings.name);
        let interfaces = self.sockets.interfaces();
        let Some(room) = self.view.room.name.clone() else {
            let sentence = text::in_lobby(lang, name, interfaces);
            return self.view.say(&sentence);
        };
        let sentence = text::in_room(lang, name, room.as_str(), interfaces);
        self.view.say(&sentence)?;
        self.view.say(&match self.view.room.is_keyed {
            true => text::room_is_keyed(lang, room.as_str()),
            false => text::room_is_public(lang, room.as_str()),
        })
    }

    /// The next event, if one comes before something is due. Nothing is left unseen meanwhile.
    fn next_event(&mut self, events: &Receiver<Event>) -> Result<Option<Event>, Error> {
        if let Ok(event) = events.try_recv() {
            return Ok(Some(event));
        }
        self.view.console.flush();
        let now = self.clock.now().time;
        let leaving = self.leaving.map(|leaving| match leaving {
            Leaving::Sending { .. } => now + ASK_INTERVAL,
            Leaving::Asking {
                until, again_at, ..
            } => until.min(again_at),
            Leaving::Saying { until } => until,
        });
        let due = [
            Some(self.look_at),
            self.alone_at,
            self.view.console.next_time(),
            leaving,
            self.node.next_time(now),
        ];
        let due = due.into_iter().flatten().min().unwrap_or(self.look_at);
        match events.recv_timeout(due.saturating_sub(now)) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Ok(None),
        }
    }

    fn handle(&mut self, event: Event) -> Result<Option<Outcome>, Error> {
        match event {
            Event::Heard(batch) => self.hear(batch),
            Event::Signal(signal) => return Ok(self.on_signal(signal)),
            Event::Console(event) => {
                let now = self.clock.now().time;
                let signal = self.view.console.handle(now, event);
                return Ok(signal.and_then(|signal| self.on_signal(signal)));
            }
            Event::Deaf(cause) => return Err(Error::Connection(cause)),
        }
        Ok(None)
    }

    fn hear(&mut self, batch: Batch) {
        let now = self.clock.now();
        for (door, source, datagram) in batch.iter() {
            match door {
                Wire::Frames => self.node.on_datagram(now, source, datagram),
                Wire::Plain => self.node.on_plain(now, source, datagram),
            }
        }
        // The ears end with the loop, and then need no more tickets.
        let _ = self.tickets.send(batch);
    }

    /// Says farewell at once; whoever asks a second time is let go.
    fn on_signal(&mut self, signal: Signal) -> Option<Outcome> {
        if self.signal.replace(signal).is_some() {
            return Some(Outcome::Signalled(signal));
        }
        self.say_farewell();
        None
    }

    /// Sends all that the node wants sent, frames to the group in runs.
    fn send(&mut self, now: Moment) -> Result<(), Error> {
        let mut run: Vec<Rc<[u8]>> = Vec::new();
        let mut everywhere = false;
        while let Some(transmit) = self.node.poll_send(now) {
            let is_everywhere = transmit.to == Destination::Everywhere;
            match transmit.to {
                Destination::Group | Destination::Everywhere => {
                    if run.len() == RUN_MAX || is_everywhere != everywhere {
                        self.send_run(&mut run, everywhere)?;
                        everywhere = is_everywhere;
                    }
                    run.push(transmit.bytes);
                }
                Destination::Plain => {
                    let refusals = self.sockets.send_to_plain(&transmit.bytes);
                    self.tell_refusals(&refusals)?;
                }
                Destination::Member(to) => {
                    // Who cannot be reached now asks again.
                    let _ = self.sockets.send_to_member(to, &transmit.bytes);
                }
            }
        }
        self.send_run(&mut run, everywhere)
    }

    fn send_run(&mut self, run: &mut Vec<Rc<[u8]>>, everywhere: bool) -> Result<(), Error> {
        if run.is_empty() {
            return Ok(());
        }
        let datagrams: Vec<&[u8]> = run.iter().map(AsRef::as_ref).collect();
        let refusals = self.sockets.send_to_group(&datagrams, everywhere);
        run.clear();
        self.tell_refusals(&refusals)
    }

    fn tell(&mut self) -> Result<(), Error> {
        while let Some(event) = self.node.poll_event() {
            match event {
                EngineEvent::Met { name, key } => {
                    self.remember(|people| people.meet(&name, &key))?
                }
                event => self.view.event(&event)?,
            }
        }
        Ok(())
    }

    /// Looks after what changes slowly: interfaces, memberships, sleep, being alone.
    fn keep_up(&mut self, now: Moment) -> Result<(), Error> {
        let ahead_ms = now.wall_ms.saturating_sub(now.time.as_millis() as u64);
        let before_ms = self.wall_ahead_ms.replace(ahead_ms);
        if before_ms.is_some_and(|before_ms| ahead_ms > before_ms + SLEPT_MS) {
            self.view.say(&text::woke_up(self.lang))?;
            self.sockets.rejoin();
            self.node.announce(now);
            self.look_at = now.time;
        }
        if now.time >= self.rejoin_at {
            self.rejoin_at = now.time + REJOIN_INTERVAL;
            self.sockets.rejoin();
        }
        if now.time >= self.look_at {
            self.look_at_interfaces(false)?;
        }
        if self.node.hears_itself() {
            self.sockets.ignore_itself();
        }
        self.tell_other_key()?;
        if self.alone_at.is_some_and(|at| now.time >= at) {
            self.alone_at = None;
            let interfaces = self.sockets.interfaces();
            if self.node.roster().size() == 1 && !interfaces.is_empty() {
                let sentence = text::alone(self.lang, interfaces, self.node.hears_itself());
                self.view.say(&sentence)?;
            }
        }
        Ok(())
    }

    fn look_at_interfaces(&mut self, is_first: bool) -> Result<(), Error> {
        let now = self.clock.now();
        self.look_at = now.time + LOOK_INTERVAL;
        let had_some = !self.sockets.interfaces().is_empty();
        let Changes {
            joined,
            lost,
            refusals,
        } = match self.sockets.rescan() {
            Ok(changes) => changes,
            Err(cause) => {
                let cause = text::cause(self.lang, &cause);
                return self.view.fault(&cause);
            }
        };
        self.tell_refusals(&refusals)?;
        if !is_first {
            for interface in &lost {
                let sentence = text::interface_lost(self.lang, &interface.name);
                self.view.say(&sentence)?;
            }
            for interface in &joined {
                let sentence = text::interface_joined(self.lang, interface);
                self.view.say(&sentence)?;
            }
        }
        if self.sockets.interfaces().is_empty() && (had_some || is_first) {
            self.view.say(&text::no_network(self.lang))?;
        }
        let link = match self.sockets.is_radio() {
            Some(false) => Link::Wired,
            Some(true) => Link::Radio,
            None => Link::Unknown,
        };
        self.node.set_link(link, self.sockets.datagram_bytes());
        if !is_first && !joined.is_empty() {
            self.node.announce(now);
        }
        Ok(())
    }

    /// Takes typed lines while there is room for what they say.
    fn read_lines(&mut self, now: Moment) -> Result<(), Error> {
        while self.takes_lines()
            && let Some(line) = self.view.console.next_line()
        {
            self.line_number = line.number;
            for notice in line.notices(self.lang) {
                self.view.fault(&notice)?;
            }
            self.obey(now, &line.text)?;
        }
        if self.leaving.is_none() && self.view.console.is_over() {
            self.leaving = Some(Leaving::Sending { wait: END_WAIT });
        }
        Ok(())
    }

    fn takes_lines(&self) -> bool {
        self.leaving.is_none() && self.node.has_room()
    }

    fn obey(&mut self, now: Moment, line: &str) -> Result<(), Error> {
        let lang = self.lang;
        match command::read(line, self.settings.form) {
            Command::Nothing => {}
            Command::Say(text) => self.say(now, &text)?,
            Command::Leave => {
                let wait = FAREWELL_WAIT;
                self.leaving = Some(Leaving::Sending { wait });
            }
            Command::Help => {
                for sentence in text::commands(lang) {
                    self.view.say(&sentence)?;
                }
            }
            Command::Who => self.who()?,
            Command::History(count) => {
                for said in self.node.history(count) {
                    self.view.past(&said)?;
                }
            }
            Command::Private(rest) => {
                let (to, text) = self.parted(rest);
                self.say_private(&to, &text)?;
            }
            Command::PrivateTo(to, text) => self.say_private(&to, &text)?,
            Command::Verify(given) => self.verify(given)?,
            Command::Verified(given) => self.verified(given)?,
            Command::Stats => self.stats()?,
            Command::Lacking(usage) => self.view.fault(&text::needs_more(lang, usage))?,
            Command::Unknown(command) => self.view.fault(&text::unknown_command(lang, command))?,
            Command::NoCount(given) => self.view.fault(&text::no_count(lang, given))?,
            Command::NotSay => self.view.fault(&text::not_say(lang))?,
        }
        Ok(())
    }

    fn say(&mut self, now: Moment, text: &str) -> Result<(), Error> {
        let (mut piece, mut rest) = split_within(text, TEXT_MAX_BYTES);
        if !rest.is_empty() {
            let number = self.line_number;
            let sentence = text::line_cut(self.lang, number, TEXT_MAX_BYTES);
            self.view.fault(&sentence)?;
        }
        while !piece.is_empty() {
            self.node.say(now, piece);
            (piece, rest) = split_within(rest, TEXT_MAX_BYTES);
        }
        Ok(())
    }

    /// Goes on with leaving; the end when it is done.
    fn leave(&mut self, now: Moment) -> Result<Option<Outcome>, Error> {
        let time = now.time;
        match self.leaving {
            Some(Leaving::Sending { wait }) if self.node.is_sent() => {
                self.node.request_acks(now);
                self.leaving = Some(Leaving::Asking {
                    since: time,
                    until: time + wait,
                    again_at: time + ASK_INTERVAL,
                });
            }
            Some(Leaving::Asking {
                since,
                until,
                again_at,
            }) => {
                let answers_since = if time >= since + ANSWER_WAIT {
                    since
                } else {
                    Duration::ZERO
                };
                if self.node.is_settled(answers_since) || time >= until {
                    self.say_farewell();
                } else if time >= again_at {
                    self.node.request_acks(now);
                    let again_at = time + ASK_INTERVAL;
                    self.leaving = Some(Leaving::Asking {
                        since,
                        until,
                        again_at,
                    });
                }
            }
            Some(Leaving::Saying { until }) if self.node.is_gone() || time >= until => {
                return self.end().map(Some);
            }
            _ => {}
        }
        Ok(None)
    }

    fn say_farewell(&mut self) {
        self.node.leave();
        let until = self.clock.now().time + LEAVE_WAIT;
        self.leaving = Some(Leaving::Saying { until });
    }

    fn end(&mut self) -> Result<Outcome, Error> {
        if let Some(signal) = self.signal {
            return Ok(Outcome::Signalled(signal));
        }
        let waiting = self.node.waiting();
        if !waiting.is_empty() {
            let sentence = text::left_undelivered(self.lang, &waiting);
            self.view.fault(&sentence)?;
        }
        let end = self.view.console.end();
        end.map(|()| Outcome::Done).map_err(Error::Input)
    }
}
