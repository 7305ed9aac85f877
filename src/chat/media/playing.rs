//! What is received and played: one receiver for each selected stream.

use std::collections::BTreeMap;
use std::time::Duration;

use super::calls::Remote;
use super::frame::Played;
use super::picture_receiver::PictureReceiver;
use super::sound_receiver::SoundReceiver;
use crate::protocol::engine::event::HeardPiece;
use crate::protocol::node::Node;
use crate::protocol::rate::TokenBucket;
use crate::protocol::rng::Rng;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::call::Want;
use crate::protocol::wire::media::{Root, Signature};

/// Signatures that are checked in a second: four pictures and eight voices have 460, and each
/// costs 45 µs.
const CHECKS_PER_S: f64 = 1500.0;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Playing {
    is_keyed: bool,
    receivers: BTreeMap<StreamId, Receiver>,
    checks: TokenBucket,
}

#[derive(Debug)]
struct Receiver {
    by: Key,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Picture(PictureReceiver),
    Sound(SoundReceiver),
}

impl Playing {
    /// Receives nothing yet. Where a room is keyed, strangers cannot make frames.
    pub(super) fn new(is_keyed: bool) -> Self {
        Self {
            is_keyed,
            receivers: BTreeMap::new(),
            checks: TokenBucket::new(CHECKS_PER_S, CHECKS_PER_S, Duration::ZERO),
        }
    }

    pub(super) fn has(&self, stream: StreamId) -> bool {
        self.receivers.contains_key(&stream)
    }

    /// Begins to receive a stream.
    pub(super) fn begin(&mut self, now: Duration, stream: StreamId, remote: &Remote) {
        let newest = remote.called.newest_unit;
        let kind = match remote.source.is_picture() {
            true => Kind::Picture(PictureReceiver::new(now, stream, remote.source, newest)),
            false => Kind::Sound(SoundReceiver::new(stream, newest, self.is_keyed)),
        };
        let by = *remote.key();
        self.receivers.insert(stream, Receiver { by, kind });
    }

    pub(super) fn end(&mut self, stream: StreamId) {
        self.receivers.remove(&stream);
    }

    /// Takes in a symbol; what can be played then. Returns whether somebody speaks in the stream.
    pub(super) fn hear(
        &mut self,
        now: Duration,
        piece: HeardPiece,
        node: &Node,
        (rng, out): (&mut Rng, &mut Vec<Played>),
    ) -> bool {
        let Some(receiver) = self.receivers.get_mut(&piece.stream) else {
            return false;
        };
        let (by, checks) = (receiver.by, &mut self.checks);
        let check = |root: &Root, signature: &Signature| {
            node.check_unit(&by, (root, signature), || checks.try_spend(1.0, now))
        };
        match &mut receiver.kind {
            Kind::Picture(picture) => {
                picture.hear(now, piece, check, (rng, out));
                false
            }
            Kind::Sound(sound) => {
                sound.hear(now, &piece, check, (rng, out));
                sound.speaks
            }
        }
    }

    /// Its author says which unit of a stream is the newest.
    pub(super) fn announced(
        &mut self,
        now: Duration,
        stream: StreamId,
        newest: u32,
        rng: &mut Rng,
    ) {
        if let Some(Receiver { kind, .. }) = self.receivers.get_mut(&stream)
            && let Kind::Picture(picture) = kind
        {
            picture.announced(now, newest, rng);
        }
    }

    /// The page cannot decode a stream.
    pub(super) fn want_key(&mut self, now: Duration, stream: StreamId) {
        if let Some(Receiver { kind, .. }) = self.receivers.get_mut(&stream)
            && let Kind::Picture(picture) = kind
        {
            picture.want_key(now);
        }
    }

    /// Another asks for something.
    pub(super) fn other_asks(&mut self, now: Duration, want: &Want, rng: &mut Rng) {
        match self.receivers.get_mut(&want.stream).map(|it| &mut it.kind) {
            Some(Kind::Picture(picture)) => picture.other_asks(now, want, rng),
            Some(Kind::Sound(sound)) => sound.other_asks(now, want, rng),
            None => {}
        }
    }

    /// Gives up what is late; what is to be asked for now, and what can be played.
    pub(super) fn on_time(&mut self, now: Duration, rng: &mut Rng) -> (Vec<Want>, Vec<Played>) {
        let (mut wants, mut out) = (Vec::new(), Vec::new());
        for receiver in self.receivers.values_mut() {
            match &mut receiver.kind {
                Kind::Picture(picture) => picture.on_time(now, &mut wants, (rng, &mut out)),
                Kind::Sound(sound) => sound.on_time(now, &mut wants, (rng, &mut out)),
            }
        }
        (wants, out)
    }

    pub(super) fn next_time(&self) -> Option<Duration> {
        let times = self
            .receivers
            .values()
            .map(|receiver| match &receiver.kind {
                Kind::Picture(picture) => picture.next_time(),
                Kind::Sound(sound) => sound.next_time(),
            });
        times.flatten().min()
    }
}
