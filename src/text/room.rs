//! What is said about keys: of rooms and of people.

use super::{Lang, say};
use crate::error::RoomFault;
use crate::protocol::wire::seal::invitation::InvitationFault;
use crate::protocol::wire::seal::passphrase::{PassphraseFault, Strength};

/// What to do with an invitation.
#[must_use]
pub fn invitation_use(lang: Lang) -> [String; 2] {
    [
        say!(
            lang,
            "who has this line can read all that is said there: pass it on by hand, or by the code",
            "quem tem esta linha lê tudo o que se diz lá: entregue em mãos, ou pelo código",
        ),
        say!(
            lang,
            "to enter, put it into a file and type: roda chat --invite-file FILE",
            "para entrar, coloque num arquivo e digite: roda chat --invite-file ARQUIVO",
        ),
    ]
}

/// What to do with a fingerprint.
#[must_use]
pub fn fingerprint_use(lang: Lang) -> String {
    say!(
        lang,
        "this is you, in figures and in words: whoever sees the same beside your name, sees you",
        "este é você, em números e em palavras: quem vê o mesmo junto do seu nome, vê você",
    )
}

/// What a person is asked for.
#[must_use]
pub fn room_key_prompt(lang: Lang) -> String {
    say!(
        lang,
        "Passphrase or invitation of the room:",
        "Senha ou convite da sala:",
    )
}

/// A passphrase is easily guessed.
#[must_use]
pub fn weak_passphrase(lang: Lang, strength: Strength) -> String {
    let (words, bits) = (strength.words, strength.bits.round());
    say!(
        lang,
        "this passphrase is weak (words: {words}, at most {bits:.0} bits): who records the room \
        can guess it; take six words by chance, or roda room new",
        "esta senha é fraca (palavras: {words}, no máximo {bits:.0} bits): quem grava a sala pode \
        adivinhá-la; use seis palavras ao acaso, ou roda room new",
    )
}

/// Why a room cannot be opened.
#[must_use]
pub(super) fn room_fault(lang: Lang, fault: &RoomFault) -> String {
    match fault {
        RoomFault::NoName => say!(
            lang,
            "cannot open the room: the key is of a room without a name; add --room NAME",
            "não foi possível abrir a sala: a chave é de uma sala sem nome; use --room NOME",
        ),
        RoomFault::NoTerminal => say!(
            lang,
            "cannot ask for the room's key: there is no terminal; use --key-file or RODA_ROOM_KEY",
            "não há terminal para perguntar a chave da sala; use --key-file ou RODA_ROOM_KEY",
        ),
        RoomFault::NoText(path) => {
            let path = path.display();
            say!(
                lang,
                "cannot open the room: {path} holds neither 32 bytes nor text",
                "não foi possível abrir a sala: {path} não tem 32 bytes nem texto",
            )
        }
        RoomFault::Passphrase(PassphraseFault::Empty) => say!(
            lang,
            "cannot open the room: the passphrase is empty",
            "não foi possível abrir a sala: a senha está vazia",
        ),
        RoomFault::Passphrase(PassphraseFault::NoMemory) => say!(
            lang,
            "cannot open the room: a passphrase takes 64 MiB, which are not free",
            "não foi possível abrir a sala: faltam 64 MiB para a senha; use um convite",
        ),
        RoomFault::Invitation(InvitationFault::Character(character)) => say!(
            lang,
            "cannot open the room: no invitation has the character '{character}'",
            "não foi possível abrir a sala: nenhum convite tem o caractere '{character}'",
        ),
        RoomFault::Invitation(InvitationFault::Length(count)) => say!(
            lang,
            "cannot open the room: an invitation has 28 characters, and this has {count}",
            "não foi possível abrir a sala: um convite tem 28 caracteres, e este tem {count}",
        ),
        RoomFault::Invitation(InvitationFault::Check) => say!(
            lang,
            "cannot open the room: the invitation is mistyped somewhere",
            "não foi possível abrir a sala: o convite tem um erro de digitação",
        ),
    }
}
