//! `quiz`, the report: three random questions, one at a time, and then feedback on each answer.
//!
//! ```text
//! server                                       client
//! {"_id","statement","options","answer"}       the number of an option, from 0     three times
//! FIM
//! feedback in green or red                     OK                                  three times
//! FIM                                          OK
//! ```
//!
//! The whole question is sent, with its answer, as in the report. On the screen options are
//! numbered from 1, and so is the right one in the feedback, as in the report. The report's server
//! lets its `FIM` and the first feedback run together into one `recv`, which ends its own client;
//! our server keeps them apart by the quiet rule, and our client splits them by their bytes.

pub mod client;
pub mod question;
pub mod server;

use self::question::Question;
use super::StoreFault;

/// How many questions one quiz has.
pub const ASKED: usize = 3;

/// Follows the last question, and the last feedback.
const END: &str = "FIM";

/// The client's answer to a feedback.
const ACKNOWLEDGED: &str = "OK";

/// The escape sequences around a feedback: green, red, and the end of colour.
const RIGHT: &str = "\x1b[32m";
const WRONG: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// A part of this dialogue that one side expects of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A question, or `FIM`.
    Question,
    /// The number of an option.
    Choice,
    /// `OK`.
    Acknowledgement,
    /// Whether an answer was right, or `FIM`.
    Feedback,
}

/// Where questions are kept.
pub trait Bank: Send + Sync {
    /// All questions, ordered by number.
    ///
    /// # Errors
    /// Why the store failed.
    fn questions(&self) -> Result<Vec<Question>, StoreFault>;

    /// Replaces all questions by these.
    ///
    /// # Errors
    /// Why the store failed; it then keeps the old questions.
    fn replace(&self, questions: &[Question]) -> Result<(), StoreFault>;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lab::session::tests::{shown, talk_with};
    use crate::lab::store::Store;
    use crate::protocol::rng::Rng;

    struct Samples;

    impl Bank for Samples {
        fn questions(&self) -> Result<Vec<Question>, StoreFault> {
            Ok(question::samples())
        }

        fn replace(&self, _questions: &[Question]) -> Result<(), StoreFault> {
            Err(StoreFault("read only".into()))
        }
    }

    #[test]
    fn three_questions_are_asked_and_marked_however_the_bytes_come() {
        for (seed, piece) in [(1, 1), (2, 3), (3, 40), (4, 2000)] {
            let store = Store::Questions(Arc::new(Samples));
            let server = server::Server::new(Rng::new(seed));
            let client = client::Client::default();
            let lines = shown(talk_with(&store, Box::new(server), Box::new(client), piece));
            let asked: Vec<_> = lines.iter().filter(|line| line.ends_with('?')).collect();
            assert_eq!(asked.len(), ASKED, "{lines:?}");
            let bank = question::samples();
            for (number, statement) in asked.into_iter().enumerate() {
                let asked = bank.iter().find(|q| q.statement == *statement).unwrap();
                let number = number + 1;
                let marked = match asked.answer {
                    0 => format!("Você acertou a questão {number}"),
                    answer => format!(
                        "Você errou a questão {number} a resposta correta é {}. {}",
                        answer + 1,
                        asked.options[answer]
                    ),
                };
                assert!(lines.contains(&marked), "{marked} is not in {lines:?}");
            }
        }
    }
}
