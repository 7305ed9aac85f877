//! What Python's `pickle` and `marshal` hold, as data: read and written, and shown the way Python
//! shows it. Nothing is imported and nothing is run: a class is its name.

mod cursor;
pub mod marshal;
pub mod pickle;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value as Json;

/// How deep values may be inside of each other: beyond what people send, within what a thread's
/// stack bears.
const DEPTH_MAX: usize = 64;

/// Bytes that a value may take when all its parts are written out. References let few bytes stand
/// for very many.
const SIZE_MAX_BYTES: usize = 16 << 20;

/// A value of Python's.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An `int` of at most 16 bytes.
    Integer(i128),
    /// A `float`.
    Float(f64),
    /// A `str`.
    Text(String),
    /// `bytes` or a `bytearray`.
    Bytes(Vec<u8>),
    /// A `list`.
    List(Vec<Value>),
    /// A `tuple`.
    Tuple(Vec<Value>),
    /// A `set` or `frozenset`, in the order in which it was written.
    Set(Vec<Value>),
    /// A `dict`, in its order.
    Dictionary(Vec<(Value, Value)>),
    /// An instance of a class.
    Instance {
        /// Its module and name, `produto.Produto`.
        class: String,
        /// What its `__dict__` holds.
        fields: Vec<(Value, Value)>,
    },
}

/// Why bytes are no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PythonFault {
    /// They end too early.
    Incomplete,
    /// They are not what Python writes.
    Malformed,
    /// To read them would import or run something, or they are no plain data.
    Refused,
    /// They are deeper, longer or larger than is read here.
    TooLarge,
}

impl Value {
    /// The value as Python's `print` shows it.
    #[must_use]
    pub fn printed(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::None,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i128() {
                Some(integer) => Self::Integer(integer),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(object) => {
                let pair = |(key, value): (&String, &Json)| (Self::Text(key.clone()), value.into());
                Self::Dictionary(object.iter().map(pair).collect())
            }
        }
    }
}

/// As Python's `repr` writes it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Integer(integer) => integer.fmt(f),
            Self::Float(float) => f.write_str(&float_repr(*float)),
            Self::Text(text) => f.write_str(&quoted(text.chars(), char::is_control)),
            Self::Bytes(bytes) => {
                let is_escaped = |c: char| !(' '..='~').contains(&c);
                write!(
                    f,
                    "b{}",
                    quoted(bytes.iter().copied().map(char::from), is_escaped)
                )
            }
            Self::List(items) => write!(f, "[{}]", row(items)),
            Self::Tuple(items) => match &items[..] {
                [only] => write!(f, "({only},)"),
                items => write!(f, "({})", row(items)),
            },
            Self::Set(items) if items.is_empty() => f.write_str("set()"),
            Self::Set(items) => write!(f, "{{{}}}", row(items)),
            Self::Dictionary(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| format!("{key}: {value}"));
                write!(f, "{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
            Self::Instance { class, fields } => {
                let fields = fields.iter();
                let fields = fields.map(|(key, value)| format!("{}={value}", key.printed()));
                write!(f, "{class}({})", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

fn row(items: &[Value]) -> String {
    let items: Vec<String> = items.iter().map(Value::to_string).collect();
    items.join(", ")
}

/// Rust and Python write the same digits, and exponents in their own ways.
fn float_repr(float: f64) -> String {
    let written = format!("{float:?}").to_lowercase();
    match written.split_once('e') {
        None => written,
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

/// A text in quotes: single ones, unless it holds such and no double ones.
fn quoted(
    characters: impl Iterator<Item = char> + Clone,
    is_escaped: impl Fn(char) -> bool,
) -> String {
    let mut all = characters.clone();
    let has_single = all.any(|c| c == '\'');
    let quote = match has_single && !characters.clone().any(|c| c == '"') {
        true => '"',
        false => '\'',
    };
    let mut text = String::from(quote);
    for c in characters {
        match c {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c == quote => text.extend(['\\', c]),
            c if is_escaped(c) => text.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push(quote);
    text
}
