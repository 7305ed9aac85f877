//! Two hosts on a network, each with a member and a browser of its own: both ways, in private, and
//! in several rooms of one page.

use crate::support;

use super::page::{Host, says, texts, waits_for_room, waits_for_text};
use support::Need;
use support::network::Network;
use support::webdriver::Browser;

/// Waits until this page's current room has so many people.
fn waits_for_people(browser: &Browser, count: usize) {
    browser.waits_for(&format!(
        "document.querySelectorAll('#people li').length === {count}"
    ));
}

fn waits_for_title(browser: &Browser, room: &str) {
    browser.waits_for(&format!(
        "document.querySelector('#room').textContent === '{room}'"
    ));
}

/// Chooses a conversation of the list on the left.
fn goes_to_room(browser: &Browser, room: &str) {
    let script = "[...document.querySelectorAll('#rooms button')] \
        .find((button) => button.textContent.startsWith(arguments[0])).click()";
    browser.runs(script, &[room.into()]);
    waits_for_title(browser, room);
}

#[test]
fn two_hosts_with_a_browser_each_talk_both_ways_and_in_several_rooms() {
    let needs = [Need::Browser, Need::Python];
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&needs) else {
        return;
    };
    let ana = Host::start(&host_a, "ana", &[]);
    let bia = Host::start(&host_b, "bia", &[]);
    let [of_ana, of_bia] = [(&host_a, &ana), (&host_b, &bia)].map(|(host, member)| {
        let browser = Browser::start_on(host, 1100, 700);
        browser.opens(&member.link);
        waits_for_room(&browser);
        waits_for_people(&browser, 2);
        browser
    });
    says(&of_ana, "de ana, para todos");
    waits_for_text(&of_bia, "de ana, para todos");
    of_ana.waits_for("document.querySelector('.own .state').textContent === '✓'");
    says(&of_bia, "de bia, de volta");
    waits_for_text(&of_ana, "de bia, de volta");
    says(&of_bia, "/msg ana só entre nós");
    waits_for_text(&of_ana, "só entre nós");
    // Both go into another room, and each message stays in its own.
    for browser in [&of_ana, &of_bia] {
        says(browser, "/join turma-a");
        waits_for_title(browser, "turma-a");
    }
    for browser in [&of_ana, &of_bia] {
        waits_for_people(browser, 2);
    }
    says(&of_ana, "na turma");
    waits_for_text(&of_bia, "na turma");
    assert_eq!(texts(&of_bia), ["na turma"]);
    goes_to_room(&of_bia, "lobby");
    says(&of_ana, "ainda na turma");
    of_bia.waits_for(
        "[...document.querySelectorAll('#rooms button')].some((button) => \
         button.textContent.startsWith('turma-a') && button.querySelector('.count'))",
    );
    says(&of_bia, "e no lobby");
    goes_to_room(&of_ana, "lobby");
    waits_for_text(&of_ana, "e no lobby");
    let in_lobby = [
        "de ana, para todos",
        "de bia, de volta",
        "só entre nós",
        "e no lobby",
    ];
    assert_eq!(texts(&of_ana), in_lobby);
    assert_eq!(texts(&of_bia), in_lobby);
    goes_to_room(&of_bia, "turma-a");
    waits_for_text(&of_bia, "ainda na turma");
    assert_eq!(texts(&of_bia), ["na turma", "ainda na turma"]);
    // A room that one of them leaves is gone from that page alone.
    says(&of_bia, "/part");
    waits_for_title(&of_bia, "lobby");
    goes_to_room(&of_ana, "turma-a");
    waits_for_people(&of_ana, 1);
}
