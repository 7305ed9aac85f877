//! What is on its way in a room, in as few words as a status has room for. Pure.

use std::collections::BTreeMap;

use crate::chat::transfer::OfferId;
use crate::chat::transfer::event::{FilesEvent, OfferState, Stage, TransferFault};
use crate::text;

/// Most transfers that are remembered.
const TRANSFERS_MAX: usize = 64;

/// Transfers that a status names.
const NAMED_MAX: usize = 2;

/// Longest name in it, in characters.
const NAME_MAX_CHARS: usize = 20;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Transfers(BTreeMap<OfferId, String>);

impl Transfers {
    /// Takes in what happens to files.
    pub(super) fn follow(&mut self, happened: &FilesEvent) {
        match happened {
            FilesEvent::Progress(state) => match compact(state) {
                Some(words) if self.0.len() < TRANSFERS_MAX => {
                    self.0.insert(state.offer.id, words);
                }
                _ => drop(self.0.remove(&state.offer.id)),
            },
            FilesEvent::Failed {
                why: TransferFault::NobodyHasIt,
                ..
            } => {}
            FilesEvent::Finished { state, .. }
            | FilesEvent::AllHave(state)
            | FilesEvent::Failed { state, .. }
            | FilesEvent::Stopped(state)
            | FilesEvent::Unshared(state) => drop(self.0.remove(&state.offer.id)),
            _ => {}
        }
    }

    /// The parts of a status.
    pub(super) fn status(&self) -> impl Iterator<Item = String> {
        let more = self.0.len().saturating_sub(NAMED_MAX);
        let named = self.0.values().take(NAMED_MAX).cloned();
        named.chain((more > 0).then(|| format!("+{more}")))
    }
}

/// `mapa.png 63 %, 0:04` of what comes, `mapa.png 28/30` of what goes.
fn compact(state: &OfferState) -> Option<String> {
    let name: String = state.offer.name.chars().take(NAME_MAX_CHARS).collect();
    if let Stage::Taking { done_bytes, .. } = state.stage {
        let size = state.offer.size_bytes.max(1);
        let percent = u128::from(done_bytes) * 100 / u128::from(size);
        return Some(text::on_its_way(&name, percent, state.left));
    }
    let has = state.takers.iter().filter(|taker| taker.has_it).count();
    let of = state.takers.len();
    (has < of).then(|| text::given_to(&name, has, of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::lines::files::tests::state;

    #[test]
    fn a_status_names_what_is_on_its_way_and_nothing_that_has_come() {
        let mut transfers = Transfers::default();
        let taking = Stage::Taking {
            done_bytes: 630,
            is_waiting: false,
        };
        let mut follow = |happened: FilesEvent| -> Vec<String> {
            transfers.follow(&happened);
            transfers.status().collect()
        };
        let words = follow(FilesEvent::Progress(state(taking, &[])));
        assert_eq!(words, ["mapa.png 63 %, 0:01"]);
        let takers = [("eva", 1000), ("rui", 500)];
        let words = follow(FilesEvent::Progress(state(Stage::Have, &takers)));
        assert_eq!(words, ["mapa.png 1/2"]);
        let all = follow(FilesEvent::Progress(state(Stage::Have, &[("eva", 1000)])));
        assert!(all.is_empty());
    }
}
