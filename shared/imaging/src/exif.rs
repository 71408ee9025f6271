//! Reads what matters of EXIF 2.32 (CIPA DC-008): times, camera, place, orientation.
//!
//! Cameras, phones and editors break every rule of it, so each value stands alone: one that makes no sense is absent
//! and the others still count.

use crate::Orientation;
use crate::facts::{Camera, Facts, FoundTime, Place};
use crate::tiff::{Directory, Tiff};

const EXIF_DIRECTORY: u16 = 0x8769;
const GPS_DIRECTORY: u16 = 0x8825;

/// The orientation, if the block has one.
pub(crate) fn orientation(tiff: &Tiff<'_>) -> Option<Orientation> {
    tiff.first()?.number(0x0112).map(Orientation::from_exif)
}

/// Whether the samples are Adobe RGB (1998), by DCF 2.0's mark for its optional colour space: `R03` as the index of
/// interoperability. Cameras that are set to it write this, and many of them no ICC profile.
pub(crate) fn is_adobe_rgb(tiff: &Tiff<'_>) -> bool {
    let interoperability = || tiff.first()?.child(EXIF_DIRECTORY, 0)?.child(0xA005, 0);
    interoperability()
        .is_some_and(|directory| directory.raw(0x0001).is_some_and(|index| index.starts_with(b"R03")))
}

/// Puts times, camera and place into the facts. Directories that are not given are those that the main one points to.
pub(crate) fn read(
    main: &Directory<'_>,
    exif: Option<Directory<'_>>,
    gps: Option<Directory<'_>>,
    facts: &mut Facts,
) {
    let exif = exif.or_else(|| main.child(EXIF_DIRECTORY, 0));
    if let Some(exif) = &exif {
        facts.times.original = time(exif, 0x9003, 0x9291, 0x9011);
        facts.times.created = time(exif, 0x9004, 0x9292, 0x9012);
    }
    facts.camera = camera(main, exif.as_ref());
    facts.place = gps.or_else(|| main.child(GPS_DIRECTORY, 0)).and_then(|gps| place(&gps));
}

/// A time from its tag, with the tags of its fraction of a second and of its offset.
fn time(exif: &Directory<'_>, tag: u16, fraction: u16, offset: u16) -> Option<FoundTime> {
    let mut found = parse_time(&text(exif, tag, 64)?)?;
    if let Some(millis) = text(exif, fraction, 16).and_then(|digits| parse_millis(&digits)) {
        found.local.replace_range(20.., &millis);
    }
    // 0x9010 is the offset of the file's own time; where the proper tag is missing it is the camera's clock as well.
    found.offset = found
        .offset
        .or_else(|| text(exif, offset, 16).and_then(|text| parse_offset(&text)))
        .or_else(|| text(exif, 0x9010, 16).and_then(|text| parse_offset(&text)));
    Some(found)
}

/// Reads a date and a time of day from EXIF (`2024:05:17 09:30:00`), XMP and ISO 8601 (`2024-05-17T09:30:00.25+02:00`),
/// and the forms between them that are found in files. `None` unless there is such a day and such a second.
///
/// Seconds, and then minutes and hours, may be missing in XMP: they count as zero.
pub(crate) fn parse_time(text: &str) -> Option<FoundTime> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, &[4, 2, 2])?;
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if year == 0 || !(1..=days).contains(&day) {
        return None;
    }
    let rest = rest.strip_prefix([' ', 'T', ':']).unwrap_or(rest);
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(rest.len());
    let (clock, rest) = rest.split_at(digits);
    let [hour, minute, second] = match clock.len() {
        0 => [0, 0, 0],
        5 => numbers(clock, &[2, 2]).map(|[hour, minute]| [hour, minute, 0])?,
        _ => numbers(clock.get(..8)?, &[2, 2, 2])?,
    };
    // A leap second is shown as the one before it, which every calendar knows.
    let second = if second == 60 { 59 } else { second };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
        None => ("", rest),
    };
    let millis = parse_millis(fraction).unwrap_or_else(|| "000".to_owned());
    let local = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis}");
    Some(FoundTime { local, offset: parse_offset(rest) })
}

/// Numbers of fixed widths with one character between them, whichever.
fn numbers<const N: usize>(text: &str, widths: &[usize; N]) -> Option<[u16; N]> {
    let mut parsed = [0; N];
    let mut at = 0;
    for (value, width) in parsed.iter_mut().zip(widths) {
        let digits = text.get(at..at + width)?;
        *value = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
        at += width + 1;
    }
    Some(parsed)
}

/// The digits after the decimal point as milliseconds, cut, not rounded.
fn parse_millis(digits: &str) -> Option<String> {
    let digits: String = digits.trim().chars().take_while(char::is_ascii_digit).take(3).collect();
    (!digits.is_empty()).then(|| format!("{digits:0<3}"))
}

/// `+02:00`, `-0330` or `Z` as `±HH:MM`. The widest offsets that ever were are -15:56 and +15:13.
pub(crate) fn parse_offset(text: &str) -> Option<String> {
    let text = text.trim();
    if text == "Z" {
        return Some("+00:00".to_owned());
    }
    let sign = text.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    let digits: String = text.chars().skip(1).filter(|&c| c != ':').collect();
    let [hours, minutes] = match digits.len() {
        2 => numbers(&digits, &[2]).map(|[hours]| [hours, 0])?,
        4 => [numbers::<1>(&digits, &[2])?[0], numbers::<1>(&digits[2..], &[2])?[0]],
        _ => return None,
    };
    (hours <= 15 && minutes <= 59).then(|| format!("{sign}{hours:02}:{minutes:02}"))
}

fn camera(main: &Directory<'_>, exif: Option<&Directory<'_>>) -> Option<Camera> {
    let positive = |tag| exif.and_then(|exif| exif.fraction(tag)).filter(|&value| value > 0.0);
    let camera = Camera {
        make: text(main, 0x010F, 100),
        model: text(main, 0x0110, 100),
        lens: exif.and_then(|exif| text(exif, 0xA434, 100)),
        focal_length_mm: positive(0x920A),
        aperture: positive(0x829D),
        exposure_s: positive(0x829A),
        iso: exif.and_then(|exif| exif.number(0x8827)).filter(|&iso| iso > 0),
    };
    (camera != Camera::default()).then_some(camera)
}

/// A text for people: up to its NUL, without control characters, spaces trimmed and joined, cut at a character.
/// Bytes that are not UTF-8 become U+FFFD.
fn text(directory: &Directory<'_>, tag: u16, longest: usize) -> Option<String> {
    let raw = directory.raw(tag)?;
    let end = raw.iter().position(|&byte| byte == 0).unwrap_or(raw.len());
    let (mut clean, mut characters, mut gap) = (String::new(), 0, false);
    let pieces = raw[..end].utf8_chunks().flat_map(|chunk| {
        let broken = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        chunk.valid().chars().chain(broken)
    });
    for c in pieces {
        if c.is_whitespace() || c.is_control() || is_invisible(c) {
            gap = characters > 0;
            continue;
        }
        if characters + 1 + usize::from(gap) > longest {
            break;
        }
        if std::mem::take(&mut gap) {
            clean.push(' ');
            characters += 1;
        }
        clean.push(c);
        characters += 1;
    }
    (!clean.is_empty()).then_some(clean)
}

/// Marks that turn or hide the text around them on a page (Unicode, bidirectional controls and zero widths).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn place(gps: &Directory<'_>) -> Option<Place> {
    let latitude = angle(gps, 0x0002)?;
    let longitude = angle(gps, 0x0004)?;
    let reference = |tag: u16| gps.raw(tag).and_then(|raw| raw.first()).map(u8::to_ascii_uppercase);
    let (north, east) = (reference(0x0001), reference(0x0003));
    let (latitude, longitude) = (
        if north == Some(b'S') { -latitude } else { latitude },
        if east == Some(b'W') { -longitude } else { longitude },
    );
    // A receiver without a fix writes zeros and no hemisphere; the true 0°, 0° is in the Atlantic.
    let known =
        |reference: Option<u8>, letters: &[u8]| reference.is_some_and(|letter| letters.contains(&letter));
    let nowhere = latitude == 0.0 && longitude == 0.0 && !(known(north, b"NS") && known(east, b"EW"));
    if nowhere || latitude.abs() > 90.0 || longitude.abs() > 180.0 {
        return None;
    }
    let below = gps.number(0x0005) == Some(1);
    // From the deepest trench to where satellites fly.
    let altitude_m = gps
        .fraction(0x0006)
        .map(|metres| if below { -metres } else { metres })
        .filter(|metres| (-12_000.0..=1_000_000.0).contains(metres));
    Some(Place { latitude, longitude, altitude_m })
}

/// Degrees, minutes and seconds as degrees. Minutes and seconds may be unknown.
fn angle(gps: &Directory<'_>, tag: u16) -> Option<f64> {
    let part = |index| gps.fraction_at(tag, index);
    let degrees = part(0)? + part(1).unwrap_or(0.0) / 60.0 + part(2).unwrap_or(0.0) / 3600.0;
    degrees.is_finite().then_some(degrees)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiff::tests::{Value, build};
    use crate::{Kind, facts::Times};

    fn facts(entries: &[(u16, Value<'_>)]) -> Facts {
        let bytes = build(entries, false);
        let mut facts = Facts {
            kind: Kind::Jpeg,
            width: None,
            height: None,
            orientation: Orientation::default(),
            times: Times::default(),
            camera: None,
            place: None,
        };
        read(&Tiff::new(&bytes).unwrap().first().unwrap(), None, None, &mut facts);
        facts
    }

    fn time(text: &str) -> Option<(String, Option<String>)> {
        parse_time(text).map(|found| (found.local, found.offset))
    }

    #[test]
    fn times_of_all_forms_are_read() {
        let local = |text: &str| time(text).map(|found| found.0);
        for text in
            ["2024:05:17 09:30:01", "2024-05-17T09:30:01", "2024/05/17 09:30:01", " 2024.05.17 09:30:01 "]
        {
            assert_eq!(local(text).as_deref(), Some("2024-05-17T09:30:01.000"), "{text}");
        }
        assert_eq!(local("2024-05-17T09:30").as_deref(), Some("2024-05-17T09:30:00.000"));
        assert_eq!(local("2024-05-17").as_deref(), Some("2024-05-17T00:00:00.000"));
        assert_eq!(local("1969:07:20 20:17:40").as_deref(), Some("1969-07-20T20:17:40.000"));
        assert_eq!(local("2016:12:31 23:59:60").as_deref(), Some("2016-12-31T23:59:59.000"));
        assert_eq!(
            time("2024-05-17T09:30:01.25+02:00"),
            Some(("2024-05-17T09:30:01.250".to_owned(), Some("+02:00".to_owned())))
        );
        assert_eq!(time("2024-05-17T09:30:01Z").unwrap().1.as_deref(), Some("+00:00"));
    }

    #[test]
    fn days_that_never_were_are_absent() {
        for text in [
            "",
            "    :  :     :  :  ",
            "0000:00:00 00:00:00",
            "2024:13:01 00:00:00",
            "2023:02:29 00:00:00",
            "2024:04:31 00:00:00",
            "2024:00:10 00:00:00",
            "2024:01:01 24:00:00",
            "2024:01:01 12:60:00",
            "2024:01:01 1",
            "20240101",
            "２０２４:01:01 00:00:00",
            "+024:01:01 00:00:00",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
        assert!(time("2024:02:29 00:00:00").is_some());
    }

    #[test]
    fn offsets_of_all_forms_are_read() {
        assert_eq!(parse_offset("+02:00").as_deref(), Some("+02:00"));
        assert_eq!(parse_offset("-0330").as_deref(), Some("-03:30"));
        assert_eq!(parse_offset("Z").as_deref(), Some("+00:00"));
        for text in ["", "02:00", "+2:00", "+99:00", "+02:61", "   :  ", "+٠٢:00"] {
            assert_eq!(parse_offset(text), None, "{text}");
        }
    }

    #[test]
    fn fraction_and_offset_belong_to_their_time() {
        let facts = facts(&[(
            EXIF_DIRECTORY,
            Value::Child(vec![
                (0x9003, Value::Text("2024:05:17 09:30:01")),
                (0x9004, Value::Text("2024:05:18 10:00:00")),
                (0x9011, Value::Text("+02:00")),
                (0x9291, Value::Text("7")),
                (0x9292, Value::Text("123456")),
            ]),
        )]);
        assert_eq!(
            facts.times.original,
            Some(FoundTime {
                local: "2024-05-17T09:30:01.700".to_owned(),
                offset: Some("+02:00".to_owned())
            })
        );
        assert_eq!(
            facts.times.created,
            Some(FoundTime { local: "2024-05-18T10:00:00.123".to_owned(), offset: None })
        );
    }

    #[test]
    fn texts_are_clean_and_short() {
        let long = "é".repeat(150);
        let facts = facts(&[
            (0x010F, Value::Text("  Canon \u{7}\u{202E} Inc.\t\0junk")),
            (0x0110, Value::Text(&long)),
            (EXIF_DIRECTORY, Value::Child(vec![(0xA434, Value::Text(" \n "))])),
        ]);
        let camera = facts.camera.unwrap();
        assert_eq!(camera.make.as_deref(), Some("Canon Inc."));
        assert_eq!(camera.model.unwrap().chars().count(), 100);
        assert_eq!(camera.lens, None);
    }

    #[test]
    fn a_place_has_a_hemisphere_and_a_range() {
        let gps = |north: &'static str, latitude: u32, east: &'static str, longitude: u32| {
            facts(&[(
                GPS_DIRECTORY,
                Value::Child(vec![
                    (1, Value::Text(north)),
                    (2, Value::Fractions(&[(latitude, 1), (30, 1), (0, 0)])),
                    (3, Value::Text(east)),
                    (4, Value::Fractions(&[(longitude, 1), (0, 1), (36, 1)])),
                    (5, Value::Short(1)),
                    (6, Value::Fractions(&[(4125, 10)])),
                ]),
            )])
            .place
        };
        let expected = Place { latitude: -33.5, longitude: 151.01, altitude_m: Some(-412.5) };
        assert_eq!(gps("S", 33, "E", 151), Some(expected));
        assert_eq!(gps("N", 91, "E", 10), None);
        assert_eq!(gps("N", 10, "W", 181), None);
    }

    #[test]
    fn a_receiver_without_a_fix_is_nowhere() {
        let zero: &[(u32, u32)] = &[(0, 1), (0, 1), (0, 1)];
        let gps = |north, east| {
            facts(&[(
                GPS_DIRECTORY,
                Value::Child(vec![
                    (1, Value::Text(north)),
                    (2, Value::Fractions(zero)),
                    (3, Value::Text(east)),
                    (4, Value::Fractions(zero)),
                ]),
            )])
            .place
        };
        assert_eq!(gps("", ""), None);
        assert!(gps("N", "E").is_some());
    }

    #[test]
    fn numbers_that_make_no_sense_are_absent() {
        let facts = facts(&[(
            EXIF_DIRECTORY,
            Value::Child(vec![
                (0x829A, Value::Fractions(&[(1, 250)])),
                (0x829D, Value::Fractions(&[(0, 10)])),
                (0x920A, Value::Fractions(&[(50, 0)])),
                (0x8827, Value::Short(0)),
            ]),
        )]);
        let expected = Camera { exposure_s: Some(0.004), ..Camera::default() };
        assert_eq!(facts.camera, Some(expected));
    }
}
