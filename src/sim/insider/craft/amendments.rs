//! An insider that changes messages: its own, those of others, and those that nobody said.

use super::numbers::{Numbers, bits};
use super::{Insider, TEXTS_MAX_BYTES};
use crate::protocol::wire::frame::Body;
use crate::protocol::wire::frame::durable::{
    MESSAGE_NAME_BYTES, MessageName, RECORD_HEAD_BYTES, Record,
};
use crate::sim::insider::act::Says;

/// Datagrams among which it looks for a message that it names.
const HEARD_LATELY: usize = 32;

impl Insider {
    /// Changes of messages: with the right clocks of those that it has heard.
    pub(super) fn amendments(
        &self,
        says: Says,
        is_piece: bool,
        numbers: &Numbers<'_>,
        records: &mut Vec<u8>,
    ) {
        let Says::Amends {
            of,
            clock,
            first,
            count,
            bytes,
        } = says
        else {
            return;
        };
        let (short, session) = self.member(of, numbers.view);
        let text = "x".repeat(usize::from(bytes.unwrap_or(0)).min(TEXTS_MAX_BYTES / 2));
        let room = TEXTS_MAX_BYTES / (text.len() + RECORD_HEAD_BYTES + MESSAGE_NAME_BYTES);
        let count = if is_piece { 1 } else { count.max(1) };
        let first = numbers.of(first);
        for at in 0..u32::from(count).min(room.max(1) as u32) {
            let sequence = first.saturating_add(at);
            let heard = self.clock_of(short, session, sequence);
            let of = MessageName {
                clock: heard.unwrap_or_else(|| bits(clock, numbers.view)),
                session,
                sequence,
                index: u8::from(sequence == 1),
            };
            match bytes {
                Some(_) => Record::Edited { of, text: &text }.append(records),
                None => Record::Deleted(of).append(records),
            }
        }
    }

    /// The clock of a frame that was heard lately.
    fn clock_of(&self, short: u64, session: u64, sequence: u32) -> Option<u64> {
        let mut inside = Vec::new();
        self.heard
            .iter()
            .rev()
            .take(HEARD_LATELY)
            .find_map(|bytes| {
                let opened = self.seal.open(bytes, &mut inside).ok()?;
                let author = &opened.frame.author;
                let is_it = (author.short, author.session, author.sequence)
                    == (short, session, sequence)
                    && matches!(opened.frame.body, Body::Durable(_));
                is_it.then_some(author.clock)
            })
    }
}
