//! The choice of interfaces, on made-up machines.

use super::*;

fn interface(name: &str, addresses: &[[u8; 4]]) -> Interface {
    Interface {
        name: name.into(),
        index: 1,
        addresses: addresses.iter().copied().map(Into::into).collect(),
        netmasks: vec![[255, 255, 255, 0].into(); addresses.len()],
        addresses_v6: vec![],
        link_local_v6: vec![],
        is_ready: name != "down0",
        can_multicast: true,
        is_loopback: name == "lo",
        is_point_to_point: name == "ppp0" || name == "tun0",
    }
}

fn likely(all: &[Interface], asked: &[&str]) -> (Vec<String>, LikelyReason) {
    let asked: Vec<String> = asked.iter().map(|name| (*name).into()).collect();
    let likely = fit_for_people(all.to_vec(), &asked);
    let names = likely.interfaces.into_iter().map(|i| i.name);
    (names.collect(), likely.reason)
}

fn bare(names: &[&str]) -> Vec<Interface> {
    names.iter().map(|name| interface(name, &[])).collect()
}

#[test]
fn people_are_looked_for_where_they_may_be() {
    use LikelyReason::{OnlyLoopback, Usual};
    let names = |all: &[&str], asked: &[&str]| likely(&bare(all), asked);
    let of = |names: &[&str], reason| (names.iter().map(|n| (*n).into()).collect(), reason);
    let all = ["lo", "eth0", "docker0", "wlan0", "tun0", "ppp0", "down0"];
    assert_eq!(names(&all, &[]), of(&["eth0", "wlan0"], Usual));
    let asked = ["docker0", "down0", "none"];
    assert_eq!(names(&all, &asked), of(&["docker0"], Usual));
    assert_eq!(names(&["lo", "docker0"], &[]), of(&["lo"], OnlyLoopback));
    assert_eq!(names(&["lo", "veth1a2b"], &[]), of(&["lo"], OnlyLoopback));
    let asked = ["veth1a2b"];
    assert_eq!(names(&["lo", "veth1a2b"], &asked), of(&asked, Usual));
    let all = [
        interface("lo", &[]),
        interface("veth1a2b", &[[10, 9, 0, 1]]),
    ];
    assert_eq!(likely(&all, &[]), of(&["veth1a2b"], Usual));
    let all = ["lo", "br-lan", "br-0123456789ab", "br-office"];
    assert_eq!(names(&all, &[]), of(&["br-lan", "br-office"], Usual));
}

#[test]
fn a_bridge_or_a_tap_that_is_the_only_way_is_used_and_no_tunnel() {
    for name in ["tap0", "vnet0", "virbr1", "docker0", "br-0123456789ab"] {
        let all = [
            interface("lo", &[[127, 0, 0, 1]]),
            interface("tun0", &[[10, 8, 0, 2]]),
            interface("zt0", &[[10, 147, 0, 2]]),
            interface(name, &[[10, 9, 0, 1]]),
            interface("tap9", &[]),
        ];
        let expected = (vec![name.to_owned()], LikelyReason::OnlyInner);
        assert_eq!(likely(&all, &[]), expected);
        let left_out = fit_for_people(all.to_vec(), &[]).left_out;
        let left_out: Vec<String> = left_out.into_iter().map(|i| i.name).collect();
        assert_eq!(left_out, ["tun0", "zt0", "tap9"]);
    }
}

#[test]
fn an_interface_is_found_by_name_and_by_address() {
    let lo = interface("lo", &[[127, 0, 0, 1]]);
    let all = [lo.clone()];
    assert_eq!(find(&all, "lo"), Some(&lo));
    assert_eq!(find(&all, "127.0.0.1"), Some(&lo));
    assert_eq!(find(&all, "wlan0"), None);
    assert_eq!(lo.to_string(), "lo (127.0.0.1)");
}

#[test]
fn the_address_that_was_named_is_the_source() {
    let two = interface("eth0", &[[192, 168, 0, 7], [10, 77, 0, 1]]);
    let named = named(
        std::slice::from_ref(&two),
        &["10.77.0.1".into(), "eth0".into()],
    );
    let [eth0] = &named[..] else {
        panic!("{named:?}")
    };
    assert_eq!(
        eth0.addresses,
        [[10, 77, 0, 1], [192, 168, 0, 7]].map(Ipv4Addr::from)
    );
    assert!(eth0.is_neighbour([10, 77, 0, 9].into()));
    assert!(!eth0.is_neighbour([192, 168, 0, 9].into()));
    assert!(!eth0.shares_subnet(&two));
}
