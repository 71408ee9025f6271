//! What the keeper is asked by hand, and what it answers: `docs/RESTORE.md` says it in commands.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tintype_core::audit::Finding;
use tintype_core::audit::report::{Folders, Place, Report, Unchecked};
use tintype_core::id::{AuditId, PhotoId, UserId};
use tintype_core::record::PreviewReason;

use crate::KeeperError;

/// What the keeper is asked.
#[derive(Debug)]
pub enum Request {
    /// The schedule's run.
    Run,
    /// Audit the vault.
    Audit(AuditRequest),
    /// Repair what an audit found.
    Repair(RepairRequest),
    /// Rebuild the catalog from the vault alone.
    Rebuild(RebuildRequest),
    /// Read photos back.
    Drill(DrillRequest),
    /// Try again what ended badly.
    Retry(RetryRequest),
}

/// Audit the vault.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditRequest {
    /// Read and hash every original.
    pub every_byte: bool,
    /// How long this call goes on at most.
    pub seconds: Option<u64>,
}

/// Repair what an audit found.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepairRequest {
    /// The audit; the newest one if absent.
    #[serde(default)]
    pub report: Option<AuditId>,
    /// Behind how many of its findings to go on.
    #[serde(default)]
    pub next: usize,
    /// How long this call goes on at most.
    #[serde(default)]
    pub seconds: Option<u64>,
}

/// Rebuild the catalog from the vault alone.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RebuildRequest {
    /// Where to go on.
    pub next: Option<RebuildPlace>,
    /// Call nothing safe that was there before until an audit has read it whole: for a disk, which does not check itself
    /// as S3 does, so that the checksum of a file that rotted is still told.
    pub doubt: bool,
    /// How long this call goes on at most.
    pub seconds: Option<u64>,
}

/// Where a rebuild goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RebuildPlace {
    /// Whose originals there are.
    pub folders: Folders,
    /// Where it is among them; absent if it has not begun.
    pub photos: Option<Place>,
}

/// Read photos back.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DrillRequest {
    /// How many photos of each user.
    pub photos: Option<u64>,
    /// How many megabytes (10^6 bytes) of each user; larger photos are passed over.
    pub megabytes: Option<u64>,
    /// Where to go on.
    pub next: Option<DrillPlace>,
    /// How long this call goes on at most.
    pub seconds: Option<u64>,
}

/// Where a drill goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DrillPlace {
    /// Who is still to come, in any order; it is the first one's turn.
    pub users: Vec<UserId>,
    /// Where it is among that one's photos; absent if it has not begun.
    pub walk: Option<DrillWalk>,
    /// Bytes read of everybody so far.
    pub bytes: u64,
}

/// Once round the photos of one user, from somewhere: ids are hashes, so that one after the other is as good as random.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DrillWalk {
    /// Where it began.
    pub start: PhotoId,
    /// The last photo that was looked at; absent at the very beginning of the ids.
    pub after: Option<PhotoId>,
    /// Whether it went round the end of the ids.
    pub turned: bool,
    /// Photos that came back byte for byte.
    pub photos: u64,
    /// Bytes of these.
    pub bytes: u64,
}

/// Where another try goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryPlace {
    /// Among the uploads.
    Uploads {
        /// The last one that is done.
        after: String,
    },
    /// Among the photos.
    Photos(Place),
}

/// Try again what ended badly.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryRequest {
    /// Photos without preview for one of these reasons; `broken` and `out_of_memory` if absent.
    pub reasons: Option<Vec<PreviewReason>>,
    /// These photos alone.
    pub photo_ids: Option<Vec<PhotoId>>,
    /// Where to go on.
    pub next: Option<RetryPlace>,
    /// How long this call goes on at most.
    pub seconds: Option<u64>,
}

impl Request {
    /// Reads an event: the schedule's, or one of the above under its name, as in `{"audit": {}}`.
    pub fn parse(event: &Value) -> Result<Self, KeeperError> {
        let Value::Object(fields) = event else {
            return if event.is_null() {
                Ok(Self::Run)
            } else {
                Err(KeeperError::NotUnderstood(String::new()))
            };
        };
        // What EventBridge sends if the schedule says nothing else.
        if fields.is_empty() || fields.contains_key("detail-type") {
            return Ok(Self::Run);
        }
        let mut fields = fields.iter();
        match (fields.next(), fields.next()) {
            (Some((name, body)), None) => match name.as_str() {
                "audit" => read(body).map(Self::Audit),
                "repair" => read(body).map(Self::Repair),
                "rebuild" => read(body).map(Self::Rebuild),
                "drill" => {
                    read::<DrillRequest>(body).and_then(|request| match (request.photos, request.megabytes) {
                        (Some(0), _) | (_, Some(0)) => Err(KeeperError::NotUnderstood(
                            ": a drill reads 1 photo and 1 megabyte at least".to_owned(),
                        )),
                        _ => Ok(Self::Drill(request)),
                    })
                }
                "retry" => read(body).map(Self::Retry),
                other => Err(KeeperError::NotUnderstood(format!(": {other}"))),
            },
            _ => Err(KeeperError::NotUnderstood(": more than one request".to_owned())),
        }
    }

    /// How long it goes on at most, if it says so.
    pub(crate) fn seconds(&self) -> Option<u64> {
        match self {
            Self::Run => None,
            Self::Audit(request) => request.seconds,
            Self::Repair(request) => request.seconds,
            Self::Rebuild(request) => request.seconds,
            Self::Drill(request) => request.seconds,
            Self::Retry(request) => request.seconds,
        }
    }
}

fn read<T: DeserializeOwned>(body: &Value) -> Result<T, KeeperError> {
    serde_json::from_value(body.clone()).map_err(|error| KeeperError::NotUnderstood(format!(": {error}")))
}

/// What the keeper did.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of the schedule's run.
    Run(crate::Report),
    /// Of an audit.
    Audit(AuditAnswer),
    /// Of a repair.
    Repair(RepairAnswer),
    /// Of a rebuild.
    Rebuild(RebuildAnswer),
    /// Of a restore drill.
    Drill(DrillAnswer),
    /// Of another try.
    Retry(RetryAnswer),
}

/// What an audit found so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditAnswer {
    /// Names its report.
    pub report: AuditId,
    /// False if there is more: ask again.
    pub finished: bool,
    /// Photos looked at.
    pub checked: u64,
    /// Of these, how many could not be looked at.
    pub unchecked: u64,
    /// Which, once it is finished.
    #[serde(default)]
    pub unchecked_photos: Vec<Unchecked>,
    /// Prefixes of the vault below which nobody's folders could be listed; the empty one is that of the vault itself.
    #[serde(default)]
    pub not_listed: Vec<String>,
    /// How many of them S3 was asked for the checksum.
    pub checksums: u64,
    /// Bytes read and hashed.
    pub bytes_read: u64,
    /// How many findings there are.
    pub found: u64,
    /// How many of these are left over beside photos that are whole, and no differences.
    pub leftovers: u64,
    /// The findings, once it is finished.
    pub findings: Vec<Finding>,
}

impl AuditAnswer {
    /// What a report says.
    pub fn of(report: Report) -> Self {
        let sum = |of: fn(&tintype_core::audit::report::Looked) -> u64| report.users.values().map(of).sum();
        Self {
            report: report.audit_id,
            finished: report.finished_at.is_some(),
            checked: report.checked(),
            unchecked: report.count_unchecked(),
            checksums: sum(|looked| looked.checksums),
            bytes_read: sum(|looked| looked.bytes_read),
            found: report.found(),
            leftovers: report.leftovers(),
            not_listed: report.not_listed,
            unchecked_photos: if report.finished_at.is_some() { report.unchecked } else { Vec::new() },
            findings: if report.finished_at.is_some() { report.findings } else { Vec::new() },
        }
    }
}

/// What a repair did so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RepairAnswer {
    /// False if there is more: ask again, from `next`.
    pub finished: bool,
    /// Behind how many findings to go on.
    pub next: usize,
    /// The audit that it repairs from.
    pub report: Option<AuditId>,
    /// How many were repaired by this call.
    pub repaired: u64,
    /// How many were not; what is left over beside a photo that is whole is not counted.
    pub left: u64,
    /// What became of each, in words.
    pub results: Vec<RepairResult>,
}

/// What became of one finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RepairResult {
    /// The finding.
    pub finding: Finding,
    /// Whether it is repaired.
    pub repaired: bool,
    /// What was done, or why nothing was.
    pub says: String,
}

/// What a rebuild did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RebuildAnswer {
    /// False if there is more: ask again, from `next`.
    pub finished: bool,
    /// Where to go on.
    pub next: Option<RebuildPlace>,
    /// Originals that this call looked at.
    pub originals: u64,
    /// Records that it made.
    pub made: u64,
    /// Originals whose bytes are not what their key says: no record is made for them.
    pub refused: Vec<String>,
    /// Originals that could not be read just now: no record is made for them, and another rebuild tries them again.
    #[serde(default)]
    pub unread: Vec<String>,
    /// Whose originals, or records, could not be listed to their end just now: another rebuild tries them again.
    #[serde(default)]
    pub not_listed: Vec<UserId>,
}

/// What a restore drill did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DrillAnswer {
    /// False if the time was over before as many were read as were asked for: ask again, from `next`.
    pub finished: bool,
    /// Where to go on.
    pub next: Option<DrillPlace>,
    /// Photos that came back byte for byte.
    pub photos: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Photos that did not, now or in an earlier drill.
    pub wrong: Vec<PhotoId>,
    /// Photos that could not be read just then.
    pub unchecked: u64,
    /// Photos read by this call, by user.
    pub users: BTreeMap<UserId, u64>,
}

/// What was tried again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RetryAnswer {
    /// False if there is more: ask again, from `next`.
    pub finished: bool,
    /// Where to go on.
    pub next: Option<RetryPlace>,
    /// Photos sent for their preview.
    pub renders_sent: u64,
    /// Uploads sent again.
    pub uploads_sent: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_schedule_says_nothing_and_a_person_says_what_to_do() {
        for event in
            [json!({}), json!(null), json!({"detail-type": "Scheduled Event", "source": "aws.events"})]
        {
            assert!(matches!(Request::parse(&event), Ok(Request::Run)), "{event}");
        }
        assert!(matches!(Request::parse(&json!({"audit": {}})), Ok(Request::Audit(_))));
        let asked = Request::parse(&json!({"audit": {"every_byte": true, "seconds": 5}})).unwrap();
        assert_eq!(asked.seconds(), Some(5));
        assert!(matches!(asked, Request::Audit(AuditRequest { every_byte: true, .. })));
        for (name, body) in [
            ("repair", json!({})),
            ("rebuild", json!({})),
            ("drill", json!({"photos": 20})),
            ("retry", json!({})),
        ] {
            assert!(Request::parse(&json!({ name: body })).is_ok(), "{name}");
        }
        for wrong in [
            json!("audit"),
            json!({"adit": {}}),
            json!({"audit": {"evry_byte": true}}),
            json!({"drill": {"photos": 0}}),
            json!({"drill": {"megabytes": 0}}),
            json!({"repair": {"report": "latest"}}),
            json!({"audit": {}, "drill": {}}),
        ] {
            let error = Request::parse(&wrong).unwrap_err().to_string();
            assert!(error.starts_with("not understood"), "{error}");
        }
    }
}
