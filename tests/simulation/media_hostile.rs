//! Those who mean harm to a conference: who asks for everything, who makes frames of another's
//! streams, and who plays a recording again.

use roda::chat::media::Source;
use roda::protocol::wire::compact::Compact;
use roda::protocol::wire::frame::call::Want;
use roda::sim::link::Faults;

use crate::circle::SECOND;
use crate::media::{conference, expect_true};

/// A viewer that is no honest one: it asks for all of each picture, and for key pictures.
#[test]
fn whoever_asks_for_everything_gets_a_part_and_costs_nobody_a_picture() {
    let mut circle = conference(90, 6, Faults::losing(0.02));
    circle.world.run(5 * SECOND);
    let began = circle.world.now();
    for _ in 0..20 * 50 {
        let newest = circle.world.captured(0, Source::Camera);
        let stream = circle.world.stream(0, Source::Camera).unwrap();
        let want = |unit| Want {
            stream,
            unit,
            symbols: u16::MAX,
            above: u16::MAX,
        };
        let wanted = (newest.saturating_sub(3)..=newest)
            .map(want)
            .chain([want(0)]);
        circle.world.forge_wants(6, wanted.collect());
        circle.world.run(SECOND / 50);
    }
    let sent = circle.world.sent(0).unwrap();
    let bytes = sent.between(began.as_secs(), circle.world.now().as_secs());
    let wire = bytes.into_values().sum::<u64>() as f64 * 8.0 / 20.0 / 1e6;
    let keys = circle.world.keys(0, Source::Camera);
    assert!(wire <= 1.6, "{wire} Mbit/s");
    assert!(keys <= 24, "{keys} key pictures");
    assert_eq!(circle.world.bits_per_s(0, Source::Camera), 500_000);
    for viewer in 1..6 {
        let pictures = circle.world.watched(viewer, 0, Source::Camera, began);
        assert!(pictures.lost <= 3, "{viewer}: {} lost", pictures.lost);
        expect_true(&circle, viewer);
    }
}

/// Somebody who has the room's key makes frames of the streams: before the true ones come, and of
/// the same shape.
#[test]
fn who_has_the_key_can_put_no_picture_and_no_word_into_another_s_stream() {
    let mut circle = conference(91, 3, Faults::losing(0.02));
    circle.world.run(5 * SECOND);
    let began = circle.world.now();
    let mut frame = 1_000_000;
    for _ in 0..20 * 50 {
        for source in [Source::Camera, Source::Sound] {
            let seal = circle.world.stream_seal(0, source).unwrap();
            let next = circle.world.captured(0, source) + 1;
            for (piece, length) in [(0, 1062), (1, 1062), (3, 1000)] {
                frame += 1;
                let forged = seal.close(&Compact {
                    number: 20_000 + frame % 1000,
                    frame: next,
                    piece,
                    originals: if source == Source::Sound { 1 } else { 4 },
                    flags: 0,
                    bytes: &vec![7; length],
                });
                circle.world.inject(liar(), &forged.into());
            }
        }
        circle.world.run(SECOND / 50);
    }
    for viewer in 1..=3 {
        let pictures = circle.world.watched(viewer, 0, Source::Camera, began);
        let sound = circle.world.watched(viewer, 0, Source::Sound, began);
        expect_true(&circle, viewer);
        assert!(pictures.played >= 14 * 20 - 10, "{}", pictures.played);
        assert!(sound.lost <= 10, "{}", sound.lost);
    }
}

#[test]
fn a_recording_that_is_played_again_does_nothing() {
    let mut circle = conference(92, 2, Faults::NONE);
    circle.world.run(2 * SECOND);
    circle.world.tap();
    circle.world.run(5 * SECOND);
    let recorded = circle.world.tapped();
    assert!(recorded.len() > 500, "{}", recorded.len());
    let late = circle.world.join("late").unwrap();
    circle.world.run(2 * SECOND);
    let before = circle.world.captured(0, Source::Camera);
    circle.world.watch(late);
    for datagram in &recorded {
        circle.world.inject(liar(), datagram);
        circle.world.run(SECOND / 500);
    }
    (1..=2)
        .chain([late])
        .for_each(|viewer| expect_true(&circle, viewer));
    let first = circle
        .world
        .played(late)
        .iter()
        .find(|it| it.source == Source::Camera);
    assert!(
        first.unwrap().number + 10 >= before,
        "{first:?} instead of {before}"
    );
}

fn liar() -> core::net::SocketAddr {
    "10.77.200.201:666".parse().unwrap()
}
