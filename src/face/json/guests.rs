//! Guests, for programs: who said what for whom, and what happens to this member's own.

use super::object::{Object, OwnGuest, Someone};
use super::{about, event};
use crate::chat::event::{GuestsEvent, Message, Person};
use crate::chat::guests::{Departure, GuestName};

/// An event about who said a message: of a guest, who has no key, with the member who vouches.
pub(super) fn about_author<'e>(name: &'e str, message: &'e Message) -> Object<'e> {
    about_heard(name, &message.who, message.guest.as_deref())
}

/// An event about a person, or about a guest for whom that person vouches.
pub(super) fn about_heard<'e>(
    name: &'e str,
    person: &'e Person,
    guest: Option<&'e GuestName>,
) -> Object<'e> {
    match guest {
        None => about(name, person),
        Some(guest) => Object {
            guest_of: Some(Someone::of(person)),
            ..about_guest(name, guest)
        },
    }
}

fn about_guest<'e>(name: &'e str, guest: &'e GuestName) -> Object<'e> {
    Object {
        user: Some(Some(guest.name.as_str())),
        guest: Some(guest.number),
        ..event(name)
    }
}

/// What happens to this member's guests.
pub(super) fn of_event(happened: &GuestsEvent) -> Object<'_> {
    match happened {
        GuestsEvent::Opened { url, by_tls } => Object {
            link: Some(url),
            link_by_tls: by_tls.as_ref().map(|by| &*by.url),
            fingerprint: by_tls.as_ref().map(|by| &*by.fingerprint),
            ..event("guests_open")
        },
        GuestsEvent::Closed => event("guests_closed"),
        GuestsEvent::Entered { guest, .. } => about_guest("guest_entered", guest),
        GuestsEvent::Left {
            guest,
            address,
            why,
            ..
        } => Object {
            state: Some(departure(*why)),
            address: Some(*address),
            ..about_guest("guest_left", guest)
        },
        GuestsEvent::Muted {
            guest, is_muted, ..
        } => about_guest(
            match is_muted {
                true => "guest_muted",
                false => "guest_unmuted",
            },
            guest,
        ),
        GuestsEvent::List { url, guests } => {
            let guests = guests.iter().map(|state| OwnGuest {
                user: state.guest.name.as_str(),
                guest: state.guest.number,
                address: state.address,
                silent: state.is_lost,
                muted: state.is_muted,
            });
            Object {
                link: Some(url),
                guests: Some(guests.collect()),
                ..event("guests")
            }
        }
        // Nobody writes these.
        GuestsEvent::LinkWanted | GuestsEvent::Refused { .. } | GuestsEvent::Speaks { .. } => {
            Object::default()
        }
    }
}

fn departure(why: Departure) -> &'static str {
    match why {
        Departure::Left => "left",
        Departure::Lost => "lost",
        Departure::Kicked => "kicked",
        Departure::Displaced => "displaced",
        Departure::Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::chat::event::{Content, Ignored, Message, News, Person};
    use crate::chat::guests::{Departure, GuestName, GuestSession, GuestState, GuestsEvent};
    use crate::face::json::Json;
    use crate::protocol::message::Name;

    fn printed(news: &News) -> Value {
        let line = Json::new(Some("lobby".into())).line(None, news);
        let mut object: Value = serde_json::from_str(&line).unwrap();
        let fields = object.as_object_mut().unwrap();
        assert!(fields.remove("time").is_some());
        assert_eq!(fields.remove("room"), Some(json!("lobby")));
        object
    }

    fn guest() -> GuestName {
        GuestName {
            number: 3,
            name: Name::parse("rui").unwrap(),
        }
    }

    #[test]
    fn what_a_guest_says_has_no_key_but_the_members_who_vouches() {
        let message = Message {
            guest: Some(Box::new(guest())),
            ..Message::local(1, Person::unproven("ana"), Content::Text("oi".into()), 0)
        };
        let expected = json!({
            "event": "message", "id": "1", "user": "rui", "guest": 3,
            "guest_of": {"user": "ana"}, "data": "oi",
        });
        assert_eq!(printed(&News::Message(message)), expected);
        let ignored = News::Ignored {
            who: Ignored::GuestOf {
                name: "rui".into(),
                host: Person::unproven("ana"),
            },
            is_kept: false,
        };
        let expected = json!({"event": "ignored", "user": "rui", "guest_of": {"user": "ana"}});
        assert_eq!(printed(&ignored), expected);
    }

    #[test]
    fn what_happens_to_guests_names_no_session() {
        let (session, address) = (GuestSession(77), [10, 77, 0, 40].into());
        let entered = GuestsEvent::Entered {
            session,
            guest: guest(),
            history: Vec::new(),
        };
        let left = GuestsEvent::Left {
            session,
            guest: guest(),
            address,
            why: Departure::Kicked,
        };
        let url = "http://10.77.0.1:5081/#x".to_owned();
        let list = GuestsEvent::List {
            url: url.clone(),
            guests: vec![GuestState {
                guest: guest(),
                address,
                entered_ms: 0,
                is_lost: true,
                is_muted: true,
            }],
        };
        for (event, expected) in [
            (
                entered,
                json!({"event": "guest_entered", "user": "rui", "guest": 3}),
            ),
            (
                left,
                json!({
                    "event": "guest_left", "user": "rui", "guest": 3,
                    "state": "kicked", "address": "10.77.0.40",
                }),
            ),
            (
                list,
                json!({
                    "event": "guests", "link": url,
                    "guests": [
                        {"user": "rui", "guest": 3, "address": "10.77.0.40", "silent": true,
                         "muted": true},
                    ],
                }),
            ),
            (
                GuestsEvent::Muted {
                    session,
                    guest: guest(),
                    is_muted: true,
                },
                json!({"event": "guest_muted", "user": "rui", "guest": 3}),
            ),
            (GuestsEvent::Closed, json!({"event": "guests_closed"})),
        ] {
            assert_eq!(printed(&News::Guests(event)), expected);
        }
    }
}
