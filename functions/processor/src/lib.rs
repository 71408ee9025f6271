//! Takes an upload into the vault, and makes its variants: `docs/ARCHITECTURE.md` walks through an upload.
//!
//! Everything here may be interrupted anywhere and run again: an event that fails is retried twice by Lambda, and
//! what is left after that the keeper sends again.

mod ingest;
mod render;

use serde_json::Value;
use tintype_core::ingest::Trouble;
use tintype_core::work::{self, Work};
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
        let done = match &piece {
            Work::Upload(key) => ingest::ingest(processor, key).await,
            Work::Render(render) => render::render(processor, render).await,
            Work::Unknown(what) => {
                tracing::error!(what, "not understood, and left alone");
                Ok(())
            }
        };
        if let Err(unfinished) = done {
            tracing::warn!(error = &unfinished as &dyn std::error::Error, "has to be done again");
            failures.push(unfinished);
        }
    }
    let unfinished = failures.len();
    match failures.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(Failed { unfinished, of, first }),
    }
}
