// Runs the queue: what `plan` says is done by `Work`, every answer goes through `reduce`, and what matters is written
// into the journal. In the tab that holds the lock; in any other this only passes on what is asked.
import { session } from '../auth/session.svelte';
import { oncePerFrame } from '../lib/scheduler';
import { words } from '../lib/strings';
import { uploadsWords } from '../lib/strings-uploads';
import { live, toasts } from '../ui/toasts.svelte';
import { board } from './board.svelte';
import { skipReason } from './classify';
import { Journal } from './journal';
import { isFinal, newItem, reduce, type Event, type Item, type State } from './machine';
import { plan, wakeAt, type Effect, type Limits } from './queue';
import { isNews, nameKey, pathKey, revive, rowOf } from './remember';
import { Sources } from './sources';
import { isIdle, leftToSend, stats } from './stats';
import { Tabs, type Command, type Picture } from './tabs';
import type { Taken } from './take';
import { Throughput } from './throughput';
import { stayAwake } from './wake';
import { walk, type Found } from './walk';
import { Work } from './work';

const coarse = matchMedia('(pointer: coarse)').matches;
const LIMITS: Limits = { hashes: coarse || (navigator.hardwareConcurrency ?? 2) <= 2 ? 1 : 2, puts: coarse ? 3 : 4, ahead: 4 };
const MANY = 500;
const PICTURE_MS = 500;
/** Nothing more is to be done about them. */
const DONE: ReadonlySet<State> = new Set<State>(['safe', 'duplicate', 'skipped', 'cancelled']);

class Uploader {
  private list: Item[] = [];
  private readonly index = new Map<string, number>();
  /** Files of items that have not ended, by path, size and time: dropped twice by mistake. */
  private readonly open = new Map<string, string>();
  private readonly speed = new Throughput();
  private readonly born = Date.now().toString(36);
  private next = 0;
  private apiRetryAt = 0;
  private hashRetryAt = 0;
  private user = '';
  private journal: Journal | null = null;
  private sources = new Sources(null, () => true);
  private work = new Work(this.queue(), this.sources);
  private tabs: Tabs | null = null;
  private ready: Promise<void> | null = null;
  /** What the journal has is in the list: what is dropped can be compared with it. */
  private led = false;
  /** Dropped before that, or before it was known which tab runs the queue. */
  private early: Found[] = [];
  private asked: Command[] = [];
  /** Drops that are being walked: they share one count. */
  private walks = 0;
  private showTimer: ReturnType<typeof setTimeout> | undefined;
  private pumpTimer: ReturnType<typeof setTimeout> | undefined;
  private pictureTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    for (const change of ['online', 'offline']) addEventListener(change, () => this.connectionChanged());
    addEventListener('beforeunload', (event) => {
      if (session.leaving) return;
      if (this.work.sending > 0 || this.list.some((item) => !isFinal(item.state) && item.state !== 'received' && item.state !== 'needs_file' && !this.sources.survives(item.id))) event.preventDefault();
    });
    document.addEventListener('visibilitychange', () => this.pumpSoon(0));
  }

  /** For this person, from now on; again when they sign in again. */
  start(user: string): void {
    if (!user) return;
    this.ready ??= this.begin(user);
    // Whoever signed in again goes on; a pause is only ended by whoever made it.
    this.pumpSoon(0);
  }

  /** What the first file needs is fetched while there is a network. */
  warm(): void {
    void this.ready?.then(() => this.work.warm(LIMITS.hashes));
  }

  private async begin(user: string): Promise<void> {
    this.user = user;
    this.journal = await Journal.open(user, () => (board.forgetful = true));
    this.sources = new Sources(this.journal, (id) => !['received', 'safe', 'duplicate', 'cancelled', 'skipped', undefined].includes(this.get(id)?.state));
    this.work = new Work(this.queue(), this.sources);
    this.tabs = new Tabs(user, {
      lead: () => this.lead(),
      follow: () => {
        board.elsewhere = true;
        this.tabs?.hand(this.early.splice(0));
        for (const command of this.asked.splice(0)) this.do(command);
      },
      picture: (picture) => this.showOther(picture),
      command: (command) => this.obey(command),
      files: (found) => this.enter(found),
      spare: (found) => this.findAgain(found),
      wanted: () => this.sendPicture(),
    });
  }

  /** This tab runs the queue now: goes on with what the journal has. */
  private async lead(): Promise<void> {
    board.elsewhere = false;
    const { rows, withBytes } = (await this.journal?.load()) ?? { rows: [], withBytes: new Set<string>() };
    const going = rows.filter((row) => !DONE.has(row.state));
    if (going.length === 0) {
      this.journal?.forget(rows.map((row) => row.id));
      // Not of what is being dropped just now.
      await this.journal?.forgetRoots(this.sources.fresh());
    } else {
      await this.sources.restored(withBytes, rows.flatMap((row) => (row.root ? [[row.id, row.root] as [string, string]] : [])));
      for (const row of rows) {
        this.insert(revive(row));
        if (!isFinal(row.state) && row.state !== 'received' && !this.sources.has(row.id) && !(await this.sources.granted(row.id))) this.apply(row.id, { type: 'no_file' });
      }
      const lost = this.list.filter((item) => item.state === 'needs_file');
      for (const item of lost) board.canContinue ||= await this.sources.mayAsk(item.id);
      void this.work.lookAgain(lost);
      board.onresume();
      this.work.pollSoon(true);
    }
    this.led = true;
    this.take(this.early.splice(0));
    for (const command of this.asked.splice(0)) this.obey(command);
    this.show();
    this.pumpSoon(0);
  }

  private insert(item: Item): void {
    this.index.set(item.id, this.list.length);
    this.list.push(item);
    if (!isFinal(item.state)) this.open.set(pathKey(item), item.id);
  }

  add(found: readonly Found[]): void {
    if (this.tabs && !this.tabs.leading && board.elsewhere) this.tabs.hand([...found]);
    else this.enter(found);
  }

  /** In the tab that runs the queue, or will. */
  private enter(found: readonly Found[]): void {
    if (this.led) this.take(found);
    else this.early.push(...found);
  }

  /** Files of items that have none: of others nothing is taken. */
  private findAgain(found: readonly Found[]): void {
    const lost = this.lost();
    const wanted = found.filter(({ file, path }) => {
      const facts = { name: file.name, path, size: file.size, mtime: file.lastModified };
      return lost.has(pathKey(facts)) || lost.has(nameKey(facts));
    });
    this.take(wanted);
  }

  /** Items that wait for their file, by where it lay and by its name alone. */
  private lost(): Map<string, string[]> {
    const lost = new Map<string, string[]>();
    for (const item of this.list)
      if (item.state === 'needs_file' || (item.state === 'failed' && !this.sources.has(item.id))) for (const key of [nameKey(item), pathKey(item)]) lost.set(key, [...(lost.get(key) ?? []), item.id]);
    return lost;
  }

  /** Walks what was dropped. What cannot be read is listed too: nothing that was dropped disappears. False: it was empty. */
  async drop(taken: readonly Taken[]): Promise<boolean> {
    let found = 0, lost = 0;
    this.walks++;
    board.looking ??= 0;
    try {
      await this.ready;
      const starts = await this.sources.takeRoots(this.user, taken);
      const unreadable = (path: string) => {
        lost++;
        this.do({ do: 'unreadable', path });
      };
      for await (const batch of walk(starts, unreadable)) {
        found += batch.length;
        board.looking += batch.length;
        this.add(batch);
      }
      // All of it is in the sums.
      this.paint();
    } finally {
      if (--this.walks === 0) board.looking = null;
    }
    if (found > 0) live.say(words.started(found));
    else if (lost === 0) toasts.show({ text: uploadsWords.uploads.nothing });
    return found + lost > 0;
  }

  private unreadable(path: string): void {
    const item = newItem(this.newId(), { name: path.split('/').pop() ?? path, path, size: 0, mtime: 0, type: '' });
    this.insert({ ...item, state: 'failed', failure: { code: 'unreadable' } });
    this.show();
  }

  private newId(): string {
    return `${this.born}-${(this.next++).toString(36).padStart(6, '0')}`;
  }

  private take(found: readonly Found[]): void {
    if (found.length === 0) return;
    const lost = this.lost();
    const foundAgain = new Set<string>();
    for (const { file, path, root } of found) {
      const facts = { name: file.name, path, size: file.size, mtime: file.lastModified, type: file.type };
      // One file for each: the next of the same name has a row of its own.
      const known = [...(lost.get(pathKey(facts)) ?? []), ...(lost.get(nameKey(facts)) ?? [])].find((id) => !foundAgain.has(id));
      if (known) {
        foundAgain.add(known);
        this.sources.add(known, file, root);
        this.apply(known, { type: 'file_found' });
        continue;
      }
      const skip = skipReason(facts) ?? (this.open.has(pathKey(facts)) ? 'twice' : undefined);
      const item = newItem(this.newId(), facts, skip);
      this.insert(item);
      if (!skip || skip === 'notPhoto') this.sources.add(item.id, file, root);
      this.journal?.put(rowOf(item, this.user, root));
    }
    this.show();
    this.pumpSoon(0);
  }

  /** Passes a wish to the tab that runs the queue, or obeys it. */
  do(command: Command): void {
    if (board.elsewhere) this.tabs?.send(command);
    else if (this.led) this.obey(command);
    else this.asked.push(command);
  }

  private obey(command: Command): void {
    switch (command.do) {
      case 'pause': return this.pause();
      case 'resume': return this.resume();
      // What failed stays, unseen by nobody, until it is dismissed in so many words.
      case 'clear': return this.keep((item) => !DONE.has(item.state));
      case 'dismissFailed': return this.keep((item) => item.state !== 'failed' && item.state !== 'needs_file');
      case 'dismiss': return this.keep((item) => item.id !== command.id);
      case 'unreadable': return this.unreadable(command.path);
      case 'retryFailed':
        for (const item of [...this.list]) if (item.state === 'failed') this.retry(item.id);
        return;
      case 'retry': return this.retry(command.id);
      case 'keepAnyway': return this.apply(command.id, { type: 'keep_anyway' });
      case 'cancel':
        this.apply(command.id, { type: 'cancel' });
        return this.work.cancel(command.id);
    }
  }

  private pause(): void {
    board.paused = true;
    this.work.abortAll();
    this.speed.reset();
    this.show();
  }

  private resume(): void {
    board.paused = false;
    this.pumpSoon(0);
    this.show();
  }

  private retry(id: string): void {
    if (!this.sources.has(id)) this.apply(id, { type: 'file_found' });
    else this.apply(id, { type: 'retry' });
  }

  /** In answer to a click: the browser asks whether the files may be read again. */
  async continueReading(): Promise<void> {
    await this.sources.askForAll();
    board.canContinue = false;
    for (const item of [...this.list]) if (item.state === 'needs_file' && (await this.sources.granted(item.id))) this.apply(item.id, { type: 'file_found' });
  }

  /** Takes all other rows from view and journal. */
  private keep(stays: (item: Item) => boolean): void {
    const left = this.list.filter(stays);
    const gone = new Set(this.list.map((item) => item.id));
    for (const item of left) gone.delete(item.id);
    for (const id of gone) this.sources.drop(id);
    this.journal?.forget(gone);
    if (left.length === 0) void this.journal?.forgetRoots();
    this.list = [];
    this.index.clear();
    this.open.clear();
    for (const item of left) this.insert(item);
    this.show();
  }

  private connectionChanged(): void {
    if (navigator.onLine) this.hashRetryAt = 0;
    else this.speed.reset();
    this.show();
    this.pumpSoon(0);
  }

  private get(id: string): Item | undefined {
    const at = this.index.get(id);
    return at === undefined ? undefined : this.list[at];
  }

  private queue() {
    return {
      get: (id: string) => this.get(id),
      items: () => this.list,
      apply: (id: string, event: Event) => this.apply(id, event),
      restUntil: (time: number) => {
        this.apiRetryAt = time;
        this.pumpSoon(time - Date.now());
      },
      restHashing: (time: number) => (this.hashRetryAt = time),
      moved: () => board.onsafe(),
      stopped: () => board.paused || !navigator.onLine,
    };
  }

  private apply(id: string, event: Event): void {
    const at = this.index.get(id);
    const item = at === undefined ? undefined : this.list[at];
    if (at === undefined || !item) return;
    const changed = reduce(item, event, { at: Date.now(), random: Math.random() });
    if (changed === item) return;
    this.list[at] = changed;
    if (isNews(item, changed)) this.journal?.put(rowOf(changed, this.user, this.sources.rootOf(id)));
    if (isFinal(changed.state)) this.open.delete(pathKey(changed));
    else this.open.set(pathKey(changed), id);
    if (changed.state === 'safe' || changed.state === 'duplicate') this.sources.drop(id);
    if (changed.state !== item.state) {
      this.pumpSoon(0);
      if (changed.state === 'received') this.work.pollSoon(true);
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

  private readonly showNow = oncePerFrame(() => this.paint());

  private paint(): void {
    // Another tab's picture is not replaced by a list that has nothing in it.
    if (!this.led) return;
    board.items = [...this.list];
    board.stats = stats(this.list);
    const now = performance.now();
    if (leftToSend(board.stats) === 0 || board.paused || !navigator.onLine) this.speed.reset();
    else this.speed.sample(board.stats.sentBytes, now);
    board.secondsLeft = this.speed.secondsFor(board.stats.bytesLeft, now);
    void stayAwake(leftToSend(board.stats) > 0 && !board.paused && navigator.onLine);
    this.pictureTimer ??= setTimeout(() => this.sendPicture(), PICTURE_MS * Math.max(1, this.list.length / MANY));
  }

  private sendPicture(): void {
    clearTimeout(this.pictureTimer);
    this.pictureTimer = undefined;
    const { items, stats: sums, secondsLeft, paused } = board;
    if (this.tabs?.leading && this.led) this.tabs.show({ items, stats: sums, secondsLeft, paused });
  }

  private showOther(picture: Picture): void {
    const before = board.stats;
    Object.assign(board, picture);
    if (before.found === 0 && picture.stats.found > 0 && !isIdle(picture.stats)) board.onresume();
    if (picture.stats.safe !== before.safe) board.onsafe();
  }

  private pumpSoon(ms: number): void {
    clearTimeout(this.pumpTimer);
    this.pumpTimer = setTimeout(() => this.pump(), ms);
  }

  private pump(): void {
    if (!this.tabs?.leading) return;
    const now = Date.now();
    const flags = { paused: board.paused, offline: !navigator.onLine, signedOut: session.status !== 'signed_in', apiRetryAt: this.apiRetryAt, hashRetryAt: this.hashRetryAt };
    for (const effect of plan(this.list, flags, LIMITS, now)) this.run(effect);
    const wake = wakeAt(this.list, flags, now);
    if (wake !== null && !isIdle(stats(this.list))) this.pumpSoon(Math.max(50, wake - now));
  }

  private run(effect: Effect): void {
    switch (effect.kind) {
      case 'hash': return void this.work.hash(effect.id);
      case 'lookup': return void this.work.lookup(effect.ids);
      case 'sign': return void this.work.sign(effect.ids);
      case 'put': return void this.work.put(effect.id);
      case 'stale': return this.apply(effect.id, { type: 'stale' });
      case 'due': return this.apply(effect.id, { type: 'due' });
    }
  }
}

export const uploader = new Uploader();
