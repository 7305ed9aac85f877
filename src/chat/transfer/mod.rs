//! Files, from one to all, as a value: what is offered, who takes it, what is sent and what was
//! received. Each part owns its state:
//!
//! ```text
//! offer      what is offered, and its hashes · safe_name · tree (of a folder)
//! command    what may be asked
//! event      what is told
//! disk       what is asked of the disk, and what it answers
//! ```

pub mod command;
pub mod disk;
pub mod event;
pub mod offer;
pub mod safe_name;
pub mod tree;

pub use self::command::{FilesCommand, Sharing, WhichOffer};
pub use self::event::FilesEvent;
pub use self::offer::{BLOCK_BYTES, Content, Offer, OfferId, OfferKind};

use self::event::FilesRefusal;
use super::Chat;
use super::command::RequestId;
use super::event::News;
use crate::protocol::engine::event::OfferDelivery;
use crate::protocol::time::Moment;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Transfers {}

impl Chat {
    pub(super) fn obey_files(&mut self, _now: Moment, request: RequestId, _command: FilesCommand) {
        let refused = FilesEvent::Refused(FilesRefusal::NoSuchOffer);
        self.answer(request, News::Files(Box::new(refused)));
    }

    pub(super) fn on_disk(&mut self, _now: Moment, _reply: disk::Reply) {}

    pub(super) fn on_offered(&mut self, _now: Moment, _offered: OfferDelivery) {}
}
