//! What is shown, as text: one line per message, for people or as JSON. Nothing from a stranger
//! passes here uncleaned. Writing it is `output`'s; only what a mode prints at once, before
//! anything runs beside it, is written here.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::ops::Range;

use serde::Serialize;

use super::output::wrap_for;
use super::styled::{highlighted, indented};
use crate::clock::Stamp;
use crate::protocol::lookalike::clean_name;
use crate::protocol::message::{clean, is_hazard};
use crate::text::{self, Lang};

/// Longest name shown in a line, in characters: a stranger's may be as long as a datagram, and a
/// guest's stands with the member's.
const NAME_SHOWN_MAX_CHARS: usize = 96;

/// How messages are written to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// For people: `[14:03:21] ana: oi`.
    #[default]
    Lines,
    /// For programs: one JSON object per line.
    Json,
}

/// When names are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment has `NO_COLOR`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Who said a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker<'m> {
    /// The name that the message gives, uncleaned.
    Name(&'m str),
    /// The same, of somebody who does what the data says: `* ana acena`.
    Actor(&'m str),
    /// The message gives `null`.
    Anonymous,
    /// The wire carries no names: the address stands for one.
    Address,
    /// The only other person, who has given no name.
    Peer,
}

/// What stands for the name of somebody who has given none.
pub const PEER: &str = "peer";

/// One message as it is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'m> {
    /// When it came.
    pub stamp: &'m Stamp,
    /// Where it came from.
    pub source: SocketAddr,
    /// Who said it.
    pub speaker: Speaker<'m>,
    /// What was said, uncleaned; `None` is `null`.
    pub data: Option<&'m str>,
}

impl<'m> Shown<'m> {
    /// The speaker as a person reads it, cleaned, and not longer than a name may reasonably be.
    #[must_use]
    pub fn who(&self, lang: Lang) -> Cow<'m, str> {
        match self.speaker {
            Speaker::Anonymous => text::anonymous(lang).into(),
            Speaker::Address => self.source.to_string().into(),
            Speaker::Peer => PEER.into(),
            Speaker::Name(name) | Speaker::Actor(name) => short_name(name),
        }
    }
}

/// A name, cleaned, and not longer than a name may reasonably be.
#[must_use]
pub fn short_name(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(NAME_SHOWN_MAX_CHARS) {
        Some((end, _)) => (clean_name(name.get(..end).unwrap_or(name)) + "…")
            .into_owned()
            .into(),
        None => clean_name(name),
    }
}

impl Color {
    pub(crate) fn is_on(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
                io::stdout().is_terminal() && !is_unwanted
            }
        }
    }
}

/// How things are shown: a pure formatter, which appends whole lines to a text.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    form: Form,
    is_colored: bool,
    breaks_lines: bool,
    lang: Lang,
}

impl Screen {
    /// Shows things in this form and language; colours also depend on stdout and the environment.
    #[must_use]
    pub fn new(form: Form, color: Color, lang: Lang) -> Self {
        Self {
            form,
            is_colored: color.is_on(),
            breaks_lines: false,
            lang,
        }
    }

    /// Shows a message of several lines as such, indented below the first. Elsewhere it is one line
    /// with `␊` in it, as a program that reads lines needs it.
    #[must_use]
    pub fn breaking_lines(self) -> Self {
        Self {
            breaks_lines: true,
            ..self
        }
    }

    /// One message.
    pub fn message(&self, message: &Shown<'_>, out: &mut String) {
        self.message_with(message, |_| Vec::new(), out);
    }

    /// One message, of whose cleaned text `highlight` says which parts stand out in colours.
    pub fn message_with(
        &self,
        message: &Shown<'_>,
        highlight: impl Fn(&str) -> Vec<Range<usize>>,
        out: &mut String,
    ) {
        match self.form {
            Form::Lines => self.line(message, highlight, out),
            Form::Json => self.json(message, out),
        }
    }

    fn line(
        &self,
        message: &Shown<'_>,
        highlight: impl Fn(&str) -> Vec<Range<usize>>,
        out: &mut String,
    ) {
        let who = message.who(self.lang);
        let (dim, color, plain) = match self.is_colored {
            true => ("\x1b[2m", color_of(&who), "\x1b[0m"),
            false => ("", "", ""),
        };
        let data = message.data.unwrap_or_default();
        let data = match self.breaks_lines && data.contains('\n') {
            true => indented(data),
            false => clean(data),
        };
        let data = match self.is_colored {
            true => highlighted(data, &highlight),
            false => data,
        };
        let time = &message.stamp.time_of_day;
        let (before, behind) = match message.speaker {
            Speaker::Actor(_) => (" * ", " "),
            _ => (" ", ": "),
        };
        let parts = [
            dim, "[", time, "]", plain, before, color, &who, plain, behind, &data, "\n",
        ];
        out.extend(parts);
    }

    fn json(&self, message: &Shown<'_>, out: &mut String) {
        #[derive(Serialize)]
        struct Object<'m> {
            time: &'m str,
            source: SocketAddr,
            user: Option<&'m str>,
            data: Option<&'m str>,
        }
        let &Shown {
            stamp,
            source,
            speaker,
            data,
        } = message;
        let user = match speaker {
            Speaker::Name(name) | Speaker::Actor(name) => Some(name),
            Speaker::Anonymous | Speaker::Address | Speaker::Peer => None,
        };
        let object = Object {
            time: &stamp.rfc3339,
            source,
            user,
            data,
        };
        self.object(&object, out);
    }

    /// One line of text, cleaned.
    pub fn text(&self, line: &str, out: &mut String) {
        out.extend([&*clean(line), "\n"]);
    }

    /// The same without colours.
    #[must_use]
    pub fn without_colors(self) -> Self {
        Self {
            is_colored: false,
            ..self
        }
    }

    /// One line beside the conversation, dim.
    pub fn aside(&self, line: &str, out: &mut String) {
        self.colored("\x1b[2m", line, out);
    }

    /// A right answer, green.
    pub fn right(&self, text: &str, out: &mut String) {
        self.colored("\x1b[32m", text, out);
    }

    /// A wrong answer, red.
    pub fn wrong(&self, text: &str, out: &mut String) {
        self.colored("\x1b[31m", text, out);
    }

    fn colored(&self, color: &str, text: &str, out: &mut String) {
        let (color, plain) = match self.is_colored {
            true => (color, "\x1b[0m"),
            false => ("", ""),
        };
        out.extend([color, &clean(text), plain, "\n"]);
    }

    /// Something as JSON over several lines.
    pub fn document(&self, document: &impl Serialize, out: &mut String) {
        // Our own types always serialize: their keys are strings.
        let json = serde_json::to_string_pretty(document).unwrap_or_default();
        for line in json.lines() {
            out.extend([&*escape_hazards(line), "\n"]);
        }
    }

    /// One object as JSON.
    pub fn object(&self, object: &impl Serialize, out: &mut String) {
        let json = serde_json::to_string(object).unwrap_or_default();
        out.extend([&*escape_hazards(&json), "\n"]);
    }

    /// How messages are written.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The person's language.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }
}

/// Whether a person looks at stdout.
#[must_use]
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether a person looks at stderr.
#[must_use]
pub fn is_talk_on_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether an output failed because its terminal is gone.
#[must_use]
pub fn is_hangup(error: &io::Error) -> bool {
    #[cfg(unix)]
    return error.raw_os_error() == Some(nix::Error::EIO as i32);
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// Writes whole lines to stdout, and waits until the system has them: for what is printed once.
///
/// # Errors
/// Those of writing to stdout.
pub fn print(lines: &str) -> io::Result<()> {
    stdout_file()?.write_all(lines.as_bytes())
}

/// Says one sentence on stderr, cleaned: it may quote a stranger. A stderr that is closed is no
/// reason to stop. It waits for a stderr that nobody reads, and is therefore only for what is said
/// before signals are watched; later, a console or an output says it.
pub fn say(sentence: &str) {
    let mut line = format!("{}\n", clean(sentence)).into_bytes();
    if is_talk_on_terminal()
        && let Ok(terminal) = stderr_file()
    {
        wrap_for(&terminal, &mut line);
    }
    let _ = io::stderr().write_all(&line);
}

/// A text as rows of a QR code, for a camera; none if it is too long for one.
#[must_use]
pub fn qr_code(text: &str) -> Vec<String> {
    let Ok(code) = qrcode::QrCode::new(text) else {
        return Vec::new();
    };
    // A dark terminal shows the light squares.
    let drawn = code
        .render::<qrcode::render::unicode::Dense1x2>()
        .dark_color(qrcode::render::unicode::Dense1x2::Light)
        .light_color(qrcode::render::unicode::Dense1x2::Dark)
        .build();
    drawn.lines().map(str::to_owned).collect()
}

/// Writes what is hazardous on a terminal as `\u` escapes, within JSON: programs read the same
/// text, and a person who looks at it is safe. serde_json itself escapes only what JSON demands.
fn escape_hazards(json: &str) -> Cow<'_, str> {
    if json.is_ascii() && !json.contains('\x7f') || !json.chars().any(is_hazard) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_hazard(c) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// The colour of a name, the same for the same name in every run: FNV-1a over its bytes.
fn color_of(name: &str) -> &'static str {
    const COLORS: [&str; 12] = [
        "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[35m", "\x1b[36m", "\x1b[91m",
        "\x1b[92m", "\x1b[93m", "\x1b[94m", "\x1b[95m", "\x1b[96m",
    ];
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    COLORS.get(hash as usize % COLORS.len()).unwrap_or(&"")
}

/// The process's own stdout, whose standard buffer would write every line by itself.
/// stdout for bytes that are no lines, such as a file's.
///
/// # Errors
/// The system's, when it has no stdout.
pub fn stdout_stream() -> io::Result<impl Write> {
    stdout_file()
}

#[cfg(unix)]
pub(super) fn stdout_file() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
pub(super) fn stdout_file() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

#[cfg(unix)]
pub(super) fn stderr_file() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stderr().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
pub(super) fn stderr_file() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stderr().as_handle().try_clone_to_owned()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn shown(form: Form, color: Color, user: Option<&str>, data: Option<&str>) -> String {
        let stamp = Stamp {
            time_of_day: "14:03:21".into(),
            rfc3339: "2026-11-23T14:03:21.071-03:00".into(),
            ..Stamp::default()
        };
        let mut out = String::new();
        let source = (Ipv4Addr::new(10, 77, 0, 2), 40_000).into();
        let speaker = user.map_or(Speaker::Anonymous, Speaker::Name);
        let shown = Shown {
            stamp: &stamp,
            source,
            speaker,
            data,
        };
        Screen::new(form, color, Lang::Pt).message(&shown, &mut out);
        out
    }

    #[test]
    fn a_line_is_time_name_and_text() {
        assert_eq!(
            shown(Form::Lines, Color::Never, Some("ana"), Some("oi")),
            "[14:03:21] ana: oi\n"
        );
        assert_eq!(
            shown(Form::Lines, Color::Never, None, None),
            "[14:03:21] (anônimo): \n"
        );
        let long = "n".repeat(900);
        let cut = format!("[14:03:21] {}…: x\n", "n".repeat(NAME_SHOWN_MAX_CHARS));
        assert_eq!(
            shown(Form::Lines, Color::Never, Some(&long), Some("x")),
            cut
        );
    }

    #[test]
    fn a_text_of_several_lines_is_one_line_for_programs() {
        assert_eq!(
            shown(Form::Lines, Color::Never, Some("ana"), Some("um\ndois")),
            "[14:03:21] ana: um␊dois\n"
        );
    }

    #[test]
    fn strangers_do_not_reach_the_terminal_uncleaned() {
        let line = shown(
            Form::Lines,
            Color::Never,
            Some("a\x1b]0;x\x07"),
            Some("b\n[1] bia: c\u{202e}"),
        );
        assert_eq!(line, "[14:03:21] a␛]0;x␇: b␊[1] bia: c⟨202e⟩\n");
    }

    #[test]
    fn json_is_exact_and_yet_safe_to_look_at() {
        let json = shown(
            Form::Json,
            Color::Never,
            None,
            Some("olá\u{9b}2J\u{202e}\x7f\n\x1b"),
        );
        assert_eq!(
            json,
            concat!(
                r#"{"time":"2026-11-23T14:03:21.071-03:00","source":"10.77.0.2:40000","#,
                r#""user":null,"data":"olá\u009b2J\u202e\u007f\n\u001b"}"#,
                "\n"
            )
        );
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["data"], "olá\u{9b}2J\u{202e}\x7f\n\x1b");
    }

    #[test]
    fn a_name_keeps_its_colour() {
        let line = shown(Form::Lines, Color::Always, Some("ana"), Some("oi"));
        assert!(
            line.contains(&format!("{}ana\x1b[0m: oi", color_of("ana"))),
            "{line:?}"
        );
    }
}
