//! Who is away and will have what this member said all the same, because somebody keeps it: a
//! keeper, or another member with an archive.

use std::collections::BTreeSet;

use super::Engine;
use super::member::Member;
use super::receipts::Delivered;
use super::roster::Id;

/// What was reported about it.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The newest own frame that was reported as kept.
    told_through: u32,
}

impl Engine {
    /// How many persons have spoken in the history and are not here, if somebody keeps everything
    /// that this member said for them. Reported once for each frame that ends a burst.
    pub(super) fn kept_for(&mut self, delivered: &Delivered) -> usize {
        let is_told = self.sending.kept.told_through >= delivered.last;
        let roster = &self.group.roster;
        let mut holders = self.sending.receipts.holders();
        let keeps = |id: Id| roster.get(id).is_some_and(Member::keeps);
        if is_told || !delivered.waiting.is_empty() || !holders.any(keeps) {
            return 0;
        }
        // Who speaks at another site is not away.
        let others = roster.in_reach().map(|(_, member)| member.tag.short);
        let here: BTreeSet<u64> = others.chain([self.me.identity().short]).collect();
        let away = self.log.speakers().filter(|person| !here.contains(person));
        let away = away.count();
        if away > 0 {
            self.sending.kept.told_through = delivered.last;
        }
        away
    }

    /// Reports that somebody keeps what this member said, if that is so since a member's latest
    /// acknowledgement, and everybody who is here has it.
    pub(super) fn tell_kept(&mut self, by: Id) {
        let member = self.group.roster.get(by);
        if !member.is_some_and(Member::keeps) || !self.sending.receipts.is_complete() {
            return;
        }
        let delivered = self.sending.receipts.current();
        let kept_for = self.kept_for(&delivered);
        if kept_for > 0 {
            self.tell_delivery(delivered, kept_for);
        }
    }
}
