//! `hub serve`: the loop between the server's sockets and the hub, and the hub's log.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::Outcome;
use crate::cli::HubServeSettings;
use crate::clock::{Clock, WallClock};
use crate::error::Error;
use crate::net::tcp::Listener;
use crate::net::tcp_server::{Accepted, Read, ServerEvent, TcpServer, allow_connections};
use crate::protocol::hub::event::{HubEvent, LeaveReason, Refusal};
use crate::protocol::hub::{Ending, Hub, ModeratorSecret, Output, Rules, UNNAMED_MAX};
use crate::store::identity::random;
use crate::terminal::Printer;
use crate::terminal::screen::{Color, Form, Screen};
use crate::terminal::signals::{self, Signal};
use crate::text::{self, Lang};

/// Runs the hub until a client or a signal closes it.
pub(super) fn run(settings: &HubServeSettings, lang: Lang) -> Result<Outcome, Error> {
    // Nobody watches signals yet, so that they end us by themselves while the file of the secret or
    // the resolver of our host's name keeps us waiting.
    let rules = rules(settings)?;
    let limited = allow_connections(rules.connections_max + UNNAMED_MAX);
    let (host, port) = (settings.host.as_deref(), settings.port);
    let failed = Error::listening(host, port);
    let listener = Listener::open(host, port).map_err(&failed)?;
    let address = listener.address().map_err(&failed)?;
    let reached_at = listener.reached_at().map_err(&failed)?;
    let server = TcpServer::open(listener, settings.keep_alive).map_err(Error::Connection)?;
    let mut log = Log::open(settings.form, lang, server.notifier())?;
    let tell = server.notifier();
    signals::watch(move |signal| {
        tell(Told::Signal(signal));
    })
    .map_err(Error::Signals)?;
    if let Some(connections) = limited {
        let sentence = text::connections_limited(lang, connections);
        log.printer.talk.say(&sentence);
    }
    log.printer.talk.say(&text::hub_waits_at(lang, address));
    for address in reached_at {
        let command = format!("roda hub join {address}");
        let sentence = text::reach_us_by(lang, address, &command);
        log.printer.talk.say(&sentence);
    }
    if rules.moderators.is_empty() {
        log.printer.talk.say(&text::anybody_may_close(lang));
    }
    let seed = random().map_err(Error::Connection)?;
    let mut driver = Driver {
        hub: Hub::new(rules, seed),
        server,
        clock: Clock::start(),
        log,
        signal: None,
        has_failed: false,
    };
    let end = driver.run();
    // A log that has failed is no reason for a hub to fail.
    super::finish(Ok(end), |signal| {
        let _ = driver.log.printer.finish(signal);
        Ok(())
    })
}

/// Notices of other threads to the loop.
enum Told {
    Signal(Signal),
    /// The log has room again, or its reader has left.
    Log,
}

fn rules(settings: &HubServeSettings) -> Result<Rules, Error> {
    let secret = super::moderator_secret(settings.secret_file.as_deref())?;
    let key = |secret: ModeratorSecret| {
        let salt = random().map_err(Error::Connection)?;
        let key = secret.key(salt);
        key.map_err(|no_memory| Error::Connection(io::Error::other(no_memory)))
    };
    Ok(Rules {
        moderators: settings.moderators.clone(),
        moderator_key: secret.map(key).transpose()?,
        connections_max: settings.connections_max,
        per_address_max: settings.per_address_max,
        rate_per_s: settings.rate_per_s,
    })
}

/// The loop's state.
struct Driver {
    hub: Hub,
    server: TcpServer<Told>,
    clock: Clock,
    log: Log,
    signal: Option<Signal>,
    /// Whether the last accept failed; further failures in a row are not logged.
    has_failed: bool,
}

impl Driver {
    fn run(&mut self) -> Outcome {
        let (mut events, mut until) = (Vec::new(), None);
        loop {
            let now = self.now();
            let at_most = until.map(|at: Duration| at.saturating_sub(now));
            self.server.wait(at_most, &mut events);
            for event in events.drain(..) {
                if let Some(end) = self.handle(event) {
                    return end;
                }
                if self.hub.is_full() {
                    self.poll();
                }
            }
            self.hub.on_time(self.now());
            until = self.poll();
            self.log.catch_up();
            if self.hub.is_over() {
                return self.signal.map_or(Outcome::Done, Outcome::Signalled);
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.now().time
    }

    fn handle(&mut self, event: ServerEvent<Told>) -> Option<Outcome> {
        let now = self.now();
        match event {
            ServerEvent::Accepted(Ok(accepted)) => {
                self.has_failed = false;
                self.register(now, accepted);
            }
            ServerEvent::Accepted(Err(cause)) => {
                if !std::mem::replace(&mut self.has_failed, true) {
                    self.log.failure(&cause);
                }
            }
            ServerEvent::Readable(number) => self.read(now, number),
            ServerEvent::Writable(number) => self.hub.on_writable(number),
            // The log is looked after in each round.
            ServerEvent::Notified(Told::Log) => {}
            ServerEvent::Notified(Told::Signal(signal)) => {
                // A second signal ends the hub without waiting for its clients.
                if self.signal.replace(signal).is_some() {
                    return Some(Outcome::Signalled(signal));
                }
                self.hub.close(now, None);
            }
        }
        None
    }

    fn register(&mut self, now: Duration, accepted: Accepted) {
        if let Some(number) = self.hub.connect(now, accepted.address)
            && self.server.register(number, accepted).is_err()
        {
            // The client was gone before its socket could be set up.
            self.hub.on_lost(now, number);
        }
    }

    fn read(&mut self, now: Duration, number: u32) {
        if let Some(at) = self.hub.reads_again_at(now, number) {
            return self
                .server
                .resume_reading(number, Some(at.saturating_sub(now)));
        }
        match self.server.read(number) {
            Read::Bytes(bytes) => self.hub.on_bytes(now, number, bytes),
            Read::Nothing => {}
            Read::End => return self.hub.on_end(now, number),
            Read::Lost => return self.lose(now, number),
        }
        let reads_again_at = self.hub.reads_again_at(now, number);
        let pause = reads_again_at.map(|at| at.saturating_sub(now));
        self.server.resume_reading(number, pause);
    }

    fn lose(&mut self, now: Duration, number: u32) {
        self.hub.on_lost(now, number);
        self.server.close(number);
    }

    /// Does what the hub asks for, and returns when its next timer is due.
    fn poll(&mut self) -> Option<Duration> {
        let now = self.now();
        loop {
            match self.hub.poll(now) {
                Output::Write { client, parts } => match self.server.write(client, &parts) {
                    Ok(bytes) => self.hub.on_written(now, client, bytes),
                    Err(_) => self.lose(now, client),
                },
                Output::CheckAcknowledged { client } => {
                    let acknowledgement = self.server.acknowledgement(client);
                    self.hub.on_acknowledgement(client, acknowledgement);
                }
                Output::NotifyWritable { client } => self.server.notify_writable(client),
                Output::End { client, ending } => match ending {
                    Ending::Sending => self.server.shut_down_sending(client),
                    Ending::Both => self.server.close(client),
                },
                Output::Log(event) => self.log.event(&event),
                Output::Wait(until) => return until,
            }
        }
    }
}

/// What the hub logs: sentences for people on stderr, or objects for programs on stdout. What
/// nobody reads is left out and counted; the hub waits for no reader.
struct Log {
    screen: Screen,
    printer: Printer,
    wall_clock: WallClock,
}

#[derive(Default, Serialize)]
struct Object<'e> {
    event: &'e str,
    time: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderator: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<u64>,
}

impl Log {
    fn open(
        form: Form,
        lang: Lang,
        tell: impl Fn(Told) -> bool + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        let screen = Screen::new(form, Color::Never, lang);
        let notice = move |count| {
            let (mut line, mut wall_clock) = (String::new(), WallClock::default());
            let object = Object {
                event: "missed",
                time: &wall_clock.now().rfc3339,
                lines: Some(count),
                ..Object::default()
            };
            screen.object(&object, &mut line);
            line
        };
        let printer = Printer::open(lang, notice, move || {
            // The loop may have ended meanwhile.
            let _ = tell(Told::Log);
        })?;
        if form == Form::Lines {
            printer.wrap_lines();
        }
        Ok(Self {
            screen,
            printer,
            wall_clock: WallClock::default(),
        })
    }

    fn event(&mut self, event: &HubEvent) {
        match self.screen.form() {
            Form::Lines => {
                let sentence = text::hub_event(self.screen.lang(), event);
                self.printer.talk.say(&sentence);
            }
            Form::Json => self.object(object_of(event)),
        }
    }

    fn failure(&mut self, cause: &io::Error) {
        let lang = self.screen.lang();
        let cause = text::cause(lang, cause);
        match self.screen.form() {
            Form::Lines => self.printer.talk.say(&text::call_failed(lang, &cause)),
            Form::Json => self.object(Object {
                event: "error",
                why: Some(&cause),
                ..Object::default()
            }),
        }
    }

    /// Shows what was left out, and once that the log's reader has left.
    fn catch_up(&mut self) {
        self.printer.catch_up();
        if let Some(cause) = self.printer.failure() {
            let lang = self.screen.lang();
            let cause = text::cause(lang, &cause);
            let sentence = text::log_has_no_reader(lang, &cause);
            self.printer.talk.say(&sentence);
        }
    }

    fn object(&mut self, object: Object<'_>) {
        let object = Object {
            time: &self.wall_clock.now().rfc3339,
            ..object
        };
        let mut line = String::new();
        self.screen.object(&object, &mut line);
        self.printer.data.write(&line);
    }
}

fn object_of(event: &HubEvent) -> Object<'_> {
    let object = Object::default();
    match event {
        HubEvent::Joined {
            name,
            address,
            is_framed,
            is_moderator,
        } => Object {
            event: "joined",
            user: Some(name),
            address: Some(address.to_string()),
            framed: Some(*is_framed),
            moderator: Some(*is_moderator),
            ..object
        },
        HubEvent::Refused { address, why } => {
            let (why, user) = match why {
                Refusal::NameTaken(name) => ("name_taken", Some(name)),
                Refusal::NameForbidden(name) => ("name_forbidden", Some(name)),
                Refusal::Unproven(name) => ("unproven", Some(name)),
                Refusal::NoName => ("no_name", None),
                Refusal::Full => ("full", None),
                Refusal::AddressFull => ("address_full", None),
                Refusal::Gone => ("gone", None),
            };
            Object {
                event: "refused",
                address: Some(address.to_string()),
                user: user.map(String::as_str),
                why: Some(why),
                ..object
            }
        }
        HubEvent::Left { name, why } => Object {
            event: "left",
            user: Some(name),
            why: Some(match why {
                LeaveReason::Exit => "exit",
                LeaveReason::Closed => "closed",
                LeaveReason::Lost => "lost",
                LeaveReason::TooSlow => "too_slow",
                LeaveReason::Broken => "broken",
                LeaveReason::Removed { .. } => "removed",
                LeaveReason::HubClosed => "hub_closed",
            }),
            by: match why {
                LeaveReason::Removed { by } => Some(by),
                _ => None,
            },
            ..object
        },
        HubEvent::LeftOut { name, messages } => Object {
            event: "left_out",
            user: Some(name),
            messages: Some(*messages),
            ..object
        },
        HubEvent::Closing { by } => Object {
            event: "closing",
            by: by.as_deref(),
            ..object
        },
    }
}
