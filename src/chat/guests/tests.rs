//! The rules, attacked.

use core::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::prelude::*;

use super::rules::Entering;
use super::*;
use crate::protocol::lookalike::{Looks, Oddity};
use crate::protocol::message::{Name, is_hazard};
use crate::protocol::time::Moment;

const TOKEN: LinkToken = LinkToken([7; 16]);

fn at(ms: u64) -> Moment {
    Moment {
        time: Duration::from_millis(ms),
        wall_ms: 1_790_000_000_000 + ms,
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn address(number: u32) -> IpAddr {
    Ipv4Addr::from(0x0a4d_0000 + number).into()
}

fn open(most: usize) -> Guests {
    let mut guests = Guests::new(Duration::ZERO);
    guests.open(TOKEN, "http://10.77.0.1:5081/#x".into(), most, 0);
    guests
}

/// Somebody enters; what they are called, and who had to make room.
fn enter(
    guests: &mut Guests,
    now: Moment,
    session: u64,
    typed: &str,
    from: u32,
) -> Result<(String, usize), GuestRefusal> {
    let entering = Entering {
        session: GuestSession(session),
        token: TOKEN,
        name: typed,
        address: address(from),
    };
    let entered = guests.enter(now, &entering, &name("ana"));
    entered.map(|(guest, displaced)| (guest.name.as_str().to_owned(), displaced.len()))
}

fn names(guests: &Guests) -> Vec<String> {
    let all = guests.list().into_iter();
    all.map(|state| state.guest.name.as_str().to_owned())
        .collect()
}

#[test]
fn names_are_cleaned_and_nobodys() {
    let proper = |typed: &str| proper_name(typed).map(|name| name.as_str().to_owned());
    for (typed, expected) in [
        ("rui", "rui"),
        ("  rui \t lima ", "rui lima"),
        ("~rui", "rui"),
        ("\"rui\" (by bia)", "rui by bia"),
        ("ru\u{202e}i\u{7}\u{1b}[31m", "rui[31m"),
        ("Zoe\u{308}", "Zoë"),
        ("\u{a0}rui\u{2003}lima", "rui lima"),
        ("João da Silva Sauro Pereira", "João da Silva Sauro Per"),
        ("👩‍🏫👩‍🏫👩‍🏫", "👩‍🏫👩‍🏫"),
        ("sair", "sair"),
    ] {
        assert_eq!(proper(typed), Ok(expected.into()), "{typed:?}");
    }
    for empty in ["", " ", "~", "\"\"", "()", "\u{202e}", "\n\0"] {
        let fault = OwnNameFault::Name(crate::protocol::message::NameFault::Empty);
        assert_eq!(proper(empty), Err(fault), "{empty:?}");
    }
    for (odd, oddity) in [
        ("rui ✓", Oddity::Mark('✓')),
        ("rui#3f9c", Oddity::Suffix),
        ("r\u{443}i", Oddity::Mixed('\u{443}')),
        ("ru\u{200b}i", Oddity::Invisible('\u{200b}')),
    ] {
        assert_eq!(proper(odd), Err(OwnNameFault::Odd(oddity)), "{odd:?}");
    }
    assert!(proper(&"x".repeat(1 << 20)).is_ok_and(|name| name.len() <= GUEST_NAME_MAX_BYTES));
}

proptest! {
    #[test]
    fn every_guests_name_is_a_name_and_stands_without_quotes(typed in any::<String>()) {
        if let Ok(name) = proper_name(&typed) {
            prop_assert_eq!(Name::parse(name.as_str()), Ok(name.clone()));
            prop_assert!(name.as_str().len() <= 32);
            prop_assert!(!name.as_str().contains(['"', '(', ')', '~']));
            prop_assert!(!name.as_str().chars().any(is_hazard));
            prop_assert_eq!(Oddity::of(name.as_str()), None);
        }
    }

    #[test]
    fn no_two_guests_look_alike_and_none_like_the_host(
        typed in proptest::collection::vec("[aAnNrRuUiIlL1\u{430} ]{0,5}|ana|ANA", 1..40),
    ) {
        let mut guests = open(40);
        for (session, typed) in (0..).zip(&typed) {
            let _ = enter(&mut guests, at(0), session, typed, session as u32);
        }
        let looks: Vec<Looks> = names(&guests).iter().map(|name| Looks::of(name)).collect();
        for (at, one) in looks.iter().enumerate() {
            prop_assert!(!one.is_like(&Looks::of("ana")));
            prop_assert!(!looks[..at].iter().any(|other| other.is_like(one)));
        }
    }
}

#[test]
fn the_second_of_a_name_has_a_number_and_so_has_the_hosts() {
    let mut guests = open(10);
    for (session, typed, expected) in [
        (1, "rui", "rui"),
        (2, "rui", "rui-2"),
        (3, "RUI", "RUI-3"),
        (4, "rui-2", "rui-2-2"),
        (5, "Ana", "Ana-2"),
    ] {
        let entered = enter(&mut guests, at(0), session, typed, 1);
        assert_eq!(entered, Ok((expected.to_owned(), 0)));
    }
    assert!(guests.remove(GuestSession(1), Departure::Left).is_some());
    let entered = enter(&mut guests, at(0), 6, "rui", 1);
    assert_eq!(entered, Ok(("rui".into(), 0)), "the name is free again");
    let numbers: Vec<u32> = guests.list().iter().map(|it| it.guest.number).collect();
    assert_eq!(numbers, [2, 3, 4, 5, 6], "no number is given twice");
}

#[test]
fn ten_thousand_enters_from_one_address_take_no_place_from_another() {
    let mut guests = open(200);
    let (mut inside, mut refused) = (0, 0);
    for session in 0..10_000 {
        match enter(&mut guests, at(session), session, "eva", 66) {
            Ok(_) => inside += 1,
            Err(GuestRefusal::TooFast) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(inside <= 45 && inside + refused == 10_000, "{inside}");
    // As many addresses as there are places: each gets one, at the cost of whoever has most.
    let mut minutes = 1;
    for number in 0..199 {
        minutes += u64::from(number % 10 == 9);
        let now = at(minutes * 60_000);
        let entered = enter(&mut guests, now, 20_000 + u64::from(number), "gil", number);
        assert!(entered.is_ok(), "{number}: {entered:?}");
        assert!(guests.list().len() <= 200);
    }
    let of_eva = guests.list();
    let of_eva = of_eva.iter().filter(|it| it.address == address(66));
    assert_eq!(
        of_eva.count(),
        2,
        "with the one that entered from there later"
    );
}

#[test]
fn a_full_house_is_full_for_whoever_has_as_many_places() {
    let mut guests = open(2);
    assert!(enter(&mut guests, at(0), 1, "rui", 1).is_ok());
    assert!(enter(&mut guests, at(0), 2, "gil", 2).is_ok());
    let full = Err(GuestRefusal::Full { most: 2 });
    assert_eq!(enter(&mut guests, at(0), 3, "bia", 3), full);
    guests.remove(GuestSession(2), Departure::Left);
    assert!(enter(&mut guests, at(0), 4, "leo", 1).is_ok());
    assert_eq!(enter(&mut guests, at(0), 5, "lia", 1), full);
    assert_eq!(
        enter(&mut guests, at(0), 6, "bia", 3),
        Ok(("bia".into(), 1))
    );
    assert_eq!(names(&guests), ["rui", "bia"], "the newest made room");
    let mut none = open(0);
    let full = Err(GuestRefusal::Full { most: 0 });
    assert_eq!(enter(&mut none, at(0), 1, "rui", 1), full);
}

#[test]
fn a_flood_of_words_is_a_trickle_and_silences_nobody_else() {
    let mut guests = open(200);
    for session in 0..60 {
        let now = at(0);
        assert!(enter(&mut guests, now, session, "eva", session as u32).is_ok());
    }
    let (mut said, mut of_last) = (0, 0);
    for ms in 0..60_000 {
        for session in 0..4 {
            let result = guests.say(at(ms).time, GuestSession(session), "x");
            said += u32::from(result.is_ok());
        }
        if ms % 10_000 == 0 {
            let result = guests.say(at(ms).time, GuestSession(59), "oi");
            of_last += u32::from(result.is_ok());
        }
    }
    assert!((4 * 60..=4 * 66).contains(&said), "{said}");
    assert_eq!(of_last, 6);
    // All together have a rate as well.
    let mut said = 0;
    for ms in 60_000..120_000 {
        for session in 0..60 {
            let result = guests.say(at(ms).time, GuestSession(session), "x");
            said += u32::from(result.is_ok());
        }
    }
    assert!((1000..=20 * 60 + 40).contains(&said), "{said}");
}

#[test]
fn what_cannot_be_said_says_why() {
    let mut guests = open(2);
    let rui = GuestSession(1);
    let nobody = guests.say(at(0).time, rui, "oi");
    assert_eq!(nobody, Err(GuestRefusal::NoSession));
    enter(&mut guests, at(0), 1, "rui", 1).unwrap();
    let empty = guests.say(at(0).time, rui, " \n ");
    assert_eq!(empty, Err(GuestRefusal::Empty));
    let limit_bytes = GUEST_TEXT_MAX_BYTES;
    let long = "é".repeat(limit_bytes / 2 + 1);
    let too_long = guests.say(at(0).time, rui, &long);
    assert_eq!(too_long, Err(GuestRefusal::TooLong { limit_bytes }));
    let longest = guests.say(at(0).time, rui, &long[..limit_bytes]);
    assert_eq!(longest.map(|guest| guest.number), Ok(1));
}

#[test]
fn whoever_is_sent_away_comes_back_after_ten_minutes_and_others_do_at_once() {
    let mut guests = open(10);
    for (session, typed) in [(1, "rui"), (2, "gil"), (3, "lia")] {
        enter(&mut guests, at(0), session, typed, session.min(2) as u32).unwrap();
    }
    let kicked = guests.kick(at(1000).time, "~Gil");
    let Some(GuestsEvent::Left { session, why, .. }) = kicked else {
        panic!("{kicked:?}");
    };
    assert_eq!((session, why), (GuestSession(2), Departure::Kicked));
    assert_eq!(guests.kick(at(1000).time, "gil"), None);
    assert_eq!(
        names(&guests),
        ["rui", "lia"],
        "who shares the address stays"
    );
    let said = guests.say(at(1000).time, GuestSession(2), "oi");
    assert_eq!(said, Err(GuestRefusal::NoSession));
    for (after_ms, expected) in [(1, 599_999), (599_000, 1000)] {
        let back = enter(&mut guests, at(1000 + after_ms), 4, "outro", 2);
        let left = Duration::from_millis(expected);
        assert_eq!(back, Err(GuestRefusal::Kicked(left)), "under any name");
    }
    assert!(
        enter(&mut guests, at(1001), 5, "gil", 3).is_ok(),
        "from elsewhere"
    );
    assert!(enter(&mut guests, at(601_000), 6, "leo", 2).is_ok());
}

#[test]
fn very_many_who_are_sent_away_are_not_all_remembered() {
    let mut guests = open(1);
    for number in 0..5000_u32 {
        let now = at(u64::from(number) * 100);
        if enter(&mut guests, now, number.into(), "eva", number).is_ok() {
            assert!(guests.kick(now.time, "eva").is_some());
        }
    }
    let size = std::mem::size_of_val(&guests);
    assert!(size < 1024, "all that grows is bounded: {size}");
    let last = enter(&mut guests, at(499_950), 9_000, "eva", 4999);
    assert!(matches!(last, Err(GuestRefusal::Kicked(_))), "{last:?}");
}

#[test]
fn an_old_link_lets_nobody_in_and_a_new_one_sends_nobody_away() {
    let mut guests = open(10);
    enter(&mut guests, at(0), 1, "rui", 1).unwrap();
    let mut token = TOKEN;
    for byte in 0..16 {
        token.0[byte] ^= 1 << (byte % 8);
        let entering = Entering {
            session: GuestSession(2),
            token,
            name: "eva",
            address: address(2),
        };
        let entered = guests.enter(at(0), &entering, &name("ana"));
        assert_eq!(entered.map(drop), Err(GuestRefusal::WrongLink));
        token = TOKEN;
    }
    guests.open(LinkToken([8; 16]), "http://10.77.0.1:5081/#y".into(), 10, 0);
    let old = enter(&mut guests, at(0), 3, "bia", 3);
    assert_eq!(old, Err(GuestRefusal::WrongLink));
    assert!(guests.say(at(0).time, GuestSession(1), "oi").is_ok());
    let shown = format!("{TOKEN:?}");
    assert!(!shown.contains('7'), "no log shows it: {shown}");
}

#[test]
fn a_telephone_that_sleeps_keeps_its_place_for_a_minute() {
    let mut guests = open(10);
    for session in 1..=3 {
        enter(&mut guests, at(0), session, "rui", session as u32).unwrap();
        guests.lose(at(session * 1000).time, GuestSession(session));
    }
    assert!(guests.list().iter().all(|state| state.is_lost));
    assert_eq!(guests.regain(GuestSession(2)), Ok(()));
    assert!(guests.say(at(3000).time, GuestSession(3), "oi").is_ok());
    assert_eq!(guests.expire(at(60_999).time), []);
    let over = guests.expire(at(90_000).time);
    assert_eq!(over.len(), 1);
    assert_eq!(names(&guests), ["rui-2", "rui-3"]);
    assert_eq!(guests.regain(GuestSession(1)), Err(GuestRefusal::NoSession));
    // A server that says it again and again does not keep the place for ever.
    for ms in 0..70 {
        guests.lose(at(100_000 + ms * 1000).time, GuestSession(2));
    }
    assert_eq!(guests.expire(at(160_000).time).len(), 1);
}

#[test]
fn a_closed_house_lets_nobody_in_and_ends_all() {
    let mut guests = Guests::new(Duration::ZERO);
    let closed = Err(GuestRefusal::Closed);
    assert_eq!(enter(&mut guests, at(0), 1, "rui", 1), closed);
    let mut guests = open(10);
    enter(&mut guests, at(0), 1, "rui", 1).unwrap();
    assert_eq!(guests.close().len(), 1);
    assert_eq!(enter(&mut guests, at(0), 2, "rui", 1), closed);
    assert_eq!(guests.url(), None);
    let said = guests.say(at(0).time, GuestSession(1), "oi");
    assert_eq!(said, Err(GuestRefusal::NoSession));
}

#[test]
fn only_a_yes_is_a_yes() {
    for yes in ["y", "Y", "yes", " s ", "SIM", "sim\n"] {
        assert!(is_yes(yes), "{yes:?}");
    }
    for no in ["", "n", "não", "no", "ys", "yes please", "1"] {
        assert!(!is_yes(no), "{no:?}");
    }
    assert!(asks_first(true) && !asks_first(false));
}

#[test]
fn a_muted_guest_who_enters_anew_is_muted_until_the_host_lets_them_speak() {
    let mut guests = open(10);
    enter(&mut guests, at(0), 1, "rui", 1).unwrap();
    enter(&mut guests, at(0), 2, "lia", 2).unwrap();
    assert!(guests.mute("rui", true).is_some());
    guests.remove(GuestSession(1), Departure::Left);
    // Under another name and in another page, but from the same telephone.
    enter(&mut guests, at(9_000), 3, "joão", 1).unwrap();
    assert!(guests.muted_on_entering(GuestSession(3)).is_some());
    let refused = guests.speak(Duration::from_secs(10), GuestSession(3));
    assert_eq!(refused, Err(GuestRefusal::Muted));
    assert!(!guests.may_be_heard(3));
    enter(&mut guests, at(9_000), 4, "rui", 4).unwrap();
    assert!(
        guests
            .speak(Duration::from_secs(10), GuestSession(4))
            .is_ok()
    );
    assert!(
        guests
            .speak(Duration::from_secs(10), GuestSession(2))
            .is_ok()
    );
    assert!(guests.mute("joão", false).is_some());
    guests.remove(GuestSession(3), Departure::Left);
    enter(&mut guests, at(20_000), 5, "joão", 1).unwrap();
    assert_eq!(guests.muted_on_entering(GuestSession(5)), None);
    assert!(
        guests
            .speak(Duration::from_secs(20), GuestSession(5))
            .is_ok()
    );
}

#[test]
fn of_many_who_are_muted_the_newest_are_remembered() {
    let mut guests = open(10);
    for number in 0..3000_u32 {
        let session = u64::from(number);
        let now = at(session * 10_000);
        enter(&mut guests, now, session, "rui", number).unwrap();
        guests.mute("rui", true);
        guests.remove(GuestSession(session), Departure::Left);
    }
    let is_muted = |guests: &mut Guests, session: u64, from| {
        enter(guests, at(40_000_000 + session * 1000), session, "zé", from).unwrap();
        guests.muted_on_entering(GuestSession(session)).is_some()
    };
    assert!(!is_muted(&mut guests, 10_000, 1));
    assert!(is_muted(&mut guests, 10_001, 2999));
}
