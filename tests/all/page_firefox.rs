//! The page in Firefox, against the real program: members talk, change and verify, a guest takes
//! part, and a program that was killed comes back. Where there is no Firefox, this says so.

use crate::support;

use std::io::Write;

use serde_json::json;

use super::page::{Host, says, texts, waits_for_room, waits_for_text};
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
    let ana = Host::start(&place, "ana", &["--guests=127.0.0.1:0"]);
    let mut ana = ana;
    let line = ana.program.notes("guests enter at http://127.0.0.1:");
    let guests = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap()
        .to_owned();
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
    says(&browser, "oi, ana: <b>não é marcação</b>");
    browser.waits_for("document.querySelector('.own .state').textContent === '✓'");
    browser.goes_to(&first);
    waits_for_text(&browser, "oi, ana: <b>não é marcação</b>");
    assert_eq!(
        browser.runs("return document.querySelector('.text b')", &[]),
        json!(null)
    );
    // Tab completes whom it is for, and a name between colons is its emoji.
    browser.types("#entry", &format!("bi{}olá :ok:", keys::TAB));
    browser.waits_for("document.querySelector('#entry').value === 'bia: olá 👌'");
    browser.types("#entry", keys::ENTER);
    waits_for_text(&browser, "bia: olá 👌");
    browser.types("#entry", keys::UP);
    browser.waits_for("document.querySelector('#entry').value === 'bia: olá 👌'");
    browser.runs("document.querySelector('#entry').value = ''", &[]);
    says(&browser, "olá, mudado");
    browser.goes_to(&second);
    waits_for_text(&browser, "olá, mudado");
    // The code that both compare.
    browser.runs(
        "[...document.querySelectorAll('#people button')] \
         .find((e) => e.textContent.startsWith('ana')).click()",
        &[],
    );
    browser.runs(
        "[...document.querySelectorAll('#dialog button')] \
         .find((e) => e.textContent === 'Verify').click()",
        &[],
    );
    browser.waits_for("document.querySelectorAll('#dialog .code span').length === 6");
    browser.waits_for("document.querySelector('#dialog .qr')");
    browser.presses(keys::ESCAPE);
    browser.waits_for("!document.querySelector('#dialog').open");
    // A guest, in a third tab.
    let third = browser.opens_tab();
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
    let bia = again(&place);
    waits_for_room(&browser);
    waits_for_text(&browser, "enquanto isso");
    assert_eq!(
        texts(&browser),
        [
            "oi, ana: <b>não é marcação</b>",
            "olá, mudado",
            "sou convidado",
            "enquanto isso"
        ]
    );
    drop((bia, third));
}
