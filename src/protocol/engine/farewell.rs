//! What a member that leaves asks of its engine: who has what it said, and the farewell.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Engine;
use super::event::NamedKey;
use super::mirror::Mirror;
use super::roster::Id;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::Record;

impl Engine {
    /// Asks everybody to acknowledge at once, because this member would like to leave.
    pub fn request_acks(&mut self, now: Moment) {
        let here = self.group.roster.people().map(|(id, _)| id);
        self.sending.receipts.expect(here);
        self.sending.request_acks();
        self.group.presence.beat_now(now.time);
    }

    /// Whether all that was said was sent, to members at least.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.sending.outbox.is_empty()
    }

    /// Whether all that was said was sent, and acknowledged by all members that answer: those heard
    /// since `since`.
    #[must_use]
    pub fn is_settled(&self, since: Duration) -> bool {
        let roster = &self.group.roster;
        let answers = |id: Id| {
            let member = roster.get(id);
            member.is_some_and(|member| member.is_live && member.heard() >= since)
        };
        let is_mirrored = self.mirror.as_ref().is_none_or(Mirror::is_empty);
        let is_awaited = self.sending.receipts.waiting().any(answers);
        self.is_sent() && is_mirrored && !is_awaited && self.is_kept(answers)
    }

    /// Whether every keeper that answers has all that was said: nobody waits for a keeper, but this
    /// member is about to leave.
    fn is_kept(&self, answers: impl Fn(Id) -> bool) -> bool {
        let receipts = &self.sending.receipts;
        let lacks = |id: &Id| !receipts.holders().any(|holder| holder == *id);
        let keepers = self.group.roster.others();
        let mut keepers = keepers
            .filter(|(_, member)| member.is_keeper())
            .map(|(id, _)| id);
        receipts.current().last == 0 || !keepers.any(|id| answers(id) && lacks(&id))
    }

    /// How many persons have all that was said, also if they have left since.
    #[must_use]
    pub fn holders(&self) -> usize {
        let holders = self.sending.receipts.holders();
        let members = holders.filter_map(|id| self.group.roster.get(id));
        let keys = members
            .filter(|member| !member.is_keeper())
            .map(|member| member.key);
        keys.collect::<BTreeSet<_>>().len()
    }

    /// The newest durable frame that was made.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.sending.newest()
    }

    /// The members that are here and lack something that was said.
    #[must_use]
    pub fn waiting(&self) -> Vec<NamedKey> {
        self.group.named_keys(self.sending.receipts.waiting())
    }

    /// Says farewell, and nothing that still waits before it; [`Engine::is_gone`] says when it was
    /// repeated often enough.
    pub fn leave(&mut self) {
        self.sending.leave();
        self.sending.outbox.push(&Record::Leaving);
        self.group.presence.leave();
    }

    /// Whether the farewell was said, and repeated often enough.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.is_sent() && self.group.presence.is_gone()
    }
}
