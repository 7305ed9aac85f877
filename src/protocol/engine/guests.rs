//! What a member's guests say: people without a key, for whom the member signs. On this side of the
//! wire a guest is a number and a name; who comes in is decided elsewhere.

use super::Engine;
use super::config::GUEST_TEXT_MAX_BYTES;
use super::event::{GuestName, Manner, SayError};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::Record;

/// How what a guest says is said; `None` if the name is none.
pub(super) fn manner_of(number: u32, name: &str) -> Option<Manner> {
    let name = Name::parse(name).ok()?;
    Some(Manner::Guest(GuestName { number, name }))
}

/// What stands for a guest on the plain wire, which knows only names: `rui (by ana)`. It is the
/// same in every language, because it names somebody there.
#[must_use]
pub fn plain_name(guest: &Name, host: &Name) -> String {
    format!("{guest} (by {host})")
}

/// Whether a name of the plain wire stands for some guest of a member.
#[must_use]
pub fn is_plain_name_of_guest(name: &str, host: &Name) -> bool {
    let guest = name
        .strip_suffix(')')
        .and_then(|name| name.strip_suffix(host.as_str()))
        .and_then(|name| name.strip_suffix(" (by "));
    guest.is_some_and(|guest| !guest.is_empty())
}

impl Engine {
    /// Says for a guest a message of at most [`GUEST_TEXT_MAX_BYTES`]. Its id comes with
    /// `EngineEvent::Sent`, as that of any message of this member.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say_as_guest(
        &mut self,
        now: Moment,
        guest: &GuestName,
        text: &str,
    ) -> Result<(), SayError> {
        SayError::check(text, GUEST_TEXT_MAX_BYTES)?;
        self.begin_message(now);
        self.sending.outbox.push(&Record::GuestSaid {
            guest: guest.number,
            name: guest.name.as_str(),
            text,
        });
        if let Some(mirror) = &mut self.mirror {
            mirror.say_as_guest(&guest.name, text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::message::NAME_MAX_BYTES;
    use crate::protocol::wire::frame::durable::{
        COUNTS_BYTES, GUEST_HEAD_MAX_BYTES, RECORD_HEAD_BYTES, REFERENCES_MAX, Reference,
    };
    use crate::protocol::wire::frame::{FRAME_NARROW_BYTES, durable_max_bytes};

    #[test]
    fn the_longest_text_of_a_guest_fits_the_narrowest_frame_whole() {
        let room_bytes = durable_max_bytes(FRAME_NARROW_BYTES, NAME_MAX_BYTES)
            - COUNTS_BYTES
            - REFERENCES_MAX * Reference::BYTES;
        let most_bytes = RECORD_HEAD_BYTES + GUEST_HEAD_MAX_BYTES + GUEST_TEXT_MAX_BYTES;
        assert!(most_bytes <= room_bytes, "{most_bytes} in {room_bytes}");
    }

    #[test]
    fn a_plain_name_of_a_guest_names_its_host() {
        let name = |text: &str| Name::parse(text).unwrap();
        let plain = plain_name(&name("rui"), &name("ana"));
        assert_eq!(plain, "rui (by ana)");
        for (plain, host, expected) in [
            ("rui (by ana)", "ana", true),
            ("rui (by bia) (by ana)", "ana", true),
            ("rui (by ana)", "na", false),
            ("rui (by ana)", "bia", false),
            (" (by ana)", "ana", false),
            ("rui", "ana", false),
            ("ana", "ana", false),
        ] {
            let is_it = is_plain_name_of_guest(plain, &name(host));
            assert_eq!(is_it, expected, "{plain} of {host}");
        }
    }
}
