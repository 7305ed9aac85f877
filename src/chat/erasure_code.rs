//! The Reed-Solomon code over the symbols of one text, of a file or of a picture: any symbols that
//! are as many as the originals make the originals again.

use std::collections::BTreeMap;

use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

/// The code of one text. All who send symbols of a text must agree on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ErasureCode {
    /// How many symbols the text is cut into.
    pub(super) originals: u16,
    /// How many symbols there are that mend.
    pub(super) recoveries: u16,
    /// Length of each, in bytes.
    pub(super) symbol_bytes: usize,
}

impl ErasureCode {
    /// All symbols that mend these originals, one behind the other; `None` if the originals are
    /// others than the code is for.
    pub(super) fn mending<S: AsRef<[u8]>>(
        &self,
        originals: impl Iterator<Item = S>,
    ) -> Option<Vec<u8>> {
        let (count, recoveries) = (self.originals.into(), self.recoveries.into());
        let mut encoder = ReedSolomonEncoder::new(count, recoveries, self.symbol_bytes).ok()?;
        for symbol in originals {
            encoder.add_original_shard(symbol).ok()?;
        }
        let result = encoder.encode().ok()?;
        let mut mending = Vec::with_capacity(recoveries * self.symbol_bytes);
        for symbol in result.recovery_iter() {
            mending.extend_from_slice(symbol);
        }
        Some(mending)
    }

    /// The originals, one behind the other, of at least as many symbols, without one of them.
    /// Computes nothing where all originals are there.
    pub(super) fn join(
        &self,
        pieces: &BTreeMap<u16, Box<[u8]>>,
        without: Option<u16>,
    ) -> Option<Vec<u8>> {
        let usable = || {
            let usable = pieces.iter().filter(|(piece, _)| Some(**piece) != without);
            usable.take(self.originals.into())
        };
        if usable().count() < self.originals.into() {
            return None;
        }
        let has_all = usable().all(|(piece, _)| *piece < self.originals);
        let restored = match has_all {
            true => BTreeMap::new(),
            false => self.restore(usable())?,
        };
        let mut text = Vec::with_capacity(usize::from(self.originals) * self.symbol_bytes);
        for piece in 0..self.originals {
            let heard = pieces.get(&piece).filter(|_| Some(piece) != without);
            let restored = || restored.get(&piece).map(AsRef::as_ref);
            let symbol = heard.map(AsRef::as_ref).or_else(restored)?;
            text.extend_from_slice(symbol);
        }
        Some(text)
    }

    /// The originals that are not among these symbols.
    fn restore<'p>(
        &self,
        pieces: impl Iterator<Item = (&'p u16, &'p Box<[u8]>)>,
    ) -> Option<BTreeMap<u16, Vec<u8>>> {
        let (count, recoveries) = (self.originals.into(), self.recoveries.into());
        let mut decoder = ReedSolomonDecoder::new(count, recoveries, self.symbol_bytes).ok()?;
        for (piece, symbol) in pieces {
            match piece.checked_sub(self.originals) {
                None => decoder.add_original_shard(usize::from(*piece), symbol),
                Some(recovery) => decoder.add_recovery_shard(usize::from(recovery), symbol),
            }
            .ok()?;
        }
        let result = decoder.decode().ok()?;
        let restored = result.restored_original_iter();
        let restored = restored.map(|(piece, symbol)| (piece as u16, symbol.to_vec()));
        Some(restored.collect())
    }
}
