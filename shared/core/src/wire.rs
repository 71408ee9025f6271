//! The API's wire types: JSON, `snake_case`, times in RFC 3339, wall times as `YYYY-MM-DDTHH:MM:SS.mmm`.
//!
//! The OpenAPI document is generated from these, and the page's typed client from that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::audit::Kind;
use crate::audit::report::UserAudit;
use crate::id::{AuditId, Generation, PhotoId};
use crate::record::{Camera, Place, Preview, PreviewReason, Record, State};
use crate::taken::TakenSource;

/// How many ids a lookup, a trash or a restore takes at most.
pub const MAX_IDS: usize = 1_000;
/// How many files `POST /uploads` takes at most.
pub const MAX_UPLOADS: usize = 25;
/// How many photos a page holds at most.
pub const MAX_LIMIT: u16 = 500;
/// How many photos a page holds when the client does not say.
pub const DEFAULT_LIMIT: u16 = 100;

/// Ids of photos.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotoIds {
    /// 1 to 1,000 photo ids: the lower-case hex SHA-256 of each file, as `sha256sum` prints it.
    #[schema(min_items = 1, max_items = 1000)]
    pub photo_ids: Vec<PhotoId>,
}

/// Where a photo is in its life, as a client needs to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookupState {
    /// Tintype has never seen it.
    Unknown,
    /// Received, not safe yet.
    Storing,
    /// Safe: the vault holds it, checked.
    Stored,
    /// In the trash.
    Trashed,
    /// On its way out of the trash for good.
    Purging,
    /// Was here and was removed for good.
    Gone,
}

impl From<Option<State>> for LookupState {
    fn from(state: Option<State>) -> Self {
        match state {
            None => Self::Unknown,
            Some(State::Storing) => Self::Storing,
            Some(State::Stored) => Self::Stored,
            Some(State::Trashed) => Self::Trashed,
            Some(State::Purging) => Self::Purging,
            Some(State::Gone) => Self::Gone,
        }
    }
}

/// What is known of one photo id.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Lookup {
    /// The id asked for.
    pub photo_id: PhotoId,
    /// Where it is in its life.
    pub state: LookupState,
    /// True if and only if the original lies in the vault, checked, and is not in the trash.
    pub safe: bool,
    /// An audit or a restore drill found its original lost or wrong: a client that still has the file sends it again, and
    /// a repair takes it.
    pub doubted: bool,
    /// Absent for what is unknown.
    pub preview: Option<PreviewState>,
    /// Why there is no preview.
    pub preview_reason: Option<PreviewReason>,
    /// Needed to form the address of the variants.
    pub generation: Option<Generation>,
}

/// Whether a photo has its variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreviewState {
    /// They are still being made.
    Pending,
    /// They are there.
    Ready,
    /// There will be none; the reason stands beside.
    None,
}

impl From<Preview> for PreviewState {
    fn from(preview: Preview) -> Self {
        match preview {
            Preview::Pending => Self::Pending,
            Preview::Ready => Self::Ready,
            Preview::None(_) => Self::None,
        }
    }
}

/// The answer to a lookup: one entry for each id asked, in the order asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LookupAnswer {
    /// One entry for each id.
    pub photos: Vec<Lookup>,
}

/// Files that a client wants to upload.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadsRequest {
    /// 1 to 25 files.
    #[schema(min_items = 1, max_items = 25)]
    pub files: Vec<UploadFile>,
}

/// One file that a client wants to upload.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadFile {
    /// Lower-case hex SHA-256 of the file's bytes, 64 digits.
    pub sha256: String,
    /// The file's size in bytes.
    pub size: u64,
    /// Media type as the client knows it; a hint, never trusted.
    #[serde(default)]
    pub content_type: String,
    /// The file's own name, without folders.
    #[serde(default)]
    pub file_name: String,
    /// When the client's file was last modified.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub modified_at: Option<OffsetDateTime>,
    /// Bring it back if it was deleted. False lets a nightly backup leave alone what its owner deleted.
    #[serde(default)]
    pub restore: bool,
}

/// What to do about each file, in the order asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UploadsAnswer {
    /// One entry for each file.
    pub results: Vec<UploadResult>,
}

/// What to do about one file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UploadResult {
    /// The checksum as it was asked.
    pub sha256: String,
    /// What to do.
    #[serde(flatten)]
    pub outcome: UploadOutcome,
}

/// What to do about one file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum UploadOutcome {
    /// It is safe already: nothing to send.
    Known {
        /// The generation of its record.
        generation: Generation,
    },
    /// Send it with this request.
    Upload {
        /// The presigned request.
        request: PresignedRequest,
    },
    /// Its owner deleted it: sent again only with `restore: true`.
    Deleted {
        /// `trashed`, `purging` or `gone`.
        state: LookupState,
    },
    /// It cannot be taken.
    Refused {
        /// A code for programs.
        reason: RefusedReason,
        /// A sentence for people, with what to do.
        detail: String,
    },
}

/// Why a file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusedReason {
    /// Larger than this Tintype takes.
    TooLarge,
    /// The checksum is not 64 lower-case hex digits.
    MalformedChecksum,
}

/// A request that S3 accepts as it stands: this method, these headers, these bytes, until it expires.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PresignedRequest {
    /// Always `PUT`.
    pub method: String,
    /// Where to send it.
    pub url: String,
    /// Headers that are signed and must be sent exactly so; `host` and `content-length` are set by any client.
    pub headers: BTreeMap<String, String>,
    /// From then on S3 answers 403; ask for another.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: OffsetDateTime,
}

/// One photo in a listing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PhotoSummary {
    /// Lower-case hex SHA-256 of the original.
    pub photo_id: PhotoId,
    /// Part of the address of the variants: `/media/{user}/{photo_id}/{generation}/{thumb|preview}.webp`.
    pub generation: Generation,
    /// `stored` in the timeline, `trashed` in the trash.
    pub state: State,
    /// An audit or a restore drill found its original lost or wrong, and nothing mended it since: it is not called safe.
    pub doubted: bool,
    /// Whether the variants are there.
    pub preview: PreviewState,
    /// Why there is no preview.
    pub preview_reason: Option<PreviewReason>,
    /// Local wall time at which it was taken, `YYYY-MM-DDTHH:MM:SS.mmm`.
    pub taken: String,
    /// Where that time comes from.
    pub taken_source: TakenSource,
    /// Width in pixels as shown, if known.
    pub width: Option<u32>,
    /// Height in pixels as shown, if known.
    pub height: Option<u32>,
    /// ThumbHash, base64.
    pub thumbhash: Option<String>,
    /// Make and model in one line.
    pub camera: Option<String>,
    /// The file's own name.
    pub file_name: String,
    /// Media type.
    pub content_type: String,
    /// Size of the original in bytes.
    pub size: u64,
    /// Since when it is safe.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub stored_at: Option<OffsetDateTime>,
    /// When it was moved to the trash.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub trashed_at: Option<OffsetDateTime>,
}

/// A page of a listing. It is the last one if and only if `next_cursor` is null.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PhotoPage {
    /// The photos, in the order asked.
    pub photos: Vec<PhotoSummary>,
    /// Where the next page starts.
    pub next_cursor: Option<String>,
}

/// One photo with everything that is known of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Photo {
    /// Lower-case hex SHA-256 of the original.
    pub photo_id: PhotoId,
    /// Part of the address of the variants.
    pub generation: Generation,
    /// Where it is in its life.
    pub state: State,
    /// An audit or a restore drill found its original lost or wrong, and nothing mended it since: it is not called safe.
    pub doubted: bool,
    /// Whether the variants are there.
    pub preview: PreviewState,
    /// Why there is no preview.
    pub preview_reason: Option<PreviewReason>,
    /// Local wall time at which it was taken, `YYYY-MM-DDTHH:MM:SS.mmm`.
    pub taken: String,
    /// Offset from UTC at that place, if the photo says so, such as `+02:00`.
    pub taken_offset: Option<String>,
    /// Where that time comes from.
    pub taken_source: TakenSource,
    /// Width in pixels as shown, if known.
    pub width: Option<u32>,
    /// Height in pixels as shown, if known.
    pub height: Option<u32>,
    /// ThumbHash, base64.
    pub thumbhash: Option<String>,
    /// What it was taken with.
    pub camera: Option<Camera>,
    /// Where it was taken.
    pub place: Option<Place>,
    /// The file's own name.
    pub file_name: String,
    /// Media type.
    pub content_type: String,
    /// When the client's file was last modified.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub modified_at: Option<OffsetDateTime>,
    /// When it was moved to the trash.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub trashed_at: Option<OffsetDateTime>,
    /// When the keeper may remove it from the trash for good.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub purge_after: Option<OffsetDateTime>,
    /// What proves that it is there.
    pub receipt: Receipt,
}

/// What proves that an original is in the vault.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Lower-case hex SHA-256 that S3 computed over the stored bytes and that we compared.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
    /// Version of the object in the vault, where the vault is versioned.
    pub version_id: Option<String>,
    /// Since when it is safe.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub stored_at: Option<OffsetDateTime>,
    /// When an audit last found it whole.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub audited_at: Option<OffsetDateTime>,
}

impl Photo {
    /// A record as its owner sees it, with what the last audit says of it, and whether its original is doubted.
    pub fn new(record: Record, audit: Option<&UserAudit>, doubted: bool) -> Self {
        let audited_at = audit.and_then(|audit| audit.found_whole(&record.photo_id, record.stored_at));
        Self {
            receipt: Receipt {
                sha256: record.photo_id.to_string(),
                size: record.size,
                version_id: record.version_id.clone(),
                stored_at: record.stored_at,
                audited_at,
            },
            purge_after: record.purge_after(),
            photo_id: record.photo_id,
            generation: record.generation,
            state: record.state,
            doubted,
            preview: record.preview.into(),
            preview_reason: record.preview.reason(),
            taken: record.taken.local.to_string(),
            taken_offset: record.taken.offset,
            taken_source: record.taken.source,
            width: record.width,
            height: record.height,
            thumbhash: record.thumbhash,
            camera: record.camera,
            place: record.place,
            file_name: record.file_name,
            content_type: record.content_type,
            modified_at: record.modified_at,
            trashed_at: record.trashed_at,
        }
    }
}

/// What became of each photo, in the order asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangeAnswer {
    /// One entry for each id.
    pub results: Vec<ChangeResult>,
}

/// What became of one photo.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangeResult {
    /// The id asked for.
    pub photo_id: PhotoId,
    /// What became of it.
    pub outcome: ChangeOutcome,
}

/// What became of one photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeOutcome {
    /// It is now as asked.
    Done,
    /// It was so already.
    Already,
    /// There is no such photo.
    NotFound,
    /// It is on its way out for good and cannot be brought back from here.
    TooLate,
    /// It did not work this time; try again.
    Unavailable,
}

/// The address of an original.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OriginalUrl {
    /// A presigned GET that saves the file under its own name.
    pub url: String,
    /// From then on S3 answers 403; ask for another.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: OffsetDateTime,
}

/// How the library spreads over time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    /// Months that hold photos, newest first.
    pub months: Vec<Month>,
}

/// One month of the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Month {
    /// `YYYY-MM`.
    pub month: String,
    /// How many photos.
    pub count: u64,
    /// Bytes of their originals.
    pub bytes: u64,
}

/// The library in numbers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Whose library this is; part of the address of the variants.
    pub user_id: String,
    /// Photos that are safe and not in the trash.
    pub photos: u64,
    /// Bytes of their originals.
    pub bytes: u64,
    /// Of these, how many still wait for their preview.
    pub pending: u64,
    /// Of these, how many have no preview, by reason.
    pub without_preview: Vec<ReasonCount>,
    /// Photos in the trash.
    pub trash_photos: u64,
    /// Bytes of their originals.
    pub trash_bytes: u64,
    /// What keeping the originals costs.
    pub cost: Cost,
    /// How much needs attention: photos that the last audit or a drill names count once each, and what has no photo by
    /// itself.
    pub attention: u64,
    /// The first photos among these that are still in the catalog, those whose original is lost or wrong before others.
    pub attention_photos: Vec<AttentionPhoto>,
    /// The last audit; null if none has run yet.
    pub last_audit: Option<AuditSummary>,
    /// The last restore drill; null if none has run yet.
    pub last_drill: Option<DrillSummary>,
    /// What waits longer than it should.
    pub stuck: Stuck,
    /// The keeper's last run.
    pub keeper: KeeperSummary,
    /// All of it in a line, such as "12,408 photos, all safe, checked Tuesday".
    pub line: String,
}

/// A photo that needs attention.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AttentionPhoto {
    /// Which.
    pub photo_id: PhotoId,
    /// `stored` or `trashed`.
    pub state: State,
    /// The file's own name.
    pub file_name: String,
    /// Whether it is its original that is lost or wrong.
    pub doubted: bool,
}

/// How many photos have no preview for one reason.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReasonCount {
    /// The reason.
    pub reason: PreviewReason,
    /// How many.
    pub count: u64,
}

/// What keeping the originals costs, as an estimate of storage alone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Cost {
    /// US dollars a month for all originals, trash included.
    pub usd_month: f64,
    /// US dollars for a gigabyte (10^9 bytes) a month.
    pub usd_gb_month: f64,
    /// S3 storage class of originals.
    pub storage_class: String,
}

/// What the last audit found: it compares the catalog with what really lies in the vault, both ways.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditSummary {
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub started_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub finished_at: OffsetDateTime,
    /// How many photos it looked at, trash included.
    pub checked: u64,
    /// Of these, how many could not be looked at just then.
    pub unchecked: u64,
    /// How many differences there are between catalog and vault; what is left over beside whole photos is none.
    pub differences: u64,
    /// All that was found by kind, what is left over included.
    pub findings: Vec<KindCount>,
    /// Names its report, `audits/{report}.json` in the vault.
    pub report: AuditId,
}

/// How many differences there are of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KindCount {
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub count: u64,
}

/// The last restore drill: photos picked at random, read back whole and hashed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DrillSummary {
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub finished_at: OffsetDateTime,
    /// How many photos came back byte for byte.
    pub photos: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// How many did not.
    pub wrong: u64,
}

/// Uploads that were received and are not safe, and previews that are still missing, after the first tries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stuck {
    /// How many.
    pub count: u64,
    /// Since when the oldest waits.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest: Option<OffsetDateTime>,
    /// The same by reason.
    pub reasons: Vec<StuckCount>,
}

/// How many wait for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StuckCount {
    /// The reason.
    pub reason: StuckReason,
    /// How many.
    pub count: u64,
}

/// Why something waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StuckReason {
    /// An upload that was not taken in yet; it is sent again every 15 minutes.
    NotTakenIn,
    /// An upload whose bytes were damaged after they were received; send the file again.
    Damaged,
    /// An upload of a photo whose original is missing in the vault; a repair takes it.
    OriginalMissing,
    /// An upload of a photo that is just being removed for good.
    BeingRemoved,
    /// A safe photo whose preview is not made yet.
    PreviewPending,
}

/// When the keeper, which finishes what was interrupted, last ran.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct KeeperSummary {
    /// When it last ran; null if it never did.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ran_at: Option<OffsetDateTime>,
    /// Whether it should have run since.
    pub late: bool,
}

/// Where the page of a listing starts and what it holds.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// How many photos at most, 1 to 500; 100 if absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
    /// Oldest wall time wanted, inclusive: `2024`, `2024-05`, `2024-05-14` or longer.
    pub from: Option<String>,
    /// Newest wall time wanted, exclusive.
    pub to: Option<String>,
    /// Newest first unless `asc`.
    pub order: Option<Order>,
}

/// Where the page of the trash starts and what it holds.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrashQuery {
    /// How many photos at most, 1 to 500; 100 if absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// Order of a listing by time taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    #[default]
    Desc,
}

/// How much of the trash was made due.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EmptyTrashAnswer {
    /// Photos that this call made due; the keeper removes them on its next runs.
    pub count: u64,
    /// False if there is more: ask again.
    pub finished: bool,
}

/// Until when the page's images may be fetched.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// When the cookies end.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: OffsetDateTime,
}

/// That the API is there.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    /// Version of the API.
    pub version: String,
}

/// An error as RFC 9457 describes it, `application/problem+json`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What kind of problem, a relative reference such as `/problems/not-found`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same in words; does not change from one occurrence to the next.
    pub title: String,
    /// HTTP status code.
    pub status: u16,
    /// This occurrence in words, with what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Names this occurrence in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}
