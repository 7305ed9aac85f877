//! Times as people type them: `yesterday`, `ontem`, `2h`, `2026-11-01`, `14:03`. Pure: the time now
//! and the offset of local time come in as values.

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
const DAY_S: i64 = 24 * HOUR_S;

/// The last year that a date may name: later ones have more digits.
const YEAR_MAX: i64 = 9999;

/// Most digits of a typed number: more is no span of time that anybody means.
const DIGITS_MAX: usize = 6;

/// The time now as it is read on a wall: the core reads no clock, and knows no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// In milliseconds since 1970.
    pub now_ms: u64,
    /// Seconds by which local time is ahead of UTC.
    pub offset_s: i32,
}

/// Like [`parse`].
#[must_use]
pub fn parse_at(text: &str, local: LocalTime) -> Option<u64> {
    parse(text, local.now_ms, local.offset_s)
}

/// The time that is typed, in milliseconds since 1970; `None` if it is none. A day means its
/// beginning in local time, which is `offset_s` seconds east of UTC, and a span such as `2h` means
/// this long before `now_ms`. What would be before 1970 is 1970.
///
/// ```text
/// now · agora                          now
/// today · hoje, yesterday · ontem      the day's beginning
/// 90s, 30m (30min), 2h, 3d, 1w         so long ago
/// 14:03                                today at that time
/// 2026-11-01                           the day's beginning
/// 2026-11-01T14:03 (also with a blank) that day at that time
/// ```
#[must_use]
pub fn parse(text: &str, now_ms: u64, offset_s: i32) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let offset_s = i64::from(offset_s);
    let local_s = i64::try_from(now_ms / 1000).ok()?.checked_add(offset_s)?;
    let today_s = local_s.div_euclid(DAY_S) * DAY_S;
    let local_s = match text.as_str() {
        "now" | "agora" => return Some(now_ms),
        "today" | "hoje" => today_s,
        "yesterday" | "ontem" => today_s - DAY_S,
        _ => match (span_s(&text), time_s(&text)) {
            (Some(span_s), _) => return Some(now_ms.saturating_sub(span_s.saturating_mul(1000))),
            (None, Some(time_s)) => today_s + time_s,
            (None, None) => moment_s(&text)?,
        },
    };
    let utc_s = u64::try_from(local_s - offset_s).unwrap_or(0);
    Some(utc_s.saturating_mul(1000))
}

/// A span of time such as `2h`, in seconds.
fn span_s(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit_s = match unit {
        "s" => 1,
        "m" | "min" => MINUTE_S,
        "h" => HOUR_S,
        "d" => DAY_S,
        "w" => 7 * DAY_S,
        _ => return None,
    };
    Some(number(digits)? as u64 * unit_s as u64)
}

/// A time of day such as `14:03` or `14:03:21`, in seconds.
fn time_s(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = parts.next().map_or(Some(0), number)?;
    let is_sound = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    is_sound.then_some(hour * HOUR_S + minute * MINUTE_S + second)
}

/// A date, perhaps with a time of day, in seconds since 1970.
fn moment_s(text: &str) -> Option<i64> {
    match text.split_once(['t', ' ']) {
        Some((date, time)) => Some(date_s(date)? + time_s(time.trim_start())?),
        None => date_s(text),
    }
}

/// A date such as `2026-11-01`, in seconds from 1970 to its beginning.
fn date_s(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month) = (number(parts.next()?)?, number(parts.next()?)?);
    let day = number(parts.next()?)?;
    let is_sound = (1970..=YEAR_MAX).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && parts.next().is_none();
    is_sound.then(|| (days_before(year, month) + day - 1) * DAY_S)
}

fn number(digits: &str) -> Option<i64> {
    let is_sound = (1..=DIGITS_MAX).contains(&digits.len());
    let is_number = is_sound && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from 1970 to the beginning of a month.
fn days_before(year: i64, month: i64) -> i64 {
    let leap_days = |years: i64| years / 4 - years / 100 + years / 400;
    let years = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    years + months
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-27, 14:30:00 in a place three hours west of UTC.
    const NOW_MS: u64 = 1_795_800_600_000;
    const WEST_S: i32 = -3 * 60 * 60;

    /// What was typed, in seconds before now.
    fn ago_s(text: &str) -> Option<i64> {
        let at_ms = parse(text, NOW_MS, WEST_S)?;
        Some(NOW_MS as i64 / 1000 - at_ms as i64 / 1000)
    }

    #[test]
    fn days_and_spans_are_read_in_both_languages() {
        let since_midnight_s = 14 * HOUR_S + 30 * MINUTE_S;
        for (typed, expected_s) in [
            ("now", 0),
            ("Agora", 0),
            ("today", since_midnight_s),
            (" hoje ", since_midnight_s),
            ("yesterday", since_midnight_s + DAY_S),
            ("ONTEM", since_midnight_s + DAY_S),
            ("90s", 90),
            ("30m", 30 * MINUTE_S),
            ("30min", 30 * MINUTE_S),
            ("2h", 2 * HOUR_S),
            ("3d", 3 * DAY_S),
            ("1w", 7 * DAY_S),
            ("14:03", 27 * MINUTE_S),
            ("14:03:30", 26 * MINUTE_S + 30),
            ("2026-11-27", since_midnight_s),
            ("2026-11-01", since_midnight_s + 26 * DAY_S),
            ("2026-11-26T14:30", DAY_S),
            ("2026-11-26 14:30:10", DAY_S - 10),
            ("2024-02-29", since_midnight_s + 1002 * DAY_S),
        ] {
            assert_eq!(ago_s(typed), Some(expected_s), "{typed}");
        }
        assert_eq!(parse("999999w", NOW_MS, WEST_S), Some(0));
        assert_eq!(parse("1970-01-01", NOW_MS, 60 * 60), Some(0));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for typed in [
            "",
            "h",
            "2",
            "2x",
            "-2h",
            "+2h",
            "2 h",
            "1234567h",
            "24:00",
            "14:60",
            "14",
            "14:03:21:1",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-11-31",
            "2026-11-00",
            "1969-01-01",
            "10000-01-01",
            "2026-11",
            "2026-11-01-01",
            "2026-11-01T",
            "2026-11-01Tx",
            "prova",
            "２h",
        ] {
            assert_eq!(ago_s(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_panics(
            text in "\\PC{0,20}",
            now in any::<u64>(),
            offset_s in any::<i32>(),
        ) {
            let _ = parse(&text, now, offset_s);
        }

        #[test]
        fn a_date_is_the_day_that_it_names(day in 0_i64..100_000) {
            // Counting the days one by one must give the same as the arithmetic.
            let (mut year, mut left) = (1970, day);
            while left >= 365 + i64::from(is_leap(year)) {
                left -= 365 + i64::from(is_leap(year));
                year += 1;
            }
            let mut month = 1;
            while left >= days_of(year, month) {
                left -= days_of(year, month);
                month += 1;
            }
            let typed = format!("{year:04}-{month:02}-{:02}", left + 1);
            let expected = (day * DAY_S) as u64 * 1000;
            prop_assert_eq!(parse(&typed, NOW_MS, 0), Some(expected));
        }
    }
}
