//! The pure rooms build alone, so that the compiler holds their walls too.

use std::fs;
use std::process::{Command, Output};

use crate::assert_none;
use crate::sources::root;

/// Crates of the program that a pure crate may bring along: `ring` asks the system for chance.
const ALSO_BELOW_PURE: &[&str] = &["getrandom", "libc"];

/// What cargo says to these arguments, without the network.
fn cargo(arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(arguments);
    cargo.args(["--no-default-features", "--offline", "--locked"]);
    cargo.output().expect("cargo runs")
}

#[test]
fn the_pure_rooms_build_alone() {
    // A folder of its own, so that no other build waits for this one.
    let output = cargo(&["check", "--quiet", "--lib", "--target-dir", "target/pure"]);
    assert!(
        output.status.success(),
        "a pure room needs an outer room or an optional crate: move what both need into the pure \
         room\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_pure_rooms_bring_no_crate_of_the_program() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let optional = manifest
        .lines()
        .filter(|line| line.contains("optional = true"));
    let optional: Vec<&str> = optional
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(optional.contains(&"clap"), "{optional:?}");
    let direct = ["--depth", "1"];
    let tree = ["tree", "-e", "normal", "--prefix", "none"];
    let mut findings = Vec::new();
    for depth in [&direct[..], &[]] {
        let output = cargo(&[&tree, depth].concat());
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(names.contains("blake3"), "{output:?}");
        let names = names.lines().filter_map(|line| line.split(' ').next());
        let is_outer = |name: &&str| {
            let is_allowed = depth.is_empty() && ALSO_BELOW_PURE.contains(name);
            optional.contains(name) && !is_allowed
        };
        findings.extend(names.filter(is_outer).map(|name| {
            format!("{name}: the pure rooms bring it along: name it in the feature `cli` alone")
        }));
    }
    assert_none(findings);
}
