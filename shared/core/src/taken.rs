//! When a photo was taken: local wall time at that place, and where we know it from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};
use utoipa::ToSchema;

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]");

/// The year of the oldest photograph that survives (Niépce, 1826 or 1827): what claims to be older is nonsense.
const OLDEST_YEAR: i32 = 1826;

/// Local wall time, fixed width `YYYY-MM-DDTHH:MM:SS.mmm`, so that its text sorts as it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime(PrimitiveDateTime);

impl WallTime {
    /// The wall time that a clock in UTC shows, cut to milliseconds. Where that clock would need a fifth digit for the
    /// year, it stays what the clock at `at`'s own offset shows: clients may send any time, and none may end in a panic.
    pub fn in_utc(at: OffsetDateTime) -> Self {
        let utc = at.checked_to_offset(time::UtcOffset::UTC).unwrap_or(at);
        Self::cut(PrimitiveDateTime::new(utc.date(), utc.time()))
    }

    /// The wall time that a clock at its own offset shows, cut to milliseconds.
    pub fn in_its_offset(at: OffsetDateTime) -> Self {
        Self::cut(PrimitiveDateTime::new(at.date(), at.time()))
    }

    /// `YYYY-MM`.
    pub fn month(self) -> String {
        self.to_string()[..7].to_owned()
    }

    fn cut(at: PrimitiveDateTime) -> Self {
        let time = at.time();
        let cut = Time::from_hms_milli(time.hour(), time.minute(), time.second(), time.millisecond());
        Self(at.replace_time(cut.unwrap_or(time)))
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

/// Text that is no wall time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a wall time such as 2024-05-14T15:42:07.000")]
pub struct InvalidWallTime;

impl FromStr for WallTime {
    type Err = InvalidWallTime;

    fn from_str(text: &str) -> Result<Self, InvalidWallTime> {
        let parsed = PrimitiveDateTime::parse(text, FORMAT).map_err(|_| InvalidWallTime)?;
        if (0..=9_999).contains(&parsed.year()) { Ok(Self(parsed)) } else { Err(InvalidWallTime) }
    }
}

/// Where a time comes from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakenSource {
    /// EXIF `DateTimeOriginal`.
    Exif,
    /// EXIF `CreateDate` (`DateTimeDigitized`).
    ExifCreated,
    /// An XMP packet.
    Xmp,
    /// A pattern in the file name.
    FileName,
    /// The client's modification time.
    Modified,
    /// When it was uploaded: the photo carries no date.
    Uploaded,
}

impl TakenSource {
    /// The word that the catalog stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exif => "exif",
            Self::ExifCreated => "exif_created",
            Self::Xmp => "xmp",
            Self::FileName => "file_name",
            Self::Modified => "modified",
            Self::Uploaded => "uploaded",
        }
    }
}

/// When a photo was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Local wall time.
    pub local: WallTime,
    /// Offset from UTC at that place, such as `+02:00`, if the photo says so.
    pub offset: Option<String>,
    /// Where the time comes from.
    pub source: TakenSource,
}

/// A time that a file's own metadata claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which field.
    pub source: TakenSource,
    /// `YYYY-MM-DDTHH:MM:SS.mmm`.
    pub local: String,
    /// Such as `+02:00`.
    pub offset: Option<String>,
}

/// The first claim that makes sense, else the file name's, else the modification time, else the upload's.
///
/// A modification time is taken at the offset that the client gives: its own wall clock stands beside the cameras'.
/// One in UTC has no offset to speak of.
///
/// Nonsense is passed over: what does not parse, before 1826, beyond tomorrow.
pub fn choose(
    claims: &[Claim],
    file_name: &str,
    modified_at: Option<OffsetDateTime>,
    uploaded_at: OffsetDateTime,
) -> Taken {
    let latest = WallTime::in_utc(uploaded_at.checked_add(Duration::days(2)).unwrap_or(uploaded_at));
    let sensible = |local: WallTime| local.0.year() >= OLDEST_YEAR && local < latest;
    let found = |local, source| Taken { local, offset: None, source };

    claims
        .iter()
        .filter_map(|claim| {
            let local = claim.local.parse().ok()?;
            Some(Taken { local, offset: claim.offset.clone(), source: claim.source })
        })
        .chain(from_file_name(file_name).map(|local| found(local, TakenSource::FileName)))
        .chain(modified_at.map(modified))
        .find(|taken| sensible(taken.local))
        .unwrap_or_else(|| found(WallTime::in_utc(uploaded_at), TakenSource::Uploaded))
}

fn modified(at: OffsetDateTime) -> Taken {
    let (hours, minutes, _) = at.offset().as_hms();
    let sign = if at.offset().is_negative() { '-' } else { '+' };
    let offset = (!at.offset().is_utc()).then(|| format!("{sign}{:02}:{:02}", hours.abs(), minutes.abs()));
    Taken { local: WallTime::in_its_offset(at), offset, source: TakenSource::Modified }
}

/// A date, and perhaps a time, as phones and cameras write them into names: `IMG_20240514_154207`,
/// `PXL_20240514_154207123`, `2024-05-14 15.42.07`, `Screenshot_20240514-154207`, `IMG-20240514-WA0001`.
fn from_file_name(name: &str) -> Option<WallTime> {
    // Runs of digits, with what separates each from the one before.
    let bytes = name.as_bytes();
    let mut runs: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = (at..bytes.len()).find(|&i| !bytes[i].is_ascii_digit()).unwrap_or(bytes.len());
        if end > at {
            runs.push((at, &name[at..end]));
        }
        at = end.max(at) + 1;
    }
    (0..runs.len()).find_map(|first| date_and_time(&runs[first..], bytes))
}

fn date_and_time(runs: &[(usize, &str)], name: &[u8]) -> Option<WallTime> {
    let near = |a: usize, b: usize| {
        // One separator between them, as `-`, `_`, `.`, `:` or a space; `T` and ` at ` stand before a time.
        let between = &name[runs[a].0 + runs[a].1.len()..runs[b].0];
        matches!(between, b"-" | b"_" | b"." | b":" | b" " | b"T" | b" at ")
    };
    let number = |text: &str| text.parse::<u16>().ok();
    let split = |text: &str, widths: [usize; 3]| {
        let (a, rest) = text.split_at(widths[0]);
        let (b, rest) = rest.split_at(widths[1]);
        Some((number(a)?, number(b)?, number(&rest[..widths[2]])?))
    };
    let (date, next) = match runs {
        [(_, text), ..] if text.len() == 8 => (split(text, [4, 2, 2])?, 1),
        [(_, text), ..] if text.len() == 14 || text.len() == 17 => {
            let clock = split(&text[8..], [2, 2, 2])?;
            return wall_time(split(text, [4, 2, 2])?, clock, number(&text[14..]).unwrap_or(0));
        }
        [(_, year), (_, month), (_, day), ..]
            if year.len() == 4 && month.len() == 2 && day.len() == 2 && near(0, 1) && near(1, 2) =>
        {
            ((number(year)?, number(month)?, number(day)?), 3)
        }
        _ => return None,
    };
    let clock = match &runs[next..] {
        [(_, text), ..] if (text.len() == 6 || text.len() == 9) && near(next - 1, next) => {
            split(text, [2, 2, 2]).map(|clock| (clock, number(&text[6..]).unwrap_or(0)))
        }
        [(_, hour), (_, minute), (_, second), ..]
            if [hour, minute, second].iter().all(|part| part.len() == 2)
                && near(next - 1, next)
                && near(next, next + 1)
                && near(next + 1, next + 2) =>
        {
            number(hour).zip(number(minute)).zip(number(second)).map(|((h, m), s)| ((h, m, s), 0))
        }
        _ => None,
    };
    clock
        .and_then(|(clock, milliseconds)| wall_time(date, clock, milliseconds))
        .or_else(|| wall_time(date, (0, 0, 0), 0))
}

fn wall_time(date: (u16, u16, u16), clock: (u16, u16, u16), milliseconds: u16) -> Option<WallTime> {
    let small = |value: u16| u8::try_from(value).ok();
    // Twelve digits of a counter can look like a date of any century; photographs with a name are recent.
    if !(1990..=2100).contains(&date.0) {
        return None;
    }
    let month = Month::try_from(small(date.1)?).ok()?;
    let date = Date::from_calendar_date(i32::from(date.0), month, small(date.2)?).ok()?;
    let time = Time::from_hms_milli(small(clock.0)?, small(clock.1)?, small(clock.2)?, milliseconds).ok()?;
    Some(WallTime(PrimitiveDateTime::new(date, time)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::datetime;

    const UPLOADED: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn claim(source: TakenSource, local: &str) -> Claim {
        Claim { source, local: local.to_owned(), offset: Some("+02:00".to_owned()) }
    }

    #[test]
    fn dates_in_file_names_are_read() {
        for (name, expected) in [
            ("IMG_20240514_154207.jpg", "2024-05-14T15:42:07.000"),
            ("PXL_20240514_154207123.jpg", "2024-05-14T15:42:07.123"),
            ("2024-05-14 15.42.07.jpg", "2024-05-14T15:42:07.000"),
            ("Screenshot_20240514-154207.png", "2024-05-14T15:42:07.000"),
            ("Screenshot 2024-05-14 at 15.42.07.png", "2024-05-14T15:42:07.000"),
            ("signal-2024-05-14-15-42-07-123.jpg", "2024-05-14T15:42:07.000"),
            ("IMG-20240514-WA0001.jpg", "2024-05-14T00:00:00.000"),
            ("20240514154207.jpg", "2024-05-14T15:42:07.000"),
            ("scan 2024-05-14.tif", "2024-05-14T00:00:00.000"),
            // What only looks like a time, behind a date.
            ("2024-05-14 15.42.7.jpg", "2024-05-14T00:00:00.000"),
            ("2024-05-14 15.42x07.jpg", "2024-05-14T00:00:00.000"),
            ("2024-05-14 15x42.07.jpg", "2024-05-14T00:00:00.000"),
            ("2024-05-14 no 15.42.07.jpg", "2024-05-14T00:00:00.000"),
            ("20240514 no 154207.jpg", "2024-05-14T00:00:00.000"),
        ] {
            assert_eq!(from_file_name(name).map(|at| at.to_string()).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn numbers_that_are_no_dates_are_not_read_as_dates() {
        for name in [
            "DSC_0001.JPG",
            "IMG_2041.jpg",
            "20241332.jpg",
            "99999999_999999.jpg",
            "a1234567890123.png",
            "",
            "24-05-14.jpg",
            "2024-5-14.jpg",
            "2024-05-4.jpg",
            "2024x05-14.jpg",
            "2024-05x14.jpg",
        ] {
            assert_eq!(from_file_name(name), None, "{name}");
        }
    }

    #[test]
    fn times_whose_year_in_utc_has_five_digits_are_nonsense_and_no_panic() {
        let beyond = datetime!(9999-12-31 23:59:59 -12);
        assert_eq!(WallTime::in_utc(beyond).to_string(), "9999-12-31T23:59:59.000");
        assert_eq!(choose(&[], "a", Some(beyond), UPLOADED).source, TakenSource::Uploaded);
        let before_zero = datetime!(0000-01-01 00:00 +23:59);
        assert_eq!(choose(&[], "a", Some(before_zero), UPLOADED).source, TakenSource::Uploaded);
    }

    #[test]
    fn months_and_sources_have_their_words() {
        use TakenSource::{Exif, ExifCreated, FileName, Modified, Uploaded, Xmp};
        let at: WallTime = "2024-05-14T15:42:07.000".parse().unwrap();
        assert_eq!(at.month(), "2024-05");
        let words = [Exif, ExifCreated, Xmp, FileName, Modified, Uploaded].map(TakenSource::as_str);
        assert_eq!(words, ["exif", "exif_created", "xmp", "file_name", "modified", "uploaded"]);
    }

    #[test]
    fn the_best_source_that_makes_sense_wins() {
        let modified = Some(datetime!(2020-01-02 03:04:05.678901 +1));
        let pick = |claims: &[Claim], name: &str, modified| {
            let taken = choose(claims, name, modified, UPLOADED);
            (taken.local.to_string(), taken.source)
        };
        let exif = claim(TakenSource::Exif, "2019-06-01T12:00:00.500");
        let xmp = claim(TakenSource::Xmp, "2018-06-01T12:00:00.000");
        let zero = claim(TakenSource::Exif, "0000-00-00T00:00:00.000");
        let future = claim(TakenSource::Exif, "2027-01-01T00:00:00.000");
        let old = claim(TakenSource::Exif, "1825-01-01T00:00:00.000");

        assert_eq!(pick(&[exif.clone(), xmp.clone()], "", modified).1, TakenSource::Exif);
        assert_eq!(pick(&[exif], "", modified).0, "2019-06-01T12:00:00.500");
        for nonsense in [zero, future, old] {
            assert_eq!(pick(&[nonsense.clone(), xmp.clone()], "", modified).1, TakenSource::Xmp);
            assert_eq!(pick(&[nonsense], "IMG_20240514_154207.jpg", modified).1, TakenSource::FileName);
        }
        assert_eq!(pick(&[], "a", modified), ("2020-01-02T03:04:05.678".to_owned(), TakenSource::Modified));
        assert_eq!(choose(&[], "a", modified, UPLOADED).offset.as_deref(), Some("+01:00"));
        let utc = choose(&[], "a", modified.map(|at| at.to_offset(time::UtcOffset::UTC)), UPLOADED);
        assert_eq!((utc.local.to_string(), utc.offset), ("2020-01-02T02:04:05.678".to_owned(), None));
        assert_eq!(pick(&[], "a", None), ("2026-11-22T10:00:00.000".to_owned(), TakenSource::Uploaded));
        let before_1970 = Some(datetime!(1955-01-02 03:04:05 UTC));
        assert_eq!(pick(&[], "a", before_1970).1, TakenSource::Modified);
    }

    proptest! {
        #[test]
        fn any_claim_and_name_give_a_time_that_sorts(local in any::<String>(), name in any::<String>()) {
            let taken = choose(&[claim(TakenSource::Exif, &local)], &name, None, UPLOADED);
            prop_assert_eq!(taken.local.to_string().len(), 23);
            prop_assert_eq!(taken.local.to_string().parse(), Ok(taken.local));
        }

        #[test]
        fn names_made_of_digits_and_separators_never_panic(name in "[0-9_. T:-]{0,40}") {
            choose(&[], &name, None, UPLOADED);
        }
    }
}
