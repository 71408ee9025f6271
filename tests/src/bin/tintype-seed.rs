//! Makes a library of many photos out of a few, for `make bench-page`: on a data folder whose Tintype is stopped, and
//! past the API, since 200,000 real uploads would take days. Records are copies of the records that are there, with ids
//! and times of their own, and the generation of the photo that was copied, whose variants stand for theirs.
//!
//! `tintype-seed DATA_DIR USER COUNT [DAY]`: with a day, all of them in the four weeks from it on, evenly.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use dynoxide::{AttributeValue, Database, ImportOptions};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::macros::{date, format_description};
use time::{Date, Duration, PrimitiveDateTime, Time};

type Item = HashMap<String, AttributeValue>;
type Problem = Box<dyn Error>;

const TABLE: &str = "tintype";
/// This many lie on one day, as after an import that lost its dates; and as many again in one second.
const HEAP: usize = 20_000;
const BATCH: usize = 5_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ([data_dir, user, count] | [data_dir, user, count, _]) = arguments.as_slice() else {
        eprintln!("usage: tintype-seed DATA_DIR USER COUNT [DAY]");
        return ExitCode::FAILURE;
    };
    let day = arguments.get(3).map(String::as_str);
    match count.parse().map_err(Problem::from).and_then(|count| seed(Path::new(data_dir), user, count, day)) {
        Ok(made) => {
            println!("{made} photos");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn seed(data_dir: &Path, user: &str, count: usize, day: Option<&str>) -> Result<usize, Problem> {
    let day = day.map(|text| Date::parse(text, format_description!("[year]-[month]-[day]"))).transpose()?;
    let catalog = data_dir.join("catalog.sqlite");
    let database = Database::new(catalog.to_str().ok_or("the folder's name is not Unicode")?)?;
    let templates = photos_of(&database, user)?;
    if templates.is_empty() {
        return Err(format!("{user} has no photos to copy").into());
    }
    let mut months: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for template in &templates {
        count_in(&mut months, text(template, "taken")?, template)?;
    }

    database.enable_bulk_loading()?;
    for from in (0..count).step_by(BATCH) {
        let mut batch = Vec::new();
        for index in from..count.min(from + BATCH) {
            let template = &templates[index % templates.len()];
            let id = photo_id_of(&format!("{user} {index}"))?;
            let at = match day {
                Some(day) => evenly(day, index, count)?,
                None => scattered(index, count)?,
            };
            let taken = wall(at, index);
            let copied = copy(template, &id, &taken)?;
            count_in(&mut months, &taken, &copied)?;
            batch.push(copied);
        }
        database.import_items(TABLE, batch, ImportOptions::default())?;
        println!("{} of {count}", count.min(from + BATCH));
    }
    let counters = months.into_iter().map(|(month, (count, bytes))| {
        HashMap::from([
            ("PK".to_owned(), AttributeValue::S(format!("U#{user}"))),
            ("SK".to_owned(), AttributeValue::S(format!("C#{month}"))),
            ("count".to_owned(), AttributeValue::N(count.to_string())),
            ("bytes".to_owned(), AttributeValue::N(bytes.to_string())),
        ])
    });
    database.import_items(TABLE, counters.collect(), ImportOptions::default())?;
    database.disable_bulk_loading()?;
    Ok(count + templates.len())
}

fn photos_of(database: &Database, user: &str) -> Result<Vec<Item>, Problem> {
    let request = json!({
        "TableName": TABLE,
        "KeyConditionExpression": "PK = :pk AND begins_with(SK, :p)",
        "ExpressionAttributeValues": { ":pk": { "S": format!("U#{user}") }, ":p": { "S": "P#" } },
    });
    let answer = serde_json::to_value(database.query(serde_json::from_value(request)?)?)?;
    Ok(serde_json::from_value(answer["Items"].clone())?)
}

fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, Problem> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(format!("a record lacks {name}").into()),
    }
}

fn photo_id_of(words: &str) -> Result<String, Problem> {
    let mut id = String::new();
    for byte in Sha256::digest(words) {
        write!(id, "{byte:02x}")?;
    }
    Ok(id)
}

fn photo_id(item: &Item) -> Result<&str, Problem> {
    text(item, "SK")?.strip_prefix("P#").ok_or_else(|| "a record's key is odd".into())
}

/// The record with another id and time, wherever they stand in it.
fn copy(template: &Item, id: &str, taken: &str) -> Result<Item, Problem> {
    let (old_id, old_taken) = (photo_id(template)?, text(template, "taken")?);
    let renamed = |value: &AttributeValue| match value {
        AttributeValue::S(text) => AttributeValue::S(text.replace(old_id, id).replace(old_taken, taken)),
        other => other.clone(),
    };
    Ok(template.iter().map(|(name, value)| (name.clone(), renamed(value))).collect())
}

fn count_in(months: &mut BTreeMap<String, (i64, i64)>, taken: &str, item: &Item) -> Result<(), Problem> {
    let Some(AttributeValue::N(size)) = item.get("size") else { return Err("a record lacks size".into()) };
    let month = months.entry(taken[..7].to_owned()).or_default();
    month.0 += 1;
    month.1 += size.parse::<i64>()?;
    Ok(())
}

/// From 1999 to November 2026, more of them in later years, in bunches of a few days, with three years of nothing.
fn scattered(index: usize, count: usize) -> Result<PrimitiveDateTime, Problem> {
    let heaps = count >= 4 * HEAP;
    Ok(if heaps && index < HEAP {
        // One day: 14 July 2018, four seconds apart.
        let second = i64::try_from(index)? * 4;
        PrimitiveDateTime::new(date!(2018 - 07 - 14), Time::MIDNIGHT) + Duration::seconds(second)
    } else if heaps && index < 2 * HEAP {
        PrimitiveDateTime::new(date!(2012 - 03 - 02), Time::from_hms(9, 0, 0)?)
    } else {
        let hash = Sha256::digest(index.to_le_bytes());
        let random = |at: usize| f64::from(u16::from_le_bytes([hash[at], hash[at + 1]])) / 65_536.0;
        // The square makes later days more likely; 6 of 7 days have none.
        let span = f64::from(i32::try_from((date!(2026 - 11 - 20) - date!(1999 - 06 - 03)).whole_days())?);
        #[expect(clippy::cast_possible_truncation, reason = "a number of days")]
        let mut day = (span * random(0).sqrt()) as i64 / 7 * 7;
        let gap = (date!(2003 - 01 - 01) - date!(1999 - 06 - 03)).whole_days();
        if (gap..gap + 1095).contains(&day) {
            day += 1099;
        }
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
        let second = (random(2) * 57_600.0) as i64 + 21_600;
        PrimitiveDateTime::new(date!(1999 - 06 - 03), Time::MIDNIGHT)
            + Duration::days(day)
            + Duration::seconds(second)
    })
}

fn evenly(day: Date, index: usize, count: usize) -> Result<PrimitiveDateTime, Problem> {
    let seconds = i64::try_from(index * 28 * 86_400 / count)?;
    Ok(PrimitiveDateTime::new(day, Time::MIDNIGHT) + Duration::seconds(seconds))
}

/// Fixed width; the milliseconds tell photos of a second apart.
fn wall(at: PrimitiveDateTime, index: usize) -> String {
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        index % 1000
    )
}
