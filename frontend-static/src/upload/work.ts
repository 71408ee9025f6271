// What the queue asks of the worker, the API and S3; every answer goes back as an event.
import * as api from '../api/photos';
import { asProblem } from '../api/problem';
import type { Lookup, UploadResult } from '../api/types';
import { withOffset } from '../lib/dates';
import { refusedReason } from '../lib/reasons';
import { HashPool, NotLoaded } from './hash-pool';
import type { Event, Item, Kept } from './machine';
import { put, type Put } from './put';
import { pollDelay } from './queue';
import type { Sources } from './sources';

const API_REST_MS = 4000;
const PREVIEW_WAIT_MS = 10 * 60_000;

export interface Queue {
  get(id: string): Item | undefined;
  items(): readonly Item[];
  apply(id: string, event: Event): void;
  /** The API said no, not now: the whole queue leaves it alone until then. */
  restUntil(time: number): void;
  /** Nothing is hashed before that. */
  restHashing(time: number): void;
  /** Some photos are safe, or have their preview. */
  moved(): void;
  stopped(): boolean;
}

export class Work {
  private readonly puts = new Map<string, Put>();
  private readonly pool = new HashPool();
  private polls = 0;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly sources: Sources,
  ) {}

  get sending(): number {
    return this.puts.size;
  }

  abortAll(): void {
    for (const running of this.puts.values()) running.abort();
  }

  cancel(id: string): void {
    this.puts.get(id)?.abort();
    this.pool.cancel(id);
  }

  /** What hashing needs is there before the first file. */
  warm(hashes: number): void {
    this.pool.warm(hashes);
  }

  async hash(id: string): Promise<void> {
    const { queue } = this;
    const item = queue.get(id);
    queue.apply(id, { type: 'hash_started' });
    const file = item && (await this.sources.get(item));
    if (!file) return queue.apply(id, { type: 'no_file' });
    try {
      const sha = await this.pool.hash(id, file, (bytes) => queue.apply(id, { type: 'hash_progress', bytes }));
      queue.apply(id, { type: 'hash_done', sha });
    } catch (error) {
      if (!(error instanceof NotLoaded)) return queue.apply(id, { type: 'hash_failed' });
      queue.restHashing(Date.now() + API_REST_MS);
      // Without a network it is no fault, however long it takes.
      queue.apply(id, { type: 'hash_later', counts: navigator.onLine });
    }
  }

  async lookup(ids: readonly string[]): Promise<void> {
    const { queue } = this;
    for (const id of ids) queue.apply(id, { type: 'lookup_started' });
    const shas = [...new Set(ids.map((id) => queue.get(id)?.sha ?? ''))].filter(Boolean);
    try {
      const known = new Map((await api.lookup(shas)).map((one) => [one.photo_id, one]));
      for (const id of ids) {
        const found = known.get(queue.get(id)?.sha ?? '');
        queue.apply(id, found?.safe ? { type: 'known', kept: facts(found) } : { type: 'unknown' });
      }
    } catch (error) {
      this.rest(error);
      for (const id of ids) queue.apply(id, { type: 'lookup_failed' });
    }
  }

  async sign(ids: readonly string[]): Promise<void> {
    const { queue } = this;
    for (const id of ids) queue.apply(id, { type: 'sign_started' });
    const files = ids.flatMap((id) => {
      const item = queue.get(id);
      if (!item?.sha) return [];
      return [{ sha256: item.sha, size: item.size, content_type: item.type, file_name: item.name, modified_at: withOffset(item.mtime), restore: true }];
    });
    try {
      const results = new Map((await api.askUploads(files)).map((result) => [result.sha256, result]));
      for (const id of ids) {
        const result = results.get(queue.get(id)?.sha ?? '');
        queue.apply(id, result ? afterSigning(result) : { type: 'sign_failed' });
      }
    } catch (error) {
      const problem = asProblem(error);
      if (problem.kind === 'rejected') for (const id of ids) queue.apply(id, { type: 'refused', words: problem.detail ?? problem.title });
      else {
        this.rest(error);
        for (const id of ids) queue.apply(id, { type: 'sign_failed' });
      }
    }
  }

  private rest(error: unknown): void {
    const problem = asProblem(error);
    this.queue.restUntil(Date.now() + (problem.retryAfter ? problem.retryAfter * 1000 : API_REST_MS));
  }

  async put(id: string): Promise<void> {
    const { queue } = this;
    const item = queue.get(id);
    const request = item?.request;
    if (!request) return;
    queue.apply(id, { type: 'put_started' });
    const file = await this.sources.get(item);
    if (!file) return queue.apply(id, { type: 'no_file' });
    if (queue.stopped() || queue.get(id)?.state !== 'uploading') return queue.apply(id, { type: 'put_done', outcome: { kind: 'aborted' } });
    const running = put(request, file, (bytes) => queue.apply(id, { type: 'put_progress', bytes }));
    this.puts.set(id, running);
    const outcome = await running.done;
    this.puts.delete(id);
    queue.apply(id, { type: 'put_done', outcome });
  }

  /** Asks whether what was received is safe, and whether what is safe has its preview. */
  pollSoon(changed: boolean): void {
    if (changed) this.polls = 0;
    clearTimeout(this.pollTimer);
    this.pollTimer = setTimeout(() => void this.poll(), pollDelay(this.polls));
  }

  private async poll(): Promise<void> {
    const { queue } = this;
    this.polls++;
    const now = Date.now();
    const open = queue.items().filter((item) => item.state === 'received' || (item.state === 'safe' && item.preview === 'pending' && now - (item.receivedAt ?? 0) < PREVIEW_WAIT_MS));
    if (open.length === 0) return;
    let moved = false;
    try {
      const known = new Map((await api.lookup([...new Set(open.slice(0, 1000).map((item) => item.sha ?? ''))])).map((one) => [one.photo_id, one]));
      for (const item of open) {
        const found = known.get(item.sha ?? '');
        if (found?.doubted && item.state === 'received') queue.apply(item.id, { type: 'waits' });
        if (!found?.safe) continue;
        moved ||= item.state === 'received' || found.preview !== item.preview;
        queue.apply(item.id, { type: 'is_safe', kept: facts(found) });
      }
      if (moved) queue.moved();
    } catch {
      // Asked again in its turn.
    }
    this.pollSoon(moved);
  }

  /** Files that are not here any more may be safe all the same. */
  async lookAgain(items: readonly Item[]): Promise<void> {
    const shas = [...new Set(items.flatMap((item) => item.sha ?? []))];
    if (shas.length === 0) return;
    try {
      const known = new Map((await api.lookup(shas)).map((one) => [one.photo_id, one]));
      for (const item of items) {
        const found = known.get(item.sha ?? '');
        if (found?.safe) this.queue.apply(item.id, { type: 'known', kept: facts(found) });
      }
    } catch {
      // They stay in the list, to be chosen again.
    }
  }
}

const facts = (found: Lookup): Kept => ({ preview: found.preview, previewReason: found.preview_reason, generation: found.generation });

function afterSigning(result: UploadResult): Event {
  switch (result.outcome) {
    case 'known': return { type: 'known', kept: { generation: result.generation } };
    case 'upload': return { type: 'signed', request: result.request };
    case 'deleted': return { type: 'deleted' };
    case 'refused': return { type: 'refused', words: result.detail || refusedReason(result.reason) };
  }
}
