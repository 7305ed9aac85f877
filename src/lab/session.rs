//! One side of one connection, from its first byte to its last. A session cuts incoming bytes into
//! messages, as the lesson or the quiet rule decides, and sends the lesson's messages one at a
//! time.

use std::collections::VecDeque;
use std::time::Duration;

use super::store::{StoreReply, StoreRequest};
use super::{Act, Dialogue, DialogueEvent, Finding};
use crate::protocol::wire::quiet::{Acknowledgement, Inbox, MESSAGE_MAX_BYTES, Outbox, SILENCE};

/// Most bytes that one connection may send us, unless a single message may be longer. Thousands of
/// messages fit.
pub const BYTES_MAX: usize = 4 << 20;

/// How long the other side may take to close a connection that is finished.
const FINISH_WAIT: Duration = Duration::from_secs(2);

/// How close a session is to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Messages are still taken.
    No,
    /// Everything is said. The other side closes, or we do once the time has come.
    Finishing { until: Option<Duration> },
    /// Queued messages are still sent; nothing more is taken.
    Closing,
}

/// What a session waits for before it takes another message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// Nothing.
    Nothing,
    /// The person's answer.
    Answer,
    /// The store's reply.
    Reply,
}

/// One side of one connection. See the top of this file.
pub struct Session {
    dialogue: Box<dyn Dialogue>,
    inbox: Inbox,
    outbox: Outbox<Vec<u8>>,
    events: VecDeque<DialogueEvent>,
    requests: VecDeque<StoreRequest>,
    heard_bytes: usize,
    awaited: Awaited,
    /// Whether the other side has closed its direction.
    has_ended: bool,
    ending: Ending,
}

impl Session {
    /// Starts a session on a new connection.
    #[must_use]
    pub fn begin(mut dialogue: Box<dyn Dialogue>) -> Self {
        let acts = dialogue.begin();
        let mut session = Self {
            dialogue,
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            requests: VecDeque::new(),
            heard_bytes: 0,
            awaited: Awaited::Nothing,
            has_ended: false,
            ending: Ending::No,
        };
        session.act(acts);
        session
    }

    /// Takes bytes that arrived.
    pub fn on_bytes(&mut self, now: Duration, bytes: &[u8]) {
        if self.ending == Ending::Closing {
            return;
        }
        self.heard_bytes = self.heard_bytes.saturating_add(bytes.len());
        if self.heard_bytes > BYTES_MAX.max(self.dialogue.message_max_bytes()) {
            self.events.push_back(DialogueEvent::Tell(Finding::TooMuch));
            self.ending = Ending::Closing;
            return;
        }
        self.inbox.push(now, bytes);
        self.on_time(now);
    }

    /// Takes the person's answer.
    pub fn on_answer(&mut self, line: &str) {
        self.awaited = Awaited::Nothing;
        let acts = self.dialogue.on_answer(line);
        self.act(acts);
    }

    /// Takes the store's reply to the last of [`Session::poll_request`].
    pub fn on_stored(&mut self, now: Duration, reply: StoreReply) {
        self.awaited = Awaited::Nothing;
        let acts = self.dialogue.on_stored(reply);
        self.act(acts);
        if self.has_ended {
            self.end();
        }
        self.on_time(now);
    }

    /// The other side closed its direction of the connection.
    pub fn on_end(&mut self) {
        self.has_ended = true;
        self.end();
    }

    /// Delivers what is left of a connection on which nothing more comes, as far as the store lets
    /// it go on.
    fn end(&mut self) {
        while self.ending != Ending::Closing && self.awaited != Awaited::Reply {
            let rest = self.inbox.bytes();
            if rest.is_empty() {
                if self.ending == Ending::No {
                    let acts = self.dialogue.on_end();
                    self.act(acts);
                }
                self.ending = Ending::Closing;
                return;
            }
            let whole = self.dialogue.whole(rest).unwrap_or(rest.len());
            let message = self.inbox.split_to(whole.clamp(1, rest.len()));
            let acts = self.dialogue.on_message(&message);
            self.act(acts);
        }
    }

    /// Runs every timer that is due: a silence ends a message, and a wait ends the connection.
    pub fn on_time(&mut self, now: Duration) {
        while self.awaited == Awaited::Nothing
            && self.ending != Ending::Closing
            && let Some(message) = self.message(now)
        {
            let acts = self.dialogue.on_message(&message);
            self.act(acts);
        }
        if let Ending::Finishing { until } = &mut self.ending
            && self.outbox.is_empty()
            && now >= *until.get_or_insert(now + FINISH_WAIT)
        {
            self.ending = Ending::Closing;
        }
    }

    fn message(&mut self, now: Duration) -> Option<Vec<u8>> {
        if let Some(bytes) = self.dialogue.whole(self.inbox.bytes()) {
            return Some(self.inbox.split_to(bytes));
        }
        if self.dialogue.message_max_bytes() <= MESSAGE_MAX_BYTES {
            let full = self.inbox.poll_full(0);
            return full.or_else(|| self.inbox.poll_silent(now, SILENCE));
        }
        let is_full = self.inbox.bytes().len() >= self.dialogue.message_max_bytes();
        match is_full {
            true => Some(self.inbox.take_all()),
            false => self.inbox.poll_silent(now, SILENCE),
        }
    }

    fn act(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Send(bytes) => self.outbox.push(bytes),
                Act::Report(event) => {
                    if matches!(event, DialogueEvent::Ask(_)) {
                        self.awaited = Awaited::Answer;
                    }
                    self.events.push_back(event);
                }
                Act::Store(request) => {
                    self.awaited = Awaited::Reply;
                    self.requests.push_back(request);
                }
                Act::Finish => self.ending = Ending::Finishing { until: None },
                Act::Close => self.ending = Ending::Closing,
            }
        }
    }

    /// Returns the next message to send, if it may leave now.
    pub fn poll_send(
        &mut self,
        now: Duration,
        acknowledgement: Acknowledgement,
    ) -> Option<Vec<u8>> {
        self.outbox.poll(now, acknowledgement)
    }

    /// Returns the next event.
    pub fn poll_event(&mut self) -> Option<DialogueEvent> {
        self.events.pop_front()
    }

    /// Returns what is to be asked of the store; [`Session::on_stored`] takes the reply.
    pub fn poll_request(&mut self) -> Option<StoreRequest> {
        self.requests.pop_front()
    }

    /// Whether [`Session::poll_send`] has returned every message.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Whether this side has nothing more to say after its queued messages.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending != Ending::No
    }

    /// Whether nothing more is taken from the other side.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.ending == Ending::Closing
    }

    /// Whether the connection can be closed, because every message was returned.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_closing() && self.is_said()
    }

    /// Whether the session waits for the person's answer before anything else.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        self.awaited == Awaited::Answer
    }

    /// When the next timer is due, if one is set.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        let is_deaf = self.is_closing() || self.awaited != Awaited::Nothing;
        let heard = self.inbox.next_time(SILENCE).filter(|_| !is_deaf);
        let finished = match self.ending {
            Ending::Finishing { until } => until,
            Ending::No | Ending::Closing => None,
        };
        [heard, finished, self.outbox.next_time(now)]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lab::divisors::Encoding;
    use crate::lab::lesson::Service;
    use crate::lab::store::Store;
    use crate::lab::uppercase::Letters;
    use crate::lab::{divisors, exchange, oracle, person, primes, uppercase};

    const MS: Duration = Duration::from_millis(1);

    /// Lets a server and a client talk, in pieces of this many bytes, a millisecond apart. Returns
    /// the client's events. Every question is answered with 1.
    pub(in crate::lab) fn talk(
        server: Box<dyn Dialogue>,
        client: Box<dyn Dialogue>,
        piece: usize,
    ) -> Vec<DialogueEvent> {
        talk_on(None, server, client, piece)
    }

    /// The same, of a server with a store.
    pub(in crate::lab) fn talk_with(
        store: &Store,
        server: Box<dyn Dialogue>,
        client: Box<dyn Dialogue>,
        piece: usize,
    ) -> Vec<DialogueEvent> {
        talk_on(Some(store), server, client, piece)
    }

    fn talk_on(
        store: Option<&Store>,
        server: Box<dyn Dialogue>,
        client: Box<dyn Dialogue>,
        piece: usize,
    ) -> Vec<DialogueEvent> {
        let mut sides = [Session::begin(server), Session::begin(client)];
        let (mut now, mut events) = (Duration::ZERO, Vec::new());
        for _ in 0..20_000 {
            for from in [0, 1] {
                let Some(bytes) = sides[from].poll_send(now, Acknowledgement::Complete) else {
                    continue;
                };
                for part in bytes.chunks(piece) {
                    now += MS;
                    sides[1 - from].on_bytes(now, part);
                }
            }
            if let Some((store, request)) = store.zip(sides[0].poll_request()) {
                sides[0].on_stored(now, store.answer(request));
            }
            while let Some(event) = sides[1].poll_event() {
                if let DialogueEvent::Ask(_) = event {
                    sides[1].on_answer("1");
                }
                events.push(event);
            }
            for side in 0..2 {
                sides[side].on_time(now);
                if sides[side].is_over() {
                    sides[1 - side].on_end();
                }
            }
            now += MS;
            if sides.iter().all(Session::is_over) {
                events.extend(std::iter::from_fn(|| sides[1].poll_event()));
                return events;
            }
        }
        panic!("comes to no end after {events:?}")
    }

    /// The shown texts, and notices by their names.
    pub(in crate::lab) fn shown(events: Vec<DialogueEvent>) -> Vec<String> {
        let word = |event| match event {
            DialogueEvent::Show(text) | DialogueEvent::Mark { text, .. } => text,
            DialogueEvent::Tell(told) => format!("{told:?}"),
            other => format!("{other:?}"),
        };
        events.into_iter().map(word).collect()
    }

    #[test]
    fn both_sides_of_each_lesson_agree_however_the_bytes_come() {
        for piece in [1, 2, 3, 5, 8, 100] {
            let ask = |service: Service, client: Box<dyn Dialogue>| {
                let events = talk(service.begin(1), client, piece);
                let [shown] = &shown(events)[..] else {
                    panic!("not one line")
                };
                shown.clone()
            };
            let greeting = ask(Service::Exchange, Box::new(exchange::Client));
            assert_eq!(greeting, exchange::GREETING);
            let upper = uppercase::Client("maçã".into());
            let upper = ask(
                Service::Uppercase {
                    letters: Letters::Any,
                },
                Box::new(upper),
            );
            assert_eq!(upper, "MAÇÃ");
            let asked = ask(Service::Oracle, Box::new(oracle::Client("?".into())));
            assert!(oracle::ANSWERS.contains(&&*asked));
            let person = person::Person {
                nome: "Zé".into(),
                idade: 7,
                email: "z@e".into(),
            };
            let server = Service::Person.begin(1);
            talk(server, Box::new(person::Client(person)), piece);
            for bytes in [4, 8] {
                let client = primes::Client { number: 10, bytes };
                assert_eq!(ask(Service::Primes, Box::new(client)), "77");
            }
            for encoding in [Encoding::Json, Encoding::Marshal, Encoding::Pickle] {
                let client = divisors::Client {
                    number: 12,
                    encoding,
                };
                let twelve = ask(Service::Divisors(encoding), Box::new(client));
                assert_eq!(twelve, "1 2 3 4 6 12");
            }
        }
    }

    #[test]
    fn who_sends_without_end_is_not_heard_without_end() {
        let mut session = Session::begin(Service::Oracle.begin(1));
        for _ in 0..=BYTES_MAX / MESSAGE_MAX_BYTES {
            session.on_bytes(MS, &[b'x'; MESSAGE_MAX_BYTES]);
        }
        let last = std::iter::from_fn(|| session.poll_event()).last();
        assert_eq!(last, Some(DialogueEvent::Tell(Finding::TooMuch)));
        assert!(session.is_closing());
    }

    #[test]
    fn a_connection_that_the_other_side_does_not_close_is_closed() {
        struct Last;
        impl Dialogue for Last {
            fn begin(&mut self) -> Vec<Act> {
                vec![Act::Send("FIM".into()), Act::Finish]
            }
            fn on_message(&mut self, _message: &[u8]) -> Vec<Act> {
                Vec::new()
            }
        }
        let mut session = Session::begin(Box::new(Last));
        session.on_time(MS);
        assert!(session.poll_send(MS, Acknowledgement::Complete).is_some());
        session.on_time(MS);
        assert!(!session.is_closing());
        let until = session.next_time(MS).unwrap();
        session.on_time(until);
        assert!(session.is_over());
    }
}
