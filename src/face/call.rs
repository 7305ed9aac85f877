//! A call as a face shows it: what was told of it, taken together. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::chat::event::{News, Person, Told};
use crate::chat::media::{
    CallState, FIT_PERCENT, Hand, MediaEvent, RelayState, RolesState, Speaker, StreamState,
};
use crate::chat::rooms::{RoomNews, RoomNumber};
use crate::protocol::wire::compact::StreamId;

/// See the file's head.
#[derive(Clone, Debug, Default)]
pub struct CallView {
    /// What is sent.
    pub streams: BTreeMap<StreamId, StreamState>,
    /// Who speaks.
    pub speaking: Vec<Speaker>,
    /// Who asks for the word, in the order of asking.
    pub hands: Vec<Person>,
    /// The pictures that are played.
    pub pictures: Vec<StreamId>,
    /// The voices that are played.
    pub voices: Vec<StreamId>,
    /// How much of what this member sends is lost, where multicast does not carry it.
    pub lost_percent: Option<u8>,
    /// To how many this member sends copies by unicast.
    pub relay: RelayState,
    /// Who decides for all, in a room with a host.
    pub roles: Option<Box<RolesState>>,
    /// This member, once something was told of it: a list of the call is of the others alone.
    me: Option<Person>,
}

impl CallView {
    /// Takes in what is told.
    pub fn follow(&mut self, event: &MediaEvent) {
        match event {
            MediaEvent::Began(state) => {
                self.meet(&state.person, state.is_own);
                self.streams.insert(state.stream, state.clone());
            }
            MediaEvent::Ended(state) | MediaEvent::Vanished(state) => {
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
            MediaEvent::Hand {
                person,
                hand,
                is_own,
            } => {
                self.meet(person, *is_own);
                self.hands.retain(|other| !is_same(other, person));
                if *hand == Hand::Raised {
                    self.hands.push(person.clone());
                }
            }
            MediaEvent::Unfit { lost_percent } => self.lost_percent = Some(*lost_percent),
            MediaEvent::Probed {
                arrived_percent, ..
            } if *arrived_percent < FIT_PERCENT => {
                self.lost_percent = Some(100_u8.saturating_sub(*arrived_percent));
            }
            MediaEvent::Relay(state) => self.relay = *state,
            MediaEvent::List(state) => self.settle(state),
            MediaEvent::Roles(state) => self.roles = Some(state.clone()),
            _ => {}
        }
    }

    fn meet(&mut self, person: &Person, is_own: bool) {
        if is_own {
            self.me = Some(person.clone());
        }
    }

    /// Takes in what the others do now. What this member does stays as it was told.
    fn settle(&mut self, state: &CallState) {
        self.streams
            .retain(|_, state| state.is_own || state.is_hosted);
        let streams = state.streams.iter();
        self.streams
            .extend(streams.map(|state| (state.stream, state.clone())));
        let me = self.me.clone();
        let is_me = |person: &Person| me.as_ref().is_some_and(|me| is_same(me, person));
        self.speaking.retain(|speaker| is_me(&speaker.person));
        self.speaking.extend(state.speaking.iter().cloned());
        let place = self.hands.iter().position(is_me);
        let own = place.and_then(|place| self.hands.get(place).cloned());
        self.hands.clone_from(&state.hands);
        if let (Some(place), Some(own)) = (place, own) {
            self.hands.insert(place.min(self.hands.len()), own);
        }
        let is_picture = |stream: &&StreamId| {
            let state = self.streams.get(*stream);
            state.is_some_and(|state| state.source.is_picture())
        };
        let shown = state.shown.iter().copied();
        (self.pictures, self.voices) = shown.partition(|stream| is_picture(&stream));
    }

    /// What this member sends.
    pub fn own(&self) -> impl Iterator<Item = &StreamState> {
        self.streams.values().filter(|state| state.is_own)
    }

    /// What this member sends for its guests.
    pub fn hosted(&self) -> impl Iterator<Item = &StreamState> {
        self.streams.values().filter(|state| state.is_hosted)
    }
}

/// Stands on every face while this member sends something.
pub(super) const ON_AIR: char = '●';

/// Whether this member sends something.
#[derive(Debug, Default)]
pub(super) struct OnAir(BTreeSet<(RoomNumber, StreamId)>);

impl OnAir {
    /// Takes in what is told; returns whether the mark appears or goes by it.
    pub(super) fn follow(&mut self, told: &Told) -> bool {
        let before = self.is_on();
        match &told.news {
            News::Media(event) => match &**event {
                MediaEvent::Began(state) if state.is_own => {
                    self.0.insert((told.room, state.stream));
                }
                MediaEvent::Ended(state) => {
                    self.0.remove(&(told.room, state.stream));
                }
                _ => {}
            },
            News::Room(RoomNews::Parted) => self.0.retain(|(room, _)| *room != told.room),
            _ => {}
        }
        self.is_on() != before
    }

    /// Whether something is on.
    pub(super) fn is_on(&self) -> bool {
        !self.0.is_empty()
    }

    /// A text behind the mark, if something is on.
    pub(super) fn marked(&self, text: String) -> String {
        match self.is_on() {
            true => format!("{ON_AIR} {text}"),
            false => text,
        }
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
    use crate::chat::media::Source;

    fn stream(number: u64, source: Source, is_own: bool) -> StreamState {
        StreamState {
            stream: StreamId(number),
            person: Person::unproven("ana"),
            guest: None,
            source,
            codec: None,
            is_own,
            is_hosted: false,
        }
    }

    #[test]
    fn the_mark_stands_while_anything_of_this_member_is_on() {
        let told = |room, news| Told {
            room: RoomNumber(room),
            request: None,
            news,
        };
        let media = |event| News::Media(Box::new(event));
        let mut air = OnAir::default();
        let (voice, camera) = (
            stream(1, Source::Sound, true),
            stream(2, Source::Camera, true),
        );
        let other = stream(3, Source::Camera, false);
        assert!(!air.follow(&told(1, media(MediaEvent::Began(other)))));
        assert_eq!(air.marked("ana> ".into()), "ana> ");
        assert!(air.follow(&told(1, media(MediaEvent::Began(voice.clone())))));
        assert!(!air.follow(&told(2, media(MediaEvent::Began(camera)))));
        assert_eq!(air.marked("ana> ".into()), "● ana> ");
        assert!(!air.follow(&told(1, media(MediaEvent::Ended(voice)))));
        assert!(air.follow(&told(2, News::Room(RoomNews::Parted))));
        assert!(!air.is_on());
    }

    #[test]
    fn a_list_of_the_others_takes_nothing_from_this_member() {
        let mut view = CallView::default();
        let own = stream(1, Source::Sound, true);
        let hand = |name: &str, is_own| MediaEvent::Hand {
            person: Person::unproven(name),
            hand: Hand::Raised,
            is_own,
        };
        view.follow(&MediaEvent::Began(own.clone()));
        view.follow(&MediaEvent::Began(stream(2, Source::Camera, false)));
        let me = Speaker {
            person: own.person.clone(),
            guest: None,
        };
        view.follow(&MediaEvent::Speaking(vec![me.clone()]));
        view.follow(&hand("rui", false));
        view.follow(&hand("ana", true));
        view.follow(&MediaEvent::List(Box::new(CallState {
            hands: vec![Person::unproven("rui")],
            ..CallState::default()
        })));
        assert_eq!(view.streams.into_values().collect::<Vec<_>>(), [own]);
        assert_eq!(view.speaking, [me]);
        let hands = ["rui", "ana"].map(Person::unproven);
        assert_eq!(view.hands, hands);
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
