//! Who is here, as a column beside the conversation, and who is chosen of them. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::super::lines::addressed;
use crate::chat::event::{Ignored, MemberState, News, Person};
use crate::chat::trust::VERIFIED;
use crate::protocol::wire::frame::Key;
use crate::terminal::screen::short_name;
use crate::text::{self, Lang};

/// Most people who have left and are still named: those who left last.
const AWAY_MAX: usize = 32;

/// Most people who are followed: as many as a room has members.
const PEOPLE_MAX: usize = 4096;

/// A person is a name of a key.
type Who = (Option<Key>, Arc<str>);

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct People {
    me: Option<Person>,
    others: BTreeMap<Who, MemberState>,
    /// Who has left, the last first.
    away: VecDeque<Person>,
}

fn who(person: &Person) -> Who {
    (person.key, person.name.clone())
}

impl People {
    /// Takes in what is told.
    pub(super) fn follow(&mut self, news: &News) {
        match news {
            News::Ready(ready) => self.me = Some(ready.me.clone()),
            News::Entered { person, .. } | News::Back(person) => self.note(person, false),
            News::Silent(person) => self.note(person, true),
            News::Left { person, .. } => {
                self.others.remove(&who(person));
                self.away.push_front(person.clone());
                self.away.truncate(AWAY_MAX);
            }
            News::Renamed {
                person,
                is_own: true,
                ..
            } => self.me = Some(person.clone()),
            News::Renamed { before, person, .. } => {
                let known = self.others.remove(&who(before));
                self.note(person, known.is_some_and(|known| known.is_silent));
            }
            News::Verified(person) | News::Unverified(person) => {
                if let Some(known) = self.others.get_mut(&who(person)) {
                    known.person = person.clone();
                }
            }
            News::Ignored {
                who: Ignored::Person(person),
                ..
            } => self.ignore(person, true),
            News::Unignored(Ignored::Person(person)) => self.ignore(person, false),
            News::Members(members) => self.replace(members),
            News::Snapshot(snapshot) => {
                if let Some(ready) = &snapshot.ready {
                    self.me = Some(ready.me.clone());
                }
                self.replace(&snapshot.members);
            }
            _ => {}
        }
    }

    fn note(&mut self, person: &Person, is_silent: bool) {
        self.away.retain(|away| who(away) != who(person));
        if self.others.len() >= PEOPLE_MAX && !self.others.contains_key(&who(person)) {
            return;
        }
        let known = self.others.entry(who(person)).or_insert(MemberState {
            person: person.clone(),
            is_own: false,
            is_silent,
            is_ignored: false,
            is_keeper: false,
        });
        known.person = person.clone();
        known.is_silent = is_silent;
    }

    fn ignore(&mut self, person: &Person, is_ignored: bool) {
        if let Some(known) = self.others.get_mut(&who(person)) {
            known.is_ignored = is_ignored;
        }
    }

    fn replace(&mut self, members: &[MemberState]) {
        self.others.clear();
        for member in members.iter().take(PEOPLE_MAX) {
            match member.is_own {
                true => self.me = Some(member.person.clone()),
                false => drop(self.others.insert(who(&member.person), member.clone())),
            }
        }
    }

    /// This person.
    pub(super) fn me(&self) -> Option<&Person> {
        self.me.as_ref()
    }

    /// How many are here, this person included.
    pub(super) fn count(&self) -> usize {
        self.others.len() + 1
    }

    /// Who has left, the last first.
    pub(super) fn away(&self) -> impl Iterator<Item = &Person> {
        self.away.iter()
    }

    /// Somebody by their name as it is typed.
    pub(super) fn called(&self, name: &str) -> Option<&Person> {
        let mut others = self.others.values().map(|member| &member.person);
        others.find(|person| addressed(person) == name)
    }

    /// The others, by name.
    pub(super) fn others(&self) -> Vec<&MemberState> {
        let mut others: Vec<&MemberState> = self.others.values().collect();
        others.sort_by_cached_key(|member| (member.person.name.to_lowercase(), member.person.key));
        others
    }
}

/// What stands in the column for somebody who has left.
pub(super) fn away_entry(person: &Person) -> String {
    format!("‒ {}", short_name(&addressed(person)))
}

/// How somebody stands, in words.
pub(super) fn standing(member: &MemberState, lang: Lang) -> String {
    let person = &member.person;
    let presence = match (member.is_silent, member.is_keeper) {
        (true, _) => text::is_silent_now(lang),
        (false, true) => text::keeps_here(lang),
        (false, false) => text::is_here_now(lang),
    };
    let verified = person.is_verified().then(|| text::is_verified_now(lang));
    let ignored = member.is_ignored.then(|| text::is_ignored_now(lang));
    let words: Vec<String> = [Some(presence), verified, ignored]
        .into_iter()
        .flatten()
        .collect();
    format!("{}: {}", addressed(person), words.join(", "))
}

/// What stands in the column for somebody: a sign for how they are, and the name.
pub(super) fn entry(member: &MemberState) -> String {
    let sign = match member {
        MemberState {
            is_ignored: true, ..
        } => '×',
        MemberState {
            is_silent: true, ..
        } => '○',
        MemberState {
            is_keeper: true, ..
        } => '■',
        _ => '●',
    };
    let name = addressed(&member.person);
    let name = short_name(&name);
    match member.person.is_verified() {
        true => format!("{sign} {name} {VERIFIED}"),
        false => format!("{sign} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Person {
        Person {
            key: Some(Key([name.len() as u8; 32])),
            ..Person::unproven(name)
        }
    }

    fn entered(name: &str) -> News {
        News::Entered {
            person: person(name),
            was_here: false,
        }
    }

    #[test]
    fn people_come_go_fall_silent_and_are_ignored() {
        let mut people = People::default();
        let entries =
            |people: &People| -> Vec<String> { people.others().into_iter().map(entry).collect() };
        for news in [
            entered("Zoe"),
            entered("ana"),
            News::Silent(person("Zoe")),
            News::Ignored {
                who: Ignored::Person(person("ana")),
                is_kept: true,
            },
        ] {
            people.follow(&news);
        }
        // Both have one key here, and are two people all the same.
        assert_eq!(entries(&people), ["× ana", "○ Zoe"]);
        people.follow(&News::Unignored(Ignored::Person(person("ana"))));
        people.follow(&News::Left {
            person: person("Zoe"),
            with_farewell: true,
        });
        people.follow(&News::Renamed {
            before: person("ana"),
            person: person("bia"),
            is_own: false,
        });
        assert_eq!(entries(&people), ["● bia"]);
        let away: Vec<String> = people.away().map(away_entry).collect();
        assert_eq!(away, ["‒ Zoe"]);
        assert!(people.called("bia").is_some() && people.called("Zoe").is_none());
        people.follow(&entered("Zoe"));
        assert_eq!(people.away().count(), 0);
        people.follow(&News::Left {
            person: person("Zoe"),
            with_farewell: false,
        });
        assert_eq!(people.count(), 2);
        (0..2 * PEOPLE_MAX).for_each(|n| people.follow(&entered(&n.to_string())));
        assert_eq!(people.count(), PEOPLE_MAX + 1);
    }
}
