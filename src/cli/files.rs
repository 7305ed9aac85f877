//! `drop` and `take`: files without a conversation. Their settings are those of `chat`, with an
//! errand.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::chat::{ChatSettings, InputPolicy};
use super::keeping::HistoryRooms;
use super::member::MemberArgs;
use super::shared::{name_or_login, seconds};
use crate::chat::transfer::OFFERS_PER_PERSON_MAX;
use crate::error::{Error, FilesUsage, Usage};
use crate::protocol::engine::config::MEMBERS_MAX;
use crate::terminal::screen::Form;

/// What stands for the standard input.
const STDIN: &str = "-";

/// The name of what came through a pipe and was given none.
const PIPED: &str = "stdin";

/// The arguments of `drop`.
#[derive(Debug, Args)]
pub struct DropArgs {
    /// Files and folders to offer; - is what comes through a pipe
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Your name, 1 to 32 bytes [default: your login name]
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// The room in which it is offered [default: lobby]
    #[arg(long, allow_hyphen_values = true)]
    room: Option<String>,

    #[command(flatten)]
    member: MemberArgs,

    /// What a single file, or what comes through a pipe, is called there
    #[arg(long = "as", value_name = "NAME")]
    called: Option<String>,

    /// Offer it to this person alone, once they are here: nobody else learns what it is
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    to: Option<String>,

    /// Leave once N people have everything, and everybody else who takes it [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    wait_for: Option<String>,

    /// Give up after this long [default: never]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    timeout: Option<String>,

    /// One JSON object per event
    #[arg(long)]
    json: bool,
}

/// The arguments of `take`.
#[derive(Debug, Args)]
pub struct TakeArgs {
    /// Your name, 1 to 32 bytes [default: your login name]
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// The room in which things are offered [default: lobby]
    #[arg(long, allow_hyphen_values = true)]
    room: Option<String>,

    #[command(flatten)]
    member: MemberArgs,

    /// Take only what this person offers
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    from: Option<String>,

    /// The folder into which things go [default: roda in your folder of downloads]
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,

    /// Take everything without asking
    #[arg(long, short)]
    yes: bool,

    /// Leave after the first thing that is here whole
    #[arg(long)]
    once: bool,

    /// Write the first file that is offered to stdout as it comes, and leave
    #[arg(long, conflicts_with_all = ["into", "json"])]
    stdout: bool,

    /// Give up after this long [default: never]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    timeout: Option<String>,

    /// One JSON object per event
    #[arg(long)]
    json: bool,
}

/// What a member is in a room for, if it is not to talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrandSettings {
    /// To give files.
    Drop(DropSettings),
    /// To take files.
    Take(TakeSettings),
}

/// Something to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The file or folder; `None` is the standard input.
    pub path: Option<PathBuf>,
    /// What it is called, if not by its own name.
    pub name: Option<String>,
}

/// What `drop` gives to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropSettings {
    /// What is offered.
    pub dropped: Vec<Dropped>,
    /// Whom alone it is for.
    pub to: Option<String>,
    /// How many people have to have everything.
    pub wait_for: usize,
    /// How long that may take.
    pub timeout: Option<Duration>,
}

/// What `take` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeSettings {
    /// From whom alone.
    pub from: Option<String>,
    /// Into which folder.
    pub into: Option<PathBuf>,
    /// Whether the person is asked about each.
    pub asks: bool,
    /// Whether it is done after the first.
    pub is_once: bool,
    /// Whether that goes to stdout.
    pub to_stdout: bool,
    /// How long the first may take.
    pub timeout: Option<Duration>,
}

impl TryFrom<DropArgs> for ChatSettings {
    type Error = Error;

    fn try_from(args: DropArgs) -> Result<Self, Error> {
        let count = args.files.len();
        if count > OFFERS_PER_PERSON_MAX {
            return Err(Usage::Files(FilesUsage::TooMany { count }).into());
        }
        let is_single = count == 1;
        let called = args.called.filter(|_| is_single);
        let dropped = args.files.into_iter().map(|path| {
            let is_piped = path.as_os_str() == STDIN;
            Dropped {
                name: called
                    .clone()
                    .or_else(|| is_piped.then(|| PIPED.to_owned())),
                path: (!is_piped).then_some(path),
            }
        });
        let errand = ErrandSettings::Drop(DropSettings {
            dropped: dropped.collect(),
            to: args.to,
            wait_for: args.wait_for.map_or(Ok(1), persons)?,
            timeout: timeout(args.timeout)?,
        });
        settings(args.name, args.room, args.member, args.json, errand)
    }
}

impl TryFrom<TakeArgs> for ChatSettings {
    type Error = Error;

    fn try_from(args: TakeArgs) -> Result<Self, Error> {
        let asks = !args.yes && !args.stdout;
        let errand = ErrandSettings::Take(TakeSettings {
            from: args.from,
            into: args.into,
            asks,
            is_once: args.once || args.stdout,
            to_stdout: args.stdout,
            timeout: timeout(args.timeout)?,
        });
        let settings = settings(args.name, args.room, args.member, args.json, errand)?;
        Ok(Self {
            input: match asks {
                true => InputPolicy::Read,
                false => InputPolicy::Ignore,
            },
            ..settings
        })
    }
}

fn settings(
    name: Option<String>,
    room: Option<String>,
    member: MemberArgs,
    is_json: bool,
    errand: ErrandSettings,
) -> Result<ChatSettings, Error> {
    let mut member = member.of_rooms(room.into_iter().collect())?;
    // Nothing that is said is shown, so that nothing is kept as if it had been read.
    member.keeping.rooms = HistoryRooms::None;
    let name = name_or_login(name.as_deref())?;
    let form = if is_json { Form::Json } else { Form::Lines };
    Ok(ChatSettings {
        errand: Some(errand),
        ..ChatSettings::without_input(name, member, form)
    })
}

fn persons(typed: String) -> Result<usize, Usage> {
    let persons = typed.parse().ok().filter(|n| (1..=MEMBERS_MAX).contains(n));
    persons.ok_or(Usage::Number {
        typed,
        least: 1,
        most: MEMBERS_MAX as u64,
        option: "--wait-for",
    })
}

fn timeout(typed: Option<String>) -> Result<Option<Duration>, Usage> {
    let timeout = typed.map(|typed| seconds(typed, 1, "--timeout"));
    timeout.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn settings_of(args: &[&str]) -> Result<ChatSettings, Error> {
        let line = [&["roda"], args].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Drop(args)) => (*args).try_into(),
            Some(Command::Take(args)) => (*args).try_into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn more_files_than_others_remember_are_refused_before_any_is_read() {
        let drop = |count: usize| settings_of(&[&["drop"], &*vec!["a"; count]].concat());
        assert!(drop(OFFERS_PER_PERSON_MAX).is_ok());
        let refused = drop(OFFERS_PER_PERSON_MAX + 1);
        assert!(matches!(
            refused,
            Err(Error::Usage(Usage::Files(FilesUsage::TooMany {
                count: 257
            })))
        ));
    }

    #[test]
    fn a_pipe_is_dropped_under_the_name_that_it_is_given() {
        let errand = |args: &[&str]| match settings_of(args).unwrap().errand {
            Some(ErrandSettings::Drop(drop)) => drop,
            other => panic!("{other:?}"),
        };
        let piped = errand(&["drop", "-", "--as", "src.tar"]);
        assert_eq!(piped.dropped[0].path, None);
        assert_eq!(piped.dropped[0].name.as_deref(), Some("src.tar"));
        assert_eq!(piped.wait_for, 1);
        let to_one = errand(&["drop", "a", "--to", "rui"]);
        assert_eq!(to_one.to.as_deref(), Some("rui"));
        let two = errand(&["drop", "a", "b", "--wait-for", "30"]);
        assert_eq!(two.dropped.len(), 2);
        assert_eq!(two.wait_for, 30);
        assert!(two.dropped.iter().all(|dropped| dropped.name.is_none()));
    }

    #[test]
    fn nothing_is_taken_unasked_but_by_those_who_say_so() {
        let settings = settings_of(&["take"]).unwrap();
        assert_eq!(settings.input, InputPolicy::Read);
        let settings = settings_of(&["take", "--yes", "--once", "--from", "ana"]).unwrap();
        assert_eq!(settings.input, InputPolicy::Ignore);
        assert_eq!(settings.keeping.rooms, HistoryRooms::None);
        let Some(ErrandSettings::Take(take)) = settings.errand else {
            panic!("no errand");
        };
        assert!(!take.asks && take.is_once && take.from.as_deref() == Some("ana"));
        for bad in [
            &["take", "--timeout", "0"][..],
            &["drop", "a", "--wait-for", "0"],
            &["drop", "a", "--room", ""],
        ] {
            assert_eq!(settings_of(bad).unwrap_err().exit_code(), 2, "{bad:?}");
        }
        assert!(Cli::try_parse_from(["roda", "drop"]).is_err());
        assert!(Cli::try_parse_from(["roda", "drop", "a", "--to"]).is_err());
        assert!(Cli::try_parse_from(["roda", "take", "--stdout", "--json"]).is_err());
    }
}
