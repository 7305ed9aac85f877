//! What a person does about the others: who is here, who is who, and what was dropped.

use super::Driver;
use crate::error::Error;
use crate::net::group::Refusal;
use crate::protocol::engine::member::Member;
use crate::protocol::engine::private::PRIVATE_MAX_BYTES;
use crate::protocol::engine::trust::VERIFIED;
use crate::protocol::fingerprint::code;
use crate::protocol::message::{Name, split_within};
use crate::protocol::wire::frame::{FrameFault, Key};
use crate::store::people::People;
use crate::text;

/// Frames under another key before it is told: one of 65,536 rooms looks so without being it.
const OTHER_KEYS: u64 = 3;

impl Driver<'_> {
    pub(super) fn tell_refusals(&mut self, refusals: &[Refusal]) -> Result<(), Error> {
        let Some(refusal) = refusals.first() else {
            return Ok(());
        };
        // An interface that vanished says so with every datagram; it is looked at again soon.
        if self.refusals.ask().is_some() {
            self.look_at = self.look_at.min(self.clock.now().time);
            let group = self.settings.place.frames.to_string();
            let sentence = text::refusal(self.lang, &group, refusal);
            self.view.fault(&sentence)?;
        }
        Ok(())
    }

    pub(super) fn who(&mut self) -> Result<(), Error> {
        let lang = self.lang;
        let others = self.node.roster().others();
        let mut names: Vec<String> = others
            .map(|(_, member)| match member.is_silent {
                true => text::not_answering(lang, &marked(member)),
                false => marked(member),
            })
            .collect();
        names.sort_unstable();
        names.dedup(); // several sessions of one person
        let me = &self.settings.name;
        let sentence = text::who_is_here(lang, me, &names);
        names.insert(0, me.to_string());
        self.view.who(&sentence, &names)
    }

    /// Writes down whom this person has met; what fails once is not tried again.
    pub(super) fn remember(
        &mut self,
        write: impl Fn(&People) -> Result<(), String>,
    ) -> Result<(), Error> {
        let Some(Err(why)) = self.people.as_ref().map(write) else {
            return Ok(());
        };
        self.people = None;
        self.view
            .fault(&text::people_are_forgotten(self.lang, &why))
    }

    /// The one person here who is called so.
    pub(super) fn called(&mut self, given: &str) -> Result<Option<(Name, Key)>, Error> {
        let people = self.node.roster().called(given);
        // Who only claims the name is called by it with his digits.
        if let [person] = people[..]
            && person.shown() == given
        {
            return Ok(Some((person.name.clone(), person.key)));
        }
        let names: Vec<String> = people.iter().map(|person| person.shown()).collect();
        let sentence = match names.is_empty() {
            true => text::nobody_is_called(self.lang, given),
            false => text::several_are_called(self.lang, given, &names),
        };
        self.view.fault(&sentence)?;
        Ok(None)
    }

    /// The longest beginning that somebody here is called, and the text behind it: names may hold
    /// blanks.
    pub(super) fn parted(&self, rest: &str) -> (String, String) {
        let blanks = rest.match_indices(char::is_whitespace).map(|(at, _)| at);
        let mut parts = blanks.filter_map(|at| rest.split_at_checked(at));
        let first = parts.clone().next().unwrap_or((rest, ""));
        let is_here = |(name, _): &(&str, &str)| !self.node.roster().called(name).is_empty();
        let (name, text) = parts.rfind(is_here).unwrap_or(first);
        (name.to_owned(), text.trim().to_owned())
    }

    /// Says something to one person; never to one of several with a name.
    pub(super) fn say_private(&mut self, to: &str, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            let sentence = text::needs_more(self.lang, "/msg NAME TEXT");
            return self.view.fault(&sentence);
        }
        let Some((name, key)) = self.called(to)? else {
            return Ok(());
        };
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, others) = split_within(rest, PRIVATE_MAX_BYTES);
            if self.node.say_private(&name, key, piece) == 0 {
                let sentence = text::no_key_yet(self.lang, to);
                return self.view.fault(&sentence);
            }
            self.view.said_privately(to, piece)?;
            rest = others;
        }
        Ok(())
    }

    pub(super) fn verify(&mut self, given: &str) -> Result<(), Error> {
        let Some((_, key)) = self.called(given)? else {
            return Ok(());
        };
        let code = code(&self.node.key(), &key);
        self.view.code(given, &code)
    }

    pub(super) fn verified(&mut self, given: &str) -> Result<(), Error> {
        let Some((name, key)) = self.called(given)? else {
            return Ok(());
        };
        self.node.verify(&name, key);
        self.remember(|people| people.verify(&name, &key))?;
        self.view.say(&text::is_verified(self.lang, name.as_str()))
    }

    /// Says once that somebody is in a room of this name with another key.
    pub(super) fn tell_other_key(&mut self) -> Result<(), Error> {
        let count = self.node.gate().faults().get(&FrameFault::OtherKey);
        if self.is_other_key_told || count.is_none_or(|count| *count < OTHER_KEYS) {
            return Ok(());
        }
        self.is_other_key_told = true;
        let sentence = text::other_key(self.lang, self.view.room.shown());
        self.view.fault(&sentence)
    }

    pub(super) fn stats(&mut self) -> Result<(), Error> {
        let gate = self.node.gate();
        let faults: Vec<(FrameFault, u64)> = gate.faults().iter().map(|(f, n)| (*f, *n)).collect();
        let (refused, replays) = (gate.refused(), self.node.repeats() + self.node.replays());
        let (members, held_bytes) = (self.node.roster().size(), self.node.held_bytes());
        self.view
            .say(&text::stats(self.lang, members, held_bytes))?;
        for sentence in text::frames_dropped(self.lang, &faults, refused, replays) {
            self.view.say(&sentence)?;
        }
        Ok(())
    }
}

/// A member's name, with the mark of who was verified.
fn marked(member: &Member) -> String {
    match member.is_verified() {
        true => format!("{} {VERIFIED}", member.shown()),
        false => member.shown(),
    }
}
