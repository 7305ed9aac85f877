//! `chat`: everyone talks, everyone hears; and `keep`, the same without a person. The keyboard, the
//! signals, the sockets, the outputs and the store have a thread each, which only block and send;
//! one loop drives the room, as the simulator does. What the start may wait for has a thread too,
//! which a signal leaves behind.

mod archiving;
mod driver;
mod opening;
#[cfg(feature = "web")]
mod paging;
mod secret;

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use self::driver::{Driver, Event};
use self::opening::{Opened, Opening};
#[cfg(feature = "web")]
use self::paging::Paging;
use self::secret::Room;
use super::Outcome;
use crate::chat::command::commands;
use crate::chat::entry::Syntax;
use crate::chat::event::News;
use crate::chat::guests::asks_first;
use crate::chat::{Chat, Config};
#[cfg(unix)]
use crate::cli::Display;
use crate::cli::{ChatSettings, InputPolicy};
use crate::clock::{Clock, Throttle};
use crate::error::Error;
#[cfg(unix)]
use crate::face::tui::{self, ScreenFace, ScreenFaceConfig};
use crate::face::{ConsoleFace, Face, FaceConfig, Faces, RoomFace, failure};
use crate::net::group_sockets::{Families, GroupSockets};
use crate::net::interfaces;
use crate::net::interrupter::Interrupter;
use crate::net::socket_poller::Batch;
use crate::protocol::engine::Setup;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::private::Secrets;
use crate::protocol::wire::seal::Seal;
use crate::store::archive::Archive;
#[cfg(feature = "web")]
use crate::store::identity::Who;
use crate::store::identity::random;
use crate::terminal::console::{ConsoleConfig, PastePolicy};
use crate::terminal::screen::Form;
use crate::terminal::signals;
use crate::text::{self, Lang};

/// Batches of datagrams between the thread that reads the sockets and the loop: it reads on while
/// the loop works, and no further ahead than the kernel's own buffer should hold.
const BATCHES: usize = 4;

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

/// Talks in a room that is open.
fn talk(
    settings: &ChatSettings,
    lang: Lang,
    opened: &Opened,
    tell: Sender<Event>,
    events: &Receiver<Event>,
) -> Result<Outcome, Error> {
    let Opened { room, identity, .. } = opened;
    let group = settings.group.frames.to_string();
    let refused = |refusal| Error::Group {
        group: group.clone(),
        refusal,
    };
    let sockets = GroupSockets::open(settings.group.clone()).map_err(refused)?;
    let (tickets, listener, interrupter) = listen(&sockets, &tell)?;
    let archive = archiving::start(settings, room, &tell)?;
    let clock = Clock::start();
    let chat = chat(settings, opened, archive.as_ref(), &clock, &sockets)?;
    if settings.input == InputPolicy::Ignore {
        close_input().map_err(Error::Input)?;
    }
    let shown = settings
        .page
        .map_or_else(Default::default, |page| page.terminal);
    let terminal = face(settings, room, lang, tell.clone())?;
    let mut face = Faces::new(terminal, shown, room.shown().to_owned());
    if settings.role == Role::Keeper {
        face.say(&text::keeping(lang, room.shown()));
    }
    if let Some(strength) = room.weakness {
        face.say(&text::weak_passphrase(lang, strength));
    }
    if let Some(error) = &identity.is_passing {
        face.say(&text::identity_is_passing(lang, &text::cause(lang, error)));
    }
    if let (Some(plain), Some(refusal)) = (settings.group.plain, sockets.plain_refusal()) {
        let failure = failure::of_refusal(&plain.to_string(), refusal);
        face.show(&News::Failed(failure).into());
        face.say(&text::without_plain(lang, plain.port()));
    }
    if settings.guests.is_wanted && asks_first(room.is_keyed) {
        face.say(&text::guests_in_keyed_room(lang, room.shown()));
        face.say(&text::guests_need_a_yes(lang));
    }
    let driver = Driver {
        lang,
        clock,
        chat,
        sockets,
        face,
        #[cfg(feature = "web")]
        paging: paging(settings, opened, lang, tell),
        archive,
        tickets,
        group,
        shows_talk: settings.role != Role::Keeper || settings.form == Form::Json,
        refusals: Throttle::default(),
        signal: None,
        // An input that is not read has no end that ends the chat.
        is_input_over: settings.input == InputPolicy::Ignore,
        run: Vec::new(),
        run_families: Families::Preferred,
    };
    let outcome = driver.run(events);
    drop(interrupter);
    let _ = listener.join();
    outcome
}

/// The page, which is the same person's from one start to the next.
#[cfg(feature = "web")]
fn paging(settings: &ChatSettings, opened: &Opened, lang: Lang, tell: Sender<Event>) -> Paging {
    let Opened { room, identity, .. } = opened;
    let is_passing = settings.who == Who::Ephemeral || identity.is_passing.is_some();
    let person = (!is_passing).then(|| identity.signer.key().short());
    let mut paging = Paging::new(settings, room.shown(), lang, person, tell);
    if settings.guests.is_wanted && !asks_first(room.is_keyed) {
        paging.let_guests_in();
    }
    paging
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

/// Starts the thread that reads the sockets. Returns where its empty batches go, the thread, and
/// what ends it when dropped.
fn listen(
    sockets: &GroupSockets,
    tell: &Sender<Event>,
) -> Result<(Sender<Batch>, JoinHandle<()>, Interrupter), Error> {
    let (poller, interrupter) = sockets.poller().map_err(Error::Connection)?;
    let (tickets, taken): (Sender<Batch>, Receiver<Batch>) = mpsc::channel();
    (0..BATCHES).for_each(|_| drop(tickets.send(Batch::default())));
    let tell = tell.clone();
    let listen = move || {
        let heard = poller.listen(&taken, |batch| tell.send(Event::Heard(batch)).is_ok());
        if let Err(error) = heard {
            let _ = tell.send(Event::Deaf(error));
        }
    };
    let listener = thread::Builder::new().name("sockets".into()).spawn(listen);
    let listener = listener.map_err(Error::Connection)?;
    Ok((tickets, listener, interrupter))
}

/// This member, new in its room.
fn chat(
    settings: &ChatSettings,
    opened: &Opened,
    archive: Option<&Archive>,
    clock: &Clock,
    sockets: &GroupSockets,
) -> Result<Chat, Error> {
    let Opened { room, identity, .. } = opened;
    let name = room.name.as_ref().map(Name::as_str);
    let setup = Setup {
        signer: identity.signer.clone(),
        session: opened.session,
        replaces: identity.replaces,
        role: settings.role,
        is_archived: archive.is_some_and(Archive::keeps_room),
        depth_bytes: settings.depth_bytes,
        name: settings.name.clone(),
        seal: Seal::new(&room.key).called(name),
        mirror_port: sockets.plain().map(|_| sockets.own_port()),
        link: Link::Unknown,
        seed: u64::from_be_bytes(random().map_err(Error::Identity)?),
        secrets: Secrets::new(random().map_err(Error::Identity)?.into()),
    };
    let config = Config {
        setup,
        room: name.map(str::to_owned),
        is_keyed: room.is_keyed,
        is_remembered: archive.is_some(),
        audience: settings.audience,
    };
    Ok(Chat::new(config, clock.now()))
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
        syntax: Syntax::Commands,
    };
    let mut face = ConsoleFace::open(config, tell)?;
    face.notice(settings.name.as_str(), settings.bell);
    face.complete(commands());
    Ok(RoomFace::Console(Box::new(face)))
}
