//! How a bridge takes contents at one of its sides and gives them at the other: each side has a
//! [`Transfers`] of its own, and both have the disk of the one at home.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::disk::{Reply, Request};
use super::event::TransferFault;
use super::telling::Tale;
use super::{Offer, OfferId, Out, SAID_AGAIN, Timing, Transfers};
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::EngineEvent;
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;

/// Most answers of the disk that wait for the other side: it asks for a few at a time.
const REPLIES_MAX: usize = 256;

/// What a side without faces puts out.
#[derive(Debug)]
pub(in crate::chat) enum Carried {
    /// Something for the disk.
    Disk(Request),
    /// Nobody gives this.
    NobodyHas(OfferId),
}

impl Transfers {
    /// Keeps what the disk answers from now on, for the other side.
    pub(in crate::chat) fn share_disk(&mut self) {
        self.shared.get_or_insert_with(VecDeque::new);
    }

    pub(super) fn share(&mut self, reply: &Reply) {
        if let Some(shared) = &mut self.shared
            && shared.len() < REPLIES_MAX
        {
            shared.push_back(reply.clone());
        }
    }

    /// The next answer of the disk, for the other side.
    pub(in crate::chat) fn next_shared(&mut self) -> Option<Reply> {
        self.shared.as_mut()?.pop_front()
    }

    /// Takes in what the disk answers to whichever side.
    pub(in crate::chat) fn hear_disk(&mut self, now: Moment, reply: Reply) {
        self.on_reply(now.time, reply);
    }

    /// Takes in what the engine reports; anything else than files is nothing here.
    pub(in crate::chat) fn hear(&mut self, now: Moment, event: EngineEvent, node: &mut Node) {
        match event {
            EngineEvent::Offered(offered) => {
                if let Some(offer) = Offer::of_record(&offered.offer.borrowed()) {
                    let wall_ms = clock_ms(offered.id.position.clock);
                    let timing = (wall_ms, Timing::Live);
                    self.meet(Arc::new(offer), offered.who, false, timing);
                }
            }
            EngineEvent::Notice(notice) => self.on_notice(now, &notice, node),
            EngineEvent::Piece(piece) => self.on_piece(now.time, piece),
            _ => {}
        }
    }

    /// Does what is due, queues what may leave, and returns what else there is.
    pub(in crate::chat) fn run(&mut self, now: Moment, node: &mut Node) -> Vec<Carried> {
        if !self.is_idle() {
            self.on_time(now, node);
            self.pump(now, node);
        }
        let out = self.out.drain(..).filter_map(|out| match out {
            Out::Disk(request) => Some(Carried::Disk(request)),
            Out::Tell(_, Tale::Failed(id, TransferFault::NobodyHasIt)) => {
                Some(Carried::NobodyHas(id))
            }
            Out::Tell(..) => None,
        });
        out.collect()
    }

    /// The offers that are neither here nor being taken, and who made each.
    pub(in crate::chat) fn untaken(&self) -> Vec<(Arc<Offer>, Key)> {
        let known = self.list.by_number();
        let known = known.iter().filter_map(|id| self.list.get(id));
        let untaken = known.filter(|known| !known.is_own && !self.is_busy(&known.offer.id));
        untaken
            .map(|known| (known.offer.clone(), known.who.key))
            .collect()
    }

    /// Whether an offer is known.
    pub(in crate::chat) fn knows(&self, id: &OfferId) -> bool {
        self.list.get(id).is_some()
    }

    /// How long the content of an offer is, in bytes; 0 of one that is not known.
    pub(in crate::chat) fn size_of(&self, id: &OfferId) -> u64 {
        self.list.get(id).map_or(0, |known| known.offer.size_bytes)
    }

    /// Takes something, once there is a place.
    pub(in crate::chat) fn take(&mut self, now: Moment, id: OfferId) {
        if !self.is_busy(&id) {
            self.waiting.push_back((id, None));
            self.take_next(now.time);
        }
    }

    /// Stops to take what nobody gives. Returns whether nothing of it has come.
    pub(in crate::chat) fn stop_taking(&mut self, now: Moment, id: OfferId) -> bool {
        self.waiting.retain(|(waiting, _)| *waiting != id);
        let Some(taking) = self.takings.remove(&id) else {
            return false;
        };
        self.ask_disk([Request::Stop { offer: id }]);
        self.take_next(now.time);
        taking.done_bytes() == 0
    }

    /// Holds what the other side has: it is on the disk of both. Whoever wants it is told.
    pub(in crate::chat) fn hold_like(&mut self, now: Moment, other: &Self) {
        for (id, index) in &other.held {
            if self.held.contains_key(id) || self.list.get(id).is_none() {
                continue;
            }
            self.held.insert(*id, index.clone());
            let words = SAID_AGAIN.map(|after: Duration| (now.time + after, *id));
            self.last_words.extend(words);
        }
    }
}
