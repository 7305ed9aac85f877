//! What of a room is to be kept beyond this session, and what is taken in again when it begins:
//! messages as they were shown, for the person, and sealed frames as they came, for the others.

use std::time::Duration;

use super::record::{Entry, Form};
use super::{Request, RoomReply, RoomRequest};
use crate::chat::Chat;
use crate::chat::event::{Failure, Id, Message, News, Person, Timing};
use crate::chat::own::Unsent;
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::{Delivery, MessageId, NamedKey};
use crate::protocol::engine::stored::HistoryChange;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;

/// Messages of earlier sessions that are shown when a person comes back.
const RECENT: usize = 10;

/// Messages that the archive is asked for, because some are of people who are ignored.
const RECENT_ASKED: usize = 50;

/// Longest time in which the archive reports nothing while it is waited for. What others say waits
/// as long, and a locked disk must not make a person miss it.
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// Longest time in all: a full history is read within a second.
const LOADING_MAX: Duration = Duration::from_secs(10);

/// See the file's head.
#[derive(Debug)]
pub(in crate::chat) struct Remembering {
    /// When this member came.
    started: Moment,
    stage: Stage,
    /// What was shown last in earlier sessions, until this member is ready.
    pub(super) recent: Vec<Entry>,
    /// The newest message that this person has read, as far as it was told.
    read_until: Option<MessageId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing is kept.
    Off,
    /// The archive reports what it kept; it is waited for until then.
    Loading { until: Duration },
    /// What is said is kept.
    On,
}

/// What remembering wants done.
#[derive(Debug, PartialEq)]
pub(in crate::chat) enum RememberingEvent {
    /// Take in that the archive has reported everything, or is waited for no more.
    FinishLoading,
    /// The same; and report that what it kept is not known in this session.
    GiveUp,
}

impl Remembering {
    /// Of a member that has just come.
    pub(in crate::chat) fn new(is_archived: bool, now: Moment) -> Self {
        let until = now.time + SILENCE_MAX;
        Self {
            started: now,
            stage: match is_archived {
                true => Stage::Loading { until },
                false => Stage::Off,
            },
            recent: Vec::new(),
            read_until: None,
        }
    }

    /// What the archive is asked first.
    pub(in crate::chat) fn first_request(&self) -> Option<Request> {
        let load = RoomRequest::Load {
            recent: RECENT_ASKED,
        };
        (self.stage != Stage::Off).then_some(Request::Room(load))
    }

    /// When this member came, in milliseconds since 1970.
    pub(in crate::chat) fn started_ms(&self) -> u64 {
        self.started.wall_ms
    }

    /// Whether anything is kept.
    pub(in crate::chat) fn is_on(&self) -> bool {
        self.stage != Stage::Off
    }

    /// The newest message that this person has read.
    pub(in crate::chat) fn read_until(&self) -> Option<Id> {
        self.read_until.map(Id::Group)
    }

    /// Takes in that this person has read up to a message; whether that is news.
    fn handle_read(&mut self, id: MessageId) -> bool {
        let is_news = self.read_until.is_none_or(|known| known < id);
        if is_news {
            self.read_until = Some(id);
        }
        is_news
    }

    /// Takes in that the archive cannot be used in this session.
    fn handle_unusable(&mut self) -> Option<RememberingEvent> {
        let end = self.handle_end();
        self.stage = Stage::Off;
        end
    }

    /// Takes in that the archive has reported something.
    fn handle_progress(&mut self, now: Duration) {
        if let Stage::Loading { until } = &mut self.stage {
            *until = (now + SILENCE_MAX).min(self.started.time + LOADING_MAX);
        }
    }

    /// Takes in that it has nothing more to report.
    fn handle_end(&mut self) -> Option<RememberingEvent> {
        let was_loading = matches!(self.stage, Stage::Loading { .. });
        if was_loading {
            self.stage = Stage::On;
        }
        was_loading.then_some(RememberingEvent::FinishLoading)
    }

    /// The next thing to do.
    fn poll(&mut self, now: Duration) -> Option<RememberingEvent> {
        let Stage::Loading { until } = self.stage else {
            return None;
        };
        if now < until {
            return None;
        }
        self.stage = Stage::On;
        Some(RememberingEvent::GiveUp)
    }

    /// When [`Remembering::poll`] may have something.
    pub(in crate::chat) fn next_time(&self) -> Option<Duration> {
        match self.stage {
            Stage::Loading { until } => Some(until),
            Stage::Off | Stage::On => None,
        }
    }
}

impl Chat {
    /// Takes in what the archive answers about this room.
    pub(in crate::chat) fn on_room_reply(&mut self, now: Moment, reply: RoomReply) {
        self.remembering.handle_progress(now.time);
        match reply {
            RoomReply::Recent {
                entries,
                read_until,
            } => {
                self.remembering.recent = entries;
                if let Some(id) = read_until {
                    self.remembering.handle_read(id);
                }
                self.tell_recent();
            }
            RoomReply::Frames(frames) => self.node.restore(now, &frames),
            RoomReply::Loaded { forgotten } => {
                self.node.forget(&forgotten);
                let end = self.remembering.handle_end();
                self.on_remembering(now, end);
            }
            RoomReply::Forgotten(forgotten) => self.forget_too(forgotten),
            RoomReply::Replaced => self.node.keep_again(),
            RoomReply::Unusable => {
                let end = self.remembering.handle_unusable();
                self.on_remembering(now, end);
                self.answer_from_memory();
            }
            RoomReply::Failed(why) => {
                self.forget_questions(&why);
                self.tell(News::Failed(Failure::NothingKept(why)));
                let end = self.remembering.handle_end();
                self.on_remembering(now, end);
            }
            RoomReply::Resumed { missing } => {
                self.node.keep_again();
                self.tell(News::KeptAgain { missing });
            }
            reply @ (RoomReply::Found { .. } | RoomReply::NotFound { .. }) => {
                self.on_answer(reply);
            }
        }
    }

    /// Gives up waiting for the archive when that takes too long.
    pub(in crate::chat) fn watch_loading(&mut self, now: Moment) {
        let event = self.remembering.poll(now.time);
        self.on_remembering(now, event);
    }

    fn on_remembering(&mut self, now: Moment, event: Option<RememberingEvent>) {
        match event {
            None => {}
            Some(RememberingEvent::FinishLoading) => self.node.finish_loading(now),
            Some(RememberingEvent::GiveUp) => {
                self.node.finish_loading(now);
                self.tell(News::Failed(Failure::NotRecalled));
            }
        }
    }

    /// Shows what was shown last in earlier sessions, once this member is in its room.
    pub(in crate::chat) fn tell_recent(&mut self) {
        if !self.room.is_ready {
            return;
        }
        let mut recent = std::mem::take(&mut self.remembering.recent);
        recent.retain(|entry| {
            entry.form != Form::Deleted
                && !self
                    .people
                    .ignoring
                    .has_author(&entry.who.key, &entry.manner)
        });
        recent.drain(..recent.len().saturating_sub(RECENT));
        let recent = recent.into_iter();
        let messages: Vec<Message> = recent.map(|entry| self.recalled(entry)).collect();
        if !messages.is_empty() {
            if let Some(id) = self.remembering.read_until() {
                self.tell(News::ReadUntil(id));
            }
            self.tell(News::Recent(messages));
        }
    }

    /// Takes in that this person has read up to a message.
    pub(in crate::chat) fn mark_read(&mut self, id: MessageId) {
        if self.remembering.handle_read(id) && self.remembering.is_on() {
            self.ask_room(RoomRequest::MarkRead(id));
        }
    }

    /// A message of the archive, as faces receive it.
    pub(in crate::chat) fn recalled(&self, entry: Entry) -> Message {
        let who = self.people.person(&entry.who);
        let to = entry.to.as_ref().map(|to| self.people.person(to));
        entry.into_message(who, to)
    }

    /// Has a message kept whose turn it is, also one of somebody who is ignored: it is shown and
    /// found once they are not ignored any more.
    pub(in crate::chat) fn remember(&mut self, delivery: &Delivery, timing: Timing) {
        if !self.remembering.is_on() {
            return;
        }
        let entry = Entry {
            id: delivery.id,
            who: delivery.who.clone(),
            to: None,
            text: delivery.text.clone(),
            manner: delivery.manner.clone(),
            wall_ms: clock_ms(delivery.id.position.clock),
            is_own: delivery.who.key == self.people.my_key(),
            is_private: delivery.is_private,
            is_late: timing != Timing::Live,
            form: Form::Original,
        };
        self.ask_room(RoomRequest::Remember(Box::new(entry)));
    }

    /// Has a message of this member's own kept, which has an id now.
    pub(in crate::chat) fn remember_own(&mut self, id: MessageId, unsent: &Unsent) {
        if !self.remembering.is_on() {
            return;
        }
        let entry = Entry {
            id,
            who: self.people.my_name(),
            to: unsent.to.as_ref().and_then(named_key),
            text: unsent.text.clone(),
            manner: unsent.manner.clone(),
            wall_ms: clock_ms(id.position.clock),
            is_own: true,
            is_private: unsent.to.is_some(),
            is_late: false,
            form: Form::Original,
        };
        self.ask_room(RoomRequest::Remember(Box::new(entry)));
    }

    /// What the archive is to do about the frames that are held.
    pub(in crate::chat) fn next_history_change(&mut self) -> Option<Request> {
        let request = match self.node.poll_history()? {
            HistoryChange::Kept(frame) => RoomRequest::Keep(frame),
            HistoryChange::Dropped(positions) => RoomRequest::Drop(positions),
        };
        Some(Request::Room(request))
    }

    fn ask_room(&mut self, request: RoomRequest) {
        self.archive(Request::Room(request));
    }
}

fn named_key(person: &Person) -> Option<NamedKey> {
    Some(NamedKey {
        name: Name::parse(&person.name).ok()?,
        key: person.key?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(ms: u64) -> Moment {
        Moment {
            time: Duration::from_millis(ms),
            wall_ms: 1_790_000_000_000 + ms,
        }
    }

    #[test]
    fn an_archive_is_waited_for_while_it_answers_and_not_for_ever() {
        let mut remembering = Remembering::new(true, moment(0));
        assert!(remembering.first_request().is_some());
        let silence = SILENCE_MAX.as_millis() as u64;
        assert_eq!(remembering.poll(moment(silence - 1).time), None);
        for slice in 1..100 {
            remembering.handle_progress(moment(slice * 1000).time);
            if slice < 8 {
                assert_eq!(remembering.poll(moment(slice * 1000 + 999).time), None);
            }
        }
        let given_up = remembering.poll(LOADING_MAX);
        assert_eq!(given_up, Some(RememberingEvent::GiveUp));
        assert_eq!(remembering.poll(2 * LOADING_MAX), None, "once");
        assert_eq!(remembering.handle_end(), None, "too late");
        assert_eq!(remembering.next_time(), None);
    }

    #[test]
    fn loading_ends_with_the_last_answer() {
        let mut remembering = Remembering::new(true, moment(0));
        let end = Some(RememberingEvent::FinishLoading);
        assert_eq!(remembering.handle_end(), end);
        assert_eq!(remembering.poll(LOADING_MAX), None);
        assert!(remembering.is_on());
    }

    #[test]
    fn without_an_archive_nothing_is_asked_and_nothing_kept() {
        let mut remembering = Remembering::new(false, moment(0));
        assert_eq!(remembering.first_request(), None);
        assert_eq!(remembering.next_time(), None);
        assert_eq!(remembering.handle_end(), None);
        assert!(!remembering.is_on());
    }
}
