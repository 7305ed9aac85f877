//! The picture of the clipboard, on its way to be offered: other programs are asked for it, and it
//! becomes a file, on a thread of its own.

use std::io;
use std::thread;
use std::time::Duration;

use super::driver::{Driver, Event};
use crate::chat::command::RequestId;
use crate::chat::rooms::RoomNumber;
use crate::clock::WallClock;
use crate::store::files::{Received, Upload};
use crate::terminal::clipboard::{self, ClipboardFault};
use crate::text;

/// Most pictures of the clipboard that are offered at a time.
const KEPT_MAX: usize = 64;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Pasting {
    /// The files, for as long as the program runs.
    kept: Vec<Received>,
    is_busy: bool,
}

/// What came of asking the clipboard.
pub(super) type Pasted = Result<Received, PasteFault>;

/// Why no picture of the clipboard is offered.
#[derive(Debug)]
pub(super) enum PasteFault {
    /// There is none, or it cannot be read.
    Clipboard(ClipboardFault),
    /// It cannot become a file.
    Disk(io::Error),
}

impl Driver {
    /// Asks for the picture of the clipboard, to offer it in a room.
    pub(super) fn paste(&mut self, room: RoomNumber) {
        if self.pasting.kept.len() >= KEPT_MAX || self.pasting.is_busy {
            let busy = io::ErrorKind::ResourceBusy.into();
            return self.say_not_pasted(&PasteFault::Disk(busy));
        }
        self.pasting.is_busy = true;
        let wall_ms = self.clock.now().wall_ms;
        let mut clock = WallClock::default();
        let stamp = clock.at(Duration::from_millis(wall_ms));
        // The seconds, without what no file's name has.
        let time: String = stamp.rfc3339.chars().take(19).collect();
        let name = text::pasted_name(self.lang, &time.replace('T', " ").replace(':', "-"));
        let tell = self.tell.clone();
        let work = move || drop(tell.send(Event::Pasted(room, read(&name))));
        let started = thread::Builder::new().name("clipboard".into()).spawn(work);
        if let Err(error) = started {
            self.on_pasted(room, Err(PasteFault::Disk(error)));
        }
    }

    /// Takes in what came of it.
    pub(super) fn on_pasted(&mut self, room: RoomNumber, pasted: Pasted) {
        self.pasting.is_busy = false;
        match pasted {
            Ok(received) => {
                let path = received.path().to_owned();
                self.pasting.kept.push(received);
                self.offer_file(RequestId::default(), room, (path, None));
            }
            Err(fault) => self.say_not_pasted(&fault),
        }
    }

    fn say_not_pasted(&mut self, fault: &PasteFault) {
        let why = match fault {
            PasteFault::Clipboard(fault) => text::clipboard_fault(self.lang, fault),
            PasteFault::Disk(error) => text::cause(self.lang, error),
        };
        self.face
            .say_on_terminal(&text::cannot_paste(self.lang, &why));
    }
}

fn read(name: &str) -> Pasted {
    let picture = clipboard::picture().map_err(PasteFault::Clipboard)?;
    let write = || {
        let mut upload = Upload::begin(name)?;
        upload.write(&picture)?;
        Ok(upload.end())
    };
    write().map_err(PasteFault::Disk)
}
