//! A call, for programs and for the page.

use serde::Serialize;

use super::guests::about_heard;
use super::object::{Object, Someone};
use super::{about, event};
use crate::chat::event::Person;
use crate::chat::media::{
    CallState, Decision, DecisionState, Hand, MediaEvent, MediaRefusal, RelayState, Role,
    RolesState, Source, Speaker, StreamState,
};
use crate::face::call::CallView;
use crate::face::lines::{addressed, sentences_of_call as sentences};
use crate::protocol::wire::compact::StreamId;
use crate::text::{self, Lang};

/// What somebody sends.
#[derive(Serialize)]
pub(super) struct StreamObject<'e> {
    id: String,
    media: &'static str,
    #[serde(flatten)]
    who: Someone<'e>,
}

/// The state of a call, as a page shows it: a place that shows nothing is null.
#[derive(Serialize)]
struct PageObject<'e> {
    event: &'static str,
    room: &'e str,
    pictures: Vec<Option<StreamObject<'e>>>,
    voices: Vec<Option<StreamObject<'e>>>,
    /// What is sent and has no place.
    others: Vec<StreamObject<'e>>,
    own: Vec<&'static str>,
    speaking: Vec<Someone<'e>>,
    hands: Vec<Someone<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relay: Option<RelayObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<RolesObject<'e>>,
}

/// To how many this member sends by unicast, of how many whom multicast does not reach.
#[derive(Serialize)]
struct RelayObject {
    has: usize,
    of: usize,
}

impl RelayObject {
    /// None while nothing is sent so.
    fn of(state: RelayState) -> Option<Self> {
        state.is_on.then_some(Self {
            has: state.served,
            of: state.needing,
        })
    }
}

/// Who decides for all, and what holds.
#[derive(Serialize)]
pub(super) struct RolesObject<'e> {
    host: Someone<'e>,
    moderators: Vec<Someone<'e>>,
    all_muted: bool,
    muted: Vec<Someone<'e>>,
    speakers: Vec<Someone<'e>>,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    muted_by: Option<Someone<'e>>,
}

impl<'e> RolesObject<'e> {
    fn of(state: &'e RolesState) -> Self {
        let all = |people: &'e [Person]| people.iter().map(Someone::of).collect();
        Self {
            host: Someone::of(&state.host),
            moderators: all(&state.moderators),
            all_muted: state.are_all_muted,
            muted: all(&state.muted),
            speakers: all(&state.speakers),
            role: role(state.role),
            muted_by: state.muted_by.as_ref().map(Someone::of),
        }
    }
}

/// What a role is called.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Host => "host",
        Role::Moderator => "moderator",
        Role::Member => "member",
    }
}

/// What a source is called.
#[must_use]
pub fn media(source: Source) -> &'static str {
    match source {
        Source::Sound => "sound",
        Source::Camera => "camera",
        Source::Screen => "screen",
    }
}

/// What happens in a call.
pub(super) fn of_event(happened: &MediaEvent) -> Object<'_> {
    match happened {
        MediaEvent::Began(state) => of_stream("call_began", state),
        MediaEvent::Ended(state) => of_stream("call_ended", state),
        MediaEvent::Vanished(state) => Object {
            state: Some("lost"),
            ..of_stream("call_ended", state)
        },
        MediaEvent::Shown { pictures, voices } => Object {
            streams: Some(pictures.iter().chain(voices).map(digits).collect()),
            ..event("call_shown")
        },
        MediaEvent::Speaking(people) => Object {
            members: Some(people.iter().map(speaker).collect()),
            ..event("call_speaking")
        },
        MediaEvent::Hand {
            person,
            hand,
            is_own,
        } => Object {
            own: *is_own,
            ..about(
                match hand {
                    Hand::Raised => "hand_raised",
                    Hand::Lowered => "hand_lowered",
                },
                person,
            )
        },
        MediaEvent::Unfit { lost_percent } => Object {
            lost_percent: Some(*lost_percent),
            ..event("call_unfit")
        },
        MediaEvent::Probed {
            arrived_percent,
            members,
        } => Object {
            lost_percent: Some(100_u8.saturating_sub(*arrived_percent)),
            of: Some(*members),
            ..event("call_probed")
        },
        MediaEvent::Relay(state) => Object {
            state: Some(if state.is_on { "on" } else { "off" }),
            has: Some(state.served),
            of: Some(state.needing),
            ..event("call_relay")
        },
        MediaEvent::List(state) => of_list(state),
        MediaEvent::Decided(decided) => of_decision(decided),
        MediaEvent::Roles(state) | MediaEvent::RolesList(state) => Object {
            roles: Some(Box::new(RolesObject::of(state))),
            ..event("roles")
        },
        MediaEvent::MutedForAll(by) => Object {
            code: Some("muted"),
            by: Some(Someone::of(by)),
            ..event("error")
        },
        MediaEvent::Refused(refusal) => Object {
            code: Some(code_of(*refusal)),
            ..event("error")
        },
    }
}

/// A decision of the host, or of somebody whom it has appointed.
fn of_decision(decided: &DecisionState) -> Object<'_> {
    let name = name_of(decided.decision, decided.of.is_none());
    let about = decided.of.as_ref().map(|of| about(name, of));
    Object {
        by: Some(Someone {
            own: decided.is_own,
            ..Someone::of(&decided.by)
        }),
        ..about.unwrap_or_else(|| event(name))
    }
}

fn code_of(refusal: MediaRefusal) -> &'static str {
    match refusal {
        MediaRefusal::BegunAlready => "begun_already",
        MediaRefusal::NotBegun => "not_begun",
        MediaRefusal::NoHost => "no_host",
        MediaRefusal::MayNotRelay => "may_not_relay",
        MediaRefusal::NotHost => "not_host",
        MediaRefusal::NotModerator => "not_moderator",
        MediaRefusal::MayDecide => "may_decide",
        MediaRefusal::NotAppointed => "not_appointed",
        MediaRefusal::TooManyModerators { .. } => "too_many_moderators",
        MediaRefusal::TooMany => "too_many_streams",
    }
}

/// What a decision about one person or about all is called.
fn name_of(decision: Decision, is_for_all: bool) -> &'static str {
    match decision {
        Decision::Appointed => "appointed",
        Decision::Dismissed => "dismissed",
        Decision::Muted if is_for_all => "all_muted",
        Decision::Muted => "muted",
        Decision::GivenTheWord => "given_word",
        Decision::Unmuted if is_for_all => "all_unmuted",
        Decision::Unmuted => "unmuted",
    }
}

/// The words of a refusal or a decision.
pub(super) fn words(lang: Lang, happened: &MediaEvent) -> Option<String> {
    match happened {
        MediaEvent::Refused(refusal) => Some(text::call_refused(lang, *refusal)),
        MediaEvent::MutedForAll(by) => Some(text::muted_for_all(lang, &addressed(by))),
        MediaEvent::Decided(_) | MediaEvent::RolesList(_) => {
            Some(sentences(lang, happened).join("; "))
        }
        _ => None,
    }
}

/// The line that gives a page the state of a call whose streams have these places.
#[must_use]
pub fn state_line(
    room: &str,
    view: &CallView,
    pictures: &[Option<StreamId>],
    voices: &[Option<StreamId>],
) -> String {
    let placed = |places: &[Option<StreamId>]| {
        let of = |stream: &Option<StreamId>| view.streams.get(stream.as_ref()?).map(stream_object);
        places.iter().map(of).collect()
    };
    let has_place = |stream: &StreamId| {
        let mut places = pictures.iter().chain(voices).flatten();
        places.any(|placed| placed == stream)
    };
    let others = view
        .streams
        .values()
        .filter(|state| !state.is_own && !has_place(&state.stream));
    let object = PageObject {
        event: "call",
        room,
        pictures: placed(pictures),
        voices: placed(voices),
        others: others.map(stream_object).collect(),
        own: view.own().map(|state| media(state.source)).collect(),
        speaking: view.speaking.iter().map(speaker).collect(),
        hands: view.hands.iter().map(Someone::of).collect(),
        lost_percent: view.lost_percent,
        relay: RelayObject::of(view.relay),
        roles: view.roles.as_deref().map(RolesObject::of),
    };
    // Names and numbers can always be written.
    let mut line = serde_json::to_string(&object).unwrap_or_default();
    line.push('\n');
    line
}

fn of_stream<'e>(name: &'static str, state: &'e StreamState) -> Object<'e> {
    Object {
        id: Some(digits(&state.stream)),
        media: Some(media(state.source)),
        own: state.is_own,
        ..about_heard(name, &state.person, state.guest.as_ref())
    }
}

fn of_list(state: &CallState) -> Object<'_> {
    Object {
        call: Some(state.streams.iter().map(stream_object).collect()),
        streams: Some(state.shown.iter().map(digits).collect()),
        members: Some(state.speaking.iter().map(speaker).collect()),
        hands: Some(state.hands.iter().map(Someone::of).collect()),
        ..event("call_streams")
    }
}

fn stream_object(state: &StreamState) -> StreamObject<'_> {
    StreamObject {
        id: digits(&state.stream),
        media: media(state.source),
        who: Someone {
            own: state.is_own,
            ..Someone::heard(&state.person, state.guest.as_ref())
        },
    }
}

fn speaker(speaker: &Speaker) -> Someone<'_> {
    Someone::heard(&speaker.person, speaker.guest.as_ref())
}

fn digits(stream: &StreamId) -> String {
    format!("{:016x}", stream.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::Person;

    #[test]
    fn a_page_is_told_what_stands_in_which_place() {
        let stream = |number, source| StreamState {
            stream: StreamId(number),
            person: Person::unproven("ana \"\n"),
            guest: None,
            source,
            codec: None,
            is_own: false,
            is_hosted: false,
        };
        let mut view = CallView::default();
        for (number, source) in [(1, Source::Camera), (2, Source::Sound), (3, Source::Screen)] {
            view.follow(&MediaEvent::Began(stream(number, source)));
        }
        let line = state_line(
            "turma-a",
            &view,
            &[None, Some(StreamId(1))],
            &[Some(StreamId(2)), Some(StreamId(9))],
        );
        assert_eq!(line.lines().count(), 1);
        let state: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(state["pictures"][0], serde_json::Value::Null);
        assert_eq!(state["pictures"][1]["id"], "0000000000000001");
        assert_eq!(state["voices"][0]["media"], "sound");
        assert_eq!(state["voices"][1], serde_json::Value::Null);
        assert_eq!(state["others"][0]["media"], "screen");
        assert_eq!(state["others"].as_array().unwrap().len(), 1);
    }
}
