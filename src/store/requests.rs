//! Requests to a thread that alone owns a store: the loop that asks never waits, and no more than
//! so many wait. A channel with a bound of its own would take the memory for all of them at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

/// The loop's end.
#[derive(Debug)]
pub(super) struct Requests<T> {
    sender: Sender<T>,
    waiting: Arc<AtomicUsize>,
    most: usize,
}

/// The thread's end: yields requests until nobody asks any more.
#[derive(Debug)]
pub(super) struct Taken<T> {
    receiver: Receiver<T>,
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
        let _ = self.sender.send(request);
        true
    }
}

impl<T> Iterator for Taken<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let request = self.receiver.recv().ok()?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(request)
    }
}
