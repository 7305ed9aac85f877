//! A lesson's server: the loop between the TCP server and one session for each client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::bank;
use super::view::{SessionRequest, View};
use crate::cli::LabServeSettings;
use crate::clock::Clock;
use crate::error::Error;
use crate::lab::lesson::{Lesson, Service};
use crate::lab::session::Session;
use crate::lab::store::{Store, StoreReply};
use crate::modes::{Outcome, finish};
use crate::net::tcp::Listener;
use crate::net::tcp_server::{Accepted, Read, ServerEvent, TcpServer, allow_connections};
use crate::store::identity::random;
use crate::store::lab_thread::LabThread;
use crate::terminal::signals::{self, Signal};
use crate::text::{self, Lang, TraceDirection};

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
    let (service, store) = service(settings)?;
    let (host, port) = (settings.host.as_deref(), settings.port);
    let failed = Error::listening(host, port);
    // If the system allows fewer connections, the server takes fewer clients.
    let connections_max = allow_connections(CONNECTIONS_MAX).unwrap_or(CONNECTIONS_MAX);
    let listener = Listener::open(host, port).map_err(&failed)?;
    let address = listener.address().map_err(&failed)?;
    let reached_at = listener.reached_at().map_err(&failed)?;
    let server = TcpServer::open(listener, KEEP_ALIVE).map_err(Error::Connection)?;
    let tell = server.notifier();
    signals::watch(move |signal| {
        tell(Notification::Signal(signal));
    })
    .map_err(Error::Signals)?;
    let tell = server.notifier();
    let mut view = View::open(settings.trace, lang, move || {
        // The loop may have ended meanwhile.
        let _ = tell(Notification::Output);
    })?;
    let lesson = settings.lesson.name();
    view.say(&text::lab_serves(lang, lesson, address))?;
    for address in reached_at {
        let command = settings.client_command(address);
        view.say(&text::reach_us_by(lang, address, &command))?;
    }
    let tell = server.notifier();
    let tell = move |client, reply| tell(Notification::Stored(client, reply));
    let store = store.map(|store| LabThread::start(store, tell));
    let store = store.transpose().map_err(Error::Connection)?;
    let seed = match settings.seed {
        Some(seed) => seed,
        None => u64::from_be_bytes(random().map_err(Error::Connection)?),
    };
    let mut driver = Driver {
        lang,
        service,
        store,
        connections_max,
        ends_with_first: settings.lesson.is_one_shot() && !settings.keeps,
        server,
        clients: BTreeMap::new(),
        begun: 0,
        seed,
        clock: Clock::start(),
        view,
        is_stopped: false,
    };
    let end = driver.run();
    finish(end, |signal| driver.view.finish(signal))
}

/// Notices of other threads to the loop.
enum Notification {
    Signal(Signal),
    /// The output has room again, or has failed.
    Output,
    /// The store's reply to a client's request.
    Stored(u32, StoreReply),
}

/// The lesson's server, and where it keeps its things.
fn service(settings: &LabServeSettings) -> Result<(Service, Option<Store>), Error> {
    let service = match settings.lesson {
        Lesson::Hello => Service::Hello,
        Lesson::Exchange => Service::Exchange,
        Lesson::Object => Service::Object,
        Lesson::Products => {
            let store = Store::Products(Arc::new(bank::open_products(&settings.database)?));
            let version = settings.version;
            return Ok((Service::Products { version }, Some(store)));
        }
        Lesson::Quiz => {
            let store = Store::Questions(bank::open(&settings.database)?);
            return Ok((Service::Quiz, Some(store)));
        }
        Lesson::Uppercase => Service::Uppercase {
            letters: settings.letters,
        },
        Lesson::Oracle => Service::Oracle,
        Lesson::Primes => Service::Primes,
        Lesson::Divisors => Service::Divisors(settings.encoding),
        Lesson::Person => Service::Person,
    };
    Ok((service, None))
}

/// The state of the loop.
struct Driver {
    lang: Lang,
    service: Service,
    store: Option<LabThread>,
    connections_max: usize,
    ends_with_first: bool,
    server: TcpServer<Notification>,
    clients: BTreeMap<u32, Client>,
    begun: u32,
    seed: u64,
    clock: Clock,
    view: View,
    is_stopped: bool,
}

/// A connection and its session.
struct Client {
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

impl Client {
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
            let due = self
                .clients
                .values()
                .map(|client| client.next_time(now))
                .min();
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
                        if let Some(client) = self.clients.get_mut(&number) {
                            client.is_watched = false;
                        }
                    }
                    // The view is looked after in each round.
                    ServerEvent::Notified(Notification::Output) => {}
                    ServerEvent::Notified(Notification::Stored(number, reply)) => {
                        let now = self.clock.now().time;
                        // A client that is gone needs no answer.
                        if let Some(client) = self.clients.get_mut(&number) {
                            client.session.on_stored(now, reply);
                        }
                    }
                    ServerEvent::Notified(Notification::Signal(signal)) => {
                        self.view.flush()?;
                        return Ok(Outcome::Signalled(signal));
                    }
                }
            }
            let numbers: Vec<u32> = self.clients.keys().copied().collect();
            for number in numbers {
                self.go_on(number)?;
            }
            self.view.flush()?;
            let is_first_done = self.begun > 0 && self.clients.is_empty() && self.ends_with_first;
            if self.is_stopped || is_first_done {
                return Ok(self.view.end);
            }
        }
    }

    fn register(&mut self, accepted: Accepted) -> Result<(), Error> {
        let (now, peer) = (self.clock.now().time, accepted.address);
        if self.clients.len() >= self.connections_max {
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
        let client = Client {
            peer,
            session: Session::begin(dialogue),
            began: now,
            heard_at: now,
            unwritten: Vec::new(),
            is_held: false,
            is_watched: false,
            closes_at: None,
        };
        self.clients.insert(number, client);
        Ok(())
    }

    fn read(&mut self, number: u32) -> Result<(), Error> {
        let now = self.clock.now().time;
        let Some(client) = self.clients.get_mut(&number) else {
            return Ok(());
        };
        if !client.unwritten.is_empty() {
            client.is_held = true;
            return Ok(());
        }
        match self.server.read(number) {
            Read::Bytes(bytes) => {
                client.heard_at = now;
                let after = now.saturating_sub(client.began);
                self.view
                    .trace(client.peer, after, TraceDirection::Received, bytes)?;
                client.session.on_bytes(now, bytes);
            }
            Read::Nothing => {}
            Read::End => {
                client.session.on_end();
                if client.closes_at.is_some() {
                    client.closes_at = Some(now);
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
        let Some(client) = self.clients.get_mut(&number) else {
            return Ok(());
        };
        if client.closes_at.is_some_and(|at| now >= at) {
            self.server.close(number);
            self.clients.remove(&number);
            return Ok(());
        }
        if now >= client.heard_at + IDLE_MAX {
            let sentence = text::line_idle(self.lang, client.peer, IDLE_MAX);
            self.server.close(number);
            self.clients.remove(&number);
            return self.view.say(&sentence);
        }
        client.session.on_time(now);
        if let Some(store) = &self.store
            && let Some(request) = client.session.poll_request()
            && let Err(refusal) = store.ask(number, request)
        {
            client.session.on_stored(now, refusal);
        }
        let after = now.saturating_sub(client.began);
        while !client.is_watched {
            if client.unwritten.is_empty() {
                // The system is asked only if there is something to send.
                if client.session.is_said() {
                    break;
                }
                let acknowledgement = self.server.acknowledgement(number);
                let Some(bytes) = client.session.poll_send(now, acknowledgement) else {
                    break;
                };
                self.view
                    .trace(client.peer, after, TraceDirection::Sent, &bytes)?;
                client.unwritten = bytes;
            }
            let Ok(written) = self.server.write(number, &[&client.unwritten]) else {
                return self.lose(number);
            };
            client
                .unwritten
                .drain(..written.min(client.unwritten.len()));
            if !client.unwritten.is_empty() {
                self.server.notify_writable(number);
                client.is_watched = true;
            }
        }
        while let Some(event) = client.session.poll_event() {
            if let Some(SessionRequest::Stop) = self.view.event(client.peer, &event)? {
                self.is_stopped = true;
            }
        }
        if client.unwritten.is_empty() && std::mem::take(&mut client.is_held) {
            self.server.resume_reading(number, None);
        }
        if client.session.is_over() && client.unwritten.is_empty() && client.closes_at.is_none() {
            // Closing with unread bytes would reset the connection before the client has our last
            // message.
            self.server.shut_down_sending(number);
            client.closes_at = Some(now + LINGER);
        }
        Ok(())
    }

    /// Handles a lost connection. It is not reported if everything was said already.
    fn lose(&mut self, number: u32) -> Result<(), Error> {
        self.server.close(number);
        let Some(client) = self.clients.remove(&number) else {
            return Ok(());
        };
        match client.session.is_ending() {
            true => Ok(()),
            false => self.view.fail(&text::line_lost(self.lang, client.peer)),
        }
    }
}
