//! When a frame is shown: in its author's order, after its causes, and never twice.

use std::time::Duration;

use super::Engine;
use super::amendments::Amending;
use super::clock::clock_ms;
use super::config::{OLD_AFTER, RANGES_MAX};
use super::event::{Delivery, EngineEvent, Manner, MessageId, NamedKey, Order, Version};
use super::frame_log::{LoggedFrame, Position};
use super::guests::manner_of;
use super::hear::ReceivedFrame;
use super::history::{TextSpan, WholeText};
use super::inbox::{Accept, Inbox};
use super::member::Member;
use super::roster::Id;
use super::timers::Farewell;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Author;
use crate::protocol::wire::frame::durable::{Durable, Fragment, Hello, Record, Reference};
use crate::protocol::wire::frame::offer::OfferRecord;

/// A message whose clock is so far behind one that was shown is shown as late.
const LATE_AFTER: Duration = Duration::from_secs(3);

/// A frame that is about to be shown.
pub(super) struct Opened<'f> {
    pub(super) id: Id,
    pub(super) held: &'f LoggedFrame,
    pub(super) author: &'f Author,
    pub(super) durable: &'f Durable<'f>,
}

impl Opened<'_> {
    /// How frames that its author's readers make refer to it.
    fn as_cause(&self) -> Reference {
        Reference {
            member: self.author.tag(),
            sequence: self.held.position.sequence,
            hash: (self.held.hash >> 32) as u32,
        }
    }
}

impl Engine {
    /// Shows a frame that has just come, and what it releases.
    pub(super) fn deliver(&mut self, now: Moment, heard: &ReceivedFrame<'_>, accept: Accept) {
        let (id, sequence) = (heard.id, heard.author.sequence);
        if accept == Accept::Late {
            if self.sync.keeps_unshown() {
                self.note_bridge(heard);
                self.keep_unshown(id, sequence);
            } else {
                self.show(now, id, sequence, Order::Late);
            }
        }
        self.deliver_ready(now, id, Some(heard));
    }

    /// Keeps an old frame while catching up: once all have come, they are shown in their order.
    fn keep_unshown(&mut self, id: Id, sequence: u32) {
        self.log.settle(id, sequence);
        if let Some(held) = self.log.get(id, sequence) {
            self.sync.keep_unshown(held.position, id);
        }
    }

    /// Shows all of a member's frames that are ready, and then those of others that waited for
    /// them. The frame that has just come is open already; others are opened from memory.
    fn deliver_ready(&mut self, now: Moment, id: Id, heard: Option<&ReceivedFrame<'_>>) {
        let mut members = vec![id];
        while let Some(id) = members.pop() {
            let mut has_shown = false;
            while self.deliver_next(now, id, heard, &mut Vec::new()) {
                has_shown = true;
            }
            self.receiving.plan(id);
            if has_shown {
                members.extend(std::mem::take(&mut self.receiving.blocked));
            }
        }
    }

    /// Shows a member's next frame if it is here and waits for no cause; returns whether it did.
    /// Frames of `effects` wait for it no longer, so that it waits for nothing.
    pub(super) fn deliver_next(
        &mut self,
        now: Moment,
        id: Id,
        heard: Option<&ReceivedFrame<'_>>,
        effects: &mut Vec<Id>,
    ) -> bool {
        let Some(sequence) = self.receiving.inbox(id).and_then(Inbox::ready) else {
            return false;
        };
        let is_this =
            |heard: &&ReceivedFrame<'_>| (heard.id, heard.author.sequence) == (id, sequence);
        let is_shown = match self.log.get(id, sequence).cloned() {
            Some(held) => match heard.filter(is_this) {
                Some(heard) => self.show_in_turn(
                    now,
                    effects,
                    &Opened {
                        id,
                        held: &held,
                        author: heard.author,
                        durable: heard.durable,
                    },
                ),
                None => self.reopen_in_turn(now, id, &held, effects),
            },
            None => true,
        };
        if !is_shown {
            self.receiving.blocked.insert(id);
            return false;
        }
        self.receiving.blocked.remove(&id);
        self.receiving.change(id, |inbox| inbox.advance(now.time));
        true
    }

    fn reopen_in_turn(
        &mut self,
        now: Moment,
        id: Id,
        held: &LoggedFrame,
        effects: &mut Vec<Id>,
    ) -> bool {
        let mut inside = Vec::new();
        self.receiving.reopened_bytes += held.bytes.len() as u64;
        let opened = self.me.seal.reopen(&held.bytes, &mut inside);
        opened.is_none_or(|(author, durable)| {
            let (author, durable) = (&author, &durable);
            self.show_in_turn(
                now,
                effects,
                &Opened {
                    id,
                    held,
                    author,
                    durable,
                },
            )
        })
    }

    /// Shows a frame whose turn it is; false if it still waits for its causes.
    fn show_in_turn(&mut self, now: Moment, effects: &mut Vec<Id>, frame: &Opened<'_>) -> bool {
        if let Some(until) = self.waits_until(now, frame) {
            if now.time < until && effects.is_empty() {
                self.receiving.change(frame.id, |inbox| inbox.block(until));
                return false;
            }
            if !self.go_on_without(now, frame, effects) {
                return false;
            }
        }
        let late_ms = LATE_AFTER.as_millis() as u64;
        let clock = frame.held.position.clock;
        let old_ms = clock_ms(clock) + OLD_AFTER.as_millis() as u64;
        let clock_now = self.me.clock_now(now);
        let is_old = old_ms < clock_ms(clock_now);
        let is_behind = clock.saturating_add(late_ms << 16) < self.receiving.newest_shown;
        let waits = &self.receiving.cause_waits;
        let came = frame.held.came(now.time);
        let is_overtaken = waits.is_overtaken(&frame.as_cause(), clock, came);
        let is_late =
            is_old || is_behind || is_overtaken || self.is_far_ahead(now, frame.id, clock);
        let order = if is_late { Order::Late } else { Order::InOrder };
        self.note_hidden(now, frame);
        self.show_opened(now, frame, order);
        true
    }

    /// Shows what is held of a member before a frame, without what is missing in between.
    pub(super) fn deliver_held(&mut self, now: Moment, id: Id, before: u32) {
        let inbox = self.receiving.inbox(id);
        let held = inbox.map_or_else(Vec::new, |inbox| inbox.held_before(before));
        for sequence in held {
            self.show(now, id, sequence, Order::InOrder);
        }
    }

    /// Goes on without the frames that were waited for long enough.
    pub(super) fn give_up_waiting(&mut self, now: Moment, id: Id) {
        let skipped = self.receiving.change(id, |inbox| inbox.skip(now.time));
        if let Some(frames) = skipped.flatten() {
            self.tell_gap(id, frames);
        }
        self.deliver_ready(now, id, None);
    }

    /// Goes on behind the gaps of whoever has most of them, while all have more than there is room
    /// for.
    pub(super) fn give_up_gaps(&mut self, now: Moment) {
        for id in self.receiving.over_budget(&self.group.roster) {
            // Some more than needed, because finding them takes a look at everybody.
            if self.receiving.ranges() <= RANGES_MAX - RANGES_MAX / 16 {
                return;
            }
            let inbox = self.receiving.inbox(id);
            let behind = inbox.map_or(0, Inbox::newest).saturating_add(1);
            // Claims alone, of an author who was never heard, are not worth a word.
            let is_heard = inbox.is_some_and(Inbox::has_any);
            self.deliver_held(now, id, behind);
            let skipped = self.receiving.change(id, |inbox| {
                let skipped = inbox.jump(behind);
                inbox.close_past();
                skipped
            });
            if let Some(frames) = skipped.filter(|frames| is_heard && *frames > 0) {
                self.tell_gap(id, frames);
            }
            self.receiving.plan(id);
        }
    }

    pub(super) fn tell_gap(&mut self, id: Id, frames: u32) {
        let who = self.group.roster.named_key(id);
        self.out
            .tell_of(who, |who| EngineEvent::Gap { who, frames });
    }

    /// Shows a held frame; returns how many messages.
    pub(super) fn show(&mut self, now: Moment, id: Id, sequence: u32, order: Order) -> usize {
        let Some(held) = self.log.get(id, sequence).cloned() else {
            return 0;
        };
        let mut inside = Vec::new();
        self.receiving.reopened_bytes += held.bytes.len() as u64;
        let opened = self.me.seal.reopen(&held.bytes, &mut inside);
        opened.map_or(0, |(author, durable)| {
            let frame = Opened {
                id,
                held: &held,
                author: &author,
                durable: &durable,
            };
            self.show_opened(now, &frame, order)
        })
    }

    fn show_opened(&mut self, now: Moment, frame: &Opened<'_>, order: Order) -> usize {
        let position = frame.held.position;
        self.log.settle(frame.id, position.sequence);
        if self.me.is_plausible(position.clock, now) {
            // A clock that is ahead does not make late what others say.
            let shown = position.clock.min(self.me.clock_now(now));
            let newest = &mut self.receiving.newest_shown;
            *newest = (*newest).max(shown);
        }
        let frontier = &mut self.receiving.frontier;
        frontier.shown(frame.as_cause(), &frame.durable.references, now.time);
        self.tell_records(frame, order)
    }

    /// Reports what the records of a frame say; returns how many messages.
    fn tell_records(&mut self, frame: &Opened<'_>, order: Order) -> usize {
        let (id, position, durable) = (frame.id, frame.held.position, frame.durable);
        let (mut messages, mut leaves) = (0, false);
        let records = (0..=u8::MAX).zip(durable.records.iter()); // at most 255
        for (index, record) in records {
            let said = match record {
                Record::Said(piece) => match durable.fragment {
                    Some(fragment) => self
                        .join_text(id, position, fragment, order)
                        .and_then(SaidText::of_whole),
                    None => Some(SaidText::to_all(position, index, piece.to_owned())),
                },
                Record::Action(text) => Some(SaidText {
                    manner: Manner::Action,
                    ..SaidText::to_all(position, index, text.to_owned())
                }),
                Record::Private { to, sealed } if to == self.me.tag() => {
                    self.hear_private(frame, index, sealed, order)
                }
                Record::Hello(hello) => {
                    self.hear_hello(id, &hello);
                    if position.sequence > 1 {
                        // Perhaps it says so again because it has set its clock back.
                        self.group.roster.follow_back(id, clock_ms(position.clock));
                    }
                    None
                }
                Record::Leaving => {
                    leaves = true;
                    None
                }
                Record::Edited { .. } | Record::Deleted(_) => {
                    let amending = Amending {
                        id,
                        name: &frame.author.name,
                        at: MessageId { position, index },
                        fragment: durable.fragment,
                        order,
                    };
                    self.tell_amendment(&record, &amending);
                    None
                }
                // No piece of a longer text: a guest's fits a frame.
                Record::GuestSaid { guest, name, text } if durable.fragment.is_none() => {
                    manner_of(guest, name).map(|manner| SaidText {
                        manner,
                        ..SaidText::to_all(position, index, text.to_owned())
                    })
                }
                Record::Unknown => {
                    self.receiving.unknown_records += 1;
                    None
                }
                Record::Offer(_) | Record::Role(_) => {
                    self.tell_beside((position, index), frame.author, record, order);
                    None
                }
                Record::Private { .. } | Record::GuestSaid { .. } => None,
            };
            if let Some(said) = said {
                self.tell_said(id, &frame.author.name, said, order);
                messages += 1;
            }
        }
        if leaves {
            self.close_session(id);
        }
        messages
    }

    /// Reports what stands beside the messages: offers, and decisions about roles.
    fn tell_beside(
        &mut self,
        at: (Position, u8),
        author: &Author,
        record: Record<'_>,
        order: Order,
    ) {
        match record {
            Record::Offer(offer) => self.tell_offer(at, author, offer, order),
            Record::Role(role) => self.tell_role(at, author, role, order),
            _ => {}
        }
    }

    fn close_session(&mut self, id: Id) {
        self.unlist_far(id);
        self.group.roster.close(id);
        self.on_left(id, Farewell::Said);
    }

    /// Opens a private message, and tells what it offers; a text is returned.
    fn hear_private(
        &mut self,
        frame: &Opened<'_>,
        index: u8,
        sealed: &[u8],
        order: Order,
    ) -> Option<SaidText> {
        let position = frame.held.position;
        let said = self.open_private(frame.id, position, index, sealed)?;
        let Some((offer, key)) = OfferRecord::of_private(&said.text) else {
            return Some(said);
        };
        self.tell_offered((position, index), frame.author, (offer, Some(key)), order);
        None
    }

    /// Reports a message under the name that its author had when it was said.
    fn tell_said(&mut self, id: Id, name: &Name, said: SaidText, order: Order) {
        let newest = match said.is_private {
            true => None,
            false => self.newest_form(&said.id, id),
        };
        let (version, text) = newest.unwrap_or((Version::Original, said.text));
        if let Some(member) = self.group.roster.get(id) {
            self.out.tell(EngineEvent::Said(Delivery {
                id: said.id,
                who: NamedKey {
                    name: name.clone(),
                    key: member.key,
                },
                source: member.address,
                text,
                manner: said.manner,
                order,
                is_private: said.is_private,
                version,
            }));
        }
    }

    /// The long text that a fragment completes. A text that has come and cannot be joined, because
    /// some of it had to be dropped, is a gap.
    pub(super) fn join_text(
        &mut self,
        id: Id,
        position: Position,
        fragment: Fragment,
        order: Order,
    ) -> Option<WholeText> {
        let said = self.whole_text(id, position, fragment, order);
        let span = TextSpan::around(position.sequence, fragment)?;
        self.log.pin(&position, span);
        let said = said.filter(|_| self.log.tell_text(id, span));
        let has_come = || self.has_come(id, span);
        let is_told = || self.log.is_told(id, span);
        if said.is_none() && position.sequence == span.last && has_come() && !is_told() {
            self.tell_gap(id, fragment.count.into());
        }
        said
    }

    /// The long text that a fragment completes: in order the last fragment does; a late one does if
    /// the last was shown before.
    fn whole_text(
        &self,
        id: Id,
        position: Position,
        fragment: Fragment,
        order: Order,
    ) -> Option<WholeText> {
        let span = TextSpan::around(position.sequence, fragment)?;
        let is_last = position.sequence == span.last;
        let is_complete = is_last || order == Order::Late && self.receiving.is_past(id, span.last);
        // Each piece that comes late would otherwise be a reason to read all before it.
        if !is_complete || order == Order::Late && !self.has_come(id, span) {
            return None;
        }
        self.log.whole_text(id, span, &self.me.seal)
    }

    /// Whether all frames of a long text have come.
    fn has_come(&self, id: Id, span: TextSpan) -> bool {
        let inbox = self.receiving.inbox(id);
        inbox.is_some_and(|inbox| inbox.has_all(span.first, span.last))
    }

    /// Opens a private message; `None` if it was sealed for another session.
    fn open_private(
        &self,
        id: Id,
        position: Position,
        index: u8,
        sealed: &[u8],
    ) -> Option<SaidText> {
        let author = self.group.roster.get(id)?;
        let me = self.me.identity();
        let opened = self.me.private.open(sealed, author, position.sequence, me);
        opened.map(|text| SaidText {
            manner: Manner::Said,
            id: MessageId { position, index },
            text,
            is_private: true,
        })
    }

    pub(super) fn hear_hello(&mut self, id: Id, hello: &Hello) {
        let roster = &mut self.group.roster;
        roster.hear_hello(id, hello);
        let Some(session) = hello.replaces else {
            return;
        };
        // The same person's session that this one follows is over.
        let key = roster.get(id).map(|member| member.key);
        let is_old = |member: &Member| Some(member.key) == key && member.session == session;
        let old = roster.everybody().find(|(_, member)| is_old(member));
        if let Some(old) = old.map(|(id, _)| id) {
            roster.close(old);
            self.on_left(old, Farewell::Missing);
        }
    }
}

/// A message that a frame holds or completes.
struct SaidText {
    id: MessageId,
    text: String,
    manner: Manner,
    is_private: bool,
}

impl SaidText {
    fn of_whole(whole: WholeText) -> Option<Self> {
        let is_said = whole.of.is_none();
        is_said.then(|| Self::to_all(whole.first, 0, whole.text))
    }

    fn to_all(position: Position, index: u8, text: String) -> Self {
        Self {
            id: MessageId { position, index },
            text,
            manner: Manner::Said,
            is_private: false,
        }
    }
}
