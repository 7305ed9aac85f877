//! What may be asked about files.

use std::sync::Arc;

use super::offer::{Offer, OfferId};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilesCommand {
    /// Offer a content, which the disk has hashed and can read from now on.
    Offer {
        /// What.
        offer: Arc<Offer>,
        /// Its index.
        index: Arc<[u8]>,
        /// For whom alone, as typed; it has a key then.
        to: Option<String>,
    },
    /// Take what is offered.
    Get {
        /// Which.
        which: WhichOffer,
        /// Where to, for the disk alone to understand.
        into: Option<Arc<str>>,
    },
    /// List what is offered, taken and given.
    List,
    /// Stop taking: one, or all.
    Stop(Option<WhichOffer>),
    /// Give something no more.
    Unshare(WhichOffer),
    /// Give nothing at all, or give again; `share = false`.
    Share(Sharing),
}

/// Whether contents are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// They are.
    #[default]
    On,
    /// Only what this member itself offers.
    OwnOnly,
}

/// Which offer is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichOffer {
    /// The newest of somebody else.
    Newest,
    /// Every one of somebody else that was not taken.
    All,
    /// The one with this number in this program's list.
    Number(u32),
    /// This one.
    Id(OfferId),
}
