//! Members of the pretend network that change what they said.

use super::World;
use super::check::Ledger;
use crate::chat::amending::Which;
use crate::chat::command::Command;

impl World {
    /// A member changes a message to its number and some text behind, or withdraws it. Returns
    /// whether the message has an id already.
    pub fn amend(&mut self, number: usize, message: usize, text: Option<&str>) -> bool {
        let Some(which) = self.ledger.id(message).map(|id| id.to_string()) else {
            return false;
        };
        let Some(which) = Which::parse(&which) else {
            return false;
        };
        let command = match text {
            None => Command::Delete(which),
            Some(text) => Command::Edit {
                which,
                text: Ledger::text(message, text),
            },
        };
        self.ask(number, command);
        true
    }
}
