//! Whether a session is there now, and not a recording of an earlier one.
//!
//! Nobody can make a frame in another's name, but anybody can record frames and send them again.
//! Members that heard them the first time recognise them. Members that started since do not, and
//! look for a sign that the author knows something which did not exist before:
//!
//! - it acknowledges, or refers to, a frame of ours;
//! - its digest is ours, over a range with such a frame in it;
//! - it repeats the cookie that we gave it;
//! - it is what a bridge states about another site, and names a recent frame of a bridge here.
//!
//! All of these travel anyway, so that the check costs no packet. Frames of others are no sign,
//! whatever their clocks show: their author can have shown them to one member, and withheld them
//! from all others until that member was gone.
//!
//! A session whose clock shows the time since this member began to listen is believed at once,
//! also if it cannot hear us: had somebody sent the frame before, it would be known here. One whose
//! clock is behind is believed when it gives a sign. Until then its durable frames wait
//! (`unproven.rs`), and a beat of ours invites it to give one.
//!
//! From then on its clock is known, however wrong it is (`clock_offset.rs`): a beat, a status or a
//! step of catching up far behind it is a recording, which somebody may have withheld until its
//! author was gone. A durable frame is taken in at any age, and shows nobody as present who is
//! gone.
//!
//! What remains: a session that this member never heard, whose clock is ahead of ours, may be
//! replayed to it for as long as the clock is ahead.

use core::net::SocketAddr;

use super::Engine;
use super::clock::clock_ms;
use super::config::{LISTENING_SLACK, PROOF_AGE, STALE_AFTER};
use super::frame_log::FrameLog;
use super::hear::ReceivedFrame;
use super::roster::{Id, ME, Roster};
use super::unproven::{Kept, UnprovenFrame};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Digest;
use crate::protocol::wire::frame::sync::Sync as Talk;
use crate::protocol::wire::frame::{Ack, Author, Body, Frame, Kind, MemberTag};
use crate::protocol::wire::seal::Opened;

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
        let is_fresh = |ack: &Ack| self.is_ours(ack.of, ack.through);
        match body {
            Body::Durable(durable) => {
                let mut references = durable.references.iter();
                durable.acks.iter().any(is_fresh)
                    || references.any(|r| self.is_ours(r.member, r.sequence))
            }
            Body::Beat(beat) => {
                beat.acks.iter().any(is_fresh) || self.is_fresh_digest(&beat.digest)
            }
            Body::Status(status) => is_fresh(&status.ack),
            Body::Sync(Talk::Ask { cookie: told, .. } | Talk::Want { cookie: told, .. }) => {
                *told == cookie()
            }
            Body::Site(site) => {
                let mut heard = site.heard.iter();
                site.acks.iter().any(is_fresh)
                    || heard.any(|it| self.roster.is_recent_of_bridge(it))
            }
            Body::Sync(_) | Body::Nack(_) | Body::Notice(_) => false,
        }
    }

    /// Whether a durable frame is one of this session's.
    fn is_ours(&self, of: MemberTag, sequence: u32) -> bool {
        self.roster.find(of) == Some(ME) && (1..=self.newest).contains(&sequence)
    }

    fn is_fresh_digest(&mut self, digest: &Digest) -> bool {
        let &Digest { from, cut, xor } = digest;
        if self.log.horizon() > from || self.log.digest(from, cut) != xor {
            return false;
        }
        let mut held = self.log.history(from, cut).rev();
        held.any(|(_, id)| *id == ME)
    }
}

impl Engine {
    /// Whether to listen to a frame: its session is there, or may be, or we asked for the frame.
    /// Learns the author's clock from one that is never repaired.
    pub(super) fn is_believed(
        &mut self,
        now: Moment,
        id: Id,
        source: SocketAddr,
        frame: &Frame<'_>,
    ) -> bool {
        let author = &frame.author;
        let is_durable = frame.body.kind() == Kind::Durable;
        let member = self.group.roster.get(id);
        let is_proven = member.is_some_and(|member| member.is_proven);
        let is_stale = self.is_stale(now, Some(id), author);
        if is_durable && is_proven {
            return true;
        }
        if !is_durable && is_stale == Some(true) {
            return false;
        }
        let is_known = is_proven && is_stale == Some(false);
        if !is_known && self.is_sign(source, &frame.body) {
            self.group.roster.prove(id);
        } else if !is_known {
            let is_plausible = match is_durable {
                true => {
                    self.is_taken_unproven(now, id, author)
                        || self.is_history_of_beyond(now, author.clock, source)
                }
                // Whoever stands between the bridges of a link, and asks for a sign, is the relay.
                false if self.group.beyond.is_link && frame.body.kind() == Kind::Site => true,
                false => is_stale == Some(false) || self.is_of_our_time(now, author.clock),
            };
            if !is_plausible {
                return false;
            }
        }
        // A site's clock is no clock of the group.
        if !is_durable && frame.body.kind() != Kind::Site {
            self.note_clock(now, id, source.ip(), author);
        }
        true
    }

    fn is_sign(&mut self, source: SocketAddr, body: &Body<'_>) -> bool {
        let mut freshness = Freshness {
            roster: &self.group.roster,
            log: &mut self.log,
            newest: self.sending.newest(),
        };
        freshness.is_sign(body, || self.sync.cookie_for(source))
    }

    /// Whether a durable frame is taken in without a sign that its author is there now.
    fn is_taken_unproven(&self, now: Moment, id: Id, author: &Author) -> bool {
        !self.is_old(now, author.clock)
            || self.is_pulled(author)
            || self.receiving.is_missing(id, author.sequence)
    }

    fn is_old(&self, now: Moment, clock: u64) -> bool {
        let age_ms = PROOF_AGE.as_millis() as u64;
        clock_ms(clock) + age_ms < clock_ms(self.me.clock_now(now))
    }

    /// Whether a frame was made, by its clock, since this member began to listen.
    pub(super) fn is_of_our_time(&self, now: Moment, clock: u64) -> bool {
        let listening = now.time.saturating_sub(self.me.listening_since) + LISTENING_SLACK;
        let since_ms =
            clock_ms(self.me.clock_now(now)).saturating_sub(listening.as_millis() as u64);
        !self.is_old(now, clock) && clock_ms(clock) >= since_ms
    }

    /// Whether a NACK was made now, as its author's clock shows, or ours if we do not know its
    /// author's. It is not signed, and therefore teaches nothing.
    pub(super) fn is_nack_current(&self, now: Moment, author: &Author) -> bool {
        match self.is_stale(now, self.group.roster.find(author.tag()), author) {
            Some(is_stale) => !is_stale,
            None => {
                let now_ms = clock_ms(self.me.clock_now(now));
                now_ms.abs_diff(clock_ms(author.clock)) <= STALE_AFTER.as_millis() as u64
            }
        }
    }

    /// Refuses a frame whose author has not shown that it is there now: a durable one waits.
    pub(super) fn refuse(
        &mut self,
        now: Moment,
        id: Id,
        source: SocketAddr,
        opened: &Opened<'_>,
        bytes: &[u8],
    ) {
        let sequence = opened.frame.author.sequence;
        match &opened.frame.body {
            Body::Durable(_) => {
                let unproven = &mut self.receiving.unproven;
                match unproven.keep(id, sequence, source, opened.hash, bytes, now.time) {
                    Kept::First => self.group.invite(now.time, &mut self.rng),
                    Kept::Another => {}
                    Kept::Refused => self.receiving.replays += 1,
                }
            }
            Body::Sync(Talk::Ask { .. } | Talk::Want { .. })
                if self.is_stale(now, Some(id), &opened.frame.author) != Some(true) =>
            {
                // It gets what it needs for a sign.
                self.send_cookie(now, source);
            }
            _ => self.receiving.replays += 1,
        }
    }

    /// Whether a frame was made long before now, by its author's clock; `None` if that clock is not
    /// known.
    pub(super) fn is_stale(&self, now: Moment, id: Option<Id>, author: &Author) -> Option<bool> {
        let member = self.group.roster.get(id?)?;
        let stamp_ms = clock_ms(author.clock);
        member.clock_offset.is_stale(stamp_ms, now.time)
    }

    /// Takes in the frames that have waited for the proof that their author is there now.
    pub(super) fn release_unproven(&mut self, now: Moment, id: Id) {
        if self.receiving.unproven.is_empty() {
            return;
        }
        let member = self.group.roster.get(id);
        if member.is_none_or(|member| !member.is_proven) {
            return;
        }
        let waiting = self.receiving.unproven.take(id).into_iter();
        self.hear_waiting(now, waiting.map(|frame| (id, frame)));
    }

    /// Takes in frames that have waited for something.
    pub(super) fn hear_waiting(
        &mut self,
        now: Moment,
        frames: impl Iterator<Item = (Id, UnprovenFrame)>,
    ) {
        let mut inside = Vec::new();
        for (id, frame) in frames {
            self.receiving.reopened_bytes += frame.bytes.len() as u64;
            let Some((author, durable)) = self.me.seal.reopen(&frame.bytes, &mut inside) else {
                continue;
            };
            let heard = ReceivedFrame {
                id,
                source: frame.source,
                author: &author,
                durable: &durable,
                hash: frame.hash,
                bytes: &frame.bytes,
                held: Some(&frame.bytes),
            };
            self.hear_durable(now, &heard);
        }
    }
}
