//! The tree of a folder: which folders and files are in it, in the order in which the files' bytes
//! stand in the content.
//!
//! ```text
//! for each: what and permissions 2 | modified 8 | length 8 | path length 2 | path
//!
//! what and permissions   0x8000 for a folder, and the nine bits rwxrwxrwx
//! modified               milliseconds since 1970, signed
//! length                 in bytes; 0 for a folder
//! path                   UTF-8, components between `/`; none is `.`, `..` or empty, none holds `\`
//!                        or NUL
//! ```
//!
//! A folder stands before what is in it, and no path stands twice. Links and devices are in no
//! tree. A path here names a place in a tree, and none on a disk: the disk builds its own, and has
//! more rules for its names.

use std::collections::BTreeSet;

/// Most entries of a tree: 10⁵ files with their folders, and room.
pub const ENTRIES_MAX: usize = 1 << 18;

/// Longest path in a tree, in bytes.
pub const PATH_MAX_BYTES: usize = 1024;

/// Most components of a path.
pub const DEPTH_MAX: usize = 64;

/// The bit that makes an entry a folder.
const FOLDER: u16 = 0x8000;

/// The permissions that are kept; the bits that would give others' rights are not.
const PERMISSIONS: u16 = 0o777;

/// One folder or file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is, below the folder that is offered.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Who may read, write and execute it: nine bits.
    pub permissions: u16,
    /// When it was changed, in milliseconds since 1970.
    pub modified_ms: i64,
    /// Its length, in bytes; 0 for a folder.
    pub size_bytes: u64,
}

/// Why entries are no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeFault {
    /// The bytes end within an entry.
    Cut,
    /// There are more than [`ENTRIES_MAX`].
    TooMany,
    /// A path is none, or stands twice, or not below a folder that stands before it.
    BadPath,
    /// The lengths of the files do not make the length of the content.
    BadLength,
}

/// Encodes a tree, whose entries [`decode`] takes.
///
/// # Errors
/// What [`decode`] would say.
pub fn encode(entries: &[Entry]) -> Result<Vec<u8>, TreeFault> {
    check(entries)?;
    let mut bytes = Vec::new();
    for entry in entries {
        let what = if entry.is_folder { FOLDER } else { 0 };
        let length = u16::try_from(entry.path.len()).map_err(|_| TreeFault::BadPath)?;
        bytes.extend((what | entry.permissions & PERMISSIONS).to_be_bytes());
        bytes.extend(entry.modified_ms.to_be_bytes());
        bytes.extend(entry.size_bytes.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend_from_slice(entry.path.as_bytes());
    }
    Ok(bytes)
}

/// Decodes a tree whose files have this length together.
///
/// # Errors
/// [`TreeFault`].
pub fn decode(mut bytes: &[u8], size_bytes: u64) -> Result<Vec<Entry>, TreeFault> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        if entries.len() == ENTRIES_MAX {
            return Err(TreeFault::TooMany);
        }
        entries.push(read_entry(&mut bytes)?);
    }
    check(&entries)?;
    let lengths = entries.iter().map(|entry| entry.size_bytes);
    let sum = lengths
        .into_iter()
        .try_fold(0_u64, |sum, length| sum.checked_add(length));
    (sum == Some(size_bytes))
        .then_some(entries)
        .ok_or(TreeFault::BadLength)
}

fn read_entry(bytes: &mut &[u8]) -> Result<Entry, TreeFault> {
    let what = u16::from_be_bytes(take(bytes)?);
    let modified_ms = i64::from_be_bytes(take(bytes)?);
    let size_bytes = u64::from_be_bytes(take(bytes)?);
    let length = u16::from_be_bytes(take(bytes)?);
    let (path, rest) = bytes
        .split_at_checked(usize::from(length))
        .ok_or(TreeFault::Cut)?;
    *bytes = rest;
    Ok(Entry {
        path: str::from_utf8(path)
            .map_err(|_| TreeFault::BadPath)?
            .to_owned(),
        is_folder: what & FOLDER != 0,
        permissions: what & PERMISSIONS,
        modified_ms,
        size_bytes,
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], TreeFault> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(TreeFault::Cut)?;
    *bytes = rest;
    Ok(*taken)
}

fn check(entries: &[Entry]) -> Result<(), TreeFault> {
    if entries.len() > ENTRIES_MAX {
        return Err(TreeFault::TooMany);
    }
    let (mut folders, mut files) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries {
        let path = entry.path.as_str();
        let is_below = path
            .rsplit_once('/')
            .is_none_or(|(folder, _)| folders.contains(folder));
        let is_new = !folders.contains(path) && !files.contains(path);
        if !is_path(path) || !is_below || !is_new {
            return Err(TreeFault::BadPath);
        }
        if entry.is_folder && entry.size_bytes != 0 {
            return Err(TreeFault::BadLength);
        }
        let seen = if entry.is_folder {
            &mut folders
        } else {
            &mut files
        };
        seen.insert(path);
    }
    Ok(())
}

fn is_path(path: &str) -> bool {
    let is_component = |part: &str| {
        let is_odd = |sign| matches!(sign, '\\' | '\0');
        !matches!(part, "" | "." | "..") && !part.contains(is_odd)
    };
    path.len() <= PATH_MAX_BYTES
        && path.split('/').count() <= DEPTH_MAX
        && path.split('/').all(is_component)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(path: &str, size_bytes: Option<u64>) -> Entry {
        Entry {
            path: path.to_owned(),
            is_folder: size_bytes.is_none(),
            permissions: 0o755,
            modified_ms: -1,
            size_bytes: size_bytes.unwrap_or(0),
        }
    }

    #[test]
    fn a_tree_comes_back_as_it_was() {
        let entries = [
            entry("a", None),
            entry("a/b", Some(3)),
            entry("a/c", None),
            entry("z", Some(4)),
        ];
        let bytes = encode(&entries).unwrap();
        assert_eq!(decode(&bytes, 7).as_deref(), Ok(&entries[..]));
        assert_eq!(decode(&bytes, 8), Err(TreeFault::BadLength));
        assert!(decode(&bytes[1..], 7).is_err());
        assert_eq!(decode(&[], 0), Ok(Vec::new()), "an empty folder");
    }

    #[test]
    fn permissions_that_give_others_rights_are_not_kept() {
        let entries = [Entry {
            permissions: 0o4755,
            ..entry("a", Some(0))
        }];
        let bytes = encode(&entries).unwrap();
        assert_eq!(decode(&bytes, 0).unwrap()[0].permissions, 0o755);
    }

    #[test]
    fn no_path_leaves_its_tree() {
        let long = format!("{}b", "a/".repeat(DEPTH_MAX));
        for path in [
            "", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a\\b", "a\0", &long, "n/b",
        ] {
            let entries = [entry("a", None), entry(path, Some(0))];
            assert_eq!(encode(&entries), Err(TreeFault::BadPath), "{path:?}");
        }
        let twice = [entry("a", Some(0)), entry("a", None)];
        assert_eq!(encode(&twice), Err(TreeFault::BadPath));
        let below_a_file = [entry("a", Some(0)), entry("a/b", Some(0))];
        assert_eq!(encode(&below_a_file), Err(TreeFault::BadPath));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_tree_that_encodes_to_them_or_none(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), size in 0_u64..4,
        ) {
            if let Ok(entries) = decode(&bytes, size) {
                let again = encode(&entries).unwrap();
                prop_assert_eq!(decode(&again, size), Ok(entries));
            }
        }
    }
}
