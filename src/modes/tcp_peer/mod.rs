//! `tcp-peer`: two people, one TCP connection. The keyboard, the signals, the listener (or the
//! call) and the connection's two directions have a thread each, which only blocks and reports; one
//! loop decides. What is said to whom when is decided by `protocol::peer`.

mod news;
mod talk;

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use self::news::Narrator;
use self::talk::{Talk, TalkOutcome};
use super::Outcome;
use crate::chat::entry::{Entry, Request, Syntax};
use crate::chat::event::{Failure, News};
use crate::cli::{Side, TcpPeerSettings};
use crate::clock::Clock;
use crate::error::Error;
use crate::face::{ConsoleFace, Face, FaceConfig};
use crate::net::tcp::{CallError, Connection, Listener, ReadEvent, WriteEvent, call_with_retry};
use crate::protocol::message::FAREWELL;
use crate::protocol::peer::Role;
use crate::protocol::wire::stream::BUSY;
use crate::terminal::console::{ConsoleConfig, ConsoleEvent, PastePolicy};
use crate::terminal::screen::Form;
use crate::terminal::signals::{self, Signal};
use crate::text::{self, Lang};

/// Callers turned away whose connection is still open, so that they can read why.
const TURNED_AWAY_MAX: usize = 16;

/// All that the threads report to the loop. Numbers tell connections apart.
enum Event {
    Console(ConsoleEvent),
    Signal(Signal),
    /// The other does not answer yet.
    Calling,
    /// The listener is open, or cannot be opened.
    Opened(std::io::Result<Listener>),
    Called(std::io::Result<Connection>),
    Reached(Result<Connection, CallError>),
    Heard(u64, ReadEvent),
    Written(u64, WriteEvent),
}

/// Talks until the farewell, the end of both sides, or a signal.
pub(super) fn run(settings: &TcpPeerSettings, lang: Lang) -> Result<Outcome, Error> {
    let (tell, events) = mpsc::channel();
    let tell_signal = tell.clone();
    signals::watch(move |signal| drop(tell_signal.send(Event::Signal(signal))))
        .map_err(Error::Signals)?;
    let tell_console = tell.clone();
    let prompt = match (settings.form, &settings.name) {
        (Form::Json, _) => String::new(),
        (Form::Lines, Some(name)) => format!("{name}> "),
        (Form::Lines, None) => "> ".into(),
    };
    let config = FaceConfig {
        console: ConsoleConfig {
            prompt,
            paste: PastePolicy::Lines,
            lang,
        },
        form: settings.form,
        color: settings.color,
        room: None,
        syntax: Syntax::Verbatim,
    };
    let face = ConsoleFace::open(config, move |event| {
        tell_console.send(Event::Console(event)).is_ok()
    })?;
    match &settings.side {
        Side::Listen { host, port, .. } => {
            let opened = tell.clone();
            Listener::open_apart(host.clone(), *port, move |what| {
                // The program may have ended meanwhile.
                drop(opened.send(Event::Opened(what)));
            })
            .map_err(Error::Connection)?;
        }
        Side::Connect {
            host,
            port,
            retry_for,
        } => {
            let (calling, reached) = (tell.clone(), tell.clone());
            let on_failure = move || drop(calling.send(Event::Calling));
            call_with_retry(host.clone(), *port, *retry_for, on_failure, move |what| {
                // Whoever asked may have left meanwhile.
                drop(reached.send(Event::Reached(what)));
            })
            .map_err(Error::Connection)?;
        }
    }
    let mut driver = Driver {
        settings,
        lang,
        tell,
        clock: Clock::start(),
        face,
        narrator: Narrator::new(settings.name.as_ref()),
        talk: None,
        connections: 0,
        signal: None,
        input_failure: None,
        turned_away: VecDeque::new(),
    };
    let end = driver.run(&events);
    super::finish(end, |signal| driver.face.finish(signal))
}

/// The loop's state.
struct Driver<'s> {
    settings: &'s TcpPeerSettings,
    lang: Lang,
    tell: Sender<Event>,
    clock: Clock,
    face: ConsoleFace,
    narrator: Narrator,
    talk: Option<Talk>,
    connections: u64,
    signal: Option<Signal>,
    /// Why the input cannot be read, until a talk is over.
    input_failure: Option<std::io::Error>,
    turned_away: VecDeque<Connection>,
}

impl Driver<'_> {
    fn run(&mut self, events: &Receiver<Event>) -> Result<Outcome, Error> {
        loop {
            let now = self.now();
            if let Some(signal) = self.face.on_time(now)
                && let Some(end) = self.on_signal(signal)
            {
                return Ok(end);
            }
            if let Some(cause) = self.face.output_failure() {
                return super::output_failed(cause);
            }
            self.read_lines();
            self.look_at_input()?;
            if let Some(outcome) = self.go_on() {
                self.face.flush();
                if let Some(end) = self.after(outcome)? {
                    return Ok(end);
                }
                continue;
            }
            if let Some(event) = self.next_event(events)
                && let Some(end) = self.handle(event)?
            {
                return Ok(end);
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.now().time
    }

    /// Lets the talk go on; its outcome, once it is over.
    fn go_on(&mut self) -> Option<TalkOutcome> {
        let now = self.clock.now();
        let talk = self.talk.as_mut()?;
        talk.go_on(now, &mut self.face, &mut self.narrator)
    }

    /// The next event, if one comes before something is due. What was shown is written meanwhile.
    fn next_event(&mut self, events: &Receiver<Event>) -> Option<Event> {
        if let Ok(event) = events.try_recv() {
            return Some(event);
        }
        self.face.flush();
        let now = self.now();
        let talk_at = self.talk.as_ref().and_then(|talk| talk.next_time(now));
        let due = [talk_at, self.face.next_time()];
        match due.into_iter().flatten().min() {
            None => events.recv().ok(),
            Some(due) => events.recv_timeout(due.saturating_sub(now)).ok(),
        }
    }

    fn handle(&mut self, event: Event) -> Result<Option<Outcome>, Error> {
        match event {
            Event::Signal(signal) => return Ok(self.on_signal(signal)),
            Event::Console(event) => {
                let now = self.now();
                let signal = self.face.handle(now, event);
                return Ok(signal.and_then(|signal| self.on_signal(signal)));
            }
            Event::Opened(opened) => self.listen(opened)?,
            Event::Calling => {
                let address = self.called_address();
                self.face.say(&text::calling(self.lang, &address));
            }
            Event::Reached(Ok(connection)) => self.begin(connection, Role::Caller)?,
            Event::Reached(Err(cause)) => {
                let address = self.called_address();
                return Err(Error::Call { address, cause });
            }
            Event::Called(Ok(connection)) if self.talk.is_none() => {
                self.begin(connection, Role::Listener)?;
            }
            Event::Called(Ok(connection)) => self.turn_away(connection),
            Event::Called(Err(cause)) => {
                let cause = text::cause(self.lang, &cause);
                self.face.say(&text::call_failed(self.lang, &cause));
            }
            Event::Heard(number, heard) => {
                let now = self.now();
                if let Some(talk) = self.talk.as_mut().filter(|talk| talk.number == number) {
                    talk.on_heard(now, heard);
                }
            }
            Event::Written(number, written) => {
                if let Some(talk) = self.talk.as_mut().filter(|talk| talk.number == number) {
                    talk.on_written(written);
                }
            }
        }
        Ok(None)
    }

    /// Begins to listen, and says how to call.
    fn listen(&mut self, opened: std::io::Result<Listener>) -> Result<(), Error> {
        let Side::Listen { host, port, .. } = &self.settings.side else {
            return Ok(());
        };
        let failed = Error::listening(host.as_deref(), *port);
        let listener = opened.map_err(&failed)?;
        let address = listener.address().map_err(&failed)?;
        let lang = self.lang;
        self.face.say(&text::waiting_at(lang, address));
        for address in listener.reached_at().map_err(&failed)? {
            self.face.say(&text::call_us_by(lang, address));
        }
        let tell = self.tell.clone();
        listener
            .watch(move |called| tell.send(Event::Called(called)).is_ok())
            .map_err(&failed)
    }

    /// Whom we call, as it was typed.
    fn called_address(&self) -> String {
        match &self.settings.side {
            Side::Connect { host, port, .. } => format!("{host}:{port}"),
            Side::Listen { .. } => String::new(),
        }
    }

    /// Says goodbye if there is somebody to say it to; whoever asks a second time is let go.
    fn on_signal(&mut self, signal: Signal) -> Option<Outcome> {
        let is_first = self.signal.replace(signal).is_none();
        let now = self.now();
        match &mut self.talk {
            Some(talk) if is_first => {
                talk.say_goodbye(now);
                None
            }
            _ => Some(Outcome::Signalled(signal)),
        }
    }

    fn begin(&mut self, connection: Connection, role: Role) -> Result<(), Error> {
        self.connections += 1;
        let ready = self.narrator.ready(connection.peer());
        self.face.show(&ready.into());
        let (number, now) = (self.connections, self.now());
        let talk = Talk::begin(connection, role, number, self.settings, now, &self.tell);
        self.talk = Some(talk.map_err(Error::Connection)?);
        Ok(())
    }

    fn turn_away(&mut self, connection: Connection) {
        connection.turn_away(BUSY);
        let address = connection.peer();
        self.face.say(&text::turned_away(self.lang, address));
        self.turned_away.push_back(connection);
        if self.turned_away.len() > TURNED_AWAY_MAX {
            self.turned_away
                .pop_front()
                .into_iter()
                .for_each(|connection| connection.close());
        }
    }

    /// Hands typed lines to the talk while it has room, and while they can be shown.
    fn read_lines(&mut self) {
        let Some(talk) = &mut self.talk else { return };
        let now = self.clock.now();
        while talk.has_room()
            && self.face.has_room_for_own()
            && let Some(Request {
                id: request, entry, ..
            }) = self.face.next()
        {
            let own = match &entry {
                Entry::Say { to: Some(to), .. } if !talk.is_with(to) => {
                    Err(Failure::NobodyCalled(to.clone()))
                }
                Entry::Flawed(failure) => Err(failure.clone()),
                entry => self.narrator.own(now, entry).ok_or(Failure::NotSay),
            };
            match own {
                Ok(own) => {
                    self.face.show(&own.to(request));
                    talk.say(entry);
                }
                Err(failure) => self.face.show(&News::Failed(failure).to(request)),
            }
        }
    }

    /// Says farewell where the input cannot be read any more, and then tells why.
    fn look_at_input(&mut self) -> Result<(), Error> {
        if self.face.is_over()
            && let Err(cause) = self.face.end()
        {
            self.input_failure = Some(cause);
            if let Some(talk) = &mut self.talk {
                talk.say(Entry::Leave(FAREWELL.into()));
            }
        }
        match self.input_failure.take_if(|_| self.talk.is_none()) {
            Some(cause) => Err(Error::Input(cause)),
            None => Ok(()),
        }
    }

    /// A talk is over: the end, or the next one.
    fn after(&mut self, outcome: TalkOutcome) -> Result<Option<Outcome>, Error> {
        self.talk = None;
        if let Some(signal) = self.signal {
            return Ok(Some(Outcome::Signalled(signal)));
        }
        self.look_at_input()?;
        let keeps = matches!(self.settings.side, Side::Listen { keeps: true, .. });
        if keeps && outcome != TalkOutcome::WeLeft {
            return Ok(None);
        }
        Ok(Some(match outcome {
            TalkOutcome::Lost => Outcome::Incomplete,
            TalkOutcome::WeLeft | TalkOutcome::TheyLeft => Outcome::Done,
        }))
    }
}
