//! A question whose answer is not said: a secret, which is not shown, or a yes. It is answered by
//! the next line, in place of the line being typed, which comes back then.

use zeroize::Zeroizing;

use super::{Act, Typing};
use crate::chat::rooms::Secret;
use crate::protocol::message::clean;
use crate::terminal::keys::{Key, KeyEvent, Modifiers};
use crate::terminal::painter::Prompt;

/// Longest answer, in bytes: as much as a terminal keeps of a line in its own mode.
const ANSWER_MAX_BYTES: usize = 4095;

/// Whether what is typed as an answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is.
    Shown,
    /// Nothing of it is, not even its length.
    Unseen,
}

/// See the file's head.
pub(super) struct Asked {
    prompt: String,
    sight: Sight,
    typed: Zeroizing<String>,
    /// Bytes that are no UTF-8 came with it.
    is_mended: bool,
}

impl Asked {
    /// What stands below the last line of text.
    pub(super) fn prompt(&self) -> Prompt {
        let text = match self.sight {
            Sight::Shown => self.typed.to_string(),
            Sight::Unseen => String::new(),
        };
        Prompt {
            prompt: self.prompt.clone(),
            caret: text.len(),
            text,
        }
    }

    fn push(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.typed.len() + c.len_utf8() <= ANSWER_MAX_BYTES {
                self.typed.push(c);
            }
        }
    }
}

impl Typing {
    /// Asks, until [`Act::Answer`] comes.
    pub(in crate::terminal) fn ask_for(&mut self, question: &str, sight: Sight) {
        self.tabbing.end();
        self.asked = Some(Asked {
            prompt: format!("{} ", clean(question)),
            sight,
            // Never moved, so that no copy of a secret stays behind.
            typed: Zeroizing::new(String::with_capacity(ANSWER_MAX_BYTES + 4)),
            is_mended: false,
        });
    }

    /// Takes in a key while something is asked. Returns the key if nothing is.
    pub(super) fn answer(&mut self, event: KeyEvent) -> Option<KeyEvent> {
        let Some(asked) = &mut self.asked else {
            return Some(event);
        };
        match event {
            KeyEvent::Mended => asked.is_mended = true,
            KeyEvent::Mouse(_) => {}
            KeyEvent::Paste { text, .. } => {
                let text = Zeroizing::new(text);
                asked.push(text.trim_end_matches(['\r', '\n']));
            }
            KeyEvent::Press(key, Modifiers { ctrl, alt, .. }) => match (key, ctrl, alt) {
                (Key::Enter, ..) if asked.is_mended => {
                    // A secret that is not what was typed would open another room.
                    asked.typed.clear();
                    asked.is_mended = false;
                }
                (Key::Enter, ..) => self.end_answer(true),
                (Key::Char('j' | 'm'), true, _) => self.end_answer(true),
                (Key::Escape, ..) | (Key::Char('c' | 'd'), true, _) => self.end_answer(false),
                (Key::Backspace, ..) | (Key::Char('h'), true, _) => drop(asked.typed.pop()),
                (Key::Char('u' | 'w'), true, _) => asked.typed.clear(),
                (Key::Char(c), false, false) => asked.push(c.encode_utf8(&mut [0; 4])),
                _ => {}
            },
        }
        None
    }

    fn end_answer(&mut self, is_given: bool) {
        let Some(asked) = self.asked.take() else {
            return;
        };
        let Prompt { prompt, text, .. } = asked.prompt();
        self.acts
            .push_back(Act::Show(format!("{prompt}{}\n", clean(&text))));
        let answer = is_given.then_some(Secret(asked.typed));
        self.acts.push_back(Act::Answer(answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::console::PastePolicy;
    use crate::text::Lang;
    use std::time::Duration;

    fn asked(sight: Sight) -> Typing {
        let mut typing = Typing::new("ana> ".into(), PastePolicy::Lines, Lang::En);
        typing.feed(Duration::ZERO, b"meio");
        typing.ask_for("Senha:", sight);
        typing
    }

    /// What keys make of a question: what was shown of it, and the answer.
    fn answered(sight: Sight, keys: &[u8]) -> (Vec<String>, Option<Option<Secret>>) {
        let mut typing = asked(sight);
        let (mut shown, mut answer) = (Vec::new(), None);
        for key in keys {
            typing.feed(Duration::ZERO, &[*key]);
            let Prompt { prompt, text, .. } = typing.prompt();
            shown.push(prompt + &text);
            while let Some(act) = typing.poll() {
                match act {
                    Act::Answer(given) => answer = Some(given),
                    Act::Show(lines) => shown.push(lines),
                    other => panic!("{other:?}"),
                }
            }
        }
        if answer.is_some() {
            assert_eq!(typing.prompt().text, "meio", "the line comes back");
        }
        (shown, answer)
    }

    fn secret(text: &str) -> Option<Option<Secret>> {
        Some(Some(text.to_owned().into()))
    }

    #[test]
    fn a_secret_is_answered_unseen() {
        let (shown, answer) = answered(Sight::Unseen, b"xavier\x15cavalx\x7fo\r");
        assert_eq!(answer, secret("cavalo"));
        assert!(
            shown
                .iter()
                .all(|line| !line.contains('a') || !line.contains("cav"))
        );
        let (shown, answer) = answered(Sight::Shown, b"sim\r");
        assert_eq!(answer, secret("sim"));
        assert!(shown.contains(&"Senha: sim\n".to_owned()), "{shown:?}");
    }

    #[test]
    fn a_question_can_be_left() {
        for keys in [&b"ab\x03"[..], b"\x04"] {
            assert_eq!(answered(Sight::Unseen, keys).1, Some(None), "{keys:?}");
        }
    }

    #[test]
    fn a_secret_that_is_no_text_is_typed_again() {
        let (_, answer) = answered(Sight::Unseen, b"\xffab\rcd\r");
        assert_eq!(answer, secret("cd"));
    }
}
