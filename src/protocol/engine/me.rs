//! This member itself: its keys, its clock, and how it makes frames.

use super::Setup;
use super::clock::HybridClock;
use super::private::Private;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::{Author, FRAME_NARROW_BYTES};
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Signer;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Me {
    pub(super) author: Author,
    pub(super) signer: Signer,
    pub(super) private: Private,
    pub(super) seal: Seal,
    pub(super) clock: HybridClock,
    /// How far the clocks of members met before the first own message were ahead of this one's.
    pub(super) clock_differences_ms: Vec<i64>,
    pub(super) started: Moment,
    pub(super) link: Link,
    /// Longest frame that the narrowest link carries.
    pub(super) frame_bytes: usize,
    /// How many frames this member has made that are never repaired.
    pub(super) other_frames: u32,
}

impl Me {
    pub(super) fn new(setup: Setup, now: Moment) -> Self {
        let key = setup.signer.key();
        Self {
            author: Author {
                key,
                short: key.short(),
                session: setup.session,
                sequence: 0,
                clock: 0,
                flags: 0,
                grtt: 0,
                name: setup.name,
            },
            signer: setup.signer,
            private: Private::new(setup.secrets),
            seal: setup.seal,
            clock: HybridClock::default(),
            clock_differences_ms: Vec::new(),
            started: now,
            link: setup.link,
            frame_bytes: FRAME_NARROW_BYTES,
            other_frames: 0,
        }
    }
}
