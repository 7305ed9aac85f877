//! Names of files that strangers chose: each becomes one name of a file, never a path, on every
//! system that the file may be copied to later.

use std::path::{Path, PathBuf};

/// Most bytes of a name. File systems take 255, and what marks a partial or second file is added.
const NAME_MAX_BYTES: usize = 200;

/// Most bytes of an ending that a name keeps when it is shortened.
const ENDING_MAX_BYTES: usize = 16;

/// What a name becomes of which nothing is left.
const NAMELESS: &str = "file";

/// Names of devices, which Windows takes for the device with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The same with a digit behind them.
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// A name inside a folder that somebody sent: like [`safe_name`], but it may begin with a dot.
#[must_use]
pub(super) fn safe_component(name: &str) -> String {
    let replaced: String = name.chars().map(replace).collect();
    // Windows drops both at the end, so that two names would be one.
    let trimmed = replaced.trim_end_matches(['.', ' ']).trim_start();
    let short = shorten(trimmed);
    let short = short.trim_end_matches(['.', ' ']);
    match short {
        "" => NAMELESS.to_owned(),
        short if is_device(short) => format!("_{short}"),
        short => short.to_owned(),
    }
}

/// A name for a file that somebody sent: without separators, control and direction characters and
/// what Windows refuses, neither hidden nor a device, and short enough for every file system.
#[must_use]
pub fn safe_name(name: &str) -> String {
    // What is before the last separator would be a folder.
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe = safe_component(last);
    let visible = safe.trim_start_matches('.');
    match visible.len() == safe.len() {
        true => safe,
        false if visible.trim().is_empty() => NAMELESS.to_owned(),
        false => format!("_{visible}"),
    }
}

/// The same name with a number, before its ending: `map (1).png`.
#[must_use]
pub(super) fn numbered(name: &str, number: u32) -> String {
    let (stem, ending) = split(name);
    format!("{stem} ({number}){ending}")
}

/// A path below a folder, of names that somebody sent.
#[must_use]
pub(super) fn safe_path<'n>(folder: &Path, names: impl Iterator<Item = &'n str>) -> PathBuf {
    names.fold(folder.to_owned(), |path, name| {
        path.join(safe_component(name))
    })
}

fn replace(c: char) -> char {
    match c {
        '/' | '\\' | '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        c if c.is_control() => '_',
        // Marks of direction, joiners and other characters that nobody sees.
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => '_',
        c => c,
    }
}

/// The stem and the ending with its dot, which is empty if it is none.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= ENDING_MAX_BYTES => name.split_at(dot),
        _ => (name, ""),
    }
}

fn shorten(name: &str) -> String {
    if name.len() <= NAME_MAX_BYTES {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    let mut end = NAME_MAX_BYTES - ending.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", stem.get(..end).unwrap_or_default())
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_lowercase();
    let numbered = |device: &str| {
        let digit = stem.strip_prefix(device).map(str::chars);
        digit.is_some_and(|mut rest| {
            matches!(rest.next(), Some('0'..='9' | '¹' | '²' | '³')) && rest.next().is_none()
        })
    };
    DEVICES.contains(&stem.as_str()) || NUMBERED_DEVICES.into_iter().any(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_would_lead_elsewhere_become_names_of_files() {
        for (name, expected) in [
            ("mapa.png", "mapa.png"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("/", "file"),
            ("..", "file"),
            (".", "file"),
            ("", "file"),
            ("   ", "file"),
            (".bashrc", "_bashrc"),
            ("con.txt", "_con.txt"),
            ("COM1", "_COM1"),
            ("lpt9.tar.gz", "_lpt9.tar.gz"),
            ("com10", "com10"),
            ("conto.txt", "conto.txt"),
            ("a\0b\n\u{1b}[2Jc", "a_b__[2Jc"),
            ("relatório final.pdf. . ", "relatório final.pdf"),
            ("fdp\u{202e}gnp.exe", "fdp_gnp.exe"),
            ("C:evil", "C_evil"),
            ("-rf", "-rf"),
        ] {
            assert_eq!(safe_name(name), expected, "{name:?}");
        }
        assert_eq!(safe_component(".gitignore"), ".gitignore");
        assert_eq!(safe_component(".."), "file");
        let long = format!("{}.jpeg", "ã".repeat(300));
        let short = safe_name(&long);
        assert!(short.len() <= NAME_MAX_BYTES && short.ends_with("ã.jpeg"));
        assert_eq!(numbered("mapa.png", 1), "mapa (1).png");
        assert_eq!(numbered("LEIAME", 12), "LEIAME (12)");
    }

    proptest! {
        #[test]
        fn whatever_the_name_it_is_one_visible_component(name in any::<String>()) {
            for safe in [safe_name(&name), safe_component(&name)] {
                prop_assert!(!safe.is_empty() && safe.len() <= NAME_MAX_BYTES + 1);
                prop_assert!(!safe.contains(['/', '\\', '\0', ':']) && safe != "." && safe != "..");
                prop_assert!(!safe.ends_with(['.', ' ']) && !is_device(&safe));
                prop_assert!(!safe.chars().any(char::is_control));
                let path = Path::new("/folder").join(&safe);
                prop_assert_eq!(path.parent(), Some(Path::new("/folder")));
                prop_assert_eq!(safe_component(&safe), safe);
            }
            prop_assert!(!safe_name(&name).starts_with('.'));
        }
    }
}
