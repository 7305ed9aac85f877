//! What a file shows that is here: a text, or a picture made small. It is read and decoded on a
//! thread of its own, which the loop never waits for.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::ConsoleFace;
use super::offers::{Absent, Held, Offers};
use crate::chat::event::{News, Told};
use crate::chat::rooms::{RoomNews, RoomNumber};
use crate::chat::transfer::event::FilesRefusal;
use crate::chat::transfer::{OfferKind, WhichOffer};
use crate::protocol::message::clean;
use crate::store::files::Looker;
use crate::terminal::console::ConsoleEvent;
use crate::terminal::raster::{Raster, RasterFault};
use crate::terminal::viewed::{View, ViewFault, Viewed};
use crate::text::{self, Lang};

/// Longest file of a picture, in bytes.
const PICTURE_MAX_BYTES: u64 = 32 << 20;

/// Longest text that is shown, in bytes; of a longer one, its beginning.
const TEXT_MAX_BYTES: u64 = 256 << 10;

/// Most lines of a text that are shown.
const LINES_MAX: usize = 5000;

/// Longest line of a text that is shown, in characters.
const LINE_MAX_CHARS: usize = 2000;

/// What each line of a file stands behind among what is said, so that it forges nobody's words.
const EDGE: &str = "\u{2502} ";

/// Columns of a tabulator.
const TAB: &str = "    ";

/// How long the disk may take for one block.
const BLOCK_WAIT: Duration = Duration::from_secs(10);

/// Hands an event to the loop.
type Tell = Box<dyn Fn(ConsoleEvent) -> bool + Send>;

/// Looks at files for a face, one at a time: an earlier look is for nobody any more.
pub(super) struct Viewer {
    offers: Offers,
    tell: Box<dyn Fn() -> Tell>,
    /// The number of the last look.
    last: u64,
    lang: Lang,
}

impl Viewer {
    /// Tells what was seen.
    pub(super) fn new(
        lang: Lang,
        tell: impl Fn(ConsoleEvent) -> bool + Clone + Send + 'static,
    ) -> Self {
        Self {
            offers: Offers::default(),
            tell: Box::new(move || Box::new(tell.clone())),
            last: 0,
            lang,
        }
    }

    /// Reads files that are here with this.
    pub(super) fn set_looker(&mut self, looker: Looker) {
        self.offers.set_looker(looker);
    }

    /// Takes in what is told.
    pub(super) fn follow(&mut self, told: &Told) {
        match &told.news {
            News::Files(happened) => self.offers.follow(told.room, happened),
            News::Room(RoomNews::Parted) => self.offers.forget(told.room),
            _ => {}
        }
    }

    /// Whether this look is the last one.
    pub(super) fn is_last(&self, viewed: &Viewed) -> bool {
        viewed.number == self.last
    }

    /// Begins to look at a file on so many columns and rows; returns its name.
    ///
    /// # Errors
    /// Why it cannot be shown, as a sentence.
    pub(super) fn begin(
        &mut self,
        (room, which): (RoomNumber, WhichOffer),
        (columns, rows): (u16, u16),
    ) -> Result<String, String> {
        let held = self.offers.meant(room, which);
        let held = held.map_err(|absent| match absent {
            Absent::Unknown => text::files_refused(self.lang, &FilesRefusal::NoSuchOffer),
            Absent::NotTaken(number) => text::view_before_get(self.lang, number),
        })?;
        self.last += 1;
        let number = self.last;
        let tell = (self.tell)();
        let name = held.offer.name.to_string();
        let work = move || {
            let view = view(&held, columns, rows);
            // After the end nobody listens.
            let _ = tell(ConsoleEvent::viewed(Viewed { number, view }));
        };
        let thread = thread::Builder::new().name("view".into()).spawn(work);
        match thread {
            Ok(_) => Ok(name),
            Err(error) => Err(text::cause(self.lang, &error)),
        }
    }
}

impl ConsoleFace {
    /// Shows a file that is here: a text, since lines hold no pictures.
    pub(super) fn view_file(&mut self, room: RoomNumber, which: WhichOffer) {
        if let Err(sentence) = self.viewer.begin((room, which), (1, 1)) {
            self.say(&sentence);
        }
    }

    pub(super) fn show_viewed(&mut self, viewed: Viewed) {
        if !self.viewer.is_last(&viewed) {
            return;
        }
        match viewed.view {
            Ok(View::Text(lines)) => lines
                .iter()
                .for_each(|line| self.say(&format!("{EDGE}{line}"))),
            Ok(View::Picture(_)) => self.say(&text::pictures_are_elsewhere(self.lang)),
            Err(fault) => self.say(&text::cannot_view(self.lang, fault)),
        }
    }
}

fn view(held: &Held, columns: u16, rows: u16) -> Result<View, ViewFault> {
    match held.offer.kind {
        OfferKind::Folder => Err(ViewFault::NothingToShow),
        OfferKind::Picture => picture(held, columns, rows),
        OfferKind::Text => text(held),
        OfferKind::File => text(held).or_else(|_| picture(held, columns, rows)),
    }
}

fn picture(held: &Held, columns: u16, rows: u16) -> Result<View, ViewFault> {
    if held.offer.size_bytes > PICTURE_MAX_BYTES {
        return Err(ViewFault::TooLarge);
    }
    let bytes = read(held, PICTURE_MAX_BYTES)?;
    let raster = Raster::decode(&bytes, columns, rows.saturating_mul(2));
    raster.map(View::Picture).map_err(|fault| match fault {
        RasterFault::OtherFormat => ViewFault::NothingToShow,
        RasterFault::TooLarge => ViewFault::TooLarge,
        RasterFault::Broken => ViewFault::Broken,
    })
}

fn text(held: &Held) -> Result<View, ViewFault> {
    let bytes = read(held, TEXT_MAX_BYTES)?;
    let is_cut = (bytes.len() as u64) < held.offer.size_bytes;
    lines(&bytes, is_cut)
        .map(View::Text)
        .ok_or(ViewFault::NothingToShow)
}

/// The lines of a text, cleaned; `None` if it is none. Of a text that is cut, the last character
/// may be no whole one.
fn lines(bytes: &[u8], is_cut: bool) -> Option<Vec<String>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    if text.contains('\0') {
        return None;
    }
    let lines = text.lines().take(LINES_MAX).map(|line| {
        let line: String = line
            .replace('\t', TAB)
            .chars()
            .take(LINE_MAX_CHARS)
            .collect();
        clean(&line).into_owned()
    });
    Some(lines.collect())
}

/// Reads a file from its beginning.
fn read(held: &Held, most_bytes: u64) -> Result<Vec<u8>, ViewFault> {
    let mut all = Vec::new();
    for number in 0..held.offer.blocks() {
        if all.len() as u64 >= most_bytes {
            break;
        }
        let (sender, read) = mpsc::channel();
        held.read(number, move |bytes| drop(sender.send(bytes)));
        let block = read.recv_timeout(BLOCK_WAIT).ok().flatten();
        all.extend(block.ok_or(ViewFault::NotHere)?);
    }
    all.truncate(usize::try_from(most_bytes).unwrap_or(usize::MAX));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_without_what_a_terminal_would_obey() {
        let shown = lines(
            b"\xef\xbb\xbfum\tdois\r\n\x1b]52;c;eA==\x07tr\xc3\xaas\n",
            false,
        );
        let shown = shown.unwrap();
        assert_eq!(shown[0], "um    dois");
        assert!(!shown[1].contains(['\x1b', '\x07']), "{shown:?}");
        assert!(shown[1].ends_with("três"));
        assert_eq!(lines(b"PK\x03\x04\0\0", false), None);
        assert_eq!(lines(b"\xff\xfe", false), None);
        assert_eq!(
            lines("cortad\u{e3}".as_bytes().split_last().unwrap().1, false),
            None
        );
        let cut = lines("cortad\u{e3}".as_bytes().split_last().unwrap().1, true);
        assert_eq!(cut.unwrap(), ["cortad"]);
        let long = "a\n".repeat(2 * LINES_MAX) + &"b".repeat(2 * LINE_MAX_CHARS);
        assert_eq!(lines(long.as_bytes(), false).unwrap().len(), LINES_MAX);
    }
}
