//! The lessons by name: their ports, and the server's side of each.

use super::divisors::Encoding;
use super::products::Version;
use super::uppercase::Letters;
use super::{
    Dialogue, divisors, exchange, hello, object, oracle, person, primes, products, quiz, uppercase,
};
use crate::protocol::rng::Rng;

/// A lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lesson {
    /// Version 1: the server shows that a client came.
    Hello,
    /// Version 2: the server speaks first, the client answers.
    Exchange,
    /// Version 3: an object by Python's pickle.
    Object,
    /// Versions 4 and 5: products, added, listed and looked up.
    Products,
    /// Three questions, and what was right.
    Quiz,
    /// Text in, upper case out.
    Uppercase,
    /// A question in; sim, não or talvez.
    Oracle,
    /// The product of the primes around a number.
    Primes,
    /// The divisors of a number.
    Divisors,
    /// A person as a JSON object.
    Person,
}

impl Lesson {
    /// All lessons, in the order in which students meet them.
    pub const ALL: [Self; 10] = [
        Self::Hello,
        Self::Exchange,
        Self::Object,
        Self::Products,
        Self::Quiz,
        Self::Uppercase,
        Self::Oracle,
        Self::Primes,
        Self::Divisors,
        Self::Person,
    ];

    /// The name that a person types.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Exchange => "exchange",
            Self::Object => "object",
            Self::Products => "products",
            Self::Quiz => "quiz",
            Self::Uppercase => "uppercase",
            Self::Oracle => "oracle",
            Self::Primes => "primes",
            Self::Divisors => "divisors",
            Self::Person => "person",
        }
    }

    /// The document's port, or a nearby one where the document leaves it open.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Hello | Self::Exchange | Self::Object | Self::Products => 5000,
            Self::Uppercase => 12000,
            Self::Quiz | Self::Oracle | Self::Person => 12345,
            Self::Primes => 12346,
            Self::Divisors => 12347,
        }
    }

    /// Whether the document's server ends after its first client.
    #[must_use]
    pub fn is_one_shot(self) -> bool {
        matches!(
            self,
            Self::Hello | Self::Exchange | Self::Object | Self::Person
        )
    }
}

/// A lesson's server with its settings.
#[derive(Clone)]
pub enum Service {
    /// See [`hello`].
    Hello,
    /// See [`exchange`].
    Exchange,
    /// See [`object`].
    Object,
    /// See [`products`].
    Products {
        /// Which version of the document the server follows.
        version: Version,
    },
    /// See [`quiz`].
    Quiz,
    /// See [`uppercase`].
    Uppercase {
        /// Which letters the server accepts.
        letters: Letters,
    },
    /// See [`oracle`].
    Oracle,
    /// See [`primes`].
    Primes,
    /// See [`divisors`].
    Divisors(Encoding),
    /// See [`person`].
    Person,
}

impl Service {
    /// Starts the server's side of a new connection. The seed makes its random choices repeatable.
    #[must_use]
    pub fn begin(&self, seed: u64) -> Box<dyn Dialogue> {
        match self {
            Self::Hello => Box::new(hello::Server),
            Self::Exchange => Box::new(exchange::Server),
            Self::Object => Box::new(object::Server),
            &Self::Products { version } => Box::new(products::Server::new(version)),
            Self::Quiz => Box::new(quiz::server::Server::new(Rng::new(seed))),
            &Self::Uppercase { letters } => Box::new(uppercase::Server { letters }),
            Self::Oracle => Box::new(oracle::Server(Rng::new(seed))),
            Self::Primes => Box::new(primes::Server),
            Self::Divisors(encoding) => Box::new(divisors::Server(*encoding)),
            Self::Person => Box::new(person::Server),
        }
    }
}
