//! The rooms that one program is in at once, and how they are told apart.

use std::fmt;

/// One of this program's rooms: 1 is the one that it was started with, and the next ones count up.
/// The number of a room that was left is given to no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomNumber(pub u16);

impl RoomNumber {
    /// The room that the program was started with.
    pub const FIRST: Self = Self(1);
}

impl fmt::Display for RoomNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
