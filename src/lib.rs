//! Chat for the people on one network, with no server, no account and no internet.
//!
//! The program is the feature `cli`, and its page in a browser the feature `web`; both are on by
//! default. Without them (`default-features = false`) this library is its pure rooms alone:
//! [`protocol`], [`chat`], [`lab`] and [`sim`], which open no socket or file, start no thread and
//! read no clock. A program of another kind starts at [`protocol::node`], whose page passes a line
//! between two members; [`chat::Chat`] is the same member with people, commands and leaving around
//! it.
//!
//! The rest of this page is the map of the sources, in reading order.
//!
//! ```text
//! main        arguments → one mode → one error line → exit code
//! cli         what may be typed; the defaults
//! error       the act, the object and the cause of each failure
//! text        every sentence shown to a person, in English and Portuguese
//! clock       the only file that reads a clock
//! protocol    PURE: bytes, lines and time come in; bytes and events go out
//!   message     names, the farewell word, the cleaning of strangers' text
//!   encoding    byte order marks of files and pipes
//!   time        a moment: the time since the start, and since 1970
//!   rng · rate  one seeded generator · one token bucket
//!   wire        everything that becomes bytes: plain · raw · quiet · stream · tr2 · frame · seal ·
//!               private · compact (what may be lost) · media (sound and pictures); and what they
//!               share: ids and sizes · pieces (cuts long texts) · json
//!   peer        two people on one connection: incoming · outgoing
//!   hub         the course's chat server: client · incoming · operations · turns · outgoing ·
//!               proof; and its client: joiner
//!   engine      the reliable group: me · group · sending · receiving · log · stored · recent ·
//!               sync · mirror · out; `engine/mod.rs` shows how they meet
//!   gate        where bytes become a frame or a counted fault
//!   node        gate, seal and engine as one value
//! chat        PURE: one room as a person meets it: people · own · leaving · watch · archive around
//!             a node; commands come in, events about people and messages go out; transfer (files
//!             from one to all) · media (voices, cameras and screens) · relay (a bridge: one room
//!             on this network and on a link to others)
//! lab         PURE: the course's small services, one file per lesson, each both sides of a
//!             dialogue; session (cuts bytes into messages) · form (asks what is missing) ·
//!             python (pickle, marshal and json, as data)
//! sim         PURE: the pretend network: many chats, one clock, one seed, archives in memory;
//!             sites (several networks, and bridges between them)
//! net         the only folder that opens sockets: multicast · group_sockets · socket_poller ·
//!             copies and networks (two cards on one LAN) · tcp · duplex (a connection on
//!             threads) · tcp_server and tcp_acceptor (thousands on tokio) · interfaces ·
//!             nats (a bridge's servers) · conference (WebRTC with the page, without its codecs) ·
//!             kernel
//! store       the only folder that opens files: identity · config · people · page · secret ·
//!             text_file · lab · mongo; archive and lab_thread (the threads that alone ask a
//!             room's store and a lesson's); files (the thread that alone opens what is offered
//!             and taken)
//! terminal    keyboard (a thread) → keys → typing and line_editor; output (a thread) ← painter;
//!             console (all of it as one value) · streams · tty · prompter · secret_prompter ·
//!             signals · kernel; full_screen (a terminal whose screen is drawn) → picture → slot
//!             (a thread with room for one); raster (a picture for it) · clipboard
//! face        how a room or a hub is shown and asked: lines · json · arrivals (history and
//!             crowds on joining) · day · names (for Tab) · tui (the full screen: a pure app) ·
//!             web (the page, by tokio and hyper) · viewing (a file, on a thread) · faces (all of
//!             them as one)
//! modes       where pure meets world: one file or folder per subcommand; `keep` and
//!             `bridge` are a `chat` without a person, `drop` and `take` are one with an errand
//! manual      one page per mode, and one each for JSON, security and the protocol
//! ```
//!
//! # The way of one message
//!
//! ```text
//! keyboard   a thread reads bytes                 output   a thread writes them
//! console    keys, then a line                    console  a line above the prompt
//! face       a request                            face     [14:03:21] ana: oi
//! chat       who is meant; what is our own        chat     a message of a person
//! engine     a frame, numbered and held           engine   in order, once, after its causes
//! seal       signed and encrypted                 gate     a frame, or a counted fault
//! net        datagrams ──────── LAN ─────────▶    net      bytes
//! ```
//!
//! That is `chat`, which is both columns. `multicast send` is the left column and `multicast
//! receive` the right one, with `wire::plain` alone between the person and the network. `hub join`
//! has `hub::joiner` in the middle and `tcp-peer` has `protocol::peer`, both with the faces of
//! `chat`. `hub serve` is a middle alone: bytes of many connections come in, and
//! leave again to the clients that `hub::operations` names.
//!
//! `modes/chat/driver` and `sim` move the same [`chat::Chat`] by the same rule: after each
//! `handle`, `poll` until it returns `Wake`.
//!
//! Where the code departs from the design's first constants, `engine/config.rs` names the run that
//! was the reason. Larger departures: a latecomer pulls what it missed by unicast datagrams and not
//! by TCP, because one path through one firewall hole can be simulated whole; every frame carries
//! its author's name, so that nobody waits for a frame 1 to know the speaker; frames that leave
//! together share a signature (`wire/seal/signed_batch.rs`), and have 1400 bytes where all links
//! carry them; and a member whose clock is old must first show that it is no recording
//! (`engine/freshness.rs`).
//!
//! # Invariants
//!
//! `tests/tidy.rs` holds these, with the cure in each message:
//!
//! 1. `protocol`, `chat`, `lab` and `sim` name no socket, file, thread, environment, terminal,
//!    clock, argument parser or sentence, no hash map, and no random source: time and chance come
//!    in as values. They build without the feature `cli`, so that the compiler holds this too.
//! 2. Only `clock` reads clocks; only `net` opens sockets; `unsafe` stands only in `net/kernel` and
//!    `terminal/kernel`; only `store` opens files, and `terminal` opens `/dev/tty`; only `terminal`
//!    and `face` show; only `main` ends the process.
//! 3. A mode imports no other mode. `chat/mod.rs`, `engine/mod.rs` and `node.rs` only route; each
//!    part owns its state.
//! 4. Files stay under 500 lines, functions under 70, lines within 100 columns.
//!
//! Tests of their own hold the others:
//!
//! 5. Bytes from outside become a value or a counted fault once, at the gate. Nothing from outside
//!    panics, blocks, grows a structure without a bound, reaches a terminal uncleaned, or names a
//!    path.
//! 6. A running mode has one event enum and one channel. Its helper threads only block and send;
//!    its loop blocks on that channel and on nothing else, neither a terminal, a pipe nor a disk.
//!    `multicast receive` is the exception: socket → parse → write, with nothing between.
//! 7. The simulator and the driver run the same `Chat` through the same wire code.

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
