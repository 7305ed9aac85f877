//! The call of `chat`: frames between the pages' connections and the room where the call is, and
//! what pages are told of it. The thread of the connections starts with the first page.

mod answers;
mod guests;
mod places;

use std::collections::BTreeMap;
use std::io;

use serde_json::json;

use self::answers::{said, words_of};
use self::places::Places;
use super::driver::{Driver, Event};
use super::paging::PageNews;
use crate::chat::Input;
use crate::chat::command::{Command, RequestId};
use crate::chat::event::{News, Told};
use crate::chat::guests::GuestSession;
use crate::chat::media::{Captured, FromPage, MediaCommand, MediaEvent, Played, Source, ToPage};
use crate::chat::rooms::RoomNumber;
use crate::face::call::CallView;
use crate::face::json::call::{media, state_line};
use crate::face::web::{Answering, CallAct, CallAsk, CallLine, Caller, Refused};
use crate::net::conference::{
    Conference, Frame, News as ConferenceNews, OfferFault, PeerId, Sends, Side,
};
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::StreamId;
use crate::text;

/// Most news that one turn of the loop takes in, so that whatever else waits comes to its turn.
const NEWS_PER_TURN: usize = 64;

/// What the loop knows of the call.
#[derive(Debug, Default)]
pub(super) struct Calling {
    conference: Option<Conference>,
    /// The room where this member takes part.
    room: Option<RoomNumber>,
    /// What is told of each room's call: also in rooms where this member takes no part.
    views: BTreeMap<RoomNumber, CallView>,
    peers: BTreeMap<PeerId, Option<GuestSession>>,
    /// Which page sends what.
    senders: BTreeMap<Source, PeerId>,
    /// The numbers of the guests whose pages may send their voices.
    speakers: BTreeMap<PeerId, u32>,
    /// The guests' pages that ask whether they may.
    asking: BTreeMap<GuestSession, (PeerId, Answering)>,
    own_places: Places,
    guest_places: Places,
    next: u64,
}

impl Calling {
    fn side(&self, peer: PeerId) -> Option<Side> {
        self.peers.get(&peer).map(|session| match session {
            None => Side::Own,
            Some(_) => Side::Guests,
        })
    }

    fn has_guests(&self) -> bool {
        self.peers.values().any(Option::is_some)
    }

    /// The stream that this member sends of a source.
    fn own_stream(&self, source: Source) -> Option<StreamId> {
        let view = self.views.get(&self.room?)?;
        let mut own = view.own();
        let own = own.find(|state| state.source == source)?;
        Some(own.stream)
    }

    /// Gives what is played its places; guests are shown what this member sends, too.
    fn assign_places(&mut self) {
        let view = self.room.and_then(|room| self.views.get(&room));
        let Some(view) = view else {
            self.own_places = Places::default();
            self.guest_places = Places::default();
            return;
        };
        let hosted: Vec<StreamId> = view.hosted().map(|state| state.stream).collect();
        let voices: Vec<StreamId> = hosted.iter().chain(&view.voices).copied().collect();
        self.own_places.assign(&view.pictures, &voices);
        let own = |is_picture| {
            let own = view.own();
            own.filter(move |state| state.source.is_picture() == is_picture)
                .map(|state| state.stream)
        };
        let pictures: Vec<StreamId> = own(true).chain(view.pictures.iter().copied()).collect();
        let voices: Vec<StreamId> = own(false).chain(voices).collect();
        self.guest_places.assign(&pictures, &voices);
    }

    /// Hands a frame of the room to the pages that show it.
    fn play(&self, played: Played) {
        let Some(conference) = &self.conference else {
            return;
        };
        let Played {
            stream,
            source,
            codec,
            is_key,
            rtp_time,
            bytes,
            ..
        } = played;
        let except = self.page_of_guest(stream);
        let frame = |side, place| Frame {
            side,
            except,
            place,
            stream: stream.0,
            codec,
            is_key,
            rtp_time,
            bytes: bytes.as_slice().into(),
        };
        if let Some(place) = self.own_places.of(stream, source) {
            conference.play(frame(Side::Own, place));
        }
        if let Some(place) = self
            .guest_places
            .of(stream, source)
            .filter(|_| self.has_guests())
        {
            conference.play(frame(Side::Guests, place));
        }
    }
}

impl Driver {
    /// Does what a page asks about the call.
    pub(super) fn on_call(&mut self, caller: Caller, ask: CallAsk, answering: Answering) {
        let now = self.clock.now();
        match ask {
            CallAsk::Connect { room, sdp } => {
                self.connect_page(now, caller, (room, sdp), answering)
            }
            CallAsk::Act { peer, act } => {
                let peer = PeerId(peer);
                if self.paging.calling.peers.get(&peer) != Some(&caller.guest()) {
                    let words = text::call_is_over(self.lang);
                    return answering.refuse(Refused::Wrong, words);
                }
                if let (Caller::Guest(session), CallAct::Begin(Source::Sound)) = (caller, &act) {
                    return self.ask_to_speak(now, (session, peer), answering);
                }
                match self.act(now, caller, peer, act) {
                    Ok(()) => answering.answer(said()),
                    Err(words) => answering.refuse(Refused::Wrong, words),
                }
            }
        }
    }

    /// Connects a page, and takes part in the room's call from the first page on.
    fn connect_page(
        &mut self,
        now: Moment,
        caller: Caller,
        (name, sdp): (Option<String>, String),
        answering: Answering,
    ) {
        let lang = self.lang;
        let session = caller.guest();
        let of = match caller {
            Caller::Person => (Side::Own, Sends::Everything),
            Caller::Guest(_) => (Side::Guests, Sends::OneVoice),
            Caller::Watcher(_) => (Side::Guests, Sends::Nothing),
        };
        let Some(room) = self.room_of_call(caller, name) else {
            return answering.refuse(Refused::Wrong, text::call_is_over(lang));
        };
        if let Some(other) = self.paging.calling.room.filter(|other| *other != room) {
            let name = self.face.rooms().get(&other);
            let words = text::call_is_elsewhere(lang, name.map_or("", String::as_str));
            return answering.refuse(Refused::Wrong, words);
        }
        if let Err(cause) = self.start_conference() {
            let words = text::no_call_connection(lang, &text::cause(lang, &cause));
            return answering.refuse(Refused::NoRoom, words);
        }
        let calling = &mut self.paging.calling;
        calling.next += 1;
        let peer = PeerId(calling.next);
        let is_first = calling.peers.is_empty();
        calling.peers.insert(peer, session);
        calling.room = Some(room);
        if session.is_some() {
            // A guest has one connection: the newest, so that nobody takes all places.
            self.close_pages(now, |other, of| other != peer && of == session);
        }
        let tell = self.tell.clone();
        let on_answer = move |answer: Result<String, OfferFault>| match answer {
            Ok(sdp) => {
                let line = json!({ "event": "answer", "peer": peer.0, "sdp": sdp });
                answering.answer(format!("{line}\n").into_bytes());
            }
            Err(fault) => {
                // Nobody is connected by this.
                let _ = tell.send(Event::Page(PageNews::CallRefused(peer)));
                let (refused, words) = words_of(lang, fault);
                answering.refuse(refused, words);
            }
        };
        if let Some(conference) = &self.paging.calling.conference {
            conference.connect(peer, of, sdp.into_bytes(), Box::new(on_answer));
        }
        if is_first {
            self.media(now, room, MediaCommand::Watch);
        }
        self.tell_state_of_call();
    }

    /// The room of a page's call: guests have theirs.
    fn room_of_call(&self, caller: Caller, name: Option<String>) -> Option<RoomNumber> {
        match caller {
            Caller::Guest(session) | Caller::Watcher(session) => {
                let is_here = self.face.has_guest(session);
                self.face.room_of_guests().filter(|_| is_here)
            }
            Caller::Person => {
                let mut rooms = self.face.rooms().iter();
                let meant = |shown: &String| name.as_ref().is_none_or(|name| name == shown);
                let found = rooms.find(|(_, shown)| meant(shown));
                found.map(|(number, _)| *number)
            }
        }
    }

    fn start_conference(&mut self) -> io::Result<()> {
        let is_over = |conference: &mut Conference| conference.is_over();
        if self.paging.calling.conference.take_if(is_over).is_some() {
            // What was connected by it is gone with it.
            self.close_pages(self.clock.now(), |_, _| true);
        }
        if self.paging.calling.conference.is_none() {
            let tell = self.tell.clone();
            let tell = move || tell.send(Event::Page(PageNews::Conference)).is_ok();
            self.paging.calling.conference = Some(Conference::start(tell)?);
        }
        Ok(())
    }

    fn act(
        &mut self,
        now: Moment,
        caller: Caller,
        peer: PeerId,
        act: CallAct,
    ) -> Result<(), String> {
        let Some(room) = self.paging.calling.room else {
            return Err(text::call_is_over(self.lang));
        };
        let calling = &mut self.paging.calling;
        match act {
            CallAct::Leave => self.close_pages(now, |other, _| other == peer),
            CallAct::End(Source::Sound) if calling.speakers.contains_key(&peer) => {
                self.silence_guest(now, peer);
            }
            _ if caller != Caller::Person => return Err(text::guests_only_watch(self.lang)),
            CallAct::Begin(source) => match calling.senders.get(&source) {
                Some(sender) if *sender == peer => {}
                Some(_) => return Err(text::another_page_sends(self.lang)),
                None => {
                    calling.senders.insert(source, peer);
                    self.media(now, room, MediaCommand::Begin(source));
                }
            },
            CallAct::End(source) => {
                if calling.senders.get(&source) == Some(&peer) {
                    calling.senders.remove(&source);
                    self.media(now, room, MediaCommand::End(source));
                }
            }
            CallAct::Choose(streams) => self.media(now, room, MediaCommand::Choose(streams)),
        }
        Ok(())
    }

    /// Asks something of the room's call that no face waits for.
    fn media(&mut self, now: Moment, room: RoomNumber, command: MediaCommand) {
        let ask = Input::Ask(RequestId::default(), Command::Media(command));
        // Whoever left the room takes no part any more.
        self.rooms.handle_in(now, room, ask);
    }

    /// A page is not connected any more. What it sent ends; with the last page, this member takes
    /// no part any more.
    pub(super) fn lose_page(&mut self, now: Moment, peer: PeerId) {
        if self.paging.calling.peers.remove(&peer).is_none() {
            return;
        }
        let Some(room) = self.paging.calling.room else {
            return;
        };
        self.silence_guest(now, peer);
        for source in Source::ALL {
            if self.paging.calling.senders.get(&source) == Some(&peer) {
                self.paging.calling.senders.remove(&source);
                self.media(now, room, MediaCommand::End(source));
            }
        }
        if self.paging.calling.peers.is_empty() {
            self.media(now, room, MediaCommand::Unwatch);
            self.paging.calling.room = None;
        }
        self.tell_state_of_call();
    }

    /// Ends the connections of some pages.
    fn close_pages(
        &mut self,
        now: Moment,
        is_meant: impl Fn(PeerId, Option<GuestSession>) -> bool,
    ) {
        let peers = self.paging.calling.peers.iter();
        let meant = peers.filter(|(peer, session)| is_meant(**peer, **session));
        let meant: Vec<PeerId> = meant.map(|(peer, _)| *peer).collect();
        for peer in meant {
            if let Some(conference) = &self.paging.calling.conference {
                conference.close(peer);
            }
            self.lose_page(now, peer);
        }
    }

    /// Takes in what the connections report.
    pub(super) fn on_conference(&mut self) {
        let now = self.clock.now();
        for _ in 0..NEWS_PER_TURN {
            let conference = self.paging.calling.conference.as_ref();
            let Some(news) = conference.and_then(Conference::next) else {
                return;
            };
            match news {
                ConferenceNews::Captured { peer, captured, .. } => {
                    self.on_captured(now, peer, captured);
                }
                ConferenceNews::KeyWanted { side, place } => self.on_key_wanted(now, side, place),
                ConferenceNews::Connected(_) => {}
                ConferenceNews::Gone(peer) => self.lose_page(now, peer),
            }
        }
        // The rest has its turn behind what waits meanwhile.
        let _ = self.tell.send(Event::Page(PageNews::Conference));
    }

    fn on_captured(&mut self, now: Moment, peer: PeerId, captured: Captured) {
        if self.paging.calling.side(peer) == Some(Side::Guests) {
            return self.on_guest_captured(now, peer, captured);
        }
        let calling = &self.paging.calling;
        let is_meant = calling.senders.get(&captured.source) == Some(&peer)
            && calling.side(peer) == Some(Side::Own);
        let Some(room) = calling.room.filter(|_| is_meant) else {
            return;
        };
        calling.play_to_guests(&captured);
        let input = Input::Media(FromPage::Captured(captured));
        self.rooms.handle_in(now, room, input);
    }

    fn on_key_wanted(&mut self, now: Moment, side: Side, place: usize) {
        let calling = &self.paging.calling;
        let places = match side {
            Side::Own => &calling.own_places,
            Side::Guests => &calling.guest_places,
        };
        let (Some(stream), Some(room)) = (places.picture(place), calling.room) else {
            return;
        };
        let view = calling.views.get(&room);
        let state = view.and_then(|view| view.streams.get(&stream));
        match (state.filter(|state| state.is_own), &calling.conference) {
            (Some(own), Some(conference)) => conference.want_key(own.source),
            _ => {
                let input = Input::Media(FromPage::KeyWanted(stream));
                self.rooms.handle_in(now, room, input);
            }
        }
    }

    /// Does what a room asks of the pages.
    pub(super) fn on_to_page(&mut self, room: RoomNumber, to_page: ToPage) {
        if self.paging.calling.room != Some(room) {
            return;
        }
        match to_page {
            ToPage::Play(played) => self.paging.calling.play(played),
            ToPage::KeyWanted(source) => {
                if let Some(conference) = &self.paging.calling.conference {
                    conference.want_key(source);
                }
            }
            ToPage::Bitrate { source, bits_per_s } => {
                let line = json!({
                    "event": "call_rate",
                    "media": media(source),
                    "bits_per_s": bits_per_s,
                });
                self.face
                    .tell_pages_of_call(format!("{line}\n"), CallLine::Passing);
            }
            _ => {}
        }
    }

    /// Takes in what is told of a room's call.
    pub(super) fn on_call_told(&mut self, told: &Told) {
        let event = match &told.news {
            News::Media(event) => event,
            News::Guests(event) => return self.follow_guests(told.request, event),
            _ => return,
        };
        let calling = &mut self.paging.calling;
        if let MediaEvent::Refused(_) = **event {
            return;
        }
        let view = calling.views.entry(told.room).or_default();
        view.follow(event);
        // What was not begun, or ends because somebody mutes this member, may be begun again.
        if calling.room == Some(told.room)
            && let MediaEvent::Ended(_) | MediaEvent::MutedForAll(_) = **event
        {
            let is_sent = |source: &Source| view.own().any(|state| state.source == *source);
            calling.senders.retain(|source, _| is_sent(source));
        }
        calling.assign_places();
        self.tell_state_of_call();
    }

    /// A room was left, and its call with it.
    pub(super) fn leave_call(&mut self, room: RoomNumber) {
        let calling = &mut self.paging.calling;
        calling.views.remove(&room);
        if calling.room != Some(room) {
            return;
        }
        calling.room = None;
        calling.senders.clear();
        calling.speakers.clear();
        calling.asking.clear();
        for peer in std::mem::take(&mut calling.peers).into_keys() {
            if let Some(conference) = &calling.conference {
                conference.close(peer);
            }
        }
        calling.assign_places();
        self.tell_state_of_call();
    }

    /// Gives pages the state of the call: of the room where this member takes part, or else of one
    /// where somebody sends something.
    fn tell_state_of_call(&mut self) {
        self.paging.calling.assign_places();
        let calling = &self.paging.calling;
        let busy = calling
            .views
            .iter()
            .find(|(_, view)| !view.streams.is_empty());
        let room = calling.room.or_else(|| busy.map(|(room, _)| *room));
        let room = room.or_else(|| calling.views.keys().next().copied());
        let Some(room) = room else {
            return;
        };
        let name = self.face.rooms().get(&room).cloned().unwrap_or_default();
        let none = CallView::default();
        let view = calling.views.get(&room).unwrap_or(&none);
        let line = |places: &Places| state_line(&name, view, places.pictures(), places.voices());
        let (own, guests) = (line(&calling.own_places), line(&calling.guest_places));
        self.face.tell_pages_of_call(own, CallLine::State);
        if self.face.room_of_guests() == Some(room) {
            self.face.tell_guests_of_call(guests);
        }
    }
}
