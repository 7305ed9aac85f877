//! The sentences of `lab`.

mod asked;
mod bytes;
mod finding;

use std::net::SocketAddr;
use std::time::Duration;

pub use self::asked::{bank_fault, question, usage_fault, wanted};
pub use self::bytes::{TraceDirection, dump, traced};
pub use self::finding::finding;
use super::{Lang, say};
use crate::lab::lesson::Lesson;

/// One line about a lesson.
#[must_use]
pub fn lesson(lang: Lang, lesson: Lesson) -> String {
    match lesson {
        Lesson::Hello => say!(
            lang,
            "version 1: the server shows that a client came",
            "versão 1: o servidor mostra que um cliente chegou",
        ),
        Lesson::Exchange => say!(
            lang,
            "version 2: the server speaks first, the client answers",
            "versão 2: o servidor fala primeiro, o cliente responde",
        ),
        Lesson::Object => say!(
            lang,
            "version 3: an object travels by Python's pickle",
            "versão 3: um objeto viaja pelo pickle do Python",
        ),
        Lesson::Products => say!(
            lang,
            "versions 4 and 5: products are added, listed and looked up",
            "versões 4 e 5: produtos são adicionados, listados e consultados",
        ),
        Lesson::Quiz => say!(
            lang,
            "three questions, and what was right",
            "três questões, e o que estava certo",
        ),
        Lesson::Uppercase => say!(
            lang,
            "a text comes back in upper case",
            "um texto volta em maiúsculas",
        ),
        Lesson::Oracle => say!(
            lang,
            "a question is answered: sim, não or talvez",
            "uma pergunta é respondida: sim, não ou talvez",
        ),
        Lesson::Primes => say!(
            lang,
            "the product of the primes around a number",
            "o produto dos primos em volta de um número",
        ),
        Lesson::Divisors => say!(
            lang,
            "the divisors of a number, as a list",
            "os divisores de um número, numa lista",
        ),
        Lesson::Person => say!(
            lang,
            "a person is sent as a JSON object",
            "uma pessoa é enviada como objeto JSON",
        ),
    }
}

/// The last line of the list of lessons.
#[must_use]
pub fn lab_usage(lang: Lang) -> String {
    say!(
        lang,
        "the server: roda lab serve LESSON; the client: roda lab LESSON; --trace shows the bytes",
        "o servidor: roda lab serve LIÇÃO; o cliente: roda lab LIÇÃO; --trace mostra os bytes",
    )
}

/// A lesson's server is listening.
#[must_use]
pub fn lab_serves(lang: Lang, lesson: &str, address: SocketAddr) -> String {
    let from = super::reached_from(lang, address);
    say!(
        lang,
        "{lesson}: serving at {address}; {from}; Ctrl-C ends it",
        "{lesson}: atendendo em {address}; {from}; Ctrl-C encerra",
    )
}

/// The client has connected to the server.
#[must_use]
pub fn reached(lang: Lang, server: SocketAddr) -> String {
    say!(lang, "connected to {server}", "conectado a {server}")
}

/// A client connected.
#[must_use]
pub fn client_came(lang: Lang, client: SocketAddr) -> String {
    say!(lang, "{client} connected", "{client} se conectou",)
}

/// A client was refused, because there are too many.
#[must_use]
pub fn clients_too_many(lang: Lang, client: SocketAddr, most: usize) -> String {
    say!(
        lang,
        "{client} was turned away: {most} others are being served",
        "{client} foi recusado: {most} outros estão sendo atendidos",
    )
}

/// A connection was lost.
#[must_use]
pub fn line_lost(lang: Lang, peer: SocketAddr) -> String {
    say!(
        lang,
        "{peer}: the connection was lost",
        "{peer}: a conexão caiu"
    )
}

/// Nothing happened on a connection.
#[must_use]
pub fn line_idle(lang: Lang, peer: SocketAddr, time: Duration) -> String {
    let seconds = time.as_secs();
    say!(
        lang,
        "{peer}: closed after {seconds} s without data",
        "{peer}: fechada depois de {seconds} s sem dados",
    )
}

/// The input ended before every question was answered.
#[must_use]
pub fn unanswered(lang: Lang) -> String {
    say!(
        lang,
        "the input ended before the answer",
        "a entrada acabou antes da resposta",
    )
}

/// How many questions are kept now.
#[must_use]
pub fn questions_kept(lang: Lang, count: usize) -> String {
    say!(
        lang,
        "{count} questions saved",
        "{count} questões guardadas",
    )
}
