//! Changing and withdrawing what one has said. Which message is meant is looked for among those in
//! memory; the change goes out as a record of its own, and everybody shows the newest form.

use super::Chat;
use super::archive::record::Amendment;
use super::archive::search::{Query, ShortId};
use super::archive::{Request, RoomRequest};
use super::command::RequestId;
use super::event::{Failure, Id, News, Person, Timing};
use super::finding::{PART_FRAMES, Purpose};
use crate::protocol::engine::amendments::Candidate;
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::{
    Amended, Manner, MessageId, NamedKey, Order, SayError, Version,
};
use crate::protocol::engine::history::HistoryWalk;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;

/// Which message is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The last one that this person said.
    Last,
    /// The one with a short id.
    Short(ShortId),
    /// The one with a full id: the person's short id, the session, the sequence and the index.
    Full(u64, u64, u32, u8),
    /// What may be a short id and may be a word: the message if there is one, else this is the
    /// beginning of a text for the last one.
    Word {
        /// As an id.
        id: ShortId,
        /// All that was typed.
        whole: String,
    },
}

impl Which {
    /// Reads a typed id: a short one, or a full one as programs know it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if let Some(id) = ShortId::parse(typed) {
            return Some(Self::Short(id));
        }
        let mut parts = typed.split('-');
        let short = u64::from_str_radix(parts.next()?, 16).ok()?;
        let session = u64::from_str_radix(parts.next()?, 16).ok()?;
        let sequence = u32::from_str_radix(parts.next()?, 16).ok()?;
        let index = u8::from_str_radix(parts.next()?, 16).ok()?;
        let full = Self::Full(short, session, sequence, index);
        parts.next().is_none().then_some(full)
    }

    /// What `/edit` is followed by: perhaps an id, and a text.
    pub(super) fn split(typed: &str) -> (Self, &str) {
        let typed = typed.trim();
        let (word, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        match Self::parse(word) {
            None => (Self::Last, typed),
            // A word of six letters is no rare thing.
            Some(Self::Short(id)) if !word.bytes().any(|byte| byte.is_ascii_digit()) => {
                let whole = typed.to_owned();
                (Self::Word { id, whole }, rest.trim_start())
            }
            Some(which) => (which, rest.trim_start()),
        }
    }

    /// The short form of the id; `None` if none is given.
    pub(super) fn short_id(&self) -> Option<ShortId> {
        match self {
            Self::Last => None,
            Self::Short(id) | Self::Word { id, .. } => Some(*id),
            Self::Full(short, session, sequence, index) => {
                let mut id = MessageId::default();
                id.position.short = *short;
                id.position.session = *session;
                id.position.sequence = *sequence;
                id.index = *index;
                Some(ShortId::of(&id))
            }
        }
    }

    fn is(&self, candidate: &Candidate, me: &Key) -> bool {
        match self {
            Self::Last => is_own_last(candidate, me),
            Self::Short(id) | Self::Word { id, .. } => ShortId::of(&candidate.id) == *id,
            Self::Full(short, session, sequence, index) => {
                let MessageId {
                    position,
                    index: at,
                } = candidate.id;
                (position.short, position.session, position.sequence, at)
                    == (*short, *session, *sequence, *index)
            }
        }
    }
}

/// Whether a message may be the last that a person said: what a guest of theirs said is not.
fn is_own_last(candidate: &Candidate, me: &Key) -> bool {
    candidate.who.key == *me && !matches!(candidate.manner, Manner::Guest(_))
}

/// A message says something else from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// Which.
    pub id: Id,
    /// The record that changed it; of several, the last in the common order holds.
    pub by: MessageId,
    /// Its author.
    pub who: Person,
    /// What it says, uncleaned.
    pub text: String,
    /// When it was changed by its author's clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// Whether this person changed it.
    pub is_own: bool,
    /// When in the conversation this is shown.
    pub timing: Timing,
}

/// A message was withdrawn by its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Which.
    pub id: Id,
    /// Its author.
    pub who: Person,
    /// When it was withdrawn by its author's clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// Whether this person withdrew it.
    pub is_own: bool,
    /// When in the conversation this is shown.
    pub timing: Timing,
}

/// A change that waits until what was said before it has an id.
#[derive(Debug)]
pub(super) struct WantedChange {
    request: RequestId,
    which: Which,
    text: Option<String>,
    /// How far the messages in memory were looked through.
    walk: HistoryWalk,
    /// The last message that this person said, if that was met.
    own_last: Option<Candidate>,
}

impl WantedChange {
    /// Whether its message is being looked for.
    pub(super) fn is_looked_for(&self) -> bool {
        self.walk.has_begun()
    }

    /// Takes in that a message was changed meanwhile.
    pub(super) fn amend(&mut self, amended: &Amended) {
        self.walk.amend(amended);
    }
}

/// A change of this member's that is in no frame yet.
#[derive(Debug)]
pub(super) struct UnsentChange {
    request: RequestId,
    of: MessageId,
    text: Option<String>,
}

impl Chat {
    /// Changes a message of this person's, or withdraws it if there is no text.
    pub(super) fn amend(
        &mut self,
        now: Moment,
        request: RequestId,
        which: Which,
        text: Option<String>,
    ) {
        self.own.wanted_change = Some(WantedChange {
            request,
            which,
            text,
            walk: HistoryWalk::default(),
            own_last: None,
        });
        self.amend_if_said(now);
    }

    /// Looks for the message of the change that is wanted, if all that was said before it has an
    /// id: for no longer than a loop may stand still.
    pub(super) fn amend_if_said(&mut self, now: Moment) {
        if self.own.unsent() > 0 {
            return;
        }
        let Some(mut wanted) = self.own.wanted_change.take() else {
            return;
        };
        let my_key = self.people.my_key();
        let WantedChange {
            which,
            walk,
            own_last,
            ..
        } = &mut wanted;
        let found = self.node.find(walk, PART_FRAMES, |candidate| {
            if own_last.is_none() && is_own_last(candidate, &my_key) {
                *own_last = Some(candidate.clone());
            }
            which.is(candidate, &my_key)
        });
        match found.is_some() || walk.is_over() {
            true => self.amend_found(now, wanted, found),
            false => self.own.wanted_change = Some(wanted),
        }
    }

    /// Makes the change that is wanted, of the message that was found.
    fn amend_found(&mut self, now: Moment, wanted: WantedChange, found: Option<Candidate>) {
        let WantedChange {
            request,
            which,
            mut text,
            own_last,
            ..
        } = wanted;
        let mut found = found;
        if let (None, Which::Word { whole, .. }) = (&found, &which) {
            text = text.map(|_| whole.clone());
            found = own_last;
        }
        if text.as_ref().is_some_and(String::is_empty) {
            let usage = Failure::Usage("/edit [ID] TEXT");
            return self.answer(request, News::Failed(usage));
        }
        let Some(found) = found else {
            return self.refuse_unknown(request, &which);
        };
        let is_guests = matches!(found.manner, Manner::Guest(_)) && text.is_some();
        let guests_words = is_guests.then_some(Failure::GuestsMessage);
        let changed = match self.refusal(&found).or(guests_words) {
            Some(failure) => Err(failure),
            None => self.change(now, &found.id, text.as_deref()),
        };
        match changed {
            Ok(()) => self.own.change(UnsentChange {
                request,
                of: found.id,
                text,
            }),
            Err(failure) => self.answer(request, News::Failed(failure)),
        }
    }

    fn change(&mut self, now: Moment, of: &MessageId, text: Option<&str>) -> Result<(), Failure> {
        let said = match text {
            Some(text) => self.node.edit(now, of, text),
            None => self.node.delete(now, of),
        };
        said.map_err(|error| match error {
            SayError::TooLong { most_bytes, .. } => Failure::ChangeTooLong {
                limit_bytes: most_bytes,
            },
            SayError::NotOwn => Failure::NotYourMessage(ShortId::of(of).to_string()),
            SayError::Ahead => Failure::ChangeTooEarly,
        })
    }

    /// Why a message cannot be changed.
    fn refusal(&self, found: &Candidate) -> Option<Failure> {
        if found.who.key != self.people.my_key() {
            return Some(Failure::NotYourMessage(ShortId::of(&found.id).to_string()));
        }
        if found.is_private {
            return Some(Failure::PrivateMessage);
        }
        let is_deleted = found.version == Version::Deleted;
        is_deleted.then_some(Failure::DeletedMessage)
    }

    /// Says that a message is not in memory; an archive knows whether it is too old.
    fn refuse_unknown(&mut self, request: RequestId, which: &Which) {
        let Some(only) = which.short_id() else {
            return self.answer(request, News::Failed(Failure::NothingSaid));
        };
        let typed = only.to_string();
        let query = Query {
            only: Some(only),
            limit: 1,
            ..Query::default()
        };
        match self.is_archived() {
            true => self.find(request, query, Purpose::Change(typed)),
            false => self.answer(request, News::Failed(Failure::NoMessage(typed))),
        }
    }

    /// A change of this member's is in a frame.
    pub(super) fn on_amendment_sent(&mut self, by: MessageId) {
        let Some(UnsentChange { request, of, text }) = self.own.changed() else {
            return;
        };
        let amended = Amended {
            of,
            by,
            who: self.people.my_name(),
            text,
            order: Order::InOrder,
            is_known: false,
        };
        if let Some(news) = self.on_amended(amended) {
            self.answer(request, news);
        }
    }

    /// An author has changed or withdrawn a message; `None` if it was shown so already.
    pub(super) fn on_amended(&mut self, amended: Amended) -> Option<News> {
        let wall_ms = clock_ms(amended.by.position.clock);
        if self.is_archived() {
            self.archive(Request::Room(RoomRequest::Amend(Box::new(Amendment {
                of: amended.of,
                by: amended.by,
                who: amended.who.clone(),
                wall_ms,
                text: amended.text.clone(),
            }))));
        }
        self.own.finding.amend(&amended);
        if let Some(wanted) = &mut self.own.wanted_change {
            wanted.amend(&amended);
        }
        if amended.is_known {
            return None;
        }
        Some(self.amendment_news(amended, wall_ms))
    }

    fn amendment_news(&self, amended: Amended, wall_ms: u64) -> News {
        let Amended {
            of,
            by,
            who,
            text,
            order,
            ..
        } = amended;
        let who: &NamedKey = &who;
        let is_own = who.key == self.people.my_key();
        let (id, who) = (Id::Group(of), self.people.person(who));
        let timing = self.timing(order, by.position.clock);
        match text {
            Some(text) => News::Edited(Box::new(Edited {
                id,
                by,
                who,
                text,
                wall_ms,
                is_own,
                timing,
            })),
            None => News::Deleted(Box::new(Deleted {
                id,
                who,
                wall_ms,
                is_own,
                timing,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(short: u64, sequence: u32) -> MessageId {
        let mut id = MessageId::default();
        (id.position.short, id.position.sequence) = (short, sequence);
        id
    }

    #[test]
    fn an_id_is_read_in_both_forms_and_a_word_is_kept() {
        let short = ShortId::of(&id(1, 1));
        assert_eq!(Which::parse(&short.to_string()), Some(Which::Short(short)));
        let full = Id::Group(id(1, 1)).to_string();
        let expected = Which::Full(1, 0, 1, 0);
        assert_eq!(Which::parse(&full), Some(expected.clone()));
        assert_eq!(expected.short_id(), Some(short));
        for wrong in ["", "k3", "1-2-3", "1-2-3-4-5", "1-2-3-100", "x-0-0-0"] {
            assert_eq!(Which::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Which::split(" olá  gente "), (Which::Last, "olá  gente"));
        let (which, text) = Which::split("k3mx9q  oi  gente");
        assert_eq!(
            (which.short_id().map(|id| id.to_string()), text),
            (Some("k3mx9q".into()), "oi  gente")
        );
        let (word, text) = Which::split("barato  demais");
        assert!(matches!(word, Which::Word { whole, .. } if whole == "barato  demais"));
        assert_eq!(text, "demais");
    }
}
