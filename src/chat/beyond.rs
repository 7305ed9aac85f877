//! What a face receives about other networks: the sites that bridges stand for, and, of a bridge
//! itself, how it is connected. The bridge itself is `relay`.

pub mod relay;
mod telling;

use std::sync::Arc;

use super::event::{Id, Person};
pub use crate::protocol::engine::event::SiteChange;
use crate::protocol::message::Name;

/// Another site, as its bridge states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteState {
    /// What it is called, uncleaned.
    pub name: Arc<str>,
    /// The bridge there.
    pub bridge: Person,
    /// How many people are there.
    pub people: usize,
    /// By how many milliseconds its clock is ahead of this member's, if they differ much.
    pub ahead_ms: Option<i64>,
}

/// Where somebody is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// At this network.
    #[default]
    Here,
    /// At the site of this name, as its bridge states.
    Site(Arc<str>),
    /// At another site; no bridge has stated yet at which.
    Beyond,
}

impl Place {
    /// Where somebody at another site is.
    #[must_use]
    pub fn beyond(site: Option<&Name>) -> Self {
        site.map_or(Self::Beyond, |site| Self::Site(site.as_str().into()))
    }

    /// Whether it is at another site.
    #[must_use]
    pub fn is_beyond(&self) -> bool {
        *self != Self::Here
    }
}

/// What lies beyond this network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeyondNews {
    /// Something is new about another site.
    Site {
        /// The site.
        site: SiteState,
        /// What is new.
        change: SiteChange,
    },
    /// The other sites in reach.
    Sites(Vec<SiteState>),
    /// Somebody at another site spoke, or was named: they are on the list from now on.
    Far {
        /// Who.
        person: Person,
        /// At which, if its bridge has stated it.
        site: Option<Arc<str>>,
    },
    /// Somebody at another site has left, or said nothing for long.
    FarGone(Person),
    /// All people at another site have own messages, as its bridge states.
    Delivered {
        /// The site.
        site: Arc<str>,
        /// The bridge there.
        bridge: Person,
        /// How many people are there.
        people: usize,
        /// The last message that they have.
        last: Id,
    },
    /// This member is a bridge, and its connection has another state.
    Link {
        /// Which.
        state: LinkState,
        /// What the connection is with, or why there is none.
        with: String,
    },
    /// This member is a bridge, and lines could not wait for the other side. They are held here,
    /// and the other side asks for them.
    LeftOut {
        /// How many frames.
        frames: u64,
    },
}

/// The state of a bridge's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// There is one.
    Up,
    /// There is none: what is said here waits.
    Down,
    /// The server refuses something, or cannot be used.
    Fault,
    /// Nobody at this network has the room's key, and others use another one: nothing is carried.
    WrongKey,
    /// This bridge sends what is said.
    Sending,
    /// Another bridge of this site sends; this one takes its place when it is not heard any more.
    Standby,
}

impl LinkState {
    /// The state's name, for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Fault => "fault",
            Self::WrongKey => "wrong_key",
            Self::Sending => "sending",
            Self::Standby => "standby",
        }
    }
}
