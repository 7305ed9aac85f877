//! What one room has learned of people, for the others: a person has one key in all rooms, so that
//! a name has one owner, a code is compared once, and whoever is ignored is ignored everywhere.

use super::{RoomNumber, Rooms, State};
use crate::chat::Chat;
use crate::chat::archive::Request;

impl Rooms {
    /// Gives the member in a room to what moves it from outside, if this program is in that room.
    pub fn with_chat<T>(
        &mut self,
        number: RoomNumber,
        act: impl FnOnce(&mut Chat) -> T,
    ) -> Option<T> {
        let mut rooms = self.rooms.iter_mut();
        let room = rooms.find(|room| room.number == number)?;
        room.state = State::Open;
        Some(act(&mut room.chat))
    }

    /// Lets the other rooms learn what one asks the store to remember.
    pub(super) fn share(&mut self, from: RoomNumber, request: &Request) {
        let is_about_people = matches!(
            request,
            Request::Meet { .. }
                | Request::Verify { .. }
                | Request::Unverify { .. }
                | Request::Ignore { .. }
                | Request::Unignore { .. }
        );
        if !is_about_people {
            return;
        }
        for room in self.rooms.iter_mut().filter(|room| room.number != from) {
            room.chat.learn(request);
        }
    }
}
