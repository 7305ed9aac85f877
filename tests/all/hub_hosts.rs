//! `hub` between hosts, on a link that goes down; and on a terminal.
#![cfg(unix)]

use crate::support;

use support::hub::{joining, serve};
use support::network::Network;
use support::program::Program;
use support::terminal::Terminal;

#[test]
fn a_link_that_goes_down_is_noticed_and_the_name_is_free_again() {
    let Some((_network, [server, ana, bia])) = Network::of_hosts(&[]) else {
        return;
    };
    let roda = env!("CARGO_BIN_EXE_roda");
    let mut hub = Program::start(server.command(roda, &["hub", "serve", "--keep-alive", "1"]));
    let line = hub.notes("others type: roda hub join 10.77.0.");
    let address = line.rsplit(' ').next().unwrap();
    let args = ["hub", "join", address, "--name", "ana", "--keep-alive", "1"];
    let once = [&args[..], &["--no-reconnect"]].concat();
    let mut first = Program::start(ana.command(roda, &once));
    first.notes("joined 10.77.0.");
    ana.namespace.ip("link set v0 down");
    hub.notes("ana left: the connection was lost");
    first.notes("the connection to the hub was lost");
    first.ends_with(1);
    let mut again = Program::start(bia.command(roda, &args));
    again.notes("joined 10.77.0.");
}

#[test]
fn a_link_that_comes_back_brings_its_person_back_with_what_was_typed_meanwhile() {
    let Some((_network, [server, ana, bia])) = Network::of_hosts(&[]) else {
        return;
    };
    let roda = env!("CARGO_BIN_EXE_roda");
    let mut hub = Program::start(server.command(roda, &["hub", "serve", "--keep-alive", "1"]));
    let line = hub.notes("others type: roda hub join 10.77.0.");
    let address = line.rsplit(' ').next().unwrap();
    let join = |name| ["hub", "join", address, "--name", name, "--keep-alive", "1"];
    let mut first = Program::start(ana.command(roda, &join("ana")));
    let mut other = Program::start(bia.command(roda, &join("bia")));
    first.notes("joined 10.77.0.");
    other.notes("joined 10.77.0.");
    ana.namespace.ip("link set v0 down");
    first.says("perdida talvez");
    first.notes("trying again");
    first.notes("one of your lines may not have reached the hub: perdida talvez");
    first.says("enquanto isso");
    ana.namespace.ip("link set v0 up");
    first.notes("joined 10.77.0.");
    other.shows("ana: enquanto isso");
    first.says("sair");
    first.ends_with(0);
}

#[test]
fn a_line_that_arrives_does_not_tear_the_one_being_typed() {
    let (_hub, port) = serve(&[]);
    let mut ana = Terminal::start(joining(port, "ana", &[]));
    ana.shows("ana> ");
    let mut bia = Program::start(joining(port, "bia", &[]));
    bia.notes("joined 127.0.0.1");
    ana.types("ainda estou digi");
    ana.shows("ainda estou digi");
    bia.says("interrompo você");
    ana.shows("] bia: interrompo você");
    ana.shows("ana> ainda estou digi");
    ana.types("tando\r");
    bia.shows("ana: ainda estou digitando");
    // What is typed ahead, faster than the lines are sent, is not lost.
    ana.types("um\rdois\r/msg bia três\r");
    bia.shows("ana: um");
    bia.shows("ana: dois");
    bia.shows("ana (to you): três");
}
