//! The house's invariants as a test: what `src/lib.rs` says is absent, is absent; each finding
//! names the place, the rule and the cure. Reads the sources as text and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs;
use std::path::{Path, PathBuf};

const FILE_MAX_LINES: usize = 500;
const FUNCTION_MAX_LINES: usize = 70;
const LINE_MAX_COLUMNS: usize = 100;

/// Words that may stand only below certain places, and what to do instead.
struct Rule {
    words: &'static [&'static str],
    /// Where the words are forbidden; everywhere if empty.
    forbidden_in: &'static [&'static str],
    /// Where they are allowed all the same.
    allowed_in: &'static [&'static str],
    cure: &'static str,
}

const PURE: &[&str] = &["src/protocol/", "src/lab/", "src/sim/"];

const RULES: &[Rule] = &[
    Rule {
        words: &[
            "std::net",
            "socket2",
            "std::fs",
            "std::io",
            "std::thread",
            "std::env",
            "nix::",
        ],
        forbidden_in: PURE,
        allowed_in: &[],
        cure: "the core is pure: take bytes in and give bytes out; net and terminal move them",
    },
    Rule {
        words: &[
            "Instant",
            "SystemTime",
            "chrono",
            "HashMap",
            "HashSet",
            "rand::",
            "getrandom",
        ],
        forbidden_in: PURE,
        allowed_in: &[],
        cure: "time and chance come in as values; use BTreeMap, whose order repeats",
    },
    Rule {
        words: &[
            "crate::net",
            "crate::terminal",
            "crate::modes",
            "crate::clock",
            "crate::text",
        ],
        forbidden_in: PURE,
        allowed_in: &[],
        cure: "the core imports nothing of the outer rooms; they import it",
    },
    Rule {
        words: &[
            "Instant::now",
            "SystemTime::now",
            "Local::now",
            "Utc::now",
            ".elapsed()",
        ],
        forbidden_in: &[],
        allowed_in: &["src/clock.rs"],
        cure: "ask the clock room",
    },
    Rule {
        words: &[
            "UdpSocket",
            "TcpStream",
            "TcpListener",
            "UnixStream",
            "Socket::new",
        ],
        forbidden_in: &[],
        allowed_in: &["src/net/"],
        cure: "only net opens sockets",
    },
    Rule {
        words: &["unsafe {", "unsafe fn", "unsafe impl", "allow(unsafe_code)"],
        forbidden_in: &[],
        allowed_in: &["src/net/", "src/terminal/kernel/"],
        cure: "unsafe lives in net and terminal/kernel, behind a safe function with its reason",
    },
    Rule {
        words: &[
            "File::open",
            "File::create",
            "OpenOptions",
            "fs::read",
            "fs::write",
            "fs::create",
        ],
        forbidden_in: &[],
        allowed_in: &["src/store/"],
        cure: "only store opens files",
    },
    Rule {
        words: &["println!", "print!(", "stdout()", "stderr()"],
        forbidden_in: &[],
        allowed_in: &["src/terminal/", "src/main.rs"],
        cure: "say it through terminal::screen, which cleans it",
    },
    Rule {
        words: &["process::exit", "process::abort", "ExitCode"],
        forbidden_in: &[],
        allowed_in: &["src/main.rs"],
        cure: "return an End or an Error; only main ends the process",
    },
    Rule {
        words: &["TODO", "FIXME", "todo!", "unimplemented!", "dbg!"],
        forbidden_in: &[],
        allowed_in: &[],
        cure: "finish it, or say in the README that it is not there",
    },
];

/// A source file: its path from the root and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The text without comments and without its tests, for rules about what code does.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self
            .text
            .find("\n#[cfg(test)]\nmod tests")
            .unwrap_or(self.text.len());
        let lines = self.text[..tests].lines().enumerate();
        lines
            .map(|(i, line)| (i + 1, line))
            .filter(|(_, line)| !line.trim().starts_with("//"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder whose name has one of these endings, in a fixed order.
fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap();
                let path = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push(Source { path, text });
            }
        }
    }
    found
}

fn rust() -> Vec<Source> {
    ["src", "tests", "benches"]
        .iter()
        .flat_map(|folder| sources(folder, &[".rs"]))
        .collect()
}

fn assert_none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn each_thing_is_done_in_its_room_only() {
    let starts = |path: &str, places: &[&str]| places.iter().any(|place| path.starts_with(place));
    let mut findings = Vec::new();
    for source in sources("src", &[".rs"]) {
        let applies = |rule: &&Rule| {
            (rule.forbidden_in.is_empty() || starts(&source.path, rule.forbidden_in))
                && !starts(&source.path, rule.allowed_in)
        };
        for rule in RULES.iter().filter(applies) {
            for (number, line) in source.code() {
                if let Some(word) = rule.words.iter().find(|word| line.contains(**word)) {
                    findings.push(format!("{}:{number}: `{word}`: {}", source.path, rule.cure));
                }
            }
        }
    }
    assert_none(findings);
}

#[test]
fn modes_import_no_mode() {
    let modes = sources("src/modes", &[".rs"]);
    // A mode is a file or a folder; the files of a folder are one mode.
    let name_of = |path: &str| {
        let inner = path.strip_prefix("src/modes/").unwrap();
        let name = inner.split('/').next().unwrap();
        name.trim_end_matches(".rs").to_owned()
    };
    let names: Vec<String> = modes
        .iter()
        .map(|mode| name_of(&mode.path))
        .filter(|name| name != "mod")
        .collect();
    let mut findings = Vec::new();
    for mode in modes.iter().filter(|mode| mode.path != "src/modes/mod.rs") {
        let own = name_of(&mode.path);
        let depth = mode.path.matches('/').count() - 1;
        let above = "super::".repeat(if mode.path.ends_with("/mod.rs") {
            depth - 1
        } else {
            depth
        });
        for (number, line) in mode.code() {
            let imported = |name: &&String| {
                **name != own
                    && (line.contains(&format!("{above}{name}"))
                        || line.contains(&format!("modes::{name}")))
            };
            if let Some(name) = names.iter().find(imported) {
                let cure = "move what both need to its own room";
                findings.push(format!(
                    "{}:{number}: imports mode {name}: {cure}",
                    mode.path
                ));
            }
        }
    }
    assert_none(findings);
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

#[test]
fn every_threat_has_its_test() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme
        .split("\n## ")
        .find(|s| s.starts_with("What others can do"));
    let lines = section.expect("the threats").lines();
    let threats = lines.filter(|line| line.starts_with('|'));
    let threats: Vec<&str> = threats.skip(2).collect();
    let sources = rust();
    let is_test = |name: &&str| {
        let head = format!("fn {name}(");
        sources.iter().any(|source| source.text.contains(&head))
    };
    let mut findings = Vec::new();
    for threat in threats {
        let cell = threat.trim_end_matches('|').rsplit('|').next().unwrap();
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            findings.push(format!("{threat}: name the test that shows it"));
        }
        let unknown = named.iter().filter(|name| !is_test(name));
        findings.extend(unknown.map(|name| format!("README: no test is called {name}")));
    }
    assert_none(findings);
}

#[test]
fn the_top_level_holds_only_what_was_agreed() {
    const EXPECTED: &[&str] = &[
        ".ci",
        ".git",
        ".gitignore",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "benches",
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
