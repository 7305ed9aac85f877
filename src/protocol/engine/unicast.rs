//! What goes to single members beside the group: copies of a conference's frames for those whom
//! multicast does not reach, and their requests.
//!
//! Such traffic goes to an address only while its member has shown that it receives there
//! (`admission.rs`). Whoever forges a source could otherwise let megabits be sent to somebody else,
//! for the price of one datagram.

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::event::{Destination, Transmit};
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::Channel;
use crate::protocol::wire::frame::MemberTag;

/// Most members that are sent copies: each costs the link as much as the group does.
pub const COPIES_MAX: usize = 8;

/// How long a member is not asked again to show where it is.
const ASKED_EVERY: Duration = Duration::from_secs(3);

/// Most members of whom it is remembered when they were asked.
const ASKED_MAX: usize = 512;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Unicast {
    /// Who is sent copies.
    to: Vec<MemberTag>,
    /// Copies of the last frame that are still to leave.
    copies: VecDeque<Transmit>,
    /// When each member was asked to show where it is.
    asked: BTreeMap<MemberTag, Duration>,
}

impl Unicast {
    /// Copies go to so many members, whoever they are.
    #[cfg(test)]
    pub(super) fn to_members(count: u64) -> Self {
        Self {
            to: (0..count).map(|member| MemberTag::of(member, 1)).collect(),
            ..Self::default()
        }
    }

    /// How often a frame of a channel leaves.
    pub(super) fn times(&self, channel: Channel) -> usize {
        1 + if is_copied(channel) { self.to.len() } else { 0 }
    }

    /// The next copy.
    pub(super) fn pop(&mut self) -> Option<Transmit> {
        self.copies.pop_front()
    }

    /// Copies a frame of a channel; `address` is where a member has shown that it receives.
    pub(super) fn copy(
        &mut self,
        channel: Channel,
        bytes: &Arc<[u8]>,
        address: impl Fn(MemberTag) -> Option<SocketAddr>,
    ) {
        if is_copied(channel) {
            let addresses = self.to.iter().filter_map(|member| address(*member));
            self.copies.extend(addresses.map(|address| Transmit {
                to: Destination::Member(address),
                bytes: bytes.clone(),
            }));
        }
    }

    /// Whether to ask a member now, which counts it.
    fn may_ask(&mut self, member: MemberTag, now: Duration) -> bool {
        let is_recent = |at: &Duration| now < *at + ASKED_EVERY;
        self.asked.retain(|_, at| is_recent(at));
        let may_ask = self.asked.len() < ASKED_MAX && !self.asked.contains_key(&member);
        if may_ask {
            self.asked.insert(member, now);
        }
        may_ask
    }
}

/// Whether frames of a channel are copied: those of a conference. Files have a pace of their own,
/// and a probe is to find out what multicast carries.
fn is_copied(channel: Channel) -> bool {
    match channel {
        Channel::Sound | Channel::Picture | Channel::Screen => true,
        Channel::Files | Channel::Probe => false,
    }
}

impl Engine {
    /// Sends a copy of each frame of a conference to these members from now on, as long as they
    /// receive where they have shown that they do; at most [`COPIES_MAX`].
    pub fn copy_calls_to(&mut self, mut members: Vec<MemberTag>) {
        members.truncate(COPIES_MAX);
        self.sending.unreliable.unicast.to = members;
    }

    /// The host at which a member has shown that it receives. If it has not, it is asked to.
    pub fn reach(&mut self, now: Moment, member: MemberTag) -> Option<IpAddr> {
        if let Some(address) = self.group.roster.proven_address(member) {
            return Some(address.ip());
        }
        let roster = &self.group.roster;
        let id = roster.find(member)?;
        let address = roster.get(id).filter(|it| it.is_live)?.address?;
        if self.sending.unreliable.unicast.may_ask(member, now.time) {
            self.challenge(now, id, address);
        }
        None
    }
}
