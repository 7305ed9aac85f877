//! The messages in the frame log: long texts put together again, and the newest for `/history`.

use super::event::{Delivery, Manner, MessageId, NamedKey, Order};
use super::frame_log::{FrameLog, Position};
use super::roster::{Id, Roster};
use crate::protocol::wire::frame::durable::{Fragment, Record};
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

impl FrameLog {
    /// A long text and the position of its first frame, if all of its frames are held.
    pub(super) fn whole_text(
        &self,
        id: Id,
        span: TextSpan,
        seal: &Seal,
    ) -> Option<(Position, String)> {
        let (mut text, mut inside) = (String::new(), Vec::new());
        for sequence in span.first..=span.last {
            let held = self.get(id, sequence)?;
            let (_, durable) = seal.reopen(&held.bytes, &mut inside)?;
            let Some(Record::Said(piece)) = durable.records.iter().next() else {
                return None;
            };
            text.push_str(piece);
        }
        self.get(id, span.first).map(|held| (held.position, text))
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

    /// The newest messages, at most `count`, in the order that all members agree on.
    pub(super) fn messages(&self, count: usize, seal: &Seal, roster: &Roster) -> Vec<Delivery> {
        let mut newest_first = Vec::new();
        for (position, id) in self.history(0, u64::MAX).rev() {
            if newest_first.len() >= count {
                break;
            }
            let said = self.messages_in(*position, *id, seal, roster);
            newest_first.extend(said.into_iter().rev());
        }
        newest_first.truncate(count);
        newest_first.reverse();
        newest_first
    }

    fn messages_in(
        &self,
        position: Position,
        id: Id,
        seal: &Seal,
        roster: &Roster,
    ) -> Vec<Delivery> {
        let held = self.get(id, position.sequence);
        let mut inside = Vec::new();
        let opened = held.and_then(|held| seal.reopen(&held.bytes, &mut inside));
        let Some((author, durable)) = opened else {
            return Vec::new();
        };
        let source = roster.get(id).and_then(|member| member.address);
        let message = |position, index, text, manner| Delivery {
            id: MessageId { position, index },
            who: NamedKey {
                name: author.name.clone(),
                key: author.key,
            },
            source,
            text,
            manner,
            order: Order::InOrder,
            is_private: false,
        };
        if let Some(fragment) = durable.fragment {
            // A long text stands where its last fragment does, so that it comes once.
            let span = TextSpan::around(position.sequence, fragment);
            let span = span.filter(|span| span.last == position.sequence);
            let whole = span.and_then(|span| self.whole_text(id, span, seal));
            let whole = whole.map(|(first, text)| message(first, 0, text, Manner::Said));
            return whole.into_iter().collect();
        }
        let records = (0..=u8::MAX).zip(durable.records.iter()); // at most 255
        let texts = records.filter_map(|(index, record)| match record {
            Record::Said(text) => Some(message(position, index, text.to_owned(), Manner::Said)),
            Record::Action(text) => Some(message(position, index, text.to_owned(), Manner::Action)),
            _ => None,
        });
        texts.collect()
    }
}
