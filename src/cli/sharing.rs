//! What a member does about files without being asked: its arguments, which the file of settings
//! has too.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::keeping;
use crate::chat::event::{Person, Timing};
use crate::chat::transfer::event::Offered;
use crate::chat::transfer::{Offer, OfferKind};
use crate::chat::trust::Standing;
use crate::error::{FilesUsage, Usage};
use crate::protocol::wire::frame::Key;
use crate::store::files::kind_of;

/// What stands for all kinds.
pub(super) const KINDS: &str = "all";

/// The longest thing that is taken without a question.
pub(super) const BYTES: &str = "100 MiB";

/// How much of one person is taken without a question while a program runs.
pub(super) const TOTAL: &str = "1 GiB";

/// Most people of whom something is taken so: keys cost nothing.
const PEOPLE_MAX: usize = 1024;

/// The kinds by their names.
const NAMED: [(&str, OfferKind); 4] = [
    ("file", OfferKind::File),
    ("folder", OfferKind::Folder),
    ("picture", OfferKind::Picture),
    ("text", OfferKind::Text),
];

/// From whom things are taken without a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AcceptFrom {
    /// Nobody
    #[default]
    None,
    /// People whose code you compared
    Verified,
    /// Everybody in the room
    All,
}

/// The arguments about files.
#[derive(Debug, Args)]
pub(super) struct SharingArgs {
    /// Give to others what you took, and what you gave before a restart
    #[arg(
        long,
        default_value = "true",
        value_name = "true|false",
        hide_possible_values = true,
        hide_short_help = true,
        action = clap::ArgAction::Set
    )]
    files_share: bool,

    /// From whom things are taken without a question
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "none|verified|all",
        hide_possible_values = true,
        hide_short_help = true
    )]
    files_accept: AcceptFrom,

    /// Of which kinds: file, folder, picture, text
    #[arg(
        long,
        default_value = KINDS,
        value_name = "KINDS",
        hide_short_help = true,
        allow_hyphen_values = true
    )]
    files_accept_kinds: String,

    /// How long each may be
    #[arg(
        long,
        default_value = BYTES,
        value_name = "BYTES",
        hide_short_help = true,
        allow_hyphen_values = true
    )]
    files_accept_bytes: String,

    /// How much of one person may come so, while the program runs
    #[arg(
        long,
        default_value = TOTAL,
        value_name = "BYTES",
        hide_short_help = true,
        allow_hyphen_values = true
    )]
    files_accept_total: String,
}

/// What a member does about files without being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingSettings {
    /// Whether what it took is given to others, and what it gave before a restart.
    pub shares: bool,
    /// What it takes.
    pub consent: Consent,
}

/// What is taken without a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// From whom.
    pub from: AcceptFrom,
    /// Of which kinds.
    pub kinds: Vec<OfferKind>,
    /// How long each may be.
    pub most_bytes: u64,
    /// How long all of one person may be together, while the program runs.
    pub total_bytes: u64,
}

/// What was taken without a question since the program began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    bytes_of_each: BTreeMap<Key, u64>,
}

impl Accepted {
    /// Takes an offer that a consent covers, if its person is within their total.
    #[must_use]
    pub fn take(&mut self, consent: &Consent, offered: &Offered) -> bool {
        let Some(key) = offered.who.key.filter(|_| consent.covers(offered)) else {
            return false;
        };
        let is_known = self.bytes_of_each.contains_key(&key);
        if !is_known && self.bytes_of_each.len() >= PEOPLE_MAX {
            return false;
        }
        let before = self.bytes_of_each.get(&key).copied().unwrap_or(0);
        let after = before.saturating_add(length(&offered.offer));
        let fits = after <= consent.total_bytes;
        if fits {
            self.bytes_of_each.insert(key, after);
        }
        fits
    }
}

/// What an offer takes on the disk and on the network, in bytes.
fn length(offer: &Offer) -> u64 {
    offer.size_bytes.saturating_add(offer.index_bytes.into())
}

impl Consent {
    /// Whether an offer is taken when it is made. What was offered earlier is not: it would come
    /// again after each start, whatever became of it.
    #[must_use]
    pub fn covers(&self, offered: &Offered) -> bool {
        let offer = &offered.offer;
        let is_now = !offered.is_here && offered.timing != Timing::History;
        let is_fit = self.kinds.contains(&offer.kind) && length(offer) <= self.most_bytes;
        is_now && is_fit && is_what_it_says(offer) && self.trusts(&offered.who)
    }

    fn trusts(&self, who: &Person) -> bool {
        match self.from {
            AcceptFrom::None => false,
            AcceptFrom::Verified => who.standing == Standing::Verified,
            AcceptFrom::All => true,
        }
    }
}

/// Whether what is offered as a picture or a text has the name of one: a program does not.
fn is_what_it_says(offer: &Offer) -> bool {
    match offer.kind {
        OfferKind::Picture | OfferKind::Text => kind_of(&offer.name) == offer.kind,
        OfferKind::File | OfferKind::Folder => true,
    }
}

impl TryFrom<SharingArgs> for SharingSettings {
    type Error = Usage;

    fn try_from(args: SharingArgs) -> Result<Self, Usage> {
        Ok(Self {
            shares: args.files_share,
            consent: Consent {
                from: args.files_accept,
                kinds: kinds(args.files_accept_kinds)?,
                most_bytes: keeping::bytes(args.files_accept_bytes, "--files-accept-bytes")?,
                total_bytes: keeping::bytes(args.files_accept_total, "--files-accept-total")?,
            },
        })
    }
}

/// Parses names of kinds.
pub(super) fn kinds(typed: String) -> Result<Vec<OfferKind>, Usage> {
    let mut kinds = Vec::new();
    for name in typed.split([',', ' ']).filter(|name| !name.is_empty()) {
        match NAMED.into_iter().find(|(known, _)| *known == name) {
            Some((_, kind)) => kinds.push(kind),
            None if name == KINDS => kinds.extend(NAMED.map(|(_, kind)| kind)),
            None => return Err(Usage::Files(FilesUsage::Kinds { typed })),
        }
    }
    match kinds.is_empty() {
        true => Err(Usage::Files(FilesUsage::Kinds { typed })),
        false => Ok(kinds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::transfer::offer::ContentHasher;

    fn offered(kind: OfferKind, standing: Standing, timing: Timing) -> Offered {
        let mut hasher = ContentHasher::default();
        hasher.block(&[1; 1000]);
        let name = match kind {
            OfferKind::Picture => "a.png",
            _ => "a.exe",
        };
        let content = hasher.finish(name.into(), kind, &[]);
        Offered {
            number: 1,
            offer: Offer::new(&content).unwrap().into(),
            who: Person {
                standing,
                ..Person::unproven("ana")
            },
            wall_ms: 0,
            is_own: false,
            is_here: false,
            timing,
        }
    }

    fn consent(from: AcceptFrom, typed: &str, most_bytes: u64) -> Consent {
        Consent {
            from,
            kinds: kinds(typed.into()).unwrap(),
            most_bytes,
            total_bytes: 4 * most_bytes,
        }
    }

    #[test]
    fn each_person_has_a_total() {
        let mut offered = offered(OfferKind::Picture, Standing::First, Timing::Live);
        let all = consent(AcceptFrom::All, KINDS, length(&offered.offer));
        let mut accepted = Accepted::default();
        assert!(
            !accepted.take(&all, &offered),
            "nobody is known to offer it"
        );
        for person in 1..=2 {
            offered.who.key = Some(Key([person; 32]));
            let taken = (0..10).filter(|_| accepted.take(&all, &offered));
            assert_eq!(taken.count(), 4);
        }
        for key in 0..2000_u16 {
            let mut own = [9; 32];
            own[..2].copy_from_slice(&key.to_be_bytes());
            offered.who.key = Some(Key(own));
            let _ = accepted.take(&all, &offered);
        }
        assert_eq!(accepted.bytes_of_each.len(), PEOPLE_MAX);
        assert!(!accepted.take(&Consent::default(), &offered));
    }

    #[test]
    fn consent_is_for_these_people_kinds_and_lengths_alone() {
        let picture = offered(OfferKind::Picture, Standing::Verified, Timing::Live);
        let fits = 1000 + u64::from(picture.offer.index_bytes);
        let verified = consent(AcceptFrom::Verified, "picture, text", fits);
        assert!(verified.covers(&picture));
        for other in [
            offered(OfferKind::File, Standing::Verified, Timing::Live),
            offered(OfferKind::Text, Standing::Verified, Timing::Live),
            offered(OfferKind::Picture, Standing::First, Timing::Live),
            offered(OfferKind::Picture, Standing::Verified, Timing::History),
            Offered {
                is_here: true,
                ..picture.clone()
            },
        ] {
            assert!(!verified.covers(&other), "{other:?}");
        }
        assert!(!consent(AcceptFrom::Verified, "all", fits - 1).covers(&picture));
        assert!(!consent(AcceptFrom::None, "all", fits).covers(&picture));
        let stranger = offered(OfferKind::File, Standing::Namesake, Timing::Late);
        assert!(consent(AcceptFrom::All, "all", fits).covers(&stranger));
    }

    #[test]
    fn kinds_are_read_by_their_names() {
        assert_eq!(kinds("text".into()).unwrap(), [OfferKind::Text]);
        assert_eq!(kinds("all".into()).unwrap().len(), 4);
        for wrong in ["", " ,", "texts", "picture,x"] {
            assert!(kinds(wrong.into()).is_err(), "{wrong}");
        }
    }
}
