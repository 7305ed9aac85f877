//! A lesson's server: the loop between the TCP server and one session for each client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::bank;
use super::view::{Asked, TraceDirection, View};
use crate::cli::LabServeSettings;
use crate::clock::Clock;
use crate::error::Error;
use crate::lab::lesson::{Lesson, Service};
use crate::lab::session::Session;
use crate::modes::{Outcome, finish};
use crate::net::tcp::Listener;
use crate::net::tcp_server::{Accepted, Read, ServerEvent, TcpServer, allow_connections};
use crate::store::identity::random;
use crate::terminal::signals::{self, Signal};
use crate::text::{self, Lang};

/// Most connections at once: enough for a school.
const CONNECTIONS_MAX: usize = 1000;

/// How long a connection may be silent: enough to think about a question.
const IDLE_MAX: Duration = Duration::from_secs(300);

/// How long a client may take to close a connection that is finished.
const LINGER: Duration = Duration::from_secs(2);

/// Silence after which a client's system is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Serves a lesson until a signal, `terminar`, or the end of a one-shot server's only client.
pub(super) fn run(settings: &LabServeSettings, lang: Lang) -> Result<Outcome, Error> {
    let service = service(settings)?;
    let (host, port) = (settings.host.as_deref(), settings.port);
    let failed = Error::listening(host, port);
    // If the system allows fewer connections, the server takes fewer clients.
    let connections_max = allow_connections(CONNECTIONS_MAX).unwrap_or(CONNECTIONS_MAX);
    let door = Listener::open(host, port).map_err(&failed)?;
    let address = door.address().map_err(&failed)?;
    let reached_at = door.reached_at().map_err(&failed)?;
    let server = TcpServer::open(door, KEEP_ALIVE).map_err(Error::Connection)?;
    let tell = server.notifier();
    signals::watch(move |signal| {
        tell(Told::Signal(signal));
    })
    .map_err(Error::Signals)?;
    let tell = server.notifier();
    let mut view = View::open(settings.has_trace, lang, move || {
        // Whoever listened may have left meanwhile.
        let _ = tell(Told::Output);
    })?;
    let lesson = settings.lesson.name();
    view.say(&text::lab_serves(lang, lesson, address))?;
    for address in reached_at {
        let command = format!("roda lab {lesson} --connect {address}");
        view.say(&text::reach_us_by(lang, address, &command))?;
    }
    let seed = match settings.seed {
        Some(seed) => seed,
        None => u64::from_be_bytes(random().map_err(Error::Connection)?),
    };
    let mut driver = Driver {
        lang,
        service,
        connections_max,
        ends_with_first: settings.lesson.is_one_shot() && !settings.keeps,
        server,
        seats: BTreeMap::new(),
        begun: 0,
        seed,
        clock: Clock::start(),
        view,
        is_stopped: false,
    };
    let end = driver.run();
    finish(end, |signal| driver.view.finish(signal))
}

/// What the loop is told by other threads.
enum Told {
    Signal(Signal),
    /// The output has room again, or has failed.
    Output,
}

fn service(settings: &LabServeSettings) -> Result<Service, Error> {
    Ok(match settings.lesson {
        Lesson::Hello => Service::Hello,
        Lesson::Exchange => Service::Exchange,
        Lesson::Object => Service::Object,
        Lesson::Products => Service::Products {
            store: Arc::new(bank::open_products(&settings.database)?),
            version: settings.version,
        },
        Lesson::Quiz => Service::Quiz(bank::open(&settings.database)?),
        Lesson::Uppercase => Service::Uppercase {
            letters: settings.letters,
        },
        Lesson::Oracle => Service::Oracle,
        Lesson::Primes => Service::Primes,
        Lesson::Divisors => Service::Divisors(settings.encoding),
        Lesson::Person => Service::Person,
    })
}

/// The state of the loop.
struct Driver {
    lang: Lang,
    service: Service,
    connections_max: usize,
    ends_with_first: bool,
    server: TcpServer<Told>,
    seats: BTreeMap<u32, Seat>,
    begun: u32,
    seed: u64,
    clock: Clock,
    view: View,
    is_stopped: bool,
}

/// A connection and its session.
struct Seat {
    peer: SocketAddr,
    session: Session,
    began: Duration,
    heard_at: Duration,
    /// Bytes of a message that the system has not taken yet. Until it takes them, nothing more is
    /// read, so that a client that does not read makes us hold one answer at most.
    unwritten: Vec<u8>,
    /// Whether bytes arrived that were not read for that reason.
    is_held: bool,
    /// Whether the TCP server will report when more can be written.
    is_watched: bool,
    /// Our direction is closed. The client may close its own until this time.
    closes_at: Option<Duration>,
}

impl Seat {
    /// When this connection's next timer is due; the last one closes an idle connection.
    fn next_time(&self, now: Duration) -> Duration {
        let idle = self.heard_at + IDLE_MAX;
        let session = self
            .session
            .next_time(now)
            .filter(|_| self.unwritten.is_empty());
        [self.closes_at, session]
            .into_iter()
            .flatten()
            .fold(idle, Duration::min)
    }
}

impl Driver {
    fn run(&mut self) -> Result<Outcome, Error> {
        let mut events = Vec::new();
        loop {
            let now = self.clock.now().time;
            let due = self.seats.values().map(|seat| seat.next_time(now)).min();
            let at_most = due.map(|due| due.saturating_sub(now));
            self.server.wait(at_most, &mut events);
            for event in events.drain(..) {
                match event {
                    ServerEvent::Accepted(Ok(accepted)) => self.register(accepted)?,
                    ServerEvent::Accepted(Err(cause)) => {
                        let cause = text::cause(self.lang, &cause);
                        self.view.say(&text::call_failed(self.lang, &cause))?;
                    }
                    ServerEvent::Readable(number) => self.read(number)?,
                    ServerEvent::Writable(number) => {
                        if let Some(seat) = self.seats.get_mut(&number) {
                            seat.is_watched = false;
                        }
                    }
                    // The view is looked after in each round.
                    ServerEvent::Notified(Told::Output) => {}
                    ServerEvent::Notified(Told::Signal(signal)) => {
                        self.view.flush()?;
                        return Ok(Outcome::Signalled(signal));
                    }
                }
            }
            let numbers: Vec<u32> = self.seats.keys().copied().collect();
            for number in numbers {
                self.go_on(number)?;
            }
            self.view.flush()?;
            let is_first_done = self.begun > 0 && self.seats.is_empty() && self.ends_with_first;
            if self.is_stopped || is_first_done {
                return Ok(self.view.end);
            }
        }
    }

    fn register(&mut self, accepted: Accepted) -> Result<(), Error> {
        let (now, peer) = (self.clock.now().time, accepted.address);
        if self.seats.len() >= self.connections_max {
            let sentence = text::clients_too_many(self.lang, peer, self.connections_max);
            return self.view.say(&sentence);
        }
        self.view.say(&text::client_came(self.lang, peer))?;
        let number = self.begun;
        self.begun += 1;
        if self.server.register(number, accepted).is_err() {
            // The client disconnected before it was registered.
            return Ok(());
        }
        let dialogue = self.service.begin(self.seed.wrapping_add(number.into()));
        let seat = Seat {
            peer,
            session: Session::begin(dialogue),
            began: now,
            heard_at: now,
            unwritten: Vec::new(),
            is_held: false,
            is_watched: false,
            closes_at: None,
        };
        self.seats.insert(number, seat);
        Ok(())
    }

    fn read(&mut self, number: u32) -> Result<(), Error> {
        let now = self.clock.now().time;
        let Some(seat) = self.seats.get_mut(&number) else {
            return Ok(());
        };
        if !seat.unwritten.is_empty() {
            seat.is_held = true;
            return Ok(());
        }
        match self.server.read(number) {
            Read::Bytes(bytes) => {
                seat.heard_at = now;
                let after = now.saturating_sub(seat.began);
                self.view
                    .trace(seat.peer, after, TraceDirection::Received, bytes)?;
                seat.session.on_bytes(now, bytes);
            }
            Read::Nothing => {}
            Read::End => {
                seat.session.on_end();
                if seat.closes_at.is_some() {
                    seat.closes_at = Some(now);
                }
                return Ok(());
            }
            Read::Lost => return self.lose(number),
        }
        self.server.resume_reading(number, None);
        Ok(())
    }

    /// Runs the timers of a connection, sends its session's messages and shows its events.
    fn go_on(&mut self, number: u32) -> Result<(), Error> {
        let now = self.clock.now().time;
        let Some(seat) = self.seats.get_mut(&number) else {
            return Ok(());
        };
        if seat.closes_at.is_some_and(|at| now >= at) {
            self.server.close(number);
            self.seats.remove(&number);
            return Ok(());
        }
        if now >= seat.heard_at + IDLE_MAX {
            let sentence = text::line_idle(self.lang, seat.peer, IDLE_MAX);
            self.server.close(number);
            self.seats.remove(&number);
            return self.view.say(&sentence);
        }
        seat.session.on_time(now);
        let after = now.saturating_sub(seat.began);
        while !seat.is_watched {
            if seat.unwritten.is_empty() {
                // The system is asked only if there is something to send.
                if seat.session.is_said() {
                    break;
                }
                let is_acknowledged = self.server.is_acknowledged(number);
                let Some(bytes) = seat.session.poll_send(now, is_acknowledged) else {
                    break;
                };
                self.view
                    .trace(seat.peer, after, TraceDirection::Sent, &bytes)?;
                seat.unwritten = bytes;
            }
            let Ok(written) = self.server.write(number, &[&seat.unwritten]) else {
                return self.lose(number);
            };
            seat.unwritten.drain(..written.min(seat.unwritten.len()));
            if !seat.unwritten.is_empty() {
                self.server.notify_writable(number);
                seat.is_watched = true;
            }
        }
        while let Some(event) = seat.session.poll_event() {
            if let Some(Asked::Stop) = self.view.event(seat.peer, &event)? {
                self.is_stopped = true;
            }
        }
        if seat.unwritten.is_empty() && std::mem::take(&mut seat.is_held) {
            self.server.resume_reading(number, None);
        }
        if seat.session.is_over() && seat.unwritten.is_empty() && seat.closes_at.is_none() {
            // Closing with unread bytes would reset the connection before the client has our last
            // message.
            self.server.shut_down_sending(number);
            seat.closes_at = Some(now + LINGER);
        }
        Ok(())
    }

    /// Handles a lost connection. It is not reported if everything was said already.
    fn lose(&mut self, number: u32) -> Result<(), Error> {
        self.server.close(number);
        let Some(seat) = self.seats.remove(&number) else {
            return Ok(());
        };
        match seat.session.is_ending() {
            true => Ok(()),
            false => self.view.fail(&text::line_lost(self.lang, seat.peer)),
        }
    }
}
