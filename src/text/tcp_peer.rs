//! The sentences of `tcp-peer`.

use std::net::SocketAddr;

use super::{Lang, reached_from, say};
use crate::protocol::message::{FAREWELL, NAME_MAX_BYTES};

/// How the other side can reach one of our addresses: the command to type there.
#[must_use]
pub fn call_us_by(lang: Lang, address: SocketAddr) -> String {
    let command = format!("roda tcp-peer --connect {address}");
    if address.ip().is_loopback() {
        return super::reach_us_by(lang, address, &command);
    }
    say!(
        lang,
        "  the other person types: {command}",
        "  a outra pessoa digita: {command}",
    )
}

/// Waiting for a connection.
#[must_use]
pub fn waiting_at(lang: Lang, address: SocketAddr) -> String {
    let (port, from) = (address.port(), reached_from(lang, address));
    say!(
        lang,
        "waiting for the other person on port {port}, {from}",
        "esperando a outra pessoa na porta {port}, {from}",
    )
}

/// Connecting, repeatedly.
#[must_use]
pub fn calling(lang: Lang, address: &str) -> String {
    say!(
        lang,
        "nobody answers at {address} yet; still trying",
        "ninguém responde em {address} ainda; continuo tentando",
    )
}

/// A connection is established.
#[must_use]
pub fn connected(lang: Lang, peer: SocketAddr) -> String {
    say!(
        lang,
        "connected to {peer}; {FAREWELL} ends the chat for both",
        "conectado a {peer}; {FAREWELL} encerra a conversa para os dois",
    )
}

/// The peer has given its name.
#[must_use]
pub fn named(lang: Lang, name: &str) -> String {
    say!(
        lang,
        "you are talking to {name}",
        "você está falando com {name}"
    )
}

/// The peer's name was too long and was cut.
#[must_use]
pub fn name_cut(lang: Lang, name: &str) -> String {
    say!(
        lang,
        "the other person's name is longer than {NAME_MAX_BYTES} bytes and is shown as {name}",
        "o nome da outra pessoa tem mais de {NAME_MAX_BYTES} bytes e aparece como {name}",
    )
}

/// Somebody else connected during the chat.
#[must_use]
pub fn turned_away(lang: Lang, caller: SocketAddr) -> String {
    say!(
        lang,
        "{caller} called too and was told that you are busy",
        "{caller} também chamou e foi avisado de que você está em outra conversa",
    )
}

/// The listener whom we called talks to somebody else.
#[must_use]
pub fn busy(lang: Lang) -> String {
    say!(
        lang,
        "the other person is already talking to somebody; call again later, or agree on another \
        port",
        "a outra pessoa já está conversando com alguém; chame mais tarde, ou combinem outra porta",
    )
}

/// An empty line cannot be sent.
#[must_use]
pub fn empty_not_sent(lang: Lang) -> String {
    say!(
        lang,
        "not sent: an empty line would never arrive at this program",
        "não enviada: uma linha vazia nunca chegaria a este programa",
    )
}

/// The peer has closed its direction and may still read.
#[must_use]
pub fn says_nothing_more(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "{who} has finished; you can still write, and end with {FAREWELL} or Ctrl-D",
        "{who} não vai escrever mais; você ainda pode escrever, e encerra com {FAREWELL} ou \
        Ctrl-D",
    )
}

/// The peer left without a farewell.
#[must_use]
pub fn left(lang: Lang, who: &str) -> String {
    say!(lang, "{who} left", "{who} saiu")
}

/// Some of our lines were not sent before the end.
#[must_use]
pub fn lines_unsent(lang: Lang) -> String {
    say!(
        lang,
        "not everything you said could be sent before the end",
        "nem tudo o que você disse foi enviado antes do fim",
    )
}

/// A connection was accepted but could not be used.
#[must_use]
pub fn call_failed(lang: Lang, cause: &str) -> String {
    say!(
        lang,
        "a connection could not be accepted: {cause}",
        "uma conexão não pôde ser aceita: {cause}",
    )
}
