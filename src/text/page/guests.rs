//! What guests read on their page.

use super::Named;
use crate::text::{Lang, say};

/// What guests read.
pub(super) fn guests(lang: Lang) -> Vec<Named> {
    vec![
        (
            "guest_warning",
            say!(
                lang,
                "You speak here as a guest of the person who gave you this link. They, and \
                anyone on this network, can read all that you write and read here.",
                "Você fala aqui como convidado de quem lhe deu este link. Essa pessoa, e qualquer \
                um nesta rede, pode ler tudo o que você escreve e lê aqui.",
            ),
        ),
        ("guest_name", say!(lang, "Your name", "Seu nome")),
        ("guest_enter", say!(lang, "Enter", "Entrar")),
        (
            "guest_no_link",
            say!(
                lang,
                "This page needs its whole link: scan the code again.",
                "Esta página precisa do link inteiro: leia o código de novo.",
            ),
        ),
        (
            "guest_lost",
            say!(
                lang,
                "The connection is lost; it is made again by itself.",
                "A conexão caiu; ela volta sozinha.",
            ),
        ),
        (
            "guest_out",
            say!(
                lang,
                "You are out: ask for a new link if you want to come back.",
                "Você está fora: peça um novo link se quiser voltar.",
            ),
        ),
    ]
}
