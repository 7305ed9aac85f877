//! What attacks of the generator came down to, each by a few acts that once did harm.

use roda::sim::insider::act::{
    Act, Called, Clock, Content, Count, From, Lacking, List, Role, Runs, Says, Stream, Tells, To,
    What, Who,
};
use roda::sim::insider::check::{Finding, Kind};
use roda::sim::insider::trial::{Keeping, Trial, Weather};

use crate::circle::SECOND;

const NONE: List = List {
    of: Who::Honest(0),
    number: Count::Next,
    length: 0,
};

/// A calm room of five.
fn trial(seed: u64) -> Trial {
    Trial {
        keeping: Keeping::Nothing,
        seed,
        honest: 5,
        span: 10 * SECOND,
        bits_per_s: 200_000,
        weather: Weather::Calm,
    }
}

/// What is found after these acts in a calm room of five. What members are told about delivery is
/// looked at elsewhere.
fn findings(seed: u64, acts: &[Act]) -> Vec<Finding> {
    let outcome = trial(seed).run(acts, &|| 0).unwrap();
    assert!(outcome.datagrams > 0);
    let findings = outcome.findings.into_iter();
    findings
        .filter(|finding| finding.kind != Kind::Claim)
        .collect()
}

fn act(at_ms: u32, by: u8, to: To, what: What) -> Act {
    Act {
        at_ms,
        by,
        from: From::Address(by),
        to,
        session: 0,
        sequence: Count::Next,
        clock: Clock::Off(0),
        flags: 0,
        grtt: 80,
        name: Called::Itself,
        what,
    }
}

fn says(says: Says, causes: List) -> What {
    What::Durable {
        says,
        fragment: None,
        causes,
        acks: NONE,
    }
}

/// A beat whose range of clocks ends before it begins.
fn beat(link: u8) -> What {
    What::Beat {
        newest: Count::Is(1),
        interval: 100,
        link,
        from: Clock::Off(-59),
        cut: Clock::Off(-61),
        xor: 7,
        acks: NONE,
        asked: NONE,
    }
}

const TEXT: Says = Says::Texts {
    count: 1,
    bytes: 20,
};

#[test]
fn a_reference_to_what_nobody_said_makes_no_line_late() {
    let causes = List {
        of: Who::Honest(4),
        number: Count::Is(u32::MAX - 1),
        length: 4,
    };
    let act = Act {
        sequence: Count::Skip(7),
        ..act(5055, 5, To::All, says(TEXT, causes))
    };
    assert_eq!(findings(28, &[act]), []);
}

#[test]
fn a_frame_that_one_alone_has_keeps_no_private_word_from_its_addressee() {
    // It waits behind a gap, and is shown when the attack is over.
    let act = Act {
        sequence: Count::Skip(4),
        ..act(9500, 0, To::One(0), says(Says::Action(10), NONE))
    };
    assert_eq!(findings(6, &[act]), []);
}

#[test]
fn frames_that_some_have_and_others_lack_make_no_line_late_however_many_there_are() {
    let split = |number: u32| {
        let (by, to) = ((number % 20) as u8, To::One((number % 3) as u8));
        act(number * 100, by, to, says(TEXT, NONE))
    };
    let acts: Vec<Act> = (0..99).map(split).collect();
    let is_late = |finding: &&Finding| matches!(finding.kind, Kind::Slow | Kind::Unreachable);
    assert_eq!(findings(28, &acts).iter().find(is_late), None);
}

#[test]
fn a_guess_at_the_next_frames_of_others_shows_no_effect_before_its_cause() {
    let causes = List {
        of: Who::Honest(1),
        number: Count::Skip(65_536),
        length: 16,
    };
    let hello = Says::Hello {
        replaces: None,
        key: 7,
        role: Role::Person,
    };
    let act = |at_ms, sequence| Act {
        sequence,
        clock: Clock::Off(299),
        ..act(at_ms, 10, To::All, says(hello, causes))
    };
    let acts = [
        act(624, Count::Next),
        act(1607, Count::Next),
        act(5004, Count::Of(0, 16)),
    ];
    assert_eq!(findings(62, &acts), []);
}

#[test]
fn whoever_is_at_anothers_address_by_his_own_word_keeps_no_latecomer_from_what_was_said() {
    // As soon as the newcomer is there, identities at the addresses of all others beat.
    let acts: Vec<Act> = (0..60_u32)
        .map(|number| Act {
            from: From::Forged((number % 5) as u8),
            ..act(4000 + number * 50, (number % 20) as u8, To::All, beat(1))
        })
        .collect();
    assert_eq!(findings(13, &acts), []);
}

#[test]
fn whoever_lists_what_nobody_said_keeps_no_latecomer_from_what_was_said() {
    let lists = What::Inventory {
        from: Clock::Off(-3600),
        cut: Clock::Off(0),
        part: 0,
        parts: 1,
        runs: Runs {
            of: Who::Nobody(3),
            first: Count::Is(1),
            count: 64,
            length: 4,
        },
    };
    let acts: Vec<Act> = (0..120_u32)
        .map(|number| {
            let what = match number % 3 {
                0 => beat(0),
                1 => What::Give(7),
                _ => lists,
            };
            act(4000 + number * 50, (number / 3 % 20) as u8, To::All, what)
        })
        .collect();
    assert_eq!(findings(13, &acts), []);
}

#[test]
fn a_guess_at_the_next_frame_of_another_does_not_make_it_late() {
    let causes = List {
        of: Who::Honest(2),
        number: Count::Of(0, 1),
        length: 1,
    };
    let act = Act {
        clock: Clock::Off(1),
        ..act(5776, 16, To::All, says(TEXT, causes))
    };
    assert_eq!(findings(5, &[act]), []);
}

#[test]
fn a_guess_at_a_line_of_somebody_whose_clock_was_moved_ahead_does_not_make_it_late() {
    // Everybody's clock is ahead then, and davi alone is shown what guesses.
    let ahead = Act {
        clock: Clock::Off(200),
        ..act(1000, 3, To::All, says(TEXT, NONE))
    };
    let causes = List {
        of: Who::Honest(0),
        number: Count::Of(0, 2),
        length: 1,
    };
    let guess = Act {
        clock: Clock::Off(299),
        ..act(1500, 16, To::One(3), says(TEXT, causes))
    };
    assert_eq!(findings(5, &[ahead, guess]), []);
}

#[test]
fn false_symbols_in_somebodys_stream_keep_nobody_from_the_file() {
    // From before the file is taken until long after.
    let symbols = |number: u32| What::Symbol {
        stream: Stream {
            of: Who::Honest(0),
            number: 1 + number % 3,
        },
        number: 1 + number,
        unit: 0,
        piece: (number % 15) as u16,
        originals: 15,
        flags: 0,
        bytes: 1344,
        copies: 1,
    };
    let acts: Vec<Act> = (0..200_u32)
        .map(|number| act(2900 + number * 20, 0, To::All, symbols(number)))
        .collect();
    assert_eq!(findings(13, &acts), []);
}

#[test]
fn whoever_announces_more_streams_than_anybody_follows_keeps_nobody_from_a_file() {
    let announces = |number: u32| What::Notice {
        about: Content::Offered(1),
        tells: Tells::Announces {
            number,
            channel: 1,
            symbol_bytes: 1344,
            newest: 1,
        },
    };
    let acts: Vec<Act> = (0..600_u32)
        .map(|number| {
            let by = (number % 20) as u8;
            act(2000 + number * 10, by, To::All, announces(number / 20 % 10))
        })
        .collect();
    assert_eq!(findings(13, &acts), []);
}

#[test]
fn whoever_asks_for_a_file_without_end_makes_its_giver_send_no_more_than_it_is_worth() {
    let asks = |by: u8| What::Notice {
        about: Content::Given,
        tells: Tells::Reports {
            stream: None,
            flags: 4,
            doubts: Some(0),
            highest: 0,
            received: 0,
            within_ms: 1000,
            done: 0,
            lacks: Lacking {
                first: 0,
                units: 1,
                symbols: 1 + u16::from(by),
                length: 1,
            },
        },
    };
    let acts: Vec<Act> = (0..900_u32)
        .map(|number| {
            act(
                number * 10,
                (number % 20) as u8,
                To::All,
                asks((number % 20) as u8),
            )
        })
        .collect();
    let trial = trial(13);
    let [peaceful, attacked] = [&[][..], &acts].map(|acts| trial.run(acts, &|| 0).unwrap());
    let findings = attacked.judged_by(&peaceful).into_iter();
    let is_about_files = |finding: &Finding| finding.kind != Kind::Claim;
    let findings: Vec<Finding> = findings.filter(is_about_files).collect();
    assert_eq!(findings, []);
}
