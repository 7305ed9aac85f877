//! The full screen: the room, its people and the line being typed, all at once. [`App`] is pure and
//! is shown by a `FullScreen`; this file only carries things between the two, and paces the
//! pictures. What is told is taken into the app at once, so that no queue of it can overflow; what
//! the app holds of it has limits of its own.
//!
//! ```text
//! app            what is known and what keys do; told: what the rooms tell
//! talks · talk   all conversations · one of them: its place, draft, history
//! room           one room: its people, how far own lines got; transfers (what is on its way)
//! conversation   messages in their order, and what happens beside them
//! view · entry   which rows are seen · how a message becomes rows
//! held · paging  which messages are in memory · reading on in what is kept
//! acts · panel…  what keys and commands do · what may stand above the conversation · showing
//!                (a file)
//! draw · tabs    everything as one picture
//! ```

mod acts;
mod app;
mod asking;
mod conversation;
mod delivery;
mod draw;
mod emoji;
mod entry;
#[cfg(unix)]
mod face;
mod finding;
mod held;
mod input;
mod keys;
mod layout;
mod links;
mod mouse;
mod paging;
mod panel;
mod panel_keys;
mod people;
mod preview;
mod room;
mod rows;
mod selecting;
mod showing;
mod tabs;
mod talk;
mod talks;
mod theme;
mod told;
mod transfers;
mod view;

pub use self::app::{App, AppConfig, AppInput, Effect, Notices};
#[cfg(feature = "web")]
pub(in crate::face) use self::emoji::emoji_table;
#[cfg(unix)]
pub use self::face::{ScreenFace, ScreenFaceConfig, is_possible};
pub use self::theme::{Colors, Scheme, Theme};
