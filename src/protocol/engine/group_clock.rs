//! Whose clock is wrong: this member's, or that of others.
//!
//! A member keeps its own clock while anybody who is proven to be there agrees with it, so that no
//! number of strangers moves it. Where nobody does, a newcomer takes the clock of the group, the
//! median of the addresses: in both directions while it has said nothing, and only forward once it
//! has, because what it says must stay in order.
//!
//! Frames that are ahead of this clock by more than [`CLOCK_REFUSED_AHEAD`] are refused, for they
//! would outlive everything else in the history. Their author learns it from our beats: if most
//! others are far behind it, and it may not follow them any more, it tells its person. It does not
//! while somebody with the same clock talks to it: most addresses may be those of one liar.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;
use std::time::Duration;

use super::Engine;
use super::clock::clock_ms;
use super::config::{
    CLOCK_AHEAD_MAX, CLOCK_REFUSED_AHEAD, FOLLOW_AFTER, JOINING, OLD_AFTER, SITE_AHEAD,
};
use super::event::EngineEvent;
use super::member::Member;
use super::roster::{Id, ME};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::Durable;
use crate::protocol::wire::frame::{Author, Body, Frame, Kind};
use crate::protocol::wire::seal::Opened;

/// How long a newcomer with whose clock somebody agrees waits for what that one said.
const TOLD_AFTER: Duration = Duration::from_secs(30);

/// What a member's clock showed, and from where it was heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatedClock {
    pub(super) clock_ms: u64,
    pub(super) heard: Duration,
    pub(super) from: IpAddr,
}

/// What this member does about clocks that differ from its own.
#[derive(Debug, Default)]
pub(super) struct ClockWatch {
    /// When to compare this member's clock with those of the others.
    compare_at: Option<Duration>,
    /// Whether the person knows that others refuse what is said here.
    is_told: bool,
    /// Whether a durable frame was refused while no bridge was known: perhaps it has the clock of
    /// another site.
    has_refused_unknown: bool,
}

/// How others' clocks stand to this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Comparison {
    /// Whether somebody's is the same.
    is_shared: bool,
    /// Whether one of them has said something that is held here.
    is_shared_in_talk: bool,
    /// By how much the others are ahead, in milliseconds.
    median_ms: i64,
}

impl Comparison {
    /// Compares by the differences of each address, in milliseconds; `None` if there are none.
    fn of(mut differences_ms: Vec<i64>) -> Option<Self> {
        differences_ms.sort_unstable();
        let median_ms = *differences_ms.get(differences_ms.len() / 2)?;
        let is_shared = differences_ms.iter().copied().any(is_same_clock);
        Some(Self {
            is_shared,
            is_shared_in_talk: false,
            median_ms,
        })
    }
}

/// Whether two clocks with this difference in milliseconds count as the same.
fn is_same_clock(difference_ms: i64) -> bool {
    difference_ms.unsigned_abs() <= CLOCK_AHEAD_MAX.as_millis() as u64
}

impl Engine {
    /// Whether to refuse a frame for its clock. A newcomer with whom nobody agrees may be wrong
    /// itself, and refuses nothing yet. What comes from another site has the clock of that site.
    pub(super) fn is_too_far_ahead(
        &self,
        now: Moment,
        (id, source): (Id, SocketAddr),
        frame: &Frame<'_>,
    ) -> bool {
        let clock = frame.author.clock;
        if !self.is_ahead(now, clock) {
            return false;
        }
        if self.is_of_other_clock(id, source, frame) && !self.is_ahead_by(now, clock, SITE_AHEAD) {
            return false;
        }
        !self.is_joining(now) || self.compare_clocks(now).is_some_and(|all| all.is_shared)
    }

    /// Whether a frame may have the clock of another site: a bridge that is here sends it, or its
    /// author is known to be beyond, or this member asked for it.
    fn is_of_other_clock(&self, id: Id, source: SocketAddr, frame: &Frame<'_>) -> bool {
        let roster = &self.group.roster;
        match frame.body.kind() {
            Kind::Site => roster.is_bridge_at(source),
            Kind::Durable if roster.knows_bridges() => {
                let is_far = roster.get(id).is_some_and(Member::is_far);
                let is_asked_for = || {
                    let is_missing = self.receiving.is_missing(id, frame.author.sequence);
                    is_missing || self.is_pulled(&frame.author)
                };
                is_far || roster.is_bridge_at(source) || is_asked_for()
            }
            _ => false,
        }
    }

    /// Whether this member came a moment ago; whoever was here before keeps its clock.
    fn is_joining(&self, now: Moment) -> bool {
        now.time < self.me.listening_since + JOINING
    }

    /// Whether a clock is so far ahead of this member's that a frame with it is refused. Among the
    /// bridges of a link, each has the clock of its site.
    fn is_ahead(&self, now: Moment, clock: u64) -> bool {
        let most = match self.group.beyond.is_link {
            true => SITE_AHEAD,
            false => CLOCK_REFUSED_AHEAD,
        };
        self.is_ahead_by(now, clock, most)
    }

    /// Whether a frame of somebody at another site has a clock that is much ahead of this one.
    pub(super) fn is_far_ahead(&self, now: Moment, id: Id, clock: u64) -> bool {
        let is_far = || self.group.roster.get(id).is_some_and(Member::is_far);
        self.is_ahead_by(now, clock, OLD_AFTER) && is_far()
    }

    fn is_ahead_by(&self, now: Moment, clock: u64, most: Duration) -> bool {
        clock_ms(clock) > clock_ms(self.me.clock_now(now)) + most.as_millis() as u64
    }

    /// Refuses a frame that is far ahead, and lets its author hear a beat of ours.
    pub(super) fn refuse_ahead(&mut self, now: Moment, id: Id, opened: &Opened<'_>) {
        self.group.roster.count_ahead();
        self.group.invite(now.time, &mut self.rng);
        let author = &opened.frame.author;
        if let Body::Durable(durable) = &opened.frame.body {
            if author.sequence == 1 {
                self.note_hello(now, id, durable);
            }
            self.receiving.clocks.has_refused_unknown |= !self.group.roster.knows_bridges();
            // It would come again, and be refused again.
            self.receiving
                .update(id, |inbox| inbox.decline(author.sequence));
            // An exchange need not wait for it.
            self.note_pulled(now, id, author.sequence);
        }
    }

    /// Whether frames were refused that a bridge may have passed on, which was not known then and
    /// is now; true once.
    pub(super) fn take_unknown_refused(&mut self) -> bool {
        let knows_bridges = self.group.roster.knows_bridges();
        let refused = &mut self.receiving.clocks.has_refused_unknown;
        knows_bridges && std::mem::take(refused)
    }

    /// Takes in the first frame of a session, which says nothing to anybody, without keeping it:
    /// its author sees it acknowledged, and what it says later has no gap before it.
    fn note_hello(&mut self, now: Moment, id: Id, durable: &Durable<'_>) {
        let hello = durable.records.hello();
        let Some(hello) = hello.filter(|_| durable.messages() == 0) else {
            return;
        };
        self.hear_hello(id, &hello);
        self.open_inbox(id, 1);
        let (timing, rng) = (self.group.timing(id), &mut self.rng);
        self.receiving.update(id, |inbox| {
            inbox.take(1, now.time, timing, rng);
        });
        self.receiving.reports.took(id, None, now.time);
    }

    /// Takes in what a member's clock shows.
    pub(super) fn note_clock(&mut self, now: Moment, id: Id, from: IpAddr, author: &Author) {
        let stated = StatedClock {
            clock_ms: clock_ms(author.clock),
            heard: now.time,
            from,
        };
        let is_plausible = !self.is_ahead(now, author.clock);
        self.group.roster.state_clock(id, stated, is_plausible);
        let own_ms = clock_ms(self.me.clock_now(now));
        let is_same = is_same_clock(stated.clock_ms as i64 - own_ms as i64);
        let watch = &mut self.receiving.clocks;
        if !is_same && watch.compare_at.is_none() && !watch.is_told {
            let first = self.me.listening_since + FOLLOW_AFTER;
            watch.compare_at = Some(first.max(now.time + FOLLOW_AFTER / 2));
        }
    }

    /// When the clocks are to be compared.
    pub(super) fn compare_clocks_at(&self) -> Option<Duration> {
        self.receiving.clocks.compare_at
    }

    /// Compares the clocks if it is time, and follows the group or tells the person.
    pub(super) fn watch_clocks(&mut self, now: Moment) {
        let watch = &mut self.receiving.clocks;
        if watch.compare_at.take_if(|at| *at <= now.time).is_some() {
            self.follow_group_clock(now);
        }
    }

    /// Takes the clock of the group, if this one is wrong; see the file's head.
    pub(super) fn follow_group_clock(&mut self, now: Moment) {
        if self.group.beyond.is_link {
            return;
        }
        let Some(all) = self.compare_clocks(now) else {
            return;
        };
        let has_spoken = self.sending.newest() > 1 || !self.sending.outbox.is_empty();
        let has_settled = now.time >= self.me.listening_since + FOLLOW_AFTER;
        let may_follow = self.is_joining(now) && (!has_spoken || all.median_ms > 0);
        if is_same_clock(all.median_ms) || !has_settled {
            return;
        }
        if all.is_shared || !may_follow {
            let tells_from = self.me.listening_since + TOLD_AFTER;
            if all.is_shared && now.time < tells_from {
                // Perhaps those who share it have said something that is not here yet.
                self.receiving.clocks.compare_at = Some(tells_from);
                return;
            }
            let ahead = Duration::from_millis(all.median_ms.unsigned_abs());
            let is_refused = all.median_ms < 0 && ahead > CLOCK_REFUSED_AHEAD;
            if is_refused
                && !all.is_shared_in_talk
                && !std::mem::replace(&mut self.receiving.clocks.is_told, true)
            {
                self.out.tell(EngineEvent::ClockAhead { ahead });
            }
            return;
        }
        self.me.follow(all.median_ms);
        if self.sync.is_new() {
            self.log
                .set_horizon(self.stored.horizon(self.me.clock_now(now)));
        }
        if all.median_ms < 0 {
            // The others have refused what was ahead of them.
            self.say_hello(now);
            self.announce(now);
        }
    }

    /// How the clocks of all that are proven to be there stand to this one, by address.
    fn compare_clocks(&self, now: Moment) -> Option<Comparison> {
        let own_ms = clock_ms(self.me.clock_now(now)) as i64;
        let interval = self.group.roster.beat_interval();
        let mut by_address = BTreeMap::new();
        let mut is_shared_in_talk = false;
        for (id, member) in self.group.roster.everybody() {
            let is_proven = id != ME && member.is_proven && !member.is_closed;
            let Some(stated) = member.stated_clock.filter(|_| is_proven) else {
                continue;
            };
            let passed = now.time.saturating_sub(stated.heard);
            if passed <= interval * 3 {
                let shows_ms = stated.clock_ms.saturating_add(passed.as_millis() as u64);
                let difference_ms = shows_ms as i64 - own_ms;
                is_shared_in_talk |=
                    is_same_clock(difference_ms) && self.log.has_message_of(member.tag.short);
                // One that agrees counts, whoever else is at its address.
                let known = by_address.entry(stated.from).or_insert(difference_ms);
                if difference_ms.unsigned_abs() < known.unsigned_abs() {
                    *known = difference_ms;
                }
            }
        }
        Some(Comparison {
            is_shared_in_talk,
            ..Comparison::of(by_address.into_values().collect())?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_counts_and_whether_anybody_agrees() {
        assert_eq!(Comparison::of(Vec::new()), None);
        let all = Comparison::of(vec![400_000, 1_000_000, 400_001]).unwrap();
        assert_eq!((all.is_shared, all.median_ms), (false, 400_001));
        let all = Comparison::of(vec![400_000, 1_000_000, 300_000]).unwrap();
        assert_eq!((all.is_shared, all.median_ms), (true, 400_000));
    }
}
