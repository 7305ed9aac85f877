//! Cuts the bytes of a hub's connection, at either end of it, into messages: by the quiet rule
//! until frames are agreed on, and exactly from then on.

use std::time::Duration;

use crate::protocol::message::split_within;
use crate::protocol::wire::quiet::{Inbox, SILENCE};
use crate::protocol::wire::stream::{Deframer, Frame, TooLong};
use crate::protocol::wire::tr2::{
    BEGINNING_MAX_BYTES, MESSAGE_MAX_BYTES, OFFER, SEPARATOR, begins, is_complete, next_beginning,
};

/// Silence that ends a message which lacks fields. It is long, because the network may have split
/// the message.
const UNFINISHED_SILENCE: Duration = Duration::from_secs(1);

/// Bytes kept at the end of a message that is too long, so that the beginning of the next one is
/// found in them: more than a sender and a beginning take.
const TAIL_KEPT_BYTES: usize = 2 * BEGINNING_MAX_BYTES;

/// Bytes in which the end of a message is looked for. However many wait behind them, a message
/// costs no more than a look at these.
const WINDOW_BYTES: usize = MESSAGE_MAX_BYTES + TAIL_KEPT_BYTES;

/// Bytes that are not a message yet.
#[derive(Debug)]
pub(super) enum Incoming {
    /// From a program that takes one `recv` for one message.
    Naive {
        inbox: Inbox,
        /// Whether the bytes continue a message that was too long.
        tail: Tail,
    },
    /// From a program of ours.
    Framed {
        deframer: Deframer,
        message_max_bytes: usize,
    },
}

/// The rest of a message that was too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tail {
    /// There is none.
    #[default]
    None,
    /// What comes now belongs to it, and nothing of it was dropped yet.
    Expected,
    /// It is being dropped, and that was reported.
    Reported,
}

impl Default for Incoming {
    fn default() -> Self {
        Self::Naive {
            inbox: Inbox::default(),
            tail: Tail::None,
        }
    }
}

/// What the bytes contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// A message. Its text may contain control characters.
    Message(String),
    /// The rest of a message that was too long, which is dropped. Reported once.
    Tail,
}

impl Incoming {
    /// From here on, the bytes are frames, the bytes that wait included.
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

    /// The next message. A naive program's messages may come merged; `senders` are the names that
    /// may begin one.
    ///
    /// # Errors
    /// A frame longer than frames may be.
    pub(super) fn poll(
        &mut self,
        now: Duration,
        senders: &[&str],
    ) -> Result<Option<Received>, TooLong> {
        match self {
            Self::Framed {
                deframer,
                message_max_bytes,
            } => poll_frames(deframer, *message_max_bytes),
            Self::Naive { inbox, tail } => Ok(poll_naive(inbox, tail, now, senders)),
        }
    }

    /// Ends the input: what is left is a message.
    pub(super) fn poll_end(&mut self) -> Option<String> {
        match self {
            Self::Naive {
                inbox,
                tail: Tail::None,
            } => {
                let rest = inbox.take_all();
                (!rest.is_empty()).then(|| to_text(&rest, MESSAGE_MAX_BYTES))
            }
            _ => None,
        }
    }

    /// The bytes that are not a message yet.
    pub(super) fn waiting(&self) -> &[u8] {
        match self {
            Self::Naive { inbox, .. } => inbox.bytes(),
            Self::Framed { .. } => &[],
        }
    }

    /// Drops the first bytes, which the caller has handled itself.
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
) -> Result<Option<Received>, TooLong> {
    while let Some(frame) = deframer.poll()? {
        // Hub and client exchange no other frames.
        if let Frame::Line(line) = frame {
            let payload_bytes = line.len();
            return match payload_bytes <= message_max_bytes {
                true => Ok(Some(Received::Message(to_text(line, message_max_bytes)))),
                false => Err(TooLong { payload_bytes }),
            };
        }
    }
    Ok(None)
}

fn poll_naive(
    inbox: &mut Inbox,
    tail: &mut Tail,
    now: Duration,
    senders: &[&str],
) -> Option<Received> {
    if *tail != Tail::None {
        let before = inbox.bytes().len();
        let is_over = skip_tail(inbox, now, senders);
        let is_news = *tail == Tail::Expected && inbox.bytes().len() < before;
        *tail = match (is_over, is_news) {
            (true, _) => Tail::None,
            (false, true) => Tail::Reported,
            (false, false) => *tail,
        };
        if is_news {
            return Some(Received::Tail);
        }
        if !is_over {
            return None;
        }
    }
    let window = window(inbox.bytes());
    let next = next_beginning(window, senders);
    if let Some(next) = next.filter(|next| *next <= MESSAGE_MAX_BYTES) {
        return Some(message(&inbox.split_to(next)));
    }
    if is_offer(inbox.bytes()) {
        return Some(message(&inbox.take_all()));
    }
    if let Some(full) = inbox.poll_full(0) {
        *tail = Tail::Expected;
        return Some(message(&full));
    }
    let whole = inbox.poll_silent(now, silence(inbox.bytes()))?;
    Some(message(&whole))
}

fn message(bytes: &[u8]) -> Received {
    Received::Message(to_text(bytes, MESSAGE_MAX_BYTES))
}

/// The bytes in which the end of the next message is looked for.
fn window(bytes: &[u8]) -> &[u8] {
    bytes.get(..WINDOW_BYTES).unwrap_or(bytes)
}

/// Drops the rest of a message that was too long, as far as it came. Returns whether it is over:
/// at a silence, or where the next message visibly begins.
fn skip_tail(inbox: &mut Inbox, now: Duration, senders: &[&str]) -> bool {
    loop {
        let bytes = inbox.bytes();
        let window = window(bytes);
        let is_last = window.len() == bytes.len();
        if begins(window, senders) {
            return true;
        }
        // A beginning at the very end of the window is seen whole in the next one.
        let is_whole = |next: &usize| is_last || next + TAIL_KEPT_BYTES <= window.len();
        if let Some(next) = next_beginning(window, senders).filter(is_whole) {
            inbox.skip(next);
            return true;
        }
        let silent_at = inbox.next_time(silence(bytes));
        if is_last && silent_at.is_some_and(|at| now >= at) {
            inbox.skip(usize::MAX);
            return true;
        }
        inbox.skip(window.len().saturating_sub(TAIL_KEPT_BYTES));
        if is_last {
            return false;
        }
    }
}

/// Whether the bytes are an offer of frames. Its sender waits for the answer before it sends more,
/// so that the offer is complete without a silence behind it.
fn is_offer(bytes: &[u8]) -> bool {
    let before = bytes.strip_suffix(OFFER.as_bytes());
    let before = before.and_then(|rest| rest.strip_suffix(SEPARATOR.as_bytes()));
    bytes.len() <= MESSAGE_MAX_BYTES && before.is_some_and(is_complete)
}

/// The silence that ends a message which begins with these bytes.
fn silence(bytes: &[u8]) -> Duration {
    match is_complete(window(bytes)) {
        true => SILENCE,
        false => UNFINISHED_SILENCE,
    }
}

/// A message as text. Bytes that are not UTF-8 would end a Python program that received them, so
/// they are replaced. Replacements are longer, so that the text is cut again.
fn to_text(bytes: &[u8], message_max_bytes: usize) -> String {
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

    fn message(text: &str) -> Option<Received> {
        Some(Received::Message(text.to_owned()))
    }

    fn poll(incoming: &mut Incoming, at_ms: u32) -> Option<Received> {
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
            let is_whole_by_looks = is_complete(&LIST.as_bytes()[..at]);
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
        assert_eq!(poll(&mut incoming, 1), Some(Received::Tail));
        assert_eq!(poll(&mut incoming, 1), None);
        incoming.push(MS * 2, LIST.as_bytes());
        assert_eq!(poll(&mut incoming, 2), None, "the rest is reported once");
        assert_eq!(poll(&mut incoming, 52), message(LIST));
        // Or a silence ends it.
        incoming.push(MS * 60, long.as_bytes());
        assert_eq!(poll(&mut incoming, 60), message(&long[..1024]));
        assert_eq!(poll(&mut incoming, 60), Some(Received::Tail));
        assert_eq!(poll(&mut incoming, 1060), None);
        assert!(incoming.waiting().is_empty());
        incoming.push(MS * 1070, LIST.as_bytes());
        assert_eq!(poll(&mut incoming, 1120), message(LIST));
    }

    /// As many as would take hours if each message cost a look at all that wait behind it.
    #[test]
    fn a_message_costs_the_same_however_many_wait_behind_it() {
        let count = 1 << 17;
        let mut incoming = Incoming::default();
        incoming.push(MS, LIST.repeat(count).as_bytes());
        let taken = std::iter::from_fn(|| poll(&mut incoming, 1));
        assert_eq!(
            taken.filter(|m| Some(m) == message(LIST).as_ref()).count(),
            count - 1
        );
        // And a long one that nobody ends is dropped in one go.
        let mut incoming = Incoming::default();
        incoming.push(MS, &vec![b'x'; 1 << 22]);
        incoming.push(MS, LIST.as_bytes());
        let taken: Vec<_> = std::iter::from_fn(|| poll(&mut incoming, 1)).collect();
        assert_eq!(
            taken,
            [message(&"x".repeat(1024)), Some(Received::Tail)].map(Option::unwrap)
        );
        assert_eq!(poll(&mut incoming, 51), message(LIST));
    }

    #[test]
    fn merged_messages_come_apart_although_one_is_no_utf_8() {
        let mut incoming = Incoming::default();
        incoming.push(MS, b"ana | bia | private_message | ol\xe1");
        incoming.push(MS, LIST.as_bytes());
        let broken = "ana | bia | private_message | ol\u{fffd}";
        assert_eq!(poll(&mut incoming, 1), message(broken));
        assert_eq!(poll(&mut incoming, 51), message(LIST));
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
                while let Some(received) = poll(&mut incoming, now_ms) {
                    if let Received::Message(text) = received {
                        prop_assert!(text.len() <= MESSAGE_MAX_BYTES);
                    }
                }
                prop_assert!(incoming.waiting().len() < 2 * MESSAGE_MAX_BYTES);
                now_ms += gap_ms;
            }
        }
    }
}
