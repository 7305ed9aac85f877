//! Whom it was in vain to ask what they hold: they are left alone for a while, and longer each
//! time, so that the next is asked.
//!
//! Both the person and the host are left alone, because keys cost nothing, and neither do the
//! hosts that a liar claims to be at. Whoever is at a host from which nobody answered may be there
//! by somebody else's word, so that it is left alone for a short time only, and is asked before
//! the persons who were asked in vain themselves.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{ASKED_IN_VAIN, ASKED_IN_VAIN_MAX, SYNC_FRUITLESS};
use super::member::Member;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct AskedInVain {
    /// Until when each is left alone, and how often it was asked in vain.
    asked: BTreeMap<Asked, (Duration, u32)>,
}

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Person(u64),
    Host(IpAddr),
}

/// What a member that was asked did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// It told what it holds, and that was of use.
    Useful,
    /// It answered, and nothing came of it.
    Useless,
    /// It did not answer.
    Silence,
}

/// What speaks against asking a member: the less, the sooner it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Doubt {
    is_person_left_alone: bool,
    is_host_left_alone: bool,
}

impl AskedInVain {
    /// Notes how a member at a host responded.
    pub(super) fn note(
        &mut self,
        member: &Member,
        host: IpAddr,
        response: Response,
        now: Duration,
    ) {
        let (person, host) = (Asked::Person(member.tag.short), Asked::Host(host));
        match response {
            Response::Useful => {
                self.asked.remove(&person);
                self.asked.remove(&host);
            }
            Response::Useless => {
                self.leave_alone(person, now);
                self.leave_alone(host, now);
            }
            Response::Silence => {
                self.leave_alone(person, now);
                let (until, _) = self.entry(host);
                *until = (*until).max(now + ASKED_IN_VAIN);
            }
        }
    }

    /// Notes that a member is not where it was asked, because somebody else is there.
    pub(super) fn absent(&mut self, member: &Member, now: Duration) {
        self.leave_alone(Asked::Person(member.tag.short), now);
    }

    fn leave_alone(&mut self, asked: Asked, now: Duration) {
        let (until, times) = self.entry(asked);
        let pause = ASKED_IN_VAIN * (1 << (*times).min(6));
        *until = now + pause.min(SYNC_FRUITLESS);
        *times += 1;
    }

    fn entry(&mut self, asked: Asked) -> &mut (Duration, u32) {
        if self.asked.len() >= ASKED_IN_VAIN_MAX && !self.asked.contains_key(&asked) {
            let first = self.asked.iter().min_by_key(|(_, (until, _))| *until);
            if let Some(first) = first.map(|(first, _)| *first) {
                self.asked.remove(&first);
            }
        }
        self.asked.entry(asked).or_default()
    }

    /// What speaks against asking a member now.
    pub(super) fn doubt(&self, member: &Member, now: Duration) -> Doubt {
        let is_left_alone = |asked| {
            self.asked
                .get(&asked)
                .is_some_and(|(until, _)| now < *until)
        };
        let host = member.ip().map(Asked::Host);
        Doubt {
            is_person_left_alone: is_left_alone(Asked::Person(member.tag.short)),
            is_host_left_alone: host.is_some_and(is_left_alone),
        }
    }
}
