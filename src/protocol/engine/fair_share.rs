//! Who uses most of something bounded that all share, and has to give some of it back: a person,
//! with all sessions together, or the heaviest of the many persons at one address.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::roster::{Id, Roster};

/// Persons at one address that each have a share of their own: a host with several users. More
/// share what one has.
const PERSONS_PER_ADDRESS: usize = 8;

/// What one member uses.
#[derive(Clone, Copy, Debug)]
struct Use {
    id: Id,
    person: u64,
    address: Option<IpAddr>,
    amount: usize,
}

/// The uses of all members.
#[derive(Debug, Default)]
pub(super) struct Uses(Vec<Use>);

/// What the sessions of one person use together.
#[derive(Clone, Copy, Debug)]
struct PersonUse {
    address: Option<IpAddr>,
    amount: usize,
    heaviest: (usize, Id),
}

impl Uses {
    /// Adds what a member uses; one that was forgotten is a person without an address.
    pub(super) fn add(&mut self, id: Id, amount: usize, roster: &Roster) {
        let member = roster.get(id);
        self.0.push(Use {
            id,
            person: member.map_or(0, |member| member.tag.short),
            address: member.and_then(|member| member.address).map(|a| a.ip()),
            amount,
        });
    }

    /// The member that gives back first.
    pub(super) fn heaviest(&self) -> Option<Id> {
        let mut persons: BTreeMap<u64, PersonUse> = BTreeMap::new();
        for each in self.0.iter().filter(|each| each.amount > 0) {
            let heaviest = (each.amount, each.id);
            let person = persons.entry(each.person).or_insert(PersonUse {
                address: None,
                amount: 0,
                heaviest,
            });
            person.amount += each.amount;
            person.address = each.address.or(person.address);
            person.heaviest = person.heaviest.max(heaviest);
        }
        let mut addresses: BTreeMap<IpAddr, (usize, usize)> = BTreeMap::new();
        for person in persons.values() {
            if let Some(address) = person.address {
                let (count, amount) = addresses.entry(address).or_default();
                *count += 1;
                *amount += person.amount;
            }
        }
        addresses.retain(|_, (count, _)| *count > PERSONS_PER_ADDRESS);
        let weight = |person: &&PersonUse| {
            let crowd = person.address.and_then(|at| addresses.get(&at));
            let of_all = crowd.map_or(person.amount, |(_, amount)| *amount);
            (of_all, person.amount, person.heaviest)
        };
        let heaviest = persons.values().max_by_key(weight);
        heaviest.map(|person| person.heaviest.1)
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
            let id = roster.meet(&author(*person, number)).unwrap();
            roster.locate(id, ([10, 0, 0, *host], 4000).into());
            uses.add(id, *amount, &roster);
            ids.push(id);
        }
        let heaviest = uses.heaviest().unwrap();
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
        assert_eq!(Uses::default().heaviest(), None);
    }
}
