//! Python's `marshal`: each object is a type letter and its content, the outer before the inner.
//!
//! # What is accepted
//!
//! Versions 0 to 4, as Python 3 writes them: every [`Value`] except instances, which `marshal` does
//! not support. Code, complex numbers, `...` and letters of other versions are refused. The writer
//! uses version 2, which every Python 3 loads. Sets and dictionaries are accepted as written,
//! without a search for duplicates.

use std::borrow::Cow;

use super::cursor::{Cursor, float};
use super::graph::{Graph, Id, NESTING_MAX, Node, deeper};
use super::{PythonFault, Result, Value};

/// The type letters, named as in Python's own source.
mod letter {
    pub(super) const NULL: u8 = b'0';
    pub(super) const NONE: u8 = b'N';
    pub(super) const FALSE: u8 = b'F';
    pub(super) const TRUE: u8 = b'T';
    pub(super) const INT: u8 = b'i';
    pub(super) const INT64: u8 = b'I';
    pub(super) const LONG: u8 = b'l';
    pub(super) const FLOAT: u8 = b'f';
    pub(super) const BINARY_FLOAT: u8 = b'g';
    pub(super) const STRING: u8 = b's';
    pub(super) const UNICODE: u8 = b'u';
    pub(super) const INTERNED: u8 = b't';
    pub(super) const ASCII: u8 = b'a';
    pub(super) const ASCII_INTERNED: u8 = b'A';
    pub(super) const SHORT_ASCII: u8 = b'z';
    pub(super) const SHORT_ASCII_INTERNED: u8 = b'Z';
    pub(super) const TUPLE: u8 = b'(';
    pub(super) const SMALL_TUPLE: u8 = b')';
    pub(super) const LIST: u8 = b'[';
    pub(super) const DICT: u8 = b'{';
    pub(super) const SET: u8 = b'<';
    pub(super) const FROZENSET: u8 = b'>';
    pub(super) const REF: u8 = b'r';
    /// Set in the letter of an object that is referred to later.
    pub(super) const FLAG_REF: u8 = 0x80;
}

/// Bits of one digit of a long integer.
const DIGIT_BITS: u32 = 15;

/// Digits that fill an [`i128`].
const DIGITS_MAX: u32 = i128::BITS.div_ceil(DIGIT_BITS);

/// Reads one object, and returns it with its length in bytes. The bytes after it are ignored. Every
/// call starts over, so a caller that reads a stream asks again once many more bytes have come, not
/// at each byte.
///
/// # Errors
///
/// [`PythonFault::Incomplete`] if more bytes may help, anything else if none will.
pub fn read(bytes: &[u8]) -> std::result::Result<(Value, usize), PythonFault> {
    let mut reader = Reader {
        cursor: Cursor::new(bytes),
        graph: Graph::default(),
        references: Vec::new(),
    };
    let root = reader.object(NESTING_MAX)?;
    let taken = reader.cursor.taken();
    Ok((reader.graph.tree(root, taken)?, taken))
}

/// Writes a value.
///
/// # Errors
///
/// [`PythonFault::Refused`] for an instance anywhere in it, as by Python itself, and
/// [`PythonFault::TooLarge`] for a length beyond [`i32`].
pub fn write(value: &Value) -> std::result::Result<Vec<u8>, PythonFault> {
    let mut bytes = Vec::new();
    put(&mut bytes, value)?;
    Ok(bytes)
}

struct Reader<'b> {
    cursor: Cursor<'b>,
    graph: Graph<'b>,
    references: Vec<Id>,
}

impl<'b> Reader<'b> {
    fn object(&mut self, depth: usize) -> Result<Id> {
        self.object_or_null(depth)?.ok_or(PythonFault::Malformed)
    }

    /// Reads an object, or the mark that ends a dictionary.
    fn object_or_null(&mut self, depth: usize) -> Result<Option<Id>> {
        let byte = self.cursor.byte()?;
        let code = byte & !letter::FLAG_REF;
        if code == letter::NULL {
            return Ok(None);
        }
        if code == letter::REF {
            let index = u32::from_le_bytes(self.cursor.array()?);
            let id = self.references.get(index as usize);
            return id.copied().ok_or(PythonFault::Malformed).map(Some);
        }
        // An object gets its number before the objects inside it.
        let id = self.graph.add(Node::Pending)?;
        let is_single = matches!(code, letter::NONE | letter::TRUE | letter::FALSE);
        if byte != code && !is_single {
            self.references.push(id);
        }
        let node = self.node(code, depth)?;
        *self.graph.get_mut(id)? = node;
        Ok(Some(id))
    }

    fn node(&mut self, code: u8, depth: usize) -> Result<Node<'b>> {
        let cursor = &mut self.cursor;
        Ok(match code {
            letter::NONE => Node::None,
            letter::TRUE => Node::Bool(true),
            letter::FALSE => Node::Bool(false),
            letter::INT => Node::Integer(i32::from_le_bytes(cursor.array()?).into()),
            letter::INT64 => Node::Integer(i64::from_le_bytes(cursor.array()?).into()),
            letter::LONG => Node::Integer(long(cursor)?),
            letter::FLOAT => {
                let count = cursor.byte()?.into();
                Node::Float(float(cursor.take(count)?)?)
            }
            letter::BINARY_FLOAT => Node::Float(f64::from_le_bytes(cursor.array()?)),
            letter::STRING => {
                let count = size(cursor)?;
                Node::Bytes(cursor.take(count)?)
            }
            letter::UNICODE | letter::INTERNED => {
                let count = size(cursor)?;
                Node::Text(Cow::Borrowed(cursor.text(count)?))
            }
            letter::ASCII | letter::ASCII_INTERNED => {
                let count = size(cursor)?;
                ascii(cursor.text(count)?)?
            }
            letter::SHORT_ASCII | letter::SHORT_ASCII_INTERNED => {
                let count = cursor.byte()?.into();
                ascii(cursor.text(count)?)?
            }
            letter::SMALL_TUPLE => {
                let count = cursor.byte()?.into();
                Node::Tuple(self.items(count, depth)?)
            }
            letter::TUPLE => Node::Tuple(self.sized_items(depth)?),
            letter::LIST => Node::List(self.sized_items(depth)?),
            letter::SET | letter::FROZENSET => Node::Set(self.sized_items(depth)?),
            letter::DICT => {
                let depth = deeper(depth)?;
                let mut items = Vec::new();
                while let Some(key) = self.object_or_null(depth)? {
                    items.extend([key, self.object(depth)?]);
                }
                Node::Dictionary(items)
            }
            _ => return Err(PythonFault::Refused),
        })
    }

    fn sized_items(&mut self, depth: usize) -> Result<Vec<Id>> {
        let count = size(&mut self.cursor)?;
        self.items(count, depth)
    }

    /// Reads this many objects. Memory grows with the objects that come, not with their announced
    /// number.
    fn items(&mut self, count: usize, depth: usize) -> Result<Vec<Id>> {
        let depth = deeper(depth)?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.object(depth)?);
        }
        Ok(items)
    }
}

fn size(cursor: &mut Cursor<'_>) -> Result<usize> {
    let size = i32::from_le_bytes(cursor.array()?);
    usize::try_from(size).map_err(|_| PythonFault::Malformed)
}

fn ascii(text: &str) -> Result<Node<'_>> {
    match text.is_ascii() {
        true => Ok(Node::Text(Cow::Borrowed(text))),
        false => Err(PythonFault::Malformed),
    }
}

/// Reads an integer by its digits, the lowest first. The digits' count carries the sign.
fn long(cursor: &mut Cursor<'_>) -> Result<i128> {
    let signed_count = i32::from_le_bytes(cursor.array()?);
    let count = signed_count.unsigned_abs();
    if count > DIGITS_MAX {
        return Err(PythonFault::TooLarge);
    }
    let (mut magnitude, mut highest) = (0_u128, 1);
    for index in 0..count {
        highest = u16::from_le_bytes(cursor.array()?);
        let (digit, shift) = (u128::from(highest), index * DIGIT_BITS);
        if digit >> DIGIT_BITS != 0 {
            return Err(PythonFault::Malformed);
        }
        let placed = digit << shift;
        if placed >> shift != digit {
            return Err(PythonFault::TooLarge);
        }
        magnitude |= placed;
    }
    if highest == 0 {
        return Err(PythonFault::Malformed);
    }
    let integer = match signed_count {
        ..0 => 0_i128.checked_sub_unsigned(magnitude),
        _ => 0_i128.checked_add_unsigned(magnitude),
    };
    integer.ok_or(PythonFault::TooLarge)
}

fn put(to: &mut Vec<u8>, value: &Value) -> Result<()> {
    match value {
        Value::None => to.push(letter::NONE),
        Value::Bool(true) => to.push(letter::TRUE),
        Value::Bool(false) => to.push(letter::FALSE),
        Value::Integer(integer) => put_integer(to, *integer),
        Value::Float(float) => {
            to.push(letter::BINARY_FLOAT);
            to.extend(float.to_le_bytes());
        }
        Value::Text(text) => {
            put_size(to, letter::UNICODE, text.len())?;
            to.extend(text.as_bytes());
        }
        Value::Bytes(bytes) => {
            put_size(to, letter::STRING, bytes.len())?;
            to.extend(bytes);
        }
        Value::List(items) => put_items(to, letter::LIST, items)?,
        Value::Tuple(items) => put_items(to, letter::TUPLE, items)?,
        Value::Set(items) => put_items(to, letter::SET, items)?,
        Value::Dictionary(pairs) => {
            to.push(letter::DICT);
            for (key, value) in pairs {
                put(to, key)?;
                put(to, value)?;
            }
            to.push(letter::NULL);
        }
        Value::Instance { .. } => return Err(PythonFault::Refused),
    }
    Ok(())
}

fn put_integer(to: &mut Vec<u8>, integer: i128) {
    if let Ok(int) = i32::try_from(integer) {
        to.push(letter::INT);
        to.extend(int.to_le_bytes());
        return;
    }
    let magnitude = integer.unsigned_abs();
    let digits = (u128::BITS - magnitude.leading_zeros()).div_ceil(DIGIT_BITS);
    let count = if integer < 0 {
        -(digits as i32)
    } else {
        digits as i32
    };
    to.push(letter::LONG);
    to.extend(count.to_le_bytes());
    for index in 0..digits {
        let digit = (magnitude >> (index * DIGIT_BITS)) as u16 & ((1 << DIGIT_BITS) - 1);
        to.extend(digit.to_le_bytes());
    }
}

fn put_items(to: &mut Vec<u8>, letter: u8, items: &[Value]) -> Result<()> {
    put_size(to, letter, items.len())?;
    items.iter().try_for_each(|item| put(to, item))
}

fn put_size(to: &mut Vec<u8>, letter: u8, size: usize) -> Result<()> {
    let size = i32::try_from(size).map_err(|_| PythonFault::TooLarge)?;
    to.push(letter);
    to.extend(size.to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::tests::{Instances, any_value, unhex};
    use super::*;

    /// The content of the samples. A `frozenset` is shown as a `set`, and a `bytearray` as `bytes`.
    const SHOWN: &str = "\
        [None, True, False, [0, 255, 256, 65535, 65536, -1, 2147483647, -2147483648, \
        2147483648, -2147483649, 9223372036854775808, -9223372036854775809, \
        1000000000000000000000000000000, 170141183460469231731687303715884105727, \
        -170141183460469231731687303715884105728], (0.0, -2.5, 1e+16, 1e-07, inf, -inf, nan), \
        'ação 雪 😀', 'a\\\\\"\\'\\n\\r\\x00\\x1aé\\\\u0041', '', b'', b\"\\x00\\xff'a\", b'xy', \
        b'', [], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), set(), {7}, set(), {(8,)}, {}, \
        {1: 'um', 'dois': {2.0: None}}, [1], [1], {'s': [1]}, 'xxx']";

    /// `marshal.dumps(sample, version).hex()` by Python 3.11 for the versions 0 to 4.
    const MARSHALLED: [&str; 5] = [
        "\
         5b1c0000004e54465b0f000000690000000069ff000000690001000069ffff0000690000010069ffffffff69f\
         fffff7f69000000806c030000000000000002006cfdffffff0100000002006c05000000000000000000000008\
         006cfbffffff010000000000000008006c0700000000000000a937a733044d936527036c09000000ff7fff7ff\
         f7fff7fff7fff7fff7fff7f7f006cf7ffffff0000000000000000000000000000000080002807000000660130\
         66042d322e35661131303030303030303030303030303030306616392e3939393939393939393939393939393\
         5652d30386603696e6666042d696e6666036e616e750f00000061c3a7c3a36f20e99baa20f09f988075100000\
         00615c22270a0d001ac3a95c753030343175000000007300000000730400000000ff276173020000007879730\
         00000005b00000000280000000028010000006901000000280200000069010000006902000000280300000069\
         0100000069020000006903000000280400000069010000006902000000690300000069040000003c000000003\
         c0100000069070000003e000000003e01000000280100000069080000007b307b69010000007502000000756d\
         7504000000646f69737b6601324e30305b0100000069010000005b0100000069010000007b7501000000735b0\
         10000006901000000307503000000787878",
        "\
         5b1c0000004e54465b0f000000690000000069ff000000690001000069ffff0000690000010069ffffffff69f\
         fffff7f69000000806c030000000000000002006cfdffffff0100000002006c05000000000000000000000008\
         006cfbffffff010000000000000008006c0700000000000000a937a733044d936527036c09000000ff7fff7ff\
         f7fff7fff7fff7fff7fff7f7f006cf7ffffff0000000000000000000000000000000080002807000000660130\
         66042d322e35661131303030303030303030303030303030306616392e3939393939393939393939393939393\
         5652d30386603696e6666042d696e6666036e616e750f00000061c3a7c3a36f20e99baa20f09f988075100000\
         00615c22270a0d001ac3a95c753030343175000000007300000000730400000000ff276173020000007879730\
         00000005b00000000280000000028010000006901000000280200000069010000006902000000280300000069\
         0100000069020000006903000000280400000069010000006902000000690300000069040000003c000000003\
         c0100000069070000003e000000003e01000000280100000069080000007b307b69010000007502000000756d\
         7504000000646f69737b6601324e30305b0100000069010000005b0100000069010000007b7501000000735b0\
         10000006901000000307503000000787878",
        "\
         5b1c0000004e54465b0f000000690000000069ff000000690001000069ffff0000690000010069ffffffff69f\
         fffff7f69000000806c030000000000000002006cfdffffff0100000002006c05000000000000000000000008\
         006cfbffffff010000000000000008006c0700000000000000a937a733044d936527036c09000000ff7fff7ff\
         f7fff7fff7fff7fff7fff7f7f006cf7ffffff0000000000000000000000000000000080002807000000670000\
         0000000000006700000000000004c0670080e03779c341436748afbc9af2d77a3e67000000000000f07f67000\
         000000000f0ff67000000000000f87f750f00000061c3a7c3a36f20e99baa20f09f98807510000000615c2227\
         0a0d001ac3a95c753030343175000000007300000000730400000000ff27617302000000787973000000005b0\
         00000002800000000280100000069010000002802000000690100000069020000002803000000690100000069\
         020000006903000000280400000069010000006902000000690300000069040000003c000000003c010000006\
         9070000003e000000003e01000000280100000069080000007b307b69010000007502000000756d7504000000\
         646f69737b6700000000000000404e30305b0100000069010000005b0100000069010000007b7501000000735\
         b010000006901000000307503000000787878",
        "\
         5b1c0000004e54465b0f000000e900000000e9ff000000e900010000e9ffff0000e900000100e9ffffffffe9f\
         fffff7fe900000080ec03000000000000000200ecfdffffff010000000200ec05000000000000000000000008\
         00ecfbffffff01000000000000000800ec0700000000000000a937a733044d936527036c09000000ff7fff7ff\
         f7fff7fff7fff7fff7fff7f7f006cf7ffffff0000000000000000000000000000000080002807000000e70000\
         000000000000e700000000000004c0e70080e03779c34143e748afbc9af2d77a3ee7000000000000f07f67000\
         000000000f0ffe7000000000000f87ff50f00000061c3a7c3a36f20e99baa20f09f9880f510000000615c2227\
         0a0d001ac3a95c7530303431f400000000f300000000f30400000000ff27617302000000787973000000005b0\
         0000000a800000000a801000000e901000000a802000000721a000000e902000000a803000000721a00000072\
         1c000000e903000000a804000000721a000000721c000000721e000000e9040000003c000000003c01000000e\
         9070000003e000000003e01000000a801000000e9080000007b307b721a000000f402000000756df404000000\
         646f69737be700000000000000404e3030db01000000721a00000072270000007bf4010000007372270000003\
         0f403000000787878",
        "\
         5b1c0000004e54465b0f000000e900000000e9ff000000e900010000e9ffff0000e900000100e9ffffffffe9f\
         fffff7fe900000080ec03000000000000000200ecfdffffff010000000200ec05000000000000000000000008\
         00ecfbffffff01000000000000000800ec0700000000000000a937a733044d936527036c09000000ff7fff7ff\
         f7fff7fff7fff7fff7fff7f7f006cf7ffffff0000000000000000000000000000000080002907e70000000000\
         000000e700000000000004c0e70080e03779c34143e748afbc9af2d77a3ee7000000000000f07f67000000000\
         000f0ffe7000000000000f87ff50f00000061c3a7c3a36f20e99baa20f09f9880f510000000615c22270a0d00\
         1ac3a95c7530303431da00f300000000f30400000000ff27617302000000787973000000005b00000000a900a\
         901e901000000a902721a000000e902000000a903721a000000721c000000e903000000a904721a000000721c\
         000000721e000000e9040000003c000000003c01000000e9070000003e000000003e01000000a901e90800000\
         07b307b721a000000da02756dda04646f69737be700000000000000404e3030db01000000721a000000722700\
         00007bda0173722700000030da03787878",
    ];

    #[test]
    fn every_version_of_python_s_own_reads_the_same() {
        for (version, marshalled) in MARSHALLED.iter().enumerate() {
            let bytes = unhex(marshalled);
            let (value, taken) = read(&bytes).unwrap();
            assert_eq!(value.to_string(), SHOWN, "version {version}");
            assert_eq!(taken, bytes.len(), "version {version}");
            let written = write(&value).unwrap();
            let (again, taken) = read(&[&written, b"N".as_slice()].concat()).unwrap();
            assert_eq!(again.to_string(), SHOWN, "version {version}, written");
            assert_eq!(taken, written.len(), "version {version}, written");
        }
    }

    #[test]
    fn a_beginning_is_incomplete_wherever_it_ends() {
        for marshalled in MARSHALLED {
            let bytes = unhex(marshalled);
            for end in 0..bytes.len() {
                assert_eq!(
                    read(&bytes[..end]),
                    Err(PythonFault::Incomplete),
                    "{end} bytes"
                );
            }
        }
    }

    #[test]
    fn what_is_no_data_or_no_measure_is_refused() {
        use PythonFault::{Incomplete, Malformed, Refused, TooLarge};
        let hostile: &[(&[u8], PythonFault)] = &[
            (b"c\0\0\0\0", Refused),
            (b"\xe3\0\0\0\0", Refused),
            (b"y", Refused),
            (b"S", Refused),
            (b".", Refused),
            (b"?", Refused),
            (b"0", Malformed),
            (b"[\x01\0\0\x000", Malformed),
            (b"{N0", Malformed),
            (b"r\0\0\0\0", Malformed),
            (b"[\xff\xff\xff\xff", Malformed),
            (b"u\x03\0\0\0\xed\xa0\x80", Malformed),
            (b"z\x02\xc3\xa9", Malformed),
            (b"f\x01x", Malformed),
            (b"l\x01\0\0\0\0\0", Malformed),
            (b"l\x01\0\0\0\0\x80", Malformed),
            (b"l\x0a\0\0\0", TooLarge),
            (b"l\0\0\0\x80", TooLarge),
            (
                b"l\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0",
                TooLarge,
            ),
            (
                b"l\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01",
                TooLarge,
            ),
            // A list that contains itself.
            (b"\xdb\x01\0\0\0r\0\0\0\0", TooLarge),
            (b"[\xff\xff\xff\x7f", Incomplete),
            (b"s\xff\xff\xff\x7f", Incomplete),
            (b"", Incomplete),
        ];
        for (bytes, fault) in hostile {
            assert_eq!(read(bytes), Err(*fault), "{}", bytes.escape_ascii());
        }
        let instance = Value::Instance {
            class: "m.P".to_owned(),
            fields: Vec::new(),
        };
        assert_eq!(write(&Value::List(vec![instance])), Err(Refused));
    }

    #[test]
    fn shared_references_and_nesting_blow_nothing_up() {
        // Each list holds the next one and nine references to it: 10^20 numbers in a kilobyte.
        let (mut laughs, levels) = (Vec::new(), 20_u8);
        (0..levels).for_each(|_| laughs.extend(b"\xdb\x0a\0\0\0"));
        laughs.extend(b"\xe9\x07\0\0\0");
        for inner in (1..=levels).rev() {
            (0..9).for_each(|_| laughs.extend([b'r', inner, 0, 0, 0]));
        }
        assert_eq!(read(&laughs), Err(PythonFault::TooLarge));
        let nested = |depth| [b")\x01".repeat(depth).as_slice(), b"N"].concat();
        assert!(read(&nested(NESTING_MAX)).is_ok());
        assert_eq!(read(&nested(NESTING_MAX + 1)), Err(PythonFault::TooLarge));
        assert_eq!(read(&nested(1_000_000)), Err(PythonFault::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in any_value(Instances::LeftOut)) {
            let written = write(&value).unwrap();
            let taken = written.len();
            prop_assert_eq!(read(&written), Ok((value, taken)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_change_makes_it_panic(version in 0..5_usize, at in any::<usize>(), byte: u8) {
            let mut bytes = unhex(MARSHALLED[version]);
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok((value, taken)) = read(&bytes) {
                prop_assert!(taken <= bytes.len());
                let _ = (value.printed(), write(&value));
            }
        }
    }
}
