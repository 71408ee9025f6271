// Owns the library's model and runs its loads: one request at a time, always for what is in view now.
import { tick } from 'svelte';
import { ApiProblem, asProblem } from '../api/problem';
import * as api from '../api/photos';
import type { Me } from '../api/types';
import { debounce, sleep } from '../lib/scheduler';
import { Library, MAX_RECORDS, type Rec, type Span } from './buckets';
import type { Part } from './parts';
import { nextSpan, type Wish } from './prefetch';

const PAGE = 500;
/** Enough for a view and a half: what a jump waits for. */
const FIRST_PAGE = 120;
/** So many photos on either side of the view are kept of a part that is read again, or that is too large to keep. */
const ROOM = 1500;
const RETRIES = [1000, 4000, 15_000];
const PENDING_POLLS = [1000, 2000, 3000, 5000, 8000, 13_000, 21_000];

/** What is in view or near it: indexes into the model's parts, and places in large ones, the nearest first. */
export interface Wanted {
  first: number;
  last: number;
  /** Loaded first. */
  centre: number;
  /** The time of what is in view. */
  around: string | null;
  wishes: readonly Wish[];
  /** The first wish is in view itself. */
  inView: boolean;
}

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

  private wanted: Wanted = { first: 0, last: 0, centre: 0, around: null, wishes: [], inView: false };
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

  /** Whether the line about the library calls it safe. */
  get safe(): boolean {
    return /safe/.test(this.me?.line ?? '');
  }

  /** What is doubted was found by nobody: no audit has looked since the catalog was made anew. */
  get unchecked(): boolean {
    return this.me?.attention === 0;
  }

  want(wanted: Wanted): void {
    this.wanted = wanted;
    const { parts } = this.model;
    const newest = parts[wanted.first]?.to ?? '', oldest = parts[wanted.last]?.from ?? '';
    const { span } = this.asking ?? {};
    if (span && ((span.from ?? '') >= newest || (span.to !== undefined && span.to <= oldest))) this.asking?.abort.abort();
    void this.run();
  }

  /** The timeline is out of sight. */
  rest(): void {
    this.wanted = { ...this.wanted, wishes: [] };
  }

  /** More on one side of a photo, wherever the timeline is. */
  more(side: 'older' | 'newer', rec: Rec): void {
    const { parts } = this.model;
    // By its name: a month that was read again has other records of the same photos.
    const at = this.model.at(rec.id);
    if (at < 0) return;
    let to = at;
    if (side === 'newer') do to--; while (parts[to]?.complete);
    else while (parts[to]?.complete) to++;
    const part = parts[to];
    const wishes = part ? [{ part, above: side === 'newer' ? part.rest : 0 }] : [];
    this.want({ first: Math.max(0, Math.min(at, to)), last: Math.max(at, to), centre: at, around: rec.taken, wishes, inView: true });
  }

  /** What to ask for next: what is in view first, a little of it if nothing is there yet. */
  private next(): { span: Span; limit: number } | Wish | null {
    const { first, last, centre, wishes, inView } = this.wanted;
    const inside = (some: readonly Wish[]) => some.find(({ part }) => part.rest > PAGE && this.model.parts.includes(part));
    const now = inView ? inside(wishes.slice(0, 1)) : undefined;
    if (now) return now;
    const limit = this.model.parts[centre]?.photos.length === 0 ? FIRST_PAGE : PAGE;
    const span = nextSpan(this.model, centre, last, limit, PAGE) ?? nextSpan(this.model, first, centre, limit, PAGE);
    return span ? { span, limit } : (inside(wishes) ?? null);
  }

  private async load(next: { span: Span; limit: number } | Wish): Promise<void> {
    const islands = 'part' in next ? await import('./islands') : null;
    const how = islands && 'part' in next ? islands.reach(next, PAGE, FIRST_PAGE) : null;
    const { span, limit } = how ?? (next as { span: Span; limit: number });
    this.asking = { span, abort: new AbortController() };
    const page = await api.listPhotos({ ...span, limit }, this.asking.abort.signal);
    if (!how || how.how === 'down') this.model.accept(span, page.photos, page.next);
    else if ('part' in next) islands?.take(this.model, next.part, how, page.photos, page.next);
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
        const stale = this.model.parts.find((part) => part.stale);
        const next = stale ? null : this.next();
        if (!stale && !next) break;
        this.loading = true;
        try {
          if (next) await this.load(next);
          else if (stale) await this.reload(stale);
          tries = 0;
          await this.evict();
          this.changed();
          // What is wanted is said anew by whoever shows it.
          await tick();
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

  /** Reads a part again, as far as it was loaded; of a large one what is near the view, the rest is forgotten. */
  private async reload(part: Part): Promise<void> {
    const { around } = this.wanted;
    // What is kept is still stale, and read next.
    if (part.photos.length > 2 * ROOM && (await import('./islands')).trim(this.model, part, around ?? part.photos[0]?.taken ?? '', ROOM)) return;
    const had = part.photos.length;
    const photos = [];
    let cursor: string | undefined;
    do {
      const page = await api.listPhotos({ from: part.from, to: part.to, cursor, limit: PAGE });
      photos.push(...page.photos);
      cursor = page.next ?? undefined;
    } while (cursor && photos.length < had);
    this.model.replace(part, photos, cursor ?? null);
  }

  private async evict(): Promise<void> {
    const { parts } = this.model;
    let extra = this.model.loaded - MAX_RECORDS;
    for (const side of [parts.slice(this.wanted.last + 3).reverse(), parts.slice(0, Math.max(0, this.wanted.first - 3))])
      for (const part of side) {
        if (extra <= 0) return;
        if (part.photos.length === 0) continue;
        extra -= part.photos.length;
        this.model.evict(part);
      }
    if (extra <= 0 || this.wanted.around === null) return;
    const { trim } = await import('./islands');
    for (const part of [...this.model.parts]) trim(this.model, part, this.wanted.around, 2 * ROOM);
  }

  /** Reads the counts again, and the months that changed. */
  refresh = debounce(400, () => void this.refreshNow());

  async refreshNow(): Promise<void> {
    if (!this.ready) return;
    try {
      this.model.setCounts(await api.getTimeline());
      // The API answers: what it did not answer before is asked for again.
      this.stuck = null;
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
    const pending = this.model.parts.flatMap((part) => part.photos.filter((rec) => rec.preview === 'pending'));
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
    const part = this.model.parts[this.model.at(rec.id)];
    if (part) part.stale = true;
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
