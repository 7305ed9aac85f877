//! Who uses most of something bounded that all share, and has to give some of it back: a person,
//! with all sessions together, or the heaviest of the many persons at one address.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

use super::member::Member;
use super::roster::{Id, Roster};

/// Persons at one address that each have a share of their own: a host with several users. More
/// share what one has.
const PERSONS_PER_ADDRESS: usize = 8;

/// What each person uses, by the person's short id.
#[derive(Debug, Default)]
pub(super) struct Uses(BTreeMap<u64, PersonUse>);

/// What the sessions of one person use together.
#[derive(Clone, Copy, Debug, Default)]
struct PersonUse {
    address: Option<IpAddr>,
    amount: usize,
    /// The session that uses most of it, and how much.
    heaviest: (usize, Option<Id>),
}

impl Uses {
    /// Adds what a person uses at an address.
    pub(super) fn add(&mut self, person: u64, address: Option<IpAddr>, amount: usize) {
        if amount > 0 {
            let person = self.0.entry(person).or_default();
            person.amount += amount;
            person.address = address.or(person.address);
        }
    }

    /// Adds what a member uses; one that was forgotten is a person without an address.
    pub(super) fn add_member(&mut self, id: Id, amount: usize, roster: &Roster) {
        let member = roster.get(id);
        let short = member.map_or(0, |member| member.tag.short);
        self.add(short, member.and_then(Member::ip), amount);
        if let Some(person) = self.0.get_mut(&short) {
            person.heaviest = person.heaviest.max((amount, Some(id)));
        }
    }

    /// How many persons use something at each address where these are many, and how much.
    fn crowds(&self) -> BTreeMap<IpAddr, (usize, usize)> {
        let mut crowds: BTreeMap<IpAddr, (usize, usize)> = BTreeMap::new();
        for person in self.0.values() {
            if let Some(address) = person.address {
                let (count, amount) = crowds.entry(address).or_default();
                *count += 1;
                *amount += person.amount;
            }
        }
        crowds.retain(|_, (count, _)| *count > PERSONS_PER_ADDRESS);
        crowds
    }

    /// What all persons at an address use together, if they are many.
    pub(super) fn of_crowd(&self, address: Option<IpAddr>) -> usize {
        let crowd = address.and_then(|address| self.crowds().remove(&address));
        crowd.map_or(0, |(_, amount)| amount)
    }

    /// The persons that give back first: the one with most, and those with about as much, because
    /// of many small ones each has little to give.
    fn heaviest(&self) -> Vec<(u64, &PersonUse)> {
        let crowds = self.crowds();
        let weight = |person: &PersonUse| {
            let crowd = person.address.and_then(|at| crowds.get(&at));
            (crowd.map_or(person.amount, |(_, all)| *all), person.amount)
        };
        let Some((most_of_all, most)) = self.0.values().map(weight).max() else {
            return Vec::new();
        };
        let is_heavy = |person: &PersonUse| {
            let (of_all, amount) = weight(person);
            of_all >= most_of_all - most_of_all / 8 && amount >= most - most / 8
        };
        let heavy = self.0.iter().filter(|(_, person)| is_heavy(person));
        heavy.map(|(short, person)| (*short, person)).collect()
    }

    /// The persons that give back first, and what they use together.
    pub(super) fn heaviest_persons(&self) -> (BTreeSet<u64>, usize) {
        let heaviest = self.heaviest();
        let amount = heaviest.iter().map(|(_, person)| person.amount).sum();
        (heaviest.iter().map(|(short, _)| *short).collect(), amount)
    }

    /// The members that give back first, the one with most in front.
    pub(super) fn heaviest_members(&self) -> Vec<Id> {
        let heaviest = self.heaviest().into_iter();
        let mut members: Vec<(usize, Option<Id>)> =
            heaviest.map(|(_, person)| person.heaviest).collect();
        members.sort_unstable_by(|one, other| other.cmp(one));
        members.into_iter().filter_map(|(_, id)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::message::Name;
    use crate::protocol::wire::frame::{Author, Key};

    fn author(person: u8, session: u64) -> Author {
        let key = Key([person; 32]);
        Author {
            key,
            short: key.short(),
            session,
            sequence: 1,
            clock: 0,
            flags: 0,
            grtt: 0,
            name: Name::parse("ana").unwrap(),
        }
    }

    /// The heaviest of members, each with a person, a host and an amount.
    fn heaviest(members: &[(u8, u8, usize)]) -> usize {
        let mut roster = Roster::new(&author(0, 0));
        let mut uses = Uses::default();
        let mut ids = Vec::new();
        for (number, (person, host, amount)) in (1..).zip(members) {
            let id = roster.meet(&author(*person, number)).unwrap().id;
            roster.locate(id, ([10, 0, 0, *host], 4000).into());
            uses.add_member(id, *amount, &roster);
            ids.push(id);
        }
        let heaviest = uses.heaviest_members()[0];
        ids.iter().position(|id| *id == heaviest).unwrap()
    }

    #[test]
    fn sessions_count_together_for_their_person_and_many_persons_for_their_address() {
        assert_eq!(heaviest(&[(1, 1, 5), (2, 2, 7), (3, 3, 6)]), 1);
        assert_eq!(heaviest(&[(1, 1, 5), (2, 2, 7), (1, 3, 6)]), 2);
        let few: Vec<_> = (10..18).map(|person| (person, 9, 2)).collect();
        assert_eq!(heaviest(&[&[(1, 1, 7)], &*few].concat()), 0);
        let many: Vec<_> = (10..19).map(|person| (person, 9, 2)).collect();
        assert_ne!(heaviest(&[&[(1, 1, 7)], &*many].concat()), 0);
        assert_eq!(Uses::default().heaviest_members(), []);
    }
}
