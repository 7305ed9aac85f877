//! What becomes of each frame that is heard.

use core::net::SocketAddr;
use std::time::Duration;

use super::clock::clock_ms;
use super::config::{CLOCK_AHEAD_MAX, JOINING, MEMBERS_MAX, UNKNOWN_MAX, YOUNG_SESSION};
use super::dedup::KnownDatagram;
use super::event::EngineEvent;
use super::frame_log::{NewFrame, Position};
use super::inbox::{Accept, Inbox};
use super::member::BeatNews;
use super::repair::RepairRole;
use super::reports::Wish;
use super::roster::{Id, ME};
use super::{Engine, REPEATS_WEIGHT};
use crate::protocol::rng::Rng;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Beat;
use crate::protocol::wire::frame::durable::{Durable, Record, Reference};
use crate::protocol::wire::frame::nack::Nack;
use crate::protocol::wire::frame::status::Status;
use crate::protocol::wire::frame::{
    Ack, Author, Body, FLAG_ACK_REQUEST, FLAG_BULK, Kind, MemberTag, grtt_of,
};
use crate::protocol::wire::seal::Opened;

/// NACKs that count for one frame in the moving average.
const NACKS_COUNTED_MAX: f64 = 4.0;

/// A durable frame of somebody not heard before proves presence if it is no older than this.
const FRESH: Duration = Duration::from_secs(5);

impl Engine {
    /// Takes in a frame of this room.
    pub fn hear(&mut self, now: Moment, source: SocketAddr, opened: &Opened<'_>, bytes: &[u8]) {
        let author = &opened.frame.author;
        if let Body::Nack(nack) = &opened.frame.body {
            // Nobody has signed it: whoever is named has perhaps not sent it.
            return self.hear_nack(now, nack, author.sequence);
        }
        if author.tag() == self.me.author.tag() {
            return self.hear_myself(now, author, &opened.frame.body);
        }
        let Some(id) = self.meet(author) else {
            return;
        };
        if opened.frame.body.kind() != Kind::Durable {
            if !self.group.roster.is_new(id, author.sequence) {
                self.receiving.replays += 1;
                return;
            }
            self.recent
                .insert(bytes, KnownDatagram { id, durable: None });
        }
        if !self.is_believed(now, id, source, &opened.frame) {
            self.receiving.replays += 1;
            return;
        }
        match &opened.frame.body {
            Body::Durable(durable) => {
                let heard = ReceivedFrame {
                    id,
                    source,
                    author,
                    durable,
                    hash: opened.hash,
                    bytes,
                };
                self.hear_durable(now, &heard);
            }
            Body::Beat(beat) => self.hear_beat(now, id, source, author, beat),
            Body::Nack(_) => {} // see above
            Body::Status(status) => {
                self.hear_in_person(now, id, source, author);
                self.hear_status(now, id, status);
            }
            Body::Sync(talk) => {
                self.hear_in_person(now, id, source, author);
                self.hear_sync(now, id, source, talk);
            }
        }
    }

    /// Our own frame came back: the network carries multicast, and if it is a repair by somebody
    /// else, we need not send it.
    fn hear_myself(&mut self, now: Moment, author: &Author, body: &Body<'_>) {
        self.receiving.hears_itself = true;
        if matches!(body, Body::Durable(_)) {
            self.sending.repair.cancel((ME, author.sequence));
            self.log.touch(ME, author.sequence, now.time);
        }
    }

    /// The author's number here, from now on known if it was not.
    fn meet(&mut self, author: &Author) -> Option<Id> {
        if self.group.roster.known() >= MEMBERS_MAX
            && self.group.roster.find(author.tag()).is_none()
        {
            let is_forgettable = |id: Id| !self.log.has_any_of(id);
            let gone = self
                .group
                .roster
                .everybody()
                .find(|(id, member)| *id != ME && !member.is_live && is_forgettable(*id));
            let (gone, _) = gone?;
            self.group.roster.forget(gone);
            self.receiving.inboxes.remove(&gone);
            self.receiving.due.remove(&gone);
        }
        self.group.roster.meet(author)
    }

    /// A frame that only its author sends: the author is here, and there.
    fn hear_in_person(&mut self, now: Moment, id: Id, source: SocketAddr, author: &Author) {
        self.group.needs_v6 |= self.group.roster.locate(id, source);
        self.enter(now, id, author);
        self.ask_what_was_said(now, id, source);
    }

    fn enter(&mut self, now: Moment, id: Id, author: &Author) {
        self.group.roster.believe(id, grtt_of(author.grtt));
        if self.group.roster.hear(id, now.time) {
            self.greet_newcomer(now, id, author);
        } else if self.group.roster.is_back(id) {
            let who = self.group.roster.named_key(id);
            self.out.tell_of(who, EngineEvent::Back);
        }
    }

    fn greet_newcomer(&mut self, now: Moment, id: Id, author: &Author) {
        let (members, interval) = (self.group.roster.size(), self.group.roster.beat_interval());
        self.group
            .presence
            .announce(now.time, members, interval, &mut self.rng);
        if self.sending.newest <= 1 {
            let difference = clock_ms(author.clock) as i64 - now.wall_ms as i64;
            self.me.clock_differences_ms.push(difference);
        }
        let Some(member) = self.group.roster.get(id) else {
            return;
        };
        if self.group.roster.sessions_of(id) == 1 {
            let is_joining = now.time < self.me.started.time + JOINING;
            let was_here = is_joining && member.started_s() < self.me.author.session >> 32;
            let who = member.named_key();
            self.out.tell(EngineEvent::Entered { who, was_here });
        }
    }

    fn hear_durable(&mut self, now: Moment, heard: &ReceivedFrame<'_>) {
        let &ReceivedFrame { id, author, .. } = heard;
        let frame = (id, author.sequence);
        let is_first_hand = self.note_presence(now, heard);
        let timing = self.timing(id);
        let inbox = self.inbox(id, author, author.sequence);
        let accept = inbox.judge(author.sequence);
        match accept {
            Accept::Duplicate => {
                self.recall(heard);
                self.sending.repair.cancel(frame);
                let held = self.log.touch(id, author.sequence, now.time);
                if held.is_some_and(|held| held.hash != heard.hash) {
                    let who = self.group.roster.named_key(id);
                    self.out
                        .tell_of(who, |who| EngineEvent::Equivocation { who });
                } else if is_first_hand {
                    self.receiving.reports.heard(id);
                    self.plan_report(now, id, author.flags);
                }
                return;
            }
            Accept::TooFar => self.jump(now, id, author.sequence),
            Accept::InOrder | Accept::Late => {}
        }
        if !self.keep(now, heard) {
            return; // and not remembered either: a repair may find room
        }
        self.recall(heard);
        self.me.clock.observe(author.clock, now.wall_ms);
        let sequence = author.sequence;
        self.learn(id, |inbox, rng| {
            inbox.take(sequence, now.time, timing, rng);
        });
        let address = self.group.roster.get(id).and_then(|member| member.address);
        let echo = (address == Some(heard.source)).then_some(sequence);
        self.receiving.reports.took(id, echo, now.time);
        self.plan_report(now, id, author.flags);
        self.hear_acks(now, id, &heard.durable.acks);
        self.learn_references(now, &heard.durable.references);
        self.deliver(now, heard, accept);
        self.note_pulled(now, id, sequence);
    }

    /// We were away for so long that the author is out of sight: we go on with what it says now,
    /// and catch up on the rest.
    fn jump(&mut self, now: Moment, id: Id, sequence: u32) {
        // What is here is shown before what follows the gap.
        self.deliver_held(now, id, sequence);
        let skipped = self
            .receiving
            .inboxes
            .get_mut(&id)
            .map(|inbox| inbox.jump(sequence));
        if let Some(frames) = skipped.filter(|frames| *frames > 0) {
            self.tell_gap(id, frames);
        }
    }

    /// Whether a durable frame came from its author itself, which proves that the author is here.
    fn note_presence(&mut self, now: Moment, heard: &ReceivedFrame<'_>) -> bool {
        let &ReceivedFrame { id, author, .. } = heard;
        let address = self.group.roster.get(id).and_then(|member| member.address);
        let is_fresh = || {
            let fresh_from = self.me.clock.now(now.wall_ms) >> 16;
            clock_ms(author.clock) + FRESH.as_millis() as u64 >= fresh_from
        };
        // What we asked somebody for comes from there, whoever made it.
        let is_pulled = self.sync.exchange.wants(Position::of(author).frame_name());
        let is_in_person = |address| address == heard.source;
        let is_first_hand = !is_pulled && address.map_or_else(is_fresh, is_in_person);
        let has_left = heard.durable.records.iter().any(|r| r == Record::Leaving);
        let is_known = || address.is_some() || self.group.roster.unknown() < UNKNOWN_MAX;
        if is_first_hand && !has_left && is_known() {
            self.enter(now, id, author);
        }
        is_first_hand
    }

    /// The same datagram need not be opened again.
    fn recall(&mut self, heard: &ReceivedFrame<'_>) {
        let durable = Some((heard.author.sequence, heard.author.flags));
        let known = KnownDatagram {
            id: heard.id,
            durable,
        };
        self.recent.insert(heard.bytes, known);
    }

    fn keep(&mut self, now: Moment, heard: &ReceivedFrame<'_>) -> bool {
        let author = heard.author;
        let frame = NewFrame {
            bytes: heard.bytes.into(),
            hash: heard.hash,
            messages: heard.durable.messages(),
            touched: now.time,
        };
        let inbox = self.receiving.inboxes.get(&heard.id);
        let fills_gap = inbox.is_none_or(|inbox| inbox.is_next_or_late(author.sequence));
        let place = Position::of(author);
        self.log.insert(heard.id, place, frame, fills_gap)
    }

    /// The inbox of a member; a new one begins where the member probably began for us.
    fn inbox(&mut self, id: Id, author: &Author, heard: u32) -> &mut Inbox {
        let is_contemporary = (author.session >> 32) + 5 >= self.me.author.session >> 32;
        let first_after = self.sync.exchange.first_after(author.tag());
        self.receiving.inboxes.entry(id).or_insert_with(|| {
            Inbox::starting_at(match first_after {
                // Met while catching up: what is pulled is old, what comes behind it is new.
                Some(first_after) => first_after,
                None if heard <= YOUNG_SESSION && is_contemporary => 1,
                None => heard,
            })
        })
    }

    /// Changes an inbox, and notes when it wants to be looked at next.
    fn learn(&mut self, id: Id, change: impl FnOnce(&mut Inbox, &mut Rng)) {
        if let Some(inbox) = self.receiving.inboxes.get_mut(&id) {
            change(inbox, &mut self.rng);
        }
        self.plan(id);
    }

    /// What others refer to exists, if it is not far from what we know: a hint, and no proof.
    fn learn_references(&mut self, now: Moment, references: &[Reference]) {
        for reference in references {
            self.learn_hint(now, reference.member, reference.sequence);
        }
    }

    fn learn_hint(&mut self, now: Moment, of: MemberTag, sequence: u32) {
        let id = self.group.roster.find(of).filter(|id| *id != ME);
        let timing = self.timing(id.unwrap_or(ME));
        let inbox = id.and_then(|id| Some((id, self.receiving.inboxes.get_mut(&id)?)));
        if let Some((id, inbox)) = inbox
            && inbox.hint(sequence, now.time, timing, &mut self.rng)
        {
            self.plan(id);
        }
    }

    fn hear_acks(&mut self, now: Moment, id: Id, acks: &[Ack]) {
        for ack in acks {
            if ack.of != self.me.author.tag() {
                self.learn_hint(now, ack.of, ack.through);
            } else if ack.through <= self.sending.newest {
                // Who claims more than there is, claims nothing.
                self.mark(id, ack.through);
                if self.sending.window.knows(id) {
                    self.sending.window.report(id, ack.through, now.time);
                    self.log.release(self.sending.window.needed_from());
                }
            }
        }
    }

    /// Receipts what was said as delivered to a member.
    fn mark(&mut self, id: Id, through: u32) {
        let told = self.sending.receipts.acknowledge(id, through);
        self.tell_delivered(told);
    }

    pub(super) fn plan_report(&mut self, now: Moment, id: Id, flags: u8) {
        let wish = if flags & FLAG_ACK_REQUEST != 0 {
            Wish::Asked
        } else if flags & FLAG_BULK != 0 {
            Wish::Bulk
        } else {
            Wish::Line
        };
        let rank = || self.group.roster.my_rank(id, 0);
        let members = self.group.roster.size();
        let rng = &mut self.rng;
        self.receiving
            .reports
            .plan(id, wish, now.time, members, rank, rng);
    }

    fn hear_beat(&mut self, now: Moment, id: Id, source: SocketAddr, author: &Author, beat: &Beat) {
        let news = BeatNews {
            interval: beat.interval,
            mirror_port: beat.mirror_port,
            link: beat.link,
            can_tell: beat.digest.cut > 0,
        };
        if !self.group.roster.beat(id, author.sequence, news) {
            return; // an older one, which the network kept for a while
        }
        self.hear_in_person(now, id, source, author);
        let timing = self.timing(id);
        // One who was never heard and has said nothing needs no inbox.
        if beat.newest > 0 {
            let heard = beat.newest.saturating_add(1);
            self.inbox(id, author, heard);
            self.learn(id, |inbox, rng| {
                inbox.learn_newest(beat.newest, now.time, timing, rng);
            });
        }
        self.hear_acks(now, id, &beat.acks);
        for tag in &beat.asked {
            match self.group.roster.find(*tag) {
                Some(ME) => self.group.presence.answer(now.time),
                Some(asked) => self.group.roster.asked(asked, now.time, &mut self.rng),
                None => {}
            }
        }
        if author.flags & FLAG_ACK_REQUEST != 0 {
            self.plan_report(now, id, author.flags);
        }
        self.compare(now, id, &beat.digest);
    }

    /// `turn` makes the holders' order another with every NACK: the first may lack it, too.
    fn hear_nack(&mut self, now: Moment, nack: &Nack, turn: u32) {
        let time = now.time;
        for target in &nack.targets {
            let Some(id) = self.group.roster.find(target.of) else {
                continue;
            };
            let timing = self.timing(id);
            if let Some(inbox) = self.receiving.inboxes.get_mut(&id) {
                for sequence in target.sequences() {
                    inbox.heard_nack(sequence, time, timing, &mut self.rng);
                }
                self.plan(id);
            }
            let rank = || self.group.roster.my_rank(id, turn);
            let role = match self.group.roster.get(id) {
                Some(_) if id == ME => RepairRole::Source,
                Some(source) if source.is_live => RepairRole::Holder(rank()),
                _ => RepairRole::Heir(rank()),
            };
            let Some(delay) = role.delay(timing.grtt, &mut self.rng) else {
                continue;
            };
            for sequence in target.sequences() {
                if let Some(held) = self.log.get(id, sequence) {
                    let (frame, touched) = ((id, sequence), held.touched);
                    let grtt = timing.grtt;
                    if self
                        .sending
                        .repair
                        .answer(frame, touched, grtt, time, delay)
                    {
                        self.log.asked(id, sequence);
                    }
                    self.sending.repeats.nacks += u32::from(id == ME);
                }
            }
        }
    }

    fn hear_status(&mut self, now: Moment, id: Id, status: &Status) {
        if status.ack.of != self.me.author.tag() || status.ack.through > self.sending.newest {
            return;
        }
        let through = status.ack.through;
        self.sending.window.report(id, through, now.time);
        self.log.release(self.sending.window.needed_from());
        self.mark(id, through);
        if let Some(left) = self.sending.arrivals.left(status.echo) {
            let passed = now.time.saturating_sub(left.at);
            self.group
                .round_trip
                .measure(passed.saturating_sub(status.held));
            if let Some(arrived) = self.sending.arrivals.look(id, status.heard, left) {
                self.sending.pace.arrived(arrived, now.time);
            }
        }
    }

    /// Keeps the moving average of NACKs per frame of ours.
    pub(super) fn count_nacks(&mut self) {
        // A frame that is lost again and again says no more about the next one.
        let nacks =
            f64::from(std::mem::take(&mut self.sending.repeats.nacks)).min(NACKS_COUNTED_MAX);
        let average = &mut self.sending.repeats.nacks_per_frame;
        *average += (nacks - *average) * REPEATS_WEIGHT;
    }

    /// Whether a clock is one that a member with a working clock could have now.
    pub(super) fn is_plausible(&self, clock: u64, now: Moment) -> bool {
        let ahead = CLOCK_AHEAD_MAX.as_millis() as u64;
        clock_ms(clock) <= clock_ms(self.me.clock.now(now.wall_ms)) + ahead
    }
}

/// A durable frame, as it was heard.
pub(super) struct ReceivedFrame<'f> {
    pub(super) id: Id,
    source: SocketAddr,
    pub(super) author: &'f Author,
    pub(super) durable: &'f Durable<'f>,
    hash: u64,
    bytes: &'f [u8],
}
