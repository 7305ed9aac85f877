//! `roda bridge`: one room over several networks, carried by a real `nats-server`. Needs Linux,
//! root, iproute2 and nats-server; says so loudly where it may not.
#![cfg(unix)]

use crate::support;

use std::fs;

use support::network::{Host, Network};
use support::place::{Home, Place};
use support::program::Program;
use support::{Need, folder, wait_until};

const SECRET: &str = "uma frase que ninguem adivinha aqui";

/// The room, for members and bridges, whose sites are the networks of their second interfaces.
struct Room {
    key: tempfile::TempDir,
}

impl Room {
    fn new() -> Self {
        let key = folder();
        fs::write(key.path().join("key"), SECRET).unwrap();
        Self { key }
    }

    fn flags(&self) -> Vec<String> {
        let file = self.key.path().join("key").display().to_string();
        let flags = ["--room", "barco-e-porto", "--interface", "v1", "--key-file"];
        flags.map(String::from).into_iter().chain([file]).collect()
    }

    fn member(&self, host: &Host, name: &str) -> Program {
        let flags = self.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        host.member(&Home::new(), name, &flags)
    }

    /// A bridge that has its connection.
    fn bridge(&self, host: &Host, server: &Host, name: &str, more: &[&str]) -> Program {
        let url = format!("nats://{}:4222", server.address(0));
        let flags = self.flags();
        let flags = flags.iter().map(String::as_str);
        let args = ["--nats", &url, "--name", name].into_iter();
        let args: Vec<&str> = args.chain(flags).chain(more.iter().copied()).collect();
        let home = Home::new();
        let mut bridge = Program::start(host.bridge(&home, &args)).keeping(&home);
        bridge.notes("connected to");
        bridge
    }
}

/// A server that writes down all that it is given.
fn server(host: &Host, store: &tempfile::TempDir) -> Program {
    let store = store.path().display().to_string();
    let args = ["-p", "4222", "-DV", "-js", "-sd", &store];
    let mut server = Program::start(host.command("nats-server", &args));
    server.notes("Server is ready");
    server
}

/// Hosts on a network with a server, each of the others at one of two sites as well.
fn two_sites<const COUNT: usize>(sites: [usize; COUNT]) -> Option<(Network, [Host; COUNT])> {
    let (network, mut hosts) = Network::of_hosts::<COUNT>(&[Need::Nats])?;
    network.gains_lan(1);
    network.gains_lan(2);
    for (host, site) in hosts.iter_mut().zip(sites) {
        if site > 0 {
            network.plug(host, site);
        }
    }
    Some((network, hosts))
}

#[test]
fn two_sites_are_one_room_and_the_server_learns_neither_names_nor_words() {
    let Some((_network, [nats, at_porto, porto, at_barco, barco, late])) =
        two_sites([0, 1, 1, 2, 2, 2])
    else {
        return;
    };
    let (room, store) = (Room::new(), folder());
    let record = server(&nats, &store);
    let _porto = room.bridge(&porto, &nats, "porto", &[]);
    let _barco = room.bridge(&barco, &nats, "barco", &[]);
    let mut ana = room.member(&at_porto, "ana");
    let mut bia = room.member(&at_barco, "bia");
    ana.notes("connected with barco");
    bia.notes("connected with porto: 1 person there, its bridge says");
    ana.says("zarpamos quando?");
    bia.shows("ana: zarpamos quando?");
    ana.notes("delivered at barco to the 1 person there, its bridge says");
    bia.says("meio-dia");
    ana.shows("bia: meio-dia");
    ana.says("/msg bia traz o mapa");
    bia.shows("traz o mapa");
    bia.says("/edit uma hora");
    ana.shows("uma hora");
    let mut caio = room.member(&late, "caio");
    caio.shows("ana: zarpamos quando?");
    caio.shows("uma hora");
    // The server dies, and what is said meanwhile comes once it is back.
    record.gets_signal("KILL");
    let before = record.stops().noted;
    ana.says("alguém aí?");
    bia.says("sim, sempre");
    let record = server(&nats, &store);
    bia.shows("ana: alguém aí?");
    ana.shows("bia: sim, sempre");
    assert_eq!(bia.count_shown("alguém aí?"), 1);
    assert_eq!(ana.count_shown("sempre"), 1);
    ana.says("sair");
    ana.ends_with(0);
    record.gets_signal("KILL");
    let written = [before, record.stops().noted].concat();
    assert!(written.iter().any(|line| line.contains("roda.1.")));
    assert!(written.iter().any(|line| line.contains("MSG_PAYLOAD")));
    for told in [
        "ana",
        "bia",
        "caio",
        "barco-e-porto",
        "zarpamos",
        "meio-dia",
        "mapa",
    ] {
        // Alone: in random bytes three letters meet now and then.
        let finds = |line: &&String| {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '-');
            words.into_iter().any(|word| word == told)
        };
        assert_eq!(written.iter().find(finds), None, "{told}");
    }
}

#[test]
fn when_one_of_two_bridges_is_killed_the_other_carries_the_room_on() {
    let Some((_network, [nats, at_porto, first, second, at_barco, barco])) =
        two_sites([0, 1, 1, 1, 2, 2])
    else {
        return;
    };
    let (room, store) = (Room::new(), folder());
    let _server = server(&nats, &store);
    let mut sends = room.bridge(&first, &nats, "porto", &[]);
    sends.notes("this bridge carries the room");
    let mut waits = room.bridge(&second, &nats, "reserva", &[]);
    waits.notes("in standby");
    let _barco = room.bridge(&barco, &nats, "barco", &[]);
    let mut ana = room.member(&at_porto, "ana");
    let mut bia = room.member(&at_barco, "bia");
    bia.notes("connected with porto");
    for line in 0..40 {
        ana.says(&format!("linha {line}."));
        if line == 20 {
            bia.shows("linha 10.");
            sends.gets_signal("KILL");
        }
    }
    bia.shows("ana: linha 39.");
    bia.says("recebido");
    ana.shows("bia: recebido");
    waits.notes("this bridge carries the room");
    for line in 0..40 {
        assert_eq!(bia.count_shown(&format!("linha {line}.")), 1, "{line}");
    }
}

#[test]
fn what_a_stream_keeps_comes_when_no_other_bridge_runs() {
    let Some((_network, [nats, at_porto, porto, at_barco, barco])) = two_sites([0, 1, 1, 2, 2])
    else {
        return;
    };
    let (room, store) = (Room::new(), folder());
    let _server = server(&nats, &store);
    let stream = ["--stream", "RODA"];
    let mut bridge = room.bridge(&porto, &nats, "porto", &stream);
    bridge.notes("this bridge carries the room");
    let mut ana = room.member(&at_porto, "ana");
    ana.says("para quem vier depois");
    ana.says("sair");
    ana.ends_with(0);
    bridge.gets_signal("TERM");
    bridge.ends_with(143);
    let mut bia = room.member(&at_barco, "bia");
    let _barco = room.bridge(&barco, &nats, "barco", &stream);
    bia.shows("ana: para quem vier depois");
}

#[test]
fn a_room_that_everybody_can_read_is_carried_only_if_that_is_said() {
    let place = Place::on_loopback();
    let home = Home::new();
    let nats = ["--nats", "nats://127.0.0.1:9"];
    let refused = Program::start(place.bridge(&home, &nats)).ends_with(2);
    assert!(refused.noted[0].contains("--public"), "{refused:?}");
    let secret = ["--nats", "nats://ana:senha@127.0.0.1:9", "--public"];
    let refused = Program::start(place.bridge(&home, &secret)).ends_with(2);
    assert!(refused.noted[0].contains("--creds"), "{refused:?}");
    let mut bridge = Program::start(place.bridge(&home, &[&nats[..], &["--public"]].concat()));
    bridge.notes("no connection");
    bridge.gets_signal("TERM");
    bridge.ends_with(143);
}

#[test]
fn a_bridge_is_listed_as_one_and_says_where_its_key_is_the_wrong_one() {
    let place = Place::on_loopback();
    let keys = folder();
    fs::write(keys.path().join("right"), SECRET).unwrap();
    fs::write(
        keys.path().join("wrong"),
        "outra frase que ninguem adivinha",
    )
    .unwrap();
    let room = |key: &str| {
        let file = keys.path().join(key).display().to_string();
        ["--room", "barco", "--key-file", &file].map(str::to_owned)
    };
    let nats = ["--nats", "nats://127.0.0.1:9", "--site", "ilha"].map(str::to_owned);
    let bridge = |key: &str| {
        let args = [nats.to_vec(), room(key).to_vec()].concat();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let home = Home::new();
        Program::start(place.bridge(&home, &args)).keeping(&home)
    };
    let mut wrong = bridge("wrong");
    let right = bridge("right");
    let args = room("right");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut ana = place.member(&Home::new(), "ana", &args);
    ana.notes("bridge");
    // What it is says its first frame, which may come a moment later.
    let listed = wait_until(|| {
        ana.says("/who");
        ana.has_noted("only ana (you); bridge: bridge")
            .then_some(())
    });
    assert!(listed.is_some(), "{:?}", ana.noted());
    (0..10).for_each(|line| ana.says(&format!("linha {line}")));
    // There is no server: the room is told of the key all the same.
    wrong.notes("another key");
    for bridge in [wrong, right] {
        bridge.gets_signal("TERM");
        bridge.ends_with(143);
    }
}

#[test]
fn what_a_bridge_is_told_by_a_file_or_a_context_is_checked_and_shown_without_secrets() {
    let place = Place::on_loopback();
    let (files, home) = (folder(), Home::new());
    let file = files.path().join("bridge.toml");
    let path = file.display().to_string();
    fs::write(&file, "nats = ['nats://h']\nsenha = 'segredo'\n").unwrap();
    let refused = Program::start(place.bridge(&home, &["--config", &path])).ends_with(2);
    assert!(
        refused.noted[0].contains("bridge.toml, line 2"),
        "{refused:?}"
    );
    assert!(!refused.noted[0].contains("segredo"), "{refused:?}");
    let public = ["--context", "nenhum", "--public"];
    let refused = Program::start(place.bridge(&home, &public)).ends_with(2);
    assert!(refused.noted[0].contains("nenhum.json"), "{refused:?}");
    let refused = Program::start(place.bridge(&home, &["--public"])).ends_with(2);
    assert!(refused.noted[0].contains("--context"), "{refused:?}");
}
