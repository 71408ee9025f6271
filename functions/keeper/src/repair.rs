//! Repair: does about each finding of an audit what [`tintype_core::repair`] says. It only adds: nothing is removed,
//! nothing is written over, and each record is written only if it still is what the audit saw.

use std::collections::BTreeSet;
use std::time::Instant;

use time::OffsetDateTime;
use tintype_core::audit::Finding;
use tintype_core::audit::report::{Report, UserAudit};
use tintype_core::id::{AuditId, Generation};
use tintype_core::key::ObjectKey;
use tintype_core::metadata::UploadMetadata;
use tintype_core::record::{Preview, Record};
use tintype_core::repair::{CHANGED, Found, Plan, Proof, may_use, mended, plan, to_render};
use tintype_core::work;
use tintype_storage::catalog::NoteKey;
use tintype_storage::inventory::Version;
use tintype_storage::{Storage, StorageError, Vault};

use crate::prove::{Proved, Reads, prove};
use crate::rebuild::{self, Made};
use crate::request::{RepairAnswer, RepairRequest, RepairResult};
use crate::{Keeper, KeeperError, chores, doubts};

/// What became of a finding: repaired, or left, and how or why.
type Done = Result<&'static str, &'static str>;

/// How many results an answer holds: Lambda's is at most 6 MB.
const MOST_RESULTS: usize = 2_000;
/// How many reports are tried for one that can be read.
const MOST_REPORTS: usize = 10;
const NOT_RIGHT: &str = "could not be repaired just now: the copy is not right; run the audit again";
const NOWHERE: &str = "cannot be repaired: its bytes are nowhere to be had; docs/RESTORE.md says how to bring them back from a copy";

pub(crate) async fn repair(
    keeper: &Keeper,
    request: &RepairRequest,
    now: OffsetDateTime,
    end: Instant,
) -> Result<RepairAnswer, KeeperError> {
    let vault = &keeper.storage.vault;
    let report = match request.report {
        Some(audit_id) => vault.report(audit_id).await?.ok_or(KeeperError::NoSuchReport(audit_id))?,
        None => newest_report(vault, now).await?,
    };
    may_use(&report, now)?;
    let mut answer =
        RepairAnswer { report: Some(report.audit_id), next: request.next, ..RepairAnswer::default() };
    for finding in report.findings.into_iter().skip(request.next) {
        let enough = Instant::now() >= end || answer.results.len() >= MOST_RESULTS;
        if enough && answer.next > request.next {
            return Ok(answer);
        }
        let done = match mend(keeper, &finding, now).await {
            Ok(done) => done,
            Err(StorageError::Changed) => Err(CHANGED),
            Err(error @ StorageError::Full(_)) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(photo_id = ?finding.photo_id, error, "could not be repaired");
                Err("could not be repaired: the disk is full; free some space on it, then repair again")
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(photo_id = ?finding.photo_id, error, "could not be repaired");
                Err("could not be repaired just now; repair again from the same report")
            }
        };
        let (repaired, says) = match done {
            Ok(how) => {
                told_no_more(&keeper.storage, &finding, report.audit_id).await;
                (true, how)
            }
            Err(why) => (false, why),
        };
        answer.next += 1;
        answer.repaired += u64::from(repaired);
        answer.left += u64::from(!repaired && finding.kind.is_difference());
        answer.results.push(RepairResult { finding, repaired, says: says.to_owned() });
    }
    answer.finished = true;
    tracing::info!(repaired = answer.repaired, left = answer.left, "repaired");
    Ok(answer)
}

/// The newest report that can be read, of an audit that did not begin in the future.
async fn newest_report(vault: &Vault, now: OffsetDateTime) -> Result<Report, KeeperError> {
    let mut trouble = None;
    for audit_id in vault.reports(now, MOST_REPORTS).await? {
        match vault.report(audit_id).await {
            Ok(Some(report)) => return Ok(report),
            Ok(None) => {}
            Err(error @ StorageError::Corrupt { .. }) => {
                tracing::warn!(%audit_id, error = &error as &dyn std::error::Error, "a report is passed over");
                trouble = trouble.or(Some(error));
            }
            // It may be the one to use.
            Err(error) => return Err(error.into()),
        }
    }
    Err(trouble.map_or(KeeperError::NoReport, KeeperError::from))
}

async fn mend(keeper: &Keeper, finding: &Finding, now: OffsetDateTime) -> Result<Done, StorageError> {
    let storage = &keeper.storage;
    let record = match (&finding.user, finding.photo_id) {
        (Some(user), Some(photo_id)) => match storage.catalog.get(user, &photo_id).await {
            Ok(record) => record,
            Err(StorageError::Corrupt { .. }) => None,
            Err(error) => return Err(error),
        },
        _ => None,
    };
    match plan(finding, record) {
        Plan::Promote => {
            // A finding is begun while there is time, and then done.
            let (keys, reads) = (BTreeSet::from([finding.key.clone()]), Reads::until(Instant::now()));
            match rebuild::promote(keeper, keys, &reads, now).await? {
                Made::Record => Ok(Ok("repaired: it has a record again, and its preview is on its way")),
                Made::Already => Ok(Err(CHANGED)),
                Made::Refused => Ok(Err("left alone: its bytes are not what its key says")),
                Made::Unread | Made::Later => {
                    Ok(Err("could not be read just now; repair again from the same report"))
                }
            }
        }
        Plan::PutBack(record) => {
            let (generation, key) = (record.generation, record.key.clone());
            put(keeper, &record, generation, key, now).await
        }
        Plan::PutBeside(record) => {
            if let Some(done) = told(keeper, &record, now).await? {
                return Ok(done);
            }
            match rebuild::beside(&record.key, now) {
                Some((generation, key)) => put(keeper, &record, generation, key, now).await,
                None => Ok(Err("cannot be repaired: its record has to be mended by hand")),
            }
        }
        Plan::NoteVersion(record) => match storage.vault.head(&record.key).await? {
            Some(original) if original.is_that_of(&record) => {
                let after = mended(&record, original, record.generation, record.key.clone(), now);
                storage.catalog.replace(Some(&record), &after).await?;
                Ok(Ok("repaired: its receipt names the version that is there"))
            }
            // An audit of every byte found them right, and S3 tells no checksum of them.
            Some(_) => Ok(told(keeper, &record, now).await?.unwrap_or(Err(CHANGED))),
            None => Ok(Err(CHANGED)),
        },
        Plan::Render(record) => {
            let after = storage.catalog.replace(Some(&record), &to_render(&record, now)).await?;
            if after.is_safe() {
                chores::send_render(keeper, &after).await?;
            }
            Ok(Ok("repaired: its thumb and preview are on their way"))
        }
        Plan::WriteAgain(record) => {
            storage.catalog.replace(Some(&record), &record).await?;
            Ok(Ok("repaired: its record has all that it is found by"))
        }
        Plan::Leave(why) => Ok(Err(why)),
    }
}

/// Has S3 tell the checksum of an original that is right where it is, and of which S3 tells none; `None` if that is not
/// what ails it.
async fn told(keeper: &Keeper, record: &Record, now: OffsetDateTime) -> Result<Option<Done>, StorageError> {
    let vault = &keeper.storage.vault;
    let found = vault.describe(&record.key, None).await?;
    let (Ok(key), Some(found)) = (record.key.parse::<ObjectKey>(), found) else { return Ok(None) };
    let proof = Proof::of(&key, found).filter(|proof| proof.size == record.size);
    let Some(proof) = proof else { return Ok(None) };
    let (file_name, modified_at) = (record.file_name.clone(), record.modified_at);
    let metadata = UploadMetadata { file_name, modified_at, restore: false };
    let proof = Proof { content_type: record.content_type.clone(), metadata, ..proof };
    match prove(vault, &key, &proof).await? {
        Proved::Told(found) => {
            let after = mended(record, found.original, record.generation, record.key.clone(), now);
            write(keeper, record, &after, now).await?;
            Ok(Some(Ok("repaired: its bytes are right, and S3 tells their checksum again")))
        }
        Proved::Wrong => Ok(None),
        Proved::NotYet => Ok(Some(Err(NOT_RIGHT))),
    }
}

/// Where the right bytes of a photo still are.
enum Source {
    /// Another version, or another life, of its original.
    Version(Version, Found),
    /// An upload of it that waits.
    Upload(ObjectKey, UploadMetadata),
}

/// Puts the right bytes under a key where nothing lies, and has the record say so.
async fn put(
    keeper: &Keeper,
    record: &Record,
    generation: Generation,
    key: String,
    now: OffsetDateTime,
) -> Result<Done, StorageError> {
    let storage = &keeper.storage;
    let Some(source) = source(keeper, record).await? else { return Ok(Err(NOWHERE)) };
    match &source {
        Source::Version(version, found) => {
            storage.vault.copy_back(version, &key, &record.content_type, &found.metadata).await?;
        }
        Source::Upload(upload, metadata) => {
            let metadata = UploadMetadata { restore: false, ..metadata.clone() };
            storage.vault.copy_in(upload, &key, &record.content_type, &metadata).await?;
        }
    }
    // An answer of 200 can carry an error, and a lost answer can hide a success: what lies there tells.
    let Some(original) = storage.vault.head(&key).await?.filter(|original| original.is_that_of(record))
    else {
        return Ok(Err(NOT_RIGHT));
    };
    let after = mended(record, original, generation, key, now);
    let after = write(keeper, record, &after, now).await?;
    if after.is_safe() && after.preview == Preview::Pending {
        chores::send_render(keeper, &after).await?;
    }
    match source {
        Source::Version(..) => Ok(Ok("repaired: its original is back, from an earlier version")),
        Source::Upload(upload, _) => {
            // Nothing is left for it to do but to go.
            let event = work::uploads_event(&keeper.uploads_bucket, &[upload]).to_string();
            keeper.queue.send(event.into_bytes()).await?;
            Ok(Ok("repaired: its original is back, from an upload that waited"))
        }
    }
}

/// Writes the record of a photo whose right bytes are in the vault again.
async fn write(
    keeper: &Keeper,
    record: &Record,
    after: &Record,
    now: OffsetDateTime,
) -> Result<Record, StorageError> {
    let catalog = &keeper.storage.catalog;
    let after = match catalog.replace(Some(record), after).await {
        Err(StorageError::Changed) => {
            // Its owner may have removed it for good meanwhile.
            catalog.remove_again(&record.user, &record.photo_id, now).await?;
            return Err(StorageError::Changed);
        }
        after => after?,
    };
    doubt_no_more(&keeper.storage, record).await;
    Ok(after)
}

/// An original whose right bytes are back is doubted no longer. If that cannot be written now, an audit or a drill that
/// reads it whole says it.
async fn doubt_no_more(storage: &Storage, record: &Record) {
    let changed = doubts::change(storage, &record.user, |doubted| {
        doubted.originals.retain(|original| original.photo_id != record.photo_id);
    });
    if let Err(error) = changed.await {
        let (photo_id, error) = (record.photo_id, &error as &dyn std::error::Error);
        tracing::warn!(%photo_id, error, "repaired, and still doubted until it is read again");
    }
}

/// What is repaired is counted no longer in what its owner is told of the last audit. If somebody else writes that note
/// just then, the next audit tells it.
async fn told_no_more(storage: &Storage, finding: &Finding, audit_id: AuditId) {
    let (Some(user), Some(photo_id)) = (&finding.user, finding.photo_id) else { return };
    let key = NoteKey::Audit(user.clone());
    let written = async {
        let note = storage.catalog.note::<UserAudit>(&key).await?;
        let Some(note) = note.filter(|note| note.says.summary.report == audit_id) else { return Ok(()) };
        let mut says = note.says.clone();
        says.mended(photo_id);
        storage.catalog.put_note(&key, Some(&note), says).await.map(drop)
    };
    match written.await {
        Ok(()) | Err(StorageError::Changed) => {}
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(%photo_id, error, "repaired, and counted until the next audit");
        }
    }
}

/// The first source whose bytes are the right ones. Each is read whole: of an original that rotted on its disk, S3 still
/// says the checksum that it had.
async fn source(keeper: &Keeper, record: &Record) -> Result<Option<Source>, StorageError> {
    let storage = &keeper.storage;
    let lives = ObjectKey::lives_of(&record.user, &record.photo_id);
    let mut from = None;
    loop {
        let page = storage.vault.versions(&lives, from).await?;
        for version in page.versions.into_iter().filter(|version| version.size == record.size) {
            let bytes = storage.vault.hash_version(&version.key, version.version_id.clone()).await?;
            if !bytes.is_some_and(|bytes| bytes.is_that_of(record)) {
                continue;
            }
            if let Some(found) = storage.vault.describe(&version.key, version.version_id.clone()).await? {
                return Ok(Some(Source::Version(version, found)));
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    for upload in storage.uploads.of(&record.user, &record.photo_id).await? {
        let bytes = storage.uploads.hash(&upload).await?;
        if bytes.is_some_and(|bytes| bytes.is_that_of(record))
            && let Some(head) = storage.uploads.head(&upload).await?
        {
            return Ok(Some(Source::Upload(upload, head.metadata)));
        }
    }
    Ok(None)
}
