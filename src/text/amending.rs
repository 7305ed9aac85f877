//! The sentences about changing, withdrawing and finding what was said.

use super::{Lang, say};

/// What stands behind a message that its author has changed.
#[must_use]
pub fn edited_mark(lang: Lang) -> String {
    say!(lang, "(edited)", "(editada)")
}

/// What stands for the text of a message that its author has withdrawn.
#[must_use]
pub fn deleted_mark(lang: Lang) -> String {
    say!(lang, "(deleted)", "(apagada)")
}

/// What somebody did who changed what was said at a time, behind their name.
#[must_use]
pub fn corrected(lang: Lang, at: &str, text: &str) -> String {
    say!(lang, "corrected [{at}]: {text}", "corrigiu [{at}]: {text}")
}

/// What somebody did who withdrew what was said at a time, behind their name.
#[must_use]
pub fn deleted(lang: Lang, at: &str) -> String {
    say!(lang, "deleted [{at}]", "apagou [{at}]")
}

/// What withdrawing a message of one's own does, and what it cannot do.
#[must_use]
pub fn deletion_explained(lang: Lang) -> String {
    say!(
        lang,
        "its text is gone from every screen and index of those who are here; whoever read it has \
        read it, and the sealed message stays with the members until it is seven days old, to \
        repair losses",
        "o texto sumiu das telas e dos índices de quem está aqui; quem já leu, leu, e a mensagem \
        selada fica com os membros até completar sete dias, para reparar perdas",
    )
}

/// All that was found has been shown.
#[must_use]
pub fn searched(lang: Lang, count: usize, has_more: bool) -> String {
    match (count, has_more) {
        (0, _) => say!(lang, "nothing was found", "nada foi encontrado"),
        (1, false) => say!(lang, "1 message found", "1 mensagem encontrada"),
        (n, false) => say!(lang, "{n} messages found", "{n} mensagens encontradas"),
        (n, true) => say!(
            lang,
            "the newest {n} messages found; limit:1000 or until:TIME shows older ones",
            "as {n} mensagens mais novas encontradas; limite:1000 ou até:HORA mostra mais antigas",
        ),
    }
}

/// The commands for what was said, for help.
#[must_use]
pub(super) fn amending_commands(lang: Lang) -> [String; 5] {
    [
        say!(
            lang,
            "/history TIME  what was said since then: yesterday, 2h, 14:03, 2026-11-01",
            "/history HORA  o que foi dito desde então: ontem, 2h, 14:03, 2026-11-01",
        ),
        say!(
            lang,
            "/search WORDS  finds WORDS, prov* and \"two words\"; also from:ana since:yesterday",
            "/buscar TEXTO  acha TEXTO, prov* e \"duas palavras\"; também de:ana desde:ontem",
        ),
        say!(
            lang,
            "/context ID    what was said around the message ID, as /search and /history show it",
            "/context ID    o que foi dito em volta da mensagem ID, que /buscar e /history mostram",
        ),
        say!(
            lang,
            "/edit [ID] TEXT changes your message ID to TEXT; without ID, your last one",
            "/editar [ID] TEXTO muda a sua mensagem ID para TEXTO; sem ID, a sua última",
        ),
        say!(
            lang,
            "/delete [ID]   withdraws your message ID; without ID, your last one",
            "/apagar [ID]   apaga a sua mensagem ID; sem ID, a sua última",
        ),
    ]
}

/// A typed time is none.
#[must_use]
pub fn no_time(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "'{given}' is no time: use yesterday, 2h, 3d, 14:03, 2026-11-01 or 2026-11-01T14:03",
        "'{given}' não é uma data nem uma hora: use ontem, 2h, 3d, 14:03, 2026-11-01 ou \
        2026-11-01T14:03",
    )
}

/// What was typed to be looked for holds no word.
#[must_use]
pub fn no_word(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "'{given}' has no word: type letters, digits or an emoji to be found",
        "'{given}' não tem palavra: digite letras, números ou um emoji para buscar",
    )
}

/// What was typed is no id of a message.
#[must_use]
pub fn no_message_id(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "'{given}' is no message's id: /history and /search show them, six signs such as k3mx9q",
        "'{given}' não é o id de uma mensagem: /history e /buscar mostram, seis sinais como k3mx9q",
    )
}

/// No message that is held has this id.
#[must_use]
pub fn no_message(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "no message {given} is held here; /history and /search show the ids. What is older than \
        seven days cannot be changed",
        "nenhuma mensagem {given} está guardada aqui; /history e /buscar mostram os ids. O que tem \
        mais de sete dias não pode ser mudado",
    )
}

/// The message with this id is so old that the others hold it no more.
#[must_use]
pub fn too_old(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "the message {given} is too old: the others hold it no more, and it cannot be changed",
        "a mensagem {given} é antiga demais: os outros não a guardam mais, e ela não pode ser \
        mudada",
    )
}

/// This person has said nothing that could be changed.
#[must_use]
pub fn nothing_said(lang: Lang) -> String {
    say!(
        lang,
        "there is no last message of yours to change",
        "não há uma última mensagem sua para mudar",
    )
}

/// The message with this id is somebody else's.
#[must_use]
pub fn not_your_message(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "the message {given} is not yours: only its author can change it",
        "a mensagem {given} não é sua: só quem a escreveu pode mudar",
    )
}

/// Private messages cannot be changed.
#[must_use]
pub fn private_message(lang: Lang) -> String {
    say!(
        lang,
        "that is a private message, which cannot be changed: say it again with /msg",
        "essa é uma mensagem privada, que não pode ser mudada: diga de novo com /msg",
    )
}

/// The message was withdrawn, which is for ever.
#[must_use]
pub fn deleted_message(lang: Lang) -> String {
    say!(
        lang,
        "that message is deleted, and stays so",
        "essa mensagem está apagada, e fica assim"
    )
}

/// What a message is to say is longer than a message.
#[must_use]
pub fn change_too_long(lang: Lang, limit_bytes: usize) -> String {
    let kib = limit_bytes / 1024;
    say!(
        lang,
        "not changed: the new text is longer than {kib} KiB, the most that a message holds",
        "não mudada: o texto novo passa de {kib} KiB, o máximo de uma mensagem",
    )
}

/// The message was said while this computer's clock was ahead, and the clock was set back.
#[must_use]
pub fn change_too_early(lang: Lang) -> String {
    say!(
        lang,
        "not changed: this computer's clock was set back since you said that; try again later",
        "não mudada: o relógio deste computador foi atrasado depois que você disse isso; tente \
        mais tarde",
    )
}

/// The archive cannot search.
#[must_use]
pub fn search_failed(lang: Lang, why: &str) -> String {
    say!(
        lang,
        "the archive cannot be searched: {why}",
        "não dá para buscar no arquivo: {why}"
    )
}
