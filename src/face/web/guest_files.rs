//! Files of guests' pages: what guests may download, and what they offer, which the host's program
//! offers for them behind a line that says whose it is. Runs in the loop.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::guest_face::refused;
use super::guest_lines::{FileLine, GuestLines};
use super::lines;
use super::server::{Answering, Finding, Refused};
use super::uploads::Uploads;
use crate::chat::command::RequestId;
use crate::chat::entry::Entry;
use crate::chat::event::{News, Told};
use crate::chat::guests::{GuestSession, GuestsEvent};
use crate::chat::transfer::OfferId;
use crate::chat::transfer::event::{FilesEvent, Stage};
use crate::face::failure;
use crate::face::offers::Offers;
use crate::store::files::{Looker, Received};
use crate::text::{self, Lang};

/// Bytes of one guest's files on the host's disk.
const OF_ONE_MAX_BYTES: u64 = 128 << 20;

/// Files of one guest there.
const OF_ONE_MAX: usize = 16;

/// Bytes of all guests' files there.
const OF_ALL_MAX_BYTES: u64 = 512 << 20;

/// Offers that a newcomer is shown, and their bytes: a part of what may wait for a guest.
const SHOWN_MAX: usize = 64;
const SHOWN_MAX_BYTES: usize = 32 << 10;

/// A file that was announced and is to be offered.
#[derive(Debug)]
pub(super) struct Announced {
    session: GuestSession,
    received: Received,
    answering: Answering,
}

/// A file that is being offered, and who waits for that.
#[derive(Debug)]
struct Asked {
    session: GuestSession,
    size_bytes: u64,
    answering: Answering,
}

/// What a guest has offered.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    files: usize,
    size_bytes: u64,
}

/// An offer, as guests were told of it last.
#[derive(Debug)]
struct Shown {
    offer: OfferId,
    is_here: bool,
    line: Arc<str>,
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct GuestFiles {
    lang: Lang,
    offers: Offers,
    uploads: Uploads,
    announced: BTreeMap<RequestId, Announced>,
    asked: BTreeMap<RequestId, Asked>,
    of_each: BTreeMap<GuestSession, Share>,
    shown: VecDeque<Shown>,
}

/// What follows from what was told.
#[derive(Debug, Default)]
pub(super) struct FilesStep {
    /// Lines for guests.
    pub(super) lines: Vec<Arc<str>>,
    /// A file that is to be offered now.
    pub(super) next: Option<(Entry, Announced)>,
    /// Whether nothing else is to be made of it.
    pub(super) is_over: bool,
}

impl GuestFiles {
    pub(super) fn new(lang: Lang) -> Self {
        Self {
            lang,
            offers: Offers::default(),
            uploads: Uploads::default(),
            announced: BTreeMap::new(),
            asked: BTreeMap::new(),
            of_each: BTreeMap::new(),
            shown: VecDeque::new(),
        }
    }

    pub(super) fn set_looker(&mut self, looker: Looker) {
        self.offers.set_looker(looker);
    }

    /// Hands over what reads a file, if it is here.
    pub(super) fn find(&self, offer: OfferId, finding: Finding) {
        let held = self.offers.by_id(offer);
        if let Some(held) = held.filter(|held| !held.offer.is_private()) {
            finding.found(held);
        }
    }

    /// What a newcomer is told of offers.
    pub(super) fn first(&self) -> impl Iterator<Item = &Arc<str>> {
        self.shown.iter().map(|shown| &shown.line)
    }

    /// What a guest says who offers a file.
    ///
    /// # Errors
    /// Why it is not taken.
    pub(super) fn announcement(
        &self,
        session: GuestSession,
        received: &Received,
    ) -> Result<String, String> {
        let size_bytes = received.size_bytes();
        let own = self.of_each.get(&session).copied().unwrap_or_default();
        let waiting = self.announced.values().map(|it| it.received.size_bytes());
        let all = waiting.fold(self.uploads.size_bytes(), u64::saturating_add);
        let fits = own.files < OF_ONE_MAX
            && own.size_bytes.saturating_add(size_bytes) <= OF_ONE_MAX_BYTES
            && all.saturating_add(size_bytes) <= OF_ALL_MAX_BYTES;
        if !fits || !self.uploads.have_room() {
            return Err(text::guests_files_are_full(self.lang));
        }
        let name = received.path().file_name().unwrap_or_default();
        let name = name.to_string_lossy();
        Ok(text::guest_offers(self.lang, &name, size_bytes))
    }

    /// A guest has announced a file by a request.
    pub(super) fn announce(
        &mut self,
        request: RequestId,
        session: GuestSession,
        (received, answering): (Received, Answering),
    ) {
        let share = self.of_each.entry(session).or_default();
        share.files += 1;
        share.size_bytes = share.size_bytes.saturating_add(received.size_bytes());
        let announced = Announced {
            session,
            received,
            answering,
        };
        self.announced.insert(request, announced);
    }

    /// A file is offered by a request.
    pub(super) fn offer(&mut self, request: RequestId, announced: Announced) {
        let asked = Asked {
            session: announced.session,
            size_bytes: announced.received.size_bytes(),
            answering: announced.answering,
        };
        self.uploads.keep(request, announced.received);
        self.asked.insert(request, asked);
    }

    /// A file of a guest was not offered after all.
    fn give_back(&mut self, session: GuestSession, size_bytes: u64) {
        if let Some(share) = self.of_each.get_mut(&session) {
            share.files = share.files.saturating_sub(1);
            share.size_bytes = share.size_bytes.saturating_sub(size_bytes);
        }
    }

    /// A guest is not here any more. What was offered stays.
    pub(super) fn leave(&mut self, session: GuestSession) {
        self.of_each.remove(&session);
    }

    /// Takes in what is told.
    pub(super) fn follow(&mut self, told: &Told, lines: &mut GuestLines) -> FilesStep {
        let mut step = FilesStep::default();
        let request = told.request;
        let announced = request.and_then(|request| self.announced.remove(&request));
        if let Some(announced) = announced {
            self.on_announced(told, announced, &mut step);
        }
        self.uploads.follow(request, &told.news);
        let asked = request.and_then(|request| self.asked.remove(&request));
        if let Some(asked) = asked {
            step.is_over = matches!(told.news, News::Failed(_));
            if step.is_over || is_refused(&told.news) {
                self.give_back(asked.session, asked.size_bytes);
            }
            self.answer(&told.news, asked.answering);
        }
        if let News::Files(happened) = &told.news {
            self.offers.follow(told.room, happened);
            step.lines = self.show(happened, lines);
            step.is_over = true;
        }
        step
    }

    fn on_announced(&mut self, told: &Told, announced: Announced, step: &mut FilesStep) {
        let (session, size_bytes) = (announced.session, announced.received.size_bytes());
        match &told.news {
            News::Guests(GuestsEvent::Refused { why, .. }) => {
                let (words, refused) = (text::guest_refused(self.lang, why), refused(why));
                announced.answering.refuse(refused, words);
                self.give_back(session, size_bytes);
                step.is_over = true;
            }
            _ => match Uploads::entry(&announced.received) {
                Some(entry) => step.next = Some((entry, announced)),
                None => {
                    let words = text::page_comes_too_early(self.lang);
                    announced.answering.refuse(Refused::Wrong, words);
                    self.give_back(session, size_bytes);
                }
            },
        }
    }

    fn answer(&self, news: &News, answering: Answering) {
        match news {
            News::Failed(failed) => {
                let words = failure::sentence(self.lang, failed, None, "");
                answering.refuse(Refused::Wrong, words);
            }
            News::Files(happened) => match &**happened {
                FilesEvent::Refused(why) => {
                    answering.refuse(Refused::NoRoom, text::files_refused(self.lang, why));
                }
                _ => answering.answer(lines::said().as_bytes().to_vec()),
            },
            _ => answering.answer(lines::said().as_bytes().to_vec()),
        }
    }

    /// What guests are told of what happens: that something is offered, and whether it is here.
    fn show(&mut self, happened: &FilesEvent, lines: &mut GuestLines) -> Vec<Arc<str>> {
        if let FilesEvent::Offered(offered) = happened {
            let line = FileLine {
                offer: &offered.offer,
                who: &offered.who,
                wall_ms: Some(offered.wall_ms),
                is_here: offered.is_here,
            };
            return self.show_line(&line, lines).into_iter().collect();
        }
        let told = happened.states().iter().filter_map(|state| {
            let line = FileLine {
                offer: &state.offer,
                who: &state.who,
                wall_ms: self.offers.offered_at(state.offer.id),
                is_here: state.stage == Stage::Have,
            };
            self.show_line(&line, lines)
        });
        told.collect()
    }

    /// Tells of an offer, unless it was told so before, or is for one person alone.
    fn show_line(&mut self, file: &FileLine<'_>, lines: &mut GuestLines) -> Option<Arc<str>> {
        if file.offer.is_private() {
            return None;
        }
        let offer = file.offer.id;
        let known = self.shown.iter().position(|shown| shown.offer == offer);
        if let Some(shown) = known.and_then(|at| self.shown.get(at))
            && shown.is_here == file.is_here
        {
            return None;
        }
        known.and_then(|at| self.shown.remove(at));
        let line = lines.file(file);
        self.shown.push_back(Shown {
            offer,
            is_here: file.is_here,
            line: Arc::clone(&line),
        });
        let bytes = |shown: &VecDeque<Shown>| shown.iter().map(|it| it.line.len()).sum::<usize>();
        while self.shown.len() > SHOWN_MAX || bytes(&self.shown) > SHOWN_MAX_BYTES {
            self.shown.pop_front();
        }
        Some(line)
    }
}

fn is_refused(news: &News) -> bool {
    matches!(news, News::Files(happened) if matches!(**happened, FilesEvent::Refused(_)))
}
