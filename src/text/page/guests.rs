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
        (
            "guest_warning_https",
            say!(
                lang,
                "You are here as a guest of the person who gave you this link. They and all in \
                the room read and hear what you write and say. Other guests may read it by plain \
                http, and so may anyone on this network with them.",
                "Você está aqui como convidado de quem lhe deu este link. Essa pessoa e todos na \
                sala leem e ouvem o que você escreve e diz. Outros convidados podem ler por http \
                simples, e com eles qualquer um nesta rede.",
            ),
        ),
        (
            "guest_speak_by",
            say!(
                lang,
                "To speak, open this page by https. Your browser will warn you that it does not \
                know who made the certificate: the program of your host made it, for today. Ask \
                your host to compare the fingerprint before you go on.",
                "Para falar, abra esta página por https. O navegador vai avisar que não sabe quem \
                fez o certificado: o programa do seu anfitrião o fez, para hoje. Antes de \
                continuar, compare a impressão digital com o anfitrião.",
            ),
        ),
        (
            "guest_speak_go",
            say!(lang, "Open by https", "Abrir por https"),
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
