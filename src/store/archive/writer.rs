//! The thread: people are written at once, each by itself; what is said is written in batches.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use super::lag::Lag;
use super::rooms::Rooms;
use super::{RoomPlace, Tell, Told};
use crate::chat::archive::{Remembered, Reply, Request};
use crate::clock::monotonic;
use crate::protocol::wire::frame::Key;
use crate::store::people::People;
use crate::store::requests::Taken;

/// What SQLite says while another process holds a file.
const LOCKED: &str = "database is locked";

/// Pause before such a file is tried again, after SQLite's own wait.
const LOCKED_WAIT: Duration = Duration::from_millis(200);

/// The thread's state.
pub(super) struct Writer {
    rooms: Rooms,
    tell: Tell,
}

impl Writer {
    pub(super) fn new(place: Option<RoomPlace>, lag: Arc<Lag>, tell: Tell) -> Self {
        let rooms = Rooms::new(place, lag, Arc::clone(&tell));
        Self { rooms, tell }
    }

    /// Serves requests until nobody asks any more.
    pub(super) fn serve(
        mut self,
        open: &impl Fn() -> Result<People, String>,
        requests: &Taken<Request>,
    ) {
        let mut people = self.heed(retry_while_locked(open));
        loop {
            let due = self.rooms.next_time();
            let wait = due.map(|due| due.saturating_duration_since(monotonic()));
            match requests.next_within(wait) {
                Ok(Request::Room(request)) => self.rooms.take(request),
                Ok(request) => {
                    if let Some(known) = &people {
                        let served = serve_people(known, request, &self.tell);
                        if self.heed(served).is_none() {
                            people = None;
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.rooms.on_time(|| verified(people.as_ref()));
        }
        self.rooms.close();
    }

    /// Tells what failed: people are not remembered from now on.
    fn heed<T>(&self, outcome: Result<T, String>) -> Option<T> {
        outcome
            .map_err(|why| (self.tell)(Told::Reply(Reply::Failed(why))))
            .ok()
    }
}

/// Those whose codes were compared.
fn verified(people: Option<&People>) -> BTreeSet<Key> {
    let all = people.and_then(|people| people.all().ok());
    let all = all.unwrap_or_default().into_iter();
    all.filter(|person| person.is_verified)
        .map(|person| person.key)
        .collect()
}

fn serve_people(people: &People, request: Request, tell: &Tell) -> Result<(), String> {
    let tell = |reply| tell(Told::Reply(reply));
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
            Ok(())
        }
        Request::Meet { name, key } => retry_while_locked(|| people.meet(&name, &key)),
        Request::Verify { name, key } => retry_while_locked(|| people.verify(&name, &key)),
        Request::Ignore { name, key } => retry_while_locked(|| people.ignore(&name, &key)),
        Request::Unignore { key } => retry_while_locked(|| people.unignore(&key)),
        Request::Unverify { key } => retry_while_locked(|| people.unverify(&key)),
        // It is for the rooms.
        Request::Room(_) => Ok(()),
    }
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
