// A month as lines of boxes. Short days share a line, and such a line is stretched as a whole to the right edge.
import { justify } from './justify';

export interface Frame {
  width: number;
  /** Target height of a row. */
  target: number;
  gap: number;
  monthHeader: number;
  dayHeader: number;
  /** Between days that share a line. */
  dayGap: number;
  minHeading: number;
  afterDay: number;
  afterMonth: number;
  share: boolean;
}

export interface Box {
  /** Index of the photo in its month. */
  index: number;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Heading {
  day: string;
  x: number;
  /** Room for its words. */
  width: number;
  from: number;
  to: number;
}

export interface Line {
  y: number;
  height: number;
  headings: Heading[];
  boxes: Box[];
}

export interface MonthLayout {
  lines: Line[];
  height: number;
}

/** A part of a month in the middle of it has no title above, and nothing below. */
export const inside = (frame: Frame, first: boolean, last: boolean): Frame => ({ ...frame, monthHeader: first ? frame.monthHeader : 0, afterMonth: last ? frame.afterMonth : 0 });

/** The measures of the page by the width of the window; `width` is what the photos may use. */
export function frameFor(viewport: number, width: number): Frame {
  const phone = viewport < 600;
  return {
    width,
    target: phone ? 116 : viewport < 900 ? 160 : viewport < 1600 ? 196 : 220,
    gap: phone ? 2 : viewport < 900 ? 3 : 4,
    monthHeader: phone ? 44 : 52,
    dayHeader: 36,
    dayGap: 28,
    minHeading: 150,
    afterDay: phone ? 10 : 16,
    afterMonth: phone ? 8 : 20,
    share: !phone,
  };
}

interface Day {
  key: string;
  from: number;
  to: number;
}

const JOIN = 1.06;
const MAX_SHARED = 1.2;

export function daysOf(keys: readonly string[]): Day[] {
  const days: Day[] = [];
  keys.forEach((key, index) => {
    const last = days[days.length - 1];
    if (last && last.key === key) last.to = index + 1;
    else days.push({ key, from: index, to: index + 1 });
  });
  return days;
}

/** `days` and `ratios` go together: the day of each photo and its shape, newest first. */
export function layoutMonth(days: readonly string[], ratios: readonly number[], frame: Frame): MonthLayout {
  const lines: Line[] = [];
  let y = frame.monthHeader;
  let shared: Day[] = [];
  const sum = (day: Day) => ratios.slice(day.from, day.to).reduce((a, b) => a + b, 0);
  const natural = (day: Day) => Math.max(sum(day) * frame.target + (day.to - day.from - 1) * frame.gap, frame.minHeading);

  const fits = () => shared.reduce((s, day) => s + natural(day), 0) + (shared.length - 1) * frame.dayGap <= frame.width;

  const flush = () => {
    if (shared.length === 0) return;
    const { height, full } = fit();
    // Too long as it is and not to be squeezed, since headings need their room: the last days go to the next line.
    const rest: Day[] = [];
    while (!full && shared.length > 1 && !fits()) rest.unshift(shared.pop() as Day);
    if (rest.length) {
      flush();
      shared = rest;
      return;
    }
    place(height, full);
  };

  /** The height at which the line ends at the right edge. A day too narrow for its heading takes the heading's room. */
  const fit = () => {
    const inner = (day: Day) => (day.to - day.from - 1) * frame.gap;
    const narrow = new Set<Day>();
    let height = Infinity;
    for (;;) {
      const wide = shared.filter((day) => !narrow.has(day));
      if (wide.length === 0) break;
      const fixed = narrow.size * frame.minHeading + (shared.length - 1) * frame.dayGap + wide.reduce((s, day) => s + inner(day), 0);
      height = (frame.width - fixed) / wide.reduce((s, day) => s + sum(day), 0);
      const more = wide.filter((day) => sum(day) * height + inner(day) < frame.minHeading);
      if (more.length === 0) break;
      for (const day of more) narrow.add(day);
    }
    const full = height > 0 && height <= MAX_SHARED * frame.target && narrow.size < shared.length;
    return { height: full ? height : frame.target, full };
  };

  const place = (height: number, full: boolean) => {
    const line: Line = { y, height: frame.dayHeader + Math.round(height), headings: [], boxes: [] };
    let x = 0;
    // Edges are rounded along the whole line, so that the last one is the right edge: `exact` counts photos, `gone` gaps.
    let exact = 0;
    let gone = 0;
    for (const day of shared) {
      const part = ratios.slice(day.from, day.to);
      const start = x;
      part.forEach((ratio, i) => {
        exact += ratio * height;
        const w = Math.max(1, Math.round(exact + gone) - x);
        line.boxes.push({ index: day.from + i, x, y: y + frame.dayHeader, w, h: Math.round(height) });
        x += w;
        if (i < part.length - 1) {
          x += frame.gap;
          gone += frame.gap;
        }
      });
      line.headings.push({ day: day.key, x: start, width: Math.max(x - start, frame.minHeading), from: day.from, to: day.to });
      const next = Math.max(x, start + frame.minHeading) + frame.dayGap;
      gone += next - x;
      x = next;
    }
    line.headings.forEach((heading, i) => {
      heading.width = (line.headings[i + 1]?.x ?? frame.width + 8) - heading.x - 8;
    });
    if (full) {
      const last = line.boxes[line.boxes.length - 1];
      // A last day that is narrower than its heading keeps its shape.
      if (last && Math.abs(last.x + last.w - frame.width) <= shared.length + 2) last.w = frame.width - last.x;
    }
    lines.push(line);
    y += line.height + frame.afterDay;
    shared = [];
  };

  for (const day of daysOf(days)) {
    const width = natural(day);
    if (frame.share && width <= frame.width) {
      const used = () => shared.reduce((s, other) => s + natural(other) + frame.dayGap, 0);
      while (shared.length > 0 && used() + width > JOIN * frame.width) flush();
      shared.push(day);
      continue;
    }
    while (shared.length) flush();
    const rows = justify(ratios.slice(day.from, day.to), frame.width, frame.target, frame.gap);
    rows.forEach((row, i) => {
      const top = y + (i === 0 ? frame.dayHeader : 0);
      let x = 0;
      const boxes = row.widths.map((w, k): Box => {
        const box = { index: day.from + row.from + k, x, y: top, w, h: row.height };
        x += w + frame.gap;
        return box;
      });
      const headings = i === 0 ? [{ day: day.key, x: 0, width: frame.width, from: day.from, to: day.to }] : [];
      const height = row.height + (i === 0 ? frame.dayHeader : 0);
      lines.push({ y, height, headings, boxes });
      y += height + (i < rows.length - 1 ? frame.gap : frame.afterDay);
    });
  }
  while (shared.length) flush();
  return { lines, height: y + frame.afterMonth };
}

export interface Means {
  ratio: number;
  perDay: number;
  /** Real heights over estimated ones, so far. */
  correction: number;
}

export const START_MEANS: Means = { ratio: 1.25, perDay: 8, correction: 1 };

/** How high the rows of `count` photos will be, before they are known. */
export function estimateRows(count: number, means: Means, frame: Frame): number {
  if (count <= 0) return 0;
  const line = frame.target + frame.gap;
  const rows = (count * (means.ratio * frame.target + frame.gap)) / (frame.width + frame.gap);
  const height = means.correction * (rows * line + (count / means.perDay) * (frame.dayHeader + 0.35 * line) * (frame.share ? 0.5 : 1));
  return Math.round(Math.max(height, line + frame.dayHeader + frame.afterDay));
}
