//! The record by which somebody offers a content: at most 431 bytes.
//!
//! ```text
//! kind 1 | content length 8 | index length 4 | content's BLAKE3 32 | index's BLAKE3 32 |
//! name length 1 | name | of a single file, if known: permissions 2 | modified 8 |
//! of a picture, if it could be decoded: length 1 | preview
//! ```
//!
//! The permissions are nine bits, and the time is in milliseconds since 1970, signed; a folder's
//! tree has those of its files. Where only the preview is known, those of a file that comes without
//! any stand before it: a version that knows no previews reads them. `wire/preview.rs` says what a
//! preview is.
//!
//! `chat/transfer/offer.rs` says what an index is. Bytes behind these are ignored, so that a
//! later version may say more.

use super::bytes::{Reader, Writer};
use crate::protocol::wire::preview::Preview;

/// Longest name of an offer, in bytes: longer ones are cut by who offers, and refused here.
pub const OFFER_NAME_MAX_BYTES: usize = 255;

/// What a private message begins with that is an offer.
pub(crate) const PRIVATE_MARK: u8 = 0;

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
    /// What a picture shows, small.
    pub preview: Option<Preview>,
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

    /// Those of a file that comes without any: they change nothing on the disk that takes it.
    pub const UNKNOWN: Self = Self {
        permissions: 0o644,
        modified_ms: i64::MIN,
    };

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

    /// The record with the key of what it offers, as a private message says it: a text that nobody
    /// types, because it begins with a zero, and whose characters are bytes. A preview with which
    /// it would be too long stays behind.
    #[must_use]
    pub fn to_private(&self, key: &[u8; 32], max_bytes: usize) -> String {
        let record = self.to_bytes();
        let bytes = [PRIVATE_MARK].iter().chain(key).chain(&record);
        let text: String = bytes.map(|byte| char::from(*byte)).collect();
        match self.preview {
            Some(_) if text.len() > max_bytes => self.without_preview().to_private(key, max_bytes),
            _ => text,
        }
    }

    pub(super) fn length(&self) -> usize {
        let attributes = self.written_attributes().map_or(0, |_| Attributes::BYTES);
        let preview = self.preview.map_or(0, |preview| 1 + preview.bytes().len());
        Self::FIXED_BYTES + self.name.len() + attributes + preview
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.kind as u8);
        writer.u64(self.size_bytes);
        writer.u32(self.index_bytes);
        writer.bytes(&self.root);
        writer.bytes(&self.index);
        writer.text_8(self.name);
        if let Some(attributes) = self.written_attributes() {
            attributes.write(writer);
        }
        if let Some(preview) = &self.preview {
            writer.u8(preview.bytes().len() as u8); // at most what a preview has
            writer.bytes(preview.bytes());
        }
    }

    /// The attributes that stand in the record: a preview follows some always.
    fn written_attributes(&self) -> Option<Attributes> {
        self.attributes
            .or_else(|| self.preview.map(|_| Attributes::UNKNOWN))
    }

    pub(super) fn read(reader: &mut Reader<'d>) -> Option<Self> {
        let kind = OfferKind::from_byte(reader.u8()?);
        let (size_bytes, index_bytes) = (reader.u64()?, reader.u32()?);
        let root = *reader.take(32)?.first_chunk()?;
        let index = *reader.take(32)?.first_chunk()?;
        let name = reader.text_8(OFFER_NAME_MAX_BYTES)?;
        let attributes = Attributes::read(reader);
        let preview = attributes.and_then(|_| {
            let length = reader.u8()?;
            Preview::of_bytes(reader.take(length.into())?)
        });
        let is_known = |it: &Attributes| preview.is_none() || *it != Attributes::UNKNOWN;
        Some(Self {
            kind,
            name,
            size_bytes,
            root,
            index,
            index_bytes,
            attributes: attributes.filter(is_known),
            preview,
        })
    }
}

impl OfferRecord<String> {
    /// What a private message offers, and its key; `None` if it is a text.
    #[must_use]
    pub fn of_private(text: &str) -> Option<(Self, [u8; 32])> {
        let said = text.strip_prefix(char::from(PRIVATE_MARK))?;
        let bytes: Result<Vec<u8>, _> = said.chars().map(u8::try_from).collect();
        let bytes = bytes.ok()?;
        let (key, record) = bytes.split_first_chunk()?;
        Some((OfferRecord::of_bytes(record)?.owned(), *key))
    }

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
            preview: self.preview,
        }
    }

    /// The same without its preview, where there is no room for one.
    #[must_use]
    pub fn without_preview(self) -> Self {
        Self {
            preview: None,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::private::PRIVATE_MAX_BYTES;
    use crate::protocol::wire::preview::{PREVIEW_MAX_BYTES, Pixels};

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

    #[test]
    fn a_preview_comes_back_and_older_versions_read_what_stands_before_it() {
        let pixels = Pixels {
            width: 20,
            pixels: vec![[9, 200, 9]; 400],
        };
        let preview = Preview::of_pixels(&pixels);
        let record = OfferRecord {
            kind: OfferKind::Picture,
            name: "mapa.png",
            preview,
            ..OfferRecord::default()
        };
        let bytes = record.to_bytes();
        assert!(preview.is_some());
        assert_eq!(bytes.len(), record.length());
        assert_eq!(OfferRecord::of_bytes(&bytes), Some(record));
        let before = &bytes[..bytes.len() - PREVIEW_MAX_BYTES - 1];
        let older = OfferRecord::of_bytes(before).unwrap();
        assert_eq!(older.attributes, Some(Attributes::UNKNOWN));
        for cut in before.len()..bytes.len() {
            let read = OfferRecord::of_bytes(&bytes[..cut]).unwrap();
            assert_eq!((read.name, read.preview), ("mapa.png", None));
        }
        let known = OfferRecord {
            attributes: Some(Attributes {
                permissions: 0o600,
                modified_ms: 7,
            }),
            ..record
        };
        let mut bytes = known.to_bytes();
        bytes.extend([1, 2, 3]);
        assert_eq!(OfferRecord::of_bytes(&bytes), Some(known));
        // A later version's may be longer.
        let at = before.len();
        bytes[at] = 200;
        let read = OfferRecord::of_bytes(&bytes).unwrap();
        assert_eq!(read, known.without_preview());
    }

    #[test]
    fn an_offer_to_one_is_a_private_message_and_a_text_is_none() {
        let name = "ã".repeat(OFFER_NAME_MAX_BYTES / 2);
        let record = OfferRecord {
            name: name.as_str(),
            root: [0xff; 32],
            index: [0xff; 32],
            size_bytes: u64::MAX,
            index_bytes: u32::MAX,
            ..OfferRecord::default()
        };
        let said = record.to_private(&[0xff; 32], PRIVATE_MAX_BYTES);
        assert!(said.len() <= PRIVATE_MAX_BYTES, "{} bytes", said.len());
        let read = OfferRecord::of_private(&said);
        assert_eq!(read, Some((record.owned(), [0xff; 32])));
        let pixels = Pixels {
            width: 20,
            pixels: vec![[255; 3]; 400],
        };
        let picture = OfferRecord {
            kind: OfferKind::Picture,
            preview: Preview::of_pixels(&pixels),
            ..record
        };
        let long = picture.to_private(&[0xff; 32], PRIVATE_MAX_BYTES);
        assert!(long.len() <= PRIVATE_MAX_BYTES, "{} bytes", long.len());
        let (read, _) = OfferRecord::of_private(&long).unwrap();
        assert_eq!(read, picture.without_preview().owned());
        let name = "mapa.png";
        let usual = OfferRecord { name, ..picture };
        let usual_said = usual.to_private(&[0xff; 32], PRIVATE_MAX_BYTES);
        let (read, _) = OfferRecord::of_private(&usual_said).unwrap();
        assert_eq!(read, usual.owned());
        for text in ["", "oi", "\0", "\0oi", &said[1..], &said[..said.len() - 2]] {
            assert_eq!(OfferRecord::of_private(text), None, "{text:?}");
        }
    }
}
