//! The sentences about settings in a file and in variables.

use super::{Lang, say};
use crate::cli::{Key, Source};
use crate::error::{ConfigError, ConfigFault};
use crate::protocol::message::clean;

/// Why a setting cannot be used, and where it stands.
#[must_use]
pub(super) fn config_error(lang: Lang, error: &ConfigError) -> String {
    let path = error.path.to_string_lossy();
    let path = clean(&path);
    let place = match error.line {
        None => path.into_owned(),
        Some(line) => say!(lang, "{path}, line {line}", "{path}, linha {line}"),
    };
    let why = fault(lang, &error.fault);
    format!("{place}: {why}")
}

fn fault(lang: Lang, fault: &ConfigFault) -> String {
    match fault {
        ConfigFault::Unreadable(why) => say!(
            lang,
            "the settings cannot be read: {why}",
            "não foi possível ler as configurações: {why}",
        ),
        ConfigFault::TooLong(bytes_max) => say!(
            lang,
            "the settings file is longer than {bytes_max} bytes",
            "o arquivo de configurações tem mais de {bytes_max} bytes",
        ),
        ConfigFault::NotText => say!(
            lang,
            "the settings file is not UTF-8 text; save it as UTF-8",
            "o arquivo de configurações não é texto UTF-8; salve-o como UTF-8",
        ),
        ConfigFault::NotFile => say!(
            lang,
            "the settings must be a regular file, not a folder, a pipe or a device",
            "as configurações devem ser um arquivo comum, não uma pasta, um pipe ou um dispositivo",
        ),
        ConfigFault::Syntax(why) => {
            let why = clean(why);
            say!(
                lang,
                "expected NAME = VALUE, as TOML writes it ({why})",
                "use NOME = VALOR, como em TOML ({why})",
            )
        }
        ConfigFault::UnknownKey { key, meant } => unknown_key(lang, &clean(key), *meant),
        ConfigFault::Secret(key) => {
            let key = clean(key);
            say!(
                lang,
                "'{key}' does not belong here: secrets are not settings; use --key-file, \
                --invite-file or RODA_ROOM_KEY",
                "'{key}' não cabe aqui: segredos não são configurações; use --key-file, \
                --invite-file ou RODA_ROOM_KEY",
            )
        }
        ConfigFault::Value { key, value } => {
            let (name, value, expected) = (key.name(), clean(value), expected(lang, *key));
            say!(
                lang,
                "'{value}' is not valid for {name}: expected {expected}",
                "'{value}' não é válido para {name}: use {expected}",
            )
        }
    }
}

fn unknown_key(lang: Lang, key: &str, meant: Option<Key>) -> String {
    match meant {
        Some(meant) => {
            let meant = meant.name();
            say!(
                lang,
                "unknown setting '{key}' (did you mean {meant}?)",
                "configuração desconhecida: '{key}' (você quis dizer {meant}?)",
            )
        }
        None => {
            let known = Key::ALL.map(Key::name).join(", ");
            say!(
                lang,
                "unknown setting '{key}': expected one of {known}",
                "configuração desconhecida: '{key}'; use uma destas: {known}",
            )
        }
    }
}

/// What a key takes.
fn expected(lang: Lang, key: Key) -> String {
    match key {
        Key::Name => say!(
            lang,
            "a name in quotes, 1 to 32 bytes, not beginning with ~",
            "um nome entre aspas, de 1 a 32 bytes, que não comece com ~",
        ),
        Key::Room => say!(
            lang,
            "the name of a room in quotes, 1 to 32 bytes",
            "o nome de uma sala entre aspas, de 1 a 32 bytes",
        ),
        Key::Lang => say!(lang, "\"en\" or \"pt\"", "\"en\" ou \"pt\""),
        Key::Color => say!(
            lang,
            "\"auto\", \"always\" or \"never\"",
            "\"auto\", \"always\" ou \"never\"",
        ),
        Key::Theme => say!(
            lang,
            "\"default\", \"high-contrast\", \"light\" or \"none\"",
            "\"default\", \"high-contrast\", \"light\" ou \"none\""
        ),
        Key::Notify => say!(lang, "\"mentions\" or \"all\"", "\"mentions\" ou \"all\""),
        Key::Interface => say!(
            lang,
            "the name or address of an interface in quotes, or a list of them",
            "o nome ou endereço de uma interface entre aspas, ou uma lista deles",
        ),
        Key::Group => say!(
            lang,
            "an IPv4 address from \"224.0.0.0\" to \"239.255.255.255\"",
            "um endereço IPv4 de \"224.0.0.0\" a \"239.255.255.255\"",
        ),
        Key::Port => say!(lang, "a number from 1 to 65535", "um número de 1 a 65535",),
        Key::Ttl => say!(lang, "a number from 0 to 255", "um número de 0 a 255"),
        Key::KeepAlive => say!(
            lang,
            "a number of seconds from 1 to 86400",
            "um número de segundos de 1 a 86400",
        ),
        Key::HistoryRooms => say!(
            lang,
            "\"all\", \"public\" or \"none\"",
            "\"all\" (todas), \"public\" (públicas) ou \"none\" (nenhuma)",
        ),
        Key::HistoryPrivate | Key::Mouse | Key::FilesShare => {
            say!(lang, "true or false", "true ou false")
        }
        Key::HistoryDays => say!(
            lang,
            "a number of days from 1 to 36500",
            "um número de dias de 1 a 36500",
        ),
        Key::HistoryBytes | Key::FilesAcceptBytes | Key::FilesAcceptTotal => say!(
            lang,
            "a size such as \"500 MiB\", at least 1 MiB",
            "um tamanho como \"500 MiB\", no mínimo 1 MiB",
        ),
        Key::FilesAccept | Key::FilesAcceptKinds => expected_of_files(lang, key),
    }
}

fn expected_of_files(lang: Lang, key: Key) -> String {
    match key {
        Key::FilesAccept => say!(
            lang,
            "\"none\", \"verified\" or \"all\"",
            "\"none\" (ninguém), \"verified\" (verificados) ou \"all\" (todos)",
        ),
        _ => say!(
            lang,
            "\"all\", or some of \"file, folder, picture, text\"",
            "\"all\", ou alguns de \"file, folder, picture, text\"",
        ),
    }
}

/// Where a value comes from.
#[must_use]
pub fn config_source(lang: Lang, key: Key, source: Source) -> String {
    match source {
        Source::Default => say!(lang, "default", "padrão"),
        Source::File(line) => say!(lang, "line {line} of the file", "linha {line} do arquivo"),
        Source::Variable => {
            let variable = key.variable();
            say!(lang, "variable {variable}", "variável {variable}")
        }
    }
}

/// What stands for a value that the system decides.
#[must_use]
pub fn config_choice(lang: Lang) -> String {
    say!(lang, "the system's choice", "escolha do sistema")
}

/// A file of settings that is not there.
#[must_use]
pub fn no_config_file(lang: Lang, path: &str) -> String {
    say!(
        lang,
        "no settings in {path}: no such file",
        "sem configurações em {path}: o arquivo não existe",
    )
}

/// The file of settings that was read, if one is.
#[must_use]
pub fn config_file(lang: Lang, path: Option<&str>) -> String {
    match path {
        Some(path) => say!(lang, "settings in {path}", "configurações em {path}"),
        None => say!(
            lang,
            "no settings file is read",
            "nenhum arquivo de configurações é lido",
        ),
    }
}

/// The heading of a part of a manual page, by the English one of the library that makes pages.
#[must_use]
pub fn man_heading(lang: Lang, heading: &str) -> String {
    match heading {
        "NAME" => say!(lang, "NAME", "NOME"),
        "SYNOPSIS" => say!(lang, "SYNOPSIS", "SINOPSE"),
        "DESCRIPTION" => say!(lang, "DESCRIPTION", "DESCRIÇÃO"),
        "OPTIONS" => say!(lang, "OPTIONS", "OPÇÕES"),
        "SUBCOMMANDS" => say!(lang, "COMMANDS", "COMANDOS"),
        "VERSION" => say!(lang, "VERSION", "VERSÃO"),
        // Examples stand behind the help.
        "EXTRA" => say!(lang, "EXAMPLES", "EXEMPLOS"),
        other => other.to_owned(),
    }
}

/// The man pages are written.
#[must_use]
pub fn man_pages_written(lang: Lang, pages: usize, folder: &str) -> String {
    say!(
        lang,
        "{pages} man pages written to {folder}",
        "{pages} páginas de manual escritas em {folder}",
    )
}
