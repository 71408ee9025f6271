// The library as the page knows it: parts of the timeline with their counts, and of each the newest photos that were
// loaded. A part is a month until somebody looks into the middle of a large one. Order is (taken, photo_id), newest
// first: total, and the API's own. The listing is the truth; counts are guesses that hold until a part is loaded to
// its end.
import type { Month, PhotoSummary } from '../api/types';
import { monthKey, nextMonth } from '../lib/dates';
import { clampRatio } from './justify';
import { blank, emptied, join, joins, Part } from './parts';

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
  /** The last check found its original lost or wrong. */
  readonly doubted: boolean;
}

export function recordOf(photo: PhotoSummary): Rec {
  return {
    id: photo.photo_id, taken: photo.taken, w: photo.width ?? 0, h: photo.height ?? 0, preview: photo.preview,
    reason: photo.preview_reason ?? undefined, type: photo.content_type, name: photo.file_name, hash: photo.thumbhash ?? undefined,
    camera: photo.camera ?? undefined, generation: photo.generation, size: photo.size, stored: photo.stored_at ?? undefined,
    trashed: photo.trashed_at ?? undefined, doubted: photo.doubted,
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
  order?: 'asc' | undefined;
}

export const MAX_RECORDS = 20_000;

export class Library {
  /** Newest first; the parts of a month side by side. */
  parts: Part[] = [];
  /** The listing was read to its end: there is nothing older. */
  reachedEnd = false;
  /** What the server said last of each month: another number means that something changed there. */
  private readonly acknowledged = new Map<string, number>();
  /** How many each month has, as far as we know; the parts share it. */
  private readonly expected = new Map<string, number>();

  get count(): number {
    return this.parts.reduce((n, part) => n + part.count, 0);
  }

  get loaded(): number {
    return this.parts.reduce((n, part) => n + part.photos.length, 0);
  }

  get complete(): boolean {
    return this.reachedEnd && this.parts.every((part) => part.complete);
  }

  of(month: string): Part[] {
    return this.parts.filter((part) => part.month === month);
  }

  countOf(month: string): number {
    return this.of(month).reduce((n, part) => n + part.count, 0);
  }

  /** The part that a time belongs to, if its month is known. */
  partOf(taken: string): Part | undefined {
    const month = monthKey(taken);
    return this.parts.find((part) => part.month === month && taken >= part.from);
  }

  private made(taken: string): Part {
    const found = this.partOf(taken);
    if (found) return found;
    const month = monthKey(taken);
    const at = this.parts.findIndex((part) => part.month < month);
    const part = new Part(month, month, nextMonth(month), 0);
    this.parts.splice(at < 0 ? this.parts.length : at, 0, part);
    return part;
  }

  swap(part: Part, ...by: Part[]): void {
    const at = this.parts.indexOf(part);
    if (at >= 0) this.parts.splice(at, 1, ...by);
  }

  /** What a month has beyond its complete parts is shared out among the others. */
  spread(month: string): void {
    const parts = this.of(month);
    const open = parts.filter((part) => !part.complete);
    const known = parts.reduce((n, part) => n + part.photos.length, 0);
    if (open.length === 0) return void this.expected.set(month, known);
    const rest = Math.max(0, (this.expected.get(month) ?? 0) - known);
    const guessed = open.reduce((n, part) => n + part.rest, 0);
    let given = 0;
    open.forEach((part, i) => {
      const share = i === open.length - 1 ? rest - given : Math.round(guessed > 0 ? (rest * part.rest) / guessed : rest / open.length);
      given += share;
      // A part that may hold something keeps a place, if the month is in several.
      part.count = part.photos.length + Math.max(share, parts.length > 1 ? 1 : 0);
    });
  }

  /** Parts that go on in each other are one; a month of which nothing is left is gone. */
  tidy(): void {
    const parts: Part[] = [];
    for (const part of this.parts) {
      const before = parts[parts.length - 1];
      if (before && (joins(before, part) || blank(before, part))) parts[parts.length - 1] = join(before, part);
      else parts.push(part);
    }
    const gone = new Set(parts.filter((part) => part.count === 0).map((part) => part.month));
    for (const part of parts) if (part.count > 0 || part.photos.length > 0) gone.delete(part.month);
    this.parts = gone.size > 0 ? parts.filter((part) => !gone.has(part.month)) : parts;
  }

  /** New counts from the server. Loaded parts of months whose number changed there become stale. */
  setCounts(months: readonly Month[]): void {
    const given = new Map(months.map(({ month, count }) => [month, count]));
    for (const month of new Set(this.parts.map((part) => part.month))) if (!given.has(month)) given.set(month, 0);
    for (const [month, count] of given) {
      if (count > 0) this.made(month);
      const parts = this.of(month);
      const touched = parts.some((part) => part.complete || part.photos.length > 0);
      const changed = count !== this.acknowledged.get(month);
      if (touched && changed && count !== this.countOf(month)) for (const part of parts) part.stale ||= part.complete || part.photos.length > 0;
      this.acknowledged.set(month, count);
      if (touched && !changed) continue;
      this.expected.set(month, count);
      if (!touched && count === 0) for (const part of parts) part.count = 0;
      else if (!touched || parts.some((part) => !part.complete)) this.spread(month);
    }
    this.tidy();
  }

  /** A page of a listing that covers `span`, newest first; `next` null: the span was read to its end. */
  accept(span: Span, photos: readonly PhotoSummary[], next: string | null): void {
    const records = photos.map(recordOf);
    const pages = new Map<Part, Rec[]>();
    for (const rec of records) {
      const part = this.made(rec.taken);
      const page = pages.get(part);
      if (page) page.push(rec);
      else pages.set(part, [rec]);
    }
    for (const [part, page] of pages) this.add(part, page);
    // Everything in the span that lies before the last photo of the page is known now.
    const last = records[records.length - 1];
    const at = last ? this.parts.indexOf(this.made(last.taken)) : -1;
    const months = new Set<string>();
    for (const [i, part] of this.parts.entries()) {
      const inside = (span.from === undefined || part.from >= span.from) && (span.to === undefined || part.to <= span.to);
      if (!inside) continue;
      months.add(part.month);
      if (next === null || i < at) this.close(part);
      else if (i === at) part.resume = { from: span.from, to: span.to, cursor: next };
    }
    if (next !== null && at < 0) {
      // An empty page that is not the last: go on from there, for the first part that is not complete.
      const first = this.parts.find((part) => !part.complete && (span.to === undefined || part.to <= span.to));
      if (first) first.resume = { from: span.from, to: span.to, cursor: next };
    }
    if (next === null && span.from === undefined) this.reachedEnd = true;
    for (const month of months) this.spread(month);
    this.tidy();
  }

  add(part: Part, page: readonly Rec[]): void {
    const known = new Set(part.photos.map((rec) => rec.id));
    const added = page.filter((rec) => !known.has(rec.id));
    const merged = [...part.photos, ...added];
    // A page goes on where the last one ended; something that arrived meanwhile may not.
    const last = part.photos[part.photos.length - 1];
    part.photos = last && added[0] && compare(last, added[0]) > 0 ? merged.sort(compare) : merged;
    part.count = Math.max(part.count, part.photos.length);
    this.expected.set(part.month, Math.max(this.expected.get(part.month) ?? 0, this.of(part.month).reduce((n, one) => n + one.photos.length, 0)));
  }

  close(part: Part): void {
    part.complete = true;
    part.resume = null;
    part.count = part.photos.length;
  }

  /** A part read again from its newest photo on; `next` null: to its end. */
  replace(part: Part, photos: readonly PhotoSummary[], next: string | null): void {
    if (!this.parts.includes(part)) return;
    part.photos = photos.map(recordOf);
    part.stale = false;
    if (next === null) this.close(part);
    else {
      part.complete = false;
      part.resume = { from: part.from, to: part.to, cursor: next };
      part.count = Math.max(part.count, part.photos.length + 1);
    }
    if (!this.of(part.month).some((one) => one.stale)) this.expected.set(part.month, this.acknowledged.get(part.month) ?? 0);
    this.spread(part.month);
    this.tidy();
  }

  /** Takes photos out, and gives them back so that the removal can be undone. */
  remove(ids: ReadonlySet<string>): Rec[] {
    const removed: Rec[] = [];
    for (const part of this.parts) {
      const out = part.photos.filter((rec) => ids.has(rec.id));
      if (out.length === 0) continue;
      removed.push(...out);
      part.photos = part.photos.filter((rec) => !ids.has(rec.id));
      part.count -= out.length;
      this.expected.set(part.month, (this.expected.get(part.month) ?? 0) - out.length);
    }
    this.tidy();
    return removed;
  }

  insert(records: readonly Rec[]): void {
    for (const rec of records) {
      const part = this.made(rec.taken);
      if (part.photos.some((other) => other.id === rec.id)) continue;
      const last = part.photos[part.photos.length - 1];
      if (part.count === 0) part.complete = true;
      part.count++;
      this.expected.set(part.month, (this.expected.get(part.month) ?? 0) + 1);
      // Beyond what is loaded only the count changes.
      if (part.complete || (last && compare(rec, last) < 0)) part.photos = [...part.photos, rec].sort(compare);
    }
  }

  /** Forgets the photos of a part; its count stays. */
  evict(part: Part): void {
    this.swap(part, emptied(part));
    this.tidy();
  }

  /** The index of the part that has it loaded, or -1. */
  at(id: string): number {
    return this.parts.findIndex((part) => part.photos.some((rec) => rec.id === id));
  }

  /** Loaded photos around one, newest first, without a hole. */
  strand(id: string): Rec[] {
    const at = this.at(id);
    if (at < 0) return [];
    let first = at;
    while (first > 0 && this.parts[first - 1]?.complete) first--;
    let last = at;
    while (this.parts[last]?.complete && (this.parts[last + 1]?.complete || (this.parts[last + 1]?.photos.length ?? 0) > 0)) last++;
    return this.parts.slice(first, last + 1).flatMap((part) => part.photos);
  }

  /** Whether something that is not loaded lies between two photos. */
  holeBetween(one: string, other: string): boolean {
    const [first = -1, last = -1] = [this.at(one), this.at(other)].sort((a, b) => a - b);
    return first >= 0 && this.parts.slice(first, last).some((part) => !part.complete);
  }

  /** Whether a day is loaded to its end. */
  hasDay(day: string): boolean {
    return this.parts.every((part) => part.complete || part.from.slice(0, 10) > day || (part.photos[part.photos.length - 1]?.taken ?? part.to).slice(0, 10) < day);
  }

  /** Those of the photos that are loaded. */
  these(ids: ReadonlySet<string>): Rec[] {
    return this.parts.flatMap((part) => part.photos.filter((rec) => ids.has(rec.id)));
  }

  get(id: string): Rec | undefined {
    return this.parts[this.at(id)]?.photos.find((rec) => rec.id === id);
  }
}
