//! The files that a bridge carries. It takes what is offered at its site like any member, and gives
//! it to the bridges of other sites, which take it from the link; each then gives it at its own
//! site, as somebody who has it. So a content crosses the link once, for all sites together,
//! however many want it; and it is known by the hash in its author's signed offer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::chat::Chat;
use crate::chat::output::Output;
use crate::chat::transfer::carrying::Carried;
use crate::chat::transfer::{OfferId, Transfers};
use crate::protocol::engine::event::EngineEvent;
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;

/// How often it is looked whether there is something new to take.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// What nobody gives is wanted again after this time.
const WANTED_AGAIN: Duration = Duration::from_secs(300);

/// Most contents of which that is remembered: as many as are on a list.
const LATER_MAX: usize = 512;

/// See the file's head.
#[derive(Debug)]
pub(super) struct CarriedFiles {
    /// Those of the link.
    files: Transfers,
    /// How much more may be taken, at both sides together.
    left_bytes: u64,
    look_at: Duration,
    /// What nobody gave, and when it is wanted again.
    later: BTreeMap<OfferId, Duration>,
}

impl CarriedFiles {
    pub(super) fn new(me: Key, seed: u64, limit_bytes: u64) -> Self {
        Self {
            files: Transfers::new(me, seed),
            left_bytes: limit_bytes,
            look_at: Duration::ZERO,
            later: BTreeMap::new(),
        }
    }

    /// Takes in what the link's member reports.
    pub(super) fn hear(&mut self, now: Moment, event: EngineEvent, link: &mut Node) {
        self.files.hear(now, event, link);
    }

    /// Goes on with everything; returns whether this side has something to put out.
    pub(super) fn run(&mut self, now: Moment, link: &mut Node, home: &mut Chat) -> bool {
        let mut has_moved = false;
        home.room.files.share_disk();
        while let Some(reply) = home.room.files.next_shared() {
            self.files.hear_disk(now, reply);
            has_moved = true;
        }
        if now.time >= self.look_at {
            self.look_at = now.time + LOOKED_EVERY;
            self.files.hold_like(now, &home.room.files);
            home.room.files.hold_like(now, &self.files);
            has_moved |= self.look(now, home);
        }
        for carried in self.files.run(now, link) {
            match carried {
                Carried::Disk(request) => {
                    home.out.push_back(Output::Files(request));
                    has_moved = true;
                }
                Carried::NobodyHas(id) => self.give_up(now, id),
            }
        }
        has_moved
    }

    /// When there is something to do.
    pub(super) fn next_time(&self, link: &Node) -> Duration {
        let files = self.files.next_time(link);
        files.map_or(self.look_at, |at| at.min(self.look_at))
    }

    /// Takes what is new: what somebody here offers from them, everything else from the link.
    fn look(&mut self, now: Moment, home: &mut Chat) -> bool {
        self.later.retain(|_, at| now.time < *at);
        let untaken = home.room.files.untaken();
        if untaken.is_empty() {
            return false;
        }
        let here = home.node.roster().others();
        let here: BTreeSet<Key> = here.map(|(_, member)| member.key).collect();
        let mut has_moved = false;
        for (offer, author) in untaken {
            let is_for_later = self.later.contains_key(&offer.id);
            if is_for_later || self.is_taken(&offer.id) || offer.size_bytes > self.left_bytes {
                continue;
            }
            let side = match here.contains(&author) {
                true => &mut home.room.files,
                false if self.files.knows(&offer.id) => &mut self.files,
                false => continue,
            };
            self.left_bytes -= offer.size_bytes;
            side.take(now, offer.id);
            has_moved = true;
        }
        has_moved
    }

    fn is_taken(&self, id: &OfferId) -> bool {
        self.files.is_busy(id)
    }

    fn give_up(&mut self, now: Moment, id: OfferId) {
        if self.later.len() < LATER_MAX {
            self.later.insert(id, now.time + WANTED_AGAIN);
        }
        let size_bytes = self.files.size_of(&id);
        if self.files.stop_taking(now, id) {
            self.left_bytes = self.left_bytes.saturating_add(size_bytes);
        }
    }
}
