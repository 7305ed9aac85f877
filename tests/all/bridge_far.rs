//! Bridges of sites that lie far apart: links are slow, lossy and 600 ms away, or gone for a while.
//! `RODA_TEST_LINES=10000` says more lines than a usual run has time for, `RODA_TEST_CUT_S=60` cuts
//! links for longer.
#![cfg(unix)]

use crate::support;

use std::time::{Duration, Instant};
use std::{env, thread};

use support::place::Home;
use support::program::Program;
use support::servers::{plain_server, server_with_stream};
use support::sites::{Room, Sites, shows_within};

/// From one site to another it takes twice as long.
const TO_SERVER_MS: u32 = 150;

/// Packets of a link that are lost: TCP is slow by that alone.
const LINK_LOSS: f64 = 0.002;

/// Datagrams of a thousand that a member loses at its own site.
const SITE_LOSS: u32 = 50;

/// How many lines a test says in all.
fn lines() -> usize {
    number_of("RODA_TEST_LINES").unwrap_or(2000)
}

/// How long a link is cut at least: a bridge notices after 15 seconds.
fn cut_time() -> Duration {
    Duration::from_secs(number_of("RODA_TEST_CUT_S").unwrap_or(1) as u64)
}

fn number_of(name: &str) -> Option<usize> {
    env::var(name).ok().map(|value| value.parse().unwrap())
}

/// How long that many lines may take, on a link where each waits for its turn.
fn patience(lines: usize) -> Duration {
    Duration::from_secs(60) + Duration::from_millis(60) * lines as u32
}

/// Says lines as fast as the program reads them.
fn says_all(program: &mut Program, name: &str, count: usize) {
    let text: String = (0..count)
        .map(|line| format!("linha {line} de {name}.\n"))
        .collect();
    program.types(text.as_bytes());
}

#[test]
fn lines_from_both_sides_of_a_far_and_lossy_link_are_the_same_for_all() {
    let Some(mut net) = Sites::of(1, &[3, 3], &[]) else {
        return;
    };
    net.are_far(TO_SERVER_MS, LINK_LOSS, 4000);
    let room = Room::new();
    let _server = plain_server(&net.servers[0]);
    let url = net.url(0);
    let mut bridges = ["porto", "barco"].map(|name| {
        let site = usize::from(name == "barco");
        let mut bridge = room.bridge(&net.sites[site].hosts[0], name, &["--nats", &url]);
        bridge.notes("connected to");
        bridge
    });
    let homes: [Home; 4] = std::array::from_fn(|_| Home::new());
    let mut members: Vec<Program> = Vec::new();
    for (at, name) in ["ana", "bia", "caio", "davi"].into_iter().enumerate() {
        let host = &net.sites[at % 2].hosts[1 + at / 2];
        members.push(room.member_of(&homes[at], host, name));
    }
    members[0].notes("connected with barco");
    members[1].notes("connected with porto");
    for site in &net.sites {
        site.hosts.iter().for_each(|host| host.loses(SITE_LOSS));
    }
    let each = lines() / 2;
    thread::scope(|scope| {
        let mut members = members.iter_mut();
        let (ana, bia) = (members.next().unwrap(), members.next().unwrap());
        scope.spawn(|| says_all(ana, "ana", each));
        scope.spawn(|| says_all(bia, "bia", each));
    });
    // A member's own lines stand where it typed them.
    let shown = [each, each, 2 * each, 2 * each];
    for (member, count) in members.iter_mut().zip(shown) {
        shows_within(member, "linha ", count, patience(2 * each));
    }
    let kept = homes.each_ref().map(|home| room.kept(home, 2 * each));
    assert_eq!(
        kept[0].iter().filter(|it| it.contains("de ana")).count(),
        each
    );
    for other in &kept[1..] {
        let differs = kept[0].iter().zip(other).find(|(one, other)| one != other);
        assert_eq!(differs, None, "the first line in which they differ");
    }
    for (member, count) in members.iter_mut().zip(shown) {
        assert_eq!(member.count_shown("linha "), count, "each is shown once");
    }
    // What was lost at a site was repaired there.
    let [up, down] = net.sites[1].link.crossed_bytes();
    let most = 1000 * each as u64 + 500_000;
    assert!(
        up.max(down) < most,
        "{up} and {down} bytes for {each} lines"
    );
    for bridge in &mut bridges {
        assert!(!bridge.has_noted("could not wait"), "{:?}", bridge.noted());
    }
}

#[test]
fn three_sites_on_a_slow_link_are_one_room_and_a_latecomer_gets_all() {
    let Some(mut net) = Sites::of(1, &[2, 2, 3], &[]) else {
        return;
    };
    net.are_far(TO_SERVER_MS, LINK_LOSS, 256);
    let room = Room::new();
    let _server = plain_server(&net.servers[0]);
    let url = net.url(0);
    let names = ["porto", "barco", "ilha"];
    let mut bridges = Vec::new();
    for (site, name) in net.sites.iter().zip(names) {
        let mut bridge = room.bridge(&site.hosts[0], name, &["--nats", &url]);
        bridge.notes("this bridge carries the room");
        bridges.push(bridge);
    }
    let mut members: Vec<Program> = ["ana", "bia", "caio"]
        .into_iter()
        .zip(&net.sites)
        .map(|(name, site)| room.member(&site.hosts[1], name))
        .collect();
    for (site, member) in members.iter_mut().enumerate() {
        let others = names.iter().filter(|name| **name != names[site]);
        for other in others {
            member.notes(&format!("connected with {other}"));
        }
    }
    for (member, name) in members.iter_mut().zip(["ana", "bia", "caio"]) {
        says_all(member, name, 100);
    }
    for member in &mut members {
        shows_within(member, "linha ", 200, patience(300));
    }
    let mut late = room.member(&net.sites[2].hosts[2], "dora");
    shows_within(&mut late, "linha ", 300, patience(300));
    assert_eq!(late.count_shown("linha "), 300, "each once");
    for (site, member) in members.iter_mut().enumerate() {
        assert_eq!(member.count_shown("linha "), 200, "each once");
        let elsewhere = ["ana", "bia", "caio", "porto", "barco", "ilha"];
        let elsewhere = elsewhere
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 3 != site);
        for (_, name) in elsewhere {
            for part in [" entered", " is here", " is not answering"] {
                let claim = format!("{name}{part}");
                assert!(!member.has_noted(&claim), "{claim}: {:?}", member.noted());
            }
        }
    }
}

/// Two sites with a bridge and a member each, who see each other's site.
struct Pair {
    bridges: [Program; 2],
    ana: Program,
    bia: Program,
}

impl Pair {
    fn of(net: &Sites, room: &Room, args: &[&str]) -> Self {
        let url = net.url(0);
        let args = [&["--nats", &url], args].concat();
        let bridges = std::array::from_fn(|site| {
            let name = ["porto", "barco"][site];
            let mut bridge = room.bridge(&net.sites[site].hosts[0], name, &args);
            bridge.notes("this bridge carries the room");
            bridge
        });
        let mut ana = room.member(&net.sites[0].hosts[1], "ana");
        let mut bia = room.member(&net.sites[1].hosts[1], "bia");
        ana.notes("connected with barco");
        bia.notes("connected with porto");
        Self { bridges, ana, bia }
    }

    /// Both talk until a bridge has noticed that its link is gone, and the time of a test is over.
    /// Returns how many lines each has said.
    fn talks_until_noticed(&mut self, site: usize) -> usize {
        let (begin, mut said) = (Instant::now(), 0);
        while begin.elapsed() < cut_time() || !self.bridges[site].has_noted("no connection") {
            assert!(
                begin.elapsed() < cut_time() + Duration::from_secs(60),
                "it is noticed"
            );
            self.ana.says(&format!("porto {said}."));
            self.bia.says(&format!("barco {said}."));
            said += 1;
            self.ana
                .awaits_more(Instant::now() + Duration::from_millis(100));
        }
        said
    }

    /// Everything that one said is shown once to the other.
    fn share_all(&mut self, said: usize) {
        for (member, part) in [(&mut self.ana, "barco "), (&mut self.bia, "porto ")] {
            shows_within(member, part, said, patience(said));
            assert_eq!(member.count_shown(part), said, "{part}");
        }
    }
}

#[test]
fn what_is_said_while_a_link_is_cut_is_exchanged_once_it_is_back() {
    let Some(mut net) = Sites::of(1, &[2, 2], &[]) else {
        return;
    };
    net.are_far(TO_SERVER_MS, 0.0, 0);
    let room = Room::new();
    let _server = plain_server(&net.servers[0]);
    let mut pair = Pair::of(&net, &room, &[]);
    net.sites[1].link.is_cut();
    let said = pair.talks_until_noticed(1);
    assert_eq!(pair.bia.count_shown("porto "), 0, "the link is cut");
    net.sites[1].link.is_joined();
    pair.share_all(said);
}

#[test]
fn a_stream_replays_what_was_said_while_a_link_was_cut_also_by_who_is_gone() {
    let Some(mut net) = Sites::of(1, &[2, 2], &[]) else {
        return;
    };
    net.are_far(TO_SERVER_MS, 0.0, 0);
    let room = Room::new();
    let _server = server_with_stream(&net.servers[0]);
    let mut pair = Pair::of(&net, &room, &["--stream", "RODA"]);
    net.sites[1].link.is_cut();
    let said = pair.talks_until_noticed(1);
    // Nobody at the other site can give anything any more: only the server can.
    pair.ana.says("sair");
    pair.ana.awaits_end();
    pair.bridges[0].gets_signal("TERM");
    pair.bridges[0].awaits_end();
    net.sites[1].link.is_joined();
    shows_within(&mut pair.bia, "porto ", said, patience(said));
    assert_eq!(pair.bia.count_shown("porto "), said);
}

#[test]
fn of_two_bridges_at_a_far_site_one_is_killed_in_mid_flow_and_each_line_is_shown_once() {
    let Some(mut net) = Sites::of(1, &[3, 2], &[]) else {
        return;
    };
    net.are_far(TO_SERVER_MS, LINK_LOSS, 0);
    let room = Room::new();
    let _server = plain_server(&net.servers[0]);
    let mut pair = Pair::of(&net, &room, &[]);
    let url = net.url(0);
    let mut reserve = room.bridge(&net.sites[0].hosts[2], "reserva", &["--nats", &url]);
    reserve.notes("in standby");
    for line in 0..200 {
        pair.ana.says(&format!("porto {line}."));
        pair.bia.says(&format!("barco {line}."));
        if line == 100 {
            pair.bia.shows("porto 50.");
            pair.bridges[0].gets_signal("KILL");
        }
    }
    pair.share_all(200);
    reserve.notes("this bridge carries the room");
    pair.ana.says("ainda aqui?");
    pair.bia.shows("ainda aqui?");
}
