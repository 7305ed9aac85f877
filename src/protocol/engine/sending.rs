//! What this member says: from the outbox, by pace and window, into durable frames, which are
//! repeated until all have them.

use std::collections::BTreeSet;
use std::time::Duration;

use super::arrivals::Arrivals;
use super::clock::clock_ms;
use super::config::{
    ACK_GROUP, REPAIR_COPIES_MAX, REPEAT_GRTT, REPORTERS, SMALL_GROUP, STUCK_AFTER, WAITING_AFTER,
};
use super::event::{EngineEvent, MessageId};
use super::frame_log::{FrameLog, Position};
use super::group::Group;
use super::kept::Kept;
use super::me::Me;
use super::nack_rate::NackRate;
use super::out::Out;
use super::outbox::{Outbox, PrivateText};
use super::pace::{Pace, RoundTrip};
use super::receipts::{AckBy, Delivered, Receipts};
use super::repair::{Cause, Repair};
use super::repair_budget::{Age, Paid, RepairBudget};
use super::roles::{roles_in, tell_own_roles};
use super::roster::{Id, ME, Roster};
use super::unreliable::Unreliable;
use super::window::Window;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::{
    ACK_BYTES, Durable, FRAGMENT_BYTES, Fragment, Record, Records, Reference,
};
use crate::protocol::wire::frame::role::RoleRecord;
use crate::protocol::wire::frame::status::Status;
use crate::protocol::wire::frame::{
    Ack, Author, Body, FLAG_ACK_REQUEST, FLAG_BULK, Frame, Key, MemberTag,
};
use crate::protocol::wire::seal::Draft;
use crate::protocol::wire::seal::signed_batch::BATCH_MAX_FRAMES;

/// Headers of UDP, IP and Ethernet around a frame.
pub(super) const WRAPPING_BYTES: usize = 8 + 20 + 14;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Sending {
    pub(super) outbox: Outbox,
    pub(super) pace: Pace,
    pub(super) window: Window,
    pub(super) arrivals: Arrivals,
    pub(super) receipts: Receipts,
    pub(super) kept: Kept,
    pub(super) repair: Repair,
    repair_budget: RepairBudget,
    pub(super) unreliable: Unreliable,
    nacks: NackRate,
    /// The newest own durable frame.
    newest: u32,
    /// Where the first piece of a long text stands whose last one is not made yet.
    first_fragment: Option<Position>,
    /// Whether every frame asks for acknowledgements, because this member would like to leave.
    wants_acks: bool,
    /// Whether more followed the newest frame at once.
    was_bulk: bool,
    /// Whether only the farewell is still to be sent, which waits for nobody.
    is_leaving: bool,
    /// Whether it sends frames of another network as well.
    passes_on: bool,
}

/// What may leave now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Repairs, and nothing new.
    RepairsOnly,
    /// New frames, behind a repair if one is due.
    NewFrames,
}

/// An own durable frame that is not signed yet.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) position: Position,
    pub(super) flags: u8,
    /// How many messages for all end in the frame.
    pub(super) messages: usize,
    private_to: Option<MemberTag>,
    /// Whether that is an offer, and no message.
    is_offer: bool,
    fragment: Option<Fragment>,
    /// Which of the records are messages for all, or pieces of one.
    said: Vec<u8>,
    /// Which of them change a message, or are pieces of such a change.
    amending: Vec<u8>,
    /// Which of them decide about roles, and what.
    roles: Vec<(u8, RoleRecord<Name>)>,
}

impl Sending {
    /// The newest own durable frame; 0 before the first.
    pub(super) fn newest(&self) -> u32 {
        self.newest
    }

    /// Prepares for a message; it begins a burst if nothing else waits.
    pub(super) fn begin_message(&mut self, now: Duration, roster: &Roster) {
        if self.outbox.is_empty() {
            let here = roster.others().map(|(id, _)| id);
            // In a larger group, only some members report.
            let expected = here.filter(|_| roster.size() <= REPORTERS + 1);
            self.window.begin_burst(self.newest + 1, now, expected);
        }
    }

    /// Queues a private text once for each session of its addressee that is here; how many.
    pub(super) fn say_private(
        &mut self,
        name: &Name,
        key: Key,
        text: &str,
        roster: &Roster,
    ) -> usize {
        let mut count = 0;
        for (_, member) in roster.in_reach() {
            let is_addressed = member.key == key && member.name == *name;
            if is_addressed && let Some(text) = PrivateText::to(member, text) {
                self.outbox.say_private(text);
                count += 1;
            }
        }
        count
    }

    /// Queues an offer for each session of a person that is here and was not told yet.
    pub(super) fn offer_to(
        &mut self,
        (key, told): (Key, &mut BTreeSet<MemberTag>),
        text: &str,
        roster: &Roster,
    ) {
        for (_, member) in roster.in_reach().filter(|(_, it)| it.key == key) {
            if let Some(offer) = PrivateText::to(member, text)
                && told.insert(member.tag)
            {
                self.outbox.say_private(PrivateText {
                    is_offer: true,
                    ..offer
                });
            }
        }
    }

    /// From now on every frame asks for acknowledgements.
    pub(super) fn request_acks(&mut self) {
        self.wants_acks = true;
    }

    /// What the flags of a frame made now hold about acknowledgements.
    pub(super) fn ack_request_flag(&self) -> u8 {
        if self.wants_acks { FLAG_ACK_REQUEST } else { 0 }
    }

    /// Whether a member has not acknowledged all that would have done so by now.
    pub(super) fn is_unacknowledged(&self, members: usize) -> bool {
        members <= ACK_GROUP && !self.receipts.is_complete()
    }

    /// What may leave now, if anything.
    pub(super) fn turn(&mut self, now: Duration, members: usize) -> Option<Turn> {
        let has_repair = self.repair.next_time().is_some_and(|at| at <= now);
        let has_new = self.may_make(now, members);
        // A repair does not wait for company.
        let waiting = if has_repair { 1 } else { self.outbox.len() };
        if !(has_repair || has_new) || !self.pace.allows(now, waiting) {
            return None;
        }
        Some(match has_new {
            true => Turn::NewFrames,
            false => Turn::RepairsOnly,
        })
    }

    /// Whether something waits and the window is open for it.
    pub(super) fn may_make(&mut self, now: Duration, members: usize) -> bool {
        let (next, pace_per_s) = (self.newest + 1, self.pace.rate_per_s());
        !self.outbox.is_empty()
            && (self.is_leaving || self.window.allows(next, members, pace_per_s, now))
    }

    /// Drops what waits; the window limits what is said from now on no more.
    pub(super) fn leave(&mut self) {
        self.outbox.clear();
        self.is_leaving = true;
    }

    /// When [`Sending::turn`] may have something.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        let repair_at = self.repair.next_time();
        let repair = repair_at.map(|at| at.max(self.pace.next_time(now, 1)));
        let new = (!self.outbox.is_empty()).then(|| {
            if self.is_leaving || self.window.is_open(self.newest + 1) {
                self.pace.next_time(now, self.outbox.len())
            } else {
                // A report opens the window, or the time after which a stuck receiver is ignored.
                now + STUCK_AFTER / 10
            }
        });
        [repair, new].into_iter().flatten().min()
    }

    /// Sends the next repair that is due; false if there is none. A small group gets one copy for
    /// each time that the frame was asked for, so that a frame which is lost again and again does
    /// not hold up all others, and one more if nothing new is to be sent; each within the budget.
    pub(super) fn send_repair(
        &mut self,
        (now, clock_now): (Duration, u64),
        turn: Turn,
        group: &Group,
        log: &mut FrameLog,
        out: &mut Out,
    ) -> bool {
        while let Some((id, sequence, cause)) = self.repair.pop(now) {
            let Some(held) = log.get(id, sequence) else {
                continue;
            };
            let age = match id {
                ME => Age::of(clock_ms(held.position.clock), clock_ms(clock_now)),
                // Its author is at the other side, and the clock there may be another one.
                _ if self.passes_on => {
                    Age::of(held.came(now).as_millis() as u64, now.as_millis() as u64)
                }
                _ => Age::Old,
            };
            let more = u8::from(turn == Turn::RepairsOnly);
            let asked = held.asked;
            let copies = match group.roster.size() {
                0..=SMALL_GROUP => asked.saturating_add(more).clamp(1, REPAIR_COPIES_MAX),
                _ => 1,
            };
            let Some(bytes) = log.serve(id, sequence) else {
                continue;
            };
            let mut has_sent = false;
            for copy in 0..copies {
                let is_free = copy == 0 && cause == Cause::Tail;
                let on_wire = bytes.len() + WRAPPING_BYTES;
                if !is_free {
                    match self.repair_budget.try_spend(on_wire, (age, asked), now) {
                        Some(Paid::Credit) => {}
                        Some(Paid::Steady) => out.reactions.spend(on_wire),
                        None => break,
                    }
                }
                self.pace.sent();
                if id == ME {
                    self.arrivals.leaves_again(sequence);
                }
                out.send(group.to_all(), bytes.clone());
                has_sent = true;
            }
            if has_sent {
                log.touch(id, sequence, now);
                return true;
            }
        }
        false
    }

    /// How many frames may be signed together now.
    pub(super) fn batch_max(&self) -> usize {
        self.pace.burst().min(BATCH_MAX_FRAMES)
    }

    /// Makes the next durable frame; `None` if nothing waits. `acks` makes as many
    /// acknowledgements as it is asked for at most.
    pub(super) fn draft(
        &mut self,
        now: Moment,
        me: &mut Me,
        grtt: Duration,
        references: Vec<Reference>,
        acks: impl FnOnce(usize) -> Vec<Ack>,
    ) -> Option<(Made, Draft)> {
        let room_bytes = me.durable_room_bytes() - references.len() * Reference::BYTES;
        let sequence = self.newest + 1;
        let (key, session) = (me.identity().key, me.identity().session);
        let private = &mut me.private;
        let seal = |text: &PrivateText| private.seal(text, key, session, sequence);
        let packed = self.outbox.pack(room_bytes, seal)?;
        let fragment_bytes = packed.fragment.map_or(0, |_| FRAGMENT_BYTES);
        let left_bytes = room_bytes.saturating_sub(packed.records.len() + fragment_bytes);
        let is_bulk = !self.outbox.is_empty();
        let acks = match is_bulk {
            true => Vec::new(),
            false => acks(left_bytes / ACK_BYTES),
        };
        self.newest = sequence;
        let author = Author {
            sequence,
            clock: me.clock.tick(now.wall_ms),
            flags: if is_bulk { FLAG_BULK } else { 0 } | self.ack_request_flag(),
            ..me.author(grtt)
        };
        let durable = Durable {
            fragment: packed.fragment,
            references,
            acks,
            records: Records::new(&packed.records),
        };
        let made = Made {
            position: Position::of(&author),
            flags: author.flags,
            messages: durable.messages(),
            private_to: packed.private_to,
            is_offer: packed.is_offer,
            fragment: packed.fragment,
            said: indices_of(durable.records, |record| record.is_message()),
            amending: match durable.records.amends() {
                true => indices_of(durable.records, |record| record.is_amendment()),
                false => Vec::new(),
            },
            roles: roles_in(durable.records),
        };
        let body = Body::Durable(durable);
        Some((made, me.seal.draft(&Frame { author, body })))
    }

    /// Notes that a frame leaves for the first time which this member passes on: nobody nearer to
    /// its author can repair it.
    pub(super) fn note_passed(&mut self, now: Duration, bytes: usize) {
        self.passes_on = true;
        self.pace.sent();
        self.repair_budget.earn(bytes + WRAPPING_BYTES, now);
    }

    /// Notes that an own frame leaves for the first time: plans its repeats, and expects its
    /// acknowledgements.
    pub(super) fn note_made(
        &mut self,
        now: Duration,
        made: &Made,
        bytes: usize,
        group: &mut Group,
    ) {
        self.repair_budget.earn(bytes + WRAPPING_BYTES, now);
        let (sequence, grtt) = (made.position.sequence, group.grtt());
        group.presence.said(now, self.was_bulk.then_some(grtt));
        self.arrivals.leaves(sequence, now);
        if made.messages > 0 || !made.amending.is_empty() {
            let here = group.roster.people().map(|(id, _)| id);
            let wait = group.waiting_after();
            self.receipts.said(sequence, here, now, wait);
        }
        for repeat in 1..=self.nacks.repeats_of_next() {
            self.repair.schedule(
                (ME, sequence),
                now + grtt * REPEAT_GRTT * repeat,
                Cause::Asked,
            );
        }
        // The addressee of a private message is waited for, and nobody else.
        let addressee = made.private_to.and_then(|tag| group.roster.find(tag));
        // Who is at another site acknowledges nothing here.
        let is_here = |id: &Id| group.roster.get(*id).is_some_and(|it| it.is_live);
        if let Some(id) = addressee.filter(is_here) {
            self.receipts
                .said_privately(sequence, id, now, WAITING_AFTER);
        }
        self.was_bulk = made.flags & FLAG_BULK != 0;
    }

    /// Reports the ids of the messages in an own frame, and what else `me` says in it.
    pub(super) fn tell_sent(&mut self, made: &Made, me: &Me, out: &mut Out) {
        let position = made.position;
        tell_own_roles(position, &made.roles, me, out);
        let is_private = made.private_to.is_some();
        let sent = |position, index| EngineEvent::Sent {
            id: MessageId { position, index },
            is_private,
        };
        match made.fragment {
            None if made.is_offer => {}
            None if is_private => out.tell(sent(position, 0)),
            None => {
                for index in &made.said {
                    out.tell(sent(position, *index));
                }
                for index in &made.amending {
                    let index = *index;
                    let by = MessageId { position, index };
                    out.tell(EngineEvent::AmendmentSent { by });
                }
            }
            // A long text has the id of its first frame, and is complete with its last one.
            Some(Fragment { number, count }) => {
                let first = *self.first_fragment.get_or_insert(position);
                if number + 1 == count {
                    self.first_fragment = None;
                    let (position, index) = (first, 0);
                    let by = MessageId { position, index };
                    out.tell(match made.amending.is_empty() {
                        true => sent(first, 0),
                        false => EngineEvent::AmendmentSent { by },
                    });
                }
            }
        }
    }

    /// Takes in how far a member has this one's frames; what to report about their delivery. The
    /// window heeds members only that report.
    pub(super) fn hear_ack(
        &mut self,
        (id, by): (Id, AckBy),
        through: u32,
        now: Duration,
        log: &mut FrameLog,
    ) -> Option<Delivered> {
        if through > self.newest {
            return None; // claims more than there is, and so proves nothing
        }
        if self.window.knows(id) {
            self.window.report(id, through, self.newest, now);
            log.release(self.window.needed_from());
        }
        self.receipts.acknowledge(id, through, by, now)
    }

    /// Takes in a member's report; returns what changed in the delivery of this one's frames.
    pub(super) fn hear_status(
        &mut self,
        id: Id,
        status: &Status,
        now: Duration,
        log: &mut FrameLog,
        round_trip: &mut RoundTrip,
    ) -> Option<Delivered> {
        let through = status.ack.through;
        if through > self.newest {
            return None;
        }
        self.window.report(id, through, self.newest, now);
        log.release(self.window.needed_from());
        if let Some(left) = self.arrivals.left(status.echo) {
            let passed = now.saturating_sub(left.at);
            round_trip.measure(passed.saturating_sub(status.held));
            let arrived = self.arrivals.measure(id, status.heard, left);
            if let Some(arrived) = arrived.filter(|_| self.window.knows(id)) {
                self.pace.arrived(arrived, now);
            }
        }
        self.receipts.acknowledge(id, through, AckBy::Now, now)
    }

    /// Notes that a NACK asks for an own frame.
    pub(super) fn note_nack(&mut self) {
        self.nacks.count();
    }

    /// Stops waiting for a member that has left; returns what changed in the delivery.
    pub(super) fn forget(
        &mut self,
        id: Id,
        person: Option<Key>,
        log: &mut FrameLog,
    ) -> Option<Delivered> {
        self.window.forget(id);
        self.arrivals.forget(id);
        log.release(self.window.needed_from());
        self.receipts.forget(id, person)
    }
}

/// Which records are of some kind.
fn indices_of(records: Records<'_>, is_of_kind: impl Fn(&Record<'_>) -> bool) -> Vec<u8> {
    let numbered = (0..=u8::MAX).zip(records.iter()); // at most 255
    let is_wanted = |(_, record): &(u8, Record<'_>)| is_of_kind(record);
    numbered.filter(is_wanted).map(|(index, _)| index).collect()
}
