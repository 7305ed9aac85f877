//! What stands for the call where this program was built without it.

use super::driver::Driver;
use crate::chat::event::Told;
use crate::chat::media::ToPage;
use crate::chat::rooms::RoomNumber;
#[cfg(feature = "web")]
use crate::face::web::{Answering, CallAsk, Caller, Refused};
#[cfg(feature = "web")]
use crate::text;

impl Driver {
    /// Says that there are no calls.
    #[cfg(feature = "web")]
    pub(super) fn on_call(&mut self, _: Caller, _: CallAsk, answering: Answering) {
        answering.refuse(Refused::Wrong, text::built_without_calls(self.lang));
    }

    pub(super) fn on_to_page(&mut self, _: RoomNumber, _: ToPage) {}

    pub(super) fn on_call_told(&mut self, _: &Told) {}

    pub(super) fn leave_call(&mut self, _: RoomNumber) {}
}
