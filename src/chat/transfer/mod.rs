//! Files, from one to all, as a value: what is offered, who takes it, what is sent and what was
//! received. Each part owns its state:
//!
//! ```text
//! offer      what is offered, and its hashes · safe_name · tree (of a folder)
//! list       the offers by their numbers, and who takes each · addressing (those to one person)
//! units      the blocks of index and content by one number · code (their symbols) · sealing (of
//!            what is for one person)
//! taking     what was received of one offer · reporting (what lacks, and when that is said) ·
//!            doubts (false symbols)
//! giving     what is sent of one offer · announcing (its stream) · pace (how fast) · ahead (more
//!            than was asked for) · pending (who begins to give) · credit (how much each may have)
//! command    what may be asked            · asked (what is done about it)
//! event      what is told                 · telling (which state is told)
//! disk       what is asked of the disk, and what it answers · failing (what ends because of it)
//! room       where the room meets all this · carrying (a bridge's two sides)
//! ```
//!
//! An offer is a durable record. Who wants it says so to all; who has it, the author first, then
//! opens a stream to the group of files, which only those join who take or give. Everything else
//! is said there.

mod addressing;
mod ahead;
mod announcing;
mod asked;
pub(in crate::chat) mod carrying;
mod code;
pub mod command;
mod credit;
pub mod disk;
mod doubts;
pub mod event;
mod failing;
mod giving;
mod list;
pub mod offer;
mod pace;
mod pending;
mod reporting;
mod room;
pub mod safe_name;
mod sealing;
mod taking;
mod telling;
pub mod tree;
mod units;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use self::addressing::Addressees;
use self::asked::is_pinned;
pub use self::command::{FilesCommand, Sharing, WhichOffer};
use self::credit::Credits;
use self::disk::{Held, Reply, Request};
pub use self::event::FilesEvent;
use self::event::TransferFault;
use self::giving::Giving;
pub use self::list::PER_PERSON_MAX as OFFERS_PER_PERSON_MAX;
use self::list::{Known, OfferList};
pub use self::offer::{BLOCK_BYTES, Content, Offer, OfferId, OfferKind};
use self::pending::Pending;
use self::reporting::ToSay;
use self::taking::Taking;
use self::telling::Tale;
use self::units::UnitSet;
use super::command::RequestId;
use super::event::Timing;
use crate::protocol::engine::event::{HeardNotice, HeardPiece, NamedKey};
use crate::protocol::engine::unreliable::{Priority, ReportTo};
use crate::protocol::node::Node;
use crate::protocol::rng::Rng;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::Channel;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::notice::{Announcement, Notice, Report};

/// Most contents that are taken at once; further ones wait.
const TAKINGS_MAX: usize = 4;

/// Most contents that are given at once; whoever wants another one asks again.
const GIVINGS_MAX: usize = 4;

/// How often it is told how far transfers have got.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// When, after a content is whole, that is said once more: the word may be lost.
const SAID_AGAIN: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(300),
    Duration::from_millis(1500),
    Duration::from_millis(5000),
];

/// When nobody has given for so long, it is told.
const NOBODY_AFTER: Duration = Duration::from_secs(20);

/// See the file's head.
#[derive(Debug)]
pub(super) struct Transfers {
    me: Key,
    rng: Rng,
    list: OfferList,
    takings: BTreeMap<OfferId, Taking>,
    /// What is to be taken when others are done.
    waiting: VecDeque<(OfferId, Option<Arc<str>>)>,
    /// What is here whole, with its index.
    held: BTreeMap<OfferId, Arc<[u8]>>,
    givings: BTreeMap<OfferId, Giving>,
    pending: BTreeMap<OfferId, Pending>,
    credits: Credits,
    addressees: Addressees,
    sharing: Sharing,
    /// Whose offers are not taken.
    ignored: BTreeSet<Key>,
    /// Contents that are whole, which is still to be said, and when.
    last_words: Vec<(Duration, OfferId)>,
    /// What the disk has answered, for the other side of a bridge.
    shared: Option<VecDeque<Reply>>,
    pub(in crate::chat) is_in_group: bool,
    /// How many members the room has.
    members: usize,
    progress_at: Option<Duration>,
    out: VecDeque<Out>,
}

/// What comes out.
#[derive(Debug)]
enum Out {
    Disk(Request),
    Tell(Option<RequestId>, Tale),
}

impl Transfers {
    pub(super) fn new(me: Key, seed: u64) -> Self {
        Self {
            me,
            rng: Rng::new(seed ^ 0x66_69_6c_65_73), // other numbers than the engine's
            list: OfferList::default(),
            takings: BTreeMap::new(),
            waiting: VecDeque::new(),
            held: BTreeMap::new(),
            givings: BTreeMap::new(),
            pending: BTreeMap::new(),
            credits: Credits::default(),
            addressees: Addressees::default(),
            sharing: Sharing::On,
            ignored: BTreeSet::new(),
            last_words: Vec::new(),
            shared: None,
            is_in_group: false,
            members: 1,
            progress_at: None,
            out: VecDeque::new(),
        }
    }

    /// Whether nothing is taken, given or about to be.
    pub(super) fn is_idle(&self) -> bool {
        self.takings.is_empty()
            && self.givings.is_empty()
            && self.pending.is_empty()
            && self.last_words.is_empty()
    }

    fn ask_disk(&mut self, request: impl IntoIterator<Item = Request>) {
        self.out.extend(request.into_iter().map(Out::Disk));
    }

    fn tell(&mut self, tale: Tale) {
        self.out.push_back(Out::Tell(None, tale));
    }

    /// Somebody offers something; returns whether that is new.
    fn meet(
        &mut self,
        offer: Arc<Offer>,
        who: NamedKey,
        is_own: bool,
        (wall_ms, timing): (u64, Timing),
    ) -> bool {
        let id = offer.id;
        let pinned = (&self.takings, &self.held, &self.waiting);
        let add = |list: &mut OfferList| list.add(offer, who, is_own, |id| is_pinned(pinned, id));
        let is_new = add(&mut self.list).is_some() || self.list.tell(&id);
        if is_new {
            self.tell(Tale::Offered(id, wall_ms, Some(timing)));
        }
        is_new
    }

    /// Takes in what the disk says.
    fn on_reply(&mut self, now: Duration, reply: Reply) {
        match reply {
            Reply::Holds(held) => self.hold(now, held),
            Reply::Block {
                offer,
                block,
                bytes,
            } => self.on_block(now, offer, block, bytes),
            Reply::Opened { offer, index } => {
                self.change(now, offer, |taking| {
                    taking.opened(index).into_iter().collect()
                });
            }
            Reply::Begun { offer, have } => {
                self.change(now, offer, |taking| taking.begun(&have));
            }
            Reply::Written { offer, block } => {
                let taking = self.takings.get_mut(&offer);
                let requests = taking.map(|taking| taking.written(block));
                self.ask_disk(requests.unwrap_or_default());
            }
            Reply::Finished { offer, name } => self.on_finished(now, offer, name),
            Reply::Unread { offer, why } => self.on_unread(now, offer, why),
            Reply::Failed { offer, why } => self.on_failed(now, offer, TransferFault::Disk(why)),
        }
    }

    /// Changes a taking such that other units are wanted than before.
    fn change(
        &mut self,
        now: Duration,
        offer: OfferId,
        change: impl FnOnce(&mut Taking) -> Vec<Request>,
    ) {
        let Some(taking) = self.takings.get_mut(&offer) else {
            return;
        };
        let requests = change(taking);
        taking.reporting.hurry(now, self.members, &mut self.rng);
        self.ask_disk(requests);
    }

    /// Something is here whole since an earlier session.
    fn hold(&mut self, now: Duration, held: Held) {
        let Held {
            offer,
            index,
            who,
            is_own,
            to,
        } = held;
        let id = offer.id;
        if !offer.is_index(&index) {
            return;
        }
        let pinned = (&self.takings, &self.held, &self.waiting);
        self.list
            .recall(offer, who, is_own, |id| is_pinned(pinned, id));
        let Some(known) = self.list.get(&id) else {
            return;
        };
        // Whoever was told of the offer before learns that it is here.
        let was_told = known.is_told;
        self.held.insert(id, index);
        if was_told {
            self.tell(Tale::Progress(id));
        }
        if let Some(to) = to {
            self.list.address(&id, to);
            if is_own {
                self.addressees.add(now, id, to);
            }
        }
    }

    /// Has the disk give something again after a restart.
    fn keep(&mut self, id: &OfferId) {
        if let (Some(known), Some(index)) = (self.list.get(id), self.held.get(id)) {
            let held = Held {
                offer: known.offer.clone(),
                index: index.clone(),
                who: known.who.clone(),
                is_own: known.is_own,
                to: known.to,
            };
            self.ask_disk([Request::Keep(held)]);
        }
    }

    fn on_finished(&mut self, now: Duration, offer: OfferId, name: Arc<str>) {
        let Some(taking) = self.takings.remove(&offer) else {
            return;
        };
        if let Some(index) = taking.index() {
            self.held.insert(offer, index.clone());
            self.keep(&offer);
        }
        let words = SAID_AGAIN.map(|after| (now + after, offer));
        self.last_words.extend(words);
        self.tell(Tale::Finished(offer, name));
        self.take_next(now);
    }

    /// Begins to take what waits, if there is a place.
    fn take_next(&mut self, now: Duration) {
        while self.takings.len() < TAKINGS_MAX
            && let Some((id, into)) = self.waiting.pop_front()
        {
            let Some(known) = self.list.get(&id) else {
                continue;
            };
            let offer = known.offer.clone();
            self.takings.insert(id, Taking::new(offer.clone(), now));
            self.ask_disk([Request::Open { offer, into }]);
        }
        self.progress_at.get_or_insert(now + PROGRESS_EVERY);
    }

    /// Takes in a symbol.
    fn on_piece(&mut self, now: Duration, piece: HeardPiece) {
        for taking in self.takings.values_mut() {
            let by = taking.reporting.heard(now, piece.stream, piece.frame);
            if let Some(by) = by {
                let request = taking.hear(now, piece, by);
                return self.ask_disk(request);
            }
        }
    }

    /// Takes in what somebody says about a stream.
    fn on_notice(&mut self, now: Moment, heard: &HeardNotice, node: &mut Node) {
        match &heard.notice {
            Notice::Announcement(announcement) => self.on_announced(now, heard, announcement, node),
            Notice::Report(report) => self.on_report(now.time, heard, report),
            Notice::Call(_) | Notice::Wants(_) => {}
            Notice::Hashes(hashes) => {
                if let Some(taking) = self.takings.get_mut(&OfferId(hashes.about)) {
                    taking.doubts.hear(heard.member, hashes);
                }
            }
        }
    }

    fn on_announced(
        &mut self,
        now: Moment,
        heard: &HeardNotice,
        announcement: &Announcement,
        node: &mut Node,
    ) {
        let (id, Some(stream)) = (OfferId(announcement.about), heard.stream) else {
            return;
        };
        if announcement.channel != Channel::Files {
            return;
        }
        let symbol_bytes = usize::from(announcement.symbol_bytes);
        if let Some(taking) = self.takings.get_mut(&id) {
            let by = (stream, heard.member);
            taking.reporting.announced(now.time, by, symbol_bytes);
        }
        self.pending
            .retain(|pending, it| *pending != id || it.insists);
        // One gives: the author, or else whose name among frames is the lowest.
        let author = self.list.get(&id).map(|known| known.who.key);
        let i_am_author = author == Some(self.me);
        let is_author = author == Some(heard.who.key);
        let gives_way = !i_am_author && (is_author || heard.member < node.tag());
        let insists = self.givings.get(&id).is_some_and(|giving| giving.insists);
        if gives_way && !insists {
            self.close(&id, node);
        }
    }

    fn on_report(&mut self, now: Duration, heard: &HeardNotice, report: &Report) {
        let id = OfferId(report.about);
        let who = (&heard.who, heard.member);
        let is_mine = self.held.contains_key(&id) || self.takings.contains_key(&id);
        let is_for = |known: &Known| known.is_for(&heard.who.key);
        if !is_mine || !self.list.get(&id).is_some_and(is_for) {
            return;
        }
        let takers = self.list.report(now, who, report);
        if let Some(taking) = self.takings.get_mut(&id) {
            let reporting = &mut taking.reporting;
            reporting.takers = takers + 1;
            reporting.other_reported(now, heard.member, &report.lacks);
        }
        if report.has_all {
            self.progress_at.get_or_insert(now);
        }
        let has = units_here(&self.held, &self.takings, &id);
        if let Some(giving) = self.givings.get_mut(&id) {
            let person = heard.member.short;
            if let Some(credit) = self.credits.of(now, &giving.offer, person) {
                giving.report(now, heard.member, report, (has, credit));
            }
        } else if report.stream.is_none() && !report.lacks.is_empty() {
            self.consider(now, id, heard.member, report);
        }
    }

    /// Does what is due.
    fn on_time(&mut self, now: Moment, node: &mut Node) {
        self.members = node.roster().size();
        self.tell_addressees(now, node);
        self.begin_giving(now, node);
        self.report_lacks(now, node);
        self.say_last_words(now, node);
        let mut over = Vec::new();
        for (id, giving) in &self.givings {
            if giving.is_over(now.time) {
                over.push((*id, giving.stream));
            }
        }
        for (id, stream) in over {
            node.close_stream(stream);
            self.givings.remove(&id);
        }
        self.tell_progress(now.time);
    }

    fn report_lacks(&mut self, now: Moment, node: &mut Node) {
        let mut nobody = Vec::new();
        for (id, taking) in &mut self.takings {
            let counts = |stream| node.stream_counts(stream);
            match reporting::report(taking, now.time, counts, &mut self.rng) {
                Some(ToSay::Takers(report)) => node.report_stream(now, ReportTo::Takers, report),
                Some(ToSay::All(report)) => node.report_stream(now, ReportTo::All, report),
                None => {}
            }
            if taking.reporting.tell_nobody(now.time, NOBODY_AFTER) {
                nobody.push(*id);
            }
        }
        for id in nobody {
            self.tell(Tale::Failed(id, TransferFault::NobodyHasIt));
        }
    }

    /// Says to all what is whole here. Whoever offered it may have left the group of files: nobody
    /// wanted anything for a while, or the content is empty and nothing ever had to leave.
    fn say_last_words(&mut self, now: Moment, node: &mut Node) {
        let (due, later) = self.last_words.iter().partition(|(at, _)| *at <= now.time);
        let due: Vec<(Duration, OfferId)> = due;
        self.last_words = later;
        for (_, id) in due {
            if let Some(known) = self.list.get(&id) {
                let report = Report {
                    about: id.0,
                    has_all: true,
                    done: units::count(&known.offer),
                    ..Report::default()
                };
                node.report_stream(now, ReportTo::All, report);
            }
        }
    }

    /// Queues the symbols that may leave.
    fn pump(&mut self, now: Moment, node: &mut Node) {
        for giving in self.givings.values_mut() {
            let request = giving.pump(now, node);
            self.out.extend(request.map(Out::Disk));
        }
    }

    /// When [`Transfers::on_time`] or [`Transfers::pump`] has something to do.
    pub(super) fn next_time(&self, node: &Node) -> Option<Duration> {
        let has_room = node.unreliable_room(Priority::File) > 0;
        let givings = self
            .givings
            .values()
            .map(|giving| giving.next_time(has_room));
        let pending = self.pending.values().map(|pending| pending.due);
        let takings = self.takings.values().filter(|taking| taking.is_wanting());
        let reports = takings.map(|taking| taking.reporting.due);
        let words = self.last_words.iter().map(|(at, _)| *at);
        let times = givings.chain(pending).chain(reports).chain(words);
        let times = times.chain(self.progress_at);
        times.chain(self.addressees.next_time()).min()
    }
}

/// Which units of an offer are here; `None` if all are.
fn units_here<'t>(
    held: &BTreeMap<OfferId, Arc<[u8]>>,
    takings: &'t BTreeMap<OfferId, Taking>,
    id: &OfferId,
) -> Option<&'t UnitSet> {
    match held.contains_key(id) {
        true => None,
        false => takings.get(id).map(|taking| &taking.have),
    }
}
