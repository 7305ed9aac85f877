//! Writes a large file of messages through the program's own store, and the same messages as JSON
//! lines, for `scripts/bench archive`: `archive COUNT ARCHIVE LINES`. The messages are seeded:
//! words as frequent as Zipf's law has them, twenty people, three rooms, one year. The first room
//! also has as many sealed frames as a member holds for the others, of the last six days.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use roda::chat::archive::record::{Entry, StoredFrame};
use roda::chat::archive::search::Query;
use roda::chat::archive::{Reply, Request, RoomReply, RoomRequest};
use roda::chat::command::RequestId;
use roda::chat::rooms::RoomNumber;
use roda::clock::Clock;
use roda::protocol::engine::config::HISTORY_MESSAGES;
use roda::protocol::engine::event::{MessageId, NamedKey};
use roda::protocol::engine::frame_log::Position;
use roda::protocol::message::Name;
use roda::protocol::rng::Rng;
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::{Author, Body, Frame, Key};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;
use roda::store::archive::{Archive, FilePlace, Keeping, RoomKind, RoomPlace, Told};
use roda::store::people::People;

/// Different words.
const WORDS: u64 = 50_000;

/// People who speak.
const PEOPLE: u64 = 20;

/// When the year begins, in milliseconds since 1970.
const START_MS: u64 = 1_763_000_000_000;

/// How long it lasts, in milliseconds.
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;

/// Frames that a member holds for the others.
const FRAMES: u64 = HISTORY_MESSAGES as u64;

/// From when they are: the last six days, in milliseconds.
const FRAMES_MS: u64 = 6 * 24 * 60 * 60 * 1000;

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
    let mut cpu = Duration::ZERO;
    for (room, name, share) in [(0, "sala", 90), (1, "turma", 9), (2, "outra", 1)] {
        let seal = Seal::public(Some(name));
        let place = RoomPlace {
            tag: seal.room_tag(),
            name: name.into(),
            kind: RoomKind::Public,
        };
        let file = FilePlace {
            path: path.clone(),
            keeping: Keeping {
                days: 36_500,
                bytes: 1 << 50,
                ..Keeping::default()
            },
        };
        let (tell, told) = mpsc::channel();
        let people = path.with_file_name("people.db");
        let open = move || People::at(&people);
        let archive = Archive::start(open, Some(file), move |it| tell.send(it).is_ok());
        let mut archive = archive.unwrap();
        archive.open_room(RoomNumber::FIRST, Some(place));
        if room == 0 {
            keep_frames(&archive, &seal);
            wait(&archive, &told);
        }
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
            let request = Request::Room(RoomRequest::Remember(Box::new(entry)));
            archive.ask(RoomNumber::FIRST, request);
            if number % STRIDE == STRIDE - 1 {
                wait(&archive, &told);
            }
        }
        wait(&archive, &told);
        cpu += cpu_of_store();
        assert!(archive.close(Duration::from_secs(600)));
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    println!("{rate:.0} {:.2}", cpu.as_secs_f64() * 1e6 / count as f64);
}

/// The processor time of the store's threads until now; zero where the system does not tell.
fn cpu_of_store() -> Duration {
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    let mut ns = 0;
    for thread in threads.flatten().map(|thread| thread.path()) {
        let read = |name: &str| fs::read_to_string(thread.join(name)).unwrap_or_default();
        if read("comm").trim_end() == "archive" {
            let figures = read("schedstat");
            let on_cpu = figures.split(' ').next().and_then(|ns| ns.parse().ok());
            ns += on_cpu.unwrap_or(0);
        }
    }
    Duration::from_nanos(ns)
}

/// Keeps what would be served to the others: a full history.
fn keep_frames(archive: &Archive, seal: &Seal) {
    let now_ms = Clock::start().now().wall_ms;
    let mut rng = Rng::new(99);
    for number in 0..FRAMES {
        let signer = Signer::from_seed(&[(number % PEOPLE) as u8 + 1; 32]);
        let wall_ms = now_ms - FRAMES_MS + FRAMES_MS / FRAMES * number;
        let text: Vec<String> = (0..8).map(|_| word(rank(&mut rng, WORDS))).collect();
        let mut records = Vec::new();
        Record::Said(&text.join(" ")).append(&mut records);
        let key = signer.key();
        let author = Author {
            key,
            short: key.short(),
            session: (wall_ms / 1000 / 86_400) << 32,
            sequence: number as u32 + 1,
            clock: wall_ms << 16,
            flags: 0,
            grtt: 80,
            name: Name::parse(&format!("pessoa{}", number % PEOPLE)).unwrap(),
        };
        let position = Position::of(&author);
        let body = Body::Durable(Durable {
            records: Records::new(&records),
            ..Durable::default()
        });
        let mut bytes = Vec::new();
        let hash = seal.close(&Frame { author, body }, &signer, &mut bytes);
        let frame = StoredFrame {
            position,
            author: key,
            hash,
            bytes: bytes.into(),
        };
        archive.ask(RoomNumber::FIRST, Request::Room(RoomRequest::Keep(frame)));
    }
}

/// Waits until what was said is on the disk: it is found then.
fn wait(archive: &Archive, told: &mpsc::Receiver<Told>) {
    let query = Query {
        limit: 1,
        ..Query::default()
    };
    let request = RequestId::default();
    let find = Request::Room(RoomRequest::Find {
        request,
        query: Box::new(query),
    });
    archive.ask(RoomNumber::FIRST, find);
    for told in told {
        match told {
            Told::Reply {
                reply: Reply::Room(RoomReply::Found { .. }),
                ..
            } => return,
            Told::Reply {
                reply: Reply::Room(RoomReply::NotFound { why, .. } | RoomReply::Failed(why)),
                ..
            } => {
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
