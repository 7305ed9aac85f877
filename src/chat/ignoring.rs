//! Of whom nothing is shown: people by their keys, programs of the plain wire by name and address,
//! guests of members by name and the member's key.
//! Their frames are received, acknowledged and held all the same, for the others.

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Chat;
use super::archive::Request;
use super::command::RequestId;
use super::event::{Failure, GuestName, Ignored, Message, News, Person, Timing};
use super::finding::PART_FRAMES;
use super::suffix;
use crate::protocol::engine::event::{Manner, NamedKey};
use crate::protocol::engine::history::HistoryWalk;
use crate::protocol::lookalike::clean_name;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Most people and guests who are ignored.
pub const IGNORED_MAX: usize = 1000;

/// Guests who are remembered, so that their names can be typed: those who spoke last.
const HEARD_MAX: usize = 64;

/// Parts of the messages in memory that are looked through at once: some eight milliseconds.
const SHOWN_PARTS: usize = 2;

/// Stands in front of the name of a guest.
const GUEST: char = '~';

/// A guest: what it claims to be called, and where it comes from.
type GuestId = (String, Origin);

/// Where a guest comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// The plain wire, from an address.
    Plain(IpAddr),
    /// A member lets it speak.
    Member(Key),
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Ignoring {
    /// The names that they had when they were ignored.
    people: BTreeMap<Key, Name>,
    guests: BTreeSet<GuestId>,
    /// The guests heard last.
    heard: VecDeque<GuestId>,
    /// Names under which members let guests speak who are ignored or were heard last.
    hosts: BTreeMap<Key, Name>,
}

impl Ignoring {
    /// Goes on ignoring those whom the store remembers.
    pub(super) fn remember(&mut self, people: Vec<NamedKey>) {
        let room = IGNORED_MAX.saturating_sub(self.size());
        let people = people.into_iter().take(room);
        self.people.extend(people.map(|who| (who.key, who.name)));
    }

    /// Shows a person again.
    pub(super) fn forget(&mut self, key: &Key) {
        self.people.remove(key);
    }

    /// Whether the person with a key is ignored.
    pub(super) fn has(&self, key: Option<&Key>) -> bool {
        key.is_some_and(|key| self.people.contains_key(key))
    }

    /// Whether a guest of the person with a key is ignored.
    pub(super) fn has_guest(&self, key: &Key, guest: &GuestName) -> bool {
        let id = || (guest.name.as_str().to_owned(), Origin::Member(*key));
        !self.guests.is_empty() && self.guests.contains(&id())
    }

    /// Whether the author of a message is ignored: the person who signed it, or the guest for whom.
    pub(super) fn has_author(&self, key: &Key, manner: &Manner) -> bool {
        match manner {
            Manner::Guest(guest) if self.has_guest(key, guest) => true,
            _ => self.has(Some(key)),
        }
    }

    /// Whether some news is only about somebody who is ignored.
    pub(super) fn hides(&mut self, news: &News) -> bool {
        let who = match news {
            News::Message(message) => {
                if let (Some(guest), Some(host)) = (&message.guest, &message.who.key)
                    && self.hides_guest_of(guest, host, &message.who.name)
                {
                    return true;
                }
                &message.who
            }
            News::Edited(edited) => &edited.who,
            News::Deleted(deleted) => &deleted.who,
            News::Guest(guest) => {
                let name = guest.name.as_deref().unwrap_or_default();
                return self.hides_guest(name, guest.source);
            }
            News::Media(event) => match event.person() {
                Some(person) => {
                    if let (Some(guest), Some(host)) = (event.guest(), &person.key)
                        && self.hides_guest_of(guest, host, &person.name)
                    {
                        return true;
                    }
                    person
                }
                None => return false,
            },
            News::Entered { person, .. }
            | News::Left { person, .. }
            | News::Gap { person, .. }
            | News::Renamed { person, .. }
            | News::Silent(person)
            | News::Slow(person)
            | News::Back(person)
            | News::Namesake(person)
            | News::Equivocation(person) => person,
            _ => return false,
        };
        self.has(who.key.as_ref())
    }

    /// The keys of the people who are ignored.
    pub(super) fn keys(&self) -> Vec<Key> {
        self.people.keys().copied().collect()
    }

    fn hides_guest(&mut self, name: &str, source: SocketAddr) -> bool {
        self.hear((name.to_owned(), Origin::Plain(source.ip())))
    }

    fn hides_guest_of(&mut self, guest: &GuestName, host: &Key, host_name: &str) -> bool {
        if let Ok(name) = Name::parse(host_name) {
            self.hosts.insert(*host, name);
        }
        if self.hosts.len() > HEARD_MAX + IGNORED_MAX {
            let is_named = |key: &Key| {
                let mut named = self.guests.iter().chain(&self.heard);
                named.any(|(_, origin)| *origin == Origin::Member(*key))
            };
            let unnamed: Vec<Key> = self
                .hosts
                .keys()
                .filter(|key| !is_named(key))
                .copied()
                .collect();
            unnamed.iter().for_each(|key| drop(self.hosts.remove(key)));
        }
        self.hear((guest.name.as_str().to_owned(), Origin::Member(*host)))
    }

    /// Notes that a guest was heard; whether it is ignored.
    fn hear(&mut self, guest: GuestId) -> bool {
        let is_ignored = self.guests.contains(&guest);
        if self.heard.back() != Some(&guest) {
            self.heard.retain(|heard| *heard != guest);
            self.heard.push_back(guest);
            if self.heard.len() > HEARD_MAX {
                self.heard.pop_front();
            }
        }
        is_ignored
    }

    fn size(&self) -> usize {
        self.people.len() + self.guests.len()
    }

    fn is_full(&self) -> bool {
        self.size() >= IGNORED_MAX
    }

    /// The ignored people whom a typed name means: by the name that they had, or by suffix.
    fn people_called(&self, typed: &str) -> Vec<NamedKey> {
        let suffixed = suffix::split(typed);
        let is_called = |key: &Key, name: &Name| {
            let name = name.as_str();
            let is_suffixed = suffixed.is_some_and(|(called, digits)| {
                let is_named = called.is_empty() || called == name || called == clean_name(name);
                is_named && suffix::is_of(digits, key)
            });
            is_suffixed || name == typed || name.to_lowercase() == typed.to_lowercase()
        };
        let people = self.people.iter();
        let called = people.filter(|(key, name)| is_called(key, name));
        called
            .map(|(key, name)| NamedKey {
                name: name.clone(),
                key: *key,
            })
            .collect()
    }
}

/// The guests among some whom a typed name means.
fn guests_called<'g>(
    guests: impl Iterator<Item = &'g GuestId>,
    typed: &str,
) -> BTreeSet<&'g GuestId> {
    let typed = typed.strip_prefix(GUEST).unwrap_or(typed);
    let is_called = |(name, _): &&GuestId| name == typed || clean_name(name) == typed;
    guests.filter(is_called).collect()
}

impl Chat {
    /// Whether a typed name is a guest's: one of this member's own, or one that was heard lately.
    pub(super) fn is_guest(&self, typed: &str) -> bool {
        let heard = self.people.ignoring.heard.iter();
        !guests_called(heard, typed).is_empty() || self.guests.has(typed)
    }

    fn ignored_guest(&self, (name, origin): &GuestId) -> Ignored {
        let name = name.clone();
        match origin {
            Origin::Plain(address) => Ignored::Guest {
                name,
                address: *address,
            },
            Origin::Member(key) => Ignored::GuestOf {
                name,
                host: match self.people.ignoring.hosts.get(key).cloned() {
                    Some(name) => self.people.person(&NamedKey { name, key: *key }),
                    None => Person {
                        key: Some(*key),
                        ..Person::nameless()
                    },
                },
            },
        }
    }

    /// Reports who is ignored.
    pub(super) fn tell_ignored(&mut self, request: RequestId) {
        let people = self.people.ignoring.people.iter().map(|(key, name)| {
            let who = NamedKey {
                name: name.clone(),
                key: *key,
            };
            Ignored::Person(self.people.person(&who))
        });
        let guests = self.people.ignoring.guests.iter();
        let guests = guests.map(|guest| self.ignored_guest(guest));
        let all = people.chain(guests).collect();
        self.answer(request, News::IgnoreList(all));
    }

    /// Shows nothing of somebody any more.
    pub(super) fn ignore(&mut self, request: RequestId, typed: &str) {
        let is_guest = typed.starts_with(GUEST);
        let called = match is_guest {
            true => Err(Failure::NobodyCalled(typed.to_owned())),
            false => self.people.called(typed, self.node.roster()),
        };
        match called {
            Ok(who) if who.key == self.people.my_key() => self.refuse(request, Failure::IgnoreSelf),
            Ok(who) => self.ignore_person(request, who),
            Err(Failure::NobodyCalled(typed)) => self.ignore_guests(request, &typed),
            Err(failure) => self.refuse(request, failure),
        }
    }

    fn ignore_person(&mut self, request: RequestId, who: NamedKey) {
        if self.people.ignoring.is_full() && !self.people.ignoring.has(Some(&who.key)) {
            return self.refuse_more(request);
        }
        let person = self.people.person(&who);
        let is_kept = self.people.is_kept();
        if is_kept {
            self.archive(Request::Ignore {
                name: who.name.clone(),
                key: who.key,
            });
        }
        self.people.ignoring.people.insert(who.key, who.name);
        let who = Ignored::Person(person);
        self.answer(request, News::Ignored { who, is_kept });
    }

    /// Ignores every guest of a name that was heard lately: they look alike.
    fn ignore_guests(&mut self, request: RequestId, typed: &str) {
        let heard = guests_called(self.people.ignoring.heard.iter(), typed);
        let guests: Vec<GuestId> = heard.into_iter().cloned().collect();
        if guests.is_empty() {
            let is_me = *self.people.me().name == *typed;
            return self.refuse(
                request,
                match is_me {
                    true => Failure::IgnoreSelf,
                    false => Failure::NobodyCalled(typed.to_owned()),
                },
            );
        }
        for guest in guests {
            if self.people.ignoring.is_full() {
                return self.refuse_more(request);
            }
            let (who, is_kept) = (self.ignored_guest(&guest), false);
            self.people.ignoring.guests.insert(guest);
            self.answer(request, News::Ignored { who, is_kept });
        }
    }

    /// Shows somebody again.
    pub(super) fn unignore(&mut self, request: RequestId, typed: &str) {
        // Whoever is here may be called something else by now.
        let here = self.people.called(typed, self.node.roster()).ok();
        let here = here.filter(|who| self.people.ignoring.has(Some(&who.key)));
        let mut called = self.people.ignoring.people_called(typed);
        if let Some(who) = here {
            called = vec![who];
        }
        match called.as_slice() {
            [] => self.unignore_guests(request, typed),
            [who] => {
                self.people.ignoring.people.remove(&who.key);
                if self.people.is_kept() {
                    self.archive(Request::Unignore { key: who.key });
                }
                let person = self.people.person(who);
                self.answer(request, News::Unignored(Ignored::Person(person)));
            }
            several => {
                let failure = self.people.several(typed, several.iter().collect());
                self.refuse(request, failure);
            }
        }
    }

    fn unignore_guests(&mut self, request: RequestId, typed: &str) {
        let called = guests_called(self.people.ignoring.guests.iter(), typed);
        let guests: Vec<GuestId> = called.into_iter().cloned().collect();
        if guests.is_empty() {
            return self.refuse(request, Failure::NotIgnored(typed.to_owned()));
        }
        for guest in guests {
            self.people.ignoring.guests.remove(&guest);
            let guest = self.ignored_guest(&guest);
            self.answer(request, News::Unignored(guest));
        }
    }

    fn refuse_more(&mut self, request: RequestId) {
        let limit = IGNORED_MAX;
        self.refuse(request, Failure::TooManyIgnored { limit });
    }

    fn refuse(&mut self, request: RequestId, failure: Failure) {
        self.answer(request, News::Failed(failure));
    }

    /// The newest messages of those who are not ignored, at most `count`, and no more than are
    /// found in the time that a loop may stand still: whoever asks reads on in pages.
    pub(super) fn shown_history(&mut self, count: usize) -> Vec<Message> {
        let (mut walk, mut shown) = (HistoryWalk::default(), Vec::new());
        for _ in 0..SHOWN_PARTS {
            let part = self.node.walk_history(&mut walk, PART_FRAMES);
            let ignoring = &self.people.ignoring;
            shown.extend(
                part.into_iter()
                    .filter(|said| !ignoring.has_author(&said.who.key, &said.manner)),
            );
            if walk.is_over() || shown.len() >= count {
                break;
            }
        }
        shown.truncate(count);
        let shown = shown.into_iter().rev();
        shown
            .map(|delivery| self.message(delivery, Timing::History))
            .collect()
    }
}
