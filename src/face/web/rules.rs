//! Who is heard, decided by the head of a request alone. Pure.
//!
//! ```text
//! Host            ours, once: else 421, so that a name that leads here is no way in
//! Origin          absent or ours: else 403, and so for `null`
//! Sec-Fetch-Site  absent, same-origin or none: else 403; a link from elsewhere may open the page
//! path, method    in the table: else 404 or 405
//! Authorization   the token, or a guest's session: else 401, for what tells of a room; a file may
//!                 be asked for by a ticket in its place, which is looked at later
//! ```

use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, Uri};

use super::routes::{GUESTS, PAGE, Route, Table, Verb, shown_ticket};
use super::token::Token;

/// How a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Plain bytes.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that browsers leave out.
    fn usual_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The head of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'r> {
    pub(super) method: &'r Method,
    pub(super) target: &'r Uri,
    pub(super) headers: &'r HeaderMap,
}

/// Where requests come in: which names the server answers to, and what must be known.
#[derive(Clone, Debug)]
pub(super) struct Door {
    /// Values of `Host` that are ours, in small letters.
    hosts: Vec<String>,
    scheme: Scheme,
    pub(super) port: u16,
    pub(super) token: Token,
    table: &'static Table,
}

/// Why a request is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its Host is not ours.
    Misdirected,
    /// Another page asks.
    ForeignOrigin,
    /// Another site asks.
    ForeignSite,
    /// Nothing is there.
    NoSuchRoute,
    /// It is there, and is asked for otherwise.
    WrongMethod(Verb),
    /// The token is not there, or another one.
    NoToken,
}

impl Door {
    /// The door of a listener on the loopback.
    pub(super) fn on_loopback(port: u16, token: Token) -> Self {
        let at = (Scheme::Http, port);
        Self::of(["127.0.0.1", "localhost"], at, token, &PAGE)
    }

    /// The door of guests, who reach this computer by one of its addresses and by no name.
    pub(super) fn of_guests(address: IpAddr, at: (Scheme, u16), token: Token) -> Self {
        let host = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        Self::of([host.as_str()], at, token, &GUESTS)
    }

    /// A door that answers to some names.
    fn of<'n>(
        names: impl IntoIterator<Item = &'n str>,
        (scheme, port): (Scheme, u16),
        token: Token,
        table: &'static Table,
    ) -> Self {
        let mut hosts = Vec::new();
        for name in names {
            hosts.push(format!("{name}:{port}"));
            if port == scheme.usual_port() {
                hosts.push(name.to_owned());
            }
        }
        Self {
            hosts,
            scheme,
            port,
            token,
            table,
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        self.hosts
            .iter()
            .any(|ours| ours.eq_ignore_ascii_case(host))
    }
}

/// What is asked for, if the request is heard.
///
/// # Errors
/// Why it is not.
pub(super) fn judge(head: Head<'_>, door: &Door) -> Result<Route, Refusal> {
    let host = own_host(head, door).ok_or(Refusal::Misdirected)?;
    let found = door.table.at(head.target.path());
    match only(head.headers, &ORIGIN) {
        Field::Absent => {}
        Field::One(origin) if is_origin(origin, door.scheme, host) => {}
        Field::One(_) | Field::Odd => return Err(Refusal::ForeignOrigin),
    }
    match only(head.headers, &SEC_FETCH_SITE) {
        Field::Absent | Field::One("same-origin" | "none") => {}
        Field::One(_) if opens_the_page(head, found) => {}
        Field::One(_) | Field::Odd => return Err(Refusal::ForeignSite),
    }
    let (verb, route) = found.ok_or(Refusal::NoSuchRoute)?;
    let is_verb = match verb {
        Verb::Get => head.method == Method::GET,
        Verb::Post => head.method == Method::POST,
        Verb::Put => head.method == Method::PUT,
    };
    if !is_verb {
        return Err(Refusal::WrongMethod(verb));
    }
    let query = head.target.query().unwrap_or_default();
    let is_ticketed = route.takes_ticket() && shown_ticket(query).is_some();
    let is_judged_later = is_ticketed || door.table.asks_for_session(route);
    match route.is_public() || is_judged_later || shows_token(head, door) {
        true => Ok(route),
        false => Err(Refusal::NoToken),
    }
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// A header that is to be there once at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field<'r> {
    Absent,
    One(&'r str),
    /// Several, or one that is not readable.
    Odd,
}

fn only<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Field<'r> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Field::Absent,
        (Some(value), None) => value.to_str().map_or(Field::Odd, Field::One),
        (Some(_), Some(_)) => Field::Odd,
    }
}

/// The Host of the request, if it is ours, and whatever else names the server does so too.
fn own_host<'r>(head: Head<'r>, door: &Door) -> Option<&'r str> {
    let Field::One(host) = only(head.headers, &HOST) else {
        return None;
    };
    let is_target_ours = match head.target.authority() {
        None => true,
        Some(authority) => {
            let is_scheme = head.target.scheme_str() == Some(door.scheme.name());
            is_scheme && door.is_ours(authority.as_str())
        }
    };
    (door.is_ours(host) && is_target_ours).then_some(host)
}

/// Whether an Origin is that of the page which has this Host.
fn is_origin(origin: &str, scheme: Scheme, host: &str) -> bool {
    let (of, own) = origin.split_once("://").unwrap_or_default();
    of == scheme.name() && own.eq_ignore_ascii_case(host)
}

/// Whether a person follows a link to the page: the browser shows it as a page of its own, and in
/// no frame.
fn opens_the_page(head: Head<'_>, found: Option<(Verb, Route)>) -> bool {
    matches!(found, Some((Verb::Get, Route::File(_))))
        && head.method == Method::GET
        && only(head.headers, &SEC_FETCH_MODE) == Field::One("navigate")
        && only(head.headers, &SEC_FETCH_DEST) == Field::One("document")
}

pub(super) fn shows_token(head: Head<'_>, door: &Door) -> bool {
    shown_token(head).is_some_and(|token| door.token.is(token.as_bytes()))
}

/// The token that a request shows, whether it is right or not.
pub(super) fn shown_token<'r>(head: Head<'r>) -> Option<&'r str> {
    let Field::One(shown) = only(head.headers, &AUTHORIZATION) else {
        return None;
    };
    let (scheme, token) = shown.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| token.trim_start())
}

#[cfg(test)]
mod tests;
