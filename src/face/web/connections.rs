//! The connections of a listener, of which there are so many at most. Where there is no room,
//! somebody makes it:
//!
//! ```text
//! an address that has more than its share   its oldest connection, first of those unproven
//! nobody has                                the oldest connection that is unproven
//! all have shown the token                  nobody: the newcomer is turned away
//! ```
//!
//! So whoever opens thousands pushes out their own. A share is counted among guests alone, each of
//! whom has an address: on the loopback everybody has the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

use tokio::task::AbortHandle;

use super::server::Audience;
use crate::chat::guests::GUESTS_MAX;
use crate::net::tcp_server::allow_connections;

/// Most connections of the person's pages: each of the streams, and some for what browsers ask
/// besides.
const PERSONS_MAX: usize = 128;

/// The same of guests'.
const GUESTS_CONNECTIONS_MAX: usize = 2 * GUESTS_MAX;

/// Connections that are no address' excess, however many addresses there are: a browser opens six.
const SHARE_MIN: usize = 16;

/// See the file's head.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    table: Rc<RefCell<Table>>,
    audience: Audience,
    most: usize,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    all: BTreeMap<u64, Connection>,
    /// The numbers of those that have not shown the token.
    unproven: BTreeSet<u64>,
    by_address: BTreeMap<IpAddr, Of>,
}

#[derive(Debug)]
struct Connection {
    address: IpAddr,
    end: Option<AbortHandle>,
}

/// The connections of one address.
#[derive(Debug, Default)]
struct Of {
    unproven: BTreeSet<u64>,
    proven: BTreeSet<u64>,
}

impl Of {
    fn len(&self) -> usize {
        self.unproven.len() + self.proven.len()
    }

    fn oldest(&self) -> Option<u64> {
        self.unproven.first().or(self.proven.first()).copied()
    }
}

/// One connection's place, which is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    connections: Connections,
    number: u64,
}

impl Connections {
    /// Room for as many as an audience needs, or for as many as the system allows.
    pub(super) fn of(audience: Audience) -> Self {
        let wanted = match audience {
            Audience::Person => PERSONS_MAX,
            Audience::Guests => GUESTS_CONNECTIONS_MAX,
        };
        Self {
            table: Rc::default(),
            audience,
            most: allow_connections(wanted).unwrap_or(wanted),
        }
    }

    /// A place for a new connection; `None` if nobody has to make room for it.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = neighborhood(address);
        let mut table = self.table.borrow_mut();
        if table.all.len() >= self.most {
            let leaving = match self.audience {
                Audience::Person => table.unproven.first().copied(),
                Audience::Guests => table.who_makes_room(self.most, address),
            }?;
            if let Some(end) = table.forget(leaving).and_then(|gone| gone.end) {
                end.abort();
            }
        }
        let number = table.next;
        table.next += 1;
        table.all.insert(number, Connection { address, end: None });
        table.unproven.insert(number);
        let of = table.by_address.entry(address).or_default();
        of.unproven.insert(number);
        drop(table);
        Some(Place {
            connections: self.clone(),
            number,
        })
    }
}

impl Table {
    /// The connection that makes room for one from a guest's address.
    fn who_makes_room(&self, most: usize, newcomer: IpAddr) -> Option<u64> {
        let is_new = !self.by_address.contains_key(&newcomer);
        let addresses = self.by_address.len() + usize::from(is_new);
        let share = (most / addresses.max(1)).max(SHARE_MIN);
        let fullest = self.by_address.iter().max_by_key(|(_, of)| of.len());
        let over = fullest
            .filter(|(address, of)| of.len() > share || **address == newcomer && of.len() == share);
        match over {
            Some((_, of)) => of.oldest(),
            None => self.unproven.first().copied(),
        }
    }

    fn forget(&mut self, number: u64) -> Option<Connection> {
        let gone = self.all.remove(&number)?;
        self.unproven.remove(&number);
        if let Some(of) = self.by_address.get_mut(&gone.address) {
            of.unproven.remove(&number);
            of.proven.remove(&number);
            if of.len() == 0 {
                self.by_address.remove(&gone.address);
            }
        }
        Some(gone)
    }
}

impl Place {
    /// The connection has shown the token.
    pub(super) fn prove(&self) {
        let mut table = self.connections.table.borrow_mut();
        if !table.unproven.remove(&self.number) {
            return;
        }
        let address = table.all.get(&self.number).map(|known| known.address);
        if let Some(of) = address.and_then(|address| table.by_address.get_mut(&address)) {
            of.unproven.remove(&self.number);
            of.proven.insert(self.number);
        }
    }

    /// The number by which [`Connections::keep`] knows this connection.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl Connections {
    /// Keeps what ends a connection.
    pub(super) fn keep(&self, number: u64, end: AbortHandle) {
        if let Some(known) = self.table.borrow_mut().all.get_mut(&number) {
            known.end = Some(end);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.table.borrow_mut().forget(self.number);
    }
}

/// What counts as one address: a host of IPv6 chooses among all those of its network's 64 bits.
fn neighborhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(network.into())
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(number: u32) -> IpAddr {
        IpAddr::from((0x0a4d_0000 | number).to_be_bytes())
    }

    /// Whether a place's connection was not ended.
    fn stays(place: &Place) -> bool {
        let table = place.connections.table.borrow();
        table.all.contains_key(&place.number)
    }

    #[test]
    fn who_has_shown_the_token_is_pushed_out_by_nobody() {
        let here = IpAddr::from([127, 0, 0, 1]);
        let connections = Connections::of(Audience::Person);
        let mut proven: Vec<Place> = Vec::new();
        for _ in 0..3 {
            let place = connections.enter(here).unwrap();
            place.prove();
            proven.push(place);
        }
        let count = || connections.table.borrow().all.len();
        let idle: Vec<Place> = (0..10_000)
            .filter_map(|_| connections.enter(here))
            .collect();
        assert_eq!(idle.len(), 10_000);
        assert_eq!(count(), PERSONS_MAX);
        drop(idle);
        assert_eq!(count(), 3);
        while let Some(place) = connections.enter(here) {
            place.prove();
            place.prove();
            proven.push(place);
        }
        assert_eq!(proven.len(), PERSONS_MAX);
        assert!(proven.iter().all(stays));
        drop(proven);
        assert_eq!(count(), 0);
        assert!(connections.table.borrow().by_address.is_empty());
    }

    #[test]
    fn one_telephone_that_opens_thousands_pushes_out_its_own_proven_or_not() {
        for is_proven in [false, true] {
            let connections = Connections::of(Audience::Guests);
            let enter = |address| {
                let place = connections.enter(v4(address)).unwrap();
                place.prove();
                place
            };
            let class: Vec<Place> = (0..200).flat_map(|n| [enter(n), enter(n)]).collect();
            let mut flood = Vec::new();
            for _ in 0..10_000 {
                let place = connections.enter(v4(9999)).unwrap();
                if is_proven {
                    place.prove();
                }
                flood.push(place);
            }
            // Somebody who comes now stays, also before the token is shown.
            let late = connections.enter(v4(500)).unwrap();
            flood.extend((0..5000).filter_map(|_| connections.enter(v4(9999))));
            assert!(class.iter().all(stays) && stays(&late));
            let count = flood.iter().filter(|place| stays(place)).count();
            assert_eq!(count, GUESTS_CONNECTIONS_MAX - class.len() - 1);
        }
    }

    #[test]
    fn one_address_alone_gives_way_to_the_first_other_one() {
        let connections = Connections::of(Audience::Guests);
        let enter = |address| connections.enter(v4(address)).inspect(Place::prove);
        let alone: Vec<Place> = (0..3000).filter_map(|_| enter(1)).collect();
        assert_eq!(alone.len(), 3000, "it pushes out its own");
        assert!(!stays(&alone[999]) && stays(&alone[1000]));
        let other = enter(2).expect("a place is made");
        assert!(!stays(&alone[1000]) && stays(&other));
    }

    #[test]
    fn many_addresses_that_say_nothing_push_out_each_other() {
        let connections = Connections::of(Audience::Guests);
        let class: Vec<Place> = (0..200)
            .flat_map(|n| [connections.enter(v4(n)), connections.enter(v4(n))])
            .flatten()
            .collect();
        class.iter().for_each(Place::prove);
        let flood = (1000..9000).filter_map(|n| connections.enter(v4(n)));
        let flood: Vec<Place> = flood.collect();
        assert_eq!(flood.len(), 8000);
        assert!(class.iter().all(stays));
        // One host's many addresses are one.
        let host: Vec<Place> = (0..8000_u128)
            .filter_map(|n| connections.enter(IpAddr::V6((0xfd << 120 | n).into())))
            .collect();
        assert!(class.iter().all(stays));
        let addresses = connections.table.borrow().by_address.len();
        assert!(addresses <= GUESTS_CONNECTIONS_MAX, "{addresses}");
        drop(host);
    }
}
