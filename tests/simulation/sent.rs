//! The events about a member's own messages: their ids, once they are in a frame, and who has
//! them.

use roda::chat::command::Command;
use roda::chat::event::{Failure, Id, News};
use roda::protocol::engine::config::TEXT_MAX_BYTES;
use roda::protocol::engine::event::MessageId;
use roda::protocol::engine::private::PRIVATE_MAX_BYTES;
use roda::protocol::message::Name;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

fn of_group(id: Id) -> MessageId {
    match id {
        Id::Group(id) => id,
        Id::Local(number) => panic!("{number}"),
    }
}

/// The ids of a member's own messages, to all or private.
fn sent(circle: &Circle, number: usize, private: bool) -> Vec<MessageId> {
    let told = circle.world.told(number).iter();
    let ids = told.filter_map(|event| match event {
        News::Message(message) if message.is_own && message.is_private == private => {
            Some(of_group(message.id))
        }
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
fn a_private_message_to_several_sessions_is_one_event_for_its_author() {
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
            News::Message(message) => Some(of_group(message.id)),
            _ => None,
        }));
    }
    read.sort_unstable();
    assert_eq!(read.len(), 2);
    assert_eq!(sent(&circle, 0, true), read[..1]);
    assert_eq!(sent(&circle, 0, false), []);
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
                News::Delivered(told) => {
                    let ids = (of_group(told.first), of_group(told.last));
                    let sequences = (ids.0.position.sequence, ids.1.position.sequence);
                    Some((sequences.0, sequences.1, told.waiting.len()))
                }
                _ => None,
            });
        let sequence = |id: &MessageId| id.position.sequence;
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
fn somebody_who_restarts_and_catches_up_has_what_was_said_meanwhile() {
    for seed in 25..28 {
        let mut circle = Circle::of(seed, 3);
        let delivered = |circle: &Circle| {
            let told = circle.world.told(0).iter().rev();
            let mut delivered = told.filter_map(|event| match event {
                News::Delivered(told) => Some((told.has, told.of, told.waiting.len())),
                _ => None,
            });
            delivered.next()
        };
        circle.world.kill(2);
        let message = circle.world.say(0);
        circle.world.run(60 * SECOND);
        assert_eq!(delivered(&circle), Some((1, 2, 1)), "seed {seed}");
        circle.world.start(2).unwrap();
        circle.world.run(90 * SECOND);
        assert!(circle.world.ledger().has(2, message), "seed {seed}");
        assert_eq!(delivered(&circle), Some((2, 2, 0)), "seed {seed}");
    }
}

#[test]
fn a_text_that_is_too_long_goes_as_several_messages_and_the_cut_is_reported() {
    let mut circle = Circle::of(24, 2);
    let limit_bytes = TEXT_MAX_BYTES;
    circle
        .world
        .ask(0, Command::Say("x".repeat(limit_bytes + 1)));
    circle.world.run(SECOND);
    let cut = News::Failed(Failure::LineCut { limit_bytes });
    assert_eq!(circle.count_told(0, |news| *news == cut), 1);
    assert_eq!(sent(&circle, 0, false).len(), 2);
    let bia = Name::parse("m1").unwrap();
    let long = "x".repeat(PRIVATE_MAX_BYTES + 1);
    circle.world.say_privately(0, &bia, &long);
    circle.world.run(SECOND);
    assert_eq!(sent(&circle, 0, true).len(), 2);
}
