//! Takes an upload into the vault, and makes its variants: `docs/ARCHITECTURE.md` walks through an upload.
//!
//! Everything here may be interrupted anywhere and run again: an event that fails is retried twice by Lambda, and
//! what is left after that the keeper sends again.

pub mod config;
mod ingest;
mod render;

use serde_json::Value;
use tintype_core::ingest::Trouble;
use tintype_core::key::ObjectKey;
use tintype_core::work::{self, Work};
use tintype_function::metrics;
use tintype_imaging::Budget;
use tintype_storage::{Storage, StorageError};

/// What the processor works with.
#[derive(Debug, Clone)]
pub struct Processor {
    /// Buckets and catalog.
    pub storage: Storage,
    /// How much memory a decoder may take.
    pub budget: Budget,
}

/// Why a piece of work has to be done again.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// A service did not do it this time.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What was found does not allow it yet.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// Decoding ended the process three times, or three attempts still run: the keeper decides, when they are over.
    #[error("its variants were tried three times; the keeper decides what becomes of them")]
    TriedTooOften,
    /// The process is being stopped.
    #[error("stopped before it was done")]
    Stopping,
    /// A fault of ours.
    #[error("panicked")]
    Panicked,
    /// Others keep writing the same record.
    #[error("the record kept changing")]
    Contended,
}

/// Some of an event's work has to be done again.
#[derive(Debug, thiserror::Error)]
#[error("{unfinished} of {of} pieces of work have to be done again; the first: {first}")]
pub struct Failed {
    unfinished: usize,
    of: usize,
    #[source]
    first: Unfinished,
}

/// Does all that an event asks for. One piece that fails does not stop the others.
pub async fn handle(event: &Value, processor: &Processor) -> Result<(), Failed> {
    let work = work::parse(event);
    let of = work.len();
    let mut failures = Vec::new();
    for piece in work {
        let photo_id = photo_of(&piece);
        let processor = processor.clone();
        // A task of its own: should it panic, the others still finish.
        let done = tokio::spawn(async move { do_piece(&processor, piece).await }).await;
        if let Err(unfinished) = done.unwrap_or(Err(Unfinished::Panicked)) {
            let error = &unfinished as &dyn std::error::Error;
            match &unfinished {
                Unfinished::Trouble(trouble) if trouble.is_alarming() => {
                    tracing::error!(photo_id, error, "needs a person");
                    tracing::info!(target: metrics::TARGET, function = "processor", needs_a_person = 1);
                }
                _ => tracing::warn!(photo_id, error, "has to be done again"),
            }
            failures.push(unfinished);
        }
    }
    let unfinished = failures.len();
    match failures.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(Failed { unfinished, of, first }),
    }
}

async fn do_piece(processor: &Processor, piece: Work) -> Result<(), Unfinished> {
    match piece {
        Work::Upload(key) => ingest::ingest(processor, &key).await,
        Work::Render(render) => render::render(processor, &render).await,
        Work::Unknown(what) => {
            tracing::error!(what, "not understood, and left alone");
            Ok(())
        }
    }
}

/// Which photo a piece is about, for the log.
fn photo_of(piece: &Work) -> Option<String> {
    match piece {
        Work::Upload(ObjectKey::Upload { photo_id, .. }) => Some(photo_id.to_string()),
        Work::Render(render) => Some(render.photo_id.to_string()),
        Work::Upload(_) | Work::Unknown(_) => None,
    }
}
