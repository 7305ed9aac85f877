//! A running program: what is typed to it, what it shows, what it notes, how it ends.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::place::Home;
use super::schema::Schema;
use super::{DEADLINE, command, wait_until};

/// Where a program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// How much of a program's stdout is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    All,
    /// As `| head -1` does: after its first line, the pipe is closed.
    FirstLine,
}

/// A program that runs until it ends or is dropped.
pub struct Program {
    call: String,
    child: Child,
    input: Option<ChildStdin>,
    written: Receiver<(Stream, Vec<u8>)>,
    out: Vec<u8>,
    err: Vec<u8>,
    /// Deleted after the program has ended: one that still runs would make its folder again.
    home: Option<Home>,
    /// Whether its output keeps to the schema that the manual documents.
    keeps_schema: bool,
}

/// All that a program wrote, line by line.
#[derive(Debug)]
pub struct Outcome {
    /// Its stdout.
    pub shown: Vec<String>,
    /// Its stderr.
    pub noted: Vec<String>,
}

impl Program {
    /// Starts a program.
    pub fn start(command: Command) -> Self {
        Self::start_reading(command, Reading::All)
    }

    /// Starts a program whose stdout is closed once it has written one line.
    pub fn start_for_one_line(command: Command) -> Self {
        Self::start_reading(command, Reading::FirstLine)
    }

    fn start_reading(mut command: Command, reading: Reading) -> Self {
        let call = format!("{command:?}");
        let args: Vec<_> = command.get_args().collect();
        let has = |arg: &str| args.iter().any(|given| *given == arg);
        let keeps_schema = has("--json")
            && (has("chat")
                || has("drop")
                || has("take")
                || has("history")
                || has("hub") && has("join")
                || has("tcp-peer"));
        let piped = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A script that a test has just written is busy while another test starts a program: that
        // one holds the file, too, until it has become its program.
        let start = || match piped.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => None,
            started => Some(started),
        };
        let started = wait_until(start).unwrap_or_else(|| panic!("{call}: its file stays busy"));
        let mut child = started.unwrap_or_else(|e| panic!("{call}: {e}"));
        let (tell, written) = mpsc::channel();
        let input = child.stdin.take();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let tell_out = tell.clone();
        thread::spawn(move || read(out, Stream::Out, reading, &tell_out));
        thread::spawn(move || read(err, Stream::Err, Reading::All, &tell));
        Self {
            call,
            child,
            input,
            written,
            out: Vec::new(),
            err: Vec::new(),
            home: None,
            keeps_schema,
        }
    }

    /// Keeps the folder of the person who uses the program.
    pub fn keeping(mut self, home: &Home) -> Self {
        self.home = Some(home.clone());
        self
    }

    /// Types one line.
    pub fn says(&mut self, line: &str) {
        self.types(format!("{line}\n").as_bytes());
    }

    /// Types bytes as they are.
    pub fn types(&mut self, bytes: &[u8]) {
        let outcome = match &mut self.input {
            Some(input) => input.write_all(bytes),
            None => panic!("{}: its input has ended", self.call),
        };
        if let Err(error) = outcome {
            self.fail(&format!("does not read: {error}"));
        }
    }

    /// Types no more: the end of the input.
    pub fn falls_silent(&mut self) {
        self.input = None;
    }

    /// Waits for a line on stdout that holds `part`, unless there was one already.
    pub fn shows(&mut self, part: &str) -> String {
        self.find(Stream::Out, part)
    }

    /// Waits for a line on stderr that holds `part`, unless there was one already.
    pub fn notes(&mut self, part: &str) -> String {
        self.find(Stream::Err, part)
    }

    /// Whether some line on stdout holds `part` by now.
    pub fn has_shown(&mut self, part: &str) -> bool {
        self.take_written();
        whole_lines(&self.out)
            .iter()
            .any(|line| line.contains(part))
    }

    /// Whether some line on stderr holds `part` by now.
    pub fn has_noted(&mut self, part: &str) -> bool {
        self.take_written();
        whole_lines(&self.err)
            .iter()
            .any(|line| line.contains(part))
    }

    /// All lines on stdout by now.
    pub fn shown(&mut self) -> Vec<String> {
        self.take_written();
        whole_lines(&self.out)
    }

    /// All lines on stderr by now.
    pub fn noted(&mut self) -> Vec<String> {
        self.take_written();
        whole_lines(&self.err)
    }

    /// How many lines on stdout hold `part` by now.
    pub fn count_shown(&mut self, part: &str) -> usize {
        self.take_written();
        let lines = whole_lines(&self.out);
        lines.iter().filter(|line| line.contains(part)).count()
    }

    /// Waits for so many lines on stdout that hold `part`, for three times as long as for one.
    pub fn shows_in_all(&mut self, part: &str, count: usize) {
        let end = Instant::now() + 3 * DEADLINE;
        while whole_lines(&self.out)
            .iter()
            .filter(|line| line.contains(part))
            .count()
            < count
        {
            if !self.reads_on(end) {
                self.fail(&format!("not {count} lines hold {part:?}"));
            }
        }
    }

    /// Sends it a signal, such as `INT`.
    pub fn gets_signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(
            command("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it has had so far, in bytes, as Linux counts it.
    pub fn peak_memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.trim().strip_suffix("kB"));
        kib.unwrap().trim().parse::<u64>().unwrap() * 1024
    }

    /// The processor time that all its threads have taken so far, as Linux counts it.
    pub fn processor_time(&self) -> Duration {
        const TICK: Duration = Duration::from_millis(10);
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, behind_name) = stat.rsplit_once(") ").unwrap();
        // The 14th and the 15th word of the line: in the program, and in the kernel for it.
        let words = behind_name.split(' ').skip(11).take(2);
        TICK * words.map(|ticks| ticks.parse::<u32>().unwrap()).sum()
    }

    /// Whether it has ended by now.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end with an exit code, and gives what it wrote.
    pub fn ends_with(mut self, code: i32) -> Outcome {
        let status = self.ends();
        if status.code() != Some(code) {
            self.fail(&format!("ended with {status}, not with code {code}"));
        }
        self.outcome()
    }

    /// The same with any of these codes.
    pub fn ends_with_any(mut self, codes: &[i32]) -> Outcome {
        let status = self.ends();
        if !status.code().is_some_and(|code| codes.contains(&code)) {
            self.fail(&format!("ended with {status}, not with one of {codes:?}"));
        }
        self.outcome()
    }

    /// Ends it now, and gives what it wrote.
    pub fn stops(mut self) -> Outcome {
        self.child.kill().unwrap();
        self.ends();
        self.outcome()
    }

    fn outcome(&mut self) -> Outcome {
        self.take_written();
        self.expect_schema();
        Outcome {
            shown: whole_lines(&self.out),
            noted: whole_lines(&self.err),
        }
    }

    /// Each event that it printed is documented.
    fn expect_schema(&self) {
        let lines = whole_lines(&self.out).into_iter();
        for line in lines.filter(|_| self.keeps_schema) {
            let fault = Schema::documented().fault(&line);
            assert_eq!(fault, None, "{}\n{line}", self.call);
        }
    }

    fn ends(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        while self.reads_on(end) {}
        match wait_until(|| self.child.try_wait().unwrap()) {
            Some(status) => status,
            None => self.fail("does not end"),
        }
    }

    fn find(&mut self, stream: Stream, part: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let bytes = match stream {
                Stream::Out => &self.out,
                Stream::Err => &self.err,
            };
            if let Some(line) = whole_lines(bytes).into_iter().find(|l| l.contains(part)) {
                return line;
            }
            if !self.reads_on(end) {
                self.fail(&format!("no line of {stream:?} holds {part:?}"));
            }
        }
    }

    /// Waits for its end.
    pub fn awaits_end(&mut self) {
        self.ends();
    }

    /// Takes in what is written within a tenth of a second, and no later than at a time.
    pub fn awaits_more(&mut self, end: Instant) {
        let left = end.saturating_duration_since(Instant::now());
        let more = self
            .written
            .recv_timeout(left.min(Duration::from_millis(100)));
        match more {
            Ok((Stream::Out, bytes)) => self.out.extend(bytes),
            Ok((Stream::Err, bytes)) => self.err.extend(bytes),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.fail("has ended"),
        }
        self.take_written();
    }

    /// Takes in what was written next; false when that was all, or time is over.
    fn reads_on(&mut self, end: Instant) -> bool {
        let left = end.saturating_duration_since(Instant::now());
        match self.written.recv_timeout(left) {
            Ok((Stream::Out, bytes)) => self.out.extend(bytes),
            Ok((Stream::Err, bytes)) => self.err.extend(bytes),
            Err(RecvTimeoutError::Timeout) => self.fail("is still running, and silent"),
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        true
    }

    /// Takes what was written by now.
    fn take_written(&mut self) {
        while let Ok((stream, bytes)) = self.written.try_recv() {
            match stream {
                Stream::Out => self.out.extend(bytes),
                Stream::Err => self.err.extend(bytes),
            }
        }
    }

    fn fail(&mut self, why: &str) -> ! {
        self.take_written();
        let (out, err) = (
            String::from_utf8_lossy(&self.out),
            String::from_utf8_lossy(&self.err),
        );
        panic!("{}\n{why}\nstdout:\n{out}\nstderr:\n{err}", self.call);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !thread::panicking() {
            self.take_written();
            self.expect_schema();
        }
    }
}

/// Reports what a pipe brings until its end, or until it has brought enough.
fn read(mut pipe: impl Read, stream: Stream, reading: Reading, tell: &Sender<(Stream, Vec<u8>)>) {
    let mut room = vec![0; 64 << 10];
    while let Ok(count @ 1..) = pipe.read(&mut room) {
        let bytes = room[..count].to_vec();
        if reading == Reading::FirstLine && bytes.contains(&b'\n') {
            // Closed first and reported then: whoever receives the report may rely on it.
            drop(pipe);
            let _ = tell.send((stream, bytes));
            return;
        }
        if tell.send((stream, bytes)).is_err() {
            return;
        }
    }
}

/// The lines of some bytes, but for one that has not ended yet.
fn whole_lines(bytes: &[u8]) -> Vec<String> {
    let end = bytes
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(&bytes[..end]);
    // Not `lines`, which would take a stray `\r` off and hide it.
    text.split_terminator('\n').map(Into::into).collect()
}
