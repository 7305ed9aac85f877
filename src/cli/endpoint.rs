//! Hosts and ports as people type them. One rule holds for every `--listen`: `[ADDRESS:]PORT`. A
//! port alone is the mode's own choice of interfaces, `*:PORT` is all of them, and port 0 is any
//! that is free.

use crate::error::Usage;

/// Where a mode listens if only a port is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PortAlone {
    /// On all interfaces: others are expected.
    AllInterfaces,
    /// On this machine only: the course's lessons are tried alone.
    ThisMachine,
}

/// The address of this machine, to itself.
const THIS_MACHINE: &str = "127.0.0.1";

/// Parses what was typed for `--listen`. No host means all interfaces.
pub(super) fn listening(
    typed: String,
    port_alone: PortAlone,
) -> Result<(Option<String>, u16), Usage> {
    let (host, port) = match split(&typed) {
        Some(("*", port)) => (None, port),
        Some((host, port)) if !host.is_empty() => (Some(host.to_owned()), port),
        alone => {
            let host = match port_alone {
                PortAlone::AllInterfaces => None,
                PortAlone::ThisMachine => Some(THIS_MACHINE.to_owned()),
            };
            (host, alone.map_or(typed.as_str(), |(_, port)| port))
        }
    };
    match port.parse() {
        Ok(port) => Ok((host, port)),
        Err(_) => Err(Usage::Listen(typed)),
    }
}

/// Parses `HOST[:PORT]` to connect to. A port alone is not a host.
pub(super) fn calling(typed: &str, default_port: &str) -> Option<(String, u16)> {
    let (host, port) = split(typed).unwrap_or((unbracketed(typed), default_port));
    let is_port_alone = host.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port| *port != 0)?;
    (!is_port_alone).then(|| (host.to_owned(), port))
}

/// Splits host and port at the colon: `host:1`, `[::1]:1`, but not `::1`.
fn split(typed: &str) -> Option<(&str, &str)> {
    let (host, port) = typed.rsplit_once(':')?;
    let is_bare_v6 = host.contains(':') && !host.ends_with(']');
    (!is_bare_v6).then(|| (unbracketed(host), port))
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listened_on() {
        for (port_alone, meant) in [
            (PortAlone::AllInterfaces, None),
            (PortAlone::ThisMachine, Some("127.0.0.1")),
        ] {
            for (typed, host, port) in [
                ("12345", meant, 12345),
                (":0", meant, 0),
                ("*:80", None, 80),
                ("127.0.0.1:80", Some("127.0.0.1"), 80),
                ("0.0.0.0:80", Some("0.0.0.0"), 80),
                ("[::1]:80", Some("::1"), 80),
            ] {
                let listened = listening(typed.into(), port_alone).unwrap();
                assert_eq!((listened.0.as_deref(), listened.1), (host, port), "{typed}");
            }
            for wrong in ["", "x", "127.0.0.1", "a:b", "1:65536", "::1", "[::1]", "*"] {
                let refused = listening(wrong.into(), port_alone);
                assert_eq!(refused, Err(Usage::Listen(wrong.into())));
            }
        }
    }

    #[test]
    fn what_is_called() {
        let called = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(calling("pc-3", "12345"), called("pc-3", 12345));
        assert_eq!(calling("pc-3:80", "12345"), called("pc-3", 80));
        assert_eq!(calling("10.0.0.7", "12345"), called("10.0.0.7", 12345));
        assert_eq!(calling("::1", "12345"), called("::1", 12345));
        assert_eq!(calling("[::1]", "12345"), called("::1", 12345));
        assert_eq!(calling("[::1]:80", "12345"), called("::1", 80));
        for wrong in ["", ":80", "12345", "a:b", "a:0", "a:65536"] {
            assert_eq!(calling(wrong, "12345"), None, "{wrong}");
        }
    }
}
