//! Where each frame that is heard meets the parts that it concerns.

mod beats;

use core::net::SocketAddr;
use std::sync::Arc;

use super::Engine;
use super::config::{JOINING, MEMBERS_MAX, YOUNG_SESSION};
use super::dedup::KnownDatagram;
use super::event::EngineEvent;
use super::frame_log::{NewFrame, Position};
use super::inbox::Accept;
use super::member::Member;
use super::receipts::AckBy;
use super::repair::mute;
use super::roster::{Id, ME, Met};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::{Durable, Record};
use crate::protocol::wire::frame::nack::Nack;
use crate::protocol::wire::frame::{Author, Body, Kind, MemberTag, grtt_of};
use crate::protocol::wire::seal::Opened;

/// A session that started at most this many seconds before ours is followed from its beginning.
const CONTEMPORARY_S: u64 = 5;

/// A durable frame, as it was heard.
pub(super) struct ReceivedFrame<'f> {
    pub(super) id: Id,
    pub(super) source: SocketAddr,
    pub(super) author: &'f Author,
    pub(super) durable: &'f Durable<'f>,
    pub(super) hash: u64,
    pub(super) bytes: &'f [u8],
    /// The same, if they are held already: at the other side of a bridge, or where they waited.
    pub(super) held: Option<&'f Arc<[u8]>>,
}

impl ReceivedFrame<'_> {
    /// The datagram for the log, which shares it with whoever holds it already.
    fn to_held(&self) -> Arc<[u8]> {
        self.held.map_or_else(|| self.bytes.into(), Arc::clone)
    }
}

/// Who sent the copy of a durable frame that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SentBy {
    /// Its author.
    Author,
    /// Another member, which repaired it or was asked for it.
    OtherMember,
}

impl Engine {
    /// Takes in a datagram if it is one that was heard or sent lately; returns whether it is. It
    /// proves nothing, because anybody may have recorded it.
    pub fn receive_duplicate(&mut self, now: Moment, source: SocketAddr, datagram: &[u8]) -> bool {
        let Some(KnownDatagram { id, durable }) = self.receiving.recent.get(datagram) else {
            return false;
        };
        let Some(member) = self.group.roster.get(id) else {
            return false; // forgotten since, and with it that we had the frame
        };
        let is_from_there = member.address == Some(source);
        self.receiving.recent.count_repeat();
        if id == ME {
            self.receiving.hears_itself = true;
            if durable.is_none() {
                // Nobody repairs it, so that it comes from an own address.
                self.group.roster.locate(ME, source);
            }
        }
        let Some((sequence, flags)) = durable else {
            return true;
        };
        self.sending.repair.cancel((id, sequence));
        self.log.touch(id, sequence, now.time);
        // Perhaps the author repeats it because it has no report about it.
        if id != ME && is_from_there && self.receiving.reports.repeated(id) {
            self.plan_report(now, id, flags);
        }
        true
    }

    /// Takes in a frame of this room.
    pub fn hear(&mut self, now: Moment, source: SocketAddr, opened: &Opened<'_>, bytes: &[u8]) {
        let author = &opened.frame.author;
        if let Body::Nack(nack) = &opened.frame.body {
            // It is not signed: the author that it names has perhaps not sent it.
            if !self.is_nack_current(now, author)
                || !self.receiving.heard_nacks.take(bytes, now.time)
            {
                self.receiving.replays += 1;
                return;
            }
            return self.hear_nack(now, nack, author.sequence);
        }
        if author.tag() == self.me.tag() {
            return self.hear_myself(now, author, &opened.frame.body);
        }
        let Some(Met { id, name_before }) = self.meet(author) else {
            return;
        };
        if let Some(before) = name_before {
            self.tell_renamed(id, before);
        }
        if opened.frame.body.kind() != Kind::Durable
            && !self.is_first_copy(id, author.sequence, bytes)
        {
            return;
        }
        if self.is_too_far_ahead(now, (id, source), &opened.frame) {
            return self.refuse_ahead(now, id, opened);
        }
        if !self.is_believed(now, id, source, &opened.frame) {
            return self.refuse(now, id, source, opened, bytes);
        }
        self.release_unproven(now, id);
        match &opened.frame.body {
            Body::Durable(durable) => {
                let heard = ReceivedFrame {
                    id,
                    source,
                    author,
                    durable,
                    hash: opened.hash,
                    bytes,
                    held: None,
                };
                self.hear_durable(now, &heard);
            }
            Body::Beat(beat) => self.hear_beat(now, id, source, author, beat),
            Body::Site(site) => self.hear_site(now, id, (source, author), site, bytes),
            Body::Nack(_) => {} // see above
            Body::Status(status) => {
                if self.hear_in_person(now, id, source, author) {
                    self.hear_status(now, id, status);
                }
            }
            Body::Sync(talk) => {
                self.note_cookie(now, id, source, talk);
                self.hear_in_person(now, id, source, author);
                self.hear_sync(now, id, source, talk);
            }
            Body::Notice(notice) => {
                if self.hear_in_person(now, id, source, author) {
                    self.hear_notice(now, (id, source), author, notice);
                }
            }
        }
    }

    /// Whether a frame that is no durable one comes for the first time.
    fn is_first_copy(&mut self, id: Id, sequence: u32, bytes: &[u8]) -> bool {
        if !self.group.roster.is_new(id, sequence) {
            self.receiving.replays += 1;
            return false;
        }
        let durable = None;
        let known = KnownDatagram { id, durable };
        self.receiving.recent.insert(bytes, known);
        true
    }

    /// Takes in an own frame: the network carries multicast back, and a repair by another member
    /// saves ours.
    fn hear_myself(&mut self, now: Moment, author: &Author, body: &Body<'_>) {
        self.receiving.hears_itself = true;
        if matches!(body, Body::Durable(_)) {
            self.sending.repair.cancel((ME, author.sequence));
            self.log.touch(ME, author.sequence, now.time);
        }
    }

    /// The author's number, new if it was not known; `None` if there is no room for it.
    pub(super) fn meet(&mut self, author: &Author) -> Option<Met> {
        let roster = &self.group.roster;
        let is_member = |id: Id| roster.get(id).is_some();
        if roster.known() >= MEMBERS_MAX && !roster.find(author.tag()).is_some_and(is_member) {
            self.make_place();
        }
        self.group.roster.meet(author)
    }

    /// Whether an exchange asked for a frame.
    pub(super) fn is_pulled(&self, author: &Author) -> bool {
        let frame = Position::of(author).frame_name();
        self.sync.exchanges.wants(frame)
    }

    /// Takes in that a member is here, and where: only the author itself sends such a frame.
    /// Returns whether it counts among those here.
    fn hear_in_person(&mut self, now: Moment, id: Id, source: SocketAddr, author: &Author) -> bool {
        if !self.is_admitted(now, id, source) {
            return false;
        }
        self.group.needs_v6 |= self.group.roster.locate(id, source);
        self.enter(now, id, author);
        self.ask_what_was_said(now, id, source);
        true
    }

    fn enter(&mut self, now: Moment, id: Id, author: &Author) {
        let roster = &mut self.group.roster;
        roster.set_grtt(id, grtt_of(author.grtt));
        if roster.hear(id, now.time) {
            self.greet_newcomer(now, id);
        } else if roster.is_back(id) {
            let who = roster.named_key(id);
            self.out.tell_of(who, EngineEvent::Back);
        }
    }

    fn greet_newcomer(&mut self, now: Moment, id: Id) {
        self.group.announce_to_newcomer(now.time, &mut self.rng);
        let roster = &self.group.roster;
        let Some(member) = roster.get(id).filter(|_| roster.sessions_of(id) == 1) else {
            return;
        };
        let is_joining = now.time < self.me.started.time + JOINING;
        let was_here = is_joining && member.session < self.me.identity().session;
        let who = member.named_key();
        self.out.tell(EngineEvent::Entered { who, was_here });
    }

    pub(super) fn hear_durable(&mut self, now: Moment, heard: &ReceivedFrame<'_>) {
        let &ReceivedFrame { id, author, .. } = heard;
        if self.hold_back(now, heard) {
            return;
        }
        let sequence = author.sequence;
        let sent_by = self.note_presence(now, heard);
        let timing = self.group.timing(id);
        let first = self.first_sequence(author, sequence);
        let accept = self.open_inbox(id, first).judge(sequence);
        match accept {
            Accept::Duplicate => return self.hear_again(now, heard, sent_by),
            Accept::TooFar => self.jump(now, id, sequence),
            Accept::InOrder | Accept::Late => {}
        }
        if !self.keep(now, heard) {
            return; // and not remembered either: a repair may find room
        }
        self.pass_on(now, heard);
        if heard.durable.records.amends() {
            self.note_amendments(id, heard.author, heard.durable);
        }
        self.recall(heard);
        let was_missing = self.receiving.is_missing(id, sequence);
        self.receiving
            .nack_budget
            .earn(heard.bytes.len(), was_missing, now.time);
        self.out.reactions.earn(heard.bytes.len(), now.time);
        self.me.clock.observe(author.clock, now.wall_ms);
        let rng = &mut self.rng;
        self.receiving.update(id, |inbox| {
            inbox.take(sequence, now.time, timing, rng);
        });
        let member = self.group.roster.get(id);
        let is_from_there = member.and_then(|member| member.address) == Some(heard.source);
        let echo = is_from_there.then_some(sequence);
        self.receiving.reports.took(id, echo, now.time);
        self.plan_report(now, id, author.flags);
        self.hear_acks(now, (id, AckBy::Once), &heard.durable.acks);
        for reference in &heard.durable.references {
            self.learn_hint(now, reference.member, reference.sequence);
        }
        self.deliver(now, heard, accept);
        self.give_up_gaps(now);
        self.note_pulled(now, id, sequence);
    }

    /// Takes in a durable frame that is here already, or another one under its number.
    fn hear_again(&mut self, now: Moment, heard: &ReceivedFrame<'_>, sent_by: SentBy) {
        let &ReceivedFrame { id, author, .. } = heard;
        self.recall(heard);
        self.sending.repair.cancel((id, author.sequence));
        let held = self.log.touch(id, author.sequence, now.time);
        let is_another = held.is_some_and(|held| held.hash != heard.hash);
        // What a store holds in an author's name accuses nobody before it is checked.
        if is_another && self.log.serve(id, author.sequence).is_some() {
            let who = self.group.roster.named_key(id);
            self.out
                .tell_of(who, |who| EngineEvent::Equivocation { who });
        } else if sent_by == SentBy::Author && self.receiving.reports.repeated(id) {
            self.plan_report(now, id, author.flags);
        }
    }

    /// Goes on with what an author says now that is out of sight after a long absence; catching up
    /// brings the rest.
    fn jump(&mut self, now: Moment, id: Id, sequence: u32) {
        // What is here is shown before what follows the gap.
        self.deliver_held(now, id, sequence);
        let skipped = self.receiving.change(id, |inbox| inbox.jump(sequence));
        let skipped = skipped.unwrap_or_default();
        if skipped > 0 {
            self.tell_gap(id, skipped);
        }
    }

    /// Notes the presence that a durable frame proves if it comes from its author; returns who sent
    /// it. Bridges and members that repair pass on what was said by others, here or at another
    /// site, however young it is: only from the address that the author's own beats come from is it
    /// the author's. Who is not heard otherwise yet is here by its first beat.
    fn note_presence(&mut self, now: Moment, heard: &ReceivedFrame<'_>) -> SentBy {
        let &ReceivedFrame { id, author, .. } = heard;
        if self.is_from_beyond(now, id, heard.source) {
            self.note_far_speaker(now, heard);
        }
        let member = self.group.roster.get(id);
        let is_from_there = member.and_then(|member| member.address) == Some(heard.source);
        // A frame that was pulled is old, also if its author was the member that we asked.
        if !is_from_there || self.is_pulled(author) {
            return SentBy::OtherMember;
        }
        let has_left = heard.durable.records.iter().any(|r| r == Record::Leaving);
        // Its clock may be ahead of its author's, so that it brings nobody back; a beat does.
        let may_enter = member.is_some_and(|member| {
            let is_stale = self.is_stale(now, Some(id), author);
            is_stale.is_none_or(|is_stale| member.is_live && !is_stale)
        });
        if may_enter && !has_left && self.is_admitted(now, id, heard.source) {
            self.enter(now, id, author);
        }
        SentBy::Author
    }

    /// Remembers a datagram, which need not be opened again.
    fn recall(&mut self, heard: &ReceivedFrame<'_>) {
        let durable = Some((heard.author.sequence, heard.author.flags));
        let id = heard.id;
        self.receiving
            .recent
            .insert(heard.bytes, KnownDatagram { id, durable });
    }

    /// Stores a new frame; false if it is behind a gap and there is no room for more of these.
    fn keep(&mut self, now: Moment, heard: &ReceivedFrame<'_>) -> bool {
        let author = heard.author;
        let frame = NewFrame {
            bytes: heard.to_held(),
            hash: heard.hash,
            messages: heard.durable.messages(),
            touched: now.time,
        };
        let inbox = self.receiving.inbox(heard.id);
        let fills_gap = inbox.is_none_or(|inbox| inbox.is_next_or_late(author.sequence));
        let member = self.group.roster.get(heard.id);
        let address = member.and_then(Member::ip);
        if !fills_gap && !self.log.has_room_behind_gap(author.short, address, &frame) {
            return false;
        }
        self.log.insert(heard.id, Position::of(author), frame);
        true
    }

    /// Where the inbox of a member begins of whom `heard` is the first sequence heard: where the
    /// member probably began for us.
    pub(super) fn first_sequence(&self, author: &Author, heard: u32) -> u32 {
        let is_contemporary = (author.session >> 32) + CONTEMPORARY_S >= self.me.started_s();
        match self.sync.exchanges.first_after(author.tag()) {
            // Met while catching up: what is pulled is old, and what comes behind it is new.
            // The author's own word counts more than what somebody else claims to hold of it.
            Some(first_after) if self.is_pulled(author) => first_after,
            Some(first_after) => first_after.min(heard),
            None if heard <= YOUNG_SESSION && is_contemporary => 1,
            None => heard,
        }
    }

    /// Takes in that somebody refers to a frame: it exists if it is near what we know. A hint, and
    /// no proof.
    fn learn_hint(&mut self, now: Moment, of: MemberTag, sequence: u32) {
        if let Some(id) = self.group.roster.find(of).filter(|id| *id != ME) {
            let (timing, rng) = (self.group.timing(id), &mut self.rng);
            self.receiving.hint(id, sequence, now.time, timing, rng);
        }
    }

    fn plan_report(&mut self, now: Moment, id: Id, flags: u8) {
        let (roster, rng) = (&self.group.roster, &mut self.rng);
        self.receiving.plan_report(id, flags, now.time, roster, rng);
    }

    /// Plans repairs of what a NACK asks for, and delays own NACKs for the same. `turn` differs
    /// with every NACK.
    fn hear_nack(&mut self, now: Moment, nack: &Nack, turn: u32) {
        let time = now.time;
        for target in &nack.targets {
            let Some(id) = self.group.roster.find(target.of) else {
                continue;
            };
            let timing = self.group.timing(id);
            let rng = &mut self.rng;
            if self.receiving.inbox(id).is_some() {
                self.receiving.update(id, |inbox| {
                    for sequence in target.sequences() {
                        inbox.heard_nack(sequence, time, timing, rng);
                    }
                });
            }
            let role = self.group.repair_role(id, turn);
            let Some(delay) = role.delay(timing.grtt, &mut self.rng) else {
                continue;
            };
            for sequence in target.sequences() {
                let Some(held) = self.log.get(id, sequence) else {
                    continue;
                };
                let muted_until = held.touched + mute(timing.grtt, held.asked);
                let repair = &mut self.sending.repair;
                if repair.answer((id, sequence), muted_until, time, delay) {
                    self.log.note_asked(id, sequence);
                }
                if id == ME {
                    self.sending.note_nack();
                }
            }
        }
    }
}
