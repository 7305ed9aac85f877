//! The file that an honest member gives in a room under attack, and who takes it.

use std::sync::Arc;

use super::check::{Finding, Kind};
use super::trial::Trial;
use crate::chat::transfer::offer::ContentHasher;
use crate::chat::transfer::{BLOCK_BYTES, Offer, OfferKind};
use crate::protocol::rng::Rng;
use crate::protocol::wire::frame::offer::OfferRecord;
use crate::sim::World;

/// Its length, in bytes: some symbols.
const FILE_BYTES: usize = 20_000;

/// The member that gives it, which stays.
const GIVER: usize = 0;

/// One that takes it, if it stays; the newcomer does as well.
const TAKER: usize = 2;

/// See the file's head.
#[derive(Debug)]
pub(super) struct GivenFile {
    offer: Arc<Offer>,
    bytes: Vec<u8>,
}

impl GivenFile {
    /// The giver offers it.
    pub(super) fn give(world: &mut World, seed: u64) -> Option<Self> {
        const { assert!(FILE_BYTES <= BLOCK_BYTES as usize) };
        let mut rng = Rng::new(seed);
        let bytes: Vec<u8> = (0..FILE_BYTES).map(|_| rng.bits() as u8).collect();
        let mut hasher = ContentHasher::default();
        hasher.block(&bytes);
        let content = hasher.finish("mapa.png".to_owned(), OfferKind::File, &[]);
        let offer = Arc::new(Offer::new(&content)?);
        world.give_content(GIVER, content, &bytes)?;
        Some(Self { offer, bytes })
    }

    /// The record of the offer.
    pub(super) fn record(&self) -> OfferRecord<&str> {
        self.offer.record()
    }

    /// Who takes it.
    fn takers(trial: &Trial) -> impl Iterator<Item = usize> {
        let takers = [TAKER, trial.newcomer()].into_iter();
        let trial = *trial;
        takers.filter(move |taker| !trial.is_interrupted(*taker))
    }

    /// The one that was there before asks for it.
    pub(super) fn take_first(&self, world: &mut World, trial: &Trial) {
        if let Some(taker) = Self::takers(trial).find(|taker| *taker == TAKER) {
            world.take(taker, self.offer.id);
        }
    }

    /// Whoever lacks it asks for it, once more.
    pub(super) fn take_again(&self, world: &mut World, trial: &Trial) {
        for taker in Self::takers(trial) {
            if world.file(taker, self.offer.id).is_none() {
                world.take(taker, self.offer.id);
            }
        }
    }

    /// Whoever asked for it has it, and as it was given.
    pub(super) fn check(&self, world: &World, trial: &Trial) -> Vec<Finding> {
        let mut findings = Vec::new();
        for taker in Self::takers(trial) {
            let held = world.file(taker, self.offer.id);
            if held.as_deref() != Some(&self.bytes) {
                let text = format!("{taker} lacks the file of {GIVER}, or has another one");
                findings.push(Finding::new(Kind::File, text));
            }
        }
        findings
    }
}
