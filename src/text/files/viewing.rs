//! What is said where a file is to be shown, or the clipboard's picture to be offered; and how far
//! transfers are, in few words.

use std::time::Duration;

use crate::terminal::clipboard::ClipboardFault;
use crate::terminal::viewed::ViewFault;
use crate::text::{Lang, say};

use super::{minutes, size};

/// What is not here cannot be shown.
#[must_use]
pub fn view_before_get(lang: Lang, number: u32) -> String {
    say!(
        lang,
        "it is not here: /get {number} gets it, then /view {number} shows it",
        "não está aqui: /baixar {number} baixa, e /ver {number} mostra",
    )
}

/// A file is being read to be shown.
#[must_use]
pub fn view_waits(lang: Lang) -> String {
    say!(lang, "being read…", "sendo lido…")
}

/// Lines hold no pictures.
#[must_use]
pub fn pictures_are_elsewhere(lang: Lang) -> String {
    say!(
        lang,
        "that is a picture: the full screen (without --lines) and the page show it",
        "é uma imagem: a tela cheia (sem --lines) e a página mostram",
    )
}

/// Why a file is not shown.
#[must_use]
pub fn cannot_view(lang: Lang, fault: ViewFault) -> String {
    match fault {
        ViewFault::NotHere => say!(
            lang,
            "the file is not here any more, or has changed",
            "o arquivo não está mais aqui, ou mudou",
        ),
        ViewFault::NothingToShow => say!(
            lang,
            "it is neither a text nor a PNG, JPEG, GIF or WebP picture",
            "não é texto nem imagem PNG, JPEG, GIF ou WebP",
        ),
        ViewFault::TooLarge => say!(
            lang,
            "the picture is too large to be shown here",
            "a imagem é grande demais para ser mostrada aqui",
        ),
        ViewFault::Broken => say!(lang, "the picture is damaged", "a imagem está danificada",),
    }
}

/// What a picture of the clipboard is called that was copied at a time.
#[must_use]
pub fn pasted_name(lang: Lang, time: &str) -> String {
    say!(lang, "picture {time}.png", "imagem {time}.png")
}

/// No picture of the clipboard is offered.
#[must_use]
pub fn cannot_paste(lang: Lang, why: &str) -> String {
    say!(
        lang,
        "cannot offer the clipboard's picture: {why}",
        "não é possível oferecer a imagem copiada: {why}",
    )
}

/// Why the clipboard has no picture for us.
#[must_use]
pub fn clipboard_fault(lang: Lang, fault: &ClipboardFault) -> String {
    match fault {
        ClipboardFault::NoProgram => say!(
            lang,
            "no program is here that reads it (wl-clipboard, xclip or pngpaste); drop the picture \
            on the page (/web), or type /send FILE",
            "não há programa que a leia (wl-clipboard, xclip ou pngpaste); solte a imagem na \
            página (/web), ou digite /enviar ARQUIVO",
        ),
        ClipboardFault::NoPicture => say!(
            lang,
            "the clipboard holds none; copy a picture first",
            "não há imagem copiada; copie uma antes",
        ),
        ClipboardFault::TooLong => say!(lang, "it is too long", "é longa demais"),
        ClipboardFault::TooSlow => say!(
            lang,
            "the program that reads it does not answer",
            "o programa que a lê não responde",
        ),
    }
}

/// How fast something goes, and how long it still takes.
#[must_use]
pub fn at_rate(lang: Lang, bytes_per_s: u64, seconds: u64) -> String {
    let rate = size(lang, bytes_per_s);
    let left = minutes(Duration::from_secs(seconds));
    say!(lang, "{rate}/s, {left} left", "{rate}/s, falta {left}")
}

/// How far something is that comes.
#[must_use]
pub fn on_its_way(name: &str, percent: u128, left: Option<Duration>) -> String {
    match left.map(minutes) {
        Some(left) => format!("{name} {percent} %, {left}"),
        None => format!("{name} {percent} %"),
    }
}

/// How many have something that goes.
#[must_use]
pub fn given_to(name: &str, has: usize, of: usize) -> String {
    format!("{name} {has}/{of}")
}
