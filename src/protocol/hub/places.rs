//! Who takes a place at the hub: by address, those who have joined; and apart from them those who
//! have not, who take nobody's place.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

/// Connections that have no name yet, or are leaving: a class that starts its programs at the same
/// moment. When there are more, the address with the most of them loses its oldest.
pub const UNNAMED_MAX: usize = 1024;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Places {
    joined: BTreeMap<IpAddr, usize>,
    unnamed: BTreeMap<IpAddr, BTreeSet<u32>>,
    unnamed_count: usize,
}

impl Places {
    /// How many have joined from an address.
    pub(super) fn joined_from(&self, address: IpAddr) -> usize {
        self.joined.get(&address).copied().unwrap_or(0)
    }

    /// How many have not joined.
    pub(super) fn unnamed(&self) -> usize {
        self.unnamed_count
    }

    /// Counts a connection among those that have not joined.
    pub(super) fn add_unnamed(&mut self, address: IpAddr, id: u32) {
        let is_new = self.unnamed.entry(address).or_default().insert(id);
        self.unnamed_count += usize::from(is_new);
    }

    /// A connection does not count among those that have not joined any longer.
    pub(super) fn remove_unnamed(&mut self, address: IpAddr, id: u32) {
        if let Some(ids) = self.unnamed.get_mut(&address) {
            self.unnamed_count -= usize::from(ids.remove(&id));
            if ids.is_empty() {
                self.unnamed.remove(&address);
            }
        }
    }

    /// A connection has joined.
    pub(super) fn join(&mut self, address: IpAddr, id: u32) {
        self.remove_unnamed(address, id);
        *self.joined.entry(address).or_default() += 1;
    }

    /// A connection that had joined leaves.
    pub(super) fn leave(&mut self, address: IpAddr, id: u32) {
        if let Some(count) = self.joined.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.joined.remove(&address);
            }
        }
        self.add_unnamed(address, id);
    }

    /// The connection that makes room for another, if there are too many that have not joined.
    pub(super) fn surplus(&self) -> Option<u32> {
        if self.unnamed_count < UNNAMED_MAX {
            return None;
        }
        let crowd = self.unnamed.values().max_by_key(|ids| ids.len())?;
        crowd.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_with_the_most_unnamed_connections_makes_room() {
        let mut places = Places::default();
        let (one, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        places.add_unnamed(other, 0);
        let many = u32::try_from(UNNAMED_MAX).unwrap();
        (1..many - 1).for_each(|id| places.add_unnamed(one, id));
        assert_eq!(places.surplus(), None);
        places.add_unnamed(one, many);
        assert_eq!(places.surplus(), Some(1));
        places.join(one, 1);
        assert_eq!((places.joined_from(one), places.surplus()), (1, None));
        places.leave(one, 1);
        places.remove_unnamed(one, 1);
        assert_eq!(places.unnamed(), UNNAMED_MAX - 1);
        assert_eq!(places.joined_from(one), 0);
    }
}
