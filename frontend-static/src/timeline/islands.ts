// How to get at a place in the middle of a part too large to be read at once, without reading all that lies before it.
// Needed in large libraries alone, and so loaded by them alone.
import type { PhotoSummary } from '../api/types';
import { parseWall } from '../lib/dates';
import { compare, recordOf, type Library, type Span } from './buckets';
import { emptied, Part } from './parts';
import type { Wish } from './prefetch';

/** A wall time, or the beginning of one, as a number to reckon with: milliseconds, of no time zone. */
function wallToMs(wall: string): number {
  const { year, month, day, hour, minute, second } = parseWall(wall);
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second, Number(wall.slice(20, 23).padEnd(3, '0')) || 0));
  return date.setUTCFullYear(year, month - 1, day);
}

const wallFromMs = (ms: number): string => new Date(ms).toISOString().slice(0, 23);

/** The interval of what is not loaded. */
const gapOf = (part: Part): { from: string; to: string } => ({ from: part.from, to: part.photos[part.photos.length - 1]?.taken ?? part.to });

function timeAt(from: string, to: string, fraction: number): string | null {
  const low = wallToMs(from), high = wallToMs(to);
  if (high - low <= 1) return null;
  return wallFromMs(Math.min(high - 1, Math.max(low + 1, Math.round(high - fraction * (high - low)))));
}

/** How much of an interval is newer than a time: 0 to 1. */
function shareAbove(from: string, to: string, at: string): number {
  const low = wallToMs(from), high = wallToMs(to);
  return high > low ? Math.min(1, Math.max(0, (high - wallToMs(at)) / (high - low))) : 0;
}

/** Cuts a part in two at a time, newer one first; `above`: how many of what is not loaded the newer one is given. */
function cut(part: Part, at: string, above: number): [Part, Part] {
  const newer = new Part(part.month, at, part.to, 0);
  const older = new Part(part.month, part.from, at, 0);
  newer.photos = part.photos.filter((rec) => rec.taken >= at);
  older.photos = part.photos.slice(newer.photos.length);
  newer.stale = older.stale = part.stale;
  if (part.complete || older.photos.length > 0) {
    // The cut goes through what is loaded: the newer one is known to its end.
    newer.complete = true;
    older.complete = part.complete;
    older.resume = part.resume && { ...part.resume, to: at };
  } else newer.resume = part.resume && { ...part.resume, from: at };
  newer.count = newer.photos.length + (newer.complete ? 0 : Math.max(1, above));
  older.count = older.photos.length + (older.complete ? 0 : Math.max(1, newer.complete ? part.rest : part.rest - above));
  return [newer, older];
}

export interface Reach {
  how: 'down' | 'rise' | 'land';
  span: Span;
  /** Where to cut, for `land`. */
  at: string;
  above: number;
  limit: number;
}

/** How to get at a place in a large part: on from what is above it, up from what is below it, or right into it. */
export function reach({ part, above, until }: Wish, page: number, first: number): Reach {
  const down: Reach = { how: 'down', span: part.resume ?? { from: part.from, to: part.to }, at: '', above: 0, limit: part.photos.length === 0 ? first : page };
  const rise: Reach = { how: 'rise', span: { from: part.from, to: part.to, order: 'asc' }, at: '', above: 0, limit: page };
  const { from, to } = gapOf(part);
  if (wallToMs(part.to) - wallToMs(part.from) <= 1) return down;
  if (part.floor) return rise;
  if (until !== undefined) {
    const at = wallFromMs(wallToMs(until) + 1);
    if (at >= to || at <= from) return down;
    return { how: 'land', span: { from, to: at }, at, above: Math.round(part.rest * shareAbove(from, to, at)), limit: first };
  }
  if (above < page) return down;
  if (part.rest - above < page / 2) return rise;
  const at = timeAt(from, to, above / part.rest);
  return at === null ? down : { how: 'land', span: { from, to: at }, at, above: Math.round(above), limit: first };
}

/** A page that was asked for by `reach`, put where it belongs. */
export function take(library: Library, part: Part, how: Reach, photos: readonly PhotoSummary[], next: string | null): void {
  if (how.how === 'land') land(library, part, how.at, how.above, photos, next);
  else rise(library, part, photos, next);
}

/** The first page of what lies before a time inside a large part: an island, `above` photos below the part's own. */
export function land(library: Library, part: Part, at: string, above: number, photos: readonly PhotoSummary[], next: string | null): void {
  if (!library.parts.includes(part)) return;
  const [newer, older] = cut(part, at, above);
  library.swap(part, newer, older);
  newer.floor = photos.length === 0;
  library.accept({ from: older.from, to: older.to }, photos, next);
}

/** The oldest photos of a part, oldest first: what lies above an island. */
export function rise(library: Library, part: Part, photos: readonly PhotoSummary[], next: string | null): void {
  if (!library.parts.includes(part)) return;
  const found = photos.map(recordOf).reverse();
  const newest = found[0];
  const last = part.photos[part.photos.length - 1];
  if (next === null || !newest || (last && compare(newest, last) <= 0)) {
    library.add(part, last ? found.filter((rec) => compare(last, rec) < 0) : found);
    library.close(part);
  } else {
    // More of the same time may come: a cut lies between two times.
    const sure = found.filter((rec) => rec.taken < newest.taken);
    if (sure.length > 0) {
      const [newer, older] = cut(part, newest.taken, part.rest - sure.length);
      library.swap(part, newer, older);
      library.add(older, sure);
      library.close(older);
    } else heap(library, part, newest.taken);
  }
  library.spread(part.month);
  library.tidy();
}

/** More photos at one time than a page holds: they become a part of their own, and before them is nothing. */
function heap(library: Library, part: Part, taken: string): void {
  const after = wallFromMs(wallToMs(taken) + 1);
  let rest = part;
  if (after < part.to) {
    const [newer, older] = cut(part, after, 1);
    library.swap(part, newer, older);
    rest = older;
  }
  if (rest.from >= taken) return;
  const [one, nothing] = cut(rest, taken, rest.rest);
  library.close(nothing);
  library.swap(rest, one, nothing);
}

/**
 * Keeps of a large part what lies around a time, `room` photos on either side, and forgets the rest. Cuts lie between
 * two times, never inside one.
 */
function trimmed(part: Part, around: string, room: number): Part[] {
  const { photos } = part;
  const at = photos.findIndex((rec) => rec.taken <= around);
  const centre = at < 0 ? photos.length - 1 : at;
  /** The first index from `i` on, in one direction, at which the time changes. */
  const edge = (i: number, step: 1 | -1): number => {
    while (i > 0 && i < photos.length && photos[i - 1]?.taken === photos[i]?.taken) i += step;
    return i;
  };
  const first = edge(Math.max(0, centre - room), -1);
  const last = edge(Math.min(photos.length, centre + room), 1);
  const parts: Part[] = [];
  let rest = part;
  const boundary = (i: number): string | null => {
    const rec = photos[i - 1];
    return rec && i < photos.length ? rec.taken : null;
  };
  // The newer side of a cut at a photo's own time holds that photo.
  const above = boundary(first);
  if (above !== null && above > rest.from) {
    const [newer, older] = cut(rest, above, 0);
    parts.push(emptied(newer));
    rest = older;
  }
  const below = boundary(last);
  if (below !== null && below > rest.from && below < rest.to) {
    const [newer, older] = cut(rest, below, 0);
    parts.push(newer, emptied(older));
  } else parts.push(rest);
  return parts;
}

/** Forgets what is far from a time inside a large part. False: there was nothing to forget. */
export function trim(library: Library, part: Part, around: string, room: number): boolean {
  if (part.photos.length <= 2 * room) return false;
  const by = trimmed(part, around, room);
  library.swap(part, ...by);
  return by.length > 1;
}
