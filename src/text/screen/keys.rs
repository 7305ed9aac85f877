//! What the keys of the full screen are for.

use super::super::{Lang, say};

/// What the action of a key does.
#[must_use]
pub fn key_use(lang: Lang, key: KeyUse) -> String {
    match key {
        KeyUse::Help => say!(lang, "this page", "esta página"),
        KeyUse::People => say!(
            lang,
            "shows or hides the people",
            "mostra ou esconde as pessoas"
        ),
        KeyUse::Find => say!(lang, "finds in what was said", "busca no que foi dito"),
        KeyUse::Palette => say!(lang, "all keys and commands", "todas as teclas e comandos"),
        KeyUse::Choose => say!(lang, "chooses a person", "escolhe uma pessoa"),
        KeyUse::Up => say!(lang, "a page up", "uma página acima"),
        KeyUse::Down => say!(lang, "a page down", "uma página abaixo"),
        KeyUse::Top => say!(lang, "the oldest", "o mais antigo"),
        KeyUse::Bottom => say!(lang, "the newest", "o mais novo"),
        KeyUse::Redraw => say!(lang, "draws the screen again", "desenha a tela de novo"),
        KeyUse::Unfold => say!(
            lang,
            "shows a long message whole",
            "mostra inteira uma mensagem"
        ),
        KeyUse::Clear => say!(lang, "clears the screen", "limpa a tela"),
        KeyUse::Quiet => say!(lang, "no sounds and notices", "sem sons e avisos"),
        KeyUse::Suspend => say!(lang, "back to the shell; fg returns", "ao shell; fg volta"),
        KeyUse::Leave => say!(lang, "leaves", "sai"),
        KeyUse::NewLine => say!(lang, "a new line of your message", "nova linha da mensagem"),
        KeyUse::Complete => say!(
            lang,
            "completes a name or a command",
            "completa nome ou comando"
        ),
        KeyUse::Undo => say!(lang, "undoes", "desfaz"),
        KeyUse::Next => say!(lang, "the next room or person", "a próxima sala ou pessoa"),
        KeyUse::Previous => say!(lang, "the one before", "a anterior"),
        KeyUse::Room => say!(lang, "a room by number or name", "sala por número ou nome"),
        KeyUse::Rooms => say!(lang, "lists what is open", "lista o que está aberto"),
        KeyUse::Close => say!(
            lang,
            "ends a private conversation",
            "encerra uma conversa particular"
        ),
        KeyUse::Select => say!(lang, "selects a message", "seleciona uma mensagem"),
        KeyUse::Edit => say!(lang, "changes your last line", "muda a sua última linha"),
        KeyUse::Bare => say!(lang, "text alone, to be copied", "só o texto, para copiar"),
        KeyUse::Mouse => say!(lang, "on, off", "sim, não"),
        KeyUse::Notices => say!(
            lang,
            "all, mentions: what calls you",
            "tudo, menções: o que chama você"
        ),
        KeyUse::Theme => say!(lang, "the colours", "as cores"),
        KeyUse::Emoji => say!(lang, "an emoji by its name", "um emoji pelo nome"),
    }
}

/// What a key of the full screen is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// The page of help.
    Help,
    /// The column of people.
    People,
    /// Finding.
    Find,
    /// The palette.
    Palette,
    /// Choosing a person.
    Choose,
    /// A page up.
    Up,
    /// A page down.
    Down,
    /// To the oldest.
    Top,
    /// To the newest.
    Bottom,
    /// Drawing again.
    Redraw,
    /// A long message.
    Unfold,
    /// Clearing.
    Clear,
    /// Silence.
    Quiet,
    /// Stopping the job.
    Suspend,
    /// Leaving.
    Leave,
    /// A line break.
    NewLine,
    /// Tab.
    Complete,
    /// The next conversation.
    Next,
    /// The one before.
    Previous,
    /// One by its number or name.
    Room,
    /// The list of them.
    Rooms,
    /// Ending a private one.
    Close,
    /// Selecting a message.
    Select,
    /// Changing the last line.
    Edit,
    /// Hiding all frames.
    Bare,
    /// The mouse.
    Mouse,
    /// Notices.
    Notices,
    /// Colours.
    Theme,
    /// Undoing.
    Undo,
    /// An emoji.
    Emoji,
}
