//! What a typed line asks about a call: `/call`, `/hand`, `/relay`, and what a host decides.

use super::command::{Asked, Command, PageAsk};
use super::entry::whole_name;
use super::event::Failure;
use super::media::{Decision, Hand, MediaCommand, RelayWish, RuleCommand};

/// What `/hand` takes.
const HAND_USAGE: &str = "/hand [down]";

/// What `/call` takes.
const CALL_USAGE: &str = "/call [list]";

/// What `/relay` takes.
const RELAY_USAGE: &str = "/relay [off]";

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
        "/relay" | "/repassar" => match rest.trim() {
            "" | "on" | "ligar" => media(MediaCommand::Relay(RelayWish::On)),
            "off" | "desligar" => media(MediaCommand::Relay(RelayWish::Off)),
            _ => Err(Failure::Usage(RELAY_USAGE)),
        },
        "/host" | "/anfitriao" | "/anfitrião" => media(MediaCommand::Roles),
        _ => return of_host(word, whole_name(rest)),
    })
}

/// What a line decides for all; `None` if its word is another.
fn of_host(word: &str, name: &str) -> Option<Result<Asked, Failure>> {
    let (decision, usage, for_all) = match word {
        "/mute" | "/silenciar" => (Decision::Muted, "", Some(RuleCommand::MuteAll)),
        "/unmute" | "/dessilenciar" => (Decision::Unmuted, "", Some(RuleCommand::UnmuteAll)),
        "/word" | "/palavra" => (Decision::GivenTheWord, "/word NAME", None),
        "/appoint" | "/nomear" => (Decision::Appointed, "/appoint NAME", None),
        "/dismiss" | "/destituir" => (Decision::Dismissed, "/dismiss NAME", None),
        _ => return None,
    };
    let rule = match (name, for_all) {
        ("", None) => return Some(Err(Failure::Usage(usage))),
        ("", Some(rule)) => rule,
        (name, _) => RuleCommand::Decide {
            decision,
            who: name.to_owned(),
        },
    };
    Some(Ok(Asked::Command(Command::Rule(rule))))
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
        let relay = |wish| media(MediaCommand::Relay(wish));
        assert_eq!(of_line("/relay", "on"), relay(RelayWish::On));
        assert_eq!(of_line("/repassar", " "), relay(RelayWish::On));
        assert_eq!(of_line("/repassar", "desligar"), relay(RelayWish::Off));
        let which = Some(Err(Failure::Usage(RELAY_USAGE)));
        assert_eq!(of_line("/relay", "8"), which);
        let wrong = Some(Err(Failure::Usage(HAND_USAGE)));
        assert_eq!(of_line("/hand", "off"), wrong);
        assert_eq!(of_line("/who", ""), None);
    }

    #[test]
    fn a_host_decides_about_one_or_about_all() {
        let rule = |rule| Some(Ok(Asked::Command(Command::Rule(rule))));
        let decide = |decision, who: &str| {
            rule(RuleCommand::Decide {
                decision,
                who: who.to_owned(),
            })
        };
        let roles = Some(Ok(Asked::Command(Command::Media(MediaCommand::Roles))));
        assert_eq!(of_line("/host", ""), roles);
        assert_eq!(of_line("/anfitrião", ""), roles);
        assert_eq!(of_line("/mute", " "), rule(RuleCommand::MuteAll));
        assert_eq!(of_line("/dessilenciar", ""), rule(RuleCommand::UnmuteAll));
        let muted = decide(Decision::Muted, "Ana Luz");
        assert_eq!(of_line("/silenciar", " Ana Luz "), muted);
        assert_eq!(of_line("/mute", "\"Ana Luz\""), muted);
        let word = decide(Decision::GivenTheWord, "rui#3f9c");
        assert_eq!(of_line("/word", "rui#3f9c"), word);
        let appointed = decide(Decision::Appointed, "bia");
        assert_eq!(of_line("/nomear", "bia"), appointed);
        for (word, usage) in [
            ("/word", "/word NAME"),
            ("/appoint", "/appoint NAME"),
            ("/destituir", "/dismiss NAME"),
        ] {
            let missing = Some(Err(Failure::Usage(usage)));
            assert_eq!(of_line(word, ""), missing);
        }
    }
}
