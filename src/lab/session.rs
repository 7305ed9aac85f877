//! One side of one connection, from its first byte to its last: cuts what comes into messages, by
//! the lesson's own sight or by the quiet rule, and sends what the lesson says, one message at a
//! time.

use std::collections::VecDeque;
use std::time::Duration;

use super::form::Field;
use super::{Act, Dialogue, Told};
use crate::protocol::wire::quiet::{Inbox, MESSAGE_MAX_BYTES, Outbox, SILENCE};

/// Bytes that one connection may bring, unless one message may have more: thousands of messages.
pub const BYTES_MAX: usize = 4 << 20;

/// How long the other side may take to close a connection that has come to its end.
const FINISH_WAIT: Duration = Duration::from_secs(2);

/// What a session tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// What the lesson is about.
    Show(String),
    /// Whether an answer was right.
    Mark {
        /// In the server's words.
        text: String,
        /// Whether it was.
        is_right: bool,
    },
    /// Something about the dialogue.
    Tell(Told),
    /// The person is asked; [`Session::answer`].
    Ask(Field),
    /// More came than a connection may bring.
    TooMuch,
    /// The server is to end.
    Stop,
}

/// How near the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Messages are heard.
    No,
    /// All is said; the other side closes, or we do at a time.
    Finishing { until: Option<Duration> },
    /// What is said is sent; no more is heard.
    Closing,
}

/// See the file's head.
pub struct Session {
    dialogue: Box<dyn Dialogue>,
    inbox: Inbox,
    outbox: Outbox<Vec<u8>>,
    events: VecDeque<SessionEvent>,
    heard_bytes: usize,
    wants_acks: bool,
    ending: Ending,
}

impl Session {
    /// A connection that has just been made.
    #[must_use]
    pub fn begin(mut dialogue: Box<dyn Dialogue>) -> Self {
        let acts = dialogue.begin();
        let mut session = Self {
            dialogue,
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            heard_bytes: 0,
            wants_acks: false,
            ending: Ending::No,
        };
        session.act(acts);
        session
    }

    /// Takes in bytes.
    pub fn hear(&mut self, now: Duration, bytes: &[u8]) {
        if self.ending == Ending::Closing {
            return;
        }
        self.heard_bytes = self.heard_bytes.saturating_add(bytes.len());
        if self.heard_bytes > BYTES_MAX.max(self.dialogue.message_max_bytes()) {
            self.events.push_back(SessionEvent::TooMuch);
            self.ending = Ending::Closing;
            return;
        }
        self.inbox.push(now, bytes);
        self.on_time(now);
    }

    /// The person answers.
    pub fn answer(&mut self, line: &str) {
        self.wants_acks = false;
        let acts = self.dialogue.answer(line);
        self.act(acts);
    }

    /// The other side has ended its direction.
    pub fn end(&mut self) {
        let rest = self.inbox.take_all();
        let mut rest = &rest[..];
        while self.ending != Ending::Closing && !rest.is_empty() {
            let whole = self.dialogue.whole(rest).unwrap_or(rest.len());
            let (message, behind) = rest.split_at(whole.clamp(1, rest.len()));
            let acts = self.dialogue.hear(message);
            self.act(acts);
            rest = behind;
        }
        if self.ending == Ending::No {
            let acts = self.dialogue.end();
            self.act(acts);
        }
        self.ending = Ending::Closing;
    }

    /// Does what time brings about: a silence ends a message, and a wait the connection.
    pub fn on_time(&mut self, now: Duration) {
        while !self.wants_acks
            && self.ending != Ending::Closing
            && let Some(message) = self.message(now)
        {
            let acts = self.dialogue.hear(&message);
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
                Act::Show(text) => self.events.push_back(SessionEvent::Show(text)),
                Act::Mark { text, is_right } => {
                    self.events.push_back(SessionEvent::Mark { text, is_right });
                }
                Act::Tell(told) => self.events.push_back(SessionEvent::Tell(told)),
                Act::Ask(field) => {
                    self.wants_acks = true;
                    self.events.push_back(SessionEvent::Ask(field));
                }
                Act::Finish => self.ending = Ending::Finishing { until: None },
                Act::Close => self.ending = Ending::Closing,
                Act::Stop => {
                    self.events.push_back(SessionEvent::Stop);
                    self.ending = Ending::Closing;
                }
            }
        }
    }

    /// The next message to send, if it may go now.
    pub fn poll_send(&mut self, now: Duration, is_acknowledged: bool) -> Option<Vec<u8>> {
        self.outbox.poll(now, is_acknowledged)
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    /// Whether all that is said was taken by [`Session::poll_send`].
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Whether all is said that this side has to say, or nearly.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending != Ending::No
    }

    /// Whether no more is to be heard.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.ending == Ending::Closing
    }

    /// Whether the connection is to be closed: all is said.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_closing() && self.is_said()
    }

    /// Whether a person is to answer before anything else.
    #[must_use]
    pub fn wants_acks(&self) -> bool {
        self.wants_acks
    }

    /// When there is something to do although nothing comes.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        let is_deaf = self.is_closing() || self.wants_acks;
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
    use crate::lab::{divisors, exchange, oracle, person, primes, uppercase};

    const MS: Duration = Duration::from_millis(1);

    /// A server and a client talk, in pieces of so many bytes, a millisecond apart; what the client
    /// tells. Whatever is asked is answered with 1.
    pub(in crate::lab) fn talk(
        server: Box<dyn Dialogue>,
        client: Box<dyn Dialogue>,
        piece: usize,
    ) -> Vec<SessionEvent> {
        let mut sides = [Session::begin(server), Session::begin(client)];
        let (mut now, mut events) = (Duration::ZERO, Vec::new());
        for _ in 0..20_000 {
            for from in [0, 1] {
                let Some(bytes) = sides[from].poll_send(now, true) else {
                    continue;
                };
                for part in bytes.chunks(piece) {
                    now += MS;
                    sides[1 - from].hear(now, part);
                }
            }
            while let Some(event) = sides[1].poll_event() {
                if let SessionEvent::Ask(_) = event {
                    sides[1].answer("1");
                }
                events.push(event);
            }
            for side in 0..2 {
                sides[side].on_time(now);
                if sides[side].is_over() {
                    sides[1 - side].end();
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

    /// What was shown, and told by its name.
    pub(in crate::lab) fn shown(events: Vec<SessionEvent>) -> Vec<String> {
        let word = |event| match event {
            SessionEvent::Show(text) | SessionEvent::Mark { text, .. } => text,
            SessionEvent::Tell(told) => format!("{told:?}"),
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
            let upper = ask(Service::Uppercase { is_ascii: false }, Box::new(upper));
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
            session.hear(MS, &[b'x'; MESSAGE_MAX_BYTES]);
        }
        let last = std::iter::from_fn(|| session.poll_event()).last();
        assert_eq!(last, Some(SessionEvent::TooMuch));
        assert!(session.is_closing());
    }

    #[test]
    fn a_connection_that_the_other_side_does_not_close_is_closed() {
        struct Last;
        impl Dialogue for Last {
            fn begin(&mut self) -> Vec<Act> {
                vec![Act::Send("FIM".into()), Act::Finish]
            }
            fn hear(&mut self, _message: &[u8]) -> Vec<Act> {
                Vec::new()
            }
        }
        let mut session = Session::begin(Box::new(Last));
        session.on_time(MS);
        assert!(session.poll_send(MS, true).is_some());
        session.on_time(MS);
        assert!(!session.is_closing());
        let until = session.next_time(MS).unwrap();
        session.on_time(until);
        assert!(session.is_over());
    }
}
