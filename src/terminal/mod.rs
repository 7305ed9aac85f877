//! The person's side: what is typed, what is shown, and the signals that a terminal sends. Knows
//! files and threads of this process, and no network.
//!
//! ```text
//! keyboard  (thread: bytes) ──▶ console ──▶ keys ──▶ line_editor        a typed line
//!                                                 completion             what Tab makes of it
//! console  ──▶ output (queue, thread: bytes) ──▶ painter                 a shown line
//! full_screen ──▶ picture ──▶ slot (one picture, thread: bytes)          a whole screen
//! raster · viewed  a file's picture or text, made ready on a thread       what a file shows
//! ```

pub mod block;
#[cfg(feature = "web")]
pub mod browser;
pub mod clipboard;
pub(crate) mod completion;
pub mod console;
#[cfg(unix)]
pub mod full_screen;
mod kernel;
mod keyboard;
pub mod keys;
pub mod line_editor;
pub mod output;
pub mod pager;
mod painter;
pub mod picture;
pub mod prompter;
pub mod raster;
pub mod screen;
pub mod secret_prompter;
pub mod signals;
#[cfg(unix)]
mod slot;
mod streams;
mod styled;
pub(crate) mod tabbing;
mod tty;
mod typing;
pub mod viewed;
mod wrap;

pub use self::painter::Prompt;
pub use self::streams::{Drain, Printer, Talk, last_words, stdout_and_stderr};
