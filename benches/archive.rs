//! Writes a large file of messages through the program's own store, and the same messages as JSON
//! lines, for `scripts/bench archive`: `archive COUNT ARCHIVE LINES`. The messages are seeded:
//! words as frequent as Zipf's law has them, twenty people, three rooms, one year.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use roda::chat::archive::record::Entry;
use roda::chat::archive::search::Query;
use roda::chat::archive::{Reply, Request, RoomReply, RoomRequest};
use roda::chat::command::RequestId;
use roda::protocol::engine::event::{MessageId, NamedKey};
use roda::protocol::engine::frame_log::Position;
use roda::protocol::message::Name;
use roda::protocol::rng::Rng;
use roda::protocol::wire::frame::Key;
use roda::protocol::wire::seal::Seal;
use roda::store::archive::{Archive, Keeping, RoomKind, RoomPlace, Told};
use roda::store::people::People;

/// Different words.
const WORDS: u64 = 50_000;

/// People who speak.
const PEOPLE: u64 = 20;

/// When the year begins, in milliseconds since 1970.
const START_MS: u64 = 1_763_000_000_000;

/// How long it lasts, in milliseconds.
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;

/// Messages between two waits for the disk, so that none is left out.
const STRIDE: u64 = 20_000;

fn main() {
    let args: Vec<String> = env::args().filter(|arg| arg != "--bench").collect();
    let [_, count, archive, lines] = &args[..] else {
        println!("usage: archive COUNT ARCHIVE LINES");
        return;
    };
    let count: u64 = count.parse().unwrap();
    let path = PathBuf::from(archive);
    let mut lines = BufWriter::new(File::create(lines).unwrap());
    let start = Instant::now();
    for (room, name, share) in [(0, "sala", 90), (1, "turma", 9), (2, "outra", 1)] {
        let seal = Seal::public(Some(name));
        let place = RoomPlace {
            path: path.clone(),
            tag: seal.room_tag(),
            name: name.into(),
            kind: RoomKind::Public,
            keeping: Keeping {
                days: 36_500,
                bytes: 1 << 50,
                ..Keeping::default()
            },
        };
        let (tell, told) = mpsc::channel();
        let people = path.with_file_name("people.db");
        let open = move || People::at(&people);
        let archive = Archive::start(open, Some(place), move |it| tell.send(it).is_ok()).unwrap();
        let mut rng = Rng::new(room + 1);
        let messages = count * share / 100;
        for number in 0..messages {
            let entry = entry(&mut rng, number, messages);
            let wall_ms = entry.wall_ms;
            let (who, text) = (entry.who.name.as_str(), &entry.text);
            writeln!(
                lines,
                r#"{{"time":{wall_ms},"room":"{name}","user":"{who}","data":"{text}"}}"#
            )
            .unwrap();
            archive.ask(Request::Room(RoomRequest::Remember(Box::new(entry))));
            if number % STRIDE == STRIDE - 1 {
                wait(&archive, &told);
            }
        }
        wait(&archive, &told);
        assert!(archive.close(Duration::from_secs(600)));
    }
    println!("{:.0}", count as f64 / start.elapsed().as_secs_f64());
}

/// Waits until what was said is on the disk: it is found then.
fn wait(archive: &Archive, told: &mpsc::Receiver<Told>) {
    let query = Query {
        limit: 1,
        ..Query::default()
    };
    let request = RequestId::default();
    archive.ask(Request::Room(RoomRequest::Find { request, query }));
    for told in told {
        match told {
            Told::Reply(Reply::Room(RoomReply::Found { .. })) => return,
            Told::Reply(Reply::Room(RoomReply::NotFound { why, .. } | RoomReply::Failed(why))) => {
                println!("{why}");
                return;
            }
            _ => {}
        }
    }
}

fn entry(rng: &mut Rng, number: u64, of: u64) -> Entry {
    let wall_ms = START_MS + YEAR_MS / of.max(1) * number;
    // Who speaks more speaks much more.
    let author = rank(rng, PEOPLE);
    let mut key = [0; 32];
    key.iter_mut().for_each(|byte| *byte = author as u8 + 1);
    let key = Key(key);
    let words = 3 + rng.below(12);
    let text: Vec<String> = (0..words).map(|_| word(rank(rng, WORDS))).collect();
    let position = Position {
        clock: wall_ms << 16,
        short: key.short(),
        session: author,
        sequence: number as u32,
    };
    let name = Name::parse(&format!("pessoa{author}")).unwrap();
    let who = NamedKey { name, key };
    Entry {
        is_own: author == 0,
        ..Entry::said(MessageId { position, index: 0 }, who, text.join(" "))
    }
}

/// A number below `of`; each as often as one over what stands before it.
fn rank(rng: &mut Rng, of: u64) -> u64 {
    let rank = (of as f64).powf(rng.unit()) - 1.0;
    (rank as u64).min(of - 1)
}

/// The word of a number: `palavra0` is in every third message or so.
fn word(number: u64) -> String {
    format!("palavra{number}")
}
