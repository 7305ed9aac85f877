//! The quiet rule: how to speak over TCP with a program that takes one `recv(1024)` for one
//! message. TCP merges what is sent close together, so one message is sent at a time, the next
//! only when the other host has acknowledged all and a pause has passed; and incoming bytes are
//! one message at 1024 bytes, at a silence, or at the end. While a message is coming in, none is
//! sent, so that the answer to ours does not run into it.
//!
//! What stays ambiguous: two messages that the other side sends within one silence, or a message
//! that the network stretches over a longer one, cannot be told apart by anybody. A peer that is
//! not reading at all (Python waiting in `input()`) still finds our messages merged in its own
//! host's buffer.

use std::collections::VecDeque;
use std::time::Duration;

/// What one `recv` of a course program takes, in bytes.
pub const MESSAGE_MAX_BYTES: usize = 1024;

/// Shortest time between two of our messages.
pub const PAUSE: Duration = Duration::from_millis(25);

/// Silence after which incoming bytes are a message.
pub const SILENCE: Duration = Duration::from_millis(50);

/// How often to look again whether the other host has acknowledged.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Messages on their way to a naive peer, one at a time.
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
    /// Queues a message, mostly of at most [`MESSAGE_MAX_BYTES`], as it will stand on the wire.
    pub fn push(&mut self, message: M) {
        self.queue.push_back(message);
    }

    /// The next message, if it may go now. `is_acknowledged` tells whether the other host has
    /// acknowledged all that was sent before.
    pub fn poll(&mut self, now: Duration, is_acknowledged: bool) -> Option<M> {
        let is_quiet = self
            .sent_at
            .is_none_or(|sent_at| is_acknowledged && now >= sent_at + PAUSE);
        if !is_quiet {
            return None;
        }
        let message = self.queue.pop_front()?;
        self.sent_at = Some(now);
        Some(message)
    }

    /// When to poll again, if anything is queued.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        self.queue.front()?;
        let due = self.sent_at.map_or(now, |sent_at| sent_at + PAUSE);
        Some(if due > now { due } else { now + LOOK_AGAIN })
    }

    /// Whether nothing is queued.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes back what was not sent.
    pub fn take_back(&mut self) -> VecDeque<M> {
        std::mem::take(&mut self.queue)
    }
}

/// Bytes from a naive peer, on their way to be messages.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    begun_at: Duration,
    heard_at: Duration,
}

impl Inbox {
    /// Adds bytes that came now.
    pub fn push(&mut self, now: Duration, bytes: &[u8]) {
        if self.bytes.is_empty() {
            self.begun_at = now;
        }
        self.bytes.extend_from_slice(bytes);
        self.heard_at = now;
    }

    /// A message that is whole because it is as long as a message may be. `held_bytes` at the end
    /// are not to be touched yet. A character is not cut in two.
    pub fn poll_full(&mut self, held_bytes: usize) -> Option<Vec<u8>> {
        if self.bytes.len().saturating_sub(held_bytes) < MESSAGE_MAX_BYTES {
            return None;
        }
        let head = self.bytes.get(..MESSAGE_MAX_BYTES)?;
        let end = MESSAGE_MAX_BYTES - unfinished_bytes(head);
        Some(self.split_to(end))
    }

    /// A message that is whole because nothing followed it for `silence`.
    pub fn poll_silent(&mut self, now: Duration, silence: Duration) -> Option<Vec<u8>> {
        let is_silent = !self.bytes.is_empty() && now >= self.heard_at + silence;
        is_silent.then(|| self.take_all())
    }

    /// When bytes that wait now are a message.
    #[must_use]
    pub fn next_time(&self, silence: Duration) -> Option<Duration> {
        (!self.bytes.is_empty()).then(|| self.heard_at + silence)
    }

    /// When the bytes that wait began to come, if there are any.
    #[must_use]
    pub fn begun_at(&self) -> Option<Duration> {
        (!self.bytes.is_empty()).then_some(self.begun_at)
    }

    /// The bytes that wait.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the first bytes away.
    pub fn split_to(&mut self, end: usize) -> Vec<u8> {
        let rest = self.bytes.split_off(end.min(self.bytes.len()));
        std::mem::replace(&mut self.bytes, rest)
    }

    /// Takes all bytes away.
    pub fn take_all(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// How many bytes at the end begin a UTF-8 character without finishing it.
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
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn one_message_goes_at_a_time() {
        let mut outbox: Outbox = Outbox::default();
        outbox.push("um".into());
        outbox.push("dois".into());
        assert_eq!(
            outbox.poll(MS, false).as_deref(),
            Some("um"),
            "the first needs no pause"
        );
        assert_eq!(outbox.poll(MS * 10, true), None, "the pause has not passed");
        assert_eq!(outbox.next_time(MS * 10), Some(MS * 26));
        assert_eq!(outbox.poll(MS * 26, false), None, "not acknowledged");
        assert_eq!(outbox.next_time(MS * 26), Some(MS * 31));
        assert_eq!(outbox.poll(MS * 31, true).as_deref(), Some("dois"));
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
