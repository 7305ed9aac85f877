//! What the guests' server and the host ask of a room, and what the room answers.

use super::line::of_message;
use super::rules::Entering;
use super::{
    Departure, GUEST_TEXT_MAX_BYTES, GuestLine, GuestName, GuestRefusal, GuestSession,
    GuestsCommand, GuestsEvent,
};
use crate::chat::Chat;
use crate::chat::command::RequestId;
use crate::chat::event::{Failure, News};
use crate::chat::own::Unsent;
use crate::protocol::engine::event::{Manner, Version};
use crate::protocol::message::split_within;
use crate::protocol::time::Moment;

impl Chat {
    /// Does what the guests' server or the host asks for.
    pub(in crate::chat) fn obey_guests(
        &mut self,
        now: Moment,
        request: RequestId,
        command: GuestsCommand,
    ) {
        for event in self.guests.expire(now.time) {
            self.tell(News::Guests(event));
        }
        self.obey_guest(now, request, command);
        // Whoever has left, or is muted, is not heard any more.
        self.end_guests_media(now);
    }

    fn obey_guest(&mut self, now: Moment, request: RequestId, command: GuestsCommand) {
        match command {
            GuestsCommand::Open {
                token,
                url,
                by_tls,
                most,
                history,
            } => {
                self.guests.open(token, url.clone(), most, history);
                self.answer_guests(request, GuestsEvent::Opened { url, by_tls });
            }
            GuestsCommand::Close => {
                for event in self.guests.close() {
                    self.tell(News::Guests(event));
                }
                self.answer_guests(request, GuestsEvent::Closed);
            }
            GuestsCommand::Enter {
                session,
                token,
                name,
                address,
            } => {
                let entering = Entering {
                    session,
                    token,
                    name: &name,
                    address,
                };
                self.let_in(now, request, &entering);
            }
            GuestsCommand::Say { session, text } => {
                match self.guests.say(now.time, session, &text) {
                    Ok(guest) => self.say_as_guest(now, request, &guest, &text),
                    Err(why) => self.refuse_guest(request, session, why),
                }
            }
            GuestsCommand::Lost(session) => self.guests.lose(now.time, session),
            GuestsCommand::Back(session) => {
                if let Err(why) = self.guests.regain(session) {
                    self.refuse_guest(request, session, why);
                }
            }
            GuestsCommand::Leave(session) => {
                if let Some(left) = self.guests.remove(session, Departure::Left) {
                    self.answer_guests(request, left);
                }
            }
            GuestsCommand::List => self.list_guests(request),
            GuestsCommand::NewLink => match self.guests.url().is_some() {
                true => self.answer_guests(request, GuestsEvent::LinkWanted),
                false => self.answer(request, News::Failed(Failure::NoGuests)),
            },
            GuestsCommand::Kick(typed) => {
                let left = self.guests.kick(now.time, &typed);
                self.answer_about(request, left, typed);
            }
            GuestsCommand::Mute { name, is_muted } => {
                let muted = self.guests.mute(&name, is_muted);
                self.answer_about(request, muted, name);
            }
            GuestsCommand::Speak(session) => self.let_speak(now, request, session),
        }
    }

    /// Sends what a guest says from now on, if that may be.
    fn let_speak(&mut self, now: Moment, request: RequestId, session: GuestSession) {
        let guest = self.guests.speak(now.time, session);
        let begun = guest.and_then(|guest| {
            self.begin_guest_media(now, guest.clone())?;
            Ok(guest)
        });
        match begun {
            Ok(guest) => self.answer_guests(request, GuestsEvent::Speaks { session, guest }),
            Err(why) => self.refuse_guest(request, session, why),
        }
    }

    fn let_in(&mut self, now: Moment, request: RequestId, entering: &Entering<'_>) {
        let session = entering.session;
        let host = self.people.my_name().name;
        match self.guests.enter(now, entering, &host) {
            Ok((guest, displaced)) => {
                for event in displaced {
                    self.tell(News::Guests(event));
                }
                let history = self.lines_before();
                self.answer_guests(
                    request,
                    GuestsEvent::Entered {
                        session,
                        guest,
                        history,
                    },
                );
                if let Some(muted) = self.guests.muted_on_entering(session) {
                    self.tell(News::Guests(muted));
                }
            }
            Err(why) => self.refuse_guest(request, session, why),
        }
    }

    /// The lines from before that a newcomer is shown.
    fn lines_before(&mut self) -> Vec<GuestLine> {
        let count = self.guests.history();
        if count == 0 {
            return Vec::new();
        }
        let messages = self.shown_history(count);
        let shown = messages
            .iter()
            .filter(|message| message.version != Version::Deleted);
        shown.filter_map(of_message).collect()
    }

    /// Says something for a guest; a text that is too long goes as several messages.
    pub(in crate::chat) fn say_as_guest(
        &mut self,
        now: Moment,
        request: RequestId,
        guest: &GuestName,
        text: &str,
    ) {
        let limit_bytes = GUEST_TEXT_MAX_BYTES;
        if text.len() > limit_bytes {
            self.answer(request, News::Failed(Failure::LineCut { limit_bytes }));
        }
        let (mut piece, mut rest) = split_within(text, limit_bytes);
        while !piece.is_empty() {
            if self.node.say_as_guest(now, guest, piece).is_ok() {
                self.own.say(Unsent {
                    request,
                    text: piece.to_owned(),
                    manner: Manner::Guest(guest.clone()),
                    to: None,
                    copies: 1,
                });
            }
            (piece, rest) = split_within(rest, limit_bytes);
        }
    }

    fn list_guests(&mut self, request: RequestId) {
        let Some(url) = self.guests.url().map(str::to_owned) else {
            return self.answer(request, News::Failed(Failure::NoGuests));
        };
        let guests = self.guests.list();
        self.answer_guests(request, GuestsEvent::List { url, guests });
    }

    /// Answers what was asked about the guest of a name.
    fn answer_about(&mut self, request: RequestId, event: Option<GuestsEvent>, typed: String) {
        match event {
            Some(event) => self.answer_guests(request, event),
            None if self.guests.url().is_none() => {
                self.answer(request, News::Failed(Failure::NoGuests));
            }
            None => self.answer(request, News::Failed(Failure::NotYourGuest(typed))),
        }
    }

    fn refuse_guest(&mut self, request: RequestId, session: GuestSession, why: GuestRefusal) {
        self.answer_guests(request, GuestsEvent::Refused { session, why });
    }

    fn answer_guests(&mut self, request: RequestId, event: GuestsEvent) {
        self.answer(request, News::Guests(event));
    }
}
