//! Ctrl-C, SIGTERM and SIGHUP: both sides of `multicast` leave cleanly, with the codes that shells
//! expect.
#![cfg(unix)]

use crate::support;

use support::place::Place;

#[test]
fn signals_end_both_sides_with_their_own_codes() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let place = Place::on_loopback();
        let mut receiver = place.receiver("bia", &[]);
        let mut sender = place.sender("ana", &[]);
        sender.says("oi");
        receiver.shows("ana: oi");
        sender.gets_signal(signal);
        sender.ends_with(code);
        receiver.gets_signal(signal);
        let end = receiver.ends_with(code);
        assert!(
            end.shown.len() == 1 && end.shown[0].ends_with("] ana: oi"),
            "{end:?}"
        );
        assert!(
            end.noted.last().unwrap().starts_with("1 message shown"),
            "{end:?}"
        );
    }
}

#[test]
fn who_says_that_it_is_ready_leaves_cleanly_from_then_on() {
    let place = Place::on_loopback();
    for _ in 0..20 {
        let (receiver, sender) = (place.receiver("bia", &[]), place.sender("ana", &[]));
        receiver.gets_signal("TERM");
        sender.gets_signal("TERM");
        receiver.ends_with(143);
        sender.ends_with(143);
    }
}
