//! What the others say that they do: who sends which streams, and who asks for the word.

use std::collections::BTreeMap;
use std::time::Duration;

use super::command::Hand;
use super::frame::{Codec, Source};
use super::person_budgets::PersonBudgets;
use super::telling::{Stream, Tale, Voice};
use crate::protocol::engine::event::{GuestName, HeardCall, NamedKey};
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::call::{Called, GUESTS_CALLED_MAX};
use crate::protocol::wire::frame::{Key, MemberTag};

/// Most sessions that are looked after: as many as a large class with their hands up.
const CALLERS_MAX: usize = 512;

/// Who is not heard of for so long is gone.
const GONE_AFTER: Duration = Duration::from_millis(2800);

/// How long whoever does nothing any more is remembered: a call that is sent again by somebody else
/// counts for no longer (`engine/freshness.rs`).
const REMEMBERED: Duration = Duration::from_secs(6);

/// Sessions of one person that are looked after: their computers.
const SESSIONS_OF_ONE: usize = 4;

/// Changes of one person in a second, and at once: somebody who tries each button. Each is told to
/// all faces, and what is not heard for that reason is said again.
const CHANGES: (f64, f64) = (1.0, 20.0);

/// What a session says sooner after its last word is dropped: an honest one waits longer, and each
/// change is told to all faces.
const APART: Duration = Duration::from_millis(30);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Calls {
    callers: BTreeMap<MemberTag, Caller>,
    /// What each person may still change.
    changes: PersonBudgets,
    /// Numbers what is new, so that who came first comes first.
    news: u64,
}

/// A session that does something in the conference.
#[derive(Debug)]
struct Caller {
    who: NamedKey,
    session: u64,
    /// Since which news its hand is up.
    hand_up: Option<u64>,
    said_at: Duration,
    /// The number of its last word: what comes behind was overtaken, or is a recording.
    sequence: u32,
    /// When it said something, or something that it sends was heard.
    heard_at: Duration,
    streams: BTreeMap<StreamId, Remote>,
}

/// Somebody's stream.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    pub(super) who: NamedKey,
    pub(super) session: u64,
    /// Who is heard in it, if that is a guest of the person.
    pub(super) guest: Option<GuestName>,
    pub(super) source: Source,
    pub(super) codec: Option<Codec>,
    /// As its author announced it last.
    pub(super) called: Called,
    /// When somebody spoke in it last.
    pub(super) spoke_at: Option<Duration>,
    /// Which news it was.
    pub(super) since: u64,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            callers: BTreeMap::new(),
            changes: PersonBudgets::new(CHANGES.0, CHANGES.1),
            news: 0,
        }
    }
}

impl Calls {
    /// Takes in what a session says; what is new of that.
    pub(super) fn hear(&mut self, now: Duration, heard: HeardCall) -> Vec<Tale> {
        let call = &heard.call;
        let is_over = call.streams.is_empty() && !call.has_hand_up;
        let person = heard.member.short;
        let known = self.callers.get(&heard.member);
        let of_person = || self.callers.keys().filter(|member| member.short == person);
        let is_full =
            || self.callers.len() >= CALLERS_MAX || of_person().count() >= SESSIONS_OF_ONE;
        if known.is_none() && (is_over || is_full()) {
            return Vec::new();
        }
        let is_late =
            |caller: &Caller| now < caller.said_at + APART || heard.sequence <= caller.sequence;
        if known.is_some_and(is_late) {
            return Vec::new();
        }
        let is_change = known.is_none_or(|caller| caller.is_changed_by(&heard));
        if is_change && !self.changes.try_spend_one(person, now) {
            return Vec::new();
        }
        let who = heard.who.clone();
        let caller = self.callers.entry(heard.member).or_insert_with(|| Caller {
            who: who.clone(),
            session: heard.session,
            hand_up: None,
            said_at: now.saturating_sub(APART),
            sequence: 0,
            heard_at: now,
            streams: BTreeMap::new(),
        });
        (caller.who, caller.sequence) = (who, heard.sequence);
        (caller.said_at, caller.heard_at) = (now, now);
        let mut tales = Vec::new();
        caller.hear_hand(call.has_hand_up, &mut self.news, &mut tales);
        caller.hear_streams(now, &heard, &mut self.news, &mut tales);
        tales
    }

    /// A symbol of a stream was heard: its author is here.
    pub(super) fn touch(&mut self, now: Duration, stream: StreamId) {
        let mut callers = self.callers.values_mut();
        if let Some(caller) = callers.find(|it| it.streams.contains_key(&stream)) {
            caller.heard_at = now;
        }
    }

    /// Forgets who is gone; what is to be told of that.
    pub(super) fn on_time(&mut self, now: Duration) -> Vec<Tale> {
        self.forget(|caller| now >= caller.gone_at(), Remote::vanished)
    }

    /// A person has left.
    pub(super) fn leave(&mut self, who: &NamedKey) -> Vec<Tale> {
        self.forget(|caller| caller.who == *who, Remote::ended)
    }

    fn forget(
        &mut self,
        is_gone: impl Fn(&Caller) -> bool,
        over: fn((&StreamId, &Remote)) -> Tale,
    ) -> Vec<Tale> {
        let mut tales = Vec::new();
        self.callers.retain(|_, caller| {
            let is_gone = is_gone(caller);
            if is_gone {
                tales.extend(caller.streams.iter().map(over));
                if caller.hand_up.is_some() {
                    tales.push(Tale::Hand(caller.who.clone(), Hand::Lowered));
                }
            }
            !is_gone
        });
        tales
    }

    /// When somebody is gone unless something is heard.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.callers.values().map(Caller::gone_at).min()
    }

    /// All streams.
    pub(super) fn streams(&self) -> impl Iterator<Item = (StreamId, &Remote)> {
        let callers = self.callers.values();
        let streams = callers.flat_map(|caller| &caller.streams);
        streams.map(|(id, remote)| (*id, remote))
    }

    pub(super) fn get(&self, stream: StreamId) -> Option<&Remote> {
        let mut callers = self.callers.values();
        callers.find_map(|caller| caller.streams.get(&stream))
    }

    /// When whoever is heard in a stream spoke last, in whichever of its streams.
    pub(super) fn spoke_at(&self, remote: &Remote) -> Option<Duration> {
        let streams = self.streams().map(|(_, it)| it);
        let is_of_author = |it: &&Remote| it.session == remote.session && it.guest == remote.guest;
        let of_author = streams.filter(is_of_author);
        of_author.filter_map(|it| it.spoke_at).max()
    }

    /// Notes that somebody speaks in a stream.
    pub(super) fn speaks(&mut self, now: Duration, stream: StreamId) {
        let mut callers = self.callers.values_mut();
        if let Some(remote) = callers.find_map(|it| it.streams.get_mut(&stream)) {
            remote.spoke_at = Some(now);
        }
    }

    /// Who asks for the word, who asked first coming first.
    pub(super) fn hands(&self) -> Vec<NamedKey> {
        let callers = self.callers.values();
        let up = callers.filter_map(|caller| Some((caller.hand_up?, &caller.who)));
        let mut up: Vec<(u64, &NamedKey)> = up.collect();
        up.sort();
        up.into_iter().map(|(_, who)| who.clone()).collect()
    }

    /// Whether nobody does anything.
    pub(super) fn is_empty(&self) -> bool {
        self.callers.values().all(Caller::is_over)
    }
}

impl Caller {
    /// Whether it does nothing any more.
    fn is_over(&self) -> bool {
        self.streams.is_empty() && self.hand_up.is_none()
    }

    /// Whether a call says something else than before.
    fn is_changed_by(&self, heard: &HeardCall) -> bool {
        let called = heard.streams.iter().zip(&heard.call.streams);
        // What is counted and not played is nobody's news.
        let called = called.filter(|(_, called)| Source::of_channel(called.channel).is_some());
        let has_codec = |(id, called): (&StreamId, &Called)| {
            let known = self.streams.get(id);
            known.is_some_and(|known| known.called.codec == called.codec)
        };
        heard.call.has_hand_up != self.hand_up.is_some()
            || called.clone().count() != self.streams.len()
            || !called.into_iter().all(has_codec)
    }

    fn gone_at(&self) -> Duration {
        let after = match self.is_over() {
            true => REMEMBERED,
            false => GONE_AFTER,
        };
        self.heard_at + after
    }

    fn hear_hand(&mut self, is_up: bool, news: &mut u64, tales: &mut Vec<Tale>) {
        if is_up == self.hand_up.is_some() {
            return;
        }
        *news += 1;
        self.hand_up = is_up.then_some(*news);
        let hand = match is_up {
            true => Hand::Raised,
            false => Hand::Lowered,
        };
        tales.push(Tale::Hand(self.who.clone(), hand));
    }

    /// Whether one more stream is its author's: one of each source, and of some guests a voice.
    /// More would be somebody who takes the places of others.
    fn has_room(&self, source: Source, called: &Called) -> bool {
        let number = |guest: &GuestName| guest.number;
        let known = called.guest.as_ref().map(|guest| guest.number);
        let is_same = |it: &Remote| it.source == source && it.guest.as_ref().map(number) == known;
        let guests = self.streams.values().filter(|it| it.guest.is_some());
        let is_voice = source == Source::Sound && guests.count() < GUESTS_CALLED_MAX;
        !self.streams.values().any(is_same) && (known.is_none() || is_voice)
    }

    fn hear_streams(
        &mut self,
        now: Duration,
        heard: &HeardCall,
        news: &mut u64,
        tales: &mut Vec<Tale>,
    ) {
        let before = std::mem::take(&mut self.streams);
        for (called, id) in heard.call.streams.iter().zip(&heard.streams) {
            let Some(source) = Source::of_channel(called.channel) else {
                continue;
            };
            if !self.has_room(source, called) {
                continue;
            }
            let known = before.get(id);
            if known.is_none() {
                *news += 1;
            }
            let codec = Codec::from_byte(called.codec).filter(|codec| codec.fits(source));
            let spoke_at = known.and_then(|known| known.spoke_at);
            let remote = Remote {
                who: self.who.clone(),
                session: self.session,
                guest: called.guest.as_ref().map(|guest| GuestName {
                    number: guest.number,
                    name: guest.name.clone(),
                }),
                source,
                codec,
                called: called.clone(),
                spoke_at: if called.speaks { Some(now) } else { spoke_at },
                since: known.map_or(*news, |known| known.since),
            };
            if known.is_none_or(|known| known.codec != codec) {
                tales.push(Tale::Began(remote.stream(*id)));
            }
            self.streams.insert(*id, remote);
        }
        let gone = before
            .iter()
            .filter(|(id, _)| !self.streams.contains_key(id));
        tales.extend(gone.map(Remote::ended));
    }
}

impl Remote {
    pub(super) fn stream(&self, stream: StreamId) -> Stream {
        Stream {
            stream,
            who: self.who.clone(),
            guest: self.guest.clone(),
            source: self.source,
            codec: self.codec,
        }
    }

    fn vanished((id, remote): (&StreamId, &Self)) -> Tale {
        Tale::Vanished(remote.stream(*id))
    }

    fn ended((id, remote): (&StreamId, &Self)) -> Tale {
        Tale::Ended(remote.stream(*id))
    }

    /// Who is heard in it.
    pub(super) fn voice(&self) -> Voice {
        Voice {
            who: self.who.clone(),
            guest: self.guest.clone(),
        }
    }

    /// Whose it is.
    pub(super) fn key(&self) -> &Key {
        &self.who.key
    }
}
