//! Edits and deletions on networks that lose, for latecomers, across restarts and partitions: all
//! end with the same forms, which are those of the authors.

use std::collections::BTreeMap;

use roda::chat::amending::Which;
use roda::chat::command::{Command, Leave};
use roda::chat::event::{Failure, Id, Message, News, Timing};
use roda::chat::transcript::{MESSAGES_MAX, Transcript};
use roda::protocol::engine::config::TEXT_MAX_BYTES;
use roda::protocol::engine::event::Version;
use roda::protocol::message::Name;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

/// What some messages say by now; `None` if they were withdrawn.
type Forms = BTreeMap<usize, Option<String>>;

/// Talks, and changes every third line, some of them twice; every seventh line is withdrawn.
fn talk_and_amend(circle: &mut Circle, lines: usize) -> Forms {
    let members = circle.world.size();
    let (mut forms, mut said) = (Forms::new(), Vec::new());
    for line in 0..lines {
        let speaker = line * 7 % members;
        if circle.world.node(speaker).is_none() {
            continue;
        }
        let message = circle.world.say(speaker);
        said.push((speaker, message));
        circle.world.run(SECOND / 5);
        // One that was said some lines ago.
        let Some((author, message)) = said.iter().rev().nth(2).copied() else {
            continue;
        };
        let mut amend = |text: Option<String>| {
            if circle.world.node(author).is_some()
                && circle.world.amend(author, message, text.as_deref())
            {
                let full = text.map(|text| format!("{message} {text}"));
                forms.insert(message, full);
            }
        };
        if line % 3 == 0 {
            amend(Some(format!("mudado {line}")));
        }
        if line % 6 == 0 {
            amend(Some(format!("de novo {line}")));
        }
        if line % 7 == 0 {
            amend(None);
        }
        circle.world.run(SECOND / 5);
    }
    assert!(forms.len() > lines / 4, "{forms:?}");
    forms
}

/// Everybody who runs holds all messages in these forms.
fn expect_forms(circle: &Circle, forms: &Forms) {
    circle.expect_one_history();
    let ledger = circle.world.ledger();
    for number in 0..circle.world.size() {
        let Some(node) = circle.world.node(number) else {
            continue;
        };
        let held: BTreeMap<Id, (Version, String)> = node
            .history(usize::MAX)
            .into_iter()
            .map(|said| (Id::Group(said.id), (said.version, said.text)))
            .collect();
        for (message, form) in forms {
            let (version, text) = &held[&ledger.id(*message).unwrap()];
            match form {
                None => assert_eq!(
                    (version, text.as_str()),
                    (&Version::Deleted, ""),
                    "{number}"
                ),
                Some(form) => {
                    assert!(
                        matches!(version, Version::Edited(_)),
                        "{number}: {version:?}"
                    );
                    assert_eq!(text, form, "{number}");
                }
            }
        }
    }
}

/// What a face that was told everything shows in the end, by message.
fn shown(circle: &Circle, number: usize) -> BTreeMap<Id, Message> {
    let mut transcript = Transcript::default();
    let told = circle.world.face(number).iter();
    told.for_each(|news| transcript.apply(news));
    transcript
        .messages()
        .map(|said| (said.id, said.clone()))
        .collect()
}

fn expect_shown(circle: &Circle, number: usize, forms: &Forms) {
    let shown = shown(circle, number);
    for (message, form) in forms {
        let message = &shown[&circle.world.ledger().id(*message).unwrap()];
        assert_eq!(
            message.text(),
            form.as_deref().unwrap_or_default(),
            "{number}"
        );
        assert_eq!(
            message.version == Version::Deleted,
            form.is_none(),
            "{number}"
        );
    }
}

#[test]
fn all_end_with_the_same_forms_also_through_loss() {
    for seed in 0..4 {
        let mut circle = Circle::of(100 + seed, 5);
        (0..5).for_each(|number| circle.world.record_face(number));
        circle.world.set_faults(Faults::losing(0.2));
        let forms = talk_and_amend(&mut circle, 60);
        circle.settle(20 * SECOND);
        circle.expect_whole();
        expect_forms(&circle, &forms);
        (0..5).for_each(|number| expect_shown(&circle, number, &forms));
    }
}

#[test]
fn a_latecomer_is_shown_the_newest_forms_and_never_a_withdrawn_text() {
    let mut circle = Circle::of(110, 4);
    let forms = talk_and_amend(&mut circle, 60);
    circle.settle(10 * SECOND);
    let late = circle.world.join("nadia").unwrap();
    circle.world.record_face(late);
    circle.settle(20 * SECOND);
    circle.expect_whole();
    expect_forms(&circle, &forms);
    expect_shown(&circle, late, &forms);
    for news in circle.world.face(late) {
        if let News::Message(message) = news
            && let Some(text) = withdrawn(&circle, &forms, message.id)
        {
            assert_eq!(message.text(), "", "{text}");
            assert_eq!(message.timing, Timing::History);
        }
        let is_repeated = matches!(news, News::Edited(_) | News::Deleted(_));
        assert!(!is_repeated, "shown so already: {news:?}");
    }
}

#[test]
fn a_latecomer_who_loses_much_sees_a_withdrawn_text_for_a_moment_at_most() {
    for seed in 0..4 {
        let mut circle = Circle::of(120 + seed, 4);
        let forms = talk_and_amend(&mut circle, 60);
        // Some of it is repaired for the latecomer as if it were new.
        circle.world.set_faults(Faults::losing(0.3));
        let late = circle.world.join("nadia").unwrap();
        circle.world.record_face(late);
        let mut steps_seen: BTreeMap<Id, usize> = BTreeMap::new();
        for _ in 0..60 * 5 {
            circle.world.run(SECOND / 5);
            for (id, message) in shown(&circle, late) {
                if withdrawn(&circle, &forms, id).is_some() && !message.text().is_empty() {
                    *steps_seen.entry(id).or_default() += 1;
                }
            }
        }
        let most = steps_seen.values().max().copied().unwrap_or_default();
        assert!(most <= 5 * 5, "{seed}: more than 5 s: {steps_seen:?}");
        expect_shown(&circle, late, &forms);
    }
}

/// The number of a message if it was withdrawn.
fn withdrawn(circle: &Circle, forms: &Forms, id: Id) -> Option<usize> {
    let ledger = circle.world.ledger();
    let mut gone = forms.iter().filter(|(_, form)| form.is_none());
    gone.find(|(message, _)| ledger.id(**message) == Some(id))
        .map(|(message, _)| *message)
}

#[test]
fn both_sides_of_a_partition_agree_when_it_ends() {
    for seed in 0..4 {
        let mut circle = Circle::of(120 + seed, 4);
        circle.talk(8, SECOND / 5);
        circle.world.separate(|number| (number % 2) as u8);
        (0..4).for_each(|number| circle.world.record_face(number));
        let forms = talk_and_amend(&mut circle, 40);
        circle.settle(60 * SECOND);
        circle.expect_whole();
        expect_forms(&circle, &forms);
        (0..4).for_each(|number| expect_shown(&circle, number, &forms));
    }
}

#[test]
fn an_author_changes_what_an_earlier_session_said() {
    let mut circle = Circle::of(130, 3);
    let message = circle.world.say(0);
    let other = circle.world.say(0);
    circle.world.run(2 * SECOND);
    circle.world.kill(0);
    circle.world.start(0).unwrap();
    circle.world.run(15 * SECOND);
    assert!(circle.world.amend(0, message, Some("depois")));
    assert!(circle.world.amend(0, other, None));
    circle.settle(10 * SECOND);
    let changed = Some(format!("{message} depois"));
    expect_forms(&circle, &Forms::from([(message, changed), (other, None)]));
}

#[test]
fn of_two_sessions_of_an_author_the_last_change_in_the_common_order_holds_everywhere() {
    for seed in 0..6 {
        let mut circle = Circle::of(140 + seed, 4);
        let laptop = circle.world.join_again(0).unwrap();
        circle.world.run(20 * SECOND);
        let message = circle.world.say(0);
        circle.world.run(2 * SECOND);
        (0..5).for_each(|number| circle.world.record_face(number));
        // Neither side hears the other while both change the message.
        circle
            .world
            .separate(move |number| u8::from(number == laptop || number == 1));
        assert!(circle.world.amend(0, message, Some("um")));
        circle.world.run(SECOND / 10);
        assert!(circle.world.amend(laptop, message, Some("dois")));
        circle.world.run(10 * SECOND);
        circle.settle(60 * SECOND);
        let last = Some(format!("{message} dois"));
        let forms = Forms::from([(message, last)]);
        expect_forms(&circle, &forms);
        for number in 0..5 {
            // The faces were opened after the message was said.
            let told = circle.world.face(number).iter().rev();
            let newest = told.filter_map(|news| match news {
                News::Edited(edited) => Some((edited.by, edited.text.clone())),
                _ => None,
            });
            let newest = newest.max().expect("everybody is told");
            assert_eq!(
                Some(&newest.1),
                forms[&message].as_ref(),
                "seed {seed}: {number}"
            );
        }
    }
}

#[test]
fn a_long_text_is_changed_to_another_long_one() {
    let mut circle = Circle::of(150, 3);
    (0..3).for_each(|number| circle.world.record_face(number));
    let message = circle.world.say_with(0, &"a".repeat(20_000));
    circle.world.run(2 * SECOND);
    circle.world.set_faults(Faults::losing(0.2));
    let text = "é".repeat(TEXT_MAX_BYTES / 2 - 10);
    assert!(circle.world.amend(0, message, Some(&text)));
    circle.world.run(5 * SECOND);
    circle.settle(20 * SECOND);
    let forms = Forms::from([(message, Some(format!("{message} {text}")))]);
    expect_forms(&circle, &forms);
    (0..3).for_each(|number| expect_shown(&circle, number, &forms));
}

/// The failure that a member was told last.
fn failure(circle: &Circle, number: usize) -> Option<Failure> {
    let told = circle.world.told(number).iter().rev();
    let mut failures = told.filter_map(|news| match news {
        News::Failed(failure) => Some(failure.clone()),
        _ => None,
    });
    failures.next()
}

#[test]
fn what_cannot_be_changed_says_why() {
    let mut circle = Circle::of(160, 3);
    let edit = |which| Command::Edit {
        which,
        text: "outro".into(),
    };
    circle.world.ask(1, edit(Which::Last));
    assert_eq!(failure(&circle, 1), Some(Failure::NothingSaid));
    let theirs = circle.world.say(0);
    circle.world.run(SECOND);
    let id = circle.world.ledger().id(theirs).unwrap().to_string();
    let which = Which::parse(&id).unwrap();
    circle.world.ask(1, edit(which));
    assert!(matches!(
        failure(&circle, 1),
        Some(Failure::NotYourMessage(_))
    ));
    circle.world.ask(1, edit(Which::parse("zzzzz0").unwrap()));
    assert_eq!(
        failure(&circle, 1),
        Some(Failure::NoMessage("zzzzz0".into()))
    );
    let mine = circle.world.say(1);
    circle.world.run(SECOND);
    circle
        .world
        .say_privately(1, &Name::parse("m0").unwrap(), "segredo");
    circle.world.run(SECOND);
    // Never an older message instead of the private one that was meant.
    circle.world.ask(1, edit(Which::Last));
    assert_eq!(failure(&circle, 1), Some(Failure::PrivateMessage));
    assert!(circle.world.amend(1, mine, None));
    circle.world.run(SECOND);
    assert!(circle.world.amend(1, mine, Some("de volta")));
    assert_eq!(failure(&circle, 1), Some(Failure::DeletedMessage));
    let whole = circle.world.say(1);
    circle.world.run(SECOND);
    let long = "x".repeat(TEXT_MAX_BYTES);
    assert!(circle.world.amend(1, whole, Some(&long)));
    let limit_bytes = TEXT_MAX_BYTES;
    assert_eq!(
        failure(&circle, 1),
        Some(Failure::ChangeTooLong { limit_bytes })
    );
    circle.settle(5 * SECOND);
    circle.expect_whole();
    expect_forms(&circle, &Forms::from([(mine, None)]));
}

#[test]
fn a_change_right_behind_its_message_means_this_one_and_leaves_with_it() {
    let mut circle = Circle::of(170, 2);
    circle.world.say(0);
    circle.world.run(SECOND);
    // More than leaves at once.
    for _ in 0..500 {
        circle.world.say_with(0, &"x".repeat(900));
    }
    let last = circle.world.say(0);
    circle.world.ask(
        0,
        Command::Edit {
            which: Which::Last,
            text: format!("{last} mudado"),
        },
    );
    assert!(
        !circle.world.has_room(0),
        "the order of what is typed is kept"
    );
    circle.world.ask(0, Command::Leave(Leave::EndOfInput));
    circle.world.run(10 * SECOND);
    assert!(circle.world.node(0).is_none());
    circle.expect_whole();
    let forms = Forms::from([(last, Some(format!("{last} mudado")))]);
    expect_forms(&circle, &forms);
}

#[test]
fn a_room_is_searched_in_the_newest_form() {
    let mut circle = Circle::of(180, 2);
    let said: Vec<usize> = ["a prova é amanhã", "sem café", "nada"]
        .iter()
        .map(|text| circle.world.say_with(0, text))
        .collect();
    circle.world.run(2 * SECOND);
    assert!(circle.world.amend(0, said[1], Some("com chá")));
    assert!(circle.world.amend(0, said[2], None));
    circle.world.run(2 * SECOND);
    assert_eq!(MESSAGES_MAX, 5000);
    for (words, from, expected) in [
        ("prov*", None, vec![said[0]]),
        ("cafe", None, vec![]),
        ("cha", None, vec![said[1]]),
        ("nada", None, vec![]),
        ("a", Some("m0"), vec![said[0]]),
        ("a", Some("m1"), vec![]),
    ] {
        let before = circle.world.told(1).len();
        let query = roda::chat::archive::search::Query {
            words: words.into(),
            from: from.map(str::to_owned),
            limit: 10,
            ..Default::default()
        };
        let query = Box::new(query);
        let purpose = roda::chat::finding::Purpose::Search;
        circle.world.ask(1, Command::Find { query, purpose });
        let told = &circle.world.told(1)[before..];
        let found: Vec<Id> = told
            .iter()
            .filter_map(|news| match news {
                News::Found(found) if found.is_match => Some(found.message.id),
                _ => None,
            })
            .collect();
        let ledger = circle.world.ledger();
        let expected: Vec<Id> = expected.iter().map(|at| ledger.id(*at).unwrap()).collect();
        assert_eq!(found, expected, "{words}");
        let (count, has_more) = (expected.len(), false);
        assert_eq!(
            told.last(),
            Some(&News::Searched { count, has_more }),
            "{words}"
        );
    }
}
