//! The settings that a person keeps in a file, or in variables: which there are, what each may be,
//! and how they stand in for options that were not typed. An option beats a variable, a variable
//! beats the file, and the file beats the default.

mod call;
mod key;

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;
use toml::de::{DeTable, DeValue};

use self::call::{Call, is_typed};
pub use self::key::Key;
use super::secret::INVITE;
use crate::chat::vocabulary::meant;
use crate::error::{ConfigError, ConfigFault};
use crate::text::Lang;

/// Names of keys that would hold a secret, or the way to one.
const SECRET_WORDS: [&str; 8] = [
    "key", "pass", "secret", "invit", "token", "senha", "segredo", "convite",
];

/// The tables of settings: about what is remembered, and about files.
const TABLES: [&str; 2] = ["history", "files"];

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody has set it.
    Default,
    /// A line of the file, counted from 1.
    File(usize),
    /// The key's variable.
    Variable,
}

/// A setting as it holds where no option says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Which one it is.
    pub key: Key,
    /// Its values; none if the system decides, and several for interfaces only.
    pub values: Vec<String>,
    /// Where they come from.
    pub source: Source,
}

/// The file of settings as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Its path; `None` if there shall be none.
    pub path: Option<PathBuf>,
    /// Its text; `None` if there is no such file.
    pub text: Option<String>,
}

/// All settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    settings: Vec<Setting>,
    /// Whether a variable holds an invitation.
    is_invited: bool,
}

impl Config {
    /// Puts together what the file and the variables say.
    ///
    /// # Errors
    /// The first value or key that cannot be used, and where it stands.
    pub fn new(
        file: &ConfigFile,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut settings = match &file.text {
            Some(text) => read(text).map_err(|(line, fault)| ConfigError {
                path: file.path.clone().unwrap_or_default(),
                line,
                fault,
            })?,
            None => Vec::new(),
        };
        let is_set = |name| variable(name).filter(|value| !value.is_empty());
        for key in Key::ALL {
            if let Some(value) = is_set(key.variable()) {
                if !key.takes(&value) {
                    return Err(ConfigError {
                        path: key.variable().into(),
                        line: None,
                        fault: ConfigFault::Value { key, value },
                    });
                }
                settings.retain(|setting| setting.key != key);
                settings.push(Setting {
                    key,
                    values: vec![value],
                    source: Source::Variable,
                });
            } else if !settings.iter().any(|setting| setting.key == key) {
                settings.push(Setting {
                    key,
                    values: key.default_value().into_iter().collect(),
                    source: Source::Default,
                });
            }
        }
        settings.sort_by_key(|setting| Key::ALL.iter().position(|key| *key == setting.key));
        Ok(Self {
            settings,
            is_invited: is_set(INVITE).is_some(),
        })
    }

    /// The settings, one for each key.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Adds to a command line the options that it lacks and that were set.
    #[must_use]
    pub fn expand(&self, mut args: Vec<OsString>) -> Vec<OsString> {
        let Some(call) = Call::of(&mut args) else {
            return args;
        };
        let mut options: Vec<OsString> = Vec::new();
        for setting in &self.settings {
            let Setting {
                key,
                values,
                source,
            } = setting;
            let is_set = *source != Source::Default;
            if is_set && call.lacks(&args, *key) && self.is_meant(*key, &call, &args) {
                let option = |value: &String| format!("--{}={value}", key.option()).into();
                options.extend(values.iter().map(option));
            }
        }
        args.splice(call.options_at..call.options_at, options);
        args
    }

    /// Whether a setting is meant for this call at all.
    fn is_meant(&self, key: Key, call: &Call, args: &[OsString]) -> bool {
        match key {
            // An invitation names its room; and the history is that of all rooms.
            Key::Room => {
                let is_history = ["history", "forget", "verify"].contains(&call.command.get_name());
                !is_history && !self.is_invited && !is_typed(args, "invite-file")
            }
            // There a name decides what is sent first: only an option may do that.
            Key::Name => call.command.get_name() != "tcp-peer",
            _ => true,
        }
    }
}

/// The language that a command line or the variable asks for, also where it cannot be parsed.
#[must_use]
pub fn typed_lang(args: &[OsString], variable: impl Fn(&str) -> Option<String>) -> Option<Lang> {
    let texts: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let mut pairs = texts.windows(2);
    let after = pairs.find_map(|pair| matches!(pair, ["--lang", _]).then(|| pair.last().copied()));
    let joined = || texts.iter().find_map(|arg| arg.strip_prefix("--lang="));
    let typed = after.flatten().or_else(joined).map(str::to_owned);
    let lang = typed.or_else(|| variable(Key::Lang.variable()))?;
    Lang::from_str(&lang, false).ok()
}

/// Reads the settings of a file. Errors come with their line, where it is known.
fn read(text: &str) -> Result<Vec<Setting>, (Option<usize>, ConfigFault)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line_of = |at: usize| {
        let before = text.as_bytes().iter().take(at);
        before.filter(|byte| **byte == b'\n').count() + 1
    };
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map(|span| line_of(span.start));
        (line, ConfigFault::Syntax(error.message().to_owned()))
    })?;
    let mut entries = Vec::new();
    for (key, value) in table.get_ref() {
        match value.get_ref() {
            // What stands below a table has one name with it.
            DeValue::Table(below) if TABLES.contains(&key.get_ref().as_ref()) => {
                let table = key.get_ref();
                let full = |(key, value)| (format!("{table}.{}", name_of(key)), key, value);
                entries.extend(below.iter().map(full));
            }
            _ => entries.push((name_of(key), key, value)),
        }
    }
    // The first mistake is the one that is told.
    entries.sort_by_key(|(_, key, _)| key.span().start);
    let mut settings = Vec::new();
    for (typed, place, value) in entries {
        let line = line_of(place.span().start);
        let key = key(&typed).map_err(|fault| (Some(line), fault))?;
        let values = values(key, value.get_ref());
        let is_fit = |value: &&String| !key.takes(value);
        match values.iter().find(is_fit) {
            None if !values.is_empty() => settings.push(Setting {
                key,
                values,
                source: Source::File(line),
            }),
            wrong => {
                let written = text.get(value.span()).unwrap_or_default();
                let value = wrong.cloned().unwrap_or_else(|| written.to_owned());
                return Err((Some(line), ConfigFault::Value { key, value }));
            }
        }
    }
    Ok(settings)
}

fn name_of(key: &toml::Spanned<Cow<'_, str>>) -> String {
    key.get_ref().to_string()
}

/// The key of a name.
fn key(typed: &str) -> Result<Key, ConfigFault> {
    if let Some(key) = Key::of_name(typed) {
        return Ok(key);
    }
    let key = typed.to_owned();
    let lower = typed.to_lowercase();
    if SECRET_WORDS.iter().any(|word| lower.contains(word)) {
        return Err(ConfigFault::Secret(key));
    }
    let names = Key::ALL.iter().map(|key| key.name());
    let meant = meant(&lower.replace('_', "-"), names).and_then(Key::of_name);
    Err(ConfigFault::UnknownKey { key, meant })
}

/// The values that are written for a key; none if they are of another kind than the key takes.
fn values(key: Key, value: &DeValue<'_>) -> Vec<String> {
    match value {
        DeValue::String(text) => vec![text.to_string()],
        DeValue::Integer(number) if key.is_number() && number.radix() == 10 => {
            vec![number.as_str().to_owned()]
        }
        DeValue::Boolean(flag) if key.is_flag() => vec![flag.to_string()],
        DeValue::Array(list) if key == Key::Interface => {
            let texts = list.iter().map(|item| item.get_ref().as_str());
            let texts: Option<Vec<&str>> = texts.collect();
            let texts = texts.unwrap_or_default();
            texts.into_iter().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::vocabulary::tests::expect_slips_found;

    fn config(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = ConfigFile {
            path: Some("config.toml".into()),
            text: Some(text.to_owned()),
        };
        Config::new(&file, |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn expanded(text: &str, variables: &[(&str, &str)], line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        let args = config(text, variables).unwrap().expand(args);
        let args: Vec<String> = args
            .into_iter()
            .map(|arg| arg.into_string().unwrap())
            .collect();
        args.join(" ")
    }

    #[test]
    fn options_beat_variables_and_variables_beat_the_file() {
        let file = "name = \"ana\"\nport = 6000\ninterface = [\"eth0\", \"wlan0\"]\nlang = 'pt'";
        let interfaces = "--interface=eth0 --interface=wlan0";
        for (variables, line, expected) in [
            (
                &[][..],
                "roda chat",
                format!("roda chat --name=ana --lang=pt {interfaces} --port=6000"),
            ),
            (
                &[],
                "roda",
                format!("roda chat --name=ana --lang=pt {interfaces} --port=6000"),
            ),
            (
                &[("RODA_NAME", "bia"), ("RODA_INTERFACE", "lo")],
                "roda --lang en chat --port 7000",
                "roda --lang en chat --name=bia --interface=lo --port 7000".into(),
            ),
            (
                &[],
                "roda multicast send --name=rui",
                format!("roda multicast send --lang=pt {interfaces} --port=6000 --name=rui"),
            ),
            (
                &[],
                "roda tcp-peer --listen",
                "roda tcp-peer --lang=pt --listen".into(),
            ),
            (
                &[],
                "roda lab uppercase -- --lang",
                "roda lab uppercase --lang=pt -- --lang".into(),
            ),
            (&[], "roda nonsense", "roda nonsense".into()),
        ] {
            assert_eq!(expanded(file, variables, line), expected);
        }
    }

    #[test]
    fn an_invitation_names_its_room_itself() {
        let file = "room = \"turma-a\"";
        let line = "roda chat --invite-file x";
        assert_eq!(expanded(file, &[], line), line);
        let invited = [("RODA_INVITE", "x")];
        assert_eq!(expanded(file, &invited, "roda chat"), "roda chat");
        let named = "roda chat --room=turma-a";
        assert_eq!(expanded(file, &[], "roda chat"), named);
    }

    #[test]
    fn what_holds_is_known_with_its_source() {
        let config = config("\u{feff}# mine\n\nttl = \"3\"\n", &[("RODA_PORT", "6000")]).unwrap();
        let of = |key| {
            let setting = config.settings().iter().find(|setting| setting.key == key);
            let setting = setting.unwrap();
            (setting.values.join(","), setting.source)
        };
        assert_eq!(of(Key::Ttl), ("3".into(), Source::File(3)));
        assert_eq!(of(Key::Port), ("6000".into(), Source::Variable));
        assert_eq!(of(Key::Room), ("lobby".into(), Source::Default));
        assert_eq!(of(Key::Interface), (String::new(), Source::Default));
        assert_eq!(config.settings().len(), Key::ALL.len());
    }

    #[test]
    fn what_is_kept_is_set_for_chat_and_the_room_is_not_set_for_the_history() {
        let file =
            "room = 'sala'\nhistory.days = 30\nhistory.bytes = '2 GiB'\nhistory.private = true";
        let expected = "roda chat --room=sala --history-private=true --history-days=30 \
                        --history-bytes=2 GiB";
        assert_eq!(expanded(file, &[], "roda chat"), expected);
        for line in ["roda history prova", "roda history forget --yes"] {
            assert_eq!(expanded(file, &[], line), line);
        }
        let table = "[history]\nrooms = 'none'";
        let variables = [("RODA_HISTORY_DAYS", "7")];
        let expected = "roda chat --history-rooms=none --history-days=7";
        assert_eq!(expanded(table, &variables, "roda chat"), expected);
        for wrong in [
            "history.days = 0",
            "[history]\nrooms = 'some'",
            "history.private = 1",
        ] {
            let error = config(wrong, &[]).unwrap_err();
            assert!(matches!(error.fault, ConfigFault::Value { .. }), "{wrong}");
        }
        let error = config("history.day = 3", &[]).unwrap_err();
        let meant = Some(Key::HistoryDays);
        assert!(matches!(error.fault, ConfigFault::UnknownKey { meant: it, .. } if it == meant));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_line() {
        let value = |key, value: &str| ConfigFault::Value {
            key,
            value: value.into(),
        };
        for (text, line, fault) in [
            ("port = 0", 1, value(Key::Port, "0")),
            ("\nport = 0x10", 2, value(Key::Port, "0x10")),
            ("name = 3", 1, value(Key::Name, "3")),
            ("name = \"~ana\"", 1, value(Key::Name, "~ana")),
            ("interface = []", 1, value(Key::Interface, "[]")),
            ("interface = [3]", 1, value(Key::Interface, "[3]")),
            ("interface = \"\"", 1, value(Key::Interface, "")),
            ("lang = \"fr\"", 1, value(Key::Lang, "fr")),
            ("color = true", 1, value(Key::Color, "true")),
            ("group = \"10.0.0.1\"", 1, value(Key::Group, "10.0.0.1")),
            ("ttl = 256", 1, value(Key::Ttl, "256")),
            ("keep-alive = 0", 1, value(Key::KeepAlive, "0")),
            ("# x\nkey = \"a\"", 2, ConfigFault::Secret("key".into())),
            ("Senha = 'a'", 1, ConfigFault::Secret("Senha".into())),
            (
                "nmae = 'ana'",
                1,
                ConfigFault::UnknownKey {
                    key: "nmae".into(),
                    meant: Some(Key::Name),
                },
            ),
            (
                "[chat]\nname = 'ana'",
                1,
                ConfigFault::UnknownKey {
                    key: "chat".into(),
                    meant: None,
                },
            ),
        ] {
            let error = config(text, &[]).unwrap_err();
            assert_eq!((error.line, error.fault), (Some(line), fault), "{text}");
        }
        let error = config("", &[("RODA_TTL", "x")]).unwrap_err();
        assert_eq!(error.path.to_str(), Some("RODA_TTL"));
        assert_eq!(error.fault, value(Key::Ttl, "x"));
    }

    #[test]
    fn every_setting_is_found_after_a_slip() {
        expect_slips_found(&Key::ALL.map(Key::name));
    }

    #[test]
    fn broken_toml_is_told_with_its_line_however_deep_it_is() {
        let deep = format!("\nname = {}", "[".repeat(60_000));
        let dotted = format!("\n{}b = 1", "a.".repeat(30_000));
        for (text, line) in [
            ("\nname = ", Some(2)),
            ("\nname = 'ana", Some(2)),
            ("\n= 3", Some(2)),
            (&deep, Some(2)),
            (&dotted, None),
        ] {
            let error = config(text, &[]).unwrap_err();
            assert!(matches!(error.fault, ConfigFault::Syntax(_)), "{error:?}");
            assert_eq!(error.line, line, "{text:.20}");
        }
        let twice = config("name = 'ana'\nname = 'bia'", &[]).unwrap_err();
        assert_eq!(twice.line, Some(2));
    }
}
