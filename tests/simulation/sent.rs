//! What a member is told of its own messages: their ids, once they are in a frame, and who has
//! them.

use roda::protocol::engine::config::TEXT_MAX_BYTES;
use roda::protocol::engine::event::{EngineEvent, MessageId, SayError};
use roda::protocol::engine::private::PRIVATE_MAX_BYTES;
use roda::protocol::message::Name;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

/// The ids that a member was told of its own messages, to all or private.
fn sent(circle: &Circle, number: usize, private: bool) -> Vec<MessageId> {
    let told = circle.world.told(number).iter();
    let ids = told.filter_map(|event| match event {
        EngineEvent::Sent { id, is_private } if *is_private == private => Some(*id),
        _ => None,
    });
    ids.collect()
}

#[test]
fn each_own_message_gets_the_id_by_which_all_others_know_it() {
    let mut circle = Circle::of(21, 3);
    circle.world.set_faults(Faults::losing(0.2));
    let long = "é".repeat(20_000);
    for text in ["one", "two", &long, "three", "", &long] {
        circle.world.say_with(0, text);
    }
    circle.world.run(SECOND);
    circle.world.say(0);
    circle.settle(20 * SECOND);
    circle.expect_whole();
    let ids = sent(&circle, 0, false);
    assert_eq!(ids.len(), 7);
    for number in 0..3 {
        let history = circle.world.node(number).unwrap().history(usize::MAX);
        let said: Vec<MessageId> = history.iter().map(|said| said.id).collect();
        assert_eq!(said, ids, "member {number}");
    }
    assert_eq!(sent(&circle, 1, false), []);
}

#[test]
fn a_private_message_has_an_id_for_each_session_that_it_goes_to() {
    let mut circle = Circle::of(22, 3);
    let second = circle.world.join_again(1).unwrap();
    circle.world.run(10 * SECOND);
    let bia = Name::parse("m1").unwrap();
    assert_eq!(circle.world.say_privately(0, &bia, "segredo"), 2);
    circle.settle(10 * SECOND);
    let mut read = Vec::new();
    for number in [1, second] {
        let told = circle.world.told(number).iter();
        read.extend(told.filter_map(|event| match event {
            EngineEvent::Said(said) => Some(said.id),
            _ => None,
        }));
    }
    read.sort_unstable();
    assert_eq!(sent(&circle, 0, true), read);
    assert_eq!((read.len(), sent(&circle, 0, false).len()), (2, 0));
}

#[test]
fn a_delivery_is_about_the_frames_since_all_was_delivered() {
    let mut circle = Circle::of(23, 3);
    let frames = |circle: &Circle| {
        let delivered = circle
            .world
            .told(0)
            .iter()
            .rev()
            .find_map(|event| match event {
                EngineEvent::Delivered {
                    first_sequence,
                    last_sequence,
                    waiting,
                    ..
                } => Some((*first_sequence, *last_sequence, waiting.len())),
                _ => None,
            });
        let sequence = |id: &MessageId| id.place.sequence;
        let sent: Vec<u32> = sent(circle, 0, false).iter().map(sequence).collect();
        (delivered.unwrap(), sent)
    };
    circle.world.say(0);
    circle.world.run(2 * SECOND);
    let (delivered, sent) = frames(&circle);
    assert_eq!(delivered, (sent[0], sent[0], 0));
    circle.world.deafen(|_, to| to == 2);
    for _ in 0..2 {
        circle.world.say(0);
        circle.world.run(2 * SECOND);
    }
    let (delivered, sent) = frames(&circle);
    assert_eq!(delivered, (sent[1], sent[2], 1));
    circle.settle(20 * SECOND);
    let (delivered, sent) = frames(&circle);
    assert_eq!(delivered, (sent[1], sent[2], 0));
}

#[test]
fn a_text_that_is_too_long_is_refused_and_nothing_of_it_is_said() {
    let mut circle = Circle::of(24, 2);
    let most_bytes = TEXT_MAX_BYTES;
    let bytes = most_bytes + 1;
    let refused = circle
        .world
        .ask(0, |node, now| node.say(now, &"x".repeat(bytes)));
    assert_eq!(refused, Some(Err(SayError::TooLong { bytes, most_bytes })));
    let taken = circle
        .world
        .ask(0, |node, now| node.say(now, &"x".repeat(most_bytes)));
    assert_eq!(taken, Some(Ok(())));
    let bia = Name::parse("m1").unwrap();
    let long = "x".repeat(PRIVATE_MAX_BYTES + 1);
    assert_eq!(circle.world.say_privately(0, &bia, &long), 0);
    circle.world.run(SECOND);
    assert_eq!(sent(&circle, 0, false).len(), 1);
    assert_eq!(sent(&circle, 0, true).len(), 0);
}
