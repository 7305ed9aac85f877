//! Where the room meets its conference: what comes in is passed on, and what comes out becomes
//! outputs of the room, with persons for keys.

use super::frame::FromPage;
use super::{MediaCommand, Out};
use crate::chat::Chat;
use crate::chat::command::RequestId;
use crate::chat::event::News;
use crate::chat::output::Output;
use crate::protocol::engine::event::{GuestName, HeardCall, HeardNotice, HeardPiece, NamedKey};
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::notice::Notice;

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

    /// Sends what a guest says from now on; returns whether there is room for that.
    pub(in crate::chat) fn begin_guest_media(&mut self, now: Moment, guest: GuestName) -> bool {
        let has_begun = self.room.media.begin_guest(now.time, guest, &mut self.node);
        self.put_out_media();
        self.put_out_files(now);
        has_begun
    }

    /// Sends no more of guests who are not here any more, or are muted.
    pub(in crate::chat) fn end_guests_media(&mut self, now: Moment) {
        let guests = &self.guests;
        let is_heard = |number| guests.may_be_heard(number);
        let media = &mut self.room.media;
        media.end_guests(now.time, is_heard, &mut self.node);
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
                Out::Tell(request, tale) => {
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
}
