//! Guests' page, by raw requests to the real program: a guest reads and speaks, and can do nothing
//! else; the host sends away and changes the link; many guests cost little.
#![cfg(unix)]

use crate::support;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use support::page::{Answer, Events, Page};
use support::place::{Home, Place};
use support::program::Program;
use support::{Need, available};

/// The path of a guest's stream.
const EVENTS: &str = "/guest/events";

/// A member who lets guests in, and their page with what the link holds.
fn host(place: &Place, home: &Home, args: &[&str]) -> (Program, Page) {
    let args = [&["--name", "ana", "--guests=127.0.0.1:0"], args].concat();
    let mut command = place.chat(home, &args);
    command.env("XDG_RUNTIME_DIR", home.path().join("run"));
    let mut ana = Program::start(command).keeping(home);
    let link = Page::in_line(&ana.notes("guests enter at http://127.0.0.1:"));
    (ana, link)
}

fn entering(link: &Page, name: &str) -> Answer {
    link.posts("/guest/enter", &json!({ "name": name }).to_string())
}

/// The page of a guest who is let in, with the secret of the session.
fn session(link: &Page, entered: &Answer) -> Page {
    assert_eq!(entered.status, 200, "{entered:?}");
    link.knowing(entered.lines()[0]["session"].as_str().unwrap())
}

/// A guest, with the stream of what is said.
fn guest(link: &Page, name: &str) -> (Page, Events) {
    let page = session(link, &entering(link, name));
    let mut events = page.events_at(EVENTS);
    events.tells("live");
    (page, events)
}

fn says(guest: &Page, text: &str) -> Answer {
    guest.posts("/guest/say", &json!({ "say": text }).to_string())
}

#[test]
fn a_guest_reads_what_is_said_from_then_on_and_speaks() {
    let place = Place::on_loopback();
    let (mut ana, link) = host(&place, &Home::new(), &[]);
    let mut bia = place.member(&Home::new(), "bia", &[]);
    bia.says("antes");
    ana.shows("antes");
    let entered = entering(&link, " rui ");
    let lines = entered.lines();
    assert_eq!(lines[1]["event"], "ready", "{lines:?}");
    assert_eq!(
        (&lines[1]["user"], &lines[1]["room"]),
        (&json!("rui"), &json!("lobby"))
    );
    let rui = session(&link, &entered);
    let mut events = rui.events_at(EVENTS);
    let first = events.all_until(|event| event["event"] == "live");
    assert!(
        first.iter().all(|event| event["event"] != "message"),
        "{first:?}"
    );
    assert_eq!(says(&rui, "cheguei").status, 200);
    bia.shows("~rui (by ana): cheguei");
    ana.shows("~rui (by ana): cheguei");
    let own_line = events.shows("cheguei");
    assert_eq!(own_line["guest"], lines[1]["guest"]);
    assert_eq!(own_line["guest_of"]["user"], "ana");
    bia.says("/msg ana em segredo");
    ana.shows("em segredo");
    bia.says("/who");
    bia.says("bem-vindo");
    let all = events.all_until(|event| event["data"] == "bem-vindo");
    let texts: Vec<&str> = all
        .iter()
        .filter_map(|event| event["data"].as_str())
        .collect();
    assert_eq!(texts, ["bem-vindo"], "nothing private, and nothing else");
    assert!(
        all.iter().all(|event| event.get("key").is_none()),
        "{all:?}"
    );
    // A stream that breaks goes on where it was, and lacks nothing.
    drop(events);
    bia.says("enquanto isso");
    ana.shows("enquanto isso");
    let mut events = rui.events_at(EVENTS);
    events.shows("enquanto isso");
}

#[test]
fn a_guest_can_do_nothing_that_a_guests_page_does_not_offer() {
    let place = Place::on_loopback();
    let (mut ana, link) = host(&place, &Home::new(), &["--web=0"]);
    let own = Page::of(&mut ana);
    let (rui, _events) = guest(&link, "rui");
    // Neither secret opens what the other does.
    let host = format!("Host: 127.0.0.1:{}", link.port);
    for (page, method, path, status) in [
        (&rui, "GET", "/events", 404),
        (&rui, "POST", "/say", 404),
        (&rui, "GET", "/history", 404),
        (&rui, "POST", "/prove", 404),
        (&link, "POST", "/guest/say", 401),
        (&link, "GET", EVENTS, 401),
        (&rui, "POST", "/guest/enter", 401),
    ] {
        let answer = page.sends(page.head(method, path, 0).as_bytes());
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    }
    for (name, refused) in [
        ("localhost", 421),
        ("evil.example", 421),
        ("127.0.0.2", 421),
    ] {
        let head = link.head("GET", "/", 0);
        let other = head.replace(&host, &format!("Host: {name}:{}", link.port));
        assert_eq!(link.sends(other.as_bytes()).status, refused, "{name}");
    }
    for secret in [&link.token, &rui.token] {
        let at_own = own.knowing(secret);
        assert_eq!(at_own.gets("/events").status, 401);
    }
    assert_eq!(link.knowing(&own.token).gets(EVENTS).status, 401);
    assert_eq!(link.gets("/").status, 200);
    assert!(link.gets("/texts").body.contains("guest"));
}

#[test]
fn a_guest_is_sent_away_and_the_link_changed() {
    let place = Place::on_loopback();
    let (mut ana, link) = host(&place, &Home::new(), &[]);
    let (rui, mut events) = guest(&link, "rui");
    for wrong in ["", "a\u{200b}b"] {
        let refused = entering(&link, wrong);
        assert_eq!(refused.status, 400, "{wrong:?}: {refused:?}");
    }
    assert_eq!(says(&rui, &"x".repeat(2000)).status, 413);
    assert_eq!(says(&rui, "").status, 400);
    let flood: Vec<u16> = (0..20).map(|n| says(&rui, &n.to_string()).status).collect();
    assert!(flood.contains(&429), "{flood:?}");
    ana.says("/guests");
    ana.notes("1 guest: ~rui");
    ana.says("/guests new");
    let changed = support::wait_until(|| {
        let is_new =
            |line: &&String| line.contains("guests enter at") && !line.contains(&link.token);
        ana.noted()
            .iter()
            .find(is_new)
            .map(|line| Page::in_line(line))
    });
    let newer = changed.expect("another link is printed");
    assert_eq!(
        entering(&link, "eva").status,
        401,
        "the old link lets nobody in"
    );
    let (eva, mut of_eva) = guest(&newer, "eva");
    ana.says("/kick rui");
    assert_eq!(events.tells("ended")["state"], "kicked");
    events.ends();
    assert_eq!(says(&rui, "ainda aqui").status, 401);
    assert_eq!(entering(&newer, "rui").status, 403, "his address waits");
    assert_eq!(says(&eva, "eu fico").status, 200);
    of_eva.shows("eu fico");
    ana.gets_signal("TERM");
    assert_eq!(of_eva.tells("ended")["state"], "closed");
    ana.ends_with(143);
}

#[test]
fn a_room_with_a_key_lets_guests_in_only_after_a_yes() {
    let (place, home) = (Place::on_loopback(), Home::new());
    let key = home.path().join("key");
    std::fs::write(&key, [7; 32]).unwrap();
    let key = key.to_str().unwrap();
    let args = [
        "--name",
        "ana",
        "--room",
        "turma",
        "--key-file",
        key,
        "--guests=127.0.0.1:0",
    ];
    let mut ana = Program::start(place.chat(&home, &args)).keeping(&home);
    ana.notes("Only those who have the key can read the room turma");
    ana.notes("/guests yes");
    ana.says("/guests");
    ana.notes("there is no page for guests here");
    ana.says("/guests yes");
    let link = Page::in_line(&ana.notes("guests enter at http://127.0.0.1:"));
    let (rui, _events) = guest(&link, "rui");
    assert_eq!(says(&rui, "oi").status, 200);
    ana.shows("~rui (by ana): oi");
}

/// Opens streams of one guest from one address without an end, and holds thousands of them.
const FLOOD: &str = "
import collections, resource, socket, sys
port, session, held = int(sys.argv[1]), sys.argv[2], collections.deque()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4000), hard))
asked = ['GET /guest/events HTTP/1.1', f'Host: 127.0.0.1:{port}']
asked += [f'Authorization: Bearer {session}', '', '']
asked = '\\r\\n'.join(asked)
number = 0
while True:
    try:
        held.append(socket.create_connection(('127.0.0.1', port), source_address=('127.0.1.9', 0)))
        held[-1].sendall(asked.encode())
    except OSError:
        pass
    if len(held) > 2500:
        held.popleft().close()
    number += 1
    if number == 3000:
        print('thousands', flush=True)
";

#[test]
fn one_telephone_that_floods_shuts_nobody_out() {
    if !available(&[Need::Python]) {
        return;
    }
    let place = Place::on_loopback();
    let (mut ana, link) = host(&place, &Home::new(), &[]);
    let from = |address, name: &str| {
        let body = json!({ "name": name }).to_string();
        let head = link.head("POST", "/guest/enter", body.len());
        let entered = link.sends_on(link.connect_from(address), (head + &body).as_bytes());
        session(&link, &entered)
    };
    let rui = from([127, 0, 1, 1], "rui");
    let mut of_rui = rui.events_on(rui.connect_from([127, 0, 1, 1]), EVENTS);
    of_rui.tells("live");
    let floods = from([127, 0, 1, 9], "mau");
    let port = link.port.to_string();
    let args = ["-c", FLOOD, &port, &floods.token];
    let mut flood = Program::start(place.command("python3", &args));
    flood.shows("thousands");
    // Whoever is here hears and speaks, and whoever comes from elsewhere gets in.
    ana.says("no meio da enchente");
    of_rui.shows("no meio da enchente");
    let eva = from([127, 0, 1, 2], "eva");
    let mut of_eva = eva.events_on(eva.connect_from([127, 0, 1, 2]), EVENTS);
    of_eva.tells("live");
    let said = json!({ "say": "também estou aqui" }).to_string();
    let head = eva.head("POST", "/guest/say", said.len());
    let answer = eva.sends_on(eva.connect_from([127, 0, 1, 2]), (head + &said).as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    of_rui.shows("também estou aqui");
    of_eva.shows("também estou aqui");
    assert!(!flood.has_ended(), "the flood went on until here");
    flood.stops();
    let peak = ana.peak_memory_bytes();
    assert!(
        peak < 96 << 20,
        "{peak} bytes after thousands of connections"
    );
}

#[test]
fn guests_take_part_in_one_room_which_need_not_be_the_first() {
    let (place, home) = (Place::on_loopback(), Home::new());
    let key = home.path().join("key");
    std::fs::write(&key, [7; 32]).unwrap();
    let mut command = place.chat(&home, &["--name", "ana", "--guests=127.0.0.1:0"]);
    command.env("XDG_RUNTIME_DIR", home.path().join("run"));
    let mut ana = Program::start(command).keeping(&home);
    let first = Page::in_line(&ana.notes("guests enter at http://127.0.0.1:"));
    let (_, mut events) = guest(&first, "rui");
    ana.says("/join turma");
    ana.notes("turma");
    ana.says("/guests yes");
    ana.notes("guests take part in the room lobby, and in one room at a time");
    ana.says("/guests");
    ana.notes("there is no page for guests here; /guests yes opens one");
    // The first room is left, and its guests with it.
    ana.says("/part lobby");
    assert_eq!(events.tells("ended")["state"], "closed");
    events.ends();
    ana.says(&format!("/join sala --key-file {}", key.to_str().unwrap()));
    ana.notes("sala");
    ana.says("/guests yes");
    ana.notes("Only those who have the key can read the room sala");
    ana.says("/guests yes");
    let second = support::wait_until(|| {
        let is_new =
            |line: &&String| line.contains("guests enter at") && !line.contains(&first.token);
        ana.noted()
            .iter()
            .find(is_new)
            .map(|line| Page::in_line(line))
    });
    let (eva, mut of_eva) = guest(&second.expect("a link for the other room"), "eva");
    ana.says("na sala");
    of_eva.shows("na sala");
    assert_eq!(says(&eva, "oi, sala").status, 200);
    ana.shows("~eva (by ana): oi, sala");
}

#[test]
fn two_hundred_guests_are_told_everything_and_cost_little() {
    let place = Place::on_loopback();
    let (mut ana, link) = host(&place, &Home::new(), &[]);
    let mut guests = Vec::new();
    for number in 0..200_u8 {
        let address = [127, 0, 1, 1 + number % 10];
        let body = json!({ "name": format!("g{number}") }).to_string();
        let head = link.head("POST", "/guest/enter", body.len());
        let stream = link.connect_from(address);
        let entered = link.sends_on(stream, (head + &body).as_bytes());
        let page = session(&link, &entered);
        let mut events = page.events_on(page.connect_from(address), EVENTS);
        events.tells("live");
        guests.push(events);
    }
    ana.says("a todos");
    for events in &mut guests {
        events.shows("a todos");
    }
    // Whoever comes now from elsewhere takes the place of one of the many from one address.
    let mut entered = entering(&link, "mais um");
    // So many came just now that the next may have to wait.
    let deadline = Instant::now() + Duration::from_secs(20);
    while entered.status == 429 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(100));
        entered = entering(&link, "mais um");
    }
    assert_eq!(entered.status, 200, "{entered:?}");
    ana.notes("had to make room for others");
    ana.says("/guests");
    ana.notes("200 guests: ");
    let peak = ana.peak_memory_bytes();
    assert!(peak < 64 << 20, "{peak} bytes with 200 guests");
}
