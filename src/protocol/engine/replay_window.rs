//! Which of a session's frames that are never repeated were heard: a window that slides with the
//! newest, as in IPsec (RFC 4303, section 3.4.3). A frame that was received, or is older than the
//! window, is refused.

/// How far the window reaches back, in frames.
const WINDOW: u32 = 128;

/// The window of one session.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplayWindow {
    newest: u32,
    /// The lowest bit stands for the newest, the others for those before it.
    bits: u128,
}

impl ReplayWindow {
    /// Notes a frame; whether it was not heard before. They count from 1.
    pub fn take(&mut self, sequence: u32) -> bool {
        if let Some(ahead) = sequence.checked_sub(self.newest).filter(|a| *a > 0) {
            self.bits = self.bits.checked_shl(ahead).unwrap_or(0) | 1;
            self.newest = sequence;
            return true;
        }
        let behind = self.newest - sequence;
        if behind >= WINDOW || sequence == 0 {
            return false;
        }
        let bit = 1 << behind;
        let is_new = self.bits & bit == 0;
        self.bits |= bit;
        is_new
    }
}

impl ReplayWindow {
    /// The newest frame that was heard.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_is_new_once_in_any_order_and_the_old_never() {
        let mut seen = ReplayWindow::default();
        assert!(!seen.take(0));
        assert!(seen.take(1) && !seen.take(1));
        assert!(seen.take(5) && seen.take(3) && seen.take(2) && !seen.take(3));
        assert!(seen.take(200) && seen.take(73) && !seen.take(72));
        assert!(seen.take(u32::MAX) && !seen.take(200) && !seen.take(u32::MAX));
    }

    proptest! {
        #[test]
        fn nothing_is_new_twice(sequences in proptest::collection::vec(0..400_u32, 0..400)) {
            let (mut seen, mut heard) = (ReplayWindow::default(), BTreeSet::new());
            for sequence in sequences {
                let newest = heard.last().copied().unwrap_or(0);
                let is_new = seen.take(sequence);
                let is_in_window = sequence > 0 && sequence + WINDOW > newest;
                prop_assert_eq!(is_new, is_in_window && heard.insert(sequence));
            }
        }
    }
}
