//! The connections of a listener, of which there are so many at most. Where there is no room, the
//! oldest goes that has not shown the token: somebody who opens thousands and says nothing pushes
//! out their own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::task::AbortHandle;

/// Most connections: each of the streams, and some for what browsers ask besides.
pub(super) const CONNECTIONS_MAX: usize = 128;

/// See the file's head.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    table: Rc<RefCell<Table>>,
    most: usize,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    /// Those that have shown the token; they end by themselves.
    proven: usize,
    /// The others, by their age.
    unproven: BTreeMap<u64, Option<AbortHandle>>,
}

/// One connection's place, which is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    connections: Connections,
    /// Its number among those that have not shown the token.
    unproven: RefCell<Option<u64>>,
}

impl Connections {
    /// Room for so many.
    pub(super) fn of(most: usize) -> Self {
        Self {
            table: Rc::default(),
            most,
        }
    }

    /// A place for a new connection; `None` if all are taken by those that have shown the token.
    pub(super) fn enter(&self) -> Option<Place> {
        let mut table = self.table.borrow_mut();
        if table.proven + table.unproven.len() >= self.most {
            let (_, oldest) = table.unproven.pop_first()?;
            if let Some(oldest) = oldest {
                oldest.abort();
            }
        }
        let number = table.next;
        table.next += 1;
        table.unproven.insert(number, None);
        Some(Place {
            connections: self.clone(),
            unproven: RefCell::new(Some(number)),
        })
    }

    /// How many there are.
    #[cfg(test)]
    fn len(&self) -> usize {
        let table = self.table.borrow();
        table.proven + table.unproven.len()
    }
}

impl Place {
    /// The number by which [`Connections::keep`] knows this connection.
    pub(super) fn number(&self) -> Option<u64> {
        *self.unproven.borrow()
    }

    /// The connection has shown the token.
    pub(super) fn prove(&self) {
        if let Some(number) = self.unproven.take() {
            let mut table = self.connections.table.borrow_mut();
            table.unproven.remove(&number);
            table.proven += 1;
        }
    }
}

impl Connections {
    /// Keeps what ends a connection.
    pub(super) fn keep(&self, number: u64, end: AbortHandle) {
        if let Some(kept) = self.table.borrow_mut().unproven.get_mut(&number) {
            *kept = Some(end);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.connections.table.borrow_mut();
        match self.unproven.take() {
            Some(number) => drop(table.unproven.remove(&number)),
            None => table.proven -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_shown_the_token_is_pushed_out_by_nobody() {
        let connections = Connections::of(CONNECTIONS_MAX);
        let mut proven: Vec<Place> = Vec::new();
        for _ in 0..3 {
            let place = connections.enter().unwrap();
            place.prove();
            proven.push(place);
        }
        let idle: Vec<Place> = (0..10_000).filter_map(|_| connections.enter()).collect();
        assert_eq!(idle.len(), 10_000);
        assert_eq!(connections.len(), CONNECTIONS_MAX);
        drop(idle);
        assert_eq!(connections.len(), 3);
        while let Some(place) = connections.enter() {
            place.prove();
            place.prove();
            proven.push(place);
        }
        assert_eq!(proven.len(), CONNECTIONS_MAX);
        drop(proven);
        assert_eq!(connections.len(), 0);
    }
}
