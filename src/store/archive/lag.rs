//! How far the archive is behind the room, in bytes: what waits for the disk is bounded, and what
//! there was no room for is counted.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::chat::archive::RoomRequest;

/// Most bytes that wait to be written.
pub const LAG_MAX_BYTES: usize = 64 << 20;

/// What a request takes in memory beside its texts, in bytes.
const REQUEST_BYTES: usize = 256;

/// How far the archive is behind, as the room's loop and the thread share it.
#[derive(Debug, Default)]
pub(super) struct Lag {
    bytes: AtomicUsize,
    /// Messages that are in no file.
    missing: AtomicU64,
    /// Whether the room was told that nothing is stored.
    is_failing: AtomicBool,
}

impl Lag {
    /// Takes a request in, if there is room for it. If not, it is counted.
    pub(super) fn take(&self, request: &RoomRequest) -> bool {
        let bytes = bytes_of(request);
        if self.bytes.load(Ordering::Relaxed) + bytes > LAG_MAX_BYTES {
            self.lose(request);
            return false;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        true
    }

    /// Takes in that a request waits no more.
    pub(super) fn done(&self, request: &RoomRequest) {
        self.bytes.fetch_sub(bytes_of(request), Ordering::Relaxed);
    }

    /// Counts a request that is not written.
    pub(super) fn lose(&self, request: &RoomRequest) {
        let is_message = matches!(request, RoomRequest::Remember(_));
        self.missing
            .fetch_add(u64::from(is_message), Ordering::Relaxed);
    }

    /// Takes in that nothing can be stored. Returns whether that is news.
    pub(super) fn fail(&self) -> bool {
        !self.is_failing.swap(true, Ordering::Relaxed)
    }

    /// Takes in that something was stored. Returns how many messages are missing, if the room was
    /// told that nothing is stored and there is much room again.
    pub(super) fn recover(&self) -> Option<u64> {
        let is_low = self.bytes.load(Ordering::Relaxed) < LAG_MAX_BYTES / 2;
        let was_failing = is_low && self.is_failing.swap(false, Ordering::Relaxed);
        was_failing.then(|| self.missing.swap(0, Ordering::Relaxed))
    }
}

/// What a request takes in memory, in bytes; about.
pub(super) fn bytes_of(request: &RoomRequest) -> usize {
    REQUEST_BYTES
        + match request {
            RoomRequest::Remember(entry) => entry.text.len(),
            RoomRequest::Amend(amendment) => amendment.text.as_ref().map_or(0, String::len),
            RoomRequest::Keep(frame) => frame.bytes.len(),
            RoomRequest::Drop(positions) => positions.len() * 32,
            RoomRequest::Load { .. } => 0,
            RoomRequest::Find { query, .. } => query.words.len(),
        }
}
