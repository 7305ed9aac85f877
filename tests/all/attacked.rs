//! A room under attack on real sockets: three honest members, a newcomer, and an attacker who is on
//! the same network (`tests/attacker`). Whatever it sends, the honest hear each other, the newcomer
//! comes in and gets what was said, and nobody uses much memory or sends much. What an attack costs
//! each of them of a processor is printed and not asserted, since other tests run beside:
//!
//! ```sh
//! cargo test --release --test all attacked:: -- --test-threads 1 --nocapture
//! ```
//!
//! Needs Linux, root, iproute2 and nftables; says so loudly where it may not.
#![allow(clippy::print_stderr)]

use std::thread;
use std::time::{Duration, Instant};

use crate::support;

use serde_json::Value;
use support::network::{Host, Network};
use support::place::Home;
use support::program::Program;
use support::{Need, attacker};

const NAMES: [&str; 3] = ["ana", "bia", "caio"];

/// Most memory of a member under any attack.
const MEMORY_MAX_BYTES: u64 = 64 << 20;

/// What a member may send within a minute under any attack: 20 kbit/s. The attacks are shorter.
const SENT_FLOOR_BYTES: u64 = 20_000 / 8 * 60;

/// The members, and what they said.
struct Room {
    _network: Network,
    hosts: [Host; 3],
    homes: [Home; 4],
    members: Vec<Program>,
    door: Host,
    eva: Host,
    /// How many lines each of the first three has said.
    rounds: usize,
}

/// A line that one of the members says; every tenth is in several frames.
fn line(name: &str, round: usize) -> String {
    let long = if round.is_multiple_of(10) { 4000 } else { 0 };
    format!("{name} diz {round}.{}", "x".repeat(long))
}

/// A line as a program says it, so that it is one message whatever its length.
fn input(line: &str) -> String {
    serde_json::json!({ "say": line }).to_string()
}

fn events(program: &mut Program, marks: &[&str]) -> Vec<Value> {
    let lines = program.shown();
    let marked = lines
        .iter()
        .filter(|line| marks.iter().all(|mark| line.contains(mark)));
    marked
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

impl Room {
    /// Three who have met.
    fn opens() -> Option<Self> {
        let (network, [a, b, c, door, eva]) = Network::of_hosts(&[Need::Nft, Need::Attacker])?;
        let (hosts, homes) = ([a, b, c], std::array::from_fn(|_| Home::new()));
        let start = |at: usize| hosts[at].member(&homes[at], NAMES[at], &["--json"]);
        let mut members: Vec<Program> = (0..3).map(start).collect();
        for (at, member) in members.iter_mut().enumerate() {
            let others = NAMES.iter().filter(|name| **name != NAMES[at]);
            for name in others {
                member.shows(&format!(r#""user":"{name}""#));
            }
        }
        Some(Self {
            _network: network,
            hosts,
            homes,
            members,
            door,
            eva,
            rounds: 0,
        })
    }

    /// The attacker, who knows enough to begin.
    fn is_watched(&self, attack: &str, seconds: u32, victim: &str) -> Program {
        let (path, address) = (attacker(), self.eva.address(0));
        let seconds = seconds.to_string();
        let args = [attack, &address, &seconds, victim];
        Program::start(self.eva.command(path.to_str().unwrap(), &args))
    }

    /// Each of the first three says a line, which all others hear.
    fn talks(&mut self) {
        for (speaker, name) in NAMES.iter().enumerate() {
            let said = line(name, self.rounds);
            self.members[speaker].says(&input(&said));
            for (at, member) in self.members.iter_mut().enumerate() {
                if at != speaker {
                    member.shows(&said);
                }
            }
        }
        self.rounds += 1;
    }

    /// A fourth comes whom nobody knows, is seen, hears what was said, and is heard.
    fn grows(&mut self) {
        let mut nina = self.door.member(&self.homes[3], "nina", &["--json"]);
        for member in &mut self.members {
            member.shows(r#""user":"nina""#);
        }
        for round in 0..self.rounds {
            NAMES
                .iter()
                .for_each(|name| drop(nina.shows(&line(name, round))));
        }
        let said = line("nina", 0);
        nina.says(&input(&said));
        for member in &mut self.members {
            member.shows(&said);
        }
        self.members.push(nina);
    }

    /// Talks while the attack goes on, in whose middle a newcomer comes; then nobody has left.
    /// Each member sends no more than the floor, beside `given_bytes` for the newcomer.
    fn endures(&mut self, mut attacker: Program, given_bytes: u64) -> u64 {
        attacker.shows("ready to attack");
        let before = self.hosts.each_ref().map(Host::sent_bytes);
        let (began, taken) = (Instant::now(), self.processor_times());
        attacker.says("begin");
        for part in 1..=10 {
            attacker.shows(&format!("part {part}"));
            if part == 5 {
                self.grows();
                self.members[0].says("/msg bia o segredo");
                self.members[1].shows("o segredo");
            }
            self.talks();
        }
        let sent = attacker.ends_with(0).shown;
        self.report_cost(&taken, began.elapsed(), sent.last().unwrap());
        let after = self.hosts.each_ref().map(Host::sent_bytes);
        for (at, name) in NAMES.iter().enumerate() {
            let bytes = after[at] - before[at];
            let most = SENT_FLOOR_BYTES + given_bytes;
            assert!(bytes <= most, "{name}: {bytes}, {sent:?}");
        }
        let words = sent.last().unwrap().split(' ');
        words
            .filter_map(|word| word.parse().ok())
            .next_back()
            .unwrap()
    }

    /// The processor time that each of the first three has taken.
    fn processor_times(&self) -> Vec<Duration> {
        let first = self.members.iter().take(NAMES.len());
        first.map(Program::processor_time).collect()
    }

    /// Prints what an attack cost the members, the talk beside it included.
    fn report_cost(&self, before: &[Duration], time: Duration, sent: &str) {
        let after = self.processor_times();
        let percent = |(after, before): (&Duration, &Duration)| {
            let share = (*after - *before).as_secs_f64() / time.as_secs_f64();
            format!("{:.1} %", share * 100.0)
        };
        let shares: Vec<String> = after.iter().zip(before).map(percent).collect();
        let test = thread::current().name().unwrap_or_default().to_owned();
        let shares = shares.join(", ");
        eprintln!("{test}: {sent} in {time:.1?}; of a core, each of three: {shares}");
    }

    /// What a member has counted.
    fn stats(&mut self, member: usize) -> Value {
        let asked = self.members[member].count_shown(r#""event":"stats""#);
        self.members[member].says("/stats");
        self.members[member].shows_in_all(r#""event":"stats""#, asked + 1);
        events(&mut self.members[member], &[r#""event":"stats""#])
            .pop()
            .unwrap()
    }

    /// Nobody has used much memory.
    fn expect_memory(&self) {
        for member in &self.members {
            let peak = member.peak_memory_bytes();
            assert!(peak <= MEMORY_MAX_BYTES, "{peak} bytes");
        }
    }

    /// Nobody used much memory, everybody can leave, and everything was told once, in order, under
    /// the name of whoever said it, and nothing else.
    fn closes(mut self) {
        self.expect_memory();
        let keys: Vec<(&str, String)> = self.keys();
        for at in 0..self.members.len() {
            let here = &mut self.members[at];
            for event in ["left", "silent", "gap", "namesake", "equivocation"] {
                for event in events(here, &[&format!(r#""event":"{event}""#)]) {
                    // To a newcomer, whoever came first is the owner of a name.
                    let is_new = at >= NAMES.len() && event["event"] == "namesake";
                    let is_honest = !is_new && keys.iter().any(|(_, key)| event["key"] == **key);
                    assert!(!is_honest, "{at} was told {event}");
                }
            }
            // To a newcomer, whoever came first is the owner of a name.
            for (name, key) in keys.iter().filter(|_| at < NAMES.len()) {
                let named = events(here, &[&format!(r#""user":"{name}""#), r#""key""#]);
                let is_other = |event: &&Value| event["user"] == *name && event["key"] != **key;
                for other in named.iter().filter(is_other) {
                    assert_eq!(other["namesake"], true, "{at} was told {other}");
                }
            }
        }
        for (at, mut member) in self.members.into_iter().enumerate() {
            member.says("sair");
            // Not all who seem to be here have got everything, and then the code says so.
            let shown = member.ends_with_any(&[0, 1]).shown;
            expect_whole(at, &shown, self.rounds);
        }
    }

    /// The names of all members with their keys.
    fn keys(&mut self) -> Vec<(&'static str, String)> {
        let names = NAMES.into_iter().chain(["nina"]);
        let members = names.zip(&mut self.members);
        members
            .map(|(name, member)| {
                let ready = events(member, &[r#""event":"ready""#]).pop().unwrap();
                (name, ready["key"].as_str().unwrap().to_owned())
            })
            .collect()
    }
}

/// A member was shown each line of the others once and in order, and nothing that nobody said.
fn expect_whole(at: usize, shown: &[String], rounds: usize) {
    let told = shown.iter().map(|line| serde_json::from_str(line).unwrap());
    let is_line = |event: &Value| {
        let is_said = event["event"] == "message" || event["event"] == "guest";
        is_said && event["own"] != true && event["private"] != true
    };
    let told: Vec<Value> = told.filter(is_line).collect();
    let of = |name: &str| -> Vec<&str> {
        let lines = told.iter().filter(|event| event["user"] == name);
        lines.filter_map(|event| event["data"].as_str()).collect()
    };
    for name in NAMES.iter().filter(|name| NAMES.get(at) != Some(*name)) {
        let expected: Vec<String> = (0..rounds).map(|round| line(name, round)).collect();
        let mut heard = of(name);
        // What was said before the newcomer came may be told behind the first live line.
        if at == NAMES.len() {
            heard.sort_by_key(|said| expected.iter().position(|line| line == said));
            // A long line that comes late is told with each of its frames.
            heard.dedup();
        }
        let differs = heard
            .iter()
            .zip(&expected)
            .find(|(one, other)| one != other);
        let counts = (heard.len(), expected.len());
        assert!(heard == expected, "{at} of {name}: {counts:?}, {differs:?}");
    }
    let is_known = |event: &&Value| {
        let user = event["user"].as_str().unwrap_or_default();
        NAMES.contains(&user) || user == "nina"
    };
    let other = told.iter().find(|event| !is_known(event));
    assert_eq!(other, None, "{at}");
}

/// How often something was dropped for a reason.
fn dropped(stats: &Value, why: &str) -> u64 {
    let all = stats["dropped"].as_array().unwrap();
    let of = all.iter().find(|dropped| dropped["why"] == why);
    of.map_or(0, |dropped| dropped["frames"].as_u64().unwrap())
}

#[test]
fn rubbish_and_forgeries_from_anas_address_silence_nobody() {
    let Some(mut room) = Room::opens() else {
        return;
    };
    room.talks();
    let eva = room.is_watched("forged-source", 8, "ana");
    room.endures(eva, 0);
    let stats = room.stats(1);
    for why in ["not_frame", "broken_seal", "other_key", "forged"] {
        assert!(dropped(&stats, why) > 100, "{why}: {stats}");
    }
    room.closes();
}

#[test]
fn recorded_nacks_cause_no_repairs() {
    let Some(mut room) = Room::opens() else {
        return;
    };
    room.hosts[1].loses(400);
    let mut eva = room.is_watched("replayed-nack", 8, "ana");
    // Until bia has asked for what she lacks, several times.
    for _ in 0..300 {
        if !eva.has_shown("ready to attack") {
            room.talks();
        }
    }
    room.hosts[1].hears_all();
    room.endures(eva, 0);
    room.closes();
}

#[test]
fn frames_full_of_nothing_take_nothing_from_anybodys_memory() {
    let Some(mut room) = Room::opens() else {
        return;
    };
    (0..20).for_each(|_| room.talks());
    let eva = room.is_watched("evicting-clocks", 8, "ana");
    // The newcomer gets all that is remembered, from one of them.
    room.endures(eva, 8 << 20);
    let stats = room.stats(1);
    assert!(stats["ahead"].as_u64() > Some(100), "{stats}");
    assert!(stats["held_bytes"].as_u64() > Some(4 << 20), "{stats}");
    room.closes();
}

#[test]
fn fresh_keys_by_the_thousand_close_no_room_and_take_no_name() {
    let Some(mut room) = Room::opens() else {
        return;
    };
    room.talks();
    let eva = room.is_watched("identities", 8, "bia");
    room.endures(eva, 0);
    let stats = room.stats(0);
    assert!(stats["of"].as_u64() > Some(100), "{stats}");
    room.closes();
}

#[test]
fn a_reporter_that_crawls_holds_nobody_up() {
    let Some(mut room) = Room::opens() else {
        return;
    };
    room.talks();
    let mut eva = room.is_watched("crawling-status", 60, "ana");
    eva.shows("ready to attack");
    eva.says("begin");
    room.members[0].shows(r#""user":"eva""#);
    let before = room.hosts[0].sent_bytes();
    // Each in a frame of its own: more than the window holds.
    let lines = 5000;
    let text = |line: usize| format!("colado {line} {}", "x".repeat(1000));
    let pasted: String = (0..lines).map(|line| text(line) + "\n").collect();
    room.members[0].types(pasted.as_bytes());
    for member in &mut room.members[1..] {
        member.shows_in_all("colado ", lines);
    }
    let slow = events(&mut room.members[0], &[r#""event":"slow""#]);
    assert!(slow.iter().all(|slow| slow["user"] == "eva"), "{slow:?}");
    assert!(!slow.is_empty());
    let sent = room.hosts[0].sent_bytes() - before;
    assert!(sent <= 4 * pasted.len() as u64, "{sent}");
    room.expect_memory();
    for (at, mut member) in room.members.into_iter().enumerate() {
        member.says("sair");
        let shown = member.ends_with_any(&[0, 1]).shown;
        let pasted = shown.iter().filter(|line| line.contains("colado "));
        let texts: Vec<String> = pasted
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|event| event["data"].as_str().unwrap().to_owned())
            .collect();
        let is_whole = texts.iter().cloned().eq((0..lines).map(text));
        assert!(is_whole, "{at}: {} lines", texts.len());
    }
}

#[test]
fn what_was_withheld_brings_nobody_back() {
    let Some(mut room) = Room::opens() else {
        return;
    };
    room.talks();
    let mut eva = room.is_watched("ghost", 5, "ana");
    eva.shows("ready to attack");
    let [host_a, host_b, host_c] = &room.hosts;
    [host_b, host_c]
        .iter()
        .for_each(|host| host.is_deaf_to(host_a));
    let mut ana = room.members.remove(0);
    ana.says("ouvem?");
    // By then she has repeated it, and sent a beat behind it.
    ana.shows(r#""has":0"#);
    ana.stops();
    for member in &mut room.members {
        member.shows_in_all(r#""event":"left""#, 1);
    }
    [host_b, host_c].iter().for_each(|host| host.hears_all());
    room.members
        .push(room.door.member(&room.homes[3], "nina", &["--json"]));
    let counts = |member: &mut Program| {
        let of_ana = events(member, &[r#""user":"ana""#]);
        let is_arrival = |event: &&Value| event["event"] == "entered" || event["event"] == "back";
        of_ana.iter().filter(is_arrival).count()
    };
    let before: Vec<usize> = room.members.iter_mut().map(counts).collect();
    assert_eq!(before, [1, 1, 0]);
    eva.says("begin");
    for part in 1..=10 {
        eva.shows(&format!("part {part}"));
        let said = line("bia", part);
        room.members[0].says(&input(&said));
        room.members[1].shows(&said);
        room.members[2].shows(&said);
    }
    eva.ends_with(0);
    let after: Vec<usize> = room.members.iter_mut().map(counts).collect();
    assert_eq!(after, before);
    for mut member in room.members {
        member.says("/who");
        let who = member.shows(r#""event":"members""#);
        assert!(!who.contains(r#""user":"ana""#), "{who}");
        member.says("/stats");
        let stats = member.shows(r#""event":"stats""#);
        let stats: Value = serde_json::from_str(&stats).unwrap();
        assert!(stats["repeats"].as_u64() > Some(100), "{stats}");
        member.says("sair");
        member.ends_with(0);
    }
}

#[test]
fn requests_in_a_victims_name_send_it_no_more_than_they_cost() {
    let Some(mut room) = Room::opens() else {
        return;
    };
    room.talks();
    let victim = format!("{}:7777", room.door.address(0));
    room.door.counts_port(7777);
    let eva = room.is_watched("reflection", 8, &victim);
    let sent = room.endures(eva, 1 << 20);
    let reflected = room.door.counted_bytes();
    assert!((1..=sent).contains(&reflected), "{reflected} of {sent}");
    let stats = room.stats(0);
    assert!(stats["misdirected"].as_u64() > Some(100), "{stats}");
    room.closes();
}
