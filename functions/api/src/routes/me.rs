//! The library in numbers.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use tintype_core::record::PreviewReason;
use tintype_core::tally::{Counter, Tally};
use tintype_core::wire::{Cost, Me, Month, ReasonCount, Timeline};

use crate::Api;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::routes::Problems;

/// How many photos and bytes each month holds, newest first.
#[utoipa::path(get, path = "/api/timeline", tag = "photos", security(("bearer" = [])),
    responses((status = 200, body = Timeline), Problems))]
pub(crate) async fn timeline(
    State(api): State<Api>,
    Reader(user): Reader,
) -> Result<Json<Timeline>, ApiError> {
    let counters = api.storage.catalog.counters(&user).await?;
    let months = counters.into_iter().rev().filter_map(|(counter, tally)| match counter {
        Counter::Month(month) => {
            Some(Month { month, count: positive(tally.count), bytes: positive(tally.bytes) })
        }
        Counter::Trash => None,
    });
    Ok(Json(Timeline { months: months.collect() }))
}

/// Counts, bytes, costs, and all of it in a line.
#[utoipa::path(get, path = "/api/me", tag = "me", security(("bearer" = [])),
    responses((status = 200, body = Me), Problems))]
pub(crate) async fn me(State(api): State<Api>, Reader(user): Reader) -> Result<Json<Me>, ApiError> {
    let counters = api.storage.catalog.counters(&user).await?;
    let (safe, trash) = totals(&counters);
    let usd_gb_month = api.config.originals_usd_gb_month;
    let bytes = positive(safe.bytes) + positive(trash.bytes);
    Ok(Json(Me {
        user_id: user.to_string(),
        photos: positive(safe.count),
        bytes: positive(safe.bytes),
        pending: positive(safe.pending),
        without_preview: without_preview(&safe.none),
        trash_photos: positive(trash.count),
        trash_bytes: positive(trash.bytes),
        cost: Cost {
            usd_month: gigabytes(bytes) * usd_gb_month,
            usd_gb_month,
            storage_class: api.config.originals_class.clone(),
        },
        last_audit: None,
        line: line(positive(safe.count)),
    }))
}

fn totals(counters: &BTreeMap<Counter, Tally>) -> (Tally, Tally) {
    let (mut safe, mut trash) = (Tally::default(), Tally::default());
    for (counter, tally) in counters {
        match counter {
            Counter::Month(_) => safe += tally,
            Counter::Trash => trash += tally,
        }
    }
    (safe, trash)
}

fn without_preview(none: &BTreeMap<PreviewReason, i64>) -> Vec<ReasonCount> {
    none.iter()
        .map(|(reason, count)| ReasonCount { reason: *reason, count: positive(*count) })
        .filter(|entry| entry.count > 0)
        .collect()
}

fn line(photos: u64) -> String {
    match photos {
        0 => "No photos yet".to_owned(),
        1 => "1 photo, safe".to_owned(),
        many => format!("{} photos, all safe", grouped(many)),
    }
}

/// 12408 as 12,408.
fn grouped(number: u64) -> String {
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

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "an estimate in dollars; exact up to 9 petabytes")]
fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_reads_as_a_person_would_say_it() {
        assert_eq!(line(0), "No photos yet");
        assert_eq!(line(1), "1 photo, safe");
        assert_eq!(line(999), "999 photos, all safe");
        assert_eq!(line(12_408), "12,408 photos, all safe");
        assert_eq!(line(1_234_567), "1,234,567 photos, all safe");
    }
}
