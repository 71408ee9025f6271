// To the trash and back by Undo: what happens after the photos are out of sight.
import * as api from '../api/photos';
import { toastWords } from '../lib/strings-toasts';
import { toasts } from '../ui/toasts.svelte';
import { compare, type Rec } from './buckets';
import type { LibraryStore } from './library.svelte';

export async function moveToTrash(library: LibraryStore, ids: readonly string[], removed: readonly Rec[]): Promise<void> {
  const failed = await change(api.trash, ids);
  if (failed.length > 0) {
    library.putBack(removed.filter((rec) => failed.includes(rec.id)));
    toasts.show({ kind: 'alert', text: toastWords.toast.notTrashed(failed.length), action: { label: toastWords.toast.retry, run: () => void library.trash(failed) } });
  }
  const moved = ids.filter((id) => !failed.includes(id));
  if (moved.length > 0 && failed.length === 0)
    toasts.show({ text: toastWords.toast.trashed(moved.length), action: { label: toastWords.toast.undo, run: () => void bringBack(library, moved, removed) } });
  // What was not loaded is missing from the counts only.
  if (moved.length > removed.length) void library.refreshNow();
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
