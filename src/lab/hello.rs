//! `hello`, version 1 of the document: the server shows that a client connected, and both end.
//! Nothing is sent on the connection.

use super::{Act, Dialogue};

/// The server's side.
#[derive(Debug)]
pub struct Server;

impl Dialogue for Server {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Close]
    }

    fn on_message(&mut self, _message: &[u8]) -> Vec<Act> {
        vec![Act::Close]
    }
}

/// The client's side.
#[derive(Debug)]
pub struct Client;

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Close]
    }

    fn on_message(&mut self, _message: &[u8]) -> Vec<Act> {
        vec![Act::Close]
    }
}
