//! What a typed line asks about a call: `/call` and `/hand`.

use super::command::{Asked, Command, PageAsk};
use super::event::Failure;
use super::media::{Hand, MediaCommand};

/// What `/hand` takes.
const HAND_USAGE: &str = "/hand [down]";

/// What `/call` takes.
const CALL_USAGE: &str = "/call [list]";

/// What a line about a call asks for; `None` if its word is another.
pub(super) fn of_line(word: &str, rest: &str) -> Option<Result<Asked, Failure>> {
    let media = |command| Ok(Asked::Command(Command::Media(command)));
    Some(match word {
        "/call" | "/chamada" => match rest.trim() {
            "" => Ok(Asked::Page(PageAsk::Call)),
            "list" | "lista" => media(MediaCommand::List),
            _ => Err(Failure::Usage(CALL_USAGE)),
        },
        "/hand" | "/mao" | "/mão" => match rest.trim() {
            "" | "up" | "levantar" => media(MediaCommand::Hand(Hand::Raised)),
            "down" | "baixar" => media(MediaCommand::Hand(Hand::Lowered)),
            _ => Err(Failure::Usage(HAND_USAGE)),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_is_raised_and_lowered_and_a_call_opens_the_page() {
        let media = |command| Some(Ok(Asked::Command(Command::Media(command))));
        assert_eq!(of_line("/call", " "), Some(Ok(Asked::Page(PageAsk::Call))));
        assert_eq!(of_line("/chamada", "lista"), media(MediaCommand::List));
        let raised = media(MediaCommand::Hand(Hand::Raised));
        assert_eq!(of_line("/hand", ""), raised);
        assert_eq!(of_line("/mão", ""), raised);
        let lowered = media(MediaCommand::Hand(Hand::Lowered));
        assert_eq!(of_line("/mao", "baixar"), lowered);
        let wrong = Some(Err(Failure::Usage(HAND_USAGE)));
        assert_eq!(of_line("/hand", "off"), wrong);
        assert_eq!(of_line("/who", ""), None);
    }
}
