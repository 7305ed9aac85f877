//! The sentences about what is remembered: where it is, what is wrong with it, and what `history`
//! does.

use std::path::Path;

use super::{Lang, row, say};
use crate::error::HistoryUsage;
use crate::protocol::message::clean;
use crate::store::archive::{Check, Fault, Forgot, Notice};

/// What a person should know about the file of messages.
#[must_use]
pub fn archive_notice(lang: Lang, notice: &Notice) -> String {
    match notice {
        Notice::Begun(path) => {
            let path = shown(path);
            say!(
                lang,
                "what is said is kept in {path} from now on: whoever uses this account can read \
                it, rooms with a key included. To keep nothing: --no-history, or history.rooms = \
                'none' in the settings; to remove what is kept: roda history forget",
                "a partir de agora, o que é dito fica guardado em {path}: quem usa esta conta pode \
                ler, também o das salas com chave. Para não guardar: --no-history, ou \
                history.rooms = 'none' nas configurações; para apagar: roda history forget",
            )
        }
        Notice::MovedAside { from, to } => {
            let (from, to) = (shown(from), shown(to));
            say!(
                lang,
                "{from} was damaged, and is now {to}; what is said from now on is kept in a new \
                file",
                "{from} estava danificado, e agora é {to}; o que for dito a partir de agora fica \
                num arquivo novo",
            )
        }
        Notice::IndexRenewed(path) => {
            let path = shown(path);
            say!(
                lang,
                "the index of words in {path} was damaged, and is made anew from the messages; \
                until then a search may not find older ones",
                "o índice de palavras em {path} estava danificado, e está sendo refeito a partir \
                das mensagens; até lá, uma busca pode não achar as mais antigas",
            )
        }
        Notice::Unusable { path, fault } => unusable(lang, path, fault),
    }
}

fn unusable(lang: Lang, path: &Path, fault: &Fault) -> String {
    let (path, why) = (shown(path), why(lang, fault));
    match fault {
        Fault::Newer => say!(
            lang,
            "nothing that is said is kept: {path}: {why}; update this program, or name another \
            file with --archive",
            "nada do que é dito fica guardado: {path}: {why}; atualize este programa, ou indique \
            outro arquivo com --archive",
        ),
        _ => say!(
            lang,
            "nothing that is said is kept: {path}: {why}; --archive names another file, \
            --no-history asks for none",
            "nada do que é dito fica guardado: {path}: {why}; --archive indica outro arquivo, \
            --no-history dispensa",
        ),
    }
}

fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy()).into_owned()
}

/// Why the file cannot be used.
fn why(lang: Lang, fault: &Fault) -> String {
    match fault {
        Fault::Foreign => say!(
            lang,
            "it is another program's database",
            "é um banco de dados de outro programa",
        ),
        Fault::Newer => say!(
            lang,
            "a newer version of this program has written it",
            "foi escrito por uma versão mais nova deste programa",
        ),
        Fault::Full => say!(lang, "the disk is full", "o disco está cheio"),
        Fault::Busy => say!(
            lang,
            "another program holds the file",
            "outro programa está usando o arquivo",
        ),
        Fault::Remote(kind) => say!(
            lang,
            "it lies on another machine ({kind}), where two programs cannot share it safely",
            "fica em outra máquina ({kind}), onde dois programas não podem usá-lo com segurança",
        ),
        Fault::Missing => say!(lang, "nothing has been kept yet", "nada foi guardado ainda",),
        Fault::Folder => say!(
            lang,
            "it is a folder; name the file in it, such as archive.db",
            "é uma pasta; indique o arquivo dentro dela, como archive.db",
        ),
        Fault::Damaged(why) => {
            let why = clean(why);
            say!(
                lang,
                "the file is damaged ({why})",
                "o arquivo está danificado ({why})",
            )
        }
        Fault::Refused(why) | Fault::Rejected(why) | Fault::Other(why) => clean(why).into_owned(),
    }
}

/// The archive cannot be used.
pub(super) fn history_failed(lang: Lang, path: &Path, fault: &Fault) -> String {
    let (path, why) = (shown(path), why(lang, fault));
    say!(
        lang,
        "cannot use the archive {path}: {why}",
        "não foi possível usar o arquivo de mensagens {path}: {why}",
    )
}

/// What was typed is no number of bytes to keep.
pub(super) fn no_size(lang: Lang, typed: &str, option: &str) -> String {
    let typed = clean(typed);
    say!(
        lang,
        "'{typed}' is not valid for {option}: expected a size from 1 MiB to 1024 TiB, such as \
        500 MiB",
        "'{typed}' não é válido para {option}: use um tamanho de 1 MiB a 1024 TiB, como 500 MiB",
    )
}

/// An argument that `history` cannot use.
pub(super) fn history_misused(lang: Lang, wrong: &HistoryUsage) -> String {
    match wrong {
        HistoryUsage::When(typed) => {
            let typed = clean(typed);
            say!(
                lang,
                "'{typed}' is no time: expected a day such as 2026-11-01 or yesterday, a time \
                such as '2026-11-01 14:30' or 14:30, or how long ago, such as 2h or 3d",
                "'{typed}' não é uma data nem uma hora: use um dia como 2026-11-01 ou ontem, uma \
                hora como '2026-11-01 14:30' ou 14:30, ou há quanto tempo, como 2h ou 3d",
            )
        }
        HistoryUsage::NothingToForget => say!(
            lang,
            "say what is to be forgotten: --room, --from or --before",
            "diga o que esquecer: --room, --from ou --before",
        ),
        HistoryUsage::Unasked => say!(
            lang,
            "nobody can be asked here whether this is meant: add --yes",
            "não há a quem perguntar aqui se é isso mesmo: acrescente --yes",
        ),
    }
}

/// Stands behind a message that its author has changed.
#[must_use]
pub fn message_is_edited(lang: Lang) -> String {
    say!(lang, "(edited)", "(editada)")
}

/// Stands in the place of a message that its author has withdrawn.
#[must_use]
pub fn message_is_deleted(lang: Lang) -> String {
    say!(lang, "(deleted)", "(apagada)")
}

/// Nothing was found.
#[must_use]
pub fn nothing_found(lang: Lang) -> String {
    say!(lang, "nothing found", "nada encontrado")
}

/// Nothing of a room is kept; names those of which something is.
#[must_use]
pub fn no_such_archived_room(lang: Lang, room: &str, known: &[String]) -> String {
    let (room, known) = (clean(room), row(known));
    match known.is_empty() {
        true => say!(
            lang,
            "nothing of the room '{room}' is kept",
            "nada da sala '{room}' está guardado",
        ),
        false => say!(
            lang,
            "nothing of the room '{room}' is kept; there is something of {known}",
            "nada da sala '{room}' está guardado; há algo de {known}",
        ),
    }
}

/// There are older messages that were not shown.
#[must_use]
pub fn there_is_more(lang: Lang, limit: usize) -> String {
    say!(
        lang,
        "these are the newest {limit}; --limit shows more",
        "estas são as {limit} mais novas; --limit mostra mais",
    )
}

/// The title of a page of messages.
#[must_use]
pub fn history_title(lang: Lang, room: Option<&str>) -> String {
    match room {
        Some(room) => say!(lang, "What was said in {room}", "O que foi dito em {room}"),
        None => say!(lang, "What was said", "O que foi dito"),
    }
}

/// Asks whether messages are to be removed.
#[must_use]
pub fn forget_question(lang: Lang, messages: usize) -> String {
    say!(
        lang,
        "Remove {messages} messages from this computer for good? [y/N]",
        "Apagar de vez {messages} mensagens deste computador? [s/N]",
    )
}

/// Messages were removed, and what others may still hold.
#[must_use]
pub fn forgot(lang: Lang, forgot: &Forgot) -> Vec<String> {
    let Forgot {
        messages, frames, ..
    } = forgot;
    let mut sentences = vec![
        say!(
            lang,
            "removed: {messages} messages, and {frames} packets that were kept for others",
            "apagado: {messages} mensagens, e {frames} pacotes guardados para os outros",
        ),
        say!(
            lang,
            "The others may still have them, and so may copies of the file (backups, snapshots of \
            the disk). They do not come back here by themselves.",
            "Os outros ainda podem tê-las, e também cópias do arquivo (backups, imagens do disco). \
            Elas não voltam para cá sozinhas.",
        ),
    ];
    if !forgot.is_clean {
        sentences.push(say!(
            lang,
            "Another program is reading the file, so that traces may be left in it: leave the \
            rooms, and do this again.",
            "Outro programa está lendo o arquivo, e pode haver restos nele: saia das salas e \
            repita.",
        ));
    }
    sentences
}

/// Nothing was removed.
#[must_use]
pub fn forgot_nothing(lang: Lang) -> String {
    say!(lang, "nothing was removed", "nada foi apagado")
}

/// What the check of the file found.
#[must_use]
pub fn check_result(lang: Lang, path: &Path, check: &Check) -> Vec<String> {
    let (path, messages) = (shown(path), check.messages);
    if check.faults.is_empty() {
        return vec![say!(
            lang,
            "{path}: sound, {messages} messages",
            "{path}: em ordem, {messages} mensagens",
        )];
    }
    let faults = check.faults.iter().map(|fault| {
        let fault = clean(fault);
        say!(
            lang,
            "{path}: damaged: {fault}",
            "{path}: danificado: {fault}"
        )
    });
    faults.collect()
}

/// What the check of a room's frames found: how many are genuine, how many are not, and how many
/// could not be opened for lack of the key.
#[must_use]
pub fn check_of_frames(lang: Lang, room: &str, good: u64, bad: u64, closed: u64) -> String {
    let room = clean(room);
    let counts = match (bad, closed) {
        (0, 0) => say!(
            lang,
            "{good} packets, all genuine",
            "{good} pacotes, todos autênticos",
        ),
        (bad, 0) => say!(
            lang,
            "{good} genuine packets, {bad} changed or forged",
            "{good} pacotes autênticos, {bad} alterados ou forjados",
        ),
        (0, closed) => say!(
            lang,
            "{closed} packets, whole; their seal needs the key: --key-file",
            "{closed} pacotes, inteiros; o selo exige a chave: --key-file",
        ),
        (bad, closed) => say!(
            lang,
            "{bad} packets changed; {closed} are whole, and their seal needs the key: --key-file",
            "{bad} pacotes alterados; {closed} estão inteiros, e o selo exige a chave: --key-file",
        ),
    };
    format!("{room}: {counts}")
}
