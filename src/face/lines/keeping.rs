//! What is kept of earlier sessions, and who is here, those apart who keep it.

use super::beyond::placed;
use super::{Line, Lines, marked};
use crate::chat::event::{MemberState, Message};
use crate::chat::media::Role;
use crate::text::{self, Lang};

impl Lines {
    /// The messages that were shown last in earlier sessions; dim, unless this person has not read
    /// them. Where no person looks, they were written before.
    pub(super) fn recent(&mut self, messages: &[Message]) -> Line {
        if self.days.is_none() {
            return Line::Talk(Vec::new());
        }
        let colored = self.style.screen;
        let mut shown = String::new();
        for message in messages {
            let is_read = self.read_until.is_none_or(|until| message.id <= until);
            self.style.screen = match is_read {
                true => colored.without_colors(),
                false => colored,
            };
            match self.message(message, None) {
                Line::Data(lines) if is_read => lines
                    .lines()
                    .for_each(|line| colored.aside(line, &mut shown)),
                Line::Data(lines) => shown.push_str(&lines),
                Line::Talk(_) => {}
            }
        }
        self.style.screen = colored;
        Line::Data(shown)
    }
}

/// Everybody who is here; those who keep what is said for the others stand apart, and so do bridges
/// and whoever is at another network.
pub(super) fn who_is_here(lang: Lang, members: &[MemberState]) -> String {
    let (me, others): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.is_own);
    let me = me
        .first()
        .map(|me| with_role(me, me.person.name.to_string()));
    let me = me.unwrap_or_default();
    let (beyond, others): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|member| member.place.is_beyond());
    let (keepers, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|member| member.is_keeper);
    let (bridges, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|member| member.is_bridge);
    let shown = |member: &MemberState| match (member.is_ignored, member.is_silent) {
        (true, _) => text::is_ignored(lang, &named(member)),
        (false, true) => text::not_answering(lang, &named(member)),
        (false, false) => named(member),
    };
    let others: Vec<String> = others.into_iter().map(shown).collect();
    let mut here = text::who_is_here(lang, &me, &others);
    let far = |member: &MemberState| placed(&shown(member), &member.place);
    let mut and = |apart: Vec<String>, and: fn(Lang, &str, &[String]) -> String| {
        if !apart.is_empty() {
            here = and(lang, &here, &apart);
        }
    };
    and(keepers.into_iter().map(shown).collect(), text::and_kept_by);
    and(
        bridges.into_iter().map(shown).collect(),
        text::and_carried_by,
    );
    and(beyond.into_iter().map(far).collect(), text::and_beyond);
    here
}

/// A name with its marks.
fn named(member: &MemberState) -> String {
    with_role(member, marked(&member.person))
}

/// A name with the sign of who decides for all, as in the page, or may decide too.
fn with_role(member: &MemberState, name: String) -> String {
    match member.role {
        Role::Host => format!("{name} ★"),
        Role::Moderator => format!("{name} ☆"),
        Role::Member => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::entry::Syntax;
    use crate::chat::event::{Content, Id, News, Person, Place, Timing};
    use crate::face::lines::Style;
    use crate::terminal::screen::{Color, Form, Screen};

    fn lines() -> Lines {
        let style = Style {
            lang: Lang::En,
            screen: Screen::new(Form::Lines, Color::Always, Lang::En),
            shows_own: false,
            syntax: Syntax::Commands,
        };
        Lines::new(style, "sala".to_owned())
    }

    fn message(text: &str) -> Message {
        let content = Content::Text(text.to_owned());
        Message {
            timing: Timing::History,
            ..Message::local(1, Person::unproven("ana"), content, 0)
        }
    }

    #[test]
    fn what_was_shown_last_is_dim_where_a_person_looks_and_nothing_elsewhere() {
        let recent = News::Recent(vec![message("oi"), message("\x1b[31mtchau")]);
        let Line::Data(shown) = lines().dated().line(None, &recent) else {
            panic!("it is data");
        };
        let shown: Vec<&str> = shown.lines().collect();
        assert_eq!(shown.len(), 3, "with the day: {shown:?}");
        for line in &shown {
            assert!(
                line.starts_with("\x1b[2m") && line.ends_with("\x1b[0m"),
                "{line:?}"
            );
            assert_eq!(line.matches('\x1b').count(), 2, "{line:?}");
        }
        assert!(shown[1].contains("ana: oi"));
        match lines().line(None, &recent) {
            Line::Talk(nothing) => assert!(nothing.is_empty()),
            Line::Data(data) => panic!("{data:?}"),
        }
        // What was not read before is as bright as ever.
        let mut told = lines().dated();
        told.line(None, &News::ReadUntil(Id::Local(1)));
        let unread = Message {
            id: Id::Local(2),
            ..message("nova")
        };
        let recent_too = News::Recent(vec![message("oi"), unread]);
        let Line::Data(shown) = told.line(None, &recent_too) else {
            panic!("it is data");
        };
        let has_colors = |line: &&str| line.matches('\x1b').count() > 2;
        let bright: Vec<&str> = shown.lines().filter(has_colors).collect();
        assert!(bright.len() == 1 && bright[0].ends_with("nova"), "{shown}");
        // The next message has its colours again.
        let mut lines = lines().dated();
        lines.line(None, &recent);
        let Line::Data(next) = lines.line(None, &News::Message(message("agora"))) else {
            panic!("it is data");
        };
        assert!(next.matches('\x1b').count() > 2, "{next:?}");
    }

    #[test]
    fn whoever_decides_for_all_has_a_sign() {
        let state = |name: &str, role| MemberState {
            role,
            ..MemberState::here(Person::unproven(name))
        };
        let me = MemberState {
            is_own: true,
            ..state("ana", Role::Moderator)
        };
        let members = [
            me,
            state("bia", Role::Host),
            MemberState {
                is_silent: true,
                ..state("rui", Role::Moderator)
            },
            state("zé", Role::Member),
        ];
        let shown = who_is_here(Lang::En, &members);
        let at = |part: &str| {
            shown
                .find(part)
                .unwrap_or_else(|| panic!("{part}: {shown}"))
        };
        assert!(
            at("ana ☆") < at("bia ★") && at("bia ★") < at("rui ☆"),
            "{shown}"
        );
        assert_eq!(shown.matches(['★', '☆']).count(), 3, "{shown}");
    }

    #[test]
    fn keepers_stand_apart() {
        let state = |name: &str, is_own, is_keeper| MemberState {
            is_own,
            is_keeper,
            ..MemberState::here(Person::unproven(name))
        };
        let members = [
            state("ana", true, false),
            state("bia", false, false),
            state("arquivo", false, true),
        ];
        let shown = who_is_here(Lang::En, &members);
        assert_eq!(shown, "ana (you), bia; kept by 1: arquivo");
        let alone = who_is_here(
            Lang::En,
            &[state("ana", true, false), state("k", false, true)],
        );
        assert_eq!(alone, "only ana (you); kept by 1: k");
        let bridge = MemberState {
            is_bridge: true,
            ..state("porto", false, false)
        };
        let far = |name: &str, place| MemberState {
            place,
            ..state(name, false, false)
        };
        let rui = far("rui", Place::Site("ship".into()));
        let all = [
            state("ana", true, false),
            bridge,
            rui,
            far("leo", Place::Beyond),
        ];
        let shown = who_is_here(Lang::En, &all);
        let expected = "only ana (you); bridge: porto; at other networks: rui @ship, leo";
        assert_eq!(shown, expected);
    }
}
