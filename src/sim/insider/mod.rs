//! A hostile member of the room, as a generator: it holds the room's key and signs well-formed
//! frames of every type with any values in them, from many identities and addresses, also forged
//! ones; it records, withholds, replays, and sends to some what others do not get.
//!
//! ```text
//! act      what it can do, as values that can be written into a test
//! choose   acts drawn from a seed, or from a fuzzer's bytes
//! craft    acts become datagrams, by `protocol::wire`
//! trial    a room under attack: honest members talk, come, leave, and are cut off
//! file     the file that one of them gives
//! filming  the camera of one of them
//! check    what must hold in it
//! outcome  what the attack did, and what is wrong with that
//! cost     the work that it makes for the others
//! shrink   the few acts of an attack that suffice
//! ```

pub mod act;
pub mod check;
pub mod choose;
mod cost;
pub mod craft;
mod file;
mod filming;
pub mod outcome;
pub mod shrink;
pub mod trial;
