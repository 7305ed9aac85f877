//! TR2.23, the wire of the course's hub: `sender | destination | operation | data`, at most 1024
//! bytes of UTF-8, over TCP. The report's programs take one `recv(1024)` for one message.
//!
//! # Between two programs of ours
//!
//! A joining client answers the hub's `server | client | name | no data` with its name and, in a
//! fifth field, an offer: `ana | server | name | ana | roda1`. The report's server reads the fourth
//! field and ignores the fifth. Our hub answers the offer with the marker of `wire::stream`, and
//! from there on both sides send line frames of that wire, one message each. A client sends nothing
//! between its answer and the hub's next message, so the switch is unambiguous: a marker there
//! means frames, anything else means the report's wire.
//!
//! # Ambiguities, and how they are resolved
//!
//! - The data is everything after the third separator, including any further ` | `. The report's
//!   programs show only the part before the next one. Names and operations cannot contain one.
//! - A message without data (`ana | server | exit`) is valid; a text with fewer fields is no
//!   message.
//! - Merged messages of a naive sender are split where a new one visibly begins: its own name, a
//!   destination and an operation that the report knows. Data that imitates this is split too.
//! - A message that lacks fields when silence falls may have been split by TCP, so the reader waits
//!   longer for the rest.
//! - Of a message longer than 1024 bytes, the first 1024 count, as with one `recv`. What follows
//!   without a silence belongs to it and is dropped, so that it is never taken for a message.

use std::borrow::Cow;

use super::quiet;
use crate::protocol::message::split_within;

/// Longest message, in bytes.
pub const MESSAGE_MAX_BYTES: usize = quiet::MESSAGE_MAX_BYTES;

/// Longest beginning of a message that is looked for among merged ones, in bytes: a destination and
/// an operation. Names have at most 32 bytes.
pub const BEGINNING_MAX_BYTES: usize = 128;

/// Separates two fields.
pub const SEPARATOR: &str = " | ";

/// The hub's own name, which no client may take.
pub const SERVER: &str = "server";

/// Fills the data field of a message without data.
pub const NO_DATA: &str = "no data";

/// The fifth field, by which a client offers to speak frames.
pub const OFFER: &str = "roda1";

/// The destination of broadcasts. The operation alone decides who gets them.
pub const ALL_CLIENTS: &str = "all clients";

/// The data of the hub's last message to everybody when it closes.
pub const SERVER_CLOSED: &str = "server closed";

/// The operations, as the wire spells them. The last two are ours.
pub mod operation {
    /// The hub asks for a name, and the client answers with it.
    pub const NAME: &str = "name";
    /// The name is accepted.
    pub const CONFIRMATION: &str = "connection_confirmation";
    /// The name is refused, and the connection closes.
    pub const CONNECTION_ERROR: &str = "connection_error";
    /// Sent back to the sender.
    pub const ECHO: &str = "echo";
    /// Asks who is connected.
    pub const LIST: &str = "list_clients";
    /// Sent to one client.
    pub const PRIVATE: &str = "private_message";
    /// Sent to everybody.
    pub const BROADCAST: &str = "broadcast";
    /// Sent to everybody but the sender.
    pub const BROADCAST_NOT_ME: &str = "broadcast_not_me";
    /// The sender leaves.
    pub const EXIT: &str = "exit";
    /// Asks the hub to end.
    pub const CLOSE: &str = "close_server";
    /// The report's client sends this for a choice that its menu does not have.
    pub const UNKNOWN: &str = "Unknown operation";
    /// The hub's answer to that.
    pub const UNKNOWN_REPLY: &str = "Unknown_operation";
    /// A moderator is asked for a proof, and gives it.
    pub const MODERATOR: &str = "moderator";
    /// A moderator removes a client.
    pub const REMOVE: &str = "remove";

    /// All operations.
    pub const ALL: [&str; 14] = [
        NAME,
        CONFIRMATION,
        CONNECTION_ERROR,
        ECHO,
        LIST,
        PRIVATE,
        BROADCAST,
        BROADCAST_NOT_ME,
        EXIT,
        CLOSE,
        UNKNOWN,
        UNKNOWN_REPLY,
        MODERATOR,
        REMOVE,
    ];
}

/// A decoded message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'m> {
    /// The sender.
    pub from: &'m str,
    /// The destination.
    pub to: &'m str,
    /// The operation.
    pub operation: &'m str,
    /// The data, if there is any.
    pub data: Option<&'m str>,
}

impl<'m> Message<'m> {
    /// Decodes a message; `None` if it has fewer than three fields.
    #[must_use]
    pub fn read(text: &'m str) -> Option<Self> {
        let mut fields = text.splitn(4, SEPARATOR);
        Some(Self {
            from: fields.next()?,
            to: fields.next()?,
            operation: fields.next()?,
            data: fields.next(),
        })
    }

    /// Encodes a message, and cuts it at [`MESSAGE_MAX_BYTES`] between two characters.
    #[must_use]
    pub fn write(&self) -> String {
        let &Self {
            from,
            to,
            operation,
            data,
        } = self;
        let fields = [from, to, operation, data.unwrap_or(NO_DATA)];
        cut(fields.join(SEPARATOR))
    }
}

/// Cuts a message at [`MESSAGE_MAX_BYTES`] between two characters.
#[must_use]
pub fn cut(mut message: String) -> String {
    let (fitting, _) = split_within(&message, MESSAGE_MAX_BYTES);
    let fitting = fitting.len();
    message.truncate(fitting);
    message
}

/// Bytes left for data in a message with these other fields.
#[must_use]
pub fn data_room(from: &str, to: &str, operation: &str) -> usize {
    let taken = from.len() + to.len() + operation.len() + 3 * SEPARATOR.len();
    MESSAGE_MAX_BYTES.saturating_sub(taken)
}

/// Returns the message with the sender's own name in the first field, so that nobody speaks as
/// another.
#[must_use]
pub fn in_the_name_of<'m>(sender: &str, message: &'m str) -> Cow<'m, str> {
    match message.split_once(SEPARATOR) {
        Some((from, rest)) if from != sender => cut([sender, rest].join(SEPARATOR)).into(),
        _ => message.into(),
    }
}

/// Whether a message that may have been split has all its fields.
#[must_use]
pub fn is_complete(message: &[u8]) -> bool {
    let mut rest = message;
    for _ in 0..3 {
        let Some(at) = find_separator(rest) else {
            return false;
        };
        rest = rest.get(at + SEPARATOR.len()..).unwrap_or_default();
    }
    true
}

/// Whether a message of one of these senders visibly begins here.
#[must_use]
pub fn begins(bytes: &[u8], senders: &[&str]) -> bool {
    let head = bytes.get(..BEGINNING_MAX_BYTES).unwrap_or(bytes);
    find_separator(head).is_some_and(|end| {
        let (from, rest) = bytes.split_at(end);
        let is_sender = senders.iter().any(|name| name.as_bytes() == from);
        is_sender && is_addressed(rest.get(SEPARATOR.len()..).unwrap_or_default())
    })
}

/// Whether these bytes are a destination and a known operation, perhaps with data.
fn is_addressed(bytes: &[u8]) -> bool {
    let head = bytes.get(..BEGINNING_MAX_BYTES).unwrap_or(bytes);
    let Some(at) = find_separator(head) else {
        return false;
    };
    let rest = head.get(at + SEPARATOR.len()..).unwrap_or_default();
    let operation = find_separator(rest).map_or(Some(rest), |end| rest.get(..end));
    operation.is_some_and(|given| operation::ALL.iter().any(|known| known.as_bytes() == given))
}

/// Finds where the next message of one of these senders visibly begins, after the first byte. A
/// search that finds nothing reads each byte at most [`BEGINNING_MAX_BYTES`] times.
#[must_use]
pub fn next_beginning(bytes: &[u8], senders: &[&str]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes.get(from..).and_then(find_separator) {
        let (head, rest) = bytes.split_at(from + at);
        from += at + SEPARATOR.len();
        let named = senders
            .iter()
            .filter(|name| head.ends_with(name.as_bytes()));
        // If two names fit, the longer one is the sender: the other would begin inside it.
        let Some(longest) = named.map(|name| name.len()).max() else {
            continue;
        };
        let begin = head.len() - longest;
        // No later separator belongs to an earlier beginning, because no sender contains one.
        if begin > 0 && is_addressed(rest.get(SEPARATOR.len()..).unwrap_or_default()) {
            return Some(begin);
        }
    }
    None
}

fn find_separator(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message<'m>(from: &'m str, to: &'m str, operation: &'m str, data: &'m str) -> Message<'m> {
        Message {
            from,
            to,
            operation,
            data: Some(data),
        }
    }

    #[test]
    fn the_report_s_form_is_kept_byte_for_byte() {
        let asking = Message {
            data: None,
            ..message(SERVER, "client", operation::NAME, "")
        };
        assert_eq!(asking.write(), "server | client | name | no data");
        let said = "ana | bia | private_message | oi | tudo bem?";
        let read = message("ana", "bia", "private_message", "oi | tudo bem?");
        assert_eq!(Message::read(said), Some(read));
        assert_eq!(read.write(), said);
        assert_eq!(Message::read("ana | server"), None);
        let exit = Message::read("ana | server | exit").unwrap();
        assert_eq!((exit.operation, exit.data), ("exit", None));
    }

    #[test]
    fn nobody_speaks_as_another() {
        let said = "bia | all clients | broadcast | oi";
        assert_eq!(in_the_name_of("bia", said), said);
        assert_eq!(
            in_the_name_of("ana", said),
            "ana | all clients | broadcast | oi"
        );
        let long = format!("b | x | broadcast | {}", "é".repeat(502));
        assert_eq!(long.len(), 1024);
        let renamed = in_the_name_of("carla", &long);
        assert_eq!(renamed.len(), 1024);
        assert!(renamed.ends_with('é'));
    }

    #[test]
    fn merged_messages_are_taken_apart_where_one_visibly_begins() {
        let merged = "ana | server | list_clients | no dataana | ana | echo | banana | x";
        let begin = next_beginning(merged.as_bytes(), &["ana"]).unwrap();
        assert_eq!(&merged[begin..], "ana | ana | echo | banana | x");
        assert_eq!(next_beginning(&merged.as_bytes()[begin..], &["ana"]), None);
        let from_hub = "server | ana | echo | oiserver | ana | exit | no data";
        assert_eq!(
            next_beginning(from_hub.as_bytes(), &["ana", SERVER]),
            Some(24)
        );
        let both = "x | y | echo | oimariana | ana | echo | z";
        let begin = next_beginning(both.as_bytes(), &["ana", "mariana"]).unwrap();
        assert!(both[begin..].starts_with("mariana"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            from in "[a-zé]{1,9}", to in "([a-z]([a-z ]{0,7}[a-z])?)?",
            operation in "[a-z_]{1,9}", data in "\\PC{0,80}",
        ) {
            let said = message(&from, &to, &operation, &data);
            let written = said.write();
            prop_assert_eq!(Message::read(&written), Some(said));
        }

        #[test]
        fn two_merged_messages_come_apart_at_the_seam(
            first in "[a-z]{0,40}", second in "\\PC{0,40}",
        ) {
            let one = message("ana", "bia", operation::PRIVATE, &first).write();
            let two = message("ana", ALL_CLIENTS, operation::BROADCAST, &second).write();
            let merged = one.clone() + &two;
            prop_assert_eq!(next_beginning(merged.as_bytes(), &["ana"]), Some(one.len()));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}", name in "\\PC{0,4}") {
            let _ = Message::read(&text);
            let _ = next_beginning(text.as_bytes(), &[&name, SERVER]);
            prop_assert!(in_the_name_of(&name, &text).len() <= MESSAGE_MAX_BYTES.max(text.len()));
        }
    }
}
