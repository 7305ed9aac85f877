//! Who is who: which person a name and a key are, who is meant by a typed name, and what of that
//! is to be remembered.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Config;
use super::archive::{Remembered, Request};
use super::event::{Failure, MemberState, News, Person};
use super::trust::{SUFFIX, Standing, Trust};
use crate::protocol::engine::event::NamedKey;
use crate::protocol::engine::roster::Roster;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Hexadecimal digits of a person's id behind the name of a namesake.
const SUFFIX_DIGITS: usize = 4;

/// Longest time that the news of somebody's arrival waits for the store, so that they are shown
/// under the name that is theirs.
const ARRIVAL_WAIT: Duration = Duration::from_secs(1);

/// The people of one room.
#[derive(Debug)]
pub(super) struct People {
    me: NamedKey,
    trust: Trust,
    memory: Memory,
    /// Names that somebody was the first to speak under and that nobody has entered with: they are
    /// not remembered beyond this session yet.
    unremembered: BTreeSet<Name>,
    /// Who entered before the store answered.
    arrivals: Vec<Arrival>,
    arrivals_until: Option<Duration>,
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

/// What a person or the store asks of the people.
#[derive(Debug)]
pub(super) enum PeopleCommand {
    /// The store has reported everybody who was met.
    Remember(Vec<Remembered>),
    /// The store remembers nothing from now on.
    Forget(String),
}

/// What the people part wants shown and remembered.
#[derive(Debug, Default)]
pub(super) struct PeopleEvents {
    pub(super) news: Vec<News>,
    pub(super) requests: Vec<Request>,
}

impl People {
    /// `memory` is [`Memory::Unread`] if the store will report who was met before.
    pub(super) fn new(me: NamedKey, memory: Memory) -> Self {
        let mut trust = Trust::default();
        trust.know(me.name.clone(), me.key);
        Self {
            me,
            trust,
            memory,
            unremembered: BTreeSet::new(),
            arrivals: Vec::new(),
            arrivals_until: None,
        }
    }

    /// This member's own person.
    pub(super) fn me(&self) -> Person {
        Person {
            name: self.me.name.to_string(),
            key: Some(self.me.key),
            standing: Standing::First,
        }
    }

    /// This member's own key.
    pub(super) fn my_key(&self) -> Key {
        self.me.key
    }

    /// Who somebody is. A name that belongs to nobody is theirs from now on.
    pub(super) fn person(&mut self, who: &NamedKey) -> Person {
        if self.memory != Memory::Unread && self.trust.meet(&who.name, &who.key) {
            self.unremembered.insert(who.name.clone());
        }
        self.known(who)
    }

    /// The same for the author of a message, of whom there are many.
    pub(super) fn author(&mut self, who: NamedKey) -> Person {
        if !self.trust.knows(&who.name) {
            return self.person(&who);
        }
        Person {
            standing: self.standing(&who),
            name: who.name.into(),
            key: Some(who.key),
        }
    }

    fn known(&self, who: &NamedKey) -> Person {
        Person {
            name: who.name.to_string(),
            key: Some(who.key),
            standing: self.standing(who),
        }
    }

    fn standing(&self, who: &NamedKey) -> Standing {
        match self.memory {
            Memory::Unread if who.key != self.me.key => Standing::Unknown,
            _ => self.trust.standing(&who.name, &who.key),
        }
    }

    /// Somebody has entered. While the store has not answered, the news of it waits.
    pub(super) fn enter(&mut self, now: Duration, arrival: Arrival) -> PeopleEvents {
        let mut events = PeopleEvents::default();
        if self.memory == Memory::Unread {
            self.arrivals_until.get_or_insert(now + ARRIVAL_WAIT);
            self.arrivals.push(arrival);
        } else {
            self.meet(&arrival.who, &mut events);
            events.news.push(self.entered(&arrival));
        }
        events
    }

    /// Warns of a namesake, and has somebody new remembered.
    fn meet(&mut self, who: &NamedKey, events: &mut PeopleEvents) {
        let was_heard = self.unremembered.remove(&who.name);
        let is_new = self.trust.meet(&who.name, &who.key) || was_heard;
        let person = self.known(who);
        match person.standing {
            Standing::Namesake => events.news.push(News::Namesake(person)),
            Standing::First if is_new && self.memory == Memory::Kept => {
                events.requests.push(Request::Meet {
                    name: who.name.clone(),
                    key: who.key,
                });
            }
            _ => {}
        }
    }

    /// The news of arrivals that waited. They are shown before anything else is, because it may
    /// be about one of them.
    pub(super) fn arrivals(&mut self) -> impl Iterator<Item = News> + use<> {
        self.arrivals_until = None;
        let arrivals = std::mem::take(&mut self.arrivals);
        let news: Vec<News> = arrivals
            .iter()
            .map(|arrival| self.entered(arrival))
            .collect();
        news.into_iter()
    }

    fn entered(&self, arrival: &Arrival) -> News {
        News::Entered {
            person: self.known(&arrival.who),
            was_here: arrival.was_here,
        }
    }

    /// When the news of arrivals is due.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.arrivals_until
    }

    /// Takes in what the store says.
    pub(super) fn handle(&mut self, command: PeopleCommand, roster: &Roster) -> PeopleEvents {
        let mut events = PeopleEvents::default();
        let was_unread = self.memory == Memory::Unread;
        match command {
            PeopleCommand::Remember(people) => {
                self.memory = Memory::Kept;
                for person in people
                    .into_iter()
                    .filter(|person| person.name != self.me.name)
                {
                    match person.is_verified {
                        true => self.trust.verify(person.name, person.key),
                        false => self.trust.know(person.name, person.key),
                    }
                }
            }
            PeopleCommand::Forget(why) => {
                self.memory = Memory::Passing;
                let failure = Failure::PeopleForgotten(why);
                events.news.push(News::Failed(failure));
            }
        }
        if was_unread {
            // Whoever entered meanwhile was not met yet.
            let here: Vec<NamedKey> = persons(roster).collect();
            here.iter().for_each(|who| self.meet(who, &mut events));
            events.news.extend(self.arrivals());
        }
        events
    }

    /// A person's code was compared: the name is theirs.
    pub(super) fn verify(&mut self, who: &NamedKey) -> (Person, Option<Request>) {
        self.trust.verify(who.name.clone(), who.key);
        let request = (self.memory == Memory::Kept).then(|| Request::Verify {
            name: who.name.clone(),
            key: who.key,
        });
        (self.known(who), request)
    }

    /// The one person here who is meant by a typed name.
    pub(super) fn called(&self, given: &str, roster: &Roster) -> Result<NamedKey, Failure> {
        let mut people: Vec<NamedKey> = Vec::new();
        for who in persons(roster) {
            let is_called = who.name.as_str() == given || with_suffix(&who) == given;
            if is_called && !people.contains(&who) {
                people.push(who);
            }
        }
        // With its suffix, a namesake is meant and nobody else.
        let exact: Vec<NamedKey> = people
            .iter()
            .filter(|who| self.shown(who) == given)
            .cloned()
            .collect();
        let persons = |people: &[NamedKey]| people.iter().map(|who| self.known(who)).collect();
        match (&people[..], &exact[..]) {
            ([], _) => Err(Failure::NobodyCalled(given.to_owned())),
            ([_], [who]) => Ok(who.clone()),
            (_, [who]) if self.known(who).standing == Standing::Namesake => Ok(who.clone()),
            _ if self.memory == Memory::Unread => Err(Failure::PeopleUnknown(given.to_owned())),
            _ => Err(Failure::SeveralCalled {
                given: given.to_owned(),
                people: persons(&people),
            }),
        }
    }

    /// The longest beginning of a text that somebody here is called, and what stands behind it:
    /// names may hold blanks.
    pub(super) fn split_name<'t>(&self, text: &'t str, roster: &Roster) -> (&'t str, &'t str) {
        let blanks = text.match_indices(char::is_whitespace).map(|(at, _)| at);
        let mut parts = blanks.filter_map(|at| text.split_at_checked(at));
        let first = parts.clone().next().unwrap_or((text, ""));
        let is_here = |(name, _): &(&str, &str)| {
            persons(roster).any(|who| who.name.as_str() == *name || with_suffix(&who) == *name)
        };
        let (name, rest) = parts.rfind(is_here).unwrap_or(first);
        (name, rest.trim())
    }

    /// Everybody who is here, this member first, the others by name.
    pub(super) fn members(&mut self, roster: &Roster) -> Vec<MemberState> {
        let mut others: Vec<MemberState> = Vec::new();
        for (_, member) in roster.others() {
            let person = self.known(&NamedKey {
                name: member.name.clone(),
                key: member.key,
            });
            let is_silent = member.is_silent;
            // Several sessions of one person are one.
            match others.iter_mut().find(|other| other.person == person) {
                Some(other) => other.is_silent &= is_silent,
                None => others.push(MemberState {
                    person,
                    is_own: false,
                    is_silent,
                }),
            }
        }
        others.sort_by(|one, other| {
            let order = |state: &MemberState| (state.person.name.clone(), state.person.key);
            order(one).cmp(&order(other))
        });
        let me = MemberState {
            person: self.me(),
            is_own: true,
            is_silent: false,
        };
        [me].into_iter().chain(others).collect()
    }

    /// The name by which somebody can be addressed.
    fn shown(&self, who: &NamedKey) -> String {
        match self.known(who).standing {
            Standing::Namesake | Standing::Unknown => with_suffix(who),
            Standing::First | Standing::Verified | Standing::Unproven | Standing::Nameless => {
                who.name.to_string()
            }
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

/// The hexadecimal digits that tell the persons of one name apart: the beginning of the person's
/// id.
#[must_use]
pub fn suffix(key: &Key) -> String {
    let mut digits = format!("{:016x}", key.short());
    digits.truncate(SUFFIX_DIGITS);
    digits
}

fn with_suffix(who: &NamedKey) -> String {
    format!("{}{SUFFIX}{}", who.name, suffix(&who.key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: &str, key: u8) -> NamedKey {
        NamedKey {
            name: Name::parse(name).unwrap(),
            key: Key([key; 32]),
        }
    }

    fn people(memory: Memory) -> People {
        People::new(who("ana", 1), memory)
    }

    /// Somebody who was not here before this member.
    fn newcomer(name: &str, key: u8) -> Arrival {
        Arrival {
            who: who(name, key),
            was_here: false,
        }
    }

    fn empty() -> Roster {
        let author = crate::protocol::wire::frame::Author {
            key: Key([1; 32]),
            short: Key([1; 32]).short(),
            session: 1,
            sequence: 0,
            clock: 0,
            flags: 0,
            grtt: 0,
            name: Name::parse("ana").unwrap(),
        };
        Roster::new(&author)
    }

    const NOW: Duration = Duration::from_secs(1);

    #[test]
    fn nobody_is_the_first_with_a_name_before_the_store_has_answered() {
        let mut people = people(Memory::Unread);
        assert_eq!(people.person(&who("bia", 2)).standing, Standing::Unknown);
        let events = people.enter(NOW, newcomer("bia", 2));
        assert!(events.news.is_empty() && events.requests.is_empty());
        assert_eq!(people.next_time(), Some(NOW + ARRIVAL_WAIT));
        let remembered = vec![Remembered {
            name: Name::parse("bia").unwrap(),
            key: Key([9; 32]),
            is_verified: true,
        }];
        let events = people.handle(PeopleCommand::Remember(remembered), &empty());
        let [News::Entered { person, .. }] = &events.news[..] else {
            panic!("{events:?}");
        };
        assert_eq!(person.standing, Standing::Namesake);
        assert_eq!(people.person(&who("bia", 9)).standing, Standing::Verified);
    }

    #[test]
    fn who_was_heard_before_entering_is_remembered_when_entering() {
        let mut people = people(Memory::Unread);
        people.handle(PeopleCommand::Remember(Vec::new()), &empty());
        assert_eq!(people.person(&who("bia", 2)).standing, Standing::First);
        let events = people.enter(NOW, newcomer("bia", 2));
        assert_eq!(events.requests.len(), 1);
        let events = people.enter(NOW, newcomer("bia", 2));
        assert_eq!(events.requests.len(), 0);
        let events = people.enter(NOW, newcomer("bia", 3));
        assert!(matches!(
            events.news[..],
            [News::Namesake(_), News::Entered { .. }]
        ));
        assert_eq!(events.requests.len(), 0);
    }

    #[test]
    fn a_store_that_fails_is_told_once_and_ends_the_waiting() {
        let mut people = people(Memory::Unread);
        people.enter(
            NOW,
            Arrival {
                was_here: true,
                ..newcomer("bia", 2)
            },
        );
        let failed = PeopleCommand::Forget("the disk is full".into());
        let events = people.handle(failed, &empty());
        assert!(matches!(
            events.news[..],
            [
                News::Failed(Failure::PeopleForgotten(_)),
                News::Entered { was_here: true, .. }
            ]
        ));
        assert_eq!(people.person(&who("bia", 2)).standing, Standing::First);
    }

    #[test]
    fn nothing_is_remembered_where_nothing_is_to_be() {
        let mut people = people(Memory::Passing);
        let events = people.enter(NOW, newcomer("bia", 2));
        assert_eq!((events.news.len(), events.requests.len()), (1, 0));
        assert_eq!(people.verify(&who("bia", 2)).1, None);
    }
}
