//! The name of an offer as people see it: one component of a path, without what a terminal obeys.

use super::offer::OFFER_NAME_MAX_BYTES;
use crate::protocol::message::split_within;

/// What stands for a name of which nothing is left.
const NAMELESS: &str = "file";

/// Cleans a name: its last component, without control characters and marks that turn the direction
/// of writing, at most [`OFFER_NAME_MAX_BYTES`] long, and never `.` or `..`. It is for people; a
/// disk has further rules of its own.
#[must_use]
pub fn shown_name(name: &str) -> String {
    let last = name
        .rsplit(['/', '\\'])
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    let clean: String = last.chars().filter(|sign| !is_odd(*sign)).collect();
    let clean = split_within(clean.trim(), OFFER_NAME_MAX_BYTES).0.trim();
    match clean {
        "" | "." | ".." => NAMELESS.to_owned(),
        name => name.to_owned(),
    }
}

/// Control characters, line separators, and what turns the direction of writing.
fn is_odd(sign: char) -> bool {
    let turns = matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}');
    let isolates = matches!(sign, '\u{2066}'..='\u{2069}' | '\u{61c}' | '\u{feff}');
    let separates = matches!(sign, '\u{2028}' | '\u{2029}');
    sign.is_control() || turns || isolates || separates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_component_and_gives_no_orders() {
        for (given, shown) in [
            ("mapa.png", "mapa.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a.txt", "a.txt"),
            ("..", "file"),
            ("", "file"),
            ("a/", "a"),
            ("\u{1b}[2Ja\u{202e}gnp.exe", "[2Jagnp.exe"),
        ] {
            assert_eq!(shown_name(given), shown, "{given:?}");
            assert_eq!(shown_name(shown), shown, "cleaning ends");
        }
        assert_eq!(shown_name(&"é".repeat(300)).len(), OFFER_NAME_MAX_BYTES - 1);
    }
}
