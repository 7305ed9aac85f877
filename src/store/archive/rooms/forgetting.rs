//! What another program has forgotten meanwhile: the rooms that this one is in forget it too.

use std::time::{Duration, Instant};

use super::Rooms;
use crate::chat::archive::RoomReply;
use crate::chat::archive::record::Forgotten;
use crate::clock::monotonic;
use crate::store::archive::file::Fault;
use crate::store::archive::first;
use crate::store::archive::write::Horizons;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// When it was looked last, and what the file was like then.
#[derive(Debug)]
pub(super) struct Watch {
    next_look: Instant,
    /// SQLite's number for what others have written.
    version: Option<i64>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            next_look: monotonic() + LOOK_EVERY,
            version: None,
        }
    }

    pub(super) fn next_time(&self) -> Instant {
        self.next_look
    }
}

impl Rooms {
    /// Tells each room what of it was forgotten by others since the last look.
    pub(super) fn look_for_forgotten(&mut self, now: Instant) {
        if now < self.watch.next_look {
            return;
        }
        self.watch.next_look = now + LOOK_EVERY;
        // What is wrong with the file, whoever writes it is told.
        let _ = self.tell_forgotten();
    }

    fn tell_forgotten(&mut self) -> Result<(), Fault> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let version = first(file, "PRAGMA data_version", [])?;
        if self.watch.version == version {
            return Ok(());
        }
        let mut news = Vec::new();
        for (room, entered) in &mut self.entered {
            let (Some(number), Some(known)) = (entered.number, &mut entered.forgotten) else {
                continue;
            };
            let all = Horizons::of(file, number)?.into_list();
            let is_new = |it: &Forgotten| {
                let is_older = |known: &Forgotten| {
                    known.author == it.author && known.until_clock >= it.until_clock
                };
                !known.iter().any(is_older)
            };
            let since: Vec<Forgotten> = all.iter().filter(|it| is_new(it)).copied().collect();
            *known = all;
            if !since.is_empty() && !entered.is_left {
                news.push((*room, since));
            }
        }
        self.watch.version = version;
        for (room, forgotten) in news {
            self.reply(room, RoomReply::Forgotten(forgotten));
        }
        Ok(())
    }
}
