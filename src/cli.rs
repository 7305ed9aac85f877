//! The command line. Doc comments on arguments are the help in English, and `text::help` has it in
//! Portuguese. All defaults of the program are here, and typed values become checked types here, on
//! which the modes rely.

#[cfg(feature = "bridge")]
mod bridge;
mod call;
mod chat;
mod config;
mod endpoint;
mod files;
mod history;
mod hub;
mod keep;
mod keeping;
mod lab;
mod localized;
mod look;
mod member;
mod multicast;
#[cfg(test)]
mod printed;
mod room;
mod secret;
mod shared;
mod sharing;
mod tcp_peer;
mod web;

use std::ffi::OsString;
use std::path::Path;

use clap::{Parser, Subcommand};

#[cfg(feature = "bridge")]
pub use self::bridge::{BridgeArgs, BridgeSettings, CarriedFilesSettings};
pub use self::call::CallArgs;
pub use self::chat::{ChatArgs, ChatSettings, Display, InputPolicy};
pub use self::config::{Config, ConfigFile, Key, Setting, Source, typed_lang};
pub use self::files::{DropArgs, DropSettings, Dropped, ErrandSettings, TakeArgs, TakeSettings};
pub use self::history::{
    FindSettings, ForgetArgs, Format, HistoryAct, HistoryArgs, HistoryCommand, HistorySettings,
    Selection, VerifyArgs,
};
pub use self::hub::{HubJoinSettings, HubRole, HubServeSettings, WhenLost};
pub use self::keep::KeepArgs;
pub use self::keeping::{HistoryRooms, KeepingSettings};
pub use self::lab::{
    BankAct, BankSettings, Database, LabArgs, LabJoinSettings, LabServeSettings, LabSettings,
    QuestionSource, Trace,
};
pub use self::localized::{command, parse};
pub use self::look::LookSettings;
pub use self::multicast::{MulticastRole, ReceiveSettings, SendSettings, SendWire};
pub use self::room::{RoomChoice, RoomCommand, RoomSettings};
pub use self::secret::{
    INVITE, IdAct, IdArgs, IdCommand, IdSettings, KeyText, ROOM_KEY, RoomSecret,
};
pub use self::sharing::{AcceptFrom, Accepted, Consent, SharingSettings};
pub use self::tcp_peer::{Side, TcpPeerArgs, TcpPeerSettings};
pub use self::web::{Browser, GuestSettings, PageKind, PagePort, PageSettings, WebArgs};
pub use crate::chat::rooms::LOBBY;
use crate::error::Usage;
use crate::protocol::lookalike::{OwnNameFault, own_name};
use crate::protocol::message::Name;
use crate::text::Lang;

/// A link with one of these names acts as the subcommand of that name.
const LINK_NAMES: [&str; 2] = ["multicast", "tcp-peer"];

/// Serverless chat for everyone on one network
#[derive(Debug, Parser)]
#[command(
    name = "roda",
    bin_name = "roda",
    version,
    after_help = "Example, on every machine:\n  roda chat --name ana"
)]
pub struct Cli {
    /// Language of the program [default: from the locale]
    #[arg(long, global = true, value_name = "en|pt", hide_possible_values = true)]
    pub lang: Option<Lang>,

    /// What to do; without it, `chat`
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Chat with everyone on this network: reliable, in order, with no server
    #[command(after_help = "Examples, on every machine:\n  \
        roda chat --name ana\n  \
        roda chat --name ana --room turma-a\n  \
        roda room new turma-a > invitation.txt  # and then, by whoever has that file:\n  \
        roda chat --name ana --invite-file invitation.txt")]
    Chat(ChatArgs),

    /// A member without a person, which keeps what is said in a room for those who come later
    #[command(after_help = "Example, on a computer that is always on:\n  \
        roda keep --room turma-a --key-file key.txt")]
    Keep(KeepArgs),

    /// A member without a person, which carries a room to other networks, by NATS servers
    #[cfg(feature = "bridge")]
    #[command(after_help = "Example, on one computer of each network:\n  \
        roda bridge --nats nats://server:4222 --name escola --room turma-a --key-file key.txt")]
    Bridge(Box<BridgeArgs>),
    /// Give files or folders to everybody in a room at once
    #[command(after_help = "Examples:\n  \
        roda drop image.iso --wait-for 30\n  \
        roda drop photos --room turma-a\n  \
        tar c . | roda drop - --as src.tar")]
    Drop(Box<DropArgs>),

    /// Take files and folders that somebody gives
    #[command(after_help = "Examples:\n  \
        roda take\n  \
        roda take --from ana --into . --yes --once\n  \
        roda take --stdout | tar x")]
    Take(Box<TakeArgs>),

    /// Chat in a browser on this computer: the page alone, without this terminal
    #[command(after_help = "Examples:\n  \
        roda web\n  \
        roda web 8080 --room turma-a\n  \
        roda chat --web  # the same room in both")]
    Web(Box<WebArgs>),

    /// Speak, be seen and share a screen, in a browser on this computer
    #[command(after_help = "Examples:\n  \
        roda call --room turma-a\n  \
        roda call --page  # sound alone")]
    Call(Box<CallArgs>),

    /// Rooms that only some people can read
    Room {
        /// What to do.
        #[command(subcommand)]
        command: RoomCommand,
    },

    /// What was said in the rooms that you were in: search, export, forget
    #[command(after_help = "Examples:\n  \
        roda history\n  \
        roda history --room turma-a --since yesterday prov*\n  \
        roda history --from ana '\"exact words\"' -C 2\n  \
        roda history --room turma-a --format html > turma-a.html\n  \
        roda history forget --room turma-a")]
    History(Box<HistoryArgs>),

    /// Show who you are to others: the fingerprint of your key
    Id(IdArgs),

    /// Show the settings in force, and where each one comes from
    #[command(after_help = "Example:\n  roda config")]
    Config,

    /// Write what a shell needs to complete the commands
    #[command(after_help = "Example, for bash:\n  \
        roda completions bash > ~/.local/share/bash-completion/completions/roda")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },

    /// Write the manual page for `man`, or the pages of all commands
    #[command(after_help = "Examples:\n  \
        roda man | man -l -\n  \
        roda man ~/.local/share/man/man1")]
    Man {
        /// Write the pages of all commands into this folder, made if there is none
        folder: Option<std::path::PathBuf>,
    },

    /// Chat by UDP multicast with the course's programs: JSON datagrams {"user","data"}
    #[command(after_help = "Example, in two terminals:\n  \
        roda multicast receive --name bia\n  \
        roda multicast send --name ana")]
    Multicast {
        /// Which side to take.
        #[command(subcommand)]
        role: MulticastRole,
    },

    /// Chat between two people over TCP, as in parts 1 to 3 of the course's P2P chat
    #[command(after_help = "Example, in two terminals or on two machines:\n  \
        roda tcp-peer --listen 12345 --name bia\n  \
        roda tcp-peer --connect 127.0.0.1:12345 --name ana")]
    TcpPeer(TcpPeerArgs),

    /// The course's small TCP services, each a server and a client
    #[command(after_help = "Examples:\n  \
        roda lab\n  \
        roda lab serve uppercase --trace\n  \
        roda lab uppercase 'olá, turma'")]
    Lab(LabArgs),

    /// Chat through a server, where multicast is blocked; also with the course's hub and clients
    Hub {
        /// Which side to take.
        #[command(subcommand)]
        role: HubRole,
    },
}

impl Default for Command {
    fn default() -> Self {
        Self::Chat(ChatArgs::default())
    }
}

/// Turns a call through a link named like a subcommand into a call of that subcommand.
#[must_use]
pub fn expand_link(mut args: Vec<OsString>) -> Vec<OsString> {
    let called = args.first().map(Path::new).and_then(Path::file_stem);
    let link = LINK_NAMES
        .into_iter()
        .find(|link| called == Some((*link).as_ref()));
    if let Some(link) = link {
        args.insert(1, link.into());
    }
    args
}

/// The language that was asked for, or else that of the first locale variable that is set, in the
/// order of setlocale(3).
#[must_use]
pub fn language(asked: Option<Lang>, variable: impl Fn(&str) -> Option<String>) -> Lang {
    let locale = || {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(variable)
            .find(|value| !value.is_empty())
    };
    asked.unwrap_or_else(|| Lang::of_locale(&locale().unwrap_or_default()))
}

/// Parses a typed name.
fn name(typed: &str) -> Result<Name, Usage> {
    own_name(typed).map_err(|fault| match fault {
        OwnNameFault::Name(fault) => Usage::Name(typed.into(), fault),
        OwnNameFault::Odd(oddity) => Usage::OddName(typed.into(), oddity),
    })
}

/// Parses a typed room name.
fn room_name(typed: String) -> Result<Name, Usage> {
    Name::parse(&typed).map_err(|fault| Usage::Room(typed, fault))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_link_acts_as_its_subcommand() {
        let expanded = |args: &[&str]| expand_link(args.iter().map(Into::into).collect());
        assert_eq!(
            expanded(&["/usr/bin/multicast", "send"]),
            ["/usr/bin/multicast", "multicast", "send"]
        );
        assert_eq!(expanded(&["roda", "multicast"]), ["roda", "multicast"]);
        assert!(expanded(&[]).is_empty());
    }

    #[test]
    fn the_language_is_asked_for_or_the_locales() {
        let pt = |variable: &str| (variable == "LANG").then(|| "pt_BR.UTF-8".to_owned());
        assert_eq!(language(None, pt), Lang::Pt);
        assert_eq!(language(Some(Lang::En), pt), Lang::En);
        let overridden = |variable: &str| match variable {
            "LC_ALL" => Some("C".to_owned()),
            _ => Some("pt_BR".to_owned()),
        };
        assert_eq!(language(None, overridden), Lang::En);
        let empty = |variable: &str| match variable {
            "LC_ALL" => Some(String::new()),
            _ => Some("pt_BR".to_owned()),
        };
        assert_eq!(language(None, empty), Lang::Pt);
    }
}
