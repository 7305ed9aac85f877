//! The page in Firefox, against the real program: members talk, change and verify, a guest takes
//! part, and a program that was killed comes back. Where there is no Firefox, this says so.

use crate::support;

use std::io::Write;

use serde_json::json;

use super::page::{Host, host_of_guests, says, texts, waits_for_room, waits_for_text};
use support::driver::firefox;
use support::place::Place;
use support::webdriver::{Browser, keys};

#[test]
fn firefox_shows_the_page_as_other_browsers_do() {
    let Some(program) = firefox() else {
        let said = "NOT RUN: no Firefox is here: apt-get install firefox-esr";
        // Where no test harness hides it.
        let _ = writeln!(std::io::stderr(), "{said}");
        return;
    };
    let place = Place::on_loopback();
    let (mut ana, guests) = host_of_guests(&place);
    let bia = Host::start(&place, "bia", &[]);
    let browser = Browser::firefox(program);
    browser.opens(&ana.link);
    waits_for_room(&browser);
    assert!(!browser.address().contains('#'));
    let first = browser.tab();
    let second = browser.opens_tab();
    browser.opens(&bia.link);
    waits_for_room(&browser);
    browser.waits_for("document.querySelectorAll('#people li').length === 2");
    two_tabs_talk(&browser, &first, &second);
    shows_the_code(&browser);
    // A guest, in a third tab.
    browser.opens_tab();
    browser.opens(&guests);
    browser.waits_for("document.querySelector('#about').textContent.includes('can read all')");
    browser.types("#name", &format!("rui{}", keys::ENTER));
    browser.waits_for("!document.querySelector('#say').hidden");
    browser.types("#entry", &format!("sou convidado{}", keys::ENTER));
    waits_for_text(&browser, "sou convidado");
    browser.goes_to(&second);
    waits_for_text(&browser, "sou convidado");
    // The program is killed, and comes back: the page lacks nothing and shows nothing twice.
    let again = bia.dies();
    browser.waits_for("document.querySelector('#status').textContent");
    ana.program.says("enquanto isso");
    let _bia = again(&place);
    waits_for_room(&browser);
    waits_for_text(&browser, "enquanto isso");
    let all = [
        "oi, ana: <b>não é marcação</b>",
        "olá, mudado",
        "sou convidado",
        "enquanto isso",
    ];
    assert_eq!(texts(&browser), all);
}

/// The second tab, where the browser is, and the first talk; the browser ends in the second.
fn two_tabs_talk(browser: &Browser, first: &str, second: &str) {
    says(browser, "oi, ana: <b>não é marcação</b>");
    browser.waits_for("document.querySelector('.own .state').textContent === '✓'");
    browser.goes_to(first);
    waits_for_text(browser, "oi, ana: <b>não é marcação</b>");
    let markup = browser.runs("return document.querySelector('.text b')", &[]);
    assert_eq!(markup, json!(null));
    // Tab completes whom it is for, and a name between colons is its emoji.
    browser.types("#entry", &format!("bi{}olá :ok:", keys::TAB));
    browser.waits_for("document.querySelector('#entry').value === 'bia: olá 👌'");
    browser.types("#entry", keys::ENTER);
    waits_for_text(browser, "bia: olá 👌");
    browser.types("#entry", keys::UP);
    browser.waits_for("document.querySelector('#entry').value === 'bia: olá 👌'");
    browser.runs("document.querySelector('#entry').value = ''", &[]);
    says(browser, "olá, mudado");
    browser.goes_to(second);
    waits_for_text(browser, "olá, mudado");
}

/// Shows the code that two people compare, and closes it by a key.
fn shows_the_code(browser: &Browser) {
    let clicks = |selector: &str, words: &str| {
        browser.runs(
            "[...document.querySelectorAll(arguments[0])] \
             .find((e) => e.textContent.startsWith(arguments[1])).click()",
            &[json!(selector), json!(words)],
        );
    };
    clicks("#people button", "ana");
    clicks("#dialog button", "Verify");
    browser.waits_for("document.querySelectorAll('#dialog .code span').length === 6");
    browser.waits_for("document.querySelector('#dialog .qr')");
    browser.presses(keys::ESCAPE);
    browser.waits_for("!document.querySelector('#dialog').open");
}
