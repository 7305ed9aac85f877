//! `hello`, version 1 of the document: the server shows that a client came, and both end. Nothing
//! travels on the wire.

use super::{Act, Dialogue};

/// The server's side.
#[derive(Debug)]
pub struct Server;

impl Dialogue for Server {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Close]
    }

    fn hear(&mut self, _message: &[u8]) -> Vec<Act> {
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

    fn hear(&mut self, _message: &[u8]) -> Vec<Act> {
        vec![Act::Close]
    }
}
