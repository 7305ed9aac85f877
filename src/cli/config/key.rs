//! Which settings may be kept, and what each may be.

use clap::ValueEnum;

use crate::cli::keeping::{self, HistoryRooms};
use crate::cli::shared::{self, GROUP, KEEP_ALIVE_S, PORT, TTL};
use crate::cli::sharing::{self, AcceptFrom};
use crate::cli::{LOBBY, name, room_name};
use crate::face::tui::{Notices, Scheme};
use crate::terminal::screen::Color;
use crate::text::Lang;

/// A setting that may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The person's name.
    Name,
    /// The room of `chat`.
    Room,
    /// The language of sentences.
    Lang,
    /// When names are coloured.
    Color,
    /// How the full screen is coloured.
    Theme,
    /// Whether the full screen follows the mouse.
    Mouse,
    /// Which messages call this person.
    Notify,
    /// The interfaces of a group.
    Interface,
    /// The multicast group.
    Group,
    /// The group's port.
    Port,
    /// How far datagrams go.
    Ttl,
    /// How a lost TCP peer is noticed.
    KeepAlive,
    /// Which rooms are archived.
    HistoryRooms,
    /// Whether private messages are archived.
    HistoryPrivate,
    /// For how many days.
    HistoryDays,
    /// In how many bytes.
    HistoryBytes,
    /// Whether what was taken is given to others.
    FilesShare,
    /// From whom files are taken without a question.
    FilesAccept,
    /// Of which kinds.
    FilesAcceptKinds,
    /// How long each may be.
    FilesAcceptBytes,
    /// How long all of one person may be together.
    FilesAcceptTotal,
}

impl Key {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 21] = [
        Self::Name,
        Self::Room,
        Self::Lang,
        Self::Color,
        Self::Theme,
        Self::Mouse,
        Self::Notify,
        Self::Interface,
        Self::Group,
        Self::Port,
        Self::Ttl,
        Self::KeepAlive,
        Self::HistoryRooms,
        Self::HistoryPrivate,
        Self::HistoryDays,
        Self::HistoryBytes,
        Self::FilesShare,
        Self::FilesAccept,
        Self::FilesAcceptKinds,
        Self::FilesAcceptBytes,
        Self::FilesAcceptTotal,
    ];

    /// Its name in the file, which is the option's name too, with `-` in the place of a dot.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Room => "room",
            Self::Lang => "lang",
            Self::Color => "color",
            Self::Theme => "theme",
            Self::Mouse => "mouse",
            Self::Notify => "notify",
            Self::Interface => "interface",
            Self::Group => "group",
            Self::Port => "port",
            Self::Ttl => "ttl",
            Self::KeepAlive => "keep-alive",
            Self::HistoryRooms => "history.rooms",
            Self::HistoryPrivate => "history.private",
            Self::HistoryDays => "history.days",
            Self::HistoryBytes => "history.bytes",
            Self::FilesShare => "files.share",
            Self::FilesAccept => "files.accept",
            Self::FilesAcceptKinds => "files.accept-kinds",
            Self::FilesAcceptBytes => "files.accept-bytes",
            Self::FilesAcceptTotal => "files.accept-total",
        }
    }

    /// The variable that beats the file.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Name => "RODA_NAME",
            Self::Room => "RODA_ROOM",
            Self::Lang => "RODA_LANG",
            Self::Color => "RODA_COLOR",
            Self::Theme => "RODA_THEME",
            Self::Mouse => "RODA_MOUSE",
            Self::Notify => "RODA_NOTIFY",
            Self::Interface => "RODA_INTERFACE",
            Self::Group => "RODA_GROUP",
            Self::Port => "RODA_PORT",
            Self::Ttl => "RODA_TTL",
            Self::KeepAlive => "RODA_KEEP_ALIVE",
            Self::HistoryRooms => "RODA_HISTORY_ROOMS",
            Self::HistoryPrivate => "RODA_HISTORY_PRIVATE",
            Self::HistoryDays => "RODA_HISTORY_DAYS",
            Self::HistoryBytes => "RODA_HISTORY_BYTES",
            Self::FilesShare => "RODA_FILES_SHARE",
            Self::FilesAccept => "RODA_FILES_ACCEPT",
            Self::FilesAcceptKinds => "RODA_FILES_ACCEPT_KINDS",
            Self::FilesAcceptBytes => "RODA_FILES_ACCEPT_BYTES",
            Self::FilesAcceptTotal => "RODA_FILES_ACCEPT_TOTAL",
        }
    }

    /// Its option.
    pub(super) fn option(self) -> String {
        self.name().replace('.', "-")
    }

    /// Whether its value may be a number.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::Port
                | Self::Ttl
                | Self::KeepAlive
                | Self::HistoryDays
                | Self::HistoryBytes
                | Self::FilesAcceptBytes
                | Self::FilesAcceptTotal
        )
    }

    /// Whether its value is `true` or `false`.
    #[must_use]
    pub fn is_flag(self) -> bool {
        matches!(self, Self::HistoryPrivate | Self::Mouse | Self::FilesShare)
    }

    /// Whether a value is one that the option takes.
    pub(super) fn takes(self, value: &str) -> bool {
        match self {
            Self::Name => name(value).is_ok(),
            Self::Room => room_name(value.to_owned()).is_ok(),
            Self::Lang => Lang::from_str(value, false).is_ok(),
            Self::Color => Color::from_str(value, false).is_ok(),
            Self::Theme => Scheme::from_str(value, false).is_ok(),
            Self::Notify => Notices::from_str(value, false).is_ok(),
            Self::Interface => !value.is_empty() && !value.contains(char::is_control),
            Self::Group => shared::group(value).is_ok(),
            Self::Port => shared::port(value).is_ok(),
            Self::Ttl => value.parse::<u8>().is_ok(),
            Self::KeepAlive => shared::seconds(value.to_owned(), 1, "").is_ok(),
            Self::HistoryRooms => HistoryRooms::from_str(value, false).is_ok(),
            Self::HistoryPrivate | Self::Mouse | Self::FilesShare => value.parse::<bool>().is_ok(),
            Self::HistoryDays => keeping::days(value.to_owned()).is_ok(),
            Self::HistoryBytes | Self::FilesAcceptBytes | Self::FilesAcceptTotal => {
                keeping::bytes(value.to_owned(), "").is_ok()
            }
            Self::FilesAccept => AcceptFrom::from_str(value, false).is_ok(),
            Self::FilesAcceptKinds => sharing::kinds(value.to_owned()).is_ok(),
        }
    }

    /// What holds if nobody has set it; `None` if the system decides.
    pub(super) fn default_value(self) -> Option<String> {
        match self {
            Self::Name => shared::name_or_login(None)
                .ok()
                .map(|name| name.to_string()),
            Self::Room => Some(LOBBY.into()),
            Self::Lang | Self::Interface => None,
            Self::Color => Some("auto".into()),
            Self::Theme => Some("default".into()),
            Self::Mouse => Some("true".into()),
            Self::Notify => Some("mentions".into()),
            Self::Group => Some(GROUP.into()),
            Self::Port => Some(PORT.into()),
            Self::Ttl => Some(TTL.into()),
            Self::KeepAlive => Some(KEEP_ALIVE_S.into()),
            Self::HistoryRooms => Some("all".into()),
            Self::HistoryPrivate => Some("false".into()),
            Self::HistoryDays => Some(keeping::DAYS.into()),
            Self::HistoryBytes => Some(keeping::BYTES.into()),
            Self::FilesShare => Some("true".into()),
            Self::FilesAccept => Some("none".into()),
            Self::FilesAcceptKinds => Some(sharing::KINDS.into()),
            Self::FilesAcceptBytes => Some(sharing::BYTES.into()),
            Self::FilesAcceptTotal => Some(sharing::TOTAL.into()),
        }
    }

    pub(super) fn of_name(typed: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == typed)
    }
}
