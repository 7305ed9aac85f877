//! When an errand offers, takes, asks and leaves.

use std::sync::Arc;

use super::*;
use crate::chat::event::Timing;
use crate::chat::transfer::Offer;
use crate::chat::transfer::disk::DiskFault;
use crate::chat::transfer::event::Stage;
use crate::chat::transfer::offer::ContentHasher;
use crate::cli::Dropped;

fn an_offer(number: u32, kind: OfferKind) -> Arc<Offer> {
    let mut hasher = ContentHasher::default();
    hasher.block(&number.to_be_bytes());
    Arc::new(Offer::new(&hasher.finish("a".into(), kind, &[0; 20])).unwrap())
}

fn state(number: u32, takers: &[(&str, bool, bool)]) -> OfferState {
    let takers = takers.iter().map(|(name, has_it, is_here)| TakerState {
        person: Person::unproven(*name),
        done_bytes: 0,
        has_it: *has_it,
        is_here: *is_here,
    });
    OfferState {
        number,
        offer: an_offer(number, OfferKind::File),
        who: Person::unproven("ana"),
        is_own: true,
        stage: Stage::Have,
        is_shared: true,
        bytes_per_s: 0,
        left: None,
        takers: takers.collect(),
    }
}

fn files(happened: FilesEvent) -> News {
    News::Files(Box::new(happened))
}

fn offered(number: u32, who: &str, is_own: bool, kind: OfferKind) -> News {
    files(FilesEvent::Offered(Box::new(Offered {
        number,
        offer: an_offer(number, kind),
        who: Person::unproven(who),
        wall_ms: 0,
        is_own,
        is_here: is_own,
        timing: Timing::Live,
    })))
}

fn dropping(count: usize, wait_for: usize) -> Errand {
    let dropped = Dropped {
        path: Some("a".into()),
        name: None,
    };
    let settings = DropSettings {
        dropped: vec![dropped; count],
        wait_for,
        to: None,
        timeout: None,
    };
    Errand::new(&ErrandSettings::Drop(settings), Lang::En, false)
}

/// Has an offer made for an errand.
fn offers(errand: &mut Errand, number: u32) -> Vec<Act> {
    if let Errand::Drop(dropping) = errand {
        dropping.offers(an_offer(number, OfferKind::File).id);
    }
    errand.on_news(&offered(number, "ana", true, OfferKind::File))
}

fn taking(edit: impl FnOnce(&mut TakeSettings)) -> Errand {
    let mut settings = TakeSettings {
        from: None,
        into: None,
        asks: false,
        is_once: true,
        to_stdout: false,
        timeout: None,
    };
    edit(&mut settings);
    Errand::new(&ErrandSettings::Take(settings), Lang::En, false)
}

fn get(number: u32) -> Act {
    Act::Ask(FilesCommand::Get {
        which: WhichOffer::Number(number),
        into: None,
    })
}

#[test]
fn who_gives_leaves_once_enough_have_everything_and_nobody_is_left_in_the_middle() {
    let mut errand = dropping(2, 2);
    for number in [1, 2] {
        assert!(offers(&mut errand, number).is_empty());
    }
    let progress = |number, takers: &[_]| files(FilesEvent::Progress(state(number, takers)));
    let both = [("rui", true, true), ("eva", true, true)];
    let one = [("rui", true, true), ("eva", false, true)];
    let three = [
        ("rui", true, true),
        ("eva", true, true),
        ("gil", false, true),
    ];
    let gone = [
        ("rui", true, true),
        ("eva", true, true),
        ("gil", false, false),
    ];
    assert!(errand.on_news(&progress(1, &both)).is_empty(), "one of two");
    assert!(errand.on_news(&progress(2, &one)).is_empty());
    assert!(errand.on_news(&progress(2, &three)).is_empty());
    assert_eq!(errand.outcome(), Outcome::Incomplete);
    assert_eq!(errand.on_news(&progress(2, &gone)), [Act::Leave]);
    let mut again = dropping(1, 1);
    offers(&mut again, 1);
    let twice = [("rui", false, true), ("rui", true, true)];
    assert_eq!(
        again.on_news(&progress(1, &twice)),
        [Act::Leave],
        "one session"
    );
    assert!(errand.on_news(&progress(2, &gone)).is_empty(), "once");
    assert_eq!(errand.outcome(), Outcome::Done);
}

#[test]
fn what_cannot_be_offered_ends_in_a_failure() {
    let failure = || Failure::CannotOffer {
        path: "a".into(),
        why: String::new(),
    };
    let mut errand = dropping(1, 1);
    assert_eq!(errand.on_news(&News::Failed(failure())), [Act::Leave]);
    assert_eq!(errand.outcome(), Outcome::Incomplete);
    let mut late = dropping(1, 1);
    assert_eq!(late.on_timeout(), [Act::Leave]);
    assert_eq!(late.outcome(), Outcome::Incomplete);
}

#[test]
fn equal_contents_and_what_was_offered_earlier_keep_nobody_waiting() {
    let has = |number| files(FilesEvent::AllHave(state(number, &[("rui", true, true)])));
    let mut equal = dropping(2, 1);
    assert!(offers(&mut equal, 1).is_empty());
    assert!(
        equal.on_news(&has(1)).is_empty(),
        "the second is read still"
    );
    assert_eq!(offers(&mut equal, 1), [Act::Leave]);
    assert_eq!(equal.outcome(), Outcome::Done);
    let mut later = dropping(1, 1);
    later.on_news(&offered(7, "ana", true, OfferKind::File));
    assert!(offers(&mut later, 1).is_empty());
    assert!(later.on_news(&has(7)).is_empty(), "of an earlier errand");
    assert_eq!(later.on_news(&has(1)), [Act::Leave]);
    assert_eq!(later.outcome(), Outcome::Done);
    let mut changed = dropping(2, 1);
    offers(&mut changed, 1);
    offers(&mut changed, 1);
    let failed = files(FilesEvent::Failed {
        state: state(1, &[]),
        why: TransferFault::Disk(DiskFault::Changed),
    });
    assert_eq!(changed.on_news(&failed), [Act::Leave], "nothing is left");
    assert_eq!(changed.outcome(), Outcome::Incomplete);
}

#[test]
fn who_takes_once_leaves_with_the_first_whole_thing() {
    let mut errand = taking(|it| it.from = Some("ana".into()));
    assert!(
        errand
            .on_news(&offered(1, "rui", false, OfferKind::File))
            .is_empty()
    );
    assert_eq!(
        errand.on_news(&offered(2, "ana", false, OfferKind::File)),
        [get(2)]
    );
    assert!(
        errand
            .on_news(&offered(3, "ana", false, OfferKind::File))
            .is_empty()
    );
    let nobody = files(FilesEvent::Failed {
        state: state(2, &[]),
        why: TransferFault::NobodyHasIt,
    });
    assert!(errand.on_news(&nobody).is_empty(), "somebody may come");
    let finished = files(FilesEvent::Finished {
        state: state(2, &[]),
        saved_as: "/x/a".into(),
    });
    assert_eq!(errand.on_news(&finished), [Act::LeaveSoon]);
    assert_eq!(errand.outcome(), Outcome::Done);
    let mut full = taking(|_| ());
    full.on_news(&offered(1, "ana", false, OfferKind::File));
    let failed = files(FilesEvent::Failed {
        state: OfferState {
            is_own: false,
            ..state(1, &[])
        },
        why: TransferFault::Disk(DiskFault::NotWhole),
    });
    assert_eq!(full.on_news(&failed), [Act::Leave]);
    assert_eq!(full.outcome(), Outcome::Incomplete);
}

#[test]
fn a_person_is_asked_about_one_thing_at_a_time_and_stdout_takes_no_folder() {
    let mut errand = taking(|it| {
        it.asks = true;
        it.is_once = false;
    });
    let asked = errand.on_news(&offered(1, "ana", false, OfferKind::File));
    assert!(matches!(&asked[..], [Act::Question(question)] if question.contains("ana")));
    assert!(
        errand
            .on_news(&offered(2, "rui", false, OfferKind::Folder))
            .is_empty()
    );
    let next = errand.on_answer(false);
    assert!(matches!(&next[..], [Act::Question(question)] if question.contains("rui")));
    assert_eq!(errand.on_answer(true), [get(2)]);
    assert!(errand.on_answer(true).is_empty(), "nothing was asked");
    let mut piped = taking(|it| it.to_stdout = true);
    assert!(
        piped
            .on_news(&offered(1, "ana", false, OfferKind::Folder))
            .is_empty()
    );
    assert_eq!(
        piped.on_news(&offered(2, "ana", false, OfferKind::File)),
        [get(2)]
    );
}

#[test]
fn a_bare_name_means_nobody_whose_name_is_another_persons() {
    let ana = Person::unproven("ana");
    let impostor = Person {
        standing: Standing::Namesake,
        suffix: Some("7k2m".into()),
        ..ana.clone()
    };
    assert!(is_called(&ana, "ana") && !is_called(&impostor, "ana"));
    assert!(is_called(&impostor, &addressed(&impostor)));
}
