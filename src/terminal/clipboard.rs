//! The clipboard: a text on its way into that of a terminal (OSC 52), in base64 as RFC 4648 has it;
//! and a picture out of that of the desktop, which other programs are asked for.

use std::env;
use std::io::{self, ErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Longest picture of the clipboard, in bytes.
const PICTURE_MAX_BYTES: u64 = 64 << 20;

/// How long a program may take to hand it over: whoever copied it may have to make it first.
const PICTURE_WAIT: Duration = Duration::from_secs(5);

/// The first bytes of a PNG, which is what is asked for.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What writes the clipboard's picture as a PNG, on Windows and where Linux runs inside of it.
const POWERSHELL: &str = "Add-Type -AssemblyName System.Windows.Forms,System.Drawing; \
    $i=[Windows.Forms.Clipboard]::GetImage(); if($i){$m=New-Object IO.MemoryStream; \
    $i.Save($m,[Drawing.Imaging.ImageFormat]::Png); \
    [Console]::OpenStandardOutput().Write($m.ToArray(),0,$m.Length)}";

/// A program that hands over the clipboard's picture.
struct Way {
    program: &'static str,
    args: &'static [&'static str],
    /// The variable of the desktop that it asks, if there are several kinds.
    desktop: Option<&'static str>,
}

/// All of them, in the order in which they are tried.
const WAYS: [Way; 4] = [
    Way {
        program: "wl-paste",
        args: &["--type", "image/png"],
        desktop: Some("WAYLAND_DISPLAY"),
    },
    Way {
        program: "xclip",
        args: &["-selection", "clipboard", "-target", "image/png", "-out"],
        desktop: Some("DISPLAY"),
    },
    Way {
        program: "pngpaste",
        args: &["-"],
        desktop: None,
    },
    Way {
        program: "powershell.exe",
        args: &["-NoProfile", "-STA", "-Command", POWERSHELL],
        desktop: None,
    },
];

/// Why there is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipboardFault {
    /// No program is here that could hand it over.
    NoProgram,
    /// The clipboard holds no picture.
    NoPicture,
    /// It is longer than is taken.
    TooLong,
    /// The program does not answer.
    TooSlow,
}

/// The picture of the desktop's clipboard, as a PNG. Waits for other programs: for a thread of its
/// own.
///
/// # Errors
/// Why there is none.
pub fn picture() -> Result<Vec<u8>, ClipboardFault> {
    let has_desktop = |way: &&Way| {
        let display = way.desktop.map(env::var_os);
        display.is_none_or(|display| display.is_some_and(|it| !it.is_empty()))
    };
    let mut fault = ClipboardFault::NoProgram;
    for way in WAYS.iter().filter(has_desktop) {
        match ask(Command::new(way.program).args(way.args), PICTURE_WAIT) {
            Ok(picture) if picture.starts_with(PNG) => return Ok(picture),
            Ok(_) => fault = ClipboardFault::NoPicture,
            Err(ClipboardFault::NoProgram) => {}
            Err(other) => return Err(other),
        }
    }
    Err(fault)
}

/// What a program writes, up to a limit of bytes and of time.
fn ask(command: &mut Command, wait: Duration) -> Result<Vec<u8>, ClipboardFault> {
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let mut program = match command.stdout(Stdio::piped()).spawn() {
        Ok(program) => program,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(ClipboardFault::NoProgram);
        }
        Err(_) => return Err(ClipboardFault::NoPicture),
    };
    let written = read(&mut program, wait);
    // What it still writes is for nobody, and whoever starts a process waits for its end.
    let _ = program.kill();
    let _ = program.wait();
    let written = written?;
    match written.len() as u64 > PICTURE_MAX_BYTES {
        true => Err(ClipboardFault::TooLong),
        false => Ok(written),
    }
}

fn read(program: &mut Child, wait: Duration) -> Result<Vec<u8>, ClipboardFault> {
    let output = program.stdout.take().ok_or(ClipboardFault::NoPicture)?;
    let (tell, told) = mpsc::channel();
    let work = move || {
        let mut bytes = Vec::new();
        let read = output.take(PICTURE_MAX_BYTES + 1).read_to_end(&mut bytes);
        let _ = tell.send(read.map(|_| bytes));
    };
    let reader = thread::Builder::new().name("clipboard".into()).spawn(work);
    reader.map_err(|_| ClipboardFault::NoPicture)?;
    let read: io::Result<Vec<u8>> = told
        .recv_timeout(wait)
        .map_err(|_| ClipboardFault::TooSlow)?;
    read.map_err(|_| ClipboardFault::NoPicture)
}

/// The digits of base64.
#[cfg(unix)]
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What a terminal is told to hold a text.
#[cfg(unix)]
pub(super) fn command(text: &str) -> String {
    format!("\x1b]52;c;{}\x1b\\", base64(text.as_bytes()))
}

#[cfg(unix)]
fn base64(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = bits >> (18 - 6 * at) & 63;
            encoded.push(match at <= group.len() {
                true => DIGITS.get(digit as usize).copied().map_or('A', char::from),
                false => '=',
            });
        }
    }
    encoded
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_asked_for_so_long_and_so_much() {
        let wait = Duration::from_secs(30);
        let run = |line: &str| ask(Command::new("sh").args(["-c", line]), wait);
        assert_eq!(run("printf picture"), Ok(b"picture".to_vec()));
        assert_eq!(run("exit 1"), Ok(Vec::new()));
        let endless = run("exec cat /dev/zero");
        assert_eq!(endless, Err(ClipboardFault::TooLong));
        let silent = ask(Command::new("sleep").arg("1000"), Duration::from_millis(50));
        assert_eq!(silent, Err(ClipboardFault::TooSlow));
        let nothing = ask(&mut Command::new("there/is/no/such/program"), wait);
        assert_eq!(nothing, Err(ClipboardFault::NoProgram));
    }

    #[test]
    fn the_vectors_of_the_rfc() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(command("f"), "\x1b]52;c;Zg==\x1b\\");
    }
}
