//! What an insider hears: it can send all of that again, and knows cookies and hashes by it.

use core::net::SocketAddr;
use std::sync::Arc;

use super::Insider;
use crate::protocol::wire::frame::sync::Sync;
use crate::protocol::wire::frame::{Body, Kind};

/// Most datagrams that an insider remembers.
const HEARD_MAX: usize = 8192;

impl Insider {
    /// Takes in a datagram of an honest member, and the insider's address if it came to one.
    pub fn hear(&mut self, datagram: &Arc<[u8]>, to: Option<SocketAddr>) {
        if let Some(to) = to {
            let mut inside = Vec::new();
            if let Ok(opened) = self.seal.open(datagram, &mut inside)
                && let Body::Sync(Sync::Cookie(cookie)) = opened.frame.body
            {
                let by = opened.frame.author.short;
                self.cookies.insert((by, to), cookie);
            }
        }
        if Kind::of(datagram) == Some(Kind::Durable) {
            let mut inside = Vec::new();
            if let Some((author, _, hash)) = self.seal.reopen_stored(datagram, &mut inside) {
                let place = (author.tag(), author.sequence);
                self.hashes.insert(place, (hash >> 32) as u32);
            }
        }
        if self.heard.len() == HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back(datagram.clone());
    }
}
