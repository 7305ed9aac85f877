//! What is said of a room's host, of those whom it appoints, and of what they decide.

use super::{Lang, row, say};
use crate::chat::media::{MediaRefusal, Role};

/// What the commands do.
pub(super) fn role_commands(lang: Lang) -> [String; 6] {
    [
        say!(
            lang,
            "/host          who decides for all in this room, and who is muted",
            "/anfitriao     quem decide por todos nesta sala, e quem está silenciado",
        ),
        say!(
            lang,
            "/mute [NAME]   as the host: nobody hears or sees NAME; without NAME, anybody",
            "/silenciar [NOME] como anfitrião: ninguém ouve nem vê NOME; sem NOME, ninguém",
        ),
        say!(
            lang,
            "/unmute [NAME] NAME may speak again; without NAME, all may",
            "/dessilenciar [NOME] NOME pode falar de novo; sem NOME, todos podem",
        ),
        say!(
            lang,
            "/word NAME     gives NAME the word, also while all are muted",
            "/palavra NOME  dá a palavra a NOME, mesmo com todos silenciados",
        ),
        say!(
            lang,
            "/appoint NAME  as the host: NAME may mute and give the word, too",
            "/nomear NOME   como anfitrião: NOME também pode silenciar e dar a palavra",
        ),
        say!(
            lang,
            "/dismiss NAME  takes that back",
            "/destituir NOME desfaz isso",
        ),
    ]
}

/// Somebody is appointed; `None` stands for this person.
#[must_use]
pub fn appointed(lang: Lang, by: Option<&str>, who: Option<&str>) -> String {
    match (by, who) {
        (_, None) => say!(
            lang,
            "The host lets you decide, too: /mute NAME, /unmute NAME and /word NAME",
            "O anfitrião deixa você decidir também: /silenciar NOME, /dessilenciar NOME e \
            /palavra NOME",
        ),
        (None, Some(who)) => say!(
            lang,
            "{who} may mute for all and give the word from now on (/dismiss takes it back)",
            "{who} pode silenciar para todos e dar a palavra de agora em diante (/destituir \
            desfaz)",
        ),
        (Some(by), Some(who)) => say!(
            lang,
            "{by} lets {who} mute for all and give the word",
            "{by} deixa {who} silenciar para todos e dar a palavra",
        ),
    }
}

/// Somebody is dismissed.
#[must_use]
pub fn dismissed(lang: Lang, who: Option<&str>) -> String {
    match who {
        None => say!(
            lang,
            "You may not mute for all any more, nor give the word",
            "Você não pode mais silenciar para todos nem dar a palavra",
        ),
        Some(who) => say!(
            lang,
            "{who} may not mute for all any more, nor give the word",
            "{who} não pode mais silenciar para todos nem dar a palavra",
        ),
    }
}

/// Somebody mutes somebody for all; `None` stands for this person.
#[must_use]
pub fn muted(lang: Lang, by: Option<&str>, who: Option<&str>) -> String {
    match (by, who) {
        (None, Some(who)) => say!(
            lang,
            "You muted {who} for all (/unmute takes it back)",
            "Você silenciou {who} para todos (/dessilenciar desfaz)",
        ),
        (Some(by), Some(who)) => say!(
            lang,
            "{by} muted {who} for all",
            "{by} silenciou {who} para todos",
        ),
        (by, None) => muted_for_all(lang, by.unwrap_or_default()),
    }
}

/// This person is muted for all.
#[must_use]
pub fn muted_for_all(lang: Lang, by: &str) -> String {
    say!(
        lang,
        "{by} muted you for all: nobody hears or sees you (/hand asks for the word)",
        "{by} silenciou você para todos: ninguém ouve nem vê você (/mao pede a palavra)",
    )
}

/// Somebody may be heard again; `None` stands for this person.
#[must_use]
pub fn unmuted(lang: Lang, by: Option<&str>, who: Option<&str>) -> String {
    match (by, who) {
        (None, Some(who)) => say!(
            lang,
            "{who} may speak and be seen again",
            "{who} pode falar e ser visto de novo",
        ),
        (Some(by), Some(who)) => say!(
            lang,
            "{by} lets {who} speak and be seen again",
            "{by} deixa {who} falar e ser visto de novo",
        ),
        (by, None) => {
            let by = by.unwrap_or_default();
            say!(
                lang,
                "{by} lets you speak and be seen again",
                "{by} deixa você falar e ser visto de novo",
            )
        }
    }
}

/// Somebody is given the word; `None` stands for this person.
#[must_use]
pub fn given_the_word(lang: Lang, by: Option<&str>, who: Option<&str>) -> String {
    match (by, who) {
        (None, Some(who)) => say!(
            lang,
            "You gave the word to {who}",
            "Você deu a palavra a {who}",
        ),
        (Some(by), Some(who)) => say!(
            lang,
            "{by} gave the word to {who}",
            "{by} deu a palavra a {who}",
        ),
        (by, None) => {
            let by = by.unwrap_or_default();
            say!(
                lang,
                "You have the word: {by} gave it to you (/call to speak)",
                "Você tem a palavra: {by} a deu a você (/chamada para falar)",
            )
        }
    }
}

/// All are muted, or not any more.
#[must_use]
pub fn all_muted(lang: Lang, by: Option<&str>, are_muted: bool) -> String {
    match (by, are_muted) {
        (None, true) => say!(
            lang,
            "All are muted but those who may decide (/word NAME lets one speak, /unmute lets all)",
            "Todos estão silenciados, menos quem decide (/palavra NOME deixa um falar, \
            /dessilenciar deixa todos)",
        ),
        (Some(by), true) => say!(
            lang,
            "{by} muted all: to speak, ask for the word (/hand)",
            "{by} silenciou todos: para falar, peça a palavra (/mao)",
        ),
        (None, false) => say!(lang, "All may speak again", "Todos podem falar de novo"),
        (Some(by), false) => say!(
            lang,
            "{by} lets all speak again",
            "{by} deixa todos falarem de novo",
        ),
    }
}

/// Who the host is.
#[must_use]
pub fn host_is(lang: Lang, who: &str, role: Role) -> String {
    match role {
        Role::Host => say!(
            lang,
            "You are the host of this room",
            "Você é o anfitrião desta sala",
        ),
        Role::Moderator => say!(
            lang,
            "The host of this room is {who}, and you may decide, too",
            "O anfitrião desta sala é {who}, e você também pode decidir",
        ),
        Role::Member => say!(
            lang,
            "The host of this room is {who}",
            "O anfitrião desta sala é {who}",
        ),
    }
}

/// A host that was not met.
#[must_use]
pub fn absent_host(lang: Lang) -> String {
    say!(lang, "somebody who is not here", "alguém que não está aqui")
}

/// Whom the host has appointed.
#[must_use]
pub fn moderators(lang: Lang, who: &[String]) -> String {
    let who = row(who);
    say!(
        lang,
        "May mute and give the word, too: {who}",
        "Também podem silenciar e dar a palavra: {who}",
    )
}

/// All are muted; these may speak all the same.
#[must_use]
pub fn all_are_muted(lang: Lang, speakers: &[String]) -> String {
    let who = row(speakers);
    match speakers.is_empty() {
        true => say!(
            lang,
            "All others are muted: to speak, ask for the word (/hand)",
            "Todos os outros estão silenciados: para falar, peça a palavra (/mao)",
        ),
        false => say!(
            lang,
            "All others are muted but: {who}",
            "Todos os outros estão silenciados, menos: {who}",
        ),
    }
}

/// Who is muted.
#[must_use]
pub fn muted_are(lang: Lang, who: &[String]) -> String {
    let who = row(who);
    say!(
        lang,
        "Muted for all: {who}",
        "Silenciados para todos: {who}"
    )
}

/// Why something about roles cannot be done; `None` if the refusal is about something else.
pub(super) fn role_refused(lang: Lang, refusal: MediaRefusal) -> Option<String> {
    Some(match refusal {
        MediaRefusal::NoHost => say!(
            lang,
            "not done: this room has no host, so that nobody decides for all; /ignore NAME hides \
            somebody from you alone; for a room with a host, type: roda room new NAME --host",
            "não feito: esta sala não tem anfitrião, então ninguém decide por todos; /ignorar NOME \
            esconde alguém só de você; para uma sala com anfitrião, digite: \
            roda room new NOME --host",
        ),
        MediaRefusal::NotHost => say!(
            lang,
            "not done: only the room's host appoints and dismisses (/host says who that is)",
            "não feito: só o anfitrião da sala nomeia e destitui (/anfitriao diz quem é)",
        ),
        MediaRefusal::NotModerator => say!(
            lang,
            "not done: only the room's host, and whom it appoints, decide for all (/host lists \
            them); /ignore NAME hides somebody from you alone",
            "não feito: só o anfitrião da sala, e quem ele nomeia, decidem por todos (/anfitriao \
            os lista); /ignorar NOME esconde alguém só de você",
        ),
        MediaRefusal::MayNotRelay => say!(
            lang,
            "not done: only the room's host, and whom it appoints, send by unicast here (/host \
            lists them)",
            "não feito: só o anfitrião da sala, e quem ele nomeia, enviam por unicast aqui \
            (/anfitriao os lista)",
        ),
        MediaRefusal::MayDecide => say!(
            lang,
            "not done: whoever decides for all cannot be muted; the host can /dismiss NAME first",
            "não feito: quem decide por todos não pode ser silenciado; o anfitrião pode usar \
            /destituir NOME antes",
        ),
        MediaRefusal::NotAppointed => say!(
            lang,
            "not done: they were not appointed (/host lists who was)",
            "não feito: essa pessoa não foi nomeada (/anfitriao lista quem foi)",
        ),
        MediaRefusal::TooManyModerators { limit } => say!(
            lang,
            "not done: {limit} are appointed, and no more are possible; /dismiss one first",
            "não feito: {limit} estão nomeados, e não cabem mais; use /destituir em alguém antes",
        ),
        _ => return None,
    })
}
