//! What the full screen says.

mod keys;
mod views;

pub use self::keys::*;
pub use self::views::*;
use super::{Lang, row, say};

/// Stands before the first message that was not read.
#[must_use]
pub fn unread_mark(lang: Lang) -> String {
    say!(lang, "── new from here on ──", "── novas a partir daqui ──")
}

/// A message that came after others that follow it.
#[must_use]
pub fn late(lang: Lang) -> String {
    say!(lang, "(late)", "(atrasada)")
}

/// Lines of a message that are not shown yet.
#[must_use]
pub fn folded_lines(lang: Lang, count: usize) -> String {
    match count {
        1 => say!(lang, "1 more line (Enter)", "mais 1 linha (Enter)"),
        _ => say!(
            lang,
            "{count} more lines (Enter)",
            "mais {count} linhas (Enter)"
        ),
    }
}

/// The rest of a long message is not shown yet.
#[must_use]
pub fn folded_text(lang: Lang) -> String {
    say!(lang, "more (Enter)", "continua (Enter)")
}

/// What the lock of a room means.
#[must_use]
pub fn lock(lang: Lang, is_keyed: bool) -> String {
    match is_keyed {
        true => say!(
            lang,
            "locked: only people with its key read this",
            "trancada: só quem tem a chave lê isto",
        ),
        false => say!(
            lang,
            "open: anyone on this network may read this",
            "aberta: qualquer pessoa desta rede pode ler isto",
        ),
    }
}

/// The same in a word.
#[must_use]
pub fn lock_word(lang: Lang, is_keyed: bool) -> String {
    match is_keyed {
        true => say!(lang, "locked", "trancada"),
        false => say!(lang, "open", "aberta"),
    }
}

/// How many people are in the room.
#[must_use]
pub fn here(lang: Lang, count: usize) -> String {
    match count {
        1 => say!(lang, "only you", "só você"),
        _ => say!(lang, "{count} here", "{count} aqui"),
    }
}

/// How many have what this person said last.
#[must_use]
pub fn have_last(lang: Lang, has: usize, of: usize) -> String {
    match has == of {
        true if of == 1 => say!(
            lang,
            "the other one has your last line",
            "a outra pessoa tem sua última linha",
        ),
        true => say!(
            lang,
            "all {of} have your last line",
            "todos os {of} têm sua última linha",
        ),
        false => say!(
            lang,
            "{has} of {of} have your last line",
            "{has} de {of} têm sua última linha",
        ),
    }
}

/// There is no network.
#[must_use]
pub fn offline(lang: Lang) -> String {
    say!(lang, "no network", "sem rede")
}

/// Stands above the people.
#[must_use]
pub fn people(lang: Lang, count: usize) -> String {
    say!(lang, "People ({count})", "Pessoas ({count})")
}

/// This person in the list of people.
#[must_use]
pub fn you(lang: Lang, name: &str) -> String {
    say!(lang, "{name} (you)", "{name} (você)")
}

/// Messages came below what is seen.
#[must_use]
pub fn new_below(lang: Lang, count: usize) -> String {
    match count {
        0 => say!(lang, "↓ Ctrl-End", "↓ Ctrl-End: fim"),
        _ => say!(
            lang,
            "↓ {count} new (Ctrl-End)",
            "↓ {count} novas (Ctrl-End)"
        ),
    }
}

/// Some lack something that this person said.
#[must_use]
pub fn waited_for(lang: Lang, who: &[String]) -> String {
    let who = row(who);
    say!(lang, "waiting for {who}", "esperando {who}")
}

/// No sounds and notices for a while.
#[must_use]
pub fn quiet_for(lang: Lang, minutes: u64) -> String {
    say!(
        lang,
        "quiet for {minutes} min",
        "silêncio por {minutes} min"
    )
}

/// Sounds and notices come again.
#[must_use]
pub fn quiet_over(lang: Lang) -> String {
    say!(
        lang,
        "sounds and notices are on",
        "sons e avisos estão ligados"
    )
}

/// The first thing to know.
#[must_use]
pub fn first_hint(lang: Lang) -> String {
    say!(lang, "F1 help · F4 commands", "F1 ajuda · F4 comandos")
}

/// A paste of several lines.
#[must_use]
pub fn paste_asked(lang: Lang, lines: usize) -> String {
    say!(
        lang,
        "put {lines} pasted lines into your message? y/n",
        "colocar {lines} linhas coladas na sua mensagem? s/n",
    )
}

/// What is searched for, and how much was found.
#[must_use]
pub fn found(lang: Lang, found: usize) -> String {
    match found {
        0 => say!(
            lang,
            "nothing found · Esc back",
            "nada encontrado · Esc volta"
        ),
        1 => say!(
            lang,
            "1 found · Enter stays · Esc back",
            "1 encontrada · Enter fica · Esc volta",
        ),
        _ => say!(
            lang,
            "{found} found · ↑ ↓ next · Enter stays · Esc back",
            "{found} encontradas · ↑ ↓ outra · Enter fica · Esc volta",
        ),
    }
}

/// Stands before what is searched for.
#[must_use]
pub fn find_prompt(lang: Lang) -> String {
    say!(lang, "find: ", "buscar: ")
}

/// Above the list of keys and commands.
#[must_use]
pub fn palette_title(lang: Lang) -> String {
    say!(lang, " Keys and commands ", " Teclas e comandos ")
}

/// Above the page of help.
#[must_use]
pub fn help_title(lang: Lang) -> String {
    say!(
        lang,
        " Help: ↑ ↓ scroll, any other key goes back ",
        " Ajuda: ↑ ↓ rolam, qualquer outra tecla volta ",
    )
}

/// Above the code that two people compare.
#[must_use]
pub fn verify_title(lang: Lang, who: &str) -> String {
    say!(lang, " You and {who} ", " Você e {who} ")
}

/// What to do with the code.
#[must_use]
pub fn verify_use(lang: Lang, who: &str) -> [String; 2] {
    [
        say!(
            lang,
            "Read these digits or words to each other, by voice:",
            "Leiam estes dígitos ou palavras um para o outro, de viva voz:",
        ),
        say!(
            lang,
            "If both screens show the same: /verified {who}",
            "Se as duas telas mostram o mesmo: /verified {who}",
        ),
    ]
}

/// What may be done with somebody who is chosen.
#[must_use]
pub fn choose_hint(lang: Lang) -> String {
    say!(
        lang,
        "↑ ↓ choose · m message · v verify · i ignore · f fingerprint · Esc back",
        "↑ ↓ escolhe · m mensagem · v verifica · i ignora · f impressão digital · Esc volta",
    )
}

/// How the quiet is asked for.
#[must_use]
pub fn quiet_usage(lang: Lang) -> String {
    say!(
        lang,
        "/quiet needs a time, such as /quiet 1h or /quiet 30m; /quiet 0 ends it",
        "/silencio precisa de um tempo, como /silencio 1h ou /silencio 30m; /silencio 0 termina",
    )
}
