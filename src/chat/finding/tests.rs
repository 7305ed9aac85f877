//! What is asked of memory and of an archive, and what is told of their answers.

use super::*;
use crate::chat::event::{Timing, Told};
use crate::chat::{Audience, Config, Input, Output, archive};
use crate::protocol::engine::Setup;
use crate::protocol::engine::event::MessageId;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::seal::Seal;
use crate::sim;
use std::time::Duration;

const LOCAL: LocalTime = LocalTime {
    now_ms: 1_795_800_600_000,
    offset_s: 0,
};

fn query(typed: &str) -> Result<Query, Failure> {
    match search(typed, || LOCAL)? {
        Command::Find { query, .. } => Ok(query),
        other => panic!("{other:?}"),
    }
}

#[test]
fn words_and_limits_are_told_apart() {
    let limit = FOUND_DEFAULT;
    let words = |words: &str| Query {
        words: words.into(),
        limit,
        ..Query::default()
    };
    assert_eq!(
        query(" a prov*  \"sala dois\" "),
        Ok(words("a prov* \"sala dois\""))
    );
    assert_eq!(query("http://x às 14:03"), Ok(words("http://x às 14:03")));
    assert_eq!(
        query("from: ana"),
        Ok(Query {
            from: Some("ana".into()),
            ..words("")
        })
    );
    let two_h_ago = Some(LOCAL.now_ms - 2 * 60 * 60 * 1000);
    let all = Query {
        from: Some("Ana Luz".into()),
        since_ms: two_h_ago,
        until_ms: Some(LOCAL.now_ms),
        limit: 5,
        ..words("prova")
    };
    assert_eq!(
        query("de:\"Ana Luz\" prova since:2h até:agora limit:5"),
        Ok(all)
    );
    assert_eq!(query("x limit:99999").unwrap().limit, FOUND_MAX);
}

#[test]
fn what_cannot_be_looked_for_says_why() {
    assert_eq!(query(" "), Err(Failure::Usage(SEARCH_USAGE)));
    assert_eq!(
        query("x since:amanhã"),
        Err(Failure::NoTime("amanhã".into()))
    );
    assert_eq!(query("x limit:y"), Err(Failure::NoCount("y".into())));
    assert_eq!(context(""), Err(Failure::Usage("/context ID")));
    assert_eq!(context("ü"), Err(Failure::NoMessageId("ü".into())));
    let no_count = Failure::NoCount("tomorrow".into());
    assert_eq!(history("tomorrow", || LOCAL), Err(no_count));
}

/// A member whose room is archived.
fn archived() -> Chat {
    let now = Moment {
        time: Duration::ZERO,
        wall_ms: LOCAL.now_ms,
    };
    let (name, session) = (Name::parse("ana").unwrap(), (LOCAL.now_ms / 1000) << 32);
    let setup = Setup {
        is_archived: true,
        ..sim::member::setup(1, name, session, Seal::public(None))
    };
    let config = Config {
        setup,
        room: None,
        is_keyed: false,
        is_remembered: false,
        audience: Audience::default(),
    };
    let mut chat = Chat::new(config, now);
    let forgotten = Vec::new();
    reply(&mut chat, RoomReply::Loaded { forgotten });
    chat
}

/// What the room puts out about an input, but datagrams.
fn outputs(chat: &mut Chat, input: Input<'_>) -> Vec<Output> {
    let now = Moment {
        time: Duration::ZERO,
        wall_ms: LOCAL.now_ms,
    };
    chat.handle(now, input);
    let polled = std::iter::from_fn(|| Some(chat.poll(now)));
    polled
        .take_while(|output| !matches!(output, Output::Wake(_)))
        .filter(|output| !matches!(output, Output::Send(_)))
        .collect()
}

fn ask(chat: &mut Chat, request: u64, command: Command) -> Vec<Output> {
    outputs(chat, Input::Ask(RequestId(request), command))
}

fn reply(chat: &mut Chat, reply: RoomReply) -> Vec<Output> {
    outputs(chat, Input::Archived(archive::Reply::Room(reply)))
}

fn found(sequence: u32, form: Form) -> Found {
    let mut id = MessageId::default();
    id.position.sequence = sequence;
    let who = NamedKey {
        name: Name::parse("bia").unwrap(),
        key: Key([2; 32]),
    };
    Found {
        entry: Entry {
            form,
            ..Entry::said(id, who, sequence.to_string())
        },
        is_match: true,
        marks: vec![(0, 1)],
    }
}

#[test]
fn an_archive_is_asked_and_its_answers_are_told_whenever_they_come() {
    let mut chat = archived();
    let Command::Find { query, purpose } = search("prova", || LOCAL).unwrap() else {
        panic!("a search");
    };
    let asked = ask(
        &mut chat,
        1,
        Command::Find {
            query: query.clone(),
            purpose,
        },
    );
    let request = RequestId(1);
    let find = Request::Room(RoomRequest::Find { request, query });
    assert_eq!(asked, [Output::Archive(find)]);
    let asked = ask(&mut chat, 2, Command::History(5));
    assert!(
        matches!(&asked[..], [Output::Archive(Request::Room(RoomRequest::Find { query, .. }))]
        if *query == Query { limit: 5, ..Query::default() })
    );
    // The second question is answered first.
    let history = |request, found| RoomReply::Found {
        request,
        found,
        has_more: true,
    };
    let told = reply(
        &mut chat,
        history(RequestId(2), vec![found(1, Form::Edited)]),
    );
    let [
        Output::Tell(Told {
            request: Some(RequestId(2)),
            news: News::Message(message),
            ..
        }),
    ] = &told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!((message.timing, message.text()), (Timing::History, "1"));
    assert!(matches!(message.version, Version::Edited(_)));
    let all = vec![found(1, Form::Original), found(2, Form::Deleted)];
    let told = reply(&mut chat, history(RequestId(1), all.clone()));
    assert_eq!(told.len(), 3);
    let (count, has_more) = (2, true);
    let last = News::Searched { count, has_more }.to(RequestId(1));
    assert_eq!(told.last(), Some(&Output::Tell(last)));
    assert_eq!(
        reply(&mut chat, history(RequestId(1), all)),
        [],
        "nobody asks any more"
    );
}

#[test]
fn a_message_that_only_the_archive_has_is_too_old_to_be_changed() {
    let mut chat = archived();
    let edit = Command::Edit {
        which: Which::parse("k3mx9q").unwrap(),
        text: "outro".into(),
    };
    for (request, held, expected) in [
        (
            1,
            vec![found(1, Form::Original)],
            Failure::TooOld("k3mx9q".into()),
        ),
        (2, Vec::new(), Failure::NoMessage("k3mx9q".into())),
    ] {
        assert_eq!(ask(&mut chat, request, edit.clone()).len(), 1);
        let request = RequestId(request);
        let (found, has_more) = (held, false);
        let told = reply(
            &mut chat,
            RoomReply::Found {
                request,
                found,
                has_more,
            },
        );
        assert_eq!(told, [Output::Tell(News::Failed(expected).to(request))]);
    }
}

#[test]
fn whoever_asks_faster_than_the_archive_answers_waits_and_a_lost_archive_answers_all() {
    let mut chat = archived();
    for request in 0..ASKED_MAX as u64 {
        assert!(chat.has_room());
        ask(&mut chat, request, Command::History(1));
    }
    assert!(!chat.has_room());
    let told = reply(&mut chat, RoomReply::Failed("a disk is full".into()));
    let count = told.len();
    assert_eq!(
        count,
        ASKED_MAX + 1,
        "each question, and that nothing is kept"
    );
    assert!(chat.has_room());
}
