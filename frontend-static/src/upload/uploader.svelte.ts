// Runs the queue: what `plan` says is done here, and every answer goes through `reduce`.
import * as api from '../api/photos';
import { asProblem } from '../api/problem';
import type { Lookup, UploadResult } from '../api/types';
import { session } from '../auth/session.svelte';
import { oncePerFrame } from '../lib/scheduler';
import { refusedReason } from '../lib/reasons';
import { board } from './board.svelte';
import { skipReason } from './classify';
import { HashPool } from './hash-pool';
import { newItem, reduce, type Event, type Item, type Kept } from './machine';
import { put, type Put } from './put';
import { plan, pollDelay, wakeAt, type Effect, type Limits } from './queue';
import { isIdle, leftToSend, stats, Throughput } from './stats';
import type { Found } from './walk';

const coarse = matchMedia('(pointer: coarse)').matches;
const LIMITS: Limits = { hashes: coarse || (navigator.hardwareConcurrency ?? 2) <= 2 ? 1 : 2, puts: coarse ? 3 : 4, ahead: 4 };
const API_REST_MS = 4000;
const MANY = 500;
const PREVIEW_WAIT_MS = 10 * 60_000;

class Uploader {
  private list: Item[] = [];
  private readonly index = new Map<string, number>();
  private readonly files = new Map<string, File>();
  private readonly puts = new Map<string, Put>();
  private readonly seen = new Set<string>();
  private readonly pool = new HashPool();
  private readonly speed = new Throughput();
  private next = 0;
  private apiRetryAt = 0;
  private showTimer: ReturnType<typeof setTimeout> | undefined;
  private pumpTimer: ReturnType<typeof setTimeout> | undefined;
  private polls = 0;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    for (const change of ['online', 'offline']) addEventListener(change, () => this.connectionChanged());
    addEventListener('beforeunload', (event) => {
      if (leftToSend(stats(this.list)) > 0) event.preventDefault();
    });
    document.addEventListener('visibilitychange', () => this.pumpSoon(0));
  }

  add(found: readonly Found[]): void {
    for (const { file, path } of found) {
      const facts = { name: file.name, path, size: file.size, mtime: file.lastModified, type: file.type };
      const key = `${path}\n${file.size}\n${file.lastModified}`;
      const skip = skipReason(facts) ?? (this.seen.has(key) && this.isOpen(key) ? 'twice' : undefined);
      this.seen.add(key);
      const item = newItem(String(this.next++), facts, skip);
      this.index.set(item.id, this.list.length);
      this.list.push(item);
      this.files.set(item.id, file);
    }
    this.show();
    this.pumpSoon(0);
  }

  /** The same file is on its way already: dropped twice by mistake. What has ended may be dropped again. */
  private isOpen(key: string): boolean {
    return this.list.some((item) => `${item.path}\n${item.size}\n${item.mtime}` === key && !['failed', 'cancelled', 'skipped', 'safe', 'duplicate'].includes(item.state));
  }

  pause(): void {
    board.paused = true;
    for (const running of this.puts.values()) running.abort();
    this.speed.reset();
    this.show();
  }

  resume(): void {
    board.paused = false;
    this.pumpSoon(0);
    this.show();
  }

  cancel(id: string): void {
    this.apply(id, { type: 'cancel' });
    this.puts.get(id)?.abort();
    this.pool.cancel(id);
  }

  retry(id: string): void {
    this.apply(id, { type: 'retry' });
  }

  retryFailed(): void {
    for (const item of [...this.list]) if (item.state === 'failed') this.retry(item.id);
  }

  keepAnyway(id: string): void {
    this.apply(id, { type: 'keep_anyway' });
  }

  /** Takes finished rows from view; failed ones stay until they are retried or cleared by name. */
  clear(): void {
    this.list = this.list.filter((item) => item.state !== 'safe' && item.state !== 'duplicate' && item.state !== 'skipped' && item.state !== 'cancelled');
    if (this.list.every((item) => item.state === 'failed')) this.list = [];
    this.index.clear();
    this.list.forEach((item, i) => this.index.set(item.id, i));
    for (const id of this.files.keys()) if (!this.index.has(id)) this.files.delete(id);
    this.seen.clear();
    this.show();
  }

  private connectionChanged(): void {
    if (!navigator.onLine) this.speed.reset();
    this.show();
    this.pumpSoon(0);
  }

  private get(id: string): Item | undefined {
    const at = this.index.get(id);
    return at === undefined ? undefined : this.list[at];
  }

  private apply(id: string, event: Event): void {
    const at = this.index.get(id);
    const item = at === undefined ? undefined : this.list[at];
    if (at === undefined || !item) return;
    const changed = reduce(item, event, { at: Date.now(), random: Math.random() });
    if (changed === item) return;
    this.list[at] = changed;
    if (changed.state === 'safe' || changed.state === 'duplicate') this.files.delete(id);
    if (changed.state !== item.state) {
      this.pumpSoon(0);
      if (changed.state === 'received') this.pollSoon(true);
      if (changed.state === 'safe') board.onsafe();
    }
    this.show();
  }

  /** Once a frame; with thousands of files, whose order takes milliseconds to make, four times a second. */
  private show(): void {
    if (this.list.length < MANY) return this.showNow();
    this.showTimer ??= setTimeout(() => {
      this.showTimer = undefined;
      this.showNow();
    }, 250);
  }

  private readonly showNow = oncePerFrame(() => {
    board.items = [...this.list];
    board.stats = stats(this.list);
    const now = performance.now();
    if (leftToSend(board.stats) === 0 || board.paused || !navigator.onLine) this.speed.reset();
    else this.speed.sample(board.stats.sentBytes, now);
    board.secondsLeft = this.speed.secondsFor(board.stats.bytesLeft, now);
  });

  private pumpSoon(ms: number): void {
    clearTimeout(this.pumpTimer);
    this.pumpTimer = setTimeout(() => this.pump(), ms);
  }

  private pump(): void {
    const now = Date.now();
    const flags = { paused: board.paused, offline: !navigator.onLine, signedOut: session.status !== 'signed_in', apiRetryAt: this.apiRetryAt };
    for (const effect of plan(this.list, flags, LIMITS, now)) this.run(effect);
    const wake = wakeAt(this.list, flags, now);
    if (wake !== null && !isIdle(stats(this.list))) this.pumpSoon(Math.max(50, wake - now));
  }

  private run(effect: Effect): void {
    switch (effect.kind) {
      case 'hash': return void this.hash(effect.id);
      case 'lookup': return void this.lookup(effect.ids);
      case 'sign': return void this.sign(effect.ids);
      case 'put': return void this.put(effect.id);
      case 'stale': return this.apply(effect.id, { type: 'stale' });
      case 'due': return this.apply(effect.id, { type: 'due' });
    }
  }

  private async hash(id: string): Promise<void> {
    const file = this.files.get(id);
    this.apply(id, { type: 'hash_started' });
    try {
      if (!file) throw new Error('gone');
      const sha = await this.pool.hash(id, file, (bytes) => this.apply(id, { type: 'hash_progress', bytes }));
      this.apply(id, { type: 'hash_done', sha });
    } catch {
      this.apply(id, { type: 'hash_failed' });
    }
  }

  private async lookup(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.apply(id, { type: 'lookup_started' });
    const shas = [...new Set(ids.map((id) => this.get(id)?.sha ?? ''))].filter(Boolean);
    try {
      const known = new Map((await api.lookup(shas)).map((one) => [one.photo_id, one]));
      for (const id of ids) {
        const found = known.get(this.get(id)?.sha ?? '');
        this.apply(id, found?.safe ? { type: 'known', kept: facts(found) } : { type: 'unknown' });
      }
    } catch (error) {
      this.rest(error);
      for (const id of ids) this.apply(id, { type: 'lookup_failed' });
    }
  }

  private async sign(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.apply(id, { type: 'sign_started' });
    const files = ids.flatMap((id) => {
      const item = this.get(id);
      if (!item?.sha) return [];
      return [{ sha256: item.sha, size: item.size, content_type: item.type, file_name: item.name, modified_at: new Date(item.mtime).toISOString(), restore: true }];
    });
    try {
      const results = new Map((await api.askUploads(files)).map((result) => [result.sha256, result]));
      for (const id of ids) {
        const result = results.get(this.get(id)?.sha ?? '');
        this.apply(id, result ? afterSigning(result) : { type: 'sign_failed' });
      }
    } catch (error) {
      const problem = asProblem(error);
      if (problem.kind === 'rejected') for (const id of ids) this.apply(id, { type: 'refused', words: problem.detail ?? problem.title });
      else {
        this.rest(error);
        for (const id of ids) this.apply(id, { type: 'sign_failed' });
      }
    }
  }

  /** The API said no, not now: the whole queue leaves it alone for a while. */
  private rest(error: unknown): void {
    const problem = asProblem(error);
    this.apiRetryAt = Date.now() + (problem.retryAfter ? problem.retryAfter * 1000 : API_REST_MS);
    this.pumpSoon(this.apiRetryAt - Date.now());
  }

  private async put(id: string): Promise<void> {
    const item = this.get(id);
    const file = this.files.get(id);
    if (!item?.request || !file) return;
    this.apply(id, { type: 'put_started' });
    const running = put(item.request, file, (bytes) => this.apply(id, { type: 'put_progress', bytes }));
    this.puts.set(id, running);
    const outcome = await running.done;
    this.puts.delete(id);
    this.apply(id, { type: 'put_done', outcome });
  }

  /** Asks whether what was received is safe, and whether what is safe has its preview. */
  private pollSoon(changed: boolean): void {
    if (changed) this.polls = 0;
    clearTimeout(this.pollTimer);
    this.pollTimer = setTimeout(() => void this.poll(), pollDelay(this.polls));
  }

  private async poll(): Promise<void> {
    this.polls++;
    const now = Date.now();
    const open = this.list.filter((item) => item.state === 'received' || (item.state === 'safe' && item.preview === 'pending' && now - (item.receivedAt ?? 0) < PREVIEW_WAIT_MS));
    if (open.length === 0) return;
    let moved = false;
    try {
      const known = new Map((await api.lookup([...new Set(open.slice(0, 1000).map((item) => item.sha ?? ''))])).map((one) => [one.photo_id, one]));
      for (const item of open) {
        const found = known.get(item.sha ?? '');
        if (!found?.safe) continue;
        moved ||= item.state === 'received' || found.preview !== item.preview;
        this.apply(item.id, { type: 'is_safe', kept: facts(found) });
      }
      if (moved) board.onsafe();
    } catch {
      // Asked again in its turn.
    }
    this.pollSoon(moved);
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

export const uploader = new Uploader();
