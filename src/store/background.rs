//! Work that gives way: what is said now comes before what is written of it.

/// How much later than others the thread is served where there are too few cores, as `nice` counts
/// it: with 10 it gets a tenth of a core that somebody else wants too.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Lets the calling thread give way to all others of the machine. Where the system has no such
/// thing for one thread, it does not.
pub(super) fn give_way() {
    #[cfg(target_os = "linux")]
    {
        // On Linux each thread has a priority of its own, by its own id.
        let thread = Some(rustix::thread::gettid());
        // Refused in some sandboxes, and nothing else depends on it.
        let _ = rustix::process::setpriority_process(thread, NICENESS);
    }
}
