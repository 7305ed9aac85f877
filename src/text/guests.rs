//! The sentences about guests: people without a key, who take part by a member's page.

use core::net::IpAddr;

use super::{Lang, say};
use crate::chat::guests::GuestRefusal;
use crate::chat::transfer::OfferKind;

/// A guest, with the member who vouches for what the guest says.
#[must_use]
pub fn guest_of(lang: Lang, guest: &str, host: &str) -> String {
    say!(lang, "~{guest} (by {host})", "~{guest} (por {host})")
}

/// Guests may enter by a link, which ends at a blank, so that whoever copies it copies no more.
#[must_use]
pub fn guests_enter_by(lang: Lang, url: &str) -> String {
    say!(
        lang,
        "guests enter at {url} (show it only to people who may read what is said here); /guests \
        lists them, /kick NAME sends one away, /guests new makes another link",
        "convidados entram em {url} (mostre só a quem pode ler o que se diz aqui); /convidados \
        mostra quem entrou, /expulsar NOME manda alguém embora, /convidados novo troca o link",
    )
}

/// Where guests can speak, what their browsers warn of, and how they know that all is well.
#[must_use]
pub fn guests_speak_by(lang: Lang, url: &str, fingerprint: &str) -> String {
    say!(
        lang,
        "Guests who want to speak enter at {url} instead. Their browser will warn that it does not \
        know who made the certificate: your roda made it just now, for one day. It is the right \
        one if the browser shows this SHA-256 fingerprint: {fingerprint}",
        "Convidados que querem falar entram em {url} em vez disso. O navegador vai avisar que não \
        sabe quem fez o certificado: o seu roda o fez agora, para um dia. É o certo se o navegador \
        mostrar esta impressão digital SHA-256: {fingerprint}",
    )
}

/// Guests may enter no more.
#[must_use]
pub fn guests_closed(lang: Lang) -> String {
    say!(
        lang,
        "guests can no longer enter, and those who were here are gone",
        "convidados não entram mais, e os que estavam aqui saíram",
    )
}

/// A guest is here.
#[must_use]
pub fn guest_entered(lang: Lang, name: &str) -> String {
    say!(
        lang,
        "~{name} entered as your guest",
        "~{name} entrou como seu convidado"
    )
}

/// The host lets nobody hear a guest, or everybody again.
#[must_use]
pub fn guest_muted(lang: Lang, name: &str, is_muted: bool) -> String {
    match is_muted {
        true => say!(
            lang,
            "~{name} is muted: nobody hears this guest (/guests unmute {name} undoes it)",
            "~{name} está calado: ninguém ouve este convidado (/convidados ouvir {name} desfaz)",
        ),
        false => say!(
            lang,
            "~{name} may speak again",
            "~{name} pode falar de novo",
        ),
    }
}

/// What a guest is told who may not be heard, or may again.
#[must_use]
pub fn guest_is_muted(lang: Lang, is_muted: bool) -> String {
    match is_muted {
        true => say!(
            lang,
            "your host has turned your microphone off: nobody hears you",
            "o seu anfitrião desligou o seu microfone: ninguém ouve você",
        ),
        false => say!(
            lang,
            "you may turn your microphone on again",
            "você pode ligar o microfone de novo",
        ),
    }
}

/// What all guests are told whose host is muted for all, or is so no more.
#[must_use]
pub fn guests_are_muted(lang: Lang, are_muted: bool) -> String {
    match are_muted {
        true => say!(
            lang,
            "your host is muted in this room, and you with them: nobody hears you",
            "o seu anfitrião está silenciado nesta sala, e você com ele: ninguém ouve você",
        ),
        false => say!(
            lang,
            "your host is no longer muted: you may turn your microphone on again",
            "o seu anfitrião não está mais silenciado: você pode ligar o microfone de novo",
        ),
    }
}

/// A guest of this member whom nobody hears, in a list.
#[must_use]
pub fn muted_guest(lang: Lang, shown: &str) -> String {
    say!(lang, "{shown}, muted", "{shown}, calado")
}

/// A guest has left.
#[must_use]
pub fn guest_left(lang: Lang, name: &str) -> String {
    say!(
        lang,
        "~{name}, your guest, left",
        "~{name}, seu convidado, saiu"
    )
}

/// A guest's connection broke.
#[must_use]
pub fn guest_lost(lang: Lang, name: &str) -> String {
    say!(
        lang,
        "~{name}, your guest, is gone: the connection broke",
        "~{name}, seu convidado, sumiu: a conexão caiu",
    )
}

/// A guest was sent away.
#[must_use]
pub fn guest_kicked(lang: Lang, name: &str, address: IpAddr, minutes: u64) -> String {
    say!(
        lang,
        "~{name} was sent away; nobody can enter from {address} for {minutes} minutes. If the link \
        is in the wrong hands, /guests new makes another one",
        "~{name} foi mandado embora; ninguém entra a partir de {address} por {minutes} minutos. Se \
        o link caiu em mãos erradas, /convidados novo cria outro",
    )
}

/// A guest had to make room.
#[must_use]
pub fn guest_displaced(lang: Lang, name: &str, address: IpAddr) -> String {
    say!(
        lang,
        "~{name} had to make room for others: all places were taken, most of them from {address}",
        "~{name} teve de dar lugar a outros: todos os lugares estavam ocupados, a maioria a partir \
        de {address}",
    )
}

/// A guest whose connection broke just now.
#[must_use]
pub fn guest_is_lost(lang: Lang, name: &str, address: IpAddr) -> String {
    say!(
        lang,
        "~{name} ({address}, not connected)",
        "~{name} ({address}, sem conexão)",
    )
}

/// Who is here as a guest, and how others enter.
#[must_use]
pub fn guest_list(lang: Lang, url: &str, guests: &[String]) -> String {
    let count = guests.len();
    let all = super::row(guests);
    match count {
        0 => say!(
            lang,
            "no guests are here; they enter at {url}",
            "não há convidados; eles entram em {url}",
        ),
        1 => say!(
            lang,
            "1 guest: {all}; others enter at {url}",
            "1 convidado: {all}; outros entram em {url}",
        ),
        _ => say!(
            lang,
            "{count} guests: {all}; others enter at {url}",
            "{count} convidados: {all}; outros entram em {url}",
        ),
    }
}

/// No page for guests is open.
#[must_use]
pub fn no_guests(lang: Lang) -> String {
    say!(
        lang,
        "there is no page for guests here; /guests yes opens one",
        "não há página para convidados aqui; /convidados sim abre uma",
    )
}

/// Guests take part in another room, and in one at a time.
#[must_use]
pub fn guests_are_elsewhere(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "guests take part in the room {room}, and in one room at a time",
        "os convidados participam da sala {room}, e de uma sala por vez",
    )
}

/// No guest has this name.
#[must_use]
pub fn not_your_guest(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "you have no guest called '{given}'; /guests lists them. Only the member behind 'by' can \
        send a guest away; /ignore hides anybody",
        "você não tem convidado chamado '{given}'; /convidados mostra quem são. Só o membro depois \
        de 'por' pode mandar um convidado embora; /ignorar esconde qualquer um",
    )
}

/// A guest has no key.
#[must_use]
pub fn guest_without_key(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "'{given}' is a guest, who has no key: nothing can be said to a guest alone, and nothing \
        verified",
        "'{given}' é um convidado, que não tem chave: não dá para falar só com ele, nem \
        verificá-lo",
    )
}

/// What a guest said cannot be changed.
#[must_use]
pub fn guests_message(lang: Lang) -> String {
    say!(
        lang,
        "that is what your guest said: you can delete it, but not change it",
        "foi o seu convidado que disse isso: você pode apagar, mas não mudar",
    )
}

/// What it means that guests enter a room whose key only some have.
#[must_use]
pub fn guests_in_keyed_room(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "Only those who have the key can read the room {room}. With guests, anyone who has the \
        link can read it, and so can anyone who listens to your network: their page is not \
        encrypted. What guests say is signed with your key",
        "Só quem tem a chave lê a sala {room}. Com convidados, qualquer um que tenha o link pode \
        ler, e também quem escuta a sua rede: a página deles não é cifrada. O que os convidados \
        dizem é assinado com a sua chave",
    )
}

/// What a guest is told before giving a name.
#[must_use]
pub fn guest_notice(lang: Lang, host: &str, room: &str) -> [String; 3] {
    [
        say!(
            lang,
            "You are about to enter the room {room} as a guest of {host}.",
            "Você vai entrar na sala {room} como convidado de {host}.",
        ),
        say!(
            lang,
            "What you write is not secret: {host} and everybody in the room read it, and so can \
            anyone on this network.",
            "O que você escreve não é segredo: {host} e todos na sala leem, e também qualquer um \
            nesta rede.",
        ),
        say!(
            lang,
            "Nothing proves who you are: the others see your name with {host}'s behind it, and \
            {host} can send you away.",
            "Nada prova quem você é: os outros veem o seu nome com o de {host} atrás, e {host} \
            pode mandar você embora.",
        ),
    ]
}

/// What a guest says who offers a file.
#[must_use]
pub fn guest_offers(lang: Lang, name: &str, bytes: u64) -> String {
    let what = super::content(lang, name, OfferKind::File, bytes);
    say!(lang, "offers {what}", "oferece {what}")
}

/// The host's disk takes no more files of guests.
#[must_use]
pub fn guests_files_are_full(lang: Lang) -> String {
    say!(
        lang,
        "there is no more room for files of guests here",
        "não há mais lugar para arquivos de convidados aqui",
    )
}

/// Why a guest cannot enter or say something.
#[must_use]
pub fn guest_refused(lang: Lang, why: &GuestRefusal) -> String {
    match why {
        GuestRefusal::Closed => say!(
            lang,
            "guests cannot enter here now",
            "convidados não podem entrar agora",
        ),
        GuestRefusal::WrongLink => say!(
            lang,
            "this link is not valid any more: ask for the new one",
            "este link não vale mais: peça o novo",
        ),
        GuestRefusal::Kicked(left) => {
            let minutes = left.as_secs().div_ceil(60);
            say!(
                lang,
                "you were sent away; you may come back in {minutes} min",
                "mandaram você embora; pode voltar em {minutes} min",
            )
        }
        GuestRefusal::TooFast => say!(
            lang,
            "that was too fast: wait a moment, then try again",
            "rápido demais: espere um pouco e tente de novo",
        ),
        GuestRefusal::Full { most } => say!(
            lang,
            "all {most} places for guests are taken",
            "todos os {most} lugares de convidados estão ocupados",
        ),
        GuestRefusal::BadName { given, fault } => super::guest_name_refused(lang, given, *fault),
        GuestRefusal::NoSession => say!(
            lang,
            "you are not in the room any more: enter again",
            "você não está mais na sala: entre de novo",
        ),
        GuestRefusal::Muted => guest_is_muted(lang, true),
        GuestRefusal::TooManySpeak { most } => say!(
            lang,
            "{most} guests speak already, and no more may at a time: wait until one of them stops",
            "{most} convidados já falam, e não podem ser mais ao mesmo tempo: espere um parar",
        ),
        GuestRefusal::Empty => say!(lang, "there is no text", "não há texto"),
        GuestRefusal::TooLong { limit_bytes } => say!(
            lang,
            "the text is too long: at most {limit_bytes} bytes",
            "o texto é longo demais: no máximo {limit_bytes} bytes",
        ),
    }
}
