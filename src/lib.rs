//! Chat for the people on one network, with no server, no account and no internet. This page is
//! the map of the house, in reading order.
//!
//! ```text
//! main        arguments → one mode → one error line → exit code
//! cli         what may be typed; the defaults
//! error       what was being done, to what, why it failed
//! text        every sentence shown to a person, in English and Portuguese
//! clock       the only file that reads a clock
//! protocol    PURE: bytes, lines and time come in; bytes and events go out
//!   message     names, the farewell word, the cleaning of strangers' text
//!   chance      one seeded generator
//!   wire        all that becomes bytes: plain · raw · quiet · stream · tr2 · frame · seal; and
//!               what they share: pieces (cutting long texts) · json (text without values)
//!   peer        two people on one connection: ear · mouth
//!   hub         the course's chat server and who joins it: floor · seat · ear · mouth · joiner
//!   engine      the reliable group, one noun per file; `engine/mod.rs` shows how they meet
//!   gate        where bytes become a frame or a counted fault
//!   node        gate, seal, wire and engine as one value: what `chat` and `sim` drive
//! lab         PURE: the course's small services, one file per lesson, each both sides of a
//!             dialogue; session (cuts bytes into messages) · form (asks what is missing) ·
//!             python (pickle and marshal, as data)
//! sim         PURE: the pretend network: many nodes, one clock, one seed
//! net         the only folder that opens sockets: multicast · circle · group · ears · tcp ·
//!             line (a connection on threads) · board (thousands on tokio) · interfaces · kernel
//! store       the only folder that opens files: identity · secret · text_file · lab (SQLite) ·
//!             mongo
//! terminal    keyboard · block · entry · printer · screen · desk · asker · signals
//! modes       where pure meets world: one file per subcommand
//! ```
//!
//! # The way of one message
//!
//! ```text
//! keyboard   a typed line                         screen   [14:03:21] ana: oi
//! message    a text within limits                 message  a text, cleaned
//! wire       bytes                                wire     user and data, or counted and dropped
//! net        datagram ───────── LAN ─────────▶    net      bytes
//! ```
//!
//! `multicast send` is the left column, `multicast receive` the right one. `tcp-peer` is both, and
//! puts `peer` between message and wire; `chat` is both, and puts `engine` there:
//!
//! ```text
//! keyboard   a typed line                         screen   [14:03:21] bia: oi
//! engine     a frame, numbered and held           engine   in order, once, after its causes
//! seal       bytes, closed                        seal     a frame, or counted and dropped
//! net        datagrams ──────── LAN ─────────▶    net      bytes
//! ```
//!
//! `hub join` is both as well, with `hub::joiner` in the middle, and `hub serve` is the middle
//! alone: bytes of many lines come in, and go out again to whom `hub::floor` says.
//!
//! Where the code departs from the design's first constants, `engine/config.rs` says by which run.
//! Larger departures: a latecomer pulls what it missed by unicast datagrams and not by TCP, because
//! one path through one firewall hole can be simulated whole; every frame says its author's name,
//! so that nobody waits for a frame 1 to know who speaks; frames that leave together share a
//! signature (`wire/seal/run.rs`), and have 1400 bytes where all links carry them; and who has an
//! old clock shows first that he is no recording (`engine/proof.rs`).
//!
//! # What is absent
//!
//! These hold everywhere and are held by `tests/tidy.rs`:
//!
//! 1. `protocol` and `sim` name no socket, file, thread, environment, terminal or clock, no hash
//!    map and no random source: time and chance come in as values.
//! 2. Only `clock` reads clocks, only `net` opens sockets and has `unsafe`, only `store` opens
//!    files, only `terminal` shows, only `main` ends the process.
//! 3. A mode imports no other mode.
//! 4. Bytes from outside become a value or a counted fault once, in `wire`. Nothing from outside
//!    panics, grows a structure without a bound, or reaches a terminal uncleaned.
//! 5. A running mode has one event enum and one channel; its helper threads and tasks only wait and
//!    tell.
//!    `multicast receive` is the exception: socket → parse → write, with nothing between.
//! 6. Files stay under 500 lines, functions under 70, lines under 100 columns.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

pub mod chat;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod clock;
#[cfg(feature = "cli")]
pub mod error;
#[cfg(feature = "cli")]
pub mod face;
pub mod lab;
pub mod manual;
#[cfg(feature = "cli")]
pub mod modes;
#[cfg(feature = "cli")]
pub mod net;
pub mod protocol;
pub mod sim;
#[cfg(feature = "cli")]
pub mod store;
#[cfg(feature = "cli")]
pub mod terminal;
#[cfg(feature = "cli")]
pub mod text;
