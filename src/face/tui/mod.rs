//! The full screen: the room, its people and the line being typed, all at once. [`App`] is pure and
//! is shown by a `FullScreen`; this file only carries things between the two, and paces the
//! pictures.
//!
//! ```text
//! app           what is known: conversation · people · input · panel
//! conversation  messages in their order, and what happens beside them
//! view · entry  which rows are seen · how a message becomes rows
//! draw          everything as one picture
//! ```

mod acts;
mod app;
mod conversation;
mod delivery;
mod draw;
mod emoji;
mod entry;
#[cfg(unix)]
mod face;
mod input;
mod keys;
mod layout;
mod links;
mod panel;
mod panel_keys;
mod people;
mod rows;
mod theme;
mod view;

pub use self::app::{App, AppConfig, AppInput, Effect};
#[cfg(unix)]
pub use self::face::{ScreenFace, ScreenFaceConfig, is_possible};
pub use self::theme::{Colors, Theme};
