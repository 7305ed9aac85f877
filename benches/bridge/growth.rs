//! What a room of many sites costs, for the table in `benches/README.md`:
//! `cargo bench --bench simulation -- sites`, and `… sites 100` with a smaller first site. All
//! bridges are real; the networks behind them hold a stand-in for their members, but for the first
//! one's, because members cost the link nothing. What a bridge puts on the link depends little on
//! how many there are: rows that say so come of the formula, with the values of the most bridges.

use std::time::Duration;

use roda::chat::command::Command;
use roda::protocol::wire::frame::Kind;
use roda::sim::World;
use roda::sim::link::Faults;
use roda::sim::sites::Sites;

const SECOND: Duration = Duration::from_secs(1);

/// How long the bridges have time to meet, nobody speaks then, and how many lines are said at last,
/// one a second.
const MEET_S: u32 = 120;
const IDLE_S: u32 = 60;
const LINES: u32 = 60;

/// Members of a large site, and of one that is measured with many bridges.
const MANY: usize = 1000;
const FEW: usize = 20;

/// How many sites are measured, and how many the formula is asked for.
const MEASURED: [usize; 4] = [2, 4, 8, 16];
const BY_FORMULA: [usize; 2] = [100, 1000];

/// Datagrams and their bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    messages: f64,
    bytes: f64,
}

impl Cost {
    /// This, and another one so many times.
    fn plus(self, other: Self, times: f64) -> Self {
        Self {
            messages: self.messages + times * other.messages,
            bytes: self.bytes + times * other.bytes,
        }
    }

    fn times(self, times: f64) -> Self {
        Self::default().plus(self, times)
    }
}

/// What is counted in a second, or of a line.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// What everybody at the first site hears.
    home: Cost,
    /// Of these, the frames with a signature.
    home_checks: f64,
    /// What all bridges put on the link for all others.
    group: Cost,
    /// What they put on the link for one.
    single: Cost,
}

impl Counted {
    /// This, and another one so many times.
    fn plus(self, other: Self, times: f64) -> Self {
        Self {
            home: self.home.plus(other.home, times),
            home_checks: self.home_checks + times * other.home_checks,
            group: self.group.plus(other.group, times),
            single: self.single.plus(other.single, times),
        }
    }

    fn times(self, times: f64) -> Self {
        Self::default().plus(self, times)
    }
}

/// Silence and a line, with a number of sites.
#[derive(Clone, Copy)]
struct Measured {
    sites: usize,
    idle: Counted,
    line: Counted,
}

/// Prints the table.
pub(crate) fn print(many: Option<usize>) {
    let many = many.unwrap_or(MANY);
    println!("| sites, first of | | messages | bytes | signature checks |");
    println!("|---|---|---|---|---|");
    let few = MEASURED.map(|sites| measure(FEW, sites));
    for measured in few {
        rows(&format!("{}, {FEW}", measured.sites), measured);
    }
    let large = measure(many, 2);
    rows(&format!("2, {many}"), large);
    let [first, .., last] = few;
    for sites in BY_FORMULA {
        let measured = formula(sites, large, first, last);
        rows(&format!("{sites}, {many}, by formula"), measured);
    }
}

/// Each further site costs the large one what it costs a small one; on the link, each bridge costs
/// what it costs among the most that were measured.
fn formula(sites: usize, large: Measured, first: Measured, last: Measured) -> Measured {
    let further = (sites - large.sites) as f64 / (last.sites - first.sites) as f64;
    let grown = |large: Counted, first: Counted, last: Counted| {
        let grown = large.plus(last.plus(first, -1.0), further);
        (grown.home, grown.home_checks)
    };
    let per_bridge = sites as f64 / last.sites as f64;
    let mut idle = last.idle.times(per_bridge);
    let mut line = last.line;
    (idle.home, idle.home_checks) = grown(large.idle, first.idle, last.idle);
    (line.home, line.home_checks) = (large.line.home, large.line.home_checks);
    Measured { sites, idle, line }
}

fn rows(label: &str, measured: Measured) {
    let Measured { sites, idle, line } = measured;
    let (count, others) = (sites as f64, sites as f64 - 1.0);
    for (what, counted) in [("idle, a second", idle), ("a line", line)] {
        let Counted {
            home,
            home_checks,
            group,
            single,
        } = counted;
        row(
            label,
            &format!("{what}: a member hears"),
            home,
            Some(home_checks),
        );
        // The frames of the others, and its share of what is for one.
        let heard = group.times(others / count).plus(single, 1.0 / count);
        let checks = home_checks + heard.messages;
        row(
            label,
            &format!("{what}: a bridge hears from the server"),
            heard,
            Some(checks),
        );
        let received = group.plus(single, 1.0);
        row(
            label,
            &format!("{what}: the server receives"),
            received,
            None,
        );
        let sent = group.times(others).plus(single, 1.0);
        row(label, &format!("{what}: the server sends"), sent, None);
    }
}

fn row(label: &str, what: &str, cost: Cost, checks: Option<f64>) {
    let checks = checks.map_or("0".to_owned(), |checks| format!("{checks:.1}"));
    let Cost { messages, bytes } = cost;
    println!("| {label} | {what} | {messages:.1} | {bytes:.0} | {checks} |");
}

fn measure(members: usize, count: usize) -> Measured {
    let worlds = (0..count).map(|site| met(site as u64 + 1, if site == 0 { members } else { 1 }));
    let mut sites = Sites::of(worlds.collect(), count as u64);
    for site in 0..count {
        sites.bridge(site, &format!("site{site}")).unwrap();
    }
    sites.run(MEET_S * SECOND);
    let idle = counted(&mut sites, members, |sites| sites.run(IDLE_S * SECOND));
    let idle = idle.times(1.0 / f64::from(IDLE_S));
    let talk = counted(&mut sites, members, |sites| {
        for line in 0..LINES {
            let member = line as usize * 7 % members;
            sites.worlds[0].ask(member, Command::Say(format!("line {line}")));
            sites.run(SECOND);
        }
    });
    // A line a second, and with it a second.
    let line = talk.times(1.0 / f64::from(LINES)).plus(idle, -1.0);
    Measured {
        sites: count,
        idle,
        line,
    }
}

fn met(seed: u64, members: usize) -> World {
    let mut world = World::new(seed, Faults::NONE);
    for number in 0..members {
        world.join(&format!("m{seed}-{number}")).unwrap();
        world.run(SECOND / 50);
    }
    let interval = SECOND.mul_f64(members as f64 / 10.0);
    world.run(3 * interval.clamp(5 * SECOND, 60 * SECOND));
    world
}

/// What is counted while something happens.
fn counted(sites: &mut Sites, members: usize, happens: impl FnOnce(&mut Sites)) -> Counted {
    let before = at_home(&sites.worlds[0], members);
    sites.record();
    happens(sites);
    let (mut group, mut single) = (Cost::default(), Cost::default());
    for frame in sites.recorded() {
        // Bridges compare what they hold two and two.
        let is_for_one = matches!(Kind::of(frame), Some(Kind::Sync | Kind::Status));
        let to = if is_for_one { &mut single } else { &mut group };
        to.messages += 1.0;
        to.bytes += frame.len() as f64;
    }
    let link = Counted {
        group,
        single,
        ..Counted::default()
    };
    at_home(&sites.worlds[0], members)
        .plus(before, -1.0)
        .plus(link, 1.0)
}

/// What everybody at a site has heard by now.
fn at_home(world: &World, members: usize) -> Counted {
    let mut counted = Counted::default();
    // The bridge is the host behind the members.
    for host in 0..=members {
        let frames = world.frames(host).unwrap();
        for (kind, frames) in frames.between(0, world.now().as_secs() + 1) {
            counted.home.messages += frames as f64;
            // Plain copies have no signature, nor have NACKs.
            if kind != 0 && kind != Kind::Nack as u8 {
                counted.home_checks += frames as f64;
            }
        }
    }
    counted.home.bytes = world.received_bytes(members - 1) as f64;
    counted
}
