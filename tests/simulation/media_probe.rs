//! What a call that begins finds out of its network, before anybody complains.

use roda::chat::command::Command;
use roda::chat::event::News;
use roda::chat::media::{MediaCommand, MediaEvent, Source};
use roda::sim::link::Faults;
use roda::sim::media::Making;

use crate::circle::{Circle, SECOND};

/// What a member was told of its probes: how much arrived, and how many counted.
fn probed(circle: &Circle, member: usize) -> Vec<(u8, usize)> {
    let news = circle.world.face(member).iter();
    let probed = news.filter_map(|news| match news {
        News::Media(event) => match **event {
            MediaEvent::Probed {
                arrived_percent,
                members,
            } => Some((arrived_percent, members)),
            _ => None,
        },
        _ => None,
    });
    probed.collect()
}

#[test]
fn a_call_that_begins_tries_a_megabit_and_tells_how_much_arrived() {
    // Loss, what the network carries of the group of streams, and what is to be told.
    let rows = [
        (0.0, None, 100..=100),
        (0.2, None, 70..=92),
        (0.0, Some(0), 0..=0),
        (0.0, Some(256_000), 5..=40),
    ];
    for (seed, (loss, limit, expected)) in (620..).zip(rows) {
        let mut circle = Circle::of(seed, 6);
        circle.world.set_faults(Faults::losing(loss));
        if let Some(bits_per_s) = limit {
            circle.world.limit_streams(bits_per_s);
        }
        circle.world.record_face(0);
        circle.world.run(3 * SECOND);
        // Nobody watches: they count all the same.
        let began = circle.world.now();
        circle.world.film(0, Source::Sound, Making::VOICE);
        circle.world.run(5 * SECOND);
        let told = probed(&circle, 0);
        let [(percent, members)] = told[..] else {
            panic!("{loss} {limit:?}: {told:?}");
        };
        assert!(expected.contains(&percent), "{loss} {limit:?}: {percent}");
        assert!(members >= 4, "{members} of 5 counted");
        let sent = circle.world.sent(0).unwrap();
        let (from, to) = (began.as_secs(), began.as_secs() + 4);
        let bytes: u64 = sent.between(from, to).into_values().sum();
        assert!(
            bytes < 250_000,
            "{loss} {limit:?}: {bytes} bytes with the voice"
        );
        // What was found out is not asked again at each click, nor by those who come later.
        let end = Command::Media(MediaCommand::End(Source::Sound));
        circle.world.ask(0, end);
        circle.world.run(8 * SECOND);
        circle.world.film(0, Source::Sound, Making::VOICE);
        circle.world.run(SECOND);
        circle.world.record_face(1);
        circle.world.film(1, Source::Sound, Making::VOICE);
        circle.world.run(6 * SECOND);
        assert_eq!(probed(&circle, 0).len(), 1);
        assert_eq!(probed(&circle, 1), []);
    }
}

#[test]
fn whoever_is_alone_tries_nothing() {
    let mut circle = Circle::of(630, 1);
    circle.world.record_face(0);
    circle.world.film(0, Source::Sound, Making::VOICE);
    circle.world.run(6 * SECOND);
    assert_eq!(probed(&circle, 0), []);
}
