//! What is offered, as faces need it to show a picture or to hand a file over: which offers are
//! here whole, and what reads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::event::{FilesEvent, Stage};
use crate::chat::transfer::{Offer, OfferId, WhichOffer};
use crate::store::files::Looker;

/// Most offers that a face knows, of all rooms: what two rooms look after.
const KNOWN_MAX: usize = 1024;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Offers {
    known: BTreeMap<(RoomNumber, OfferId), Known>,
    looker: Looker,
}

/// An offer that is known.
#[derive(Debug)]
struct Known {
    number: u32,
    offer: Arc<Offer>,
    is_here: bool,
    /// When it was made, by its author's clock, in milliseconds since 1970.
    wall_ms: Option<u64>,
}

/// A content that is here whole, and what reads it.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) room: RoomNumber,
    pub(super) offer: Arc<Offer>,
    pub(super) looker: Looker,
}

/// Why a content is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// There is no such offer.
    Unknown,
    /// The offer with this number was not taken.
    NotTaken(u32),
}

impl Held {
    /// Reads one of its blocks; see [`Looker::read`].
    pub(super) fn read(&self, block: u32, take: impl FnOnce(Option<Vec<u8>>) + Send + 'static) {
        self.looker.read(self.room, self.offer.id, block, take);
    }
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            known: BTreeMap::new(),
            looker: Looker::of_nothing(),
        }
    }
}

impl Offers {
    /// Reads with this from now on.
    pub(super) fn set_looker(&mut self, looker: Looker) {
        self.looker = looker;
    }

    /// Takes in what happens to files.
    pub(super) fn follow(&mut self, room: RoomNumber, happened: &FilesEvent) {
        if let FilesEvent::Offered(offered) = happened {
            let (number, offer) = (offered.number, &offered.offer);
            self.know(room, number, offer, offered.is_here);
            if let Some(known) = self.known.get_mut(&(room, offer.id)) {
                known.wall_ms.get_or_insert(offered.wall_ms);
            }
        }
        for state in happened.states() {
            let is_here = state.stage == Stage::Have;
            self.know(room, state.number, &state.offer, is_here);
        }
    }

    fn know(&mut self, room: RoomNumber, number: u32, offer: &Arc<Offer>, is_here: bool) {
        let key = (room, offer.id);
        if self.known.len() >= KNOWN_MAX && !self.known.contains_key(&key) {
            let mut known = self.known.iter();
            let passing = known.find(|(_, known)| !known.is_here);
            let Some(passing) = passing.map(|(key, _)| *key) else {
                return;
            };
            self.known.remove(&passing);
        }
        let known = self.known.entry(key).or_insert_with(|| Known {
            number,
            offer: Arc::clone(offer),
            is_here,
            wall_ms: None,
        });
        known.number = number;
        known.is_here = is_here;
    }

    /// A room was left.
    pub(super) fn forget(&mut self, left: RoomNumber) {
        self.known.retain(|(room, _), _| *room != left);
    }

    /// The content with this id, if it is here in some room.
    #[cfg(feature = "web")]
    pub(super) fn by_id(&self, id: OfferId) -> Option<Held> {
        let is_it = |known: &&Known| known.offer.id == id && known.is_here;
        let mut known = self.known.iter();
        let found = known.find(|(_, known)| is_it(known));
        found.map(|((room, _), known)| self.held(*room, known))
    }

    /// The content that is meant in a room, if it is here; the number of one that is not.
    ///
    /// # Errors
    /// Why it cannot be shown.
    pub(super) fn meant(&self, room: RoomNumber, which: WhichOffer) -> Result<Held, Absent> {
        let of_room = self.known.iter().filter(|((of, _), _)| *of == room);
        let mut of_room = of_room.map(|(_, known)| known);
        let found = match which {
            WhichOffer::Number(number) => of_room.find(|known| known.number == number),
            WhichOffer::Id(id) => of_room.find(|known| known.offer.id == id),
            WhichOffer::Newest | WhichOffer::All => {
                let here = of_room.filter(|known| known.is_here);
                here.max_by_key(|known| known.number)
            }
        };
        let known = found.ok_or(Absent::Unknown)?;
        match known.is_here {
            true => Ok(self.held(room, known)),
            false => Err(Absent::NotTaken(known.number)),
        }
    }

    /// When an offer was made, if this face was told of it then: in milliseconds since 1970.
    #[cfg(feature = "web")]
    pub(super) fn offered_at(&self, id: OfferId) -> Option<u64> {
        let mut known = self.known.values();
        known.find(|known| known.offer.id == id)?.wall_ms
    }

    fn held(&self, room: RoomNumber, known: &Known) -> Held {
        Held {
            room,
            offer: Arc::clone(&known.offer),
            looker: self.looker.clone(),
        }
    }
}

#[cfg(all(test, feature = "web"))]
mod tests {
    use super::*;
    use crate::chat::event::Person;
    use crate::chat::transfer::OfferKind;
    use crate::chat::transfer::event::OfferState;
    use crate::chat::transfer::offer::ContentHasher;

    fn state(number: u32, stage: Stage) -> OfferState {
        let mut hasher = ContentHasher::default();
        hasher.block(&number.to_be_bytes());
        let content = hasher.finish("mapa.png".into(), OfferKind::Picture, &[]);
        OfferState {
            number,
            offer: Arc::new(Offer::new(&content).unwrap()),
            who: Person::unproven("ana"),
            is_own: false,
            stage,
            is_shared: false,
            bytes_per_s: 0,
            left: None,
            takers: Vec::new(),
        }
    }

    #[test]
    fn what_is_here_is_found_and_offers_without_number_make_room_for_it() {
        let mut offers = Offers::default();
        let room = RoomNumber::FIRST;
        let here = state(0, Stage::Have);
        let id = here.offer.id;
        offers.follow(room, &FilesEvent::Progress(here));
        for number in 1..3 * KNOWN_MAX as u32 {
            offers.follow(room, &FilesEvent::Progress(state(number, Stage::Offered)));
        }
        assert_eq!(offers.known.len(), KNOWN_MAX);
        assert!(offers.by_id(id).is_some());
        let other = state(3 * KNOWN_MAX as u32 - 1, Stage::Offered);
        assert!(offers.by_id(other.offer.id).is_none(), "it is not here");
        let meant = |which| offers.meant(room, which).map(|held| held.offer.id);
        assert_eq!(meant(WhichOffer::Newest), Ok(id));
        assert_eq!(meant(WhichOffer::Number(0)), Ok(id));
        let last = other.number;
        assert_eq!(meant(WhichOffer::Number(last)), Err(Absent::NotTaken(last)));
        assert_eq!(meant(WhichOffer::Number(last + 1)), Err(Absent::Unknown));
        offers.follow(room, &FilesEvent::Unshared(state(0, Stage::Offered)));
        assert!(offers.by_id(id).is_none());
        offers.forget(room);
        assert!(offers.known.is_empty());
    }
}
