//! `hub join`: a person at a hub. The keyboard, the signals, the call and the line's two directions
//! have a thread each, which only block and report; one loop decides. What is said to the hub when
//! is decided by `protocol::hub::joiner`.

mod command;
mod menu;
mod news;

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use self::command::Command;
use self::menu::Menu;
use self::news::Told;
use super::Outcome;
use crate::chat::command::RequestId;
use crate::chat::entry::Syntax;
use crate::chat::event::{Failure, News};
use crate::cli::HubJoinSettings;
use crate::clock::Clock;
use crate::error::Error;
use crate::face::{ConsoleFace, Face, FaceConfig};
use crate::net::duplex::Duplex;
use crate::net::tcp::{CallError, Connection, ReadEvent, WriteEvent, call_with_retry};
use crate::protocol::hub::joiner::{self, HubRequest, Joiner};
use crate::terminal::console::{ConsoleConfig, ConsoleEvent, PastePolicy};
use crate::terminal::screen::Form;
use crate::terminal::signals::{self, Signal};
use crate::text::{self, Lang};

/// How long a hub may take to let us in.
const ARRIVAL_WAIT: Duration = Duration::from_secs(10);
/// How long it may take to answer our farewell.
const FAREWELL_WAIT: Duration = Duration::from_secs(3);
/// The same after a signal.
const LEAVING_WAIT: Duration = Duration::from_secs(1);

/// All that the threads report to the loop.
enum Event {
    Console(ConsoleEvent),
    Signal(Signal),
    /// The hub does not answer yet.
    Calling,
    Reached(Result<Connection, CallError>),
    Heard(ReadEvent),
    Written(WriteEvent),
}

/// Talks until the farewell, the end of the input, the end of the hub, or a signal.
pub(super) fn run(settings: &HubJoinSettings, lang: Lang) -> Result<Outcome, Error> {
    let key = super::moderator_key(settings.secret_file.as_deref())?;
    let (tell, events) = mpsc::channel();
    let (tell_signal, tell_reached, tell_calling) = (tell.clone(), tell.clone(), tell.clone());
    signals::watch(move |signal| drop(tell_signal.send(Event::Signal(signal))))
        .map_err(Error::Signals)?;
    let (host, port) = (settings.host.clone(), settings.port);
    let on_failure = move || drop(tell_calling.send(Event::Calling));
    call_with_retry(host, port, settings.retry_for, on_failure, move |reached| {
        // Whoever asked may have left meanwhile.
        drop(tell_reached.send(Event::Reached(reached)));
    })
    .map_err(Error::Connection)?;
    let prompt = match settings.form {
        Form::Lines => format!("{}> ", settings.name),
        Form::Json => String::new(),
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
        syntax: match settings.has_menu {
            true => Syntax::Menu,
            false => Syntax::Commands,
        },
    };
    let tell_console = tell.clone();
    let face = ConsoleFace::open(config, move |event| {
        tell_console.send(Event::Console(event)).is_ok()
    })?;
    let mut driver = Driver {
        settings,
        lang,
        tell,
        clock: Clock::start(),
        joiner: Joiner::new(settings.name.clone(), key),
        line: None,
        menu: Menu::default(),
        face,
        news: Told::new(settings.name.to_string()),
        in_until: Duration::MAX,
        reads_owed: 0,
        is_ready: false,
        leaving: None,
        is_ended: false,
        signal: None,
        input_failure: None,
    };
    let end = driver.run(&events);
    let end = match (end, driver.input_failure.take()) {
        (Ok(Outcome::Done | Outcome::Incomplete), Some(cause)) => Err(Error::Input(cause)),
        (end, _) => end,
    };
    super::finish(end, |signal| driver.face.finish(signal))
}

/// How far we are with leaving.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    /// The farewell is on its way behind all that was typed.
    Saying,
    /// It is said, and answered until then or not.
    Said { until: Duration },
}

/// The loop's state.
struct Driver<'s> {
    settings: &'s HubJoinSettings,
    lang: Lang,
    tell: Sender<Event>,
    clock: Clock,
    joiner: Joiner,
    line: Option<Duplex>,
    menu: Menu,
    face: ConsoleFace,
    news: Told,
    /// When to give the hub up that has not let us in.
    in_until: Duration,
    /// Reads of the socket that wait until the output has room.
    reads_owed: usize,
    /// Whether it was shown that the hub has let us in.
    is_ready: bool,
    leaving: Option<Leaving>,
    /// Whether the hub has ended the connection.
    is_ended: bool,
    signal: Option<Signal>,
    /// Why the input cannot be read, which is told once what it brought before is said.
    input_failure: Option<std::io::Error>,
}

impl Driver<'_> {
    fn run(&mut self, events: &Receiver<Event>) -> Result<Outcome, Error> {
        loop {
            let now = self.now();
            if let Some(signal) = self.face.on_time(now)
                && let Some(end) = self.on_signal(signal)
            {
                return Ok(self.leave(end));
            }
            if let Some(cause) = self.face.output_failure() {
                return super::output_failed(cause);
            }
            self.read_lines();
            self.go_on();
            let was_ready = self.is_ready;
            if let Some(end) = self.show() {
                return Ok(self.leave(end));
            }
            if self.is_ready != was_ready {
                // Lines that were typed before are taken now.
                continue;
            }
            if let Some(event) = self.next_event(events)
                && let Some(end) = self.handle(event)?
            {
                return Ok(self.leave(end));
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.now().time
    }

    fn leave(&mut self, end: Outcome) -> Outcome {
        if let Some(line) = &mut self.line {
            line.close();
        }
        self.signal.map_or(end, Outcome::Signalled)
    }

    /// The next event, if one comes before something is due.
    fn next_event(&mut self, events: &Receiver<Event>) -> Option<Event> {
        if let Ok(event) = events.try_recv() {
            return Some(event);
        }
        self.face.flush();
        let now = self.now();
        let said_until = match self.leaving {
            Some(Leaving::Said { until }) => Some(until),
            _ => None,
        };
        let in_until = (!self.joiner.is_in() && self.line.is_some()).then_some(self.in_until);
        let typed_at = self.face.next_time();
        let dues = [self.joiner.next_time(now), said_until, in_until, typed_at];
        match dues.into_iter().flatten().min() {
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
            Event::Calling => {
                let address = format!("{}:{}", self.settings.host, self.settings.port);
                self.face.say(&text::calling(self.lang, &address));
            }
            Event::Reached(Ok(connection)) => self.begin(connection)?,
            Event::Reached(Err(cause)) => {
                let address = format!("{}:{}", self.settings.host, self.settings.port);
                return Err(Error::Call { address, cause });
            }
            Event::Heard(ReadEvent::Bytes(bytes)) => {
                let now = self.now();
                self.joiner.hear(now, &bytes);
                self.reads_owed += 1;
            }
            Event::Heard(ReadEvent::Urgent) => {}
            Event::Heard(ReadEvent::End | ReadEvent::Lost(_))
            | Event::Written(WriteEvent::Lost(_)) => {
                self.joiner.hear_end();
                self.is_ended = true;
            }
            Event::Written(WriteEvent::Bytes(bytes)) => {
                if let Some(line) = &mut self.line {
                    line.wrote(bytes);
                }
            }
        }
        Ok(None)
    }

    fn begin(&mut self, connection: Connection) -> Result<(), Error> {
        connection
            .keep_alive(self.settings.keep_alive)
            .map_err(Error::Connection)?;
        let (heard, written) = (self.tell.clone(), self.tell.clone());
        let line = Duplex::start(
            connection,
            move |what| heard.send(Event::Heard(what)).is_ok(),
            move |what| written.send(Event::Written(what)).is_ok(),
        );
        self.line = Some(line.map_err(Error::Connection)?);
        self.in_until = self.now() + ARRIVAL_WAIT;
        Ok(())
    }

    /// Says farewell if there is somebody to say it to; whoever asks a second time is let go.
    fn on_signal(&mut self, signal: Signal) -> Option<Outcome> {
        let is_first = self.signal.replace(signal).is_none();
        if !is_first || !self.joiner.is_in() {
            return Some(Outcome::Signalled(signal));
        }
        if self.leaving.is_none() {
            self.joiner.request(&HubRequest::Exit);
        }
        let until = self.now() + LEAVING_WAIT;
        self.leaving = Some(Leaving::Said { until });
        None
    }

    /// Does what was typed, while there is room.
    fn read_lines(&mut self) {
        // An answer follows `ready`, and has room: none is left out.
        while self.is_ready
            && self.joiner.has_room()
            && self.face.has_room()
            && self.leaving.is_none()
            && self.take_line()
        {}
        if self.face.is_over() && self.leaving.is_none() && self.line.is_some() {
            self.input_failure = self.face.end().err();
            self.request(RequestId::default(), HubRequest::Exit);
        }
    }

    /// Does what the next line asks for. Returns whether there was one.
    fn take_line(&mut self) -> bool {
        if self.settings.has_menu {
            let Some((id, line)) = self.face.next_text() else {
                return false;
            };
            if let Some(request) = self.menu.take(&line) {
                self.request(id, request);
            }
            if self.leaving.is_none() {
                self.ask();
            }
            return true;
        }
        let Some((id, entry)) = self.face.next() else {
            return false;
        };
        match command::read(entry) {
            Ok(Command::Nothing) => {}
            Ok(Command::HubRequest(request)) => self.request(id, request),
            Ok(Command::Help) => {
                let help = text::hub_help(self.lang);
                help.iter().for_each(|line| self.face.say(line));
            }
            Err(failure) => self.face.show(&News::Failed(failure).to(id)),
        }
        true
    }

    /// Asks for what the menu needs next.
    fn ask(&mut self) {
        let lang = self.lang;
        match &self.menu {
            Menu::Choice => {
                let menu = text::menu(lang);
                menu.iter().for_each(|line| self.face.say(line));
            }
            Menu::PrivateTo => self.face.say(&text::asks_whom(lang)),
            Menu::BroadcastMode => self.face.say(&text::asks_me_too(lang)),
            Menu::EchoText | Menu::PrivateText(_) | Menu::BroadcastText(_) => {
                self.face.say(&text::asks_text(lang));
            }
        }
    }

    fn request(&mut self, id: RequestId, request: HubRequest) {
        if request == HubRequest::Exit {
            self.leaving = Some(Leaving::Saying);
        }
        self.joiner.request(&request);
        if let Some(own) = self.news.own(self.clock.now(), request) {
            self.face.show(&own.to(id));
        }
    }

    /// Lets time pass for the joiner, and sends what it says.
    fn go_on(&mut self) {
        let now = self.now();
        self.joiner.on_time(now);
        let Some(line) = &mut self.line else { return };
        let joiner = &mut self.joiner;
        line.send(|acknowledgement| joiner.poll_send(now, acknowledgement));
        let is_said = self.joiner.is_said() && line.is_written();
        if is_said && matches!(self.leaving, Some(Leaving::Saying)) {
            let until = now + FAREWELL_WAIT;
            self.leaving = Some(Leaving::Said { until });
        }
    }

    /// Shows what the hub has sent; how it ends, if it does.
    fn show(&mut self) -> Option<Outcome> {
        let hub = self.line.as_ref().map(Duplex::peer)?;
        let is_leaving = self.leaving.is_some();
        while self.face.has_room()
            && let Some(event) = self.joiner.poll_event()
        {
            // Our farewell's answer is no news.
            let is_answer = matches!(event, joiner::JoinerEvent::Out(_)) && is_leaving;
            if !is_answer || self.settings.form == Form::Json {
                let news = self.news.of(self.clock.now(), hub, &event);
                self.face.show(&news.into());
            }
            self.is_ready |= matches!(event, joiner::JoinerEvent::Joined { .. });
            match event {
                joiner::JoinerEvent::Joined { .. } if self.settings.has_menu => {
                    self.ask();
                }
                joiner::JoinerEvent::Closed => return Some(Outcome::Done),
                joiner::JoinerEvent::Out(_) if is_leaving => return Some(self.done()),
                joiner::JoinerEvent::Out(_)
                | joiner::JoinerEvent::Refused(_)
                | joiner::JoinerEvent::ProofAsked
                | joiner::JoinerEvent::Broken => return Some(Outcome::Incomplete),
                _ => {}
            }
        }
        if !self.face.has_room() && self.signal.is_none() {
            // What the hub has sent is shown whole before the end of it is, but after a signal.
            return None;
        }
        if let Some(line) = &self.line {
            (0..std::mem::take(&mut self.reads_owed)).for_each(|_| line.took());
        }
        let now = self.now();
        if let Some(Leaving::Said { until }) = self.leaving
            && (self.is_ended || now >= until)
        {
            return Some(self.done());
        }
        if self.is_ended {
            self.face.show(&News::Failed(Failure::HubLost).into());
            return Some(Outcome::Incomplete);
        }
        if !self.joiner.is_in() && now >= self.in_until {
            self.face.show(&News::Failed(Failure::NotAHub).into());
            return Some(Outcome::Incomplete);
        }
        None
    }

    /// How we leave of our own will: with all that was typed said, or not.
    fn done(&self) -> Outcome {
        match self.joiner.is_said() {
            true => Outcome::Done,
            false => Outcome::Incomplete,
        }
    }
}
