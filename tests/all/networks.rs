//! Odd networks: two cards on one LAN, two addresses on one card, a LAN with a name of virtual
//! machines, a port that somebody keeps, a system that refuses calls. Needs Linux, root and
//! iproute2; says so loudly where it may not.

use crate::support;

use serde_json::Value;
use support::network::{Host, Network};
use support::place::Home;
use support::program::Program;
use support::{Need, wait_until};

/// Runs a tool on a host, which must succeed.
fn runs(host: &Host, line: &str) {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap();
    let args: Vec<&str> = words.collect();
    let output = host.command(program, &args).output().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
}

/// Gives a host a second card on its LAN, with an address of its own.
fn gains_second_card(network: &Network, host: &mut Host, address: &str) {
    runs(host, "sysctl -qw net.ipv6.conf.default.accept_dad=0");
    network.plug(host, 0);
    let given = host.address(0);
    host.namespace.ip(&format!("addr del {given}/24 dev v1"));
    host.namespace.ip(&format!("addr add {address}/24 dev v1"));
}

/// How many lines hold a part.
fn count(lines: &[String], part: &str) -> usize {
    lines.iter().filter(|line| line.contains(part)).count()
}

#[test]
fn with_two_cards_on_one_lan_every_line_comes_once() {
    let Some((network, [mut host_a, host_b, host_c, host_d])) = Network::of_hosts(&[Need::Python])
    else {
        return;
    };
    gains_second_card(&network, &mut host_a, "10.77.0.101");
    let homes = [Home::new(), Home::new()];
    let mut ana = host_a.member(&homes[0], "ana", &[]);
    let mut duda = host_d.member(&homes[1], "duda", &[]);
    let mut plain = host_b.receiver("bia", &["--stay"]);
    let both = ["--stay", "--interface", "v0", "--interface", "v1"];
    let mut on_both = host_a.receiver("eva", &both);
    ana.notes("duda");
    duda.notes("ana");
    for line in ["um", "dois", "dois", "fim da ana"] {
        ana.says(line);
    }
    plain.shows("ana: fim da ana");
    on_both.shows("ana: fim da ana");
    duda.shows("ana: fim da ana");
    host_c.sends("caio", &["oi", "eco", "eco", "fim do caio"]);
    ana.shows("~caio: fim do caio");
    duda.shows("~caio: fim do caio");
    on_both.shows("caio: fim do caio");
    // The end of one more line of each shows that no copy is on its way behind the others.
    duda.says("fim");
    for program in [&mut ana, &mut plain, &mut on_both] {
        program.shows("duda: fim");
    }
    // Frames leave once from each subnet.
    let mut wire = host_b.python("sniff.py", &["v0"]);
    wire.notes("sniffing");
    ana.says("mais uma");
    duda.shows("ana: mais uma");
    duda.says("outro quadro");
    ana.shows("duda: outro quadro");
    wire.shows(r#""source": "10.77.0.1","#);
    wire.shows(r#""source": "10.77.0.4","#);
    let packets = wire.stops().shown;
    assert_eq!(count(&packets, "10.77.0.101"), 0, "{packets:?}");
    let shown = plain.stops().shown;
    let shown_on_both = on_both.stops().shown;
    for shown in [&shown, &shown_on_both] {
        for (line, times) in [("ana: um", 1), ("ana: dois", 2), ("ana: fim da ana", 1)] {
            assert_eq!(count(shown, line), times, "{line}: {shown:?}");
        }
    }
    for (name, shown) in [
        ("ana", ana.stops().shown),
        ("duda", duda.stops().shown),
        ("eva", shown_on_both),
    ] {
        for (line, times) in [("caio: oi", 1), ("caio: eco", 2), ("caio: fim", 1)] {
            assert_eq!(count(&shown, line), times, "{name}, {line}: {shown:?}");
        }
    }
}

#[test]
fn a_member_that_is_alone_with_two_cards_on_one_lan_soon_sends_each_line_once() {
    let Some((network, [mut host_a, host_b])) = Network::of_hosts(&[]) else {
        return;
    };
    gains_second_card(&network, &mut host_a, "10.88.0.1");
    let mut plain = host_b.receiver("bia", &["--stay"]);
    let mut ana = host_a.member(&Home::new(), "ana", &[]);
    let mut line = 0;
    // A line is behind all copies of the one before it.
    let once = wait_until(|| {
        for _ in 0..2 {
            line += 1;
            ana.says(&format!("linha {line}."));
            plain.shows(&format!("ana: linha {line}."));
        }
        let before = format!("ana: linha {}.", line - 1);
        (plain.count_shown(&before) == 1).then_some(())
    });
    assert!(once.is_some(), "{:?}", plain.stops());
}

#[test]
fn with_a_card_in_each_of_two_lans_both_hear_every_line() {
    let Some((network, [mut host_a, host_b, mut host_c])) = Network::of_hosts(&[]) else {
        return;
    };
    network.gains_lan(1);
    network.plug(&mut host_a, 1);
    network.plug(&mut host_c, 1);
    let mut here = host_b.receiver("bia", &["--stay"]);
    let mut there = host_c.receiver("caio", &["--stay", "--interface", "v1"]);
    let mut ana = host_a.member(&Home::new(), "ana", &[]);
    for line in 0..3 {
        ana.says(&format!("linha {line}"));
        here.shows(&format!("ana: linha {line}"));
        there.shows(&format!("ana: linha {line}"));
    }
}

#[test]
fn an_address_that_is_named_is_the_source() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[Need::Python]) else {
        return;
    };
    for (host, address) in [(&host_a, "192.168.5.1"), (&host_b, "192.168.5.2")] {
        // First, as an address that was given before.
        let own = host.address(0);
        host.namespace.ip(&format!("addr del {own}/24 dev v0"));
        host.namespace.ip(&format!("addr add {address}/24 dev v0"));
        host.namespace.ip(&format!("addr add {own}/24 dev v0"));
        host.routes_multicast_to("v0");
    }
    let mut heard = host_b.receiver("bia", &["--json"]);
    let by_address = ["--interface", "10.77.0.1"];
    let mut sender = host_a.sender("ana", &by_address);
    sender.says("pelo endereço");
    assert!(heard.shows("pelo endereço").contains("\"10.77.0.1:"));
    let mut wire = host_b.python("sniff.py", &["v0"]);
    wire.notes("sniffing");
    let (home_a, home_b) = (Home::new(), Home::new());
    let mut ana = host_a.member(&home_a, "ana", &by_address);
    let bia_address = ["--json", "--interface", "10.77.0.2"];
    let mut bia = host_b.member(&home_b, "bia", &bia_address);
    ana.notes("bia");
    ana.says("oi");
    bia.shows(r#""data":"oi""#);
    for port in [5007, 5008] {
        wire.shows(&format!(r#""port": {port}"#));
    }
    for packet in wire.stops().shown {
        let packet: Value = serde_json::from_str(&packet).unwrap();
        let source = packet["source"].as_str().unwrap();
        // Frames for one member alone, too. (IGMP has the first address of the interface.)
        let is_named = source.starts_with("10.77.0.");
        assert!(is_named || packet["proto"] == "igmp", "{packet}");
    }
}

#[test]
fn a_lan_with_the_name_of_a_bridge_or_a_tap_is_used_where_it_is_the_only_one() {
    for name in ["br-lan", "tap0", "vnet0", "virbr1"] {
        let Some((_network, [host_a, host_b])) = Network::of_hosts(&[]) else {
            return;
        };
        for host in [&host_a, &host_b] {
            host.namespace.ip("link set v0 down");
            host.namespace.ip(&format!("link set v0 name {name}"));
            host.namespace.ip(&format!("link set {name} up"));
            let up = |words: &str| host.command("grep", &["-q", "up", words]).status().unwrap();
            let state = format!("/sys/class/net/{name}/operstate");
            wait_until(|| up(&state).success().then_some(())).expect("an interface comes up");
            // A tunnel is never used.
            let _ = host
                .command("ip", &["tuntap", "add", "tun0", "mode", "tun"])
                .output();
        }
        let homes = [Home::new(), Home::new()];
        let mut ana = host_a.member(&homes[0], "ana", &[]);
        let mut bia = host_b.member(&homes[1], "bia", &[]);
        ana.notes("bia");
        bia.notes("ana");
        ana.says("oi");
        bia.shows("ana: oi");
        if name != "br-lan" {
            ana.notes(&format!(
                "using {name} (10.77.0.1), which usually leads only to virtual"
            ));
        }
    }
}

#[test]
fn a_member_alone_is_told_which_interfaces_are_not_used_and_which_port() {
    let Some((_network, [host])) = Network::of_hosts(&[]) else {
        return;
    };
    host.namespace
        .ip("link add docker0 type veth peer name virbr1");
    for inner in ["docker0", "virbr1"] {
        host.namespace.ip(&format!("link set {inner} up"));
    }
    let mut ana = host.member(&Home::new(), "ana", &["--port", "6000"]);
    ana.notes("nobody else is here yet");
    let hint = ana.notes("a firewall must let UDP to");
    assert!(hint.contains("224.3.29.71:6001"), "{hint}");
    assert!(
        hint.contains("docker0") && hint.contains("virbr1"),
        "{hint}"
    );
}

#[test]
fn a_plain_port_that_somebody_keeps_is_named_and_the_chat_goes_on() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[Need::Python]) else {
        return;
    };
    let keep = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); \
        s.bind(('', 5007)); print('kept', flush=True); input()";
    let mut keeper = Program::start(host_a.command("python3", &["-c", keep]));
    keeper.shows("kept");
    let homes = [Home::new(), Home::new()];
    let mut ana = host_a.member(&homes[0], "ana", &[]);
    let refusal = ana.notes("cannot take the port of 224.3.29.71:5007");
    assert!(
        refusal.contains("another program is using this port"),
        "{refusal}"
    );
    ana.notes("the chat goes on without UDP 5007");
    let mut bia = host_b.member(&homes[1], "bia", &[]);
    ana.notes("bia");
    bia.notes("ana");
    ana.says("sem espelho");
    bia.shows("ana: sem espelho");
    bia.says("ouvi");
    ana.shows("bia: ouvi");
    drop(keeper);
    let frames = keep.replace("5007", "6001");
    let mut keeper = Program::start(host_a.command("python3", &["-c", &frames]));
    keeper.shows("kept");
    let args = ["--name", "eva", "--port", "6000"];
    let end = Program::start(host_a.chat(&homes[0], &args)).ends_with(1);
    assert_eq!(
        count(&end.noted, "the port of 224.3.29.71:6001"),
        1,
        "{end:?}"
    );
}

#[test]
fn a_refusal_to_join_is_told_once_for_each_interface() {
    let Some((network, [mut host])) = Network::of_hosts(&[]) else {
        return;
    };
    network.gains_lan(1);
    network.plug(&mut host, 1);
    runs(&host, "sysctl -qw net.ipv4.igmp_max_memberships=0");
    let mut ana = host.member(&Home::new(), "ana", &[]);
    for interface in ["v0", "v1"] {
        ana.notes(&format!("cannot join 224.3.29.71:5008 on {interface}"));
    }
    // The interfaces are looked at every five seconds, so that this comes after the third look.
    host.namespace.ip("link set v0 down");
    host.namespace.ip("link del v0");
    runs(&host, "sysctl -qw net.ipv4.igmp_max_memberships=20");
    ana.notes("now also on v1");
    let noted = ana.stops().noted;
    assert_eq!(count(&noted, "cannot join"), 2, "{noted:?}");
}

/// A program on a host to which the system refuses some calls.
fn sandboxed(host: &Host, home: &Home, refused: &str, args: &[&str]) -> Program {
    let script = format!("{}/tests/interop/refuse.py", env!("CARGO_MANIFEST_DIR"));
    let args = [&[script.as_str(), refused], args].concat();
    let mut command = host.command("python3", &args);
    let home = home.path();
    command.env("XDG_CONFIG_HOME", home.join("settings"));
    command.env("XDG_STATE_HOME", home.join("state"));
    command.env("XDG_DATA_HOME", home.join("data"));
    Program::start(command)
}

#[test]
fn a_system_that_refuses_to_move_many_datagrams_at_once_moves_one() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[Need::Python]) else {
        return;
    };
    let roda = env!("CARGO_BIN_EXE_roda");
    let homes = [Home::new(), Home::new()];
    let both = "recvmmsg,sendmmsg";
    let args = [roda, "chat", "--name", "ana", "--room", "sala"];
    let mut ana = sandboxed(&host_a, &homes[0], both, &args);
    ana.notes("/help lists");
    let mut bia = host_b.member(&homes[1], "bia", &["--room", "sala"]);
    ana.notes("bia");
    bia.notes("ana");
    for line in 0..200 {
        ana.says(&format!("ida {line}."));
        bia.says(&format!("volta {line}."));
    }
    bia.shows("ana: ida 199.");
    ana.shows("bia: volta 199.");
    let args = [roda, "multicast", "receive", "--name", "eva"];
    let mut eva = sandboxed(&host_a, &homes[0], both, &args);
    eva.notes("listening to");
    host_b.sends("caio", &["um", "dois", "sair"]);
    assert_eq!(eva.ends_with(0).shown.len(), 3);
    // The helper does refuse.
    let args = ["python3", "-c", "import socket; socket.socket()"];
    sandboxed(&host_a, &homes[0], "socket", &args).ends_with(1);
}

#[test]
fn a_socket_that_cannot_be_read_ends_the_chat_with_a_sentence() {
    const EIO: i32 = 5;
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[Need::Python]) else {
        return;
    };
    let homes = [Home::new(), Home::new()];
    let args = [env!("CARGO_BIN_EXE_roda"), "chat", "--name", "ana"];
    let ana = sandboxed(&host_a, &homes[0], &format!("recvmmsg:{EIO}"), &args);
    let _bia = host_b.member(&homes[1], "bia", &[]);
    let end = ana.ends_with(1);
    assert_eq!(
        count(&end.noted, "cannot receive from 224.3.29.71:5008"),
        1,
        "{end:?}"
    );
}

#[test]
fn members_who_come_say_one_line_and_go_are_shown_once_and_as_members() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[]) else {
        return;
    };
    let mut ana = host_a.member(&Home::new(), "ana", &["--json"]);
    for visit in 0..5 {
        let name = format!("v{visit}");
        let mut visitor = host_b.member(&Home::new(), &name, &[]);
        visitor.says(&format!("visita {visit}"));
        visitor.says("sair");
        visitor.ends_with(0);
        ana.shows(&format!("\"data\":\"visita {visit}\""));
    }
    // A guest's first line is shown after the doubt, and so behind those of the visitors.
    host_b.sends("gil", &["de fora"]);
    let guest = ana.shows("\"data\":\"de fora\"");
    assert!(guest.contains("\"event\":\"guest\""), "{guest}");
    let shown = ana.stops().shown;
    for visit in 0..5 {
        let data = format!("\"data\":\"visita {visit}\"");
        assert_eq!(count(&shown, &data), 1, "{shown:?}");
    }
    assert_eq!(count(&shown, "\"event\":\"guest\""), 1, "{shown:?}");
}

#[test]
fn a_host_with_link_local_addresses_alone_prints_lines_that_others_can_type() {
    let Some((network, [host_a, mut host_b])) = Network::of_hosts(&[]) else {
        return;
    };
    network.gains_lan(1);
    network.plug(&mut host_b, 1);
    for host in [&host_a, &host_b] {
        runs(host, "sysctl -qw net.ipv6.conf.v0.accept_dad=0");
        host.namespace.ip("link set v0 down");
        host.namespace.ip("-4 addr flush dev v0");
        host.namespace.ip("link set v0 up");
    }
    let roda = env!("CARGO_BIN_EXE_roda");
    let listening = ["tcp-peer", "--listen", "12345", "--name", "ana"];
    let typed = wait_until(|| {
        let mut ana = Program::start(host_a.command(roda, &listening));
        ana.notes("waiting for the other");
        let line = ana.notes("roda tcp-peer --connect");
        line.contains("[fe80:").then_some((ana, line))
    });
    let (mut ana, line) = typed.expect("a link-local address");
    let (_, typed) = line.split_once("roda ").unwrap();
    let args: Vec<&str> = typed.split(' ').chain(["--name", "bia"]).collect();
    let mut bia = Program::start(host_b.command(roda, &args));
    bia.notes("you are talking to ana");
    bia.says("oi");
    ana.shows("bia: oi");
    for wrong in ["[fe80::dead]:12345", "[fe80::dead%nada0]:12345"] {
        let args = ["tcp-peer", "--connect", wrong, "--name", "bia"];
        let end = Program::start(host_b.command(roda, &args)).ends_with(1);
        let line = end.noted.last().unwrap();
        assert!(
            line.contains("as in [fe80::1%eth0]:12345; here: v0, v1"),
            "{line}"
        );
    }
}

#[test]
fn an_interface_that_cannot_multicast_says_so_with_the_cure() {
    let Some((_network, [host])) = Network::of_hosts(&[]) else {
        return;
    };
    let cure = "v0 (10.77.0.1) is not set up for multicast; on Linux: ip link set v0 multicast on";
    host.namespace.ip("link set v0 multicast off");
    for args in [&["--interface", "v0"][..], &[]] {
        let mut ana = host.member(&Home::new(), "ana", args);
        ana.notes(cure);
    }
    let mut bia = host.receiver("bia", &["--interface", "v0"]);
    bia.notes(cure);
    let mut ana = host.member(&Home::new(), "ana", &["--interface", "v0"]);
    host.namespace.ip("link set v0 multicast on");
    ana.notes("now also on v0");
}

#[test]
fn a_member_that_starts_without_a_network_says_so_and_goes_on_with_one() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[]) else {
        return;
    };
    host_a.namespace.ip("link set v0 down");
    host_a.namespace.ip("link set lo down");
    let homes = [Home::new(), Home::new()];
    let mut ana = host_a.member(&homes[0], "ana", &[]);
    let first = ana.notes("you are ana");
    assert!(
        first.contains("in the lobby, on no network yet;"),
        "{first}"
    );
    ana.notes("the chat goes on as soon as there is one");
    let mut bia = host_b.member(&homes[1], "bia", &[]);
    host_a.namespace.ip("link set v0 up");
    host_a.routes_multicast_to("v0");
    bia.notes("ana");
    bia.says("oi");
    ana.shows("bia: oi");
}
