//! What the keys of the full screen do, and the command that each of them is as well. Pure.

use crate::chat::vocabulary::{Argument, CommandWord};
use crate::terminal::keys::{Key, Modifiers};
use crate::text::{KeyUse, Lang};

/// What the screen itself can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Help,
    People,
    Find,
    Palette,
    Choose,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Redraw,
    Unfold,
    Clear,
    Quiet,
    Suspend,
    /// Another conversation: the next, the one before, or one by its number or name.
    Next,
    Previous,
    Room,
    Rooms,
    /// Closes a private conversation.
    Close,
    Select,
    Bare,
    Mouse,
    Notices,
    Theme,
}

impl Action {
    /// Whether its command means little without what stands behind it.
    pub(super) fn needs_more(self) -> bool {
        matches!(
            self,
            Self::Quiet | Self::Room | Self::Mouse | Self::Notices | Self::Theme
        )
    }
}

/// A key, its command in both languages, and what it is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    /// Nothing, if the line being typed or the room does it.
    pub(super) action: Option<Action>,
    /// As people call them.
    pub(super) keys: &'static str,
    pub(super) words: &'static [&'static str],
    pub(super) used_for: KeyUse,
}

impl Binding {
    /// Its command in a language; empty if it has none.
    pub(super) fn word(&self, lang: Lang) -> &'static str {
        let own = match lang {
            Lang::En => None,
            Lang::Pt => self.words.get(1),
        };
        own.or(self.words.first()).copied().unwrap_or_default()
    }
}

const fn of(
    action: Action,
    keys: &'static str,
    words: &'static [&'static str],
    used_for: KeyUse,
) -> Binding {
    Binding {
        action: Some(action),
        keys,
        words,
        used_for,
    }
}

const fn elsewhere(
    keys: &'static str,
    words: &'static [&'static str],
    used_for: KeyUse,
) -> Binding {
    Binding {
        action: None,
        keys,
        words,
        used_for,
    }
}

/// All of them, as the page of help lists them.
pub(super) const BINDINGS: [Binding; 30] = [
    of(
        Action::Help,
        "F1, Alt-H",
        &["/help", "/ajuda", "/?"],
        KeyUse::Help,
    ),
    of(
        Action::People,
        "F2",
        &["/people", "/pessoas"],
        KeyUse::People,
    ),
    of(
        Action::Find,
        "F3, Ctrl-F",
        &["/find", "/achar"],
        KeyUse::Find,
    ),
    of(
        Action::Palette,
        "F4",
        &["/palette", "/paleta"],
        KeyUse::Palette,
    ),
    of(
        Action::Choose,
        "F5",
        &["/choose", "/escolher"],
        KeyUse::Choose,
    ),
    of(Action::PageUp, "PgUp", &["/up", "/acima"], KeyUse::Up),
    of(
        Action::PageDown,
        "PgDn",
        &["/down", "/abaixo"],
        KeyUse::Down,
    ),
    of(Action::Top, "Ctrl-Home", &["/top", "/topo"], KeyUse::Top),
    of(
        Action::Bottom,
        "Ctrl-End",
        &["/bottom", "/fim"],
        KeyUse::Bottom,
    ),
    of(
        Action::Unfold,
        "Enter",
        &["/unfold", "/abrir"],
        KeyUse::Unfold,
    ),
    of(
        Action::Redraw,
        "Ctrl-L",
        &["/redraw", "/redesenhar"],
        KeyUse::Redraw,
    ),
    of(Action::Clear, "", &["/clear"], KeyUse::Clear),
    of(Action::Quiet, "", &["/quiet", "/silencio"], KeyUse::Quiet),
    of(
        Action::Suspend,
        "Ctrl-Z",
        &["/suspend", "/suspender"],
        KeyUse::Suspend,
    ),
    of(Action::Next, "Ctrl-N", &["/next", "/proxima"], KeyUse::Next),
    of(
        Action::Previous,
        "Ctrl-P",
        &["/previous", "/anterior"],
        KeyUse::Previous,
    ),
    of(
        Action::Room,
        "Alt-1 … Alt-9",
        &["/room", "/sala"],
        KeyUse::Room,
    ),
    of(Action::Rooms, "", &["/rooms", "/salas"], KeyUse::Rooms),
    of(Action::Close, "", &["/close", "/fechar"], KeyUse::Close),
    of(
        Action::Select,
        "Alt-↑, Alt-↓",
        &["/select", "/selecionar"],
        KeyUse::Select,
    ),
    elsewhere("↑", &["/edit", "/editar"], KeyUse::Edit),
    of(Action::Bare, "Ctrl-T", &["/bare", "/limpo"], KeyUse::Bare),
    of(Action::Mouse, "", &["/mouse"], KeyUse::Mouse),
    of(
        Action::Notices,
        "",
        &["/notify", "/avisar"],
        KeyUse::Notices,
    ),
    of(Action::Theme, "", &["/theme", "/tema"], KeyUse::Theme),
    elsewhere("Ctrl-C, Ctrl-D", &["/quit", "/sair"], KeyUse::Leave),
    elsewhere("Alt-Enter, Ctrl-J", &[], KeyUse::NewLine),
    elsewhere("Tab", &[], KeyUse::Complete),
    elsewhere("Ctrl-_", &[], KeyUse::Undo),
    elsewhere(":name:", &[], KeyUse::Emoji),
];

/// What a key does, if it is not the line's, and what would stand behind its command. With a single
/// conversation, the keys that choose another one go through the lines typed before.
pub(super) fn action(key: Key, held: Modifiers, talks: usize) -> Option<(Action, String)> {
    let action = match (key, held.ctrl, held.alt) {
        (Key::Function(1), ..) | (Key::Char('h' | 'H'), false, true) => Action::Help,
        (Key::Function(2), ..) => Action::People,
        (Key::Function(3), ..) | (Key::Char('f'), true, false) => Action::Find,
        (Key::Function(4), ..) => Action::Palette,
        (Key::Function(5), ..) => Action::Choose,
        (Key::PageUp, ..) => Action::PageUp,
        (Key::PageDown, ..) => Action::PageDown,
        (Key::Home, true, _) => Action::Top,
        (Key::End, true, _) => Action::Bottom,
        (Key::Char('n'), true, false) if talks > 1 => Action::Next,
        (Key::Char('p'), true, false) if talks > 1 => Action::Previous,
        (Key::Char(digit @ '1'..='9'), false, true) => {
            return Some((Action::Room, digit.to_string()));
        }
        (Key::Up | Key::Down, false, true) => Action::Select,
        (Key::Char('t'), true, false) => Action::Bare,
        _ => return None,
    };
    Some((action, String::new()))
}

/// What a typed command does, if it is the screen's, and what stands behind it.
pub(super) fn command(line: &str) -> Option<(Action, &str)> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let mut all = BINDINGS.iter();
    let binding = all.find(|binding| binding.words.contains(&word))?;
    Some((binding.action?, rest.trim()))
}

/// The words of the screen's own commands, for Tab.
pub(super) fn words() -> impl Iterator<Item = CommandWord> {
    let own = BINDINGS.iter().filter(|binding| binding.action.is_some());
    let words = own.flat_map(|binding| binding.words.iter());
    words.map(|word| CommandWord::new(word, Argument::Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::command::commands;

    #[test]
    fn every_key_has_a_command_and_no_command_is_taken_from_the_room() {
        for binding in BINDINGS.iter().filter(|binding| binding.action.is_some()) {
            assert!(!binding.words.is_empty(), "{binding:?}");
            for word in binding.words {
                assert_eq!(command(word), binding.action.map(|action| (action, "")));
                let is_rooms = commands().any(|command| command.word == *word);
                // Each face shows help and rooms and clears the screen in a way of its own.
                let shared = [
                    "/help", "/ajuda", "/clear", "/room", "/rooms", "/sala", "/salas",
                ];
                assert!(!is_rooms || shared.contains(word), "{word}");
            }
        }
        assert_eq!(command(" /find  oi ana "), Some((Action::Find, "oi ana")));
        assert_eq!(command("/quit"), None);
        assert_eq!(command("/who"), None);
    }
}
