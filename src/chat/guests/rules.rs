//! The rules: who is here, who may enter under which name, who may speak now. Time comes in;
//! nothing grows without a bound.

use core::net::IpAddr;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{
    Departure, GUEST_TEXT_MAX_BYTES, GuestName, GuestRefusal, GuestSession, GuestState,
    GuestsEvent, LinkToken,
};
use crate::protocol::engine::host_budgets::HostBudgets;
use crate::protocol::lookalike::{Looks, OwnNameFault, own_name};
use crate::protocol::message::{Name, is_hazard, split_within};
use crate::protocol::rate::TokenBucket;
use crate::protocol::time::Moment;

/// Guests at once, unless the host says otherwise: a large class.
pub const GUESTS_DEFAULT: usize = 200;

/// Most guests at once, whatever the host says: each costs the server a connection.
pub const GUESTS_MAX: usize = 1000;

/// Most lines from before that a newcomer is shown: each is opened anew for each newcomer.
pub const HISTORY_LINES_MAX: usize = 200;

/// Longest name of a guest, in bytes: a member's name less the number behind a second one.
pub const GUEST_NAME_MAX_BYTES: usize = 24;

/// How long the address of a guest who was sent away may not enter again.
pub const KICKED_FOR: Duration = Duration::from_secs(600);

/// How long a place is kept after a connection broke: a telephone that sleeps, or changes networks.
pub const LOST_FOR: Duration = Duration::from_secs(60);

/// Addresses of those who were sent away that are remembered.
const KICKED_MAX: usize = 1024;

/// Addresses of those who left while muted that are remembered.
const MUTED_MAX: usize = 1024;

/// Bytes of a typed name that are looked at.
const TYPED_MAX_BYTES: usize = 256;

/// Messages of a guest per second, and at once: as fast as a person types short ones.
const LINES_PER_S: f64 = 1.0;
const LINES: f64 = 5.0;

/// The same of all guests together, so that the member's own lines find room between theirs.
const ALL_LINES_PER_S: f64 = 20.0;
const ALL_LINES: f64 = 40.0;

/// Tries to enter per second from one address, and at once: a class may share one.
const ENTERS_PER_S: f64 = 0.5;
const ENTERS: f64 = 40.0;

/// The same from all addresses.
const ALL_ENTERS_PER_S: f64 = 10.0;
const ALL_ENTERS: f64 = 200.0;

/// See the file's head.
#[derive(Debug)]
pub(in crate::chat) struct Guests {
    open: Option<Open>,
    sessions: BTreeMap<GuestSession, Guest>,
    /// The number of the newest guest.
    newest: u32,
    /// Until when an address may not enter.
    kicked: BTreeMap<IpAddr, Duration>,
    /// Where somebody was muted, the newest last: whoever enters from there is, too.
    muted: VecDeque<IpAddr>,
    enters: HostBudgets,
    all_enters: TokenBucket,
    all_lines: TokenBucket,
}

/// How guests enter.
#[derive(Debug)]
struct Open {
    token: LinkToken,
    url: String,
    most: usize,
    history: usize,
}

/// One who is here.
#[derive(Debug)]
struct Guest {
    name: GuestName,
    /// What the name looks like.
    looks: Looks,
    address: IpAddr,
    entered_ms: u64,
    lines: TokenBucket,
    /// When the connection broke.
    lost: Option<Duration>,
    /// Whether the host lets nobody hear the guest.
    is_muted: bool,
}

/// Somebody who wants to come in.
#[derive(Clone, Debug)]
pub(super) struct Entering<'e> {
    pub(super) session: GuestSession,
    pub(super) token: LinkToken,
    /// As typed.
    pub(super) name: &'e str,
    pub(super) address: IpAddr,
}

impl Guests {
    /// Nobody, and no link.
    pub(in crate::chat) fn new(now: Duration) -> Self {
        Self {
            open: None,
            sessions: BTreeMap::new(),
            newest: 0,
            kicked: BTreeMap::new(),
            muted: VecDeque::new(),
            enters: HostBudgets::new(ENTERS_PER_S, ENTERS),
            all_enters: TokenBucket::new(ALL_ENTERS_PER_S, ALL_ENTERS, now),
            all_lines: TokenBucket::new(ALL_LINES_PER_S, ALL_LINES, now),
        }
    }

    /// Lets in by a link, and by no other one. Those who are here stay.
    pub(super) fn open(&mut self, token: LinkToken, url: String, most: usize, history: usize) {
        self.open = Some(Open {
            token,
            url,
            most: most.min(GUESTS_MAX),
            history: history.min(HISTORY_LINES_MAX),
        });
    }

    /// The link, if guests may enter.
    pub(super) fn url(&self) -> Option<&str> {
        self.open.as_ref().map(|open| open.url.as_str())
    }

    /// Lines from before that a newcomer is shown.
    pub(super) fn history(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.history)
    }

    /// Lets nobody in any more. Returns who was here.
    pub(super) fn close(&mut self) -> Vec<GuestsEvent> {
        self.open = None;
        self.muted.clear();
        let left = std::mem::take(&mut self.sessions).into_iter();
        left.map(|(session, guest)| guest.left(session, Departure::Closed))
            .collect()
    }

    /// Those whose connections did not come back.
    pub(super) fn expire(&mut self, now: Duration) -> Vec<GuestsEvent> {
        let is_over = |guest: &Guest| guest.lost.is_some_and(|lost| lost + LOST_FOR <= now);
        let over = self.sessions.iter().filter(|(_, guest)| is_over(guest));
        let over: Vec<GuestSession> = over.map(|(session, _)| *session).collect();
        let left = over.into_iter();
        left.filter_map(|session| self.remove(session, Departure::Lost))
            .collect()
    }

    /// Lets somebody in, if that may be. The events say who had to make room; the host's name is no
    /// guest's.
    pub(super) fn enter(
        &mut self,
        now: Moment,
        entering: &Entering<'_>,
        host: &Name,
    ) -> Result<(GuestName, Vec<GuestsEvent>), GuestRefusal> {
        let address = entering.address.to_canonical();
        let most = self.may_try(now.time, address, entering)?;
        let base = proper_name(entering.name).map_err(|fault| GuestRefusal::BadName {
            given: split_within(entering.name, TYPED_MAX_BYTES).0.to_owned(),
            fault,
        })?;
        let mut displaced = Vec::new();
        if self.sessions.len() >= most {
            let session = self.displaced(address);
            let session = session.ok_or(GuestRefusal::Full { most })?;
            displaced.extend(self.remove(session, Departure::Displaced));
        }
        let (name, looks) = self.free_name(base, &Looks::of(host.as_str()));
        // One for each that enters, of which there are ten a second: no more than this fits.
        self.newest = self.newest.saturating_add(1);
        let name = GuestName {
            number: self.newest,
            name,
        };
        let guest = Guest {
            name: name.clone(),
            looks,
            address,
            entered_ms: now.wall_ms,
            lines: TokenBucket::new(LINES_PER_S, LINES, now.time),
            lost: None,
            is_muted: self.muted.contains(&address),
        };
        self.sessions.insert(entering.session, guest);
        Ok((name, displaced))
    }

    /// Whether somebody may try to enter now; returns how many may be here.
    fn may_try(
        &mut self,
        now: Duration,
        address: IpAddr,
        entering: &Entering<'_>,
    ) -> Result<usize, GuestRefusal> {
        let open = self.open.as_ref().ok_or(GuestRefusal::Closed)?;
        self.kicked.retain(|_, until| *until > now);
        if let Some(until) = self.kicked.get(&address) {
            return Err(GuestRefusal::Kicked(*until - now));
        }
        let is_slow = self.enters.may_spend(address, 1.0, now);
        if !is_slow || !self.all_enters.try_spend(1.0, now) {
            return Err(GuestRefusal::TooFast);
        }
        if open.token != entering.token {
            return Err(GuestRefusal::WrongLink);
        }
        if self.sessions.contains_key(&entering.session) {
            return Err(GuestRefusal::NoSession);
        }
        Ok(open.most)
    }

    /// Who makes room for a newcomer: the newest from the address that has most places, if that has
    /// more than the newcomer's would have.
    fn displaced(&self, address: IpAddr) -> Option<GuestSession> {
        let mut places: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for guest in self.sessions.values() {
            *places.entry(guest.address).or_default() += 1;
        }
        let own = places.get(&address).copied().unwrap_or(0);
        let (fullest, most) = places.into_iter().max_by_key(|(_, places)| *places)?;
        let of_fullest = self.sessions.iter();
        let of_fullest = of_fullest.filter(|(_, guest)| guest.address == fullest);
        let newest = of_fullest.max_by_key(|(_, guest)| guest.name.number);
        let (session, _) = newest.filter(|_| most > own + 1)?;
        Some(*session)
    }

    /// A name that looks like nobody's here: with a number behind it if need be.
    fn free_name(&self, base: Name, host: &Looks) -> (Name, Looks) {
        let is_free = |looks: &Looks| {
            let mut others = self.sessions.values();
            !looks.is_like(host) && !others.any(|other| other.looks.is_like(looks))
        };
        let looks = Looks::of(base.as_str());
        if is_free(&looks) {
            return (base, looks);
        }
        let numbered = (2..=GUESTS_MAX + 2).filter_map(|number| {
            let name = Name::parse(&format!("{base}-{number}")).ok()?;
            let looks = Looks::of(name.as_str());
            Some((name, looks))
        });
        let free = numbered.into_iter().find(|(_, looks)| is_free(looks));
        // There are more numbers than guests, so that one is free.
        free.unwrap_or((base, looks))
    }

    /// Whether a guest may say a text now, and who that is.
    pub(super) fn say(
        &mut self,
        now: Duration,
        session: GuestSession,
        text: &str,
    ) -> Result<GuestName, GuestRefusal> {
        let guest = self.sessions.get_mut(&session);
        let guest = guest.ok_or(GuestRefusal::NoSession)?;
        guest.lost = None;
        // What is refused costs as much, so that it is not tried again and again.
        if !guest.lines.try_spend(1.0, now) || !self.all_lines.try_spend(1.0, now) {
            return Err(GuestRefusal::TooFast);
        }
        if text.trim().is_empty() {
            return Err(GuestRefusal::Empty);
        }
        if text.len() > GUEST_TEXT_MAX_BYTES {
            let limit_bytes = GUEST_TEXT_MAX_BYTES;
            return Err(GuestRefusal::TooLong { limit_bytes });
        }
        Ok(guest.name.clone())
    }

    /// Whether a guest may turn the microphone on now, and who that is.
    pub(super) fn speak(
        &mut self,
        now: Duration,
        session: GuestSession,
    ) -> Result<GuestName, GuestRefusal> {
        let guest = self.sessions.get_mut(&session);
        let guest = guest.ok_or(GuestRefusal::NoSession)?;
        // Everybody is told of it, as of a line.
        if !guest.lines.try_spend(1.0, now) || !self.all_lines.try_spend(1.0, now) {
            return Err(GuestRefusal::TooFast);
        }
        match guest.is_muted {
            true => Err(GuestRefusal::Muted),
            false => Ok(guest.name.clone()),
        }
    }

    /// Whether the guest of a number is here and not muted.
    pub(in crate::chat) fn may_be_heard(&self, number: u32) -> bool {
        let mut guests = self.sessions.values();
        guests.any(|guest| guest.name.number == number && !guest.is_muted)
    }

    /// Lets nobody hear the guest of a name, or everybody again; `None` if nobody is called so.
    pub(super) fn mute(&mut self, typed: &str, is_muted: bool) -> Option<GuestsEvent> {
        let session = self.called(typed)?;
        let guest = self.sessions.get_mut(&session)?;
        guest.is_muted = is_muted;
        let (guest, address) = (guest.name.clone(), guest.address);
        self.muted.retain(|muted| *muted != address);
        if is_muted {
            self.muted.push_back(address);
            let over = self.muted.len().saturating_sub(MUTED_MAX);
            self.muted.drain(..over);
        }
        Some(GuestsEvent::Muted {
            session,
            guest,
            is_muted,
        })
    }

    /// What is told of somebody who is muted from the first moment on.
    pub(super) fn muted_on_entering(&self, session: GuestSession) -> Option<GuestsEvent> {
        let guest = self.sessions.get(&session).filter(|guest| guest.is_muted)?;
        Some(GuestsEvent::Muted {
            session,
            guest: guest.name.clone(),
            is_muted: true,
        })
    }

    /// A guest's connection broke.
    pub(super) fn lose(&mut self, now: Duration, session: GuestSession) {
        if let Some(guest) = self.sessions.get_mut(&session) {
            guest.lost.get_or_insert(now);
        }
    }

    /// It is there again.
    pub(super) fn regain(&mut self, session: GuestSession) -> Result<(), GuestRefusal> {
        let guest = self.sessions.get_mut(&session);
        guest.ok_or(GuestRefusal::NoSession)?.lost = None;
        Ok(())
    }

    /// A guest is here no more.
    pub(super) fn remove(&mut self, session: GuestSession, why: Departure) -> Option<GuestsEvent> {
        let guest = self.sessions.remove(&session)?;
        Some(guest.left(session, why))
    }

    /// Sends the guest of a name away; `None` if nobody is called so.
    pub(super) fn kick(&mut self, now: Duration, typed: &str) -> Option<GuestsEvent> {
        let session = self.called(typed)?;
        let address = self.sessions.get(&session)?.address;
        if self.kicked.len() >= KICKED_MAX {
            let first = self.kicked.iter().min_by_key(|(_, until)| **until);
            if let Some(first) = first.map(|(address, _)| *address) {
                self.kicked.remove(&first);
            }
        }
        self.kicked.insert(address, now + KICKED_FOR);
        self.remove(session, Departure::Kicked)
    }

    /// The guest who is meant by a typed name: whose it is, or the only one whose name looks so.
    fn called(&self, typed: &str) -> Option<GuestSession> {
        let typed = typed.trim().trim_start_matches('~');
        let is_called = |guest: &Guest| guest.name.name.as_str() == typed;
        let exact = self.sessions.iter().find(|(_, guest)| is_called(guest));
        let looks = Looks::of(split_within(typed, TYPED_MAX_BYTES).0);
        let mut alike = self.sessions.iter();
        let found = exact.or_else(|| alike.find(|(_, guest)| guest.looks.is_like(&looks)));
        found.map(|(session, _)| *session)
    }

    /// Whether somebody here is called so.
    pub(in crate::chat) fn has(&self, typed: &str) -> bool {
        self.called(typed).is_some()
    }

    /// Who is here, those first who have been here longest.
    pub(super) fn list(&self) -> Vec<GuestState> {
        let mut guests: Vec<&Guest> = self.sessions.values().collect();
        guests.sort_by_key(|guest| guest.name.number);
        let state = |guest: &Guest| GuestState {
            guest: guest.name.clone(),
            address: guest.address,
            entered_ms: guest.entered_ms,
            is_lost: guest.lost.is_some(),
            is_muted: guest.is_muted,
        };
        guests.into_iter().map(state).collect()
    }
}

impl Guest {
    fn left(self, session: GuestSession, why: Departure) -> GuestsEvent {
        GuestsEvent::Left {
            session,
            guest: self.name,
            address: self.address,
            why,
        }
    }
}

/// A guest's name as it may be shown: without what cannot be seen or would close the quotes and
/// brackets that stand around names, without blanks but single ones, and not longer than
/// [`GUEST_NAME_MAX_BYTES`].
///
/// # Errors
/// A name of which nothing is left, and what no member may be called either.
pub fn proper_name(typed: &str) -> Result<Name, OwnNameFault> {
    let typed = split_within(typed, TYPED_MAX_BYTES).0;
    let is_kept = |c: &char| !is_hazard(*c) && !"\"()~".contains(*c) || c.is_whitespace();
    let kept: String = typed.chars().filter(is_kept).nfc().collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let name = words.join(" ");
    let mut room = GUEST_NAME_MAX_BYTES;
    let fits = |grapheme: &&str| match room.checked_sub(grapheme.len()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let cut: String = name.graphemes(true).take_while(fits).collect();
    own_name(cut.trim_end())
}
