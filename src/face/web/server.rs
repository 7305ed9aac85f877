//! The thread that serves the page: tokio and hyper, on a listener of `net`. Its tasks only wait,
//! read heads and bodies, and hand over what is asked; the loop decides what is answered.

use std::convert::Infallible;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;

use super::asked::{Ask, OfferAsk};
use super::call::{CallAsk, Caller};
use super::connections::{Connections, Place};
use super::guest_face::GuestAsk;
#[cfg(feature = "conference")]
use super::handshakes::Handshakes;
use super::queue::Queue;
use super::rules::{Door, Scheme};
use super::sessions::Sessions;
use super::token::Token;
use super::transfers::{DOWNLOADS_MAX, Tickets, UPLOADS_MAX};
use super::visit::Visit;
use crate::chat::guests::{GUESTS_MAX, GuestSession};
use crate::chat::transfer::OfferId;
use crate::face::offers::Held;
use crate::net::tcp::Listener;
use crate::net::tcp_acceptor::{Accepted, Acceptor, Ends};
#[cfg(feature = "conference")]
use crate::net::tls::{Certificate, Opened};
use crate::store::files::Received;
use crate::text::Lang;

/// Most streams of events at once: a class's browsers on one computer, far more than one person's.
pub(super) const STREAMS_MAX: usize = 32;

/// Most requests of pages that the room has not answered.
const ASKS_MAX: usize = 32;

/// How long the head of a request may take, and how long a connection may wait for the next one.
const HEAD_WAIT: Duration = Duration::from_secs(10);

/// Longest head of a request, in bytes.
const HEAD_MAX_BYTES: usize = 16 << 10;

/// Most headers of a request: browsers send 20.
const HEADERS_MAX: usize = 64;

/// How long nothing may move on a connection: within twice that it is closed.
const STALL: Duration = Duration::from_secs(30);

/// How long the last lines may take to be read at the end.
const FAREWELL_WAIT: Duration = Duration::from_millis(300);

/// What a page wants of the loop.
#[derive(Debug)]
pub enum PageEvent {
    /// The state of the rooms, and whatever happens from then on.
    Opened(Arc<Queue>),
    /// An answer.
    Asked(Ask, Answering),
    /// A file has come and is to be offered.
    Offered(OfferAsk, Received, Answering),
    /// A file that is here.
    Wanted(OfferId, Finding),
    /// Something for a guest.
    Guest(GuestSession, GuestAsk),
    /// Something about sound and pictures.
    Call(Caller, CallAsk, Answering),
}

/// Takes what reads a file that is here; dropped where there is none.
#[derive(Debug)]
pub struct Finding(pub(super) oneshot::Sender<Held>);

impl Finding {
    /// Here it is.
    pub(super) fn found(self, held: Held) {
        // Whoever waits no more has gone.
        let _ = self.0.send(held);
    }
}

/// Takes the answer to one request.
#[derive(Debug)]
pub struct Answering(pub(super) oneshot::Sender<Result<Vec<u8>, (Refused, String)>>);

/// Why a guest gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The session is no guest's, or the link an old one.
    NotHere,
    /// The guest was sent away.
    SentAway,
    /// Too much at once.
    TooFast,
    /// Too much in one piece.
    TooLong,
    /// There is no place.
    NoRoom,
    /// Anything else.
    Wrong,
}

/// Whose page a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The person's, on this computer.
    Person,
    /// Guests', on their telephones.
    Guests,
}

/// Hands an event to the loop; returns false once there is none.
pub(super) type Tell = Box<dyn Fn(PageEvent) -> bool>;

/// What the tasks share.
pub(super) struct Shared {
    pub(super) audience: Audience,
    pub(super) sessions: Sessions,
    pub(super) door: Arc<Mutex<Door>>,
    pub(super) lang: Lang,
    pub(super) tell: Tell,
    pub(super) streams: Arc<Semaphore>,
    pub(super) asks: Semaphore,
    pub(super) uploads: Semaphore,
    pub(super) downloads: Arc<Semaphore>,
    pub(super) tickets: Tickets,
    #[cfg(feature = "conference")]
    certificate: Arc<Mutex<Option<Certificate>>>,
    #[cfg(feature = "conference")]
    handshakes: Handshakes,
}

impl Shared {
    /// Who is heard now.
    pub(super) fn door(&self) -> Door {
        self.door
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    #[cfg(feature = "conference")]
    fn certificate(&self) -> Option<Certificate> {
        let certificate = self.certificate.lock();
        certificate.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this listener speaks TLS, too.
    #[cfg(feature = "conference")]
    pub(super) fn has_certificate(&self) -> bool {
        self.certificate().is_some()
    }

    /// Whether this listener speaks TLS, too.
    #[cfg(not(feature = "conference"))]
    pub(super) fn has_certificate(&self) -> bool {
        false
    }
}

/// The thread, which ends with this.
#[derive(Debug)]
pub struct Server {
    door: Arc<Mutex<Door>>,
    #[cfg(feature = "conference")]
    certificate: Arc<Mutex<Option<Certificate>>>,
    /// Dropped to end it.
    stays: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a page on a listener: the person's on the loopback, or guests'.
    ///
    /// # Errors
    /// The system's, of the listener or for a thread.
    pub fn start(
        listener: Listener,
        audience: Audience,
        token: Token,
        lang: Lang,
        tell: impl Fn(PageEvent) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let port = listener.address()?.port();
        let door = Arc::new(Mutex::new(Door::on_loopback(port, token)));
        let (stays, ends) = oneshot::channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let shared_door = Arc::clone(&door);
        #[cfg(feature = "conference")]
        let certificate = Arc::<Mutex<Option<Certificate>>>::default();
        #[cfg(feature = "conference")]
        let shared_certificate = Arc::clone(&certificate);
        let serve = move || {
            let shared = Rc::new(Shared {
                audience,
                sessions: Sessions::default(),
                door: shared_door,
                lang,
                tell: Box::new(tell),
                streams: Arc::new(Semaphore::new(audience.streams())),
                asks: Semaphore::new(ASKS_MAX),
                uploads: Semaphore::new(UPLOADS_MAX),
                downloads: Arc::new(Semaphore::new(DOWNLOADS_MAX)),
                tickets: Tickets::default(),
                #[cfg(feature = "conference")]
                certificate: shared_certificate,
                #[cfg(feature = "conference")]
                handshakes: Handshakes::default(),
            });
            let local = LocalSet::new();
            local.block_on(&runtime, serve(listener, shared, ends));
        };
        let thread = thread::Builder::new().name("page".into()).spawn(serve)?;
        Ok(Self {
            door,
            #[cfg(feature = "conference")]
            certificate,
            stays: Some(stays),
            thread: Some(thread),
        })
    }

    /// Asks for another token from now on.
    pub fn renew(&self, token: Token) {
        let mut door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        door.token = token;
    }

    /// Speaks TLS, too, with this certificate from now on.
    #[cfg(feature = "conference")]
    pub fn certify(&self, certificate: Certificate) {
        let known = self.certificate.lock();
        *known.unwrap_or_else(PoisonError::into_inner) = Some(certificate);
    }
}

impl Audience {
    /// Most streams at once.
    pub(super) fn streams(self) -> usize {
        match self {
            Self::Person => STREAMS_MAX,
            Self::Guests => GUESTS_MAX,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stays = None;
        if let Some(thread) = self.thread.take() {
            // It ends within the time for the last lines.
            let _ = thread.join();
        }
    }
}

/// Serves until nobody wants the server any more, and the last lines are read or late.
async fn serve(listener: Listener, shared: Rc<Shared>, ends: oneshot::Receiver<()>) {
    let Ok(acceptor) = Acceptor::open(listener) else {
        return;
    };
    let streams = shared.audience.streams();
    let accepting = spawn_local(accept(acceptor, Rc::clone(&shared)));
    let _ = ends.await;
    accepting.abort();
    let all = u32::try_from(streams).unwrap_or(u32::MAX);
    let _ = timeout(FAREWELL_WAIT, shared.streams.acquire_many(all)).await;
}

async fn accept(acceptor: Acceptor, shared: Rc<Shared>) {
    let connections = Connections::of(shared.audience);
    loop {
        let (accepted, ends) = acceptor.accept().await;
        let Some(place) = connections.enter(ends.from.ip()) else {
            continue;
        };
        let number = place.number();
        let task = spawn_local(open(accepted, ends, place, Rc::clone(&shared)));
        connections.keep(number, task.abort_handle());
    }
}

/// Finds out whether a connection is plain or TLS, where it may be either, and serves it.
async fn open(accepted: Accepted, ends: Ends, place: Place, shared: Rc<Shared>) {
    #[cfg(feature = "conference")]
    if let Some(certificate) = shared.certificate() {
        let may_begin = || shared.handshakes.may_begin(ends.from.ip());
        return match certificate.open(accepted, may_begin).await {
            Some(Opened::Plain(stream)) => {
                talk(stream, (ends, Scheme::Http), place, shared).await;
            }
            Some(Opened::Tls(stream)) => {
                talk(stream, (ends, Scheme::Https), place, shared).await;
            }
            // Its place is free again.
            None => {}
        };
    }
    talk(accepted.plain(), (ends, Scheme::Http), place, shared).await;
}

/// Serves one connection, for as long as something moves on it.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    ends: (Ends, Scheme),
    place: Place,
    shared: Rc<Shared>,
) {
    let visit = Rc::new(Visit::new(ends, place, shared));
    let visited = Rc::clone(&visit);
    let service = service_fn(move |request| {
        let visit = Rc::clone(&visited);
        async move { Ok::<_, Infallible>(visit.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_buf_size(HEAD_MAX_BYTES)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    loop {
        let moves = visit.moves();
        match timeout(STALL, connection.as_mut()).await {
            Err(_) if visit.moves() != moves => {}
            // A connection that failed is over, too.
            Ok(_) | Err(_) => return,
        }
    }
}
