//! Whose turn it is to be written to. Each client that has something to write gets one turn in a
//! round: the hub may first ask what its host has acknowledged, then hands out its bytes, and
//! judges by what the socket took whether the client keeps up.

use std::time::Duration;

use super::client::ClientState;
use super::event::{HubEvent, LeaveReason};
use super::outgoing::{BACKLOG_MAX_BYTES, BACKLOGS_MAX_BYTES};
use super::{Ending, Hub};
use crate::protocol::wire::quiet::Acknowledgement;

/// How far one client's turn has come, with the client's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The driver checks what the client's host has acknowledged.
    Check(u32),
    /// The driver has checked it.
    Checked(u32, Acknowledgement),
    /// The driver writes.
    Write(u32),
}

impl Hub {
    /// Answers [`Output::CheckAcknowledged`](super::Output::CheckAcknowledged). A check that is not
    /// answered before the next poll counts as
    /// [`Acknowledgement::Pending`].
    pub fn on_acknowledgement(&mut self, client: u32, acknowledgement: Acknowledgement) {
        if self.turn == Some(Turn::Check(client)) {
            self.turn = Some(Turn::Checked(client, acknowledgement));
        }
    }

    /// Answers [`Output::Write`](super::Output::Write): the client's socket took this many bytes.
    /// If they are fewer than all, the hub keeps the others and asks to be notified. A write that
    /// is not answered before the next poll counts as zero bytes.
    pub fn on_written(&mut self, now: Duration, client: u32, bytes: usize) {
        if self.turn == Some(Turn::Write(client)) {
            self.turn = None;
            self.finish_turn(now, client, bytes);
        }
    }

    /// Takes the turns on to where the driver has something to do; `None` when all are over.
    pub(super) fn next_turn(&mut self, now: Duration) -> Option<Turn> {
        loop {
            let (id, checked) = match self.turn.take() {
                Some(Turn::Check(id)) => (id, Some(Acknowledgement::Pending)),
                Some(Turn::Checked(id, acknowledgement)) => (id, Some(acknowledgement)),
                Some(Turn::Write(id)) => {
                    self.finish_turn(now, id, 0);
                    continue;
                }
                None => match self.to_write.pop_front() {
                    Some(id) => (id, None),
                    None => {
                        self.round.clear();
                        return None;
                    }
                },
            };
            self.turn = self.begin_turn(now, id, checked);
            if self.turn.is_some() {
                return self.turn;
            }
        }
    }

    /// Begins a client's turn, or goes on with it once the driver has checked what is acknowledged;
    /// `None` if there is nothing for the driver to do.
    fn begin_turn(
        &mut self,
        now: Duration,
        id: u32,
        checked: Option<Acknowledgement>,
    ) -> Option<Turn> {
        let client = self.clients.get_mut(&id)?;
        client.is_queued = false;
        let outgoing = &mut client.outgoing;
        if checked.is_none() && outgoing.needs_acknowledgement() {
            return Some(Turn::Check(id));
        }
        let acknowledgement = checked.unwrap_or(Acknowledgement::Pending);
        let messages = outgoing.prepare(now, acknowledgement, &client.name);
        if messages > 0 {
            let name = client.name.clone();
            self.events.push_back(HubEvent::LeftOut { name, messages });
        }
        if outgoing.has_bytes() {
            return Some(Turn::Write(id));
        }
        self.finish_turn(now, id, 0);
        None
    }

    /// The bytes that a client's socket gets now.
    pub(super) fn parts(&self, id: u32) -> Vec<&[u8]> {
        let client = self.clients.get(&id);
        client.map_or_else(Vec::new, |client| client.outgoing.parts(&self.round))
    }

    /// Ends a client's turn: a client that does not keep up is disconnected.
    fn finish_turn(&mut self, now: Duration, id: u32, written_bytes: usize) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let was_blocked = client.outgoing.is_blocked();
        client.outgoing.on_written(written_bytes, &self.round);
        let is_blocked = client.outgoing.is_blocked();
        let waiting_bytes = client.outgoing.backlog_bytes();
        let counted_bytes = std::mem::replace(&mut client.counted_bytes, waiting_bytes);
        self.backlog_bytes = self.backlog_bytes + waiting_bytes - counted_bytes;
        let is_hub_full = self.backlog_bytes > BACKLOGS_MAX_BYTES;
        if waiting_bytes > BACKLOG_MAX_BYTES || is_blocked && is_hub_full {
            self.leave(now, id, LeaveReason::TooSlow);
            return self.end(id);
        }
        if is_blocked && !was_blocked {
            self.blocked.push_back(id);
        }
        self.shut_down_when_sent(id);
        self.schedule(now, id);
    }

    /// Ends our direction of the connection to a client that leaves, once everything was sent to
    /// it; or the whole connection, if the client has ended its own direction.
    fn shut_down_when_sent(&mut self, id: u32) {
        let client = self.clients.get_mut(&id);
        let Some(client) = client.filter(|client| client.outgoing.is_empty()) else {
            return;
        };
        if let ClientState::Leaving {
            is_shut_down,
            has_ended,
            ..
        } = &mut client.state
        {
            if *has_ended {
                self.end(id);
            } else if !std::mem::replace(is_shut_down, true) {
                self.endings.push_back((id, Ending::Sending));
            }
        }
    }
}
