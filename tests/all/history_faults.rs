//! The file of messages when things go wrong: a process that is killed, a disk that fills, a file
//! that may not grow, a folder that cannot be written.
#![cfg(unix)]

use std::env;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::Command;

use roda::chat::archive::search::Query;
use roda::chat::archive::{Reply, RoomReply, RoomRequest};
use roda::chat::command::RequestId;
use roda::protocol::wire::seal::Seal;
use roda::store::archive::{Notice, Reader, RoomKind, Told};

use crate::support::archive::{ask, entry, place, start};
use crate::support::program::Program;
use crate::support::{DEADLINE, Need, available, command, folder, wait_until};

/// Names the file that the process of a test writes.
const FILE: &str = "RODA_TEST_ARCHIVE";

/// A process that writes a file: it is this test alone, run again. It reads `say TEXT` and `find`,
/// and shows what it is told.
#[test]
fn process_that_writes() {
    let Some(path) = env::var_os(FILE) else {
        return;
    };
    let seal = Seal::public(None);
    let place = place("lobby", RoomKind::Lobby, &seal);
    let archive = start(Path::new(&path), place, |told| {
        writeln!(io::stdout(), "{}", shown(&told)).is_ok()
    });
    let lines = io::stdin().lock().lines().map_while(Result::ok);
    for (number, line) in (0..).zip(lines) {
        match line.strip_prefix("say ") {
            Some(text) => {
                let entry = entry("ana", 1, number, text);
                ask(&archive, RoomRequest::Remember(Box::new(entry)));
            }
            None => {
                let query = Query {
                    limit: 10_000,
                    ..Query::default()
                };
                let request = RequestId::default();
                let query = Box::new(query);
                ask(&archive, RoomRequest::Find { request, query });
            }
        }
    }
    let is_closed = archive.close(DEADLINE);
    writeln!(io::stdout(), "closed {is_closed}").unwrap();
}

fn shown(told: &Told) -> String {
    let reply = match told {
        Told::Reply { reply, .. } => reply,
        Told::Notice(Notice::Unusable { fault, .. }) => return format!("unusable: {fault:?}"),
        Told::Notice(notice) => return format!("{notice:?}"),
    };
    match reply {
        Reply::Room(RoomReply::Found { found, .. }) => format!("found {}.", found.len()),
        Reply::Room(RoomReply::Failed(why)) => format!("failed: {why}"),
        Reply::Room(RoomReply::Resumed { missing }) => format!("resumed, {missing}."),
        other => format!("{other:?}"),
    }
}

/// The process that writes a file, started by the end of a shell's script.
fn writer(path: &Path, script: &str) -> Command {
    let mut writer = command("sh");
    writer
        .args(["-c", script, "sh"])
        .arg(env::current_exe().unwrap());
    let test = "history_faults::process_that_writes";
    writer.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    writer.env(FILE, path);
    writer
}

fn texts(path: &Path) -> Vec<String> {
    let query = Query {
        limit: 10_000,
        ..Query::default()
    };
    let found = Reader::open(path)
        .unwrap()
        .find(None, &query)
        .unwrap()
        .found;
    found.into_iter().map(|it| it.found.entry.text).collect()
}

#[test]
fn a_killed_process_leaves_all_but_what_it_had_not_written_yet() {
    let folder = folder();
    for round in 0..3 {
        let path = folder.path().join(format!("archive{round}.db"));
        let mut process = Program::start(writer(&path, "exec \"$@\""));
        let said: Vec<String> = (0..500).map(|n| format!("r{round} n{n}")).collect();
        said.iter()
            .for_each(|text| process.says(&format!("say {text}")));
        // Without a question, what waits is written by itself.
        let is_there = || {
            let texts = Reader::open(&path).ok().map(|_| texts(&path));
            texts.filter(|texts| texts.contains(&said[499]))
        };
        wait_until(is_there).expect("it is written soon");
        for n in 500..1000 {
            process.says(&format!("say r{round} n{n}"));
        }
        process.gets_signal("KILL");
        assert!(
            process
                .stops()
                .shown
                .iter()
                .all(|line| !line.contains("failed"))
        );
        // The file is sound, and holds a beginning of what was said: a hole is nowhere.
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.check().unwrap().faults, Vec::<String>::new());
        let prefix = format!("r{round} ");
        let mut stored: Vec<usize> = texts(&path)
            .iter()
            .filter_map(|text| text.strip_prefix(&prefix)?.strip_prefix('n')?.parse().ok())
            .collect();
        stored.sort_unstable();
        assert!(stored.len() >= 500);
        assert_eq!(stored, (0..stored.len()).collect::<Vec<_>>());
    }
}

#[test]
fn a_disk_that_fills_is_told_once_and_what_waited_is_written_when_there_is_room() {
    if !available(&[Need::Namespaces]) {
        return;
    }
    let folder = folder();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=2m tmpfs {0} && \
         head -c 900000 /dev/zero > {0}/ballast && exec \"$@\"",
        disk.display()
    );
    let script = format!("exec unshare --mount sh -c '{script}' sh \"$@\"");
    let mut process = Program::start(writer(&disk.join("archive.db"), &script));
    process.says("find");
    process.shows("found 0.");
    let text = "x".repeat(1000);
    let count = 2000;
    (0..count).for_each(|_| process.says(&format!("say {text}")));
    process.shows("failed: ");
    // The disk is that of the process alone, which runs on.
    let inside = |command: &str| {
        let pid = process.id();
        let enter = format!("nsenter --mount --target {pid} {command}");
        crate::support::run(&enter);
    };
    inside(&format!("rm {}/ballast", disk.display()));
    inside(&format!("mount -o remount,size=64m {}", disk.display()));
    process.shows("resumed, 0.");
    process.says("find");
    process.shows(&format!("found {count}."));
    process.falls_silent();
    let shown = process.ends_with(0).shown;
    let failures = shown.iter().filter(|line| line.starts_with("failed"));
    assert_eq!(failures.count(), 1, "{shown:?}");
}

#[test]
fn a_file_that_may_not_grow_ends_no_process() {
    let folder = folder();
    let path = folder.path().join("archive.db");
    let mut process = Program::start(writer(&path, "ulimit -f 1000; exec \"$@\""));
    let text = "x".repeat(1000);
    (0..2000).for_each(|_| process.says(&format!("say {text}")));
    process.shows("failed: ");
    process.falls_silent();
    process.shows("closed true");
    process.ends_with(0);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.check().unwrap().faults, Vec::<String>::new());
}

#[test]
fn a_place_that_cannot_be_written_is_told_and_ends_nothing() {
    let folder = folder();
    let taken = folder.path().join("file");
    fs::write(&taken, "no folder").unwrap();
    let mut process = Program::start(writer(&taken.join("archive.db"), "exec \"$@\""));
    process.says("say oi");
    process.says("find");
    process.shows("unusable: Refused(");
    process.falls_silent();
    process.shows("closed true");
    process.ends_with(0);
}

#[test]
fn a_folder_of_another_machine_holds_no_file_and_that_is_told_once() {
    if !available(&[Need::Namespaces]) {
        return;
    }
    let folder = folder();
    let (home, mounts) = (folder.path().join("home"), folder.path().join("mounts"));
    fs::create_dir(&home).unwrap();
    let line = "99 22 0:40 / {} rw,relatime - nfs4 server:/home rw,vers=4.2\n";
    let home_path = fs::canonicalize(&home).unwrap();
    fs::write(
        &mounts,
        line.replace("{}", &home_path.display().to_string()),
    )
    .unwrap();
    // What the kernel says of this process's mounts is another file, for this process alone.
    let script = format!(
        "mount --bind {} /proc/$$/mountinfo && exec \"$@\"",
        mounts.display()
    );
    let script = format!("exec unshare --mount sh -c '{script}' sh \"$@\"");
    let path = home.join("archive.db");
    let mut process = Program::start(writer(&path, &script));
    process.says("say oi");
    process.says("find");
    process.shows("unusable: Remote(\"nfs4\")");
    process.says("say tudo bem");
    process.says("find");
    process.falls_silent();
    process.shows("closed true");
    let shown = process.ends_with(0).shown;
    let told = shown.iter().filter(|line| line.contains("unusable"));
    assert_eq!(told.count(), 1, "{shown:?}");
    assert!(!path.exists());
}

/// A library that lets writing into files fail while a sign is there.
const BROKEN_DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
    const char *sign = getenv("RODA_TEST_BROKEN");
    if (sign && access(sign, F_OK) == 0) { errno = EIO; return -1; }
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite64");
    return real(fd, bytes, count, offset);
}
"#;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn a_disk_that_fails_for_a_while_is_told_once_and_what_waited_is_written() {
    let folder = folder();
    let [source, library, sign] =
        ["broken.c", "broken.so", "sign"].map(|name| folder.path().join(name));
    fs::write(&source, BROKEN_DISK).unwrap();
    // What SQLite is built with is here.
    let mut compiler = command("cc");
    compiler
        .args(["-shared", "-fPIC", "-ldl", "-o"])
        .arg(&library);
    assert!(compiler.arg(&source).status().unwrap().success());
    let path = folder.path().join("archive.db");
    let mut writer = writer(&path, "exec \"$@\"");
    writer.env("LD_PRELOAD", &library);
    writer.env("RODA_TEST_BROKEN", &sign);
    let mut process = Program::start(writer);
    process.says("say antes");
    process.says("find");
    process.shows("found 1.");
    fs::write(&sign, "").unwrap();
    for text in ["um", "dois", "três"] {
        process.says(&format!("say {text}"));
    }
    process.shows("failed: ");
    // What cannot be written is waited for by no search.
    process.says("find");
    process.shows("found 1.");
    fs::remove_file(&sign).unwrap();
    process.shows("resumed, 0.");
    process.says("find");
    process.shows("found 4.");
    process.falls_silent();
    let shown = process.ends_with(0).shown;
    let failures = shown.iter().filter(|line| line.starts_with("failed"));
    assert_eq!(failures.count(), 1, "{shown:?}");
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.check().unwrap().faults, Vec::<String>::new());
}
