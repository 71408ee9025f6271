//! Counters against what they count.

use std::collections::BTreeMap;

use tintype_core::record::PreviewReason;
use tintype_core::wire::{Me, PhotoSummary, PreviewState, Timeline};

use crate::User;

/// `/me` and `/timeline` say what a walk over the listings counts.
pub async fn assert_counters_are_true(user: &User) {
    let (photos, trash) = (user.list_all().await, user.trash_all().await);
    let me: Me = user.get("/api/me").await.json();
    let timeline: Timeline = user.get("/api/timeline").await.json();

    let bytes = |photos: &[PhotoSummary]| photos.iter().map(|photo| photo.size).sum::<u64>();
    assert_eq!((me.photos, me.bytes), (photos.len() as u64, bytes(&photos)), "photos and bytes in /me");
    assert_eq!((me.trash_photos, me.trash_bytes), (trash.len() as u64, bytes(&trash)), "the trash in /me");
    let pending = photos.iter().filter(|photo| photo.preview == PreviewState::Pending).count();
    assert_eq!(me.pending, pending as u64, "pending in /me");

    let mut reasons = BTreeMap::<PreviewReason, u64>::new();
    let mut months = BTreeMap::<&str, (u64, u64)>::new();
    for photo in &photos {
        if let Some(reason) = photo.preview_reason {
            *reasons.entry(reason).or_default() += 1;
        }
        let month = months.entry(&photo.taken[..7]).or_default();
        *month = (month.0 + 1, month.1 + photo.size);
    }
    let said: BTreeMap<_, _> = me.without_preview.iter().map(|entry| (entry.reason, entry.count)).collect();
    assert_eq!(said, reasons, "photos without preview in /me");
    let said: Vec<_> =
        timeline.months.iter().map(|month| (month.month.as_str(), (month.count, month.bytes))).collect();
    assert_eq!(said, months.into_iter().rev().collect::<Vec<_>>(), "/timeline, newest month first");
}
