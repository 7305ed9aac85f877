//! WebRTC between the pages of this program and itself: whole encoded frames come out of RTP and
//! go into it. Nothing is decoded or encoded.
//!
//! ```text
//! frame    where frames are shown on pages
//! offer    what a page proposes (SDP), read and bounded
//! clock    times of one stream after another in one place of a page
//! peer     one page: str0m without sockets
//! sockets  UDP on loopback and on the addresses of the LAN
//! thread   the loop that moves datagrams, frames and time between them
//! ```
//!
//! One thread serves all pages. It has one bounded queue in each direction: whoever fills one loses
//! the newest, which is counted. The loop of the program never waits for it.

mod clock;
mod frame;
mod offer;
mod peer;
mod sockets;
mod thread;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::mpsc::{Sender, channel};

pub use self::frame::{Frame, PEERS_MAX, PICTURES, Place, Sends, Side, VOICES};
pub use self::offer::{OFFER_MAX_BYTES, OfferFault, Proposal};
use self::sockets::Sockets;
use crate::chat::media::{Captured, Source};

/// Most frames and wishes that wait for the thread: half a second of all that a page is shown.
const ASKS_MAX: usize = 512;

/// Most frames that wait for the loop: two seconds of one page's sound and pictures.
const NEWS_MAX: usize = 256;

/// Places behind them for what must not be lost: which pages came and went.
const NEWS_RESERVE: usize = 4 * PEERS_MAX;

/// Names one page's connection. It is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerId(pub u64);

/// What the pages' connections report.
#[derive(Debug)]
pub enum News {
    /// A frame of a page's microphone, camera or screen.
    Captured {
        /// Which page.
        peer: PeerId,
        /// Whose page.
        side: Side,
        /// The frame.
        captured: Captured,
    },
    /// A page can show nothing in a place before it gets a key picture there.
    KeyWanted {
        /// Whose page.
        side: Side,
        /// Which of the places for pictures.
        place: usize,
    },
    /// A page can be shown something from now on.
    Connected(PeerId),
    /// A page's connection is over: it was closed, or it died.
    Gone(PeerId),
}

/// Takes the answer to an offer.
pub type OnAnswer = Box<dyn FnOnce(Result<String, OfferFault>) + Send>;

/// What the thread is to do.
enum Ask {
    Connect {
        peer: PeerId,
        of: (Side, Sends),
        sdp: Vec<u8>,
        on_answer: OnAnswer,
    },
    Play(Frame),
    WantKey(Source),
    /// Look which connections are to be closed.
    Close,
}

/// The thread, which ends with this.
pub struct Conference {
    asks: Option<Sender<Ask>>,
    news: Receiver<News>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What both sides look at.
#[derive(Debug, Default)]
struct Shared {
    /// Whether the loop was told that there is news, and has not looked yet.
    is_told: AtomicBool,
    /// How much news waits for the loop.
    waiting: AtomicUsize,
    /// Frames that found a queue full.
    dropped: AtomicU64,
    /// The connections that are to be closed: whoever was sent away sees nothing more, however much
    /// waits for the thread.
    closing: Mutex<Vec<PeerId>>,
}

impl Shared {
    /// The connections that are to be closed, each once.
    fn closing(&self) -> Vec<PeerId> {
        let closing = self.closing.lock();
        std::mem::take(&mut *closing.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Conference {
    /// Opens the sockets and starts the thread. `tell` is called whenever there is news after the
    /// last look; it must not wait, and returns false once nobody listens.
    ///
    /// # Errors
    /// The system's, for the loopback's socket or for a thread. An address of the LAN that cannot
    /// be had is left out.
    pub fn start(tell: impl Fn() -> bool + Send + 'static) -> io::Result<Self> {
        let sockets = Sockets::open()?;
        let (asks, asked) = channel(ASKS_MAX);
        let (sender, news) = sync_channel(NEWS_MAX + NEWS_RESERVE);
        let shared = Arc::new(Shared::default());
        let outbox = thread::Outbox {
            news: sender,
            shared: Arc::clone(&shared),
            tell: Box::new(tell),
        };
        let thread = thread::start(sockets, asked, outbox)?;
        Ok(Self {
            asks: Some(asks),
            news,
            shared,
            thread: Some(thread),
        })
    }

    /// Connects a page that proposes this, as SDP. `on_answer` is called in the thread.
    pub fn connect(&self, peer: PeerId, of: (Side, Sends), sdp: Vec<u8>, on_answer: OnAnswer) {
        let ask = Ask::Connect {
            peer,
            of,
            sdp,
            on_answer,
        };
        if let Some(Ask::Connect { on_answer, .. }) = self.try_ask(ask) {
            on_answer(Err(OfferFault::Busy));
        }
    }

    /// Shows or plays a frame on all pages of a side. One that finds the queue full is dropped.
    pub fn play(&self, frame: Frame) {
        if self.try_ask(Ask::Play(frame)).is_some() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Asks the pages that send this for a key picture.
    pub fn want_key(&self, source: Source) {
        // Whoever lacks it asks again.
        let _ = self.try_ask(Ask::WantKey(source));
    }

    /// Ends a page's connection.
    pub fn close(&self, peer: PeerId) {
        let closing = self.shared.closing.lock();
        closing.unwrap_or_else(PoisonError::into_inner).push(peer);
        // A thread whose queue is full is awake, and looks.
        let _ = self.try_ask(Ask::Close);
    }

    /// Whether the thread has ended: its sockets could not be had. Another one may be started.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.asks.as_ref().is_none_or(Sender::is_closed)
    }

    /// The oldest news.
    #[must_use]
    pub fn next(&self) -> Option<News> {
        // Whatever comes after this look is told again.
        self.shared.is_told.store(false, Ordering::Release);
        let news = self.news.try_recv().ok()?;
        // The thread counts behind its sending: what is taken in between is counted once more.
        self.shared.waiting.fetch_sub(1, Ordering::AcqRel);
        Some(news)
    }

    /// How many frames found a queue full so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Hands something to the thread; gives it back if there is no room.
    fn try_ask(&self, ask: Ask) -> Option<Ask> {
        match &self.asks {
            Some(asks) => asks.try_send(ask).err().map(|full| full.into_inner()),
            None => Some(ask),
        }
    }
}

impl Drop for Conference {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // It waits for nothing but its sockets and this.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Conference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dropped = self.dropped();
        f.debug_struct("Conference")
            .field("dropped", &dropped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::chat::media::Codec;

    const OFFER: &str = include_str!("../../../tests/vectors/offer.sdp");

    /// How long anything may take.
    const DEADLINE: Duration = Duration::from_secs(20);

    #[test]
    fn a_page_is_closed_however_much_waits_for_the_thread() {
        let (tell, told) = mpsc::channel();
        let conference = Conference::start(move || tell.send(()).is_ok()).unwrap();
        let (answer, answered) = mpsc::channel();
        let on_answer = move |given: Result<String, OfferFault>| {
            answer.send(given.is_ok()).unwrap();
        };
        let of = (Side::Guests, Sends::Nothing);
        conference.connect(PeerId(1), of, OFFER.into(), Box::new(on_answer));
        assert_eq!(answered.recv_timeout(DEADLINE), Ok(true));
        let frame = Frame {
            side: Side::Guests,
            except: None,
            place: Place::Voice(0),
            stream: 1,
            codec: Codec::Opus,
            is_key: true,
            rtp_time: 0,
            bytes: [0; 80].as_slice().into(),
        };
        // The queue is full, or nearly so.
        for _ in 0..100_000 {
            if conference.dropped() > 0 {
                break;
            }
            conference.play(frame.clone());
        }
        conference.close(PeerId(1));
        let gone = loop {
            match conference.next() {
                Some(News::Gone(peer)) => break peer,
                Some(_) => {}
                None => told.recv_timeout(DEADLINE).unwrap(),
            }
        };
        assert_eq!(gone, PeerId(1));
        assert!(!conference.is_over());
    }
}
