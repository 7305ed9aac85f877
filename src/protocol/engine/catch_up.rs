//! Where an exchange meets the rest of the engine: questions and answers are sent, and what has
//! come is shown.

use core::net::SocketAddr;
use std::time::Duration;

use super::Engine;
use super::answers::Asker;
use super::config::{CHALLENGES_GROUP, PULL_FRAMES, SYNC_BY_NACK_MAX};
use super::event::{Destination, EngineEvent, Order};
use super::inbox::Inbox;
use super::roster::{Id, ME};
use super::sync::{Question, Sync, inventory};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Body;
use crate::protocol::wire::frame::sync::{FrameName, SequenceRange, Sync as Talk};

/// About how many bytes a part of an inventory takes that lists nothing.
const PART_BYTES: usize = 240;

/// How long ago an author was heard whose own word about its frames is the latest.
const HEARD_LATELY: Duration = Duration::from_secs(10);

impl Engine {
    /// Asks a member, if this one is a newcomer, what was said before it came.
    pub(super) fn ask_what_was_said(&mut self, now: Moment, peer: Id, address: SocketAddr) {
        if self.stored.is_loading() {
            return;
        }
        let (me, roster) = (&self.me, &self.group.roster);
        if self.sync.may_ask_as_newcomer(now.time)
            && !self.sync.is_worth_asking(peer, now.time, roster)
        {
            return self.ask_best(now, None);
        }
        let question = self
            .sync
            .ask_as_newcomer(peer, address, now.time, me, roster);
        self.send_question(now, question);
    }

    /// Runs the timers of catching up: a planned exchange, a question asked again, the next member
    /// asked.
    pub(super) fn retry_sync(&mut self, now: Moment) {
        if self.stored.is_loading() {
            return;
        }
        let roster = &self.group.roster;
        let question = self
            .sync
            .ask_about_difference(now.time, roster, &mut self.log);
        self.send_question(now, question);
        let retries = Sync::silent_retries(self.sync.is_new(), &self.group.roster);
        match self.sync.exchanges.retry(now.time, retries) {
            Some(Ok(question)) => self.send_question(now, Some(question)),
            Some(Err(broken_off)) => {
                self.show_unshown(now);
                self.sync
                    .broke_off(&broken_off, now.time, &self.group.roster);
                self.ask_best(now, Some(broken_off.peer));
            }
            None => {}
        }
        self.sync
            .settle_newcomer(now.time, self.me.started.time, &self.group.roster);
        // What was refused for its clock is taken in now, if another member lists it.
        if !self.sync.exchanges.is_busy() && self.take_unknown_refused() {
            self.sync.begin_anew(now.time);
            self.ask_best(now, None);
        }
    }

    /// Asks any of the members who are best to ask, if this one is a newcomer; but not `but`, which
    /// was asked just now.
    pub(super) fn ask_best(&mut self, now: Moment, but: Option<Id>) {
        if self.stored.is_loading() {
            return;
        }
        let (me, roster) = (&self.me, &self.group.roster);
        let mut best = self.sync.best_to_ask(now.time, me, roster);
        best.retain(|(id, _)| Some(*id) != but);
        if roster.size() >= CHALLENGES_GROUP {
            // In a crowd of keys that cost nothing, those who say something come first.
            let has_spoken = |id: Id| {
                let member = roster.get(id);
                member.is_some_and(|member| self.log.has_message_of(member.tag.short))
            };
            if best.iter().any(|(id, _)| has_spoken(*id)) {
                best.retain(|(id, _)| has_spoken(*id));
            }
        }
        let any = self.rng.below(best.len() as u64) as usize;
        if let Some((id, address)) = best.get(any) {
            let question = self
                .sync
                .ask_as_newcomer(*id, *address, now.time, me, roster);
            self.send_question(now, question);
        }
    }

    pub(super) fn hear_sync(&mut self, now: Moment, id: Id, source: SocketAddr, talk: &Talk) {
        match talk {
            Talk::Ask { cookie, from, cut } => {
                if self.is_proven(now, source, *cookie) && !self.stored.is_loading() {
                    self.send_inventory(now, source, *from, *cut);
                }
            }
            Talk::Want { cookie, runs } => {
                if self.is_proven(now, source, *cookie) && !self.stored.is_loading() {
                    self.send_wanted(now, source, runs);
                }
            }
            Talk::Cookie(cookie) => {
                let roster = &self.group.roster;
                if !self.sync.exchanges.is_with(id)
                    && !self.sync.hand_to(id, source, now.time, roster)
                {
                    return self.answer_challenge(now, id, source, *cookie);
                }
                let members = self.group.roster.size();
                match self.sync.exchanges.cookie(id, *cookie, now.time) {
                    Some(talk) => self.send_question(now, Some((source, talk))),
                    // The exchange is over. In a crowd, it asks where this member is.
                    None if members >= CHALLENGES_GROUP => {
                        self.answer_challenge(now, id, source, *cookie);
                    }
                    None => {}
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
                let (me, roster) = (self.me.tag(), &self.group.roster);
                let (receiving, log) = (&self.receiving, &self.log);
                let lacks = |frame: FrameName| {
                    let has = |id| {
                        receiving.has(id, frame.sequence) || log.get(id, frame.sequence).is_some()
                    };
                    frame.tag() != me && !roster.find(frame.tag()).is_some_and(has)
                };
                let exchanges = &mut self.sync.exchanges;
                if exchanges.inventory(id, part, *from, runs, now.time, lacks) {
                    self.get_wanted(now);
                }
            }
        }
    }

    /// Whether a member that asks receives at this address; if it has not proven that, it gets the
    /// proof to repeat, and no more.
    fn is_proven(&mut self, now: Moment, source: SocketAddr, cookie: u64) -> bool {
        if cookie == self.sync.cookie_for(source) {
            return true;
        }
        self.send_cookie(now, source);
        false
    }

    /// Gives an address what only a program that receives there can repeat.
    pub(super) fn send_cookie(&mut self, now: Moment, source: SocketAddr) {
        let mut others = self.group.roster.others();
        let is_member = others.any(|(_, member)| member.address == Some(source));
        drop(others);
        let asker = match is_member {
            true => Asker::Member,
            false => Asker::Unknown,
        };
        let answers = &mut self.sync.answers;
        if answers.may_send_cookie(source.ip(), asker, now.time) {
            self.ask_to_repeat_cookie(now, source);
        }
    }

    /// Sends the cookie of an address there, unless it has left too many unanswered.
    fn ask_to_repeat_cookie(&mut self, now: Moment, source: SocketAddr) {
        if self.sync.unanswered.may_send(source.ip(), now.time) {
            self.send_own_cookie(now, source);
        }
    }

    pub(super) fn send_own_cookie(&mut self, now: Moment, source: SocketAddr) {
        let cookie = self.sync.cookie_for(source);
        self.send_question(now, Some((source, Talk::Cookie(cookie))));
    }

    fn send_inventory(&mut self, now: Moment, to: SocketAddr, from: u64, cut: u64) {
        // To make one takes time, which is counted like a part.
        if !self.may_answer(now, to, PART_BYTES) {
            return;
        }
        let waiting = self.waiting_frames(from, cut);
        for part in inventory(from, cut, &self.log, waiting) {
            let Talk::Inventory { runs, .. } = &part else {
                continue;
            };
            if !self.may_answer(now, to, PART_BYTES + runs.len() * SequenceRange::BYTES) {
                return;
            }
            self.send_question(now, Some((to, part)));
        }
    }

    /// Frames of a time that are here and wait for their causes. Whoever comes now hears what is
    /// said behind them, and would not know of them.
    fn waiting_frames(&self, from: u64, cut: u64) -> Vec<FrameName> {
        let blocked = self.receiving.blocked.iter();
        let held = blocked.filter_map(|id| Some((*id, self.receiving.inbox(*id)?)));
        let held = held.flat_map(|(id, inbox)| {
            let sequences = inbox.held_before(u32::MAX).into_iter();
            sequences.filter_map(move |sequence| self.log.get(id, sequence))
        });
        let positions = held.map(|held| held.position);
        let of_time = positions.filter(|position| (from..cut).contains(&position.clock));
        of_time.map(|position| position.frame_name()).collect()
    }

    /// Whether so many bytes may be sent to somebody who catches up.
    fn may_answer(&mut self, now: Moment, to: SocketAddr, bytes: usize) -> bool {
        let held_bytes = self.log.bytes();
        let answers = &mut self.sync.answers;
        answers.may_send(to.ip(), bytes, held_bytes, now.time)
    }

    fn send_wanted(&mut self, now: Moment, to: SocketAddr, runs: &[SequenceRange]) {
        let wanted = runs.iter().flat_map(SequenceRange::frames);
        for frame in wanted.take(PULL_FRAMES) {
            let sequence = frame.sequence;
            let Some(id) = self.group.roster.find(frame.tag()) else {
                continue;
            };
            if id == ME {
                self.sending.arrivals.unmeasure(sequence);
            }
            let held = self.log.serve(id, sequence);
            if let Some(bytes) = held.filter(|bytes| self.may_answer(now, to, bytes.len())) {
                self.out.send(Destination::Member(to), bytes);
            }
        }
    }

    /// Gets what the inventory showed to be missing: a few frames by NACK from all, since others
    /// probably lack them too; many, or a newcomer's, from the member that sent the inventory.
    fn get_wanted(&mut self, now: Moment) {
        let wanted = self.sync.exchanges.wanted();
        let frames: Option<Vec<(Id, u32)>> = wanted
            .iter()
            .map(|wanted| self.as_attested(now, wanted))
            .collect();
        let is_few = |frames: &Vec<_>| !frames.is_empty() && frames.len() <= SYNC_BY_NACK_MAX;
        // On a link there is nobody between, and what is old is repaired there for all together so
        // slowly that it would take minutes.
        let may_ask_all = !self.sync.is_new() && !self.group.beyond.is_link;
        match frames.filter(|frames| may_ask_all && is_few(frames)) {
            Some(frames) => {
                self.sync.hand_over(&mut self.log);
                self.show_unshown(now);
                for (id, sequence) in frames {
                    let timing = self.group.timing(id);
                    let rng = &mut self.rng;
                    self.receiving.update(id, |inbox| {
                        inbox.want(sequence, now.time, timing, rng);
                    });
                }
            }
            None if wanted.is_empty() => self.finish_sync(now),
            None => {
                let question = self.sync.exchanges.ask();
                self.send_question(now, question);
            }
        }
    }

    /// A wanted frame by its author's number, unless the author was heard lately and has not said
    /// that there is one. Such a frame is asked of none but the one who lists it, and no longer
    /// than the exchange lasts.
    fn as_attested(&self, now: Moment, wanted: &FrameName) -> Option<(Id, u32)> {
        let id = self.group.roster.find(wanted.tag())?;
        let member = self.group.roster.get(id)?;
        let is_heard = member.is_live && now.time < member.heard() + HEARD_LATELY;
        let newest = self.receiving.inbox(id).map_or(0, Inbox::newest);
        (!is_heard || wanted.sequence <= newest).then_some((id, wanted.sequence))
    }

    /// Notes that a frame came, which the exchange may have asked for.
    pub(super) fn note_pulled(&mut self, now: Moment, id: Id, sequence: u32) {
        let Some(member) = self.group.roster.get(id) else {
            return;
        };
        let frame = FrameName {
            short: member.tag.short,
            session: member.session,
            sequence,
        };
        let pulled = self.sync.exchanges.took(frame, now.time);
        self.send_question(now, pulled.question);
        if pulled.was_wanted {
            self.finish_sync(now);
        }
    }

    fn finish_sync(&mut self, now: Moment) {
        if self
            .sync
            .finish(now.time, &self.group.roster, &mut self.log)
        {
            self.show_unshown(now);
        }
    }

    /// Shows the frames from before that have come.
    fn show_unshown(&mut self, now: Moment) {
        let mut messages = 0;
        for (position, id) in self.sync.take_unshown() {
            messages += self.show(now, id, position.sequence, Order::Late);
        }
        if messages > 0 {
            self.out.tell(EngineEvent::CaughtUp { messages });
        }
    }

    pub(super) fn send_question(&mut self, now: Moment, question: Option<Question>) {
        if let Some((address, talk)) = question {
            let to = Destination::Member(address);
            // Parts of an inventory have bounds of their own, in histories.
            let is_part = matches!(talk, Talk::Inventory { .. });
            let bytes = self.send_unrepaired(now, to, 0, Body::Sync(talk));
            if !is_part {
                self.out.reactions.spend(bytes);
            }
        }
    }
}
