//! The page: its port, and the arguments of `web`, whose settings are those of `chat` without a
//! terminal.

use std::net::{Ipv4Addr, SocketAddr};

use clap::Args;

use super::chat::ChatSettings;
use super::member::MemberArgs;
use super::shared::name_or_login;
use crate::chat::guests::{GUESTS_DEFAULT, GUESTS_MAX, HISTORY_LINES_MAX};
use crate::error::{Error, Usage};
use crate::face::Terminal;
use crate::terminal::screen::Form;

/// The first port that is tried.
const PORT: u16 = 5080;

/// The first port that is tried for guests.
const GUESTS_PORT: u16 = 5090;

/// The arguments about guests.
#[derive(Debug, Args)]
pub(super) struct GuestArgs {
    /// Let people without roda take part by their telephones, as your guests: a link and a QR code
    /// are printed [default: all addresses, port 5090 or the next one that is free]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    guests: Option<String>,

    /// Let guests speak: their page comes by https, too, with a certificate made for the day, which
    /// their browsers do not know and warn of
    #[arg(long)]
    guests_tls: bool,

    /// Most guests at once [default: 200]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    guests_max: Option<String>,

    /// How many messages from before a guest is shown on entering [default: 0]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    guests_history: Option<String>,
}

/// Who is let in as a guest, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestSettings {
    /// Whether they are let in from the start.
    pub is_wanted: bool,
    /// Whether their page comes by https, too, so that they can speak.
    pub has_tls: bool,
    /// Where they are served; `None` is all addresses and the first port that is free.
    pub address: Option<SocketAddr>,
    /// Most of them.
    pub most: usize,
    /// Messages from before that they are shown.
    pub history: usize,
}

impl GuestSettings {
    /// The first port that is tried.
    pub const FIRST_PORT: u16 = GUESTS_PORT;

    /// Nobody is let in until it is asked for.
    pub const NONE: Self = Self {
        is_wanted: false,
        has_tls: false,
        address: None,
        most: GUESTS_DEFAULT,
        history: 0,
    };
}

/// Where guests are served: an address and a port, or a port of all addresses.
fn guests_address(typed: String) -> Result<SocketAddr, Usage> {
    if let Ok(port) = typed.parse() {
        return Ok((Ipv4Addr::UNSPECIFIED, port).into());
    }
    typed.parse().map_err(|_| Usage::Guests(typed))
}

impl TryFrom<GuestArgs> for GuestSettings {
    type Error = Usage;

    fn try_from(args: GuestArgs) -> Result<Self, Usage> {
        let number = |typed: Option<String>, least: usize, most: usize, default, option| {
            let Some(typed) = typed else {
                return Ok(default);
            };
            let number = typed.parse().ok();
            let number = number.filter(|number| (least..=most).contains(number));
            number.ok_or(Usage::Number {
                typed,
                least: least as u64,
                most: most as u64,
                option,
            })
        };
        Ok(Self {
            is_wanted: args.guests.is_some() || args.guests_tls,
            has_tls: args.guests_tls,
            address: match args.guests.filter(|typed| !typed.is_empty()) {
                None => None,
                Some(typed) => Some(guests_address(typed)?),
            },
            most: number(
                args.guests_max,
                1,
                GUESTS_MAX,
                GUESTS_DEFAULT,
                "--guests-max",
            )?,
            history: number(
                args.guests_history,
                0,
                HISTORY_LINES_MAX,
                0,
                "--guests-history",
            )?,
        })
    }
}

/// The arguments of `web`.
#[derive(Debug, Args)]
pub struct WebArgs {
    /// TCP port of the page [default: 5080, or the next one that is free]
    #[arg(value_name = "PORT")]
    page_port: Option<String>,

    /// Your name in the chat, 1 to 32 bytes [default: your login name]
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// The room; without a key, everybody may enter it. May be repeated: a key is that of the last
    /// one [default: lobby]
    #[arg(long, allow_hyphen_values = true)]
    room: Vec<String>,

    #[command(flatten)]
    member: MemberArgs,

    #[command(flatten)]
    guests: GuestArgs,

    /// Open no browser, and only print the link
    #[arg(long)]
    no_browser: bool,
}

/// Where the page listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagePort {
    /// Where it was last, or at the first port that is free from this one on.
    From(u16),
    /// At this port.
    At(u16),
}

/// What opens the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// The program, where there is a display.
    Opened,
    /// The person, by the link.
    ByLink,
}

/// Which page is shown first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageKind {
    /// The rooms, with all that can be done there.
    #[default]
    Rooms,
    /// Sound alone.
    Voice,
}

/// The settings of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSettings {
    /// Where it listens.
    pub port: PagePort,
    /// What opens it.
    pub browser: Browser,
    /// What the terminal shows meanwhile.
    pub terminal: Terminal,
    /// Which page the link leads to.
    pub kind: PageKind,
}

impl PagePort {
    /// The port of a page that nobody gave one.
    pub const DEFAULT: Self = Self::From(PORT);

    /// The address, as it is named in errors.
    #[must_use]
    pub fn address(self, host: &str) -> String {
        let (Self::From(port) | Self::At(port)) = self;
        format!("{host}:{port}")
    }

    /// Reads the port that was typed for an option; nothing is [`PagePort::DEFAULT`], and 0 is any
    /// free one.
    ///
    /// # Errors
    /// What is no port.
    pub(super) fn parse(typed: String, option: &'static str) -> Result<Self, Usage> {
        let no_port = |typed| Usage::Number {
            typed,
            least: 0,
            most: u64::from(u16::MAX),
            option,
        };
        match typed.as_str() {
            "" => Ok(Self::DEFAULT),
            port => port.parse().map(Self::At).map_err(|_| no_port(typed)),
        }
    }
}

impl PageSettings {
    /// Those of a page beside the terminal.
    #[must_use]
    pub fn beside_the_terminal(port: PagePort) -> Self {
        Self {
            port,
            browser: Browser::ByLink,
            terminal: Terminal::Rooms,
            kind: PageKind::Rooms,
        }
    }
}

impl TryFrom<WebArgs> for ChatSettings {
    type Error = Error;

    fn try_from(args: WebArgs) -> Result<Self, Error> {
        let member = args.member.of_rooms(args.room)?;
        let name = name_or_login(args.name.as_deref())?;
        Ok(Self {
            may_reopen: !member.are_chosen,
            page: Some(PageSettings {
                port: PagePort::parse(args.page_port.unwrap_or_default(), "PORT")?,
                browser: match args.no_browser {
                    true => Browser::ByLink,
                    false => Browser::Opened,
                },
                terminal: Terminal::Faults,
                kind: PageKind::Rooms,
            }),
            guests: args.guests.try_into()?,
            ..Self::without_input(name, member, Form::Lines)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn page(args: &[&str]) -> Result<Option<PageSettings>, Error> {
        let line = [&["roda"], args].concat();
        let settings: ChatSettings = match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Chat(args)) => args.try_into()?,
            Some(Command::Web(args)) => (*args).try_into()?,
            other => panic!("{other:?}"),
        };
        Ok(settings.page)
    }

    #[test]
    fn a_page_is_asked_for_and_its_port_may_be() {
        assert_eq!(page(&["chat"]).unwrap(), None);
        let port = |args: &[&str]| page(args).unwrap().unwrap().port;
        assert_eq!(port(&["chat", "--web"]), PagePort::From(5080));
        assert_eq!(port(&["chat", "--web=8080"]), PagePort::At(8080));
        assert_eq!(port(&["web"]), PagePort::From(5080));
        assert_eq!(port(&["web", "0"]), PagePort::At(0));
        let alone = page(&["web", "--room", "turma-a"]).unwrap().unwrap();
        assert_eq!(alone.terminal, Terminal::Faults);
        assert_eq!(alone.browser, Browser::Opened);
        for wrong in ["70000", "x"] {
            assert_eq!(page(&["web", wrong]).unwrap_err().exit_code(), 2);
        }
    }
}
