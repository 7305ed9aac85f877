//! Keys out of what a terminal sends. Pure: bytes and the time come in, keys come out, and any
//! bytes cut anywhere give the same keys. Two things are told by time alone: a bare ESC from the
//! first byte of a sequence, and the end of a paste whose end mark never comes.

mod codes;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::codes::{Mouse, MouseAct};
use self::codes::{code_key, letter_key, modifiers_of, mouse, number_key};

/// How long an ESC may stand alone before it is the key itself. A terminal sends a sequence in one
/// piece; a slow line tears it by less than this.
const ESCAPE_WAIT: Duration = Duration::from_millis(100);

/// How long a sequence may stay begun before it is given up.
const SEQUENCE_WAIT: Duration = Duration::from_millis(500);

/// How long a paste may be silent before it is taken as it is.
const PASTE_WAIT: Duration = Duration::from_secs(5);

/// Longest paste, in bytes, as long as a line may be. What follows up to its end mark is left out:
/// as keys it would be sent line by line.
pub const PASTE_MAX_BYTES: usize = 1 << 20;

/// Longest sequence that is kept; the longest in use have half of that.
const SEQUENCE_MAX_BYTES: usize = 32;

/// What ends a paste (mode 2004).
const PASTE_ENDS: &[u8] = b"\x1b[201~";

const ESC: u8 = 0x1b;
const CTRL_C: u8 = 0x03;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character, as typed; with [`Modifiers::ctrl`], its small letter.
    Char(char),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Tab with Shift.
    BackTab,
    /// Backspace.
    Backspace,
    /// ESC alone.
    Escape,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// A function key, from 1.
    Function(u8),
}

/// What is held down beside a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// Shift, where the terminal tells.
    pub shift: bool,
    /// Alt, or an ESC before the key.
    pub alt: bool,
    /// Ctrl.
    pub ctrl: bool,
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyEvent {
    /// A key.
    Press(Key, Modifiers),
    /// A paste, its line ends as the terminal sent them.
    Paste {
        /// What was pasted.
        text: String,
        /// Whether its end mark came, within the limit.
        is_whole: bool,
    },
    /// The mouse, where the terminal was asked to tell.
    Mouse(Mouse),
    /// Bytes that are no UTF-8: they stand in the next event as U+FFFD.
    Mended,
}

/// See the file's head.
#[derive(Debug, Default)]
pub struct KeyDecoder {
    /// The beginning of a sequence or of a character.
    begun: Vec<u8>,
    /// The rest of an overlong sequence is left out.
    is_skipping: bool,
    paste: Option<Vec<u8>>,
    /// The end mark of a paste over the limit is waited for, and nothing kept.
    is_over_limit: bool,
    last_byte_at: Duration,
}

/// What the bytes that were begun are.
enum Begun {
    /// The beginning of something.
    Partial,
    /// A key.
    Key(Key, Modifiers),
    /// Something of the mouse.
    Mouse(Mouse),
    /// A sequence that means nothing here.
    Nothing,
    /// The beginning of a paste.
    Paste,
    /// No UTF-8: so many bytes of it.
    Invalid(usize),
    /// An ESC by itself, with something else behind it.
    Escape,
    /// A sequence that was torn by its last byte, which begins something else.
    Torn,
}

impl KeyDecoder {
    /// Takes bytes in; the keys that they complete are handed to `out`.
    pub fn feed(&mut self, now: Duration, bytes: &[u8], out: &mut impl FnMut(KeyEvent)) {
        self.on_time(now, out);
        for byte in bytes {
            self.last_byte_at = now;
            if self.paste.is_some() {
                self.paste_byte(*byte, out);
            } else if self.is_skipping {
                self.is_skipping = !matches!(byte, 0x40..=0x7e | 0..0x20);
            } else {
                self.begun.push(*byte);
                self.decode(out);
            }
        }
    }

    /// When something is told by time alone.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        let wait = match (&self.paste, self.begun.as_slice()) {
            (Some(_), _) => PASTE_WAIT,
            (None, [ESC]) => ESCAPE_WAIT,
            (None, []) => return None,
            (None, _) => SEQUENCE_WAIT,
        };
        Some(self.last_byte_at + wait)
    }

    /// Tells what the time tells.
    pub fn on_time(&mut self, now: Duration, out: &mut impl FnMut(KeyEvent)) {
        if self.next_time().is_none_or(|at| now < at) {
            return;
        }
        if self.paste.is_some() {
            return self.end_paste(PasteEnd::GivenUp, out);
        }
        let alt = Modifiers {
            alt: true,
            ..Modifiers::default()
        };
        match self.begun.as_slice() {
            [ESC] => out(KeyEvent::Press(Key::Escape, Modifiers::default())),
            [ESC, b'['] => out(KeyEvent::Press(Key::Char('['), alt)),
            [ESC, b'O'] => out(KeyEvent::Press(Key::Char('O'), alt)),
            [ESC, ESC] => {
                out(KeyEvent::Press(Key::Escape, Modifiers::default()));
                out(KeyEvent::Press(Key::Escape, Modifiers::default()));
            }
            [ESC, ..] => {}
            _ => {
                out(KeyEvent::Mended);
                let key = Key::Char(char::REPLACEMENT_CHARACTER);
                out(KeyEvent::Press(key, Modifiers::default()));
            }
        }
        self.begun.clear();
    }

    /// Bytes held, for tests of the bound.
    #[cfg(test)]
    fn held_bytes(&self) -> usize {
        self.begun.capacity() + self.paste.as_ref().map_or(0, Vec::capacity)
    }

    fn decode(&mut self, out: &mut impl FnMut(KeyEvent)) {
        while !self.begun.is_empty() {
            match read(&self.begun) {
                Begun::Partial if self.begun.len() >= SEQUENCE_MAX_BYTES => {
                    self.is_skipping = true;
                    self.begun.clear();
                }
                Begun::Partial => return,
                Begun::Key(key, modifiers) => {
                    self.begun.clear();
                    out(KeyEvent::Press(key, modifiers));
                }
                Begun::Mouse(mouse) => {
                    self.begun.clear();
                    out(KeyEvent::Mouse(mouse));
                }
                Begun::Nothing => self.begun.clear(),
                Begun::Paste => {
                    self.begun.clear();
                    self.paste = Some(Vec::new());
                }
                Begun::Invalid(count) => {
                    let count = count.min(self.begun.len());
                    self.begun.drain(..count);
                    out(KeyEvent::Mended);
                    let key = Key::Char(char::REPLACEMENT_CHARACTER);
                    out(KeyEvent::Press(key, Modifiers::default()));
                }
                Begun::Escape => {
                    self.begun.drain(..1);
                    out(KeyEvent::Press(Key::Escape, Modifiers::default()));
                }
                Begun::Torn => {
                    let last = self.begun.pop();
                    self.begun.clear();
                    self.begun.extend(last);
                }
            }
        }
    }

    fn paste_byte(&mut self, byte: u8, out: &mut impl FnMut(KeyEvent)) {
        let Some(paste) = &mut self.paste else { return };
        paste.push(byte);
        if byte == CTRL_C {
            // A terminal takes control characters out of a paste: this is the key.
            self.paste = None;
            self.is_over_limit = false;
            return;
        }
        if paste.ends_with(PASTE_ENDS) {
            paste.truncate(paste.len() - PASTE_ENDS.len());
            return self.end_paste(PasteEnd::Marked, out);
        }
        let limit_bytes = PASTE_MAX_BYTES + PASTE_ENDS.len();
        if self.is_over_limit && paste.len() > PASTE_ENDS.len() {
            let surplus = paste.len() - PASTE_ENDS.len();
            paste.drain(..surplus);
        } else if paste.len() >= limit_bytes {
            let rest = paste.split_off(PASTE_MAX_BYTES);
            let text = std::mem::replace(paste, rest);
            self.is_over_limit = true;
            tell_paste(&text, PasteEnd::GivenUp, out);
        }
    }

    fn end_paste(&mut self, end: PasteEnd, out: &mut impl FnMut(KeyEvent)) {
        let paste = self.paste.take().unwrap_or_default();
        if !std::mem::take(&mut self.is_over_limit) {
            tell_paste(&paste, end, out);
        }
    }
}

/// How a paste ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PasteEnd {
    /// By the terminal's mark.
    Marked,
    /// Because its mark does not come, or it is too long.
    GivenUp,
}

fn tell_paste(bytes: &[u8], end: PasteEnd, out: &mut impl FnMut(KeyEvent)) {
    let is_whole = end == PasteEnd::Marked;
    let bytes = match std::str::from_utf8(bytes) {
        // A character that the limit cuts is left out, and not mended.
        Err(error) if error.error_len().is_none() && !is_whole => {
            bytes.get(..error.valid_up_to()).unwrap_or_default()
        }
        _ => bytes,
    };
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        out(KeyEvent::Mended);
    }
    let text = text.into_owned();
    out(KeyEvent::Paste { text, is_whole });
}

/// What some bytes are, of which the last has just come.
fn read(bytes: &[u8]) -> Begun {
    match bytes {
        [ESC] | [ESC, ESC] => Begun::Partial,
        [ESC, ESC, b'[', rest @ ..] => with_alt(control_sequence(rest)),
        [ESC, ESC, b'O', rest @ ..] => with_alt(single_shift(rest)),
        [ESC, ESC, ..] => Begun::Escape,
        [ESC, b'[', rest @ ..] => control_sequence(rest),
        [ESC, b'O', rest @ ..] => single_shift(rest),
        [ESC, rest @ ..] => match character(rest) {
            // The ESC stays the key that it was.
            Begun::Invalid(_) => Begun::Escape,
            other => with_alt(other),
        },
        _ => character(bytes),
    }
}

fn with_alt(begun: Begun) -> Begun {
    match begun {
        Begun::Key(key, modifiers) => Begun::Key(
            key,
            Modifiers {
                alt: true,
                ..modifiers
            },
        ),
        other => other,
    }
}

/// A key that is one character.
fn character(bytes: &[u8]) -> Begun {
    let plain = |key| Begun::Key(key, Modifiers::default());
    let ctrl = |byte: u8| {
        let key = Key::Char(char::from(byte));
        let ctrl = Modifiers {
            ctrl: true,
            ..Modifiers::default()
        };
        Begun::Key(key, ctrl)
    };
    match bytes {
        [] => Begun::Partial,
        // A line feed is Ctrl-J, which the line editor takes for Enter and a full screen does not.
        [b'\r', ..] => plain(Key::Enter),
        [b'\t', ..] => plain(Key::Tab),
        [0x08 | 0x7f, ..] => plain(Key::Backspace),
        [0, ..] => ctrl(b' '),
        [byte @ 1..=0x1a, ..] => ctrl(byte + b'a' - 1),
        [byte @ 0x1c..=0x1f, ..] => ctrl(byte + b'@'),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text
                .chars()
                .next()
                .map_or(Begun::Partial, |c| plain(Key::Char(c))),
            Err(error) => error.error_len().map_or(Begun::Partial, Begun::Invalid),
        },
    }
}

/// What follows `ESC O`.
fn single_shift(bytes: &[u8]) -> Begun {
    let (digits, last) = match bytes {
        [] => return Begun::Partial,
        [digits @ .., last] => (digits, *last),
    };
    if last.is_ascii_digit() || last == b';' {
        return Begun::Partial;
    }
    let modifiers = parameters(digits).last().copied().map(modifiers_of);
    match (letter_key(last), last) {
        (Some(key), _) => Begun::Key(key, modifiers.unwrap_or_default()),
        (None, b'M') => Begun::Key(Key::Enter, Modifiers::default()),
        // The keypad in application mode.
        (None, b'j'..=b'y') => {
            let c = char::from(last - b'j' + b'*');
            Begun::Key(Key::Char(c), Modifiers::default())
        }
        (None, 0x20..=0x7e) => Begun::Nothing,
        (None, _) => Begun::Torn,
    }
}

/// What follows `ESC [`.
fn control_sequence(bytes: &[u8]) -> Begun {
    let (before, last) = match bytes {
        [] | [b'['] => return Begun::Partial,
        // The function keys of the Linux console.
        [b'[', last @ b'A'..=b'E'] => {
            return Begun::Key(Key::Function(last - b'A' + 1), Modifiers::default());
        }
        [b'[', 0x20..=0x7e] => return Begun::Nothing,
        [b'<', numbers @ .., b'M'] => return mouse(&parameters(numbers)),
        [before @ .., last] => (before, *last),
    };
    let is_numbers = before
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b';');
    match last {
        // rxvt ends a key that is held with Shift by `$`.
        b'$' if is_numbers && !before.is_empty() => {}
        0x20..=0x3f => return Begun::Partial,
        0x40..=0x7e if is_numbers => {}
        0x40..=0x7e => return Begun::Nothing,
        _ => return Begun::Torn,
    }
    let numbers = parameters(before);
    let first = numbers.first().copied().unwrap_or(1);
    let modifiers = numbers
        .get(1)
        .copied()
        .map(modifiers_of)
        .unwrap_or_default();
    let held = |shift, ctrl| Modifiers {
        shift,
        ctrl,
        alt: false,
    };
    let key = |key: Option<Key>, modifiers| match key {
        Some(key) => Begun::Key(key, modifiers),
        None => Begun::Nothing,
    };
    match last {
        b'~' if first == 200 => Begun::Paste,
        // xterm's other keys: `CSI 27 ; modifiers ; code ~`.
        b'~' if first == 27 => code_key(numbers.get(2).copied(), modifiers),
        b'~' => key(number_key(first), modifiers),
        b'u' => code_key(Some(first), modifiers),
        b'$' => key(number_key(first), held(true, false)),
        b'^' => key(number_key(first), held(false, true)),
        b'@' => key(number_key(first), held(true, true)),
        b'Z' => key(Some(Key::BackTab), modifiers),
        b'a'..=b'd' => key(letter_key(last.to_ascii_uppercase()), held(true, false)),
        _ => key(letter_key(last), modifiers),
    }
}

fn parameters(bytes: &[u8]) -> Vec<u32> {
    let parts = bytes.split(|byte| *byte == b';');
    let number = |part: &[u8]| {
        let digits = part.iter().map(|byte| u32::from(byte.saturating_sub(b'0')));
        digits.fold(0_u32, |sum, digit| {
            sum.saturating_mul(10).saturating_add(digit)
        })
    };
    parts.map(number).collect()
}
