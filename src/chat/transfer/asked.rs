//! What a face asks about files, and what is done about it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::command::{FilesCommand, WhichOffer};
use super::disk::Request;
use super::event::FilesRefusal;
use super::list::Known;
use super::offer::{Offer, OfferId};
use super::taking::Taking;
use super::telling::Tale;
use super::{Out, Transfers};
use crate::chat::command::RequestId;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::engine::unreliable::ReportTo;
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::notice::Report;

/// Most contents that wait to be taken.
const WAITING_MAX: usize = 512;

/// What may not be forgotten: what is taken, is to be, or is here.
pub(super) type Pinned<'t> = (
    &'t BTreeMap<OfferId, Taking>,
    &'t BTreeMap<OfferId, Arc<[u8]>>,
    &'t VecDeque<(OfferId, Option<Arc<str>>)>,
);

pub(super) fn is_pinned((takings, held, waiting): Pinned<'_>, id: &OfferId) -> bool {
    takings.contains_key(id)
        || held.contains_key(id)
        || waiting.iter().any(|(waiting, _)| waiting == id)
}

impl Transfers {
    /// Does what is asked.
    pub(super) fn obey(
        &mut self,
        now: Moment,
        request: RequestId,
        (command, to): (FilesCommand, Option<Key>),
        node: &mut Node,
    ) {
        let done = match command {
            FilesCommand::Offer { offer, index, .. } => self.offer(now, (offer, index), to, node),
            FilesCommand::Get { which, into } => self.get(now.time, which, into.as_ref()),
            FilesCommand::List => Ok(vec![Tale::List]),
            FilesCommand::Stop(which) => self.stop(now, which, node),
            FilesCommand::Unshare(which) => self.unshare(which, node),
            FilesCommand::Share(sharing) => {
                self.sharing = sharing;
                Ok(Vec::new())
            }
        };
        let tales = done.unwrap_or_else(|refusal| vec![Tale::Refused(refusal)]);
        let told = tales.into_iter().map(|tale| Out::Tell(Some(request), tale));
        self.out.extend(told);
    }

    fn offer(
        &mut self,
        now: Moment,
        (offer, index): (Arc<Offer>, Arc<[u8]>),
        to: Option<Key>,
        node: &mut Node,
    ) -> Result<Vec<Tale>, FilesRefusal> {
        let me = NamedKey {
            name: node.name().clone(),
            key: self.me,
        };
        let id = offer.id;
        let pinned = (&self.takings, &self.held, &self.waiting);
        let added = self
            .list
            .add(offer.clone(), me, true, |id| is_pinned(pinned, id));
        if added.is_none() && self.list.get(&id).is_none() {
            return Err(FilesRefusal::TooMany);
        }
        if let Some(to) = to {
            self.list.address(&id, to);
            if !self.addressees.add(now.time, id, to) {
                return Err(FilesRefusal::TooMany);
            }
        }
        self.held.insert(id, index);
        self.list.make_own(&id);
        self.list.tell(&id);
        self.keep(&id);
        match to {
            Some(_) => self.tell_addressees(now, node),
            None => node.offer(now, &offer.record()),
        }
        Ok(vec![Tale::Offered(id, now.wall_ms, None)])
    }

    fn get(
        &mut self,
        now: Duration,
        which: WhichOffer,
        into: Option<&Arc<str>>,
    ) -> Result<Vec<Tale>, FilesRefusal> {
        let is_ignored = |known: &Known| !known.is_own && self.ignored.contains(&known.who.key);
        let is_choosable =
            |known: &Known| !known.is_own && !is_ignored(known) && !self.is_busy(&known.offer.id);
        let mut meant = self.list.meant(which, is_choosable);
        meant.retain(|id| !self.list.get(id).is_some_and(is_ignored));
        let Some(first) = meant.first() else {
            return Err(FilesRefusal::NoSuchOffer);
        };
        if self.held.contains_key(first) {
            return Err(FilesRefusal::HaveIt);
        }
        if self.is_busy(first) {
            return Err(FilesRefusal::TakingIt);
        }
        if self.waiting.len() + meant.len() > WAITING_MAX {
            return Err(FilesRefusal::TooMany);
        }
        let places = meant.iter().map(|id| (*id, into.cloned()));
        self.waiting.extend(places);
        self.take_next(now);
        Ok(meant.into_iter().map(Tale::Taking).collect())
    }

    /// Whether it is here already, or being taken.
    pub(in crate::chat) fn is_busy(&self, id: &OfferId) -> bool {
        self.held.contains_key(id)
            || self.takings.contains_key(id)
            || self.waiting.iter().any(|(waiting, _)| waiting == id)
    }

    fn stop(
        &mut self,
        now: Moment,
        which: Option<WhichOffer>,
        node: &mut Node,
    ) -> Result<Vec<Tale>, FilesRefusal> {
        let is_taken = |known: &Known| {
            let id = &known.offer.id;
            self.is_busy(id) && !self.held.contains_key(id)
        };
        let meant = self.list.meant(which.unwrap_or(WhichOffer::All), is_taken);
        let is_taken = |id: &OfferId| self.list.get(id).is_some_and(is_taken);
        let meant: Vec<OfferId> = meant.into_iter().filter(is_taken).collect();
        if meant.is_empty() {
            return Err(FilesRefusal::NotTakingIt);
        }
        for id in &meant {
            self.waiting.retain(|(waiting, _)| waiting != id);
            if self.takings.remove(id).is_some() {
                self.ask_disk([Request::Stop { offer: *id }]);
                let report = Report {
                    about: id.0,
                    has_stopped: true,
                    ..Report::default()
                };
                node.report_stream(now, ReportTo::Takers, report);
            }
            self.close(id, node);
        }
        self.take_next(now.time);
        Ok(meant.into_iter().map(Tale::Stopped).collect())
    }

    fn unshare(&mut self, which: WhichOffer, node: &mut Node) -> Result<Vec<Tale>, FilesRefusal> {
        let is_held = |known: &Known| self.held.contains_key(&known.offer.id);
        let meant = self.list.meant(which, is_held);
        if meant.is_empty() {
            return Err(FilesRefusal::NoSuchOffer);
        }
        let held = meant.into_iter().filter(|id| self.held.contains_key(id));
        let held: Vec<OfferId> = held.collect();
        if held.is_empty() {
            return Err(FilesRefusal::NotShared);
        }
        for id in &held {
            self.held.remove(id);
            self.addressees.remove(id);
            self.close(id, node);
            self.ask_disk([Request::Forget { offer: *id }]);
        }
        Ok(held.into_iter().map(Tale::Unshared).collect())
    }

    /// Gives something no more.
    pub(super) fn close(&mut self, id: &OfferId, node: &mut Node) {
        self.pending.remove(id);
        if let Some(giving) = self.givings.remove(id) {
            node.close_stream(giving.stream);
        }
    }
}
