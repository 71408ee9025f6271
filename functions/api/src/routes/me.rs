//! The library in numbers.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use tintype_core::audit::Kind;
use tintype_core::audit::line::{Told, line};
use tintype_core::audit::report::{Doubted, UserAudit};
use tintype_core::record::PreviewReason;
use tintype_core::stuck::LastRun;
use tintype_core::tally::{Counter, Tally};
use tintype_core::wire::{
    AuditSummary, Cost, DrillSummary, KeeperSummary, Me, Month, ReasonCount, Stuck, StuckReason, Timeline,
};
use tintype_storage::catalog::NoteKey;
use tintype_storage::mint;

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
    let catalog = &api.storage.catalog;
    let (audit, drill) = (NoteKey::Audit(user.clone()), NoteKey::Drill(user.clone()));
    let (audit, drill, stuck) = (&audit, &drill, &NoteKey::Stuck(user.clone()));
    let doubted = &NoteKey::Doubted(user.clone());
    let (counters, audit, drill, doubted, stuck, keeper) = tokio::try_join!(
        catalog.counters(&user),
        catalog.note::<UserAudit>(audit),
        catalog.note::<DrillSummary>(drill),
        catalog.note::<Doubted>(doubted),
        catalog.note::<Stuck>(stuck),
        catalog.note::<LastRun>(&NoteKey::KeeperRun),
    )?;
    let now = mint::now();
    let last_audit = audit.map(|note| note.says.summary);
    let last_drill = drill.map(|note| note.says);
    let keeper = keeper.map(|note| note.says).unwrap_or_default();
    let (safe, trash) = totals(&counters);
    let stuck = stuck.map(|note| note.says).unwrap_or_default();
    // An original that was found wrong by a drill that is not at its end yet is in no summary.
    let doubted = doubted.map_or(0, |note| note.says.originals.len() as u64);
    let told = Told {
        photos: positive(safe.count),
        attention: doubted.max(
            last_audit.as_ref().map_or(0, |audit| audit.differences)
                + last_drill.as_ref().map_or(0, |drill| drill.wrong)
                + damaged(&stuck, last_audit.as_ref()),
        ),
        unchecked: last_audit.as_ref().map_or(0, |audit| audit.unchecked),
        checked_at: last_audit.as_ref().map(|audit| audit.finished_at),
    };
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
        last_audit,
        last_drill,
        stuck,
        keeper: KeeperSummary { ran_at: keeper.ran_at, late: keeper.is_late(now) },
        line: line(told, now),
    }))
}

/// What is stuck since bytes are damaged or missing: originals only as far as the audit does not name as many.
fn damaged(stuck: &Stuck, audit: Option<&AuditSummary>) -> u64 {
    let of =
        |reason| stuck.reasons.iter().filter(|one| one.reason == reason).map(|one| one.count).sum::<u64>();
    let lost = [Kind::Lost, Kind::WrongSize, Kind::WrongChecksum];
    let findings = audit.into_iter().flat_map(|audit| &audit.findings);
    let named: u64 = findings.filter(|one| lost.contains(&one.kind)).map(|one| one.count).sum();
    of(StuckReason::Damaged) + of(StuckReason::OriginalMissing).saturating_sub(named)
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

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "an estimate in dollars; exact up to 9 petabytes")]
fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}
