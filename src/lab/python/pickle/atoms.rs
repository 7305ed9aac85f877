//! Numbers and texts, in all the ways in which a pickle may hold them.

use crate::lab::python::cursor::{Cursor, text};
use crate::lab::python::{PythonFault, Value};

/// Longest integer, in bytes.
const INTEGER_MAX_BYTES: usize = 16;

/// A number, by its opcode.
pub(super) fn integer(code: u8, cursor: &mut Cursor<'_>) -> Result<Value, PythonFault> {
    let written = |line: &str| line.parse().map_err(|_| PythonFault::Malformed);
    Ok(Value::Integer(match code {
        b'I' => match cursor.text_line()? {
            "00" => return Ok(Value::Bool(false)),
            "01" => return Ok(Value::Bool(true)),
            line => written(line)?,
        },
        b'L' => {
            let line = cursor.text_line()?;
            written(line.strip_suffix('L').unwrap_or(line))?
        }
        b'J' => i32::from_le_bytes(cursor.array()?).into(),
        b'K' => cursor.byte()?.into(),
        b'M' => u16::from_le_bytes(cursor.array()?).into(),
        0x8a => {
            let length = cursor.byte()?.into();
            twos_complement(cursor.take(length)?)?
        }
        _ => {
            let length = cursor.length_4()?;
            twos_complement(cursor.take(length)?)?
        }
    }))
}

/// Little-endian, of any length; an empty one is 0.
fn twos_complement(bytes: &[u8]) -> Result<i128, PythonFault> {
    if bytes.len() > INTEGER_MAX_BYTES {
        return Err(PythonFault::TooLarge);
    }
    let is_negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let mut whole = [if is_negative { 0xff } else { 0 }; INTEGER_MAX_BYTES];
    whole
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    Ok(i128::from_le_bytes(whole))
}

/// Texts and bytes, in all the ways in which they are written.
pub(super) fn characters(code: u8, cursor: &mut Cursor<'_>) -> Result<Value, PythonFault> {
    if code == b'V' {
        return Ok(Value::Text(raw_unicode(cursor.line()?)?));
    }
    if code == b'S' {
        let line = cursor.text_line()?;
        let quotes = |quote| line.strip_prefix(quote)?.strip_suffix(quote);
        let bare = quotes('\'').or_else(|| quotes('"'));
        let bare = bare.filter(|bare| !bare.contains('\\'));
        return bare
            .map(|bare| Value::Text(bare.into()))
            .ok_or(PythonFault::Malformed);
    }
    let length = match code {
        b'U' | 0x8c | b'C' => cursor.byte()?.into(),
        b'T' | b'X' | b'B' => cursor.length_4()?,
        _ => cursor.length_8()?,
    };
    let bytes = cursor.take(length)?;
    Ok(match code {
        b'B' | b'C' | 0x8e | 0x96 => Value::Bytes(bytes.to_owned()),
        _ => Value::Text(text(bytes)?),
    })
}

/// Protocol 0's text: Latin-1, with the rest as `\uXXXX` and `\UXXXXXXXX`.
fn raw_unicode(line: &[u8]) -> Result<String, PythonFault> {
    let mut text = String::new();
    let mut rest = line;
    while let Some((first, behind)) = rest.split_first() {
        let digits = match (first, behind.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                text.push(char::from(*first));
                rest = behind;
                continue;
            }
        };
        let number = behind
            .get(1..=digits)
            .and_then(|digits| str::from_utf8(digits).ok());
        let number = number.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let character = number.and_then(char::from_u32);
        text.push(character.ok_or(PythonFault::Malformed)?);
        rest = behind.get(1 + digits..).unwrap_or_default();
    }
    Ok(text)
}

/// Text whose characters stand for bytes.
pub(super) fn latin_1(text: &str) -> Result<Vec<u8>, PythonFault> {
    let byte = |c: char| u8::try_from(u32::from(c)).map_err(|_| PythonFault::Malformed);
    text.chars().map(byte).collect()
}
