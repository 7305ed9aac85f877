//! One conversation: a connection, the two threads that serve it, and the pure peer that decides
//! what they carry.

use std::io;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::Event;
use super::news::Narrator;
use crate::chat::entry::Entry;
use crate::chat::event::{Content, Failure, News, PeerNews, Person};
use crate::cli::TcpPeerSettings;
use crate::face::{ConsoleFace, Face};
use crate::net::duplex::Duplex;
use crate::net::tcp::{Connection, ReadEvent, WriteEvent};
use crate::protocol::message::{FAREWELL, is_farewell};
use crate::protocol::peer::{MESSAGE_MAX_BYTES, Peer, PeerEvent, Role};
use crate::protocol::time::Moment;
use crate::protocol::wire::stream::OFFER;

/// How long a farewell may take to be sent, and the other then to leave.
const FAREWELL_WAIT: Duration = Duration::from_secs(3);
const LEAVING_WAIT: Duration = Duration::from_secs(1);

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TalkOutcome {
    /// We said farewell, or both sides have nothing more to say.
    WeLeft,
    /// The other said farewell, or left.
    TheyLeft,
    /// The connection was lost, or something that we said.
    Lost,
}

/// What an event of the peer is to the person.
enum Heard {
    /// Somebody says something.
    Message(Person, Content),
    /// The other is talking to somebody else.
    Busy,
    /// Anything else that is to be shown.
    News(Vec<News>),
}

/// See the file's head.
pub(super) struct Talk {
    pub(super) number: u64,
    line: Duplex,
    peer: Peer,
    /// The other, by the name that they have given.
    other: Person,
    /// When to leave, once a farewell was said by us; put off while it makes its way.
    leaving_at: Option<Duration>,
    is_hurried: bool,
    is_ended_by_them: bool,
    lost: Option<io::Error>,
    /// Reads of the connection that wait until the output has room.
    reads_owed: usize,
}

impl Talk {
    pub(super) fn begin(
        connection: Connection,
        role: Role,
        number: u64,
        settings: &TcpPeerSettings,
        now: Duration,
        tell: &Sender<Event>,
    ) -> io::Result<Self> {
        if role == Role::Caller {
            connection.send_urgent(OFFER)?;
        }
        connection.keep_alive(settings.keep_alive)?;
        let (heard, written) = (tell.clone(), tell.clone());
        let line = Duplex::start_with(
            connection,
            MESSAGE_MAX_BYTES,
            move |what| heard.send(Event::Heard(number, what)).is_ok(),
            move |what| written.send(Event::Written(number, what)).is_ok(),
        )?;
        Ok(Self {
            number,
            peer: Peer::new(role, settings.dialect, settings.name.clone(), now),
            line,
            other: Person::nameless(),
            leaving_at: None,
            is_hurried: false,
            is_ended_by_them: false,
            lost: None,
            reads_owed: 0,
        })
    }

    /// Whether another line may be said.
    pub(super) fn has_room(&self) -> bool {
        self.leaving_at.is_none() && self.line.is_open() && self.peer.has_room()
    }

    /// Whether the other goes by this name.
    pub(super) fn is_with(&self, name: &str) -> bool {
        *self.other.name == *name
    }

    /// Says what was typed. On this wire the farewell is a message like any other, so that a
    /// program that says it as a text leaves as well.
    pub(super) fn say(&mut self, entry: Entry) {
        match entry {
            Entry::Say { text, .. } | Entry::Leave(text) if is_farewell(&text) => {
                // The time is set by the next round of the loop.
                self.leaving_at = Some(Duration::MAX);
                self.peer.say(FAREWELL.into());
            }
            Entry::Say { text, .. } | Entry::Leave(text) => self.peer.say(text),
            Entry::Object(object) => self.peer.say_object(object),
            Entry::Nothing
            | Entry::NotSay
            | Entry::Command(_)
            | Entry::Flawed(_)
            | Entry::ClearScreen
            | Entry::Page { .. }
            | Entry::MarkRead(_)
            | Entry::Edit { .. }
            | Entry::Direct(_)
            | Entry::Guests(_)
            | Entry::Send(_)
            | Entry::Delete { .. }
            | Entry::Rooms(_)
            | Entry::Answer(_) => {}
        }
    }

    /// Says farewell because a signal asks us to leave, and waits for less.
    pub(super) fn say_goodbye(&mut self, now: Duration) {
        if self.leaving_at.is_none() {
            self.peer.say(FAREWELL.into());
        }
        self.leaving_at = Some(now + LEAVING_WAIT);
        self.is_hurried = true;
    }

    pub(super) fn on_heard(&mut self, now: Duration, heard: ReadEvent) {
        match heard {
            ReadEvent::Urgent => self.peer.on_offer(),
            ReadEvent::Bytes(bytes) => {
                self.peer.on_bytes(now, &bytes);
                if self.peer.is_framed() {
                    self.line.read_in_bulk();
                }
                self.reads_owed += 1;
            }
            ReadEvent::End => self.peer.on_end(),
            ReadEvent::Lost(error) => self.on_lost(error),
        }
    }

    pub(super) fn on_written(&mut self, written: WriteEvent) {
        match written {
            WriteEvent::Bytes(bytes) => {
                self.line.wrote(bytes);
                if self.leaving_at.is_some() && self.line.is_open() && !self.is_hurried {
                    self.leaving_at = Some(Duration::MAX);
                }
            }
            WriteEvent::Lost(error) => self.on_lost(error),
        }
    }

    fn on_lost(&mut self, error: io::Error) {
        if self.lost.is_none() {
            // What came before the loss is shown before the loss is.
            self.peer.on_end();
            self.lost = Some(error);
        }
    }

    /// When something is due although nothing comes.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        [self.peer.next_time(now), self.leaving_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Sends and shows what there is. The outcome, once it is over.
    pub(super) fn go_on(
        &mut self,
        now: Moment,
        face: &mut ConsoleFace,
        narrator: &mut Narrator,
    ) -> Option<TalkOutcome> {
        self.peer.on_time(now.time);
        self.send(now.time);
        let mut outcome = self.show(now, face, narrator);
        let has_room = face.has_room();
        if has_room {
            (0..std::mem::take(&mut self.reads_owed)).for_each(|_| self.line.took());
        }
        // What the other has said is shown whole before the end of it is, unless we leave.
        if outcome.is_none() && (has_room || self.leaving_at.is_some()) {
            self.end_our_half(now.time, face);
            outcome = self.outcome(now.time, face);
        }
        if outcome.is_some() {
            self.line.close();
        }
        outcome
    }

    /// Ends our direction once all is said and nothing more will be.
    fn end_our_half(&mut self, now: Duration, face: &ConsoleFace) {
        if self.leaving_at == Some(Duration::MAX) {
            self.leaving_at = Some(now + FAREWELL_WAIT);
        }
        let is_leaving = self.leaving_at.is_some();
        let is_ending = face.is_over() || is_leaving || self.is_left_by_naive();
        if is_ending && !is_leaving {
            self.peer.end();
            self.send(now);
        }
        let is_all_said = self.peer.is_drained() && self.line.is_written();
        if is_ending && is_all_said && self.line.end() && is_leaving {
            self.leaving_at = Some(now + LEAVING_WAIT);
        }
    }

    /// Whether a program that knows no half-closing has closed.
    fn is_left_by_naive(&self) -> bool {
        self.is_ended_by_them && !self.peer.is_framed()
    }

    /// How it ended, if it has.
    fn outcome(&self, now: Duration, face: &mut ConsoleFace) -> Option<TalkOutcome> {
        let is_leaving = self.leaving_at.is_some();
        let is_all_said = !self.line.is_open();
        if let Some(error) = &self.lost {
            if is_leaving && is_all_said {
                return Some(TalkOutcome::WeLeft);
            }
            let (who, fault) = (self.other.clone(), error.into());
            face.show(&News::Failed(Failure::ConnectionLost { who, fault }).into());
            return Some(TalkOutcome::Lost);
        }
        if self.is_ended_by_them && is_all_said {
            if is_leaving || self.peer.is_framed() {
                return Some(TalkOutcome::WeLeft);
            }
            face.show(&News::Peer(PeerNews::Left(self.other.clone())).into());
            return Some(TalkOutcome::TheyLeft);
        }
        if self.leaving_at.is_none_or(|leaving_at| now < leaving_at) {
            return None;
        }
        if is_all_said {
            return Some(TalkOutcome::WeLeft);
        }
        face.show(&News::Failed(Failure::Unsent).into());
        Some(TalkOutcome::Lost)
    }

    fn send(&mut self, now: Duration) {
        let peer = &mut self.peer;
        self.line
            .send(|acknowledgement| peer.poll_send(now, acknowledgement));
    }

    /// Shows what the peer reports; the outcome, if it ends the talk. Nothing is taken from the
    /// peer while there is no room to show it.
    fn show(
        &mut self,
        now: Moment,
        face: &mut ConsoleFace,
        narrator: &mut Narrator,
    ) -> Option<TalkOutcome> {
        while face.has_room()
            && let Some(event) = self.peer.poll_event()
        {
            let (who, content) = match self.on_event(event) {
                Heard::Message(who, content) => (who, content),
                Heard::Busy => {
                    face.show(&News::Failed(Failure::Busy).into());
                    return Some(TalkOutcome::Lost);
                }
                Heard::News(news) => {
                    news.iter().for_each(|news| face.show(&news.clone().into()));
                    continue;
                }
            };
            let is_end = matches!(&content, Content::Text(text) if is_farewell(text));
            let message = narrator.theirs(now, who.clone(), self.line.peer(), content);
            face.show(&message.into());
            if is_end {
                face.show(&News::Peer(PeerNews::Farewell(who)).into());
                return Some(TalkOutcome::TheyLeft);
            }
        }
        None
    }

    /// Takes in an event; what is to be shown of it.
    fn on_event(&mut self, event: PeerEvent) -> Heard {
        let mut news = Vec::new();
        match event {
            PeerEvent::Message { user, data } => {
                let who = user.map_or_else(|| self.other.clone(), Person::unproven);
                return Heard::Message(who, data.map_or(Content::Null, Content::Text));
            }
            PeerEvent::Object(object) => {
                return Heard::Message(self.other.clone(), Content::Object(object.into()));
            }
            PeerEvent::Busy => return Heard::Busy,
            PeerEvent::Name { name, is_cut } => {
                self.other = Person::unproven(name.clone());
                news.extend(is_cut.then_some(News::Failed(Failure::NameCut(name))));
                news.push(News::Peer(PeerNews::Named(self.other.clone())));
            }
            PeerEvent::EmptyNotSent => news.push(News::Failed(Failure::EmptyNotSent)),
            PeerEvent::End => {
                self.is_ended_by_them = true;
                if self.peer.is_framed() && self.line.is_open() && self.lost.is_none() {
                    news.push(News::Peer(PeerNews::Finished(self.other.clone())));
                }
            }
            PeerEvent::Vanished => {
                self.is_ended_by_them = true;
                if self.leaving_at.is_none() && self.lost.is_none() {
                    self.lost = Some(io::ErrorKind::ConnectionReset.into());
                }
            }
            PeerEvent::Broken(too_long) => {
                let what = too_long.to_string();
                self.lost = Some(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        Heard::News(news)
    }
}
