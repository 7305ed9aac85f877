//! The links of the documents lead somewhere: files exist, and headings too.

use std::fs;

use crate::sources::{Source, root, sources};

/// The documents: everything in Markdown.
fn documents() -> Vec<Source> {
    let mut documents = Vec::new();
    for folder in ["src", "tests", "benches", "scripts", ".github"] {
        documents.extend(sources(folder, &[".md"]));
    }
    for name in ["README.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        let path = name.to_owned();
        documents.push(Source { path, text });
    }
    documents
}

/// The targets of a document's links, with the numbers of their lines; code blocks have none.
fn links(document: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in document.text.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        let targets = line.split("](").skip(1);
        let targets = targets.filter_map(|rest| rest.split_once(')'));
        found.extend(targets.map(|(target, _)| (number + 1, target.to_owned())));
    }
    found
}

/// A heading as the name that links use: small letters, digits, and hyphens for blanks.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    kept.collect()
}

fn is_there(document: &Source, target: &str) -> bool {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let own = root().join(&document.path);
    let path = match file {
        "" => own,
        file => own.parent().unwrap().join(file),
    };
    let Ok(text) = fs::read_to_string(&path) else {
        return heading.is_empty() && path.exists();
    };
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    heading.is_empty() || headings.any(|line| anchor(line) == heading)
}

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let documents = documents();
    assert!(documents.len() > 12, "the documents are not found");
    let (mut count, mut findings) = (0, Vec::new());
    for document in &documents {
        for (line, target) in links(document) {
            let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
            count += 1;
            if !is_elsewhere && !is_there(document, &target) {
                findings.push(format!("{}:{line}: no {target}", document.path));
            }
        }
    }
    assert!(
        count > 30,
        "only {count} links found: the test has gone blind"
    );
    crate::assert_none(findings);
}
