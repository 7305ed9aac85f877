//! Sites that lie far apart: LANs behind routers, on links of which each test decides what they do
//! to packets, and a place between them where servers run.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::archive::history;
use super::network::{Host, Network};
use super::place::{Home, Place};
use super::program::Program;
use super::{Need, folder, wait_until};

/// The LAN of the servers.
const SERVERS_LAN: usize = 0;

/// What a room's key comes from.
pub const SECRET: &str = "uma frase que ninguem adivinha aqui";

/// The room's name.
pub const ROOM: &str = "barco-e-porto";

/// A link between two hosts, in a program that delays and loses packets.
pub struct Link {
    program: Program,
    changes: usize,
}

impl Link {
    /// Joins two hosts by interfaces of one name. Chance comes from the number alone.
    fn between(near: &Host, far: &Host, number: usize) -> Self {
        let (own, other) = (address_of_link(number, 1), address_of_link(number, 2));
        let (name, seed) = (format!("wan{number}"), number.to_string());
        let args = [&*name, &own, far.namespace.name(), &other, &seed];
        let mut program = near.python("link.py", &args);
        program.shows("0 done");
        let changes = 0;
        Self { program, changes }
    }

    /// Each packet takes this long, each way.
    pub fn delays(&mut self, ms: u32) {
        self.change(&format!("delay {ms}"));
    }

    /// Loses packets with this probability.
    pub fn loses(&mut self, share: f64) {
        self.change(&format!("loss {share}"));
    }

    /// Carries no more each way; what cannot wait is lost.
    pub fn carries(&mut self, kbit_per_s: u32) {
        self.change(&format!("rate {kbit_per_s}"));
    }

    /// Carries nothing any more.
    pub fn is_cut(&mut self) {
        self.change("cut");
    }

    /// Carries packets again.
    pub fn is_joined(&mut self) {
        self.change("join");
    }

    /// How many bytes have crossed: to the servers, and from them.
    pub fn crossed_bytes(&mut self) -> [u64; 2] {
        let answer = self.change("count");
        let counts: Vec<u64> = answer.split(' ').skip(2).flat_map(str::parse).collect();
        [counts[1], counts[3]]
    }

    fn change(&mut self, what: &str) -> String {
        self.changes += 1;
        let number = self.changes;
        self.program.says(&format!("{number} {what}"));
        self.program.shows(&format!("{number} done"))
    }
}

fn address_of_link(number: usize, end: usize) -> String {
    format!("10.99.{number}.{end}")
}

/// A LAN, and the link that leads from it to the servers.
pub struct Site {
    /// What joins it to the others.
    pub link: Link,
    /// Those on its LAN, whose first interface it is.
    pub hosts: Vec<Host>,
    _gateway: Host,
}

/// Sites, and servers on a LAN of their own, to which all links lead.
pub struct Sites {
    /// The LANs of people.
    pub sites: Vec<Site>,
    /// Hosts for the servers.
    pub servers: Vec<Host>,
    _router: Host,
    _network: Network,
}

impl Sites {
    /// Makes so many hosts for servers, and sites of so many hosts each.
    pub fn of(servers: usize, sites: &[usize], needs: &[Need]) -> Option<Self> {
        let needs = [&[Need::Nats, Need::Tun, Need::Python, Need::Nft], needs].concat();
        let (network, []) = Network::of_hosts::<0>(&needs)?;
        let mut numbers = 1..;
        let mut make = |lan: usize| {
            let mut host = Host::make(numbers.next().unwrap());
            network.plug(&mut host, lan);
            host
        };
        let router = make(SERVERS_LAN);
        router.forwards();
        let servers: Vec<Host> = (0..servers).map(|_| make(SERVERS_LAN)).collect();
        let way = format!("route add default via {}", router.address(SERVERS_LAN));
        servers.iter().for_each(|host| host.namespace.ip(&way));
        let site_of = |(at, count): (usize, &usize)| {
            let lan = at + 1;
            network.gains_lan(lan);
            let gateway = make(lan);
            gateway.forwards();
            let link = Link::between(&gateway, &router, lan);
            let (own, other) = (address_of_link(lan, 1), address_of_link(lan, 2));
            let there = &router.namespace;
            there.ip(&format!("route add 10.77.{lan}.0/24 via {own}"));
            gateway
                .namespace
                .ip(&format!("route add default via {other}"));
            let way = format!("route add default via {}", gateway.address(lan));
            let hosts: Vec<Host> = (0..*count).map(|_| make(lan)).collect();
            for host in &hosts {
                host.routes_multicast_to("v0");
                host.namespace.ip(&way);
            }
            let _gateway = gateway;
            Site {
                link,
                hosts,
                _gateway,
            }
        };
        let sites: Vec<Site> = sites.iter().enumerate().map(site_of).collect();
        Some(Self {
            sites,
            servers,
            _router: router,
            _network: network,
        })
    }

    /// The address of a server's host.
    pub fn server(&self, number: usize) -> String {
        self.servers[number].address(SERVERS_LAN)
    }

    /// The address of a bridge's server, as a person gives it.
    pub fn url(&self, number: usize) -> String {
        format!("nats://{}:4222", self.server(number))
    }

    /// All links delay and lose packets like this.
    pub fn are_far(&mut self, delay_ms: u32, loss: f64, kbit_per_s: u32) {
        for site in &mut self.sites {
            site.link.delays(delay_ms);
            site.link.loses(loss);
            site.link.carries(kbit_per_s);
        }
    }
}

/// A room, which members and bridges enter with its key.
pub struct Room {
    name: &'static str,
    key: TempDir,
}

impl Room {
    /// The room of these tests.
    pub fn new() -> Self {
        Self::named(ROOM)
    }

    /// Another one, whose key is its own.
    pub fn named(name: &'static str) -> Self {
        let key = folder();
        fs::write(key.path().join("key"), format!("{SECRET} {name}")).unwrap();
        Self { name, key }
    }

    fn flags(&self) -> Vec<String> {
        let file = self.key.path().join("key").display().to_string();
        let flags = ["--room", self.name, "--key-file"].map(String::from);
        flags.into_iter().chain([file]).collect()
    }

    /// Somebody in the room.
    pub fn member(&self, place: &Place, name: &str) -> Program {
        self.member_of(&Home::new(), place, name)
    }

    /// Somebody in the room whose folder is kept.
    pub fn member_of(&self, home: &Home, place: &Place, name: &str) -> Program {
        let flags = self.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        place.member(home, name, &flags)
    }

    /// A bridge that may have no connection yet.
    pub fn bridge(&self, place: &Place, name: &str, args: &[&str]) -> Program {
        let flags = self.flags();
        let flags = flags.iter().map(String::as_str);
        let args = args.iter().copied();
        let args: Vec<&str> = ["--name", name]
            .into_iter()
            .chain(args)
            .chain(flags)
            .collect();
        let home = Home::new();
        Program::start(place.bridge(&home, &args)).keeping(&home)
    }

    /// What a person's file holds of the room once it holds so many messages: the names and the
    /// words, in their order.
    pub fn kept(&self, home: &Home, count: usize) -> Vec<String> {
        let args = ["--room", self.name, "--format", "jsonl"];
        let read = || {
            // A file in which nothing is yet ends it with 1: what is said in a burst comes later.
            let shown = Program::start(history(home, &args))
                .ends_with_any(&[0, 1])
                .shown;
            let objects = shown
                .iter()
                .filter_map(|line| serde_json::from_str(line).ok());
            let mut objects: Vec<Value> = objects.collect();
            // What two people say in the same millisecond, a file keeps in the order of arrival.
            objects.sort_by_key(|it| [it["time"].to_string(), it["user"].to_string()]);
            let line = |it: &Value| format!("{} {}: {}", it["short"], it["user"], it["data"]);
            let kept: Vec<String> = objects.iter().map(line).collect();
            (kept.len() == count).then_some(kept)
        };
        wait_until(read).expect("the file holds all messages")
    }
}

/// Waits until a program has shown so many lines that hold a part, for a time that its test gives.
pub fn shows_within(program: &mut Program, part: &str, count: usize, limit: Duration) {
    let end = Instant::now() + limit;
    while program.count_shown(part) < count {
        if Instant::now() > end {
            let found = program.count_shown(part);
            // It says what was written.
            let noted = program.noted();
            panic!("{found} of {count} lines hold {part:?}; it noted {noted:?}");
        }
        program.awaits_more(end);
    }
}
