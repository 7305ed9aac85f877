//! What somebody offers: a file, a folder, a picture or a text, by the hashes of what is in it.
//!
//! ```text
//! content   the file's bytes; of a folder, the bytes of its files one behind the other
//! block     BLOCK_BYTES of the content; the last one is shorter
//! index     the BLAKE3 hash of each block, then of a folder its tree (`tree.rs`)
//! ```
//!
//! A content of one block that is no folder has an empty index: its hash is the block's. The offer
//! holds the hashes of content and index, so that who has the offer can check all that follows,
//! from whomever it comes. Equal contents are one offer, whoever offers them, and whatever their
//! names, times and permissions are.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::safe_name::shown_name;
use crate::protocol::wire::frame::offer::OfferRecord;
use crate::protocol::wire::preview::Preview;

pub use crate::protocol::wire::frame::offer::{Attributes, Hash, OFFER_NAME_MAX_BYTES, OfferKind};

/// Length of a block, in bytes: 256 of the longest symbols. A longer block needs fewer hashes and
/// fewer reports, a shorter one less memory while it is incomplete.
pub const BLOCK_BYTES: u32 = 256 * 1344;

/// Longest content, in bytes: its index still fits [`INDEX_MAX_BYTES`].
pub const SIZE_MAX_BYTES: u64 = 64 << 30;

/// Longest index, in bytes: both sides hold it in memory.
pub const INDEX_MAX_BYTES: u32 = 12 << 20;

/// Length of a block's hash in the index, in bytes.
pub const HASH_BYTES: usize = 32;

/// Names an offer by its content, the same for everybody.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfferId(pub [u8; 16]);

impl fmt::Display for OfferId {
    /// Hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfferId({self})")
    }
}

/// The key that an offer to one person is sealed under.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OfferKey(pub [u8; 32]);

/// Shows the type's name only, because a log must not leak the key.
impl fmt::Debug for OfferKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfferKey")
    }
}

/// An offer, checked: its sizes fit each other and are within the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name among offers.
    pub id: OfferId,
    /// The name that its author gives it: one component, cleaned. It is for people; what a file is
    /// called on a disk is the disk's business.
    pub name: Arc<str>,
    /// What it is.
    pub kind: OfferKind,
    /// Length of the content, in bytes.
    pub size_bytes: u64,
    /// BLAKE3 of the content.
    pub root: Hash,
    /// BLAKE3 of the index.
    pub index: Hash,
    /// Length of the index, in bytes.
    pub index_bytes: u32,
    /// What a single file is besides its content, if that is known.
    pub attributes: Option<Attributes>,
    /// What a picture shows, small; its author says so, and nothing proves it.
    pub preview: Option<Preview>,
    /// The key, of an offer to one person.
    pub key: Option<OfferKey>,
}

impl Offer {
    /// Makes the offer of a content; `None` if it is too long, or index and size do not fit each
    /// other.
    #[must_use]
    pub fn new(content: &Content) -> Option<Self> {
        Self::of_record(&OfferRecord {
            kind: content.kind,
            name: shown_name(&content.name).as_str(),
            size_bytes: content.size_bytes,
            root: content.root,
            index: *blake3::hash(&content.index).as_bytes(),
            index_bytes: u32::try_from(content.index.len()).ok()?,
            attributes: content.attributes,
            preview: content.preview,
        })
    }

    /// The offer that a record makes; `None` if it cannot be.
    #[must_use]
    pub fn of_record(record: &OfferRecord<&str>) -> Option<Self> {
        let mut hasher = blake3::Hasher::new_derive_key("roda 2026 offer id");
        hasher
            .update(&[record.kind as u8])
            .update(&record.size_bytes.to_be_bytes())
            .update(&record.index_bytes.to_be_bytes())
            .update(&record.root)
            .update(&record.index);
        let id = hasher.finalize().as_bytes().first_chunk().copied()?;
        let offer = Self {
            id: OfferId(id),
            name: shown_name(record.name).into(),
            kind: record.kind,
            size_bytes: record.size_bytes,
            root: record.root,
            index: record.index,
            index_bytes: record.index_bytes,
            attributes: record.attributes,
            preview: record.preview.filter(|_| record.kind == OfferKind::Picture),
            key: None,
        };
        offer.is_sound().then_some(offer)
    }

    /// The same to one person alone, under a key that nobody else knows: not even its id tells what
    /// it is.
    #[must_use]
    pub fn to_one(self, key: OfferKey) -> Self {
        let hash = blake3::derive_key("roda 2026 id of an offer to one", &key.0);
        let id = hash.first_chunk().copied().unwrap_or_default();
        Self {
            id: OfferId(id),
            key: Some(key),
            ..self
        }
    }

    /// Whether it is for one person alone.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.key.is_some()
    }

    fn is_sound(&self) -> bool {
        let hashes_bytes = u64::from(self.blocks()) * HASH_BYTES as u64;
        let index_bytes = u64::from(self.index_bytes);
        let fits = match self.kind {
            OfferKind::Folder => index_bytes >= hashes_bytes,
            _ if self.blocks() <= 1 => index_bytes == 0,
            _ => index_bytes == hashes_bytes,
        };
        fits && self.size_bytes <= SIZE_MAX_BYTES && self.index_bytes <= INDEX_MAX_BYTES
    }

    /// The record that tells others.
    #[must_use]
    pub fn record(&self) -> OfferRecord<&str> {
        OfferRecord {
            kind: self.kind,
            name: &self.name,
            size_bytes: self.size_bytes,
            root: self.root,
            index: self.index,
            index_bytes: self.index_bytes,
            attributes: self.attributes,
            preview: self.preview,
        }
    }

    /// How many blocks the content has.
    #[must_use]
    pub fn blocks(&self) -> u32 {
        let blocks = self.size_bytes.div_ceil(u64::from(BLOCK_BYTES));
        u32::try_from(blocks).unwrap_or(u32::MAX)
    }

    /// How many blocks the index has, which is sent like a content.
    #[must_use]
    pub fn index_blocks(&self) -> u32 {
        self.index_bytes.div_ceil(BLOCK_BYTES)
    }

    /// The bytes of the content that are in a block; empty for a block that is not there.
    #[must_use]
    pub fn block_range(&self, block: u32) -> Range<u64> {
        range_of(block, self.size_bytes)
    }

    /// The bytes of the index that are in one of its blocks.
    #[must_use]
    pub fn index_range(&self, block: u32) -> Range<u64> {
        range_of(block, u64::from(self.index_bytes))
    }

    /// Whether these bytes are the offer's index.
    #[must_use]
    pub fn is_index(&self, index: &[u8]) -> bool {
        index.len() as u64 == u64::from(self.index_bytes)
            && *blake3::hash(index).as_bytes() == self.index
    }

    /// The hash that a block must have, by the offer's index.
    #[must_use]
    pub fn block_hash(&self, block: u32, index: &[u8]) -> Option<Hash> {
        if block >= self.blocks() {
            return None;
        }
        if self.index_bytes == 0 {
            return Some(self.root);
        }
        let hash = index.chunks_exact(HASH_BYTES).nth(block as usize)?;
        hash.first_chunk().copied()
    }

    /// The tree of a folder, which stands in its index behind the hashes.
    #[must_use]
    pub fn tree_bytes<'i>(&self, index: &'i [u8]) -> Option<&'i [u8]> {
        (self.kind == OfferKind::Folder).then_some(())?;
        index.get(self.blocks() as usize * HASH_BYTES..)
    }
}

fn range_of(block: u32, size_bytes: u64) -> Range<u64> {
    let start = (u64::from(block) * u64::from(BLOCK_BYTES)).min(size_bytes);
    let end = (start + u64::from(BLOCK_BYTES)).min(size_bytes);
    start..end
}

/// A content that a disk has read whole, to be offered.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// What it is called: the last component of its path.
    pub name: String,
    /// What it is.
    pub kind: OfferKind,
    /// Its length, in bytes.
    pub size_bytes: u64,
    /// Its BLAKE3 hash.
    pub root: Hash,
    /// Its index; see the file's head.
    pub index: Arc<[u8]>,
    /// What a single file is besides, if that is to be kept.
    pub attributes: Option<Attributes>,
    /// What a picture shows, small, if it could be decoded.
    pub preview: Option<Preview>,
}

/// Shows the index by its length.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, size, index) = (&self.name, self.size_bytes, self.index.len());
        write!(f, "Content({name:?}, {size} bytes, {index} of index)")
    }
}

/// Hashes a content as it is read, block by block.
#[derive(Clone, Debug, Default)]
pub struct ContentHasher {
    whole: blake3::Hasher,
    hashes: Vec<u8>,
    size_bytes: u64,
}

impl ContentHasher {
    /// Takes the next block: [`BLOCK_BYTES`] bytes, except for the last.
    pub fn block(&mut self, bytes: &[u8]) {
        self.whole.update(bytes);
        self.hashes.extend(blake3::hash(bytes).as_bytes());
        self.size_bytes += bytes.len() as u64;
    }

    /// The content; `tree` is a folder's tree.
    #[must_use]
    pub fn finish(self, name: String, kind: OfferKind, tree: &[u8]) -> Content {
        let mut index = self.hashes;
        if kind == OfferKind::Folder {
            index.extend_from_slice(tree);
        } else if index.len() <= HASH_BYTES {
            index.clear();
        }
        Content {
            name,
            kind,
            size_bytes: self.size_bytes,
            root: *self.whole.finalize().as_bytes(),
            index: index.into(),
            attributes: None,
            preview: None,
        }
    }
}
