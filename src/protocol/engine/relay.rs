//! A bridge between this network and another one. It passes on every durable frame that it hears
//! here, and takes in those of the other side: it holds them, repairs them, hands them to
//! latecomers, and sends them to the group as their authors sealed them. Of beats and NACKs nothing
//! crosses.
//!
//! The members know a bridge by its HELLO. A frame that comes from the address of one is taken in
//! without a proof that its author is there now, and shows nobody as present: the author may be at
//! another site. What members have to report to such an author, they report to the bridge.

use core::net::SocketAddr;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Engine;
use super::beyond::{PassedFrame, Statement};
use super::clock::age_at;
use super::config::{HISTORY_AGE, PROOF_AGE};
use super::dedup::KnownDatagram;
use super::event::EngineEvent;
use super::frame_log::Position;
use super::hear::ReceivedFrame;
use super::member::Member;
use super::roster::{Id, ME, Met};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::frame::site::Site;
use crate::protocol::wire::frame::{Author, Body, Key, MemberTag};
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

    /// Whether a frame comes from a bridge, and is no older than what members remember.
    pub(super) fn is_history_of_beyond(&self, now: Moment, clock: u64, source: SocketAddr) -> bool {
        age_at(self.me.clock_now(now), clock) <= HISTORY_AGE
            && self.group.roster.is_bridge_at(source)
    }

    /// Notes a durable frame that came, for the other side.
    pub(super) fn pass_on(&mut self, now: Moment, clock: u64, bytes: &[u8]) {
        if !self.is_bridge() || self.group.beyond.is_taking {
            return;
        }
        self.group.beyond.pass(PassedFrame {
            bytes: bytes.into(),
            is_new: age_at(self.me.clock_now(now), clock) <= PROOF_AGE,
        });
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
        bytes: &[u8],
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
            },
        );
        self.group.beyond.is_taking = false;
        // The bridges compare all that they hold, also what was said before they came.
        self.log.go_back_to(author.clock);
        let is_held = self.log.get(id, author.sequence).is_some();
        if is_held && spread == Spread::Send {
            self.out.send(self.group.to_all(), bytes.into());
            // A beat says how far the frames go, which their authors' beats do not say here.
            self.group.presence.beat_soon(now.time);
        }
        is_held
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

    /// What a bridge states about its site now.
    pub fn make_statement(&mut self, now: Moment) -> Arc<[u8]> {
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        let mut people: Vec<Id> = Vec::new();
        for (id, member) in self.group.roster.people() {
            keys.insert(member.key);
            people.push(id);
        }
        let site = Site {
            people: u16::try_from(keys.len()).unwrap_or(u16::MAX),
            acks: self.group.beyond.acks(&people),
        };
        let grtt = self.group.grtt();
        let bytes = self.me.make_unrepaired(now, grtt, 0, Body::Site(site));
        let (id, durable) = (ME, None);
        let known = KnownDatagram { id, durable };
        self.receiving.recent.insert(&bytes, known);
        bytes.into()
    }

    /// Takes in what a bridge states about its site.
    pub(super) fn hear_site(
        &mut self,
        now: Moment,
        id: Id,
        (source, author): (SocketAddr, &Author),
        site: &Site,
        bytes: &[u8],
    ) {
        let member = self.group.roster.get(id);
        let Some(who) = member.filter(|it| it.role == Role::Bridge) else {
            return;
        };
        let (who, is_here) = (who.named_key(), who.is_live);
        let beyond = &mut self.group.beyond;
        if self.me.role() == Role::Bridge {
            let (by, bytes) = (author.tag(), bytes.into());
            beyond.state(Statement { by, bytes });
        }
        // Who is here is counted here; and only a bridge that is here passes such a statement on.
        if is_here || !self.group.roster.is_bridge_at(source) {
            return;
        }
        let people = usize::from(site.people);
        let Some(is_new) = beyond.hear_site(id, site.people, now.time) else {
            return;
        };
        if is_new {
            let who = who.clone();
            self.out.tell(EngineEvent::Site { who, people });
        }
        let last = self.sending.receipts.current().last;
        let mine = site.acks.iter().filter(|ack| ack.of == self.me.tag());
        let through = mine.map(|ack| ack.through).max().unwrap_or(0);
        let is_all = last > 0 && (last..=self.sending.newest()).contains(&through);
        if is_all && self.group.beyond.deliver(id, last) {
            self.out.tell(EngineEvent::DeliveredAt {
                who,
                people,
                last_sequence: last,
            });
        }
    }

    /// Whether a bridge is here under a tag, and when its session began.
    #[must_use]
    pub fn bridge_here(&self, tag: MemberTag) -> Option<u64> {
        let member = self.group.roster.find(tag);
        let member = member.and_then(|id| self.group.roster.get(id))?;
        (member.is_live && member.role == Role::Bridge).then_some(member.session)
    }

    /// The other sites in reach: the names of their bridges, and how many people each has.
    #[must_use]
    pub fn sites(&self, now: Moment) -> Vec<(super::event::NamedKey, usize)> {
        let sites = self.group.beyond.sites(now.time);
        let named = sites.filter_map(|(id, people)| {
            let who = self.group.roster.named_key(id)?;
            Some((who, people))
        });
        named.collect()
    }
}
