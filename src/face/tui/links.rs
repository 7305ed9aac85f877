//! Where a text has links. Pure. Nothing else of a stranger's text is interpreted, and a link leads
//! to exactly what is read.

use std::ops::Range;

/// What a link begins with.
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// The links of a clean text.
pub(super) fn links(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let begins = SCHEMES.iter().filter_map(|scheme| rest.find(scheme));
        let Some(begin) = begins.min() else {
            break;
        };
        let link = rest.get(begin..).unwrap_or_default();
        let end = link.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`'));
        let link = without_tail(link.get(..end.unwrap_or(link.len())).unwrap_or_default());
        let start = from + begin;
        from = start + link.len().max(1);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        if SCHEMES.iter().all(|scheme| link != *scheme) {
            found.push(start..start + link.len());
        }
    }
    found
}

/// A link without the punctuation that ends a sentence, and without a bracket that it never opened.
fn without_tail(mut link: &str) -> &str {
    loop {
        let Some(last) = link.chars().next_back() else {
            return link;
        };
        let is_tail = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '…' => true,
            ')' => link.matches('(').count() < link.matches(')').count(),
            ']' => link.matches('[').count() < link.matches(']').count(),
            _ => false,
        };
        if !is_tail {
            return link;
        }
        link = link.strip_suffix(last).unwrap_or_default();
    }
}

/// A link as a terminal is told it: nothing but printable ASCII.
pub(super) fn target(link: &str) -> String {
    let mut target = String::with_capacity(link.len());
    for byte in link.bytes() {
        match byte {
            b'!'..=b'~' => target.push(char::from(byte)),
            other => target.push_str(&format!("%{other:02X}")),
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_end_where_their_sentence_goes_on() {
        let found = |text: &str| -> Vec<String> {
            links(text)
                .into_iter()
                .map(|at| text[at].to_owned())
                .collect()
        };
        assert_eq!(found("veja http://roda/a."), ["http://roda/a"]);
        assert_eq!(found("(https://a.b/c_(d))!"), ["https://a.b/c_(d)"]);
        assert_eq!(
            found("http://a http://b, http://"),
            ["http://a", "http://b"]
        );
        assert_eq!(found("ftp://x javascript:alert(1)"), Vec::<String>::new());
        assert_eq!(target("http://é/\u{7}"), "http://%C3%A9/%07");
    }

    proptest! {
        #[test]
        fn any_text_has_its_links_in_order(text in "(http://|https://|[a-z é().]){0,20}") {
            let found = links(&text);
            prop_assert!(found.windows(2).all(|two| two[0].end <= two[1].start));
            for at in found {
                prop_assert!(text[at].starts_with("http"));
            }
        }
    }
}
