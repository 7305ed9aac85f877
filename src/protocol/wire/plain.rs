//! The plain wire: the format of the course's multicast programs (practice 03, section 4).
//!
//! ```text
//! one UDP datagram, at most 1024 bytes:   {"user":"ana","data":"oi"}
//! ```
//!
//! A JSON object with the keys `user` and `data`. We write exactly these two keys, as UTF-8 and
//! without blanks. We read whatever Python's `json.dumps` makes of such an object: blanks, `\u`
//! escapes, another order of keys, further keys (ignored), a repeated key (the last one counts),
//! `null`. The wire has no sequence numbers and no repair: plain means plain.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::Fault;
use super::json::{compact, is_deeper_than};
use super::pieces::Pieces;
use crate::protocol::message::Name;

/// Longest datagram that we send, in bytes: the course's programs call `recvfrom(1024)` and lose
/// the rest of a longer one.
pub const DATAGRAM_MAX_BYTES: usize = 1024;

/// Deepest nesting of objects and arrays that we read. Python's limit is near 1000; chat needs a
/// few levels at most.
pub const NESTING_MAX: usize = 64;

/// Stands for a user without a name.
const NULL: &[u8] = b"null";

/// Bytes that a datagram takes besides user and data.
const FRAME_BYTES: usize = r#"{"user":"","data":""}"#.len();

/// Most bytes that a character takes in a JSON string.
const CHAR_MAX_BYTES: usize = 6;

/// A decoded datagram. `None` is JSON's `null`, which the course's template starts from. A value
/// that is neither a string nor `null` is given as its compact JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain<'d> {
    /// Who claims to say it, unverified and uncleaned.
    pub user: Option<Cow<'d, str>>,
    /// What they say, uncleaned.
    pub data: Option<Cow<'d, str>>,
}

/// Overwrites `datagram` with one message; `null` stands for a missing user. A text from [`pieces`]
/// makes at most [`DATAGRAM_MAX_BYTES`].
#[inline]
pub fn encode(user: Option<&Name>, data: &str, datagram: &mut Vec<u8>) {
    encode_as(user.map(Name::as_str), data, datagram);
}

/// The same for a user who is called what no member may be.
#[inline]
pub fn encode_as(user: Option<&str>, data: &str, datagram: &mut Vec<u8>) {
    datagram.clear();
    datagram.extend_from_slice(br#"{"user":"#);
    match user {
        Some(user) => encode_string(user, datagram),
        None => datagram.extend_from_slice(NULL),
    }
    datagram.extend_from_slice(br#","data":"#);
    encode_string(data, datagram);
    datagram.push(b'}');
}

/// Appends a JSON string. Writing a string to memory cannot fail in serde_json.
#[inline]
fn encode_string(text: &str, datagram: &mut Vec<u8>) {
    let written = serde_json::to_writer(datagram, text);
    debug_assert!(written.is_ok(), "a string is always JSON");
}

/// Cuts a text into pieces that each fit a datagram together with this name.
#[must_use]
#[inline]
pub fn pieces<'t>(user: Option<&Name>, text: &'t str) -> Pieces<'t> {
    pieces_as(user.map(Name::as_str), text)
}

/// The same for a user of [`encode_as`], whose name is at most a few hundred bytes long.
#[must_use]
#[inline]
pub fn pieces_as<'t>(user: Option<&str>, text: &'t str) -> Pieces<'t> {
    let name_bytes = |user: &str| user.chars().map(escaped_bytes).sum();
    let user_bytes: usize = user.map_or(NULL.len(), name_bytes);
    let room_bytes = (DATAGRAM_MAX_BYTES - FRAME_BYTES)
        .saturating_sub(user_bytes)
        .max(CHAR_MAX_BYTES);
    // Nearly every line is far below the limit. A sum over its bytes, each of which takes at most
    // six, proves that many bytes at a time.
    let is_escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    let escapes: usize = text.bytes().map(|byte| usize::from(is_escaped(byte))).sum();
    if text.len() + 5 * escapes <= room_bytes {
        return Pieces::whole(text);
    }
    Pieces::new(text, room_bytes, escaped_bytes)
}

/// Bytes that a character takes in a JSON string written by [`encode`].
fn escaped_bytes(c: char) -> usize {
    match c {
        '"' | '\\' | '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    }
}

/// Decodes one datagram of any length.
///
/// # Errors
/// The [`Fault`] that makes the datagram worth dropping.
#[inline]
pub fn decode(datagram: &[u8]) -> Result<Plain<'_>, Fault> {
    let text = std::str::from_utf8(datagram).map_err(|_| Fault::NotUtf8)?;
    if let Some((user, data)) = usual(text) {
        return Ok(Plain {
            user: Some(user.into()),
            data: Some(data.into()),
        });
    }
    if is_deeper_than(NESTING_MAX, text) {
        return Err(Fault::TooDeep);
    }
    let Fields { user, data } = serde_json::from_str(text).map_err(|error| {
        if error.classify() == Category::Data {
            Fault::NotObject
        } else {
            Fault::NotJson
        }
    })?;
    match (user, data) {
        (Some(user), Some(data)) => Ok(Plain {
            user: value(user)?,
            data: value(data)?,
        }),
        _ => Err(Fault::KeyMissing),
    }
}

/// Reads user and data of the usual datagram: the two keys in order, with or without Python's
/// blanks, and two strings without escapes. It needs no parser, which would take most of a
/// receiver's time; everything else goes to the parser.
#[inline]
fn usual(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(r#"{"user":"#)?;
    let (user, rest) = unescaped(rest)?;
    let rest = rest.strip_prefix(',')?;
    let rest = rest
        .strip_prefix(' ')
        .unwrap_or(rest)
        .strip_prefix(r#""data":"#)?;
    let (data, rest) = unescaped(rest)?;
    (rest == "}").then_some((user, data))
}

/// Reads a JSON string without escapes after at most one blank, and returns it with the rest.
#[inline]
fn unescaped(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix(' ').unwrap_or(text).strip_prefix('"')?;
    let (string, rest) = text.split_once('"')?;
    // A fold instead of `all`: without an early exit the compiler processes many bytes at once.
    let is_bare = |bare: bool, byte: u8| bare & (byte != b'\\') & (byte >= b' ');
    string.bytes().fold(true, is_bare).then_some((string, rest))
}

/// The values of the two keys, undecoded. Serde's derive would refuse a repeated key, which Python
/// accepts.
struct Fields<'d> {
    user: Option<&'d RawValue>,
    data: Option<&'d RawValue>,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields {
                    user: None,
                    data: None,
                };
                while let Some(key) = map.next_key::<Key>()? {
                    match key {
                        Key::User => fields.user = Some(map.next_value()?),
                        Key::Data => fields.data = Some(map.next_value()?),
                        Key::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A key of the object, recognised without copying it.
enum Key {
    User,
    Data,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyKey;

        impl Visitor<'_> for AnyKey {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_bytes<E>(self, key: &[u8]) -> Result<Key, E> {
                Ok(match key {
                    b"user" => Key::User,
                    b"data" => Key::Data,
                    _ => Key::Other,
                })
            }
        }

        // Reads bytes, because a key with a lone surrogate is no reason to drop a message.
        deserializer.deserialize_bytes(AnyKey)
    }
}

/// Converts a JSON value to text, or to `None` for `null`.
fn value(raw: &RawValue) -> Result<Option<Cow<'_, str>>, Fault> {
    match raw.get().as_bytes() {
        NULL => Ok(None),
        [b'"', ..] => string(raw.get()).map(Some),
        _ => Ok(Some(compact(raw.get()))),
    }
}

/// Decodes a JSON string, and borrows it if it has no escapes. A lone surrogate, which Python
/// writes for input that was not UTF-8, becomes a replacement character.
fn string(json: &str) -> Result<Cow<'_, str>, Fault> {
    #[derive(serde::Deserialize)]
    struct Borrowed<'d>(#[serde(borrow)] Cow<'d, str>);

    if let Ok(Borrowed(text)) = serde_json::from_str(json) {
        return Ok(text);
    }

    struct Lossy(String);

    impl<'de> Deserialize<'de> for Lossy {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Bytes;

            impl Visitor<'_> for Bytes {
                type Value = Lossy;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a string")
                }

                fn visit_bytes<E>(self, wtf8: &[u8]) -> Result<Lossy, E> {
                    Ok(Lossy(String::from_utf8_lossy(wtf8).into_owned()))
                }
            }

            deserializer.deserialize_bytes(Bytes)
        }
    }

    let Lossy(text) = serde_json::from_str(json).map_err(|_| Fault::NotJson)?;
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ana() -> Name {
        Name::parse("ana").unwrap()
    }

    fn read(datagram: &str) -> Result<(Option<String>, Option<String>), Fault> {
        decode(datagram.as_bytes())
            .map(|p| (p.user.map(Cow::into_owned), p.data.map(Cow::into_owned)))
    }

    fn said(user: &str, data: &str) -> Result<(Option<String>, Option<String>), Fault> {
        Ok((Some(user.into()), Some(data.into())))
    }

    #[test]
    fn a_datagram_is_exactly_two_keys_in_utf8() {
        let mut datagram = b"what was there before".to_vec();
        encode(Some(&ana()), "olá, \"grupo\"\n", &mut datagram);
        assert_eq!(
            datagram,
            r#"{"user":"ana","data":"olá, \"grupo\"\n"}"#.as_bytes()
        );
    }

    #[test]
    fn what_python_writes_is_read() {
        assert_eq!(
            read(r#"{"user": "ana", "data": "ol\u00e1 \ud83d\ude00"}"#),
            said("ana", "olá 😀")
        );
        assert_eq!(
            read(r#"{"data":"oi","x":[{}],"user":"ana"}"#),
            said("ana", "oi")
        );
        assert_eq!(read(r#"{"user":"a","user":"b","data":""}"#), said("b", ""));
        assert_eq!(
            read(r#"{"user":"\udce1","data":"\ud800x"}"#),
            said("\u{fffd}\u{fffd}\u{fffd}", "\u{fffd}\u{fffd}\u{fffd}x")
        );
        assert_eq!(read(r#"{"user": null, "data": null}"#), Ok((None, None)));
    }

    #[test]
    fn the_usual_datagram_needs_no_parser() {
        assert_eq!(usual(r#"{"user":"ana","data":"oi"}"#), Some(("ana", "oi")));
        assert_eq!(
            usual(r#"{"user": "ana", "data": "olá, [{"}"#),
            Some(("ana", "olá, [{"))
        );
        let unusual = [
            r#"{"user":"a","data":"\n"}"#,
            r#"{"user":"a","data":"b"} "#,
            r#"{"user":"a","data":"b","data":"c"}"#,
            r#"{"data":"a","user":"b"}"#,
            "{\"user\":\"a\",\"data\":\"\n\"}",
            r#"{"user":null,"data":"b"}"#,
        ];
        for text in unusual {
            assert_eq!(usual(text), None, "{text}");
        }
    }

    #[test]
    fn other_values_are_read_as_their_compact_text() {
        assert_eq!(
            read(r#"{"user": 7, "data": 1.50e400}"#),
            said("7", "1.50e400")
        );
        let nested = r#"{"user": true, "data": [1, {"z b" : "a \" b", "a": [ ]}]}"#;
        assert_eq!(read(nested), said("true", r#"[1,{"z b":"a \" b","a":[]}]"#));
    }

    #[test]
    fn what_is_not_this_wire_is_told_apart() {
        assert_eq!(decode(b"\xff\xfe"), Err(Fault::NotUtf8));
        for not_json in [
            "",
            "oi",
            "{",
            r#"{"user":"a","data":"b"}x"#,
            r#"{"user":"a","data":"b""#,
        ] {
            assert_eq!(read(not_json), Err(Fault::NotJson), "{not_json}");
        }
        for no_object in ["[]", "7", r#""oi""#, "null"] {
            assert_eq!(read(no_object), Err(Fault::NotObject), "{no_object}");
        }
        for lacking in ["{}", r#"{"user":"a"}"#, r#"{"nome":"a","data":"b"}"#] {
            assert_eq!(read(lacking), Err(Fault::KeyMissing), "{lacking}");
        }
    }

    #[test]
    fn nesting_has_a_limit_wherever_it_stands() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let in_data = |depth| format!(r#"{{"user":"a","data":{}}}"#, nested(depth));
        assert!(read(&in_data(NESTING_MAX - 1)).is_ok());
        assert_eq!(read(&in_data(NESTING_MAX)), Err(Fault::TooDeep));
        let in_extra = format!(r#"{{"user":"a","data":"b","x":{}}}"#, nested(20_000));
        assert_eq!(read(&in_extra), Err(Fault::TooDeep));
        assert_eq!(read(&"[".repeat(65_507)), Err(Fault::TooDeep));
        let brackets_said = format!(r#"{{"user":"a","data":"{}"}}"#, "[".repeat(900));
        assert_eq!(
            read(&brackets_said),
            said("a", &"[".repeat(900)),
            "text is no nesting"
        );
    }

    proptest! {
        #[test]
        fn any_text_comes_back(
            name in r#"[a-zé"\\]{1,16}"#,
            text in r#"([\x00-\x7f]|\PC|"){0,1500}"#,
        ) {
            let user = Name::parse(&name).unwrap();
            let (mut datagram, mut back) = (Vec::new(), String::new());
            for piece in pieces(Some(&user), &text) {
                encode(Some(&user), piece, &mut datagram);
                prop_assert!(datagram.len() <= DATAGRAM_MAX_BYTES);
                let plain = decode(&datagram).unwrap();
                prop_assert_eq!(plain.user.as_deref(), Some(user.as_str()));
                back.push_str(&plain.data.unwrap());
            }
            prop_assert_eq!(back, text);
        }

        #[test]
        fn what_needs_no_parser_is_what_the_parser_reads(
            text in r#"\{"user": ?"([a-z\\" ]|\PC){0,6}",? ?"data": ?"([a-z\\",: ]|\PC){0,12}"\}"#,
        ) {
            if let Some((user, data)) = usual(&text) {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(value, serde_json::json!({ "user": user, "data": data }));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn nearly_json_does_not_make_it_panic(
            text in r#"(["{}\[\],:\\ ]|user|data|null|\\u[0-9a-f]{4}|1e9){0,40}"#,
        ) {
            let _ = decode(text.as_bytes());
        }
    }
}
