//! A table of exact counts: what some scenarios of fixed seeds cost the network, and what the
//! members were shown. A change that moves walls and not behaviour sends every byte as before and
//! draws the same numbers, so that no row changes. A change that means to change a row says so with
//! the new one, which the failure prints.

use std::time::Duration;

use roda::chat::event::News;
use roda::protocol::message::Name;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    /// Packets to the group, plain copies included.
    group: u64,
    /// Packets to one member.
    single: u64,
    repairs: u64,
    nacks: u64,
    beats: u64,
    /// Pairs of a message and a member who was shown it.
    shown: usize,
    /// Those of them that were shown late.
    late: usize,
    /// Private messages that were shown.
    private: usize,
    /// The sum of the times until all had a message.
    times_us: u128,
    /// Bytes that all members received.
    received_bytes: u64,
    /// The first 4 bytes of the BLAKE3 of all datagrams to the group, one behind the other.
    sent: u32,
}

/// A scenario's name, its run, and what it came to.
type Row = (&'static str, fn() -> Circle, Counts);

/// The columns in the order of [`Counts`].
const fn counts(
    packets: [u64; 5],
    shown: [usize; 3],
    times_us: u128,
    (received_bytes, sent): (u64, u32),
) -> Counts {
    let [group, single, repairs, nacks, beats] = packets;
    let [shown, late, private] = shown;
    Counts {
        group,
        single,
        repairs,
        nacks,
        beats,
        shown,
        late,
        private,
        times_us,
        received_bytes,
        sent,
    }
}

const TABLE: [Row; 16] = [
    (
        "2 members, no loss",
        || talk(1, 2, Faults::NONE, 100),
        counts(
            [407, 157, 200, 0, 107],
            [100, 0, 0],
            19_637,
            (271_320, 0xdd4e_d528),
        ),
    ),
    (
        "2, 5 %",
        || talk(2, 2, Faults::losing(0.05), 100),
        counts(
            [409, 158, 200, 0, 109],
            [100, 0, 0],
            199_471,
            (265_423, 0x2526_2e86),
        ),
    ),
    (
        "2, 20 %",
        || talk(3, 2, Faults::losing(0.2), 100),
        counts(
            [411, 142, 202, 1, 108],
            [100, 0, 0],
            2_662_616,
            (238_257, 0xdc8e_f57e),
        ),
    ),
    (
        "10, no loss",
        || talk(4, 10, Faults::NONE, 100),
        counts(
            [494, 1464, 200, 0, 194],
            [900, 0, 0],
            28_092,
            (2_678_517, 0xc512_7d90),
        ),
    ),
    (
        "10, 1 %",
        || talk(5, 10, Faults::losing(0.01), 100),
        counts(
            [493, 1533, 203, 0, 190],
            [900, 0, 0],
            687_172,
            (2_673_965, 0x98d9_d61f),
        ),
    ),
    (
        "10, 5 %",
        || talk(6, 10, Faults::losing(0.05), 100),
        counts(
            [527, 1736, 217, 0, 210],
            [900, 0, 0],
            3_024_726,
            (2_768_424, 0xd000_6c49),
        ),
    ),
    (
        "10, 20 %",
        || talk(7, 10, Faults::losing(0.2), 60),
        counts(
            [404, 1407, 174, 7, 163],
            [540, 0, 0],
            7_031_368,
            (1_981_900, 0x180f_863d),
        ),
    ),
    (
        "10, 5 % in bursts of 5",
        || talk(8, 10, Faults::losing_in_bursts(0.05, 5.0), 60),
        counts(
            [367, 1187, 153, 12, 142],
            [540, 0, 0],
            12_246_717,
            (2_013_861, 0x5340_8de3),
        ),
    ),
    (
        "50, 5 %",
        || talk(9, 50, Faults::losing(0.05), 30),
        counts(
            [476, 13, 62, 2, 382],
            [1470, 0, 0],
            2_064_805,
            (20_523_163, 0x7ad6_2d90),
        ),
    ),
    (
        "the lobby",
        lobby,
        counts(
            [338, 852, 120, 0, 98],
            [540, 0, 0],
            256_441,
            (1_702_795, 0x2f37_2f3c),
        ),
    ),
    (
        "killed and started again",
        killed,
        counts(
            [631, 863, 365, 11, 85],
            [720, 275, 0],
            1_485_319,
            (1_213_367, 0xddbf_bc78),
        ),
    ),
    (
        "private messages",
        private,
        counts(
            [123, 118, 50, 3, 34],
            [30, 0, 30],
            1565,
            (389_908, 0xf986_911e),
        ),
    ),
    (
        "long texts in bulk",
        bulk,
        counts(
            [751, 51, 178, 32, 18],
            [9900, 0, 0],
            219_419_671,
            (2_585_888, 0x0229_1e4e),
        ),
    ),
    (
        "cut off, asleep, late",
        cut_off,
        counts(
            [1387, 2189, 768, 19, 447],
            [1336, 682, 0],
            3_959_360_573,
            (3_403_002, 0x9610_15d6),
        ),
    ),
    (
        "repeated, held up, damaged",
        damaged,
        counts(
            [455, 1435, 208, 11, 136],
            [900, 0, 0],
            8_586_817,
            (2_754_664, 0x19c4_8929),
        ),
    ),
    (
        "wrong clocks and a narrow link",
        clocks,
        counts(
            [324, 471, 112, 1, 136],
            [160, 31, 0],
            11_026,
            (1_098_946, 0xf8fa_2cc8),
        ),
    ),
];

#[test]
fn what_a_scenario_costs_and_shows_is_the_same_as_ever() {
    let mut differing = Vec::new();
    for (name, run, expected) in TABLE {
        let counted = count(run());
        if counted != expected {
            differing.push(format!("{name}: {}", row(&counted)));
        }
    }
    assert!(differing.is_empty(), "now:\n{}", differing.join("\n"));
}

/// The row as it stands in the table.
fn row(counts: &Counts) -> String {
    let packets = [
        counts.group,
        counts.single,
        counts.repairs,
        counts.nacks,
        counts.beats,
    ];
    let shown = [counts.shown, counts.late, counts.private];
    let (times_us, bytes, sent) = (counts.times_us, counts.received_bytes, counts.sent);
    format!("counts({packets:?}, {shown:?}, {times_us}, ({bytes}, {sent:#010x}))")
}

fn count(mut circle: Circle) -> Counts {
    let world = &mut circle.world;
    let traffic = world.take_traffic();
    let members = 0..world.size();
    let mut hasher = blake3::Hasher::new();
    for datagram in world.tapped() {
        hasher.update(&datagram);
    }
    let ledger = world.ledger();
    let messages = || 0..ledger.messages();
    let shown_to = |member| messages().filter(move |message| ledger.has(member, *message));
    let is_private = |event: &&News| matches!(event, News::Message(message) if !message.is_own);
    let private_to = |member| ledger.told(member).iter().filter(is_private).count();
    let times = ledger.times();
    Counts {
        group: traffic.group_packets(),
        single: traffic.single,
        repairs: traffic.repairs(),
        nacks: traffic.nacks(),
        beats: traffic.beats(),
        shown: members.clone().map(|m| shown_to(m).count()).sum(),
        late: members.clone().map(|member| ledger.late(member)).sum(),
        private: members.clone().map(private_to).sum(),
        times_us: times.iter().map(Duration::as_micros).sum(),
        received_bytes: members.map(|member| world.received_bytes(member)).sum(),
        sent: u32::from_be_bytes(*hasher.finalize().as_bytes().first_chunk().unwrap()),
    }
}

/// Members who have met, what is sent from now on being kept.
fn circle(seed: u64, members: usize) -> Circle {
    let mut circle = Circle::of(seed, members);
    circle.world.tap();
    circle
}

fn talk(seed: u64, members: usize, faults: Faults, lines: usize) -> Circle {
    let mut circle = circle(seed, members);
    circle.world.set_faults(faults);
    circle.talk(lines, SECOND / 2);
    circle.settle(20 * SECOND);
    circle
}

fn lobby() -> Circle {
    let mut circle = Circle::in_lobby(10, 10);
    circle.world.tap();
    circle.world.set_faults(Faults::losing(0.01));
    circle.talk(60, SECOND / 5);
    circle.settle(20 * SECOND);
    circle
}

fn killed() -> Circle {
    let mut circle = circle(11, 5);
    circle.world.set_faults(Faults::losing(0.05));
    circle.talk(60, SECOND / 20);
    circle.world.kill(2);
    circle.talk(60, SECOND / 20);
    circle.world.start(2).unwrap();
    circle.talk(60, SECOND / 20);
    circle.world.kill(3);
    circle.world.run(30 * SECOND);
    circle.world.start_afresh(3).unwrap();
    circle.settle(20 * SECOND);
    circle
}

fn private() -> Circle {
    let mut circle = circle(12, 6);
    circle.talk(6, SECOND / 5);
    circle.world.set_faults(Faults::losing(0.2));
    let bia = Name::parse("m1").unwrap();
    for number in 0..30 {
        circle
            .world
            .say_privately(0, &bia, &format!("segredo {number}"));
        circle.world.run(SECOND / 10);
    }
    circle.settle(20 * SECOND);
    circle
}

fn bulk() -> Circle {
    let mut circle = circle(13, 4);
    circle.world.set_faults(Faults::losing(0.2));
    let long = "é".repeat(30_000);
    for line in 0..300 {
        let text = if line % 50 == 0 { &long } else { "x" };
        circle.world.say_with(line % 2, text);
    }
    for line in 0..3000 {
        circle.world.say_with(line % 3, "bulk");
    }
    circle.settle(20 * SECOND);
    circle
}

fn cut_off() -> Circle {
    let mut circle = circle(14, 8);
    circle.talk(16, SECOND / 5);
    circle
        .world
        .separate(|member| u8::from(member.is_multiple_of(2)));
    circle.talk(120, SECOND / 5);
    circle.world.sleep(1, 40 * SECOND);
    circle.settle(30 * SECOND);
    circle.world.leave(5);
    circle.world.run(SECOND);
    circle.world.kill(5);
    circle.world.join("late").unwrap();
    circle.world.join_again(0).unwrap();
    circle.talk(16, SECOND / 5);
    circle.settle(40 * SECOND);
    circle
}

fn damaged() -> Circle {
    let mut circle = circle(15, 10);
    circle.world.set_faults(Faults {
        loss: 0.05,
        repeat: 0.2,
        holdup: 0.1,
        damage: 0.05,
        delay_max: SECOND / 50,
        ..Faults::NONE
    });
    circle.talk(100, SECOND / 10);
    circle.settle(20 * SECOND);
    circle
}

fn clocks() -> Circle {
    let mut circle = circle(16, 5);
    circle.world.set_faults(Faults {
        mtu_bytes: 1200,
        ..Faults::NONE
    });
    for (member, skew_s) in [(1, -200), (2, 240), (3, 86_400), (4, -320_000_000)] {
        circle.world.kill(member);
        circle.world.set_skew(member, skew_s * 1000);
        circle.world.start(member).unwrap();
        circle.world.run(10 * SECOND);
    }
    for line in 0..40 {
        circle.world.say_with(line % 5, &"x".repeat(line * 50));
        circle.world.run(SECOND / 3);
    }
    circle.settle(20 * SECOND);
    circle
}
