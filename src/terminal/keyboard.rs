//! What is typed, or piped in its place. A thread of its own blocks on stdin and sends what it
//! reads; it decides nothing. It reads only while it holds a ticket, which the loop gives back
//! when there is room for more, so that a fast pipe waits for a slow network. Until then, the
//! lines wait here.

use std::collections::VecDeque;
#[cfg(unix)]
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::{Config, Editor, history::MemHistory};

use super::block::{Block, LINE_MAX_BYTES, Line};
use super::printer::Printer;
use super::signals::Signal;
use crate::protocol::message::clean;
use crate::text::{self, Lang};

/// Tickets for a pipe: one block is read while another is being sent.
const PIPE_TICKETS: usize = 2;

/// Tickets for a person, whose next prompt comes when the line is done with.
const PERSON_TICKETS: usize = 1;

/// Typed lines kept for the arrow keys.
const HISTORY_LINES: usize = 1000;

/// What the line editor does at the end of a line, and cannot do when a signal ends us in the
/// middle of one: the prompt is cleared, the screen updates again (mode 2026), and pastes are no
/// longer marked (mode 2004).
const EDITOR_ENDS: &str = "\r\x1b[K\x1b[?2026l\x1b[?2004l";

/// What the keyboard thread tells.
#[derive(Debug)]
pub enum Typed {
    /// One line or more.
    Lines(Block),
    /// The end of the input, or Ctrl-D on an empty line.
    End,
    /// Ctrl-C, which a line editor gets as a key and not as a signal.
    Interrupted,
    /// stdin could not be read.
    Failed(io::Error),
}

/// What a person is asked before a paste of several lines counts.
pub struct Paste {
    /// The question for so many lines.
    pub question: Box<dyn Fn(usize) -> String + Send>,
    /// Whether an answer is yes.
    pub is_yes: fn(&str) -> bool,
}

/// The loop's end of a running keyboard.
pub struct Keyboard {
    tickets: mpsc::Sender<Block>,
    waiting: VecDeque<Block>,
    lines: u64,
    /// Set once there is no more input; an error is told at the end.
    end: Option<io::Result<()>>,
    is_person: bool,
    printer: Option<Printer>,
    _terminal: TerminalGuard,
}

impl Keyboard {
    /// Starts to read. On a terminal, `prompt` is shown and the line can be edited; through a
    /// pipe there is neither. A paste of several lines is asked about first, if `paste` says how.
    /// `tell` returns whether anybody still listens.
    ///
    /// # Errors
    /// The system's refusal of a thread or of the terminal.
    pub fn start(
        prompt: String,
        paste: Option<Paste>,
        tell: impl Fn(Typed) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (tickets, taken) = mpsc::channel();
        let terminal = TerminalGuard::new();
        let reader = thread::Builder::new().name("keyboard".into());
        let is_person = io::stdin().is_terminal();
        let mut printer = None;
        if is_person {
            let mut editor = editor().map_err(into_io)?;
            if io::stdout().is_terminal() && io::stderr().is_terminal() {
                printer = editor.create_external_printer().ok().map(Printer::new);
            }
            reader.spawn(move || edit_lines(editor, &prompt, paste.as_ref(), &taken, tell))?;
        } else {
            reader.spawn(move || read_blocks(&mut io::stdin(), &taken, tell))?;
        }
        let keyboard = Self {
            tickets,
            waiting: VecDeque::new(),
            lines: 0,
            end: None,
            is_person,
            printer,
            _terminal: terminal,
        };
        let blocks = if is_person {
            PERSON_TICKETS
        } else {
            PIPE_TICKETS
        };
        (0..blocks).for_each(|_| keyboard.give_back(Block::default()));
        Ok(keyboard)
    }

    /// Keeps what was typed until there is room for it; the signal that it stands for, if it is
    /// no line.
    pub fn keep(&mut self, typed: Typed) -> Option<Signal> {
        match typed {
            Typed::Lines(block) => self.waiting.push_back(block),
            Typed::End => self.end = Some(Ok(())),
            Typed::Failed(cause) => self.end = Some(Err(cause)),
            Typed::Interrupted => return Some(Signal::Interrupt),
        }
        None
    }

    /// Whether lines wait to be taken.
    #[must_use]
    pub fn has_lines(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether every line was taken and no more will come.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end.is_some() && self.waiting.is_empty()
    }

    /// How the input ended, told once.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn end(&mut self) -> io::Result<()> {
        self.end.take().unwrap_or(Ok(()))
    }

    /// The lines that have waited longest; to be put back when as many were taken as there is
    /// room for.
    pub fn take_block(&mut self) -> Option<Block> {
        self.waiting.pop_front()
    }

    /// Puts back what [`Keyboard::take_block`] gave: the next lines from there, or, once all were
    /// taken, room for others.
    pub fn put_back(&mut self, block: Block) {
        if block.is_empty() {
            self.give_back(block);
        } else {
            self.waiting.push_front(block);
        }
    }

    /// Counts a line that was taken; what is to be said about it where it is not taken as it was
    /// typed.
    pub fn count(&mut self, line: &Line<'_>, lang: Lang) -> impl Iterator<Item = String> + use<> {
        self.lines += 1;
        let mended = line.is_mended().then(|| text::not_utf8(lang, self.lines));
        let cut = line
            .is_cut
            .then(|| text::line_cut(lang, self.lines, LINE_MAX_BYTES));
        mended.into_iter().chain(cut)
    }

    /// The number of the line that was counted last.
    #[must_use]
    pub fn line_number(&self) -> u64 {
        self.lines
    }

    /// Gives a ticket back: a block is done with, and there is room for another.
    fn give_back(&self, mut block: Block) {
        block.clear();
        // The thread ends with its input, and then needs no more tickets.
        let _ = self.tickets.send(block);
    }

    /// Whether a person types, and not a program or a file.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.is_person
    }

    /// What writes above the line being typed, where there is a person who types.
    #[must_use]
    pub fn printer(&self) -> Option<Printer> {
        self.printer.clone()
    }

    /// Says one sentence on stderr without tearing the line that is being typed.
    pub fn say(&mut self, sentence: &str) {
        match &mut self.printer {
            // On one terminal, stdout and stderr are the same.
            Some(printer) => drop(writeln!(printer, "{}", clean(sentence))),
            None => super::screen::say(sentence),
        }
    }
}

impl Drop for Keyboard {
    /// Leaves a clean line to whoever uses the terminal next.
    fn drop(&mut self) {
        if let Some(printer) = &self.printer {
            printer.finish();
        }
        if self.is_person
            && io::stdout().is_terminal()
            && let Ok(mut terminal) = take_terminal()
        {
            let _ = terminal.write_all(EDITOR_ENDS.as_bytes());
        }
    }
}

/// Takes the terminal away from the line editor, whose thread goes on until the process ends and
/// would draw its prompt over our last words.
#[cfg(unix)]
fn take_terminal() -> io::Result<File> {
    use std::os::fd::AsFd;
    let terminal = io::stdout().as_fd().try_clone_to_owned()?;
    let (_, nowhere) = nix::unistd::pipe()?;
    nix::unistd::dup2_stdout(nowhere)?;
    Ok(terminal.into())
}

#[cfg(not(unix))]
fn take_terminal() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

fn editor() -> rustyline::Result<Editor<(), MemHistory>> {
    let config = Config::builder()
        .max_history_size(HISTORY_LINES)?
        .auto_add_history(true)
        .build();
    let history = MemHistory::with_config(&config);
    Editor::with_history(config, history)
}

/// Reads lines from a person. A paste of several lines comes as several lines.
fn edit_lines(
    mut editor: Editor<(), MemHistory>,
    prompt: &str,
    paste: Option<&Paste>,
    tickets: &Receiver<Block>,
    tell: impl Fn(Typed) -> bool,
) {
    while let Ok(mut block) = tickets.recv() {
        let typed = match read_line(&mut editor, prompt, paste) {
            Ok(line) => {
                block.hold(&line);
                Typed::Lines(block)
            }
            Err(ReadlineError::Eof) => Typed::End,
            Err(ReadlineError::Interrupted) => Typed::Interrupted,
            Err(error) => Typed::Failed(into_io(error)),
        };
        let goes_on = matches!(typed, Typed::Lines(_));
        if !tell(typed) || !goes_on {
            return;
        }
    }
}

/// Reads one line, or a paste of several that was answered for; what was not is nothing.
fn read_line(
    editor: &mut Editor<(), MemHistory>,
    prompt: &str,
    paste: Option<&Paste>,
) -> rustyline::Result<String> {
    let line = editor.readline(prompt)?;
    let lines = line.trim_end().lines().count();
    if let Some(paste) = paste.filter(|_| lines > 1) {
        let answer = editor.readline(&(paste.question)(lines))?;
        if !(paste.is_yes)(&answer) {
            return Ok(String::new());
        }
    }
    Ok(line)
}

/// Reads blocks of whole lines from a pipe or a file.
fn read_blocks(input: &mut impl Read, tickets: &Receiver<Block>, tell: impl Fn(Typed) -> bool) {
    let mut begun = Vec::new(); // the beginning of a line whose end has not come
    while let Ok(mut block) = tickets.recv() {
        let outcome = block.fill(input, &mut begun);
        if !block.is_empty() && !tell(Typed::Lines(block)) {
            return;
        }
        let end = match outcome {
            Ok(true) => continue,
            Ok(false) => Typed::End,
            Err(error) => Typed::Failed(error),
        };
        tell(end);
        return;
    }
}

fn into_io(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// Puts the terminal back as it was found. The line editor does so after each line; a signal may
/// come in the middle of one.
struct TerminalGuard {
    #[cfg(unix)]
    found: Option<nix::sys::termios::Termios>,
}

impl TerminalGuard {
    #[cfg(unix)]
    fn new() -> Self {
        Self {
            found: nix::sys::termios::tcgetattr(io::stdin()).ok(),
        }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for TerminalGuard {
    fn drop(&mut self) {
        use nix::sys::termios::{SetArg, tcsetattr};
        if let Some(found) = &self.found {
            let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::block::READ_BYTES;
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
}
