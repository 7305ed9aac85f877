//! Lines out of pipes, however they cut.

use super::*;
use crate::terminal::block::{LINE_MAX_BYTES, READ_BYTES};
use proptest::prelude::*;

/// Gives a few bytes at a time, as a slow pipe does.
struct Trickle<'b>(&'b [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let step = self.1.min(self.0.len()).min(room.len());
        let (now, later) = self.0.split_at(step);
        room[..step].copy_from_slice(now);
        self.0 = later;
        Ok(step)
    }
}

fn lines(bytes: &[u8], step: usize) -> Vec<Vec<u8>> {
    let (tickets, taken) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    for _ in 0..PIPE_TICKETS {
        tickets.send(Block::default()).unwrap();
    }
    let input = bytes.to_vec();
    let reader = thread::spawn(move || {
        read_blocks(&mut Trickle(&input, step), &taken, |typed| {
            tell.send(typed).is_ok()
        });
    });
    let mut lines = Vec::new();
    loop {
        match told.recv().unwrap() {
            Typed::Lines(mut block) => {
                while let Some(line) = block.next_line() {
                    lines.push(line.text.into_owned().into_bytes());
                }
                tickets.send(Block::default()).ok();
            }
            Typed::End => break,
            Typed::Failed(error) => {
                lines.push(error.to_string().into_bytes());
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    reader.join().unwrap();
    lines
}

#[test]
fn lines_end_with_a_line_end_or_with_the_input() {
    assert_eq!(
        lines(b"um\r\n\ndois\nfim", 4),
        [&b"um"[..], b"", b"dois", b"fim"]
    );
    assert_eq!(lines(b"", 4), Vec::<Vec<u8>>::new());
    assert_eq!(lines(b"\n", 4), [b""]);
}

#[test]
fn a_byte_order_mark_is_skipped_and_utf_16_is_refused() {
    for step in 1..5 {
        let marked = lines("\u{feff}/msg ana oi\n\u{feff}fim".as_bytes(), step);
        assert_eq!(marked, [&b"/msg ana oi"[..], "\u{feff}fim".as_bytes()]);
        assert_eq!(lines("\u{feff}\n".as_bytes(), step), [b""]);
        assert_eq!(lines("\u{feff}".as_bytes(), step), Vec::<Vec<u8>>::new());
    }
    let utf_16 = "oi\n".encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<u8> = b"\xff\xfe".iter().copied().chain(utf_16).collect();
    assert_eq!(lines(&utf_16, 1), [b"it is UTF-16"]);
}

#[test]
fn a_line_of_just_the_limit_is_whole_however_it_comes() {
    for (end, step) in [
        ("\n", LINE_MAX_BYTES),
        ("\r\n", 1000),
        ("\n", usize::MAX),
        ("", 999),
    ] {
        let line = "x".repeat(LINE_MAX_BYTES);
        assert_eq!(
            lines(format!("{line}{end}").as_bytes(), step),
            [line.as_bytes()]
        );
    }
}

#[test]
fn a_line_over_the_limit_is_cut_between_characters() {
    let long = "é".repeat(LINE_MAX_BYTES);
    let cut = lines(format!("x{long}\nfim").as_bytes(), usize::MAX);
    assert!(cut.len() > 2);
    assert!(cut.iter().all(|line| std::str::from_utf8(line).is_ok()));
    assert!(
        cut.iter()
            .all(|line| line.len() <= LINE_MAX_BYTES + READ_BYTES)
    );
    assert_eq!(
        cut[..cut.len() - 1].concat(),
        format!("x{long}").into_bytes()
    );
}

proptest! {
    #[test]
    fn no_byte_is_lost_however_a_pipe_cuts(text in "[a-z\n]{0,200}", step in 1_usize..40) {
        let got = lines(text.as_bytes(), step);
        let expected: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
        prop_assert_eq!(got, expected);
    }
}
