//! Members come, go, die, return, sleep, and are cut off.

use roda::chat::command::Command;
use roda::chat::event::News;
use roda::protocol::message::NAME_MAX_BYTES;
use roda::protocol::wire::frame::Kind;
use std::sync::Arc;
use std::time::Duration;

use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND, is};

fn is_namesake(news: &News) -> bool {
    matches!(news, News::Namesake(_))
}

fn left(who: &str) -> impl Fn(&News) -> bool {
    move |event| matches!(event, News::Left { person: left, .. } if is(left, who))
}

#[test]
fn two_halves_cut_off_from_each_other_agree_afterwards() {
    for (seed, members) in [(1, 4), (2, 10), (3, 60)] {
        let mut circle = Circle::of(seed, members);
        circle.talk(10, SECOND / 5);
        circle
            .world
            .separate(move |member| u8::from(member % 2 == 0));
        circle.talk(60, SECOND);
        circle.settle(60 * SECOND);
        circle.expect_whole();
        circle.expect_one_history();
    }
}

#[test]
fn a_member_that_is_heard_but_hears_nobody_for_a_while_catches_up() {
    let mut circle = Circle::of(4, 6);
    circle.world.deafen(|_, to| to == 2);
    circle.talk(60, SECOND / 2);
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn a_switch_that_forgets_is_reminded_and_members_it_cut_off_catch_up() {
    let mut circle = Circle::of(13, 4);
    let forgets_after = 260 * SECOND;
    circle.world.set_faults(Faults {
        forgets_after,
        ..Faults::NONE
    });
    for round in 0..10 {
        circle.talk(12, 10 * SECOND);
        // Everybody joins again every 120 s, but one who stops doing so.
        for member in (0..4).filter(|member| *member != 2 || round < 3) {
            circle.world.rejoin(member);
        }
    }
    assert_eq!(circle.world.ledger().findings(), &[] as &[String]);
    assert!(
        circle
            .world
            .ledger()
            .missing()
            .iter()
            .all(|(_, member)| *member == 2)
    );
    circle.world.rejoin(2);
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn no_frame_is_longer_than_the_narrowest_link() {
    let mut circle = Circle::of(14, 3);
    circle.world.set_faults(Faults {
        mtu_bytes: 1200,
        ..Faults::NONE
    });
    for line in 0..50 {
        circle.world.say_with(line % 3, &"x".repeat(line * 100));
        circle.world.run(SECOND / 10);
    }
    circle.settle(20 * SECOND);
    circle.expect_whole();
}

#[test]
fn a_member_that_lost_its_disk_is_another_person_of_the_same_name() {
    let mut circle = Circle::of(15, 3);
    circle.talk(30, SECOND / 5);
    circle.world.kill(1);
    circle.world.run(SECOND);
    circle.world.start_afresh(1).unwrap();
    circle.world.run(10 * SECOND);
    assert_eq!(circle.count_told(0, is_namesake), 1);
    // Under one name are two people now.
    let entered =
        |event: &News| matches!(event, News::Entered { person: who, .. } if is(who, "m1"));
    assert_eq!(circle.count_told(0, entered), 2);
    circle.talk(30, SECOND / 5);
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn a_source_that_dies_right_after_speaking_is_heard_by_all() {
    for seed in 0..20 {
        let mut circle = Circle::of(seed, 10);
        circle.world.set_faults(Faults::losing(0.4));
        let said = circle.world.say(3);
        circle.world.run(Duration::from_millis(1));
        let has = |circle: &Circle| {
            (0..10)
                .filter(|m| circle.world.ledger().has(*m, said))
                .count()
        };
        let had = has(&circle);
        circle.world.kill(3);
        circle.world.run(60 * SECOND);
        assert!(
            had == 0 || has(&circle) == 9,
            "seed {seed}: {had}, then {}",
            has(&circle)
        );
        circle.settle(30 * SECOND);
        circle.expect_whole();
    }
}

#[test]
fn a_latecomer_receives_what_was_said_in_its_order() {
    for (seed, loss) in [(1, 0.0), (2, 0.05), (3, 0.2)] {
        let mut circle = Circle::of(seed, 5);
        circle.world.set_faults(Faults::losing(loss));
        circle.talk(500, SECOND / 20);
        circle.world.leave(4);
        circle.world.run(SECOND);
        circle.world.kill(4);
        circle.world.run(15 * SECOND);
        let late = circle.world.join("late").unwrap();
        circle.world.run(10 * SECOND);
        assert_eq!(circle.world.ledger().late(late), 500, "seed {seed}");
        circle.talk(20, SECOND / 5);
        circle.settle(60 * SECOND);
        circle.expect_whole();
        circle.expect_one_history();
    }
}

#[test]
fn a_latecomer_does_not_meet_those_who_have_left() {
    let mut circle = Circle::of(12, 4);
    circle.talk(8, SECOND / 10);
    circle.world.leave(2);
    circle.world.run(SECOND);
    circle.world.kill(2);
    let late = circle.world.join("late").unwrap();
    circle.world.run(10 * SECOND);
    assert_eq!(circle.world.ledger().late(late), 8);
    assert_eq!(circle.world.node(late).unwrap().roster().size(), 4);
    let met = |event: &News| matches!(event, News::Entered { person: who, .. } if is(who, "m2"));
    assert_eq!(
        circle.count_told(late, met) + circle.count_told(late, left("m2")),
        0
    );
}

#[test]
fn a_member_that_was_killed_and_comes_back_has_everything_again() {
    for seed in 0..10 {
        let mut circle = Circle::of(seed, 5);
        circle.world.set_faults(Faults::losing(0.05));
        circle.talk(100, SECOND / 20);
        circle.world.kill(2);
        for member in [0, 1, 3, 4].iter().cycle().take(100) {
            circle.world.say(*member);
            circle.world.run(SECOND / 20);
        }
        circle.world.start(2).unwrap();
        circle.talk(100, SECOND / 20);
        circle.settle(60 * SECOND);
        circle.expect_whole();
        circle.expect_one_history();
        // The new session says which one it follows, so nobody waits for the old one.
        let size = circle.world.node(0).unwrap().roster().size();
        assert_eq!(size, 5, "seed {seed}");
    }
}

#[test]
fn a_member_that_wakes_up_receives_what_it_slept_through() {
    let mut circle = Circle::of(5, 6);
    circle.world.sleep(1, 120 * SECOND);
    for member in [0, 2, 3, 4, 5].iter().cycle().take(200) {
        circle.world.say(*member);
        circle.world.run(SECOND / 2);
    }
    circle.settle(90 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
    assert_eq!(circle.count_told(0, left("m1")), 1);
    assert_eq!(circle.world.node(0).unwrap().roster().size(), 6);
}

#[test]
fn a_member_away_for_longer_than_history_goes_on_with_what_is_said_now() {
    let mut circle = Circle::of(11, 3);
    circle.world.say(0);
    circle.world.run(SECOND);
    circle.world.sleep(2, 60 * SECOND);
    let long = "x".repeat(800);
    for _ in 0..12_000 {
        circle.world.say_with(0, &long);
        circle.world.run(Duration::from_millis(2));
    }
    circle.world.run(60 * SECOND);
    let now = circle.world.say(0);
    circle.world.take_traffic();
    circle.world.run(30 * SECOND);
    assert!(circle.world.ledger().has(2, now));
    assert!(
        circle.world.ledger().has(2, now - 1000),
        "what the others remember"
    );
    assert_eq!(circle.world.ledger().findings(), &[] as &[String]);
    let gap = |event: &News| matches!(event, News::Gap { .. });
    assert!(circle.count_told(2, gap) >= 1);
    let traffic = circle.world.take_traffic();
    assert!(
        traffic.repairs() < 10 && traffic.nacks() < 50,
        "{traffic:?}"
    );
}

#[test]
fn two_sessions_of_one_person_are_one_person() {
    let mut circle = Circle::of(6, 3);
    let second = circle.world.join_again(0).unwrap();
    circle.world.run(10 * SECOND);
    circle.talk(20, SECOND / 5);
    circle.settle(20 * SECOND);
    circle.expect_whole();
    let entered =
        |event: &News| matches!(event, News::Entered { person: who, .. } if is(who, "m0"));
    assert_eq!(circle.count_told(1, entered), 1);
    circle.world.leave(second);
    circle.world.run(SECOND);
    assert_eq!(circle.count_told(1, left("m0")), 0);
    circle.world.leave(0);
    circle.world.run(SECOND);
    assert_eq!(circle.count_told(1, left("m0")), 1);
}

#[test]
fn a_farewell_is_reported_at_once_and_a_death_after_some_time() {
    let mut circle = Circle::of(8, 5);
    circle.world.set_faults(Faults::losing(0.05));
    circle.world.leave(1);
    circle.world.run(SECOND);
    circle.world.kill(1);
    circle.world.kill(2);
    circle.world.run(3 * SECOND);
    for member in [0, 3, 4] {
        assert_eq!(circle.count_told(member, left("m1")), 1);
        assert_eq!(circle.count_told(member, left("m2")), 0);
    }
    circle.world.run(60 * SECOND);
    for member in [0, 3, 4] {
        let silent = |event: &News| matches!(event, News::Silent(who) if is(who, "m2"));
        assert_eq!(circle.count_told(member, silent), 1);
        assert_eq!(circle.count_told(member, left("m2")), 1);
    }
}

#[test]
fn no_present_member_is_reported_missing_even_at_high_loss() {
    for (seed, members, loss) in [(1, 5, 0.4), (2, 50, 0.2), (3, 100, 0.05)] {
        let mut circle = Circle::of(seed, members);
        circle.world.set_faults(Faults::losing(loss));
        circle.world.run(600 * SECOND);
        let gone = |event: &News| matches!(event, News::Left { .. });
        let told: usize = (0..members).map(|m| circle.count_told(m, gone)).sum();
        assert_eq!(told, 0, "seed {seed}");
    }
}

#[test]
fn a_clock_that_is_wrong_does_not_disturb_the_order() {
    let mut circle = Circle::of(9, 5);
    for (member, skew_s) in [(1, -200), (2, 240), (3, 86_400), (4, -86_400)] {
        circle.world.kill(member);
        circle.world.set_skew(member, skew_s * 1000);
        circle.world.start(member).unwrap();
        circle.world.run(10 * SECOND);
    }
    circle.talk(50, SECOND / 2);
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn a_member_without_a_clock_is_seen_and_heard_by_members_with_one() {
    let mut circle = Circle::of(17, 1);
    circle.world.set_skew(0, -320_000_000_000); // 2016, as a board without a battery may say
    circle.world.kill(0);
    circle.world.start(0).unwrap();
    circle.world.run(20 * SECOND);
    for name in ["bia", "caio"] {
        circle.world.join(name).unwrap();
        circle.world.run(2 * SECOND);
    }
    for member in 0..3 {
        let size = circle.world.node(member).unwrap().roster().size();
        assert_eq!(size, 3, "{member}");
    }
    circle.talk(21, SECOND / 3);
    circle.settle(20 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn delivery_events_name_the_members_that_lack_something() {
    let mut circle = Circle::of(10, 4);
    circle.world.say(0);
    circle.world.run(2 * SECOND);
    let whole =
        |event: &News| matches!(event, News::Delivered(told) if (told.has, told.of) == (3, 3));
    assert_eq!(circle.count_told(0, whole), 1);
    circle.world.kill(2);
    circle.world.say(0);
    circle.world.run(5 * SECOND);
    let waiting = |event: &News| match event {
        News::Delivered(told) => {
            (told.has, told.of) == (2, 3) && told.waiting.len() == 1 && is(&told.waiting[0], "m2")
        }
        _ => false,
    };
    assert_eq!(
        circle.count_told(0, waiting),
        1,
        "{:?}",
        circle.world.told(0)
    );
}

#[test]
fn two_people_of_one_name_are_told_apart() {
    let mut circle = Circle::of(7, 3);
    let other = circle.world.join("m0").unwrap();
    circle.world.run(10 * SECOND);
    for member in [0, 1, 2] {
        assert_eq!(circle.count_told(member, is_namesake), 1, "m{member}");
    }
    let is_taken = |news: &News| matches!(news, News::NameTaken(_));
    assert_eq!(circle.count_told(other, is_taken), 1, "m0 came first");
    circle.world.say(other);
    circle.settle(10 * SECOND);
    circle.expect_whole();
}

#[test]
fn another_name_reaches_everybody_and_changes_nothing_that_was_said_before() {
    let mut circle = Circle::of(31, 5);
    circle.world.set_faults(Faults::losing(0.2));
    circle.talk(10, SECOND / 5);
    // What still waits to be sent keeps the old name, however long it is.
    let long = "é".repeat(20_000);
    circle.world.say_with(2, &long);
    let longest = "x".repeat(NAME_MAX_BYTES);
    circle.world.ask(2, Command::Nick(longest.clone()));
    circle.world.run(5 * SECOND);
    circle.world.say_with(2, &long);
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
    for number in 0..5 {
        let is_renamed = |news: &&News| match news {
            News::Renamed {
                before,
                person,
                is_own,
            } => *is_own == (number == 2) && &*before.name == "m2" && *person.name == *longest,
            _ => false,
        };
        let told = circle.world.told(number).iter().filter(is_renamed);
        assert_eq!(told.count(), 1, "member {number}");
        let history = circle.world.node(number).unwrap().history(usize::MAX);
        let key = circle.world.node(2).unwrap().key();
        let names = history.iter().filter(|said| said.who.key == key);
        let mut names: Vec<&str> = names.map(|said| said.who.name.as_str()).collect();
        assert_eq!(names.pop(), Some(longest.as_str()), "member {number}");
        assert!(
            names.iter().all(|name| *name == "m2"),
            "member {number}: {names:?}"
        );
    }
}

#[test]
fn a_line_that_others_repeat_shows_nobody_as_here_who_is_not_heard() {
    for (seed, is_known) in [(20, false), (21, true), (22, false), (23, true)] {
        let mut circle = Circle::of(seed, 4);
        let newcomer = circle.world.join("nova").unwrap();
        if is_known {
            circle.world.run(5 * SECOND);
        }
        circle
            .world
            .deafen(move |from, to| from == 0 && to == newcomer);
        circle.world.run(5 * SECOND);
        let before = circle.count_told(newcomer, |news| is_about(news, "m0"));
        circle.world.tap();
        let said = circle.world.say(0);
        circle.world.run(SECOND / 10);
        circle.world.kill(0);
        let repairer = circle.world.address(1).unwrap();
        let durable = |bytes: &Arc<[u8]>| Kind::of(bytes) == Some(Kind::Durable);
        let mut recorded = circle.world.tapped();
        recorded.retain(durable);
        assert!(!recorded.is_empty(), "seed {seed}");
        // A moment later, while the others still take it as here, and long after it is gone.
        for pause in [SECOND / 10, SECOND, 60 * SECOND] {
            circle.world.run(pause);
            for bytes in &recorded {
                (1..5).for_each(|to| circle.world.inject_to(to, repairer, bytes));
            }
            circle.world.run(5 * SECOND);
        }
        assert!(circle.world.ledger().has(newcomer, said), "seed {seed}");
        for member in 1..5 {
            let is_gone = left("m0");
            let gone = usize::from(member != newcomer || is_known);
            assert_eq!(circle.count_told(member, is_gone), gone, "seed {seed}");
            let others = circle.world.node(member).unwrap().roster().others();
            let names: Vec<String> = others.map(|(_, it)| it.name.to_string()).collect();
            assert!(!names.contains(&"m0".to_owned()), "seed {seed}: {names:?}");
        }
        let told = circle.count_told(newcomer, |news| is_about(news, "m0"));
        let most = before + 2 * usize::from(is_known);
        assert!(
            told <= most,
            "seed {seed}: silent and gone, and nothing else"
        );
    }
}

/// Whether somebody comes, goes, does not answer or is back.
fn is_about(news: &News, name: &str) -> bool {
    match news {
        News::Entered { person, .. } | News::Left { person, .. } => is(person, name),
        News::Silent(person) | News::Back(person) => is(person, name),
        _ => false,
    }
}
