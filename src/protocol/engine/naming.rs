//! A member's other name. Every frame carries its author's name, so that a change needs no record
//! of its own: whoever hears a later frame under another name knows.

use super::Engine;
use super::event::{EngineEvent, NamedKey};
use super::roster::{Id, ME};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;

impl Engine {
    /// Goes by another name in every frame that is made from now on, and shows it with a beat.
    /// Nothing may wait to be sent ([`Engine::is_sent`]): it was cut for frames with the old name.
    pub fn rename(&mut self, now: Moment, name: &Name) {
        self.me.rename(name.clone());
        self.group.roster.rename(ME, name.clone());
        if let Some(mirror) = &mut self.mirror {
            mirror.rename(name.clone());
        }
        self.group.presence.answer(now.time);
    }

    /// Reports that a member who is here goes by another name.
    pub(super) fn tell_renamed(&mut self, id: Id, before: Name) {
        let member = self.group.roster.get(id).filter(|member| member.is_live);
        if let Some(member) = member {
            let (who, name) = (member.named_key(), before);
            let before = NamedKey {
                name,
                key: member.key,
            };
            self.out.tell(EngineEvent::Renamed { before, who });
        }
    }
}
