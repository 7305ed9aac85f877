//! `oracle`: the client sends a question, the server answers `sim`, `não` or `talvez` at random.
//! The document leaves open how many questions one connection carries: our server answers until the
//! client ends, and our client asks one.

use super::{Act, Dialogue, Expected, ended_early, unexpected};
use crate::protocol::rng::Rng;

/// The oracle's answers.
pub const ANSWERS: [&str; 3] = ["sim", "não", "talvez"];

/// The server's side.
#[derive(Debug)]
pub struct Server(pub Rng);

impl Dialogue for Server {
    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        let Ok(question) = str::from_utf8(message) else {
            return unexpected(Expected::Text, message);
        };
        let chosen = self.0.below(ANSWERS.len() as u64) as usize;
        let answer = ANSWERS.get(chosen).copied().unwrap_or_default();
        vec![
            Act::show(format!("{question} → {answer}")),
            Act::Send(answer.into()),
        ]
    }
}

/// The client's side, which asks this question.
#[derive(Debug)]
pub struct Client(pub String);

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Send(self.0.clone().into())]
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match str::from_utf8(message) {
            Ok(answer) if ANSWERS.contains(&answer) => {
                vec![Act::show(answer.to_owned()), Act::Close]
            }
            _ => unexpected(Expected::OracleAnswer, message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::OracleAnswer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_has_one_of_three_answers_and_chance_gives_all() {
        let mut server = Server(Rng::new(1));
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let [_, Act::Send(answer)] = &server.on_message("Vai chover?".as_bytes())[..] else {
                panic!("no answer")
            };
            let answer = String::from_utf8(answer.clone()).unwrap();
            let client = Client(String::new()).on_message(answer.as_bytes());
            assert_eq!(client, [Act::show(answer.clone()), Act::Close]);
            seen.insert(answer);
        }
        assert_eq!(seen.len(), 3);
        let wrong = Client(String::new()).on_message(b"sim!");
        assert_eq!(wrong, unexpected(Expected::OracleAnswer, b"sim!"));
    }
}
