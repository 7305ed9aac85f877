//! The sentences about other networks, and about a bridge to them.

use super::{Lang, row, say};

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

/// Another site is out of reach.
#[must_use]
pub fn site_lost(lang: Lang, site: &str) -> String {
    say!(
        lang,
        "not connected with {site} any more: what is said there comes once it is back",
        "sem ligação com {site}: o que for dito lá vem quando ela voltar",
    )
}

/// How many people are at another site.
#[must_use]
pub fn people_at(lang: Lang, site: &str, people: usize) -> String {
    match people {
        1 => say!(
            lang,
            "{site}: 1 person, its bridge says",
            "{site}: 1 pessoa, diz a ponte",
        ),
        _ => say!(
            lang,
            "{site}: {people} people, its bridge says",
            "{site}: {people} pessoas, diz a ponte",
        ),
    }
}

/// The clock of another site differs from the own one, by so many seconds.
#[must_use]
pub fn clock_of_site(lang: Lang, site: &str, ahead_s: i64) -> String {
    let by = seconds(lang, ahead_s.unsigned_abs());
    match ahead_s > 0 {
        true => say!(
            lang,
            "the clock at {site} is {by} ahead of this one: set both; from 5 minutes on, what \
            is said there is marked as late",
            "o relógio em {site} está {by} adiantado em relação a este: acerte os dois; a \
            partir de 5 minutos, o que for dito lá é marcado como atrasado",
        ),
        false => say!(
            lang,
            "the clock at {site} is {by} behind this one: set both; from 5 minutes on, what \
            is said there is marked as late",
            "o relógio em {site} está {by} atrasado em relação a este: acerte os dois; a \
            partir de 5 minutos, o que for dito lá é marcado como atrasado",
        ),
    }
}

fn seconds(lang: Lang, seconds: u64) -> String {
    let minutes = (seconds + 30) / 60;
    match seconds {
        0..120 => say!(lang, "{seconds} seconds", "{seconds} segundos"),
        _ => say!(lang, "{minutes} minutes", "{minutes} minutos"),
    }
}

/// The clock of another site agrees again.
#[must_use]
pub fn clock_of_site_agrees(lang: Lang, site: &str) -> String {
    say!(
        lang,
        "the clock at {site} agrees with this one again",
        "o relógio em {site} está de novo de acordo com este",
    )
}

/// Who is here, and which bridges.
#[must_use]
pub fn and_carried_by(lang: Lang, here: &str, bridges: &[String]) -> String {
    let (count, bridges) = (bridges.len(), row(bridges));
    match count {
        1 => say!(
            lang,
            "{here}; bridge: {bridges}",
            "{here}; ponte: {bridges}"
        ),
        _ => say!(
            lang,
            "{here}; bridges: {bridges}",
            "{here}; pontes: {bridges}",
        ),
    }
}

/// Who is here, and who spoke lately elsewhere.
#[must_use]
pub fn and_beyond(lang: Lang, here: &str, far: &[String]) -> String {
    let far = row(far);
    say!(
        lang,
        "{here}; at other networks: {far}",
        "{here}; em outras redes: {far}",
    )
}

/// Somebody at another site.
#[must_use]
pub fn is_at(name: &str, site: Option<&str>) -> String {
    match site {
        Some(site) => format!("{name} @{site}"),
        None => name.to_owned(),
    }
}

/// A bridge is here.
#[must_use]
pub fn carries_here(lang: Lang) -> String {
    say!(
        lang,
        "a bridge, which carries the room to other networks",
        "uma ponte, que leva a sala a outras redes",
    )
}

/// Somebody is at another network.
#[must_use]
pub fn is_beyond_now(lang: Lang, site: Option<&str>) -> String {
    match site {
        Some(site) => say!(lang, "at {site}", "em {site}"),
        None => say!(lang, "at another network", "em outra rede"),
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
    match why.to_lowercase().contains("authorization") {
        true => say!(
            lang,
            "the server does not let this bridge in ({why}): give it --creds, --nkey or --context",
            "o servidor não deixa esta ponte entrar ({why}): indique --creds, --nkey ou --context",
        ),
        false => say!(
            lang,
            "the server cannot be used as it should: {why}",
            "o servidor não pode ser usado como devia: {why}",
        ),
    }
}

/// A bridge has another key than the people here.
#[must_use]
pub fn link_has_wrong_key(lang: Lang) -> String {
    say!(
        lang,
        "this is the wrong key: nobody here has it, and others use another one for a room of this \
        name; nothing is carried",
        "esta chave é a errada: ninguém aqui a tem, e outros usam outra para uma sala com este \
        nome; nada é levado",
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

/// Nothing says by which servers a bridge carries its rooms.
#[must_use]
pub fn no_nats(lang: Lang) -> String {
    say!(
        lang,
        "which server? Say --nats URL or --context NAME, or write one of them into the file of \
        --config",
        "qual servidor? Diga --nats URL ou --context NOME, ou escreva um deles no arquivo de \
        --config",
    )
}

/// The address of a server holds a name or a password.
#[must_use]
pub fn secret_in_url(lang: Lang, server: &str) -> String {
    say!(
        lang,
        "everybody on this computer can read what stands before @ in the address of {server}: put \
        it into a context for --context, or use a file with --creds or --nkey",
        "qualquer um neste computador pode ler o que está antes de @ no endereço de {server}: \
        ponha num contexto para --context, ou use um arquivo com --creds ou --nkey",
    )
}
