//! What an owner asks the keeper by hand: audit, repair, rebuild, restore drill, another try. The same requests as in the
//! cloud, sent to the Tintype that runs on the folder, or to one that is started for it and stopped again.
//!
//! Exit codes: 0 if nothing needs attention, 1 if something does, 2 if it could not be done.

mod asked;
mod audit;
mod drill;
mod rebuild;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use tintype_core::audit::line::counted;
use tintype_core::id::{AuditId, PhotoId};
use tintype_core::record::PreviewReason;
use tintype_keeper::request::RetryAnswer;

use crate::data_dir;
use crate::say::{complain, say};
use asked::Asked;

/// How long one call goes on before its progress is printed.
const SLICE: u64 = 5;
/// What to do about what could not be looked at.
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
    #[arg(long, default_value = data_dir::DEFAULT, value_name = "FOLDER")]
    data_dir: PathBuf,
}

#[derive(Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    folder: Folder,
    /// Read and hash every original, not only what S3 says of it.
    #[arg(long)]
    every_byte: bool,
    /// Name also what is left over beside photos that are whole.
    #[arg(long)]
    leftovers: bool,
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
            complain!("tintype: {message}");
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
        ByHand::Audit(asked) => audit::audit(&keeper, asked).await,
        ByHand::Repair(asked) => audit::repair(&keeper, asked.report).await,
        ByHand::Rebuild(_) => rebuild::rebuild(&keeper).await,
        ByHand::Drill(asked) => drill::drill(&keeper, asked).await,
        ByHand::Retry(asked) => retry(&keeper, asked).await,
    };
    keeper.leave().await;
    done
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
    say!("{} sent for a preview, {} sent again", counted(renders, "photo"), counted(uploads, "upload"));
    Ok(true)
}
