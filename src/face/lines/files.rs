//! Files that are offered, taken and given, as sentences. How far something is stands in few of
//! them: beside what people say, a transfer is no news.

use std::collections::BTreeMap;

use super::{Line, Lines, addressed};
use crate::chat::transfer::OfferId;
use crate::chat::transfer::event::{FilesEvent, OfferState, Offered, Stage};
use crate::text::{self, Lang};

/// Sentences about how far something is, from its beginning to its end.
const STEPS: u64 = 4;

/// The same where nothing else is shown.
const FINE_STEPS: u64 = 20;

/// Most transfers whose last step is remembered.
const REMEMBERED_MAX: usize = 256;

/// How far each transfer was when that was last said.
#[derive(Debug, Default)]
pub(super) struct Progress {
    said: BTreeMap<OfferId, Step>,
    is_fine: bool,
}

/// What is worth a new sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    step: u64,
    has: usize,
    of: usize,
    is_waiting: bool,
}

impl Progress {
    /// What happens to files, in sentences.
    pub(super) fn sentences(&mut self, lang: Lang, happened: &FilesEvent) -> Vec<String> {
        let sentence = match happened {
            FilesEvent::Offered(offered) => offer(lang, offered),
            FilesEvent::Taking(state) => text::getting(lang, &what(lang, state)),
            FilesEvent::Progress(state) => return self.progress(lang, state),
            FilesEvent::Finished { state, saved_as } => {
                self.said.remove(&state.offer.id);
                text::got(lang, &state.offer.name, saved_as)
            }
            FilesEvent::AllHave(state) => {
                self.said.remove(&state.offer.id);
                // Whoever fell silent in the middle is among the takers, and lacks it.
                let has = state.takers.iter().filter(|taker| taker.has_it).count();
                text::all_have_it(lang, &state.offer.name, has)
            }
            FilesEvent::Failed { state, why } => {
                self.said.remove(&state.offer.id);
                match state.is_own || state.stage == Stage::Have {
                    true => text::cannot_give(lang, &state.offer.name, why),
                    false => text::cannot_get(lang, &state.offer.name, why),
                }
            }
            FilesEvent::Stopped(state) => {
                self.said.remove(&state.offer.id);
                text::stopped_getting(lang, &state.offer.name)
            }
            FilesEvent::Unshared(state) => text::unshared(lang, &state.offer.name),
            FilesEvent::List(states) if states.is_empty() => text::no_files(lang),
            FilesEvent::List(states) => return states.iter().map(|it| row(lang, it)).collect(),
            FilesEvent::Refused(refusal) => text::files_refused(lang, refusal),
        };
        vec![sentence]
    }

    fn progress(&mut self, lang: Lang, state: &OfferState) -> Vec<String> {
        let steps = if self.is_fine { FINE_STEPS } else { STEPS };
        let step = Step::of(state, steps);
        let before = self.said.get(&state.offer.id);
        let is_begin = before.is_none() && step.step == 0 && step.has == 0 && !step.is_waiting;
        if before == Some(&step) || is_begin && !self.is_fine {
            return Vec::new();
        }
        if self.said.len() >= REMEMBERED_MAX {
            self.said.clear();
        }
        self.said.insert(state.offer.id, step);
        how_far(lang, state, &state.offer.name)
            .into_iter()
            .collect()
    }
}

impl Lines {
    /// Says more of how far transfers are, from now on.
    pub(in crate::face) fn follow_transfers(&mut self) {
        self.progress.is_fine = true;
    }

    pub(super) fn files(&mut self, happened: &FilesEvent) -> Line {
        Line::Talk(self.progress.sentences(self.style.lang, happened))
    }
}

impl Step {
    fn of(state: &OfferState, steps: u64) -> Self {
        let (done, of_all, is_waiting) = match state.stage {
            Stage::Taking {
                done_bytes,
                is_waiting,
            } => (done_bytes, state.offer.size_bytes, is_waiting),
            _ => {
                let done = state.takers.iter().map(|taker| taker.done_bytes);
                let takers = state.takers.len() as u64;
                let all = state.offer.size_bytes.saturating_mul(takers);
                (done.fold(0, u64::saturating_add), all, false)
            }
        };
        Self {
            step: share(done, of_all, steps),
            has: state.takers.iter().filter(|taker| taker.has_it).count(),
            of: state.takers.len(),
            is_waiting,
        }
    }
}

/// Which of so many equal parts are done.
pub(super) fn share(done: u64, all: u64, parts: u64) -> u64 {
    let done = u128::from(done) * u128::from(parts);
    u64::try_from(done / u128::from(all.max(1))).unwrap_or(parts)
}

fn what(lang: Lang, state: &OfferState) -> String {
    let offer = &state.offer;
    text::content(lang, &offer.name, offer.kind, offer.size_bytes)
}

fn offer(lang: Lang, offered: &Offered) -> String {
    let content = &offered.offer;
    let mut what = text::content(lang, &content.name, content.kind, content.size_bytes);
    if content.is_private() {
        what = text::to_one_alone(lang, &what, offered.is_own);
    }
    let who = addressed(&offered.who);
    match offered.is_own {
        true => text::you_offer(lang, &what, offered.number),
        false => text::offers(lang, &who, &what, offered.number),
    }
}

/// How far something is, under a name; `None` if nobody takes it.
pub(super) fn how_far(lang: Lang, state: &OfferState, name: &str) -> Option<String> {
    let size = state.offer.size_bytes;
    if let Stage::Taking {
        done_bytes,
        is_waiting,
    } = state.stage
    {
        let percent = share(done_bytes, size, 100);
        return Some(match is_waiting {
            true => text::waiting_for_givers(lang, name, percent),
            false => text::got_so_far(lang, name, percent, state.bytes_per_s, state.left),
        });
    }
    let has = state.takers.iter().filter(|taker| taker.has_it).count();
    let waiting = state.takers.iter().filter(|taker| !taker.has_it);
    let mut waiting: Vec<(String, u64)> = waiting
        .map(|taker| {
            let percent = share(taker.done_bytes, size, 100);
            (addressed(&taker.person), percent)
        })
        .collect();
    waiting.sort_by_key(|(_, percent)| *percent);
    let of = state.takers.len();
    (of > 0).then(|| text::have_it(lang, name, has, of, &waiting))
}

fn row(lang: Lang, state: &OfferState) -> String {
    let name = &state.offer.name;
    let stage = match state.stage {
        Stage::Offered => text::not_taken(lang, state.number),
        Stage::Taking { .. } => how_far(lang, state, name).unwrap_or_default(),
        Stage::Have => {
            how_far(lang, state, name).unwrap_or_else(|| text::is_here_whole(lang, state.is_shared))
        }
    };
    let who = (!state.is_own).then(|| addressed(&state.who));
    text::file_in_list(
        lang,
        state.number,
        &what(lang, state),
        who.as_deref(),
        &stage,
    )
}

#[cfg(test)]
pub(in crate::face) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::chat::event::{Person, Timing};
    use crate::chat::transfer::disk::DiskFault;
    use crate::chat::transfer::event::{TakerState, TransferFault};
    use crate::chat::transfer::offer::ContentHasher;
    use crate::chat::transfer::{Offer, OfferKind};

    fn an_offer() -> Arc<Offer> {
        let mut hasher = ContentHasher::default();
        hasher.block(&[7; 1000]);
        let content = hasher.finish("mapa.png".into(), OfferKind::Picture, &[]);
        Arc::new(Offer::new(&content).unwrap())
    }

    /// An offer of 1000 bytes, of which 500 come or go in a second.
    pub(in crate::face) fn state(stage: Stage, takers: &[(&str, u64)]) -> OfferState {
        let takers = takers.iter().map(|(name, done_bytes)| TakerState {
            person: Person::unproven(*name),
            done_bytes: *done_bytes,
            has_it: *done_bytes == 1000,
            is_here: true,
        });
        OfferState {
            number: 3,
            offer: an_offer(),
            who: Person::unproven("ana"),
            is_own: stage == Stage::Have,
            stage,
            is_shared: true,
            bytes_per_s: 500,
            left: Some(std::time::Duration::from_secs(1)),
            takers: takers.collect(),
        }
    }

    fn taking(done_bytes: u64, is_waiting: bool) -> FilesEvent {
        let stage = Stage::Taking {
            done_bytes,
            is_waiting,
        };
        FilesEvent::Progress(state(stage, &[]))
    }

    #[test]
    fn an_offer_says_how_it_is_taken() {
        let offered = FilesEvent::Offered(Box::new(Offered {
            number: 3,
            offer: an_offer(),
            who: Person::unproven("ana"),
            wall_ms: 0,
            is_own: false,
            is_here: false,
            timing: Timing::Live,
        }));
        let said = Progress::default().sentences(Lang::En, &offered);
        assert_eq!(said, ["ana offers mapa.png, 1.0 kB (get it with /get 3)"]);
    }

    #[test]
    fn a_transfer_is_no_flood_of_sentences() {
        let mut progress = Progress::default();
        let mut said = Vec::new();
        for done in (0..1000).step_by(10) {
            said.extend(progress.sentences(Lang::En, &taking(done, false)));
        }
        let expected = [25, 50, 75].map(|it| format!("mapa.png: {it} %, 500 B/s, 0:01 left"));
        assert_eq!(said, expected);
        let waiting = progress.sentences(Lang::Pt, &taking(990, true));
        assert_eq!(
            waiting,
            ["mapa.png: 99 %, esperando: ninguém que tem responde"]
        );
        assert!(progress.sentences(Lang::Pt, &taking(990, true)).is_empty());
    }

    #[test]
    fn the_giver_reads_who_has_it_and_who_lacks_how_much() {
        let given = |takers| FilesEvent::Progress(state(Stage::Have, takers));
        let mut progress = Progress::default();
        let said = progress.sentences(Lang::En, &given(&[("eva", 1000), ("rui", 630)]));
        assert_eq!(said, ["mapa.png: 1 of 2 have it, waiting for rui (63 %)"]);
        let failed = FilesEvent::Failed {
            state: state(Stage::Have, &[]),
            why: TransferFault::Disk(DiskFault::Changed),
        };
        let said = progress.sentences(Lang::Pt, &failed);
        assert_eq!(
            said,
            ["mapa.png não é mais oferecido: o arquivo mudou, ou não existe mais"]
        );
    }

    #[test]
    fn the_list_has_a_row_for_each() {
        let list = FilesEvent::List(vec![
            state(Stage::Offered, &[]),
            state(Stage::Have, &[("eva", 0)]),
        ]);
        let rows = Progress::default().sentences(Lang::En, &list);
        assert_eq!(
            rows,
            [
                "3. mapa.png, 1.0 kB, from ana: /get 3 gets it",
                "3. mapa.png, 1.0 kB, yours: mapa.png: 0 of 1 have it, waiting for eva (0 %)",
            ]
        );
    }
}
