//! How the units of an offer to one person cross the network: everybody in the room can receive
//! them, and only who has the offer's key can read them.
//!
//! ```text
//! pad = BLAKE3(the offer's key, "unit" ‖ number of the unit), as many bytes as the unit has
//! ```
//!
//! A key is made for one offer, whose index says what each unit is, and whoever gives one sends
//! only what has its hash. So a pad covers the same bytes whenever it is used. Hashes of what is
//! inside show whether it is true, as of any other offer.

use super::offer::Offer;

/// Seals a unit, or opens one, which is the same; of an offer to everybody it stays as it is.
pub(super) fn seal(offer: &Offer, unit: u32, bytes: &mut [u8]) {
    let Some(key) = &offer.key else {
        return;
    };
    let mut hasher = blake3::Hasher::new_keyed(&key.0);
    hasher.update(b"unit").update(&unit.to_be_bytes());
    let mut pad = vec![0; bytes.len()];
    hasher.finalize_xof().fill(&mut pad);
    for (byte, pad) in bytes.iter_mut().zip(pad) {
        *byte ^= pad;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::transfer::OfferKind;
    use crate::chat::transfer::offer::{ContentHasher, OfferKey};

    #[test]
    fn a_unit_is_opened_by_its_key_and_number_alone() {
        let mut hasher = ContentHasher::default();
        hasher.block(b"so para voce");
        let content = hasher.finish("a".into(), OfferKind::File, &[]);
        let public = Offer::new(&content).unwrap();
        let sealed_under = |key| public.clone().to_one(OfferKey([key; 32]));
        let (offer, other) = (sealed_under(1), sealed_under(2));
        assert_ne!(offer.id, public.id);
        assert_ne!(offer.id, other.id);
        let mut bytes = b"so para voce".to_vec();
        seal(&public, 0, &mut bytes);
        assert_eq!(bytes, b"so para voce");
        seal(&offer, 0, &mut bytes);
        for (wrong, unit) in [(&offer, 1), (&other, 0), (&public, 0)] {
            let mut opened = bytes.clone();
            seal(wrong, unit, &mut opened);
            assert_ne!(opened, b"so para voce");
        }
        seal(&offer, 0, &mut bytes);
        assert_eq!(bytes, b"so para voce");
        assert_eq!(format!("{:?}", offer.key), "Some(OfferKey)");
    }
}
