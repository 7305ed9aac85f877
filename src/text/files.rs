//! The sentences about files that are offered, taken and given.

mod viewing;

use std::time::Duration;

pub use self::viewing::*;
use super::error::cause;
use super::{Lang, row, say};
use crate::chat::transfer::disk::DiskFault;
use crate::chat::transfer::event::{FilesRefusal, TransferFault};
use crate::chat::transfer::{OFFERS_PER_PERSON_MAX, OfferKind};
use crate::error::FilesUsage;
use crate::protocol::message::clean;
use crate::store::files::Unfit;

/// Most names in a sentence.
const NAMES_MAX: usize = 3;

/// A length as people say it: `2.1 MB`.
#[must_use]
pub fn size(lang: Lang, bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut scaled = bytes as f64;
    let mut unit = 0;
    while scaled >= 999.5 && unit + 1 < units.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && scaled < 99.95);
    let number = format!("{scaled:.digits$}");
    let number = match lang {
        Lang::En => number,
        Lang::Pt => number.replace('.', ","),
    };
    format!("{number} {}", units.get(unit).unwrap_or(&""))
}

/// How long something takes: `1:07`.
fn minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        3600.. => format!(
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ),
        _ => format!("{}:{:02}", seconds / 60, seconds % 60),
    }
}

/// A content by its name and length: `mapa.png, 2.1 MB`.
#[must_use]
pub fn content(lang: Lang, name: &str, kind: OfferKind, bytes: u64) -> String {
    let (name, size) = (clean(name), size(lang, bytes));
    match kind {
        OfferKind::Folder => say!(lang, "the folder {name}, {size}", "a pasta {name}, {size}"),
        _ => format!("{name}, {size}"),
    }
}

/// A content that one person alone is offered.
#[must_use]
pub fn to_one_alone(lang: Lang, what: &str, is_own: bool) -> String {
    match is_own {
        true => say!(lang, "{what}, to one person", "{what}, a uma pessoa"),
        false => say!(lang, "{what}, to you alone", "{what}, só a você"),
    }
}

/// Somebody offers something.
#[must_use]
pub fn offers(lang: Lang, who: &str, what: &str, number: u32) -> String {
    say!(
        lang,
        "{who} offers {what} (get it with /get {number})",
        "{who} oferece {what} (/get {number} baixa)",
    )
}

/// This person offers something.
#[must_use]
pub fn you_offer(lang: Lang, what: &str, number: u32) -> String {
    say!(
        lang,
        "you offer {what} (no longer with /unshare {number})",
        "você oferece {what} (/unshare {number} recolhe)",
    )
}

/// Asks whether something is to be taken.
#[must_use]
pub fn take_question(lang: Lang, who: &str, what: &str) -> String {
    say!(
        lang,
        "take {what}, from {who}? [y/N]",
        "baixar {what}, de {who}? [s/N]",
    )
}

/// Something is being taken from now on.
#[must_use]
pub fn getting(lang: Lang, what: &str) -> String {
    say!(lang, "getting {what}", "baixando {what}")
}

/// How far something is that is being taken.
#[must_use]
pub fn got_so_far(
    lang: Lang,
    name: &str,
    percent: u64,
    bytes_per_s: u64,
    left: Option<Duration>,
) -> String {
    let (name, rate) = (clean(name), size(lang, bytes_per_s));
    match left.map(minutes) {
        Some(left) => say!(
            lang,
            "{name}: {percent} %, {rate}/s, {left} left",
            "{name}: {percent} %, {rate}/s, falta {left}",
        ),
        None => format!("{name}: {percent} %, {rate}/s"),
    }
}

/// Nobody who has it answers.
#[must_use]
pub fn waiting_for_givers(lang: Lang, name: &str, percent: u64) -> String {
    let name = clean(name);
    say!(
        lang,
        "{name}: {percent} %, waiting: nobody who has it answers",
        "{name}: {percent} %, esperando: ninguém que tem responde",
    )
}

/// How many have it, and who lacks how much: `28 of 30 have it, waiting for rui (63 %)`.
#[must_use]
pub fn have_it(lang: Lang, name: &str, has: usize, of: usize, waiting: &[(String, u64)]) -> String {
    let name = clean(name);
    if waiting.is_empty() {
        return say!(
            lang,
            "{name}: {has} of {of} have it",
            "{name}: {has} de {of} têm",
        );
    }
    let named = waiting.iter().take(NAMES_MAX);
    let named = named.map(|(who, percent)| format!("{who} ({percent} %)"));
    let named = row(&named.collect::<Vec<_>>());
    match waiting.len().saturating_sub(NAMES_MAX) {
        0 => say!(
            lang,
            "{name}: {has} of {of} have it, waiting for {named}",
            "{name}: {has} de {of} têm, falta {named}",
        ),
        more => say!(
            lang,
            "{name}: {has} of {of} have it, waiting for {named} and {more} more",
            "{name}: {has} de {of} têm, falta {named} e mais {more}",
        ),
    }
}

/// It is here.
#[must_use]
pub fn got(lang: Lang, name: &str, saved_as: &str) -> String {
    let (name, saved_as) = (clean(name), clean(saved_as));
    say!(
        lang,
        "{name} is here, whole: {saved_as}",
        "{name} chegou inteiro: {saved_as}",
    )
}

/// Everybody who took it has it.
#[must_use]
pub fn all_have_it(lang: Lang, name: &str, count: usize) -> String {
    let name = clean(name);
    match count {
        1 => say!(lang, "{name}: 1 person has it", "{name}: 1 pessoa tem"),
        count => say!(
            lang,
            "{name}: all {count} who took it have it",
            "{name}: todos os {count} que pediram têm",
        ),
    }
}

/// It cannot be taken.
#[must_use]
pub fn cannot_get(lang: Lang, name: &str, why: &TransferFault) -> String {
    let (name, why) = (clean(name), transfer_fault(lang, why));
    say!(
        lang,
        "could not get {name}: {why}",
        "não foi possível baixar {name}: {why}",
    )
}

/// It cannot be given any more.
#[must_use]
pub fn cannot_give(lang: Lang, name: &str, why: &TransferFault) -> String {
    let (name, why) = (clean(name), transfer_fault(lang, why));
    say!(
        lang,
        "{name} is offered no longer: {why}",
        "{name} não é mais oferecido: {why}",
    )
}

/// Why a transfer ends.
#[must_use]
pub fn transfer_fault(lang: Lang, why: &TransferFault) -> String {
    match why {
        TransferFault::Disk(fault) => disk_fault(lang, fault),
        TransferFault::NobodyHasIt => say!(
            lang,
            "nobody who has it answers; it goes on when somebody does",
            "ninguém que tem responde; continua quando alguém responder",
        ),
    }
}

fn disk_fault(lang: Lang, fault: &DiskFault) -> String {
    match fault {
        DiskFault::NoSpace {
            needed_bytes,
            free_bytes,
        } => {
            let (needed, free) = (size(lang, *needed_bytes), size(lang, *free_bytes));
            say!(
                lang,
                "the disk is full: {needed} needed, {free} free; what is here stays, and /get \
                goes on",
                "o disco está cheio: {needed} necessários, {free} livres; o que chegou fica, e \
                /get continua",
            )
        }
        DiskFault::Changed => say!(
            lang,
            "the file changed, or is gone",
            "o arquivo mudou, ou não existe mais",
        ),
        DiskFault::NotWhole => say!(
            lang,
            "what was offered does not have the hash that it was offered with",
            "o que foi oferecido não tem o hash com que foi oferecido",
        ),
        DiskFault::BadTree => say!(
            lang,
            "the folder that was offered is none",
            "a pasta que foi oferecida não é uma",
        ),
        DiskFault::System(why) => clean(why).into_owned(),
    }
}

/// It is no longer taken.
#[must_use]
pub fn stopped_getting(lang: Lang, name: &str) -> String {
    let name = clean(name);
    say!(
        lang,
        "{name}: stopped; what is here stays, and /get goes on",
        "{name}: parado; o que chegou fica, e /get continua",
    )
}

/// It is no longer given.
#[must_use]
pub fn unshared(lang: Lang, name: &str) -> String {
    let name = clean(name);
    say!(
        lang,
        "{name} is no longer given to anybody",
        "{name} não é mais dado a ninguém",
    )
}

/// Nothing is offered.
#[must_use]
pub fn no_files(lang: Lang) -> String {
    say!(
        lang,
        "nobody offers anything (/send FILE does)",
        "ninguém oferece nada (/send ARQUIVO oferece)",
    )
}

/// One line of the list: `3. mapa.png, 2.1 MB, from ana: …`.
#[must_use]
pub fn file_in_list(lang: Lang, number: u32, what: &str, who: Option<&str>, state: &str) -> String {
    match who {
        Some(who) => say!(
            lang,
            "{number}. {what}, from {who}: {state}",
            "{number}. {what}, de {who}: {state}",
        ),
        None => say!(
            lang,
            "{number}. {what}, yours: {state}",
            "{number}. {what}, seu: {state}",
        ),
    }
}

/// The state of an offer that was not taken.
#[must_use]
pub fn not_taken(lang: Lang, number: u32) -> String {
    say!(lang, "/get {number} gets it", "/get {number} baixa")
}

/// The state of an offer that is here.
#[must_use]
pub fn is_here_whole(lang: Lang, is_shared: bool) -> String {
    match is_shared {
        true => say!(
            lang,
            "here, and given to others",
            "está aqui, e é dado a outros"
        ),
        false => say!(lang, "here", "está aqui"),
    }
}

/// A command about files that cannot be done.
#[must_use]
pub fn files_refused(lang: Lang, refusal: &FilesRefusal) -> String {
    match refusal {
        FilesRefusal::NoSuchOffer => say!(
            lang,
            "there is no such offer (/files lists them)",
            "não existe essa oferta (/files mostra a lista)",
        ),
        FilesRefusal::HaveIt => say!(lang, "it is here already", "já está aqui"),
        FilesRefusal::TakingIt => say!(lang, "it is being taken already", "já está baixando"),
        FilesRefusal::NotTakingIt => say!(lang, "it is not being taken", "não está baixando"),
        FilesRefusal::NotShared => {
            say!(lang, "it is not given to anybody", "não é dado a ninguém",)
        }
        FilesRefusal::TooLarge => unfit(lang, &Unfit::TooLarge),
        FilesRefusal::TooMany => say!(
            lang,
            "too many files are offered or taken at once",
            "são arquivos demais ao mesmo tempo",
        ),
    }
}

/// Something cannot be offered.
#[must_use]
pub fn cannot_offer(lang: Lang, path: &str, why: &str) -> String {
    let (path, why) = (clean(path), clean(why));
    say!(
        lang,
        "cannot offer {path}: {why}",
        "não é possível oferecer {path}: {why}",
    )
}

/// A page names files of this computer, which it must not see.
#[must_use]
pub fn page_names_files(lang: Lang) -> String {
    say!(
        lang,
        "a page names no files of this computer: drop them on it, or type /send in the terminal",
        "uma página não indica arquivos deste computador: solte-os nela, ou digite /enviar no \
        terminal",
    )
}

/// Why something cannot be offered.
#[must_use]
pub fn unfit(lang: Lang, why: &Unfit) -> String {
    match why {
        Unfit::Changed => say!(
            lang,
            "it changed while it was read",
            "mudou enquanto era lido",
        ),
        Unfit::Special => say!(
            lang,
            "it is neither a file nor a folder (for a pipe: `roda drop -`)",
            "não é um arquivo nem uma pasta (para um pipe: `roda drop -`)",
        ),
        Unfit::TooLarge => say!(
            lang,
            "it is longer, has more files or deeper folders than can be offered at once",
            "é maior, tem mais arquivos ou pastas mais fundas do que se pode oferecer de uma vez",
        ),
        Unfit::TooMany => say!(
            lang,
            "too many files are being read: offer them later, or offer their folder",
            "há arquivos demais sendo lidos: ofereça depois, ou ofereça a pasta deles",
        ),
        Unfit::System(error) => cause(lang, error),
    }
}

/// Links and special files of a folder are not offered.
#[must_use]
pub fn left_out_of_offer(lang: Lang, name: &str, count: u64) -> String {
    let name = clean(name);
    say!(
        lang,
        "{name}: links and special files are not offered ({count} left out)",
        "{name}: links e arquivos especiais não são oferecidos ({count} de fora)",
    )
}

/// What is wrong about files.
pub(super) fn files_misused(lang: Lang, wrong: &FilesUsage) -> String {
    match wrong {
        FilesUsage::TooMany { count } => too_many_files(lang, *count),
        FilesUsage::Kinds { typed } => no_kinds(lang, typed),
    }
}

/// More is to be offered than others remember.
fn too_many_files(lang: Lang, count: usize) -> String {
    let most = OFFERS_PER_PERSON_MAX;
    say!(
        lang,
        "{count} files are too many for drop, which offers {most} at most: offer their folder",
        "{count} arquivos são demais para o drop, que oferece no máximo {most}: ofereça a pasta \
        deles",
    )
}

/// Something typed names no kinds.
fn no_kinds(lang: Lang, typed: &str) -> String {
    let typed = clean(typed);
    say!(
        lang,
        "'{typed}' is not valid for --files-accept-kinds: expected all, or some of file, folder, \
        picture, text",
        "'{typed}' não é válido para --files-accept-kinds: use all, ou alguns de file, folder, \
        picture, text",
    )
}

/// The commands about files.
pub(super) fn file_commands(lang: Lang) -> [String; 7] {
    [
        say!(
            lang,
            "/send [--to NAME] FILE… offers files or folders to everybody, or to one person",
            "/enviar [--para NOME] ARQUIVO… oferece arquivos ou pastas a todos, ou a uma pessoa",
        ),
        say!(
            lang,
            "/get [N|all]   gets what is offered; without N, the newest",
            "/baixar [N|todos] baixa o que é oferecido; sem N, o mais novo",
        ),
        say!(
            lang,
            "/view [N]      shows a text or picture that is here; without N, the newest",
            "/ver [N]       mostra um texto ou imagem que está aqui; sem N, o mais novo",
        ),
        say!(
            lang,
            "/paste         offers the picture of the clipboard to everybody",
            "/colar         oferece a todos a imagem copiada",
        ),
        say!(
            lang,
            "/files         what is offered, and who has how much of it",
            "/arquivos      o que é oferecido, e quem tem quanto",
        ),
        say!(
            lang,
            "/stop [N]      stops getting; /get goes on where it stopped",
            "/parar [N]     para de baixar; /baixar continua de onde parou",
        ),
        say!(
            lang,
            "/unshare N     gives N to nobody any more",
            "/recolher N    não dá mais N a ninguém",
        ),
    ]
}

#[cfg(test)]
mod tests;
