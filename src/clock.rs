//! The only file that reads a clock. All other code receives the time as a value.

pub mod when;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, Local, SecondsFormat};

use crate::chat::archive::search::Span;
use crate::protocol::time::Moment;

/// Reads the monotonic clock, for measuring the time between two readings.
#[must_use]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// Gives the pure core the time: since the clock started, and on the wall.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts the clock.
    #[must_use]
    pub fn start() -> Self {
        Self { start: monotonic() }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Moment {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Moment {
            time: monotonic().saturating_duration_since(self.start),
            wall_ms: since_epoch.unwrap_or_default().as_millis() as u64,
        }
    }

    /// Reads a time as people type it, such as `yesterday`; `None` if it is none.
    #[must_use]
    pub fn when(&self, typed: &str) -> Option<Span> {
        when::parse(typed, self.now().wall_ms)
    }
}

/// The wall clock in local time. It keeps the calendar computation for the current second, because
/// a receiver asks far more often than once a second.
#[derive(Debug, Default)]
pub struct WallClock {
    second: Option<Duration>,
    stamp: Stamp,
}

/// A moment in the forms that people and programs read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Local time of day, `14:03:21`.
    pub time_of_day: String,
    /// RFC 3339 with milliseconds and offset, `2026-11-23T14:03:21.071-03:00`.
    pub rfc3339: String,
    /// Local day.
    pub day: Day,
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// As in 2026.
    pub year: i32,
    /// From 1 to 12.
    pub month: usize,
    /// From 1 to 31.
    pub day_of_month: u32,
    /// From 0, which is Sunday, to 6.
    pub weekday_from_sunday: usize,
}

/// The last second that is shown, in the year 9999: later years have more digits.
const LAST_SECOND: Duration = Duration::from_secs(253_402_214_400);

/// Position of the milliseconds in [`Stamp::rfc3339`], after `2026-11-23T14:03:21.`.
const MILLISECONDS_AT: std::ops::Range<usize> = 20..23;

impl WallClock {
    /// The time now.
    pub fn now(&mut self) -> &Stamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        self.at(since_epoch.unwrap_or_default())
    }

    /// A moment this long after the beginning of 1970.
    pub fn at(&mut self, since_epoch: Duration) -> &Stamp {
        let second = Duration::from_secs(since_epoch.as_secs());
        if self.second != Some(second) {
            self.second = Some(second);
            // A stranger may send a time that no calendar holds.
            let second = second.min(LAST_SECOND);
            self.stamp = Stamp::at((UNIX_EPOCH + second).into());
        }
        self.stamp.set_milliseconds(since_epoch.subsec_millis());
        &self.stamp
    }
}

impl Stamp {
    fn at(moment: DateTime<Local>) -> Self {
        Self {
            time_of_day: moment.format("%H:%M:%S").to_string(),
            rfc3339: moment.to_rfc3339_opts(SecondsFormat::Millis, false),
            day: Day {
                year: moment.year(),
                month: moment.month() as usize,
                day_of_month: moment.day(),
                weekday_from_sunday: moment.weekday().num_days_from_sunday() as usize,
            },
        }
    }

    fn set_milliseconds(&mut self, milliseconds: u32) {
        // Written by hand, because this runs for every message and formatting would take longer
        // than reading the clock.
        let digit = |place: u32| b'0' + (milliseconds / place % 10) as u8;
        let digits = [digit(100), digit(10), digit(1)];
        if let Ok(digits) = std::str::from_utf8(&digits)
            && self.rfc3339.is_char_boundary(MILLISECONDS_AT.end)
        {
            self.rfc3339.replace_range(MILLISECONDS_AT, digits);
        }
    }
}

/// Lets one of many equal notices pass per second, and counts the others.
#[derive(Debug, Default)]
pub struct Throttle {
    passed: Option<Instant>,
    held_back: u64,
}

impl Throttle {
    /// Shortest time between two notices.
    const INTERVAL: Duration = Duration::from_secs(1);

    /// Asks to pass now. If so, returns how many asked since the last one passed, this one
    /// included.
    pub fn ask(&mut self) -> Option<u64> {
        self.ask_at(monotonic())
    }

    fn ask_at(&mut self, now: Instant) -> Option<u64> {
        self.held_back += 1;
        if self
            .passed
            .is_some_and(|passed| now.duration_since(passed) < Self::INTERVAL)
        {
            return None;
        }
        self.passed = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{FixedOffset, TimeZone};

    #[test]
    fn a_stamp_reads_as_people_and_programs_expect() {
        let zone = FixedOffset::west_opt(3 * 3600).unwrap();
        let moment = zone.with_ymd_and_hms(2026, 11, 23, 14, 3, 21).unwrap();
        let mut stamp = Stamp::at(moment.with_timezone(&Local));
        stamp.set_milliseconds(71);
        let read = DateTime::parse_from_rfc3339(&stamp.rfc3339).unwrap();
        assert_eq!(read.timestamp_millis(), moment.timestamp_millis() + 71);
        assert_eq!(stamp.time_of_day, stamp.rfc3339[11..19]);
        let Day {
            year,
            month,
            day_of_month,
            ..
        } = stamp.day;
        let date = format!("{year:04}-{month:02}-{day_of_month:02}");
        assert_eq!(date, stamp.rfc3339[..10]);
    }

    #[test]
    fn the_clock_does_not_stand_still() {
        let mut clock = WallClock::default();
        let parse = |stamp: &Stamp| DateTime::parse_from_rfc3339(&stamp.rfc3339).unwrap();
        let first = parse(clock.now());
        let deadline = monotonic() + Duration::from_secs(5);
        while parse(clock.now()) <= first {
            assert!(monotonic() < deadline);
        }
    }

    #[test]
    fn one_notice_passes_per_second_and_tells_how_many_it_stands_for() {
        let (mut throttle, start) = (Throttle::default(), monotonic());
        assert_eq!(throttle.ask_at(start), Some(1));
        assert_eq!(throttle.ask_at(start + Duration::from_millis(1)), None);
        assert_eq!(throttle.ask_at(start + Duration::from_millis(999)), None);
        assert_eq!(throttle.ask_at(start + Duration::from_secs(1)), Some(3));
        assert_eq!(throttle.ask_at(start + Duration::from_secs(3)), Some(1));
    }
}
