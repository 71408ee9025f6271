// To the trash and back by Undo: what happens after the photos are out of sight.
import * as api from '../api/photos';
import { toastWords } from '../lib/strings-toasts';
import { toasts, type Toast } from '../ui/toasts.svelte';
import { compare, type Rec } from './buckets';
import type { LibraryStore } from './library.svelte';
import { trash } from './trash.svelte';

/** The toast of what was moved before, while it stands: the next says of both, and its Undo brings back both. */
let moved: { toast: Toast; ids: readonly string[]; removed: readonly Rec[] } | null = null;
/** The same of what could not be moved. */
let stayed: { toast: Toast; ids: readonly string[] } | null = null;

function standing<T extends { toast: Toast }>(said: T | null): T | null {
  if (!said || !toasts.queue.includes(said.toast)) return null;
  toasts.dismiss(said.toast);
  return said;
}

export async function moveToTrash(library: LibraryStore, ids: readonly string[], removed: readonly Rec[]): Promise<void> {
  const failed = await change(api.trash, ids);
  const rest = new Set(failed);
  const gone = ids.filter((id) => !rest.has(id));
  // Undo is of what was moved, also when the rest was not; what was not is told of first.
  if (gone.length > 0) {
    const before = standing(moved);
    const all = [...new Set([...gone, ...(before?.ids ?? [])])], recs = [...removed.filter((rec) => !rest.has(rec.id)), ...(before?.removed ?? [])];
    const toast: Toast = { text: toastWords.toast.trashed(all.length), undo: true, action: { label: toastWords.toast.undo, run: () => void bringBack(library, all, recs) } };
    moved = { toast, ids: all, removed: recs };
    toasts.show(toast);
  }
  if (failed.length > 0) {
    library.putBack(removed.filter((rec) => rest.has(rec.id)));
    const all = [...new Set([...failed, ...(standing(stayed)?.ids ?? [])])];
    const toast: Toast = { kind: 'alert', text: toastWords.toast.notTrashed(all.length), action: { label: toastWords.toast.retry, run: () => void library.trash(all) } };
    stayed = { toast, ids: all };
    toasts.show(toast);
  }
  // What was not loaded is missing from the counts only.
  if (gone.length > removed.length) void library.refreshNow();
  void library.readMe();
}

async function bringBack(library: LibraryStore, ids: readonly string[], removed: readonly Rec[]): Promise<void> {
  const failed = await change(api.restore, ids);
  const rest = new Set(failed);
  const back = ids.filter((id) => !rest.has(id));
  const here = new Set(back);
  library.putBack(removed.filter((rec) => here.has(rec.id)).sort(compare));
  trash.forget(here);
  if (failed.length > 0) toasts.show({ kind: 'alert', text: toastWords.toast.notRestored(failed.length), action: { label: toastWords.toast.retry, run: () => void bringBack(library, failed, removed) } });
  if (back.length > 0) library.restored?.(back);
  void library.refreshNow();
}

/** The ids for which it did not work: what an earlier call did stays done when a later one gets nowhere. */
export async function change(call: typeof api.trash, ids: readonly string[]): Promise<string[]> {
  const left = new Set(ids);
  try {
    for (let i = 0; i < ids.length; i += api.MAX_IDS)
      for (const one of await call(ids.slice(i, i + api.MAX_IDS))) if (one.outcome === 'done' || one.outcome === 'already') left.delete(one.photo_id);
  } catch {
    // The rest is told of, and can be tried again.
  }
  return [...left];
}
