//! What is sent ahead of reports: as much more as is likely to be lost on the way.

/// Loss beyond which no more is sent ahead.
const AHEAD_LOSS_MAX: f64 = 0.5;

/// How many standard deviations of what is lost are sent ahead: of a hundred units, seven need more
/// for one taker. More would cost all of them more than their repair does.
const AHEAD_CHANCE: f64 = 1.5;

/// What is to be sent of a unit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Need {
    pub(super) symbols: u16,
    /// Whether those are among them that will be lost.
    is_ahead: bool,
}

impl Need {
    /// So many symbols are to arrive.
    pub(super) fn of(symbols: u16) -> Self {
        Self {
            symbols,
            is_ahead: false,
        }
    }

    /// Takes a symbol as sent; returns whether it was the last one. The first one shows how much
    /// is lost now; there are at most so many symbols.
    pub(super) fn is_last(&mut self, loss: impl FnOnce() -> f64, most: u16) -> bool {
        if !std::mem::replace(&mut self.is_ahead, true) {
            self.symbols = with_lost(self.symbols, loss()).min(most);
        }
        self.symbols = self.symbols.saturating_sub(1);
        self.symbols == 0
    }
}

/// How many symbols are sent so that so many are likely to arrive.
fn with_lost(symbols: u16, loss: f64) -> u16 {
    let loss = loss.clamp(0.0, AHEAD_LOSS_MAX);
    let arrives = 1.0 - loss;
    let sent = f64::from(symbols) / arrives;
    let chance = (sent * loss * arrives).sqrt() / arrives;
    (sent + AHEAD_CHANCE * chance).round() as u16 // saturates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_likely_to_be_lost_is_sent_at_once() {
        for (symbols, loss, sent) in [
            (256, 0.0, 256),
            (256, 0.05, 275),
            (256, 0.2, 333),
            (1, 0.02, 1),
            (10, 0.9, 27),
            (u16::MAX, 1.0, u16::MAX),
        ] {
            assert_eq!(with_lost(symbols, loss), sent, "{symbols} at {loss}");
        }
    }
}
