//! What an attack costs the honest members, as counted work: signatures checked, bytes decrypted
//! and hashed, frames sent. A datagram may cost what it takes to open it once; all else that it
//! causes is bounded by the same run without the attack.

use super::check::{Finding, Kind};
use super::outcome::Outcome;
use crate::protocol::gate::Work;
use crate::protocol::wire::compact::COMPACT_TYPE;
use crate::sim::{PULLED, World};

/// How many times as much work as without an attack, beside what the datagrams take themselves.
const WORK_TIMES: u64 = 4;

/// Signatures that may be checked at least, of all members together: those of the frames that 20
/// kbit/s of each of them hold.
const CHECKS_FLOOR: u64 = 4000;

/// Bytes that a member may open at least: 20 kbit/s of each of seven others for a minute.
const OPENED_FLOOR_BYTES: u64 = 7 * 150_000;

/// How often a member may open what the insider sends: when it comes, and when its turn has come,
/// which it may wait for behind others.
const OPENED_TIMES: u64 = 4;

/// Frames that a member may send within 60 seconds at least: 20 kbit/s of the shortest.
const FRAMES_FLOOR: u64 = 1000;

/// The work of one member, over all its starts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meter {
    last: Work,
    all: Work,
}

impl Meter {
    /// Takes in what a member has counted since it started.
    fn read(&mut self, counted: Work) {
        let has_restarted = counted.checks < self.last.checks || counted.bytes < self.last.bytes;
        let last = match has_restarted {
            true => Work::default(),
            false => self.last,
        };
        self.all.checks += counted.checks - last.checks;
        self.all.bytes += counted.bytes - last.bytes;
        self.last = counted;
    }
}

/// Reads what all members have counted.
pub(super) fn read(meters: &mut Vec<Meter>, world: &World) {
    meters.resize(world.size(), Meter::default());
    for (number, meter) in meters.iter_mut().enumerate() {
        if let Some(node) = world.node(number) {
            meter.read(node.work());
        }
    }
}

/// The work since the meters had read something for the first time.
pub(super) fn since(meters: &[Meter], first: &[Work]) -> Vec<Work> {
    let first = first
        .iter()
        .copied()
        .chain(std::iter::repeat(Work::default()));
    let both = meters.iter().zip(first);
    both.map(|(meter, first)| Work {
        checks: meter.all.checks - first.checks,
        bytes: meter.all.bytes - first.bytes,
    })
    .collect()
}

/// What was counted so far.
pub(super) fn counted(meters: &[Meter]) -> Vec<Work> {
    meters.iter().map(|meter| meter.all).collect()
}

/// The most frames that a member sent within 60 seconds to all, or unasked; but those of files.
pub(super) fn most_frames(world: &World, number: usize, (from_s, to_s): (u64, u64)) -> u64 {
    let frames = world.frames(number);
    let windows = (from_s..to_s).filter_map(|s| Some(frames?.between(s, s + 60)));
    let unasked = windows.map(|by_type| {
        let others = by_type
            .iter()
            .filter(|(kind, _)| ![PULLED, COMPACT_TYPE].contains(kind));
        others.map(|(_, frames)| frames).sum::<u64>()
    });
    unasked.max().unwrap_or(0)
}

/// What is wrong with the work of an attacked room, given the same run without an attack.
pub(super) fn judge(attacked: &Outcome, peaceful: &Outcome) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |text| findings.push(Finding::new(Kind::Work, text));
    let checks = |outcome: &Outcome| outcome.work.iter().map(|work| work.checks).sum::<u64>();
    let (checked, usual) = (checks(attacked), checks(peaceful));
    // Who checks a signature first tells the others of the pretend network.
    if checked > CHECKS_FLOOR.max(WORK_TIMES * usual) + attacked.datagrams {
        let datagrams = attacked.datagrams;
        find(format!(
            "{checked} checks for {datagrams} datagrams, usually {usual}"
        ));
    }
    for (number, work) in attacked.work.iter().enumerate() {
        let usual = peaceful.work.get(number).map_or(0, |work| work.bytes);
        let most = OPENED_FLOOR_BYTES.max(WORK_TIMES * usual) + OPENED_TIMES * attacked.put_bytes;
        if work.bytes > most {
            let (bytes, put) = (work.bytes, attacked.put_bytes);
            find(format!(
                "{number} opened {bytes} bytes, usually {usual}, of {put} by the insider"
            ));
        }
    }
    for (number, frames) in attacked.frames.iter().enumerate() {
        let usual = peaceful.frames.get(number).copied().unwrap_or(0);
        if *frames > FRAMES_FLOOR.max(WORK_TIMES * usual) {
            find(format!(
                "{number} sent {frames} frames in 60 s, usually {usual}"
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_over_all_starts_and_compared_with_the_run_without_an_attack() {
        let mut meter = Meter::default();
        let work = |checks, bytes| Work { checks, bytes };
        for counted in [work(5, 500), work(9, 900), work(1, 100)] {
            meter.read(counted);
        }
        assert_eq!(counted(&[meter]), [work(10, 1000)]);
        assert_eq!(since(&[meter], &[work(5, 500)]), [work(5, 500)]);
        assert_eq!(since(&[meter], &[]), [work(10, 1000)]);

        let outcome = |checks, bytes, frames| Outcome {
            work: vec![work(checks, bytes)],
            frames: vec![frames],
            datagrams: 100,
            put_bytes: 10_000,
            ..Outcome::default()
        };
        let peaceful = outcome(2000, 1_000_000, 500);
        let count = |attacked: Outcome| judge(&attacked, &peaceful).len();
        assert_eq!(count(outcome(8100, 4_040_000, 2000)), 0);
        assert_eq!(count(outcome(8101, 4_040_001, 2001)), 3);
    }
}
