//! Lessons on loopback: our servers and clients, and the course's.

use std::path::Path;
use std::process::Command;

use super::command;
use super::program::{Outcome, Program};
use super::tcp::{python, with_port};

/// `roda lab …`, to be started, with a folder of its own for data.
pub fn lab(args: &[&str]) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_roda"));
    command.arg("lab").args(args);
    command
}

/// A database in a folder, as an argument.
pub fn database(folder: &Path) -> String {
    format!("--database={}", folder.join("lab.db").display())
}

/// Our server of a lesson at a port of its own choice; and that port.
pub fn serve(lesson: &str, args: &[&str]) -> (Program, u16) {
    port_of(Program::start(lab(&serving(lesson, args))))
}

/// The same, started by another program that takes a command as its last arguments.
pub fn serve_by(starter: &[&str], lesson: &str, args: &[&str]) -> (Program, u16) {
    let mut started = command(starter[0]);
    started.args(&starter[1..]).arg(env!("CARGO_BIN_EXE_roda"));
    started.arg("lab").args(serving(lesson, args));
    port_of(Program::start(started))
}

fn serving<'a>(lesson: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["serve", lesson, "--listen", ":0"], args].concat()
}

fn port_of(mut server: Program) -> (Program, u16) {
    let line = server.notes("serving at 127.0.0.1:");
    let port = line.split([':', ';']).nth(2).unwrap().parse().unwrap();
    (server, port)
}

/// Our client of a lesson, to be started.
pub fn client(port: u16, args: &[&str]) -> Command {
    let address = format!("127.0.0.1:{port}");
    lab(&[args, &["--connect", &address]].concat())
}

/// What our client of a lesson wrote, which ends with a code.
pub fn asks(port: u16, args: &[&str], code: i32) -> Outcome {
    Program::start(client(port, args)).ends_with(code)
}

/// The course's server of a lesson; and its port.
pub fn their_server(lesson: &str, args: &[&str]) -> (Program, u16) {
    with_port(python("lab.py", &[&["serve", lesson], args].concat()))
}

/// What the course's client of a lesson showed.
pub fn they_ask(lesson: &str, port: u16, args: &[&str]) -> Vec<String> {
    let port = port.to_string();
    let client = python("lab.py", &[&[lesson, &port], args].concat());
    client.ends_with(0).shown
}

/// Ends a server, and returns what it showed.
pub fn ends(server: Program) -> Vec<String> {
    server.gets_signal("TERM");
    server.ends_with(143).shown
}
