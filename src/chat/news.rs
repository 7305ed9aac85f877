//! What a room is asked, and what its engine reports, each routed to the part that it concerns.

use std::time::Duration;

use super::Chat;
use super::command::{Command, RequestId};
use super::event::{
    Content, Delivered, Failure, Guest, Id, MemberState, Message, News, Stats, Timing,
};
use super::own::Unsent;
use super::people::Arrival;
use super::transcript::{MESSAGES_MAX, Snapshot};
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::config::{ACTION_MAX_BYTES, TEXT_MAX_BYTES};
use crate::protocol::engine::event::{
    Delivery, DeliveryReport, EngineEvent, Manner, MessageId, NamedKey, Order, Version,
};
use crate::protocol::fingerprint::code;
use crate::protocol::message::split_within;
use crate::protocol::time::Moment;

impl Chat {
    /// Everybody on the list, and what they may decide.
    fn members(&self) -> Vec<MemberState> {
        let mut members = self.people.members(self.node.roster());
        for member in &mut members {
            member.role = self.room.media.role(member.person.key.as_ref());
        }
        members
    }

    /// Does what a face asks for.
    pub(super) fn obey(&mut self, now: Moment, request: RequestId, command: Command) {
        match command {
            Command::Say(text) => self.say(now, request, text),
            Command::SayTo { to, text } => self.say_to(now, request, to, text),
            Command::Act(text) => self.act(now, request, &text),
            Command::SayAsGuest { guest, text } => self.say_as_guest(now, request, &guest, &text),
            Command::Guests(command) => self.obey_guests(now, request, command),
            Command::Who(None) => {
                let members = self.members();
                self.answer(request, News::Members(members));
                self.tell_sites(now, request);
            }
            Command::Who(Some(name)) => {
                let members = self.people.alike(&name, self.members());
                let answer = match members.is_empty() {
                    true => News::Failed(Failure::NobodyCalled(name)),
                    false => News::Fingerprints(members),
                };
                self.answer(request, answer);
            }
            Command::Edit { which, text } => self.amend(now, request, which, Some(text)),
            Command::Delete(which) => self.amend(now, request, which, None),
            Command::History(count) => self.tell_history(request, count),
            Command::Find { query, purpose } => self.find(request, *query, purpose),
            Command::MarkRead(id) => self.mark_read(id),
            Command::Snapshot => {
                let snapshot = Snapshot {
                    ready: self.room.is_ready.then(|| self.room.ready.clone()),
                    members: self.members(),
                    messages: self.shown_history(MESSAGES_MAX),
                    read_until: self.remembering.read_until(),
                };
                self.answer(request, News::Snapshot(Box::new(snapshot)));
                self.tell_sites(now, request);
            }
            Command::Verify(name) => self.with_person(now, request, &name, |chat, who| {
                let code = code(&chat.people.my_key(), &who.key);
                chat.people.show_code(&who);
                let person = chat.people.person(&who);
                chat.answer(request, News::Code { person, code });
            }),
            Command::Verified(name) => self.with_person(now, request, &name, |chat, who| {
                let verified = chat.people.verify(&who);
                chat.answer(request, verified);
                chat.ask_archive();
            }),
            Command::Unverify(name) => self.with_person(now, request, &name, |chat, who| {
                let unverified = chat.people.unverify(&who);
                chat.answer(request, unverified);
                chat.ask_archive();
            }),
            Command::Nick(name) => self.want_name(now, request, &name),
            Command::Ignore(None) => self.tell_ignored(request),
            Command::Ignore(Some(name)) => self.ignore(request, &name),
            Command::Unignore(name) => self.unignore(request, &name),
            Command::Files(command) => self.obey_files(now, request, command),
            Command::Media(command) => self.obey_media(now, request, command),
            Command::Rule(rule) => self.rule(now, request, &rule),
            Command::Stats => self.answer(request, News::Stats(Stats::of(&self.node))),
            Command::Leave(leave) => self.begin_leaving(now, leave),
        }
    }

    fn say(&mut self, now: Moment, request: RequestId, text: String) {
        if text.len() <= TEXT_MAX_BYTES {
            return self.say_piece(now, request, text);
        }
        let limit_bytes = TEXT_MAX_BYTES;
        self.answer(request, News::Failed(Failure::LineCut { limit_bytes }));
        let (mut piece, mut rest) = split_within(&text, TEXT_MAX_BYTES);
        while !piece.is_empty() {
            self.say_piece(now, request, piece.to_owned());
            (piece, rest) = split_within(rest, TEXT_MAX_BYTES);
        }
    }

    /// Says what this person does; what does not fit is said as speech.
    fn act(&mut self, now: Moment, request: RequestId, text: &str) {
        let (action, rest) = split_within(text, ACTION_MAX_BYTES);
        if self.node.act(now, action).is_ok() {
            self.own.say(Unsent {
                request,
                text: action.to_owned(),
                manner: Manner::Action,
                to: None,
                copies: 1,
            });
        }
        if !rest.is_empty() {
            let limit_bytes = ACTION_MAX_BYTES;
            self.answer(request, News::Failed(Failure::LineCut { limit_bytes }));
            self.say(now, request, rest.to_owned());
        }
    }

    fn say_piece(&mut self, now: Moment, request: RequestId, text: String) {
        if self.node.say(now, &text).is_ok() {
            self.own.say(Unsent {
                request,
                text,
                manner: Manner::Said,
                to: None,
                copies: 1,
            });
        }
    }

    /// Goes on with what waits: for an archive, for a search, for an addressee.
    pub(super) fn go_on_with_what_waits(&mut self, now: Moment) {
        self.watch_loading(now);
        self.search_on();
        self.say_to_if_known(now);
    }

    /// Does something about the person who is meant, or reports why it is not clear who that is.
    fn with_person(
        &mut self,
        now: Moment,
        request: RequestId,
        name: &str,
        act: impl FnOnce(&mut Self, NamedKey),
    ) {
        match self.called(name) {
            Ok(who) => {
                self.node.note_named(now.time, &who);
                act(self, who);
            }
            Err(failure) => self.answer(request, News::Failed(failure)),
        }
    }

    /// The one person here who is meant by a typed name.
    pub(super) fn called(&self, typed: &str) -> Result<NamedKey, Failure> {
        match self.people.called(typed, self.node.roster()) {
            Err(Failure::NobodyCalled(typed)) if self.is_guest(&typed) => {
                Err(Failure::GuestWithoutKey(typed))
            }
            Err(Failure::NobodyCalled(typed)) if *self.people.me().name == *typed => {
                Err(Failure::Yourself)
            }
            called => called,
        }
    }

    /// Makes what the engine reports about keys into what faces receive about people, behind what
    /// it puts out itself.
    pub(super) fn on_event(&mut self, now: Moment, event: EngineEvent) -> Option<News> {
        if !matches!(event, EngineEvent::Entered { .. }) {
            self.tell_arrivals();
        }
        let news = self.news_of(now, event)?;
        self.ask_archive();
        (!self.people.ignoring.hides(&news)).then_some(news)
    }

    /// The same; `None` if faces receive it otherwise, or later.
    fn news_of(&mut self, now: Moment, event: EngineEvent) -> Option<News> {
        Some(match event {
            EngineEvent::Said(delivery) => {
                let timing = self.timing(delivery.order, delivery.id.position.clock);
                self.remember(&delivery, timing);
                News::Message(self.message(delivery, timing))
            }
            EngineEvent::Entered { who, was_here } => {
                let news = self.people.enter(now.time, Arrival { who, was_here });
                self.tell_all(news);
                return None;
            }
            EngineEvent::Sent { id, .. } => {
                self.on_sent(id);
                return None;
            }
            EngineEvent::Offered(_)
            | EngineEvent::Notice(_)
            | EngineEvent::Piece(_)
            | EngineEvent::Role(_)
            | EngineEvent::Call(_) => {
                self.on_files_event(now, event);
                return None;
            }
            EngineEvent::Amended(amended) => return self.on_amended(amended),
            EngineEvent::AmendmentSent { by } => {
                self.on_amendment_sent(by);
                return None;
            }
            EngineEvent::Left { who, with_farewell } => self.leaves(now, &who, with_farewell),
            EngineEvent::Renamed { before, who } => {
                let news = self.people.rename(&before, who, self.node.roster());
                self.tell_all(news);
                return None;
            }
            EngineEvent::Silent(who) => News::Silent(self.people.person(&who)),
            EngineEvent::Slow(who) => News::Slow(self.people.person(&who)),
            EngineEvent::Back(who) => News::Back(self.people.person(&who)),
            EngineEvent::Equivocation { who } => News::Equivocation(self.people.person(&who)),
            EngineEvent::Gap { who, frames } => News::Gap {
                person: self.people.person(&who),
                frames,
            },
            EngineEvent::Delivered(report) => {
                self.note_delivery(now, report);
                return None;
            }
            EngineEvent::ClockAhead { ahead } => News::Failed(Failure::ClockAhead(ahead)),
            EngineEvent::CaughtUp { messages } => News::CaughtUp { messages },
            EngineEvent::Unmirrored { lines } => News::Unmirrored { lines },
            EngineEvent::Site { .. }
            | EngineEvent::Far { .. }
            | EngineEvent::FarGone(_)
            | EngineEvent::DeliveredAt { .. } => return self.of_beyond(event),
            EngineEvent::Guest {
                name,
                text,
                source,
                wall_ms,
            } => News::Guest(Guest {
                name,
                text,
                source,
                wall_ms,
            }),
        })
    }

    /// Takes in what concerns files and the conference.
    fn on_files_event(&mut self, now: Moment, event: EngineEvent) {
        match event {
            EngineEvent::Offered(offered) => self.on_offered(now, offered),
            EngineEvent::Call(call) => self.on_call(now, *call),
            EngineEvent::Role(role) => self.on_role(now, *role),
            EngineEvent::Notice(notice) if self.on_wants(now, &notice) => {}
            EngineEvent::Notice(notice) => self.on_notice(now, &notice),
            EngineEvent::Piece(piece) if self.plays(piece.stream) => {
                self.on_media_piece(now, piece);
            }
            EngineEvent::Piece(piece) => self.on_piece(now, piece),
            _ => {}
        }
    }

    /// Takes in how far own messages have got.
    fn note_delivery(&mut self, now: Moment, report: DeliveryReport<NamedKey>) {
        // In the lobby, whoever passes by has spoken.
        let is_lobby = self.room.ready.room.is_none();
        let kept_for = if is_lobby { 0 } else { report.kept_for };
        let kept_for = self.own.kept_once(now.time, kept_for);
        if report.of == 0 && kept_for == 0 {
            return;
        }
        let waiting = report.waiting.iter().map(|who| self.people.person(who));
        self.own.report(DeliveryReport {
            first_sequence: report.first_sequence,
            last_sequence: report.last_sequence,
            has: report.has,
            of: report.of,
            waiting: waiting.collect(),
            was_reported: report.was_reported,
            kept_for,
        });
    }

    fn leaves(&mut self, now: Moment, who: &NamedKey, with_farewell: bool) -> News {
        self.leave_media(now, who);
        let person = self.people.person(who);
        self.people.leave(who, self.node.roster());
        News::Left {
            person,
            with_farewell,
        }
    }

    /// The next report about own messages. While this member leaves, reports wait for nothing.
    pub(super) fn next_report(&mut self, now: Duration) -> Option<Delivered> {
        match self.leaving.stays() {
            true => self.own.poll(now),
            false => self.own.poll_last(now),
        }
    }

    fn on_sent(&mut self, id: MessageId) {
        let Some(unsent) = self.own.sent(id) else {
            return;
        };
        self.remember_own(id, &unsent);
        let (content, guest) = Content::of(unsent.manner, unsent.text);
        let message = Message {
            id: Id::Group(id),
            who: self.people.me(),
            guest,
            is_private: unsent.to.is_some(),
            to: unsent.to.map(Box::new),
            content,
            wall_ms: clock_ms(id.position.clock),
            source: None,
            is_own: true,
            timing: Timing::Live,
            version: Version::Original,
        };
        self.answer(unsent.request, News::Message(message));
    }

    /// A late message that was said before this member came is history.
    pub(super) fn timing(&self, order: Order, clock: u64) -> Timing {
        let said_ms = clock_ms(clock);
        match order {
            Order::InOrder => Timing::Live,
            Order::Late if said_ms < self.remembering.started_ms() => Timing::History,
            Order::Late => Timing::Late,
        }
    }

    pub(super) fn message(&mut self, delivery: Delivery, timing: Timing) -> Message {
        let who = self.people.author(delivery.who);
        let (content, guest) = Content::of(delivery.manner, delivery.text);
        Message {
            id: Id::Group(delivery.id),
            is_own: who.key == Some(self.people.my_key()),
            who,
            guest,
            to: None,
            content,
            wall_ms: clock_ms(delivery.id.position.clock),
            source: delivery.source,
            is_private: delivery.is_private,
            timing,
            version: delivery.version,
        }
    }
}
