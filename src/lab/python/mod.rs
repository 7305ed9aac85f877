//! Reads and writes the formats of Python's `pickle`, `marshal` and `json` modules as data.
//! Nothing is imported and no code runs: a class is its name, an instance its fields, and bytes
//! that ask for more are refused.

mod cursor;
mod graph;
pub mod json;
pub mod marshal;
pub mod pickle;
mod repr;

use std::fmt;

pub use graph::{NESTING_MAX, TREE_BASE_BYTES, TREE_BYTES_PER_BYTE};

/// A value in Python's terms.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An `int`, if it fits.
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
    /// A `set` or a `frozenset`, in the order of the stream.
    Set(Vec<Value>),
    /// A `dict`, in the order of the stream.
    Dictionary(Vec<(Value, Value)>),
    /// An object of a class that is known only by name.
    Instance {
        /// The class, as `module.Name`.
        class: String,
        /// The attributes, in the order in which they were set.
        fields: Vec<(String, Value)>,
    },
}

impl Value {
    /// The value of a text key of a dictionary.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dictionary(pairs) = self else {
            return None;
        };
        let has_key = |(name, _): &&(Self, Self)| matches!(name, Self::Text(name) if name == key);
        pairs.iter().find(has_key).map(|(_, value)| value)
    }
}

/// Why bytes cannot become a value, or a value bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PythonFault {
    /// The bytes end early: more may complete them.
    Incomplete,
    /// No Python writes these bytes. This includes text with lone surrogates, which is not UTF-8.
    Malformed,
    /// Python would import, call or run something here, or no [`Value`] represents it: code, a
    /// function, an object built by a call, a complex number, Python 2's own strings.
    Refused,
    /// An integer beyond [`i128`], a value nested deeper than [`NESTING_MAX`] (a value that
    /// contains itself always is), or one that shared references blow up out of proportion.
    TooLarge,
}

impl fmt::Display for PythonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete => f.write_str("the bytes end early"),
            Self::Malformed => f.write_str("no Python writes these bytes"),
            Self::Refused => f.write_str("the bytes hold more than data"),
            Self::TooLarge => f.write_str("a value is too large or nested too deep"),
        }
    }
}

impl std::error::Error for PythonFault {}

type Result<T> = std::result::Result<T, PythonFault>;

/// Counts the bytes of a message, given the result of reading them: those of the value, or all of
/// them if more bytes cannot make a value.
#[must_use]
pub fn whole_value(waiting: &[u8], read: Result<(Value, usize)>) -> Option<usize> {
    match read {
        Ok((_, bytes)) => Some(bytes),
        Err(PythonFault::Incomplete) => None,
        Err(_) => Some(waiting.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Whether values contain instances, which only `pickle` supports.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub(super) enum Instances {
        Included,
        LeftOut,
    }

    /// Any value, except not-a-number, which equals nothing.
    pub(super) fn any_value(instances: Instances) -> impl Strategy<Value = Value> {
        let text = || "(?s).{0,12}";
        let leaf = prop_oneof![
            Just(Value::None),
            any::<bool>().prop_map(Value::Bool),
            any::<i128>().prop_map(Value::Integer),
            any::<i64>().prop_map(|integer| Value::Integer(integer.into())),
            (-70_000..70_000_i128).prop_map(Value::Integer),
            any::<f64>()
                .prop_filter("a number", |float| !float.is_nan())
                .prop_map(Value::Float),
            text().prop_map(Value::Text),
            vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        ];
        leaf.prop_recursive(5, 64, 5, move |inner| {
            let items = || vec(inner.clone(), 0..5);
            let class = "[a-z_]{1,4}[.][A-Z][a-z]{0,4}";
            let fields = vec((text(), inner.clone()), 0..5);
            let instance = (class, fields).prop_map(move |(class, fields)| match instances {
                Instances::Included => Value::Instance { class, fields },
                Instances::LeftOut => Value::None,
            });
            prop_oneof![
                items().prop_map(Value::List),
                items().prop_map(Value::Tuple),
                items().prop_map(Value::Set),
                vec((inner.clone(), inner.clone()), 0..5).prop_map(Value::Dictionary),
                instance,
            ]
        })
    }

    /// Decodes hexadecimal digits.
    pub(super) fn unhex(digits: &str) -> Vec<u8> {
        let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap() as u8;
        let pairs = digits.as_bytes().chunks(2);
        pairs
            .map(|pair| digit(&pair[0]) << 4 | digit(&pair[1]))
            .collect()
    }
}
