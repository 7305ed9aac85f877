//! The person's side: what is typed, what is shown, and the signals that a terminal sends. Knows
//! files and threads of this process, and no network.

pub mod asker;
pub mod block;
pub mod desk;
pub mod entry;
pub mod keyboard;
pub mod printer;
pub mod screen;
pub mod signals;
