//! What a room remembers, on a thread of its own that alone owns the file: a locked or slow file
//! delays nobody. The room goes on meanwhile, and takes everybody as unknown until it knows who
//! was met before.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::people::People;
use crate::chat::archive::{Remembered, Reply, Request};

/// Most requests that wait. They come when somebody new enters or is verified; a room has at most
/// 4096 members, and ten thousand names are remembered.
const REQUESTS_MAX: usize = 16_384;

/// Longest wait at the end for what is still to be written.
pub const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// The same after a signal.
pub const SIGNALLED_CLOSE_WAIT: Duration = Duration::from_millis(300);

/// What SQLite says while another process holds a file.
const LOCKED: &str = "database is locked";

/// Pause before such a file is tried again, after SQLite's own wait.
const LOCKED_WAIT: Duration = Duration::from_millis(200);

/// The room's end of the thread.
#[derive(Debug)]
pub struct Archive {
    requests: Sender<Request>,
    /// How many requests wait. A channel with a bound of its own would take the memory for all.
    waiting: Arc<AtomicUsize>,
    is_done: Receiver<()>,
}

impl Archive {
    /// Starts the thread. `tell` hands its replies to the room's loop, and returns whether anybody
    /// still listens.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(
        open: impl Fn() -> Result<People, String> + Send + 'static,
        tell: impl Fn(Reply) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (requests, taken) = mpsc::channel();
        let (done, is_done) = mpsc::sync_channel::<()>(1);
        let waiting = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&waiting);
        let taken = Taken { taken, counter };
        let archive = move || {
            if let Err(why) = serve(open, &taken, &tell) {
                tell(Reply::Failed(why));
            }
            drop(done);
        };
        thread::Builder::new()
            .name("archive".into())
            .spawn(archive)?;
        Ok(Self {
            requests,
            waiting,
            is_done,
        })
    }

    /// Hands a request over, and returns whether there was room for it.
    pub fn ask(&self, request: Request) -> bool {
        if self.waiting.load(Ordering::Relaxed) >= REQUESTS_MAX {
            return false;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // A thread that has failed has reported it, and takes nothing more.
        let _ = self.requests.send(request);
        true
    }

    /// Waits for what is still to be written, but no longer than `wait`: usually [`CLOSE_WAIT`],
    /// and [`SIGNALLED_CLOSE_WAIT`] after a signal. Returns whether all of it is written.
    #[must_use]
    pub fn close(self, wait: Duration) -> bool {
        drop(self.requests);
        let outcome = self.is_done.recv_timeout(wait);
        !matches!(outcome, Err(RecvTimeoutError::Timeout))
    }
}

/// The thread's end of the requests.
struct Taken {
    taken: Receiver<Request>,
    counter: Arc<AtomicUsize>,
}

impl Taken {
    /// The next request; `None` once nobody asks any more.
    fn next(&self) -> Option<Request> {
        let request = self.taken.recv().ok()?;
        self.counter.fetch_sub(1, Ordering::Relaxed);
        Some(request)
    }
}

/// Serves requests until nobody asks any more, or the first failure.
fn serve(
    open: impl Fn() -> Result<People, String>,
    requests: &Taken,
    tell: &impl Fn(Reply) -> bool,
) -> Result<(), String> {
    let people = retry_while_locked(open)?;
    while let Some(request) = requests.next() {
        match request {
            Request::Load => {
                tell(Reply::Ignored(retry_while_locked(|| people.ignored())?));
                let remembered = retry_while_locked(|| people.all())?
                    .into_iter()
                    .map(|person| Remembered {
                        name: person.name,
                        key: person.key,
                        is_verified: person.is_verified,
                    });
                tell(Reply::People(remembered.collect()));
            }
            Request::Meet { name, key } => retry_while_locked(|| people.meet(&name, &key))?,
            Request::Verify { name, key } => retry_while_locked(|| people.verify(&name, &key))?,
            Request::Ignore { name, key } => retry_while_locked(|| people.ignore(&name, &key))?,
            Request::Unignore { key } => retry_while_locked(|| people.unignore(&key))?,
            Request::Unverify { key } => retry_while_locked(|| people.unverify(&key))?,
        }
    }
    Ok(())
}

/// Does something with the file, again and again while another process holds it: whoever locks it
/// must not make this session forget who is who.
fn retry_while_locked<T>(act: impl Fn() -> Result<T, String>) -> Result<T, String> {
    loop {
        match act() {
            Err(why) if why.contains(LOCKED) => thread::sleep(LOCKED_WAIT),
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::message::Name;
    use crate::protocol::wire::frame::Key;

    const DEADLINE: Duration = Duration::from_secs(30);

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn what_was_asked_for_is_written_before_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        for (round, expected) in [(0, 0), (1, 2)] {
            let (tell, replies) = mpsc::channel();
            let path = path.clone();
            let open = move || People::at(&path);
            let archive = Archive::start(open, move |reply| tell.send(reply).is_ok()).unwrap();
            assert!(archive.ask(Request::Load));
            let Reply::Ignored(ignored) = replies.recv_timeout(DEADLINE).unwrap() else {
                panic!("round {round}");
            };
            assert_eq!(ignored.len(), round);
            let Reply::People(people) = replies.recv_timeout(DEADLINE).unwrap() else {
                panic!("round {round}");
            };
            assert_eq!(people.len(), expected);
            let (ana, bia) = (Key([1; 32]), Key([2; 32]));
            archive.ask(Request::Meet {
                name: name("ana"),
                key: ana,
            });
            archive.ask(Request::Verify {
                name: name("bia"),
                key: bia,
            });
            for key in [ana, bia] {
                let name = name("zeca");
                archive.ask(Request::Ignore { name, key });
            }
            archive.ask(Request::Unignore { key: bia });
            assert!(archive.close(CLOSE_WAIT));
        }
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_told_and_ends_nothing() {
        let (tell, replies) = mpsc::channel();
        let open = || Err("the disk is on fire".to_owned());
        let archive = Archive::start(open, move |reply| tell.send(reply).is_ok()).unwrap();
        let reply = replies.recv_timeout(DEADLINE).unwrap();
        assert_eq!(reply, Reply::Failed("the disk is on fire".into()));
        assert!(archive.ask(Request::Load));
        assert!(archive.close(CLOSE_WAIT));
    }

    #[test]
    fn a_store_that_stands_still_delays_nobody() {
        let (open_now, opened) = mpsc::channel::<()>();
        let open = move || {
            opened.recv_timeout(DEADLINE).ok();
            Err("too late".to_owned())
        };
        let archive = Archive::start(open, |_| true).unwrap();
        let request = Request::Meet {
            name: name("ana"),
            key: Key([1; 32]),
        };
        let taken = (0..=REQUESTS_MAX).filter(|_| archive.ask(request.clone()));
        assert_eq!(taken.count(), REQUESTS_MAX);
        drop(open_now);
        assert!(archive.close(CLOSE_WAIT));
    }
}
