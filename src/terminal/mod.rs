//! The person's side: what is typed, what is shown, and the signals that a terminal sends. Knows
//! files and threads of this process, and no network.

pub mod block;
pub mod console;
pub mod entry;
pub mod keyboard;
pub mod printer;
pub mod prompter;
pub mod screen;
pub mod signals;
