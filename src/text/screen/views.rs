//! What the full screen says about its rooms, people and messages.

use super::super::{Lang, say};

/// A line was sent to more people than are counted one by one.
#[must_use]
pub fn sent(lang: Lang) -> String {
    say!(lang, "sent", "enviada")
}

/// What a private conversation is.
#[must_use]
pub fn only_two(lang: Lang) -> String {
    say!(
        lang,
        "private: only the two of you read this",
        "particular: só vocês dois leem isto"
    )
}

/// Stands above those who have left.
#[must_use]
pub fn people_away(lang: Lang) -> String {
    say!(lang, "Away", "Ausentes")
}

/// Somebody is here.
#[must_use]
pub fn is_here_now(lang: Lang) -> String {
    say!(lang, "here", "aqui")
}

/// Somebody does not answer.
#[must_use]
pub fn is_silent_now(lang: Lang) -> String {
    say!(lang, "silent", "sem resposta")
}

/// A keeper is here.
#[must_use]
pub fn keeps_here(lang: Lang) -> String {
    say!(lang, "keeps what is said", "guarda o que se diz")
}

/// Somebody's code was compared.
#[must_use]
pub fn is_verified_now(lang: Lang) -> String {
    say!(lang, "verified", "verificado")
}

/// Nothing of somebody is shown.
#[must_use]
pub fn is_ignored_now(lang: Lang) -> String {
    say!(lang, "ignored", "ignorado")
}

/// A conversation in the list of them: with how many messages are new and mean this person.
#[must_use]
pub fn view_entry(
    lang: Lang,
    number: usize,
    name: &str,
    is_private: bool,
    (new, called): (usize, usize),
) -> String {
    let name = match is_private {
        true => say!(lang, "{name} (private)", "{name} (particular)"),
        false => name.to_owned(),
    };
    match (new, called) {
        (0, _) => say!(lang, "{number} {name}", "{number} {name}"),
        (_, 0) => say!(
            lang,
            "{number} {name}: {new} new",
            "{number} {name}: {new} novas"
        ),
        _ => say!(
            lang,
            "{number} {name}: {new} new, {called} for you",
            "{number} {name}: {new} novas, {called} para você"
        ),
    }
}

/// No conversation has this number or name.
#[must_use]
pub fn no_such_view(lang: Lang, typed: &str) -> String {
    say!(
        lang,
        "no room or person \"{typed}\" is open; /rooms lists them",
        "não há sala nem pessoa aberta \"{typed}\"; /salas lista todas"
    )
}

/// A room is left by another command.
#[must_use]
pub fn close_usage(lang: Lang) -> String {
    say!(
        lang,
        "/close ends a private conversation; /part leaves a room",
        "/fechar encerra uma conversa particular; /part sai de uma sala"
    )
}

/// An action would be told to everybody.
#[must_use]
pub fn no_action_here(lang: Lang) -> String {
    say!(
        lang,
        "/me is told to the whole room; go there first",
        "/me vai para a sala inteira; vá para lá primeiro"
    )
}

/// How the mouse is switched.
#[must_use]
pub fn mouse_usage(lang: Lang) -> String {
    say!(lang, "/mouse on or /mouse off", "/mouse sim ou /mouse não")
}

/// Whether the mouse is followed.
#[must_use]
pub fn mouse_is(lang: Lang, is_on: bool) -> String {
    match is_on {
        true => say!(
            lang,
            "mouse on: Shift selects text",
            "mouse ligado: Shift seleciona texto"
        ),
        false => say!(
            lang,
            "mouse off: it selects text",
            "mouse desligado: ele seleciona texto"
        ),
    }
}

/// How notices are chosen.
#[must_use]
pub fn notices_usage(lang: Lang) -> String {
    say!(
        lang,
        "/notify all or /notify mentions; /quiet 1h for none",
        "/avisar tudo ou /avisar menções; /silencio 1h para nenhum"
    )
}

/// Which messages are noticed.
#[must_use]
pub fn notices_are(lang: Lang, is_all: bool) -> String {
    match is_all {
        true => say!(
            lang,
            "notices for all messages",
            "avisos de todas as mensagens"
        ),
        false => say!(
            lang,
            "notices for your name and private messages",
            "avisos do seu nome e de mensagens particulares"
        ),
    }
}

/// The schemes of colours.
#[must_use]
pub fn theme_usage(lang: Lang) -> String {
    say!(
        lang,
        "/theme default, high-contrast, light or none",
        "/tema default, high-contrast, light ou none"
    )
}

/// Stands before the first message that is kept.
#[must_use]
pub fn beginning(lang: Lang) -> String {
    say!(
        lang,
        "── nothing older is kept ──",
        "── nada mais antigo está guardado ──"
    )
}

/// Stands where messages are missing that are read when they are looked at.
#[must_use]
pub fn more_between(lang: Lang) -> String {
    say!(
        lang,
        "── more in between: PgDn reads it ──",
        "── há mais no meio: PgDn lê ──"
    )
}

/// Nothing was said about a time.
#[must_use]
pub fn nothing_then(lang: Lang) -> String {
    say!(
        lang,
        "nothing is kept of that time",
        "nada está guardado desse tempo"
    )
}

/// A link that was clicked.
#[must_use]
pub fn link_copied(lang: Lang, link: &str) -> String {
    say!(lang, "copied: {link}", "copiado: {link}")
}

/// What may be done with a message that is selected.
#[must_use]
pub fn select_hint(lang: Lang) -> String {
    say!(
        lang,
        "↑ ↓ select · Enter unfold · e edit · Del delete · m answer privately · Esc back",
        "↑ ↓ seleciona · Enter abre · e edita · Del apaga · m responde em particular · Esc volta",
    )
}

/// A message is being changed.
#[must_use]
pub fn editing_hint(lang: Lang) -> String {
    say!(
        lang,
        "changing your message: Enter changes it, Esc leaves it",
        "mudando a sua mensagem: Enter muda, Esc deixa como está"
    )
}

/// Whether a message is to be deleted.
#[must_use]
pub fn delete_asked(lang: Lang) -> String {
    say!(
        lang,
        "delete this message for everybody? y/n",
        "apagar esta mensagem para todos? s/n"
    )
}

/// Whether all rooms are to be left.
#[must_use]
pub fn leave_asked(lang: Lang, rooms: usize) -> String {
    say!(
        lang,
        "leave all {rooms} rooms? y/n",
        "sair das {rooms} salas? s/n"
    )
}

/// A message of somebody else.
#[must_use]
pub fn only_own_change(lang: Lang) -> String {
    say!(
        lang,
        "only its author can change a message",
        "só quem escreveu pode mudar uma mensagem"
    )
}

/// A private message is not changed.
#[must_use]
pub fn private_stays(lang: Lang) -> String {
    say!(
        lang,
        "private messages cannot be changed",
        "mensagens particulares não podem ser mudadas"
    )
}

/// A deleted message is not changed.
#[must_use]
pub fn deleted_stays(lang: Lang) -> String {
    say!(lang, "it is deleted already", "já foi apagada")
}
