//! What must hold in a room under attack, as far as a pretend network can tell. The numbers are
//! those of the list of what must always hold.
//!
//! ```text
//! Order, Slow, Lost     1, 4  a line reaches everybody within 3 s, in order, once, and is kept as
//!                             its author said it
//! Memory, Sending,      2     bounded, also against the same run without an attack
//! Work
//! Ghost, Absent         3     nobody who is gone appears, and nobody who is here is refused
//! History               4     a latecomer has everything within 20 s
//! Name, Unreachable     5     names are marked; private words reach the addressee
//! Claim, Late           6     gone, missing, undelivered, equivocating, late: only if it is so
//! Newcomer              7     is known within 5 s
//! Role                        only the host, and whom it appoints, decide for all
//! File                        whoever takes a file has it in the end, as it was given
//! Call                        nothing is played as somebody's that is not, and pictures arrive
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::trial::{DELETED, EDITED, Trial, Weather};
use crate::chat::command::Command;
use crate::chat::event::{Id, News, Person};
use crate::chat::media::MediaEvent;
use crate::protocol::engine::event::Version;
use crate::protocol::wire::frame::Key;
use crate::sim::World;

/// A line reaches everybody within this time.
const LINE: Duration = Duration::from_secs(3);
/// A newcomer is known within this time.
const KNOWN: Duration = Duration::from_secs(5);
/// A newcomer has what was said before within this time.
const HISTORY: Duration = Duration::from_secs(20);
/// Somebody who stopped this long ago does not appear any more.
const GONE: Duration = Duration::from_secs(7);

/// What `ana` tells `bia` alone when the attack ends, and after the peace.
const SECRETS: [&str; 2] = ["a senha e 1", "a senha e 2"];

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Shown twice, out of order, in another's name, or never said.
    Order,
    /// Not shown within the time for a line.
    Slow,
    /// Not shown at all, though there was peace afterwards.
    Lost,
    /// A latecomer lacks what was said before.
    History,
    /// Somebody who is gone appears.
    Ghost,
    /// Somebody who is here is not on another's list.
    Absent,
    /// Somebody who has just come is not known.
    Newcomer,
    /// Something is claimed that is not so.
    Claim,
    /// A line is marked as late that was not, because it was held back.
    Late,
    /// A name that looks like another is not marked, or the other is.
    Name,
    /// A private word does not reach whom the bare name means.
    Unreachable,
    /// A member fell over.
    Panic,
    /// Too much memory.
    Memory,
    /// Too much sent.
    Sending,
    /// Too many signatures checked, bytes opened, or frames sent.
    Work,
    /// Somebody who takes a file does not get it.
    File,
    /// What somebody decides who may not is told as if it counted.
    Role,
    /// A picture is played that nobody captured, or too few are.
    Call,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Which kind.
    pub kind: Kind,
    /// What exactly.
    pub text: String,
}

impl Finding {
    /// A finding.
    #[must_use]
    pub fn new(kind: Kind, text: String) -> Self {
        Self { kind, text }
    }
}

/// Looks at a run while it goes on.
#[derive(Debug)]
pub struct Checks {
    trial: Trial,
    began: Duration,
    findings: BTreeSet<Finding>,
    /// How many events of each member were looked at.
    seen: BTreeMap<usize, usize>,
    /// Since when each member has not run.
    stopped_at: BTreeMap<usize, Duration>,
    /// Who stopped at least once since the attack began.
    interrupted: BTreeSet<usize>,
    newcomer_at: Option<Duration>,
    is_newcomer_checked: bool,
    is_history_checked: bool,
}

impl Checks {
    /// Checks of a run that begins now.
    #[must_use]
    pub fn new(world: &World, trial: Trial, began: Duration) -> Self {
        let members = 0..world.size();
        Self {
            trial,
            began,
            findings: BTreeSet::new(),
            seen: members
                .map(|member| (member, world.told(member).len()))
                .collect(),
            stopped_at: BTreeMap::new(),
            interrupted: BTreeSet::new(),
            newcomer_at: None,
            is_newcomer_checked: false,
            is_history_checked: false,
        }
    }

    /// All that was found.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings).into_iter().collect()
    }

    fn find(&mut self, kind: Kind, text: String) {
        self.findings.insert(Finding { kind, text });
    }

    fn is_calm(&self) -> bool {
        self.trial.weather == Weather::Calm
    }

    /// Whether a member was there before the attack and all the time since.
    fn is_steady(&self, number: usize) -> bool {
        number < self.trial.newcomer()
            && !self.trial.is_interrupted(number)
            && !self.interrupted.contains(&number)
    }

    /// All of these.
    fn steady(&self, world: &World) -> Vec<usize> {
        let members = 0..world.size();
        members.filter(|number| self.is_steady(*number)).collect()
    }

    /// Looks at what was told since the last look.
    pub fn look(&mut self, world: &World) {
        let now = world.now();
        for number in 0..world.size() {
            if world.node(number).is_some() {
                self.stopped_at.remove(&number);
            } else {
                self.stopped_at.entry(number).or_insert(now);
                self.interrupted.insert(number);
            }
            let told = world.told(number);
            let seen = self.seen.insert(number, told.len()).unwrap_or(0);
            // Who restarts begins anew.
            let fresh = told.get(seen..).unwrap_or(told);
            fresh
                .iter()
                .for_each(|news| self.judge(world, number, news));
        }
        if world.size() > self.trial.newcomer() {
            let came = *self.newcomer_at.get_or_insert(now);
            if now >= came + KNOWN && !self.is_newcomer_checked {
                self.is_newcomer_checked = true;
                if self.is_calm() {
                    self.check_roster(world, Kind::Newcomer);
                }
            }
            if now >= came + HISTORY && !self.is_history_checked {
                self.is_history_checked = true;
                if self.is_calm() {
                    self.check_history(world, came);
                }
            }
        }
    }

    fn judge(&mut self, world: &World, number: usize, news: &News) {
        let host = |person: &Person| honest(world, person.key?);
        let claim = match news {
            News::Entered { person, .. } | News::Back(person) => {
                let gone = host(person).and_then(|host| self.stopped_at.get(&host));
                if gone.is_some_and(|at| world.now() > *at + GONE) {
                    let text = format!("{number} was told that {} is here", person.name);
                    self.find(Kind::Ghost, text);
                }
                return;
            }
            News::Left { person, .. } => host(person).filter(|host| self.is_steady(*host)),
            News::Equivocation(person) => host(person),
            News::Silent(person) => {
                host(person).filter(|host| self.is_calm() && self.is_steady(*host))
            }
            News::Gap { person, .. } => host(person).filter(|_| self.is_calm()),
            News::Namesake(person) => {
                host(person).filter(|host| self.is_steady(*host) && self.is_steady(number))
            }
            News::Edited(edited) => {
                return self.judge_change(world, number, &edited.who, edited.id);
            }
            News::Deleted(deleted) => {
                return self.judge_change(world, number, &deleted.who, deleted.id);
            }
            News::Media(event) if matches!(**event, MediaEvent::Decided(_)) => {
                let text = format!("{number} was told {event:?}");
                return self.find(Kind::Role, text);
            }
            News::NameTaken(_) => Some(number).filter(|_| self.is_steady(number)),
            News::Delivered(told) if self.is_calm() => {
                let mut waiting = told.waiting.iter().filter_map(host);
                waiting.find(|host| self.is_steady(*host))
            }
            News::Failed(_) if self.is_calm() => Some(number),
            _ => None,
        };
        if let Some(about) = claim {
            let text = format!("{number} was told about {about}: {news:?}");
            self.find(Kind::Claim, text);
        }
    }

    /// Which message is changed by its author, and to what, if it is one of these.
    fn is_changed_by_author(world: &World, id: Id, is_edited: bool) -> bool {
        let message = if is_edited { EDITED } else { DELETED };
        world.ledger().id(message) == Some(id)
    }

    /// Nobody changes anything but what was said by the same.
    fn judge_change(&mut self, world: &World, number: usize, who: &Person, id: Id) {
        let Id::Group(message) = id else { return };
        let is_its_own = who
            .key
            .is_some_and(|key| key.short() == message.position.short);
        let is_honest = who.key.is_some_and(|key| honest(world, key).is_some());
        let is_meant =
            [true, false].map(|is_edited| Self::is_changed_by_author(world, id, is_edited));
        if is_honest && is_meant == [false; 2] || !is_its_own {
            let text = format!("{number} was told that {} changed {id:?}", who.name);
            self.find(Kind::Order, text);
        }
    }

    /// What honest members said is as they said it.
    fn check_forms(&mut self, world: &World) {
        for number in 0..world.size() {
            let Some(node) = world.node(number) else {
                continue;
            };
            for said in node.history(usize::MAX) {
                let is_honest = honest(world, said.who.key).is_some();
                let id = Id::Group(said.id);
                let is_right = match said.version {
                    Version::Original => [true, false]
                        .iter()
                        .all(|it| !Self::is_changed_by_author(world, id, *it)),
                    Version::Edited(_) => Self::is_changed_by_author(world, id, true),
                    Version::Deleted => Self::is_changed_by_author(world, id, false),
                };
                if is_honest && !is_right {
                    let text = format!("{number} holds {:?} of {}", said.version, said.who.name);
                    self.find(Kind::Order, text);
                }
            }
        }
    }

    /// Everybody who runs must know everybody who runs.
    fn check_roster(&mut self, world: &World, kind: Kind) {
        for number in 0..world.size() {
            let Some(node) = world.node(number) else {
                continue;
            };
            let known: BTreeSet<Key> = node.roster().others().map(|(_, m)| m.key).collect();
            let others = (0..world.size()).filter(|other| *other != number);
            for other in others.filter(|other| world.node(*other).is_some()) {
                if world.key(other).is_none_or(|key| !known.contains(&key)) {
                    self.find(kind, format!("{number} does not know that {other} is here"));
                }
            }
        }
    }

    fn check_history(&mut self, world: &World, came: Duration) {
        let (ledger, newcomer) = (world.ledger(), self.trial.newcomer());
        for message in 0..ledger.messages() {
            let Some((_, said_at)) = ledger.origin(message) else {
                continue;
            };
            if said_at < came && !ledger.has(newcomer, message) {
                self.find(Kind::History, format!("{newcomer} lacks {message}"));
            }
        }
    }

    /// Tries what must work while the insider's identities are still here.
    pub fn meet_insiders(&mut self, world: &mut World) {
        self.check_names(world);
        say_secret(world, SECRETS[0]);
    }

    /// Looks at the end, and tries what must work then.
    pub fn finish(&mut self, world: &mut World) {
        self.check_roster(world, Kind::Absent);
        if let Some(came) = self.newcomer_at {
            self.check_history(world, came);
        }
        self.check_lines(world);
        self.check_forms(world);
        self.check_archives(world);
        self.check_names(world);
        say_secret(world, SECRETS[1]);
        world.run(LINE);
        for secret in SECRETS {
            let is_secret = |news: &News| match news {
                News::Message(message) => message.is_private && message.text() == secret,
                _ => false,
            };
            if !world.told(1).iter().any(is_secret) {
                let told = world.told(0).last();
                let text = format!("bia did not get {secret:?}, ana was told {told:?}");
                self.find(Kind::Unreachable, text);
            }
        }
    }

    fn check_lines(&mut self, world: &World) {
        let ledger = world.ledger();
        for text in ledger.findings() {
            self.find(Kind::Order, text.clone());
        }
        for (message, number) in ledger.missing() {
            self.find(Kind::Lost, format!("{number} was not shown {message}"));
        }
        if !self.is_calm() {
            return;
        }
        for message in 0..ledger.messages() {
            let Some((author, said_at)) = ledger.origin(message).filter(|o| o.1 >= self.began)
            else {
                continue;
            };
            for number in (0..world.size()).filter(|n| world.node(*n).is_some()) {
                let shown_at = ledger.shown_at(number, message);
                if shown_at.is_some_and(|at| at > said_at + LINE)
                    && (self.is_steady(number)
                        || self.newcomer_at.is_some_and(|came| said_at > came + KNOWN))
                {
                    let took = shown_at.unwrap_or_default() - said_at;
                    let text = format!("{number} was shown {message} of {author} after {took:?}");
                    self.find(Kind::Slow, text);
                }
            }
        }
        for number in self.steady(world) {
            let late = ledger.late(number);
            if late > 0 {
                self.find(
                    Kind::Late,
                    format!("{number} was shown {late} lines as late"),
                );
            }
        }
    }

    /// What a member was shown is in its archive, once.
    fn check_archives(&mut self, world: &World) {
        for number in self.steady(world) {
            let Some(archive) = world.archive(number) else {
                continue;
            };
            let texts = archive.entries().map(|entry| entry.text.as_str());
            let kept: Vec<&str> = texts.filter_map(|text| text.split(' ').next()).collect();
            for message in 0..world.ledger().messages() {
                let text = message.to_string();
                let count = kept.iter().filter(|kept| **kept == text).count();
                if world.ledger().has(number, message) && count == 0 {
                    let text = format!("{number} was shown {message} and has not kept it");
                    self.find(Kind::Lost, text);
                }
            }
        }
    }

    /// A member that was there first has its name for itself, and nobody else has it unmarked.
    fn check_names(&mut self, world: &mut World) {
        for number in self.steady(world) {
            if world.node(number).is_none() {
                continue;
            }
            let before = world.told(number).len();
            world.ask(number, Command::Who(None));
            let told = world.told(number).get(before..).unwrap_or_default();
            let members = told.iter().find_map(|news| match news {
                News::Members(members) => Some(members.clone()),
                _ => None,
            });
            for person in members.unwrap_or_default().into_iter().map(|it| it.person) {
                let bare = person.name.trim_end_matches('\u{200b}');
                let host = person.key.and_then(|key| honest(world, key));
                let resembles = (0..world.size()).find(|host| world.name(*host) == Some(bare));
                let is_right = match (host, resembles) {
                    (Some(host), _) => person.suffix.is_none() || !self.is_steady(host),
                    (None, Some(host)) => person.suffix.is_some() || !self.is_steady(host),
                    (None, None) => true,
                };
                if !is_right {
                    self.find(Kind::Name, format!("{number} sees {person:?}"));
                }
            }
        }
    }
}

/// Says something to one person by the bare name.
fn say_secret(world: &mut World, secret: &str) {
    let command = Command::SayTo {
        to: "bia".to_owned(),
        text: secret.to_owned(),
    };
    world.ask(0, command);
}

/// The honest member with this key.
fn honest(world: &World, key: Key) -> Option<usize> {
    (0..world.size()).find(|number| world.key(*number) == Some(key))
}
