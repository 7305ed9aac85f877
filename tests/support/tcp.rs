//! `tcp-peer` on loopback: ours in both roles, the course's program, and bare sockets.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use super::program::Program;
use super::{DEADLINE, command};

/// `roda tcp-peer …`, to be started.
pub fn tcp_peer(args: &[&str]) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_roda"));
    command.arg("tcp-peer").args(args);
    command
}

/// Ours, waiting at a port of its own choice; and that port.
pub fn listener(args: &[&str]) -> (Program, u16) {
    let args = [&["--listen", "127.0.0.1:0"], args].concat();
    let mut listener = Program::start(tcp_peer(&args));
    let line = listener.notes("--connect 127.0.0.1:");
    let port = line.rsplit(':').next().unwrap().parse().unwrap();
    (listener, port)
}

/// Ours, calling a port; connected already.
pub fn caller(port: u16, args: &[&str]) -> Program {
    let address = format!("127.0.0.1:{port}");
    let args = [&["--connect", &address], args].concat();
    let mut caller = Program::start(tcp_peer(&args));
    is_connected(&mut caller, &args);
    caller
}

/// Two of ours that are connected: who listens, who calls.
pub fn pair(listens: &[&str], calls: &[&str]) -> [Program; 2] {
    let (mut listener, port) = listener(listens);
    let caller = caller(port, calls);
    is_connected(&mut listener, listens);
    [listener, caller]
}

/// Waits until a program that was started with `args` is connected.
fn is_connected(program: &mut Program, args: &[&str]) {
    match args.contains(&"--json") {
        true => program.shows("\"ready\""),
        false => program.notes("connected to"),
    };
}

/// One of the Python programs in `tests/interop`. Ours leaves it 25 ms to read each message, which
/// is enough on a computer of one's own: it comes before the tests that run beside it, where that
/// may be asked for.
pub fn python(script: &str, args: &[&str]) -> Program {
    let script = format!("{}/tests/interop/{script}", env!("CARGO_MANIFEST_DIR"));
    let mut command = command("nice");
    command.args(["-n", "-10", "python3"]);
    command.arg(script).args(args);
    Program::start(command)
}

/// The course's chat as a server; and its port.
pub fn their_server(script: &str, args: &[&str]) -> (Program, u16) {
    with_port(python(script, &[&["server", "0"], args].concat()))
}

/// One of the course's servers, and the port that it says.
pub fn with_port(mut server: Program) -> (Program, u16) {
    let line = server.shows("porta ");
    let port = line.rsplit(' ').next().unwrap().parse().unwrap();
    (server, port)
}

/// A bare socket that knows nothing of us.
pub struct Naive(pub TcpStream);

impl Naive {
    /// Calls a port.
    pub fn calls(port: u16) -> Self {
        Self::over(TcpStream::connect(("127.0.0.1", port)).unwrap())
    }

    /// Waits to be called by what `call` starts, and gives that too.
    pub fn is_called_by<T>(call: impl FnOnce(u16) -> T) -> (Self, T) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let caller = call(listener.local_addr().unwrap().port());
        (Self::over(listener.accept().unwrap().0), caller)
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// Sends bytes.
    pub fn sends(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// What one `recv(1024)` gives; empty at the end.
    pub fn receives(&mut self) -> String {
        let mut room = [0; 1024];
        let length = self.0.read(&mut room).unwrap();
        String::from_utf8(room[..length].to_vec()).unwrap()
    }
}
