//! A call as a face shows it: what was told of it, taken together. Pure.

use std::collections::BTreeMap;

use crate::chat::event::Person;
use crate::chat::media::{Hand, MediaEvent, StreamState};
use crate::protocol::wire::compact::StreamId;

/// See the file's head.
#[derive(Clone, Debug, Default)]
pub struct CallView {
    /// What is sent.
    pub streams: BTreeMap<StreamId, StreamState>,
    /// Who speaks.
    pub speaking: Vec<Person>,
    /// Who asks for the word, in the order of asking.
    pub hands: Vec<Person>,
    /// The pictures that are played.
    pub pictures: Vec<StreamId>,
    /// The voices that are played.
    pub voices: Vec<StreamId>,
    /// How much of what this member sends is lost, where multicast does not carry it.
    pub lost_percent: Option<u8>,
}

impl CallView {
    /// Takes in what is told.
    pub fn follow(&mut self, event: &MediaEvent) {
        match event {
            MediaEvent::Began(state) => {
                self.streams.insert(state.stream, state.clone());
            }
            MediaEvent::Ended(state) => {
                self.streams.remove(&state.stream);
                self.pictures.retain(|stream| *stream != state.stream);
                self.voices.retain(|stream| *stream != state.stream);
                if !self.own().any(|_| true) {
                    self.lost_percent = None;
                }
            }
            MediaEvent::Shown { pictures, voices } => {
                self.pictures.clone_from(pictures);
                self.voices.clone_from(voices);
            }
            MediaEvent::Speaking(people) => self.speaking.clone_from(people),
            MediaEvent::Hand { person, hand, .. } => {
                self.hands.retain(|other| !is_same(other, person));
                if *hand == Hand::Raised {
                    self.hands.push(person.clone());
                }
            }
            MediaEvent::Unfit { lost_percent } => self.lost_percent = Some(*lost_percent),
            MediaEvent::List(state) => {
                let streams = state.streams.iter();
                self.streams = streams.map(|state| (state.stream, state.clone())).collect();
                self.speaking.clone_from(&state.speaking);
                self.hands.clone_from(&state.hands);
                let is_picture = |stream: &&StreamId| {
                    let state = self.streams.get(*stream);
                    state.is_some_and(|state| state.source.is_picture())
                };
                let shown = state.shown.iter().copied();
                (self.pictures, self.voices) = shown.partition(|stream| is_picture(&stream));
            }
            _ => {}
        }
    }

    /// What this member sends.
    pub fn own(&self) -> impl Iterator<Item = &StreamState> {
        self.streams.values().filter(|state| state.is_own)
    }
}

fn is_same(one: &Person, other: &Person) -> bool {
    match (&one.key, &other.key) {
        (Some(one), Some(other)) => one == other,
        _ => one.name == other.name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::media::{CallState, Source};

    fn stream(number: u64, source: Source, is_own: bool) -> StreamState {
        StreamState {
            stream: StreamId(number),
            person: Person::unproven("ana"),
            source,
            codec: None,
            is_own,
        }
    }

    #[test]
    fn what_is_told_one_by_one_is_what_is_told_at_once() {
        let mut view = CallView::default();
        let (voice, camera) = (
            stream(1, Source::Sound, true),
            stream(2, Source::Camera, false),
        );
        view.follow(&MediaEvent::Began(voice.clone()));
        view.follow(&MediaEvent::Began(camera.clone()));
        view.follow(&MediaEvent::Shown {
            pictures: vec![StreamId(2)],
            voices: Vec::new(),
        });
        let person = Person::unproven("rui");
        for hand in [Hand::Raised, Hand::Raised] {
            view.follow(&MediaEvent::Hand {
                person: person.clone(),
                hand,
                is_own: false,
            });
        }
        let mut late = CallView::default();
        late.follow(&MediaEvent::List(Box::new(CallState {
            streams: vec![voice.clone(), camera],
            hands: vec![person.clone()],
            shown: vec![StreamId(2)],
            ..CallState::default()
        })));
        for view in [&view, &late] {
            assert_eq!(view.own().count(), 1);
            assert_eq!(view.pictures, [StreamId(2)]);
            assert_eq!(view.hands.len(), 1);
        }
        view.follow(&MediaEvent::Unfit { lost_percent: 60 });
        view.follow(&MediaEvent::Ended(voice));
        assert_eq!(view.own().count(), 0);
        assert_eq!(view.lost_percent, None, "nothing is lost of nothing");
        view.follow(&MediaEvent::Hand {
            person,
            hand: Hand::Lowered,
            is_own: false,
        });
        assert!(view.hands.is_empty());
    }
}
