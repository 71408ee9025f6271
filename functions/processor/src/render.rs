//! Variants of a safe photo, and what its own metadata says of it.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::future::join_all;
use tintype_core::id::Generation;
use tintype_core::ingest::{self, Trouble};
use tintype_core::key::{ObjectKey, Variant};
use tintype_core::record::{Camera, Place, Preview, PreviewReason, Record, State};
use tintype_core::taken::{self, Claim, TakenSource};
use tintype_core::work::Render;
use tintype_function::metrics;
use tintype_imaging::{Facts, Kind, Rejected, Rendering};
use tintype_storage::{Storage, StorageError, mint};

use crate::{Processor, Unfinished};

/// Originals up to this size are read whole at once; of larger ones the start is looked at first.
const READ_AT_ONCE: u64 = 16 << 20;
/// How much of a large original is looked at first.
const START: u64 = 256 << 10;

/// Whether this run may end a photo without variants because decoding it ended the process too often.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum GiveUp {
    /// The keeper asks, long after the last attempt began: none of them still runs.
    Now,
    /// An event may come several times at once, and the attempts that it counts may all still run.
    Later,
}

/// What the keeper asks for.
pub(crate) async fn render(processor: &Processor, render: &Render) -> Result<(), Unfinished> {
    let record = processor.storage.catalog.get(&render.user, &render.photo_id).await?;
    match record {
        Some(record) if record.generation == render.generation && record.state == State::Stored => {
            variants_of(processor, record, GiveUp::Now).await
        }
        // Trashed, removed or sent again since: whatever it is now, it is looked after. But an earlier run of this very
        // event may have ended between its variants and its write.
        Some(record) => {
            Ok(processor.storage.catalog.remove_again(&record.user, &record.photo_id, mint::now()).await?)
        }
        None => Ok(()),
    }
}

/// Makes the variants of a safe photo, if it waits for them, and writes down how that ended.
pub(crate) async fn variants_of(
    processor: &Processor,
    record: Record,
    give_up: GiveUp,
) -> Result<(), Unfinished> {
    let storage = &processor.storage;
    if record.preview != Preview::Pending {
        return Ok(());
    }
    match (ingest::given_up(&record), give_up) {
        (Some(reason), GiveUp::Now) => return finish(storage, record, None, Err(reason)).await,
        (Some(_), GiveUp::Later) => return Err(Unfinished::TriedTooOften),
        (None, _) => {}
    }
    // Counted before and not after: what ends the process ends it here, and the count remains.
    let record = count_attempt(storage, &record, record.attempts + 1).await?;
    match attempt(processor, &record).await {
        Ok((facts, rendered)) => finish(storage, record, facts, rendered).await,
        Err(unfinished) => {
            // The process is still there: this attempt does not count.
            let counted = count_attempt(storage, &record, record.attempts - 1).await;
            if matches!(counted, Err(StorageError::Changed)) {
                // Some of its variants may be there already.
                storage.catalog.remove_again(&record.user, &record.photo_id, mint::now()).await?;
            }
            counted?;
            Err(unfinished)
        }
    }
}

type Outcome = (Option<Facts>, Result<Rendering, PreviewReason>);

/// Reads the original, decodes it and puts its variants.
async fn attempt(processor: &Processor, record: &Record) -> Result<Outcome, Unfinished> {
    let begun = Instant::now();
    let bytes = match read(processor, record).await? {
        Ok(bytes) => bytes,
        Err((facts, reason)) => return Ok((facts, Err(reason))),
    };
    let read_ms = metrics::milliseconds(begun);
    let begun = Instant::now();
    let budget = processor.budget;
    let decoded = tokio::task::spawn_blocking(move || {
        let facts = tintype_imaging::inspect(&bytes);
        (facts, tintype_imaging::render(&bytes, &budget))
    });
    let (facts, rendered) = match decoded.await {
        Ok((facts, rendered)) => (Some(facts), rendered.map_err(|rejected| reason(&rejected))),
        // A panic in a decoder is that file's end, not ours.
        Err(error) if error.is_panic() => (None, Err(PreviewReason::Broken)),
        Err(_) => return Err(Unfinished::Stopping),
    };
    let decode_ms = metrics::milliseconds(begun);
    let begun = Instant::now();
    if let Ok(rendering) = &rendered {
        put_variants(&processor.storage, record, rendering).await?;
    }
    let write_ms = metrics::milliseconds(begun);
    tracing::info!(target: metrics::TARGET, function = "processor", read_ms, decode_ms, write_ms);
    Ok((facts, rendered))
}

/// The original's bytes, or why they are not even read, with what their start tells.
async fn read(
    processor: &Processor,
    record: &Record,
) -> Result<Result<Bytes, (Option<Facts>, PreviewReason)>, Unfinished> {
    let vault = &processor.storage.vault;
    if record.size == 0 {
        return Ok(Err((None, PreviewReason::NotAnImage)));
    }
    if record.size > READ_AT_ONCE {
        let start = vault.read_start(&record.key, START).await?.ok_or(Trouble::OriginalMissing)?;
        let facts = tintype_imaging::inspect(&start);
        if matches!(facts.kind, Kind::Unknown | Kind::Video(_)) {
            return Ok(Err((Some(facts), PreviewReason::NotAnImage)));
        }
        // The file and what it is decoded into share the function's memory.
        if record.size > processor.budget.bytes as u64 / 3 {
            return Ok(Err((Some(facts), PreviewReason::TooLarge)));
        }
    }
    Ok(Ok(vault.read(&record.key).await?.ok_or(Trouble::OriginalMissing)?))
}

async fn count_attempt(storage: &Storage, record: &Record, attempts: u32) -> Result<Record, StorageError> {
    let mut counted = record.moved_to(record.state, record.preview, mint::now());
    counted.attempts = attempts;
    storage.catalog.replace(Some(record), &counted).await
}

async fn put_variants(storage: &Storage, record: &Record, rendering: &Rendering) -> Result<(), StorageError> {
    // All of them to their end, whatever becomes of one: none may arrive after what follows.
    let put = join_all(rendering.variants.iter().map(|made| {
        let key = ObjectKey::Variant {
            user: record.user.clone(),
            photo_id: record.photo_id,
            generation: record.generation,
            variant: match made.name {
                tintype_imaging::VariantName::Thumb => Variant::Thumb,
                tintype_imaging::VariantName::Preview => Variant::Preview,
            },
        };
        async move { storage.vault.put_variant(&key, made.webp.clone()).await }
    }));
    put.await.into_iter().collect()
}

/// Writes down how it ended, together with what the file says of itself.
async fn finish(
    storage: &Storage,
    mut record: Record,
    facts: Option<Facts>,
    rendered: Result<Rendering, PreviewReason>,
) -> Result<(), Unfinished> {
    let generation = record.generation;
    loop {
        let Some(done) = finished(&record, generation, facts.as_ref(), &rendered) else {
            // Removed for good meanwhile, perhaps: what was made came too late for its removal.
            return Ok(storage.catalog.remove_again(&record.user, &record.photo_id, mint::now()).await?);
        };
        match storage.catalog.replace(Some(&record), &done).await {
            Ok(_) => {
                count_ended(done.preview);
                return Ok(());
            }
            Err(StorageError::Changed) => {}
            Err(error) => return Err(error.into()),
        }
        // Somebody wrote meanwhile, its owner perhaps.
        let Some(now) = storage.catalog.get(&record.user, &record.photo_id).await? else { return Ok(()) };
        record = now;
    }
}

fn count_ended(preview: Preview) {
    let function = "processor";
    match preview.reason() {
        None => tracing::info!(target: metrics::TARGET, function, photos_previewed = 1),
        Some(reason) => {
            tracing::info!(target: metrics::TARGET, function, reason = reason.as_str(), photos_without_preview = 1);
        }
    }
}

fn finished(
    record: &Record,
    generation: Generation,
    facts: Option<&Facts>,
    rendered: &Result<Rendering, PreviewReason>,
) -> Option<Record> {
    let preview = match rendered {
        Ok(_) => Preview::Ready,
        Err(reason) => Preview::None(*reason),
    };
    let mut done = ingest::rendered(record, generation, preview, mint::now())?;
    if let Some(facts) = facts {
        let uploaded_at = record.stored_at.unwrap_or_else(mint::now);
        done.taken = taken::choose(&claims(facts), &record.file_name, record.modified_at, uploaded_at);
        done.camera = facts.camera.as_ref().map(camera);
        done.place = facts.place.as_ref().map(|place| Place {
            latitude: place.latitude,
            longitude: place.longitude,
            altitude_m: place.altitude_m,
        });
        (done.width, done.height) = (facts.width, facts.height);
        if facts.kind != Kind::Unknown {
            facts.kind.content_type().clone_into(&mut done.content_type);
        }
    }
    if let Ok(rendering) = rendered {
        (done.width, done.height) = (Some(rendering.width), Some(rendering.height));
        done.thumbhash = Some(STANDARD.encode(&rendering.thumbhash));
    }
    Some(done)
}

fn claims(facts: &Facts) -> Vec<Claim> {
    let times = &facts.times;
    [
        (&times.original, TakenSource::Exif),
        (&times.created, TakenSource::ExifCreated),
        (&times.xmp, TakenSource::Xmp),
    ]
    .into_iter()
    .filter_map(|(found, source)| {
        let found = found.as_ref()?;
        Some(Claim { source, local: found.local.clone(), offset: found.offset.clone() })
    })
    .collect()
}

fn camera(found: &tintype_imaging::Camera) -> Camera {
    Camera {
        make: found.make.clone(),
        model: found.model.clone(),
        lens: found.lens.clone(),
        focal_length_mm: found.focal_length_mm,
        aperture: found.aperture,
        exposure_s: found.exposure_s,
        iso: found.iso,
    }
}

fn reason(rejected: &Rejected) -> PreviewReason {
    match rejected {
        Rejected::NotAnImage => PreviewReason::NotAnImage,
        Rejected::Unsupported { .. } => PreviewReason::Unsupported,
        Rejected::Broken { .. } => PreviewReason::Broken,
        Rejected::TooLarge { .. } => PreviewReason::TooLarge,
    }
}
