//! Compiles the harness, whose folder the environment names.
fn main() {
    let folder = std::env::var("PEERS").expect("PEERS names the folder of bench.c");
    println!("cargo:rerun-if-env-changed=PEERS");
    cc::Build::new()
        .file(format!("{folder}/bench.c"))
        .opt_level(2)
        .warnings(false)
        .compile("bench");
}
