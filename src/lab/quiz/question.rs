//! A question as the report's document has it, and files of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ASKED;
use crate::protocol::wire::quiet::MESSAGE_MAX_BYTES;

/// Most questions of a bank.
pub const QUESTIONS_MAX: usize = 10_000;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i64,
    /// What is asked.
    pub statement: String,
    /// What may be answered.
    pub options: Vec<String>,
    /// Which option is right, from 0.
    pub answer: usize,
}

/// What is wrong with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionFault {
    /// It has fewer than two options.
    Options,
    /// Its answer is none of its options.
    Answer,
    /// It takes more bytes than one message has.
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// Another has its number.
    Twice,
}

/// Why a file is no bank of questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankFault {
    /// It is not the JSON of a list of questions.
    Json {
        /// Where.
        line: usize,
        /// Where in the line.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// One of its questions cannot be asked.
    Question {
        /// Which.
        id: i64,
        /// Why.
        fault: QuestionFault,
    },
    /// It has too few questions, or too many.
    Count(usize),
}

impl Question {
    /// The question as it travels.
    #[must_use]
    pub fn document(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The question as it came, if it is one that can be asked.
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

/// The questions of a file.
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

/// Checks questions that were read.
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

/// What is wrong, without the place, which is told apart.
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
