//! Editing by keys, the layout, and that no keys break either.

use super::*;
use crate::terminal::kernel::Size;
use crate::terminal::painter::Prompt;
use proptest::prelude::*;

fn modifiers(ctrl: bool, alt: bool) -> Modifiers {
    Modifiers {
        ctrl,
        alt,
        shift: false,
    }
}

fn types(editor: &mut LineEditor, text: &str) {
    for c in text.chars() {
        editor.press(Key::Char(c), Modifiers::default());
    }
}

fn ctrl(editor: &mut LineEditor, c: char) -> Edit {
    editor.press(Key::Char(c), modifiers(true, false))
}

fn alt(editor: &mut LineEditor, c: char) -> Edit {
    editor.press(Key::Char(c), modifiers(false, true))
}

fn plain(editor: &mut LineEditor, key: Key) -> Edit {
    editor.press(key, Modifiers::default())
}

fn with(text: &str) -> LineEditor {
    let mut editor = LineEditor::default();
    types(&mut editor, text);
    editor
}

#[test]
fn keys_edit_by_graphemes_and_words() {
    let mut editor = with("olá, 👩‍👩‍👧 mundo");
    ctrl(&mut editor, 'w');
    assert_eq!(editor.text(), "olá, 👩‍👩‍👧 ");
    plain(&mut editor, Key::Backspace);
    plain(&mut editor, Key::Backspace);
    assert_eq!(editor.text(), "olá, ");
    ctrl(&mut editor, 'y');
    assert_eq!(editor.text(), "olá, mundo");
    alt(&mut editor, 'b');
    alt(&mut editor, 'b');
    assert_eq!(editor.caret(), 0);
    alt(&mut editor, 'f');
    assert_eq!(editor.caret(), "olá".len());
    alt(&mut editor, 'd');
    assert_eq!(editor.text(), "olá");
    ctrl(&mut editor, '_');
    assert_eq!(editor.text(), "olá, mundo");
    ctrl(&mut editor, 'a');
    plain(&mut editor, Key::Delete);
    ctrl(&mut editor, 'f');
    ctrl(&mut editor, 't');
    assert_eq!(editor.text(), "ál, mundo");
    ctrl(&mut editor, 'k');
    ctrl(&mut editor, 'u');
    assert_eq!(editor.text(), "");
    types(&mut editor, "abc");
    editor.press(Key::Left, modifiers(true, false));
    types(&mut editor, "x");
    plain(&mut editor, Key::End);
    editor.press(Key::Backspace, modifiers(false, true));
    assert_eq!(editor.text(), "");
}

#[test]
fn keys_that_mean_nothing_harm_nothing() {
    let mut editor = with("oi");
    for c in ['q', 'v', 'x', 's', 'o', '\\', ']'] {
        assert_eq!(ctrl(&mut editor, c), Edit::Edited);
    }
    for key in [
        Key::Escape,
        Key::Tab,
        Key::Insert,
        Key::PageUp,
        Key::Function(5),
    ] {
        assert_eq!(plain(&mut editor, key), Edit::Edited);
    }
    assert_eq!((editor.text(), editor.caret()), ("oi", 2));
    assert_eq!(plain(&mut editor, Key::Enter), Edit::Line("oi".into()));
}

#[test]
fn ctrl_c_clears_a_line_and_then_interrupts_and_ctrl_d_deletes_and_then_ends() {
    let mut editor = with("meia");
    ctrl(&mut editor, 'a');
    ctrl(&mut editor, 'd');
    assert_eq!(ctrl(&mut editor, 'c'), Edit::Cleared("eia".into()));
    assert_eq!(ctrl(&mut editor, 'c'), Edit::Interrupt);
    assert_eq!(ctrl(&mut editor, 'd'), Edit::End);
}

#[test]
fn earlier_lines_come_back_by_arrows_and_by_search() {
    let mut editor = LineEditor::default();
    for line in ["um", "dois", "três"] {
        types(&mut editor, line);
        plain(&mut editor, Key::Enter);
    }
    types(&mut editor, "rascunho");
    for (key, text) in [
        (Key::Up, "três"),
        (Key::Up, "dois"),
        (Key::Down, "três"),
        (Key::Down, "rascunho"),
        (Key::Down, "rascunho"),
    ] {
        plain(&mut editor, key);
        assert_eq!(editor.text(), text, "{key:?}");
    }
    ctrl(&mut editor, 'r');
    types(&mut editor, "o");
    assert_eq!((editor.text(), editor.query()), ("dois", Some("o")));
    ctrl(&mut editor, 'c');
    assert_eq!((editor.text(), editor.query()), ("rascunho", None));
    ctrl(&mut editor, 'r');
    types(&mut editor, "um");
    assert_eq!(plain(&mut editor, Key::Enter), Edit::Line("um".into()));
}

#[test]
fn a_line_has_a_limit() {
    let mut editor = LineEditor::default();
    assert!(editor.insert(&"x".repeat(LINE_MAX_BYTES)));
    types(&mut editor, "y");
    assert!(!editor.insert("y"));
    assert_eq!(editor.text().len(), LINE_MAX_BYTES);
}

#[test]
fn a_long_line_is_shown_around_its_caret() {
    let size = Size {
        columns: 4,
        rows: 2,
    };
    let mut prompt = Prompt {
        prompt: "> ".into(),
        text: "abcdefghij日".into(),
        caret: 13,
    };
    let rows = layout(&prompt, size);
    let texts: Vec<&str> = rows.rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!((texts, rows.caret), (vec!["ghij", "日"], (1, 2)));
    prompt.caret = 0;
    let rows = layout(&prompt, size);
    let texts: Vec<&str> = rows.rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!((texts, rows.caret), (vec!["> ab", "cdef"], (0, 2)));
}

#[test]
fn a_line_break_is_one_mark_and_one_key() {
    let mut editor = LineEditor::default();
    editor.insert("um\n\n\tdois");
    let prompt = Prompt {
        prompt: "> ".into(),
        text: editor.text().to_owned(),
        caret: editor.caret(),
    };
    let size = Size {
        columns: 8,
        rows: 3,
    };
    let rows = layout(&prompt, size);
    let texts: Vec<&str> = rows.rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!((texts, rows.caret), (vec!["> um␊␊ d", "ois"], (1, 3)));
    for _ in 0.."\tdois".len() {
        plain(&mut editor, Key::Left);
    }
    plain(&mut editor, Key::Backspace);
    assert_eq!(editor.text(), "um\n\tdois");
}

fn any_key() -> impl Strategy<Value = (Key, Modifiers)> {
    let key = prop_oneof![
        4 => any::<char>().prop_map(Key::Char),
        4 => "[a-z_ ]".prop_map(|text| Key::Char(text.chars().next().unwrap())),
        2 => prop::sample::select(vec![
            '\u{301}', '\u{200d}', '👩', '🇧', '🇷', '\u{1f3fd}', '한', '\u{11a8}', '\r', '\t',
            '\n',
        ])
        .prop_map(Key::Char),
        4 => prop::sample::select(vec![
            Key::Enter, Key::Backspace, Key::Delete, Key::Left, Key::Right, Key::Up, Key::Down,
            Key::Home, Key::End, Key::Escape,
        ]),
    ];
    let modifiers = (any::<bool>(), any::<bool>(), any::<bool>());
    (key, modifiers).prop_map(|(key, (shift, alt, ctrl))| (key, Modifiers { shift, alt, ctrl }))
}

proptest! {
    #[test]
    fn no_keys_put_the_caret_within_a_grapheme(
        keys in prop::collection::vec(any_key(), 0..60),
        columns in 2_usize..30,
        rows in 1_usize..6,
    ) {
        let mut editor = LineEditor::default();
        for (key, modifiers) in keys {
            editor.press(key, modifiers);
            prop_assert!(editor.is_boundary(editor.caret()), "{:?}", editor);
            let prompt = Prompt {
                prompt: "ana> ".into(),
                text: editor.text().to_owned(),
                caret: editor.caret(),
            };
            let drawn = layout(&prompt, Size { columns, rows });
            prop_assert!((1..=rows).contains(&drawn.rows.len()));
            prop_assert!(drawn.caret.0 < drawn.rows.len() && drawn.caret.1 < columns);
            for row in &drawn.rows {
                prop_assert!(!row.text.chars().any(char::is_control));
                let cells: usize = row
                    .text
                    .graphemes(true)
                    .map(unicode_width::UnicodeWidthStr::width)
                    .sum();
                prop_assert!(cells <= columns.max(row.cells));
            }
        }
    }
}
