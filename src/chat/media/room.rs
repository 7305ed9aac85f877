//! Where the room meets its conference: what comes in is passed on, and what comes out becomes
//! outputs of the room, with persons for keys.

use super::frame::FromPage;
use super::{MediaCommand, Out};
use crate::chat::Chat;
use crate::chat::command::RequestId;
use crate::chat::event::News;
use crate::chat::output::Output;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::time::Moment;

impl Chat {
    pub(in crate::chat) fn obey_media(
        &mut self,
        now: Moment,
        request: RequestId,
        command: MediaCommand,
    ) {
        let media = &mut self.room.media;
        media.obey(now, request, command, &mut self.node);
        self.put_out_media();
    }

    pub(in crate::chat) fn on_page_media(&mut self, now: Moment, from_page: FromPage) {
        self.room.media.on_page(now, from_page);
        self.put_out_media();
    }

    fn put_out_media(&mut self) {
        while let Some(out) = self.room.media.out.pop_front() {
            match out {
                Out::Page(to_page) => self.out.push_back(Output::Media(to_page)),
                Out::Tell(request, tale) => {
                    let person = |who: &NamedKey| self.people.person(who);
                    let event = self.room.media.event_of(tale, person);
                    let news = News::Media(Box::new(event));
                    match request {
                        Some(request) => self.answer(request, news),
                        None => self.tell_all([news]),
                    }
                }
            }
        }
    }
}
