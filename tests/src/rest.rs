//! What must be true when the system has come to rest, whatever happened before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use tintype_core::id::PhotoId;
use tintype_core::key::{ObjectKey, Variant};
use tintype_core::record::{Preview, Record, State};
use tintype_core::wire::{PhotoSummary, PreviewState};
use tintype_storage::catalog::WORK_SHARDS;
use tintype_storage::mint;

use crate::{Buckets, File, TestApp, User, assert_counters_are_true, assert_logs_hold_no_secret};

/// What a user wants to have in the end.
pub struct Wish<'a> {
    /// Who.
    pub user: &'a User,
    /// Received, and not trashed since.
    pub stored: Vec<&'a File>,
    /// Trashed.
    pub trashed: Vec<&'a File>,
    /// Removed for good.
    pub gone: Vec<&'a File>,
    /// How many originals lie beside that of the record, such as other bytes that were put in its place: those stay under
    /// an earlier generation.
    pub strays: BTreeMap<PhotoId, usize>,
}

impl<'a> Wish<'a> {
    /// All of these, safe.
    pub fn all_safe(user: &'a User, files: impl IntoIterator<Item = &'a File>) -> Self {
        Self {
            user,
            stored: files.into_iter().collect(),
            trashed: Vec::new(),
            gone: Vec::new(),
            strays: BTreeMap::new(),
        }
    }
}

/// How long nothing may happen before the keeper is called.
const QUIET: Duration = Duration::from_millis(1_500);
/// How often the keeper may be called.
const RUNS: usize = 200;

impl TestApp {
    /// Lets the keeper run, a quarter of an hour and a bit apart, until there is nothing left to do; how often it ran.
    pub async fn come_to_rest(&self) -> usize {
        let mut left = BTreeSet::new();
        for run in 0..RUNS {
            left = self.left_after_a_while().await;
            if left.is_empty() {
                return run;
            }
            let then = mint::now()
                + time::Duration::hours(2)
                + time::Duration::minutes(16) * i32::try_from(run).unwrap();
            // A run that fails is followed by the next one, as on its schedule.
            let _ = tintype_keeper::run(&self.stack.keeper, then).await;
        }
        panic!("not at rest after {RUNS} runs of the keeper: {left:?}");
    }

    /// What waits once nothing moves any more: uploads, and records that are due before the trash is.
    async fn left_after_a_while(&self) -> BTreeSet<String> {
        let (mut last, mut since) = (BTreeSet::new(), Instant::now());
        loop {
            let mut left: BTreeSet<String> = self.buckets.uploads().await.into_keys().collect();
            for shard in 0..WORK_SHARDS {
                let soon = mint::now() + time::Duration::days(20);
                let due = self.sight.catalog.due(shard, soon, 1_000).await.unwrap();
                left.extend(due.into_iter().map(|(user, photo_id)| format!("{user} {photo_id}")));
            }
            if left.is_empty() {
                return left;
            }
            if left != last {
                (last, since) = (left, Instant::now());
            } else if since.elapsed() > QUIET {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Every received upload that its owner did not trash has a byte-identical original in the vault, exactly one record,
/// `stored`, its preview ready or none with a reason; what was trashed is in the trash, and what was removed is gone;
/// no upload waits; listings, counters and the work index say what the records say.
pub async fn assert_at_rest(app: &TestApp, wishes: &[Wish<'_>]) {
    let vault: BTreeSet<String> = app.buckets.vault().await.into_keys().collect();
    let waiting = app.buckets.uploads().await;
    let mut wrong: Vec<String> = waiting.into_keys().map(|key| format!("it waits: {key}")).collect();
    for wish in wishes {
        let (user, records) = (wish.user, records_of(app, wish).await);
        let mut listed = BTreeMap::<PhotoId, Vec<PhotoSummary>>::new();
        for photo in user.list_all().await.into_iter().chain(user.trash_all().await) {
            listed.entry(photo.photo_id).or_default().push(photo);
        }
        let kinds =
            [(&wish.stored, State::Stored), (&wish.trashed, State::Trashed), (&wish.gone, State::Gone)];
        for (files, state) in kinds {
            let looked: Vec<Vec<String>> = stream::iter(files.iter().copied())
                .map(|file| {
                    let copies = 1 + wish.strays.get(&file.photo_id()).copied().unwrap_or_default();
                    look(&app.buckets, (file, state, copies), &records, &vault, &listed)
                })
                .buffered(16)
                .collect()
                .await;
            wrong.extend(looked.into_iter().flatten());
        }
        let wanted: BTreeSet<PhotoId> =
            wish.stored.iter().chain(&wish.trashed).map(|file| file.photo_id()).collect();
        wrong.extend(
            listed
                .keys()
                .filter(|id| !wanted.contains(id))
                .map(|id| format!("{id} is listed, nobody wants it")),
        );
        assert_counters_are_true(user).await;
    }
    assert_logs_hold_no_secret();
    let most = wrong.len().min(10);
    assert!(wrong.is_empty(), "{} are wrong, such as {:#?}", wrong.len(), &wrong[..most]);
}

async fn records_of(app: &TestApp, wish: &Wish<'_>) -> BTreeMap<PhotoId, Record> {
    let files = wish.stored.iter().chain(&wish.trashed).chain(&wish.gone);
    let photo_ids: Vec<PhotoId> = files.map(|file| file.photo_id()).collect();
    let found = app.sight.catalog.get_many(&wish.user.id, &photo_ids).await.unwrap();
    found
        .into_iter()
        .map(|(photo_id, record)| (photo_id, record.expect("a record that can be read")))
        .collect()
}

/// All that is wrong with a photo.
async fn look(
    buckets: &Buckets,
    (file, state, copies): (&File, State, usize),
    records: &BTreeMap<PhotoId, Record>,
    vault: &BTreeSet<String>,
    listed: &BTreeMap<PhotoId, Vec<PhotoSummary>>,
) -> Vec<String> {
    let photo_id = file.photo_id();
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{photo_id} ({}): {what}", file.name));
        }
    };
    let Some(record) = records.get(&photo_id) else {
        check(false, "LOST: there is no record");
        return wrong;
    };
    check(record.state == state, &format!("{:?} where {state:?} is wanted", record.state));
    let of_user = |prefix: &str| format!("{prefix}/{}/{photo_id}/", record.user);
    let below = |prefix: String| {
        vault.range(prefix.clone()..).take_while(move |key| key.starts_with(&prefix)).count()
    };
    let originals = below(of_user("originals"));
    let rows = listed.get(&photo_id).map_or(&[][..], Vec::as_slice);
    if state == State::Gone {
        check(originals == 0, "its original is still there");
        check(below(of_user("media")) == 0, "its variants are still there");
        check(rows.is_empty(), "it is listed");
        return wrong;
    }
    check(originals == copies, &format!("TWICE or LOST: {originals} originals"));
    check(
        buckets.original_bytes(&record.key).await.is_some_and(|bytes| bytes == file.bytes),
        "LOST: other bytes",
    );
    let settled = state == State::Trashed || record.preview != Preview::Pending;
    check(settled, "its preview is pending");
    for variant in Variant::ALL {
        let (user, generation) = (record.user.clone(), record.generation);
        let key = ObjectKey::Variant { user, photo_id, generation, variant }.to_string();
        check(record.preview != Preview::Ready || vault.contains(&key), "a variant is missing");
    }
    check(rows.len() == 1, &format!("listed {} times", rows.len()));
    let preview = match record.preview {
        Preview::Pending => PreviewState::Pending,
        Preview::Ready => PreviewState::Ready,
        Preview::None(_) => PreviewState::None,
    };
    let same = rows.iter().all(|row| {
        (row.generation, row.state, row.preview, row.preview_reason, row.size)
            == (record.generation, record.state, preview, record.preview.reason(), record.size)
            && (row.width, row.height, row.stored_at, row.trashed_at)
                == (record.width, record.height, record.stored_at, record.trashed_at)
            && row.taken == record.taken.local.to_string()
            && row.file_name == record.file_name
    });
    check(same, "the index says something else than the record");
    wrong
}
