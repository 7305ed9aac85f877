//! Every way to be refused, and that nothing of a request but what the rules name makes it heard.

use hyper::header::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::face::web::token::TOKEN_BYTES;

const PORT: u16 = 5080;

fn door() -> Door {
    Door::on_loopback(PORT, Token::of(&[7; TOKEN_BYTES]))
}

fn bearer() -> String {
    format!("Bearer {}", door().token.digits())
}

/// What becomes of a request whose token is right, unless the headers say something else.
fn judged(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<Route, Refusal> {
    let method: Method = method.parse().unwrap();
    let target: Uri = target.parse().unwrap();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    judge(
        Head {
            method: &method,
            target: &target,
            headers: &map,
        },
        &door(),
    )
}

const OURS: (&str, &str) = ("host", "127.0.0.1:5080");

#[test]
fn the_page_itself_is_heard() {
    let bearer = bearer();
    let known = ("authorization", bearer.as_str());
    for (method, target, route) in [
        ("GET", "/events", Route::Events),
        ("POST", "/say", Route::Say),
        ("GET", "/history?limit=3", Route::History),
    ] {
        for (host, origin) in [
            ("127.0.0.1:5080", "http://127.0.0.1:5080"),
            ("localhost:5080", "http://localhost:5080"),
            ("LOCALHOST:5080", "http://localhost:5080"),
        ] {
            let host = ("host", host);
            assert_eq!(judged(method, target, &[host, known]), Ok(route));
            let origin = ("origin", origin);
            let site = ("sec-fetch-site", "same-origin");
            let of_page = [host, known, origin, site];
            assert_eq!(judged(method, target, &of_page), Ok(route));
        }
    }
    assert_eq!(judged("POST", "/prove", &[OURS]), Ok(Route::Prove));
    assert_eq!(judged("GET", "/texts?lang=pt", &[OURS]), Ok(Route::Texts));
    assert!(matches!(judged("GET", "/", &[OURS]), Ok(Route::File(_))));
    let whole = "http://127.0.0.1:5080/";
    assert!(matches!(judged("GET", whole, &[OURS]), Ok(Route::File(_))));
}

#[test]
fn another_name_that_leads_here_is_no_way_in() {
    let bearer = bearer();
    let known = ("authorization", bearer.as_str());
    for host in [
        "",
        "127.0.0.1",
        "127.0.0.1:5081",
        "evil.example:5080",
        "localhost",
        "localhost.:5080",
        "localhost:5080:5080",
        "127.0.0.1:5080, localhost:5080",
        "127.1:5080",
        "[::1]:5080",
        "a@127.0.0.1:5080",
        "127.0.0.1:05080",
        "é",
    ] {
        let refused = judged("GET", "/", &[("host", host), known]);
        assert_eq!(refused, Err(Refusal::Misdirected), "{host}");
    }
    assert_eq!(judged("GET", "/", &[known]), Err(Refusal::Misdirected));
    let twice = judged("GET", "/", &[OURS, OURS]);
    assert_eq!(twice, Err(Refusal::Misdirected));
    for target in [
        "http://evil.example/",
        "http://127.0.0.1:5081/",
        "https://127.0.0.1:5080/",
    ] {
        let refused = judged("GET", target, &[OURS, known]);
        assert_eq!(refused, Err(Refusal::Misdirected), "{target}");
    }
}

#[test]
fn another_page_asks_nothing_even_if_it_knew_the_token() {
    let bearer = bearer();
    let known = ("authorization", bearer.as_str());
    for origin in [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1:3000",
        "http://localhost:5080",
        "https://127.0.0.1:5080",
        "http://127.0.0.1:5080/",
        "http://127.0.0.1:5080 x",
        "file://",
    ] {
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/events"),
            ("POST", "/say"),
            ("GET", "/x"),
        ] {
            let refused = judged(method, path, &[OURS, known, ("origin", origin)]);
            assert_eq!(refused, Err(Refusal::ForeignOrigin), "{origin} {path}");
        }
    }
    let own = ("origin", "http://127.0.0.1:5080");
    let twice = judged("GET", "/", &[OURS, own, own]);
    assert_eq!(twice, Err(Refusal::ForeignOrigin));
}

#[test]
fn another_site_asks_nothing_but_may_be_followed_to_the_page() {
    let bearer = bearer();
    let known = ("authorization", bearer.as_str());
    for site in ["cross-site", "same-site", "", "Same-Origin", "x"] {
        let site = ("sec-fetch-site", site);
        for (method, path) in [("GET", "/page.css"), ("GET", "/events"), ("POST", "/say")] {
            let refused = judged(method, path, &[OURS, known, site]);
            assert_eq!(refused, Err(Refusal::ForeignSite), "{site:?} {path}");
        }
        let mode = ("sec-fetch-mode", "navigate");
        let followed = |dest, method, path| {
            judged(method, path, &[OURS, site, mode, ("sec-fetch-dest", dest)])
        };
        assert!(followed("document", "GET", "/").is_ok());
        for refused in [
            followed("iframe", "GET", "/"),
            followed("document", "POST", "/"),
            followed("document", "GET", "/events"),
            followed("document", "POST", "/say"),
        ] {
            assert_eq!(refused, Err(Refusal::ForeignSite));
        }
    }
    assert!(judged("GET", "/events", &[OURS, known, ("sec-fetch-site", "none")]).is_ok());
}

#[test]
fn what_is_not_there_and_what_is_asked_for_otherwise() {
    let bearer = bearer();
    let known = ("authorization", bearer.as_str());
    for path in [
        "/x",
        "/events/",
        "/say/..",
        "/page.css%00",
        "//",
        "/.git/config",
    ] {
        let refused = judged("GET", path, &[OURS, known]);
        assert_eq!(refused, Err(Refusal::NoSuchRoute), "{path}");
    }
    for (method, path, verb) in [
        ("POST", "/events", Verb::Get),
        ("GET", "/say", Verb::Post),
        ("PUT", "/say", Verb::Post),
        ("HEAD", "/", Verb::Get),
        ("OPTIONS", "/say", Verb::Post),
        ("CONNECT", "/events", Verb::Get),
    ] {
        let refused = judged(method, path, &[OURS, known]);
        assert_eq!(refused, Err(Refusal::WrongMethod(verb)), "{method} {path}");
    }
}

#[test]
fn without_the_token_nothing_is_told_and_nothing_is_done() {
    let (right, short) = (bearer(), bearer());
    let short = &short[..short.len() - 1];
    for shown in [
        "",
        "Bearer",
        "Bearer ",
        "Basic x",
        short,
        &format!("{right}0"),
        &right.replace("Bearer ", ""),
        &right.replace("Bearer", "Digest"),
        &format!("{right}, {right}"),
    ] {
        for (method, path) in [("GET", "/events"), ("POST", "/say"), ("GET", "/history")] {
            let refused = judged(method, path, &[OURS, ("authorization", shown)]);
            assert_eq!(refused, Err(Refusal::NoToken), "{shown} {path}");
        }
    }
    assert_eq!(judged("GET", "/events", &[OURS]), Err(Refusal::NoToken));
    let twice = ("authorization", right.as_str());
    assert_eq!(
        judged("GET", "/events", &[OURS, twice, twice]),
        Err(Refusal::NoToken)
    );
    let in_path = format!("/events?token={}", door().token.digits());
    assert_eq!(judged("GET", &in_path, &[OURS]), Err(Refusal::NoToken));
}

proptest! {
    #[test]
    fn whoever_is_told_something_shows_the_token_to_our_name(
        method in "GET|POST|PUT",
        path in "/|/events|/say|/history|/page\\.css|/[a-z/.]{0,8}",
        host in "127\\.0\\.0\\.1:5080|localhost:5080|[a-z0-9.:]{0,20}",
        origin in proptest::option::of("http://127\\.0\\.0\\.1:5080|null|http://[a-z.:0-9]{0,16}"),
        site in proptest::option::of("none|same-origin|same-site|cross-site|[a-z-]{0,12}"),
        is_known in any::<bool>(),
        noise in "[a-z0-9]{0,32}",
    ) {
        let right = bearer();
        let wrong = format!("Bearer {noise}");
        let shown = if is_known { &right } else { &wrong };
        let mut headers = vec![("host", host.as_str()), ("authorization", shown.as_str())];
        headers.extend(origin.as_deref().map(|origin| ("origin", origin)));
        headers.extend(site.as_deref().map(|site| ("sec-fetch-site", site)));
        if let Ok(route) = judged(&method, &path, &headers) {
            prop_assert!(host == "127.0.0.1:5080" || host == "localhost:5080");
            let own = format!("http://{host}");
            prop_assert!(origin.is_none_or(|origin| origin == own));
            prop_assert!(site.is_none_or(|site| site == "none" || site == "same-origin"));
            prop_assert!(is_known || route.is_public());
        }
    }
}
