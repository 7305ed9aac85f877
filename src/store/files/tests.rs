//! Real files, from one folder to another by the requests of a room.

mod parts;
mod previews;

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use tempfile::TempDir;

use super::stream::time_of;
use super::*;
use crate::chat::transfer::disk::BlockBytes;
use crate::chat::transfer::tree::{self, Entry};
use crate::chat::transfer::{BLOCK_BYTES, Offer, OfferKind};

const ROOM: RoomNumber = RoomNumber::FIRST;

/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(60);

struct Disk {
    files: Files,
    told: Receiver<Told>,
}

impl Disk {
    fn into(folder: &Path) -> Self {
        Self::with(Config {
            folder: Some(folder.to_owned()),
            memory: Memory::None,
            ..Config::default()
        })
    }

    fn with(config: Config) -> Self {
        let (tell, told) = mpsc::channel();
        let files = Files::start(config, move |told| tell.send(told).is_ok()).unwrap();
        Self { files, told }
    }

    fn hash(&self, path: &Path) -> Result<Hashed, Unfit> {
        self.files.read(ToOffer {
            room: ROOM,
            ticket: 7,
            path: path.to_owned(),
            name: None,
            key: None,
        });
        match self.told.recv_timeout(WAIT).unwrap() {
            Told::Hashed {
                ticket: 7, hashed, ..
            } => hashed,
            other => panic!("{other:?}"),
        }
    }

    fn ask(&self, request: Request) -> Reply {
        self.files.ask(ROOM, request);
        match self.told.recv_timeout(WAIT).unwrap() {
            Told::Reply { reply, .. } => reply,
            other => panic!("{other:?}"),
        }
    }

    fn begin(&self, content: &Content) -> Result<Vec<Range<u32>>, DiskFault> {
        let offer = Arc::new(Offer::new(content).unwrap());
        let id = offer.id;
        match self.ask(Request::Open { offer, into: None }) {
            Reply::Opened { .. } => {}
            Reply::Failed { why, .. } => return Err(why),
            other => panic!("{other:?}"),
        }
        let index = Arc::clone(&content.index);
        match self.ask(Request::Begin { offer: id, index }) {
            Reply::Begun { have, .. } => Ok(have),
            Reply::Failed { why, .. } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    fn read(&self, offer: &Offer, block: u32) -> Result<BlockBytes, DiskFault> {
        let id = offer.id;
        match self.ask(Request::Read { offer: id, block }) {
            Reply::Block { bytes, .. } => Ok(bytes),
            Reply::Unread { why, .. } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    fn write(&self, offer: &Offer, block: u32, bytes: BlockBytes) -> Result<(), DiskFault> {
        let offer = offer.id;
        match self.ask(Request::Write {
            offer,
            block,
            bytes,
        }) {
            Reply::Written { .. } => Ok(()),
            Reply::Failed { why, .. } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    fn finish(&self, offer: &Offer) -> Result<PathBuf, DiskFault> {
        match self.ask(Request::Finish { offer: offer.id }) {
            Reply::Finished { name, .. } => Ok(PathBuf::from(&*name)),
            Reply::Failed { why, .. } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    /// Takes from another disk everything that is not there.
    fn take(&self, from: &Self, content: &Content) -> Result<PathBuf, DiskFault> {
        let offer = Offer::new(content).unwrap();
        let have = self.begin(content)?;
        for block in 0..offer.blocks() {
            if !have.iter().any(|have| have.contains(&block)) {
                self.write(&offer, block, from.read(&offer, block)?)?;
            }
        }
        self.finish(&offer)
    }
}

fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut reader = blake3::Hasher::new()
        .update(&seed.to_be_bytes())
        .finalize_xof();
    let mut bytes = vec![0; length];
    reader.fill(&mut bytes);
    bytes
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Two folders, and a disk that takes into the second.
fn folders() -> (TempDir, TempDir) {
    (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap())
}

#[test]
fn a_file_arrives_equal_beside_one_of_its_name_and_can_be_given_on() {
    let (from, into) = folders();
    let path = from.path().join("mapa.png");
    let length = 2 * BLOCK_BYTES as usize + 12_345;
    fs::write(&path, bytes(1, length)).unwrap();
    let old = time_of(1_000_000_000_500).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(old).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o6640)).unwrap();
    fs::write(into.path().join("mapa.png"), "another map").unwrap();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    let hashed = giver.hash(&path).unwrap();
    assert_eq!(hashed.content.kind, OfferKind::Picture);
    let saved = taker.take(&giver, &hashed.content).unwrap();
    assert_eq!(names(&into), ["mapa (1).png", "mapa.png"]);
    assert_eq!(saved.file_name().unwrap(), "mapa (1).png");
    assert_eq!(fs::read(&saved).unwrap(), bytes(1, length));
    let metadata = fs::metadata(&saved).unwrap();
    assert_eq!(metadata.modified().unwrap(), old);
    assert_eq!(metadata.mode() & 0o7777, 0o640, "no rights of others");
    let offer = Offer::new(&hashed.content).unwrap();
    let given_on = taker.read(&offer, 2).unwrap();
    assert_eq!(given_on.0[..], bytes(1, length)[2 * BLOCK_BYTES as usize..]);
}

#[test]
fn a_folder_keeps_its_tree_its_bits_and_its_times_but_no_links_and_no_rights_of_others() {
    let (from, into) = folders();
    let folder = from.path().join("aula");
    fs::create_dir_all(folder.join("fotos/vazia")).unwrap();
    let old = time_of(1_000_000_000_500).unwrap();
    for (path, content, mode) in [
        ("run.sh", &b"#!/bin/sh\n"[..], 0o4755),
        ("fotos/.hidden", b"", 0o600),
        ("fotos/a.jpg", &bytes(2, 500_000), 0o444),
    ] {
        fs::write(folder.join(path), content).unwrap();
        let file = File::options().write(true).open(folder.join(path)).unwrap();
        file.set_modified(old).unwrap();
        fs::set_permissions(folder.join(path), Permissions::from_mode(mode)).unwrap();
    }
    symlink("/etc/passwd", folder.join("link")).unwrap();
    symlink(".", folder.join("fotos/loop")).unwrap();
    fs::set_permissions(folder.join("fotos"), Permissions::from_mode(0o750)).unwrap();
    File::open(folder.join("fotos"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    let hashed = giver.hash(&folder).unwrap();
    assert_eq!(
        (hashed.skipped, hashed.content.kind),
        (2, OfferKind::Folder)
    );
    let saved = taker.take(&giver, &hashed.content).unwrap();
    assert_eq!(names(&into), ["aula"]);
    assert!(!saved.join("link").exists() && saved.join("fotos/vazia").is_dir());
    for (path, mode) in [
        ("run.sh", 0o755),
        ("fotos/.hidden", 0o600),
        ("fotos/a.jpg", 0o444),
        ("fotos", 0o750),
    ] {
        let metadata = fs::metadata(saved.join(path)).unwrap();
        assert_eq!(metadata.mode() & 0o7777, mode, "{path}");
        assert_eq!(metadata.modified().unwrap(), old, "{path}");
    }
    assert_eq!(
        fs::read(saved.join("fotos/a.jpg")).unwrap(),
        bytes(2, 500_000)
    );
    let again = taker.hash(&saved).unwrap();
    assert_eq!(again.content.root, hashed.content.root);
}

#[test]
fn what_a_killed_program_took_is_gone_on_with_but_for_what_is_damaged() {
    let (from, into) = folders();
    let path = from.path().join("disco.img");
    let block = BLOCK_BYTES as usize;
    fs::write(&path, bytes(3, 5 * block + 1)).unwrap();
    let giver = Disk::into(from.path());
    let content = giver.hash(&path).unwrap().content;
    let offer = Offer::new(&content).unwrap();
    let killed = Disk::into(into.path());
    assert_eq!(killed.begin(&content).unwrap(), []);
    for block in [0, 1, 3, 5] {
        let bytes = giver.read(&offer, block).unwrap();
        killed.write(&offer, block, bytes).unwrap();
    }
    let other = Disk::into(into.path());
    let is_used = matches!(other.begin(&content), Err(DiskFault::System(_)));
    assert!(is_used, "two programs do not write one part");
    killed.files.close(WAIT);
    let part = into.path().join(&names(&into)[0]);
    assert!(part.to_str().unwrap().ends_with(".part"));
    let mut file = File::options().write(true).open(&part).unwrap();
    file.write_all(b"damage").unwrap();
    assert_eq!(other.begin(&content).unwrap(), [1..2, 3..4, 5..6]);
    for block in [0, 2, 4] {
        other
            .write(&offer, block, giver.read(&offer, block).unwrap())
            .unwrap();
    }
    let saved = other.finish(&offer).unwrap();
    assert_eq!(fs::read(saved).unwrap(), bytes(3, 5 * block + 1));
    assert_eq!(names(&into), ["disco.img"]);
}

#[test]
fn a_whole_that_was_written_wrong_gets_no_name() {
    let (from, into) = folders();
    let path = from.path().join("a.bin");
    fs::write(&path, bytes(4, 100_000)).unwrap();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    let content = giver.hash(&path).unwrap().content;
    let offer = Offer::new(&content).unwrap();
    taker.begin(&content).unwrap();
    assert_eq!(taker.finish(&offer), Err(DiskFault::NotWhole), "a hole");
    taker.begin(&content).unwrap();
    let lie = BlockBytes(bytes(5, 100_000).into());
    taker.write(&offer, 0, lie).unwrap();
    assert_eq!(taker.finish(&offer), Err(DiskFault::NotWhole));
    assert_eq!(names(&into), Vec::<String>::new());
    let short = BlockBytes(bytes(4, 99_999).into());
    taker.begin(&content).unwrap();
    assert!(taker.write(&offer, 0, short).is_err());
}

#[test]
fn names_and_trees_of_strangers_stay_in_the_folder() {
    let (from, into) = folders();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    let path = from.path().join("x");
    fs::write(&path, "x").unwrap();
    let content = giver.hash(&path).unwrap().content;
    let long = "a".repeat(300);
    for (name, saved_as) in [
        ("../../etc/passwd", "passwd"),
        ("con.txt", "_con.txt"),
        (".bashrc", "_bashrc"),
        ("trailing. . .", "trailing"),
        (&*long, &long[..200]),
    ] {
        let content = Content {
            name: name.to_owned(),
            ..content.clone()
        };
        let saved = taker.take(&giver, &content).unwrap();
        assert_eq!(saved.parent().unwrap(), into.path(), "{name}");
        assert!(
            saved_as.starts_with(saved.file_name().unwrap().to_str().unwrap()),
            "{name}"
        );
    }
    let entry = |path: &str, size_bytes| Entry {
        path: path.to_owned(),
        is_folder: size_bytes == 0,
        permissions: 0o777,
        modified_ms: i64::MAX,
        size_bytes,
    };
    let entries = [
        entry("CON", 0),
        entry("CON/a", 1),
        entry("CON/A", 1),
        entry("b:c", 1),
        entry("b?c", 1),
        entry("d ", 0),
        entry("d", 1),
    ];
    let mut hasher = crate::chat::transfer::offer::ContentHasher::default();
    hasher.block(b"12345");
    let tree = tree::encode(&entries).unwrap();
    let content = hasher.finish("..".into(), OfferKind::Folder, &tree);
    let offer = Offer::new(&content).unwrap();
    taker.begin(&content).unwrap();
    taker
        .write(&offer, 0, BlockBytes(b"12345"[..].into()))
        .unwrap();
    let saved = taker.finish(&offer).unwrap();
    for (path, content) in [
        ("_CON/a", "1"),
        ("_CON/A (1)", "2"),
        ("b_c", "3"),
        ("b_c (1)", "4"),
        ("d (1)", "5"),
    ] {
        assert_eq!(
            fs::read_to_string(saved.join(path)).unwrap(),
            content,
            "{path}"
        );
    }
}

#[test]
fn a_link_that_waits_in_the_place_of_a_part_is_not_followed() {
    let (from, into) = folders();
    let path = from.path().join("x");
    fs::write(&path, "x").unwrap();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    let content = giver.hash(&path).unwrap().content;
    let id = Offer::new(&content).unwrap().id.to_string();
    let victim = from.path().join("victim");
    symlink(&victim, into.path().join(format!("x.{}.part", &id[..8]))).unwrap();
    assert!(taker.begin(&content).is_err());
    assert!(!victim.exists());
}

#[test]
fn a_file_that_changes_is_given_no_more() {
    let (from, into) = folders();
    let giver = Disk::into(into.path());
    let path = from.path().join("a");
    for change in ["longer", "newer", "gone", "pipe"] {
        fs::write(&path, bytes(6, 1000)).unwrap();
        let offer = Offer::new(&giver.hash(&path).unwrap().content).unwrap();
        assert!(giver.read(&offer, 0).is_ok());
        match change {
            "longer" => fs::write(&path, bytes(6, 1001)).unwrap(),
            "newer" => {
                let file = File::options().write(true).open(&path).unwrap();
                file.set_modified(time_of(1).unwrap()).unwrap();
            }
            _ => fs::remove_file(&path).unwrap(),
        }
        if change == "pipe" {
            nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        }
        let read = giver.read(&offer, 0);
        // What is open already is still what it was, though its name is gone.
        let is_told = read == Err(DiskFault::Changed);
        assert!(
            is_told || matches!(change, "gone" | "pipe"),
            "{change}: {read:?}"
        );
        let _ = fs::remove_file(&path);
    }
    assert!(matches!(giver.hash(&path), Err(Unfit::System(_))));
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(matches!(giver.hash(&path), Err(Unfit::Special)));
    assert!(matches!(
        giver.hash(Path::new("/dev/zero")),
        Err(Unfit::Special)
    ));
}

#[test]
fn nothing_at_all_is_a_file_and_a_folder_too() {
    let (from, into) = folders();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    fs::write(from.path().join("vazio.txt"), "").unwrap();
    fs::create_dir(from.path().join("vazia")).unwrap();
    for name in ["vazio.txt", "vazia"] {
        let content = giver.hash(&from.path().join(name)).unwrap().content;
        taker.take(&giver, &content).unwrap();
    }
    assert_eq!(names(&into), ["vazia", "vazio.txt"]);
    assert_eq!(
        fs::metadata(into.path().join("vazio.txt")).unwrap().len(),
        0
    );
}

#[test]
fn holes_cross_as_holes() {
    let (from, into) = folders();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    let path = from.path().join("disco.img");
    let file = File::create(&path).unwrap();
    let length = 256 << 20;
    file.set_len(length).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"data", 100 << 20).unwrap();
    let content = giver.hash(&path).unwrap().content;
    let have = taker.begin(&content).unwrap();
    let blocks = Offer::new(&content).unwrap().blocks();
    let lacking = (100 << 20) / BLOCK_BYTES;
    assert_eq!(have, [0..lacking, lacking + 1..blocks]);
    let offer = Offer::new(&content).unwrap();
    taker
        .write(&offer, lacking, giver.read(&offer, lacking).unwrap())
        .unwrap();
    let saved = taker.finish(&offer).unwrap();
    let metadata = fs::metadata(saved).unwrap();
    assert_eq!(metadata.len(), length);
    assert!(
        metadata.blocks() * 512 < 4 << 20,
        "{} sectors",
        metadata.blocks()
    );
}

#[test]
fn many_small_files_share_blocks() {
    let (from, into) = folders();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    let folder = from.path().join("muitos");
    for part in 0..10 {
        let part = folder.join(part.to_string());
        fs::create_dir_all(&part).unwrap();
        for file in 0..100_u32 {
            fs::write(part.join(file.to_string()), file.to_be_bytes()).unwrap();
        }
    }
    let content = giver.hash(&folder).unwrap().content;
    assert_eq!(Offer::new(&content).unwrap().blocks(), 1);
    let saved = taker.take(&giver, &content).unwrap();
    let again = giver.hash(&saved).unwrap().content;
    assert_eq!((again.root, again.index), (content.root, content.index));
}

#[test]
fn what_is_poured_comes_in_order_before_it_is_whole() {
    let (from, into) = folders();
    let path = from.path().join("notas.txt");
    let block = BLOCK_BYTES as usize;
    let content = [bytes(1, block), vec![0; block], bytes(2, block + 5)].concat();
    fs::write(&path, &content).unwrap();
    let giver = Disk::into(from.path());
    let (pourer, outlet) = pouring();
    let taker = Disk::with(Config {
        folder: Some(into.path().to_owned()),
        memory: Memory::None,
        pourer: Some(pourer),
        ..Config::default()
    });
    let (mut reader, mut writer) = io::pipe().unwrap();
    let pouring = std::thread::spawn(move || outlet.pour(&mut writer));
    let hashed = giver.hash(&path).unwrap();
    let (offer, told) = (Arc::clone(&hashed.offer), hashed.content);
    taker.begin(&told).unwrap();
    let give = |block| taker.write(&offer, block, giver.read(&offer, block).unwrap());
    let mut come = vec![0; 3 * block];
    give(2).unwrap();
    give(0).unwrap();
    // The second block is a hole, which is there from the start; the last one is lacking.
    reader.read_exact(&mut come).unwrap();
    assert!(come == content[..3 * block]);
    give(3).unwrap();
    taker.finish(&offer).unwrap();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    assert!(rest == content[3 * block..]);
    assert!(pouring.join().unwrap().is_ok());
}
