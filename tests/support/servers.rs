//! Servers that carry rooms between networks: each runs a configuration that the manual shows, with
//! the addresses and folders of its test. What `nsc` and an authority would write is made here.

use std::fs;
use std::path::Path;

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use super::network::Host;
use super::place::Home;
use super::program::Program;
use super::run;

/// A configuration of the manual's page, which begins with this comment.
pub fn documented(comment: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/bridge.md");
    let page = fs::read_to_string(page).unwrap();
    let mut blocks = page.split("```").skip(1).step_by(2);
    let found = blocks.find_map(|block| {
        let text = block.strip_prefix("text\n")?;
        text.starts_with(&format!("# {comment}\n")).then_some(text)
    });
    found
        .unwrap_or_else(|| panic!("the manual shows {comment:?}"))
        .to_owned()
}

/// Starts a server, in a folder with other files that its configuration names.
pub fn server_in(home: &Home, host: &Host, config: &str) -> Program {
    let folder = home.path().display().to_string();
    let config = config
        .replace("/etc/nats", &folder)
        .replace("/var/lib/nats", &folder);
    let path = home.path().join("nats.conf");
    fs::write(&path, config).unwrap();
    let command = host.command("nats-server", &["-c", path.to_str().unwrap()]);
    let mut server = Program::start(command).keeping(home);
    server.notes("Server is ready");
    server
}

/// The first server of the manual's page.
pub fn plain_server(host: &Host) -> Program {
    server_in(&Home::new(), host, &documented("one server"))
}

/// One that keeps streams.
pub fn server_with_stream(host: &Host) -> Program {
    server_in(
        &Home::new(),
        host,
        &documented("one server that keeps streams"),
    )
}

/// What `nats sub SUBJECT` shows: a line for each message, with its subject and its bytes in
/// hexadecimal digits.
pub fn subscriber(at: &Host, server: &str, subject: &str) -> Program {
    let mut subscriber = at.python("nats_sub.py", &[server, subject]);
    subscriber.shows("subscribed");
    subscriber
}

/// The bytes of a message that a subscriber showed.
pub fn payload_of(shown: &str) -> Vec<u8> {
    let digits = shown.rsplit(' ').next().unwrap();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Writes an authority's certificate, `ca.pem`, and those of a server with an address,
/// `server.pem` and `server.key`.
pub fn certificates(folder: &Path, address: &str) {
    let path = |name: &str| folder.join(name).display().to_string();
    let (ca, ca_key) = (path("ca.pem"), path("ca.key"));
    let (request, key) = (path("server.csr"), path("server.key"));
    let (server, names) = (path("server.pem"), path("names"));
    let new = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    run(&format!(
        "{new} -x509 -days 2 -subj /CN=roda-test-ca -keyout {ca_key} -out {ca}"
    ));
    run(&format!(
        "{new} -subj /CN=server -keyout {key} -out {request}"
    ));
    fs::write(&names, format!("subjectAltName=IP:{address}\n")).unwrap();
    let sign = format!("-CA {ca} -CAkey {ca_key} -CAcreateserial -days 2 -extfile {names}");
    run(&format!(
        "openssl x509 -req -in {request} {sign} -out {server}"
    ));
}

/// The kinds of keys that NATS has, by the first byte of their public form.
#[derive(Clone, Copy)]
enum KeyKind {
    Operator = 14 << 3,
    Account = 0,
    User = 20 << 3,
}

/// A key of an operator, an account or a user.
struct Key {
    kind: KeyKind,
    seed: [u8; 32],
}

impl Key {
    fn signing(&self) -> SigningKey {
        SigningKey::from_bytes(&self.seed)
    }

    fn public(&self) -> String {
        let mut bytes = vec![self.kind as u8];
        bytes.extend(self.signing().verifying_key().to_bytes());
        checked_base32(bytes)
    }

    /// What a credentials file holds: `S`, the kind, and the key itself.
    fn secret(&self) -> String {
        let kind = self.kind as u8;
        let mut bytes = vec![(18 << 3) | (kind >> 5), (kind & 31) << 3];
        bytes.extend(self.seed);
        checked_base32(bytes)
    }

    /// A signed statement about somebody.
    fn states(&self, about: &str, name: &str, nats: &Value) -> String {
        let claim = json!({
            "jti": about, "iat": 1_700_000_000, "iss": self.public(), "name": name, "sub": about,
            "nats": nats,
        });
        let head = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
        let text = [head, claim].map(|part| base64(part.to_string().as_bytes()));
        let text = text.join(".");
        let signature = self.signing().sign(text.as_bytes()).to_bytes();
        format!("{text}.{}", base64(&signature))
    }
}

/// An operator's account for rooms.
pub struct Account {
    operator: Key,
    account: Key,
}

impl Account {
    /// An account without limits.
    pub fn new() -> Self {
        let key = |kind, byte| Key {
            kind,
            seed: [byte; 32],
        };
        Self {
            operator: key(KeyKind::Operator, 1),
            account: key(KeyKind::Account, 2),
        }
    }

    /// What `nsc generate config --mem-resolver` writes.
    pub fn config(&self) -> String {
        let (operator, account) = (self.operator.public(), self.account.public());
        let nats = json!({ "type": "operator", "version": 2 });
        let of_operator = self.operator.states(&operator, "escola", &nats);
        let limits = [
            "subs",
            "data",
            "payload",
            "imports",
            "exports",
            "conn",
            "leaf",
            "mem_storage",
            "disk_storage",
            "streams",
            "consumer",
        ];
        let limits = limits.map(|limit| (limit.to_owned(), json!(-1)));
        let mut limits: serde_json::Map<String, Value> = limits.into_iter().collect();
        limits.insert("wildcards".to_owned(), json!(true));
        let nats = json!({ "limits": limits, "type": "account", "version": 2 });
        let of_account = self.operator.states(&account, "RODA", &nats);
        format!(
            "operator: {of_operator}\nresolver: MEMORY\n\
             resolver_preload: {{\n  {account}: {of_account}\n}}\n"
        )
    }

    /// What `nsc generate creds` writes for a user who may publish and hear these subjects.
    pub fn creds(&self, name: &str, subjects: &[String], inboxes: &[&str]) -> String {
        let seed = [name.len() as u8 + 10; 32];
        let user = Key {
            kind: KeyKind::User,
            seed,
        };
        let hears: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let hears = [&hears, inboxes].concat();
        let nats = json!({
            "pub": { "allow": subjects }, "sub": { "allow": hears },
            "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2,
        });
        let stated = self.account.states(&user.public(), name, &nats);
        let block = |what: &str, text: &str| {
            format!("-----BEGIN {what}-----\n{text}\n------END {what}------\n\n")
        };
        block("NATS USER JWT", &stated) + &block("USER NKEY SEED", &user.secret())
    }
}

/// Base32 without padding, of bytes and their CRC-16 (XMODEM).
fn checked_base32(mut bytes: Vec<u8>) -> String {
    let crc = bytes.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            (crc << 1) ^ (if crc & 0x8000 == 0 { 0 } else { 0x1021 })
        })
    });
    bytes.extend(crc.to_le_bytes());
    in_digits(&bytes, 5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
}

/// Base64 for addresses, without padding.
fn base64(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    in_digits(bytes, 6, digits)
}

/// Digits of so many bits each.
fn in_digits(bytes: &[u8], bits: u32, digits: &[u8]) -> String {
    let (mut text, mut held, mut count) = (String::new(), 0_u32, 0);
    let mut push = |held: u32| text.push(char::from(digits[(held & ((1 << bits) - 1)) as usize]));
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        count += 8;
        while count >= bits {
            count -= bits;
            push(held >> count);
        }
        held &= (1 << count) - 1;
    }
    if count > 0 {
        push(held << (bits - count));
    }
    text
}
