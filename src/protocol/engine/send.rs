//! Where own frames are made and handed over to be sent: durable ones in batches, beats, NACKs and
//! statuses one by one.

use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::config::{MUTE_GRTT, SPEAKERS_MAX, SPEAKING};
use super::dedup::KnownDatagram;
use super::event::{Destination, EngineEvent, Transmit};
use super::frame_log::NewFrame;
use super::member::Member;
use super::presence::Due;
use super::reactions::Urgency;
use super::receiving::NackDraft;
use super::repair::Cause;
use super::reports::Report;
use super::roster::{Id, ME};
use super::sending::{Made, Turn, WRAPPING_BYTES};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::{ASKED_MAX, Beat};
use crate::protocol::wire::frame::{ACKS_MAX, Body, FLAG_ACK_REQUEST, MemberTag};
use crate::protocol::wire::seal::Draft;

/// Whom a beat is to reach.
#[derive(Clone, Copy, Debug)]
enum Reach {
    /// The members known.
    Members,
    /// Members that are not known yet, too, by whatever reaches them.
    Everywhere,
}

impl Engine {
    /// The next datagram to send now, if there is one.
    pub fn poll_send(&mut self, now: Moment) -> Option<Transmit> {
        if let Some(transmit) = self.out.next_datagram() {
            return Some(transmit);
        }
        if let Some(bytes) = self.mirror.as_mut().and_then(|mirror| mirror.pop(now.time)) {
            let to = Destination::Plain;
            return Some(Transmit { to, bytes });
        }
        let turn = self.sending.turn(now.time, self.group.roster.size());
        self.tell_slow(now.time);
        let Some(turn) = turn else {
            return self.next_unreliable(now);
        };
        let clocks = (now.time, self.me.clock_now(now));
        let (group, log, out) = (&self.group, &mut self.log, &mut self.out);
        let has_sent = self.sending.send_repair(clocks, turn, group, log, out);
        if !has_sent && turn == Turn::NewFrames {
            if self.group.presence.greets_first(self.group.roster.size()) {
                self.react_by_beat(now, Vec::new(), Reach::Members);
            }
            self.send_batch(now);
        }
        let next = self.out.next_datagram();
        next.or_else(|| self.next_unreliable(now))
    }

    /// Reports the members that left the send window because they are slow.
    fn tell_slow(&mut self, now: Duration) {
        while let Some(id) = self.sending.window.pop_slow() {
            let member = self.group.roster.get(id);
            // One that is not heard is perhaps gone, which is reported in its own way.
            let is_heard = |member: &&Member| now < member.heard() + member.interval * 2;
            let who = member.filter(is_heard).map(Member::named_key);
            self.out.tell_of(who, EngineEvent::Slow);
        }
    }

    /// Makes all durable frames that may leave now, under one signature.
    fn send_batch(&mut self, now: Moment) {
        let speaking_since = now.time.saturating_sub(SPEAKING);
        let others = self.receiving.reports.in_bulk(speaking_since);
        self.sending.window.share(others + 1);
        let members = self.group.roster.size();
        let max = self.sending.batch_max();
        let (mut made, mut drafts) = (Vec::new(), Vec::new());
        while made.len() < max
            && self.sending.may_make(now.time, members)
            && let Some((frame, draft)) = self.draft_durable(now)
        {
            made.push(frame);
            drafts.push(draft);
        }
        let closed: Vec<(Vec<u8>, u64)> =
            self.me.seal.close_batch(drafts, &self.me.signer).collect();
        for (made, (bytes, hash)) in made.into_iter().zip(closed) {
            let bytes: Arc<[u8]> = bytes.into();
            self.keep_made(now, &made, bytes.clone(), hash);
            self.sending.pace.sent();
            self.out.send(self.group.to_all(), bytes);
        }
    }

    fn draft_durable(&mut self, now: Moment) -> Option<(Made, Draft)> {
        let references = self.receiving.frontier.take();
        let left_out = self.receiving.frontier.take_left_out();
        let (receiving, roster) = (&mut self.receiving, &self.group.roster);
        let acks = |max| receiving.acks(now.time, max, &left_out, roster);
        let grtt = self.group.grtt();
        self.sending
            .draft(now, &mut self.me, grtt, references, acks)
    }

    /// Keeps an own frame for repairs, and reports the ids of the messages in it.
    fn keep_made(&mut self, moment: Moment, made: &Made, bytes: Arc<[u8]>, hash: u64) {
        let now = moment.time;
        let sequence = made.position.sequence;
        let durable = Some((sequence, made.flags));
        let length = bytes.len();
        self.pass_own_on(&bytes);
        self.receiving
            .recent
            .insert(&bytes, KnownDatagram { id: ME, durable });
        let frame = NewFrame {
            bytes,
            hash,
            messages: made.messages,
            touched: now,
        };
        self.log.insert(ME, made.position, frame);
        self.log.settle(ME, sequence);
        self.log.release(self.sending.window.needed_from());
        self.sending.note_made(now, made, length, &mut self.group);
        self.sending.tell_sent(made, &self.me, &mut self.out);
    }

    /// Sends a frame that is never repaired; returns how many bytes it takes on the network.
    pub(super) fn send_unrepaired(
        &mut self,
        now: Moment,
        to: Destination,
        flags: u8,
        body: Body<'_>,
    ) -> usize {
        let grtt = self.group.grtt();
        let bytes = self.me.make_unrepaired(now, grtt, flags, body);
        let (id, durable) = (ME, None);
        self.receiving
            .recent
            .insert(&bytes, KnownDatagram { id, durable });
        let on_wire = bytes.len() + WRAPPING_BYTES;
        self.out.send(to, bytes.into());
        on_wire
    }

    /// Sends a frame that is never repaired, because of what others did.
    pub(super) fn react(&mut self, now: Moment, to: Destination, flags: u8, body: Body<'_>) {
        let bytes = self.send_unrepaired(now, to, flags, body);
        self.out.reactions.spend(bytes);
    }

    pub(super) fn send_status(&mut self, now: Moment, report: Report) {
        if let Some((address, status)) = self.receiving.status(report, &self.group.roster) {
            let to = Destination::Member(address);
            self.react(now, to, 0, Body::Status(status));
        }
    }

    /// Sends what shows that this member is here.
    pub(super) fn send_presence(&mut self, now: Moment, due: Due) {
        match due {
            Due::Hello => self.react_by_beat(now, Vec::new(), Reach::Everywhere),
            Due::Beat => self.react_by_beat(now, Vec::new(), Reach::Members),
            Due::LastBeat => {
                self.send_beat(now, Vec::new(), Reach::Members);
                let is_lacking = self.sending.is_unacknowledged(self.group.roster.size());
                if is_lacking && self.sending.receipts.is_worth_repeating() {
                    self.group.presence.insist(now.time);
                }
            }
            Due::Repeat => {
                let newest = (ME, self.sending.newest());
                let held = self.log.get(newest.0, newest.1);
                let mute = self.group.grtt() * MUTE_GRTT;
                // A member that has just repaired it has done this for us.
                if held.is_some_and(|held| now.time >= held.touched + mute) {
                    let has_insisted = self.group.presence.has_insisted();
                    // Whoever acknowledges nothing makes it repeat more, while there is enough.
                    let cause = match self.out.reactions.allow(Urgency::Doubtful, now.time) {
                        false if has_insisted => Cause::Asked,
                        _ => Cause::Tail,
                    };
                    self.sending.repair.schedule(newest, now.time, cause);
                }
            }
        }
    }

    /// Acknowledges by a beat what may not be reported to each of its authors.
    pub(super) fn acknowledge_by_beat(&mut self, now: Duration) {
        if self.out.reactions.allow(Urgency::Awaited, now) {
            self.group.presence.acknowledge(now);
        }
    }

    /// Sends a beat because of what others did.
    fn react_by_beat(&mut self, now: Moment, asked: Vec<MemberTag>, reach: Reach) {
        let bytes = self.send_beat(now, asked, reach);
        self.out.reactions.spend(bytes);
    }

    /// Sends a beat; returns how many bytes it takes on the network.
    fn send_beat(&mut self, now: Moment, asked: Vec<MemberTag>, reach: Reach) -> usize {
        self.group.update_reach();
        self.forget_beyond(now);
        let speaking_since = now.time.saturating_sub(SPEAKING);
        let others = self.receiving.reports.recent(speaking_since, SPEAKERS_MAX);
        let slowest = self.group.slowest_link(self.me.link);
        self.sending.pace.adapt_to(slowest, others.len() + 1);
        let beat = self.beat(now, asked);
        let flags = match self.sending.is_unacknowledged(self.group.roster.size()) {
            true => FLAG_ACK_REQUEST,
            false => self.sending.ack_request_flag(),
        };
        if flags & FLAG_ACK_REQUEST != 0 {
            self.sending.receipts.asked_all(now.time);
        }
        let to = match reach {
            Reach::Everywhere => Destination::Everywhere,
            Reach::Members => self.group.to_all(),
        };
        let bytes = self.send_unrepaired(now, to, flags, Body::Beat(beat));
        let (interval, rng) = (self.group.roster.beat_interval(), &mut self.rng);
        self.group.presence.beaten(now.time, interval, rng);
        bytes
    }

    /// What a beat says now.
    fn beat(&mut self, now: Moment, asked: Vec<MemberTag>) -> Beat {
        let clock_now = self.me.clock_now(now);
        self.log.expire(clock_now);
        let turn = self.me.unrepaired_frames();
        let roster = &self.group.roster;
        Beat {
            newest: self.sending.newest(),
            interval: roster.beat_interval().mul_f64(1.25),
            mirror_port: self.mirror.as_ref().map_or(0, |mirror| mirror.port()),
            link: self.me.link,
            digest: self.sync.digest(clock_now, turn, &mut self.log),
            acks: self.receiving.acks(now.time, ACKS_MAX, &[], roster),
            asked,
        }
    }

    /// Asks members, each for itself, to acknowledge what they have of this one's frames.
    pub(super) fn ask_for_acks(&mut self, now: Moment, ids: &[Id]) {
        for id in ids {
            let address = self.group.roster.get(*id).and_then(|member| member.address);
            if let Some(address) = address {
                let beat = self.beat(now, Vec::new());
                let to = Destination::Member(address);
                self.react(now, to, FLAG_ACK_REQUEST, Body::Beat(beat));
            }
        }
    }

    /// Asks the group whether a member is still here.
    pub(super) fn ask_for_member(&mut self, now: Moment, id: Id) {
        let roster = &mut self.group.roster;
        roster.note_asked(id, now.time, &mut self.rng);
        // Where many are gone at once, one beat asks for several.
        let others = roster.soon_asked_for(now.time, ASKED_MAX - 1);
        for id in &others {
            roster.note_asked(*id, now.time, &mut self.rng);
        }
        let tag = |id| Some(roster.get(id)?.tag);
        let asked = [id].into_iter().chain(others).filter_map(tag).collect();
        self.react_by_beat(now, asked, Reach::Members);
    }

    /// Asks for the frames that are missing and due, and shows what has waited for them long
    /// enough.
    pub(super) fn ask_for_missing(&mut self, now: Moment) {
        let mut nack = NackDraft::new(self.me.name_bytes());
        for id in self.receiving.due(now.time) {
            self.give_up_waiting(now, id);
            let (group, rng) = (&self.group, &mut self.rng);
            self.receiving.ask(id, now.time, group, &mut nack, rng);
        }
        if !nack.nack.targets.is_empty() {
            self.give_up_gaps(now);
            let interval = self.group.nack_interval();
            self.receiving.asked(&nack, now.time, interval);
            self.send_unrepaired(now, self.group.to_all(), 0, Body::Nack(nack.nack));
        }
    }
}
