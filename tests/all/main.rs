//! Everything that drives real sockets, programs, terminals and hosts, in one test binary: a
//! library of this size takes longer to link sixteen times than once. The tests of a file form a
//! module, so `cargo test --test all hub::` runs one file, and `cargo test --test all NAME` runs
//! the tests whose path holds a word. They run in parallel threads of one process: no test may
//! change what belongs to the process, such as its environment, its folder or its signal handlers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../support/mod.rs"]
mod support;

mod amending;
mod attacked;
#[cfg(feature = "bridge")]
mod bridge;
#[cfg(feature = "bridge")]
mod bridge_far;
#[cfg(feature = "bridge")]
mod bridge_servers;
mod chat;
mod chat_hosts;
mod chat_terminal;
mod chat_unread;
mod circle;
mod files;
mod files_hosts;
#[cfg(feature = "conference")]
mod guests_speak;
mod history;
mod history_attacked;
mod history_faults;
mod history_hosts;
mod hub;
mod hub_away;
mod hub_hosts;
mod hub_storm;
mod ignoring;
mod input_errors;
mod interop;
mod joining;
mod keeping;
mod lab;
mod lab_kept;
mod names;
mod netns;
mod networks;
mod nick;
mod nothing_waits;
mod one_shot;
#[cfg(feature = "web")]
mod page;
#[cfg(feature = "conference")]
mod page_call;
#[cfg(feature = "conference")]
mod page_call_hosts;
#[cfg(feature = "web")]
mod page_files;
#[cfg(feature = "web")]
mod page_firefox;
#[cfg(feature = "web")]
mod page_guest;
#[cfg(feature = "web")]
mod page_hostile;
#[cfg(feature = "web")]
mod page_hosts;
#[cfg(feature = "web")]
mod page_looks;
#[cfg(feature = "web")]
mod page_typing;
mod pictures;
#[cfg(feature = "conference")]
mod roles;
mod rooms;
mod screen;
mod screen_rooms;
mod secrecy_hosts;
mod signals;
mod sockets;
mod starting;
mod tcp_peer;
mod tcp_peer_hosts;
mod tcp_peer_naive;
mod terminal;
mod terminal_session;
mod tools;
mod viewing;
#[cfg(feature = "web")]
mod web;
#[cfg(feature = "web")]
mod web_files;
#[cfg(feature = "web")]
mod web_guests;
