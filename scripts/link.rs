//! Tells the linker which functions a talking member runs, so that they lie side by side.
//!
//! The kernel maps a program's code in pieces of 64 KiB around each page that is touched. Of 17 MB
//! of code a member runs 2.6, in functions that were spread over all of it, and so held 9 MB in
//! memory; side by side they take 4. The list is made by `scripts/order`. A function that it names
//! and that is not there costs nothing, and one that it does not name is found where it was.

#![expect(
    clippy::print_stdout,
    reason = "a build script tells cargo so what to do"
)]

use std::path::PathBuf;
use std::{env, fs, io};

/// The functions, in the order of their first call.
const LIST: &str = "scripts/link_order.txt";

/// Prefixes of the sections that hold functions, one in each.
const SECTIONS: [&str; 2] = [".text.", ".text.unlikely."];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=scripts/link.rs");
    println!("cargo::rerun-if-changed={LIST}");
    if !is_ordered() {
        return Ok(());
    }
    let mut script = "SECTIONS\n{\n  .text.member :\n  {\n".to_owned();
    for function in fs::read_to_string(LIST)?
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let [usual, unlikely] = SECTIONS.map(|section| format!("{section}{function}"));
        script += &format!("    *({usual} {unlikely})\n");
    }
    script += "  }\n}\nINSERT BEFORE .text;\n";
    let path = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("order.ld");
    fs::write(&path, script)?;
    println!("cargo::rustc-link-arg-bin=roda=-Wl,-T,{}", path.display());
    Ok(())
}

/// Whether this build is one to keep, by a linker that reads GNU's linker scripts: `ld` and `lld`,
/// which compilers use for Linux unless they are told of another one, do so.
fn is_ordered() -> bool {
    let is = |name, value: &str| env::var(name).is_ok_and(|found| found == value);
    let own_linker = env::var_os("RUSTC_LINKER").is_some()
        || env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("link"));
    is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && !own_linker
}
