// What is mounted of the timeline: months with those of their days that lie in a window.
import { dayKey, dayTitle, monthTitle } from '../lib/dates';
import type { Library, Rec } from './buckets';
import type { Stack } from './stack';

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
  /** Where photos that are not loaded yet would be. */
  gaps: { key: string; y: number; height: number }[];
}

/** The months that touch the window from `from` to `to`, and the line at `kept`, wherever it is. */
export function blocksIn(stack: Stack, { parts }: Library, from: number, to: number, kept = NaN): Block[] {
  const seen = (top: number, bottom: number): boolean => (bottom >= from && top <= to) || (top <= kept && bottom > kept);
  const year = new Date().getFullYear();
  const blocks: Block[] = [];
  for (const [index, month] of stack.months.entries()) {
    if (!seen(month.y, month.y + month.height)) continue;
    const days = new Map<string, PlacedDay>();
    const gaps: Block['gaps'] = [];
    for (let i = month.from; i < month.to; i++) {
      const part = parts[i];
      const top = stack.offsets[i] ?? 0;
      if (!part || !seen(top, stack.offsets[i + 1] ?? top)) continue;
      const gap = stack.gapOf(i);
      if (gap && gap.height > 0) gaps.push({ key: part.to, y: gap.y - month.y, height: gap.height });
      const layout = stack.layoutOf(part);
      const mine = new Map<string, PlacedDay>();
      const placed = (day: string): PlacedDay => {
        let found = mine.get(day);
        if (!found) {
          found = { key: days.has(day) ? `${day}/${part.to}` : day, label: dayTitle(day, year), position: index * 31 + 32 - Number(day.slice(8, 10)), heading: null, ids: layout ? stack.idsOf(layout, day) : [], boxes: [] };
          mine.set(day, found);
          days.set(found.key, found);
        }
        return found;
      };
      for (const line of layout?.lines ?? []) {
        if (!seen(top + line.y, top + line.y + line.height)) continue;
        const y = top - month.y;
        for (const heading of line.headings) placed(heading.day).heading = { x: heading.x, y: y + line.y, width: heading.width };
        for (const box of line.boxes) {
          const rec = part.photos[box.index];
          if (rec) placed(dayKey(rec.taken)).boxes.push({ rec, x: box.x, y: y + box.y, w: box.w, h: box.h });
        }
      }
    }
    blocks.push({ month: month.month, title: monthTitle(month.month), count: month.count, y: month.y, height: month.height, days: [...days.values()], gaps });
  }
  return blocks;
}
