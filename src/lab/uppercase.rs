//! `uppercase`: the client sends a text, the server sends it back in upper case and closes. The
//! document does so in ASCII; ours takes any letters, unless told to keep to the document. A server
//! that leaves other letters as they are is right as well.

use super::{Act, Dialogue, Expected, answered, ended_early, unexpected};

/// The server's side.
#[derive(Debug)]
pub struct Server {
    /// Whether only ASCII is taken, as in the document.
    pub is_ascii: bool,
}

impl Dialogue for Server {
    fn hear(&mut self, message: &[u8]) -> Vec<Act> {
        match str::from_utf8(message) {
            Ok(text) if text.is_ascii() || !self.is_ascii => {
                vec![Act::Send(text.to_uppercase().into()), Act::Close]
            }
            Ok(_) => unexpected(Expected::Ascii, message),
            Err(_) => unexpected(Expected::Text, message),
        }
    }
}

/// The client's side, with the text.
#[derive(Debug)]
pub struct Client(pub String);

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Send(self.0.clone().into())]
    }

    /// Some letters have longer capitals.
    fn message_max_bytes(&self) -> usize {
        3 * super::MESSAGE_MAX_BYTES
    }

    fn hear(&mut self, message: &[u8]) -> Vec<Act> {
        match str::from_utf8(message) {
            Ok(text) if text == self.0.to_ascii_uppercase() => {
                vec![Act::Show(text.to_owned()), Act::Close]
            }
            Ok(text) => answered(text.to_owned(), self.0.to_uppercase()),
            Err(_) => unexpected(Expected::Text, message),
        }
    }

    fn end(&mut self) -> Vec<Act> {
        ended_early(Expected::Answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_language_have_capitals_unless_ascii_is_asked_for() {
        let answer = |is_ascii, text: &str| Server { is_ascii }.hear(text.as_bytes());
        let upper = |text: &str| vec![Act::Send(text.into()), Act::Close];
        assert_eq!(answer(false, "ação ß"), upper("AÇÃO SS"));
        assert_eq!(answer(true, "oi, 2!"), upper("OI, 2!"));
        assert_eq!(
            answer(true, "é"),
            unexpected(Expected::Ascii, "é".as_bytes())
        );
        let not_text = Server { is_ascii: false }.hear(b"\xff");
        assert_eq!(not_text, unexpected(Expected::Text, b"\xff"));
    }
}
