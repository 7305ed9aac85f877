//! The thread that alone asks the store of a lesson's server: a file that is slow, or locked by
//! another program, delays whoever asked and nobody else.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use crate::lab::StoreFault;
use crate::lab::store::{Store, StoreReply, StoreRequest};

/// Most requests that wait. Each client waits for one, but a client may be gone before its turn.
const REQUESTS_MAX: usize = 4096;

/// The loop's end of the thread.
#[derive(Debug)]
pub struct LabThread {
    requests: Sender<(u32, StoreRequest)>,
    waiting: Arc<AtomicUsize>,
}

impl LabThread {
    /// Starts the thread. `tell` hands the reply to a client's request to the loop.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(
        store: Store,
        tell: impl Fn(u32, StoreReply) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (requests, taken) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&waiting);
        thread::Builder::new().name("store".into()).spawn(move || {
            for (client, request) in taken {
                counter.fetch_sub(1, Ordering::Relaxed);
                if !tell(client, store.answer(request)) {
                    return;
                }
            }
        })?;
        Ok(Self { requests, waiting })
    }

    /// Asks for a client. Its reply comes by `tell`.
    ///
    /// # Errors
    /// A reply that says that too many requests wait already.
    pub fn ask(&self, client: u32, request: StoreRequest) -> Result<(), StoreReply> {
        if self.waiting.load(Ordering::Relaxed) >= REQUESTS_MAX {
            let why = format!("{REQUESTS_MAX} requests wait for it already");
            return Err(StoreReply::Failed(StoreFault(why)));
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // The thread lives as long as the loop listens.
        let _ = self.requests.send((client, request));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::lab::quiz::Bank;
    use crate::lab::quiz::question::Question;

    const DEADLINE: Duration = Duration::from_secs(30);

    /// A bank that answers once it is let.
    struct Stalled(Mutex<mpsc::Receiver<()>>);

    impl Bank for Stalled {
        fn questions(&self) -> Result<Vec<Question>, StoreFault> {
            let _ = self.0.lock().unwrap().recv_timeout(DEADLINE);
            Ok(Vec::new())
        }

        fn replace(&self, _questions: &[Question]) -> Result<(), StoreFault> {
            Ok(())
        }
    }

    #[test]
    fn a_store_that_stands_still_delays_no_loop_and_takes_no_memory_without_end() {
        let (let_go, stalled) = mpsc::channel();
        let (tell, replies) = mpsc::channel();
        let store = Store::Questions(Arc::new(Stalled(Mutex::new(stalled))));
        let tell = move |client, reply| tell.send((client, reply)).is_ok();
        let thread = LabThread::start(store, tell).unwrap();
        let ask = |client| thread.ask(client, StoreRequest::ListQuestions);
        let refused = (0..).find_map(|client| ask(client).err().map(|_| client));
        // The thread has taken the first, or not yet.
        let refused = refused.unwrap() as usize;
        assert!((REQUESTS_MAX..=REQUESTS_MAX + 1).contains(&refused));
        drop(let_go);
        for client in 0..refused as u32 {
            let reply = replies.recv_timeout(DEADLINE).unwrap();
            assert_eq!(reply, (client, StoreReply::Questions(Vec::new())));
        }
    }
}
