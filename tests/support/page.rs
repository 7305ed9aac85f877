//! A page as a program sees it: raw requests and streams of events, each read with a deadline.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::DEADLINE;
use super::program::Program;

/// Where a program's page is, and what it must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The port.
    pub port: u16,
    /// The token.
    pub token: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head, with the status line.
    pub head: String,
    /// Its body.
    pub body: String,
    /// The same as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The lines of its body, as objects.
    pub fn lines(&self) -> Vec<Value> {
        let lines = self.body.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&*text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        Self {
            status: status.unwrap_or(0),
            head: head.to_owned(),
            body: body.to_owned(),
            bytes: end.map_or_else(Vec::new, |end| bytes[end + 4..].to_vec()),
        }
    }
}

impl Page {
    /// The page whose link a program has printed last.
    pub fn of(program: &mut Program) -> Self {
        Self::in_line(&program.notes("The page is at http://127.0.0.1:"))
    }

    /// The page of a line that holds its link.
    pub fn in_line(line: &str) -> Self {
        let (_, link) = line.split_once("http://127.0.0.1:").unwrap();
        let (port, rest) = link.split_once("/#").unwrap();
        let token = rest.split(|c: char| !c.is_ascii_hexdigit()).next().unwrap();
        Self {
            port: port.parse().unwrap(),
            token: token.to_owned(),
        }
    }

    /// A connection to it.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// A connection from an address of the loopback.
    pub fn connect_from(&self, address: [u8; 4]) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
        let to = SocketAddr::from(([127, 0, 0, 1], self.port));
        socket.connect(&to.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// The head of a request that is heard.
    pub fn head(&self, method: &str, target: &str, length: usize) -> String {
        let Self { port, token } = self;
        format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
        )
    }

    /// Sends bytes, and gives the answer once the other side has closed.
    pub fn sends(&self, request: &[u8]) -> Answer {
        self.sends_on(self.connect(), request)
    }

    /// The same on a connection.
    pub fn sends_on(&self, mut stream: TcpStream, request: &[u8]) -> Answer {
        // Whoever is refused early may not take all of it.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        assert!(
            read.is_ok() || !answer.is_empty(),
            "no answer within the deadline: {read:?}"
        );
        Answer::parse(&answer)
    }

    /// Asks for something.
    pub fn gets(&self, target: &str) -> Answer {
        self.sends(self.head("GET", target, 0).as_bytes())
    }

    /// Sends a body.
    pub fn posts(&self, target: &str, body: &str) -> Answer {
        let head = self.head("POST", target, body.len());
        self.sends((head + body).as_bytes())
    }

    /// Puts a file there.
    pub fn puts(&self, target: &str, bytes: &[u8]) -> Answer {
        let head = self.head("PUT", target, bytes.len());
        self.sends(&[head.as_bytes(), bytes].concat())
    }

    /// Says something; gives what was told about it.
    pub fn says(&self, text: &str) -> Vec<Value> {
        let said = serde_json::json!({ "say": text });
        let answer = self.posts("/say", &said.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.lines()
    }

    /// The same page, for whoever knows something else.
    pub fn knowing(&self, token: &str) -> Self {
        Self {
            port: self.port,
            token: token.to_owned(),
        }
    }

    /// Opens a stream of events.
    pub fn events(&self) -> Events {
        self.events_at("/events")
    }

    /// Opens a stream of events at a path.
    pub fn events_at(&self, path: &str) -> Events {
        self.events_on(self.connect(), path)
    }

    /// Opens a stream of events on a connection.
    pub fn events_on(&self, mut stream: TcpStream, path: &str) -> Events {
        let head = self.head("GET", path, 0);
        stream.write_all(head.as_bytes()).unwrap();
        Events {
            stream,
            bytes: Vec::new(),
            text: String::new(),
            head: None,
            seen: VecDeque::new(),
        }
    }
}

/// A stream of events.
pub struct Events {
    stream: TcpStream,
    /// What was read and is no whole piece yet.
    bytes: Vec<u8>,
    /// What is no whole line yet.
    text: String,
    head: Option<String>,
    /// Events that were read and not looked at.
    seen: VecDeque<Value>,
}

impl Events {
    /// Its status.
    pub fn status(&mut self) -> u16 {
        while self.head.is_none() {
            assert!(self.reads_on(), "the stream ended within its head");
        }
        Answer::parse(self.head.as_deref().unwrap().as_bytes()).status
    }

    /// The next event; `None` at the end.
    pub fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.seen.pop_front() {
                return Some(event);
            }
            if !self.reads_on() {
                return None;
            }
        }
    }

    /// Waits for an event that this is true of, and gives it and those before it.
    pub fn all_until(&mut self, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let end = Instant::now() + 3 * DEADLINE;
        let mut all = Vec::new();
        while Instant::now() < end {
            let event = self
                .next()
                .unwrap_or_else(|| panic!("it ended after {}", all.len()));
            let is_last = is_it(&event);
            all.push(event);
            if is_last {
                return all;
            }
        }
        panic!("it did not come among {}", all.len());
    }

    /// The next event of a kind.
    pub fn tells(&mut self, kind: &str) -> Value {
        let mut all = self.all_until(|event| event["event"] == kind);
        all.pop().unwrap()
    }

    /// The message that says this.
    pub fn shows(&mut self, text: &str) -> Value {
        let is_it = |event: &Value| event["event"] == "message" && event["data"] == text;
        self.all_until(is_it).pop().unwrap()
    }

    /// Waits for its end.
    pub fn ends(&mut self) {
        while self.next().is_some() {}
    }

    fn reads_on(&mut self) -> bool {
        let mut room = [0; 16 << 10];
        let count = match self.stream.read(&mut room) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("nothing comes: {error}"),
        };
        self.bytes.extend(&room[..count]);
        if self.head.is_none() {
            let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let head: Vec<u8> = self.bytes.drain(..end + 4).collect();
                self.head = Some(String::from_utf8(head).unwrap());
            }
        }
        if self.head.is_some() {
            while self.takes_piece() {}
        }
        count > 0
    }

    /// Takes a whole piece of the stream: its length in hexadecimal digits, and it.
    fn takes_piece(&mut self) -> bool {
        let Some(end) = self.bytes.windows(2).position(|two| two == b"\r\n") else {
            return false;
        };
        let length = String::from_utf8_lossy(&self.bytes[..end]).into_owned();
        let Ok(length) = usize::from_str_radix(&length, 16) else {
            return false;
        };
        let whole = end + 2 + length + 2;
        if self.bytes.len() < whole {
            return false;
        }
        let piece: Vec<u8> = self.bytes.drain(..whole).collect();
        // A line may be cut, but never inside a character: a piece holds whole lines.
        self.text += std::str::from_utf8(&piece[end + 2..end + 2 + length]).unwrap();
        while let Some(end) = self.text.find('\n') {
            let line: String = self.text.drain(..=end).collect();
            self.seen.push_back(serde_json::from_str(&line).unwrap());
        }
        length > 0
    }
}
