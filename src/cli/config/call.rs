//! Which subcommand a command line calls, and which options were typed.

use std::ffi::{OsStr, OsString};

use clap::CommandFactory;

use super::Key;
use crate::cli::Cli;

/// The subcommand that a command line calls, and where its options may stand.
pub(super) struct Call {
    pub(super) command: clap::Command,
    pub(super) options_at: usize,
}

impl Call {
    /// `None` if no command can be made out: the parser will say why. A line without a subcommand
    /// gets the one that it means.
    pub(super) fn of(args: &mut Vec<OsString>) -> Option<Self> {
        let mut call = Self {
            command: Cli::command(),
            options_at: 1,
        };
        let mut at = 1;
        while call.command.has_subcommands() {
            let Some(arg) = args.get(at).and_then(|arg| arg.to_str()) else {
                break;
            };
            if arg.starts_with('-') {
                at += if arg == "--lang" { 2 } else { 1 };
                continue;
            }
            let Some(called) = call.command.find_subcommand(arg) else {
                // A command that may stand alone, and an option's value behind it.
                let may_end = call.options_at > 1 && !call.command.is_subcommand_required_set();
                if may_end {
                    break;
                }
                return None;
            };
            call.command = called.clone();
            at += 1;
            call.options_at = at;
        }
        if call.options_at == 1 && at <= args.len() {
            args.push("chat".into());
            call.command = call.command.find_subcommand("chat")?.clone();
            call.options_at = args.len();
        }
        Some(call)
    }

    /// Whether the subcommand has an option that was not typed.
    pub(super) fn lacks(&self, args: &[OsString], key: Key) -> bool {
        let mut options = self
            .command
            .get_arguments()
            .filter_map(|arg| arg.get_long());
        let name = key.option();
        let has_option = key == Key::Lang || options.any(|option| option == name);
        has_option && !is_typed(args, &name)
    }
}

/// Whether an option was typed.
pub(super) fn is_typed(args: &[OsString], option: &str) -> bool {
    let option = format!("--{option}");
    let mut options = args.iter().take_while(|arg| *arg != "--");
    options.any(|arg| {
        let arg: &OsStr = arg;
        let rest = arg.to_str().and_then(|arg| arg.strip_prefix(&option));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}
