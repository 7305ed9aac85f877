//! Changes of messages by their authors: edits and deletions. They are durable records as messages
//! are, so that they are ordered, repaired and caught up with like these.
//!
//! What a message says follows from the changes that a member holds, in whatever order they came:
//! a deletion holds for ever, else the last edit in the common order does. A change counts only for
//! messages of its own author that stand before it. A record names a message without its author, so
//! that nobody can name what somebody else said.

use std::collections::BTreeMap;

use super::Engine;
use super::config::{AMENDED_MAX, AMENDED_PER_PERSON_MAX};
use super::event::{EngineEvent, Manner, MessageId, NamedKey, Order};
use super::fair_share::Uses;
use super::frame_log::Position;
use super::history::TextSpan;
use super::member::Member;
use super::roster::{Id, Roster};
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Author;
use crate::protocol::wire::frame::durable::{Durable, Fragment, MessageName, Record};

/// What became of a message since it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// Nothing.
    #[default]
    Original,
    /// Its author has changed it, for the last time by this record.
    Edited(Box<MessageId>),
    /// Its author has withdrawn it; its text is empty.
    Deleted,
}

impl Version {
    /// Whether a change by a record holds instead of this.
    #[must_use]
    pub fn gives_way_to(&self, change: Change<'_>) -> bool {
        match (self, change) {
            (Self::Deleted, _) => false,
            (Self::Edited(newest), Change::Edit(by)) => **newest < *by,
            (Self::Original | Self::Edited(_), _) => true,
        }
    }
}

/// A change, as far as it matters for which one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'c> {
    /// An edit by this record.
    Edit(&'c MessageId),
    /// A deletion.
    Deletion,
}

/// A change of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amended {
    /// The message, which may be unknown here.
    pub of: MessageId,
    /// The record that changes it.
    pub by: MessageId,
    /// Who changed it, under the name of that time. Nobody but the message's author can.
    pub who: NamedKey,
    /// What it says from now on, uncleaned; `None` if it was deleted.
    pub text: Option<String>,
    /// Where the change stands among what is shown.
    pub order: Order,
    /// Whether it says nothing new: the message was reported in this form already, or in a later
    /// one.
    pub is_known: bool,
}

impl Amended {
    /// The change, as far as it matters for which one holds.
    #[must_use]
    pub fn change(&self) -> Change<'_> {
        change_of(&self.by, self.text.as_ref())
    }
}

fn change_of<'c>(by: &'c MessageId, text: Option<&String>) -> Change<'c> {
    match text {
        Some(_) => Change::Edit(by),
        None => Change::Deletion,
    }
}

/// The message that a record of an author names; `None` if it does not stand before the record.
fn named(of: &MessageName, by: &MessageId) -> Option<MessageId> {
    let named = MessageId {
        position: Position {
            clock: of.clock,
            short: by.position.short,
            session: of.session,
            sequence: of.sequence,
        },
        index: of.index,
    };
    (named < *by).then_some(named)
}

impl From<&MessageId> for MessageName {
    fn from(id: &MessageId) -> Self {
        let MessageId { position, index } = *id;
        Self {
            clock: position.clock,
            session: position.session,
            sequence: position.sequence,
            index,
        }
    }
}

/// The messages that were changed lately, so that one that comes after its change is reported as it
/// is now, and an old change behind a newer one is not reported at all. A message that is forgotten
/// here is reported in its old form at worst, and the change after it.
#[derive(Debug, Default)]
pub(super) struct Amendments {
    messages: BTreeMap<MessageId, Forms>,
    /// How many of these each person has.
    persons: BTreeMap<u64, usize>,
}

/// The forms of one message.
#[derive(Debug)]
struct Forms {
    /// The newest that is held.
    newest: Version,
    /// Where an edit's text is.
    source: Source,
    /// The newest that was reported, with the message or after it.
    reported: Version,
}

/// Where the text of an edit is.
#[derive(Clone, Copy, Debug)]
struct Source {
    author: Id,
    /// One frame, or those of a long text.
    span: TextSpan,
    index: u8,
}

impl Amendments {
    fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Notes a change that has come.
    fn note(&mut self, of: MessageId, newest: Version, source: Source, roster: &Roster) {
        let person = of.position.short;
        let forms = self.messages.entry(of).or_insert_with(|| {
            *self.persons.entry(person).or_default() += 1;
            Forms {
                newest: Version::Original,
                source,
                reported: Version::Original,
            }
        });
        let change = match &newest {
            Version::Edited(by) => Change::Edit(by),
            Version::Deleted | Version::Original => Change::Deletion,
        };
        if forms.newest.gives_way_to(change) {
            forms.newest = newest;
            forms.source = source;
        }
        if self.persons.get(&person) > Some(&AMENDED_PER_PERSON_MAX) {
            self.forget_oldest_of(person);
        }
        if self.messages.len() > AMENDED_MAX {
            self.make_room(source.author, roster);
        }
    }

    /// Forgets a message of each person that has most, or is one of many at the address that has
    /// most.
    fn make_room(&mut self, author: Id, roster: &Roster) {
        let addresses: BTreeMap<u64, _> = roster
            .everybody()
            .map(|(_, member)| (member.tag.short, member.ip()))
            .collect();
        let mut uses = Uses::default();
        for (person, count) in &self.persons {
            let address = addresses.get(person).copied().flatten();
            uses.add(*person, address, *count);
        }
        let (heaviest, _) = uses.heaviest_persons();
        let author = roster.get(author).map(|member| member.tag.short);
        // Some more than needed, because finding them takes a look at everybody.
        for person in heaviest.into_iter().chain(author) {
            let count = self.persons.get(&person).copied().unwrap_or(0);
            for _ in 0..=count / 8 {
                if self.messages.len() <= AMENDED_MAX - AMENDED_MAX / 16 {
                    return;
                }
                self.forget_oldest_of(person);
            }
        }
    }

    fn forget_oldest_of(&mut self, person: u64) {
        let oldest = self.messages.keys().find(|id| id.position.short == person);
        if let Some(oldest) = oldest.copied() {
            self.messages.remove(&oldest);
            if let Some(count) = self.persons.get_mut(&person) {
                *count -= 1;
                if *count == 0 {
                    self.persons.remove(&person);
                }
            }
        }
    }

    /// Takes in that a change is reported; whether it says nothing new.
    fn report(&mut self, of: &MessageId, change: Change<'_>) -> bool {
        let Some(forms) = self.messages.get_mut(of) else {
            return false;
        };
        let is_news = forms.reported.gives_way_to(change);
        if is_news {
            forms.reported = match change {
                Change::Edit(by) => Version::Edited(Box::new(*by)),
                Change::Deletion => Version::Deleted,
            };
        }
        !is_news
    }
}

/// A record that changes a message, and where it stands.
pub(super) struct Amending<'r> {
    pub(super) id: Id,
    pub(super) name: &'r Name,
    pub(super) at: MessageId,
    pub(super) fragment: Option<Fragment>,
    pub(super) order: Order,
}

impl Engine {
    /// Notes the changes in a frame that has just come, before anything of it is reported, or that
    /// was stored.
    pub(super) fn note_amendments(&mut self, id: Id, author: &Author, durable: &Durable<'_>) {
        let position = Position::of(author);
        let span = match durable.fragment {
            None => Some(TextSpan {
                first: position.sequence,
                last: position.sequence,
            }),
            // The first piece names the change.
            Some(fragment) if fragment.number == 0 => TextSpan::around(position.sequence, fragment),
            Some(_) => None,
        };
        let Some(span) = span else { return };
        let records = (0..=u8::MAX).zip(durable.records.iter()); // at most 255
        for (index, record) in records {
            let by = MessageId { position, index };
            let (of, newest) = match record {
                Record::Edited { of, .. } => (of, Version::Edited(Box::new(by))),
                Record::Deleted(of) => (of, Version::Deleted),
                _ => continue,
            };
            if let Some(of) = named(&of, &by) {
                let source = Source {
                    author: id,
                    span,
                    index,
                };
                let roster = &self.group.roster;
                self.amendments.note(of, newest, source, roster);
            }
        }
    }

    /// Reports a change whose turn it is.
    pub(super) fn tell_amendment(&mut self, record: &Record<'_>, amending: &Amending<'_>) {
        let &Amending {
            id,
            name,
            at,
            fragment,
            order,
        } = amending;
        let (of, by, text) = match (record, fragment) {
            (Record::Deleted(of), None) => (*of, at, None),
            (Record::Edited { of, text }, None) => (*of, at, Some((*text).to_owned())),
            (Record::Edited { .. }, Some(fragment)) => {
                let Some(whole) = self.join_text(id, at.position, fragment, order) else {
                    return;
                };
                let Some(of) = whole.of else { return };
                let by = MessageId {
                    position: whole.first,
                    index: 0,
                };
                (of, by, Some(whole.text))
            }
            _ => return,
        };
        let Some(of) = named(&of, &by) else { return };
        let is_known = self.amendments.report(&of, change_of(&by, text.as_ref()));
        let member = self.group.roster.get(id);
        if let Some(key) = member.map(|member| member.key) {
            self.out.tell(EngineEvent::Amended(Amended {
                of,
                by,
                who: NamedKey {
                    name: name.clone(),
                    key,
                },
                text,
                order,
                is_known,
            }));
        }
    }

    /// What a message says by now that is about to be reported, if it was changed before; its
    /// author's other session may have done that.
    pub(super) fn newest_form(&mut self, of: &MessageId, author: Id) -> Option<(Version, String)> {
        if self.amendments.is_empty() {
            return None; // as nearly always
        }
        let forms = self.amendments.messages.get(of)?;
        let key_of = |id| self.group.roster.get(id).map(|member: &Member| member.key);
        if key_of(forms.source.author) != key_of(author) {
            return None;
        }
        let text = match &forms.newest {
            Version::Original => return None,
            Version::Deleted => String::new(),
            Version::Edited(_) => self.text_at(forms.source)?,
        };
        let newest = forms.newest.clone();
        let forms = self.amendments.messages.get_mut(of)?;
        forms.reported = newest.clone();
        Some((newest, text))
    }

    fn text_at(&self, source: Source) -> Option<String> {
        let Source {
            author,
            span,
            index,
        } = source;
        if span.first != span.last {
            let whole = self.log.whole_text(author, span, &self.me.seal)?;
            return Some(whole.text);
        }
        let held = self.log.get(author, span.first)?;
        let mut inside = Vec::new();
        let (_, durable) = self.me.seal.reopen(&held.bytes, &mut inside)?;
        match durable.records.iter().nth(index.into())? {
            Record::Edited { text, .. } => Some(text.to_owned()),
            _ => None,
        }
    }
}

/// Changes that a walk from the newest frame to older ones has met.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<MessageId, (Version, NamedKey, String)>);

impl Changes {
    /// Takes in a change.
    pub(super) fn note(
        &mut self,
        of: &MessageName,
        by: MessageId,
        who: NamedKey,
        text: Option<&str>,
    ) {
        let Some(of) = named(of, &by) else { return };
        let (version, change) = match text {
            Some(_) => (Version::Edited(Box::new(by)), Change::Edit(&by)),
            None => (Version::Deleted, Change::Deletion),
        };
        let known = self.0.get(&of);
        if known.is_none_or(|(known, ..)| known.gives_way_to(change)) {
            let text = text.unwrap_or_default().to_owned();
            self.0.insert(of, (version, who, text));
        }
    }

    /// The form of a message of somebody, if it was changed.
    pub(super) fn take(&mut self, of: &MessageId, who: &NamedKey) -> Option<(Version, String)> {
        if self.0.is_empty() {
            return None;
        }
        let (version, by, text) = self.0.remove(of)?;
        (by.key == who.key).then_some((version, text))
    }
}

/// A held message, as one looks for it to change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub id: MessageId,
    /// Who said it, under the name of that time.
    pub who: NamedKey,
    /// How it is said.
    pub manner: Manner,
    /// Whether it is for one person alone.
    pub is_private: bool,
    /// What became of it.
    pub version: Version,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::Key;

    fn author(person: u16) -> Author {
        let mut key = [7; 32];
        key[..2].copy_from_slice(&person.to_be_bytes());
        let key = Key(key);
        Author {
            key,
            short: key.short(),
            session: 1,
            sequence: 1,
            clock: 0,
            flags: 0,
            grtt: 0,
            name: Name::parse("ana").unwrap(),
        }
    }

    fn id_of(short: u64, clock: u64) -> MessageId {
        let mut id = MessageId::default();
        (id.position.short, id.position.clock) = (short, clock);
        id
    }

    fn source(author: Id) -> Source {
        Source {
            author,
            span: TextSpan { first: 1, last: 1 },
            index: 0,
        }
    }

    #[test]
    fn whoever_changes_everything_makes_nobody_elses_changes_forgotten() {
        let mut roster = Roster::new(&author(0));
        let mut amendments = Amendments::default();
        let honest = roster.meet(&author(1)).unwrap().id;
        let of = |clock| id_of(author(1).short, clock);
        for clock in 1..=40 {
            amendments.note(of(clock), Version::Deleted, source(honest), &roster);
        }
        // Many keys at one address, each with as many changes as one may have.
        for person in 2..60 {
            let author = author(person);
            let id = roster.meet(&author).unwrap().id;
            roster.locate(id, ([10, 0, 0, 9], 4000).into());
            for clock in 0..2 * AMENDED_PER_PERSON_MAX as u64 {
                let edited = Version::Edited(Box::new(id_of(author.short, clock + 1)));
                amendments.note(id_of(author.short, clock), edited, source(id), &roster);
                assert!(amendments.messages.len() <= AMENDED_MAX);
            }
        }
        assert!((1..=40).all(|clock| !amendments.report(&of(clock), Change::Deletion)));
        assert!((1..=40).all(|clock| amendments.report(&of(clock), Change::Deletion)));
        let counted: usize = amendments.persons.values().sum();
        assert_eq!(counted, amendments.messages.len());
    }

    #[test]
    fn an_old_change_behind_a_newer_one_says_nothing_new() {
        let roster = Roster::new(&author(0));
        let mut amendments = Amendments::default();
        let (of, [one, two]) = (id_of(1, 1), [2, 3].map(|clock| id_of(1, clock)));
        let edited = |by: MessageId| Version::Edited(Box::new(by));
        amendments.note(of, edited(two), source(Id(0)), &roster);
        amendments.note(of, edited(one), source(Id(0)), &roster);
        assert!(!amendments.report(&of, Change::Edit(&two)));
        assert!(amendments.report(&of, Change::Edit(&one)));
        assert!(!amendments.report(&of, Change::Deletion));
        assert!(amendments.report(&of, Change::Edit(&id_of(1, 9))));
    }

    #[test]
    fn a_record_names_what_its_author_said_before_it_and_nothing_else() {
        let by = id_of(7, 10);
        for (clock, expected) in [(9, true), (10, false), (11, false)] {
            let name = MessageName {
                clock,
                ..MessageName::default()
            };
            let named = named(&name, &by);
            assert_eq!(named.is_some(), expected, "{clock}");
            assert!(named.is_none_or(|of| of.position.short == 7));
        }
    }
}
