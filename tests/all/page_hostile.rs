//! Whatever strangers call themselves and say: the page shows it as text, and nothing else happens.

use crate::support;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::page::{Host, waits_for_room};
use support::place::{Home, Place};
use support::webdriver::Browser;
use support::{Need, available};

/// Texts that would do something if they were more than text.
const TEXTS: [&str; 16] = [
    "<img src=x onerror=\"window.hacked = 1\">",
    "<script>window.hacked = 1</script>",
    "</div></article><iframe src=javascript:window.hacked=1></iframe>",
    "javascript:window.hacked=1",
    "JaVaScRiPt:alert(1) data:text/html,<script>1</script> vbscript:x file:///etc/passwd",
    "http://javascript:alert(1)@exemplo.br/ https://exemplo.br/\"onmouseover=\"window.hacked=1",
    "{{constructor.constructor('window.hacked=1')()}} ${window.hacked=1} &lt;b&gt; &amp;",
    "\u{202e}txt.exe\u{202c} vira \u{2066}\u{2067}a\u{2069}\u{2069} e \u{202e}não fecha",
    "zero\u{200b}width\u{200d}\u{feff}\u{2060} e \u{e0041}\u{e007f} etiquetas",
    "مرحبا بالعالم https://exemplo.br/ שלום",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} Z\u{335}\u{322}a\u{334}",
    "  dois espaços\n\ttabulação\n\n\nlinhas",
    "https://exemplo.br/) http:// https://. http://[::1 http://a..b/ https://é.br/ção",
    "__proto__ constructor toString hasOwnProperty",
    "ana ANA @ana ana: <mark>ana</mark>",
    "http://user:pass@127.0.0.1:5080/say?x=1#token",
];

/// Names that the program lets somebody have, and that look like more.
const NAMES: [&str; 4] = ["<b>ana</b>", "__proto__", "&amp;'\"", "constructor"];

/// What no text of a stranger may become.
const FORBIDDEN: &str = "img, script:not([src='/main.js']), iframe, object, embed, style, base, \
    meta[http-equiv], \
    [onerror], [onclick], [onload], [style*='url'], b:not(.count), article *[id], form form";

/// What of the page is wrong now, if anything is.
fn fault(browser: &Browser) -> Value {
    let script = "if (window.hacked) return 'a script of a stranger ran'; \
        const made = document.querySelector(arguments[0]); \
        if (made) return made.outerHTML; \
        for (const link of document.querySelectorAll('a')) { \
          if (!/^https?:$/.test(link.protocol) || link.rel !== 'noopener noreferrer' || \
              link.target !== '_blank') return link.outerHTML; } \
        return null;";
    browser.runs(script, &[json!(FORBIDDEN)])
}

fn waits_for_exactly(browser: &Browser, text: &str) {
    let script = format!(
        "[...document.querySelectorAll('.message > .text')].some((e) => e.textContent === {})",
        json!(text)
    );
    browser.waits_for(&script);
}

#[test]
fn texts_and_names_of_strangers_are_text_and_nothing_else() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let mut ana = Host::start(&place, "ana", &[]);
    let browser = Browser::start(900, 700);
    browser.opens(&ana.link);
    waits_for_room(&browser);
    for (number, name) in NAMES.iter().enumerate() {
        let args = ["--json", "--name", name];
        let mut stranger = place.member(&Home::new(), name, &args[..1]);
        ana.program.notes("entered");
        let own: Vec<&&str> = TEXTS.iter().skip(number).step_by(NAMES.len()).collect();
        for text in own {
            stranger.says(&json!({ "say": text }).to_string());
            waits_for_exactly(&browser, text);
            assert_eq!(fault(&browser), Value::Null, "{name}: {text}");
        }
        let called = format!(
            "[...document.querySelectorAll('.head .who')] \
             .some((e) => e.textContent.startsWith({}))",
            json!(name)
        );
        browser.waits_for(&called);
    }
    // A text of 64 KiB in one word, and one that is nothing but links.
    let mut long = place.member(&Home::new(), "longa", &["--json"]);
    let links = "http://a.b/ ".repeat(3000);
    for text in [
        "x".repeat(60_000),
        links.trim_end().to_owned(),
        ")".repeat(50_000),
    ] {
        long.says(&json!({ "say": text }).to_string());
        waits_for_exactly(&browser, &text);
        assert_eq!(fault(&browser), Value::Null);
        let nodes = browser.runs("return document.querySelectorAll('*').length", &[]);
        assert!(nodes.as_u64().unwrap() < 600);
    }
    assert!(
        texts_stay_inside(&browser),
        "something is wider than the page"
    );
}

/// Whether nothing makes the page scroll sideways.
fn texts_stay_inside(browser: &Browser) -> bool {
    let wide = browser.runs(
        "const e = document.scrollingElement; const log = document.querySelector('#log'); \
         return e.scrollWidth > e.clientWidth || log.scrollWidth > log.clientWidth",
        &[],
    );
    wide == Value::Bool(false)
}

#[test]
fn any_text_is_shown_as_it_was_said() {
    const TEXTS_MADE: usize = 60;
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let mut ana = Host::start(&place, "ana", &[]);
    let mut bia = place.member(&Home::new(), "bia", &["--json"]);
    ana.program.notes("bia ");
    let browser = Browser::start(900, 900);
    browser.opens(&ana.link);
    waits_for_room(&browser);
    // Signs of markup and of links stand near anything that can be written.
    let strategy =
        "([<>&\"'/=:;(){}`]|http://|https://|javascript:|\\PC|[\\u{200b}-\\u{206f}]|\n){1,40}";
    let strategy = proptest::string::string_regex(strategy).unwrap();
    let mut runner = TestRunner::default();
    for _ in 0..TEXTS_MADE {
        let text = strategy.new_tree(&mut runner).unwrap().current();
        // A text is told apart from the others by its beginning, and blanks at its ends are cut.
        let text = format!("«{text}»");
        bia.says(&json!({ "say": text }).to_string());
        waits_for_exactly(&browser, &text);
        assert_eq!(fault(&browser), Value::Null, "{text:?}");
    }
}
