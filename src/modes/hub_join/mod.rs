//! `hub join`: a person at a hub. The keyboard, the signals, the call and the line's two directions
//! have a thread each, which only block and report; one loop decides. What is said to the hub when
//! is decided by `protocol::hub::joiner`.

mod away;
mod command;
mod connecting;
mod ignored;
mod menu;
mod news;
mod recalls;

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use self::command::Command;
use self::ignored::IgnoredNames;
use self::menu::Menu;
use self::news::Told;
use self::recalls::Recalls;
use super::Outcome;
use crate::chat::command::RequestId;
use crate::chat::entry::{Request, Syntax};
use crate::chat::event::{Failure, HubNews, News};
use crate::cli::{HubJoinSettings, WhenLost};
use crate::clock::Clock;
use crate::error::Error;
use crate::face::{ConsoleFace, Face, FaceConfig};
use crate::net::duplex::Duplex;
use crate::net::tcp::{CallError, Connection, ReadEvent, WriteEvent, call_with_retry};
use crate::protocol::hub::joiner::{self, HubRequest, Joiner};
use crate::protocol::hub::{ModeratorKey, ModeratorSecret, NoMemory};
use crate::store::identity::random;
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

/// Lines that are kept while the connection is being made again.
const KEPT_MAX: usize = 100;

/// All that the threads report to the loop.
enum Event {
    Console(ConsoleEvent),
    Signal(Signal),
    /// The hub does not answer yet.
    Calling,
    Reached(Result<Connection, CallError>),
    /// By which connection, and what.
    Heard(u64, ReadEvent),
    Written(u64, WriteEvent),
    /// The moderator's key for this hub, which takes a while to derive.
    Key(Result<ModeratorKey, NoMemory>),
}

/// Talks until the farewell, the end of the input, the end of the hub, or a signal.
pub(super) fn run(settings: &HubJoinSettings, lang: Lang) -> Result<Outcome, Error> {
    let secret = super::moderator_secret(settings.secret_file.as_deref())?;
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
    let mut face = ConsoleFace::open(config, move |event| {
        tell_console.send(Event::Console(event)).is_ok()
    })?;
    if !settings.has_menu {
        face.complete(command::commands());
    }
    let mut driver = Driver {
        settings,
        lang,
        tell,
        clock: Clock::start(),
        joiner: Joiner::new(settings.name.clone()),
        secret,
        recalls: recalls(settings)?,
        line: None,
        connections: 0,
        menu: Menu::default(),
        face,
        news: Told::new(settings.name.to_string()),
        ignored: IgnoredNames::new(settings.name.to_string()),
        in_until: Duration::MAX,
        reads_owed: 0,
        is_ready: false,
        leaving: None,
        is_close_asked: false,
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

/// When to call again, if a lost connection is not the end.
fn recalls(settings: &HubJoinSettings) -> Result<Option<Recalls>, Error> {
    if settings.when_lost == WhenLost::End {
        return Ok(None);
    }
    let seed = random().map_err(Error::Connection)?;
    Ok(Some(Recalls::new(u64::from_be_bytes(seed))))
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
    secret: Option<ModeratorSecret>,
    /// When to call again; `None` if a lost connection is the end.
    recalls: Option<Recalls>,
    line: Option<Duplex>,
    /// The number of the connection: what older ones report is stale.
    connections: u64,
    menu: Menu,
    face: ConsoleFace,
    news: Told,
    ignored: IgnoredNames,
    /// When to give the hub up that has not let us in.
    in_until: Duration,
    /// Reads of the socket that wait until the output has room.
    reads_owed: usize,
    /// Whether it was shown that the hub has let us in.
    is_ready: bool,
    leaving: Option<Leaving>,
    /// Whether the last request was to close the hub, which is asked once.
    is_close_asked: bool,
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
            self.look_at_clocks()?;
            self.read_lines();
            if let Some(end) = self.end_away() {
                return Ok(self.leave(end));
            }
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
        if end != Outcome::Done && self.is_ready {
            self.show_undelivered();
        }
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
        let recall_at = self.recalls.as_ref().filter(|_| self.is_ready);
        let recall_at = recall_at.map(|recalls| recalls.next_time(now));
        let dues = [
            self.joiner.next_time(now),
            said_until,
            in_until,
            typed_at,
            recall_at,
            self.gives_up_at(),
        ];
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
            Event::Reached(Ok(connection)) if self.refuses(&connection) => {}
            Event::Reached(Ok(connection)) => self.begin(connection)?,
            Event::Reached(Err(_)) if self.is_away() => self.go_away(),
            Event::Reached(Err(cause)) => {
                let address = format!("{}:{}", self.settings.host, self.settings.port);
                return Err(Error::Call { address, cause });
            }
            Event::Heard(number, _) | Event::Written(number, _)
                if number != self.connections || self.line.is_none() => {}
            Event::Key(Ok(key)) => self.joiner.prove_with(key),
            Event::Key(Err(no_memory)) => {
                return Err(Error::Connection(std::io::Error::other(no_memory)));
            }
            Event::Heard(_, ReadEvent::Bytes(bytes)) => {
                let now = self.now();
                self.joiner.hear(now, &bytes);
                self.reads_owed += 1;
            }
            Event::Heard(_, ReadEvent::Urgent) => {}
            Event::Heard(_, ReadEvent::End | ReadEvent::Lost(_))
            | Event::Written(_, WriteEvent::Lost(_)) => {
                self.joiner.hear_end();
                self.is_ended = true;
            }
            Event::Written(_, WriteEvent::Bytes(bytes)) => {
                if let Some(line) = &mut self.line {
                    line.wrote(bytes);
                }
            }
        }
        Ok(None)
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
            && self.takes_lines()
            && self.take_line()
        {}
        let has_hub = self.line.is_some() || self.is_away();
        if self.face.is_over() && self.leaving.is_none() && has_hub {
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
        let Some(Request { id, entry, .. }) = self.face.next() else {
            return false;
        };
        match command::read(entry) {
            Ok(Command::Nothing) => {}
            Ok(Command::HubRequest(request)) => self.request(id, request),
            Ok(Command::Ignore(name)) => self.face.show(&self.ignored.ignore(name).to(id)),
            Ok(Command::Unignore(name)) => self.face.show(&self.ignored.unignore(name).to(id)),
            Ok(Command::Help) => {
                let help = text::hub_help(self.lang);
                help.iter().for_each(|line| self.face.say(line));
            }
            Ok(Command::ClearScreen) => self.face.clear_screen(),
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
        if let Some(failure) = self.refusal(&request) {
            return self.face.show(&News::Failed(failure).to(id));
        }
        let is_close = request == HubRequest::Close;
        if is_close && !std::mem::replace(&mut self.is_close_asked, true) {
            return self.face.show(&News::Hub(HubNews::CloseAsked).to(id));
        }
        self.is_close_asked &= is_close;
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
            if let joiner::JoinerEvent::Refused(words) = &event
                && self.is_ghost(words)
            {
                self.go_away();
                return None;
            }
            if let joiner::JoinerEvent::ProofAsked { salt } = event
                && let Some(secret) = self.secret.clone()
            {
                self.derive_key(secret, salt);
                continue;
            }
            // Our farewell's answer is no news for a person.
            let is_answer = is_leaving && matches!(event, joiner::JoinerEvent::Out(_));
            let news = self.news.of(self.clock.now(), hub, &event);
            if (!is_answer || self.settings.form == Form::Json) && !self.ignored.hides(&news) {
                self.face.show(&news.into());
            }
            if matches!(event, joiner::JoinerEvent::Joined { .. }) {
                self.is_ready = true;
                self.recalls.iter_mut().for_each(Recalls::on_joined);
            }
            match event {
                joiner::JoinerEvent::Joined { .. } if self.settings.has_menu => {
                    self.ask();
                }
                joiner::JoinerEvent::Closed => return Some(Outcome::Done),
                joiner::JoinerEvent::Out(_) if is_leaving => return Some(self.done()),
                joiner::JoinerEvent::Out(_)
                | joiner::JoinerEvent::Refused(_)
                | joiner::JoinerEvent::ProofAsked { .. }
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
        let is_slow = !self.joiner.is_in() && now >= self.in_until;
        if self.reconnects() && (self.is_ended || is_slow) {
            self.go_away();
            return None;
        }
        if let Some(Leaving::Said { until }) = self.leaving
            && (self.is_ended || now >= until)
        {
            return Some(self.done());
        }
        if self.is_ended {
            self.face.show(&News::Failed(Failure::HubLost).into());
            return Some(Outcome::Incomplete);
        }
        if is_slow {
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
