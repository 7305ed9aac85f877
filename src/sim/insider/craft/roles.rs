//! An insider that decides what only a host may.

use super::{Insider, View};
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::durable::Record;
use crate::protocol::wire::frame::role::{Decision, RoleRecord};
use crate::protocol::wire::seal::signer::Signer;
use crate::sim::insider::act::{Says, Who};

impl Insider {
    /// Decisions about members: who may decide, and who may speak.
    pub(super) fn decisions(&self, says: Says, view: &View<'_>, records: &mut Vec<u8>) {
        let Says::Decides {
            of,
            decision,
            count,
        } = says
        else {
            return;
        };
        let decision = match decision % 7 {
            0 => Some(Decision::Dismissed),
            1 => Some(Decision::Appointed),
            2 => Some(Decision::Muted),
            3 => Some(Decision::Unmuted),
            4 => Some(Decision::GivenTheWord),
            _ => None,
        };
        for at in 0..count.clamp(1, 20) {
            let key = match of {
                Who::Honest(number) => view.honest(number).map(|honest| honest.key),
                Who::Insider(number) => self.signer(number).map(Signer::key),
                Who::Nobody(number) => Some(Key([number.wrapping_add(at); 32])),
            };
            let (Some(key), Ok(name)) = (key, Name::parse("eva")) else {
                return;
            };
            let role = match decision {
                Some(decision) => RoleRecord::Person {
                    key,
                    name: name.as_str(),
                    decision,
                },
                None => RoleRecord::AllMuted,
            };
            Record::Role(role).append(records);
        }
    }
}
