// The window onto the timeline: which lines are mounted and where, so that what the person looks at never moves
// unless they moved it. The maths are in window.ts and layout.ts; this holds the state between two frames.
import { monthKey, monthTitle } from '../lib/dates';
import { blocksIn, type Block } from './blocks';
import { compare } from './buckets';
import { frameFor } from './layout';
import { library } from './library.svelte';
import type { Spot } from './navigate';
import { partsAround, type Wish } from './prefetch';
import { Stack } from './stack';
import { CAP, maxOffset, normalise, partAt, runsOut, spacer, windowAround } from './window';
import type { Anchor } from '../lib/router.svelte';

const END = 88;
const REST_MS = 120;

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
  readonly stack = new Stack(() => library.model, frameFor(1440, 1352));
  view = 0;
  speed = 0;

  private element: HTMLElement | null = null;
  private renderedAt = NaN;
  private direction: -1 | 0 | 1 = 0;
  private lastScroll = { top: 0, at: 0 };
  /** What one looked at when the width changed: until one scrolls, other widths, and that of before, lead to it. */
  private looked: Anchor | null = null;
  private pending: Anchor | { until: string; found: (id: string) => void } | null = null;
  private moving = false;
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  onrest: (anchor: Anchor | null) => void = () => undefined;

  get v(): number {
    return (this.element?.scrollTop ?? 0) + this.base;
  }

  get total(): number {
    return this.stack.total + END;
  }

  get frame() {
    return this.stack.frame;
  }

  private get extent() {
    return { virtual: this.total, view: this.view, cap: CAP };
  }

  attach(element: HTMLElement, feed: HTMLElement): () => void {
    this.element = element;
    const measure = () => {
      this.view = element.clientHeight;
      const width = feed.clientWidth;
      if (width === this.frame.width && this.stack.months.length > 0) return this.render(true);
      this.looked ??= this.anchor();
      this.stack.resize(frameFor(innerWidth, width));
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
      clearTimeout(this.drag);
      this.element = null;
      library.rest();
    };
  }

  /** The model or the width changed: new heights, and the photo that was first in view stays where it was. */
  relayout(): void {
    const anchor = this.looked ?? this.anchor();
    const atTop = this.v < 4;
    const v = this.v;
    this.stack.restack();
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
    this.scrubbable = this.stack.months.length >= 2 && this.total > 2 * this.view;
    this.render(true);
  }

  /** Counts of the months when they were last laid out: what is new above is the difference. */
  private counts = new Map<string, number>();

  private countNew(anchorMonth: string): void {
    const before = this.counts;
    this.counts = new Map(this.stack.months.map(({ month, count }) => [month, count]));
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

  private drag: ReturnType<typeof setTimeout> | undefined;

  /** Dragged along: the view follows at once, and what it needs is asked for when the hand rests. */
  dragTo(v: number): void {
    clearTimeout(this.drag);
    this.drag = setTimeout(() => {
      this.drag = undefined;
      this.ask(this.v);
    }, REST_MS);
    this.jumpTo(v);
  }

  /** A jump that the person asked for. */
  jumpTo(v: number): void {
    this.moving = false;
    this.looked = this.pending = null;
    this.moveTo(Math.min(Math.max(0, v), maxOffset(this.extent)));
    this.render(true);
  }

  jumpToMonth(index: number): void {
    this.jumpTo(this.stack.monthOffsets[index] ?? 0);
  }

  /** To the newest photo at or before a wall time, once it is loaded. */
  jumpToTime(until: string, found: (id: string) => void): void {
    const { months } = this.stack;
    const at = months.findIndex(({ month }) => month <= monthKey(until));
    this.jumpToMonth(at < 0 ? months.length - 1 : at);
    this.pending = { until, found };
    this.relayout();
  }

  restore(anchor: Anchor): void {
    const at = this.stack.months.findIndex(({ month }) => month <= monthKey(anchor.taken));
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
      return this.aimAtTime(pending.taken, pending.dy, null, pending.id);
    }
    return this.aimAtTime(pending.until, this.frame.monthHeader + this.frame.dayHeader, pending.found);
  }

  private aimAtTime(until: string, dy: number, found: ((id: string) => void) | null, id = ''): number | null {
    const limit = { taken: until, id: '\uffff' };
    for (const [i, part] of library.model.parts.entries()) {
      if (part.month > monthKey(until) || part.from > until) continue;
      const rec = part.photos.find((one) => compare(one, limit) > 0);
      // Of very many at one time the one that is looked for may still come.
      if (rec && (id === '' || rec.taken !== until || part.complete || part.photos[part.photos.length - 1]?.taken !== until)) {
        this.pending = null;
        if (found) queueMicrotask(() => found(rec.id));
        const y = this.yOf(rec.id);
        return y === null ? null : y - dy;
      }
      if (!part.complete) return (rec ? this.stack.gapOf(i)?.y : this.stack.offsets[i]) ?? null;
    }
    // Before the first photo of all: that one, as soon as it is there. It comes at the end of what is not loaded.
    const { parts } = library.model;
    const oldest = parts[parts.length - 1];
    if (found && oldest && !oldest.complete) return maxOffset(this.extent);
    this.pending = null;
    const rec = oldest?.photos[oldest.photos.length - 1];
    if (found && rec) queueMicrotask(() => found(rec.id));
    return found && rec ? this.yOf(rec.id) : null;
  }

  yOf(id: string): number | null {
    return this.stack.boxOf(id)?.y ?? null;
  }

  /** The first photo that shows below the month's heading. */
  anchor(): Anchor | null {
    const v = this.v;
    for (const block of this.blocks)
      for (const day of block.days)
        for (const box of day.boxes) if (block.y + box.y + box.h > v + this.frame.monthHeader && block.y + box.y < v + 3 * this.view) return { id: box.rec.id, taken: box.rec.taken, dy: block.y + box.y - v };
    return null;
  }

  /** Where Tab leads: to this photo if it is mounted, else to the first that shows. */
  tabStop(id: string | null): string | null {
    return this.blocks.some(({ days }) => days.some(({ boxes }) => boxes.some(({ rec }) => rec.id === id))) ? id : (this.anchor()?.id ?? null);
  }

  /** Brings a photo into view by the shortest way; `centre` when it is far. */
  reveal(id: string): void {
    const box = this.stack.boxOf(id);
    if (!box) return;
    const { y, h } = box;
    const top = this.v + this.frame.monthHeader + 8;
    if (y >= top && y + h <= this.v + this.view - 8) return;
    const far = y < this.v - this.view || y > this.v + 2 * this.view;
    this.jumpTo(far ? y - (this.view - h) / 2 : y < top ? y - this.frame.monthHeader - this.frame.dayHeader - 8 : y + h + 8 - this.view);
  }

  /** Boxes around a photo in reading order, for arrow keys. */
  spots(around: string): Spot[] {
    const centre = this.yOf(around) ?? this.v;
    const from = centre - 3 * this.view, to = centre + 3 * this.view;
    const { first, last } = partsAround(this.stack.offsets, from, to);
    const spots: Spot[] = [];
    for (let i = first; i <= last; i++) {
      const part = library.model.parts[i];
      const top = this.stack.offsets[i] ?? 0;
      for (const line of (part && this.stack.layoutOf(part)?.lines) ?? []) {
        if (top + line.y + line.height < from || top + line.y > to) continue;
        for (const box of line.boxes) spots.push({ id: part?.photos[box.index]?.id ?? '', x: box.x, y: top + box.y, w: box.w, h: box.h });
      }
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
      this.looked = null;
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
    // The photo that has the focus stays mounted: without it the focus would be lost.
    const focused = this.element?.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['id'] : undefined;
    this.blocks = blocksIn(this.stack, library.model, from, to, (focused && this.total <= CAP ? this.yOf(focused) : null) ?? undefined);
    if (this.drag === undefined) this.ask(v);
  }

  /** Tells the library what is in view or near it. */
  private ask(v: number): void {
    const { offsets } = this.stack;
    const { parts } = library.model;
    const here = v + this.frame.monthHeader;
    const near = { from: v - this.view, to: v + 2.5 * this.view };
    const { first, last } = partsAround(offsets, near.from, near.to);
    const wishes: (Wish & { far: number })[] = [];
    for (let i = first; i <= last; i++) {
      const part = parts[i];
      const gap = this.stack.gapOf(i);
      if (!part || !gap || gap.height <= 0 || gap.y > near.to || gap.y + gap.height < near.from) continue;
      const at = Math.min(1, Math.max(0, (here - gap.y) / gap.height));
      wishes.push({ part, above: at * part.rest, far: Math.max(0, gap.y - v - this.view, v - gap.y - gap.height) });
    }
    wishes.sort((a, b) => a.far - b.far);
    const until = this.pending && ('id' in this.pending ? this.pending.taken : this.pending.until);
    const aim = until && parts.find((part) => part.month <= monthKey(until) && part.from <= until && !part.complete);
    if (until && aim && monthKey(until) === aim.month && (aim.photos[aim.photos.length - 1]?.taken ?? '~') > until) wishes.unshift({ part: aim, above: 0, until, far: 0 });
    library.want({ first, last, centre: Math.max(first, this.stack.partAt(here)), around: this.blocks.length > 0 ? (this.anchor()?.taken ?? null) : null, wishes, inView: wishes[0]?.far === 0 });
  }

  private stick(v: number): void {
    const { months, monthOffsets } = this.stack;
    const index = partAt(monthOffsets, Math.max(0, v));
    const bucket = months[index];
    if (!bucket) {
      this.sticky = null;
      return;
    }
    const next = (monthOffsets[index + 1] ?? Infinity) - v;
    const push = index + 1 < months.length ? Math.min(0, Math.round(next - this.frame.monthHeader)) : 0;
    this.stuck = v - (monthOffsets[index] ?? 0) > 1;
    const now = this.sticky;
    if (now?.month === bucket.month && now.count === bucket.count && now.push === push && now.index === index) return;
    this.sticky = { title: monthTitle(bucket.month), month: bucket.month, count: bucket.count, push, index };
  }
}
