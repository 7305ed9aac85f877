//! The report's numbered menu: a choice, and then what the choice needs, each a line.

use crate::protocol::hub::joiner::Wish;
use crate::text::is_yes;

/// What the menu asks for next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Menu {
    /// A number.
    #[default]
    Choice,
    /// The text of an echo.
    EchoText,
    /// Whom a private message is for.
    PrivateTo,
    /// Its text.
    PrivateText(String),
    /// Whether a broadcast is for all but oneself.
    BroadcastMode,
    /// Its text, and whether it is for all but oneself.
    BroadcastText(bool),
}

impl Menu {
    /// Takes a typed line in; what is wished, if that is all of it.
    pub(super) fn take(&mut self, line: &str) -> Option<Wish> {
        let text = line.to_owned();
        let wish = match std::mem::take(self) {
            Self::Choice => match line.trim() {
                "1" => return self.ask(Self::EchoText),
                "2" => Wish::List,
                "3" => return self.ask(Self::PrivateTo),
                "4" => return self.ask(Self::BroadcastMode),
                "5" => Wish::Exit,
                "6" => Wish::Close,
                // The report's client leaves it to the hub to say so.
                _ => Wish::Unknown,
            },
            Self::EchoText => Wish::Echo(text),
            Self::PrivateTo => return self.ask(Self::PrivateText(text.trim().to_owned())),
            Self::PrivateText(to) => Wish::Private { to, text },
            Self::BroadcastMode => return self.ask(Self::BroadcastText(is_yes(line))),
            Self::BroadcastText(true) => Wish::BroadcastNotMe(text),
            Self::BroadcastText(false) => Wish::Broadcast(text),
        };
        Some(wish)
    }

    fn ask(&mut self, next: Self) -> Option<Wish> {
        *self = next;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_asks_for_what_it_needs() {
        let wishes = |lines: &[&str]| -> Vec<Wish> {
            let mut menu = Menu::default();
            let wishes: Vec<Wish> = lines.iter().filter_map(|line| menu.take(line)).collect();
            assert_eq!(menu, Menu::Choice);
            wishes
        };
        let private = Wish::Private {
            to: "bia".into(),
            text: "oi".into(),
        };
        assert_eq!(wishes(&["1", "oi"]), [Wish::Echo("oi".into())]);
        assert_eq!(wishes(&["3", "bia", "oi"]), [private]);
        assert_eq!(wishes(&["4", "y", "a"]), [Wish::BroadcastNotMe("a".into())]);
        assert_eq!(wishes(&["4", "n", "a"]), [Wish::Broadcast("a".into())]);
        let rest = [Wish::List, Wish::Close, Wish::Unknown, Wish::Exit];
        assert_eq!(wishes(&["2", " 6 ", "x", "5"]), rest);
    }
}
