//! What a terminal shows in place of many lines: who comes and goes, and what was said before.

use super::{Lang, row, say};
use crate::clock::Day;

const WEEKDAYS_EN: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const WEEKDAYS_PT: [&str; 7] = [
    "domingo",
    "segunda-feira",
    "terça-feira",
    "quarta-feira",
    "quinta-feira",
    "sexta-feira",
    "sábado",
];

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const MONTHS_PT: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

/// The line before the first message of a day.
#[must_use]
pub fn day(lang: Lang, day: &Day) -> String {
    let Day {
        year, day_of_month, ..
    } = day;
    let (weekdays, months) = match lang {
        Lang::En => (WEEKDAYS_EN, MONTHS_EN),
        Lang::Pt => (WEEKDAYS_PT, MONTHS_PT),
    };
    let weekday = weekdays.get(day.weekday_from_sunday).unwrap_or(&"");
    let month = months.get(day.month.saturating_sub(1)).unwrap_or(&"");
    say!(
        lang,
        "── {weekday}, {day_of_month} {month} {year} ──",
        "── {weekday}, {day_of_month} de {month} de {year} ──",
    )
}

/// Messages from before that are not shown, and the command that shows all of them.
#[must_use]
pub fn earlier(lang: Lang, left_out: usize, all: usize) -> String {
    let left_out = thousands(lang, left_out);
    say!(
        lang,
        "{left_out} earlier: /history {all}",
        "{left_out} anteriores: /history {all}",
    )
}

/// How many earlier messages were shown on arrival.
#[must_use]
pub fn caught_up(lang: Lang, messages: usize) -> String {
    let count = thousands(lang, messages);
    match messages {
        1 => say!(lang, "1 earlier message", "1 mensagem anterior"),
        _ => say!(
            lang,
            "{count} earlier messages",
            "{count} mensagens anteriores"
        ),
    }
}

/// Many people were here before us; some of them are named.
#[must_use]
pub fn many_are_here(lang: Lang, count: usize, named: &[String]) -> String {
    let (people, who) = (thousands(lang, count), some_of(lang, count, named));
    say!(
        lang,
        "{people} people are here: {who}",
        "{people} pessoas estão aqui: {who}"
    )
}

/// Many people entered.
#[must_use]
pub fn many_entered(lang: Lang, count: usize, named: &[String]) -> String {
    let (people, who) = (thousands(lang, count), some_of(lang, count, named));
    say!(
        lang,
        "{people} people entered: {who}",
        "{people} pessoas entraram: {who}"
    )
}

/// Many people said farewell.
#[must_use]
pub fn many_left(lang: Lang, count: usize, named: &[String]) -> String {
    let (people, who) = (thousands(lang, count), some_of(lang, count, named));
    say!(
        lang,
        "{people} people left: {who}",
        "{people} pessoas saíram: {who}"
    )
}

/// Many people are gone without a farewell.
#[must_use]
pub fn many_are_gone(lang: Lang, count: usize, named: &[String]) -> String {
    let (people, who) = (thousands(lang, count), some_of(lang, count, named));
    say!(
        lang,
        "{people} people are gone: {who}",
        "{people} pessoas sumiram: {who}"
    )
}

/// Many people have stopped answering.
#[must_use]
pub fn many_are_silent(lang: Lang, count: usize, named: &[String]) -> String {
    let (people, who) = (thousands(lang, count), some_of(lang, count, named));
    say!(
        lang,
        "{people} people are not answering: {who}",
        "{people} pessoas não respondem: {who}"
    )
}

/// Many people answer again.
#[must_use]
pub fn many_are_back(lang: Lang, count: usize, named: &[String]) -> String {
    let (people, who) = (thousands(lang, count), some_of(lang, count, named));
    say!(
        lang,
        "{people} people answer again: {who}",
        "{people} pessoas voltaram a responder: {who}"
    )
}

/// Some of so many names, and how many others there are.
fn some_of(lang: Lang, count: usize, named: &[String]) -> String {
    let (names, others) = (row(named), count.saturating_sub(named.len()));
    let more = thousands(lang, others);
    match others {
        0 => names,
        _ => say!(lang, "{names} and {more} more", "{names} e mais {more}"),
    }
}

/// A number as people write it: `2,950`, in Portuguese `2.950`.
fn thousands(lang: Lang, number: usize) -> String {
    let separator = match lang {
        Lang::En => ',',
        Lang::Pt => '.',
    };
    let digits = number.to_string();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(separator);
        }
        written.push(digit);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_written_as_in_each_language() {
        let (en, pt) = (Lang::En, Lang::Pt);
        assert_eq!(earlier(en, 2950, 3000), "2,950 earlier: /history 3000");
        assert_eq!(earlier(pt, 2950, 3000), "2.950 anteriores: /history 3000");
        for (number, written) in [
            (7, "7"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(en, number), written);
        }
        let thursday = Day {
            year: 2026,
            month: 11,
            day_of_month: 26,
            weekday_from_sunday: 4,
        };
        assert_eq!(day(en, &thursday), "── Thursday, 26 November 2026 ──");
        assert_eq!(
            day(pt, &thursday),
            "── quinta-feira, 26 de novembro de 2026 ──"
        );
    }

    #[test]
    fn of_many_people_some_are_named() {
        let named = ["ana", "bia"].map(str::to_owned);
        assert_eq!(
            many_are_here(Lang::En, 28, &named),
            "28 people are here: ana, bia and 26 more"
        );
        assert_eq!(
            many_entered(Lang::Pt, 28, &named),
            "28 pessoas entraram: ana, bia e mais 26"
        );
        assert_eq!(many_left(Lang::En, 2, &named), "2 people left: ana, bia");
    }
}
