//! A call between two hosts, each with a member and a browser, and a guest of one of them: without
//! loss, and when each host loses a fifth of what comes in.

use crate::support;

use std::env;
use std::fs;
use std::path::Path;

use super::page::{Host, waits_for_room};
use super::page_call::{
    browser_with, browser_with_devices, clicks_on, opens_call, waits_for_picture,
};
use support::Need;
use support::network::{self, Network};
use support::webdriver::{Browser, keys};

/// What a host loses of the datagrams that come to the groups, in thousandths.
const LOSS_PER_MILLE: u32 = 200;

/// Whether a voice of somebody else comes, and is no silence: the device beeps each second.
pub(super) fn waits_for_voice(browser: &Browser) {
    browser.waits_for("[...document.querySelectorAll('#call audio')].some((one) => one.srcObject)");
    let loudest = browser.awaits(
        "const one = [...document.querySelectorAll('#call audio')].find((one) => one.srcObject); \
         const audio = new AudioContext(); \
         const analyser = audio.createAnalyser(); \
         audio.createMediaStreamSource(one.srcObject).connect(analyser); \
         const values = new Float32Array(analyser.fftSize); \
         const end = Date.now() + 20_000; \
         for (let most = 0; Date.now() < end;) { \
           await new Promise((done) => setTimeout(done, 20)); \
           analyser.getFloatTimeDomainData(values); \
           most = Math.max(most, ...values.map(Math.abs)); \
           if (most > 0.01) return most; \
         } \
         return 0;",
        &[],
    );
    assert!(
        loudest.as_f64().is_some_and(|loudest| loudest > 0.0),
        "{loudest}"
    );
}

/// Keeps what a browser shows where that is asked for.
fn keeps_picture(browser: &Browser, name: &str) {
    if let Some(folder) = env::var_os("RODA_CALL_PICTURES") {
        let path = Path::new(&folder).join(format!("{name}.png.base64"));
        fs::write(path, browser.picture()).unwrap();
    }
}

/// The page of a member on a host, where another one is.
fn opens_page((host, member): (&network::Host, &Host)) -> Browser {
    let browser = browser_with_devices(Some(host), 1000);
    browser.opens(&member.link);
    waits_for_room(&browser);
    browser.waits_for("document.querySelectorAll('#people li').length === 2");
    opens_call(&browser);
    browser
}

#[test]
fn two_members_and_a_guest_see_and_hear_each_other_whatever_is_lost() {
    let needs = [Need::Browser, Need::Nft];
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&needs) else {
        return;
    };
    let mut ana = Host::start(&host_a, "ana", &["--guests"]);
    let bia = Host::start(&host_b, "bia", &[]);
    let line = ana.program.notes("guests enter at http://");
    let link = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    let [of_ana, of_bia] = [(&host_a, &ana), (&host_b, &bia)].map(opens_page);
    clicks_on(&of_ana, "Camera");
    clicks_on(&of_ana, "Speak");
    ana.program.notes("You are seen");
    of_bia.waits_for("document.querySelector('#call .others').textContent.includes('ana')");
    clicks_on(&of_bia, "Watch and listen");
    waits_for_picture(&of_bia);
    waits_for_voice(&of_bia);
    // The guest is on the other host, and reaches ana by the network.
    let reaches = format!(
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE {}",
        host_a.address(0)
    );
    let of_rui = browser_with(Some(&host_b), 500, &[&reaches]);
    of_rui.opens(link.unwrap());
    of_rui.types("#name", &format!("rui{}", keys::ENTER));
    of_rui.waits_for("!document.querySelector('#call').hidden");
    clicks_on(&of_rui, "Watch and listen");
    waits_for_picture(&of_rui);
    // Both ways.
    clicks_on(&of_bia, "Camera");
    waits_for_picture(&of_ana);
    for host in [&host_a, &host_b] {
        host.loses(LOSS_PER_MILLE);
    }
    for (browser, name) in [(&of_ana, "ana"), (&of_bia, "bia"), (&of_rui, "rui")] {
        waits_for_picture(browser);
        keeps_picture(browser, name);
    }
    waits_for_voice(&of_bia);
    for host in [&host_a, &host_b] {
        host.hears_all();
    }
    // A browser that is killed says no farewell.
    drop(of_ana);
    of_bia.waits_for(
        "!document.querySelector('#call figure:not(.own):not([hidden])') \
         && !document.querySelector('#call .voices li')",
    );
}

#[test]
fn where_multicast_is_blocked_a_button_sends_by_unicast_and_every_face_says_so() {
    let needs = [Need::Browser, Need::Nft];
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&needs) else {
        return;
    };
    host_b.loses_streams();
    let mut ana = Host::start(&host_a, "ana", &[]);
    let bia = Host::start(&host_b, "bia", &[]);
    let [of_ana, of_bia] = [(&host_a, &ana), (&host_b, &bia)].map(opens_page);
    clicks_on(&of_ana, "Camera");
    ana.program
        .notes("0 % arrived at the other member who counted");
    clicks_on(&of_bia, "Watch and listen");
    let by_unicast = "Send by unicast, too (to 8 at most)";
    clicks_on(&of_ana, by_unicast);
    ana.program.notes("What you send goes to 1 by unicast");
    waits_for_picture(&of_bia);
    keeps_picture(&of_bia, "by-unicast");
    let others = "document.querySelector('#call .others').textContent";
    of_ana.waits_for(&format!("{others}.includes('goes to 1 by unicast')"));
    clicks_on(&of_ana, by_unicast);
    ana.program.notes("What you send goes by multicast alone");
    of_ana.waits_for(&format!("!{others}.includes('by unicast')"));
}
