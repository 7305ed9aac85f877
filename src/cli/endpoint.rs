//! Hosts and ports as people type them.

/// Parses `[HOST:]PORT` to listen on. No host, or nothing before the colon, means all interfaces.
pub(super) fn listening(typed: &str) -> Option<(Option<String>, u16)> {
    match split(typed) {
        Some((host, port)) => {
            let host = (!host.is_empty()).then(|| host.to_owned());
            Some((host, port.parse().ok()?))
        }
        None => Some((None, typed.parse().ok()?)),
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
        let host = |host: &str| Some(host.to_owned());
        assert_eq!(listening("12345"), Some((None, 12345)));
        assert_eq!(listening(":0"), Some((None, 0)));
        assert_eq!(listening("127.0.0.1:80"), Some((host("127.0.0.1"), 80)));
        assert_eq!(listening("[::1]:80"), Some((host("::1"), 80)));
        for wrong in ["", "x", "127.0.0.1", "a:b", "1:65536", "::1", "[::1]"] {
            assert_eq!(listening(wrong), None, "{wrong}");
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
