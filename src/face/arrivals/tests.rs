//! What a joiner at a terminal is shown, and in which order.

use super::history::{JOIN_WAIT, SHOWN_MAX, STRAGGLER_WAIT, WAITING_MAX};
use super::movements::{GATHERED_MAX, NAMED_MAX, QUIET, WAIT_MAX};
use super::*;
use crate::chat::command::RequestId;
use crate::chat::event::{Content, Message, Ready};

const ALL: Gathered = Gathered {
    history_ms: Some(0),
    movements: true,
};

const START: Duration = Duration::from_secs(7);

fn message(number: u64, who: &str, timing: Timing) -> News {
    let content = Content::Text(number.to_string());
    News::Message(Message {
        timing,
        ..Message::local(number, Person::unproven(who), content, number)
    })
}

fn before(number: u64) -> News {
    message(number, "bia", Timing::History)
}

fn live(number: u64) -> News {
    message(number, "bia", Timing::Live)
}

fn ready() -> News {
    News::Ready(Ready {
        me: Person::unproven("ana"),
        room: None,
        is_keyed: false,
        interfaces: Vec::new(),
    })
}

fn entered(name: &str) -> News {
    News::Entered {
        person: Person::unproven(name),
        was_here: false,
    }
}

fn left(name: &str) -> News {
    News::Left {
        person: Person::unproven(name),
        with_farewell: true,
    }
}

/// One piece as a few words.
fn words(piece: &Piece) -> String {
    let told = match piece {
        Piece::Told(told) => told,
        Piece::Earlier(Earlier { left_out, all }) => return format!("{left_out} of {all}"),
        Piece::Crowd(crowd) => {
            let named = crowd.named.iter().map(|person| &*person.name);
            let named: Vec<&str> = named.collect();
            return format!("{} {:?}: {}", crowd.count, crowd.movement, named.join(" "));
        }
    };
    match &told.news {
        News::Message(message) => message.text().to_owned(),
        News::CaughtUp { messages } => format!("caught up {messages}"),
        News::Entered { person, .. } => format!("{} entered", person.name),
        News::Left { person, .. } => format!("{} left", person.name),
        News::Ready(_) => "ready".to_owned(),
        other => format!("{other:?}"),
    }
}

/// A person who looks at what comes out.
struct Viewer {
    arrivals: Arrivals,
    now: Duration,
}

impl Viewer {
    fn new(gathered: Gathered) -> Self {
        Self {
            arrivals: Arrivals::new(gathered),
            now: START,
        }
    }

    /// Whose room is open.
    fn joining() -> Self {
        let mut viewer = Self::new(ALL);
        assert_eq!(viewer.sees([ready()]), ["ready"]);
        viewer
    }

    /// What is shown when these things are told.
    fn sees(&mut self, news: impl IntoIterator<Item = News>) -> Vec<String> {
        let told = news.into_iter().map(Told::from);
        self.sees_told(told.collect())
    }

    fn sees_told(&mut self, told: Vec<Told>) -> Vec<String> {
        let mut seen = Vec::new();
        for told in told {
            let is_held = self.arrivals.holds(self.now, &told);
            seen.extend(self.polled());
            if !is_held {
                seen.push(words(&Piece::Told(Box::new(told))));
            }
        }
        seen
    }

    fn polled(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.arrivals.poll())
            .map(|piece| words(&piece))
            .collect()
    }

    /// What is shown after some time, and not earlier.
    fn sees_after(&mut self, wait: Duration) -> Vec<String> {
        let due = self.now + wait;
        assert_eq!(self.arrivals.next_time(), Some(due));
        self.arrivals.on_time(due - Duration::from_millis(1));
        assert_eq!(self.polled(), Vec::<String>::new());
        self.now = due;
        self.arrivals.on_time(due);
        self.polled()
    }
}

/// Numbers as they are shown.
fn numbers(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[test]
fn a_joiner_sees_the_newest_of_what_was_said_before_and_then_what_was_said_meanwhile() {
    let mut ana = Viewer::joining();
    // In another order than the common one.
    let held = [live(5000), before(2999)].into_iter();
    let held = held.chain((0..2999).map(before)).chain([live(5001)]);
    assert_eq!(ana.sees(held), Vec::<String>::new());
    let seen = ana.sees([News::CaughtUp { messages: 3000 }]);
    let mut expected = vec!["2950 of 3000".to_owned()];
    expected.extend(numbers(2950..3000));
    expected.extend(["caught up 3000".to_owned()]);
    expected.extend(numbers(5000..5002));
    assert_eq!(seen, expected);
    assert_eq!(ana.sees([live(5002)]), ["5002"]);
    assert_eq!(ana.arrivals.next_time(), None);
}

#[test]
fn few_messages_from_before_are_all_shown() {
    let mut ana = Viewer::joining();
    assert!(ana.sees((0..SHOWN_MAX as u64).map(before)).is_empty());
    let seen = ana.sees([News::CaughtUp {
        messages: SHOWN_MAX,
    }]);
    let mut expected = numbers(0..SHOWN_MAX as u64);
    expected.push(format!("caught up {SHOWN_MAX}"));
    assert_eq!(seen, expected);
}

#[test]
fn what_is_said_waits_two_seconds_at_most_and_stragglers_are_gathered_too() {
    let mut ana = Viewer::joining();
    assert!(ana.sees([live(900), before(3), before(2)]).is_empty());
    assert_eq!(ana.sees_after(JOIN_WAIT), ["2", "3", "900"]);
    // The rest comes late, in one go; what is said does not wait for it.
    assert_eq!(ana.sees((10..110).map(before)), Vec::<String>::new());
    assert_eq!(ana.sees([live(901)]), ["901"]);
    let seen = ana.sees([News::CaughtUp { messages: 102 }]);
    let mut expected = vec!["50 of 102".to_owned()];
    expected.extend(numbers(60..110));
    expected.push("caught up 102".to_owned());
    assert_eq!(seen, expected);
    // One that nothing concludes.
    assert!(ana.sees([before(200)]).is_empty());
    assert_eq!(ana.sees_after(STRAGGLER_WAIT), ["200"]);
}

#[test]
fn what_waits_is_bounded_and_shown_at_the_end() {
    let mut ana = Viewer::joining();
    let last = WAITING_MAX as u64 - 1;
    assert!(ana.sees((0..last).map(live)).is_empty());
    assert_eq!(ana.sees([live(last)]), numbers(0..last + 1));
    let mut bia = Viewer::joining();
    assert!(bia.sees([before(1), live(2), entered("caio")]).is_empty());
    bia.arrivals.finish();
    assert_eq!(bia.polled(), ["1", "2", "caio entered"]);
}

#[test]
fn what_was_said_just_before_is_from_before_until_this_member_has_joined() {
    let mut ana = Viewer::new(Gathered {
        history_ms: Some(100),
        ..ALL
    });
    assert_eq!(ana.sees([ready()]), ["ready"]);
    assert!(ana.sees([100, 20, 99].map(live)).is_empty());
    assert!(ana.sees((21..99).map(live)).is_empty());
    let mut expected = vec!["30 of 80".to_owned()];
    expected.extend(numbers(50..101));
    assert_eq!(ana.sees_after(JOIN_WAIT), expected);
    assert_eq!(ana.sees([live(98)]), ["98"]);
}

#[test]
fn an_answer_is_shown_at_once() {
    let mut ana = Viewer::joining();
    let answers = (1..4).map(|number| before(number).to(RequestId(1)));
    assert_eq!(ana.sees_told(answers.collect()), ["1", "2", "3"]);
}

#[test]
fn a_few_who_come_and_go_have_a_line_each_and_many_one_for_all() {
    let mut ana = Viewer::joining();
    ana.sees([News::CaughtUp { messages: 1 }]);
    let few = [
        entered("eva"),
        left("gil"),
        entered("caio"),
        entered("duda"),
    ];
    assert!(ana.sees(few).is_empty());
    let seen = ana.sees_after(QUIET);
    assert_eq!(
        seen,
        ["eva entered", "gil left", "caio entered", "duda entered"]
    );
    let names = ["h", "b", "d", "a", "g", "c", "f", "e", "j", "i"];
    assert!(ana.sees([left("gil")]).is_empty());
    assert!(ana.sees(names.map(entered)).is_empty());
    assert_eq!(
        ana.sees_after(QUIET),
        ["gil left", "10 Entered: a b c d e f g h"]
    );
    assert_eq!(NAMED_MAX, 8);
}

#[test]
fn somebody_is_shown_before_what_they_say_and_after_two_seconds_at_the_latest() {
    let mut ana = Viewer::joining();
    ana.sees([News::CaughtUp { messages: 1 }]);
    let words = ana.sees([entered("caio"), live(1), message(2, "caio", Timing::Live)]);
    assert_eq!(words, ["1", "caio entered", "2"]);
    // Also if they spoke while this member joined; what they said before is no reason.
    let mut bia = Viewer::joining();
    let news = [Timing::History, Timing::Live].map(|timing| message(2, "caio", timing));
    assert!(
        bia.sees([entered("caio")].into_iter().chain(news))
            .is_empty()
    );
    let seen = bia.sees([News::CaughtUp { messages: 1 }]);
    assert_eq!(seen, ["2", "caught up 1", "caio entered", "2"]);
    // One after the other, without a pause.
    let first = ana.now;
    let mut seen = Vec::new();
    while seen.is_empty() {
        ana.now += QUIET / 2;
        ana.arrivals.on_time(ana.now);
        seen = ana.polled();
        assert!(ana.sees([entered("duda")]).is_empty());
        assert!(ana.now <= first + QUIET / 2 + WAIT_MAX);
    }
    assert_eq!(seen, ["8 Entered: duda duda duda duda duda duda duda duda"]);
}

#[test]
fn a_crowd_without_end_is_bounded() {
    let mut ana = Viewer::joining();
    let crowd = (1..GATHERED_MAX).map(|number| entered(&format!("n{number:04}")));
    assert!(ana.sees(crowd).is_empty());
    let seen = ana.sees([entered("z")]);
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].starts_with("1024 Entered: n0001 "), "{seen:?}");
}

#[test]
fn whoever_reads_a_file_is_told_everything_at_once() {
    let mut file = Viewer::new(Gathered::default());
    let news = [ready(), before(2), entered("caio"), live(3), before(1)];
    let seen = file.sees(news.into_iter().chain(names().map(|name| entered(&name))));
    assert_eq!(seen[..5], ["ready", "2", "caio entered", "3", "1"]);
    assert_eq!(seen.len(), 15);
    assert_eq!(file.arrivals.next_time(), None);
}

fn names() -> impl Iterator<Item = String> {
    (0..10).map(|number| format!("n{number}"))
}
