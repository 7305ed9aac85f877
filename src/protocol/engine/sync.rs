//! Catching up: comparing digests with others, asking what was said before this member came or
//! while it was cut off, and answering others who ask.

use core::net::SocketAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::answers::Answers;
use super::asked_in_vain::{AskedInVain, Doubt, Response};
use super::challenges::Challenges;
use super::config::{
    ASK_AGAIN, DIGEST_AGE, DIGEST_SPANS, EXCHANGE_EVERY, EXCHANGES_BURST, HISTORY_MESSAGES,
    INVENTORY_PARTS_MAX, JOINING, PULL_RETRIES_MAX, SILENT_RETRIES, SILENT_RETRIES_NEW,
};
use super::exchange::{ExchangeOutcome, Exchanges};
use super::frame_log::{FrameLog, Position};
use super::me::Me;
use super::member::Member;
use super::roster::{Id, Roster};
use super::unanswered_cookies::UnansweredCookies;
use crate::protocol::rate::TokenBucket;
use crate::protocol::rng::Rng;
use crate::protocol::wire::frame::beat::Digest;
use crate::protocol::wire::frame::sync::{FrameName, RUNS_MAX, SequenceRange, Sync as Talk};
use crate::protocol::wire::frame::{MemberTag, first_8};

/// Digests end at multiples of this, so that members who hold the same frames state the same.
const DIGEST_STEP_MS: u64 = 10_000;

/// What is said next in an exchange, and to which address.
pub(super) type Question = (SocketAddr, Talk);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Sync {
    pub(super) exchanges: Exchanges,
    /// Whether this member has not received what was said before it came.
    is_new: bool,
    /// Exchanges about a difference that may begin.
    begun: TokenBucket,
    /// Nobody else is asked before this time.
    ask_again_at: Duration,
    /// Frames from before, which are shown in their order once all have come.
    unshown: BTreeMap<Position, Id>,
    cookie_secret: [u8; 32],
    pub(super) challenges: Challenges,
    pub(super) unanswered: UnansweredCookies,
    pub(super) answers: Answers,
    pub(super) asked_in_vain: AskedInVain,
}

impl Sync {
    /// The state of a member that has just come.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            exchanges: Exchanges::default(),
            is_new: true,
            begun: TokenBucket::new(
                1.0 / EXCHANGE_EVERY.as_secs_f64(),
                EXCHANGES_BURST,
                Duration::ZERO,
            ),
            ask_again_at: Duration::ZERO,
            unshown: BTreeMap::new(),
            cookie_secret: blake3::derive_key("roda 2026 cookies", &seed.to_be_bytes()),
            challenges: Challenges::default(),
            unanswered: UnansweredCookies::default(),
            answers: Answers::default(),
            asked_in_vain: AskedInVain::default(),
        }
    }

    /// Whether this member has not received what was said before it came.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Asks once more what was said, as a newcomer does.
    pub(super) fn begin_anew(&mut self, now: Duration) {
        self.is_new = true;
        self.ask_again_at = now;
    }

    /// The digest of the next beat: by turns of the last minute, of longer times, and of all that
    /// is held.
    pub(super) fn digest(&self, clock_now: u64, turn: u32, log: &mut FrameLog) -> Digest {
        if self.is_new {
            return Digest::default(); // says that this member does not know
        }
        let old_ms = (clock_now >> 16).saturating_sub(DIGEST_AGE.as_millis() as u64);
        let cut_ms = old_ms / DIGEST_STEP_MS * DIGEST_STEP_MS;
        let turn = turn as usize % (DIGEST_SPANS.len() + 1);
        let span_ms = DIGEST_SPANS
            .get(turn)
            .map_or(cut_ms, |span| span.as_millis() as u64);
        let from = (cut_ms.saturating_sub(span_ms) << 16).max(log.horizon());
        let cut = (cut_ms << 16).max(from);
        let xor = log.digest(from, cut);
        Digest { from, cut, xor }
    }

    /// Compares a member's digest with what is held here, if all of that time is; and plans to ask
    /// for what is older, if the member goes back further and nothing was dropped here.
    pub(super) fn compare(
        &mut self,
        peer: Id,
        digest: &Digest,
        now: Duration,
        members: usize,
        log: &mut FrameLog,
        rng: &mut Rng,
    ) {
        let suspected = match difference(digest, log) {
            Some(difference) => (*digest, difference),
            None if self.goes_back_further(digest, log) => {
                let cut = log.horizon();
                (Digest { cut, ..*digest }, digest.from)
            }
            None => return,
        };
        self.exchanges.suspect(peer, suspected, now, members, rng);
    }

    /// Whether a member is worth being asked: neither it nor its host was asked in vain lately.
    pub(super) fn is_worth_asking(&self, peer: Id, now: Duration, roster: &Roster) -> bool {
        let doubt = |member| self.asked_in_vain.doubt(member, now);
        roster.get(peer).map(doubt).unwrap_or_default() == Doubt::default()
    }

    /// Notes how an exchange with a member ended.
    fn note_outcome(&mut self, outcome: &ExchangeOutcome, now: Duration, roster: &Roster) {
        // A newcomer is told the truth also by one that knows nothing more.
        let is_useful = outcome.taken > 0 || self.is_new && outcome.horizon.is_some();
        let response = match is_useful {
            true => Response::Useful,
            false => Response::Useless,
        };
        self.note_response(outcome, response, now, roster);
    }

    fn note_response(
        &mut self,
        outcome: &ExchangeOutcome,
        response: Response,
        now: Duration,
        roster: &Roster,
    ) {
        if let Some(member) = roster.get(outcome.peer) {
            let host = outcome.address.ip();
            self.asked_in_vain.note(member, host, response, now);
        }
    }

    /// Notes that an exchange was broken off.
    pub(super) fn broke_off(&mut self, outcome: &ExchangeOutcome, now: Duration, roster: &Roster) {
        let response = match outcome.has_answered {
            true => Response::Useless,
            false => Response::Silence,
        };
        self.note_response(outcome, response, now, roster);
    }

    /// Lets the member go on with an exchange that answers from where another one was asked, which
    /// is not there; returns whether it does.
    pub(super) fn hand_to(
        &mut self,
        peer: Id,
        from: SocketAddr,
        now: Duration,
        roster: &Roster,
    ) -> bool {
        let asked = self.exchanges.hand_to(peer, from);
        if let Some(member) = asked.and_then(|asked| roster.get(asked)) {
            self.asked_in_vain.absent(member, now);
        }
        asked.is_some()
    }

    /// How often to repeat a request that nobody answers.
    pub(super) fn silent_retries(is_new: bool, roster: &Roster) -> impl FnOnce() -> u32 {
        move || {
            let mut others = roster
                .others()
                .filter(|(_, member)| member.address.is_some());
            match others.nth(1) {
                Some(_) if is_new => SILENT_RETRIES_NEW,
                Some(_) => SILENT_RETRIES,
                None => PULL_RETRIES_MAX,
            }
        }
    }

    fn goes_back_further(&self, digest: &Digest, log: &FrameLog) -> bool {
        let is_open = !self.is_new && !log.is_trimmed();
        is_open && digest.cut > 0 && digest.from < log.horizon()
    }

    /// Whether this member is a newcomer that may ask somebody now.
    pub(super) fn may_ask_as_newcomer(&self, now: Duration) -> bool {
        self.is_new && !self.exchanges.is_busy() && now >= self.ask_again_at
    }

    /// What a newcomer asks a member that it meets: one that knows what was said before, or one
    /// that is new as well, but came earlier.
    pub(super) fn ask_as_newcomer(
        &mut self,
        peer: Id,
        address: SocketAddr,
        now: Duration,
        me: &Me,
        roster: &Roster,
    ) -> Option<Question> {
        if !self.may_ask_as_newcomer(now) {
            return None;
        }
        roster.get(peer).filter(|member| is_fit(member, me))?;
        // Up to now, and not to our start: members first heard in between began earlier.
        let all = (0, u64::MAX);
        let talk = self.exchanges.begin(peer, address, all, 0, now);
        Some((address, talk))
    }

    /// Whom a newcomer may ask next: of those who are fit for it, the ones who were not asked in
    /// vain, or else those of whom that is least certain.
    pub(super) fn best_to_ask(
        &self,
        now: Duration,
        me: &Me,
        roster: &Roster,
    ) -> Vec<(Id, SocketAddr)> {
        let others = roster.others().filter(|(_, member)| is_fit(member, me));
        let located = others.filter_map(|(id, member)| Some((id, member, member.address?)));
        let mut best: Vec<(Doubt, Id, SocketAddr)> = located
            .map(|(id, member, address)| (self.asked_in_vain.doubt(member, now), id, address))
            .collect();
        let least = best.iter().map(|(doubt, ..)| *doubt).min();
        best.retain(|(doubt, ..)| Some(*doubt) == least);
        best.into_iter()
            .map(|(_, id, address)| (id, address))
            .collect()
    }

    /// The first question about a difference that was suspected, if it is still there.
    pub(super) fn ask_about_difference(
        &mut self,
        now: Duration,
        roster: &Roster,
        log: &mut FrameLog,
    ) -> Option<Question> {
        let suspicion = self.exchanges.pop_suspicion(now)?;
        let address = roster.get(suspicion.peer).and_then(|m| m.address);
        let address = address.filter(|_| !self.exchanges.is_busy())?;
        let Digest { from, cut, .. } = suspicion.digest;
        let is_older = cut == log.horizon();
        let difference = difference(&suspicion.digest, log).or(is_older.then_some(from))?;
        if !self.begun.try_spend(1.0, now) {
            return None; // the next beat shows it again
        }
        let range = (from, cut);
        let talk = self
            .exchanges
            .begin(suspicion.peer, address, range, difference, now);
        Some((address, talk))
    }

    /// A newcomer that has met no member who knows more has missed nothing.
    pub(super) fn settle_newcomer(&mut self, now: Duration, started: Duration, roster: &Roster) {
        if self.is_new && !self.exchanges.is_busy() && now >= started + JOINING {
            self.is_new = roster.others().any(|(_, member)| member.knows_history);
        }
    }

    /// A number that only a program which receives at this address can know.
    pub(super) fn cookie_for(&self, source: SocketAddr) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.cookie_secret);
        match source {
            SocketAddr::V4(v4) => hasher.update(&v4.ip().octets()),
            SocketAddr::V6(v6) => hasher.update(&v6.ip().octets()),
        };
        hasher.update(&source.port().to_be_bytes());
        first_8(hasher.finalize().as_bytes()) | 1 // never 0, which stands for none
    }

    /// Whether frames from before are kept until all have come.
    pub(super) fn keeps_unshown(&self) -> bool {
        self.exchanges.is_busy() && self.unshown.len() < HISTORY_MESSAGES
    }

    /// Keeps a frame from before until all have come.
    pub(super) fn keep_unshown(&mut self, position: Position, id: Id) {
        self.unshown.insert(position, id);
    }

    /// The frames kept by [`Sync::keep_unshown`], in the order that all members agree on.
    pub(super) fn take_unshown(&mut self) -> BTreeMap<Position, Id> {
        std::mem::take(&mut self.unshown)
    }

    /// Ends the exchange if all that was wanted has come; whether it did.
    pub(super) fn finish(&mut self, now: Duration, roster: &Roster, log: &mut FrameLog) -> bool {
        let Some(outcome) = self.exchanges.finish(now) else {
            return false;
        };
        self.note_outcome(&outcome, now, roster);
        if self.is_new {
            let peer = roster.get(outcome.peer);
            self.is_new = peer.is_some_and(|peer| !peer.knows_history);
            self.ask_again_at = now + ASK_AGAIN;
        }
        go_back(outcome, log);
        true
    }

    /// Ends the exchange; the frames still wanted are asked for in another way.
    pub(super) fn hand_over(&mut self, log: &mut FrameLog) {
        if let Some(outcome) = self.exchanges.hand_over() {
            go_back(outcome, log);
        }
    }
}

/// Whether a newcomer may ask a member: it knows what was said before, or came earlier.
fn is_fit(member: &Member, me: &Me) -> bool {
    let came = |session: u64, tag: MemberTag| (session >> 32, tag);
    let mine = came(me.identity().session, me.tag());
    member.knows_history || came(member.session, member.tag) < mine
}

/// The XOR of the hashes of all frames that only one of both holds, if there are any and this
/// member knows.
fn difference(digest: &Digest, log: &mut FrameLog) -> Option<u64> {
    if digest.from >= digest.cut || log.horizon() > digest.from {
        return None;
    }
    let difference = log.digest(digest.from, digest.cut) ^ digest.xor;
    (difference != 0).then_some(difference)
}

/// Sets the horizon back: all is held now that the peer holds, if the exchange was about all that
/// is older than what was held here.
fn go_back(outcome: ExchangeOutcome, log: &mut FrameLog) {
    if let Some(horizon) = outcome.horizon
        && outcome.cut >= log.horizon()
    {
        log.set_horizon(horizon.min(log.horizon()));
    }
}

/// What is held of a time, as the parts of an inventory; `waiting` are frames that are here and
/// were not shown yet.
pub(super) fn inventory(from: u64, cut: u64, log: &FrameLog, waiting: Vec<FrameName>) -> Vec<Talk> {
    // Frames from before the horizon are listed as well, because perhaps nobody else holds
    // them, although there were more.
    let history = log.history(from, cut);
    let mut sequences = waiting;
    sequences.extend(history.map(|(position, _)| position.frame_name()));
    let from = from.max(log.horizon());
    sequences.sort_unstable();
    let runs = SequenceRange::of(sequences.iter().copied(), usize::MAX);
    let runs = fair_cut(runs, RUNS_MAX * INVENTORY_PARTS_MAX);
    let parts = runs.len().div_ceil(RUNS_MAX).max(1) as u8; // at most 64
    let mut chunks = runs.chunks(RUNS_MAX);
    let part = |part| Talk::Inventory {
        from,
        cut,
        part,
        parts,
        runs: chunks.next().unwrap_or_default().to_vec(),
    };
    (0..parts).map(part).collect()
}

/// As many ranges as an inventory holds: of the person with the most ranges, the oldest are left
/// out first.
fn fair_cut(mut runs: Vec<SequenceRange>, max: usize) -> Vec<SequenceRange> {
    if runs.len() <= max {
        return runs;
    }
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for run in &runs {
        *counts.entry(run.short).or_default() += 1;
    }
    // The most that each may have, so that all together have no more than there is room for.
    let fits = |most: usize| {
        counts
            .values()
            .map(|count| (*count).min(most))
            .sum::<usize>()
            <= max
    };
    let (mut most, mut too_many) = (1, max + 1);
    while most + 1 < too_many {
        let middle = most.midpoint(too_many);
        match fits(middle) {
            true => most = middle,
            false => too_many = middle,
        }
    }
    runs.retain(|run| {
        let left = counts.get_mut(&run.short);
        left.is_some_and(|left| {
            *left -= 1;
            *left < most // those behind it, which are newer
        })
    });
    runs.truncate(max);
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_leaves_out_the_oldest_of_whoever_has_most() {
        let run = |short, number: u32| SequenceRange {
            short,
            session: 1,
            first: 2 * number + 1,
            count: 1,
        };
        let many = (0..9000).map(|number| run(1, number));
        let few = (0..20).map(|number| run(2, number));
        let runs: Vec<SequenceRange> = many.chain(few).collect();
        assert_eq!(fair_cut(runs.clone(), 10_000), runs);
        let cut = fair_cut(runs, 100);
        assert_eq!(cut.len(), 100);
        assert_eq!(cut.iter().filter(|run| run.short == 2).count(), 20);
        assert_eq!(cut.first(), Some(&run(1, 8920)));
    }
}
