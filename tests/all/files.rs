//! Files between members on this machine's loopback: `drop`, `take`, and `/send` and `/get` in a
//! conversation. Needs no rights; nothing leaves the machine.

use crate::support;

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::place::{Home, Place};
use support::program::Program;
use support::{folder, wait_until};
use tempfile::TempDir;

/// Bytes that nobody can foresee, the same for the same seed.
pub(crate) fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    let mut reader = hasher.update(&seed.to_be_bytes()).finalize_xof();
    let mut bytes = vec![0; length];
    reader.fill(&mut bytes);
    bytes
}

/// Makes a file of such bytes.
pub(crate) fn file(folder: &TempDir, name: &str, length: usize) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content(7, length)).unwrap();
    path
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Whether two files hold the same, without printing them.
pub(crate) fn are_equal(one: &Path, other: &Path) -> bool {
    fs::read(one).unwrap() == fs::read(other).unwrap()
}

fn event(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn what_is_dropped_is_taken_whole_by_three_and_both_sides_end_with_success() {
    let place = Place::on_loopback();
    let from = folder();
    let path = file(&from, "mapa.png", 3_000_000);
    let intos = [folder(), folder(), folder()];
    let mut takers: Vec<Program> = Vec::new();
    for (name, into) in ["bia", "caio", "duda"].iter().zip(&intos) {
        let once = ["--yes", "--once"];
        takers.push(place.takes(&Home::new(), name, into.path(), &once));
    }
    for taker in &mut takers {
        taker.notes("you are");
    }
    let path_typed = path.to_str().unwrap();
    let giver = place.gives(&Home::new(), "ana", &[path_typed, "--wait-for", "3"]);
    for (taker, into) in takers.into_iter().zip(&intos) {
        let noted = taker.ends_with(0).noted;
        let offered = noted
            .iter()
            // Before it is known whom one has met, a name has a suffix.
            .any(|line| line.starts_with("ana") && line.contains(" offers mapa.png, 3.0 MB"));
        assert!(offered, "{noted:?}");
        assert_eq!(names(into.path()), ["mapa.png"]);
        assert!(are_equal(&into.path().join("mapa.png"), &path));
    }
    giver.ends_with(0);
}

#[test]
fn a_folder_arrives_with_its_tree_and_without_its_links() {
    let place = Place::on_loopback();
    let (from, into) = (folder(), folder());
    let tree = from.path().join("aula");
    fs::create_dir_all(tree.join("fotos/vazia")).unwrap();
    fs::write(tree.join("fotos/a.jpg"), content(1, 500_000)).unwrap();
    fs::write(tree.join("run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(tree.join("run.sh"), Permissions::from_mode(0o4750)).unwrap();
    symlink("/etc/passwd", tree.join("link")).unwrap();
    let taker = place.takes(&Home::new(), "bia", into.path(), &["--yes", "--once"]);
    let mut giver = place.gives(&Home::new(), "ana", &[tree.to_str().unwrap()]);
    giver.notes("1 left out");
    taker.ends_with(0);
    giver.ends_with(0);
    let taken = into.path().join("aula");
    assert!(are_equal(
        &taken.join("fotos/a.jpg"),
        &tree.join("fotos/a.jpg")
    ));
    assert_eq!(names(&taken), ["fotos", "run.sh"]);
    assert!(taken.join("fotos/vazia").is_dir());
    let mode = fs::metadata(taken.join("run.sh")).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o750);
}

#[test]
fn in_a_conversation_files_are_offered_by_send_and_taken_by_get() {
    let place = Place::on_loopback();
    let (from, into) = (folder(), folder());
    let path = file(&from, "o mapa.png", 100_000);
    let (home_a, home_b) = (Home::new(), Home::new());
    let mut ana = place.member(&home_a, "ana", &[]);
    let mut bia = place.member(&home_b, "bia", &["--json"]);
    ana.notes("bia");
    bia.shows(r#""user":"ana""#);
    ana.says(&format!("/send '{}'", path.display()));
    ana.notes("you offer o mapa.png, 100 kB");
    let offered = event(&bia.shows(r#""event":"file_offered""#));
    assert_eq!(offered["file"]["name"], "o mapa.png");
    assert_eq!(offered["file"]["from"]["user"], "ana");
    let number = &offered["file"]["number"];
    let into_typed = into.path().to_str().unwrap();
    bia.says(&format!(
        r#"{{"get":{number},"into":"{into_typed}","id":"g"}}"#
    ));
    let finished = event(&bia.shows(r#""event":"file_finished""#));
    let saved = finished["file"]["saved_as"].as_str().unwrap();
    assert!(are_equal(Path::new(saved), &path));
    assert_eq!(names(into.path()), ["o mapa.png"]);
    ana.notes("1 person has it");
    bia.says("/files");
    let list = event(&bia.shows(r#""event":"files""#));
    assert_eq!(list["files"][0]["state"], "here");
    bia.says(r#"{"get":77,"id":"h"}"#);
    bia.shows(r#""code":"no_such_offer""#);
    ana.says("/send --to bia x.png");
    ana.notes("Usage: /send FILE…");
    bia.says(r#"{"send":"x.png","to":"ana","id":"t"}"#);
    let refused = event(&bia.shows(r#""request":"t""#));
    assert_eq!(refused["code"], "not_say");
    ana.says("/send /there/is/nothing");
    ana.notes("cannot offer /there/is/nothing");
    ana.says("sair");
    ana.ends_with(0);
    bia.falls_silent();
    bia.ends_with(0);
}

#[test]
fn what_is_empty_or_equal_is_given_as_anything_else() {
    let place = Place::on_loopback();
    let (from, into) = (folder(), folder());
    fs::write(from.path().join("vazio"), "").unwrap();
    for name in ["um", "dois"] {
        file(&from, name, 100_000);
    }
    let paths = ["vazio", "um", "dois"].map(|name| from.path().join(name));
    let mut taker = place.takes(&Home::new(), "bia", into.path(), &["--yes"]);
    taker.notes("you are");
    let paths = paths.each_ref().map(|path| path.to_str().unwrap());
    place.gives(&Home::new(), "ana", &paths).ends_with(0);
    taker.gets_signal("INT");
    taker.ends_with(130);
    let taken = names(into.path());
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert_eq!(fs::read(into.path().join("vazio")).unwrap(), b"");
}

#[test]
fn what_was_dropped_earlier_keeps_no_giver_in_the_room() {
    let place = Place::on_loopback();
    let (from, into) = (folder(), folder());
    // She remembers the first offer, and tells of it whoever comes.
    let mut eva = place.member(&Home::new(), "eva", &["--json"]);
    let home = Home::new();
    for name in ["um", "dois"] {
        let path = from.path().join(name);
        fs::write(&path, name).unwrap();
        let giver = place.gives(&home, "ana", &[path.to_str().unwrap(), "--wait-for", "1"]);
        let args = ["--yes", "--from", "ana"];
        let mut taker = place.takes(&Home::new(), "bia", into.path(), &args);
        taker.notes(&format!("{name} is here, whole"));
        giver.ends_with(0);
        taker.gets_signal("INT");
        taker.ends_with(130);
    }
    eva.shows(r#""name":"dois""#);
    // The second taker was told of the first offer too, which nobody gives any more.
    let whole = names(into.path());
    let whole = whole.iter().filter(|name| !name.ends_with(".part"));
    assert_eq!(whole.collect::<Vec<_>>(), ["dois", "um"]);
    eva.falls_silent();
    eva.ends_with(0);
}

#[test]
fn a_pipe_comes_out_of_a_pipe() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut giver = place.gives(&Home::new(), "ana", &["-", "--as", "notas.txt"]);
    let text = "uma linha que se repete\n".repeat(40_000);
    giver.types(text.as_bytes());
    giver.falls_silent();
    let taker = Program::start(place.takes_to_stdout(&home, "bia"));
    let shown = taker.ends_with(0).shown;
    assert_eq!(shown.len(), 40_000);
    assert!(shown.iter().all(|line| line == "uma linha que se repete"));
    giver.ends_with(0);
    let spool = home.path().join("state/roda/spool");
    assert_eq!(names(&spool), Vec::<String>::new());
}

#[test]
fn a_taker_that_is_killed_goes_on_from_what_is_on_the_disk() {
    let place = Place::on_loopback();
    let (from, into) = (folder(), folder());
    let path = file(&from, "disco.img", 40_000_000);
    let home = Home::new();
    let args = ["--yes", "--once", "--json"];
    let mut giver = place.gives(&Home::new(), "ana", &[path.to_str().unwrap(), "--json"]);
    giver.shows("file_offered");
    let mut killed = place.takes(&home, "bia", into.path(), &args);
    killed.shows("file_taking");
    // Killed as soon as something is there, which is long before all of it is.
    let has_begun = || {
        let parts = names(into.path());
        let part = into.path().join(parts.first()?);
        (fs::metadata(part).ok()?.blocks() > 2048).then_some(())
    };
    wait_until(has_begun).expect("a part is there");
    killed.gets_signal("KILL");
    drop(killed);
    let left = names(into.path());
    assert!(left.iter().any(|name| name.ends_with(".part")), "{left:?}");
    let part = into.path().join(&left[0]);
    // A block of it is damaged: it is noticed, and taken again.
    let mut damaged = File::options().write(true).open(part).unwrap();
    damaged.write_all(b"damage").unwrap();
    let again = place.takes(&home, "bia", into.path(), &args);
    again.ends_with(0);
    assert_eq!(names(into.path()), ["disco.img"]);
    assert!(are_equal(&into.path().join("disco.img"), &path));
    giver.ends_with(0);
}

/// A program's line that takes an offer into a folder.
fn get(number: &Value, folder: &TempDir) -> String {
    let into = folder.path().to_str().unwrap();
    format!(r#"{{"get":{number},"into":"{into}"}}"#)
}

/// How a member stands to its first offer, and whether it gives it.
fn shared(member: &mut Program) -> (String, bool) {
    member.says("/files");
    let list = event(&member.shows(r#""event":"files""#));
    let file = &list["files"][0];
    let state = file["state"].as_str().unwrap_or_default().to_owned();
    (state, file["shared"].as_bool().unwrap_or_default())
}

/// Waits until a member gives its first offer.
fn gives_again(member: &mut Program) {
    let given = wait_until(|| (shared(member) == ("here".into(), true)).then_some(()));
    given.expect("it is given");
}

fn is_killed(member: Program) {
    member.gets_signal("KILL");
}

/// A person who has taken a file whose author is gone, and is gone as well; where it is.
fn has_taken(place: &Place, home: &Home, path: &Path, into: &TempDir) -> PathBuf {
    let mut ana = place.member(&Home::new(), "ana", &["--json"]);
    let mut bia = place.member(home, "bia", &["--json"]);
    bia.shows(r#""user":"ana""#);
    ana.says(&format!("/send '{}'", path.display()));
    let offered = event(&bia.shows(r#""event":"file_offered""#));
    bia.says(&get(&offered["file"]["number"], into));
    let finished = event(&bia.shows(r#""event":"file_finished""#));
    ana.shows(r#""event":"file_all_have""#);
    is_killed(ana);
    is_killed(bia);
    PathBuf::from(finished["file"]["saved_as"].as_str().unwrap())
}

#[test]
fn who_has_a_file_gives_it_after_a_restart_when_its_author_is_gone() {
    let place = Place::on_loopback();
    let (from, into, home) = (folder(), folder(), Home::new());
    let path = file(&from, "mapa.png", 800_000);
    has_taken(&place, &home, &path, &into);
    // Somebody comes who has never heard of it.
    let mut bia = place.member(&home, "bia", &["--json"]);
    let mut duda = place.member(&Home::new(), "duda", &["--json"]);
    let offered = event(&duda.shows(r#""event":"file_offered""#));
    assert_eq!(offered["file"]["from"]["user"], "ana");
    let late = folder();
    duda.says(&get(&offered["file"]["number"], &late));
    duda.shows(r#""event":"file_finished""#);
    assert!(are_equal(&late.path().join("mapa.png"), &path));
    gives_again(&mut bia);
    for mut member in [bia, duda] {
        member.falls_silent();
        member.ends_with(0);
    }
}

#[test]
fn nothing_is_given_again_that_has_changed_or_was_taken_back_or_by_who_shares_nothing() {
    let place = Place::on_loopback();
    let (from, into, home) = (folder(), folder(), Home::new());
    let path = file(&from, "mapa.png", 10_000);
    let saved = has_taken(&place, &home, &path, &into);
    let starts = |args: &[&str]| {
        let mut bia = place.member(&home, "bia", &[&["--json"], args].concat());
        bia.shows(r#""event":"file_offered""#);
        bia
    };
    let mut bia = starts(&["--files-share=false"]);
    assert_eq!(shared(&mut bia), ("offered".into(), false));
    is_killed(bia);
    let mut bia = starts(&[]);
    gives_again(&mut bia);
    is_killed(bia);
    // Another length at the same time.
    let time = fs::metadata(&saved).unwrap().modified().unwrap();
    fs::write(&saved, content(8, 10_001)).unwrap();
    let changed = File::options().write(true).open(&saved).unwrap();
    changed.set_modified(time).unwrap();
    // Whoever has it now gives it to her once more.
    let mut ana = place.member(&Home::new(), "ana", &["--json"]);
    let mut bia = starts(&[]);
    ana.shows(r#""user":"bia""#);
    ana.says(&format!("/send '{}'", path.display()));
    bia.says(&get(&1.into(), &into));
    bia.shows(r#""event":"file_finished""#);
    assert_eq!(names(into.path()), ["mapa (1).png", "mapa.png"]);
    gives_again(&mut bia);
    bia.says("/unshare 1");
    bia.shows(r#""event":"file_unshared""#);
    is_killed(bia);
    let mut bia = starts(&[]);
    assert_eq!(shared(&mut bia), ("offered".into(), false));
    for mut member in [ana, bia] {
        member.falls_silent();
        member.ends_with(0);
    }
}

#[test]
fn exit_codes_tell_the_truth() {
    let place = Place::on_loopback();
    let (from, into) = (folder(), folder());
    let giver = place.gives(&Home::new(), "ana", &["/there/is/nothing"]);
    let noted = giver.ends_with(1).noted;
    assert!(
        noted.iter().any(|line| line.contains("cannot offer")),
        "{noted:?}"
    );
    let path = file(&from, "mapa.png", 10);
    let args = [path.to_str().unwrap(), "--timeout", "1"];
    place.gives(&Home::new(), "ana", &args).ends_with(1);
    let args = ["--yes", "--once", "--timeout", "1"];
    let nobody = place.takes(&Home::new(), "bia", into.path(), &args);
    nobody.ends_with(1);
    let mut asked = place.takes(&Home::new(), "bia", into.path(), &[]);
    asked.notes("you are");
    asked.gets_signal("INT");
    asked.ends_with(130);
    assert_eq!(names(into.path()), Vec::<String>::new());
}

#[test]
fn a_person_is_asked_before_anything_is_taken() {
    let place = Place::on_loopback();
    let (from, into) = (folder(), folder());
    let path = file(&from, "mapa.png", 10);
    let mut taker = place.takes(&Home::new(), "bia", into.path(), &["--once"]);
    taker.notes("you are");
    let giver = place.gives(&Home::new(), "ana", &[path.to_str().unwrap()]);
    // Before it is known whom one has met, a name has a suffix.
    let question = taker.notes("take mapa.png, 10 B, from ana");
    assert!(question.ends_with("? [y/N]"), "{question}");
    assert_eq!(names(into.path()), Vec::<String>::new());
    taker.says("y");
    taker.ends_with(0);
    giver.ends_with(0);
    assert!(are_equal(&into.path().join("mapa.png"), &path));
}
