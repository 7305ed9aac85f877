//! What leaves the engine: datagrams for the network and events for the owner, each in order.

use std::collections::VecDeque;
use std::sync::Arc;

use super::event::{Destination, EngineEvent, NamedKey, Transmit};
use super::reactions::Reactions;

/// Two queues, which the owner empties after each call: what one call puts in is bounded by what
/// came in with it.
#[derive(Debug, Default)]
pub(super) struct Out {
    datagrams: VecDeque<Transmit>,
    events: VecDeque<EngineEvent>,
    /// How much may leave because others cause it.
    pub(super) reactions: Reactions,
}

impl Out {
    pub(super) fn send(&mut self, to: Destination, bytes: Arc<[u8]>) {
        self.datagrams.push_back(Transmit { to, bytes });
    }

    pub(super) fn tell(&mut self, event: EngineEvent) {
        self.events.push_back(event);
    }

    /// Reports something about a member, unless it has been forgotten.
    pub(super) fn tell_of(
        &mut self,
        who: Option<NamedKey>,
        event: impl FnOnce(NamedKey) -> EngineEvent,
    ) {
        self.events.extend(who.map(event));
    }

    pub(super) fn next_datagram(&mut self) -> Option<Transmit> {
        self.datagrams.pop_front()
    }

    pub(super) fn next_event(&mut self) -> Option<EngineEvent> {
        self.events.pop_front()
    }
}
