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
use crate::doubts::Doubts;
use crate::error::ApiError;
use crate::routes::Problems;

/// How many photos that need attention are named.
const MOST_NAMED: usize = 12;

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
    let (counters, doubts, drill, stuck, keeper) = tokio::try_join!(
        async { Ok(catalog.counters(&user).await?) },
        Doubts::of(catalog, &user),
        async { Ok(catalog.note::<DrillSummary>(&drill).await?) },
        async { Ok(catalog.note::<Stuck>(&stuck).await?) },
        async { Ok::<_, ApiError>(catalog.note::<LastRun>(&NoteKey::KeeperRun).await?) },
    )?;
    let unfinished = match &doubts.audit {
        Some(_) => None,
        None => catalog.note::<Unfinished>(&NoteKey::KeeperAudit).await?,
    };
    let now = mint::now();
    let last_drill = drill.map(|note| note.says);
    let keeper = keeper.map(|note| note.says).unwrap_or_default();
    let (safe, trash) = totals(&counters);
    let stuck = stuck.map(|note| note.says).unwrap_or_default();
    let named = Named::by(&doubts);
    let attention = named.count + stuck_for_good(&stuck, named.doubted.len());
    let attention_photos = first_of(catalog, &user, &named).await?;
    let unnamed = doubts.doubted.more_at.is_some();
    let last_audit = doubts.audit.map(|audit| audit.summary);
    let told = Told {
        photos: positive(safe.count),
        attention,
        unchecked: last_audit.as_ref().map_or(0, |audit| audit.unchecked),
        unnamed,
        checked_at: last_audit.as_ref().map(|audit| audit.finished_at),
        unfinished_since: unfinished.and_then(|note| note.says.unfinished_since),
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
        attention_photos,
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
    /// Photos that the last audit names for another reason, as far as their ids are known.
    others: BTreeSet<PhotoId>,
    /// All of it, with what has no photo, or an id that is not known.
    count: u64,
}

impl Named {
    fn by(doubts: &Doubts) -> Self {
        let mut doubted: BTreeSet<PhotoId> =
            doubts.doubted.originals.iter().map(|original| original.photo_id).collect();
        let Some(audit) = &doubts.audit else {
            let count = doubted.len() as u64;
            return Self { doubted, others: BTreeSet::new(), count };
        };
        doubted.extend(&audit.wrong);
        let ids = audit.named.as_ref().unwrap_or(&audit.wrong);
        let without_id = audit.summary.differences.saturating_sub(ids.len() as u64);
        let others: BTreeSet<PhotoId> = ids.iter().copied().filter(|id| !doubted.contains(id)).collect();
        let count = without_id + (doubted.len() + others.len()) as u64;
        Self { doubted, others, count }
    }
}

/// The first photos that need attention, as far as they are still there.
async fn first_of(catalog: &Catalog, user: &UserId, named: &Named) -> Result<Vec<AttentionPhoto>, ApiError> {
    let ids: Vec<PhotoId> = named.doubted.iter().chain(&named.others).copied().take(MOST_NAMED).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut records = catalog.get_many(user, &ids).await?;
    let there = ids.into_iter().filter_map(|id| records.remove(&id)).filter(has_original);
    let photos = there.map(|record| AttentionPhoto {
        doubted: named.doubted.contains(&record.photo_id),
        photo_id: record.photo_id,
        state: record.state,
        file_name: record.file_name,
    });
    Ok(photos.collect())
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
