//! An insider: its identities, what it heard, and how its acts become datagrams, by the same wire
//! as everybody's.

mod amendments;
mod calls;
mod files;
mod hearing;
mod numbers;
mod roles;

use core::net::SocketAddr;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use self::files::offer;
use self::numbers::{Numbers, address, bits, nth};
use super::act::{Act, Called, Cookie, Count, List, Role, Runs, Says, To, What, Who};
use super::choose::IDENTITIES_MAX;
use crate::protocol::message::{NAME_MAX_BYTES, Name, split_within};
use crate::protocol::wire::frame::beat::{ASKED_MAX, Beat, Digest, Link};
use crate::protocol::wire::frame::durable::{
    Durable, Fragment, Hello, RECORDS_MAX, REFERENCES_MAX, Record, Records, Reference,
};
use crate::protocol::wire::frame::nack::{Nack, SPAN_MAX, Target};
use crate::protocol::wire::frame::offer::OfferRecord;
use crate::protocol::wire::frame::site::Site;
use crate::protocol::wire::frame::status::Status;
use crate::protocol::wire::frame::sync::{RUNS_MAX, SequenceRange, Sync};
use crate::protocol::wire::frame::{ACKS_MAX, Ack, Author, Body, Frame, Key, Kind, MemberTag};
use crate::protocol::wire::private::SessionKey;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Signer;

/// Bytes of text that are filled into one frame at most; more would be no frame at all.
const TEXTS_MAX_BYTES: usize = 1100;

/// An honest member, as an insider sees it.
#[derive(Clone, Debug)]
pub struct Honest {
    /// The person.
    pub key: Key,
    /// The session.
    pub session: u64,
    /// The name.
    pub name: String,
    /// The address of the private socket.
    pub address: SocketAddr,
    /// The newest durable frame.
    pub newest: u32,
}

/// What an insider knows when it acts.
#[derive(Clone, Copy, Debug)]
pub struct View<'v> {
    /// The honest members; at least one.
    pub honest: &'v [Honest],
    /// The time since 1970, in milliseconds.
    pub wall_ms: u64,
    /// The file that an honest member gives, if one does.
    pub given: Option<OfferRecord<&'v str>>,
}

impl View<'_> {
    /// An honest member; numbers beyond the last begin again.
    fn honest(&self, number: u8) -> Option<&Honest> {
        self.honest
            .get(usize::from(number) % self.honest.len().max(1))
    }
}

/// See the file's head.
#[derive(Clone, Debug)]
pub struct Insider {
    seal: Seal,
    signers: Vec<Signer>,
    /// The last sequences, by identity, session, and whether of durable frames.
    sequences: BTreeMap<(u8, u8, bool), u32>,
    heard: VecDeque<Arc<[u8]>>,
    /// What references to the durable frames that it heard hold, by their place.
    hashes: BTreeMap<(MemberTag, u32), u32>,
    /// Cookies, by who gave it and the address that it is for.
    cookies: BTreeMap<(u64, SocketAddr), u64>,
    /// The second in which its sessions began.
    started_s: u64,
}

impl Insider {
    /// One that holds the room's key, and whose sessions begin now.
    #[must_use]
    pub fn new(seal: Seal, wall_ms: u64) -> Self {
        let signer = |number| Signer::from_seed(&[200 + number; 32]);
        Self {
            seal,
            signers: (0..IDENTITIES_MAX).map(signer).collect(),
            sequences: BTreeMap::new(),
            heard: VecDeque::new(),
            hashes: BTreeMap::new(),
            cookies: BTreeMap::new(),
            started_s: wall_ms / 1000,
        }
    }

    /// The keys of its identities.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.signers.iter().map(Signer::key)
    }

    /// The datagrams of an act, with the address that they seem to come from.
    pub fn craft(&mut self, act: &Act, view: &View<'_>) -> (SocketAddr, Vec<Arc<[u8]>>) {
        let from = address(act.from, view);
        let datagrams = match act.what {
            What::Replay { which, copies } => {
                let at = (self.heard.len() * usize::from(which)) >> 16;
                let heard = self.heard.get(at).cloned();
                heard.map_or_else(Vec::new, |bytes| vec![bytes; copies.into()])
            }
            What::Noise { bytes, copies } => {
                let noise: Arc<[u8]> = vec![0xf7; usize::from(bytes)].into();
                vec![noise; copies.into()]
            }
            What::Rubbish { kind, bytes, fill } => {
                let signer = self.signer(act.by);
                let mut inside = signer.map_or([0; 32], |signer| signer.key().0).to_vec();
                inside.resize(usize::from(bytes).max(32), fill);
                let signer = signer.filter(|_| kind != Kind::Nack as u8);
                vec![self.seal.enclose(kind, &inside, signer).into()]
            }
            What::Symbol { .. } => self.symbols(act.what, view),
            What::Unit { .. } => self.unit(act.by, act.what, view),
            _ => self.frame(act, from, view).into_iter().collect(),
        };
        (from, datagrams)
    }

    fn frame(&mut self, act: &Act, from: SocketAddr, view: &View<'_>) -> Option<Arc<[u8]>> {
        let is_durable = matches!(act.what, What::Durable { .. });
        let last = self.last(act, is_durable);
        let author = self.author(act, last, view)?;
        let numbers = Numbers { last, view };
        let mut records = Vec::new();
        let body = match act.what {
            What::Durable {
                says,
                fragment,
                causes,
                acks,
            } => {
                let piece = fragment.is_some();
                self.records(act.by, says, piece, &numbers, &mut records);
                Body::Durable(Durable {
                    fragment: fragment.map(|(number, count)| Fragment { number, count }),
                    references: self.references(causes, &numbers),
                    acks: self.acks(acks, &numbers),
                    records: Records::new(&records),
                })
            }
            What::Beat { .. } => Body::Beat(self.beat(act.what, &numbers)?),
            What::Nack { .. } => Body::Nack(self.nack(act.what, &numbers)?),
            What::Status { .. } => Body::Status(self.status(act.what, &numbers)?),
            What::Notice { about, tells } => Body::Notice(self.notice(about, tells, &numbers)),
            What::Call { .. } | What::Wants { .. } => {
                Body::Notice(self.conference(act.what, view)?)
            }
            What::Site { people, acks } => {
                let acks = self.acks(acks, &numbers);
                Body::Site(Site {
                    people,
                    is_sending: people.is_multiple_of(2),
                    name: None,
                    heard: acks.clone(),
                    speakers: acks.iter().map(|ack| ack.of).collect(),
                    acks,
                })
            }
            _ => Body::Sync(self.dialogue(act, from, &numbers)?),
        };
        let sequence = author.sequence;
        let frame = Frame { author, body };
        let mut datagram = Vec::new();
        self.seal.close(&frame, self.signer(act.by)?, &mut datagram);
        if matches!(act.sequence, Count::Next | Count::Skip(_)) {
            let space = (self.identity(act.by), act.session, is_durable);
            self.sequences.insert(space, sequence);
        }
        Some(datagram.into())
    }

    fn identity(&self, number: u8) -> u8 {
        number % self.signers.len().max(1) as u8
    }

    fn signer(&self, number: u8) -> Option<&Signer> {
        self.signers.get(usize::from(self.identity(number)))
    }

    fn short(&self, number: u8) -> u64 {
        let signer = self.signer(number);
        signer.map_or(0, |signer| signer.key().short())
    }

    fn session(&self, number: u8) -> u64 {
        (self.started_s + u64::from(number)) << 32 | u64::from(number)
    }

    fn last(&self, act: &Act, is_durable: bool) -> u32 {
        let space = (self.identity(act.by), act.session, is_durable);
        self.sequences.get(&space).copied().unwrap_or(0)
    }

    fn author(&self, act: &Act, last: u32, view: &View<'_>) -> Option<Author> {
        let key = self.signer(act.by)?.key();
        Some(Author {
            key,
            short: key.short(),
            session: self.session(act.session),
            sequence: Numbers { last, view }.of(act.sequence),
            clock: bits(act.clock, view),
            flags: act.flags & !4, // the wire sets the flag of fragments itself
            grtt: act.grtt,
            name: self.name(act.by, act.name, view)?,
        })
    }

    /// The name that an identity claims.
    fn name(&self, by: u8, called: Called, view: &View<'_>) -> Option<Name> {
        let name = match called {
            Called::Itself => format!("eva{}", self.identity(by)),
            Called::Like(number) => view.honest(number)?.name.clone(),
            Called::Resembling(number) => {
                let name = &view.honest(number)?.name;
                format!("{}\u{200b}", split_within(name, NAME_MAX_BYTES - 3).0)
            }
            Called::Long(number) => {
                let long = format!("{}{}", number, "ab".repeat(NAME_MAX_BYTES));
                split_within(&long, NAME_MAX_BYTES).0.to_owned()
            }
        };
        Name::parse(&name).ok()
    }

    /// The person and the session of a member that a frame names.
    fn member(&self, who: Who, view: &View<'_>) -> (u64, u64) {
        match who {
            Who::Honest(number) => {
                let honest = view.honest(number);
                honest.map_or((0, 0), |honest| (honest.key.short(), honest.session))
            }
            Who::Insider(number) => (self.short(number), self.session(0)),
            Who::Nobody(number) => (u64::from(number) << 56, self.session(number)),
        }
    }

    fn tag(&self, who: Who, view: &View<'_>) -> MemberTag {
        let (short, session) = self.member(who, view);
        MemberTag::of(short, session)
    }

    fn records(
        &self,
        by: u8,
        says: Says,
        is_piece: bool,
        numbers: &Numbers<'_>,
        records: &mut Vec<u8>,
    ) {
        let view = numbers.view;
        match says {
            Says::Texts { count, bytes } => {
                let text = "x".repeat(usize::from(bytes).min(TEXTS_MAX_BYTES));
                let room = TEXTS_MAX_BYTES / (text.len() + 2);
                let count = if is_piece { 1 } else { usize::from(count) };
                let count = count.clamp(1, RECORDS_MAX).min(room.max(1));
                (0..count).for_each(|_| Record::Said(&text).append(records));
            }
            Says::Forgery(number) => Record::Said(&format!("{number} ")).append(records),
            Says::Action(bytes) => {
                Record::Action(&"x".repeat(usize::from(bytes).min(TEXTS_MAX_BYTES)))
                    .append(records);
            }
            Says::Guest {
                number,
                name,
                bytes,
            } => {
                let text = "x".repeat(usize::from(bytes).min(TEXTS_MAX_BYTES));
                if let Some(name) = self.name(by, name, view) {
                    let (guest, name, text) = (number, name.as_str(), text.as_str());
                    Record::GuestSaid { guest, name, text }.append(records);
                }
            }
            Says::Hello {
                replaces,
                key,
                role,
            } => {
                let hello = Hello {
                    replaces: replaces.map(|number| self.session(number)),
                    session_key: SessionKey([key; 32]),
                    role,
                    is_archived: role == Role::Keeper,
                };
                Record::Hello(hello).append(records);
            }
            Says::Private(who, bytes) => {
                let sealed = vec![7; usize::from(bytes).min(TEXTS_MAX_BYTES)];
                let (to, sealed) = (self.tag(who, view), sealed.as_slice());
                Record::Private { to, sealed }.append(records);
            }
            Says::Leaving => Record::Leaving.append(records),
            Says::Offer { .. } => offer(says, view, records),
            Says::Decides { .. } => self.decisions(says, view, records),
            Says::Amends { .. } => self.amendments(says, is_piece, numbers, records),
        }
    }

    fn references(&self, list: List, numbers: &Numbers<'_>) -> Vec<Reference> {
        let references = self.listed(list, numbers).take(REFERENCES_MAX);
        let reference = |(member, sequence)| Reference {
            member,
            sequence,
            // Nobody guesses the hash of what was not said yet.
            hash: self.hashes.get(&(member, sequence)).copied().unwrap_or(7),
        };
        references.map(reference).collect()
    }

    fn acks(&self, list: List, numbers: &Numbers<'_>) -> Vec<Ack> {
        let acks = self.listed(list, numbers).take(ACKS_MAX);
        acks.map(|(of, through)| Ack { of, through }).collect()
    }

    /// The members of a list, each with its number.
    fn listed(&self, list: List, numbers: &Numbers<'_>) -> impl Iterator<Item = (MemberTag, u32)> {
        let number = numbers.of(list.number);
        let view = numbers.view;
        let member = move |at| (self.tag(nth(list.of, at), view), number);
        (0..list.length).map(member)
    }

    fn beat(&self, what: What, numbers: &Numbers<'_>) -> Option<Beat> {
        let What::Beat {
            newest,
            interval,
            link,
            from,
            cut,
            xor,
            acks,
            asked,
        } = what
        else {
            return None;
        };
        let digest = Digest {
            from: bits(from, numbers.view),
            cut: bits(cut, numbers.view),
            xor,
        };
        let asked = self.listed(asked, numbers).take(ASKED_MAX);
        Some(Beat {
            newest: numbers.of(newest),
            interval: Duration::from_millis(100) * u32::from(interval),
            mirror_port: 0,
            link: match link {
                0 => Link::Wired,
                1 => Link::Unknown,
                _ => Link::Radio,
            },
            digest,
            acks: self.acks(acks, numbers),
            asked: asked.map(|(of, _)| of).collect(),
        })
    }

    fn nack(&self, what: What, numbers: &Numbers<'_>) -> Option<Nack> {
        let What::Nack {
            of,
            first,
            span,
            targets,
        } = what
        else {
            return None;
        };
        let first = numbers.of(first);
        let span = usize::from(span).clamp(1, SPAN_MAX);
        let last = first.saturating_add(span as u32 - 1);
        let sequences: Vec<u32> = (first..=last).collect();
        // As many as a frame holds.
        let most = (TEXTS_MAX_BYTES / Target::bytes(span)).min(usize::from(targets));
        let target = |at| {
            let of = self.tag(nth(of, at as u8), numbers.view);
            Some(Target::new(of, &sequences, TEXTS_MAX_BYTES)?.0)
        };
        let targets = (0..most).filter_map(target).collect();
        Some(Nack { targets })
    }

    fn status(&self, what: What, numbers: &Numbers<'_>) -> Option<Status> {
        let What::Status {
            of,
            through,
            heard,
            echo,
            held_us,
        } = what
        else {
            return None;
        };
        Some(Status {
            ack: Ack {
                of: self.tag(of, numbers.view),
                through: numbers.of(through),
            },
            heard: numbers.of(heard),
            echo: numbers.of(echo),
            held: Duration::from_micros(held_us.into()),
        })
    }

    fn dialogue(&self, act: &Act, from: SocketAddr, numbers: &Numbers<'_>) -> Option<Sync> {
        let view = numbers.view;
        let cookie = |cookie| match cookie {
            Cookie::Wrong(cookie) => cookie,
            Cookie::Right => {
                let to = match act.to {
                    To::One(number) => number,
                    To::Some(members) => members.trailing_zeros() as u8,
                    To::All => 0,
                };
                let by = view.honest(to).map_or(0, |honest| honest.key.short());
                self.cookies.get(&(by, from)).copied().unwrap_or(0)
            }
        };
        Some(match act.what {
            What::Ask {
                cookie: with,
                from,
                cut,
            } => Sync::Ask {
                cookie: cookie(with),
                from: bits(from, view),
                cut: bits(cut, view),
            },
            What::Give(cookie) => Sync::Cookie(cookie),
            What::Inventory {
                from,
                cut,
                part,
                parts,
                runs,
            } => Sync::Inventory {
                from: bits(from, view),
                cut: bits(cut, view),
                part,
                parts,
                runs: self.ranges(runs, numbers),
            },
            What::Want { cookie: with, runs } => Sync::Want {
                cookie: cookie(with),
                runs: self.ranges(runs, numbers),
            },
            _ => return None,
        })
    }

    fn ranges(&self, runs: Runs, numbers: &Numbers<'_>) -> Vec<SequenceRange> {
        let first = numbers.of(runs.first).max(1);
        let range = |at| {
            let (short, session) = self.member(nth(runs.of, at), numbers.view);
            SequenceRange {
                short,
                session,
                first,
                count: runs.count.min(u32::MAX - first).max(1),
            }
        };
        let length = runs.length.min(RUNS_MAX as u8);
        (0..length).map(range).collect()
    }
}
