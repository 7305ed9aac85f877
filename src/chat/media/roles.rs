//! Who may decide for all in a room with a host, and what holds of what they decided. The host is
//! whoever has the key that the invitation names; it appoints others. Pure: the decisions are
//! records of the reliable group, which everybody has in one order.
//!
//! ```text
//! appointed, dismissed            by the host alone; of several, the last counts
//! muted, unmuted, given the word  by the host and whoever is appointed: the last one about a
//!                                 person or about everybody counts, whoever made it
//! ```
//!
//! What somebody decided before being appointed, or was dismissed for, does not count. Nobody who
//! may decide can be muted. A decision about speaking holds for twelve hours, so that what was
//! muted in a lesson is not muted in the next one; an appointment for as long as records are kept.
//! What holds does not depend on the order in which decisions arrive.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::config::HISTORY_AGE;
use crate::protocol::engine::event::{MessageId, NamedKey, RoleDelivery};
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;
pub use crate::protocol::wire::frame::role::Decision;
use crate::protocol::wire::frame::role::RoleRecord;

/// How long nobody is heard because of one decision: longer than a day of lessons.
const HOLDS: Duration = Duration::from_secs(12 * 3600);

/// Most decisions that are remembered, one for each author and person. Those of people who may
/// decide nothing are forgotten first.
const DECISIONS_MAX: usize = 1024;

/// Most people whom a host appoints.
pub(super) const MODERATORS_MAX: usize = 16;

/// What somebody may decide here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing.
    #[default]
    Member,
    /// Who is muted, and who has the word.
    Moderator,
    /// That, and who else may.
    Host,
}

/// What a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// What a person may decide.
    Role(Key),
    /// Whether a person is heard and seen; `None` stands for everybody.
    Speech(Option<Key>),
}

/// The last decision of somebody about something.
#[derive(Clone, Debug)]
struct Decided {
    id: MessageId,
    /// What its author was called then.
    by: Name,
    /// What the author called the person.
    of: Option<Name>,
    decision: Decision,
}

/// A decision that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Holding {
    id: MessageId,
    decision: Decision,
    by: NamedKey,
    of: Option<Name>,
}

/// An appointment that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Appointed {
    id: MessageId,
    name: Name,
}

/// A decision that has just been made, and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ruling {
    pub(super) by: NamedKey,
    /// About whom; `None` stands for everybody.
    pub(super) of: Option<NamedKey>,
    pub(super) decision: Decision,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Roles {
    host: Option<Key>,
    /// What the host was called last.
    host_name: Option<Name>,
    decisions: BTreeMap<(Key, About), Decided>,
    /// What holds of all that, until something changes it or its time is over.
    moderators: BTreeMap<Key, Appointed>,
    speech: BTreeMap<Option<Key>, Holding>,
    ends_ms: Option<u64>,
    /// Whether what holds has changed since it was told.
    is_news: bool,
}

impl Roles {
    /// Of a room whose invitation names this host.
    pub(super) fn new(host: Option<Key>) -> Self {
        Self {
            host,
            ..Self::default()
        }
    }

    /// The host's key; `None` where a room has none.
    pub(super) fn host(&self) -> Option<&Key> {
        self.host.as_ref()
    }

    /// The host, as it was called last.
    pub(super) fn host_named(&self) -> Option<NamedKey> {
        Some(NamedKey {
            name: self.host_name.clone()?,
            key: self.host?,
        })
    }

    /// Takes in what the host is called.
    pub(super) fn meet_host(&mut self, name: Name) {
        self.host_name = Some(name);
    }

    /// What somebody may decide now.
    pub(super) fn role(&self, key: &Key) -> Role {
        if self.host.as_ref() == Some(key) {
            return Role::Host;
        }
        match self.moderators.contains_key(key) {
            true => Role::Moderator,
            false => Role::Member,
        }
    }

    /// Those whom the host has appointed.
    pub(super) fn moderators(&self) -> Vec<NamedKey> {
        let named = |(key, it): (&Key, &Appointed)| NamedKey {
            name: it.name.clone(),
            key: *key,
        };
        self.moderators.iter().map(named).collect()
    }

    /// Who mutes somebody for all now, if anybody does.
    pub(super) fn muted_by(&self, key: &Key) -> Option<&NamedKey> {
        if self.speech.is_empty() || self.role(key) != Role::Member {
            return None;
        }
        let (of_all, of_one) = (self.speech.get(&None), self.speech.get(&Some(*key)));
        let last = of_all.into_iter().chain(of_one).max_by_key(|it| it.id);
        last.filter(|it| it.decision == Decision::Muted)
            .map(|it| &it.by)
    }

    /// Whether all are muted.
    pub(super) fn are_all_muted(&self) -> bool {
        let of_all = self.speech.get(&None);
        of_all.is_some_and(|it| it.decision == Decision::Muted)
    }

    /// Those about whom alone something was decided last, and whether they are muted. Nobody who is
    /// heard like everybody is among them.
    pub(super) fn exceptions(&self) -> (Vec<NamedKey>, Vec<NamedKey>) {
        let all = self.speech.get(&None).map(|it| it.id);
        let of_one = self.speech.iter().filter_map(|(key, it)| {
            let key = (*key)?;
            let counts = self.role(&key) == Role::Member && all.is_none_or(|all| all < it.id);
            let name = it.of.clone().filter(|_| counts)?;
            Some((NamedKey { name, key }, it.decision))
        });
        let (mut muted, mut heard) = (Vec::new(), Vec::new());
        for (who, decision) in of_one {
            match decision {
                Decision::Muted => muted.push(who),
                _ if self.are_all_muted() => heard.push(who),
                _ => {}
            }
        }
        (muted, heard)
    }

    /// Somebody whom a decision names as typed, and who may have left.
    pub(super) fn called(&self, typed: &str) -> Option<NamedKey> {
        let (muted, heard) = self.exceptions();
        let mut all = self.moderators().into_iter().chain(muted).chain(heard);
        all.find(|who| who.name.as_str() == typed)
    }

    /// Takes in a decision; returns it if it counts and is the last about its matter.
    pub(super) fn hear(&mut self, clock_now_ms: u64, heard: RoleDelivery) -> Option<Ruling> {
        let host = self.host?;
        let RoleDelivery { id, who, role, .. } = heard;
        let (about, of, decision) = match role {
            RoleRecord::AllMuted => (About::Speech(None), None, Decision::Muted),
            RoleRecord::AllUnmuted => (About::Speech(None), None, Decision::Unmuted),
            RoleRecord::Person {
                key,
                name,
                decision,
            } => {
                let about = match decision {
                    Decision::Dismissed | Decision::Appointed => About::Role(key),
                    _ => About::Speech(Some(key)),
                };
                (about, Some(NamedKey { name, key }), decision)
            }
        };
        let is_about_host = of.as_ref().is_some_and(|of| of.key == host);
        let is_refused = matches!(about, About::Role(_)) && who.key != host;
        if is_about_host || is_refused {
            return None;
        }
        if who.key == host {
            self.host_name = Some(who.name.clone());
        }
        let decided = Decided {
            id,
            by: who.name.clone(),
            of: of.as_ref().map(|of| of.name.clone()),
            decision,
        };
        let place = (who.key, about);
        if self.decisions.get(&place).is_some_and(|it| it.id >= id) {
            return None;
        }
        self.decisions.insert(place, decided);
        self.settle(clock_now_ms);
        self.forget_most();
        let counts = match about {
            About::Role(key) => {
                self.moderators.contains_key(&key) == (decision == Decision::Appointed)
            }
            About::Speech(key) => {
                let last = self.speech.get(&key);
                last.is_some_and(|it| it.id == id) && is_newer_than_all(&self.speech, id, key)
            }
        };
        self.is_news |= counts;
        counts.then_some(Ruling {
            by: who,
            of,
            decision,
        })
    }

    /// Finds what holds now, if that may be something else than before.
    pub(super) fn on_time(&mut self, clock_now_ms: u64) {
        if self.ends_ms.is_some_and(|ends| ends <= clock_now_ms) {
            self.settle(clock_now_ms);
            self.is_news = true;
        }
    }

    /// Whether what holds is to be told, because it has changed.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.is_news)
    }

    fn settle(&mut self, clock_now_ms: u64) {
        self.moderators.clear();
        self.speech.clear();
        let mut first_end: Option<u64> = None;
        let mut still_holds = |decided: &Decided, holds: Duration| {
            let ends_ms = clock_ms(decided.id.position.clock) + holds.as_millis() as u64;
            let still_holds = ends_ms > clock_now_ms;
            if still_holds {
                first_end = Some(first_end.map_or(ends_ms, |first| first.min(ends_ms)));
            }
            still_holds
        };
        for ((_, about), decided) in &self.decisions {
            if let (About::Role(key), Some(of)) = (about, &decided.of)
                && decided.decision == Decision::Appointed
                && still_holds(decided, HISTORY_AGE)
            {
                let (id, name) = (decided.id, of.clone());
                self.moderators.insert(*key, Appointed { id, name });
            }
        }
        for ((by, about), decided) in &self.decisions {
            let About::Speech(of) = about else { continue };
            if !self.may_decide(by, decided.id) || !still_holds(decided, HOLDS) {
                continue;
            }
            let holding = Holding {
                id: decided.id,
                decision: decided.decision,
                by: NamedKey {
                    name: decided.by.clone(),
                    key: *by,
                },
                of: decided.of.clone(),
            };
            let last = self.speech.entry(*of).or_insert_with(|| holding.clone());
            if last.id < holding.id {
                *last = holding;
            }
        }
        self.ends_ms = first_end;
    }

    /// Whether what somebody decides there counts.
    fn may_decide(&self, key: &Key, id: MessageId) -> bool {
        let appointed = || self.moderators.get(key);
        self.host.as_ref() == Some(key) || appointed().is_some_and(|it| it.id < id)
    }

    /// Forgets the oldest decision while there are too many: first of those that do not count.
    fn forget_most(&mut self) {
        while self.decisions.len() > DECISIONS_MAX {
            let least = self.decisions.iter().min_by_key(|((by, _), it)| {
                let counts = self.may_decide(by, it.id);
                (counts, it.id)
            });
            let Some(place) = least.map(|(place, _)| *place) else {
                return;
            };
            self.decisions.remove(&place);
        }
    }
}

/// Whether a decision comes behind the last one about everybody.
fn is_newer_than_all(
    speech: &BTreeMap<Option<Key>, Holding>,
    id: MessageId,
    about: Option<Key>,
) -> bool {
    let of_all = speech.get(&None).filter(|_| about.is_some());
    of_all.is_none_or(|all| all.id < id)
}

#[cfg(test)]
mod tests;
