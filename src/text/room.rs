//! The sentences about the keys of rooms and people.

use core::net::IpAddr;
use std::time::Duration;

use super::{Lang, row, say};
use crate::error::RoomFault;
use crate::protocol::wire::seal::host::HostFault;
use crate::protocol::wire::seal::invitation::InvitationFault;
use crate::protocol::wire::seal::passphrase::{PassphraseFault, Strength};

/// What to do with an invitation.
#[must_use]
pub fn invitation_use(lang: Lang) -> [String; 3] {
    [
        say!(
            lang,
            "Anyone with this line can read the room: hand it over in person, or show the QR code",
            "Quem tem esta linha pode ler a sala: entregue em mãos, ou mostre o código QR",
        ),
        say!(
            lang,
            "Keep the file private; --output FILE makes one that only you can read",
            "Mantenha o arquivo privado; --output ARQUIVO cria um que só você pode ler",
        ),
        say!(
            lang,
            "To enter, save it in a file and type: roda chat --invite-file FILE",
            "Para entrar, salve-a num arquivo e digite: roda chat --invite-file ARQUIVO",
        ),
    ]
}

/// What a room with a host is.
#[must_use]
pub fn invitation_host(lang: Lang) -> String {
    say!(
        lang,
        "You are the host of this room. Both lines belong together: without the second, it is \
        another room",
        "Você é o anfitrião desta sala. As duas linhas andam juntas: sem a segunda, é outra sala",
    )
}

/// What to do with a file that holds an invitation.
#[must_use]
pub fn invitation_file_use(lang: Lang, path: &str) -> [String; 2] {
    let typed = quoted(path);
    [
        say!(
            lang,
            "The invitation is in {path}, which only you can read. Anyone who has it can read the \
            room: hand it over in person",
            "O convite está em {path}, que só você pode ler. Quem tem o convite pode ler a sala: \
            entregue em mãos",
        ),
        say!(
            lang,
            "To enter, type: roda chat --invite-file {typed}",
            "Para entrar, digite: roda chat --invite-file {typed}",
        ),
    ]
}

/// A word as a shell takes it: in quotes, unless it is plain.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// What to do with a fingerprint.
#[must_use]
pub fn fingerprint_use(lang: Lang) -> String {
    say!(
        lang,
        "this is your fingerprint, in digits and in words: anyone who sees the same one beside \
        your name is talking to you",
        "esta é a sua impressão digital, em números e em palavras: quem vê a mesma ao lado do seu \
        nome está falando com você",
    )
}

/// The identity before the new one.
#[must_use]
pub fn old_identity(lang: Lang, path: &str) -> String {
    say!(
        lang,
        "in chats that you start from now on, the others see you as somebody new; the old \
        identity is kept in {path}: delete it, or put it back in place to be who you were",
        "nas conversas que você abrir de agora em diante, os outros verão você como alguém novo; \
        a identidade antiga ficou em {path}: apague-a, ou ponha-a de volta para ser quem você era",
    )
}

/// Asks for a room's passphrase or invitation.
#[must_use]
pub fn room_key_prompt(lang: Lang) -> String {
    say!(
        lang,
        "Passphrase or invitation of the room:",
        "Senha ou convite da sala:",
    )
}

/// Asks for a room's passphrase or invitation once more.
#[must_use]
pub fn room_key_again(lang: Lang) -> String {
    say!(
        lang,
        "That is not UTF-8 text; please type it again. Passphrase or invitation of the room:",
        "Isso não é texto UTF-8; digite de novo. Senha ou convite da sala:",
    )
}

/// The passphrase is easy to guess.
#[must_use]
pub fn weak_passphrase(lang: Lang, strength: Strength) -> String {
    let (words, bits) = (strength.words, strength.bits.round());
    say!(
        lang,
        "this passphrase is weak (words: {words}, at most {bits:.0} bits): anyone who records \
        the room can guess it; use six random words, or roda room new NAME",
        "esta senha é fraca (palavras: {words}, no máximo {bits:.0} bits): quem grava a sala \
        pode adivinhá-la; use seis palavras ao acaso, ou roda room new NOME",
    )
}

/// A person cannot receive private messages yet.
#[must_use]
pub fn no_key_yet(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "not sent: the key of {who} has not arrived yet; try again in a moment",
        "não enviada: a chave de {who} ainda não chegou; tente de novo em instantes",
    )
}

/// Somebody uses another version of this program.
#[must_use]
pub fn other_version(lang: Lang) -> String {
    say!(
        lang,
        "somebody here uses another version of roda, and you do not hear each other: use the same \
        version everywhere (roda --version shows yours)",
        "alguém aqui usa outra versão do roda, e vocês não se ouvem: usem a mesma versão em todas \
        as máquinas (roda --version mostra a sua)",
    )
}

/// Several people here have one key.
#[must_use]
pub fn key_shared(lang: Lang, names: &[String]) -> String {
    let names = row(names);
    say!(
        lang,
        "{names} use the same key: an identity was copied from one machine to another, and what \
        one of them says may come from the other",
        "{names} usam a mesma chave: uma identidade foi copiada de uma máquina para outra, e o \
        que um diz pode vir do outro",
    )
}

/// Somebody else has this person's key, under another name.
#[must_use]
pub fn own_key_shared(lang: Lang, names: &[String]) -> String {
    let names = row(names);
    say!(
        lang,
        "{names} use your key, you included: this machine's identity is a copy, or was copied; \
        for one of your own, type roda id new; then start again",
        "{names} usam a sua chave, contando você: a identidade desta máquina é uma cópia, ou foi \
        copiada; para ter uma só sua, digite roda id new; depois entre de novo",
    )
}

/// This person's key is used on another computer.
#[must_use]
pub fn own_key_elsewhere(lang: Lang, address: IpAddr) -> String {
    say!(
        lang,
        "your key is also in use at {address}: if that is you, all is well; if this machine is a \
        copy of another one, type roda id new; then start again",
        "a sua chave também está em uso em {address}: se é você, tudo bem; se esta máquina é \
        cópia de outra, digite roda id new; depois entre de novo",
    )
}

/// This computer's clock is far ahead of those of most others.
#[must_use]
pub fn clock_ahead(lang: Lang, ahead: Duration) -> String {
    let by = rough_duration(lang, ahead);
    say!(
        lang,
        "your clock is ahead of the others' by {by}, so they do not receive what you say; set \
        this machine's clock, then start again",
        "o seu relógio está {by} adiantado em relação ao dos outros, e por isso eles não recebem \
        o que você diz; acerte o relógio desta máquina e entre de novo",
    )
}

/// A duration in the largest unit that it fills twice: `11 minutes`, `24 hours`, `366 days`.
fn rough_duration(lang: Lang, duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    match minutes {
        0..120 => say!(lang, "{minutes} minutes", "{minutes} minutos"),
        120..2880 => {
            let hours = minutes / 60;
            say!(lang, "{hours} hours", "{hours} horas")
        }
        _ => {
            let days = minutes / 1440;
            say!(lang, "{days} days", "{days} dias")
        }
    }
}

/// Somebody uses another key in a room of the same name.
#[must_use]
pub fn other_key(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "somebody here uses another key for the room {room}: you cannot read each other; compare \
        your invitations or passphrases",
        "alguém aqui usa outra chave para a sala {room}: vocês não leem um ao outro; comparem os \
        convites ou as senhas",
    )
}

/// Nobody in the room has this name.
#[must_use]
pub fn nobody_is_called(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "nobody here is called '{given}'; /who lists everybody",
        "ninguém aqui se chama '{given}'; /quem lista todos",
    )
}

/// Only this person has the name.
#[must_use]
pub fn it_is_you(lang: Lang) -> String {
    say!(lang, "that is you", "essa pessoa é você")
}

/// Several people in the room have this name.
#[must_use]
pub fn several_are_called(lang: Lang, given: &str, names: &[String]) -> String {
    let names = row(names);
    say!(
        lang,
        "'{given}' may mean several people; write one of these names: {names}",
        "'{given}' pode ser mais de uma pessoa; escreva um destes nomes: {names}",
    )
}

/// The code that two people compare.
#[must_use]
pub fn compare_code(lang: Lang, who: &str, code: &str) -> String {
    say!(
        lang,
        "{code}: compare it with the code that {who} sees after typing /verify and your name; if \
        they are the same, type /verified {who}",
        "{code}: compare com o código que {who} vê ao digitar /verify e o seu nome; se forem \
        iguais, digite /verified {who}",
    )
}

/// Whether the codes are really equal.
#[must_use]
pub fn verify_asked(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "did {who} read the same digits to you? If so, type /verified {who} once more",
        "{who} leu os mesmos números para você? Se sim, digite /verified {who} mais uma vez",
    )
}

/// A code is said to be the same before it was shown.
#[must_use]
pub fn not_compared(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "compare the codes first: type /verify {who}",
        "primeiro compare os códigos: digite /verify {who}",
    )
}

/// Somebody whose verification is to be undone is not verified.
#[must_use]
pub fn not_verified(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "{who} is not verified",
        "a identidade de {who} não está verificada",
    )
}

/// A person's key is no longer verified.
#[must_use]
pub fn is_unverified(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "{who} is no longer marked as verified",
        "a identidade de {who} não está mais marcada como verificada",
    )
}

/// One's own fingerprint.
#[must_use]
pub fn own_fingerprint(lang: Lang, who: &str, fingerprint: &str) -> String {
    say!(
        lang,
        "{who} (you): {fingerprint}",
        "{who} (você): {fingerprint}",
    )
}

/// Somebody's fingerprint.
#[must_use]
pub fn fingerprint_of(lang: Lang, who: &str, fingerprint: &str) -> String {
    say!(
        lang,
        "{who} has the fingerprint {fingerprint}",
        "{who} tem a impressão digital {fingerprint}",
    )
}

/// A person's key is verified.
#[must_use]
pub fn is_verified(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "{who} is verified: ✓ marks the name from now on",
        "a identidade de {who} está verificada: ✓ marca o nome de agora em diante",
    )
}

/// The people that this user meets cannot be stored.
#[must_use]
pub fn people_are_forgotten(lang: Lang, why: &str) -> String {
    say!(
        lang,
        "the people you meet will not be remembered: {why}",
        "as pessoas que você encontrar não serão lembradas: {why}",
    )
}

/// A member's counts for `/stats`.
#[must_use]
pub fn stats(lang: Lang, members: usize, held_bytes: usize) -> String {
    let held_kib = held_bytes >> 10;
    say!(
        lang,
        "people here: {members}; messages stored: {held_kib} KiB",
        "pessoas aqui: {members}; mensagens guardadas: {held_kib} KiB",
    )
}

/// Why a room cannot be opened.
#[must_use]
pub(super) fn room_fault(lang: Lang, fault: &RoomFault) -> String {
    match fault {
        RoomFault::NoName => say!(
            lang,
            "cannot open the room: a key needs the name of its room; add --room NAME",
            "não foi possível abrir a sala: uma chave precisa do nome da sala; use --room NOME",
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
        RoomFault::NoTextIn(variable) => say!(
            lang,
            "cannot open the room: the variable {variable} does not hold UTF-8 text",
            "não foi possível abrir a sala: a variável {variable} não tem texto UTF-8",
        ),
        RoomFault::Passphrase(PassphraseFault::Empty) => say!(
            lang,
            "cannot open the room: the passphrase is empty",
            "não foi possível abrir a sala: a senha está vazia",
        ),
        RoomFault::Passphrase(PassphraseFault::NoMemory) => say!(
            lang,
            "cannot open the room: a passphrase needs 64 MiB of free memory; use an invitation",
            "não foi possível abrir a sala: a senha precisa de 64 MiB de memória livre; use um \
            convite",
        ),
        RoomFault::OtherRoom { named, invited } => say!(
            lang,
            "cannot open the room: the invitation is for the room {invited}, not for {named}; \
            leave out --room, or take the invitation for {named}",
            "não foi possível abrir a sala: o convite é para a sala {invited}, não para {named}; \
            omita --room, ou use o convite para {named}",
        ),
        RoomFault::Mistyped(fault) => {
            let why = invitation_fault(lang, *fault);
            say!(
                lang,
                "{why}; if it is a passphrase and no invitation, add --passphrase",
                "{why}; se é uma senha e não um convite, use --passphrase",
            )
        }
        RoomFault::Invitation(fault) => invitation_fault(lang, *fault),
        RoomFault::Host(fault) => host_fault(lang, *fault),
    }
}

/// Why an invitation cannot be used.
fn invitation_fault(lang: Lang, fault: InvitationFault) -> String {
    match fault {
        InvitationFault::Character(character) => say!(
            lang,
            "cannot open the room: invitations do not contain '{character}'; check what you typed",
            "não foi possível abrir a sala: convites não contêm '{character}'; confira o que \
            digitou",
        ),
        InvitationFault::Length(count) => say!(
            lang,
            "cannot open the room: an invitation has 28 characters, and this one has {count}",
            "não foi possível abrir a sala: um convite tem 28 caracteres, e este tem {count}",
        ),
        InvitationFault::Check => say!(
            lang,
            "cannot open the room: the invitation has a typing error",
            "não foi possível abrir a sala: o convite tem um erro de digitação",
        ),
    }
}

/// Why the line that names a room's host cannot be used.
fn host_fault(lang: Lang, fault: HostFault) -> String {
    match fault {
        HostFault::Word => say!(
            lang,
            "cannot open the room: what follows the invitation is not the line of its host; keep \
            both lines as they were handed to you, or the first alone if there was one",
            "não foi possível abrir a sala: o que segue o convite não é a linha do anfitrião; \
            mantenha as duas linhas como foram entregues, ou só a primeira se só havia uma",
        ),
        HostFault::Character(character) => say!(
            lang,
            "cannot open the room: the line of its host does not contain '{character}'; check \
            what you typed",
            "não foi possível abrir a sala: a linha do anfitrião não contém '{character}'; confira \
            o que digitou",
        ),
        HostFault::Length(count) => say!(
            lang,
            "cannot open the room: the code of its host has 56 characters, and this one has \
            {count}",
            "não foi possível abrir a sala: o código do anfitrião tem 56 caracteres, e este tem \
            {count}",
        ),
        _ => say!(
            lang,
            "cannot open the room: the line of its host has a typing error, or belongs to another \
            invitation; take both lines from the same file",
            "não foi possível abrir a sala: a linha do anfitrião tem um erro de digitação, ou é de \
            outro convite; use as duas linhas do mesmo arquivo",
        ),
    }
}

/// A request is for another room.
#[must_use]
pub fn not_in_room(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "not done: this program is not in the room {room}; /rooms lists its rooms",
        "não feito: este programa não está na sala {room}; /salas lista as salas dele",
    )
}

/// Whose names are whose has not been read yet.
#[must_use]
pub fn people_are_unknown(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "it is not known yet who {given} is: the list of people is still being read; try again \
        in a moment, or write the name with its suffix",
        "ainda não se sabe quem é {given}: a lista de pessoas ainda está sendo lida; tente de \
        novo em instantes, ou escreva o nome com o sufixo",
    )
}
