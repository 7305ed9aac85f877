//! What a host, or somebody whom it has appointed, decides about the members of a room: who may
//! decide too, who is muted for all, and who has the word.
//!
//! ```text
//! decision 1 | with the decisions about one person: key 32 | name, UTF-8, to the end of the record
//!
//! 0 dismissed · 1 appointed · 2 muted · 3 unmuted · 4 given the word     about one person
//! 5 all muted · 6 all unmuted                                            about everybody
//! ```
//!
//! The name is what its author calls the person: whoever comes late can name somebody who has left.
//! Whether the author may decide anything is none of the wire's business: `chat::media` knows.

use super::bytes::{Reader, Writer};
use crate::protocol::message::{NAME_MAX_BYTES, Name};
use crate::protocol::wire::ids::Key;

/// A decision about one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// They may not mute any more, nor give the word.
    Dismissed,
    /// They may mute and give the word.
    Appointed,
    /// Nobody hears or sees them in a conference.
    Muted,
    /// They may speak and be seen again.
    Unmuted,
    /// The same, because they asked for the word.
    GivenTheWord,
}

impl Decision {
    const ALL: [Self; 5] = [
        Self::Dismissed,
        Self::Appointed,
        Self::Muted,
        Self::Unmuted,
        Self::GivenTheWord,
    ];
}

/// The body of a record about roles; `N` is how the person's name is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleRecord<N> {
    /// About one person.
    Person {
        /// Who.
        key: Key,
        /// What the author calls them: a name that [`Name`] takes as it is.
        name: N,
        /// What is decided.
        decision: Decision,
    },
    /// All are muted but the host and those whom it has appointed.
    AllMuted,
    /// All may speak again.
    AllUnmuted,
}

const ALL_MUTED: u8 = 5;
const ALL_UNMUTED: u8 = 6;

/// Bytes of a record about one person besides its head and the name.
const PERSON_BYTES: usize = 1 + 32;

impl<'d> RoleRecord<&'d str> {
    /// A decision of a later version is `Some(None)`; `None` is no record at all.
    pub(super) fn read(mut reader: Reader<'d>) -> Option<Option<Self>> {
        let byte = reader.u8()?;
        let decision = match Decision::ALL.get(usize::from(byte)) {
            Some(decision) => *decision,
            None => {
                return Some(match byte {
                    ALL_MUTED => Some(Self::AllMuted),
                    ALL_UNMUTED => Some(Self::AllUnmuted),
                    _ => None,
                });
            }
        };
        let key = Key(*reader.take(32)?.first_chunk()?);
        let name = std::str::from_utf8(reader.0).ok()?;
        let is_name = name.len() <= NAME_MAX_BYTES
            && Name::parse(name).is_ok_and(|parsed| parsed.as_str() == name);
        is_name.then_some(Some(Self::Person {
            key,
            name,
            decision,
        }))
    }

    pub(super) fn length(&self) -> usize {
        match self {
            Self::Person { name, .. } => PERSON_BYTES + name.len(),
            Self::AllMuted | Self::AllUnmuted => 1,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Person {
                key,
                name,
                decision,
            } => {
                let place = Decision::ALL.iter().position(|it| it == decision);
                writer.u8(place.map_or(u8::MAX, |place| place as u8)); // one of five
                writer.bytes(&key.0);
                writer.bytes(name.as_bytes());
            }
            Self::AllMuted => writer.u8(ALL_MUTED),
            Self::AllUnmuted => writer.u8(ALL_UNMUTED),
        }
    }

    /// The same, held for longer.
    #[must_use]
    pub fn owned(self) -> Option<RoleRecord<Name>> {
        Some(match self {
            Self::Person {
                key,
                name,
                decision,
            } => RoleRecord::Person {
                key,
                name: Name::parse(name).ok()?,
                decision,
            },
            Self::AllMuted => RoleRecord::AllMuted,
            Self::AllUnmuted => RoleRecord::AllUnmuted,
        })
    }
}

impl RoleRecord<Name> {
    /// The same, to be written.
    #[must_use]
    pub fn borrowed(&self) -> RoleRecord<&str> {
        match self {
            Self::Person {
                key,
                name,
                decision,
            } => RoleRecord::Person {
                key: *key,
                name: name.as_str(),
                decision: *decision,
            },
            Self::AllMuted => RoleRecord::AllMuted,
            Self::AllUnmuted => RoleRecord::AllUnmuted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::durable::{RECORD_HEAD_BYTES, Record, Records};
    use super::*;
    use proptest::prelude::*;

    fn role() -> impl Strategy<Value = RoleRecord<Name>> {
        let name = "[a-zé]{1,10}( [a-z]{1,5})?";
        let person = (any::<[u8; 32]>(), name, 0..Decision::ALL.len());
        let person = person.prop_map(|(key, name, at)| RoleRecord::Person {
            key: Key(key),
            name: Name::parse(&name).unwrap(),
            decision: Decision::ALL[at],
        });
        prop_oneof![
            person,
            Just(RoleRecord::AllMuted),
            Just(RoleRecord::AllUnmuted)
        ]
    }

    proptest! {
        #[test]
        fn a_decision_comes_back_as_it_was(roles in proptest::collection::vec(role(), 1..5)) {
            let mut bytes = Vec::new();
            for role in &roles {
                Record::Role(role.borrowed()).append(&mut bytes);
            }
            let read: Vec<_> = Records::new(&bytes)
                .iter()
                .map(|record| match record {
                    Record::Role(role) => role.owned().unwrap(),
                    other => panic!("{other:?}"),
                })
                .collect();
            prop_assert_eq!(read, roles);
        }

        #[test]
        fn any_bytes_are_a_decision_or_none(bytes in proptest::collection::vec(0_u8.., 0..80)) {
            if let Some(Some(role)) = RoleRecord::read(Reader(&bytes)) {
                let mut again = Vec::new();
                role.write(&mut Writer(&mut again));
                prop_assert_eq!(again.len(), role.length());
                prop_assert!(bytes.starts_with(&again));
            }
        }

        #[test]
        fn a_decision_cut_short_is_none(role in role(), cut in 1..33_usize) {
            let mut bytes = Vec::new();
            Record::Role(role.borrowed()).append(&mut bytes);
            let bytes = &bytes[RECORD_HEAD_BYTES..];
            if let RoleRecord::Person { .. } = role {
                prop_assert_eq!(RoleRecord::read(Reader(&bytes[..cut])), None);
            }
        }
    }

    #[test]
    fn a_name_that_is_none_is_refused_and_a_later_decision_is_unknown() {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&[7; 32]);
        for name in [&b""[..], b"~ana", b"an\x1ba", b"\xff", &[b'a'; 33]] {
            let whole = [&bytes, name].concat();
            assert_eq!(RoleRecord::read(Reader(&whole)), None, "{name:?}");
        }
        assert_eq!(RoleRecord::read(Reader(&[7])), Some(None));
        assert_eq!(RoleRecord::read(Reader(&[])), None);
    }
}
