//! The sockets of one member, in this process: on loopback, and where interfaces come and go in a
//! namespace of the test's own, for which the test starts itself again there.

use crate::support;

use std::net::{SocketAddr, SocketAddrV4};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::{env, fs};

use roda::net::group::GroupOperation;
use roda::net::group_sockets::{Changes, Families, GroupAddress, GroupSockets};
use roda::net::interrupter::Interrupter;
use roda::net::socket_poller::{Batch, Wire};
use support::datagrams::Stranger;
use support::network::Host;
use support::{DEADLINE, run, wait_until};

/// Set for a test that runs in its own namespace.
const INSIDE: &str = "RODA_TEST_IS_INSIDE";

/// A datagram that a member received.
type Received = (Wire, SocketAddr, Vec<u8>);

/// A member that receives in a thread of its own.
struct Member {
    sockets: GroupSockets,
    received: Receiver<Received>,
    interrupter: Option<Interrupter>,
    poller: Option<JoinHandle<()>>,
}

impl Member {
    fn open(address: GroupAddress) -> (Self, Changes) {
        // Some other program may hold the port for a moment.
        let sockets = wait_until(|| GroupSockets::open(address.clone()).ok());
        let mut sockets = sockets.expect("free ports");
        let changes = sockets.rescan().unwrap();
        let (poller, interrupter) = sockets.poller().unwrap();
        let (tell, received) = channel();
        let (give_back, tickets) = channel();
        give_back.send(Batch::default()).unwrap();
        let listen = move || {
            let tell_all = |batch: Batch| {
                let all = batch.iter().all(|(wire, source, datagram)| {
                    tell.send((wire, source, datagram.to_vec())).is_ok()
                });
                all && give_back.send(batch).is_ok()
            };
            poller.listen(&tickets, tell_all).unwrap();
        };
        let member = Self {
            sockets,
            received,
            interrupter: Some(interrupter),
            poller: Some(thread::spawn(listen)),
        };
        (member, changes)
    }

    /// A member on loopback, which joins there and nowhere else.
    fn on_loopback(port: u16) -> Self {
        let (member, changes) = Self::open(place(port, &["lo"]));
        assert!(changes.refusals.is_empty(), "{changes:?}");
        assert_eq!(names(&member), ["lo"]);
        member
    }

    /// The next datagram that satisfies a condition; those before it are dropped.
    fn hears(&self, is_it: impl Fn(&Received) -> bool) -> Received {
        loop {
            let received = self.received.recv_timeout(DEADLINE).expect("a datagram");
            if is_it(&received) {
                return received;
            }
        }
    }

    fn hears_text(&self, text: &str) -> Received {
        self.hears(|(_, _, datagram)| datagram == text.as_bytes())
    }

    fn says(&mut self, text: &str) {
        let refusals = self
            .sockets
            .send_to_group(&[text.as_bytes()], Families::Preferred);
        assert!(refusals.is_empty(), "{refusals:?}");
    }

    /// Interrupts the poller, whose thread must then end.
    fn is_interrupted(&mut self) {
        drop(self.interrupter.take());
        let poller = self.poller.take().unwrap();
        wait_until(|| poller.is_finished().then_some(())).expect("the wait ends");
        poller.join().unwrap();
    }
}

fn place(port: u16, interfaces: &[&str]) -> GroupAddress {
    let group = |port| SocketAddrV4::new([224, 3, 29, 71].into(), port);
    GroupAddress {
        frames: group(port + 1),
        frames_v6: "ff12::e003:1d47".parse().unwrap(),
        plain: Some(group(port)),
        ttl: 1,
        interfaces: interfaces.iter().map(|name| (*name).into()).collect(),
    }
}

fn loopback_port() -> u16 {
    support::place::Place::on_loopback().port
}

fn names(member: &Member) -> Vec<&str> {
    let interfaces = member.sockets.interfaces().iter();
    interfaces.map(|i| i.name.as_str()).collect()
}

/// Whether this is the run of a test within its namespace. If not, makes one and runs it there.
fn is_inside(test: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        return true;
    }
    let Some(host) = Host::isolated() else {
        return false;
    };
    let this = env::current_exe().unwrap();
    // The test harness names a test by its path within the crate.
    let (_crate, module) = module_path!().split_once("::").unwrap();
    let test = format!("{module}::{test}");
    let mut command = host.command(this.to_str().unwrap(), &["--exact", &test, "--nocapture"]);
    let output = command.env(INSIDE, "1").stdin(Stdio::null()).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let fault = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{fault}");
    assert!(said.contains("1 passed"), "{said}{fault}");
    false
}

/// Plugs a cable in: an interface that leads nowhere, and another at its end, which is not used.
fn plug(interface: &str, address: Option<&str>) {
    run(&format!(
        "ip link add {interface} type veth peer name veth-{interface}"
    ));
    if let Some(address) = address {
        run(&format!("ip addr add {address} dev {interface}"));
    }
    run(&format!("ip link set veth-{interface} up"));
    run(&format!("ip link set {interface} up"));
    for end in [interface, &format!("veth-{interface}")] {
        let state = format!("grep -q up /sys/class/net/{end}/operstate");
        wait_until(|| support::try_run(&state).ok()).expect("an interface comes up");
    }
}

/// Sets one of the namespace's own knobs.
fn sets(knob: &str, value: u32) {
    assert!(env::var_os(INSIDE).is_some());
    fs::write(format!("/proc/sys/net/{knob}"), value.to_string()).unwrap();
}

fn allows_memberships(count: u32) {
    sets("ipv4/igmp_max_memberships", count);
}

#[test]
fn two_members_hear_the_group_and_each_other() {
    let port = loopback_port();
    let [mut ana, mut bia] = [(); 2].map(|()| Member::on_loopback(port));
    let run: Vec<String> = (0..200).map(|n| format!("datagram {n}")).collect();
    let datagrams: Vec<&[u8]> = run.iter().map(String::as_bytes).collect();
    assert!(
        ana.sockets
            .send_to_group(&datagrams, Families::Preferred)
            .is_empty()
    );
    for member in [&ana, &bia] {
        for text in &run {
            let (wire, source, datagram) = member.received.recv_timeout(DEADLINE).unwrap();
            assert_eq!((wire, datagram.as_slice()), (Wire::Frames, text.as_bytes()));
            assert_eq!(source, ([127, 0, 0, 1], ana.sockets.own_port()).into());
        }
    }
    let own = SocketAddr::from(([127, 0, 0, 1], ana.sockets.own_port()));
    bia.sockets.send_to_member(own, b"to ana alone").unwrap();
    let (_, source, _) = ana.hears_text("to ana alone");
    assert_eq!(source.port(), bia.sockets.own_port());
    bia.says("to all");
    ana.hears_text("to all");
    // What came before this was not for her.
    assert_eq!(bia.received.recv_timeout(DEADLINE).unwrap().2, b"to all");
}

/// Datagrams of these lengths; the first byte of each is its number.
fn of_lengths(lengths: &[usize]) -> Vec<Vec<u8>> {
    let numbered = lengths.iter().enumerate();
    numbered.map(|(n, length)| vec![n as u8; *length]).collect()
}

#[test]
fn what_the_kernel_splits_arrives_as_it_was() {
    if !is_inside("what_the_kernel_splits_arrives_as_it_was") {
        return;
    }
    sets("ipv6/conf/default/accept_dad", 0);
    plug("v0", Some("10.9.0.1/24"));
    let [mut ana, mut bia] = [(); 2].map(|()| Member::open(place(5007, &["v0"])).0);
    let mut sent = || {
        bia.sockets
            .send_to_group(&[b"by both"], Families::Both)
            .is_empty()
    };
    wait_until(|| sent().then_some(())).expect("a way out by IPv6");
    bia.hears(|(_, from, _)| from.is_ipv6());
    bia.says("last");
    bia.hears_text("last");
    let bulk = vec![1400; 200];
    let mixed = [9, 9, 9, 5, 9, 700, 700, 1, 1400, 1400, 1300, 1300, 1, 1];
    let mut expects = |lengths: &[usize]| {
        let run = of_lengths(lengths);
        let datagrams: Vec<&[u8]> = run.iter().map(Vec::as_slice).collect();
        let refusals = ana.sockets.send_to_group(&datagrams, Families::Preferred);
        assert!(refusals.is_empty(), "{refusals:?}");
        let received = run
            .iter()
            .map(|_| bia.received.recv_timeout(DEADLINE).unwrap().2);
        let received: Vec<Vec<u8>> = received.collect();
        assert!(received == run, "{lengths:?}");
    };
    expects(&bulk);
    expects(&mixed);
    // Where the kernel refuses to split a packet, its datagrams leave one by one, in fragments.
    run("ip link set v0 mtu 1300");
    run("ip link set veth-v0 mtu 1300");
    expects(&bulk);
    expects(&mixed);
}

#[test]
fn who_hears_itself_hears_itself_no_more_and_others_still() {
    if !is_inside("who_hears_itself_hears_itself_no_more_and_others_still") {
        return;
    }
    plug("v0", Some("10.9.0.1/24"));
    let [mut ana, mut bia] = [(); 2].map(|()| Member::open(place(5007, &["v0"])).0);
    ana.says("of ana");
    ana.hears_text("of ana");
    bia.hears_text("of ana");
    ana.sockets.ignore_itself();
    ana.says("again of ana");
    bia.hears_text("again of ana");
    bia.says("of bia");
    // What came before this she did not hear.
    assert_eq!(ana.received.recv_timeout(DEADLINE).unwrap().2, b"of bia");
}

#[test]
fn the_narrowest_interface_says_how_long_a_datagram_may_be() {
    if !is_inside("the_narrowest_interface_says_how_long_a_datagram_may_be") {
        return;
    }
    plug("v0", Some("10.9.0.1/24"));
    plug("v1", Some("10.9.1.1/24"));
    let (member, _) = Member::open(place(5007, &["v0", "v1"]));
    assert_eq!(member.sockets.datagram_bytes(), 1500 - 48);
    assert_eq!(member.sockets.link_bytes_per_s(), Some(1_250_000_000));
    run("ip link set v1 mtu 1300");
    assert_eq!(member.sockets.datagram_bytes(), 1300 - 48);
}

// In a namespace, because Linux sends no IPv6 multicast through loopback.
#[test]
fn two_members_hear_each_other_by_ipv6() {
    if !is_inside("two_members_hear_each_other_by_ipv6") {
        return;
    }
    sets("ipv6/conf/default/accept_dad", 0);
    plug("v0", None);
    let [mut ana, bia] = [(); 2].map(|()| Member::open(place(5007, &["v0"])).0);
    let mut sent = || {
        ana.sockets
            .send_to_group(&[b"by IPv6"], Families::Preferred)
            .is_empty()
    };
    wait_until(|| sent().then_some(())).expect("a way out");
    let (wire, source, _) = bia.hears_text("by IPv6");
    assert!(wire == Wire::Frames && source.is_ipv6());
    bia.sockets.send_to_member(source, b"answer").unwrap();
    let (_, answered_from, _) = ana.hears_text("answer");
    assert!(answered_from.is_ipv6());
    assert_ne!(answered_from, source);
}

#[test]
fn the_plain_wire_is_told_from_frames_and_leaves_from_the_members_own_port() {
    let port = loopback_port();
    let [mut ana, bia] = [(); 2].map(|()| Member::on_loopback(port));
    assert!(ana.sockets.send_to_plain(b"plain").is_empty());
    ana.says("frame");
    let own = SocketAddr::from(([127, 0, 0, 1], ana.sockets.own_port()));
    assert_eq!(
        bia.hears_text("frame"),
        (Wire::Frames, own, b"frame".to_vec())
    );
    ana.sockets.send_to_plain(b"plain again");
    let (wire, source, _) = bia.hears_text("plain again");
    assert_eq!((wire, source), (Wire::Plain, own));
}

#[test]
fn a_members_own_socket_hears_no_group() {
    let port = loopback_port();
    let [ana, bia] = [(); 2].map(|()| Member::on_loopback(port));
    Stranger::on_loopback(ana.sockets.own_port()).sends("to her port");
    // The same socket, and so behind the other.
    let own = SocketAddr::from(([127, 0, 0, 1], ana.sockets.own_port()));
    bia.sockets.send_to_member(own, b"to her alone").unwrap();
    assert_eq!(
        ana.received.recv_timeout(DEADLINE).unwrap().2,
        b"to her alone"
    );
}

#[test]
fn an_interrupt_ends_a_wait_and_every_later_one() {
    let mut member = Member::on_loopback(loopback_port());
    member.is_interrupted();
    assert!(member.received.recv_timeout(DEADLINE).is_err());
}

#[test]
fn an_interface_that_vanishes_is_lost_and_joined_again_by_its_new_index() {
    if !is_inside("an_interface_that_vanishes_is_lost_and_joined_again_by_its_new_index") {
        return;
    }
    plug("v0", Some("10.9.0.1/24"));
    plug("v1", Some("10.9.1.1/24"));
    let (mut member, changes) = Member::open(place(5007, &["v0", "10.9.1.1"]));
    assert!(changes.refusals.is_empty(), "{changes:?}");
    assert_eq!(names(&member), ["v0", "v1"]);
    let index = changes.joined[0].index;
    let quiet = member.sockets.rescan().unwrap();
    assert!(quiet.joined.is_empty() && quiet.lost.is_empty());
    run("ip link del v0");
    // A send before the next rescan reports the refusal, and still uses the other interface.
    let refusals = member
        .sockets
        .send_to_group(&[b"half"], Families::Preferred);
    let refused: Vec<_> = refusals
        .iter()
        .map(|r| (r.act, r.interface.as_deref()))
        .collect();
    assert_eq!(refused, [(GroupOperation::Send, Some("v0"))]);
    member.hears_text("half");
    // As after sleep: joining again before the rescan does not hide the loss.
    member.sockets.rejoin();
    let changes = member.sockets.rescan().unwrap();
    assert_eq!(changes.lost[0].name, "v0");
    assert_eq!(names(&member), ["v1"]);
    plug("v0", Some("10.9.0.1/24"));
    let changes = member.sockets.rescan().unwrap();
    assert_eq!(changes.joined[0].name, "v0");
    assert_ne!(changes.joined[0].index, index);
    member.says("again");
    let sources = [(); 2].map(|()| member.hears_text("again").1.ip().to_string());
    assert!(sources.contains(&"10.9.0.1".into()), "{sources:?}");
}

#[test]
fn a_cable_of_a_container_is_not_used_and_one_with_an_address_is() {
    if !is_inside("a_cable_of_a_container_is_not_used_and_one_with_an_address_is") {
        return;
    }
    plug("eth0", Some("10.9.0.1/24"));
    let (mut member, _) = Member::open(place(5007, &[]));
    assert_eq!(names(&member), ["eth0"]);
    run("ip addr add 10.9.0.2/24 dev veth-eth0");
    let changes = member.sockets.rescan().unwrap();
    assert_eq!(changes.joined[0].name, "veth-eth0");
}

#[test]
fn an_interface_that_refuses_to_be_joined_again_is_asked_until_it_does() {
    if !is_inside("an_interface_that_refuses_to_be_joined_again_is_asked_until_it_does") {
        return;
    }
    plug("v0", Some("10.9.0.1/24"));
    let (mut member, _) = Member::open(place(5007, &["v0"]));
    member.says("first");
    member.hears_text("first");
    allows_memberships(0);
    member.sockets.rejoin();
    let changes = member.sockets.rescan().unwrap();
    assert_eq!(changes.refusals.len(), 1, "{changes:?}");
    assert_eq!(changes.refusals[0].act, GroupOperation::Join);
    assert!(names(&member).is_empty());
    allows_memberships(20);
    let changes = member.sockets.rescan().unwrap();
    assert!(changes.refusals.is_empty(), "{changes:?}");
    member.says("second");
    member.hears_text("second");
}

#[test]
fn ipv6_hides_no_refusal_of_ipv4() {
    if !is_inside("ipv6_hides_no_refusal_of_ipv4") {
        return;
    }
    plug("v0", Some("10.9.0.1/24"));
    allows_memberships(0);
    let mut room = place(5007, &["v0"]);
    room.plain = None;
    let (_, changes) = Member::open(room);
    assert_eq!(changes.refusals.len(), 1, "{changes:?}");
    assert!(changes.joined.is_empty());
}

#[test]
fn an_interface_that_nothing_leaves_by_is_told() {
    if !is_inside("an_interface_that_nothing_leaves_by_is_told") {
        return;
    }
    sets("ipv6/conf/default/disable_ipv6", 1);
    plug("v0", None);
    let (mut member, _) = Member::open(place(5007, &["v0"]));
    let refusals = member
        .sockets
        .send_to_group(&[b"nowhere"], Families::Preferred);
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].interface.as_deref(), Some("v0"));
    // Once: every beat would say it again.
    let refusals = member
        .sockets
        .send_to_group(&[b"nowhere"], Families::Preferred);
    assert!(refusals.is_empty());
}
