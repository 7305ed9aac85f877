//! Searching and exporting.

use super::people::Speakers;
use super::{Archived, Outcome};
use crate::chat::archive::search::Query;
use crate::chat::archive::terms::Terms;
use crate::cli::{FindSettings, Format};
use crate::error::Error;
use crate::face::stored::{Stored, StoredWriter};
use crate::store::archive::{Fault, FoundIn};
use crate::terminal::pager;
use crate::terminal::screen::{self, Form, Screen};
use crate::text::{self, Lang};

/// Messages of one page of an export.
const PAGE: usize = 1000;

/// Shows what is found, the newest last.
pub(super) fn run(file: &Archived, settings: &FindSettings, lang: Lang) -> Result<Outcome, Error> {
    let rooms = file.rooms_called(settings.selection.room.as_deref(), lang);
    if rooms.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Outcome::Incomplete);
    }
    if Terms::parse(&settings.words).is_ok_and(|terms| terms.has_no_word()) {
        screen::say(&text::no_word(lang, &settings.words));
        return Ok(Outcome::Incomplete);
    }
    let query = Query {
        words: settings.words.clone(),
        from: settings.selection.from.clone(),
        since_ms: settings.since_ms,
        until_ms: settings.until_ms,
        context: settings.context,
        limit: settings.limit.unwrap_or(PAGE),
        has_all_forms: settings.has_all_forms,
        ..Query::default()
    };
    let mut writer = writer(file, settings, lang, rooms.as_deref()).map_err(file.failed())?;
    let title = text::history_title(lang, settings.selection.room.as_deref());
    match settings.limit {
        Some(limit) => {
            let page = file.reader.find(rooms.as_deref(), &query);
            let page = page.map_err(file.failed())?;
            let mut out = writer.head(&title);
            let is_empty = page.found.is_empty();
            writer.page(&page.found, &mut out);
            out.push_str(writer.tail());
            if is_empty && settings.format == Format::Text {
                screen::say(&text::nothing_found(lang));
            } else {
                pager::show(&out).map_err(Error::Output)?;
            }
            if page.has_more && settings.format == Format::Text && screen::is_talk_on_terminal() {
                screen::say(&text::there_is_more(lang, limit));
            }
            Ok(outcome(is_empty))
        }
        None => export(file, &query, rooms.as_deref(), &mut writer, &title),
    }
}

fn outcome(is_empty: bool) -> Outcome {
    match is_empty {
        true => Outcome::Incomplete,
        false => Outcome::Done,
    }
}

/// Writes everything that is found, page by page.
fn export(
    file: &Archived,
    query: &Query,
    rooms: Option<&[i64]>,
    writer: &mut PageWriter<'_>,
    title: &str,
) -> Result<Outcome, Error> {
    screen::print(&writer.head(title)).map_err(Error::Output)?;
    let mut is_empty = true;
    let mut printed = Ok(());
    let read = file.reader.each_page(rooms, query, |found| {
        is_empty = false;
        let mut out = String::new();
        writer.page(&found, &mut out);
        printed = screen::print(&out);
        printed.is_ok()
    });
    read.map_err(file.failed())?;
    printed.map_err(Error::Output)?;
    screen::print(writer.tail()).map_err(Error::Output)?;
    Ok(outcome(is_empty))
}

fn writer<'f>(
    file: &'f Archived,
    settings: &FindSettings,
    lang: Lang,
    rooms: Option<&[i64]>,
) -> Result<PageWriter<'f>, Fault> {
    let terms = Terms::parse(&settings.words)?;
    let screen = Screen::new(Form::Lines, settings.color, lang);
    let screen = match screen::is_terminal() {
        true => screen.breaking_lines(),
        false => screen,
    };
    let names_rooms = rooms.map_or(file.rooms.len(), <[i64]>::len) > 1;
    Ok(PageWriter {
        file,
        writer: StoredWriter::new(settings.format, screen, terms, names_rooms),
        speakers: Speakers::open(),
        has_context: settings.context > 0,
    })
}

/// Writes pages of messages.
struct PageWriter<'f> {
    file: &'f Archived,
    writer: StoredWriter,
    speakers: Speakers,
    has_context: bool,
}

impl PageWriter<'_> {
    fn head(&self, title: &str) -> String {
        self.writer.head(title)
    }

    fn tail(&self) -> &'static str {
        self.writer.tail()
    }

    fn page(&mut self, found: &[FoundIn], out: &mut String) {
        self.speakers.meet(found);
        for (number, it) in found.iter().enumerate() {
            let FoundIn {
                room,
                found,
                begins_group,
            } = it;
            if self.has_context && number > 0 && *begins_group {
                self.writer.gap(out);
            }
            let name = self.file.rooms.iter().find(|it| it.number == *room);
            let name = name.map(|it| it.name.as_str()).unwrap_or_default();
            let who = self.speakers.person(&found.entry.who);
            let to = found.entry.to.as_ref();
            let to = to.map(|to| self.speakers.person(to));
            let stored = Stored {
                room: name,
                who: &who,
                to: to.as_ref(),
                is_ignored: self.speakers.is_ignored(&found.entry.who.key),
                found,
            };
            self.writer.message(&stored, out);
        }
    }
}
