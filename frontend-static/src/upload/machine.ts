// The life of one file on its way into the vault. Pure: an item and an event in, the next item out.
//
//   queued -> hashing -> hashed -> checking -+-> duplicate
//                                            +-> ready -> signing -> signed -> uploading -> received -> safe
//   ready <- retrying <- uploading            (network, 5xx)
//   ready <- uploading                        (the address expired: signed again at once)
//   needs_file <- anything before received    (the page came back without the file); the same file again goes on
//
// `received` (S3 has it) and `safe` (the vault has it, checked) are two things. Nothing leads back from `received` to
// a state that says it was not sent.

import type { PresignedRequest, PreviewState } from '../api/types';

export type State =
  | 'queued' | 'hashing' | 'hashed' | 'checking' | 'ready' | 'signing' | 'signed' | 'uploading' | 'retrying'
  | 'received' | 'safe' | 'duplicate' | 'failed' | 'skipped' | 'cancelled' | 'needs_file';

export type Failure =
  | { code: 'unreadable' | 'forbidden' | 'changed' | 'network' | 'stalled' | 'busy' | 'full' | 'deleted' }
  | { code: 'server'; status: number }
  | { code: 'refused'; words: string };

export type Skip = 'empty' | 'hidden' | 'sidecar' | 'notPhoto' | 'twice';

export interface Item {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly state: State;
  readonly sha?: string;
  /** When it was hashed: lookups are gathered for half a second. */
  readonly hashedAt?: number;
  readonly hashedBytes: number;
  readonly sentBytes: number;
  /** Failed tries of the PUT that count. */
  readonly attempts: number;
  /** 403s in a row. */
  readonly denied: number;
  readonly rehashed: boolean;
  readonly request?: PresignedRequest;
  readonly signedAt?: number;
  readonly retryAt?: number;
  readonly receivedAt?: number;
  /** Received, and a repair takes it: the original of its photo is lost or wrong. */
  readonly waits?: boolean;
  readonly failure?: Failure;
  readonly skip?: Skip;
  readonly preview?: PreviewState;
  readonly previewReason?: string;
  readonly generation?: string;
}

export interface Kept {
  preview?: PreviewState | null | undefined;
  previewReason?: string | null | undefined;
  generation?: string | null | undefined;
}

export type PutOutcome =
  | { kind: 'received' }
  | { kind: 'denied' }
  | { kind: 'mismatch' }
  | { kind: 'again'; failure: Failure }
  | { kind: 'offline' }
  | { kind: 'aborted' }
  | { kind: 'unreadable' };

export type Event =
  | { type: 'hash_started' }
  | { type: 'hash_progress'; bytes: number }
  | { type: 'hash_done'; sha: string }
  | { type: 'hash_failed' }
  | { type: 'hash_later'; counts: boolean }
  | { type: 'lookup_started' }
  | { type: 'lookup_failed' }
  | { type: 'unknown' }
  | { type: 'known'; kept: Kept }
  | { type: 'sign_started' }
  | { type: 'sign_failed' }
  | { type: 'signed'; request: PresignedRequest }
  | { type: 'refused'; words: string }
  | { type: 'deleted' }
  | { type: 'put_started' }
  | { type: 'put_progress'; bytes: number }
  | { type: 'put_done'; outcome: PutOutcome }
  | { type: 'stale' }
  | { type: 'due' }
  | { type: 'is_safe'; kept: Kept }
  | { type: 'waits' }
  | { type: 'cancel' }
  | { type: 'retry' }
  | { type: 'keep_anyway' }
  | { type: 'no_file' }
  | { type: 'file_found' };

/** What a rule may look at besides the item: the clock, and a number in [0, 1) against stampedes. */
export interface Now {
  at: number;
  random: number;
}

export const MAX_TRIES = 8;
const FINAL: ReadonlySet<State> = new Set<State>(['safe', 'duplicate', 'failed', 'skipped', 'cancelled']);
export const isFinal = (state: State): boolean => FINAL.has(state);

export function newItem(id: string, file: { name: string; path: string; size: number; mtime: number; type: string }, skip?: Skip): Item {
  return { id, ...file, state: skip ? 'skipped' : 'queued', ...(skip && { skip }), hashedBytes: 0, sentBytes: 0, attempts: 0, denied: 0, rehashed: false };
}

/** 1, 2, 4 ... 60 s, a quarter more or less. */
export function backOff(attempt: number, random: number): number {
  return Math.round(Math.min(60_000, 1000 * 2 ** (attempt - 1)) * (0.75 + 0.5 * random));
}

const failed = (item: Item, failure: Failure): Item => {
  const { request: _request, retryAt: _retryAt, ...rest } = item;
  return { ...rest, state: 'failed', failure, sentBytes: 0 };
};

const ready = (item: Item): Item => {
  const { request: _request, signedAt: _signedAt, retryAt: _retryAt, ...rest } = item;
  return { ...rest, state: 'ready', sentBytes: 0 };
};

const kept = (item: Item, state: 'safe' | 'duplicate', facts: Kept): Item => {
  const { request: _request, failure: _failure, waits: _waits, ...rest } = item;
  return {
    ...rest, state, sentBytes: item.size,
    ...(facts.preview && { preview: facts.preview }),
    ...(facts.previewReason && { previewReason: facts.previewReason }),
    ...(facts.generation && { generation: facts.generation }),
  };
};

function afterPut(item: Item, outcome: PutOutcome, now: Now): Item {
  switch (outcome.kind) {
    case 'received': {
      const { request: _request, failure: _failure, ...rest } = item;
      return { ...rest, state: 'received', receivedAt: now.at, sentBytes: item.size, denied: 0 };
    }
    case 'denied': {
      const denied = item.denied + 1;
      return denied >= 3 ? failed({ ...item, denied }, { code: 'forbidden' }) : { ...ready(item), denied };
    }
    case 'mismatch': {
      if (item.rehashed) return failed(item, { code: 'changed' });
      const { sha: _sha, ...rest } = ready(item);
      return { ...rest, state: 'queued', rehashed: true, hashedBytes: 0 };
    }
    case 'again': {
      const attempts = item.attempts + 1;
      if (attempts >= MAX_TRIES) return failed({ ...item, attempts }, outcome.failure);
      return { ...ready(item), state: 'retrying', attempts, denied: 0, failure: outcome.failure, retryAt: now.at + backOff(attempts, now.random) };
    }
    // Neither counts as a try: the queue does not start anything while offline or paused.
    case 'offline':
    case 'aborted':
      return ready(item);
    case 'unreadable':
      return failed(item, { code: 'unreadable' });
  }
}

/** The next item. An event that does not fit the state changes nothing: answers may come late. */
export function reduce(item: Item, event: Event, now: Now): Item {
  const { state } = item;
  switch (event.type) {
    case 'hash_started':
      return state === 'queued' ? { ...item, state: 'hashing', hashedBytes: 0 } : item;
    case 'hash_progress':
      return state === 'hashing' ? { ...item, hashedBytes: Math.min(item.size, event.bytes) } : item;
    case 'hash_done':
      return state === 'hashing' ? { ...item, state: 'hashed', sha: event.sha, hashedAt: now.at, hashedBytes: item.size, attempts: 0 } : item;
    case 'hash_failed':
      return state === 'hashing' ? failed(item, { code: 'unreadable' }) : item;
    case 'hash_later': {
      if (state !== 'hashing') return item;
      const attempts = item.attempts + (event.counts ? 1 : 0);
      return attempts >= MAX_TRIES ? failed(item, { code: 'network' }) : { ...item, state: 'queued', attempts, hashedBytes: 0 };
    }
    case 'lookup_started':
      return state === 'hashed' ? { ...item, state: 'checking' } : item;
    case 'lookup_failed':
      return state === 'checking' ? { ...item, state: 'hashed' } : item;
    case 'unknown':
      return state === 'checking' ? ready(item) : item;
    case 'known':
      return state === 'checking' || state === 'signing' || state === 'needs_file' ? kept(item, 'duplicate', event.kept) : item;
    case 'sign_started':
      return state === 'ready' ? { ...item, state: 'signing' } : item;
    case 'sign_failed':
      return state === 'signing' ? ready(item) : item;
    case 'signed':
      return state === 'signing' ? { ...item, state: 'signed', request: event.request, signedAt: now.at } : item;
    case 'refused':
      return state === 'signing' ? failed(item, { code: 'refused', words: event.words }) : item;
    case 'deleted':
      return state === 'signing' ? failed(item, { code: 'deleted' }) : item;
    case 'put_started':
      return state === 'signed' ? { ...item, state: 'uploading', sentBytes: 0 } : item;
    case 'put_progress':
      return state === 'uploading' ? { ...item, sentBytes: Math.min(item.size, event.bytes) } : item;
    case 'put_done':
      return state === 'uploading' ? afterPut(item, event.outcome, now) : item;
    case 'stale':
      return state === 'signed' ? ready(item) : item;
    case 'due':
      return state === 'retrying' ? ready(item) : item;
    case 'is_safe':
      return state === 'received' ? kept(item, 'safe', event.kept) : state === 'safe' || state === 'duplicate' ? kept(item, state, event.kept) : item;
    case 'waits':
      return state === 'received' && !item.waits ? { ...item, waits: true } : item;
    case 'cancel':
      return isFinal(state) || state === 'received' ? item : { ...ready(item), state: 'cancelled' };
    case 'retry': {
      if (state !== 'failed' && state !== 'cancelled' && state !== 'needs_file') return item;
      const { sha: _sha, failure: _failure, ...rest } = ready(item);
      return { ...rest, state: 'queued', attempts: 0, denied: 0, rehashed: false, hashedBytes: 0 };
    }
    case 'no_file':
      return isFinal(state) || state === 'received' ? item : { ...ready(item), state: 'needs_file' };
    case 'file_found': {
      if (state !== 'needs_file' && state !== 'failed') return item;
      const { failure: _failure, ...rest } = ready(item);
      // What was hashed before needs no second hash, but a second look: it may have become safe meanwhile.
      return { ...rest, state: item.sha ? 'hashed' : 'queued', attempts: 0, denied: 0, ...(item.sha && { hashedAt: 0 }) };
    }
    case 'keep_anyway': {
      if (state !== 'skipped' || item.skip !== 'notPhoto') return item;
      const { skip: _skip, ...rest } = item;
      return { ...rest, state: 'queued' };
    }
  }
}
