//! Whom a report of delivery names, and when.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const WAIT: Duration = Duration::from_secs(3);
const ZERO: Duration = Duration::ZERO;

fn ids(numbers: &[u32]) -> impl Iterator<Item = Id> {
    numbers
        .iter()
        .copied()
        .map(Id)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Takes in that a member states at a time how far it is.
fn ack(receipts: &mut Receipts, id: u32, through: u32, now: Duration) -> Option<Delivered> {
    receipts.acknowledge(Id(id), through, AckBy::Now, now)
}

fn person(number: u32) -> Option<Key> {
    Some(Key([number as u8; 32]))
}

/// What is reported after the members who are asked have not answered.
fn report(receipts: &mut Receipts) -> Option<Delivered> {
    while let Some(now) = receipts.next_time() {
        if let Some(Overdue::Report(delivered)) = receipts.overdue(now, SECOND) {
            return Some(delivered);
        }
    }
    None
}

#[test]
fn it_is_told_when_all_have_it() {
    let mut receipts = Receipts::default();
    receipts.said(5, ids(&[1, 2]), ZERO, WAIT);
    assert_eq!(ack(&mut receipts, 1, 5, ZERO), None);
    let delivered = ack(&mut receipts, 2, 7, ZERO).unwrap();
    assert_eq!(
        (delivered.has, delivered.of, delivered.was_reported),
        (2, 2, false)
    );
    assert_eq!(receipts.next_time(), None);
}

#[test]
fn who_is_missing_is_told_once_and_so_is_the_end_of_it() {
    let mut receipts = Receipts::default();
    receipts.said(5, ids(&[1, 2]), ZERO, WAIT);
    ack(&mut receipts, 1, 5, ZERO);
    assert_eq!(receipts.overdue(WAIT - SECOND, SECOND), None);
    let delivered = report(&mut receipts).unwrap();
    assert_eq!((delivered.has, delivered.waiting), (1, vec![Id(2)]));
    assert_eq!(report(&mut receipts), None);
    assert!(ack(&mut receipts, 2, 5, 9 * SECOND).unwrap().was_reported);
}

#[test]
fn nobody_is_named_before_they_were_asked_twice_or_have_said_so() {
    let mut receipts = Receipts::default();
    receipts.said(5, ids(&[1, 2, 3]), ZERO, WAIT);
    receipts.acknowledge(Id(3), 4, AckBy::Once, 2 * SECOND);
    ack(&mut receipts, 2, 4, 2 * SECOND);
    let ask = |numbers: &[u32]| Some(Overdue::Ask(ids(numbers).collect()));
    assert_eq!(receipts.overdue(WAIT, SECOND), ask(&[1, 3]));
    assert_eq!(receipts.overdue(WAIT + SECOND / 2, SECOND), None);
    ack(&mut receipts, 3, 5, WAIT + SECOND / 2);
    assert_eq!(receipts.overdue(WAIT + SECOND, SECOND), ask(&[1]));
    let Some(Overdue::Report(told)) = receipts.overdue(WAIT + 2 * SECOND, SECOND) else {
        panic!("{receipts:?}");
    };
    assert_eq!((told.has, told.waiting), (1, vec![Id(1), Id(2)]));
    // Whoever was asked in another way is named in time.
    let mut receipts = Receipts::default();
    receipts.said(5, ids(&[1]), ZERO, WAIT);
    receipts.asked_all(SECOND);
    receipts.asked_all(SECOND * 3 / 2);
    receipts.asked_all(WAIT - SECOND / 10);
    let overdue = receipts.overdue(WAIT, SECOND);
    assert!(matches!(overdue, Some(Overdue::Report(_))), "{overdue:?}");
}

#[test]
fn who_has_too_many_to_answer_is_not_named_and_keeps_nobody_else_from_it() {
    let mut receipts = Receipts::default();
    receipts.said(5, ids(&[1, 2]), ZERO, WAIT);
    let mut named = Vec::new();
    while let Some(now) = receipts.next_time().filter(|now| *now < 60 * SECOND) {
        receipts.note_beat(Id(1), true, now);
        if let Some(Overdue::Report(told)) = receipts.overdue(now, SECOND) {
            named.push((told.waiting, now));
        }
    }
    let [(who, at)] = named.as_slice() else {
        panic!("{named:?}");
    };
    assert!(*who == [Id(2)] && *at <= 12 * SECOND, "{named:?}");
    // What it stated before a frame was given all its time may be old; what it states later is not.
    let mut receipts = Receipts::default();
    receipts.said(5, ids(&[1]), ZERO, WAIT);
    receipts.note_beat(Id(1), true, 2 * SECOND);
    ack(&mut receipts, 1, 4, 2 * SECOND);
    assert!(matches!(
        receipts.overdue(WAIT, SECOND),
        Some(Overdue::Ask(_))
    ));
    ack(&mut receipts, 1, 4, WAIT + SECOND / 2);
    let told = report(&mut receipts).unwrap();
    assert_eq!(told.waiting, [Id(1)]);
    // One who has room in a beat, and still says nothing, lacks it.
    let mut receipts = Receipts::default();
    receipts.said(5, ids(&[1, 2]), ZERO, WAIT);
    while let Some(now) = receipts.next_time().filter(|now| *now < 20 * SECOND) {
        receipts.note_beat(Id(1), true, now);
        receipts.overdue(now, SECOND);
    }
    receipts.note_beat(Id(1), false, 20 * SECOND);
    receipts.said(6, ids(&[1]), 20 * SECOND, WAIT);
    let told = report(&mut receipts).unwrap();
    assert_eq!(told.waiting, [Id(1), Id(2)]);
}

#[test]
fn who_keeps_up_is_not_named_while_more_is_said() {
    let mut receipts = Receipts::default();
    for number in 1..100 {
        let now = SECOND * number / 10;
        receipts.said(number, ids(&[1]), now, WAIT);
        assert_eq!(receipts.overdue(now, SECOND), None);
        ack(&mut receipts, 1, number - 1, now);
    }
}

#[test]
fn of_many_who_do_not_answer_a_few_are_asked_and_named() {
    let mut receipts = Receipts::default();
    let many: Vec<u32> = (1..=100).collect();
    receipts.said(5, ids(&many), ZERO, WAIT);
    let Some(Overdue::Ask(asked)) = receipts.overdue(WAIT, SECOND) else {
        panic!("{receipts:?}");
    };
    assert_eq!(asked.len(), ASKED_MAX);
    let told = report(&mut receipts).unwrap();
    assert_eq!((told.has, told.of, told.waiting), (0, 100, asked));
}

#[test]
fn who_left_is_not_waited_for() {
    let mut receipts = Receipts::default();
    receipts.said(5, ids(&[1, 2]), ZERO, WAIT);
    ack(&mut receipts, 1, 5, ZERO);
    let delivered = receipts.forget(Id(2), person(2)).unwrap();
    assert_eq!((delivered.has, delivered.of), (1, 1));
}

#[test]
fn who_comes_back_for_what_they_lacked_is_reported() {
    let mut receipts = Receipts::default();
    receipts.said(2, ids(&[1, 2]), ZERO, WAIT);
    assert_eq!(ack(&mut receipts, 1, 2, ZERO), None);
    let overdue = report(&mut receipts).unwrap();
    assert_eq!((overdue.has, overdue.of), (1, 2));
    let left = receipts.forget(Id(2), person(2));
    assert_eq!(left, None, "not all have it now");
    assert_eq!(ack(&mut receipts, 2, 1, 9 * SECOND), None);
    let late = ack(&mut receipts, 2, 2, 9 * SECOND).unwrap();
    assert_eq!((late.has, late.of, late.was_reported), (2, 2, true));
    assert_eq!(receipts.holders().count(), 2, "they have it, too");
    let again = ack(&mut receipts, 2, 3, 9 * SECOND);
    assert_eq!(again, None, "once");
}

#[test]
fn another_session_of_the_same_person_is_owed_what_it_can_read() {
    for is_private in [false, true] {
        let mut receipts = Receipts::default();
        receipts.said(2, ids(&[1, 2]), ZERO, WAIT);
        ack(&mut receipts, 2, 2, ZERO);
        ack(&mut receipts, 1, 2, ZERO);
        receipts.said(3, ids(&[1, 2]), ZERO, WAIT);
        receipts.said(4, ids(&[1, 2]), ZERO, WAIT);
        if is_private {
            receipts.said_privately(5, Id(2), ZERO, WAIT);
        }
        report(&mut receipts);
        receipts.forget(Id(2), person(2));
        let expected = (!is_private).then_some((3, 4));
        assert_eq!(receipts.owed_to(Key([2; 32])), expected);
        assert_eq!(receipts.owed_to(Key([1; 32])), None);
        let late = receipts.settle_for(Key([2; 32]));
        assert_eq!(late.is_some_and(|late| late.last == 4), !is_private);
        assert_eq!(receipts.settle_for(Key([2; 32])), None, "once");
    }
}

#[test]
fn who_has_everything_counts_also_after_leaving() {
    let mut receipts = Receipts::default();
    receipts.said(2, ids(&[]), ZERO, WAIT);
    assert!(receipts.is_complete());
    receipts.expect(ids(&[1, 2]));
    assert!(!receipts.is_complete());
    ack(&mut receipts, 1, 2, ZERO);
    receipts.forget(Id(1), person(1));
    assert_eq!(receipts.holders().collect::<Vec<_>>(), [Id(1)]);
    receipts.said(3, ids(&[2]), ZERO, WAIT);
    assert_eq!(receipts.holders().count(), 0);
}
