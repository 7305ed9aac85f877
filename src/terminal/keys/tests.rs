//! Keys out of bytes: the sequences of common terminals, cuts anywhere, time, and the bound.

use super::*;
use proptest::prelude::*;

const NOW: Duration = Duration::from_secs(1);

fn plain(key: Key) -> KeyEvent {
    KeyEvent::Press(key, Modifiers::default())
}

fn held(key: Key, names: &str) -> KeyEvent {
    let modifiers = Modifiers {
        shift: names.contains('s'),
        alt: names.contains('a'),
        ctrl: names.contains('c'),
    };
    KeyEvent::Press(key, modifiers)
}

fn paste(text: &str, is_whole: bool) -> KeyEvent {
    KeyEvent::Paste {
        text: text.into(),
        is_whole,
    }
}

fn fed(decoder: &mut KeyDecoder, now: Duration, bytes: &[u8]) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    decoder.feed(now, bytes, &mut |event| events.push(event));
    events
}

fn keys(bytes: &str) -> Vec<KeyEvent> {
    fed(&mut KeyDecoder::default(), NOW, bytes.as_bytes())
}

#[test]
fn common_terminals_are_understood() {
    let table: &[(&str, KeyEvent)] = &[
        // Every terminal.
        ("a", plain(Key::Char('a'))),
        ("é", plain(Key::Char('é'))),
        ("🎉", plain(Key::Char('🎉'))),
        ("\r", plain(Key::Enter)),
        ("\t", plain(Key::Tab)),
        ("\x7f", plain(Key::Backspace)),
        ("\x08", plain(Key::Backspace)),
        ("\x01", held(Key::Char('a'), "c")),
        ("\x1f", held(Key::Char('_'), "c")),
        ("\x00", held(Key::Char(' '), "c")),
        ("\x1bb", held(Key::Char('b'), "a")),
        ("\x1bé", held(Key::Char('é'), "a")),
        ("\x1b\x7f", held(Key::Backspace, "a")),
        ("\x1b\r", held(Key::Enter, "a")),
        // xterm, tmux, screen.
        ("\x1b[A", plain(Key::Up)),
        ("\x1bOA", plain(Key::Up)),
        ("\x1b[H", plain(Key::Home)),
        ("\x1bOF", plain(Key::End)),
        ("\x1b[1~", plain(Key::Home)),
        ("\x1b[4~", plain(Key::End)),
        ("\x1b[3~", plain(Key::Delete)),
        ("\x1b[2~", plain(Key::Insert)),
        ("\x1b[5~", plain(Key::PageUp)),
        ("\x1b[6~", plain(Key::PageDown)),
        ("\x1b[1;5C", held(Key::Right, "c")),
        ("\x1b[1;3D", held(Key::Left, "a")),
        ("\x1b[1;2A", held(Key::Up, "s")),
        ("\x1b[3;5~", held(Key::Delete, "c")),
        ("\x1b[Z", plain(Key::BackTab)),
        ("\x1bOP", plain(Key::Function(1))),
        ("\x1b[15~", plain(Key::Function(5))),
        ("\x1b[24~", plain(Key::Function(12))),
        ("\x1b[27;5;13~", held(Key::Enter, "c")),
        ("\x1b[97;5u", held(Key::Char('a'), "c")),
        ("\x1bOM", plain(Key::Enter)),
        // The Linux console.
        ("\x1b[[A", plain(Key::Function(1))),
        ("\x1b[[E", plain(Key::Function(5))),
        // rxvt.
        ("\x1b[7~", plain(Key::Home)),
        ("\x1b[8~", plain(Key::End)),
        ("\x1b[7$", held(Key::Home, "s")),
        ("\x1b[8^", held(Key::End, "c")),
        ("\x1b[3@", held(Key::Delete, "sc")),
        ("\x1b[a", held(Key::Up, "s")),
        ("\x1b\x1b[A", held(Key::Up, "a")),
        // Pastes.
        ("\x1b[200~um\ndois\x1b[201~", paste("um\ndois", true)),
        ("\x1b[200~\x1b[A\x1b[201~", paste("\x1b[A", true)),
    ];
    for (bytes, expected) in table {
        assert_eq!(keys(bytes), std::slice::from_ref(expected), "{bytes:?}");
    }
}

#[test]
fn what_means_nothing_is_left_out_and_harms_nothing_behind_it() {
    for bytes in [
        "\x1b[?1;2c",
        "\x1b[99~",
        "\x1b[I",
        "\x1b[<;1M",
        "\x1b[?2004;1$y",
        "\x1b[[z",
    ] {
        assert_eq!(
            keys(&format!("{bytes}x")),
            [plain(Key::Char('x'))],
            "{bytes:?}"
        );
    }
    let long = format!("\x1b[{}mx", "1".repeat(500));
    assert_eq!(keys(&long), [plain(Key::Char('x'))]);
    // A sequence that another byte tears.
    assert_eq!(keys("\x1b[1;\x03"), [held(Key::Char('c'), "c")]);
}

#[test]
fn an_escape_alone_is_a_key_once_its_time_is_over() {
    let mut decoder = KeyDecoder::default();
    assert!(fed(&mut decoder, NOW, b"\x1b").is_empty());
    let due = decoder.next_time().unwrap();
    assert_eq!(due, NOW + ESCAPE_WAIT);
    assert_eq!(
        fed(&mut decoder, due, b"[A"),
        [
            plain(Key::Escape),
            plain(Key::Char('[')),
            plain(Key::Char('A'))
        ]
    );
    assert_eq!(decoder.next_time(), None);
    assert_eq!(
        fed(&mut decoder, NOW, b"\x1b\x1bx"),
        [plain(Key::Escape), held(Key::Char('x'), "a")]
    );
}

#[test]
fn bytes_that_are_no_utf_8_are_told() {
    let mut decoder = KeyDecoder::default();
    let mended = [
        KeyEvent::Mended,
        plain(Key::Char('\u{fffd}')),
        plain(Key::Char('a')),
    ];
    assert_eq!(fed(&mut decoder, NOW, b"\xffa"), mended);
    assert_eq!(fed(&mut decoder, NOW, b"\xc3a"), mended);
    let pasted = fed(&mut decoder, NOW, b"\x1b[200~x\xff\x1b[201~");
    assert_eq!(pasted, [KeyEvent::Mended, paste("x\u{fffd}", true)]);
}

#[test]
fn a_paste_without_an_end_ends_by_time_by_size_or_by_ctrl_c() {
    let mut decoder = KeyDecoder::default();
    assert!(fed(&mut decoder, NOW, b"\x1b[200~meia").is_empty());
    let due = decoder.next_time().unwrap();
    assert_eq!(due, NOW + PASTE_WAIT);
    assert_eq!(
        fed(&mut decoder, due, b"x"),
        [paste("meia", false), plain(Key::Char('x'))]
    );

    assert!(fed(&mut decoder, NOW, b"\x1b[200~meia").is_empty());
    assert_eq!(fed(&mut decoder, NOW, b"\x03x"), [plain(Key::Char('x'))]);

    assert!(fed(&mut decoder, NOW, b"\x1b[200~").is_empty());
    let much = "é".repeat(PASTE_MAX_BYTES / 2);
    let mut told = fed(&mut decoder, NOW, format!("a{much}{much}\rb").as_bytes());
    let expected = format!("a{}", "é".repeat(PASTE_MAX_BYTES / 2 - 1));
    assert!(told.pop() == Some(paste(&expected, false)) && told.is_empty());
    assert_eq!(
        fed(&mut decoder, NOW, b"\x1b[201~x"),
        [plain(Key::Char('x'))]
    );
}

/// Bytes of which many begin something.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\x1b".to_vec()),
        Just(b"\x1b[".to_vec()),
        Just(b"\x1bO".to_vec()),
        Just(b"\x1b[200~".to_vec()),
        Just(b"\x1b[201~".to_vec()),
        Just("é🎉".as_bytes().to_vec()),
        "[0-9;$^@~A-Za-z]{0,4}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn bytes_cut_anywhere_give_the_same_keys(bytes in likely(), step in 1_usize..9) {
        let whole = fed(&mut KeyDecoder::default(), NOW, &bytes);
        let mut decoder = KeyDecoder::default();
        let cut: Vec<KeyEvent> = bytes
            .chunks(step)
            .flat_map(|piece| fed(&mut decoder, NOW, piece))
            .collect();
        prop_assert_eq!(whole, cut);
        prop_assert!(decoder.held_bytes() <= 1024);
    }

    #[test]
    fn after_enough_time_nothing_is_waited_for(bytes in likely()) {
        let mut decoder = KeyDecoder::default();
        fed(&mut decoder, NOW, &bytes);
        decoder.on_time(NOW + PASTE_WAIT, &mut |_| {});
        prop_assert_eq!(decoder.next_time(), None);
    }
}

#[test]
fn a_press_and_the_wheel_of_the_mouse_are_told_and_nothing_else_of_it() {
    let mouse = |act, at| KeyEvent::Mouse(Mouse { act, at });
    for (typed, expected) in [
        ("\x1b[<0;12;3M", vec![mouse(MouseAct::Press, (11, 2))]),
        ("\x1b[<16;1;1M", vec![mouse(MouseAct::Press, (0, 0))]),
        ("\x1b[<64;1;1M", vec![mouse(MouseAct::WheelUp, (0, 0))]),
        ("\x1b[<65;9;0M", vec![mouse(MouseAct::WheelDown, (8, 0))]),
        ("\x1b[<0;12;3m", vec![]),
        ("\x1b[<32;12;3M", vec![]),
        ("\x1b[<2;12;3M", vec![]),
        ("\x1b[<0;12M", vec![]),
        ("\x1b[<M", vec![]),
        (
            "\x1b[<0;99999999;70000Mx",
            vec![
                mouse(MouseAct::Press, (u16::MAX, u16::MAX)),
                plain(Key::Char('x')),
            ],
        ),
    ] {
        assert_eq!(keys(typed), expected, "{typed:?}");
    }
}
