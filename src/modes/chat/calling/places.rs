//! Which place of a page shows which stream: a stream that stays keeps its place, so that no
//! picture jumps. Pure.

use crate::chat::media::Source;
use crate::net::conference::{PICTURES, Place, VOICES};
use crate::protocol::wire::compact::StreamId;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Places {
    pictures: [Option<StreamId>; PICTURES],
    voices: [Option<StreamId>; VOICES],
}

impl Places {
    /// Gives the first of these streams a place each, and takes it from all others.
    pub(super) fn assign(&mut self, pictures: &[StreamId], voices: &[StreamId]) {
        assign(&mut self.pictures, pictures);
        assign(&mut self.voices, voices);
    }

    /// The place of a stream.
    pub(super) fn of(&self, stream: StreamId, source: Source) -> Option<Place> {
        let at = |places: &[Option<StreamId>]| places.iter().position(|at| *at == Some(stream));
        match source.is_picture() {
            true => at(&self.pictures).map(Place::Picture),
            false => at(&self.voices).map(Place::Voice),
        }
    }

    /// What a place shows.
    pub(super) fn picture(&self, place: usize) -> Option<StreamId> {
        self.pictures.get(place).copied().flatten()
    }

    pub(super) fn pictures(&self) -> &[Option<StreamId>] {
        &self.pictures
    }

    pub(super) fn voices(&self) -> &[Option<StreamId>] {
        &self.voices
    }
}

fn assign(places: &mut [Option<StreamId>], wanted: &[StreamId]) {
    let wanted = wanted.get(..places.len()).unwrap_or(wanted);
    for place in &mut *places {
        if place.is_some_and(|stream| !wanted.contains(&stream)) {
            *place = None;
        }
    }
    for stream in wanted {
        if !places.contains(&Some(*stream))
            && let Some(free) = places.iter_mut().find(|place| place.is_none())
        {
            *free = Some(*stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids<const N: usize>(numbers: [u64; N]) -> Vec<StreamId> {
        numbers.map(StreamId).to_vec()
    }

    #[test]
    fn who_stays_keeps_the_place_and_who_comes_takes_a_free_one() {
        let mut places = Places::default();
        let at = |places: &Places, stream| places.of(StreamId(stream), Source::Camera);
        places.assign(&ids([1, 2, 3]), &ids([9]));
        assert_eq!(at(&places, 3), Some(Place::Picture(2)));
        assert_eq!(places.of(StreamId(9), Source::Sound), Some(Place::Voice(0)));
        assert_eq!(at(&places, 9), None, "a voice is no picture");
        places.assign(&ids([3, 4, 5, 6, 7]), &[]);
        assert_eq!(at(&places, 3), Some(Place::Picture(2)));
        assert_eq!(at(&places, 4), Some(Place::Picture(0)));
        assert_eq!(at(&places, 5), Some(Place::Picture(1)));
        assert_eq!(at(&places, 7), None, "there are no more places");
        assert_eq!(places.picture(3), Some(StreamId(6)));
        assert_eq!(places.picture(4), None);
        places.assign(&ids([8, 8]), &[]);
        let shown = places.pictures().iter().flatten().count();
        assert_eq!(shown, 1, "one stream has one place");
    }
}
