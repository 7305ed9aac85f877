//! Any bytes as a datagram of the plain wire. They are decoded or refused, and never cause a panic;
//! a decoded message is safe to show, and survives a round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roda::protocol::message::{Name, clean, is_farewell, is_hazard};
use roda::protocol::wire::{plain, raw};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = raw::decode(bytes) {
        assert_eq!(raw::pieces(text).collect::<String>(), text);
    }
    let Ok(read) = plain::decode(bytes) else {
        return;
    };
    let (Some(user), Some(data)) = (read.user, read.data) else {
        return;
    };
    assert!(
        !clean(&user)
            .chars()
            .chain(clean(&data).chars())
            .any(is_hazard)
    );

    let Ok(name) = Name::parse(&user) else { return };
    let (mut datagram, mut joined) = (Vec::new(), String::new());
    for piece in plain::pieces(Some(&name), &data) {
        assert!(piece == data || !is_farewell(piece));
        plain::encode(Some(&name), piece, &mut datagram);
        assert!(datagram.len() <= plain::DATAGRAM_MAX_BYTES);
        let again = plain::decode(&datagram).expect("we read what we write");
        assert_eq!(again.user.as_deref(), Some(name.as_str()));
        joined.push_str(&again.data.expect("a text"));
    }
    assert_eq!(joined, data);
});
