//! What the decisions of a host and of those whom it appoints do: what is sent ends, what is not
//! admitted is not played, and a hand that got the word goes down.

use super::Conference;
use super::command::{Hand, RuleCommand};
use super::event::MediaRefusal;
use super::frame::Source;
use super::own::Feed;
use super::roles::{Decision, MODERATORS_MAX, Role, Ruling};
use super::telling::Tale;
use crate::chat::command::RequestId;
use crate::protocol::engine::event::{GuestName, NamedKey, RoleDelivery};
use crate::protocol::message::Name;
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::role::RoleRecord;

impl Conference {
    /// Whether this member is muted for all.
    pub(super) fn is_muted(&mut self, now: Moment, node: &Node) -> bool {
        self.roles.on_time(node.clock_ms(now));
        self.roles.muted_by(&self.me).is_some()
    }

    /// Whether somebody is heard and seen here. Guests are so with the member whose guests they
    /// are, and can be ignored alone.
    pub(super) fn is_admitted(
        &self,
        key: &Key,
        guest: Option<&GuestName>,
        is_ignored: impl Fn(&Key, Option<&GuestName>) -> bool,
    ) -> bool {
        !is_ignored(key, guest) && self.roles.muted_by(key).is_none()
    }

    /// The host's key, where the room has one.
    pub(super) fn host(&self) -> Option<&Key> {
        self.roles.host()
    }

    /// What somebody may decide.
    pub(in crate::chat) fn role(&self, key: Option<&Key>) -> Role {
        key.map_or(Role::Member, |key| self.roles.role(key))
    }

    /// Takes in what the host is called.
    pub(super) fn meet_host(&mut self, name: Name) {
        self.roles.meet_host(name);
    }

    /// Somebody whom a decision names as typed.
    pub(super) fn decided_about(&self, typed: &str) -> Option<NamedKey> {
        self.roles.called(typed)
    }

    /// Tells who decides and what holds: to whoever asks, and to all faces of a room with a host.
    pub(super) fn tell_roles(&mut self, request: Option<RequestId>) {
        match (self.roles.host(), request) {
            (Some(_), None) => self.tell(None, Tale::Roles),
            (Some(_), request) => self.tell(request, Tale::RolesList),
            (None, None) => {}
            (None, request) => self.tell(request, Tale::Refused(MediaRefusal::NoHost)),
        }
    }

    /// Why this member may not decide something; `of` is whom it is about, once that is known.
    pub(super) fn refusal(
        &self,
        rule: &RuleCommand,
        of: Option<&NamedKey>,
    ) -> Option<MediaRefusal> {
        if self.roles.host().is_none() {
            return Some(MediaRefusal::NoHost);
        }
        let role = self.roles.role(&self.me);
        if role == Role::Member {
            return Some(MediaRefusal::NotModerator);
        }
        let RuleCommand::Decide { decision, .. } = rule else {
            return None;
        };
        let theirs = of.map(|of| self.roles.role(&of.key));
        match (decision, theirs) {
            (Decision::Appointed | Decision::Dismissed, _) if role != Role::Host => {
                Some(MediaRefusal::NotHost)
            }
            // Once more renews it.
            (Decision::Appointed, Some(Role::Moderator)) => None,
            (Decision::Appointed, _) if self.roles.moderators().len() >= MODERATORS_MAX => {
                let limit = MODERATORS_MAX;
                Some(MediaRefusal::TooManyModerators { limit })
            }
            (Decision::Dismissed, Some(Role::Member | Role::Host)) => {
                Some(MediaRefusal::NotAppointed)
            }
            (Decision::Muted, Some(Role::Moderator | Role::Host)) => Some(MediaRefusal::MayDecide),
            _ => None,
        }
    }

    /// Decides, as [`Conference::refusal`] allows.
    pub(super) fn decide(
        &mut self,
        now: Moment,
        request: RequestId,
        role: &RoleRecord<Name>,
        node: &mut Node,
    ) {
        node.decide(now, role);
        self.undecided.push_back(request);
    }

    /// Ends what has held for long enough, and tells what holds if that has changed: once, however
    /// many decisions an archive has kept.
    pub(super) fn look_at_roles(&mut self, now: Moment, node: &Node) {
        self.roles.on_time(node.clock_ms(now));
        if self.roles.take_news() {
            self.tell_roles(None);
        }
    }

    /// Takes in a decision; `is_live` says whether it is made now, and not history.
    pub(super) fn on_role(
        &mut self,
        now: Moment,
        heard: RoleDelivery,
        is_live: bool,
        node: &mut Node,
    ) {
        let request = match heard.is_own {
            true => self.undecided.pop_front(),
            false => None,
        };
        let was_muted = self.roles.muted_by(&self.me).is_some();
        let ruling = self.roles.hear(node.clock_ms(now), heard);
        let muted_by = self.roles.muted_by(&self.me).cloned();
        let is_of_me = |of: Option<&NamedKey>| of.is_none_or(|of| of.key == self.me);
        let says_so = ruling.as_ref().is_some_and(|ruling| {
            ruling.decision == Decision::Muted && is_of_me(ruling.of.as_ref())
        });
        let gives_word = ruling.as_ref().is_some_and(|ruling| {
            let of = ruling.of.as_ref();
            ruling.decision == Decision::GivenTheWord && of.is_some() && is_of_me(of)
        });
        if let Some(ruling) = ruling.filter(|_| is_live) {
            self.tell(request, Tale::Decided(ruling));
        }
        if let Some(by) = muted_by {
            // What its author may decide may come behind what they decided.
            if !was_muted && !says_so && is_live {
                let (of, decision) = (Some(self.me(node)), Decision::Muted);
                self.tell(None, Tale::Decided(Ruling { by, of, decision }));
            }
            self.end_own(now, node);
        }
        if gives_word && self.hand == Hand::Raised {
            self.set_hand(now, None, Hand::Lowered, node);
        }
        self.look_at = Some(now.time);
    }

    /// Sends nothing any more, of guests neither.
    fn end_own(&mut self, now: Moment, node: &mut Node) {
        self.end_guests(now.time, |_| false, node);
        for source in Source::ALL {
            if let Some(own) = self.own.end(Feed::own(source), node) {
                let ended = Tale::Ended(own.told(source, self.me(node)));
                self.tell(None, ended);
                self.say_soon(now.time);
            }
        }
    }

    /// Raises the own hand, or lowers it.
    pub(super) fn set_hand(
        &mut self,
        now: Moment,
        request: Option<RequestId>,
        hand: Hand,
        node: &Node,
    ) {
        self.hand = hand;
        let who = self.me(node);
        self.tell(request, Tale::Hand(who, hand));
        self.say_soon(now.time);
    }
}
