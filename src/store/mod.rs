//! Everything that outlives the program: files in the user's own folders. Only this room opens
//! files.

pub mod archive;
pub mod config;
mod database;
pub mod files;
#[cfg(feature = "bridge")]
pub mod host;
pub mod identity;
pub mod lab;
pub mod lab_thread;
#[cfg(feature = "mongodb")]
pub mod mongo;
#[cfg(feature = "bridge")]
pub mod nats_context;
pub mod open_rooms;
#[cfg(feature = "web")]
pub mod page;
pub mod people;
mod requests;
pub mod secret;
pub mod sessions;
pub mod text_file;
