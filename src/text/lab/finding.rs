//! The sentences for a lesson's dialogue that went wrong.

use super::asked::wanted;
use super::bytes::readable;
use crate::lab::divisors::Encoding;
use crate::lab::primes::NoProduct;
use crate::lab::session::BYTES_MAX;
use crate::lab::{Expected, Finding, products, quiz};
use crate::text::{Lang, say};

/// What the other side did wrong, or why there is no answer.
#[must_use]
pub fn finding(lang: Lang, finding: &Finding) -> String {
    match finding {
        Finding::Unexpected { expected, got } => {
            let expected = expectation(lang, *expected);
            match got {
                Some(bytes) => {
                    let got = readable(bytes);
                    say!(
                        lang,
                        "expected {expected}, got {got}",
                        "esperava {expected}, recebi {got}"
                    )
                }
                None => say!(
                    lang,
                    "expected {expected}, got the end of the connection",
                    "esperava {expected}, recebi o fim da conexão",
                ),
            }
        }
        Finding::Wrong { expected, got } => {
            let (expected, got) = (readable(expected.as_bytes()), readable(got.as_bytes()));
            say!(
                lang,
                "wrong: expected {expected}, got {got}",
                "errado: esperava {expected}, recebi {got}",
            )
        }
        Finding::Unfit(field) => wanted(lang, *field),
        Finding::NotFound => say!(
            lang,
            "the server has no product with this code",
            "o servidor não tem produto com este código",
        ),
        Finding::NotKept => say!(
            lang,
            "the server did not keep the product: it has none like it",
            "o servidor não guardou o produto: não tem nenhum igual",
        ),
        Finding::Unconfirmed => say!(
            lang,
            "the server closed the connection without confirming the product, which may be lost; \
            --v4 checks without consultar",
            "o servidor fechou a conexão sem confirmar o produto, que pode ter se perdido; --v4 \
            confere sem consultar",
        ),
        Finding::TooLargeToShow => say!(
            lang,
            "the pickle is valid, but its object is too large to show, or contains itself",
            "o pickle é válido, mas o objeto é grande demais para mostrar, ou contém a si mesmo",
        ),
        Finding::Store(why) => say!(
            lang,
            "the database failed: {why}",
            "o banco de dados falhou: {why}"
        ),
        Finding::TooMuch => {
            let most_mib = BYTES_MAX >> 20;
            say!(
                lang,
                "closed, because more than {most_mib} MiB arrived",
                "fechada, porque chegaram mais de {most_mib} MiB",
            )
        }
        Finding::NoProduct(why) => no_product(lang, *why),
    }
}

fn no_product(lang: Lang, why: NoProduct) -> String {
    match why {
        NoProduct::NoPrimeBelow => say!(
            lang,
            "the server refuses: no prime is below 2",
            "o servidor recusa: não há primo abaixo de 2",
        ),
        NoProduct::NeedsWide => say!(
            lang,
            "the server refuses: the product does not fit 4 bytes; try --wide",
            "o servidor recusa: o produto não cabe em 4 bytes; tente --wide",
        ),
        NoProduct::TooLarge => say!(
            lang,
            "the server refuses: the product does not fit 8 bytes",
            "o servidor recusa: o produto não cabe em 8 bytes",
        ),
    }
}

fn expectation(lang: Lang, expected: Expected) -> String {
    match expected {
        Expected::Text => say!(lang, "text in UTF-8", "texto em UTF-8"),
        Expected::Ascii => say!(lang, "text in ASCII", "texto em ASCII"),
        Expected::Greeting => say!(lang, "the server's message", "a mensagem do servidor"),
        Expected::Answer => say!(lang, "an answer", "uma resposta"),
        Expected::OracleAnswer => say!(lang, "sim, não or talvez", "sim, não ou talvez"),
        Expected::Integer => say!(
            lang,
            "a number of 4 bytes (struct i) or 8 (struct q)",
            "um número de 4 bytes (struct i) ou 8 (struct q)",
        ),
        Expected::IntegerOf(bytes) => say!(
            lang,
            "a number of {bytes} bytes, as many as were sent",
            "um número de {bytes} bytes, como o que foi enviado",
        ),
        Expected::Decimal => say!(
            lang,
            "a number above 0 in decimal digits",
            "um número acima de 0 em dígitos decimais",
        ),
        Expected::NumberList(Encoding::Json) => say!(
            lang,
            "a JSON list of numbers, such as [1, 2, 3, 6]",
            "uma lista JSON de números, como [1, 2, 3, 6]",
        ),
        Expected::NumberList(Encoding::Marshal) => say!(
            lang,
            "a list of numbers by marshal.dumps",
            "uma lista de números por marshal.dumps",
        ),
        Expected::NumberList(Encoding::Pickle) => say!(
            lang,
            "a list of numbers by pickle.dumps",
            "uma lista de números por pickle.dumps",
        ),
        Expected::Patience => say!(
            lang,
            "a server that waits for the client to speak",
            "um servidor que espera o cliente falar",
        ),
        Expected::Pickle => say!(
            lang,
            "an object by pickle.dumps",
            "um objeto por pickle.dumps",
        ),
        Expected::PickledData => say!(
            lang,
            "an object of data only, for nothing is imported or run here",
            "um objeto só de dados, pois aqui nada é importado nem executado",
        ),
        Expected::Person => say!(
            lang,
            "a JSON object with nome, idade and email",
            "um objeto JSON com nome, idade e email",
        ),
        Expected::Products(part) => products_part(lang, part),
        Expected::Quiz(part) => quiz_part(lang, part),
    }
}

fn products_part(lang: Lang, part: products::Part) -> String {
    match part {
        products::Part::Operation => say!(
            lang,
            "adicionar, listar, consultar or terminar",
            "adicionar, listar, consultar ou terminar",
        ),
        products::Part::Product => say!(
            lang,
            "a JSON object with codigo, nome and preco",
            "um objeto JSON com codigo, nome e preco",
        ),
        products::Part::Code => say!(
            lang,
            "a product's code, such as 12 or \"A1\"",
            "o código de um produto, como 12 ou \"A1\"",
        ),
        products::Part::List => say!(
            lang,
            "a JSON list of products",
            "uma lista JSON de produtos",
        ),
        products::Part::ProductOrNull => say!(
            lang,
            "a product as a JSON object, or null",
            "um produto como objeto JSON, ou null",
        ),
    }
}

fn quiz_part(lang: Lang, part: quiz::Part) -> String {
    match part {
        quiz::Part::Question => say!(
            lang,
            "a question as a JSON object with _id, statement, options and answer, or FIM",
            "uma questão como objeto JSON com _id, statement, options e answer, ou FIM",
        ),
        quiz::Part::Choice => say!(
            lang,
            "the number of an option, from 0",
            "o número de uma opção, a partir de 0",
        ),
        quiz::Part::Acknowledgement => say!(lang, "the answer OK", "a resposta OK"),
        quiz::Part::Feedback => say!(
            lang,
            "whether an answer was right, or FIM",
            "se uma resposta estava certa, ou FIM",
        ),
    }
}
