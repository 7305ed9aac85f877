//! Who is on the list: those who are here, and those at other sites who spoke lately or were named.

use super::{People, suffix};
use crate::chat::event::{MemberState, Person, Place};
use crate::protocol::engine::event::NamedKey;
use crate::protocol::engine::member::Member;
use crate::protocol::engine::roster::Roster;
use crate::protocol::lookalike::Looks;

impl People {
    /// Everybody who is here, this member first, the others by name; then those beyond, who spoke
    /// lately or were named.
    pub(in crate::chat) fn members(&self, roster: &Roster) -> Vec<MemberState> {
        let mut others: Vec<MemberState> = Vec::new();
        for (_, member) in roster.others() {
            let person = self.person(&named(member));
            let is_silent = member.is_silent;
            let is_keeper = member.is_keeper() && !member.is_bridge();
            // Several sessions of one person are one.
            match others.iter_mut().find(|other| other.person == person) {
                Some(other) => {
                    other.is_silent &= is_silent;
                    other.is_keeper &= is_keeper;
                    other.is_bridge &= member.is_bridge();
                }
                None => others.push(MemberState {
                    is_silent,
                    is_ignored: self.ignoring.has(Some(&member.key)),
                    is_keeper,
                    is_bridge: member.is_bridge(),
                    ..MemberState::here(person)
                }),
            }
        }
        others.sort_by(by_name);
        let mut far = self.far(roster);
        far.retain(|it| others.iter().all(|other| other.person != it.person));
        let me = MemberState {
            is_own: true,
            is_keeper: self.is_keeper,
            ..MemberState::here(self.me())
        };
        [me].into_iter().chain(others).chain(far).collect()
    }

    /// Those beyond, who spoke lately or were named, by name.
    fn far(&self, roster: &Roster) -> Vec<MemberState> {
        let mut far: Vec<MemberState> = Vec::new();
        for (_, member) in roster.far() {
            let person = self.person(&named(member));
            if far.iter().all(|other| other.person != person) {
                far.push(MemberState {
                    is_ignored: self.ignoring.has(Some(&member.key)),
                    place: Place::beyond(member.site()),
                    ..MemberState::here(person)
                });
            }
        }
        far.sort_by(by_name);
        far
    }

    /// Those of the members whose name looks like a typed one, or who has the typed suffix.
    pub(in crate::chat) fn alike(
        &self,
        typed: &str,
        mut members: Vec<MemberState>,
    ) -> Vec<MemberState> {
        let (name, digits) = suffix::split(typed).unwrap_or((typed, ""));
        let looks = [Looks::of(typed), Looks::of(name)];
        members.retain(|member| {
            let person = &member.person;
            let own = Looks::of(&person.name);
            let has_digits = person.key.is_some_and(|key| suffix::is_of(digits, &key));
            own.is_like(&looks[0]) || own.is_like(&looks[1]) && has_digits
        });
        members
    }
}

fn named(member: &Member) -> NamedKey {
    NamedKey {
        name: member.name.clone(),
        key: member.key,
    }
}

fn by_name(one: &MemberState, other: &MemberState) -> std::cmp::Ordering {
    let order = |person: &Person| (person.name.clone(), person.key);
    order(&one.person).cmp(&order(&other.person))
}
