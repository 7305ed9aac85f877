//! What `chat` remembers of what is said: its arguments, which the file of settings has too.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::error::Usage;
use crate::store::archive::Keeping;

/// The option about the bytes that messages take.
const OPTION: &str = "--history-bytes";

/// Days for which messages are kept.
pub(super) const DAYS: &str = "365";

/// Bytes that they may take.
pub(super) const BYTES: &str = "500 MiB";

/// Most days: a century.
const DAYS_MAX: u64 = 36_500;

/// Fewest bytes: a file of less would hold nothing but its tables.
const BYTES_MIN: u64 = 1 << 20;

/// Most bytes: a petabyte.
const BYTES_MAX: u64 = 1 << 50;

/// Which rooms are archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HistoryRooms {
    /// Every room
    #[default]
    All,
    /// Rooms without a key
    Public,
    /// No room
    None,
}

/// The arguments about what is remembered.
#[derive(Debug, Args)]
pub(super) struct KeepingArgs {
    /// Keep what is said in this file [default: in the folder of your data]
    #[arg(long, value_name = "FILE", conflicts_with = "no_history")]
    archive: Option<PathBuf>,

    /// Keep nothing of what is said; people are remembered all the same
    #[arg(long)]
    no_history: bool,

    /// Which rooms are kept
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "all|public|none",
        hide_possible_values = true,
        hide_short_help = true
    )]
    history_rooms: HistoryRooms,

    /// Whether private messages are kept too, which their sealing cannot protect any more then
    #[arg(
        long,
        default_value = "false",
        value_name = "true|false",
        hide_possible_values = true,
        hide_short_help = true,
        action = clap::ArgAction::Set
    )]
    history_private: bool,

    /// Days for which messages are kept
    #[arg(
        long,
        default_value = DAYS,
        value_name = "DAYS",
        hide_short_help = true,
        allow_hyphen_values = true
    )]
    history_days: String,

    /// Bytes that the messages of all rooms may take
    #[arg(
        long,
        default_value = BYTES,
        value_name = "BYTES",
        hide_short_help = true,
        allow_hyphen_values = true
    )]
    history_bytes: String,
}

/// What is remembered of what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepingSettings {
    /// The file; `None` is the usual one.
    pub archive: Option<PathBuf>,
    /// Which rooms.
    pub rooms: HistoryRooms,
    /// What of them, and for how long.
    pub keeping: Keeping,
}

impl TryFrom<KeepingArgs> for KeepingSettings {
    type Error = Usage;

    fn try_from(args: KeepingArgs) -> Result<Self, Usage> {
        Ok(Self {
            archive: args.archive,
            rooms: match args.no_history {
                true => HistoryRooms::None,
                false => args.history_rooms,
            },
            keeping: Keeping {
                private: args.history_private,
                days: days(args.history_days)?,
                bytes: bytes(args.history_bytes, OPTION)?,
            },
        })
    }
}

/// Parses a number of days.
pub(super) fn days(typed: String) -> Result<u32, Usage> {
    let days = typed.parse().ok();
    let days = days.filter(|days| (1..=DAYS_MAX).contains(&u64::from(*days)));
    days.ok_or(Usage::Number {
        typed,
        least: 1,
        most: DAYS_MAX,
        option: "--history-days",
    })
}

/// Parses a number of bytes, with a unit or without.
pub(super) fn bytes(typed: String, option: &'static str) -> Result<u64, Usage> {
    let text = typed.trim();
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let factor: Option<u64> = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" | "kib" => Some(1 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1 << 30),
        "t" | "tb" | "tib" => Some(1 << 40),
        _ => None,
    };
    let bytes = number.parse::<u64>().ok().zip(factor);
    let bytes = bytes.and_then(|(number, factor)| number.checked_mul(factor));
    let bytes = bytes.filter(|bytes| (BYTES_MIN..=BYTES_MAX).contains(bytes));
    bytes.ok_or(Usage::Bytes { typed, option })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (typed, expected) in [
            ("500 MiB", 500 << 20),
            ("2g", 2 << 30),
            ("1048576", 1 << 20),
            ("3 mb", 3 << 20),
        ] {
            assert_eq!(bytes(typed.into(), OPTION), Ok(expected), "{typed}");
        }
        for wrong in [
            "",
            "MiB",
            "1",
            "-1 MiB",
            "1 X",
            "99999999999 TiB",
            "1.5 GiB",
        ] {
            assert!(bytes(wrong.into(), OPTION).is_err(), "{wrong}");
        }
        let usual = (
            days(DAYS.into()).unwrap(),
            bytes(BYTES.into(), OPTION).unwrap(),
        );
        let Keeping { days, bytes, .. } = Keeping::default();
        assert_eq!(usual, (days, bytes));
    }
}
