//! What one connection asks for, request by request.

mod call;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::Request;
use hyper::body::{Body, Bytes, Incoming};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::oneshot;
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::answer::{self, Answered, EventStream, Fault};
use super::asked::{Ask, HistoryAsk};
use super::call::Caller;
use super::connections::Place;
use super::guest_face::GuestAsk;
use super::queue::{Next, QUEUE_MAX_BYTES, Queue};
use super::routes::{Route, shown_ticket};
use super::rules::{Door, Head, Refusal, Scheme, judge, shown_token, shows_token};
use super::server::{Answering, Audience, PageEvent, Shared};
use super::token::{TOKEN_BYTES, Token};
use super::transfers::Fetcher;
use crate::chat::guests::{GUEST_TEXT_MAX_BYTES, GuestSession, LinkToken};
use crate::chat::transfer::OfferId;
use crate::face::tui::emoji_table;
use crate::net::tcp_acceptor::Ends;
use crate::store::identity::random;
use crate::text::{self, Lang};

/// Longest body of what is said, in bytes: the longest line with every sign written as an escape.
const BODY_MAX_BYTES: usize = 512 << 10;

/// Longest challenge, in bytes.
const NONCE_MAX_BYTES: usize = 256;

/// How long a body may take.
const BODY_WAIT: Duration = Duration::from_secs(10);

/// How long the room may take to answer; what it says later comes by the streams.
pub(super) const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Silence after which a stream carries a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// That sign.
const HEARTBEAT_LINE: &[u8] = b"{\"event\":\"heartbeat\"}\n";

/// Pieces on their way to the socket.
pub(super) const PIECES: usize = 1;

/// Bytes that wait for one guest: what a telephone lacks after some seconds without its network.
const GUEST_QUEUE_MAX_BYTES: usize = 64 << 10;

/// Longest body of what a guest says, in bytes: every sign may be written as an escape.
const GUEST_BODY_MAX_BYTES: usize = 6 * GUEST_TEXT_MAX_BYTES + 256;

/// See the file's head.
pub(super) struct Visit {
    ends: Ends,
    scheme: Scheme,
    place: Place,
    pub(super) shared: Rc<Shared>,
    /// Counts what shows that somebody reads or writes on the other side.
    pub(super) moves: Rc<Cell<u64>>,
}

/// The body of `POST /guest/enter`.
#[derive(Deserialize)]
struct Entering {
    name: String,
}

/// The body of `POST /guest/say`.
#[derive(Deserialize)]
struct GuestSays {
    say: String,
}

/// Whose stream it is.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Person,
    Guest(GuestSession),
}

/// The body of `POST /prove`.
#[derive(Deserialize)]
struct Challenge {
    nonce: String,
}

impl Visit {
    pub(super) fn new((ends, scheme): (Ends, Scheme), place: Place, shared: Rc<Shared>) -> Self {
        Self {
            ends,
            scheme,
            place,
            shared,
            moves: Rc::default(),
        }
    }

    /// A number that grows whenever something moves.
    pub(super) fn moves(&self) -> u64 {
        self.moves.get()
    }

    /// Answers a request.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answered {
        moved(&self.moves);
        let door = self.door();
        let (parts, body) = request.into_parts();
        let head = Head {
            method: &parts.method,
            target: &parts.uri,
            headers: &parts.headers,
        };
        let query = parts.uri.query().unwrap_or_default();
        let answered = match judge(head, &door) {
            Ok(Route::Fetch(id)) => match self.fetcher(head, query, id, &door) {
                Some(by) => self.fetch(id, by).await,
                None => Err(Fault::Refused(Refusal::NoToken)),
            },
            Ok(route) if self.shared.audience == Audience::Guests => {
                let shown = shown_token(head);
                self.take_guests(route, query, shown, body).await
            }
            Ok(route) => self.take(route, query, body, &door).await,
            Err(refusal) => Err(Fault::Refused(refusal)),
        };
        moved(&self.moves);
        answered.unwrap_or_else(|fault| answer::fault(self.shared.lang, fault))
    }

    /// Who is heard now on this connection: guests by the very address that it came to.
    fn door(&self) -> Door {
        let door = self.shared.door();
        match self.shared.audience {
            Audience::Person => door,
            Audience::Guests => {
                let at = (self.scheme, self.ends.to.port());
                Door::of_guests(self.ends.to.ip(), at, door.token)
            }
        }
    }

    /// Who asks for a file, by the header or by a ticket; `None` for anybody else.
    fn fetcher(&self, head: Head<'_>, query: &str, offer: OfferId, door: &Door) -> Option<Fetcher> {
        let ticket = shown_ticket(query);
        let tickets = &self.shared.tickets;
        let by_ticket = || ticket.and_then(|ticket| tickets.of(ticket, offer, &door.token));
        let by_header = match self.shared.audience {
            Audience::Person => shows_token(head, door).then_some(Fetcher::Person),
            Audience::Guests => {
                let session = shown_token(head).and_then(|it| self.session(it));
                session.map(Fetcher::Guest)
            }
        };
        let by = by_header.or_else(by_ticket)?;
        self.place.prove();
        Some(by)
    }

    /// The guest's session that a secret stands for on this connection.
    fn session(&self, secret: &str) -> Option<GuestSession> {
        self.shared.sessions.of(secret, self.scheme)
    }

    /// Does what a guest's page asks for.
    async fn take_guests(
        &self,
        route: Route,
        query: &str,
        shown: Option<&str>,
        body: Incoming,
    ) -> Result<Answered, Fault> {
        let session = shown.and_then(|shown| self.session(shown));
        if session.is_some() || route == Route::Enter {
            self.place.prove();
        }
        let unknown = Fault::Refused(Refusal::NoToken);
        match (route, session) {
            (Route::File(file), _) => Ok(answer::file(file)),
            (Route::Texts, _) => Ok(answer::object(self.texts(query))),
            (Route::Enter, _) => {
                let token = shown.and_then(|shown| Token::parse(shown)?.bytes());
                self.let_in(LinkToken(token.ok_or(unknown)?), body).await
            }
            (Route::GuestEvents, Some(session)) => self.open_stream(Reader::Guest(session)),
            (Route::GuestSay, Some(session)) => {
                // It is short: a guest who writes it slowly keeps nobody waiting.
                let body = whole(body, GUEST_BODY_MAX_BYTES).await?;
                let _permit = self.permit().await?;
                let says = serde_json::from_slice::<GuestSays>(&body);
                let says = says.map_err(|_| Fault::Malformed)?;
                let (sender, answer) = oneshot::channel();
                let ask = GuestAsk::Say(says.say, Answering(sender));
                Ok(answer::lines(self.ask_for(session, ask, answer).await?))
            }
            (Route::GuestConnect | Route::GuestCall, Some(session)) => {
                let caller = match self.scheme {
                    Scheme::Http => Caller::Watcher(session),
                    Scheme::Https => Caller::Guest(session),
                };
                self.call(caller, route, body).await
            }
            (Route::Offer, Some(session)) => {
                self.receive(query, body, Fetcher::Guest(session)).await
            }
            (Route::Ticket(offer), Some(session)) => {
                self.ticket(offer, Fetcher::Guest(session)).await
            }
            _ => Err(unknown),
        }
    }

    /// Lets a guest in, and tells its page what is its session.
    async fn let_in(&self, token: LinkToken, body: Incoming) -> Result<Answered, Fault> {
        let body = whole(body, NONCE_MAX_BYTES).await?;
        let _permit = self.permit().await?;
        let entering = serde_json::from_slice::<Entering>(&body);
        let entering = entering.map_err(|_| Fault::Malformed)?;
        let secret = random::<TOKEN_BYTES>().map_err(|_| Fault::Busy)?;
        let secret = Token::of(&secret);
        let session = self.shared.sessions.open(&secret, self.scheme);
        let (sender, answer) = oneshot::channel();
        let ask = GuestAsk::Enter {
            token,
            name: entering.name,
            address: self.ends.from.ip(),
            answering: Answering(sender),
        };
        let lines = self.ask_for(session, ask, answer).await;
        if !matches!(&lines, Ok(lines) if !lines.is_empty()) {
            self.shared.sessions.close(session);
        }
        let mut told = json!({ "event": "entered", "session": secret.digits() }).to_string();
        told.push('\n');
        let mut told = told.into_bytes();
        told.extend(lines?);
        Ok(answer::lines(told))
    }

    /// Asks the room something for a guest.
    async fn ask_for(
        &self,
        session: GuestSession,
        ask: GuestAsk,
        answer: oneshot::Receiver<Result<Vec<u8>, (super::server::Refused, String)>>,
    ) -> Result<Vec<u8>, Fault> {
        if !(self.shared.tell)(PageEvent::Guest(session, ask)) {
            return Err(Fault::Busy);
        }
        match timeout(ANSWER_WAIT, answer).await {
            Ok(Ok(Ok(lines))) => Ok(lines),
            Ok(Ok(Err((refused, words)))) => Err(Fault::Guest(refused, words)),
            Ok(Err(_)) | Err(_) => Ok(Vec::new()),
        }
    }

    async fn take(
        &self,
        route: Route,
        query: &str,
        body: Incoming,
        door: &Door,
    ) -> Result<Answered, Fault> {
        if !route.is_public() {
            self.place.prove();
        }
        match route {
            Route::File(file) => Ok(answer::file(file)),
            Route::Texts => Ok(answer::object(self.texts(query))),
            Route::Prove => {
                let body = whole(body, NONCE_MAX_BYTES).await?;
                let challenge = serde_json::from_slice::<Challenge>(&body);
                let challenge = challenge.map_err(|_| Fault::Malformed)?;
                let mac = door.token.prove(door.port, &challenge.nonce);
                let mac = mac.ok_or(Fault::Malformed)?;
                Ok(answer::object(json!({ "mac": mac }).to_string()))
            }
            Route::Events => self.open_stream(Reader::Person),
            Route::Say => {
                // Each of these may hold a long body.
                let _permit = self.permit().await?;
                let body = whole(body, BODY_MAX_BYTES).await?;
                let line = String::from_utf8(body.into()).map_err(|_| Fault::Malformed)?;
                self.ask(Ask::Say(line)).await
            }
            Route::History => {
                let ask = HistoryAsk::parse(query).map_err(|()| Fault::Malformed)?;
                let _permit = self.permit().await?;
                self.ask(Ask::History(ask)).await
            }
            Route::Connect | Route::Call => self.call(Caller::Person, route, body).await,
            Route::Offer => self.receive(query, body, Fetcher::Person).await,
            Route::Ticket(offer) => self.ticket(offer, Fetcher::Person).await,
            Route::Fetch(_)
            | Route::Enter
            | Route::GuestEvents
            | Route::GuestSay
            | Route::GuestConnect
            | Route::GuestCall => Err(Fault::Refused(Refusal::NoSuchRoute)),
        }
    }

    /// The page's sentences: those about speaking only where this page can speak, or another can.
    fn texts(&self, query: &str) -> String {
        let is_said = |name: &str| match (name, self.scheme) {
            ("guest_speak_by", Scheme::Http) => self.shared.has_certificate(),
            ("guest_speak_by", Scheme::Https) => false,
            ("guest_warning_https", scheme) => scheme == Scheme::Https,
            _ => true,
        };
        texts(self.shared.lang, query, is_said)
    }

    /// Leave to hold a body and to wait for an answer.
    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Fault> {
        let permit = timeout(ANSWER_WAIT, self.shared.asks.acquire()).await;
        permit.ok().and_then(Result::ok).ok_or(Fault::Busy)
    }

    async fn ask(&self, ask: Ask) -> Result<Answered, Fault> {
        self.answered(|answering| PageEvent::Asked(ask, answering))
            .await
    }

    fn open_stream(&self, reader: Reader) -> Result<Answered, Fault> {
        let take = || Arc::clone(&self.shared.streams).try_acquire_owned().ok();
        let permit = match reader {
            Reader::Person => take().map(Arc::new),
            Reader::Guest(session) => self.shared.sessions.place(session, take),
        };
        let permit = permit.ok_or(Fault::Streams(self.shared.audience.streams()))?;
        let (sender, pieces) = mpsc::channel(PIECES);
        let feeder = feed(
            Rc::clone(&self.shared),
            reader,
            sender,
            Rc::clone(&self.moves),
        );
        spawn_local(feeder);
        Ok(answer::stream(EventStream {
            pieces,
            _permit: permit,
        }))
    }
}

pub(super) fn moved(moves: &Cell<u64>) {
    moves.set(moves.get().wrapping_add(1));
}

/// Carries what waits for a page to its socket, for as long as it reads.
async fn feed(shared: Rc<Shared>, reader: Reader, pieces: Sender<Bytes>, moves: Rc<Cell<u64>>) {
    let queue = Arc::new(Queue::of(match reader {
        Reader::Person => QUEUE_MAX_BYTES,
        Reader::Guest(_) => GUEST_QUEUE_MAX_BYTES,
    }));
    while let Some(piece) = next_piece(&shared, reader, &queue, &pieces).await {
        let is_read = pieces.send(piece).await.is_ok();
        moved(&moves);
        if !is_read {
            break;
        }
    }
    queue.close();
    if let Reader::Guest(session) = reader {
        (shared.tell)(PageEvent::Guest(session, GuestAsk::Lost(queue)));
    }
}

/// The next piece for a page; `None` at the end of its stream.
async fn next_piece(
    shared: &Shared,
    reader: Reader,
    queue: &Arc<Queue>,
    pieces: &Sender<Bytes>,
) -> Option<Bytes> {
    loop {
        match timeout(HEARTBEAT, queue.next()).await {
            Err(_) if pieces.is_closed() => return None,
            Err(_) => return Some(Bytes::from_static(HEARTBEAT_LINE)),
            Ok(Next::Piece(piece)) => return Some(piece),
            Ok(Next::End) => return None,
            Ok(Next::AskAnew) => {
                let queue = Arc::clone(queue);
                let wanted = match reader {
                    Reader::Person => PageEvent::Opened(queue),
                    Reader::Guest(session) => PageEvent::Guest(session, GuestAsk::Listen(queue)),
                };
                if !(shared.tell)(wanted) {
                    return None;
                }
            }
        }
    }
}

/// A whole body, if it is short and comes in time.
async fn whole(body: Incoming, max_bytes: usize) -> Result<Bytes, Fault> {
    let is_long = body.size_hint().lower() > max_bytes as u64;
    if is_long {
        return Err(Fault::TooLong);
    }
    match timeout(BODY_WAIT, Limited::new(body, max_bytes).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(_)) => Err(Fault::TooLong),
        Err(_) => Err(Fault::TooSlow),
    }
}

/// The page's sentences in the language that it asks for, or in the program's.
fn texts(lang: Lang, query: &str, is_said: impl Fn(&str) -> bool) -> String {
    let lang = match query.split('&').find_map(|pair| pair.strip_prefix("lang=")) {
        Some(locale) => Lang::of_locale(locale),
        None => lang,
    };
    let texts = text::page(lang).into_iter();
    let texts = texts.chain([("emoji", emoji_table())]);
    let texts = texts.filter(|(name, _)| is_said(name));
    let texts: serde_json::Map<String, serde_json::Value> = texts
        .map(|(name, sentence)| (name.to_owned(), sentence.into()))
        .collect();
    serde_json::Value::Object(texts).to_string()
}
