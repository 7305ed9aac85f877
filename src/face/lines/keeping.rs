//! What is kept: the messages of earlier sessions, how far own ones have got, and who is here.

use super::{Line, Lines, addressed, marked};
use crate::chat::event::{Delivered, MemberState, Message};
use crate::text::{self, Lang};

impl Lines {
    /// The messages that were shown last in earlier sessions, dim. Where no person looks, they were
    /// written before.
    pub(super) fn recent(&mut self, messages: &[Message]) -> Line {
        if self.days.is_none() {
            return Line::Talk(Vec::new());
        }
        let colored = self.style.screen;
        self.style.screen = colored.without_colors();
        let mut shown = String::new();
        for message in messages {
            if let Line::Data(lines) = self.message(message, None) {
                lines
                    .lines()
                    .for_each(|line| colored.aside(line, &mut shown));
            }
        }
        self.style.screen = colored;
        Line::Data(shown)
    }
}

/// How far own messages have got, if that is worth a sentence.
pub(super) fn delivery(lang: Lang, delivered: &Delivered) -> Option<String> {
    let (has, of) = (delivered.has, delivered.of);
    if !delivered.waiting.is_empty() {
        let waiting: Vec<String> = delivered.waiting.iter().map(addressed).collect();
        return Some(text::waiting_for(lang, has, of, &waiting));
    }
    match (delivered.was_reported, delivered.kept_for) {
        (false, 0) => None,
        (true, 0) => Some(text::delivered(lang, has, of)),
        (_, away) if of == 0 => Some(text::kept_for(lang, away)),
        (_, away) => Some(text::delivered_and_kept(lang, has, of, away)),
    }
}

/// Everybody who is here; those who keep what is said for the others stand apart.
pub(super) fn who_is_here(lang: Lang, members: &[MemberState]) -> String {
    let (me, others): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.is_own);
    let me = me.first().map_or("", |me| &me.person.name);
    let (keepers, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|member| member.is_keeper);
    let shown = |member: &MemberState| match (member.is_ignored, member.is_silent) {
        (true, _) => text::is_ignored(lang, &marked(&member.person)),
        (false, true) => text::not_answering(lang, &marked(&member.person)),
        (false, false) => marked(&member.person),
    };
    let others: Vec<String> = others.into_iter().map(shown).collect();
    let here = text::who_is_here(lang, me, &others);
    let keepers: Vec<String> = keepers.into_iter().map(shown).collect();
    match keepers.is_empty() {
        true => here,
        false => text::and_kept_by(lang, &here, &keepers),
    }
}
