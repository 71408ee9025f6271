// What to start next. Pure: items, flags and the clock in, effects out. Order of the drop, so that the list reads.
import type { Item } from './machine';

export interface Flags {
  paused: boolean;
  offline: boolean;
  signedOut: boolean;
  /** The API asked to be left alone until then (429, 503), or did not answer. */
  apiRetryAt: number;
  /** The code that hashes could not be fetched: asked for again then. */
  hashRetryAt: number;
}

export interface Limits {
  hashes: number;
  puts: number;
  /** Signed and not started: an address lives five minutes. */
  ahead: number;
}

export type Effect =
  | { kind: 'hash'; id: string }
  | { kind: 'lookup'; ids: string[] }
  | { kind: 'sign'; ids: string[] }
  | { kind: 'put'; id: string }
  | { kind: 'stale'; id: string }
  | { kind: 'due'; id: string };

export const LOOKUP_BATCH = 1000;
export const SIGN_BATCH = 8;
export const GATHER_MS = 500;
/** An address older than this is not started with any more. */
export const STALE_MS = 270_000;

/** What has ended, or goes on only with a file that is not here: its twins do not wait for it. */
const HOLDS_NOBODY: ReadonlySet<Item['state']> = new Set(['failed', 'cancelled', 'skipped', 'needs_file', 'safe', 'duplicate']);

/** Who may go on: of files with the same bytes only the first, until it has ended; once they are safe, all may ask. */
function free(items: Iterable<Item>): Set<string> {
  const held = new Set<string>(), safe = new Set<string>();
  const free = new Set<string>();
  for (const { sha, state } of items) if (sha && (state === 'safe' || state === 'duplicate')) safe.add(sha);
  for (const { id, sha, state } of items) {
    if (!sha || HOLDS_NOBODY.has(state)) continue;
    if (!held.has(sha) || (state === 'hashed' && safe.has(sha))) free.add(id);
    held.add(sha);
  }
  return free;
}

export function plan(items: readonly Item[], flags: Flags, limits: Limits, now: number): Effect[] {
  const effects: Effect[] = [];
  let hashing = 0, uploading = 0, waiting = 0, unhashed = 0;
  for (const { state } of items) {
    if (state === 'hashing') hashing++;
    else if (state === 'uploading') uploading++;
    else if (state === 'signed' || state === 'signing') waiting++;
    if (state === 'queued' || state === 'hashing') unhashed++;
  }
  const stopped = flags.paused || flags.offline || flags.signedOut;
  const apiRests = stopped || now < flags.apiRetryAt;
  const goes = free(items);
  const lookup: string[] = [];
  const sign: string[] = [];
  let gathered = unhashed === 0;

  for (const item of items) {
    switch (item.state) {
      case 'queued':
        if (!flags.paused && now >= flags.hashRetryAt && hashing < limits.hashes) {
          effects.push({ kind: 'hash', id: item.id });
          hashing++;
        }
        break;
      case 'hashed':
        if (apiRests || !goes.has(item.id) || lookup.length >= LOOKUP_BATCH) break;
        lookup.push(item.id);
        if (now - (item.hashedAt ?? 0) >= GATHER_MS) gathered = true;
        break;
      case 'ready':
        if (apiRests || (item.sha && !goes.has(item.id)) || sign.length >= SIGN_BATCH || uploading + waiting + sign.length >= limits.puts + limits.ahead) break;
        sign.push(item.id);
        break;
      case 'signed':
        if (stopped) break;
        if (now - (item.signedAt ?? 0) > STALE_MS) effects.push({ kind: 'stale', id: item.id });
        else if (uploading < limits.puts) {
          effects.push({ kind: 'put', id: item.id });
          uploading++;
        }
        break;
      case 'retrying':
        if (!stopped && now >= (item.retryAt ?? 0)) effects.push({ kind: 'due', id: item.id });
        break;
      default:
    }
  }
  if (lookup.length >= LOOKUP_BATCH || (lookup.length > 0 && gathered)) effects.push({ kind: 'lookup', ids: lookup });
  if (sign.length > 0) effects.push({ kind: 'sign', ids: sign });
  return effects;
}

/** When to look again by itself: the next retry, the end of gathering, the API's rest. Null: nothing waits for the clock. */
export function wakeAt(items: readonly Item[], flags: Flags, now: number): number | null {
  let at: number | null = null;
  const consider = (time: number) => (at = at === null ? time : Math.min(at, time));
  if (flags.paused) return at;
  const stopped = flags.offline || flags.signedOut;
  const goes = free(items);
  for (const item of items) {
    if (item.state === 'queued' && flags.hashRetryAt > now) consider(flags.hashRetryAt);
    // Whatever ends it wakes the queue.
    if (stopped) continue;
    if (item.state === 'retrying' && item.retryAt !== undefined) consider(item.retryAt);
    if (item.state === 'hashed' && goes.has(item.id)) consider(Math.max((item.hashedAt ?? now) + GATHER_MS, flags.apiRetryAt));
    if (item.state === 'ready' && flags.apiRetryAt > now) consider(flags.apiRetryAt);
  }
  return at;
}

const POLLS = [2, 3, 5, 8, 13, 21];
/** Seconds until the next question whether the received are safe, counted since the latest change. */
export const pollDelay = (asked: number): number => (POLLS[asked] ?? 30) * 1000;
export const SLOW_MS = 20 * 60_000;
