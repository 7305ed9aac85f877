//! What is to be remembered, and what was: requests to the store and its answers. The store's
//! thread takes its time; nothing here waits for it.

use crate::protocol::engine::event::NamedKey;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// What the store is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Report everybody who was met.
    Load,
    /// Remember that nothing of somebody is shown.
    Ignore {
        /// The name that they have now.
        name: Name,
        /// The key.
        key: Key,
    },
    /// Forget that nothing of somebody was shown.
    Unignore {
        /// The key.
        key: Key,
    },
    /// Remember a name's first key, unless the name has one.
    Meet {
        /// The name.
        name: Name,
        /// The key.
        key: Key,
    },
    /// Remember that somebody's codes were not compared after all.
    Unverify {
        /// The key.
        key: Key,
    },
    /// Remember that a name belongs to a key, because the codes were compared.
    Verify {
        /// The name.
        name: Name,
        /// The key.
        key: Key,
    },
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// Of whom nothing is shown. Comes before [`Reply::People`], which lets people be shown.
    Ignored(Vec<NamedKey>),
    /// Everybody who was met.
    People(Vec<Remembered>),
    /// Nothing is remembered from now on; the store's words.
    Failed(String),
}

/// Somebody who was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The name.
    pub name: Name,
    /// The key that it belongs to.
    pub key: Key,
    /// Whether the codes were compared.
    pub is_verified: bool,
}
