//! Which day the messages on a screen are of. Pure.

use crate::clock::Day;

/// The day that a reader takes the next message to be of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    current: Option<Day>,
}

impl Days {
    /// What is shown first is taken to be of this day.
    pub(super) fn since(today: Day) -> Self {
        Self {
            current: Some(today),
        }
    }

    /// Whether a message of a day begins it: whether it is to be said which day that is.
    pub(super) fn begin(&mut self, day: Day) -> bool {
        self.current.replace(day) != Some(day)
    }

    /// What was shown last is not on the screen, so that the next message begins its day.
    pub(super) fn forget(&mut self) {
        self.current = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day_of_month: u32) -> Day {
        Day {
            day_of_month,
            ..Day::default()
        }
    }

    #[test]
    fn each_day_begins_once_unless_another_was_in_between() {
        let mut days = Days::since(day(27));
        let begins = [27, 27, 26, 26, 27, 27, 28, 26, 28].map(|each| days.begin(day(each)));
        let expected = [false, false, true, false, true, false, true, true, true];
        assert_eq!(begins, expected);
        days.forget();
        assert!(days.begin(day(28)) && !days.begin(day(28)));
    }
}
