//! Files that browsers gave to be offered, which vanish when they are offered no more. Runs in the
//! loop.

use std::collections::BTreeMap;

use crate::chat::command::{RequestId, ToSend};
use crate::chat::entry::Entry;
use crate::chat::event::News;
use crate::chat::transfer::OfferId;
use crate::chat::transfer::event::FilesEvent;
use crate::store::files::Received;

/// Most files of browsers at a time.
const KEPT_MAX: usize = 256;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    /// Those that are being read and hashed.
    asked: BTreeMap<RequestId, Received>,
    offered: BTreeMap<OfferId, Received>,
}

impl Uploads {
    /// Whether one more is taken.
    pub(super) fn have_room(&self) -> bool {
        self.asked.len() + self.offered.len() < KEPT_MAX
    }

    /// Bytes of all files on the disk.
    pub(super) fn size_bytes(&self) -> u64 {
        let all = self.asked.values().chain(self.offered.values());
        all.map(Received::size_bytes).fold(0, u64::saturating_add)
    }

    /// What offers a file; `None` where its folder cannot be written as text.
    pub(super) fn entry(received: &Received) -> Option<Entry> {
        let path = received.path().to_str()?.to_owned();
        Some(Entry::Send(ToSend { paths: vec![path] }))
    }

    /// Keeps a file that a request offers.
    pub(super) fn keep(&mut self, request: RequestId, received: Received) {
        self.asked.insert(request, received);
    }

    /// Takes in what became of the requests and of the offers.
    pub(super) fn follow(&mut self, request: Option<RequestId>, news: &News) {
        match news {
            News::Failed(_) => self.drop_asked(request),
            News::Files(happened) => match &**happened {
                FilesEvent::Offered(offered) => {
                    let asked = request.and_then(|request| self.asked.remove(&request));
                    if let Some(received) = asked {
                        self.offered.insert(offered.offer.id, received);
                    }
                }
                FilesEvent::Refused(_) => self.drop_asked(request),
                FilesEvent::Unshared(state) | FilesEvent::Failed { state, .. } => {
                    self.offered.remove(&state.offer.id);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn drop_asked(&mut self, request: Option<RequestId>) {
        if let Some(request) = request {
            self.asked.remove(&request);
        }
    }
}
