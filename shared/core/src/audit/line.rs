//! The library in a line: "12,408 photos, all safe, checked Tuesday".

use serde::Deserialize;
use time::{Date, Duration, OffsetDateTime};

use crate::stuck::is_ahead;

/// After so long without an audit that came to its end, nothing is called safe: one is due each week.
const STALE: Duration = Duration::days(14);

/// What the line says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told {
    /// Photos that are safe.
    pub photos: u64,
    /// Of all that was checked, what is not as it should be.
    pub attention: u64,
    /// What could not be checked.
    pub unchecked: u64,
    /// Whether more is wrong than is named: until all is read whole, nothing is called safe.
    pub unnamed: bool,
    /// When it was last checked.
    pub checked_at: Option<OffsetDateTime>,
    /// If it never was: since when audits have begun and none came to its end.
    pub unfinished_since: Option<OffsetDateTime>,
}

/// Of what the keeper remembers of its audits, what the line needs.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Unfinished {
    /// When the first one began of those since the last that came to its end.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub unfinished_since: Option<OffsetDateTime>,
}

/// The library in a line. Days are UTC's.
pub fn line(told: Told, now: OffsetDateTime) -> String {
    let Told { photos, attention, unchecked, unnamed, checked_at, unfinished_since } = told;
    // A clock was wrong: that it was checked by then cannot be said.
    let from_the_future = checked_at.is_some_and(|at| is_ahead(at, now));
    let number = match photos {
        0 if attention == 0 => return "No photos yet".to_owned(),
        1 => "1 photo".to_owned(),
        many => format!("{} photos", grouped(many)),
    };
    if (unnamed || from_the_future) && attention == 0 {
        return format!("{number}, not checked yet");
    }
    let stale = |at: &OffsetDateTime| now - *at > STALE;
    match (attention, checked_at.or(unfinished_since).filter(stale), unchecked) {
        (0, None, 0) => {}
        (0, None, 1..) => return format!("{number}, {} could not be checked", grouped(unchecked)),
        (0, Some(_), _) => {
            return checked_at.map_or(format!("{number}, not checked yet"), |at| {
                format!("{number}, not checked since {}", day(at.date(), now.date()))
            });
        }
        (1, ..) => return format!("{number}, 1 needs attention"),
        (many, ..) => return format!("{number}, {} need attention", grouped(many)),
    }
    let safe = if photos == 1 { "safe" } else { "all safe" };
    let checked =
        checked_at.map(|at| format!(", checked {}", day(at.date(), now.date()))).unwrap_or_default();
    format!("{number}, {safe}{checked}")
}

fn day(day: Date, today: Date) -> String {
    match (today - day).whole_days() {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        2..=6 => day.weekday().to_string(),
        _ if day.year() == today.year() => format!("{} {}", day.day(), day.month()),
        _ => format!("{} {} {}", day.day(), day.month(), day.year()),
    }
}

/// 12408 as 12,408.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// 1 photo, 12,408 photos: a number and its word, which takes an s in the plural.
pub fn counted(number: u64, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {word}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    #[test]
    fn the_line_reads_as_a_person_would_say_it() {
        let said = |photos| line(Told { photos, ..Told::default() }, NOW);
        assert_eq!(said(0), "No photos yet");
        assert_eq!(said(1), "1 photo, safe");
        assert_eq!(said(999), "999 photos, all safe");
        assert_eq!(said(12_408), "12,408 photos, all safe");
        assert_eq!(said(1_234_567), "1,234,567 photos, all safe");
    }

    #[test]
    fn one_is_not_told_in_the_plural() {
        let told: Vec<_> = [0, 1, 2, 1_000].into_iter().map(|number| counted(number, "photo")).collect();
        assert_eq!(told, ["0 photos", "1 photo", "2 photos", "1,000 photos"]);
    }

    #[test]
    fn the_line_says_when_it_was_checked() {
        let said = |days| {
            line(Told { photos: 7, checked_at: Some(NOW - Duration::days(days)), ..Told::default() }, NOW)
        };
        assert_eq!(said(0), "7 photos, all safe, checked today");
        assert_eq!(said(1), "7 photos, all safe, checked yesterday");
        assert_eq!(said(5), "7 photos, all safe, checked Tuesday");
        assert_eq!(said(7), "7 photos, all safe, checked 15 November");
        assert_eq!(said(14), "7 photos, all safe, checked 8 November");
        assert_eq!(said(-2), "7 photos, not checked yet", "a clock was ahead");
    }

    #[test]
    fn what_no_audit_looked_at_for_a_fortnight_is_not_called_safe() {
        let told = Told { photos: 7, ..Told::default() };
        let checked = |days| Told { checked_at: Some(NOW - Duration::days(days)), ..told };
        assert_eq!(line(checked(15), NOW), "7 photos, not checked since 7 November");
        assert_eq!(line(checked(400), NOW), "7 photos, not checked since 18 October 2025");
        assert_eq!(line(Told { unchecked: 2, ..checked(15) }, NOW), "7 photos, not checked since 7 November");
        assert_eq!(line(Told { attention: 2, ..checked(15) }, NOW), "7 photos, 2 need attention");
        let begun = |days| Told { unfinished_since: Some(NOW - Duration::days(days)), ..told };
        assert_eq!(line(begun(14), NOW), "7 photos, all safe");
        assert_eq!(line(begun(15), NOW), "7 photos, not checked yet");
        let both = Told { checked_at: Some(NOW), ..begun(15) };
        assert_eq!(line(both, NOW), "7 photos, all safe, checked today");
    }

    #[test]
    fn the_line_does_not_say_safe_of_what_needs_attention_or_could_not_be_checked() {
        let told = Told { photos: 12_408, checked_at: Some(NOW), ..Told::default() };
        assert_eq!(line(Told { attention: 3, ..told }, NOW), "12,408 photos, 3 need attention");
        assert_eq!(
            line(Told { attention: 1, unchecked: 2, ..told }, NOW),
            "12,408 photos, 1 needs attention"
        );
        assert_eq!(line(Told { unchecked: 2, ..told }, NOW), "12,408 photos, 2 could not be checked");
        assert_eq!(line(Told { unnamed: true, ..told }, NOW), "12,408 photos, not checked yet");
        assert_eq!(line(Told { photos: 0, attention: 2, ..told }, NOW), "0 photos, 2 need attention");
    }
}
