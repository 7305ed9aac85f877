//! Reading on beyond what is held. Pure.

use super::app::App;

impl App {
    /// Asks for what was said before the oldest message that is held.
    pub(super) fn wants_older(&mut self) {}
}
