//! Identities that were copied: cloned disks, or one file on several computers. Several names under
//! one key at once are told to everybody, once for each key; the same name from another computer is
//! told to its own sessions only, because it may be one person with two computers.
//!
//! A session that was killed stays in the roster for a while beside the one that follows it, so
//! that both must be heard after they were first seen together.

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Chat;
use super::event::{MemberState, News};
use crate::protocol::engine::event::NamedKey;
use crate::protocol::engine::member::Member;
use crate::protocol::engine::roster::{ME, Roster};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;

/// Keys that are told in one session; whoever has more of them makes them up.
const TOLD_MAX: usize = 64;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// Keys with several names, and since when.
    suspected: BTreeMap<Key, Duration>,
    told: BTreeSet<Key>,
    /// Since when another computer has this member's key and name.
    elsewhere_since: Option<Duration>,
    is_elsewhere_told: bool,
}

/// What is told.
#[derive(Debug, PartialEq, Eq)]
enum Copy {
    /// One key under several names.
    Names(Vec<NamedKey>),
    /// This member's key and name at another address.
    Elsewhere(SocketAddr),
}

impl Copies {
    /// Looks for copies among those who are here; at most one key is told at a time.
    fn look(
        &mut self,
        now: Duration,
        roster: &Roster,
        me: &NamedKey,
        is_own_address: impl Fn(IpAddr) -> bool,
    ) -> Vec<Copy> {
        let mut copies = Vec::new();
        copies.extend(self.look_elsewhere(now, roster, me, is_own_address));
        copies.extend(self.look_at_names(now, roster, me));
        copies
    }

    fn look_elsewhere(
        &mut self,
        now: Duration,
        roster: &Roster,
        me: &NamedKey,
        is_own_address: impl Fn(IpAddr) -> bool,
    ) -> Option<Copy> {
        if self.is_elsewhere_told {
            return None;
        }
        let address_of = |member: &Member| {
            let is_mine = member.key == me.key && member.name == me.name;
            let address = member.address.filter(|_| is_mine)?;
            (!is_own_address(address.ip())).then_some((address, member.heard()))
        };
        let others = roster.people();
        let Some((address, heard)) = others.filter_map(|(_, m)| address_of(m)).next() else {
            self.elsewhere_since = None;
            return None;
        };
        let since = *self.elsewhere_since.get_or_insert(now);
        self.is_elsewhere_told = heard > since;
        self.is_elsewhere_told.then_some(Copy::Elsewhere(address))
    }

    fn look_at_names(&mut self, now: Duration, roster: &Roster, me: &NamedKey) -> Option<Copy> {
        // A person may run a keeper under a key of one's own.
        let others = roster.people().map(|(_, m)| (m.key, &m.name, m.heard()));
        let mut here: Vec<(Key, &Name, Duration)> = others.collect();
        // This member is always there.
        here.push((me.key, &me.name, Duration::MAX));
        here.sort_unstable();
        let mut suspected = BTreeMap::new();
        let mut copy = None;
        for sessions in here.chunk_by(|one, other| one.0 == other.0) {
            let Some((key, first, _)) = sessions.first() else {
                continue;
            };
            let has_several = sessions.iter().any(|(_, name, _)| name != first);
            let is_new = !self.told.contains(key) && self.told.len() < TOLD_MAX;
            if !has_several || !is_new || suspected.len() >= TOLD_MAX {
                continue;
            }
            let since = self.suspected.get(key).copied().unwrap_or(now);
            suspected.insert(*key, since);
            let heard = sessions.iter().filter(|(.., heard)| *heard > since);
            let names: BTreeSet<&Name> = heard.map(|(_, name, _)| *name).collect();
            if names.len() > 1 && copy.is_none() {
                suspected.remove(key);
                self.told.insert(*key);
                let named = |name: &Name| NamedKey {
                    name: name.clone(),
                    key: *key,
                };
                copy = Some(Copy::Names(names.into_iter().map(named).collect()));
            }
        }
        self.suspected = suspected;
        copy
    }
}

impl Chat {
    /// Tells of copied identities that are here now.
    pub(super) fn tell_copies(&mut self, now: Moment) {
        let roster = self.node.roster();
        let heard_from = roster.get(ME).and_then(|me| me.address);
        let interfaces = &self.room.ready.interfaces;
        let is_own_address = |ip: IpAddr| {
            ip.is_loopback()
                || heard_from.is_some_and(|own| own.ip() == ip)
                || interfaces.iter().any(|own| own.address == Some(ip))
        };
        let me = self.people.my_name();
        let copies = self
            .watch
            .copies
            .look(now.time, roster, &me, is_own_address);
        for copy in copies {
            let news = match copy {
                Copy::Elsewhere(source) => News::OwnKeyElsewhere(source),
                Copy::Names(people) => {
                    let state = |who: &NamedKey| MemberState {
                        is_own: *who == me,
                        is_ignored: self.people.ignoring.has(Some(&who.key)),
                        ..MemberState::here(self.people.person(who))
                    };
                    News::SharedKey(people.iter().map(state).collect())
                }
            };
            self.tell(news);
        }
    }
}
