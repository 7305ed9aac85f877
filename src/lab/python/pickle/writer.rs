//! Writes the program that builds a value, in protocol 2, exactly as Python writes it, except for
//! the memo: a tree has no shared objects.

use super::super::Value;
use super::op;

/// The protocol that is written. Every Python 3 reads it, and Python 2 too.
const PROTOCOL: u8 = 2;

/// Writes a value. An instance of a class without a module belongs to `__main__`.
///
/// A Python that loads it imports the modules of its classes and sets their fields. Pass on a
/// stranger's instances only where that is intended.
#[must_use]
pub fn write(value: &Value) -> Vec<u8> {
    let mut bytes = vec![op::PROTO, PROTOCOL];
    put(&mut bytes, value);
    bytes.push(op::STOP);
    bytes
}

fn put(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::None => to.push(op::NONE),
        Value::Bool(true) => to.push(op::NEWTRUE),
        Value::Bool(false) => to.push(op::NEWFALSE),
        Value::Integer(integer) => put_integer(to, *integer),
        Value::Float(float) => {
            to.push(op::BINFLOAT);
            to.extend(float.to_be_bytes());
        }
        Value::Text(text) => put_text(to, text),
        Value::Bytes(bytes) => put_bytes(to, bytes),
        Value::List(items) => put_list(to, items),
        Value::Tuple(items) => put_tuple(to, items),
        Value::Set(items) => {
            put_class(to, "__builtin__", "set");
            put_list(to, items);
            to.extend([op::TUPLE1, op::REDUCE]);
        }
        Value::Dictionary(pairs) => put_dictionary(to, pairs, put),
        Value::Instance { class, fields } => {
            let (module, name) = class.rsplit_once('.').unwrap_or(("__main__", class));
            put_class(to, module, name);
            to.extend([op::EMPTY_TUPLE, op::NEWOBJ]);
            put_dictionary(to, fields, |to, name| put_text(to, name));
            to.push(op::BUILD);
        }
    }
}

fn put_integer(to: &mut Vec<u8>, integer: i128) {
    if let Ok(byte) = u8::try_from(integer) {
        to.extend([op::BININT1, byte]);
    } else if let Ok(short) = u16::try_from(integer) {
        to.push(op::BININT2);
        to.extend(short.to_le_bytes());
    } else if let Ok(int) = i32::try_from(integer) {
        to.push(op::BININT);
        to.extend(int.to_le_bytes());
    } else {
        // As many bytes as hold all bits and the sign.
        let bits = i128::BITS - (integer ^ integer >> (i128::BITS - 1)).leading_zeros();
        let count = bits / 8 + 1;
        to.extend([op::LONG1, count as u8]);
        to.extend(integer.to_le_bytes().iter().take(count as usize));
    }
}

fn put_text(to: &mut Vec<u8>, text: &str) {
    match u32::try_from(text.len()) {
        Ok(length) => {
            to.push(op::BINUNICODE);
            to.extend(length.to_le_bytes());
        }
        // No older protocol has an instruction for this, and every Python 3 since 3.4 accepts it
        // here.
        Err(_) => {
            to.push(op::BINUNICODE8);
            to.extend((text.len() as u64).to_le_bytes());
        }
    }
    to.extend(text.as_bytes());
}

/// Protocol 2 has no bytes. They are written as a Latin-1 text, to be encoded.
fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.is_empty() {
        put_class(to, "__builtin__", "bytes");
        to.push(op::EMPTY_TUPLE);
    } else {
        put_class(to, "_codecs", "encode");
        let text: String = bytes.iter().copied().map(char::from).collect();
        put_text(to, &text);
        put_text(to, "latin1");
        to.push(op::TUPLE2);
    }
    to.push(op::REDUCE);
}

fn put_list(to: &mut Vec<u8>, items: &[Value]) {
    to.push(op::EMPTY_LIST);
    match items {
        [] => {}
        [item] => {
            put(to, item);
            to.push(op::APPEND);
        }
        _ => {
            to.push(op::MARK);
            items.iter().for_each(|item| put(to, item));
            to.push(op::APPENDS);
        }
    }
}

fn put_tuple(to: &mut Vec<u8>, items: &[Value]) {
    let end = match items.len() {
        0 => op::EMPTY_TUPLE,
        1 => op::TUPLE1,
        2 => op::TUPLE2,
        3 => op::TUPLE3,
        _ => op::TUPLE,
    };
    if end == op::TUPLE {
        to.push(op::MARK);
    }
    items.iter().for_each(|item| put(to, item));
    to.push(end);
}

fn put_dictionary<Key>(to: &mut Vec<u8>, pairs: &[(Key, Value)], put_key: fn(&mut Vec<u8>, &Key)) {
    to.push(op::EMPTY_DICT);
    let end = match pairs.len() {
        0 => return,
        1 => op::SETITEM,
        _ => op::SETITEMS,
    };
    if end == op::SETITEMS {
        to.push(op::MARK);
    }
    for (key, value) in pairs {
        put_key(to, key);
        put(to, value);
    }
    to.push(end);
}

fn put_class(to: &mut Vec<u8>, module: &str, name: &str) {
    // The rest of a name with a newline would be read as instructions.
    if module.contains('\n') || name.contains('\n') {
        put_text(to, module);
        put_text(to, name);
        to.push(op::STACK_GLOBAL);
        return;
    }
    to.push(op::GLOBAL);
    for line in [module, name] {
        to.extend(line.as_bytes());
        to.push(b'\n');
    }
}
