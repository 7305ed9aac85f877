//! Why a name cannot be used.

use super::{Lang, say};
use crate::protocol::lookalike::{Oddity, OwnNameFault, clean_name};
use crate::protocol::message::{NAME_MAX_BYTES, NameFault, clean};

/// A room's name breaks a rule.
pub(super) fn room_refused(lang: Lang, given: &str, why: NameFault) -> String {
    let (given, why) = (clean(given), name_fault(lang, why));
    say!(
        lang,
        "'{given}' is not valid as a room's name: {why}",
        "'{given}' não é válido como nome de sala: {why}",
    )
}

/// A person's name breaks a rule.
#[must_use]
pub fn name_refused(lang: Lang, given: &str, why: NameFault) -> String {
    let (given, why) = (clean(given), name_fault(lang, why));
    say!(
        lang,
        "'{given}' is not valid as a name: {why}",
        "'{given}' não é válido como nome: {why}",
    )
}

/// A person's own name may pass for another one.
#[must_use]
pub fn name_is_odd(lang: Lang, given: &str, odd: Oddity) -> String {
    let (given, why) = (clean_name(given), oddity(lang, odd));
    say!(
        lang,
        "'{given}' is not valid as your name: {why}",
        "'{given}' não é válido como o seu nome: {why}",
    )
}

/// A guest's name breaks a rule, or may pass for another one.
#[must_use]
pub fn guest_name_refused(lang: Lang, given: &str, fault: OwnNameFault) -> String {
    match fault {
        OwnNameFault::Name(fault) => name_refused(lang, given, fault),
        OwnNameFault::Odd(odd) => name_is_odd(lang, given, odd),
    }
}

fn name_fault(lang: Lang, fault: NameFault) -> String {
    match fault {
        NameFault::Empty => say!(
            lang,
            "it is empty; use 1 to {NAME_MAX_BYTES} bytes",
            "está vazio; use de 1 a {NAME_MAX_BYTES} bytes",
        ),
        NameFault::TooLong { bytes } => say!(
            lang,
            "it is {bytes} bytes long; use at most {NAME_MAX_BYTES}",
            "tem {bytes} bytes; use no máximo {NAME_MAX_BYTES}",
        ),
        NameFault::Unprintable => say!(
            lang,
            "it contains control characters; use letters, digits and signs",
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
                "it contains an invisible character ({number}); leave it out",
                "contém um caractere invisível ({number}); tire-o",
            )
        }
        Oddity::Blank(c) => {
            let number = number(c);
            say!(
                lang,
                "it contains an unusual blank ({number}); use an ordinary one",
                "contém um espaço incomum ({number}); use um espaço comum",
            )
        }
        Oddity::LooseBlank => say!(
            lang,
            "it begins or ends with a blank, or contains two in a row; leave them out",
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
                "'{c}' ({number}) comes from another alphabet than the rest of its word; use one \
                alphabet in each word",
                "'{c}' ({number}) é de um alfabeto diferente do resto da palavra; use um só \
                alfabeto em cada palavra",
            )
        }
        Oddity::Suffix => say!(
            lang,
            "it ends like the suffix that tells people of one name apart; leave the # off",
            "termina como o sufixo que distingue pessoas de mesmo nome; tire o #",
        ),
    }
}
