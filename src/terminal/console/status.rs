//! A line below what is said that is written over, where nobody types.

use super::super::painter::Prompt;
use super::Console;
use crate::protocol::message::clean;

impl Console {
    /// Shows a line below what is said, cleaned, or takes it away. Where somebody types, it stands
    /// in the place of the prompt instead, by [`Console::set_prompt`].
    pub fn show_status(&self, line: Option<&str>) {
        let prompt = line.map(|line| Prompt {
            prompt: clean(line).into_owned(),
            ..Prompt::default()
        });
        self.talk.output().show(prompt);
    }
}
