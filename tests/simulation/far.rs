//! Who of the people at other sites is listed, and servers and bridges that lie.

use roda::chat::command::{Command, Leave};
use roda::chat::event::{BeyondNews, News, Place, SiteChange, Timing};
use roda::protocol::rng::Rng;
use roda::protocol::wire::frame::Kind;
use roda::sim::World;
use roda::sim::link::Faults;
use roda::sim::sites::{LinkFaults, Sites};

use crate::circle::{Circle, SECOND};
use crate::far_clocks::told_clocks;
use crate::sites::{BRIDGE, MEMBERS, count_told, expect_one_room, say, sites, talk, texts};

/// The messages that a member was shown, with whether each was marked as late.
pub(crate) fn shown(sites: &Sites, site: usize, member: usize) -> Vec<(String, bool)> {
    let face = sites.worlds[site].face(member).iter();
    let messages = face.filter_map(|news| match news {
        News::Message(message) => Some((message.text().to_owned(), message.timing != Timing::Live)),
        _ => None,
    });
    messages.collect()
}

/// Who stands on a member's list as being at another site, and at which.
fn far_people(sites: &mut Sites, site: usize, member: usize) -> Vec<(String, Place)> {
    let before = sites.worlds[site].face(member).len();
    sites.worlds[site].ask(member, Command::Who(None));
    sites.run(SECOND / 10);
    let face = sites.worlds[site].face(member)[before..].iter();
    let lists = face.filter_map(|news| match news {
        News::Members(members) => Some(members),
        _ => None,
    });
    let far = lists.flatten().filter(|it| it.place.is_beyond());
    far.map(|it| (it.person.name.to_string(), it.place.clone()))
        .collect()
}

#[test]
fn the_list_holds_who_spoke_or_was_named_elsewhere_and_a_count_of_the_others() {
    let mut sites = sites(19, 3);
    let at = |site: usize| Place::Site(format!("site{site}").into());
    for site in 0..3 {
        assert_eq!(far_people(&mut sites, site, 0), [], "nobody has spoken");
    }
    say(&mut sites, 1, 2, 1);
    sites.run(5 * SECOND);
    assert_eq!(far_people(&mut sites, 0, 0), [("m2".to_owned(), at(1))]);
    assert_eq!(far_people(&mut sites, 2, 3), [("m2".to_owned(), at(1))]);
    assert_eq!(far_people(&mut sites, 1, 0), [], "they are here");
    // Who only came is found by name, and listed from then on.
    let rui = sites.worlds[2].join("rui").unwrap();
    sites.run(5 * SECOND);
    let (to, text) = ("rui".to_owned(), "oi".to_owned());
    sites.worlds[0].ask(0, Command::SayTo { to, text });
    sites.run(SECOND);
    let names = |far: Vec<(String, Place)>| far.into_iter().map(|(name, _)| name);
    assert!(names(far_people(&mut sites, 0, 0)).eq(["m2", "rui"]));
    let elsewhere = names(far_people(&mut sites, 1, 0)).count();
    assert_eq!(elsewhere, 0, "nobody else named him");
    // The others are a number for each site, which follows who comes and goes.
    let sites_of = |sites: &Sites| {
        let face = sites.worlds[0].face(0).iter().rev();
        let mut told = face.filter_map(|news| match news {
            News::Beyond(BeyondNews::Sites(all)) => Some(all.clone()),
            _ => None,
        });
        let all = told.next().unwrap_or_default();
        all.into_iter()
            .map(|it| (it.name.to_string(), it.people))
            .collect::<Vec<_>>()
    };
    sites.run(10 * SECOND);
    far_people(&mut sites, 0, 0);
    let expected = [("site1".to_owned(), 4), ("site2".to_owned(), 5)];
    assert_eq!(sites_of(&sites), expected);
    // Whoever leaves is on no list.
    sites.worlds[2].ask(rui, Command::Leave(Leave::Farewell));
    sites.run(12 * SECOND);
    assert!(names(far_people(&mut sites, 0, 0)).eq(["m2"]));
    assert_eq!(sites_of(&sites)[1].1, 4);
}

#[test]
fn a_site_that_is_cut_off_is_told_as_lost_and_as_back() {
    let mut sites = sites(20, 2);
    let changes = |sites: &Sites| {
        let face = sites.worlds[0].face(0).iter();
        let changes = face.filter_map(|news| match news {
            News::Beyond(BeyondNews::Site { change, .. }) => Some(*change),
            _ => None,
        });
        changes.collect::<Vec<SiteChange>>()
    };
    let before = changes(&sites).len();
    sites.cut(1, true);
    sites.run(40 * SECOND);
    assert_eq!(changes(&sites)[before..], [SiteChange::Lost]);
    sites.cut(1, false);
    sites.run(10 * SECOND);
    let expected = [SiteChange::Lost, SiteChange::Reached];
    assert_eq!(changes(&sites)[before..], expected);
}

#[test]
fn a_server_that_repeats_a_recording_brings_no_site_into_reach() {
    let mut sites = sites(21, 2);
    sites.record();
    talk(&mut sites, 10, SECOND / 2);
    let recorded = sites.recorded().to_vec();
    sites.cut(1, true);
    sites.run(60 * SECOND);
    let reached = |sites: &Sites, member| {
        count_told(sites, 0, member, |news| {
            matches!(
                news,
                News::Beyond(BeyondNews::Site {
                    change: SiteChange::Reached,
                    ..
                })
            )
        })
    };
    let before = reached(&sites, 0);
    // To those who knew the site, to one who has just come, and by a bridge that knows nothing.
    let nova = sites.worlds[0].join("nova").unwrap();
    sites.worlds[0].record_face(nova);
    sites.kill(0);
    let fresh = sites.bridge(0, "outra").unwrap();
    for _ in 0..3 {
        sites.run(10 * SECOND);
        for bytes in &recorded {
            // The server gives it to all, so that it does not matter in whose name.
            sites.inject(1, bytes);
            sites.inject(0, bytes);
        }
    }
    sites.run(20 * SECOND);
    assert!(sites.is_sending(fresh));
    assert_eq!((reached(&sites, 0), reached(&sites, nova)), (before, 0));
    // Nothing is shown twice either.
    for member in 0..MEMBERS {
        assert_eq!(shown(&sites, 0, member).len(), 10);
    }
}

#[test]
fn a_server_that_holds_everything_up_loses_no_line_and_claims_no_presence() {
    let mut sites = sites(22, 2);
    sites.set_faults(LinkFaults {
        delay: 45 * SECOND,
        ..LinkFaults::NONE
    });
    talk(&mut sites, 10, SECOND);
    sites.run(120 * SECOND);
    expect_one_room(&sites, 10, 22);
    let lost = |news: &News| {
        matches!(
            news,
            News::Beyond(BeyondNews::Site {
                change: SiteChange::Lost,
                ..
            })
        )
    };
    for site in 0..2 {
        assert_eq!(count_told(&sites, site, 0, lost), 1, "at {site}");
        let clocks = told_clocks(&sites, site, BRIDGE).len();
        assert_eq!(clocks, 0, "a delay is no clock");
    }
}

#[test]
fn a_server_that_drops_repeats_and_disorders_most_of_it_shows_each_line_once() {
    let mut sites = sites(23, 2);
    sites.record();
    sites.set_faults(LinkFaults {
        loss: 0.6,
        delay: SECOND,
        ..LinkFaults::NONE
    });
    for line in 0..60 {
        say(&mut sites, line % 2, line / 2 % MEMBERS, line);
        sites.run(SECOND / 10);
        // Every datagram comes again, much later, and out of its order.
        let recorded = sites.recorded();
        let again: Vec<_> = recorded.iter().rev().step_by(7).take(20).cloned().collect();
        again.iter().for_each(|bytes| sites.inject(line % 2, bytes));
    }
    sites.set_faults(LinkFaults::NONE);
    sites.run(60 * SECOND);
    expect_one_room(&sites, 60, 23);
}

#[test]
fn what_a_stream_has_kept_for_minutes_is_taken_in_by_bridges_that_come_later() {
    let mut sites = sites(29, 2);
    sites.cut(1, true);
    sites.record();
    for line in 0..4 {
        say(&mut sites, 0, line, line);
        sites.run(SECOND / 2);
    }
    let recorded = sites.recorded().to_vec();
    assert_eq!(texts(&sites, 1, 0), [""; 0]);
    // Nobody has met those who said it, and the bridge that passed it on is gone.
    sites.kill(0);
    sites.kill(1);
    sites.run(120 * SECOND);
    let fresh = sites.bridge(1, "nova").unwrap();
    sites.run(6 * SECOND);
    let durable = |bytes: &&std::sync::Arc<[u8]>| Kind::of(bytes) == Some(Kind::Durable);
    for bytes in recorded.iter().filter(durable) {
        sites.inject(0, bytes);
    }
    sites.run(10 * SECOND);
    assert!(sites.is_sending(fresh));
    for member in 0..MEMBERS {
        assert_eq!(texts(&sites, 1, member), texts(&sites, 0, 0));
    }
    assert_eq!(texts(&sites, 0, 0).len(), 4);
}

#[test]
fn a_lying_bridge_invents_people_and_never_words() {
    let mut sites = sites(24, 2);
    sites.record();
    talk(&mut sites, 4, SECOND);
    assert!(sites.lie(1, 60_000, &[]));
    sites.run(8 * SECOND);
    for _ in 0..40 {
        assert!(sites.lie(1, 60_000, &[]));
        sites.run(SECOND / 4);
    }
    let counted = |news: &News| match news {
        News::Beyond(BeyondNews::Site { site, .. }) => site.people == 60_000,
        _ => false,
    };
    assert!(
        count_told(&sites, 0, 0, counted) > 0,
        "people may be invented"
    );
    for _ in 0..50 {
        assert!(sites.put_words(1));
    }
    sites.run(10 * SECOND);
    expect_one_room(&sites, 4, 24);
    for member in 0..MEMBERS {
        let stays = |news: &News| !matches!(news, News::Equivocation(_) | News::Gap { .. });
        assert!(sites.worlds[0].face(member).iter().all(stays));
    }
}

/// The names of those of whom a member was told that they came, are back, or do not answer.
pub(crate) fn told_presence(sites: &Sites, site: usize, member: usize) -> Vec<String> {
    let told = sites.worlds[site].told(member).iter();
    let people = told.filter_map(|news| match news {
        News::Entered { person, .. } | News::Silent(person) => Some(person),
        News::Back(person) | News::Left { person, .. } => Some(person),
        _ => None,
    });
    people.map(|person| person.name.to_string()).collect()
}

#[test]
fn a_newcomer_and_a_new_bridge_take_nobody_of_another_site_as_here() {
    for seed in 30..36 {
        let mut sites = sites(seed, 2);
        let rui = sites.worlds[0].join("rui").unwrap();
        sites.run(5 * SECOND);
        let says = |sites: &mut Sites, text: &str| {
            sites.worlds[0].ask(rui, Command::Say(text.to_owned()));
            sites.run(SECOND / 4);
        };
        // He speaks before they come, while they come, and after that; members repair what is lost.
        (0..8).for_each(|line| says(&mut sites, &format!("antes {line}")));
        sites.worlds[1].set_faults(Faults::losing(0.2));
        let nova = sites.worlds[1].join("nova").unwrap();
        let bridge = BRIDGE + 2;
        sites.bridge(1, "outra").unwrap();
        (0..16).for_each(|line| says(&mut sites, &format!("depois {line}")));
        sites.worlds[1].set_faults(Faults::NONE);
        sites.run(60 * SECOND);
        assert_eq!(texts(&sites, 1, nova).len(), 24, "seed {seed}");
        for member in [nova, bridge] {
            let told = told_presence(&sites, 1, member);
            let beyond = |name: &&String| ["rui", "site0"].contains(&name.as_str());
            assert_eq!(told.iter().find(beyond), None, "seed {seed}: {member}");
            let size = sites.worlds[1].node(member).unwrap().roster().size();
            assert_eq!(size, MEMBERS + 3, "seed {seed}: seen by {member}");
        }
    }
}

#[test]
fn at_each_of_three_sites_on_a_slow_link_all_are_told_of_the_two_others() {
    for seed in 36..40 {
        let worlds = (0..3).map(|site| {
            let seed = seed * 100 + site;
            Circle::met(World::new(seed, Faults::NONE), seed, MEMBERS).world
        });
        let mut sites = Sites::of(worlds.collect(), seed);
        // 256 kbit/s, and a packet that TCP sends again is late and not lost.
        sites.set_faults(LinkFaults {
            delay: SECOND * 3 / 10,
            loss: 0.0,
            per_s: 100.0,
        });
        for site in 0..3 {
            sites.bridge(site, &format!("site{site}")).unwrap();
            sites.run(SECOND);
        }
        talk(&mut sites, 30, SECOND / 10);
        sites.run(15 * SECOND);
        for site in 0..3 {
            for member in 0..MEMBERS {
                let told = sites.worlds[site].told(member).iter();
                let reached = told.filter_map(|news| match news {
                    News::Beyond(BeyondNews::Site {
                        site,
                        change: SiteChange::Reached,
                    }) => Some(site.name.to_string()),
                    _ => None,
                });
                let mut reached: Vec<String> = reached.collect();
                reached.sort();
                let others = (0..3).filter(|other| *other != site);
                let others: Vec<String> = others.map(|other| format!("site{other}")).collect();
                assert_eq!(reached, others, "seed {seed}: {member} at {site}");
            }
        }
    }
}

/// Bytes that no compression makes short.
fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    (0..length).map(|_| rng.bits() as u8).collect()
}

#[test]
fn a_file_crosses_the_link_once_and_is_given_by_the_far_bridges() {
    let mut sites = sites(25, 3);
    for bridge in 0..3 {
        sites.carry_files(bridge, 8 << 20);
    }
    let bytes = content(25, 600_000);
    let (_, before) = sites.sent(0);
    let offer = sites.worlds[0].give(0, "mapa.png", &bytes).unwrap();
    sites.run(30 * SECOND);
    // Whoever wants it gets it from the own bridge, also when its author is gone.
    sites.worlds[0].kill(0);
    for (site, taker) in [(1, 0), (1, 3), (2, 2)] {
        sites.worlds[site].take(taker, offer);
    }
    sites.run(20 * SECOND);
    for (site, taker) in [(1, 0), (1, 3), (2, 2)] {
        let file = sites.worlds[site].file(taker, offer);
        assert_eq!(file.as_deref(), Some(&bytes[..]), "{taker} at {site}");
    }
    assert_eq!(
        sites.worlds[1].file(2, offer),
        None,
        "nobody else has taken it"
    );
    let (_, after) = sites.sent(0);
    let crossed = (after - before) as usize;
    assert!(
        crossed < bytes.len() * 5 / 4,
        "{crossed} bytes for {}",
        bytes.len()
    );
    for number in 1..3 {
        let (_, sent) = sites.sent(number);
        assert!(
            (sent as usize) < bytes.len() / 2,
            "{sent} bytes of {number}"
        );
    }
}

#[test]
fn a_file_crosses_a_lossy_link_and_none_is_larger_than_what_is_allowed() {
    let mut sites = sites(26, 2);
    for bridge in 0..2 {
        sites.carry_files(bridge, 500_000);
    }
    sites.set_faults(LinkFaults {
        delay: SECOND * 3 / 10,
        loss: 0.05,
        ..LinkFaults::NONE
    });
    let small = content(1, 300_000);
    let first = sites.worlds[0].give(0, "a.bin", &small).unwrap();
    sites.run(40 * SECOND);
    // Too large for what is left.
    let second = sites.worlds[0]
        .give(1, "b.bin", &content(2, 300_000))
        .unwrap();
    sites.run(20 * SECOND);
    for offer in [first, second] {
        sites.worlds[1].take(2, offer);
    }
    sites.run(20 * SECOND);
    let file = sites.worlds[1].file(2, first);
    assert_eq!(file.as_deref(), Some(&small[..]));
    assert_eq!(sites.worlds[0].file(BRIDGE, second), None);
    assert_eq!(sites.worlds[1].file(2, second), None);
}
