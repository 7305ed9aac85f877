//! `keep`: a member without a person. Its settings are those of `chat`, with another role.

use clap::Args;

use super::chat::ChatSettings;
use super::member::MemberArgs;
use super::name;
use crate::error::{Error, Usage};
use crate::protocol::engine::config::HISTORY_BYTES;
use crate::protocol::wire::frame::durable::Role;
use crate::terminal::screen::Form;

/// The name of a keeper that is given no other.
const NAME: &str = "keeper";

/// Least of `--depth-bytes`: an hour of talk.
const DEPTH_MIN_BYTES: usize = 64 << 10;

/// Most of it: what a small computer holds in memory.
const DEPTH_MAX_BYTES: usize = 1 << 30;

/// The arguments of `keep`.
#[derive(Debug, Args)]
pub struct KeepArgs {
    /// Name under which it is listed, 1 to 32 bytes [default: keeper]
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// Room to keep; without a key everybody may enter it; may be repeated [default: lobby]
    #[arg(long, allow_hyphen_values = true)]
    room: Vec<String>,

    #[command(flatten)]
    member: MemberArgs,

    /// Most bytes that it remembers for those who come later; every other member remembers 6 MiB
    /// [default: 6291456]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    depth_bytes: Option<String>,

    /// One JSON object per event, messages too
    #[arg(long)]
    json: bool,
}

impl TryFrom<KeepArgs> for ChatSettings {
    type Error = Error;

    fn try_from(args: KeepArgs) -> Result<Self, Error> {
        let member = args.member.of_rooms(args.room)?;
        let name = name(args.name.as_deref().unwrap_or(NAME))?;
        let form = if args.json { Form::Json } else { Form::Lines };
        Ok(Self {
            role: Role::Keeper,
            depth_bytes: args.depth_bytes.map_or(Ok(HISTORY_BYTES), depth)?,
            ..Self::without_input(name, member, form)
        })
    }
}

fn depth(typed: String) -> Result<usize, Usage> {
    let bytes = typed.parse().ok();
    let bytes = bytes.filter(|bytes| (DEPTH_MIN_BYTES..=DEPTH_MAX_BYTES).contains(bytes));
    bytes.ok_or(Usage::Number {
        typed,
        least: DEPTH_MIN_BYTES as u64,
        most: DEPTH_MAX_BYTES as u64,
        option: "--depth-bytes",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command, InputPolicy};
    use clap::Parser;

    fn keep(args: &[&str]) -> Result<ChatSettings, Error> {
        let line = [&["roda", "keep"], args].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Keep(args)) => args.try_into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_keeper_reads_nothing_and_is_called_so() {
        let settings = keep(&["--room", "turma-a", "--depth-bytes", "1000000"]).unwrap();
        assert_eq!(settings.name.as_str(), "keeper");
        assert_eq!(
            (settings.role, settings.depth_bytes),
            (Role::Keeper, 1_000_000)
        );
        assert_eq!(settings.input, InputPolicy::Ignore);
        assert_eq!(settings.group.plain, None);
        assert_eq!(keep(&[]).unwrap().depth_bytes, HISTORY_BYTES);
    }

    #[test]
    fn a_depth_that_cannot_be_is_wrong_use() {
        for bad in ["0", "1000", "9999999999999", "x", "-5"] {
            let error = keep(&["--depth-bytes", bad]).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{bad}");
        }
    }
}
