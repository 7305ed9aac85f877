//! Decisions in any order, by whoever may and may not.

use super::*;
use crate::protocol::engine::event::Order;
use crate::protocol::engine::frame_log::Position;
use proptest::prelude::*;

const HOST: u8 = 0;
const HOUR_MS: u64 = 3_600_000;

fn key(person: u8) -> Key {
    Key([person; 32])
}

fn name(person: u8) -> Name {
    Name::parse(&format!("p{person}")).unwrap()
}

/// What `by` decides at a time, in milliseconds.
fn at(at_ms: u64, by: u8, role: RoleRecord<Name>) -> RoleDelivery {
    let position = Position {
        clock: at_ms << 16,
        short: key(by).short(),
        ..Position::default()
    };
    RoleDelivery {
        id: MessageId { position, index: 0 },
        who: NamedKey {
            name: name(by),
            key: key(by),
        },
        role,
        order: Order::InOrder,
        is_own: false,
    }
}

fn about(of: u8, decision: Decision) -> RoleRecord<Name> {
    RoleRecord::Person {
        key: key(of),
        name: name(of),
        decision,
    }
}

fn roles(decisions: impl IntoIterator<Item = RoleDelivery>) -> Roles {
    let mut roles = Roles::new(Some(key(HOST)));
    for decision in decisions {
        roles.hear(1000, decision);
    }
    roles
}

fn is_muted(roles: &Roles, person: u8) -> bool {
    roles.muted_by(&key(person)).is_some()
}

#[test]
fn only_the_host_and_whoever_it_appoints_decide() {
    use Decision::{Appointed, Dismissed, Muted};
    let mut roles = roles([]);
    assert_eq!(roles.hear(1000, at(1, 1, about(2, Muted))), None);
    assert_eq!(roles.hear(1000, at(2, 1, about(1, Appointed))), None);
    assert_eq!(roles.hear(1000, at(3, 1, RoleRecord::AllMuted)), None);
    assert!(!is_muted(&roles, 2) && roles.role(&key(1)) == Role::Member);
    assert!(roles.hear(1000, at(4, HOST, about(1, Appointed))).is_some());
    assert_eq!(roles.role(&key(1)), Role::Moderator);
    assert!(
        !is_muted(&roles, 2),
        "what was decided before does not count"
    );
    assert!(roles.hear(1000, at(5, 1, about(2, Muted))).is_some());
    assert_eq!(roles.muted_by(&key(2)).map(|by| by.key), Some(key(1)));
    // A moderator appoints nobody, and mutes neither the host nor those who may decide.
    assert_eq!(roles.hear(1000, at(6, 1, about(3, Appointed))), None);
    assert_eq!(roles.hear(1000, at(7, 1, about(HOST, Muted))), None);
    roles.hear(1000, at(8, HOST, about(1, Muted)));
    assert!(!is_muted(&roles, HOST) && !is_muted(&roles, 1));
    assert!(roles.hear(1000, at(9, HOST, about(1, Dismissed))).is_some());
    assert!(!is_muted(&roles, 2), "what they decided goes with them");
    assert!(is_muted(&roles, 1));
    // A recording of the appointment is older than the dismissal.
    assert_eq!(roles.hear(1000, at(4, HOST, about(1, Appointed))), None);
    assert_eq!(roles.role(&key(1)), Role::Member);
}

#[test]
fn the_last_decision_about_a_person_or_all_counts_whoever_made_it() {
    use Decision::{Appointed, GivenTheWord, Muted, Unmuted};
    let mut roles = roles([
        at(1, HOST, about(1, Appointed)),
        at(2, HOST, about(2, Appointed)),
        at(3, 1, about(5, Muted)),
        at(4, 2, about(5, Unmuted)),
    ]);
    assert!(!is_muted(&roles, 5));
    roles.hear(1000, at(5, 1, RoleRecord::AllMuted));
    assert!(is_muted(&roles, 5) && is_muted(&roles, 6) && !is_muted(&roles, 2));
    roles.hear(1000, at(6, 2, about(5, GivenTheWord)));
    assert!(!is_muted(&roles, 5) && is_muted(&roles, 6));
    assert_eq!(roles.exceptions().1.len(), 1);
    roles.hear(1000, at(7, HOST, about(5, Muted)));
    assert!(is_muted(&roles, 5));
    roles.hear(1000, at(8, HOST, RoleRecord::AllUnmuted));
    assert!(!is_muted(&roles, 5) && !is_muted(&roles, 6));
    assert_eq!(roles.exceptions(), (vec![], vec![]));
}

#[test]
fn a_lesson_is_not_muted_by_the_one_of_yesterday() {
    let mut roles = roles([at(1, HOST, RoleRecord::AllMuted)]);
    roles.on_time(11 * HOUR_MS);
    assert!(is_muted(&roles, 3));
    roles.on_time(12 * HOUR_MS + 1);
    assert!(!is_muted(&roles, 3));
}

#[test]
fn an_appointment_holds_for_as_long_as_a_room_remembers() {
    let mut roles = roles([at(1, HOST, about(1, Decision::Appointed))]);
    roles.on_time(6 * 24 * HOUR_MS);
    assert_eq!(roles.role(&key(1)), Role::Moderator);
    roles.on_time(7 * 24 * HOUR_MS + 1);
    assert_eq!(roles.role(&key(1)), Role::Member);
    let late_ms = 7 * 24 * HOUR_MS + 2;
    let again = at(late_ms, HOST, about(1, Decision::Appointed));
    assert!(roles.hear(late_ms, again).is_some());
    assert_eq!(roles.role(&key(1)), Role::Moderator);
}

#[test]
fn a_room_without_a_host_obeys_nobody() {
    let mut roles = Roles::new(None);
    for by in 0..3 {
        let muted = at(1, by, about(5, Decision::Muted));
        assert_eq!(roles.hear(1000, muted), None);
        assert_eq!(roles.role(&key(by)), Role::Member);
    }
    assert!(!is_muted(&roles, 5) && roles.decisions.is_empty());
}

#[test]
fn a_liar_fills_no_memory_and_takes_no_place_of_what_counts() {
    let mut roles = roles([at(1, HOST, about(9, Decision::Muted))]);
    for number in 0..3000_u16 {
        let mut liar = at(2 + u64::from(number), 1, about(2, Decision::Muted));
        liar.who.key.0[..2].copy_from_slice(&number.to_be_bytes());
        roles.hear(1000, liar);
    }
    assert_eq!(roles.decisions.len(), DECISIONS_MAX);
    assert!(is_muted(&roles, 9) && !is_muted(&roles, 2));
}

fn decision() -> impl Strategy<Value = RoleDelivery> {
    let decisions = prop::sample::select(vec![
        Decision::Dismissed,
        Decision::Appointed,
        Decision::Muted,
        Decision::Unmuted,
        Decision::GivenTheWord,
    ]);
    (0..50_u64, 0..4_u8, 0..6_u8, decisions).prop_map(|(at_ms, by, of, decision)| {
        let role = match of {
            5 if decision == Decision::Muted => RoleRecord::AllMuted,
            5 => RoleRecord::AllUnmuted,
            of => about(of, decision),
        };
        // Two decisions of one person never stand at one place.
        at(at_ms << 8 | u64::from(of) << 4 | decision as u64, by, role)
    })
}

proptest! {
    #[test]
    fn what_holds_is_the_same_in_whatever_order_it_comes(
        all in prop::collection::vec(decision(), 0..40),
        turn in any::<prop::sample::Index>(),
    ) {
        let one = roles(all.clone());
        let mut turned = all.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn.index(all.len()));
        }
        let reversed = roles(all.into_iter().rev());
        let turned = roles(turned);
        for other in [&reversed, &turned] {
            prop_assert_eq!(&one.moderators, &other.moderators);
            prop_assert_eq!(&one.speech, &other.speech);
        }
    }
}
