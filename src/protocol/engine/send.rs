//! Making frames, and which of what waits is sent next.

use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::config::{
    ACK_GROUP, MUTE_GRTT, REPAIR_COPIES_MAX, REPEAT_GRTT, REPEAT_ONCE_ABOVE, REPEAT_TWICE_ABOVE,
    SMALL_GROUP, SPEAKERS_MAX, SPEAKING, STUCK_AFTER, WAITING_AFTER,
};
use super::dedup::KnownDatagram;
use super::event::{Destination, EngineEvent, MessageId, Transmit};
use super::frame_log::{NewFrame, Position};
use super::inbox::Inbox;
use super::member::Member;
use super::outbox::PrivateText;
use super::presence::Due;
use super::reports::Report;
use super::roster::{Id, ME};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::{ASKED_MAX, Beat};
use crate::protocol::wire::frame::durable::{
    ACK_BYTES, COUNTS_BYTES, Durable, FRAGMENT_BYTES, Fragment, REFERENCES_MAX, Record, Records,
    Reference,
};
use crate::protocol::wire::frame::nack::{COUNT_BYTES, Nack, SPAN_MAX, Target};
use crate::protocol::wire::frame::status::Status;
use crate::protocol::wire::frame::{
    ACKS_MAX, Ack, Author, Body, FLAG_ACK_REQUEST, FLAG_BULK, FRAME_MAX_BYTES, FRAME_NARROW_BYTES,
    Frame, MemberTag, body_max_bytes, durable_max_bytes, grtt_code,
};
use crate::protocol::wire::seal::Draft;
use crate::protocol::wire::seal::signed_batch::BATCH_MAX_FRAMES;

/// What is to be known of a frame of our own once it is signed.
struct Made {
    place: Position,
    flags: u8,
    messages: usize,
    private_to: Option<MemberTag>,
    fragment: Option<Fragment>,
    /// Which of the records are messages.
    said: Vec<u8>,
}

impl Engine {
    /// The next datagram to send now, if there is one.
    pub fn poll_send(&mut self, now: Moment) -> Option<Transmit> {
        if let Some(transmit) = self.out.next_datagram() {
            return Some(transmit);
        }
        if let Some(bytes) = self.mirror.as_mut().and_then(|mirror| mirror.pop(now.time)) {
            return Some(Transmit {
                to: Destination::Plain,
                bytes,
            });
        }
        let has_repair = self
            .sending
            .repair
            .next_time()
            .is_some_and(|at| at <= now.time);
        let has_new = !self.sending.outbox.is_empty() && self.window_is_open(now.time);
        let waiting = self.frames_waiting(has_repair);
        if !(has_repair || has_new) || !self.sending.pace.allows(now.time, waiting) {
            return None;
        }
        if !self.send_repair(now.time, !has_new) && has_new {
            self.send_batch(now);
        }
        self.out.next_datagram()
    }

    fn to_all(&self) -> Destination {
        match self.group.needs_v6 {
            true => Destination::Everywhere,
            false => Destination::Group,
        }
    }

    /// When the next frame that waits may leave.
    pub(super) fn next_send(&self, now: Duration) -> Option<Duration> {
        let paced = self.sending.pace.next_time(now, self.frames_waiting(false));
        let repair = self
            .sending
            .repair
            .next_time()
            .map(|at| at.max(self.sending.pace.next_time(now, 1)));
        // A closed window opens with a report, which is heard; or when who is stuck is given up.
        let is_open =
            !self.sending.outbox.is_empty() && self.sending.window.is_open(self.sending.newest + 1);
        let new = (!self.sending.outbox.is_empty()).then(|| match is_open {
            true => paced,
            false => now + STUCK_AFTER / 10,
        });
        [repair, new].into_iter().flatten().min()
    }

    /// About how many frames wait to be sent together; a repair waits for nothing.
    fn frames_waiting(&self, has_repair: bool) -> usize {
        match has_repair {
            true => 1,
            false => self.sending.outbox.len(),
        }
    }

    fn window_is_open(&mut self, now: Duration) -> bool {
        let members = self.group.roster.size();
        self.sending
            .window
            .allows(self.sending.newest + 1, members, now)
    }

    /// Sends the next repair that is due; in a small group once for each time that the frame was
    /// asked for, so that one which is lost again and again does not hold all others up, and once
    /// more if there is nothing else to send than what is waited for.
    fn send_repair(&mut self, now: Duration, is_idle: bool) -> bool {
        while let Some((id, sequence)) = self.sending.repair.pop(now) {
            let Some(held) = self.log.touch(id, sequence, now) else {
                continue;
            };
            let copies = match self.group.roster.size() {
                0..=SMALL_GROUP => held
                    .asked
                    .saturating_add(is_idle.into())
                    .clamp(1, REPAIR_COPIES_MAX),
                _ => 1,
            };
            let bytes = held.bytes.clone();
            let to = self.to_all();
            for _ in 0..copies {
                self.sending.pace.sent();
                if id == ME {
                    self.sending.arrivals.leaves_again(sequence);
                }
                let bytes = bytes.clone();
                self.out.send(to, bytes);
            }
            return true;
        }
        false
    }

    /// What the records of a frame may take at most, whatever stands before them.
    pub(super) fn records_room(&self) -> usize {
        durable_max_bytes(self.me.frame_bytes, self.me.author.name.as_str().len())
            - COUNTS_BYTES
            - REFERENCES_MAX * Reference::BYTES
    }

    /// Makes all that may leave now, under one signature.
    fn send_batch(&mut self, now: Moment) {
        let others = self
            .receiving
            .reports
            .in_bulk(now.time.saturating_sub(SPEAKING));
        self.sending.window.share(others + 1);
        let max = self.sending.pace.burst().min(BATCH_MAX_FRAMES);
        let (mut made, mut drafts) = (Vec::new(), Vec::new());
        while made.len() < max
            && !self.sending.outbox.is_empty()
            && self.window_is_open(now.time)
            && let Some((frame, draft)) = self.draft_durable(now)
        {
            made.push(frame);
            drafts.push(draft);
        }
        let closed: Vec<(Vec<u8>, u64)> =
            self.me.seal.close_batch(drafts, &self.me.signer).collect();
        let to = self.to_all();
        for (made, (bytes, hash)) in made.into_iter().zip(closed) {
            let bytes: Arc<[u8]> = bytes.into();
            self.keep_made(now, &made, bytes.clone(), hash);
            self.sending.pace.sent();
            self.out.send(to, bytes);
        }
    }

    /// Packs the next durable frame; `None` if there is nothing to say.
    fn draft_durable(&mut self, now: Moment) -> Option<(Made, Draft)> {
        let references = self.receiving.frontier.take();
        let room = durable_max_bytes(self.me.frame_bytes, self.me.author.name.as_str().len())
            - COUNTS_BYTES
            - references.len() * Reference::BYTES;
        let author = (self.me.author.key, self.me.author.session);
        let (private, sequence) = (&mut self.me.private, self.sending.newest + 1);
        let seal = |text: &PrivateText| private.seal(text, author, sequence);
        let packed = self.sending.outbox.pack(room, seal)?;
        let fragment_bytes = packed.fragment.map_or(0, |_| FRAGMENT_BYTES);
        let left = room.saturating_sub(packed.records.len() + fragment_bytes);
        let is_bulk = !self.sending.outbox.is_empty();
        let acks = match is_bulk {
            true => Vec::new(),
            false => self.acks(now.time, left / ACK_BYTES),
        };
        self.sending.newest = sequence;
        let author = Author {
            sequence,
            clock: self.me.clock.tick(now.wall_ms),
            flags: if is_bulk { FLAG_BULK } else { 0 } | self.ack_request_flag(),
            ..self.author()
        };
        let durable = Durable {
            fragment: packed.fragment,
            references,
            acks,
            records: Records::new(&packed.records),
        };
        let made = Made {
            place: Position::of(&author),
            flags: author.flags,
            messages: durable.messages(),
            private_to: packed.private_to,
            fragment: packed.fragment,
            said: indices_of_said(durable.records),
        };
        let body = Body::Durable(durable);
        Some((made, self.me.seal.draft(&Frame { author, body })))
    }

    /// Keeps a frame of our own for repairs, and waits for its acknowledgements.
    fn keep_made(&mut self, now: Moment, made: &Made, bytes: Arc<[u8]>, hash: u64) {
        let sequence = made.place.sequence;
        let durable = Some((sequence, made.flags));
        self.recent
            .insert(&bytes, KnownDatagram { id: ME, durable });
        let frame = NewFrame {
            bytes,
            hash,
            messages: made.messages,
            touched: now.time,
        };
        self.log.insert(ME, made.place, frame, true);
        self.log.settle(ME, sequence);
        self.log.release(self.sending.window.needed_from());
        self.note_sent(now, sequence, made.messages);
        self.expect_private(now, sequence, made.private_to);
        self.tell_sent(made);
        self.sending.was_bulk = made.flags & FLAG_BULK != 0;
    }

    /// Tells the ids of the messages in a frame of our own.
    fn tell_sent(&mut self, made: &Made) {
        let place = made.place;
        let is_private = made.private_to.is_some();
        let sent = |place, index| EngineEvent::Sent {
            id: MessageId { place, index },
            is_private,
        };
        match made.fragment {
            None if is_private => self.out.tell(sent(place, 0)),
            None => {
                let indices = made.said.iter();
                indices.for_each(|index| self.out.tell(sent(place, *index)));
            }
            // A long text goes by its first frame, and is said with its last one.
            Some(Fragment { number, count }) => {
                let first = *self.sending.first_fragment.get_or_insert(place);
                if number + 1 == count {
                    self.sending.first_fragment = None;
                    self.out.tell(sent(first, 0));
                }
            }
        }
    }

    fn note_sent(&mut self, now: Moment, sequence: u32, messages: usize) {
        let grtt = self.group.round_trip.estimate();
        self.group
            .presence
            .said(now.time, self.sending.was_bulk.then_some(grtt));
        self.sending.arrivals.leaves(sequence, now.time);
        if messages > 0 {
            let wait = match self.group.roster.size() {
                0..=ACK_GROUP => WAITING_AFTER,
                _ => self.group.roster.beat_interval() * 5 / 2,
            };
            let here = self.group.roster.others().map(|(id, _)| id);
            self.sending.receipts.said(sequence, here, now.time + wait);
        }
        self.count_nacks();
        let repeats = match self.sending.repeats.nacks_per_frame {
            few if few <= REPEAT_ONCE_ABOVE => 0,
            some if some <= REPEAT_TWICE_ABOVE => 1,
            _ => 2,
        };
        for repeat in 1..=repeats {
            let after = self.group.round_trip.estimate() * REPEAT_GRTT * repeat;
            self.sending
                .repair
                .schedule((ME, sequence), now.time + after);
        }
    }

    /// The addressee of a private message is waited for, and nobody else.
    fn expect_private(&mut self, now: Moment, sequence: u32, to: Option<MemberTag>) {
        if let Some(id) = to.and_then(|tag| self.group.roster.find(tag)) {
            let tell_at = now.time + WAITING_AFTER;
            self.sending
                .receipts
                .said(sequence, [id].into_iter(), tell_at);
        }
    }

    /// Whether somebody has not acknowledged who would have by now.
    fn insists(&self) -> bool {
        self.group.roster.size() <= ACK_GROUP && !self.sending.receipts.is_complete()
    }

    fn ack_request_flag(&self) -> u8 {
        if self.sending.wants_acks {
            FLAG_ACK_REQUEST
        } else {
            0
        }
    }

    fn author(&self) -> Author {
        Author {
            grtt: grtt_code(self.group.round_trip.estimate()),
            ..self.me.author.clone()
        }
    }

    /// Sends a frame that is never repaired.
    pub(super) fn send_other(&mut self, now: Moment, to: Destination, flags: u8, body: Body<'_>) {
        self.me.other_frames += 1;
        let author = Author {
            sequence: self.me.other_frames,
            clock: self.me.clock.now(now.wall_ms),
            flags,
            ..self.author()
        };
        let frame = Frame { author, body };
        let mut bytes = Vec::with_capacity(FRAME_MAX_BYTES);
        self.me.seal.close(&frame, &self.me.signer, &mut bytes);
        let (id, durable) = (ME, None);
        self.recent.insert(&bytes, KnownDatagram { id, durable });
        let bytes = bytes.into();
        self.out.send(to, bytes);
    }

    /// How far we have the frames of those heard lately.
    fn acks(&self, now: Duration, max: usize) -> Vec<Ack> {
        let since = now.saturating_sub(2 * self.group.roster.beat_interval());
        let recent = self.receiving.reports.recent(since, max.min(ACKS_MAX));
        recent.into_iter().filter_map(|id| self.ack(id)).collect()
    }

    fn ack(&self, id: Id) -> Option<Ack> {
        Some(Ack {
            of: self.group.roster.get(id)?.tag,
            through: self.receiving.inboxes.get(&id)?.through(),
        })
    }

    pub(super) fn send_status(&mut self, now: Moment, report: Report) {
        let address = self
            .group
            .roster
            .get(report.to)
            .and_then(|member| member.address);
        let (Some(address), Some(ack)) = (address, self.ack(report.to)) else {
            return; // a beat will tell it
        };
        let status = Status {
            ack,
            heard: report.heard,
            echo: report.echo,
            held: report.held,
        };
        let to = Destination::Member(address);
        self.send_other(now, to, 0, Body::Status(status));
    }

    pub(super) fn send_presence(&mut self, now: Moment, due: Due) {
        match due {
            Due::Hello => self.send_beat(now, Vec::new(), true),
            Due::Beat => self.send_beat(now, Vec::new(), false),
            Due::LastBeat => {
                self.send_beat(now, Vec::new(), false);
                if self.insists() {
                    self.group.presence.insist(now.time);
                }
            }
            Due::Repeat => {
                let time = now.time;
                let grtt = self.group.round_trip.estimate();
                let held = self.log.get(ME, self.sending.newest);
                // Whoever repaired it just now has done this for us.
                if held.is_some_and(|held| time >= held.touched + grtt * MUTE_GRTT) {
                    self.sending
                        .repair
                        .schedule((ME, self.sending.newest), time);
                }
            }
        }
    }

    fn send_beat(&mut self, now: Moment, asked: Vec<MemberTag>, is_hello: bool) {
        let interval = self.group.roster.beat_interval();
        let mut others = self.group.roster.others();
        let is_slow = self.me.link.is_slow() || others.any(|(_, member)| member.link.is_slow());
        drop(others);
        let is_v6 = |member: &Member| member.address.is_some_and(|a| a.is_ipv6());
        self.group.needs_v6 = self.group.roster.others().any(|(_, member)| is_v6(member));
        let speaking_since = now.time.saturating_sub(SPEAKING);
        let speakers = self
            .receiving
            .reports
            .recent(speaking_since, SPEAKERS_MAX)
            .len()
            + 1;
        self.sending.pace.spare(is_slow, speakers);
        self.log.expire(self.me.clock.now(now.wall_ms));
        let beat = Beat {
            newest: self.sending.newest,
            interval: interval.mul_f64(1.25),
            mirror_port: self.mirror.as_ref().map_or(0, |mirror| mirror.port()),
            link: self.me.link,
            digest: self.digest(now),
            acks: self.acks(now.time, ACKS_MAX),
            asked,
        };
        let flags = if self.insists() {
            FLAG_ACK_REQUEST
        } else {
            self.ack_request_flag()
        };
        let to = match is_hello {
            true => Destination::Everywhere,
            false => self.to_all(),
        };
        self.send_other(now, to, flags, Body::Beat(beat));
        self.group
            .presence
            .beaten(now.time, interval, &mut self.rng);
    }

    /// Asks the group whether somebody is still here.
    pub(super) fn ask_for_member(&mut self, now: Moment, id: Id) {
        self.group.roster.asked(id, now.time, &mut self.rng);
        let tag = self.group.roster.get(id).map(|member| member.tag);
        let asked: Vec<MemberTag> = tag.into_iter().take(ASKED_MAX).collect();
        self.send_beat(now, asked, false);
    }

    /// Asks for the frames that are missing and due, and goes on without those waited for enough.
    pub(super) fn ask_for_missing(&mut self, now: Moment) {
        let time = now.time;
        let is_due = |at: &Duration| *at <= time;
        let due = self
            .receiving
            .due
            .iter()
            .filter(|(_, at)| is_due(at))
            .map(|(id, _)| *id);
        let due: Vec<Id> = due.collect();
        let mut nack = Nack::default();
        let name_bytes = self.me.author.name.as_str().len();
        let mut room = body_max_bytes(FRAME_NARROW_BYTES, name_bytes) - COUNT_BYTES;
        for id in due {
            self.give_up_waiting(now, id);
            if time < self.receiving.next_nack_at {
                self.postpone(id);
                continue;
            }
            self.add_target(now, id, &mut nack, &mut room);
            self.plan(id);
        }
        if nack.targets.is_empty() {
            return;
        }
        self.receiving.next_nack_at = time + self.nack_interval();
        self.send_other(now, self.to_all(), 0, Body::Nack(nack));
    }

    /// Looks at an inbox again when the next NACK may leave.
    fn postpone(&mut self, id: Id) {
        if let Some(at) = self.receiving.inboxes.get(&id).and_then(Inbox::next_time) {
            self.receiving
                .due
                .insert(id, at.max(self.receiving.next_nack_at));
        }
    }

    fn add_target(&mut self, now: Moment, id: Id, nack: &mut Nack, room: &mut usize) {
        let timing = self.timing(id);
        let Some(tag) = self.group.roster.get(id).map(|member| member.tag) else {
            return;
        };
        let Some(inbox) = self.receiving.inboxes.get_mut(&id) else {
            return;
        };
        if *room < Target::bytes(SPAN_MAX) {
            return;
        }
        let missing = inbox.due(now.time, SPAN_MAX, timing, &mut self.rng);
        let mut missing = missing.as_slice();
        while let Some((target, rest)) = Target::new(tag, missing, *room) {
            *room -= target.len_bytes();
            nack.targets.push(target);
            missing = rest;
        }
    }
}

/// Which records are messages.
fn indices_of_said(records: Records<'_>) -> Vec<u8> {
    let numbered = (0..).zip(records.iter()); // at most 255
    let is_said = |(_, record): &(u8, Record<'_>)| matches!(record, Record::Said(_));
    numbered.filter(is_said).map(|(index, _)| index).collect()
}
