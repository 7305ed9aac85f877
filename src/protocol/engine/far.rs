//! The members that are at other sites, and the bridges by which their frames come.

use core::net::SocketAddr;
use std::time::Duration;

use super::member::Member;
use super::roster::{Id, ME, Roster};

/// Most bridges that are known by their addresses: two are enough for a site.
const BRIDGES_MAX: usize = 16;

/// How long somebody at another site is in reach who says nothing.
const FAR_LISTED: Duration = Duration::from_secs(3600);

/// Most of these. Whoever spoke longest ago is out of reach first.
const FAR_MAX: usize = 1000;

impl Roster {
    /// Notes that a session says that it is a bridge.
    pub(super) fn note_bridge(&mut self, id: Id) {
        let members = &self.members;
        self.bridges
            .retain(|it| *it != id && members.contains_key(it));
        if self.bridges.len() >= BRIDGES_MAX {
            let is_here = |it: &Id| members.get(it).is_some_and(|member| member.is_live);
            self.bridges.retain(is_here);
        }
        if self.bridges.len() < BRIDGES_MAX {
            self.bridges.push(id);
        }
    }

    /// Whether somebody has said that it is a bridge.
    pub(super) fn knows_bridges(&self) -> bool {
        !self.bridges.is_empty()
    }

    /// Whether a bridge is here, at this address.
    pub(super) fn is_bridge_at(&self, address: SocketAddr) -> bool {
        let bridges = self.bridges.iter().filter_map(|id| self.get(*id));
        let mut here = bridges.filter(|member| member.is_live);
        here.any(|member| member.address == Some(address))
    }

    /// Notes that a frame of somebody who is not here came from another site, by the bridge at an
    /// address.
    pub(super) fn note_far(&mut self, id: Id, by: Option<SocketAddr>, now: Duration) {
        if let Some(member) = self.members.get_mut(&id)
            && !member.is_live
        {
            member.by = by;
            member.far_at = Some(now);
        }
    }

    /// Forgets that members spoke at other sites a long time ago.
    pub(super) fn forget_far(&mut self, now: Duration) {
        let far = self
            .members
            .iter()
            .filter_map(|(id, it)| Some((it.far_at?, *id)));
        let mut far: Vec<(Duration, Id)> = far.collect();
        far.sort_unstable();
        let surplus = far.len().saturating_sub(FAR_MAX);
        for (number, (at, id)) in far.into_iter().enumerate() {
            if (number < surplus || now >= at + FAR_LISTED)
                && let Some(member) = self.members.get_mut(&id)
            {
                member.far_at = None;
            }
        }
    }

    /// Who can be told something in private: all that are here, and who spoke lately elsewhere.
    pub fn in_reach(&self) -> impl Iterator<Item = (Id, &Member)> {
        let members = self.members.iter().map(|(id, member)| (*id, member));
        members.filter(|(id, it)| *id != ME && (it.is_live || it.is_far()))
    }
}
