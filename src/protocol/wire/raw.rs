//! The raw wire: section 2 of the course's practice 03, before JSON. The whole datagram is UTF-8
//! text of at most [`DATAGRAM_MAX_BYTES`]; it carries no name.

use super::Fault;
use super::pieces::Pieces;
use super::plain::DATAGRAM_MAX_BYTES;

/// Cuts a text into pieces, each of which is the payload of one datagram.
#[must_use]
pub fn pieces(text: &str) -> Pieces<'_> {
    Pieces::new(text, DATAGRAM_MAX_BYTES, char::len_utf8)
}

/// Decodes one datagram.
///
/// # Errors
/// [`Fault::NotUtf8`], the only possible fault here.
pub fn decode(datagram: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(datagram).map_err(|_| Fault::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(decode(b"ol\xe1"), Err(Fault::NotUtf8));
        assert_eq!(decode(b""), Ok(""));
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in r"(\PC| ){0,3000}") {
            let datagrams: Vec<&str> = pieces(&text).collect();
            prop_assert!(datagrams.iter().all(|piece| piece.len() <= DATAGRAM_MAX_BYTES));
            let back: String = datagrams.iter().map(|d| decode(d.as_bytes()).unwrap()).collect();
            prop_assert_eq!(back, text);
        }
    }
}
