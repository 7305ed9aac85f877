//! JSON as Python's `json` module reads it: JSON, and the words `NaN`, `Infinity` and `-Infinity`
//! as numbers. Of equal keys of an object, the last one counts, at the place of the first. An
//! integer beyond [`i128`] becomes a float.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::{PythonFault, Result, Value};

/// Deepest nesting that is read.
const NESTING_MAX: usize = 128;

/// Reads one value with nothing but blanks around it.
///
/// # Errors
///
/// [`PythonFault::Incomplete`] if more text may help, [`PythonFault::TooLarge`] for a value that is
/// nested too deep, [`PythonFault::Malformed`] for anything else that is not JSON.
pub fn read(text: &[u8]) -> std::result::Result<Value, PythonFault> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(NESTING_MAX)?;
    match reader.next() {
        Err(PythonFault::Incomplete) => Ok(value),
        _ => Err(PythonFault::Malformed),
    }
}

/// Reads a number, or one of the three words.
pub(in crate::lab) fn number(text: &str) -> Option<Value> {
    match text {
        "NaN" => return Some(Value::Float(f64::NAN)),
        "Infinity" => return Some(Value::Float(f64::INFINITY)),
        "-Infinity" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<IgnoredAny>(text).is_ok();
    if !is_number {
        return None;
    }
    let integer = text.parse().ok().map(Value::Integer);
    integer.or_else(|| text.parse().ok().map(Value::Float))
}

/// Writes a float as Python's `json` does.
#[must_use]
pub fn float(float: f64) -> String {
    match float {
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ if float.is_nan() => "NaN".into(),
        _ => Value::Float(float).to_string(),
    }
}

/// Counts the bytes of an object, a list or a string with the blanks before it; `None` if it does
/// not end here. The content is not checked: this only looks for the end.
pub(in crate::lab) fn delimited(text: &[u8]) -> Option<usize> {
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        if is_in_string {
            let is_end = !is_escaped && *byte == b'"';
            is_escaped = !is_escaped && *byte == b'\\';
            is_in_string = !is_end;
        } else {
            match byte {
                b'"' => is_in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ if depth == 0 && !byte.is_ascii_whitespace() => return None,
                _ => {}
            }
        }
        if depth == 0 && !is_in_string && !byte.is_ascii_whitespace() {
            return Some(at + 1);
        }
    }
    None
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    /// The next byte that is no blank. It is not taken.
    fn next(&mut self) -> Result<u8> {
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => return Ok(*byte),
            }
        }
        Err(PythonFault::Incomplete)
    }

    /// Takes the next byte if it is this one.
    fn takes(&mut self, byte: u8) -> Result<bool> {
        let is_there = self.next()? == byte;
        self.at += usize::from(is_there);
        Ok(is_there)
    }

    fn expects(&mut self, byte: u8) -> Result<()> {
        match self.takes(byte)? {
            true => Ok(()),
            false => Err(PythonFault::Malformed),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        match self.next()? {
            b'"' => self.string().map(Value::Text),
            b'[' => self.list(deeper(depth)?),
            b'{' => self.object(deeper(depth)?),
            _ => self.word(),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value> {
        self.expects(b'[')?;
        let mut items = Vec::new();
        if self.takes(b']')? {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.takes(b']')? {
                return Ok(Value::List(items));
            }
            self.expects(b',')?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value> {
        self.expects(b'{')?;
        let (mut pairs, mut places) = (Vec::new(), BTreeMap::new());
        if self.takes(b'}')? {
            return Ok(Value::Dictionary(pairs));
        }
        loop {
            if self.next()? != b'"' {
                return Err(PythonFault::Malformed);
            }
            let key = self.string()?;
            self.expects(b':')?;
            let value = self.value(depth)?;
            let place = *places.entry(key.clone()).or_insert(pairs.len());
            match pairs.get_mut(place) {
                Some((_, earlier)) => *earlier = value,
                None => pairs.push((Value::Text(key), value)),
            }
            if self.takes(b'}')? {
                return Ok(Value::Dictionary(pairs));
            }
            self.expects(b',')?;
        }
    }

    fn string(&mut self) -> Result<String> {
        let rest = self.rest();
        let bytes = delimited(rest).ok_or(PythonFault::Incomplete)?;
        self.at += bytes;
        let quoted = rest.get(..bytes).unwrap_or_default();
        serde_json::from_slice(quoted).map_err(|_| PythonFault::Malformed)
    }

    /// Reads a number or a word.
    fn word(&mut self) -> Result<Value> {
        let rest = self.rest();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let bytes = rest.iter().take_while(|byte| is_part(byte)).count();
        self.at += bytes;
        let word = str::from_utf8(rest.get(..bytes).unwrap_or_default());
        match word.unwrap_or_default() {
            "null" => Ok(Value::None),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            word => number(word).ok_or(match bytes == rest.len() {
                true => PythonFault::Incomplete,
                false => PythonFault::Malformed,
            }),
        }
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// Goes one level deeper.
fn deeper(depth: usize) -> Result<usize> {
    depth.checked_sub(1).ok_or(PythonFault::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(json: &str) -> std::result::Result<String, PythonFault> {
        read(json.as_bytes()).map(|value| value.to_string())
    }

    #[test]
    fn json_becomes_what_python_s_own_reader_makes_of_it() {
        for (json, printed) in [
            (
                r#"{"a": [null, true, 18446744073709551615, -7, 2.0, 1e16, "é\n"], "b": {}}"#,
                r"{'a': [None, True, 18446744073709551615, -7, 2.0, 1e+16, 'é\n'], 'b': {}}",
            ),
            (
                r#" [NaN, Infinity, -Infinity, "NaN", false] "#,
                "[nan, inf, -inf, 'NaN', False]",
            ),
            (r#"{"a":1,"b":2,"a":3}"#, "{'a': 3, 'b': 2}"),
            (r#"["\u00e9\"]"]"#, "['é\"]']"),
            ("-0", "0"),
            ("1e999", "inf"),
            ("[]", "[]"),
        ] {
            assert_eq!(shown(json).as_deref(), Ok(printed), "{json}");
        }
    }

    #[test]
    fn what_python_refuses_is_refused() {
        use PythonFault::{Incomplete, Malformed, TooLarge};
        for (json, fault) in [
            ("", Incomplete),
            ("[1", Incomplete),
            ("{\"a", Incomplete),
            ("[Inf", Incomplete),
            ("[1,]", Malformed),
            ("[1 2]", Malformed),
            ("{1:2}", Malformed),
            ("{\"a\":1,}", Malformed),
            ("{\"a\" 1}", Malformed),
            ("[nan]", Malformed),
            ("[+1]", Malformed),
            ("[01]", Malformed),
            ("[-NaN]", Malformed),
            ("[--1]", Malformed),
            ("[]]", Malformed),
            ("[1] x", Malformed),
            ("[\"\u{1}\"]", Malformed),
            ("[\"\\ud800\"]", Malformed),
            ("[)", Malformed),
        ] {
            assert_eq!(shown(json), Err(fault), "{json}");
        }
        assert_eq!(shown(&"[".repeat(1_000_000)), Err(TooLarge));
    }

    #[test]
    fn the_end_of_a_value_is_found_whatever_stands_in_it() {
        let whole = r#" {"a]}": ["\"}", NaN, {}]}"#;
        assert_eq!(delimited(format!("{whole}[").as_bytes()), Some(whole.len()));
        for end in 0..whole.len() {
            assert_eq!(delimited(&whole.as_bytes()[..end]), None, "{end}");
        }
        assert_eq!(delimited(br#""a\"b"c"#), Some(6));
        for bare in ["1", "null", "]", "x[]", ""] {
            assert_eq!(delimited(bare.as_bytes()), None, "{bare}");
        }
    }

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (value, written) in [
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (1e16, "1e+16"),
            (2.5, "2.5"),
        ] {
            assert_eq!(float(value), written);
            assert_eq!(
                read(written.as_bytes()).unwrap().to_string(),
                Value::Float(value).to_string()
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"(?s)[\[\]{}",:0-9a-zNI\\ .-]{0,60}"#) {
            let read = read(text.as_bytes());
            // Whatever the usual reader takes, ours takes too.
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(read.is_ok(), "{text}");
            }
            let _ = delimited(text.as_bytes());
        }
    }
}
