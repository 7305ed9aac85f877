//! What writes a pickle: protocol 2, which every Python since 2.3 reads.

use crate::lab::python::Value;

/// A value as a pickle. An instance is read by whoever has its class.
#[must_use]
pub fn write(value: &Value) -> Vec<u8> {
    let mut bytes = vec![0x80, 2];
    put(&mut bytes, value);
    bytes.push(b'.');
    bytes
}

fn put(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::None => to.push(b'N'),
        Value::Bool(true) => to.push(0x88),
        Value::Bool(false) => to.push(0x89),
        Value::Integer(integer) => put_integer(to, *integer),
        Value::Float(float) => {
            to.push(b'G');
            to.extend(float.to_be_bytes());
        }
        Value::Text(text) => put_text(to, text),
        Value::Bytes(bytes) => {
            to.extend(b"c_codecs\nencode\n");
            put_text(
                to,
                &bytes.iter().copied().map(char::from).collect::<String>(),
            );
            put_text(to, "latin1");
            to.extend([0x86, b'R']);
        }
        Value::List(items) => {
            to.push(b']');
            put_items(to, items);
            to.push(b'e');
        }
        Value::Tuple(items) => {
            put_items(to, items);
            to.push(b't');
        }
        Value::Set(items) => {
            to.extend(b"c__builtin__\nset\n]");
            put_items(to, items);
            to.extend([b'e', 0x85, b'R']);
        }
        Value::Dictionary(pairs) => put_pairs(to, pairs),
        Value::Instance { class, fields } => {
            let (module, name) = class.rsplit_once('.').unwrap_or(("__main__", class));
            to.extend(format!("c{module}\n{name}\n)").bytes());
            to.push(0x81);
            put_pairs(to, fields);
            to.push(b'b');
        }
    }
}

fn put_integer(to: &mut Vec<u8>, integer: i128) {
    if let Ok(small) = i32::try_from(integer) {
        to.push(b'J');
        to.extend(small.to_le_bytes());
        return;
    }
    let bytes = integer.to_le_bytes();
    to.extend([0x8a, bytes.len() as u8]);
    to.extend(bytes);
}

fn put_text(to: &mut Vec<u8>, text: &str) {
    to.push(b'X');
    // No text of ours is near 4 GiB.
    to.extend((text.len() as u32).to_le_bytes());
    to.extend(text.bytes());
}

fn put_items(to: &mut Vec<u8>, items: &[Value]) {
    to.push(b'(');
    items.iter().for_each(|item| put(to, item));
}

fn put_pairs(to: &mut Vec<u8>, pairs: &[(Value, Value)]) {
    to.extend(b"}(");
    for (key, value) in pairs {
        put(to, key);
        put(to, value);
    }
    to.push(b'u');
}
