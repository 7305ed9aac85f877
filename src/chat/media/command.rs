//! What may be asked about a conference.

use super::frame::Source;
use super::roles::Decision;
use crate::protocol::wire::compact::StreamId;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaCommand {
    /// Send what the own page captures from a source, from now on. Nothing is ever sent without.
    Begin(Source),
    /// Send no more of a source.
    End(Source),
    /// Send no more of what a guest of this number says. It begins by
    /// [`GuestsCommand::Speak`](crate::chat::guests::GuestsCommand::Speak), whose rules decide.
    EndGuest(u32),
    /// Receive what others send, because the own page looks.
    Watch,
    /// Receive nothing any more.
    Unwatch,
    /// Show these streams before all others; none of them lets the room choose.
    Choose(Vec<StreamId>),
    /// Ask for the word, or not any more.
    Hand(Hand),
    /// Tell who sends what now, for a face that comes late.
    List,
    /// Send copies of what this member sends by unicast to those whom multicast does not reach, or
    /// not any more.
    Relay(RelayWish),
    /// Tell who decides, and what holds.
    Roles,
}

/// Whether copies are sent to those whom multicast does not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayWish {
    /// They are not.
    Off,
    /// They are, to eight at most.
    On,
}

/// What the host decides, or somebody whom it has appointed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleCommand {
    /// About a person.
    Decide {
        /// What.
        decision: Decision,
        /// About whom, as typed.
        who: String,
    },
    /// All are muted but those who may decide.
    MuteAll,
    /// All may speak again.
    UnmuteAll,
}

/// Whether a person asks for the word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hand {
    /// They do not.
    #[default]
    Lowered,
    /// They do.
    Raised,
}
