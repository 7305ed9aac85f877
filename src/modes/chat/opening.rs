//! What `chat` may wait for before it can enter rooms: a person who types a passphrase, and files,
//! which may be pipes or lie on a slow disk. A thread of its own waits; at the start, a signal
//! leaves it behind.

use std::io::{self, ErrorKind, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use super::driver::Event;
use super::secret::{self, Room};
use crate::chat::command::RequestId;
use crate::chat::rooms::RoomNumber;
use crate::cli::{ChatSettings, RoomChoice, RoomSecret};
use crate::clock::Clock;
use crate::error::{Error, StoreError};
use crate::protocol::wire::seal::Seal;
use crate::store::identity::{Identity, Who, random};
use crate::store::open_rooms::{self, OpenRoom};
use crate::store::sessions::{SessionFile, Sessions};
use crate::terminal::screen::is_hangup;
use crate::terminal::secret_prompter::SecretPrompter;
use crate::terminal::signals::Signal;
use crate::text::Lang;

/// Longest time that the opening of a room takes, so that a key file that is a pipe to which nobody
/// writes keeps no other room waiting.
const OPENING_MAX: Duration = Duration::from_secs(30);

/// The rooms of the start, and who we are in them.
pub(super) struct Opened {
    /// At least one.
    pub(super) rooms: Vec<Room>,
    /// Rooms of last time that cannot be opened again, and why.
    pub(super) failed: Vec<(OpenRoom, Error)>,
    pub(super) identity: Identity,
    /// The number of our session.
    pub(super) session: u64,
    /// Whether the rooms that are open at the end are opened at the next start.
    pub(super) is_remembered: bool,
}

/// A room that was asked for while others are open.
pub(super) struct RoomOpened {
    /// Who asked for it.
    pub(super) request: RequestId,
    /// In which room.
    pub(super) from: RoomNumber,
    /// What was asked for.
    pub(super) choice: RoomChoice,
    /// Whether its secret was typed just now.
    pub(super) is_typed: bool,
    /// The room, and this member's session in it.
    pub(super) room: Result<(Room, Session), Error>,
}

/// A session in a room that is entered later.
pub(super) struct Session {
    pub(super) number: u64,
    /// Marks it as running, where that can be.
    pub(super) file: Option<SessionFile>,
}

impl Session {
    /// Takes the mark away once the room is left, without keeping anybody waiting for the disk.
    pub(super) fn end(self) {
        if let Some(file) = self.file {
            // Without a thread the mark stays: the next start then replaces a session that is over.
            let close = thread::Builder::new().name("closer".into());
            let _ = close.spawn(move || file.close());
        }
    }
}

/// What a room that is entered later is opened with.
pub(super) struct Opener {
    pub(super) lang: Lang,
    /// Where running sessions are marked.
    pub(super) sessions: Sessions,
    /// Held by each thread that opens a room, so that they are counted.
    pub(super) running: Arc<()>,
    pub(super) tell: Sender<Event>,
}

/// How the opening ended.
pub(super) enum Opening {
    /// Everything is there.
    Opened(Box<Opened>),
    /// A signal came first.
    Signalled(Signal),
}

/// Opens the rooms and the identity that were asked for, unless a signal comes first: then the
/// terminal is as it was found, and whatever keeps the thread waiting is left to the system.
/// `events` has nothing yet but signals and what the thread sends to `tell`.
///
/// # Errors
/// Those of the files, the terminal and the key, and the system's refusal of a thread.
pub(super) fn open(
    settings: &ChatSettings,
    lang: Lang,
    tell: &Sender<Event>,
    events: &Receiver<Event>,
) -> Result<Opening, Error> {
    let prompter = SecretPrompter::default();
    let (choices, who) = (settings.rooms.clone(), settings.who.clone());
    // A script's rooms are those that it names; the person's are another matter.
    let is_person = io::stdin().is_terminal();
    let is_remembered = settings.may_reopen && is_person && matches!(who, Who::User);
    let (asks, tell) = (prompter.clone(), tell.clone());
    let work = move || {
        let opened = || {
            let (rooms, failed) = match is_remembered {
                true => open_again(&choices, lang, &asks)?,
                false => (open_all(&choices, lang, &asks)?, Vec::new()),
            };
            let session = new_session()?;
            let identity = Identity::open(&who, session).map_err(Error::Identity)?;
            Ok(Box::new(Opened {
                rooms,
                failed,
                identity,
                session,
                is_remembered,
            }))
        };
        // After a signal nobody listens.
        let _ = tell.send(Event::Opened(opened()));
    };
    let opener = thread::Builder::new().name("opener".into()).spawn(work);
    opener.map_err(Error::Connection)?;
    match events.recv().ok() {
        Some(Event::Opened(opened)) => match opened {
            Ok(opened) => Ok(Opening::Opened(opened)),
            // A terminal that vanished fails before its hangup is told.
            Err(Error::Input(cause)) if is_hangup(&cause) => Ok(Opening::Signalled(Signal::Hangup)),
            // Ctrl-C, where the terminal makes no signal of it.
            Err(Error::Input(cause)) if cause.kind() == ErrorKind::Interrupted => {
                Ok(Opening::Signalled(Signal::Interrupt))
            }
            Err(error) => Err(error),
        },
        Some(Event::Signal(signal)) => {
            prompter.close();
            Ok(Opening::Signalled(signal))
        }
        // Nothing else runs yet, and the thread of the signals never ends.
        _ => Err(Error::Identity(ErrorKind::BrokenPipe.into())),
    }
}

/// Opens a room beside others, on a thread of its own: nobody is asked. What takes too long is told
/// as an error; its thread is left to the system.
///
/// # Errors
/// The system's refusal of a thread.
pub(super) fn open_room(
    choice: RoomChoice,
    (request, from, is_typed): (RequestId, RoomNumber, bool),
    opener: Opener,
) -> Result<(), Error> {
    let Opener {
        lang,
        sessions,
        running,
        tell,
    } = opener;
    let prompter = SecretPrompter::default();
    let (done, outcome) = mpsc::channel();
    let (wanted, asks) = (choice.clone(), prompter.clone());
    let read = move || {
        // Whoever waited may have given up.
        let _ = done.send(secret::open(&wanted, lang, &asks));
        drop(running);
    };
    let reader = thread::Builder::new().name("opener".into()).spawn(read);
    reader.map_err(Error::Connection)?;
    let work = move || {
        let room = outcome.recv_timeout(OPENING_MAX).unwrap_or_else(|_| {
            prompter.close();
            Err(never_delivered(&choice))
        });
        let room = room.and_then(|room| {
            let number = new_session()?;
            let file = sessions.begin(number, Some(&Seal::new(&room.key).room_tag()));
            Ok((room, Session { number, file }))
        });
        let opened = RoomOpened {
            request,
            from,
            choice,
            is_typed,
            room,
        };
        // After the end nobody listens.
        let _ = tell.send(Event::RoomOpened(Box::new(opened)));
    };
    let waiter = thread::Builder::new().name("waiter".into()).spawn(work);
    waiter.map_err(Error::Connection)?;
    Ok(())
}

/// Why a room was not opened in time: its file is the only thing that may take for ever.
fn never_delivered(choice: &RoomChoice) -> Error {
    let late = io::Error::from(ErrorKind::TimedOut);
    match &choice.secret {
        RoomSecret::KeyFile(path) | RoomSecret::InviteFile(path) => {
            StoreError::secret(path)(late).into()
        }
        _ => Error::Connection(late),
    }
}

fn open_all(
    choices: &[RoomChoice],
    lang: Lang,
    prompter: &SecretPrompter,
) -> Result<Vec<Room>, Error> {
    let rooms = choices.iter();
    rooms.map(|it| secret::open(it, lang, prompter)).collect()
}

/// The rooms of last time, or the ones of a first time; and those that cannot be opened.
#[expect(
    clippy::type_complexity,
    reason = "it has one caller, which takes it apart"
)]
fn open_again(
    choices: &[RoomChoice],
    lang: Lang,
    prompter: &SecretPrompter,
) -> Result<(Vec<Room>, Vec<(OpenRoom, Error)>), Error> {
    let (mut rooms, mut failed) = (Vec::new(), Vec::new());
    // Whatever is wrong with the file, it is replaced once the rooms change.
    for open in open_rooms::read().unwrap_or_default() {
        match secret::reopen(&open, lang, prompter) {
            Ok(room) => rooms.push(room),
            Err(error) => failed.push((open, error)),
        }
    }
    if rooms.is_empty() {
        rooms = open_all(choices, lang, prompter)?;
    }
    Ok((rooms, failed))
}

/// The number of a new session: when it starts, to the millisecond, and 22 random bits.
pub(super) fn new_session() -> Result<u64, Error> {
    let low = u32::from_be_bytes(random().map_err(Error::Identity)?);
    let wall_ms = Clock::start().now().wall_ms;
    let chance = u64::from(low) & ((1 << 22) - 1);
    Ok((wall_ms / 1000) << 32 | (wall_ms % 1000) << 22 | chance)
}
