//! Records and counters as DynamoDB items, and back. Attribute names are written here and nowhere else.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};
use tintype_core::cursor::{Cursor, Listing};
use tintype_core::id::{PhotoId, UserId};
use tintype_core::record::{Camera, Preview, PreviewReason, Record, State};
use tintype_core::taken::{Taken, TakenSource};
use tintype_core::tally::{Counter, Tally};
use tintype_core::wire::PhotoSummary;

use super::{Item, WORK_SHARDS};
use crate::error::StorageError;

pub(super) const COUNTER_PREFIX: &str = "C#";
const PHOTO_PREFIX: &str = "P#";
const USERS: &str = "USERS";
/// What the keeper remembers of itself.
pub(super) const KEEPER: &str = "KEEPER";
/// Names the write that an item is of.
pub(super) const WRITE_ID: &str = "write_id";

/// Fixed width and UTC, so that its text sorts as it does.
const DUE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

pub(super) fn corrupt(what: impl Into<String>, why: impl Display) -> StorageError {
    StorageError::Corrupt { what: what.into(), why: why.to_string() }
}

fn s(text: impl Display) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

fn n(number: impl Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn user_partition(user: &UserId) -> AttributeValue {
    s(format_args!("U#{user}"))
}

pub(super) fn listing_partition(user: &UserId, listing: Listing) -> AttributeValue {
    match listing {
        Listing::Timeline => s(format_args!("U#{user}#T")),
        Listing::Trash => s(format_args!("U#{user}#X")),
    }
}

pub(super) fn work_partition(shard: u8) -> AttributeValue {
    s(format_args!("W#{shard}"))
}

pub(super) fn photo_key(user: &UserId, photo_id: &PhotoId) -> Item {
    HashMap::from([
        ("PK".to_owned(), user_partition(user)),
        ("SK".to_owned(), s(format_args!("{PHOTO_PREFIX}{photo_id}"))),
    ])
}

pub(super) fn counter_key(user: &UserId, counter: &Counter) -> Item {
    HashMap::from([
        ("PK".to_owned(), user_partition(user)),
        ("SK".to_owned(), s(format_args!("{COUNTER_PREFIX}{counter}"))),
    ])
}

pub(super) fn users_partition() -> AttributeValue {
    s(USERS)
}

pub(super) fn user_of_item(item: &Item) -> Result<UserId, StorageError> {
    let text = item.get("SK").and_then(|value| value.as_s().ok()).ok_or_else(|| corrupt("a user", "SK"))?;
    text.parse().map_err(|error| corrupt("a user", error))
}

/// The photo id of a key whose record may be unreadable.
pub(super) fn photo_id_of(item: &Item) -> Result<PhotoId, StorageError> {
    photo_of_key(item).map(|(_, photo_id)| photo_id)
}

pub(super) fn photo_prefix() -> AttributeValue {
    s(PHOTO_PREFIX)
}

pub(super) fn user_item(user: &UserId) -> Item {
    HashMap::from([("PK".to_owned(), s(USERS)), ("SK".to_owned(), s(user))])
}

/// The sort key of a listing at which a cursor stands.
pub(super) fn listing_position(cursor: &Cursor) -> String {
    format!("{}#{}", cursor.taken, cursor.photo_id)
}

/// The index's key at which a cursor stands.
pub(super) fn start_key(user: &UserId, cursor: &Cursor) -> Item {
    let mut key = photo_key(user, &cursor.photo_id);
    key.insert("timeline_pk".to_owned(), listing_partition(user, cursor.listing));
    key.insert("timeline_sk".to_owned(), s(listing_position(cursor)));
    key
}

pub(super) fn due_text(at: OffsetDateTime) -> Result<String, StorageError> {
    at.to_offset(UtcOffset::UTC).format(DUE).map_err(|error| corrupt("a time", error))
}

fn time_text(at: OffsetDateTime) -> Result<String, StorageError> {
    at.format(&Rfc3339).map_err(|error| corrupt("a time", error))
}

pub(super) fn from_record(record: &Record) -> Result<Item, StorageError> {
    let mut item = photo_key(&record.user, &record.photo_id);
    let mut put = |name: &str, value: AttributeValue| {
        item.insert(name.to_owned(), value);
    };
    put("revision", n(record.revision));
    put("generation", s(record.generation));
    put("state", s(record.state.as_str()));
    put("preview", s(preview_word(record.preview)));
    put("size", n(record.size));
    put("content_type", s(&record.content_type));
    put("file_name", s(&record.file_name));
    put("key", s(&record.key));
    put("taken", s(record.taken.local));
    put("taken_source", s(record.taken.source.as_str()));
    put("attempts", n(record.attempts));
    for (name, text) in [
        ("taken_offset", &record.taken.offset),
        ("version_id", &record.version_id),
        ("thumbhash", &record.thumbhash),
    ] {
        if let Some(text) = text {
            put(name, s(text));
        }
    }
    for (name, number) in [("width", record.width), ("height", record.height)] {
        if let Some(number) = number {
            put(name, n(number));
        }
    }
    if let Some(camera) = &record.camera {
        put("camera", s(serde_json::to_string(camera).map_err(|error| corrupt("a camera", error))?));
    }
    if let Some(place) = &record.place {
        put("place", s(serde_json::to_string(place).map_err(|error| corrupt("a place", error))?));
    }
    for (name, at) in [
        ("modified_at", record.modified_at),
        ("stored_at", record.stored_at),
        ("trashed_at", record.trashed_at),
        ("due", record.due),
    ] {
        if let Some(at) = at {
            put(name, s(time_text(at)?));
        }
    }
    for (name, value) in in_indexes(record)? {
        put(name, value);
    }
    Ok(item)
}

/// By what the indexes have a record.
fn in_indexes(record: &Record) -> Result<Vec<(&'static str, AttributeValue)>, StorageError> {
    let listing = match record.state {
        State::Stored => Some(Listing::Timeline),
        State::Trashed => Some(Listing::Trash),
        State::Storing | State::Purging | State::Gone => None,
    };
    let mut found = Vec::new();
    if let Some(listing) = listing {
        found.push(("timeline_pk", listing_partition(&record.user, listing)));
        found.push(("timeline_sk", s(format_args!("{}#{}", record.taken.local, record.photo_id))));
    }
    if let Some(due) = record.due {
        found.push(("work_pk", work_partition(record.photo_id.digest()[0] % WORK_SHARDS)));
        found.push(("work_sk", s(format_args!("{}#{}#{}", due_text(due)?, record.user, record.photo_id))));
    }
    Ok(found)
}

/// Whether an item has what the indexes have its record by. DynamoDB keeps an index by the item's attributes alone:
/// without them, the photo is on no page, or no keeper finds what is due.
pub(super) fn is_indexed(item: &Item, record: &Record) -> bool {
    in_indexes(record).is_ok_and(|all| all.iter().all(|(name, value)| item.get(*name) == Some(value)))
}

/// The sort key of an item, whatever it is of.
pub(super) fn sort_key(item: &Item) -> String {
    item.get("SK").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// The sort key of a photo's record: records and strange items of a user come in the order of these.
pub fn sort_key_of(photo_id: &PhotoId) -> String {
    format!("{PHOTO_PREFIX}{photo_id}")
}

/// How a report names an item of a user that none of our functions wrote: by its two keys.
pub fn name_of_item(user: &UserId, sort_key: &str) -> String {
    format!("U#{user} {sort_key}")
}

/// The same of one among the users.
pub fn name_of_user_item(sort_key: &str) -> String {
    format!("{USERS} {sort_key}")
}

pub(super) fn to_record(item: &Item) -> Result<Record, StorageError> {
    let (user, photo_id) = photo_of_key(item)?;
    let reader = Reader { item, photo_id };
    Ok(Record {
        user,
        photo_id,
        revision: reader.number("revision")?,
        generation: reader.parsed("generation")?,
        state: reader.state()?,
        preview: reader.preview()?,
        size: reader.number("size")?,
        content_type: reader.text("content_type")?.to_owned(),
        file_name: reader.text("file_name")?.to_owned(),
        modified_at: reader.time("modified_at")?,
        key: reader.text("key")?.to_owned(),
        version_id: reader.optional("version_id").map(ToOwned::to_owned),
        taken: reader.taken()?,
        width: reader.optional_number("width")?,
        height: reader.optional_number("height")?,
        thumbhash: reader.optional("thumbhash").map(ToOwned::to_owned),
        camera: reader.json("camera")?,
        place: reader.json("place")?,
        attempts: reader.number("attempts")?,
        stored_at: reader.time("stored_at")?,
        trashed_at: reader.time("trashed_at")?,
        due: reader.time("due")?,
    })
}

/// What the timeline index projects of a record.
pub const SUMMARY_ATTRIBUTES: [&str; 15] = [
    "generation",
    "state",
    "preview",
    "taken",
    "taken_source",
    "taken_offset",
    "width",
    "height",
    "thumbhash",
    "camera",
    "file_name",
    "content_type",
    "size",
    "stored_at",
    "trashed_at",
];

pub(super) fn to_summary(item: &Item) -> Result<PhotoSummary, StorageError> {
    let (_, photo_id) = photo_of_key(item)?;
    let reader = Reader { item, photo_id };
    let preview = reader.preview()?;
    let taken = reader.taken()?;
    let camera: Option<Camera> = reader.json("camera")?;
    Ok(PhotoSummary {
        photo_id,
        generation: reader.parsed("generation")?,
        state: reader.state()?,
        doubted: false,
        preview: preview.into(),
        preview_reason: preview.reason(),
        taken: taken.local.to_string(),
        taken_source: taken.source,
        width: reader.optional_number("width")?,
        height: reader.optional_number("height")?,
        thumbhash: reader.optional("thumbhash").map(ToOwned::to_owned),
        camera: camera.map(|camera| camera.in_one_line()).filter(|line| !line.is_empty()),
        file_name: reader.text("file_name")?.to_owned(),
        content_type: reader.text("content_type")?.to_owned(),
        size: reader.number("size")?,
        stored_at: reader.time("stored_at")?,
        trashed_at: reader.time("trashed_at")?,
    })
}

pub(super) fn cursor_of(summary: &PhotoSummary, listing: Listing) -> Result<Cursor, StorageError> {
    let taken = summary.taken.parse().map_err(|error| corrupt("a page's end", error))?;
    Ok(Cursor { listing, taken, photo_id: summary.photo_id })
}

pub(super) fn photo_of_key(item: &Item) -> Result<(UserId, PhotoId), StorageError> {
    let part = |name: &str, prefix: &str| {
        let text = item.get(name).and_then(|value| value.as_s().ok());
        text.and_then(|text| text.strip_prefix(prefix)).ok_or_else(|| corrupt("a key", name))
    };
    let user = part("PK", "U#")?.parse().map_err(|error| corrupt("a key", error))?;
    let photo_id = part("SK", PHOTO_PREFIX)?.parse().map_err(|error| corrupt("a key", error))?;
    Ok((user, photo_id))
}

const PREVIEWS: [Preview; 2] = [Preview::Pending, Preview::Ready];

fn preview_word(preview: Preview) -> String {
    match preview {
        Preview::Pending => "pending".to_owned(),
        Preview::Ready => "ready".to_owned(),
        Preview::None(reason) => format!("none:{}", reason.as_str()),
    }
}

const SOURCES: [TakenSource; 6] = [
    TakenSource::Exif,
    TakenSource::ExifCreated,
    TakenSource::Xmp,
    TakenSource::FileName,
    TakenSource::Modified,
    TakenSource::Uploaded,
];

struct Reader<'a> {
    item: &'a Item,
    photo_id: PhotoId,
}

impl<'a> Reader<'a> {
    fn wrong(&self, name: &str, why: impl Display) -> StorageError {
        corrupt(format!("{name} of the record of {}", self.photo_id), why)
    }

    fn optional(&self, name: &str) -> Option<&'a str> {
        self.item.get(name)?.as_s().ok().map(String::as_str)
    }

    fn text(&self, name: &str) -> Result<&'a str, StorageError> {
        self.optional(name).ok_or_else(|| self.wrong(name, "missing"))
    }

    fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, StorageError> {
        self.text(name)?.parse().map_err(|error| self.wrong(name, error))
    }

    fn optional_number<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, StorageError> {
        let Some(number) = self.item.get(name).and_then(|value| value.as_n().ok()) else { return Ok(None) };
        number.parse().map(Some).map_err(|error| self.wrong(name, error))
    }

    fn number<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, StorageError> {
        self.optional_number(name)?.ok_or_else(|| self.wrong(name, "missing"))
    }

    fn time(&self, name: &str) -> Result<Option<OffsetDateTime>, StorageError> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        OffsetDateTime::parse(text, &Rfc3339).map(Some).map_err(|error| self.wrong(name, error))
    }

    fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StorageError> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|error| self.wrong(name, error))
    }

    fn state(&self) -> Result<State, StorageError> {
        let word = self.text("state")?;
        let state = State::ALL.into_iter().find(|state| state.as_str() == word);
        state.ok_or_else(|| self.wrong("state", word))
    }

    fn preview(&self) -> Result<Preview, StorageError> {
        let word = self.text("preview")?;
        let none = PreviewReason::ALL.into_iter().map(Preview::None);
        let preview = PREVIEWS.into_iter().chain(none).find(|preview| preview_word(*preview) == word);
        preview.ok_or_else(|| self.wrong("preview", word))
    }

    fn taken(&self) -> Result<Taken, StorageError> {
        let word = self.text("taken_source")?;
        let source = SOURCES.into_iter().find(|source| source.as_str() == word);
        Ok(Taken {
            local: self.parsed("taken")?,
            offset: self.optional("taken_offset").map(ToOwned::to_owned),
            source: source.ok_or_else(|| self.wrong("taken_source", word))?,
        })
    }
}

fn reason_attribute(reason: PreviewReason) -> String {
    format!("none_{}", reason.as_str())
}

/// The attributes of a counter that a change adds to, zeros left out.
pub(super) fn from_tally(tally: &Tally) -> Vec<(String, AttributeValue)> {
    let fixed = [("count", tally.count), ("bytes", tally.bytes), ("pending", tally.pending)];
    let reasons = tally.none.iter().map(|(reason, count)| (reason_attribute(*reason), *count));
    fixed
        .into_iter()
        .map(|(name, number)| (name.to_owned(), number))
        .chain(reasons)
        .filter(|(_, number)| *number != 0)
        .map(|(name, number)| (name, n(number)))
        .collect()
}

pub(super) fn to_tally(item: &Item) -> Result<(Counter, Tally), StorageError> {
    let key = item.get("SK").and_then(|value| value.as_s().ok());
    let counter = match key.and_then(|key| key.strip_prefix(COUNTER_PREFIX)) {
        Some("trash") => Counter::Trash,
        Some(month) => Counter::Month(month.to_owned()),
        None => return Err(corrupt("a counter", "its key")),
    };
    let number = |name: &str| match item.get(name).map(AttributeValue::as_n) {
        None => Ok(0),
        Some(Ok(number)) => number.parse().map_err(|error| corrupt(format!("counter {counter}"), error)),
        Some(Err(_)) => Err(corrupt(format!("counter {counter}"), name)),
    };
    let mut tally = Tally {
        count: number("count")?,
        bytes: number("bytes")?,
        pending: number("pending")?,
        ..Tally::default()
    };
    for reason in PreviewReason::ALL {
        let count = number(&reason_attribute(reason))?;
        if count != 0 {
            tally.none.insert(reason, count);
        }
    }
    Ok((counter, tally))
}
