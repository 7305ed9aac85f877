//! What a page is told besides, because it has no rules of its own: where a message stands in the
//! common order, and a code to compare in words and as a picture.

use qrcode::{Color, QrCode};

use super::object::Object;
use super::{Json, place};
use crate::chat::event::{Id, News, Person};
use crate::protocol::fingerprint::code_words;
use crate::protocol::wire::frame::Key;
use crate::text::Lang;

/// What the lines of a page say besides.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Whose page it is, once that is known.
    me: Option<Key>,
}

impl Json {
    /// A face for a page, which shows a person the words of errors in their language, and sorts
    /// messages by their [`place`].
    #[must_use]
    pub fn for_page(room: String, lang: Lang) -> Self {
        Self {
            lang,
            extras: Some(Extras::default()),
            ..Self::new(Some(room))
        }
    }
}

impl Extras {
    /// Adds to an object what only a page is told.
    pub(super) fn add(&mut self, news: &News, object: &mut Object<'_>) {
        match news {
            News::Ready(ready) => self.me = ready.me.key,
            News::Message(message) => object.place = place_of(message.id),
            News::Found(found) => object.place = place_of(found.message.id),
            News::Code { person, code } => {
                object.words = self.words(person);
                object.qr = Some(picture(code));
            }
            _ => {}
        }
    }

    /// The code to compare with somebody, in words.
    fn words(&self, person: &Person) -> Option<String> {
        Some(code_words(&self.me?, &person.key?))
    }
}

/// Where a message stands that all members number alike.
fn place_of(id: Id) -> Option<String> {
    match id {
        Id::Group(id) => Some(place::of(&id)),
        Id::Local(_) => None,
    }
}

/// A text as rows of a QR code, `1` for each dark square; none if it is too long for one.
fn picture(text: &str) -> Vec<String> {
    let Ok(code) = QrCode::new(text) else {
        return Vec::new();
    };
    let dot = |color: &Color| match color {
        Color::Dark => '1',
        Color::Light => '0',
    };
    let colors = code.to_colors();
    let rows = colors.chunks(code.width().max(1));
    rows.map(|row| row.iter().map(dot).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_square_with_its_three_corners() {
        let rows = picture("12345 67890 12345 67890 12345 67890");
        assert!(rows.len() >= 21);
        assert!(rows.iter().all(|row| row.len() == rows.len()));
        let corner = "1111111";
        assert!(rows[0].starts_with(corner) && rows[0].ends_with(corner));
        assert!(rows[rows.len() - 1].starts_with(corner));
        assert_eq!(picture(&"x".repeat(10_000)), Vec::<String>::new());
    }
}
