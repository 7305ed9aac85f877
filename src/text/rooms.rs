//! The sentences about several rooms in one program.

use super::{Lang, say};
use crate::chat::rooms::RoomState;

/// The commands about rooms.
pub(super) fn room_commands(lang: Lang) -> [String; 4] {
    [
        say!(
            lang,
            "/join ROOM     enters another room, too; --key asks for its key, unseen, and \
            --key-file FILE reads it",
            "/entrar SALA   entra em outra sala também; --key pede a chave, sem mostrá-la, e \
            --key-file ARQUIVO a lê",
        ),
        say!(
            lang,
            "/part [ROOM]   leaves this room, and stays in the others",
            "/deixar [SALA] sai desta sala, e fica nas outras",
        ),
        say!(
            lang,
            "/room ROOM     goes on in another room, by its name or its number",
            "/sala SALA     continua em outra sala, pelo nome ou pelo número",
        ),
        say!(
            lang,
            "/rooms         lists the rooms that you are in",
            "/salas         lista as salas em que você está",
        ),
    ]
}

/// What is typed goes to this room from now on.
#[must_use]
pub fn now_in_room(lang: Lang, room: &str, unread: u64) -> String {
    match unread {
        0 => say!(lang, "now in {room}", "agora em {room}"),
        1 => say!(
            lang,
            "now in {room}, where 1 message came meanwhile",
            "agora em {room}, onde chegou 1 mensagem",
        ),
        unread => say!(
            lang,
            "now in {room}, where {unread} messages came meanwhile",
            "agora em {room}, onde chegaram {unread} mensagens",
        ),
    }
}

/// This room was left, and what is typed goes to that one.
#[must_use]
pub fn room_left(lang: Lang, room: &str, current: &str) -> String {
    say!(
        lang,
        "you left {room}; now in {current}",
        "você saiu de {room}; agora em {current}",
    )
}

/// One row of the list of rooms.
#[must_use]
pub fn room_row(lang: Lang, room: &RoomState, unread: u64, is_current: bool) -> String {
    let (number, name, members) = (room.number, &room.name, room.members);
    let access = match room.is_keyed {
        true => say!(lang, ", with a key", ", com chave"),
        false => String::new(),
    };
    let state = match (is_current, unread) {
        (true, _) => say!(lang, ", where you are now", ", onde você está agora"),
        (false, 0) => String::new(),
        (false, unread) => say!(lang, ", {unread} unread", ", {unread} por ler"),
    };
    let people = match members {
        1 => say!(lang, "nobody else", "mais ninguém"),
        members => say!(lang, "{members} here", "{members} aqui"),
    };
    format!("{number} {name}: {people}{access}{state}")
}

/// Asks for the passphrase or the invitation of a room that is entered.
#[must_use]
pub fn key_of_room_prompt(lang: Lang, room: Option<&str>) -> String {
    match room {
        Some(room) => say!(
            lang,
            "Passphrase or invitation of {room} (unseen; Ctrl-C cancels):",
            "Senha ou convite de {room} (não aparece; Ctrl-C cancela):",
        ),
        None => say!(
            lang,
            "Invitation (unseen; Ctrl-C cancels):",
            "Convite (não aparece; Ctrl-C cancela):",
        ),
    }
}

/// Asks whether a typed key is to be kept.
#[must_use]
pub fn keep_key_question(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "Open {room} again next time? Its key is then kept in a file that only you can read [y/N]",
        "Abrir {room} de novo da próxima vez? A chave fica num arquivo que só você pode ler [s/N]",
    )
}

/// This program is in a room of this name.
#[must_use]
pub fn already_in_room(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "you are in {room} already: /room goes there",
        "você já está em {room}: /sala vai para lá",
    )
}

/// This program is in as many rooms as is possible.
#[must_use]
pub fn too_many_rooms(lang: Lang, limit: usize) -> String {
    say!(
        lang,
        "you are in {limit} rooms, which is the most: leave one with /part first",
        "você está em {limit} salas, que é o máximo: saia de uma com /deixar antes",
    )
}

/// A room cannot be entered.
#[must_use]
pub fn cannot_enter(lang: Lang, room: &str, why: &str) -> String {
    match room {
        "" => say!(
            lang,
            "cannot enter the room: {why}",
            "não foi possível entrar na sala: {why}",
        ),
        room => say!(
            lang,
            "cannot enter {room}: {why}",
            "não foi possível entrar em {room}: {why}",
        ),
    }
}

/// Another room is being entered.
#[must_use]
pub fn join_waits(lang: Lang) -> String {
    say!(
        lang,
        "another room is still being opened: try again when that is done",
        "outra sala ainda está sendo aberta: tente de novo quando terminar",
    )
}

/// Nobody can be asked for a key.
#[must_use]
pub fn nobody_to_ask(lang: Lang) -> String {
    say!(
        lang,
        "nobody can be asked for the key here: put it into a file, and use --key-file FILE",
        "aqui não há a quem pedir a chave: ponha-a num arquivo, e use --key-file ARQUIVO",
    )
}

/// A room that could not be opened is not tried again.
#[must_use]
pub fn room_not_reopened(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "{room} is not opened at the next start",
        "{room} não é aberta da próxima vez",
    )
}
