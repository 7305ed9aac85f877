//! How a text is laid out and emphasised on a terminal. Pure: strangers' text comes in, and leaves
//! cleaned.

use std::borrow::Cow;
use std::ops::Range;

use crate::protocol::message::clean;

/// Stands before each line of a message but the first.
pub(super) const INDENT: &str = "    ";

/// A text of several lines, cleaned line by line. Those after the first are indented, so that none
/// looks like another message.
pub(super) fn indented(text: &str) -> Cow<'static, str> {
    let lines: Vec<Cow<'_, str>> = text
        .split('\n')
        .map(|line| clean(line.strip_suffix('\r').unwrap_or(line)))
        .collect();
    Cow::Owned(lines.join(&format!("\n{INDENT}")))
}

/// A cleaned text, some parts of which stand out: bold and reversed.
pub(super) fn highlighted<'t>(
    text: Cow<'t, str>,
    highlight: &impl Fn(&str) -> Vec<Range<usize>>,
) -> Cow<'t, str> {
    let parts = highlight(&text);
    if parts.is_empty() {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16 * parts.len());
    let mut done = 0;
    for part in parts {
        let before = text.get(done..part.start).unwrap_or_default();
        let named = text.get(part.clone()).unwrap_or_default();
        out.extend([before, "\x1b[1;7m", named, "\x1b[0m"]);
        done = part.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_several_lines_is_indented_where_lines_are_broken() {
        assert_eq!(
            indented("um\r\n\n[14:03:21] bia: \x1b[2J"),
            "um\n    \n    [14:03:21] bia: ␛[2J"
        );
    }

    #[test]
    fn parts_of_a_text_stand_out() {
        let ana = |text: &str| {
            text.match_indices("ana")
                .map(|(at, _)| at..at + 3)
                .collect()
        };
        assert_eq!(
            highlighted("oi, ana!".into(), &ana),
            "oi, \x1b[1;7mana\x1b[0m!"
        );
        assert_eq!(highlighted("oi".into(), &|_: &str| Vec::new()), "oi");
    }
}
