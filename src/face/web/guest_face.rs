//! The guests' pages as a face of one room: what guests ask goes to that room, whose rules decide;
//! what it tells goes to their streams. Runs in the loop.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::face::WAITING_MAX;
use super::guest_files::GuestFiles;
use super::guest_lines::{self, GuestLines};
use super::lines;
use super::queue::Queue;
use super::server::{Answering, Finding, Refused, Server};
use super::token::Token;
use super::{guest_link, guest_link_by_tls};
use crate::chat::command::{Command, RequestId};
use crate::chat::entry::{Entry, Request};
use crate::chat::event::{News, Told};
use crate::chat::guests::{
    Departure, GuestRefusal, GuestSession, GuestsCommand, GuestsEvent, LinkToken, TlsLink, line_of,
};
use crate::chat::media::MediaEvent;
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::{FilesCommand, OfferId};
use crate::face::Face;
use crate::face::faces::{FIRST_OF_GUESTS, is_answer};
use crate::store::files::{Looker, Received};
use crate::store::identity::random;
use crate::text::{self, Lang};

/// Lines that are held for guests whose stream breaks or lags, and their bytes.
const HELD_MAX: usize = 512;
const HELD_MAX_BYTES: usize = 256 << 10;

/// Bytes of what was said before that a newcomer is given.
const HISTORY_MAX_BYTES: usize = 32 << 10;

/// What a guest's page wants.
#[derive(Debug)]
pub enum GuestAsk {
    /// To come in.
    Enter {
        /// What the link held.
        token: LinkToken,
        /// The name, as typed.
        name: String,
        /// Where the telephone is.
        address: IpAddr,
        /// Takes the answer.
        answering: Answering,
    },
    /// What is said, from now on.
    Listen(Arc<Queue>),
    /// To say something.
    Say(String, Answering),
    /// To offer a file that has come.
    Offer(Received, Answering),
    /// A file that is here.
    Wanted(OfferId, Finding),
    /// The stream has ended.
    Lost(Arc<Queue>),
}

/// A guest who is here.
#[derive(Debug)]
struct Here {
    /// Who they are, and what was said before.
    first: Vec<Arc<str>>,
    /// The number of the first line after they came.
    from: u64,
    queue: Option<Arc<Queue>>,
}

/// How the face of guests is opened.
#[derive(Debug)]
pub struct GuestFaceConfig {
    /// What serves their pages.
    pub server: Server,
    /// The language of what is said about them.
    pub lang: Lang,
    /// The room where they hear and speak.
    pub room: RoomNumber,
    /// Its name as it is shown.
    pub room_name: String,
    /// Where telephones reach this computer.
    pub address: SocketAddr,
    /// The fingerprint of the certificate, if they reach it by https, too.
    pub fingerprint: Option<String>,
    /// Most guests at once.
    pub most: usize,
    /// Lines from before that a newcomer is shown.
    pub history: usize,
}

/// See the file's head.
#[derive(Debug)]
pub struct GuestFace {
    config: GuestFaceConfig,
    lines: GuestLines,
    /// What was said, numbered from `first_held` on.
    held: VecDeque<Arc<str>>,
    held_bytes: usize,
    first_held: u64,
    here: BTreeMap<GuestSession, Here>,
    waiting: VecDeque<Request>,
    asked: BTreeMap<RequestId, (GuestSession, Answering)>,
    files: GuestFiles,
    next: u64,
    /// The state of the call, for guests who come late.
    call: Option<Arc<str>>,
    /// Whether this member is muted for all, and its guests with it.
    are_muted: bool,
}

impl GuestFace {
    /// Lets guests in by a link that holds this token, which the server knows.
    #[must_use]
    pub fn new(config: GuestFaceConfig, token: &Token) -> Self {
        let files = GuestFiles::new(config.lang);
        let mut face = Self {
            config,
            files,
            lines: GuestLines::default(),
            held: VecDeque::new(),
            held_bytes: 0,
            first_held: 0,
            here: BTreeMap::new(),
            waiting: VecDeque::new(),
            asked: BTreeMap::new(),
            next: FIRST_OF_GUESTS.0,
            call: None,
            are_muted: false,
        };
        face.open(token);
        face.request(Command::Files(FilesCommand::List));
        face
    }

    /// Reads files that are here with this.
    pub fn set_looker(&mut self, looker: Looker) {
        self.files.set_looker(looker);
    }

    /// The room where guests hear and speak.
    #[must_use]
    pub fn room(&self) -> RoomNumber {
        self.config.room
    }

    /// Whether a guest is here.
    #[must_use]
    pub fn is_here(&self, session: GuestSession) -> bool {
        self.here.contains_key(&session)
    }

    /// Gives all guests the state of the call.
    pub fn tell_of_call(&mut self, line: String) {
        let line: Arc<str> = line.into();
        let here = self.here.values().filter_map(|here| here.queue.as_ref());
        here.for_each(|queue| queue.push(&line));
        self.call = Some(line);
    }

    /// Tells all guests whether they may be heard, when that changes with their host.
    fn mute_all(&mut self, are_muted: bool) {
        if std::mem::replace(&mut self.are_muted, are_muted) == are_muted {
            return;
        }
        let words = text::guests_are_muted(self.config.lang, are_muted);
        let line = guest_lines::muted(are_muted, &words);
        let here = self.here.values().filter_map(|here| here.queue.as_ref());
        here.for_each(|queue| queue.push(&line));
    }

    /// Lets in by this link, and by no earlier one.
    fn open(&mut self, token: &Token) {
        let Some(bytes) = token.bytes() else {
            return;
        };
        let fingerprint = self.config.fingerprint.clone();
        let by_tls = fingerprint.map(|fingerprint| TlsLink {
            url: guest_link_by_tls(self.config.address, token),
            fingerprint,
        });
        self.ask(GuestsCommand::Open {
            token: LinkToken(bytes),
            url: guest_link(self.config.address, token),
            by_tls,
            most: self.config.most,
            history: self.config.history,
        });
    }

    /// Makes another link.
    fn renew(&mut self) {
        if let Ok(bytes) = random() {
            let token = Token::of(&bytes);
            self.config.server.renew(token.clone());
            self.open(&token);
        }
    }

    /// Asks the room something about guests.
    fn ask(&mut self, command: GuestsCommand) -> RequestId {
        self.request(Command::Guests(command))
    }

    fn request(&mut self, command: Command) -> RequestId {
        self.enter(Entry::Direct(Box::new(command)))
    }

    fn enter(&mut self, entry: Entry) -> RequestId {
        let id = RequestId(self.next);
        self.next += 1;
        let room = self.config.room;
        self.waiting.push_back(Request { id, room, entry });
        id
    }

    /// Takes in what a guest's page wants.
    pub fn handle(&mut self, session: GuestSession, ask: GuestAsk) {
        let is_full = self.waiting.len() >= WAITING_MAX;
        match ask {
            GuestAsk::Enter { answering, .. }
            | GuestAsk::Say(_, answering)
            | GuestAsk::Offer(_, answering)
                if is_full =>
            {
                let words = text::page_comes_too_early(self.config.lang);
                answering.refuse(Refused::NoRoom, words);
            }
            GuestAsk::Enter {
                token,
                name,
                address,
                answering,
            } => {
                let request = self.ask(GuestsCommand::Enter {
                    session,
                    token,
                    name,
                    address,
                });
                self.asked.insert(request, (session, answering));
            }
            GuestAsk::Say(text, answering) => {
                let request = self.ask(GuestsCommand::Say { session, text });
                self.asked.insert(request, (session, answering));
            }
            GuestAsk::Offer(received, answering) => self.take_file(session, received, answering),
            GuestAsk::Wanted(offer, finding) => {
                if self.here.contains_key(&session) {
                    self.files.find(offer, finding);
                }
            }
            GuestAsk::Listen(queue) => self.listen(session, queue),
            GuestAsk::Lost(queue) => {
                let here = self.here.get_mut(&session);
                let is_own = |own: &mut Arc<Queue>| Arc::ptr_eq(own, &queue);
                if here.is_some_and(|here| here.queue.take_if(is_own).is_some()) {
                    self.ask(GuestsCommand::Lost(session));
                }
            }
        }
    }

    /// Offers a file that a guest has sent, behind a line that says so.
    fn take_file(&mut self, session: GuestSession, received: Received, answering: Answering) {
        if !self.here.contains_key(&session) {
            let why = GuestRefusal::NoSession;
            let words = text::guest_refused(self.config.lang, &why);
            return answering.refuse(refused(&why), words);
        }
        match self.files.announcement(session, &received) {
            Ok(text) => {
                let request = self.ask(GuestsCommand::Say { session, text });
                let file = (received, answering);
                self.files.announce(request, session, file);
            }
            Err(words) => answering.refuse(Refused::NoRoom, words),
        }
    }

    /// Takes in what is told about files; returns whether nothing else is to be made of it.
    fn show_files(&mut self, told: &Told) -> bool {
        let step = self.files.follow(told, &mut self.lines);
        if let Some((entry, announced)) = step.next {
            let request = self.enter(entry);
            self.files.offer(request, announced);
        }
        step.lines.iter().for_each(|line| self.show_line(line));
        step.is_over
    }

    /// Gives a line to everybody who is here.
    fn show_line(&mut self, line: &Arc<str>) {
        self.hold(line);
        let here = self.here.values().filter_map(|here| here.queue.as_ref());
        here.for_each(|queue| queue.push(line));
    }

    /// Gives a stream what its guest may know, and what is said from now on.
    fn listen(&mut self, session: GuestSession, queue: Arc<Queue>) {
        let Some(here) = self.here.get_mut(&session) else {
            queue.restart();
            queue.push(&guest_lines::ended(Departure::Lost, None));
            return queue.close();
        };
        queue.restart();
        here.first.iter().for_each(|line| queue.push(line));
        let seen = here.from.saturating_sub(self.first_held);
        let seen = usize::try_from(seen).unwrap_or(usize::MAX);
        self.held
            .iter()
            .skip(seen)
            .for_each(|line| queue.push(line));
        self.call.iter().for_each(|line| queue.push(line));
        queue.push(&lines::live());
        let is_new = here
            .queue
            .as_ref()
            .is_none_or(|own| !Arc::ptr_eq(own, &queue));
        if let Some(older) = here.queue.replace(queue).filter(|_| is_new) {
            older.close();
        }
        if is_new {
            self.ask(GuestsCommand::Back(session));
        }
    }

    fn show_event(&mut self, request: Option<RequestId>, event: &GuestsEvent) {
        let asked = request.and_then(|request| self.asked.remove(&request));
        match (event, asked) {
            (
                GuestsEvent::Entered {
                    session,
                    guest,
                    history,
                },
                Some((_, answering)),
            ) => {
                let ready =
                    guest_lines::ready(&self.config.room_name, guest.name.as_str(), guest.number);
                answering.answer(ready.as_bytes().to_vec());
                let mut first = VecDeque::new();
                let mut bytes = 0;
                for said in history.iter().rev() {
                    let line = self.lines.said(said);
                    bytes += line.len();
                    if bytes > HISTORY_MAX_BYTES {
                        break;
                    }
                    first.push_front(line);
                }
                first.extend(self.files.first().cloned());
                first.push_front(ready);
                let here = Here {
                    first: first.into(),
                    from: self.first_held + self.held.len() as u64,
                    queue: None,
                };
                self.here.insert(*session, here);
            }
            (GuestsEvent::Refused { why, .. }, Some((_, answering))) => {
                let words = text::guest_refused(self.config.lang, why);
                answering.refuse(refused(why), words);
            }
            // It was forgotten while its stream was broken.
            (GuestsEvent::Refused { session, why }, None) if *why == GuestRefusal::NoSession => {
                self.leave(*session, Departure::Lost);
            }
            (GuestsEvent::Left { session, why, .. }, _) => self.leave(*session, *why),
            (
                GuestsEvent::Muted {
                    session, is_muted, ..
                },
                _,
            ) => {
                let here = self.here.get(session);
                if let Some(queue) = here.and_then(|here| here.queue.as_ref()) {
                    let words = text::guest_is_muted(self.config.lang, *is_muted);
                    queue.push(&guest_lines::muted(*is_muted, &words));
                }
            }
            (GuestsEvent::LinkWanted, _) => self.renew(),
            _ => {}
        }
    }

    /// Ends the stream of a guest who is not here any more.
    fn leave(&mut self, session: GuestSession, why: Departure) {
        self.files.leave(session);
        if let Some(queue) = self.here.remove(&session).and_then(|here| here.queue) {
            let words = text::guest_is_out(self.config.lang, why);
            queue.push(&guest_lines::ended(why, words));
            queue.close();
        }
    }

    /// Keeps a line for guests whose stream breaks.
    fn hold(&mut self, line: &Arc<str>) {
        self.held_bytes += line.len();
        self.held.push_back(Arc::clone(line));
        while self.held.len() > HELD_MAX || self.held_bytes > HELD_MAX_BYTES {
            let Some(oldest) = self.held.pop_front() else {
                break;
            };
            self.held_bytes -= oldest.len();
            self.first_held += 1;
        }
    }

    /// Ends all streams.
    pub fn finish(&mut self) {
        let sessions: Vec<GuestSession> = self.here.keys().copied().collect();
        for session in sessions {
            self.leave(session, Departure::Closed);
        }
    }
}

impl Face for GuestFace {
    fn show(&mut self, told: &Told) {
        if told.room != self.config.room {
            return;
        }
        if self.show_files(told) {
            return;
        }
        if let News::Guests(event) = &told.news {
            return self.show_event(told.request, event);
        }
        if let News::Media(event) = &told.news
            && let MediaEvent::Roles(state) = &**event
        {
            return self.mute_all(state.muted_by.is_some());
        }
        // What somebody is told again is nothing new.
        let is_answer = told.request.is_some() && is_answer(&told.news);
        if is_answer {
            return;
        }
        if let Some(seen) = line_of(&told.news) {
            let line = self.lines.seen(&seen);
            self.show_line(&line);
        }
        let asked = told.request.and_then(|request| self.asked.remove(&request));
        if let Some((_, answering)) = asked {
            answering.answer(lines::said().as_bytes().to_vec());
        }
    }

    /// Forgets who waits for an answer no more.
    fn flush(&mut self) {
        self.asked
            .retain(|_, (_, answering)| answering.is_awaited());
    }

    fn next(&mut self) -> Option<Request> {
        self.waiting.pop_front()
    }

    /// Guests may come as long as the program runs.
    fn is_over(&self) -> bool {
        false
    }
}

/// What a refusal means to the page.
pub(super) fn refused(why: &GuestRefusal) -> Refused {
    match why {
        GuestRefusal::WrongLink | GuestRefusal::NoSession => Refused::NotHere,
        GuestRefusal::TooFast => Refused::TooFast,
        GuestRefusal::TooLong { .. } => Refused::TooLong,
        GuestRefusal::Full { .. } | GuestRefusal::Closed => Refused::NoRoom,
        GuestRefusal::Kicked(_) => Refused::SentAway,
        _ => Refused::Wrong,
    }
}
