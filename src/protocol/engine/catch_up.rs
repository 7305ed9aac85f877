//! The engine's side of catching up: comparing digests, answering what is asked, and asking.

use core::net::SocketAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Engine;
use super::config::{
    ASK_AGAIN, DIGEST_AGE, DIGEST_SPANS, INVENTORY_PARTS_MAX, JOINING, PULL_FRAMES,
    SYNC_BY_NACK_MAX,
};
use super::event::Destination;
use super::frame_log::Position;
use super::member::Member;
use super::roster::{Id, ME};
use super::sync::{ExchangeOutcome, Sync};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Digest;
use crate::protocol::wire::frame::sync::{FrameName, RUNS_MAX, SequenceRange, Sync as Talk};
use crate::protocol::wire::frame::{Body, MemberTag, first_8};

/// Digests end at multiples of this, so that members who hold the same say the same.
const DIGEST_STEP_MS: u64 = 10_000;

/// How far this member is with what was said before it came, and what it answers others with.
#[derive(Debug)]
pub(super) struct CatchUp {
    pub(super) exchange: Sync,
    /// Whether nobody has told it yet.
    pub(super) is_new: bool,
    /// Before, nobody else is asked.
    ask_again_at: Duration,
    /// Old frames that have come and are shown when all have.
    pub(super) unshown: BTreeMap<Position, Id>,
    cookie_secret: [u8; 32],
}

impl CatchUp {
    /// Who has just come knows nothing.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            exchange: Sync::default(),
            is_new: true,
            ask_again_at: Duration::ZERO,
            unshown: BTreeMap::new(),
            cookie_secret: blake3::derive_key("roda 2026 cookies", &seed.to_be_bytes()),
        }
    }
}

impl Engine {
    /// The digest of the next beat: of the last minute, of longer times, of all that is held, in
    /// turn.
    pub(super) fn digest(&mut self, now: Moment) -> Digest {
        if self.sync.is_new {
            return Digest::default(); // which says that we cannot tell
        }
        let now_ms = self.me.clock.now(now.wall_ms) >> 16;
        let old_ms = now_ms.saturating_sub(DIGEST_AGE.as_millis() as u64);
        let cut_ms = old_ms / DIGEST_STEP_MS * DIGEST_STEP_MS;
        let turn = self.me.other_frames as usize % (DIGEST_SPANS.len() + 1);
        let span = DIGEST_SPANS
            .get(turn)
            .map_or(cut_ms, |s| s.as_millis() as u64);
        let from = (cut_ms.saturating_sub(span) << 16).max(self.log.horizon());
        let cut = (cut_ms << 16).max(from);
        let xor = self.log.digest(from, cut);
        Digest { from, cut, xor }
    }

    /// Compares another's digest with what we hold, if we hold all of that time; and asks for what
    /// is older, if the other goes back further and nothing was dropped here for lack of room.
    pub(super) fn compare(&mut self, now: Moment, peer: Id, digest: &Digest) {
        let suspected = match self.difference(digest) {
            Some(difference) => (*digest, difference),
            None if self.goes_back_further(digest) => {
                let cut = self.log.horizon();
                (Digest { cut, ..*digest }, digest.from)
            }
            None => return,
        };
        let members = self.group.roster.size();
        let rng = &mut self.rng;
        self.sync
            .exchange
            .suspect(peer, suspected, now.time, members, rng);
    }

    fn goes_back_further(&self, digest: &Digest) -> bool {
        let is_open = !self.sync.is_new && !self.log.is_trimmed();
        is_open && digest.cut > 0 && digest.from < self.log.horizon()
    }

    /// The XOR of all frames that only one of both holds, if there are any and we can tell.
    fn difference(&mut self, digest: &Digest) -> Option<u64> {
        if digest.from >= digest.cut || self.log.horizon() > digest.from {
            return None;
        }
        let difference = self.log.digest(digest.from, digest.cut) ^ digest.xor;
        (difference != 0).then_some(difference)
    }

    /// A newcomer asks a member it meets what was said before it came: one who knows, or one who
    /// is new as well, but came earlier.
    pub(super) fn ask_what_was_said(&mut self, now: Moment, peer: Id, address: SocketAddr) {
        if !self.sync.is_new || self.sync.exchange.is_busy() || now.time < self.sync.ask_again_at {
            return;
        }
        let came = |session: u64, tag: MemberTag| (session >> 32, tag);
        let me = came(self.me.author.session, self.me.author.tag());
        let is_fit = |member: &Member| member.can_tell || came(member.session, member.tag) < me;
        if self.group.roster.get(peer).is_some_and(is_fit) {
            // Up to now, and not to our start: whoever was first heard in between began earlier.
            let all = (0, u64::MAX);
            let talk = self.sync.exchange.begin(peer, address, all, 0, now.time);
            self.send_talk(now, address, talk);
        }
    }

    /// What time brings about: a planned exchange, a question asked again, the next member asked.
    pub(super) fn retry_sync(&mut self, now: Moment) {
        if let Some(suspicion) = self.sync.exchange.pop_suspicion(now.time)
            && !self.sync.exchange.is_busy()
            && let Some(address) = self
                .group
                .roster
                .get(suspicion.peer)
                .and_then(|m| m.address)
        {
            let Digest { from, cut, .. } = suspicion.digest;
            let is_older = cut == self.log.horizon();
            let difference = self.difference(&suspicion.digest);
            if let Some(difference) = difference.or(is_older.then_some(from)) {
                let range = (from, cut);
                let peer = suspicion.peer;
                let talk = self
                    .sync
                    .exchange
                    .begin(peer, address, range, difference, now.time);
                self.send_talk(now, address, talk);
            }
        }
        match self.sync.exchange.retry(now.time) {
            Some(Ok((address, talk))) => self.send_talk(now, address, talk),
            Some(Err(broken_off)) => {
                self.show_unshown(now);
                self.ask_another(now, broken_off.peer);
            }
            None => {}
        }
        if self.sync.is_new
            && !self.sync.exchange.is_busy()
            && now.time >= self.me.started.time + JOINING
        {
            // Whoever has met nobody who knows more has missed nothing.
            self.sync.is_new = self
                .group
                .roster
                .others()
                .any(|(_, member)| member.can_tell);
        }
    }

    /// The member asked does not answer: another is.
    fn ask_another(&mut self, now: Moment, but: Id) {
        let others = self.group.roster.others().filter(|(id, _)| *id != but);
        let located: Vec<_> = others
            .filter_map(|(id, member)| Some((id, member.address?)))
            .collect();
        let any = self.rng.below(located.len() as u64) as usize;
        if let Some((id, address)) = located.get(any) {
            self.ask_what_was_said(now, *id, *address);
        }
    }

    pub(super) fn hear_sync(&mut self, now: Moment, id: Id, source: SocketAddr, talk: &Talk) {
        match talk {
            Talk::Ask { cookie, from, cut } => {
                if self.is_proven(now, source, *cookie) {
                    self.send_inventory(now, source, *from, *cut);
                }
            }
            Talk::Want { cookie, runs } => {
                if self.is_proven(now, source, *cookie) {
                    self.send_wanted(source, runs);
                }
            }
            Talk::Cookie(cookie) => {
                if let Some(talk) = self.sync.exchange.cookie(id, *cookie, now.time) {
                    self.send_talk(now, source, talk);
                }
            }
            Talk::Inventory {
                from,
                part,
                parts,
                runs,
                ..
            } => {
                let part = (*part, *parts);
                let (me, roster, inboxes) = (
                    self.me.author.tag(),
                    &self.group.roster,
                    &self.receiving.inboxes,
                );
                let lacks = |(short, session, sequence): FrameName| {
                    let tag = MemberTag::of(short, session);
                    let inbox = roster.find(tag).and_then(|id| inboxes.get(&id));
                    tag != me && !inbox.is_some_and(|inbox| inbox.has(sequence))
                };
                let is_whole = self
                    .sync
                    .exchange
                    .inventory(id, part, *from, runs, now.time, lacks);
                if is_whole {
                    self.get_wanted(now);
                }
            }
        }
    }

    /// Whether whoever asks gets answers at this address; if that is not proven, tells it how to.
    fn is_proven(&mut self, now: Moment, source: SocketAddr, cookie: u64) -> bool {
        let proof = self.cookie_for(source);
        if cookie != proof {
            self.send_talk(now, source, Talk::Cookie(proof));
        }
        cookie == proof
    }

    /// A number that only who receives at this address can know.
    pub(super) fn cookie_for(&self, source: SocketAddr) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.sync.cookie_secret);
        match source {
            SocketAddr::V4(v4) => hasher.update(&v4.ip().octets()),
            SocketAddr::V6(v6) => hasher.update(&v6.ip().octets()),
        };
        hasher.update(&source.port().to_be_bytes());
        first_8(hasher.finalize().as_bytes()) | 1 // never 0, which is none
    }

    fn send_inventory(&mut self, now: Moment, to: SocketAddr, from: u64, cut: u64) {
        // What is held from before the horizon is told as well: perhaps nobody else holds it, but
        // there was more.
        let mut sequences: Vec<FrameName> = self
            .log
            .history(from, cut)
            .map(|(place, _)| place.frame_name())
            .collect();
        let from = from.max(self.log.horizon());
        sequences.sort_unstable();
        let runs = SequenceRange::of(sequences.iter().copied(), RUNS_MAX * INVENTORY_PARTS_MAX);
        let parts = runs.len().div_ceil(RUNS_MAX).max(1) as u8; // at most 64
        let mut chunks = runs.chunks(RUNS_MAX);
        for part in 0..parts {
            let runs = chunks.next().unwrap_or_default().to_vec();
            let inventory = Talk::Inventory {
                from,
                cut,
                part,
                parts,
                runs,
            };
            self.send_talk(now, to, inventory);
        }
    }

    fn send_wanted(&mut self, to: SocketAddr, runs: &[SequenceRange]) {
        let wanted = runs
            .iter()
            .flat_map(SequenceRange::frames)
            .take(PULL_FRAMES);
        for (short, session, sequence) in wanted {
            let Some(id) = self.group.roster.find(MemberTag::of(short, session)) else {
                continue;
            };
            if id == ME {
                self.sending.arrivals.unmeasure(sequence);
            }
            if let Some(held) = self.log.get(id, sequence) {
                self.out.send(Destination::Member(to), held.bytes.clone());
            }
        }
    }

    /// Gets what the inventory showed to be missing: little of all by NACK, for others probably
    /// lack it too; much, or as a newcomer, of the one who told.
    fn get_wanted(&mut self, now: Moment) {
        let wanted = self.sync.exchange.wanted();
        let known = |&(short, session, _): &FrameName| {
            self.group.roster.find(MemberTag::of(short, session))
        };
        let ids: Option<Vec<(Id, u32)>> = wanted
            .iter()
            .map(|wanted| Some((known(wanted)?, wanted.2)))
            .collect();
        match ids
            .filter(|ids| !self.sync.is_new && !ids.is_empty() && ids.len() <= SYNC_BY_NACK_MAX)
        {
            Some(ids) => {
                if let Some(outcome) = self.sync.exchange.hand_over() {
                    self.go_back(outcome);
                }
                self.show_unshown(now);
                for (id, sequence) in ids {
                    let timing = self.timing(id);
                    if let Some(inbox) = self.receiving.inboxes.get_mut(&id) {
                        inbox.want(sequence, now.time, timing, &mut self.rng);
                    }
                    self.plan(id);
                }
            }
            None if wanted.is_empty() => self.finish_sync(now),
            None => {
                if let Some((address, talk)) = self.sync.exchange.ask() {
                    self.send_talk(now, address, talk);
                }
            }
        }
    }

    /// Notes that a frame came that an exchange may have asked for.
    pub(super) fn note_pulled(&mut self, now: Moment, id: Id, sequence: u32) {
        let Some(member) = self.group.roster.get(id) else {
            return;
        };
        let frame = (member.tag.short, member.session, sequence);
        let (is_wanted, talk) = self.sync.exchange.took(frame, now.time);
        if let Some((address, talk)) = talk {
            self.send_talk(now, address, talk);
        }
        if is_wanted {
            self.finish_sync(now);
        }
    }

    fn finish_sync(&mut self, now: Moment) {
        let Some(outcome) = self.sync.exchange.finish(now.time) else {
            return;
        };
        if self.sync.is_new {
            self.sync.is_new = self
                .group
                .roster
                .get(outcome.peer)
                .is_some_and(|peer| !peer.can_tell);
            self.sync.ask_again_at = now.time + ASK_AGAIN;
        }
        self.go_back(outcome);
        self.show_unshown(now);
    }

    /// All is held now that the other holds, if all was asked for that is older than what we hold.
    fn go_back(&mut self, outcome: ExchangeOutcome) {
        if let Some(horizon) = outcome.horizon
            && outcome.cut >= self.log.horizon()
        {
            self.log.set_horizon(horizon.min(self.log.horizon()));
        }
    }

    fn send_talk(&mut self, now: Moment, to: SocketAddr, talk: Talk) {
        self.send_other(now, Destination::Member(to), 0, Body::Sync(talk));
    }
}
