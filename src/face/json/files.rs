//! Files that are offered, taken and given, for programs.

use serde::Serialize;

use super::event;
use super::object::{Object, Someone};
use crate::chat::event::{Person, Timing};
use crate::chat::transfer::disk::DiskFault;
use crate::chat::transfer::event::{
    FilesEvent, FilesRefusal, OfferState, Offered, Stage, TakerState, TransferFault,
};
use crate::chat::transfer::{Offer, OfferKind};
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
    #[serde(skip_serializing_if = "is_false")]
    private: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<String>,
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

/// When it happened, in milliseconds since 1970, if that was before it is told.
pub(super) fn wall_ms(happened: &FilesEvent) -> Option<u64> {
    match happened {
        FilesEvent::Offered(offered) => Some(offered.wall_ms),
        _ => None,
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
    let is_back = offered.is_here && !offered.is_own;
    FileObject {
        state: is_back.then_some("here"),
        ..about_offer(offered.number, &offered.offer, &offered.who, offered.is_own)
    }
}

/// What is the same in all that is told of an offer.
fn about_offer<'e>(number: u32, offer: &'e Offer, who: &'e Person, is_own: bool) -> FileObject<'e> {
    FileObject {
        number,
        id: offer.id.to_string(),
        name: &offer.name,
        kind: kind_of_offer(offer.kind),
        size_bytes: offer.size_bytes,
        from: Someone::of(who),
        own: is_own,
        private: offer.is_private(),
        preview: offer.preview.map(|preview| preview.to_string()),
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
        state: Some(stage),
        done_bytes,
        bytes_per_s: Some(state.bytes_per_s).filter(|rate| *rate > 0),
        seconds_left: state.left.map(|left| left.as_secs()),
        shared: state.is_shared,
        takers: Some(state.takers.iter().map(taker).collect()),
        ..about_offer(state.number, &state.offer, &state.who, state.is_own)
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

/// The stable name of what an offer is.
pub(in crate::face) fn kind_of_offer(kind: OfferKind) -> &'static str {
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
