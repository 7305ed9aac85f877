//! Whether a session is there now, and not a recording of an earlier one.
//!
//! Nobody can make a frame in another's name, but anybody can record frames and send them again.
//! Members that heard them the first time recognise them. Members that started since do not, and
//! look for a sign that the author knows something which did not exist before:
//!
//! - it acknowledges, or refers to, a frame of ours, or one that was made in our time;
//! - its digest is ours, over a range with such a frame in it;
//! - it repeats the cookie that we gave it.
//!
//! A frame is made in our time if its author had given such a sign before. All of these travel
//! anyway, so that the check costs no packet.
//!
//! A session with a right clock is believed at once, also if it cannot hear us. One whose clock is
//! behind is believed when it gives a sign, which is with its next beat; until then its frames are
//! counted as replays.

use super::frame_log::FrameLog;
use super::roster::{Id, ME, Roster};
use crate::protocol::wire::frame::beat::Digest;
use crate::protocol::wire::frame::sync::Sync as Talk;
use crate::protocol::wire::frame::{Ack, Body, MemberTag};

/// What this member knows that a recording cannot know.
#[derive(Debug)]
pub(super) struct Freshness<'e> {
    pub(super) roster: &'e Roster,
    pub(super) log: &'e mut FrameLog,
    /// This member's newest durable frame.
    pub(super) newest: u32,
}

impl Freshness<'_> {
    /// Whether only a member that is there now can say this. `cookie` is what this member gave to
    /// the address that the frame came from.
    pub(super) fn is_sign(&mut self, body: &Body<'_>, cookie: impl FnOnce() -> u64) -> bool {
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
            Body::Sync(Talk::Ask { cookie: told, .. } | Talk::Want { cookie: told, .. }) => {
                *told == cookie()
            }
            Body::Sync(_) | Body::Nack(_) => false,
        }
    }

    /// Whether a durable frame was made in our time.
    fn is_fresh(&self, of: MemberTag, sequence: u32) -> bool {
        match self.roster.find(of) {
            Some(ME) => (1..=self.newest).contains(&sequence),
            Some(id) => {
                let held = self.log.get(id, sequence);
                held.is_some_and(|held| self.is_fresh_at(id, held.position.clock))
            }
            None => false,
        }
    }

    fn is_fresh_at(&self, id: Id, clock: u64) -> bool {
        let proven_at = self.roster.get(id).and_then(|member| member.proven_at);
        id == ME || proven_at.is_some_and(|proven_at| clock > proven_at)
    }

    fn is_fresh_digest(&mut self, digest: &Digest) -> bool {
        let &Digest { from, cut, xor } = digest;
        if self.log.horizon() > from || self.log.digest(from, cut) != xor {
            return false;
        }
        let mut held = self.log.history(from, cut).rev();
        held.any(|(position, id)| self.is_fresh_at(*id, position.clock))
    }
}
