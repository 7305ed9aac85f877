//! The thread that alone asks the store of a lesson's server: a file that is slow, or locked by
//! another program, delays whoever asked and nobody else.

use std::io;
use std::thread;

use super::requests::{Requests, queue};
use crate::lab::StoreFault;
use crate::lab::store::{Store, StoreReply, StoreRequest};

/// Most requests that wait. Each client waits for one, but a client may be gone before its turn.
const REQUESTS_MAX: usize = 4096;

/// The loop's end of the thread.
#[derive(Debug)]
pub struct LabThread(Requests<(u32, StoreRequest)>);

impl LabThread {
    /// Starts the thread. `tell` hands the reply to a client's request to the loop.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(
        store: Store,
        tell: impl Fn(u32, StoreReply) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (requests, taken) = queue(REQUESTS_MAX);
        thread::Builder::new().name("store".into()).spawn(move || {
            for (client, request) in taken {
                if !tell(client, store.answer(request)) {
                    return;
                }
            }
        })?;
        Ok(Self(requests))
    }

    /// Asks for a client. Its reply comes by `tell`.
    ///
    /// # Errors
    /// A reply that says that too many requests wait already.
    pub fn ask(&self, client: u32, request: StoreRequest) -> Result<(), StoreReply> {
        match self.0.ask((client, request)) {
            true => Ok(()),
            false => {
                let why = format!("{REQUESTS_MAX} requests wait for it already");
                Err(StoreReply::Failed(StoreFault(why)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};
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
