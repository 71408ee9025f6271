// The trash: its pages in the API's order, and the ways out of it.
import * as api from '../api/photos';
import { ApiProblem, asProblem } from '../api/problem';
import { toastWords } from '../lib/strings-toasts';
import { trashWords } from '../lib/strings-trash';
import { app } from '../ui/app.svelte';
import { toasts } from '../ui/toasts.svelte';
import { compare, recordOf, type Rec } from './buckets';
import { library } from './library.svelte';
import { change } from './trashing';

class TrashStore {
  photos = $state.raw<readonly Rec[]>([]);
  complete = $state(false);
  loaded = $state(false);
  fault = $state.raw<ApiProblem | null>(null);
  private cursor: string | null = null;
  private running = false;
  /** Taken out while a page was on its way, which may still name them. */
  private readonly gone = new Set<string>();

  async start(): Promise<void> {
    this.cursor = null;
    this.complete = false;
    this.fault = null;
    await this.more(true);
  }

  /** Of a trash that was read in part the rest, and nothing moves. */
  retry(): Promise<void> {
    this.fault = null;
    return this.loaded ? this.more() : this.start();
  }

  /** After a fault only `retry` asks again, however much is scrolled. */
  async more(fresh = false): Promise<void> {
    if (this.running || this.fault || (this.complete && !fresh)) return;
    this.running = true;
    this.gone.clear();
    try {
      const page = await api.listTrash(fresh ? undefined : (this.cursor ?? undefined));
      const known = new Set(fresh ? [] : this.photos.map((rec) => rec.id));
      const added = page.photos.filter(({ photo_id }) => !known.has(photo_id) && !this.gone.has(photo_id)).map(recordOf);
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

  /** These are in the trash no more. */
  forget(ids: ReadonlySet<string>): void {
    for (const id of ids) this.gone.add(id);
    this.photos = this.photos.filter((rec) => !ids.has(rec.id));
  }

  /** `show` is given the newest of what came back, once the timeline knows of it. */
  async restore(ids: readonly string[], show: (newest: Rec) => void): Promise<void> {
    const before = this.photos;
    const asked = new Set(ids);
    this.forget(asked);
    const failed = new Set(await change(api.restore, ids));
    const [newest] = before.filter((rec) => asked.has(rec.id) && !failed.has(rec.id)).sort(compare);
    const known = library.refreshNow();
    if (failed.size > 0) {
      for (const id of failed) this.gone.delete(id);
      this.photos = before.filter((rec) => !asked.has(rec.id) || failed.has(rec.id));
      toasts.show({ kind: 'alert', text: toastWords.toast.notRestored(failed.size), action: { label: toastWords.toast.retry, run: () => void this.restore([...failed], show) } });
    } else toasts.show({ text: toastWords.toast.restored(ids.length), ...(newest && { action: { label: toastWords.toast.show, run: () => void known.then(() => show(newest)) } }) });
    await known;
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
