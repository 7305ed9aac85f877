//! The quiet rule: how to talk over TCP to a program that takes one `recv(1024)` for one message.
//! TCP merges data that is sent close together, so we send one message at a time, and the next one
//! only after the other host has acknowledged everything and a pause has passed. We send nothing
//! while a message is arriving, so that the answer to ours does not run into it.
//!
//! An incoming message is what one read returns, as it is for such a program. Only a read that
//! fills 1024 bytes or ends inside a character goes on with the next one, until a silence. Where
//! messages are delimited by more than that, as in `hub` and in JSON, the silence alone decides
//! about what is unfinished.
//!
//! Two cases stay ambiguous, and nobody can resolve them: messages that TCP has merged before they
//! are read, and a message that the network stretches. A peer that is not reading at all (Python
//! waiting in `input()`) still finds our messages merged in its own host's buffer.

use std::collections::VecDeque;
use std::time::Duration;

/// What one `recv` of a course program takes, in bytes.
pub const MESSAGE_MAX_BYTES: usize = 1024;

/// Shortest time between two of our messages.
pub const PAUSE: Duration = Duration::from_millis(25);

/// Longest message that is put together of several full reads, in bytes: a page of text that was
/// pasted. A peer that never pauses is shown in pieces of this length.
const JOINED_MAX_BYTES: usize = 64 << 10;

/// A silence this long ends an incoming message.
pub const SILENCE: Duration = Duration::from_millis(50);

/// How often to check whether the other host has acknowledged.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// How much of the sent bytes the other host has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// Every byte.
    Complete,
    /// Not yet every byte.
    Pending,
    /// None that are outstanding, ever: the connection is reset. Whatever is sent next fails.
    Lost,
}

/// Queues messages to a naive peer, and releases one at a time.
#[derive(Debug)]
pub struct Outbox<M = String> {
    queue: VecDeque<M>,
    sent_at: Option<Duration>,
}

impl<M> Default for Outbox<M> {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            sent_at: None,
        }
    }
}

impl<M> Outbox<M> {
    /// Queues a message as it will stand on the wire, usually of at most [`MESSAGE_MAX_BYTES`].
    pub fn push(&mut self, message: M) {
        self.queue.push_back(message);
    }

    /// Returns the next message, if it may leave now. `acknowledgement` is about everything
    /// that was sent before.
    pub fn poll(&mut self, now: Duration, acknowledgement: Acknowledgement) -> Option<M> {
        let is_quiet = self.sent_at.is_none_or(|sent_at| {
            acknowledgement != Acknowledgement::Pending && now >= sent_at + PAUSE
        });
        if !is_quiet {
            return None;
        }
        let message = self.queue.pop_front()?;
        self.sent_at = Some(now);
        Some(message)
    }

    /// When to poll again; `None` if nothing is queued.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        self.queue.front()?;
        let due = self.sent_at.map_or(now, |sent_at| sent_at + PAUSE);
        Some(if due > now { due } else { now + CHECK_INTERVAL })
    }

    /// Whether nothing is queued.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes back the unsent messages.
    pub fn take_back(&mut self) -> VecDeque<M> {
        std::mem::take(&mut self.queue)
    }
}

/// Collects bytes from a naive peer until they are messages.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// How many of the bytes were removed. They are discarded with the next push, so that a
    /// stream of many short messages is moved once and not once for each.
    taken: usize,
    begun_at: Duration,
    heard_at: Duration,
}

impl Inbox {
    /// Adds bytes that arrived now.
    pub fn push(&mut self, now: Duration, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        if self.bytes.is_empty() {
            self.begun_at = now;
        }
        self.bytes.extend_from_slice(bytes);
        self.heard_at = now;
    }

    /// Returns a message that is complete because it has the longest possible length. Leaves the
    /// last `held_bytes` alone, and never cuts a character in two.
    pub fn poll_full(&mut self, held_bytes: usize) -> Option<Vec<u8>> {
        let waiting = self.bytes();
        if waiting.len().saturating_sub(held_bytes) < MESSAGE_MAX_BYTES {
            return None;
        }
        let head = waiting.get(..MESSAGE_MAX_BYTES)?;
        let end = MESSAGE_MAX_BYTES - unfinished_bytes(head);
        Some(self.split_to(end))
    }

    /// Returns the message that the last pushed read, of `read_bytes` bytes, has ended, if it has.
    /// `held_bytes` at the end may begin something else, so that the next read
    /// decides.
    pub fn poll_read(&mut self, read_bytes: usize, held_bytes: usize) -> Option<Vec<u8>> {
        let waiting = self.bytes();
        let held_bytes = held_bytes.max(unfinished_bytes(waiting));
        if waiting.len() >= JOINED_MAX_BYTES {
            return Some(self.split_to(waiting.len() - held_bytes));
        }
        let is_whole = read_bytes < MESSAGE_MAX_BYTES && held_bytes == 0 && !waiting.is_empty();
        is_whole.then(|| self.take_all())
    }

    /// Returns a message that is complete because nothing followed it for `silence`.
    pub fn poll_silent(&mut self, now: Duration, silence: Duration) -> Option<Vec<u8>> {
        let is_silent = !self.bytes().is_empty() && now >= self.heard_at + silence;
        is_silent.then(|| self.take_all())
    }

    /// When the waiting bytes become a message.
    #[must_use]
    pub fn next_time(&self, silence: Duration) -> Option<Duration> {
        (!self.bytes().is_empty()).then(|| self.heard_at + silence)
    }

    /// When the first waiting byte arrived, if any bytes wait.
    #[must_use]
    pub fn begun_at(&self) -> Option<Duration> {
        (!self.bytes().is_empty()).then_some(self.begun_at)
    }

    /// The waiting bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// Removes and returns the first `end` bytes. What is returned takes no more memory than it
    /// has bytes, because a peer may send thousands of short messages at once.
    pub fn split_to(&mut self, end: usize) -> Vec<u8> {
        let waiting = self.bytes();
        let head = waiting.get(..end).unwrap_or(waiting).to_vec();
        self.taken += head.len();
        head
    }

    /// Removes the first `bytes`.
    pub fn skip(&mut self, bytes: usize) {
        self.taken += bytes.min(self.bytes().len());
    }

    /// Removes and returns all bytes.
    pub fn take_all(&mut self) -> Vec<u8> {
        self.split_to(usize::MAX)
    }
}

/// Counts the bytes at the end that begin a UTF-8 character without finishing it.
#[must_use]
pub fn unfinished_bytes(bytes: &[u8]) -> usize {
    let is_start = |byte: &u8| *byte >= 0xc0;
    let Some(back) = bytes.iter().rev().take(3).position(is_start) else {
        return 0;
    };
    let needed_bytes = match bytes.iter().rev().nth(back) {
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        _ => 2,
    };
    if back + 1 < needed_bytes { back + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::Acknowledgement::{Complete, Pending};
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn one_message_goes_at_a_time() {
        let mut outbox: Outbox = Outbox::default();
        outbox.push("um".into());
        outbox.push("dois".into());
        assert_eq!(
            outbox.poll(MS, Pending).as_deref(),
            Some("um"),
            "the first needs no pause"
        );
        assert_eq!(
            outbox.poll(MS * 10, Complete),
            None,
            "the pause has not passed"
        );
        assert_eq!(outbox.next_time(MS * 10), Some(MS * 26));
        assert_eq!(outbox.poll(MS * 26, Pending), None, "not acknowledged");
        assert_eq!(outbox.next_time(MS * 26), Some(MS * 31));
        assert_eq!(outbox.poll(MS * 31, Complete).as_deref(), Some("dois"));
        assert_eq!(outbox.next_time(MS * 31), None);
    }

    #[test]
    fn bytes_are_a_message_at_a_silence() {
        let mut inbox = Inbox::default();
        inbox.push(MS, b"o");
        inbox.push(MS * 20, b"i");
        assert_eq!(inbox.poll_silent(MS * 69, SILENCE), None);
        assert_eq!(inbox.next_time(SILENCE), Some(MS * 70));
        assert_eq!(
            inbox.poll_silent(MS * 70, SILENCE).as_deref(),
            Some(&b"oi"[..])
        );
        assert_eq!(inbox.next_time(SILENCE), None);
    }

    #[test]
    fn many_short_messages_take_no_more_memory_than_their_bytes() {
        let mut inbox = Inbox::default();
        inbox.push(MS, &[b'x'; 65_536]);
        let messages: Vec<Vec<u8>> = (0..32_768).map(|_| inbox.split_to(2)).collect();
        assert!(inbox.bytes().is_empty());
        let held: usize = messages.iter().map(Vec::capacity).sum();
        assert_eq!(held, 65_536);
        inbox.push(MS, b"oi");
        assert_eq!(inbox.take_all(), b"oi");
    }

    #[test]
    fn bytes_are_a_message_when_a_recv_is_full() {
        let mut inbox = Inbox::default();
        let text = format!("x{}", "é".repeat(1000)); // the 1024th byte is half an é
        inbox.push(MS, text.as_bytes());
        assert_eq!(
            inbox.poll_full(0).as_deref(),
            Some(&text.as_bytes()[..1023])
        );
        assert_eq!(inbox.poll_full(0), None);
        inbox.push(MS, &[b'y'; 100]);
        assert_eq!(inbox.poll_full(60), None, "the end is held");
        assert!(inbox.poll_full(50).is_some());
    }

    #[test]
    fn a_read_is_a_message_unless_it_is_full_or_ends_inside_a_character() {
        let read = |inbox: &mut Inbox, at: u32, bytes: &[u8]| {
            inbox.push(MS * at, bytes);
            let message = inbox.poll_read(bytes.len(), 0);
            message.map(|message| String::from_utf8(message).unwrap())
        };
        let mut inbox = Inbox::default();
        assert_eq!(read(&mut inbox, 1, b"ana").as_deref(), Some("ana"));
        assert_eq!(read(&mut inbox, 1, b"oi").as_deref(), Some("oi"));
        assert_eq!(read(&mut inbox, 2, b"ol\xc3"), None);
        assert_eq!(read(&mut inbox, 3, b"\xa1").as_deref(), Some("olá"));
        let long = "x".repeat(2500);
        assert_eq!(read(&mut inbox, 4, &long.as_bytes()[..1024]), None);
        assert_eq!(read(&mut inbox, 4, &long.as_bytes()[1024..2048]), None);
        assert_eq!(read(&mut inbox, 4, &long.as_bytes()[2048..]), Some(long));
        // A silence ends what goes on, and so does a length.
        assert_eq!(read(&mut inbox, 5, &[b'y'; 1024]), None);
        assert_eq!(inbox.poll_silent(MS * 55, SILENCE).unwrap().len(), 1024);
        let pieces = (0..64).filter_map(|_| read(&mut inbox, 60, &[b'z'; 1024]));
        assert_eq!(
            pieces.map(|piece| piece.len()).collect::<Vec<_>>(),
            [65_536]
        );
    }

    #[test]
    fn unfinished_characters_are_known_by_their_first_byte() {
        let cases = [
            (&b"a"[..], 0),
            ("é".as_bytes(), 0),
            (b"a\xc3", 1),
            (b"\xf0\x9f\x98", 3),
            (b"\xe2\x82", 2),
            (b"\x82\x82\x82\x82", 0),
            (b"", 0),
        ];
        for (bytes, unfinished) in cases {
            assert_eq!(unfinished_bytes(bytes), unfinished, "{bytes:?}");
        }
    }
}
