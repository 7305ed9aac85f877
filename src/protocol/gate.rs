//! The gate: where bytes from outside become a frame or a counted fault, exactly once. A source
//! that sends many datagrams that do not open is ignored for a while, so that it costs little.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::wire::frame::FrameFault;
use super::wire::seal::{Opened, Seal};

/// Most datagrams per second from one source address that may fail to open.
const BROKEN_PER_S: u32 = 100;

/// Most sources that are counted at a time. When there are more, counting starts over.
const SOURCES_MAX: usize = 1024;

/// How long a count lasts.
const COUNTED: Duration = Duration::from_secs(1);

/// Opens datagrams, and counts those that do not open.
#[derive(Debug, Default)]
pub struct Gate {
    faults: BTreeMap<FrameFault, u64>,
    refused: u64,
    broken: BTreeMap<IpAddr, u32>,
    since: Duration,
}

impl Gate {
    /// Opens a datagram, or counts why it does not open.
    pub fn open<'s>(
        &mut self,
        now: Duration,
        source: IpAddr,
        datagram: &[u8],
        seal: &Seal,
        inside: &'s mut Vec<u8>,
    ) -> Option<Opened<'s>> {
        if now >= self.since + COUNTED || self.broken.len() > SOURCES_MAX {
            self.broken.clear();
            self.since = now;
        }
        if self
            .broken
            .get(&source)
            .is_some_and(|count| *count >= BROKEN_PER_S)
        {
            self.refused += 1;
            return None;
        }
        match seal.open(datagram, inside) {
            Ok(opened) => Some(opened),
            Err(fault) => {
                *self.faults.entry(fault).or_default() += 1;
                // Another room's frames are no offence, and cost next to nothing.
                let is_foreign = matches!(
                    fault,
                    FrameFault::OtherRoom | FrameFault::OtherKey | FrameFault::OtherVersion
                );
                if !is_foreign {
                    *self.broken.entry(source).or_default() += 1;
                }
                None
            }
        }
    }

    /// Datagrams dropped so far, by fault.
    #[must_use]
    pub fn faults(&self) -> &BTreeMap<FrameFault, u64> {
        &self.faults
    }

    /// Datagrams dropped unread because their source had sent too many that did not open.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_of_rubbish_is_refused_for_a_while_and_others_are_not() {
        let (mut gate, seal) = (Gate::default(), Seal::public(None));
        let (bad, good) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let hear = |gate: &mut Gate, now, source| {
            let mut inside = Vec::new();
            let opened = gate.open(now, source, b"rubbish", &seal, &mut inside);
            assert_eq!(opened, None);
        };
        (0..150).for_each(|_| hear(&mut gate, Duration::ZERO, bad));
        assert_eq!(gate.refused(), 50);
        hear(&mut gate, Duration::ZERO, good);
        hear(&mut gate, COUNTED, bad);
        assert_eq!(gate.refused(), 50);
        assert_eq!(gate.faults().get(&FrameFault::NotFrame), Some(&102));
    }
}
