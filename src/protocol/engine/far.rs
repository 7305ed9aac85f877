//! The members that are at other sites, and the bridges by which their frames come.

use core::net::SocketAddr;
use std::time::Duration;

use super::member::Member;
use super::roster::{Id, ME, Roster};
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Ack;

/// Most bridges that are known by their addresses: two are enough for a site.
const BRIDGES_MAX: usize = 16;

/// How long somebody at another site is in reach, and on the list, who says nothing.
pub(super) const FAR_LISTED: Duration = Duration::from_secs(3600);

/// Most of these. Whoever spoke longest ago is out of reach first.
pub(super) const FAR_MAX: usize = 1000;

/// A statement that names a bridge's frame which is at most so many older than its newest one was
/// made lately: a bridge makes one in a second, and some hundred while much is said.
const ECHO_AGE: u32 = 1024;

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

    /// Puts somebody at another site on the list, who spoke there at a time, or was named here;
    /// whether that is new.
    pub(super) fn list_far(&mut self, id: Id, at: Duration) -> bool {
        let member = self.members.get_mut(&id);
        let Some(member) = member.filter(|it| !it.is_live && !it.is_closed) else {
            return false;
        };
        member.far_at.get_or_insert(at);
        let before = member.listed_at;
        member.listed_at = before.max(Some(at));
        before.is_none()
    }

    /// Notes at which site somebody is, as a bridge states; whether that is new.
    pub(super) fn place_far(&mut self, id: Id, site: &Name) -> bool {
        let member = self.members.get_mut(&id);
        member.is_some_and(|member| {
            let is_new = member.site.as_ref() != Some(site);
            if is_new {
                member.site = Some(site.clone());
            }
            is_new
        })
    }

    /// Takes somebody at another site off the list; whether it was on it.
    pub(super) fn unlist_far(&mut self, id: Id) -> bool {
        let member = self.members.get_mut(&id);
        member.is_some_and(|it| it.listed_at.take().is_some() && !it.is_live)
    }

    /// Forgets that members spoke at other sites a long time ago. Returns who is on the list no
    /// more.
    pub(super) fn forget_far(&mut self, now: Duration) -> Vec<Id> {
        let mut unlisted = Vec::new();
        for id in self.outdated(now, |member| member.listed_at) {
            if self.unlist_far(id) {
                unlisted.push(id);
            }
        }
        for id in self.outdated(now, |member| member.far_at) {
            if let Some(member) = self.members.get_mut(&id) {
                member.far_at = None;
            }
        }
        unlisted
    }

    /// The members whose time is too long ago, or before those of very many others.
    fn outdated(&self, now: Duration, time: impl Fn(&Member) -> Option<Duration>) -> Vec<Id> {
        let all = self.members.iter();
        let timed = all.filter_map(|(id, member)| Some((time(member)?, *id)));
        let mut timed: Vec<(Duration, Id)> = timed.collect();
        timed.sort_unstable();
        let surplus = timed.len().saturating_sub(FAR_MAX);
        let outdated = timed.into_iter().enumerate();
        let outdated =
            outdated.filter(|(at, (time, _))| *at < surplus || now >= *time + FAR_LISTED);
        outdated.map(|(_, (_, id))| id).collect()
    }

    /// Everybody on the list of those at other sites.
    pub fn far(&self) -> impl Iterator<Item = (Id, &Member)> {
        let members = self.members.iter().map(|(id, member)| (*id, member));
        members.filter(|(_, member)| member.is_listed_far())
    }

    /// Whether a bridge that is here made a frame lately which a statement names.
    pub(super) fn is_recent_of_bridge(&self, heard: &Ack) -> bool {
        let bridge = self.find(heard.of).and_then(|id| self.get(id));
        let bridge = bridge.filter(|it| it.is_live && it.is_bridge());
        bridge.is_some_and(|it| heard.through.saturating_add(ECHO_AGE) >= it.replay_window.newest())
    }

    /// Who can be told something in private: all that are here, and who spoke lately elsewhere.
    pub fn in_reach(&self) -> impl Iterator<Item = (Id, &Member)> {
        let members = self.members.iter().map(|(id, member)| (*id, member));
        members.filter(|(id, it)| *id != ME && (it.is_live || it.is_far()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::{Author, Key};

    fn author(person: u16) -> Author {
        let mut key = [7; 32];
        key[..2].copy_from_slice(&person.to_be_bytes());
        let key = Key(key);
        Author {
            key,
            short: key.short(),
            session: 1,
            sequence: 1,
            clock: 0,
            flags: 0,
            grtt: 0,
            name: Name::parse("ana").unwrap(),
        }
    }

    #[test]
    fn the_list_of_those_beyond_holds_a_thousand_for_an_hour() {
        let mut roster = Roster::new(&author(0));
        for person in 1..=1200 {
            let id = roster.meet(&author(person)).unwrap().id;
            let at = Duration::from_millis(person.into());
            assert!(roster.list_far(id, at) && !roster.list_far(id, at));
        }
        assert_eq!(roster.forget_far(Duration::from_secs(2)).len(), 200);
        assert_eq!(roster.far().count(), FAR_MAX);
        // Who spoke longest ago is off first.
        assert!(
            roster
                .far()
                .all(|(_, it)| it.listed_at > Some(Duration::from_millis(200)))
        );
        assert_eq!(roster.in_reach().count(), FAR_MAX);
        let (id, _) = roster.far().next().unwrap();
        assert!(roster.unlist_far(id) && !roster.unlist_far(id));
        assert_eq!(
            roster.forget_far(Duration::from_secs(3602)).len(),
            FAR_MAX - 1
        );
        assert_eq!((roster.far().count(), roster.in_reach().count()), (0, 0));
    }
}
