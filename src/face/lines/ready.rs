//! What is said once a member is in a room.

use super::Lines;
use crate::chat::entry::Syntax;
use crate::chat::event::Ready;
use crate::text;

impl Lines {
    pub(super) fn ready(&self, ready: &Ready) -> Vec<String> {
        let (lang, name) = (self.style.lang, &ready.me.name);
        let leaves = text::leaves(lang, self.style.syntax != Syntax::Unread);
        let Some(room) = &ready.room else {
            return vec![text::in_lobby(lang, name, &ready.interfaces, &leaves)];
        };
        let access = match ready.is_keyed {
            true => text::room_is_keyed(lang, room),
            false => text::room_is_public(lang, room),
        };
        vec![
            text::in_room(lang, name, room, &ready.interfaces, &leaves),
            access,
        ]
    }
}
