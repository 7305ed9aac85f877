//! Several hosts: network namespaces on switches made for each test. What travels between them
//! is read back from the wire. Needs Linux, root and iproute2; says so loudly where it may not.

use crate::support;

use serde_json::Value;
use support::Need;
use support::network::{Host, Network};
use support::program::Program;

const GROUP: &str = "224.3.29.71:5007";

/// A firewall on one host: its table, with a chain on this hook.
fn sets_up_firewall(host: &Host, hook: &str, policy: &str) {
    host.namespace.nft("add table ip wall");
    let chain = format!("{{ type filter hook {hook} priority 0 ; policy {policy} ; }}");
    host.namespace
        .nft(&format!("add chain ip wall gate {chain}"));
}

/// A watch on the wire, running already.
fn sniffer(host: &Host, interface: &str) -> Program {
    let mut sniffer = host.python("sniff.py", &[interface]);
    sniffer.notes("sniffing");
    sniffer
}

fn hex(bytes: &str) -> String {
    bytes.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn two_receivers_and_two_senders_on_four_hosts_do_what_the_course_expects() {
    let Some((_network, [bia, caio, ana, eva])) = Network::of_hosts(&[]) else {
        return;
    };
    let mut left = [bia.receiver("bia", &[]), caio.receiver("caio", &[])];
    let mut right = [
        ("ana", ana.sender("ana", &[])),
        ("eva", eva.sender("eva", &[])),
    ];
    let mut expected = Vec::new();
    for round in 0..3 {
        for (name, sender) in &mut right {
            sender.says(&format!("mensagem {round}"));
            expected.push(format!("] {name}: mensagem {round}"));
            for receiver in &mut left {
                receiver.shows(expected.last().unwrap());
            }
        }
    }
    let [(_, mut ana), (_, mut eva)] = right;
    ana.says("sair");
    expected.push("] ana: sair".into());
    assert!(ana.ends_with(0).shown.is_empty());
    for receiver in left {
        let shown = receiver.ends_with(0).shown;
        assert_eq!(shown.len(), expected.len());
        assert!(
            shown
                .iter()
                .zip(&expected)
                .all(|(line, end)| line.ends_with(end)),
            "{shown:?}"
        );
    }
    eva.falls_silent();
    assert!(eva.ends_with(0).shown.is_empty());
}

#[test]
fn ours_and_the_courses_programs_share_a_group_over_several_hosts() {
    let Some((_network, [bia, caio, ana, eva])) = Network::of_hosts(&[Need::Python]) else {
        return;
    };
    let mut left = [bia.receiver("bia", &[]), caio.their_receiver("caio")];
    let (mut ana, mut eva) = (ana.sender("ana", &[]), eva.their_sender("eva"));
    for (name, sender) in [("ana", &mut ana), ("eva", &mut eva)] {
        sender.says("olá 🎉");
        for receiver in &mut left {
            receiver.shows(&format!("{name}: olá 🎉"));
        }
    }
    eva.says("sair");
    for receiver in left {
        assert!(
            receiver
                .ends_with(0)
                .shown
                .last()
                .unwrap()
                .ends_with("eva: sair")
        );
    }
}

#[test]
fn the_wire_carries_what_the_course_fixed_and_a_join_and_a_leave() {
    let Some((_network, [bia, ana, observer])) = Network::of_hosts(&[Need::Python]) else {
        return;
    };
    let mut wire = sniffer(&observer, "v0");
    let mut receiver = bia.receiver("bia", &[]);
    wire.shows(r#""act": "join""#);
    for (flags, ttl, text) in [(&[][..], 1, "olá"), (&["--ttl", "3"], 3, "de \"longe\"")] {
        let mut sender = ana.sender("ana", flags);
        sender.says(text);
        let text = text.replace('"', "\\\"");
        let payload = hex(&format!(r#"{{"user":"ana","data":"{text}"}}"#));
        let packet: Value = serde_json::from_str(&wire.shows(&payload)).unwrap();
        let expected = serde_json::json!({
            "proto": "udp", "source": ana.address(0), "destination": "224.3.29.71",
            "port": 5007, "ttl": ttl, "payload": payload,
        });
        assert_eq!(packet, expected);
        receiver.shows("ana: ");
    }
    receiver.gets_signal("INT");
    receiver.ends_with(130);
    wire.shows(r#""act": "leave""#);
    let packets: Vec<Value> = wire
        .stops()
        .shown
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (igmp, udp): (Vec<_>, Vec<_>) = packets.iter().partition(|p| p["proto"] == "igmp");
    assert_eq!(udp.len(), 2, "{packets:?}");
    // A sender joins nothing, and nobody joins anything else.
    for packet in igmp {
        assert_eq!(packet["source"], bia.address(0));
        assert_eq!(packet["group"], "224.3.29.71");
    }
}

#[test]
fn a_host_without_a_route_uses_every_interface_and_says_so() {
    let Some((network, [mut bia, ana, caio])) = Network::of_hosts(&[]) else {
        return;
    };
    network.gains_lan(1);
    network.plug(&mut bia, 1);
    bia.loses_its_route();
    let mut receiver = bia.receiver("bia", &[]);
    let notice = receiver.notes("no route to 224.3.29.71:5007: using every interface");
    assert!(
        notice.contains("v0 (10.77.0.1), v1 (10.77.1.1)"),
        "{notice}"
    );
    ana.sends("ana", &["alguém aí?"]);
    receiver.shows("ana: alguém aí?");
    let mut heard = caio.receiver("caio", &[]);
    let end = bia.sends("bia", &["estou aqui"]);
    assert!(
        end.noted
            .iter()
            .any(|line| line.contains("using every interface")),
        "{end:?}"
    );
    heard.shows("bia: estou aqui");
    receiver.shows("bia: estou aqui");
}

#[test]
fn a_host_with_only_loopback_talks_to_itself_and_says_so() {
    let Some(host) = Host::isolated() else { return };
    let mut receiver = host.receiver("bia", &[]);
    receiver.notes("no network but loopback (lo (127.0.0.1))");
    let end = host.sends("ana", &["eco", "sair"]);
    assert!(
        end.noted
            .iter()
            .any(|line| line.contains("no network but loopback")),
        "{end:?}"
    );
    assert_eq!(receiver.ends_with(0).shown.len(), 2);
}

#[test]
fn two_interfaces_get_one_copy_each_by_name_and_by_address() {
    let Some((network, [mut ana, bia, mut caio])) = Network::of_hosts(&[Need::Python]) else {
        return;
    };
    network.gains_lan(1);
    network.plug(&mut ana, 1);
    network.plug(&mut caio, 1);
    let mut wires = [sniffer(&bia, "v0"), sniffer(&caio, "v1")];
    let receivers = [
        bia.receiver("bia", &[]),
        caio.receiver("caio", &["--interface", "v1"]),
    ];
    let both = ["--interface", "v0", "--interface", &ana.address(1)];
    let mut sender = ana.sender("ana", &both);
    sender.notes("on v0 (10.77.0.1), v1 (10.77.1.1)");
    sender.says("sair");
    sender.ends_with(0);
    for receiver in receivers {
        assert_eq!(receiver.ends_with(0).shown.len(), 1);
    }
    for (lan, wire) in wires.iter_mut().enumerate() {
        let packet = wire.shows(&hex("sair"));
        assert!(
            packet.contains(&format!("\"source\": \"{}\"", ana.address(lan))),
            "{packet}"
        );
    }
    for wire in wires {
        let shown = wire.stops().shown;
        assert_eq!(
            shown.iter().filter(|line| line.contains("udp")).count(),
            1,
            "{shown:?}"
        );
    }
}

#[test]
fn a_receiver_on_one_interface_does_not_hear_another() {
    let Some((network, [mut bia, ana, mut eva])) = Network::of_hosts(&[]) else {
        return;
    };
    network.gains_lan(1);
    network.plug(&mut bia, 1);
    network.plug(&mut eva, 1);
    let by_name = bia.receiver("bia", &["--interface", "v0"]);
    let by_address = bia.receiver("beatriz", &["--interface", &bia.address(1)]);
    ana.sends("ana", &["pela rede 0", "sair"]);
    let mut sender = eva.sender("eva", &["--interface", "v1"]);
    sender.says("sair");
    sender.ends_with(0);
    assert_eq!(by_name.ends_with(0).shown.len(), 2);
    let shown = by_address.ends_with(0).shown;
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].ends_with("eva: sair"));
}

#[test]
fn an_interface_that_goes_away_is_told_with_the_cure_and_no_line_is_lost_silently() {
    let routed: &[&str] = &[];
    let named: &[&str] = &["--interface", "v0"];
    for (loss, flags) in [
        ("link set v0 down", routed),
        ("link set v0 down", named),
        ("link del v0", routed),
        ("link del v0", named),
    ] {
        let Some((_network, [ana, bia])) = Network::of_hosts(&[]) else {
            return;
        };
        let mut receiver = bia.receiver("bia", &[]);
        let mut sender = ana.sender("ana", flags);
        sender.says("antes");
        receiver.shows("ana: antes");
        ana.namespace.ip(loss);
        sender.says("perdida");
        let told = sender.notes(&format!("cannot send to {GROUP}"));
        assert!(
            told.contains("check the cable or the Wi-Fi"),
            "{loss} {flags:?}: {told}"
        );
        sender.notes("line 2 was not sent");
        sender.falls_silent();
        let end = sender.ends_with(1);
        assert_eq!(end.noted.last().unwrap(), "not sent in total: 1 line");
    }
}

#[test]
fn a_sender_whose_network_comes_back_goes_on() {
    let Some((_network, [ana, bia])) = Network::of_hosts(&[]) else {
        return;
    };
    let mut receiver = bia.receiver("bia", &[]);
    let mut sender = ana.sender("ana", &[]);
    ana.namespace.ip("link set v0 down");
    sender.says("perdida");
    sender.notes("line 1 was not sent");
    ana.namespace.ip("link set v0 up");
    ana.routes_multicast_to("v0");
    sender.says("de volta");
    receiver.shows("ana: de volta");
    sender.says("sair");
    sender.ends_with(1);
    assert_eq!(receiver.ends_with(0).shown.len(), 2);
}

#[test]
fn a_firewall_that_forbids_sending_is_told_with_the_cure() {
    let Some((_network, [ana])) = Network::of_hosts(&[Need::Nft]) else {
        return;
    };
    sets_up_firewall(&ana, "output", "drop");
    let mut sender = ana.sender("ana", &[]);
    sender.says("oi");
    let told = sender.notes(&format!("cannot send to {GROUP}"));
    assert!(
        told.contains("the system does not allow it; allow UDP"),
        "{told}"
    );
    sender.notes("line 1 was not sent");
    sender.says("sair");
    let end = sender.ends_with(1);
    assert_eq!(end.noted.last().unwrap(), "not sent in total: 2 lines");
}

#[test]
fn a_fifth_of_the_datagrams_lost_stays_lost_and_the_receiver_goes_on() {
    const SENT: usize = 500;
    let Some((_network, [bia, ana])) = Network::of_hosts(&[Need::Nft]) else {
        return;
    };
    sets_up_firewall(&bia, "input", "accept");
    let loss = "udp dport 5007 numgen random mod 100 < 20 drop";
    bia.namespace.nft(&format!("add rule ip wall gate {loss}"));
    let receiver = bia.receiver("bia", &[]);
    let mut sender = ana.sender("ana", &["--rate", "2000"]);
    let lines: String = (0..SENT).map(|number| format!("{number}\n")).collect();
    sender.types(lines.as_bytes());
    sender.falls_silent();
    sender.ends_with(0);
    bia.namespace.nft("delete table ip wall");
    ana.sends("ana", &["sair"]);
    let end = receiver.ends_with(0);
    // 400 are expected, with a standard deviation of 9.
    let heard = end.shown.len() - 1;
    assert!((250..=480).contains(&heard), "{heard} of {SENT}");
    let counts = end.noted.last().unwrap();
    assert!(
        counts.starts_with(&format!("{} messages shown", heard + 1)),
        "{counts}"
    );
}

#[test]
fn what_the_kernel_drops_at_a_slow_receiver_is_told() {
    let Some(host) = Host::isolated() else { return };
    let mut receiver = host.receiver("bia", &[]);
    receiver.gets_signal("STOP");
    let burst = vec!["x".repeat(900); 30_000];
    let mut sender = host.sender("ana", &[]);
    sender.types(burst.join("\n").as_bytes());
    sender.falls_silent();
    sender.ends_with(0);
    receiver.gets_signal("CONT");
    receiver.shows("ana: xxx");
    host.sends("ana", &["sair"]);
    let end = receiver.ends_with(0);
    let lost = end
        .noted
        .last()
        .unwrap()
        .split("lost by this machine: ")
        .nth(1)
        .unwrap();
    let lost: usize = lost.parse().unwrap();
    assert!(lost > 0);
    assert_eq!(end.shown.len() + lost, burst.len() + 1);
}
