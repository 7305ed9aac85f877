//! `chat`: its arguments, their defaults, and the settings of the mode.

use std::time::Duration;

use clap::{Args, Parser};

use super::keeping::KeepingSettings;
use super::member::MemberArgs;
use super::secret::{KeyText, RoomSecret};
use super::shared::{ColorArgs, name_or_login, seconds};
use super::web::{GuestArgs, GuestSettings, PagePort, PageSettings};
use crate::chat::Audience;
use crate::error::{Error, Usage};
use crate::face::lines::Bell;
use crate::net::group_sockets::GroupAddress;
use crate::protocol::engine::config::{HISTORY_BYTES, MEMBERS_MAX};
use crate::protocol::message::Name;
use crate::protocol::wire::frame::durable::Role;
use crate::store::identity::Who;
use crate::terminal::screen::{Color, Form};

/// The room of everybody who names no other.
pub const LOBBY: &str = "lobby";

/// How long `--wait-for` waits if it is not said.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The arguments of `chat`.
#[derive(Debug, Args)]
pub struct ChatArgs {
    /// Your name in the chat, 1 to 32 bytes [default: your login name]
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// The room; without a key, everybody may enter it. The course's programs hear only the lobby
    /// [default: lobby]
    #[arg(long, allow_hyphen_values = true)]
    room: Option<String>,

    #[command(flatten)]
    member: MemberArgs,

    /// At the end of the input, wait until N people have received everything, including those who
    /// come only then
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    wait_for: Option<String>,

    /// How long --wait-for waits [default: 30]
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "wait_for",
        allow_hyphen_values = true
    )]
    timeout: Option<String>,

    /// One JSON object per event; input lines may be {"say": "…"}
    #[arg(long)]
    json: bool,

    /// A full screen: the room, its people and what you type, all at once
    #[arg(long, conflicts_with_all = ["json", "listen_only"])]
    screen: bool,

    /// Line by line, as pipes and screen readers need it: the default
    #[arg(long, conflicts_with_all = ["json", "screen"])]
    lines: bool,

    /// Read no input, and stay until a signal: for services
    #[arg(long)]
    listen_only: bool,

    /// Also as a page in a browser on this computer, whose link is printed [default: 5080, or the
    /// next port that is free]
    #[arg(
        long,
        value_name = "PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    web: Option<String>,

    #[command(flatten)]
    guests: GuestArgs,

    #[command(flatten)]
    color: ColorArgs,

    /// Ring the terminal's bell when somebody writes your name
    #[arg(long, conflicts_with = "json")]
    bell: bool,
}

impl Default for ChatArgs {
    /// The arguments of `roda` without a subcommand.
    fn default() -> Self {
        #[derive(Parser)]
        struct Alone {
            #[command(flatten)]
            args: ChatArgs,
        }
        Alone::parse_from(["roda"]).args
    }
}

/// The settings of `chat`.
#[derive(Debug)]
pub struct ChatSettings {
    /// The user's name.
    pub name: Name,
    /// The room; `None` is the lobby, or the room that an invitation names.
    pub room: Option<Name>,
    /// Where its key comes from.
    pub secret: RoomSecret,
    /// What the text of its key may be.
    pub key_text: KeyText,
    /// Which identity to use.
    pub who: Who,
    /// What is remembered of what is said.
    pub keeping: KeepingSettings,
    /// Where the group is.
    pub group: GroupAddress,
    /// Who is to have what was said when the input ends.
    pub audience: Audience,
    /// How events are written.
    pub form: Form,
    /// How a person at a terminal sees the room.
    pub display: Display,
    /// Whether names are coloured.
    pub color: Color,
    /// Whether the input is read.
    pub input: InputPolicy,
    /// Whether the bell rings for the user's name.
    pub bell: Bell,
    /// Whether a person takes part, or a program that keeps what is said.
    pub role: Role,
    /// Most bytes of frames that are remembered for latecomers.
    pub depth_bytes: usize,
    /// The page, if it is wanted from the start.
    pub page: Option<PageSettings>,
    /// Who is let in as a guest, if anybody.
    pub guests: GuestSettings,
}

/// How a person at a terminal sees a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    /// Line by line.
    #[default]
    Lines,
    /// As a full screen, where the terminal can show one.
    Screen,
}

/// Names the display where no option does: `screen` or `lines`.
const FACE_VARIABLE: &str = "RODA_FACE";

/// The display that the options ask for, or else the environment.
fn display(args: &ChatArgs) -> Display {
    let is_wanted = || std::env::var_os(FACE_VARIABLE).is_some_and(|face| face == "screen");
    match (args.screen, args.lines || args.json || args.listen_only) {
        (true, _) => Display::Screen,
        (false, false) if is_wanted() => Display::Screen,
        (false, _) => Display::default(),
    }
}

/// Whether a mode reads its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputPolicy {
    /// What is typed is said, and the end of the input ends the mode.
    Read,
    /// Nothing is read; only a signal ends the mode.
    Ignore,
}

impl TryFrom<ChatArgs> for ChatSettings {
    type Error = Error;

    fn try_from(args: ChatArgs) -> Result<Self, Error> {
        let name = name_or_login(args.name.as_deref())?;
        let display = display(&args);
        let page = args.web.map(PagePort::parse).transpose()?;
        let member = args.member.of_room(args.room)?;
        Ok(Self {
            name,
            room: member.room,
            secret: member.secret,
            key_text: member.key_text,
            who: member.who,
            group: member.group,
            keeping: member.keeping,
            audience: audience(args.wait_for, args.timeout)?,
            form: if args.json { Form::Json } else { Form::Lines },
            display,
            color: args.color.color,
            input: match args.listen_only {
                true => InputPolicy::Ignore,
                false => InputPolicy::Read,
            },
            bell: if args.bell { Bell::Rings } else { Bell::Silent },
            role: Role::Person,
            depth_bytes: HISTORY_BYTES,
            page: page.map(PageSettings::beside_the_terminal),
            guests: args.guests.try_into()?,
        })
    }
}

fn audience(wait_for: Option<String>, timeout: Option<String>) -> Result<Audience, Usage> {
    let Some(typed) = wait_for else {
        return Ok(Audience::default());
    };
    let persons = typed.parse().ok().filter(|n| (1..=MEMBERS_MAX).contains(n));
    let timeout = timeout.map(|timeout| seconds(timeout, 1, "--timeout"));
    Ok(Audience {
        persons: persons.ok_or(Usage::Number {
            typed,
            least: 1,
            most: MEMBERS_MAX as u64,
            option: "--wait-for",
        })?,
        timeout: timeout.transpose()?.unwrap_or(TIMEOUT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};

    fn chat(args: &[&str]) -> Result<ChatSettings, Error> {
        let line = [&["roda", "chat"], args].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Chat(args)) => args.try_into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_lobby_is_where_the_courses_programs_are_and_rooms_are_not() {
        let lobby = chat(&["--name", "ana"]).unwrap();
        assert_eq!(lobby.group.frames, "224.3.29.71:5008".parse().unwrap());
        assert_eq!(lobby.group.plain, Some("224.3.29.71:5007".parse().unwrap()));
        assert_eq!(lobby.room, None);
        let room = chat(&["--name", "ana", "--room", "turma-a"]).unwrap();
        assert_eq!(room.group.plain, None);
        assert_eq!(room.room.unwrap().as_str(), "turma-a");
    }

    #[test]
    fn roda_alone_is_chat() {
        assert!(Cli::try_parse_from(["roda"]).unwrap().command.is_none());
        assert!(ChatSettings::try_from(ChatArgs::default()).is_ok());
    }

    #[test]
    fn what_cannot_be_is_wrong_use() {
        for bad in [
            ["--room", ""],
            ["--port", "65535"],
            ["--ttl", "x"],
            ["--name", "~x"],
        ] {
            let error = chat(&[&["--name", "ana"][..0], &bad[..]].concat()).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{bad:?}");
        }
    }
}
