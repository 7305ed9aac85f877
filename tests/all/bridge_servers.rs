//! Bridges on the servers that the manual's page sets up: one, a cluster of three, leaf nodes, one
//! with certificates, accounts and permissions; and on a server with ill will.
#![cfg(unix)]

use crate::support;

use std::fs;
use std::time::{Duration, Instant};

use support::Need;
use support::network::Host;
use support::place::Home;
use support::program::Program;
use support::servers::{
    Account, certificates, documented, payload_of, plain_server, server_in, subscriber,
};
use support::sites::{ROOM, Room, Sites, shows_within};

/// Two minutes are enough for whatever is lost to be mended, also on a busy machine.
const MENDED: Duration = Duration::from_secs(120);

/// How often a server with ill will does something before it turns to something else.
const WILL_TIMES: u64 = 10;

/// One bridge of a site, on its first host.
fn bridge(net: &Sites, room: &Room, site: usize, args: &[&str]) -> Program {
    let name = ["porto", "barco"][site];
    let mut bridge = room.bridge(&net.sites[site].hosts[0], name, args);
    bridge.notes("this bridge carries the room");
    bridge
}

/// Somebody at each of two sites, who see that the other site is there.
fn ana_and_bia(net: &Sites, room: &Room) -> [Program; 2] {
    let mut ana = room.member(&net.sites[0].hosts[1], "ana");
    let mut bia = room.member(&net.sites[1].hosts[1], "bia");
    ana.notes("connected with barco");
    bia.notes("connected with porto");
    [ana, bia]
}

/// Each says some lines, which the other one is shown once.
fn talk([ana, bia]: &mut [Program; 2], what: &str, count: usize) {
    for line in 0..count {
        ana.says(&format!("{what} {line} de ana."));
        bia.says(&format!("{what} {line} de bia."));
    }
    for member in [ana, bia] {
        shows_within(member, &format!("{what} "), count, MENDED);
        let shown = member.count_shown(&format!("{what} "));
        assert_eq!(shown, count, "{what}: each once");
    }
}

#[test]
fn a_subscriber_sees_that_it_works_and_neither_names_nor_words() {
    let Some(net) = Sites::of(2, &[2, 2], &[]) else {
        return;
    };
    let room = Room::new();
    let _server = plain_server(&net.servers[0]);
    let mut sees = subscriber(&net.servers[1], &net.server(0), "roda.1.>");
    let url = net.url(0);
    let _bridges = [0, 1].map(|site| bridge(&net, &room, site, &["--nats", &url]));
    let mut people = ana_and_bia(&net, &room);
    talk(&mut people, "zarpamos", 20);
    people[0].says("/msg bia traz o mapa");
    people[1].shows("traz o mapa");
    let seen = sees.shown();
    for subject in [".live ", ".to."] {
        let is = |line: &&String| line.starts_with("roda.1.") && line.contains(subject);
        assert!(seen.iter().any(|line| is(&line)), "{subject}: {seen:?}");
    }
    let kept = |line: &&String| line.split([' ', '.']).count() == 4;
    assert!(
        seen.iter().filter(kept).count() > 2,
        "lines cross: {seen:?}"
    );
    let told = ["zarpamos", "traz o mapa", "porto", "barco", ROOM];
    for line in seen.iter().filter(|line| line.starts_with("roda.")) {
        let bytes = payload_of(line);
        let words = String::from_utf8_lossy(&bytes);
        let found = told.iter().find(|word| words.contains(**word));
        assert_eq!(found, None, "in {line}");
    }
}

#[test]
fn when_the_only_server_is_killed_what_is_said_crosses_once_it_is_back() {
    let Some(mut net) = Sites::of(1, &[2, 2], &[]) else {
        return;
    };
    net.are_far(150, 0.002, 0);
    let room = Room::new();
    let server = plain_server(&net.servers[0]);
    let url = net.url(0);
    let mut bridges = [0, 1].map(|site| bridge(&net, &room, site, &["--nats", &url]));
    let mut people = ana_and_bia(&net, &room);
    talk(&mut people, "antes", 20);
    server.gets_signal("KILL");
    drop(server);
    bridges
        .iter_mut()
        .for_each(|it| drop(it.notes("no connection")));
    for line in 0..20 {
        people[0].says(&format!("enquanto {line} de ana."));
        people[1].says(&format!("enquanto {line} de bia."));
    }
    let _server = plain_server(&net.servers[0]);
    for member in &mut people {
        shows_within(member, "enquanto ", 20, MENDED);
    }
    talk(&mut people, "depois", 20);
    for member in &mut people {
        assert_eq!(member.count_shown("enquanto "), 20, "each once");
    }
}

/// One of the manual's three servers, with the addresses of this test.
fn server_of_three(net: &Sites, number: usize) -> Program {
    let mut config = documented("nats-1, one of three");
    config = config.replace(
        "server_name: nats-1",
        &format!("server_name: nats-{}", number + 1),
    );
    for other in 0..3 {
        let name = format!("nats-{}.example.org", other + 1);
        config = config.replace(&name, &net.server(other));
    }
    server_in(&Home::new(), &net.servers[number], &config)
}

#[test]
fn of_a_cluster_of_three_each_may_be_killed() {
    let Some(mut net) = Sites::of(3, &[2, 2], &[]) else {
        return;
    };
    net.are_far(150, 0.002, 0);
    let room = Room::new();
    let mut servers: Vec<Option<Program>> = (0..3)
        .map(|number| Some(server_of_three(&net, number)))
        .collect();
    let urls = [0, 1, 2].map(|number| net.url(number));
    let args: Vec<&str> = urls.iter().flat_map(|url| ["--nats", url]).collect();
    let _bridges = [0, 1].map(|site| bridge(&net, &room, site, &args));
    let mut people = ana_and_bia(&net, &room);
    talk(&mut people, "antes", 20);
    for (number, server) in servers.iter_mut().enumerate() {
        let killed = server.take().unwrap();
        killed.gets_signal("KILL");
        drop(killed);
        talk(&mut people, &format!("sem {number}"), 20);
        *server = Some(server_of_three(&net, number));
    }
}

#[test]
fn a_leaf_node_that_is_cut_off_carries_on_once_it_is_back() {
    let Some(mut net) = Sites::of(1, &[3, 3], &[]) else {
        return;
    };
    net.are_far(150, 0.0, 0);
    let room = Room::new();
    let _hub = server_in(&Home::new(), &net.servers[0], &documented("the hub"));
    let leaf = documented("at each site").replace("hub.example.org", &net.server(0));
    let leaf_of = |host: &Host| server_in(&Home::new(), host, &leaf);
    let mut leaves = [0, 1].map(|site| leaf_of(&net.sites[site].hosts[2]));
    let _bridges = [0, 1].map(|site| {
        let address = net.sites[site].hosts[2].address(site + 1);
        bridge(
            &net,
            &room,
            site,
            &["--nats", &format!("nats://{address}:4222")],
        )
    });
    let mut people = ana_and_bia(&net, &room);
    talk(&mut people, "antes", 20);
    net.sites[1].link.is_cut();
    let begin = Instant::now();
    let mut said = 0;
    // The leaf node gives up its connection.
    while !leaves[1].has_noted("Stale Connection") {
        assert!(begin.elapsed() < MENDED, "{:?}", leaves[1].noted());
        people[0].says(&format!("enquanto {said} de ana."));
        people[1].says(&format!("enquanto {said} de bia."));
        said += 1;
        people[0].awaits_more(Instant::now() + Duration::from_millis(100));
    }
    assert_eq!(people[1].count_shown("de ana."), 20, "the link is cut");
    net.sites[1].link.is_joined();
    for member in &mut people {
        shows_within(member, "enquanto ", said, MENDED);
        assert_eq!(member.count_shown("enquanto "), said, "each once");
    }
}

/// The tag of a room, as a server shows it.
fn tag_of(net: &Sites, room: &Room) -> String {
    let _server = plain_server(&net.servers[0]);
    let mut sees = subscriber(&net.servers[1], &net.server(0), "roda.1.>");
    let url = net.url(0);
    let _bridge = room.bridge(&net.sites[0].hosts[0], "porto", &["--nats", &url]);
    let shown = sees.shows("roda.1.");
    shown.split(['.', ' ']).nth(2).unwrap().to_owned()
}

#[test]
fn with_certificates_and_accounts_a_bridge_carries_its_room_and_no_other() {
    let Some(net) = Sites::of(2, &[3, 2], &[Need::OpenSsl]) else {
        return;
    };
    let (room, other) = (Room::new(), Room::named("outra"));
    let tag = tag_of(&net, &room);
    let home = Home::new();
    certificates(home.path(), &net.server(0));
    let account = Account::new();
    fs::write(home.path().join("accounts.conf"), account.config()).unwrap();
    let subjects = [format!("roda.1.{tag}"), format!("roda.1.{tag}.>")];
    let config = documented("one server with certificates and accounts");
    let _server = server_in(&home, &net.servers[0], &config);
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::write(&path, text).unwrap();
        run_chmod(&path);
        path.display().to_string()
    };
    let creds = ["porto", "b"].map(|name| {
        let text = account.creds(name, &subjects, &[]);
        file(&format!("{name}.creds"), &text)
    });
    let (ca, url) = (
        file_name(&home, "ca.pem"),
        net.url(0).replace("nats:", "tls:"),
    );
    let _bridges = [0, 1].map(|site| {
        let args = ["--nats", &url, "--creds", &creds[site], "--tls-ca", &ca];
        bridge(&net, &room, site, &args)
    });
    let mut people = ana_and_bia(&net, &room);
    talk(&mut people, "sob chave", 20);
    // The same credentials open no other room, and without them there is no connection; nor has
    // somebody else's server any whose certificate is not of the authority.
    let host = &net.sites[0].hosts[2];
    let args = ["--nats", &url, "--creds", &creds[0], "--tls-ca", &ca];
    let mut refused = other.bridge(host, "outra", &args);
    refused.notes("Permissions Violation");
    let mut refused = room.bridge(host, "sem", &["--nats", &url, "--tls-ca", &ca]);
    refused.notes("no connection");
    let mut refused = room.bridge(host, "falsa", &["--nats", &url, "--creds", &creds[0]]);
    refused.notes("no connection");
    talk(&mut people, "ainda", 5);
}

fn file_name(home: &Home, name: &str) -> String {
    home.path().join(name).display().to_string()
}

/// Nobody else may read it, as `nsc` leaves it.
fn run_chmod(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_server_with_ill_will_can_drop_delay_and_repeat_and_no_more() {
    let Some(net) = Sites::of(1, &[2, 2], &[]) else {
        return;
    };
    let room = Room::new();
    let mut server = net.servers[0].python("nats_hostile.py", &["7"]);
    server.shows("Server is ready");
    let url = net.url(0);
    let mut bridges = [0, 1].map(|site| bridge(&net, &room, site, &["--nats", &url]));
    let mut people = ana_and_bia(&net, &room);
    let wills = [
        "lose 0.1",
        "delay 2000",
        "repeat 5",
        "forge 0.3",
        "misroute 0.3",
        "babble 0.5",
    ];
    let mut number = 0;
    let mut change = |server: &mut Program, will: &str| {
        number += 1;
        server.says(&format!("{number} {will}"));
        let done = server.shows(&format!("{number} done: "));
        done.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    for will in wills {
        change(&mut server, will);
        let mut times = 0;
        for round in 0.. {
            talk(&mut people, &format!("{will}, {round}:"), 10);
            times += change(&mut server, will);
            if times >= WILL_TIMES {
                break;
            }
            assert!(round < 100, "{will}: it has its way");
        }
        change(&mut server, "honest");
    }
    // It falls silent without a word: the bridges give it up, and what was said meanwhile comes
    // with the next connection.
    change(&mut server, "hang");
    people[0].says("alguém aí?");
    bridges.iter_mut().for_each(shows_down);
    assert!(!people[1].has_shown("alguém aí?"));
    change(&mut server, "honest");
    people[1].shows("alguém aí?");
    for member in &mut people {
        let shown = member.shown();
        let strange = shown.iter().find(|line| !line.contains(": "));
        assert_eq!(strange, None, "only what was said is shown");
    }
    assert_eq!(people[1].count_shown("alguém aí?"), 1);
}

fn shows_down(bridge: &mut Program) {
    let end = Instant::now() + MENDED;
    while !bridge.has_noted("no connection") {
        assert!(Instant::now() < end, "{:?}", bridge.noted());
        bridge.awaits_more(end);
    }
}
