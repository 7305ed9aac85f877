//! JSON handled as characters, where no value is needed: removing blanks, checking the nesting
//! depth, and finding where an object ends in a stream.

use std::borrow::Cow;

/// Removes the blanks between tokens. Numbers stay as they were written.
#[must_use]
pub fn compact(json: &str) -> Cow<'_, str> {
    if !json.contains([' ', '\t', '\n', '\r']) {
        return Cow::Borrowed(json);
    }
    let mut strings = Strings::default();
    let keep = |&c: &char| strings.take(c) || !c.is_ascii_whitespace();
    Cow::Owned(json.chars().filter(keep).collect())
}

/// Whether objects and arrays nest deeper than `depth_max`. The check runs before parsing, so that
/// no parser's own limit decides; counting brackets is enough for nearly every datagram.
#[must_use]
pub fn is_deeper_than(depth_max: usize, json: &str) -> bool {
    let is_opening = |byte: u8| byte == b'{' || byte == b'[';
    if json.bytes().filter(|&byte| is_opening(byte)).count() <= depth_max {
        return false;
    }
    let mut strings = Strings::default();
    let mut depth = 0_usize;
    for c in json.chars() {
        match c {
            _ if strings.take(c) => {}
            '{' | '[' if depth == depth_max => return true,
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Finds the ends of objects in a stream of bytes, whatever pieces the stream arrives in. Only an
/// object starts anything, because only an object delimits itself here.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    strings: Strings,
    depth: usize,
}

impl Objects {
    /// Whether an object has begun and not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.depth > 0
    }

    /// Takes the next byte. Returns whether it ends an object.
    pub fn take(&mut self, byte: u8) -> bool {
        // Only ASCII matters here, and no byte of a longer character is ASCII.
        let c = char::from(byte);
        match c {
            _ if self.is_open() && self.strings.take(c) => false,
            '{' => {
                self.depth += 1;
                false
            }
            '[' if self.is_open() => {
                self.depth += 1;
                false
            }
            '}' | ']' if self.is_open() => {
                self.depth -= 1;
                self.depth == 0
            }
            _ => false,
        }
    }
}

/// Follows JSON text and tells strings from the rest.
#[derive(Clone, Debug, Default)]
struct Strings {
    is_open: bool,
    is_escaped: bool,
}

impl Strings {
    /// Takes the next character. Returns whether it belongs to a string, quotes included.
    fn take(&mut self, c: char) -> bool {
        let was_open = self.is_open;
        match c {
            _ if self.is_escaped => self.is_escaped = false,
            '\\' if self.is_open => self.is_escaped = true,
            '"' => self.is_open = !self.is_open,
            _ => {}
        }
        was_open || self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_end_where_their_braces_do() {
        let stream = r#"{"a":"}{\"}"}{"b":[{}]} {}"#;
        let mut objects = Objects::default();
        let ends: Vec<usize> = (0..stream.len())
            .filter(|at| objects.take(stream.as_bytes()[*at]))
            .collect();
        let pieces: Vec<&str> = [0, ends[0] + 1, ends[1] + 1]
            .iter()
            .zip(&ends)
            .map(|(start, end)| &stream[*start..=*end])
            .collect();
        assert_eq!(pieces, [r#"{"a":"}{\"}"}"#, r#"{"b":[{}]}"#, " {}"]);
        assert!(!objects.is_open());
    }

    #[test]
    fn depth_counts_outside_strings_only() {
        assert!(is_deeper_than(2, "[[[]]]"));
        assert!(!is_deeper_than(3, "[[[]]]"));
        assert!(!is_deeper_than(1, r#"["[[[["]"#));
        assert!(!is_deeper_than(2, "[[],[],[],[]]"));
    }
}
