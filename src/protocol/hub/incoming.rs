//! What comes from the other side of a hub's connection, as messages: by the quiet rule until
//! frames are agreed on, and then exactly.

use std::time::Duration;

use crate::protocol::message::split_within;
use crate::protocol::wire::quiet::{Inbox, SILENCE};
use crate::protocol::wire::stream::{Deframer, Frame, TooLong};
use crate::protocol::wire::tr2::{
    MESSAGE_MAX_BYTES, OFFER, SEPARATOR, begins, is_complete, next_beginning,
};

/// How long a message that lacks fields is waited for: the network may have split it.
const UNFINISHED_SILENCE: Duration = Duration::from_secs(1);

/// What is kept of the rest of a message that is too long, to see where the next one begins: more
/// than a beginning takes.
const TAIL_KEPT_BYTES: usize = 256;

/// Bytes on their way to be messages.
#[derive(Debug)]
pub(super) enum Incoming {
    /// Of a program that takes one `recv` for one message.
    Naive {
        inbox: Inbox,
        /// Whether what comes is the rest of a message that was too long.
        is_tail: bool,
    },
    /// Of one of us.
    Framed {
        deframer: Deframer,
        message_max_bytes: usize,
    },
}

impl Default for Incoming {
    fn default() -> Self {
        Self::Naive {
            inbox: Inbox::default(),
            is_tail: false,
        }
    }
}

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A message, uncleaned.
    Message(String),
    /// The rest of a message that was too long; it is dropped.
    Tail,
}

impl Incoming {
    /// From here on, frames. What came before and was not polled belongs to them.
    pub(super) fn expect_frames(&mut self, message_max_bytes: usize) {
        let mut deframer = Deframer::default();
        deframer.push(self.waiting());
        *self = Self::Framed {
            deframer,
            message_max_bytes,
        };
    }

    /// Adds bytes.
    pub(super) fn push(&mut self, now: Duration, bytes: &[u8]) {
        match self {
            Self::Naive { inbox, .. } => inbox.push(now, bytes),
            Self::Framed { deframer, .. } => deframer.push(bytes),
        }
    }

    /// The next message, in which the senders that may begin one are known.
    ///
    /// # Errors
    /// A frame longer than frames may be.
    pub(super) fn poll(
        &mut self,
        now: Duration,
        senders: &[&str],
    ) -> Result<Option<Heard>, TooLong> {
        match self {
            Self::Framed {
                deframer,
                message_max_bytes,
            } => poll_frames(deframer, *message_max_bytes),
            Self::Naive { inbox, is_tail } => Ok(poll_naive(inbox, is_tail, now, senders)),
        }
    }

    /// Takes what is left for a message: nothing more will come.
    pub(super) fn poll_end(&mut self) -> Option<String> {
        match self {
            Self::Naive {
                inbox,
                is_tail: false,
            } => {
                let rest = inbox.take_all();
                (!rest.is_empty()).then(|| mend(&rest, MESSAGE_MAX_BYTES))
            }
            _ => None,
        }
    }

    /// What has come and is no message yet.
    pub(super) fn waiting(&self) -> &[u8] {
        match self {
            Self::Naive { inbox, .. } => inbox.bytes(),
            Self::Framed { .. } => &[],
        }
    }

    /// Takes the first bytes away, which were understood otherwise.
    pub(super) fn take(&mut self, bytes: usize) {
        if let Self::Naive { inbox, .. } = self {
            inbox.split_to(bytes);
        }
    }

    /// When to poll again, if nothing comes.
    pub(super) fn next_time(&self) -> Option<Duration> {
        match self {
            Self::Naive { inbox, .. } => inbox.next_time(silence(inbox.bytes())),
            Self::Framed { .. } => None,
        }
    }
}

fn poll_frames(
    deframer: &mut Deframer,
    message_max_bytes: usize,
) -> Result<Option<Heard>, TooLong> {
    while let Some(frame) = deframer.poll()? {
        // Nothing else is said between hub and client.
        if let Frame::Line(line) = frame {
            let payload_bytes = line.len();
            return match payload_bytes <= message_max_bytes {
                true => Ok(Some(Heard::Message(mend(line, message_max_bytes)))),
                false => Err(TooLong { payload_bytes }),
            };
        }
    }
    Ok(None)
}

fn poll_naive(
    inbox: &mut Inbox,
    is_tail: &mut bool,
    now: Duration,
    senders: &[&str],
) -> Option<Heard> {
    let text = String::from_utf8_lossy(inbox.bytes());
    // Where bytes had to be mended, a place in the text is none in the bytes.
    let is_exact = text.len() == inbox.bytes().len();
    let next = next_beginning(&text, senders).filter(|_| is_exact);
    let is_silent = inbox
        .next_time(silence(inbox.bytes()))
        .is_some_and(|at| now >= at);
    if *is_tail {
        *is_tail = !(is_silent || next.is_some() || begins(&text, senders));
        let end = match next {
            _ if begins(&text, senders) => return poll_naive(inbox, is_tail, now, senders),
            Some(next) => next,
            None if is_silent => inbox.bytes().len(),
            None => inbox.bytes().len().saturating_sub(TAIL_KEPT_BYTES),
        };
        return (!inbox.split_to(end).is_empty()).then_some(Heard::Tail);
    }
    if let Some(next) = next.filter(|next| *next <= MESSAGE_MAX_BYTES) {
        return Some(Heard::Message(mend(
            &inbox.split_to(next),
            MESSAGE_MAX_BYTES,
        )));
    }
    if is_offer(&text) {
        return Some(Heard::Message(mend(&inbox.take_all(), MESSAGE_MAX_BYTES)));
    }
    if let Some(full) = inbox.poll_full(0) {
        *is_tail = true;
        return Some(Heard::Message(mend(&full, MESSAGE_MAX_BYTES)));
    }
    let whole = inbox.poll_silent(now, silence(inbox.bytes()))?;
    Some(Heard::Message(mend(&whole, MESSAGE_MAX_BYTES)))
}

/// Whoever offers frames says nothing behind the offer before it is answered: no silence need show
/// that the message is whole.
fn is_offer(text: &str) -> bool {
    text.strip_suffix(OFFER)
        .and_then(|rest| rest.strip_suffix(SEPARATOR))
        .is_some_and(is_complete)
}

/// The silence that ends a message, by what has come of it.
fn silence(bytes: &[u8]) -> Duration {
    match is_complete(&String::from_utf8_lossy(bytes)) {
        true => SILENCE,
        false => UNFINISHED_SILENCE,
    }
}

/// A message as text. A Python program would end at bytes that are not UTF-8, so they are not
/// passed on; and mending makes them longer.
fn mend(bytes: &[u8], message_max_bytes: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    split_within(&text, message_max_bytes).0.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);
    const LIST: &str = "ana | server | list_clients | no data";

    fn message(text: &str) -> Option<Heard> {
        Some(Heard::Message(text.to_owned()))
    }

    fn poll(incoming: &mut Incoming, at_ms: u32) -> Option<Heard> {
        incoming.poll(MS * at_ms, &["ana"]).unwrap()
    }

    #[test]
    fn a_message_is_whole_at_a_silence() {
        let mut incoming = Incoming::default();
        incoming.push(MS, LIST.as_bytes());
        assert_eq!(poll(&mut incoming, 50), None);
        assert_eq!(incoming.next_time(), Some(MS * 51));
        assert_eq!(poll(&mut incoming, 51), message(LIST));
        assert_eq!(incoming.next_time(), None);
    }

    #[test]
    fn a_message_that_the_network_split_is_waited_for() {
        for at in 1..LIST.len() {
            let mut incoming = Incoming::default();
            incoming.push(MS, &LIST.as_bytes()[..at]);
            let is_whole_by_looks = is_complete(&LIST[..at]);
            if !is_whole_by_looks {
                assert_eq!(poll(&mut incoming, 500), None, "split at {at}");
            }
            incoming.push(MS * 30, &LIST.as_bytes()[at..]);
            assert_eq!(poll(&mut incoming, 80), message(LIST), "split at {at}");
        }
        let mut incoming = Incoming::default();
        incoming.push(MS, b"hello");
        assert_eq!(poll(&mut incoming, 1001), message("hello"));
    }

    #[test]
    fn merged_messages_come_one_by_one() {
        let mut incoming = Incoming::default();
        incoming.push(MS, format!("{LIST}{LIST}").as_bytes());
        assert_eq!(poll(&mut incoming, 1), message(LIST));
        assert_eq!(poll(&mut incoming, 1), None);
        assert_eq!(poll(&mut incoming, 51), message(LIST));
    }

    #[test]
    fn of_a_message_that_is_too_long_the_rest_is_no_message() {
        let long = format!("ana | bia | private_message | {}", "x".repeat(3000));
        let mut incoming = Incoming::default();
        incoming.push(MS, long.as_bytes());
        assert_eq!(poll(&mut incoming, 1), message(&long[..1024]));
        assert_eq!(poll(&mut incoming, 1), Some(Heard::Tail));
        assert_eq!(poll(&mut incoming, 1), None);
        incoming.push(MS * 2, LIST.as_bytes());
        assert_eq!(poll(&mut incoming, 2), Some(Heard::Tail));
        assert_eq!(poll(&mut incoming, 52), message(LIST));
        // Or a silence ends it.
        incoming.push(MS * 60, long.as_bytes());
        assert_eq!(poll(&mut incoming, 60), message(&long[..1024]));
        assert_eq!(poll(&mut incoming, 1060), Some(Heard::Tail));
        assert_eq!(poll(&mut incoming, 1061), None);
        incoming.push(MS * 1070, LIST.as_bytes());
        assert_eq!(poll(&mut incoming, 1120), message(LIST));
    }

    #[test]
    fn an_offer_is_whole_at_once() {
        let mut incoming = Incoming::default();
        incoming.push(MS, b"ana | server | name | ana | roda1");
        assert_eq!(
            poll(&mut incoming, 1),
            message("ana | server | name | ana | roda1")
        );
    }

    #[test]
    fn frames_are_exact_and_too_long_ones_end_it() {
        use crate::protocol::wire::stream::encode_line;
        let mut incoming = Incoming::default();
        let mut bytes = Vec::new();
        encode_line(LIST, &mut bytes);
        encode_line(LIST, &mut bytes);
        encode_line(&"x".repeat(1025), &mut bytes);
        incoming.push(MS, &bytes[..3]);
        incoming.expect_frames(MESSAGE_MAX_BYTES);
        incoming.push(MS, &bytes[3..]);
        assert_eq!(poll(&mut incoming, 1), message(LIST));
        assert_eq!(poll(&mut incoming, 1), message(LIST));
        assert!(incoming.poll(MS, &[]).is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_bounded_and_never_panics(
            pieces in vec(vec(any::<u8>(), 0..900), 0..20),
            gap_ms in 0_u32..80,
        ) {
            let mut incoming = Incoming::default();
            let mut now_ms = 0;
            for piece in pieces {
                incoming.push(MS * now_ms, &piece);
                while let Some(heard) = poll(&mut incoming, now_ms) {
                    if let Heard::Message(text) = heard {
                        prop_assert!(text.len() <= MESSAGE_MAX_BYTES);
                    }
                }
                prop_assert!(incoming.waiting().len() < 2 * MESSAGE_MAX_BYTES);
                now_ms += gap_ms;
            }
        }
    }
}
