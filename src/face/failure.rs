//! What does not work: the code that programs rely on, and the sentence for people.

use std::io::ErrorKind;

use super::lines::{addressed, typed};
use crate::chat::event::{ConnectionFault, Failure, NetworkAct, Person, SystemFault};
use crate::net::group::{GroupOperation, Refusal};
use crate::text::{self, Lang};

/// The stable name of a failure, for programs.
#[must_use]
pub fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::UnknownCommand { .. } => "unknown_command",
        Failure::Usage(_) => "usage",
        Failure::NoCount(_) => "no_count",
        Failure::NotSay => "not_say",
        Failure::OtherRoom(_) => "other_room",
        Failure::AlreadyIn(_) => "already_in",
        Failure::TooManyRooms { .. } => "too_many_rooms",
        Failure::CannotEnter { .. } => "cannot_enter",
        Failure::CannotOffer { .. } => "cannot_offer",
        Failure::PageNamesFiles => "page_names_files",
        Failure::JoinWaits => "join_waits",
        Failure::NobodyToAsk => "nobody_to_ask",
        Failure::NobodyCalled(_) => "nobody_called",
        Failure::Yourself => "yourself",
        Failure::SeveralCalled { .. } => "several_called",
        Failure::PeopleUnknown(_) => "people_unknown",
        Failure::NotCompared(_) => "not_compared",
        Failure::NotVerified(_) => "not_verified",
        Failure::BadName { .. } | Failure::OddName { .. } => "bad_name",
        Failure::NoRenaming => "no_renaming",
        Failure::IgnoreSelf => "ignore_self",
        Failure::NotIgnored(_) => "not_ignored",
        Failure::TooManyIgnored { .. } => "too_many_ignored",
        Failure::NoSessionKey(_) => "no_session_key",
        Failure::NoTime(_) => "no_time",
        Failure::NoWord(_) => "no_word",
        Failure::NoMessageId(_) => "no_message_id",
        Failure::NoMessage(_) => "no_message",
        Failure::TooOld(_) => "too_old",
        Failure::NothingSaid => "nothing_said",
        Failure::NotYourMessage(_) => "not_your_message",
        Failure::PrivateMessage => "private_message",
        Failure::GuestsMessage => "guests_message",
        Failure::NoGuests => "no_guests",
        Failure::NotYourGuest(_) => "not_your_guest",
        Failure::GuestWithoutKey(_) => "guest_without_key",
        Failure::DeletedMessage => "deleted_message",
        Failure::ChangeTooLong { .. } => "change_too_long",
        Failure::ChangeTooEarly => "change_too_early",
        Failure::SearchFailed(_) => "search_failed",
        Failure::LineCut { .. } => "line_cut",
        Failure::CommandCut { .. } => "command_cut",
        Failure::NotUtf8 => "not_utf8",
        Failure::OtherKey => "other_key",
        Failure::OtherVersion => "other_version",
        Failure::ClockAhead(_) => "clock_ahead",
        Failure::Network { .. } => "network",
        Failure::Interfaces(_) => "interfaces",
        Failure::PeopleForgotten(_) => "people_forgotten",
        Failure::NothingKept(_) => "nothing_kept",
        Failure::NotRecalled => "not_recalled",
        Failure::EmptyNotSent => "empty_not_sent",
        Failure::NameCut(_) => "name_cut",
        Failure::ConnectionLost { .. } => "connection_lost",
        Failure::Busy => "busy",
        Failure::Unsent => "unsent",
        Failure::HubLost => "hub_lost",
        Failure::NotKept { .. } => "not_kept",
        Failure::HubAway => "hub_away",
        Failure::NotAHub => "not_a_hub",
    }
}

/// The sentence for a person. `line` is the number of the line that asked, `room` the room's name
/// as it is shown.
#[must_use]
pub fn sentence(lang: Lang, failure: &Failure, line: Option<u64>, room: &str) -> String {
    match failure {
        Failure::UnknownCommand { given, meant } => text::unknown_command(lang, given, *meant),
        Failure::Usage(usage) => text::needs_more(lang, usage),
        Failure::NoCount(given) => text::no_count(lang, given),
        Failure::NotSay => text::not_say(lang),
        Failure::OtherRoom(given) => text::not_in_room(lang, given),
        Failure::AlreadyIn(room) => text::already_in_room(lang, room),
        Failure::TooManyRooms { limit } => text::too_many_rooms(lang, *limit),
        Failure::CannotEnter { room, why } => text::cannot_enter(lang, room, why),
        Failure::JoinWaits => text::join_waits(lang),
        Failure::CannotOffer { path, why } => text::cannot_offer(lang, path, why),
        Failure::PageNamesFiles => text::page_names_files(lang),
        Failure::NobodyToAsk => text::nobody_to_ask(lang),
        Failure::NobodyCalled(given) => text::nobody_is_called(lang, given),
        Failure::Yourself => text::it_is_you(lang),
        Failure::SeveralCalled { given, people } => several_called(lang, given, people),
        Failure::PeopleUnknown(given) => text::people_are_unknown(lang, given),
        Failure::NotCompared(who) => text::not_compared(lang, &typed(who)),
        Failure::NotVerified(who) => text::not_verified(lang, &addressed(who)),
        Failure::BadName { given, fault } => text::name_refused(lang, given, *fault),
        Failure::OddName { given, oddity } => text::name_is_odd(lang, given, *oddity),
        Failure::NoRenaming => text::no_renaming(lang),
        Failure::IgnoreSelf => text::ignore_self(lang),
        Failure::NotIgnored(given) => text::not_ignored(lang, given),
        Failure::TooManyIgnored { limit } => text::too_many_ignored(lang, *limit),
        Failure::NoSessionKey(person) => text::no_key_yet(lang, &addressed(person)),
        Failure::NoTime(given) => text::no_time(lang, given),
        Failure::NoWord(given) => text::no_word(lang, given),
        Failure::NoMessageId(given) => text::no_message_id(lang, given),
        Failure::NoMessage(given) => text::no_message(lang, given),
        Failure::TooOld(given) => text::too_old(lang, given),
        Failure::NothingSaid => text::nothing_said(lang),
        Failure::NotYourMessage(given) => text::not_your_message(lang, given),
        Failure::PrivateMessage => text::private_message(lang),
        Failure::GuestsMessage => text::guests_message(lang),
        Failure::NoGuests => text::no_guests(lang),
        Failure::NotYourGuest(given) => text::not_your_guest(lang, given),
        Failure::GuestWithoutKey(given) => text::guest_without_key(lang, given),
        Failure::DeletedMessage => text::deleted_message(lang),
        Failure::ChangeTooLong { limit_bytes } => text::change_too_long(lang, *limit_bytes),
        Failure::ChangeTooEarly => text::change_too_early(lang),
        Failure::SearchFailed(why) => text::search_failed(lang, why),
        Failure::LineCut { limit_bytes } => text::line_cut(lang, line, *limit_bytes),
        Failure::CommandCut { limit_bytes } => text::command_cut(lang, line, *limit_bytes),
        Failure::NotUtf8 => text::not_utf8(lang, line),
        Failure::OtherKey => text::other_key(lang, room),
        Failure::OtherVersion => text::other_version(lang),
        Failure::ClockAhead(ahead) => text::clock_ahead(lang, *ahead),
        Failure::Network { .. } => refused(lang, failure),
        Failure::Interfaces(fault) => text::cause(lang, &as_io(fault)),
        Failure::PeopleForgotten(why) => text::people_are_forgotten(lang, why),
        Failure::NothingKept(why) => text::nothing_is_kept(lang, why),
        Failure::NotRecalled => text::not_recalled(lang),
        Failure::EmptyNotSent => text::empty_not_sent(lang),
        Failure::NameCut(name) => text::name_cut(lang, name),
        Failure::ConnectionLost { who, fault } => connection_lost(lang, who, fault),
        Failure::Busy => text::busy(lang),
        Failure::Unsent => text::lines_unsent(lang),
        Failure::HubLost => text::hub_lost(lang),
        Failure::NotKept { lines } => text::not_kept(lang, *lines),
        Failure::HubAway => text::hub_is_away(lang),
        Failure::NotAHub => text::hub_broken(lang),
    }
}

/// The sentence for a refusal by the network.
fn refused(lang: Lang, failure: &Failure) -> String {
    match failure {
        Failure::Network {
            act,
            interface,
            group,
            fault,
        } => text::refusal(lang, group, &refusal_of(*act, interface.clone(), fault)),
        other => code(other).to_owned(),
    }
}

fn several_called(lang: Lang, given: &str, people: &[Person]) -> String {
    let people: Vec<String> = people.iter().map(typed).collect();
    text::several_are_called(lang, given, &people)
}

fn connection_lost(lang: Lang, who: &Person, fault: &ConnectionFault) -> String {
    text::lost(lang, &addressed(who), &cause_of(fault))
}

fn refusal_of(act: NetworkAct, interface: Option<String>, fault: &SystemFault) -> Refusal {
    Refusal {
        act: operation(act),
        interface,
        cause: as_io(fault),
    }
}

/// A refusal of the network, as data for [`crate::chat`].
#[must_use]
pub fn of_refusal(group: &str, refusal: &Refusal) -> Failure {
    Failure::Network {
        act: match refusal.act {
            GroupOperation::Open => NetworkAct::Open,
            GroupOperation::Bind => NetworkAct::Bind,
            GroupOperation::Join => NetworkAct::Join,
            GroupOperation::Send => NetworkAct::Send,
            GroupOperation::Receive => NetworkAct::Receive,
            GroupOperation::Files => NetworkAct::Files,
        },
        group: group.to_owned(),
        interface: refusal.interface.clone(),
        fault: (&refusal.cause).into(),
    }
}

fn operation(act: NetworkAct) -> GroupOperation {
    match act {
        NetworkAct::Open => GroupOperation::Open,
        NetworkAct::Bind => GroupOperation::Bind,
        NetworkAct::Join => GroupOperation::Join,
        NetworkAct::Send => GroupOperation::Send,
        NetworkAct::Receive => GroupOperation::Receive,
        NetworkAct::Files => GroupOperation::Files,
    }
}

/// The system's answer, as the standard library knows it.
fn as_io(fault: &SystemFault) -> std::io::Error {
    match fault.os_code {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => std::io::Error::other(fault.words.clone()),
    }
}

fn cause_of(fault: &ConnectionFault) -> std::io::Error {
    match fault {
        ConnectionFault::Closed => ErrorKind::ConnectionReset.into(),
        ConnectionFault::Silent => ErrorKind::TimedOut.into(),
        ConnectionFault::Other(fault) => as_io(fault),
    }
}

impl From<&std::io::Error> for ConnectionFault {
    fn from(error: &std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Self::Closed,
            ErrorKind::TimedOut => Self::Silent,
            _ => Self::Other(error.into()),
        }
    }
}

impl From<&std::io::Error> for SystemFault {
    fn from(error: &std::io::Error) -> Self {
        Self {
            os_code: error.raw_os_error(),
            words: error.to_string(),
        }
    }
}

/// `OtherKey` as `other_key`.
pub(super) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
