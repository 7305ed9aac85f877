//! Outputs into pipes: full queues, order, failures, and the count of what was left out.

use std::io::{PipeReader, Read};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{self, Receiver};

use super::*;
use crate::terminal::streams::Talk;

const MAX_BYTES: usize = 100_000;

/// Bytes that fill a pipe.
const PIPE_BYTES: usize = 64 << 10;

/// An output into a pipe that is full of dots, and what its thread reports.
fn output() -> (Output, PipeReader, Receiver<OutputEvent>) {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&[b'.'; PIPE_BYTES]).unwrap();
    let (tell, told) = mpsc::channel();
    let stream = File::from(OwnedFd::from(writer));
    let output = Output::start(stream, MAX_BYTES, move |event| tell.send(event).unwrap());
    (output.unwrap(), reader, told)
}

/// Writes numbered lines until there is no room; how many were taken.
fn fill(output: &Output) -> usize {
    let mut count = 0;
    while output.write(format!("line {count}\n").as_bytes()) {
        count += 1;
    }
    count
}

#[test]
fn a_full_queue_takes_nothing_until_it_is_read_and_keeps_the_order() {
    let (output, mut reader, told) = output();
    let mut count = fill(&output);
    assert!(!output.has_room() && !output.is_empty());
    let mut bytes = vec![0; 2 * MAX_BYTES];
    let mut text = String::new();
    while told.try_recv().is_err() {
        let read = reader.read(&mut bytes).unwrap();
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    assert!(output.has_room());
    assert!(output.write(format!("line {count}\n").as_bytes()));
    count += 1;
    let rest = thread::spawn(move || {
        reader.read_to_string(&mut text).unwrap();
        text
    });
    output.finish(None).unwrap();
    assert!(output.is_empty());
    let expected: String = (0..count)
        .map(|number| format!("line {number}\n"))
        .collect();
    assert!(rest.join().unwrap().trim_start_matches('.') == expected);
}

#[test]
fn what_is_left_out_is_counted_where_it_would_stand() {
    let (output, mut reader, told) = output();
    let mut talk = Talk::new(output.clone(), |count| format!("{count} missing\n"));
    let count = fill(&output);
    (0..3).for_each(|_| talk.write("left out\n"));
    let mut bytes = vec![0; 2 * MAX_BYTES];
    let mut text = String::new();
    while told.try_recv().is_err() {
        let read = reader.read(&mut bytes).unwrap();
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    talk.write("last\n");
    let rest = thread::spawn(move || {
        reader.read_to_string(&mut text).unwrap();
        text
    });
    output.finish(None).unwrap();
    let text = rest.join().unwrap();
    assert_eq!(text.lines().count(), count + 2);
    assert!(text.ends_with("\n3 missing\nlast\n"), "{text}");
}

#[test]
fn what_was_left_out_is_told_at_the_end_also_where_there_is_no_room() {
    let (output, mut reader, _told) = output();
    let mut talk = Talk::new(output.clone(), |count| format!("{count} missing\n"));
    let count = fill(&output);
    (0..3).for_each(|_| talk.write("left out\n"));
    talk.conclude();
    talk.conclude();
    let rest = thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    });
    output.finish(None).unwrap();
    drop((talk, output));
    let text = rest.join().unwrap();
    assert_eq!(text.lines().count(), count + 1);
    assert!(text.ends_with("\n3 missing\n"), "{text}");
}

#[test]
fn a_stream_that_fails_says_so_once_and_takes_everything() {
    let (output, reader, told) = output();
    drop(reader);
    assert!(output.write(b"oi\n"));
    assert_eq!(told.recv().unwrap(), OutputEvent::Failed);
    let failure = output.failure().map(|error| error.kind());
    assert_eq!(failure, Some(ErrorKind::BrokenPipe));
    assert!(output.failure().is_none());
    assert!(output.write(&vec![0; 2 * MAX_BYTES]) && output.has_room());
    output.finish(None).unwrap();
}

#[test]
fn after_a_signal_a_stream_that_nobody_reads_is_not_waited_for() {
    let (output, _reader, _told) = output();
    fill(&output);
    output.finish(Some(Signal::Terminate)).unwrap();
    assert!(!output.is_empty());
}
