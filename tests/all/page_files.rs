//! Files on the page in a real browser: dropped, pasted, shown as pictures, taken and saved.

use crate::support;

use std::fs;
use std::path::Path;

use roda::protocol::wire::preview::Preview;
use serde_json::{Value, json};

use super::page::{Host, host_of_guests, waits_for_room};
use super::viewing::PICTURE;
use support::place::{Home, Place};
use support::webdriver::{Browser, keys};
use support::{Need, available, folder, wait_until};

/// Makes a transfer of files as a person drags or copies one.
const TRANSFER: &str = "const [name, bytes] = arguments; \
     const held = new DataTransfer(); \
     held.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' })); ";

/// Drops a file on the page, as a person does.
fn drops(browser: &Browser, name: &str, bytes: &[u8]) {
    let script = format!(
        "{TRANSFER} for (const kind of ['dragover', 'drop']) \
         document.querySelector('#log').dispatchEvent(new DragEvent(kind, \
         {{ bubbles: true, cancelable: true, dataTransfer: held }}));"
    );
    browser.runs(&script, &[json!(name), json!(bytes)]);
}

/// Pastes a file, as a person does who has copied a picture.
fn pastes(browser: &Browser, name: &str, bytes: &[u8]) {
    let script = format!(
        "{TRANSFER} document.querySelector('#entry').dispatchEvent(new ClipboardEvent('paste', \
         {{ bubbles: true, cancelable: true, clipboardData: held }}));"
    );
    browser.runs(&script, &[json!(name), json!(bytes)]);
}

/// The row of a file, as a script.
fn row(name: &str) -> String {
    let name = json!(name);
    format!(
        "[...document.querySelectorAll('.file')].find((row) => \
         row.querySelector('.name').textContent.startsWith({name}))"
    )
}

/// Presses the button of a file's row.
fn presses(browser: &Browser, name: &str, button: &str) {
    let row = row(name);
    let button = json!(button);
    let found =
        format!("[...{row}.querySelectorAll('button')].find((e) => e.textContent === {button})");
    browser.waits_for(&format!("!!{found}"));
    browser.runs(&format!("{found}.click()"), &[]);
}

/// Lets the browser save what it downloads.
fn saves_into(browser: &Browser, folder: &Path) {
    let to = json!({ "behavior": "allow", "downloadPath": folder });
    browser.devtools("Browser.setDownloadBehavior", &to);
}

/// A row shows what the event says that an offered picture shows, as this program draws it.
fn shows_preview(browser: &Browser, row: &str, event: &str) {
    let event: Value = serde_json::from_str(event).unwrap();
    let digits = event["file"]["preview"].as_str().unwrap();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    let expected = Preview::of_bytes(&bytes).unwrap().pixels();
    browser.waits_for(&format!("!!{row}.querySelector('canvas')"));
    let script = format!(
        "const it = {row}.querySelector('canvas'); \
         return [it.width, ...it.getContext('2d').getImageData(0, 0, it.width, it.height).data];"
    );
    let drawn = browser.runs(&script, &[]);
    let drawn: Vec<u8> = serde_json::from_value(drawn).unwrap();
    let (width, drawn) = drawn.split_first().unwrap();
    assert_eq!(*width, expected.width);
    assert_eq!(drawn.len(), 4 * expected.pixels.len());
    for (drawn, expected) in drawn.chunks(4).zip(expected.pixels) {
        let are_near = drawn
            .iter()
            .zip(expected)
            .all(|(one, other)| one.abs_diff(other) <= 2);
        assert!(are_near, "{drawn:?} is not {expected:?}");
    }
}

fn is_saved(path: &Path, bytes: &[u8]) {
    let is_there = || (fs::read(path).ok()? == bytes).then_some(());
    wait_until(is_there).unwrap_or_else(|| panic!("{} is not saved", path.display()));
}

#[test]
fn a_picture_that_is_dropped_is_shown_taken_and_saved() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let (into, saved) = (folder(), folder());
    let mut ana = Host::start(&place, "ana", &[]);
    let mut bia = place.member(&Home::new(), "bia", &["--json"]);
    let browser = Browser::start(1100, 700);
    browser.opens(&ana.link);
    waits_for_room(&browser);
    browser.waits_for("document.querySelectorAll('#people li').length === 2");
    saves_into(&browser, saved.path());
    drops(&browser, "mapa.png", PICTURE);
    ana.program.notes("you offer mapa.png");
    // Its author sees the picture itself, from the very bytes that are given.
    let mapa = row("mapa.png");
    browser.waits_for(&format!("{mapa}.querySelector('img').naturalWidth === 4"));
    browser.waits_for(&format!("{mapa}.textContent.includes('Give no longer')"));
    bia.shows(r#""name":"mapa.png""#);
    bia.says(&json!({ "get": 1, "into": into.path() }).to_string());
    bia.shows("file_finished");
    browser.waits_for(&format!("{mapa}.textContent.includes('1 of 1 have it')"));
    presses(&browser, "mapa.png", "Save");
    is_saved(&saved.path().join("mapa.png"), PICTURE);
    // What somebody else offers is taken by a button, and then it is here.
    let path = into.path().join("outra.png");
    let mut other = PICTURE.to_vec();
    other.extend(b"behind the end");
    fs::write(&path, &other).unwrap();
    bia.says(&json!({ "send": path }).to_string());
    let outra = row("outra.png");
    shows_preview(&browser, &outra, &bia.shows(r#""name":"outra.png""#));
    presses(&browser, "outra.png", "Get");
    browser.waits_for(&format!("{outra}.querySelector('img').naturalWidth === 4"));
    browser.waits_for(&format!("!{outra}.querySelector('canvas')"));
    presses(&browser, "outra.png", "Save");
    is_saved(&saved.path().join("outra.png"), &other);
    // Whatever its name says, what is no picture is not shown as one.
    drops(&browser, "falsa.png", b"<svg onload=alert(1)>");
    let falsa = row("falsa.png");
    browser.waits_for(&format!("{falsa}.querySelector('img').hidden"));
    pastes(&browser, "image.png", &[PICTURE, b"pasted"].concat());
    let pasted = row("picture 2");
    browser.waits_for(&format!("{pasted}.querySelector('img').naturalWidth === 4"));
    // Loaded again, the page has all of it, each once.
    browser.reloads();
    waits_for_room(&browser);
    browser.waits_for("document.querySelectorAll('.file').length === 4");
    browser.waits_for(&format!("{mapa}.querySelector('img').naturalWidth === 4"));
    bia.falls_silent();
    bia.ends_with(0);
}

#[test]
fn a_guest_offers_a_picture_and_saves_another() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let saved = folder();
    let (mut ana, link) = host_of_guests(&place);
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let path = saved.path().join("lista.txt");
    fs::write(&path, "de ana").unwrap();
    ana.program.says(&format!("/send {}", path.display()));
    ana.program.notes("you offer lista.txt");
    let browser = Browser::start(500, 800);
    browser.opens(&link);
    browser.types("#name", &format!("rui{}", keys::ENTER));
    browser.waits_for("!document.querySelector('#say').hidden");
    let into = folder();
    saves_into(&browser, into.path());
    presses(&browser, "lista.txt", "Save");
    is_saved(&into.path().join("lista.txt"), b"de ana");
    drops(&browser, "foto.png", PICTURE);
    bia.shows("~rui (by ana): offers foto.png");
    bia.notes("offers foto.png");
    let foto = row("foto.png");
    browser.waits_for(&format!("{foto}.querySelector('img').naturalWidth === 4"));
    // A guest takes nothing to the host's computer, and recalls nothing.
    let buttons = browser.runs(
        &format!("return [...{foto}.querySelectorAll('button')].map((e) => e.textContent)"),
        &[],
    );
    assert_eq!(buttons, json!(["Save"]));
}
