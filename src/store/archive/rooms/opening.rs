//! Opening the file, and what is done when it cannot be used.

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
        let Some(place) = &self.place else {
            return Ok(());
        };
        if self.file.is_none() {
            let (file, is_new) = match open_file(place) {
                Err(Fault::Damaged(why)) => {
                    let mended = mend(&place.path)?;
                    if mended == Mended::Sound {
                        return Err(Fault::Other(why));
                    }
                    self.tell_mended(place, mended);
                    let (file, _) = open_file(place)?;
                    (file, false)
                }
                opened => opened?,
            };
            if is_new {
                (self.tell)(Told::Notice(Notice::Begun(place.path.clone())));
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
                self.searcher = None;
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
        if let Some(place) = &self.place {
            self.tell_mended(place, mend(&place.path)?);
        }
        self.open()
    }

    fn tell_mended(&self, place: &FilePlace, mended: Mended) {
        let path = place.path.clone();
        let notice = match mended {
            Mended::Sound => return,
            Mended::Index => Notice::IndexRenewed(path),
            Mended::Moved(to) => Notice::MovedAside { from: path, to },
        };
        let is_new = matches!(notice, Notice::MovedAside { .. });
        (self.tell)(Told::Notice(notice));
        if is_new {
            self.reply_to_all(&RoomReply::Replaced);
        }
    }
}

/// Opens the file. Returns whether it is new.
fn open_file(place: &FilePlace) -> Result<(Connection, bool), Fault> {
    let (mut connection, is_new) = file::open(&place.path)?;
    index::renew_if_old(&mut connection)?;
    Ok((connection, is_new))
}
