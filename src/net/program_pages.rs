//! The pages of the program that only its start needed: reading arguments and settings, opening
//! files, joining, and what the kernel mapped around them. They are most of what a member who only
//! listens would keep mapped.

use std::thread;
use std::time::Duration;

use super::kernel::release_program_pages;

/// When a member has joined its rooms, has got what was said before, and has met those who come
/// together: three hundred need half a minute on a busy machine.
const SETTLED_AFTER: Duration = Duration::from_secs(60);

/// Gives these pages back once, when the start is over. What runs again is mapped again, without
/// the disk as long as the system has the file in its memory. A debugger loses the breakpoints that
/// it had set by then.
pub fn release_when_settled() {
    let release = || {
        thread::sleep(SETTLED_AFTER);
        release_program_pages();
    };
    // Without a thread, the pages stay.
    let _ = thread::Builder::new().name("pages".into()).spawn(release);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_runs_on_without_the_pages_that_it_had() {
        for _ in 0..100 {
            release_program_pages();
            assert_eq!("roda".repeat(1000).len(), 4000);
        }
        let other = thread::spawn(|| (0..1000).map(|n| format!("{n:.3}")).count());
        (0..100).for_each(|_| release_program_pages());
        assert_eq!(other.join().unwrap(), 1000);
    }
}
