// The window onto the timeline: which lines are mounted and where, so that what the person looks at never moves
// unless they moved it. The maths are in window.ts and layout.ts; this holds the state between two frames.
import { dayKey, dayTitle, monthKey, monthTitle } from '../lib/dates';
import { compare, ratioOf, type MonthBucket, type Rec } from './buckets';
import { estimateMonth, estimateRows, frameFor, layoutMonth, START_MEANS, type Frame, type MonthLayout } from './layout';
import { library } from './library.svelte';
import type { Spot } from './navigate';
import { monthsAround } from './prefetch';
import { CAP, maxOffset, normalise, partAt, prefixSums, runsOut, spacer, windowAround } from './window';
import type { Anchor } from '../lib/router.svelte';

export interface PlacedDay {
  key: string;
  label: string;
  position: number;
  heading: { x: number; y: number; width: number } | null;
  ids: readonly string[];
  boxes: { rec: Rec; x: number; y: number; w: number; h: number }[];
}

export interface Block {
  month: string;
  title: string;
  count: number;
  y: number;
  height: number;
  days: PlacedDay[];
  /** Where the photos that are not loaded yet would be. */
  gap: { y: number; height: number } | null;
}

interface Cached {
  photos: readonly Rec[];
  frame: Frame;
  layout: MonthLayout;
}

const END = 88;

export class Viewport {
  blocks = $state.raw<readonly Block[]>([]);
  base = $state(0);
  spacer = $state(0);
  endY = $state(0);
  sticky = $state.raw<{ title: string; month: string; count: number; push: number; index: number } | null>(null);
  stuck = $state(false);
  scrubbable = $state(false);
  /** Photos that came in above what is in view. */
  newAbove = $state(0);
  frame: Frame = frameFor(1440, 1352);
  offsets: number[] = [0];
  view = 0;
  speed = 0;

  private element: HTMLElement | null = null;
  private readonly layouts = new Map<string, Cached>();
  private readonly exact = new Map<string, number>();
  private means = { ...START_MEANS };
  private renderedAt = NaN;
  private direction: -1 | 0 | 1 = 0;
  private lastScroll = { top: 0, at: 0 };
  private pending: Anchor | { until: string; found: (id: string) => void } | null = null;
  private moving = false;
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  onrest: (anchor: Anchor | null) => void = () => undefined;

  get v(): number {
    return (this.element?.scrollTop ?? 0) + this.base;
  }

  get total(): number {
    return (this.offsets[this.offsets.length - 1] ?? 0) + END;
  }

  private get extent() {
    return { virtual: this.total, view: this.view, cap: CAP };
  }

  attach(element: HTMLElement, feed: HTMLElement): () => void {
    this.element = element;
    const measure = () => {
      this.view = element.clientHeight;
      const width = feed.clientWidth;
      if (width === this.frame.width && this.offsets.length > 1) return this.render(true);
      this.frame = frameFor(innerWidth, width);
      this.exact.clear();
      this.relayout();
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(feed);
    element.addEventListener('scroll', this.scrolled, { passive: true });
    element.addEventListener('scrollend', this.rested);
    for (const kind of ['wheel', 'touchstart', 'pointerdown'] as const) element.addEventListener(kind, () => (this.pending = null), { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', this.scrolled);
      element.removeEventListener('scrollend', this.rested);
      clearTimeout(this.restTimer);
      this.element = null;
    };
  }

  private layoutOf(bucket: MonthBucket): MonthLayout | null {
    if (bucket.photos.length === 0) return null;
    const known = this.layouts.get(bucket.month);
    if (known && known.photos === bucket.photos && known.frame === this.frame) return known.layout;
    const layout = layoutMonth(bucket.photos.map((rec) => dayKey(rec.taken)), bucket.photos.map(ratioOf), this.frame);
    this.layouts.set(bucket.month, { photos: bucket.photos, frame: this.frame, layout });
    if (bucket.complete) {
      const guess = estimateMonth(bucket.count, { ...this.means, correction: 1 }, this.frame);
      this.means.correction = Math.min(2, Math.max(0.5, 0.8 * this.means.correction + 0.2 * (layout.height / guess)));
    }
    return layout;
  }

  private heightOf(bucket: MonthBucket): number {
    const layout = this.layoutOf(bucket);
    if (layout && bucket.complete) {
      this.exact.set(bucket.month, layout.height);
      return layout.height;
    }
    if (layout) return layout.height + estimateRows(bucket.count - bucket.photos.length, this.means, this.frame);
    const known = this.exact.get(bucket.month);
    if (known !== undefined) return known;
    // Guessed once: a guess that changed with every loaded month would move everything below.
    const guess = estimateMonth(bucket.count, this.means, this.frame);
    this.exact.set(bucket.month, guess);
    return guess;
  }

  /** The model or the width changed: new heights, and the photo that was first in view stays where it was. */
  relayout(): void {
    const anchor = this.anchor();
    const atTop = this.v < 4;
    const v = this.v;
    this.offsets = prefixSums(library.model.months.map((bucket) => this.heightOf(bucket)));
    this.endY = this.total - END;
    this.spacer = spacer(this.extent);
    let to = v;
    const aim = this.pending ? this.aim() : null;
    if (aim !== null) to = aim;
    else if (anchor && !atTop) {
      const y = this.yOf(anchor.id);
      if (y !== null) to = y - anchor.dy;
    }
    this.countNew(anchor ? monthKey(anchor.taken) : '');
    if (atTop || !anchor) this.newAbove = 0;
    this.moveTo(to);
    this.scrubbable = library.model.months.length >= 2 && this.total > 2 * this.view;
    this.render(true);
  }

  /** Counts of the months when they were last laid out: what is new above is the difference. */
  private counts = new Map<string, number>();

  private countNew(anchorMonth: string): void {
    const before = this.counts;
    this.counts = new Map(library.model.months.map((bucket) => [bucket.month, bucket.count]));
    if (before.size === 0) return;
    let more = 0;
    for (const [month, count] of this.counts) if (month > anchorMonth) more += count - (before.get(month) ?? 0);
    this.newAbove = Math.max(0, this.newAbove + more);
  }

  /** Sets the virtual offset. While the person scrolls only `base` changes, so that momentum goes on. */
  private moveTo(v: number): void {
    const element = this.element;
    if (!element) return;
    if (this.moving && Math.abs(v - this.v) > 0.5 && v >= 0) {
      this.base += v - this.v;
      return;
    }
    const { scrollTop, base } = normalise(v, this.extent);
    const feed = element.firstElementChild as HTMLElement | null;
    if (feed) feed.style.height = `${this.spacer}px`;
    this.base = base;
    if (Math.abs(element.scrollTop - scrollTop) > 0.5) element.scrollTop = scrollTop;
    this.base = base + scrollTop - element.scrollTop;
    this.lastScroll = { top: element.scrollTop, at: performance.now() };
  }

  /** A jump that the person asked for. */
  jumpTo(v: number): void {
    this.moving = false;
    this.pending = null;
    this.moveTo(Math.min(Math.max(0, v), maxOffset(this.extent)));
    this.render(true);
  }

  jumpToMonth(index: number): void {
    this.jumpTo(this.offsets[index] ?? 0);
  }

  /** To the newest photo at or before a wall time, once it is loaded. */
  jumpToTime(until: string, found: (id: string) => void): void {
    const months = library.model.months;
    const at = months.findIndex((bucket) => bucket.month <= monthKey(until));
    this.jumpToMonth(at < 0 ? months.length - 1 : at);
    this.pending = { until, found };
    this.relayout();
  }

  restore(anchor: Anchor): void {
    const at = library.model.months.findIndex((bucket) => bucket.month <= monthKey(anchor.taken));
    if (at < 0) return;
    this.jumpToMonth(at);
    this.pending = anchor;
    this.relayout();
  }

  /** Where a pending jump leads now, or null while its photo is not loaded. */
  private aim(): number | null {
    const pending = this.pending;
    if (!pending) return null;
    if ('id' in pending) {
      const y = this.yOf(pending.id);
      if (y !== null) {
        this.pending = null;
        return y - pending.dy;
      }
      return this.aimAtTime(pending.taken, pending.dy, null);
    }
    return this.aimAtTime(pending.until, this.frame.monthHeader + this.frame.dayHeader, pending.found);
  }

  private aimAtTime(until: string, dy: number, found: ((id: string) => void) | null): number | null {
    const limit = { taken: until, id: '\uffff' };
    for (const [i, bucket] of library.model.months.entries()) {
      if (bucket.month > monthKey(until)) continue;
      const rec = bucket.photos.find((one) => compare(one, limit) > 0);
      if (rec) {
        this.pending = null;
        if (found) queueMicrotask(() => found(rec.id));
        const y = this.yOf(rec.id);
        return y === null ? null : y - dy;
      }
      if (!bucket.complete) return this.offsets[i] ?? null;
    }
    this.pending = null;
    return null;
  }

  yOf(id: string): number | null {
    for (const [i, bucket] of library.model.months.entries()) {
      const at = bucket.photos.findIndex((rec) => rec.id === id);
      if (at < 0) continue;
      for (const line of this.layoutOf(bucket)?.lines ?? []) for (const box of line.boxes) if (box.index === at) return (this.offsets[i] ?? 0) + box.y;
    }
    return null;
  }

  /** The first photo that shows below the month's heading. */
  anchor(): Anchor | null {
    const v = this.v;
    for (const block of this.blocks)
      for (const day of block.days)
        for (const box of day.boxes) if (block.y + box.y + box.h > v + this.frame.monthHeader) return { id: box.rec.id, taken: box.rec.taken, dy: block.y + box.y - v };
    return null;
  }

  /** Brings a photo into view by the shortest way; `centre` when it is far. */
  reveal(id: string): void {
    const y = this.yOf(id);
    const spot = this.spots().find((one) => one.id === id);
    if (y === null) return;
    const h = spot?.h ?? this.frame.target;
    const top = this.v + this.frame.monthHeader + 8;
    if (y >= top && y + h <= this.v + this.view - 8) return;
    const far = y < this.v - this.view || y > this.v + 2 * this.view;
    this.jumpTo(far ? y - (this.view - h) / 2 : y < top ? y - this.frame.monthHeader - this.frame.dayHeader - 8 : y + h + 8 - this.view);
  }

  /** Boxes of the mounted months in reading order, for arrow keys. */
  spots(): Spot[] {
    const spots: Spot[] = [];
    for (const block of this.blocks) {
      const bucket = library.model.find(block.month);
      const layout = bucket && this.layoutOf(bucket);
      for (const line of layout?.lines ?? []) for (const box of line.boxes) spots.push({ id: bucket?.photos[box.index]?.id ?? '', x: box.x, y: block.y + box.y, w: box.w, h: box.h });
    }
    return spots;
  }

  private readonly scrolled = (): void => {
    const element = this.element;
    if (!element) return;
    const now = performance.now();
    const { top, at } = this.lastScroll;
    const moved = element.scrollTop - top;
    if (Math.abs(moved) > 0.5) {
      this.moving = true;
      this.direction = moved > 0 ? 1 : -1;
      this.speed = Math.abs(moved) / Math.max(1, now - at) / Math.max(1, this.view) * 1000;
    }
    this.lastScroll = { top: element.scrollTop, at: now };
    if (this.v < 4) this.newAbove = 0;
    if (runsOut(element.scrollTop, this.base, this.extent)) {
      const v = Math.max(0, this.v);
      this.moving = false;
      this.moveTo(v);
    }
    this.render(false);
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(this.rested, 150);
  };

  private readonly rested = (): void => {
    clearTimeout(this.restTimer);
    this.moving = false;
    this.speed = 0;
    this.direction = 0;
    if (!this.element) return;
    this.moveTo(this.v);
    this.render(false);
    this.onrest(this.anchor());
  };

  private render(force: boolean): void {
    const v = this.v;
    this.stick(v);
    if (!force && Math.abs(v - this.renderedAt) < 0.3 * this.view) return;
    this.renderedAt = v;
    const { from, to } = windowAround(v, this.view, this.direction);
    const { months } = library.model;
    const { first, last } = monthsAround(this.offsets, from, to);
    const blocks: Block[] = [];
    for (let i = first; i <= last && i < months.length; i++) {
      const bucket = months[i];
      if (bucket) blocks.push(this.block(bucket, i, from, to));
    }
    this.blocks = blocks;
    const near = monthsAround(this.offsets, v - this.view, v + 2.5 * this.view);
    library.want(near.first, near.last, Math.max(near.first, partAt(this.offsets, Math.max(0, v + this.frame.monthHeader))));
  }

  private block(bucket: MonthBucket, index: number, from: number, to: number): Block {
    const y = this.offsets[index] ?? 0;
    const height = (this.offsets[index + 1] ?? y) - y;
    const layout = this.layoutOf(bucket);
    const days = new Map<string, PlacedDay>();
    const year = new Date().getFullYear();
    for (const line of layout?.lines ?? []) {
      if (y + line.y + line.height < from || y + line.y > to) continue;
      const day = (key: string): PlacedDay => {
        let found = days.get(key);
        if (!found) days.set(key, (found = { key, label: dayTitle(key, year), position: index * 31 + 32 - Number(key.slice(8, 10)), heading: null, ids: [], boxes: [] }));
        return found;
      };
      for (const heading of line.headings) day(heading.day).heading = { x: heading.x, y: line.y, width: heading.width };
      for (const box of line.boxes) {
        const rec = bucket.photos[box.index];
        if (rec) day(dayKey(rec.taken)).boxes.push({ rec, x: box.x, y: box.y, w: box.w, h: box.h });
      }
    }
    for (const day of days.values()) day.ids = bucket.photos.filter((rec) => dayKey(rec.taken) === day.key).map((rec) => rec.id);
    const loaded = layout ? layout.height - this.frame.afterMonth : this.frame.monthHeader;
    const gap = bucket.complete ? null : { y: loaded, height: Math.max(0, height - loaded - this.frame.afterMonth) };
    return { month: bucket.month, title: monthTitle(bucket.month), count: bucket.count, y, height, days: [...days.values()], gap };
  }

  private stick(v: number): void {
    const { months } = library.model;
    const index = partAt(this.offsets, Math.max(0, v));
    const bucket = months[index];
    if (!bucket) {
      this.sticky = null;
      return;
    }
    const next = (this.offsets[index + 1] ?? Infinity) - v;
    const push = index + 1 < months.length ? Math.min(0, Math.round(next - this.frame.monthHeader)) : 0;
    this.stuck = v - (this.offsets[index] ?? 0) > 1;
    const now = this.sticky;
    if (now?.month === bucket.month && now.count === bucket.count && now.push === push && now.index === index) return;
    this.sticky = { title: monthTitle(bucket.month), month: bucket.month, count: bucket.count, push, index };
  }
}
