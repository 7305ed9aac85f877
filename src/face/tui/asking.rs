//! What becomes of the rooms, and what is asked when one is entered: its key, which is not seen,
//! and whether it is to be kept. Pure.

use super::app::App;
use super::panel::{Asking, Panel};
use super::talk::TalkKey;
use crate::chat::entry::Entry;
use crate::chat::event::Told;
use crate::chat::rooms::{Question, RoomNews};
use crate::terminal::keys::{Key, Modifiers};

impl App {
    /// Takes in what becomes of the rooms.
    pub(super) fn on_rooms(&mut self, told: &Told, news: &RoomNews) {
        match news {
            RoomNews::Joined { name, is_keyed } => {
                if let Some(room) = self.rooms.get_mut(&told.room) {
                    room.name.clone_from(name);
                    room.is_keyed = Some(*is_keyed);
                }
                let at = self.talks.position(&TalkKey::of_room(told.room));
                if let Some(at) = at.filter(|_| told.request.is_some()) {
                    self.look_at(at);
                }
            }
            RoomNews::Parted => self.part(told.room),
            RoomNews::Asked(question) => {
                self.panel = Panel::Asked(Asking::new(question.clone()));
            }
            // The row of conversations shows them, and which one is looked at.
            RoomNews::Switched | RoomNews::List(_) => {}
        }
    }

    /// A key while something is asked.
    pub(super) fn press_at_question(&mut self, mut asking: Asking, key: Key, held: Modifiers) {
        let is_left = key == Key::Escape || held.ctrl && matches!(key, Key::Char('c' | 'g'));
        let answer = match (&asking.question, key) {
            _ if is_left => None,
            // No is what Enter means here.
            (Question::Keep { .. }, Key::Char(c)) if !held.ctrl && !held.alt => {
                Some(c.to_string().into())
            }
            (Question::Keep { .. }, _) => None,
            (Question::Key { .. }, Key::Enter) if !asking.is_mended() => Some(asking.typed),
            (Question::Key { .. }, _) => {
                match key {
                    // A secret that is not what was typed would open another room.
                    Key::Enter => asking.typed.0.clear(),
                    Key::Char('u') if held.ctrl => asking.typed.0.clear(),
                    Key::Backspace => drop(asking.typed.0.pop()),
                    Key::Char(c) if !held.ctrl && !held.alt => {
                        asking.push(c.encode_utf8(&mut [0; 4]));
                    }
                    _ => {}
                }
                self.panel = Panel::Asked(asking);
                return;
            }
        };
        self.ask(Entry::Answer(answer));
    }
}
