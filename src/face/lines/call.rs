//! A call in sentences: who begins and ends to send, who asks for the word. Who speaks changes too
//! often for sentences, and is told by a list.

use super::{Line, Lines, addressed};
use crate::chat::media::{CallState, Hand, MediaEvent, StreamState};
use crate::text::{self, Lang};

impl Lines {
    pub(super) fn call(&self, event: &MediaEvent) -> Line {
        Line::Talk(sentences(self.style.lang, event))
    }
}

fn sentences(lang: Lang, event: &MediaEvent) -> Vec<String> {
    let sentence = match event {
        MediaEvent::Began(state) if state.is_own => text::you_send(lang, state.source),
        MediaEvent::Began(state) => text::begins_to_send(lang, &who(state), state.source),
        MediaEvent::Ended(state) if state.is_own => text::you_send_no_more(lang, state.source),
        MediaEvent::Ended(state) => text::sends_no_more(lang, &who(state), state.source),
        MediaEvent::Hand {
            hand, is_own: true, ..
        } => text::your_hand(lang, *hand == Hand::Raised),
        MediaEvent::Hand { person, hand, .. } => {
            text::hand(lang, &addressed(person), *hand == Hand::Raised)
        }
        MediaEvent::Unfit { lost_percent } => text::call_unfit(lang, *lost_percent),
        MediaEvent::List(state) => return list(lang, state),
        MediaEvent::Refused(refusal) => text::call_refused(lang, *refusal),
        _ => return Vec::new(),
    };
    vec![sentence]
}

fn who(state: &StreamState) -> String {
    addressed(&state.person)
}

fn list(lang: Lang, state: &CallState) -> Vec<String> {
    if state.streams.is_empty() && state.hands.is_empty() {
        return vec![text::no_call(lang)];
    }
    let streams = state.streams.iter().map(|state| match state.is_own {
        true => text::you_send(lang, state.source),
        false => text::is_sending(lang, &who(state), state.source),
    });
    let mut all: Vec<String> = streams.collect();
    let names = |people: &[_]| people.iter().map(addressed).collect::<Vec<_>>();
    if !state.speaking.is_empty() {
        all.push(text::speaking(lang, &names(&state.speaking)));
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
    use crate::chat::media::{MediaRefusal, Source};
    use crate::protocol::wire::compact::StreamId;

    fn state(source: Source, is_own: bool) -> StreamState {
        StreamState {
            stream: StreamId(7),
            person: Person::unproven("ana\u{1b}"),
            source,
            codec: None,
            is_own,
        }
    }

    #[test]
    fn who_is_on_is_said_and_nothing_that_moves_all_the_time() {
        for source in Source::ALL {
            for is_own in [false, true] {
                for event in [
                    MediaEvent::Began(state(source, is_own)),
                    MediaEvent::Ended(state(source, is_own)),
                ] {
                    let said = sentences(Lang::En, &event);
                    assert_eq!(said.len(), 1, "{event:?}");
                    assert!(!said[0].contains('\u{1b}'), "{said:?}");
                    assert_eq!(said[0].contains("You"), is_own, "{said:?}");
                }
            }
        }
        let speaking = MediaEvent::Speaking(vec![Person::unproven("ana")]);
        assert!(sentences(Lang::En, &speaking).is_empty());
        let list = MediaEvent::List(Box::new(CallState {
            streams: vec![state(Source::Sound, true), state(Source::Screen, false)],
            speaking: vec![Person::unproven("ana")],
            hands: vec![Person::unproven("rui"), Person::unproven("bia")],
            ..CallState::default()
        }));
        let said = sentences(Lang::En, &list);
        assert_eq!(said.len(), 4);
        assert!(said[3].contains("rui, bia"), "{said:?}");
        let refused = MediaEvent::Refused(MediaRefusal::TooMany);
        assert_eq!(sentences(Lang::Pt, &refused).len(), 1);
    }
}
