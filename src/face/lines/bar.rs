//! How far transfers are, as one line that is written over: for `drop` and `take` on a terminal,
//! where nothing else is shown.

use std::collections::BTreeMap;

use super::files::{how_far, share};
use crate::chat::transfer::OfferId;
use crate::chat::transfer::event::{FilesEvent, OfferState, Stage, TransferFault};
use crate::text::{self, Lang};

/// Cells of the bar.
const CELLS: u64 = 16;

/// Longest name in the line, in characters.
const NAME_MAX_CHARS: usize = 24;

/// Most transfers that are remembered.
const TRANSFERS_MAX: usize = 64;

/// See the file's head.
#[derive(Debug, Default)]
pub(in crate::face) struct Bars {
    lines: BTreeMap<OfferId, String>,
    last: Option<OfferId>,
}

impl Bars {
    /// Takes in what happens; returns whether a line shows it, so that no sentence has to.
    pub(in crate::face) fn follow(&mut self, lang: Lang, happened: &FilesEvent) -> bool {
        match happened {
            FilesEvent::Progress(state) => {
                let id = state.offer.id;
                match line(lang, state) {
                    Some(line) if self.lines.len() < TRANSFERS_MAX => {
                        self.lines.insert(id, line);
                        self.last = Some(id);
                    }
                    _ => self.forget(&id),
                }
                true
            }
            FilesEvent::Failed {
                why: TransferFault::NobodyHasIt,
                ..
            } => false,
            FilesEvent::Finished { state, .. }
            | FilesEvent::AllHave(state)
            | FilesEvent::Failed { state, .. }
            | FilesEvent::Stopped(state)
            | FilesEvent::Unshared(state) => {
                self.forget(&state.offer.id);
                false
            }
            _ => false,
        }
    }

    fn forget(&mut self, id: &OfferId) {
        self.lines.remove(id);
        if self.last.as_ref() == Some(id) {
            self.last = self.lines.keys().next().copied();
        }
    }

    /// The line to be shown, if something is on its way.
    pub(in crate::face) fn line(&self) -> Option<String> {
        let line = self.lines.get(self.last.as_ref()?)?;
        Some(match self.lines.len() {
            1 => format!("{line} "),
            more => format!("{line} (+{}) ", more - 1),
        })
    }
}

/// One transfer: `██████░░░░ mapa.png: 63 %, 11.2 MB/s, 0:04 left`.
fn line(lang: Lang, state: &OfferState) -> Option<String> {
    let size = state.offer.size_bytes;
    let (done, rate) = match state.stage {
        Stage::Taking { done_bytes, .. } => (share(done_bytes, size, CELLS), None),
        _ => {
            let done = state.takers.iter().map(|taker| taker.done_bytes);
            let all = size.saturating_mul(state.takers.len() as u64);
            let slowest = done.clone().min().unwrap_or(size);
            let left = size.saturating_sub(slowest).checked_div(state.bytes_per_s);
            let rate = left.map(|seconds| text::at_rate(lang, state.bytes_per_s, seconds));
            let done = done.fold(0, u64::saturating_add);
            (share(done, all, CELLS), rate)
        }
    };
    let name: String = state.offer.name.chars().take(NAME_MAX_CHARS).collect();
    let far = how_far(lang, state, &name)?;
    let bar: String = (0..CELLS)
        .map(|cell| if cell < done { '█' } else { '░' })
        .collect();
    let rate = rate.map_or_else(String::new, |rate| format!(", {rate}"));
    Some(format!("{bar} {far}{rate}"))
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::state;
    use super::*;

    #[test]
    fn a_bar_says_how_far_how_fast_and_whom_it_waits_for() {
        let mut bars = Bars::default();
        let taking = Stage::Taking {
            done_bytes: 630,
            is_waiting: false,
        };
        assert!(bars.follow(Lang::En, &FilesEvent::Progress(state(taking, &[]))));
        let expected = "██████████░░░░░░ mapa.png: 63 %, 500 B/s, 0:01 left ";
        assert_eq!(bars.line().as_deref(), Some(expected));
        let takers = [("eva", 1000), ("rui", 500)];
        let given = FilesEvent::Progress(state(Stage::Have, &takers));
        assert!(bars.follow(Lang::En, &given));
        let expected = "████████████░░░░ mapa.png: 1 of 2 have it, waiting for rui (50 %), \
                        500 B/s, 0:01 left ";
        assert_eq!(bars.line().as_deref(), Some(expected));
        let done = FilesEvent::AllHave(state(Stage::Have, &takers));
        assert!(!bars.follow(Lang::En, &done), "that is worth a sentence");
        assert_eq!(bars.line(), None);
    }
}
