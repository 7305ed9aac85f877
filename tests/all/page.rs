//! The page in a real browser: members whose pages talk, what is scrolled to and searched, tabs
//! that share a stream, and a program that ends and comes back.

use crate::support;

use std::collections::BTreeSet;

use roda::protocol::wire::seal::Seal;
use roda::store::archive::RoomKind;
use serde_json::json;
use support::archive::{entry, write};
use support::place::{Home, Place, free_port};
use support::program::Program;
use support::webdriver::{Browser, keys};
use support::{Need, available, wait_until};

/// Elements of the page at most, whatever it shows.
const NODES_MAX: u64 = 600;

/// A member with a page, and the page's link.
pub(crate) struct Host {
    pub(crate) program: Program,
    pub(crate) link: String,
    home: Home,
    name: String,
    args: Vec<String>,
}

impl Host {
    /// A member whose face is lines beside the page.
    pub(crate) fn start(place: &Place, name: &str, args: &[&str]) -> Self {
        Self::at_home(place, Home::new(), name, args)
    }

    /// The same for somebody who has been here before.
    fn at_home(place: &Place, home: Home, name: &str, args: &[&str]) -> Self {
        // A port of its own, which nobody takes between two starts.
        let mut args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        args.push(format!("--web={}", free_port()));
        let (program, link) = started(place, &home, name, &args);
        Self {
            program,
            link,
            home,
            name: name.to_owned(),
            args,
        }
    }

    /// Ends the program as a power cut does.
    pub(crate) fn dies(self) -> impl FnOnce(&Place) -> Self {
        let Self {
            program,
            home,
            name,
            args,
            ..
        } = self;
        program.stops();
        move |place| {
            let (program, link) = started(place, &home, &name, &args);
            Self {
                program,
                link,
                home,
                name,
                args,
            }
        }
    }
}

fn started(place: &Place, home: &Home, name: &str, args: &[String]) -> (Program, String) {
    let mut all = vec!["--name", name, "--lang", "en"];
    all.extend(args.iter().map(String::as_str));
    let mut command = place.chat(home, &all);
    command.env("XDG_RUNTIME_DIR", home.path().join("run"));
    let mut program = Program::start(command).keeping(home);
    let link = link_in(&program.notes("The page is at http://127.0.0.1:"));
    (program, link)
}

fn link_in(line: &str) -> String {
    let mut words = line.split_whitespace();
    words
        .find(|word| word.starts_with("http://"))
        .unwrap()
        .to_owned()
}

/// A member with a page who lets guests in, and the link for these.
pub(crate) fn host_of_guests(place: &Place) -> (Host, String) {
    let mut host = Host::start(place, "ana", &["--guests=127.0.0.1:0"]);
    let link = link_in(&host.program.notes("guests enter at http://127.0.0.1:"));
    (host, link)
}

/// Waits until the page in this tab shows the room.
pub(crate) fn waits_for_room(browser: &Browser) {
    browser.waits_for("document.querySelector('#status').textContent === '' && document.title");
}

/// Waits until a message says exactly this.
pub(crate) fn waits_for_text(browser: &Browser, text: &str) {
    browser.waits_for(&format!(
        "[...document.querySelectorAll('.message > .text')].some((e) => e.textContent === {})",
        json!(text)
    ));
}

/// All texts of messages that are seen, in their order.
pub(crate) fn texts(browser: &Browser) -> Vec<String> {
    let all = browser.runs(
        "return [...document.querySelectorAll('.message > .text')].map((e) => e.textContent)",
        &[],
    );
    let all = all.as_array().unwrap().iter();
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Types a line into the entry, and sends it.
pub(crate) fn says(browser: &Browser, line: &str) {
    browser.types("#entry", &format!("{line}{}", keys::ENTER));
}

fn nodes(browser: &Browser) -> u64 {
    let nodes = browser.runs("return document.querySelectorAll('*').length", &[]);
    nodes.as_u64().unwrap()
}

/// Two members, each with a page in a tab: the browser is in the first one's.
fn two(place: &Place) -> Option<(Browser, [Host; 2], [String; 2])> {
    if !available(&[Need::Browser]) {
        return None;
    }
    let ana = Host::start(place, "ana", &[]);
    let bia = Host::start(place, "bia", &[]);
    let browser = Browser::start(1100, 700);
    browser.opens(&ana.link);
    waits_for_room(&browser);
    let first = browser.tab();
    let second = browser.opens_tab();
    browser.opens(&bia.link);
    waits_for_room(&browser);
    browser.waits_for("document.querySelectorAll('#people li').length === 2");
    browser.goes_to(&first);
    browser.waits_for("document.querySelectorAll('#people li').length === 2");
    Some((browser, [ana, bia], [first, second]))
}

#[test]
fn two_pages_talk_change_and_withdraw() {
    let place = Place::on_loopback();
    let Some((browser, hosts, [ana, bia])) = two(&place) else {
        return;
    };
    assert!(
        !browser.address().contains('#'),
        "the token is out of the address"
    );
    says(&browser, "oi, bia: https://exemplo.br/lista.pdf.");
    browser.waits_for("document.querySelector('.own .state').textContent === '✓'");
    browser.goes_to(&bia);
    waits_for_text(&browser, "oi, bia: https://exemplo.br/lista.pdf.");
    let link = browser.waits_for("document.querySelector('.message a').href");
    assert_eq!(link, "https://exemplo.br/lista.pdf");
    says(&browser, "olá\\ncom duas barras");
    let two_lines = format!("uma{0}{1}{0}duas{1}", keys::SHIFT, keys::ENTER);
    browser.types("#entry", &two_lines);
    waits_for_text(&browser, "uma\nduas");
    browser.goes_to(&ana);
    waits_for_text(&browser, "uma\nduas");
    // The last message is changed by the arrow, and withdrawn by its button.
    browser.types("#entry", keys::UP);
    browser.waits_for("document.querySelector('#entry').value.startsWith('oi, bia')");
    browser.runs("document.querySelector('#entry').value = ''", &[]);
    says(&browser, "oi, todos");
    browser.goes_to(&bia);
    waits_for_text(&browser, "oi, todos");
    browser.waits_for("document.querySelector('.note').textContent === '(edited)'");
    browser.goes_to(&ana);
    browser.clicks(".own.message");
    browser.clicks(".own .acts button:last-child");
    browser.clicks("#dialog div button");
    browser.goes_to(&bia);
    waits_for_text(&browser, "(deleted)");
    assert!(!texts(&browser).contains(&"oi, todos".to_owned()));
    drop(hosts);
}

#[test]
fn a_private_conversation_stays_between_two_and_codes_are_the_same() {
    let place = Place::on_loopback();
    let Some((browser, mut hosts, [ana, bia])) = two(&place) else {
        return;
    };
    let choose = |name: &str, words: &str| {
        browser.runs(
            "const [name, words] = arguments; const of = (selector, text) => \
             [...document.querySelectorAll(selector)].find((e) => e.textContent.startsWith(text)); \
             of('#people button', name).click(); of('#dialog button', words).click();",
            &[json!(name), json!(words)],
        );
    };
    choose("bia", "Write privately");
    browser.waits_for("document.querySelector('#to').innerText.includes('bia')");
    says(&browser, "a senha é 1234");
    browser.waits_for("document.querySelector('.private.own')");
    hosts[1].program.shows("a senha é 1234");
    // Without anything else that only one of them reads, the code is the same on both pages.
    let code = || {
        browser.waits_for("document.querySelectorAll('#dialog .code span').length === 6");
        browser.runs(
            "return document.querySelector('#dialog .code').textContent",
            &[],
        )
    };
    choose("bia", "Verify");
    let at_ana = code();
    browser.presses(keys::ESCAPE);
    browser.waits_for("!document.querySelector('#dialog').open");
    browser.goes_to(&bia);
    waits_for_text(&browser, "a senha é 1234");
    browser.waits_for("document.querySelectorAll('#rooms li').length === 2");
    choose("ana", "Verify");
    assert_eq!(code(), at_ana);
    browser.clicks("#dialog .buttons button");
    browser
        .waits_for("[...document.querySelectorAll('.person')].some((e) => e.title === 'verified')");
    browser.goes_to(&ana);
    assert_eq!(
        browser.runs(
            "return document.querySelectorAll('.person[title=verified]').length",
            &[]
        ),
        0
    );
}

#[test]
fn a_page_whose_program_was_killed_lacks_nothing_and_shows_nothing_twice() {
    let place = Place::on_loopback();
    let Some((browser, [mut ana, bia], [_, second])) = two(&place) else {
        return;
    };
    browser.goes_to(&second);
    let mut expected = Vec::new();
    let mut say = |ana: &mut Program, number: usize| {
        let line = format!("linha {number}");
        ana.says(&line);
        expected.push(line);
    };
    (0..5).for_each(|number| say(&mut ana.program, number));
    waits_for_text(&browser, "linha 4");
    let link = bia.link.clone();
    let again = bia.dies();
    browser.waits_for("document.querySelector('#status').textContent");
    (5..10).for_each(|number| say(&mut ana.program, number));
    let mut bia = again(&place);
    assert_eq!(bia.link, link, "port and token are kept");
    waits_for_text(&browser, "linha 9");
    waits_for_room(&browser);
    (10..12).for_each(|number| say(&mut ana.program, number));
    waits_for_text(&browser, "linha 11");
    assert_eq!(texts(&browser), expected);
    // What is private is in no state of the room that others could give, and in the archive.
    ana.program.says("/msg bia só para você");
    bia.program.shows("só para você");
    waits_for_text(&browser, "só para você");
    expected.push("só para você".to_owned());
    // And the page as it is after loading it again says the same.
    browser.reloads();
    waits_for_room(&browser);
    waits_for_text(&browser, "só para você");
    assert_eq!(texts(&browser), expected);
}

#[test]
fn a_long_conversation_is_scrolled_through_and_searched_with_few_elements() {
    const MESSAGES: u32 = 3000;
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let home = Home::new();
    let said = (0..MESSAGES).map(|number| {
        let author = 1 + (number % 3) as u8;
        let text = format!(
            "mensagem {number}{}",
            if number == 17 { " agulha" } else { "" }
        );
        (
            entry(
                ["ana", "bia", "rui"][number as usize % 3],
                author,
                number * 40,
                &text,
            ),
            author,
        )
    });
    let said: Vec<_> = said.collect();
    write(
        &home,
        "turma-a",
        RoomKind::Public,
        &Seal::public(Some("turma-a")),
        &said,
    );
    let host = Host::at_home(&place, home, "eva", &["--room", "turma-a"]);
    let browser = Browser::start(900, 700);
    browser.opens(&host.link);
    waits_for_room(&browser);
    waits_for_text(&browser, &format!("mensagem {}", MESSAGES - 1));
    let mut seen = BTreeSet::new();
    while !seen.contains("mensagem 0") {
        let before = seen.len();
        let more = wait_until(|| {
            assert!(nodes(&browser) < NODES_MAX);
            seen.extend(texts(&browser));
            browser.runs("document.querySelector('#log').scrollTop = 0", &[]);
            (seen.len() > before).then_some(())
        });
        assert!(more.is_some(), "no more than {before} messages came by");
    }
    assert_eq!(seen.len(), MESSAGES as usize, "every message comes by once");
    let at_top = texts(&browser);
    let numbers = at_top
        .iter()
        .filter_map(|text| text.split(' ').nth(1)?.parse::<u32>().ok());
    assert!(numbers.is_sorted(), "{at_top:?}");
    browser.clicks("#newest");
    waits_for_text(&browser, &format!("mensagem {}", MESSAGES - 1));
    // What is searched for is found, and shown in its place.
    browser.types("#query", &format!("agulha{}", keys::ENTER));
    browser.waits_for("document.querySelectorAll('#found li').length === 1");
    assert!(nodes(&browser) < NODES_MAX);
    browser.clicks("#found .hit");
    browser.waits_for("document.activeElement.textContent.includes('mensagem 17 agulha')");
    waits_for_text(&browser, "mensagem 16");
}

#[test]
fn eight_tabs_share_one_stream_and_another_leads_when_the_leader_closes() {
    const TABS: usize = 8;
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let mut ana = Host::start(&place, "ana", &[]);
    let mut bia = place.member(&Home::new(), "bia", &[]);
    ana.program.notes("bia ");
    let browser = Browser::start(900, 700);
    let mut tabs = vec![browser.tab()];
    tabs.extend((1..TABS).map(|_| browser.opens_tab()));
    for tab in &tabs {
        browser.goes_to(tab);
        browser.opens(&ana.link);
        waits_for_room(&browser);
    }
    let locks = |state: &str| {
        let script = format!("return (await navigator.locks.query()).{state}.length");
        browser.awaits(&script, &[]).as_u64().unwrap()
    };
    assert_eq!((locks("held"), locks("pending")), (1, TABS as u64 - 1));
    bia.says("a todas");
    for tab in &tabs {
        browser.goes_to(tab);
        waits_for_text(&browser, "a todas");
    }
    says(&browser, "de uma");
    bia.shows("ana: de uma");
    // The first tab has the lock, and goes.
    browser.goes_to(&tabs.remove(0));
    browser.closes_tab();
    browser.goes_to(&tabs[0]);
    let pending = wait_until(|| (locks("pending") == TABS as u64 - 2).then_some(()));
    assert!(pending.is_some(), "nobody leads");
    bia.says("e agora");
    for tab in &tabs {
        browser.goes_to(tab);
        waits_for_text(&browser, "e agora");
        assert_eq!(texts(&browser), ["a todas", "de uma", "e agora"]);
    }
}

#[test]
fn the_keyboard_alone_reaches_everything() {
    let place = Place::on_loopback();
    let Some((browser, mut hosts, _)) = two(&place) else {
        return;
    };
    hosts[1].program.says("de bia");
    waits_for_text(&browser, "de bia");
    // Tab goes through all that can be used, and comes back to where it began.
    browser.runs("document.activeElement.blur()", &[]);
    let mut reached = Vec::new();
    for _ in 0..30 {
        browser.presses(keys::TAB);
        let id = browser.runs(
            "const e = document.activeElement; \
             return e.id || e.className || e.dataset.text || e.tagName",
            &[],
        );
        reached.push(id.as_str().unwrap().to_owned());
    }
    for wanted in [
        "query",
        "show-people",
        "notify",
        "commands",
        "language",
        "log",
        "entry",
        "person",
    ] {
        assert!(
            reached.iter().any(|id| id == wanted),
            "{wanted} is not reached: {reached:?}"
        );
    }
    let goes_to = |id: &str| {
        let reached = (0..40).any(|_| {
            browser.presses(keys::TAB);
            browser.runs("return document.activeElement.id", &[]) == id
        });
        assert!(reached, "{id} is not reached");
    };
    goes_to("entry");
    browser.presses(&format!("pelo teclado{}", keys::ENTER));
    hosts[1].program.shows("ana: pelo teclado");
    browser.waits_for("document.querySelector('.own.message')");
    goes_to("log");
    browser.presses(keys::UP);
    browser.waits_for("document.activeElement.matches('.own.message')");
    // From the message to what can be done with it.
    browser.presses(keys::TAB);
    browser.presses(keys::ENTER);
    browser.waits_for("document.activeElement.id === 'entry'");
    browser.presses(keys::ESCAPE);
    browser.waits_for("document.querySelector('#to').hidden");
    goes_to("commands");
    browser.presses(keys::ENTER);
    browser.waits_for("document.querySelector('#dialog').open");
    browser.presses(keys::ESCAPE);
    browser.waits_for("document.activeElement.id === 'commands'");
}
