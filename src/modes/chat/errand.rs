//! A member that is in a room to give or to take files, and leaves once that is done: `drop` and
//! `take`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use crate::chat::event::{Failure, News, Person};
use crate::chat::transfer::event::{FilesEvent, OfferState, Offered, TakerState, TransferFault};
use crate::chat::transfer::{FilesCommand, OfferId, OfferKind, WhichOffer};
use crate::chat::trust::Standing;
use crate::cli::{DropSettings, ErrandSettings, TakeSettings};
use crate::face::lines::addressed;
use crate::modes::Outcome;
use crate::protocol::wire::frame::Key;
use crate::text::{self, Lang};

/// Offers about which a person may still be asked. They are in the list as well.
const QUESTIONS_MAX: usize = 256;

/// What an errand wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// To offer everything.
    Offer,
    /// To ask the room.
    Ask(FilesCommand),
    /// To ask the person.
    Question(String),
    /// To leave.
    Leave,
    /// To leave once others know that something is whole here.
    LeaveSoon,
}

/// See the file's head.
#[derive(Debug)]
pub(super) enum Errand {
    Drop(Dropping),
    Take(Taking),
}

/// Gives files.
#[derive(Debug)]
pub(super) struct Dropping {
    pub(super) settings: DropSettings,
    /// What this errand offers, and how far each is. Equal contents are one offer, and what was
    /// offered earlier or by another program under the same key is none of these.
    given: BTreeMap<OfferId, Option<OfferState>>,
    /// Who has left.
    gone: BTreeSet<Key>,
    /// Whether whom it is for has come, and it was offered.
    has_offered: bool,
    /// How many of the things to offer were offered, or cannot be.
    answered: usize,
    is_failed: bool,
    is_over: bool,
}

/// Takes files.
#[derive(Debug)]
pub(super) struct Taking {
    settings: TakeSettings,
    lang: Lang,
    /// Whether a person is asked by sentences; a program asks by itself.
    asks: bool,
    questions: VecDeque<(u32, String)>,
    /// Where the last thing is that was taken.
    saved: Option<PathBuf>,
    is_failed: bool,
    /// Whether something is being taken, if there is one thing to take.
    is_taking: bool,
    is_over: bool,
}

impl Errand {
    pub(super) fn new(settings: &ErrandSettings, lang: Lang, is_json: bool) -> Self {
        match settings {
            ErrandSettings::Drop(settings) => Self::Drop(Dropping {
                settings: settings.clone(),
                given: BTreeMap::new(),
                gone: BTreeSet::new(),
                has_offered: false,
                answered: 0,
                is_failed: false,
                is_over: false,
            }),
            ErrandSettings::Take(settings) => Self::Take(Taking {
                settings: settings.clone(),
                lang,
                asks: settings.asks && !is_json,
                questions: VecDeque::new(),
                saved: None,
                is_failed: false,
                is_taking: false,
                is_over: false,
            }),
        }
    }

    /// Takes in what happens in the room.
    pub(super) fn on_news(&mut self, news: &News) -> Vec<Act> {
        match self {
            Self::Drop(dropping) => dropping.on_news(news),
            Self::Take(taking) => taking.on_news(news),
        }
    }

    /// Takes in what the person answers.
    pub(super) fn on_answer(&mut self, is_yes: bool) -> Vec<Act> {
        match self {
            Self::Drop(_) => Vec::new(),
            Self::Take(taking) => taking.on_answer(is_yes),
        }
    }

    /// How long it may take.
    pub(super) fn timeout(&self) -> Option<Duration> {
        match self {
            Self::Drop(dropping) => dropping.settings.timeout,
            Self::Take(taking) => taking.settings.timeout,
        }
    }

    /// Takes in that it took too long; leaves unless there is nothing more to wait for.
    pub(super) fn on_timeout(&mut self) -> Vec<Act> {
        match self {
            Self::Drop(dropping) => leave(&mut dropping.is_over),
            // Whoever takes on and on has waited for the first thing alone.
            Self::Take(taking) if taking.saved.is_some() => Vec::new(),
            Self::Take(taking) => {
                taking.is_failed = true;
                leave(&mut taking.is_over)
            }
        }
    }

    /// How it ended.
    pub(super) fn outcome(&self) -> Outcome {
        let is_done = match self {
            Self::Drop(dropping) => dropping.is_done(),
            Self::Take(taking) => {
                !taking.is_failed && (taking.saved.is_some() || !taking.settings.is_once)
            }
        };
        match is_done {
            true => Outcome::Done,
            false => Outcome::Incomplete,
        }
    }
}

impl Dropping {
    /// Takes in that a content is about to be offered for this errand.
    pub(super) fn offers(&mut self, offer: OfferId) {
        self.given.entry(offer).or_default();
    }

    fn on_news(&mut self, news: &News) -> Vec<Act> {
        match news {
            News::Ready(_) if self.settings.to.is_none() => return vec![Act::Offer],
            News::Entered { person, .. } => {
                if let Some(key) = &person.key {
                    self.gone.remove(key);
                }
                let to = self.settings.to.as_deref();
                if to.is_some_and(|to| is_called(person, to)) && !self.has_offered {
                    self.has_offered = true;
                    return vec![Act::Offer];
                }
            }
            // Whom it is for has gone meanwhile, or several are called so.
            News::Failed(
                Failure::NobodyCalled(_) | Failure::SeveralCalled { .. } | Failure::Yourself,
            ) if self.settings.to.is_some() => self.fail(),
            News::Left { person, .. } => self.gone.extend(person.key),
            News::Failed(Failure::CannotOffer { .. }) => self.fail(),
            News::Files(happened) => match &**happened {
                FilesEvent::Offered(offered) if self.given.contains_key(&offered.offer.id) => {
                    self.answered += 1;
                }
                FilesEvent::Progress(state) | FilesEvent::AllHave(state) => {
                    if let Some(given) = self.given.get_mut(&state.offer.id) {
                        *given = Some(state.clone());
                    }
                }
                FilesEvent::Failed { state, why } if *why != TransferFault::NobodyHasIt => {
                    self.is_failed |= self.given.remove(&state.offer.id).is_some();
                }
                FilesEvent::Refused(_) => self.fail(),
                _ => {}
            },
            _ => {}
        }
        match self.is_settled() {
            true => leave(&mut self.is_over),
            false => Vec::new(),
        }
    }

    /// Something cannot be offered.
    fn fail(&mut self) {
        self.answered += 1;
        self.is_failed = true;
    }

    /// Whether enough people have something, and nobody else who is here is getting it. A person
    /// may have come in several sessions, of which one is enough.
    fn is_given(&self, state: &OfferState) -> bool {
        let (has, lacks): (Vec<_>, Vec<_>) = state.takers.iter().partition(|it| it.has_it);
        let who = |taker: &&TakerState| (taker.person.key, taker.person.name.clone());
        let persons: BTreeSet<_> = has.iter().map(who).collect();
        let is_gone = |taker: &TakerState| {
            let key = taker.person.key;
            !taker.is_here || key.is_some_and(|key| self.gone.contains(&key))
        };
        let mut lacks = lacks.iter();
        persons.len() >= self.settings.wait_for
            && lacks.all(|taker| is_gone(taker) || persons.contains(&who(taker)))
    }

    /// Whether everything that could be offered is given, or nothing is left to give.
    fn is_settled(&self) -> bool {
        let is_given =
            |state: &Option<OfferState>| state.as_ref().is_some_and(|state| self.is_given(state));
        self.answered >= self.settings.dropped.len() && self.given.values().all(is_given)
    }

    fn is_done(&self) -> bool {
        !self.is_failed && self.is_settled()
    }
}

impl Taking {
    fn on_news(&mut self, news: &News) -> Vec<Act> {
        let News::Files(happened) = news else {
            return Vec::new();
        };
        match &**happened {
            FilesEvent::Offered(offered) if self.wants(offered) => self.on_offered(offered),
            FilesEvent::Finished { saved_as, .. } => {
                self.is_taking = false;
                self.saved = Some(PathBuf::from(&**saved_as));
                match self.settings.is_once {
                    true => vec![Act::LeaveSoon],
                    false => Vec::new(),
                }
            }
            // It goes on when somebody has it.
            FilesEvent::Failed {
                why: TransferFault::NobodyHasIt,
                ..
            } => Vec::new(),
            FilesEvent::Failed { state, .. } if !state.is_own => {
                self.is_taking = false;
                self.is_failed = true;
                match self.settings.is_once {
                    true => leave(&mut self.is_over),
                    false => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    fn wants(&self, offered: &Offered) -> bool {
        let is_from = |from: &String| is_called(&offered.who, from);
        let is_fit = !self.settings.to_stdout || offered.offer.kind != OfferKind::Folder;
        let is_free = !(self.settings.is_once && (self.is_taking || self.saved.is_some()));
        let from = self.settings.from.as_ref();
        !offered.is_own && is_fit && is_free && from.is_none_or(is_from)
    }

    fn on_offered(&mut self, offered: &Offered) -> Vec<Act> {
        let number = offered.number;
        if !self.settings.asks {
            return vec![self.get(number)];
        }
        if !self.asks || self.questions.len() >= QUESTIONS_MAX {
            return Vec::new();
        }
        let offer = &offered.offer;
        let what = text::content(self.lang, &offer.name, offer.kind, offer.size_bytes);
        let question = text::take_question(self.lang, &addressed(&offered.who), &what);
        self.questions.push_back((number, question.clone()));
        match self.questions.len() {
            1 => vec![Act::Question(question)],
            _ => Vec::new(),
        }
    }

    fn on_answer(&mut self, is_yes: bool) -> Vec<Act> {
        let Some((number, _)) = self.questions.pop_front() else {
            return Vec::new();
        };
        let mut acts = Vec::new();
        if is_yes {
            acts.push(self.get(number));
            if self.settings.is_once {
                self.questions.clear();
            }
        }
        let next = self.questions.front();
        acts.extend(next.map(|(_, question)| Act::Question(question.clone())));
        acts
    }

    fn get(&mut self, number: u32) -> Act {
        self.is_taking = true;
        Act::Ask(FilesCommand::Get {
            which: WhichOffer::Number(number),
            into: None,
        })
    }
}

/// Whether somebody is meant by a name, which may have their suffix: where the bare name is
/// another person's, it means that person.
fn is_called(person: &Person, name: &str) -> bool {
    let has_name = name == &*person.name && person.standing != Standing::Namesake;
    has_name || name == addressed(person)
}

/// Leaves, once.
fn leave(is_over: &mut bool) -> Vec<Act> {
    match std::mem::replace(is_over, true) {
        true => Vec::new(),
        false => vec![Act::Leave],
    }
}

#[cfg(test)]
mod tests;
