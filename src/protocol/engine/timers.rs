//! What is due: the timers of all parts, and what follows from the absence of a member.

use std::time::Duration;

use super::Engine;
use super::event::{DeliveryReport, EngineEvent};
use super::mirror::Mirror;
use super::reactions::Urgency;
use super::receipts::{Delivered, Overdue};
use super::reports::Share;
use super::roster::{Absence, Id};
use crate::protocol::time::Moment;

/// How a member left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    Said,
    Missing,
}

impl Engine {
    /// Runs every timer that is due.
    pub fn on_time(&mut self, now: Moment) {
        let time = now.time;
        while let Some(absence) = self.group.roster.next_absence(time, &mut self.rng) {
            self.on_absence(now, absence);
        }
        self.watch_clocks(now);
        self.say_hello_again(now);
        self.ask_for_missing(now);
        self.retry_sync(now);
        while let Some(report) = {
            let may_report = self.out.reactions.allow(Urgency::Usual, time);
            let (roster, log) = (&self.group.roster, &self.log);
            let share_of = |id| {
                let member = roster.get(id)?;
                let host = member.ip().or(member.by.map(|by| by.ip()))?;
                let has_spoken = log.has_message_of(member.tag.short);
                Some(if has_spoken {
                    Share::Speaker(id)
                } else {
                    Share::Host(host)
                })
            };
            self.receiving.reports.pop(time, may_report, share_of)
        } {
            self.send_status(now, report);
        }
        if self.receiving.reports.take_held_up() {
            self.acknowledge_by_beat(time);
        }
        self.receiving.replays += self.receiving.unproven.expire(time);
        while let Some(due) = self.group.presence.pop(time) {
            self.send_presence(now, due);
        }
        let answer = self.group.answers_within();
        match self.sending.receipts.overdue(time, answer) {
            Some(Overdue::Ask(ids)) => self.ask_for_acks(now, &ids),
            Some(Overdue::Report(delivered)) => self.tell_delivered(Some(delivered)),
            None => {}
        }
        if let Some(mirror) = &mut self.mirror {
            while let Some(event) = mirror.next_event(now, &self.group.roster) {
                self.out.tell(event);
            }
        }
    }

    /// When [`Engine::on_time`] or [`Engine::poll_send`] has something to do, at the latest.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        [
            self.receiving.next_time(),
            self.receiving.unproven.next_time(),
            self.compare_clocks_at(),
            self.sending.next_time(now),
            self.sending.unreliable.next_time(),
            self.group.roster.next_time(),
            self.receiving.reports.next_time(),
            self.group.presence.next_time(),
            self.sending.receipts.next_time(),
            self.sync.exchanges.next_time(),
            self.mirror.as_ref().and_then(Mirror::next_time),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn on_absence(&mut self, now: Moment, absence: Absence) {
        match absence {
            Absence::Ask(id) => self.ask_for_member(now, id),
            Absence::Silent(id) => {
                let who = self.group.roster.named_key(id);
                self.out.tell_of(who, EngineEvent::Silent);
            }
            Absence::Gone(id) => self.on_left(id, Farewell::Missing),
        }
    }

    /// Takes a member off the list of those here, and off all lists of those waited for.
    pub(super) fn on_left(&mut self, id: Id, farewell: Farewell) {
        if !self.group.roster.leave(id) {
            return;
        }
        self.receiving.reports.forget(id);
        let person = self.group.roster.get(id).map(|member| member.key);
        let delivered = self.sending.forget(id, person, &mut self.log);
        self.tell_delivered(delivered);
        // Other sessions of the same person may still be here.
        if self.group.roster.sessions_of(id) == 0 {
            let who = self.group.roster.named_key(id);
            let with_farewell = farewell == Farewell::Said;
            self.out
                .tell_of(who, |who| EngineEvent::Left { who, with_farewell });
        }
    }

    pub(super) fn tell_delivered(&mut self, delivered: Option<Delivered>) {
        if let Some(delivered) = delivered {
            let kept_for = self.kept_for(&delivered);
            self.tell_delivery(delivered, kept_for);
        }
    }

    pub(super) fn tell_delivery(&mut self, delivered: Delivered, kept_for: usize) {
        self.out.tell(EngineEvent::Delivered(DeliveryReport {
            first_sequence: delivered.first,
            last_sequence: delivered.last,
            has: delivered.has,
            of: delivered.of,
            waiting: self.group.named_keys(delivered.waiting.into_iter()),
            was_reported: delivered.was_reported,
            kept_for,
        }));
    }
}
