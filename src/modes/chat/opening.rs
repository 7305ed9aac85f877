//! What the start of `chat` may wait for: a person who types a passphrase, and files, which may be
//! pipes or lie on a slow disk. A thread of its own waits, and a signal leaves it behind.

use std::io::ErrorKind;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;

use super::driver::Event;
use super::secret::{self, Room};
use crate::cli::ChatSettings;
use crate::clock::Clock;
use crate::error::Error;
use crate::store::identity::{Identity, random};
use crate::terminal::screen::is_hangup;
use crate::terminal::secret_prompter::SecretPrompter;
use crate::terminal::signals::Signal;
use crate::text::Lang;

/// A room, and who we are in it.
pub(super) struct Opened {
    pub(super) room: Room,
    pub(super) identity: Identity,
    /// The number of our session.
    pub(super) session: u64,
}

/// How the opening ended.
pub(super) enum Opening {
    /// Everything is there.
    Opened(Box<Opened>),
    /// A signal came first.
    Signalled(Signal),
}

/// Opens the room and the identity that were asked for, unless a signal comes first: then the
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
    let (name, who) = (settings.room.clone(), settings.who.clone());
    let (secret, text) = (settings.secret.clone(), settings.key_text);
    let (asks, tell) = (prompter.clone(), tell.clone());
    let work = move || {
        let room = secret::open(name, (&secret, text), lang, &asks);
        let opened = room.and_then(|room| {
            let session = new_session()?;
            let identity = Identity::open(&who, session).map_err(Error::Identity)?;
            Ok(Box::new(Opened {
                room,
                identity,
                session,
            }))
        });
        // After a signal nobody listens.
        let _ = tell.send(Event::Opened(opened));
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

/// The number of a new session: when it starts, to the millisecond, and 22 random bits.
fn new_session() -> Result<u64, Error> {
    let low = u32::from_be_bytes(random().map_err(Error::Identity)?);
    let wall_ms = Clock::start().now().wall_ms;
    let chance = u64::from(low) & ((1 << 22) - 1);
    Ok((wall_ms / 1000) << 32 | (wall_ms % 1000) << 22 | chance)
}
