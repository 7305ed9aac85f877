//! What a member says for its guests.

use super::Node;
use crate::protocol::engine::event::{GuestName, SayError};
use crate::protocol::time::Moment;

impl Node {
    /// Says for a guest of this member a message of at most `config::GUEST_TEXT_MAX_BYTES`. Its id
    /// comes with `EngineEvent::Sent`.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say_as_guest(
        &mut self,
        now: Moment,
        guest: &GuestName,
        text: &str,
    ) -> Result<(), SayError> {
        self.engine.say_as_guest(now, guest, text)
    }
}
