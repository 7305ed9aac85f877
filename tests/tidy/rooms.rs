//! What each room may do: words that may stand only in certain places, modes that import no other
//! mode, and hubs that only route.

use std::fs;

use crate::assert_none;
use crate::sources::{Source, root, sources};

/// Words that may stand only in certain places, and what to do instead.
struct Rule {
    words: &'static [&'static str],
    /// Where the words are forbidden; everywhere if empty.
    forbidden_in: &'static [&'static str],
    /// Where they are allowed all the same.
    allowed_in: &'static [&'static str],
    /// The only use that is allowed elsewhere.
    exception: Option<Exception>,
    cure: &'static str,
}

/// A use of a forbidden word that is allowed: in one place, for one object.
struct Exception {
    place: &'static str,
    /// What the statement with the word must name.
    object: &'static str,
}

const PURE: &[&str] = &["src/protocol/", "src/chat/", "src/lab/", "src/sim/"];

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
        exception: None,
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
        exception: None,
        cure: "time and chance come in as values; use BTreeMap, whose order repeats",
    },
    Rule {
        words: &[
            "crate::net",
            "crate::store",
            "crate::terminal",
            "crate::face",
            "crate::modes",
            "crate::cli",
            "crate::clock",
            "crate::error",
            "crate::text",
        ],
        forbidden_in: PURE,
        allowed_in: &[],
        exception: None,
        cure: "a pure room imports no outer room: move what both need into the pure room",
    },
    Rule {
        words: &["clap"],
        forbidden_in: PURE,
        allowed_in: &[],
        exception: None,
        cure: "a pure room knows no argument parser: implement its traits in cli",
    },
    Rule {
        words: &["feature = \"cli\""],
        forbidden_in: PURE,
        allowed_in: &[],
        exception: None,
        cure: "a pure room is built the same with and without the program: move this out of it",
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
        exception: None,
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
        exception: None,
        cure: "only net opens sockets",
    },
    Rule {
        words: &[
            "unsafe {",
            "unsafe fn",
            "unsafe impl",
            "unsafe extern",
            "allow(unsafe_code)",
            "expect(unsafe_code",
        ],
        forbidden_in: &[],
        allowed_in: &["src/net/kernel/", "src/terminal/kernel/"],
        exception: None,
        cure: "move it into a kernel folder, behind a safe function and with its reason",
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
        exception: Some(Exception {
            place: "src/terminal/",
            object: "\"/dev/tty\"",
        }),
        cure: "only store opens files, and terminal opens \"/dev/tty\", named where it is opened",
    },
    Rule {
        words: &["println!", "print!(", "stdout()", "stderr()"],
        forbidden_in: &[],
        allowed_in: &["src/terminal/", "src/face/", "src/main.rs"],
        exception: None,
        cure: "say it through terminal or a face, which clean it",
    },
    Rule {
        words: &["process::exit", "process::abort", "ExitCode"],
        forbidden_in: &[],
        allowed_in: &["src/main.rs"],
        exception: None,
        cure: "return an End or an Error; only main ends the process",
    },
    Rule {
        words: &["TODO", "FIXME", "todo!", "unimplemented!", "dbg!"],
        forbidden_in: &[],
        allowed_in: &[],
        exception: None,
        cure: "finish it, or say in the README that it is not there",
    },
];

#[test]
fn each_thing_is_done_in_its_room_only() {
    let findings = sources("src", &[".rs"]);
    let findings = findings.iter().flat_map(violations);
    assert_none(findings.collect());
}

/// Where a source breaks a rule.
fn violations(source: &Source) -> Vec<String> {
    let path = source.path.as_str();
    let starts = |places: &[&str]| places.iter().any(|place| path.starts_with(place));
    let applies = |rule: &&Rule| {
        (rule.forbidden_in.is_empty() || starts(rule.forbidden_in)) && !starts(rule.allowed_in)
    };
    let lines: Vec<(usize, &str)> = source.code().collect();
    let mut violations = Vec::new();
    for rule in RULES.iter().filter(applies) {
        for (index, (number, line)) in lines.iter().enumerate() {
            let Some(word) = rule.words.iter().find(|word| line.contains(**word)) else {
                continue;
            };
            let is_exception = rule.exception.as_ref().is_some_and(|exception| {
                let statement = statement(&lines[index..]);
                path.starts_with(exception.place) && statement.contains(exception.object)
            });
            if !is_exception && !is_import_for_an_exception(rule, path, line) {
                violations.push(format!("{path}:{number}: `{word}`: {}", rule.cure));
            }
        }
    }
    violations
}

/// Whether a line only imports what an exception of the rule is made with.
fn is_import_for_an_exception(rule: &Rule, path: &str, line: &str) -> bool {
    let exception = rule.exception.as_ref();
    line.starts_with("use ") && exception.is_some_and(|it| path.starts_with(it.place))
}

/// The statement that begins with the first of these lines.
fn statement(lines: &[(usize, &str)]) -> String {
    let is_end = |line: &str| line.ends_with([';', '{']);
    let end = lines.iter().position(|(_, line)| is_end(line));
    let lines = &lines[..end.map_or(lines.len(), |end| end + 1)];
    lines.iter().map(|(_, line)| line.trim()).collect()
}

#[test]
fn the_rules_find_what_they_forbid_and_nothing_else() {
    let found = |path: &str, text: &str| {
        let (path, text) = (path.to_owned(), text.to_owned());
        violations(&Source { path, text }).len()
    };
    let tty = "use std::fs::OpenOptions;\nlet tty = OpenOptions::new()\n    .write(true)\n    \
               .open(\"/dev/tty\")?;\n";
    assert_eq!(found("src/terminal/keyboard.rs", tty), 0);
    assert_eq!(found("src/face/lines.rs", tty), 2);
    let other = "let file = File::open(path)?;\nlet tty = \"/dev/tty\";\n";
    assert_eq!(found("src/terminal/keyboard.rs", other), 1);
    assert_eq!(found("src/store/people.rs", other), 0);
    let derive = "#[derive(Clone, clap::ValueEnum)]\n";
    assert_eq!(found("src/chat/command.rs", derive), 1);
    assert_eq!(found("src/cli/chat.rs", derive), 0);
    assert_eq!(found("src/net/tcp.rs", "unsafe { close(3) }\n"), 1);
    assert_eq!(found("src/net/kernel/linux.rs", "unsafe { close(3) }\n"), 0);
    assert_eq!(found("src/sim/mod.rs", "// crate::text is not for us\n"), 0);
}

/// A file that only routes: its length, and the fields of the struct that it routes for.
struct Hub {
    path: &'static str,
    /// It has fewer lines than this.
    lines: usize,
    name: &'static str,
    /// The struct has fewer fields than this.
    fields: usize,
}

const HUBS: &[Hub] = &[
    Hub {
        path: "src/chat/mod.rs",
        lines: 300,
        name: "Chat",
        fields: 10,
    },
    Hub {
        path: "src/protocol/engine/mod.rs",
        lines: 300,
        name: "Engine",
        fields: 12,
    },
    Hub {
        path: "src/protocol/node.rs",
        lines: 300,
        name: "Node",
        fields: 6,
    },
];

#[test]
fn hubs_only_route() {
    let mut findings = Vec::new();
    for hub in HUBS {
        let Hub { path, name, .. } = hub;
        let Ok(text) = fs::read_to_string(root().join(path)) else {
            findings.push(format!(
                "{path}: is not there: name the hub where it is now"
            ));
            continue;
        };
        let lines = text.lines().count();
        if lines >= hub.lines {
            let cure = "move what it does into the parts that it routes to";
            findings.push(format!(
                "{path}: {lines} lines, not below {}: {cure}",
                hub.lines
            ));
        }
        match fields(&text, name) {
            None => findings.push(format!(
                "{path}: no struct {name}: name the hub as it is now"
            )),
            Some(count) if count >= hub.fields => {
                let cure = "group what belongs together into a part of its own";
                let most = hub.fields;
                findings.push(format!(
                    "{path}: {name} has {count} fields, not below {most}: {cure}"
                ));
            }
            Some(_) => {}
        }
    }
    assert_none(findings);
}

/// How many named fields a struct has; `None` if there is no such struct.
fn fields(text: &str, name: &str) -> Option<usize> {
    let is_start = |line: &&str| {
        let words = line.trim_start_matches("pub ").strip_prefix("struct ");
        let rest = words.and_then(|words| words.strip_prefix(name));
        rest.is_some_and(|rest| line.ends_with('{') && !rest.starts_with(char::is_alphanumeric))
    };
    let mut lines = text.lines().skip_while(|line| !is_start(line));
    lines.next()?;
    let body = lines.take_while(|line| *line != "}");
    // Formatted code has a field's name at the first indent, with its colon.
    let is_field = |line: &&str| {
        let inner = line.strip_prefix("    ");
        inner.is_some_and(|inner| inner.starts_with(char::is_alphabetic) && inner.contains(": "))
    };
    Some(body.filter(is_field).count())
}

#[test]
fn fields_are_counted() {
    let one =
        "/// A struct.\npub struct One<'a> {\n    /// A note: with a colon.\n    pub a: u8,\n";
    let rest =
        "    #[serde(rename = \"x\")]\n    b: &'a [u8],\n}\n\nstruct Oneself {\n    c: u8,\n}\n";
    let text = &[one, rest].concat();
    assert_eq!(fields(text, "One"), Some(2));
    assert_eq!(fields(text, "Oneself"), Some(1));
    assert_eq!(fields(text, "Two"), None);
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
