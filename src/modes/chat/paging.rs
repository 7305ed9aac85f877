//! The page of `chat`: what opens it waits for files and sockets on a thread of its own, and the
//! loop adds it to its faces when it is there.

use std::io;
#[cfg(feature = "conference")]
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

#[cfg(feature = "conference")]
use super::calling::Calling;
use super::driver::{Driver, Event};
use crate::chat::command::PageAsk;
use crate::chat::guests::asks_first;
use crate::chat::rooms::RoomNumber;
use crate::cli::{Browser, ChatSettings, GuestSettings, PageKind, PagePort, PageSettings};
#[cfg(feature = "conference")]
use crate::clock::Clock;
use crate::error::Error;
use crate::face::Terminal;
use crate::face::web::{
    Audience, GuestFace, GuestFaceConfig, PageEvent, Server, TOKEN_BYTES, Token, WebFace, link,
    voice_link,
};
#[cfg(feature = "conference")]
use crate::net::conference::PeerId;
use crate::net::tcp::Listener;
#[cfg(feature = "conference")]
use crate::net::tls::Certificate;
use crate::store::identity::random;
use crate::store::page::{KeptPage, Redirect};
use crate::terminal::browser;
use crate::text::{self, Lang};

/// Ports that are tried from the first one on.
const PORTS: u16 = 100;

/// Where the page listens: nobody else's computer reaches it.
const LOOPBACK: &str = "127.0.0.1";

/// What the page's threads tell.
pub(super) enum PageNews {
    /// It is open, or cannot be.
    Opened(io::Result<Box<OpenPage>>),
    /// Guests can be let into a room, or cannot.
    GuestsOpened(RoomNumber, io::Result<Box<OpenGuests>>),
    /// Another token was made and kept.
    Renewed(io::Result<Token>),
    /// A page wants something.
    Event(PageEvent),
    /// The connections of the call report something.
    #[cfg(feature = "conference")]
    Conference,
    /// A page could not be connected.
    #[cfg(feature = "conference")]
    CallRefused(PeerId),
}

/// A page that is open.
pub(super) struct OpenPage {
    server: Server,
    address: Address,
    redirect: Option<Redirect>,
    /// Why it has another link next time, if it has.
    is_passing: Option<io::Error>,
}

/// A page for guests that is open.
pub(super) struct OpenGuests {
    server: Server,
    token: Token,
    /// Where telephones reach it.
    address: SocketAddr,
    /// The fingerprint of its certificate, if it has one.
    fingerprint: Option<String>,
}

/// Where a page is, and what keeps that.
#[derive(Clone)]
struct Address {
    port: u16,
    token: Token,
    kept: Arc<Mutex<Option<KeptPage>>>,
}

/// What the loop knows of the page.
pub(super) struct Paging {
    settings: PageSettings,
    lang: Lang,
    /// The short id of the person, whose page it is; `None` leaves no trace.
    person: Option<u64>,
    tell: Sender<Event>,
    address: Option<Address>,
    /// Takes the browser to it, until it is there.
    redirect: Option<Redirect>,
    is_opening: bool,
    guests: GuestSettings,
    /// The room whose guests are being let in.
    letting_in: Option<RoomNumber>,
    /// The room with a key of which it was said what it means to let guests in.
    warned: Option<RoomNumber>,
    #[cfg(feature = "conference")]
    pub(super) calling: Calling,
}

impl Paging {
    /// A page that is opened at once if it was asked for, and else when it is.
    pub(super) fn new(
        settings: &ChatSettings,
        lang: Lang,
        person: Option<u64>,
        tell: Sender<Event>,
    ) -> Self {
        let beside = PageSettings::beside_the_terminal(PagePort::DEFAULT);
        let mut paging = Self {
            settings: settings.page.unwrap_or(beside),
            lang,
            person,
            tell,
            address: None,
            redirect: None,
            is_opening: false,
            guests: settings.guests,
            letting_in: None,
            warned: None,
            #[cfg(feature = "conference")]
            calling: Calling::default(),
        };
        if settings.page.is_some() {
            paging.open();
        }
        paging
    }

    /// Opens the page of a room's guests.
    fn open_guests(&mut self, room: RoomNumber) {
        self.letting_in = Some(room);
        let (guests, lang, tell) = (self.guests, self.lang, self.tell.clone());
        self.apart(move || {
            let opened = open_guests(guests, lang, tell);
            PageNews::GuestsOpened(room, opened.map(Box::new))
        });
    }

    fn open(&mut self) {
        if std::mem::replace(&mut self.is_opening, true) {
            return;
        }
        let (settings, lang, person) = (self.settings, self.lang, self.person);
        let tell = self.tell.clone();
        self.apart(move || PageNews::Opened(open(settings, lang, person, tell).map(Box::new)));
    }

    /// Does something that may wait on a thread of its own.
    fn apart(&self, work: impl FnOnce() -> PageNews + Send + 'static) {
        let tell = self.tell.clone();
        // After the end nobody listens.
        let work = move || drop(tell.send(Event::Page(work())));
        let started = thread::Builder::new()
            .name("page opener".into())
            .spawn(work);
        if let Err(error) = started {
            let news = PageNews::Opened(Err(error));
            let _ = self.tell.send(Event::Page(news));
        }
    }
}

impl Driver {
    /// Does what is asked of the page.
    pub(super) fn on_page_ask(&mut self, room: RoomNumber, ask: PageAsk) {
        match (ask, self.paging.address.clone()) {
            (PageAsk::LetGuestsIn, _) => self.let_guests_in(room),
            (_, None) => self.paging.open(),
            (PageAsk::Open | PageAsk::Call, Some(_)) => self.say_link(),
            (PageAsk::Renew, Some(address)) => {
                let renew = move || PageNews::Renewed(address.renew());
                self.paging.apart(renew);
            }
        }
    }

    /// Lets guests into a room: into one at a time, and into one that has a key only after it was
    /// said what that means.
    pub(super) fn let_guests_in(&mut self, room: RoomNumber) {
        let guests_room = self.face.room_of_guests();
        if let Some(other) = guests_room.or(self.paging.letting_in) {
            if other != room {
                let name = self.rooms.states().find(|state| state.number == other);
                let name = name.map(|state| state.name).unwrap_or_default();
                self.face.say(&text::guests_are_elsewhere(self.lang, &name));
            }
            return;
        }
        let Some(state) = self.rooms.states().find(|state| state.number == room) else {
            return;
        };
        if asks_first(state.is_keyed) && self.paging.warned.replace(room) != Some(room) {
            self.face
                .say(&text::guests_in_keyed_room(self.lang, &state.name));
            self.face.say(&text::guests_need_a_yes(self.lang));
            return;
        }
        self.paging.open_guests(room);
    }

    /// Takes in what the page's threads tell.
    ///
    /// # Errors
    /// That there is no page, where there is nothing else.
    pub(super) fn on_page(&mut self, news: PageNews) -> Result<(), Error> {
        match news {
            PageNews::Opened(opened) => {
                self.paging.is_opening = false;
                match opened {
                    Ok(page) => self.add_page(*page),
                    Err(cause) if self.paging.settings.terminal == Terminal::Faults => {
                        let address = self.paging.settings.port.address(LOOPBACK);
                        return Err(Error::Listen { address, cause });
                    }
                    Err(cause) => self.say_no_page(&cause),
                }
            }
            PageNews::GuestsOpened(room, Ok(page)) => self.add_guests(room, *page),
            PageNews::GuestsOpened(_, Err(cause)) => {
                self.paging.letting_in = None;
                let cause = text::cause(self.lang, &cause);
                self.face
                    .say_on_terminal(&text::no_guest_page(self.lang, &cause));
            }
            PageNews::Renewed(Ok(token)) => {
                if let Some(address) = &mut self.paging.address {
                    address.token = token.clone();
                }
                self.face.renew_page(token);
                self.say_link();
            }
            PageNews::Renewed(Err(cause)) => self.say_no_page(&cause),
            #[cfg(feature = "conference")]
            PageNews::Conference => self.on_conference(),
            #[cfg(feature = "conference")]
            PageNews::CallRefused(peer) => self.lose_page(self.clock.now(), peer),
            PageNews::Event(PageEvent::Call(caller, ask, answering)) => {
                self.on_call(caller, ask, answering);
            }
            PageNews::Event(event) => {
                if let (PageEvent::Opened(_), Some(redirect)) =
                    (&event, self.paging.redirect.take())
                {
                    // The browser is there. The file goes on a thread that may wait for the disk.
                    let _ = thread::Builder::new().spawn(move || drop(redirect));
                }
                self.face.handle_page(event);
            }
        }
        Ok(())
    }

    fn add_page(&mut self, page: OpenPage) {
        let face = WebFace::new(page.server, self.lang, self.face.rooms());
        self.face.add_page(face);
        self.paging.address = Some(page.address);
        self.paging.redirect = page.redirect;
        self.say_link();
        if let Some(cause) = page.is_passing {
            let cause = text::cause(self.lang, &cause);
            self.face
                .say_on_terminal(&text::page_is_passing(self.lang, &cause));
        }
    }

    fn add_guests(&mut self, room: RoomNumber, page: OpenGuests) {
        self.paging.letting_in = None;
        // The room may have been left meanwhile.
        let Some(state) = self.rooms.states().find(|state| state.number == room) else {
            return;
        };
        let GuestSettings { most, history, .. } = self.paging.guests;
        let config = GuestFaceConfig {
            server: page.server,
            lang: self.lang,
            room,
            room_name: state.name,
            address: page.address,
            fingerprint: page.fingerprint,
            most,
            history,
        };
        self.face.add_guests(GuestFace::new(config, &page.token));
    }

    fn say_link(&mut self) {
        if let Some(Address { port, token, .. }) = &self.paging.address {
            let link = link_of(self.paging.settings.kind, *port, token);
            let sentence = text::page_is_at(self.lang, &link);
            self.face.say_on_terminal(&sentence);
        }
    }

    fn say_no_page(&mut self, cause: &io::Error) {
        let cause = text::cause(self.lang, cause);
        self.face.say_on_terminal(&text::no_page(self.lang, &cause));
    }
}

impl Address {
    /// Another token, which is kept before it holds.
    fn renew(self) -> io::Result<Token> {
        let token = Token::of(&random()?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &mut *kept {
            kept.keep(self.port, token.digits())?;
        }
        Ok(token)
    }
}

/// Opens the page. Waits for files.
fn open(
    settings: PageSettings,
    lang: Lang,
    person: Option<u64>,
    tell: Sender<Event>,
) -> io::Result<OpenPage> {
    let (mut kept, mut is_passing) = match person.map(KeptPage::open) {
        None | Some(Ok(None)) => (None, None),
        Some(Ok(kept)) => (kept, None),
        Some(Err(error)) => (None, Some(error)),
    };
    let last = kept.as_ref().and_then(|kept| kept.port);
    let listener = listen(settings.port, last)?;
    let port = listener.address()?.port();
    let token = kept.as_ref().and_then(|kept| kept.token.as_deref());
    let token = match token.and_then(|token| Token::parse(token)) {
        Some(token) => token,
        None => Token::of(&random::<TOKEN_BYTES>()?),
    };
    if let Some(Err(error)) = kept.as_mut().map(|kept| kept.keep(port, token.digits())) {
        is_passing = Some(error);
    }
    let tell_event = move |event| tell.send(Event::Page(PageNews::Event(event))).is_ok();
    let server = Server::start(listener, Audience::Person, token.clone(), lang, tell_event)?;
    let redirect = match settings.browser {
        // Whoever leaves no trace opens the link by hand.
        Browser::Opened if person.is_some() && browser::has_display() => {
            show(&link_of(settings.kind, port, &token))
        }
        Browser::Opened | Browser::ByLink => None,
    };
    Ok(OpenPage {
        server,
        address: Address {
            port,
            token,
            kept: Arc::new(Mutex::new(kept)),
        },
        redirect,
        is_passing,
    })
}

/// Opens the page for guests. Waits for the list of interfaces.
fn open_guests(guests: GuestSettings, lang: Lang, tell: Sender<Event>) -> io::Result<OpenGuests> {
    let listener = match guests.address {
        Some(address) => Listener::open(Some(&address.ip().to_string()), address.port())?,
        None => first_free("0.0.0.0", GuestSettings::FIRST_PORT)?,
    };
    let reached = listener.reached_at()?;
    let outside = reached.iter().find(|address| !address.ip().is_loopback());
    let address = outside.or(reached.first()).copied();
    let address = address.ok_or(io::ErrorKind::AddrNotAvailable)?;
    let token = Token::of(&random::<TOKEN_BYTES>()?);
    let tell_event = move |event| tell.send(Event::Page(PageNews::Event(event))).is_ok();
    let server = Server::start(listener, Audience::Guests, token.clone(), lang, tell_event)?;
    let fingerprint = match guests.has_tls {
        true => Some(certify(&server, &reached)?),
        false => None,
    };
    Ok(OpenGuests {
        server,
        token,
        address,
        fingerprint,
    })
}

/// Lets a page speak TLS at its addresses, too, with a certificate for the day. Returns its
/// fingerprint.
#[cfg(feature = "conference")]
fn certify(server: &Server, reached: &[SocketAddr]) -> io::Result<String> {
    let addresses: Vec<IpAddr> = reached.iter().map(SocketAddr::ip).collect();
    let certificate = Certificate::for_a_day(&addresses, Clock::start().now().wall_ms)?;
    let fingerprint = certificate.fingerprint().to_owned();
    server.certify(certificate);
    Ok(fingerprint)
}

/// Without calls there is nobody to be heard by.
#[cfg(not(feature = "conference"))]
fn certify(_: &Server, _: &[SocketAddr]) -> io::Result<String> {
    Err(io::ErrorKind::Unsupported.into())
}

fn link_of(kind: PageKind, port: u16, token: &Token) -> String {
    match kind {
        PageKind::Rooms => link(port, token),
        PageKind::Voice => voice_link(port, token),
    }
}

/// Takes the person's browser to a link. Where that cannot be done, the link is printed as always.
fn show(link: &str) -> Option<Redirect> {
    let redirect = Redirect::to(link).ok()?;
    browser::open(redirect.path()).ok()?;
    Some(redirect)
}

/// Listens where the page is wanted.
fn listen(wanted: PagePort, last: Option<u16>) -> io::Result<Listener> {
    let open = |port| Listener::open(Some(LOOPBACK), port);
    let first = match wanted {
        PagePort::At(port) => return open(port),
        PagePort::From(first) => first,
    };
    if let Some(listener) = last.and_then(|last| open(last).ok()) {
        return Ok(listener);
    }
    first_free(LOOPBACK, first)
}

/// Listens at the first port of an address that is free.
fn first_free(address: &str, first: u16) -> io::Result<Listener> {
    let mut failed = io::ErrorKind::AddrInUse.into();
    for port in first..first.saturating_add(PORTS) {
        match Listener::open(Some(address), port) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => failed = error,
            outcome => return outcome,
        }
    }
    Err(failed)
}
