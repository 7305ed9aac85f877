//! The record by which somebody offers a content: at most 336 bytes.
//!
//! ```text
//! kind 1 | content length 8 | index length 4 | content's BLAKE3 32 | index's BLAKE3 32 |
//! name length 1 | name
//! ```
//!
//! `chat/transfer/offer.rs` says what an index is. Bytes behind the name are ignored, so that a
//! later version may say more.

use super::bytes::{Reader, Writer};

/// Longest name of an offer, in bytes: longer ones are cut by who offers, and refused here.
pub const OFFER_NAME_MAX_BYTES: usize = 255;

/// A BLAKE3 hash.
pub type Hash = [u8; 32];

/// What is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum OfferKind {
    /// A file.
    #[default]
    File = 0,
    /// A folder, with the tree of what is in it.
    Folder = 1,
    /// A file that is probably a picture.
    Picture = 2,
    /// A file that is probably a text.
    Text = 3,
}

impl OfferKind {
    /// A kind of a later version is a file.
    fn from_byte(byte: u8) -> Self {
        let kinds = [Self::Folder, Self::Picture, Self::Text];
        let kind = kinds.into_iter().find(|kind| *kind as u8 == byte);
        kind.unwrap_or_default()
    }
}

/// An offer on the wire, with a name of this type. Nothing of it is checked but that it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferRecord<N> {
    /// What it is.
    pub kind: OfferKind,
    /// The name that its author gives it, uncleaned.
    pub name: N,
    /// Length of the content, in bytes.
    pub size_bytes: u64,
    /// BLAKE3 of the content.
    pub root: Hash,
    /// BLAKE3 of the index.
    pub index: Hash,
    /// Length of the index, in bytes.
    pub index_bytes: u32,
}

impl<'d> OfferRecord<&'d str> {
    /// Length of the record without the name, in bytes.
    const FIXED_BYTES: usize = 1 + 8 + 4 + 32 + 32 + 1;

    /// The same with a name of its own.
    #[must_use]
    pub fn owned(self) -> OfferRecord<String> {
        self.with_name(self.name.to_owned())
    }

    pub(super) fn length(&self) -> usize {
        Self::FIXED_BYTES + self.name.len()
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.kind as u8);
        writer.u64(self.size_bytes);
        writer.u32(self.index_bytes);
        writer.bytes(&self.root);
        writer.bytes(&self.index);
        writer.text_8(self.name);
    }

    pub(super) fn read(reader: &mut Reader<'d>) -> Option<Self> {
        let kind = OfferKind::from_byte(reader.u8()?);
        let (size_bytes, index_bytes) = (reader.u64()?, reader.u32()?);
        let root = *reader.take(32)?.first_chunk()?;
        let index = *reader.take(32)?.first_chunk()?;
        let name = reader.text_8(OFFER_NAME_MAX_BYTES)?;
        Some(Self {
            kind,
            name,
            size_bytes,
            root,
            index,
            index_bytes,
        })
    }
}

impl OfferRecord<String> {
    /// The same with a borrowed name.
    #[must_use]
    pub fn borrowed(&self) -> OfferRecord<&str> {
        self.with_name(&self.name)
    }
}

impl<N> OfferRecord<N> {
    fn with_name<M>(&self, name: M) -> OfferRecord<M> {
        OfferRecord {
            kind: self.kind,
            name,
            size_bytes: self.size_bytes,
            root: self.root,
            index: self.index,
            index_bytes: self.index_bytes,
        }
    }
}
