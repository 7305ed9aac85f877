//! Another name for this member. It waits until everything that was said under the old one is in
//! frames, and until then no face is asked for more: what was said before keeps the old name.

use super::Chat;
use super::command::RequestId;
use super::event::{Failure, News};
use crate::protocol::lookalike::{OwnNameFault, own_name};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;

/// A name that is wanted.
#[derive(Debug)]
pub(super) struct Wanted {
    request: RequestId,
    name: Name,
}

impl Chat {
    /// Goes by another name as soon as nothing waits to be sent.
    pub(super) fn want_name(&mut self, now: Moment, request: RequestId, typed: &str) {
        match own_name(typed) {
            Err(fault) => {
                let given = typed.to_owned();
                let failure = match fault {
                    OwnNameFault::Name(fault) => Failure::BadName { given, fault },
                    OwnNameFault::Odd(oddity) => Failure::OddName { given, oddity },
                };
                self.answer(request, News::Failed(failure));
            }
            Ok(name) => {
                self.own.wanted_name = Some(Wanted { request, name });
                self.rename_if_sent(now);
            }
        }
    }

    /// Takes the name that is wanted, if nothing waits to be sent under the old one.
    pub(super) fn rename_if_sent(&mut self, now: Moment) {
        if !self.node.is_sent() {
            return;
        }
        let Some(Wanted { request, name }) = self.own.wanted_name.take() else {
            return;
        };
        self.node.rename(now, &name);
        let (before, is_taken) = self.people.rename_me(name, self.node.roster());
        let person = self.people.me();
        self.room.ready.me = person.clone();
        let is_own = true;
        let renamed = News::Renamed {
            before,
            person,
            is_own,
        };
        self.answer(request, renamed);
        if is_taken {
            let me = self.people.me_suffixed();
            self.answer(request, News::NameTaken(me));
        }
    }
}
