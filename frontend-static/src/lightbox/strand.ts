// The photos that the viewer leafs through: what is loaded around the opened one, without a hole.
import type { Rec } from '../timeline/buckets';

type Pictured = Pick<Rec, 'id' | 'preview' | 'generation'>;

/** What to do when the list behind the viewer has changed. */
export type Change =
  | { kind: 'none' }
  /** Older ones came: they can be added behind the open viewer. */
  | { kind: 'append'; from: number }
  /** Anything else shifts indices: the viewer is seated anew, at this index. */
  | { kind: 'reseat'; index: number };

export function changeOf(before: readonly string[], after: readonly string[], current: string): Change {
  const index = after.indexOf(current);
  if (index < 0) return { kind: 'none' };
  const prefix = before.every((id, i) => after[i] === id);
  if (prefix && before.length === after.length) return { kind: 'none' };
  if (prefix) return { kind: 'append', from: before.length };
  return { kind: 'reseat', index };
}

/** Indices at which the same photo has another picture now. */
export const renewed = (before: readonly Pictured[], after: readonly Pictured[]): number[] =>
  before.flatMap((rec, i) => (after[i]?.id === rec.id && (after[i].preview !== rec.preview || after[i].generation !== rec.generation) ? [i] : []));

/** Which one to show when one is taken away: the next older, else the next newer, else none. */
export function afterRemoval(ids: readonly string[], gone: string): string | null {
  const at = ids.indexOf(gone);
  return ids[at + 1] ?? ids[at - 1] ?? null;
}

export const NEAR_END = 40;
export const wantsOlder = (index: number, length: number): boolean => length - 1 - index < NEAR_END;
export const wantsNewer = (index: number): boolean => index < NEAR_END;

export const PREVIEW_EDGE = 2048;

/** Pixels of the preview of a photo: never enlarged. */
export function previewSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, PREVIEW_EDGE / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
