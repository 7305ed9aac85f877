//! Guests of this member: people without a key, who read the room and speak in it through the
//! member's computer, by a page on their telephones. The page's server only carries bytes; who may
//! come in, under which name, how fast they may speak and who is sent away is decided here.
//!
//! ```text
//! the server asks by   Command::Guests(GuestsCommand), each with a RequestId of its own
//! it is answered by    News::Guests(GuestsEvent), or by News::Message for what a guest said
//! it shows guests      what line_of() makes of the news that the member's faces receive
//! ```
//!
//! ```text
//! Open      a link is there: its token lets in; a second Open replaces it, those inside stay
//! Enter     Entered with a name and the lines from before, or Refused
//! Say       News::Message, or Refused
//! Lost      the connection broke: the place is kept for a while; Back within it, or Leave
//! Left      the server ends the session: it was sent away, or is over
//! ```
//!
//! A guest has no key, so that nothing can be said to one privately, nothing verified, and nobody's
//! name taken: what a guest says is shown as `~rui (by ana)` everywhere.

mod asked;
mod line;
mod rules;

use core::net::IpAddr;
use std::fmt;
use std::time::Duration;

pub use self::line::{GuestLine, GuestLineAuthor, GuestLineForm, Seen, line_of};
pub(super) use self::rules::Guests;
pub use self::rules::{
    GUEST_NAME_MAX_BYTES, GUESTS_DEFAULT, GUESTS_MAX, HISTORY_LINES_MAX, KICKED_FOR, LOST_FOR,
    proper_name,
};
pub use crate::protocol::engine::config::GUEST_TEXT_MAX_BYTES;
pub use crate::protocol::engine::event::GuestName;
use crate::protocol::lookalike::OwnNameFault;

/// One guest at one telephone, by a number that the server chooses and tells nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuestSession(pub u64);

/// What a link holds, so that only those can enter who were shown it.
#[derive(Clone, Copy)]
pub struct LinkToken(pub [u8; 16]);

impl PartialEq for LinkToken {
    /// Compares all bytes, so that the time says nothing about how many are right.
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(0, |differing, (one, other)| differing | (one ^ other)) == 0
    }
}

impl Eq for LinkToken {}

/// A link by https, with a certificate that no browser knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsLink {
    /// The link.
    pub url: String,
    /// The SHA-256 of the certificate, as browsers show it.
    pub fingerprint: String,
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// What the guests' server asks, and the host by `/guests` and `/kick`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestsCommand {
    /// The server is there: guests may enter by this link, and by no earlier one.
    Open {
        /// What the link must hold.
        token: LinkToken,
        /// The link, to be shown to people.
        url: String,
        /// The same by https, where guests can speak.
        by_tls: Option<TlsLink>,
        /// Most guests at once; at most [`GUESTS_MAX`].
        most: usize,
        /// Lines from before that a newcomer is shown; at most [`HISTORY_LINES_MAX`].
        history: usize,
    },
    /// The server ends.
    Close,
    /// Somebody wants to come in.
    Enter {
        /// The session, which no guest has yet.
        session: GuestSession,
        /// What the link held.
        token: LinkToken,
        /// The name, as typed.
        name: String,
        /// Where the telephone is.
        address: IpAddr,
    },
    /// A guest says something.
    Say {
        /// Who.
        session: GuestSession,
        /// What, as typed.
        text: String,
    },
    /// A guest turns the microphone on: what its page captures is sent from then on.
    Speak(GuestSession),
    /// A guest's connection broke. The place is kept for [`LOST_FOR`].
    Lost(GuestSession),
    /// It is there again.
    Back(GuestSession),
    /// A guest leaves.
    Leave(GuestSession),
    /// List who is here.
    List,
    /// Make another link; the server answers with another [`GuestsCommand::Open`].
    NewLink,
    /// Send a guest away, by name.
    Kick(String),
    /// Let nobody hear a guest of a name, or everybody again.
    Mute {
        /// The name.
        name: String,
        /// Whether nobody is to hear the guest.
        is_muted: bool,
    },
}

/// What happens to guests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestsEvent {
    /// Guests may enter by a link.
    Opened {
        /// The link.
        url: String,
        /// The same by https, where guests can speak.
        by_tls: Option<TlsLink>,
    },
    /// The host wants another link: for the server alone.
    LinkWanted,
    /// Guests may enter no more.
    Closed,
    /// Somebody is here.
    Entered {
        /// The session.
        session: GuestSession,
        /// The number and the name: as typed, or with a number behind it.
        guest: GuestName,
        /// What was said before, oldest first.
        history: Vec<GuestLine>,
    },
    /// A guest cannot do what was asked: for the server alone.
    Refused {
        /// The session.
        session: GuestSession,
        /// Why.
        why: GuestRefusal,
    },
    /// A guest may speak from now on: for the server alone.
    Speaks {
        /// The session.
        session: GuestSession,
        /// Who.
        guest: GuestName,
    },
    /// The host lets nobody hear a guest, or everybody again.
    Muted {
        /// The session.
        session: GuestSession,
        /// Who.
        guest: GuestName,
        /// Whether nobody hears the guest.
        is_muted: bool,
    },
    /// A guest is not here any more.
    Left {
        /// The session, which the server ends.
        session: GuestSession,
        /// Who.
        guest: GuestName,
        /// Where the telephone was.
        address: IpAddr,
        /// Why.
        why: Departure,
    },
    /// Who is here, those first who have been here longest.
    List {
        /// The link.
        url: String,
        /// The guests.
        guests: Vec<GuestState>,
    },
}

impl GuestsEvent {
    /// Whether only the server has a use for it.
    #[must_use]
    pub fn is_for_server(&self) -> bool {
        matches!(
            self,
            Self::LinkWanted | Self::Refused { .. } | Self::Speaks { .. }
        )
    }
}

/// A guest who is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestState {
    /// Who.
    pub guest: GuestName,
    /// Where the telephone is.
    pub address: IpAddr,
    /// When the guest entered, in milliseconds since 1970.
    pub entered_ms: u64,
    /// Whether the connection broke.
    pub is_lost: bool,
    /// Whether the host lets nobody hear the guest.
    pub is_muted: bool,
}

/// Why a guest cannot do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuestRefusal {
    /// There are no guests here.
    Closed,
    /// The link is an old one, or none.
    WrongLink,
    /// The guest was sent away, and may come back after this time.
    Kicked(Duration),
    /// Too much at once; it can be tried again soon.
    TooFast,
    /// There is no place left.
    Full {
        /// How many there are.
        most: usize,
    },
    /// The name cannot be shown, or may pass for another one.
    BadName {
        /// As typed.
        given: String,
        /// Why.
        fault: OwnNameFault,
    },
    /// The session is no guest's, or is one's already that enters.
    NoSession,
    /// The host lets nobody hear the guest.
    Muted,
    /// As many guests speak as may.
    TooManySpeak {
        /// How many there are.
        most: usize,
    },
    /// There is nothing to say.
    Empty,
    /// It is longer than a guest's text may be.
    TooLong {
        /// The longest, in bytes.
        limit_bytes: usize,
    },
}

/// Why a guest is not here any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Departure {
    /// The guest left.
    Left,
    /// The connection broke, and did not come back.
    Lost,
    /// The host sent the guest away.
    Kicked,
    /// All places were taken, and too many of them from one address.
    Displaced,
    /// The server ended.
    Closed,
}

/// Whether the host is asked before guests may enter: in a room whose key only some have, a link
/// lets others read who do not have it.
#[must_use]
pub fn asks_first(is_keyed: bool) -> bool {
    is_keyed
}

/// Whether an answer to that question is a yes, in either language. Anything else is a no.
#[must_use]
pub fn is_yes(answer: &str) -> bool {
    matches!(
        answer.trim().to_lowercase().as_str(),
        "y" | "yes" | "s" | "sim"
    )
}

#[cfg(test)]
mod tests;
