//! What an owner asks the keeper by hand: audit, repair, rebuild, restore drill, another try. The same requests as in the
//! cloud, sent to the Tintype that runs on the folder, or to one that is started for it and stopped again.
//!
//! Exit codes: 0 if nothing needs attention, 1 if something does, 2 if it could not be done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tintype_core::audit::Finding;
use tintype_core::audit::line::{counted, grouped};
use tintype_core::id::{AuditId, PhotoId};
use tintype_core::record::PreviewReason;
use tintype_keeper::request::{AuditAnswer, DrillAnswer, RebuildAnswer, RepairAnswer, RetryAnswer};
use tintype_storage::config::Emulators;
use tintype_storage::{Clients, Queue};

use crate::data_dir::{self, DataDirError};
use crate::lambda::KEEPER;
use crate::stack::{Options, Stack, StartError};

/// How long one call goes on before its progress is printed.
const SLICE: u64 = 5;
/// What to do about photos that an audit could not look at.
const LOOK_AGAIN: &str = "run it again; docs/RESTORE.md says what to do if that does not help";

#[derive(Subcommand)]
pub(crate) enum ByHand {
    /// Compare the catalog with the vault, both ways, and name every difference.
    Audit(Audit),
    /// Repair what an audit found; only adds, never removes.
    Repair(Repair),
    /// Rebuild the catalog from the vault alone.
    Rebuild(Folder),
    /// Read photos back, picked at random, and compare them byte for byte.
    Drill(Drill),
    /// Try again what ended badly: previews that failed, uploads that wait.
    Retry(Retry),
}

#[derive(Args)]
pub(crate) struct Folder {
    /// Where photos and catalog are kept.
    #[arg(long, default_value = "tintype-data", value_name = "FOLDER")]
    data_dir: PathBuf,
}

#[derive(Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    folder: Folder,
    /// Read and hash every original, not only what S3 says of it.
    #[arg(long)]
    every_byte: bool,
}

#[derive(Args)]
pub(crate) struct Repair {
    #[command(flatten)]
    folder: Folder,
    /// The report, as the audit names it; the newest one if nothing is said.
    report: Option<AuditId>,
}

#[derive(Args)]
pub(crate) struct Drill {
    #[command(flatten)]
    folder: Folder,
    /// How many photos of each user; 20 if nothing is said.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    photos: Option<u64>,
    /// How many megabytes of each user; larger photos are passed over.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    megabytes: Option<u64>,
}

#[derive(Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    folder: Folder,
    /// Photos without preview for this reason: `not_an_image`, unsupported, broken, `too_large` or `out_of_memory`.
    #[arg(long, value_parser = reason)]
    reason: Vec<PreviewReason>,
    /// This photo alone.
    #[arg(long)]
    photo: Vec<PhotoId>,
}

fn reason(text: &str) -> Result<PreviewReason, String> {
    let known = PreviewReason::ALL.map(PreviewReason::as_str);
    let found = PreviewReason::ALL.into_iter().find(|reason| reason.as_str() == text);
    found.ok_or_else(|| format!("one of {}", known.join(", ")))
}

/// Asks, and prints what is answered.
pub(crate) async fn ask(asked: ByHand) -> ExitCode {
    match done(asked).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("tintype: {message}");
            ExitCode::from(2)
        }
    }
}

/// Whether nothing needs attention.
async fn done(asked: ByHand) -> Result<bool, String> {
    let folder = match &asked {
        ByHand::Audit(asked) => &asked.folder,
        ByHand::Repair(asked) => &asked.folder,
        ByHand::Rebuild(folder) => folder,
        ByHand::Drill(asked) => &asked.folder,
        ByHand::Retry(asked) => &asked.folder,
    };
    let keeper = Asked::of(&folder.data_dir).await?;
    let done = match &asked {
        ByHand::Audit(asked) => audit(&keeper, asked).await,
        ByHand::Repair(asked) => repair(&keeper, asked.report).await,
        ByHand::Rebuild(_) => rebuild(&keeper).await,
        ByHand::Drill(asked) => drill(&keeper, asked).await,
        ByHand::Retry(asked) => retry(&keeper, asked).await,
    };
    keeper.leave().await;
    done
}

/// The keeper of the Tintype on a folder.
struct Asked {
    keeper: Queue,
    /// The one that was started for this.
    own: Option<Stack>,
}

impl Asked {
    async fn of(data_dir: &Path) -> Result<Self, String> {
        if !data_dir::is_one(data_dir) {
            return Err(DataDirError::NeverRan(data_dir.display().to_string()).to_string());
        }
        let mut options = Options::new(data_dir.to_owned());
        // Nothing happens in it but what is asked.
        options.port = 0;
        options.keeper_first = Duration::from_hours(24);
        options.keeper_every = Duration::from_hours(24);
        options.lose_events = true;
        let (addresses, own) = match Stack::start(options).await {
            Ok(stack) => (stack.addresses.clone(), Some(stack)),
            Err(StartError::DataDir(DataDirError::InUse(_))) => {
                (data_dir::read_addresses(data_dir).map_err(|error| error.to_string())?, None)
            }
            Err(error) => return Err(error.to_string()),
        };
        let keys = data_dir::read_keys(data_dir).map_err(|error| error.to_string())?;
        let emulators = Emulators {
            s3: addresses.s3.clone(),
            dynamodb: String::new(),
            lambda: addresses.lambda,
            access_key: keys.access_key,
            secret_key: keys.secret_key,
        };
        let clients = Clients::emulated(&emulators, None);
        Ok(Self { keeper: Queue::new(clients.lambda, KEEPER.to_owned()), own })
    }

    /// One call; an error is the keeper's own sentence.
    async fn call<Answer: DeserializeOwned>(&self, event: &Value) -> Result<Answer, String> {
        let answer = self.keeper.call(event.to_string().into_bytes()).await;
        match answer.map_err(|error| format!("{error}; is Tintype still running?"))? {
            Ok(answer) => serde_json::from_slice(&answer).map_err(|error| error.to_string()),
            Err(failed) => {
                let failed: Value = serde_json::from_slice(&failed).unwrap_or_default();
                Err(failed["errorMessage"].as_str().unwrap_or("the keeper failed").to_owned())
            }
        }
    }

    /// Lets what was sent to the processor finish, if nobody else does.
    async fn leave(self) {
        let Some(stack) = self.own else { return };
        for waited in 0_u32.. {
            match stack.open() {
                0 => break,
                open if waited.is_multiple_of(20) && waited > 0 => {
                    println!("still being made: {}", counted(open as u64, "preview"));
                }
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        stack.stop().await;
    }
}

async fn audit(keeper: &Asked, asked: &Audit) -> Result<bool, String> {
    let event = json!({"audit": {"every_byte": asked.every_byte, "seconds": SLICE}});
    let answer = loop {
        let answer: AuditAnswer = keeper.call(&event).await?;
        if answer.finished {
            break answer;
        }
        println!(
            "{} looked at so far, {}",
            counted(answer.checked, "photo"),
            counted(answer.found, "finding")
        );
    };
    for finding in &answer.findings {
        println!("{}", told(finding));
    }
    for unchecked in &answer.unchecked_photos {
        println!("{}: could not be looked at", unchecked.photo_id);
    }
    let more = answer.found - answer.findings.len() as u64;
    if more > 0 {
        println!("and {} more; repair these first, then run the audit again", grouped(more));
    }
    let read = if answer.bytes_read > 0 {
        format!(", {} MB read and hashed", grouped(answer.bytes_read.div_ceil(1_000_000)))
    } else {
        format!(", the checksums of {} asked for", grouped(answer.checksums))
    };
    println!("{} checked{read}: {}", counted(answer.checked, "photo"), counted(answer.found, "finding"));
    if answer.leftovers > 0 {
        let left = counted(answer.leftovers, "object");
        println!("{left} left over beside photos that are whole: nothing to do, docs/RESTORE.md says why");
    }
    println!("Report: {}", answer.report);
    let attention = answer.found > answer.leftovers;
    if attention && answer.unchecked > 0 {
        println!("{} could not be looked at: {LOOK_AGAIN}", counted(answer.unchecked, "photo"));
    }
    if attention {
        println!("make repair REPORT={} repairs what can be had; docs/RESTORE.md says more", answer.report);
        return Ok(false);
    }
    if answer.unchecked > 0 {
        return Err(format!("{} could not be looked at: {LOOK_AGAIN}", counted(answer.unchecked, "photo")));
    }
    Ok(true)
}

fn told(finding: &Finding) -> String {
    let what = finding.kind.says();
    match finding.photo_id {
        Some(photo_id) if finding.key.is_empty() => format!("{photo_id}: {what}"),
        Some(photo_id) => format!("{photo_id}: {what} ({})", finding.key),
        None => format!("{what}: {}", finding.key),
    }
}

async fn repair(keeper: &Asked, mut report: Option<AuditId>) -> Result<bool, String> {
    let (mut next, mut repaired, mut left) = (0, 0, 0);
    loop {
        let event = json!({"repair": {"report": report, "next": next, "seconds": SLICE}});
        let answer: RepairAnswer = keeper.call(&event).await?;
        if let (None, Some(newest)) = (report, answer.report) {
            println!("Repairing from the newest report: {newest}");
        }
        for result in &answer.results {
            println!("{}\n  {}", told(&result.finding), result.says);
        }
        (next, repaired, left) = (answer.next, repaired + answer.repaired, left + answer.left);
        report = answer.report;
        if answer.finished {
            break;
        }
    }
    println!("{} repaired, {} left", grouped(repaired), grouped(left));
    Ok(left == 0)
}

async fn rebuild(keeper: &Asked) -> Result<bool, String> {
    let (mut next, mut originals, mut made, mut refused, mut unread) = (None, 0, 0, 0, 0);
    loop {
        // A disk does not check itself: what S3 tells of a file that rotted is the checksum that it had.
        let event = json!({"rebuild": {"next": next, "doubt": true, "seconds": SLICE}});
        let answer: RebuildAnswer = keeper.call(&event).await?;
        for key in &answer.refused {
            println!("left alone, since its bytes are not what its key says: {key}");
        }
        for key in &answer.unread {
            println!("could not be read: {key}");
        }
        (originals, made) = (originals + answer.originals, made + answer.made);
        (next, refused) = (answer.next, refused + answer.refused.len());
        unread += answer.unread.len() as u64;
        println!("{} looked at, {} made", counted(originals, "original"), counted(made, "record"));
        if answer.finished {
            break;
        }
    }
    if made > 0 {
        println!("None of these is called safe before an audit has read it whole: run make audit");
    }
    if unread > 0 && refused == 0 {
        return Err(format!("{} could not be read: {LOOK_AGAIN}", counted(unread, "original")));
    }
    Ok(refused == 0)
}

async fn drill(keeper: &Asked, asked: &Drill) -> Result<bool, String> {
    let (mut next, mut photos, mut bytes, mut unchecked) = (None, 0, 0, 0);
    let mut wrong = BTreeSet::new();
    loop {
        let event = json!({"drill": {
            "photos": asked.photos, "megabytes": asked.megabytes, "next": next, "seconds": SLICE,
        }});
        let answer: DrillAnswer = keeper.call(&event).await?;
        (photos, bytes, unchecked) =
            (photos + answer.photos, bytes + answer.bytes, unchecked + answer.unchecked);
        wrong.extend(answer.wrong);
        next = answer.next;
        if answer.finished {
            break;
        }
        println!("{} read back so far", counted(photos, "photo"));
    }
    for photo_id in &wrong {
        println!("{photo_id}: did not come back byte for byte");
    }
    let megabytes = bytes.div_ceil(1_000_000);
    println!("{}, {} MB, came back byte for byte", counted(photos, "photo"), grouped(megabytes));
    if unchecked > 0 && wrong.is_empty() {
        return Err(format!("{} could not be read; run it again", counted(unchecked, "photo")));
    }
    Ok(wrong.is_empty())
}

async fn retry(keeper: &Asked, asked: &Retry) -> Result<bool, String> {
    let reasons = (!asked.reason.is_empty()).then_some(&asked.reason);
    let photo_ids = (!asked.photo.is_empty()).then_some(&asked.photo);
    let (mut next, mut renders, mut uploads) = (None, 0, 0);
    loop {
        let event = json!({"retry": {
            "reasons": reasons, "photo_ids": photo_ids, "next": next, "seconds": SLICE,
        }});
        let answer: RetryAnswer = keeper.call(&event).await?;
        (renders, uploads) = (renders + answer.renders_sent, uploads + answer.uploads_sent);
        next = answer.next;
        if answer.finished {
            break;
        }
    }
    println!("{} sent for a preview, {} sent again", counted(renders, "photo"), counted(uploads, "upload"));
    Ok(true)
}
