//! What a room of many sites costs, for the table in `benches/README.md`:
//! `cargo bench --bench simulation -- sites`, and `… sites 100` with fewer members. One site is
//! real; the others are bridges whose networks hold a stand-in for all of their members. The link's
//! cost grows with the number of bridges alone, and is fitted to what is measured of few: rows that
//! come of the formula say so.

use std::time::Duration;

use roda::chat::command::Command;
use roda::protocol::wire::frame::Kind;
use roda::sim::World;
use roda::sim::link::Faults;
use roda::sim::sites::Sites;

const SECOND: Duration = Duration::from_secs(1);

/// How long nobody speaks, and how many lines are said then, one a second.
const IDLE_S: u64 = 30;
const LINES: u64 = 30;

/// Members of the real site.
const MEMBERS: usize = 1000;

/// Sites that are measured, and those that the formula is asked for.
const MEASURED: [usize; 4] = [2, 4, 8, 16];
const BY_FORMULA: [usize; 2] = [100, 1000];

/// Datagrams and bytes in a second, or of a line.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    messages: f64,
    bytes: f64,
    /// Frames whose signature is checked.
    checks: f64,
}

impl Cost {
    fn minus(self, other: Self) -> Self {
        Self {
            messages: self.messages - other.messages,
            bytes: self.bytes - other.bytes,
            checks: self.checks - other.checks,
        }
    }

    fn per(self, count: f64) -> Self {
        Self {
            messages: self.messages / count,
            bytes: self.bytes / count,
            checks: self.checks / count,
        }
    }

    fn plus(self, other: Self, times: f64) -> Self {
        Self {
            messages: self.messages + times * other.messages,
            bytes: self.bytes + times * other.bytes,
            checks: self.checks + times * other.checks,
        }
    }
}

/// What is counted over a time.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// What everybody hears at the real site, by multicast.
    home: Cost,
    /// What one bridge puts on the link.
    link: Cost,
}

/// Prints the tables.
pub(crate) fn print(members: Option<usize>) {
    let members = members.unwrap_or(MEMBERS);
    println!("| sites | of | | messages | bytes | signature checks |");
    println!("|---|---|---|---|---|---|");
    let mut fits = Vec::new();
    for sites in MEASURED {
        // Members cost the link nothing: of one size that is shown.
        let (idle, line) = measure(members, sites);
        rows(&format!("{sites}"), members, sites, idle, line);
        fits.push((sites as f64, idle, line));
    }
    let [first, .., last] = fits.as_slice() else {
        return;
    };
    for sites in BY_FORMULA {
        let (idle, line) = (
            fit(first, last, sites, |it| it.1),
            fit(first, last, sites, |it| it.2),
        );
        rows(&format!("{sites}, by formula"), members, sites, idle, line);
    }
}

/// A line through two measurements.
fn fit(
    first: &(f64, Counted, Counted),
    last: &(f64, Counted, Counted),
    sites: usize,
    of: impl Fn(&(f64, Counted, Counted)) -> Counted,
) -> Counted {
    let (low, high) = (of(first), of(last));
    let (span, beyond) = (last.0 - first.0, sites as f64 - first.0);
    Counted {
        home: low.home.plus(high.home.minus(low.home).per(span), beyond),
        link: low.link.plus(high.link.minus(low.link).per(span), beyond),
    }
}

fn rows(label: &str, members: usize, sites: usize, idle: Counted, line: Counted) {
    let others = sites as f64 - 1.0;
    for (what, counted) in [("idle, a second", idle), ("a line", line)] {
        // Of a line, one bridge of all puts the frame on the link.
        let sent = match what {
            "a line" => counted.link,
            _ => counted.link.plus(counted.link, others),
        };
        let heard = match what {
            "a line" => counted.link,
            _ => Cost::default().plus(counted.link, others),
        };
        let checks = counted.home.checks + heard.checks;
        let server = Cost::default().plus(sent, others);
        row(
            label,
            members,
            &format!("{what}: a member hears"),
            counted.home,
        );
        let bridge = Cost {
            checks,
            ..counted.link
        };
        row(
            label,
            members,
            &format!("{what}: a bridge sends to the server"),
            bridge,
        );
        row(
            label,
            members,
            &format!("{what}: the server sends"),
            Cost {
                checks: 0.0,
                ..server
            },
        );
    }
}

fn row(label: &str, members: usize, what: &str, cost: Cost) {
    let Cost {
        messages,
        bytes,
        checks,
    } = cost;
    println!("| {label} | {members} | {what} | {messages:.1} | {bytes:.0} | {checks:.1} |");
}

/// A second of silence, and a line.
fn measure(members: usize, count: usize) -> (Counted, Counted) {
    let worlds = (0..count).map(|site| met(site as u64 + 1, if site == 0 { members } else { 1 }));
    let mut sites = Sites::of(worlds.collect(), count as u64);
    for site in 0..count {
        sites.bridge(site, &format!("site{site}")).unwrap();
    }
    sites.run(20 * SECOND);
    let idle = counted(&mut sites, members, |sites| {
        sites.run(IDLE_S as u32 * SECOND)
    });
    let idle = per(idle, IDLE_S as f64);
    let talk = counted(&mut sites, members, |sites| {
        for line in 0..LINES {
            let member = line as usize * 7 % members;
            sites.worlds[0].ask(member, Command::Say(format!("line {line}")));
            sites.run(SECOND);
        }
    });
    let talk = per(talk, LINES as f64);
    let line = Counted {
        home: talk.home.minus(idle.home),
        link: talk.link.minus(idle.link),
    };
    (idle, line)
}

fn per(counted: Counted, count: f64) -> Counted {
    Counted {
        home: counted.home.per(count),
        link: counted.link.per(count),
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

/// What a time costs at the real site, and its bridge on the link.
fn counted(sites: &mut Sites, members: usize, pass: impl FnOnce(&mut Sites)) -> Counted {
    let before = state(sites, members);
    pass(sites);
    let after = state(sites, members);
    Counted {
        home: after.home.minus(before.home),
        link: after.link.minus(before.link),
    }
}

fn state(sites: &Sites, members: usize) -> Counted {
    let world = &sites.worlds[0];
    let now_s = world.now().as_secs();
    let (mut messages, mut checks) = (0, 0);
    // The bridge is the host behind the members.
    for host in 0..=members {
        for (kind, frames) in world.frames(host).unwrap().between(0, now_s + 1) {
            messages += frames;
            // Plain copies have no signature, nor have NACKs.
            let is_signed = kind != 0 && kind != Kind::Nack as u8;
            checks += if is_signed { frames } else { 0 };
        }
    }
    let listener = members - 1;
    let (sent, sent_bytes) = sites.sent(0);
    Counted {
        home: Cost {
            messages: messages as f64,
            bytes: world.received_bytes(listener) as f64,
            checks: checks as f64,
        },
        link: Cost {
            messages: sent as f64,
            bytes: sent_bytes as f64,
            checks: sent as f64,
        },
    }
}
