//! Questions to the person at the console, and their answers.

use super::{Console, Sight};
use crate::chat::rooms::Secret;

impl Console {
    /// Asks the person something, whose answer [`Console::next_answer`] returns.
    pub fn ask(&mut self, question: &str, sight: Sight) {
        self.typing.ask_for(question, sight);
        self.draw();
    }

    /// The answer to what was asked; `None` in it if the person gave none.
    pub fn next_answer(&mut self) -> Option<Option<Secret>> {
        self.answers.pop_front()
    }
}
