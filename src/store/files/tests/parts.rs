//! What is being taken: its part gives what it has, and its tree may be refused.

use super::*;

#[test]
fn what_is_being_taken_gives_the_blocks_that_it_has_and_goes_on() {
    let (from, into) = folders();
    let path = from.path().join("filme.mkv");
    let block = BLOCK_BYTES as usize;
    fs::write(&path, bytes(8, 2 * block + 1)).unwrap();
    let (giver, taker) = (Disk::into(from.path()), Disk::into(into.path()));
    let content = giver.hash(&path).unwrap().content;
    let offer = Offer::new(&content).unwrap();
    taker.begin(&content).unwrap();
    assert_eq!(taker.read(&offer, 2), Err(DiskFault::Changed));
    for number in 0..3 {
        let bytes = giver.read(&offer, number).unwrap();
        taker.write(&offer, number, bytes.clone()).unwrap();
        assert_eq!(taker.read(&offer, number), Ok(bytes));
    }
    let saved = taker.finish(&offer).unwrap();
    assert_eq!(fs::read(saved).unwrap(), bytes(8, 2 * block + 1));
}

#[test]
fn a_tree_of_too_many_names_that_are_one_is_refused() {
    let into = tempfile::tempdir().unwrap();
    let taker = Disk::into(into.path());
    // Sixteen letters, each small or not.
    let entry = |number: u32| {
        let letter = |bit: u32| match (number >> bit) & 1_u32 {
            0 => 'a',
            _ => 'A',
        };
        Entry {
            path: (0..16).map(letter).collect(),
            is_folder: false,
            permissions: 0o644,
            modified_ms: 0,
            size_bytes: 0,
        }
    };
    let entries: Vec<Entry> = (0..1 << 14).map(entry).collect();
    let tree = tree::encode(&entries).unwrap();
    let hasher = crate::chat::transfer::offer::ContentHasher::default();
    let content = hasher.finish("a".into(), OfferKind::Folder, &tree);
    assert_eq!(taker.begin(&content), Err(DiskFault::BadTree));
    assert_eq!(names(&into), Vec::<String>::new());
}
