//! Python's `pickle`: a program for a small machine with a stack and a memo, which builds one
//! object. Python's own machine calls whatever it is told to; this one only builds what is data.
//!
//! # What is taken
//!
//! Protocols 0 to 5, as Python 3 writes them: the values of [`Value`](super::Value), what they
//! share, and instances of plain classes, with a dictionary of attributes, slots or both. Four
//! calls are known by name and not made: `copyreg._reconstructor` for an instance, and
//! `_codecs.encode`, `bytes`, `bytearray`, `set` and `frozenset` for what old protocols cannot say
//! otherwise. A set or a dictionary is taken as it was written, and no double is looked for in it.
//!
//! # What is refused
//!
//! Any other call, a class or a function as a value, a state that is no dictionary, arguments of a
//! class, subclasses of lists and dictionaries (`OrderedDict`), persistent ids, extension codes,
//! buffers beside the stream, and Python 2's own strings.

mod op;
mod reader;
mod writer;

pub use reader::read;
pub use writer::write;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
