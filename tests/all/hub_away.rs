//! `hub join` whose hub is gone, and `hub serve` with clients that mean it no good.
#![cfg(unix)]

use crate::support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use support::hub::{Framed, hub, join, joining, serve};
use support::program::Program;
use support::terminal::Terminal;

#[test]
fn a_hub_that_anybody_may_close_says_how_to_prevent_it() {
    let (mut hub, _) = serve(&[]);
    hub.notes("anybody who joins may close this hub; to prevent that, start it with --moderator");
}

#[test]
fn a_burst_of_merged_messages_and_lists_delays_nobody() {
    let (_hub, port) = serve(&[]);
    let (mut ana, mut bia) = (Framed::joins(port, "ana"), Framed::joins(port, "bia"));
    let mut eva = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let name = "eva | server | name | eva";
    let message = "eva | bia | private_message | um";
    let list = "eva | server | list_clients | no data";
    let burst = format!("{name}{}{}", message.repeat(4000), list.repeat(3000));
    eva.write_all(burst.as_bytes()).unwrap();
    // What eva may say in a second is heard, and ana in the middle of it.
    assert_eq!(bia.hears(), message);
    ana.says("oi");
    let oi = "ana | all clients | broadcast_not_me | oi";
    let heard = std::iter::repeat_with(|| bia.hears()).position(|heard| heard == oi);
    assert!(heard.unwrap() < 3000, "ana waited for all that eva said");
}

#[test]
fn a_hundred_silent_connections_take_nobody_s_place() {
    let (_hub, port) = serve(&["--max-clients", "3", "--max-per-address", "3"]);
    let silent: Vec<TcpStream> = (0..100)
        .map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap())
        .collect();
    let mut ana = join(port, "ana", &[]);
    let _bia = join(port, "bia", &[]);
    ana.says("/list");
    ana.notes("2 people are here: ana, bia");
    drop(silent);
}

/// A hub at a port, again.
fn serve_again(port: u16) -> Program {
    let mut hub = Program::start(hub(&["serve", "--listen", &format!("127.0.0.1:{port}")]));
    hub.notes("hub open on port");
    hub
}

#[test]
fn who_loses_the_hub_comes_back_and_says_what_was_kept() {
    let (hub, port) = serve(&[]);
    let mut ana = Terminal::start(joining(port, "ana", &[]));
    ana.shows("joined 127.0.0.1");
    let mut bot = Program::start(joining(port, "bot", &["--json"]));
    bot.shows("\"ready\"");
    hub.gets_signal("KILL");
    drop(hub);
    ana.shows("trying again");
    bot.shows("\"away\"");
    // A person keeps a hundred lines, and is told of each that is not kept; a pipe waits.
    for number in 0..=100 {
        ana.types(&format!("linha {number}\r"));
        bot.says(&format!("bot {number}"));
    }
    ana.shows("not kept: 100 lines are waiting");
    ana.types("/list\r");
    ana.shows("there is no connection to the hub now");
    let _hub = serve_again(port);
    let mut bia = join(port, "bia", &[]);
    ana.shows_behind("trying again", "joined 127.0.0.1");
    bot.shows("\"ready\"");
    ana.types("de volta\r");
    bia.shows("ana: de volta");
    bot.says("/list");
    bot.shows("\"members\"");
    let own = bot.stops().shown;
    let own = own.iter().filter(|line| line.contains("\"own\":true"));
    assert_eq!(own.count(), 101, "none was refused");
}

#[test]
fn a_name_that_its_own_ghost_has_is_asked_for_again() {
    // A hub that says so once, as one that has not noticed yet that a connection is lost.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ana = Program::start(joining(port, "ana", &[]));
    let mut ana = ana;
    let answers = [
        "server | ana | connection_confirmation | in",
        "server | new_client: ana | connection_error | This username is already taken.",
        "server | ana | connection_confirmation | in",
        "server | new_client: ana | connection_error | This username cannot be used",
    ];
    for answer in answers {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"server | client | name | no data")
            .unwrap();
        let mut name = [0; 64];
        let count = stream.read(&mut name).unwrap();
        assert!(name[..count].starts_with(b"ana | server | name | ana"));
        stream.write_all(answer.as_bytes()).unwrap();
        if answer.contains("confirmation") {
            ana.notes("joined 127.0.0.1");
        }
    }
    ana.notes("This username cannot be used");
    ana.ends_with(1);
}

#[test]
fn a_hub_that_closes_is_not_called_again_and_no_reconnect_ends() {
    let (hub, port) = serve(&[]);
    let mut ana = join(port, "ana", &["--no-reconnect"]);
    let mut bia = join(port, "bia", &[]);
    hub.gets_signal("KILL");
    drop(hub);
    ana.notes("the connection to the hub was lost");
    ana.ends_with(1);
    bia.notes("trying again");
    let mut hub = serve_again(port);
    bia.notes("joined 127.0.0.1");
    hub.notes("bia joined");
    hub.gets_signal("TERM");
    bia.notes("the hub was closed");
    bia.ends_with(0);
}
