//! A member that passes frames on to another network, and takes in those of it.

use std::sync::Arc;
use std::time::Duration;

use super::Node;
use crate::protocol::engine::beyond::{PassedFrame, Statement};
use crate::protocol::engine::event::{NamedKey, SiteState};
use crate::protocol::engine::frame_log::Position;
use crate::protocol::engine::relay::Spread;
use crate::protocol::engine::sites::{LinkReport, MadeStatement};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::MemberTag;

impl Node {
    /// The next durable frame that a bridge has heard here, in the order in which they came.
    pub fn poll_passed(&mut self) -> Option<PassedFrame> {
        self.engine.poll_passed()
    }

    /// How many frames could not wait for [`Node::poll_passed`], since this was asked last. They
    /// are held all the same.
    pub fn take_left_out(&mut self) -> u64 {
        self.engine.take_left_out()
    }

    /// Takes in a durable frame of a bridge's other side. Returns whether it was not here.
    pub fn take_passed(&mut self, now: Moment, bytes: &Arc<[u8]>, spread: Spread) -> bool {
        // Its signature was checked at the other side, whose verdicts this seal shares.
        match self.seal.open(bytes, &mut self.inside) {
            Ok(opened) => self.engine.take_passed(now, &opened, bytes, spread),
            Err(_) => false,
        }
    }

    /// Whether an archive has not reported everything yet.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.engine.is_loading()
    }

    /// Whether a frame of the other side may be sent to the group now.
    pub fn may_pass(&mut self, now: Duration) -> bool {
        self.engine.may_pass(now)
    }

    /// When one may be sent that may not now.
    #[must_use]
    pub fn passes_at(&self, now: Duration) -> Duration {
        self.engine.passes_at(now)
    }

    /// Sends a frame of the other side, or a statement about a site, to the group.
    pub fn spread(&mut self, bytes: Arc<[u8]>) {
        self.engine.spread(bytes);
    }

    /// The frames that are held behind a position, in the common order, at most so many.
    #[must_use]
    pub fn held_after(&self, behind: Position, most: usize) -> Vec<(Position, Arc<[u8]>)> {
        self.engine.held_after(behind, most)
    }

    /// This member is one of the bridges on a link from now on: their clocks are those of their
    /// sites, and may differ from its own.
    pub fn become_link(&mut self) {
        self.engine.become_link();
    }

    /// This member's clock, in milliseconds since 1970.
    #[must_use]
    pub fn clock_ms(&self, now: Moment) -> u64 {
        self.engine.clock_ms(now)
    }

    /// Makes the datagram by which a bridge states who is at its site.
    pub fn make_statement(&mut self, now: Moment, report: LinkReport) -> MadeStatement {
        self.engine.make_statement(now, report)
    }

    /// Takes in what another site's bridge states, whose clock is ahead by some milliseconds.
    pub fn take_statement(&mut self, now: Moment, statement: &Statement, ahead_ms: i64) {
        self.engine.take_statement(now, statement, ahead_ms);
    }

    /// Notes that somebody was named here: at another site, they are on the list of those there
    /// from now on.
    pub fn note_named(&mut self, now: Duration, who: &NamedKey) {
        self.engine.note_named(now, who);
    }

    /// The next statement about a site that a bridge has heard here.
    pub fn poll_statement(&mut self) -> Option<Statement> {
        self.engine.poll_statement()
    }

    /// The session of the bridge with this tag, if it is here.
    #[must_use]
    pub fn bridge_here(&self, tag: MemberTag) -> Option<u64> {
        self.engine.bridge_here(tag)
    }

    /// The other sites in reach.
    #[must_use]
    pub fn sites(&self, now: Moment) -> Vec<SiteState> {
        self.engine.sites(now)
    }
}
