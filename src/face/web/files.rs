//! The files of the page, which are part of the program: what each is called, what it is, and whose
//! page it belongs to.

use super::server::Audience;

/// A file that anybody may read who reaches the listener: there is nothing secret in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Where it is.
    pub(super) path: &'static str,
    /// What it is.
    pub(super) kind: &'static str,
    /// Its bytes, in pieces that others may share.
    pieces: &'static [&'static [u8]],
    readers: Readers,
}

/// Whose page a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    Person,
    Guests,
    Both,
}

impl File {
    /// The file at a path of somebody's page.
    pub(super) fn at(path: &str, audience: Audience) -> Option<&'static Self> {
        let mut files = FILES.iter().filter(|file| file.is_for(audience));
        files.find(|file| file.path == path)
    }

    fn is_for(&self, audience: Audience) -> bool {
        match self.readers {
            Readers::Person => audience == Audience::Person,
            Readers::Guests => audience == Audience::Guests,
            Readers::Both => true,
        }
    }

    /// What is sent of it: its lines without their indentation and without comments that fill a
    /// line, and rules of style without blanks around their signs, which a browser has no use for.
    pub(super) fn sent(&self) -> Vec<u8> {
        let lines = self
            .pieces
            .iter()
            .flat_map(|piece| piece.split_inclusive(|byte| *byte == b'\n'));
        let mut sent = Vec::new();
        for line in lines.map(meant) {
            match self.kind {
                CSS => close_up(line, &mut sent),
                _ => sent.extend_from_slice(line),
            }
        }
        sent
    }
}

/// A line, as far as a browser needs it.
fn meant(line: &[u8]) -> &[u8] {
    let begin = line.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    let line = begin
        .and_then(|begin| line.get(begin..))
        .unwrap_or_default();
    let is_block = line.starts_with(b"/*") && line.trim_ascii_end().ends_with(b"*/");
    match is_block || line.starts_with(b"//") || line == b"\n" {
        true => &[],
        false => line,
    }
}

/// Adds a line of rules without the blanks beside signs that separate anyway.
fn close_up(line: &[u8], sent: &mut Vec<u8>) {
    let separates = |byte: &u8| matches!(byte, b'{' | b'}' | b':' | b';' | b',');
    let mut rest = line.iter().peekable();
    while let Some(byte) = rest.next() {
        let is_beside =
            sent.last().is_some_and(separates) || rest.peek().is_some_and(|b| separates(b));
        if !(byte.is_ascii_whitespace() && is_beside) {
            sent.push(*byte);
        }
    }
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file whose pieces are in the folder beside this one.
macro_rules! file {
    ($readers:ident, $path:literal, $kind:expr, $($name:literal),+) => {
        File {
            path: $path,
            kind: $kind,
            pieces: &[$(include_bytes!(concat!("page/", $name))),+],
            readers: Readers::$readers,
        }
    };
}

/// All of them.
static FILES: [File; 20] = [
    file!(Person, "/", HTML, "head.html", "index.html"),
    file!(Guests, "/", HTML, "head.html", "guest.html"),
    file!(Person, "/voice", HTML, "head.html", "voice.html"),
    file!(Both, "/page.css", CSS, "page.css"),
    file!(Both, "/call.css", CSS, "call.css"),
    file!(Person, "/call.js", SCRIPT, "call.js"),
    file!(Both, "/stage.js", SCRIPT, "stage.js"),
    file!(Person, "/voice.js", SCRIPT, "voice.js"),
    file!(Person, "/complete.js", SCRIPT, "complete.js"),
    file!(Both, "/files.js", SCRIPT, "files.js"),
    file!(Guests, "/guest.js", SCRIPT, "guest.js"),
    file!(Person, "/main.js", SCRIPT, "main.js"),
    file!(Person, "/people.js", SCRIPT, "people.js"),
    file!(Person, "/sentences.js", SCRIPT, "sentences.js"),
    file!(Guests, "/speak.js", SCRIPT, "speak.js"),
    file!(Both, "/store.js", SCRIPT, "store.js"),
    file!(Person, "/talk.js", SCRIPT, "talk.js"),
    file!(Both, "/text.js", SCRIPT, "text.js"),
    file!(Both, "/view.js", SCRIPT, "view.js"),
    file!(Both, "/wire.js", SCRIPT, "wire.js"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What a browser loads at most, in bytes.
    const PAGE_MAX_BYTES: usize = 100_000;

    fn files_of(audience: Audience) -> impl Iterator<Item = &'static File> {
        FILES.iter().filter(move |file| file.is_for(audience))
    }

    #[test]
    fn a_page_is_small_and_its_paths_are_different() {
        for audience in [Audience::Person, Audience::Guests] {
            let sent: usize = files_of(audience).map(|file| file.sent().len()).sum();
            assert!(sent < PAGE_MAX_BYTES, "{sent} bytes for {audience:?}");
            let paths: BTreeSet<&str> = files_of(audience).map(|file| file.path).collect();
            assert_eq!(paths.len(), files_of(audience).count());
            for path in paths {
                let file = File::at(path, audience).unwrap();
                let text = String::from_utf8(file.sent()).unwrap();
                // Whatever is imported is there.
                let imported = text.split("from './").skip(1);
                for name in imported.filter_map(|rest| rest.split('\'').next()) {
                    let imported = File::at(&format!("/{name}"), audience);
                    assert!(imported.is_some(), "{audience:?}: {path} wants {name}");
                }
            }
        }
        assert_eq!(File::at("/main.js", Audience::Guests), None);
        assert_eq!(File::at("/guest.js", Audience::Person), None);
    }

    #[test]
    fn texts_that_go_over_lines_would_lose_their_indentation() {
        for file in FILES.iter().filter(|file| file.kind == SCRIPT) {
            let lines = file
                .pieces
                .iter()
                .flat_map(|piece| piece.split(|byte| *byte == b'\n'));
            for line in lines {
                let quotes = line.iter().filter(|byte| **byte == b'`').count();
                assert_eq!(quotes % 2, 0, "{}: {}", file.path, line.escape_ascii());
            }
        }
    }

    #[test]
    fn only_comments_indentation_and_blanks_without_a_meaning_are_left_out() {
        for (line, sent) in [
            ("\t\tlet a = 1; // one\n", "let a = 1; // one\n"),
            ("  // why\n", ""),
            ("/** What. */\n", ""),
            ("/* a */ b { c: d }\n", "/* a */ b { c: d }\n"),
            ("\n", ""),
            ("\t", ""),
        ] {
            assert_eq!(meant(line.as_bytes()), sent.as_bytes(), "{line:?}");
        }
        for (rule, sent) in [
            ("a:b c, d > e {\n", "a:b c,d > e{"),
            ("f: calc(1px - 2px) g;\n", "f:calc(1px - 2px) g;"),
            ("}\n", "}"),
        ] {
            let mut closed_up = Vec::new();
            close_up(rule.as_bytes(), &mut closed_up);
            assert_eq!(closed_up, sent.as_bytes(), "{rule:?}");
        }
        let sheet = FILES.iter().find(|file| file.kind == CSS).unwrap();
        let sheet = String::from_utf8(sheet.pieces.concat()).unwrap();
        assert!(
            !sheet.contains(" :"),
            "a blank before a colon has a meaning"
        );
    }
}
