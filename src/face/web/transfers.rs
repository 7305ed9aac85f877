//! Files on their way between a browser and the disk, piece by piece: none is ever held whole. A
//! file that comes becomes one of ours first and is then offered; one that goes is read as it is
//! given to other members.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use serde_json::json;
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::oneshot;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::timeout;

use super::answer::{self, Answered, EventStream, Fault};
use super::asked::OfferAsk;
use super::guest_face::GuestAsk;
use super::server::{Answering, Finding, PageEvent};
use super::token::{TOKEN_BYTES, Token};
use super::visit::{ANSWER_WAIT, PIECES, Visit, moved};
use crate::chat::guests::GuestSession;
use crate::chat::transfer::offer::SIZE_MAX_BYTES;
use crate::chat::transfer::{OfferId, OfferKind};
use crate::clock::monotonic;
use crate::face::offers::Held;
use crate::store::files::{Received, Upload};
use crate::store::identity::random;
use crate::text;

/// Longest file of a guest, in bytes: a telephone's pictures, and not its films. The host's disk
/// and everybody's network carry it.
const GUESTS_FILE_MAX_BYTES: u64 = 64 << 20;

/// Bytes that are written to the disk at once.
const PIECE_BYTES: usize = 256 << 10;

/// How long a guest's file may take, so that none keeps its place for ever.
const GUESTS_FILE_WAIT: Duration = Duration::from_secs(600);

/// How long nothing of a file may come.
const PIECE_WAIT: Duration = Duration::from_secs(30);

/// How long a ticket holds: a browser may ask again where a download was broken off.
const TICKET_FOR: Duration = Duration::from_secs(600);

/// Most tickets that hold, of all and of one who fetches; the oldest give way.
const TICKETS_MAX: usize = 256;
const TICKETS_OF_ONE_MAX: usize = 8;

/// Files that come at once. More wait.
pub(super) const UPLOADS_MAX: usize = 4;

/// Files that go at once, of which each holds two blocks. More wait.
pub(super) const DOWNLOADS_MAX: usize = 16;

/// Who asks for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetcher {
    Person,
    Guest(GuestSession),
}

/// What lets a browser download one file without the header that only scripts can send.
#[derive(Debug, Default)]
pub(super) struct Tickets(RefCell<VecDeque<Ticket>>);

#[derive(Debug)]
struct Ticket {
    token: Token,
    offer: OfferId,
    fetcher: Fetcher,
    /// When it holds no more.
    until: Instant,
    /// What the page must know that asked for it: a ticket ends with that.
    of_page: Token,
}

impl Tickets {
    fn add(&self, ticket: Ticket) {
        let mut tickets = self.0.borrow_mut();
        let now = monotonic();
        tickets.retain(|ticket| now < ticket.until);
        let is_like = |other: &&Ticket| other.fetcher == ticket.fetcher;
        if tickets.iter().filter(is_like).count() >= TICKETS_OF_ONE_MAX
            && let Some(oldest) = tickets.iter().position(|other| is_like(&other))
        {
            tickets.remove(oldest);
        }
        if tickets.len() >= TICKETS_MAX {
            tickets.pop_front();
        }
        tickets.push_back(ticket);
    }

    /// Whose ticket for an offer this is, as long as a page must know this token.
    pub(super) fn of(&self, shown: &str, offer: OfferId, page: &Token) -> Option<Fetcher> {
        let mut tickets = self.0.borrow_mut();
        let now = monotonic();
        tickets.retain(|ticket| now < ticket.until);
        let is_it = |ticket: &&Ticket| {
            let is_meant = ticket.offer == offer && ticket.of_page == *page;
            is_meant && ticket.token.is(shown.as_bytes())
        };
        tickets.iter().find(is_it).map(|ticket| ticket.fetcher)
    }
}

impl Visit {
    /// Takes in a file that is to be offered, and offers it.
    pub(super) async fn receive(
        &self,
        query: &str,
        body: Incoming,
        from: Fetcher,
    ) -> Result<Answered, Fault> {
        let asked = OfferAsk::parse(query).map_err(|()| Fault::Malformed)?;
        let max_bytes = match from {
            Fetcher::Person => SIZE_MAX_BYTES,
            Fetcher::Guest(_) => GUESTS_FILE_MAX_BYTES,
        };
        if body.size_hint().lower() > max_bytes {
            return Err(Fault::TooLong);
        }
        let received = {
            let _leave = match from {
                Fetcher::Person => None,
                Fetcher::Guest(session) => {
                    Some(self.shared.sessions.upload(session).ok_or(Fault::Busy)?)
                }
            };
            let permit = timeout(ANSWER_WAIT, self.shared.uploads.acquire()).await;
            let _permit = permit.ok().and_then(Result::ok).ok_or(Fault::Busy)?;
            let written = self.write(asked.name.clone(), body, max_bytes);
            match from {
                Fetcher::Person => written.await?,
                Fetcher::Guest(_) => {
                    let written = timeout(GUESTS_FILE_WAIT, written).await;
                    written.map_err(|_| Fault::TooSlow)??
                }
            }
        };
        self.answered(|answering| match from {
            Fetcher::Person => PageEvent::Offered(asked, received, answering),
            Fetcher::Guest(session) => {
                PageEvent::Guest(session, GuestAsk::Offer(received, answering))
            }
        })
        .await
    }

    /// Writes a body to the disk as it comes.
    async fn write(
        &self,
        name: String,
        mut body: Incoming,
        max_bytes: u64,
    ) -> Result<Received, Fault> {
        let mut upload = self.apart(move || Upload::begin(&name)).await?;
        let (mut piece, mut size_bytes) = (Vec::new(), 0);
        loop {
            let frame = timeout(PIECE_WAIT, body.frame()).await;
            let frame = frame.map_err(|_| Fault::TooSlow)?;
            let is_last = frame.is_none();
            moved(&self.moves);
            if let Some(frame) = frame {
                // Of a connection that broke nobody reads the answer.
                let frame = frame.map_err(|_| Fault::Malformed)?;
                let Ok(bytes) = frame.into_data() else {
                    continue;
                };
                size_bytes += bytes.len() as u64;
                if size_bytes > max_bytes {
                    return Err(Fault::TooLong);
                }
                piece.extend_from_slice(&bytes);
            }
            if piece.len() >= PIECE_BYTES || is_last {
                let whole = std::mem::take(&mut piece);
                let work = move || upload.write(&whole).map(|()| upload);
                upload = self.apart(work).await?;
            }
            if is_last {
                return Ok(upload.end());
            }
        }
    }

    /// Does something on a thread that may wait for the disk.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let done = spawn_blocking(work).await.map_err(|_| Fault::Busy)?;
        done.map_err(|error| Fault::Disk(text::cause(self.shared.lang, &error)))
    }

    /// Hands over a ticket for a file.
    pub(super) async fn ticket(&self, offer: OfferId, by: Fetcher) -> Result<Answered, Fault> {
        self.held(offer, by).await?;
        let token = random::<TOKEN_BYTES>().map_err(|_| Fault::Busy)?;
        let token = Token::of(&token);
        self.shared.tickets.add(Ticket {
            token: token.clone(),
            offer,
            fetcher: by,
            until: monotonic() + TICKET_FOR,
            of_page: self.shared.door().token,
        });
        let told = json!({ "ticket": token.digits() }).to_string();
        Ok(answer::object(told))
    }

    /// Hands a file over.
    pub(super) async fn fetch(&self, offer: OfferId, by: Fetcher) -> Result<Answered, Fault> {
        let held = self.held(offer, by).await?;
        let downloads = Arc::clone(&self.shared.downloads);
        let permit = timeout(ANSWER_WAIT, downloads.acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(Fault::Busy)?;
        let first = match held.offer.blocks() {
            0 => Bytes::new(),
            _ => block(&held, 0).await.ok_or(Fault::NotHere)?,
        };
        let kind = picture_type(&first);
        let (sender, pieces) = mpsc::channel(PIECES);
        let offer = Arc::clone(&held.offer);
        spawn_local(pour(held, first, sender, Rc::clone(&self.moves)));
        let stream = EventStream {
            pieces,
            _permit: Arc::new(permit),
        };
        Ok(answer::download(&offer, kind, stream))
    }

    /// Asks the loop for a file that is here whole.
    async fn held(&self, offer: OfferId, by: Fetcher) -> Result<Held, Fault> {
        let (sender, found) = oneshot::channel();
        let finding = Finding(sender);
        let wanted = match by {
            Fetcher::Person => PageEvent::Wanted(offer, finding),
            Fetcher::Guest(session) => PageEvent::Guest(session, GuestAsk::Wanted(offer, finding)),
        };
        if !(self.shared.tell)(wanted) {
            return Err(Fault::Busy);
        }
        let found = timeout(ANSWER_WAIT, found).await.map_err(|_| Fault::Busy)?;
        let held = found.ok().ok_or(Fault::NotHere)?;
        match held.offer.kind {
            // It is many files, and a page has no name for them together.
            OfferKind::Folder => Err(Fault::NotHere),
            _ => Ok(held),
        }
    }

    /// Tells the loop something that it answers.
    pub(super) async fn answered(
        &self,
        event: impl FnOnce(Answering) -> PageEvent,
    ) -> Result<Answered, Fault> {
        let (sender, answer) = oneshot::channel();
        if !(self.shared.tell)(event(Answering(sender))) {
            return Err(Fault::Busy);
        }
        match timeout(ANSWER_WAIT, answer).await {
            Ok(Ok(Ok(lines))) => Ok(answer::lines(lines)),
            Ok(Ok(Err((refused, words)))) => Err(Fault::Guest(refused, words)),
            // The room is over, or has not answered yet.
            Ok(Err(_)) | Err(_) => Ok(answer::lines(Vec::new())),
        }
    }
}

/// Reads a block.
async fn block(held: &Held, number: u32) -> Option<Bytes> {
    let (sender, read) = oneshot::channel();
    held.read(number, move |bytes| drop(sender.send(bytes)));
    let read = timeout(ANSWER_WAIT, read).await;
    read.ok()?.ok()?.map(Bytes::from)
}

/// Carries a file to its socket, for as long as it is read. If it cannot be read to its end, the
/// connection is closed before that, which the browser notices by the length.
async fn pour(held: Held, first: Bytes, pieces: Sender<Bytes>, moves: Rc<Cell<u64>>) {
    let mut first = Some(first);
    for number in 0..held.offer.blocks() {
        // Nothing is read before there is a place for it.
        let Ok(place) = pieces.reserve().await else {
            return;
        };
        let bytes = match first.take() {
            Some(bytes) => bytes,
            None => match block(&held, number).await {
                Some(bytes) => bytes,
                None => return,
            },
        };
        place.send(bytes);
        moved(&moves);
    }
}

/// What a file is that a browser shows as a picture and never runs, by its first bytes: its name
/// proves nothing.
pub(super) fn picture_type(first: &[u8]) -> Option<&'static str> {
    let is_webp = first.starts_with(b"RIFF") && first.get(8..12) == Some(b"WEBP");
    match first {
        _ if is_webp => Some("image/webp"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_one_by_its_first_bytes_and_no_drawing_that_runs() {
        for (first, kind) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x10\0\0\0WAVE", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", None),
            (b"<?xml version=\"1.0\"?><svg>", None),
            (b"<html>", None),
            (b"BM", None),
            (b"", None),
        ] {
            assert_eq!(picture_type(first), kind, "{}", first.escape_ascii());
        }
    }

    #[test]
    fn a_ticket_is_for_one_file_and_the_oldest_of_the_same_give_way() {
        let tickets = Tickets::default();
        let page = Token::of(&[0xee; TOKEN_BYTES]);
        let ticket = |number: u8, fetcher| Ticket {
            token: Token::of(&[number; TOKEN_BYTES]),
            offer: OfferId([number; 16]),
            fetcher,
            until: monotonic() + TICKET_FOR,
            of_page: page.clone(),
        };
        let shown = |number: u8| Token::of(&[number; TOKEN_BYTES]);
        tickets.add(ticket(200, Fetcher::Guest(GuestSession(1))));
        for number in 0..100 {
            tickets.add(ticket(number, Fetcher::Person));
        }
        let of = |token: u8, offer: u8| {
            let shown = shown(token);
            tickets.of(shown.digits(), OfferId([offer; 16]), &page)
        };
        assert_eq!(of(99, 99), Some(Fetcher::Person));
        assert_eq!(of(99, 98), None, "it is for another file");
        assert_eq!(of(91, 91), None, "it gave way");
        assert!(of(200, 200).is_some(), "that of another did not");
        assert_eq!(tickets.0.borrow().len(), TICKETS_OF_ONE_MAX + 1);
        for session in 0..=255 {
            tickets.add(ticket(100, Fetcher::Guest(GuestSession(session))));
        }
        assert_eq!(tickets.0.borrow().len(), TICKETS_MAX);
        let over = Ticket {
            until: monotonic(),
            ..ticket(201, Fetcher::Person)
        };
        tickets.add(over);
        assert_eq!(of(201, 201), None);
        let renewed = Token::of(&[0xdd; TOKEN_BYTES]);
        let shown = shown(100);
        let of_renewed = tickets.of(shown.digits(), OfferId([100; 16]), &renewed);
        assert_eq!(of_renewed, None, "they end with the token");
    }
}
