//! The only folder that opens sockets. It moves bytes and knows addresses and interfaces; what
//! the bytes mean, it does not know.

pub mod duplex;
pub mod group;
pub mod group_sockets;
pub mod interfaces;
mod kernel;
pub mod multicast;
pub mod socket_poller;
pub mod tcp;
pub mod tcp_server;

pub use kernel::Datagrams;
