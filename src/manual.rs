//! The manual, as the files in `src/manual` hold it: one page per mode, and pages about
//! what is kept, settings, JSON, security, the protocol, and rooms.

#[doc = include_str!("manual/chat.md")]
pub mod chat {}
#[doc = include_str!("manual/keep.md")]
pub mod keep {}
#[cfg(feature = "bridge")]
#[doc = include_str!("manual/bridge.md")]
pub mod bridge {}
#[doc = include_str!("manual/files.md")]
pub mod files {}
#[doc = include_str!("manual/screen.md")]
pub mod screen {}
#[doc = include_str!("manual/web.md")]
pub mod web {}
#[doc = include_str!("manual/call.md")]
pub mod call {}
#[doc = include_str!("manual/multicast.md")]
pub mod multicast {}
#[doc = include_str!("manual/tcp-peer.md")]
pub mod tcp_peer {}
#[doc = include_str!("manual/hub.md")]
pub mod hub {}
#[doc = include_str!("manual/lab.md")]
pub mod lab {}
#[doc = include_str!("manual/id-and-rooms.md")]
pub mod id_and_rooms {}
#[doc = include_str!("manual/history.md")]
pub mod history {}
#[doc = include_str!("manual/config.md")]
pub mod config {}
#[doc = include_str!("manual/json.md")]
pub mod json {}
#[doc = include_str!("manual/security.md")]
pub mod security {}
#[doc = include_str!("manual/protocol.md")]
pub mod protocol {}
