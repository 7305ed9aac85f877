//! What this member knows about the author of a frame, before it checks the frame's signature.

use core::net::SocketAddr;

use super::Engine;
use super::frame_log::Position;
use crate::protocol::check_budget::Acquaintance;
use crate::protocol::wire::frame::Author;

impl Engine {
    /// Whether frames of the author's session are held that an archive kept.
    fn is_former(&self, author: &Author) -> bool {
        let roster = &self.group.roster;
        let former = roster
            .find(author.tag())
            .and_then(|id| roster.key_and_session(id));
        former.is_some_and(|(key, _)| key == author.key)
    }

    /// How well the claimed author of a frame from this address is known.
    #[must_use]
    pub fn acquaintance(&self, author: &Author, source: SocketAddr) -> Acquaintance {
        let frame = Position::of(author).frame_name();
        if self.sync.exchanges.wants(frame) {
            return Acquaintance::Expected;
        }
        let roster = &self.group.roster;
        let member = roster.find(author.tag()).and_then(|id| roster.get(id));
        match member.filter(|member| member.key == author.key) {
            Some(member) => {
                let address = member.address.filter(|_| member.is_live);
                match address.is_some_and(|address| address.ip() == source.ip()) {
                    true => Acquaintance::Expected,
                    false => Acquaintance::Known,
                }
            }
            None if self.is_former(author) => Acquaintance::Known,
            None => Acquaintance::Stranger,
        }
    }
}
