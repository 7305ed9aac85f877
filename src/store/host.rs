//! What this computer is called.

use std::{env, fs};

/// Where Linux says so.
const FILES: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];

/// The variables that hold it elsewhere.
const VARIABLES: [&str; 2] = ["HOSTNAME", "COMPUTERNAME"];

/// The name of this computer, without its domain; nothing if the system does not say.
#[must_use]
pub fn name() -> String {
    let of_file = |path| fs::read_to_string(path).ok();
    let names = FILES.into_iter().filter_map(of_file);
    let names = names.chain(VARIABLES.into_iter().filter_map(|name| env::var(name).ok()));
    let mut names = names.filter_map(|name| name.trim().split('.').next().map(str::to_owned));
    names.find(|name| !name.is_empty()).unwrap_or_default()
}
