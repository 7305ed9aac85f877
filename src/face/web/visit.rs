//! What one connection asks for, request by request.

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
use super::connections::Place;
use super::queue::{Next, Queue};
use super::routes::Route;
use super::rules::{Door, Head, judge};
use super::server::{Answering, PageEvent, STREAMS_MAX, Shared};
use crate::text::{self, Lang};

/// Longest body of what is said, in bytes: the longest line with every sign written as an escape.
const BODY_MAX_BYTES: usize = 512 << 10;

/// Longest challenge, in bytes.
const NONCE_MAX_BYTES: usize = 256;

/// How long a body may take.
const BODY_WAIT: Duration = Duration::from_secs(10);

/// How long the room may take to answer; what it says later comes by the streams.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Silence after which a stream carries a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// That sign.
const HEARTBEAT_LINE: &[u8] = b"{\"event\":\"heartbeat\"}\n";

/// Pieces on their way to the socket.
const PIECES: usize = 1;

/// See the file's head.
pub(super) struct Visit {
    place: Place,
    shared: Rc<Shared>,
    /// Counts what shows that somebody reads or writes on the other side.
    moves: Rc<Cell<u64>>,
}

/// The body of `POST /prove`.
#[derive(Deserialize)]
struct Challenge {
    nonce: String,
}

impl Visit {
    pub(super) fn new(place: Place, shared: Rc<Shared>) -> Self {
        Self {
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
        let door = self.shared.door();
        let (head, body) = request.into_parts();
        let judged = judge(
            Head {
                method: &head.method,
                target: &head.uri,
                headers: &head.headers,
            },
            &door,
        );
        let query = head.uri.query().unwrap_or_default();
        let answered = match judged {
            Ok(route) => self.take(route, query, body, &door).await,
            Err(refusal) => Err(Fault::Refused(refusal)),
        };
        moved(&self.moves);
        answered.unwrap_or_else(|fault| answer::fault(self.shared.lang, fault))
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
            Route::Texts => Ok(answer::object(texts(self.shared.lang, query))),
            Route::Prove => {
                let body = whole(body, NONCE_MAX_BYTES).await?;
                let challenge = serde_json::from_slice::<Challenge>(&body);
                let challenge = challenge.map_err(|_| Fault::Malformed)?;
                let mac = door.token.prove(door.port, &challenge.nonce);
                let mac = mac.ok_or(Fault::Malformed)?;
                Ok(answer::object(json!({ "mac": mac }).to_string()))
            }
            Route::Events => self.open_stream(),
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
        }
    }

    /// Leave to hold a body and to wait for an answer.
    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Fault> {
        let permit = timeout(ANSWER_WAIT, self.shared.asks.acquire()).await;
        permit.ok().and_then(Result::ok).ok_or(Fault::Busy)
    }

    async fn ask(&self, ask: Ask) -> Result<Answered, Fault> {
        let (sender, answer) = oneshot::channel();
        if !(self.shared.tell)(PageEvent::Asked(ask, Answering(sender))) {
            return Err(Fault::Busy);
        }
        let lines = match timeout(ANSWER_WAIT, answer).await {
            Ok(Ok(lines)) => lines,
            // The room is over, or has not answered yet.
            Ok(Err(_)) | Err(_) => Vec::new(),
        };
        Ok(answer::lines(lines))
    }

    fn open_stream(&self) -> Result<Answered, Fault> {
        let permit = Arc::clone(&self.shared.streams).try_acquire_owned();
        let permit = permit.map_err(|_| Fault::Streams(STREAMS_MAX))?;
        let (sender, pieces) = mpsc::channel(PIECES);
        let feeder = feed(Rc::clone(&self.shared), sender, Rc::clone(&self.moves));
        spawn_local(feeder);
        Ok(answer::stream(EventStream {
            pieces,
            _permit: permit,
        }))
    }
}

fn moved(moves: &Cell<u64>) {
    moves.set(moves.get().wrapping_add(1));
}

/// Carries what waits for a page to its socket, for as long as it reads.
async fn feed(shared: Rc<Shared>, pieces: Sender<Bytes>, moves: Rc<Cell<u64>>) {
    let queue = Arc::new(Queue::default());
    while let Some(piece) = next_piece(&shared, &queue, &pieces).await {
        let is_read = pieces.send(piece).await.is_ok();
        moved(&moves);
        if !is_read {
            break;
        }
    }
    queue.close();
}

/// The next piece for a page; `None` at the end of its stream.
async fn next_piece(shared: &Shared, queue: &Arc<Queue>, pieces: &Sender<Bytes>) -> Option<Bytes> {
    loop {
        match timeout(HEARTBEAT, queue.next()).await {
            Err(_) if pieces.is_closed() => return None,
            Err(_) => return Some(Bytes::from_static(HEARTBEAT_LINE)),
            Ok(Next::Piece(piece)) => return Some(piece),
            Ok(Next::End) => return None,
            Ok(Next::AskAnew) => {
                if !(shared.tell)(PageEvent::Opened(Arc::clone(queue))) {
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
fn texts(lang: Lang, query: &str) -> String {
    let lang = match query.split('&').find_map(|pair| pair.strip_prefix("lang=")) {
        Some(locale) => Lang::of_locale(locale),
        None => lang,
    };
    let texts = text::page(lang).into_iter();
    let texts: serde_json::Map<String, serde_json::Value> = texts
        .map(|(name, sentence)| (name.to_owned(), sentence.into()))
        .collect();
    serde_json::Value::Object(texts).to_string()
}
