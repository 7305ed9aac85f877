//! What the full screen says.

mod keys;

pub use self::keys::*;
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
