//! Hosts made for one test: network namespaces, alone or on switches that join them. Nothing
//! here touches the network of the machine itself.

use std::ops::Deref;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use super::place::Place;
use super::{Need, available, command, run, try_read, try_run, wait_until};

/// The route that multicast takes on a host which has no other.
const MULTICAST: &str = "224.0.0.0/4";

/// A network namespace, deleted when dropped.
pub struct Namespace(String);

impl Namespace {
    /// Makes a namespace whose name no other test and no other run of the tests has.
    pub fn make(role: &str) -> Result<Self, String> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("roda-{}-{number}-{role}", process::id());
        try_run(&format!("ip netns add {name}"))?;
        let made = Self(name);
        made.ip("link set lo up");
        Ok(made)
    }

    /// What the system calls it.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Runs `ip …` here.
    pub fn ip(&self, arguments: &str) {
        run(&format!("ip -n {} {arguments}", self.0));
    }

    /// Runs `nft …` here.
    pub fn nft(&self, arguments: &str) {
        run(&format!("ip netns exec {} nft {arguments}", self.0));
    }

    /// What a tool writes that runs here.
    fn reads(&self, line: &str) -> String {
        let output = try_read(&format!("ip netns exec {} {line}", self.0));
        output.unwrap_or_else(|why| panic!("{why}"))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // A test that already fails must not fail again here.
        let _ = try_run(&format!("ip netns del {}", self.0));
    }
}

/// A machine of its own, as programs see it.
pub struct Host {
    /// Its network.
    pub namespace: Namespace,
    place: Place,
    number: usize,
    interfaces: usize,
}

/// Programs run on a host as in any place.
impl Deref for Host {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Host {
    /// A host that is on no network yet; its number is its own in its test.
    pub(super) fn make(number: usize) -> Self {
        let namespace = Namespace::make(&format!("host{number}")).unwrap();
        let place = Place::in_namespace(&namespace.0);
        Self {
            namespace,
            place,
            number,
            interfaces: 0,
        }
    }

    /// A host with nothing but loopback, and no route but to itself.
    pub fn isolated() -> Option<Self> {
        available(&[Need::Namespaces]).then(|| Self::make(1))
    }

    /// A host on which the course's programs talk through loopback.
    pub fn alone() -> Option<Self> {
        let host = available(&[Need::Namespaces, Need::Python]).then(|| Self::make(1))?;
        host.routes_multicast_to("lo");
        Some(host)
    }

    /// Routes multicast to one of its interfaces.
    pub fn routes_multicast_to(&self, interface: &str) {
        let route = format!("route add {MULTICAST} dev {interface}");
        self.namespace.ip(&route);
    }

    /// Passes packets on between its networks, as a router does.
    pub fn forwards(&self) {
        let name = &self.namespace.0;
        let path = "/proc/sys/net/ipv4/ip_forward";
        let mut write = command("ip");
        write.args([
            "netns",
            "exec",
            name,
            "sh",
            "-c",
            &format!("echo 1 > {path}"),
        ]);
        assert!(write.status().unwrap().success());
    }

    /// Loses its route for multicast.
    pub fn loses_its_route(&self) {
        self.namespace.ip(&format!("route del {MULTICAST}"));
    }

    /// Loses so many of a thousand datagrams of IPv4 that come, at random.
    pub fn loses(&self, per_mille: u32) {
        self.drops(&format!(
            "meta nfproto ipv4 meta l4proto udp numgen random mod 1000 < {per_mille}"
        ));
    }

    /// Receives nothing that comes from a host, nor anything by IPv6.
    pub fn is_deaf_to(&self, host: &Self) {
        self.drops(&format!("ip saddr {}", host.address(0)));
        self.drops("meta nfproto ipv6");
    }

    /// Receives what is sent to the group of chat, and nothing of what comes to that of streams.
    pub fn loses_streams(&self) {
        self.drops("ip daddr 224.3.29.72");
        self.drops("meta nfproto ipv6");
    }

    fn drops(&self, what: &str) {
        self.filters("loss", &format!("iifname v0 {what} drop"));
    }

    /// Receives everything again.
    pub fn hears_all(&self) {
        self.namespace.nft("delete table inet loss");
    }

    fn filters(&self, table: &str, rule: &str) {
        let chain = format!("add chain inet {table} gate");
        self.namespace.nft(&format!("add table inet {table}"));
        self.namespace.nft(&format!(
            "{chain} {{ type filter hook input priority 0 ; }}"
        ));
        self.namespace
            .nft(&format!("add rule inet {table} gate {rule}"));
    }

    /// From now on counts what comes to a UDP port.
    pub fn counts_port(&self, port: u16) {
        self.filters("seen", &format!("udp dport {port} counter"));
    }

    /// How many bytes of IP packets were counted.
    pub fn counted_bytes(&self) -> u64 {
        let rules = self.namespace.reads("nft list table inet seen");
        let words = rules.split_whitespace().skip_while(|word| *word != "bytes");
        words.skip(1).find_map(|word| word.parse().ok()).unwrap()
    }

    /// How many bytes it has sent on its first LAN, with Ethernet's headers.
    pub fn sent_bytes(&self) -> u64 {
        let count = self
            .namespace
            .reads("cat /sys/class/net/v0/statistics/tx_bytes");
        count.trim().parse().unwrap()
    }

    /// Its address on a LAN.
    pub fn address(&self, lan: usize) -> String {
        format!("10.77.{lan}.{}", self.number)
    }
}

/// LANs and their hosts.
pub struct Network {
    switches: Namespace,
}

impl Network {
    /// Hosts on one LAN, each with the interface `v0`, through which it routes multicast.
    pub fn of_hosts<const COUNT: usize>(needs: &[Need]) -> Option<(Self, [Host; COUNT])> {
        if !available(&[&[Need::Namespaces], needs].concat()) {
            return None;
        }
        let network = Self {
            switches: Namespace::make("switch").unwrap(),
        };
        network.gains_lan(0);
        let hosts = std::array::from_fn(|at| {
            let mut host = Host::make(at + 1);
            network.plug(&mut host, 0);
            host.routes_multicast_to("v0");
            host
        });
        Some((network, hosts))
    }

    /// Sets up one more LAN: a switch that floods multicast, as cheap ones do.
    pub fn gains_lan(&self, lan: usize) {
        let bridge = format!("link add lan{lan} type bridge mcast_snooping 0");
        self.switches.ip(&bridge);
        self.switches.ip(&format!("link set lan{lan} up"));
    }

    /// Gives a host its next interface, `v0`, `v1` and so on, and plugs it into a LAN.
    pub fn plug(&self, host: &mut Host, lan: usize) {
        let (inside, name) = (&host.namespace, &host.namespace.0);
        let interface = format!("v{}", host.interfaces);
        let port = format!("host{}-{interface}", host.number);
        let cable = format!("link add {port} type veth peer name {interface} netns {name}");
        self.switches.ip(&cable);
        self.switches
            .ip(&format!("link set {port} master lan{lan} up"));
        let address = format!("addr add {}/24 dev {interface}", host.address(lan));
        inside.ip(&address);
        inside.ip(&format!("link set {interface} up"));
        let state = format!("ip netns exec {name} grep -q up /sys/class/net/{interface}/operstate");
        wait_until(|| try_run(&state).ok()).expect("an interface comes up");
        host.interfaces += 1;
    }
}
