//! Why a name cannot be used.

use super::{Lang, say};
use crate::protocol::lookalike::{Oddity, clean_name};
use crate::protocol::message::{NAME_MAX_BYTES, NameFault, clean};

/// A room's name breaks a rule.
pub(super) fn room_refused(lang: Lang, given: &str, why: NameFault) -> String {
    let (given, why) = (clean(given), name_fault(lang, why));
    say!(
        lang,
        "'{given}' cannot be a room: {why}",
        "'{given}' não pode ser uma sala: {why}",
    )
}

/// A person's name breaks a rule.
pub(super) fn name_refused(lang: Lang, given: &str, why: NameFault) -> String {
    let (given, why) = (clean(given), name_fault(lang, why));
    say!(
        lang,
        "'{given}' cannot be a name: {why}",
        "'{given}' não pode ser um nome: {why}",
    )
}

/// A person's own name may pass for another one.
pub(super) fn name_is_odd(lang: Lang, given: &str, odd: Oddity) -> String {
    let (given, why) = (clean_name(given), oddity(lang, odd));
    say!(
        lang,
        "'{given}' cannot be your name: {why}",
        "'{given}' não pode ser o seu nome: {why}",
    )
}

fn name_fault(lang: Lang, fault: NameFault) -> String {
    match fault {
        NameFault::Empty => say!(
            lang,
            "it is empty; --name takes 1 to {NAME_MAX_BYTES} bytes",
            "está vazio; --name aceita de 1 a {NAME_MAX_BYTES} bytes",
        ),
        NameFault::TooLong { bytes } => say!(
            lang,
            "it is {bytes} bytes long; --name takes 1 to {NAME_MAX_BYTES}",
            "tem {bytes} bytes; --name aceita de 1 a {NAME_MAX_BYTES}",
        ),
        NameFault::Unprintable => say!(
            lang,
            "it holds control characters; use letters, digits and signs",
            "contém caracteres de controle; use letras, números e sinais",
        ),
        NameFault::LeadingTilde => say!(
            lang,
            "it begins with ~, which marks guests; leave the ~ off",
            "começa com ~, que marca convidados; tire o ~",
        ),
    }
}

fn oddity(lang: Lang, oddity: Oddity) -> String {
    let number = |c: char| format!("U+{:04X}", u32::from(c));
    match oddity {
        Oddity::Invisible(c) => {
            let number = number(c);
            say!(
                lang,
                "it holds a character that nobody sees ({number}); leave it off",
                "contém um caractere que ninguém vê ({number}); tire-o",
            )
        }
        Oddity::Blank(c) => {
            let number = number(c);
            say!(
                lang,
                "it holds an unusual blank ({number}); use an ordinary one",
                "contém um espaço incomum ({number}); use um espaço comum",
            )
        }
        Oddity::LooseBlank => say!(
            lang,
            "it begins or ends with a blank, or holds two in a row; leave them off",
            "começa ou termina com espaço, ou tem dois seguidos; tire-os",
        ),
        Oddity::Mark(c) => say!(
            lang,
            "{c} looks like a mark that roda sets beside names; leave it off",
            "{c} parece uma marca que o roda põe ao lado de nomes; tire-a",
        ),
        Oddity::Mixed(c) => {
            let number = number(c);
            say!(
                lang,
                "'{c}' ({number}) is of another alphabet than the rest of its word; type the word \
                with one keyboard",
                "'{c}' ({number}) é de outro alfabeto que o resto da palavra; digite a palavra com \
                um teclado só",
            )
        }
        Oddity::Suffix => say!(
            lang,
            "it ends like the suffix that tells people of one name apart; leave the # off",
            "termina como o sufixo que distingue pessoas de mesmo nome; tire o #",
        ),
    }
}
