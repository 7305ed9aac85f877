//! The loop of `chat`: it moves datagrams, lines, answers and time between the room and the world,
//! by one small match over what the room puts out. It waits for its channel and for nothing else.

use std::io;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

#[cfg(feature = "bridge")]
use super::bridging::{Bridging, LinksDriven};
use super::filing::Filing;
use super::giving::Giving;
use super::joining::Joining;
use super::listening::Listening;
use super::member::Member;
use super::opening::{Opened, RoomOpened};
#[cfg(feature = "web")]
use super::paging::{PageNews, Paging};
use super::pasting::{Pasted, Pasting};
use crate::chat::command::{self, Asked, Command, Leave, RequestId};
use crate::chat::entry::{Entry, Request};
use crate::chat::event::{Failure, News, Told};
use crate::chat::rooms::{RoomNumber, Rooms};
use crate::chat::{Input, NetworkAsk, NetworkNews, Output};
use crate::cli::HistoryRooms;
use crate::clock::{Clock, Throttle};
use crate::error::Error;
use crate::face::{Face, Faces, failure};
use crate::modes::{Outcome, finish, output_failed};
use crate::net::group::{GroupOperation, Refusal};
use crate::net::group_sockets::{Families, GroupSockets};
use crate::net::socket_poller::{Batch, Wire};
use crate::protocol::engine::event::{Destination, Transmit};
use crate::protocol::time::Moment;
use crate::store::archive::{self, Archive, CLOSE_WAIT, SIGNALLED_CLOSE_WAIT};
use crate::store::files;
use crate::terminal::console::ConsoleEvent;
use crate::terminal::signals::Signal;
use crate::text::{self, Lang};

/// Most datagrams handed to the system at once.
const RUN_MAX: usize = 64;

/// Everything that the loop is told.
pub(super) enum Event {
    /// What the start waits for, told once before the loop runs.
    Opened(Result<Box<Opened>, Error>),
    /// A room that was asked for later.
    RoomOpened(Box<RoomOpened>),
    Console(ConsoleEvent),
    Signal(Signal),
    Heard(Batch),
    Deaf(io::Error),
    Archived(archive::Told),
    /// What the disk that holds files tells.
    Files(files::Told),
    Pasted(RoomNumber, Pasted),
    /// What came through a pipe to be offered was read.
    Spooled(io::Result<files::Spool>),
    /// What was taken for stdout was written there.
    Poured(io::Result<()>),
    #[cfg(feature = "web")]
    Page(PageNews),
    #[cfg(feature = "bridge")]
    Nats(crate::net::nats::NatsNews),
}

/// The loop's state.
pub(super) struct Driver {
    pub(super) lang: Lang,
    pub(super) clock: Clock,
    pub(super) rooms: Rooms,
    pub(super) member: Member,
    pub(super) joining: Joining,
    pub(super) sockets: GroupSockets,
    pub(super) face: Faces,
    #[cfg(feature = "web")]
    pub(super) paging: Paging,
    /// Where people are remembered, if they are.
    pub(super) archive: Option<Archive>,
    /// Which rooms are kept there.
    pub(super) kept: HistoryRooms,
    pub(super) filing: Filing,
    pub(super) giving: Giving,
    pub(super) pasting: Pasting,
    pub(super) listening: Listening,
    /// The plain wire of the lobby.
    pub(super) plain: SocketAddrV4,
    /// Where the threads tell what they have.
    pub(super) tell: Sender<Event>,
    /// The group as it is named in errors.
    pub(super) group: String,
    /// Whether what is said is shown: a keeper's talk is nobody's to read, unless a program asks.
    pub(super) shows_talk: bool,
    #[cfg(feature = "bridge")]
    pub(super) bridging: Bridging,
    pub(super) refusals: Throttle,
    pub(super) signal: Option<Signal>,
    /// Whether every room is being left.
    pub(super) is_leaving: bool,
    /// Whether somebody lacks something that was said in a room that was left.
    pub(super) is_undelivered: bool,
    /// Whether the end of the input was told to the room.
    pub(super) is_input_over: bool,
    /// Datagrams for the group that leave together.
    pub(super) run: Vec<Arc<[u8]>>,
    pub(super) run_to: RunTo,
}

/// Where datagrams go that leave together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunTo {
    /// To the group.
    Group(Families),
    /// To the group of files.
    Files,
}

/// How far the rooms are driven.
enum Driven {
    /// Until one wants to be driven again.
    Until(Option<Duration>),
    /// To the end of the last one.
    Ended,
}

impl Driver {
    /// Runs until this member has left.
    pub(super) fn run(mut self, events: &Receiver<Event>) -> Result<Outcome, Error> {
        let outcome = self.drive_until_end(events);
        self.face.flush();
        let wait = self.signal.map_or(CLOSE_WAIT, |_| SIGNALLED_CLOSE_WAIT);
        std::mem::take(&mut self.joining).close();
        std::mem::take(&mut self.filing).close();
        let close = |archive: Archive| archive.close(wait);
        if !self.archive.take().is_none_or(close) {
            let why = "the file is locked or slow".to_owned();
            self.fail(Failure::PeopleForgotten(why));
        }
        let outcome = finish(outcome, |signal| self.face.finish(signal));
        self.listening.end();
        self.giving.pour(outcome?, events)
    }

    fn drive_until_end(&mut self, events: &Receiver<Event>) -> Result<Outcome, Error> {
        loop {
            let now = self.clock.now();
            let has_read = self.read_lines(now);
            self.errand_on_time(now);
            self.rooms.handle(now, Input::Time);
            let until = match self.drive(now) {
                Driven::Until(until) => until,
                Driven::Ended => return self.end(),
            };
            if let Some(cause) = self.face.output_failure() {
                return output_failed(cause);
            }
            // More lines may wait that there was no room for.
            let event = match has_read {
                true => events.try_recv().ok(),
                false => self.next_event(events, until),
            };
            let now = self.clock.now();
            let signal = self.face.on_time(now.time);
            let ended = signal.and_then(|signal| self.on_signal(now, signal));
            let ended = match (ended, event) {
                (None, Some(event)) => self.handle(event)?,
                (ended, _) => ended,
            };
            if let Some(outcome) = ended {
                return Ok(outcome);
            }
        }
    }

    /// The next event, if one comes before something is due. What was shown is written meanwhile.
    fn next_event(&mut self, events: &Receiver<Event>, until: Option<Duration>) -> Option<Event> {
        if let Ok(event) = events.try_recv() {
            return Some(event);
        }
        self.face.flush();
        let now = self.clock.now().time;
        let due = [until, self.face.next_time(), self.giving.next_time()];
        let due = due.into_iter().flatten().min();
        match due {
            None => events.recv().ok(),
            Some(due) => events.recv_timeout(due.saturating_sub(now)).ok(),
        }
    }

    fn handle(&mut self, event: Event) -> Result<Option<Outcome>, Error> {
        let now = self.clock.now();
        match event {
            Event::Heard(batch) => {
                self.hear(now, &batch);
                self.listening.give_back(batch);
            }
            // It came before the loop.
            Event::Opened(_) => {}
            Event::Poured(poured) => self.on_poured(poured)?,
            Event::Files(told) => self.on_files(now, told),
            Event::Spooled(spool) => self.on_spooled(spool),
            Event::Pasted(room, pasted) => self.on_pasted(room, pasted),
            Event::RoomOpened(opened) => self.on_opened(now, *opened),
            Event::Archived(told) => self.on_told(now, told),
            #[cfg(feature = "web")]
            Event::Page(news) => self.on_page(news)?,
            #[cfg(feature = "bridge")]
            Event::Nats(news) => self.on_nats(news),
            Event::Signal(signal) => return Ok(self.on_signal(now, signal)),
            Event::Console(event) => {
                let signal = self.face.handle(now.time, event);
                return Ok(signal.and_then(|signal| self.on_signal(now, signal)));
            }
            Event::Deaf(cause) => {
                let group = self.group.clone();
                let refusal = Refusal::new(GroupOperation::Receive)(cause);
                return Err(Error::Group { group, refusal });
            }
        }
        Ok(None)
    }

    fn hear(&mut self, now: Moment, batch: &Batch) {
        self.sockets.learn(batch);
        for (wire, from, bytes) in batch.iter() {
            let input = match wire {
                Wire::Frames => Input::Frames { from, bytes },
                Wire::Unicast => Input::Unicast { from, bytes },
                Wire::Plain => Input::Plain { from, bytes },
            };
            self.rooms.handle(now, input);
        }
    }

    /// Says farewell at once. A second signal ends the program without one.
    fn on_signal(&mut self, now: Moment, signal: Signal) -> Option<Outcome> {
        if self.signal.replace(signal).is_some() {
            return Some(Outcome::Signalled(signal));
        }
        self.leave_all(now, RequestId::default(), Leave::Signal);
        None
    }

    /// Says that this program has no page.
    #[cfg(not(feature = "web"))]
    pub(super) fn on_page_ask(&mut self, _: RoomNumber, _: command::PageAsk) {
        self.face
            .say_on_terminal(&text::built_without_page(self.lang));
    }

    /// Takes typed lines while there is room for what they say. Returns whether there were any.
    ///
    /// The room's answers wait until it is driven. What is answered here must not overtake them,
    /// so that answers come in the order of the lines.
    fn read_lines(&mut self, now: Moment) -> bool {
        let (mut has_read, mut has_asked) = (false, false);
        while self.rooms.has_room()
            && let Some(Request {
                id: request,
                room,
                entry,
            }) = self.face.next()
        {
            has_read = true;
            if let (Entry::Say { text, .. }, true) = (&entry, self.giving.is_some()) {
                self.errand_answer(now, text);
                continue;
            }
            let asked = command::read(entry, |typed| self.clock.when(typed));
            let is_for_room = matches!(asked, Ok(Asked::Nothing | Asked::Command(_)));
            if !is_for_room && std::mem::take(&mut has_asked) {
                // The end, if this is one, is returned again when the loop drives the room.
                let _ = self.drive(now);
            }
            match asked {
                Ok(Asked::Nothing) => {}
                Ok(Asked::Help) => {
                    let help = text::commands(self.lang);
                    help.iter().for_each(|line| self.face.say_on_terminal(line));
                }
                Ok(Asked::ClearScreen) => self.face.clear_screen(),
                Ok(Asked::Page(ask)) => self.on_page_ask(room, ask),
                Ok(Asked::Send(to_send)) => self.send_files(request, room, to_send),
                Ok(Asked::Paste) => self.paste(room),
                Ok(Asked::View(which)) => self.face.view_file(room, which),
                Ok(Asked::Command(Command::Leave(leave))) => {
                    self.leave_all(now, request, leave);
                    has_asked = true;
                }
                Ok(Asked::Command(command)) => {
                    self.ask(now, request, room, command);
                    has_asked = true;
                }
                Ok(Asked::Rooms(command)) => self.on_rooms(now, (request, room), command),
                Ok(Asked::Answer(answer)) => self.on_answer(answer),
                Err(failure) => self.show(room, Some(request), News::Failed(failure)),
            }
        }
        if !self.is_input_over && self.face.is_over() {
            self.is_input_over = true;
            self.leave_all(now, RequestId::default(), Leave::EndOfInput);
        }
        has_read
    }

    fn ask(&mut self, now: Moment, request: RequestId, room: RoomNumber, command: Command) {
        // Nobody asked for this, so that nobody is told that the room was left meanwhile.
        let is_quiet = matches!(command, Command::MarkRead(_));
        let request_of = Input::Ask(request, command);
        if !self.rooms.handle_in(now, room, request_of) && !is_quiet {
            let failure = Failure::OtherRoom(room.to_string());
            self.show(room, Some(request), News::Failed(failure));
        }
    }

    /// Does everything that the rooms put out.
    fn drive(&mut self, now: Moment) -> Driven {
        loop {
            let (room, output) = self.rooms.poll(now);
            match output {
                Output::Send(transmit) => self.send(transmit),
                Output::Tell(told) => self.tell(&told),
                Output::Archive(request) => self.remember(now, room, request),
                Output::Files(request) => self.ask_disk(room, request),
                Output::Media(to_page) => self.on_to_page(room, to_page),
                Output::Network(ask) => self.on_ask(now, ask),
                Output::Ended(ended) => {
                    if self.on_left(room, ended) {
                        self.send_run();
                        return Driven::Ended;
                    }
                }
                Output::Wake(until) => {
                    if self.rooms.is_empty() {
                        return Driven::Ended;
                    }
                    #[cfg(feature = "bridge")]
                    let until = match self.drive_links(now) {
                        LinksDriven::Again => continue,
                        LinksDriven::Until(at) => [until, at].into_iter().flatten().min(),
                    };
                    self.send_run();
                    return Driven::Until(until);
                }
            }
        }
    }

    fn tell(&mut self, told: &Told) {
        let is_talk = matches!(
            told.news,
            News::Message(_) | News::Guest(_) | News::Recent(_)
        );
        if self.shows_talk || !is_talk {
            self.face.show(told);
        }
        if matches!(told.news, News::Alone { .. }) && self.rooms.is_first(told.room) {
            self.hint_at_network();
        }
        self.files_on(told);
        self.on_call_told(told);
    }

    /// Sends a datagram; frames for the group leave in runs.
    fn send(&mut self, Transmit { to, bytes }: Transmit) {
        match to {
            Destination::Group => self.send_in_run(RunTo::Group(Families::Preferred), bytes),
            Destination::Everywhere => self.send_in_run(RunTo::Group(Families::Both), bytes),
            Destination::Files => self.send_in_run(RunTo::Files, bytes),
            Destination::Plain => {
                let refusals = self.sockets.send_to_plain(&bytes);
                self.tell_refusals(&refusals);
            }
            Destination::Member(to) => {
                // A member that cannot be reached now asks again.
                let _ = self.sockets.send_to_member(to, &bytes);
            }
        }
    }

    fn send_in_run(&mut self, to: RunTo, bytes: Arc<[u8]>) {
        if self.run.len() == RUN_MAX || to != self.run_to {
            self.send_run();
            self.run_to = to;
        }
        self.run.push(bytes);
    }

    fn send_run(&mut self) {
        if self.run.is_empty() {
            return;
        }
        let datagrams: Vec<&[u8]> = self.run.iter().map(AsRef::as_ref).collect();
        let refusals = match self.run_to {
            RunTo::Group(families) => self.sockets.send_to_group(&datagrams, families),
            RunTo::Files => self.sockets.send_to_files(&datagrams),
        };
        self.run.clear();
        self.tell_refusals(&refusals);
    }

    fn tell_refusals(&mut self, refusals: &[Refusal]) {
        // An interface that vanished refuses every datagram.
        if let Some(refusal) = refusals.first()
            && self.refusals.ask().is_some()
        {
            self.tell_refusal(refusal);
        }
    }

    pub(super) fn tell_refusal(&mut self, refusal: &Refusal) {
        let failure = failure::of_refusal(&self.group, refusal);
        let news = NetworkNews::Refused(failure);
        self.rooms.handle(self.clock.now(), Input::Network(news));
    }

    fn on_ask(&mut self, now: Moment, ask: NetworkAsk) {
        match ask {
            NetworkAsk::Rejoin => self.sockets.rejoin(),
            NetworkAsk::IgnoreOwn => self.sockets.ignore_itself(),
            NetworkAsk::JoinFiles => {
                self.tell_files_refusal();
                let refusals = self.sockets.join_files();
                self.tell_refusals(&refusals);
            }
            NetworkAsk::LeaveFiles => self.sockets.leave_files(),
            NetworkAsk::Rescan => match self.sockets.rescan() {
                Ok(changes) => self.on_changes(now, changes),
                Err(cause) => self.fail(Failure::Interfaces((&cause).into())),
            },
        }
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        let room = self.first_room();
        self.show(room, None, News::Failed(failure));
    }

    fn end(&mut self) -> Result<Outcome, Error> {
        if let Some(signal) = self.signal {
            return Ok(Outcome::Signalled(signal));
        }
        self.face.end().map_err(Error::Input)?;
        if let Some(outcome) = self.errand_outcome() {
            return Ok(outcome);
        }
        match self.is_undelivered {
            true => Ok(Outcome::Incomplete),
            false => Ok(Outcome::Done),
        }
    }
}
