//! Frames that an archive keeps beyond this session. What enters and leaves the history is reported
//! for it; what it kept of earlier sessions is taken in again, as history of members who are not
//! here. Nobody appears because of it, and nothing of it is shown again.
//!
//! ```text
//! loading    slices come from the archive; durable frames that are heard wait meanwhile, because
//!            one of them may be among those that were shown in an earlier session. This member
//!            asks nobody what was said, and answers nobody who asks
//! loaded     the frames that waited are taken in, and this member catches up like any newcomer
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::clock::{age_at, clock_ms};
use super::config::{CLOCK_AHEAD_MAX, HISTORY_AGE};
use super::event::Order;
use super::former::Stated;
use super::frame_log::{LoggedFrame, NewFrame, Position};
use super::hear::ReceivedFrame;
use super::history::TextSpan;
use super::inbox::Inbox;
use super::journal::Change;
use super::roster::{Id, ME};
use super::setup::Setup;
use super::unproven::Unproven;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::durable::{Record, Reference};

/// Most frames that are reported together as dropped.
const DROPPED_MAX: usize = 256;

/// A durable frame as it came, sealed and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFrame {
    /// Where it stands in the common order; with the author's session and sequence.
    pub position: Position,
    /// Its author.
    pub author: Key,
    /// The hash of its type and inside, which stays the same if it is sealed again.
    pub hash: u64,
    /// The datagram.
    pub bytes: Arc<[u8]>,
}

/// What this person wants to have forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// Whose messages; `None` for everybody's.
    pub author: Option<Key>,
    /// The last clock that is forgotten.
    pub until_clock: u64,
}

impl Forgotten {
    /// Whether what somebody says at a clock is forgotten.
    #[must_use]
    pub fn covers(&self, author: &Key, clock: u64) -> bool {
        clock <= self.until_clock && self.author.is_none_or(|it| it == *author)
    }
}

/// What an archive is to do about the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryChange {
    /// Keep a frame that entered it.
    Kept(StoredFrame),
    /// Drop frames that left it.
    Dropped(Vec<Position>),
}

/// Why a stored frame is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unfit {
    /// It is held already, or there is no room for it now, or it is in the future by this clock.
    NotNow,
    /// It is damaged, of another room, too old, or to be forgotten: the archive need not keep it.
    Useless,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Stored {
    stage: Stage,
    /// Durable frames that were heard while loading.
    waiting: Unproven,
    /// Up to which clock everything is forgotten: of one person, or of all.
    forgotten: BTreeMap<Option<Key>, u64>,
    /// The clock of the oldest frame that was taken in.
    oldest: Option<u64>,
    /// That of the newest, as far as it is plausible.
    newest: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Nothing is kept.
    #[default]
    Unused,
    Loading,
    Loaded,
}

impl Stored {
    /// The state of a member that starts with this.
    pub(super) fn of(setup: &Setup) -> Self {
        let stage = match setup.is_archived {
            true => Stage::Loading,
            false => Stage::Unused,
        };
        Self {
            stage,
            ..Self::default()
        }
    }

    /// Whether the archive has not reported everything yet.
    pub(super) fn is_loading(&self) -> bool {
        self.stage == Stage::Loading
    }

    /// Whether frames of earlier sessions are held.
    pub(super) fn has_any(&self) -> bool {
        self.oldest.is_some()
    }

    /// Whether a frame is one of those that are forgotten.
    fn forgets(&self, author: &Key, clock: u64) -> bool {
        let is_past = |of: Option<Key>| self.forgotten.get(&of).is_some_and(|last| clock <= *last);
        !self.forgotten.is_empty() && (is_past(None) || is_past(Some(*author)))
    }

    /// Where the history of a newcomer begins whose clock shows this.
    pub(super) fn horizon(&self, clock: u64) -> u64 {
        self.oldest.map_or(clock, |oldest| oldest.min(clock))
    }
}

impl Engine {
    /// Takes in frames that the archive kept, in their common order: at most as many as are opened
    /// within 5 ms. Once loading is over, nothing more is taken in.
    pub fn restore(&mut self, now: Moment, frames: &[StoredFrame]) {
        if !self.stored.is_loading() {
            return;
        }
        let mut inside = Vec::new();
        for frame in frames {
            if self.restore_one(now, frame, &mut inside) == Err(Unfit::Useless) {
                self.log.refuse_stored(frame.position);
            }
        }
    }

    fn restore_one(
        &mut self,
        now: Moment,
        frame: &StoredFrame,
        inside: &mut Vec<u8>,
    ) -> Result<(), Unfit> {
        let StoredFrame { position, hash, .. } = *frame;
        let (clock_now, clock) = (self.me.clock_now(now), position.clock);
        if age_at(clock_now, clock) > HISTORY_AGE || self.stored.forgets(&frame.author, clock) {
            return Err(Unfit::Useless);
        }
        if clock_ms(clock) > clock_ms(clock_now) + CLOCK_AHEAD_MAX.as_millis() as u64 {
            return Err(Unfit::NotNow); // this clock is wrong, or was
        }
        let opened = self.me.seal.reopen_stored(&frame.bytes, inside);
        let (author, durable, found) = opened.ok_or(Unfit::Useless)?;
        if found != hash || Position::of(&author) != position || author.key != frame.author {
            return Err(Unfit::Useless);
        }
        if self.group.roster.find(author.tag()).is_none() {
            self.make_former_place();
        }
        let id = self.group.roster.recall(&author);
        let id = id.filter(|id| *id != ME).ok_or(Unfit::NotNow)?;
        if self.log.get(id, author.sequence).is_some() {
            return Err(Unfit::NotNow);
        }
        let (stated, messages) = (Stated::by(&durable), durable.messages());
        self.group.roster.recall_stated(id, stated, messages);
        self.receiving.recall(id, author.sequence);
        let held = NewFrame {
            bytes: frame.bytes.clone(),
            hash,
            messages,
            touched: Duration::ZERO,
        };
        self.log.restore(id, position, held);
        // What was offered earlier may still be taken, and what was decided holds; messages are
        // shown by the archive itself.
        for (index, record) in (0..=u8::MAX).zip(durable.records.iter()) {
            let at = (position, index);
            match record {
                Record::Offer(offer) => {
                    self.tell_offered(at, &author, (offer.owned(), None), Order::InOrder);
                }
                Record::Role(role) => self.tell_role(at, &author, role, Order::InOrder),
                _ => {}
            }
        }
        // What it changes may come later, from others.
        if durable.records.amends() {
            self.note_amendments(id, &author, &durable);
        }
        let span = durable
            .fragment
            .and_then(|it| TextSpan::around(author.sequence, it));
        if let Some(span) = span {
            self.log.recall_text(id, span);
        }
        self.me.clock.observe(clock, now.wall_ms);
        let stored = &mut self.stored;
        stored.oldest = Some(stored.oldest.map_or(clock, |oldest| oldest.min(clock)));
        stored.newest = stored.newest.max(clock);
        Ok(())
    }

    /// Makes room for another session of stored frames.
    fn make_former_place(&mut self) {
        for id in self.group.roster.least_formers() {
            self.log.forget(id);
            self.group.roster.forget(id);
        }
    }

    /// Ends loading: the archive has reported everything, or is waited for no more. What was heard
    /// meanwhile is taken in, and this member begins to catch up.
    pub fn finish_loading(&mut self, now: Moment) {
        if !self.stored.is_loading() {
            return;
        }
        self.stored.stage = Stage::Loaded;
        if let Some(oldest) = self.stored.oldest {
            self.log.go_back_to(oldest);
        }
        let newest = self.stored.newest.min(self.me.clock_now(now));
        self.receiving.newest_shown = self.receiving.newest_shown.max(newest);
        let mut waiting = self.stored.waiting.take_all();
        waiting.retain(|(id, _)| self.group.roster.get(*id).is_some());
        self.hear_waiting(now, waiting.into_iter());
        self.ask_best(now, None);
    }

    /// Forgets what this person wants to have forgotten, and asks for it no more.
    pub fn forget(&mut self, forgotten: &[Forgotten]) {
        for Forgotten {
            author,
            until_clock,
        } in forgotten
        {
            let last = self.stored.forgotten.entry(*author).or_default();
            *last = (*last).max(*until_clock);
        }
        let Some(last) = self.stored.forgotten.values().max().copied() else {
            return;
        };
        let held = self.log.history(0, last.saturating_add(1));
        let key = |id: Id| self.group.roster.key_and_session(id).map(|(key, _)| key);
        let forgets = |(position, id): &(&Position, &Id)| {
            key(**id).is_some_and(|key| self.stored.forgets(&key, position.clock))
        };
        let positions: Vec<Position> = held.filter(forgets).map(|(it, _)| *it).collect();
        for position in positions {
            self.log.drop_settled(&position);
        }
        // The others hold it still, and their digests say so.
        self.log.trim_to(last);
    }

    /// Keeps a frame waiting that was heard while loading, or drops one that is forgotten; whether
    /// it did.
    pub(super) fn hold_back(&mut self, now: Moment, heard: &ReceivedFrame<'_>) -> bool {
        let &ReceivedFrame { id, author, .. } = heard;
        if self.stored.is_loading() {
            let waiting = &mut self.stored.waiting;
            // One for which there is no room is asked for again.
            waiting.keep(
                id,
                author.sequence,
                heard.source,
                heard.hash,
                heard.bytes,
                now.time,
            );
            return true;
        }
        if !self.stored.forgets(&author.key, author.clock) {
            return false;
        }
        let first = self.first_sequence(author, author.sequence);
        let (timing, rng) = (self.group.timing(id), &mut self.rng);
        self.receiving.open_inbox(id, first);
        self.receiving.update(id, |inbox| {
            inbox.take(author.sequence, now.time, timing, rng);
        });
        self.give_up_waiting(now, id);
        self.note_pulled(now, id, author.sequence);
        true
    }

    /// The inbox of a member, a new one beginning at the sequence `first`. It has the frames that
    /// were stored: they were shown in an earlier session.
    pub(super) fn open_inbox(&mut self, id: Id, first: u32) -> &mut Inbox {
        if self.stored.has_any() && self.receiving.inbox(id).is_none() {
            self.receiving.open_inbox(id, first);
            for sequence in self.log.sequences_of(id) {
                self.receiving.recall(id, sequence);
            }
        }
        self.receiving.open_inbox(id, first)
    }

    /// Whether a frame is held that was stored: it was shown in an earlier session.
    pub(super) fn is_stored(&self, frame: &Reference) -> bool {
        let was_shown = |id| {
            let held = self.log.get(id, frame.sequence);
            held.is_some_and(LoggedFrame::is_history)
        };
        self.stored.has_any() && self.group.roster.find(frame.member).is_some_and(was_shown)
    }

    /// What an archive is to do next; `None` also if there is none.
    pub fn poll_history(&mut self) -> Option<HistoryChange> {
        while let Some(change) = self.log.next_change() {
            match change {
                Change::Entered(position, id) => {
                    let held = self.log.get(id, position.sequence);
                    let author = self.group.roster.key_and_session(id);
                    if let (Some(held), Some((author, _))) = (held, author) {
                        return Some(HistoryChange::Kept(StoredFrame {
                            position,
                            author,
                            hash: held.hash,
                            bytes: held.bytes.clone(),
                        }));
                    }
                }
                Change::Left(position) => {
                    let mut dropped = vec![position];
                    while dropped.len() < DROPPED_MAX
                        && let Some(position) = self.log.next_left()
                    {
                        dropped.push(position);
                    }
                    return Some(HistoryChange::Dropped(dropped));
                }
            }
        }
        None
    }

    /// Reports everything that is held once more: the archive could not keep some of it.
    pub fn keep_again(&mut self) {
        self.log.tell_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::message::Name;
    use crate::protocol::wire::seal::Seal;
    use crate::sim;
    use proptest::prelude::*;

    fn moment(ms: u64) -> Moment {
        Moment {
            time: Duration::from_millis(ms),
            wall_ms: 1_790_000_000_000 + ms,
        }
    }

    /// A member in a session, with what an archive kept of another one.
    fn member(person: u8, session: u64, room: Option<&str>) -> Engine {
        let (name, session) = (Name::parse("ana").unwrap(), 1_790_000_000 << 32 | session);
        let setup = Setup {
            is_archived: true,
            ..sim::member::setup(person, name, session, Seal::public(room))
        };
        Engine::new(setup, moment(0))
    }

    /// The frames of a member that says some lines, as it has them kept.
    fn kept_of(person: u8, room: Option<&str>) -> Vec<StoredFrame> {
        let mut engine = member(person, 1, room);
        engine.finish_loading(moment(0));
        for line in 0..20 {
            engine.say(moment(line), &format!("linha {line}")).unwrap();
            while engine.poll_send(moment(line)).is_some() {}
        }
        let changes = std::iter::from_fn(|| engine.poll_history());
        let frames = changes.filter_map(|change| match change {
            HistoryChange::Kept(frame) => Some(frame),
            HistoryChange::Dropped(_) => None,
        });
        frames.collect()
    }

    #[test]
    fn what_was_kept_is_held_again_byte_by_byte_and_is_not_kept_twice() {
        let kept = kept_of(1, None);
        assert!(kept.len() >= 20);
        let mut engine = member(2, 2, None);
        engine.restore(moment(100), &kept);
        engine.restore(moment(100), &kept);
        assert_eq!(engine.poll_history(), None);
        engine.finish_loading(moment(100));
        assert_eq!(engine.history(usize::MAX).len(), 20);
        assert_eq!(engine.roster().size(), 1);
        let id = engine
            .group
            .roster
            .find(crate::protocol::wire::frame::MemberTag::of(
                kept[0].position.short,
                kept[0].position.session,
            ));
        let served = engine.log.serve(id.unwrap(), kept[3].position.sequence);
        assert_eq!(served.as_deref(), Some(&*kept[3].bytes));
        assert_eq!(engine.poll_event(), None, "nothing is shown");
        engine.keep_again();
        let again = std::iter::from_fn(|| engine.poll_history());
        let again: Vec<HistoryChange> = again.collect();
        assert!(
            kept.iter()
                .all(|frame| again.contains(&HistoryChange::Kept(frame.clone())))
        );
    }

    #[test]
    fn frames_of_another_room_are_left_out_and_need_not_be_kept() {
        let kept = kept_of(1, Some("outra"));
        let mut engine = member(2, 2, None);
        engine.restore(moment(100), &kept);
        let positions: Vec<Position> = kept.iter().map(|frame| frame.position).collect();
        assert_eq!(
            engine.poll_history(),
            Some(HistoryChange::Dropped(positions))
        );
        assert_eq!(engine.history(usize::MAX).len(), 0);
    }

    #[test]
    fn what_comes_after_the_end_of_loading_is_left_to_the_next_session() {
        let kept = kept_of(1, None);
        let mut engine = member(2, 2, None);
        engine.finish_loading(moment(100));
        engine.restore(moment(100), &kept);
        assert_eq!(
            (engine.history(usize::MAX).len(), engine.poll_history()),
            (0, None)
        );
    }

    proptest! {
        #[test]
        fn what_a_store_makes_up_is_never_history(
            made_up in proptest::collection::vec(
                (0..40_usize, 0..1400_usize, any::<u8>(), any::<u64>(), any::<bool>()),
                1..40,
            ),
        ) {
            let kept = kept_of(1, None);
            let mut engine = member(2, 2, None);
            for (number, at, bits, clock, is_position) in made_up {
                let Some(mut frame) = kept.get(number).cloned() else {
                    continue;
                };
                match is_position {
                    true => frame.position.clock = clock,
                    false => {
                        let mut bytes = frame.bytes.to_vec();
                        let length = bytes.len();
                        bytes[at % length] ^= bits.max(1);
                        frame.bytes = bytes.into();
                    }
                }
                engine.restore(moment(100), &[frame]);
            }
            engine.finish_loading(moment(100));
            prop_assert!(engine.history(usize::MAX).is_empty());
        }
    }
}
