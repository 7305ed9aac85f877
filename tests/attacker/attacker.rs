//! An attacker on a LAN, for `tests/all/attacked.rs`: `attacker ATTACK ADDRESS SECONDS [VICTIM]`,
//! as root in a network namespace, with the address of its interface. It records what it hears in
//! the lobby, and says on stdout when it knows enough to begin. A line on stdin begins the attack,
//! which ends by itself after these seconds. Each tenth of it is reported on stdout, and at the end
//! how much was sent.
//!
//! ```text
//! attacks    what each attack sends
//! identity   a member that keeps the format and not the rules
//! lan        what is heard, and datagrams from any address
//! ```
#![allow(clippy::print_stdout, unreachable_pub)]

mod attacks;
mod identity;
mod lan;

use std::error::Error;
use std::io::BufRead;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use attacks::Attack;
use lan::{Lan, Shot};

/// How often it looks at what was heard, and sends what is due.
const TURN: Duration = Duration::from_millis(5);

/// Bytes of Ethernet, IP and UDP around each datagram, which count.
const WRAPPING_BYTES: usize = 42;

/// Reports in the time of an attack.
const REPORTS: u32 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let usage = "attacker ATTACK ADDRESS SECONDS [VICTIM]";
    let [attack, address, seconds, victim @ ..] = args.as_slice() else {
        return Err(usage.into());
    };
    let victim = victim.first().map_or("ana", String::as_str);
    let attack = attacks::named(attack, victim).ok_or(usage)?;
    let lan = Lan::join(address.parse()?, victim)?;
    run(lan, attack, Duration::from_secs(seconds.parse()?))?;
    Ok(())
}

/// Records until it is told to begin, and attacks for a time.
fn run(mut lan: Lan, mut attack: Box<dyn Attack>, time: Duration) -> io::Result<()> {
    let begins = line_of_stdin();
    let mut is_ready = false;
    while !is_due(&begins)? {
        lan.listen()?;
        if !is_ready && attack.is_ready(lan.heard()) {
            is_ready = true;
            println!("ready to attack");
        }
        thread::sleep(TURN);
    }
    let (began, mut reported) = (Instant::now(), 0);
    let (mut datagrams, mut bytes) = (0_u64, 0_u64);
    while began.elapsed() < time {
        lan.listen()?;
        let allowed = attack.bytes_per_s() * began.elapsed().as_secs_f64();
        while (bytes as f64) < allowed
            && let Some(Shot { from, to, datagram }) = attack.next(lan.heard())
        {
            lan.send(from, to, &datagram)?;
            datagrams += 1;
            bytes += (datagram.len() + WRAPPING_BYTES) as u64;
        }
        while began.elapsed() > time * reported / REPORTS {
            reported += 1;
            println!("part {reported}");
        }
        thread::sleep(TURN);
    }
    println!("sent {datagrams} datagrams, {bytes} bytes");
    Ok(())
}

/// Reports the first line of stdin, for which it waits on a thread.
fn line_of_stdin() -> Receiver<()> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        if matches!(io::stdin().lock().read_line(&mut line), Ok(1..)) {
            // Nobody listens to a second line.
            let _ = tell.send(());
        }
    });
    told
}

/// Whether the line came; an error when none will come any more.
fn is_due(line: &Receiver<()>) -> io::Result<bool> {
    match line.try_recv() {
        Ok(()) => Ok(true),
        Err(TryRecvError::Empty) => Ok(false),
        Err(TryRecvError::Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
