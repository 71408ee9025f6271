//! Records, originals and variants of one user side by side. All three come sorted by photo id, so that one photo after
//! another is put together from pages, in constant memory.

use std::collections::VecDeque;
use std::time::Instant;

use tintype_core::audit::report::{Passed, Place};
use tintype_core::audit::{Checksum, SeenOriginal, SeenVariant};
use tintype_core::id::{PhotoId, UserId};
use tintype_core::key::ObjectKey;
use tintype_core::record::Record;
use tintype_storage::catalog::{self, RecordsPage, Unreadable};
use tintype_storage::inventory::VersionMarker;
use tintype_storage::{Storage, StorageError};

/// How many strange keys of one user, and how many strange items, are kept; further ones are counted.
const MOST_STRANGE: u64 = 1_000;
/// Records of a page: about half a megabyte.
const RECORDS: i32 = 500;

/// One photo, as catalog and listings have it.
pub(crate) struct Gathered {
    pub(crate) photo_id: PhotoId,
    pub(crate) record: Option<Result<Record, Unreadable>>,
    /// Whether the indexes do not have that record where they should.
    pub(crate) unlisted: bool,
    pub(crate) originals: Vec<SeenOriginal>,
    pub(crate) variants: Vec<SeenVariant>,
}

/// What none of our functions made, in passing.
pub(crate) struct Strange {
    pub(crate) names: Vec<String>,
    /// How many more there were than are kept.
    pub(crate) more: u64,
    kept: u64,
}

impl Strange {
    /// So many were named already.
    fn behind(kept: u64) -> Self {
        Self { names: Vec::new(), more: 0, kept }
    }

    fn came_by(&mut self, name: String) {
        if self.kept < MOST_STRANGE {
            self.kept += 1;
            self.names.push(name);
        } else {
            self.more += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.more == 0
    }
}

/// A record, and whether the indexes do not have it where they should.
type Recorded = (Result<Record, Unreadable>, bool);

/// What a page holds: something of a photo, or a key that none of our functions made.
enum Entry<T> {
    Of(PhotoId, T),
    Strange(String),
}

/// Where a page starts: at the very beginning, or behind something.
#[derive(Clone)]
struct Start<N>(Option<N>);

/// Pages of one listing, read ahead.
struct Ahead<T, N> {
    entries: VecDeque<Entry<T>>,
    /// Where the next page starts; `None` behind the last one.
    next: Option<Start<N>>,
}

impl<T, N> Ahead<T, N> {
    fn from(start: Option<N>) -> Self {
        Self { entries: VecDeque::new(), next: Some(Start(start)) }
    }

    /// Where to read on, if nothing is left of what was read.
    fn wants(&mut self) -> Option<Start<N>> {
        if self.entries.is_empty() { self.next.take() } else { None }
    }

    /// Reads on there another time.
    fn puts_off(&mut self, start: Start<N>) {
        self.next = Some(start);
    }

    fn came(&mut self, entries: impl IntoIterator<Item = Entry<T>>, next: Option<N>) {
        self.entries.extend(entries);
        self.next = next.map(|next| Start(Some(next)));
    }

    fn front(&self) -> Option<PhotoId> {
        match self.entries.front() {
            Some(Entry::Of(photo_id, _)) => Some(*photo_id),
            Some(Entry::Strange(_)) | None => None,
        }
    }

    fn take(&mut self, photo_id: PhotoId) -> Option<T> {
        if self.front() != Some(photo_id) {
            return None;
        }
        match self.entries.pop_front() {
            Some(Entry::Of(_, found)) => Some(found),
            Some(Entry::Strange(_)) | None => None,
        }
    }

    /// Takes a strange key from the front, if it sorts before `bound`.
    fn take_strange(&mut self, bound: Option<&str>) -> Option<String> {
        match self.entries.front() {
            Some(Entry::Strange(key)) if bound.is_none_or(|bound| key.as_str() < bound) => {}
            _ => return None,
        }
        match self.entries.pop_front() {
            Some(Entry::Strange(key)) => Some(key),
            Some(Entry::Of(..)) | None => None,
        }
    }
}

/// Records, originals and variants of one user.
pub(crate) struct Merge {
    storage: Storage,
    user: UserId,
    records: Ahead<Recorded, PhotoId>,
    originals: Ahead<SeenOriginal, VersionMarker>,
    variants: Ahead<SeenVariant, String>,
    /// Keys of the vault.
    pub(crate) strange: Strange,
    /// Sort keys of the catalog.
    pub(crate) strange_items: Strange,
    /// When strange keys are left to the next run.
    end: Instant,
    /// Whether they were.
    is_over: bool,
    /// Whether the pages of the first photo are read: without these, no run would come further.
    has_begun: bool,
    /// Whether further pages were read when the time was over.
    read_late: bool,
    passed: Passed,
}

impl Merge {
    /// From there on. Of strange keys, and of strange items, so many were named already.
    pub(crate) fn from(
        storage: Storage,
        place: &Place,
        (strange, strange_items): (u64, u64),
        end: Instant,
    ) -> Self {
        let Place { user, after, passed } = place;
        let behind = |prefix: String| after.map(|photo_id| ObjectKey::behind(&prefix, &photo_id));
        let original = passed.original.clone().or_else(|| behind(ObjectKey::originals_of(user)));
        let variant = passed.variant.clone().or_else(|| behind(ObjectKey::media_of(user)));
        Self {
            storage,
            user: user.clone(),
            records: Ahead::from(*after),
            originals: Ahead::from(original.map(|key| VersionMarker { key, version_id: None })),
            variants: Ahead::from(variant),
            strange: Strange::behind(strange),
            strange_items: Strange::behind(strange_items),
            end,
            is_over: false,
            has_begun: false,
            read_late: false,
            passed: passed.clone(),
        }
    }

    /// Without the variants, for which not even a listing is asked.
    pub(crate) fn of_originals(storage: Storage, place: &Place, end: Instant) -> Self {
        let mut merge = Self::from(storage, place, (0, 0), end);
        merge.variants.next = None;
        merge
    }

    /// Whether the time ended among strange keys: what came last may be without some of its objects, and this walk goes
    /// no further.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the next photo begins in pages that were read before the time was over: a page of a large library may take
    /// longer to read than a short run lasts, and what is read is not read again.
    pub(crate) fn has_ahead(&self) -> bool {
        let empty = self.records.entries.is_empty() && self.originals.entries.is_empty();
        !empty && !self.read_late
    }

    fn page_came(&mut self) {
        self.read_late |= self.has_begun && Instant::now() >= self.end;
    }

    /// Where to go on if `after` is the last photo that came.
    pub(crate) fn place(&self, after: Option<PhotoId>) -> Place {
        Place { user: self.user.clone(), after, passed: self.passed.clone() }
    }

    /// The next photo, in the order of ids; `None` behind the last one, and if the time is over.
    pub(crate) async fn next(&mut self) -> Result<Option<Gathered>, StorageError> {
        self.read(None).await?;
        self.has_begun = true;
        if self.is_over {
            return Ok(None);
        }
        let fronts = [self.records.front(), self.originals.front(), self.variants.front()];
        let Some(photo_id) = fronts.into_iter().flatten().min() else { return Ok(None) };
        let mut photo =
            Gathered { photo_id, record: None, unlisted: false, originals: Vec::new(), variants: Vec::new() };
        loop {
            let mut found = false;
            if let Some((record, unlisted)) = self.records.take(photo_id) {
                (photo.record, photo.unlisted) = (Some(record), unlisted);
                found = true;
            }
            while let Some(original) = self.originals.take(photo_id) {
                photo.originals.push(original);
                found = true;
            }
            while let Some(variant) = self.variants.take(photo_id) {
                photo.variants.push(variant);
                found = true;
            }
            // A page may end in the middle of a photo.
            self.read(Some(photo_id)).await?;
            if self.is_over {
                return Ok(Some(photo));
            }
            if !found {
                self.forget_before(photo_id);
                return Ok(Some(photo));
            }
        }
    }

    /// Behind a photo that is done, all is done that lies before it; but strange keys may have come by that lie farther.
    fn forget_before(&mut self, photo_id: PhotoId) {
        let behind = |prefix: String| ObjectKey::behind(&prefix, &photo_id);
        let original = behind(ObjectKey::originals_of(&self.user));
        let variant = behind(ObjectKey::media_of(&self.user));
        self.passed.original = self.passed.original.take().filter(|key| *key > original);
        self.passed.variant = self.passed.variant.take().filter(|key| *key > variant);
        let item = catalog::sort_key_of(&photo_id);
        self.passed.item = self.passed.item.take().filter(|sort_key| *sort_key > item);
    }

    /// Whether no more strange keys are listed. Some were: each run comes further.
    fn stops(&mut self) -> bool {
        self.is_over |= !self.strange.is_empty() && Instant::now() >= self.end;
        self.is_over
    }

    /// Reads on where nothing is left, and passes over strange keys: all that come next, or those of one photo.
    async fn read(&mut self, of: Option<PhotoId>) -> Result<(), StorageError> {
        let bound = |prefix: String| of.map(|photo_id| ObjectKey::behind(&prefix, &photo_id));
        let behind = of.map(|photo_id| catalog::sort_key_of(&photo_id));
        loop {
            while let Some(Start(after)) = self.records.wants() {
                let page = self.storage.catalog.records(&self.user, after, RECORDS).await?;
                let next = page.next;
                self.records.came(in_order(page), next);
                self.page_came();
            }
            let Some(item) = self.records.take_strange(behind.as_deref()) else { break };
            // A page may begin with what the one before it ended with.
            if self.passed.item.as_ref().is_none_or(|passed| *passed < item) {
                self.passed.item = Some(item.clone());
                self.strange_items.came_by(item);
            }
        }
        let prefix = ObjectKey::originals_of(&self.user);
        let behind = bound(prefix.clone());
        loop {
            while let Some(start) = self.originals.wants() {
                if self.stops() {
                    self.originals.puts_off(start);
                    return Ok(());
                }
                let page = self.storage.vault.versions(&prefix, start.0).await?;
                let latest = page.versions.into_iter().filter(|version| version.latest);
                let entries = latest.map(|version| match version.key.parse() {
                    Ok(ObjectKey::Original { photo_id, generation, .. }) => {
                        let (key, size, version_id) = (version.key, version.size, version.version_id);
                        let checksum = Checksum::NotAsked;
                        Entry::Of(photo_id, SeenOriginal { key, generation, size, checksum, version_id })
                    }
                    Ok(_) | Err(_) => Entry::Strange(version.key),
                });
                self.originals.came(entries, page.next);
                self.page_came();
            }
            let Some(key) = self.originals.take_strange(behind.as_deref()) else { break };
            self.passed.original = Some(key.clone());
            self.strange.came_by(key);
        }
        let prefix = ObjectKey::media_of(&self.user);
        let behind = bound(prefix.clone());
        loop {
            while let Some(start) = self.variants.wants() {
                if self.stops() {
                    self.variants.puts_off(start);
                    return Ok(());
                }
                let page = self.storage.vault.keys(&prefix, start.0).await?;
                let entries = page.keys.into_iter().map(|key| match key.parse() {
                    Ok(ObjectKey::Variant { photo_id, generation, variant, .. }) => {
                        Entry::Of(photo_id, SeenVariant { generation, variant })
                    }
                    Ok(_) | Err(_) => Entry::Strange(key),
                });
                self.variants.came(entries, page.next);
                self.page_came();
            }
            let Some(key) = self.variants.take_strange(behind.as_deref()) else { break };
            self.passed.variant = Some(key.clone());
            self.strange.came_by(key);
        }
        Ok(())
    }
}

/// Records and strange items of a page, by their sort keys.
fn in_order(page: RecordsPage) -> Vec<Entry<Recorded>> {
    let mut strange = page.strange.into_iter().peekable();
    let mut entries = Vec::new();
    for record in page.records {
        let photo_id =
            record.as_ref().map_or_else(|unreadable| unreadable.photo_id, |record| record.photo_id);
        let sort_key = catalog::sort_key_of(&photo_id);
        while let Some(item) = strange.next_if(|item| *item < sort_key) {
            entries.push(Entry::Strange(item));
        }
        entries.push(Entry::Of(photo_id, (record, page.unlisted.contains(&photo_id))));
    }
    entries.extend(strange.map(Entry::Strange));
    entries
}
