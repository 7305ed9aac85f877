//! The sentences about who is ignored, and who is called what from now on.

use super::{Lang, row, say};

/// Somebody goes by another name from now on.
#[must_use]
pub fn renamed(lang: Lang, before: &str, now: &str) -> String {
    say!(
        lang,
        "{before} is now called {now}",
        "{before} agora se chama {now}"
    )
}

/// This person goes by another name from now on.
#[must_use]
pub fn you_are_renamed(lang: Lang, name: &str) -> String {
    say!(
        lang,
        "you are now called {name}",
        "você agora se chama {name}"
    )
}

/// On this wire nobody can take another name while they are there.
#[must_use]
pub fn no_renaming(lang: Lang) -> String {
    say!(
        lang,
        "names do not change at a hub: leave, and join again with --name NAME",
        "num hub o nome não muda: saia, e entre de novo com --name NOME",
    )
}

/// A member in a list of those who are here, of whom nothing is shown.
#[must_use]
pub fn is_ignored(lang: Lang, who: &str) -> String {
    say!(lang, "{who} (ignored)", "{who} (ignorado)")
}

/// Nothing of somebody is shown any more, also after this session. `typed` is who it is, as one
/// types it.
#[must_use]
pub fn ignored(lang: Lang, who: &str, typed: &str) -> String {
    say!(
        lang,
        "you ignore {who}: nothing of them appears any more; they are not told. To undo it: \
        /unignore {typed}",
        "você ignora {who}: nada mais aparece dessa pessoa, que não fica sabendo. Para desfazer: \
        /designorar {typed}",
    )
}

/// The same, where it is not remembered after this session.
#[must_use]
pub fn ignored_for_now(lang: Lang, who: &str, typed: &str) -> String {
    say!(
        lang,
        "you ignore {who} until you leave: nothing of them appears; they are not told. To undo \
        it: /unignore {typed}",
        "você ignora {who} até sair: nada aparece dessa pessoa, que não fica sabendo. Para \
        desfazer: /designorar {typed}",
    )
}

/// Somebody is shown again.
#[must_use]
pub fn unignored(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "you no longer ignore {who}",
        "você não ignora mais {who}"
    )
}

/// Of whom nothing is shown.
#[must_use]
pub fn ignore_list(lang: Lang, all: &[String]) -> String {
    match all {
        [] => say!(lang, "you ignore nobody", "você não ignora ninguém"),
        all => {
            let all = row(all);
            say!(lang, "you ignore {all}", "você ignora {all}")
        }
    }
}

/// One cannot ignore oneself.
#[must_use]
pub fn ignore_self(lang: Lang) -> String {
    say!(
        lang,
        "that is you: you cannot ignore yourself",
        "essa pessoa é você: não dá para se ignorar"
    )
}

/// Somebody is not ignored.
#[must_use]
pub fn not_ignored(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "you do not ignore anybody called '{given}'; /ignore lists whom you ignore",
        "você não ignora ninguém chamado '{given}'; /ignorar lista quem você ignora",
    )
}

/// No more people are ignored.
#[must_use]
pub fn too_many_ignored(lang: Lang, limit: usize) -> String {
    say!(
        lang,
        "you ignore {limit} people already, and no more are possible; /unignore NAME makes room",
        "você já ignora {limit} pessoas, e mais não dá; /designorar NOME abre espaço",
    )
}
