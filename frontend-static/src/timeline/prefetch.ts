// Which listing to ask for next.
import type { Library, Span } from './buckets';
import type { Part } from './parts';

/**
 * The next request for the parts `first` to `last` (newest first), or null when all of them are there. Neighbours that
 * fit into one page share a request. Beyond the oldest part nothing bounds the listing, so that its end is the end of
 * the library, whatever the counts say. `skip`: parts of which more than that is missing are left to `reach`.
 */
export function nextSpan(library: Library, first: number, last: number, limit: number, skip = Infinity): Span | null {
  const { parts } = library;
  if (parts.length === 0) return library.reachedEnd ? null : {};
  for (let i = Math.max(0, first); i <= last && i < parts.length; i++) {
    const part = parts[i];
    if (!part || part.complete || part.rest > skip) continue;
    if (part.resume) return part.resume;
    let end = i;
    let count = part.count;
    while (end + 1 < parts.length) {
      const older = parts[end + 1];
      if (!older || older.complete || older.photos.length > 0 || count + older.count > limit) break;
      count += older.count;
      end++;
    }
    const oldest = parts[end];
    return {
      from: end === parts.length - 1 && oldest?.from === oldest?.month ? undefined : oldest?.from,
      to: i === 0 && part.to.length === 7 ? undefined : part.to,
    };
  }
  const oldest = parts[parts.length - 1];
  if (!library.reachedEnd && last >= parts.length - 1 && oldest) return { to: oldest.month };
  return null;
}

/** A place in what is not loaded of a large part: so many photos are above it, or a time. */
export interface Wish {
  part: Part;
  above: number;
  until?: string;
}

/** Parts to have: those in view, one view ahead in the direction of travel, one behind. */
export function partsAround(offsets: readonly number[], from: number, to: number): { first: number; last: number } {
  let first = 0;
  while (first + 1 < offsets.length && (offsets[first + 1] ?? 0) <= from) first++;
  let last = first;
  while (last + 1 < offsets.length && (offsets[last + 1] ?? 0) < to) last++;
  return { first, last };
}
