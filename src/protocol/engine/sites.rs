//! The other sites: what their bridges state about them, and who of their people is on the list
//! here. What this member's own site is stated to be is made here as well.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::beyond::{HeardSite, SiteChange as Change, Statement};
use super::clock::{age_at, clock_ms};
use super::dedup::KnownDatagram;
use super::event::{EngineEvent, NamedKey, SiteChange, SiteState};
use super::far::FAR_LISTED;
use super::hear::ReceivedFrame;
use super::roster::{Id, ME};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::frame::site::Site;
use crate::protocol::wire::frame::{Ack, Author, Body, Key};

/// What a bridge knows of its link, which its statement says.
#[derive(Clone, Debug)]
pub struct LinkReport {
    /// What its site is called.
    pub site: Name,
    /// Whether it is the one that sends for its site.
    pub is_sending: bool,
    /// The newest statement that it heard of each other bridge.
    pub heard: Vec<Ack>,
}

/// A statement that was made.
#[derive(Clone, Debug)]
pub struct MadeStatement {
    /// Its number among the frames that are never repaired.
    pub sequence: u32,
    /// The datagram.
    pub bytes: Arc<[u8]>,
}

impl Engine {
    /// This member is one of the bridges on a link from now on: their clocks are those of their
    /// sites, and may differ from its own.
    pub fn become_link(&mut self) {
        self.group.beyond.is_link = true;
        self.sync.exchanges.become_far();
    }

    /// This member's clock, in milliseconds since 1970.
    #[must_use]
    pub fn clock_ms(&self, now: Moment) -> u64 {
        clock_ms(self.me.clock_now(now))
    }

    /// What a bridge states about its site now.
    pub fn make_statement(&mut self, now: Moment, report: LinkReport) -> MadeStatement {
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        let mut people: Vec<Id> = Vec::new();
        for (id, member) in self.group.roster.people() {
            keys.insert(member.key);
            people.push(id);
        }
        let site = Site {
            people: u16::try_from(keys.len()).unwrap_or(u16::MAX),
            is_sending: report.is_sending,
            name: Some(report.site),
            acks: self.group.beyond.acks(&people),
            heard: report.heard,
            speakers: self.group.beyond.speakers(now.time),
        };
        let grtt = self.group.grtt();
        let bytes = self.me.make_unrepaired(now, grtt, 0, Body::Site(site));
        let (id, durable) = (ME, None);
        let known = KnownDatagram { id, durable };
        self.receiving.recent.insert(&bytes, known);
        MadeStatement {
            sequence: self.me.unrepaired_frames(),
            bytes: bytes.into(),
        }
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
        let Some(member) = member.filter(|it| it.role == Role::Bridge) else {
            return;
        };
        let is_here = member.is_live;
        if self.me.role() == Role::Bridge {
            self.group.beyond.state(Statement {
                by: author.tag(),
                sequence: author.sequence,
                clock_ms: clock_ms(author.clock),
                site: site.clone(),
                bytes: bytes.into(),
            });
        }
        // Who is here is counted here; and only a bridge that is here passes such a statement on.
        let is_passed = !is_here && self.group.roster.is_bridge_at(source);
        if is_passed && !self.group.beyond.is_link {
            let ahead_ms = clock_ms(author.clock) as i64 - self.clock_ms(now) as i64;
            self.note_site(now, (id, Some(source.ip())), site, ahead_ms);
        }
    }

    /// Takes in what another site's bridge states, whose clock is ahead by some milliseconds.
    pub fn take_statement(&mut self, now: Moment, statement: &Statement, ahead_ms: i64) {
        let by = self.group.roster.find(statement.by);
        let is_bridge = |id: &Id| self.group.roster.get(*id).is_some_and(|it| it.is_bridge());
        if let Some(id) = by.filter(|id| *id != ME).filter(is_bridge) {
            self.note_site(now, (id, None), &statement.site, ahead_ms);
        }
    }

    fn note_site(
        &mut self,
        now: Moment,
        (bridge, from): (Id, Option<IpAddr>),
        site: &Site,
        ahead_ms: i64,
    ) {
        let Some(who) = self.group.roster.named_key(bridge) else {
            return;
        };
        let name = site.name.clone().unwrap_or_else(|| who.name.clone());
        let heard = HeardSite {
            bridge,
            from,
            people: site.people,
            ahead_ms,
        };
        let beyond = &mut self.group.beyond;
        let Some(changes) = beyond.hear_site(&name, heard, now.time) else {
            return;
        };
        for change in changes {
            let change = match change {
                Change::Reached => SiteChange::Reached,
                Change::Counted => SiteChange::Counted,
                Change::Clock => SiteChange::Clock,
            };
            if let Some(site) = self.site(now, &name) {
                self.out.tell(EngineEvent::Site { site, change });
            }
        }
        for speaker in &site.speakers {
            if let Some(id) = self.group.roster.find(*speaker).filter(|id| *id != ME) {
                self.place_speaker(now, id, &name);
            }
        }
        self.hear_delivery_at(&who, &name, site);
    }

    /// Tells if all people at a site have this member's frames.
    fn hear_delivery_at(&mut self, who: &NamedKey, name: &Name, site: &Site) {
        let last = self.sending.receipts.current().last;
        let mine = site.acks.iter().filter(|ack| ack.of == self.me.tag());
        let through = mine.map(|ack| ack.through).max().unwrap_or(0);
        let is_all = last > 0 && (last..=self.sending.newest()).contains(&through);
        if is_all && self.group.beyond.deliver(name, last) {
            self.out.tell(EngineEvent::DeliveredAt {
                who: who.clone(),
                site: name.clone(),
                people: usize::from(site.people),
                last_sequence: last,
            });
        }
    }

    /// Notes who speaks at another site, as its bridge states.
    fn place_speaker(&mut self, now: Moment, id: Id, site: &Name) {
        let roster = &mut self.group.roster;
        let is_listed = roster.get(id).is_some_and(|it| it.listed_at.is_some());
        let is_new = !is_listed && roster.list_far(id, now.time);
        let is_placed = roster.place_far(id, site);
        if is_new || is_placed {
            self.tell_far(id);
        }
    }

    /// Notes that somebody at another site has said something, unless it was asked for: then it is
    /// history.
    pub(super) fn note_far_speaker(&mut self, now: Moment, heard: &ReceivedFrame<'_>) {
        let age = age_at(self.me.clock_now(now), heard.author.clock);
        if heard.durable.messages() == 0 || age >= FAR_LISTED || self.is_pulled(heard.author) {
            return;
        }
        let at = now.time.saturating_sub(age);
        if self.group.roster.list_far(heard.id, at) {
            self.tell_far(heard.id);
        }
    }

    /// Notes that somebody was named here: at another site, they are on the list from now on.
    pub fn note_named(&mut self, now: Duration, who: &NamedKey) {
        let roster = &self.group.roster;
        let is_meant = |(_, member): &(Id, &super::member::Member)| {
            member.is_far() && member.key == who.key && member.name == who.name
        };
        let meant: Vec<Id> = roster
            .in_reach()
            .filter(is_meant)
            .map(|(id, _)| id)
            .collect();
        for id in meant {
            if self.group.roster.list_far(id, now) {
                self.tell_far(id);
            }
        }
    }

    fn tell_far(&mut self, id: Id) {
        let member = self.group.roster.get(id);
        if let Some(member) = member.filter(|member| member.is_listed_far()) {
            let (who, site) = (member.named_key(), member.site.clone());
            self.out.tell(EngineEvent::Far { who, site });
        }
    }

    /// Takes somebody off the list who has left another site.
    pub(super) fn unlist_far(&mut self, id: Id) {
        if self.group.roster.unlist_far(id) {
            let who = self.group.roster.named_key(id);
            self.out.tell_of(who, EngineEvent::FarGone);
        }
    }

    /// Forgets who spoke elsewhere a long time ago, and the sites that are out of reach.
    pub(super) fn forget_beyond(&mut self, now: Moment) {
        for id in self.group.roster.forget_far(now.time) {
            let who = self.group.roster.named_key(id);
            self.out.tell_of(who, EngineEvent::FarGone);
        }
        for (name, bridge) in self.group.beyond.lose_sites(now.time) {
            if let Some(who) = self.group.roster.named_key(bridge) {
                let site = SiteState {
                    name,
                    who,
                    people: 0,
                    ahead_ms: None,
                };
                let change = SiteChange::Lost;
                self.out.tell(EngineEvent::Site { site, change });
            }
        }
    }

    fn site(&self, now: Moment, name: &Name) -> Option<SiteState> {
        self.sites(now).into_iter().find(|site| site.name == *name)
    }

    /// The other sites in reach.
    #[must_use]
    pub fn sites(&self, now: Moment) -> Vec<SiteState> {
        let sites = self.group.beyond.sites(now.time);
        let sites = sites.filter_map(|(name, bridge, people, ahead_ms)| {
            Some(SiteState {
                name: name.clone(),
                who: self.group.roster.named_key(bridge)?,
                people,
                ahead_ms,
            })
        });
        sites.collect()
    }
}
