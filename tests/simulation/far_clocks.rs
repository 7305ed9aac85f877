//! Sites whose clocks differ, and bridges that have run for weeks.

use roda::chat::command::Command;
use roda::chat::event::{BeyondNews, News, SiteChange};
use roda::sim::link::Faults;
use roda::sim::sites::Sites;

use crate::circle::SECOND;
use crate::far::{shown, told_presence};
use crate::sites::{
    BRIDGE, MEMBERS, count_told, expect_one_room, say, sites, sites_with_clocks, talk, texts,
};

/// How far ahead the clock of a site is that a bridge or a member was told of, in seconds.
pub(crate) fn told_clocks(sites: &Sites, site: usize, member: usize) -> Vec<i64> {
    let face = sites.worlds[site].face(member).iter();
    let clocks = face.filter_map(|news| match news {
        News::Beyond(BeyondNews::Site { site, change }) if *change == SiteChange::Clock => {
            Some(site.ahead_ms.unwrap_or_default() / 1000)
        }
        _ => None,
    });
    clocks.collect()
}

#[test]
fn sites_whose_clocks_differ_by_ten_minutes_are_told_so_and_lose_no_line() {
    for (seed, skews_ms) in [(15, [0, 720_000]), (16, [0, -600_000]), (27, [0, 600_000])] {
        let mut sites = sites_with_clocks(seed, &skews_ms);
        talk(&mut sites, 40, SECOND / 2);
        sites.run(20 * SECOND);
        expect_one_room(&sites, 40, seed);
        for site in 0..2 {
            for member in 0..MEMBERS {
                let shown = shown(&sites, site, member);
                // By arrival: as they were said, one site after the other.
                let expected: Vec<String> = (0..40)
                    .map(|line| format!("linha {line} de {} em {}", line / 2 % MEMBERS, line % 2))
                    .collect();
                let texts: Vec<&String> = shown.iter().map(|(text, _)| text).collect();
                assert!(
                    texts.iter().copied().eq(&expected),
                    "seed {seed}: {texts:?}"
                );
                for (line, (_, is_late)) in shown.iter().enumerate() {
                    assert_eq!(*is_late, line % 2 != site, "seed {seed}: {line} at {site}");
                }
            }
            // Each bridge measures it for itself, and tells it once.
            let clocks = told_clocks(&sites, site, BRIDGE);
            let ahead_s = (skews_ms[1 - site] - skews_ms[site]) / 1000;
            assert_eq!(clocks.len(), 1, "seed {seed}: {clocks:?}");
            assert!((clocks[0] - ahead_s).abs() <= 2, "seed {seed}: {clocks:?}");
        }
        // Who comes later gets all of it, whichever clock it has.
        for site in 0..2 {
            let newcomer = sites.worlds[site].join("nova").unwrap();
            sites.run(30 * SECOND);
            let held = texts(&sites, site, newcomer);
            assert_eq!(held, texts(&sites, 0, 0), "seed {seed}: at {site}");
        }
    }
}

#[test]
fn who_comes_later_gets_what_a_site_says_whose_clock_is_far_ahead() {
    for (seed, skew_s) in (70..).zip([660, 720, 3600, 10 * 3600, -720, -3600]) {
        let mut sites = sites_with_clocks(seed, &[0, skew_s * 1000]);
        talk(&mut sites, 40, SECOND / 4);
        for world in &mut sites.worlds {
            world.set_faults(Faults::losing(0.1));
        }
        // While they catch up, the others go on.
        let newcomers = [0, 1].map(|site| sites.worlds[site].join("nova").unwrap());
        for line in 40..60 {
            say(&mut sites, line % 2, 0, line);
            sites.run(SECOND / 4);
        }
        for world in &mut sites.worlds {
            world.set_faults(Faults::NONE);
        }
        sites.run(60 * SECOND);
        let said = texts(&sites, 0, 0);
        assert_eq!(said.len(), 60, "seed {seed}");
        for (site, newcomer) in newcomers.into_iter().enumerate() {
            let held = texts(&sites, site, newcomer);
            let lacks = said.iter().filter(|text| !held.contains(text)).count();
            assert_eq!(lacks, 0, "seed {seed}: at {site}");
            let told = told_presence(&sites, site, newcomer);
            let beyond = |name: &&String| **name == format!("site{}", 1 - site);
            assert_eq!(told.iter().find(beyond), None, "seed {seed}: at {site}");
        }
    }
}

#[test]
fn a_bridge_that_has_run_for_weeks_is_known_to_whoever_comes() {
    let mut sites = sites(76, 2);
    for _ in 0..4 {
        for world in &mut sites.worlds {
            world.pass_days(4);
        }
        sites.run(20 * SECOND);
    }
    let nova = sites.worlds[0].join("nova").unwrap();
    sites.worlds[0].record_face(nova);
    sites.run(20 * SECOND);
    let reached = |news: &News| match news {
        News::Beyond(BeyondNews::Site { site, change }) => {
            *change == SiteChange::Reached && *site.name == *"site1"
        }
        _ => false,
    };
    assert_eq!(count_told(&sites, 0, nova, reached), 1);
    // What a site says whose clock is ahead comes to them, and what they say in private arrives.
    let (to, text) = ("m1".to_owned(), "segredo".to_owned());
    sites.worlds[0].ask(nova, Command::SayTo { to, text });
    sites.run(5 * SECOND);
    let is_it = |news: &News| match news {
        News::Message(message) => message.is_private && message.text() == "segredo",
        _ => false,
    };
    assert_eq!(count_told(&sites, 0, 1, is_it), 1);
}

#[test]
fn clocks_are_told_from_a_minute_on_and_not_before() {
    for (seed, skew_ms, is_told) in [(17, 50_000, false), (18, 75_000, true)] {
        let mut sites = sites_with_clocks(seed, &[0, skew_ms]);
        talk(&mut sites, 8, SECOND / 2);
        sites.run(10 * SECOND);
        expect_one_room(&sites, 8, seed);
        for site in 0..2 {
            let count = told_clocks(&sites, site, BRIDGE).len();
            assert_eq!(count, usize::from(is_told), "seed {seed}: at {site}");
            let late = shown(&sites, site, 0)
                .into_iter()
                .filter(|(_, is_late)| *is_late);
            assert_eq!(late.count(), 0, "seed {seed}: nothing is late at {site}");
        }
    }
}
