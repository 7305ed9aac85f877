//! What an errand asks of the loop: `drop` and `take` are a `chat` in which nobody talks.

use std::fs::File;
use std::io;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use super::driver::{Driver, Event};
use super::errand::{Act, Errand};
use super::filing::Filing;
use crate::chat::Input;
use crate::chat::command::{Command, Leave, RequestId};
use crate::chat::event::{Failure, News};
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::Offer;
use crate::chat::transfer::offer::Content;
use crate::cli::{ChatSettings, ErrandSettings};
use crate::error::Error;
use crate::modes::Outcome;
use crate::protocol::time::Moment;
use crate::store::files::{Passage, Spool};
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
    /// Where what goes to stdout is until it is whole.
    passage: Option<Passage>,
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
            return Ok((Self::default(), Filing::into(folder_of_bridge(settings))));
        };
        let mut giving = Self {
            errand: Some(Errand::new(errand, lang, settings.form == Form::Json)),
            ..Self::default()
        };
        let mut folder = None;
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
            }
            ErrandSettings::Take(take) => folder.clone_from(&take.into),
        }
        Ok((giving, Filing::into(folder)))
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
    /// Lets the errand take in what happens.
    pub(super) fn errand_on(&mut self, news: &News) {
        let Some(errand) = &mut self.giving.errand else {
            return;
        };
        let acts = errand.on_news(news);
        let timeout = errand.timeout();
        let now = self.clock.now();
        if let (News::Ready(_), Some(timeout)) = (news, timeout) {
            self.giving.until = Some(now.time + timeout);
        }
        self.do_errand(now, acts);
    }

    /// Lets the errand know which offer is about to be made for it.
    pub(super) fn errand_offers(&mut self, content: &Content) {
        if let (Some(Errand::Drop(dropping)), Some(offer)) =
            (&mut self.giving.errand, Offer::new(content))
        {
            dropping.offers(offer.id);
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
        let room = self.rooms.states().next();
        let room = room.map_or(RoomNumber::FIRST, |room| room.number);
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

    fn offer_dropped(&mut self, room: RoomNumber) {
        let Some(Errand::Drop(dropping)) = &self.giving.errand else {
            return;
        };
        let settings = dropping.settings.clone();
        for dropped in settings.dropped {
            match dropped.path {
                Some(path) => {
                    let named = (path, dropped.name);
                    self.offer_file(RequestId::default(), room, named);
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
        let room = self.rooms.states().next();
        let room = room.map_or(RoomNumber::FIRST, |room| room.number);
        match spool {
            Ok(spool) => {
                self.giving.spool = Some(spool);
                self.offer_spool(room);
            }
            Err(error) => {
                let failure = Failure::CannotOffer {
                    path: "-".into(),
                    why: text::cause(self.face.lang_of_causes(self.lang), &error),
                };
                self.show(room, None, News::Failed(failure.clone()));
                self.errand_on(&News::Failed(failure));
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
        self.offer_file(RequestId::default(), room, (path, name));
    }

    /// How the errand ended, if there is one.
    pub(super) fn errand_outcome(&self) -> Option<Outcome> {
        self.giving.errand.as_ref().map(Errand::outcome)
    }
}

impl Giving {
    /// Writes to stdout what was taken for it, unless a signal comes first.
    ///
    /// # Errors
    /// The output's.
    pub(super) fn pour(
        self,
        outcome: Outcome,
        tell: std::sync::mpsc::Sender<Event>,
        events: &Receiver<Event>,
    ) -> Result<Outcome, Error> {
        let saved = self.errand.as_ref().and_then(Errand::for_stdout);
        let (Some(passage), Some(saved), Outcome::Done) = (self.passage, saved, outcome) else {
            return Ok(outcome);
        };
        let work = move || {
            let poured = stdout_stream().and_then(|mut out| passage.pour(&saved, &mut out));
            drop(passage);
            let _ = tell.send(Event::Poured(poured));
        };
        let pouring = thread::Builder::new().name("stdout".into()).spawn(work);
        pouring.map_err(Error::Output)?;
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
