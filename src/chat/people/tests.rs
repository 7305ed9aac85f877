//! Who is whose name, and who is meant.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::*;

fn who(name: &str, key: u8) -> NamedKey {
    NamedKey {
        name: Name::parse(name).unwrap(),
        key: Key([key; 32]),
    }
}

fn arrival(name: &str, key: u8, was_here: bool) -> Arrival {
    Arrival {
        who: who(name, key),
        was_here,
    }
}

fn people(memory: Memory) -> People {
    People::new(who("ana", 1), memory)
}

fn empty() -> Roster {
    let author = crate::protocol::wire::frame::Author {
        key: Key([1; 32]),
        short: Key([1; 32]).short(),
        session: 1,
        sequence: 0,
        clock: 0,
        flags: 0,
        grtt: 0,
        name: Name::parse("ana").unwrap(),
    };
    Roster::new(&author)
}

const NOW: Duration = Duration::from_secs(1);

#[test]
fn nobody_is_the_first_with_a_name_before_the_store_has_answered() {
    let mut people = people(Memory::Unread);
    assert_eq!(people.author(who("bia", 2)).standing, Standing::Unknown);
    assert!(people.enter(NOW, arrival("bia", 2, false)).is_empty());
    assert_eq!(people.next_time(), Some(NOW + ARRIVAL_WAIT));
    let remembered = vec![Remembered {
        name: Name::parse("bia").unwrap(),
        key: Key([9; 32]),
        is_verified: true,
    }];
    let news = people.handle(PeopleCommand::Remember(remembered), &empty());
    let [News::Entered { person, .. }] = &news[..] else {
        panic!("{news:?}");
    };
    assert_eq!(person.standing, Standing::Namesake);
    assert_eq!(people.person(&who("bia", 9)).standing, Standing::Verified);
    assert_eq!(people.requests().count(), 0);
}

#[test]
fn who_speaks_is_remembered_and_who_only_enters_is_not() {
    let mut people = people(Memory::Unread);
    people.author(who("rui", 7));
    people.handle(PeopleCommand::Remember(Vec::new()), &empty());
    let requests: Vec<Request> = people.requests().collect();
    assert!(matches!(&requests[..], [Request::Meet { name, .. }] if name.as_str() == "rui"));
    people.enter(NOW, arrival("bia", 2, false));
    assert_eq!(people.requests().count(), 0);
    assert_eq!(people.author(who("bia", 2)).standing, Standing::First);
    people.author(who("bia", 2));
    assert_eq!(people.requests().count(), 1);
    assert_eq!(people.author(who("bia", 3)).standing, Standing::Namesake);
    assert_eq!(people.requests().count(), 0);
}

#[test]
fn a_name_under_which_nothing_was_said_is_free_when_its_person_leaves() {
    let mut people = people(Memory::Passing);
    people.enter(NOW, arrival("bia", 2, false));
    assert_eq!(people.person(&who("bia", 3)).standing, Standing::Namesake);
    people.leave(&who("bia", 2), &empty());
    assert_eq!(people.author(who("bia", 3)).standing, Standing::First);
}

#[test]
fn a_name_that_several_have_is_warned_of_once() {
    let mut people = people(Memory::Passing);
    assert_eq!(people.enter(NOW, arrival("bia", 2, false)).len(), 1);
    let news = people.enter(NOW, arrival("Bia", 3, false));
    assert!(matches!(
        news[..],
        [News::Namesake(_), News::Entered { .. }]
    ));
    assert_eq!(people.enter(NOW, arrival("bia", 4, false)).len(), 1);
    // Thirty of one login: who comes second is told once, by which name the others see him.
    let news = people.enter(NOW, arrival("ana", 5, true));
    let [News::NameTaken(me), News::Entered { person, .. }] = &news[..] else {
        panic!("{news:?}");
    };
    assert_eq!(me.key, Some(Key([1; 32])));
    assert!(me.suffix.is_some() && me.suffix != person.suffix);
    assert_eq!(people.enter(NOW, arrival("ana", 6, true)).len(), 1);
}

#[test]
fn a_store_that_fails_is_reported_once_and_ends_the_waiting() {
    let mut people = people(Memory::Unread);
    people.enter(NOW, arrival("bia", 2, true));
    let failed = PeopleCommand::Forget("the disk is full".into());
    let news = people.handle(failed, &empty());
    assert!(matches!(
        news[..],
        [
            News::Failed(Failure::PeopleForgotten(_)),
            News::Entered { was_here: true, .. }
        ]
    ));
    assert_eq!(people.author(who("bia", 2)).standing, Standing::First);
    assert_eq!(people.requests().count(), 0);
}

#[test]
fn nothing_is_remembered_where_nothing_is_to_be() {
    let mut people = people(Memory::Passing);
    assert_eq!(people.enter(NOW, arrival("bia", 2, false)).len(), 1);
    people.author(who("bia", 2));
    verify(&mut people, &who("bia", 2));
    assert_eq!(people.requests().count(), 0);
}

fn verify(people: &mut People, who: &NamedKey) {
    people.show_code(who);
    assert!(matches!(people.verify(who), News::VerifyAsked(_)));
    assert!(matches!(people.verify(who), News::Verified(_)));
}

#[test]
fn codes_are_compared_before_they_are_said_to_be_equal() {
    let mut people = people(Memory::Unread);
    people.handle(PeopleCommand::Remember(Vec::new()), &empty());
    let bia = who("bia", 2);
    let failed = people.verify(&bia);
    assert!(matches!(failed, News::Failed(Failure::NotCompared(_))));
    verify(&mut people, &bia);
    let failed = people.verify(&bia);
    assert!(matches!(failed, News::Failed(Failure::NotCompared(_))));
    assert!(matches!(people.unverify(&bia), News::Unverified(_)));
    assert_eq!(people.person(&bia).standing, Standing::First);
    let failed = people.unverify(&bia);
    assert!(matches!(failed, News::Failed(Failure::NotVerified(_))));
    let requests: Vec<Request> = people.requests().collect();
    assert!(matches!(
        requests[..],
        [Request::Verify { .. }, Request::Unverify { .. }]
    ));
}

/// A roster of some people beside ana.
fn roster(people: &[(&str, u8)]) -> Roster {
    let mut roster = empty();
    for (name, key) in people {
        let key = Key([*key; 32]);
        let author = crate::protocol::wire::frame::Author {
            short: key.short(),
            key,
            session: 1,
            sequence: 0,
            clock: 0,
            flags: 0,
            grtt: 0,
            name: Name::parse(name).unwrap(),
        };
        let id = roster.meet(&author).unwrap().id;
        roster.hear(id, NOW);
    }
    roster
}

#[test]
fn a_namesake_cuts_nobody_off() {
    let here = [("bia", 2), ("bia", 3), ("Ana Luz", 4), ("bia ", 5)];
    let roster = roster(&here);
    let mut people = people(Memory::Passing);
    for (name, key) in here {
        people.enter(NOW, arrival(name, key, false));
    }
    let called = |people: &People, typed: &str| people.called(typed, &roster);
    assert_eq!(called(&people, "bia"), Ok(who("bia", 2)));
    assert_eq!(called(&people, "BIA"), Ok(who("bia", 2)));
    for key in [2, 3, 5] {
        let name = if key == 5 { "bia " } else { "bia" };
        let who = who(name, key);
        let typed = format!("{name}#{}", people.shortest_suffix(&who));
        assert_eq!(called(&people, &typed), Ok(who));
    }
    let shown = format!("bia␠#{}", people.shortest_suffix(&who("bia ", 5)));
    assert_eq!(called(&people, &shown), Ok(who("bia ", 5)));
    assert_eq!(called(&people, "Ana Luz"), Ok(who("Ana Luz", 4)));
    let nobody = called(&people, "Ana");
    assert_eq!(nobody, Err(Failure::NobodyCalled("Ana".into())));
    // A comparison of codes moves the name.
    verify(&mut people, &who("bia", 3));
    assert_eq!(called(&people, "bia"), Ok(who("bia", 3)));
    let alike = people.alike("bia", people.members(&roster));
    assert_eq!(alike.len(), 3, "{alike:?}");
}

#[test]
fn a_name_whose_owner_is_not_here_means_nobody_for_sure() {
    let roster = roster(&[("bia", 3)]);
    let mut people = people(Memory::Unread);
    let called = people.called("bia", &roster);
    assert_eq!(called, Err(Failure::PeopleUnknown("bia".into())));
    let remembered = vec![Remembered {
        name: Name::parse("bia").unwrap(),
        key: Key([2; 32]),
        is_verified: false,
    }];
    people.handle(PeopleCommand::Remember(remembered), &roster);
    let Err(Failure::SeveralCalled { people: listed, .. }) = people.called("bia", &roster) else {
        panic!("a namesake was taken for her");
    };
    assert!(listed[0].suffix.is_some());
}
