//! The only folder that opens sockets. It moves bytes and knows addresses and interfaces; what
//! the bytes mean, it does not know.

pub mod board;
pub mod circle;
pub mod ears;
pub mod group;
pub mod interfaces;
mod kernel;
pub mod line;
pub mod multicast;
pub mod tcp;

pub use kernel::Datagrams;
