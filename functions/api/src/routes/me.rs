//! The library in numbers.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use tintype_core::audit::has_original;
use tintype_core::audit::line::{Told, Unfinished, line};
use tintype_core::id::{PhotoId, UserId};
use tintype_core::record::PreviewReason;
use tintype_core::stuck::LastRun;
use tintype_core::tally::{Counter, Tally};
use tintype_core::wire::{
    AttentionPhoto, Cost, DrillSummary, KeeperSummary, Me, Month, ReasonCount, Stuck, StuckReason, Timeline,
};
use tintype_storage::catalog::{Catalog, NoteKey};
use tintype_storage::mint;

use crate::Api;
use crate::auth::Reader;
use crate::doubts::{Doubts, note};
use crate::error::ApiError;
use crate::routes::Problems;

/// How many photos that need attention are named.
const MOST_NAMED: usize = 12;
/// How many of them are looked up: one call.
const MOST_LOOKED_UP: usize = 100;

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
    let (drill, stuck) = (NoteKey::Drill(user.clone()), NoteKey::Stuck(user.clone()));
    let (counters, doubts, last_drill, stuck, keeper) = tokio::try_join!(
        async { Ok(catalog.counters(&user).await?) },
        Doubts::of(catalog, &user),
        note::<DrillSummary>(catalog, &drill),
        note::<Stuck>(catalog, &stuck),
        note::<LastRun>(catalog, &NoteKey::KeeperRun),
    )?;
    let unfinished = match &doubts.audit {
        Some(_) => None,
        None => note::<Unfinished>(catalog, &NoteKey::KeeperAudit).await?,
    };
    let now = mint::now();
    let keeper = keeper.unwrap_or_default();
    let (safe, trash) = totals(&counters);
    let stuck = stuck.unwrap_or_default();
    let named = Named::by(catalog, &user, &doubts).await?;
    let attention = named.count + stuck_for_good(&stuck, named.doubted.len());
    let unnamed = doubts.doubted.more_at.is_some();
    let last_audit = doubts.audit.map(|audit| audit.summary);
    let told = Told {
        photos: positive(safe.count),
        attention,
        unchecked: last_audit.as_ref().map_or(0, |audit| audit.unchecked),
        unnamed,
        checked_at: last_audit.as_ref().map(|audit| audit.finished_at),
        unfinished_since: unfinished.and_then(|says| says.unfinished_since),
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
        attention,
        attention_photos: named.first,
        last_audit,
        last_drill,
        stuck,
        keeper: KeeperSummary { ran_at: keeper.ran_at, late: keeper.is_late(now) },
        line: line(told, now),
    }))
}

/// What audits and drills name, each photo once.
struct Named {
    /// Photos whose original is lost or wrong.
    doubted: BTreeSet<PhotoId>,
    /// All that is named, with what has no photo, or an id that is not known.
    count: u64,
    /// The first of them that are still there, those whose original is lost or wrong before others.
    first: Vec<AttentionPhoto>,
}

impl Named {
    async fn by(catalog: &Catalog, user: &UserId, doubts: &Doubts) -> Result<Self, ApiError> {
        let mut doubted: BTreeSet<PhotoId> =
            doubts.doubted.originals.iter().map(|original| original.photo_id).collect();
        let (mut others, mut without_id) = (BTreeSet::new(), 0);
        if let Some(audit) = &doubts.audit {
            let ids = audit.named.as_ref().unwrap_or(&audit.wrong);
            without_id = audit.summary.differences.saturating_sub(ids.len() as u64);
            // Of an original, what is doubted is the newer word.
            let of_originals: BTreeSet<&PhotoId> = audit.wrong.iter().collect();
            let known = |id: &&PhotoId| of_originals.contains(id) || doubted.contains(*id);
            others = ids.iter().filter(|id| !known(id)).copied().collect();
        }
        let ids: Vec<PhotoId> = doubted.iter().chain(&others).copied().take(MOST_LOOKED_UP).collect();
        let records = catalog.get_many(user, &ids).await?;
        // What is over says nothing any longer: a photo that was removed, and perhaps uploaded anew.
        let is_over = |id: &PhotoId| match records.get(id) {
            Some(Ok(record)) => !has_original(record) || !doubts.about(record),
            Some(Err(_)) => false,
            None => true,
        };
        for id in ids.iter().filter(|id| is_over(id)) {
            doubted.remove(id);
        }
        let first =
            ids.iter().filter_map(|id| records.get(id)?.as_ref().ok()).filter(|record| has_original(record));
        let first =
            first.filter(|record| doubted.contains(&record.photo_id) || others.contains(&record.photo_id));
        let first = first.take(MOST_NAMED).map(|record| AttentionPhoto {
            doubted: doubted.contains(&record.photo_id),
            photo_id: record.photo_id,
            state: record.state,
            file_name: record.file_name.clone(),
        });
        let first = first.collect();
        let count = without_id + (doubted.len() + others.len()) as u64;
        Ok(Self { doubted, count, first })
    }
}

/// What is stuck since bytes are damaged or missing: of originals only as many as nobody names.
fn stuck_for_good(stuck: &Stuck, named: usize) -> u64 {
    let of =
        |reason| stuck.reasons.iter().filter(|one| one.reason == reason).map(|one| one.count).sum::<u64>();
    of(StuckReason::Damaged) + of(StuckReason::OriginalMissing).saturating_sub(named as u64)
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
