//! `chat`: everyone talks, everyone hears; and `keep`, the same without a person. The keyboard, the
//! signals, the sockets, the outputs and the store have a thread each, which only block and send;
//! one loop drives the room, as the simulator does. What the start may wait for has a thread too,
//! which a signal leaves behind.

mod archiving;
#[cfg(feature = "bridge")]
mod bridging;
#[cfg(feature = "conference")]
mod calling;
mod driver;
mod errand;
mod filing;
mod giving;
mod joining;
mod listening;
mod member;
mod networking;
#[cfg(not(feature = "conference"))]
mod no_calling;
mod opening;
#[cfg(feature = "web")]
mod paging;
mod pasting;
mod secret;
#[cfg(feature = "bridge")]
mod servers;

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};

use self::driver::{Driver, Event, RunTo};
use self::giving::Giving;
use self::joining::Joining;
use self::listening::Listening;
use self::member::Member;
use self::opening::{Opened, Opening};
#[cfg(feature = "web")]
use self::paging::Paging;
use self::secret::Room;
use super::Outcome;
use crate::chat::command::{PageAsk, commands};
use crate::chat::entry::Syntax;
use crate::chat::rooms::{RoomNumber, Rooms};
#[cfg(unix)]
use crate::cli::Display;
use crate::cli::{ChatSettings, HistoryRooms, InputPolicy};
use crate::clock::{Clock, Throttle};
use crate::error::{Error, RoomFault};
#[cfg(unix)]
use crate::face::tui::{self, ScreenFace, ScreenFaceConfig};
use crate::face::{ConsoleFace, FaceConfig, Faces, RoomFace};
use crate::net::group_sockets::{Families, GroupSockets};
use crate::net::interfaces;
use crate::net::program_pages::release_when_settled;
use crate::protocol::wire::frame::durable::Role;
#[cfg(feature = "web")]
use crate::store::identity::Who;
use crate::terminal::console::{ConsoleConfig, PastePolicy};
use crate::terminal::screen::Form;
use crate::terminal::signals;
use crate::text::{self, Lang};

/// Talks until the farewell, the end of the input, or a signal.
pub(super) fn run(settings: &ChatSettings, lang: Lang) -> Result<Outcome, Error> {
    let (tell, events) = mpsc::channel();
    let tell_signal = tell.clone();
    signals::watch(move |signal| drop(tell_signal.send(Event::Signal(signal))))
        .map_err(Error::Signals)?;
    let group = &settings.group;
    if !group.interfaces.is_empty() {
        // A name that nothing has is a mistake; one that comes and goes later is not.
        interfaces::choose(&group.interfaces, group.frames).map_err(Error::Interfaces)?;
    }
    let opened = match opening::open(settings, lang, &tell, &events)? {
        Opening::Opened(opened) => opened,
        Opening::Signalled(signal) => return Ok(Outcome::Signalled(signal)),
    };
    let outcome = talk(settings, lang, &opened, tell, &events);
    opened.identity.close();
    outcome
}

/// Talks in the rooms that are open.
fn talk(
    settings: &ChatSettings,
    lang: Lang,
    opened: &Opened,
    tell: Sender<Event>,
    events: &Receiver<Event>,
) -> Result<Outcome, Error> {
    let group = settings.group.frames.to_string();
    let refused = |refusal| Error::Group {
        group: group.clone(),
        refusal,
    };
    let mut address = settings.group.clone();
    let is_in_lobby = opened.rooms.iter().any(Room::is_lobby);
    address.plain = is_in_lobby.then_some(settings.plain);
    let sockets = GroupSockets::open(address).map_err(refused)?;
    let poller = sockets.poller().map_err(Error::Connection)?;
    let listening = Listening::start(poller, &tell)?;
    release_when_settled();
    let first = opened.rooms.first().ok_or(RoomFault::NoName)?;
    let archive = archiving::start(settings, &tell)?;
    let (giving, filing) = Giving::prepare(settings, lang)?;
    if settings.input == InputPolicy::Ignore {
        close_input().map_err(Error::Input)?;
    }
    let shown = settings
        .page
        .map_or_else(Default::default, |page| page.terminal);
    let terminal = face(settings, first, lang, tell.clone())?;
    let mut driver = Driver {
        lang,
        clock: Clock::start(),
        rooms: Rooms::default(),
        member: Member::new(settings, opened),
        joining: Joining::default(),
        sockets,
        face: Faces::new(terminal, shown),
        #[cfg(feature = "web")]
        paging: paging(settings, opened, lang, tell.clone()),
        archive,
        kept: settings.keeping.rooms,
        filing,
        giving,
        pasting: Default::default(),
        listening,
        plain: settings.plain,
        tell,
        group,
        shows_talk: shows_talk(settings),
        #[cfg(feature = "bridge")]
        bridging: bridging::Bridging::of(settings.bridge.as_ref()),
        refusals: Throttle::default(),
        signal: None,
        is_leaving: false,
        is_undelivered: false,
        // An input that is not read has no end that ends the chat.
        is_input_over: settings.input == InputPolicy::Ignore,
        run: Vec::new(),
        run_to: RunTo::Group(Families::Preferred),
    };
    driver.start(opened)?;
    #[cfg(feature = "bridge")]
    driver.connect(settings)?;
    if settings.guests.is_wanted {
        driver.on_page_ask(RoomNumber::FIRST, PageAsk::LetGuestsIn);
    }
    driver.run(events)
}

/// Whether what is said is shown: a member without a person, and one with an errand, does without.
fn shows_talk(settings: &ChatSettings) -> bool {
    match settings.role {
        Role::Bridge => false,
        Role::Keeper => settings.form == Form::Json,
        _ => settings.form == Form::Json || settings.errand.is_none(),
    }
}

/// The page, which is the same person's from one start to the next.
#[cfg(feature = "web")]
fn paging(settings: &ChatSettings, opened: &Opened, lang: Lang, tell: Sender<Event>) -> Paging {
    let identity = &opened.identity;
    let is_passing = settings.who == Who::Ephemeral || identity.is_passing.is_some();
    let person = (!is_passing).then(|| identity.signer.key().short());
    Paging::new(settings, lang, person, tell)
}

/// Puts an input that has ended in the place of stdin, which nobody is to read from.
fn close_input() -> io::Result<()> {
    #[cfg(unix)]
    {
        let (ended, _) = io::pipe()?;
        nix::unistd::dup2_stdin(ended)?;
    }
    Ok(())
}

/// How the person or program sees the room.
fn face(
    settings: &ChatSettings,
    room: &Room,
    lang: Lang,
    tell: Sender<Event>,
) -> Result<RoomFace, Error> {
    let tell = move |event| tell.send(Event::Console(event)).is_ok();
    #[cfg(unix)]
    if settings.display == Display::Screen && tui::is_possible() {
        let config = ScreenFaceConfig {
            lang,
            name: settings.name.to_string(),
            room: room.shown().to_owned(),
            color: settings.color,
            bell: settings.bell,
            scheme: settings.look.scheme,
            notices: settings.look.notices,
            takes_mouse: settings.look.takes_mouse,
            is_archived: settings.keeping.rooms != HistoryRooms::None,
            keeps_private: settings.keeping.rooms != HistoryRooms::None
                && settings.keeping.keeping.private,
        };
        return Ok(RoomFace::Screen(Box::new(ScreenFace::open(config, tell)?)));
    }
    let prompt = match settings.form {
        Form::Lines => format!("{}> ", settings.name),
        Form::Json => String::new(),
    };
    let paste = match settings.form {
        Form::Lines => PastePolicy::Ask {
            question: Box::new(move |lines| text::paste_question(lang, lines)),
            is_yes: text::is_yes,
        },
        // Each line is an object.
        Form::Json => PastePolicy::Lines,
    };
    let config = FaceConfig {
        console: ConsoleConfig {
            prompt,
            paste,
            lang,
        },
        form: settings.form,
        color: settings.color,
        room: Some(room.shown().to_owned()),
        syntax: match settings.input {
            InputPolicy::Ignore => Syntax::Unread,
            _ => Syntax::Commands,
        },
    };
    let mut face = ConsoleFace::open(config, tell)?;
    face.notice(settings.name.as_str(), settings.bell);
    face.complete(commands());
    if settings.errand.is_some() {
        face.follow_transfers();
    }
    Ok(RoomFace::Console(Box::new(face)))
}
