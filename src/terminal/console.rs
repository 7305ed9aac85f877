//! What a person or a program sits at in line mode: keyboard, stdout and stderr as one value of
//! the loop. Its threads tell [`ConsoleEvent`]s into the loop's channel; nothing here ever waits
//! for a person, a terminal or a pipe, but [`Console::finish`].

mod answers;
mod event;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

pub use self::event::ConsoleEvent;
pub(super) use self::event::Told;
use super::block::{Block, LINE_MAX_BYTES};
use super::completion::Completion;
use super::keyboard::{Keyboard, Typed};
use super::output::Output;
use super::screen::is_hangup;
use super::signals::{self, Signal};
use super::streams::{Streams, Talk};
#[cfg(unix)]
use super::tty::{self, TerminalEvent};
pub use super::typing::Sight;
use super::typing::{Act, Typing};
use crate::chat::rooms::Secret;
use crate::error::Error;
use crate::text::{self, Lang};

/// Data collected before it is handed to the writer, in bytes, while more input waits.
const BATCH_BYTES: usize = 64 << 10;

/// Bytes of typed lines that may wait before no more keys are read.
const WAITING_MAX_BYTES: usize = 2 * LINE_MAX_BYTES;

/// What a paste of several lines is.
pub enum PastePolicy {
    /// The person is asked first. The paste is then one line, which holds line breaks.
    Ask {
        /// The question for so many lines.
        question: Box<dyn Fn(usize) -> String + Send>,
        /// Whether an answer is yes.
        is_yes: fn(&str) -> bool,
    },
    /// Each line is a line, as if it had been typed.
    Lines,
}

/// How a console is opened.
pub struct ConsoleConfig {
    /// Stands before the line being typed.
    pub prompt: String,
    /// What a paste of several lines is.
    pub paste: PastePolicy,
    /// The person's language.
    pub lang: Lang,
}

/// A typed line, its line end taken off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedLine {
    /// What was typed.
    pub text: String,
    /// Its number, from 1.
    pub number: u64,
    /// Whether it is only the beginning, or a middle, of one longer than [`LINE_MAX_BYTES`].
    pub is_cut: bool,
    /// Whether it goes on with the line before it, which was cut.
    pub is_rest: bool,
    /// Whether some bytes were no UTF-8 and became U+FFFD.
    pub is_mended: bool,
    /// Whether it begins with a paste of several lines, which is text and no command.
    pub is_pasted: bool,
}

impl TypedLine {
    /// What is to be said about a line that is not taken as it was typed.
    pub fn notices(&self, lang: Lang) -> impl Iterator<Item = String> + use<> {
        let number = self.number;
        let mended = self.is_mended.then(|| text::not_utf8(lang, Some(number)));
        let is_first_cut = self.is_cut && !self.is_rest;
        let cut = is_first_cut.then(|| text::line_cut(lang, Some(number), LINE_MAX_BYTES));
        mended.into_iter().chain(cut)
    }
}

/// See the file's head.
pub struct Console {
    keyboard: Keyboard,
    typing: Typing,
    typed: VecDeque<TypedLine>,
    typed_bytes: usize,
    answers: VecDeque<Option<Secret>>,
    blocks: VecDeque<Block>,
    /// Whether the last line of a block was cut.
    was_cut: bool,
    /// Tickets for keys that are given back when there is room for what they type.
    tickets_owed: usize,
    lines: u64,
    /// Set once there is no more input; an error is returned at the end.
    end: Option<io::Result<()>>,
    is_ended: bool,
    data: Output,
    batch: String,
    talk: Talk,
    terminal: Option<Output>,
    /// Whether `data` and `talk` are one queue.
    is_one: bool,
    /// Whether the terminal gives us its keys, and shows the prompt.
    is_taken: bool,
    is_finished: bool,
    /// Why stdout takes no more, until that is told.
    failure: Option<io::Error>,
    /// That stdout was a terminal which has vanished.
    hangup: Option<io::Error>,
}

impl Console {
    /// Opens the streams and starts their threads. `tell` hands an event to the loop, and returns
    /// whether anybody still listens.
    ///
    /// # Errors
    /// The system's refusal of a stream, a signal or a thread.
    pub fn open(
        config: ConsoleConfig,
        tell: impl Fn(ConsoleEvent) -> bool + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        let tell_typed = tell.clone();
        let keyboard = Keyboard::start(move |typed| tell_typed(ConsoleEvent(Told::Typed(typed))))
            .map_err(Error::Input)?;
        let (tell_data, tell_talk) = (tell.clone(), tell.clone());
        let streams = Streams::open(
            keyboard.is_person(),
            // Whoever listened may have left meanwhile.
            move |_| {
                let _ = tell_data(ConsoleEvent(Told::Output));
            },
            move |_| {
                let _ = tell_talk(ConsoleEvent(Told::Output));
            },
        )?;
        #[cfg(unix)]
        if keyboard.is_person() {
            let tell = move |event| tell(ConsoleEvent(Told::Terminal(event)));
            let terminal = streams.terminal.clone();
            let clear = move || {
                let terminal = terminal.iter();
                terminal.for_each(|terminal| terminal.hold(tty::HOLD_WAIT));
            };
            tty::watch(clear, tell).map_err(Error::Signals)?;
        }
        Ok(Self {
            keyboard,
            typing: Typing::new(config.prompt, config.paste, config.lang),
            typed: VecDeque::new(),
            typed_bytes: 0,
            answers: VecDeque::new(),
            blocks: VecDeque::new(),
            was_cut: false,
            tickets_owed: 0,
            lines: 0,
            end: None,
            is_ended: false,
            data: streams.data,
            batch: String::new(),
            talk: Talk::sentences(streams.talk, config.lang),
            terminal: streams.terminal,
            is_one: streams.is_one,
            is_taken: false,
            is_finished: false,
            failure: None,
            hangup: None,
        })
    }

    /// Takes in what a thread has reported; the signal that it stands for, if it is one.
    pub fn handle(&mut self, now: Duration, event: ConsoleEvent) -> Option<Signal> {
        match event.0 {
            Told::Typed(Typed::Lines(block)) => self.blocks.push_back(block),
            // The face has taken it.
            Told::Viewed(_) => {}
            Told::Typed(Typed::End) => self.end_input(Ok(())),
            Told::Typed(Typed::Failed(cause)) => self.end_input(Err(cause)),
            #[cfg(unix)]
            Told::Typed(Typed::Gone) => {
                self.end_input(Ok(()));
                return signals::is_first_hangup().then_some(Signal::Hangup);
            }
            #[cfg(unix)]
            Told::Typed(Typed::Taken) => self.on_taken(),
            #[cfg(unix)]
            Told::Typed(Typed::Keys(bytes)) => {
                self.tickets_owed += 1;
                self.typing.feed(now, &bytes);
                let signal = self.follow_typing();
                self.give_tickets_back();
                return signal;
            }
            #[cfg(unix)]
            Told::Terminal(TerminalEvent::Continued) => {
                if tty::take_up() {
                    self.on_taken();
                }
            }
            #[cfg(unix)]
            Told::Terminal(TerminalEvent::Resized) => {
                self.terminal.iter().for_each(Output::redraw);
            }
            Told::Output => {
                self.flush();
                self.talk.catch_up();
                self.look_at_output();
                let is_news = self.hangup.is_some() && signals::is_first_hangup();
                return is_news.then_some(Signal::Hangup);
            }
        }
        None
    }

    /// Clears the screen, where a person types at one.
    pub fn clear_screen(&self) {
        self.terminal.iter().for_each(Output::clear_screen);
    }

    /// Stands before the line being typed from now on.
    pub fn set_prompt(&mut self, prompt: &str) {
        self.typing.set_prompt(prompt);
        self.draw();
    }

    /// What Tab completes.
    pub(crate) fn completion(&mut self) -> &mut Completion {
        self.typing.completion()
    }

    /// Breaks lines between words where they are shown on a terminal.
    pub fn wrap_lines(&self) {
        let outputs = [&self.data, self.talk.output()].into_iter();
        outputs.chain(&self.terminal).for_each(Output::wrap_lines);
    }

    /// The next typed line; to be asked for only while there is room for what it says.
    pub fn next_line(&mut self) -> Option<TypedLine> {
        let mut line = match self.typed.pop_front() {
            Some(line) => {
                self.typed_bytes = self.typed_bytes.saturating_sub(line.text.len());
                self.give_tickets_back();
                line
            }
            None => self.next_of_block()?,
        };
        self.lines += 1;
        line.number = self.lines;
        Some(line)
    }

    fn next_of_block(&mut self) -> Option<TypedLine> {
        loop {
            let block = self.blocks.front_mut()?;
            let was_cut = &mut self.was_cut;
            let line = block.next_line().map(|line| TypedLine {
                is_mended: line.is_mended(),
                is_cut: line.is_cut,
                is_rest: std::mem::replace(was_cut, line.is_cut),
                text: line.text.into_owned(),
                ..TypedLine::default()
            });
            if block.is_empty()
                && let Some(block) = self.blocks.pop_front()
            {
                self.keyboard.give_back(block);
            }
            if line.is_some() {
                return line;
            }
        }
    }

    /// Whether a line waits to be taken.
    #[must_use]
    pub fn has_line(&self) -> bool {
        !self.typed.is_empty() || self.blocks.iter().any(|block| !block.is_empty())
    }

    /// Whether every line was taken and no more will come.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_ended && !self.has_line()
    }

    /// How the input ended, returned once.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn end(&mut self) -> io::Result<()> {
        self.end.take().unwrap_or(Ok(()))
    }

    /// When time alone decides what was typed.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.typing.next_time()
    }

    /// Takes in that time has passed; the signal that it stands for, if it is one.
    pub fn on_time(&mut self, now: Duration) -> Option<Signal> {
        if self.next_time().is_none_or(|at| now < at) {
            return None;
        }
        self.typing.on_time(now);
        self.follow_typing()
    }

    /// Writes whole lines of data to stdout, at the latest with the next [`Console::flush`]; false
    /// if the output is full, and then nothing is taken.
    pub fn write(&mut self, lines: &str) -> bool {
        if self.batch.len() >= BATCH_BYTES && !self.hand_over() {
            return false;
        }
        self.batch.push_str(lines);
        true
    }

    /// Writes a line behind all others, whether there is room or not: the last words at the end.
    pub fn write_last(&mut self, line: &str) {
        self.batch.push_str(line);
    }

    /// Says one sentence on stderr, cleaned. What a stderr that nobody reads has no room for is
    /// counted, and the count said when there is room again.
    pub fn say(&mut self, sentence: &str) {
        if self.is_one {
            // In the order in which things happened.
            self.flush();
        }
        self.talk.say(sentence);
    }

    /// Hands to the writer what was written so far.
    pub fn flush(&mut self) {
        // What a full queue does not take waits here until it has room, and no more is taken.
        let _ = self.hand_over();
    }

    fn hand_over(&mut self) -> bool {
        let is_taken = self.batch.is_empty() || self.data.write(self.batch.as_bytes());
        if is_taken {
            self.batch.clear();
        }
        is_taken
    }

    /// Whether stdout takes more; if not, an event comes when it does again.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.data.has_room()
    }

    /// Why stdout takes no more, returned once. A terminal that has vanished is no such failure,
    /// but a signal of [`Console::handle`], so that the loop leaves as it does after any other.
    pub fn output_failure(&mut self) -> Option<io::Error> {
        self.look_at_output();
        self.failure.take()
    }

    fn look_at_output(&mut self) {
        match self.data.failure() {
            Some(cause) if is_hangup(&cause) => self.hangup = Some(cause),
            Some(cause) => self.failure = Some(cause),
            None => {}
        }
    }

    /// Whether a person types, and not a program or a file.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.keyboard.is_person()
    }

    /// Whether what a person types stands where the messages of others are shown. It does not
    /// when stdin is a terminal and stdout is none: then own lines are to be written too.
    #[must_use]
    pub fn shows_own_lines(&self) -> bool {
        !self.is_person() || super::screen::is_terminal()
    }

    /// Puts the terminal back, and waits until everything is written: at most 500 ms after a
    /// `signal`, and otherwise without a limit but another signal.
    ///
    /// # Errors
    /// Why stdout takes no more.
    pub fn finish(&mut self, signal: Option<Signal>) -> io::Result<()> {
        if std::mem::replace(&mut self.is_finished, true) {
            return Ok(());
        }
        self.data.append(self.batch.as_bytes());
        self.batch.clear();
        self.talk.conclude();
        self.terminal.iter().for_each(|output| output.show(None));
        #[cfg(unix)]
        if self.is_person() {
            tty::end();
        }
        let written = self.data.finish(signal);
        if !self.is_one {
            // A stderr that fails is no reason to fail.
            let _ = self.talk.output().finish(signal);
        }
        if let Some(terminal) = &self.terminal {
            let _ = terminal.finish(signal);
        }
        let untold = self.failure.take().or(self.hangup.take());
        untold.map_or(written, Err)
    }

    fn end_input(&mut self, end: io::Result<()>) {
        if !std::mem::replace(&mut self.is_ended, true) {
            self.end = Some(end);
            self.draw();
        }
    }

    /// The terminal gives us its keys: at the start, or after a time in the background.
    #[cfg(unix)]
    fn on_taken(&mut self) {
        self.is_taken = true;
        self.terminal.iter().for_each(Output::release);
        self.draw();
    }

    /// Does what the keys have asked for.
    fn follow_typing(&mut self) -> Option<Signal> {
        let mut signal = None;
        while let Some(act) = self.typing.poll() {
            match act {
                Act::Show(lines) => self.show_own(&lines),
                Act::Line(line) if !self.is_ended => {
                    self.typed_bytes += line.text.len();
                    self.typed.push_back(line);
                }
                Act::Line(_) => {}
                Act::Answer(answer) => self.answers.push_back(answer),
                Act::Interrupt => signal = Some(Signal::Interrupt),
                Act::End => self.end_input(Ok(())),
                Act::ClearScreen => self.clear_screen(),
                #[cfg(unix)]
                Act::Suspend => tty::suspend(),
                #[cfg(not(unix))]
                Act::Suspend => {}
            }
        }
        self.draw();
        signal
    }

    /// Leaves what was typed on the terminal, above the prompt.
    fn show_own(&mut self, lines: &str) {
        if self.terminal.is_some() {
            self.flush();
        }
        if let Some(terminal) = &self.terminal {
            // A terminal that takes nothing shows no echo either.
            let _ = terminal.write(lines.as_bytes());
        }
    }

    fn draw(&self) {
        if self.is_finished || !self.is_taken {
            return;
        }
        if let Some(terminal) = &self.terminal {
            let prompt = (!self.is_ended).then(|| self.typing.prompt());
            terminal.show(prompt);
        }
    }

    fn give_tickets_back(&mut self) {
        if self.typed_bytes <= WAITING_MAX_BYTES {
            for _ in 0..std::mem::take(&mut self.tickets_owed) {
                self.keyboard.give_back(Block::default());
            }
        }
    }
}

impl Drop for Console {
    /// Leaves the terminal as it was found, whatever ended the loop.
    fn drop(&mut self) {
        // Errors were shown, or nobody is left to see them.
        let _ = self.finish(Some(Signal::Terminate));
    }
}
