//! The times of the streams that are shown in one place of a page, one after the other: RTP knows
//! one clock for the place, which never goes back. Counted in ticks of the codec's clock. Pure.

/// How far a stream's clock may be from ours, in seconds: beyond that its times begin anew.
const JUMP_MAX: u64 = 5;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct PlaceClock {
    stream: Option<u64>,
    /// What the stream said last, and what that is in this place.
    rtp: u32,
    time: u64,
    /// The newest time in this place.
    newest: u64,
}

impl PlaceClock {
    /// Whether the next frame of a stream begins something new here.
    pub(super) fn is_new(&self, stream: u64) -> bool {
        self.stream != Some(stream)
    }

    /// The time in this place of a frame that its stream dates so, `now` on the page's own clock,
    /// which has so many ticks in a second.
    pub(super) fn time(&mut self, stream: u64, rtp: u32, now: u64, hertz: u64) -> u64 {
        let step = rtp.wrapping_sub(self.rtp).cast_signed();
        let goes_on = match self.is_new(stream) {
            true => None,
            false => self.time.checked_add_signed(step.into()),
        };
        let is_near = |time: &u64| time.abs_diff(now) <= JUMP_MAX * hertz;
        let time = goes_on
            .filter(is_near)
            .unwrap_or_else(|| now.max(self.newest.saturating_add(hertz / 1000)));
        self.stream = Some(stream);
        self.rtp = rtp;
        self.time = time;
        self.newest = self.newest.max(time);
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KHZ: u64 = 1000;

    #[test]
    fn one_stream_after_another_never_goes_back() {
        let mut clock = PlaceClock::default();
        let mut time = |stream, rtp, now| clock.time(stream, rtp, now, KHZ);
        assert_eq!(time(1, u32::MAX - 9, 100), 100);
        assert_eq!(time(1, 56, 170), 166, "its own clock goes round");
        // Another stream, whose clock is another.
        assert_eq!(time(2, 5, 150), 167);
        assert_eq!(time(2, 71, 230), 233);
        // Packets may overtake each other.
        assert_eq!(time(2, 51, 235), 213);
        assert_eq!(time(1, 9999, 230), 234);
    }

    #[test]
    fn a_stream_that_jumps_or_lies_begins_anew() {
        let mut clock = PlaceClock::default();
        let mut time = |rtp, now| clock.time(1, rtp, now, KHZ);
        time(9000, 100);
        assert_eq!(time(9000 + (1 << 30), 200), 200);
        assert_eq!(time(3, 300), 300);
        assert_eq!(time(23, 320), 320);
        // The computer slept: the page's own clock went on.
        assert_eq!(time(43, 60_000), 60_000);
    }
}
