//! What is told about files: data about people and contents, no sentences.

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use super::disk::DiskFault;
use super::offer::Offer;
use crate::chat::event::{Person, Timing};

/// What is told.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FilesEvent {
    /// Somebody offers something, or this member does.
    Offered(Box<Offered>),
    /// It is being taken from now on: the answer to a `Get`.
    Taking(OfferState),
    /// How far a transfer has got: at most twice a second for each.
    Progress(OfferState),
    /// It is whole, and on the disk.
    Finished {
        /// Which.
        state: OfferState,
        /// What it is called there.
        saved_as: Arc<str>,
    },
    /// Everybody who took an own offer has it.
    AllHave(OfferState),
    /// Taking or giving it has failed.
    Failed {
        /// Which.
        state: OfferState,
        /// Why.
        why: TransferFault,
    },
    /// It is no longer taken: the answer to a `Stop`.
    Stopped(OfferState),
    /// It is no longer given: the answer to an `Unshare`.
    Unshared(OfferState),
    /// All that is known: the answer to a `List`.
    List(Vec<OfferState>),
    /// A command cannot be done.
    Refused(FilesRefusal),
}

impl FilesEvent {
    /// How far offers are, as far as the event says so: that of one, or of all.
    #[must_use]
    pub fn states(&self) -> &[OfferState] {
        match self {
            Self::Taking(state)
            | Self::Progress(state)
            | Self::Finished { state, .. }
            | Self::AllHave(state)
            | Self::Failed { state, .. }
            | Self::Stopped(state)
            | Self::Unshared(state) => slice::from_ref(state),
            Self::List(states) => states,
            Self::Offered(_) | Self::Refused(_) => &[],
        }
    }
}

/// An offer as it is first told.
#[derive(Clone, Debug, PartialEq)]
pub struct Offered {
    /// Its number in this program's list, from 1.
    pub number: u32,
    /// What.
    pub offer: Arc<Offer>,
    /// Who offers it.
    pub who: Person,
    /// When, by the author's clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// Whether this member offers it.
    pub is_own: bool,
    /// Whether it is here whole, as what this member offers is, and what it took before a restart.
    pub is_here: bool,
    /// Whether it was made just now.
    pub timing: Timing,
}

/// One offer and how far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferState {
    /// Its number in this program's list.
    pub number: u32,
    /// What.
    pub offer: Arc<Offer>,
    /// Who offers it.
    pub who: Person,
    /// Whether this member offers it.
    pub is_own: bool,
    /// How far this member is with it.
    pub stage: Stage,
    /// Whether this member gives it to who asks.
    pub is_shared: bool,
    /// Bytes of it that arrive, or leave, in a second.
    pub bytes_per_s: u64,
    /// How long it still takes at that rate.
    pub left: Option<Duration>,
    /// Who takes it, or has taken it, as far as this member hears, by name.
    pub takers: Vec<TakerState>,
}

/// How far this member is with an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is not taken.
    Offered,
    /// It is being taken.
    Taking {
        /// Bytes that are here.
        done_bytes: u64,
        /// Whether nobody who has it answers now.
        is_waiting: bool,
    },
    /// It is here whole.
    Have,
}

/// Somebody who takes an offer.
#[derive(Clone, Debug, PartialEq)]
pub struct TakerState {
    /// Who.
    pub person: Person,
    /// Bytes that they have.
    pub done_bytes: u64,
    /// Whether they have it whole, on their disk.
    pub has_it: bool,
    /// Whether they were heard of lately.
    pub is_here: bool,
}

/// Why a transfer ends without the content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferFault {
    /// The disk cannot.
    Disk(DiskFault),
    /// Nobody who has it was heard for a while. It goes on when somebody is.
    NobodyHasIt,
}

/// Why a command about files cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilesRefusal {
    /// There is no such offer.
    NoSuchOffer,
    /// It is this member's own, or is here already.
    HaveIt,
    /// It is being taken already.
    TakingIt,
    /// It is not being taken.
    NotTakingIt,
    /// It is not given.
    NotShared,
    /// It is too long, or has too many parts.
    TooLarge,
    /// As many are offered, or taken, as this program looks after.
    TooMany,
}
