//! Whose names Tab completes: of those who are here, as each is shown and typed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::lines::addressed;
use crate::chat::event::{Guest, GuestsEvent, HubNews, Ignored, News, PeerNews, Person, Timing};
use crate::protocol::lookalike::clean_name;
use crate::protocol::wire::frame::Key;
use crate::terminal::completion::Completion;

/// Most people who are followed: as many as a room has members.
const PEOPLE_MAX: usize = 4096;

/// Most guests whose names are completed: those who spoke last. They never say that they leave.
const GUESTS_MAX: usize = 64;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// What each name that somebody claims is shown as; without a key, the name is the person.
    shown: BTreeMap<(Option<Key>, Arc<str>), String>,
    guests: VecDeque<String>,
}

/// Why a name is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Because {
    Here,
    Spoke,
}

impl Names {
    /// Takes in what is shown.
    pub(super) fn follow(&mut self, news: &News, completion: &mut Completion) {
        match news {
            // Whoever spoke before may have left, or have another name by now.
            News::Message(message) if !message.is_mine() && message.timing == Timing::Live => {
                match &message.guest {
                    Some(guest) => self.note_guest(Some(guest.name.as_str()), completion),
                    None => self.note(&message.who, Because::Spoke, completion),
                }
            }
            News::Guests(GuestsEvent::Entered { guest, .. }) => {
                self.note_guest(Some(guest.name.as_str()), completion);
            }
            News::Entered { person, .. }
            | News::Back(person)
            | News::Verified(person)
            | News::Unverified(person)
            | News::Peer(PeerNews::Named(person)) => {
                self.note(person, Because::Here, completion);
            }
            News::Renamed {
                before,
                person,
                is_own: false,
            } => {
                self.forget(before, completion);
                self.note(person, Because::Here, completion);
            }
            News::Left { person, .. }
            | News::Peer(PeerNews::Farewell(person) | PeerNews::Left(person)) => {
                self.forget(person, completion)
            }
            News::Members(members) | News::Fingerprints(members) => {
                let others = members.iter().filter(|member| !member.is_own);
                others.for_each(|member| self.note(&member.person, Because::Here, completion));
            }
            News::Guest(Guest { name, .. }) => {
                self.note_guest(name.as_deref(), completion);
            }
            News::IgnoreList(all) => all.iter().for_each(|who| match who {
                Ignored::Person(person) => self.note(person, Because::Here, completion),
                Ignored::Guest { name, .. } | Ignored::GuestOf { name, .. } => {
                    self.note_guest(Some(name), completion);
                }
            }),
            News::Hub(HubNews::List { names, .. }) => self.replace(names, completion),
            _ => {}
        }
    }

    /// Completes all these names.
    pub(super) fn show(&self, completion: &mut Completion) {
        let shown = self.shown.values().chain(&self.guests);
        shown.for_each(|name| completion.add_name(name));
    }

    /// Completes none of these names any more.
    pub(super) fn hide(&self, completion: &mut Completion) {
        let shown = self.shown.values().chain(&self.guests);
        shown.for_each(|name| completion.remove_name(name));
    }

    /// Somebody is here, under the name that they are shown by now.
    fn note(&mut self, person: &Person, because: Because, completion: &mut Completion) {
        let who = (person.key, person.name.clone());
        let shown = addressed(person);
        let before = self.shown.get(&who);
        if before.is_none() && self.shown.len() >= PEOPLE_MAX {
            return;
        }
        if let Some(before) = before.filter(|before| **before != shown) {
            completion.remove_name(before);
        }
        match because {
            Because::Here => completion.add_name(&shown),
            Because::Spoke => completion.use_name(&shown),
        }
        self.shown.insert(who, shown);
    }

    fn forget(&mut self, person: &Person, completion: &mut Completion) {
        let who = (person.key, person.name.clone());
        if let Some(shown) = self.shown.remove(&who) {
            completion.remove_name(&shown);
        }
    }

    fn note_guest(&mut self, name: Option<&str>, completion: &mut Completion) {
        let Some(name) = name else { return };
        let shown = format!("~{}", clean_name(name));
        self.guests.retain(|known| *known != shown);
        if self.guests.len() >= GUESTS_MAX
            && let Some(oldest) = self.guests.pop_front()
        {
            completion.remove_name(&oldest);
        }
        completion.use_name(&shown);
        self.guests.push_back(shown);
    }

    /// These are all who are here: a hub does not tell who leaves.
    fn replace(&mut self, names: &[String], completion: &mut Completion) {
        self.shown.retain(|(_, name), shown| {
            let is_here = names.iter().any(|there| **there == **name);
            if !is_here {
                completion.remove_name(shown);
            }
            is_here
        });
        for name in names {
            let person = Person::unproven(name.clone());
            self.note(&person, Because::Here, completion);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::{Content, Message};
    use crate::chat::trust::Standing;
    use std::net::{Ipv4Addr, SocketAddr};

    fn person(name: &str, number: u8, suffix: Option<&str>) -> Person {
        Person {
            name: name.into(),
            key: Some(Key([number; 32])),
            standing: match suffix {
                Some(_) => Standing::Namesake,
                None => Standing::First,
            },
            suffix: suffix.map(str::to_owned),
        }
    }

    fn entered(person: Person) -> News {
        News::Entered {
            person,
            was_here: false,
        }
    }

    /// The names that Tab knows after some news.
    fn names_after(all: &[News]) -> Vec<String> {
        let (mut names, mut completion) = (Names::default(), Completion::default());
        all.iter()
            .for_each(|news| names.follow(news, &mut completion));
        let candidates = completion.candidates("/x ");
        assert_eq!(candidates, None, "a text does not begin with everybody");
        let all = ["a", "b", "~"].map(|begun| completion.candidates(begun));
        let all = all.into_iter().flatten();
        all.flat_map(|candidates| candidates.words).collect()
    }

    #[test]
    fn those_who_are_here_are_completed_as_they_are_shown() {
        let ana = || person("ana", 1, None);
        let other = || person("ana", 2, Some("3f9c"));
        let longer = || person("ana", 2, Some("3f9c0112"));
        let left = |person| News::Left {
            person,
            with_farewell: true,
        };
        let says = |who| {
            let content = Content::Text("oi".into());
            News::Message(Message::local(1, who, content, 0))
        };
        for (all, expected) in [
            (
                &[entered(ana()), entered(other())][..],
                &["ana: ", "ana#3f9c: "][..],
            ),
            (
                &[entered(ana()), entered(other()), says(longer())],
                &["ana#3f9c0112: ", "ana: "],
            ),
            (
                &[entered(ana()), entered(other()), left(ana())],
                &["ana#3f9c: "],
            ),
            (&[entered(person("b\u{7}", 1, None))], &["b\u{2407}: "]),
        ] {
            assert_eq!(names_after(all), expected);
        }
    }

    #[test]
    fn guests_and_the_people_of_a_hub_come_and_go() {
        let says = |name: String| {
            News::Guest(Guest {
                name: Some(name),
                text: None,
                source: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
                wall_ms: 0,
            })
        };
        let guests: Vec<News> = (0..100).map(|n| says(format!("a{n}"))).collect();
        let completed = names_after(&guests);
        assert_eq!(
            completed
                .iter()
                .filter(|name| name.starts_with('a'))
                .count(),
            2 * GUESTS_MAX
        );
        assert_eq!(completed[0], "a99: ");
        let list = |names: &[&str]| {
            News::Hub(HubNews::List {
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                text: String::new(),
            })
        };
        assert_eq!(
            names_after(&[list(&["ana", "bia"]), list(&["bia"])]),
            ["bia: "]
        );
    }
}
