//! The sentences about what is kept beyond a session.

use super::{Lang, row, say};

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

/// What was forgotten by `roda history forget` is in no memory of this program any more.
#[must_use]
pub fn forgotten_here(lang: Lang, is_of_one: bool) -> String {
    match is_of_one {
        true => say!(
            lang,
            "what you had forgotten of one person is forgotten here too",
            "o que você mandou esquecer de uma pessoa foi esquecido aqui também",
        ),
        false => say!(
            lang,
            "what you had forgotten of this room is forgotten here too",
            "o que você mandou esquecer desta sala foi esquecido aqui também",
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

/// People who are away will have what this person said.
#[must_use]
pub fn kept_for(lang: Lang, away: usize) -> String {
    match away {
        1 => say!(
            lang,
            "kept for 1 who is away",
            "guardado para 1 que está fora",
        ),
        _ => say!(
            lang,
            "kept for {away} who are away",
            "guardado para {away} que estão fora",
        ),
    }
}

/// Everybody here has what this person said, and people who are away will have it.
#[must_use]
pub fn delivered_and_kept(lang: Lang, has: usize, of: usize, away: usize) -> String {
    let kept = kept_for(lang, away);
    say!(
        lang,
        "delivered {has}/{of}, {kept}",
        "entregue {has}/{of}, {kept}",
    )
}

/// Who is here, and who keeps what is said.
#[must_use]
pub fn and_kept_by(lang: Lang, here: &str, keepers: &[String]) -> String {
    let (count, keepers) = (keepers.len(), row(keepers));
    say!(
        lang,
        "{here}; kept by {count}: {keepers}",
        "{here}; guardado por {count}: {keepers}",
    )
}

/// What a keeper says when it begins.
#[must_use]
pub fn keeping(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "keeping what is said in {room} for those who come later; Ctrl-C ends it",
        "guardando o que for dito em {room} para quem chegar depois; Ctrl-C encerra",
    )
}
