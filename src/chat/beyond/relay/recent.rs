//! What came lately: a bridge that takes another one's place sends it once more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What came within this time is sent once more by a bridge that takes another one's place…
const RECENT: Duration = Duration::from_secs(8);

/// …and at most so many frames of it.
const RECENT_MAX: usize = 4096;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(Duration, Arc<[u8]>)>);

impl Recent {
    pub(super) fn note(&mut self, now: Duration, bytes: Arc<[u8]>) {
        while self.0.len() >= RECENT_MAX || self.0.front().is_some_and(|(at, _)| now > *at + RECENT)
        {
            self.0.pop_front();
        }
        self.0.push_back((now, bytes));
    }

    pub(super) fn since(&self, now: Duration) -> Vec<Arc<[u8]>> {
        let recent = self.0.iter().filter(|(at, _)| now <= *at + RECENT);
        recent.map(|(_, bytes)| bytes.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_lately_is_kept_within_a_time_and_a_bound() {
        let mut recent = Recent::default();
        let second = Duration::from_secs(1);
        recent.note(second, Arc::from([1_u8].as_slice()));
        recent.note(second * 4, Arc::from([2_u8].as_slice()));
        let bytes = |now| {
            let recent: Vec<u8> = recent.since(now).iter().map(|it| it[0]).collect();
            recent
        };
        assert_eq!(bytes(second * 9), [1, 2]);
        assert_eq!(bytes(second * 10), [2]);
        assert_eq!(bytes(second * 13), [0; 0]);
        for _ in 0..2 * RECENT_MAX {
            recent.note(second * 4, Arc::default());
        }
        assert_eq!(recent.0.len(), RECENT_MAX);
    }
}
