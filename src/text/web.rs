//! What is said of the page: where it is, and why a request for it is refused.

use super::{Lang, say};
use crate::chat::guests::Departure;

/// What `/web` does.
pub(super) fn page_command(lang: Lang) -> String {
    say!(
        lang,
        "/web [new]     opens the room in a browser on this computer; new: another link",
        "/web [novo]    abre a sala num navegador deste computador; novo: outro link",
    )
}

/// Where the page is.
#[must_use]
pub fn page_is_at(lang: Lang, link: &str) -> String {
    say!(
        lang,
        "The page is at {link} (for this computer only; whoever has the link acts as you)",
        "A página está em {link} (só para este computador; quem tem o link age como você)",
    )
}

/// This program was built without the page.
#[must_use]
pub fn built_without_page(lang: Lang) -> String {
    say!(
        lang,
        "This roda was built without the page",
        "Este roda foi compilado sem a página",
    )
}

/// What a guest is told whose session ends; nothing where the guest knows.
#[must_use]
pub fn guest_is_out(lang: Lang, why: Departure) -> Option<String> {
    Some(match why {
        Departure::Left => return None,
        Departure::Kicked => say!(lang, "You were sent away", "Mandaram você embora"),
        Departure::Displaced => say!(
            lang,
            "You had to make room for others",
            "Você teve de dar lugar a outros",
        ),
        Departure::Lost => say!(
            lang,
            "You were away too long; enter again",
            "Você ficou fora tempo demais; entre de novo",
        ),
        Departure::Closed => say!(lang, "The host has left", "O anfitrião saiu"),
    })
}

/// Guests cannot be let in.
#[must_use]
pub fn no_guest_page(lang: Lang, cause: &str) -> String {
    say!(
        lang,
        "There is no page for guests: {cause}",
        "Não há página para convidados: {cause}",
    )
}

/// How guests are let into a room whose key only some have.
#[must_use]
pub fn guests_need_a_yes(lang: Lang) -> String {
    say!(
        lang,
        "To let them in, type /guests yes",
        "Para deixar entrar, digite /convidados sim",
    )
}

/// Why there is no page.
#[must_use]
pub fn no_page(lang: Lang, cause: &str) -> String {
    say!(
        lang,
        "The page cannot be opened: {cause}",
        "A página não pode ser aberta: {cause}",
    )
}

/// The page's link and port are lost at the end.
#[must_use]
pub fn page_is_passing(lang: Lang, cause: &str) -> String {
    say!(
        lang,
        "After a restart the page has another link, which cannot be kept: {cause}",
        "Depois de reiniciar, a página tem outro link, que não pode ser guardado: {cause}",
    )
}

/// A page from elsewhere leads here by another name.
#[must_use]
pub fn page_is_elsewhere(lang: Lang) -> String {
    say!(
        lang,
        "This server does not go by that name; open the link as roda printed it",
        "Este servidor não atende por esse nome; abra o link como o roda o mostrou",
    )
}

/// A page of somebody else asks.
#[must_use]
pub fn page_is_foreign(lang: Lang) -> String {
    say!(
        lang,
        "Another page may ask nothing here",
        "Outra página não pode pedir nada aqui",
    )
}

/// There is nothing at a path.
#[must_use]
pub fn page_has_nothing_there(lang: Lang) -> String {
    say!(lang, "There is nothing here", "Não há nada aqui")
}

/// The token is missing.
#[must_use]
pub fn page_needs_its_link(lang: Lang) -> String {
    say!(
        lang,
        "The page needs its link: open it as roda printed it, or type /web there",
        "A página precisa do seu link: abra-o como o roda o mostrou, ou digite /web lá",
    )
}

/// A request cannot be read.
#[must_use]
pub fn page_is_not_understood(lang: Lang) -> String {
    say!(
        lang,
        "The request cannot be understood",
        "O pedido não pode ser entendido",
    )
}

/// A request is too long.
#[must_use]
pub fn page_says_too_much(lang: Lang) -> String {
    say!(lang, "The request is too long", "O pedido é longo demais")
}

/// A request comes too slowly.
#[must_use]
pub fn page_is_too_slow(lang: Lang) -> String {
    say!(lang, "The request took too long", "O pedido demorou demais",)
}

/// Too many pages are open.
#[must_use]
pub fn too_many_pages(lang: Lang, most: usize) -> String {
    say!(
        lang,
        "{most} pages are open already; close one of them",
        "{most} páginas já estão abertas; feche uma delas",
    )
}

/// The room has too much to do.
#[must_use]
pub fn page_comes_too_early(lang: Lang) -> String {
    say!(
        lang,
        "roda is busy; try again in a moment",
        "O roda está ocupado; tente de novo daqui a pouco",
    )
}

/// A file is not here.
#[must_use]
pub fn page_lacks_file(lang: Lang) -> String {
    say!(
        lang,
        "This file is not here, or not any more",
        "Este arquivo não está aqui, ou não está mais",
    )
}

/// The disk does not take a file.
#[must_use]
pub fn page_cannot_write(lang: Lang, cause: &str) -> String {
    say!(
        lang,
        "The file cannot be kept here: {cause}",
        "O arquivo não pode ser guardado aqui: {cause}",
    )
}
