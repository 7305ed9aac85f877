//! What is told beside messages: sentences that the other faces say, too, with what the page fills
//! in in braces.

use std::net::{IpAddr, Ipv4Addr};

use super::Named;
use crate::chat::event::Interface;
use crate::text::{self, Lang};

/// An address that stands for any.
const SOME_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// People who come, go and change.
pub(super) fn movements(lang: Lang) -> Vec<Named> {
    let who = "{who}";
    vec![
        ("entered", text::entered(lang, who)),
        ("is_here", text::is_here(lang, who)),
        ("left", text::member_left(lang, who)),
        ("gone", text::member_gone(lang, who)),
        ("silent", text::silent(lang, who)),
        ("back", text::back(lang, who)),
        ("slow", text::slow(lang, who)),
        ("renamed", text::renamed(lang, "{before}", who)),
        ("you_are_renamed", text::you_are_renamed(lang, who)),
        ("verified", text::is_verified(lang, who)),
        ("unverified", text::is_unverified(lang, who)),
    ]
}

/// What is to be known about people and messages.
pub(super) fn warnings(lang: Lang) -> Vec<Named> {
    let who = "{who}";
    let names = [who.to_owned()];
    vec![
        ("gap", text::gap(lang, who)),
        ("namesake", text::namesake(lang, "{name}", who)),
        ("name_taken", text::name_taken(lang, "{name}", who)),
        ("shared_key", text::key_shared(lang, &names)),
        (
            "own_key_elsewhere",
            text::own_key_elsewhere(lang, SOME_ADDRESS)
                .replace(&SOME_ADDRESS.to_string(), "{source}"),
        ),
        ("equivocation", text::equivocation(lang, who)),
        ("undelivered", text::left_undelivered(lang, &names)),
        (
            "unmirrored",
            text::unmirrored(lang, 2).replace('2', "{count}"),
        ),
        ("unmirrored_1", text::unmirrored(lang, 1)),
        (
            "kept_again",
            text::kept_again(lang, 2).replace('2', "{count}"),
        ),
        ("kept_again_1", text::kept_again(lang, 1)),
        ("missed", text::missed(lang, 2).replace('2', "{count}")),
        ("missed_1", text::missed(lang, 1)),
    ]
}

/// The network and this machine.
pub(super) fn circumstances(lang: Lang) -> Vec<Named> {
    let named = |name: &str| Interface {
        name: name.to_owned(),
        address: None,
    };
    let on = &[named("{interfaces}")];
    vec![
        ("alone", text::alone(lang, on)),
        ("alone_and_unheard", text::alone_and_unheard(lang, on)),
        (
            "interface_joined",
            text::interface_joined(lang, &named("{name}")),
        ),
        ("interface_lost", text::interface_lost(lang, "{name}")),
        ("no_network", text::no_network(lang)),
        ("slept", text::woke_up(lang)),
    ]
}
