//! `uppercase`: the client sends a text, the server sends it back in upper case and closes. The
//! document's server handles ASCII; ours accepts any letters, unless a flag makes it follow the
//! document. A server that leaves other letters unchanged is right too.

use super::{Act, Dialogue, Expected, answered, ended_early, unexpected};

/// Which letters a server accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// Any letters.
    Any,
    /// ASCII only, as in the document.
    Ascii,
}

/// The server's side.
#[derive(Debug)]
pub struct Server {
    /// Which letters the server accepts.
    pub letters: Letters,
}

impl Dialogue for Server {
    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match str::from_utf8(message) {
            Ok(text) if text.is_ascii() || self.letters == Letters::Any => {
                vec![Act::Send(text.to_uppercase().into()), Act::Close]
            }
            Ok(_) => unexpected(Expected::Ascii, message),
            Err(_) => unexpected(Expected::Text, message),
        }
    }
}

/// The client's side, which sends this text.
#[derive(Debug)]
pub struct Client(pub String);

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Send(self.0.clone().into())]
    }

    /// Some letters become longer in upper case.
    fn message_max_bytes(&self) -> usize {
        3 * super::MESSAGE_MAX_BYTES
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match str::from_utf8(message) {
            Ok(text) if text == self.0.to_ascii_uppercase() => {
                vec![Act::show(text), Act::Close]
            }
            Ok(text) => answered(text.to_owned(), self.0.to_uppercase()),
            Err(_) => unexpected(Expected::Text, message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::Answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_language_have_capitals_unless_ascii_is_asked_for() {
        let answer = |letters, text: &str| Server { letters }.on_message(text.as_bytes());
        let upper = |text: &str| vec![Act::Send(text.into()), Act::Close];
        assert_eq!(answer(Letters::Any, "ação ß"), upper("AÇÃO SS"));
        assert_eq!(answer(Letters::Ascii, "oi, 2!"), upper("OI, 2!"));
        assert_eq!(
            answer(Letters::Ascii, "é"),
            unexpected(Expected::Ascii, "é".as_bytes())
        );
        let not_text = Server {
            letters: Letters::Any,
        }
        .on_message(b"\xff");
        assert_eq!(not_text, unexpected(Expected::Text, b"\xff"));
    }
}
