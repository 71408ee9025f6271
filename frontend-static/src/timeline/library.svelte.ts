// Owns the library's model and runs its loads: one request at a time, always for what is in view now.
import { ApiProblem, asProblem } from '../api/problem';
import * as api from '../api/photos';
import type { Me } from '../api/types';
import { nextMonth } from '../lib/dates';
import { debounce, sleep } from '../lib/scheduler';
import { Library, MAX_RECORDS, type Rec, type Span } from './buckets';
import { nextSpan } from './prefetch';

const PAGE = 500;
/** Enough for a view and a half: what a jump waits for. */
const FIRST_PAGE = 120;
const RETRIES = [1000, 4000, 15_000];
const PENDING_POLLS = [1000, 2000, 3000, 5000, 8000, 13_000, 21_000];

export class LibraryStore {
  /** Grows with every change of the model; whoever reads the model reads this first. */
  version = $state(0);
  ready = $state(false);
  /** Why the first load failed. */
  fault = $state.raw<ApiProblem | null>(null);
  /** Why the newest load failed; the timeline says it where the photos would be. */
  stuck = $state.raw<ApiProblem | null>(null);
  loading = $state(false);
  me = $state.raw<Me | null>(null);
  model = new Library();

  private wanted = { first: 0, last: 0, centre: 0 };
  private running = false;
  /** What is being asked for, so that a jump elsewhere can take it back. */
  private asking: { span: Span; abort: AbortController } | null = null;
  private pendingPolls = 0;
  private pendingTimer: ReturnType<typeof setTimeout> | undefined;

  private changed(): void {
    this.version++;
    this.watchPending();
  }

  async start(): Promise<void> {
    this.fault = null;
    try {
      const [months, page] = await Promise.all([api.getTimeline(), api.listPhotos({ limit: 200 })]);
      this.model.setCounts(months);
      this.model.accept({}, page.photos, page.next);
      this.ready = true;
      this.changed();
    } catch (error) {
      this.fault = asProblem(error);
    }
    void this.readMe();
  }

  readMe = async (): Promise<void> => {
    try {
      this.me = await api.getMe();
    } catch {
      // The chip stays empty; the status screen says why when it is opened.
    }
  };

  /** Tells which months are in view or near it (indexes into the model's months); `centre` is loaded first. */
  want(first: number, last: number, centre = first): void {
    this.wanted = { first, last, centre };
    const { months } = this.model;
    const newest = months[first]?.month ?? '', oldest = months[last]?.month ?? '';
    const { span } = this.asking ?? {};
    if (span && ((span.from ?? '') > newest || (span.to !== undefined && span.to <= oldest))) this.asking?.abort.abort();
    void this.run();
  }

  /** What to ask for next: what is in view first, a little of it if nothing is there yet. */
  private next(): { span: Span; limit: number } | null {
    const { first, last, centre } = this.wanted;
    const limit = this.model.months[centre]?.photos.length === 0 ? FIRST_PAGE : PAGE;
    const span = nextSpan(this.model, centre, last, limit) ?? nextSpan(this.model, first, centre, limit);
    return span && { span, limit };
  }

  retry(): void {
    this.stuck = null;
    void this.run();
  }

  private async run(): Promise<void> {
    if (this.running || !this.ready || this.stuck) return;
    this.running = true;
    try {
      for (let tries = 0; ; ) {
        const stale = this.model.months.findIndex((month) => month.stale);
        const next = stale >= 0 ? null : this.next();
        if (stale < 0 && !next) break;
        this.loading = true;
        try {
          if (next) {
            this.asking = { span: next.span, abort: new AbortController() };
            const page = await api.listPhotos({ ...next.span, limit: next.limit }, this.asking.abort.signal);
            this.model.accept(next.span, page.photos, page.next);
          } else await this.reload(this.model.months[stale]?.month ?? '');
          tries = 0;
          this.evict();
          this.changed();
        } catch (error) {
          // Taken back: something else is in view.
          if (error instanceof DOMException && error.name === 'AbortError') continue;
          const problem = asProblem(error);
          const wait = RETRIES[tries++];
          if (wait === undefined || problem.kind === 'rejected' || problem.kind === 'unauthorised') {
            this.stuck = problem;
            break;
          }
          await sleep(problem.retryAfter ? problem.retryAfter * 1000 : wait);
        } finally {
          this.asking = null;
        }
      }
    } finally {
      this.running = false;
      this.loading = false;
    }
  }

  /** Reads a month again, as far as it was loaded. */
  private async reload(month: string): Promise<void> {
    const bucket = this.model.find(month);
    const had = bucket?.photos.length ?? 0;
    const span = { from: month, to: nextMonth(month) };
    const photos = [];
    let cursor: string | undefined;
    do {
      const page = await api.listPhotos({ ...span, cursor, limit: PAGE });
      photos.push(...page.photos);
      cursor = page.next ?? undefined;
    } while (cursor && photos.length < had);
    this.model.replace(month, photos, cursor ?? null);
  }

  private evict(): void {
    let extra = this.model.loaded - MAX_RECORDS;
    for (const side of [this.model.months.slice(this.wanted.last + 3).reverse(), this.model.months.slice(0, Math.max(0, this.wanted.first - 3))])
      for (const bucket of side) {
        if (extra <= 0) return;
        extra -= bucket.photos.length;
        this.model.evict(bucket.month);
      }
  }

  /** Reads the counts again, and the months that changed. */
  refresh = debounce(400, () => void this.refreshNow());

  async refreshNow(): Promise<void> {
    if (!this.ready) return;
    try {
      this.model.setCounts(await api.getTimeline());
      this.changed();
    } catch {
      return; // Asked again with the next occasion.
    }
    void this.readMe();
    await this.run();
  }

  /** Photos whose preview is being made: asked until it is there, then their months are read again. */
  private watchPending(): void {
    clearTimeout(this.pendingTimer);
    const pending = this.model.months.flatMap((month) => month.photos.filter((rec) => rec.preview === 'pending'));
    if (pending.length === 0) {
      this.pendingPolls = 0;
      return;
    }
    const wait = PENDING_POLLS[this.pendingPolls] ?? 30_000;
    this.pendingTimer = setTimeout(() => void this.askPending(pending.slice(0, 1000)), wait);
  }

  private async askPending(pending: readonly Rec[]): Promise<void> {
    this.pendingPolls++;
    try {
      const found = await api.lookup(pending.map((rec) => rec.id));
      const done = new Set(found.filter((one) => one.preview !== 'pending').map((one) => one.photo_id));
      if (done.size > 0) {
        this.pendingPolls = 0;
        for (const rec of pending) if (done.has(rec.id)) this.markStale(rec);
        await this.refreshNow();
      }
    } catch {
      // Later.
    }
    this.watchPending();
  }

  private markStale(rec: Rec): void {
    const bucket = this.model.months.find((month) => month.photos.includes(rec));
    if (bucket) bucket.stale = true;
  }

  /** Out of sight at once; back in its place if it did not work or was not meant. */
  async trash(ids: readonly string[]): Promise<void> {
    const removed = this.model.remove(new Set(ids));
    this.changed();
    try {
      await (await import('./trashing')).moveToTrash(this, ids, removed);
    } catch {
      // The code for it did not come: nothing was asked of the API.
      this.putBack(removed);
    }
  }

  putBack(records: readonly Rec[]): void {
    this.model.insert(records);
    this.changed();
  }

  /** Told when Undo brought photos back: the lightbox shows them again. */
  restored: ((ids: readonly string[]) => void) | null = null;
}

export const library = new LibraryStore();
