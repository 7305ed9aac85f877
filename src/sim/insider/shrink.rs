//! The few acts of an attack that suffice: acts are left out as long as what failed still fails.

use super::act::Act;

/// Leaves out acts, in ever smaller groups, while `fails` says that the rest still does harm; at
/// most so many runs.
pub fn shrink(acts: &[Act], runs_max: usize, mut fails: impl FnMut(&[Act]) -> bool) -> Vec<Act> {
    let mut acts = acts.to_vec();
    let (mut size, mut runs) = (acts.len().div_ceil(2).max(1), 0);
    loop {
        let mut at = 0;
        let before = acts.len();
        while at < acts.len() && runs < runs_max {
            let end = (at + size).min(acts.len());
            let rest: Vec<Act> = [acts.get(..at), acts.get(end..)]
                .into_iter()
                .flatten()
                .flatten()
                .copied()
                .collect();
            runs += 1;
            if fails(&rest) {
                acts = rest;
            } else {
                at = end;
            }
        }
        if runs >= runs_max || (size == 1 && acts.len() == before) {
            return acts;
        }
        size = (size / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::choose::{Scope, attack};
    use super::*;

    #[test]
    fn what_remains_is_what_it_takes() {
        let scope = Scope {
            honest: 3,
            identities: 20,
            span_ms: 1000,
            ahead_max_s: 0,
        };
        let acts = attack(1, 100, scope);
        let (first, second) = (acts[20], acts[70]);
        let fails = |acts: &[Act]| acts.contains(&first) && acts.contains(&second);
        assert_eq!(shrink(&acts, 1000, fails), [first, second]);
        assert!(shrink(&acts, 3, fails).len() <= 100, "it ends");
    }
}
