//! How much each person may cause to be sent of an offer. An honest taker needs it once, and a part
//! of it again for what is lost; whoever says for ever that everything is lacking gets no more.

use std::collections::BTreeMap;
use std::time::Duration;

use super::offer::{Offer, OfferId};
use crate::protocol::rate::TokenBucket;

/// How often a person may have the whole at once: two sessions, or one that began anew, and half of
/// it again for what is lost.
const TIMES: f64 = 3.0;

/// Symbols that anybody may have in addition: keys cost nothing.
const SYMBOLS_LEAST: f64 = 100.0;

/// After this time the whole may be had once more.
const AGAIN_AFTER: Duration = Duration::from_secs(600);

/// Most persons and offers that are remembered.
const CREDITS_MAX: usize = 2048;

/// About how many bytes of a content a symbol holds.
const SYMBOL_BYTES: f64 = 1088.0;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Credits {
    /// Symbols, by offer and person.
    of: BTreeMap<(OfferId, u64), TokenBucket>,
}

impl Credits {
    /// What a person may still cause to be sent of an offer; `None` if too many persons are
    /// remembered.
    pub(super) fn of(
        &mut self,
        now: Duration,
        offer: &Offer,
        short: u64,
    ) -> Option<&mut TokenBucket> {
        let symbols = (offer.size_bytes + u64::from(offer.index_bytes)) as f64 / SYMBOL_BYTES;
        let most = symbols * TIMES + SYMBOLS_LEAST;
        let who = (offer.id, short);
        if self.of.len() >= CREDITS_MAX && !self.of.contains_key(&who) {
            // Whoever has all of it again is as good as forgotten.
            self.of
                .retain(|_, bucket| bucket.refill(now) < SYMBOLS_LEAST);
        }
        if self.of.len() >= CREDITS_MAX && !self.of.contains_key(&who) {
            return None;
        }
        let rate = most / AGAIN_AFTER.as_secs_f64();
        let fresh = || TokenBucket::new(rate, most, now);
        Some(self.of.entry(who).or_insert_with(fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::transfer::OfferKind;
    use crate::chat::transfer::offer::{BLOCK_BYTES, ContentHasher};

    #[test]
    fn nobody_gets_a_content_for_ever() {
        let mut hasher = ContentHasher::default();
        (0..40).for_each(|_| hasher.block(&vec![0; BLOCK_BYTES as usize]));
        let content = hasher.finish("a".into(), OfferKind::File, &[]);
        let (offer, mut credits) = (Offer::new(&content).unwrap(), Credits::default());
        let mut given = 0;
        for second in 0..60 {
            let now = Duration::from_secs(second);
            let credit = credits.of(now, &offer, 7).unwrap();
            while credit.try_spend(256.0, now) {
                given += 1;
            }
        }
        assert!((40 * 3..40 * 5).contains(&given), "{given} blocks of 40");
        let other = credits.of(Duration::from_secs(60), &offer, 8).unwrap();
        assert!(other.try_spend(256.0, Duration::from_secs(60)));
    }
}
