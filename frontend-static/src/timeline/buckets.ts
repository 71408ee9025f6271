// The library as the page knows it: months with their counts, and of each month the newest photos that were loaded.
// Order is (taken, photo_id), newest first: total, and the API's own. The listing is the truth; counts are guesses
// that hold until a month is loaded to its end.
import type { Month, PhotoSummary } from '../api/types';
import { monthKey } from '../lib/dates';
import { clampRatio } from './justify';

/** What is kept of a photo: nothing that the timeline does not show. */
export interface Rec {
  readonly id: string;
  readonly taken: string;
  readonly w: number;
  readonly h: number;
  readonly preview: PhotoSummary['preview'];
  readonly reason: string | undefined;
  readonly type: string;
  readonly name: string;
  readonly hash: string | undefined;
  readonly camera: string | undefined;
  readonly generation: string;
  readonly size: number;
  readonly stored: string | undefined;
  readonly trashed: string | undefined;
}

export function recordOf(photo: PhotoSummary): Rec {
  return {
    id: photo.photo_id, taken: photo.taken, w: photo.width ?? 0, h: photo.height ?? 0, preview: photo.preview,
    reason: photo.preview_reason ?? undefined, type: photo.content_type, name: photo.file_name, hash: photo.thumbhash ?? undefined,
    camera: photo.camera ?? undefined, generation: photo.generation, size: photo.size, stored: photo.stored_at ?? undefined,
    trashed: photo.trashed_at ?? undefined,
  };
}

/** A photo without a picture is a square plate, whatever it knows of its size. */
export const ratioOf = (rec: Rec): number => (rec.preview === 'ready' && rec.w > 0 && rec.h > 0 ? clampRatio(rec.w / rec.h) : rec.preview === 'pending' && rec.w > 0 && rec.h > 0 ? clampRatio(rec.w / rec.h) : 1);

/** Negative when `a` comes first: newest first, then the greater id. */
export function compare(a: { taken: string; id: string }, b: { taken: string; id: string }): number {
  if (a.taken !== b.taken) return a.taken > b.taken ? -1 : 1;
  return a.id === b.id ? 0 : a.id > b.id ? -1 : 1;
}

/** What a listing was asked for. Absent `from` reaches to the oldest photo, absent `to` to the newest. */
export interface Span {
  from?: string | undefined;
  to?: string | undefined;
  cursor?: string | undefined;
}

export class MonthBucket {
  photos: readonly Rec[] = [];
  /** Loaded to its end. */
  complete = false;
  /** Where to go on, if it was loaded in part. */
  resume: Span | null = null;
  /** What the server said when it was loaded: another number means that something changed there. */
  acknowledged: number;
  stale = false;

  constructor(
    readonly month: string,
    public count: number,
  ) {
    this.acknowledged = count;
  }
}

export const MAX_RECORDS = 20_000;

export class Library {
  /** Newest first. */
  months: MonthBucket[] = [];
  /** The listing was read to its end: there is nothing older. */
  reachedEnd = false;

  get count(): number {
    return this.months.reduce((n, month) => n + month.count, 0);
  }

  get loaded(): number {
    return this.months.reduce((n, month) => n + month.photos.length, 0);
  }

  get complete(): boolean {
    return this.reachedEnd && this.months.every((month) => month.complete);
  }

  find(month: string): MonthBucket | undefined {
    return this.months.find((bucket) => bucket.month === month);
  }

  private bucket(month: string): MonthBucket {
    const at = this.months.findIndex((bucket) => bucket.month <= month);
    const found = at >= 0 ? this.months[at] : undefined;
    if (found?.month === month) return found;
    const made = new MonthBucket(month, 0);
    this.months.splice(at < 0 ? this.months.length : at, 0, made);
    return made;
  }

  /** New counts from the server. Loaded months whose number changed there become stale. */
  setCounts(months: readonly Month[]): void {
    const given = new Map(months.map(({ month, count }) => [month, count]));
    for (const [month, count] of given) {
      const bucket = this.bucket(month);
      const touched = bucket.complete || bucket.photos.length > 0;
      if (touched && count !== bucket.acknowledged && count !== bucket.photos.length) bucket.stale = true;
      if (!touched || !bucket.complete) bucket.count = Math.max(count, bucket.photos.length);
      bucket.acknowledged = count;
    }
    for (const bucket of this.months) {
      if (given.has(bucket.month)) continue;
      if (bucket.photos.length > 0) {
        if (bucket.acknowledged !== 0) bucket.stale = true;
        bucket.acknowledged = 0;
      } else bucket.count = 0;
    }
    this.months = this.months.filter((bucket) => bucket.count > 0 || bucket.photos.length > 0);
  }

  /** A page of a listing that covers `span`, newest first; `next` null: the span was read to its end. */
  accept(span: Span, photos: readonly PhotoSummary[], next: string | null): void {
    const records = photos.map(recordOf);
    const touched = new Set<MonthBucket>();
    for (const rec of records) touched.add(this.bucket(monthKey(rec.taken)));
    for (const bucket of touched) {
      const known = new Set(bucket.photos.map((rec) => rec.id));
      const added = records.filter((rec) => monthKey(rec.taken) === bucket.month && !known.has(rec.id));
      const merged = [...bucket.photos, ...added];
      // A page goes on where the last one ended; something that arrived meanwhile may not.
      const last = bucket.photos[bucket.photos.length - 1];
      bucket.photos = last && added[0] && compare(last, added[0]) > 0 ? merged.sort(compare) : merged;
      bucket.count = Math.max(bucket.count, bucket.photos.length);
    }
    // Everything in the span that lies before the last photo of the page is known now.
    const lastMonth = records.length ? monthKey(records[records.length - 1]?.taken ?? '') : null;
    for (const bucket of this.months) {
      const inside = (span.from === undefined || bucket.month >= span.from) && (span.to === undefined || bucket.month < span.to);
      if (!inside) continue;
      if (next === null || (lastMonth !== null && bucket.month > lastMonth)) this.close(bucket);
      else if (bucket.month === lastMonth) bucket.resume = { from: span.from, to: span.to, cursor: next };
    }
    if (next !== null && lastMonth === null) {
      // An empty page that is not the last: go on from there, for the first month that is not complete.
      const first = this.months.find((b) => !b.complete && (span.to === undefined || b.month < span.to));
      if (first) first.resume = { from: span.from, to: span.to, cursor: next };
    }
    if (next === null && span.from === undefined) this.reachedEnd = true;
    this.months = this.months.filter((bucket) => bucket.count > 0 || bucket.photos.length > 0);
  }

  private close(bucket: MonthBucket): void {
    bucket.complete = true;
    bucket.resume = null;
    bucket.count = bucket.photos.length;
  }

  /** A month read again from its newest photo on. `whole`: to its end. */
  replace(month: string, photos: readonly PhotoSummary[], next: string | null): void {
    const bucket = this.bucket(month);
    bucket.photos = photos.map(recordOf);
    bucket.stale = false;
    if (next === null) this.close(bucket);
    else {
      bucket.complete = false;
      bucket.resume = { from: month, to: undefined, cursor: next };
      bucket.count = Math.max(bucket.acknowledged, bucket.photos.length);
    }
    this.months = this.months.filter((b) => b.count > 0 || b.photos.length > 0);
  }

  /** Takes photos out, and gives them back so that the removal can be undone. */
  remove(ids: ReadonlySet<string>): Rec[] {
    const removed: Rec[] = [];
    for (const bucket of this.months) {
      const out = bucket.photos.filter((rec) => ids.has(rec.id));
      if (out.length === 0) continue;
      removed.push(...out);
      bucket.photos = bucket.photos.filter((rec) => !ids.has(rec.id));
      bucket.count -= out.length;
    }
    this.months = this.months.filter((bucket) => bucket.count > 0);
    return removed;
  }

  insert(records: readonly Rec[]): void {
    for (const rec of records) {
      const bucket = this.bucket(monthKey(rec.taken));
      if (bucket.photos.some((other) => other.id === rec.id)) continue;
      const last = bucket.photos[bucket.photos.length - 1];
      const fresh = bucket.count === 0;
      bucket.count++;
      if (fresh) bucket.complete = true;
      // Beyond what is loaded only the count changes.
      if (bucket.complete || (last && compare(rec, last) < 0)) bucket.photos = [...bucket.photos, rec].sort(compare);
    }
  }

  /** Forgets the photos of a month; its count stays. */
  evict(month: string): void {
    const bucket = this.find(month);
    if (!bucket) return;
    bucket.photos = [];
    bucket.complete = false;
    bucket.resume = null;
  }

  /** Loaded photos around one, newest first, without a hole. */
  strand(id: string): Rec[] {
    const at = this.months.findIndex((bucket) => bucket.photos.some((rec) => rec.id === id));
    if (at < 0) return [];
    let first = at;
    while (first > 0 && this.months[first - 1]?.complete) first--;
    let last = at;
    while (this.months[last]?.complete && (this.months[last + 1]?.photos.length ?? 0) > 0) last++;
    return this.months.slice(first, last + 1).flatMap((bucket) => bucket.photos);
  }

  get(id: string): Rec | undefined {
    for (const bucket of this.months) {
      const found = bucket.photos.find((rec) => rec.id === id);
      if (found) return found;
    }
    return undefined;
  }
}
