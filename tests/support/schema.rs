//! The JSON schema as `src/manual/json.md` documents it, and whether an event keeps to it. Every
//! event that a program of the tests prints is looked at.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

/// The page, whose tables are the schema.
const PAGE: &str = include_str!("../../src/manual/json.md");

/// The name under which the fields of a person in a list stand: no event is called so.
const PERSON: &str = "a person";

/// What a field may hold, and whether it may be absent.
#[derive(Clone, Debug, PartialEq)]
struct Field {
    kind: String,
    is_optional: bool,
}

/// The fields of each event, and of a person in a list; those of every event stand under no name.
#[derive(Debug)]
pub struct Schema(BTreeMap<String, Fields>);

type Fields = BTreeMap<String, Field>;

impl Schema {
    /// The documented schema.
    pub fn documented() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| Self::of_page(PAGE))
    }

    /// Reads the tables of a page: a heading of three or two signs, then rows of field and type.
    fn of_page(page: &str) -> Self {
        let mut events: BTreeMap<String, Fields> = BTreeMap::new();
        let mut current = None;
        for line in page.lines() {
            if let Some(heading) = line.strip_prefix("### ") {
                current = heading.split('`').nth(1).map(str::to_owned);
            } else if let Some(heading) = line.strip_prefix("## ") {
                current = match heading {
                    "Fields of every event" => Some(String::new()),
                    "A person in a list" => Some(PERSON.to_owned()),
                    _ => None,
                };
            }
            if let Some(event) = &current {
                let fields = events.entry(event.clone()).or_default();
                fields.extend(row(line));
            }
        }
        Self(events)
    }

    /// What is wrong with a line that a program printed.
    pub fn fault(&self, line: &str) -> Option<String> {
        let Ok(Value::Object(object)) = serde_json::from_str::<Value>(line) else {
            return Some("is no object".into());
        };
        let Some(event) = object.get("event").and_then(Value::as_str) else {
            return Some("has no event".into());
        };
        match (self.0.get(event), self.0.get("")) {
            (Some(own), Some(common)) => self.fault_of(event, &object, &[own, common]),
            _ => Some(format!("{event} is not documented")),
        }
    }

    /// What is wrong with an object that may hold these fields.
    fn fault_of(
        &self,
        what: &str,
        object: &Map<String, Value>,
        fields: &[&Fields],
    ) -> Option<String> {
        for (name, value) in object {
            let Some(field) = fields.iter().find_map(|fields| fields.get(name)) else {
                return Some(format!("{what}: {name} is not documented"));
            };
            if !is_of_kind(value, &field.kind) {
                return Some(format!("{what}: {name} is no {}", field.kind));
            }
            if field.kind == "list of people" {
                let people = value.as_array().into_iter().flatten();
                let fault = people
                    .map(|person| person.as_object().unwrap())
                    .find_map(|person| self.fault_of(PERSON, person, &[&self.0[PERSON]]));
                if let Some(fault) = fault {
                    return Some(format!("{what}: {name}: {fault}"));
                }
            }
        }
        let required = fields
            .iter()
            .copied()
            .flatten()
            .filter(|(_, f)| !f.is_optional);
        let mut missing = required.filter(|(name, _)| !object.contains_key(*name));
        missing
            .next()
            .map(|(name, _)| format!("{what}: {name} is missing"))
    }
}

/// A field's row: ``| `name` | type? | meaning |``.
fn row(line: &str) -> Option<(String, Field)> {
    let mut cells = line.strip_prefix("| `")?.split('|');
    let name = cells.next()?.trim().strip_suffix('`')?.to_owned();
    let kind = cells.next()?.trim();
    let is_optional = kind.ends_with('?');
    let kind = kind.trim_end_matches('?').to_owned();
    Some((name, Field { kind, is_optional }))
}

fn is_of_kind(value: &Value, kind: &str) -> bool {
    kind.split(" or ").any(|kind| match kind {
        "string" => value.is_string(),
        "number" => value.is_u64(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        kind if kind.starts_with("list") => value.is_array(),
        _ => false,
    })
}

#[test]
fn the_checker_finds_what_the_page_does_not_say() {
    let schema = Schema::documented();
    let fault = |line: &str| schema.fault(line);
    let time = r#""time":"2026-11-26T14:03:21.042-03:00""#;
    let fine = format!(r#"{{"event":"silent",{time},"room":"sala","user":"ana"}}"#);
    assert_eq!(fault(&fine), None);
    for (line, expected) in [
        ("oi".to_owned(), "is no object"),
        (r#"{"user":"ana"}"#.to_owned(), "has no event"),
        (
            format!(r#"{{"event":"dances",{time}}}"#),
            "dances is not documented",
        ),
        (
            format!(r#"{{"event":"silent",{time}}}"#),
            "silent: user is missing",
        ),
        (
            format!(r#"{{"event":"silent",{time},"user":1}}"#),
            "silent: user is no string",
        ),
        (
            format!(r#"{{"event":"silent",{time},"user":"ana","age":7}}"#),
            "silent: age is not documented",
        ),
        (
            format!(r#"{{"event":"members",{time},"members":[{{"user":"ana","age":7}}]}}"#),
            "members: members: a person: age is not documented",
        ),
        (
            r#"{"event":"silent","user":"ana"}"#.to_owned(),
            "silent: time is missing",
        ),
    ] {
        assert_eq!(fault(&line).as_deref(), Some(expected), "{line}");
    }
}
