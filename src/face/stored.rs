//! How messages of an archive are written: as lines, as JSON, for a spreadsheet, and as a page.
//! Pure: what strangers said leaves cleaned, and in a page or a spreadsheet escaped.

mod sheet;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use super::guests;
use super::json::Json;
use super::lines::addressed;
use crate::chat::archive::record::{Entry, Form};
use crate::chat::archive::search::{Found, ShortId};
use crate::chat::archive::terms::Terms;
use crate::chat::event::Person;
use crate::chat::trust::{PRIVATE, VERIFIED};
use crate::clock::{Day, Stamp, WallClock};
use crate::protocol::engine::event::Manner;
use crate::protocol::message::clean;
use crate::terminal::screen::{Screen, Shown, Speaker, short_name};
use crate::text::{self, Lang};

/// How messages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object per message
    Jsonl,
    /// For a spreadsheet
    Csv,
    /// A page that prints well
    Html,
}

/// How a page looks, on a screen and on paper.
const STYLE: &str = "body{font:1rem/1.45 system-ui,sans-serif;max-width:46rem;margin:2rem auto;\
padding:0 1rem;color:#111;background:#fff}h1{font-size:1.3rem}h2{font-size:1rem;color:#555;\
border-bottom:1px solid #ccc;margin:1.6rem 0 .4rem}p{margin:.2rem 0;overflow-wrap:anywhere}\
time,code{color:#666;font-size:.85em}.near{color:#777}.gone{color:#777;font-style:italic}\
@media print{body{margin:0;max-width:none;font-size:10pt}h2{break-after:avoid}\
p{break-inside:avoid}}";

/// A message of an archive, with what is known of its people.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'m> {
    /// The name of its room.
    pub room: &'m str,
    /// Its author.
    pub who: &'m Person,
    /// Whom alone it is for.
    pub to: Option<&'m Person>,
    /// Whether nothing of its author is shown in rooms.
    pub is_ignored: bool,
    /// The message.
    pub found: &'m Found,
}

/// Writes messages.
#[derive(Debug)]
pub struct StoredWriter {
    format: Format,
    screen: Screen,
    /// What was looked for, which stands out.
    terms: Terms,
    /// Whether messages are of several rooms, so that each says which.
    names_rooms: bool,
    clock: WallClock,
    json: Json,
    day: Option<Day>,
}

impl StoredWriter {
    /// Writes in a format.
    #[must_use]
    pub fn new(format: Format, screen: Screen, terms: Terms, names_rooms: bool) -> Self {
        Self {
            format,
            screen,
            terms,
            names_rooms,
            clock: WallClock::default(),
            json: Json::new(None),
            day: None,
        }
    }

    /// What stands before the first message; `title` says what the messages are of.
    #[must_use]
    pub fn head(&self, title: &str) -> String {
        match self.format {
            Format::Text | Format::Jsonl => String::new(),
            Format::Csv => sheet::COLUMNS.into(),
            Format::Html => {
                let lang = match self.screen.lang() {
                    Lang::En => "en",
                    Lang::Pt => "pt",
                };
                let title = escaped(title);
                format!(
                    "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\n\
                     <meta http-equiv=\"Content-Security-Policy\" \
                     content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
                     <title>{title}</title>\n<style>{STYLE}</style></head>\n\
                     <body><h1>{title}</h1>\n"
                )
            }
        }
    }

    /// What stands behind the last message.
    #[must_use]
    pub fn tail(&self) -> &'static str {
        match self.format {
            Format::Html => "</body></html>\n",
            _ => "",
        }
    }

    /// What stands between messages that are no neighbours, if neighbours are shown.
    pub fn gap(&self, out: &mut String) {
        if self.format == Format::Text {
            self.screen.aside("--", out);
        }
    }

    /// One message.
    pub fn message(&mut self, stored: &Stored<'_>, out: &mut String) {
        match self.format {
            Format::Text => self.line(stored, out),
            Format::Jsonl => {
                let entry = stored.found.entry.clone();
                let message = entry.into_message(stored.who.clone(), stored.to.cloned());
                out.push_str(&self.json.stored(stored, &message));
            }
            Format::Csv => {
                let wall_ms = stored.found.entry.wall_ms;
                let stamp = self.clock.at(Duration::from_millis(wall_ms));
                sheet::row(stored, &stamp.rfc3339, out);
            }
            Format::Html => self.paragraph(stored, out),
        }
    }

    fn line(&mut self, stored: &Stored<'_>, out: &mut String) {
        let lang = self.screen.lang();
        let entry = &stored.found.entry;
        let stamp = self.clock.at(Duration::from_millis(entry.wall_ms));
        let mut place = format!("{} {}", date(stamp), stamp.time_of_day);
        if self.names_rooms {
            place += &format!(" {}", short_name(stored.room));
        }
        place += &format!(" {}", ShortId::of(&entry.id));
        let stamp = Stamp {
            time_of_day: place,
            ..Stamp::default()
        };
        let speaker = speaker(lang, stored);
        let data = said(lang, entry);
        let shown = Shown {
            stamp: &stamp,
            source: SocketAddr::from(([0, 0, 0, 0], 0)),
            speaker: match entry.manner {
                Manner::Said | Manner::Guest(_) => Speaker::Name(&speaker),
                Manner::Action => Speaker::Actor(&speaker),
            },
            data: Some(&data),
        };
        let is_match = stored.found.is_match && entry.form != Form::Deleted;
        let terms = &self.terms;
        let highlight = |text: &str| match is_match {
            true => ranges(terms, text),
            false => Vec::new(),
        };
        self.screen.message_with(&shown, highlight, out);
    }

    fn paragraph(&mut self, stored: &Stored<'_>, out: &mut String) {
        let lang = self.screen.lang();
        let entry = &stored.found.entry;
        let stamp = self.clock.at(Duration::from_millis(entry.wall_ms)).clone();
        if self.day.replace(stamp.day) != Some(stamp.day) {
            let day = text::day(lang, &stamp.day);
            let day = escaped(day.trim_matches(['─', ' ']));
            out.push_str(&format!("<h2>{day}</h2>\n"));
        }
        let class = match (stored.found.is_match, entry.form) {
            (_, Form::Deleted) => " class=\"gone\"",
            (false, _) => " class=\"near\"",
            (true, _) => "",
        };
        let room = match self.names_rooms {
            true => format!(" <code>{}</code>", escaped(stored.room)),
            false => String::new(),
        };
        let (before, behind) = match entry.manner {
            Manner::Said | Manner::Guest(_) => ("", ":"),
            Manner::Action => ("* ", ""),
        };
        let (rfc3339, time) = (&stamp.rfc3339, &stamp.time_of_day);
        let who = escaped(&speaker(lang, stored));
        let said = said(lang, entry);
        let said: Vec<String> = said.split('\n').map(|line| self.marked(line)).collect();
        let (short, said) = (ShortId::of(&entry.id), said.join("<br>\n"));
        out.push_str(&format!(
            "<p id=\"{short}\"{class}><time datetime=\"{rfc3339}\">{time}</time>{room} \
             {before}<b><bdi>{who}</bdi></b>{behind} <span dir=\"auto\">{said}</span></p>\n"
        ));
    }

    /// A line of a text, escaped, with what was looked for marked.
    fn marked(&self, line: &str) -> String {
        let line = clean(line.strip_suffix('\r').unwrap_or(line));
        let (mut out, mut done) = (String::new(), 0);
        for range in ranges(&self.terms, &line) {
            let before = line.get(done..range.start).unwrap_or_default();
            let found = line.get(range.clone()).unwrap_or_default();
            out += &format!("{}<mark>{}</mark>", escaped(before), escaped(found));
            done = range.end;
        }
        out + &escaped(line.get(done..).unwrap_or_default())
    }
}

/// Where terms stand in a text.
fn ranges(terms: &Terms, text: &str) -> Vec<std::ops::Range<usize>> {
    let marks = terms.marks(text).into_iter();
    marks.map(|(start, end)| start..end).collect()
}

/// A local date, as `2026-11-23`.
fn date(stamp: &Stamp) -> String {
    let Day {
        year,
        month,
        day_of_month,
        ..
    } = stamp.day;
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

/// What a message says now, and what became of it.
fn said(lang: Lang, entry: &Entry) -> Cow<'_, str> {
    match entry.form {
        Form::Original => Cow::Borrowed(&entry.text),
        Form::Edited => format!("{} {}", entry.text, text::message_is_edited(lang)).into(),
        Form::Deleted => text::message_is_deleted(lang).into(),
    }
}

/// Who speaks, and to whom if it is to one alone.
fn speaker(lang: Lang, stored: &Stored<'_>) -> String {
    if let Manner::Guest(guest) = &stored.found.entry.manner {
        let speaker = guests::of_member(lang, guest, stored.who);
        return match stored.is_ignored {
            true => text::is_ignored(lang, &speaker),
            false => speaker,
        };
    }
    let mut speaker = match stored.who.is_verified() {
        true => format!("{} {VERIFIED}", stored.who.name),
        false => addressed(stored.who),
    };
    if let Some(to) = stored.to {
        speaker += &format!(" {PRIVATE} {}", addressed(to));
    } else if stored.found.entry.is_private {
        speaker.extend([' ', PRIVATE]);
    }
    match stored.is_ignored {
        true => text::is_ignored(lang, &speaker),
        false => speaker,
    }
}

/// A text within a page, cleaned.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::event::{MessageId, NamedKey};
    use crate::protocol::engine::frame_log::Position;
    use crate::protocol::message::{Name, is_hazard};
    use crate::protocol::wire::frame::Key;
    use crate::terminal::screen::{self, Color};
    use proptest::prelude::*;

    fn written(format: Format, color: Color, typed: &str, text: &str, name: &str) -> String {
        written_as(format, color, typed, &Person::unproven(name), &found(text))
    }

    fn found(text: &str) -> Found {
        let position = Position {
            clock: 1_795_000_000_000 << 16,
            short: 1,
            session: 2,
            sequence: 3,
        };
        let who = NamedKey {
            name: Name::parse("ana").unwrap(),
            key: Key([1; 32]),
        };
        Found {
            entry: Entry::said(MessageId { position, index: 0 }, who, text),
            is_match: true,
            marks: Vec::new(),
        }
    }

    fn written_as(
        format: Format,
        color: Color,
        typed: &str,
        who: &Person,
        found: &Found,
    ) -> String {
        let screen = Screen::new(screen::Form::Lines, color, Lang::Pt);
        let terms = Terms::parse(typed).unwrap();
        let mut writer = StoredWriter::new(format, screen, terms, true);
        let mut out = String::new();
        let stored = Stored {
            room: "sala",
            who,
            to: None,
            is_ignored: &*who.name == "zeca",
            found,
        };
        writer.message(&stored, &mut out);
        out
    }

    #[test]
    fn a_line_shows_when_where_which_who_and_what() {
        let line = written(Format::Text, Color::Never, "", "oi\x1b[2J\nfim", "ana");
        assert!(line.contains(" sala "), "{line}");
        assert!(line.ends_with("] ana: oi␛[2J␊fim\n"), "{line}");
        let line = written(Format::Text, Color::Never, "", "oi", "zeca");
        assert!(line.ends_with("] zeca (ignorado): oi\n"), "{line}");
        let line = written(Format::Jsonl, Color::Never, "", "oi", "zeca");
        assert!(line.contains("\"ignored\":true"), "{line}");
        let line = written(Format::Text, Color::Always, "voce", "oi, você\x1b!", "ana");
        assert!(line.contains("oi, \x1b[1;7mvocê\x1b[0m␛!"), "{line:?}");
    }

    #[test]
    fn no_cell_is_a_formula_and_each_is_one_cell() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2", "'-2"),
            ("\t=1", "\"' =1\""),
            ("um, \"dois\"", "\"um, \"\"dois\"\"\""),
            ("=a,b", "\"'=a,b\""),
            ("a\r\nb", "a␍␊b"),
        ] {
            let row = written(Format::Csv, Color::Never, "", text, "ana");
            assert!(row.contains(&format!(",,,{expected},,,,")), "{row}");
        }
    }

    #[test]
    fn a_row_says_all_that_the_object_does() {
        let row = written(Format::Csv, Color::Never, "", "oi", "zeca");
        let cells: Vec<&str> = row.trim_end().split(',').collect();
        let columns: Vec<&str> = sheet::COLUMNS.trim_end().split(',').collect();
        assert_eq!(cells.len(), columns.len());
        let of = |column| cells[columns.iter().position(|it| *it == column).unwrap()];
        assert_eq!(
            (of("name"), of("text"), of("flags")),
            ("zeca", "oi", "ignored")
        );
        let object = written(Format::Jsonl, Color::Never, "", "oi", "zeca");
        let object: serde_json::Value = serde_json::from_str(&object).unwrap();
        for (column, field) in [("id", "short"), ("message", "id")] {
            assert_eq!(of(column), object[field].as_str().unwrap());
        }
    }

    #[test]
    fn what_became_of_a_message_stands_once_in_its_object() {
        let who = Person::unproven("ana");
        for (form, field) in [(Form::Edited, "edited"), (Form::Deleted, "deleted")] {
            let mut found = found("oi");
            found.entry.form = form;
            let out = written_as(Format::Jsonl, Color::Never, "", &who, &found);
            assert_eq!(
                out.matches(&format!("\"{field}\":true")).count(),
                1,
                "{out}"
            );
        }
    }

    #[test]
    fn a_page_holds_no_tag_of_a_stranger() {
        let page = written(
            Format::Html,
            Color::Never,
            "script",
            "<script>alert('x')</script>\n& você",
            "<b onclick=\"x\">",
        );
        let expected = "&lt;<mark>script</mark>&gt;alert(&#39;x&#39;)&lt;/<mark>script</mark>&gt;\
                        <br>\n&amp; você</span></p>\n";
        assert!(page.ends_with(expected), "{page}");
        assert!(page.contains("&lt;b onclick=&quot;x&quot;&gt;"), "{page}");
    }

    proptest! {
        #[test]
        fn nothing_hazardous_is_written(text in any::<String>(), name in any::<String>()) {
            for format in [Format::Text, Format::Jsonl, Format::Csv, Format::Html] {
                let out = written(format, Color::Never, "a", &text, &name);
                let ours = ['\n', '\r'];
                let is_bad = |c: char| is_hazard(c) && !ours.contains(&c) && c != '\t';
                prop_assert!(!out.contains(is_bad), "{:?}: {:?}", format, out);
                if format != Format::Html {
                    prop_assert_eq!(out.matches('\n').count(), 1, "{:?}", out);
                }
            }
        }

        #[test]
        fn a_page_opens_and_closes_only_its_own_tags(text in "[<>&'\"a-z/= ]{0,40}") {
            let page = written(Format::Html, Color::Never, "a", &text, &text);
            let tags: Vec<&str> = page
                .split('<')
                .skip(1)
                .filter_map(|rest| rest.split(['>', ' ']).next())
                .collect();
            let known = ["h2", "/h2", "p", "/p", "time", "/time", "code", "/code", "b", "/b",
                "bdi", "/bdi", "span", "/span", "mark", "/mark", "br"];
            prop_assert!(tags.iter().all(|tag| known.contains(tag)), "{:?}", tags);
        }
    }
}
