//! What waits for one page: lines in their order, and no more than a page should lack. A page that
//! reads too slowly loses all that waits, and is given the state of its rooms anew once it reads
//! on; until then it costs nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use tokio::sync::Notify;

/// Most bytes that wait for one page: some thousand lines.
pub(super) const QUEUE_MAX_BYTES: usize = 1 << 20;

/// Bytes after which a piece is handed over, so that a page shows what it has.
const PIECE_BYTES: usize = 64 << 10;

/// See the file's head.
#[derive(Debug)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    news: Notify,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Arc<str>>,
    bytes: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Lines are missing: the page needs the state of its rooms.
    #[default]
    Behind,
    /// That was asked for.
    Asked,
    /// Lines are given in their order.
    Live,
    /// Nobody reads any more, or nothing more is written.
    Closed,
}

/// What a page's reader is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Hand these lines over.
    Piece(Bytes),
    /// Ask for the state of the rooms.
    AskAnew,
    /// End the stream.
    End,
}

impl Queue {
    /// An empty queue for so many bytes.
    pub(super) fn of(max_bytes: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            news: Notify::new(),
            max_bytes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line.
    pub(super) fn push(&self, line: &Arc<str>) {
        let mut waiting = self.lock();
        if waiting.state != State::Live {
            return;
        }
        if waiting.bytes + line.len() > self.max_bytes {
            waiting.lines = VecDeque::new();
            waiting.bytes = 0;
            waiting.state = State::Behind;
        } else {
            waiting.bytes += line.len();
            waiting.lines.push_back(Arc::clone(line));
        }
        self.news.notify_one();
    }

    /// From now on lines are given in their order, beginning with the state of the rooms.
    pub(super) fn restart(&self) {
        let mut waiting = self.lock();
        if waiting.state != State::Closed {
            waiting.lines.clear();
            waiting.bytes = 0;
            waiting.state = State::Live;
        }
    }

    /// Ends the stream behind what waits.
    pub(super) fn close(&self) {
        self.lock().state = State::Closed;
        self.news.notify_one();
    }

    /// Whether the stream has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().state == State::Closed
    }

    /// What the reader is to do next; waits until there is something.
    pub(super) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.poll() {
                return next;
            }
            self.news.notified().await;
        }
    }

    fn poll(&self) -> Option<Next> {
        let mut waiting = self.lock();
        if waiting.lines.is_empty() {
            return match waiting.state {
                State::Behind => {
                    waiting.state = State::Asked;
                    Some(Next::AskAnew)
                }
                State::Closed => Some(Next::End),
                State::Asked | State::Live => None,
            };
        }
        let mut piece = Vec::new();
        while piece.len() < PIECE_BYTES
            && let Some(line) = waiting.lines.pop_front()
        {
            waiting.bytes -= line.len();
            piece.extend_from_slice(line.as_bytes());
        }
        Some(Next::Piece(piece.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Arc<str> {
        text.into()
    }

    #[test]
    fn lines_come_in_their_order_once_the_state_was_given() {
        let queue = Queue::of(QUEUE_MAX_BYTES);
        queue.push(&line("before\n"));
        assert_eq!(queue.poll(), Some(Next::AskAnew));
        assert_eq!(queue.poll(), None, "it is asked for once");
        queue.push(&line("before, too\n"));
        queue.restart();
        queue.push(&line("one\n"));
        queue.push(&line("two\n"));
        assert_eq!(queue.poll(), Some(Next::Piece("one\ntwo\n".into())));
        assert_eq!(queue.poll(), None);
        queue.push(&line("three\n"));
        queue.close();
        queue.push(&line("four\n"));
        assert_eq!(queue.poll(), Some(Next::Piece("three\n".into())));
        assert_eq!(queue.poll(), Some(Next::End));
    }

    #[test]
    fn a_reader_that_stops_holds_no_more_than_the_bound_and_begins_anew() {
        let queue = Queue::of(QUEUE_MAX_BYTES);
        queue.restart();
        let long = line(&"x".repeat(1000));
        for _ in 0..10 * QUEUE_MAX_BYTES / long.len() {
            queue.push(&long);
            assert!(queue.lock().bytes <= QUEUE_MAX_BYTES);
        }
        assert_eq!(queue.lock().bytes, 0);
        assert_eq!(queue.poll(), Some(Next::AskAnew));
        queue.restart();
        queue.push(&line("anew\n"));
        assert_eq!(queue.poll(), Some(Next::Piece("anew\n".into())));
        queue.close();
        queue.restart();
        assert!(queue.is_closed(), "what has ended stays so");
    }
}
