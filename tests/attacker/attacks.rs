//! What each attack sends.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use roda::protocol::message::Name;
use roda::protocol::rng::Rng;
use roda::protocol::wire::frame::beat::{Beat, Link};
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::status::Status;
use roda::protocol::wire::frame::sync::{SequenceRange, Sync};
use roda::protocol::wire::frame::{Ack, Author, Body};

use super::identity::{Identity, wall_ms};
use super::lan::{GROUP, Heard, Shot};

/// 1 Mbit/s, which an attacker may use without anybody noticing.
const USUAL_BYTES_PER_S: f64 = 125_000.0;

/// An attack: at each turn it says what it sends next, if anything.
pub trait Attack {
    /// Whether enough was heard to begin.
    fn is_ready(&self, heard: &Heard) -> bool {
        heard.victim().is_some()
    }

    /// Bytes per second, with headers.
    fn bytes_per_s(&self) -> f64 {
        USUAL_BYTES_PER_S
    }

    /// The next datagram; `None` for no more now.
    fn next(&mut self, heard: &Heard) -> Option<Shot>;
}

/// The attack with this name.
pub fn named(name: &str, victim: &str) -> Option<Box<dyn Attack>> {
    Some(match name {
        "forged-source" => Box::new(ForgedSource::new()?),
        "replayed-nack" => Box::new(ReplayedNack::default()),
        "evicting-clocks" => Box::new(EvictingClocks::new()?),
        "crawling-status" => Box::new(CrawlingStatus::new()?),
        "identities" => Box::new(Identities::default()),
        "ghost" => Box::new(Ghost::default()),
        "reflection" => Box::new(Reflection::new(victim)?),
        _ => return None,
    })
}

fn identity(number: u32, name: &str) -> Option<Identity> {
    Some(Identity::new(number, Name::parse(name).ok()?))
}

/// Another address on the attacker's network with each number.
fn beside(own: Ipv4Addr, number: u32, port: u16) -> SocketAddrV4 {
    let [a, b, c, _] = own.octets();
    SocketAddrV4::new(Ipv4Addr::new(a, b, c, 100 + (number % 150) as u8), port)
}

/// Rubbish and forgeries that seem to come from the victim's own socket, to all and to each.
struct ForgedSource {
    eva: Identity,
    rng: Rng,
    count: usize,
}

impl ForgedSource {
    fn new() -> Option<Self> {
        Some(Self {
            eva: identity(0, "eva")?,
            rng: Rng::new(wall_ms()),
            count: 0,
        })
    }

    /// A recorded frame of the victim with one byte changed: from the room's tag on, or behind it.
    fn changed(&mut self, heard: &Heard) -> Vec<u8> {
        let at = self.rng.below(heard.of_victim.len() as u64) as usize;
        let mut frame = heard.of_victim.get(at).cloned().unwrap_or_default();
        let at = 4 + self.rng.below(frame.len().saturating_sub(4) as u64) as usize;
        if let Some(byte) = frame.get_mut(at) {
            *byte ^= 1;
        }
        frame
    }

    /// A line in the victim's name that the victim did not sign.
    fn forged(&self, heard: &Heard) -> Option<Vec<u8>> {
        let victim = heard.victim()?;
        let mut records = Vec::new();
        Record::Said("forged").append(&mut records);
        let body = Durable {
            records: Records::new(&records),
            ..Durable::default()
        };
        let author = Author {
            sequence: victim.newest + 1 + self.count as u32 % 3,
            clock: wall_ms() << 16,
            ..victim.author.clone()
        };
        Some(self.eva.sign(&heard.seal, author, Body::Durable(body)))
    }
}

impl Attack for ForgedSource {
    /// 500 kB/s: most of them of one byte.
    fn bytes_per_s(&self) -> f64 {
        500_000.0
    }

    fn next(&mut self, heard: &Heard) -> Option<Shot> {
        self.count += 1;
        let datagram = match self.count % 8 {
            1 => self.changed(heard),
            2 => {
                let mut frame = self.changed(heard);
                frame.truncate(self.rng.below(frame.len() as u64) as usize);
                frame
            }
            3 => self.forged(heard)?,
            _ => vec![0xf7],
        };
        let mut members = heard.members();
        let to = match self.count % 5 {
            0 => members.nth(self.count / 5 % 3).map_or(GROUP, |m| m.address),
            _ => GROUP,
        };
        let from = heard.victim()?.address;
        Some(Shot { from, to, datagram })
    }
}

/// Recorded NACKs, again and again, from the victim and from addresses beside.
#[derive(Default)]
struct ReplayedNack(u32);

impl Attack for ReplayedNack {
    fn is_ready(&self, heard: &Heard) -> bool {
        heard.nacks.len() >= 5 && heard.victim().is_some()
    }

    fn next(&mut self, heard: &Heard) -> Option<Shot> {
        self.0 += 1;
        let from = match self.0 % 2 {
            0 => heard.victim()?.address,
            _ => beside(heard.own, self.0, 5000),
        };
        let nack = heard.nacks.get(self.0 as usize % heard.nacks.len())?;
        let datagram = nack.clone();
        Some(Shot {
            from,
            to: GROUP,
            datagram,
        })
    }
}

/// Frames full of nothing, from members whose clocks are right, four minutes ahead, and a year: as
/// much as everybody remembers within five seconds.
struct EvictingClocks {
    identities: Vec<Identity>,
    count: usize,
}

impl EvictingClocks {
    fn new() -> Option<Self> {
        const AHEAD_MS: [u64; 3] = [0, 4 * 60_000, 365 * 24 * 3_600_000];
        let eva = |number: u32| {
            let mut eva = identity(number, &format!("eva{number}"))?;
            eva.ahead_ms = AHEAD_MS.get(number as usize % 3).copied()?;
            Some(eva)
        };
        Some(Self {
            identities: (0..30).map(eva).collect::<Option<_>>()?,
            count: 0,
        })
    }
}

impl Attack for EvictingClocks {
    /// 20 Mbit/s.
    fn bytes_per_s(&self) -> f64 {
        2_500_000.0
    }

    fn next(&mut self, heard: &Heard) -> Option<Shot> {
        self.count += 1;
        let at = self.count % self.identities.len();
        let eva = self.identities.get_mut(at)?;
        let from = beside(heard.own, at as u32, eva.port);
        let datagram = eva.nothing(&heard.seal, 1000);
        Some(Shot {
            from,
            to: GROUP,
            datagram,
        })
    }
}

/// A member whose reports to the victim move by one frame in 2.5 seconds.
struct CrawlingStatus {
    eva: Identity,
    began: Option<Instant>,
    count: u32,
    last: Option<Instant>,
}

impl CrawlingStatus {
    fn new() -> Option<Self> {
        Some(Self {
            eva: identity(0, "eva")?,
            began: None,
            count: 0,
            last: None,
        })
    }
}

impl Attack for CrawlingStatus {
    fn next(&mut self, heard: &Heard) -> Option<Shot> {
        let victim = heard.victim()?;
        let began = *self.began.get_or_insert_with(Instant::now);
        let is_early = |last: Instant| last.elapsed() < Duration::from_millis(10);
        if self.last.is_some_and(is_early) {
            return None;
        }
        self.last = Some(Instant::now());
        self.count += 1;
        let from = SocketAddrV4::new(heard.own, self.eva.port);
        let through = 1 + began.elapsed().as_millis() as u32 / 2500;
        let ack = Ack {
            of: victim.tag(),
            through,
        };
        let (to, datagram) = match self.count {
            1 => (GROUP, self.eva.hello(&heard.seal)),
            count if count % 100 == 2 => {
                let beat = Beat {
                    newest: 1,
                    interval: Duration::from_secs(5),
                    link: Link::Wired,
                    acks: vec![ack],
                    ..Beat::default()
                };
                (GROUP, self.eva.frame(&heard.seal, Body::Beat(beat)))
            }
            _ => {
                let status = Status {
                    ack,
                    heard: through,
                    echo: 0,
                    held: Duration::ZERO,
                };
                let datagram = self.eva.frame(&heard.seal, Body::Status(status));
                (victim.address, datagram)
            }
        };
        Some(Shot { from, to, datagram })
    }
}

/// Fresh keys with one beat each, which claims four billion frames, in names like those of others.
#[derive(Default)]
struct Identities(u32);

impl Attack for Identities {
    fn next(&mut self, heard: &Heard) -> Option<Shot> {
        self.0 += 1;
        let names = ["ana", "Ana", "\u{430}na", "ana\u{200b}", "bia", "caio"];
        let own = format!("eva{}", self.0);
        let name = names.get(self.0 as usize % 8).copied().unwrap_or(&own);
        let mut eva = identity(self.0, name)?;
        let victim = heard.victim()?;
        let beat = Beat {
            newest: 4_000_000_000,
            interval: Duration::from_secs(60),
            link: Link::Radio,
            asked: vec![victim.tag()],
            ..Beat::default()
        };
        Some(Shot {
            from: beside(heard.own, self.0, eva.port),
            to: GROUP,
            datagram: eva.frame(&heard.seal, Body::Beat(beat)),
        })
    }
}

/// All that the victim sent while it was here.
#[derive(Default)]
struct Ghost(usize);

impl Attack for Ghost {
    fn next(&mut self, heard: &Heard) -> Option<Shot> {
        self.0 += 1;
        let frame = heard.of_victim.get(self.0 % heard.of_victim.len().max(1))?;
        Some(Shot {
            from: heard.victim()?.address,
            to: GROUP,
            datagram: frame.clone(),
        })
    }
}

/// Requests for everything, to all and to each, that seem to come from somebody else's address.
struct Reflection {
    eva: Identity,
    victim: SocketAddrV4,
    count: usize,
}

impl Reflection {
    fn new(victim: &str) -> Option<Self> {
        Some(Self {
            eva: identity(0, "eva")?,
            victim: victim.parse().ok()?,
            count: 0,
        })
    }
}

impl Attack for Reflection {
    fn is_ready(&self, heard: &Heard) -> bool {
        heard.members().count() >= 3
    }

    fn next(&mut self, heard: &Heard) -> Option<Shot> {
        self.count += 1;
        let member = heard.members().nth(self.count % heard.members().count())?;
        let cookie = self.count as u64 % 3;
        let (from, cut) = (0, u64::MAX);
        let run = SequenceRange {
            short: member.author.short,
            session: member.author.session,
            first: 1,
            count: member.newest.max(1),
        };
        let talk = match self.count % 2 {
            0 => Sync::Ask { cookie, from, cut },
            _ => Sync::Want {
                cookie,
                runs: vec![run],
            },
        };
        let to = match self.count % 3 {
            0 => GROUP,
            _ => member.address,
        };
        Some(Shot {
            from: self.victim,
            to,
            datagram: self.eva.frame(&heard.seal, Body::Sync(talk)),
        })
    }
}
