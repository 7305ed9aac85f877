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
