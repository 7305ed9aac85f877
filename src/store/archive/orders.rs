//! What the thread is asked, on its way there. Questions wake the thread at once. What is only to
//! be written wakes it once in a batch: a thread that woke for each line would cost the room more
//! than the writing does.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::lag::bytes_of;
use super::{Order, REQUESTS_MAX};
use crate::chat::archive::{Request, RoomRequest};
use crate::clock::monotonic;

/// Longest time that a message waits for others to be written with it.
pub(super) const COMMIT_WAIT: Duration = Duration::from_millis(100);

/// Bytes that wait before they are written at once.
const BATCH_BYTES: usize = 1 << 20;

/// The rooms' end.
#[derive(Debug)]
pub(super) struct Orders(Arc<Shared>);

/// The thread's end.
#[derive(Debug)]
pub(super) struct Incoming(Arc<Shared>);

/// What has come until now.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What is asked about people, which comes first: nothing that is to be written delays it.
    pub(super) about_people: VecDeque<Order>,
    /// All else, in its order.
    pub(super) others: VecDeque<Order>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: Taken,
    /// Since when the first of those waits that are only to be written.
    since: Option<Instant>,
    /// How much of these waits.
    bytes: usize,
    /// Whether something cannot wait.
    is_urgent: bool,
    /// Whether nobody asks any more.
    is_closed: bool,
}

/// Both ends.
pub(super) fn queue() -> (Orders, Incoming) {
    let shared: Arc<Shared> = Arc::default();
    (Orders(Arc::clone(&shared)), Incoming(shared))
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders {
    /// Asks about people, and returns whether there was room for it.
    pub(super) fn ask_about_people(&self, order: Order) -> bool {
        let mut state = self.0.state();
        let has_room = state.taken.about_people.len() < REQUESTS_MAX;
        if has_room {
            state.taken.about_people.push_back(order);
            state.is_urgent = true;
            self.0.changed.notify_one();
        }
        has_room
    }

    /// Hands over what its sender keeps to a bound of its own.
    pub(super) fn pass(&self, order: Order) {
        let bytes = bytes_that_can_wait(&order);
        let mut state = self.0.state();
        let wakes = match bytes {
            None => !std::mem::replace(&mut state.is_urgent, true),
            Some(bytes) => {
                let was_full = state.bytes >= BATCH_BYTES;
                state.bytes += bytes;
                let is_first = state.since.is_none();
                state.since.get_or_insert_with(monotonic);
                is_first || state.bytes >= BATCH_BYTES && !was_full
            }
        };
        state.taken.others.push_back(order);
        if wakes {
            self.0.changed.notify_one();
        }
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.0.state().is_closed = true;
        self.0.changed.notify_one();
    }
}

impl Incoming {
    /// Waits for something to do, but not beyond `until`, and returns all that has come. What is
    /// only to be written is not waited for before `not_before`. Returns `None` once nobody asks
    /// any more and everything was taken.
    pub(super) fn take(
        &self,
        until: Option<Instant>,
        not_before: Option<Instant>,
    ) -> Option<Taken> {
        let mut state = self.0.state();
        while !state.is_urgent && !state.is_closed {
            let now = monotonic();
            let due = state.since.map(|since| match state.bytes {
                BATCH_BYTES.. => since,
                _ => since + COMMIT_WAIT,
            });
            let due = due.map(|due| not_before.map_or(due, |not_before| due.max(not_before)));
            let end = [due, until].into_iter().flatten().min();
            state = match end {
                Some(end) if end <= now => break,
                Some(end) => {
                    let waited = self.0.changed.wait_timeout(state, end - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.0.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        let taken = std::mem::take(&mut state.taken);
        let is_over = state.is_closed && taken.about_people.is_empty() && taken.others.is_empty();
        (state.since, state.bytes, state.is_urgent) = (None, 0, false);
        (!is_over).then_some(taken)
    }
}

/// What an order takes in memory, if it is only to be written.
fn bytes_that_can_wait(order: &Order) -> Option<usize> {
    match order {
        Order::Ask(_, Request::Room(RoomRequest::Load { .. } | RoomRequest::Find { .. })) => None,
        Order::Ask(_, Request::Room(request)) => Some(bytes_of(request)),
        Order::Open(..) | Order::Close(_) | Order::Ask(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::chat::archive::search::Query;
    use crate::chat::command::RequestId;
    use crate::chat::rooms::RoomNumber;
    use crate::protocol::engine::event::MessageId;

    const ROOM: RoomNumber = RoomNumber::FIRST;

    /// Longer than any test.
    const LONG: Duration = Duration::from_secs(600);

    fn to_write() -> Order {
        let mark = RoomRequest::MarkRead(MessageId::default());
        Order::Ask(ROOM, Request::Room(mark))
    }

    fn to_find() -> Order {
        let (request, query) = (RequestId(1), Box::new(Query::default()));
        Order::Ask(ROOM, Request::Room(RoomRequest::Find { request, query }))
    }

    #[test]
    fn a_question_is_taken_at_once_with_all_that_was_to_be_written_before_it() {
        let (orders, incoming) = queue();
        for _ in 0..3 {
            orders.pass(to_write());
        }
        orders.pass(to_find());
        let later = monotonic() + LONG;
        let taken = incoming.take(Some(later), Some(later)).unwrap();
        assert_eq!(taken.others.len(), 4);
        // Nothing is left that would wake the thread.
        let soon = Some(monotonic());
        assert_eq!(incoming.take(soon, None).unwrap().others.len(), 0);
    }

    #[test]
    fn what_is_only_to_be_written_waits_for_its_time_and_for_the_end_of_a_pause() {
        let (orders, incoming) = queue();
        let begin = monotonic();
        orders.pass(to_write());
        assert_eq!(incoming.take(None, None).unwrap().others.len(), 1);
        assert!(monotonic() - begin >= COMMIT_WAIT);
        let pause = COMMIT_WAIT * 2;
        let begin = monotonic();
        orders.pass(to_write());
        let taken = incoming.take(None, Some(begin + pause)).unwrap();
        assert_eq!(taken.others.len(), 1);
        assert!(monotonic() - begin >= pause);
    }

    #[test]
    fn what_is_asked_about_people_stands_before_all_else_and_ends_a_wait() {
        let (orders, incoming) = queue();
        orders.pass(to_write());
        let later = monotonic() + LONG;
        let taken = thread::scope(|scope| {
            let taken = scope.spawn(|| incoming.take(None, Some(later)).unwrap());
            assert!(orders.ask_about_people(Order::Ask(ROOM, Request::Load)));
            taken.join().unwrap()
        });
        assert_eq!((taken.about_people.len(), taken.others.len()), (1, 1));
    }

    #[test]
    fn the_end_is_told_once_everything_was_taken() {
        let (orders, incoming) = queue();
        orders.pass(to_write());
        drop(orders);
        assert_eq!(incoming.take(None, None).unwrap().others.len(), 1);
        assert!(incoming.take(None, None).is_none());
    }
}
