//! How `lab` shows bytes: in the rows of a dump, or quoted in a sentence.

use std::net::SocketAddr;
use std::time::Duration;

use crate::protocol::message::is_hazard;
use crate::text::{Lang, say};

/// The direction of traced bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceDirection {
    /// From us.
    Sent,
    /// To us.
    Received,
}

/// The line above the dump of sent or received bytes, with the time since the connection began.
/// [`dump`] makes the rows.
#[must_use]
pub fn traced(
    lang: Lang,
    peer: SocketAddr,
    after: Duration,
    direction: TraceDirection,
    bytes: &[u8],
) -> String {
    let (count, time_ms, micros) = (bytes.len(), after.as_millis(), after.subsec_micros() % 1000);
    match direction {
        TraceDirection::Sent => say!(
            lang,
            "{time_ms}.{micros:03} ms: {count} bytes to {peer}",
            "{time_ms}.{micros:03} ms: {count} bytes para {peer}",
        ),
        TraceDirection::Received => say!(
            lang,
            "{time_ms}.{micros:03} ms: {count} bytes from {peer}",
            "{time_ms}.{micros:03} ms: {count} bytes de {peer}",
        ),
    }
}

/// Bytes in one row of a dump.
const ROW_BYTES: usize = 16;

/// A dump in rows: the offset, hexadecimal pairs, and the text. A character of several bytes stands
/// at its first one.
pub fn dump(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    let shown = shown_bytes(bytes);
    bytes
        .chunks(ROW_BYTES)
        .enumerate()
        .map(move |(row, chunk)| {
            let at = row * ROW_BYTES;
            let pairs: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
            let text = shown.get(at..at + chunk.len()).unwrap_or_default();
            let text: String = text.iter().collect();
            format!("  {at:04x}  {:47}  {text}", pairs.join(" "))
        })
}

/// One character for each byte; a dot if the byte has none.
fn shown_bytes(bytes: &[u8]) -> Vec<char> {
    let mut shown = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            let is_plain = !is_hazard(character) && !character.is_control();
            shown.push(if is_plain { character } else { '.' });
            shown.extend(std::iter::repeat_n('.', character.len_utf8() - 1));
        }
        shown.extend(std::iter::repeat_n('.', chunk.invalid().len()));
    }
    shown
}

/// Most bytes of a message that are quoted.
const QUOTED_MAX_BYTES: usize = 256;

/// Bytes for a sentence: text in quotes, anything else as hexadecimal pairs.
pub(super) fn readable(bytes: &[u8]) -> String {
    let (head, end) = match bytes.get(..QUOTED_MAX_BYTES) {
        Some(head) => (head, "…"),
        None => (bytes, ""),
    };
    // The limit may fall inside a character.
    let text = match str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if !end.is_empty() && error.error_len().is_none() => {
            str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).ok()
        }
        Err(_) => None,
    };
    match text.filter(|text| !text.contains(['\0', '\u{1}', '\u{2}'])) {
        Some(text) => format!("'{text}'{end}"),
        None => {
            let pairs: Vec<String> = head.iter().map(|byte| format!("{byte:02x}")).collect();
            pairs.join(" ") + end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_shown_in_its_row() {
        let rows: Vec<String> = dump("olá, turma\n\u{1}\u{202e}é".as_bytes()).collect();
        let first = "  0000  6f 6c c3 a1 2c 20 74 75 72 6d 61 0a 01 e2 80 ae  olá., turma.....";
        assert_eq!(rows, [first, &format!("  0010  {:47}  é.", "c3 a9")]);
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(dump(&all).count(), 16);
    }

    #[test]
    fn bytes_are_text_or_pairs() {
        assert_eq!(readable("olá".as_bytes()), "'olá'");
        assert_eq!(readable(&10_i32.to_le_bytes()), "0a 00 00 00");
        assert_eq!(readable(b"\xff\xfe"), "ff fe");
        assert_eq!(
            readable("é".repeat(200).as_bytes()),
            format!("'{}'…", "é".repeat(128))
        );
    }
}
