//! The course's small TCP services. Each lesson is one dialogue with a server's and a client's
//! side. PURE: bytes and random numbers come in; bytes and notices to a person go out. Every lesson
//! implements [`Dialogue`], so that one server loop and one client loop serve them all. Each
//! lesson's file names its two sides `Server` and `Client`.
//!
//! The documents' programs take one `recv(1024)` for one message, so the quiet rule of
//! `protocol::wire::quiet` decides where a message ends, unless the lesson can tell from the bytes.

pub mod divisors;
pub mod exchange;
pub mod form;
pub mod hello;
pub mod lesson;
pub mod object;
pub mod oracle;
pub mod person;
pub mod primes;
pub mod products;
pub mod python;
pub mod quiz;
pub mod session;
pub mod store;
pub mod uppercase;

use std::fmt;

use self::form::Field;
use self::primes::NoProduct;
use self::quiz::question::Question;
use self::store::{ProductsReply, StoreReply, StoreRequest};
use crate::protocol::wire::quiet::MESSAGE_MAX_BYTES;

/// One side of one connection. Each method returns what this side does next.
pub trait Dialogue: Send {
    /// The connection is established.
    fn begin(&mut self) -> Vec<Act> {
        Vec::new()
    }

    /// Counts how many of the waiting bytes are a complete message, if the bytes themselves show
    /// it. `None` leaves the decision to the quiet rule.
    fn whole(&self, _waiting: &[u8]) -> Option<usize> {
        None
    }

    /// The longest message, in bytes. Longer input becomes a message at this length.
    fn message_max_bytes(&self) -> usize {
        MESSAGE_MAX_BYTES
    }

    /// A message arrived.
    fn on_message(&mut self, message: &[u8]) -> Vec<Act>;

    /// The person answered the question of the last [`DialogueEvent::Ask`].
    fn on_answer(&mut self, _line: &str) -> Vec<Act> {
        Vec::new()
    }

    /// The store answered the last [`Act::Store`], which was about products.
    fn on_products(&mut self, _reply: ProductsReply) -> Vec<Act> {
        Vec::new()
    }

    /// The store answered the last [`Act::Store`] with all questions.
    fn on_questions(&mut self, _all: Vec<Question>) -> Vec<Act> {
        Vec::new()
    }

    /// The store answered the last [`Act::Store`], or failed.
    fn on_stored(&mut self, reply: StoreReply) -> Vec<Act> {
        match reply {
            StoreReply::Products(reply) => self.on_products(reply),
            StoreReply::Questions(all) => self.on_questions(all),
            StoreReply::Failed(fault) => fault.acts(),
        }
    }

    /// The other side closed its direction of the connection.
    fn on_end(&mut self) -> Vec<Act> {
        vec![Act::Close]
    }
}

/// One thing that a side does with its connection or for its person.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Sends bytes as one message.
    Send(Vec<u8>),
    /// Reports something to the driver. After [`DialogueEvent::Ask`], no message is delivered until
    /// [`Dialogue::on_answer`] is called.
    Report(DialogueEvent),
    /// Asks the store. No message is delivered until [`Dialogue::on_stored`] is called.
    Store(StoreRequest),
    /// Closes the connection once the other side has closed it, or after a while.
    Finish,
    /// Closes the connection once everything is sent.
    Close,
}

impl Act {
    /// Shows the person what the lesson is about.
    fn show(text: impl Into<String>) -> Self {
        Self::Report(DialogueEvent::Show(text.into()))
    }

    /// Tells the person something about the dialogue itself.
    fn tell(finding: Finding) -> Self {
        Self::Report(DialogueEvent::Tell(finding))
    }

    /// Asks the person.
    fn ask(field: Field) -> Self {
        Self::Report(DialogueEvent::Ask(field))
    }
}

/// What a side reports to its driver, which knows a person or runs a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogueEvent {
    /// Text of the lesson itself.
    Show(String),
    /// Feedback on an answer.
    Mark {
        /// The server's words.
        text: String,
        /// What the server thinks of the answer.
        verdict: Verdict,
    },
    /// A finding about the dialogue itself.
    Tell(Finding),
    /// A question for the person.
    Ask(Field),
    /// The server and all its connections must end.
    Stop,
}

/// Whether an answer was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was.
    Right,
    /// It was not.
    Wrong,
}

/// A finding about the dialogue itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The other side broke the protocol.
    Unexpected {
        /// What the lesson expects at this point.
        expected: Expected,
        /// What arrived; `None` is the end of the connection.
        got: Option<Vec<u8>>,
    },
    /// The typed answer does not fit the question.
    Unfit(Field),
    /// The server's answer is wrong.
    Wrong {
        /// The right answer.
        expected: String,
        /// The server's answer.
        got: String,
    },
    /// `primes`: the server refused, for this reason.
    NoProduct(NoProduct),
    /// `products`: no product has this code.
    NotFound,
    /// `products`: the server does not have the product that was added.
    NotKept,
    /// `products`: the server ended before it was known to have the product that was added.
    Unconfirmed,
    /// `object`: a pickle in order, whose object is too large to show, or contains itself.
    TooLargeToShow,
    /// The store failed, for this reason.
    Store(String),
    /// The other side sent more than [`session::BYTES_MAX`].
    TooMuch,
}

impl Finding {
    /// Whether the dialogue failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::Unfit(_))
    }
}

/// What a lesson expects at one point of its dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Text in UTF-8.
    Text,
    /// Text in ASCII.
    Ascii,
    /// That the server waits for the client to speak first.
    Patience,
    /// The server's first message.
    Greeting,
    /// Any answer.
    Answer,
    /// `sim`, `não` or `talvez`.
    OracleAnswer,
    /// A number as struct `i` or `q`.
    Integer,
    /// A number of this many bytes, the size that was sent.
    IntegerOf(usize),
    /// A number above 0 in decimal digits.
    Decimal,
    /// A list of numbers.
    NumberList(divisors::Encoding),
    /// A JSON object with `nome`, `idade` and `email`.
    Person,
    /// An object in Python's pickle.
    Pickle,
    /// A pickle that holds data only.
    PickledData,
    /// A part of the `products` dialogue.
    Products(products::Part),
    /// A part of the `quiz` dialogue.
    Quiz(quiz::Part),
}

/// Why a store failed, in the store's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFault(pub String);

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreFault {}

impl StoreFault {
    fn acts(self) -> Vec<Act> {
        vec![Act::tell(Finding::Store(self.0)), Act::Close]
    }
}

/// The acts after a message that the lesson does not expect here.
fn unexpected(expected: Expected, got: &[u8]) -> Vec<Act> {
    let got = Some(got.to_owned());
    vec![Act::tell(Finding::Unexpected { expected, got }), Act::Close]
}

/// The acts after an answer, when the right one is known.
fn answered(got: String, expected: String) -> Vec<Act> {
    let shown = Act::show(got.clone());
    match got == expected {
        true => vec![shown, Act::Close],
        false => vec![
            shown,
            Act::tell(Finding::Wrong { expected, got }),
            Act::Close,
        ],
    }
}

/// The acts after a connection that ended before the expected message.
fn ended_early(expected: Expected) -> Vec<Act> {
    let got = None;
    vec![Act::tell(Finding::Unexpected { expected, got }), Act::Close]
}

/// Counts the bytes of the first of these words that the waiting bytes begin with.
fn whole_word(waiting: &[u8], words: &[&str]) -> Option<usize> {
    let mut words = words.iter();
    words
        .find(|word| waiting.starts_with(word.as_bytes()))
        .map(|word| word.len())
}
