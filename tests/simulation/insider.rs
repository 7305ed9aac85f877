//! Rooms under attack by a hostile member that is a generator: see `sim/insider`. A run that fails
//! prints its seed, and the few acts that suffice as Rust that can become a test of its own.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use roda::protocol::rng::Rng;
use roda::sim::insider::act::Act;
use roda::sim::insider::check::{Finding, Kind};
use roda::sim::insider::choose::{IDENTITIES_MAX, Scope, attack};
use roda::sim::insider::shrink::shrink;
use roda::sim::insider::trial::{Outcome, Trial, Weather};

use crate::memory::in_use;

/// Most runs in which a failing attack is shrunk.
const SHRINK_RUNS: usize = 400;

/// An attack by its seed, as all of it follows from that.
struct Attack {
    trial: Trial,
    acts: Vec<Act>,
}

impl Attack {
    fn of(seed: u64, span_s: u64, bits_per_s: u64) -> Self {
        let weather = match Rng::new(seed ^ 0x3a).below(3) {
            0 => Weather::Rough,
            _ => Weather::Calm,
        };
        let trial = Trial {
            seed,
            honest: 5,
            span: Duration::from_secs(span_s),
            bits_per_s,
            weather,
        };
        // Mean datagrams are larger: the budget is used up.
        let acts = bits_per_s / 8 * span_s / 200;
        let scope = Scope {
            honest: trial.honest,
            identities: IDENTITIES_MAX,
            span_ms: span_s as u32 * 1000,
            ahead_max_s: setting("RODA_INSIDER_AHEAD_S", u64::MAX >> 1) as i64,
        };
        let acts = attack(seed, acts as usize, scope);
        Self { trial, acts }
    }

    fn outcome(&self, acts: &[Act]) -> Outcome {
        self.trial.run(acts, &in_use).unwrap()
    }

    fn findings(&self, peaceful: &Outcome, acts: &[Act]) -> Vec<Finding> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.outcome(acts)));
        match outcome {
            Ok(outcome) => outcome.judged_by(peaceful),
            Err(_) => vec![Finding::new(Kind::Panic, String::new())],
        }
    }
}

/// The value of an environment variable, or another one.
fn setting(name: &str, usual: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.and_then(|value| value.parse().ok()).unwrap_or(usual)
}

#[test]
#[ignore = "hours: cargo test --release --test simulation survey -- --ignored --nocapture"]
fn survey() {
    let (first, count) = (
        setting("RODA_INSIDER_SEED", 0),
        setting("RODA_INSIDER_RUNS", 100),
    );
    let span_s = setting("RODA_INSIDER_S", 10);
    let bits_per_s = setting("RODA_INSIDER_BITS", 200_000);
    let mut kinds: BTreeMap<Kind, Vec<(u64, String)>> = BTreeMap::new();
    let began = Instant::now();
    for seed in first..first + count {
        let attack = Attack::of(seed, span_s, bits_per_s);
        let peaceful = attack.outcome(&[]);
        if let Some(finding) = peaceful.findings.first() {
            eprintln!("{seed}, without an attack: {finding:?}");
        }
        for finding in attack.findings(&peaceful, &attack.acts) {
            kinds
                .entry(finding.kind)
                .or_default()
                .push((seed, finding.text));
        }
    }
    eprintln!("{count} runs in {:?}", began.elapsed());
    for (kind, all) in kinds {
        let mut seeds: Vec<u64> = all.iter().map(|(seed, _)| *seed).collect();
        seeds.dedup();
        eprintln!(
            "{kind:?}: {} seeds: {:?}",
            seeds.len(),
            &seeds[..seeds.len().min(12)]
        );
        for (seed, text) in all.iter().take(4) {
            eprintln!("    {seed}: {}", text.chars().take(200).collect::<String>());
        }
    }
}

#[test]
#[ignore = "for one seed: RODA_INSIDER_SEED=7 cargo test --release --test simulation shrink_one"]
fn shrink_one() {
    let seed = setting("RODA_INSIDER_SEED", 0);
    let kind = std::env::var("RODA_INSIDER_KIND").ok();
    let span_s = setting("RODA_INSIDER_S", 10);
    let attack = Attack::of(seed, span_s, setting("RODA_INSIDER_BITS", 200_000));
    let peaceful = attack.outcome(&[]);
    let is_it = |finding: &Finding| {
        kind.as_ref()
            .is_none_or(|kind| format!("{:?}", finding.kind) == *kind)
    };
    let fails = |acts: &[Act]| attack.findings(&peaceful, acts).iter().any(is_it);
    let acts = shrink(&attack.acts, SHRINK_RUNS, fails);
    eprintln!("// {:?}", attack.trial);
    acts.iter().for_each(|act| eprintln!("{act:?},"));
    for finding in attack.findings(&peaceful, &acts) {
        eprintln!("// {:?}: {}", finding.kind, finding.text);
    }
}
