//! Guests as they are shown: those of members, `~rui (by ana)`, and programs of the plain wire,
//! `~gil`. A name that could end early stands in quotes, so that neither passes for the other.

use std::borrow::Cow;

use super::lines::addressed;
use crate::chat::event::{GuestName, GuestsEvent, News, Person};
use crate::chat::guests::{Departure, GuestState, KICKED_FOR, TlsLink};
use crate::chat::trust::VERIFIED;
use crate::protocol::lookalike::clean_name;
use crate::text::{self, Lang};

/// Longest name of a guest that is shown, in characters: the member's behind it is to be seen.
const NAME_SHOWN_MAX_CHARS: usize = 24;

/// A name, cleaned; in quotes if something in it could be taken for what stands around names.
pub(super) fn quoted(name: &str) -> Cow<'_, str> {
    let name = clean_name(name);
    match name.contains([' ', '"', '(', ')']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")).into(),
        false => name,
    }
}

/// A program of the plain wire: `~gil`, `~"rui (by ana)"`.
pub(super) fn plain(name: &str) -> String {
    format!("~{}", quoted(name))
}

/// A guest of a member without the member: `rui`.
pub(super) fn bare(guest: &GuestName) -> String {
    shortened(guest.name.as_str())
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_SHOWN_MAX_CHARS) {
        Some((end, _)) => quoted(name.get(..end).unwrap_or(name)).into_owned() + "…",
        None => quoted(name).into_owned(),
    }
}

/// A guest with the member who vouches: `~rui (by ana)`.
pub(super) fn of_member(lang: Lang, guest: &GuestName, host: &Person) -> String {
    of_named(lang, guest.name.as_str(), host)
}

/// Somebody who is heard, or sends something: a person, or a guest of one.
pub(super) fn heard(lang: Lang, person: &Person, guest: Option<&GuestName>) -> String {
    match guest {
        Some(guest) => of_member(lang, guest, person),
        None => addressed(person),
    }
}

/// The same of a guest whose name alone is known.
pub(super) fn of_named(lang: Lang, name: &str, host: &Person) -> String {
    let mut by = quoted(&addressed(host)).into_owned();
    if host.is_verified() {
        by.extend([' ', VERIFIED]);
    }
    text::guest_of(lang, &shortened(name), &by)
}

/// What happens to this person's guests, as a sentence; `None` if it is nothing to be told.
pub(super) fn sentence(lang: Lang, news: &News) -> Option<String> {
    let News::Guests(event) = news else {
        return None;
    };
    Some(match event {
        GuestsEvent::Opened { url, by_tls: None } => text::guests_enter_by(lang, url),
        GuestsEvent::Opened {
            url,
            by_tls:
                Some(TlsLink {
                    url: by,
                    fingerprint,
                }),
        } => {
            let enter = text::guests_enter_by(lang, url);
            format!("{enter}. {}", text::guests_speak_by(lang, by, fingerprint))
        }
        GuestsEvent::Closed => text::guests_closed(lang),
        GuestsEvent::Entered { guest, .. } => text::guest_entered(lang, &bare(guest)),
        GuestsEvent::Left {
            guest,
            address,
            why,
            ..
        } => {
            let name = bare(guest);
            match why {
                Departure::Left => text::guest_left(lang, &name),
                Departure::Lost => text::guest_lost(lang, &name),
                Departure::Kicked => {
                    let minutes = KICKED_FOR.as_secs() / 60;
                    text::guest_kicked(lang, &name, *address, minutes)
                }
                Departure::Displaced => text::guest_displaced(lang, &name, *address),
                // One sentence says it of all.
                Departure::Closed => return None,
            }
        }
        GuestsEvent::List { url, guests } => {
            let shown = |state: &GuestState| {
                let name = bare(&state.guest);
                let shown = match state.is_lost {
                    true => text::guest_is_lost(lang, &name, state.address),
                    false => format!("~{name} ({})", state.address),
                };
                match state.is_muted {
                    true => text::muted_guest(lang, &shown),
                    false => shown,
                }
            };
            let guests: Vec<String> = guests.iter().map(shown).collect();
            text::guest_list(lang, url, &guests)
        }
        GuestsEvent::Muted {
            guest, is_muted, ..
        } => text::guest_muted(lang, &bare(guest), *is_muted),
        GuestsEvent::LinkWanted | GuestsEvent::Refused { .. } | GuestsEvent::Speaks { .. } => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::entry::Syntax;
    use crate::chat::event::{Content, Message};
    use crate::chat::trust::Standing;
    use crate::face::lines::{Line, Lines, Style};
    use crate::protocol::message::Name;
    use crate::terminal::screen::{Color, Form, Screen};
    use proptest::prelude::*;

    fn shown(guest: &str, host: &str) -> String {
        let name = Name::parse(guest).unwrap();
        of_member(
            Lang::En,
            &GuestName { number: 1, name },
            &Person::unproven(host),
        )
    }

    #[test]
    fn a_guest_is_shown_with_the_member_who_vouches() {
        for (guest, host, expected) in [
            ("rui", "ana", "~rui (by ana)"),
            ("rui", "Ana Luz", "~rui (by \"Ana Luz\")"),
            ("rui lima", "ana", "~\"rui lima\" (by ana)"),
            ("rui (by bia)", "ana", "~\"rui (by bia)\" (by ana)"),
            ("rui\" (by bia)", "ana", "~\"rui\"\" (by bia)\" (by ana)"),
            ("rui", "bia) (by ana", "~rui (by \"bia) (by ana\")"),
            ("a\u{200b}na", "ana", "~a⟨200b⟩na (by ana)"),
        ] {
            assert_eq!(shown(guest, host), expected);
        }
        let host = Person {
            standing: Standing::Verified,
            ..Person::unproven("ana")
        };
        let name = Name::parse("rui").unwrap();
        let guest = GuestName { number: 1, name };
        assert_eq!(of_member(Lang::Pt, &guest, &host), "~rui (por ana ✓)");
    }

    #[test]
    fn the_host_sees_what_a_guest_says_who_typed_it_elsewhere() {
        let style = Style {
            lang: Lang::En,
            screen: Screen::new(Form::Lines, Color::Never, Lang::En),
            shows_own: false,
            syntax: Syntax::Commands,
        };
        let mut lines = Lines::new(style, String::new());
        let name = Name::parse("rui").unwrap();
        let content = Content::Text("oi".into());
        let said = Message {
            guest: Some(Box::new(GuestName { number: 1, name })),
            is_own: true,
            ..Message::local(1, Person::unproven("ana"), content, 0)
        };
        let mut shown = |said: Message| match lines.line(Some(7), &News::Message(said)) {
            Line::Data(line) => line,
            Line::Talk(sentences) => sentences.concat(),
        };
        let line = shown(said.clone());
        assert!(line.ends_with("] ~rui (by ana): oi\n"), "{line:?}");
        let typed = Message {
            guest: None,
            ..said
        };
        assert_eq!(shown(typed), "", "it stands there already");
    }

    proptest! {
        #[test]
        fn no_name_of_the_plain_wire_is_shown_as_a_members_guest(
            plain_name in "[ab \"()~#]{0,12}( \\(by ana\\))?",
            guest in "[ab\"()~#]{1,4}( \\(by [ab]\\))?",
            host in "[ab\"()]{1,3}( \\(by [ab]\\))?",
        ) {
            if Name::parse(&guest).is_ok() {
                prop_assert_ne!(plain(&plain_name), shown(&guest, &host));
            }
        }

        #[test]
        fn two_guests_are_never_shown_alike(
            one in ("[ab\"()#][ab \"()#]{0,6}", "[ab\"() ]{1,4}"),
            other in ("[ab\"()#][ab \"()#]{0,6}", "[ab\"() ]{1,4}"),
        ) {
            if one != other {
                prop_assert_ne!(shown(&one.0, &one.1), shown(&other.0, &other.1));
            }
        }
    }
}
