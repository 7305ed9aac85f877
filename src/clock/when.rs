//! Times as people type them: `2026-11-01`, `yesterday`, `ontem`, `14:30`, `2h`. They are of local
//! time. Reads no clock: now is given.

use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, Datelike, Days, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

use crate::chat::archive::search::Span;

/// The last time that is shown, in milliseconds since 1970: in the year 9999.
const LAST_MS: u64 = 253_402_214_400_000;

/// Reads a time; `None` if it is none.
#[must_use]
pub fn parse(typed: &str, now_ms: u64) -> Option<Span> {
    let typed = typed.trim().to_lowercase();
    // Later times are none that a calendar holds, nor a clock shows.
    let now_ms = Some(now_ms).filter(|ms| *ms <= LAST_MS)?;
    let now: DateTime<Local> = (UNIX_EPOCH + Duration::from_millis(now_ms)).into();
    let today = now.date_naive();
    match typed.as_str() {
        "now" | "agora" => return moment(now),
        "today" | "hoje" => return day(today),
        "yesterday" | "ontem" => return day(today.checked_sub_days(Days::new(1))?),
        "anteontem" => return day(today.checked_sub_days(Days::new(2))?),
        _ => {}
    }
    for form in ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"] {
        if let Ok(date) = NaiveDate::parse_from_str(&typed, form) {
            return day(date);
        }
    }
    for form in [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dt%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dt%H:%M:%S",
        "%d/%m/%Y %H:%M",
    ] {
        if let Ok(at) = NaiveDateTime::parse_from_str(&typed, form) {
            return moment(local(at)?);
        }
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(&typed.to_uppercase()) {
        return moment(at.with_timezone(&Local));
    }
    for form in ["%H:%M", "%H:%M:%S"] {
        if let Ok(time) = NaiveTime::parse_from_str(&typed, form) {
            return moment(local(today.and_time(time))?);
        }
    }
    let ago = ago(&typed)?;
    let ms = now_ms.saturating_sub(u64::try_from(ago.as_millis()).ok()?);
    Some(Span {
        start_ms: ms,
        end_ms: ms,
    })
}

/// How long ago: a number and a unit, such as `2h` or `3 days`.
fn ago(typed: &str) -> Option<Duration> {
    let end = typed.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = typed.split_at_checked(end)?;
    let number: u64 = number.parse().ok()?;
    let seconds: u64 = match unit.trim() {
        "s" | "second" | "seconds" | "segundo" | "segundos" => 1,
        "m" | "min" | "minute" | "minutes" | "minuto" | "minutos" => 60,
        "h" | "hour" | "hours" | "hora" | "horas" => 60 * 60,
        "d" | "day" | "days" | "dia" | "dias" => 24 * 60 * 60,
        "w" | "week" | "weeks" | "semana" | "semanas" => 7 * 24 * 60 * 60,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

fn day(date: NaiveDate) -> Option<Span> {
    let next = date.checked_add_days(Days::new(1))?;
    let start = |date: NaiveDate| ms(local(date.and_time(NaiveTime::MIN))?);
    Some(Span {
        start_ms: start(date)?,
        end_ms: start(next)?,
    })
}

fn moment(at: DateTime<Local>) -> Option<Span> {
    let ms = ms(at)?;
    Some(Span {
        start_ms: ms,
        end_ms: ms,
    })
}

/// A local time from 1970 to 9999. One that summer time leaves out is the moment at which it began.
fn local(at: NaiveDateTime) -> Option<DateTime<Local>> {
    if !(1970..=9999).contains(&at.year()) {
        return None;
    }
    let found = Local.from_local_datetime(&at).earliest();
    found.or_else(|| {
        let later = at.checked_add_signed(chrono::TimeDelta::hours(1))?;
        Local.from_local_datetime(&later).earliest()
    })
}

fn ms(at: DateTime<Local>) -> Option<u64> {
    u64::try_from(at.timestamp_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW_MS: u64 = 1_795_000_000_000;

    #[test]
    fn times_are_read_as_people_type_them_in_both_languages() {
        let day_of = |typed: &str| {
            let span = parse(typed, NOW_MS).unwrap();
            let at: DateTime<Local> = (UNIX_EPOCH + Duration::from_millis(span.start_ms)).into();
            (at.format("%Y-%m-%d %H:%M").to_string(), span)
        };
        assert_eq!(day_of("2026-11-01").0, "2026-11-01 00:00");
        assert_eq!(day_of("01/11/2026").0, "2026-11-01 00:00");
        assert_eq!(day_of("2026-11-01 14:30").0, "2026-11-01 14:30");
        let (today, span) = day_of("hoje");
        assert!(span.start_ms <= NOW_MS && NOW_MS < span.end_ms, "{today}");
        let yesterday = parse("Ontem", NOW_MS).unwrap();
        assert_eq!(yesterday.end_ms, span.start_ms);
        assert_eq!(parse("yesterday", NOW_MS), Some(yesterday));
        let hours = parse("2h", NOW_MS).unwrap();
        assert_eq!(hours.start_ms, NOW_MS - 2 * 60 * 60 * 1000);
        assert_eq!(parse("3 dias", NOW_MS), parse("3d", NOW_MS));
        let exact = parse("2026-11-01T14:30:00Z", NOW_MS).unwrap();
        assert_eq!(exact.start_ms, 1_793_543_400_000);
        for wrong in [
            "",
            "2026",
            "2026-13-01",
            "h",
            "2x",
            "soon",
            "-1d",
            "99999999999999999999d",
        ] {
            assert_eq!(parse(wrong, NOW_MS), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_is_too_much(typed in "\\PC{0,20}", now in any::<u64>()) {
            let _ = parse(&typed, now);
            let _ = parse(&typed, NOW_MS);
        }
    }
}
