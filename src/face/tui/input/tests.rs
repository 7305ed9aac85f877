//! How a message is typed.

use super::*;
use crate::terminal::keys::{KeyDecoder, KeyEvent};
use proptest::prelude::*;
use std::time::Duration;

fn typed(input: &mut Input, keys: &str) -> Vec<Typed> {
    let mut events = Vec::new();
    let mut decoder = KeyDecoder::default();
    decoder.feed(Duration::ZERO, keys.as_bytes(), &mut |event| {
        events.push(event);
    });
    let mut out = Vec::new();
    for event in events {
        match event {
            KeyEvent::Press(key, held) => out.push(input.press(key, held, 20)),
            KeyEvent::Paste { text, .. } => input.paste(&text),
            KeyEvent::Mended | KeyEvent::Mouse(_) => {}
        }
    }
    out.retain(|typed| *typed != Typed::Nothing);
    out
}

fn line(text: &str, is_pasted: bool) -> Vec<Typed> {
    vec![Typed::Line {
        text: text.into(),
        is_pasted,
    }]
}

#[test]
fn a_message_may_have_several_lines() {
    let mut input = Input::default();
    assert_eq!(typed(&mut input, "um\ndois\x1b\rtres"), []);
    assert_eq!(input.rows(20).rows, ["um", "dois", "tres"]);
    // Up goes to the line above, and only from the first one to earlier messages.
    assert_eq!(
        typed(&mut input, "\x1b[A\x1b[A!\r"),
        line("um!\ndois\ntres", false)
    );
    assert_eq!(
        typed(&mut input, "\x1b[A\r"),
        line("um!\ndois\ntres", false)
    );
}

#[test]
fn a_paste_of_several_lines_is_asked_about_once_and_is_text() {
    let mut input = Input::default();
    typed(&mut input, "\x1b[200~/sair\num\n\x1b[201~");
    assert_eq!(input.asks(), Some(2));
    typed(&mut input, "n");
    assert_eq!((input.asks(), input.text()), (None, ""));
    typed(&mut input, "\x1b[200~/sair\r\num\n\x1b[201~y");
    assert_eq!(input.text(), "/sair\num");
    assert_eq!(typed(&mut input, "\r"), line("/sair\num", true));
    typed(&mut input, "\x1b[200~so uma\n\x1b[201~");
    assert_eq!(typed(&mut input, "\r"), line("so uma", false));
}

#[test]
fn an_emoji_is_written_by_its_name() {
    let mut input = Input::default();
    typed(&mut input, "oi :ok:");
    assert_eq!(input.text(), "oi 👌");
    typed(&mut input, "\x1f");
    assert_eq!(input.text(), "oi :ok:");
    typed(&mut input, " :rock\t");
    assert_eq!(input.text(), "oi :ok: 🚀");
}

proptest! {
    #[test]
    fn the_caret_is_in_its_rows_and_nothing_is_lost(
        text in "[a-z漢é👍 \n]{0,60}",
        caret in 0_usize..80,
        columns in 0_u16..20,
    ) {
        let mut before = (0..=caret.min(text.len())).rev();
        let caret = before.find(|at| text.is_char_boundary(*at)).unwrap();
        let laid = rows(&text, caret, columns);
        prop_assert!(laid.caret.0 < laid.rows.len());
        prop_assert!(laid.caret.1 < columns.max(3));
        prop_assert_eq!(laid.rows.concat(), text.replace('\n', ""));
    }
}
