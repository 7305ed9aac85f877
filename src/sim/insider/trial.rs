//! A room under attack. The honest members meet, then talk while the insider acts; one leaves, one
//! comes, and in rough weather frames are lost, one member is cut off for a while and one restarts.
//! Then there is peace, in which all must be well. All of it follows from a seed and the acts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::act::{Act, To};
use super::check::{Checks, Finding, Kind};
use super::cost::{self, Meter};
use super::craft::{Honest, Insider, View};
use crate::chat::command::{Command, Leave};
use crate::protocol::engine::config::{ANSWERED_LEAST_BYTES, ANSWERED_TO_ALL};
use crate::protocol::engine::event::GuestName;
use crate::protocol::engine::roster::ME;
use crate::protocol::gate::Work;
use crate::protocol::message::{Name, NameFault};
use crate::sim::link::Faults;
use crate::sim::{PULLED, World};

/// The names of the honest members; the last one comes during the attack.
const NAMES: [&str; 8] = ["ana", "bia", "caio", "davi", "enzo", "fabi", "gil", "nadia"];

/// Time between two looks at what members were told, and at the script.
const STEP: Duration = Duration::from_millis(10);

/// Time for the members to meet, and to say a first line each.
const MEETING: Duration = Duration::from_secs(16);

/// Time between two lines of honest members.
const LINE_EVERY_MS: u64 = 500;

/// Each of so many lines is said by a guest of the member whose turn it is…
const GUEST_SAYS_EVERY: u64 = 7;
/// …who is called this.
const GUEST: &str = "rui";

/// The member that restarts in rough weather.
const RESTARTER: usize = 1;

/// The member that is a keeper, if there is one.
const KEEPER: usize = 3;

/// The member that changes the first line of its own, and the one that withdraws it. The lines
/// have the numbers of their authors.
pub(super) const EDITED: usize = 0;
/// See [`EDITED`].
pub(super) const DELETED: usize = 2;

/// Time to mend.
const PEACE: Duration = Duration::from_secs(30);

/// Bytes around each datagram on the network, which count as the insider's.
const WRAPPING_BYTES: u64 = 42;

/// What the network does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Nothing is lost.
    Calm,
    /// Loss, a partition, and a member that restarts.
    Rough,
}

/// What outlives the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Nothing.
    Nothing,
    /// The members have archives, from which one that restarts remembers, and a keeper is there.
    Archives,
}

/// The conditions of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The seed of the network and of the honest members.
    pub seed: u64,
    /// How many members there are before the attack, 3 to 7.
    pub honest: u8,
    /// How long it lasts.
    pub span: Duration,
    /// What the insider may send, in bits per second; with headers.
    pub bits_per_s: u64,
    /// See [`Weather`].
    pub weather: Weather,
    /// See [`Keeping`].
    pub keeping: Keeping,
}

/// What an attack did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What must not have been.
    pub findings: Vec<Finding>,
    /// The most bytes that each member sent within 60 seconds, by the type byte of the frames.
    pub sent: Vec<BTreeMap<u8, u64>>,
    /// The most bytes by which the memory of all members grew together, by the caller's meter.
    pub grown_bytes: u64,
    /// The most bytes of frames that a member held.
    pub held_bytes: usize,
    /// The most members that a member knew of.
    pub known: usize,
    /// How many datagrams the insider sent.
    pub datagrams: u64,
    /// How many bytes these were, without headers.
    pub put_bytes: u64,
    /// What each member did about what came, since the attack began.
    pub work: Vec<Work>,
    /// The most frames that each member sent within 60 seconds, but those that somebody pulled.
    pub frames: Vec<u64>,
    /// How often each member did something by itself, without a datagram.
    pub wakes: Vec<u64>,
}

/// A room under attack.
pub struct Room<'a> {
    trial: Trial,
    pub(super) world: World,
    insider: Insider,
    honest: Vec<Honest>,
    checks: Checks,
    acts: &'a [Act],
    /// When the attack begins.
    began: Duration,
    /// What the insider may still send.
    budget_bytes: u64,
    budget_at: Duration,
    lines: u64,
    meters: Vec<Meter>,
    /// What the meters showed when the attack began.
    before: Vec<Work>,
    outcome: Outcome,
}

impl Trial {
    /// Runs the attack. `meter` says how many bytes this thread has in use.
    ///
    /// # Errors
    /// None: the names are names.
    pub fn run(&self, acts: &[Act], meter: &dyn Fn() -> u64) -> Result<Outcome, NameFault> {
        let mut room = Room::new(*self, acts)?;
        let before = meter();
        let end = room.began + self.span + PEACE;
        while room.world.now() < end {
            room.step()?;
            let grown = meter().saturating_sub(before);
            room.outcome.grown_bytes = room.outcome.grown_bytes.max(grown);
        }
        room.finish();
        Ok(room.outcome)
    }

    /// The honest member that leaves.
    fn leaver(&self) -> usize {
        usize::from(self.honest) - 1
    }

    /// Whether a member leaves or restarts.
    pub(super) fn is_interrupted(&self, number: usize) -> bool {
        number == self.leaver() || (self.weather == Weather::Rough && number == RESTARTER)
    }

    /// Whether a member is the keeper, which says nothing and stays.
    pub(super) fn is_keeper(&self, number: usize) -> bool {
        self.keeping == Keeping::Archives && number == KEEPER
    }

    /// The member that comes.
    pub(super) fn newcomer(&self) -> usize {
        usize::from(self.honest)
    }
}

impl<'a> Room<'a> {
    fn new(trial: Trial, acts: &'a [Act]) -> Result<Self, NameFault> {
        let mut world = World::new(trial.seed, Faults::NONE);
        let insider = Insider::new(world.seal().clone(), world.wall_ms());
        insider.keys().for_each(|key| world.admit(key));
        world.tap();
        if trial.keeping == Keeping::Archives {
            world.archive_all();
        }
        for (number, name) in NAMES.iter().take(trial.honest.into()).enumerate() {
            match trial.is_keeper(number) {
                true => world.join_keeper(name)?,
                false => world.join(name)?,
            };
            world.run(STEP);
        }
        world.run(MEETING);
        let people = 0..usize::from(trial.honest);
        for number in people.filter(|number| !trial.is_keeper(*number)) {
            world.say(number);
            world.run(5 * STEP);
        }
        world.run(Duration::from_secs(2));
        if trial.weather == Weather::Rough {
            world.set_faults(Faults::losing(0.05));
        }
        let began = world.now();
        let mut meters = Vec::new();
        cost::read(&mut meters, &world);
        Ok(Self {
            trial,
            insider,
            honest: Vec::new(),
            checks: Checks::new(&world, trial, began),
            acts,
            began,
            budget_bytes: 0,
            budget_at: began,
            lines: 0,
            before: cost::counted(&meters),
            meters,
            outcome: Outcome::default(),
            world,
        })
    }

    /// Lets a little time pass.
    fn step(&mut self) -> Result<(), NameFault> {
        let past = self.world.now() - self.began;
        self.overhear();
        if past < self.trial.span {
            self.follow_script(past)?;
            self.attack(past);
        } else if past < self.trial.span + STEP {
            self.checks.meet_insiders(&mut self.world);
            self.world.set_faults(Faults::NONE);
            self.world.separate(|_| 0);
        }
        self.world.run(STEP);
        self.checks.look(&self.world);
        self.measure();
        Ok(())
    }

    /// The insider hears what goes to the group and to its addresses.
    fn overhear(&mut self) {
        let tapped = self.world.tapped();
        self.world.tap();
        tapped
            .iter()
            .for_each(|heard| self.insider.hear(heard, None));
        for (to, heard) in self.world.strays() {
            self.insider.hear(&heard, Some(to));
        }
    }

    /// What the honest members do.
    fn follow_script(&mut self, past: Duration) -> Result<(), NameFault> {
        let percent = |percent: u32| self.trial.span * percent / 100;
        let is_due = |due: Duration| past <= due && due < past + STEP;
        let (leaver, newcomer) = (self.trial.leaver(), self.trial.newcomer());
        if is_due(percent(50)) {
            self.world.amend(EDITED, EDITED, Some("changed"));
            self.world.amend(DELETED, DELETED, None);
        }
        if is_due(percent(10)) {
            match self.trial.seed % 2 {
                0 => self.world.ask(leaver, Command::Leave(Leave::Signal)),
                _ => self.world.kill(leaver),
            }
        }
        if is_due(percent(40)) {
            self.world.join(NAMES.last().copied().unwrap_or_default())?;
        }
        if self.trial.weather == Weather::Rough {
            if is_due(percent(20)) {
                self.world.separate(|number| u8::from(number == 0));
            }
            if is_due(percent(35)) {
                self.world.separate(|_| 0);
            }
            if is_due(percent(60)) {
                self.world.kill(RESTARTER);
            }
            if is_due(percent(70)) {
                self.world.start(RESTARTER)?;
            }
        }
        if is_due(Duration::from_millis(LINE_EVERY_MS * (self.lines + 1))) {
            self.lines += 1;
            let speakers = [0, 1, 2, newcomer];
            let turn = self.lines as usize % speakers.len();
            let speaker = speakers.get(turn).copied().unwrap_or(0);
            let is_here = self.world.node(speaker).is_some() && speaker != leaver;
            let speaker = if is_here { speaker } else { 0 };
            match self.lines % GUEST_SAYS_EVERY {
                0 => {
                    let name = Name::parse(GUEST)?;
                    let guest = GuestName { number: 1, name };
                    self.world.say_as_guest(speaker, &guest, "")
                }
                _ => self.world.say(speaker),
            };
        }
        Ok(())
    }

    /// What the insider does, as far as its line carries it.
    fn attack(&mut self, past: Duration) {
        let due = |act: &Act| Duration::from_millis(act.at_ms.into()) < past + STEP;
        let count = self.acts.partition_point(due);
        let (now, acts) = self.acts.split_at(count);
        self.acts = acts;
        self.refill();
        if now.is_empty() {
            return;
        }
        self.know_honest();
        for act in now {
            let view = View {
                honest: &self.honest,
                wall_ms: self.world.wall_ms(),
            };
            let (from, datagrams) = self.insider.craft(act, &view);
            for datagram in datagrams {
                let cost = datagram.len() as u64 + WRAPPING_BYTES;
                let Some(rest) = self.budget_bytes.checked_sub(cost) else {
                    break;
                };
                self.budget_bytes = rest;
                self.outcome.datagrams += 1;
                self.outcome.put_bytes += datagram.len() as u64;
                self.put(from, act.to, &datagram);
            }
        }
    }

    fn put(&mut self, from: core::net::SocketAddr, to: To, datagram: &Arc<[u8]>) {
        for number in 0..self.world.size() {
            let is_reached = match to {
                To::All => true,
                To::One(one) => usize::from(one) % self.world.size() == number,
                To::Some(members) => (members >> (number % 8)) & 1 == 1,
            };
            if is_reached {
                self.world.inject_to(number, from, datagram);
            }
        }
    }

    /// A quarter of a second's worth may leave at once.
    fn refill(&mut self) {
        let now = self.world.now();
        let per_s = self.trial.bits_per_s / 8;
        let passed = now.saturating_sub(self.budget_at);
        self.budget_at = now;
        let more = (per_s as f64 * passed.as_secs_f64()) as u64;
        self.budget_bytes = (self.budget_bytes + more).min(per_s / 4);
    }

    /// Learns who is in the room; those who are not any more are remembered as they were.
    fn know_honest(&mut self) {
        for number in 0..self.world.size() {
            let Some(node) = self.world.node(number) else {
                continue;
            };
            let (Some(me), Some(address)) = (node.roster().get(ME), self.world.address(number))
            else {
                continue;
            };
            let honest = Honest {
                key: me.key,
                session: me.session,
                name: me.name.to_string(),
                address,
                newest: node.newest(),
            };
            match self.honest.get_mut(number) {
                Some(known) => *known = honest,
                None => self.honest.push(honest),
            }
        }
    }

    fn measure(&mut self) {
        cost::read(&mut self.meters, &self.world);
        let nodes = (0..self.world.size()).filter_map(|number| self.world.node(number));
        for node in nodes {
            let outcome = &mut self.outcome;
            outcome.held_bytes = outcome.held_bytes.max(node.held_bytes());
            outcome.known = outcome.known.max(node.roster().known());
        }
    }

    /// Looks at everything once more, now that there was peace.
    fn finish(&mut self) {
        self.checks.finish(&mut self.world);
        self.outcome.findings = self.checks.take_findings();
        cost::read(&mut self.meters, &self.world);
        self.outcome.work = cost::since(&self.meters, &self.before);
        let (from_s, to_s) = (self.began.as_secs(), self.world.now().as_secs());
        for number in 0..self.world.size() {
            let sent = self.world.sent(number);
            let windows = (from_s..to_s).filter_map(|s| Some(sent?.between(s, s + 60)));
            let most = windows.max_by_key(|by_type| by_type.values().sum::<u64>());
            self.outcome.sent.push(most.unwrap_or_default());
            let frames = cost::most_frames(&self.world, number, (from_s, to_s));
            self.outcome.frames.push(frames);
            self.outcome.wakes.push(self.world.wakes(number));
        }
    }
}

impl Outcome {
    /// What a member may send within 60 seconds to those who catch up and have shown where they
    /// are. An insider at twenty addresses cannot be told from twenty newcomers, each of whom
    /// needs the history once.
    fn pulled_max(&self) -> u64 {
        let history = self.held_bytes.saturating_add(ANSWERED_LEAST_BYTES) as f64;
        // At once, and what is there again within that time; and headers.
        (2.0 * ANSWERED_TO_ALL * history * 1.2) as u64
    }

    /// All that is wrong, given the same run without an attack: also what it cost.
    #[must_use]
    pub fn judged_by(&self, peaceful: &Self) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        for (number, by_type) in self.sent.iter().enumerate() {
            let usual = peaceful.sent.get(number).map_or((0, 0), split);
            let sent = split(by_type);
            let most = SENT_FLOOR_BYTES.max(usual.0 * SENT_TIMES);
            if sent.0 > most || sent.1 > self.pulled_max() {
                let text =
                    format!("{number} sent {sent:?} bytes in 60 s, usually {usual:?}: {by_type:?}");
                findings.push(Finding::new(Kind::Sending, text));
            }
        }
        if self.held_bytes > HELD_MAX_BYTES {
            let text = format!("{} bytes of frames are held", self.held_bytes);
            findings.push(Finding::new(Kind::Memory, text));
        }
        findings.extend(cost::judge(self, peaceful));
        let members = self.sent.len() as u64;
        if self.grown_bytes > GROWN_MAX_BYTES * members {
            let text = format!("{members} members grew by {} bytes", self.grown_bytes);
            findings.push(Finding::new(Kind::Memory, text));
        }
        findings
    }
}

/// Bytes sent to all or unasked, and of what was sent to one member who asked for it.
fn split(by_type: &BTreeMap<u8, u64>) -> (u64, u64) {
    let pulled = by_type.get(&PULLED).copied().unwrap_or(0);
    (by_type.values().sum::<u64>() - pulled, pulled)
}

/// What a member may send within 60 seconds at least: 20 kbit/s.
const SENT_FLOOR_BYTES: u64 = 20_000 / 8 * 60;

/// How many times as much as without an attack.
const SENT_TIMES: u64 = 4;

/// Most bytes of frames that a member may hold: its history, what is held back, and a window of its
/// own.
const HELD_MAX_BYTES: usize = 20 << 20;

/// Most bytes by which the memory of a member may grow.
const GROWN_MAX_BYTES: u64 = 48 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_attack_costs_is_compared_with_the_same_run_without_it() {
        let sent = |bytes| BTreeMap::from([(1, bytes)]);
        let peaceful = Outcome {
            sent: [100_000, 1000].map(sent).into(),
            ..Outcome::default()
        };
        let kinds = |outcome: &Outcome| -> Vec<Kind> {
            let findings = outcome.judged_by(&peaceful);
            findings.iter().map(|finding| finding.kind).collect()
        };
        let mut attacked = Outcome {
            sent: [400_000, 150_000].map(sent).into(),
            ..Outcome::default()
        };
        assert_eq!(kinds(&attacked), []);
        attacked.sent = [400_001, 150_001].map(sent).into();
        assert_eq!(kinds(&attacked), [Kind::Sending, Kind::Sending]);
        attacked.sent = [BTreeMap::from([(PULLED, 200_000)])].into();
        assert_eq!(kinds(&attacked), [Kind::Sending]);
        attacked.held_bytes = 100_000;
        assert_eq!(kinds(&attacked), [], "a few newcomers ask for that");
        attacked.sent.clear();
        attacked.held_bytes = HELD_MAX_BYTES + 1;
        attacked.grown_bytes = GROWN_MAX_BYTES + 1;
        assert_eq!(kinds(&attacked), [Kind::Memory, Kind::Memory]);
    }
}
