//! People who go by another name: whose it is, as when somebody enters with it.

use super::{Arrival, People};
use crate::chat::event::{News, Person};
use crate::chat::trust::{Standing, Tenure};
use crate::protocol::engine::event::NamedKey;
use crate::protocol::engine::roster::Roster;
use crate::protocol::message::Name;

impl People {
    /// Somebody who is here goes by another name.
    pub(in crate::chat) fn rename(
        &mut self,
        before: &NamedKey,
        who: NamedKey,
        roster: &Roster,
    ) -> Vec<News> {
        let person_before = self.person(before);
        self.leave(before, roster);
        self.note_here(&who);
        let was_here = false;
        let arrival = Arrival { who, was_here };
        let warnings = self.meet(&arrival);
        let renamed = News::Renamed {
            before: person_before,
            person: self.person(&arrival.who),
            is_own: false,
        };
        [renamed].into_iter().chain(warnings).collect()
    }

    /// This member goes by another name. Returns who it was, and whether the new name is that of
    /// somebody else who is here.
    pub(in crate::chat) fn rename_me(&mut self, name: Name, roster: &Roster) -> (Person, bool) {
        self.recent = None;
        let before = self.me();
        let old = std::mem::replace(&mut self.me.name, name);
        self.forget_here(&NamedKey {
            name: old,
            key: self.me.key,
        });
        let me = self.me.clone();
        self.trust.know(&me.name, me.key, Tenure::Kept);
        self.note_here(&me);
        let is_others = self.standing(&me) == Standing::Namesake;
        let mut others = super::persons(roster).filter(|who| who.key != me.key);
        let is_taken = is_others && others.any(|who| self.trust.are_alike(&who.name, &me.name));
        (before, is_taken)
    }

    /// This member as those see it who know somebody else by its name.
    pub(in crate::chat) fn me_suffixed(&self) -> Person {
        Person {
            suffix: Some(self.shortest_suffix(&self.me)),
            ..self.me()
        }
    }

    /// Nobody of this name and key is here any more.
    pub(super) fn forget_here(&mut self, who: &NamedKey) {
        let look = self.trust.look(&who.name);
        if let Some(alike) = self.here.get_mut(&look) {
            alike.remove(&who.key);
            if alike.is_empty() {
                self.here.remove(&look);
            }
        }
    }
}
