//! The sentences about other networks, and about a bridge to them.

use super::{Lang, say};

/// Another site is in reach.
#[must_use]
pub fn site(lang: Lang, bridge: &str, people: usize) -> String {
    match people {
        0 => say!(lang, "connected with {bridge}", "ligado a {bridge}"),
        1 => say!(
            lang,
            "connected with {bridge}: 1 person there, its bridge says",
            "ligado a {bridge}: 1 pessoa lá, diz a ponte",
        ),
        _ => say!(
            lang,
            "connected with {bridge}: {people} people there, its bridge says",
            "ligado a {bridge}: {people} pessoas lá, diz a ponte",
        ),
    }
}

/// All people at another site have what was said.
#[must_use]
pub fn delivered_at(lang: Lang, bridge: &str, people: usize) -> String {
    match people {
        1 => say!(
            lang,
            "delivered at {bridge} to the 1 person there, its bridge says",
            "entregue em {bridge} à 1 pessoa de lá, diz a ponte",
        ),
        _ => say!(
            lang,
            "delivered at {bridge} to all {people} there, its bridge says",
            "entregue em {bridge} a todas as {people} pessoas de lá, diz a ponte",
        ),
    }
}

/// A bridge has its connection.
#[must_use]
pub fn link_up(lang: Lang, with: &str) -> String {
    say!(lang, "connected to {with}", "conectado a {with}")
}

/// A bridge has no connection.
#[must_use]
pub fn link_down(lang: Lang, why: &str) -> String {
    say!(
        lang,
        "no connection ({why}): what is said waits, and this bridge tries again",
        "sem conexão ({why}): o que for dito espera, e esta ponte tenta de novo",
    )
}

/// A bridge's server refuses something.
#[must_use]
pub fn link_fault(lang: Lang, why: &str) -> String {
    say!(
        lang,
        "the server cannot be used as it should: {why}",
        "o servidor não pode ser usado como devia: {why}",
    )
}

/// A bridge is the one that sends.
#[must_use]
pub fn link_sends(lang: Lang) -> String {
    say!(
        lang,
        "this bridge carries the room between the networks; Ctrl-C ends it",
        "esta ponte leva a sala de uma rede a outra; Ctrl-C encerra",
    )
}

/// Another bridge sends.
#[must_use]
pub fn link_waits(lang: Lang) -> String {
    say!(
        lang,
        "in standby: another bridge of this network carries the room",
        "de reserva: outra ponte desta rede leva a sala",
    )
}

/// Some of what was said could not wait.
#[must_use]
pub fn link_left_out(lang: Lang, frames: u64) -> String {
    match frames {
        1 => say!(
            lang,
            "1 frame could not wait for the other side, which will ask for it",
            "1 quadro não pôde esperar pelo outro lado, que vai pedi-lo",
        ),
        _ => say!(
            lang,
            "{frames} frames could not wait for the other side, which will ask for them",
            "{frames} quadros não puderam esperar pelo outro lado, que vai pedi-los",
        ),
    }
}

/// Everybody can read a room, and nobody has allowed it to be carried.
#[must_use]
pub fn public_is_not_carried(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "everybody can read the room {room}: a bridge carries it with --public only",
        "qualquer um pode ler a sala {room}: uma ponte só a leva com --public",
    )
}

/// The address of a server holds a name or a password.
#[must_use]
pub fn secret_in_url(lang: Lang, server: &str) -> String {
    say!(
        lang,
        "everybody on this computer can read what stands before @ in the address of {server}: put \
        it into a file for --creds",
        "qualquer um neste computador pode ler o que está antes de @ no endereço de {server}: \
        ponha num arquivo para --creds",
    )
}
