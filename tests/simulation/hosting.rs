//! A member with guests, as their server asks it: they enter, hear, speak, and are sent away.

use core::net::{IpAddr, Ipv4Addr};

use roda::chat::command::Command;
use roda::chat::event::{GuestsEvent, News};
use roda::chat::guests::{
    Departure, GuestLineAuthor, GuestRefusal, GuestSession, GuestsCommand, LinkToken, Seen, line_of,
};
use roda::protocol::message::Name;

use crate::circle::{Circle, SECOND};

/// What a member's guests are told since some news of its face.
pub(crate) fn events(circle: &Circle, number: usize, since: usize) -> Vec<GuestsEvent> {
    let told = circle.world.face(number).iter().skip(since);
    let events = told.filter_map(|news| match news {
        News::Guests(event) => Some(event.clone()),
        _ => None,
    });
    events.collect()
}

const TOKEN: LinkToken = LinkToken([3; 16]);

pub(crate) fn open(circle: &mut Circle, number: usize, history: usize) {
    circle.world.record_face(number);
    let url = "http://10.77.0.1:5081/#x".to_owned();
    let (token, most) = (TOKEN, 200);
    let open = GuestsCommand::Open {
        by_tls: None,
        token,
        url,
        most,
        history,
    };
    circle.world.ask(number, Command::Guests(open));
}

pub(crate) fn enter(circle: &mut Circle, number: usize, session: u64, name: &str) {
    let enter = GuestsCommand::Enter {
        session: GuestSession(session),
        token: TOKEN,
        name: name.into(),
        address: IpAddr::V4(Ipv4Addr::new(10, 77, 1, session as u8)),
    };
    circle.world.ask(number, Command::Guests(enter));
}

fn say(circle: &mut Circle, number: usize, session: u64, text: &str) {
    let say = GuestsCommand::Say {
        session: GuestSession(session),
        text: text.into(),
    };
    circle.world.ask(number, Command::Guests(say));
}

#[test]
fn a_guest_enters_hears_speaks_and_is_sent_away() {
    let mut circle = Circle::of(450, 3);
    circle.world.record_face(1);
    circle.world.admit(circle.world.node(0).unwrap().key());
    let first = circle.world.say(1);
    let private = Name::parse("m0").unwrap();
    circle.world.say_privately(1, &private, "segredo");
    circle.world.run(SECOND);
    open(&mut circle, 0, 20);
    enter(&mut circle, 0, 1, "m0");
    let entered = events(&circle, 0, 0);
    let [_, GuestsEvent::Entered { guest, history, .. }] = &entered[..] else {
        panic!("{entered:?}");
    };
    assert_eq!(guest.name.as_str(), "m0-2", "the host's name is the host's");
    assert_eq!(history.len(), 1, "no private message: {history:?}");
    assert_eq!(
        history[0].author,
        GuestLineAuthor::Member { is_host: false }
    );
    assert_eq!(history[0].id, circle.world.ledger().id(first));
    say(&mut circle, 0, 1, "oi, do telefone");
    circle.world.run(SECOND);
    let heard = circle
        .world
        .face(1)
        .iter()
        .rev()
        .find_map(|news| match news {
            News::Message(message) => Some(message.clone()),
            _ => None,
        });
    let heard = heard.unwrap();
    assert_eq!(
        (heard.text(), heard.guest.as_deref()),
        ("oi, do telefone", Some(guest))
    );
    assert_eq!(&*heard.who.name, "m0");
    // What the host's face is told becomes what guests see, and nothing private is in it.
    let seen: Vec<Seen> = circle.world.face(0).iter().filter_map(line_of).collect();
    let [Seen::Said(line)] = &seen[..] else {
        panic!("{seen:?}");
    };
    let (number, of, is_host) = (guest.number, "m0".to_owned(), true);
    let author = GuestLineAuthor::Guest {
        number,
        of,
        is_host,
    };
    assert_eq!((line.name.as_str(), &line.author), ("m0-2", &author));
}

#[test]
fn whoever_is_sent_away_is_gone_and_others_never_entered() {
    let mut circle = Circle::of(455, 2);
    open(&mut circle, 0, 0);
    enter(&mut circle, 0, 1, "rui");
    say(&mut circle, 0, 2, "não entrei");
    circle
        .world
        .ask(0, Command::Guests(GuestsCommand::Kick("rui".into())));
    enter(&mut circle, 0, 1, "outro");
    let last = events(&circle, 0, 0);
    let refused = |event: &GuestsEvent| match event {
        GuestsEvent::Refused { session, why } => Some((session.0, why.clone())),
        _ => None,
    };
    assert_eq!(refused(&last[2]), Some((2, GuestRefusal::NoSession)));
    let GuestsEvent::Left { why, .. } = &last[3] else {
        panic!("{last:?}");
    };
    assert_eq!(*why, Departure::Kicked);
    let kicked = refused(&last[4]);
    assert!(
        matches!(kicked, Some((1, GuestRefusal::Kicked(_)))),
        "{kicked:?}"
    );
}
