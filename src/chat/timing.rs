//! What time brings about in a room, and when that is.

use std::time::Duration;

use super::Chat;
use super::event::{Failure, News};
use super::output::NetworkAsk;
use super::watch::{Sight, WatchEvent};
use crate::protocol::time::Moment;

impl Chat {
    pub(super) fn on_time(&mut self, now: Moment) {
        let sight = Sight::of(&self.node, self.room.ready.interfaces.len());
        for event in self.watch.poll(now, sight) {
            match event {
                WatchEvent::Slept => self.tell(News::Slept),
                WatchEvent::Alone => self.tell(News::Alone {
                    interfaces: self.room.ready.interfaces.clone(),
                    hears_itself: sight.hears_itself,
                }),
                WatchEvent::OtherKey => self.tell(News::Failed(Failure::OtherKey)),
                WatchEvent::OtherVersion => self.tell(News::Failed(Failure::OtherVersion)),
                WatchEvent::Announce => self.node.announce(now),
                WatchEvent::Rejoin => self.ask_network(NetworkAsk::Rejoin),
                WatchEvent::Rescan => {
                    self.tell_copies(now);
                    self.ask_network(NetworkAsk::Rescan);
                }
                WatchEvent::IgnoreOwn => self.ask_network(NetworkAsk::IgnoreOwn),
            }
        }
        if self.people.next_time().is_some_and(|at| at <= now.time) {
            self.tell_arrivals();
        }
        self.go_on_with_what_waits(now);
        self.node.on_time(now);
        self.time_files(now);
        self.time_media(now);
        self.leave(now);
    }

    /// When [`Input::Time`](super::input::Input::Time) is due.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        let times = [
            Some(self.watch.next_time()),
            self.leaving.next_time(now),
            self.own.next_time(),
            self.own.next_look(now),
            self.people.next_time(),
            self.remembering.next_time(),
            self.node.next_time(now),
            self.room.files.next_time(&self.node),
            self.room.media.next_time(),
        ];
        times.into_iter().flatten().min()
    }
}
