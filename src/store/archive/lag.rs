//! How far the archive is behind its rooms, in bytes: what waits for the disk is bounded, and what
//! there was no room for is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::chat::archive::RoomRequest;
use crate::chat::rooms::RoomNumber;

/// Most bytes of all rooms that wait to be written.
pub const LAG_MAX_BYTES: usize = 64 << 20;

/// What a request takes in memory beside its texts, in bytes.
const REQUEST_BYTES: usize = 256;

/// How far the archive is behind, as the program's loop and the thread share it.
#[derive(Debug, Default)]
pub(super) struct Lag {
    bytes: AtomicUsize,
    losses: Mutex<Losses>,
}

/// What was not written. Looked at once in a batch, and for each request that is lost.
#[derive(Debug, Default)]
struct Losses {
    /// How many messages of each room are in no file.
    missing: BTreeMap<RoomNumber, u64>,
    /// Why nothing is stored now.
    failing: Option<String>,
    /// The rooms that were told so.
    told: BTreeSet<RoomNumber>,
}

impl Lag {
    fn losses(&self) -> MutexGuard<'_, Losses> {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request in, if there is room for it. If not, it is counted.
    pub(super) fn take(&self, room: RoomNumber, request: &RoomRequest) -> bool {
        let bytes = bytes_of(request);
        if self.bytes.load(Ordering::Relaxed) + bytes > LAG_MAX_BYTES {
            self.lose(room, request);
            return false;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        true
    }

    /// How many bytes wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes in that a request waits no more.
    pub(super) fn done(&self, request: &RoomRequest) {
        self.bytes.fetch_sub(bytes_of(request), Ordering::Relaxed);
    }

    /// Counts a request that is not written.
    pub(super) fn lose(&self, room: RoomNumber, request: &RoomRequest) {
        if matches!(request, RoomRequest::Remember(_)) {
            *self.losses().missing.entry(room).or_default() += 1;
        }
    }

    /// Takes in that nothing can be stored.
    pub(super) fn fail(&self, why: &str) {
        let failing = &mut self.losses().failing;
        failing.get_or_insert_with(|| why.to_owned());
    }

    /// Why nothing is stored now.
    pub(super) fn failing(&self) -> Option<String> {
        self.losses().failing.clone()
    }

    /// The same, once for each room: it is to be told.
    pub(super) fn news_of_failing(&self, room: RoomNumber) -> Option<String> {
        let mut losses = self.losses();
        let why = losses.failing.clone()?;
        losses.told.insert(room).then_some(why)
    }

    /// Takes in that something was stored. Returns how many messages of each room are missing, if
    /// the rooms were told that nothing is stored and there is much room again.
    pub(super) fn recover(&self) -> Option<BTreeMap<RoomNumber, u64>> {
        let is_low = self.bytes.load(Ordering::Relaxed) < LAG_MAX_BYTES / 2;
        let mut losses = self.losses();
        if !is_low || losses.failing.take().is_none() {
            return None;
        }
        losses.told.clear();
        Some(std::mem::take(&mut losses.missing))
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
            RoomRequest::Load { .. } | RoomRequest::MarkRead(_) => 0,
            RoomRequest::Find { query, .. } => query.words.len(),
        }
}
