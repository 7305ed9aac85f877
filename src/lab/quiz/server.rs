//! The quiz's server.

use std::collections::VecDeque;

use super::question::Question;
use super::{ACKNOWLEDGED, ASKED, END, PLAIN, Part, RIGHT, WRONG};
use crate::lab::store::StoreRequest;
use crate::lab::{Act, Dialogue, Expected, ended_early, unexpected, whole_word};
use crate::protocol::rng::Rng;

/// The server's side.
pub struct Server {
    rng: Rng,
    /// The open questions. The first one has been sent.
    questions: VecDeque<Question>,
    /// The open feedback. The first one has been sent.
    feedback: VecDeque<String>,
    answered: usize,
}

impl Server {
    /// Makes a server that draws its questions by these random numbers.
    #[must_use]
    pub fn new(rng: Rng) -> Self {
        Self {
            rng,
            questions: VecDeque::new(),
            feedback: VecDeque::new(),
            answered: 0,
        }
    }

    /// Sends the current question.
    fn ask(&self) -> Vec<Act> {
        let Some(question) = self.questions.front() else {
            return Vec::new();
        };
        let shown = format!("{}: {}", question.id, question.statement);
        vec![Act::show(shown), Act::Send(question.document())]
    }

    fn on_answer(&mut self, message: &[u8]) -> Vec<Act> {
        let text = str::from_utf8(message).unwrap_or_default();
        let Ok(answer) = text.trim().parse::<i64>() else {
            return unexpected(Expected::Quiz(Part::Choice), message);
        };
        if let Some(question) = self.questions.pop_front() {
            self.answered += 1;
            let feedback = feedback(self.answered, &question, answer);
            self.feedback.push_back(feedback);
        }
        if !self.questions.is_empty() {
            return self.ask();
        }
        let mut acts = vec![Act::Send(END.into())];
        acts.extend(self.say());
        acts
    }

    /// Sends the current feedback.
    fn say(&self) -> Option<Act> {
        let feedback = self.feedback.front()?;
        Some(Act::Send(feedback.clone().into()))
    }

    fn on_acknowledgement(&mut self, message: &[u8]) -> Vec<Act> {
        if message.trim_ascii() != ACKNOWLEDGED.as_bytes() {
            return unexpected(Expected::Quiz(Part::Acknowledgement), message);
        }
        if self.feedback.pop_front().is_none() {
            // The client has acknowledged the final `FIM`.
            return vec![Act::Close];
        }
        match self.say() {
            Some(act) => vec![act],
            None => vec![Act::Send(END.into()), Act::Finish],
        }
    }
}

/// The feedback in the words of the report's server.
fn feedback(number: usize, question: &Question, answer: i64) -> String {
    let right = question.answer;
    if usize::try_from(answer) == Ok(right) {
        return format!("{RIGHT}Você acertou a questão {number}\n{PLAIN}");
    }
    let option = question.options.get(right).map_or("", String::as_str);
    let shown = right + 1;
    format!("{WRONG}Você errou a questão {number} a resposta correta é {shown}. {option}\n{PLAIN}")
}

impl Dialogue for Server {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Store(StoreRequest::ListQuestions)]
    }

    fn on_questions(&mut self, mut bank: Vec<Question>) -> Vec<Act> {
        for _ in 0..ASKED.min(bank.len()) {
            let chosen = self.rng.below(bank.len() as u64) as usize;
            self.questions.push_back(bank.swap_remove(chosen));
        }
        self.ask()
    }

    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        match self.questions.is_empty() {
            true => whole_word(waiting, &[ACKNOWLEDGED]),
            false => None,
        }
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match self.questions.is_empty() {
            true => self.on_acknowledgement(message),
            false => self.on_answer(message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(match self.questions.is_empty() {
            true => Expected::Quiz(Part::Acknowledgement),
            false => Expected::Quiz(Part::Choice),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::quiz::question::samples;

    #[test]
    fn feedback_is_what_the_report_shows() {
        let capital = &samples()[7];
        let right = "\x1b[32mVocê acertou a questão 1\n\x1b[0m";
        assert_eq!(feedback(1, capital, 2), right);
        let wrong = "\x1b[31mVocê errou a questão 2 a resposta correta é 3. Canberra\n\x1b[0m";
        for answer in [0, -1, 4, i64::MAX] {
            assert_eq!(feedback(2, capital, answer), wrong);
        }
    }

    #[test]
    fn the_end_and_the_first_feedback_are_two_messages() {
        let mut server = Server::new(Rng::new(1));
        let ask = [Act::Store(StoreRequest::ListQuestions)];
        assert_eq!(server.begin(), ask);
        let one = samples().split_off(9);
        assert_eq!(server.on_questions(one).len(), 2);
        let [Act::Send(end), Act::Send(feedback)] = &server.on_message(b" 2\n")[..] else {
            panic!("not both")
        };
        assert_eq!(end, b"FIM");
        assert!(feedback.starts_with(RIGHT.as_bytes()));
        let early = ended_early(Expected::Quiz(Part::Acknowledgement));
        assert_eq!(server.on_end(), early);
        assert_eq!(
            server.on_message(b"OK"),
            [Act::Send("FIM".into()), Act::Finish]
        );
        assert_eq!(server.on_message(b"OK"), [Act::Close]);
        let refused = unexpected(Expected::Quiz(Part::Acknowledgement), b"ok?");
        assert_eq!(server.on_message(b"ok?"), refused);
    }
}
