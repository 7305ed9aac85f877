//! Opening the file, and what is done when it cannot be used.

use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;

use super::Rooms;
use crate::chat::archive::RoomReply;
use crate::clock::monotonic;
use crate::store::archive::file::{self, Fault};
use crate::store::archive::mend::{Mended, mend};
use crate::store::archive::{FilePlace, Notice, Told, index, write};

/// How often a file is mended because it is damaged. A disk that spoils each is not written any
/// more.
const DAMAGES_MAX: u32 = 3;

/// Pause before a file that could not be written is tried again.
const RETRY_WAIT: Duration = Duration::from_secs(5);

impl Rooms {
    /// Opens the file, unless it is open, and gives numbers there to all rooms that have none.
    pub(super) fn open(&mut self) -> Result<(), Fault> {
        let Some(place) = self.place.clone() else {
            return Ok(());
        };
        if self.file.is_none() {
            let (file, is_new) = match open_file(&place) {
                Err(Fault::Damaged(why)) => {
                    if self.mend_file(&place)? == Mended::Sound {
                        return Err(Fault::Other(why));
                    }
                    let (file, _) = open_file(&place)?;
                    (file, false)
                }
                opened => opened?,
            };
            if is_new {
                (self.tell)(Told::Notice(Notice::Begun(place.path)));
            }
            let is_renewed = index::renewed_until(&file)?.is_some();
            self.renew_at = is_renewed.then(monotonic);
            self.file = Some(file);
            // Those of the file that was here before.
            self.entered.values_mut().for_each(|it| it.number = None);
        }
        if let Some(file) = &self.file {
            for entered in self.entered.values_mut() {
                if entered.number.is_none() {
                    entered.number = Some(write::room(file, &entered.place)?);
                }
            }
        }
        Ok(())
    }

    pub(super) fn on_fault(&mut self, fault: &Fault) {
        match fault {
            Fault::Damaged(_) if self.file.is_some() && self.damages < DAMAGES_MAX => {
                self.damages += 1;
                self.file = None;
                if let Err(again) = self.mend() {
                    self.on_fault(&again);
                }
            }
            fault if fault.may_pass() => {
                if *fault != Fault::Full {
                    self.file = None;
                }
                self.retry_at = Some(monotonic() + RETRY_WAIT);
                // Another process that holds the file lets it go.
                if *fault != Fault::Busy {
                    self.lag.fail(&fault.words());
                    self.tell_failing();
                }
            }
            fault => {
                if let Some(place) = self.place.take() {
                    let (path, fault) = (place.path, fault.clone());
                    (self.tell)(Told::Notice(Notice::Unusable { path, fault }));
                }
                self.file = None;
                self.searcher = None;
                self.drop_waiting();
                self.reply_to_all(&RoomReply::Unusable);
                self.entered.clear();
            }
        }
    }

    fn mend(&mut self) -> Result<(), Fault> {
        if let Some(place) = self.place.clone() {
            self.mend_file(&place)?;
        }
        self.open()
    }

    /// Mends the file, which no connection of this program has open, and tells what was done.
    fn mend_file(&mut self, place: &FilePlace) -> Result<Mended, Fault> {
        if let Some(searcher) = self.searcher.take() {
            searcher.close();
        }
        // What the searcher found meanwhile was found in the damaged file.
        self.is_damaged.store(false, Ordering::Relaxed);
        let mended = mend(&place.path)?;
        let from = place.path.clone();
        match &mended {
            Mended::Sound => {}
            Mended::Index => {
                (self.tell)(Told::Notice(Notice::IndexRenewed(from)));
            }
            Mended::Moved(to) => {
                let to = to.clone();
                (self.tell)(Told::Notice(Notice::MovedAside { from, to }));
                self.reply_to_all(&RoomReply::Replaced);
            }
        }
        Ok(mended)
    }
}

/// Opens the file. Returns whether it is new.
fn open_file(place: &FilePlace) -> Result<(Connection, bool), Fault> {
    let (mut connection, is_new) = file::open(&place.path)?;
    index::renew_if_old(&mut connection)?;
    Ok((connection, is_new))
}
