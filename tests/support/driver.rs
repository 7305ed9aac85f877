//! What a browser is driven by: Chromium's driver, which takes WebDriver's requests over HTTP, here
//! or in a namespace; or Firefox itself, whose Marionette takes the same commands by other names on
//! one connection.

use std::cell::RefCell;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use std::{fs, io};

use serde_json::{Value, json};

use super::place::Place;
use super::webdriver::read_answer;
use super::{command, wait_until};

/// How long one request may take: the start of a browser on a busy machine.
pub const REQUEST_MAX: Duration = Duration::from_secs(60);

/// Names of Firefox: Debian's, and those of other systems.
const FIREFOXES: [&str; 2] = ["firefox-esr", "firefox"];

/// Carries bytes between its pipes and a port of the namespace where it runs.
const RELAY: &str = "
import os, socket, sys, threading
connection = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=60)
def carry():
    while some := os.read(0, 65536):
        connection.sendall(some)
    connection.shutdown(socket.SHUT_RDWR)
threading.Thread(target=carry, daemon=True).start()
while some := connection.recv(65536):
    while some:
        some = some[os.write(1, some):]
";

/// See the file's head.
pub enum Driver {
    /// A port of Chromium's driver on this machine's loopback.
    Http(u16),
    /// The same in a namespace.
    Relayed(RefCell<Relay>),
    /// Firefox.
    Marionette(RefCell<Marionette>),
}

impl Driver {
    /// One request; an error is the driver's own words.
    pub fn request(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let answer = match self {
            Self::Marionette(firefox) => {
                return firefox.borrow_mut().request(method, path, body);
            }
            Self::Http(port) => {
                let stream = TcpStream::connect(("127.0.0.1", *port));
                let mut stream = stream.map_err(|e| e.to_string())?;
                stream.set_read_timeout(Some(REQUEST_MAX)).unwrap();
                let asked = http(method, path, body, "Connection: close\r\n");
                let sent = stream.write_all(asked.as_bytes());
                sent.and_then(|()| read_answer(&mut stream))
            }
            Self::Relayed(relay) => {
                let asked = http(method, path, body, "");
                let Relay { to, from, .. } = &mut *relay.borrow_mut();
                let sent = to.write_all(asked.as_bytes()).and_then(|()| to.flush());
                sent.and_then(|()| read_answer(from))
            }
        };
        let answer = answer.map_err(|e| e.to_string())?;
        let answer: Value = serde_json::from_slice(&answer).map_err(|e| e.to_string())?;
        let value = answer["value"].clone();
        match value.get("error") {
            Some(error) if value.get("message").is_some() => Err(format!(
                "{error}: {}",
                value["message"].as_str().unwrap_or_default()
            )),
            _ => Ok(value),
        }
    }
}

fn http(method: &str, path: &str, body: &Value, header: &str) -> String {
    let body = match method {
        "GET" => String::new(),
        _ => body.to_string(),
    };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A process that reaches a port of a namespace, ended when dropped.
pub struct Relay {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Relay {
    /// Reaches a port of a place.
    pub fn to(place: &Place, port: u16) -> Self {
        let mut python = place.command("python3", &["-c", RELAY, &port.to_string()]);
        python.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = python.spawn().unwrap();
        let to = process.stdin.take().unwrap();
        let from = BufReader::new(process.stdout.take().unwrap());
        Self { process, to, from }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Firefox, which speaks for itself: `LENGTH:[0,NUMBER,COMMAND,PARAMETERS]`, and answers
/// `LENGTH:[1,NUMBER,ERROR,RESULT]`.
pub struct Marionette {
    stream: BufReader<TcpStream>,
    number: u64,
}

/// Firefox as it is called here; `None` where there is none.
pub fn firefox() -> Option<&'static str> {
    let is_there = |name: &&&str| {
        let asked = command(name).arg("--version").output();
        asked.is_ok_and(|output| output.status.success())
    };
    FIREFOXES.iter().find(is_there).copied()
}

/// How Firefox is started with a profile of its own.
pub fn firefox_command(program: &str, profile: &Path) -> Command {
    // It asks nobody for anything, and takes a free port.
    let settings = "user_pref('marionette.port', 0);\n\
        user_pref('app.update.enabled', false);\n\
        user_pref('datareporting.policy.dataSubmissionEnabled', false);\n\
        user_pref('network.captive-portal-service.enabled', false);\n\
        user_pref('network.connectivity-service.enabled', false);\n\
        user_pref('network.dns.disabled', true);\n\
        user_pref('browser.shell.checkDefaultBrowser', false);\n\
        user_pref('intl.accept_languages', 'en-US');\n";
    fs::write(profile.join("user.js"), settings.replace('\'', "\"")).unwrap();
    let mut firefox = command(program);
    firefox.args(["--headless", "--no-remote", "--marionette", "--profile"]);
    firefox.arg(profile);
    firefox
        .env("HOME", profile)
        .env("MOZ_CRASHREPORTER_DISABLE", "1")
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    firefox
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    firefox
}

impl Marionette {
    /// Meets a Firefox that was started with this profile.
    pub fn of(profile: &Path) -> Self {
        let port = wait_until(|| {
            let port = fs::read_to_string(profile.join("MarionetteActivePort")).ok()?;
            port.trim().parse::<u16>().ok()
        });
        let port = port.expect("Firefox tells its port");
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(REQUEST_MAX)).unwrap();
        let mut marionette = Self {
            stream: BufReader::new(stream),
            number: 0,
        };
        marionette.read().expect("Firefox greets");
        marionette
    }

    /// One request of WebDriver, by Marionette's name for it.
    fn request(&mut self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        // `/session/ID/element/ID/click`
        let parts: Vec<&str> = path.split('/').skip(3).collect();
        let mut parameters = body.clone();
        let name = match (method, parts.as_slice()) {
            ("POST", []) => "NewSession",
            ("DELETE", []) => return Ok(Value::Null),
            ("POST", ["url"]) => "Navigate",
            ("GET", ["url"]) => "GetCurrentURL",
            ("POST", ["refresh"]) => "Refresh",
            ("POST", ["window", "new"]) => "NewWindow",
            ("GET", ["window"]) => "GetWindowHandle",
            ("POST", ["window"]) => "SwitchToWindow",
            ("DELETE", ["window"]) => "CloseWindow",
            ("POST", ["execute", "sync"]) => "ExecuteScript",
            ("POST", ["execute", "async"]) => "ExecuteAsyncScript",
            ("POST", ["element"]) => "FindElement",
            ("POST", ["element", id, "click"]) => {
                parameters["id"] = json!(id);
                "ElementClick"
            }
            ("POST", ["element", id, "value"]) => {
                parameters["id"] = json!(id);
                "ElementSendKeys"
            }
            ("POST", ["actions"]) => "PerformActions",
            _ => return Err(format!("Firefox is not asked for {method} {path} here")),
        };
        self.number += 1;
        let asked = json!([0, self.number, format!("WebDriver:{name}"), parameters]).to_string();
        let asked = format!("{}:{asked}", asked.len());
        let sent = self.stream.get_mut().write_all(asked.as_bytes());
        sent.map_err(|error| error.to_string())?;
        let answer = self.read().map_err(|error| error.to_string())?;
        if !answer[2].is_null() {
            return Err(answer[2].to_string());
        }
        let result = &answer[3];
        Ok(result.get("value").unwrap_or(result).clone())
    }

    fn read(&mut self) -> io::Result<Value> {
        let mut length = 0;
        loop {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            match byte[0] {
                digit @ b'0'..=b'9' => length = 10 * length + usize::from(digit - b'0'),
                _ => break,
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(serde_json::from_slice(&answer)?)
    }
}
