//! `exchange`, version 2 of the document: the server sends a message, the client answers, and both
//! end. The document leaves the texts open, so any text is accepted.

use super::{Act, Dialogue, Expected, ended_early, unexpected};

/// Our server's message.
pub const GREETING: &str = "Olá, cliente!";

/// Our client's answer.
pub const ANSWER: &str = "Olá, servidor!";

/// The server's side.
#[derive(Debug)]
pub struct Server;

impl Dialogue for Server {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Send(GREETING.into())]
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match str::from_utf8(message) {
            Ok(text) => vec![Act::show(text), Act::Close],
            Err(_) => unexpected(Expected::Text, message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::Answer)
    }
}

/// The client's side.
#[derive(Debug)]
pub struct Client;

impl Dialogue for Client {
    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match str::from_utf8(message) {
            Ok(text) => vec![Act::show(text), Act::Send(ANSWER.into()), Act::Close],
            Err(_) => unexpected(Expected::Text, message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::Greeting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_speaks_first_and_the_client_answers() {
        assert_eq!(Server.begin(), [Act::Send(GREETING.into())]);
        let answered = Client.on_message("Bem-vindo".as_bytes());
        let shown = Act::show("Bem-vindo");
        assert_eq!(answered, [shown, Act::Send(ANSWER.into()), Act::Close]);
        assert_eq!(Server.on_message(b"oi"), [Act::show("oi"), Act::Close]);
        assert_eq!(Client.on_end(), ended_early(Expected::Greeting));
        let refused = unexpected(Expected::Text, b"\xff");
        assert_eq!(Server.on_message(b"\xff"), refused);
    }
}
