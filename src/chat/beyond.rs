//! What a face receives about other networks: the sites that bridges stand for, and, of a bridge
//! itself, how it is connected. The bridge itself is `relay`.

pub mod relay;

use super::event::{Id, Person};

/// What lies beyond this network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeyondNews {
    /// Another site is in reach, as its bridge states; it has the bridge's name.
    Site {
        /// The bridge there.
        bridge: Person,
        /// How many people are there.
        people: usize,
    },
    /// All people at another site have own messages, as its bridge states.
    Delivered {
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
            Self::Sending => "sending",
            Self::Standby => "standby",
        }
    }
}
