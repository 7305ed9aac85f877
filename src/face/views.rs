//! What each room is for a face that writes line by line: its name, who is here, what is held back
//! and what was not read; and which of the rooms is the one that is typed in.

use super::arrivals::{Arrivals, Gathered, Piece};
use super::names::Names;
use crate::chat::event::{News, Timing, Told};
use crate::chat::rooms::{LOBBY, RoomNumber};
use crate::terminal::completion::Completion;

/// One room.
#[derive(Debug)]
pub(super) struct View {
    pub(super) number: RoomNumber,
    /// Its name as it is shown.
    pub(super) name: String,
    /// What this person is called there.
    pub(super) me: String,
    pub(super) arrivals: Arrivals,
    /// Whose names Tab completes.
    pub(super) people: Names,
    /// Others' messages since this was the room that is typed in.
    pub(super) unread: u64,
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Views {
    /// At least one.
    views: Vec<View>,
    current: RoomNumber,
    gathered: Gathered,
}

impl Views {
    pub(super) fn new(name: String, gathered: Gathered) -> Self {
        let first = View::new(RoomNumber::FIRST, name, String::new(), gathered);
        Self {
            views: vec![first],
            current: RoomNumber::FIRST,
            gathered,
        }
    }

    /// The room that is typed in.
    pub(super) fn current(&self) -> RoomNumber {
        self.current
    }

    /// Whether there are several.
    pub(super) fn are_several(&self) -> bool {
        self.views.len() > 1
    }

    pub(super) fn get(&self, number: RoomNumber) -> Option<&View> {
        self.views.iter().find(|view| view.number == number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &View> {
        self.views.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut View> {
        self.views.iter_mut()
    }

    /// The room of an event, which begins with its first one; `wall_ms` is the time.
    pub(super) fn open(&mut self, number: RoomNumber, wall_ms: impl Fn() -> u64) -> &mut View {
        let at = self.views.iter().position(|view| view.number == number);
        let at = at.unwrap_or_else(|| {
            let me = self.views.first().map_or("", |view| &view.me).to_owned();
            let gathered = Gathered {
                history_ms: self.gathered.history_ms.map(|_| wall_ms()),
                ..self.gathered
            };
            self.views
                .push(View::new(number, LOBBY.to_owned(), me, gathered));
            self.views.len() - 1
        });
        // There is one: it was found, or added.
        #[expect(clippy::indexing_slicing, reason = "the index was found just now")]
        &mut self.views[at]
    }

    /// What was held back and is to be shown now.
    pub(super) fn poll(&mut self) -> Option<(RoomNumber, Piece)> {
        let mut views = self.views.iter_mut();
        views.find_map(|view| view.arrivals.poll().map(|piece| (view.number, piece)))
    }

    /// Drops a room that was left. What was typed in it goes to the one before it.
    pub(super) fn close(&mut self, number: RoomNumber) {
        if self.views.len() < 2 {
            return;
        }
        let at = self.views.iter().position(|view| view.number == number);
        self.views.retain(|view| view.number != number);
        if self.current == number {
            let before = self.views.get(at.unwrap_or(0).saturating_sub(1));
            self.current = before.map_or(RoomNumber::FIRST, |view| view.number);
        }
    }

    /// Types in another room from now on. Returns how much was not read there.
    pub(super) fn switch(&mut self, number: RoomNumber) -> u64 {
        match self.views.iter_mut().find(|view| view.number == number) {
            Some(view) => {
                self.current = number;
                std::mem::take(&mut view.unread)
            }
            None => 0,
        }
    }

    /// Notes what is shown, and what Tab completes from it if a person types.
    pub(super) fn follow(&mut self, told: &Told, completion: Option<&mut Completion>) {
        let current = self.current;
        let Some(view) = self.views.iter_mut().find(|view| view.number == told.room) else {
            return;
        };
        match &told.news {
            News::Ready(ready) => view.me = (*ready.me.name).to_owned(),
            News::Renamed {
                person,
                is_own: true,
                ..
            } => view.me = (*person.name).to_owned(),
            News::Message(message) if view.number != current => {
                let is_new = !message.is_own && message.timing != Timing::History;
                view.unread += u64::from(is_new);
            }
            News::Guest(_) if view.number != current => view.unread += 1,
            _ => {}
        }
        match completion {
            Some(completion) if view.number == current => {
                view.people.follow(&told.news, completion);
            }
            Some(_) => view.people.follow(&told.news, &mut Completion::default()),
            None => {}
        }
    }
}

impl View {
    fn new(number: RoomNumber, name: String, me: String, gathered: Gathered) -> Self {
        Self {
            number,
            name,
            me,
            arrivals: Arrivals::new(gathered),
            people: Names::default(),
            unread: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::{Content, Message, Person};

    fn views(count: u16) -> Views {
        let mut views = Views::new("a".into(), Gathered::default());
        for number in 2..=count {
            views.open(RoomNumber(number), || 0).name = number.to_string();
        }
        views
    }

    fn said(room: u16, timing: Timing) -> Told {
        let content = Content::Text("oi".into());
        let message = Message {
            timing,
            ..Message::local(1, Person::unproven("bia"), content, 0)
        };
        Told {
            room: RoomNumber(room),
            ..News::Message(message).into()
        }
    }

    #[test]
    fn what_others_say_elsewhere_is_unread_until_one_goes_there() {
        let mut views = views(2);
        let (live, history) = (Timing::Live, Timing::History);
        for (room, timing) in [(1, live), (2, live), (2, history), (2, Timing::Late)] {
            views.follow(&said(room, timing), None);
        }
        let unread: Vec<u64> = views.iter().map(|view| view.unread).collect();
        assert_eq!(unread, [0, 2]);
        assert_eq!(views.switch(RoomNumber(2)), 2);
        assert_eq!(views.switch(RoomNumber(9)), 0, "there is none");
        assert_eq!(views.current(), RoomNumber(2));
        assert_eq!(views.switch(RoomNumber(2)), 0);
    }

    #[test]
    fn whoever_leaves_the_room_that_is_typed_in_is_in_the_one_before() {
        let mut views = views(3);
        views.switch(RoomNumber(3));
        views.close(RoomNumber(3));
        assert_eq!(views.current(), RoomNumber(2));
        views.close(RoomNumber(1));
        assert_eq!(views.current(), RoomNumber(2));
        views.close(RoomNumber(2));
        assert_eq!(views.iter().count(), 1, "the last one stays");
    }
}
