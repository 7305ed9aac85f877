//! What the server answers, as HTTP: a status, the headers that every answer has, and a body that
//! is there at once or comes piece by piece.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::Receiver;

use super::files::File;
use super::routes::Verb;
use super::rules::Refusal;
use super::server::Refused;
use crate::text::{self, Lang};

/// Headers of every answer: the page runs its own files and nothing else, stands in no frame, asks
/// nobody but this server, tells nobody where it was, and is kept by no cache.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// One line for each object.
pub(super) const NDJSON: &str = "application/x-ndjson; charset=utf-8";

const JSON: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A body.
pub(super) enum Payload {
    /// All of it.
    Whole(Option<Bytes>),
    /// What comes from now on.
    Stream(EventStream),
}

/// The pieces of a stream, which ends when this is dropped.
pub(super) struct EventStream {
    pub(super) pieces: Receiver<Bytes>,
    /// A place among the streams.
    pub(super) _permit: Arc<OwnedSemaphorePermit>,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take()),
            Self::Stream(stream) => stream.pieces.poll_recv(context),
        };
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

/// An answer without its body's meaning.
pub(super) type Answered = Response<Payload>;

fn answer(status: StatusCode, kind: &'static str, body: Payload) -> Answered {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers: &mut HeaderMap = answer.headers_mut();
    for (name, value) in HEADERS {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        headers.insert(name, value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn whole(status: StatusCode, kind: &'static str, bytes: impl Into<Bytes>) -> Answered {
    answer(status, kind, Payload::Whole(Some(bytes.into())))
}

/// A file of the page.
pub(super) fn file(file: &File) -> Answered {
    whole(StatusCode::OK, file.kind, file.sent())
}

/// One object.
pub(super) fn object(json: String) -> Answered {
    whole(StatusCode::OK, JSON, json)
}

/// Objects, one for each line; none mean that nothing is known yet.
pub(super) fn lines(lines: Vec<u8>) -> Answered {
    let status = match lines.is_empty() {
        true => StatusCode::ACCEPTED,
        false => StatusCode::OK,
    };
    whole(status, NDJSON, lines)
}

/// What happens from now on.
pub(super) fn stream(stream: EventStream) -> Answered {
    answer(StatusCode::OK, NDJSON, Payload::Stream(stream))
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The head of the request is not heard.
    Refused(Refusal),
    /// What stands in it cannot be read.
    Malformed,
    /// Its body is too long.
    TooLong,
    /// Its body took too long.
    TooSlow,
    /// So many pages are open already.
    Streams(usize),
    /// The room has too much to do.
    Busy,
    /// A guest may not, for a reason.
    Guest(Refused, String),
}

/// A fault, in words.
pub(super) fn fault(lang: Lang, fault: Fault) -> Answered {
    let status = match &fault {
        Fault::Refused(Refusal::Misdirected) => StatusCode::MISDIRECTED_REQUEST,
        Fault::Refused(Refusal::ForeignOrigin | Refusal::ForeignSite) => StatusCode::FORBIDDEN,
        Fault::Refused(Refusal::NoSuchRoute) => StatusCode::NOT_FOUND,
        Fault::Refused(Refusal::WrongMethod(_)) => StatusCode::METHOD_NOT_ALLOWED,
        Fault::Refused(Refusal::NoToken) => StatusCode::UNAUTHORIZED,
        Fault::Malformed => StatusCode::BAD_REQUEST,
        Fault::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        Fault::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Fault::Streams(_) | Fault::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Guest(refused, _) => match refused {
            Refused::NotHere => StatusCode::UNAUTHORIZED,
            Refused::SentAway => StatusCode::FORBIDDEN,
            Refused::TooFast => StatusCode::TOO_MANY_REQUESTS,
            Refused::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Refused::Wrong => StatusCode::BAD_REQUEST,
        },
    };
    let words = match &fault {
        Fault::Refused(Refusal::Misdirected) => text::page_is_elsewhere(lang),
        Fault::Refused(Refusal::ForeignOrigin | Refusal::ForeignSite) => {
            text::page_is_foreign(lang)
        }
        Fault::Refused(Refusal::NoSuchRoute | Refusal::WrongMethod(_)) => {
            text::page_has_nothing_there(lang)
        }
        Fault::Refused(Refusal::NoToken) => text::page_needs_its_link(lang),
        Fault::Malformed => text::page_is_not_understood(lang),
        Fault::TooLong => text::page_says_too_much(lang),
        Fault::TooSlow => text::page_is_too_slow(lang),
        Fault::Streams(most) => text::too_many_pages(lang, *most),
        Fault::Busy => text::page_comes_too_early(lang),
        Fault::Guest(_, words) => words.clone(),
    };
    let mut answer = whole(status, TEXT, words + "\n");
    if let Fault::Refused(Refusal::WrongMethod(verb)) = fault {
        let allowed = match verb {
            Verb::Get => "GET",
            Verb::Post => "POST",
        };
        let allowed = HeaderValue::from_static(allowed);
        answer.headers_mut().insert(ALLOW, allowed);
    }
    answer
}
