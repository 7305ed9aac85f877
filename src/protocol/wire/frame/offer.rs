//! The record by which somebody offers a content: at most 343 bytes.
//!
//! ```text
//! kind 1 | content length 8 | index length 4 | content's BLAKE3 32 | index's BLAKE3 32 |
//! name length 1 | name | of a single file, if known: permissions 2 | modified 8
//! ```
//!
//! The permissions are nine bits, and the time is in milliseconds since 1970, signed; a folder's
//! tree has those of its files.
//!
//! `chat/transfer/offer.rs` says what an index is. Bytes behind these are ignored, so that a
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// What a single file is besides its content, if that is known.
    pub attributes: Option<Attributes>,
}

/// What a file is besides its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Who may read, write and execute it: nine bits.
    pub permissions: u16,
    /// When it was changed, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Attributes {
    /// Length of the attributes in a record, in bytes.
    const BYTES: usize = 2 + 8;

    /// The permissions that are kept; the bits that would give others' rights are not.
    const PERMISSIONS: u16 = 0o777;

    fn write(self, writer: &mut Writer<'_>) {
        writer.u16(self.permissions & Self::PERMISSIONS);
        writer.u64(self.modified_ms.cast_unsigned());
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            permissions: reader.u16()? & Self::PERMISSIONS,
            modified_ms: reader.u64()?.cast_signed(),
        })
    }
}

impl<'d> OfferRecord<&'d str> {
    /// Length of the record without the name, in bytes.
    const FIXED_BYTES: usize = 1 + 8 + 4 + 32 + 32 + 1;

    /// The same with a name of its own.
    #[must_use]
    pub fn owned(self) -> OfferRecord<String> {
        self.with_name(self.name.to_owned())
    }

    /// The record alone, as a store keeps it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length());
        self.write(&mut Writer(&mut bytes));
        bytes
    }

    /// What [`Self::to_bytes`] made.
    #[must_use]
    pub fn of_bytes(bytes: &'d [u8]) -> Option<Self> {
        Self::read(&mut Reader(bytes))
    }

    pub(super) fn length(&self) -> usize {
        let attributes = self.attributes.map_or(0, |_| Attributes::BYTES);
        Self::FIXED_BYTES + self.name.len() + attributes
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.kind as u8);
        writer.u64(self.size_bytes);
        writer.u32(self.index_bytes);
        writer.bytes(&self.root);
        writer.bytes(&self.index);
        writer.text_8(self.name);
        if let Some(attributes) = self.attributes {
            attributes.write(writer);
        }
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
            attributes: Attributes::read(reader),
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
            attributes: self.attributes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_come_back_without_the_bits_that_give_others_rights() {
        let plain = OfferRecord {
            name: "mapa.png",
            size_bytes: 5,
            root: [7; 32],
            ..OfferRecord::default()
        };
        let bytes = plain.to_bytes();
        assert_eq!(OfferRecord::of_bytes(&bytes), Some(plain));
        let attributes = |permissions| Attributes {
            permissions,
            modified_ms: -1,
        };
        let given = OfferRecord {
            attributes: Some(attributes(0o4755)),
            ..plain
        };
        let mut bytes = given.to_bytes();
        assert_eq!(bytes.len(), given.length());
        bytes.push(9);
        let read = OfferRecord::of_bytes(&bytes).unwrap();
        assert_eq!(read.attributes, Some(attributes(0o755)));
        assert_eq!(OfferRecord::of_bytes(&bytes[..plain.length() - 1]), None);
    }
}
