//! The pages of members on the pretend network: cameras, screens and microphones whose frames say
//! which they are, and what was played of others', and when.

use core::net::SocketAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::World;
use super::host::Action;
use super::member;
use crate::chat::command::Command;
use crate::chat::media::{Captured, Codec, FromPage, MediaCommand, Played, Source, ToPage};
use crate::chat::{Input, NetworkNews};
use crate::protocol::rng::Rng;
use crate::protocol::wire::compact::{StreamId, StreamSeal};
use crate::protocol::wire::frame::Body;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::call::{Call, Want, Wants};
use crate::protocol::wire::frame::notice::Notice;

/// How many times as long a key picture is as others.
const KEY_TIMES: f64 = 4.0;

/// A member's page.
#[derive(Debug, Default)]
pub(super) struct Page {
    films: BTreeMap<Source, Film>,
    /// What was played, in its order.
    played: Vec<PlayedAt>,
    gone: Vec<(Duration, StreamId)>,
}

/// What a source is made to capture.
#[derive(Clone, Copy, Debug)]
pub struct Making {
    /// Frames a second.
    pub frames_per_s: u32,
    /// Bits a second, until the room asks for another rate.
    pub bits_per_s: u32,
}

impl Making {
    /// A voice: 20 ms of Opus.
    pub const VOICE: Self = Self {
        frames_per_s: 50,
        bits_per_s: 32_000,
    };

    /// A small camera.
    pub const CAMERA: Self = Self {
        frames_per_s: 15,
        bits_per_s: 500_000,
    };
}

/// What a source captures.
#[derive(Debug)]
struct Film {
    making: Making,
    /// What the room asks for.
    most_bits_per_s: u32,
    rng: Rng,
    /// When each frame was captured.
    captured: Vec<Duration>,
    is_key_wanted: bool,
    keys: u32,
    quiet_db: u8,
    is_running: bool,
}

/// A frame that was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayedAt {
    /// When.
    pub at: Duration,
    /// By which stream it came.
    pub stream: StreamId,
    /// What it was captured from.
    pub source: Source,
    /// Who captured it, by what the frame says.
    pub by: usize,
    /// Its number, by what the frame says, from 0.
    pub number: u32,
    /// Whether it can be decoded alone.
    pub is_key: bool,
    /// Whether it is exactly as it was captured.
    pub is_true: bool,
}

/// What a page has seen or heard of another's source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// How many frames were played.
    pub played: usize,
    /// How many of those between the first and the last one were not.
    pub lost: usize,
    /// The times from capturing to playing, in their order.
    pub times: Vec<Duration>,
    /// When the first one was played.
    pub first_at: Option<Duration>,
    /// When the last one was played.
    pub last_at: Option<Duration>,
}

impl Watched {
    /// The time within which this part of the frames was played.
    #[must_use]
    pub fn within(&self, part: f64) -> Duration {
        let last = self.times.len().saturating_sub(1);
        let at = (last as f64 * part).round() as usize;
        self.times.get(at).copied().unwrap_or_default()
    }
}

/// The bytes of a frame: who, from what, and which; then noise.
fn frame(by: usize, source: Source, number: u32, length: usize) -> Vec<u8> {
    let mut bytes = vec![by as u8, (by >> 8) as u8, source as u8];
    bytes.extend(number.to_be_bytes());
    let mut rng = Rng::new((by as u64) << 40 ^ (source as u64) << 32 ^ u64::from(number));
    bytes.resize_with(length.max(bytes.len()), || rng.bits() as u8);
    bytes
}

impl World {
    /// A member's page looks from now on.
    pub fn watch(&mut self, number: usize) {
        self.ask(number, Command::Media(MediaCommand::Watch));
    }

    /// A member's page begins to capture a source.
    pub fn film(&mut self, number: usize, source: Source, making: Making) {
        self.load(number, source, making);
        self.ask(number, Command::Media(MediaCommand::Begin(source)));
        self.resume(number, source);
    }

    fn load(&mut self, number: usize, source: Source, making: Making) {
        let rng = Rng::new(self.seed ^ number as u64);
        let Some(host) = self.hosts.get_mut(number) else {
            return;
        };
        let film = host.page.films.entry(source).or_insert_with(|| Film {
            making,
            most_bits_per_s: u32::MAX,
            rng,
            captured: Vec::new(),
            is_key_wanted: true,
            keys: 0,
            quiet_db: 30,
            is_running: false,
        });
        film.making = making;
    }

    /// A page captures again what was begun before.
    pub fn resume(&mut self, number: usize, source: Source) {
        let now = self.now;
        let host = self.hosts.get_mut(number);
        let film = host.and_then(|host| host.page.films.get_mut(&source));
        if let Some(film) = film.filter(|film| !film.is_running) {
            (film.is_running, film.is_key_wanted) = (true, true);
            self.schedule(now, Action::Capture(number, source));
        }
    }

    /// A member is on radio from now on.
    pub fn put_on_radio(&mut self, number: usize) {
        let mut news = member::network(self.air.mtu_bytes());
        if let NetworkNews::Interfaces { link, .. } = &mut news {
            *link = Link::Radio;
        }
        self.handle(number, Input::Network(news));
    }

    /// A page is closed without a word: nothing is captured any more.
    pub fn stop_page(&mut self, number: usize) {
        if let Some(host) = self.hosts.get_mut(number) {
            let films = host.page.films.values_mut();
            films.for_each(|film| film.is_running = false);
        }
    }

    /// How loud a voice is from now on, in dB below the loudest.
    pub fn set_quiet(&mut self, number: usize, quiet_db: u8) {
        let host = self.hosts.get_mut(number);
        if let Some(film) = host.and_then(|host| host.page.films.get_mut(&Source::Sound)) {
            film.quiet_db = quiet_db;
        }
    }

    pub(super) fn capture(&mut self, number: usize, source: Source) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(number) else {
            return;
        };
        let is_here = host.chat.is_some();
        let is_awake = now >= host.sleeps_until;
        let film = host.page.films.get_mut(&source);
        let Some(film) = film.filter(|film| film.is_running) else {
            return;
        };
        film.is_running = is_here;
        let next = now + Duration::from_secs(1) / film.making.frames_per_s.max(1);
        let captured = is_awake.then(|| film.capture(number, source, now));
        self.schedule(next, Action::Capture(number, source));
        if let Some(captured) = captured {
            self.handle(number, Input::Media(FromPage::Captured(captured)));
        }
    }

    /// The page of a member's guest captures a moment of sound, of so many bytes.
    pub fn capture_of_guest(&mut self, number: usize, guest: u32, (moment, length): (u32, usize)) {
        let captured = Captured {
            source: Source::Sound,
            codec: Codec::Opus,
            is_key: true,
            is_droppable: false,
            rtp_time: moment.wrapping_mul(960),
            quiet_db: Some(20),
            bytes: frame(number, Source::Sound, moment, length),
        };
        self.handle(number, Input::Media(FromPage::OfGuest { guest, captured }));
    }

    pub(super) fn on_page(&mut self, number: usize, to_page: ToPage) {
        let now = self.now;
        match to_page {
            ToPage::Play(played) => {
                let played = self.played_at(played);
                if let Some(host) = self.hosts.get_mut(number) {
                    host.page.played.push(played);
                }
            }
            ToPage::KeyWanted(source) => {
                if let Some(film) = self.film_of(number, source) {
                    film.is_key_wanted = true;
                }
            }
            ToPage::Bitrate { source, bits_per_s } => {
                if let Some(film) = self.film_of(number, source) {
                    film.most_bits_per_s = bits_per_s;
                }
            }
            ToPage::Gone(stream) => {
                if let Some(host) = self.hosts.get_mut(number) {
                    host.page.gone.push((now, stream));
                }
            }
        }
    }

    fn film_of(&mut self, number: usize, source: Source) -> Option<&mut Film> {
        self.hosts.get_mut(number)?.page.films.get_mut(&source)
    }

    fn played_at(&self, played: Played) -> PlayedAt {
        let mut head = played.bytes.iter().copied();
        let mut next = || u32::from(head.next().unwrap_or(0));
        let by = (next() | next() << 8) as usize;
        next();
        let number = next() << 24 | next() << 16 | next() << 8 | next();
        let expected = frame(by, played.source, number, played.bytes.len());
        PlayedAt {
            at: self.now,
            stream: played.stream,
            source: played.source,
            by,
            number,
            is_key: played.is_key,
            is_true: expected == played.bytes,
        }
    }

    /// Everything that a member's page has played.
    #[must_use]
    pub fn played(&self, number: usize) -> &[PlayedAt] {
        self.hosts.get(number).map_or(&[], |host| &host.page.played)
    }

    /// Which streams a member's page plays no more, and since when.
    #[must_use]
    pub fn gone(&self, number: usize) -> &[(Duration, StreamId)] {
        self.hosts.get(number).map_or(&[], |host| &host.page.gone)
    }

    /// How many frames a source has captured: the number of its newest unit, if it made no other.
    #[must_use]
    pub fn captured(&self, number: usize, source: Source) -> u32 {
        let host = self.hosts.get(number);
        let film = host.and_then(|host| host.page.films.get(&source));
        film.map_or(0, |film| film.captured.len() as u32)
    }

    /// The seal of a member's stream, as everybody in the room can make it.
    #[must_use]
    pub fn stream_seal(&self, number: usize, source: Source) -> Option<StreamSeal> {
        let host = self.hosts.get(number)?;
        let begun = host.page.films.keys();
        let place = begun.take_while(|begun| **begun != source).count() as u32;
        let (key, session) = (host.signer.key(), host.session?);
        Some(self.seal.streams().stream(&key, session, place + 1))
    }

    /// The stream of a member's source, if it began its sources in their order.
    #[must_use]
    pub fn stream(&self, number: usize, source: Source) -> Option<StreamId> {
        Some(self.stream_seal(number, source)?.id())
    }

    /// A member says that it lacks something, whatever it has.
    pub fn forge_wants(&mut self, number: usize, wanted: Vec<Want>) {
        self.requests += 1;
        // Ahead of its own frames, which count as old from then on.
        let sequence = 1_000_000 + self.requests as u32;
        let body = Body::Notice(Notice::Wants(Wants { wanted }));
        self.forge(number, sequence, body);
    }

    /// A member says that it loses all that is sent by multicast, and that it is at an address.
    pub fn forge_losses(&mut self, number: usize, from: SocketAddr) {
        self.requests += 1;
        let sequence = 1_000_000 + self.requests as u32; // as above
        let call = Call {
            loses: 100,
            ..Call::default()
        };
        self.forge_from(from, (number, sequence), Body::Notice(Notice::Call(call)));
    }

    /// How many key pictures a source has made.
    #[must_use]
    pub fn keys(&self, number: usize, source: Source) -> u32 {
        let host = self.hosts.get(number);
        let film = host.and_then(|host| host.page.films.get(&source));
        film.map_or(0, |film| film.keys)
    }

    /// With how many bits a second a source is encoded now.
    #[must_use]
    pub fn bits_per_s(&self, number: usize, source: Source) -> u32 {
        let host = self.hosts.get(number);
        let film = host.and_then(|host| host.page.films.get(&source));
        film.map_or(0, Film::bits_per_s)
    }

    /// What a page has seen or heard of another's source since a time of the run.
    #[must_use]
    pub fn watched(&self, viewer: usize, by: usize, source: Source, since: Duration) -> Watched {
        let is_meant = |it: &&PlayedAt| it.by == by && it.source == source && it.at >= since;
        let played = self.played(viewer).iter().filter(is_meant);
        let film = self.hosts.get(by).and_then(|it| it.page.films.get(&source));
        let mut watched = Watched::default();
        let (mut first, mut last) = (None, 0);
        for it in played {
            watched.played += 1;
            watched.first_at.get_or_insert(it.at);
            watched.last_at = Some(it.at);
            first.get_or_insert(it.number);
            last = it.number;
            let captured = film.and_then(|film| film.captured.get(it.number as usize));
            watched
                .times
                .extend(captured.map(|at| it.at.saturating_sub(*at)));
        }
        let between = first.map_or(0, |first| (last - first) as usize + 1);
        watched.lost = between.saturating_sub(watched.played);
        watched.times.sort();
        watched
    }
}

impl Film {
    fn bits_per_s(&self) -> u32 {
        self.making.bits_per_s.min(self.most_bits_per_s)
    }

    fn capture(&mut self, by: usize, source: Source, now: Duration) -> Captured {
        let number = self.captured.len() as u32;
        self.captured.push(now);
        let is_key = std::mem::take(&mut self.is_key_wanted) || !source.is_picture();
        self.keys += u32::from(is_key);
        let frames_per_s = self.making.frames_per_s.max(1);
        let mean = f64::from(self.bits_per_s()) / 8.0 / f64::from(frames_per_s);
        let times = match (source.is_picture(), is_key) {
            (true, true) => KEY_TIMES,
            (true, false) => 0.6 + 0.8 * self.rng.unit(),
            (false, _) => 1.0,
        };
        let clock_rate = if source.is_picture() { 90_000 } else { 48_000 };
        Captured {
            source,
            codec: match source {
                Source::Sound => Codec::Opus,
                Source::Camera | Source::Screen => Codec::Vp8,
            },
            is_key,
            is_droppable: false,
            rtp_time: number.wrapping_mul(clock_rate / frames_per_s),
            quiet_db: (source == Source::Sound).then_some(self.quiet_db),
            bytes: frame(by, source, number, (mean * times) as usize),
        }
    }
}
