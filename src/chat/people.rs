//! Who is who: which person a name and a key are, who is meant by a typed name, and what of that
//! is to be remembered.

mod author;
mod learning;
mod listing;
mod renaming;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use self::author::RecentAuthor;
use super::Config;
use super::archive::{Remembered, Request};
use super::event::{Failure, News, Person};
use super::ignoring::Ignoring;
use super::suffix;
use super::trust::{NAMES_MAX, Standing, Tenure, Trust};
use crate::protocol::engine::event::NamedKey;
use crate::protocol::engine::roster::Roster;
use crate::protocol::lookalike::clean_name;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Longest time that the news of somebody's arrival waits for the store, so that they are shown by
/// the name that is theirs.
const ARRIVAL_WAIT: Duration = Duration::from_secs(1);

/// Most people who are noted as having spoken before the store has answered.
const SPEAKERS_MAX: usize = 4096;

/// The people of one room.
#[derive(Debug)]
pub(super) struct People {
    me: NamedKey,
    /// Whether this member is no person, but keeps what is said.
    is_keeper: bool,
    trust: Trust,
    memory: Memory,
    /// The digits of everybody who is here, by what their names look like, so that suffixes tell
    /// them apart.
    here: BTreeMap<String, BTreeMap<Key, String>>,
    /// Who spoke before the store has answered.
    speakers: Vec<NamedKey>,
    /// Who entered before the store has answered.
    arrivals: Vec<Arrival>,
    arrivals_until: Option<Duration>,
    /// Which of those who entered before the store has answered were here before this member.
    earlier: BTreeSet<NamedKey>,
    /// Looks of names of which it was said that several people have them.
    warned: BTreeSet<String>,
    /// How far the comparison of codes is with whom.
    compared: BTreeMap<Key, Comparison>,
    /// What the store is to be asked.
    requests: Vec<Request>,
    /// The author of the newest message: whoever talks mostly says several things in a row.
    recent: Option<RecentAuthor>,
    /// Of whom nothing is shown.
    pub(super) ignoring: Ignoring,
}

/// Whether it is known who was met before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// The store has not answered yet. Until then nobody is the first with a name.
    Unread,
    /// It has answered, and remembers.
    Kept,
    /// Nothing is remembered beyond this session.
    Passing,
}

impl Memory {
    pub(super) fn of(config: &Config) -> Self {
        match config.is_remembered {
            true => Self::Unread,
            false => Self::Passing,
        }
    }
}

/// Somebody who has entered.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) who: NamedKey,
    /// Whether they probably were here before this member.
    pub(super) was_here: bool,
}

/// How far the comparison of two codes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    /// The code was shown.
    Shown,
    /// It was asked whether both screens show the same.
    Asked,
}

/// What the store says.
#[derive(Debug)]
pub(super) enum PeopleCommand {
    /// Everybody who was met.
    Remember(Vec<Remembered>),
    /// It remembers nothing from now on.
    Forget(String),
}

impl People {
    /// `memory` is [`Memory::Unread`] if the store will report who was met before.
    pub(super) fn new(me: NamedKey, memory: Memory) -> Self {
        let mut trust = Trust::default();
        trust.know(&me.name, me.key, Tenure::Kept);
        let mut people = Self {
            me: me.clone(),
            is_keeper: false,
            trust,
            memory,
            here: BTreeMap::new(),
            speakers: Vec::new(),
            arrivals: Vec::new(),
            arrivals_until: None,
            earlier: BTreeSet::new(),
            warned: BTreeSet::new(),
            compared: BTreeMap::new(),
            requests: Vec::new(),
            recent: None,
            ignoring: Ignoring::default(),
        };
        people.note_here(&me);
        people
    }

    /// This member is no person, but keeps what is said.
    pub(super) fn keep_for_others(&mut self) {
        self.is_keeper = true;
    }

    /// This member's own person.
    pub(super) fn me(&self) -> Person {
        Person {
            name: self.me.name.clone().into(),
            key: Some(self.me.key),
            standing: Standing::First,
            suffix: None,
        }
    }

    /// This member's own name and key.
    pub(super) fn my_name(&self) -> NamedKey {
        self.me.clone()
    }

    /// This member's own key.
    pub(super) fn my_key(&self) -> Key {
        self.me.key
    }

    /// Whether what is known of people outlasts this session.
    pub(super) fn is_kept(&self) -> bool {
        self.memory != Memory::Passing
    }

    /// Who somebody is.
    pub(super) fn person(&self, who: &NamedKey) -> Person {
        let standing = self.standing(who);
        Person {
            name: who.name.clone().into(),
            key: Some(who.key),
            suffix: self.suffix(who, standing),
            standing,
        }
    }

    fn keep(&mut self, who: &NamedKey) {
        if self.trust.keep(&who.name, &who.key) && self.memory == Memory::Kept {
            self.requests.push(Request::Meet {
                name: who.name.clone(),
                key: who.key,
            });
        }
    }

    fn standing(&self, who: &NamedKey) -> Standing {
        match self.memory {
            Memory::Unread if who.key != self.me.key => Standing::Unknown,
            _ => self.trust.standing(&who.name, &who.key),
        }
    }

    /// What tells somebody from others of the name, where the name alone does not.
    fn suffix(&self, who: &NamedKey, standing: Standing) -> Option<String> {
        match standing {
            Standing::Namesake | Standing::Unknown => Some(self.shortest_suffix(who)),
            _ => None,
        }
    }

    fn shortest_suffix(&self, who: &NamedKey) -> String {
        let alike = self.here.get(&self.trust.look(&who.name));
        let own = alike.and_then(|alike| alike.get(&who.key)).cloned();
        let alike = alike.into_iter().flat_map(BTreeMap::values);
        suffix::shortest(
            own.unwrap_or_else(|| suffix::digits(&who.key)),
            alike.map(String::as_str),
        )
    }

    /// Somebody has entered. While the store has not answered, the news of it waits.
    pub(super) fn enter(&mut self, now: Duration, arrival: Arrival) -> Vec<News> {
        self.recent = None;
        self.note_here(&arrival.who);
        if self.memory == Memory::Unread {
            self.arrivals_until.get_or_insert(now + ARRIVAL_WAIT);
            if arrival.was_here {
                self.earlier.insert(arrival.who.clone());
            }
            self.arrivals.push(arrival);
            return Vec::new();
        }
        let mut news = self.meet(&arrival);
        news.push(self.entered(&arrival));
        news
    }

    fn entered(&self, arrival: &Arrival) -> News {
        News::Entered {
            person: self.person(&arrival.who),
            was_here: arrival.was_here,
        }
    }

    /// Somebody has left.
    pub(super) fn leave(&mut self, who: &NamedKey, roster: &Roster) {
        self.recent = None;
        if persons(roster).any(|other| other == *who) {
            // Another session of theirs is here.
            return;
        }
        self.trust.leave(&who.name, &who.key);
        self.forget_here(who);
    }

    fn note_here(&mut self, who: &NamedKey) {
        let alike = self.here.entry(self.trust.look(&who.name)).or_default();
        alike.entry(who.key).or_insert_with_key(suffix::digits);
    }

    /// Gives somebody their name, or warns that it is somebody else's: once for each name, for
    /// thirty people may share a login.
    fn meet(&mut self, arrival: &Arrival) -> Vec<News> {
        let who = &arrival.who;
        self.trust.meet(&who.name, &who.key);
        if self.standing(who) != Standing::Namesake || !self.is_first_warning(who) {
            return Vec::new();
        }
        let is_like_mine = self.trust.are_alike(&who.name, &self.me.name);
        if is_like_mine && arrival.was_here && who.key != self.me.key {
            return vec![News::NameTaken(self.me_suffixed())];
        }
        vec![News::Namesake(self.person(who))]
    }

    /// Whether nobody was warned of a name yet. When very many were, it begins again.
    fn is_first_warning(&mut self, who: &NamedKey) -> bool {
        if self.warned.len() >= NAMES_MAX {
            self.warned.clear();
        }
        self.warned.insert(self.trust.look(&who.name))
    }

    /// The news of arrivals that waited. They wait no longer than something else is shown, for it
    /// may be about one of them.
    pub(super) fn arrivals(&mut self) -> impl Iterator<Item = News> + use<> {
        self.arrivals_until = None;
        let arrivals = std::mem::take(&mut self.arrivals);
        let news: Vec<News> = arrivals
            .iter()
            .map(|arrival| self.entered(arrival))
            .collect();
        news.into_iter()
    }

    /// When the news of arrivals is due.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.arrivals_until
    }

    /// What the store is to be asked.
    pub(super) fn requests(&mut self) -> impl Iterator<Item = Request> + use<> {
        std::mem::take(&mut self.requests).into_iter()
    }

    /// Takes in what the store says.
    pub(super) fn handle(&mut self, command: PeopleCommand, roster: &Roster) -> Vec<News> {
        self.recent = None;
        let was_unread = self.memory == Memory::Unread;
        let mut news = Vec::new();
        match command {
            PeopleCommand::Remember(people) => {
                self.memory = Memory::Kept;
                for person in people {
                    let tenure = match person.is_verified {
                        true => Tenure::Verified,
                        false => Tenure::Kept,
                    };
                    // This member's own name is its own here, unless somebody else's was verified.
                    if person.is_verified || person.name != self.me.name {
                        self.trust.know(&person.name, person.key, tenure);
                    }
                }
            }
            PeopleCommand::Forget(why) => {
                self.memory = Memory::Passing;
                news.push(News::Failed(Failure::PeopleForgotten(why)));
            }
        }
        if was_unread {
            let speakers = std::mem::take(&mut self.speakers);
            speakers.iter().for_each(|who| self.keep(who));
            // Whoever entered meanwhile was not met yet.
            let here: Vec<Arrival> = persons(roster)
                .map(|who| Arrival {
                    was_here: self.earlier.contains(&who),
                    who,
                })
                .collect();
            self.earlier.clear();
            for arrival in &here {
                news.extend(self.meet(arrival));
            }
            news.extend(self.arrivals());
        }
        news
    }

    /// The code of somebody is shown.
    pub(super) fn show_code(&mut self, who: &NamedKey) {
        self.compared.insert(who.key, Comparison::Shown);
    }

    /// A person's codes are said to be equal: asked once whether that is so, then the name is
    /// theirs.
    pub(super) fn verify(&mut self, who: &NamedKey) -> News {
        self.recent = None;
        match self.compared.get(&who.key) {
            None => return News::Failed(Failure::NotCompared(self.person(who))),
            Some(Comparison::Shown) => {
                self.compared.insert(who.key, Comparison::Asked);
                return News::VerifyAsked(self.person(who));
            }
            Some(Comparison::Asked) => {}
        }
        self.compared.remove(&who.key);
        self.trust.know(&who.name, who.key, Tenure::Verified);
        if self.memory == Memory::Kept {
            self.requests.push(Request::Verify {
                name: who.name.clone(),
                key: who.key,
            });
        }
        News::Verified(self.person(who))
    }

    /// A person's codes were not compared after all.
    pub(super) fn unverify(&mut self, who: &NamedKey) -> News {
        self.recent = None;
        if self.standing(who) != Standing::Verified {
            return News::Failed(Failure::NotVerified(self.person(who)));
        }
        self.trust.unverify(&who.name, &who.key);
        if self.memory == Memory::Kept {
            self.requests.push(Request::Unverify { key: who.key });
        }
        News::Unverified(self.person(who))
    }

    /// The one person here who is meant by a typed name: whose the name is, or who has the typed
    /// suffix. Everybody can be named by suffix.
    pub(super) fn called(&self, typed: &str, roster: &Roster) -> Result<NamedKey, Failure> {
        let given = Name::parse(typed).map_or_else(|_| typed.to_owned(), String::from);
        let mut people: Vec<NamedKey> = Vec::new();
        let in_reach = roster.in_reach().map(|(_, member)| member.named_key());
        for who in in_reach {
            if !people.contains(&who) {
                people.push(who);
            }
        }
        if let Some((name, digits)) = suffix::split(&given) {
            // A name that cannot be typed is typed as it is shown, or left off.
            let is_named = |who: &NamedKey| {
                let own = who.name.as_str();
                own == name || clean_name(own) == name || name.is_empty()
            };
            let is_meant = |who: &&NamedKey| is_named(who) && suffix::is_of(digits, &who.key);
            let meant: Vec<&NamedKey> = people.iter().filter(is_meant).collect();
            match meant[..] {
                [] => {}
                [who] => return Ok(who.clone()),
                _ => return Err(self.several(typed, meant)),
            }
        }
        let mut called: Vec<&NamedKey> = people
            .iter()
            .filter(|who| who.name.as_str() == given)
            .collect();
        if called.is_empty() {
            let folded = given.to_lowercase();
            let is_called = |who: &&NamedKey| who.name.as_str().to_lowercase() == folded;
            called = people.iter().filter(is_called).collect();
        }
        let owns =
            |who: &&&NamedKey| matches!(self.standing(who), Standing::First | Standing::Verified);
        let owners: Vec<&NamedKey> = called.iter().filter(owns).copied().collect();
        match (&called[..], &owners[..]) {
            ([], _) => Err(Failure::NobodyCalled(typed.to_owned())),
            (_, [owner]) => Ok((*owner).clone()),
            _ if self.memory == Memory::Unread => Err(Failure::PeopleUnknown(typed.to_owned())),
            _ => Err(self.several(typed, called)),
        }
    }

    /// That a typed name may mean any of some people.
    pub(super) fn several(&self, given: &str, people: Vec<&NamedKey>) -> Failure {
        let with_suffix = |who: &NamedKey| Person {
            suffix: Some(self.shortest_suffix(who)),
            ..self.person(who)
        };
        Failure::SeveralCalled {
            given: given.to_owned(),
            people: people.into_iter().map(with_suffix).collect(),
        }
    }
}

/// Everybody else who is here, once for each session.
fn persons(roster: &Roster) -> impl Iterator<Item = NamedKey> {
    roster.others().map(|(_, member)| NamedKey {
        name: member.name.clone(),
        key: member.key,
    })
}

#[cfg(test)]
mod tests;
