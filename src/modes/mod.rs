//! Where the pure core meets the world: one file per subcommand. A mode wires keyboard, screen,
//! wire and net together and holds the loop; it imports no other mode.

mod chat;
mod completions;
mod config;
mod history;
mod hub_join;
mod hub_serve;
mod id;
mod lab;
mod man;
mod multicast_receive;
mod multicast_send;
mod room;
mod tcp_peer;

use std::io;
use std::path::Path;

pub use self::config::with_settings;

use crate::cli::{Command, HubRole, MulticastRole};
use crate::error::{Error, StoreError};
use crate::protocol::hub::ModeratorSecret;
use crate::store::secret;
use crate::terminal::screen;
use crate::terminal::signals::Signal;
use crate::text::Lang;

/// How a mode ended, when no error ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is done.
    Done,
    /// Something was lost on the way, and each loss was reported.
    Incomplete,
    /// A signal asked us to leave.
    Signalled(Signal),
}

impl Outcome {
    /// 0 when done, 1 when something was lost, 128 and the signal's number after a signal.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Incomplete => 1,
            Self::Signalled(signal) => signal.exit_code(),
        }
    }
}

/// Waits by `finish` until what was shown is written: how a mode ends that shows by threads.
fn finish(
    end: Result<Outcome, Error>,
    finish: impl FnOnce(Option<Signal>) -> io::Result<()>,
) -> Result<Outcome, Error> {
    let signal = match &end {
        Ok(Outcome::Signalled(signal)) => Some(*signal),
        _ => None,
    };
    let written = finish(signal);
    match (end?, written) {
        (end @ Outcome::Signalled(_), _) | (end, Ok(())) => Ok(end),
        (_, Err(cause)) => output_failed(cause),
    }
}

/// What a failure of the output means: a terminal that vanished fails before its hangup is
/// reported.
fn output_failed(cause: io::Error) -> Result<Outcome, Error> {
    match screen::is_hangup(&cause) {
        true => Ok(Outcome::Signalled(Signal::Hangup)),
        false => Err(Error::Output(cause)),
    }
}

/// What the moderators of a hub prove that they know, from its file.
fn moderator_secret(file: Option<&Path>) -> Result<Option<ModeratorSecret>, Error> {
    let read = |path| secret::read(path).map_err(StoreError::secret(path));
    let secret = file.map(read).transpose()?;
    Ok(secret.map(|secret| ModeratorSecret::of(&secret)))
}

/// Runs what was typed until it ends.
///
/// # Errors
/// Wrong use that only the running mode can see, and refusals of the system.
pub fn run(command: Command, lang: Lang) -> Result<Outcome, Error> {
    match command {
        Command::Multicast {
            role: MulticastRole::Send(args),
        } => multicast_send::run(&args.try_into()?, lang),
        Command::Multicast {
            role: MulticastRole::Receive(args),
        } => multicast_receive::run(&args.try_into()?, lang),
        Command::Chat(args) => chat::run(&args.try_into()?, lang),
        Command::Drop(args) => chat::run(&(*args).try_into()?, lang),
        Command::Take(args) => chat::run(&(*args).try_into()?, lang),
        Command::Web(args) => chat::run(&(*args).try_into()?, lang),
        Command::Call(args) => chat::run(&(*args).try_into()?, lang),
        Command::Keep(args) => chat::run(&args.try_into()?, lang),
        #[cfg(feature = "bridge")]
        Command::Bridge(args) => chat::run(&(*args).try_into()?, lang),
        Command::Hub {
            role: HubRole::Serve(args),
        } => hub_serve::run(&args.try_into()?, lang),
        Command::Hub {
            role: HubRole::Join(args),
        } => hub_join::run(&args.try_into()?, lang),
        Command::History(args) => history::run(&(*args).try_into()?, lang),
        Command::Id(args) => id::run(&args.into(), lang),
        Command::Config => config::run(lang),
        Command::Completions { shell } => completions::run(shell, lang),
        Command::Man { folder } => man::run(folder.as_deref(), lang),
        Command::Room { command } => room::run(&command.try_into()?, lang),
        Command::Lab(args) => lab::run(args.try_into()?, lang),
        Command::TcpPeer(args) => tcp_peer::run(&args.try_into()?, lang),
    }
}
