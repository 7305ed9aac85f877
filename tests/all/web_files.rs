//! Files through the page's server, by raw requests to the real program: what is put there is
//! offered to all, what is here is handed over, and whoever may not ask gets nothing.
#![cfg(unix)]

use crate::support;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Value, json};
use support::page::{Answer, Page};
use support::place::{Home, Place};
use support::program::Program;
use support::{folder, wait_until};

use super::files::content;
use super::viewing::PICTURE;

/// A member with a page, and perhaps with guests.
fn member(place: &Place, home: &Home, name: &str, args: &[&str]) -> (Program, Page) {
    let args = [&["--name", name, "--web=0"], args].concat();
    let mut command = place.chat(home, &args);
    command.env("XDG_RUNTIME_DIR", home.path().join("run"));
    let mut program = Program::start(command).keeping(home);
    let page = Page::of(&mut program);
    program.notes("/help lists");
    (program, page)
}

/// The id of the file that an answer or a stream tells of.
fn id_of(event: &Value) -> String {
    event["file"]["id"].as_str().unwrap().to_owned()
}

fn offered(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let lines = answer.lines();
    assert_eq!(lines[0]["event"], "file_offered", "{lines:?}");
    id_of(&lines[0])
}

/// What lies in the folder of spooled files.
fn spooled(home: &Home) -> usize {
    let folder = home.path().join("state/roda/spool");
    fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn what_is_put_on_a_page_is_offered_to_all_and_gone_with_the_program() {
    let place = Place::on_loopback();
    let (home, into) = (Home::new(), folder());
    let (mut ana, page) = member(&place, &home, "ana", &[]);
    let mut bia = place.member(&Home::new(), "bia", &["--json"]);
    ana.notes("bia");
    let bytes = content(3, 2_000_000);
    let answer = page.puts("/files?name=..%2F..%2Fo+mapa.png&room=lobby", &bytes);
    offered(&answer);
    assert_eq!(answer.lines()[0]["file"]["name"], "o mapa.png");
    ana.notes("you offer o mapa.png, 2.0 MB");
    let told: Value = serde_json::from_str(&bia.shows("file_offered")).unwrap();
    let number = &told["file"]["number"];
    let into_typed = into.path().to_str().unwrap();
    bia.says(&json!({ "get": number, "into": into_typed }).to_string());
    bia.shows("file_finished");
    assert!(fs::read(into.path().join("o mapa.png")).unwrap() == bytes);
    // A page that comes now is told of it, and who has it.
    let state = page.events().all_until(|event| event["event"] == "live");
    let file = state.iter().find(|it| it["event"] == "file_progress");
    assert_eq!(file.unwrap()["file"]["state"], "here", "{state:#?}");
    let first = state.iter().find(|it| it["event"] == "file_offered");
    assert_eq!(first.unwrap()["history"], true);
    assert_eq!(spooled(&home), 1);
    // What is offered no more needs no place.
    page.posts("/say", r#"{"unshare": 1}"#);
    wait_until(|| (spooled(&home) == 0).then_some(())).expect("its folder goes");
    offered(&page.puts("/files?name=x", b"x"));
    page.posts("/say", "sair");
    ana.ends_with(0);
    assert_eq!(spooled(&home), 0);
    bia.falls_silent();
    bia.ends_with(0);
}

#[test]
fn what_breaks_off_is_not_offered_and_leaves_nothing() {
    let place = Place::on_loopback();
    let home = Home::new();
    let (mut ana, page) = member(&place, &home, "ana", &[]);
    let head = page.head("PUT", "/files?name=meio", 1_000_000);
    let mut stream = page.connect();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&content(1, 600_000)).unwrap();
    wait_until(|| (spooled(&home) == 1).then_some(())).expect("it comes");
    drop(stream);
    wait_until(|| (spooled(&home) == 0).then_some(())).expect("it goes");
    for (target, status) in [
        ("/files", 400),
        ("/files?name=a&path=b", 400),
        ("/files?name=a&room=nenhuma", 200),
    ] {
        let answer = page.puts(target, b"bytes");
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        assert!(!answer.body.contains("file_offered"), "{answer:?}");
    }
    wait_until(|| (spooled(&home) == 0).then_some(())).expect("it goes");
    ana.says("/files");
    ana.notes("nobody offers anything");
}

#[test]
fn what_is_here_is_handed_over_as_a_file_and_pictures_as_pictures() {
    let place = Place::on_loopback();
    let (_ana, page) = member(&place, &Home::new(), "ana", &[]);
    let long = content(5, 1_000_000);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for (name, bytes, kind) in [
        ("mapa.png", PICTURE, "image/png"),
        ("mapa.svg.png", &svg[..], "application/octet-stream"),
        (
            "aula.html",
            b"<script>alert(1)</script>",
            "application/octet-stream",
        ),
        ("vazio", b"", "application/octet-stream"),
        ("longo", &long, "application/octet-stream"),
    ] {
        let id = offered(&page.puts(&format!("/files?name={name}"), bytes));
        let got = page.gets(&format!("/files/{id}"));
        assert_eq!(got.status, 200, "{name}: {got:?}");
        assert!(got.bytes == bytes, "{name}: {} bytes", got.bytes.len());
        let attached = format!("content-disposition: attachment; filename*=UTF-8''{name}");
        let head = got.head.to_lowercase();
        for header in [
            &format!("content-type: {kind}\r\n"),
            "content-security-policy: sandbox; default-src 'none'\r\n",
            "x-content-type-options: nosniff\r\n",
            "cross-origin-resource-policy: same-origin\r\n",
            &format!("content-length: {}\r\n", bytes.len()),
            &attached.to_lowercase(),
        ] {
            assert!(head.contains(header), "{name}: {header}: {head}");
        }
    }
}

#[test]
fn whoever_may_not_ask_gets_no_file_and_offers_none() {
    let place = Place::on_loopback();
    let (mut ana, page) = member(&place, &Home::new(), "ana", &[]);
    let id = offered(&page.puts("/files?name=segredo", b"segredo"));
    let other = offered(&page.puts("/files?name=outro", b"outro"));
    let ticket = page.posts(&format!("/tickets/{id}"), "");
    let ticket: Value = serde_json::from_str(&ticket.body).unwrap();
    let ticket = ticket["ticket"].as_str().unwrap();
    let host = format!("Host: 127.0.0.1:{}\r\n", page.port);
    let known = format!("Authorization: Bearer {}\r\n", page.token);
    let ask = |method: &str, target: &str, headers: &str| {
        let head = format!("{method} {target} HTTP/1.1\r\n{headers}Connection: close\r\n");
        page.sends(format!("{head}Content-Length: 0\r\n\r\n").as_bytes())
    };
    let file = format!("/files/{id}");
    let ticketed = format!("{file}?ticket={ticket}");
    let got = ask("GET", &ticketed, &host);
    assert_eq!((got.status, &*got.bytes), (200, &b"segredo"[..]));
    let wrong = format!("{file}?ticket={}", "0".repeat(32));
    let of_other = format!("/files/{other}?ticket={ticket}");
    let foreign = format!("{host}{known}Origin: http://evil.example\r\n");
    let cross = format!("{host}Sec-Fetch-Site: cross-site\r\n");
    for (method, target, headers, status) in [
        ("GET", &*file, &*host, 401),
        ("GET", &wrong, &host, 401),
        ("GET", &of_other, &host, 401),
        ("GET", &ticketed, "Host: evil.example\r\n", 421),
        ("GET", &ticketed, &cross, 403),
        ("GET", &file, &foreign, 403),
        ("PUT", "/files?name=x", &host, 401),
        ("PUT", "/files?name=x", &foreign, 403),
        ("POST", &format!("/tickets/{id}"), &host, 401),
        ("POST", &file, &format!("{host}{known}"), 405),
        (
            "GET",
            "/files/00112233445566778899aabbccddeeff",
            &format!("{host}{known}"),
            404,
        ),
    ] {
        let answer = ask(method, target, headers);
        assert_eq!(
            answer.status, status,
            "{method} {target} {headers}: {answer:?}"
        );
        assert!(!answer.body.contains("segredo"), "{answer:?}");
    }
    // What somebody else offers is not here before it was taken.
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let from = folder();
    let path = from.path().join("dela");
    fs::write(&path, "dela").unwrap();
    ana.notes("bia");
    bia.says(&format!("/send {}", path.display()));
    let mut events = page.events();
    let told = events
        .all_until(|event| event["file"]["name"] == "dela")
        .pop();
    let id = id_of(&told.unwrap());
    assert_eq!(page.gets(&format!("/files/{id}")).status, 404);
    ana.says("/unshare 1");
    ana.notes("no longer given");
    assert_eq!(page.gets(&file).status, 404);
    assert_eq!(ask("GET", &ticketed, &host).status, 404);
}

/// A guest, let in by a link.
fn guest(link: &Page, name: &str) -> Page {
    let entered = link.posts("/guest/enter", &json!({ "name": name }).to_string());
    assert_eq!(entered.status, 200, "{entered:?}");
    link.knowing(entered.lines()[0]["session"].as_str().unwrap())
}

#[test]
fn guests_download_what_is_here_and_what_they_offer_is_told_as_theirs() {
    let place = Place::on_loopback();
    let home = Home::new();
    let (mut ana, page) = member(&place, &home, "ana", &["--guests=127.0.0.1:0"]);
    let link = Page::in_line(&ana.notes("guests enter at http://127.0.0.1:"));
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let before = offered(&page.puts("/files?name=antes.png", PICTURE));
    let (rui, eva) = (guest(&link, "rui"), guest(&link, "eva"));
    let mut events = eva.events_at("/guest/events");
    let first = events.tells("file");
    assert_eq!(
        (id_of(&first), &first["file"]["state"]),
        (before.clone(), &json!("here"))
    );
    assert!(first["file"]["from"].get("key").is_none(), "{first}");
    let preview = first["file"]["preview"].as_str();
    assert!(preview.is_some_and(|it| it.starts_with("0402")), "{first}");
    let got = eva.gets(&format!("/guest/files/{before}"));
    assert_eq!((got.status, &*got.bytes), (200, PICTURE));
    let put = rui.puts("/guest/files?name=foto.png", &content(9, 50_000));
    assert_eq!(put.status, 200, "{put:?}");
    bia.shows("~rui (by ana): offers foto.png, 50.0 kB");
    bia.notes("offers foto.png, 50.0 kB (get it with /get");
    let mine = events
        .all_until(|it| it["file"]["name"] == "foto.png")
        .pop();
    let id = id_of(&mine.unwrap());
    let ticket = eva.posts(&format!("/guest/tickets/{id}"), "{}");
    let ticket: Value = serde_json::from_str(&ticket.body).unwrap();
    let ticketed = format!(
        "/guest/files/{id}?ticket={}",
        ticket["ticket"].as_str().unwrap()
    );
    let nobody = link.knowing(&"0".repeat(32));
    assert!(nobody.gets(&ticketed).bytes == content(9, 50_000));
    for (page, target, status) in [
        (&nobody, format!("/guest/files/{id}"), 401),
        (&link, format!("/guest/files/{id}"), 401),
        (&eva, format!("/files/{id}"), 404),
        (&page, format!("/guest/files/{id}"), 404),
    ] {
        assert_eq!(page.gets(&target).status, status, "{target}");
    }
    assert_eq!(link.puts("/guest/files?name=x", b"x").status, 401);
    // A guest's file has a limit, which is known before it comes.
    let head = rui.head("PUT", "/guest/files?name=filme", 65 << 20);
    let mut stream = rui.connect();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // Whoever was sent away neither gives nor takes.
    ana.says("/kick rui");
    bia.says("e agora");
    events.shows("e agora");
    assert_eq!(rui.gets(&format!("/guest/files/{id}")).status, 404);
    let refused = rui.puts("/guest/files?name=de+novo", b"x");
    assert_eq!(refused.status, 401, "{refused:?}");
    let spool = home.path().join("state/roda/spool");
    let left = || fs::read_dir(&spool).unwrap().count();
    wait_until(|| (left() == 2).then_some(())).expect("the two that are offered");
    assert!(!Path::new(&spool).join("filme").exists());
}
