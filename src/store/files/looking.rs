//! Looks at what is here: faces show a picture or hand a file to a browser, and read its blocks
//! from the thread that gives them to others, with the same check that the file is still what it
//! was.

use std::fmt;
use std::sync::Weak;

use super::Order;
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::OfferId;
use crate::store::requests::Requests;

/// Takes a block; `None` if there is none any more.
type Take = Box<dyn FnOnce(Option<Vec<u8>>) + Send>;

/// A block that somebody wants to see.
pub(super) struct Look {
    pub(super) room: RoomNumber,
    pub(super) offer: OfferId,
    pub(super) block: u32,
    /// What takes it. Dropped without a call where nobody reads any more.
    pub(super) take: Take,
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Look({:?}, {:?}, {})", self.room, self.offer, self.block)
    }
}

/// Reads what is here, for as long as the thread lives.
#[derive(Clone)]
pub struct Looker(pub(super) Weak<Requests<Order>>);

impl fmt::Debug for Looker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Looker")
    }
}

impl Looker {
    /// A reader of nothing: no thread of the disk runs.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self(Weak::new())
    }

    /// Reads a block of a content that is given in a room. `take` is called on the disk's thread
    /// and must not wait; it is called with `None` if the content is not here or has changed, and
    /// dropped uncalled if the thread has too much to do or has ended.
    pub fn read(
        &self,
        room: RoomNumber,
        offer: OfferId,
        block: u32,
        take: impl FnOnce(Option<Vec<u8>>) + Send + 'static,
    ) {
        if let Some(orders) = self.0.upgrade() {
            let take = Box::new(take);
            // Where there is no room for it, whoever waits sees that it was dropped.
            let _ = orders.ask(Order::Look(Look {
                room,
                offer,
                block,
                take,
            }));
        }
    }
}
