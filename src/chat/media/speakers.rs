//! Who is heard: this person, the guests who speak through this member, and the others. A guest of
//! this member's is told to its faces with the first sound, and is gone with the last.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::frame::Source;
use super::own::Feed;
use super::selection::{OnAir, on_air};
use super::telling::{Tale, Voice};
use super::{Conference, SPEAKS_FOR};
use crate::chat::guests::GuestRefusal;
use crate::protocol::engine::event::{GuestName, NamedKey};
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::call::GUESTS_CALLED_MAX;

impl Conference {
    /// A person has left.
    pub(super) fn on_left(&mut self, now: Duration, who: &NamedKey) {
        let tales = self.calls.leave(who);
        if !tales.is_empty() {
            self.look_at = Some(now);
        }
        self.tell_all(tales);
    }

    /// Sends what a guest says from now on, or says why not. Whoever is muted for all is so with
    /// their guests.
    pub(super) fn begin_guest(
        &mut self,
        now: Moment,
        guest: GuestName,
        node: &mut Node,
    ) -> Result<(), GuestRefusal> {
        if self.is_muted(now, node) {
            return Err(GuestRefusal::Muted);
        }
        let feed = Feed::of_guest(guest.number);
        if self.own.has_begun(feed) {
            return Ok(());
        }
        self.look_at = Some(now.time);
        let has_room = self.own.guests().count() < GUESTS_CALLED_MAX;
        match has_room && self.own.begin(now.time, feed, Some(guest), node).is_ok() {
            true => Ok(()),
            false => Err(GuestRefusal::TooManySpeak {
                most: GUESTS_CALLED_MAX,
            }),
        }
    }

    /// Sends no more of those guests who are not heard any more.
    pub(super) fn end_guests(
        &mut self,
        now: Duration,
        is_heard: impl Fn(u32) -> bool,
        node: &mut Node,
    ) {
        let numbers = self.own.guests().map(|(number, _)| number);
        let over: Vec<u32> = numbers.filter(|number| !is_heard(*number)).collect();
        for number in over {
            let Some(stream) = self.own.end(Feed::of_guest(number), node) else {
                continue;
            };
            let told = stream.guest.as_ref().is_some_and(|guest| guest.is_told);
            if told {
                let ended = Tale::Ended(stream.told(Source::Sound, self.me(node)));
                self.tell(None, ended);
            }
            self.say_soon(now);
        }
    }

    /// Tells which guests of this member are heard now.
    pub(super) fn tell_guests(
        &mut self,
        now: Duration,
        node: &Node,
        is_ignored: impl Fn(&Key, Option<&GuestName>) -> bool,
    ) {
        let (me, key) = (self.me(node), self.me);
        let mut tales = Vec::new();
        for (_, stream) in self.own.guests() {
            let is_active = stream.is_active(now, Source::Sound);
            let Some(guest) = &mut stream.guest else {
                continue;
            };
            let is_heard = is_active && !is_ignored(&key, Some(&guest.name));
            if std::mem::replace(&mut guest.is_told, is_heard) != is_heard {
                let told = stream.told(Source::Sound, me.clone());
                tales.push(match is_heard {
                    true => Tale::Began(told),
                    false => Tale::Vanished(told),
                });
            }
        }
        self.tell_all(tales);
    }

    /// Who speaks: this person first, then those whom it hosts, then whoever came first.
    pub(super) fn who_speaks(
        &self,
        now: Duration,
        node: &Node,
        is_ignored: impl Fn(&Key, Option<&GuestName>) -> bool,
    ) -> Vec<Voice> {
        let me = self.own.speaks(now).then(|| Voice {
            who: self.me(node),
            guest: None,
        });
        let guests = self.own.streams().filter(|(_, stream)| stream.speaks(now));
        let guests = guests.filter_map(|(_, stream)| stream.guest.as_ref());
        let guests = guests.filter(|guest| guest.is_told).map(|guest| Voice {
            who: self.me(node),
            guest: Some(guest.name.clone()),
        });
        let mut others = BTreeMap::new();
        for (_, remote) in self.calls.streams() {
            let speaks = remote.spoke_at.is_some_and(|at| now < at + SPEAKS_FOR);
            if speaks && self.is_admitted(remote.key(), remote.guest.as_ref(), &is_ignored) {
                others.insert(remote.since, remote.voice());
            }
        }
        me.into_iter()
            .chain(guests)
            .chain(others.into_values())
            .collect()
    }

    /// What may be sent where the room is on radio.
    pub(super) fn on_air(&self, now: Duration) -> BTreeSet<StreamId> {
        let is_host = |key: &Key| self.roles.host() == Some(key);
        let own = self.own.streams().map(|(feed, stream)| OnAir {
            id: stream.id,
            source: feed.source,
            spoke_at: match feed.guest {
                None => self.own.speaks(now).then_some(now),
                Some(_) => stream.speaks(now).then_some(now),
            },
            is_of_host: is_host(&self.me),
        });
        let others = self.calls.streams();
        let admitted = others.filter(|(_, it)| self.roles.muted_by(it.key()).is_none());
        let others = admitted.map(|(id, remote)| OnAir {
            id,
            source: remote.source,
            spoke_at: self.calls.spoke_at(remote),
            is_of_host: is_host(remote.key()),
        });
        on_air(now, own.chain(others).collect())
    }
}
