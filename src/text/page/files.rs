//! Files on the page: what they are called, what can be done with them, and how far they are.

use super::Named;
use crate::chat::transfer::disk::DiskFault;
use crate::chat::transfer::event::TransferFault;
use crate::text::{self, Lang, say};

/// What stands beside files.
pub(super) fn files(lang: Lang) -> Vec<Named> {
    vec![
        (
            "page_offer",
            say!(
                lang,
                "Offer files to everybody here",
                "Oferecer arquivos a todos daqui"
            ),
        ),
        ("page_get", say!(lang, "Get", "Baixar")),
        ("page_save", say!(lang, "Save", "Salvar")),
        ("page_unshare", say!(lang, "Give no longer", "Recolher")),
        (
            "page_picture_of",
            say!(lang, "picture {{name}}", "imagem {{name}}"),
        ),
        ("page_pasted", say!(lang, "picture", "imagem")),
        (
            "page_sending",
            say!(lang, "{{name}} is being sent", "{{name}} está indo"),
        ),
        (
            "page_not_sent",
            say!(
                lang,
                "{{name}} was not offered: {{why}}",
                "{{name}} não foi oferecido: {{why}}"
            ),
        ),
        (
            "page_no_folder",
            say!(
                lang,
                "a folder is offered in the terminal, by /send",
                "uma pasta se oferece no terminal, com /enviar"
            ),
        ),
        (
            "page_private_files",
            say!(
                lang,
                "Everybody in the room would get it: offer files in the room",
                "Todos na sala receberiam: ofereça arquivos na sala"
            ),
        ),
        ("no_files", text::no_files(lang)),
    ]
}

/// How far files are.
pub(super) fn progress(lang: Lang) -> Vec<Named> {
    vec![
        (
            "page_file_left",
            say!(
                lang,
                "{{percent}} %, {{rate}}/s, {{left}} left",
                "{{percent}} %, {{rate}}/s, falta {{left}}"
            ),
        ),
        ("page_file_taking", "{percent} %, {rate}/s".to_owned()),
        (
            "page_file_waiting",
            say!(
                lang,
                "{{percent}} %, waiting: nobody who has it answers",
                "{{percent}} %, esperando: ninguém que tem responde"
            ),
        ),
        (
            "page_file_have",
            say!(lang, "{{has}} of {{of}} have it", "{{has}} de {{of}} têm"),
        ),
        (
            "page_file_waits",
            say!(
                lang,
                "{{has}} of {{of}} have it, waiting for {{who}}",
                "{{has}} de {{of}} têm, falta {{who}}"
            ),
        ),
        (
            "page_file_waits_for_more",
            say!(
                lang,
                "{{has}} of {{of}} have it, waiting for {{who}} and {{more}} more",
                "{{has}} de {{of}} têm, falta {{who}} e mais {{more}}"
            ),
        ),
        (
            "guest_file_away",
            say!(
                lang,
                "your host does not have it yet",
                "o seu anfitrião ainda não tem"
            ),
        ),
    ]
}

/// Why files do not come or go.
pub(super) fn faults(lang: Lang) -> Vec<Named> {
    let fault = |why: DiskFault| text::transfer_fault(lang, &TransferFault::Disk(why));
    vec![
        ("page_file_failed", "{name}: {why}".to_owned()),
        (
            "fault_nobody_has_it",
            text::transfer_fault(lang, &TransferFault::NobodyHasIt),
        ),
        (
            "fault_no_space",
            say!(lang, "the disk is full", "o disco está cheio"),
        ),
        ("fault_file_changed", fault(DiskFault::Changed)),
        ("fault_not_whole", fault(DiskFault::NotWhole)),
        ("fault_bad_tree", fault(DiskFault::BadTree)),
        (
            "fault_disk",
            say!(lang, "the disk refuses it", "o disco recusa"),
        ),
    ]
}
