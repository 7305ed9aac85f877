//! Python's `pickle`: a program for a small machine with a stack and a memo, which builds one
//! object. Python's own machine calls whatever the program names; this one only builds data.
//!
//! # What is accepted
//!
//! Protocols 0 to 5, as Python 3 writes them: the values of [`Value`](super::Value), shared
//! objects, and instances of plain classes, with a dictionary of attributes, slots or both. Some
//! calls are recognised by name but never made: `copyreg._reconstructor` for an instance, and
//! `_codecs.encode`, `bytes`, `bytearray`, `set` and `frozenset` for values that old protocols
//! cannot express otherwise. Sets and dictionaries are accepted as written, without a search for
//! duplicates.
//!
//! # What is refused
//!
//! Any other call, a class or a function as a value, a state that is not a dictionary, arguments to
//! a class, subclasses of lists and dictionaries (`OrderedDict`), persistent ids, extension codes,
//! out-of-band buffers, and Python 2's own strings.

mod op;
mod reader;
mod writer;

pub use reader::read;
pub use writer::write;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
