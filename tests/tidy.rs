//! The invariants as a test: what `src/lib.rs` says is absent, is absent; each finding
//! names the place, the rule and the cure. It reads the sources as text; `pure_build` also asks the
//! compiler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "tidy/commands.rs"]
mod commands;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/pure_build.rs"]
mod pure_build;
#[path = "tidy/rooms.rs"]
mod rooms;
#[path = "tidy/sources.rs"]
mod sources;

use std::fs;

use self::sources::{Source, root, rust, sources};

const FILE_MAX_LINES: usize = 500;
const FUNCTION_MAX_LINES: usize = 70;
const LINE_MAX_COLUMNS: usize = 100;

fn assert_none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn files_functions_and_lines_stay_short_and_files_say_what_they_hold() {
    let mut findings = Vec::new();
    for source in rust() {
        let path = &source.path;
        if !source.text.starts_with("//!") {
            findings.push(format!(
                "{path}: say with //! what it holds and what it may know"
            ));
        }
        if source.text.lines().count() >= FILE_MAX_LINES {
            findings.push(format!(
                "{path}: {FILE_MAX_LINES} lines or more: split by noun"
            ));
        }
        for (number, line) in source.text.lines().enumerate() {
            if line.chars().count() > LINE_MAX_COLUMNS {
                let number = number + 1;
                findings.push(format!(
                    "{path}:{number}: over {LINE_MAX_COLUMNS} columns: break it"
                ));
            }
        }
        findings.extend(long_functions(&source));
    }
    assert_none(findings);
}

/// Functions of too many lines. Formatted code ends a function at the indent where it began.
fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let is_start = |line: &str| {
        let words = line.trim_start();
        let words = words.strip_prefix("pub").map_or(words, |rest| {
            rest.trim_start_matches(|c: char| c != ' ').trim_start()
        });
        ["fn ", "async fn ", "const fn ", "unsafe fn "]
            .iter()
            .any(|word| words.starts_with(word))
    };
    let mut findings = Vec::new();
    for (start, line) in lines.iter().enumerate().filter(|(_, line)| is_start(line)) {
        let indent = line.len() - line.trim_start().len();
        let end = format!("{}}}", " ".repeat(indent));
        let signature = lines[start..]
            .iter()
            .find(|line| line.ends_with(['{', ';', '}']));
        if signature.is_some_and(|line| line.ends_with(';')) {
            // A trait asks for it, and it has no body.
            continue;
        }
        let length = lines[start..]
            .iter()
            .position(|line| *line == end)
            .unwrap_or(0)
            + 1;
        if length >= FUNCTION_MAX_LINES {
            let place = format!("{}:{}", source.path, start + 1);
            findings.push(format!("{place}: a function of {length} lines: split it"));
        }
    }
    findings
}

#[test]
fn sentences_say_the_same_in_both_languages() {
    let mut findings = Vec::new();
    let mut sentences = 0;
    for source in sources("src/text", &[".rs"]) {
        for call in source.text.split("say!(").skip(1) {
            let literals = string_literals(call, 2);
            if literals.len() < 2 || call.starts_with("$") {
                continue;
            }
            sentences += 1;
            let [english, portuguese] = [&literals[0], &literals[1]];
            if english == portuguese {
                findings.push(format!("{}: not translated: {english}", source.path));
            }
            if placeholders(english) != placeholders(portuguese) {
                findings.push(format!("{}: {english} / {portuguese}", source.path));
            }
        }
    }
    assert!(
        sentences > 40,
        "only {sentences} sentences found: the test has gone blind"
    );
    assert_none(findings);
}

/// The first string literals of a piece of code.
fn string_literals(code: &str, count: usize) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = code;
    while literals.len() < count {
        let Some(start) = rest.find('"') else { break };
        let Some(end) = rest[start + 1..].find('"') else {
            break;
        };
        literals.push(rest[start + 1..start + 1 + end].to_owned());
        rest = &rest[start + end + 2..];
    }
    literals
}

/// The `{placeholders}` of a format string, sorted.
fn placeholders(format: &str) -> Vec<&str> {
    let mut names: Vec<&str> = format
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut in_dependencies = false;
    let mut findings = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && line.contains('=') && !line.contains(" # ") {
            findings.push(format!(
                "Cargo.toml: {line}: add one line of reason behind ` # `"
            ));
        }
    }
    assert_none(findings);
}

#[test]
fn ignored_tests_say_the_command_that_runs_them() {
    let mut findings = Vec::new();
    for source in rust().iter().filter(|source| source.path != file!()) {
        for (number, line) in source.code() {
            if line.contains("#[ignore") && !line.contains("cargo ") && !line.contains("scripts/") {
                findings.push(format!("{}:{number}: #[ignore = \"command\"]", source.path));
            }
        }
    }
    assert_none(findings);
}

/// The page that lists what an attacker can try.
const SECURITY_PAGE: &str = "src/manual/security.md";

/// Fewer threats than this were never listed: the test would have gone blind.
const THREATS_MIN: usize = 10;

#[test]
fn every_threat_has_its_test() {
    let path = SECURITY_PAGE;
    let page = fs::read_to_string(root().join(path)).unwrap();
    let threats = threats(&page);
    let sources = rust();
    let is_test = |name: &&str| {
        let head = format!("fn {name}(");
        sources.iter().any(|source| source.text.contains(&head))
    };
    let mut findings = Vec::new();
    if threats.len() < THREATS_MIN {
        let count = threats.len();
        findings.push(format!(
            "{path}: {count} threats found: list them in a table whose last column is called test"
        ));
    }
    for threat in threats {
        let cell = threat.trim_end_matches('|').rsplit('|').next().unwrap();
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            findings.push(format!("{path}: {threat}: name the test that shows it"));
        }
        let unknown = named.iter().filter(|name| !is_test(name));
        findings.extend(unknown.map(|name| format!("{path}: no test is called {name}")));
    }
    assert_none(findings);
}

/// The rows of all tables of a page whose last column is called *test*.
fn threats(page: &str) -> Vec<&str> {
    let mut threats = Vec::new();
    let mut lines = page.lines();
    while let Some(header) = lines.next() {
        let cells = header.trim_end().trim_end_matches('|').rsplit('|');
        let last = cells.map(str::trim).next().unwrap_or_default();
        if header.starts_with('|') && ["test", "tests"].contains(&last) {
            let rows = lines.by_ref().take_while(|line| line.starts_with('|'));
            threats.extend(rows.skip(1));
        }
    }
    threats
}

#[test]
fn the_top_level_holds_only_what_was_agreed() {
    const EXPECTED: &[&str] = &[
        ".ci",
        ".git",
        ".github",
        ".gitignore",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "benches",
        "examples",
        "scripts",
        "src",
        "tests",
        "target",
        "dist",
        "vendor",
        ".cargo",
    ];
    let entries = fs::read_dir(root()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let findings = names.filter(|name| !EXPECTED.contains(&name.as_str()));
    assert_none(
        findings
            .map(|name| format!("{name}: belongs into a folder"))
            .collect(),
    );
}
