//! The page's server, by raw requests to the real program: what it answers, whom it refuses, and
//! that nobody who reads or writes slowly delays the room.
#![cfg(unix)]

use crate::support;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};
use support::page::{Events, Page};
use support::place::{Home, Place, free_port};
use support::program::Program;
use support::wait_until;

/// Most streams at once.
const STREAMS_MAX: usize = 32;

/// `roda chat`, with a page and folders of the person's own.
fn with_page(place: &Place, home: &Home, args: &[&str]) -> Command {
    let mut command = place.chat(home, args);
    command.env("XDG_RUNTIME_DIR", home.path().join("run"));
    command
}

/// A member with a page.
fn member(place: &Place, home: &Home, args: &[&str]) -> (Program, Page) {
    let args = [&["--name", "ana", "--web=0"], args].concat();
    let mut ana = Program::start(with_page(place, home, &args)).keeping(home);
    let page = Page::of(&mut ana);
    (ana, page)
}

/// A stream whose snapshot was read; gives that, too.
fn stream(page: &Page) -> (Events, Vec<Value>) {
    let mut events = page.events();
    assert_eq!(events.status(), 200);
    let snapshot = events.all_until(|event| event["event"] == "live");
    (events, snapshot)
}

fn texts(events: &[Value]) -> Vec<&str> {
    let messages = events.iter().filter(|event| event["event"] == "message");
    messages
        .filter_map(|event| event["data"].as_str())
        .collect()
}

#[test]
fn a_page_talks_as_the_terminal_does() {
    let place = Place::on_loopback();
    let (mut ana, page) = member(&place, &Home::new(), &[]);
    ana.notes("/help lists");
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let (mut one, snapshot) = stream(&page);
    let kinds: Vec<&str> = snapshot
        .iter()
        .filter_map(|it| it["event"].as_str())
        .collect();
    assert_eq!(
        kinds[..3],
        ["snapshot", "ready", "members"],
        "{snapshot:#?}"
    );
    assert_eq!(snapshot[0]["rooms"], json!(["lobby"]));
    let (mut other, _) = stream(&page);
    let said = page.posts("/say", r#"{"say": "da página", "id": "um"}"#);
    assert_eq!(said.status, 200);
    let lines = said.lines();
    assert_eq!(lines[0]["event"], "message");
    assert_eq!(
        (&lines[0]["request"], &lines[0]["own"]),
        (&json!("um"), &json!(true))
    );
    bia.shows("ana: da página");
    ana.shows("da página");
    for events in [&mut one, &mut other] {
        assert_eq!(events.shows("da página")["request"], "um");
    }
    ana.says("do terminal");
    bia.shows("do terminal");
    bia.says("de bia");
    for events in [&mut one, &mut other] {
        assert_eq!(events.shows("do terminal").get("request"), None);
        assert!(events.shows("de bia")["place"].is_string());
    }
    // What only answers somebody is told to nobody else.
    let who = page
        .posts("/say", r#"{"command": "/who", "id": "dois"}"#)
        .lines();
    assert_eq!(
        (&who[0]["event"], &who[0]["request"]),
        (&json!("members"), &json!("dois"))
    );
    assert_eq!(
        page.posts("/say", "/hlep").lines()[0]["code"],
        "unknown_command"
    );
    assert_eq!(page.posts("/say", "/ajuda").lines()[0]["event"], "note");
    assert_eq!(page.posts("/say", r#"{"say": ""}"#).status, 202);
    bia.says("por fim");
    let between = one.all_until(|event| event["data"] == "por fim");
    let answers = between.iter().filter(|event| event["event"] == "members");
    assert_eq!(answers.count(), 0, "{between:#?}");
    let snapshot = stream(&page).1;
    assert_eq!(
        texts(&snapshot),
        ["da página", "do terminal", "de bia", "por fim"]
    );
    page.posts("/say", "sair");
    one.tells("ended");
    one.ends();
    let noted = ana.ends_with(0).noted.join("\n");
    assert!(!noted.contains("hlep"), "another face's mistake: {noted}");
    bia.notes("ana left");
}

#[test]
fn whoever_may_not_ask_is_told_nothing_and_changes_nothing() {
    let place = Place::on_loopback();
    let (_ana, page) = member(&place, &Home::new(), &[]);
    let Page { port, token } = &page;
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let known = format!("Authorization: Bearer {token}\r\n");
    let body = r#"{"say":"intruso"}"#;
    let post = |headers: &str| {
        let length = body.len();
        let head = format!("POST /say HTTP/1.1\r\n{headers}Connection: close\r\n");
        page.sends(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes())
    };
    let get = |target: &str, headers: &str| {
        let head = format!("GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        page.sends(head.as_bytes())
    };
    let with = |header: &str| format!("{host}{known}{header}\r\n");
    let rebound = format!("Host: evil.example:{port}\r\n{known}");
    let other_port = format!("Host: 127.0.0.1:{}\r\n{known}", port + 1);
    let wrong = format!("{host}Authorization: Bearer {}\r\n", "0".repeat(32));
    for (status, headers) in [
        (421, rebound.as_str()),
        (421, &other_port),
        (403, &with("Origin: http://evil.example")),
        (403, &with("Origin: null")),
        (403, &with("Origin: http://127.0.0.1:3000")),
        (403, &with("Sec-Fetch-Site: cross-site")),
        (403, &with("Sec-Fetch-Site: same-site")),
        (401, &host),
        (401, &wrong),
    ] {
        for answer in [
            post(headers),
            get("/events", headers),
            get("/history", headers),
        ] {
            assert_eq!(answer.status, status, "{headers}: {answer:?}");
            assert!(!answer.body.contains("event"), "{answer:?}");
            assert!(!answer.head.contains("ccess-control"), "{answer:?}");
        }
    }
    assert_eq!(get("/nada", &with("X: y")).status, 404);
    assert_eq!(get("/say", &with("X: y")).status, 405);
    assert_eq!(get("/history?limit=x", &with("X: y")).status, 400);
    // An upgrade, as of a WebSocket, is a request like another.
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13";
    let upgrade = format!("{host}{upgrade}\r\nOrigin: http://evil.example\r\n");
    assert_eq!(get("/events", &upgrade).status, 403);
    let page_itself = get("/", &host);
    assert_eq!(page_itself.status, 200);
    for header in [
        "content-security-policy: default-src 'none';",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cross-origin-resource-policy: same-origin",
        "frame-ancestors 'none'",
    ] {
        assert!(
            page_itself.head.contains(header),
            "{header}: {page_itself:?}"
        );
    }
    assert!(!page_itself.head.contains("unsafe-inline"));
    let (mut events, snapshot) = stream(&page);
    assert_eq!(texts(&snapshot), Vec::<&str>::new());
    page.says("só isto");
    events.shows("só isto");
}

#[test]
fn a_body_that_is_too_long_or_no_text_is_refused() {
    let (_ana, page) = member(&Place::on_loopback(), &Home::new(), &[]);
    let long = "x".repeat(600 << 10);
    assert_eq!(page.posts("/say", &long).status, 413);
    let chunked = format!(
        "POST /say HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n96000\r\n{long}\r\n0\r\n\r\n",
        page.port, page.token
    );
    assert_eq!(page.sends(chunked.as_bytes()).status, 413);
    let head = page.head("POST", "/say", 2);
    assert_eq!(
        page.sends(&[head.as_bytes(), b"\xff\xff"].concat()).status,
        400
    );
    let nonce = json!({ "nonce": "0".repeat(300) }).to_string();
    assert_eq!(page.posts("/prove", &nonce).status, 413);
    assert_eq!(page.posts("/prove", "{}").status, 400);
    let headers: String = (0..200)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    let many = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{headers}\r\n",
        page.port
    );
    assert_eq!(page.sends(many.as_bytes()).status, 431);
    let escaped: String = "é".repeat(32 << 10).chars().map(|_| "\\u00e9").collect();
    let said = page.posts("/say", &format!("{{\"say\":\"{escaped}\"}}"));
    assert_eq!(
        said.status, 200,
        "64 KiB are one message, however they are written"
    );
    assert_eq!(said.lines()[0]["event"], "message");
}

/// Whether the other side has closed a connection.
fn is_closed(mut stream: &TcpStream) -> bool {
    let mut rest = Vec::new();
    // A reset is an end, too; a deadline is none.
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn whoever_says_little_or_nothing_is_closed_and_delays_nobody() {
    let place = Place::on_loopback();
    let (mut ana, page) = member(&place, &Home::new(), &[]);
    let (mut events, _) = stream(&page);
    let before = ana.peak_memory_bytes();
    let mut slow = page.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: 127").unwrap();
    let mut lazy = page.connect();
    let nonce = format!(
        "POST /prove HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 99\r\n\r\n",
        page.port
    );
    lazy.write_all(nonce.as_bytes()).unwrap();
    let silent = page.connect();
    for stream in [&slow, &lazy, &silent] {
        assert!(is_closed(stream), "it still waits");
    }
    // Most of these are closed for those that come after them.
    let idle: Vec<TcpStream> = (0..900).map(|_| page.connect()).collect();
    page.says("apesar de todos");
    events.shows("apesar de todos");
    ana.shows("apesar de todos");
    assert!(is_closed(&idle[0]));
    let grown = ana.peak_memory_bytes().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes for idle connections");
    drop(idle);
    page.says("e depois");
    events.shows("e depois");
}

#[test]
fn a_page_that_reads_nothing_slows_nobody_and_begins_anew() {
    let (place, home) = (Place::on_loopback(), Home::new());
    // Without a terminal and an archive, which may lag by 32 and 64 MiB of their own.
    let args = [
        "--name",
        "ana",
        "--no-browser",
        "--no-history",
        "--lang",
        "en",
        "0",
    ];
    let mut ana = place.web(&home, &args);
    ana.env("XDG_RUNTIME_DIR", home.path().join("run"));
    let mut ana = Program::start(ana).keeping(&home);
    let page = Page::of(&mut ana);
    let (mut stopped, _) = stream(&page);
    let (mut reader, _) = stream(&page);
    let before = ana.peak_memory_bytes();
    let long = "x".repeat(60 << 10);
    for number in 0..500 {
        page.says(&format!("{number} {long}"));
    }
    page.says("por fim");
    reader.shows("por fim");
    // The room holds its newest messages, and each page 1 MiB at most: not all 30 MB.
    let grown = ana.peak_memory_bytes().saturating_sub(before);
    assert!(
        grown < 24 << 20,
        "{grown} bytes for a page that reads nothing"
    );
    // It begins anew. After some time in which it read nothing, its connection is closed, too.
    let mut seen = std::iter::from_fn(|| stopped.next());
    if !seen.any(|event| event["event"] == "snapshot") {
        stopped = page.events();
    }
    stopped.shows("por fim");
}

#[test]
fn so_many_pages_are_open_and_the_next_is_told_why_not() {
    let (_ana, page) = member(&Place::on_loopback(), &Home::new(), &[]);
    let mut streams: Vec<Events> = (0..STREAMS_MAX).map(|_| stream(&page).0).collect();
    let refused = page.gets("/events");
    assert_eq!(refused.status, 503);
    assert!(
        refused.body.contains("32 pages are open already"),
        "{refused:?}"
    );
    page.says("a todos");
    streams
        .iter_mut()
        .for_each(|events| drop(events.shows("a todos")));
    streams.pop();
    let opened = wait_until(|| (page.events().status() == 200).then_some(()));
    assert!(
        opened.is_some(),
        "the place of a page that has gone is free"
    );
}

#[test]
fn a_page_goes_on_after_its_program_was_killed_and_started_again() {
    let (place, home) = (Place::on_loopback(), Home::new());
    // A port of its own, which nobody takes between two starts.
    let web = format!("--web={}", free_port());
    let args = ["--name", "ana", web.as_str()];
    let mut ana = Program::start(with_page(&place, &home, &args)).keeping(&home);
    let page = Page::of(&mut ana);
    page.says("antes");
    let ours = format!("/proc/{}/cmdline", ana.id());
    assert!(!fs::read_to_string(ours).unwrap().contains(&page.token));
    for file in fs::read_dir(home.path().join("run/roda")).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Another program of the same person has a page of its own.
    let any_port = ["--name", "ana", "--web"];
    let mut second = Program::start(with_page(&place, &home, &any_port)).keeping(&home);
    let other = Page::of(&mut second);
    assert!(other.port != page.port && other.token != page.token);
    ana.stops();
    let mut ana = Program::start(with_page(&place, &home, &args)).keeping(&home);
    assert_eq!(Page::of(&mut ana), page);
    let nonce = "00112233445566778899aabbccddeeff";
    let challenge = json!({ "nonce": nonce }).to_string();
    let proof = page.posts("/prove", &challenge);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, page.token.as_bytes());
    let proven = format!("roda page {} {nonce}", page.port);
    let mac = ring::hmac::sign(&key, proven.as_bytes());
    let mac: String = mac
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(proof.lines()[0]["mac"], mac);
    let (mut events, _) = stream(&page);
    ana.says("/web new");
    events.ends();
    let is_new = |line: &String| line.contains("The page is at") && !line.contains(&page.token);
    page_with(&mut ana, is_new);
    assert_eq!(page.gets("/events").status, 401);
    second.stops();
}

/// The page of a line on stderr that this is true of.
fn page_with(program: &mut Program, is_it: impl Fn(&String) -> bool) -> Page {
    let found = wait_until(|| program.noted().into_iter().find(|line| is_it(line)));
    Page::in_line(&found.expect("another link is printed"))
}

#[test]
fn what_was_said_is_read_page_by_page_and_searched() {
    let (_ana, page) = member(&Place::on_loopback(), &Home::new(), &[]);
    for number in 0..25 {
        page.says(&format!("linha {number}"));
    }
    let mut all: Vec<Value> = Vec::new();
    let mut has_more = true;
    while has_more {
        let oldest = all.first().and_then(|oldest| oldest["place"].as_str());
        let before = oldest.map_or(String::new(), |place| format!("&before={place}"));
        let answer = page.gets(&format!("/history?limit=10{before}"));
        assert_eq!(answer.status, 200);
        let mut lines = answer.lines();
        let searched = lines.pop().unwrap();
        assert_eq!(searched["event"], "searched");
        has_more = searched["more"] == true;
        assert!(lines.len() <= 10 && !lines.is_empty());
        all.splice(..0, lines);
    }
    let said: Vec<String> = (0..25).map(|number| format!("linha {number}")).collect();
    assert_eq!(texts(&all), said);
    assert!(all.iter().all(|message| message["history"] == true));
    let places: Vec<&str> = all.iter().filter_map(|it| it["place"].as_str()).collect();
    assert!(places.is_sorted());
    let found = page.gets("/history?search=linha+from:ana&limit=3").lines();
    let kinds: Vec<&str> = found.iter().filter_map(|it| it["event"].as_str()).collect();
    assert_eq!(kinds, ["found", "found", "found", "searched"]);
    assert_eq!(found[3]["more"], true);
    let wrong = page.gets("/history?before=aqui").lines();
    assert_eq!(wrong[0]["code"], "no_message_id");
    let elsewhere = page.gets("/history?room=outra").lines();
    assert_eq!(elsewhere[0]["code"], "other_room");
}

#[test]
fn the_page_alone_is_a_member_in_the_language_that_was_asked_for() {
    let (place, home) = (Place::on_loopback(), Home::new());
    let args = ["--name", "ana", "--no-browser", "--lang", "pt", "0"];
    let mut ana = place.web(&home, &args);
    ana.env("XDG_RUNTIME_DIR", home.path().join("run"));
    let mut ana = Program::start(ana).keeping(&home);
    let page = Page::in_line(&ana.notes("A página está em http://127.0.0.1:"));
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let (mut events, _) = stream(&page);
    page.says("olá");
    bia.shows("ana: olá");
    bia.says("oi");
    events.shows("oi");
    let failed = page.posts("/say", "/nada").lines();
    assert!(
        failed[0]["data"].as_str().unwrap().contains("desconhecido"),
        "{failed:?}"
    );
    let own = page.gets("/texts").body;
    assert!(serde_json::from_str::<Value>(&own).unwrap().is_object());
    assert_eq!(page.gets("/texts?lang=pt-BR").body, own);
    assert_ne!(page.gets("/texts?lang=en").body, own);
    ana.gets_signal("TERM");
    events.tells("ended");
    let shown = ana.ends_with(143).shown;
    assert_eq!(shown, Vec::<String>::new(), "the room is on the page");
    bia.notes("ana left");
}

#[test]
fn a_port_that_is_taken_is_an_error_of_the_page_alone() {
    let (place, home) = (Place::on_loopback(), Home::new());
    let (mut ana, page) = member(&place, &home, &[]);
    let port = page.port.to_string();
    let alone = Program::start(place.web(&Home::new(), &["--no-browser", &port]));
    let noted = alone.ends_with(1).noted.join("\n");
    assert!(noted.contains(&format!("127.0.0.1:{port}")), "{noted}");
    let web = format!("--web={port}");
    let beside = ["--name", "bia", web.as_str()];
    let mut beside = Program::start(with_page(&place, &Home::new(), &beside));
    beside.notes("The page cannot be opened");
    beside.says("a conversa continua");
    ana.shows("a conversa continua");
}
