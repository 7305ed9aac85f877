//! A call in sentences: who begins and ends to send, who asks for the word. Who speaks changes too
//! often for sentences, and is told by a list.

use super::{Line, Lines, addressed};
use crate::chat::media::{CallState, FIT_PERCENT, Hand, MediaEvent, StreamState};
use crate::face::guests::heard;
use crate::text::{self, Lang};

impl Lines {
    pub(super) fn call(&self, event: &MediaEvent) -> Line {
        Line::Talk(sentences(self.style.lang, event))
    }
}

fn sentences(lang: Lang, event: &MediaEvent) -> Vec<String> {
    let sentence = match event {
        MediaEvent::Began(state) if state.is_own => text::you_send(lang, state.source),
        MediaEvent::Began(state) => text::begins_to_send(lang, &who(lang, state), state.source),
        MediaEvent::Ended(state) if state.is_own => text::you_send_no_more(lang, state.source),
        MediaEvent::Ended(state) => text::sends_no_more(lang, &who(lang, state), state.source),
        MediaEvent::Vanished(state) => text::is_lost(lang, &who(lang, state), state.source),
        MediaEvent::Hand {
            hand, is_own: true, ..
        } => text::your_hand(lang, *hand == Hand::Raised),
        MediaEvent::Hand { person, hand, .. } => {
            text::hand(lang, &addressed(person), *hand == Hand::Raised)
        }
        MediaEvent::Unfit { lost_percent } => text::call_unfit(lang, *lost_percent),
        MediaEvent::Probed {
            arrived_percent,
            members,
        } if *arrived_percent < FIT_PERCENT => text::call_probed(lang, *arrived_percent, *members),
        MediaEvent::List(state) => return list(lang, state),
        MediaEvent::Refused(refusal) => text::call_refused(lang, *refusal),
        _ => return Vec::new(),
    };
    vec![sentence]
}

fn who(lang: Lang, state: &StreamState) -> String {
    heard(lang, &state.person, state.guest.as_ref())
}

fn list(lang: Lang, state: &CallState) -> Vec<String> {
    if state.streams.is_empty() && state.hands.is_empty() {
        return vec![text::no_call(lang)];
    }
    let streams = state.streams.iter().map(|state| match state.is_own {
        true => text::you_send(lang, state.source),
        false => text::is_sending(lang, &who(lang, state), state.source),
    });
    let mut all: Vec<String> = streams.collect();
    let names = |people: &[_]| people.iter().map(addressed).collect::<Vec<_>>();
    if !state.speaking.is_empty() {
        let speakers = state.speaking.iter();
        let speakers = speakers.map(|it| heard(lang, &it.person, it.guest.as_ref()));
        let speakers: Vec<String> = speakers.collect();
        all.push(text::speaking(lang, &speakers));
    }
    if !state.hands.is_empty() {
        all.push(text::hands(lang, &names(&state.hands)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::Person;
    use crate::chat::media::{MediaRefusal, Source, Speaker};
    use crate::protocol::wire::compact::StreamId;

    fn state(source: Source, is_own: bool) -> StreamState {
        StreamState {
            stream: StreamId(7),
            person: Person::unproven("ana\u{1b}"),
            guest: None,
            source,
            codec: None,
            is_own,
            is_hosted: false,
        }
    }

    #[test]
    fn who_is_on_is_said_and_nothing_that_moves_all_the_time() {
        for source in Source::ALL {
            for is_own in [false, true] {
                for event in [
                    MediaEvent::Began(state(source, is_own)),
                    MediaEvent::Ended(state(source, is_own)),
                    MediaEvent::Vanished(state(source, false)),
                ] {
                    let said = sentences(Lang::En, &event);
                    assert_eq!(said.len(), 1, "{event:?}");
                    assert!(!said[0].contains('\u{1b}'), "{said:?}");
                    let is_mine = is_own && !matches!(event, MediaEvent::Vanished(_));
                    assert_eq!(said[0].contains("You"), is_mine, "{said:?}");
                }
            }
        }
        let ana = Speaker {
            person: Person::unproven("ana"),
            guest: None,
        };
        let speaking = MediaEvent::Speaking(vec![ana.clone()]);
        assert!(sentences(Lang::En, &speaking).is_empty());
        let list = MediaEvent::List(Box::new(CallState {
            streams: vec![state(Source::Sound, true), state(Source::Screen, false)],
            speaking: vec![ana],
            hands: vec![Person::unproven("rui"), Person::unproven("bia")],
            ..CallState::default()
        }));
        let said = sentences(Lang::En, &list);
        assert_eq!(said.len(), 4);
        assert!(said[3].contains("rui, bia"), "{said:?}");
        for (arrived_percent, count) in [(0, 1), (69, 1), (70, 0), (100, 0)] {
            let members = 3;
            let probed = MediaEvent::Probed {
                arrived_percent,
                members,
            };
            let said = sentences(Lang::En, &probed);
            assert_eq!(said.len(), count, "{said:?}");
        }
        let refused = MediaEvent::Refused(MediaRefusal::TooMany);
        assert_eq!(sentences(Lang::Pt, &refused).len(), 1);
    }
}
