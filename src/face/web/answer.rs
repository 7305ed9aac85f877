//! What the server answers, as HTTP: a status, the headers that every answer has, and a body that
//! is there at once or comes piece by piece.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{
    ALLOW, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap,
    HeaderName, HeaderValue,
};
use hyper::{Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::Receiver;

use super::files::File;
use super::routes::Verb;
use super::rules::Refusal;
use super::server::Refused;
use crate::chat::transfer::Offer;
use crate::store::files::safe_name;
use crate::text::{self, Lang};

/// Headers of every answer: the page runs its own files and nothing else, stands in no frame, asks
/// nobody but this server, tells nobody where it was, and is kept by no cache.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// What a stranger's file may do, should a browser ever show it by itself: nothing.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// A file that is no picture.
const BYTES: &str = "application/octet-stream";

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

/// A file that somebody offered: it is saved under its name and never shown as a page of ours.
/// Pictures have a type of their own, so that a page can show them.
pub(super) fn download(
    offer: &Offer,
    picture: Option<&'static str>,
    stream: EventStream,
) -> Answered {
    let kind = picture.unwrap_or(BYTES);
    let mut answer = answer(StatusCode::OK, kind, Payload::Stream(stream));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(CONTENT_LENGTH, offer.size_bytes.into());
    let name = attachment(&safe_name(&offer.name));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    answer
}

/// The header that saves a file under a name (RFC 6266, RFC 5987).
fn attachment(name: &str) -> String {
    let mut header = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'-' | b'_' => {
                header.push(byte.into());
            }
            byte => header.push_str(&format!("%{byte:02X}")),
        }
    }
    header
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
    /// The file is not here, or not any more.
    NotHere,
    /// The disk does not take a file, for a reason.
    Disk(String),
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
        Fault::NotHere => StatusCode::NOT_FOUND,
        Fault::Disk(_) => StatusCode::INSUFFICIENT_STORAGE,
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
        Fault::NotHere => text::page_lacks_file(lang),
        Fault::Disk(cause) => text::page_cannot_write(lang, cause),
        Fault::Guest(_, words) => words.clone(),
    };
    let mut answer = whole(status, TEXT, words + "\n");
    if let Fault::Refused(Refusal::WrongMethod(verb)) = fault {
        let allowed = match verb {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
        };
        let allowed = HeaderValue::from_static(allowed);
        answer.headers_mut().insert(ALLOW, allowed);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_name_it_stays_one_value_of_one_header() {
        let header = attachment(&safe_name("o mapa (1).png"));
        assert_eq!(
            header,
            "attachment; filename*=UTF-8''o%20mapa%20%281%29.png"
        );
        for name in [
            "a\r\nSet-Cookie: x",
            "\"; filename=evil.exe",
            "ção.html",
            "\u{202e}gnp",
        ] {
            let header = attachment(&safe_name(name));
            let value = header.split_once("UTF-8''").unwrap().1;
            let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b".-_%".contains(&byte);
            assert!(value.bytes().all(is_safe), "{header}");
        }
    }
}
