//! The only folder that opens sockets. It moves bytes and knows addresses and interfaces; it does
//! not know what the bytes mean.

#[cfg(feature = "conference")]
pub mod conference;
mod copies;
pub mod duplex;
pub mod group;
pub mod group_sockets;
pub mod interfaces;
pub mod interrupter;
mod kernel;
pub mod multicast;
#[cfg(feature = "bridge")]
pub mod nats;
pub mod networks;
pub mod program_pages;
mod socket_pair;
pub mod socket_poller;
pub mod tcp;
#[cfg(feature = "web")]
pub mod tcp_acceptor;
mod tcp_address;
pub mod tcp_server;
#[cfg(feature = "conference")]
pub mod tls;
