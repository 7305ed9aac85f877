//! Private messages on networks that lose: repaired by who cannot read them, read once, and by one.

use roda::chat::event::{Message, News};
use roda::protocol::message::Name;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

/// The private messages that a member was shown.
fn private(circle: &Circle, number: usize) -> Vec<Message> {
    let told = circle.world.told(number).iter();
    let said = told.filter_map(|event| match event {
        News::Message(message) if !message.is_own => Some(message.clone()),
        _ => None,
    });
    said.collect()
}

#[test]
fn a_private_message_comes_once_to_one_also_through_loss() {
    let mut circle = Circle::of(11, 6);
    circle.talk(6, SECOND / 5);
    circle.world.set_faults(Faults::losing(0.2));
    let bia = Name::parse("m1").unwrap();
    for number in 0..30 {
        let text = format!("segredo {number}");
        assert_eq!(circle.world.say_privately(0, &bia, &text), 1);
        circle.world.run(SECOND / 10);
    }
    circle.settle(20 * SECOND);
    let heard = private(&circle, 1);
    let texts: Vec<String> = heard.iter().map(|said| said.text().to_owned()).collect();
    let expected: Vec<String> = (0..30).map(|number| format!("segredo {number}")).collect();
    assert_eq!(texts, expected);
    assert!(
        heard
            .iter()
            .all(|said| said.is_private && &*said.who.name == "m0")
    );
    for other in [0, 2, 3, 4, 5] {
        assert!(private(&circle, other).is_empty(), "m{other}");
    }
    circle.expect_whole();
}

#[test]
fn a_private_message_is_repaired_by_members_that_cannot_read_it() {
    let mut circle = Circle::of(12, 4);
    circle.talk(8, SECOND / 5);
    let bia = Name::parse("m1").unwrap();
    // The addressee hears nothing of its author, who dies right after speaking.
    circle.world.deafen(|from, to| (from, to) == (0, 1));
    circle.world.say_privately(0, &bia, "segredo");
    circle.world.run(SECOND / 20);
    circle.world.kill(0);
    circle.world.run(20 * SECOND);
    let heard = private(&circle, 1);
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0].text(), "segredo");
}

#[test]
fn a_restarted_member_reads_no_earlier_private_message() {
    let mut circle = Circle::of(13, 3);
    circle.talk(6, SECOND / 5);
    let bia = Name::parse("m1").unwrap();
    circle.world.say_privately(0, &bia, "segredo");
    circle.world.run(5 * SECOND);
    assert_eq!(private(&circle, 1).len(), 1);
    circle.world.kill(1);
    circle.world.start(1).unwrap();
    circle.world.run(20 * SECOND);
    // A member's events are counted anew with each start.
    let heard = private(&circle, 1);
    assert!(heard.is_empty(), "its secret is gone with its session");
}
