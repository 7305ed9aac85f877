//! The questions that `lab` asks a person, the answers that it accepts, and what is wrong with a
//! file of questions.

use crate::error::LabUsage;
use crate::lab::form::Field;
use crate::lab::quiz::ASKED;
use crate::lab::quiz::question::{BankFault, QUESTIONS_MAX, QuestionFault};
use crate::protocol::message::clean;
use crate::protocol::wire::quiet::MESSAGE_MAX_BYTES;
use crate::text::{Lang, row, say};

/// The question for a field.
#[must_use]
pub fn question(lang: Lang, field: Field) -> String {
    match field {
        Field::Text => say!(lang, "Text:", "Texto:"),
        Field::Question => say!(lang, "Question:", "Pergunta:"),
        Field::Integer(_) | Field::Positive => say!(lang, "Number:", "Número:"),
        Field::Code => say!(lang, "Code:", "Código:"),
        Field::ProductName | Field::Nome => say!(lang, "Name:", "Nome:"),
        Field::Price => say!(lang, "Price:", "Preço:"),
        Field::Idade => say!(lang, "Age:", "Idade:"),
        Field::Email => say!(lang, "Email address:", "Endereço de e-mail:",),
        Field::Choice(_) => say!(lang, "Answer:", "Resposta:"),
    }
}

/// The answers that a field accepts.
#[must_use]
pub fn wanted(lang: Lang, field: Field) -> String {
    let (least, most) = (i32::MIN, i32::MAX);
    match field {
        Field::Text | Field::Question => say!(
            lang,
            "a text of 1 to {MESSAGE_MAX_BYTES} bytes",
            "um texto de 1 a {MESSAGE_MAX_BYTES} bytes",
        ),
        Field::Integer(4) => say!(
            lang,
            "a whole number from {least} to {most}; --wide takes larger ones",
            "um número inteiro de {least} a {most}; --wide aceita maiores",
        ),
        Field::Integer(_) => say!(
            lang,
            "a whole number of 8 bytes",
            "um número inteiro de 8 bytes",
        ),
        Field::Positive => {
            let most = u64::MAX;
            say!(
                lang,
                "a whole number from 1 to {most}",
                "um número inteiro de 1 a {most}",
            )
        }
        Field::Code | Field::ProductName | Field::Nome | Field::Email => say!(
            lang,
            "a text of 1 to 256 bytes",
            "um texto de 1 a 256 bytes",
        ),
        Field::Price => say!(
            lang,
            "a price of 0 or more, such as 2.50 or 2,50",
            "um preço de 0 ou mais, como 2,50 ou 2.50",
        ),
        Field::Idade => say!(lang, "an age in years", "uma idade em anos"),
        Field::Choice(of) => say!(lang, "a number from 1 to {of}", "um número de 1 a {of}",),
    }
}

/// Why an argument cannot be used.
#[must_use]
pub fn usage_fault(lang: Lang, wrong: &LabUsage) -> String {
    match wrong {
        LabUsage::Field { typed, field } => {
            let (typed, wanted) = (clean(typed), wanted(lang, *field));
            say!(
                lang,
                "'{typed}' is not valid: expected {wanted}",
                "'{typed}' não é válido: use {wanted}",
            )
        }
        LabUsage::Assignment(typed) => say!(
            lang,
            "'{typed}' is not valid: expected FIELD=VALUE, such as nome=Caneta",
            "'{typed}' não é válido: use CAMPO=VALOR, como nome=Caneta",
        ),
        LabUsage::Option {
            option,
            lesson,
            known_to,
        } => {
            let known_to: Vec<&str> = known_to.iter().map(|lesson| lesson.name()).collect();
            let (lesson, lessons) = (lesson.name(), row(&known_to));
            say!(
                lang,
                "{option} is not an option of {lesson}: it belongs to {lessons}",
                "{option} não é uma opção de {lesson}: pertence a {lessons}",
            )
        }
        LabUsage::ProductsNeedFile => say!(
            lang,
            "products can only be kept in a file: use --database FILE",
            "produtos só podem ficar num arquivo: use --database ARQUIVO",
        ),
        LabUsage::NoMongoDb => say!(
            lang,
            "this roda was built without MongoDB: build it with --features mongodb, or name a file",
            "este roda foi compilado sem MongoDB: compile com --features mongodb, ou informe um \
            arquivo",
        ),
    }
}

/// Why a file cannot be used as a bank of questions.
#[must_use]
pub fn bank_fault(lang: Lang, fault: &BankFault) -> String {
    match fault {
        BankFault::Json { line, column, what } => say!(
            lang,
            "line {line}, column {column}: {what}",
            "linha {line}, coluna {column}: {what}",
        ),
        BankFault::Count(count) => say!(
            lang,
            "a bank has {ASKED} to {QUESTIONS_MAX} questions, and this one has {count}",
            "um banco tem de {ASKED} a {QUESTIONS_MAX} questões, e este tem {count}",
        ),
        BankFault::Question { id, fault } => {
            let why = question_fault(lang, *fault);
            say!(lang, "question {id}: {why}", "questão {id}: {why}")
        }
    }
}

fn question_fault(lang: Lang, fault: QuestionFault) -> String {
    match fault {
        QuestionFault::Options => say!(
            lang,
            "it has fewer than two options",
            "tem menos de duas opções",
        ),
        QuestionFault::Answer => say!(
            lang,
            "its answer is not one of its options, which are counted from 0",
            "a resposta não é nenhuma das opções, que são contadas a partir de 0",
        ),
        QuestionFault::TooLong { bytes } => say!(
            lang,
            "it takes {bytes} bytes, and a message has {MESSAGE_MAX_BYTES}",
            "ocupa {bytes} bytes, e uma mensagem tem {MESSAGE_MAX_BYTES}",
        ),
        QuestionFault::Twice => say!(lang, "another has the same _id", "outra tem o mesmo _id",),
    }
}
