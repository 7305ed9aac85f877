//! A room under attack. The honest members meet, then talk while the insider acts; one leaves, one
//! comes, and in rough weather frames are lost, one member is cut off for a while and one restarts.
//! Then there is peace, in which all must be well. All of it follows from a seed and the acts.

use std::sync::Arc;
use std::time::Duration;

use super::act::{Act, To};
use super::check::Checks;
use super::cost::{self, Meter};
use super::craft::{Honest, Insider, View};
use super::file::GivenFile;
use super::filming;
use super::outcome::Outcome;
use crate::chat::command::{Command, Leave};
use crate::protocol::engine::event::GuestName;
use crate::protocol::engine::roster::ME;
use crate::protocol::gate::Work;
use crate::protocol::message::{Name, NameFault};
use crate::sim::World;
use crate::sim::link::Faults;

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

/// Time after which everybody sees what is offered, once there is peace.
const SEEN: Duration = Duration::from_secs(12);

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

/// A room under attack.
pub struct Room<'a> {
    trial: Trial,
    pub(super) world: World,
    insider: Insider,
    honest: Vec<Honest>,
    file: Option<GivenFile>,
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
        world.with_host();
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
        let file = GivenFile::give(&mut world, trial.seed);
        filming::begin(&mut world, &trial);
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
            file,
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
            filming::end(&mut self.world);
            self.take_file();
            self.world.set_faults(Faults::NONE);
            self.world.separate(|_| 0);
        } else if self.is_in_peace(past, SEEN) {
            self.take_file();
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
        let span = self.trial.span;
        let percent = |percent: u32| span * percent / 100;
        let is_due = |due: Duration| past <= due && due < past + STEP;
        let (leaver, newcomer) = (self.trial.leaver(), self.trial.newcomer());
        if is_due(percent(50)) {
            self.world.amend(EDITED, EDITED, Some("changed"));
            self.world.amend(DELETED, DELETED, None);
        }
        if is_due(percent(30))
            && let Some(file) = &self.file
        {
            file.take_first(&mut self.world, &self.trial);
        }
        if is_due(percent(80)) {
            self.take_file();
        }
        if is_due(percent(10)) {
            match self.trial.seed % 2 {
                0 => self.world.ask(leaver, Command::Leave(Leave::Signal)),
                _ => self.world.kill(leaver),
            }
        }
        if is_due(percent(40)) {
            let number = self.world.join(NAMES.last().copied().unwrap_or_default())?;
            self.world.watch(number);
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

    /// Whether it has been peaceful for this long.
    fn is_in_peace(&self, past: Duration, time: Duration) -> bool {
        let due = self.trial.span + time;
        past <= due && due < past + STEP
    }

    /// Those who want the file and lack it ask for it.
    fn take_file(&mut self) {
        if let Some(file) = &self.file {
            file.take_again(&mut self.world, &self.trial);
        }
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
                given: self.file.as_ref().map(GivenFile::record),
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
        if let Some(file) = &self.file {
            let findings = file.check(&self.world, &self.trial);
            self.outcome.findings.extend(findings);
        }
        let filmed = filming::check(&self.world, &self.trial, self.began);
        self.outcome.findings.extend(filmed);
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
