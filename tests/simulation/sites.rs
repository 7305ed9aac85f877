//! One room over several networks: bridges carry it on a link that is slow, lossy, far away, or
//! gone for a while.

use std::collections::BTreeSet;
use std::time::Duration;

use roda::chat::command::Command;
use roda::chat::event::{BeyondNews, News};
use roda::protocol::message::Name;
use roda::protocol::wire::frame::Kind;
use roda::sim::World;
use roda::sim::link::Faults;
use roda::sim::sites::{LinkFaults, Sites};

use crate::circle::{Circle, SECOND};

pub(crate) const MEMBERS: usize = 4;

/// The number of a site's first bridge among its members.
pub(crate) const BRIDGE: usize = MEMBERS;

/// Sites of some members, each with one bridge that has met the others.
pub(crate) fn sites(seed: u64, count: usize) -> Sites {
    sites_with_clocks(seed, &vec![0; count])
}

/// The same, with clocks that are wrong by so many milliseconds at each.
pub(crate) fn sites_with_clocks(seed: u64, skews_ms: &[i64]) -> Sites {
    let count = skews_ms.len();
    let worlds = skews_ms.iter().zip(seed * 100..).map(|(skew_ms, seed)| {
        let mut world = World::new(seed, Faults::NONE);
        world.set_skew_of_all(*skew_ms);
        Circle::met(world, seed, MEMBERS).world
    });
    let mut sites = Sites::of(worlds.collect(), seed);
    // The bridges' faces from the start, the others' once all have met.
    for world in &mut sites.worlds {
        world.record_face(BRIDGE);
    }
    for site in 0..count {
        sites.bridge(site, &format!("site{site}")).unwrap();
    }
    sites.run(12 * SECOND);
    record_faces(&mut sites);
    sites
}

fn record_faces(sites: &mut Sites) {
    for world in &mut sites.worlds {
        (0..MEMBERS).for_each(|member| world.record_face(member));
    }
}

/// A member says a line, whose words name where it is from.
pub(crate) fn say(sites: &mut Sites, site: usize, member: usize, line: usize) {
    let text = format!("linha {line} de {member} em {site}");
    sites.worlds[site].ask(member, Command::Say(text));
}

pub(crate) fn talk(sites: &mut Sites, lines: usize, pause: Duration) {
    talk_from(sites, 0, lines, pause);
}

fn talk_from(sites: &mut Sites, first: usize, lines: usize, pause: Duration) {
    let count = sites.worlds.len();
    for line in first..first + lines {
        say(sites, line % count, line / count % MEMBERS, line);
        sites.run(pause);
    }
}

pub(crate) fn texts(sites: &Sites, site: usize, member: usize) -> Vec<String> {
    let held = sites.worlds[site].node(member).unwrap().history(usize::MAX);
    held.into_iter().map(|said| said.text).collect()
}

/// Everybody holds the same lines in the same order, and was shown each once.
pub(crate) fn expect_one_room(sites: &Sites, lines: usize, seed: u64) {
    let expected = texts(sites, 0, 0);
    assert_eq!(expected.len(), lines, "seed {seed}: of lines");
    for (site, world) in sites.worlds.iter().enumerate() {
        for member in 0..MEMBERS {
            assert_eq!(
                texts(sites, site, member),
                expected,
                "seed {seed}: {member} at {site}"
            );
            let shown = world.face(member).iter().filter_map(|news| match news {
                News::Message(message) => Some(message.text().to_owned()),
                _ => None,
            });
            let shown: Vec<String> = shown.collect();
            let once: BTreeSet<&String> = shown.iter().collect();
            assert_eq!(
                (shown.len(), once.len()),
                (lines, lines),
                "seed {seed}: shown to {member} at {site}"
            );
        }
    }
}

pub(crate) fn count_told(
    sites: &Sites,
    site: usize,
    member: usize,
    is: impl Fn(&News) -> bool,
) -> usize {
    let face = sites.worlds[site].face(member).iter();
    face.filter(|news| is(news)).count()
}

#[test]
fn two_and_three_sites_are_one_room_whatever_the_link_does() {
    let far = Duration::from_millis(600);
    let rows = [
        (1, 2, LinkFaults::NONE, 0.0),
        (
            2,
            2,
            LinkFaults {
                delay: far,
                loss: 0.05,
                ..LinkFaults::NONE
            },
            0.05,
        ),
        (
            3,
            3,
            LinkFaults {
                delay: far,
                loss: 0.1,
                per_s: 40.0,
            },
            0.05,
        ),
    ];
    for (seed, count, faults, loss) in rows {
        let mut sites = sites(seed, count);
        sites.set_faults(faults);
        for world in &mut sites.worlds {
            world.set_faults(Faults::losing(loss));
        }
        talk(&mut sites, 60, SECOND / 10);
        for world in &mut sites.worlds {
            world.set_faults(Faults::NONE);
        }
        sites.set_faults(LinkFaults::NONE);
        sites.run(40 * SECOND);
        expect_one_room(&sites, 60, seed);
        for site in 0..count {
            for member in 0..MEMBERS {
                let moves = |news: &News| matches!(news, News::Entered { .. } | News::Left { .. });
                let moves = count_told(&sites, site, member, moves);
                assert_eq!(moves, 0, "seed {seed}: nobody comes or goes at {site}");
            }
        }
    }
}

#[test]
fn a_line_crosses_once_and_beats_and_requests_stay_at_home() {
    let mut sites = sites(4, 2);
    sites.record();
    talk(&mut sites, 40, SECOND / 4);
    sites.run(20 * SECOND);
    let kinds: Vec<Kind> = sites
        .recorded()
        .iter()
        .filter_map(|it| Kind::of(it))
        .collect();
    let count = |kind| kinds.iter().filter(|it| **it == kind).count();
    assert_eq!(count(Kind::Durable), 40);
    assert_eq!(count(Kind::Nack), 0);
    // Two bridges are on the link for 30 seconds, and each states its site once in each.
    assert!(count(Kind::Site) <= 64, "{}", count(Kind::Site));
    assert!(count(Kind::Beat) <= 90, "{}", count(Kind::Beat));
    expect_one_room(&sites, 40, 4);
}

#[test]
fn an_idle_site_costs_the_link_little_whatever_its_size() {
    let mut sites = sites(5, 2);
    let (_, before) = sites.sent(0);
    sites.run(60 * SECOND);
    let (_, after) = sites.sent(0);
    let bits_per_s = (after - before) * 8 / 60;
    assert!(bits_per_s <= 20_000, "{bits_per_s} bit/s");
}

#[test]
fn what_is_said_while_the_link_is_gone_is_there_within_20_seconds_of_its_return() {
    let mut sites = sites(6, 2);
    talk(&mut sites, 10, SECOND / 4);
    sites.cut(1, true);
    talk_from(&mut sites, 10, 40, SECOND);
    sites.cut(1, false);
    sites.run(20 * SECOND);
    expect_one_room(&sites, 50, 6);
}

#[test]
fn what_a_dead_link_has_swallowed_is_there_within_20_seconds_of_its_return() {
    let delay = SECOND * 3 / 10;
    for seed in 40..48 {
        let mut sites = sites(seed, 2);
        sites.set_faults(LinkFaults {
            delay,
            ..LinkFaults::NONE
        });
        talk(&mut sites, 10, SECOND / 4);
        // For 15 seconds nobody knows, and what is sent is lost.
        sites.set_faults(LinkFaults {
            loss: 1.0,
            ..LinkFaults::NONE
        });
        talk_from(&mut sites, 10, 200, SECOND / 13);
        sites.cut(1, true);
        talk_from(&mut sites, 210, 40, SECOND / 13);
        sites.set_faults(LinkFaults {
            delay,
            ..LinkFaults::NONE
        });
        sites.cut(1, false);
        talk_from(&mut sites, 250, 10, SECOND / 13);
        sites.run(20 * SECOND);
        expect_one_room(&sites, 260, seed);
    }
}

#[test]
fn what_was_kept_for_a_site_comes_to_it_at_a_pace_and_completely() {
    // More than a bridge lets wait.
    let lines = 8000;
    let mut sites = sites(60, 2);
    sites.cut(1, true);
    sites.record();
    talk_at(&mut sites, 0, lines, SECOND / 500);
    let mut kept = sites.recorded().to_vec();
    kept.retain(|bytes| Kind::of(bytes) == Some(Kind::Durable));
    assert!(kept.len() > 7600, "{}", kept.len());
    // It is old, and comes faster than a site is given it.
    sites.kill(0);
    sites.run(70 * SECOND);
    sites.cut(1, false);
    sites.run(5 * SECOND);
    let (bridge, from_s) = (BRIDGE, sites.worlds[1].now().as_secs());
    for some in kept.chunks(150) {
        some.iter().for_each(|bytes| sites.inject(0, bytes));
        sites.run(SECOND / 10);
    }
    sites.run(20 * SECOND);
    let frames = sites.worlds[1].frames(bridge).unwrap();
    let per_s = (from_s..from_s + 30).map(|second| {
        let sent = frames.between(second, second + 1);
        sent.get(&(Kind::Durable as u8)).copied().unwrap_or(0)
    });
    let most = per_s.max().unwrap();
    assert!((500..=1200).contains(&most), "{most} frames in a second");
    let said = texts(&sites, 0, 0);
    assert_eq!(said.len(), lines);
    for member in 0..MEMBERS {
        let heard = texts(&sites, 1, member);
        let is_same = heard == said;
        assert!(is_same, "{member} has {} of {lines}", heard.len());
    }
}

/// Members of one site say lines.
fn talk_at(sites: &mut Sites, site: usize, lines: usize, pause: Duration) {
    for line in 0..lines {
        say(sites, site, line % MEMBERS, line);
        sites.run(pause);
    }
}

#[test]
fn a_latecomer_at_the_far_site_gets_the_history() {
    let mut sites = sites(7, 2);
    talk_at(&mut sites, 0, 20, SECOND / 10);
    sites.run(5 * SECOND);
    let newcomer = sites.worlds[1].join("nova").unwrap();
    sites.run(20 * SECOND);
    assert_eq!(texts(&sites, 1, newcomer), texts(&sites, 0, 0));
    assert_eq!(texts(&sites, 1, newcomer).len(), 20);
}

#[test]
fn a_site_that_gets_its_bridge_later_gets_what_was_said_before() {
    let worlds = (0..2).map(|site| {
        let seed = 800 + site;
        Circle::met(World::new(seed, Faults::NONE), seed, MEMBERS).world
    });
    let mut sites = Sites::of(worlds.collect(), 8);
    record_faces(&mut sites);
    talk(&mut sites, 30, SECOND / 10);
    sites.run(60 * SECOND);
    sites.bridge(0, "escola").unwrap();
    sites.run(30 * SECOND);
    sites.bridge(1, "barco").unwrap();
    sites.run(60 * SECOND);
    expect_one_room(&sites, 30, 8);
}

#[test]
fn the_author_is_told_when_all_at_the_other_site_have_it() {
    let mut sites = sites(9, 2);
    say(&mut sites, 0, 0, 1);
    sites.run(8 * SECOND);
    let delivered = |news: &News| {
        matches!(news, News::Beyond(BeyondNews::Delivered { people, bridge, .. })
            if *people == MEMBERS && *bridge.name == *"site1")
    };
    assert_eq!(count_told(&sites, 0, 0, delivered), 1);
    // Somebody there hears nothing any more.
    sites.worlds[1].deafen(|_, to| to == 2);
    say(&mut sites, 0, 0, 2);
    sites.run(8 * SECOND);
    assert_eq!(count_told(&sites, 0, 0, delivered), 1, "not all have it");
    sites.worlds[1].deafen(|_, _| false);
    sites.run(20 * SECOND);
    assert_eq!(count_told(&sites, 0, 0, delivered), 2);
}

#[test]
fn who_spoke_at_another_site_gets_private_messages_there() {
    let mut sites = sites(10, 2);
    // Names differ between the sites only where they are given.
    let rui = sites.worlds[1].join("rui").unwrap();
    sites.worlds[1].record_face(rui);
    sites.run(5 * SECOND);
    sites.worlds[1].ask(rui, Command::Say("oi".to_owned()));
    sites.run(2 * SECOND);
    let (to, text) = ("rui".to_owned(), "segredo".to_owned());
    sites.worlds[0].ask(0, Command::SayTo { to, text });
    sites.run(5 * SECOND);
    let is_it = |news: &News| {
        matches!(news, News::Message(message)
            if message.is_private && message.text() == "segredo")
    };
    assert_eq!(count_told(&sites, 1, rui, is_it), 1);
    assert_eq!(count_told(&sites, 1, 0, is_it), 0);
    let waits = |news: &News| matches!(news, News::Delivered(it) if !it.waiting.is_empty());
    assert_eq!(count_told(&sites, 0, 0, waits), 0);
    assert!(Name::parse("rui").is_ok());
}

#[test]
fn of_two_bridges_at_a_site_one_sends_and_the_other_takes_its_place() {
    let mut sites = sites(11, 2);
    let second = sites.bridge(0, "reserva").unwrap();
    sites.run(15 * SECOND);
    record_faces(&mut sites);
    assert!(sites.is_sending(0) && sites.is_sending(1) && !sites.is_sending(second));
    sites.record();
    talk(&mut sites, 20, SECOND / 4);
    let durable = |sites: &Sites| {
        let kinds = sites.recorded().iter().filter_map(|it| Kind::of(it));
        kinds.filter(|kind| *kind == Kind::Durable).count()
    };
    assert_eq!(durable(&sites), 20, "each line crosses once");
    sites.kill(0);
    for line in 20..70 {
        say(&mut sites, line % 2, 1, line);
        sites.run(SECOND / 10);
    }
    assert!(sites.is_sending(second), "within five seconds");
    sites.run(30 * SECOND);
    expect_one_room(&sites, 70, 11);
}

#[test]
fn a_ring_of_sites_has_no_loops() {
    // Each site has a bridge on the link twice, so that every frame could go round.
    let mut sites = sites(12, 3);
    for site in 0..3 {
        sites.bridge(site, &format!("outra{site}")).unwrap();
    }
    sites.run(15 * SECOND);
    record_faces(&mut sites);
    sites.record();
    talk(&mut sites, 30, SECOND / 4);
    sites.run(20 * SECOND);
    let kinds = sites.recorded().iter().filter_map(|it| Kind::of(it));
    assert_eq!(kinds.filter(|kind| *kind == Kind::Durable).count(), 30);
    expect_one_room(&sites, 30, 12);
}

#[test]
fn what_a_bridge_makes_up_is_nobodys_word() {
    let mut sites = sites(13, 2);
    sites.record();
    say(&mut sites, 0, 0, 1);
    sites.run(2 * SECOND);
    let mut frames = sites.recorded().to_vec();
    frames.retain(|bytes| Kind::of(bytes) == Some(Kind::Durable));
    assert_eq!(frames.len(), 1);
    // The server, or a bridge without the key, changes any byte.
    for at in 0..frames[0].len() {
        let mut changed = frames[0].to_vec();
        changed[at] ^= 1;
        sites.inject(0, &changed);
    }
    // Replayed, it is shown once.
    (0..50).for_each(|_| sites.inject(0, &frames[0]));
    sites.run(5 * SECOND);
    expect_one_room(&sites, 1, 13);
}

#[test]
fn a_link_that_carries_next_to_nothing_slows_nobody_at_home() {
    let mut sites = sites(14, 2);
    sites.set_faults(LinkFaults {
        per_s: 4.0,
        ..LinkFaults::NONE
    });
    for line in 0..100 {
        say(&mut sites, 0, line % MEMBERS, line);
        sites.run(SECOND / 20);
    }
    sites.run(SECOND);
    for member in 0..MEMBERS {
        assert_eq!(texts(&sites, 0, member).len(), 100);
    }
    assert!(texts(&sites, 1, 0).len() < 50, "the link is that slow");
    sites.set_faults(LinkFaults::NONE);
    sites.run(120 * SECOND);
    expect_one_room(&sites, 100, 14);
}
