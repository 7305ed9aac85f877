//! `history`: its arguments and settings. Times are read here, because they are relative to now.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::shared::ColorArgs;
use crate::chat::archive::search::Span;
use crate::clock::Clock;
use crate::error::{Error, HistoryUsage, Usage};
pub use crate::face::stored::Format;
use crate::store::archive::PAGE_MAX;
use crate::terminal::screen::Color;

/// Messages that are shown if it is not said.
const LIMIT: usize = 50;

/// Most neighbours of a match.
const CONTEXT_MAX: u64 = 100;

/// The arguments of `history`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct HistoryArgs {
    /// What to do; without it, search
    #[command(subcommand)]
    command: Option<HistoryCommand>,

    #[command(flatten)]
    find: FindArgs,
}

/// The arguments of a search.
#[derive(Debug, Args)]
struct FindArgs {
    /// Words that all must be there: `voce` finds `você`, `prov*` finds `prova`, and '"a b"' finds
    /// both in this order. Without any, the newest messages are shown
    words: Vec<String>,

    #[command(flatten)]
    which: WhichArgs,

    /// Said at this time or later: 2026-11-01, '2026-11-01 14:30', yesterday, 14:30, 2h
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    since: Option<String>,

    /// Said until this time; a day counts to its end
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    until: Option<String>,

    /// Show at most this many, the newest [default: 50; all with --format]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    limit: Option<String>,

    /// Show this many messages before and after each match
    #[arg(short = 'C', long, value_name = "NUMBER", allow_hyphen_values = true)]
    context: Option<String>,

    /// Show and search what edited messages said before, too
    #[arg(long)]
    all: bool,

    /// One JSON object per message, of the schema of `chat --json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// How messages are written
    #[arg(
        long,
        value_enum,
        value_name = "text|jsonl|csv|html",
        hide_possible_values = true
    )]
    format: Option<Format>,

    #[command(flatten)]
    color: ColorArgs,
}

/// Which messages are meant.
#[derive(Debug, Args)]
struct WhichArgs {
    /// Of this room [default: all rooms]
    #[arg(long, allow_hyphen_values = true)]
    room: Option<String>,

    /// Said by whoever goes or went by this name, such as ana or ana#3f9c
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    from: Option<String>,

    /// The file of messages [default: in the folder of your data]
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
}

/// The subcommands of `history`.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Remove messages from this computer for good, with every trace in the file
    #[command(after_help = "Examples:\n  \
        roda history forget --room turma-a\n  \
        roda history forget --from ana --before 2026-11-01")]
    Forget(ForgetArgs),

    /// Check the file, and the seal and signature of what is kept for others
    #[command(after_help = "Example:\n  roda history verify")]
    Verify(VerifyArgs),
}

/// The arguments of `history forget`.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    #[command(flatten)]
    which: WhichArgs,

    /// Said before this time; a day counts from its beginning
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    before: Option<String>,

    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

/// The arguments of `history verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The key of a room, as of `chat`: frames of rooms with a key can be checked with it only
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// The file of messages [default: in the folder of your data]
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
}

/// The settings of `history`.
#[derive(Debug)]
pub struct HistorySettings {
    /// The file; `None` is the usual one.
    pub archive: Option<PathBuf>,
    /// What to do.
    pub act: HistoryAct,
}

/// What `history` does.
#[derive(Debug)]
pub enum HistoryAct {
    /// Shows messages.
    Find(FindSettings),
    /// Removes messages.
    Forget {
        /// Which.
        selection: Selection,
        /// Said before this time, in milliseconds since 1970.
        before_ms: Option<u64>,
        /// Whether it is done without a question.
        is_sure: bool,
    },
    /// Checks the file.
    Verify {
        /// The file of a room's key.
        key_file: Option<PathBuf>,
    },
}

/// Whose messages of which room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The room's name; `None` for all.
    pub room: Option<String>,
    /// The author's name; `None` for everybody.
    pub from: Option<String>,
}

/// The settings of a search.
#[derive(Clone, Debug)]
pub struct FindSettings {
    /// Which messages.
    pub selection: Selection,
    /// What is looked for.
    pub words: String,
    /// Said at or after this time, in milliseconds since 1970.
    pub since_ms: Option<u64>,
    /// Said before this time, in milliseconds since 1970.
    pub until_ms: Option<u64>,
    /// Most messages; `None` for all.
    pub limit: Option<usize>,
    /// Neighbours of each match.
    pub context: usize,
    /// Whether earlier forms are shown.
    pub has_all_forms: bool,
    /// How they are written.
    pub format: Format,
    /// When names are coloured.
    pub color: Color,
}

impl WhichArgs {
    fn selection(self) -> (Option<PathBuf>, Selection) {
        let Self {
            room,
            from,
            archive,
        } = self;
        (archive, Selection { room, from })
    }
}

impl TryFrom<HistoryArgs> for HistorySettings {
    type Error = Error;

    fn try_from(args: HistoryArgs) -> Result<Self, Error> {
        Ok(match args.command {
            None => {
                let (archive, act) = find(args.find)?;
                Self { archive, act }
            }
            Some(HistoryCommand::Forget(args)) => {
                let (archive, selection) = args.which.selection();
                if selection == Selection::default() && args.before.is_none() {
                    return Err(Usage::History(HistoryUsage::NothingToForget).into());
                }
                let before_ms = when(args.before)?.map(|span| span.start_ms);
                let act = HistoryAct::Forget {
                    selection,
                    before_ms,
                    is_sure: args.yes,
                };
                Self { archive, act }
            }
            Some(HistoryCommand::Verify(args)) => Self {
                archive: args.archive,
                act: HistoryAct::Verify {
                    key_file: args.key_file,
                },
            },
        })
    }
}

fn find(args: FindArgs) -> Result<(Option<PathBuf>, HistoryAct), Usage> {
    let (archive, selection) = args.which.selection();
    let limit = number(args.limit, 1, PAGE_MAX as u64, "--limit")?;
    let context = number(args.context, 0, CONTEXT_MAX, "-C")?;
    let is_export = args.format.is_some();
    let settings = FindSettings {
        selection,
        words: typed(&args.words),
        since_ms: when(args.since)?.map(|span| span.start_ms),
        until_ms: when(args.until)?.map(|span| span.end_ms),
        limit: limit.or(match is_export && context.is_none() {
            true => None,
            false => Some(LIMIT),
        }),
        context: context.unwrap_or_default(),
        has_all_forms: args.all,
        format: match args.json {
            true => Format::Jsonl,
            false => args.format.unwrap_or_default(),
        },
        color: args.color.color,
    };
    Ok((archive, HistoryAct::Find(settings)))
}

/// The words as one text. What the shell hands over with blanks in it was in quotes there.
fn typed(words: &[String]) -> String {
    let words =
        words.iter().map(
            |word| match word.contains(char::is_whitespace) && !word.contains('"') {
                true => format!("\"{word}\""),
                false => word.clone(),
            },
        );
    words.collect::<Vec<_>>().join(" ")
}

fn when(typed: Option<String>) -> Result<Option<Span>, Usage> {
    let Some(typed) = typed else { return Ok(None) };
    match Clock::start().when(&typed) {
        Some(span) => Ok(Some(span)),
        None => Err(Usage::History(HistoryUsage::When(typed))),
    }
}

fn number(
    typed: Option<String>,
    least: u64,
    most: u64,
    option: &'static str,
) -> Result<Option<usize>, Usage> {
    let Some(typed) = typed else { return Ok(None) };
    let number = typed.parse().ok().filter(|n| (least..=most).contains(n));
    match number {
        Some(number) => Ok(Some(number as usize)),
        None => Err(Usage::Number {
            typed,
            least,
            most,
            option,
        }),
    }
}
