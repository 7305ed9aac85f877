//! What the entry of the page does while somebody types: completion by Tab, emoji by their names,
//! and the commands that are the page's own.

use crate::support;

use serde_json::json;

use super::page::{Host, says, texts, waits_for_room, waits_for_text};
use support::place::{Home, Place};
use support::webdriver::{Browser, keys};
use support::{Need, available};

/// Waits until the entry holds exactly this.
fn waits_for_entry(browser: &Browser, text: &str) {
    browser.waits_for(&format!(
        "document.querySelector('#entry').value === {}",
        json!(text)
    ));
}

fn empties_entry(browser: &Browser) {
    browser.runs("document.querySelector('#entry').value = ''", &[]);
}

#[test]
fn tab_completes_names_keys_become_emoji_and_commands_act_on_the_page() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let mut ana = Host::start(&place, "ana", &[]);
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let _bruno = place.member(&Home::new(), "bruno", &[]);
    let _rui = place.member(&Home::new(), "rui lima", &[]);
    ana.program.notes("bruno ");
    let browser = Browser::start(1000, 700);
    browser.opens(&ana.link);
    waits_for_room(&browser);
    browser.waits_for("document.querySelectorAll('#people li').length === 4");
    bia.says("falei por último");
    waits_for_text(&browser, "falei por último");
    // Whoever spoke last comes first, and Tab goes on to the others.
    browser.types("#entry", &format!("b{}", keys::TAB));
    waits_for_entry(&browser, "bia: ");
    browser.types("#entry", keys::TAB);
    waits_for_entry(&browser, "bruno: ");
    // There is no other: Tab goes where it always goes.
    browser.types("#entry", keys::TAB);
    browser.waits_for("document.activeElement.id !== 'entry'");
    empties_entry(&browser);
    browser.types("#entry", &format!("/ver{0}ru{0}", keys::TAB));
    waits_for_entry(&browser, "/verify \"rui lima\" ");
    empties_entry(&browser);
    browser.types("#entry", &format!("olá, BI{}:rock{}", keys::TAB, keys::TAB));
    waits_for_entry(&browser, "olá, bia 🚀");
    empties_entry(&browser);
    browser.types("#entry", "às 10:30: :ok: :nada:");
    waits_for_entry(&browser, "às 10:30: 👌 :nada:");
    browser.types("#entry", keys::ENTER);
    bia.shows("às 10:30: 👌 :nada:");
    // Commands of the page.
    for (typed, told) in [
        ("/quiet 1h", "quiet for 60 min"),
        (
            "/quiet 0",
            "notifications come again, if you asked for them",
        ),
        ("/quiet sempre", "/quiet needs a time"),
        ("/quiet 99999h", "/quiet needs a time"),
    ] {
        says(&browser, typed);
        browser.waits_for(&format!(
            "[...document.querySelectorAll('.aside')].at(-1).textContent.startsWith('{told}')"
        ));
    }
    // What a command finds is listed, newest first.
    says(&browser, "/history 1");
    browser.waits_for("document.querySelectorAll('#found li').length === 1");
    browser.waits_for("document.querySelector('#found li').textContent.endsWith(':nada:')");
    browser.clicks("#found > button");
    says(&browser, "/clear");
    browser.waits_for("document.querySelector('#log').children.length === 0");
    says(&browser, "depois");
    waits_for_text(&browser, "depois");
    assert_eq!(texts(&browser), ["depois"]);
    // What was cleared is only out of sight.
    browser.reloads();
    waits_for_text(&browser, "falei por último");
}
