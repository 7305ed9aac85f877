//! Values as Python prints them: `repr` is [`Display`](fmt::Display), `str` is [`Value::printed`].

use std::fmt::{self, Formatter, Write};

use super::Value;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Float(float) => write_float(f, *float),
            Self::Text(text) => {
                let quote = quote_for(|quote| text.contains(quote));
                f.write_char(quote)?;
                write_text(f, text, Some(quote))?;
                f.write_char(quote)
            }
            Self::Bytes(bytes) => write_bytes(f, bytes),
            Self::List(items) => write_items(f, "[", items, "]"),
            Self::Tuple(items) if items.len() == 1 => write_items(f, "(", items, ",)"),
            Self::Tuple(items) => write_items(f, "(", items, ")"),
            Self::Set(items) if items.is_empty() => f.write_str("set()"),
            Self::Set(items) => write_items(f, "{", items, "}"),
            Self::Dictionary(pairs) => {
                f.write_str("{")?;
                for (index, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", comma(index))?;
                }
                f.write_str("}")
            }
            Self::Instance { class, fields } => {
                write_text(f, class, None)?;
                f.write_str("(")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    f.write_str(comma(index))?;
                    write_text(f, name, None)?;
                    write!(f, "={value}")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl Value {
    /// What Python's `print` shows: a text unchanged, anything else as its `repr`.
    #[must_use]
    pub fn printed(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { ", " }
}

fn write_items(f: &mut Formatter<'_>, open: &str, items: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", comma(index))?;
    }
    f.write_str(close)
}

/// Rust and Python agree on the number of digits and on where the exponent begins, but not on its
/// notation. Between two equally near texts, Python takes the one whose last digit is even.
fn write_float(f: &mut Formatter<'_>, float: f64) -> fmt::Result {
    if float.is_nan() {
        return f.write_str("nan");
    }
    let shortest = format!("{float:?}");
    let has_exponent = shortest.contains('e');
    let mantissa = shortest.split('e').next().unwrap_or_default();
    let decimals = mantissa
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let even = match has_exponent {
        true => format!("{float:.decimals$e}"),
        false => format!("{float:.decimals$}"),
    };
    let text = if even.parse() == Ok(float) {
        even
    } else {
        shortest
    };
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = match exponent.strip_prefix('-') {
                Some(digits) => ('-', digits),
                None => ('+', exponent),
            };
            write!(f, "{mantissa}e{sign}{digits:0>2}")
        }
        None => f.write_str(&text),
    }
}

/// Single quotes, unless only single quotes would need escaping.
fn quote_for(contains: impl Fn(char) -> bool) -> char {
    match contains('\'') && !contains('"') {
        true => '"',
        false => '\'',
    }
}

/// Writes a text with escapes, but without the quotes around it.
fn write_text(f: &mut Formatter<'_>, text: &str, quote: Option<char>) -> fmt::Result {
    for c in text.chars() {
        match c {
            _ if Some(c) == quote || c == '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            _ if is_printable(c) => f.write_char(c)?,
            '\0'..='\u{ff}' => write!(f, "\\x{:02x}", u32::from(c))?,
            '\u{100}'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c))?,
            _ => write!(f, "\\U{:08x}", u32::from(c))?,
        }
    }
    Ok(())
}

/// Rust escapes the same categories of characters as Python. It also escapes a combining mark, but
/// only at the very beginning of a text.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let mut buffer = [b'a'; 5];
    let (_, tail) = buffer.split_at_mut(1);
    let end = 1 + c.encode_utf8(tail).len();
    let text = buffer
        .get(..end)
        .and_then(|bytes| str::from_utf8(bytes).ok());
    text.is_some_and(|text| text.escape_debug().nth(1) == Some(c))
}

fn write_bytes(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let quote = quote_for(|quote| bytes.iter().any(|byte| char::from(*byte) == quote));
    write!(f, "b{quote}")?;
    for &byte in bytes {
        match char::from(byte) {
            c if c == quote || c == '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c @ ' '..='~' => f.write_char(c)?,
            _ => write!(f, "\\x{byte:02x}")?,
        }
    }
    f.write_char(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_look_as_python_shows_them() {
        let text = |text: &str| Value::Text(text.to_owned());
        let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        let shown: &[(Value, &str)] = &[
            (Value::None, "None"),
            (Value::Bool(true), "True"),
            (
                Value::Integer(i128::MIN),
                "-170141183460469231731687303715884105728",
            ),
            (text("oi"), "'oi'"),
            (text("d'água"), "\"d'água\""),
            (text("'\""), r#"'\'"'"#),
            (
                text("\t\n\r\\\0\u{7f}\u{85}\u{a0}\u{ad}"),
                r"'\t\n\r\\\x00\x7f\x85\xa0\xad'",
            ),
            (
                text("\u{200b}\u{2028}\u{e000}\u{feff}"),
                r"'\u200b\u2028\ue000\ufeff'",
            ),
            (text("\u{e0001}\u{10ffff}😀"), r"'\U000e0001\U0010ffff😀'"),
            // A combining mark joins the character before it, and is shown wherever it stands.
            (text("\u{301}e\u{301}"), "'\u{301}e\u{301}'"),
            (bytes(b"a'\n\x00\xff\\"), r#"b"a'\n\x00\xff\\""#),
            (bytes(b"'\""), r#"b'\'"'"#),
            (Value::List(vec![]), "[]"),
            (Value::Tuple(vec![]), "()"),
            (Value::Tuple(vec![text("a")]), "('a',)"),
            (Value::Set(vec![]), "set()"),
            (
                Value::Set(vec![Value::Integer(1), Value::Integer(2)]),
                "{1, 2}",
            ),
            (Value::Dictionary(vec![]), "{}"),
        ];
        for (value, expected) in shown {
            assert_eq!(value.to_string(), *expected);
        }
        assert_eq!(text("d'água\n").printed(), "d'água\n");
        assert_eq!(Value::List(vec![text("a")]).printed(), "['a']");
    }

    #[test]
    fn floats_look_as_python_shows_them() {
        let shown = [
            (2.0, "2.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-1.5e-7, "-1.5e-07"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            // Halfway between two texts with equally many digits, of which only the second ends
            // evenly.
            (3_573_524_560_120_453.0 / 4.0, "893381140030113.2"),
            (2.0_f64.powi(-24), "5.960464477539063e-08"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
        ];
        for (float, expected) in shown {
            assert_eq!(Value::Float(float).to_string(), expected);
        }
    }

    #[test]
    fn an_instance_is_one_line_whatever_its_names_are() {
        let value = Value::Instance {
            class: "produto.Produto\n".to_owned(),
            fields: vec![
                ("codigo".to_owned(), Value::Integer(1)),
                ("no\tme".to_owned(), Value::Text("Caneta".to_owned())),
            ],
        };
        assert_eq!(
            value.to_string(),
            r"produto.Produto\n(codigo=1, no\tme='Caneta')"
        );
    }
}
