//! Streams of compact frames: what may be lost.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeSet;
use std::time::Duration;

use super::Node;
use crate::protocol::engine::media::OwnCalled;
use crate::protocol::engine::streams::{StreamCounts, Way};
use crate::protocol::engine::unreliable::{Piece, Priority, ReportTo};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::{Channel, StreamId};
use crate::protocol::wire::frame::call::{Call, Want};
use crate::protocol::wire::frame::notice::{About, Hashes, Report};
use crate::protocol::wire::frame::offer::OfferRecord;
use crate::protocol::wire::frame::role::RoleRecord;
use crate::protocol::wire::frame::{Key, MemberTag};
use crate::protocol::wire::media::{Root, Signature};

impl Node {
    /// Takes in a datagram of the frame wire, however it came: a symbol of a stream, or a frame.
    pub(super) fn take_in(
        &mut self,
        now: Moment,
        source: SocketAddr,
        (datagram, way): (&[u8], Way),
    ) {
        let (engine, inside) = (&mut self.engine, &mut self.inside);
        if let Some(heard) = engine.hear_compact(now, (datagram, way), inside) {
            return self.gate.note(datagram, heard);
        }
        if self.engine.receive_duplicate(now, source, datagram) {
            return;
        }
        let (gate, engine) = (&mut self.gate, &self.engine);
        let opening = (&self.seal, &mut self.inside);
        let acquaintance = |author: &_| engine.acquaintance(author, source);
        if let Some(opened) = gate.open(now.time, source.ip(), datagram, opening, acquaintance) {
            self.engine.hear(now, source, &opened, datagram);
        }
    }

    /// Offers a content to everybody; others meet it as `EngineEvent::Offered`.
    pub fn offer(&mut self, now: Moment, offer: &OfferRecord<&str>) {
        self.engine.offer(now, offer);
    }

    /// Offers a content to one person, by private messages to those of their sessions that are here
    /// and not among the told ones; they are then.
    pub fn offer_to(
        &mut self,
        now: Moment,
        to: (Key, &mut BTreeSet<MemberTag>),
        offer: &OfferRecord<&str>,
        key: &[u8; 32],
    ) {
        self.engine.offer_to(now, to, offer, key);
    }

    /// Decides about roles; `EngineEvent::Role` reports when the decision is in a frame.
    pub fn decide(&mut self, now: Moment, role: &RoleRecord<Name>) {
        self.engine.decide(now, role);
    }

    /// Opens a stream of this member; `None` if there are too many.
    pub fn open_stream(&mut self, channel: Channel) -> Option<StreamId> {
        self.engine.open_stream(channel)
    }

    /// Ends a stream, and drops what waits of it.
    pub fn close_stream(&mut self, stream: StreamId) {
        self.engine.close_stream(stream);
    }

    /// Announces a stream to those who take something.
    pub fn announce_stream(
        &mut self,
        now: Moment,
        stream: StreamId,
        about: About,
        symbol_bytes: u16,
    ) {
        self.engine
            .announce_stream(now, stream, about, symbol_bytes);
    }

    /// Says what the symbols of a unit are.
    pub fn tell_hashes(&mut self, now: Moment, hashes: Hashes) {
        self.engine.tell_hashes(now, hashes);
    }

    /// Reports what this member has received and lacks.
    pub fn report_stream(&mut self, now: Moment, to: ReportTo, report: Report) {
        self.engine.report_stream(now, to, report);
    }

    /// Queues a symbol; returns whether there was room.
    pub fn send_unreliable(
        &mut self,
        stream: StreamId,
        priority: Priority,
        deadline: Duration,
        piece: Piece,
    ) -> bool {
        self.engine
            .send_unreliable(stream, priority, deadline, piece)
    }

    /// How many more frames of a priority may wait.
    #[must_use]
    pub fn unreliable_room(&self, priority: Priority) -> usize {
        self.engine.unreliable_room(priority)
    }

    /// The number that the frame queued last of a stream will have.
    #[must_use]
    pub fn newest_queued(&self, stream: StreamId) -> u32 {
        self.engine.newest_queued(stream)
    }

    /// Takes in what the slowest link in use carries, in bytes a second, if that is known.
    pub fn set_link_speed(&mut self, bytes_per_s: Option<u64>) {
        self.engine.set_link_speed(bytes_per_s);
    }

    /// How many bytes a second may leave for all streams together.
    #[must_use]
    pub fn unreliable_bytes_per_s(&self) -> f64 {
        self.engine.unreliable_bytes_per_s()
    }

    /// Longest symbol that a compact frame carries here, in bytes.
    #[must_use]
    pub fn symbol_max_bytes(&self) -> usize {
        self.engine.symbol_max_bytes()
    }

    /// How much of a stream has arrived.
    #[must_use]
    pub fn stream_counts(&self, stream: StreamId) -> StreamCounts {
        self.engine.stream_counts(stream)
    }

    /// Whether a stream is followed or sent here.
    #[must_use]
    pub fn knows_stream(&self, stream: StreamId) -> bool {
        self.engine.knows_stream(stream)
    }

    /// How many symbols have ever been queued.
    #[must_use]
    pub fn newest_unreliable(&self) -> u64 {
        self.engine.newest_unreliable()
    }

    /// How other frames name this member.
    #[must_use]
    pub fn tag(&self) -> MemberTag {
        self.engine.tag()
    }

    /// The estimate of the group's round trip.
    #[must_use]
    pub fn grtt(&self) -> Duration {
        self.engine.grtt()
    }

    /// The name that this member goes by.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.engine.name()
    }

    /// Says to all what this member does in a conference; `streams` are added to the call.
    pub fn tell_call(&mut self, now: Moment, call: Call, streams: &[OwnCalled]) {
        self.engine.tell_call(now, call, streams);
    }

    /// Says what this member lacks of a conference: to one member, or to all who send and receive.
    pub fn tell_wants(&mut self, now: Moment, to: Option<MemberTag>, wanted: Vec<Want>) {
        self.engine.tell_wants(now, to, wanted);
    }

    /// Sends a copy of each frame of a conference to these members from now on.
    pub fn copy_calls_to(&mut self, members: Vec<MemberTag>) {
        self.engine.copy_calls_to(members);
    }

    /// The host at which a member has shown that it receives. If it has not, it is asked to.
    pub fn reach(&mut self, now: Moment, member: MemberTag) -> Option<IpAddr> {
        self.engine.reach(now, member)
    }

    /// Receives a stream from now on, if there is room.
    pub fn follow_stream(
        &mut self,
        now: Duration,
        author: (&Key, u64),
        announced: (u32, u32),
    ) -> bool {
        self.engine.follow_stream(now, author, announced)
    }

    /// Receives a stream no more.
    pub fn unfollow_stream(&mut self, stream: StreamId) {
        self.engine.unfollow_stream(stream);
    }

    /// Signs a unit in this member's name.
    #[must_use]
    pub fn sign_unit(&self, root: &Root) -> Signature {
        self.engine.sign_unit(root)
    }

    /// Whether a person signed a unit; `None` if that is not known, and `may_check` allows no
    /// check.
    #[must_use]
    pub fn check_unit(
        &self,
        by: &Key,
        proof: (&Root, &Signature),
        may_check: impl FnOnce() -> bool,
    ) -> Option<bool> {
        self.engine.check_unit(by, proof, may_check)
    }

    /// Whether this member, or most of the room, is on radio.
    #[must_use]
    pub fn is_on_radio(&self) -> bool {
        self.engine.is_on_radio()
    }
}
