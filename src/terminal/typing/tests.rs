//! Tests of what keys become.

use super::*;
use crate::chat::vocabulary::{Argument, CommandWord};

fn typing(paste: PastePolicy) -> Typing {
    Typing::new("ana> ".into(), paste, Lang::En)
}

fn asking() -> Typing {
    typing(PastePolicy::Ask {
        question: Box::new(|lines| format!("{lines}? ")),
        is_yes: |answer| answer == "y",
    })
}

/// The lines that some keys give.
fn lines(typing: &mut Typing, keys: &str) -> Vec<String> {
    typing.feed(Duration::ZERO, keys.as_bytes());
    let acts = std::iter::from_fn(|| typing.poll());
    acts.filter_map(|act| match act {
        Act::Line(line) => Some(line.text),
        _ => None,
    })
    .collect()
}

#[test]
fn a_paste_of_several_lines_is_asked_about() {
    let mut typing = asking();
    assert!(lines(&mut typing, "meia \x1b[200~um\ndois\n\x1b[201~").is_empty());
    assert_eq!(typing.prompt().prompt, "2? ");
    assert!(lines(&mut typing, "\x03").is_empty());
    assert_eq!(typing.prompt().text, "meia ");
    assert!(lines(&mut typing, "\x1b[200~um\r\ndois\x1b[201~nada\x03").is_empty());
    assert_eq!(typing.prompt().text, "meia ");
    lines(&mut typing, "\x1b[200~um\ndois\x1b[201~");
    assert_eq!(lines(&mut typing, "y\r"), ["meia um\ndois"]);
    assert_eq!(lines(&mut typing, "\x1b[200~um\n\x1b[201~!\r"), ["um!"]);
}

#[test]
fn a_paste_that_is_not_to_be_sent_by_lines_is_edited_as_one_line() {
    let mut typing = asking();
    for no in ["n\r", "\r", "\x04"] {
        let paste = format!("a b\x1b[D\x1b[200~um\r\n\r\n\tdois\n\x1b[201~{no}");
        assert!(lines(&mut typing, &paste).is_empty());
        let Prompt { text, caret, .. } = typing.prompt();
        assert_eq!((text.as_str(), caret), ("a um\n\n\tdoisb", 11), "{no:?}");
        assert_eq!(lines(&mut typing, "!\r"), ["a um\n\n\tdois!b"]);
    }
    assert_eq!(lines(&mut typing, "\x1b[A\r"), ["a um\n\n\tdois!b"]);
}

#[test]
fn a_second_paste_is_asked_about_with_the_first() {
    let mut typing = asking();
    lines(&mut typing, "\x1b[200~um\ndois\n\x1b[201~");
    lines(&mut typing, "\x1b[200~\n\ntrês\x1b[201~");
    assert_eq!(typing.prompt().prompt, "4? ");
    assert_eq!(lines(&mut typing, "y\r"), ["um\ndois\n\ntrês"]);
    // No number of pastes makes a line too long.
    let much = format!("\x1b[200~{}\ndois\x1b[201~", "é".repeat(LINE_MAX_BYTES / 4));
    (0..5).for_each(|_| drop(lines(&mut typing, &much)));
    lines(&mut typing, "n\r");
    let held = LINE_MAX_BYTES - 1..=LINE_MAX_BYTES;
    assert!(held.contains(&typing.prompt().text.len()));
}

#[test]
fn bytes_that_are_no_utf_8_are_told_of_the_lines_that_hold_them() {
    let mended = |typing: &mut Typing| -> Vec<bool> {
        let acts = std::iter::from_fn(|| typing.poll());
        acts.filter_map(|act| match act {
            Act::Line(line) => Some(line.is_mended),
            _ => None,
        })
        .collect()
    };
    let paste = b"\x1b[200~um\n\xff\n\xff\x1b[201~";
    let mut lines = typing(PastePolicy::Lines);
    lines.feed(Duration::ZERO, paste);
    lines.feed(Duration::ZERO, b"!\r");
    assert_eq!(mended(&mut lines), [false, true, true]);
    let mut asked = asking();
    asked.feed(Duration::ZERO, paste);
    asked.feed(Duration::ZERO, b"y\r");
    assert_eq!(mended(&mut asked), [true]);
    asked.feed(Duration::ZERO, paste);
    asked.feed(Duration::ZERO, b"n\r\r");
    assert_eq!(mended(&mut asked), [true]);
}

#[test]
fn a_paste_that_is_sent_is_one_line_and_shown_indented() {
    let pasted = |keys: &str| {
        let mut typing = asking();
        typing.feed(Duration::ZERO, keys.as_bytes());
        let acts: Vec<Act> = std::iter::from_fn(|| typing.poll()).collect();
        let shown = "ana> ".to_owned();
        match acts.as_slice() {
            [Act::Show(question), Act::Show(text), Act::Line(line)] => {
                assert_eq!(question, "2? y\n");
                (
                    text.strip_prefix(&shown).unwrap().to_owned(),
                    line.is_pasted,
                )
            }
            other => panic!("{other:?}"),
        }
    };
    let of = |text: &str, is_pasted| (text.to_owned(), is_pasted);
    assert_eq!(
        pasted("\x1b[200~/um\n\x1b[2J\n\x1b[201~y\r"),
        of("/um\n    ␛[2J\n", true)
    );
    // What a person typed before it is read as typed.
    assert_eq!(
        pasted("/msg bia \x1b[200~um\ndois\x1b[201~y\r"),
        of("/msg bia um\n    dois\n", false)
    );
}

#[test]
fn or_each_of_its_lines_is_a_line() {
    let mut typing = typing(PastePolicy::Lines);
    let paste = "a \x1b[D\x1b[200~um\ndois\ntrês\x1b[201~";
    assert_eq!(lines(&mut typing, paste), ["aum", "dois"]);
    assert_eq!(lines(&mut typing, "!\r"), ["três! "]);
    let paste = "\x1b[200~\n\tum\n\n\ndois\n\n\x1b[201~";
    assert_eq!(lines(&mut typing, paste), ["", "\tum", "", "", "dois", ""]);
}

#[test]
fn tab_goes_through_what_a_word_may_become() {
    let mut typing = asking();
    const COMMANDS: [CommandWord; 2] = [
        CommandWord::new("/help", Argument::Nothing),
        CommandWord::new("/msg", Argument::Person),
    ];
    typing.completion().set_commands(COMMANDS);
    for name in ["ana", "Ana Luz", "bia"] {
        typing.completion().add_name(name);
    }
    let mut typed = |keys: &str| {
        lines(&mut typing, keys);
        let Prompt { text, caret, .. } = typing.prompt();
        let line = format!("{}|{}", &text[..caret], &text[caret..]);
        lines(&mut typing, "\x05\x15");
        line
    };
    for (keys, expected) in [
        ("/he\t", "/help |"),
        ("/m\tb\toi", "/msg bia oi|"),
        ("/msg a\t\t", "/msg \"Ana Luz\" |"),
        ("/msg a\t\t\t", "/msg ana |"),
        ("/msg a\x1b[Z", "/msg \"Ana Luz\" |"),
        ("/msg a\t\x1b[Zb", "/msg \"Ana Luz\" b|"),
        ("b\t", "bia: |"),
        ("oi, b\t!", "oi, bia !|"),
        ("oi, b!\x1b[D\t", "oi, bia |!"),
        ("oi, b c\x1b[D\x1b[D\t", "oi, bia| c"),
        ("b\t\x1f", "b|"),
        ("a\t\t\x1f", "a|"),
        ("zé\t", "zé|"),
        ("\t", "|"),
    ] {
        assert_eq!(typed(keys), expected, "{keys:?}");
    }
    // A question is answered, and not completed.
    lines(&mut typing, "\x1b[200~a\nb\x1b[201~b\t");
    assert_eq!(typing.prompt().text, "b");
}

#[test]
fn ctrl_c_clears_a_line_and_interrupts_on_an_empty_one() {
    let mut typing = asking();
    typing.feed(Duration::ZERO, b"meia\x03");
    assert_eq!(typing.poll(), Some(Act::Show("ana> meia^C\n".into())));
    assert_eq!(typing.poll(), None);
    typing.feed(Duration::ZERO, b"\x03");
    assert_eq!(typing.poll(), Some(Act::Interrupt));
}
