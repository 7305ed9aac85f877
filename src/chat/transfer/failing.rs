//! What ends because of the disk: a taking that cannot go on, or a giving of which the disk reads
//! nothing, or something else than what was offered.

use std::time::Duration;

use super::Transfers;
use super::disk::{BlockBytes, DiskFault, Request};
use super::event::TransferFault;
use super::offer::OfferId;
use super::telling::Tale;

impl Transfers {
    /// Takes in a block that the disk has read. What is not the offered one is not sent, and not
    /// read again and again.
    pub(super) fn on_block(
        &mut self,
        now: Duration,
        offer: OfferId,
        block: u32,
        bytes: BlockBytes,
    ) {
        let giving = self.givings.get_mut(&offer);
        if giving.is_some_and(|giving| !giving.loaded(block, bytes)) {
            if !self.takings.contains_key(&offer) {
                self.ask_disk([Request::Forget { offer }]);
            }
            self.on_unread(now, offer, DiskFault::Changed);
        }
    }

    /// A block cannot be read, which somebody else has asked for: what is being taken goes on.
    pub(super) fn on_unread(&mut self, now: Duration, offer: OfferId, why: DiskFault) {
        if !self.takings.contains_key(&offer) {
            self.on_failed(now, offer, TransferFault::Disk(why));
        } else if let Some(giving) = self.givings.get_mut(&offer) {
            giving.give_up();
        }
    }

    /// The disk cannot go on with an offer.
    pub(super) fn on_failed(&mut self, now: Duration, offer: OfferId, why: TransferFault) {
        let was_taken = self.takings.remove(&offer).is_some();
        let was_held = self.held.remove(&offer).is_some();
        self.addressees.remove(&offer);
        if let Some(giving) = self.givings.get_mut(&offer) {
            giving.give_up();
        }
        if was_taken || was_held {
            self.tell(Tale::Failed(offer, why));
        }
        self.take_next(now);
    }
}
