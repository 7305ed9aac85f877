//! The page as a face of the rooms: it gives each stream the state of the rooms and then what
//! happens, takes in what pages ask for, and hands the answers over. Runs in the loop.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::asked::{self, Ask, HistoryAsk, OfferAsk, Said};
use super::lines::{self, Notes, RoomLines};
use super::pending::{Pendings, Subject};
use super::queue::Queue;
use super::server::{Answering, PageEvent, Refused, Server};
use super::token::Token;
use super::uploads::Uploads;
use crate::chat::command::{Command, RequestId};
use crate::chat::entry::{Entry, Request};
use crate::chat::event::{Failure, News, Told};
use crate::chat::rooms::{RoomNews, RoomNumber};
use crate::chat::transcript::Snapshot;
use crate::chat::transfer::FilesCommand;
use crate::chat::transfer::event::{FilesEvent, OfferState};
use crate::clock::Clock;
use crate::face::Face;
use crate::face::faces::{FIRST_OF_PAGE, is_answer, is_of_page};
use crate::face::json;
use crate::face::offers::Offers;
use crate::store::files::{Looker, Received};
use crate::text::{self, Lang};

/// A stream whose state is being gathered, or that is given what happens.
#[derive(Debug)]
struct Stream {
    queue: Arc<Queue>,
    /// The rooms' states that it still waits for.
    missing: Vec<(RequestId, RoomNumber)>,
    /// Whether it was told which rooms there are.
    has_begun: bool,
}

impl Stream {
    /// Whether it waits for the answer to a request.
    fn misses(&self, request: RequestId) -> bool {
        self.missing.iter().any(|(missing, _)| *missing == request)
    }
}

/// A part of a room's state.
enum StatePart<'n> {
    /// Who is here, and what was said.
    Talk(&'n Snapshot),
    /// What is offered.
    Files(&'n [OfferState]),
}

/// Most requests that wait for the room. Pages that ask more are told to wait.
pub(super) const WAITING_MAX: usize = 256;

/// See the file's head.
#[derive(Debug)]
pub struct WebFace {
    server: Server,
    lang: Lang,
    clock: Clock,
    rooms: BTreeMap<RoomNumber, RoomLines>,
    notes: Notes,
    streams: Vec<Stream>,
    waiting: VecDeque<Request>,
    pendings: Pendings,
    offers: Offers,
    uploads: Uploads,
    next: u64,
    /// The state of the call, for pages that come late.
    call: Option<Arc<str>>,
}

/// How long a line about the call matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallLine {
    /// Until the next one of the kind: it is the state.
    State,
    /// Now.
    Passing,
}

impl WebFace {
    /// A face whose pages come by a server, in rooms of these names.
    #[must_use]
    pub fn new(server: Server, lang: Lang, rooms: &BTreeMap<RoomNumber, String>) -> Self {
        let rooms = rooms.iter();
        Self {
            server,
            lang,
            clock: Clock::start(),
            rooms: rooms
                .map(|(number, name)| (*number, RoomLines::new(name, lang)))
                .collect(),
            notes: Notes::default(),
            streams: Vec::new(),
            waiting: VecDeque::new(),
            pendings: Pendings::default(),
            offers: Offers::default(),
            uploads: Uploads::default(),
            next: FIRST_OF_PAGE.0,
            call: None,
        }
    }

    /// Reads files that are here with this.
    pub fn set_looker(&mut self, looker: Looker) {
        self.offers.set_looker(looker);
    }

    /// Another token holds from now on: pages that have the old one are shut out.
    pub fn renew(&mut self, token: Token) {
        self.server.renew(token);
        self.close_streams();
    }

    /// Takes in what a page wants.
    pub fn handle(&mut self, event: PageEvent) {
        match event {
            PageEvent::Opened(queue) => self.open(queue),
            // Guests have a face of their own, and calls are the program's.
            PageEvent::Guest(..) | PageEvent::Call(..) => {}
            PageEvent::Asked(_, answering) | PageEvent::Offered(_, _, answering)
                if self.waiting.len() >= WAITING_MAX =>
            {
                let words = text::page_comes_too_early(self.lang);
                answering.refuse(Refused::NoRoom, words);
            }
            PageEvent::Asked(Ask::Say(line), answering) => self.take_line(line, answering),
            PageEvent::Asked(Ask::History(ask), answering) => self.take_history(ask, answering),
            PageEvent::Offered(ask, received, answering) => {
                self.take_file(ask, received, answering);
            }
            PageEvent::Wanted(offer, finding) => {
                if let Some(held) = self.offers.by_id(offer) {
                    finding.found(held);
                }
            }
        }
    }

    /// What is told of a request, as its answer says it.
    fn as_answer<'n>(&self, request: RequestId, news: &'n News) -> Cow<'n, News> {
        match news {
            News::Found(found) if self.pendings.subject(request) == Subject::History => {
                Cow::Owned(News::Message(lines::as_history(&found.message)))
            }
            News::Searched { count, has_more } => Cow::Owned(News::Searched {
                count: *count,
                has_more: *has_more || self.pendings.is_cut(request),
            }),
            other => Cow::Borrowed(other),
        }
    }

    /// Shows a sentence beside the rooms.
    pub fn say(&mut self, sentence: &str) {
        let line = lines::note(sentence);
        self.notes.keep(&line);
        self.push(&line);
    }

    /// Gives all pages a line about the call.
    pub fn tell_of_call(&mut self, line: String, kind: CallLine) {
        let line: Arc<str> = line.into();
        self.push(&line);
        if kind == CallLine::State {
            self.call = Some(line);
        }
    }

    /// Ends all streams behind what was shown.
    pub fn finish(&mut self) {
        self.push(&lines::ended());
        self.close_streams();
    }

    fn close_streams(&mut self) {
        self.streams
            .drain(..)
            .for_each(|stream| stream.queue.close());
    }

    fn push(&self, line: &Arc<str>) {
        self.streams
            .iter()
            .for_each(|stream| stream.queue.push(line));
    }

    fn request(&mut self, room: RoomNumber, entry: Entry) -> RequestId {
        let id = RequestId(self.next);
        self.next += 1;
        self.waiting.push_back(Request { id, room, entry });
        id
    }

    /// Asks for the state of every room, for a stream that is new or lacks something.
    fn open(&mut self, queue: Arc<Queue>) {
        let rooms: Vec<RoomNumber> = self.rooms.keys().copied().collect();
        let mut missing = Vec::new();
        for room in rooms {
            let list = Command::Files(FilesCommand::List);
            for command in [Command::Snapshot, list] {
                let entry = Entry::Direct(Box::new(command));
                missing.push((self.request(room, entry), room));
            }
        }
        let is_older = |stream: &Stream| Arc::ptr_eq(&stream.queue, &queue);
        self.forget(|stream| is_older(stream) || stream.queue.is_closed());
        self.streams.push(Stream {
            queue,
            missing,
            has_begun: false,
        });
    }

    /// Whether a stream waits for the answer to a request.
    fn is_missed(&self, request: RequestId) -> bool {
        self.streams.iter().any(|stream| stream.misses(request))
    }

    /// Forgets streams, and what was asked for them.
    fn forget(&mut self, is_over: impl Fn(&Stream) -> bool) {
        let waiting = &mut self.waiting;
        self.streams.retain(|stream| {
            let is_over = is_over(stream);
            if is_over {
                waiting.retain(|request| !stream.misses(request.id));
            }
            !is_over
        });
    }

    /// Gives a stream a part of a room's state, which begins the stream if it is the first one.
    fn send_state(&mut self, room: RoomNumber, request: RequestId, part: &StatePart<'_>) {
        let count = self.rooms.len();
        let is_meant = |stream: &&mut Stream| stream.misses(request);
        let Some(stream) = self.streams.iter_mut().find(is_meant) else {
            return;
        };
        if !std::mem::replace(&mut stream.has_begun, true) {
            stream.queue.restart();
            let names = self.rooms.values().map(RoomLines::name);
            stream.queue.push(&lines::begun(names));
        }
        stream.missing.retain(|(missing, _)| *missing != request);
        let Some(room) = self.rooms.get_mut(&room) else {
            return;
        };
        let push = |line: String| stream.queue.push(&line.into());
        match part {
            StatePart::Talk(snapshot) => {
                room.state(snapshot, count).into_iter().for_each(push);
            }
            StatePart::Files(states) => {
                let lines = room.files(states, &self.offers, count);
                lines.into_iter().for_each(push);
            }
        }
        if stream.missing.is_empty() {
            let all = self.notes.all().chain(&self.call);
            all.for_each(|line| stream.queue.push(line));
            stream.queue.push(&lines::live());
        }
    }

    /// Offers a file that has come.
    fn take_file(&mut self, ask: OfferAsk, received: Received, answering: Answering) {
        let entry = Uploads::entry(&received);
        let Some(entry) = entry.filter(|_| self.uploads.have_room()) else {
            let words = text::page_comes_too_early(self.lang);
            return answering.refuse(Refused::NoRoom, words);
        };
        let (room, entry) = self.meant(ask.room, entry);
        let request = self.request(room, entry);
        self.uploads.keep(request, received);
        self.pendings.wait(request, None, Subject::Other, answering);
    }

    /// Forgets a room that was left: no stream waits for its state.
    fn leave(&mut self, number: RoomNumber) {
        self.rooms.remove(&number);
        self.offers.forget(number);
        self.waiting.retain(|request| request.room != number);
        for stream in &mut self.streams {
            let missed = stream.missing.len();
            stream.missing.retain(|(_, room)| *room != number);
            let is_last = missed > 0 && stream.missing.is_empty();
            if is_last && stream.has_begun {
                let all = self.notes.all().chain(&self.call);
                all.for_each(|line| stream.queue.push(line));
                stream.queue.push(&lines::live());
            }
        }
    }

    fn take_line(&mut self, line: String, answering: Answering) {
        let Said { entry, id, room } = asked::said(line);
        if asked::asks_for_help(&entry) {
            let help = text::commands(self.lang);
            let help = help.iter().map(|line| lines::note(line));
            return answering.answer(help.flat_map(|line| line.as_bytes().to_vec()).collect());
        }
        let is_answered = entry != Entry::Nothing && !asked::leaves(&entry);
        let (room, entry) = self.meant(room, entry);
        let request = self.request(room, entry);
        match is_answered {
            true => self.pendings.wait(request, id, Subject::Other, answering),
            false => answering.answer(Vec::new()),
        }
    }

    fn take_history(&mut self, mut ask: HistoryAsk, answering: Answering) {
        let room = ask.room.take();
        let subject = match ask.is_search() {
            true => Subject::Other,
            false => Subject::History,
        };
        let entry = match ask.command(|typed| self.clock.when(typed)) {
            Ok(command) => Entry::Direct(Box::new(command)),
            Err(failure) => Entry::Flawed(failure),
        };
        let (room, entry) = self.meant(room, entry);
        let request = self.request(room, entry);
        self.pendings.wait(request, None, subject, answering);
    }

    /// The number of a named room, or of the first one, and what is asked of it.
    fn meant(&self, name: Option<String>, entry: Entry) -> (RoomNumber, Entry) {
        let Some(name) = name else {
            let first = self.rooms.keys().next().copied();
            return (first.unwrap_or(RoomNumber::FIRST), entry);
        };
        let mut rooms = self.rooms.iter();
        match rooms.find(|(_, room)| room.name() == name) {
            Some((number, _)) => (*number, entry),
            None => (RoomNumber::FIRST, Entry::Flawed(Failure::OtherRoom(name))),
        }
    }

    fn show_in_room(&mut self, told: &Told) {
        self.forget(|stream| stream.queue.is_closed());
        let request = told.request.filter(|request| is_of_page(*request));
        self.uploads.follow(request, &told.news);
        if let News::Files(happened) = &told.news {
            self.offers.follow(told.room, happened);
        }
        match (&told.news, request) {
            (News::Snapshot(snapshot), Some(request)) => {
                let part = StatePart::Talk(snapshot);
                return self.send_state(told.room, request, &part);
            }
            (News::Files(happened), Some(request)) if self.is_missed(request) => {
                if let FilesEvent::List(states) = &**happened {
                    let part = StatePart::Files(states);
                    self.send_state(told.room, request, &part);
                }
                return;
            }
            (News::Snapshot(_), None) => return,
            (news, _) if !json::is_told(news) => return,
            (news, None) if told.request.is_some() && is_answer(news) => return,
            (News::Room(RoomNews::Joined { name, .. }), _) => {
                let room = RoomLines::new(name, self.lang);
                self.rooms.insert(told.room, room);
            }
            _ => {}
        }
        let is_kept = match &told.news {
            News::Guest(_) | News::Delivered(_) => true,
            // The room does not keep it: whoever reconnects would lack it.
            News::Message(message) => message.is_private,
            _ => false,
        };
        if request.is_none() && self.streams.is_empty() && !is_kept {
            return;
        }
        let news = match request {
            Some(request) => self.as_answer(request, &told.news),
            None => Cow::Borrowed(&told.news),
        };
        let name = request.and_then(|request| self.pendings.name_of(request));
        let Some(room) = self.rooms.get_mut(&told.room) else {
            return;
        };
        let line: Arc<str> = room.line(name, &news).into();
        if is_kept {
            self.notes.keep(&line);
        }
        let is_taken = request.is_some_and(|request| self.pendings.take(request, &line));
        if !(is_taken && is_answer(&news)) {
            self.push(&line);
        }
    }
}

impl Face for WebFace {
    fn show(&mut self, told: &Told) {
        self.show_in_room(told);
        if matches!(told.news, News::Room(RoomNews::Parted)) {
            self.leave(told.room);
        }
    }

    fn flush(&mut self) {
        self.pendings.settle();
    }

    fn next(&mut self) -> Option<Request> {
        self.pendings.settle();
        self.waiting.pop_front()
    }

    /// A page may come as long as the program runs.
    fn is_over(&self) -> bool {
        false
    }
}
