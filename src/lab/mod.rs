//! The course's small TCP services, each a server's and a client's side of one dialogue. PURE:
//! bytes and chance come in; bytes and what a person is to be told go out. Every lesson has the
//! same shape, [`Dialogue`], so that one server loop and one client loop serve them all.
//!
//! The documents' programs take one `recv(1024)` for one message, so the quiet rule of
//! `protocol::wire::quiet` decides where a message ends, unless a lesson sees it by the bytes.

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
pub mod uppercase;

use self::form::Field;
use self::primes::NoProduct;
use crate::protocol::wire::quiet::MESSAGE_MAX_BYTES;

/// One side of one connection.
pub trait Dialogue: Send {
    /// The connection is there.
    fn begin(&mut self) -> Vec<Act> {
        Vec::new()
    }

    /// How many of the bytes that wait are a whole message, seen by themselves; `None` leaves it to
    /// the quiet rule.
    fn whole(&self, _waiting: &[u8]) -> Option<usize> {
        None
    }

    /// The longest message, in bytes; what is longer is taken for a message as it stands.
    fn message_max_bytes(&self) -> usize {
        MESSAGE_MAX_BYTES
    }

    /// A message came.
    fn hear(&mut self, message: &[u8]) -> Vec<Act>;

    /// The person answers what was asked.
    fn answer(&mut self, _line: &str) -> Vec<Act> {
        Vec::new()
    }

    /// The other side has ended its direction.
    fn end(&mut self) -> Vec<Act> {
        vec![Act::Close]
    }
}

/// What one side does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends bytes as one message.
    Send(Vec<u8>),
    /// Shows a person what the lesson is about.
    Show(String),
    /// Shows a person whether an answer was right.
    Mark {
        /// In the server's words.
        text: String,
        /// Whether it was.
        is_right: bool,
    },
    /// Tells a person something about the dialogue.
    Tell(Told),
    /// Asks a person, and hears nothing until [`Dialogue::answer`].
    Ask(Field),
    /// Closes the connection when the other side has, or after a while.
    Finish,
    /// Closes the connection when all is sent.
    Close,
    /// Ends the server, with all its connections.
    Stop,
}

/// What a person is told about the dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The other side broke the protocol.
    Unexpected {
        /// What the lesson has here.
        expected: Expected,
        /// What came; `None` is the end of the connection.
        got: Option<Vec<u8>>,
    },
    /// What was typed does not fit.
    Unfit(Field),
    /// The answer is not what it should be.
    Wrong {
        /// What it should be.
        expected: String,
        /// What came.
        got: String,
    },
    /// `primes`: the server refused, and this is why.
    NoProduct(NoProduct),
    /// `products`: nothing has this code.
    NotFound,
    /// The store failed, by its own words.
    Store(String),
}

impl Told {
    /// Whether the dialogue has failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::Unfit(_))
    }
}

/// What a lesson expects at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Text in UTF-8.
    Text,
    /// Text in ASCII.
    Ascii,
    /// That the server waits for us to speak first.
    Patience,
    /// The server's first message.
    Greeting,
    /// An answer.
    Answer,
    /// `sim`, `não` or `talvez`.
    OracleAnswer,
    /// A number as struct `i` or `q`.
    Integer,
    /// A number in the size that was sent.
    IntegerOf(usize),
    /// A number above 0 in decimal digits.
    Decimal,
    /// A list of numbers.
    NumberList(divisors::Encoding),
    /// A JSON object with `nome`, `idade` and `email`.
    Person,
    /// An object in Python's pickle.
    Pickle,
    /// One of data only.
    PickledData,
    /// Something of `products`.
    Products(products::Part),
    /// Something of `quiz`.
    Quiz(quiz::Part),
}

/// Why a store failed, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFault(pub String);

impl StoreFault {
    fn acts(self) -> Vec<Act> {
        vec![Act::Tell(Told::Store(self.0)), Act::Close]
    }
}

/// The acts of whoever got what the lesson does not have here.
fn unexpected(expected: Expected, got: &[u8]) -> Vec<Act> {
    let got = Some(got.to_owned());
    vec![Act::Tell(Told::Unexpected { expected, got }), Act::Close]
}

/// The acts of whoever got an answer, and knows the right one.
fn answered(got: String, expected: String) -> Vec<Act> {
    let shown = Act::Show(got.clone());
    match got == expected {
        true => vec![shown, Act::Close],
        false => vec![shown, Act::Tell(Told::Wrong { expected, got }), Act::Close],
    }
}

/// The acts of whoever waited for something when the connection ended.
fn ended_early(expected: Expected) -> Vec<Act> {
    let got = None;
    vec![Act::Tell(Told::Unexpected { expected, got }), Act::Close]
}

/// How many of the bytes are one JSON value that shows its own end: an object, a list or a text.
fn whole_json(waiting: &[u8]) -> Option<usize> {
    let first = waiting.trim_ascii_start().first()?;
    if !b"{[\"".contains(first) {
        return None;
    }
    let mut values =
        serde_json::Deserializer::from_slice(waiting).into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// How many of the bytes are one of these words, if they begin with it.
fn whole_word(waiting: &[u8], words: &[&str]) -> Option<usize> {
    let mut words = words.iter();
    words
        .find(|word| waiting.starts_with(word.as_bytes()))
        .map(|word| word.len())
}
