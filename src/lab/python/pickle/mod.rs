//! Python's `pickle`, protocols 0 to 5, as far as it is data.
//!
//! A pickle is a program for a machine with a stack and a memo. [`read`] runs that program on
//! values that only describe: what it would import is kept as a name, and it may call nothing but
//! what Python itself writes for sets, bytes and instances. Source: CPython's `pickletools`.

mod atoms;
mod machine;
mod writer;

pub use self::machine::read;
pub use self::writer::write;
