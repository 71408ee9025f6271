// Where the parts of the library lie, one below the other: heights that are known, and guesses for the others.
import { dayKey } from '../lib/dates';
import { ratioOf, type Library, type Rec } from './buckets';
import { daysOf, estimateRows, inside, layoutMonth, START_MEANS, type Frame, type MonthLayout } from './layout';
import type { Part } from './parts';
import { partAt, prefixSums } from './window';

/** A month, whole. */
export interface MonthPlace {
  month: string;
  count: number;
  y: number;
  height: number;
  /** Its parts: indexes of the first one and behind the last one. */
  from: number;
  to: number;
}

export interface PartLayout extends MonthLayout {
  photos: readonly Rec[];
  frame: Frame;
  first: boolean;
  last: boolean;
  days: Map<string, [number, number]>;
  ids: Map<string, readonly string[]>;
}

export class Stack {
  /** offsets[i] is where part i starts; one more at the end is the sum. */
  offsets: number[] = [0];
  /** The same of the months. */
  monthOffsets: number[] = [0];
  months: MonthPlace[] = [];
  frame: Frame;

  private readonly layouts = new WeakMap<Part, PartLayout>();
  /** Guessed once: a guess that changed with every loaded part would move everything below. */
  private guesses = new WeakMap<Part, { count: number; height: number }>();
  /** What a month measured when all of it was loaded, for when it was forgotten since. */
  private measured = new Map<string, { count: number; height: number }>();
  private means = { ...START_MEANS };

  constructor(
    private readonly library: () => Library,
    frame: Frame,
  ) {
    this.frame = frame;
  }

  get total(): number {
    return this.offsets[this.offsets.length - 1] ?? 0;
  }

  /** Another width: nothing that was measured holds. */
  resize(frame: Frame): void {
    this.frame = frame;
    this.guesses = new WeakMap();
    this.measured.clear();
  }

  /** The library changed. */
  restack(): void {
    const { parts } = this.library();
    const months: MonthPlace[] = [];
    for (const [i, part] of parts.entries()) {
      const before = months[months.length - 1];
      if (before?.month === part.month) [before.to, before.count] = [i + 1, before.count + part.count];
      else months.push({ month: part.month, count: part.count, y: 0, height: 0, from: i, to: i + 1 });
    }
    const heights: number[] = [];
    for (const month of months) for (let i = month.from; i < month.to; i++) heights.push(this.heightOf(parts[i] as Part, i === month.from, i === month.to - 1));
    this.offsets = prefixSums(heights);
    for (const month of months) {
      month.y = this.offsets[month.from] ?? 0;
      month.height = (this.offsets[month.to] ?? 0) - month.y;
    }
    this.months = months;
    this.monthOffsets = [...months.map((month) => month.y), this.total];
  }

  /** The lines of what is loaded of a part. */
  layoutOf(part: Part, first = this.opens(part), last = this.closes(part)): PartLayout | null {
    const { photos } = part;
    if (photos.length === 0) return null;
    const known = this.layouts.get(part);
    if (known && known.photos === photos && known.frame === this.frame && known.first === first && known.last === last) return known;
    const keys = photos.map((rec) => dayKey(rec.taken));
    const made = layoutMonth(keys, photos.map(ratioOf), inside(this.frame, first, last));
    const layout: PartLayout = { ...made, photos, frame: this.frame, first, last, days: new Map(daysOf(keys).map((day) => [day.key, [day.from, day.to]])), ids: new Map() };
    this.layouts.set(part, layout);
    if (part.complete && first && last) {
      const { monthHeader, afterMonth } = this.frame;
      const guess = estimateRows(photos.length, { ...this.means, correction: 1 }, this.frame) + monthHeader + afterMonth;
      this.means.correction = Math.min(2, Math.max(0.5, 0.8 * this.means.correction + 0.2 * (layout.height / guess)));
      this.measured.set(part.month, { count: part.count, height: layout.height });
    }
    return layout;
  }

  private opens(part: Part): boolean {
    const { parts } = this.library();
    return parts[parts.indexOf(part) - 1]?.month !== part.month;
  }

  private closes(part: Part): boolean {
    const { parts } = this.library();
    return parts[parts.indexOf(part) + 1]?.month !== part.month;
  }

  private heightOf(part: Part, first: boolean, last: boolean): number {
    const layout = this.layoutOf(part, first, last);
    if (layout) return layout.height + (part.complete ? 0 : estimateRows(part.rest, this.means, this.frame));
    const around = (first ? this.frame.monthHeader : 0) + (last ? this.frame.afterMonth : 0);
    if (part.complete) return around;
    const measured = first && last ? this.measured.get(part.month) : undefined;
    if (measured?.count === part.count) return measured.height;
    let guess = this.guesses.get(part);
    if (guess?.count !== part.count) this.guesses.set(part, (guess = { count: part.count, height: estimateRows(part.count, this.means, this.frame) }));
    return around + guess.height;
  }

  /** What is not loaded of part `i`: where it would be. */
  gapOf(i: number): { y: number; height: number } | null {
    const part = this.library().parts[i];
    if (!part || part.complete) return null;
    const top = this.offsets[i] ?? 0, bottom = this.offsets[i + 1] ?? 0;
    const layout = this.layoutOf(part);
    const first = this.opens(part), last = this.closes(part);
    const y = layout ? top + layout.height - (last ? this.frame.afterMonth : 0) : top + (first ? this.frame.monthHeader : 0);
    return { y, height: Math.max(0, bottom - (last ? this.frame.afterMonth : 0) - y) };
  }

  partAt(v: number): number {
    return partAt(this.offsets, Math.max(0, v));
  }

  /** Top of a photo, and its height; null if it is not loaded. */
  boxOf(id: string): { y: number; h: number } | null {
    for (const [i, part] of this.library().parts.entries()) {
      const at = part.photos.findIndex((rec) => rec.id === id);
      if (at < 0) continue;
      for (const line of this.layoutOf(part)?.lines ?? [])
        for (const box of line.boxes) if (box.index === at) return { y: (this.offsets[i] ?? 0) + box.y, h: box.h };
    }
    return null;
  }

  /** Photos of a day, as far as they are loaded in this part. */
  idsOf(layout: PartLayout, day: string): readonly string[] {
    const known = layout.ids.get(day);
    if (known) return known;
    const [from, to] = layout.days.get(day) ?? [0, 0];
    const ids = layout.photos.slice(from, to).map((rec) => rec.id);
    layout.ids.set(day, ids);
    return ids;
  }
}
