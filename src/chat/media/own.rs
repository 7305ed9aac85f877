//! What this member sends, and how much of it: the rate of a camera or a screen halves while those
//! who receive ask for more than may be repaired, and comes back when they do not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::event::MediaRefusal;
use super::frame::{Captured, Codec, Source, ToPage};
use super::guest_voice::GuestVoice;
use super::person_budgets::PersonBudgets;
use super::picture_sender::PictureSender;
use super::sound_sender::{Packing, SoundSender};
use super::telling::Stream;
use crate::protocol::engine::event::{GuestName, NamedKey};
use crate::protocol::engine::media::OwnCalled;
use crate::protocol::node::Node;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::call::Want;

/// When a page that captures nothing is taken for gone.
const PAUSED_AFTER: Duration = Duration::from_secs(2);

/// The same for a screen, on which nothing may move.
const SCREEN_PAUSED_AFTER: Duration = Duration::from_secs(10);

/// Key pictures are made no more often than this.
const KEY_EVERY: Duration = Duration::from_millis(500);

/// Key pictures that one person may have in a second, and at once.
const KEYS_OF_ONE: (f64, f64) = (0.5, 4.0);

/// How long a lower rate is tried before it is lowered again.
const LOWERED_FOR: Duration = Duration::from_secs(2);

/// How long nothing is short before the rate grows.
const GROWS_AFTER: Duration = Duration::from_secs(6);

/// By how much it grows.
const GROWS_BY: f64 = 1.25;

/// The lowest rate of pictures, in bits a second.
const BITS_LEAST_PER_S: u32 = 100_000;

/// With how many bits a second a source is encoded at most.
pub(super) fn most_bits_per_s(source: Source, is_on_radio: bool) -> u32 {
    match source {
        Source::Sound => 32_000,
        Source::Camera | Source::Screen if is_on_radio => 300_000,
        Source::Camera => 500_000,
        Source::Screen => 1_500_000,
    }
}

/// What a stream is of: a device of this person, or the microphone of a guest with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Feed {
    pub(super) guest: Option<u32>,
    pub(super) source: Source,
}

impl Feed {
    pub(super) fn own(source: Source) -> Self {
        let guest = None;
        Self { guest, source }
    }

    pub(super) fn of_guest(number: u32) -> Self {
        Self {
            guest: Some(number),
            source: Source::Sound,
        }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Own {
    is_keyed: bool,
    /// Where the room is on radio: what may be sent, of anybody.
    on_air: Option<BTreeSet<StreamId>>,
    streams: BTreeMap<Feed, OwnStream>,
}

#[derive(Debug)]
pub(super) struct OwnStream {
    pub(super) id: StreamId,
    /// Who is heard in it, if that is a guest.
    pub(super) guest: Option<GuestVoice>,
    pub(super) codec: Option<Codec>,
    captured_at: Option<Duration>,
    sender: Sender,
    bits_per_s: u32,
    /// When the rate was changed last, or was short.
    changed_at: Duration,
    /// When a key picture was made or asked for last.
    key_at: Option<Duration>,
    /// Whether one was asked for so soon after that it had to wait.
    is_key_waiting: bool,
    /// Key pictures that each person may still ask for.
    keys: PersonBudgets,
}

#[derive(Debug)]
enum Sender {
    Picture(PictureSender),
    Sound(SoundSender),
}

impl Own {
    pub(super) fn new(is_keyed: bool) -> Self {
        Self {
            is_keyed,
            on_air: None,
            streams: BTreeMap::new(),
        }
    }

    /// Sends these streams alone from now on, or all.
    pub(super) fn set_on_air(&mut self, on_air: Option<BTreeSet<StreamId>>) {
        self.on_air = on_air;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    pub(super) fn begin(
        &mut self,
        now: Duration,
        feed: Feed,
        guest: Option<GuestName>,
        node: &mut Node,
    ) -> Result<(&OwnStream, ToPage), MediaRefusal> {
        let source = feed.source;
        if self.has_begun(feed) {
            return Err(MediaRefusal::BegunAlready);
        }
        let id = node.open_stream(source.channel());
        let id = id.ok_or(MediaRefusal::TooMany)?;
        let bits_per_s = most_bits_per_s(source, node.is_on_radio());
        let sender = match source.is_picture() {
            true => Sender::Picture(PictureSender::new(now, id, bits_per_s)),
            false => Sender::Sound(SoundSender::new(now, id)),
        };
        let stream = OwnStream {
            id,
            guest: guest.map(|name| GuestVoice::new(name, now)),
            codec: None,
            captured_at: None,
            sender,
            bits_per_s,
            changed_at: now,
            key_at: None,
            is_key_waiting: false,
            keys: PersonBudgets::new(KEYS_OF_ONE.0, KEYS_OF_ONE.1),
        };
        let own = self.streams.entry(feed).or_insert(stream);
        Ok((own, ToPage::Bitrate { source, bits_per_s }))
    }

    pub(super) fn end(&mut self, feed: Feed, node: &mut Node) -> Option<OwnStream> {
        let stream = self.streams.remove(&feed)?;
        node.close_stream(stream.id);
        Some(stream)
    }

    /// The streams that are begun.
    pub(super) fn streams(&self) -> impl Iterator<Item = (Feed, &OwnStream)> {
        self.streams.iter().map(|(feed, stream)| (*feed, stream))
    }

    /// The streams of guests, by their numbers.
    pub(super) fn guests(&mut self) -> impl Iterator<Item = (u32, &mut OwnStream)> {
        let streams = self.streams.iter_mut();
        streams.filter_map(|(feed, stream)| Some((feed.guest?, stream)))
    }

    pub(super) fn has_begun(&self, feed: Feed) -> bool {
        self.streams.contains_key(&feed)
    }

    /// Whether this person speaks.
    pub(super) fn speaks(&self, now: Duration) -> bool {
        let own = self.streams.iter().filter(|(feed, _)| feed.guest.is_none());
        own.map(|(_, stream)| stream).any(|it| it.speaks(now))
    }

    /// Takes in a frame, which leaves as soon as it may. Of a source that was not begun, it is
    /// dropped. Returns whether the others do not know of the stream yet, and what the page is to
    /// do.
    pub(super) fn capture(
        &mut self,
        now: Duration,
        (feed, captured): (Feed, Captured),
        node: &mut Node,
    ) -> (bool, Option<ToPage>) {
        let packing = Packing {
            is_keyed: self.is_keyed,
            is_on_radio: node.is_on_radio(),
        };
        let stream = self.streams.get_mut(&feed);
        let source = feed.source;
        let fits = captured.source == source && captured.codec.fits(source);
        let Some(stream) = stream.filter(|_| fits) else {
            return (false, None);
        };
        let mut to_page = None;
        if let Some(guest) = &mut stream.guest {
            if !guest.may_send(now, captured.bytes.len()) {
                return (false, None);
            }
            to_page = guest.played(stream.id, &captured).map(ToPage::Play);
        }
        let is_news = !stream.is_active(now, source) || stream.codec != Some(captured.codec);
        stream.codec = Some(captured.codec);
        stream.captured_at = Some(now);
        let on_air = self.on_air.as_ref();
        if on_air.is_some_and(|on_air| !on_air.contains(&stream.id)) {
            return (is_news, to_page);
        }
        if captured.is_key {
            stream.key_at = Some(now);
        }
        match &mut stream.sender {
            Sender::Picture(sender) => sender.capture(now, &captured, node),
            Sender::Sound(sender) => sender.capture(now, captured, packing, node),
        }
        let wants_key = stream.take_waiting_key(now);
        let key_wanted = wants_key.then_some(ToPage::KeyWanted(source));
        (is_news, to_page.or(key_wanted))
    }

    /// Queues what may leave; returns whether there was anything.
    pub(super) fn pump(&mut self, now: Duration, node: &mut Node) -> bool {
        let mut has_queued = false;
        for stream in self.streams.values_mut() {
            if let Sender::Picture(sender) = &mut stream.sender
                && sender.is_waiting()
            {
                has_queued |= sender.pump(now, node);
            }
        }
        has_queued
    }

    /// Whether a stream is sent here.
    pub(super) fn has(&self, stream: StreamId) -> bool {
        self.streams.values().any(|own| own.id == stream)
    }

    /// Takes in that somebody lacks something of an own stream; what the page is to do about it.
    pub(super) fn want(
        &mut self,
        now: Duration,
        person: u64,
        want: &Want,
        node: &mut Node,
    ) -> Option<ToPage> {
        let mut streams = self.streams.iter_mut();
        let (feed, stream) = streams.find(|(_, own)| own.id == want.stream)?;
        match &mut stream.sender {
            Sender::Picture(_) if want.unit == 0 => {
                let may = stream.may_make_key(now, person);
                may.then_some(ToPage::KeyWanted(feed.source))
            }
            Sender::Picture(sender) => {
                sender.want(now, person, want);
                None
            }
            Sender::Sound(sender) => {
                sender.want(now, want, node);
                None
            }
        }
    }

    /// Adapts the rates; what the page is to do about it.
    pub(super) fn on_time(&mut self, now: Duration, is_on_radio: bool) -> Vec<ToPage> {
        let mut to_page = Vec::new();
        for (feed, stream) in &mut self.streams {
            let most = most_bits_per_s(feed.source, is_on_radio);
            if stream.adapt(now, most) {
                to_page.push(ToPage::Bitrate {
                    source: feed.source,
                    bits_per_s: stream.bits_per_s,
                });
            }
        }
        to_page
    }

    /// What is to be announced: streams whose page is not gone.
    pub(super) fn called(&self, now: Duration) -> Vec<OwnCalled> {
        let streams = self.streams.iter();
        let active = streams.filter(|(feed, stream)| stream.is_active(now, feed.source));
        let called = active.filter_map(|(_, stream)| {
            Some(OwnCalled {
                stream: stream.id,
                codec: stream.codec? as u8,
                speaks: stream.speaks(now),
                newest_unit: match &stream.sender {
                    Sender::Picture(sender) => sender.newest(),
                    Sender::Sound(sender) => sender.newest(),
                },
                guest: stream.guest.as_ref().map(GuestVoice::called),
            })
        });
        called.collect()
    }
}

impl OwnStream {
    /// As it is told to faces; `me` is who sends it.
    pub(super) fn told(&self, source: Source, me: NamedKey) -> Stream {
        Stream {
            stream: self.id,
            who: me,
            guest: self.guest.as_ref().map(|guest| guest.name.clone()),
            source,
            codec: self.codec,
        }
    }

    pub(super) fn is_active(&self, now: Duration, source: Source) -> bool {
        let after = match source {
            Source::Screen => SCREEN_PAUSED_AFTER,
            Source::Sound | Source::Camera => PAUSED_AFTER,
        };
        self.captured_at.is_some_and(|at| now < at + after)
    }

    pub(super) fn speaks(&self, now: Duration) -> bool {
        matches!(&self.sender, Sender::Sound(sender) if sender.speaks(now))
    }

    /// Whether a key picture is to be made because a person asks for it.
    fn may_make_key(&mut self, now: Duration, person: u64) -> bool {
        if !self.keys.try_spend_one(person, now) {
            return false;
        }
        self.is_key_waiting = true;
        self.take_waiting_key(now)
    }

    /// Whether a key picture that was asked for is to be made now.
    fn take_waiting_key(&mut self, now: Duration) -> bool {
        let is_soon = self.key_at.is_some_and(|at| now < at + KEY_EVERY);
        if is_soon || !self.is_key_waiting {
            return false;
        }
        (self.is_key_waiting, self.key_at) = (false, Some(now));
        true
    }

    /// Lowers or raises the rate, if it is time; returns whether it has changed.
    fn adapt(&mut self, now: Duration, most: u32) -> bool {
        let Sender::Picture(sender) = &mut self.sender else {
            return false;
        };
        let is_short = sender.repairs.take_shortage();
        let before = self.bits_per_s;
        if self.bits_per_s > most {
            self.bits_per_s = most;
        } else if is_short && now >= self.changed_at + LOWERED_FOR {
            self.bits_per_s = (before / 2).max(BITS_LEAST_PER_S);
            self.changed_at = now;
        } else if is_short {
            // It was lowered just now; growing waits.
            self.changed_at = self.changed_at.max(now.saturating_sub(LOWERED_FOR));
        } else if before < most && now >= self.changed_at + GROWS_AFTER {
            self.bits_per_s = ((f64::from(before) * GROWS_BY) as u32).min(most);
            self.changed_at = now;
        }
        if self.bits_per_s != before {
            sender.repairs.set_rate(now, self.bits_per_s);
        }
        self.bits_per_s != before
    }
}
