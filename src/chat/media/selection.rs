//! What is played of all that is sent: four pictures and eight voices, because a page shows and
//! decodes no more of use. Whoever chose comes first; then the room's host; then screens, which are
//! for all; then those who spoke last. What is played stays, unless something that comes before it
//! needs its place.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::calls::Remote;
use super::frame::Source;
use crate::protocol::wire::compact::StreamId;

/// Most pictures that are played.
pub(super) const PICTURES_MAX: usize = 4;

/// Most voices that are played.
pub(super) const VOICES_MAX: usize = 8;

/// Most voices on radio, where each costs air at the lowest rate.
pub(super) const RADIO_VOICES_MAX: usize = 2;

/// Most pictures on radio.
pub(super) const RADIO_PICTURES_MAX: usize = 1;

/// Streams of one member that are no surplus.
const OF_ONE_MEMBER: usize = 2;

/// How long a voice, or the picture of who speaks, keeps its place after the last word.
const KEEPS_PLACE: Duration = Duration::from_secs(4);

/// What is played, the first ones first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) pictures: Vec<StreamId>,
    pub(super) voices: Vec<StreamId>,
}

/// A stream that may be played.
#[derive(Debug)]
pub(super) struct Candidate<'c> {
    pub(super) id: StreamId,
    pub(super) remote: &'c Remote,
    /// When its author spoke last, in whichever stream.
    pub(super) spoke_at: Option<Duration>,
    /// Whether its author is the room's host.
    pub(super) is_of_host: bool,
}

impl Selection {
    /// Selects anew.
    pub(super) fn of(
        now: Duration,
        candidates: &[Candidate<'_>],
        chosen: &[StreamId],
        before: &Self,
        is_on_radio: bool,
    ) -> Self {
        let (pictures, voices) = match is_on_radio {
            true => (RADIO_PICTURES_MAX, RADIO_VOICES_MAX),
            false => (PICTURES_MAX, VOICES_MAX),
        };
        let select = |is_picture: bool, most: usize, shown: &[StreamId]| {
            let of_kind = candidates.iter();
            let of_kind = of_kind.filter(|it| it.remote.source.is_picture() == is_picture);
            let mut ranked: Vec<_> = of_kind
                .map(|it| (rank(now, it, chosen, shown), it))
                .collect();
            ranked.sort_by_key(|(rank, _)| *rank);
            note_surplus(&mut ranked);
            ranked.sort_by_key(|(rank, _)| *rank);
            ranked.truncate(most);
            // Nothing changes its place on the screen because of who speaks.
            ranked.sort_by_key(|(rank, it)| {
                let (chosen, not_host, not_screen, _, _, _, since) = *rank;
                let place = shown.iter().position(|id| *id == it.id);
                let place = place.unwrap_or(usize::MAX);
                (chosen, not_host, not_screen, place, since)
            });
            ranked.into_iter().map(|(_, it)| it.id).collect()
        };
        Self {
            pictures: select(true, pictures, &before.pictures),
            voices: select(false, voices, &before.voices),
        }
    }

    pub(super) fn has(&self, stream: StreamId) -> bool {
        self.pictures.contains(&stream) || self.voices.contains(&stream)
    }

    pub(super) fn streams(&self) -> impl Iterator<Item = StreamId> {
        self.pictures.iter().chain(&self.voices).copied()
    }
}

/// A stream of anybody, this member too, that may go on air.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnAir {
    pub(super) id: StreamId,
    pub(super) source: Source,
    /// When its author spoke last.
    pub(super) spoke_at: Option<Duration>,
    /// Whether its author is the room's host.
    pub(super) is_of_host: bool,
}

/// Which streams are sent where the room is on radio. Everybody comes to the same ones by what all
/// say, because what one radio need not receive takes the air of all the same: two voices of
/// 100 kbit/s, which leave the 300 of one picture.
pub(super) fn on_air(now: Duration, mut all: Vec<OnAir>) -> BTreeSet<StreamId> {
    all.sort_by_key(|it| {
        let spoke = it.spoke_at.is_some_and(|at| now < at + KEEPS_PLACE);
        (!it.is_of_host, it.source != Source::Screen, !spoke, it.id)
    });
    let of_kind = |is_picture: bool, most: usize| {
        let of_kind = all
            .iter()
            .filter(move |it| it.source.is_picture() == is_picture);
        of_kind.take(most).map(|it| it.id)
    };
    of_kind(true, RADIO_PICTURES_MAX)
        .chain(of_kind(false, RADIO_VOICES_MAX))
        .collect()
}

/// The order: the least comes first.
type Rank = (usize, bool, bool, bool, bool, bool, u64);

/// Puts what one member sends besides its first streams behind what others send who speak, too: a
/// member with guests takes nobody's place.
fn note_surplus(ranked: &mut [(Rank, &Candidate<'_>)]) {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for (rank, it) in ranked {
        let count = counts.entry(it.remote.session).or_default();
        *count += 1;
        rank.4 = *count > OF_ONE_MEMBER;
    }
}

fn rank(now: Duration, it: &Candidate<'_>, chosen: &[StreamId], shown: &[StreamId]) -> Rank {
    let place = chosen.iter().position(|id| *id == it.id);
    let spoke = it.spoke_at.is_some_and(|at| now < at + KEEPS_PLACE);
    let is_screen = it.remote.source == Source::Screen;
    let is_shown = shown.contains(&it.id);
    (
        place.unwrap_or(usize::MAX),
        !it.is_of_host,
        !is_screen,
        !spoke,
        false,
        !is_shown,
        it.remote.since,
    )
}
