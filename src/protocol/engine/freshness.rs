//! Whether who seems to be here is here now, and not a recording of who was here once.
//!
//! Nobody makes a frame in another's name, but anybody can keep frames and send them again. Whoever
//! was there then knows them again. Whoever has started since does not, and looks for a sign that
//! the author knows something which was not in the world before:
//!
//! - it acknowledges, or refers to, a frame of ours, or one that was made in our time;
//! - its digest is ours, over a range with such a frame in it;
//! - it repeats the cookie that we gave it.
//!
//! A frame is made in our time if its author had given such a sign before. All of these travel
//! anyway, so that knowing costs nothing.
//!
//! Whose clock is right may be there now, and is believed at once, also if it cannot hear us. Whose
//! clock is behind is believed when it gives a sign, which is with its next beat; until then its
//! frames are counted as replays.

use core::net::SocketAddr;

use super::Engine;
use super::clock::clock_ms;
use super::config::PROOF_AGE;
use super::frame_log::Position;
use super::inbox::Inbox;
use super::roster::{Id, ME};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Digest;
use crate::protocol::wire::frame::sync::Sync as Talk;
use crate::protocol::wire::frame::{Ack, Author, Body, Frame, MemberTag};

impl Engine {
    /// Whether a frame is to be listened to: its session is there, or may be there, or we have
    /// asked for the frame.
    pub(super) fn is_believed(
        &mut self,
        now: Moment,
        id: Id,
        source: SocketAddr,
        frame: &Frame<'_>,
    ) -> bool {
        let author = &frame.author;
        if self
            .group
            .roster
            .get(id)
            .is_some_and(|m| m.proven_at.is_some())
        {
            return true;
        }
        if self.is_sign(source, &frame.body) {
            self.group.roster.prove(id, author.clock);
            return true;
        }
        let age = PROOF_AGE.as_millis() as u64;
        let is_old = clock_ms(author.clock) + age < clock_ms(self.me.clock.now(now.wall_ms));
        !is_old || self.is_asked_for(id, author)
    }

    fn is_asked_for(&self, id: Id, author: &Author) -> bool {
        let inbox = self.receiving.inboxes.get(&id);
        let is_missing = |inbox: &Inbox| inbox.is_missing(author.sequence);
        self.sync.exchange.wants(Position::of(author).frame_name()) || inbox.is_some_and(is_missing)
    }

    /// Whether only who is there now can say this.
    fn is_sign(&mut self, source: SocketAddr, body: &Body<'_>) -> bool {
        let is_fresh = |ack: &Ack| self.is_fresh(ack.of, ack.through);
        match body {
            Body::Durable(durable) => {
                let mut references = durable.references.iter();
                durable.acks.iter().any(is_fresh)
                    || references.any(|r| self.is_fresh(r.member, r.sequence))
            }
            Body::Beat(beat) => {
                beat.acks.iter().any(is_fresh) || self.is_fresh_digest(&beat.digest)
            }
            Body::Status(status) => is_fresh(&status.ack),
            Body::Sync(Talk::Ask { cookie, .. } | Talk::Want { cookie, .. }) => {
                *cookie == self.cookie_for(source)
            }
            Body::Sync(_) | Body::Nack(_) => false,
        }
    }

    /// Whether a durable frame was made in our time.
    fn is_fresh(&self, of: MemberTag, sequence: u32) -> bool {
        match self.group.roster.find(of) {
            Some(ME) => (1..=self.sending.newest).contains(&sequence),
            Some(id) => {
                let held = self.log.get(id, sequence);
                held.is_some_and(|held| self.is_fresh_at(id, held.place.clock))
            }
            None => false,
        }
    }

    fn is_fresh_at(&self, id: Id, clock: u64) -> bool {
        let proven_at = self
            .group
            .roster
            .get(id)
            .and_then(|member| member.proven_at);
        id == ME || proven_at.is_some_and(|proven_at| clock > proven_at)
    }

    fn is_fresh_digest(&mut self, digest: &Digest) -> bool {
        let &Digest { from, cut, xor } = digest;
        if self.log.horizon() > from || self.log.digest(from, cut) != xor {
            return false;
        }
        let mut held = self.log.history(from, cut).rev();
        held.any(|(place, id)| self.is_fresh_at(*id, place.clock))
    }
}
