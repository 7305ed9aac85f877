//! What is typed, or piped in its place. A thread of its own blocks on stdin and sends what it
//! reads; it decides nothing. It reads only while it holds a ticket, which is given back when
//! there is room for more, so that a fast pipe waits for a slow network.

#[cfg(test)]
mod tests;

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::block::Block;
#[cfg(unix)]
use super::tty;

/// Tickets for a pipe: one block is read while another is being sent.
const PIPE_TICKETS: usize = 2;

/// Tickets for a person, whose keys are read ahead of what they ask for.
#[cfg(unix)]
const PERSON_TICKETS: usize = 4;

/// Bytes of keys read at once.
#[cfg(unix)]
const KEYS_BYTES: usize = 4 << 10;

/// How often a process in the background looks whether it is in the foreground again.
#[cfg(unix)]
const FOREGROUND_INTERVAL: std::time::Duration = std::time::Duration::from_millis(250);

/// What the keyboard thread reports.
#[derive(Debug)]
pub(super) enum Typed {
    /// The terminal gives keys from now on.
    #[cfg(unix)]
    Taken,
    /// Keys, as the terminal sends them.
    #[cfg(unix)]
    Keys(Vec<u8>),
    /// One line or more, of a pipe or a file.
    Lines(Block),
    /// The end of the input.
    End,
    /// The terminal has vanished.
    #[cfg(unix)]
    Gone,
    /// stdin could not be read.
    Failed(io::Error),
}

/// The loop's end of a running keyboard.
#[derive(Debug)]
pub(super) struct Keyboard {
    tickets: Sender<Block>,
    is_person: bool,
}

impl Keyboard {
    /// Starts to read: keys of a person at a terminal, lines of anything else. `tell` returns
    /// whether anybody still listens.
    ///
    /// # Errors
    /// The system's refusal of a thread or of stdin.
    pub(super) fn start(tell: impl Fn(Typed) -> bool + Send + 'static) -> io::Result<Self> {
        let (tickets, taken) = mpsc::channel();
        let mut input = Input::open()?;
        let is_person = cfg!(unix) && io::stdin().is_terminal() && !is_dumb();
        let reader = thread::Builder::new().name("keyboard".into());
        #[cfg(unix)]
        if is_person {
            tty::prepare()?;
            reader.spawn(move || read_keys(&mut input, &taken, tell))?;
            let keyboard = Self { tickets, is_person };
            (0..PERSON_TICKETS).for_each(|_| keyboard.give_back(Block::default()));
            return Ok(keyboard);
        }
        reader.spawn(move || read_blocks(&mut input, &taken, tell))?;
        let keyboard = Self { tickets, is_person };
        (0..PIPE_TICKETS).for_each(|_| keyboard.give_back(Block::default()));
        Ok(keyboard)
    }

    /// Gives a ticket back: a block, or some keys, are done with.
    pub(super) fn give_back(&self, mut block: Block) {
        block.clear();
        // The thread ends with its input, and then needs no more tickets.
        let _ = self.tickets.send(block);
    }

    /// Whether a person types, and not a program or a file.
    pub(super) fn is_person(&self) -> bool {
        self.is_person
    }
}

/// Whether the terminal says of itself that it moves no cursor, as that of an editor's window does:
/// it edits its lines itself, and the keys of a line editor would be rubbish there.
fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|kind| kind == "dumb")
}

/// Reads blocks of whole lines from a pipe, a file or a dumb terminal.
fn read_blocks(input: &mut impl Read, tickets: &Receiver<Block>, tell: impl Fn(Typed) -> bool) {
    let mut begun = Vec::new(); // the beginning of a line whose end has not come
    let mut is_first = true;
    while let Ok(mut block) = tickets.recv() {
        let outcome = block.fill(input, &mut begun);
        if std::mem::take(&mut is_first)
            && let Err(fault) = block.skip_mark()
        {
            tell(Typed::Failed(io::Error::new(ErrorKind::InvalidData, fault)));
            return;
        }
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

/// Reads keys, while this process is in the foreground.
#[cfg(unix)]
fn read_keys(input: &mut Input, tickets: &Receiver<Block>, tell: impl Fn(Typed) -> bool) {
    let mut keys = vec![0; KEYS_BYTES];
    let mut is_ours = false;
    while tickets.recv().is_ok() {
        let told = loop {
            if !tty::is_foreground() {
                is_ours = false;
                thread::sleep(FOREGROUND_INTERVAL);
                continue;
            }
            if !is_ours {
                is_ours = true;
                tty::take_up();
                if !tell(Typed::Taken) {
                    return;
                }
            }
            match input.read(&mut keys) {
                Ok(count @ 1..) => {
                    break Typed::Keys(keys.get(..count).unwrap_or_default().to_vec());
                }
                Ok(0) | Err(_) if tty::is_gone() => break Typed::Gone,
                Ok(0) => break Typed::End,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // It was in the background, whether it still is or not.
                Err(error) if error.raw_os_error() == Some(libc::EIO) => {
                    is_ours = false;
                    thread::sleep(FOREGROUND_INTERVAL);
                }
                Err(error) => break Typed::Failed(error),
            }
        };
        let goes_on = matches!(told, Typed::Keys(_));
        if !tell(told) || !goes_on {
            return;
        }
    }
}

/// stdin, which somebody may have made non-blocking: that it has nothing now is not its end.
#[derive(Debug)]
pub(super) struct Input(File);

impl Input {
    pub(super) fn open() -> io::Result<Self> {
        stdin_file().map(Self)
    }
}

impl Read for Input {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(room) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait_for_input(&self.0)?,
                outcome => return outcome,
            }
        }
    }
}

#[cfg(unix)]
fn wait_for_input(input: &File) -> io::Result<()> {
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let mut waiting = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    poll(&mut waiting, PollTimeout::NONE)?;
    Ok(())
}

#[cfg(not(unix))]
fn wait_for_input(_input: &File) -> io::Result<()> {
    thread::yield_now();
    Ok(())
}

#[cfg(unix)]
fn stdin_file() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn stdin_file() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}
