//! Requests to a thread that alone owns a store: the loop that asks never waits, and no more than
//! so many wait. A channel with a bound of its own would take the memory for all of them at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

/// The loop's end.
#[derive(Debug)]
pub(super) struct Requests<T> {
    sender: Sender<Sent<T>>,
    waiting: Arc<AtomicUsize>,
    most: usize,
}

/// A request on its way.
#[derive(Debug)]
enum Sent<T> {
    /// One of those whose number is bounded here.
    Counted(T),
    /// One whose sender keeps to another bound.
    Free(T),
}

/// The thread's end: yields requests until nobody asks any more.
#[derive(Debug)]
pub(super) struct Taken<T> {
    receiver: Receiver<Sent<T>>,
    waiting: Arc<AtomicUsize>,
}

/// Both ends of a queue of at most so many requests.
pub(super) fn queue<T>(most: usize) -> (Requests<T>, Taken<T>) {
    let (sender, receiver) = mpsc::channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let requests = Requests {
        sender,
        waiting: Arc::clone(&waiting),
        most,
    };
    (requests, Taken { receiver, waiting })
}

impl<T> Requests<T> {
    /// Hands a request over, and returns whether there was room for it. A thread that has ended has
    /// reported why, and takes nothing more.
    pub(super) fn ask(&self, request: T) -> bool {
        if self.waiting.load(Ordering::Relaxed) >= self.most {
            return false;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _ = self.sender.send(Sent::Counted(request));
        true
    }

    /// Hands a request over that is not counted, because its sender keeps to another bound.
    pub(super) fn pass(&self, request: T) {
        let _ = self.sender.send(Sent::Free(request));
    }
}

impl<T> Taken<T> {
    /// The next request, if one comes in time.
    ///
    /// # Errors
    /// `Disconnected` if nobody asks any more.
    pub(super) fn next_within(&self, wait: Option<Duration>) -> Result<T, RecvTimeoutError> {
        let sent = match wait {
            Some(wait) => self.receiver.recv_timeout(wait)?,
            None => self
                .receiver
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected)?,
        };
        Ok(match sent {
            Sent::Free(request) => request,
            Sent::Counted(request) => {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                request
            }
        })
    }
}

impl<T> Iterator for Taken<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.next_within(None).ok()
    }
}
