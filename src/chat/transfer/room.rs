//! Where the room meets its files: what comes in is passed on, and what comes out becomes outputs
//! of the room, with persons for keys.

use std::sync::Arc;

use super::disk::{Reply, Request};
use super::event::{FilesEvent, Offered};
use super::list::Known;
use super::offer::{Offer, OfferId, OfferKey};
use super::telling::Tale;
use super::{FilesCommand, Out};
use crate::chat::Chat;
use crate::chat::command::RequestId;
use crate::chat::event::{News, Person, Timing};
use crate::chat::output::{NetworkAsk, Output};
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::{HeardNotice, HeardPiece, NamedKey, OfferDelivery};
use crate::protocol::time::Moment;

impl Chat {
    pub(in crate::chat) fn obey_files(
        &mut self,
        now: Moment,
        request: RequestId,
        command: FilesCommand,
    ) {
        let to = match &command {
            FilesCommand::Offer {
                to: Some(to),
                offer,
                ..
            } => match self.called(to) {
                Ok(who) => Some(who.key),
                Err(failure) => {
                    let forget = Request::Forget { offer: offer.id };
                    self.room.files.ask_disk([forget]);
                    self.answer(request, News::Failed(failure));
                    self.put_out_files(now);
                    return;
                }
            },
            _ => None,
        };
        let files = &mut self.room.files;
        files.ignored = self.people.ignoring.keys().into_iter().collect();
        files.obey(now, request, (command, to), &mut self.node);
        self.put_out_files(now);
    }

    pub(in crate::chat) fn on_disk(&mut self, now: Moment, reply: Reply) {
        self.room.files.share(&reply);
        self.room.files.on_reply(now.time, reply);
        self.put_out_files(now);
    }

    pub(in crate::chat) fn on_offered(&mut self, now: Moment, offered: OfferDelivery) {
        let Some(offer) = Offer::of_record(&offered.offer.borrowed()) else {
            return;
        };
        let clock = offered.id.position.clock;
        let timing = self.timing(offered.order, clock);
        let is_own = offered.who.key == self.people.my_key();
        let (offer, to) = match offered.key {
            Some(key) => (offer.to_one(OfferKey(key)), Some(self.people.my_key())),
            None => (offer, None),
        };
        let (files, id) = (&mut self.room.files, offer.id);
        if files.meet(
            Arc::new(offer),
            offered.who,
            is_own,
            (clock_ms(clock), timing),
        ) {
            if let Some(to) = to {
                files.list.address(&id, to);
            }
            self.put_out_files(now);
        }
    }

    pub(in crate::chat) fn on_notice(&mut self, now: Moment, notice: &HeardNotice) {
        self.room.files.on_notice(now, notice, &mut self.node);
    }

    pub(in crate::chat) fn on_piece(&mut self, now: Moment, piece: HeardPiece) {
        self.room.files.on_piece(now.time, piece);
    }

    /// Runs the timers of files that are due.
    pub(in crate::chat) fn time_files(&mut self, now: Moment) {
        self.room.files.on_time(now, &mut self.node);
    }

    /// Queues symbols that may leave, and puts out what else there is; returns whether there was
    /// anything.
    pub(in crate::chat) fn pump_files(&mut self, now: Moment) -> bool {
        let files = &mut self.room.files;
        if files.is_idle() && !files.is_in_group && files.out.is_empty() {
            return false;
        }
        let before = self.node.newest_unreliable();
        files.pump(now, &mut self.node);
        let has_queued = self.node.newest_unreliable() != before;
        self.put_out_files(now) || has_queued
    }

    /// Makes what comes out into outputs of the room; returns whether there was anything.
    pub(in crate::chat) fn put_out_files(&mut self, now: Moment) -> bool {
        let files = &mut self.room.files;
        let is_in_group = !files.is_idle() || !self.room.media.is_idle();
        let has_moved = std::mem::replace(&mut files.is_in_group, is_in_group) != is_in_group;
        if has_moved {
            self.ask_network(match is_in_group {
                true => NetworkAsk::JoinFiles,
                false => NetworkAsk::LeaveFiles,
            });
        }
        let mut has_any = has_moved;
        while let Some(out) = self.room.files.out.pop_front() {
            has_any = true;
            match out {
                Out::Disk(request) => self.out.push_back(Output::Files(request)),
                Out::Tell(request, tale) => {
                    if let Some(event) = self.event_of(now, tale) {
                        let news = News::Files(Box::new(event));
                        match request {
                            Some(request) => self.answer(request, news),
                            None => self.tell(news),
                        }
                    }
                }
            }
        }
        has_any
    }

    fn event_of(&self, now: Moment, tale: Tale) -> Option<FilesEvent> {
        let files = &self.room.files;
        let person = |who: &NamedKey| self.people.person(who);
        let state = |id: &OfferId| files.state(id, now.time, person);
        Some(match tale {
            Tale::Offered(id, wall_ms, timing) => {
                let known = files.list.get(&id)?;
                if self.hides_offer(known) {
                    return None;
                }
                let is_here = files.held.contains_key(&id);
                let told = offered((known, is_here), wall_ms, timing, person);
                FilesEvent::Offered(Box::new(told))
            }
            Tale::Taking(id) => FilesEvent::Taking(state(&id)?),
            Tale::Progress(id) => FilesEvent::Progress(state(&id)?),
            Tale::Finished(id, saved_as) => {
                let state = state(&id)?;
                FilesEvent::Finished { state, saved_as }
            }
            Tale::AllHave(id) => FilesEvent::AllHave(state(&id)?),
            Tale::Failed(id, why) => {
                let state = state(&id)?;
                FilesEvent::Failed { state, why }
            }
            Tale::Stopped(id) => FilesEvent::Stopped(state(&id)?),
            Tale::Unshared(id) => FilesEvent::Unshared(state(&id)?),
            Tale::List => {
                let ids = files.list.by_number();
                let is_shown = |id: &&OfferId| {
                    let known = files.list.get(id);
                    known.is_some_and(|known| !self.hides_offer(known))
                };
                FilesEvent::List(ids.iter().filter(is_shown).filter_map(state).collect())
            }
            Tale::Refused(refusal) => FilesEvent::Refused(refusal),
        })
    }

    /// Whether an offer is of somebody who is ignored, and nothing was made of it before.
    fn hides_offer(&self, known: &Known) -> bool {
        let is_ignored = self.people.ignoring.has(Some(&known.who.key));
        is_ignored && !known.is_own && !self.room.files.is_busy(&known.offer.id)
    }
}

fn offered(
    (known, is_here): (&Known, bool),
    wall_ms: u64,
    timing: Option<Timing>,
    person: impl Fn(&NamedKey) -> Person,
) -> Offered {
    Offered {
        number: known.number,
        offer: known.offer.clone(),
        who: person(&known.who),
        wall_ms,
        is_own: known.is_own,
        is_here,
        timing: timing.unwrap_or(Timing::Live),
    }
}
