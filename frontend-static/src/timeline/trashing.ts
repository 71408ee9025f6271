// To the trash and back by Undo: what happens after the photos are out of sight.
import * as api from '../api/photos';
import { toastWords } from '../lib/strings-toasts';
import { toasts, type Toast } from '../ui/toasts.svelte';
import { compare, type Rec } from './buckets';
import type { LibraryStore } from './library.svelte';

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
  if (failed.length > 0) {
    library.putBack(removed.filter((rec) => failed.includes(rec.id)));
    const all = [...new Set([...failed, ...(standing(stayed)?.ids ?? [])])];
    const toast: Toast = { kind: 'alert', text: toastWords.toast.notTrashed(all.length), action: { label: toastWords.toast.retry, run: () => void library.trash(all) } };
    stayed = { toast, ids: all };
    toasts.show(toast);
  }
  const gone = ids.filter((id) => !failed.includes(id));
  if (gone.length > 0 && failed.length === 0) {
    const before = standing(moved);
    const all = [...new Set([...gone, ...(before?.ids ?? [])])], recs = [...removed, ...(before?.removed ?? [])];
    const toast: Toast = { text: toastWords.toast.trashed(all.length), undo: true, action: { label: toastWords.toast.undo, run: () => void bringBack(library, all, recs) } };
    moved = { toast, ids: all, removed: recs };
    toasts.show(toast);
  }
  // What was not loaded is missing from the counts only.
  if (gone.length > removed.length) void library.refreshNow();
  void library.readMe();
}

async function bringBack(library: LibraryStore, ids: readonly string[], removed: readonly Rec[]): Promise<void> {
  const failed = await change(api.restore, ids);
  library.putBack(removed.filter((rec) => !failed.includes(rec.id)).sort(compare));
  if (failed.length > 0) toasts.show({ kind: 'alert', text: toastWords.toast.notRestored(failed.length), action: { label: toastWords.toast.retry, run: () => void bringBack(library, failed, removed) } });
  library.restored?.(ids);
  void library.refreshNow();
}

/** The ids for which it did not work. */
async function change(call: typeof api.trash, ids: readonly string[]): Promise<string[]> {
  try {
    const results = await call(ids);
    return results.filter((one) => one.outcome !== 'done' && one.outcome !== 'already').map((one) => one.photo_id);
  } catch {
    return [...ids];
  }
}
