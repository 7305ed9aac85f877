//! Files that are offered, taken and given, for programs.

use serde::Serialize;

use super::event;
use super::object::{Object, Someone};
use crate::chat::event::Timing;
use crate::chat::transfer::OfferKind;
use crate::chat::transfer::disk::DiskFault;
use crate::chat::transfer::event::{
    FilesEvent, FilesRefusal, OfferState, Offered, Stage, TakerState, TransferFault,
};
use crate::text::{self, Lang};

/// An offer, and how far this member is with it.
#[derive(Serialize)]
pub(super) struct FileObject<'e> {
    number: u32,
    id: String,
    name: &'e str,
    kind: &'static str,
    size_bytes: u64,
    from: Someone<'e>,
    #[serde(skip_serializing_if = "is_false")]
    own: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<u64>,
    #[serde(skip_serializing_if = "is_false")]
    shared: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    takers: Option<Vec<Taker<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_as: Option<&'e str>,
}

/// Somebody who takes an offer, or has taken it.
#[derive(Serialize)]
struct Taker<'e> {
    #[serde(flatten)]
    who: Someone<'e>,
    done_bytes: u64,
    has_it: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What happens to files.
pub(super) fn of_event(happened: &FilesEvent) -> Object<'_> {
    let about = |name, state| Object {
        file: Some(Box::new(of_state(state))),
        ..event(name)
    };
    match happened {
        FilesEvent::Offered(offered) => Object {
            file: Some(Box::new(of_offered(offered))),
            late: offered.timing == Timing::Late,
            history: offered.timing == Timing::History,
            ..event("file_offered")
        },
        FilesEvent::Taking(state) => about("file_taking", state),
        FilesEvent::Progress(state) => about("file_progress", state),
        FilesEvent::Finished { state, saved_as } => Object {
            file: Some(Box::new(FileObject {
                saved_as: Some(saved_as),
                ..of_state(state)
            })),
            ..event("file_finished")
        },
        FilesEvent::AllHave(state) => about("file_all_have", state),
        FilesEvent::Failed { state, why } => Object {
            code: Some(fault_code(why)),
            ..about("file_failed", state)
        },
        FilesEvent::Stopped(state) => about("file_stopped", state),
        FilesEvent::Unshared(state) => about("file_unshared", state),
        FilesEvent::List(states) => Object {
            files: Some(states.iter().map(of_state).collect()),
            ..event("files")
        },
        FilesEvent::Refused(refusal) => Object {
            code: Some(refusal_code(refusal)),
            ..event("error")
        },
    }
}

/// The words of a refusal, for a log.
pub(super) fn words(lang: Lang, happened: &FilesEvent) -> Option<String> {
    match happened {
        FilesEvent::Refused(refusal) => Some(text::files_refused(lang, refusal)),
        _ => None,
    }
}

fn of_offered(offered: &Offered) -> FileObject<'_> {
    FileObject {
        number: offered.number,
        id: offered.offer.id.to_string(),
        name: &offered.offer.name,
        kind: kind(offered.offer.kind),
        size_bytes: offered.offer.size_bytes,
        from: Someone::of(&offered.who),
        own: offered.is_own,
        state: None,
        done_bytes: None,
        bytes_per_s: None,
        seconds_left: None,
        shared: false,
        takers: None,
        saved_as: None,
    }
}

fn of_state(state: &OfferState) -> FileObject<'_> {
    let (stage, done_bytes) = match state.stage {
        Stage::Offered => ("offered", None),
        Stage::Taking {
            done_bytes,
            is_waiting: false,
        } => ("taking", Some(done_bytes)),
        Stage::Taking { done_bytes, .. } => ("waiting", Some(done_bytes)),
        Stage::Have => ("here", None),
    };
    FileObject {
        number: state.number,
        id: state.offer.id.to_string(),
        name: &state.offer.name,
        kind: kind(state.offer.kind),
        size_bytes: state.offer.size_bytes,
        from: Someone::of(&state.who),
        own: state.is_own,
        state: Some(stage),
        done_bytes,
        bytes_per_s: Some(state.bytes_per_s).filter(|rate| *rate > 0),
        seconds_left: state.left.map(|left| left.as_secs()),
        shared: state.is_shared,
        takers: Some(state.takers.iter().map(taker).collect()),
        saved_as: None,
    }
}

fn taker(taker: &TakerState) -> Taker<'_> {
    Taker {
        who: Someone {
            silent: !taker.is_here,
            ..Someone::of(&taker.person)
        },
        done_bytes: taker.done_bytes,
        has_it: taker.has_it,
    }
}

fn kind(kind: OfferKind) -> &'static str {
    match kind {
        OfferKind::File => "file",
        OfferKind::Folder => "folder",
        OfferKind::Picture => "picture",
        OfferKind::Text => "text",
    }
}

/// The stable name of a reason why a transfer ends.
fn fault_code(why: &TransferFault) -> &'static str {
    match why {
        TransferFault::NobodyHasIt => "nobody_has_it",
        TransferFault::Disk(DiskFault::NoSpace { .. }) => "no_space",
        TransferFault::Disk(DiskFault::Changed) => "file_changed",
        TransferFault::Disk(DiskFault::NotWhole) => "not_whole",
        TransferFault::Disk(DiskFault::BadTree) => "bad_tree",
        TransferFault::Disk(DiskFault::System(_)) => "disk",
    }
}

/// The stable name of a reason why something about files is not done.
fn refusal_code(refusal: &FilesRefusal) -> &'static str {
    match refusal {
        FilesRefusal::NoSuchOffer => "no_such_offer",
        FilesRefusal::HaveIt => "have_it",
        FilesRefusal::TakingIt => "taking_it",
        FilesRefusal::NotTakingIt => "not_taking_it",
        FilesRefusal::NotShared => "not_shared",
        FilesRefusal::TooLarge => "too_large",
        FilesRefusal::TooMany => "too_many_files",
    }
}
