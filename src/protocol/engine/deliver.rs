//! When a frame that came is shown: in its author's order, after its causes, and never twice.

use std::time::Duration;

use super::Engine;
use super::clock::clock_ms;
use super::config::{CAUSE_WAIT, OLD_AFTER};
use super::event::{Delivery, EngineEvent, MessageId};
use super::frame_log::{LoggedFrame, Position};
use super::inbox::{Accept, Inbox};
use super::member::Member;
use super::receive::ReceivedFrame;
use super::roster::{Id, ME};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Author;
use crate::protocol::wire::frame::durable::{Durable, Fragment, Record, Reference};

/// A message whose clock is so far behind one that was shown is told as late.
const LATE_AFTER: Duration = Duration::from_secs(3);

impl Engine {
    /// Shows a frame that has just come, or what it makes ready.
    pub(super) fn deliver(&mut self, now: Moment, heard: &ReceivedFrame<'_>, accept: Accept) {
        let (id, sequence) = (heard.id, heard.author.sequence);
        if accept == Accept::Late {
            if self.sync.exchange.is_busy() {
                self.keep_unshown(id, sequence);
            } else {
                self.show(now, id, sequence, true);
            }
        }
        self.deliver_ready(now, id, Some(heard));
    }

    /// While catching up, old frames are kept until all have come, and then shown in their order.
    fn keep_unshown(&mut self, id: Id, sequence: u32) {
        self.log.settle(id, sequence);
        if let Some(held) = self.log.get(id, sequence) {
            self.sync.unshown.insert(held.place, id);
        }
    }

    /// Shows what was kept, in the order that all members agree on.
    pub(super) fn show_unshown(&mut self, now: Moment) {
        let mut messages = 0;
        for (place, id) in std::mem::take(&mut self.sync.unshown) {
            messages += self.show(now, id, place.sequence, true);
        }
        if messages > 0 {
            self.out.tell(EngineEvent::CaughtUp { messages });
        }
    }

    /// Shows all of a member's frames that are ready, and then those of others that waited for
    /// them. The frame that has just come is open already; others are read from memory.
    fn deliver_ready(&mut self, now: Moment, id: Id, heard: Option<&ReceivedFrame<'_>>) {
        let mut members = vec![id];
        while let Some(id) = members.pop() {
            let mut has_shown = false;
            while self.deliver_next(now, id, heard) {
                has_shown = true;
            }
            self.plan(id);
            if has_shown {
                members.extend(std::mem::take(&mut self.receiving.blocked));
            }
        }
    }

    /// Shows a member's next frame if it is here and its causes were shown, or waited for enough.
    fn deliver_next(&mut self, now: Moment, id: Id, heard: Option<&ReceivedFrame<'_>>) -> bool {
        let Some(sequence) = self.receiving.inboxes.get(&id).and_then(Inbox::ready) else {
            return false;
        };
        let mut inside = Vec::new();
        let is_this =
            |heard: &&ReceivedFrame<'_>| (heard.id, heard.author.sequence) == (id, sequence);
        let is_shown = match (heard.filter(is_this), self.log.get(id, sequence).cloned()) {
            (Some(heard), Some(held)) => {
                self.show_in_turn(now, id, &held, (heard.author, heard.durable))
            }
            (None, Some(held)) => match self.me.seal.reopen(&held.bytes, &mut inside) {
                Some((author, durable)) => self.show_in_turn(now, id, &held, (&author, &durable)),
                None => true,
            },
            (_, None) => true,
        };
        if !is_shown {
            self.receiving.blocked.insert(id);
            return false;
        }
        self.receiving.blocked.remove(&id);
        if let Some(inbox) = self.receiving.inboxes.get_mut(&id) {
            inbox.advance(now.time);
        }
        true
    }

    /// Shows a frame whose turn it is; false if its causes are still waited for.
    fn show_in_turn(
        &mut self,
        now: Moment,
        id: Id,
        held: &LoggedFrame,
        (author, durable): (&Author, &Durable<'_>),
    ) -> bool {
        let mut causes = durable.references.iter();
        if causes.any(|cause| self.is_awaited(now, cause))
            && let Some(inbox) = self.receiving.inboxes.get_mut(&id)
            && now.time < inbox.block(now.time) + CAUSE_WAIT
        {
            return false;
        }
        let late_ms = LATE_AFTER.as_millis() as u64;
        let clock = held.place.clock;
        let old_ms = clock_ms(clock) + OLD_AFTER.as_millis() as u64;
        let is_old = old_ms < clock_ms(self.me.clock.now(now.wall_ms));
        let is_late = is_old || clock + (late_ms << 16) < self.receiving.newest_shown;
        self.tell_frame(now, id, held, (author, durable), is_late);
        true
    }

    /// Whether a cause is on its way and not shown yet. Who has just come waits for none:
    /// most of them were said before.
    fn is_awaited(&self, now: Moment, cause: &Reference) -> bool {
        if now.time < self.me.started.time + CAUSE_WAIT {
            return false;
        }
        match self.group.roster.find(cause.member) {
            Some(ME) => false,
            Some(id) => {
                let inbox = self.receiving.inboxes.get(&id);
                inbox.is_none_or(|inbox| !inbox.is_past(cause.sequence))
            }
            None => true,
        }
    }

    /// Shows what is held of a member before a frame, without what is missing in between.
    pub(super) fn deliver_held(&mut self, now: Moment, id: Id, before: u32) {
        let inbox = self.receiving.inboxes.get(&id);
        let held = inbox.map_or_else(Vec::new, |inbox| inbox.held_before(before));
        for sequence in held {
            self.show(now, id, sequence, false);
        }
    }

    /// Goes on without what was waited for long enough.
    pub(super) fn give_up_waiting(&mut self, now: Moment, id: Id) {
        let skipped = self
            .receiving
            .inboxes
            .get_mut(&id)
            .and_then(|inbox| inbox.skip(now.time));
        if let Some(frames) = skipped {
            self.tell_gap(id, frames);
        }
        self.deliver_ready(now, id, None);
    }

    pub(super) fn tell_gap(&mut self, id: Id, frames: u32) {
        let who = self.group.roster.named_key(id);
        self.out
            .tell_of(who, |who| EngineEvent::Gap { who, frames });
    }

    /// Tells what a held frame says; how many messages.
    fn show(&mut self, now: Moment, id: Id, sequence: u32, is_late: bool) -> usize {
        let Some(held) = self.log.get(id, sequence).cloned() else {
            return 0;
        };
        let mut inside = Vec::new();
        match self.me.seal.reopen(&held.bytes, &mut inside) {
            Some((author, durable)) => {
                self.tell_frame(now, id, &held, (&author, &durable), is_late)
            }
            None => 0,
        }
    }

    fn tell_frame(
        &mut self,
        now: Moment,
        id: Id,
        held: &LoggedFrame,
        (author, durable): (&Author, &Durable<'_>),
        is_late: bool,
    ) -> usize {
        let place = held.place;
        self.log.settle(id, place.sequence);
        if self.is_plausible(place.clock, now) {
            self.receiving.newest_shown = self.receiving.newest_shown.max(place.clock);
        }
        let shown = Reference {
            member: author.tag(),
            sequence: place.sequence,
            hash: (held.hash >> 32) as u32,
        };
        self.receiving.frontier.shown(shown, &durable.references);
        self.tell_records(id, place, durable, is_late)
    }

    fn tell_records(
        &mut self,
        id: Id,
        place: Position,
        durable: &Durable<'_>,
        is_late: bool,
    ) -> usize {
        let mut told = 0;
        let mut leaves = false;
        for (index, record) in durable.records.iter().enumerate() {
            match record {
                Record::Said(_) if durable.fragment.is_some() => {
                    if let Some((place, text)) = self.whole_text(id, place, durable, is_late) {
                        self.tell(id, MessageId { place, index: 0 }, text, is_late);
                        told += 1;
                    }
                }
                Record::Said(text) => {
                    let index = index as u8; // at most 255 records
                    self.tell(id, MessageId { place, index }, text.to_owned(), is_late);
                    told += 1;
                }
                Record::Private { to, sealed } => {
                    let index = index as u8;
                    let is_for_us = self.tell_private(id, (place, index), (to, sealed), is_late);
                    told += usize::from(is_for_us);
                }
                Record::Hello(hello) => {
                    self.group.roster.told_key(id, hello.session_key);
                    if let Some(session) = hello.replaces {
                        self.replace(id, session);
                    }
                }
                Record::Leaving => leaves = true,
                Record::Unknown => {}
            }
        }
        if leaves {
            self.group.roster.close(id);
            self.on_left(id, true);
        }
        told
    }

    fn tell(&mut self, id: Id, message: MessageId, text: String, is_late: bool) {
        let Some(member) = self.group.roster.get(id) else {
            return;
        };
        self.out.tell(EngineEvent::Said(Delivery {
            id: message,
            who: member.named_key(),
            source: member.address,
            text,
            is_late,
            is_private: false,
        }));
    }

    /// The same person's session that this one follows is over.
    fn replace(&mut self, id: Id, session: u64) {
        let key = self.group.roster.get(id).map(|member| member.key);
        let is_old = |member: &Member| Some(member.key) == key && member.session == session;
        let old = self
            .group
            .roster
            .everybody()
            .find(|(_, member)| is_old(member));
        if let Some(old) = old.map(|(id, _)| id) {
            self.group.roster.close(old);
            self.on_left(old, false);
        }
    }

    /// The whole text that a fragment completes, and the place of its first fragment. In order,
    /// that is the last fragment's; a late one completes it if the last was shown before.
    fn whole_text(
        &self,
        id: Id,
        place: Position,
        durable: &Durable<'_>,
        is_late: bool,
    ) -> Option<(Position, String)> {
        let Fragment { number, count } = durable.fragment?;
        let first = place.sequence.checked_sub(u32::from(number))?;
        let last = first.checked_add(u32::from(count) - 1)?;
        let is_last = place.sequence == last;
        let is_last_shown = || {
            self.receiving
                .inboxes
                .get(&id)
                .is_some_and(|inbox| inbox.is_past(last))
        };
        if !(is_last || is_late && is_last_shown()) {
            return None;
        }
        let (mut text, mut inside) = (String::new(), Vec::new());
        for sequence in first..=last {
            let held = self.log.get(id, sequence)?;
            let (_, durable) = self.me.seal.reopen(&held.bytes, &mut inside)?;
            let Some(Record::Said(piece)) = durable.records.iter().next() else {
                return None;
            };
            text.push_str(piece);
        }
        self.log.get(id, first).map(|held| (held.place, text))
    }

    /// The newest messages that are held, at most `count`, in the order that all members agree on.
    #[must_use]
    pub fn history(&self, count: usize) -> Vec<Delivery> {
        let mut newest_first = Vec::new();
        for (place, id) in self.log.history(0, u64::MAX).rev() {
            if newest_first.len() >= count {
                break;
            }
            let said = self.said_in(*place, *id);
            newest_first.extend(said.into_iter().rev());
        }
        newest_first.truncate(count);
        newest_first.reverse();
        newest_first
    }

    fn said_in(&self, place: Position, id: Id) -> Vec<Delivery> {
        let held = self.log.get(id, place.sequence);
        let mut inside = Vec::new();
        let opened = held.and_then(|held| self.me.seal.reopen(&held.bytes, &mut inside));
        let Some((_, durable)) = opened else {
            return Vec::new();
        };
        let Some(member) = self.group.roster.get(id) else {
            return Vec::new();
        };
        let said = |place, index, text| Delivery {
            id: MessageId { place, index },
            who: member.named_key(),
            source: member.address,
            text,
            is_late: false,
            is_private: false,
        };
        if durable.fragment.is_some() {
            // A long text stands where its last fragment does, so that it is told once.
            let whole = self.whole_text(id, place, &durable, false);
            return whole
                .map(|(first, text)| said(first, 0, text))
                .into_iter()
                .collect();
        }
        let records = durable.records.iter().enumerate();
        let texts = records.filter_map(|(index, record)| match record {
            Record::Said(text) => Some(said(place, index as u8, text.to_owned())),
            _ => None,
        });
        texts.collect()
    }
}
