//! Messages of an archive as rows of a spreadsheet.

use std::borrow::Cow;

use super::Stored;
use crate::chat::archive::record::Form;
use crate::chat::archive::search::ShortId;
use crate::chat::event::Id;
use crate::protocol::engine::event::Manner;
use crate::protocol::fingerprint::fingerprint;
use crate::protocol::message::clean;

/// The columns of a spreadsheet. Those behind the text hold what only some messages have.
pub(super) const COLUMNS: &str =
    "time,room,id,name,key,to,form,text,flags,guest,guest_of,message\r\n";

/// What the first character of a cell makes a formula, in the spreadsheets that people use.
const FORMULA_SIGNS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// The row of a message of a time.
pub(super) fn row(stored: &Stored<'_>, time: &str, out: &mut String) {
    let entry = &stored.found.entry;
    let form = match entry.form {
        Form::Original => "",
        Form::Edited => "edited",
        Form::Deleted => "deleted",
    };
    let to = stored.to.map(|to| &*to.name).unwrap_or_default();
    let host = &*stored.who.name;
    let (name, number, host) = match &entry.manner {
        Manner::Guest(guest) => (guest.name.as_str(), guest.number.to_string(), host),
        Manner::Said | Manner::Action => (host, String::new(), ""),
    };
    let cells = [
        Cow::Borrowed(time),
        stored.room.into(),
        ShortId::of(&entry.id).to_string().into(),
        name.into(),
        fingerprint(&entry.who.key).into(),
        to.into(),
        form.into(),
        entry.text.as_str().into(),
        flags(stored).into(),
        number.into(),
        host.into(),
        Id::Group(entry.id).to_string().into(),
    ];
    let cells = cells.map(|text| cell(&text));
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

/// What is so of a message, in the words that its JSON object has as fields.
fn flags(stored: &Stored<'_>) -> String {
    let entry = &stored.found.entry;
    let flags = [
        ("verified", stored.who.is_verified()),
        ("action", entry.manner == Manner::Action),
        ("own", entry.is_own),
        ("private", entry.is_private),
        ("context", !stored.found.is_match),
        ("ignored", stored.is_ignored),
    ];
    let set = flags.into_iter().filter(|(_, is_so)| *is_so);
    set.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
}

/// A cell of a spreadsheet: in quotes where it must be, and never a formula.
fn cell(text: &str) -> String {
    let shield = match text.starts_with(FORMULA_SIGNS) {
        true => "'",
        false => "",
    };
    let text = clean(text);
    match text.contains([',', '"', ';']) || text.starts_with(' ') || text.ends_with(' ') {
        true => format!("\"{shield}{}\"", text.replace('"', "\"\"")),
        false => format!("{shield}{text}"),
    }
}
