//! How the page looks: at three widths, in the light and in the dark, compared loosely with the
//! pictures in `tests/pictures`; and whether everybody can use it, which axe-core judges.
//! `RODA_PICTURES=write cargo test --test all page_looks` draws them anew.

use crate::support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::{Value, json};

use super::page::{Host, waits_for_room};
use support::place::{Home, Place};
use support::program::Program;
use support::webdriver::{Browser, Look};
use support::{Need, available, folder};

/// Widths and heights: a telephone, a tablet or half a screen, a screen.
const SIZES: [(u32, u32); 3] = [(320, 640), (800, 700), (1440, 900)];

/// How far the fields of two pictures may be apart: names have other colours with other keys, and
/// letters other shapes with other fonts.
const APART_MAX: f64 = 12.0;

/// The version of axe-core that judges.
const AXE: &str = "axe-core@4.10.3";

/// A lesson: what is said, by members and a program of the plain wire.
struct Lesson {
    host: Host,
    _others: Vec<Program>,
}

fn lesson(place: &Place) -> Lesson {
    // Where things are kept is another place on each computer.
    let args = ["--room", "turma-a", "--no-history"];
    let mut host = Host::start(place, "ana", &args);
    let mut bia = place.member(&Home::new(), "bia", &["--room", "turma-a"]);
    let mut rui = place.member(&Home::new(), "rui", &["--room", "turma-a", "--json"]);
    host.program.notes("bia ");
    host.program.notes("rui ");
    bia.says("bom dia, ana! A lista está em https://exemplo.br/lista.pdf");
    host.program.shows("bom dia");
    rui.says(&json!({ "say": "def soma(a, b):\n    return a + b" }).to_string());
    host.program.shows("def soma");
    host.program
        .says("obrigada; começo pela segunda questão, que é a mais longa");
    bia.shows("obrigada");
    bia.says("/msg ana a senha do laboratório é a de sempre");
    host.program.shows("a senha");
    rui.says("/me acena");
    host.program.shows("acena");
    Lesson {
        host,
        _others: vec![bia, rui],
    }
}

#[test]
fn the_page_looks_as_its_pictures_show_it_and_everybody_can_use_it() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let lesson = lesson(&place);
    let browser = Browser::start(1440, 900);
    browser.opens(&lesson.host.link);
    waits_for_room(&browser);
    browser.waits_for("document.querySelectorAll('.message').length >= 5");
    let axe = axe();
    let mut wrong = Vec::new();
    for (width, height) in SIZES {
        for scheme in ["light", "dark"] {
            browser.looks_like(width, height, scheme);
            browser.waits_for(&format!("innerWidth === {width}"));
            let is_wide = browser.runs(
                "const e = document.scrollingElement; return e.scrollWidth > e.clientWidth",
                &[],
            );
            assert_eq!(is_wide, Value::Bool(false), "{width}: it scrolls sideways");
            compare(
                &browser,
                &format!("page-{width}-{scheme}"),
                (width, height),
                &mut wrong,
            );
            judge(
                &browser,
                axe.as_deref(),
                &format!("{width}, {scheme}"),
                &mut wrong,
            );
        }
    }
    // Twice as large letters are a window of half the size; dialogs are judged, too.
    browser.looks_like(640, 400, "light");
    judge(&browser, axe.as_deref(), "at 200 %", &mut wrong);
    browser.runs("document.querySelector('#commands').click()", &[]);
    judge(&browser, axe.as_deref(), "the commands", &mut wrong);
    browser.runs("document.querySelector('#dialog').close()", &[]);
    browser.looks_like(1440, 900, "light");
    let bia =
        "[...document.querySelectorAll('.person')].find((e) => e.textContent.startsWith('bia'))";
    browser.runs(&format!("{bia}.click()"), &[]);
    judge(&browser, axe.as_deref(), "a person", &mut wrong);
    browser.runs(
        "[...document.querySelectorAll('#dialog button')] \
         .find((e) => e.textContent === 'Verify').click()",
        &[],
    );
    browser.waits_for("document.querySelector('#dialog .code span')");
    judge(&browser, axe.as_deref(), "the code", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Compares what is seen with the picture that is kept, or keeps it.
fn compare(browser: &Browser, name: &str, size: (u32, u32), wrong: &mut Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/pictures/{name}.png"));
    let drawn = browser.picture();
    if env::var_os("RODA_PICTURES").is_some_and(|act| act == "write") {
        fs::write(&path, from_base64(&drawn)).unwrap();
    }
    let look = browser.look_of(&drawn);
    let is_dark = name.ends_with("dark");
    let is_lit = look.brightness() > 128.0;
    if look.size != (size.0.into(), size.1.into()) || look.colors < 12 || is_dark == is_lit {
        wrong.push(format!(
            "{name}: {:?}, {} colours, light: {is_lit}",
            look.size, look.colors
        ));
    }
    let Ok(kept) = fs::read(&path) else {
        return wrong.push(format!("{name}: no picture is kept"));
    };
    let kept: Look = browser.look_of(&to_base64(&kept));
    let apart = look.distance(&kept);
    if kept.size != look.size || apart > APART_MAX {
        wrong.push(format!("{name} is {apart:.1} from its picture"));
    }
}

/// Lets axe-core judge what is seen.
fn judge(browser: &Browser, axe: Option<&str>, what: &str, wrong: &mut Vec<String>) {
    let Some(axe) = axe else {
        return;
    };
    // As a tool of the browser it is no script of the page, which would not be run.
    browser.runs(axe, &[]);
    let faults = browser.awaits(
        "const found = await axe.run(document, { resultTypes: ['violations'] }); \
         return found.violations.map(({ id, nodes }) => \
           `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(' ')}`);",
        &[],
    );
    let faults = faults
        .as_array()
        .unwrap_or_else(|| panic!("axe-core: {faults}"));
    wrong.extend(faults.iter().map(|fault| format!("{what}: {fault}")));
}

/// The source of axe-core, fetched once for a build of the tests; `None` where there is no
/// registry, which is said loudly.
fn axe() -> Option<String> {
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{AXE}.js"));
    if let Ok(source) = fs::read_to_string(&kept) {
        return Some(source);
    }
    let folder = folder();
    let fetch = format!("npm pack --silent {AXE} && tar -xzf axe-core-*.tgz package/axe.min.js");
    let fetched = Command::new("sh")
        .args(["-c", &fetch])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output();
    let why = match fetched {
        Ok(output) if output.status.success() => {
            let source = fs::read_to_string(folder.path().join("package/axe.min.js")).unwrap();
            fs::write(&kept, &source).unwrap();
            return Some(source);
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    let said =
        format!("NOT RUN: axe-core does not judge the page, since it cannot be fetched: {why}");
    assert!(env::var_os("RODA_REQUIRE_ALL").is_none(), "{said}");
    // Where no test harness hides it.
    let _ = writeln!(std::io::stderr(), "{said}");
    None
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let value = three
            .iter()
            .fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        let value = value << (8 * (3 - three.len()));
        for at in 0..=three.len() {
            text.push(ALPHABET[(value >> (18 - 6 * at) & 63) as usize].into());
        }
        text.push_str(&"=="[..3 - three.len()]);
    }
    text
}

fn from_base64(text: &str) -> Vec<u8> {
    let digit = |letter: u8| ALPHABET.iter().position(|other| *other == letter);
    let digits: Vec<u32> = text
        .bytes()
        .filter_map(digit)
        .map(|digit| digit as u32)
        .collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let value =
            four.iter().fold(0, |value, digit| value << 6 | digit) << (6 * (4 - four.len()));
        bytes.extend((0..four.len() - 1).map(|at| (value >> (16 - 8 * at)) as u8));
    }
    bytes
}

#[test]
fn pictures_are_carried_as_they_are() {
    for length in 0..10 {
        let bytes: Vec<u8> = (0..length).map(|byte| byte * 29 + 1).collect();
        assert_eq!(from_base64(&to_base64(&bytes)), bytes);
    }
}
