//! A real browser, driven as WebDriver (W3C) says: JSON over HTTP, which is so little that no crate
//! is needed. It reaches addresses of its loopback and no others.

use std::cell::RefCell;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{fs, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::driver::{Driver, Marionette, REQUEST_MAX, Relay, firefox_command};
use super::place::Place;
use super::{DEADLINE, command, folder, wait_until};

/// Names of Chromium's driver, and of Chromium: Debian's, and those of other systems.
const DRIVERS: [&str; 2] = ["chromedriver", "/usr/lib/chromium-browser/chromedriver"];
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What an element is called in WebDriver's JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys that have no letter, as WebDriver writes them.
pub mod keys {
    #![allow(missing_docs)]
    pub const TAB: &str = "\u{e004}";
    pub const ENTER: &str = "\u{e007}";
    pub const SHIFT: &str = "\u{e008}";
    pub const ESCAPE: &str = "\u{e00c}";
    pub const UP: &str = "\u{e013}";
}

/// A browser with a profile of its own, ended when dropped.
pub struct Browser {
    process: Child,
    driver: Driver,
    session: String,
    _profile: TempDir,
}

/// A picture, as a browser sees it.
#[derive(Debug)]
pub struct Look {
    /// Pixels across and down.
    pub size: (u64, u64),
    /// How many colours it has, counted coarsely.
    pub colors: u64,
    /// The mean red, green and blue of 16 × 16 fields, row by row.
    pub fields: Vec<[f64; 3]>,
}

impl Look {
    /// Its mean brightness, from 0 to 255.
    pub fn brightness(&self) -> f64 {
        let all: f64 = self.fields.iter().flatten().sum();
        all / (3 * self.fields.len()) as f64
    }

    /// How far its fields are from another picture's, from 0 to 255.
    pub fn distance(&self, other: &Self) -> f64 {
        let pairs = self.fields.iter().zip(&other.fields);
        let apart =
            pairs.flat_map(|(one, other)| one.iter().zip(other).map(|(a, b)| (a - b).abs()));
        apart.sum::<f64>() / (3 * self.fields.len()) as f64
    }
}

/// Looks at a picture: its size, its colours, and the mean colours of 16 × 16 fields.
const LOOK: &str = "
    const image = new Image();
    image.src = 'data:image/png;base64,' + arguments_[0];
    await image.decode();
    const { width, height } = image;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, width, height);
    const sums = Array.from({ length: 256 }, () => [0, 0, 0, 0]);
    const colors = new Set();
    for (let at = 0; at < data.length; at += 4) {
      const row = Math.floor(at / 4 / width * 16 / height);
      const sum = sums[row * 16 + Math.floor((at / 4) % width * 16 / width)];
      for (let part = 0; part < 3; part += 1) sum[part] += data[at + part];
      sum[3] += 1;
      colors.add([0, 1, 2].reduce((all, part) => all * 16 + (data[at + part] >> 4), 0));
    }
    const fields = sums.map(([r, g, b, n]) => [r / n, g / n, b / n]);
    return { width, height, colors: colors.size, fields };";

/// The first of some programs that is there.
fn first_there(names: &[&'static str]) -> Option<&'static str> {
    let is_there = |name: &&&str| {
        let asked = command(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    };
    names.iter().find(is_there).copied()
}

/// Why no browser can be driven here.
pub fn unmet() -> Option<String> {
    let missing = |names: &[&'static str], what: &str| {
        first_there(names)
            .is_none()
            .then(|| format!("no {what} is here"))
    };
    missing(&DRIVERS, "chromedriver").or_else(|| missing(&BROWSERS, "chromium"))
}

impl Browser {
    /// Starts a browser whose window has this size.
    pub fn start(width: u32, height: u32) -> Self {
        Self::chromium(None, width, height, &[])
    }

    /// The same on a host, whose loopback it reaches.
    pub fn start_on(place: &Place, width: u32, height: u32) -> Self {
        Self::chromium(Some(place), width, height, &[])
    }

    /// The same with further flags, in a place or here.
    pub fn start_with(place: Option<&Place>, width: u32, height: u32, more: &[&str]) -> Self {
        Self::chromium(place, width, height, more)
    }

    fn chromium(place: Option<&Place>, width: u32, height: u32, more: &[&str]) -> Self {
        let profile = folder();
        let log = profile.path().join("driver.log");
        let program = first_there(&DRIVERS).unwrap();
        let log = format!("--log-path={}", log.display());
        let args = ["--port=0", &log];
        let mut process = match place {
            Some(place) => place.command(program, &args),
            None => {
                let mut command = command(program);
                command.args(args);
                command
            }
        };
        // A person's settings and the session bus are not for tests.
        process
            .env("HOME", profile.path())
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        process
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        let port = port_of(&mut process);
        let driver = match place {
            Some(place) => Driver::Relayed(RefCell::new(Relay::to(place, port))),
            None => Driver::Http(port),
        };
        let options = json!({
            "binary": path_of(first_there(&BROWSERS).unwrap()),
            "args": flags(profile.path(), width, height, more),
        });
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "unhandledPromptBehavior": "ignore",
        }}});
        Self::begun(process, driver, profile, &wanted)
    }

    /// Starts Firefox, which is called so here.
    pub fn firefox(program: &str) -> Self {
        let profile = folder();
        let process = firefox_command(program, profile.path()).spawn().unwrap();
        let driver = Driver::Marionette(RefCell::new(Marionette::of(profile.path())));
        Self::begun(process, driver, profile, &json!({}))
    }

    fn begun(process: Child, driver: Driver, profile: TempDir, wanted: &Value) -> Self {
        let mut browser = Self {
            process,
            driver,
            session: String::new(),
            _profile: profile,
        };
        let started = browser.request("POST", "/session", wanted);
        let session = started["sessionId"].as_str().unwrap_or("of-firefox");
        session.clone_into(&mut browser.session);
        browser
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        match self.driver.request(method, path, body) {
            Ok(value) => value,
            Err(why) => panic!("{method} {path}: {why}"),
        }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.request(method, &format!("/session/{}{path}", self.session), body)
    }

    /// Goes to an address.
    pub fn opens(&self, address: &str) {
        self.call("POST", "/url", &json!({ "url": address }));
    }

    /// Where it is.
    pub fn address(&self) -> String {
        self.call("GET", "/url", &Value::Null)
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Loads the page again.
    pub fn reloads(&self) {
        self.call("POST", "/refresh", &json!({}));
    }

    /// Opens another tab, and is in it; returns its handle.
    pub fn opens_tab(&self) -> String {
        let tab = self.call("POST", "/window/new", &json!({ "type": "tab" }));
        let handle = tab["handle"].as_str().unwrap().to_owned();
        self.goes_to(&handle);
        handle
    }

    /// The tab where it is.
    pub fn tab(&self) -> String {
        self.call("GET", "/window", &Value::Null)
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Goes to a tab.
    pub fn goes_to(&self, handle: &str) {
        self.call("POST", "/window", &json!({ "handle": handle }));
    }

    /// Closes the tab where it is.
    pub fn closes_tab(&self) {
        self.call("DELETE", "/window", &json!({}));
    }

    /// What a script returns; `arguments` are its values.
    pub fn runs(&self, script: &str, arguments: &[Value]) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.call("POST", "/execute/sync", &body)
    }

    /// The same for a script whose promise is waited for.
    pub fn awaits(&self, script: &str, arguments: &[Value]) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; \
             (async (...arguments_) => {{ {script} }})(...arguments) \
             .then(done, (e) => done(String(e)));"
        );
        let body = json!({ "script": script, "args": arguments });
        self.call("POST", "/execute/async", &body)
    }

    /// Waits until an expression is true, and returns it.
    pub fn waits_for(&self, expression: &str) -> Value {
        // What it asks for may not be there yet.
        let script = format!("try {{ return ({expression}); }} catch {{ return null; }}");
        let found = wait_until(|| {
            let value = self.runs(&script, &[]);
            let is_true = !matches!(value, Value::Null | Value::Bool(false));
            (is_true && value != json!(0) && value != json!("")).then_some(value)
        });
        found.unwrap_or_else(|| {
            let page = self.runs("return document.body.innerText", &[]);
            panic!(
                "never true: {expression}\n{}",
                page.as_str().unwrap_or_default()
            )
        })
    }

    fn element(&self, selector: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": selector });
        let element = self.call("POST", "/element", &wanted);
        element[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Clicks on an element, as a person does.
    pub fn clicks(&self, selector: &str) {
        let element = self.element(selector);
        self.call("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Types into an element.
    pub fn types(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.call(
            "POST",
            &format!("/element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Presses keys wherever the focus is, one after the other.
    pub fn presses(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| {
            let key = key.to_string();
            [
                json!({"type": "keyDown", "value": key}),
                json!({"type": "keyUp", "value": key}),
            ]
        });
        let strokes: Vec<Value> = strokes.collect();
        let source = json!({ "type": "key", "id": "keys", "actions": strokes });
        self.call("POST", "/actions", &json!({ "actions": [source] }));
    }

    /// Sends a command of the browser's own protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.call("POST", "/goog/cdp/execute", &body)
    }

    /// Shows the page as on a screen of this size, with or without a preference for the dark.
    pub fn looks_like(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        );
    }

    /// A picture of what is seen: PNG, as base64.
    pub fn picture(&self) -> String {
        self.call("GET", "/screenshot", &Value::Null)
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What a PNG in base64 shows. It is looked at in a tab of its own.
    pub fn look_of(&self, picture: &str) -> Look {
        let before = self.tab();
        self.opens_tab();
        let seen = self.awaits(LOOK, &[json!(picture)]);
        self.closes_tab();
        self.goes_to(&before);
        let fields = seen["fields"].as_array().unwrap().iter();
        let part = |field: &Value, at: usize| field[at].as_f64().unwrap();
        Look {
            size: (
                seen["width"].as_u64().unwrap(),
                seen["height"].as_u64().unwrap(),
            ),
            colors: seen["colors"].as_u64().unwrap(),
            fields: fields
                .map(|field| [part(field, 0), part(field, 1), part(field, 2)])
                .collect(),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let path = format!("/session/{}", self.session);
            // A test that already fails must not fail again here.
            let _ = self.driver.request("DELETE", &path, &json!({}));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Flags of Chromium for tests: nothing of it asks the network for anything, and as root it runs
/// without its sandbox.
fn flags(profile: &Path, width: u32, height: u32, more: &[&str]) -> Vec<String> {
    let mut flags: Vec<String> = [
        "--headless=new",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-sync",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        "--lang=en-US",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        "--no-proxy-server",
    ]
    .map(Into::into)
    .to_vec();
    flags.extend(more.iter().map(|flag| (*flag).to_owned()));
    flags.push(format!("--window-size={width},{height}"));
    flags.push(format!(
        "--user-data-dir={}",
        profile.join("profile").display()
    ));
    if is_root() {
        flags.push("--no-sandbox".into());
    }
    flags
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    user.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
}

/// Where a program is.
fn path_of(program: &str) -> String {
    let which = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    String::from_utf8(which.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

/// The port that a driver has chosen, which it says on its output.
fn port_of(driver: &mut Child) -> u16 {
    let mut output = driver.stdout.take().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let mut said = String::new();
        let mut room = [0; 1024];
        while let Ok(count @ 1..) = output.read(&mut room) {
            said.push_str(&String::from_utf8_lossy(&room[..count]));
            let port = said.split("successfully on port ").nth(1).and_then(|rest| {
                let (digits, _) = rest.split_once(|c: char| !c.is_ascii_digit())?;
                digits.parse::<u16>().ok()
            });
            // What it says later is read and dropped, so that it never waits for a reader.
            if let Some(port) = port {
                let _ = tell.send(port);
            }
        }
    });
    told.recv_timeout(DEADLINE)
        .expect("chromedriver says its port")
}

/// The body of an HTTP answer.
pub(super) fn read_answer(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let end = Instant::now() + REQUEST_MAX;
    let mut bytes = Vec::new();
    let mut room = vec![0; 64 << 10];
    loop {
        if let Some(body) = whole_body(&bytes) {
            return Ok(body);
        }
        match stream.read(&mut room)? {
            0 => return Ok(bytes),
            _ if Instant::now() > end => return Err(std::io::ErrorKind::TimedOut.into()),
            count => bytes.extend_from_slice(&room[..count]),
        }
    }
}

/// The body, once all of it is there.
fn whole_body(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (&bytes[..head], &bytes[head + 4..]);
    let head = String::from_utf8_lossy(head).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))?;
    let length: usize = length.trim().parse().ok()?;
    body.get(..length).map(<[u8]>::to_vec)
}

#[test]
fn an_answer_is_whole_when_its_length_is_there() {
    assert_eq!(whole_body(b"HTTP/1.1 200 OK\r\nContent-Le"), None);
    assert_eq!(
        whole_body(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"),
        None
    );
    let whole = whole_body(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    assert_eq!(whole.as_deref(), Some(&b"{}"[..]));
}
