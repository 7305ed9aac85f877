//! Every sentence that is shown to people, in English and Portuguese. `say!` takes both languages
//! or does not compile; `tests/tidy.rs` compares the pairs.

use std::net::SocketAddr;

mod amending;
mod arrivals;
mod beyond;
mod call;
mod chat;
mod commands;
mod config;
mod error;
mod files;
mod guests;
pub mod help;
mod history;
mod hub;
mod keeping;
mod lab;
mod multicast;
mod name;
#[cfg(feature = "web")]
mod page;
mod relations;
mod roles;
mod room;
mod rooms;
mod screen;
mod stats;
mod tcp_peer;
mod terminal;
mod web;

pub use amending::*;
pub use arrivals::*;
pub use beyond::*;
pub use call::*;
pub use chat::*;
pub use commands::commands;
pub use config::*;
pub use error::{cause, error, fault, lost, refusal};
pub use files::*;
pub use guests::*;
pub use history::*;
pub use hub::*;
pub use keeping::*;
pub use lab::*;
pub use multicast::*;
pub use name::{guest_name_refused, name_is_odd, name_refused};
#[cfg(feature = "web")]
pub use page::page;
pub use relations::*;
pub use roles::*;
pub use room::*;
pub use rooms::*;
pub use screen::*;
pub use stats::*;
pub use tcp_peer::*;
pub use terminal::*;
use web::page_command;
pub use web::*;

/// A language of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// English, also for every locale in another language.
    #[default]
    En,
    /// Portuguese.
    Pt,
}

impl Lang {
    /// The language of a locale such as `pt_BR.UTF-8`.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        if locale.starts_with("pt") {
            Self::Pt
        } else {
            Self::En
        }
    }
}

/// A sentence in both languages. Both may use the same `{placeholders}`.
macro_rules! say {
    ($lang:expr, $en:literal, $pt:literal $(,)?) => {
        match $lang {
            $crate::text::Lang::En => format!($en),
            $crate::text::Lang::Pt => format!($pt),
        }
    };
}
use say;

/// How others can reach one of our addresses: the command to type there.
#[must_use]
pub fn reach_us_by(lang: Lang, address: SocketAddr, command: &str) -> String {
    if address.ip().is_loopback() {
        return say!(
            lang,
            "  on this machine: {command}",
            "  nesta máquina: {command}"
        );
    }
    say!(
        lang,
        "  others type: {command}",
        "  os outros digitam: {command}"
    )
}

/// From where an address can be reached that we listen on.
fn reached_from(lang: Lang, address: SocketAddr) -> String {
    let ip = address.ip().to_canonical();
    if ip.is_unspecified() {
        say!(lang, "on all interfaces", "em todas as interfaces")
    } else if ip.is_loopback() {
        say!(lang, "for this machine only", "só para esta máquina")
    } else {
        say!(lang, "at {ip} only", "só em {ip}")
    }
}

/// A list of names, `a, b, c`.
fn row<T: ToString>(things: &[T]) -> String {
    things
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locale_but_portuguese_is_english() {
        for pt in ["pt_BR.UTF-8", "pt_PT", "pt"] {
            assert_eq!(Lang::of_locale(pt), Lang::Pt);
        }
        for en in ["C.UTF-8", "en_US.UTF-8", "es_AR", "POSIX", ""] {
            assert_eq!(Lang::of_locale(en), Lang::En);
        }
    }
}
