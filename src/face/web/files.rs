//! The files of the page, which are part of the program: what each is called and what it is.

/// A file that anybody may read who reaches the listener: there is nothing secret in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Where it is.
    pub(super) path: &'static str,
    /// What it is.
    pub(super) kind: &'static str,
    /// Its bytes.
    pub(super) bytes: &'static [u8],
}

impl File {
    /// What is sent of it: its lines without their indentation and without comments that fill a
    /// line, which a browser has no use for. Lines keep their numbers, so that what it reports of
    /// one is found in the source.
    pub(super) fn sent(&self) -> Vec<u8> {
        let lines = self.bytes.split_inclusive(|byte| *byte == b'\n');
        lines.flat_map(meant).copied().collect()
    }
}

/// A line, as far as a browser needs it.
fn meant(line: &[u8]) -> &[u8] {
    let line = match line.iter().position(|byte| !matches!(byte, b' ' | b'\t')) {
        Some(begin) => line.get(begin..).unwrap_or_default(),
        None => line,
    };
    let is_block = line.starts_with(b"/*") && line.trim_ascii_end().ends_with(b"*/");
    match is_block || line.starts_with(b"//") {
        true => b"\n",
        false => line,
    }
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the folder beside this one.
macro_rules! file {
    ($path:literal, $kind:expr, $name:literal) => {
        File {
            path: $path,
            kind: $kind,
            bytes: include_bytes!(concat!("page/", $name)),
        }
    };
}

/// All of them.
pub(super) static FILES: [File; 10] = [
    file!("/", HTML, "index.html"),
    file!("/page.css", CSS, "page.css"),
    file!("/main.js", SCRIPT, "main.js"),
    file!("/people.js", SCRIPT, "people.js"),
    file!("/sentences.js", SCRIPT, "sentences.js"),
    file!("/store.js", SCRIPT, "store.js"),
    file!("/talk.js", SCRIPT, "talk.js"),
    file!("/text.js", SCRIPT, "text.js"),
    file!("/view.js", SCRIPT, "view.js"),
    file!("/wire.js", SCRIPT, "wire.js"),
];

/// The files of a guest's page.
pub(super) static GUEST_FILES: [File; 7] = [
    file!("/", HTML, "guest.html"),
    file!("/page.css", CSS, "page.css"),
    file!("/guest.js", SCRIPT, "guest.js"),
    file!("/store.js", SCRIPT, "store.js"),
    file!("/text.js", SCRIPT, "text.js"),
    file!("/view.js", SCRIPT, "view.js"),
    file!("/wire.js", SCRIPT, "wire.js"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What a member's browser loads at most, in bytes.
    const PAGE_MAX_BYTES: usize = 60 << 10;

    #[test]
    fn a_page_is_small_and_is_sent_line_by_line() {
        let sent: usize = FILES.iter().map(|file| file.sent().len()).sum();
        assert!(sent <= PAGE_MAX_BYTES, "{sent} bytes");
        for file in &FILES {
            let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(lines(&file.sent()), lines(file.bytes), "{}", file.path);
        }
    }

    #[test]
    fn texts_that_go_over_lines_would_lose_their_indentation() {
        for file in FILES
            .iter()
            .chain(&GUEST_FILES)
            .filter(|file| file.kind == SCRIPT)
        {
            for line in file.bytes.split(|byte| *byte == b'\n') {
                let quotes = line.iter().filter(|byte| **byte == b'`').count();
                assert_eq!(quotes % 2, 0, "{}: {}", file.path, line.escape_ascii());
            }
        }
    }

    #[test]
    fn only_comments_and_indentation_are_left_out() {
        for (line, sent) in [
            ("\t\tlet a = 1; // one\n", "let a = 1; // one\n"),
            ("  // why\n", "\n"),
            ("/** What. */\n", "\n"),
            ("/* a */ b { c: d }\n", "/* a */ b { c: d }\n"),
            ("\n", "\n"),
            ("\t", "\t"),
        ] {
            assert_eq!(meant(line.as_bytes()), sent.as_bytes(), "{line:?}");
        }
    }
}
