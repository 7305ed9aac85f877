//! All faces of the rooms as one: the terminal's, and the page's while it is open. What happens is
//! shown to each of them; what one of them asked for is answered to that one alone.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

#[cfg(feature = "conference")]
use super::web::CallLine;
#[cfg(feature = "web")]
use super::web::{GuestFace, PageEvent, Token, WebFace};
use super::{Face, RoomFace};
use crate::chat::command::RequestId;
use crate::chat::entry::Request;
use crate::chat::event::{GuestsEvent, News, Timing, Told};
#[cfg(feature = "conference")]
use crate::chat::guests::GuestSession;
use crate::chat::media::MediaEvent;
use crate::chat::rooms::{RoomNews, RoomNumber};
use crate::chat::transfer::WhichOffer;
use crate::chat::transfer::event::FilesEvent;
use crate::store::files::Looker;
use crate::terminal::console::ConsoleEvent;
use crate::terminal::screen::qr_code;
use crate::terminal::signals::Signal;
use crate::text::Lang;

/// The first request of a page: those of a terminal count its lines, and are below.
pub(super) const FIRST_OF_PAGE: RequestId = RequestId(1 << 63);

/// The first request of guests.
#[cfg(feature = "web")]
pub(super) const FIRST_OF_GUESTS: RequestId = RequestId(1 << 63 | 1 << 62);

/// How many faces there may be: the terminal's, the page's, and guests'.
#[cfg(feature = "web")]
const FACES: usize = 3;

/// What the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Terminal {
    /// The rooms.
    #[default]
    Rooms,
    /// Only what goes wrong: the rooms are on the page.
    Faults,
}

/// See the file's head.
pub struct Faces {
    terminal: RoomFace,
    shown: Terminal,
    /// The names of the rooms that are open, for a page that comes late.
    rooms: BTreeMap<RoomNumber, String>,
    /// What reads files that are here, once there are any.
    looker: Looker,
    #[cfg(feature = "web")]
    page: Option<Box<WebFace>>,
    #[cfg(feature = "web")]
    guests: Option<Box<GuestFace>>,
    /// Which face is asked next, so that none waits for all of another's requests.
    #[cfg(feature = "web")]
    turn: usize,
}

impl Faces {
    /// The face of the terminal alone, before any room is open.
    #[must_use]
    pub fn new(terminal: RoomFace, shown: Terminal) -> Self {
        Self {
            terminal,
            shown,
            rooms: BTreeMap::new(),
            looker: Looker::of_nothing(),
            #[cfg(feature = "web")]
            page: None,
            #[cfg(feature = "web")]
            guests: None,
            #[cfg(feature = "web")]
            turn: 0,
        }
    }

    /// The names of the rooms that are open.
    #[must_use]
    pub fn rooms(&self) -> &BTreeMap<RoomNumber, String> {
        &self.rooms
    }

    /// Reads files that are here with this, to show them or to hand them to browsers.
    pub fn set_looker(&mut self, looker: Looker) {
        #[cfg(feature = "web")]
        {
            let page = self.page.iter_mut();
            page.for_each(|page| page.set_looker(looker.clone()));
            let guests = self.guests.iter_mut();
            guests.for_each(|guests| guests.set_looker(looker.clone()));
        }
        self.terminal.set_looker(looker.clone());
        self.looker = looker;
    }

    /// Shows a file that is here on the terminal.
    pub fn view_file(&mut self, room: RoomNumber, which: WhichOffer) {
        self.terminal.view_file(room, which);
    }

    /// Shows the rooms on a page, too.
    #[cfg(feature = "web")]
    pub fn add_page(&mut self, mut page: WebFace) {
        page.set_looker(self.looker.clone());
        self.page = Some(Box::new(page));
    }

    /// Shows a room to guests, too.
    #[cfg(feature = "web")]
    pub fn add_guests(&mut self, mut guests: GuestFace) {
        guests.set_looker(self.looker.clone());
        self.guests = Some(Box::new(guests));
    }

    /// The room whose guests have a page.
    #[cfg(feature = "web")]
    #[must_use]
    pub fn room_of_guests(&self) -> Option<RoomNumber> {
        self.guests.as_ref().map(|guests| guests.room())
    }

    /// Whether there is a page.
    #[cfg(feature = "web")]
    #[must_use]
    pub fn has_page(&self) -> bool {
        self.page.is_some()
    }

    /// Another token holds for the page from now on.
    #[cfg(feature = "web")]
    pub fn renew_page(&mut self, token: Token) {
        if let Some(page) = &mut self.page {
            page.renew(token);
        }
    }

    /// Takes in what a page wants.
    #[cfg(feature = "web")]
    pub fn handle_page(&mut self, event: PageEvent) {
        match (event, &mut self.page, &mut self.guests) {
            (PageEvent::Guest(session, ask), _, Some(guests)) => guests.handle(session, ask),
            (PageEvent::Guest(..), _, None) => {}
            (event, Some(page), _) => page.handle(event),
            (_, None, _) => {}
        }
    }

    /// Takes in what a thread of the terminal reports. Returns the signal that a key stands for.
    pub fn handle(&mut self, now: Duration, event: ConsoleEvent) -> Option<Signal> {
        self.terminal.handle(now, event)
    }

    /// When [`Faces::on_time`] is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.terminal.next_time()
    }

    /// Takes in that time has passed. Returns the signal that a key stands for.
    pub fn on_time(&mut self, now: Duration) -> Option<Signal> {
        self.terminal.on_time(now)
    }

    /// Whether a person can be asked something because of a request, or of nobody's: only whoever
    /// is at a terminal can be.
    #[must_use]
    pub fn can_ask(&self, request: Option<RequestId>) -> bool {
        let is_of_terminal = !request.is_some_and(is_of_page);
        is_of_terminal && self.shown == Terminal::Rooms && self.terminal.can_ask()
    }

    /// The language in which causes stand in what is shown: that of the log for a program.
    #[must_use]
    pub fn lang_of_causes(&self, lang: Lang) -> Lang {
        self.terminal.lang_of_causes(lang)
    }

    /// Says a sentence beside what is shown, on every face.
    pub fn say(&mut self, sentence: &str) {
        self.terminal.say(sentence);
        #[cfg(feature = "web")]
        if let Some(page) = &mut self.page {
            page.say(sentence);
        }
    }

    /// Gives all pages a line about the call: the state of it, which later pages are given too, or
    /// something that passes.
    #[cfg(feature = "conference")]
    pub fn tell_pages_of_call(&mut self, line: String, kind: CallLine) {
        if let Some(page) = &mut self.page {
            page.tell_of_call(line, kind);
        }
    }

    /// Gives guests' pages the state of the call.
    #[cfg(feature = "conference")]
    pub fn tell_guests_of_call(&mut self, line: String) {
        if let Some(guests) = &mut self.guests {
            guests.tell_of_call(line);
        }
    }

    /// Whether a guest is here.
    #[cfg(feature = "conference")]
    #[must_use]
    pub fn has_guest(&self, session: GuestSession) -> bool {
        let guests = self.guests.as_ref();
        guests.is_some_and(|guests| guests.is_here(session))
    }

    /// Says a sentence on the terminal alone.
    pub fn say_on_terminal(&mut self, sentence: &str) {
        self.terminal.say(sentence);
    }

    /// Clears the terminal's screen.
    pub fn clear_screen(&self) {
        self.terminal.clear_screen();
    }

    /// Why the terminal takes no more, returned once.
    pub fn output_failure(&mut self) -> Option<io::Error> {
        self.terminal.output_failure()
    }

    /// How the terminal's input ended, returned once.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn end(&mut self) -> io::Result<()> {
        self.terminal.end()
    }

    /// Ends the page, puts the terminal back, and waits until everything is written.
    ///
    /// # Errors
    /// Those of writing to the terminal.
    pub fn finish(&mut self, signal: Option<Signal>) -> io::Result<()> {
        #[cfg(feature = "web")]
        if let Some(mut page) = self.page.take() {
            page.finish();
        }
        #[cfg(feature = "web")]
        if let Some(mut guests) = self.guests.take() {
            guests.finish();
        }
        self.terminal.finish(signal)
    }

    /// Shows guests what happens in their room. When that is left, they have no page any more.
    #[cfg(feature = "web")]
    fn show_guests(&mut self, told: &Told) {
        if let Some(guests) = &mut self.guests {
            guests.show(told);
        }
        let is_over = matches!(told.news, News::Room(RoomNews::Parted));
        if let Some(mut guests) = self
            .guests
            .take_if(|guests| is_over && guests.room() == told.room)
        {
            guests.finish();
        }
    }

    fn show_on_terminal(&mut self, told: &Told) {
        let is_fault = || {
            matches!(
                told.news,
                News::Failed(_)
                    | News::Undelivered(_)
                    | News::NoNetwork
                    | News::OwnKeyElsewhere(_)
                    | News::Equivocation(_)
                    | News::Guests(_)
            )
        };
        if self.shown == Terminal::Rooms || is_fault() {
            self.terminal.show(told);
        }
        if let News::Guests(GuestsEvent::Opened { url, .. }) = &told.news {
            // A telephone's camera reads it.
            for row in qr_code(url) {
                self.terminal.say(&row);
            }
        }
    }
}

impl Face for Faces {
    fn show(&mut self, told: &Told) {
        match &told.news {
            News::Room(RoomNews::Joined { name, .. }) => {
                self.rooms.insert(told.room, name.clone());
            }
            News::Room(RoomNews::Parted) => drop(self.rooms.remove(&told.room)),
            _ => {}
        }
        #[cfg(feature = "web")]
        self.show_guests(told);
        if told.news.is_for_server() {
            return;
        }
        #[cfg(feature = "web")]
        if let Some(page) = &mut self.page {
            page.show(told);
        }
        match told.request.filter(|request| is_of_page(*request)) {
            None => self.show_on_terminal(told),
            // What a page has done is news here, and what it asked is not.
            Some(_) if is_answer(&told.news) => {}
            Some(_) => {
                let told = Told {
                    request: None,
                    ..told.clone()
                };
                self.show_on_terminal(&told);
            }
        }
    }

    fn flush(&mut self) {
        self.terminal.flush();
        #[cfg(feature = "web")]
        if let Some(page) = &mut self.page {
            page.flush();
        }
        #[cfg(feature = "web")]
        if let Some(guests) = &mut self.guests {
            guests.flush();
        }
    }

    fn next(&mut self) -> Option<Request> {
        #[cfg(feature = "web")]
        for _ in 0..FACES {
            self.turn = (self.turn + 1) % FACES;
            let next = match self.turn {
                0 => self.page.as_mut().and_then(|page| page.next()),
                1 => self.guests.as_mut().and_then(|guests| guests.next()),
                _ => self.terminal.next(),
            };
            if next.is_some() {
                return next;
            }
        }
        self.terminal.next()
    }

    fn is_over(&self) -> bool {
        self.terminal.is_over()
    }
}

/// Whether a request came from a page.
pub(super) fn is_of_page(request: RequestId) -> bool {
    request >= FIRST_OF_PAGE
}

/// Whether an event only answers somebody, and changes nothing for others.
pub(super) fn is_answer(news: &News) -> bool {
    match news {
        News::Members(_)
        | News::Fingerprints(_)
        | News::Snapshot(_)
        | News::Code { .. }
        | News::VerifyAsked(_)
        | News::Failed(_)
        | News::IgnoreList(_)
        | News::Stats(_)
        | News::Found(_)
        | News::Searched { .. }
        | News::Guests(GuestsEvent::List { .. })
        | News::Room(RoomNews::List(_) | RoomNews::Switched | RoomNews::Asked(_)) => true,
        News::Message(message) => message.timing == Timing::History,
        News::Media(event) => matches!(
            **event,
            MediaEvent::List(_)
                | MediaEvent::RolesList(_)
                | MediaEvent::MutedForAll(_)
                | MediaEvent::Refused(_)
        ),
        News::Files(happened) => {
            matches!(**happened, FilesEvent::List(_) | FilesEvent::Refused(_))
        }
        _ => false,
    }
}
