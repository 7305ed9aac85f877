//! `tcp-peer` between hosts, on a link that goes down; and between two terminals.
#![cfg(unix)]

use crate::support;

use support::network::{Host, Network};
use support::program::Program;
use support::tcp::tcp_peer;
use support::terminal::Terminal;

/// `roda tcp-peer …` on a host, started.
fn peer_on(host: &Host, args: &[&str]) -> Program {
    let args = [&["tcp-peer"], args].concat();
    Program::start(host.command(env!("CARGO_BIN_EXE_roda"), &args))
}

#[test]
fn a_link_that_goes_down_is_noticed_on_both_sides() {
    let Some((_network, [bia, ana])) = Network::of_hosts(&[]) else {
        return;
    };
    let mut listener = peer_on(&bia, &["--listen", "--name", "bia", "--keep-alive", "1"]);
    let line = listener.notes("the other person types: roda tcp-peer --connect 10.77.0.");
    let address = line.rsplit(' ').next().unwrap();
    let mut caller = peer_on(
        &ana,
        &["--connect", address, "--name", "ana", "--keep-alive", "1"],
    );
    caller.says("oi");
    listener.shows("] ana: oi");
    bia.namespace.ip("link set v0 down");
    caller.says("alguém aí?");
    for (mut peer, lost) in [(caller, "bia is gone"), (listener, "ana is gone")] {
        peer.notes(lost);
        peer.ends_with(1);
    }
}

#[test]
fn a_host_that_no_way_leads_to_is_told_with_the_cure() {
    let Some(host) = Host::isolated() else { return };
    let end = peer_on(&host, &["--connect", "10.99.0.1:12345"]).ends_with(1);
    assert!(
        end.noted[0].contains("that network cannot be reached"),
        "{end:?}"
    );
}

/// Two people at terminals who talk: who listens, who calls.
fn two_terminals() -> [Terminal; 2] {
    let person = |args: &[&str], name: &str| {
        let args = [args, &["--name", name, "--color", "never"]].concat();
        Terminal::start(tcp_peer(&args))
    };
    let mut bia = person(&["--listen", "127.0.0.1:0"], "bia");
    bia.begins_a_line();
    let shown = bia.shows_behind("--connect ", "\n");
    let (_, rest) = shown.split_once("--connect ").unwrap();
    let is_end = |c: char| !c.is_ascii_digit() && c != '.' && c != ':';
    let address = rest.split(is_end).next().unwrap();
    let mut ana = person(&["--connect", address], "ana");
    ana.shows("talking to bia");
    bia.shows("talking to ana");
    ana.shows("ana> ");
    [bia, ana]
}

#[test]
fn a_line_that_arrives_does_not_tear_the_one_being_typed() {
    let [mut bia, mut ana] = two_terminals();
    bia.types("ainda estou digi");
    bia.shows("ainda estou digi");
    ana.types("interrompo você\r");
    bia.shows("] ana: interrompo você");
    bia.shows("bia> ainda estou digi");
    bia.types("tando\r");
    ana.shows("] bia: ainda estou digitando");
    ana.types("sair\r");
    bia.shows("] ana: sair");
    bia.ends_with(0);
    ana.ends_with(0);
    assert!(
        bia.whole_screen().contains("ana ended the chat"),
        "the last words are shown"
    );
}

#[test]
fn keys_end_a_talk_as_they_should_and_the_terminal_is_as_it_was() {
    for (key, code) in [("\x03", 130), ("\x04", 0)] {
        let [mut bia, mut ana] = two_terminals();
        ana.types(key);
        match code {
            130 => bia.shows("] ana: sair"),
            _ => bia.shows("ana has finished"),
        };
        bia.types("\x04");
        ana.ends_with(code);
        bia.ends_with(0);
    }
}
