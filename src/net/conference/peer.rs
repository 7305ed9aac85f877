//! The connection of one page: str0m, which opens no sockets and reads no clock, and what is shown
//! and sent on it. After each call that changes something, [`Peer::poll`] is called until it waits.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer};
use str0m::crypto::from_feature_flags;
use str0m::media::{
    Direction, Frequency, KeyframeRequestKind, MediaAdded, MediaData, MediaKind, MediaTime, Mid,
};
use str0m::net::{Protocol, Receive, Transmit};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig, RtcError};

use super::clock::PlaceClock;
use super::frame::{Frame, PICTURES, Place, Sends, Side, VOICES, hertz, ours, theirs};
use super::offer::{OfferFault, Proposal};
use super::{News, PeerId};
use crate::chat::media::{Captured, Codec, Source};
use crate::protocol::rate::TokenBucket;

/// Longest frame, in bytes: a key picture of a large screen.
const FRAME_MAX_BYTES: usize = 512 << 10;

/// Frames of a page that may send one voice, in a second and at once: a browser sends 50.
const MOMENTS: (f64, f64) = (60.0, 50.0);

/// How often a page asks for the same key picture.
const KEY_INTERVAL: Duration = Duration::from_millis(300);

/// How long nothing may come of a page before it counts as gone: a browser checks its connection
/// every 2.5 s, also when it sends nothing.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How long an offer waits for its page.
const CONNECT_MAX: Duration = Duration::from_secs(20);

/// See the file's head.
pub(super) struct Peer {
    pub(super) id: PeerId,
    side: Side,
    sends: Sends,
    /// How many frames of one voice it may still send.
    moments: TokenBucket,
    rtc: Rtc,
    began: Instant,
    heard: Instant,
    /// When str0m is to be called next.
    due: Instant,
    is_connected: bool,
    is_over: bool,
    sources: Vec<(Mid, Source)>,
    voices: Vec<Track>,
    pictures: Vec<Track>,
    news: VecDeque<News>,
}

/// What carries a stream to a place of this page.
struct Track {
    mid: Mid,
    clock: PlaceClock,
    /// Whether the page has what the next frame is built upon.
    has_key: bool,
    /// When a key picture was asked for.
    wanted: Option<Instant>,
}

/// What a peer puts out.
pub(super) enum Out {
    Send(Transmit),
    Tell(News),
    /// Nothing, before [`Peer::due`].
    Wait,
    /// The connection is over.
    Over,
}

impl Peer {
    /// Answers a page's offer.
    pub(super) fn accept(
        id: PeerId,
        (side, sends): (Side, Sends),
        proposal: Proposal,
        addresses: impl Iterator<Item = SocketAddr>,
        now: Instant,
    ) -> Result<(Self, String), OfferFault> {
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::new(from_feature_flags()))
            .set_ice_lite(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_vp9(true)
            .build(now);
        for address in addresses {
            if let Ok(candidate) = Candidate::host(address, "udp") {
                rtc.add_local_candidate(candidate);
            }
        }
        let Proposal(offer) = proposal;
        let answer = answer(&mut rtc, offer).map_err(|_| OfferFault::Unfit)?;
        let peer = Self {
            id,
            side,
            sends,
            moments: TokenBucket::new(MOMENTS.0, MOMENTS.1, Duration::ZERO),
            rtc,
            began: now,
            heard: now,
            due: now,
            is_connected: false,
            is_over: false,
            sources: Vec::new(),
            voices: Vec::new(),
            pictures: Vec::new(),
            news: VecDeque::new(),
        };
        Ok((peer, answer.to_sdp_string()))
    }

    /// When [`Peer::on_time`] is due.
    pub(super) fn due(&self) -> Instant {
        let patience = match self.is_connected {
            true => self.heard + SILENCE_MAX,
            false => self.began + CONNECT_MAX,
        };
        self.due.min(patience)
    }

    /// Takes in that time has passed.
    pub(super) fn on_time(&mut self, now: Instant) {
        let is_silent = match self.is_connected {
            true => now.saturating_duration_since(self.heard) >= SILENCE_MAX,
            false => now.saturating_duration_since(self.began) >= CONNECT_MAX,
        };
        let done = self.rtc.handle_input(Input::Timeout(now));
        self.is_over |= is_silent || done.is_err();
    }

    /// Takes in a datagram; returns whether it is of this page.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        (source, destination): (SocketAddr, SocketAddr),
        bytes: &[u8],
    ) -> bool {
        let Ok(contents) = bytes.try_into() else {
            return false;
        };
        let received = Receive {
            proto: Protocol::Udp,
            source,
            destination,
            contents,
        };
        let input = Input::Receive(now, received);
        if !self.rtc.accepts(&input) {
            return false;
        }
        self.heard = now;
        self.is_over |= self.rtc.handle_input(input).is_err();
        true
    }

    /// Shows or plays a frame, if this page can.
    pub(super) fn play(&mut self, now: Instant, frame: &Frame) {
        if !self.is_connected || frame.side != self.side {
            return;
        }
        let (tracks, place) = match frame.place {
            Place::Voice(at) => (&mut self.voices, at),
            Place::Picture(at) => (&mut self.pictures, at),
        };
        let Some(track) = tracks.get_mut(place) else {
            return;
        };
        if let Place::Picture(at) = frame.place {
            let is_new = track.clock.is_new(frame.stream);
            track.has_key = frame.is_key || (track.has_key && !is_new);
            if !track.has_key {
                let wanted = track.want_key(now).then_some(News::KeyWanted {
                    side: self.side,
                    place: at,
                });
                self.news.extend(wanted);
                return;
            }
        }
        let since = now.saturating_duration_since(self.began);
        let hertz = hertz(frame.codec);
        let time = track.clock.time(
            frame.stream,
            frame.rtp_time,
            ticks(since, hertz),
            hertz.into(),
        );
        let mid = track.mid;
        let written = write(&mut self.rtc, mid, now, (frame.codec, time), &frame.bytes);
        self.is_over |= written.is_err();
        self.is_over |= self.rtc.handle_input(Input::Timeout(now)).is_err();
    }

    /// Asks the page for a key picture, if it sends this.
    pub(super) fn want_key(&mut self, now: Instant, source: Source) {
        let sends = |(_, sent): &&(Mid, Source)| *sent == source;
        if let Some((mid, _)) = self.sources.iter().find(sends) {
            if let Some(mut writer) = self.rtc.writer(*mid) {
                // A page that sends nothing yet begins with one.
                let _ = writer.request_keyframe(None, KeyframeRequestKind::Pli);
            }
            self.is_over |= self.rtc.handle_input(Input::Timeout(now)).is_err();
        }
    }

    /// What is to be done next.
    pub(super) fn poll(&mut self, now: Instant) -> Out {
        loop {
            if let Some(news) = self.news.pop_front() {
                return Out::Tell(news);
            }
            if self.is_over {
                return Out::Over;
            }
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => return Out::Send(transmit),
                Ok(Output::Timeout(due)) => {
                    self.due = due;
                    return Out::Wait;
                }
                Ok(Output::Event(event)) => self.on_event(now, event),
                Err(_) => self.is_over = true,
            }
        }
    }

    fn on_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected => {
                self.is_connected = true;
                self.news.push_back(News::Connected(self.id));
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                self.is_over = true;
            }
            Event::MediaAdded(added) => self.on_media(&added),
            Event::MediaData(data) => self.on_frame(now, data),
            Event::KeyframeRequest(request) => {
                let is_meant = |track: &Track| track.mid == request.mid;
                let place = self.pictures.iter().position(is_meant);
                let track = place.and_then(|place| self.pictures.get_mut(place));
                if let (Some(place), Some(track)) = (place, track)
                    && track.want_key(now)
                {
                    let side = self.side;
                    self.news.push_back(News::KeyWanted { side, place });
                }
            }
            _ => {}
        }
    }

    /// What a page sends comes in a fixed order: its microphone, its camera, its screen. What it
    /// shows is numbered.
    fn on_media(&mut self, added: &MediaAdded) {
        let mid = added.mid;
        let has = |source: Source| self.sources.iter().any(|(_, other)| *other == source);
        match (added.direction, added.kind) {
            (Direction::RecvOnly, kind) if !self.may_send(kind) => {}
            (Direction::RecvOnly, kind) => {
                let source = match kind {
                    MediaKind::Audio => Source::Sound,
                    MediaKind::Video if has(Source::Camera) => Source::Screen,
                    MediaKind::Video => Source::Camera,
                };
                if !has(source) {
                    self.sources.push((mid, source));
                }
            }
            (Direction::SendOnly, MediaKind::Audio) if self.voices.len() < VOICES => {
                self.voices.push(Track::of(mid));
            }
            (Direction::SendOnly, MediaKind::Video) if self.pictures.len() < PICTURES => {
                self.pictures.push(Track::of(mid));
            }
            _ => {}
        }
    }

    fn may_send(&self, kind: MediaKind) -> bool {
        match self.sends {
            Sends::Everything => true,
            Sends::OneVoice => kind == MediaKind::Audio,
            Sends::Nothing => false,
        }
    }

    /// A whole frame came out of RTP.
    fn on_frame(&mut self, now: Instant, data: MediaData) {
        let of_mid = |(mid, _): &&(Mid, Source)| *mid == data.mid;
        let Some((_, source)) = self.sources.iter().find(of_mid).copied() else {
            return;
        };
        let Some(codec) = ours(data.params.spec().codec) else {
            return;
        };
        if !codec.fits(source) {
            return;
        }
        if data.data.len() > FRAME_MAX_BYTES || (!data.contiguous && codec != Codec::Opus) {
            self.want_key(now, source);
        }
        if data.data.len() > FRAME_MAX_BYTES {
            return;
        }
        let since = now.saturating_duration_since(self.began);
        // A stranger's page that floods leaves the queue to the others.
        if self.sends == Sends::OneVoice && !self.moments.try_spend(1.0, since) {
            return;
        }
        let captured = Captured {
            source,
            is_droppable: false,
            codec,
            is_key: codec == Codec::Opus || data.is_keyframe(),
            // RTP counts round and round.
            rtp_time: (data.time.numer() & u64::from(u32::MAX)) as u32,
            quiet_db: data.ext_vals.audio_level.map(|level| level.unsigned_abs()),
            bytes: data.data.to_vec(),
        };
        let (peer, side) = (self.id, self.side);
        self.news.push_back(News::Captured {
            peer,
            side,
            captured,
        });
    }
}

impl Track {
    fn of(mid: Mid) -> Self {
        Self {
            mid,
            clock: PlaceClock::default(),
            has_key: false,
            wanted: None,
        }
    }

    /// Whether a key picture may be asked for now, which is then done.
    fn want_key(&mut self, now: Instant) -> bool {
        let is_early =
            |last: Instant| now.saturating_duration_since(last) < KEY_INTERVAL && last <= now;
        if self.wanted.is_some_and(is_early) {
            return false;
        }
        self.wanted = Some(now);
        true
    }
}

fn answer(rtc: &mut Rtc, offer: SdpOffer) -> Result<SdpAnswer, RtcError> {
    rtc.sdp_api().accept_offer(offer)
}

/// Hands a frame to RTP. A page that has not agreed to the codec gets nothing.
fn write(
    rtc: &mut Rtc,
    mid: Mid,
    now: Instant,
    (codec, time): (Codec, u64),
    bytes: &Arc<[u8]>,
) -> Result<(), RtcError> {
    let Some(writer) = rtc.writer(mid) else {
        return Ok(());
    };
    let wanted = theirs(codec);
    let payload = writer.payload_params();
    let payload = payload.filter(|params| params.spec().codec == wanted);
    let Some(payload) = payload.map(|params| params.pt()).next() else {
        return Ok(());
    };
    let Some(hertz) = Frequency::new(hertz(codec)) else {
        return Ok(());
    };
    let time = MediaTime::new(time, hertz);
    writer.write(payload, now, time, Arc::clone(bytes))
}

/// A time as ticks of a clock with so many in a second.
fn ticks(time: Duration, hertz: u32) -> u64 {
    let ticks = time.as_micros().saturating_mul(hertz.into()) / 1_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}
