//! The thread: people are written at once, each by itself; what is said is written in batches.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::lag::Lag;
use super::orders::Incoming;
use super::rooms::Rooms;
use super::{FilePlace, Order, Tell, Told};
use crate::chat::archive::{Remembered, Reply, Request};
use crate::chat::rooms::RoomNumber;
use crate::protocol::wire::frame::Key;
use crate::store::people::People;

/// What SQLite says while another process holds a file.
const LOCKED: &str = "database is locked";

/// Pause before such a file is tried again, after SQLite's own wait.
const LOCKED_WAIT: Duration = Duration::from_millis(200);

/// The thread's state.
pub(super) struct Writer {
    /// Who was met; an error says why nobody is remembered.
    people: Result<People, String>,
    rooms: Rooms,
    /// All rooms that the program is in, those that are not kept included.
    numbers: BTreeSet<RoomNumber>,
    tell: Tell,
}

impl Writer {
    pub(super) fn new(
        open: &impl Fn() -> Result<People, String>,
        file: Option<FilePlace>,
        lag: Arc<Lag>,
        tell: Tell,
    ) -> Self {
        Self {
            people: retry_while_locked(open),
            rooms: Rooms::new(file, lag, Arc::clone(&tell)),
            numbers: BTreeSet::new(),
            tell,
        }
    }

    /// Serves requests until nobody asks any more. Between two batches it takes all that has come,
    /// so that a question about people waits for one of them at most.
    pub(super) fn serve(mut self, incoming: &Incoming) {
        loop {
            let (until, not_before) = (self.rooms.next_time(), self.rooms.pause_end());
            let Some(taken) = incoming.take(until, not_before) else {
                break;
            };
            let orders = taken.about_people.into_iter().chain(taken.others);
            orders.for_each(|order| self.take(order));
            let people = self.people.as_ref().ok();
            self.rooms.on_time(|| verified(people));
        }
        self.rooms.close();
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Open(room, place) => {
                self.numbers.insert(room);
                if let Err(why) = &self.people {
                    self.reply(room, Reply::Failed(why.clone()));
                }
                if let Some(place) = place {
                    self.rooms.enter(room, place);
                }
            }
            Order::Close(room) => {
                self.numbers.remove(&room);
                self.rooms.leave(room);
            }
            Order::Ask(room, Request::Room(request)) => self.rooms.take(room, request),
            Order::Ask(room, request) => {
                let Ok(people) = &self.people else {
                    return;
                };
                if let Err(why) = serve_people(people, request, |reply| self.reply(room, reply)) {
                    for room in &self.numbers {
                        self.reply(*room, Reply::Failed(why.clone()));
                    }
                    self.people = Err(why);
                }
            }
        }
    }

    fn reply(&self, room: RoomNumber, reply: Reply) {
        (self.tell)(Told::Reply { room, reply });
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

fn serve_people(people: &People, request: Request, tell: impl Fn(Reply)) -> Result<(), String> {
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
