//! The help in Portuguese, by command and argument, and what is wrong with a command line in both
//! languages. The English help is the doc comments in `cli`, which clap reads.

mod arguments;
mod commands;
mod fault;
mod files;

pub(crate) use self::arguments::{argument, value, value_name};
pub(crate) use self::commands::command;
pub use self::fault::argument_fault;
use super::Lang;

/// What clap itself writes into a help text, which cannot be set, and the heads of our examples.
/// A longer text stands before one that it contains.
const PHRASES: [(&str, &str); 25] = [
    ("Usage:", "Uso:"),
    ("Commands:", "Comandos:"),
    ("Options:", "Opções:"),
    ("Arguments:", "Argumentos:"),
    ("Possible values:", "Valores possíveis:"),
    ("[OPTIONS]", "[OPÇÕES]"),
    ("[COMMAND]", "[COMANDO]"),
    ("[default: ", "[padrão: "),
    ("[possible values: ", "[valores possíveis: "),
    (
        "Print help (see more with '--help')",
        "Mostra a ajuda (mais com '--help')",
    ),
    (
        "Print help (see a summary with '-h')",
        "Mostra a ajuda (um resumo com '-h')",
    ),
    (
        "Print this message or the help of the given subcommand(s)",
        "Mostra esta mensagem ou a ajuda de um comando",
    ),
    ("Print help", "Mostra a ajuda"),
    ("Print version", "Mostra a versão"),
    (
        "# and then, by whoever has that file:",
        "# e depois, quem recebeu o arquivo:",
    ),
    ("Examples, on every machine:", "Exemplos, em cada máquina:"),
    ("Example, on every machine:", "Exemplo, em cada máquina:"),
    (
        "Example, in two terminals or on two machines:",
        "Exemplo, em dois terminais ou em duas máquinas:",
    ),
    ("Example, in two terminals:", "Exemplo, em dois terminais:"),
    (
        "Example, which keeps a session in a file:",
        "Exemplo, que guarda uma sessão num arquivo:",
    ),
    ("Example, for bash:", "Exemplo, para o bash:"),
    (
        "Example, on one computer of each network:",
        "Exemplo, num computador de cada rede:",
    ),
    (
        "Example, on a computer that is always on:",
        "Exemplo, num computador sempre ligado:",
    ),
    ("Examples:", "Exemplos:"),
    ("Example:", "Exemplo:"),
];

/// Puts the words of clap and the heads of examples into a language.
#[must_use]
pub fn in_language(lang: Lang, help: String) -> String {
    match lang {
        Lang::En => help,
        Lang::Pt => PHRASES
            .iter()
            .fold(help, |help, (en, pt)| help.replace(en, pt)),
    }
}
