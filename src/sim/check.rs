//! The ledger: what was said by whom, who was shown it and when. It finds what must never be:
//! something shown twice, out of its author's order, before its causes, or never said.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::chat::event::{self, Id, News, Timing, Told};
use crate::protocol::engine::event::Version;
use crate::protocol::wire::frame::{Key, Kind};

/// A message may be shown before a cause that has been missing for this long.
const CAUSE_WAIT: Duration = Duration::from_secs(3);

/// Everything that was said and shown in a run.
#[derive(Debug, Default)]
pub struct Ledger {
    messages: Vec<Message>,
    members: BTreeMap<usize, Member>,
    findings: Vec<String>,
    frames: BTreeSet<u64>,
    /// The messages by the ids that their authors were told.
    ids: BTreeMap<Id, usize>,
    /// Whose messages are no concern of the ledger.
    admitted: BTreeSet<Key>,
    /// The keys of a host's person; with a lost disk comes another one.
    keys: BTreeMap<usize, BTreeSet<Key>>,
}

#[derive(Debug)]
struct Message {
    author: usize,
    said_at: Duration,
    /// The newest message that its author had been shown.
    after: Option<usize>,
    /// The members that were running when it was said.
    owed_to: BTreeSet<usize>,
    shown_at: BTreeMap<usize, Duration>,
}

#[derive(Debug, Default)]
struct Member {
    is_running: bool,
    started_at: Duration,
    newest_shown: Option<usize>,
    /// The newest message in order, by author.
    newest_of: BTreeMap<usize, usize>,
    told: Vec<News>,
    /// What was shown before its cause, by cause.
    before: BTreeMap<usize, usize>,
    late: usize,
}

impl Ledger {
    pub(super) fn start(&mut self, number: usize, key: Key, now: Duration, is_archived: bool) {
        self.keys.entry(number).or_default().insert(key);
        if !is_archived {
            self.forget(number);
        }
        let member = Member {
            is_running: true,
            started_at: now,
            ..Member::default()
        };
        self.members.insert(number, member);
    }

    /// A member has forgotten everything, so that everything may be shown to it again.
    pub(super) fn forget(&mut self, number: usize) {
        for message in &mut self.messages {
            message.shown_at.remove(&number);
        }
    }

    pub(super) fn admit(&mut self, key: Key) {
        self.admitted.insert(key);
    }

    pub(super) fn stop(&mut self, number: usize) {
        if let Some(member) = self.members.get_mut(&number) {
            member.is_running = false;
        }
        let members = &self.members;
        let is_running = |number: &usize| members.get(number).is_some_and(|m| m.is_running);
        for message in &mut self.messages {
            message.owed_to.remove(&number);
            // A message is lost once the last member that held it is dead.
            let mut holders = message.shown_at.keys().chain([&message.author]);
            if !holders.any(is_running) {
                message.owed_to.clear();
            }
        }
    }

    pub(super) fn say(&mut self, author: usize, now: Duration) -> usize {
        let running = self.members.iter().filter(|(_, member)| member.is_running);
        let owed_to = running.map(|(number, _)| *number).filter(|n| *n != author);
        self.messages.push(Message {
            author,
            said_at: now,
            after: self.members.get(&author).and_then(|m| m.newest_shown),
            owed_to: owed_to.collect(),
            shown_at: BTreeMap::new(),
        });
        self.messages.len() - 1
    }

    /// What a message says: its number, and perhaps some more.
    pub(super) fn text(message: usize, more: &str) -> String {
        format!("{message} {more}")
    }

    pub(super) fn note(&mut self, number: usize, told: &Told, now: Duration) {
        let said = match &told.news {
            // An answer to a request is a member's own message, or its history.
            News::Message(message) if !message.is_private && told.request.is_none() => message,
            News::Message(message) if message.is_own && message.timing == Timing::Live => {
                if let Some(index) = self.index_in(message).filter(|_| !message.is_private) {
                    self.ids.insert(message.id, index);
                }
                let told = self.members.entry(number).or_default();
                return told.told.push(News::Message(message.clone()));
            }
            // What is said to one is no concern of the others.
            other => {
                let told = self.members.entry(number).or_default();
                return told.told.push(other.clone());
            }
        };
        if said.who.key.is_some_and(|key| self.admitted.contains(&key)) {
            return;
        }
        let index = match said.version {
            // What it said is gone.
            Version::Deleted => self.ids.get(&said.id).copied(),
            Version::Original | Version::Edited(_) => self.index_in(said),
        };
        let Some(index) = index else {
            let finding = format!("{number} was shown {:?}, which nobody said", said.text());
            return self.findings.push(finding);
        };
        let author = self.messages.get(index).map(|message| message.author);
        let keys = author.and_then(|author| self.keys.get(&author));
        if !keys.is_some_and(|keys| said.who.key.is_some_and(|key| keys.contains(&key))) {
            let finding = format!("{number} was shown {index} as {}'s", said.who.name);
            self.findings.push(finding);
        }
        self.show(number, index, said.timing, now);
    }

    /// The number at the beginning of a message's text, if it is one of a message.
    fn index_in(&self, said: &event::Message) -> Option<usize> {
        let digits = said.text().split(' ').next().unwrap_or_default();
        let index = digits.parse().ok();
        index.filter(|index: &usize| *index < self.messages.len())
    }

    /// The id of a message, once its author was told it.
    #[must_use]
    pub fn id(&self, message: usize) -> Option<Id> {
        let ids = self.ids.iter();
        let mut of_message = ids.filter(|(_, index)| **index == message);
        of_message.next().map(|(id, _)| *id)
    }

    fn show(&mut self, number: usize, index: usize, timing: Timing, now: Duration) {
        let is_late = timing != Timing::Live;
        let cause = self.messages.get(index).and_then(|message| message.after);
        let member = self.members.get(&number);
        let is_new = member.is_some_and(|member| now < member.started_at + CAUSE_WAIT);
        let was_shown = cause
            .and_then(|cause| self.messages.get(cause))
            .is_none_or(|cause| {
                cause.author == number
                    || cause.shown_at.contains_key(&number)
                    || !cause.owed_to.contains(&number)
                    || now >= cause.said_at + CAUSE_WAIT
            });
        let Some(message) = self.messages.get_mut(index) else {
            return;
        };
        let before = cause.filter(|_| !was_shown && !is_late && !is_new);
        if message.shown_at.insert(number, now).is_some() {
            self.findings
                .push(format!("{number} was shown {index} twice"));
        }
        let (author, said_at) = (message.author, message.said_at);
        let member = self.members.entry(number).or_default();
        // What was gone on without comes late; what comes in order must not come after its effect.
        if let Some(effect) = member.before.remove(&index).filter(|_| !is_late) {
            let finding = format!("{number} was shown {effect} before {index}");
            self.findings.push(finding);
        }
        member.before.extend(before.map(|cause| (cause, index)));
        if author == number && said_at >= member.started_at {
            let finding = format!("{number} was shown its own {index}");
            self.findings.push(finding);
        }
        member.newest_shown = Some(index);
        member.late += usize::from(is_late);
        let newest = member.newest_of.entry(author).or_insert(index);
        if index < *newest && !is_late {
            let finding = format!("{number} was shown {index} of {author} after {newest}");
            self.findings.push(finding);
        }
        *newest = (*newest).max(index);
    }

    /// Whether a datagram is a durable frame that was not on the network before.
    pub(super) fn is_first(&mut self, datagram: &[u8]) -> bool {
        let nonce = datagram.get(20..28).and_then(|n| n.first_chunk());
        let is_durable = datagram.get(3) == Some(&(Kind::Durable as u8));
        is_durable && nonce.is_some_and(|nonce| self.frames.insert(u64::from_be_bytes(*nonce)))
    }

    /// All that was found wrong so far.
    #[must_use]
    pub fn findings(&self) -> &[String] {
        &self.findings
    }

    /// Messages that somebody who was there all the time has not been shown, with who.
    #[must_use]
    pub fn missing(&self) -> Vec<(usize, usize)> {
        let messages = self.messages.iter().enumerate();
        let missing = messages.flat_map(|(index, message)| {
            let owed = message.owed_to.iter();
            let lacks = owed.filter(|number| !message.shown_at.contains_key(number));
            lacks.map(move |number| (index, *number))
        });
        missing.collect()
    }

    /// How long each message took until all to whom it was owed were shown it, ascending.
    #[must_use]
    pub fn times(&self) -> Vec<Duration> {
        let complete = self.messages.iter().filter_map(|message| {
            let owed = message.owed_to.iter();
            let times: Option<Vec<&Duration>> =
                owed.map(|number| message.shown_at.get(number)).collect();
            let last = times?.into_iter().max()?;
            Some(last.saturating_sub(message.said_at))
        });
        let mut times: Vec<Duration> = complete.collect();
        times.sort_unstable();
        times
    }

    /// The author of a message, and its time.
    #[must_use]
    pub fn origin(&self, message: usize) -> Option<(usize, Duration)> {
        let message = self.messages.get(message)?;
        Some((message.author, message.said_at))
    }

    /// How many messages were said.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages.len()
    }

    /// How many messages a member has been shown late.
    #[must_use]
    pub fn late(&self, number: usize) -> usize {
        self.members.get(&number).map_or(0, |member| member.late)
    }

    /// Whether a member was shown a message.
    #[must_use]
    pub fn has(&self, number: usize, message: usize) -> bool {
        let message = self.messages.get(message);
        message.is_some_and(|message| message.shown_at.contains_key(&number))
    }

    /// When a member was shown a message.
    #[must_use]
    pub fn shown_at(&self, number: usize, message: usize) -> Option<Duration> {
        self.messages.get(message)?.shown_at.get(&number).copied()
    }

    /// The events of a member, without messages to all.
    #[must_use]
    pub fn told(&self, number: usize) -> &[News] {
        self.members.get(&number).map_or(&[], |member| &member.told)
    }
}
