//! The pure core: bytes, lines and time come in, bytes and events go out. Nothing below this
//! folder may know a socket, a file, a thread, the environment, a terminal or a clock.

pub mod check_budget;
pub mod encoding;
pub mod engine;
pub mod fingerprint;
pub mod gate;
pub mod hub;
pub mod lookalike;
pub mod message;
pub mod node;
pub mod peer;
pub mod rate;
pub mod rng;
pub mod time;
pub mod wire;
