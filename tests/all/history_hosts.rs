//! What a room remembers, on several hosts: all leave, some return, somebody new comes. Needs
//! Linux, root and iproute2; says so loudly where it may not.
#![cfg(unix)]

use crate::support;

use roda::chat::archive::search::Query;
use roda::store::archive::Reader;
use support::archive::{file_of, history};
use support::network::{Host, Network};
use support::place::Home;
use support::program::Program;
use support::{Need, wait_until};

const ROOM: [&str; 2] = ["--room", "sala"];

const NAMES: [&str; 5] = ["ana", "bia", "caio", "duda", "eva"];

/// How many messages are in a person's file by now.
fn stored(home: &Home) -> usize {
    let query = Query {
        limit: 10_000,
        ..Query::default()
    };
    let reader = Reader::open(&file_of(home)).ok();
    let page = reader.and_then(|reader| reader.find(None, &query).ok());
    page.map_or(0, |page| page.found.len())
}

/// What a member shows of the room by `/history`: an id, a name and a text each.
fn told(member: &mut Program, count: usize) -> Vec<String> {
    let before = member.shown().len();
    member.says("/history 1000");
    let is_all = |member: &mut Program| member.shown().len() >= before + count;
    wait_until(|| is_all(member).then_some(())).expect("all of it is shown");
    let shown = member.shown().into_iter().skip(before);
    // The day and the time are those of each computer.
    let line = |line: String| line.split_once(' ').map(|(_, rest)| rest.to_owned());
    shown.filter_map(line).collect()
}

/// What a person's file holds of the room, the same.
fn kept(home: &Home) -> Vec<String> {
    let args = ["--room", "sala", "--format", "text"];
    let shown = Program::start(history(home, &args)).ends_with(0).shown;
    let line = |line: &String| line.splitn(3, ' ').nth(2).map(str::to_owned);
    shown.iter().filter_map(line).collect()
}

fn member(host: &Host, home: &Home, name: &str) -> Program {
    host.member(home, name, &ROOM)
}

#[test]
fn all_leave_two_return_and_whoever_is_new_has_everything_in_the_same_order() {
    let Some((_network, hosts)) = Network::of_hosts::<6>(&[Need::Nft]) else {
        return;
    };
    let homes: [Home; 6] = std::array::from_fn(|_| Home::new());
    let mut members: Vec<Program> = (0..5)
        .map(|at| member(&hosts[at], &homes[at], NAMES[at]))
        .collect();
    for (at, it) in members.iter_mut().enumerate() {
        for other in (0..5).filter(|other| *other != at) {
            let is_met = |it: &mut Program| {
                let (is_here, entered) = (
                    format!("{} is here", NAMES[other]),
                    format!("{} entered", NAMES[other]),
                );
                it.has_noted(&is_here) || it.has_noted(&entered)
            };
            wait_until(|| is_met(it).then_some(())).expect("all meet");
        }
    }
    hosts.iter().for_each(|host| host.loses(100));
    let lines = 60;
    for line in 0..lines {
        members[line % 5].says(&format!("linha {line}"));
    }
    for home in &homes[..5] {
        wait_until(|| (stored(home) == lines).then_some(())).expect("all is kept");
    }
    for mut it in members {
        it.says("sair");
        it.ends_with(0);
    }
    let mut here = vec![
        member(&hosts[1], &homes[1], "bia"),
        member(&hosts[4], &homes[4], "eva"),
    ];
    here.push(member(&hosts[5], &homes[5], "nadia"));
    wait_until(|| (stored(&homes[5]) == lines).then_some(())).expect("the newcomer has all");
    let order = told(&mut here[0], lines);
    assert_eq!(order.len(), lines);
    for it in &mut here[1..] {
        assert_eq!(told(it, lines), order);
    }
    // The newcomer was shown each once, and those who return nothing twice.
    for line in 0..lines {
        let text = format!(": linha {line}");
        let is_it = |shown: &String| shown.ends_with(&text);
        let shown = here[2].shown();
        let live = shown.iter().take(shown.len() - lines);
        assert_eq!(live.filter(|line| is_it(line)).count(), 1, "{text}");
        for it in &mut here[..2] {
            let shown = it.shown();
            let live = shown.iter().take(shown.len() - lines);
            assert_eq!(live.filter(|line| is_it(line)).count(), 0, "{text}");
        }
    }
    let order = kept(&homes[0]);
    assert_eq!(order.len(), lines);
    for home in &homes[1..] {
        assert_eq!(kept(home), order);
    }
}

#[test]
fn a_keeper_that_is_killed_and_started_again_still_has_what_was_said() {
    let Some((_network, [host_k, host_a, host_b])) = Network::of_hosts(&[Need::Nft]) else {
        return;
    };
    let homes: [Home; 3] = std::array::from_fn(|_| Home::new());
    let keep = || {
        let mut keeper = Program::start(host_k.keep(&homes[0], &ROOM)).keeping(&homes[0]);
        keeper.notes("you are keeper");
        keeper
    };
    let keeper = keep();
    [&host_k, &host_a, &host_b]
        .iter()
        .for_each(|host| host.loses(100));
    let mut ana = member(&host_a, &homes[1], "ana");
    ana.notes("keeper");
    for line in 0..20 {
        ana.says(&format!("linha {line}"));
    }
    wait_until(|| (stored(&homes[0]) == 20).then_some(())).expect("the keeper keeps all");
    ana.says("sair");
    ana.ends_with(0);
    keeper.gets_signal("KILL");
    drop(keeper);
    let _keeper = keep();
    let mut bia = member(&host_b, &homes[2], "bia");
    for line in 0..20 {
        bia.shows(&format!("ana: linha {line}"));
    }
    bia.says("sair");
    bia.ends_with(0);
}

#[test]
fn whoever_keeps_nothing_is_told_by_those_who_do() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[]) else {
        return;
    };
    for args in [
        &["--no-history"][..],
        &["--ephemeral"],
        &["--history-rooms", "none"],
    ] {
        let homes = [Home::new(), Home::new()];
        let args = [&ROOM[..], args].concat();
        let mut ana = host_a.member(&homes[0], "ana", &args);
        let mut bia = member(&host_b, &homes[1], "bia");
        bia.notes("ana");
        ana.says("fica com quem guarda");
        bia.shows("ana: fica com quem guarda");
        wait_until(|| (stored(&homes[1]) == 1).then_some(())).expect("bia keeps it");
        ana.says("sair");
        ana.ends_with(0);
        assert_eq!(stored(&homes[0]), 0, "{args:?}");
        let folder = homes[0].path().join("data/roda");
        assert!(!folder.join("archive.db").exists(), "{args:?}");
        // Alone, nobody remembers; with bia, it is there again.
        let mut ana = host_a.member(&homes[0], "ana", &args);
        // Somebody new for each session is another ana.
        ana.shows(": fica com quem guarda");
        ana.says("sair");
        ana.ends_with(0);
    }
}
