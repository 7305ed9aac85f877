//! When a taker reports, and what: how many symbols it lacks of each unit, unless somebody else has
//! just said that they lack as many. The delay is random, so that one speaks and the others hear
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use super::taking::Taking;
use crate::protocol::engine::streams::StreamCounts;
use crate::protocol::rng::Rng;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::MemberTag;
use crate::protocol::wire::frame::notice::{LACKS_MAX, Lack, Report, WHOLE_UNIT};

/// Longest time between two reports while symbols come, among few takers.
const INTERVAL: Duration = Duration::from_millis(25);

/// How much longer it is for each taker: all together say 200 reports a second at most.
const INTERVAL_PER_TAKER: Duration = Duration::from_millis(5);

/// The longest interval.
const INTERVAL_MAX: Duration = Duration::from_secs(2);

/// A unit behind the newest one lacks what has not come for so long.
const SETTLED_AFTER: Duration = Duration::from_millis(15);

/// When no symbol has come for so long, everything lacks that is not here.
const IDLE_AFTER: Duration = Duration::from_millis(120);

/// When nothing at all has come for so long, nobody gives; it is asked for among all.
const SILENT_AFTER: Duration = Duration::from_millis(1000);

/// How long the first question waits, so that those who decide in one moment are served together.
const GATHERING: Duration = Duration::from_millis(40);

/// How much longer it waits for each member of the room: in a large one few ask, and the others
/// hear it.
const GATHERING_PER_MEMBER: Duration = Duration::from_micros(500);

/// The longest pause between two questions to all.
const ASKING_MAX: Duration = Duration::from_secs(16);

/// After so many questions to all, whoever gives at the moment gives nothing that is wanted.
const ASKED_IN_VAIN: u32 = 2;

/// Most streams by which one content comes.
const STREAMS_MAX: usize = 4;

/// How often in a row others' words hold one back.
const HELD_BACK_MAX: u32 = 3;

/// Most reports of others that are remembered.
const HEARD_MAX: usize = 16;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Reporting {
    streams: BTreeMap<StreamId, Stream>,
    /// When the next report is due.
    pub(super) due: Duration,
    /// How many takers there are, as far as they are heard.
    pub(super) takers: usize,
    piece_at: Option<Duration>,
    heard_at: Option<Duration>,
    /// The highest unit of which something came since the last pause.
    top: Option<u32>,
    /// The pause before the next question to all.
    pause: Duration,
    /// What others have reported lately.
    others: BTreeMap<MemberTag, (Duration, Vec<Lack>)>,
    reported_at: Duration,
    /// Since when nobody gives.
    asked_first_at: Option<Duration>,
    has_told_nobody: bool,
    /// Questions to all since somebody gave.
    asked: u32,
    /// How often in a row others have said what this member lacks.
    held_back: u32,
    /// Who has given what is not in the offer.
    banned: BTreeSet<MemberTag>,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    symbol_bytes: usize,
    member: MemberTag,
    heard_at: Duration,
}

/// What is to be said.
#[derive(Debug)]
pub(super) enum ToSay {
    /// To those who take and give.
    Takers(Report),
    /// To all, because nobody gives.
    All(Report),
}

impl Reporting {
    pub(super) fn new(now: Duration) -> Self {
        Self {
            streams: BTreeMap::new(),
            due: now,
            takers: 1,
            piece_at: None,
            heard_at: None,
            top: None,
            pause: SILENT_AFTER / 2,
            others: BTreeMap::new(),
            reported_at: now,
            asked_first_at: None,
            has_told_nobody: false,
            asked: 0,
            held_back: 0,
            banned: BTreeSet::new(),
        }
    }

    /// A stream with this content is announced.
    pub(super) fn announced(
        &mut self,
        now: Duration,
        (stream, member): (StreamId, MemberTag),
        symbol_bytes: usize,
    ) {
        if self.banned.contains(&member) {
            return;
        }
        if self.streams.len() >= STREAMS_MAX && !self.streams.contains_key(&stream) {
            let oldest = self.streams.iter().min_by_key(|(_, it)| it.heard_at);
            let Some(oldest) = oldest.map(|(id, _)| *id) else {
                return;
            };
            self.streams.remove(&oldest);
        }
        let heard_at = now;
        let heard = Stream {
            symbol_bytes,
            member,
            heard_at,
        };
        self.streams.insert(stream, heard);
        self.heard_at = Some(now);
    }

    /// Notes a symbol; the length of the symbols of its stream, if the content comes by it.
    pub(super) fn heard(
        &mut self,
        now: Duration,
        stream: StreamId,
        unit: u32,
    ) -> Option<(MemberTag, usize)> {
        let heard = self.streams.get_mut(&stream)?;
        heard.heard_at = now;
        self.heard_at = Some(now);
        self.piece_at = Some(now);
        self.top = self.top.max(Some(unit));
        self.pause = SILENT_AFTER / 2;
        self.asked = 0;
        Some((heard.member, heard.symbol_bytes))
    }

    /// Takes nothing from a member any more, which has given what is not in the offer.
    pub(super) fn ban(&mut self, member: MemberTag) {
        self.banned.insert(member);
        self.streams.retain(|_, stream| stream.member != member);
        self.heard_at = self.streams.values().map(|stream| stream.heard_at).max();
        self.pause = SILENT_AFTER / 2;
    }

    /// Somebody else has reported.
    pub(super) fn other_reported(&mut self, now: Duration, member: MemberTag, lacks: &[Lack]) {
        if self.others.len() >= HEARD_MAX && !self.others.contains_key(&member) {
            let oldest = self.others.iter().min_by_key(|(_, (at, _))| *at);
            let Some(oldest) = oldest.map(|(member, _)| *member) else {
                return;
            };
            self.others.remove(&oldest);
        }
        self.others.insert(member, (now, lacks.to_vec()));
    }

    /// Whether nobody gives at the moment.
    pub(super) fn is_silent(&self, now: Duration) -> bool {
        self.heard_at.is_none_or(|at| now >= at + SILENT_AFTER)
    }

    /// Whether it is time to tell that nobody gives, which is told once in each silence.
    pub(super) fn tell_nobody(&mut self, now: Duration, after: Duration) -> bool {
        let Some(since) = self.asked_first_at else {
            return false;
        };
        if !self.is_silent(now) {
            self.asked_first_at = None;
            self.has_told_nobody = false;
            return false;
        }
        now >= since + after && !std::mem::replace(&mut self.has_told_nobody, true)
    }

    /// What is wanted has changed: it is to be said soon.
    pub(super) fn hurry(&mut self, now: Duration, members: usize, rng: &mut Rng) {
        self.top = None;
        self.piece_at = None;
        let members = u32::try_from(members).unwrap_or(u32::MAX);
        let most = GATHERING + GATHERING_PER_MEMBER.saturating_mul(members);
        // Among those who take, one asks soon.
        let most = if self.is_silent(now) { most } else { most / 4 };
        let wait = rng.between(Duration::ZERO, most.min(INTERVAL_MAX));
        self.due = self.due.min(now + wait).max(now);
    }

    fn interval(&self) -> Duration {
        let takers = u32::try_from(self.takers).unwrap_or(u32::MAX);
        let spread = INTERVAL_PER_TAKER.saturating_mul(takers);
        (INTERVAL + spread).min(INTERVAL_MAX)
    }

    fn is_idle(&self, now: Duration) -> bool {
        self.piece_at.is_none_or(|at| now >= at + IDLE_AFTER)
    }

    /// The stream by which something came last.
    fn stream(&self) -> Option<StreamId> {
        let streams = self.streams.iter();
        let newest = streams.max_by_key(|(_, stream)| stream.heard_at);
        newest.map(|(id, _)| *id)
    }

    /// What is to be said of what lacks. Others' words hold one back a few times, and not for ever:
    /// whoever they come from may be served no more.
    fn unsaid(&mut self, now: Duration, lacks: Vec<Lack>) -> Vec<Lack> {
        let before = lacks.len();
        let unsaid = lacks.iter().filter(|lack| !self.is_said(now, lack));
        let unsaid: Vec<Lack> = unsaid.copied().collect();
        if unsaid.len() == before {
            self.held_back = 0;
            return unsaid;
        }
        self.held_back += 1;
        if self.held_back > HELD_BACK_MAX {
            self.held_back = 0;
            return lacks;
        }
        unsaid
    }

    /// Whether somebody else has just said that as many symbols lack of these units.
    fn is_said(&self, now: Duration, lack: &Lack) -> bool {
        let covers = |other: &Lack| {
            other.first <= lack.first
                && other.first.saturating_add(other.units) >= lack.first + lack.units
                && other.symbols >= lack.symbols
        };
        let since = now.saturating_sub(self.interval());
        let mut others = self.others.values().filter(|(at, _)| *at >= since);
        others.any(|(_, lacks)| lacks.iter().any(covers))
    }
}

/// What a taker says now, if its time has come.
pub(super) fn report(
    taking: &mut Taking,
    now: Duration,
    counts: impl Fn(StreamId) -> StreamCounts,
    rng: &mut Rng,
) -> Option<ToSay> {
    if now < taking.reporting.due {
        return None;
    }
    let interval = taking.reporting.interval();
    taking.reporting.due = now + rng.between(interval / 2, interval);
    if !taking.is_wanting() {
        return None;
    }
    if taking.reporting.is_silent(now) {
        return ask_all(taking, now, rng);
    }
    let stream = taking.reporting.stream()?;
    let lacks = lacks(taking, now);
    let lacks = taking.reporting.unsaid(now, lacks);
    let StreamCounts {
        highest, received, ..
    } = counts(stream);
    let reporting = &mut taking.reporting;
    let within = now.saturating_sub(reporting.reported_at);
    // Also without anything that lacks: the giver learns how fast it may send.
    if lacks.is_empty() && within < interval {
        return None;
    }
    reporting.reported_at = now;
    Some(ToSay::Takers(Report {
        stream: Some(stream),
        highest,
        received,
        within_ms: u16::try_from(within.as_millis()).unwrap_or(u16::MAX),
        lacks,
        ..about(taking)
    }))
}

fn ask_all(taking: &mut Taking, now: Duration, rng: &mut Rng) -> Option<ToSay> {
    let reporting = &mut taking.reporting;
    reporting.asked_first_at.get_or_insert(now);
    let pause = reporting.pause;
    reporting.pause = (pause * 2).min(ASKING_MAX);
    reporting.due = now + rng.between(pause / 2, pause);
    reporting.reported_at = now;
    reporting.asked += 1;
    let is_urgent = reporting.asked > ASKED_IN_VAIN;
    let lacks = lacks(taking, now);
    let lacks = taking.reporting.unsaid(now, lacks);
    (!lacks.is_empty()).then(|| {
        ToSay::All(Report {
            is_urgent,
            lacks,
            ..about(taking)
        })
    })
}

/// A report that says how much is here.
pub(super) fn about(taking: &Taking) -> Report {
    Report {
        about: taking.offer.id.0,
        done: taking.have.count(),
        doubts: taking.doubts.next(),
        ..Report::default()
    }
}

/// What lacks now: runs of units that lack equally much, the first ones first.
fn lacks(taking: &Taking, now: Duration) -> Vec<Lack> {
    let reporting = &taking.reporting;
    let is_idle = reporting.is_idle(now);
    let end = match (is_idle, reporting.top) {
        (true, _) => u32::MAX,
        (false, Some(top)) => top,
        (false, None) => 0,
    };
    let mut lacks: Vec<Lack> = Vec::new();
    for unit in taking.missing().take_while(|unit| *unit < end) {
        let symbols = match taking.partial(unit) {
            Some(partial) if !is_idle && now < partial.heard_at + SETTLED_AFTER => continue,
            Some(partial) if partial.lack() == 0 => continue,
            Some(partial) => partial.lack(),
            None => WHOLE_UNIT,
        };
        if let Some(last) = lacks.last_mut().filter(|last| runs_on(last, unit, symbols)) {
            last.units += 1;
            continue;
        }
        if lacks.len() == LACKS_MAX {
            break;
        }
        lacks.push(Lack {
            first: unit,
            units: 1,
            symbols,
        });
    }
    lacks
}

fn runs_on(last: &Lack, unit: u32, symbols: u16) -> bool {
    last.first + last.units == unit && last.symbols == symbols
}

/// The units that some runs name, for those who count them.
pub(super) fn units_of(lacks: &[Lack]) -> impl Iterator<Item = Range<u32>> {
    let runs = lacks.iter();
    runs.map(|lack| lack.first..lack.first.saturating_add(lack.units))
}
