//! The call in real browsers, with a camera, a microphone and a screen that the browser makes up:
//! nothing is on without a click, a mark says what is on, and what is sent is seen.

use crate::support;

use serde_json::json;

use super::page::{Host, host_of_guests, waits_for_room};
use support::place::Place;
use support::webdriver::{Browser, keys};
use support::{Need, available, wait_until};

/// A browser with devices, which asks nobody whether a page may use them.
const DEVICES: [&str; 4] = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
    "--autoplay-policy=no-user-gesture-required",
];

/// Starts a browser with devices and further flags.
pub(super) fn browser_with(place: Option<&Place>, width: u32, more: &[&str]) -> Browser {
    Browser::start_with(place, width, 800, &[&DEVICES, more].concat())
}

/// Starts a browser with devices.
pub(super) fn browser_with_devices(place: Option<&Place>, width: u32) -> Browser {
    browser_with(place, width, &[])
}

/// Clicks on the button of the call that is called so.
pub(super) fn clicks_on(browser: &Browser, words: &str) {
    let button = format!(
        "[...document.querySelectorAll('#call button')] \
         .find((one) => !one.hidden && one.textContent.endsWith({}))",
        json!(words)
    );
    browser.waits_for(&button.replace(".find(", ".some("));
    browser.runs(&format!("({button}).click()"), &[]);
}

/// Waits until a picture of somebody else moves.
pub(super) fn waits_for_picture(browser: &Browser) {
    let frames = "[...document.querySelectorAll('#call figure:not(.own):not([hidden]) video')] \
        .map((video) => video.getVideoPlaybackQuality().totalVideoFrames) \
        .reduce((most, count) => Math.max(most, count), 0)";
    browser.waits_for(&format!("{frames} > 5"));
    let before = browser.runs(&format!("return {frames}"), &[]);
    browser.waits_for(&format!("{frames} > {}", before.as_u64().unwrap() + 5));
}

/// What the mark says.
pub(super) fn mark(browser: &Browser) -> String {
    let script = "const mark = document.querySelector('#call .air'); \
        return mark.hidden ? '' : mark.textContent";
    let mark = browser.runs(script, &[]);
    mark.as_str().unwrap().to_owned()
}

/// Opens the part of the page where the call is.
pub(super) fn opens_call(browser: &Browser) {
    browser.waits_for("!document.querySelector('#show-call').disabled");
    browser.runs(
        "if (document.querySelector('#call').hidden) document.querySelector('#show-call').click()",
        &[],
    );
}

#[test]
fn a_guest_sees_and_hears_the_host_until_the_host_stops() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let (mut ana, link) = host_of_guests(&place);
    let of_ana = browser_with_devices(None, 1000);
    of_ana.opens(&ana.link);
    waits_for_room(&of_ana);
    let of_rui = browser_with_devices(None, 500);
    of_rui.opens(&link);
    of_rui.types("#name", &format!("rui{}", keys::ENTER));
    of_rui.waits_for("!document.querySelector('#say').hidden");
    // Nothing is on, and nothing was asked for.
    opens_call(&of_ana);
    assert_eq!(mark(&of_ana), "");
    clicks_on(&of_ana, "Camera");
    ana.program.notes("You are seen: your camera is on");
    of_ana.waits_for("!document.querySelector('#call .air').hidden");
    assert!(mark(&of_ana).contains("picture"), "{}", mark(&of_ana));
    of_ana.waits_for("document.title.startsWith('●')");
    of_rui.waits_for("!document.querySelector('#call').hidden");
    clicks_on(&of_rui, "Watch and listen");
    waits_for_picture(&of_rui);
    // The microphone, too.
    clicks_on(&of_ana, "Speak");
    ana.program.notes("You are heard: your microphone is on");
    of_rui.waits_for("document.querySelectorAll('#call .voices li').length === 1");
    of_rui.waits_for("[...document.querySelectorAll('#call audio')].some((one) => one.srcObject)");
    clicks_on(&of_ana, "Camera");
    ana.program.notes("You are not seen any more");
    of_rui.waits_for("!document.querySelector('#call figure:not([hidden])')");
    clicks_on(&of_ana, "Leave the call");
    ana.program.notes("You are not heard any more");
    of_ana.waits_for("document.querySelector('#call .air').hidden");
    of_rui.waits_for("document.querySelector('#call').hidden");
}

#[test]
fn a_page_that_dies_is_silent_for_the_others_at_once() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let mut ana = Host::start(&place, "ana", &[]);
    let of_ana = browser_with_devices(None, 1000);
    of_ana.opens(&ana.link);
    waits_for_room(&of_ana);
    opens_call(&of_ana);
    clicks_on(&of_ana, "Speak");
    ana.program.notes("You are heard: your microphone is on");
    // It says farewell when it is closed.
    of_ana.opens("about:blank");
    ana.program.notes("You are not heard any more");
}

#[test]
fn offers_that_are_none_are_refused() {
    let place = Place::on_loopback();
    let mut ana = Host::start(&place, "ana", &[]);
    let page = support::page::Page::in_line(&ana.link.replace("http", "The page is at http"));
    let answers = [
        ("/offer", "", 400),
        ("/offer", "{}", 400),
        ("/offer", r#"{"sdp": ""}"#, 400),
        (
            "/offer",
            r#"{"sdp": "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"}"#,
            400,
        ),
        ("/offer", r#"{"sdp": "v=0", "room": "nenhuma"}"#, 400),
        ("/call", r#"{"peer": 1, "begin": "camera"}"#, 400),
        ("/call", r#"{"peer": 1, "begin": "all"}"#, 400),
    ];
    for (path, body, status) in answers {
        let answer = page.posts(path, body);
        assert_eq!(answer.status, status, "{path} {body}: {answer:?}");
    }
    let long = json!({ "sdp": "m=".repeat(300 << 10) }).to_string();
    assert_eq!(page.posts("/offer", &long).status, 413);
    let stranger = page.knowing(&"0".repeat(32));
    assert_eq!(stranger.posts("/offer", "{}").status, 401);
    // Nobody was connected by that, and the program goes on.
    ana.program.says("oi");
    let is_shown = wait_until(|| (!page.says("ainda aqui").is_empty()).then_some(()));
    assert!(is_shown.is_some());
}
