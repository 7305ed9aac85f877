//! One event as it is written: its fields in their order, and the people and interfaces in it.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;
use serde_json::value::RawValue;

use super::call::{RolesObject, StreamObject};
use super::files::FileObject;
use crate::chat::event::{GuestName, Ignored, Interface, MemberState, Person, Place};
use crate::chat::media::Role;
use crate::chat::rooms::RoomState;
use crate::chat::trust::Standing;
use crate::protocol::fingerprint::fingerprint;

/// One event. Fields that say nothing are left out.
#[derive(Serialize, Default)]
pub(super) struct Object<'e> {
    pub(super) event: &'e str,
    pub(super) time: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) short: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) words: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) qr: Option<Vec<String>>,
    #[serde(rename = "match", skip_serializing_if = "is_false")]
    pub(super) is_match: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) marks: Option<&'e [(usize, usize)]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<Option<&'e str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) verified: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) namesake: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guest: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guest_of: Option<Someone<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Option<&'e str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<&'e RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<SocketAddr>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) action: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) own: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) private: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) late: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) history: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) edited: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) deleted: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) farewell: Option<bool>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) here_before: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frames: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) has: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waiting: Option<Vec<Someone<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept_for: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unsent: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) members: Option<Vec<Someone<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rooms: Option<Vec<OpenRoom<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sites: Option<Vec<SiteObject<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keyed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interfaces: Option<Vec<NetworkInterface<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hears_itself: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) clock_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<IpAddr>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) kept: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) framed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) held_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dropped: Option<Vec<Dropped>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) repeats: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ahead: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) misdirected: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unknown: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link_by_tls: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fingerprint: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guests: Option<Vec<OwnGuest<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<Box<FileObject<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) files: Option<Vec<FileObject<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) media: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<Vec<StreamObject<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) streams: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hands: Option<Vec<Someone<'e>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lost_percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<Someone<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roles: Option<Box<RolesObject<'e>>>,
}

/// A guest of this member's in a list.
#[derive(Serialize)]
pub(super) struct OwnGuest<'e> {
    pub(super) user: &'e str,
    pub(super) guest: u32,
    pub(super) address: IpAddr,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) silent: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) muted: bool,
}

/// Whose guest somebody is.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Host<'e> {
    /// A member, by name.
    Named(&'e str),
    /// The member.
    Member(Box<Someone<'e>>),
}

/// Somebody in a list.
#[derive(Serialize)]
pub(super) struct Someone<'e> {
    pub(super) user: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) verified: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) namesake: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) own: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) silent: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) ignored: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) keeper: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) bridge: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) beyond: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) site: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guest: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guest_of: Option<Host<'e>>,
}

/// A room in a list.
#[derive(Serialize)]
pub(super) struct OpenRoom<'e> {
    name: &'e str,
    number: u16,
    keyed: bool,
    of: usize,
}

impl<'e> OpenRoom<'e> {
    pub(super) fn of(room: &'e RoomState) -> Self {
        Self {
            name: &room.name,
            number: room.number.0,
            keyed: room.is_keyed,
            of: room.members,
        }
    }
}

/// Another network in a list.
#[derive(Serialize)]
pub(super) struct SiteObject<'e> {
    pub(super) name: &'e str,
    pub(super) of: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) clock_ms: Option<i64>,
    pub(super) bridge: Someone<'e>,
}

/// An interface in use.
#[derive(Serialize)]
pub(super) struct NetworkInterface<'e> {
    pub(super) name: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<IpAddr>,
}

impl<'e> NetworkInterface<'e> {
    pub(super) fn of(interface: &'e Interface) -> Self {
        Self {
            name: &interface.name,
            address: interface.address,
        }
    }
}

/// Dropped frames of one kind.
#[derive(Serialize)]
pub(super) struct Dropped {
    pub(super) why: String,
    pub(super) frames: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl<'e> Someone<'e> {
    pub(super) fn of(person: &'e Person) -> Self {
        Self {
            key: person.key.as_ref().map(fingerprint),
            verified: person.is_verified(),
            namesake: person.standing == Standing::Namesake,
            ..Self::unproven(&person.name)
        }
    }

    pub(super) fn ignored(who: &'e Ignored) -> Self {
        match who {
            Ignored::Person(person) => Self::of(person),
            Ignored::Guest { name, address } => Self {
                address: Some(*address),
                ..Self::unproven(name)
            },
            Ignored::GuestOf { name, host } => Self {
                guest_of: Some(Host::Named(&host.name)),
                ..Self::unproven(name)
            },
        }
    }

    pub(super) fn unproven(user: &'e str) -> Self {
        Self {
            user,
            key: None,
            verified: false,
            namesake: false,
            own: false,
            silent: false,
            ignored: false,
            keeper: false,
            bridge: false,
            beyond: false,
            site: None,
            role: None,
            address: None,
            guest: None,
            guest_of: None,
        }
    }

    /// Somebody who is heard: a person, or a guest for whom that person vouches.
    pub(super) fn heard(person: &'e Person, guest: Option<&'e GuestName>) -> Self {
        match guest {
            None => Self::of(person),
            Some(guest) => Self {
                guest: Some(guest.number),
                guest_of: Some(Host::Member(Box::new(Self::of(person)))),
                ..Self::unproven(guest.name.as_str())
            },
        }
    }

    pub(super) fn here(member: &'e MemberState) -> Self {
        Self {
            own: member.is_own,
            silent: member.is_silent,
            ignored: member.is_ignored,
            keeper: member.is_keeper,
            bridge: member.is_bridge,
            beyond: member.place.is_beyond(),
            site: match &member.place {
                Place::Site(site) => Some(site),
                Place::Here | Place::Beyond => None,
            },
            role: match member.role {
                Role::Member => None,
                role => Some(super::call::role(role)),
            },
            ..Self::of(&member.person)
        }
    }
}
