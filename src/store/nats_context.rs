//! The contexts of the `nats` command, which people who run NATS servers have already.

use std::env;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use serde::Deserialize;

use super::text_file;

/// Longest file of a context, in bytes.
const CONTEXT_MAX_BYTES: u64 = 64 << 10;

/// A context, as far as a bridge has a use for it; paths are as they are written there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NatsContext {
    url: String,
    /// A token.
    pub token: String,
    /// A name, or a token if there is no password.
    pub user: String,
    /// Its password.
    pub password: String,
    creds: String,
    nkey: String,
    cert: String,
    key: String,
    ca: String,
    /// What the subjects of answers begin with.
    pub inbox_prefix: String,
    /// The domain of JetStream.
    pub jetstream_domain: String,
    /// What the subjects of JetStream begin with.
    pub jetstream_api_prefix: String,
    /// Whether TLS begins without a word in clear.
    pub tls_first: bool,
    nsc: String,
    user_jwt: String,
    socks_proxy: String,
}

impl NatsContext {
    /// The servers.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        let servers = self.url.split(',').map(str::trim);
        let servers = servers.filter(|server| !server.is_empty());
        servers.map(str::to_owned).collect()
    }

    /// The file with credentials.
    #[must_use]
    pub fn creds(&self) -> Option<PathBuf> {
        at_home(&self.creds)
    }

    /// The file with the seed of an NKey.
    #[must_use]
    pub fn nkey(&self) -> Option<PathBuf> {
        at_home(&self.nkey)
    }

    /// The file with the certificates of authorities.
    #[must_use]
    pub fn ca(&self) -> Option<PathBuf> {
        at_home(&self.ca)
    }

    /// The files of the own certificate and of its key.
    #[must_use]
    pub fn cert(&self) -> Option<(PathBuf, PathBuf)> {
        at_home(&self.cert).zip(at_home(&self.key))
    }

    /// The first field that this program does nothing with, and that would be missed.
    fn unknown(&self) -> Option<&'static str> {
        let fields = [
            ("nsc", &self.nsc),
            ("user_jwt", &self.user_jwt),
            ("socks_proxy", &self.socks_proxy),
        ];
        let used = fields.into_iter().find(|(_, value)| !value.is_empty());
        used.map(|(name, _)| name)
    }
}

/// Where a context is.
///
/// # Errors
/// A name that is no name of a file, and a person without a folder.
pub fn path(name: &str) -> io::Result<PathBuf> {
    let is_name = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if !is_name {
        let why = "no name of a context";
        return Err(io::Error::new(ErrorKind::InvalidInput, why));
    }
    let set = |variable| env::var_os(variable).filter(|value| !value.is_empty());
    let settings = set("XDG_CONFIG_HOME").map(PathBuf::from);
    let settings = settings.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
    let settings = settings.ok_or_else(|| io::Error::from(ErrorKind::NotFound))?;
    Ok(settings.join("nats/context").join(format!("{name}.json")))
}

/// Reads the context at a path.
///
/// # Errors
/// What the system says; `InvalidData` for what is no context, or one that asks for what this
/// program cannot do.
pub fn read(path: &std::path::Path) -> io::Result<NatsContext> {
    parse(&text_file::read(path, CONTEXT_MAX_BYTES)?)
}

fn parse(text: &str) -> io::Result<NatsContext> {
    let context: NatsContext = serde_json::from_str(text).map_err(|error| {
        // Its own words may hold a secret.
        let why = format!("no context of nats (line {})", error.line());
        io::Error::new(ErrorKind::InvalidData, why)
    })?;
    match context.unknown() {
        None => Ok(context),
        Some(field) => {
            let why = format!("{field} is not supported");
            Err(io::Error::new(ErrorKind::InvalidData, why))
        }
    }
}

/// A path in which `~/` stands for the person's folder; nothing for an empty one.
fn at_home(written: &str) -> Option<PathBuf> {
    let home = env::var_os("HOME").filter(|home| !home.is_empty());
    match (written.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Some(PathBuf::from(home).join(rest)),
        _ => (!written.is_empty()).then(|| written.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_as_the_nats_command_writes_it() {
        let text = r#"{"description":"ship","url":"nats://a:4222, nats://b:4222","token":"",
            "user":"ponte","password":"segredo","creds":"","nkey":"","cert":"/c.pem",
            "key":"/k.pem","ca":"","nsc":"","jetstream_domain":"","color_scheme":"",
            "inbox_prefix":"_INBOX_x","tls_first":true,"windows_ca_certs_match":null}"#;
        let context = parse(text).unwrap();
        assert_eq!(context.servers(), ["nats://a:4222", "nats://b:4222"]);
        assert_eq!((context.creds(), context.ca()), (None, None));
        assert_eq!(context.cert(), Some(("/c.pem".into(), "/k.pem".into())));
        assert!(context.tls_first && context.password == "segredo");
    }

    #[test]
    fn what_is_no_context_or_cannot_be_done_is_said_without_secrets() {
        for (text, said) in [
            ("{\"password\":\"segredo\"", "line 1"),
            ("{\"password\":[\"segredo\"]}", "line 1"),
            ("{\"nsc\":\"nsc://segredo\"}", "nsc"),
        ] {
            let error = parse(text).err().unwrap().to_string();
            assert!(
                error.contains(said) && !error.contains("segredo"),
                "{error}"
            );
        }
        for wrong in ["", "../x", "a/b", ".", "..", "a\\b"] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }
}
