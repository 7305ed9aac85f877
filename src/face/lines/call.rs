//! A call in sentences: who begins and ends to send, who asks for the word. Who speaks changes too
//! often for sentences, and is told by a list.

use super::{Line, Lines, addressed};
use crate::chat::event::Person;
use crate::chat::media::{
    CallState, Decision, DecisionState, FIT_PERCENT, Hand, MediaEvent, RolesState, StreamState,
};
use crate::chat::trust::Standing;
use crate::face::guests::heard;
use crate::text::{self, Lang};

impl Lines {
    pub(super) fn call(&self, event: &MediaEvent) -> Line {
        Line::Talk(sentences(self.style.lang, event))
    }
}

pub(in crate::face) fn sentences(lang: Lang, event: &MediaEvent) -> Vec<String> {
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
        MediaEvent::Relay(state) => text::call_relayed(lang, *state),
        MediaEvent::List(state) => return list(lang, state),
        MediaEvent::Decided(state) => decided(lang, state),
        MediaEvent::RolesList(state) => return roles(lang, state),
        MediaEvent::MutedForAll(by) => text::muted_for_all(lang, &addressed(by)),
        MediaEvent::Refused(refusal) => text::call_refused(lang, *refusal),
        _ => return Vec::new(),
    };
    vec![sentence]
}

/// What was decided, by whom and about whom; of this member, nobody is named.
fn decided(lang: Lang, state: &DecisionState) -> String {
    let named = |person: &Person, is_me: bool| (!is_me).then(|| addressed(person));
    let by = named(&state.by, state.is_own);
    let Some(of) = &state.of else {
        return text::all_muted(lang, by.as_deref(), state.decision == Decision::Muted);
    };
    let of = named(of, state.is_about_me);
    let (by, of) = (by.as_deref(), of.as_deref());
    match state.decision {
        Decision::Appointed => text::appointed(lang, by, of),
        Decision::Dismissed => text::dismissed(lang, of),
        Decision::Muted => text::muted(lang, by, of),
        Decision::Unmuted => text::unmuted(lang, by, of),
        Decision::GivenTheWord => text::given_the_word(lang, by, of),
    }
}

/// Who decides for all, and what holds.
fn roles(lang: Lang, state: &RolesState) -> Vec<String> {
    let names = |people: &[_]| people.iter().map(addressed).collect::<Vec<_>>();
    let host = match state.host.standing {
        Standing::Nameless => text::absent_host(lang),
        _ => addressed(&state.host),
    };
    let mut all = vec![text::host_is(lang, &host, state.role)];
    if !state.moderators.is_empty() {
        all.push(text::moderators(lang, &names(&state.moderators)));
    }
    if state.are_all_muted {
        all.push(text::all_are_muted(lang, &names(&state.speakers)));
    }
    if !state.muted.is_empty() {
        all.push(text::muted_are(lang, &names(&state.muted)));
    }
    all
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
    if state.relay.is_on {
        all.push(text::call_relayed(lang, state.relay));
    }
    if !state.hands.is_empty() {
        all.push(text::hands(lang, &names(&state.hands)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::media::{MediaRefusal, Role, Source, Speaker};
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

    #[test]
    fn every_decision_is_said_by_whom_and_about_whom() {
        let person = |name: &str| Person::unproven(name);
        for lang in [Lang::En, Lang::Pt] {
            let mut said = std::collections::BTreeSet::new();
            for (is_own, is_about_me) in [(true, false), (false, true), (false, false)] {
                for decision in [
                    Decision::Appointed,
                    Decision::Dismissed,
                    Decision::Muted,
                    Decision::Unmuted,
                    Decision::GivenTheWord,
                ] {
                    let event = MediaEvent::Decided(DecisionState {
                        by: person("ana\u{1b}"),
                        of: Some(person("rui")),
                        decision,
                        is_own,
                        is_about_me,
                    });
                    let sentence = sentences(lang, &event).pop().unwrap();
                    assert_eq!(sentence.contains("rui"), !is_about_me, "{sentence}");
                    assert!(!sentence.contains('\u{1b}'), "{sentence}");
                    said.insert(sentence);
                }
            }
            // Who dismisses is not named: it is always the host.
            assert_eq!(said.len(), 14, "{said:?}");
        }
    }

    #[test]
    fn a_list_says_who_decides_and_who_is_muted() {
        let state = RolesState {
            host: Person::nameless(),
            moderators: vec![Person::unproven("bia")],
            are_all_muted: true,
            muted: vec![Person::unproven("rui")],
            speakers: vec![Person::unproven("zé")],
            role: Role::Member,
            muted_by: None,
        };
        let said = sentences(Lang::En, &MediaEvent::RolesList(Box::new(state.clone())));
        assert_eq!(said.len(), 4);
        assert!(
            said[0].contains("not here") && said[2].contains("zé"),
            "{said:?}"
        );
        let changed = MediaEvent::Roles(Box::new(state));
        assert!(
            sentences(Lang::En, &changed).is_empty(),
            "what changes is said as it does"
        );
    }
}
