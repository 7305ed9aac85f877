//! Identities that were copied: one key on several computers.

use roda::chat::event::News;

use crate::circle::{Circle, SECOND};

fn is_shared(news: &News) -> bool {
    matches!(news, News::SharedKey(_))
}

fn is_elsewhere(news: &News) -> bool {
    matches!(news, News::OwnKeyElsewhere(_))
}

#[test]
fn one_key_under_several_names_is_told_once_to_everybody() {
    let mut circle = Circle::of(1, 3);
    let copies = [
        circle.world.join_copied(0, "clone").unwrap(),
        circle.world.join_copied(0, "outro").unwrap(),
    ];
    circle.world.run(120 * SECOND);
    for member in [0, 1, 2, copies[0], copies[1]] {
        assert_eq!(circle.count_told(member, is_shared), 1, "{member}");
        assert_eq!(circle.count_told(member, is_elsewhere), 0, "{member}");
    }
    let names = |news: &News| match news {
        News::SharedKey(people) => {
            let own = people.iter().filter(|member| member.is_own);
            people.len() >= 2 && own.count() == 1
        }
        _ => false,
    };
    assert_eq!(circle.count_told(0, names), 1, "who has it sees itself");
}

#[test]
fn the_same_name_from_another_computer_is_told_to_its_own_sessions_only() {
    let mut circle = Circle::of(2, 3);
    let second = circle.world.join_again(0).unwrap();
    circle.world.run(120 * SECOND);
    for (member, expected) in [(0, 1), (second, 1), (1, 0), (2, 0)] {
        assert_eq!(
            circle.count_told(member, is_elsewhere),
            expected,
            "{member}"
        );
        assert_eq!(circle.count_told(member, is_shared), 0, "{member}");
    }
}

#[test]
fn who_comes_back_under_another_name_is_no_copy() {
    let mut circle = Circle::of(3, 3);
    circle.world.kill(0);
    let again = circle.world.join_copied(0, "outra").unwrap();
    circle.world.run(120 * SECOND);
    for member in [1, 2, again] {
        assert_eq!(circle.count_told(member, is_shared), 0, "{member}");
        assert_eq!(circle.count_told(member, is_elsewhere), 0, "{member}");
    }
    // The same person and name, back on the same computer.
    circle.world.kill(1);
    circle.world.run(SECOND);
    circle.world.start(1).unwrap();
    circle.world.run(120 * SECOND);
    for member in [1, 2, again] {
        assert_eq!(circle.count_told(member, is_elsewhere), 0, "{member}");
    }
}
