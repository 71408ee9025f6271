// The trash: its pages in the API's order, and the ways out of it.
import * as api from '../api/photos';
import { ApiProblem, asProblem } from '../api/problem';
import { toastWords } from '../lib/strings-toasts';
import { trashWords } from '../lib/strings-trash';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';
import { recordOf, type Rec } from './buckets';
import { library } from './library.svelte';

class TrashStore {
  photos = $state.raw<readonly Rec[]>([]);
  complete = $state(false);
  loaded = $state(false);
  fault = $state.raw<ApiProblem | null>(null);
  private cursor: string | null = null;
  private running = false;

  async start(): Promise<void> {
    this.cursor = null;
    this.complete = false;
    this.fault = null;
    await this.more(true);
  }

  async more(fresh = false): Promise<void> {
    if (this.running || (this.complete && !fresh)) return;
    this.running = true;
    try {
      const page = await api.listTrash(fresh ? undefined : (this.cursor ?? undefined));
      const known = new Set(fresh ? [] : this.photos.map((rec) => rec.id));
      const added = page.photos.filter((photo) => !known.has(photo.photo_id)).map(recordOf);
      this.photos = fresh ? added : [...this.photos, ...added];
      this.cursor = page.next;
      this.complete = page.next === null;
      this.loaded = true;
    } catch (error) {
      this.fault = asProblem(error);
    } finally {
      this.running = false;
    }
  }

  async restore(ids: readonly string[], show: () => void): Promise<void> {
    const before = this.photos;
    this.photos = before.filter((rec) => !ids.includes(rec.id));
    let failed: string[] = [];
    try {
      failed = (await api.restore(ids)).filter((one) => one.outcome !== 'done' && one.outcome !== 'already').map((one) => one.photo_id);
    } catch {
      failed = [...ids];
    }
    const back = ids.length - failed.length;
    if (failed.length > 0) {
      this.photos = before.filter((rec) => !ids.includes(rec.id) || failed.includes(rec.id));
      toasts.show({ kind: 'alert', text: toastWords.toast.notRestored(failed.length), action: { label: toastWords.toast.retry, run: () => void this.restore(failed, show) } });
    } else toasts.show({ text: toastWords.toast.restored(back), action: { label: toastWords.toast.show, run: show } });
    await library.refreshNow();
  }

  async empty(): Promise<void> {
    try {
      await api.emptyTrash();
      toasts.show({ text: app.here ? trashWords.trash.removingHere : trashWords.trash.removing });
    } catch (error) {
      toasts.show({ kind: 'alert', text: asProblem(error).message });
    }
    await this.start();
    void library.readMe();
  }
}

export const trash = new TrashStore();
