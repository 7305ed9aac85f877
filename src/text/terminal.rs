//! What is said about the terminal itself, and about output that nobody reads.

use super::{Lang, say};

/// Stands before a line that is searched for among earlier ones.
#[must_use]
pub fn search_prompt(lang: Lang, query: &str) -> String {
    say!(lang, "search '{query}': ", "busca '{query}': ")
}

/// Lines were left out of an output that was full.
#[must_use]
pub fn lines_left_out(lang: Lang, count: u64) -> String {
    say!(
        lang,
        "{count} lines are missing here: nobody was reading",
        "faltam {count} linhas aqui: ninguém estava lendo",
    )
}

/// The log of a hub has no reader any more.
#[must_use]
pub fn log_has_no_reader(lang: Lang, cause: &str) -> String {
    say!(
        lang,
        "the log cannot be written any more ({cause}); the hub goes on without it",
        "o registro não pode mais ser escrito ({cause}); o hub segue sem ele",
    )
}

/// Lines that a reader was too slow for stand here.
#[must_use]
pub fn missed(lang: Lang, lines: u64) -> String {
    match lines {
        1 => say!(
            lang,
            "[1 line left out: this output was read too slowly]",
            "[1 linha omitida: esta saída foi lida devagar demais]",
        ),
        n => say!(
            lang,
            "[{n} lines left out: this output was read too slowly]",
            "[{n} linhas omitidas: esta saída foi lida devagar demais]",
        ),
    }
}
