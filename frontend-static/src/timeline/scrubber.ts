// Years and months along the right edge, placed where the photos are.

export interface Mark {
  month: string;
  /** Where the month starts, as a fraction of all heights. */
  at: number;
}

export interface YearLabel {
  year: string;
  y: number;
}

const MIN_LABEL = 22;
const MIN_TICK = 6;

export function marks(months: readonly string[], offsets: readonly number[], total: number): Mark[] {
  return months.map((month, i) => ({ month, at: total > 0 ? (offsets[i] ?? 0) / total : 0 }));
}

/** One label a year, none nearer than 22 px to the one before; the first and the last stay. */
export function labels(list: readonly Mark[], height: number): YearLabel[] {
  const years: YearLabel[] = [];
  for (const { month, at } of list) {
    const year = month.slice(0, 4);
    if (years[years.length - 1]?.year !== year) years.push({ year, y: at * height });
  }
  const kept: YearLabel[] = [];
  for (const [i, label] of years.entries()) {
    const before = kept[kept.length - 1];
    if (!before || label.y - before.y >= MIN_LABEL) kept.push(label);
    else if (i === years.length - 1 && kept.length > 1) kept[kept.length - 1] = label;
  }
  return kept;
}

/** A dot a month where there is room beside the labels. */
export function ticks(list: readonly Mark[], height: number, taken: readonly YearLabel[]): number[] {
  const dots: number[] = [];
  for (const { at } of list) {
    const y = at * height;
    if (taken.some((label) => Math.abs(label.y - y) < 12)) continue;
    if (y - (dots[dots.length - 1] ?? -Infinity) >= MIN_TICK) dots.push(y);
  }
  return dots;
}

/** Which month lies at a height. */
export function monthAt(list: readonly Mark[], fraction: number): number {
  let found = 0;
  for (const [i, { at }] of list.entries()) if (at <= fraction) found = i;
  return found;
}
