//! The numbers and letters by which a terminal names its keys and the buttons of its mouse. Pure.

use super::{Begun, Key, Modifiers};

/// What a mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAct {
    /// Its first button was pressed.
    Press,
    /// Its wheel was turned up.
    WheelUp,
    /// Its wheel was turned down.
    WheelDown,
}

/// What a mouse did, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub act: MouseAct,
    /// The column and the row, from 0.
    pub at: (u16, u16),
}

/// Bits of a button's number that say what is held beside it: Shift, Alt, Ctrl.
const HELD: u32 = 4 | 8 | 16;

/// Set while the mouse is moved.
const MOVED: u32 = 32;

/// The mouse in its extended form (mode 1006): `CSI < button ; column ; row`, then `M` for a press.
pub(super) fn mouse(numbers: &[u32]) -> Begun {
    let [button, column, row] = numbers else {
        return Begun::Nothing;
    };
    let act = match button & !HELD {
        0 => MouseAct::Press,
        64 => MouseAct::WheelUp,
        65 => MouseAct::WheelDown,
        _ => return Begun::Nothing,
    };
    let cell = |number: &u32| u16::try_from(number.saturating_sub(1)).unwrap_or(u16::MAX);
    match button & MOVED {
        0 => Begun::Mouse(Mouse {
            act,
            at: (cell(column), cell(row)),
        }),
        _ => Begun::Nothing,
    }
}

/// The modifiers in xterm's number: 1 and a bit for each.
pub(super) fn modifiers_of(number: u32) -> Modifiers {
    let bits = number.saturating_sub(1);
    Modifiers {
        shift: bits & 1 != 0,
        alt: bits & 2 != 0,
        ctrl: bits & 4 != 0,
    }
}

pub(super) fn letter_key(letter: u8) -> Option<Key> {
    Some(match letter {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'P'..=b'S' => Key::Function(letter - b'P' + 1),
        // rxvt's arrows with Ctrl, behind `ESC O`.
        b'a' => Key::Up,
        b'b' => Key::Down,
        b'c' => Key::Right,
        b'd' => Key::Left,
        _ => return None,
    })
}

pub(super) fn number_key(number: u32) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        2 => Key::Insert,
        3 => Key::Delete,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        11..=15 => Key::Function((number - 10) as u8),
        17..=21 => Key::Function((number - 11) as u8),
        23..=26 => Key::Function((number - 12) as u8),
        28 | 29 => Key::Function((number - 13) as u8),
        31..=34 => Key::Function((number - 14) as u8),
        _ => return None,
    })
}

/// A key that is told by its character's number.
pub(super) fn code_key(code: Option<u32>, modifiers: Modifiers) -> Begun {
    let key = match code {
        Some(9) => Key::Tab,
        Some(13) => Key::Enter,
        Some(27) => Key::Escape,
        Some(8 | 127) => Key::Backspace,
        Some(code) => match char::from_u32(code).filter(|c| !c.is_control()) {
            Some(c) => Key::Char(c),
            None => return Begun::Nothing,
        },
        None => return Begun::Nothing,
    };
    Begun::Key(key, modifiers)
}
