//! What a room hears of the network: interfaces that came and went, and what was refused.

use super::event::News;
use super::{Chat, NetworkNews};
use crate::protocol::time::Moment;

impl Chat {
    pub(super) fn on_network(&mut self, now: Moment, news: NetworkNews) {
        match news {
            NetworkNews::Refused(failure) => {
                self.watch.rescan_soon(now.time);
                self.tell(News::Failed(failure));
            }
            NetworkNews::Interfaces {
                joined,
                lost,
                in_use,
                link,
                datagram_bytes,
                link_bytes_per_s,
            } => {
                self.node.set_link(link, datagram_bytes);
                self.node.set_link_speed(link_bytes_per_s);
                let is_first = !std::mem::replace(&mut self.room.is_ready, true);
                let before = std::mem::replace(&mut self.room.ready.interfaces, in_use);
                if is_first {
                    self.tell(News::Ready(self.room.ready.clone()));
                    self.tell_roles();
                    self.tell_recent();
                } else {
                    if !joined.is_empty() {
                        self.node.announce(now);
                    }
                    lost.into_iter()
                        .for_each(|lost| self.tell(News::InterfaceLost(lost)));
                    joined
                        .into_iter()
                        .for_each(|joined| self.tell(News::InterfaceJoined(joined)));
                }
                if self.room.ready.interfaces.is_empty() && (is_first || !before.is_empty()) {
                    self.tell(News::NoNetwork);
                }
            }
        }
    }
}
