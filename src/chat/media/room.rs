//! Where the room meets its conference: what comes in is passed on, and what comes out becomes
//! outputs of the room, with persons for keys.

use super::frame::FromPage;
use super::telling::Tale;
use super::{MediaCommand, MediaEvent, Out, RuleCommand};
use crate::chat::Chat;
use crate::chat::command::RequestId;
use crate::chat::event::{Failure, News};
use crate::chat::guests::GuestRefusal;
use crate::chat::output::Output;
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::{
    GuestName, HeardCall, HeardNotice, HeardPiece, NamedKey, RoleDelivery,
};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::notice::Notice;
use crate::protocol::wire::frame::role::RoleRecord;

impl Chat {
    pub(in crate::chat) fn obey_media(
        &mut self,
        now: Moment,
        request: RequestId,
        command: MediaCommand,
    ) {
        let media = &mut self.room.media;
        media.obey(now, request, command, &mut self.node);
        self.put_out_media();
        // Whoever sends or receives is in the group of streams, as for files.
        self.put_out_files(now);
    }

    /// Sends what a guest says from now on, or says why not.
    pub(in crate::chat) fn begin_guest_media(
        &mut self,
        now: Moment,
        guest: GuestName,
    ) -> Result<(), GuestRefusal> {
        let begun = self.room.media.begin_guest(now, guest, &mut self.node);
        self.put_out_media();
        self.put_out_files(now);
        begun
    }

    /// Sends no more of guests who are not here any more, or are muted.
    pub(in crate::chat) fn end_guests_media(&mut self, now: Moment) {
        let guests = &self.guests;
        let is_heard = |number| guests.may_be_heard(number);
        let media = &mut self.room.media;
        media.end_guests(now.time, is_heard, &mut self.node);
        self.put_out_media();
    }

    /// Decides something for all, or says why this member may not.
    pub(in crate::chat) fn rule(&mut self, now: Moment, request: RequestId, rule: &RuleCommand) {
        match self.ruled(now, rule) {
            Ok(role) => {
                let media = &mut self.room.media;
                media.decide(now, request, &role, &mut self.node);
            }
            Err(news) => self.answer(request, *news),
        }
    }

    /// The decision as a record.
    fn ruled(&mut self, now: Moment, rule: &RuleCommand) -> Result<RoleRecord<Name>, Box<News>> {
        let refuse = |refusal| {
            Err(Box::new(News::Media(Box::new(MediaEvent::Refused(
                refusal,
            )))))
        };
        if let Some(refusal) = self.room.media.refusal(rule, None) {
            return refuse(refusal);
        }
        let (decision, typed) = match rule {
            RuleCommand::MuteAll => return Ok(RoleRecord::AllMuted),
            RuleCommand::UnmuteAll => return Ok(RoleRecord::AllUnmuted),
            RuleCommand::Decide { decision, who } => (*decision, who),
        };
        let known = self.room.media.decided_about(typed);
        let who = match (self.called(typed), known) {
            (Ok(who), _) | (Err(Failure::NobodyCalled(_)), Some(who)) => who,
            (Err(failure), _) => return Err(Box::new(News::Failed(failure))),
        };
        if let Some(refusal) = self.room.media.refusal(rule, Some(&who)) {
            return refuse(refusal);
        }
        self.node.note_named(now.time, &who);
        Ok(RoleRecord::Person {
            key: who.key,
            name: who.name,
            decision,
        })
    }

    /// Takes in what somebody decides for all.
    pub(in crate::chat) fn on_role(&mut self, now: Moment, heard: RoleDelivery) {
        let is_live = clock_ms(heard.id.position.clock) >= self.remembering.started_ms();
        let media = &mut self.room.media;
        media.on_role(now, heard, is_live, &mut self.node);
        self.put_out_media();
    }

    pub(in crate::chat) fn on_page_media(&mut self, now: Moment, from_page: FromPage) {
        self.room.media.on_page(now, from_page, &mut self.node);
        self.put_out_media();
    }

    /// Whether a stream is one of the conference that is played here.
    pub(in crate::chat) fn plays(&self, stream: StreamId) -> bool {
        self.room.media.has(stream)
    }

    pub(in crate::chat) fn on_media_piece(&mut self, now: Moment, piece: HeardPiece) {
        self.room.media.on_piece(now.time, piece, &self.node);
        self.put_out_media();
    }

    pub(in crate::chat) fn on_call(&mut self, now: Moment, call: HeardCall) {
        self.room.media.on_call(now.time, call, &mut self.node);
        self.put_out_media();
        self.follow_group(now);
    }

    /// Joins the group of streams for a probe that is to be counted, and leaves it behind one.
    fn follow_group(&mut self, now: Moment) {
        if self.room.media.is_idle() == self.room.files.is_in_group {
            self.put_out_files(now);
        }
    }

    /// Takes in what somebody lacks of the conference; returns whether the notice is about that.
    pub(in crate::chat) fn on_wants(&mut self, now: Moment, heard: &HeardNotice) -> bool {
        let Notice::Wants(wants) = &heard.notice else {
            return false;
        };
        let (media, person) = (&mut self.room.media, heard.member.short);
        media.on_wants(now.time, person, wants, &mut self.node);
        self.put_out_media();
        true
    }

    pub(in crate::chat) fn leave_media(&mut self, now: Moment, who: &NamedKey) {
        self.room.media.on_left(now.time, who);
        self.put_out_media();
    }

    /// Does what is due in the conference.
    pub(in crate::chat) fn time_media(&mut self, now: Moment) {
        let ignoring = &self.people.ignoring;
        let is_ignored = |key: &Key, guest: Option<&GuestName>| {
            ignoring.has(Some(key)) || guest.is_some_and(|guest| ignoring.has_guest(key, guest))
        };
        self.room.media.on_time(now, &mut self.node, is_ignored);
        self.put_out_media();
        self.follow_group(now);
    }

    /// Queues symbols that may leave; returns whether there were any.
    pub(in crate::chat) fn pump_media(&mut self, now: Moment) -> bool {
        self.room.media.pump(now.time, &mut self.node)
    }

    fn put_out_media(&mut self) {
        while let Some(out) = self.room.media.out.pop_front() {
            match out {
                Out::Page(to_page) => self.out.push_back(Output::Media(to_page)),
                // It is told once this member is ready.
                Out::Tell(None, Tale::Roles) if !self.room.is_ready => {}
                Out::Tell(request, tale) => {
                    if matches!(tale, Tale::Roles | Tale::RolesList) {
                        self.name_host();
                    }
                    let person = |who: &NamedKey| self.people.person(who);
                    let event = self.room.media.event_of(tale, person);
                    let news = News::Media(Box::new(event));
                    match request {
                        Some(request) => self.answer(request, news),
                        None => self.tell_all([news]),
                    }
                }
            }
        }
    }

    /// Tells who decides for all, in a room with a host.
    pub(in crate::chat) fn tell_roles(&mut self) {
        self.room.media.tell_roles(None);
        self.put_out_media();
    }

    /// Looks what the host is called now, if it is here.
    fn name_host(&mut self) {
        let Some(host) = self.room.media.host().copied() else {
            return;
        };
        let mut others = self.node.roster().others();
        let here = others.find(|(_, member)| member.key == host);
        let name = match host == self.people.my_key() {
            true => Some(self.people.my_name().name),
            false => here.map(|(_, member)| member.name.clone()),
        };
        if let Some(name) = name {
            self.room.media.meet_host(name);
        }
    }
}
