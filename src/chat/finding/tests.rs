//! What is asked of memory and of an archive, and what is told of their answers.

use super::*;
use crate::chat::archive::record::{Entry, Form};
use crate::chat::command::Leave;
use crate::chat::event::{Id, Told};
use crate::chat::{Audience, Config, Input, Output, archive};
use crate::protocol::engine::Setup;
use crate::protocol::engine::event::{MessageId, NamedKey, Version};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::seal::Seal;
use crate::sim;
use std::time::Duration;

const NOW_MS: u64 = 1_795_800_600_000;

/// A reader of two times.
fn when(typed: &str) -> Option<Span> {
    let (start_ms, end_ms) = match typed {
        "2h" => (NOW_MS - 2 * 60 * 60 * 1000, NOW_MS - 2 * 60 * 60 * 1000),
        "ontem" => (NOW_MS - 1000, NOW_MS - 500),
        _ => return None,
    };
    Some(Span { start_ms, end_ms })
}

fn query(typed: &str) -> Result<Query, Failure> {
    match search(typed, when)? {
        Command::Find { query, .. } => Ok(*query),
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
    let all = Query {
        from: Some("Ana Luz".into()),
        since_ms: Some(NOW_MS - 2 * 60 * 60 * 1000),
        // A day counts to its end.
        until_ms: Some(NOW_MS - 500),
        limit: 5,
        ..words("prova")
    };
    assert_eq!(
        query("de:\"Ana Luz\" prova since:2h até:ontem limit:5"),
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
    assert_eq!(history("tomorrow", when), Err(no_count));
    assert_eq!(query("!? -"), Err(Failure::NoWord("!? -".into())));
}

/// A member whose room is archived.
fn archived() -> Chat {
    let now = Moment {
        time: Duration::ZERO,
        wall_ms: NOW_MS,
    };
    let (name, session) = (Name::parse("ana").unwrap(), (NOW_MS / 1000) << 32);
    let setup = Setup {
        is_archived: true,
        ..sim::member::setup(1, name, session, Seal::public(None))
    };
    let config = Config {
        setup,
        room: None,
        is_keyed: false,
        host: None,
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
    outputs_at(chat, 0, input)
}

/// The same, so many milliseconds later.
fn outputs_at(chat: &mut Chat, ms: u64, input: Input<'_>) -> Vec<Output> {
    let now = Moment {
        time: Duration::from_millis(ms),
        wall_ms: NOW_MS + ms,
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
    let Command::Find { query, purpose } = search("prova", when).unwrap() else {
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
        if (query.limit, query.skips_ahead) == (5, true))
    );
    // The second question is answered first.
    let history = |request, found| RoomReply::Found {
        request,
        found,
        has_more: true,
        has_newer: false,
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
                has_newer: false,
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

/// A member without an archive that has said some lines.
fn talkative(count: usize) -> Chat {
    let mut chat = archived();
    reply(&mut chat, RoomReply::Unusable);
    for line in 0..count {
        ask(&mut chat, 0, Command::Say(format!("linha {line}")));
    }
    chat
}

/// All answers to a request, however many parts they take.
fn answers(chat: &mut Chat, request: u64, command: Command) -> Vec<News> {
    let mut outputs_so_far = ask(chat, request, command);
    for _ in 0..1000 {
        outputs_so_far.extend(outputs(chat, Input::Time));
        if chat.own.finding.searches.is_empty() {
            break;
        }
    }
    let of_request = |output| match output {
        Output::Tell(told) if told.request == Some(RequestId(request)) => Some(told.news),
        _ => None,
    };
    outputs_so_far.into_iter().filter_map(of_request).collect()
}

fn texts(page: &HistoryPage) -> Vec<&str> {
    page.messages.iter().map(Message::text).collect()
}

fn page_of(chat: &mut Chat, place: Place, limit: usize) -> HistoryPage {
    match &answers(chat, 9, page(place, limit))[..] {
        [News::Page(page)] => (**page).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_an_archive_pages_are_read_from_memory() {
    let mut chat = talkative(10);
    let newest = page_of(&mut chat, Place::Newest, 3);
    assert_eq!(texts(&newest), ["linha 7", "linha 8", "linha 9"]);
    assert_eq!((newest.has_older, newest.has_newer), (true, false));
    let ids: Vec<MessageId> = page_of(&mut chat, Place::Newest, 1000)
        .messages
        .iter()
        .filter_map(|message| match message.id {
            Id::Group(id) => Some(id),
            Id::Local(_) => None,
        })
        .collect();
    assert_eq!(ids.len(), 10);
    let before = page_of(&mut chat, Place::Before(ids[2]), 5);
    assert_eq!(texts(&before), ["linha 0", "linha 1"]);
    assert_eq!((before.has_older, before.has_newer), (false, true));
    let after = page_of(&mut chat, Place::After(ids[2]), 2);
    assert_eq!(texts(&after), ["linha 3", "linha 4"]);
    assert_eq!((after.has_older, after.has_newer), (true, true));
    // All were said within one millisecond.
    let around = page_of(&mut chat, Place::Around(NOW_MS), 4);
    assert_eq!(texts(&around), ["linha 0", "linha 1"]);
    let around = page_of(&mut chat, Place::Around(NOW_MS + 10_000), 4);
    assert_eq!(texts(&around), ["linha 8", "linha 9"]);
}

#[test]
fn a_match_in_memory_stands_among_its_neighbours() {
    let mut chat = talkative(10);
    let Command::Find { query, purpose } = search("\"linha 5\"", when).unwrap() else {
        panic!("a search");
    };
    let query = Box::new(Query {
        context: 2,
        ..*query
    });
    let found = answers(&mut chat, 1, Command::Find { query, purpose });
    let shown: Vec<(&str, bool)> = found
        .iter()
        .filter_map(|news| match news {
            News::Found(found) => Some((found.message.text(), found.is_match)),
            _ => None,
        })
        .collect();
    let expected = [3, 4, 5, 6, 7].map(|line| (format!("linha {line}"), line == 5));
    let expected: Vec<(&str, bool)> = expected.iter().map(|(text, is)| (&**text, *is)).collect();
    assert_eq!(shown, expected);
    let end = News::Searched {
        count: 1,
        has_more: false,
    };
    assert_eq!(found.last(), Some(&end));
}

#[test]
fn many_messages_are_searched_in_parts_between_which_the_room_goes_on() {
    let mut chat = talkative(0);
    let long = "x".repeat(1000);
    let count = PART_FRAMES as u64 + 200;
    // One in each frame, and no faster than they leave.
    for line in 0..count {
        let say = Command::Say(format!("linha{line} {long}"));
        outputs_at(&mut chat, line * 50, Input::Ask(RequestId(0), say));
    }
    let now_ms = count * 50;
    let is_news = |output: &Output| matches!(output, Output::Tell(_));
    let mut told = |input| {
        let outputs = outputs_at(&mut chat, now_ms, input);
        (
            outputs.iter().filter(|it| is_news(it)).count(),
            chat.own.finding.searches.len(),
        )
    };
    let (_, waiting) = told(Input::Time);
    assert_eq!(waiting, 0);
    let search = search("linha3", when).unwrap();
    let (answers, waiting) = told(Input::Ask(RequestId(1), search));
    assert_eq!((answers, waiting), (0, 1), "it is not done at once");
    // Another one waits for it.
    let (mut answers, waiting) = told(Input::Ask(RequestId(2), Command::History(2)));
    assert!(waiting > 0);
    for _ in 0..10 {
        let (more, waiting) = told(Input::Time);
        answers += more;
        if waiting == 0 {
            break;
        }
    }
    // A match and the end of the search, and two messages.
    assert_eq!(answers, 4);
}

#[test]
fn what_the_archive_was_asked_is_answered_from_memory_when_it_cannot_be_used() {
    let mut chat = archived();
    ask(&mut chat, 0, Command::Say("oi turma".into()));
    assert_eq!(
        answers(&mut chat, 1, page(Place::Newest, 5)),
        [],
        "it is asked"
    );
    let told = reply(&mut chat, RoomReply::Unusable);
    let pages = told.iter().filter(|output| {
        matches!(output, Output::Tell(Told { news: News::Page(page), .. })
            if texts(page) == ["oi turma"])
    });
    assert_eq!(pages.count(), 1, "{told:?}");
}

#[test]
fn a_room_is_read_up_to_the_newest_message_that_a_face_marks() {
    let mut chat = archived();
    let id = |sequence| found(sequence, Form::Original).entry.id;
    let mark = |id| Output::Archive(Request::Room(RoomRequest::MarkRead(id)));
    assert_eq!(ask(&mut chat, 1, Command::MarkRead(id(5))), [mark(id(5))]);
    assert_eq!(ask(&mut chat, 2, Command::MarkRead(id(4))), []);
    assert_eq!(ask(&mut chat, 3, Command::MarkRead(id(6))), [mark(id(6))]);
    let told = ask(&mut chat, 4, Command::Snapshot);
    let [
        Output::Tell(Told {
            news: News::Snapshot(snapshot),
            ..
        }),
    ] = &told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!(snapshot.read_until, Some(Id::Group(id(6))));
}

/// Whether the room ends so many milliseconds after its start.
fn ends(chat: &mut Chat, ms: u64) -> bool {
    let now = Moment {
        time: Duration::from_millis(ms),
        wall_ms: NOW_MS + ms,
    };
    chat.handle(now, Input::Time);
    loop {
        match chat.poll(now) {
            Output::Ended(_) => return true,
            Output::Wake(_) => return false,
            _ => {}
        }
    }
}

#[test]
fn what_was_asked_before_leaving_is_answered_and_not_waited_for_without_end() {
    for (leave, wait_ms) in [(Leave::EndOfInput, 3000), (Leave::Farewell, 900)] {
        for is_answered in [true, false] {
            let mut chat = archived();
            let query = Box::new(query("prova").unwrap());
            let purpose = Purpose::Search;
            ask(&mut chat, 1, Command::Find { query, purpose });
            ask(&mut chat, 2, Command::Leave(leave));
            for ms in (0..wait_ms).step_by(50) {
                assert!(!ends(&mut chat, ms), "{leave:?}, {ms} ms");
            }
            if is_answered {
                let answer = RoomReply::Found {
                    request: RequestId(1),
                    found: vec![found(1, Form::Original)],
                    has_more: false,
                    has_newer: false,
                };
                let at = Moment {
                    time: Duration::from_millis(wait_ms - 1),
                    wall_ms: NOW_MS + wait_ms - 1,
                };
                chat.handle(at, Input::Archived(archive::Reply::Room(answer)));
                let told = |output| {
                    matches!(
                        output,
                        Output::Tell(Told {
                            request: Some(RequestId(1)),
                            ..
                        })
                    )
                };
                assert!(told(chat.poll(at)));
            }
            assert!(ends(&mut chat, wait_ms), "{leave:?}");
        }
    }
}
