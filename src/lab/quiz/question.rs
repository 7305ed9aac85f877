//! A question in the form of the report's document, and files of questions.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::ASKED;
use crate::protocol::wire::quiet::MESSAGE_MAX_BYTES;

/// Most questions in a bank.
pub const QUESTIONS_MAX: usize = 10_000;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i64,
    /// The question itself.
    pub statement: String,
    /// The possible answers.
    pub options: Vec<String>,
    /// The index of the right option, from 0.
    pub answer: usize,
}

/// What is wrong with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuestionFault {
    /// It has fewer than two options.
    Options,
    /// Its answer is the index of no option.
    Answer,
    /// It is longer than one message.
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// An earlier question has the same number.
    Twice,
}

/// Why a file cannot be used as a bank of questions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BankFault {
    /// It is not a JSON list of questions.
    Json {
        /// The line of the fault.
        line: usize,
        /// The column of the fault.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// One of its questions is invalid.
    Question {
        /// That question's number.
        id: i64,
        /// What is wrong with it.
        fault: QuestionFault,
    },
    /// It has too few or too many questions: this many.
    Count(usize),
}

impl fmt::Display for QuestionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options => f.write_str("the question has fewer than two options"),
            Self::Answer => f.write_str("the answer is the index of no option"),
            Self::TooLong { bytes } => {
                write!(
                    f,
                    "the question has {bytes} bytes, too many for one message"
                )
            }
            Self::Twice => f.write_str("an earlier question has the same number"),
        }
    }
}

impl std::error::Error for QuestionFault {}

impl fmt::Display for BankFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column, what } => {
                write!(f, "line {line}, column {column}: {what}")
            }
            Self::Question { id, fault } => write!(f, "question {id}: {fault}"),
            Self::Count(count) => write!(f, "{count} questions are too few or too many"),
        }
    }
}

impl std::error::Error for BankFault {}

impl Question {
    /// Encodes the question for the wire.
    #[must_use]
    pub fn document(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Decodes a question; `None` if it is invalid.
    #[must_use]
    pub fn read(document: &[u8]) -> Option<Self> {
        let question: Self = serde_json::from_slice(document).ok()?;
        question.check().ok()?;
        Some(question)
    }

    fn check(&self) -> Result<(), QuestionFault> {
        let bytes = self.document().len();
        if self.options.len() < 2 {
            Err(QuestionFault::Options)
        } else if self.answer >= self.options.len() {
            Err(QuestionFault::Answer)
        } else if bytes > MESSAGE_MAX_BYTES {
            Err(QuestionFault::TooLong { bytes })
        } else {
            Ok(())
        }
    }
}

/// Reads the questions of a file.
///
/// # Errors
/// The first fault.
pub fn read_bank(json: &str) -> Result<Vec<Question>, BankFault> {
    let questions: Vec<Question> = serde_json::from_str(json).map_err(|error| BankFault::Json {
        line: error.line(),
        column: error.column(),
        what: bare(&error),
    })?;
    check_bank(&questions)?;
    Ok(questions)
}

/// Checks a bank of questions.
///
/// # Errors
/// The first fault.
pub fn check_bank(questions: &[Question]) -> Result<(), BankFault> {
    if !(ASKED..=QUESTIONS_MAX).contains(&questions.len()) {
        return Err(BankFault::Count(questions.len()));
    }
    let mut ids = BTreeSet::new();
    for question in questions {
        let is_new = ids.insert(question.id);
        let checked = question.check();
        let checked = checked.and_then(|()| is_new.then_some(()).ok_or(QuestionFault::Twice));
        let id = question.id;
        checked.map_err(|fault| BankFault::Question { id, fault })?;
    }
    Ok(())
}

/// The error's text without its position, which is given separately.
fn bare(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    told.strip_suffix(&place).unwrap_or(&told).to_owned()
}

/// The report's ten questions.
#[must_use]
pub fn samples() -> Vec<Question> {
    read_bank(include_str!("samples.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_ten_questions() {
        let samples = samples();
        assert_eq!(samples.len(), 10);
        assert_eq!(samples[7].options[samples[7].answer], "Canberra");
        assert_eq!(
            Question::read(&samples[0].document()),
            Some(samples[0].clone())
        );
    }

    fn bank(change: impl FnOnce(&mut Vec<Question>)) -> Result<Vec<Question>, BankFault> {
        let mut questions = samples();
        change(&mut questions);
        read_bank(&serde_json::to_string(&questions).unwrap())
    }

    #[test]
    fn questions_that_cannot_be_asked_are_refused() {
        let refused = |fault| Err(BankFault::Question { id: 2, fault });
        assert_eq!(bank(|q| q[1].answer = 4), refused(QuestionFault::Answer));
        assert_eq!(
            bank(|q| q[1].options.truncate(1)),
            refused(QuestionFault::Options)
        );
        assert_eq!(bank(|q| q[2].id = 2), refused(QuestionFault::Twice));
        let long = bank(|q| q[1].statement = "x".repeat(1000));
        assert_eq!(long, refused(QuestionFault::TooLong { bytes: 1075 }));
        assert_eq!(bank(|q| q.truncate(2)), Err(BankFault::Count(2)));
    }

    #[test]
    fn a_trailing_comma_is_told_with_its_place() {
        let json =
            "[\n  {\"_id\": 1, \"statement\": \"?\", \"options\": [\"a\"], \"answer\": 0},\n]";
        let what = "trailing comma".into();
        let (line, column) = (3, 1);
        let fault = BankFault::Json { line, column, what };
        assert_eq!(read_bank(json), Err(fault));
        let unknown = r#"[{"_id": 1, "pergunta": "?"}]"#;
        assert!(matches!(
            read_bank(unknown),
            Err(BankFault::Json { line: 1, .. })
        ));
    }
}
