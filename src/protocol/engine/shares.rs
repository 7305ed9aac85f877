//! What each person has in the frame log: of the history, and of the room behind gaps. Who has most
//! loses the oldest first, so that nobody can make the others forget what somebody else said.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

use super::config::{HELD_BACK_BYTES, HISTORY_BYTES, HISTORY_MESSAGES};
use super::fair_share::Uses;
use super::frame_log::{LoggedFrame, Position};
use super::history::TextSpan;

/// A person gets at most this many times what is left behind gaps (Choudhury and Hahne 1998): one
/// alone two thirds, which is a sender's whole window, and one of many the same as each other.
const HELD_BACK_TIMES_FREE: usize = 2;

/// This part of all is dropped at once, because finding whose it is takes a look at everybody…
const DROPPED_DIVISOR: usize = 256;
/// …and at most this part of what those persons have.
const DROPPED_OF_SHARE_DIVISOR: usize = 8;

/// Most fragments that are kept for a text that is not whole: those of the longest.
const PINNED_MAX: u32 = 128;

/// What frames take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount {
    bytes: usize,
    messages: usize,
}

impl Amount {
    /// What a frame takes.
    pub(super) fn of(held: &LoggedFrame) -> Self {
        Self {
            bytes: held.bytes.len(),
            messages: held.messages,
        }
    }

    fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.messages += other.messages;
    }

    /// Takes away what is no more than this.
    pub(super) fn take(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_sub(other.bytes);
        self.messages = self.messages.saturating_sub(other.messages);
    }

    /// Whether neither bytes nor messages are left.
    pub(super) fn is_none_left(self) -> bool {
        self.bytes == 0 && self.messages == 0
    }
}

/// What all have, and each person by the short id.
#[derive(Debug)]
pub(super) struct Shares {
    /// Most that the history takes.
    most: Amount,
    history: Amount,
    held_back_bytes: usize,
    persons: BTreeMap<u64, Share>,
}

#[derive(Debug, Default)]
struct Share {
    history: Amount,
    held_back_bytes: usize,
    address: Option<IpAddr>,
    /// The frames of a text that is not whole, and their session.
    pinned: Option<(u64, TextSpan)>,
}

impl Default for Shares {
    fn default() -> Self {
        Self::of(HISTORY_BYTES)
    }
}

impl Shares {
    /// Shares in a history of so many bytes, and as many messages as fit at the usual length.
    pub(super) fn of(history_bytes: usize) -> Self {
        let messages = history_bytes as u64 * HISTORY_MESSAGES as u64 / HISTORY_BYTES as u64;
        Self {
            most: Amount {
                bytes: history_bytes,
                messages: messages as usize,
            },
            history: Amount::default(),
            held_back_bytes: 0,
            persons: BTreeMap::new(),
        }
    }

    /// How many bytes all have.
    pub(super) fn bytes(&self) -> usize {
        self.history.bytes + self.held_back_bytes
    }

    /// Notes where a person is.
    pub(super) fn locate(&mut self, person: u64, address: Option<IpAddr>) {
        if let Some(share) = self.persons.get_mut(&person) {
            share.address = address.or(share.address);
        }
    }

    /// Whether a person may have so many bytes more behind gaps.
    pub(super) fn has_room_behind_gap(&self, person: u64, bytes: usize) -> bool {
        let free = HELD_BACK_BYTES.saturating_sub(self.held_back_bytes);
        let most = (HELD_BACK_TIMES_FREE * free).saturating_sub(bytes);
        let share = self.persons.get(&person);
        let has_room = bytes <= free && share.is_none_or(|share| share.held_back_bytes <= most);
        let is_crowded = || {
            let mut uses = Uses::default();
            for (person, share) in &self.persons {
                uses.add(*person, share.address, share.held_back_bytes);
            }
            uses.of_crowd(share.and_then(|share| share.address)) > most
        };
        has_room && (self.held_back_bytes < HELD_BACK_BYTES / 4 || !is_crowded())
    }

    /// Counts a frame of a person, at first as one behind a gap.
    pub(super) fn hold_back(&mut self, person: u64, bytes: usize) {
        self.held_back_bytes += bytes;
        self.persons.entry(person).or_default().held_back_bytes += bytes;
    }

    /// Moves a frame to the history.
    pub(super) fn settle(&mut self, person: u64, amount: Amount) {
        self.held_back_bytes -= amount.bytes;
        self.history.add(amount);
        let share = self.persons.entry(person).or_default();
        share.held_back_bytes -= amount.bytes;
        share.history.add(amount);
    }

    /// Takes a frame off the history.
    pub(super) fn drop_settled(&mut self, person: u64, amount: Amount) {
        self.history.take(amount);
        if let Some(share) = self.persons.get_mut(&person) {
            share.history.take(amount);
            if share.history.bytes + share.held_back_bytes == 0 {
                self.persons.remove(&person);
            }
        }
    }

    /// The persons that give frames back, and how much, if the history takes too much.
    pub(super) fn over_budget(&self) -> Option<(BTreeSet<u64>, Amount)> {
        let is_bytes = self.history.bytes > self.most.bytes;
        if !is_bytes && self.history.messages <= self.most.messages {
            return None;
        }
        let amount = |share: &Share| match is_bytes {
            true => share.history.bytes,
            false => share.history.messages,
        };
        let mut uses = Uses::default();
        for (person, share) in &self.persons {
            uses.add(*person, share.address, amount(share));
        }
        let (persons, have) = uses.heaviest_persons();
        let has = have / DROPPED_OF_SHARE_DIVISOR;
        let part = |all: usize| (all / DROPPED_DIVISOR).min(has).max(1);
        let surplus = match is_bytes {
            true => Amount {
                bytes: part(self.most.bytes),
                messages: 0,
            },
            false => Amount {
                bytes: 0,
                messages: part(self.most.messages),
            },
        };
        Some((persons, surplus))
    }

    /// Keeps the fragments of a person's text, or of none any more.
    pub(super) fn pin(&mut self, person: u64, text: Option<(u64, TextSpan)>) {
        if let Some(share) = self.persons.get_mut(&person) {
            let is_text = |(_, span): &(u64, TextSpan)| span.last - span.first < PINNED_MAX;
            share.pinned = text.filter(is_text);
        }
    }

    /// Gives up the fragments of the texts of some persons; whether there were any.
    pub(super) fn unpin(&mut self, persons: &BTreeSet<u64>) -> bool {
        let mut were_any = false;
        for person in persons {
            let share = self.persons.get_mut(person);
            were_any |= share.is_some_and(|share| share.pinned.take().is_some());
        }
        were_any
    }

    /// Whether any message of a person is in the history.
    pub(super) fn has_message_of(&self, person: u64) -> bool {
        let share = self.persons.get(&person);
        share.is_some_and(|share| share.history.messages > 0)
    }

    /// The persons of whom any message is in the history.
    pub(super) fn speakers(&self) -> impl Iterator<Item = u64> {
        let shares = self.persons.iter();
        let speakers = shares.filter(|(_, share)| share.history.messages > 0);
        speakers.map(|(person, _)| *person)
    }

    /// Whether a frame is kept for a text that is not whole.
    pub(super) fn is_pinned(&self, frame: &Position) -> bool {
        let pinned = self
            .persons
            .get(&frame.short)
            .and_then(|share| share.pinned);
        pinned.is_some_and(|(session, span)| {
            session == frame.session && (span.first..=span.last).contains(&frame.sequence)
        })
    }
}
