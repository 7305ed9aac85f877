//! Python's `marshal`, versions 0 to 4, as far as it is data: code is refused. Source: CPython's
//! `Python/marshal.c`. Read are also references, by which later versions name a value again.

use super::cursor::{Cursor, text};
use super::{DEPTH_MAX, PythonFault, SIZE_MAX_BYTES, Value};

/// Marks a value that may be referred to.
const FLAG_REFERENCE: u8 = 0x80;

/// Bits of a digit of a long integer.
const DIGIT_BITS: u32 = 15;

/// Most digits of a long integer: 16 bytes hold no more.
const DIGITS_MAX: usize = 9;

/// What is read, and what may be referred to.
struct Reader<'b> {
    cursor: Cursor<'b>,
    /// `None` while it is being read: what holds itself is no data.
    seen: Vec<Option<Value>>,
    room_bytes: usize,
}

/// Reads the value at the beginning of some bytes; and how many it took.
///
/// # Errors
/// The [`PythonFault`].
pub fn read(bytes: &[u8]) -> Result<(Value, usize), PythonFault> {
    let mut reader = Reader {
        cursor: Cursor::new(bytes),
        seen: Vec::new(),
        room_bytes: SIZE_MAX_BYTES,
    };
    let value = reader.value(DEPTH_MAX)?.ok_or(PythonFault::Malformed)?;
    Ok((value, reader.cursor.taken()))
}

impl Reader<'_> {
    /// A value, or the mark that ends a dictionary.
    fn value(&mut self, depth_left: usize) -> Result<Option<Value>, PythonFault> {
        let depth_left = depth_left.checked_sub(1).ok_or(PythonFault::TooLarge)?;
        let code = self.cursor.byte()?;
        if code == b'0' {
            return Ok(None);
        }
        let place = (code & FLAG_REFERENCE != 0).then_some(self.seen.len());
        if place.is_some() {
            self.seen.push(None);
        }
        let value = self.data(code & !FLAG_REFERENCE, depth_left)?;
        self.pay(&value)?;
        if let Some(place) = place {
            // The copy that is kept costs as much again.
            self.pay_again(&value)?;
            if let Some(seen) = self.seen.get_mut(place) {
                *seen = Some(value.clone());
            }
        }
        Ok(Some(value))
    }

    /// Counts a value's own bytes; those of its parts are counted with them.
    fn pay(&mut self, value: &Value) -> Result<(), PythonFault> {
        let bytes = size_of::<Value>()
            + match value {
                Value::Text(text) => text.len(),
                Value::Bytes(bytes) => bytes.len(),
                _ => 0,
            };
        let room_bytes = self.room_bytes.checked_sub(bytes);
        self.room_bytes = room_bytes.ok_or(PythonFault::TooLarge)?;
        Ok(())
    }

    fn data(&mut self, code: u8, depth_left: usize) -> Result<Value, PythonFault> {
        let cursor = &mut self.cursor;
        Ok(match code {
            b'N' => Value::None,
            b'F' => Value::Bool(false),
            b'T' => Value::Bool(true),
            b'i' => Value::Integer(i32::from_le_bytes(cursor.array()?).into()),
            b'I' => Value::Integer(i64::from_le_bytes(cursor.array()?).into()),
            b'l' => Value::Integer(long(cursor)?),
            b'f' => {
                let length = cursor.byte()?.into();
                let digits = str::from_utf8(cursor.take(length)?);
                let float = digits.ok().and_then(|digits| digits.parse().ok());
                Value::Float(float.ok_or(PythonFault::Malformed)?)
            }
            b'g' => Value::Float(f64::from_le_bytes(cursor.array()?)),
            b's' => {
                let length = cursor.length_4()?;
                Value::Bytes(cursor.take(length)?.to_owned())
            }
            b'u' | b't' | b'a' | b'A' => {
                let length = cursor.length_4()?;
                Value::Text(text(cursor.take(length)?)?)
            }
            b'z' | b'Z' => {
                let length = cursor.byte()?.into();
                Value::Text(text(cursor.take(length)?)?)
            }
            b')' => {
                let count = cursor.byte()?.into();
                Value::Tuple(self.items(count, depth_left)?)
            }
            b'(' | b'[' | b'<' | b'>' => {
                let count = cursor.length_4()?;
                let items = self.items(count, depth_left)?;
                match code {
                    b'(' => Value::Tuple(items),
                    b'[' => Value::List(items),
                    _ => Value::Set(items),
                }
            }
            b'{' => {
                let mut pairs = Vec::new();
                while let Some(key) = self.value(depth_left)? {
                    let value = self.value(depth_left)?;
                    pairs.push((key, value.ok_or(PythonFault::Malformed)?));
                }
                Value::Dictionary(pairs)
            }
            b'r' => {
                let place = cursor.length_4()?;
                let seen = self.seen.get(place).ok_or(PythonFault::Malformed)?;
                let seen = seen.clone().ok_or(PythonFault::Refused)?;
                self.pay_again(&seen)?;
                seen
            }
            // Code, complex numbers, and marks of Python's own.
            b'c' | b'x' | b'y' | b'S' | b'.' => return Err(PythonFault::Refused),
            _ => return Err(PythonFault::Malformed),
        })
    }

    fn items(&mut self, count: usize, depth_left: usize) -> Result<Vec<Value>, PythonFault> {
        // The count is a claim, and nothing is reserved for it.
        let mut items = Vec::new();
        for _ in 0..count {
            let item = self.value(depth_left)?;
            items.push(item.ok_or(PythonFault::Malformed)?);
        }
        Ok(items)
    }

    /// Counts the parts of a value that stands here once more.
    fn pay_again(&mut self, value: &Value) -> Result<(), PythonFault> {
        match value {
            Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
                for item in items {
                    self.pay(item)?;
                    self.pay_again(item)?;
                }
            }
            Value::Dictionary(pairs) => {
                for item in pairs.iter().flat_map(|(key, value)| [key, value]) {
                    self.pay(item)?;
                    self.pay_again(item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Digits of 15 bits, the least first; their count has the sign.
fn long(cursor: &mut Cursor<'_>) -> Result<i128, PythonFault> {
    let count = i32::from_le_bytes(cursor.array()?);
    let digits = count.unsigned_abs() as usize;
    if digits > DIGITS_MAX {
        return Err(PythonFault::TooLarge);
    }
    let mut integer: i128 = 0;
    for place in 0..digits as u32 {
        let digit = u16::from_le_bytes(cursor.array()?);
        if digit >> DIGIT_BITS != 0 {
            return Err(PythonFault::Malformed);
        }
        let part = i128::from(digit).checked_shl(DIGIT_BITS * place);
        // The ninth digit has room for 7 bits of it.
        let part = part.filter(|part| part >> (DIGIT_BITS * place) == i128::from(digit));
        integer |= part.ok_or(PythonFault::TooLarge)?;
    }
    Ok(if count < 0 { -integer } else { integer })
}

/// A value as `marshal.loads` of any Python 3 reads it. Marshal knows no instances: one is written
/// as the dictionary of its fields.
#[must_use]
pub fn write(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, value);
    bytes
}

fn put(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::None => to.push(b'N'),
        Value::Bool(true) => to.push(b'T'),
        Value::Bool(false) => to.push(b'F'),
        Value::Integer(integer) => put_integer(to, *integer),
        Value::Float(float) => {
            to.push(b'g');
            to.extend(float.to_le_bytes());
        }
        Value::Text(text) => put_bytes(to, b'u', text.as_bytes()),
        Value::Bytes(bytes) => put_bytes(to, b's', bytes),
        Value::List(items) => put_items(to, b'[', items),
        Value::Tuple(items) => put_items(to, b'(', items),
        Value::Set(items) => put_items(to, b'<', items),
        Value::Dictionary(pairs) | Value::Instance { fields: pairs, .. } => {
            to.push(b'{');
            for (key, value) in pairs {
                put(to, key);
                put(to, value);
            }
            to.push(b'0');
        }
    }
}

fn put_integer(to: &mut Vec<u8>, integer: i128) {
    if let Ok(small) = i32::try_from(integer) {
        to.push(b'i');
        to.extend(small.to_le_bytes());
        return;
    }
    let mut rest = integer.unsigned_abs();
    let mut digits = Vec::new();
    while rest != 0 {
        digits.push((rest & ((1 << DIGIT_BITS) - 1)) as u16);
        rest >>= DIGIT_BITS;
    }
    let count = digits.len() as i32;
    to.push(b'l');
    to.extend((if integer < 0 { -count } else { count }).to_le_bytes());
    digits
        .iter()
        .for_each(|digit| to.extend(digit.to_le_bytes()));
}

fn put_bytes(to: &mut Vec<u8>, code: u8, bytes: &[u8]) {
    to.push(code);
    // Nothing of ours is near 4 GiB.
    to.extend((bytes.len() as u32).to_le_bytes());
    to.extend(bytes);
}

fn put_items(to: &mut Vec<u8>, code: u8, items: &[Value]) {
    to.push(code);
    to.extend((items.len() as u32).to_le_bytes());
    items.iter().for_each(|item| put(to, item));
}
