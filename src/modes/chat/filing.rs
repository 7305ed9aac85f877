//! The disk of `chat`: files that are to be offered are read and hashed, and what the rooms ask of
//! it is done. Its thread starts with the first of these, so that a chat without files has none.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::PathBuf;

use super::driver::{Driver, Event};
use crate::chat::Input;
use crate::chat::command::{Command, RequestId, ToSend};
use crate::chat::event::{Failure, News};
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::disk::{DiskFault, Reply, Request};
use crate::chat::transfer::event::{FilesEvent, Offered};
use crate::chat::transfer::offer::OfferKey;
use crate::chat::transfer::{FilesCommand, OfferId, Sharing};
use crate::cli::{AcceptFrom, Accepted, Consent, SharingSettings};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::ROOM_TAG_BYTES;
use crate::store::files::{self, CLOSE_WAIT, Files, Hashed, Memory, Pourer, ToOffer, Unfit};
use crate::store::identity::random;
use crate::terminal::raster;
use crate::text;

/// Files that are read at once because somebody wants to offer them.
const WISHES_MAX: usize = 64;

/// More wait for these, and further ones are refused.
const WAITING_MAX: usize = 1024;

/// See the file's head.
#[derive(Default)]
pub(super) struct Filing {
    files: Option<Files>,
    /// Where what is taken goes; `None` is the usual folder.
    folder: Option<PathBuf>,
    /// Whether what is given is given again after a restart.
    memory: Memory,
    /// Whether there may be something that an earlier session gave.
    gave_before: bool,
    /// What pours what is taken for the standard output.
    pub(super) pourer: Option<Pourer>,
    /// Whether what was taken is given to others.
    sharing: Sharing,
    /// What is taken without a question.
    consent: Consent,
    /// What was taken so since the program began.
    accepted: Accepted,
    /// What was taken once and is not taken so again: an offer to this person alone comes anew with
    /// each start.
    taken: BTreeSet<OfferId>,
    /// The rooms, by their tags.
    rooms: Vec<(RoomNumber, RoomTag)>,
    wishes: BTreeMap<u64, Wish>,
    /// Those that are not being read yet.
    waiting: VecDeque<Wish>,
    next: u64,
}

/// The tag of a room.
type RoomTag = [u8; ROOM_TAG_BYTES];

/// Something that is being read to be offered.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) request: RequestId,
    pub(super) room: RoomNumber,
    pub(super) path: PathBuf,
    /// What it is called, if not by its own name.
    pub(super) name: Option<String>,
    /// For whom alone.
    pub(super) to: Option<String>,
}

impl Filing {
    pub(super) fn new(folder: Option<PathBuf>, settings: &SharingSettings, memory: Memory) -> Self {
        let (sharing, memory) = match settings.shares {
            true => (Sharing::On, memory),
            false => (Sharing::OwnOnly, Memory::None),
        };
        let consent = settings.consent.clone();
        let takes = consent.from != AcceptFrom::None && memory == Memory::Kept;
        Self {
            folder,
            sharing,
            taken: if takes {
                files::taken()
            } else {
                BTreeSet::new()
            },
            consent,
            gave_before: memory == Memory::Kept && files::is_any_kept(),
            memory,
            ..Self::default()
        }
    }

    /// Nothing is given or taken any more in a room that was left.
    pub(super) fn close_room(&mut self, room: RoomNumber) {
        self.rooms.retain(|(open, _)| *open != room);
        // The disk answers nothing of a room that was left.
        self.wishes.retain(|_, wish| wish.room != room);
        self.waiting.retain(|wish| wish.room != room);
        if let Some(files) = &self.files {
            files.close_room(room);
        }
    }

    /// Whether the person has consented to take an offer.
    pub(super) fn accepts(&mut self, offered: &Offered) -> bool {
        !self.taken.contains(&offered.offer.id) && self.accepted.take(&self.consent, offered)
    }

    /// Remembers what was taken, where something is taken without a question.
    pub(super) fn follow(&mut self, happened: &FilesEvent) {
        if let FilesEvent::Finished { state, .. } = happened
            && self.consent.from != AcceptFrom::None
            && self.taken.insert(state.offer.id)
            && let Some(files) = &self.files
        {
            files.remember_taken(state.offer.id);
        }
    }

    /// Waits a moment for what is being written.
    pub(super) fn close(self) {
        if let Some(files) = self.files {
            files.close(CLOSE_WAIT);
        }
    }
}

impl Driver {
    /// The thread of the disk.
    fn files(&mut self) -> io::Result<&Files> {
        let files = match self.filing.files.take() {
            Some(files) => files,
            None => {
                let tell = self.tell.clone();
                let tell = move |told| tell.send(Event::Files(told)).is_ok();
                let config = files::Config {
                    folder: self.filing.folder.clone(),
                    memory: self.filing.memory.clone(),
                    pourer: self.filing.pourer.take(),
                    make_preview: Some(raster::preview),
                };
                let files = Files::start(config, tell)?;
                for (room, tag) in &self.filing.rooms {
                    files.enter_room(*room, *tag);
                }
                self.face.set_looker(files.looker());
                files
            }
        };
        Ok(self.filing.files.insert(files))
    }

    /// The files that were given in a room are given again, if there are any. Whether there may be
    /// was looked up before the loop began, which asks no disk.
    pub(super) fn open_files(&mut self, room: RoomNumber, tag: RoomTag) {
        self.filing.rooms.push((room, tag));
        if self.filing.sharing == Sharing::OwnOnly {
            let share = Command::Files(FilesCommand::Share(Sharing::OwnOnly));
            let ask = Input::Ask(RequestId::default(), share);
            self.rooms.handle_in(self.clock.now(), room, ask);
        }
        if let Some(files) = &self.filing.files {
            return files.enter_room(room, tag);
        }
        if self.filing.gave_before {
            // Without a thread they are not, and whoever offers or takes something is told why.
            let _ = self.files();
        }
    }

    /// Does what a room asks of the disk.
    pub(super) fn ask_disk(&mut self, room: RoomNumber, request: Request) {
        let offer = request.offer();
        match self.files() {
            Ok(files) => files.ask(room, request),
            Err(error) => {
                let why = text::cause(self.face.lang_of_causes(self.lang), &error);
                let why = DiskFault::System(why.into());
                let reply = Reply::Failed { offer, why };
                let now = self.clock.now();
                self.rooms.handle_in(now, room, Input::Files(reply));
            }
        }
    }

    /// Has files read that are to be offered in a room.
    pub(super) fn send_files(&mut self, request: RequestId, room: RoomNumber, to_send: ToSend) {
        for path in to_send.paths {
            let named = (at_home(&path), None);
            match &to_send.to {
                None => self.offer_file(request, room, named),
                to => self.offer_file_to(request, room, named, to.clone()),
            }
        }
    }

    /// Has a file read that is to be offered, under its own name or another.
    pub(super) fn offer_file(
        &mut self,
        request: RequestId,
        room: RoomNumber,
        named: (PathBuf, Option<String>),
    ) {
        self.offer_file_to(request, room, named, None);
    }

    /// The same for one person alone, if one is named.
    pub(super) fn offer_file_to(
        &mut self,
        request: RequestId,
        room: RoomNumber,
        (path, name): (PathBuf, Option<String>),
        to: Option<String>,
    ) {
        let wish = Wish {
            request,
            room,
            path,
            name,
            to,
        };
        if self.filing.wishes.len() < WISHES_MAX {
            self.read_wish(wish);
        } else if self.filing.waiting.len() < WAITING_MAX {
            self.filing.waiting.push_back(wish);
        } else {
            self.cannot_offer(&wish, &Unfit::TooMany);
        }
    }

    /// Has the disk read something that is to be offered.
    fn read_wish(&mut self, wish: Wish) {
        let key = match wish.to.as_ref().map(|_| random()).transpose() {
            Ok(key) => key.map(OfferKey),
            Err(error) => return self.cannot_offer(&wish, &Unfit::System(error)),
        };
        let ticket = self.filing.next;
        self.filing.next += 1;
        let to_offer = ToOffer {
            room: wish.room,
            ticket,
            path: wish.path.clone(),
            name: wish.name.clone(),
            key,
        };
        match self.files() {
            Ok(files) => {
                files.read(to_offer);
                self.filing.wishes.insert(ticket, wish);
            }
            Err(error) => self.cannot_offer(&wish, &Unfit::System(error)),
        }
    }

    /// Has the disk read what has waited for that.
    pub(super) fn read_waiting(&mut self) {
        while self.filing.wishes.len() < WISHES_MAX
            && let Some(next) = self.filing.waiting.pop_front()
        {
            self.read_wish(next);
        }
    }

    /// Tells once why files do not work, when somebody wants to give or to take one.
    pub(super) fn tell_files_refusal(&mut self) {
        if let Some(refusal) = self.sockets.take_files_refusal() {
            self.tell_refusal(&refusal);
        }
    }

    /// Takes in what the disk tells.
    pub(super) fn on_files(&mut self, now: Moment, told: files::Told) {
        match told {
            files::Told::Reply { room, reply } => {
                // Whoever left a room needs no answer.
                self.rooms.handle_in(now, room, Input::Files(reply));
            }
            files::Told::Hashed { ticket, hashed } => {
                if let Some(wish) = self.filing.wishes.remove(&ticket) {
                    self.on_hashed(now, wish, hashed);
                }
                self.read_waiting();
            }
        }
    }

    fn on_hashed(&mut self, now: Moment, wish: Wish, hashed: Result<Hashed, Unfit>) {
        let Hashed {
            offer,
            content,
            skipped,
        } = match hashed {
            Ok(hashed) => hashed,
            Err(why) => return self.cannot_offer(&wish, &why),
        };
        if skipped > 0 {
            let sentence = text::left_out_of_offer(self.lang, &content.name, skipped);
            self.face.say(&sentence);
        }
        self.tell_files_refusal();
        self.errand_offers(offer.id);
        let (index, to) = (content.index, wish.to);
        let offer = FilesCommand::Offer { offer, index, to };
        let offer = Input::Ask(wish.request, Command::Files(offer));
        self.rooms.handle_in(now, wish.room, offer);
    }

    pub(super) fn cannot_offer(&mut self, wish: &Wish, why: &Unfit) {
        let failure = Failure::CannotOffer {
            path: wish.path.to_string_lossy().into_owned(),
            why: text::unfit(self.face.lang_of_causes(self.lang), why),
        };
        self.show(wish.room, Some(wish.request), News::Failed(failure.clone()));
        self.errand_on(&News::Failed(failure));
    }
}

/// A typed path, in which `~` is the person's own folder.
fn at_home(typed: &str) -> PathBuf {
    match typed.strip_prefix("~/") {
        Some(rest) => files::home().map_or_else(|| typed.into(), |home| home.join(rest)),
        None => typed.into(),
    }
}
