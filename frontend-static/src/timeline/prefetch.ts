// Which listing to ask for next.
import { nextMonth } from '../lib/dates';
import type { Library, Span } from './buckets';

/**
 * The next request for the months `first` to `last` (newest first), or null when all of them are there.
 * Neighbouring months that fit into one page share a request. Beyond the oldest month nothing bounds the listing, so
 * that its end is the end of the library, whatever the counts say.
 */
export function nextSpan(library: Library, first: number, last: number, limit: number): Span | null {
  const { months } = library;
  if (months.length === 0) return library.reachedEnd ? null : {};
  for (let i = Math.max(0, first); i <= last && i < months.length; i++) {
    const bucket = months[i];
    if (!bucket || bucket.complete) continue;
    if (bucket.resume) return bucket.resume;
    let end = i;
    let count = bucket.count;
    while (end + 1 < months.length) {
      const older = months[end + 1];
      if (!older || older.complete || older.photos.length > 0 || count + older.count > limit) break;
      count += older.count;
      end++;
    }
    const oldest = months[end];
    return {
      from: end === months.length - 1 ? undefined : oldest?.month,
      to: i === 0 ? undefined : nextMonth(bucket.month),
    };
  }
  const oldest = months[months.length - 1];
  if (!library.reachedEnd && last >= months.length - 1 && oldest) return { to: oldest.month };
  return null;
}

/** Months to have: those in view, one view ahead in the direction of travel, one behind. */
export function monthsAround(offsets: readonly number[], from: number, to: number): { first: number; last: number } {
  let first = 0;
  while (first + 1 < offsets.length && (offsets[first + 1] ?? 0) <= from) first++;
  let last = first;
  while (last + 1 < offsets.length && (offsets[last + 1] ?? 0) < to) last++;
  return { first, last };
}
