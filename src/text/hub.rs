//! The sentences of both sides of the hub.

use std::net::SocketAddr;

use super::{Lang, reached_from, row, say};
use crate::protocol::hub::event::{HubEvent, LeaveReason, Refusal};
use crate::protocol::message::FAREWELL;

/// The hub is listening.
#[must_use]
pub fn hub_waits_at(lang: Lang, address: SocketAddr) -> String {
    let (port, from) = (address.port(), reached_from(lang, address));
    say!(
        lang,
        "hub open on port {port}, {from}; Ctrl-C closes it for everybody",
        "hub aberto na porta {port}, {from}; Ctrl-C encerra para todos",
    )
}

/// The system allows fewer connections than were asked for.
#[must_use]
pub fn connections_limited(lang: Lang, connections: usize) -> String {
    say!(
        lang,
        "this system lets a program have about {connections} connections; for more, raise the \
        limit of open files (ulimit -n)",
        "este sistema permite cerca de {connections} conexões por programa; para mais, aumente o \
        limite de arquivos abertos (ulimit -n)",
    )
}

/// One line of the hub's log.
#[must_use]
pub fn hub_event(lang: Lang, event: &HubEvent) -> String {
    match event {
        HubEvent::Joined {
            name,
            address,
            is_moderator: true,
            ..
        } => say!(
            lang,
            "{name} joined from {address} as a moderator",
            "{name} entrou de {address} como moderador",
        ),
        HubEvent::Joined { name, address, .. } => say!(
            lang,
            "{name} joined from {address}",
            "{name} entrou de {address}"
        ),
        HubEvent::Refused { address, why } => refused(lang, *address, why),
        HubEvent::Left { name, why } => left_hub(lang, name, why),
        HubEvent::LeftOut { name, messages } => say!(
            lang,
            "messages for {name} that were left out: {messages} (that program takes them one at a \
            time)",
            "mensagens para {name} que ficaram de fora: {messages} (aquele programa recebe uma de \
            cada vez)",
        ),
        HubEvent::Closing { by: Some(by) } => {
            say!(lang, "{by} closes the hub", "{by} encerra o hub")
        }
        HubEvent::Closing { by: None } => say!(lang, "closing the hub", "encerrando o hub"),
    }
}

fn refused(lang: Lang, address: SocketAddr, why: &Refusal) -> String {
    match why {
        Refusal::NameTaken(name) => say!(
            lang,
            "refused {address}: the name {name} is taken",
            "recusado {address}: o nome {name} já está em uso",
        ),
        Refusal::NameForbidden(name) => say!(
            lang,
            "refused {address}: '{name}' is not a valid name",
            "recusado {address}: '{name}' não é um nome válido",
        ),
        Refusal::Unproven(name) => say!(
            lang,
            "refused {address}: {name} is a moderator's name, and the secret was not proven",
            "recusado {address}: {name} é nome de moderador, e o segredo não foi provado",
        ),
        Refusal::NoName => say!(
            lang,
            "refused {address}: it gave no name",
            "recusado {address}: não informou um nome",
        ),
        Refusal::Full => say!(
            lang,
            "refused {address}: the hub is full (--max-clients)",
            "recusado {address}: o hub está cheio (--max-clients)",
        ),
        Refusal::AddressFull => say!(
            lang,
            "refused {address}: too many from this address (--max-per-address)",
            "recusado {address}: conexões demais desse endereço (--max-per-address)",
        ),
        Refusal::Gone => say!(
            lang,
            "{address} went away before it had a name",
            "{address} saiu antes de ter um nome",
        ),
    }
}

fn left_hub(lang: Lang, name: &str, why: &LeaveReason) -> String {
    match why {
        LeaveReason::Exit | LeaveReason::Closed | LeaveReason::HubClosed => {
            say!(lang, "{name} left", "{name} saiu")
        }
        LeaveReason::Lost => say!(
            lang,
            "{name} left: the connection was lost",
            "{name} saiu: a conexão caiu",
        ),
        LeaveReason::TooSlow => say!(
            lang,
            "{name} was disconnected: its program does not read its messages",
            "{name} foi desconectado: o programa dele não lê as mensagens",
        ),
        LeaveReason::Broken => say!(
            lang,
            "{name} was disconnected: its program sent invalid data",
            "{name} foi desconectado: o programa dele enviou dados inválidos",
        ),
        LeaveReason::Removed { by } => {
            say!(
                lang,
                "{name} was removed by {by}",
                "{name} foi removido por {by}"
            )
        }
    }
}

/// The hub has accepted our name.
#[must_use]
pub fn joined(lang: Lang, hub: &str) -> String {
    say!(
        lang,
        "joined {hub}; what you type goes to everybody; /help lists the commands, {FAREWELL} \
        leaves",
        "você entrou em {hub}; o que você digita vai para todos; /ajuda lista os comandos; para \
        sair, digite {FAREWELL}",
    )
}

/// The same for a person who chooses operations from the menu.
#[must_use]
pub fn joined_with_menu(lang: Lang, hub: &str) -> String {
    say!(
        lang,
        "joined {hub}; choose by number",
        "você entrou em {hub}; escolha pelo número",
    )
}

/// The hub is not a `roda` hub.
#[must_use]
pub fn hub_is_naive(lang: Lang) -> String {
    say!(
        lang,
        "this hub takes one message at a time: yours leave at most 40 a second",
        "este hub recebe uma mensagem de cada vez: as suas saem no máximo 40 por segundo",
    )
}

/// Who is connected to the hub.
#[must_use]
pub fn at_hub(lang: Lang, names: &[String]) -> String {
    let (count, names) = (names.len(), row(names));
    match count {
        1 => say!(
            lang,
            "1 person is here: {names}",
            "1 pessoa está aqui: {names}"
        ),
        _ => say!(
            lang,
            "{count} people are here: {names}",
            "{count} pessoas estão aqui: {names}"
        ),
    }
}

/// A message from the hub itself.
#[must_use]
pub fn hub_says(lang: Lang, words: &str) -> String {
    say!(lang, "the hub says: {words}", "o hub diz: {words}")
}

/// The hub has refused us.
#[must_use]
pub fn hub_refused(lang: Lang, words: &str) -> String {
    say!(
        lang,
        "the hub did not let you in: {words}",
        "o hub não deixou você entrar: {words}"
    )
}

/// The name belongs to a moderator.
#[must_use]
pub fn proof_asked(lang: Lang, name: &str) -> String {
    say!(
        lang,
        "{name} is a moderator's name here: join with --moderator-secret-file, or by another name",
        "{name} é nome de moderador aqui: entre com --moderator-secret-file, ou com outro nome",
    )
}

/// The hub closed.
#[must_use]
pub fn hub_closed(lang: Lang) -> String {
    say!(lang, "the hub was closed", "o hub foi encerrado")
}

/// The connection to the hub ended without a farewell.
#[must_use]
pub fn hub_lost(lang: Lang) -> String {
    say!(
        lang,
        "the connection to the hub was lost",
        "a conexão com o hub caiu"
    )
}

/// Bytes arrived that are not the hub's protocol.
#[must_use]
pub fn hub_broken(lang: Lang) -> String {
    say!(
        lang,
        "the other side is not a hub: it sent something else",
        "o outro lado não é um hub: enviou outra coisa",
    )
}

/// Some typed lines may not have reached the hub; they begin with this one.
#[must_use]
pub fn hub_unsent(lang: Lang, count: usize, first: &str) -> String {
    match count {
        1 => say!(
            lang,
            "one of your lines may not have reached the hub: {first}",
            "uma de suas linhas pode não ter chegado ao hub: {first}",
        ),
        _ => say!(
            lang,
            "{count} of your lines may not have reached the hub, beginning with: {first}",
            "{count} de suas linhas podem não ter chegado ao hub, a começar por: {first}",
        ),
    }
}

/// The connection to the hub is lost and is being made again.
#[must_use]
pub fn hub_is_called_again(lang: Lang) -> String {
    say!(
        lang,
        "the connection to the hub was lost; trying again (sair gives up)",
        "a conexão com o hub caiu; tentando de novo (sair desiste)",
    )
}

/// Too many lines were typed while there was no connection to the hub.
#[must_use]
pub fn not_kept(lang: Lang, kept: usize) -> String {
    say!(
        lang,
        "not kept: {kept} lines are waiting for the hub already; type this again once the \
        connection is back",
        "não guardada: {kept} linhas já esperam pelo hub; digite de novo quando a conexão voltar",
    )
}

/// Something was asked of the hub while there was no connection to it.
#[must_use]
pub fn hub_is_away(lang: Lang) -> String {
    say!(
        lang,
        "there is no connection to the hub now; type this again once it is back",
        "não há conexão com o hub agora; digite de novo quando ela voltar",
    )
}

/// A person wants to close the hub.
#[must_use]
pub fn close_asked(lang: Lang) -> String {
    say!(
        lang,
        "this closes the hub for everybody; to do it, ask once more",
        "isto encerra o hub para todos; para encerrar, peça mais uma vez",
    )
}

/// Everybody may close this hub.
#[must_use]
pub fn anybody_may_close(lang: Lang) -> String {
    say!(
        lang,
        "anybody who joins may close this hub; to prevent that, start it with --moderator NAME \
        --moderator-secret-file FILE",
        "qualquer participante pode encerrar este hub; para impedir, inicie com --moderator NOME \
        --moderator-secret-file ARQUIVO",
    )
}

/// The sender of a private message.
#[must_use]
pub fn privately(lang: Lang, name: &str) -> String {
    say!(lang, "{name} (to you)", "{name} (para você)")
}

/// The commands that can be typed at a hub.
#[must_use]
pub fn hub_help(lang: Lang) -> Vec<String> {
    let mut all = talking(lang).to_vec();
    all.extend(others(lang));
    all
}

fn talking(lang: Lang) -> [String; 6] {
    [
        say!(
            lang,
            "TEXT           goes to everybody else",
            "TEXTO          vai para todos os outros",
        ),
        say!(
            lang,
            "/me-too TEXT   goes to everybody, you too",
            "/me-too TEXTO  vai para todos, você também",
        ),
        say!(
            lang,
            "/me TEXT       says what you do, to everybody else: ana: * TEXT",
            "/eu TEXTO      diz o que você faz, para todos os outros: ana: * TEXTO",
        ),
        say!(
            lang,
            "/msg NAME TEXT sends TEXT to NAME alone; put a NAME with spaces in quotes",
            "/msg NOME TEXTO envia TEXTO só para NOME; um NOME com espaços vai entre aspas",
        ),
        say!(
            lang,
            "/echo TEXT     comes back to you",
            "/echo TEXTO    volta para você",
        ),
        say!(
            lang,
            "/list          who is here",
            "/list          quem está aqui",
        ),
    ]
}

fn others(lang: Lang) -> [String; 9] {
    [
        say!(
            lang,
            "/remove NAME   removes NAME from the hub (moderators)",
            "/remove NOME   retira NOME do hub (moderadores)",
        ),
        say!(
            lang,
            "/ignore [NAME] hides what NAME writes, until you leave; without NAME, lists the \
            names you ignore",
            "/ignorar [NOME] esconde o que NOME escreve, até você sair; sem NOME, lista quem você \
            ignora",
        ),
        say!(
            lang,
            "/unignore NAME shows NAME again",
            "/designorar NOME volta a mostrar NOME",
        ),
        say!(
            lang,
            "/clear         clears the screen",
            "/clear         limpa a tela",
        ),
        say!(
            lang,
            "/close         closes the hub for everybody",
            "/close         encerra o hub para todos",
        ),
        say!(
            lang,
            "/sair          leaves the hub (so does {FAREWELL} alone)",
            "/sair          sai do hub ({FAREWELL} sozinho também)",
        ),
        say!(
            lang,
            "/help          these lines",
            "/ajuda         estas linhas",
        ),
        say!(
            lang,
            "Tab            completes a command or a name; again: the next one",
            "Tab            completa um comando ou um nome; de novo: o próximo",
        ),
        say!(
            lang,
            "//text         sends /text as it is",
            "//texto        envia /texto como está",
        ),
    ]
}

/// A command lacks an argument.
#[must_use]
pub fn needs_more(lang: Lang, usage: &str) -> String {
    let usage_pt = usage.replace("NAME", "NOME").replace("TEXT", "TEXTO");
    let usage_pt = usage_pt.replace("FILE", "ARQUIVO");
    match lang {
        Lang::En => format!("Usage: {usage}"),
        Lang::Pt => format!("Uso: {usage_pt}"),
    }
}

/// The numbered menu.
#[must_use]
pub fn menu(lang: Lang) -> [String; 7] {
    [
        say!(lang, "1 - echo", "1 - eco"),
        say!(lang, "2 - list clients", "2 - listar os clientes"),
        say!(lang, "3 - private message", "3 - mensagem privada"),
        say!(lang, "4 - broadcast message", "4 - mensagem para todos"),
        say!(lang, "5 - exit", "5 - sair"),
        say!(lang, "6 - close server", "6 - encerrar o servidor"),
        say!(lang, "option's number:", "número da opção:"),
    ]
}

/// The menu asks for a message.
#[must_use]
pub fn asks_text(lang: Lang) -> String {
    say!(lang, "message:", "mensagem:")
}

/// The menu asks for a name.
#[must_use]
pub fn asks_whom(lang: Lang) -> String {
    say!(lang, "to whom:", "para quem:")
}

/// The menu asks whether to receive our own message too.
#[must_use]
pub fn asks_me_too(lang: Lang) -> String {
    say!(
        lang,
        "to everybody but you? y/n",
        "para todos menos você? s/n"
    )
}
