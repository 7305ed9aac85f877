//! A guest's page in a real browser: a first screen that says who can read along, a name, and then
//! the room; nothing else.

use crate::support;

use serde_json::json;

use super::page::{host_of_guests, waits_for_text};
use support::place::{Home, Place};
use support::webdriver::{Browser, keys};
use support::{Need, available};

#[test]
fn a_guest_is_warned_gives_a_name_and_talks() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let (mut ana, link) = host_of_guests(&place);
    let mut bia = place.member(&Home::new(), "bia", &[]);
    // Telephones are narrow.
    let browser = Browser::start(500, 800);
    browser.opens(&link);
    browser.waits_for("document.querySelector('#about').textContent.includes('can read all')");
    assert!(!browser.address().contains('#'));
    browser.types("#name", &format!("rui{}", keys::ENTER));
    browser.waits_for("!document.querySelector('#say').hidden");
    browser.types("#entry", &format!("<b>oi</b>{}", keys::ENTER));
    bia.shows("~rui (by ana): <b>oi</b>");
    waits_for_text(&browser, "<b>oi</b>");
    bia.says("bem-vindo");
    waits_for_text(&browser, "bem-vindo");
    // What is private stays so.
    bia.says("/msg ana só para ana");
    ana.program.shows("só para ana");
    bia.says("para todos");
    waits_for_text(&browser, "para todos");
    let shown = browser.runs(
        "return document.body.innerText.includes('só para ana')",
        &[],
    );
    assert_eq!(shown, json!(false));
    // Loaded again, the page is still this guest's, and shows nothing twice.
    browser.reloads();
    waits_for_text(&browser, "para todos");
    let count = "return [...document.querySelectorAll('.text')] \
        .filter((e) => e.textContent === 'para todos').length";
    assert_eq!(browser.runs(count, &[]), json!(1));
    browser.types("#entry", &format!("de novo{}", keys::ENTER));
    bia.shows("~rui (by ana): de novo");
}
