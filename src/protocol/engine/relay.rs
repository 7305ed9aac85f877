//! A bridge between this network and another one. It passes on every durable frame that it hears
//! here, and takes in those of the other side: it holds them, repairs them, hands them to
//! latecomers, and sends them to the group as their authors sealed them. Of beats and NACKs nothing
//! crosses.
//!
//! The members know a bridge by its HELLO. A frame that comes from the address of one is taken in
//! without a proof that its author is there now, and shows nobody as present: the author may be at
//! another site. What members have to report to such an author, they report to the bridge.

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::beyond::{PassedFrame, Statement};
use super::clock::age_at;
use super::config::{HISTORY_AGE, PROOF_AGE};
use super::frame_log::Position;
use super::hear::ReceivedFrame;
use super::member::Member;
use super::roster::{Id, Met};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::frame::{Body, MemberTag};
use crate::protocol::wire::seal::Opened;

/// Where frames come from that were taken in from the other side.
const BEYOND: SocketAddr =
    SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED), 0);

/// What a bridge does with frames of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// It sends them to its group.
    Send,
    /// It holds them only, because another bridge sends them, or everybody has them.
    Hold,
}

impl Engine {
    fn is_bridge(&self) -> bool {
        self.me.role() == Role::Bridge
    }

    /// Whether a frame of a member comes from another site: this bridge takes it in, or the address
    /// that it comes from is a bridge's.
    pub(super) fn is_from_beyond(&mut self, now: Moment, id: Id, source: SocketAddr) -> bool {
        if self.group.beyond.is_taking {
            return true;
        }
        let roster = &mut self.group.roster;
        let Some(member) = roster.get(id).filter(|it| it.address != Some(source)) else {
            return false;
        };
        if !roster.knows_bridges() {
            return false;
        }
        if roster.is_bridge_at(source) {
            roster.note_far(id, Some(source), now.time);
            return true;
        }
        // Another member repairs what came from there.
        let is_member = |(_, other): (Id, &Member)| other.address == Some(source);
        member.address.is_none() && (member.far_at.is_some() || roster.others().any(is_member))
    }

    /// Notes a bridge by its HELLO before that is shown: while this member catches up, it has to
    /// know by whom it may have what is ahead of its clock.
    pub(super) fn note_bridge(&mut self, heard: &ReceivedFrame<'_>) {
        let hello = heard.durable.records.hello();
        if let Some(hello) = hello.filter(|hello| hello.role == Role::Bridge) {
            self.group.roster.hear_hello(heard.id, &hello);
        }
    }

    /// Whether a frame comes from a bridge, and is no older than what members remember. On a link,
    /// all frames come from bridges, or from a stream that keeps what they sent.
    pub(super) fn is_history_of_beyond(&self, now: Moment, clock: u64, source: SocketAddr) -> bool {
        age_at(self.me.clock_now(now), clock) <= HISTORY_AGE
            && (self.group.beyond.is_link || self.group.roster.is_bridge_at(source))
    }

    /// Notes a durable frame that came, for the other side.
    pub(super) fn pass_on(&mut self, now: Moment, heard: &ReceivedFrame<'_>) {
        if !self.is_bridge() || self.group.beyond.is_taking {
            return;
        }
        let is_new = age_at(self.me.clock_now(now), heard.author.clock) <= PROOF_AGE;
        let beyond = &mut self.group.beyond;
        if let Some(held) = self.log.get(heard.id, heard.author.sequence) {
            let bytes = held.bytes.clone();
            beyond.pass(PassedFrame { bytes, is_new });
        }
        let member = self.group.roster.get(heard.id);
        let is_here = member.is_some_and(|member| member.is_live);
        if is_new && is_here && heard.durable.messages() > 0 {
            beyond.speaks(heard.author.tag(), now.time);
        }
    }

    /// The same for a frame of this member's own.
    pub(super) fn pass_own_on(&mut self, bytes: &Arc<[u8]>) {
        if self.is_bridge() {
            self.group.beyond.pass(PassedFrame {
                bytes: bytes.clone(),
                is_new: true,
            });
        }
    }

    /// The next frame that a bridge passes on.
    pub fn poll_passed(&mut self) -> Option<PassedFrame> {
        self.group.beyond.next_passed()
    }

    /// How many frames could not wait to be passed on, since this was asked last.
    pub fn take_left_out(&mut self) -> u64 {
        self.group.beyond.take_left_out()
    }

    /// The next statement about a site that a bridge heard.
    pub fn poll_statement(&mut self) -> Option<Statement> {
        self.group.beyond.next_statement()
    }

    /// Takes in a durable frame of the other side. Returns whether it was not here.
    pub fn take_passed(
        &mut self,
        now: Moment,
        opened: &Opened<'_>,
        bytes: &Arc<[u8]>,
        spread: Spread,
    ) -> bool {
        let author = &opened.frame.author;
        let Body::Durable(durable) = &opened.frame.body else {
            return false;
        };
        if author.tag() == self.me.tag() {
            return false;
        }
        let Some(Met { id, name_before }) = self.meet(author) else {
            return false;
        };
        if self.log.get(id, author.sequence).is_some() {
            return false;
        }
        if let Some(before) = name_before {
            self.tell_renamed(id, before);
        }
        self.group.roster.note_far(id, None, now.time);
        self.group.beyond.spoke(author.tag());
        self.group.beyond.is_taking = true;
        self.hear_durable(
            now,
            &ReceivedFrame {
                id,
                source: BEYOND,
                author,
                durable,
                hash: opened.hash,
                bytes,
                held: Some(bytes),
            },
        );
        self.group.beyond.is_taking = false;
        // The bridges compare all that they hold, also what was said before they came.
        self.log.go_back_to(author.clock);
        let is_held = self.log.get(id, author.sequence).is_some();
        if is_held && spread == Spread::Send {
            self.sending.note_passed(now.time, bytes.len());
            self.out.send(self.group.to_all(), bytes.clone());
            // A beat says how far the frames go, which their authors' beats do not say here.
            self.group.presence.beat_soon(now.time);
        }
        is_held
    }

    /// Whether a frame of the other side may be sent to the group now: they leave as fast as this
    /// member's own.
    pub fn may_pass(&mut self, now: Duration) -> bool {
        self.sending.pace.allows(now, 1)
    }

    /// When one may be sent that may not now.
    #[must_use]
    pub fn passes_at(&self, now: Duration) -> Duration {
        self.sending.pace.next_time(now, 1)
    }

    /// Sends a frame of the other side again, or a statement about a site.
    pub fn spread(&mut self, bytes: Arc<[u8]>) {
        self.out.send(self.group.to_all(), bytes);
    }

    /// Whether an archive has not reported everything yet.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.stored.is_loading()
    }

    /// The frames that are held behind a position, in the common order, at most so many.
    #[must_use]
    pub fn held_after(&self, behind: Position, most: usize) -> Vec<(Position, Arc<[u8]>)> {
        let held = self.log.history(behind.clock, u64::MAX);
        let held = held.filter(|(position, _)| **position > behind);
        let held = held.filter_map(|(position, id)| {
            let held = self.log.get(*id, position.sequence)?;
            Some((*position, held.bytes.clone()))
        });
        held.take(most).collect()
    }

    /// Whether a bridge is here under a tag, and when its session began.
    #[must_use]
    pub fn bridge_here(&self, tag: MemberTag) -> Option<u64> {
        let member = self.group.roster.find(tag);
        let member = member.and_then(|id| self.group.roster.get(id))?;
        (member.is_live && member.is_bridge()).then_some(member.session)
    }
}
