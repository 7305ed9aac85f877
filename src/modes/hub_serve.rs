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
use crate::protocol::hub::{Ending, Hub, Output, Rules};
use crate::store::identity::random;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::terminal::signals::{self, Signal};
use crate::text::{self, Lang};

/// Runs the hub until a client or a signal closes it.
pub(super) fn run(settings: &HubServeSettings, lang: Lang) -> Result<Outcome, Error> {
    let rules = rules(settings)?;
    if let Some(connections) = allow_connections(rules.connections_max) {
        screen::say(&text::connections_limited(lang, connections));
    }
    let listener = open(settings, lang)?;
    let server = TcpServer::open(listener, settings.keep_alive).map_err(Error::Connection)?;
    let tell = server.notifier();
    signals::watch(move |signal| {
        tell(signal);
    })
    .map_err(Error::Signals)?;
    let screen = Screen::open(settings.form, Color::Never, lang).map_err(Error::Output)?;
    let seed = random().map_err(Error::Connection)?;
    let mut driver = Driver {
        hub: Hub::new(rules, seed),
        server,
        clock: Clock::start(),
        log: Log {
            screen,
            lang,
            wall_clock: WallClock::default(),
        },
        signal: None,
        has_failed: false,
    };
    driver.run()
}

fn rules(settings: &HubServeSettings) -> Result<Rules, Error> {
    Ok(Rules {
        moderators: settings.moderators.clone(),
        moderator_key: super::moderator_key(settings.secret_file.as_deref())?,
        connections_max: settings.connections_max,
        per_address_max: settings.per_address_max,
        rate_per_s: settings.rate_per_s,
    })
}

/// Listens, and says how to join.
fn open(settings: &HubServeSettings, lang: Lang) -> Result<Listener, Error> {
    let (host, port) = (settings.host.as_deref(), settings.port);
    let failed = Error::listening(host, port);
    let listener = Listener::open(host, port).map_err(&failed)?;
    let address = listener.address().map_err(&failed)?;
    screen::say(&text::hub_waits_at(lang, address.port()));
    for address in listener.reached_at().map_err(&failed)? {
        let command = format!("roda hub join {address}");
        screen::say(&text::reach_us_by(lang, address, &command));
    }
    Ok(listener)
}

/// The loop's state.
struct Driver {
    hub: Hub,
    server: TcpServer<Signal>,
    clock: Clock,
    log: Log,
    signal: Option<Signal>,
    /// Whether the last accept failed; further failures in a row are not logged.
    has_failed: bool,
}

impl Driver {
    fn run(&mut self) -> Result<Outcome, Error> {
        let (mut events, mut until) = (Vec::new(), None);
        loop {
            let now = self.now();
            let at_most = until.map(|at: Duration| at.saturating_sub(now));
            self.server.wait(at_most, &mut events);
            for event in events.drain(..) {
                if let Some(end) = self.handle(event)? {
                    return Ok(end);
                }
                if self.hub.is_full() {
                    self.poll()?;
                }
            }
            self.hub.on_time(self.now());
            until = self.poll()?;
            self.log.screen.flush().map_err(Error::Output)?;
            if self.hub.is_over() {
                return Ok(self.signal.map_or(Outcome::Done, Outcome::Signalled));
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.now().time
    }

    fn handle(&mut self, event: ServerEvent<Signal>) -> Result<Option<Outcome>, Error> {
        let now = self.now();
        match event {
            ServerEvent::Accepted(Ok(accepted)) => {
                self.has_failed = false;
                self.register(now, accepted);
            }
            ServerEvent::Accepted(Err(cause)) => {
                if !std::mem::replace(&mut self.has_failed, true) {
                    self.log.failure(&cause)?;
                }
            }
            ServerEvent::Readable(number) => self.read(now, number),
            ServerEvent::Writable(number) => self.hub.on_writable(number),
            ServerEvent::Notified(signal) => {
                // Whoever asks a second time is let go.
                if self.signal.replace(signal).is_some() {
                    return Ok(Some(Outcome::Signalled(signal)));
                }
                self.hub.close(now, None);
            }
        }
        Ok(None)
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
        match self.server.read(number) {
            Read::Bytes(bytes) => self.hub.on_bytes(now, number, bytes),
            Read::Nothing => {}
            Read::End => return self.hub.on_end(now, number),
            Read::Lost => return self.lose(now, number),
        }
        let reads_again_at = self.hub.reads_again_at(number);
        let pause = reads_again_at.map(|at| at.saturating_sub(now));
        self.server.resume_reading(number, pause);
    }

    fn lose(&mut self, now: Duration, number: u32) {
        self.hub.on_lost(now, number);
        self.server.close(number);
    }

    /// Does what the hub asks for, and returns when its next timer is due.
    fn poll(&mut self) -> Result<Option<Duration>, Error> {
        let now = self.now();
        loop {
            match self.hub.poll(now) {
                Output::Write { client, parts } => match self.server.write(client, &parts) {
                    Ok(bytes) => self.hub.on_written(now, client, bytes),
                    Err(_) => self.lose(now, client),
                },
                Output::CheckAcknowledged { client } => {
                    let is_acknowledged = self.server.is_acknowledged(client);
                    self.hub.on_acknowledgement(client, is_acknowledged);
                }
                Output::NotifyWritable { client } => self.server.notify_writable(client),
                Output::End { client, ending } => match ending {
                    Ending::Sending => self.server.shut_down_sending(client),
                    Ending::Both => self.server.close(client),
                },
                Output::Log(event) => self.log.event(&event)?,
                Output::Wait(until) => return Ok(until),
            }
        }
    }
}

/// What the hub logs: sentences for people, or objects for programs.
struct Log {
    screen: Screen,
    lang: Lang,
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
}

impl Log {
    fn event(&mut self, event: &HubEvent) -> Result<(), Error> {
        match self.screen.form() {
            Form::Lines => {
                screen::say(&text::hub_event(self.lang, event));
                Ok(())
            }
            Form::Json => self.object(object_of(event)),
        }
    }

    fn failure(&mut self, cause: &io::Error) -> Result<(), Error> {
        let cause = text::cause(self.lang, cause);
        match self.screen.form() {
            Form::Lines => {
                screen::say(&text::call_failed(self.lang, &cause));
                Ok(())
            }
            Form::Json => self.object(Object {
                event: "error",
                why: Some(&cause),
                ..Object::default()
            }),
        }
    }

    fn object(&mut self, object: Object<'_>) -> Result<(), Error> {
        let object = Object {
            time: &self.wall_clock.now().rfc3339,
            ..object
        };
        self.screen.object(&object).map_err(Error::Output)
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
