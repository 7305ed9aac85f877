//! What is asked of the disk, and what it answers. The disk works in a thread of its own, in the
//! order of the requests of each offer; it never blocks the room. It alone knows paths, names on a
//! disk, folders and times; the room knows blocks.
//!
//! ```text
//! giving   (Command Offer with a Content, or Reply::Holds after a restart)
//!          Read → Block, as often as somebody lacks it                         … Forget
//! taking   Open → Opened, then the index comes from the network
//!          Begin → Begun: the tree is checked, the room on the disk too; what an earlier
//!                  session left in the `.part` is hashed again and named
//!          Write → Written, for each block, which is verified
//!          Finish → Finished: synced, the whole hashed, then named             … Read, as above
//! both     Keep: after a restart it is Reply::Holds, if nobody has changed it
//! ```
//!
//! Anything may be answered by [`Reply::Failed`], which ends the taking or giving of that offer,
//! but for a read, which is answered by [`Reply::Unread`]: a taking goes on without it. At most
//! [`OUTSTANDING_MAX`] writes of an offer that is taken are unanswered at a time, and one read of
//! an offer that is given, so that the queue between the two is bounded.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::offer::{Offer, OfferId};
use crate::protocol::engine::event::NamedKey;
use crate::protocol::wire::frame::Key;

/// Most blocks of an offer that are being written at a time: with [`super::BLOCK_BYTES`] each, 2.7
/// MB.
pub const OUTSTANDING_MAX: usize = 8;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read a block of a content that is given, or of one that is being taken and has it already.
    /// Answered by [`Reply::Block`].
    Read {
        /// Of which.
        offer: OfferId,
        /// Which.
        block: u32,
    },
    /// Prepare to take a content. Answered by [`Reply::Opened`].
    Open {
        /// Which.
        offer: Arc<Offer>,
        /// Where to, as the asker gave it, for the disk alone to understand.
        into: Option<Arc<str>>,
    },
    /// The index is known, and matches its hash. Answered by [`Reply::Begun`].
    Begin {
        /// Of which.
        offer: OfferId,
        /// The index.
        index: Arc<[u8]>,
    },
    /// Write a block, whose hash was checked. Answered by [`Reply::Written`].
    Write {
        /// Of which.
        offer: OfferId,
        /// Which.
        block: u32,
        /// Its bytes.
        bytes: BlockBytes,
    },
    /// All blocks are written: hash the whole, sync it and give it its name. Answered by
    /// [`Reply::Finished`].
    Finish {
        /// Which.
        offer: OfferId,
    },
    /// Stop taking; what was written may stay for later. Not answered.
    Stop {
        /// Which.
        offer: OfferId,
    },
    /// Give it again after a restart, if it is the same then. Not answered.
    Keep(Held),
    /// Give it no more, neither now nor after a restart. Not answered.
    Forget {
        /// Which.
        offer: OfferId,
    },
}

impl Request {
    /// Which offer it is about.
    #[must_use]
    pub fn offer(&self) -> OfferId {
        match self {
            Self::Open { offer, .. } | Self::Keep(Held { offer, .. }) => offer.id,
            Self::Read { offer, .. }
            | Self::Begin { offer, .. }
            | Self::Write { offer, .. }
            | Self::Finish { offer }
            | Self::Stop { offer }
            | Self::Forget { offer } => *offer,
        }
    }
}

/// What the disk answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Said unasked: this content is here whole, and may be given. After a restart, if size and
    /// time of the file are those of then.
    Holds(Held),
    /// A block as it was read.
    Block {
        /// Of which.
        offer: OfferId,
        /// Which.
        block: u32,
        /// Its bytes.
        bytes: BlockBytes,
    },
    /// Taking may begin.
    Opened {
        /// Which.
        offer: OfferId,
        /// The index, if an earlier session has kept it.
        index: Option<Arc<[u8]>>,
    },
    /// Blocks may be written.
    Begun {
        /// Which.
        offer: OfferId,
        /// The blocks that are there already and have their right hashes, in order.
        have: Vec<Range<u32>>,
    },
    /// A block is written.
    Written {
        /// Of which.
        offer: OfferId,
        /// Which.
        block: u32,
    },
    /// The content is whole and has its name.
    Finished {
        /// Which.
        offer: OfferId,
        /// What it is called there, as it is shown to people.
        name: Arc<str>,
    },
    /// A block cannot be read.
    Unread {
        /// Of which.
        offer: OfferId,
        /// Why.
        why: DiskFault,
    },
    /// It cannot be done.
    Failed {
        /// Which.
        offer: OfferId,
        /// Why.
        why: DiskFault,
    },
}

/// A content that is here whole, and given.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    /// What.
    pub offer: Arc<Offer>,
    /// Its index.
    pub index: Arc<[u8]>,
    /// Who offered it.
    pub who: NamedKey,
    /// Whether this member did.
    pub is_own: bool,
    /// For whom alone.
    pub to: Option<Key>,
}

/// Shows the index by its length.
impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (offer, index) = (&self.offer, self.index.len());
        write!(f, "Held({offer:?} of {:?}, {index} of index)", self.who)
    }
}

/// The bytes of a block.
#[derive(Clone, PartialEq, Eq)]
pub struct BlockBytes(pub Arc<[u8]>);

/// Shows the length alone.
impl fmt::Debug for BlockBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Why a disk cannot do something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskFault {
    /// There is too little room.
    NoSpace {
        /// What is needed, in bytes.
        needed_bytes: u64,
        /// What is free, in bytes.
        free_bytes: u64,
    },
    /// The file has changed since it was offered, or is gone.
    Changed,
    /// The whole does not have its hash, though each block had.
    NotWhole,
    /// The index holds a tree that no folder can have.
    BadTree,
    /// The system refuses.
    System(Arc<str>),
}
