// A month, or a stretch of one that is too large to be read at once. The parts of a month lie side by side without a
// hole, newest first, and each is an interval of time; so whatever is asked of the API is a plain interval as well.
import type { Rec, Span } from './buckets';

export class Part {
  /** The newest photos of the part, as many as were loaded. */
  photos: readonly Rec[] = [];
  /** Loaded to its end. */
  complete = false;
  /** Where to go on, if it was loaded in part. */
  resume: Span | null = null;
  /** Something changed there since it was loaded. */
  stale = false;
  /** Nothing was where it was cut: its photos are all newer, and the oldest of them are looked for first. */
  floor = false;

  /** `from` inclusive, `to` exclusive; `count` is a guess until the part is complete. */
  constructor(
    readonly month: string,
    readonly from: string,
    readonly to: string,
    public count: number,
  ) {}

  /** Photos that are not loaded, as far as we know. */
  get rest(): number {
    return this.complete ? 0 : Math.max(0, this.count - this.photos.length);
  }
}

/** Whether the photos of `newer` go on in `older` without a hole: then they are one part. */
export const joins = (newer: Part, older: Part): boolean =>
  newer.month === older.month && newer.complete && !newer.stale && !older.stale && (older.complete || older.photos.length > 0);

/** Two parts that nobody looked into are one again. */
export const blank = (newer: Part, older: Part): boolean =>
  newer.month === older.month && [newer, older].every((part) => !part.complete && part.photos.length === 0 && part.resume === null);

export function join(newer: Part, older: Part): Part {
  const one = new Part(newer.month, older.from, newer.to, newer.count + older.count);
  one.photos = newer.photos.length === 0 ? older.photos : older.photos.length === 0 ? newer.photos : [...newer.photos, ...older.photos];
  one.complete = newer.complete && older.complete;
  one.resume = newer.complete ? older.resume && { ...older.resume, to: newer.to } : null;
  return one;
}

/** Forgets the photos of a part; their number stays. */
export const emptied = (part: Part): Part => new Part(part.month, part.from, part.to, Math.max(1, part.count));
