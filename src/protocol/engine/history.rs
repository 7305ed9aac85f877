//! The messages in the frame log: long texts put together again, and the newest for `/history`.

use super::amendments::{Amended, Candidate, Changes};
use super::config::TEXT_MAX_BYTES;
use super::event::{Delivery, Manner, MessageId, NamedKey, Order, Version};
use super::frame_log::{FrameLog, Position};
use super::guests::manner_of;
use super::roster::{Id, Roster};
use crate::protocol::wire::frame::durable::{Durable, Fragment, MessageName, Record};
use crate::protocol::wire::seal::Seal;

/// The frames of one long text, by sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextSpan {
    pub(super) first: u32,
    pub(super) last: u32,
}

impl TextSpan {
    /// The frames of the text that the frame `sequence` holds a piece of; `None` if no sequences
    /// can be so.
    pub(super) fn around(sequence: u32, fragment: Fragment) -> Option<Self> {
        let first = sequence.checked_sub(u32::from(fragment.number))?;
        let last = first.checked_add(u32::from(fragment.count) - 1)?;
        Some(Self { first, last })
    }
}

/// A text whose pieces have all come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WholeText {
    /// The position of the first piece.
    pub(super) first: Position,
    /// The message that says this from now on, if it is no message of its own.
    pub(super) of: Option<MessageName>,
    pub(super) text: String,
}

/// A walk through the held messages, from the newest to the oldest, in parts: opening all of them
/// takes longer than a loop should stand still.
#[derive(Debug, Default)]
pub struct HistoryWalk {
    met: Changes,
    /// The frame that was opened last.
    last: Option<Position>,
    is_over: bool,
}

impl HistoryWalk {
    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.last.is_some()
    }

    /// Whether the oldest message was passed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes in a change that comes while the walk goes on.
    pub fn amend(&mut self, amended: &Amended) {
        if !self.is_over {
            let (of, who) = ((&amended.of).into(), amended.who.clone());
            self.met.note(&of, amended.by, who, amended.text.as_deref());
        }
    }
}

/// What a walk through the history is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    GoesOn,
    Ends,
}

impl FrameLog {
    /// A long text, if all of its frames are held and each holds its piece of this very text: one
    /// that is a piece of many texts would be read as often.
    pub(super) fn whole_text(&self, id: Id, span: TextSpan, seal: &Seal) -> Option<WholeText> {
        let (mut text, mut inside) = (String::new(), Vec::new());
        let mut whole_of = None;
        let count = u16::try_from(span.last - span.first + 1).ok()?;
        for (number, sequence) in (0..count).zip(span.first..=span.last) {
            let held = self.get(id, sequence)?;
            let (_, durable) = seal.reopen(&held.bytes, &mut inside)?;
            if durable.fragment != Some(Fragment { number, count }) {
                return None;
            }
            let (of, piece) = match durable.records.iter().next()? {
                Record::Said(piece) => (None, piece),
                Record::Edited { of, text } => (Some(of), text),
                _ => return None,
            };
            if sequence == span.first {
                whole_of = of;
            } else if of != whole_of {
                return None; // a piece of something else
            }
            if text.len() + piece.len() > TEXT_MAX_BYTES {
                return None; // nobody says so much in one message
            }
            text.push_str(piece);
        }
        self.get(id, span.first).map(|held| WholeText {
            first: held.position,
            of: whole_of,
            text,
        })
    }

    /// Notes that a long text is shown now; whether it was not before. Each of its frames that
    /// comes late may be the one that completes it.
    pub(super) fn tell_text(&mut self, id: Id, span: TextSpan) -> bool {
        let last = self.get_mut(id, span.last);
        last.is_some_and(|last| !std::mem::replace(&mut last.is_told, true))
    }

    /// Whether a long text was shown.
    pub(super) fn is_told(&self, id: Id, span: TextSpan) -> bool {
        self.get(id, span.last).is_some_and(|last| last.is_told)
    }

    /// Notes that a long text was shown in an earlier session, of which all that was kept is held:
    /// if it is whole.
    pub(super) fn recall_text(&mut self, id: Id, span: TextSpan) {
        let is_whole = (span.first..=span.last).all(|frame| self.get(id, frame).is_some());
        if is_whole {
            self.tell_text(id, span);
        }
    }

    /// The newest messages, at most `count`, in the order that all members agree on and as they are
    /// now.
    pub(super) fn messages(&self, count: usize, seal: &Seal, roster: &Roster) -> Vec<Delivery> {
        let mut newest_first = Vec::new();
        if count > 0 {
            self.walk_back(seal, roster, |message| {
                if !message.is_private {
                    newest_first.push(message);
                }
                match newest_first.len() < count {
                    true => Walk::GoesOn,
                    false => Walk::Ends,
                }
            });
        }
        newest_first.reverse();
        newest_first
    }

    /// Goes on with a walk: opens at most so many frames more, and returns the messages in them,
    /// the newest first and as they are now.
    pub(super) fn walk(
        &self,
        walk: &mut HistoryWalk,
        frames: usize,
        opening: (&Seal, &Roster),
    ) -> Vec<Delivery> {
        let mut messages = self.walk_all(walk, frames, opening);
        messages.retain(|message| !message.is_private);
        messages
    }

    /// The same with private messages, which have no text here.
    fn walk_all(
        &self,
        walk: &mut HistoryWalk,
        frames: usize,
        (seal, roster): (&Seal, &Roster),
    ) -> Vec<Delivery> {
        let mut messages = Vec::new();
        let mut opened = 0;
        for (position, id) in self.history_before(walk.last).take(frames) {
            opened += 1;
            walk.last = Some(*position);
            let said = self.messages_in(*position, *id, (seal, roster), &mut walk.met);
            for message in said.into_iter().rev() {
                messages.push(as_it_is_now(message, &mut walk.met));
            }
        }
        walk.is_over = opened < frames;
        messages
    }

    /// Goes on with a walk until the newest message, private ones included, that is looked for:
    /// opens at most so many frames more.
    pub(super) fn find(
        &self,
        walk: &mut HistoryWalk,
        frames: usize,
        opening: (&Seal, &Roster),
        mut is_it: impl FnMut(&Candidate) -> bool,
    ) -> Option<Candidate> {
        let messages = self.walk_all(walk, frames, opening).into_iter();
        let mut candidates = messages.map(|message| Candidate {
            id: message.id,
            who: message.who,
            manner: message.manner,
            is_private: message.is_private,
            version: message.version,
        });
        candidates.find(|candidate| is_it(candidate))
    }

    /// Goes through all messages at once, from the newest to the oldest.
    fn walk_back(&self, seal: &Seal, roster: &Roster, mut take: impl FnMut(Delivery) -> Walk) {
        let mut met = Changes::default();
        for (position, id) in self.history(0, u64::MAX).rev() {
            let said = self.messages_in(*position, *id, (seal, roster), &mut met);
            for message in said.into_iter().rev() {
                if take(as_it_is_now(message, &mut met)) == Walk::Ends {
                    return;
                }
            }
        }
    }

    fn messages_in(
        &self,
        position: Position,
        id: Id,
        (seal, roster): (&Seal, &Roster),
        met: &mut Changes,
    ) -> Vec<Delivery> {
        let held = self.get(id, position.sequence);
        let mut inside = Vec::new();
        let opened = held.and_then(|held| seal.reopen(&held.bytes, &mut inside));
        let Some((author, durable)) = opened else {
            return Vec::new();
        };
        let who = NamedKey::from(&author);
        let source = roster.get(id).and_then(|member| member.address);
        let message = |id, text, manner| Delivery {
            id,
            who: who.clone(),
            source,
            text,
            manner,
            order: Order::InOrder,
            is_private: false,
            version: Version::Original,
        };
        if let Some(fragment) = durable.fragment {
            // A long text stands where its last fragment does, so that it comes once.
            let span = TextSpan::around(position.sequence, fragment);
            let span = span.filter(|span| span.last == position.sequence);
            let Some(whole) = span.and_then(|span| self.whole_text(id, span, seal)) else {
                return Vec::new();
            };
            let (position, index) = (whole.first, 0);
            let first = MessageId { position, index };
            return match whole.of {
                None => vec![message(first, whole.text, Manner::Said)],
                Some(of) => {
                    met.note(&of, first, who, Some(&whole.text));
                    Vec::new()
                }
            };
        }
        note_changes(&durable, position, &who, met);
        let records = (0..=u8::MAX).zip(durable.records.iter()); // at most 255
        let messages = records.filter_map(|(index, record)| {
            let id = MessageId { position, index };
            match record {
                Record::Said(text) => Some(message(id, text.to_owned(), Manner::Said)),
                Record::Action(text) => Some(message(id, text.to_owned(), Manner::Action)),
                Record::GuestSaid { guest, name, text } => {
                    let manner = manner_of(guest, name)?;
                    Some(message(id, text.to_owned(), manner))
                }
                Record::Private { .. } => Some(Delivery {
                    is_private: true,
                    ..message(id, String::new(), Manner::Said)
                }),
                _ => None,
            }
        });
        messages.collect()
    }
}

/// A message after the changes that were met.
fn as_it_is_now(mut message: Delivery, met: &mut Changes) -> Delivery {
    if !message.is_private
        && let Some((version, text)) = met.take(&message.id, &message.who)
    {
        (message.version, message.text) = (version, text);
    }
    message
}

/// Takes in the changes in a frame.
fn note_changes(durable: &Durable<'_>, position: Position, who: &NamedKey, met: &mut Changes) {
    if !durable.records.amends() {
        return;
    }
    let records = (0..=u8::MAX).zip(durable.records.iter()); // at most 255
    for (index, record) in records {
        let by = MessageId { position, index };
        match record {
            Record::Edited { of, text } => met.note(&of, by, who.clone(), Some(text)),
            Record::Deleted(of) => met.note(&of, by, who.clone(), None),
            _ => {}
        }
    }
}
