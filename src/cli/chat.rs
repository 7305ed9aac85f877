//! `chat`: its arguments, their defaults, and the settings of the mode.

use std::net::SocketAddrV4;
use std::time::Duration;

use clap::{Args, Parser};

use super::files::ErrandSettings;
use super::keeping::KeepingSettings;
use super::look::{LookArgs, LookSettings};
use super::member::{MemberArgs, MemberSettings};
use super::room::RoomChoice;
use super::shared::{ColorArgs, name_or_login, seconds};
use super::sharing::SharingSettings;
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

/// How long `--wait-for` waits if it is not said.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The arguments of `chat`.
#[derive(Debug, Args)]
pub struct ChatArgs {
    /// Your name in the chat, 1 to 32 bytes [default: your login name]
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// The room; without a key, everybody may enter it. The course's programs hear only the lobby.
    /// May be repeated: a key is that of the last one [default: lobby]
    #[arg(long, allow_hyphen_values = true)]
    room: Vec<String>,

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

    /// A full screen: the rooms, their people and what you type, all at once; the default on a
    /// terminal of 40 columns and 8 rows or more
    #[arg(long, conflicts_with_all = ["json", "listen_only"])]
    screen: bool,

    /// Line by line, as screen readers need it; the default for pipes and small terminals
    #[arg(long, conflicts_with_all = ["json", "screen"])]
    lines: bool,

    #[command(flatten)]
    look: LookArgs,

    /// Read no input, and stay until a signal: for services
    #[arg(long, conflicts_with = "wait_for")]
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
    /// The rooms; the lobby if none was chosen.
    pub rooms: Vec<RoomChoice>,
    /// Whether the rooms of last time may be opened in their place: none was chosen.
    pub may_reopen: bool,
    /// The plain wire of the lobby, in which a member may come later.
    pub plain: SocketAddrV4,
    /// Which identity to use.
    pub who: Who,
    /// What is remembered of what is said.
    pub keeping: KeepingSettings,
    /// What is done about files without being asked.
    pub sharing: SharingSettings,
    /// Where the group is.
    pub group: GroupAddress,
    /// Who is to have what was said when the input ends.
    pub audience: Audience,
    /// How events are written.
    pub form: Form,
    /// How a person at a terminal sees the room.
    pub display: Display,
    /// How the full screen looks and calls.
    pub look: LookSettings,
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
    /// The servers that carry the rooms to other networks, if this is a bridge.
    #[cfg(feature = "bridge")]
    pub bridge: Option<super::bridge::BridgeSettings>,
    /// What it is in the room for, if not to talk.
    pub errand: Option<ErrandSettings>,
}

impl ChatSettings {
    /// Those of a member that reads no input, keeps the usual depth, and writes line by line.
    pub(super) fn without_input(name: Name, member: MemberSettings, form: Form) -> Self {
        Self {
            name,
            rooms: member.rooms,
            may_reopen: false,
            plain: member.plain,
            who: member.who,
            keeping: member.keeping,
            sharing: member.sharing,
            group: member.group,
            audience: Audience::default(),
            form,
            display: Display::Lines,
            look: LookSettings::default(),
            color: Color::Never,
            input: InputPolicy::Ignore,
            bell: Bell::Silent,
            role: Role::Person,
            depth_bytes: HISTORY_BYTES,
            page: None,
            guests: GuestSettings::NONE,
            #[cfg(feature = "bridge")]
            bridge: None,
            errand: None,
        }
    }
}

/// How a person at a terminal sees a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    /// Line by line.
    Lines,
    /// As a full screen, where the terminal can show one.
    #[default]
    Screen,
}

/// Names the display where no option does: `screen` or `lines`.
const FACE_VARIABLE: &str = "RODA_FACE";

/// The display that the options ask for, or else the environment.
fn display(args: &ChatArgs) -> Display {
    let wanted = || std::env::var_os(FACE_VARIABLE).is_some_and(|face| face == "lines");
    match (args.screen, args.lines || args.json || args.listen_only) {
        (true, _) => Display::Screen,
        (false, true) => Display::Lines,
        (false, false) if wanted() => Display::Lines,
        (false, false) => Display::default(),
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
        let page = args.web;
        let page = page
            .map(|typed| PagePort::parse(typed, "--web"))
            .transpose()?;
        let member = args.member.of_rooms(args.room)?;
        Ok(Self {
            name,
            rooms: member.rooms,
            may_reopen: !member.are_chosen && !args.json && !args.listen_only,
            plain: member.plain,
            who: member.who,
            group: member.group,
            keeping: member.keeping,
            sharing: member.sharing,
            audience: audience(args.wait_for, args.timeout)?,
            form: if args.json { Form::Json } else { Form::Lines },
            display,
            look: args.look.into(),
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
            #[cfg(feature = "bridge")]
            bridge: None,
            errand: None,
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
    use crate::cli::{Cli, Command, RoomSecret};

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
        assert!(lobby.rooms[0].is_lobby() && lobby.may_reopen);
        let room = chat(&["--name", "ana", "--room", "turma-a"]).unwrap();
        assert_eq!(room.group.plain, None);
        assert_eq!(room.rooms[0].name.as_ref().unwrap().as_str(), "turma-a");
        assert!(!room.may_reopen && !room.rooms[0].is_lobby());
        let both = chat(&["--room", "turma-a", "--room", "lobby"]).unwrap();
        assert_eq!(both.rooms.len(), 2);
        assert!(both.rooms[1].is_lobby() && both.group.plain.is_some());
    }

    #[test]
    fn a_key_is_that_of_the_last_room() {
        let two = ["--room", "turma-a", "--room", "turma-b", "--key-file", "k"];
        let rooms = chat(&two).unwrap().rooms;
        assert_eq!(rooms[0].secret, RoomSecret::Public);
        assert_eq!(rooms[1].secret, RoomSecret::KeyFile("k".into()));
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
