//! `chat` on several hosts: loss, a killed member, a cable pulled and plugged again. Needs Linux,
//! root and iproute2; says so loudly where it may not.

use crate::support;

use serde_json::Value;
use support::Need;
use support::network::Network;
use support::place::Home;
use support::program::Program;

/// The newest messages that a member holds: who said each, and what.
fn history(mut member: Program, count: usize) -> Vec<(String, String)> {
    member.says(&format!("/history {count}"));
    member.falls_silent();
    let shown = member.ends_with(0).shown;
    let events = shown.iter().map(|line| serde_json::from_str(line).unwrap());
    let past = events.filter(|event: &Value| event["history"] == true);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut past: Vec<_> = past
        .map(|said| (text(&said["user"]), text(&said["data"])))
        .collect();
    let others = shown
        .iter()
        .filter(|line| !line.contains(r#""event":"message""#));
    let others: Vec<&String> = others.collect();
    assert!(past.len() >= count, "{} of {count}; {others:?}", past.len());
    // What it caught up with came before.
    past.drain(..past.len() - count);
    past
}

#[test]
fn five_members_with_loss_one_of_them_killed_hold_the_same_ten_thousand_lines() {
    let Some((_network, [host_a, host_b, host_c, host_d, host_e])) =
        Network::of_hosts(&[Need::Nft, Need::Python])
    else {
        return;
    };
    let hosts = [&host_a, &host_b, &host_c, &host_d, &host_e];
    let names = ["ana", "bia", "caio", "duda", "eva"];
    let homes: [Home; 5] = std::array::from_fn(|_| Home::new());
    let mut naive = host_b.their_receiver("gil");
    // Whoever is killed shows everything again, since nothing of it is known from before.
    let remembers: [&[&str]; 2] = [&["--json"], &["--json", "--no-history"]];
    let mut members: Vec<Program> = (0..5)
        .map(|at| hosts[at].member(&homes[at], names[at], remembers[usize::from(at == 3)]))
        .collect();
    for (at, member) in members.iter_mut().enumerate() {
        for other in (0..5).filter(|other| *other != at) {
            member.shows(&format!(r#""user":"{}""#, names[other]));
        }
    }
    hosts.iter().for_each(|host| host.loses(50));
    let lines = 10_000;
    let speakers = [0, 1, 2, 4];
    let mut duda = members.remove(3);
    let say = |members: &mut [Program], from: usize, to: usize| {
        for line in from..to {
            members[line % speakers.len()].says(&format!("linha {line}"));
        }
    };
    say(&mut members, 0, 4000);
    duda.shows("linha 100");
    duda.gets_signal("KILL");
    drop(duda);
    say(&mut members, 4000, 8000);
    let mut duda = host_d.member(&homes[3], "duda", remembers[1]);
    say(&mut members, 8000, lines);
    for line in lines - speakers.len()..lines {
        for (at, member) in members.iter_mut().enumerate() {
            if line % speakers.len() != at {
                member.shows(&format!("linha {line}\""));
            }
        }
        duda.shows(&format!("linha {line}\""));
    }
    // What was said while duda was dead comes by catching up.
    duda.shows_in_all(r#""event":"message""#, lines);
    for member in &mut members {
        member.shows_in_all(r#""event":"message""#, lines);
    }
    naive.shows("linha");
    let expected = history(duda, lines);
    assert_eq!(expected.len(), lines);
    for (member, name) in members.into_iter().zip(["ana", "bia", "caio", "eva"]) {
        let held = history(member, lines);
        assert_eq!(held.len(), lines, "{name}");
        let differs = held.iter().zip(&expected).find(|(one, other)| one != other);
        assert_eq!(differs, None, "{name} and duda");
    }
}

#[test]
fn four_who_paste_at_once_are_heard_whole_by_all() {
    let Some((_network, hosts)) = Network::of_hosts::<4>(&[Need::Nft]) else {
        return;
    };
    let homes: [Home; 4] = std::array::from_fn(|_| Home::new());
    let mut members: Vec<Program> = (0..4)
        .map(|at| hosts[at].member(&homes[at], &format!("m{at}"), &["--room", "colagem"]))
        .collect();
    for (at, member) in members.iter_mut().enumerate() {
        for other in (0..4).filter(|other| *other != at) {
            member.notes(&format!("m{other} "));
        }
    }
    hosts.iter().for_each(|host| host.loses(20));
    // More lines than anybody remembers, every second one long.
    let lines = 6000;
    let text = |line: usize| format!("linha {line} {}", "x".repeat(line % 2 * 200));
    let all: String = (0..lines).map(|line| text(line) + "\n").collect();
    for member in &mut members {
        member.types(all.as_bytes());
    }
    for (at, member) in members.iter_mut().enumerate() {
        for other in (0..4).filter(|other| *other != at) {
            member.shows_in_all(&format!("m{other}: linha "), lines);
        }
    }
    for (at, mut member) in members.into_iter().enumerate() {
        member.says("/sair");
        let shown = member.ends_with(0).shown;
        for other in (0..4).filter(|other| *other != at) {
            let name = format!("m{other}: ");
            let heard = shown.iter().filter_map(|line| line.split_once(&name));
            let heard: Vec<&str> = heard.map(|(_, text)| text).collect();
            assert_eq!(heard.len(), lines);
            for (line, heard) in heard.into_iter().enumerate() {
                assert_eq!(heard, text(line), "m{at} of m{other}");
            }
        }
    }
}

#[test]
fn who_was_unplugged_catches_up_and_the_others_wait_for_nobody() {
    let Some((_network, [host_a, host_b, host_c])) = Network::of_hosts(&[]) else {
        return;
    };
    let homes: [Home; 3] = std::array::from_fn(|_| Home::new());
    let mut ana = host_a.member(&homes[0], "ana", &[]);
    let mut bia = host_b.member(&homes[1], "bia", &[]);
    let mut caio = host_c.member(&homes[2], "caio", &[]);
    for name in ["ana", "bia"] {
        caio.notes(name);
    }
    ana.notes("caio entered");
    host_c.namespace.ip("link set v0 down");
    caio.notes("v0 is gone");
    for line in 0..20 {
        ana.says(&format!("sem caio {line}"));
    }
    bia.shows("sem caio 19");
    ana.notes("delivered 1/2, waiting for caio");
    host_c.namespace.ip("link set v0 up");
    caio.notes("now also on v0");
    for line in 0..20 {
        caio.shows(&format!("sem caio {line}"));
    }
    caio.says("voltei");
    ana.shows("caio: voltei");
    bia.shows("caio: voltei");
    ana.notes("delivered 2/2");
}

#[test]
fn members_who_have_no_ipv4_at_all_talk_by_ipv6() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[]) else {
        return;
    };
    for host in [&host_a, &host_b] {
        host.namespace.ip("-4 addr flush dev v0");
    }
    let (home_a, home_b) = (Home::new(), Home::new());
    let mut ana = host_a.member(&home_a, "ana", &[]);
    let mut bia = host_b.member(&home_b, "bia", &[]);
    ana.notes("bia entered");
    bia.notes("ana");
    ana.says("por IPv6");
    bia.shows("ana: por IPv6");
}

#[test]
fn alone_it_says_what_could_be_the_matter() {
    let Some((_network, [host])) = Network::of_hosts(&[]) else {
        return;
    };
    let mut ana = host.member(&Home::new(), "ana", &[]);
    let sentence = ana.notes("nobody else is here yet");
    assert!(
        sentence.contains("v0") && sentence.contains("hears what it sends"),
        "{sentence}"
    );
}
