//! Guests in the call of `chat`: what they see, which of them speak, and when that ends.

use super::Calling;
use crate::chat::Input;
use crate::chat::command::{Command, RequestId};
use crate::chat::guests::{GuestRefusal, GuestSession, GuestsCommand, GuestsEvent};
use crate::chat::media::{Captured, FromPage, MediaCommand};
use crate::face::web::{Answering, Refused};
use crate::modes::chat::driver::Driver;
use crate::net::conference::{Frame, PeerId, Side};
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::StreamId;
use crate::text;

/// What the rules about guests are asked with: no face waits for the answer.
const OF_CALL: RequestId = RequestId(0);

impl Calling {
    /// Hands an own frame to guests, whom no other way leads to.
    pub(super) fn play_to_guests(&self, captured: &Captured) {
        let Some(conference) = self.conference.as_ref().filter(|_| self.has_guests()) else {
            return;
        };
        let Some(stream) = self.own_stream(captured.source) else {
            return;
        };
        if let Some(place) = self.guest_places.of(stream, captured.source) {
            conference.play(Frame {
                side: Side::Guests,
                except: None,
                place,
                stream: stream.0,
                codec: captured.codec,
                is_key: captured.is_key,
                rtp_time: captured.rtp_time,
                bytes: captured.bytes.as_slice().into(),
            });
        }
    }

    /// The page of the guest who is heard in a stream that this member sends.
    pub(super) fn page_of_guest(&self, stream: StreamId) -> Option<PeerId> {
        let state = self.views.get(&self.room?)?.streams.get(&stream)?;
        let guest = state.guest.as_ref().filter(|_| state.is_hosted)?;
        let mut speakers = self.speakers.iter();
        let found = speakers.find(|(_, number)| **number == guest.number);
        found.map(|(peer, _)| *peer)
    }
}

impl Driver {
    /// Asks whether a guest may speak; the page is answered when that is known.
    pub(super) fn ask_to_speak(
        &mut self,
        now: Moment,
        (session, peer): (GuestSession, PeerId),
        answering: Answering,
    ) {
        let Some(room) = self.paging.calling.room else {
            return answering.refuse(Refused::Wrong, text::call_is_over(self.lang));
        };
        // An older question of this guest is answered by nobody any more.
        self.paging
            .calling
            .asking
            .insert(session, (peer, answering));
        let ask = Command::Guests(GuestsCommand::Speak(session));
        self.rooms.handle_in(now, room, Input::Ask(OF_CALL, ask));
    }

    /// Sends what a guest's page has captured, if the guest may speak.
    pub(super) fn on_guest_captured(&mut self, now: Moment, peer: PeerId, captured: Captured) {
        let calling = &self.paging.calling;
        let guest = calling.speakers.get(&peer).copied();
        if let (Some(guest), Some(room)) = (guest, calling.room) {
            let captured = FromPage::OfGuest { guest, captured };
            self.rooms.handle_in(now, room, Input::Media(captured));
        }
    }

    /// Sends no more of what a guest's page captures.
    pub(super) fn silence_guest(&mut self, now: Moment, peer: PeerId) {
        let calling = &mut self.paging.calling;
        calling.asking.retain(|_, (asking, _)| *asking != peer);
        let guest = calling.speakers.remove(&peer);
        if let (Some(guest), Some(room)) = (guest, calling.room) {
            self.media(now, room, MediaCommand::EndGuest(guest));
        }
    }

    /// Takes in what is told of guests: whoever is one no more sees and hears no more.
    pub(super) fn follow_guests(&mut self, request: Option<RequestId>, event: &GuestsEvent) {
        let now = self.clock.now();
        match event {
            GuestsEvent::Speaks { session, guest } => {
                let calling = &mut self.paging.calling;
                if let Some((peer, answering)) = calling.asking.remove(session) {
                    calling.speakers.insert(peer, guest.number);
                    answering.answer(super::said());
                }
            }
            GuestsEvent::Refused { session, why } => {
                let asking = &mut self.paging.calling.asking;
                if request == Some(OF_CALL)
                    && let Some((_, answering)) = asking.remove(session)
                {
                    answering.refuse(Refused::Wrong, text::guest_refused(self.lang, why));
                }
                if *why == GuestRefusal::NoSession {
                    self.close_pages(now, |_, of| of == Some(*session));
                }
            }
            GuestsEvent::Muted {
                guest,
                is_muted: true,
                ..
            } => {
                let speakers = &mut self.paging.calling.speakers;
                speakers.retain(|_, number| *number != guest.number);
            }
            GuestsEvent::Closed => self.close_pages(now, |_, session| session.is_some()),
            GuestsEvent::Left { session, .. } => {
                self.close_pages(now, |_, of| of == Some(*session));
            }
            _ => {}
        }
    }
}
