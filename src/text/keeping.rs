//! The sentences about what is kept beyond a session.

use super::{Lang, say};

/// Nothing that is said is stored from now on.
#[must_use]
pub fn nothing_is_kept(lang: Lang, why: &str) -> String {
    say!(
        lang,
        "what is said from now on is not stored: {why}",
        "o que for dito a partir de agora não será guardado: {why}",
    )
}

/// What is said is stored again.
#[must_use]
pub fn kept_again(lang: Lang, missing: u64) -> String {
    match missing {
        0 => say!(
            lang,
            "what is said is stored again; nothing is missing",
            "o que for dito volta a ser guardado; não falta nada",
        ),
        1 => say!(
            lang,
            "what is said is stored again; 1 message is missing there",
            "o que for dito volta a ser guardado; falta ali 1 mensagem",
        ),
        _ => say!(
            lang,
            "what is said is stored again; {missing} messages are missing there",
            "o que for dito volta a ser guardado; faltam ali {missing} mensagens",
        ),
    }
}

/// The archive did not answer in time.
#[must_use]
pub fn not_recalled(lang: Lang) -> String {
    say!(
        lang,
        "the archive does not answer (its disk is slow, or another program holds it): what was \
        said before comes from the others who are here",
        "o arquivo de mensagens não responde (o disco está lento, ou outro programa o usa): o \
        que foi dito antes vem dos outros que estão aqui",
    )
}
