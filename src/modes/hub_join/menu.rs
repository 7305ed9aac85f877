//! The report's numbered menu: a choice, and then what the choice needs, each a line.

use crate::protocol::hub::joiner::HubRequest;
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
    pub(super) fn take(&mut self, line: &str) -> Option<HubRequest> {
        let text = line.to_owned();
        let request = match std::mem::take(self) {
            Self::Choice => match line.trim() {
                "1" => return self.ask(Self::EchoText),
                "2" => HubRequest::List,
                "3" => return self.ask(Self::PrivateTo),
                "4" => return self.ask(Self::BroadcastMode),
                "5" => HubRequest::Exit,
                "6" => HubRequest::Close,
                // The report's client leaves it to the hub to say so.
                _ => HubRequest::Unknown,
            },
            Self::EchoText => HubRequest::Echo(text),
            Self::PrivateTo => return self.ask(Self::PrivateText(text.trim().to_owned())),
            Self::PrivateText(to) => HubRequest::Private { to, text },
            Self::BroadcastMode => return self.ask(Self::BroadcastText(is_yes(line))),
            Self::BroadcastText(true) => HubRequest::BroadcastNotMe(text),
            Self::BroadcastText(false) => HubRequest::Broadcast(text),
        };
        Some(request)
    }

    fn ask(&mut self, next: Self) -> Option<HubRequest> {
        *self = next;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_asks_for_what_it_needs() {
        let wishes = |lines: &[&str]| -> Vec<HubRequest> {
            let mut menu = Menu::default();
            let wishes: Vec<HubRequest> = lines.iter().filter_map(|line| menu.take(line)).collect();
            assert_eq!(menu, Menu::Choice);
            wishes
        };
        let private = HubRequest::Private {
            to: "bia".into(),
            text: "oi".into(),
        };
        assert_eq!(wishes(&["1", "oi"]), [HubRequest::Echo("oi".into())]);
        assert_eq!(wishes(&["3", "bia", "oi"]), [private]);
        assert_eq!(
            wishes(&["4", "y", "a"]),
            [HubRequest::BroadcastNotMe("a".into())]
        );
        assert_eq!(
            wishes(&["4", "n", "a"]),
            [HubRequest::Broadcast("a".into())]
        );
        let rest = [
            HubRequest::List,
            HubRequest::Close,
            HubRequest::Unknown,
            HubRequest::Exit,
        ];
        assert_eq!(wishes(&["2", " 6 ", "x", "5"]), rest);
    }
}
