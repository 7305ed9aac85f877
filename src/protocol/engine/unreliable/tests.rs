//! Tests of what may be lost.

use super::*;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::seal::Seal;

const MS: Duration = Duration::from_millis(1);

fn unreliable() -> (Unreliable, StreamId) {
    let mut unreliable = Unreliable::default();
    let seal = Seal::public(None).streams().stream(&Key([1; 32]), 1, 1);
    let id = seal.id();
    let own = Own {
        seal,
        number: 1,
        channel: Channel::Files,
        newest: 0,
    };
    unreliable.streams.insert(id, own);
    (unreliable, id)
}

fn queue(to: &mut Unreliable, stream: StreamId, priority: Priority, deadline: Duration) {
    let piece = Piece {
        frame: priority as u32,
        piece: 0,
        originals: 1,
        flags: 0,
        bytes: vec![0; 1344],
    };
    to.queues.entry(priority).or_default().push_back(Queued {
        stream,
        deadline,
        piece,
    });
}

/// The units of what leaves at a time.
fn leaving(unreliable: &mut Unreliable, stream: StreamId, now: Duration) -> Vec<u32> {
    let seal = unreliable.streams[&stream].seal.clone();
    let datagrams = std::iter::from_fn(|| unreliable.pop(now));
    let units = datagrams.map(|(_, bytes)| seal.open(&bytes, &mut Vec::new()).unwrap().frame);
    units.collect()
}

#[test]
fn what_waits_leaves_in_its_order_and_files_have_a_fifth() {
    let (mut unreliable, stream) = unreliable();
    unreliable.limit(1 << 30);
    for priority in [Priority::PictureRepair, Priority::File, Priority::Sound] {
        (0..20).for_each(|_| queue(&mut unreliable, stream, priority, MS));
    }
    let left = leaving(&mut unreliable, stream, MS);
    assert_eq!(left.len(), 60);
    let before_last_sound = left.iter().rposition(|unit| *unit == 0).unwrap();
    let files = left[..before_last_sound].iter();
    assert_eq!(files.filter(|unit| **unit == 3).count(), 3, "{left:?}");
    let last_file = left.iter().rposition(|unit| *unit == 3).unwrap();
    assert!(
        left[..last_file]
            .iter()
            .all(|unit| [0, 3, 4].contains(unit))
    );
}

#[test]
fn what_is_late_is_dropped_and_counted() {
    let (mut unreliable, stream) = unreliable();
    queue(&mut unreliable, stream, Priority::Sound, MS);
    queue(&mut unreliable, stream, Priority::Picture, 3 * MS);
    assert_eq!(leaving(&mut unreliable, stream, 2 * MS), [2]);
    assert_eq!(unreliable.late, 1);
}

#[test]
fn a_fast_link_is_used_by_half_and_a_slow_one_is_found_by_the_takers() {
    let mut unreliable = Unreliable::default();
    let rate = |it: &Unreliable| it.bucket.rate_per_s();
    for (speed, limit) in [
        (None, 62.5e6),
        (Some(12_500_000), 62.5e6),
        (Some(1_250_000_000), 625e6),
    ] {
        unreliable.set_link_speed(speed);
        assert!((rate(&unreliable) - limit).abs() < 1.0, "{speed:?}");
    }
}

/// Bytes on the wire of what leaves within a second from a millisecond on, without its copies,
/// while there is always more.
fn full_second(
    unreliable: &mut Unreliable,
    stream: StreamId,
    priority: Priority,
    from_ms: u32,
) -> usize {
    let mut left = 0;
    for now in from_ms..from_ms + 1000 {
        while unreliable.room(priority) > 0 {
            queue(unreliable, stream, priority, Duration::MAX);
        }
        left += leaving(unreliable, stream, MS * now).len();
    }
    left * (1344 + COMPACT_OVERHEAD_BYTES + WRAPPING_BYTES)
}

#[test]
fn no_more_leaves_than_the_limit() {
    let (mut unreliable, stream) = unreliable();
    unreliable.limit(1_000_000);
    let bytes = full_second(&mut unreliable, stream, Priority::File, 0);
    assert!((990_000..1_060_000).contains(&bytes), "{bytes}");
    assert!(unreliable.next_time().unwrap() <= MS * 1002);
}

#[test]
fn copies_spend_what_all_streams_have_together() {
    let (mut unreliable, stream) = unreliable();
    unreliable.limit(1_000_000);
    unreliable.unicast = Unicast::to_members(3);
    let bytes = full_second(&mut unreliable, stream, Priority::Picture, 0);
    assert!((990_000..1_060_000).contains(&bytes), "of files: {bytes}");
    unreliable.streams.get_mut(&stream).unwrap().channel = Channel::Picture;
    let bytes = 4 * full_second(&mut unreliable, stream, Priority::Picture, 1000);
    assert!((940_000..1_010_000).contains(&bytes), "of a call: {bytes}");
}
