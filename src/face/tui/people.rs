//! Who is here, as a column beside the conversation, and who is chosen of them. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::super::lines::{addressed, placed};
use crate::chat::event::{
    BeyondNews, Ignored, MemberState, News, Person, Place, SiteChange, SiteState,
};
use crate::chat::trust::VERIFIED;
use crate::protocol::lookalike::clean_name;
use crate::protocol::wire::frame::Key;
use crate::terminal::screen::short_name;
use crate::text::{self, Lang};

/// Most people who have left and are still named: those who left last.
const AWAY_MAX: usize = 32;

/// Most people who are followed: as many as a room has members.
const PEOPLE_MAX: usize = 4096;

/// Most other networks that are followed.
const SITES_MAX: usize = 16;

/// A person is a name of a key.
type Who = (Option<Key>, Arc<str>);

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct People {
    me: Option<Person>,
    others: BTreeMap<Who, MemberState>,
    /// The other networks in reach, by name.
    sites: Vec<SiteState>,
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
            News::Beyond(news) => self.follow_beyond(news),
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
        let known = self.others.entry(who(person));
        let known = known.or_insert_with(|| MemberState::here(person.clone()));
        known.person = person.clone();
        known.is_silent = is_silent;
        known.place = Place::Here;
    }

    /// Follows who is at other networks, and how many are at each.
    fn follow_beyond(&mut self, news: &BeyondNews) {
        match news {
            BeyondNews::Site { site, change } => {
                self.sites.retain(|known| known.name != site.name);
                if *change != SiteChange::Lost && self.sites.len() < SITES_MAX {
                    self.sites.push(site.clone());
                    self.sites.sort_by(|one, other| one.name.cmp(&other.name));
                }
            }
            BeyondNews::Sites(sites) => {
                self.sites = sites.iter().take(SITES_MAX).cloned().collect();
            }
            BeyondNews::Far { person, site } => {
                let is_known = self.others.contains_key(&who(person));
                if is_known || self.others.len() < PEOPLE_MAX {
                    let known = self.others.entry(who(person));
                    let known = known.or_insert_with(|| MemberState::here(person.clone()));
                    known.place = site.clone().map_or(Place::Beyond, Place::Site);
                }
            }
            BeyondNews::FarGone(person) => {
                let is_far = |known: &MemberState| known.place.is_beyond();
                if self.others.get(&who(person)).is_some_and(is_far) {
                    self.others.remove(&who(person));
                }
            }
            _ => {}
        }
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
        let here = self.others.values().filter(|it| !it.place.is_beyond());
        here.count() + 1
    }

    /// The other networks in reach.
    pub(super) fn sites(&self) -> &[SiteState] {
        &self.sites
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

    /// The others, by name; those at other networks come last.
    pub(super) fn others(&self) -> Vec<&MemberState> {
        let mut others: Vec<&MemberState> = self.others.values().collect();
        others.sort_by_cached_key(|member| {
            let name = member.person.name.to_lowercase();
            (member.place.is_beyond(), name, member.person.key)
        });
        others
    }
}

/// What stands in the column for somebody who has left.
pub(super) fn away_entry(person: &Person) -> String {
    format!("‒ {}", short_name(&addressed(person)))
}

/// What stands in the column for another network.
pub(super) fn site_entry(site: &SiteState) -> String {
    format!("{}: {}", short_name(&clean_name(&site.name)), site.people)
}

/// How somebody stands, in words.
pub(super) fn standing(member: &MemberState, lang: Lang) -> String {
    let person = &member.person;
    let presence = match member {
        MemberState {
            is_silent: true, ..
        } => text::is_silent_now(lang),
        MemberState {
            place: Place::Site(site),
            ..
        } => text::is_beyond_now(lang, Some(&clean_name(site))),
        MemberState {
            place: Place::Beyond,
            ..
        } => text::is_beyond_now(lang, None),
        MemberState {
            is_bridge: true, ..
        } => text::carries_here(lang),
        MemberState {
            is_keeper: true, ..
        } => text::keeps_here(lang),
        _ => text::is_here_now(lang),
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
        MemberState {
            is_bridge: true, ..
        } => '◆',
        member if member.place.is_beyond() => '◌',
        _ => '●',
    };
    let name = addressed(&member.person);
    let name = placed(&short_name(&name), &member.place);
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
    fn those_at_other_networks_come_last_and_are_not_counted_as_here() {
        let mut people = People::default();
        let ship: Arc<str> = "ship".into();
        let far = |name, site| {
            let person = person(name);
            News::Beyond(BeyondNews::Far { person, site })
        };
        people.follow(&far("abe", Some(ship.clone())));
        people.follow(&entered("bia!"));
        people.follow(&far("caius", None));
        let entries: Vec<String> = people.others().into_iter().map(entry).collect();
        assert_eq!(entries, ["● bia!", "◌ abe @ship", "◌ caius"]);
        assert_eq!(people.count(), 2);
        let site = SiteState {
            name: ship,
            bridge: person("bridge"),
            people: 412,
            ahead_ms: None,
        };
        let told = |change| {
            let site = site.clone();
            News::Beyond(BeyondNews::Site { site, change })
        };
        people.follow(&told(SiteChange::Reached));
        people.follow(&told(SiteChange::Counted));
        let shown: Vec<String> = people.sites().iter().map(site_entry).collect();
        assert_eq!(shown, ["ship: 412"]);
        people.follow(&told(SiteChange::Lost));
        people.follow(&News::Beyond(BeyondNews::FarGone(person("abe"))));
        people.follow(&News::Beyond(BeyondNews::FarGone(person("bia!"))));
        assert!(people.sites().is_empty() && people.others().len() == 2);
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
