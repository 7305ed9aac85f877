//! What an errand asks of the loop: `drop` and `take` are a `chat` in which nobody talks.

use std::fs::File;
use std::io;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use super::driver::{Driver, Event};
use super::errand::{Act, Errand};
use super::filing::{Filing, Wish};
use crate::chat::Input;
use crate::chat::command::{Command, Leave, RequestId};
use crate::chat::event::{News, Told};
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::event::FilesEvent;
use crate::chat::transfer::{FilesCommand, OfferId, WhichOffer};
use crate::cli::{ChatSettings, ErrandSettings};
use crate::error::Error;
use crate::modes::Outcome;
use crate::protocol::time::Moment;
use crate::store::files::{Memory, Outlet, Passage, Spool, Unfit, pouring};
use crate::terminal::screen::{Form, stdout_stream};
use crate::text::{self, Lang};

/// How long whoever has taken something stays, so that the others learn that it is whole here: it
/// says so several times, of which each may be lost. Meanwhile it gives to those who lack
/// something.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The errand of a member, and what it needs of the system.
#[derive(Default)]
pub(super) struct Giving {
    errand: Option<Errand>,
    /// When it has taken too long.
    until: Option<Duration>,
    /// When it leaves, which is settled.
    leaves_at: Option<Duration>,
    /// What comes through a pipe, until it is read.
    piped: Option<File>,
    /// What came through it.
    spool: Option<Spool>,
    /// Where what goes to stdout is until it is there.
    passage: Option<Passage>,
    /// What goes there, until something writes it.
    outlet: Option<Outlet>,
    /// Whether all of it is there.
    has_poured: bool,
}

/// Where a bridge puts the files that it carries.
#[cfg(feature = "bridge")]
fn folder_of_bridge(settings: &ChatSettings) -> Option<std::path::PathBuf> {
    let files = settings.bridge.as_ref()?.files.as_ref()?;
    Some(files.folder.clone())
}

#[cfg(not(feature = "bridge"))]
fn folder_of_bridge(_: &ChatSettings) -> Option<std::path::PathBuf> {
    None
}

impl Giving {
    /// Prepares an errand, and takes the standard input for it if that is to be given.
    ///
    /// # Errors
    /// The system's refusal of a folder for what passes through, or of its input.
    pub(super) fn prepare(settings: &ChatSettings, lang: Lang) -> Result<(Self, Filing), Error> {
        let Some(errand) = &settings.errand else {
            let filing = Filing::new(folder_of_bridge(settings), &settings.sharing, Memory::Kept);
            return Ok((Self::default(), filing));
        };
        let mut giving = Self {
            errand: Some(Errand::new(errand, lang, settings.form == Form::Json)),
            ..Self::default()
        };
        let mut pourer = None;
        // What `drop` gives it gives until it leaves, and what is poured out is nowhere.
        let (mut folder, mut memory) = (None, Memory::None);
        match errand {
            ErrandSettings::Drop(drop) => {
                if drop.dropped.iter().any(|dropped| dropped.path.is_none()) {
                    giving.piped = Some(own_input().map_err(Error::Input)?);
                }
            }
            ErrandSettings::Take(take) if take.to_stdout => {
                let passage = Passage::new().map_err(Error::Output)?;
                folder = Some(passage.path().to_owned());
                giving.passage = Some(passage);
                let (into, outlet) = pouring();
                (pourer, giving.outlet) = (Some(into), Some(outlet));
            }
            ErrandSettings::Take(take) => {
                folder.clone_from(&take.into);
                memory = Memory::Kept;
            }
        }
        let mut filing = Filing::new(folder, &settings.sharing, memory);
        filing.pourer = pourer;
        Ok((giving, filing))
    }

    /// Whether there is an errand.
    pub(super) fn is_some(&self) -> bool {
        self.errand.is_some()
    }

    /// When [`Driver::errand_on_time`] is due.
    pub(super) fn next_time(&self) -> Option<Duration> {
        [self.until, self.leaves_at].into_iter().flatten().min()
    }
}

/// The standard input, which nothing else reads from now on.
#[cfg(unix)]
fn own_input() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn own_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

impl Driver {
    /// Lets the errand take in what a room tells, and takes what the person consents to.
    pub(super) fn files_on(&mut self, told: &Told) {
        self.errand_on(&told.news);
        let News::Files(happened) = &told.news else {
            return;
        };
        self.filing.follow(happened);
        if let FilesEvent::Offered(offered) = &**happened
            && !self.giving.is_some()
            && self.filing.accepts(offered)
        {
            let which = WhichOffer::Id(offered.offer.id);
            let get = FilesCommand::Get { which, into: None };
            let ask = Input::Ask(RequestId::default(), Command::Files(get));
            self.rooms.handle_in(self.clock.now(), told.room, ask);
        }
    }

    /// Lets the errand take in what happens.
    pub(super) fn errand_on(&mut self, news: &News) {
        let Some(errand) = &mut self.giving.errand else {
            return;
        };
        let acts = errand.on_news(news);
        let timeout = errand.timeout();
        let now = self.clock.now();
        if let News::Ready(_) = news {
            self.giving.until = timeout.map(|timeout| now.time + timeout);
            self.begin_to_pour();
        }
        self.do_errand(now, acts);
    }

    /// Lets the errand know which offer is about to be made for it.
    pub(super) fn errand_offers(&mut self, offer: OfferId) {
        if let Some(Errand::Drop(dropping)) = &mut self.giving.errand {
            dropping.offers(offer);
        }
    }

    /// Lets the errand take in what the person answers.
    pub(super) fn errand_answer(&mut self, now: Moment, answer: &str) {
        if let Some(errand) = &mut self.giving.errand {
            let acts = errand.on_answer(text::is_yes(answer));
            self.do_errand(now, acts);
        }
    }

    /// Ends an errand that takes too long.
    pub(super) fn errand_on_time(&mut self, now: Moment) {
        if self.giving.leaves_at.is_some_and(|at| at <= now.time) {
            self.giving.leaves_at = None;
            self.giving.until = None;
            self.leave_all(now, RequestId::default(), Leave::Farewell);
        }
        if self.giving.until.is_some_and(|until| until <= now.time) {
            self.giving.until = None;
            if let Some(errand) = &mut self.giving.errand {
                let acts = errand.on_timeout();
                self.do_errand(now, acts);
            }
        }
    }

    fn do_errand(&mut self, now: Moment, acts: Vec<Act>) {
        let room = self.first_room();
        for act in acts {
            match act {
                Act::Offer => self.offer_dropped(room),
                Act::Ask(command) => {
                    let ask = Input::Ask(RequestId::default(), Command::Files(command));
                    self.rooms.handle_in(now, room, ask);
                }
                Act::Question(question) => self.face.say(&question),
                Act::Leave => self.leave_all(now, RequestId::default(), Leave::Farewell),
                Act::LeaveSoon => self.giving.leaves_at = Some(now.time + LAST_WORDS),
            }
        }
    }

    /// Writes what is taken for stdout, on a thread that nobody waits for.
    fn begin_to_pour(&mut self) {
        let Some(outlet) = self.giving.outlet.take() else {
            return;
        };
        let tell = self.tell.clone();
        let work = move || {
            let poured = stdout_stream().and_then(|mut out| outlet.pour(&mut out));
            let _ = tell.send(Event::Poured(poured));
        };
        let pouring = thread::Builder::new().name("stdout".into()).spawn(work);
        if let Err(error) = pouring {
            let _ = self.tell.send(Event::Poured(Err(error)));
        }
    }

    /// All that was taken for stdout is there, or cannot be.
    pub(super) fn on_poured(&mut self, poured: io::Result<()>) -> Result<(), Error> {
        self.giving.has_poured = true;
        poured.map_err(Error::Output)
    }

    fn offer_dropped(&mut self, room: RoomNumber) {
        let Some(Errand::Drop(dropping)) = &self.giving.errand else {
            return;
        };
        let settings = dropping.settings.clone();
        for dropped in settings.dropped {
            match dropped.path {
                Some(path) => {
                    let (named, to) = ((path, dropped.name), settings.to.clone());
                    self.offer_file_to(RequestId::default(), room, named, to);
                }
                None => self.offer_piped(room),
            }
        }
    }

    /// Reads what comes through the pipe, on a thread that nobody waits for; once it is read,
    /// offers it.
    fn offer_piped(&mut self, room: RoomNumber) {
        if self.giving.spool.is_some() {
            return self.offer_spool(room);
        }
        let Some(mut piped) = self.giving.piped.take() else {
            return;
        };
        let tell = self.tell.clone();
        let work = move || {
            let spool = Spool::of(&mut piped);
            let _ = tell.send(Event::Spooled(spool));
        };
        let reader = thread::Builder::new().name("spool".into()).spawn(work);
        if let Err(error) = reader {
            self.on_spooled(Err(error));
        }
    }

    pub(super) fn on_spooled(&mut self, spool: io::Result<Spool>) {
        let room = self.first_room();
        match spool {
            Ok(spool) => {
                self.giving.spool = Some(spool);
                self.offer_spool(room);
            }
            Err(error) => {
                let wish = Wish {
                    request: RequestId::default(),
                    room,
                    path: "-".into(),
                    name: None,
                    to: None,
                };
                self.cannot_offer(&wish, &Unfit::System(error));
            }
        }
    }

    fn offer_spool(&mut self, room: RoomNumber) {
        let (Some(spool), Some(Errand::Drop(dropping))) = (&self.giving.spool, &self.giving.errand)
        else {
            return;
        };
        let path = spool.path().to_owned();
        let piped = dropping.settings.dropped.iter();
        let mut piped = piped.filter(|dropped| dropped.path.is_none());
        let name = piped.next().and_then(|dropped| dropped.name.clone());
        let to = dropping.settings.to.clone();
        self.offer_file_to(RequestId::default(), room, (path, name), to);
    }

    /// How the errand ended, if there is one.
    pub(super) fn errand_outcome(&self) -> Option<Outcome> {
        self.giving.errand.as_ref().map(Errand::outcome)
    }
}

impl Giving {
    /// Waits until all that was taken for stdout is there, unless a signal comes first.
    ///
    /// # Errors
    /// The output's.
    pub(super) fn pour(self, outcome: Outcome, events: &Receiver<Event>) -> Result<Outcome, Error> {
        let is_poured = self.passage.is_none() || self.has_poured;
        if is_poured || !matches!(outcome, Outcome::Done) {
            return Ok(outcome);
        }
        loop {
            match events.recv() {
                Ok(Event::Poured(Ok(()))) | Err(_) => return Ok(outcome),
                Ok(Event::Poured(Err(error))) => return Err(Error::Output(error)),
                Ok(Event::Signal(signal)) => return Ok(Outcome::Signalled(signal)),
                Ok(_) => {}
            }
        }
    }
}
