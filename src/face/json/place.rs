//! Where a message stands in the order that all members agree on, as a text that sorts like it: the
//! page's order, and from where it asks for older messages.

use crate::protocol::engine::event::MessageId;
use crate::protocol::engine::frame_log::Position;

/// Digits of each part: clock, short id, session, sequence, index.
const DIGITS: [usize; 5] = [16, 16, 16, 8, 2];

/// The place of a message.
#[must_use]
pub fn of(id: &MessageId) -> String {
    let MessageId { position, index } = id;
    let Position {
        clock,
        short,
        session,
        sequence,
    } = position;
    format!("{clock:016x}{short:016x}{session:016x}{sequence:08x}{index:02x}")
}

/// The message of a place, whether it exists or not.
#[must_use]
pub fn parse(place: &str) -> Option<MessageId> {
    let is_place = place.len() == DIGITS.iter().sum::<usize>()
        && place.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut rest = place;
    let mut next = |digits: usize| {
        let (part, behind) = rest.split_at_checked(digits)?;
        rest = behind;
        u64::from_str_radix(part, 16).ok()
    };
    let [clock, short, session, sequence, index] = DIGITS;
    let position = Position {
        clock: next(clock)?,
        short: next(short)?,
        session: next(session)?,
        sequence: u32::try_from(next(sequence)?).ok()?,
    };
    let index = u8::try_from(next(index)?).ok()?;
    is_place.then_some(MessageId { position, index })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id() -> impl Strategy<Value = MessageId> {
        let parts = (
            any::<u64>(),
            0_u64..3,
            any::<u64>(),
            any::<u32>(),
            any::<u8>(),
        );
        parts.prop_map(|(clock, short, session, sequence, index)| MessageId {
            position: Position {
                clock,
                short,
                session,
                sequence,
            },
            index,
        })
    }

    proptest! {
        #[test]
        fn places_sort_like_messages_and_are_read_back(one in id(), other in id()) {
            prop_assert_eq!(of(&one).cmp(&of(&other)), one.cmp(&other));
            prop_assert_eq!(parse(&of(&one)), Some(one));
        }
    }

    #[test]
    fn what_is_no_place_is_none() {
        let place = of(&MessageId::default());
        for wrong in [
            "",
            "x",
            &place[1..],
            &format!("{place}0"),
            &place.replace('0', "é"),
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse(&format!("+{}", &place[1..])), None);
    }
}
