//! What a room remembers, on a thread of its own that alone owns the file: a locked or slow file
//! delays nobody. The room goes on meanwhile, and takes everybody as unknown until it knows who
//! was met before.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::people::People;
use super::requests::{Requests, Taken, queue};
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
    requests: Requests<Request>,
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
        let (requests, taken) = queue(REQUESTS_MAX);
        let (done, is_done) = mpsc::sync_channel::<()>(1);
        let archive = move || {
            if let Err(why) = serve(open, taken, &tell) {
                tell(Reply::Failed(why));
            }
            drop(done);
        };
        thread::Builder::new()
            .name("archive".into())
            .spawn(archive)?;
        Ok(Self { requests, is_done })
    }

    /// Hands a request over, and returns whether there was room for it.
    pub fn ask(&self, request: Request) -> bool {
        self.requests.ask(request)
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

/// Serves requests until nobody asks any more, or the first failure.
fn serve(
    open: impl Fn() -> Result<People, String>,
    requests: Taken<Request>,
    tell: &impl Fn(Reply) -> bool,
) -> Result<(), String> {
    let people = retry_while_locked(open)?;
    for request in requests {
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
            // The rooms' own file comes with the archive of messages.
            Request::Room(_) => {}
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
