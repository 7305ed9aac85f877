//! The gate: where bytes from outside become a frame or a counted fault, exactly once. It bounds
//! the work that datagrams cause ([`super::check_budget`]), and refuses no source address: anybody
//! can send in anybody's name.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::check_budget::{Acquaintance, CheckBudget};
use super::wire::frame::{Author, FrameFault, Kind};
use super::wire::seal::{Opened, Seal};

/// Opens datagrams, and counts those that do not open.
#[derive(Debug, Default)]
pub struct Gate {
    faults: BTreeMap<FrameFault, u64>,
    refused: u64,
    misdirected: u64,
    budget: CheckBudget,
    work: Work,
}

/// What datagrams have cost: all but this is cheap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Signatures that were checked.
    pub checks: u64,
    /// Bytes of datagrams that were decrypted and hashed.
    pub bytes: u64,
}

impl Gate {
    /// Opens a datagram, or counts why it does not open. `acquaintance` says what is known about
    /// its author, if its signature must be checked.
    pub fn open<'s>(
        &mut self,
        now: Duration,
        source: IpAddr,
        datagram: &[u8],
        (seal, inside): (&Seal, &'s mut Vec<u8>),
        acquaintance: impl FnOnce(&Author) -> Acquaintance,
    ) -> Option<Opened<'s>> {
        let (budget, checks) = (&mut self.budget, &mut self.work.checks);
        let may_check = |author: &Author| {
            let may = budget.try_spend(now, source, author.short, acquaintance(author));
            *checks += u64::from(may);
            may
        };
        let outcome = seal.open_if(datagram, inside, may_check);
        if outcome.as_ref().err().is_none_or(FrameFault::is_sealed) {
            self.work.bytes += datagram.len() as u64;
        }
        match outcome {
            Ok(Some(opened)) => Some(opened),
            Ok(None) => {
                self.refused += 1;
                None
            }
            Err(fault) => {
                *self.faults.entry(fault).or_default() += 1;
                None
            }
        }
    }

    /// Counts a compact frame, which was opened elsewhere.
    pub fn note(&mut self, datagram: &[u8], outcome: Result<(), FrameFault>) {
        if outcome.as_ref().err().is_none_or(FrameFault::is_sealed) {
            self.work.bytes += datagram.len() as u64;
        }
        if let Err(fault) = outcome {
            *self.faults.entry(fault).or_default() += 1;
        }
    }

    /// Whether a datagram that was sent to the group is for one member alone, and is dropped: of
    /// statuses and the dialogues of catching up, each member would answer to the address in them,
    /// which perhaps belongs to somebody else.
    pub fn is_misdirected(&mut self, datagram: &[u8]) -> bool {
        let is_for_one = matches!(Kind::of(datagram), Some(Kind::Status | Kind::Sync));
        self.misdirected += u64::from(is_for_one);
        is_for_one
    }

    /// Frames for one member that were dropped because they were sent to all.
    #[must_use]
    pub fn misdirected(&self) -> u64 {
        self.misdirected
    }

    /// What datagrams have cost so far.
    #[must_use]
    pub fn work(&self) -> Work {
        self.work
    }

    /// Datagrams dropped so far, by fault.
    #[must_use]
    pub fn faults(&self) -> &BTreeMap<FrameFault, u64> {
        &self.faults
    }

    /// Datagrams dropped because there was no budget left to check their signatures.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_counted_by_kind_and_no_source_is_refused_for_them() {
        let (mut gate, seal) = (Gate::default(), Seal::public(None));
        let source = IpAddr::from([10, 0, 0, 1]);
        for _ in 0..10_000 {
            let inside = &mut Vec::new();
            let stranger = |_: &Author| Acquaintance::Stranger;
            let opened = gate.open(Duration::ZERO, source, b"x", (&seal, inside), stranger);
            assert_eq!(opened, None);
        }
        assert_eq!(gate.refused(), 0);
        assert_eq!(gate.faults().get(&FrameFault::NotFrame), Some(&10_000));
    }
}
