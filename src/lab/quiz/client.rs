//! The quiz's client. It finds the end of each message by the bytes, so that it can also split
//! messages that the report's server lets run together.

use super::question::Question;
use super::{ACKNOWLEDGED, END, PLAIN, Part, RIGHT, WRONG};
use crate::lab::form::{Field, unfit};
use crate::lab::python::json;
use crate::lab::{
    Act, Dialogue, DialogueEvent, Expected, Verdict, ended_early, unexpected, whole_word,
};

/// The client's side.
#[derive(Debug, Default)]
pub struct Client {
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// The server sends a question next.
    #[default]
    Waiting,
    /// The person is answering a question with this many options.
    Asked(usize),
    /// The server sends feedback next.
    Marking,
}

impl Client {
    fn on_question(&mut self, message: &[u8]) -> Vec<Act> {
        if message == END.as_bytes() {
            self.stage = Stage::Marking;
            return Vec::new();
        }
        let Some(question) = Question::read(message) else {
            return unexpected(Expected::Quiz(Part::Question), message);
        };
        let options = question.options.len();
        self.stage = Stage::Asked(options);
        let numbered = question.options.iter().enumerate();
        let numbered = numbered.map(|(index, option)| format!("{}. {option}", index + 1));
        [question.statement.clone()]
            .into_iter()
            .chain(numbered)
            .map(Act::show)
            .chain([Act::ask(Field::Choice(options))])
            .collect()
    }

    fn on_feedback(&mut self, message: &[u8]) -> Vec<Act> {
        let acknowledged = Act::Send(ACKNOWLEDGED.into());
        if message == END.as_bytes() {
            return vec![acknowledged, Act::Close];
        }
        let Ok(text) = str::from_utf8(message) else {
            return unexpected(Expected::Quiz(Part::Feedback), message);
        };
        let bare = text.strip_suffix(PLAIN).unwrap_or(text);
        let right = bare.strip_prefix(RIGHT).map(|text| (text, Verdict::Right));
        let wrong = bare.strip_prefix(WRONG).map(|text| (text, Verdict::Wrong));
        let event = match right.or(wrong) {
            Some((text, verdict)) => DialogueEvent::Mark {
                text: text.trim_end().to_owned(),
                verdict,
            },
            None => DialogueEvent::Show(text.trim_end().to_owned()),
        };
        vec![Act::Report(event), acknowledged]
    }
}

/// Counts the bytes of one coloured text.
fn whole_feedback(waiting: &[u8]) -> Option<usize> {
    let end = PLAIN.as_bytes();
    let at = waiting.windows(end.len()).position(|window| window == end);
    at.map(|at| at + end.len())
}

impl Dialogue for Client {
    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        let end = whole_word(waiting, &[END]);
        end.or_else(|| match self.stage {
            Stage::Marking => whole_feedback(waiting),
            Stage::Waiting | Stage::Asked(_) => json::delimited(waiting),
        })
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match self.stage {
            Stage::Waiting | Stage::Asked(_) => self.on_question(message),
            Stage::Marking => self.on_feedback(message),
        }
    }

    fn on_answer(&mut self, line: &str) -> Vec<Act> {
        let Stage::Asked(options) = self.stage else {
            return Vec::new();
        };
        let choice = Field::Choice(options);
        let number = line.trim().parse::<usize>();
        match number.ok().filter(|_| choice.accepts(line.trim())) {
            Some(number) => {
                self.stage = Stage::Waiting;
                vec![Act::Send((number - 1).to_string().into())]
            }
            None => unfit(choice),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(match self.stage {
            Stage::Marking => Expected::Quiz(Part::Feedback),
            Stage::Waiting | Stage::Asked(_) => Expected::Quiz(Part::Question),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Finding;
    use crate::lab::quiz::question::samples;

    #[test]
    fn answers_are_numbered_from_one_on_the_screen_and_from_zero_on_the_wire() {
        let mut client = Client::default();
        let asked = client.on_message(&samples()[6].document());
        assert_eq!(asked[1], Act::show("1. William Shakespeare"));
        let choice = Field::Choice(4);
        assert_eq!(asked[5], Act::ask(choice));
        let again = [Act::tell(Finding::Unfit(choice)), Act::ask(choice)];
        for wrong in ["0", "5", "x", ""] {
            assert_eq!(client.on_answer(wrong), again);
        }
        assert_eq!(client.on_answer(" 1 "), [Act::Send("0".into())]);
    }

    #[test]
    fn the_end_and_feedback_that_run_together_are_two_messages() {
        let mut client = Client::default();
        let merged = "FIM\x1b[31mVocê errou\n\x1b[0m".as_bytes();
        assert_eq!(client.whole(merged), Some(3));
        assert_eq!(client.on_message(&merged[..3]), []);
        let rest = &merged[3..];
        assert_eq!(client.whole(rest), Some(rest.len()));
        let marked = Act::Report(DialogueEvent::Mark {
            text: "Você errou".into(),
            verdict: Verdict::Wrong,
        });
        let acknowledged = Act::Send("OK".into());
        assert_eq!(client.on_message(rest), [marked, acknowledged.clone()]);
        assert_eq!(
            client.on_message(b"certo"),
            [Act::show("certo"), acknowledged.clone()]
        );
        assert_eq!(client.on_message(b"FIM"), [acknowledged, Act::Close]);
    }

    #[test]
    fn what_is_no_question_is_told() {
        let bad = br#"{"_id":1,"statement":"?","options":["a","b"],"answer":2}"#;
        assert_eq!(
            Client::default().on_message(bad),
            unexpected(Expected::Quiz(Part::Question), bad)
        );
        assert_eq!(
            Client::default().on_end(),
            ended_early(Expected::Quiz(Part::Question))
        );
    }
}
