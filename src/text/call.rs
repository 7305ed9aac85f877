//! What is said of a call: who sends what, who asks for the word, and why something cannot be.

use super::{Lang, row, say};
use crate::chat::media::{MediaRefusal, RelayState, Source};

/// What the commands do.
pub(super) fn call_commands(lang: Lang) -> [String; 3] {
    [
        say!(
            lang,
            "/call [list]   opens the page to speak and be seen; list: who sends what",
            "/chamada [lista] abre a página para falar e ser visto; lista: quem envia o quê",
        ),
        say!(
            lang,
            "/hand [down]   asks for the word; down: not any more",
            "/mao [baixar]  pede a palavra; baixar: não mais",
        ),
        say!(
            lang,
            "/relay [off]   sends your voice and pictures by unicast where multicast is blocked",
            "/repassar [desligar] envia a sua voz e imagem por unicast onde o multicast não passa",
        ),
    ]
}

/// This member sends something.
#[must_use]
pub fn you_send(lang: Lang, source: Source) -> String {
    match source {
        Source::Sound => say!(
            lang,
            "● You are heard: your microphone is on",
            "● Você é ouvido: o seu microfone está ligado",
        ),
        Source::Camera => say!(
            lang,
            "● You are seen: your camera is on",
            "● Você é visto: a sua câmera está ligada",
        ),
        Source::Screen => say!(
            lang,
            "● Your screen is seen by all",
            "● A sua tela é vista por todos",
        ),
    }
}

/// This member sends something no more.
#[must_use]
pub fn you_send_no_more(lang: Lang, source: Source) -> String {
    match source {
        Source::Sound => say!(lang, "You are not heard any more", "Você não é mais ouvido",),
        Source::Camera => say!(lang, "You are not seen any more", "Você não é mais visto",),
        Source::Screen => say!(
            lang,
            "Your screen is not seen any more. You can share it again",
            "A sua tela não é mais vista. Você pode mostrá-la de novo",
        ),
    }
}

/// Somebody begins to send something.
#[must_use]
pub fn begins_to_send(lang: Lang, who: &str, source: Source) -> String {
    match source {
        Source::Sound => say!(
            lang,
            "{who} turned the microphone on (/call to hear)",
            "{who} ligou o microfone (/chamada para ouvir)",
        ),
        Source::Camera => say!(
            lang,
            "{who} turned the camera on (/call to see)",
            "{who} ligou a câmera (/chamada para ver)",
        ),
        Source::Screen => say!(
            lang,
            "{who} shows a screen (/call to see)",
            "{who} mostra uma tela (/chamada para ver)",
        ),
    }
}

/// Somebody sends something, in a list.
#[must_use]
pub fn is_sending(lang: Lang, who: &str, source: Source) -> String {
    match source {
        Source::Sound => say!(lang, "{who}: microphone", "{who}: microfone"),
        Source::Camera => say!(lang, "{who}: camera", "{who}: câmera"),
        Source::Screen => say!(lang, "{who}: screen", "{who}: tela"),
    }
}

/// Somebody sends something no more.
#[must_use]
pub fn sends_no_more(lang: Lang, who: &str, source: Source) -> String {
    match source {
        Source::Sound => say!(
            lang,
            "{who} turned the microphone off",
            "{who} desligou o microfone",
        ),
        Source::Camera => say!(
            lang,
            "{who} turned the camera off",
            "{who} desligou a câmera",
        ),
        Source::Screen => say!(
            lang,
            "{who} shows no screen any more",
            "{who} não mostra mais a tela",
        ),
    }
}

/// Nothing more comes of somebody who sent something.
#[must_use]
pub fn is_lost(lang: Lang, who: &str, source: Source) -> String {
    match source {
        Source::Sound => say!(
            lang,
            "{who} is not heard any more: the connection broke",
            "{who} não é mais ouvido: a conexão caiu",
        ),
        Source::Camera => say!(
            lang,
            "{who} is not seen any more: the connection broke",
            "{who} não é mais visto: a conexão caiu",
        ),
        Source::Screen => say!(
            lang,
            "the screen of {who} is not seen any more: the connection broke",
            "a tela de {who} não é mais vista: a conexão caiu",
        ),
    }
}

/// Somebody asks for the word, or does not any more.
#[must_use]
pub fn hand(lang: Lang, who: &str, is_raised: bool) -> String {
    match is_raised {
        true => say!(lang, "{who} asks for the word", "{who} pede a palavra"),
        false => say!(
            lang,
            "{who} asks for the word no more",
            "{who} não pede mais a palavra",
        ),
    }
}

/// This person asks for the word, or does not any more.
#[must_use]
pub fn your_hand(lang: Lang, is_raised: bool) -> String {
    match is_raised {
        true => say!(
            lang,
            "You ask for the word (/hand down takes it back)",
            "Você pede a palavra (/mao baixar desfaz)",
        ),
        false => say!(
            lang,
            "You ask for the word no more",
            "Você não pede mais a palavra",
        ),
    }
}

/// Who speaks.
#[must_use]
pub fn speaking(lang: Lang, who: &[String]) -> String {
    let who = row(who);
    say!(lang, "Speaking now: {who}", "Falando agora: {who}")
}

/// Who asks for the word.
#[must_use]
pub fn hands(lang: Lang, who: &[String]) -> String {
    let who = row(who);
    say!(
        lang,
        "Asking for the word: {who}",
        "Pedindo a palavra: {who}",
    )
}

/// Nobody sends anything.
#[must_use]
pub fn no_call(lang: Lang) -> String {
    say!(
        lang,
        "Nobody speaks or is seen in this room (/call to begin)",
        "Ninguém fala nem é visto nesta sala (/chamada para começar)",
    )
}

/// Multicast does not carry what this member sends.
#[must_use]
pub fn call_unfit(lang: Lang, lost_percent: u8) -> String {
    say!(
        lang,
        "This network loses {lost_percent} % of what you send by multicast: others hear and see \
        you badly. A cable helps, and so does an access point that carries multicast; /relay \
        sends it by unicast, to 8 at most",
        "Esta rede perde {lost_percent} % do que você envia por multicast: os outros ouvem e veem \
        você mal. Um cabo ajuda, e também um ponto de acesso que deixe o multicast passar; \
        /repassar envia por unicast, a 8 no máximo",
    )
}

/// Multicast carries too little of what was tried when a call began.
#[must_use]
pub fn call_probed(lang: Lang, arrived_percent: u8, members: usize) -> String {
    match members {
        1 => say!(
            lang,
            "This network carries calls badly: of 1 Mbit/s that was tried by multicast, \
            {arrived_percent} % arrived at the other member who counted. A cable helps, and so \
            does an access point that carries multicast; /relay sends yours by unicast, to 8 at \
            most",
            "Esta rede leva mal as chamadas: de 1 Mbit/s que foi testado por multicast, \
            {arrived_percent} % chegou ao outro membro que contou. Um cabo ajuda, e também um \
            ponto de acesso que deixe o multicast passar; /repassar envia a sua por unicast, a 8 \
            no máximo",
        ),
        _ => say!(
            lang,
            "This network carries calls badly: of 1 Mbit/s that was tried by multicast, \
            {arrived_percent} % arrived at half of the {members} members who counted. A cable \
            helps, and so does an access point that carries multicast; /relay sends yours by \
            unicast, to 8 at most",
            "Esta rede leva mal as chamadas: de 1 Mbit/s que foi testado por multicast, \
            {arrived_percent} % chegou à metade dos {members} membros que contaram. Um cabo \
            ajuda, e também um ponto de acesso que deixe o multicast passar; /repassar envia a \
            sua por unicast, a 8 no máximo",
        ),
    }
}

/// To how many this member sends by unicast.
#[must_use]
pub fn call_relayed(lang: Lang, state: RelayState) -> String {
    let RelayState {
        is_on,
        served,
        needing,
    } = state;
    match (served, needing) {
        _ if !is_on => say!(
            lang,
            "What you send goes by multicast alone",
            "O que você envia vai só por multicast",
        ),
        (0, 0) => say!(
            lang,
            "What you send goes by unicast, too, to those whom multicast does not reach, 8 at \
            most: nobody yet (/relay off ends it)",
            "O que você envia vai também por unicast a quem o multicast não alcança, 8 no máximo: \
            ninguém ainda (/repassar desligar termina)",
        ),
        (served, needing) if needing > served => say!(
            lang,
            "What you send goes to {served} by unicast, of {needing} whom multicast does not \
            reach (/relay off ends it)",
            "O que você envia vai a {served} por unicast, de {needing} que o multicast não \
            alcança (/repassar desligar termina)",
        ),
        _ => say!(
            lang,
            "What you send goes to {served} by unicast, whom multicast does not reach (/relay off \
            ends it)",
            "O que você envia vai a {served} por unicast, que o multicast não alcança (/repassar \
            desligar termina)",
        ),
    }
}

/// Why something about a call cannot be done.
#[must_use]
pub fn call_refused(lang: Lang, refusal: MediaRefusal) -> String {
    if let Some(sentence) = super::roles::role_refused(lang, refusal) {
        return sentence;
    }
    match refusal {
        MediaRefusal::BegunAlready => say!(lang, "That is on already", "Isso já está ligado",),
        MediaRefusal::NotBegun => say!(lang, "That is not on", "Isso não está ligado"),
        _ => say!(
            lang,
            "You give and send as much as is possible at a time: stop something first",
            "Você já dá e envia tudo o que é possível de uma vez: pare algo antes",
        ),
    }
}

/// This program was built without calls.
#[must_use]
pub fn built_without_calls(lang: Lang) -> String {
    say!(
        lang,
        "This roda was built without calls",
        "Este roda foi compilado sem chamadas",
    )
}

/// A page wants to take part in another room than the one where this member's call is.
#[must_use]
pub fn call_is_elsewhere(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "You are in the call of the room {room}: leave that first",
        "Você está na chamada da sala {room}: saia dela antes",
    )
}

/// Another page of this person sends that already.
#[must_use]
pub fn another_page_sends(lang: Lang) -> String {
    say!(
        lang,
        "Another page of yours sends that already",
        "Outra página sua já envia isso",
    )
}

/// A page's connection is not known any more.
#[must_use]
pub fn call_is_over(lang: Lang) -> String {
    say!(
        lang,
        "This page's connection is over; it is made again",
        "A conexão desta página acabou; ela é refeita",
    )
}

/// A page's connection cannot be made.
#[must_use]
pub fn no_call_connection(lang: Lang, cause: &str) -> String {
    say!(
        lang,
        "Sound and pictures cannot reach this page: {cause}",
        "Som e imagem não chegam a esta página: {cause}",
    )
}

/// The browser proposes what this program does not answer.
#[must_use]
pub fn offer_is_unfit(lang: Lang) -> String {
    say!(
        lang,
        "this browser proposes what roda does not understand",
        "este navegador propõe o que o roda não entende",
    )
}

/// As many pages are connected as may be.
#[must_use]
pub fn calls_are_full(lang: Lang) -> String {
    say!(
        lang,
        "as many pages take part as is possible",
        "já participam tantas páginas quanto é possível",
    )
}

/// Guests only watch.
#[must_use]
pub fn guests_only_watch(lang: Lang) -> String {
    say!(
        lang,
        "Guests speak by https only, and send no pictures: here you watch and listen",
        "Convidados só falam por https, e não enviam imagem: aqui você só vê e ouve",
    )
}
