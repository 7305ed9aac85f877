//! What this member sends.

use std::collections::BTreeMap;

use super::event::MediaRefusal;
use super::frame::{Captured, Codec, Source};
use crate::protocol::node::Node;
use crate::protocol::wire::compact::StreamId;

/// With how many bits a second a source is encoded at first.
pub(super) fn first_bits_per_s(source: Source) -> u32 {
    match source {
        Source::Sound => 32_000,
        Source::Camera => 500_000,
        Source::Screen => 1_500_000,
    }
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Own {
    streams: BTreeMap<Source, OwnStream>,
}

#[derive(Debug)]
struct OwnStream {
    id: StreamId,
    codec: Option<Codec>,
}

impl Own {
    pub(super) fn begin(
        &mut self,
        source: Source,
        node: &mut Node,
    ) -> Result<StreamId, MediaRefusal> {
        if self.streams.contains_key(&source) {
            return Err(MediaRefusal::BegunAlready);
        }
        let id = node.open_stream(source.channel());
        let id = id.ok_or(MediaRefusal::TooMany)?;
        self.streams.insert(source, OwnStream { id, codec: None });
        Ok(id)
    }

    pub(super) fn end(&mut self, source: Source, node: &mut Node) -> Option<StreamId> {
        let stream = self.streams.remove(&source)?;
        node.close_stream(stream.id);
        Some(stream.id)
    }

    pub(super) fn codec(&self, source: Source) -> Option<Codec> {
        self.streams.get(&source)?.codec
    }

    /// Takes in a frame; of a source that was not begun, it is dropped.
    pub(super) fn capture(&mut self, captured: Captured) {
        if let Some(stream) = self.streams.get_mut(&captured.source)
            && captured.codec.fits(captured.source)
        {
            stream.codec = Some(captured.codec);
        }
    }
}
