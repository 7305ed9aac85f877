//! The loop of the thread: it waits for datagrams, for what the program asks, and for time, and
//! moves what comes between the pages' connections and the sockets.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::task::Poll;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep_until;

use super::frame::{Frame, PEERS_MAX, Sends, Side};
use super::offer::{OfferFault, Proposal};
use super::peer::{Out, Peer};
use super::sockets::{Came, Listening, Sockets};
use super::{Ask, NEWS_MAX, News, OnAnswer, PeerId, Shared};
use crate::clock::monotonic;

/// Longest datagram: browsers send at most 1500.
const DATAGRAM_MAX_BYTES: usize = 2048;

/// Most connections of the person's own pages, so that guests find a place, too.
const OWN_MAX: usize = PEERS_MAX / 2;

/// How long the thread waits if nothing is due: nothing else wakes it then.
const IDLE: Duration = Duration::from_secs(60);

/// The way to the loop.
pub(super) struct Outbox {
    pub(super) news: SyncSender<News>,
    pub(super) shared: Arc<Shared>,
    pub(super) tell: Box<dyn Fn() -> bool + Send>,
}

/// What ended a wait.
enum Woken {
    Asked(Ask),
    Came(Came),
    Due,
    /// Nobody asks any more.
    Over,
}

struct Loop {
    sockets: Listening,
    asks: Receiver<Ask>,
    outbox: Outbox,
    peers: BTreeMap<PeerId, Client>,
    room: Vec<u8>,
}

struct Client {
    side: Side,
    peer: Peer,
}

/// Starts it.
pub(super) fn start(
    sockets: Sockets,
    asks: Receiver<Ask>,
    outbox: Outbox,
) -> io::Result<JoinHandle<()>> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let run = move || {
        runtime.block_on(async move {
            let Ok(sockets) = sockets.listen() else {
                return;
            };
            let room = vec![0; DATAGRAM_MAX_BYTES];
            let peers = BTreeMap::new();
            let state = Loop {
                sockets,
                asks,
                outbox,
                peers,
                room,
            };
            state.run().await;
        });
    };
    Builder::new().name("conference".into()).spawn(run)
}

impl Outbox {
    /// Hands news to the loop, and tells it once that there is some. Frames and wishes that find
    /// too much waiting are dropped, since they would be late.
    fn push(&self, news: News) {
        let is_spare = matches!(news, News::Captured { .. } | News::KeyWanted { .. });
        let waiting = self.shared.waiting.load(Ordering::Acquire);
        let is_full = is_spare && waiting >= NEWS_MAX;
        if is_full || self.news.try_send(news).is_err() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        } else {
            self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        }
        if !self.shared.is_told.swap(true, Ordering::AcqRel) {
            // Without a loop this ends, too.
            let _ = (self.tell)();
        }
    }
}

impl Loop {
    async fn run(mut self) {
        loop {
            let due = self.peers.values().map(|client| client.peer.due()).min();
            let now = monotonic();
            let due = due.unwrap_or(now + IDLE);
            match self.next(due).await {
                Woken::Over => return,
                Woken::Asked(ask) => self.on_ask(ask),
                Woken::Came(came) => self.on_datagram(came),
                Woken::Due => self.on_time(),
            }
            self.close();
        }
    }

    /// Waits.
    async fn next(&mut self, due: Instant) -> Woken {
        let mut sleep = pin!(sleep_until(due.into()));
        poll_fn(|context| {
            // Frames that wait are older than whatever comes now.
            match self.asks.poll_recv(context) {
                Poll::Ready(Some(ask)) => return Poll::Ready(Woken::Asked(ask)),
                Poll::Ready(None) => return Poll::Ready(Woken::Over),
                Poll::Pending => {}
            }
            if let Poll::Ready(came) = self.sockets.poll(context, &mut self.room) {
                return Poll::Ready(Woken::Came(came));
            }
            sleep.as_mut().poll(context).map(|()| Woken::Due)
        })
        .await
    }

    fn on_ask(&mut self, ask: Ask) {
        let now = monotonic();
        match ask {
            Ask::Connect {
                peer,
                of,
                sdp,
                on_answer,
            } => self.connect((peer, of), &sdp, on_answer),
            Ask::Play(frame) => self.play(now, &frame),
            Ask::WantKey(source) => self.each(now, |peer| peer.want_key(now, source)),
            Ask::Close => {}
        }
    }

    /// Closes the connections that are to be closed.
    fn close(&mut self) {
        for peer in self.outbox.shared.closing() {
            if self.peers.remove(&peer).is_some() {
                self.outbox.push(News::Gone(peer));
            }
        }
    }

    fn connect(&mut self, (id, of): (PeerId, (Side, Sends)), sdp: &[u8], on_answer: OnAnswer) {
        let (side, _) = of;
        let of_side = self.peers.values().filter(|client| client.side == side);
        let most = match side {
            Side::Own => OWN_MAX,
            Side::Guests => PEERS_MAX - OWN_MAX,
        };
        if of_side.count() >= most {
            return on_answer(Err(OfferFault::Full));
        }
        self.sockets.follow_addresses();
        let now = monotonic();
        let addresses = self.sockets.addresses();
        let accepted = Proposal::parse(sdp)
            .and_then(|proposal| Peer::accept(id, of, proposal, addresses, now));
        match accepted {
            Ok((peer, answer)) => {
                self.peers.insert(id, Client { side, peer });
                on_answer(Ok(answer));
                self.drive(now, id);
            }
            Err(fault) => on_answer(Err(fault)),
        }
    }

    fn play(&mut self, now: Instant, frame: &Frame) {
        self.each(now, |peer| {
            if frame.except != Some(peer.id) {
                peer.play(now, frame);
            }
        });
    }

    fn on_datagram(&mut self, came: Came) {
        let now = monotonic();
        let ends = (came.from, came.to);
        let bytes = self.room.get(..came.length).unwrap_or_default();
        let taker = self
            .peers
            .iter_mut()
            .find_map(|(id, client)| client.peer.receive(now, ends, bytes).then_some(*id));
        if let Some(id) = taker {
            self.drive(now, id);
        }
    }

    fn on_time(&mut self) {
        let now = monotonic();
        self.each(now, |peer| {
            if peer.due() <= now {
                peer.on_time(now);
            }
        });
    }

    /// Does something with every connection, and what comes of it.
    fn each(&mut self, now: Instant, mut act: impl FnMut(&mut Peer)) {
        let mut ids = Vec::with_capacity(self.peers.len());
        for (id, client) in &mut self.peers {
            act(&mut client.peer);
            ids.push(*id);
        }
        ids.into_iter().for_each(|id| self.drive(now, id));
    }

    /// Does all that a connection puts out.
    fn drive(&mut self, now: Instant, id: PeerId) {
        let Some(client) = self.peers.get_mut(&id) else {
            return;
        };
        loop {
            match client.peer.poll(now) {
                Out::Send(transmit) => {
                    let (from, to) = (transmit.source, transmit.destination);
                    self.sockets.send(from, to, &transmit.contents);
                }
                Out::Tell(news) => self.outbox.push(news),
                Out::Wait => return,
                Out::Over => break,
            }
        }
        self.peers.remove(&id);
        self.outbox.push(News::Gone(id));
    }
}
