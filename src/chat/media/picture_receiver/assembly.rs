//! The symbols of one picture. Who has the room's key can put false ones among them: those of
//! another shape make an assembly of their own, and one of the same shape is left out by trying.

use std::collections::BTreeMap;

use super::super::code::Shape;
use super::Whole;

/// Most shapes that are tried: the true one, and those of somebody who lies. One more takes the
/// place of the one with the fewest bytes: whoever pushes the true one out pays as much as it cost.
const SHAPES_MAX: usize = 8;

/// Most attempts to put a picture of one shape together: each costs a check of a signature.
const ATTEMPTS_MAX: u8 = 24;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    candidates: Vec<Candidate>,
}

#[derive(Debug)]
struct Candidate {
    shape: Shape,
    pieces: BTreeMap<u16, Box<[u8]>>,
    /// Whether as many as are enough made no genuine picture.
    has_failed: bool,
    attempts: u8,
}

/// What a symbol made of a picture.
pub(super) enum Outcome {
    Lacking,
    Whole(Whole),
}

impl Assembly {
    pub(super) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.candidates.iter().map(Candidate::held_bytes).sum()
    }

    /// Adds a symbol; `whole` makes a picture of bytes if it is genuine.
    pub(super) fn add(
        &mut self,
        shape: Shape,
        piece: u16,
        bytes: Box<[u8]>,
        mut whole: impl FnMut(&[u8]) -> Option<Whole>,
    ) -> Outcome {
        if piece >= shape.symbols() {
            return Outcome::Lacking;
        }
        let place = self.place_of(shape);
        let Some(candidate) = self.candidates.get_mut(place) else {
            return Outcome::Lacking;
        };
        if candidate.pieces.contains_key(&piece) {
            return Outcome::Lacking;
        }
        candidate.pieces.insert(piece, bytes);
        if candidate.pieces.len() < shape.originals.into() {
            return Outcome::Lacking;
        }
        match candidate.make(&mut whole) {
            Some(whole) => Outcome::Whole(whole),
            None => Outcome::Lacking,
        }
    }

    /// Where the symbols of a shape are gathered.
    fn place_of(&mut self, shape: Shape) -> usize {
        if let Some(place) = self.candidates.iter().position(|it| it.shape == shape) {
            return place;
        }
        let fresh = Candidate {
            shape,
            pieces: BTreeMap::new(),
            has_failed: false,
            attempts: 0,
        };
        if self.candidates.len() < SHAPES_MAX {
            self.candidates.push(fresh);
            return self.candidates.len() - 1;
        }
        let places = self.candidates.iter_mut().enumerate();
        match places.min_by_key(|(_, it)| it.held_bytes()) {
            Some((place, fewest)) => {
                *fewest = fresh;
                place
            }
            None => 0,
        }
    }

    /// How many symbols are lacking; `None` if none was heard.
    pub(super) fn lacks(&self) -> Option<u16> {
        let lacks = self.candidates.iter().map(Candidate::lacks);
        lacks.min()
    }

    /// One more than the highest symbol that was heard of what lacks least.
    pub(super) fn above(&self) -> u16 {
        let best = self.candidates.iter().min_by_key(|it| it.lacks());
        let highest = best.and_then(|it| it.pieces.last_key_value());
        highest.map_or(0, |(piece, _)| piece.saturating_add(1))
    }
}

impl Candidate {
    fn held_bytes(&self) -> usize {
        self.pieces.len() * self.shape.symbol_bytes
    }

    fn lacks(&self) -> u16 {
        let here = self.pieces.len() as u16; // each piece is below `symbols`
        match self.shape.originals.saturating_sub(here) {
            0 if self.has_failed => 1,
            lacks => lacks.max(1),
        }
    }

    /// Puts the picture together; where that makes none, without one symbol after the other.
    fn make(&mut self, whole: &mut impl FnMut(&[u8]) -> Option<Whole>) -> Option<Whole> {
        let has_more = self.pieces.len() > self.shape.originals.into();
        let without = self.pieces.keys().rev().map(|piece| Some(*piece));
        // Each that is left out while there are more makes a picture of others.
        let choices = without.filter(|_| has_more && self.has_failed);
        let choices: Vec<Option<u16>> = match has_more && self.has_failed {
            true => choices.collect(),
            false => vec![None],
        };
        for without in choices {
            if self.attempts >= ATTEMPTS_MAX {
                // Too many are false: those that come from now on may be true.
                self.pieces.clear();
                self.attempts = 0;
                return None;
            }
            self.attempts += 1;
            let picture = self.shape.decode(&self.pieces, without);
            if let Some(whole) = picture.and_then(|picture| whole(&picture)) {
                return Some(whole);
            }
        }
        self.has_failed = true;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::media::Codec;

    /// Adds a symbol of a picture that is genuine if it holds nothing but sevens.
    fn add(assembly: &mut Assembly, shape: Shape, piece: u16, byte: u8) -> bool {
        let whole = |bytes: &[u8]| {
            bytes.iter().all(|byte| *byte == 7).then(|| Whole {
                is_key: true,
                codec: Codec::Vp8,
                time: 0,
                frame: bytes.to_vec(),
            })
        };
        let bytes = vec![byte; shape.symbol_bytes].into();
        matches!(assembly.add(shape, piece, bytes, whole), Outcome::Whole(_))
    }

    #[test]
    fn false_shapes_push_out_each_other_and_not_the_true_one() {
        let truth = Shape::heard(4, 1000).unwrap();
        let mut assembly = Assembly::default();
        let mut others = (1..400).filter_map(|half| Shape::heard(1, 2 * half));
        // A flood of small ones, before each symbol and between them: none is enough to make the
        // attempts of the true one fewer.
        for piece in 0..4 {
            for false_one in others.by_ref().take(60) {
                assert!(!add(&mut assembly, false_one, 0, 9));
            }
            let is_whole = add(&mut assembly, truth, piece, 7);
            assert_eq!(is_whole, piece == 3, "{piece}");
        }
    }
}
