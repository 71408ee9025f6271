// What of an upload outlives the tab, and what it becomes when the page comes back. Pure.
import type { Failure, Item, Skip, State } from './machine';
import type { PreviewState } from '../api/types';

/** A row of the journal. Nothing that ends with the tab: no signed address, no progress. */
export interface Row {
  id: string;
  /** Whose upload it is: nobody else ever sees it. */
  user: string;
  name: string;
  path: string;
  size: number;
  mtime: number;
  type: string;
  state: State;
  sha?: string;
  attempts: number;
  rehashed: boolean;
  receivedAt?: number;
  failure?: Failure;
  skip?: Skip;
  preview?: PreviewState;
  previewReason?: string;
  generation?: string;
  /** Id of the dropped file or folder it came from, where the browser gives a handle to it. */
  root?: string;
}

export function rowOf(item: Item, user: string, root: string | undefined): Row {
  const { id, name, path, size, mtime, type, state, attempts, rehashed } = item;
  const row: Row = { id, user, name, path, size, mtime, type, state, attempts, rehashed };
  if (item.sha) row.sha = item.sha;
  if (item.receivedAt) row.receivedAt = item.receivedAt;
  if (item.failure) row.failure = item.failure;
  if (item.skip) row.skip = item.skip;
  if (item.preview) row.preview = item.preview;
  if (item.previewReason) row.previewReason = item.previewReason;
  if (item.generation) row.generation = item.generation;
  if (root) row.root = root;
  return row;
}

const ENDED: ReadonlySet<State> = new Set<State>(['safe', 'duplicate', 'skipped', 'cancelled', 'failed', 'received']);

/**
 * What a row goes on as. What S3 has stays received, and is asked about; what was hashed is looked up first, so that
 * nothing the vault has is sent again; everything else starts from its file.
 */
export function revive(row: Row): Item {
  const { user: _user, root: _root, ...facts } = row;
  const state: State = ENDED.has(row.state) ? row.state : row.sha ? 'hashed' : row.state === 'needs_file' ? 'needs_file' : 'queued';
  const there = state === 'received' || state === 'safe' || state === 'duplicate';
  return { ...facts, state, hashedBytes: row.sha ? row.size : 0, sentBytes: there ? row.size : 0, denied: 0, ...(state === 'hashed' && { hashedAt: 0 }) };
}

/** Whether a state change is worth a write: progress and waiting are not. */
export function isNews(before: Item | undefined, after: Item): boolean {
  if (!before) return true;
  if (before.state === after.state) return before.preview !== after.preview;
  return ENDED.has(after.state) || after.state === 'hashed' || after.state === 'needs_file' || ENDED.has(before.state) || before.state === 'needs_file';
}

/** The same file again: by where it lay, or by its name alone, with its size and time. */
export const pathKey = (file: { path: string; size: number; mtime: number }): string => `${file.path}\n${file.size}\n${file.mtime}`;
export const nameKey = (file: { name: string; size: number; mtime: number }): string => `${file.name}\n${file.size}\n${file.mtime}`;
